"""Before a backup the storage files have everything, and nothing can keep it from being made."""

from typing import Any
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.digital_twin.backup import async_post_backup, async_pre_backup
from custom_components.digital_twin.engine.core.feed import BY_SOURCE
from custom_components.digital_twin.engine.core.registry import TwinRegistry
from custom_components.digital_twin.twin.metrics.readings import parse_readings

from .common import ANNA, async_setup_twin, no_space, no_space_for_files, runtime


@pytest.fixture
async def entry(hass: HomeAssistant) -> MockConfigEntry:
    """Set up Anna, with all files written."""
    with patch("custom_components.digital_twin.PLATFORMS", ()):
        entry = await async_setup_twin(hass, persons={ANNA: {"name": "Anna"}})
    await runtime(entry).registry.async_write_files()
    return entry


async def _record(entry: MockConfigEntry, mood: int) -> None:
    """Record a reading that nobody waits for."""
    readings = parse_readings({"mood": mood}, now=dt_util.utcnow())
    await runtime(entry).registry.async_record(
        ANNA, readings.items(), delayed=True, cause=BY_SOURCE
    )


def _mood(hass_storage: dict[str, Any]) -> object:
    stored = str(hass_storage)
    return "'mood': {'value': 7" in stored


async def test_the_files_have_everything_before_a_backup(
    hass: HomeAssistant, hass_storage: dict[str, Any], entry: MockConfigEntry
) -> None:
    await _record(entry, 7)
    assert not _mood(hass_storage)
    await async_pre_backup(hass)
    assert _mood(hass_storage)
    await async_post_backup(hass)


async def test_without_a_loaded_entry_there_is_nothing_to_write(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    with patch("custom_components.digital_twin.PLATFORMS", ()):
        assert await hass.config_entries.async_unload(entry.entry_id)
    await async_pre_backup(hass)


@pytest.mark.parametrize("failing", [no_space, no_space_for_files])
async def test_a_full_disk_does_not_keep_a_backup_from_being_made(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    failing: Any,  # noqa: ANN401
) -> None:
    await _record(entry, 7)
    with failing():
        await async_pre_backup(hass)


@pytest.mark.no_fail_on_log_exception
async def test_a_defect_does_not_keep_a_backup_from_being_made(
    hass: HomeAssistant, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    with patch.object(TwinRegistry, "async_write_files", side_effect=RuntimeError):
        await async_pre_backup(hass)
    assert "could not be written before the backup" in caplog.text
