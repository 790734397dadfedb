"""How twins were at an earlier time, read from the journal beside the event loop."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
import logging
import re
from typing import Any, Final

from homeassistant.util import dt as dt_util
import orjson

from ...twin.errors import TwinError, refuse
from ...twin.metrics.history import DamagedHistoryError, days_from_document, history_document
from ...twin.records.revisions import DeltaError
from ...twin.records.rewind import (
    AT,
    UNREADABLE,
    EarlierTwin,
    JournalOperation,
    SegmentSummary,
    earlier_twin,
    earlier_value,
)
from ...twin.records.timeline import REVISION, TwinDocument, TwinKey
from .files import MetricDays
from .journal import Journal, Position, RawSegment
from .summaries import KnownSegment, Summaries
from .transaction import SINCE, Transaction, encoded

_LOGGER = logging.getLogger(__name__)

_HEAD: Final = re.compile(
    rb'\{"op":"(?P<op>[a-z]+)"(?:,"kind":"(?P<kind>[a-z]+)")?,"id":"(?P<id>[^"]+)"'
)
# What decides which goals belong together; the names are looked for in what is not parsed.
EDGES: Final = ("dependencies", "owner_person_id")
# The beginning of each line, and what lines have that are about more than a person.
BEGINNING: Final = re.compile(rb'\{"seq":([0-9]+),"at":"([^"]+)"')
_SHARED: Final = (b'"kind":"goal"', b'"kind":"home"')
_EDGE_MARKS: Final = (b'"p":[]', *(f'"p":["{name}"'.encode() for name in EDGES))

# Operations as they are in a summary, or parsed.
type AnyOperation = bytes | JournalOperation


@dataclass(frozen=True, kw_only=True, slots=True)
class Present:
    """All twins at one moment, with what is not on disk yet: `last` is the last line that is.

    `deleted` are those of the twins that can be brought back. `days` are those of one person.
    """

    documents: Mapping[TwinKey, TwinDocument]
    deleted: frozenset[TwinKey]
    days: MetricDays
    unwritten: Sequence[Transaction]
    last: int


@dataclass(kw_only=True, slots=True)
class EarlierTwins:
    """All twins as they were at a time, each worked out when it is asked for.

    That takes some time: to be used in a worker thread.
    """

    at: datetime
    present: Present
    operations: Mapping[TwinKey, list[AnyOperation]]
    day_operations: Sequence[AnyOperation]
    vague: frozenset[TwinKey] = frozenset()
    _found: dict[TwinKey, EarlierTwin | None] = field(default_factory=dict)

    def twin(self, key: TwinKey) -> EarlierTwin | None:
        """Return a twin, None for one of which nothing is known at present."""
        if key not in self._found:
            document = self.present.documents.get(key)
            self._found[key] = (
                None
                if document is None
                else earlier_twin(
                    document,
                    map(_parsed, self.operations.get(key, ())),
                    self.at,
                    is_there=key not in self.present.deleted,
                )
            )
        return self._found[key]

    def edges(self) -> dict[str, Mapping[str, Any]]:
        """Return by id of each goal that was there what it had in `EDGES`."""
        found: dict[str, Mapping[str, Any]] = {}
        for key, document in self.present.documents.items():
            if key.kind != "goal":
                continue
            operations = [each for each in self.operations.get(key, ()) if _is_edge(each)]
            is_there = key not in self.present.deleted
            if not operations:
                before = EarlierTwin(document, is_there=is_there)
            else:
                edges = (_edges_only(_parsed(each)) for each in operations)
                before = earlier_twin(document, edges, None, is_there=is_there)
            if before.is_there and before.document is not None:
                found[key.twin_id] = before.document
        return found

    def added_at(self, key: TwinKey) -> str | None:
        """Return when a twin was added, if that was after the time."""
        for operation in map(_parsed, self.operations.get(key, ())):
            delta = operation.get("delta")
            if delta and not delta[0]["p"]:
                return str(operation[AT])
        return None

    def days(self) -> tuple[MetricDays, frozenset[str]]:
        """Return the daily histories of the person, and the metrics whose days nobody knows."""
        found = {metric: dict(days) for metric, days in self.present.days.items()}
        lost, changed = set[str](), defaultdict[tuple[str, int], list[Any]](list)
        for operation in map(_parsed, self.day_operations):
            if operation["op"] == "forget":
                lost.add(operation["metric"])
            else:
                changed[operation["metric"], operation["day"]].append(operation["delta"])
        for (metric, day), deltas in changed.items():
            days = found.setdefault(metric, {})
            known = days.pop(day, None)
            oldest = deltas[-1]
            if oldest and not oldest[0]["p"] and "b" not in oldest[0]:
                continue
            try:
                document = earlier_value(history_document({day: known}) if known else {}, deltas)
                days |= days_from_document(document) if document else {}
            except DeltaError, DamagedHistoryError:
                lost.add(metric)
        return {metric: days for metric, days in found.items() if metric not in lost}, frozenset(
            lost
        )


def _parsed(operation: AnyOperation) -> JournalOperation:
    if isinstance(operation, bytes):
        found: dict[str, Any] = orjson.loads(operation)
        return found
    return operation


def _is_edge(operation: AnyOperation) -> bool:
    """Return whether an operation may say something of `EDGES`, or of being there at all."""
    if not isinstance(operation, bytes):
        return operation["op"] != "put" or any(
            not step["p"] or step["p"][0] in EDGES for step in operation["delta"]
        )
    return not operation.startswith(b'{"op":"put"') or any(
        mark in operation for mark in _EDGE_MARKS
    )


def _edges_only(operation: JournalOperation) -> JournalOperation:
    if operation["op"] != "put":
        return operation
    delta = [step for step in operation["delta"] if not step["p"] or step["p"][0] in EDGES]
    return {**operation, "delta": delta}


class _Rewinder:
    """Collects what happened after a time, or after a revision of a twin was made."""

    def __init__(self, key: TwinKey, at: datetime | int) -> None:
        self._key = key
        self._wanted = at
        self.mark = key.twin_id.encode()
        self._shared: list[tuple[datetime, set[TwinKey]]] = []
        self.operations: dict[TwinKey, list[AnyOperation]] = defaultdict(list)
        self.day_operations: list[AnyOperation] = []
        self.at: datetime | None = None
        # The lowest revision whose beginning is known, and the time of the oldest line.
        self.lowest: int | None = None
        self.begin: datetime | None = None

    def take(self, line: Mapping[str, Any]) -> bool:
        """Take a line back; false for one that belongs to the time itself."""
        at = datetime.fromisoformat(line["at"])
        operations: list[JournalOperation] = line["operations"]
        if self._is_reached(at, operations):
            return False
        self.begin = at
        touched: set[TwinKey] = set()
        for operation in reversed(operations):
            touched.add(self._add(operation, line["at"]))
        if SINCE in line:
            self._shared.append((datetime.fromisoformat(line[SINCE]), touched))
        return True

    def _is_reached(self, at: datetime, operations: Iterable[JournalOperation]) -> bool:
        if isinstance(self._wanted, datetime):
            if at <= self._wanted:
                self.at = self._wanted
            return self.at is not None
        for operation in operations:
            if (operation.get("kind"), operation["id"]) == self._key and operation["op"] == "put":
                made = _made_revision(operation["delta"])
                if made == self._wanted:
                    self.at = at
                elif made is not None:
                    self.lowest = made
        return self.at is not None

    def _add(self, operation: JournalOperation, at: str) -> TwinKey:
        kind, twin_id = operation.get("kind"), operation["id"]
        if kind is None:
            if twin_id == self._key.twin_id:
                self.day_operations.append(operation)
            return TwinKey("person", twin_id)
        key = TwinKey(kind, twin_id)
        delta = operation.get("delta")
        if delta and not delta[0]["p"]:
            operation = {**operation, AT: at}
        if self._is_needed(key):
            self.operations[key].append(operation)
        return key

    def _is_needed(self, key: TwinKey) -> bool:
        """Return whether a document may depend on a twin: on all goals and homes, but no person."""
        return key == self._key or key.kind != "person"

    def take_whole(self, known: KnownSegment) -> bool:
        """Take a segment back by its summary; false where the time lies within it."""
        if self._lies_within(known):
            return False
        self.begin = known.least
        for raw in known.operations:
            found = _HEAD.match(raw)
            if found is None:
                continue
            if found["kind"] is None:
                if found["id"] == self.mark:
                    self.day_operations.append(raw)
                continue
            key = TwinKey(found["kind"].decode(), found["id"].decode())
            if self._is_needed(key):
                self.operations[key].append(raw)
        return True

    def _lies_within(self, known: KnownSegment) -> bool:
        if isinstance(self._wanted, datetime):
            return known.least <= self._wanted
        for raw in known.operations:
            if self.mark in raw and (found := _HEAD.match(raw)) and found["kind"]:
                before = _revision_before(orjson.loads(raw))
                if before is not None and before < self._wanted:
                    return True
                self.lowest = self.lowest if before is None else before + 1
        return False

    def vague(self) -> frozenset[TwinKey]:
        """Return the twins of which nobody can tell what was before the time and what after it."""
        several = (keys for since, keys in self._shared if self.at and since <= self.at)
        return frozenset().union(*several)


def _made_revision(delta: Sequence[Mapping[str, Any]]) -> int | None:
    """Return the revision that a delta of a record makes."""
    for step in delta:
        if not step["p"]:
            found = step.get("a", {}).get(REVISION)
            return found if isinstance(found, int) else None
        if step["p"] == [REVISION]:
            return int(step["a"])
    return None


def _revision_before(operation: JournalOperation) -> int | None:
    """Return the revision before a segment; 0 where the twin was new or a line is missing."""
    if operation["op"] == "gap":
        return 0
    for step in operation.get("delta", ()):
        if not step["p"]:
            return 0
        if step["p"] == [REVISION]:
            return int(step["b"])
    return None


def read_earlier(
    journal: Journal,
    summaries: Summaries,
    present: Present,
    *,
    key: TwinKey,
    at: datetime | int,
    field: str,
) -> EarlierTwins:
    """Return all twins as they were at a time, or when a revision of a twin was made.

    To be run in a worker thread. Raises `TwinError` at the field: `before_journal`,
    `unknown_revision`, `not_there_yet`, `deleted_then`.
    """
    current = present.documents[key].get(REVISION)
    if isinstance(at, int) and isinstance(current, int) and at > current:
        raise refuse("unknown_revision", field, value=at, minimum=1, maximum=current)
    rewinder = _Rewinder(key, at)
    written = (line for each in reversed(present.unwritten) for line in encoded([each]))
    if all(map(rewinder.take, written)):
        generation = summaries.generation
        try:
            for line in _lines(journal, summaries, rewinder, present.last, generation):
                if not rewinder.take(line):
                    break
        except OSError as error:
            _LOGGER.warning("The journal could not be read: %s", error)
    if rewinder.at is None:
        raise _unreached(rewinder, at, current, field)
    found = EarlierTwins(
        at=rewinder.at,
        present=present,
        operations=rewinder.operations,
        day_operations=rewinder.day_operations,
        vague=rewinder.vague(),
    )
    twin = found.twin(key)
    if twin is None or twin.document is None:
        begin = found.added_at(key)
        minimum = _shown(datetime.fromisoformat(begin)) if begin else "?"
        raise refuse("not_there_yet", field, value=_shown(at), minimum=minimum)
    if not twin.is_there:
        raise refuse("deleted_then", field, value=_shown(at))
    return found


def _lines(
    journal: Journal, summaries: Summaries, rewinder: _Rewinder, last: int, generation: int
) -> Iterator[Mapping[str, Any]]:
    """Yield the lines to take back, the latest first, without segments that have a summary."""

    def known(end: Position) -> Position | None:
        summary = summaries.read(end)
        return summary.previous if summary and rewinder.take_whole(summary) else None

    is_newest = True
    for segment in journal.newest_first(known):
        for raw in reversed(segment.lines):
            if (line := _line(raw, rewinder.mark)) and line["seq"] <= last:
                yield line
        # Nobody stopped within it.
        if segment.lines and not is_newest:
            _summarise(summaries, segment, generation)
            summaries.prune(journal.numbers())
        is_newest = False


def _line(raw: bytes, needed: bytes = b"") -> dict[str, Any] | None:
    """Return a line, None if it cannot be read.

    Of one that says nothing of goals, homes and what has the needed id there are no operations.
    """
    if needed and needed not in raw and not any(mark in raw for mark in _SHARED):
        begin = BEGINNING.match(raw)
        return begin and {"seq": int(begin[1]), "at": begin[2].decode(), "operations": []}
    try:
        line = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    match line:
        case {"seq": int(), "at": str(at), "operations": [*_]}:
            with suppress(ValueError):
                return line if datetime.fromisoformat(at).tzinfo else None
    return None


def _summarise(summaries: Summaries, segment: RawSegment, generation: int) -> None:
    summary, times = SegmentSummary(), list[datetime]()
    try:
        for line in filter(None, map(_line, segment.lines)):
            times.append(datetime.fromisoformat(line.get(SINCE, line["at"])))
            for operation in line["operations"]:
                summary.add(operation, line["at"])
    except UNREADABLE:
        # It is read line by line each time.
        return
    if times:
        summaries.write(segment, min(times), summary, generation)


def _unreached(rewinder: _Rewinder, at: datetime | int, current: object, field: str) -> TwinError:
    if isinstance(at, datetime):
        minimum = _shown(rewinder.begin) if rewinder.begin else "?"
        return refuse("before_journal", field, value=_shown(at), minimum=minimum)
    lowest = rewinder.lowest or current
    return refuse("unknown_revision", field, value=at, minimum=lowest, maximum=current)


def _shown(at: datetime | int) -> str:
    """Return a time as a text in the time zone of the household."""
    if isinstance(at, int):
        return str(at)
    return dt_util.as_local(at).isoformat(timespec="seconds")
