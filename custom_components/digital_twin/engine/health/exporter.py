"""Which days go into the long-term statistics, and when."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.start import async_at_started
from homeassistant.util import dt as dt_util

from ...twin.metrics.recording import DayChange
from ...twin.people.person import Person
from ..core.feed import ADDED, ChangeFeed, Topic
from ..core.registry import TwinRegistry
from .statistics import async_clear_metrics, async_clear_statistics, async_write_days

PRIVACY: Final = tuple(Topic("person", None, name) for name in (ADDED, "health_entities"))


class StatisticsExporter:
    """Writes days that are over, late readings of the past, and takes back what became private."""

    def __init__(self, hass: HomeAssistant, registry: TwinRegistry, feed: ChangeFeed) -> None:
        """Keep what is needed; nothing is written yet."""
        self._hass = hass
        self._registry = registry
        self._feed = feed
        self._public: set[str] = set()
        # What is written after it was taken back stays, and the other way round.
        self._turn = asyncio.Lock()

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Write until the returned function is called."""
        stops = [
            async_at_started(self._hass, self._async_started),
            self._registry.health.listen(self._recorded, self._forgotten),
            self._feed.subscribe(PRIVACY, self._privacy_changed),
        ]
        self._public = self._publishing()

        @callback
        def stop() -> None:
            for each in stops:
                each()

        return stop

    @callback
    def days_over(self, person: Person, days: range) -> None:
        """Write days (ordinals) of a person that have ended."""
        for metric in self._registry.histories(person.person_id):
            self._write(person, metric, days)

    async def _async_started(self, _hass: HomeAssistant) -> None:
        """Write the last day of each metric: it may have ended while nothing ran."""
        await async_clear_statistics(self._hass, self._registry.deletions.expired_persons)
        for person in self._registry.persons.values():
            today = self._today(person)
            for metric, history in self._registry.histories(person.person_id).items():
                past = (day for day in history.days if day < today)
                if (last := max(past, default=None)) is not None:
                    self._write(person, metric, (last,))

    @callback
    def _recorded(
        self,
        person: Person,
        changes: tuple[DayChange, ...],
        older: Mapping[str, Mapping[int, float]],
    ) -> None:
        if person.health_entities:
            for key, values in older.items():
                async_write_days(self._hass, person, self._registry.catalogue[key], values)
        today = self._today(person)
        past: dict[str, list[int]] = defaultdict(list)
        for change in changes:
            if change.day < today:
                past[change.metric].append(change.day)
        if past:
            self._hass.async_create_task(
                self._async_write(person, past), "digital_twin late statistics"
            )

    @callback
    def _forgotten(self, person: Person, metrics: Collection[str]) -> None:
        async_clear_metrics(self._hass, person.person_id, metrics)

    async def _async_write(self, person: Person, past: Mapping[str, Iterable[int]]) -> None:
        async with self._turn:
            for metric, days in past.items():
                self._write(person, metric, days)
                # A year of a metric takes some milliseconds.
                await asyncio.sleep(0)

    async def _async_take_back(self, person_ids: Collection[str]) -> None:
        async with self._turn:
            for person_id in person_ids:
                # What was handed over lately cannot be found yet.
                async_clear_metrics(self._hass, person_id, self._registry.histories(person_id))
            await async_clear_statistics(self._hass, person_ids)

    @callback
    def _privacy_changed(self) -> None:
        before, self._public = self._public, self._publishing()
        if private := before - self._public & self._registry.persons.keys():
            self._hass.async_create_task(
                self._async_take_back(private), "digital_twin clear statistics"
            )
        for person_id in self._public - before:
            person = self._registry.persons[person_id]
            today = self._today(person)
            past = {
                metric: [day for day in history.days if day < today]
                for metric, history in self._registry.histories(person_id).items()
            }
            self._hass.async_create_task(
                self._async_write(person, past), "digital_twin public statistics"
            )

    def _write(self, person: Person, key: str, days: Iterable[int]) -> None:
        metric = self._registry.catalogue.get(key)
        history = self._registry.histories(person.person_id).get(key)
        if metric is None or history is None or not person.health_entities:
            return
        values = {
            day: round(value, metric.precision + 2)
            for day in days
            if (value := history.value(day)) is not None
        }
        async_write_days(self._hass, person, metric, values)

    def _publishing(self) -> set[str]:
        return {key for key, person in self._registry.persons.items() if person.health_entities}

    def _today(self, person: Person) -> int:
        return self._registry.person_days(person).day_of(dt_util.utcnow()).toordinal()
