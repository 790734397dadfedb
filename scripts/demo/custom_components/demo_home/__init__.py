"""Devices of a house that does not exist, for trying things out. Never part of a release."""

from datetime import date

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .house import FURNISHED_ON
from .life import House

PLATFORMS = [Platform.BINARY_SENSOR, Platform.DEVICE_TRACKER, Platform.SENSOR]

type DemoHomeConfigEntry = ConfigEntry[House | None]


async def async_setup_entry(hass: HomeAssistant, entry: DemoHomeConfigEntry) -> bool:
    """Set up the devices; without the day on which it was furnished, the house stands still."""
    house = None
    if furnished_on := entry.data.get(FURNISHED_ON):
        house = House(date.fromisoformat(furnished_on), dt_util.get_default_time_zone())
        # Adds up the hours of years.
        await hass.async_add_executor_job(house.energy, dt_util.utcnow())
    entry.runtime_data = house
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: DemoHomeConfigEntry) -> bool:
    """Take the devices away."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)
