"""Deleting twins, bringing them back, and forgetting them, with what refers to them."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from homeassistant.util import dt as dt_util

from ...twin.errors import refuse
from ...twin.goals.goal import GOAL
from ...twin.goals.references import Reference, Twin, Twins, references_to, relinked, unlinked
from ...twin.records.fields import Context, Kind, Record
from ...twin.records.revisions import decode, touch
from .changes import Changes
from .checkpoint import Checkpoint
from .feed import BY_ITSELF, Cause
from .files import HistoryStore
from .purge import OWNER, OwnedGoal, without_measured
from .store import KEPT_AFTER_DELETE, Deleted, TwinStore
from .transaction import Transaction


@dataclass(frozen=True, kw_only=True, slots=True)
class DeletedTwin:
    """A deleted twin to which others referred: `referrers` are their names."""

    kind: str
    twin_id: str
    name: str
    referrers: tuple[str, ...]


class Deletions:
    """Moves records to the deleted ones and back, and forgets those whose time is over."""

    def __init__(
        self,
        changes: Changes,
        checkpoint: Checkpoint,
        stores: Mapping[str, TwinStore[Any]],
        histories: HistoryStore,
        context: Callable[..., Context],
    ) -> None:
        self._changes = changes
        self._checkpoint = checkpoint
        self._stores = stores
        self._histories = histories
        self._context = context
        # Twins that are being forgotten cannot be restored meanwhile.
        self._leaving: frozenset[str] = frozenset()
        self.expired_persons: tuple[str, ...] = ()

    def of(self, kind: str) -> dict[str, Mapping[str, object]]:
        """Return the documents of the deleted twins of a kind that can be brought back, by id."""
        return {key: item.document for key, item in self._stores[kind].deleted.items()}

    @property
    def latest_first(self) -> list[tuple[str, str, Deleted]]:
        """The deleted twins of all kinds that can be brought back: kind, id and what is kept."""
        found = [
            (kind, twin_id, item)
            for kind, store in self._stores.items()
            for twin_id, item in store.deleted.items()
        ]
        return sorted(found, key=lambda each: each[2].deleted_at, reverse=True)

    def is_deleted(self, kind: str, twin_id: str) -> bool:
        """Tell whether a twin was deleted and can still be brought back."""
        return twin_id in self._stores[kind].deleted

    def referrers(self, kind: str, twin_id: str) -> list[Twin]:
        """Return the twins that get their reference to a deleted one back with it."""
        references = self._stores[kind].deleted[twin_id].references
        return [self._stores[ref.kind].records[ref.twin_id] for ref in self._present(references)]

    @property
    def offers(self) -> Iterator[DeletedTwin]:
        """The deleted twins to which others referred, unless the offer was dismissed."""
        for kind, store in self._stores.items():
            for twin_id, item in store.deleted.items():
                if names := {twin.name for twin in self.referrers(kind, twin_id)}:
                    yield DeletedTwin(
                        kind=kind,
                        twin_id=twin_id,
                        name=str(item.document.get("name", twin_id)),
                        referrers=tuple(sorted(names)),
                    )

    async def async_delete[R: Record](
        self,
        kind: Kind[R],
        record: R,
        world: Twins,
        *,
        force: bool = False,
        cause: Cause = BY_ITSELF,
    ) -> tuple[Reference, ...]:
        """Delete a twin; it can be brought back for 30 days.

        While others refer to it, it is refused unless forced; then they lose the reference.
        Returns the references that were lost.
        """
        twin_id = kind.id_of(record)
        references = tuple(references_to(world, twin_id))
        if references and not force:
            users = sorted({self._stores[ref.kind].records[ref.twin_id].name for ref in references})
            raise refuse("in_use", kind.id_field, value=record.name, users=", ".join(users))
        async with self._changes.begin(cause) as transaction:
            transaction.delete(kind, record, references)
            self._link(transaction, references, twin_id, unlinked)
        return references

    async def async_restore[R: Record](
        self, kind: Kind[R], twin_id: str, check: Callable[[R], None], *, cause: Cause = BY_ITSELF
    ) -> R:
        """Bring a deleted twin back, with the references that others lost with it.

        `check` raises `TwinError` when its place is taken. Raises that and `not_found`.
        """
        store: TwinStore[R] = self._stores[kind.name]
        if (item := store.deleted.get(twin_id)) is None or twin_id in self._leaving:
            raise refuse("not_found", kind.id_field, value=twin_id)
        record = decode(kind, item.document, self._context(stored=True))
        check(record)
        async with self._changes.begin(cause) as transaction:
            transaction.restore(kind, record)
            self._link(transaction, self._present(item.references), twin_id, relinked)
        return record

    async def async_dismiss_offer(
        self, kind: str, twin_id: str, *, cause: Cause = BY_ITSELF
    ) -> None:
        """Leave a deleted twin deleted: nothing offers any more to bring it back."""
        if self.is_deleted(kind, twin_id):
            async with self._changes.begin(cause) as transaction:
                transaction.dismiss(kind, twin_id)

    @property
    def next_expiry(self) -> datetime | None:
        """When the time of the next deleted twin is over."""
        deleted = (item for store in self._stores.values() for item in store.deleted.values())
        first = min((item.deleted_at for item in deleted), default=None)
        return None if first is None else first + KEPT_AFTER_DELETE

    async def async_expire(self) -> tuple[str, ...]:
        """Forget the deleted twins whose time is over; return the ids of the people among them.

        The record of a deleted twin is removed after histories and journal lines, so that a purge
        that was interrupted is repeated at the next start. Raises `OSError`.
        """
        now = dt_util.utcnow()
        over = [(store, store.over(now)) for store in self._stores.values()]
        persons = self._stores["person"]
        people = tuple(key for key in persons.over(now) if key not in persons.records)
        gone = {key for store, keys in over for key in keys if key not in store.records}
        self._leaving = frozenset(gone)
        try:
            goals = await self._async_without_values(people)
            await self._checkpoint.async_purge(gone, people, goals)
        finally:
            self._leaving = frozenset()
        for store, keys in over:
            for key in keys:
                store.table.deleted.pop(key, None)
            if keys:
                self._checkpoint.async_mark({store.file})
        self._forget_references(gone, people, goals)
        self._histories.forget(people)
        self.expired_persons = people
        if any(keys for _, keys in over):
            await self._checkpoint.async_write_all()
        return people

    async def _async_without_values(self, people: Collection[str]) -> dict[str, OwnedGoal]:
        """Take values of people from the goals that were theirs.

        Returns these goals, as they are then. Raises `OSError`.
        """
        if not people:
            return {}
        store = self._stores[GOAL.name]
        until = await self._checkpoint.async_owned_goals(people)
        async with self._changes.begin() as transaction:
            for goal_id in sorted(until.keys() & store.records.keys()):
                before = store.records[goal_id]
                goal = OwnedGoal(store.table.documents[goal_id], until[goal_id])
                document = without_measured(goal, people)
                shown = decode(GOAL, document, self._context(stored=True)).progress_metrics
                if shown != before.progress_metrics:
                    after = touch(before, self._context(), progress_metrics=shown)
                    transaction.put(store.kind, before, after)
        present = {key: item.document for key, item in store.deleted.items()}
        present |= store.table.documents
        return {key: OwnedGoal(present[key], until[key]) for key in until.keys() & present.keys()}

    def _forget_references(
        self, gone: Collection[str], people: Collection[str], goals: Mapping[str, OwnedGoal]
    ) -> None:
        """Forget twins in what is kept of deleted ones that can still be brought back."""
        for store in self._stores.values():
            for twin_id, item in store.deleted.items():
                references = tuple(ref for ref in item.references if ref.twin_id not in gone)
                document = item.document
                if twin_id in goals:
                    document = without_measured(goals[twin_id], people)
                    if document.get(OWNER) in people:
                        document = {**document, OWNER: None}
                changed = replace(item, references=references, document=document)
                if changed != item:
                    store.table.deleted[twin_id] = changed
                    self._checkpoint.async_mark({store.file})

    def _present(self, references: Iterable[Reference]) -> Iterator[Reference]:
        return (ref for ref in references if ref.twin_id in self._stores[ref.kind].records)

    def _link(
        self,
        transaction: Transaction,
        references: Iterable[Reference],
        twin_id: str,
        link: Callable[[Twin, str, str], object],
    ) -> None:
        """Change the fields that refer to a twin, where that changes anything."""
        context = self._context()
        for reference in references:
            store = self._stores[reference.kind]
            before = store.records.get(reference.twin_id)
            if before is None:
                continue
            value = link(before, reference.field, twin_id)
            if value != getattr(before, reference.field):
                after = touch(before, context, **{reference.field: value})
                transaction.put(store.kind, before, after)

    async def async_finish(self) -> None:
        """Take away references to deleted twins: older versions needed several saves for that."""
        async with self._changes.begin() as transaction:
            for store in self._stores.values():
                for twin_id, item in store.deleted.items():
                    if twin_id not in store.records:
                        self._link(transaction, item.references, twin_id, unlinked)
