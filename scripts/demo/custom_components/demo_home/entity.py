"""What all entities of the house have in common."""

from typing import override

from homeassistant.const import STATE_OFF, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import Event, EventStateChangedData, callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.event import async_track_state_change_event

from .house import DOMAIN, Device


class HouseEntity(Entity):
    """An entity that follows a helper, if it has one, and the plug of its device."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, device: Device, key: str, helper: str | None = None) -> None:
        self._device = device
        self._helper = helper
        self._plug = f"input_boolean.{device.plug}" if device.plug else None
        self._attr_unique_id = f"{device.key}_{key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, device.key)},
            name=device.name,
            manufacturer=device.maker,
            model=device.model,
            sw_version="1.4.2",
        )

    @property
    @override
    def available(self) -> bool:
        """Tell whether the device is plugged in."""
        if self._plug is None:
            return True
        state = self.hass.states.get(self._plug)
        return state is None or state.state != STATE_OFF

    @property
    def followed(self) -> str | None:
        """The helper's state, or nothing while it has none."""
        state = self.hass.states.get(self._helper) if self._helper else None
        if state is None or state.state in {STATE_UNKNOWN, STATE_UNAVAILABLE}:
            return None
        return state.state

    @property
    def followed_number(self) -> float | None:
        """The helper's state as a number."""
        return None if self.followed is None else float(self.followed)

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the helpers."""
        watched = [entity_id for entity_id in (self._helper, self._plug) if entity_id]
        self.async_on_remove(
            async_track_state_change_event(self.hass, watched, self._async_followed)
        )

    @callback
    def _async_followed(self, _event: Event[EventStateChangedData]) -> None:
        self.async_write_ha_state()
