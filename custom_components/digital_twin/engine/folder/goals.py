"""Parses a goal from its files: one folder or one file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
import re
from typing import Final, NamedTuple

from ...twin.enums import GoalStatus, ItemState
from ...twin.goals.key_result_parts import MAX_ITEMS
from ...twin.goals.plan import DEFINITION_OF_DONE, ROADMAP
from ...twin.values import PlainJson
from .checklists import FoundItem, RoadmapStage, found_items, found_stages, is_done_part, is_to_do
from .dates import written_day
from .files import Content, FolderFault, Source, found
from .front_matter import status_in
from .goal_files import (
    CODE_TEXT,
    LINK,
    GoalFile,
    GoalFiles,
    matters,
    opened,
    sorted_out,
)
from .markdown import (
    Block,
    ListItem,
    MarkdownTable,
    Paragraph,
    SectionTopic,
    plain,
    unlinked,
)
from .recognition import clean, named
from .tables import FoundResult

MAX_NAME: Final = 255
MAX_DESCRIPTION: Final = 8000
MENTIONED: Final = re.compile(rf"(?<![A-Za-z0-9])({CODE_TEXT})(?![A-Za-z0-9])")
# The marker of a callout, which is no part of its text.
CALLOUT: Final = re.compile(r"\[![^\W\d]+\][+-]?[ \t]*")
# The names of each field in the front matter.
FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "status": ("status", "state", "stan"),
    "start_date": ("start_date", "start", "started", "begin", "data_rozpoczęcia", "początek"),
    "target_date": (
        *("target_date", "due_date", "end_date", "deadline", "due", "target", "end", "finish"),
        *("finish_date", "termin", "data_zakończenia", "koniec"),
    ),
    "completed_on": (
        *(
            "completed_on",
            "completed",
            "completion_date",
            "completed_date",
            "done_date",
            "finished",
        ),
        "ukończono",
    ),
    "roadmap_link": ("roadmap_link",),
    "description": ("description", "summary", "opis"),
}
# These may also hold something else than a day: `target: 80 kg`, `completed: true`.
VAGUE: Final = frozenset(
    {"start", "started", "begin", "target", "end", "finish", "completed", "finished", "koniec"}
)
OWNERS: Final = (
    *("owner", "owners", "assignee", "responsible", "właściciel", "właścicielka"),
    *("odpowiedzialny", "odpowiedzialna"),
)
SEVERAL: Final = re.compile(r"\s*[,;&+]\s*|\s+(?:and|i|oraz)\s+")
# `G01-G04`, `G01 to G04`, and without a space `G01-04`.
RANGE: Final = re.compile(
    r"(?<![A-Za-z0-9])(?P<letters>[A-Za-z]{1,4}[-.]?)(?P<first>[0-9]{1,4})"
    r"(?:\s*(?:[-\u2013\u2014\u2026]|\.\.+|to|do|through)\s*(?P=letters)|[-\u2013])"
    r"(?P<last>[0-9]{1,4})(?![A-Za-z0-9])"
)
MAX_RANGE: Final = 50


class FileLine(NamedTuple):
    """A file of the goals folder (relative, with `/`) and a line in it (from 1)."""

    file: str
    line: int | None = None


class Mention(NamedTuple):
    """The code of a goal in the dependencies of another; `implied` by a range of codes."""

    code: str
    where: FileLine
    implied: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadGoal:
    """A goal as it is written in its files.

    `fields` are the values of fields of the record, not validated yet. `doc_id` is the `goal_id` of
    the front matter, not the id of a record. `owner_names` are the names by which the owner may be
    known. `partial` is true if a part could not be read: then a
    missing value was not removed, and the name may be that of the folder.
    """

    source: str
    code: str
    doc_id: str | None
    fields: Mapping[str, PlainJson]
    owner: tuple[str, FileLine] | None
    owner_names: tuple[str, ...]
    mentions: tuple[Mention, ...]
    items: Mapping[str, tuple[FoundItem, ...]]
    stages: tuple[RoadmapStage, ...]
    results: tuple[FoundResult, ...]
    places: Mapping[str, FileLine]
    digests: Mapping[str, bytes]
    faults: tuple[FolderFault, ...]
    partial: bool

    def where(self, name: str) -> FileLine:
        """Return the place of a field, else the main file of the goal."""
        return self.places.get(name) or self.places[""]


@dataclass(slots=True)
class _Draft:
    """The fields of a goal while it is parsed."""

    fields: dict[str, PlainJson] = field(default_factory=dict)
    places: dict[str, FileLine] = field(default_factory=dict)
    faults: list[FolderFault] = field(default_factory=list)

    def set(self, name: str, value: PlainJson, where: FileLine) -> None:
        if value and name not in self.fields:
            self.fields[name] = value
            self.places[name] = where


def read_goal(source: Source, contents: Sequence[Content | FolderFault]) -> ReadGoal | None:
    """Parse a goal from the contents of its files; None if they are no goal."""
    read = [opened(content) for content in contents if isinstance(content, Content)]
    if not read:
        return None
    unread = [content for content in contents if isinstance(content, FolderFault)]
    files = sorted_out(source, read, unread)
    main = files.main
    code, name = named(files, source)
    if code is None:
        return None
    unread = [fault for fault in unread if matters(fault, source, files)]
    draft = _Draft(places={"": FileLine((main or read[0]).name)})
    draft.faults += [*unread, *(fault for file in files.all for fault in file.faults)]
    draft.set("goal_code", code, draft.places[""])
    draft.set("name", name[:MAX_NAME], draft.places[""])
    if main:
        _add_front_matter(draft, main)
        _add_description(draft, main)
    roadmap = next(iter((*files.plans, *files.all, *read)))
    draft.set("roadmap_link", roadmap.name, FileLine(roadmap.name))
    owner = _owner(main)
    if owner:
        draft.places["owner_person_id"] = owner[1]
    items = {key: tuple(found) for key, found in _checklists(draft, files).items()}
    if main and not main.front.broken and any(map(_is_begun, chain(*items.values()))):
        # Who ticks a box has begun, whether a status is written or not.
        draft.set("status", GoalStatus.ACTIVE.value, draft.places[""])
    stages = tuple(_stages(draft, files))
    return ReadGoal(
        source=source.name,
        code=code,
        doc_id=_doc_id(main),
        fields=draft.fields,
        owner=owner,
        owner_names=_owner_names(main),
        mentions=tuple(_mentions(files, code)),
        items=items,
        stages=stages,
        results=tuple(_results(files)),
        places=draft.places,
        digests={file.name: file.content.digest for file in files.all},
        faults=tuple(draft.faults),
        partial=bool(unread) or main is None or main.front.broken,
    )


def _is_begun(item: FoundItem) -> bool:
    return item.state is not ItemState.TODO


def _doc_id(main: GoalFile | None) -> str | None:
    value = main.front.get("goal_id") if main else None
    return value.text if value else None


def _owner(main: GoalFile | None) -> tuple[str, FileLine] | None:
    value = main.front.get(*OWNERS) if main else None
    return (plain(value.text), FileLine(main.name, value.line)) if main and value else None


def _owner_names(main: GoalFile | None) -> tuple[str, ...]:
    """Return the names that a value for the owner may mean, the likeliest first.

    They are the label of a link and its note, without folders, and each of several names.
    """
    value = main.front.get(*OWNERS) if main else None
    names: list[str] = []
    for text in value.texts if value else ():
        linked = [name for link in LINK.finditer(text) for name in link.group("alias", "note")]
        label = plain(text)
        names += [label, *filter(None, linked), *SEVERAL.split(label)]
    names = [name.rpartition("/")[2].strip().removeprefix("@") for name in names]
    return tuple(dict.fromkeys(name for name in names if name))


def _add_front_matter(draft: _Draft, main: GoalFile) -> None:
    for name, spellings in FIELDS.items():
        for spelling in spellings:
            value = main.front.get(spelling)
            text = _front_text(name, value.text, vague=spelling in VAGUE) if value else None
            if value and text:
                draft.set(name, text, FileLine(main.name, value.line))
                break


def _front_text(name: str, written: str, *, vague: bool) -> str | None:
    """Return the value of a field, or its text if no record will accept it.

    A name that may mean something else is no field unless it has a day.
    """
    if name == "status":
        status = status_in(written)
        return status.value if status else plain(written) or written
    if name.endswith(("_date", "_on")):
        day = written_day(plain(written), last=name != "start_date")
        return day.isoformat() if day else None if vague else plain(written) or written
    return clean(written)


def _add_description(draft: _Draft, main: GoalFile) -> None:
    """Add the paragraphs below a heading such as Purpose, else those below the title."""
    for topic in (SectionTopic.DESCRIPTION, SectionTopic.TITLE):
        parts = [part for part in main.parts if part.topic is topic]
        texts = [_written(part.block) for part in parts]
        text = clean("\n\n".join(text for text in texts if text))
        if text:
            draft.set(
                "description", text[:MAX_DESCRIPTION], FileLine(main.name, parts[0].block.line)
            )


def _written(block: Block) -> str:
    if isinstance(block, Paragraph):
        return CALLOUT.sub("", unlinked(block.text), count=1).strip()
    is_text = isinstance(block, ListItem) and block.state is None
    return f"- {unlinked(block.text).strip()}" if isinstance(block, ListItem) and is_text else ""


def _checklists(draft: _Draft, files: GoalFiles) -> dict[str, list[FoundItem]]:
    """Return the items of the roadmap, and those of the Definition of Done in the main file.

    Without any there, the Definition of Done of the roadmap is taken.
    """
    lists: dict[str, list[FoundItem]] = {ROADMAP: [], DEFINITION_OF_DONE: []}
    wanted = [(ROADMAP, file, is_to_do) for file in files.plans]
    wanted += [(DEFINITION_OF_DONE, file, is_done_part) for file in (files.main,) if file]
    wanted += [(DEFINITION_OF_DONE, file, is_done_part) for file in files.roadmaps]
    given: dict[str, GoalFile] = {}
    for key, file, belongs in wanted:
        if key == DEFINITION_OF_DONE and lists[key] and given.get(key) is not file:
            continue
        given[key] = file
        parts = (part for part in file.parts if belongs(part))
        for item in found_items(file.content, parts, _year(file, files)):
            if len(lists[key]) == MAX_ITEMS:
                where = item.place
                fault = found(where.file, where.line, "too_many_items", maximum=MAX_ITEMS)
                draft.faults.append(fault)
                break
            lists[key].append(item)
    return lists


def _year(file: GoalFile, files: GoalFiles) -> int | None:
    """Return the year of a file, else that of the main file."""
    return file.year or (files.main.year if files.main else None)


def _stages(draft: _Draft, files: GoalFiles) -> Iterator[RoadmapStage]:
    taken: set[str] = set()
    for file in files.plans:
        stages, faults = found_stages(file.name, file.sections, _year(file, files))
        draft.faults += faults
        for stage in stages:
            if stage.key not in taken:
                taken.add(stage.key)
                yield stage


def _results(files: GoalFiles) -> Iterator[FoundResult]:
    taken: set[str] = set()
    for file in files.results:
        for result in file.results:
            if result.name.casefold() not in taken:
                taken.add(result.name.casefold())
                yield result


def _mentions(files: GoalFiles, own: str) -> Iterator[Mention]:
    """Yield the codes of goals in the sections about dependencies, each once."""
    taken = {own.casefold()}
    for file in dict.fromkeys((*((files.main,) if files.main else ()), *files.plans)):
        value = file.front.get("dependencies", "depends_on")
        texts = [(value.text, value.line)] if value else []
        texts += [
            text
            for part in file.parts
            if part.topic is SectionTopic.DEPENDENCIES
            for text in _lines_of(part.block)
        ]
        for text, line in texts:
            for code, implied in _codes_in(text):
                if code.casefold() not in taken:
                    taken.add(code.casefold())
                    yield Mention(code, FileLine(file.name, line), implied)


def _codes_in(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the codes in a text, and those between the ends of a range, which are implied."""
    for match in RANGE.finditer(text):
        first, last = int(match["first"]), int(match["last"])
        if first < last <= first + MAX_RANGE:
            width = len(match["first"])
            for number in range(first, last + 1):
                yield f"{match['letters']}{number:0{width}}", first < number < last
    yield from ((code, False) for code in MENTIONED.findall(text))


def _lines_of(block: Block) -> list[tuple[str, int]]:
    """Return the texts of a block with their lines."""
    if isinstance(block, MarkdownTable):
        return [(" ".join(row.cells), row.line) for row in block.rows]
    return [(block.text, block.line)]
