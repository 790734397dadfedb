"""The Home twin: the record of one physical home, and the thresholds of the rules for homes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from types import MappingProxyType
from typing import Any, Self

from ..enums import HomeContext
from ..errors import Fault, fault, refuse
from ..records.context_effects import (
    DEFAULT_EFFECTS,
    EFFECTS_OPTION,
    Effects,
    effects_from_options,
)
from ..records.contexts import (
    ContextPeriod,
    Moment,
    context_faults,
    context_fields,
    derived_context,
    with_context,
)
from ..records.fields import Context, FaultCollector, Field, Kind, ObjectReader, table
from ..records.limits import Limits, limited, limits_of
from ..records.parsers import json_object, kept, point, text, texts, twin_id, twin_ids
from ..values import Json, PlainJson, merge_patch, thaw_object


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """Which part of Home Assistant belongs to a home.

    Without floors, areas and labels it is everything. All are registry ids. Outdoor areas take
    part in the inventory, not in indoor means.
    """

    floors: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    excluded_areas: tuple[str, ...] = ()
    excluded_devices: tuple[str, ...] = ()
    excluded_entities: tuple[str, ...] = ()
    excluded_labels: tuple[str, ...] = ()
    outdoor_areas: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether it covers everything but what is excluded."""
        return not (self.floors or self.areas or self.labels)


SCOPE_PARTS = tuple(part.name for part in fields(Scope))
WHOLE = Scope()


@dataclass(frozen=True, kw_only=True, slots=True)
class Home:
    """A home, as S04 describes it, with its zone, its residents and its scope.

    `location_coordinates` is a GeoJSON Point; None means that of the zone. `zone` is the registry
    id of a zone, or its entity id where it has no entry. `residents` are Person twins.
    `context` and its times are those of `records/contexts.py`.
    """

    home_id: str
    name: str
    address: Mapping[str, Json] | None
    location_coordinates: Mapping[str, Json] | None
    zone: str | None
    residents: tuple[str, ...]
    scope: Scope
    context: HomeContext = HomeContext.USUAL
    context_since: Moment | None = None
    context_until: Moment | None = None
    past_contexts: tuple[ContextPeriod, ...] = ()
    revision: int
    last_updated: datetime


@limited(Limits(type="object", parts=dict.fromkeys(SCOPE_PARTS, limits_of(texts))))
def _scope(value: object, context: Context) -> Scope:
    if not isinstance(value, Mapping):
        raise refuse("wrong_type", "", value=value, expected="object")
    reader = ObjectReader(value, context)
    reader.only(SCOPE_PARTS)
    parts: dict[str, tuple[str, ...]] = {
        name: reader.take(name, partial(texts, value[name], context), ())
        for name in SCOPE_PARTS
        if name in value
    }
    reader.raise_faults()
    return Scope(**parts)


def _merge_scope(present: Mapping[str, Json], patch: Mapping[str, Json]) -> Mapping[str, Json]:
    """Merge a patch; unknown parts are kept, also as null, so that the parser refuses them."""
    unknown = {name: part for name, part in patch.items() if name not in SCOPE_PARTS}
    return {**merge_patch(present, patch), **unknown}


def _render_scope(scope: Scope) -> PlainJson:
    return {name: list(part) for name in SCOPE_PARTS if (part := getattr(scope, name))}


def _check(home: Home, written: frozenset[str]) -> Iterable[Fault]:
    return context_faults(home, written)


def _derive(before: Home | None, after: Home, context: Context) -> Home:
    return derived_context(before, after, context.days_of(None), context.now)


HOME = Kind(
    name="home",
    record=Home,
    id_field="home_id",
    fields=table(
        Field("home_id", twin_id, required=True, read_only=True),
        Field("name", text(255), required=True),
        Field("address", json_object(16 * 1024, 4), render=thaw_object, merge=merge_patch),
        Field("location_coordinates", point, render=thaw_object),
        Field("zone", text(255)),
        Field("residents", twin_ids, render=list, default=()),
        Field("scope", _scope, render=_render_scope, default=WHOLE, merge=_merge_scope),
        *context_fields(HomeContext),
        *kept(),
    ),
    derived=frozenset(
        {
            "environmental_data",
            "device_inventory",
            "occupancy_status",
            "operational_status",
            "paused",
        }
    ),
    check=_check,
    derive=_derive,
    complete=with_context,
)


class ThresholdUnit(StrEnum):
    """The unit of a threshold."""

    MINUTES = "min"
    HOURS = "h"
    PERCENT = "%"


DURATIONS = {ThresholdUnit.MINUTES: timedelta(minutes=1), ThresholdUnit.HOURS: timedelta(hours=1)}


@dataclass(frozen=True, slots=True)
class Bound:
    """The default and the inclusive range of a threshold."""

    default: float
    minimum: float
    maximum: float
    unit: ThresholdUnit


BOUNDS: Mapping[str, Bound] = MappingProxyType(
    {
        "offline_grace": Bound(15, 1, 1440, ThresholdUnit.MINUTES),
        "startup_grace": Bound(5, 0, 60, ThresholdUnit.MINUTES),
        "flap_window": Bound(60, 0, 1440, ThresholdUnit.MINUTES),
        "low_battery": Bound(20, 1, 99, ThresholdUnit.PERCENT),
        "stale_time": Bound(24, 1, 720, ThresholdUnit.HOURS),
        "hold_time": Bound(10, 0, 240, ThresholdUnit.MINUTES),
        "vacancy_time": Bound(24, 1, 720, ThresholdUnit.HOURS),
    }
)
LABELS = ("ignore_label", "critical_label", "may_be_off_label")
IGNORED_DEVICES = "ignored_devices"
MAY_BE_OFF_DEVICES = "may_be_off_devices"
DEVICE_LISTS = (IGNORED_DEVICES, MAY_BE_OFF_DEVICES)


@dataclass(frozen=True, kw_only=True, slots=True)
class Thresholds:
    """The thresholds in use.

    `offline_grace`: the time for which a device must be unavailable to be offline.
    `startup_grace`: the time after the start of Home Assistant in which no status is derived.
    `flap_window`: the time after a return in which another outage continues the same cause.
    `low_battery`: the level (per cent) at and below which a battery is low.
    `stale_time`: the time without a report after which a climate sensor is stale.
    `hold_time`: the time for which a presence sensor counts as evidence after it went off.
    `vacancy_time`: the time after the departure of the last resident until the home is vacant.
    `ignore_label`, `critical_label`: label ids of entities and devices whose faults are no causes,
    or always alerts.
    `ignored_devices`: ids of devices whose faults are no causes.
    `may_be_off_label`, `may_be_off_devices`: those whose outages are no causes, besides the kinds
    that are switched off as a matter of course.
    `effects`: what the contexts of people and homes pause.
    """

    offline_grace: timedelta
    startup_grace: timedelta
    flap_window: timedelta
    low_battery: float
    stale_time: timedelta
    hold_time: timedelta
    vacancy_time: timedelta
    ignore_label: str | None = None
    critical_label: str | None = None
    ignored_devices: frozenset[str] = frozenset()
    may_be_off_label: str | None = None
    may_be_off_devices: frozenset[str] = frozenset()
    effects: Effects = DEFAULT_EFFECTS

    @classmethod
    def from_options(cls, options: Mapping[str, object]) -> Self:
        """Read options: numbers in the units of `BOUNDS`, label ids and device ids.

        Missing ones have their defaults; others are ignored. Raises `TwinError` with every fault.
        """
        values: dict[str, Any] = {}
        collector = FaultCollector()
        for name, bound in BOUNDS.items():
            read = partial(_number, options.get(name, bound.default), bound)
            number = collector.take(name, read, bound.default)
            unit = DURATIONS.get(bound.unit)
            values[name] = number if unit is None else number * unit
        for name in LABELS:
            label = options.get(name)
            values[name] = label or None
            if not isinstance(label, str | None):
                collector.add(fault("wrong_type", name, value=label, expected="text"))
        for name in DEVICE_LISTS:
            devices = options.get(name, ())
            if not isinstance(devices, list | tuple):
                collector.add(fault("wrong_type", name, value=devices, expected="list"))
                devices = ()
            values[name] = frozenset(map(str, devices))
        collector.raise_faults()
        chosen = options.get(EFFECTS_OPTION)
        values["effects"] = effects_from_options(chosen if isinstance(chosen, Mapping) else {})
        return cls(**values)


def _number(value: object, bound: Bound) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refuse("wrong_type", "", value=value, expected="number")
    if not bound.minimum <= value <= bound.maximum:
        raise refuse("out_of_range", "", value=value, minimum=bound.minimum, maximum=bound.maximum)
    return value
