"""System information helps to find a fault and tells nothing about anybody."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
import errno
import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.system_health import get_info
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, get_system_health_info
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.engine.core.files import Disk
from custom_components.digital_twin.engine.folder import CONF_GOALS_FOLDER
from custom_components.digital_twin.twin.metrics.readings import Reading

from .common import ANNA, GOAL_ID, HOME_ID, JAN, async_setup_twin, no_space, runtime

NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
SECRETS = ("secret", "71.4", "weight", ANNA, JAN, HOME_ID, GOAL_ID)
TEXTS = Path(__file__).parents[1] / "custom_components" / DOMAIN / "translations" / "en.json"


@pytest.fixture(autouse=True)
async def entry(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> AsyncGenerator[MockConfigEntry]:
    """Two people with names and a weight, a home and a goal; no entities."""
    freezer.move_to(NOW)
    await hass.config.async_set_time_zone("UTC")
    assert await async_setup_component(hass, "system_health", {})
    with patch("custom_components.digital_twin.PLATFORMS", ()):
        made = await async_setup_twin(
            hass,
            persons={ANNA: {"name": "Anna Secretname"}, JAN: {"name": "Jan Secretname"}},
            homes={HOME_ID: {"name": "Secrethome"}},
            goals={GOAL_ID: {"goal_code": "SECRET7", "name": "Secretgoal"}},
        )
        weight = Reading(value=71.4, unit="kg", measured_at=NOW, source="secretscale")
        await runtime(made).registry.async_record(ANNA, [("weight", weight)])
        yield made


async def shown(hass: HomeAssistant) -> dict[str, Any]:
    """Return what Home Assistant shows, with failures as texts."""
    found: dict[str, Any] = (await get_info(hass))[DOMAIN]
    return found


async def _set_goals_folder(hass: HomeAssistant, entry: MockConfigEntry, folder: Path) -> None:
    hass.config.allowlist_external_dirs = {str(folder.parent)}
    hass.config_entries.async_update_entry(entry, options={CONF_GOALS_FOLDER: str(folder)})
    await hass.async_block_till_done(wait_background_tasks=True)


def _stored(hass: HomeAssistant) -> dict[str, bytes]:
    folder = Path(hass.config.path(".storage", DOMAIN))
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def _folder(tmp_path: Path) -> Path:
    folder = tmp_path / "secretfolder"
    folder.mkdir()
    (folder / "G01_Secretgoal.md").write_text('---\nowner: "Secretanna\n---\n\n- [ ] Secretitem\n')
    return folder


async def test_it_tells_versions_numbers_and_the_state_of_the_storage(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    freezer.tick(86400)
    found = await shown(hass)
    assert found.pop("journal_size").endswith(" MiB")
    assert found == {
        "version": "0.1.0",
        "storage_format": "1.1",
        "journal_format": "1",
        "set_up": "ok",
        "storage": "ok",
        "homes": 1,
        "persons": 2,
        "goals": 1,
        "unreadable": 0,
        "journal_days": 2,
    }


async def test_the_size_of_the_journal_is_that_of_its_files(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    with patch.object(Disk, "size", lambda _disk, _path: 3 * 1024 * 1024 // 2):
        assert (await shown(hass))["journal_size"] == "1.50 MiB"


async def test_a_look_at_the_storage_leaves_nothing_behind(hass: HomeAssistant) -> None:
    before = _stored(hass)
    assert (await shown(hass))["storage"] == "ok"
    assert _stored(hass) == before != {}


async def test_a_full_disk_is_told_without_a_path(hass: HomeAssistant) -> None:
    with no_space():
        assert (await shown(hass))["storage"] == "Failed: no space left on device"


async def test_a_journal_that_cannot_be_read_is_told_and_the_rest_is_there(
    hass: HomeAssistant,
) -> None:
    refused = OSError(errno.EIO, "Input/output error", "/config/.storage/secret")
    with patch.object(Disk, "size", side_effect=refused):
        found = await shown(hass)
    assert found["journal_size"] == found["journal_days"] == "Failed: Input/output error"
    assert (found["persons"], found["storage"]) == (2, "ok")


async def test_an_empty_journal_has_no_days(hass: HomeAssistant) -> None:
    with patch.object(Disk, "names", return_value=[]):
        found = await shown(hass)
    assert (found["journal_size"], found["journal_days"]) == ("0.00 MiB", 0)


async def test_it_tells_when_the_goals_folder_was_last_read_and_its_faults(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    tmp_path: Path,
    freezer: FrozenDateTimeFactory,
) -> None:
    folder = _folder(tmp_path)
    await _set_goals_folder(hass, entry, folder)
    found = await shown(hass)
    assert (found["goals_folder"], found["goals_folder_faults"]) == (NOW.isoformat(), 1)
    freezer.tick(3600)
    await runtime(entry).goals_folder.async_sync()
    assert (await shown(hass))["goals_folder"] == "2026-03-16T13:00:00+00:00"


async def test_a_goals_folder_that_is_gone_is_told_without_its_path(
    hass: HomeAssistant, entry: MockConfigEntry, tmp_path: Path
) -> None:
    await _set_goals_folder(hass, entry, tmp_path / "secretfolder")
    found = await shown(hass)
    assert found["goals_folder"] == "Failed: folder_not_found"
    assert "goals_folder_faults" not in found
    hass.config_entries.async_update_entry(entry, options={})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert "goals_folder" not in await shown(hass)


async def test_what_cannot_be_read_is_counted(
    hass: HomeAssistant, hass_storage: dict[str, Any], entry: MockConfigEntry
) -> None:
    await hass.config_entries.async_unload(entry.entry_id)
    records = hass_storage[f"{DOMAIN}.goals"]["data"]["records"]
    records.append({"goal_id": 7, "name": "Secretgoal"})
    assert await hass.config_entries.async_setup(entry.entry_id)
    found = await shown(hass)
    assert (found["goals"], found["unreadable"]) == (1, 1)


async def test_an_entry_that_does_not_start_tells_why_and_whether_the_disk_takes_writes(
    hass: HomeAssistant, hass_storage: dict[str, Any], entry: MockConfigEntry
) -> None:
    await hass.config_entries.async_unload(entry.entry_id)
    hass_storage[f"{DOMAIN}.goals"]["version"] = 2
    assert not await hass.config_entries.async_setup(entry.entry_id)
    found = await shown(hass)
    assert (found["set_up"], found["storage"]) == ("Failed: newer_file", "ok")
    assert "persons" not in found


async def test_an_entry_that_is_turned_off_says_so(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await hass.config_entries.async_unload(entry.entry_id)
    assert (await shown(hass))["set_up"] == "Failed: not_loaded"


async def test_without_an_entry_only_versions_are_told(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await hass.config_entries.async_remove(entry.entry_id)
    assert {*await shown(hass)} == {"version", "storage_format", "journal_format"}


async def test_it_tells_nothing_about_anybody(
    hass: HomeAssistant, entry: MockConfigEntry, tmp_path: Path
) -> None:
    await _set_goals_folder(hass, entry, _folder(tmp_path))
    written = json.dumps(await shown(hass)).casefold()
    assert [secret for secret in SECRETS if secret in written] == []


async def test_the_page_gets_all_of_it_with_a_text_for_each(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    entry: MockConfigEntry,
    tmp_path: Path,
) -> None:
    await _set_goals_folder(hass, entry, _folder(tmp_path))
    client = await hass_ws_client(hass)
    await client.send_json_auto_id({"type": "system_health/info"})
    assert (await client.receive_json())["success"]
    page = (await client.receive_json())["event"]["data"][DOMAIN]
    assert page["manage_url"] == f"/config/integrations/integration/{DOMAIN}"
    info = page["info"]
    assert info["goals_folder"] == {"type": "date", "value": NOW.isoformat()}
    while (event := (await client.receive_json())["event"])["type"] == "update":
        if event["domain"] == DOMAIN:
            info[event["key"]] = event["data"]
    assert (info["storage"], info["journal_days"]) == ("ok", 1)
    texts = json.loads(TEXTS.read_text(encoding="utf-8"))["system_health"]["info"]
    assert {*info} == {*texts}


async def test_the_rest_is_there_before_the_disk_answers(hass: HomeAssistant) -> None:
    info = await get_system_health_info(hass, DOMAIN)
    waiting = {key: value for key, value in info.items() if asyncio.iscoroutine(value)}
    assert {*waiting} == {"storage", "journal_size", "journal_days"}
    await asyncio.gather(*waiting.values())
