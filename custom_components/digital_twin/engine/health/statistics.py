"""Writes daily values of people into Home Assistant's long-term statistics.

Each metric of a person is an external statistic with one row per day that is over, at noon of its
date in the time zone of Home Assistant. So the row is shown on its date, wherever the person is
and whenever their day begins, and stays the same row when either changes. Home Assistant does not
compile external statistics itself: rows of the past can be written at any time, and writing a row
again changes nothing. Mean, minimum and maximum of a row are the value of the day. A daily total
has no running sum, since each late reading would have to rewrite it.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from typing import Final

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
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ...const import DOMAIN
from ...twin.catalogue import Metric
from ...twin.people.person import Person
from .view import metric_label

RECORDER: Final = "recorder"
NOON: Final = time(12)


def statistic_id(person_id: str, metric: str) -> str:
    """Return the id of the statistic of a metric of a person."""
    return f"{_prefix(person_id)}{metric}"


def _prefix(person_id: str) -> str:
    return f"{DOMAIN}:{person_id.replace('-', '')}_"


def has_statistics(hass: HomeAssistant) -> bool:
    """Tell whether the recorder is set up."""
    return RECORDER in hass.config.components


@callback
def async_write_days(
    hass: HomeAssistant,
    person: Person,
    metric: Metric,
    values: Mapping[int, float],
) -> None:
    """Write values (in the unit of the metric) by day (an ordinal), if there is a recorder."""
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
    rows = [
        StatisticData(start=_noon_of(day), mean=value, min=value, max=value)
        for day, value in sorted(values.items())
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
    if not has_statistics(hass):
        return
    prefixes = (f"{DOMAIN}:",) if person_ids is None else tuple(map(_prefix, person_ids))
    if not prefixes:
        return
    found = [
        known["statistic_id"]
        for known in await async_list_statistic_ids(hass)
        if known["statistic_id"].startswith(prefixes)
    ]
    if found:
        get_instance(hass).async_clear_statistics(found)
