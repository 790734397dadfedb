"""The journal on disk: what makes a change safe, and what tells how a twin was at any time.

It is a folder of segments, `journal-<number>.jsonl`. Each begins with a header, and each line after
that is one transaction. A transaction is safe when its line, with the newline, is on disk. A start
and a failed write begin a new segment. Its header names the segment before it and how many bytes of
that count: the rest, and segments in between, were left behind by writes that failed.

Everything here blocks and runs in one worker thread at a time.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
import logging
from pathlib import Path
from typing import Any, Final, NamedTuple

from homeassistant.helpers.storage import UnsupportedStorageVersionError
import orjson

from .files import Disk

_LOGGER = logging.getLogger(__name__)

VERSION: Final = 1
SEGMENT_BYTES: Final = 1024 * 1024
KEPT_BYTES: Final = 64 * 1024 * 1024
KEPT_FOR: Final = timedelta(days=400)
_PREFIX: Final = "journal-"
_SUFFIX: Final = ".jsonl"

type Line = dict[str, Any]


class Position(NamedTuple):
    """How far a segment counts: up to a size in bytes."""

    number: int
    size: int


NOTHING_BEFORE: Final = Position(0, 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """The first line of a segment.

    `files` has for each storage file the number of the last change that older segments hold for
    it; `previous` is the end of the segment before. `bases` has for files without a stamp of the
    journal the sum over their contents and the number of the transaction that they stand for.
    """

    files: Mapping[str, int] = field(default_factory=dict)
    bases: Mapping[str, Sequence[int]] = field(default_factory=dict)
    previous: Position | None = None
    is_readable: bool = True

    def encode(self) -> bytes:
        """Return the header as a line."""
        previous = list(self.previous or NOTHING_BEFORE)
        return _encoded(
            {"journal": VERSION, "files": self.files, "bases": self.bases, "previous": previous}
        )


@dataclass(kw_only=True, slots=True)
class Segment:
    """The part of a segment that counts; `damaged` lines of it cannot be read."""

    number: int
    header: Header
    lines: list[Line] = field(default_factory=list)
    size: int = 0
    damaged: int = 0

    @property
    def end(self) -> Position:
        """The end of the last complete line."""
        return Position(self.number, self.size)


class RawSegment(NamedTuple):
    """The lines that count of a segment as they are, where they end, and the segment before."""

    end: Position
    previous: Position | None
    lines: list[bytes]


def _unknown(_end: Position) -> Position | None:
    return None


class Journal:
    """Appends transactions, reads them again, and forgets the oldest.

    `on_rewrite` is called before lines are changed or removed because somebody is forgotten.
    """

    def __init__(self, folder: Path, disk: Disk | None = None) -> None:
        self.folder = folder
        self.disk = disk or Disk()
        self._end: Position | None = None
        # The next write begins a segment with a number that no file has.
        self._begins_segment = True
        self._highest = 0
        self.begun = 0
        self.on_rewrite: Callable[[], None] = lambda: None

    def read_since(self, is_enough: Callable[[Header], bool]) -> list[Segment]:
        """Return the newest segments, oldest first, back to the first header that is enough.

        The next write begins a new segment. Raises `OSError`, and
        `UnsupportedStorageVersionError` for a segment of a newer version.
        """
        segments: list[Segment] = []
        end: Position | None = None
        numbers = self.numbers()
        for number in reversed(numbers):
            if end is not None and number > end.number:
                continue
            limit = end.size if end and end.number == number else None
            segment = self._read(number, limit)
            segments.insert(0, segment)
            end = segment.header.previous
            if is_enough(segment.header):
                break
        self._highest = max(numbers, default=0)
        self._end = segments[-1].end if segments else None
        self._begins_segment = True
        return segments

    def newest_first(
        self, known: Callable[[Position], Position | None] = _unknown
    ) -> Iterator[RawSegment]:
        """Yield the segments that count, the newest first.

        `known` returns for the end of a segment that is needed no more that of the one before. It
        changes nothing, so that others may write meanwhile: what they append may be there or not,
        and a segment that they remove is where it ends. Raises `OSError`.
        """
        end = self._end
        for number in reversed(self.numbers()):
            if end is not None and number > end.number:
                continue
            limit = end.size if end and end.number == number else None
            if limit is not None and (previous := known(Position(number, limit))):
                end = previous
                continue
            try:
                first, lines, size = self._read_lines(number, limit)
            except FileNotFoundError:
                return
            end = _header(first).previous
            yield RawSegment(Position(number, size), end, lines)

    def append(self, lines: Iterable[Line], header: Header) -> None:
        """Append transactions; all are on disk when it returns, or none counts.

        The header is written should a new segment begin. Raises `OSError`.
        """
        data = b"".join(map(_encoded, lines))
        if self._end is not None and self._end.size >= SEGMENT_BYTES:
            self._begins_segment = True
        if self._begins_segment or self._end is None:
            self._begin(data, header)
            return
        try:
            self.disk.append(self._path(self._end.number), data)
        except OSError:
            self._discard_from(self._end, header)
            raise
        self._end = Position(self._end.number, self._end.size + len(data))

    def _begin(self, data: bytes, header: Header) -> None:
        """Begin a segment with the first data of it."""
        self._highest += 1
        path = self._path(self._highest)
        whole = replace(header, previous=self._end).encode() + data
        try:
            self.disk.append(path, whole)
        except OSError:
            self._discard_from(Position(self._highest, 0), header)
            raise
        self._end = Position(self._highest, len(whole))
        self._begins_segment = False
        self.begun += 1

    def _discard_from(self, failed: Position, header: Header) -> None:
        """Make sure that what a failed write left behind never counts.

        Where it can neither be cut off nor removed, an empty segment says so.
        """
        self._begins_segment = True
        path = self._path(failed.number)
        try:
            if failed.size:
                self.disk.truncate(path, failed.size)
            else:
                self.disk.remove(path)
        except OSError:
            self._highest += 1
            with suppress(OSError):
                fence = replace(header, previous=self._end).encode()
                self.disk.append(self._path(self._highest), fence)

    def prune(self, now: datetime, saved: Mapping[str, int]) -> None:
        """Remove the oldest segments: those that are too old, and those that are too much.

        `saved` has for each storage file the number of the last change that was read back from
        it; a segment that holds a later one stays. Raises `OSError`.
        """
        numbers = self.numbers()
        total = sum(self.disk.size(self._path(number)) for number in numbers)
        for index, number in enumerate(numbers[:-1], 1):
            headers = (self._read(each, None).header for each in numbers[index:])
            header = next((each for each in headers if each.is_readable), None)
            if header is None or any(
                saved.get(name, 0) < last for name, last in header.files.items()
            ):
                return
            lines = self._read(number, None).lines
            last = _time_of(lines[-1]) if lines else None
            is_old = not lines or (last is not None and last < now - KEPT_FOR)
            if not is_old and total <= KEPT_BYTES:
                return
            total -= self.disk.size(self._path(number))
            self.disk.remove(self._path(number))

    def extent(self) -> tuple[int, datetime | None]:
        """Return the size in bytes, and when the oldest transaction was made. Raises `OSError`."""
        numbers = self.numbers()
        size = sum(self.disk.size(self._path(number)) for number in numbers)
        lines = (line for number in numbers for line in self._read(number, None).lines)
        return size, next(filter(None, map(_time_of, lines)), None)

    def rewrite(self, names: Collection[str], change: Callable[[Line], Line | None]) -> None:
        """Put every line of the segments that contain any of the names through a function.

        Lines for which it returns None are left out, and with them what does not count and what
        cannot be read. Used to forget people. Raises `OSError`.
        """
        self.on_rewrite()
        wanted = [name.encode() for name in names]
        segments: dict[int, tuple[Segment, Position]] = {}
        before = NOTHING_BEFORE
        for segment in self.read_since(lambda _header: False):
            segments[segment.number] = segment, before
            before = segment.end
        for number in self.numbers():
            data = self.disk.read(self._path(number))
            if not any(name in data for name in wanted):
                continue
            if number not in segments:
                self.disk.remove(self._path(number))
                continue
            segment, before = segments[number]
            lines = [line for each in segment.lines if (line := change(each)) is not None]
            header = replace(
                segment.header,
                files=_without(segment.header.files, names),
                bases=_without(segment.header.bases, names),
                # A header that could not be read must not become the beginning of the journal.
                previous=segment.header.previous or before,
            )
            whole = b"".join([header.encode(), *map(_encoded, lines)])
            self.disk.replace(self._path(number), whole)
            if self._end and self._end.number == number:
                self._end = Position(number, len(whole))

    def remove(self) -> None:
        """Remove all segments and the folder. Raises `OSError`."""
        self.on_rewrite()
        for number in self.numbers():
            self.disk.remove(self._path(number))
        self._end, self._begins_segment = None, True
        with suppress(OSError):
            self.folder.rmdir()

    def numbers(self) -> list[int]:
        """Return the numbers of the segments that are there, the oldest first."""
        names = (
            name.removeprefix(_PREFIX).removesuffix(_SUFFIX)
            for name in self.disk.names(self.folder)
            if name.startswith(_PREFIX) and name.endswith(_SUFFIX)
        )
        return sorted(int(name) for name in names if name.isascii() and name.isdigit())

    def _path(self, number: int) -> Path:
        return self.folder / f"{_PREFIX}{number:08}{_SUFFIX}"

    def _read_lines(self, number: int, limit: int | None) -> tuple[bytes, list[bytes], int]:
        """Return the header and the lines of a segment up to a size, and where they end.

        An incomplete last line was never acknowledged.
        """
        data = self.disk.read(self._path(number))
        # A limit inside a line is itself damaged.
        if limit is None or data[limit - 1 : limit] in {b"", b"\n"}:
            data = data[:limit]
        size = data.rfind(b"\n") + 1
        first, *rest = data[:size].split(b"\n")[:-1] or [b""]
        return first, rest, size

    def _read(self, number: int, limit: int | None) -> Segment:
        """Read a segment up to a size."""
        first, rest, size = self._read_lines(number, limit)
        segment = Segment(number=number, header=_header(first), size=size)
        if first and not segment.header.is_readable:
            segment.damaged += 1
        for raw in rest:
            line = _decoded(raw)
            match line:
                case {"seq": int(), "at": str(), "operations": [*_]} if line:
                    segment.lines.append(line)
                case _:
                    segment.damaged += 1
        return segment


def _encoded(document: Mapping[str, Any]) -> bytes:
    return orjson.dumps(document) + b"\n"


def _decoded(raw: bytes) -> Line | None:
    try:
        line = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    return line if isinstance(line, dict) else None


def _header(raw: bytes) -> Header:
    match _decoded(raw):
        case {"journal": int(version)} if version > VERSION:
            raise UnsupportedStorageVersionError("digital_twin/journal", version, VERSION)
        case {
            "files": dict(files),
            "bases": dict(bases),
            "previous": [int(), int()] as previous,
        } if _are_numbers(files.values()) and all(
            isinstance(base, list) and len(base) == 2 and _are_numbers(base)  # noqa: PLR2004
            for base in bases.values()
        ):
            return Header(files=files, bases=bases, previous=Position(*previous))
    return Header(is_readable=False)


def _are_numbers(values: Iterable[object]) -> bool:
    return all(isinstance(value, int) for value in values)


def _without[T](members: Mapping[str, T], names: Collection[str]) -> dict[str, T]:
    return {key: value for key, value in members.items() if not any(name in key for name in names)}


def _time_of(line: Line) -> datetime | None:
    try:
        return datetime.fromisoformat(str(line.get("at"))).astimezone(UTC)
    except ValueError:
        return None
