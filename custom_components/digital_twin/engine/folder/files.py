"""Finds and reads the files of the goals folder.

Links out of the folder are not followed, pipes are not opened, and files over 2 MiB not read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
import os
from pathlib import Path
import re
import stat
import time
from typing import Final, NamedTuple

from ...twin.records.parsers import SURROGATES
from .report import FolderFault, found

MAX_BYTES: Final = 2 * 1024 * 1024
MAX_GOALS: Final = 5000
MAX_FILES: Final = 50
SUFFIXES: Final = (".md", ".markdown")
# The folder of goals in the data model; the folder above it may be chosen.
INNER: Final = "10_GOALS"
LINE_END: Final = re.compile(r"\r\n?|\n")
BYTE_LINE_END: Final = re.compile(rb"\r\n?|\n")
BOM: Final = b"\xef\xbb\xbf"
# Seconds for which an empty file counts as one that is being written.
FRESH: Final = 5


class Signature(NamedTuple):
    """The metadata by which a file counts as unchanged; times in nanoseconds."""

    inode: int
    size: int
    modified: int
    changed: int


@dataclass(frozen=True, slots=True)
class Source:
    """A goal's folder or single file, with the signatures of its files by relative path."""

    name: str
    files: Mapping[str, Signature]


@dataclass(frozen=True, slots=True)
class Scan:
    """The sources in the goals folder, and the faults of its entries."""

    root: Path
    sources: tuple[Source, ...]
    faults: tuple[FolderFault, ...]


@dataclass(frozen=True, slots=True)
class Content:
    """The content of a file: its lines as text and as bytes, and a digest.

    `starts` are the positions of the lines in the bytes of the file.
    """

    file: str
    lines: tuple[str, ...]
    raw_lines: tuple[bytes, ...]
    starts: tuple[int, ...]
    digest: bytes


def scan(folder: Path) -> Scan:
    """List the sources without reading them; raises `OSError` for the folder itself."""
    root = folder.resolve(strict=True)
    if (root / INNER).is_dir():
        root /= INNER
    sources: list[Source] = []
    faults: list[FolderFault] = []
    for entry in _entries(root, faults):
        if len(sources) == MAX_GOALS:
            faults.append(found(entry.name, None, "too_many_files", maximum=MAX_GOALS))
            break
        try:
            source = _source(root, entry, faults)
        except OSError as error:
            faults.append(_unreadable(entry.name, error))
            continue
        if source.files:
            sources.append(source)
    return Scan(root, tuple(sources), tuple(faults))


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
        elif _is_markdown(entry) or (not within and entry.is_dir()):
            printable = entry.name.encode(errors="replace").decode()
            faults.append(found(f"{within}{printable}", None, "not_utf8"))
    return named


def _is_markdown(entry: os.DirEntry[str]) -> bool:
    return entry.name.lower().endswith(SUFFIXES)


def _source(root: Path, entry: os.DirEntry[str], faults: list[FolderFault]) -> Source:
    if entry.is_symlink() and not _stays_inside(root, entry):
        faults.append(found(entry.name, None, "outside_folder"))
        return Source(entry.name, {})
    if not entry.is_dir():
        signature = _signature(entry)
        return Source(entry.name, {entry.name: signature} if signature else {})
    files: dict[str, Signature] = {}
    for inner in _entries(Path(entry.path), faults, f"{entry.name}/"):
        name = f"{entry.name}/{inner.name}"
        if len(files) == MAX_FILES:
            faults.append(found(name, None, "too_many_files", maximum=MAX_FILES))
            break
        if inner.is_symlink() and not _stays_inside(root, inner):
            faults.append(found(name, None, "outside_folder"))
        elif signature := _signature(inner):
            files[name] = signature
    return Source(entry.name, files)


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


def signature_of(status: os.stat_result) -> Signature:
    """Return the signature of a file."""
    return Signature(status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def read(root: Path, file: str) -> Content | FolderFault:
    """Read a markdown file, or return the fault; a file that changes meanwhile is read again."""
    try:
        for _attempt in range(2):
            content = _read_once(root / file, file)
            if content is not None:
                return content
    except OSError as error:
        return _unreadable(file, error)
    return found(file, None, "being_written")


def _read_once(path: Path, file: str) -> Content | FolderFault | None:
    """Return None if the file was being written."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as opened:
        before = os.fstat(descriptor)
        if before.st_size > MAX_BYTES:
            return found(file, None, "file_too_large", size=before.st_size, maximum=MAX_BYTES)
        raw = opened.read(MAX_BYTES + 1)
        if signature_of(os.fstat(descriptor)) != signature_of(before):
            return None
    if not raw and time.time() - before.st_mtime < FRESH:
        return None
    return content_of(file, raw)


def content_of(file: str, raw: bytes) -> Content | FolderFault:
    """Decode the bytes of a file: UTF-8, with or without a byte order mark."""
    try:
        text = raw.removeprefix(BOM).decode()
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line = len(BYTE_LINE_END.findall(before)) + 1
        return found(file, line, "not_utf8")
    begins = len(raw) - len(raw.removeprefix(BOM))
    ends = list(BYTE_LINE_END.finditer(raw))
    starts = (begins, *(end.end() for end in ends))
    stops = (*(end.start() for end in ends), len(raw))
    raw_lines = tuple(raw[start:stop] for start, stop in zip(starts, stops, strict=True))
    return Content(file, tuple(LINE_END.split(text)), raw_lines, starts, digest_of(raw))


def digest_of(raw: bytes) -> bytes:
    """Return the digest of the bytes of a file."""
    return blake2b(raw, digest_size=16).digest()


def _unreadable(file: str, error: OSError) -> FolderFault:
    return found(file, None, "unreadable", reason=error.strerror or type(error).__name__)
