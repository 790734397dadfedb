"""The checkboxes of a goal's files, and the quarters by which they are to be ticked."""

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
# Where checkboxes are what is to be done for the goal.
TO_DO: Final = frozenset(
    {SectionTopic.TITLE, SectionTopic.UNKNOWN, SectionTopic.ROADMAP, SectionTopic.DESCRIPTION}
)


class CheckboxPlace(NamedTuple):
    """Where a checkbox stands.

    `offset` is that of the sign between its brackets in the bytes of the file; None where the
    brackets cannot be told apart from the text around them.
    """

    file: str
    line: int
    offset: int | None


@dataclass(frozen=True, slots=True)
class FoundItem:
    """A checkbox with its name, without the day that stands behind it.

    `due` is that day, else the end of the quarter (`stage`) that it stands under.
    """

    name: str
    state: ItemState
    due: date | None
    place: CheckboxPlace
    stage: date | None


@dataclass(frozen=True, slots=True)
class RoadmapStage:
    """A quarter or a day that a heading of the roadmap names."""

    key: str
    name: str
    first: date
    last: date


def found_items(
    content: Content, parts: Iterable[SectionBlock], year: int | None
) -> Iterator[FoundItem]:
    """Yield the checkboxes among the given parts of a file.

    `year` is the one that the title names, for headings and days that name none.
    """
    for part in parts:
        if not isinstance(part.block, ListItem) or part.block.state is None:
            continue
        said = _years(part.headings) or year
        stage = _stage_above(part.headings, said)
        name, day = without_day(plain(part.block.text), said)
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
    """Return the quarters and days that the headings of a file name, and those without a year."""
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
    """Return the year that the nearest heading names."""
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
