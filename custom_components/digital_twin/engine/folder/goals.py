"""Parses a goal from its files: one folder or one file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
import re
from typing import Final, NamedTuple

from ...twin.goals.key_result_parts import MAX_ITEMS
from ...twin.goals.plan import DEFINITION_OF_DONE
from ...twin.records.naming import unique_slug
from ...twin.records.parsers import CODE, UNPRINTABLE
from ...twin.values import PlainJson
from .checklists import TO_DO, FoundItem, RoadmapStage, found_items, found_stages
from .dates import quarter_number, year_in
from .files import Content, Source
from .front_matter import FrontMatter, read_front_matter
from .markdown import (
    Block,
    Heading,
    ListItem,
    MarkdownTable,
    Paragraph,
    SectionBlock,
    SectionTopic,
    plain,
    read_blocks,
    section_blocks,
    unlinked,
)
from .report import FolderFault, found
from .tables import FoundResult, found_results

MAX_CODE: Final = 32
MAX_NAME: Final = 255
MAX_DESCRIPTION: Final = 8000
MAIN: Final = "readme"
GOAL_TYPE: Final = "goal"
ROADMAP: Final = "roadmap"
CODE_TEXT: Final = r"[A-Za-z]{1,4}[-.]?[0-9]{1,4}[A-Za-z]?"
TITLED: Final = re.compile(rf"\W*(?P<code>{CODE_TEXT})\s*(?:[:|\u2013\u2014\-]\s*(?P<name>\S.*))?")
NAMED: Final = re.compile(rf"(?P<code>{CODE_TEXT})(?:[ _\-]+(?P<name>.+))?")
DOC_ID: Final = re.compile(rf"(?:goal[-_ ]?)?({CODE_TEXT})", re.IGNORECASE)
MENTIONED: Final = re.compile(rf"(?<![A-Za-z0-9])({CODE_TEXT})(?![A-Za-z0-9])")
# The marker of a callout, which is no part of its text.
CALLOUT: Final = re.compile(r"\[![^\W\d]+\][+-]?[ \t]*")
# Decoration around a status.
AROUND: Final = re.compile(r"^[\W_]+|[\W_]+$")
# A day with a time, of which the day is used.
DAY_WITH_TIME: Final = re.compile(r"(\d{4}-\d{2}-\d{2})[T ]\d{2}:.*")
# The names of each field in the front matter.
FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "status": ("status",),
    "start_date": ("start_date", "start", "started"),
    "target_date": ("target_date", "target", "due", "deadline"),
    "completed_on": ("completed_on", "completed"),
    "roadmap_link": ("roadmap_link",),
    "description": ("description",),
}


class FileLine(NamedTuple):
    """A file of the goals folder (relative, with `/`) and a line in it (from 1)."""

    file: str
    line: int | None = None


class Mention(NamedTuple):
    """The code of a goal in the dependencies of another."""

    code: str
    where: FileLine


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadGoal:
    """A goal as it is written in its files.

    `fields` are the values of fields of the record, not validated yet. `doc_id` is the `goal_id` of
    the front matter, not the id of a record. `partial` is true if a part could not be read: then a
    missing value was not removed, and the name may be that of the folder.
    """

    source: str
    code: str
    doc_id: str | None
    fields: Mapping[str, PlainJson]
    owner: tuple[str, FileLine] | None
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


@dataclass(frozen=True, slots=True)
class _File:
    """One parsed file of a goal."""

    content: Content
    front: FrontMatter
    blocks: tuple[Block, ...]
    parts: tuple[SectionBlock, ...]
    faults: tuple[FolderFault, ...]

    @property
    def name(self) -> str:
        return self.content.file

    @property
    def stem(self) -> str:
        return PurePosixPath(self.name).stem.casefold()

    @property
    def kind(self) -> str:
        value = self.front.get("type")
        return value.text.strip().casefold() if value else ""

    @property
    def title(self) -> str:
        """The title in the front matter, else the first heading."""
        value = self.front.get("title")
        if value:
            return plain(value.text)
        heading = self.first_heading
        # A file may begin with the heading of a section.
        is_title = heading and (heading.level == 1 or TITLED.fullmatch(heading.text))
        return heading.text if heading and is_title else ""

    @property
    def first_heading(self) -> Heading | None:
        return next((block for block in self.blocks if isinstance(block, Heading)), None)

    @property
    def year(self) -> int | None:
        """The year of the title, else that of the first heading."""
        heading = self.first_heading
        return year_in(self.title) or (year_in(heading.text) if heading else None)

    @property
    def is_roadmap(self) -> bool:
        return ROADMAP in self.stem or ROADMAP in self.kind


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
    files = [_opened(content) for content in contents if isinstance(content, Content)]
    unread = [content for content in contents if isinstance(content, FolderFault)]
    if not files:
        return None
    main = _main(files, source)
    code, name = _named(main, source)
    if code is None:
        return None
    draft = _Draft(places={"": FileLine((main or files[0]).name)})
    draft.faults += [*unread, *(fault for file in files for fault in file.faults)]
    ordered = [main, *(file for file in files if file is not main)] if main else files
    draft.set("goal_code", code, draft.places[""])
    draft.set("name", name[:MAX_NAME], draft.places[""])
    if main:
        _add_front_matter(draft, main)
        _add_description(draft, main)
    roadmap = next((file for file in files if file.is_roadmap), main or files[0])
    draft.set("roadmap_link", roadmap.name, FileLine(roadmap.name))
    owner = _owner(main)
    if owner:
        draft.places["owner_person_id"] = owner[1]
    items = {key: tuple(found) for key, found in _checklists(draft, ordered, main).items()}
    stages = tuple(_stages(draft, ordered))
    return ReadGoal(
        source=source.name,
        code=code,
        doc_id=_doc_id(main),
        fields=draft.fields,
        owner=owner,
        mentions=tuple(_mentions(ordered, code)),
        items=items,
        stages=stages,
        results=tuple(_results(ordered)),
        places=draft.places,
        digests={file.name: file.content.digest for file in files},
        faults=tuple(draft.faults),
        partial=bool(unread) or main is None or main.front.broken,
    )


def _opened(content: Content) -> _File:
    front, faults = read_front_matter(content.lines, content.file)
    blocks = read_blocks(content.lines, front.lines)
    return _File(content, front, blocks, tuple(section_blocks(blocks)), tuple(faults))


def _main(files: Sequence[_File], source: Source) -> _File | None:
    """Return the file with the title and the front matter of the goal, if there is one."""
    if source.name in source.files:
        return files[0]
    for fits in (
        lambda file: file.stem == MAIN,
        lambda file: file.kind == GOAL_TYPE,
        lambda file: file.stem == source.name.casefold(),
    ):
        if main := next(filter(fits, files), None):
            return main
    return None


def _named(main: _File | None, source: Source) -> tuple[str | None, str]:
    """Return the code and the name of a goal; the code is None if the file is no goal.

    Both are taken from the title, else from the front matter or the name of the folder.
    """
    stem = PurePosixPath(source.name).stem if source.name in source.files else source.name
    outer = NAMED.fullmatch(stem)
    outer_name = _spaced(outer["name"] or "" if outer else stem)
    if main is None:
        is_goal = outer is not None and not quarter_number(outer["code"])
        return (outer["code"], outer_name or outer["code"]) if outer and is_goal else (None, "")
    if source.name in source.files and main.kind and not main.kind.startswith(GOAL_TYPE):
        return None, ""
    title = _clean(main.title)
    titled = TITLED.fullmatch(title)
    code = _code(main, title, outer)
    named = titled["name"] if titled else _without_code(title, code)
    if main.kind == GOAL_TYPE:
        code = code or unique_slug(named or stem, (), "goal")[:MAX_CODE].strip("_")
    elif code and quarter_number(code):
        # `Q2` is a quarter, not the code of a goal.
        return None, ""
    return code, named or outer_name or code or ""


def _without_code(title: str, code: str | None) -> str:
    """Remove the code of the goal from the beginning of its title."""
    if code is None:
        return title
    begins = _begins_with(code, title)
    return title[begins.end() :] if begins else title


def _begins_with(code: str, title: str) -> re.Match[str] | None:
    pattern = rf"\W*{re.escape(code)}(?!\w)[\s:|\u2013\u2014_\-]*"
    return re.match(pattern, title, re.IGNORECASE)


def _code(main: _File, title: str, outer: re.Match[str] | None) -> str | None:
    written = main.front.get("goal_code")
    if written and len(written.text) <= MAX_CODE and CODE.fullmatch(written.text):
        return written.text
    if titled := TITLED.fullmatch(title):
        return str(titled["code"])
    if outer and _begins_with(outer["code"], title):
        return str(outer["code"])
    doc_id = main.front.get("goal_id")
    inner = DOC_ID.fullmatch(doc_id.text) if doc_id else None
    if inner:
        return inner[1].upper()
    return str(outer["code"]) if outer else None


def _spaced(name: str) -> str:
    return " ".join(re.split(r"[\s_\-]+", name)).strip()


def _clean(text: str) -> str:
    return UNPRINTABLE.sub("", text).strip()


def _doc_id(main: _File | None) -> str | None:
    value = main.front.get("goal_id") if main else None
    return value.text if value else None


def _owner(main: _File | None) -> tuple[str, FileLine] | None:
    value = main.front.get("owner") if main else None
    return (plain(value.text), FileLine(main.name, value.line)) if main and value else None


def _add_front_matter(draft: _Draft, main: _File) -> None:
    for name, spellings in FIELDS.items():
        if value := main.front.get(*spellings):
            draft.set(name, _front_text(name, value.text), FileLine(main.name, value.line))


def _front_text(name: str, written: str) -> str:
    """Return the text of a field without decoration."""
    if name == "status":
        return AROUND.sub("", plain(written)) or written
    if name.endswith(("_date", "_on")):
        return DAY_WITH_TIME.sub(r"\1", plain(written)) or written
    return _clean(written)


def _add_description(draft: _Draft, main: _File) -> None:
    """Add the paragraphs below a heading such as Purpose, else those below the title."""
    for topic in (SectionTopic.DESCRIPTION, SectionTopic.TITLE):
        parts = [part for part in main.parts if part.topic is topic]
        texts = [_written(part.block) for part in parts]
        text = _clean("\n\n".join(text for text in texts if text))
        if text:
            draft.set(
                "description", text[:MAX_DESCRIPTION], FileLine(main.name, parts[0].block.line)
            )


def _written(block: Block) -> str:
    if isinstance(block, Paragraph):
        return CALLOUT.sub("", unlinked(block.text), count=1).strip()
    is_text = isinstance(block, ListItem) and block.state is None
    return f"- {unlinked(block.text).strip()}" if isinstance(block, ListItem) and is_text else ""


def _checklists(
    draft: _Draft, files: Sequence[_File], main: _File | None
) -> dict[str, list[FoundItem]]:
    lists: dict[str, list[FoundItem]] = {ROADMAP: [], DEFINITION_OF_DONE: []}
    for file in files:
        topics = TO_DO if file is main or file.is_roadmap else frozenset({SectionTopic.ROADMAP})
        for key, wanted in (
            (ROADMAP, topics),
            (DEFINITION_OF_DONE, frozenset({SectionTopic.DONE})),
        ):
            parts = (part for part in file.parts if part.topic in wanted)
            for item in found_items(file.content, parts, file.year):
                if len(lists[key]) == MAX_ITEMS:
                    where = item.place
                    fault = found(where.file, where.line, "too_many_items", maximum=MAX_ITEMS)
                    draft.faults.append(fault)
                    break
                lists[key].append(item)
    return lists


def _stages(draft: _Draft, files: Sequence[_File]) -> Iterator[RoadmapStage]:
    taken: set[str] = set()
    for file in files:
        stages, faults = found_stages(file.name, file.blocks, file.year)
        draft.faults += faults
        for stage in stages:
            if stage.key not in taken:
                taken.add(stage.key)
                yield stage


def _results(files: Sequence[_File]) -> Iterator[FoundResult]:
    taken: set[str] = set()
    for file in files:
        tables = (block for block in file.blocks if isinstance(block, MarkdownTable))
        for result in found_results(file.name, tables):
            if result.name.casefold() not in taken:
                taken.add(result.name.casefold())
                yield result


def _mentions(files: Sequence[_File], own: str) -> Iterator[Mention]:
    """Yield the codes of goals in the sections about dependencies, each once."""
    taken = {own.casefold()}
    for file in files:
        value = file.front.get("dependencies", "depends_on")
        texts = [(value.text, value.line)] if value else []
        texts += [
            text
            for part in file.parts
            if part.topic is SectionTopic.DEPENDENCIES
            for text in _lines_of(part.block)
        ]
        for text, line in texts:
            for code in MENTIONED.findall(text):
                if code.casefold() not in taken:
                    taken.add(code.casefold())
                    yield Mention(code, FileLine(file.name, line))


def _lines_of(block: Block) -> list[tuple[str, int]]:
    """Return the texts of a block with their lines."""
    if isinstance(block, MarkdownTable):
        return [(" ".join(row.cells), row.line) for row in block.rows]
    return [(block.text, block.line)]
