"""Reads the goals folder; sources that did not change since the last time are not read again."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .files import Content, Source, read, scan
from .goals import ReadGoal, read_goal
from .report import FolderFault

# Faults that may end without a change of the file.
PASSING: Final = frozenset({"being_written", "unreadable"})


@dataclass(frozen=True, slots=True)
class FolderReading:
    """The goals of the folder, and the faults in it.

    `unread` are the sources that could not be read; `same` is true if the result equals the last.
    """

    root: Path
    goals: tuple[ReadGoal, ...]
    faults: tuple[FolderFault, ...]
    unread: frozenset[str]
    same: bool


@dataclass(frozen=True, slots=True)
class _Known:
    source: Source
    goal: ReadGoal | None
    faults: tuple[FolderFault, ...]


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
            goals=tuple(one.goal for one in known.values() if one.goal),
            faults=(*found.faults, *(fault for one in known.values() for fault in one.faults)),
            unread=frozenset(
                (
                    *(fault.file.partition("/")[0] for fault in found.faults),
                    *(name for name, one in known.items() if one.goal is None and one.faults),
                )
            ),
            same=same,
        )


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
    goal = read_goal(source, contents)
    unread = tuple(each for each in contents if not isinstance(each, Content))
    return _Known(source, goal, goal.faults if goal else unread)
