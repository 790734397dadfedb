"""Readings of health metrics, and their input."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import partial
from types import MappingProxyType

from ..catalogue import CATALOGUE, Metric
from ..errors import fault, refuse, without_values
from ..records.fields import Context, FaultCollector, ObjectReader
from ..records.limits import Limits, limited, limits_of, list_limits, with_null
from ..records.naming import short_text
from ..records.parsers import instant, number, past_instant, truth
from ..values import Json, PlainJson
from .units import accepted_unit, check_range, convert, metric_of

MANUAL = "manual"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """One measurement: a value in the canonical unit of its metric.

    `measured_at` is in UTC; `source`: an entity id, an app or `manual`.
    In a record, the reading of a daily total is the total of its day. In input it is an amount to
    add or, with `running`, the running total of the source on that day.
    """

    value: float
    unit: str
    measured_at: datetime
    source: str
    # Input mode only: not stored, not compared.
    running: bool = field(default=False, compare=False)
    # The same: the counter showed this total when the day began, at `measured_at`.
    carried: bool = field(default=False, compare=False)


READING = Limits(
    type="object",
    parts={
        "value": limits_of(number),
        "unit": Limits(type="string"),
        "measured_at": limits_of(past_instant),
        "source": limits_of(short_text),
        "total": limits_of(truth),
    },
    required=("value",),
)
METRIC = Limits(type="string", format="metric")
NEW_READING = Limits(
    type="object",
    parts={"metric": METRIC, **with_null(READING).parts},
    required=("metric", "value"),
)
READING_EXAMPLES = [
    {"metric": "weight", "value": 71.4},
    {
        "metric": "hydration",
        "value": 8.5,
        "unit": "fl. oz.",
        "measured_at": "2026-03-01T08:30:00+01:00",
        "source": "bottle",
    },
]
READING_OR_NUMBER = Limits(any_of=(limits_of(number), with_null(READING)))
READINGS = Limits(type="object", others=READING_OR_NUMBER)


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
    time = form.optional("measured_at", partial(past_instant, zone=zone), measured_at or now)
    origin = form.optional("source", short_text, source or MANUAL)
    running = form.optional("total", truth, absent=False)
    form.raise_faults()
    return Reading(
        value=value,
        unit=metric.unit,
        measured_at=time.astimezone(UTC),
        source=origin,
        running=running and metric.sums,
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
    """Parse an object of readings by metric, each as in `parse_reading`.

    `stored` readings were validated when they were written.

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
    """Return the latest reading; `old` if `new` is older or equal.

    A different reading with the same time is a correction.
    """
    if old is None or (new.measured_at >= old.measured_at and new != old):
        return new
    return old


def reading_document(reading: Reading) -> dict[str, PlainJson]:
    """Return a reading as part of documents."""
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
        measured_at=form.required("measured_at", instant, now),
        source=form.required("source", short_text, ""),
    )
    form.raise_faults()
    return reading


MAX_SOURCES = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricSource:
    """One linked entity: its registry id, or its entity id where it has no entry.

    The value is that of `attribute`, of the state without one. `unit` is for entities that do not
    say their unit, or say a wrong one.
    """

    entity: str
    attribute: str | None = None
    unit: str | None = None


NONE: tuple[MetricSource, ...] = ()

type MetricSources = Mapping[str, tuple[MetricSource, ...]]

NO_SOURCES: MetricSources = MappingProxyType({})


SOURCE = Limits(
    type="object",
    parts={
        "entity": limits_of(short_text),
        "attribute": limits_of(short_text),
        "unit": limits_of(short_text),
    },
    required=("entity",),
)


@limited(
    Limits(
        type="object",
        others=list_limits(Limits(any_of=(limits_of(short_text), with_null(SOURCE))), MAX_SOURCES),
    )
)
def parse_metric_sources(raw: object, context: Context) -> MetricSources:
    """Parse `{metric: [source, ...]}`; a source is an entity or `{entity, attribute?, unit?}`.

    Raises `TwinError` with every fault, among them `unknown_metric`, `unknown_unit`, `duplicate`.
    """
    if not isinstance(raw, Mapping):
        raise refuse("wrong_type", "", value=raw, expected="object")
    collector = FaultCollector()
    found: dict[str, tuple[MetricSource, ...]] = {}
    for key, items in raw.items():
        sources = collector.take(str(key), partial(_sources, key, items, context), NONE)
        if sources:
            found[str(key)] = sources
    collector.raise_faults()
    return MappingProxyType(found)


def sources_document(sources: MetricSources) -> dict[str, PlainJson]:
    """Write the sources of a person by metric."""
    return {
        metric: [
            {"entity": each.entity, "attribute": each.attribute, "unit": each.unit}
            for each in several
        ]
        for metric, several in sources.items()
    }


def replace_members(present: Mapping[str, Json], patch: Mapping[str, Json]) -> Mapping[str, Json]:
    """Patch an object by members: each is replaced whole, or removed with null."""
    kept = {key: member for key, member in present.items() if key not in patch}
    new = {key: member for key, member in patch.items() if member is not None}
    return MappingProxyType({**kept, **new})


def _sources(key: object, items: object, context: Context) -> tuple[MetricSource, ...]:
    # The household's metric may have been removed; stored sources are kept.
    metric = None if context.stored else metric_of(key, context.catalogue)
    if not isinstance(items, (list, tuple)):
        raise refuse("wrong_type", "", value=items, expected="list")
    if len(items) > MAX_SOURCES:
        raise refuse("too_long", "", maximum=MAX_SOURCES)
    collector = FaultCollector()
    found: dict[tuple[str, str | None], MetricSource] = {}
    for index, item in enumerate(items):
        path = f"[{index}]"
        source = collector.take(path, partial(_source, item, metric, context), None)
        if source is None:
            continue
        place = (source.entity, source.attribute)
        if place in found:
            collector.add(fault("duplicate", f"{path}.entity", value=source.entity))
        found[place] = source
    collector.raise_faults()
    return tuple(found.values())


def _source(item: object, metric: Metric | None, context: Context) -> MetricSource:
    form = ObjectReader({"entity": item} if isinstance(item, str) else item, context)
    form.only(("entity", "attribute", "unit"))

    def unit(value: object, context: Context) -> str:
        return short_text(value, context) if metric is None else accepted_unit(metric, value)

    source = MetricSource(
        entity=form.required("entity", short_text, ""),
        attribute=form.optional("attribute", short_text, None),
        unit=form.optional("unit", unit, None),
    )
    form.raise_faults()
    return source
