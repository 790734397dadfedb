"""The summaries of segments of the journal: what they changed in all, to take it back in one step.

A summary is written when its segment is taken back for the first time, and is gone with every line
that is forgotten.
"""

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Final, NamedTuple

import orjson

from ...twin.records.rewind import SegmentSummary
from .files import Disk
from .journal import Position, RawSegment

FOLDER: Final = "summaries"
VERSION: Final = 1
_SUFFIX: Final = ".jsonl"


class KnownSegment(NamedTuple):
    """A summary: the end of the segment before, the earliest time, and the operations."""

    previous: Position
    least: datetime
    operations: list[bytes]


class Summaries:
    """The files of summaries. They can all be made anew, so a failure costs nothing but time."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._folder = folder / FOLDER
        self._disk = disk
        self._lock = Lock()
        # Raised when lines are forgotten: what was read before is not written any more.
        self.generation = 0

    def read(self, end: Position) -> KnownSegment | None:
        """Return the summary of a segment up to an end, None where there is none."""
        try:
            first, *operations = self._disk.read(self._path(end.number)).splitlines()
            match orjson.loads(first):
                case {"summary": 1, "end": [*at], "previous": [int(number), int(size)], "least": t}:
                    if tuple(at) == end:
                        previous = Position(number, size)
                        return KnownSegment(previous, datetime.fromisoformat(t), operations)
        except OSError, ValueError:
            pass
        return None

    def write(
        self, segment: RawSegment, least: datetime, summary: SegmentSummary, generation: int
    ) -> None:
        """Keep the summary of a segment."""
        head = {
            "summary": VERSION,
            "end": [*segment.end],
            "previous": [*(segment.previous or (0, 0))],
            "least": least.isoformat(),
        }
        lines = [orjson.dumps(each) for each in (head, *summary.operations())]
        with self._lock, suppress(OSError):
            if generation == self.generation:
                self._disk.replace(self._path(segment.end.number), b"\n".join(lines) + b"\n")

    def prune(self, numbers: Collection[int]) -> None:
        """Remove the summaries of segments that are not among some."""
        for name in self._disk.names(self._folder):
            number = name.removesuffix(_SUFFIX)
            if not number.isdigit() or int(number) not in numbers:
                with suppress(OSError):
                    self._disk.remove(self._folder / name)

    def forget(self) -> None:
        """Remove all. Raises `OSError`."""
        with self._lock:
            self.generation += 1
            for name in self._disk.names(self._folder):
                self._disk.remove(self._folder / name)
            with suppress(OSError):
                self._folder.rmdir()

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:08}{_SUFFIX}"
