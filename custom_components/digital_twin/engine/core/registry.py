"""The registry of twins: all records in memory, and the only place that changes them."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, cast
from uuid import uuid4
from zoneinfo import available_timezones

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ...twin.catalogue import CATALOGUE, Metric
from ...twin.errors import TwinError, refuse
from ...twin.goals.goal import GOAL, Goal
from ...twin.goals.progress_update import update_progress
from ...twin.home.home import HOME, Home
from ...twin.household.references import (
    UNIQUE_FIELDS,
    Reference,
    Twin,
    Twins,
    references_to,
    twin_faults,
)
from ...twin.metrics.history import MetricHistory
from ...twin.metrics.household_metrics import whole_catalogue
from ...twin.metrics.recording import Batch
from ...twin.people.person import PERSON, Person
from ...twin.records.fields import Context, Kind, Record
from ...twin.records.person_day import PersonDay
from ...twin.records.revisions import change, changed_fields, create, touch
from .commit import async_see_through
from .deletions import DeletedTwin, Deletions
from .entity_ids import with_stored_ids
from .feed import CATALOGUE_CHANGED, Publisher, Slice, slices_of_change
from .ledger import HealthLedger, Kept
from .recording import Recorded
from .store import KEPT_AFTER_DELETE, Damaged, TwinStore

KINDS: Mapping[str, Kind[Any]] = MappingProxyType(
    {kind.name: kind for kind in (PERSON, HOME, GOAL)}
)
HEALTH = "health_metrics"


class TwinRegistry:
    """Persons, homes and goals.

    Every method that changes something checks first, changes memory in one go, waits until the
    change is on disk, and then tells the subscribers of exactly the slices that changed. Errors
    are `TwinError` for input and `StoreFailedError` for a disk that does not take the change.
    """

    def __init__(self, hass: HomeAssistant, publisher: Publisher) -> None:
        """Keep what is needed; nothing is read yet."""
        self._hass = hass
        self._publisher = publisher
        self._timezones: frozenset[str] = frozenset()
        self._persons = TwinStore(hass, PERSON, self._undone)
        self._homes = TwinStore(hass, HOME, self._undone)
        self._goals = TwinStore(hass, GOAL, self._undone)
        self._stores: dict[str, TwinStore[Any]] = {
            "person": self._persons,
            "home": self._homes,
            "goal": self._goals,
        }
        self._deletions = Deletions(self._stores, publisher, self.context)
        self.health = HealthLedger(hass, publisher, self._persons, self._goals, self.context)
        self.catalogue = CATALOGUE

    async def async_load(self) -> None:
        """Read the stores and the names of the time zones, off the event loop."""
        self._timezones = frozenset(await self._hass.async_add_executor_job(available_timezones))
        context = self.context(stored=True)
        await asyncio.gather(*(store.async_load(context) for store in self._stores.values()))
        await self.health.async_load()
        await self._deletions.async_finish()

    @property
    def persons(self) -> Mapping[str, Person]:
        """The Person twins by id."""
        return self._persons.records

    @property
    def homes(self) -> Mapping[str, Home]:
        """The Home twins by id."""
        return self._homes.records

    @property
    def goals(self) -> Mapping[str, Goal]:
        """The Goal twins by id."""
        return self._goals.records

    @property
    def world(self) -> Twins:
        """All twins, as the rules between them need them."""
        return Twins(persons=self.persons, homes=self.homes, goals=self.goals)

    def records(self, kind: str) -> Mapping[str, Record]:
        """Return the twins of a kind by id."""
        return self._stores[kind].records

    def damaged(self, kind: str) -> tuple[Damaged, ...]:
        """Return the stored records of a kind that could not be read."""
        return self._stores[kind].damaged

    def deleted(self, kind: str) -> dict[str, Mapping[str, object]]:
        """Return the documents of the deleted twins of a kind that can be brought back, by id."""
        return {key: item.document for key, item in self._stores[kind].deleted.items()}

    @property
    def expired_persons(self) -> tuple[str, ...]:
        """The ids of deleted people who were forgotten for good at this start."""
        return self._persons.expired

    def is_deleted(self, kind: str, twin_id: str) -> bool:
        """Tell whether a twin was deleted and can still be brought back."""
        return twin_id in self._stores[kind].deleted

    def referrers(self, kind: str, twin_id: str) -> list[Twin]:
        """Return the twins that a deleted one is given back to when it is restored."""
        return self._deletions.referrers(kind, twin_id)

    @property
    def lost(self) -> Iterator[DeletedTwin]:
        """The deleted twins to which others referred, unless that was accepted."""
        return self._deletions.lost

    @property
    def saves(self) -> int:
        """How often a file was written since the start."""
        histories = self.health.histories.saves
        return histories + sum(store.saves for store in self._stores.values())

    def context(self, *, stored: bool = False) -> Context:
        """Return what validation may need to know: the time, the zone and all zones."""
        return Context(
            now=dt_util.utcnow(),
            today=dt_util.now().date(),
            timezone=self._hass.config.time_zone,
            timezones=self._timezones,
            days_of=self._days_of,
            catalogue=self.catalogue,
            stored=stored,
        )

    def person_days(self, person: Person) -> PersonDay:
        """Return the days of a person: where they begin."""
        return self.health.days_of(person)

    def owner_days(self, goal: Goal) -> PersonDay:
        """Return the days of the owner of a goal, those of the household where there is none."""
        return self._days_of(goal.owner_person_id)

    def _days_of(self, person_id: str | None) -> PersonDay:
        person = self.persons.get(person_id or "")
        return self.person_days(person) if person else PersonDay(dt_util.get_default_time_zone())

    def histories(self, person_id: str) -> Mapping[str, MetricHistory]:
        """Return the daily histories of a person by metric."""
        return self.health.histories.of(person_id)

    @callback
    def async_set_household_metrics(self, metrics: Iterable[Metric]) -> None:
        """Take over the metrics that the household defines for itself."""
        catalogue = whole_catalogue(metrics)
        if catalogue != self.catalogue:
            self.catalogue = catalogue
            self._publisher.publish((CATALOGUE_CHANGED,))

    async def async_create[R: Record](
        self, kind: Kind[R], document: Mapping[str, object], *, twin_id: str | None = None
    ) -> R:
        """Create a twin from input; the id is a new UUID unless one is given."""
        zone = document.get("timezone") or self._hass.config.time_zone
        await self.health.async_prepare_zones(zone)
        record = create(
            kind, with_stored_ids(self._hass, document), self.context(), twin_id or str(uuid4())
        )
        self._check(record, document)
        record = kind.derive(None, record, self.context())
        await self._async_keep(kind, None, record)
        if isinstance(record, Person) and record.health_metrics:
            await self.async_record(record.person_id, record.health_metrics.items())
        return self.get(kind, kind.id_of(record))

    async def async_update[R: Record](
        self,
        kind: Kind[R],
        twin_id: str,
        patch: Mapping[str, object],
        *,
        revision: int | None = None,
    ) -> R:
        """Apply a JSON merge patch; with `revision` only to that revision of the twin."""
        await self.health.async_prepare_zones(patch.get("timezone"))
        before = self.get(kind, twin_id)
        if revision is not None and revision != before.revision:
            raise refuse("stale", "revision", value=revision, current=before.revision)
        after = change(kind, before, with_stored_ids(self._hass, patch), self.context())
        return await self.async_replace(kind, before, after)

    async def async_replace[R: Record](self, kind: Kind[R], before: R, after: R) -> R:
        """Keep the next revision of a twin that a pure function made from the present one."""
        if after is before:
            # The present record may belong to a save that is still under way.
            await self._stores[kind.name].async_settle()
            return before
        changed = changed_fields(kind, before, after)
        self._check(after, changed)
        after = kind.derive(before, after, self.context())
        if isinstance(before, Person) and isinstance(after, Person) and HEALTH in changed:
            await self.health.async_replace(before, after)
        else:
            await self._async_keep(kind, before, after)
        return self.get(kind, kind.id_of(after))

    async def async_delete[R: Record](
        self, kind: Kind[R], twin_id: str, *, force: bool = False
    ) -> tuple[Reference, ...]:
        """Delete a twin; it can be brought back for 30 days.

        While others refer to it, it is refused unless forced; then they lose the reference.
        Returns the references that were lost.
        """
        record = self.get(kind, twin_id)
        references = tuple(references_to(self.world, twin_id))
        if references and not force:
            users = sorted({self._stores[ref.kind].records[ref.twin_id].name for ref in references})
            raise refuse("in_use", kind.id_field, value=record.name, users=", ".join(users))
        await async_see_through(self._hass, self._deletions.async_delete(kind, twin_id, references))
        return references

    async def async_restore[R: Record](self, kind: Kind[R], twin_id: str) -> R:
        """Bring a deleted twin back, with the references that others lost with it."""

        def check(record: R) -> None:
            self._check(record, UNIQUE_FIELDS)

        return await async_see_through(
            self._hass, self._deletions.async_restore(kind, twin_id, check)
        )

    async def async_dismiss_offer(self, kind: str, twin_id: str) -> None:
        """Leave a deleted twin deleted: nothing offers any more to bring it back."""
        if self.is_deleted(kind, twin_id):
            self._stores[kind].dismiss_offer(twin_id)
            await self._stores[kind].async_commit()

    @property
    def next_expiry(self) -> datetime | None:
        """When the time of the next deleted twin is over."""
        deleted = (item for store in self._stores.values() for item in store.deleted.values())
        first = min((item.deleted_at for item in deleted), default=None)
        return None if first is None else first + KEPT_AFTER_DELETE

    async def async_expire(self) -> tuple[str, ...]:
        """Forget the deleted twins whose time is over; return the ids of the people among them."""
        now = dt_util.utcnow()
        over = {kind: store.expire(now) for kind, store in self._stores.items()}
        await asyncio.gather(*(store.async_commit() for store in self._stores.values()))
        await self.health.async_purge(over["person"])
        return over["person"]

    async def async_record(
        self, person_id: str, batch: Batch, *, delayed: bool = False
    ) -> Recorded:
        """Put readings of a person where they belong: all that count are on disk on return.

        A late reading lands on its own day and never replaces a newer one; the same reading twice
        is one. With `delayed` they are saved some minutes later.
        """
        return await self.health.async_record(self.get(PERSON, person_id), batch, delayed=delayed)

    async def async_import_readings(
        self, person_id: str, batch: Batch, kept: Kept = lambda _count: None
    ) -> int:
        """Put very many readings of the last 400 days where they belong.

        Nothing else is held up meanwhile.
        `kept` is told how many are in so far. Returns the number of days that changed.
        """
        return await self.health.async_import(lambda: self.get(PERSON, person_id), batch, kept)

    async def async_update_progress(self, goal_id: str, update: Mapping[str, object]) -> Goal:
        """Bring one key result of a goal forward; `update_progress` says how, errors included.

        Local times are those of the owner, of the household for a goal without one.
        """
        before, after = self.advanced(goal_id, update)
        return await self.async_replace(GOAL, before, after)

    def advanced(self, goal_id: str, update: Mapping[str, object]) -> tuple[Goal, Goal]:
        """Return a goal as it is and as it would be after an update; nothing is changed yet."""
        before = self.get(GOAL, goal_id)
        context = self.context()
        days = self.owner_days(before)
        key_results = update_progress(before.progress_metrics, update, context, days)
        if key_results == before.progress_metrics:
            return before, before
        return before, touch(before, context, progress_metrics=key_results)

    async def async_remove(self) -> None:
        """Delete all files: the integration is removed."""
        await self.health.async_remove()
        await asyncio.gather(*(store.async_remove() for store in self._stores.values()))

    async def async_settle(self) -> None:
        """Wait until no save is under way."""
        await self.health.async_settle()
        await asyncio.gather(*(store.async_settle() for store in self._stores.values()))

    async def async_close(self) -> None:
        """Save what waits, and refuse every later change with `StoppedError`.

        Whoever still works for an entry that was unloaded must not overwrite the files that are
        read when it is loaded again.
        """
        await self.health.async_close()
        await asyncio.gather(*(store.async_close() for store in self._stores.values()))

    def get[R: Record](self, kind: Kind[R], twin_id: str) -> R:
        """Return a twin; raises `not_found` naming its id field."""
        store: TwinStore[R] = self._stores[kind.name]
        if (record := store.records.get(twin_id)) is None:
            raise refuse("not_found", kind.id_field, value=twin_id)
        return record

    def _check(self, record: Record, written: Iterable[str]) -> None:
        """Refuse broken references and duplicates among the fields that were written.

        What was broken before stays as it is: it must not stand in the way of another change.
        """
        names = set(written)
        faults = [
            fault for fault in twin_faults(self.world, cast("Twin", record)) if fault.field in names
        ]
        if faults:
            raise TwinError(*faults)

    async def _async_keep[R: Record](self, kind: Kind[R], before: R | None, after: R) -> None:
        self._stores[kind.name].put(after)
        slices = slices_of_change(kind, before, after)
        await async_see_through(self._hass, self._async_save(kind.name, slices))

    async def _async_save(self, kind: str, slices: Iterable[Slice]) -> None:
        await self._stores[kind].async_commit()
        self._publisher.publish(slices)

    @callback
    def _undone[R: Record](self, kind: Kind[R], undone: Mapping[str, R]) -> None:
        """Tell everyone what memory shows again after a save that failed."""
        present: Mapping[str, R] = self._stores[kind.name].records
        slices: set[Slice] = set()
        for twin_id in {*undone, *present}:
            before, after = undone.get(twin_id), present.get(twin_id)
            if before is not after:
                slices |= slices_of_change(kind, before, after)
        self._publisher.publish(slices)
