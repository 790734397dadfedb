"""Reads the registries of Home Assistant, reduced to the facts that homes use, and follows them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, NamedTuple

from homeassistant.components.alarm_control_panel import DOMAIN as ALARM_DOMAIN
from homeassistant.components.binary_sensor import DOMAIN as BINARY_SENSOR_DOMAIN
from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN
from homeassistant.components.update import DOMAIN as UPDATE_DOMAIN
from homeassistant.const import (
    ATTR_DEVICE_CLASS,
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

from ...twin.home.occupancy import SENSOR_KINDS, EvidenceKind
from ...twin.home.operational import SAFETY_KINDS, CauseKind
from .quantities import quantity_of

type _EntitySource = tuple[er.RegistryEntry, RegistryDevice | None]

NO_LABELS: frozenset[str] = frozenset()
_BATTERY = "battery"
_SAFETY = {kind.value: kind for kind in SAFETY_KINDS}
_PRESENCE = {kind.value: kind for kind in SENSOR_KINDS}
# A changed icon, name or option of an entity makes no difference to a home.
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
        "original_device_class",
        "unit_of_measurement",
    }
)


class DeviceDetail(Enum):
    """What an entity reports about its device, besides whether the device is available."""

    BATTERY = "battery"
    BATTERY_FLAG = "battery_flag"
    UPDATE = "update"


class EntityRole(NamedTuple):
    """What an entity is used for: a measured quantity, an alarm, a presence sensor, a detail."""

    quantity: str | None = None
    alarm: CauseKind | None = None
    presence: EvidenceKind | None = None
    detail: DeviceDetail | None = None


NO_ROLE = EntityRole()


class RegistryEntity(NamedTuple):
    """An entity. `labels` include those of its device and area; `area_id` may be its device's."""

    entity_id: str
    registry_id: str | None
    device_id: str | None
    entry_id: str | None
    area_id: str | None
    labels: frozenset[str]
    visible: bool
    role: EntityRole


@dataclass(frozen=True, kw_only=True, slots=True)
class RegistryDevice:
    """A device; `labels` include those of its area.

    `parent_id` is the device that it is a part of, `hub_id` the parent or the device through which
    it is reached.
    """

    device_id: str
    name: str
    manufacturer: str | None
    model: str | None
    firmware: str | None
    area_id: str | None
    parent_id: str | None
    hub_id: str | None
    entry_id: str
    labels: frozenset[str]
    service: bool


@dataclass(frozen=True, slots=True)
class RegistrySnapshot:
    """All areas, floors (id to name), devices and entities, without those of this integration.

    `sources`: the registry entry and the device from which each entity was derived.
    """

    areas: Mapping[str, ar.AreaEntry] = field(default_factory=dict)
    floors: Mapping[str, str] = field(default_factory=dict)
    devices: Mapping[str, RegistryDevice] = field(default_factory=dict)
    entities: Mapping[str, RegistryEntity] = field(default_factory=dict)
    sources: Mapping[str, _EntitySource] = field(default_factory=dict)


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
    entities |= {one.entity_id: one for one in _unregistered(hass)}
    floors = {floor.floor_id: floor.name for floor in fr.async_get(hass).async_list_floors()}
    return RegistrySnapshot(areas, floors, devices, entities, sources)


def _devices(
    hass: HomeAssistant, areas: Mapping[str, ar.AreaEntry], own_entry_id: str
) -> Iterator[RegistryDevice]:
    registry = dr.async_get(hass)
    for main in registry.devices:
        if main.disabled or main.config_entry_id == own_entry_id:
            continue
        parent = RegistryDevice(
            device_id=main.id,
            name=main.name_by_user or main.name or main.id,
            manufacturer=main.manufacturer,
            model=main.model,
            firmware=main.sw_version,
            area_id=main.area_id,
            parent_id=None,
            hub_id=main.via_device_id,
            entry_id=main.config_entry_id,
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
    visible = entry.hidden_by is None
    return RegistryEntity(
        entry.entity_id,
        entry.id,
        device.device_id if device else None,
        entry.config_entry_id,
        area_id,
        labels,
        visible,
        _role(
            entry.domain,
            entry.device_class or entry.original_device_class,
            entry.unit_of_measurement,
            primary=entry.entity_category is None,
            visible=visible,
        ),
    )


def _unregistered(hass: HomeAssistant) -> Iterator[RegistryEntity]:
    """Yield the entities that only have a state: without a registry entry they have no area."""
    registered = er.async_get(hass).entities
    for state in hass.states.async_all((ALARM_DOMAIN, BINARY_SENSOR_DOMAIN, SENSOR_DOMAIN)):
        if state.entity_id in registered:
            continue
        role = _role(
            state.domain,
            _text(state, ATTR_DEVICE_CLASS),
            _text(state, ATTR_UNIT_OF_MEASUREMENT),
            primary=True,
            visible=True,
        )
        if role is not NO_ROLE:
            yield RegistryEntity(
                state.entity_id, None, None, None, None, NO_LABELS, visible=True, role=role
            )


def _text(state: State, attribute: str) -> str | None:
    """Read an attribute, which users of Home Assistant's API can set to any value."""
    value = state.attributes.get(attribute)
    return value if isinstance(value, str) else None


def _role(
    domain: str, device_class: str | None, unit: str | None, *, primary: bool, visible: bool
) -> EntityRole:
    """Return the role of an entity.

    Diagnostic, config and hidden entities neither measure a room nor detect people. Batteries and
    problems count although most are diagnostic; safety sensors count even when hidden.
    """
    if domain == SENSOR_DOMAIN:
        if device_class == _BATTERY:
            return EntityRole(detail=DeviceDetail.BATTERY)
        quantity = quantity_of(device_class, unit) if primary and visible else None
        return EntityRole(quantity=quantity.key) if quantity else NO_ROLE
    if domain == BINARY_SENSOR_DOMAIN and device_class is not None:
        return _binary_role(device_class, primary=primary, visible=visible)
    if domain == UPDATE_DOMAIN:
        return EntityRole(detail=DeviceDetail.UPDATE)
    if domain == ALARM_DOMAIN:
        return EntityRole(alarm=CauseKind.ALARM_TRIGGERED)
    return NO_ROLE


def _binary_role(device_class: str, *, primary: bool, visible: bool) -> EntityRole:
    if device_class == _BATTERY:
        return EntityRole(detail=DeviceDetail.BATTERY_FLAG)
    if device_class in _SAFETY:
        return EntityRole(alarm=_SAFETY[device_class])
    if device_class == CauseKind.PROBLEM and visible:
        return EntityRole(alarm=CauseKind.PROBLEM)
    if device_class in _PRESENCE and primary and visible:
        return EntityRole(presence=_PRESENCE[device_class])
    return NO_ROLE


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
