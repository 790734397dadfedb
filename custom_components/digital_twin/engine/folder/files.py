"""The files of the goals folder: which there are, and what is in them.

Nothing here follows a link out of the folder, waits for a pipe, or reads a file whole that is no
text a person would write.
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
# Where the data model says that goals are, if the folder above it was chosen.
INNER: Final = "10_GOALS"
LINE_END: Final = re.compile(r"\r\n?|\n")
BYTE_LINE_END: Final = re.compile(rb"\r\n?|\n")
BOM: Final = b"\xef\xbb\xbf"
# An empty file of this age (seconds) is one that an editor is about to fill.
FRESH: Final = 5


class Signature(NamedTuple):
    """What tells without reading that a file is the one that was read."""

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
    """What is in the goals folder."""

    root: Path
    sources: tuple[Source, ...]
    faults: tuple[FolderFault, ...]


@dataclass(frozen=True, slots=True)
class Content:
    """A file that was read: its lines as text and as bytes, and a digest of the whole.

    `starts` has for each line where it begins in the bytes of the file.
    """

    file: str
    lines: tuple[str, ...]
    raw_lines: tuple[bytes, ...]
    starts: tuple[int, ...]
    digest: bytes


def scan(folder: Path) -> Scan:
    """Look which goals there are, without reading any; raises `OSError` for the folder itself."""
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
    """List what is visible in a folder, by name; a name that is no UTF-8 is a fault.

    Such a name can stand in no JSON, neither in a file nor in an answer.
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
    # A link to the folder itself would make one goal of all.
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
    """Read a markdown file, or tell why it cannot be read.

    A file that changes while it is read is read once more.
    """
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
    """Take the bytes of a file for text in UTF-8, with or without a byte order mark."""
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
    """Return what tells the bytes of a file from all others."""
    return blake2b(raw, digest_size=16).digest()


def _unreadable(file: str, error: OSError) -> FolderFault:
    return found(file, None, "unreadable", reason=error.strerror or type(error).__name__)
