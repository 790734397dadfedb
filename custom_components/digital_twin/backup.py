"""Writes the storage files before Home Assistant makes a backup."""

from homeassistant.core import HomeAssistant

from .const import DOMAIN
from .engine.runtime import DigitalTwinConfigEntry


async def async_pre_backup(hass: HomeAssistant) -> None:
    """Write what the files do not have yet; the journal beside them has it in any case."""
    entries: list[DigitalTwinConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    for entry in entries:
        await entry.runtime_data.registry.async_write_files()


async def async_post_backup(_hass: HomeAssistant) -> None:
    """Do nothing: writes go on during a backup."""
