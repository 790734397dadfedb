"""Follows the registries of Home Assistant."""

from collections.abc import Callable, Mapping
from typing import Any

from homeassistant.const import EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
)

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


@callback
def async_track_registries(
    hass: HomeAssistant,
    own_entry_id: str,
    is_used: Callable[[str], bool],
    changed: Callable[[], None],
) -> CALLBACK_TYPE:
    """Tell of each change by which a home could be made of something else.

    Own entities and devices come and go without making a difference; `is_used` tells whether a
    removed one did.
    """
    entities, devices = er.async_get(hass), dr.async_get(hass)

    @callback
    def entity_matters(data: Mapping[str, Any]) -> bool:
        if data["action"] == "remove":
            return is_used(data["entity_id"])
        if data["action"] == "update" and _ENTITY_FIELDS.isdisjoint(data["changes"]):
            return False
        entry = entities.async_get(data["entity_id"])
        return entry is None or entry.config_entry_id != own_entry_id

    @callback
    def device_matters(data: Mapping[str, Any]) -> bool:
        if data["action"] == "remove":
            return is_used(data["device_id"])
        device = devices.async_get(data["device_id"])
        return device is None or device.config_entry_id != own_entry_id

    @callback
    def happened(_event: Event[Any]) -> None:
        changed()

    unsubscribe = [
        hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, happened, entity_matters),
        hass.bus.async_listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, happened, device_matters),
        hass.bus.async_listen(ar.EVENT_AREA_REGISTRY_UPDATED, happened),
        hass.bus.async_listen(fr.EVENT_FLOOR_REGISTRY_UPDATED, happened),
        # The unit system may have been changed.
        hass.bus.async_listen(EVENT_CORE_CONFIG_UPDATE, happened),
    ]

    @callback
    def stop() -> None:
        for one in unsubscribe:
            one()

    return stop
