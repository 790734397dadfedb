"""How a twin was at an earlier time, found by taking back what the journal holds of the time since.

A segment of the journal that lies after that time is taken back in one step, by its summary: what
the parts that it changed were before it. A summary has operations like those of the journal.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from ..enums import TwinEnum
from ..values import PlainJson, same_json
from .revisions import DeltaError, Step, reverted
from .timeline import REVISION, TwinDocument

LAST_UPDATED: Final = "last_updated"
# When a new twin was added, in its operation.
AT: Final = "at"
# Between the time in a record and that of its line lies what happens within a transaction.
TOLERANCE: Final = timedelta(seconds=5)

type JournalOperation = Mapping[str, Any]


class Exactness(TwinEnum):
    """How exact it is what is said of the past, the best first."""

    EXACT = "exact"
    HOURLY = "hourly"
    DAILY = "daily"
    UNKNOWN = "unknown"


_ORDER: Final = {each: place for place, each in enumerate(Exactness)}


def worst(several: Iterable[Exactness]) -> Exactness:
    """Return the least exact of several; exact for none."""
    return max(several, key=_ORDER.__getitem__, default=Exactness.EXACT)


class EarlierTwin(NamedTuple):
    """A twin as it was: without a document it had not been added yet.

    `lost` are the fields whose values nobody knows, because lines of the journal are missing.
    Without `is_there` it was deleted.
    """

    document: TwinDocument | None
    lost: frozenset[str] = frozenset()
    is_there: bool = True


def earlier_twin(
    document: TwinDocument,
    operations: Iterable[JournalOperation],
    at: datetime | None,
    *,
    is_there: bool,
) -> EarlierTwin:
    """Return a twin as it was at a time, given what happened to it since, the latest first.

    `document` is the present one, and `is_there` whether it is not deleted at present. Operations
    of other twins must not be among them. Without a time nobody looks whether lines are missing:
    then some fields may be left out.
    """
    found, lost = dict(document), set[str]()
    for operation in operations:
        match operation["op"]:
            case "delete":
                is_there = True
            case "restore":
                is_there = False
            case "gap":
                lost |= found.keys()
                found[REVISION] = operation[REVISION]
            case "put":
                delta: list[Step] = operation["delta"]
                if delta and not delta[0]["p"]:
                    return EarlierTwin(None, is_there=False)
                revisions = [step for step in delta if step["p"] == [REVISION]]
                if revisions and revisions[-1].get("a") != found.get(REVISION):
                    lost |= found.keys()
                found = _reverted(found, delta, lost)
                if revisions:
                    found[REVISION] = revisions[0].get("b")
    if at is not None and not lost and not _is_from(found, at):
        # Nothing says what else has changed since.
        lost |= found.keys()
    return EarlierTwin(found, frozenset(lost), is_there)


def _reverted(document: dict[str, Any], delta: list[Step], lost: set[str]) -> dict[str, Any]:
    """Take back steps; what they do not fit is lost, and what they set as a whole is known."""
    if not lost:
        try:
            before: dict[str, Any] = reverted(document, delta)
        except DeltaError:
            pass
        else:
            return before
    found = document
    for step in reversed(delta):
        name = str(step["p"][0])
        if len(step["p"]) == 1:
            lost.discard(name)
        if name in lost:
            continue
        try:
            found = reverted(found, [step])
        except DeltaError:
            lost.add(name)
    return found


def _is_from(document: TwinDocument, at: datetime) -> bool:
    """Return whether a record says of itself that it has not changed after a time."""
    try:
        changed = datetime.fromisoformat(str(document.get(LAST_UPDATED)))
    except ValueError:
        return False
    return changed.tzinfo is not None and changed <= at + TOLERANCE


def earlier_value(document: PlainJson, deltas: Iterable[list[Step]]) -> PlainJson:
    """Return a document as it was before deltas, the latest first; None where there was none.

    Raises `DeltaError` where one does not fit.
    """
    found = document
    for delta in deltas:
        found = reverted(found, delta)
    return found


class _Before:
    """Steps that follow each other: where a part changed several times, only the first counts.

    Steps that move the items of a list, and steps that lead into what another has set, must be
    taken back in their order: they begin a new block.
    """

    def __init__(self) -> None:
        self._blocks: list[dict[tuple[str | int, ...], Step]] = [{}]
        self._zones: set[tuple[str | int, ...]] = set()
        self._inner: set[tuple[str | int, ...]] = set()

    def add(self, step: Step) -> None:
        """Add a step that follows those before."""
        path = tuple(step["p"])
        is_run = bool(path) and isinstance(path[-1], int)
        block = self._blocks[-1]
        if not is_run and path in block:
            if path == (REVISION,):
                block[path] = {**block[path], "a": step.get("a")}
            return
        zone = path[:-1] if is_run else path
        above = (zone[:length] for length in range(len(zone) + 1))
        if zone in self._inner or any(each in self._zones for each in above):
            block = {}
            self._blocks.append(block)
            self._zones.clear()
            self._inner.clear()
        # What a part was set to is needed of no other: it is known from what comes later.
        is_whole = is_run or path == (REVISION,)
        block[path] = step if is_whole else {key: step[key] for key in ("p", "b") if key in step}
        self._zones.add(zone)
        self._inner.update(zone[:length] for length in range(len(zone)))

    @property
    def steps(self) -> list[Step]:
        """The steps to take back."""
        return [step for block in self._blocks for step in block.values()]


class _TwinOperations:
    """What happened to one twin, or to one day of a metric, within a segment."""

    def __init__(self, head: dict[str, Any]) -> None:
        self.head = head
        self.before = _Before()
        self.is_new = False
        self.first_revision: object = None
        self.revision: object = None
        self.has_gap = False
        self.moved: str | None = None
        self.at = ""

    def add(self, delta: list[Step], at: str) -> None:
        """Add a delta of a time that follows those before."""
        if self.is_new:
            return
        if delta and not delta[0]["p"]:
            self.is_new = "b" not in delta[0]
            self.at = at
        for step in delta:
            if step["p"] == [REVISION]:
                known = self.revision
                self.has_gap |= known is not None and not same_json(known, step.get("b"))
                self.first_revision = self.first_revision or step.get("b")
                self.revision = step.get("a")
            self.before.add(step)

    def operations(self) -> Iterable[dict[str, Any]]:
        """Yield what to take back."""
        if self.moved:
            yield {"op": self.moved, **self.head}
        if self.is_new:
            yield {"op": self.head_op, **self.head, "delta": [{"p": []}], AT: self.at}
        elif self.has_gap:
            yield {"op": "gap", **self.head, REVISION: self.first_revision}
        elif steps := self.before.steps:
            yield {"op": self.head_op, **self.head, "delta": steps}

    @property
    def head_op(self) -> str:
        """The name of the operation."""
        return "put" if "kind" in self.head else "day"


class SegmentSummary:
    """Adds up the operations of the lines of a segment, the oldest line first."""

    def __init__(self) -> None:
        self._changes: dict[tuple[object, ...], _TwinOperations] = {}
        self._forgotten: dict[tuple[object, ...], dict[str, Any]] = {}

    def add(self, operation: JournalOperation, at: str) -> None:
        """Add an operation of a time. What cannot be read raises one of `UNREADABLE`."""
        match operation:
            case {"op": "forget", "id": person_id, "metric": metric}:
                self._forgotten[person_id, metric] = {**operation}
            case {"op": "day", "id": person_id, "metric": metric, "day": day, "delta": delta}:
                head = {"id": person_id, "metric": metric, "day": day}
                self._change(head).add(delta, at)
            case {"op": "put", "kind": kind, "id": twin_id, "delta": delta}:
                self._change({"kind": kind, "id": twin_id}).add(delta, at)
            case {"op": "delete" | "restore" as op, "kind": kind, "id": twin_id}:
                change = self._change({"kind": kind, "id": twin_id})
                change.moved = change.moved or op

    def _change(self, head: dict[str, Any]) -> _TwinOperations:
        return self._changes.setdefault(tuple(head.values()), _TwinOperations(head))

    def operations(self) -> list[dict[str, Any]]:
        """Return what to take back, in any order of twins and days."""
        found = [operation for each in self._changes.values() for operation in each.operations()]
        return [*found, *self._forgotten.values()]


UNREADABLE: Final = (AttributeError, DeltaError, IndexError, KeyError, TypeError, ValueError)
