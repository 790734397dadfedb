"""The Home twin: the record of one physical home."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from functools import partial

from ..errors import Fault, refuse
from ..records.fields import Context, Field, Kind, table
from ..records.limits import Limits, limited, limits_of
from ..records.object_reader import ObjectReader
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


SCOPE_PARTS = tuple(part.name for part in fields(Scope))
WHOLE = Scope()


@dataclass(frozen=True, kw_only=True, slots=True)
class Home:
    """A home, as S04 describes it, with its zone, its residents and its scope.

    `location_coordinates` is a GeoJSON Point; None means that of the zone. `zone` is the registry
    id of a zone, or its entity id where it has no entry. `residents` are Person twins.
    """

    home_id: str
    name: str
    address: Mapping[str, Json] | None
    location_coordinates: Mapping[str, Json] | None
    zone: str | None
    residents: tuple[str, ...]
    scope: Scope
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


def _check(_home: Home, _written: frozenset[str]) -> Iterable[Fault]:
    return ()


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
        *kept(),
    ),
    derived=frozenset(
        {"environmental_data", "device_inventory", "occupancy_status", "operational_status"}
    ),
    check=_check,
)
