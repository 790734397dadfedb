"""Reads the registries of Home Assistant, reduced to the facts that homes use, and follows them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from homeassistant.components.alarm_control_panel import DOMAIN as ALARM_DOMAIN
from homeassistant.components.binary_sensor import DOMAIN as BINARY_SENSOR_DOMAIN
from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN
from homeassistant.const import (
    ATTR_DEVICE_CLASS,
    ATTR_ENTITY_ID,
    ATTR_UNIT_OF_MEASUREMENT,
    EVENT_CORE_CONFIG_UPDATE,
)
from homeassistant.core import (
    CALLBACK_TYPE,
    Event,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
)
from homeassistant.helpers.event import async_track_state_added_domain

from .plan import RegistryDevice, RegistryEntity, RegistrySnapshot
from .roles import (
    NO_ROLE,
    ROOM_DEVICE_DOMAINS,
    EntityTraits,
    role_of,
    room_device_role,
)

NO_LABELS: frozenset[str] = frozenset()
# The options of helpers that combine sensors, and the attributes of those sensors.
_MEMBER_OPTIONS = ("entities", "entity_ids")
_MEMBER_ATTRIBUTES = (ATTR_ENTITY_ID, "entities")
# A changed icon or option of an entity makes no difference to a home.
_ENTITY_FIELDS = frozenset(
    {
        "area_id",
        "config_entry_id",
        "device_class",
        "device_id",
        "disabled_by",
        "entity_category",
        "entity_id",
        "hidden_by",
        "labels",
        "name",
        "original_device_class",
        "original_name",
        "translation_key",
        "unit_of_measurement",
    }
)


def read_registries(
    hass: HomeAssistant, own_entry_id: str, before: RegistrySnapshot
) -> RegistrySnapshot:
    """Read the registries once, for all homes.

    Deriving ten thousand entities takes 30 ms, so those whose sources are unchanged are taken from
    the snapshot before.
    """
    areas = {area.id: area for area in ar.async_get(hass).async_list_areas()}
    if areas != before.areas:
        before = RegistrySnapshot()
    devices: dict[str, RegistryDevice] = {}
    for device in _devices(hass, areas, own_entry_id):
        known = before.devices.get(device.device_id)
        # Sources are compared by identity.
        devices[device.device_id] = known if known == device else device
    sources = {
        entry.entity_id: (entry, devices.get(entry.device_id) if entry.device_id else None)
        for entry in er.async_get(hass).entities.values()
        if entry.disabled_by is None and entry.config_entry_id != own_entry_id
    }
    entities: dict[str, RegistryEntity] = {}
    known_sources, known_entities = before.sources, before.entities
    for entity_id, source in sources.items():
        known_entry, known_device = known_sources.get(entity_id, (None, None))
        entities[entity_id] = (
            known_entities[entity_id]
            if known_entry is source[0] and known_device is source[1]
            else _registered(*source, areas)
        )
        if source[0].domain in ROOM_DEVICE_DOMAINS:
            entities[entity_id] = _room_device(hass, entities[entity_id], before)
    entities |= {one.entity_id: one for one in _unregistered(hass)}
    groups = {
        entity.entity_id: members
        for entity in entities.values()
        if entity.role.quantities and (members := _members(hass, entity))
    }
    floors = {floor.floor_id: floor.name for floor in fr.async_get(hass).async_list_floors()}
    return RegistrySnapshot(areas, floors, devices, entities, sources, groups)


def _room_device(
    hass: HomeAssistant, entity: RegistryEntity, before: RegistrySnapshot
) -> RegistryEntity:
    if not (entity.visible and entity.primary):
        return entity
    known = before.entities.get(entity.entity_id)
    role = room_device_role(hass.states.get(entity.entity_id), known.role if known else NO_ROLE)
    # Plans are compared: an equal entity stays the same.
    return known if known and known.role == role else entity._replace(role=role)


def _members(hass: HomeAssistant, entity: RegistryEntity) -> frozenset[str]:
    """Return the entities that a group or a sum is made of; empty for others."""
    if entity.device_id is not None:
        return frozenset()
    state = hass.states.get(entity.entity_id)
    found = [state.attributes.get(name) for name in _MEMBER_ATTRIBUTES] if state else []
    entry = hass.config_entries.async_get_entry(entity.entry_id) if entity.entry_id else None
    if entry is not None:
        found += [entry.options.get(name) for name in _MEMBER_OPTIONS]
    registry = er.async_get(hass)
    return frozenset(
        er.async_resolve_entity_id(registry, member) or member
        for members in found
        if isinstance(members, list | tuple)
        for member in members
        if isinstance(member, str)
    )


def _things(devices: Iterable[dr.DeviceEntry]) -> dict[str, str]:
    """Return the id of the thing of each device that shares its connections with others.

    Two integrations that reach one plug make two devices of it, with the same network address; a
    device that belonged to both before 2026.8 was split.
    """
    first: dict[object, str] = {}
    things: dict[str, str] = {}
    for device in devices:
        marks: list[object] = [*device.connections]
        if device.composite_device_id:
            marks.append(device.composite_device_id)
        known = [things[first[mark]] for mark in marks if mark in first]
        thing = min(known, default=device.id)
        for other in known:
            things |= dict.fromkeys([one for one, at in things.items() if at == other], thing)
        things[device.id] = thing
        for mark in marks:
            first.setdefault(mark, device.id)
    return things


def _devices(
    hass: HomeAssistant, areas: Mapping[str, ar.AreaEntry], own_entry_id: str
) -> Iterator[RegistryDevice]:
    registry = dr.async_get(hass)
    domains = {entry.entry_id: entry.domain for entry in hass.config_entries.async_entries()}
    mains = [
        main
        for main in registry.devices
        if not main.disabled and main.config_entry_id != own_entry_id
    ]
    things = _things(mains)
    for main in mains:
        parent = RegistryDevice(
            device_id=main.id,
            name=main.name_by_user or main.name or main.id,
            manufacturer=main.manufacturer,
            model=main.model,
            firmware=main.sw_version,
            area_id=main.area_id,
            parent_id=None,
            hub_id=main.via_device_id,
            thing_id=things[main.id],
            entry_id=main.config_entry_id,
            integration=domains.get(main.config_entry_id),
            labels=_with_area(main.labels, main.area_id, areas),
            service=main.entry_type is dr.DeviceEntryType.SERVICE,
        )
        yield parent
        for child in dr.async_entries_for_parent_device(registry, main.id):
            if not child.disabled:
                yield _child(hass, child, parent, areas)


def _child(
    hass: HomeAssistant,
    child: dr.ChildDeviceEntry,
    parent: RegistryDevice,
    areas: Mapping[str, ar.AreaEntry],
) -> RegistryDevice:
    area_id = dr.async_get_effective_area_id(hass, child)
    return replace(
        parent,
        device_id=child.id,
        name=child.name_by_user or child.name or child.id,
        area_id=area_id,
        parent_id=parent.device_id,
        hub_id=parent.device_id,
        thing_id=child.id,
        labels=_with_area(child.labels, area_id, areas),
    )


def _with_area(
    labels: set[str] | frozenset[str], area_id: str | None, areas: Mapping[str, ar.AreaEntry]
) -> frozenset[str]:
    area = areas.get(area_id) if area_id else None
    if area is not None and area.labels:
        return frozenset(labels | area.labels)
    return frozenset(labels) if labels else NO_LABELS


def _registered(
    entry: er.RegistryEntry, device: RegistryDevice | None, areas: Mapping[str, ar.AreaEntry]
) -> RegistryEntity:
    area_id = entry.area_id or (device.area_id if device else None)
    labels = device.labels if device else NO_LABELS
    if entry.labels or entry.area_id:
        labels = _with_area(labels | entry.labels, area_id, areas)
    visible, primary = entry.hidden_by is None, entry.entity_category is None
    names: tuple[str | None, ...] = (entry.translation_key, entry.name, entry.original_name)
    if not any(names):
        names = (entry.entity_id.partition(".")[2],)
    return RegistryEntity(
        entry.entity_id,
        entry.id,
        device.device_id if device else None,
        entry.config_entry_id,
        area_id,
        labels,
        visible,
        role_of(
            EntityTraits(
                entry.domain,
                entry.device_class or entry.original_device_class,
                entry.unit_of_measurement,
                entry.platform,
                names,
                (device.name, device.model) if device else (),
                primary=primary,
                visible=visible,
                service=device is not None and device.service,
            )
        ),
        names,
        primary,
    )


def _unregistered(hass: HomeAssistant) -> Iterator[RegistryEntity]:
    """Yield the entities that only have a state: without a registry entry they have no area."""
    registered = er.async_get(hass).entities
    for state in hass.states.async_all((ALARM_DOMAIN, BINARY_SENSOR_DOMAIN, SENSOR_DOMAIN)):
        if state.entity_id in registered:
            continue
        role = role_of(
            EntityTraits(
                state.domain,
                _text(state, ATTR_DEVICE_CLASS),
                _text(state, ATTR_UNIT_OF_MEASUREMENT),
                None,
                (str(state.name), state.entity_id),
            )
        )
        if role is not NO_ROLE:
            yield RegistryEntity(
                state.entity_id, None, None, None, None, NO_LABELS, visible=True, role=role
            )


def _text(state: State, attribute: str) -> str | None:
    """Read an attribute, which users of Home Assistant's API can set to any value."""
    value = state.attributes.get(attribute)
    return value if isinstance(value, str) else None


class _RegistryFilter:
    """Decides which registry events make a difference to a home."""

    def __init__(
        self, hass: HomeAssistant, own_entry_id: str, is_used: Callable[[str], bool]
    ) -> None:
        self._entities, self._devices = er.async_get(hass), dr.async_get(hass)
        self._own_entry_id = own_entry_id
        self._is_used = is_used

    @callback
    def entity(self, data: Mapping[str, Any]) -> bool:
        if data["action"] == "remove":
            return self._is_used(data["entity_id"])
        if data["action"] == "update" and _ENTITY_FIELDS.isdisjoint(data["changes"]):
            return False
        entry = self._entities.async_get(data["entity_id"])
        return entry is None or entry.config_entry_id != self._own_entry_id

    @callback
    def device(self, data: Mapping[str, Any]) -> bool:
        if data["action"] == "remove":
            return self._is_used(data["device_id"])
        device = self._devices.async_get(data["device_id"])
        return device is None or device.config_entry_id != self._own_entry_id

    def is_registered(self, entity_id: str) -> bool:
        return self._entities.async_get(entity_id) is not None


@callback
def async_track_registries(
    hass: HomeAssistant,
    own_entry_id: str,
    is_used: Callable[[str], bool],
    changed: Callable[[], None],
) -> CALLBACK_TYPE:
    """Call `changed` after each change by which a home may consist of something else.

    Entities and devices of this integration are ignored; `is_used` decides whether the removal of
    an entity or device matters. Entities without a registry entry are noticed by their first state.
    Returns a function that stops it.
    """
    matters = _RegistryFilter(hass, own_entry_id, is_used)

    @callback
    def registry_changed(_event: Event[Any]) -> None:
        changed()

    @callback
    def state_added(event: Event[EventStateChangedData]) -> None:
        if not matters.is_registered(event.data["entity_id"]):
            changed()

    listen = hass.bus.async_listen
    unsubscribe = [
        listen(er.EVENT_ENTITY_REGISTRY_UPDATED, registry_changed, matters.entity),
        listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, registry_changed, matters.device),
        listen(ar.EVENT_AREA_REGISTRY_UPDATED, registry_changed),
        listen(fr.EVENT_FLOOR_REGISTRY_UPDATED, registry_changed),
        async_track_state_added_domain(hass, (ALARM_DOMAIN, BINARY_SENSOR_DOMAIN), state_added),
        # The unit system may have been changed.
        listen(EVENT_CORE_CONFIG_UPDATE, registry_changed),
    ]

    @callback
    def stop() -> None:
        for one in unsubscribe:
            one()

    return stop
