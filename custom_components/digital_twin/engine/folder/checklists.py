"""Finds checkboxes in the files of a goal, and quarters in its roadmap; writes checkboxes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
import os
from pathlib import Path
import re
import stat
from typing import Final, NamedTuple

from ...twin.enums import ItemState
from ...twin.errors import refuse
from ...twin.goals.plan import MAX_MILESTONES
from .dates import RECURRING, Quarter, iso_day_in, quarter_number, without_day, year_in
from .files import MAX_BYTES, Content, FolderFault, digest_of, found
from .markdown import (
    CHECKBOX_LINE,
    Heading,
    ListItem,
    SectionBlock,
    SectionTopic,
    plain,
    topic_of,
)

MAX_NAME: Final = 255
# The sections whose checkboxes are items of the roadmap.
TO_DO: Final = frozenset(
    {SectionTopic.TITLE, SectionTopic.UNKNOWN, SectionTopic.ROADMAP, SectionTopic.DESCRIPTION}
)

MILESTONE_WORDS: Final = re.compile(
    r"\b(?:milestone|deadline|due|by|until|target|kamień|termin|do)\b|[\U0001f3c1\U0001f3af]",
    re.IGNORECASE,
)


class CheckboxPlace(NamedTuple):
    """The place of a checkbox.

    `line` begins at 1. `offset` is the position of the mark between the brackets in the bytes of
    the file, None if it cannot be determined.
    """

    file: str
    line: int
    offset: int | None


@dataclass(frozen=True, slots=True)
class FoundItem:
    """A checkbox with its text, without the days at its end.

    `due` is the day by which it is to be done, else the last day of the quarter in the headings
    above, which is `stage`. `done` is the day of its completion.
    """

    name: str
    state: ItemState
    due: date | None
    place: CheckboxPlace
    stage: date | None
    done: date | None = None


@dataclass(frozen=True, slots=True)
class RoadmapStage:
    """A quarter or a day in a heading of the roadmap."""

    key: str
    name: str
    first: date
    last: date


def found_items(
    content: Content, parts: Iterable[SectionBlock], year: int | None
) -> Iterator[FoundItem]:
    """Yield the checkboxes among the given blocks of a file, except for recurring tasks.

    A day without a sign is that by which an item is to be done, or on which it was done. `year`
    is that of the title, used for headings and days without a year.
    """
    for part in parts:
        if not isinstance(part.block, ListItem) or part.block.state is None:
            continue
        if RECURRING.search(part.block.text):
            continue
        nearest = _years(part.headings) or year
        stage = _stage_above(part.headings, nearest)
        text = without_day(plain(part.block.text), nearest)
        if not text.name:
            continue
        is_done = part.block.state is ItemState.DONE
        due = text.due or (None if is_done else text.day)
        yield FoundItem(
            name=text.name[:MAX_NAME],
            state=part.block.state,
            due=due or (stage.last if stage else None),
            place=_place(content, part.block.line),
            stage=stage.last if stage else None,
            done=(text.done or text.day) if is_done else None,
        )


def is_to_do(part: SectionBlock) -> bool:
    """Return whether the checkboxes of a part are items of the roadmap.

    What is to be done at the end of a quarter is.
    """
    return part.topic in TO_DO or (
        part.topic is SectionTopic.DONE and any(quarter_number(each.text) for each in part.headings)
    )


def is_done_part(part: SectionBlock) -> bool:
    """Return whether the checkboxes of a part are items of the Definition of Done."""
    return part.topic is SectionTopic.DONE and not is_to_do(part)


def found_stages(
    file: str, sections: Sequence[SectionBlock], year: int | None
) -> tuple[list[RoadmapStage], list[FolderFault]]:
    """Return the quarters and days in the headings of a file; a quarter without a year is a fault.

    A day in a heading may also be the day of an entry of a log: it counts below a heading such as
    Milestones, with a word such as "by", or with checkboxes below it.
    """
    with_boxes = {
        heading
        for part in sections
        if isinstance(part.block, ListItem) and part.block.state is not None
        for heading in part.headings
    }
    stages: list[RoadmapStage] = []
    faults: list[FolderFault] = []
    for part in sections:
        heading = part.block
        if not isinstance(heading, Heading) or part.topic is SectionTopic.ASIDE:
            continue
        if not quarter_number(heading.text) and not (
            heading in with_boxes
            or MILESTONE_WORDS.search(heading.text)
            or any(map(_is_plan_heading, part.headings[:-1]))
        ):
            continue
        stage = _stage(heading, _years(part.headings) or year)
        if stage is not None:
            stages.append(stage)
        elif quarter_number(heading.text):
            faults.append(found(file, heading.line, "quarter_without_year", value=heading.text))
    return stages[:MAX_MILESTONES], faults


def _is_plan_heading(heading: Heading) -> bool:
    """Return whether a heading below the title is one of milestones or steps, but no quarter."""
    is_plan = topic_of(heading.text) is SectionTopic.ROADMAP
    return heading.level > 1 and is_plan and not quarter_number(heading.text)


def _years(headings: Sequence[Heading]) -> int | None:
    """Return the year in the nearest heading that has one."""
    return next((year for heading in reversed(headings) if (year := year_in(heading.text))), None)


def _stage_above(headings: Sequence[Heading], year: int | None) -> RoadmapStage | None:
    stages = (_stage(heading, year) for heading in reversed(headings))
    return next((stage for stage in stages if stage), None)


def _stage(heading: Heading, year: int | None) -> RoadmapStage | None:
    name = heading.text[:MAX_NAME]
    number = quarter_number(heading.text)
    if number and year:
        quarter = Quarter(year, number)
        return RoadmapStage(quarter.key, name, quarter.first, quarter.last)
    if not number and (day := iso_day_in(heading.text)):
        return RoadmapStage(day.isoformat(), name, day, day)
    return None


def _place(content: Content, line: int) -> CheckboxPlace:
    box = CHECKBOX_LINE.match(content.raw_lines[line - 1])
    return CheckboxPlace(
        content.file, line, content.starts[line - 1] + box.start(1) if box else None
    )


def write_checkbox(root: Path, place: CheckboxPlace, digest: bytes, state: ItemState) -> bytes:
    """Set a checkbox to a state, and return the new digest of its file.

    One byte is written in place, so a crash leaves either the old or the new one; owner,
    permissions, links and line ends stay, and so does what another program writes at the same
    time. (Replacing the whole file would undo that.)

    Raises `TwinError` at `item`: `file_changed` if the file no longer has the given digest, was
    replaced meanwhile, or has no brackets at the place; `file_not_writable`;
    `checkbox_not_writable` if the mark is not a single byte.
    """
    if place.offset is None:
        raise refuse("checkbox_not_writable", "item", file=place.file, line=place.line)
    try:
        path = (root / place.file).resolve(strict=True)
        if not path.is_relative_to(root):
            raise refuse("file_changed", "item", file=place.file)
        return _written(path, place.file, place.offset, (digest, state))
    except OSError as error:
        raise refuse(
            "file_not_writable", "item", file=place.file, reason=error.strerror or "?"
        ) from error


def _written(path: Path, file: str, at: int, wanted: tuple[bytes, ItemState]) -> bytes:
    digest, state = wanted
    descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "r+b", buffering=0) as opened:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise refuse("file_changed", "item", file=file)
        raw = bytearray(opened.read(MAX_BYTES + 1) or b"")
        if digest_of(bytes(raw)) != digest or not _is_mark(raw, at):
            raise refuse("file_changed", "item", file=file)
        if ItemState.of_mark(chr(raw[at])) is not state:
            mark = state.mark.encode()
            raw[at : at + 1] = mark
            os.pwrite(descriptor, mark, at)
            os.fsync(descriptor)
        # An editor may have replaced the file: then the old one was written, which is lost.
        if not os.path.samestat(os.fstat(descriptor), path.stat()):
            raise refuse("file_changed", "item", file=file)
    return digest_of(bytes(raw))


def _is_mark(raw: bytearray, at: int) -> bool:
    return raw[at - 1 : at] == b"[" and raw[at + 1 : at + 2] == b"]"
