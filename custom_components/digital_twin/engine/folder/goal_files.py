"""Tells the files of a goal apart by what each of them gives, and names the goal.

    file      gives
    main      name, fields, description, dependencies, Definition of Done
    roadmap   milestones and the items of the roadmap, dependencies
    metrics   key results
    others    nothing: logs, reviews, dashboards and papers only mention days, quarters and boxes

Without a roadmap or metrics file, the main file gives their parts, too.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
import re
from typing import Final
from unicodedata import normalize
from urllib.parse import unquote

from ...twin.goals.plan import ROADMAP
from .dates import year_in
from .files import Content, FolderFault, Source
from .front_matter import FrontMatter, read_front_matter
from .markdown import (
    Block,
    Heading,
    MarkdownTable,
    SectionBlock,
    outline,
    plain,
    read_blocks,
)
from .tables import FoundResult, found_results, has_decimal_comma

MAIN: Final = "readme"
METRICS: Final = "metrics"
# Values of `type` in the front matter that make a note a goal.
GOAL_TYPES: Final = re.compile(r"(?:[^\W_]+[ _-])?(?:goal|okr|project|objective|cel|projekt)")
CODE_TEXT: Final = r"[A-Za-z]{1,4}[-.]?[0-9]{1,4}[A-Za-z]?"
TITLED: Final = re.compile(rf"\W*(?P<code>{CODE_TEXT})\s*(?:[:|\u2013\u2014\-]\s*(?P<name>\S.*))?")
# The names of files by what they give, without the code of the goal before and a year behind.
ROLE_NAMES: Final[Mapping[str, re.Pattern[str]]] = {
    MAIN: re.compile(r"readme|goal|index|cel"),
    ROADMAP: re.compile(r"road ?map|(?:the )?plan|mapa drogowa|plan działania"),
    METRICS: re.compile(r"metrics?|kpis?|okrs?|key results?|mierniki|wskaźniki|metryki"),
}
ROLE_TYPES: Final[Mapping[str, re.Pattern[str]]] = {
    ROADMAP: re.compile(r"(?:goal[ _-])?road[ _-]?map"),
    METRICS: re.compile(r"(?:goal[ _-])?(?:metrics|kpis?|key[ _-]results)"),
}
AROUND_ROLE: Final = re.compile(
    rf"^(?:{CODE_TEXT}(?=[\s_:.\-]))?[\s_:.\-]*|[\s_.\-]*(?:[(]?20[0-9]{{2}}[)]?)?$"
)
LINK: Final = re.compile(
    r"\[\[(?P<note>[^\]\[|#]+)(?:#[^\]\[|]*)?(?:\|(?P<alias>[^\]\[]*))?\]\]"
    r"|\[(?P<label>[^\]\[]*)\]\(<?(?P<target>[^()<>\s]+)>?\)"
)
"""A link to another note or file."""
LINK_NAMES: Final = re.compile(r"\broad ?map\b|\bplan\b|mapa drogowa", re.IGNORECASE)


@dataclass(frozen=True, eq=False, slots=True)
class GoalFile:
    """One parsed file of a goal; `sections` are its blocks, including the headings."""

    content: Content
    front: FrontMatter
    sections: tuple[SectionBlock, ...]
    faults: tuple[FolderFault, ...]

    @property
    def name(self) -> str:
        """The path in the goals folder."""
        return self.content.file

    @property
    def stem(self) -> str:
        """The name without folder and ending, in lower case."""
        return stem_of(self.name)

    @property
    def kind(self) -> str:
        """The `type` in the front matter, in lower case."""
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
        """The first heading."""
        return next((each for each in self.blocks if isinstance(each, Heading)), None)

    @property
    def blocks(self) -> Iterator[Block]:
        """All blocks in their order."""
        return (part.block for part in self.sections)

    @property
    def parts(self) -> Iterator[SectionBlock]:
        """The blocks that are no headings."""
        return (part for part in self.sections if not isinstance(part.block, Heading))

    @property
    def tables(self) -> Iterator[MarkdownTable]:
        """The tables."""
        return (each for each in self.blocks if isinstance(each, MarkdownTable))

    @property
    def results(self) -> Iterator[FoundResult]:
        """The rows of its tables of key results."""
        language = self.front.get("lang", "language", "język")
        lines = self.content.lines[self.front.lines :]
        comma = has_decimal_comma(language.text if language else None, lines)
        return found_results(self.name, self.tables, comma=comma)

    @property
    def year(self) -> int | None:
        """The year of the title, else that of the first heading or of the front matter."""
        heading = self.first_heading
        texts = [self.title, heading.text if heading else ""]
        texts += [value.text for value in (self.front.get("year", "period"),) if value]
        return next((year for text in texts if (year := year_in(text))), None)


@dataclass(frozen=True, slots=True)
class GoalFiles:
    """The files of a goal by what they give; any other file of its folder gives nothing.

    `unread` are the roles of files that exist and cannot be read: no other file takes their place.
    """

    main: GoalFile | None
    roadmaps: tuple[GoalFile, ...]
    metrics: tuple[GoalFile, ...]
    unread: frozenset[str] = frozenset()

    @property
    def plans(self) -> tuple[GoalFile, ...]:
        """The files that give milestones and the items of the roadmap."""
        return self.roadmaps or (() if ROADMAP in self.unread else self._main)

    @property
    def results(self) -> tuple[GoalFile, ...]:
        """The files that give the key results: the first of metrics, main and roadmap with any."""
        if METRICS in self.unread:
            return self.metrics
        candidates = (self.metrics, self._main, self.roadmaps)
        return next((files for files in candidates if any(map(has_results, files))), ())

    @property
    def all(self) -> tuple[GoalFile, ...]:
        """All files that give something, the main file first."""
        return tuple(dict.fromkeys((*self._main, *self.roadmaps, *self.metrics)))

    @property
    def _main(self) -> tuple[GoalFile, ...]:
        return (self.main,) if self.main else ()


def opened(content: Content) -> GoalFile:
    """Parse a file."""
    front, faults = read_front_matter(content.lines, content.file)
    blocks = read_blocks(content.lines, front.lines)
    return GoalFile(content, front, tuple(outline(blocks)), tuple(faults))


def has_results(file: GoalFile) -> bool:
    """Return whether a file has a table of key results."""
    return next(file.results, None) is not None


def sorted_out(
    source: Source, files: Sequence[GoalFile], unread: Iterable[FolderFault] = ()
) -> GoalFiles:
    """Tell the files of a goal apart, given the faults of those that cannot be read."""
    main = _main(files, source)
    others = [file for file in files if file is not main]
    metrics = [file for file in others if _has_role(file, METRICS)]
    roadmaps = _roadmaps(main, [file for file in others if file not in metrics])
    roles = (_role_of(fault.file, main) for fault in unread)
    return GoalFiles(
        main, tuple(roadmaps), tuple(metrics), frozenset(role for role in roles if role)
    )


def matters(fault: FolderFault, source: Source, files: GoalFiles) -> bool:
    """Return whether a file that cannot be read could have given something."""
    is_needed = files.main is None or fault.file == source.name
    return is_needed or _role_of(fault.file, files.main) is not None


def _role_of(file: str, main: GoalFile | None) -> str | None:
    """Return the role of a file that is known only by its name."""
    stem = stem_of(file)
    if stem in _linked(main):
        return ROADMAP
    name = bare_name(stem)
    return next((role for role, names in ROLE_NAMES.items() if names.fullmatch(name)), None)


def bare_name(stem: str) -> str:
    """Return the name of a file without the code of the goal before it and a year behind it.

    >>> [bare_name(name) for name in ("g01_roadmap", "roadmap 2026", "roadmap-review")]
    ['roadmap', 'roadmap', 'roadmap review']
    """
    return " ".join(re.split(r"[\s_\-]+", AROUND_ROLE.sub("", stem.casefold()))).strip()


def _has_role(file: GoalFile, role: str) -> bool:
    named = ROLE_NAMES[role].fullmatch(bare_name(file.stem))
    return bool(named or ROLE_TYPES[role].fullmatch(file.kind))


def _roadmaps(main: GoalFile | None, others: Sequence[GoalFile]) -> list[GoalFile]:
    """Return the roadmap: the linked one, else that of the name, the type or a link in a text.

    Only those that differ by the year in their names are several.
    """
    linked = _named_roadmaps(main)
    candidates: tuple[Callable[[GoalFile], object], ...] = (
        lambda file: file.stem in linked,
        lambda file: bare_name(file.stem) == file.stem and _has_role(file, ROADMAP),
        lambda file: ROLE_NAMES[ROADMAP].fullmatch(bare_name(file.stem)),
        lambda file: ROLE_TYPES[ROADMAP].fullmatch(file.kind),
        lambda file: file.stem in _linked(main),
    )
    for fits in candidates:
        if chosen := [file for file in others if fits(file)]:
            alike = bare_name(chosen[0].stem)
            return [file for file in chosen if bare_name(file.stem) == alike]
    return []


def _linked(main: GoalFile | None) -> set[str]:
    """Return the names of the files that the main file links as a roadmap."""
    if main is None:
        return set()
    return _named_roadmaps(main) | {
        name
        for line in main.content.lines
        if "[" in line
        for link in LINK.finditer(line)
        if LINK_NAMES.search(
            (link["label"] or link["alias"] or link["note"] or "").replace("_", " ")
        )
        for name in (stem_of(unquote(link["note"] or link["target"])),)
    }


def _named_roadmaps(main: GoalFile | None) -> set[str]:
    """Return the names of the files that the front matter names or links as the roadmap."""
    value = main.front.get("roadmap_link", "roadmap") if main else None
    if value is None:
        return set()
    links = [link["note"] or link["target"] for link in LINK.finditer(value.text)]
    return {stem_of(unquote(each)) for each in links or value.texts}


def stem_of(file: str) -> str:
    """Return the name of a file without folder and ending, in lower case and composed."""
    name = PurePosixPath(file.strip()).name
    stem = re.sub(r"\.(?:md|markdown)(?:#.*)?$", "", name, flags=re.IGNORECASE)
    return normalize("NFC", stem).casefold()


def _main(files: Sequence[GoalFile], source: Source) -> GoalFile | None:
    """Return the file with the title and the front matter of the goal, if there is one."""
    if source.name in source.files:
        return files[0]
    name = stem_of(source.name)
    fits: tuple[Callable[[GoalFile], bool], ...] = (
        lambda file: file.stem == MAIN,
        lambda file: GOAL_TYPES.fullmatch(file.kind) is not None,
        lambda file: file.stem == name,
        lambda file: bool(ROLE_NAMES[MAIN].fullmatch(bare_name(file.stem))),
    )
    return next((file for each in fits for file in files if each(file)), None)
