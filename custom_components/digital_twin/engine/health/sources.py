"""Parses the value of a metric from the state of a linked entity."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from math import isfinite
from typing import Final, NamedTuple

from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.const import (
    ATTR_UNIT_OF_MEASUREMENT,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
    Platform,
)
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.translation import async_get_cached_translations
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_system import US_CUSTOMARY_SYSTEM

from ...const import DOMAIN, option_path
from ...twin.catalogue import Metric
from ...twin.enums import ContextEffect
from ...twin.errors import Fault, TwinError, refuse
from ...twin.metrics.health import MetricView, PersonHealth
from ...twin.metrics.person import Person
from ...twin.metrics.readings import MetricSource, Reading
from ...twin.metrics.recording import QuickAmount
from ...twin.metrics.units import check_range, convert, convert_unit
from ...twin.records.contexts import days_within
from ...twin.records.fields import SECOND, PersonDay
from ..core.entity_ids import current_entity_id, own_entity_id
from ..core.registry import TwinRegistry

# Above, a number is milliseconds; seconds between 2000 and 2100 are a time.
MILLISECONDS_FROM: Final = 100_000_000_000
EARLIEST: Final = 946_684_800
LATEST: Final = 4_102_444_800
NO_VALUE = (STATE_UNAVAILABLE, STATE_UNKNOWN, None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """The reading of an entity's present state, or the reason why there is none."""

    reading: Reading | None
    problem: Fault | None


@callback
def preview_source(hass: HomeAssistant, metric: Metric, source: MetricSource) -> Preview:
    """Read a source in its present state; the problem is one of those of `read_entity`."""
    try:
        reading, _ = read_entity(hass, metric, source)
    except TwinError as error:
        return Preview(reading=None, problem=error.faults[0])
    return Preview(reading=reading, problem=None)


@callback
def read_entity(hass: HomeAssistant, metric: Metric, source: MetricSource) -> tuple[Reading, State]:
    """Return the reading of a source as of when its entity was last written, and the state.

    Raises `TwinError`: `entity_missing`, `own_entity`, or what `read_source` raises.
    """
    entity_id = current_entity_id(hass, source.entity)
    state = hass.states.get(entity_id) if entity_id else None
    if entity_id and is_own(hass, entity_id):
        raise refuse("own_entity", "entity", value=entity_id)
    if state is None:
        raise refuse("entity_missing", "entity", value=entity_id or source.entity)
    return read_source(metric, source, state, state.last_reported), state


@callback
def is_own(hass: HomeAssistant, entity_id: str) -> bool:
    """Return whether an entity is one of this integration: linking it would make a loop."""
    entry = er.async_get(hass).async_get(entity_id)
    return entry is not None and entry.platform == DOMAIN


def source_name(entity_id: str, source: MetricSource) -> str:
    """Return the `source` of the readings that are read from a source."""
    return f"{entity_id}.{source.attribute}" if source.attribute else entity_id


def read_source(
    metric: Metric, source: MetricSource, state: State, measured_at: datetime
) -> Reading:
    """Read a metric from a state; that of a daily total is taken for its running total.

    Raises `TwinError`: `entity_unavailable`, `not_numeric`, `unknown_unit`, `out_of_range`.
    """
    raw = state.state if source.attribute is None else state.attributes.get(source.attribute)
    if state.state in NO_VALUE or raw in NO_VALUE:
        raise refuse("entity_unavailable", "entity", value=state.entity_id)
    unit = source.unit
    if unit is None and source.attribute is None:
        unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    value = convert(metric, _number(raw, state), unit or None)
    check_range(metric, value)
    return Reading(
        value=value,
        unit=metric.unit,
        measured_at=measured_at,
        source=source_name(state.entity_id, source),
        running=metric.sums,
    )


# Attributes in which integrations say when a value was measured, most exact first.
MEASURED: Final = (
    "measured_at",
    "last_measured",
    "last_measured_at",
    "last_measurement",
    "last_measurement_time",
    "measurement_time",
    "measurement_date",
    "date_measured",
    "recorded_at",
    "last_reading",
    "reading_time",
    "end_time",
    "end_date",
    "timestamp",
    "datetime",
    "date",
)
# Entities that are written only when somebody enters a value, or something happens.
ENTERED: Final = ("input_number",)
HAPPENS: Final = "event"


class Measured(NamedTuple):
    """When an entity says that it measured: as it says it, and in UTC where it can be read."""

    mark: str
    at: datetime | None


def measured(source: MetricSource, state: State, days: PersonDay) -> Measured | None:
    """Return when the value of a state was measured, if the entity says so.

    An event says it by its state. A date alone stands for the end of that day of the person, the
    present one for the time of the state.
    """
    if source.attribute is not None and state.domain == HAPPENS:
        return Measured(state.state, dt_util.parse_datetime(state.state))
    names = (name for name in MEASURED if name != source.attribute)
    raw = next((each for name in names if (each := state.attributes.get(name))), None)
    if raw is None or isinstance(raw, bool):
        return None
    return Measured(str(raw), _time(raw, state, days))


def _time(raw: object, state: State, days: PersonDay) -> datetime | None:
    """Return the time (UTC) in an attribute: text, date, or seconds or milliseconds since 1970."""
    if isinstance(raw, (int, float)):
        seconds = raw / 1000 if raw > MILLISECONDS_FROM else raw
        return dt_util.utc_from_timestamp(seconds) if EARLIEST < seconds < LATEST else None
    if isinstance(raw, datetime):
        found: datetime | None = raw
    else:
        text = raw.isoformat() if isinstance(raw, date) else str(raw)
        day = dt_util.parse_date(text) if len(text) == len("2026-01-01") else None
        if day is not None:
            over = days.end_of(day) - SECOND
            return min(over, state.last_updated)
        found = dt_util.parse_datetime(text)
    if found is None:
        return None
    return dt_util.as_utc(found if found.tzinfo else found.replace(tzinfo=days.zone))


def _number(raw: object, state: State) -> float:
    """Return the finite number in a state or an attribute; a boolean is none.

    A text must be ASCII without underscores: `float` also reads `1_0` and digits of other scripts.
    """
    is_odd = isinstance(raw, bool) or (isinstance(raw, str) and (not raw.isascii() or "_" in raw))
    if isinstance(raw, (str, int, float)) and not is_odd:
        with suppress(ValueError, OverflowError):
            value = float(raw)
            if isfinite(value):
                return value
    raise refuse("not_numeric", "entity", value=state.entity_id)


@callback
def shown_unit(hass: HomeAssistant, person: Person, metric: Metric) -> str:
    """Return the unit in which the sensor of a metric shows its value.

    Without a sensor (of a private person) it is the one that it would have.
    """
    entity_id = own_entity_id(hass, person.person_id, Platform.SENSOR, metric.key)
    state = hass.states.get(entity_id) if entity_id else None
    shown = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT) if state else None
    if shown in metric.units:
        return str(shown)
    us_customary = hass.config.units is US_CUSTOMARY_SYSTEM
    suggested = (metric.suggested_unit_us if us_customary else None) or metric.suggested_unit
    if metric.device_class == SensorDeviceClass.TEMPERATURE:
        suggested = hass.config.units.temperature_unit
    elif suggested is None and metric.device_class is not None:
        suggested = hass.config.units.get_converted_unit(metric.device_class, metric.unit)
    return suggested if suggested in metric.units else metric.unit


@callback
def shown_amount(
    hass: HomeAssistant, person: Person, view: MetricView | None, decimals: int = 0
) -> QuickAmount | None:
    """Return the present value of a metric in the unit in which its sensor shows it.

    It is rounded to so many `decimals` more than are displayed; None if it is unknown.
    """
    if view is None or view.value is None:
        return None
    unit = shown_unit(hass, person, view.metric)
    value = convert_unit(view.value, view.metric.unit, unit)
    decimals += view.metric.precision
    return QuickAmount(round(value, decimals) if decimals else round(value), unit)


@callback
def person_health(
    registry: TwinRegistry, person: Person, now: datetime | None = None
) -> PersonHealth:
    """Return the health of a person at a time (aware), by default now.

    The result refers to the live histories: do not keep it beyond the callback.
    """
    days, now = registry.person_days(person), now or dt_util.utcnow()
    return PersonHealth(
        person=person,
        days=days,
        histories=registry.histories(person.person_id),
        catalogue=registry.catalogue,
        now=now,
        left_out=days_within(
            person, registry.effects[ContextEffect.BASELINES], days, days.day_of(now)
        ),
    )


@callback
def metric_label(hass: HomeAssistant, key: str, metric: Metric | None) -> str:
    """Return the name of a metric: the household's own one, else that in Home Assistant's language.

    The key stands in for a metric that was removed or has no translation.
    """
    if metric is not None and metric.name is not None:
        return metric.name
    texts = async_get_cached_translations(hass, hass.config.language, "selector", DOMAIN)
    return texts.get(option_path("metric", key)) or key.replace("_", " ")
