"""Selects the sensors whose values are those of the areas and floors of a home."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from homeassistant.helpers import area_registry as ar

from ...twin.home.conditions import QUANTITIES
from ...twin.home.home import Scope
from ...twin.home.kinds import LeftOut, is_phase, is_total
from .plan import AreaPlan, EnergyPlan, PlaceKey, RegistryDevice, RegistryEntity, RegistrySnapshot
from .roles import ROOM_DEVICE_DOMAINS

# A device with one main meter and at least so many others has phases or sockets.
MIN_PARTS = 2


class ScopeRule:
    """The scope of one home, prepared for tests of thousands of entities and devices."""

    def __init__(
        self, scope: Scope, areas: Mapping[str, ar.AreaEntry], devices: Mapping[str, RegistryDevice]
    ) -> None:
        self.whole = scope.is_whole
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


def is_unplaced(entity: RegistryEntity) -> bool:
    """Return whether an entity is a thermometer of a room that nobody named."""
    role = entity.role
    return (
        "temperature" in role.quantities
        and role.left_out is None
        and entity.area_id is None
        and entity.registry_id is not None
    )


def area_plans(
    scope: ScopeRule,
    snapshot: RegistrySnapshot,
    members: Iterable[RegistryEntity],
    rule: SumRule,
) -> dict[str, AreaPlan]:
    """Return the areas of a home with the sensors that count; `members` are its entities."""
    found: dict[str, dict[str, list[RegistryEntity]]] = {area_id: {} for area_id in scope.areas}
    for entity in members:
        area_id = entity.area_id
        if not entity.role.quantities or not area_id or area_id not in snapshot.areas:
            continue
        for quantity in entity.role.quantities:
            if QUANTITIES[quantity].by_area:
                found.setdefault(area_id, {}).setdefault(quantity, []).append(entity)
    return {
        area_id: _area(scope, snapshot, snapshot.areas[area_id], by_quantity, rule)
        for area_id, by_quantity in found.items()
    }


def _area(
    scope: ScopeRule,
    snapshot: RegistrySnapshot,
    area: ar.AreaEntry,
    by_quantity: Mapping[str, Sequence[RegistryEntity]],
    rule: SumRule,
) -> AreaPlan:
    outdoor = area.id in scope.outdoor
    registered = {
        "temperature": area.temperature_entity_id,
        "humidity": area.humidity_entity_id,
    }
    sources: dict[str, tuple[str, ...]] = {}
    left_out: dict[str, dict[str, LeftOut]] = {}
    doubtful: dict[str, tuple[str, ...]] = {}
    for quantity in by_quantity.keys() | {key for key, ref in registered.items() if ref}:
        entities = by_quantity.get(quantity, ())
        chosen = snapshot.entities.get(registered.get(quantity) or "")
        if chosen and quantity in chosen.role.quantities and not scope.excludes(chosen):
            sources[quantity] = (chosen.entity_id,)
            continue
        reasons = rule.left_out(quantity, entities, outdoor=outdoor)
        counted = [entity for entity in entities if entity.entity_id not in reasons]
        counted = _without_doubles(counted)
        if counted:
            sources[quantity] = tuple(entity.entity_id for entity in counted)
        if reasons:
            left_out[quantity] = reasons
        if QUANTITIES[quantity].summed and (parts := _maybe_parts(counted)):
            doubtful[quantity] = parts
    return AreaPlan(
        area_id=area.id,
        name=area.name,
        floor_id=area.floor_id,
        outdoor=outdoor,
        sources=sources,
        left_out=left_out,
        doubtful=doubtful,
    )


def _without_doubles(entities: Sequence[RegistryEntity]) -> list[RegistryEntity]:
    """Drop the thermostats whose device has a sensor of its own for the same value."""
    with_sensor = {
        entity.device_id for entity in entities if entity.domain not in ROOM_DEVICE_DOMAINS
    } - {None}
    return [
        entity
        for entity in entities
        if entity.domain not in ROOM_DEVICE_DOMAINS or entity.device_id not in with_sensor
    ]


def _maybe_parts(entities: Iterable[RegistryEntity]) -> tuple[str, ...]:
    """Return the meters that share a device: one of them may be the sum of the others."""
    by_device: dict[str, list[str]] = {}
    for entity in entities:
        if entity.device_id:
            by_device.setdefault(entity.device_id, []).append(entity.entity_id)
    return tuple(chain.from_iterable(found for found in by_device.values() if len(found) > 1))


class SumRule:
    """Decides which sensors count, so that no whole is added to its parts."""

    def __init__(self, snapshot: RegistrySnapshot, energy: EnergyPlan) -> None:
        self._groups = snapshot.groups
        self._devices = snapshot.devices
        self._mains = energy.mains
        self._wholes = energy.wholes

    def left_out(
        self, quantity: str, entities: Sequence[RegistryEntity], *, outdoor: bool = False
    ) -> dict[str, LeftOut]:
        """Return why sensors do not count, by entity id; the others count together."""
        reasons: dict[str, LeftOut] = {}
        for entity in entities:
            why = entity.role.left_out
            # Outdoors the air outside is that of the area.
            if why is not None and not (outdoor and why is LeftOut.OUTDOOR_AIR):
                reasons[entity.entity_id] = why
        if self._groups:
            present = {entity.entity_id for entity in entities}
            for entity_id in present & self._groups.keys():
                if (self._groups[entity_id] - {entity_id}) & present:
                    reasons.setdefault(entity_id, LeftOut.GROUP)
        if QUANTITIES[quantity].summed:
            self._drop_wholes(
                [entity for entity in entities if entity.entity_id not in reasons], reasons
            )
        return reasons

    def _drop_wholes(self, entities: Sequence[RegistryEntity], reasons: dict[str, LeftOut]) -> None:
        present = {entity.entity_id for entity in entities}
        mains = present & self._mains
        if mains != present:
            reasons |= dict.fromkeys(mains, LeftOut.METER)
            present -= mains
        for entity_id in present & self._wholes.keys():
            if self._wholes[entity_id] in present:
                reasons[entity_id] = LeftOut.PART
        by_thing: dict[str, list[RegistryEntity]] = {}
        for entity in entities:
            if entity.device_id and entity.entity_id not in reasons:
                by_thing.setdefault(self._root(entity.device_id), []).append(entity)
        for root, group in by_thing.items():
            if len(group) > 1:
                reasons |= dict.fromkeys(_phases(root, group), LeftOut.PART)

    def _root(self, device_id: str) -> str:
        device = self._devices.get(device_id)
        return (device.parent_id or device.thing_id) if device else device_id


def _phases(root: str, group: Sequence[RegistryEntity]) -> list[str]:
    """Return the meters of one device that are parts of another one of it."""
    totals = {entity.entity_id for entity in group if is_total(entity.names)}
    if not totals:
        totals = {
            entity.entity_id
            for entity in group
            if entity.device_id == root and not is_phase(entity.names)
        }
        parts = len(group) - len(totals)
        # One main value beside several phases or sockets; anything else is not clear.
        if len(totals) != 1 or parts < MIN_PARTS:
            return []
        whole_is_clear = all(
            is_phase(entity.names) or entity.device_id != root
            for entity in group
            if entity.entity_id not in totals
        )
        if not whole_is_clear:
            return []
    return [entity.entity_id for entity in group if entity.entity_id not in totals]


def floor_sources_of(
    areas: Mapping[str, AreaPlan], snapshot: RegistrySnapshot, rule: SumRule
) -> dict[PlaceKey, dict[str, tuple[str, ...]]]:
    """Return the sensors of each floor for the quantities that are summed."""
    candidates: dict[PlaceKey, dict[str, list[RegistryEntity]]] = {}
    for area in areas.values():
        if not area.floor_id or area.floor_id not in snapshot.floors:
            continue
        by_quantity = candidates.setdefault(PlaceKey("floor", area.floor_id), {})
        for quantity, entity_ids in area.sources.items():
            if QUANTITIES[quantity].summed:
                found = by_quantity.setdefault(quantity, [])
                found += [snapshot.entities[entity_id] for entity_id in entity_ids]
    return {
        key: {
            quantity: tuple(
                entity.entity_id for entity in entities if entity.entity_id not in reasons
            )
            for quantity, entities in by_quantity.items()
            for reasons in (rule.left_out(quantity, entities),)
        }
        for key, by_quantity in candidates.items()
    }
