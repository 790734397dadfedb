"""What the house detects."""

from typing import override

from homeassistant.components.binary_sensor import BinarySensorDeviceClass, BinarySensorEntity
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import STATE_ON
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import HouseEntity
from .house import DEVICES, Device


async def async_setup_entry(
    _hass: HomeAssistant, _entry: ConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up every detector."""
    async_add_entities(
        Detector(device, device_class) for device in DEVICES for device_class in device.detects
    )


class Detector(HouseEntity, BinarySensorEntity):
    """Something that a switch makes happen."""

    def __init__(self, device: Device, device_class: BinarySensorDeviceClass) -> None:
        super().__init__(device, device_class, f"input_boolean.{device.detects[device_class]}")
        self._attr_device_class = device_class

    @property
    @override
    def is_on(self) -> bool | None:
        """Tell whether it happens."""
        return None if self.followed is None else self.followed == STATE_ON
