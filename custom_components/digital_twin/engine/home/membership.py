"""Selects the areas, devices and entities that belong to a home, by its scope."""

from collections.abc import Iterable, Mapping
from itertools import chain

from homeassistant.helpers import area_registry as ar, entity_registry as er

from ...twin.home.environment import QUANTITIES
from ...twin.home.home import Home, Scope
from ...twin.home.operational import CauseKind
from ...twin.people.person import Person
from .plan import (
    HOME_PLACE,
    AreaPlan,
    DevicePlan,
    HomePlan,
    Meters,
    PlaceKey,
    PlacePlan,
    ResidentPlan,
    SignalPlan,
)
from .registries import DeviceDetail, RegistryDevice, RegistryEntity, RegistrySnapshot


def plan_home(
    home: Home,
    snapshot: RegistrySnapshot,
    persons: Mapping[str, Person],
    meters: Mapping[str, Meters],
    registry: er.EntityRegistry,
) -> HomePlan:
    """Select everything that belongs to a home; `meters` are those of the Energy settings."""
    scope = ScopeRule(home.scope, snapshot.areas, snapshot.devices)
    members = [entity for entity in snapshot.entities.values() if scope.contains(entity)]
    areas = _areas(scope, snapshot, members)
    own_meters = _own_meters(scope, snapshot, meters)
    devices = _devices(scope, snapshot, members)
    alarms = {
        entity.entity_id: SignalPlan(entity.role.alarm, entity)
        for entity in members
        if entity.role.alarm
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
    entry_ids = chain(
        (plan.device.entry_id for plan in devices.values()),
        (entity.entry_id for entity in members if entity.entry_id),
    )
    sources = [found for area in areas.values() for found in area.sources.items()]
    return HomePlan(
        home=home,
        zone=er.async_resolve_entity_id(registry, home.zone) if home.zone else None,
        areas=areas,
        places=_places(home, snapshot.floors, areas, own_meters),
        meters=own_meters,
        devices=devices,
        alarms=alarms,
        lively={
            entity_id: SignalPlan(CauseKind.STALE_SENSOR, snapshot.entities[entity_id])
            for quantity, entity_ids in sources
            if QUANTITIES[quantity].lively
            for entity_id in entity_ids
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
            (resident.entity_id for resident in residents if resident.entity_id),
        ),
        urgent=frozenset(
            entity_id for entity_id, alarm in alarms.items() if alarm.kind is not CauseKind.PROBLEM
        ),
    )


class ScopeRule:
    """The scope of one home, prepared for tests of thousands of entities and devices."""

    def __init__(
        self, scope: Scope, areas: Mapping[str, ar.AreaEntry], devices: Mapping[str, RegistryDevice]
    ) -> None:
        self.whole = not (scope.floors or scope.areas or scope.labels)
        self.outdoor = frozenset(scope.outdoor_areas)
        self._labels = frozenset(scope.labels)
        self._excluded_labels = frozenset(scope.excluded_labels)
        self._excluded_entities = frozenset(scope.excluded_entities)
        excluded = frozenset(scope.excluded_devices)
        self._excluded_devices = frozenset(
            device.device_id
            for device in devices.values()
            if device.device_id in excluded or device.parent_id in excluded
        )
        self._excluded_areas = frozenset(scope.excluded_areas).union(
            area.id for area in areas.values() if self._excluded_labels & area.labels
        )
        self.areas = frozenset(
            area.id
            for area in areas.values()
            if self.whole
            or area.id in scope.areas
            or area.floor_id in scope.floors
            or self._labels & area.labels
        ).difference(self._excluded_areas)
        self._excludes_nothing = not (
            self._excluded_areas
            or self._excluded_labels
            or self._excluded_entities
            or self._excluded_devices
        )

    def excludes(self, entity: RegistryEntity) -> bool:
        """Return whether an entity is excluded: by itself, its device, its area or a label."""
        if self._excludes_nothing:
            return False
        return (
            entity.entity_id in self._excluded_entities
            or entity.registry_id in self._excluded_entities
            or entity.device_id in self._excluded_devices
            or entity.area_id in self._excluded_areas
            or bool(self._excluded_labels & entity.labels)
        )

    def contains(self, entity: RegistryEntity) -> bool:
        """Return whether an entity belongs to the home."""
        return self._selects(entity.area_id, entity.labels) and not self.excludes(entity)

    def excludes_device(self, device: RegistryDevice) -> bool:
        """Return whether a device is excluded: by itself, its area or a label."""
        return (
            device.device_id in self._excluded_devices
            or device.area_id in self._excluded_areas
            or bool(self._excluded_labels & device.labels)
        )

    def contains_device(self, device: RegistryDevice) -> bool:
        """Return whether a device belongs to the home by its own area or labels."""
        return self._selects(device.area_id, device.labels) and not self.excludes_device(device)

    def _selects(self, area_id: str | None, labels: frozenset[str]) -> bool:
        return self.whole or area_id in self.areas or bool(self._labels & labels)


def _resident(home: Home, person: Person, registry: er.EntityRegistry) -> ResidentPlan:
    followed, location = person.person_entity, person.current_location_id
    return ResidentPlan(
        person_id=person.person_id,
        name=person.name,
        entity_id=er.async_resolve_entity_id(registry, followed) if followed else None,
        is_home=None if followed or location is None else location == home.home_id,
    )


def _areas(
    scope: ScopeRule, snapshot: RegistrySnapshot, members: Iterable[RegistryEntity]
) -> dict[str, AreaPlan]:
    sources: dict[str, dict[str, list[str]]] = {area_id: {} for area_id in scope.areas}
    for entity in members:
        quantity, area_id = entity.role.quantity, entity.area_id
        if quantity and area_id and area_id in snapshot.areas and QUANTITIES[quantity].by_area:
            sources.setdefault(area_id, {}).setdefault(quantity, []).append(entity.entity_id)
    for area_id, by_quantity in sources.items():
        area = snapshot.areas[area_id]
        for quantity, entity_id in (
            ("temperature", area.temperature_entity_id),
            ("humidity", area.humidity_entity_id),
        ):
            chosen = snapshot.entities.get(entity_id) if entity_id else None
            if chosen and chosen.role.quantity == quantity and not scope.excludes(chosen):
                by_quantity[quantity] = [chosen.entity_id]
    return {
        area_id: AreaPlan(
            area_id=area_id,
            name=snapshot.areas[area_id].name,
            floor_id=snapshot.areas[area_id].floor_id,
            outdoor=area_id in scope.outdoor,
            sources={quantity: tuple(found) for quantity, found in by_quantity.items()},
        )
        for area_id, by_quantity in sources.items()
    }


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
                one for one in quantities if not area.outdoor or QUANTITIES[one].summed
            )
        if not area.outdoor:
            of_home |= {one for one in quantities if not QUANTITIES[one].metered}
    for floor_id, found in by_floor.items():
        key = PlaceKey("floor", floor_id)
        places[key] = PlacePlan(
            key, floors[floor_id], floor_id, outdoor=False, quantities=frozenset(found)
        )
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
    visible: dict[str, list[str]] = {device_id: [] for device_id in chosen}
    details: dict[str, dict[DeviceDetail, list[RegistryEntity]]] = {}
    for entity in snapshot.entities.values():
        device = chosen.get(entity.device_id or "")
        if device is None or scope.excludes(entity):
            continue
        # Helpers of other integrations are put on devices, too: the sum of a meter remains
        # available when the meter is not.
        if entity.visible and entity.entry_id in {None, device.entry_id}:
            visible[device.device_id].append(entity.entity_id)
            if device.parent_id in chosen:
                # A device is available as long as one of its parts is.
                visible[device.parent_id].append(entity.entity_id)
        if entity.role.detail:
            by_detail = details.setdefault(device.device_id, {})
            by_detail.setdefault(entity.role.detail, []).append(entity)
    return {
        device_id: _device_plan(device, snapshot, visible[device_id], details.get(device_id, {}))
        for device_id, device in chosen.items()
    }


def _device_plan(
    device: RegistryDevice,
    snapshot: RegistrySnapshot,
    visible: Iterable[str],
    details: Mapping[DeviceDetail, Iterable[RegistryEntity]],
) -> DevicePlan:
    area = snapshot.areas.get(device.area_id) if device.area_id else None
    batteries = details.get(DeviceDetail.BATTERY, ())
    battery_flags = details.get(DeviceDetail.BATTERY_FLAG, ())
    labelled: dict[str, set[str]] = {}
    for entity in chain(batteries, battery_flags):
        for label in entity.labels - device.labels:
            labelled.setdefault(label, set()).add(entity.entity_id)
    return DevicePlan(
        device=device,
        area=area.name if area else None,
        entities=tuple(visible),
        batteries=tuple(entity.entity_id for entity in batteries),
        battery_flags=tuple(entity.entity_id for entity in battery_flags),
        updates=tuple(entity.entity_id for entity in details.get(DeviceDetail.UPDATE, ())),
        labelled={label: frozenset(found) for label, found in labelled.items()},
    )
