"""Finds the checkboxes in the files of a goal, and the quarters of its roadmap."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

from ...twin.enums import ItemState
from ...twin.goals.plan import MAX_MILESTONES
from .dates import Quarter, iso_day_in, quarter_number, without_day, year_in
from .files import Content
from .markdown import CHECKBOX_LINE, Block, Heading, ListItem, SectionBlock, SectionTopic, plain
from .report import FolderFault, found

MAX_NAME: Final = 255
# The sections whose checkboxes are items of the roadmap.
TO_DO: Final = frozenset(
    {SectionTopic.TITLE, SectionTopic.UNKNOWN, SectionTopic.ROADMAP, SectionTopic.DESCRIPTION}
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
    """A checkbox with its text, without the day at its end.

    `due` is that day, else the last day of the quarter in the headings above, which is `stage`.
    """

    name: str
    state: ItemState
    due: date | None
    place: CheckboxPlace
    stage: date | None


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
    """Yield the checkboxes among the given blocks of a file.

    `year` is that of the title, used for headings and days without a year.
    """
    for part in parts:
        if not isinstance(part.block, ListItem) or part.block.state is None:
            continue
        nearest = _years(part.headings) or year
        stage = _stage_above(part.headings, nearest)
        name, day = without_day(plain(part.block.text), nearest)
        if not name:
            continue
        yield FoundItem(
            name=name[:MAX_NAME],
            state=part.block.state,
            due=day or (stage.last if stage else None),
            place=_place(content, part.block.line),
            stage=stage.last if stage else None,
        )


def found_stages(
    file: str, blocks: Sequence[Block], year: int | None
) -> tuple[list[RoadmapStage], list[FolderFault]]:
    """Return the quarters and days in the headings of a file; one without a year is a fault."""
    stages: list[RoadmapStage] = []
    faults: list[FolderFault] = []
    above: list[Heading] = []
    for block in blocks:
        if not isinstance(block, Heading):
            continue
        above = [heading for heading in above if heading.level < block.level] + [block]
        stage = _stage(block, _years(above) or year)
        if stage is not None:
            stages.append(stage)
        elif quarter_number(block.text):
            faults.append(found(file, block.line, "quarter_without_year", value=block.text))
    return stages[:MAX_MILESTONES], faults


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
