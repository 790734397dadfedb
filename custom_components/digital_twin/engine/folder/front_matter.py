"""Parses the front matter of a markdown file: a flat YAML mapping between two lines of `---`.

It reads the events of the YAML parser and constructs no objects: no tags, no aliases that multiply,
no numbers that lose their leading zeros. Values are texts or lists of texts; deeper ones are
ignored.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
import re
from typing import Final, NamedTuple

import yaml

from ...twin.enums import GoalStatus
from ...twin.records.parsers import SURROGATES
from .files import FolderFault, found
from .markdown import folded, plain

MAX_LINES: Final = 500
MAX_CHARACTERS: Final = 32 * 1024
MAX_EVENTS: Final = 5000
# `due date`, `due-date` and `due_date` are one name.
NAME_JOINTS: Final = re.compile(r"[\s\-]+")
OPENING: Final = re.compile(r"---[ \t]*")
CLOSING: Final = re.compile(r"(?:---|\.\.\.)[ \t]*")
NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
# Nesting in which a text is part of a value: in the mapping, or in a list directly in it.
PLAIN: Final = ([False], [False, True])
# The C parser is several times faster, but not always installed.
LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class FrontMatterValue(NamedTuple):
    """A value of the front matter and its line in the file."""

    texts: tuple[str, ...]
    line: int

    @property
    def text(self) -> str:
        """The value as one text."""
        return ", ".join(self.texts)


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The values by name in lower case, and the number of lines of the front matter."""

    values: Mapping[str, FrontMatterValue] = field(default_factory=dict)
    lines: int = 0
    broken: bool = False

    def get(self, *names: str) -> FrontMatterValue | None:
        """Return the first of the named values that exists."""
        return next((value for name in names if (value := self.values.get(name))), None)


class _NoNamesError(yaml.YAMLError):
    """Front matter that is valid YAML but no mapping with texts as keys."""

    problem = "expected names with values"

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


def read_front_matter(lines: Sequence[str], file: str) -> tuple[FrontMatter, list[FolderFault]]:
    """Parse the front matter at the beginning of a file; return the faults in it, too.

    Invalid front matter is skipped: the rest of the file can be read.
    """
    if not lines or not OPENING.fullmatch(lines[0]):
        return FrontMatter(), []
    end = next(
        (at for at, line in enumerate(islice(lines, 1, None), 1) if CLOSING.fullmatch(line)), None
    )
    if end is None:
        return FrontMatter(broken=True), [found(file, 1, "front_matter_not_closed")]
    inner = lines[1:end]
    if len(inner) > MAX_LINES or sum(map(len, inner)) > MAX_CHARACTERS:
        fault = found(file, 1, "front_matter_too_long", maximum=MAX_LINES)
        return FrontMatter(lines=end + 1, broken=True), [fault]
    try:
        values, faults = _read(inner, file)
    except yaml.YAMLError as error:
        return FrontMatter(lines=end + 1, broken=True), [_explained(error, inner, file)]
    return FrontMatter(values, end + 1), faults


def _read(inner: Sequence[str], file: str) -> tuple[dict[str, FrontMatterValue], list[FolderFault]]:
    values: dict[str, FrontMatterValue] = {}
    faults: list[FolderFault] = []
    for name, line, texts in _entries("\n".join(inner)):
        key = NAME_JOINTS.sub("_", name.strip().lower())
        # The first line of the front matter is the second of the file.
        if key in values:
            faults.append(found(file, line + 2, "duplicate_key", name=name))
        elif texts:
            values[key] = FrontMatterValue(texts, line + 2)
    return values, faults


def _entries(source: str) -> Iterator[tuple[str, int, tuple[str, ...]]]:
    """Yield the name, line (from 0) and texts of each entry of the outermost mapping.

    Raises `yaml.YAMLError` for invalid YAML, and for another value than a mapping of texts.
    """
    within: list[bool] = []
    name: yaml.ScalarEvent | None = None
    texts: list[str] = []
    for event in islice(yaml.parse(source, Loader=LOADER), MAX_EVENTS):
        if isinstance(event, yaml.CollectionEndEvent):
            within.pop()
        elif not isinstance(event, yaml.NodeEvent):
            continue
        elif not within:
            _expect(event, yaml.MappingStartEvent)
            within.append(False)
        elif name is None:
            name, texts = _expect(event, yaml.ScalarEvent), []
            continue
        elif isinstance(event, yaml.CollectionStartEvent):
            within.append(isinstance(event, yaml.SequenceStartEvent))
        elif isinstance(event, yaml.ScalarEvent) and within in PLAIN:
            texts += _texts(event)
        if len(within) == 1 and name is not None:
            yield _storable(name.value), _line(name), tuple(texts)
            name = None


def _expect[E: yaml.Event](event: yaml.Event, kind: type[E]) -> E:
    if not isinstance(event, kind):
        raise _NoNamesError(_line(event))
    return event


def _line(event: yaml.Event) -> int:
    return event.start_mark.line if event.start_mark else 0


def _texts(event: yaml.ScalarEvent) -> list[str]:
    quoted = event.style in ("'", '"')
    return [] if event.value in NULLS and not quoted else [_storable(event.value)]


def _storable(text: str) -> str:
    """Replace lone surrogates, which an escape can make and JSON cannot hold."""
    return SURROGATES.sub("\ufffd", text)


def _explained(error: yaml.YAMLError, inner: Sequence[str], file: str) -> FolderFault:
    """Return the fault with its line; for an open quote that is the line where it begins."""
    mark = getattr(error, "problem_mark", error)
    at = min(getattr(mark, "line", 0), max(0, len(inner) - 1))
    for number, line in enumerate(inner[: at + 1]):
        if _leaves_open(line):
            return found(file, number + 2, "unclosed_quote")
    problem = getattr(error, "problem", None) or "not readable"
    return found(file, at + 2, "invalid_front_matter", problem=problem)


def _leaves_open(line: str) -> bool:
    """Return whether the value in a line begins with a quote that is not closed in the line."""
    value = line.partition(": ")[2].strip() or line.strip().removeprefix("- ").strip()
    quote = value[:1]
    if quote not in ("'", '"'):
        return False
    inner = value[1:].replace("\\\\", "").replace('\\"', "") if quote == '"' else value[1:]
    return quote not in inner.replace("''", "" if quote == "'" else "''")


# A status as people write it, in the languages of the integration, without diacritics.
STATUSES: Final[Mapping[GoalStatus, re.Pattern[str]]] = {
    GoalStatus.COMPLETED: re.compile(
        r"done|completed?|finished|achieved|reached|closed|shipped|success\w*|ukonczon\w*"
        r"|zakonczon\w*|zrobion\w*|gotow\w*|osiagniet\w*|zamkniet\w*|zrealizowan\w*"
    ),
    GoalStatus.ARCHIVED: re.compile(
        r"archived?|cancell?ed|abandoned|dropped|rejected|obsolete|retired|failed"
        r"|zarchiwizowan\w*|anulowan\w*|porzucon\w*|odrzucon\w*|zaniechan\w*|nieudan\w*"
    ),
    GoalStatus.ON_HOLD: re.compile(
        r"(?:on )?hold|paused?|blocked|waiting|suspended|deferred|postponed|parked|inactive"
        r"|wstrzyman\w*|zawieszon\w*|pauza|w zawieszeniu|odlozon\w*|czeka\w*|oczekuj\w*"
        r"|zablokowan\w*"
    ),
    GoalStatus.PLANNING: re.compile(
        r"planning|planned|plan|not started|to ?do|backlog|ideas?|someday|maybe|draft|proposed|new"
        r"|next|upcoming|queued|future|later|planowan\w*|w planach|nie ?rozpoczet\w*|do zrobienia"
        r"|pomysl\w*|szkic|now[yae]|przyszl\w*"
    ),
    GoalStatus.ACTIVE: re.compile(
        r"active|in ?progress|wip|doing|ongoing|started|current|running|(?:on|off) track|at risk"
        r"|behind|stalled|open|live|aktywn\w*|w toku|w trakcie|trwa\w*|realizowan\w*|w realizacji"
        r"|biezac\w*|rozpoczet\w*|otwart\w*"
    ),
}
STATUS_SIGNS: Final[Mapping[str, GoalStatus]] = {
    **dict.fromkeys("\u2705\u2714\u2611\U0001f3c1\U0001f389\U0001f3c6", GoalStatus.COMPLETED),
    **dict.fromkeys("\u274c\U0001f5c4\U0001f5d1\U0001f4e6\U0001f6ab", GoalStatus.ARCHIVED),
    **dict.fromkeys("\u23f8\U0001f4a4\U0001f6d1\u23f3", GoalStatus.ON_HOLD),
    **dict.fromkeys("\U0001f4dd\U0001f4a1\U0001f4cb\U0001f331\u2b1c", GoalStatus.PLANNING),
    **dict.fromkeys(
        "\U0001f6a7\U0001f7e2\U0001f7e1\U0001f7e0\U0001f534\u25b6\U0001f3c3\U0001f504\U0001f525",
        GoalStatus.ACTIVE,
    ),
}
AROUND: Final = re.compile(r"^[\W\d_]+|[\W_]+$")
# What stands behind a status explains it: `Active (since March)`, `done, at last`.
EXPLAINED: Final = re.compile(r"\s*(?:[(,;:]|\s[-\u2013\u2014]\s).*")


def status_in(written: str) -> GoalStatus | None:
    """Return the status that a text or an emoji means, or None.

    >>> status_in("🚧 in-progress"), status_in("Wstrzymany"), status_in("#status/done")
    (<GoalStatus.ACTIVE>, <GoalStatus.ON_HOLD>, <GoalStatus.COMPLETED>)
    """
    last = folded(plain(written)).rpartition("/")[2]
    text = AROUND.sub("", EXPLAINED.sub("", AROUND.sub("", last)))
    words = " ".join(re.split(r"[\s_\-]+", text))
    for status, pattern in STATUSES.items():
        if pattern.fullmatch(words):
            return status
    signs = (STATUS_SIGNS[sign] for sign in written if sign in STATUS_SIGNS)
    return None if words else next(signs, None)
