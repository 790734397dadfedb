"""The twins of one kind in memory, and the document of the file that they are stored in."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
import logging
from typing import Any

from ...twin.enums import GoalStatus
from ...twin.errors import TwinError, refuse
from ...twin.goals.goal import Goal, mean_of, progress_of
from ...twin.goals.references import Reference
from ...twin.records.fields import Context, Field, Kind, Record, RenderEach
from ...twin.records.revisions import DeltaError, applied, decode, encode
from ...twin.values import PlainJson
from .files import Stamp, StoredDocument

_LOGGER = logging.getLogger(__name__)

KEPT_AFTER_DELETE = timedelta(days=30)
STAMP = "journal"
PARTS = ("records", "set_aside", "deleted", STAMP)


@dataclass(frozen=True, kw_only=True, slots=True)
class Deleted:
    """A deleted twin, kept for a while with what referred to it."""

    document: StoredDocument
    deleted_at: datetime
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Damaged:
    """A stored record that cannot be read, kept as it is."""

    label: str
    reason: str
    raw: object


@dataclass(slots=True)
class Table[R: Record]:
    """Records, their documents and the deleted twins, by id.

    `on_put` gets the id and the revisions before and after of each record that is put.
    """

    records: dict[str, R] = field(default_factory=dict)
    documents: dict[str, StoredDocument] = field(default_factory=dict)
    deleted: dict[str, Deleted] = field(default_factory=dict)
    on_put: Callable[[str, R | None, R | None], None] | None = None

    def copy(self) -> Table[R]:
        """Return a copy whose parts can be changed by themselves."""
        return Table(dict(self.records), dict(self.documents), dict(self.deleted))

    def put(self, twin_id: str, record: R | None, document: StoredDocument | None) -> None:
        """Set a record with its document, or take both away."""
        if self.on_put:
            self.on_put(twin_id, self.records.get(twin_id), record)
        if record is None or document is None:
            self.records.pop(twin_id, None)
            self.documents.pop(twin_id, None)
        else:
            self.records[twin_id] = record
            self.documents[twin_id] = document

    def put_deleted(self, twin_id: str, item: Deleted | None) -> None:
        """Set a deleted twin, or take it away."""
        if item is None:
            self.deleted.pop(twin_id, None)
        else:
            self.deleted[twin_id] = item


class TwinStore[R: Record]:
    """The twins of one kind. Transactions change `table`; nobody else does."""

    def __init__(self, kind: Kind[R]) -> None:
        self.kind = kind
        self.table: Table[R] = Table()
        self.damaged: tuple[Damaged, ...] = ()
        # Parts of the file that a newer version of the integration keeps there.
        self._others: StoredDocument = {}

    @property
    def file(self) -> str:
        """The name of the file."""
        return f"{self.kind.name}s"

    @property
    def records(self) -> Mapping[str, R]:
        """The live records by id."""
        return self.table.records

    @property
    def deleted(self) -> Mapping[str, Deleted]:
        """The deleted twins that can still be brought back, by id."""
        return self.table.deleted

    def load(self, contents: StoredContents, context: Context) -> None:
        """Take over the contents of the file; what cannot be read is set aside."""
        self._others = contents.others
        damaged: list[Damaged] = []
        for raw in contents.records:
            try:
                record = self._read(raw, context)
            except TwinError as error:
                damaged.append(Damaged(label=_label(raw), reason=str(error), raw=raw))
                continue
            twin_id = self.kind.id_of(record)
            self.table.put(twin_id, record, {**raw, **encode(self.kind, record)})
        self.damaged = tuple(damaged)
        for raw in contents.deleted:
            if (item := _read_deleted(raw)) is not None:
                self.table.deleted[str(item.document.get(self.kind.id_field))] = item

    def _read(self, raw: Any, context: Context) -> R:  # noqa: ANN401  # whatever was in the file
        if not isinstance(raw, dict):
            raise refuse("wrong_type", self.kind.name, value=type(raw).__name__, expected="object")
        record = decode(self.kind, raw, context)
        if self.kind.id_of(record) in self.table.records:
            raise refuse("duplicate", self.kind.id_field, value=self.kind.id_of(record))
        return record

    def document_of(self, record: R, changed: Iterable[str] | None = None) -> StoredDocument:
        """Return the document of a new revision, given the fields in which it differs.

        What a newer version of the integration stored beside the known fields stays.
        """
        before = self.table.documents.get(self.kind.id_of(record))
        if before is None or changed is None:
            return {**(before or {}), **encode(self.kind, record)}
        old = self.table.records[self.kind.id_of(record)]
        document = dict(before)
        for name in changed:
            known = before[name], getattr(old, name)
            document[name] = _rendered(self.kind.fields[name], getattr(record, name), *known)
        return document

    def over(self, now: datetime) -> list[str]:
        """Return the ids of the deleted twins whose time is over."""
        last = now - KEPT_AFTER_DELETE
        return [key for key, item in self.table.deleted.items() if item.deleted_at <= last]

    def stored(self, table: Table[R], seq: int) -> StoredDocument:
        """Return the document of the file, given a state and its last transaction."""
        return {
            **self._others,
            "records": list(table.documents.values()),
            "set_aside": [item.raw for item in self.damaged],
            "deleted": [_deleted_document(item) for item in table.deleted.values()],
            STAMP: Stamp(seq, _total(table.documents.values()))._asdict(),
        }


class StoredContents:
    """The contents of a file before they are read as records, to replay the journal on."""

    def __init__(self, stored: object, id_field: str) -> None:
        # What somebody made of a whole file is set aside as if it were a record.
        data = stored if isinstance(stored, dict) else {"records": stored}
        self.others = {name: part for name, part in data.items() if name not in PARTS}
        self._id_field = id_field
        self._records, self._no_records = self._by_id(
            [*_items(data, "records"), *_items(data, "set_aside")]
        )
        self._deleted, self._not_deleted = self._by_id(_items(data, "deleted"))
        self.total = _total(_items(data, "records"))
        self.seq = 0 if stored is None else Stamp.seq_of(data.get(STAMP), self.total)

    @property
    def records(self) -> list[Any]:
        """The records as they are stored, and what should be records."""
        return [*self._records.values(), *self._no_records]

    @property
    def deleted(self) -> list[Any]:
        """The deleted twins as they are stored."""
        return [*self._deleted.values(), *self._not_deleted]

    @property
    def ids(self) -> set[str]:
        """The ids of records and deleted twins, readable or not."""
        return {*self._records, *self._deleted}

    def replay(self, operation: Mapping[str, Any], at: str) -> None:
        """Apply an operation of the journal. Raises `DeltaError` where it does not fit."""
        twin_id, records, deleted = operation["id"], self._records, self._deleted
        match operation["op"]:
            case "put":
                if (document := applied(records.get(twin_id), operation["delta"])) is None:
                    raise DeltaError("a record is nothing")
                records[twin_id] = document
            case "delete" if twin_id in records:
                deleted[twin_id] = {
                    "record": records.pop(twin_id),
                    "deleted_at": at,
                    "references": operation["references"],
                }
            case "restore" if twin_id in deleted:
                records[twin_id] = deleted.pop(twin_id)["record"]
            case "dismiss" if twin_id in deleted:
                deleted[twin_id] = {**deleted[twin_id], "references": []}
            case _:
                raise DeltaError("a twin of the journal is not in its file")

    def _by_id(self, items: list[Any]) -> tuple[dict[str, Any], list[Any]]:
        """Sort items by the id of their record; what has none, or one that is there, comes last."""
        found: dict[str, Any] = {}
        others: list[Any] = []
        for item in items:
            document = item.get("record", item) if isinstance(item, dict) else None
            twin_id = document.get(self._id_field) if isinstance(document, dict) else None
            if isinstance(twin_id, str) and twin_id not in found:
                found[twin_id] = item
            else:
                others.append(item)
        return found, others


def _total(documents: Iterable[object]) -> int:
    """Return a number that changes with every revision of any record."""
    revisions = (each.get("revision") for each in documents if isinstance(each, dict))
    return sum(1 + each for each in revisions if isinstance(each, int))


def _items(data: Mapping[str, Any], part: str) -> list[Any]:
    items = data.get(part)
    if items is None:
        return []
    return list(items) if isinstance(items, list) else [items]


def _rendered(entry: Field, value: Any, known: Any, old: Any) -> PlainJson:  # noqa: ANN401  # any field
    """Render the value of a field; of a list, only the elements that are not the old ones.

    So the difference to the known document is found without a look into the others.
    """
    if value is None:
        return None
    render = entry.render
    is_list = isinstance(known, list) and isinstance(old, tuple) and len(value) == len(old)
    if not isinstance(render, RenderEach) or not is_list:
        return render(value)
    each = zip(value, old, known, strict=True)
    return [part if one is other else render.element(one) for one, other, part in each]


def _label(raw: object) -> str:
    """Name a record that cannot be read by the first of its names that can."""
    if isinstance(raw, dict):
        for name in ("name", "goal_code", "goal_id", "person_id", "home_id"):
            if isinstance(raw.get(name), str) and raw[name].strip():
                return str(raw[name]).strip()[:100]
    return "?"


def _deleted_document(item: Deleted) -> StoredDocument:
    return {
        "record": item.document,
        "deleted_at": item.deleted_at.isoformat(),
        "references": [list(reference) for reference in item.references],
    }


def _read_deleted(raw: object) -> Deleted | None:
    """Read a deleted twin; one that cannot be read has nobody who waits for it."""
    match raw:
        case {"record": dict(record), "deleted_at": str(deleted_at), "references": [*references]}:
            try:
                return Deleted(
                    document=record,
                    deleted_at=datetime.fromisoformat(deleted_at).astimezone(UTC),
                    references=tuple(Reference(*map(str, item)) for item in references),
                )
            except ValueError, TypeError:
                _LOGGER.warning("A deleted twin in the store cannot be read and is forgotten")
    return None


def dismissed(item: Deleted) -> Deleted:
    """Return a deleted twin to which nobody refers any more."""
    return replace(item, references=())


@dataclass(frozen=True, slots=True)
class GoalsOverview:
    """The goals of a person: how many have each status, and the mean progress of active ones."""

    counts: Mapping[GoalStatus, int]
    mean_progress: float | None


class GoalIndex:
    """Goals by owner, and by the metrics of the owner that their key results follow."""

    def __init__(self, goals: Mapping[str, Goal]) -> None:
        self._goals = goals
        self._codes: dict[str, set[str]] = defaultdict(set)
        self._owned: dict[str | None, dict[str, None]] = defaultdict(dict)
        self._following: dict[tuple[str | None, str], dict[str, None]] = defaultdict(dict)
        self._statuses: dict[str | None, Counter[GoalStatus]] = defaultdict(Counter)
        self._active: dict[str | None, dict[str, float | None]] = defaultdict(dict)

    def update(self, goal_id: str, before: Goal | None, after: Goal | None) -> None:
        """Take over a change of a goal; None is a goal that is not there."""
        if before is not None and after is not None and _indexed(before) == _indexed(after):
            if after.status is GoalStatus.ACTIVE:
                self._active[after.owner_person_id][goal_id] = progress_of(after)
            return
        if before is not None:
            self._owned[before.owner_person_id].pop(goal_id, None)
            self._active[before.owner_person_id].pop(goal_id, None)
            self._statuses[before.owner_person_id][before.status] -= 1
            self._codes[before.goal_code.casefold()].discard(goal_id)
            for metric in before.followed_metrics:
                self._following[before.owner_person_id, metric].pop(goal_id, None)
        if after is not None:
            self._owned[after.owner_person_id][goal_id] = None
            self._statuses[after.owner_person_id][after.status] += 1
            if after.status is GoalStatus.ACTIVE:
                self._active[after.owner_person_id][goal_id] = progress_of(after)
            self._codes[after.goal_code.casefold()].add(goal_id)
            for metric in after.followed_metrics:
                self._following[after.owner_person_id, metric][goal_id] = None

    def owned(self, person_id: str) -> list[Goal]:
        """Return the goals of a person."""
        return [self._goals[key] for key in self._owned.get(person_id, ())]

    def overview(self, person_id: str) -> GoalsOverview:
        """Return the overview of the goals of a person, without looking at each of them."""
        progress = self._active.get(person_id, {}).values()
        counts = self._statuses.get(person_id, Counter())
        return GoalsOverview({status: counts[status] for status in GoalStatus}, mean_of(progress))

    def following(self, person_id: str, metrics: Collection[str]) -> list[Goal]:
        """Return the goals of a person whose key results follow any of the metrics."""
        ids = {
            key: None for metric in metrics for key in self._following.get((person_id, metric), ())
        }
        return [self._goals[key] for key in ids]

    def by_code(self, code: str) -> str | None:
        """Return the id of the goal with a code, in any case."""
        return next(iter(self._codes.get(code.strip().casefold(), ())), None)


def _indexed(goal: Goal) -> tuple[object, ...]:
    """Return what decides under which keys a goal is found."""
    return goal.owner_person_id, goal.status, goal.goal_code, goal.followed_metrics
