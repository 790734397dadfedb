"""The readings of all people: how they are kept, on behalf of the registry."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from types import MappingProxyType

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from ...twin.day import PersonDay
from ...twin.fields import Context
from ...twin.goal import Goal
from ...twin.history import MetricHistory
from ...twin.intake import Batch, DayChange, take_in
from ...twin.person import Person
from ..commit import DelayedCommit, async_see_through
from ..publisher import Publisher, Slice
from ..slices import metric_slice, slices_of_change
from ..store import TwinStore
from .history_store import HistoryStore
from .recording import Recorded, Recording, record, revise
from .zones import Zones

# Readings that nobody waits for: a pulse every five seconds must not wear out a disk.
SAVE_DELAY = 300

type RecordedListener = Callable[[Person, tuple[DayChange, ...]], None]


class HealthLedger:
    """Puts readings into the records and histories of people, and has both saved."""

    def __init__(
        self,
        hass: HomeAssistant,
        publisher: Publisher,
        persons: TwinStore[Person],
        goals: TwinStore[Goal],
        context: Callable[[], Context],
    ) -> None:
        """Keep what is needed; nothing is read yet."""
        self._hass = hass
        self._publisher = publisher
        self._persons = persons
        self._goals = goals
        self._context = context
        self._zones = Zones()
        self._listeners: dict[RecordedListener, None] = {}
        self.histories = HistoryStore(hass, self._undone)
        self._later = DelayedCommit(hass, SAVE_DELAY, self._async_commit)

    async def async_load(self) -> None:
        """Read the histories; the people are there already."""
        zones = {person.timezone for person in self._persons.records.values()}
        await self.async_prepare_zones(self._hass.config.time_zone, *zones)
        await self.histories.async_load((*self._persons.records, *self._persons.deleted))
        await self.histories.async_purge(self._persons.expired)

    async def async_prepare_zones(self, *names: object) -> None:
        """Read the data of time zones in which somebody is about to live."""
        await self._zones.async_prepare(*names)

    @callback
    def days_of(self, person: Person) -> PersonDay:
        """Return the days of a person: where they begin."""
        return PersonDay(self._zones.get(person.timezone), person.day_start)

    async def async_record(self, person: Person, batch: Batch, *, delayed: bool) -> Recorded:
        """Put readings of a person where they belong; see `TwinRegistry.async_record`."""
        recording = self._record(person, batch)
        await self._async_finish(recording, delayed=delayed)
        return recording.recorded

    async def async_import(self, get: Callable[[], Person], batch: Batch) -> int:
        """Put many readings where they belong, in a thread; return how many days changed.

        `get` returns the person at present. What changes meanwhile is not lost: then the readings
        are put in once more.
        """
        readings = list(batch)
        while True:
            person, context = get(), self._context()
            histories = self.histories.of(person.person_id)
            copies = {key: MetricHistory(each.days) for key, each in histories.items()}
            days = self.days_of(person)
            put_in = partial(
                take_in,
                days=days,
                today=days.day_of(context.now).toordinal(),
                catalogue=context.catalogue,
            )
            intake = await self._hass.async_add_executor_job(
                put_in, person.health_metrics, copies, readings
            )
            if get() is person and self.histories.apply(person.person_id, intake.changes):
                break
        recording = revise(
            person, intake, days=days, goals=self._goals.records.values(), context=context
        )
        await self._async_finish(recording, delayed=True)
        await self._async_commit(in_archive=True)
        return len(intake.changes)

    async def async_replace(self, before: Person, after: Person) -> None:
        """Keep a change of a person that brings readings, or takes metrics away."""
        gone = before.health_metrics.keys() - after.health_metrics.keys()
        new = {
            key: reading
            for key, reading in after.health_metrics.items()
            if reading != before.health_metrics.get(key)
        }
        left = {key: kept for key, kept in before.health_metrics.items() if key not in gone}
        base = replace(after, health_metrics=MappingProxyType(left))
        await self._async_finish(self._record(before, new.items(), base), delayed=False)
        await self.histories.async_forget(after.person_id, gone)

    @callback
    def listen(self, listener: RecordedListener) -> CALLBACK_TYPE:
        """Call the listener with the days that readings changed; return what ends that."""
        self._listeners[listener] = None

        @callback
        def stop() -> None:
            self._listeners.pop(listener, None)

        return stop

    async def async_settle(self) -> None:
        """Save what waits for it."""
        await self._later.async_flush()
        await self.histories.async_settle()

    async def async_close(self) -> None:
        """Save what waits for it, and refuse every later change."""
        await self._later.async_flush()
        await self.histories.async_close()

    async def async_remove(self) -> None:
        """Delete all files: the integration is removed."""
        await self.histories.async_remove()

    def _record(self, before: Person, batch: Batch, base: Person | None = None) -> Recording:
        return record(
            self.histories,
            before,
            batch,
            days=self.days_of(base or before),
            goals=self._goals.records.values(),
            context=self._context(),
            base=base,
        )

    async def _async_finish(self, recording: Recording, *, delayed: bool) -> None:
        person_id = recording.recorded.person.person_id
        slices: set[Slice] = {
            metric_slice(person_id, change.metric) for change in recording.changes
        }
        for before, after in recording.persons:
            self._persons.put(after)
            slices |= slices_of_change(self._persons.kind, before, after)
        for before_goal, after_goal in recording.goals:
            self._goals.put(after_goal)
            slices |= slices_of_change(self._goals.kind, before_goal, after_goal)
        if not delayed:
            await async_see_through(self._hass, self._async_save(recording, slices))
            return
        if slices:
            self._later.schedule()
        self._tell(recording, slices)

    async def _async_save(self, recording: Recording, slices: set[Slice]) -> None:
        if slices or self._later.is_due:
            await self._async_commit()
        else:
            # The present readings may belong to a save that is still under way.
            await asyncio.gather(self._persons.async_settle(), self.histories.async_settle())
        self._tell(recording, slices)

    @callback
    def _tell(self, recording: Recording, slices: set[Slice]) -> None:
        self._publisher.publish(slices)
        for listener in list(self._listeners):
            listener(recording.recorded.person, recording.changes)

    async def _async_commit(self, *, in_archive: bool = False) -> None:
        self._later.dismiss()
        histories = self.histories.async_archive if in_archive else self.histories.async_commit
        await asyncio.gather(self._persons.async_commit(), self._goals.async_commit(), histories())

    @callback
    def _undone(self, metrics: Iterable[tuple[str, str]]) -> None:
        """Tell everyone what memory shows again after a save that failed."""
        self._publisher.publish(metric_slice(*each) for each in metrics)
