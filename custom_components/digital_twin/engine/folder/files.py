"""Reads the files of the goals folder, knows conflict copies of them, and names their faults."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
import os
from pathlib import Path
import re
import time
from typing import Final, NamedTuple

from ...twin.errors import Fault, shown
from ...twin.values import PlainJson

MAX_BYTES: Final = 2 * 1024 * 1024
SUFFIXES: Final = (".md", ".markdown")
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


@dataclass(frozen=True, slots=True)
class FolderFault:
    """One thing in a file that could not be used as it is written.

    `file` is relative to the goals folder, with `/`; `line` begins at 1 and is None for the file
    as a whole. `key` is a translation key and `placeholders` are its texts.
    """

    file: str
    line: int | None
    key: str
    placeholders: Mapping[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """The file, with the line where there is one: `G03/README.md:2`."""
        return self.file if self.line is None else f"{self.file}:{self.line}"

    @property
    def kind(self) -> tuple[str, str]:
        """The file and the key, which do not change when lines move."""
        return self.file, self.key

    def document(self) -> dict[str, PlainJson]:
        """Return the fault as a part of the report."""
        return {
            "file": self.file,
            "line": self.line,
            "problem": self.key,
            "placeholders": dict(self.placeholders),
        }


def found(file: str, line: int | None, key: str, **placeholders: object) -> FolderFault:
    """Make a fault; each placeholder becomes a text of readable length."""
    return FolderFault(
        file, line, key, {name: shown(value) for name, value in placeholders.items()}
    )


def refused(file: str, line: int | None, fault: Fault) -> FolderFault:
    """Make the fault of a value that a record refuses."""
    return FolderFault(file, line, fault.key, fault.placeholders)


class Signature(NamedTuple):
    """The metadata by which a file counts as unchanged; times in nanoseconds."""

    inode: int
    size: int
    modified: int
    changed: int


@dataclass(frozen=True, slots=True)
class Source:
    """A folder or a single file that may be a goal, with the signatures of its files.

    All names are paths from the goals folder. `collection`: whether it lies in the goals folder or
    in a folder below it with a name such as Goals; a `stray` file lies elsewhere below it. `named`:
    whether it lies in another folder than the chosen one.
    """

    name: str
    files: Mapping[str, Signature]
    collection: bool = True
    stray: bool = False
    named: bool = False


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
        return unreadable(file, error)
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


def unreadable(file: str, error: OSError) -> FolderFault:
    """Return the fault of a file or folder that the system does not let read."""
    return found(file, None, "unreadable", reason=error.strerror or type(error).__name__)
