"""Finds the sources in the goals folder, and reads those that changed since the last time.

Links out of the folder are not followed, and pipes are not opened.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
import os
from pathlib import Path, PurePosixPath
import re
import stat
from typing import Final

from ...twin.records.parsers import SURROGATES
from .files import (
    CODED,
    SUFFIXES,
    Content,
    FolderFault,
    Signature,
    Source,
    found,
    original_of,
    read,
    signature_of,
    unreadable,
)
from .goal_files import stem_of
from .goals import ReadGoal, read_goal
from .recognition import look_alike, may_be_goal

MAX_GOALS: Final = 5000
MAX_FILES: Final = 50
MAX_DEPTH: Final = 3
MAX_FOLDERS: Final = 2000
# The folder of goals in the data model, in any case; the folder above it may be chosen.
INNER: Final = "10_goals"
# Other names of folders that hold goals, with a number before them: `1 Projects`, `02-OKRs`.
COLLECTION: Final = re.compile(
    r"[\W\d_]*(?:(?:my|our|personal|yearly|moje|nasze)[\W_]+)?"
    r"(?:goals?|okrs?|projects?|objectives?|cele|projekty)(?:[\W_]*20[0-9]{2})?[\W_]*"
)
# Folders within these that only group goals.
GROUP: Final = re.compile(
    r"[\W\d_]*(?:active|current|done|completed|on hold|q[1-4]|aktywne)?[\W\d_]*"
)
LEFT_OUT: Final = re.compile(
    r"[\W\d_]*(?:templates?|szablony|archives?|archiwum|attachments?|assets|images|node_modules)"
)
PLAN_FILE: Final = re.compile(r"/(?:[a-z]{1,4}[0-9]{1,4}[_ -]+)?(?:road ?map|metrics|kpis?)[^/]*$")
FIRST_FILES: Final = re.compile(
    r"readme|road.?map|metric|kpi|okr|^goal|mapa drogowa|miernik|^plan\."
)
# The names of files that speak for their folder.
ROLE_STEMS: Final = frozenset({"readme", "index", "goal", "cel"})
# Faults that may end without a change of the file.
PASSING: Final = frozenset({"being_written", "unreadable"})


@dataclass(frozen=True, slots=True)
class FolderReading:
    """The goals of the folder, and the faults in it.

    `skipped` are files that look like goals and are none. `unread` are the sources that could not
    be read; `same` is true if the result equals the last.
    """

    root: Path
    goals: tuple[ReadGoal, ...]
    faults: tuple[FolderFault, ...]
    unread: frozenset[str]
    same: bool
    skipped: tuple[FolderFault, ...] = ()


@dataclass(frozen=True, slots=True)
class _Known:
    source: Source
    goal: ReadGoal | None
    faults: tuple[FolderFault, ...]
    skipped: FolderFault | None = None


class FolderReader:
    """Reads the folder in a worker thread; one call at a time."""

    def __init__(self) -> None:
        self._root: Path | None = None
        self._known: Mapping[str, _Known] = {}
        self._faults: tuple[FolderFault, ...] = ()

    def read(self, folder: Path) -> FolderReading:
        """Read the sources that are new or changed; raises `OSError` for the folder itself."""
        found = scan(folder)
        before = self._known if found.root == self._root else {}
        known = {
            source.name: _current(found.root, source, before.get(source.name))
            for source in found.sources
        }
        same = (
            len(known) == len(before)
            and all(one is before.get(name) for name, one in known.items())
            and found.faults == self._faults
        )
        self._root, self._faults = found.root, found.faults
        self._known = known
        return FolderReading(
            root=found.root,
            goals=tuple(_once({name: one.goal for name, one in known.items() if one.goal})),
            faults=(
                *found.faults,
                *(fault for one in known.values() for fault in one.faults),
                *_nothing(found, known.values()),
            ),
            unread=frozenset(
                (
                    *(part for fault in found.faults for part in _paths(fault.file)),
                    *(name for name, one in known.items() if one.goal is None and one.faults),
                )
            ),
            same=same,
            skipped=tuple(one.skipped for one in known.values() if one.skipped),
        )


def _once(goals: Mapping[str, ReadGoal]) -> Iterator[ReadGoal]:
    """Yield the goals without those that are read twice: as a folder and as a file in it.

    The file is the goal, unless it has a name such as README or that of the folder.
    """
    twice: set[str] = set()
    for name in goals:
        folder = str(PurePosixPath(name).parent)
        if folder in goals and goals[folder].code == goals[name].code:
            speaks = {*ROLE_STEMS, stem_of(folder)}
            twice.add(name if stem_of(name) in speaks else folder)
    return (goal for name, goal in goals.items() if name not in twice)


def _current(root: Path, source: Source, known: _Known | None) -> _Known:
    """Return a source as it was read before, or read it if it changed or could not be read."""
    if known is not None and known.source == source and not _failed(known):
        return known
    read = _read(root, source)
    return known if known is not None and known == read else read


def _failed(known: _Known) -> bool:
    return any(fault.key in PASSING for fault in known.faults)


def _read(root: Path, source: Source) -> _Known:
    contents = [read(root, file) for file in source.files]
    if source.stray and not any(map(may_be_goal, contents)):
        return _Known(source, None, ())
    goal = read_goal(source, contents)
    if goal is not None:
        return _Known(source, goal, goal.faults)
    unread = tuple(each for each in contents if not isinstance(each, Content))
    skipped = None if unread else look_alike(source, contents)
    return _Known(source, None, unread if source.collection else (), skipped)


def _nothing(scanned: Scan, known: Iterable[_Known]) -> list[FolderFault]:
    """Return the fault of a folder without goals, which says what was looked for.

    Files that cannot be read have faults of their own, and may be the goals.
    """
    if any(one.goal or one.faults for one in known):
        return []
    files = {file for source in scanned.sources for file in source.files}
    return [found(scanned.root.name, None, "no_goals_found", files=len(files))]


def _paths(file: str) -> list[str]:
    """Return a path and the paths of the folders above it."""
    return [file, *(str(path) for path in PurePosixPath(file).parents)]


@dataclass(frozen=True, slots=True)
class Scan:
    """The sources in the goals folder, and the faults of its entries."""

    root: Path
    sources: tuple[Source, ...]
    faults: tuple[FolderFault, ...]


def scan(folder: Path) -> Scan:
    """List the sources without reading them; raises `OSError` for the folder itself."""
    root = folder.resolve(strict=True)
    inner = next((each for each in _entries(root, []) if each.name.casefold() == INNER), None)
    if inner is not None and inner.is_dir():
        root /= inner.name
    walk = _Walk(root, inner=root.name.casefold() == INNER)
    walk.visit(root, "", depth=0, collection=True)
    return Scan(root, tuple(walk.sources), tuple(walk.faults))


@dataclass(slots=True)
class _Walk:
    """The walk through the goals folder and the folders below it."""

    root: Path
    inner: bool
    sources: list[Source] = field(default_factory=list)
    faults: list[FolderFault] = field(default_factory=list)
    folders: int = 0
    full: bool = False

    def visit(self, folder: Path, within: str, *, depth: int, collection: bool) -> None:
        """Add what a folder holds, and the faults in it if it is one of goals."""
        faults = self.faults if collection else []
        for entry in _without_copies(_entries(folder, faults, within), faults, within):
            if len(self.sources) == MAX_GOALS:
                if not self.full:
                    place = f"{within}{entry.name}"
                    self.faults.append(found(place, None, "too_many_files", maximum=MAX_GOALS))
                self.full = True
                return
            try:
                self._add(entry, within, faults, depth=depth, collection=collection)
            except OSError as error:
                faults.append(unreadable(f"{within}{entry.name}", error))

    def _add(
        self,
        entry: os.DirEntry[str],
        within: str,
        faults: list[FolderFault],
        *,
        depth: int,
        collection: bool,
    ) -> None:
        name = f"{within}{entry.name}"
        if entry.is_symlink() and not _stays_inside(self.root, entry):
            faults.append(found(name, None, "outside_folder"))
            return
        if not entry.is_dir():
            if signature := _signature(entry):
                files = {name: signature}
                named = self.inner or bool(within)
                self.sources.append(Source(name, files, collection, not collection, named))
            return
        if LEFT_OUT.fullmatch(entry.name.casefold()):
            return
        is_collection = COLLECTION.fullmatch(entry.name.casefold()) is not None
        grouped = collection and depth > 0 and GROUP.fullmatch(entry.name.casefold())
        if not is_collection:
            # The faults in a folder that is no goal are of no concern.
            inside: list[FolderFault] = []
            source = _source(self.root, entry, within, inside, collection=collection)
            if source.files:
                self.sources.append(replace(source, named=self.inner or bool(within)))
                self.faults += inside if collection or _gives_plan(source) else []
            if (CODED.match(entry.name) and not grouped) or _gives_plan(source):
                return
        self.folders += 1
        # A link to a folder could lead back to this one.
        if depth < MAX_DEPTH and self.folders <= MAX_FOLDERS and not entry.is_symlink():
            self.visit(
                Path(entry.path),
                f"{name}/",
                depth=depth + 1,
                collection=is_collection or bool(grouped),
            )


def _gives_plan(source: Source) -> bool:
    return any(PLAN_FILE.search(file.casefold()) for file in source.files)


def _entries(folder: Path, faults: list[FolderFault], within: str = "") -> list[os.DirEntry[str]]:
    """List the visible entries of a folder by name; a name that is not UTF-8 is a fault.

    Such a name cannot be written as JSON, neither into a file nor into a response.
    """
    with os.scandir(folder) as entries:
        visible = [entry for entry in entries if not entry.name.startswith((".", "_"))]
    named: list[os.DirEntry[str]] = []
    for entry in sorted(visible, key=lambda entry: entry.name):
        if not SURROGATES.search(entry.name):
            named.append(entry)
        elif _is_markdown(entry) or (not within and _is_folder(entry)):
            printable = entry.name.encode(errors="replace").decode()
            faults.append(found(f"{within}{printable}", None, "not_utf8"))
    return named


def _without_copies(
    entries: Sequence[os.DirEntry[str]], faults: list[FolderFault], within: str = ""
) -> Iterator[os.DirEntry[str]]:
    """Yield the entries that are no conflict copies; those are faults."""
    names = {entry.name.lower() for entry in entries}
    for entry in entries:
        original = None
        if _is_markdown(entry) or _is_folder(entry):
            original = original_of(entry.name, names, is_goal=_is_folder(entry) or not within)
        if original is None:
            yield entry
        else:
            faults.append(found(f"{within}{entry.name}", None, "conflict_copy", original=original))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        # A link to itself.
        return False


def _is_markdown(entry: os.DirEntry[str]) -> bool:
    return entry.name.lower().endswith(SUFFIXES)


def _source(
    root: Path,
    entry: os.DirEntry[str],
    above: str,
    faults: list[FolderFault],
    *,
    collection: bool,
) -> Source:
    files: dict[str, Signature] = {}
    within = f"{above}{entry.name}/"
    inside = _entries(Path(entry.path), faults, within)
    # Logs are many, and their names often come first: the files that give something are read.
    wanted = sorted(_without_copies(inside, faults, within), key=_rank)
    for inner in wanted:
        name = f"{within}{inner.name}"
        if len(files) == MAX_FILES:
            if _rank(wanted[0]) and not CODED.match(entry.name):
                # A diary, or another folder of notes that is no goal.
                break
            faults.append(found(name, None, "too_many_files", maximum=MAX_FILES))
            break
        if inner.is_symlink() and not _stays_inside(root, inner):
            faults.append(found(name, None, "outside_folder"))
        elif signature := _signature(inner):
            files[name] = signature
    return Source(f"{above}{entry.name}", files, collection)


def _rank(entry: os.DirEntry[str]) -> bool:
    return not FIRST_FILES.search(entry.name.casefold())


def _stays_inside(root: Path, entry: os.DirEntry[str]) -> bool:
    try:
        target = Path(entry.path).resolve(strict=True)
    except OSError, RuntimeError:
        return False
    # A link to the folder itself would be a single goal with all files.
    return target != root and target.is_relative_to(root)


def _signature(entry: os.DirEntry[str]) -> Signature | None:
    """Return the signature of a markdown file, None for anything else."""
    if not _is_markdown(entry):
        return None
    found_stat = entry.stat()
    return signature_of(found_stat) if stat.S_ISREG(found_stat.st_mode) else None
