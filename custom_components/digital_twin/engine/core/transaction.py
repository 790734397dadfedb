"""Transactions: everything that one action changes is in memory, in the journal, or nowhere.

    async with changes.begin(cause) as transaction:
        transaction.put(PERSON, before, after)
        transaction.put(GOAL, goal, next_goal)

Memory changes at once, statement by statement; nothing in the block may wait. At its end the
transaction becomes one line of the journal. Writers that come while lines are written share the
next write. Once its line is on disk, a transaction is acknowledged and published on the feed. When
the disk refuses a line, everything that is not on disk is undone, because it was built on it.
"""

import asyncio
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from types import MappingProxyType
from typing import Any, Final

from ...twin.goals.references import Reference
from ...twin.metrics.history import Day, MetricHistory, history_document
from ...twin.metrics.recording import DayChange
from ...twin.records.fields import Kind, Record
from ...twin.records.revisions import changed_fields, created, difference
from .feed import HISTORIES, Cause, Change, record_changes
from .files import HistoryStore, MetricDays, StoredDocument, history_file
from .journal import Line
from .store import Deleted, Table, TwinStore, dismissed

# The time of the first of several transactions that share a line.
SINCE: Final = "since"
NO_DAYS: Final[Mapping[str, Mapping[int, float]]] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True, slots=True)
class PutRecord:
    """A record is new or has another revision."""

    store: TwinStore[Any]
    twin_id: str
    records: tuple[Record | None, Record]
    documents: tuple[StoredDocument | None, StoredDocument]

    @property
    def file(self) -> str:
        """The file that holds it."""
        return self.store.file

    @property
    def key(self) -> object:
        """What it changes; a later operation with the same key can be joined to an earlier one."""
        return self.store.kind.name, self.twin_id

    def followed_by(self, later: PutRecord) -> PutRecord:
        """Return both operations as one."""
        return replace(
            self,
            records=(self.records[0], later.records[1]),
            documents=(self.documents[0], later.documents[1]),
        )

    def undo(self, table: Table[Any]) -> None:
        """Go back to the revision before."""
        table.put(self.twin_id, self.records[0], self.documents[0])

    def encode(self) -> Line:
        """Return what the journal holds of it."""
        before, after = self.documents
        delta = created(after) if before is None else difference(before, after)
        return {"op": "put", "kind": self.store.kind.name, "id": self.twin_id, "delta": delta}


@dataclass(frozen=True, kw_only=True, slots=True)
class MoveRecord:
    """A record was deleted or restored, or is not offered for restoring any more.

    Pairs are before and after; `document` is that of the record on either side.
    """

    op: str
    store: TwinStore[Any]
    twin_id: str
    records: tuple[Record | None, Record | None]
    deleted: tuple[Deleted | None, Deleted | None]
    document: StoredDocument

    @property
    def file(self) -> str:
        """The file that holds it."""
        return self.store.file

    def undo(self, table: Table[Any]) -> None:
        """Go back to what was before."""
        table.put_deleted(self.twin_id, self.deleted[0])
        if self.records[0] is not self.records[1]:
            table.put(self.twin_id, self.records[0], self.document)

    def encode(self) -> Line:
        """Return what the journal holds of it."""
        line: Line = {"op": self.op, "kind": self.store.kind.name, "id": self.twin_id}
        after = self.deleted[1]
        if self.op == "delete" and after:
            line["references"] = [list(reference) for reference in after.references]
        return line


@dataclass(frozen=True, kw_only=True, slots=True)
class PutDay:
    """A day of a daily history changed."""

    person_id: str
    metric: str
    day: int
    days: tuple[Day | None, Day | None]

    @property
    def file(self) -> str:
        """The file that holds it."""
        return history_file(self.person_id)

    @property
    def key(self) -> object:
        """What it changes; a later operation with the same key can be joined to an earlier one."""
        return self.person_id, self.metric, self.day

    def followed_by(self, later: PutDay) -> PutDay:
        """Return both operations as one."""
        return replace(self, days=(self.days[0], later.days[1]))

    def undo(self, days: MetricDays) -> None:
        """Go back to the day before, in a copy of the histories of the person."""
        metric = days.setdefault(self.metric, {})
        metric.pop(self.day, None)
        if self.days[0] is not None:
            metric[self.day] = self.days[0]

    def encode(self) -> Line:
        """Return what the journal holds of it."""
        before, after = (
            {} if day is None else history_document({self.day: day}) for day in self.days
        )
        return {
            "op": "day",
            "id": self.person_id,
            "metric": self.metric,
            "day": self.day,
            "delta": difference(before, after) if before else created(after),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class ForgetMetric:
    """The history of a metric was deleted."""

    person_id: str
    metric: str
    history: MetricHistory

    @property
    def file(self) -> str:
        """The file that holds it."""
        return history_file(self.person_id)

    def undo(self, days: MetricDays) -> None:
        """Go back to the days before, in a copy of the histories of the person."""
        days[self.metric] = dict(self.history.days)

    def encode(self) -> Line:
        """Return what the journal holds of it."""
        return {"op": "forget", "id": self.person_id, "metric": self.metric}


type Operation = PutRecord | MoveRecord | PutDay | ForgetMetric


@dataclass(kw_only=True, slots=True)
class Transaction:
    """What is changed together, and what is published of it.

    With `delayed` nobody waits for it: it is published at once and written some minutes later.
    """

    seq: int
    at: datetime
    cause: Cause
    delayed: bool
    stores: Mapping[str, TwinStore[Any]]
    histories: HistoryStore
    operations: list[Operation] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    saved: asyncio.Future[None] | None = None

    def put[R: Record](
        self, kind: Kind[R], before: R | None, after: R, changed: Collection[str] | None = None
    ) -> None:
        """Set a new or changed record; `before` is the present revision.

        `changed` names the fields in which they differ, where the caller knows them.
        """
        store, twin_id = self.stores[kind.name], kind.id_of(after)
        known = None if before is None else store.table.documents[twin_id]
        if changed is None and before is not None:
            changed = changed_fields(kind, before, after)
        document = store.document_of(after, changed)
        self.operations.append(
            PutRecord(
                store=store, twin_id=twin_id, records=(before, after), documents=(known, document)
            )
        )
        store.table.put(twin_id, after, document)
        self.note(kind, before, after, changed)

    def delete[R: Record](self, kind: Kind[R], record: R, references: Iterable[Reference]) -> None:
        """Move a record to the deleted ones, with what refers to it."""
        store, twin_id = self.stores[kind.name], kind.id_of(record)
        document = store.table.documents[twin_id]
        item = Deleted(document=document, deleted_at=self.at, references=tuple(references))
        self._move("delete", store, twin_id, (record, None), item=item, document=document)
        store.table.put(twin_id, None, None)
        self.note(kind, record, None)

    def restore[R: Record](self, kind: Kind[R], record: R) -> None:
        """Move a deleted record back."""
        store, twin_id = self.stores[kind.name], kind.id_of(record)
        document = store.table.deleted[twin_id].document
        self._move("restore", store, twin_id, (None, record), item=None, document=document)
        store.table.put(twin_id, record, document)
        self.note(kind, None, record)

    def dismiss(self, kind: str, twin_id: str) -> None:
        """Forget what referred to a deleted twin."""
        store = self.stores[kind]
        item = store.table.deleted[twin_id]
        document = item.document
        self._move("dismiss", store, twin_id, (None, None), item=dismissed(item), document=document)

    def put_days(
        self,
        person_id: str,
        days: Sequence[DayChange],
        older: Mapping[str, Mapping[int, float]] = NO_DAYS,
        *,
        quiet: bool = False,
    ) -> None:
        """Take over changes of daily histories that are in memory already.

        `older` has by metric the values of days (ordinals) that are no longer kept. With `quiet`
        nothing is published: a later transaction publishes the changes of several together.
        """
        self.operations += [
            PutDay(
                person_id=person_id,
                metric=each.metric,
                day=each.day,
                days=(each.before, each.after),
            )
            for each in days
        ]
        if (days or older) and not quiet:
            details = {"days": days, "older": older, "delayed": self.delayed}
            self.note_metrics(person_id, (each.metric for each in days), details)

    def forget_metrics(self, person_id: str, metrics: Iterable[str]) -> None:
        """Delete the histories of metrics."""
        histories = self.histories.open(person_id)
        gone = tuple(metrics)
        self.operations += [
            ForgetMetric(person_id=person_id, metric=metric, history=histories.pop(metric))
            for metric in gone
            if metric in histories
        ]
        if gone:
            self.note_metrics(person_id, gone, {"forgotten": gone})

    def undo(self) -> list[Change]:
        """Take everything back in memory; return the changes that this makes."""
        back = Transaction(
            seq=self.seq,
            at=self.at,
            cause=self.cause,
            delayed=False,
            stores=self.stores,
            histories=self.histories,
        )
        days = [each for each in self.operations if isinstance(each, PutDay)]
        # Days that fell off a full history have no place in it before the newer ones are gone.
        for day in sorted(days, key=lambda each: each.days[0] is not None):
            self.histories.put(day.person_id, day.metric, day.day, day.days[0])
        for operation in reversed(self.operations):
            match operation:
                case PutDay():
                    back.note_metrics(operation.person_id, (operation.metric,), {})
                case ForgetMetric():
                    histories = self.histories.open(operation.person_id)
                    histories[operation.metric] = operation.history
                    back.note_metrics(operation.person_id, (operation.metric,), {})
                case _:
                    operation.undo(operation.store.table)
                    before, after = operation.records
                    back.note(operation.store.kind, after, before)
        return back.changes

    def note[R: Record](
        self,
        kind: Kind[R],
        before: R | None,
        after: R | None,
        changed: Collection[str] | None = None,
    ) -> None:
        """Publish the change of a record with the transaction."""
        self.changes += record_changes(
            kind, before, after, seq=self.seq, cause=self.cause, changed=changed
        )

    def note_metrics(
        self, person_id: str, metrics: Iterable[str], details: Mapping[str, Any]
    ) -> None:
        """Publish the change of histories with the transaction."""
        names = {f"health_metrics/{metric}" for metric in metrics}
        change = Change(
            kind="person",
            twin_id=person_id,
            fields=frozenset({HISTORIES, *names}),
            at=self.at,
            seq=self.seq,
            cause=self.cause,
            details=details,
        )
        self.changes.append(change)

    def _move(
        self,
        op: str,
        store: TwinStore[Any],
        twin_id: str,
        records: tuple[Record | None, Record | None],
        *,
        item: Deleted | None,
        document: StoredDocument,
    ) -> None:
        self.operations.append(
            MoveRecord(
                op=op,
                store=store,
                twin_id=twin_id,
                records=records,
                deleted=(store.table.deleted.get(twin_id), item),
                document=document,
            )
        )
        store.table.put_deleted(twin_id, item)


def encoded(transactions: Sequence[Transaction]) -> Iterator[Line]:
    """Return the lines of transactions; delayed ones that follow each other share one.

    Takes some time for large changes: to be run in a worker thread.
    """
    for delayed, group in groupby(transactions, key=lambda each: each.delayed):
        if not delayed:
            for transaction in group:
                yield _line(transaction, transaction.operations)
            continue
        together = list(group)
        merged: dict[object, PutRecord | PutDay] = {}
        for operation in (each for transaction in together for each in transaction.operations):
            if isinstance(operation, PutRecord):
                known = merged.get(operation.key)
                merged[operation.key] = (
                    known.followed_by(operation) if isinstance(known, PutRecord) else operation
                )
            elif isinstance(operation, PutDay):
                earlier = merged.get(operation.key)
                merged[operation.key] = (
                    earlier.followed_by(operation) if isinstance(earlier, PutDay) else operation
                )
        line = _line(together[-1], merged.values())
        if len(together) > 1:
            # Nobody can tell later what was when within that time.
            line[SINCE] = together[0].at.isoformat()
        yield line


def _line(transaction: Transaction, operations: Iterable[Operation]) -> Line:
    cause = transaction.cause
    return {
        "seq": transaction.seq,
        "at": transaction.at.isoformat(),
        "actor": cause.actor,
        "origin": cause.origin,
        "context": cause.context.id if cause.context else None,
        "operations": [operation.encode() for operation in operations],
    }
