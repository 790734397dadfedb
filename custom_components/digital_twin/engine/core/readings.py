"""What readings change in records, daily histories and goals, in one transaction."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from itertools import batched
from types import MappingProxyType

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ...twin.goals.goal import GOAL, Goal, measured
from ...twin.goals.progress import follow_metrics
from ...twin.metrics.person import PERSON, Person
from ...twin.metrics.readings import Reading
from ...twin.metrics.recording import Batch, DayChange, RecordedReadings, record_readings
from ...twin.records.fields import Context, PersonDay
from ...twin.records.revisions import touch
from .changes import Changes
from .feed import Cause
from .files import HistoryStore, StoreFailedError
from .store import GoalIndex
from .transaction import Transaction

# So many readings of an import take some milliseconds.
AT_ONCE = 200
# The precision of the times in daily histories.
MILLISECOND = timedelta(milliseconds=1)

type ImportProgress = Callable[[int], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class AcceptedReadings:
    """What readings came to; see `RecordedReadings` for the parts.

    `goals` are those that moved, `days` is how many days of histories changed.
    """

    person: Person
    goals: tuple[Goal, ...]
    accepted: Mapping[str, Reading]
    late: tuple[str, ...]
    unchanged: tuple[str, ...]
    days: int


class Readings:
    """Records readings, and clears metrics, on behalf of the registry."""

    def __init__(
        self,
        hass: HomeAssistant,
        changes: Changes,
        histories: HistoryStore,
        goals: GoalIndex,
        context: Callable[[], Context],
    ) -> None:
        self._hass = hass
        self._changes = changes
        self._goals = goals
        self._context = context
        self._zones = Zones()
        # By person the last time, in whole milliseconds, of readings that came without one.
        self._last_times: dict[str, datetime] = {}
        self.histories = histories

    async def async_prepare_zones(self, *names: object) -> None:
        """Read the data of time zones in which somebody is about to live."""
        await self._zones.async_prepare(*names)

    @callback
    def days_of(self, person: Person) -> PersonDay:
        """Return the days of a person: where they begin."""
        return PersonDay(self._zones.get(person.timezone), person.day_start)

    @callback
    def next_time(self, person_id: str) -> datetime:
        """Return the time for readings without one: now, but each time a later millisecond.

        Two amounts at the same time would count as one that was corrected.
        """
        time = dt_util.utcnow()
        last = self._last_times.get(person_id)
        if last is not None and time < last + MILLISECOND:
            time = last + MILLISECOND
        self._last_times[person_id] = time.replace(microsecond=time.microsecond // 1000 * 1000)
        return time

    async def async_record(
        self, person: Person, batch: Batch, cause: Cause, *, delayed: bool
    ) -> AcceptedReadings:
        """Record readings of a person; see `TwinRegistry.async_record`."""
        async with self._changes.begin(cause, delayed=delayed) as transaction:
            recorded = self._take_in(transaction, person, batch)
            return self.revise(transaction, person, recorded)

    async def async_import(
        self,
        get: Callable[[], Person],
        batch: Sequence[tuple[str, Reading]],
        report: ImportProgress,
        cause: Cause,
    ) -> int:
        """Record very many readings, oldest first, a few at a time: all else goes on meanwhile.

        `get` returns the person at present, and `report` gets how many are in so far. Returns how
        many days changed. Raises `StoreFailedError` when some of them could not be saved.
        """
        days: dict[tuple[str, int], DayChange] = {}
        latest: dict[str, Reading] = {}
        older: dict[str, dict[int, float]] = {}
        failures = self._changes.failures
        count = 0
        for part in batched(batch, AT_ONCE, strict=False):
            async with self._changes.begin(cause, delayed=True) as transaction:
                recorded = self._take_in(transaction, get(), part, quiet=True)
            for metric, values in recorded.older.items():
                older.setdefault(metric, {}).update(values)
            for change in recorded.changes:
                known = days.setdefault((change.metric, change.day), change)
                days[change.metric, change.day] = replace(change, before=known.before)
            latest.update(part)
            count += len(part)
            report(count)
            await asyncio.sleep(0)
        async with self._changes.begin(cause) as transaction:
            person = get()
            # Entities write one state for the whole import, and none of what lies between.
            details = {"days": tuple(days.values()), "older": older, "delayed": True}
            transaction.note_metrics(person.person_id, {metric for metric, _ in days}, details)
            recorded = self._take_in(transaction, person, latest.items())
            catalogue = self._context().catalogue
            self.revise(transaction, person, recorded.with_changes(days.values(), catalogue))
        await self._changes.async_flush()
        if self._changes.failures != failures:
            raise StoreFailedError("some of the imported days were undone")
        return len(days)

    def replace(self, transaction: Transaction, before: Person, after: Person) -> AcceptedReadings:
        """Put a change of a person that brings readings, or takes metrics away."""
        gone = before.health_metrics.keys() - after.health_metrics.keys()
        new = {
            key: reading
            for key, reading in after.health_metrics.items()
            if reading != before.health_metrics.get(key)
        }
        left = {key: kept for key, kept in before.health_metrics.items() if key not in gone}
        base = replace(after, health_metrics=MappingProxyType(left))
        transaction.forget_metrics(after.person_id, sorted(gone))
        recorded = self._take_in(transaction, base, new.items())
        return self.revise(transaction, before, recorded, base)

    def add(self, transaction: Transaction, person: Person) -> Person:
        """Put a new person, with the readings that came with them."""
        base = replace(person, health_metrics=MappingProxyType({}))
        recorded = self._take_in(transaction, base, person.health_metrics.items())
        added = replace(base, health_metrics=recorded.readings)
        transaction.put(PERSON, None, added)
        return added

    def revise(
        self,
        transaction: Transaction,
        before: Person,
        recorded: RecordedReadings,
        base: Person | None = None,
    ) -> AcceptedReadings:
        """Put the next revisions of a person and of the goals that readings move.

        `base` is the person as another change leaves them, when readings came with one.
        """
        after = before
        if base is not None:
            after = replace(base, health_metrics=recorded.readings)
        elif recorded.accepted:
            after = touch(before, self._context(), health_metrics=recorded.readings)
        if after is not before:
            transaction.put(PERSON, before, after)
        return AcceptedReadings(
            person=after,
            goals=tuple(self._move_goals(transaction, after, recorded)),
            accepted=recorded.accepted,
            late=recorded.late,
            unchanged=recorded.unchanged,
            days=len(recorded.changes),
        )

    def _move_goals(
        self, transaction: Transaction, person: Person, recorded: RecordedReadings
    ) -> Iterable[Goal]:
        # What entered no history may still be the latest that is known.
        points = recorded.points or tuple(recorded.accepted.items())
        context, days = self._context(), self.days_of(person)
        for goal in self._goals.following(person.person_id, {metric for metric, _ in points}):
            key_results = goal.progress_metrics
            followed = goal.followed_metrics
            for metric, reading in points:
                if metric in followed:
                    key_results = follow_metrics(
                        key_results, {metric: reading}, days=days, catalogue=context.catalogue
                    )
            moved = measured(goal, key_results, context)
            if moved is not goal:
                transaction.put(GOAL, goal, moved)
                yield moved

    def _take_in(
        self, transaction: Transaction, person: Person, batch: Batch, *, quiet: bool = False
    ) -> RecordedReadings:
        days, context = self.days_of(person), self._context()
        recorded = record_readings(
            person.health_metrics,
            self.histories.open(person.person_id),
            batch,
            days=days,
            today=days.day_of(context.now).toordinal(),
            catalogue=context.catalogue,
        )
        transaction.put_days(person.person_id, recorded.changes, recorded.older, quiet=quiet)
        return recorded


class Zones:
    """Time zones by name; what was not prepared is the zone of the household."""

    def __init__(self) -> None:
        self._zones: dict[str, tzinfo] = {}

    async def async_prepare(self, *names: object) -> None:
        """Read the data of zones; names that mean nothing are left out."""
        for name in names:
            if isinstance(name, str) and name not in self._zones:
                # To zoneinfo a name is a path, and some are none that could be opened.
                with suppress(ValueError, OSError):
                    if (zone := await dt_util.async_get_time_zone(name)) is not None:
                        self._zones[name] = zone

    def get(self, name: str) -> tzinfo:
        """Return a zone that was prepared."""
        return self._zones.get(name) or dt_util.get_default_time_zone()
