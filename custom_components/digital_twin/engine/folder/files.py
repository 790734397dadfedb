"""Finds and reads the files of the goals folder.

Links out of the folder are not followed, pipes are not opened, and files over 2 MiB not read.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
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
CODED: Final = re.compile(r"[A-Za-z]{1,4}[-.]?[0-9]{1,4}")
# The marks that a merge leaves in a file for the lines of both sides.
MERGE_MARKS: Final = ("<<<<<<<", "=======", ">>>>>>>")
LINE_END: Final = re.compile(r"\r\n?|\n")
BYTE_LINE_END: Final = re.compile(rb"\r\n?|\n")
BOM: Final = b"\xef\xbb\xbf"
# What programs that sync put behind the name of a copy: Syncthing; ownCloud and Synology with a
# time; Nextcloud, Dropbox, Seafile, Box and Obsidian in parentheses or brackets.
COPY: Final = re.compile(
    r"(?:\.sync-conflict-[0-9]{8}-[0-9]{6}(?:-[A-Z0-9]+)?"
    r"|[_.\- ](?:sf)?(?:conflict|konflikt)[\-_. ]*[0-9]{4}[0-9\-_. ]*"
    r"|_[^_]+_\w{3}-[0-9]{2}-[0-9]{4,6}-[0-9]{4}_conflict"
    r"|\s*[(\[](?:[^()\[\]]*\s)?(?:conflict(?:ed|ing)? cop(?:y|ies)\b|conflict(?:ed)?$|case clash\b"
    r"|sfconflict\b|(?:sync|case|encoding|white ?space) conflict\b|conflict(?:ed)? [0-9]"
    r"|kopia[^()]* konflikt\w*|konflikt\w* kopi\w*|skonfliktowan\w+|konfliktkopie\b"
    r"|in konflikt stehende\b|copie\b[^()]* conflit\w*|copia\b[^()]* conflit?t\w*"
    r"|conflict(?:ed)?(?=[)\]]))[^()\[\]]*[)\]](?: ?[0-9]+)?)",
    re.IGNORECASE,
)
# These count only beside the file that they would be a copy of: iCloud, Google Drive, OneDrive
# (the name of the computer), Resilio, and copies by hand.
COPY_BESIDE: Final = re.compile(
    r" [0-9]{1,2}|\s*\([0-9]{1,3}\)|[_.\- ](?:sf)?conflict"
    r"|-(?:[\w\u2019']+[\- ])*(?:desktop|laptop|macbook|imac|mac-mini|surface|thinkpad|pc)"
    r"(?:[\- ]\w+)*"
    r"|(?: -)? (?:copy|kopia|kopie|copie|copia)(?: ?\(?[0-9]+\)?)?",
    re.IGNORECASE,
)
COPY_BEFORE: Final = re.compile(r"(?:copy of|kopia) ", re.IGNORECASE)
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
    for entry in _without_copies(_entries(root, faults), faults):
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
        elif _is_markdown(entry) or (not within and _is_folder(entry)):
            printable = entry.name.encode(errors="replace").decode()
            faults.append(found(f"{within}{printable}", None, "not_utf8"))
    return named


def original_of(name: str, others: Container[str], *, is_goal: bool = False) -> str | None:
    """Return the name of the file or folder that another is a conflict copy of, or None.

    `others` are all names beside it, in lower case. A goal may have a number in its name: the
    copy of one is told by a number only if both begin with a code.

    >>> original_of("README.sync-conflict-20260410-142530-ABCDEFG.md", ())
    'README.md'
    >>> original_of("Metrics 2.md", {"metrics.md"}), original_of("Metrics 2.md", ())
    ('Metrics.md', None)
    """
    ending = next((name[-len(end) :] for end in SUFFIXES if name.lower().endswith(end)), "")
    stem = name.removesuffix(ending)
    if match := _at_end(COPY, stem):
        return stem[: match.start()].rstrip() + ending
    candidates = [stem[: match.start()]] if (match := _at_end(COPY_BESIDE, stem)) else []
    if match := COPY_BEFORE.match(stem):
        candidates.append(stem[match.end() :])
    for each in candidates:
        if each and f"{each}{ending}".lower() in others and (not is_goal or CODED.match(each)):
            return f"{each}{ending}"
    return None


def _at_end(pattern: re.Pattern[str], stem: str) -> re.Match[str] | None:
    """Return the longest match that ends where the name does."""
    starts = (at for at, character in enumerate(stem) if at and character in " -_.([")
    matches = (pattern.fullmatch(stem, at) for at in starts)
    return next((match for match in matches if match), None)


def _without_copies(
    entries: Sequence[os.DirEntry[str]], faults: list[FolderFault], within: str = ""
) -> Iterator[os.DirEntry[str]]:
    """Yield the entries that are no conflict copies; those are faults."""
    names = {entry.name.lower() for entry in entries}
    for entry in entries:
        original = None
        if _is_markdown(entry) or (not within and _is_folder(entry)):
            original = original_of(entry.name, names, is_goal=not within)
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


def _source(root: Path, entry: os.DirEntry[str], faults: list[FolderFault]) -> Source:
    if entry.is_symlink() and not _stays_inside(root, entry):
        faults.append(found(entry.name, None, "outside_folder"))
        return Source(entry.name, {})
    if not entry.is_dir():
        signature = _signature(entry)
        return Source(entry.name, {entry.name: signature} if signature else {})
    files: dict[str, Signature] = {}
    within = f"{entry.name}/"
    inside = _entries(Path(entry.path), faults, within)
    for inner in _without_copies(inside, faults, within):
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
    lines = tuple(LINE_END.split(text))
    marks = _merge_marks(lines)
    if marks is not None:
        return found(file, marks, "merge_marks")
    begins = len(raw) - len(raw.removeprefix(BOM))
    ends = list(BYTE_LINE_END.finditer(raw))
    starts = (begins, *(end.end() for end in ends))
    stops = (*(end.start() for end in ends), len(raw))
    raw_lines = tuple(raw[start:stop] for start, stop in zip(starts, stops, strict=True))
    return Content(file, lines, raw_lines, starts, digest_of(raw))


def _merge_marks(lines: Sequence[str]) -> int | None:
    """Return the line (from 1) of the first mark of a merge that has all marks, outside code."""
    begin: int | None = None
    wanted, fenced = 0, False
    for number, line in enumerate(lines, 1):
        if line.startswith(("```", "~~~")):
            fenced = not fenced
        elif not fenced and _is_merge_mark(line, MERGE_MARKS[wanted]):
            begin = begin or number
            wanted += 1
            if wanted == len(MERGE_MARKS):
                return begin
    return None


def _is_merge_mark(line: str, mark: str) -> bool:
    return line.rstrip() == mark or line.startswith(f"{mark} ")


def digest_of(raw: bytes) -> bytes:
    """Return the digest of the bytes of a file."""
    return blake2b(raw, digest_size=16).digest()


def _unreadable(file: str, error: OSError) -> FolderFault:
    return found(file, None, "unreadable", reason=error.strerror or type(error).__name__)
