"""Measurements of the house."""

from datetime import datetime, timedelta
from typing import override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from . import DemoHomeConfigEntry
from .entity import HouseEntity
from .house import DEVICES, UNITS, Device, Vital, state_class
from .life import Series

MEASURED_EVERY = timedelta(minutes=5)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: DemoHomeConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up every sensor, and measure while the house lives."""
    sensors = [
        Measurement(device, device_class)
        for device in DEVICES
        for device_class in (*device.moved, *device.values)
    ]
    async_add_entities(VitalSensor(device, vital) for device in DEVICES for vital in device.vitals)
    if (house := entry.runtime_data) is None:
        async_add_entities(sensors)
        return

    @callback
    def measure(now: datetime) -> None:
        values = house.values(now) | house.batteries(now)
        for sensor in sensors:
            if sensor.series in values:
                sensor.async_measure(values[sensor.series])

    measure(dt_util.utcnow())
    async_add_entities(sensors)
    entry.async_on_unload(async_track_time_interval(hass, measure, MEASURED_EVERY))


class Measurement(HouseEntity, SensorEntity):
    """A value that stands still until it is measured again, or that a slider sets."""

    def __init__(self, device: Device, device_class: SensorDeviceClass) -> None:
        helper = device.moved.get(device_class)
        super().__init__(device, device_class, f"input_number.{helper}" if helper else None)
        self.series: Series = (device.key, device_class)
        self._value = device.values.get(device_class)
        self._attr_device_class = device_class
        self._attr_state_class = state_class(device_class)
        self._attr_native_unit_of_measurement = UNITS[device_class]
        if device_class is SensorDeviceClass.BATTERY:
            self._attr_entity_category = EntityCategory.DIAGNOSTIC

    @property
    @override
    def native_value(self) -> float | None:
        """The measurement in its unit."""
        return self._value if self._helper is None else self.followed_number

    @callback
    def async_measure(self, value: float) -> None:
        """Report what was measured."""
        self._value = value
        if self.hass is not None:
            self.async_write_ha_state()


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
