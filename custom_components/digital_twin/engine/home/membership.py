"""Selects the areas, devices and entities that belong to a home, by its scope."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from homeassistant.components.device_tracker.const import DOMAIN as DEVICE_TRACKER_DOMAIN
from homeassistant.helpers import entity_registry as er

from ...twin.home.conditions import QUANTITIES
from ...twin.home.home import Home
from ...twin.home.kinds import is_charged_by_its_owner, may_be_off
from ...twin.home.operational import CauseKind
from ...twin.metrics.person import Person
from .area_sources import ScopeRule, SumRule, area_plans, floor_sources_of, is_unplaced
from .plan import (
    HOME_PLACE,
    AreaPlan,
    DevicePlan,
    EnergyPlan,
    HomePlan,
    Meters,
    PlaceKey,
    PlacePlan,
    RegistryDevice,
    RegistryEntity,
    RegistrySnapshot,
    ResidentPlan,
    SignalPlan,
)
from .roles import ROOM_DEVICE_DOMAINS, DeviceDetail


def plan_home(
    home: Home,
    snapshot: RegistrySnapshot,
    persons: Mapping[str, Person],
    energy: EnergyPlan,
    registry: er.EntityRegistry,
) -> HomePlan:
    """Select everything that belongs to a home; `energy` is taken from the Energy settings."""
    scope = ScopeRule(home.scope, snapshot.areas, snapshot.devices)
    members = [entity for entity in snapshot.entities.values() if scope.contains(entity)]
    rule = SumRule(snapshot, energy)
    areas = area_plans(scope, snapshot, members, rule)
    floor_sources = floor_sources_of(areas, snapshot, rule)
    own_meters = _own_meters(scope, snapshot, energy.meters)
    devices = _devices(scope, snapshot, members)
    alarms = {
        entity.entity_id: SignalPlan(entity.role.alarm, entity)
        for entity in members
        if entity.role.alarm
        # Outdoors things get wet.
        and not (entity.role.alarm is CauseKind.MOISTURE and entity.area_id in scope.outdoor)
    }
    presence = {
        entity.entity_id: SignalPlan(entity.role.presence, entity)
        for entity in members
        # Motion outdoors is no evidence of presence.
        if entity.role.presence and entity.area_id not in scope.outdoor
    }
    residents = tuple(
        _resident(home, persons[person_id], registry)
        for person_id in home.residents
        if person_id in persons
    )
    unread = frozenset(
        entity.entity_id
        for entity in members
        if entity.domain in ROOM_DEVICE_DOMAINS and not entity.role.quantities
    )
    entry_ids = chain(
        (plan.device.entry_id for plan in devices.values()),
        (entity.entry_id for entity in members if entity.entry_id),
    )
    sources = [found for area in areas.values() for found in area.sources.items()]
    return HomePlan(
        home=home,
        zone=er.async_resolve_entity_id(registry, home.zone) if home.zone else None,
        areas=areas,
        places=_places(home, snapshot.floors, areas, own_meters, floor_sources),
        floor_sources=floor_sources,
        things={ref: plan.device_id for plan in devices.values() for ref in plan.ids},
        unplaced=tuple(entity for entity in members if is_unplaced(entity)),
        unread=unread,
        meters=own_meters,
        devices=devices,
        alarms=alarms,
        lively={
            entity_id: SignalPlan(CauseKind.STALE_SENSOR, snapshot.entities[entity_id])
            for quantity, entity_ids in sources
            if QUANTITIES[quantity].lively
            for entity_id in entity_ids
            # A thermostat reports only when something changes.
            if snapshot.entities[entity_id].domain not in ROOM_DEVICE_DOMAINS
        },
        presence=presence,
        residents=residents,
        entries=None if scope.whole else frozenset(entry_ids),
        watched=frozenset().union(
            *(entity_ids for _, entity_ids in sources),
            (entity_id for found in own_meters.values() for entity_id, _ in found),
            *(
                chain(plan.entities, plan.batteries, plan.battery_flags, plan.updates)
                for plan in devices.values()
            ),
            alarms,
            presence,
            unread,
            (resident.entity_id for resident in residents if resident.entity_id),
        ),
        urgent=frozenset(
            entity_id for entity_id, alarm in alarms.items() if alarm.kind is not CauseKind.PROBLEM
        ),
    )


def _resident(home: Home, person: Person, registry: er.EntityRegistry) -> ResidentPlan:
    followed, location = person.person_entity, person.current_location_id
    return ResidentPlan(
        person_id=person.person_id,
        name=person.name,
        entity_id=er.async_resolve_entity_id(registry, followed) if followed else None,
        is_home=None if followed or location is None else location == home.home_id,
    )


def _own_meters(
    scope: ScopeRule, snapshot: RegistrySnapshot, meters: Mapping[str, Meters]
) -> dict[str, Meters]:
    """Return the meters of the quantities of which all meters belong to this home."""
    return {
        quantity: found
        for quantity, found in meters.items()
        if all(
            (entity := snapshot.entities.get(entity_id)) is not None and scope.contains(entity)
            for entity_id, _ in found
        )
    }


def _places(
    home: Home,
    floors: Mapping[str, str],
    areas: Mapping[str, AreaPlan],
    meters: Mapping[str, Meters],
    floor_sources: Mapping[PlaceKey, Mapping[str, object]],
) -> dict[PlaceKey, PlacePlan]:
    places = {}
    by_floor: dict[str, set[str]] = {}
    of_home = set(meters)
    for area in areas.values():
        key = PlaceKey("area", area.area_id)
        quantities = frozenset(area.sources)
        places[key] = PlacePlan(key, area.name, area.floor_id, area.outdoor, quantities)
        if area.floor_id and area.floor_id in floors:
            by_floor.setdefault(area.floor_id, set()).update(
                one for one in quantities if not area.outdoor and not QUANTITIES[one].summed
            )
        if not area.outdoor:
            of_home |= {one for one in quantities if not QUANTITIES[one].metered}
    for floor_id, found in by_floor.items():
        key = PlaceKey("floor", floor_id)
        measured = frozenset(found.union(floor_sources.get(key, ())))
        places[key] = PlacePlan(key, floors[floor_id], floor_id, outdoor=False, quantities=measured)
    places[HOME_PLACE] = PlacePlan(
        HOME_PLACE, home.name, None, outdoor=False, quantities=frozenset(of_home)
    )
    return places


def _devices(
    scope: ScopeRule, snapshot: RegistrySnapshot, members: Iterable[RegistryEntity]
) -> dict[str, DevicePlan]:
    with_members = {entity.device_id for entity in members if entity.device_id}
    chosen = {
        device_id: device
        for device_id, device in snapshot.devices.items()
        if not device.service
        and (
            scope.contains_device(device)
            # A device without an area belongs to the home of its entities.
            or (
                device.area_id is None
                and device_id in with_members
                and not scope.excludes_device(device)
            )
        )
    }
    entities: dict[str, list[RegistryEntity]] = {device_id: [] for device_id in chosen}
    for entity in snapshot.entities.values():
        if entity.device_id in entities and not scope.excludes(entity):
            entities[entity.device_id].append(entity)
    things: dict[str, list[RegistryDevice]] = {}
    for device in chosen.values():
        things.setdefault(device.thing_id, []).append(device)
    leaders = {
        half.device_id: leader.device_id
        for halves in things.values()
        for leader in (_leader(halves, entities),)
        for half in halves
    }
    children: dict[str, list[RegistryDevice]] = {}
    for device in chosen.values():
        if device.parent_id in chosen:
            children.setdefault(leaders[device.parent_id], []).append(device)
    return {
        leader: _device_plan(
            chosen[leader], (halves, children.get(leader, ())), snapshot, entities, leaders
        )
        for halves in things.values()
        for leader in (leaders[halves[0].device_id],)
    }


def _leader(
    halves: Sequence[RegistryDevice], entities: Mapping[str, Sequence[RegistryEntity]]
) -> RegistryDevice:
    """Return the device that stands for a thing: the one with most to control or to measure."""
    if len(halves) == 1:
        return halves[0]
    return max(
        halves,
        key=lambda device: (
            not _is_tracked(entities[device.device_id]),
            sum(entity.visible for entity in entities[device.device_id]),
        ),
    )


def _is_tracked(entities: Iterable[RegistryEntity]) -> bool:
    """Return whether a device is what a router knows of a thing in its network."""
    return any(entity.domain == DEVICE_TRACKER_DOMAIN for entity in entities)


def _device_plan(
    device: RegistryDevice,
    parts: tuple[Sequence[RegistryDevice], Iterable[RegistryDevice]],
    snapshot: RegistrySnapshot,
    entities: Mapping[str, Sequence[RegistryEntity]],
    leaders: Mapping[str, str],
) -> DevicePlan:
    halves, children = parts
    # The router's view of a thing remains available when the thing is not.
    speaking = [half for half in halves if not _is_tracked(entities[half.device_id])] or halves
    visible = [
        entity
        # A device is available as long as one of its parts is.
        for one in (*speaking, *children)
        for entity in entities[one.device_id]
        # Helpers of other integrations are put on devices, too: the sum of a meter remains
        # available when the meter is not.
        if entity.visible and entity.entry_id in {None, one.entry_id}
    ]
    own = [entity for half in halves for entity in entities[half.device_id]]
    details: dict[DeviceDetail, list[RegistryEntity]] = {}
    for entity in own:
        if entity.role.detail:
            details.setdefault(entity.role.detail, []).append(entity)
    labels = frozenset().union(*(half.labels for half in halves))
    area_id = next((half.area_id for half in (device, *halves) if half.area_id), None)
    area = snapshot.areas.get(area_id) if area_id else None
    hub_ids = (leaders.get(half.hub_id or "", half.hub_id) for half in (device, *halves))
    hub_id = next((hub for hub in hub_ids if hub and hub != device.device_id), None)
    labelled: dict[str, set[str]] = {}
    for entity in own:
        for label in entity.labels - labels:
            labelled.setdefault(label, set()).add(entity.entity_id)
    whole = device
    if (area_id, hub_id, labels) != (device.area_id, device.hub_id, device.labels):
        whole = replace(device, area_id=area_id, hub_id=hub_id, labels=labels)
    names = [text for half in halves for text in (half.name, half.model)]
    return DevicePlan(
        device=whole,
        area=area.name if area else None,
        entities=tuple(entity.entity_id for entity in visible),
        batteries=_ids_of(details.get(DeviceDetail.BATTERY, ())),
        battery_flags=_ids_of(details.get(DeviceDetail.BATTERY_FLAG, ())),
        updates=_ids_of(details.get(DeviceDetail.UPDATE, ())),
        labelled={label: frozenset(found) for label, found in labelled.items()},
        main=frozenset(entity.entity_id for entity in visible if entity.primary),
        ids=tuple(half.device_id for half in halves),
        part_of=leaders.get(device.parent_id or ""),
        rechargeable=DeviceDetail.CHARGING in details
        or any(is_charged_by_its_owner(half.integration, names) for half in halves),
        may_be_off=any(may_be_off(half.integration, names) for half in halves),
    )


def _ids_of(entities: Iterable[RegistryEntity]) -> tuple[str, ...]:
    return tuple(entity.entity_id for entity in entities)
