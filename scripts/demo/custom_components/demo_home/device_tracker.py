"""The phones of the people who live in the house."""

from typing import override

from homeassistant.components.device_tracker import SourceType, TrackerEntity
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import STATE_ON
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import HouseEntity
from .house import DEVICES, Device

# Far enough from home to be in no zone.
_AWAY = 0.05


async def async_setup_entry(
    _hass: HomeAssistant, _entry: ConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up every phone."""
    async_add_entities(Phone(device) for device in DEVICES if device.whereabouts)


class Phone(HouseEntity, TrackerEntity):
    """A phone that is at home or out of town."""

    _attr_name = None
    _attr_source_type = SourceType.GPS
    _attr_location_accuracy = 10

    def __init__(self, device: Device) -> None:
        super().__init__(device, "location", f"input_boolean.{device.whereabouts}")

    @property
    @override
    def latitude(self) -> float:
        """Degrees north, WGS 84."""
        home = self.hass.config.latitude
        return home if self.followed == STATE_ON else home + _AWAY

    @property
    @override
    def longitude(self) -> float:
        """Degrees east, WGS 84."""
        return self.hass.config.longitude
