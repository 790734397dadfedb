"""The registries of Home Assistant at one moment, reduced to what a home may be made of."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from homeassistant.components.alarm_control_panel import DOMAIN as ALARM_DOMAIN
from homeassistant.components.binary_sensor import DOMAIN as BINARY_SENSOR_DOMAIN
from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN
from homeassistant.components.update import DOMAIN as UPDATE_DOMAIN
from homeassistant.const import ATTR_DEVICE_CLASS, ATTR_UNIT_OF_MEASUREMENT
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
)

from ...twin.home.occupancy import SENSOR_KINDS, EvidenceKind
from ...twin.home.operational import SAFETY_KINDS, CauseKind
from .quantities import quantity_of

NO_LABELS: frozenset[str] = frozenset()
_BATTERY = "battery"
_SAFETY = {kind.value: kind for kind in SAFETY_KINDS}
_PRESENCE = {kind.value: kind for kind in SENSOR_KINDS}


class Part(Enum):
    """What an entity is to its device, besides showing whether it answers."""

    BATTERY = "battery"
    BATTERY_FLAG = "battery_flag"
    UPDATE = "update"


class Role(NamedTuple):
    """What an entity says about a home."""

    quantity: str | None = None
    alarm: CauseKind | None = None
    presence: EvidenceKind | None = None
    part: Part | None = None


NO_ROLE = Role()


class Item(NamedTuple):
    """An entity; `labels` include those of its device and area, `area_id` may be its device's."""

    entity_id: str
    registry_id: str | None
    device_id: str | None
    entry_id: str | None
    area_id: str | None
    labels: frozenset[str]
    visible: bool
    role: Role


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceItem:
    """A device.

    `parent_id` is the device it is a part of, `hub_id` that or the one it is reached through.
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
class Snapshot:
    """What all homes together can be made of; own devices and entities are left out."""

    areas: Mapping[str, ar.AreaEntry]
    floors: Mapping[str, str]
    devices: Mapping[str, DeviceItem]
    items: Mapping[str, Item]


def read_registries(hass: HomeAssistant, own_entry_id: str) -> Snapshot:
    """Read the registries once, for all homes."""
    areas = {area.id: area for area in ar.async_get(hass).async_list_areas()}
    devices = dict(_devices(hass, areas, own_entry_id))
    items = {item.entity_id: item for item in _registered(hass, areas, devices, own_entry_id)}
    items |= {item.entity_id: item for item in _unregistered(hass)}
    floors = {floor.floor_id: floor.name for floor in fr.async_get(hass).async_list_floors()}
    return Snapshot(areas, floors, devices, items)


def _devices(
    hass: HomeAssistant, areas: Mapping[str, ar.AreaEntry], own_entry_id: str
) -> Iterator[tuple[str, DeviceItem]]:
    registry = dr.async_get(hass)
    for main in registry.devices:
        if main.disabled or main.config_entry_id == own_entry_id:
            continue
        whole = DeviceItem(
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
        yield main.id, whole
        for child in dr.async_entries_for_parent_device(registry, main.id):
            if not child.disabled:
                yield child.id, _child(hass, child, whole, areas)


def _child(
    hass: HomeAssistant,
    child: dr.ChildDeviceEntry,
    parent: DeviceItem,
    areas: Mapping[str, ar.AreaEntry],
) -> DeviceItem:
    area_id = dr.async_get_effective_area_id(hass, child)
    return DeviceItem(
        device_id=child.id,
        name=child.name_by_user or child.name or child.id,
        manufacturer=parent.manufacturer,
        model=parent.model,
        firmware=parent.firmware,
        area_id=area_id,
        parent_id=parent.device_id,
        hub_id=parent.device_id,
        entry_id=parent.entry_id,
        labels=_with_area(child.labels, area_id, areas),
        service=parent.service,
    )


def _with_area(
    labels: set[str] | frozenset[str], area_id: str | None, areas: Mapping[str, ar.AreaEntry]
) -> frozenset[str]:
    area = areas.get(area_id) if area_id else None
    if area is not None and area.labels:
        return frozenset(labels | area.labels)
    return frozenset(labels) if labels else NO_LABELS


def _registered(
    hass: HomeAssistant,
    areas: Mapping[str, ar.AreaEntry],
    devices: Mapping[str, DeviceItem],
    own_entry_id: str,
) -> Iterator[Item]:
    for entry in er.async_get(hass).entities.values():
        if entry.disabled_by is not None or entry.config_entry_id == own_entry_id:
            continue
        device = devices.get(entry.device_id) if entry.device_id else None
        area_id = entry.area_id or (device.area_id if device else None)
        labels = device.labels if device else NO_LABELS
        if entry.labels or entry.area_id:
            labels = _with_area(labels | entry.labels, area_id, areas)
        yield Item(
            entry.entity_id,
            entry.id,
            device.device_id if device else None,
            entry.config_entry_id,
            area_id,
            labels,
            entry.hidden_by is None,
            _role(
                entry.domain,
                entry.device_class or entry.original_device_class,
                entry.unit_of_measurement,
                primary=entry.entity_category is None,
                visible=entry.hidden_by is None,
            ),
        )


def _unregistered(hass: HomeAssistant) -> Iterator[Item]:
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
            yield Item(state.entity_id, None, None, None, None, NO_LABELS, visible=True, role=role)


def _text(state: State, attribute: str) -> str | None:
    """Read an attribute that everybody can set to anything, by Home Assistant's API too."""
    value = state.attributes.get(attribute)
    return value if isinstance(value, str) else None


def _role(
    domain: str, device_class: str | None, unit: str | None, *, primary: bool, visible: bool
) -> Role:
    """Tell what an entity is for a home.

    Diagnostic, config and hidden entities measure no room and notice no people. Batteries and
    problems are mostly diagnostic, and a hidden smoke sensor still smells smoke.
    """
    if domain == SENSOR_DOMAIN:
        if device_class == _BATTERY:
            return Role(part=Part.BATTERY)
        quantity = quantity_of(device_class, unit) if primary and visible else None
        return Role(quantity=quantity.key) if quantity else NO_ROLE
    if domain == BINARY_SENSOR_DOMAIN and device_class is not None:
        return _binary_role(device_class, primary=primary, visible=visible)
    if domain == UPDATE_DOMAIN:
        return Role(part=Part.UPDATE)
    if domain == ALARM_DOMAIN:
        return Role(alarm=CauseKind.ALARM_TRIGGERED)
    return NO_ROLE


def _binary_role(device_class: str, *, primary: bool, visible: bool) -> Role:
    if device_class == _BATTERY:
        return Role(part=Part.BATTERY_FLAG)
    if device_class in _SAFETY:
        return Role(alarm=_SAFETY[device_class])
    if device_class == CauseKind.PROBLEM and visible:
        return Role(alarm=CauseKind.PROBLEM)
    if device_class in _PRESENCE and primary and visible:
        return Role(presence=_PRESENCE[device_class])
    return NO_ROLE
