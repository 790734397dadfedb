"""Which of the registries' areas, devices and entities make up one home, and as what."""

from collections.abc import Iterable, Mapping
from itertools import chain

from homeassistant.helpers import entity_registry as er

from ...twin.home.environment import QUANTITIES
from ...twin.home.home import Home
from ...twin.home.occupancy import EvidenceKind
from ...twin.home.operational import CauseKind
from ...twin.people.person import Person
from .plan import (
    HOME_PLACE,
    AreaPlan,
    DevicePlan,
    HomePlan,
    Meters,
    Place,
    PlaceKey,
    ResidentPlan,
    WitnessPlan,
)
from .scope import ScopeRule
from .snapshot import DeviceItem, Item, Part, Snapshot


def plan_home(
    home: Home,
    snapshot: Snapshot,
    persons: Mapping[str, Person],
    meters: Mapping[str, Meters],
    registry: er.EntityRegistry,
) -> HomePlan:
    """Select what belongs to a home."""
    rule = ScopeRule(home.scope, snapshot.areas, snapshot.devices)
    taken = [item for item in snapshot.items.values() if rule.takes(item)]
    areas = _areas(rule, snapshot, taken)
    own_meters = _own_meters(rule, snapshot, meters)
    devices = _devices(rule, snapshot, taken)
    alarms = {item.entity_id: _witness(item, item.role.alarm) for item in taken if item.role.alarm}
    presence = {
        item.entity_id: _witness(item, item.role.presence)
        for item in taken
        # Who passes through the garden is not in the house.
        if item.role.presence and item.area_id not in rule.outdoor
    }
    residents = tuple(
        _resident(home, persons[person_id], registry)
        for person_id in home.residents
        if person_id in persons
    )
    served = chain(
        (device.entry_id for device in devices.values()),
        (item.entry_id for item in taken if item.entry_id),
    )
    return HomePlan(
        home=home,
        zone=er.async_resolve_entity_id(registry, home.zone) if home.zone else None,
        areas=areas,
        places=_places(home, snapshot.floors, areas, own_meters),
        meters=own_meters,
        devices=devices,
        alarms=alarms,
        lively={
            entity_id: _witness(snapshot.items[entity_id], CauseKind.STALE_SENSOR)
            for area in areas.values()
            for quantity, entity_ids in area.sources.items()
            if QUANTITIES[quantity].lively
            for entity_id in entity_ids
        },
        presence=presence,
        residents=residents,
        entries=None if rule.whole else frozenset(served),
        watched=frozenset(
            chain(
                chain.from_iterable(
                    chain.from_iterable(area.sources.values()) for area in areas.values()
                ),
                (entity_id for found in own_meters.values() for entity_id, _ in found),
                chain.from_iterable(
                    chain(device.entities, device.batteries, device.battery_flags, device.updates)
                    for device in devices.values()
                ),
                alarms,
                presence,
                (resident.entity_id for resident in residents if resident.entity_id),
            )
        ),
        urgent=frozenset(
            entity_id for entity_id, alarm in alarms.items() if alarm.kind is not CauseKind.PROBLEM
        ),
    )


def _witness[KindT: (CauseKind, EvidenceKind)](item: Item, kind: KindT) -> WitnessPlan[KindT]:
    return WitnessPlan(
        kind=kind,
        entity_id=item.entity_id,
        device_id=item.device_id,
        area_id=item.area_id,
        labels=item.labels,
    )


def _resident(home: Home, person: Person, registry: er.EntityRegistry) -> ResidentPlan:
    followed = person.person_entity is not None
    location = person.current_location_id
    return ResidentPlan(
        person_id=person.person_id,
        name=person.name,
        entity_id=(
            er.async_resolve_entity_id(registry, person.person_entity)
            if person.person_entity
            else None
        ),
        lives_here=None if followed or location is None else location == home.home_id,
    )


def _areas(rule: ScopeRule, snapshot: Snapshot, taken: Iterable[Item]) -> dict[str, AreaPlan]:
    sources: dict[str, dict[str, list[str]]] = {area_id: {} for area_id in rule.areas}
    for item in taken:
        quantity, area_id = item.role.quantity, item.area_id
        if quantity and area_id and area_id in snapshot.areas and QUANTITIES[quantity].by_area:
            sources.setdefault(area_id, {}).setdefault(quantity, []).append(item.entity_id)
    for area_id, found_by_quantity in sources.items():
        area = snapshot.areas[area_id]
        for quantity, entity_id in (
            ("temperature", area.temperature_entity_id),
            ("humidity", area.humidity_entity_id),
        ):
            registered = snapshot.items.get(entity_id) if entity_id else None
            if (
                registered
                and registered.role.quantity == quantity
                and not rule.excludes(registered)
            ):
                found_by_quantity[quantity] = [registered.entity_id]
    return {
        area_id: AreaPlan(
            area_id=area_id,
            name=snapshot.areas[area_id].name,
            floor_id=snapshot.areas[area_id].floor_id,
            outdoor=area_id in rule.outdoor,
            sources={quantity: tuple(found) for quantity, found in by_quantity.items()},
        )
        for area_id, by_quantity in sources.items()
    }


def _own_meters(
    rule: ScopeRule, snapshot: Snapshot, meters: Mapping[str, Meters]
) -> dict[str, Meters]:
    """Return the meters of this home; a sum that lacks one of them would be no sum."""
    return {
        quantity: found
        for quantity, found in meters.items()
        if all(
            (item := snapshot.items.get(entity_id)) is not None and rule.takes(item)
            for entity_id, _ in found
        )
    }


def _places(
    home: Home,
    floors: Mapping[str, str],
    areas: Mapping[str, AreaPlan],
    meters: Mapping[str, Meters],
) -> dict[PlaceKey, Place]:
    places = {}
    on_floors: dict[str, set[str]] = {}
    at_home = set(meters)
    for area in areas.values():
        key = PlaceKey("area", area.area_id)
        quantities = frozenset(area.sources)
        places[key] = Place(key, area.name, area.floor_id, area.outdoor, quantities)
        if area.floor_id and area.floor_id in floors:
            on_floors.setdefault(area.floor_id, set()).update(
                one for one in quantities if not area.outdoor or QUANTITIES[one].summed
            )
        if not area.outdoor:
            at_home |= {one for one in quantities if not QUANTITIES[one].metered}
    for floor_id, found in on_floors.items():
        key = PlaceKey("floor", floor_id)
        places[key] = Place(
            key, floors[floor_id], floor_id, outdoor=False, quantities=frozenset(found)
        )
    places[HOME_PLACE] = Place(
        HOME_PLACE, home.name, None, outdoor=False, quantities=frozenset(at_home)
    )
    return places


def _devices(rule: ScopeRule, snapshot: Snapshot, taken: Iterable[Item]) -> dict[str, DevicePlan]:
    reached = {item.device_id for item in taken if item.device_id}
    chosen = {
        device_id: device
        for device_id, device in snapshot.devices.items()
        if not device.service
        and (
            rule.takes_device(device)
            # A device without a place of its own is where its entities were put.
            or (
                device.area_id is None and device_id in reached and not rule.excludes_device(device)
            )
        )
    }
    visible: dict[str | None, list[str]] = {device_id: [] for device_id in chosen}
    parts: dict[tuple[str | None, Part], list[Item]] = {}
    for item in snapshot.items.values():
        if item.device_id not in chosen or rule.excludes(item):
            continue
        device = chosen[item.device_id]
        # Helpers are put on devices, too. The sum of a meter stays when the meter is gone.
        if item.visible and item.entry_id in {None, device.entry_id}:
            visible[device.device_id].append(item.entity_id)
            parent_id = device.parent_id
            if parent_id in chosen:
                # A device answers as long as one of its parts does.
                visible[parent_id].append(item.entity_id)
        if item.role.part:
            parts.setdefault((item.device_id, item.role.part), []).append(item)
    return {
        device_id: _device_plan(
            device,
            snapshot,
            visible[device_id],
            {part: parts.get((device_id, part), ()) for part in Part},
        )
        for device_id, device in chosen.items()
    }


def _device_plan(
    device: DeviceItem,
    snapshot: Snapshot,
    visible: Iterable[str],
    parts: Mapping[Part, Iterable[Item]],
) -> DevicePlan:
    area = snapshot.areas.get(device.area_id) if device.area_id else None
    ids = {part: tuple(item.entity_id for item in found) for part, found in parts.items()}
    labelled: dict[str, set[str]] = {}
    for item in chain(parts[Part.BATTERY], parts[Part.BATTERY_FLAG]):
        for label in item.labels - device.labels:
            labelled.setdefault(label, set()).add(item.entity_id)
    return DevicePlan(
        device_id=device.device_id,
        name=device.name,
        manufacturer=device.manufacturer,
        model=device.model,
        firmware=device.firmware,
        area_id=device.area_id,
        area=area.name if area else None,
        hub_id=device.hub_id,
        entry_id=device.entry_id,
        labels=device.labels,
        entities=tuple(visible),
        batteries=ids[Part.BATTERY],
        battery_flags=ids[Part.BATTERY_FLAG],
        updates=ids[Part.UPDATE],
        labelled={label: frozenset(found) for label, found in labelled.items()},
    )
