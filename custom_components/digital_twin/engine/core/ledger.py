"""The readings of all people: how they are kept, on behalf of the registry."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from itertools import batched
from types import MappingProxyType

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from ...twin.goals.goal import Goal
from ...twin.metrics.readings import Reading
from ...twin.metrics.recording import Batch, DayChange, RecordedReadings, record_readings
from ...twin.people.person import Person
from ...twin.records.fields import Context
from ...twin.records.moments import PersonDay
from .files import DelayedCommit, StoppedError, StoreFailedError, async_see_through
from .feed import ChangeFeed, Topic, metric_topic, slices_of_change
from .history_store import HistoryStore
from .recording import Recorded, Recording, revise
from .store import TwinStore
from .zones import Zones

# Readings that nobody waits for: a pulse every five seconds must not wear out a disk.
SAVE_DELAY = 300
# So many readings of an import take some milliseconds.
AT_ONCE = 200

# The days that readings changed, and by metric the values of days that are no longer kept.
type RecordedListener = Callable[
    [Person, tuple[DayChange, ...], Mapping[str, Mapping[int, float]]], None
]
type ForgottenListener = Callable[[Person, Collection[str]], None]
type Kept = Callable[[int], None]


class HealthLedger:
    """Puts readings into the records and histories of people, and has both saved."""

    def __init__(
        self,
        hass: HomeAssistant,
        feed: ChangeFeed,
        persons: TwinStore[Person],
        goals: TwinStore[Goal],
        context: Callable[[], Context],
    ) -> None:
        """Keep what is needed; nothing is read yet."""
        self._hass = hass
        self._feed = feed
        self._persons = persons
        self._goals = goals
        self._context = context
        self._zones = Zones()
        self._listeners: dict[RecordedListener, ForgottenListener] = {}
        self.histories = HistoryStore(hass, self._undone)
        self._closed = False
        self._later = DelayedCommit(hass, SAVE_DELAY, self._async_commit)

    async def async_load(self) -> None:
        """Read the histories; the people are there already."""
        zones = {person.timezone for person in self._persons.records.values()}
        # Whoever is brought back lives where they lived.
        left = (item.document.get("timezone") for item in self._persons.deleted.values())
        await self.async_prepare_zones(self._hass.config.time_zone, *zones, *left)
        await self.histories.async_load((*self._persons.records, *self._persons.deleted))
        await self.async_purge(self._persons.expired)

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

    async def async_import(self, get: Callable[[], Person], batch: Batch, kept: Kept) -> int:
        """Put very many readings where they belong, a few at a time: all else goes on meanwhile.

        `get` returns the person at present, and `kept` is told how many are in so far. Returns how
        many days changed. Raises `StoreFailedError` when some of them could not be saved, or the
        integration was stopped.
        """
        changes: dict[tuple[str, int], DayChange] = {}
        latest: dict[str, Reading] = {}
        failures = self.histories.failures
        count = 0
        for part in batched(
            sorted(batch, key=lambda each: each[1].measured_at), AT_ONCE, strict=False
        ):
            self._require_open()
            for change in self._take_in(get(), part).changes:
                known = changes.setdefault((change.metric, change.day), change)
                changes[change.metric, change.day] = replace(change, before=known.before)
            latest.update(part)
            count += len(part)
            kept(count)
            await asyncio.sleep(0)
        self._require_open()
        person, context = get(), self._context()
        intake = self._take_in(person, latest.items())
        recording = revise(
            person,
            intake.with_changes(changes.values(), context.catalogue),
            days=self.days_of(person),
            goals=self._goals.records.values(),
            context=context,
        )
        await self._async_finish(recording, delayed=True)
        await self._async_commit(in_archive=True)
        if self.histories.failures != failures:
            raise StoreFailedError("some of the imported days were undone")
        return len(changes)

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
        if gone:
            for forgotten in list(self._listeners.values()):
                forgotten(after, gone)

    @callback
    def listen(self, recorded: RecordedListener, forgotten: ForgottenListener) -> CALLBACK_TYPE:
        """Tell the days that readings changed, and metrics whose history was deleted.

        Returns what ends that.
        """
        self._listeners[recorded] = forgotten

        @callback
        def stop() -> None:
            self._listeners.pop(recorded, None)

        return stop

    async def async_settle(self) -> None:
        """Save what waits for it."""
        await self._later.async_flush()
        await self.histories.async_settle()

    async def async_close(self) -> None:
        """Save what waits for it, and refuse every later change."""
        self._closed = True
        await self._later.async_flush()
        await self.histories.async_close()

    async def async_purge(self, person_ids: Collection[str]) -> None:
        """Delete the histories of people who will not come back."""
        if person_ids:
            await self.histories.async_purge(person_ids)
            await self.histories.async_commit()

    async def async_remove(self) -> None:
        """Delete all files: the integration is removed."""
        await self.histories.async_remove()

    def _record(self, before: Person, batch: Batch, base: Person | None = None) -> Recording:
        """Put readings into the histories of a person and make the next revisions.

        `base` is the person as another change leaves them, when readings came with one.
        """
        self._require_open()
        return revise(
            before,
            self._take_in(base or before, batch),
            days=self.days_of(base or before),
            goals=self._goals.records.values(),
            context=self._context(),
            base=base,
        )

    def _take_in(self, person: Person, batch: Batch) -> RecordedReadings:
        days, context = self.days_of(person), self._context()
        intake = record_readings(
            person.health_metrics,
            self.histories.open(person.person_id),
            batch,
            days=days,
            today=days.day_of(context.now).toordinal(),
            catalogue=context.catalogue,
        )
        self.histories.note(person.person_id, intake.changes)
        return intake

    def _require_open(self) -> None:
        """Refuse what comes after the end: nothing would keep it, or it would undo what is new."""
        if self._closed:
            raise StoppedError

    async def _async_finish(self, recording: Recording, *, delayed: bool) -> None:
        person_id = recording.recorded.person.person_id
        topics: set[Topic] = {
            metric_topic(person_id, change.metric) for change in recording.changes
        }
        for before, after in recording.persons:
            self._persons.put(after)
            topics |= slices_of_change(self._persons.kind, before, after)
        for before_goal, after_goal in recording.goals:
            self._goals.put(after_goal)
            topics |= slices_of_change(self._goals.kind, before_goal, after_goal)
        if not delayed:
            await async_see_through(self._hass, self._async_save(recording, topics))
            return
        if topics:
            self._later.schedule()
        self._tell(recording, topics)

    async def _async_save(self, recording: Recording, topics: set[Topic]) -> None:
        if topics or self._later.is_due:
            await self._async_commit()
        else:
            # The present readings may belong to a save that is still under way.
            await asyncio.gather(self._persons.async_settle(), self.histories.async_settle())
        self._tell(recording, topics)

    @callback
    def _tell(self, recording: Recording, topics: set[Topic]) -> None:
        self._feed.publish_derived(topics)
        for listener in list(self._listeners):
            listener(recording.recorded.person, recording.changes, recording.older)

    async def _async_commit(self, *, in_archive: bool = False) -> None:
        self._later.dismiss()
        histories = self.histories.async_archive if in_archive else self.histories.async_commit
        await asyncio.gather(self._persons.async_commit(), self._goals.async_commit(), histories())

    @callback
    def _undone(self, metrics: Iterable[tuple[str, str]]) -> None:
        """Tell everyone what memory shows again after a save that failed."""
        self._feed.publish_derived(metric_topic(*each) for each in metrics)
