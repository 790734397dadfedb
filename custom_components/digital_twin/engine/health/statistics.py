"""Writes daily values of people into Home Assistant's long-term statistics.

Each metric of a person is an external statistic with one row per day that is over, at noon of its
date in the time zone of Home Assistant. So the row is shown on its date, wherever the person is
and whenever their day begins, and stays the same row when either changes. Home Assistant does not
compile external statistics itself: rows of the past can be written at any time, and writing a row
again changes nothing. Mean, minimum and maximum of a row are the value of the day, or median,
minimum and maximum of what is measured all day. A daily total
has no running sum, since each late reading would have to rewrite it.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any, Final

from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.models import (
    StatisticData,
    StatisticMeanType,
    StatisticMetaData,
)
from homeassistant.components.recorder.statistics import (
    STATISTIC_UNIT_TO_UNIT_CONVERTER,
    async_add_external_statistics,
    async_list_statistic_ids,
)
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.start import async_at_started
from homeassistant.util import dt as dt_util

from ...const import DOMAIN
from ...twin.catalogue import Metric
from ...twin.metrics.consent import DISCLOSED_BY
from ...twin.metrics.person import Person
from ...twin.metrics.recording import DayChange
from ..core.entity_ids import UUID_LENGTH, HealthEntity, health_entities
from ..core.feed import ADDED, HISTORIES, REMOVED, Change, ChangeFeed, Topic
from ..core.registry import TwinRegistry
from .disclosed import exact_metrics, is_disclosed
from .sources import metric_label

RECORDER: Final = "recorder"
PURGE: Final = "purge_entities"
# What the ids of all statistics of the integration begin with.
OWN: Final = f"{DOMAIN}:"
NOON: Final = time(12)
NO_METRICS: Final = frozenset[str]()


def statistic_id(person_id: str, metric: str) -> str:
    """Return the id of the statistic of a metric of a person."""
    return f"{_prefix(person_id)}{metric}"


def _prefix(person_id: str) -> str:
    return f"{OWN}{person_id.replace('-', '')}_"


def has_statistics(hass: HomeAssistant) -> bool:
    """Return whether the recorder is set up."""
    return RECORDER in hass.config.components


@callback
def async_write_days(
    hass: HomeAssistant,
    person: Person,
    metric: Metric,
    values: Mapping[int, float],
    extremes: Mapping[int, tuple[float, float]] | None = None,
) -> None:
    """Write values (in the unit of the metric) by day (an ordinal), if there is a recorder.

    `extremes` are minimum and maximum of days; without them they are the value itself.
    """
    if not has_statistics(hass) or not values:
        return
    converter = STATISTIC_UNIT_TO_UNIT_CONVERTER.get(metric.unit)
    metadata = StatisticMetaData(
        mean_type=StatisticMeanType.ARITHMETIC,
        has_sum=False,
        name=f"{person.name}: {metric_label(hass, metric.key, metric)}",
        source=DOMAIN,
        statistic_id=statistic_id(person.person_id, metric.key),
        unit_class=converter.UNIT_CLASS if converter else None,
        unit_of_measurement=metric.unit,
    )
    known = extremes or {}
    rows = [
        StatisticData(start=_noon_of(day), mean=value, min=low, max=high)
        for day, value in sorted(values.items())
        for low, high in (known.get(day, (value, value)),)
    ]
    async_add_external_statistics(hass, metadata, rows)


def _noon_of(day: int) -> datetime:
    """Return noon of a day (an ordinal) in Home Assistant's zone, cut to the full hour in UTC."""
    noon = datetime.combine(date.fromordinal(day), NOON, dt_util.get_default_time_zone())
    return noon.astimezone(UTC).replace(minute=0, second=0)


@callback
def async_clear_metrics(hass: HomeAssistant, person_id: str, metrics: Iterable[str]) -> None:
    """Delete the statistics of metrics of a person, if there is a recorder."""
    if has_statistics(hass):
        ids = [statistic_id(person_id, metric) for metric in metrics]
        get_instance(hass).async_clear_statistics(ids)


async def async_clear_statistics(
    hass: HomeAssistant, person_ids: Iterable[str] | None = None
) -> None:
    """Delete all statistics of the given persons, with None those of everybody."""
    prefixes = (OWN,) if person_ids is None else tuple(map(_prefix, person_ids))
    if prefixes:
        await _async_clear_listed(hass, lambda key: key.startswith(prefixes))


async def _async_list(hass: HomeAssistant, ids: set[str] | None = None) -> list[dict[str, Any]]:
    """List statistics, also those that are still in the queue of the recorder."""
    await get_instance(hass).async_block_till_done()
    return await async_list_statistic_ids(hass, ids)


async def _async_clear_listed(hass: HomeAssistant, is_cleared: Callable[[str], bool]) -> None:
    if not has_statistics(hass):
        return
    listed = await _async_list(hass)
    if found := [key for known in listed if is_cleared(key := known["statistic_id"])]:
        get_instance(hass).async_clear_statistics(found)


async def async_forget_entities(
    hass: HomeAssistant, is_forgotten: Callable[[HealthEntity], bool] | None = None
) -> None:
    """Delete recorded states, and short- and long-term statistics of health entities (None: all).

    It is chosen when the entities that are removed just now are gone.
    """
    if not has_statistics(hass):
        return
    recorder = get_instance(hass)
    # States that are still in the queue of the recorder are deleted, too.
    await recorder.async_block_till_done()
    known = health_entities(hass)
    ids = [each.entity_id for each in known if is_forgotten is None or is_forgotten(each)]
    if not ids:
        return
    recorder.async_clear_statistics(ids)
    if hass.services.has_service(RECORDER, PURGE):
        await hass.services.async_call(
            RECORDER, PURGE, {"entity_id": ids, "keep_days": 0}, blocking=True
        )


HISTORIES_CHANGED: Final = Topic("person", None, HISTORIES)
PRIVACY: Final = tuple(Topic("person", None, name) for name in (ADDED, REMOVED, *DISCLOSED_BY))

# By person the metrics that the household may know exactly.
type ExactMetrics = Mapping[str, frozenset[str]]


class StatisticsExporter:
    """Writes the days that ended and the late readings of earlier days.

    What the household may not know exactly has no statistics: they are cleared when the person
    chooses so and at each start, and written anew from the histories when the person chooses
    otherwise. What the recorder keeps of entities that the household may not see any more, or of a
    deleted person, is deleted at the same moments, so that what a crash interrupts is finished at
    the next start.
    """

    def __init__(self, hass: HomeAssistant, registry: TwinRegistry, feed: ChangeFeed) -> None:
        self._hass = hass
        self._registry = registry
        self._feed = feed
        self._exact: ExactMetrics = {}
        # Writes and clears run in the order of their causes: a late write would undo a clear.
        self._lock = asyncio.Lock()

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Run until the returned function is called."""
        self._exact = self._exact_metrics()
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
        """Finish what a crash may have interrupted, and write the last day of each metric.

        The day may have ended while Home Assistant was off.
        """
        await self._async_clear(self._registry.deletions.expired_persons)
        await self._async_clear_metrics(
            {key: self._metrics_of(key) - exact for key, exact in self._exact.items()}
        )
        lost = self._lost()
        if lost is not None:
            await self._async_clear_unknown(lost)
        known = self._registry.persons.keys() | self._registry.deletions.of("person").keys()
        await self._async_forget_entities(
            lambda person_id: person_id in known or (lost is not None and person_id not in lost)
        )
        for person_id, exact in self._exact.items():
            past = self._past_days(person_id, exact).items()
            await self._async_write(person_id, {key: (max(days),) for key, days in past if days})
        await self._async_take_over()

    def _lost(self) -> set[str] | None:
        """Return the twins that have entities and no record; None if that cannot be said.

        What belongs to a record that is damaged or missing is kept: it may be mended.
        """
        if self._registry.damaged("person"):
            return None
        entities = er.async_get(self._hass).entities.values()
        ids = {each.unique_id[:UUID_LENGTH] for each in entities if each.platform == DOMAIN}
        return ids - self._registry.persons.keys()

    async def _async_clear_unknown(self, lost: Collection[str]) -> None:
        """Delete statistics of people who are gone, unless they can be brought back with them."""
        deleted = self._registry.deletions.of("person").items()
        back = {key for key, document in deleted if document.get("health_entities", True)}
        kept = tuple(map(_prefix, {*self._registry.persons, *back, *lost}))
        async with self._lock:
            await _async_clear_listed(
                self._hass, lambda key: key.startswith(OWN) and not key.startswith(kept)
            )

    async def _async_take_over(self) -> None:
        """Delete the statistics that sensors of metrics had in older versions.

        Before that all days of the histories are written, so that none is lost.
        """
        if not has_statistics(self._hass):
            return
        metrics = {each.entity_id: each for each in health_entities(self._hass) if each.is_metric}
        if not metrics:
            return
        listed = await _async_list(self._hass, set(metrics))
        found = [key for known in listed if (key := known["statistic_id"]) in metrics]
        for person_id in {metrics[key].person_id for key in found} & self._exact.keys():
            await self._async_write(person_id, self._past_days(person_id, self._exact[person_id]))
        if found:
            get_instance(self._hass).async_clear_statistics(found)

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
        self, person: Person, changes: Iterable[DayChange], older: Mapping[str, Mapping[int, float]]
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
                # The recorder does not list statistics yet that are still in its queue.
                async_clear_metrics(self._hass, person_id, self._metrics_of(person_id))
            await async_clear_statistics(self._hass, person_ids)

    async def _async_clear_metrics(self, metrics: ExactMetrics) -> None:
        async with self._lock:
            for person_id, several in metrics.items():
                if several:
                    async_clear_metrics(self._hass, person_id, several)

    async def _async_forget_entities(self, is_concerned: Callable[[str], bool]) -> None:
        """Delete what the recorder keeps of entities of people that nobody may see at present."""

        def is_forgotten(each: HealthEntity) -> bool:
            person = self._registry.persons.get(each.person_id)
            is_seen = person is not None and is_disclosed(person, each.key)
            return is_concerned(each.person_id) and not is_seen

        async with self._lock:
            await async_forget_entities(self._hass, is_forgotten)

    @callback
    def _privacy_changed(self, changes: Iterable[Change] = ()) -> None:
        before, self._exact = self._exact, self._exact_metrics()
        persons = self._registry.persons
        gone = {key: metrics - self._exact.get(key, NO_METRICS) for key, metrics in before.items()}
        if hidden := {key: metrics for key, metrics in gone.items() if metrics and key in persons}:
            self._start(self._async_clear_metrics(hidden))
        touched = {each.twin_id for each in changes if ADDED not in each.fields}
        touched |= before.keys() - persons.keys()
        if touched:
            self._start(self._async_forget_entities(touched.__contains__))
        for person_id, metrics in self._exact.items():
            if new := metrics - before.get(person_id, NO_METRICS):
                self._start(self._async_write(person_id, self._past_days(person_id, new)))

    def _metrics_of(self, person_id: str) -> frozenset[str]:
        return frozenset((*self._registry.catalogue, *self._registry.histories(person_id)))

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
        extremes = {
            day: (round(spread.low, metric.precision + 2), round(spread.high, metric.precision + 2))
            for day in values
            if (spread := history.spread(day)) is not None
        }
        self._write_values(person_id, key, values, extremes)

    def _write_values(
        self,
        person_id: str,
        key: str,
        values: Mapping[int, float],
        extremes: Mapping[int, tuple[float, float]] | None = None,
    ) -> None:
        """Write values by day (an ordinal), unless nobody may see them by now."""
        person = self._registry.persons.get(person_id)
        if person is not None and exact_metrics(person, (key,)):
            metric = self._registry.catalogue[key]
            async_write_days(self._hass, person, metric, values, extremes)

    def _past_days(self, person_id: str, metrics: frozenset[str]) -> dict[str, list[int]]:
        """Return the days of the histories of some metrics that are over."""
        today = self._today(self._registry.persons[person_id])
        return {
            metric: [day for day in history.days if day < today]
            for metric, history in self._registry.histories(person_id).items()
            if metric in metrics
        }

    def _exact_metrics(self) -> ExactMetrics:
        return {
            key: exact_metrics(person, self._metrics_of(key))
            for key, person in self._registry.persons.items()
        }

    def _today(self, person: Person) -> int:
        return self._registry.person_days(person).day_of(dt_util.utcnow()).toordinal()
