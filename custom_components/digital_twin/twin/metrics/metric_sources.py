"""Which entities a person's metrics are read from, the first one that answers first."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from ..catalogue import Metric
from ..errors import fault, refuse
from ..records.fields import Context
from ..records.limits import Limits, limited, limits_of, list_limits, with_null
from ..records.naming import short_text
from ..records.object_reader import FaultCollector, ObjectReader
from ..values import Json, PlainJson
from .units import accepted_unit, metric_of

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
    """Patch an object whose members are one fact each: replaced whole, or removed with null."""
    kept = {key: member for key, member in present.items() if key not in patch}
    new = {key: member for key, member in patch.items() if member is not None}
    return MappingProxyType({**kept, **new})


def _sources(key: object, items: object, context: Context) -> tuple[MetricSource, ...]:
    # What was stored stays when the household's metric is gone; it may come back.
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
