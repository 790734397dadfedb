"""Measurements of the house."""

from typing import override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorStateClass
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import HouseEntity
from .house import DEVICES, UNITS, Device, Vital


async def async_setup_entry(
    _hass: HomeAssistant, _entry: ConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up every sensor."""
    async_add_entities(
        Measurement(device, device_class)
        for device in DEVICES
        for device_class in (*device.moved, *device.values)
    )
    async_add_entities(VitalSensor(device, vital) for device in DEVICES for vital in device.vitals)


class Measurement(HouseEntity, SensorEntity):
    """A value that stands still, or that a slider sets."""

    _attr_state_class = SensorStateClass.MEASUREMENT

    def __init__(self, device: Device, device_class: SensorDeviceClass) -> None:
        helper = device.moved.get(device_class)
        super().__init__(device, device_class, f"input_number.{helper}" if helper else None)
        self._value = device.values.get(device_class)
        self._attr_device_class = device_class
        self._attr_native_unit_of_measurement = UNITS[device_class]
        if device_class is SensorDeviceClass.BATTERY:
            self._attr_entity_category = EntityCategory.DIAGNOSTIC

    @property
    @override
    def native_value(self) -> float | None:
        """The measurement in its unit."""
        return self._value if self._helper is None else self.followed_number


class VitalSensor(HouseEntity, SensorEntity):
    """A measurement of a person, which a slider sets."""

    _attr_suggested_display_precision = 1

    def __init__(self, device: Device, vital: Vital) -> None:
        super().__init__(device, vital.helper, f"input_number.{vital.helper}")
        self._attr_name = vital.name
        self._attr_device_class = vital.device_class
        self._attr_state_class = vital.state_class
        self._attr_native_unit_of_measurement = vital.unit

    @property
    @override
    def native_value(self) -> float | None:
        """The measurement in its unit."""
        return self.followed_number
