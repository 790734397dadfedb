"""Decides which days of whom are written into the long-term statistics, and when."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Coroutine, Iterable, Mapping
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.start import async_at_started
from homeassistant.util import dt as dt_util

from ...twin.metrics.recording import DayChange
from ...twin.people.person import Person
from ..core.feed import ADDED, HISTORIES, Change, ChangeFeed, Topic
from ..core.registry import TwinRegistry
from .statistics import async_clear_metrics, async_clear_statistics, async_write_days

HISTORIES_CHANGED: Final = Topic("person", None, HISTORIES)
PRIVACY: Final = tuple(Topic("person", None, name) for name in (ADDED, "health_entities"))


class StatisticsExporter:
    """Writes the days that ended and the late readings of earlier days.

    A person without `health_entities` has no statistics: they are cleared when the person chooses
    so and at each start, and written anew from the histories when the person chooses otherwise.
    """

    def __init__(self, hass: HomeAssistant, registry: TwinRegistry, feed: ChangeFeed) -> None:
        self._hass = hass
        self._registry = registry
        self._feed = feed
        self._public: set[str] = set()
        # Writes and clears run in the order of their causes: a late write would undo a clear.
        self._lock = asyncio.Lock()

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Run until the returned function is called."""
        self._public = self._public_persons()
        stops = [
            async_at_started(self._hass, self._async_started),
            self._feed.subscribe(HISTORIES_CHANGED, self._histories_changed),
            self._feed.subscribe(PRIVACY, self._privacy_changed),
        ]

        @callback
        def stop() -> None:
            for each in stops:
                each()

        return stop

    @callback
    def days_over(self, person: Person, days: range) -> None:
        """Write days (ordinals) of a person that have ended."""
        for metric in self._registry.histories(person.person_id):
            self._write(person.person_id, metric, days)

    async def _async_started(self, _hass: HomeAssistant) -> None:
        """Write the last day of each metric: it may have ended while Home Assistant was off.

        A crash may have left statistics that were to be cleared.
        """
        await self._async_clear(
            (
                *self._registry.deletions.expired_persons,
                *self._registry.persons.keys() - self._public,
            )
        )
        for person_id in self._public & self._registry.persons.keys():
            past = self._past_days(person_id).items()
            await self._async_write(person_id, {key: (max(days),) for key, days in past if days})

    @callback
    def _histories_changed(self, changes: Iterable[Change]) -> None:
        for change in changes:
            person = self._registry.persons.get(change.twin_id or "")
            if person is None:
                continue
            if forgotten := change.details.get("forgotten"):
                async_clear_metrics(self._hass, person.person_id, forgotten)
            else:
                days = change.details.get("days", ())
                self._recorded(person, days, change.details.get("older", {}))

    def _recorded(
        self,
        person: Person,
        changes: Iterable[DayChange],
        older: Mapping[str, Mapping[int, float]],
    ) -> None:
        today = self._today(person)
        past: dict[str, list[int]] = defaultdict(list)
        for change in changes:
            if change.day < today:
                past[change.metric].append(change.day)
        if past or older:
            self._start(self._async_write(person.person_id, past, older))

    async def _async_write(
        self,
        person_id: str,
        past: Mapping[str, Iterable[int]],
        older: Mapping[str, Mapping[int, float]] | None = None,
    ) -> None:
        """Write days of the histories by metric, and values of days before these."""
        async with self._lock:
            for key, values in (older or {}).items():
                self._write_values(person_id, key, values)
            for metric, days in past.items():
                self._write(person_id, metric, days)
                # A year of a metric takes some milliseconds.
                await asyncio.sleep(0)

    async def _async_clear(self, person_ids: Collection[str]) -> None:
        async with self._lock:
            for person_id in person_ids:
                # The recorder does not list yet what it was given a moment ago.
                metrics = {*self._registry.catalogue, *self._registry.histories(person_id)}
                async_clear_metrics(self._hass, person_id, metrics)
            await async_clear_statistics(self._hass, person_ids)

    @callback
    def _privacy_changed(self, _changes: object = ()) -> None:
        before, self._public = self._public, self._public_persons()
        if private := (before - self._public) & self._registry.persons.keys():
            self._start(self._async_clear(private))
        for person_id in self._public - before:
            self._start(self._async_write(person_id, self._past_days(person_id)))

    def _start(self, work: Coroutine[None, None, None]) -> None:
        self._hass.async_create_task(work, "digital_twin health statistics")

    def _write(self, person_id: str, key: str, days: Iterable[int]) -> None:
        metric = self._registry.catalogue.get(key)
        history = self._registry.histories(person_id).get(key)
        if metric is None or history is None:
            return
        values = {
            day: round(value, metric.precision + 2)
            for day in days
            if (value := history.value(day)) is not None
        }
        self._write_values(person_id, key, values)

    def _write_values(self, person_id: str, key: str, values: Mapping[int, float]) -> None:
        """Write values by day (an ordinal), unless the person has become private by now."""
        person = self._registry.persons.get(person_id)
        if person is not None and person.health_entities:
            async_write_days(self._hass, person, self._registry.catalogue[key], values)

    def _past_days(self, person_id: str) -> dict[str, list[int]]:
        """Return the days of the histories that are over, by metric."""
        today = self._today(self._registry.persons[person_id])
        return {
            metric: [day for day in history.days if day < today]
            for metric, history in self._registry.histories(person_id).items()
        }

    def _public_persons(self) -> set[str]:
        return {key for key, person in self._registry.persons.items() if person.health_entities}

    def _today(self, person: Person) -> int:
        return self._registry.person_days(person).day_of(dt_util.utcnow()).toordinal()
