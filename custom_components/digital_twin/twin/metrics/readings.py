"""Readings of health metrics, and their input."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import partial

from ..catalogue import CATALOGUE, Metric
from ..errors import refuse, without_values
from ..records.fields import Context
from ..records.limits import Limits, limits_of, with_null
from ..records.moments import moment, past_moment
from ..records.naming import short_text
from ..records.object_reader import FaultCollector, ObjectReader
from ..records.parsers import number, truth
from ..values import PlainJson
from .units import check_range, convert, metric_of

MANUAL = "manual"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """One measurement: a value in the canonical unit of its metric.

    `measured_at` is in UTC; `source` says who or what measured (an entity id, an app, `manual`).
    What a person's twin holds of a daily total is the total of its day. What comes in is an amount
    that adds to it, or with `running` what the source counted so far on that day.
    """

    value: float
    unit: str
    measured_at: datetime
    source: str
    # Input mode only: not stored, not compared.
    running: bool = field(default=False, compare=False)


READING = Limits(
    type="object",
    parts={
        "value": limits_of(number),
        "unit": Limits(type="string"),
        "measured_at": limits_of(past_moment),
        "source": limits_of(short_text),
        "total": limits_of(truth),
    },
    required=("value",),
)
READINGS = Limits(type="object", others=Limits(any_of=(limits_of(number), with_null(READING))))


@without_values()
def parse_reading(
    metric_key: object,
    raw: object,
    *,
    now: datetime,
    measured_at: datetime | None = None,
    source: str | None = None,
    zone: tzinfo | None = None,
    catalogue: Mapping[str, Metric] = CATALOGUE,
) -> Reading:
    """Parse one reading: a number in the canonical unit, or an object.

    Of its parts `value`, `unit`, `measured_at`, `source` and `total` only the first is required.
    `total` says that the value is the running total of the day rather than an amount that adds to
    it; it has no meaning for levels. `measured_at` (ISO 8601) is by default that of the argument
    (aware), else `now`; without an offset it is local in `zone`, and refused without a zone.
    `source` is by default that of the argument, else `manual`.

    Raises `TwinError` with every fault, each field relative to the reading: `unknown_metric`,
    `unknown_field`, `required_field`, `wrong_type`, `unknown_unit`, `out_of_range`,
    `invalid_time`, `future_time` (more than five minutes ahead), `too_long`, `unprintable`.
    """
    metric = metric_of(metric_key, catalogue)
    context = Context(now=now, today=now.date())
    # Where only a number was sent, its fault is that of the reading itself.
    at = "value" if isinstance(raw, Mapping) else ""
    parts: Mapping[object, object] = raw if isinstance(raw, Mapping) else {"value": raw}
    form = ObjectReader(parts, context)
    form.only(("value", "unit", "measured_at", "source", "total"))
    value = form.take("", partial(_canonical, metric, parts, at), 0.0)
    time = form.optional("measured_at", partial(past_moment, zone=zone), measured_at or now)
    origin = form.optional("source", short_text, source or MANUAL)
    running = form.optional("total", truth, absent=False)
    form.raise_faults()
    return Reading(
        value=value,
        unit=metric.unit,
        measured_at=time.astimezone(UTC),
        source=origin,
        running=running and metric.adds_up,
    )


def _canonical(metric: Metric, parts: Mapping[object, object], at: str) -> float:
    if parts.get("value") is None:
        raise refuse("required_field", at)
    value = convert(metric, parts["value"], parts.get("unit"), at=at)
    check_range(metric, value, at=at)
    return value


@without_values()
def parse_readings(
    raw: object,
    *,
    now: datetime,
    stored: bool = False,
    measured_at: datetime | None = None,
    source: str | None = None,
    zone: tzinfo | None = None,
    catalogue: Mapping[str, Metric] = CATALOGUE,
) -> dict[str, Reading]:
    """Parse an object of readings by metric; see `parse_reading` for what each may be.

    `stored` readings were judged when they were written: they are only read.

    Raises one `TwinError` with the faults of all readings, at `weight`, `weight.unit` and so on.
    """
    if not isinstance(raw, Mapping):
        raise refuse("wrong_type", "", value=raw, expected="object")

    def parse(key: object, item: object) -> Reading:
        if stored:
            return reading_from_document(item, now=now)
        return parse_reading(
            key,
            item,
            now=now,
            measured_at=measured_at,
            source=source,
            zone=zone,
            catalogue=catalogue,
        )

    collector = FaultCollector()
    found = {
        str(key): collector.take(str(key), partial(parse, key, item), None)
        for key, item in raw.items()
    }
    collector.raise_faults()
    return {key: reading for key, reading in found.items() if reading is not None}


def newer(old: Reading | None, new: Reading) -> Reading:
    """Return the reading that counts from now on.

    A late reading never replaces a newer one, and the same reading twice is one: the very object
    `old` comes back. Of two that differ at the same time the later word, `new`, is a correction.
    """
    if old is None or (new.measured_at >= old.measured_at and new != old):
        return new
    return old


def reading_document(reading: Reading) -> dict[str, PlainJson]:
    """Write a reading as it stands in documents."""
    return {
        "value": reading.value,
        "unit": reading.unit,
        "measured_at": reading.measured_at.isoformat(),
        "source": reading.source,
    }


def readings_document(readings: Mapping[str, Reading]) -> dict[str, PlainJson]:
    """Write the readings of a person by metric."""
    return {key: reading_document(reading) for key, reading in readings.items()}


@without_values()
def reading_from_document(raw: object, *, now: datetime) -> Reading:
    """Read a reading that `reading_document` wrote.

    Neither its range nor its time is judged again: the catalogue may have changed since, and a
    clock may have been set back. Raises `TwinError` when it is damaged.
    """
    form = ObjectReader(raw, Context(now=now, today=now.date(), stored=True))
    reading = Reading(
        value=form.required("value", number, 0.0),
        unit=form.required("unit", short_text, ""),
        measured_at=form.required("measured_at", moment, now),
        source=form.required("source", short_text, ""),
    )
    form.raise_faults()
    return reading
