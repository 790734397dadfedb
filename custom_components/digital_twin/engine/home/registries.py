"""Follows the registries of Home Assistant."""

from collections.abc import Callable, Mapping
from typing import Any

from homeassistant.components.alarm_control_panel import DOMAIN as ALARM_DOMAIN
from homeassistant.components.binary_sensor import DOMAIN as BINARY_SENSOR_DOMAIN
from homeassistant.const import EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import (
    CALLBACK_TYPE,
    Event,
    EventStateChangedData,
    HomeAssistant,
    callback,
)
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
)
from homeassistant.helpers.event import async_track_state_added_domain

# An entity's icon, name or options are nothing to a home.
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


class _Relevance:
    """Tells which events make a difference to a home."""

    def __init__(
        self, hass: HomeAssistant, own_entry_id: str, is_used: Callable[[str], bool]
    ) -> None:
        self._entities, self._devices = er.async_get(hass), dr.async_get(hass)
        self._own_entry_id = own_entry_id
        self._is_used = is_used

    @callback
    def of_entity(self, data: Mapping[str, Any]) -> bool:
        if data["action"] == "remove":
            return self._is_used(data["entity_id"])
        if data["action"] == "update" and _ENTITY_FIELDS.isdisjoint(data["changes"]):
            return False
        entry = self._entities.async_get(data["entity_id"])
        return entry is None or entry.config_entry_id != self._own_entry_id

    @callback
    def of_device(self, data: Mapping[str, Any]) -> bool:
        if data["action"] == "remove":
            return self._is_used(data["device_id"])
        device = self._devices.async_get(data["device_id"])
        return device is None or device.config_entry_id != self._own_entry_id

    def of_added(self, entity_id: str) -> bool:
        return self._entities.async_get(entity_id) is None


@callback
def async_track_registries(
    hass: HomeAssistant,
    own_entry_id: str,
    is_used: Callable[[str], bool],
    changed: Callable[[], None],
) -> CALLBACK_TYPE:
    """Tell of each change by which a home could be made of something else.

    Own entities and devices come and go without making a difference; `is_used` tells whether a
    removed one did. Entities without an entry in the registry are noticed when their state appears.
    """
    relevance = _Relevance(hass, own_entry_id, is_used)

    @callback
    def happened(_event: Event[Any]) -> None:
        changed()

    @callback
    def state_added(event: Event[EventStateChangedData]) -> None:
        if relevance.of_added(event.data["entity_id"]):
            changed()

    unsubscribe = [
        hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, happened, relevance.of_entity),
        hass.bus.async_listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, happened, relevance.of_device),
        hass.bus.async_listen(ar.EVENT_AREA_REGISTRY_UPDATED, happened),
        hass.bus.async_listen(fr.EVENT_FLOOR_REGISTRY_UPDATED, happened),
        async_track_state_added_domain(hass, (ALARM_DOMAIN, BINARY_SENSOR_DOMAIN), state_added),
        # The unit system may have been changed.
        hass.bus.async_listen(EVENT_CORE_CONFIG_UPDATE, happened),
    ]

    @callback
    def stop() -> None:
        for one in unsubscribe:
            one()

    return stop
