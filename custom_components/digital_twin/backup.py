"""Writes the storage files before Home Assistant makes a backup."""

import logging

from homeassistant.core import HomeAssistant

from .engine.runtime import loaded_runtime

_LOGGER = logging.getLogger(__name__)


async def async_pre_backup(hass: HomeAssistant) -> None:
    """Write what the files do not have yet.

    A failure must not stop the backup: the journal, which is in the backup, too, has everything.
    """
    if (runtime := loaded_runtime(hass)) is None:
        return
    try:
        await runtime.registry.async_write_files()
    except Exception:
        _LOGGER.exception("The files could not be written before the backup")


async def async_post_backup(_hass: HomeAssistant) -> None:
    """Do nothing: writes go on during a backup."""
