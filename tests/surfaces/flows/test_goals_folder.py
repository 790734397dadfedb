"""The goals folder is chosen in the options; its goals come at once, under their owner."""

from collections.abc import Mapping
from pathlib import Path
import shutil
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.digital_twin.const import DOMAIN
from tests.common import ANNA, async_setup_twin, runtime

from .forms import assert_texts, suggested

SAMPLE = Path(__file__).parents[2] / "fixtures" / "goals-vault"

type Result = Mapping[str, Any]


@pytest.fixture
def allowed(hass: HomeAssistant, tmp_path: Path) -> Path:
    """A folder that Home Assistant may read."""
    folder = tmp_path / "allowed"
    folder.mkdir()
    hass.config.allowlist_external_dirs = {str(folder)}
    return folder


@pytest.fixture
async def entry(hass: HomeAssistant, allowed: Path) -> MockConfigEntry:
    """Ola's household, with other options that must stay."""
    return await async_setup_twin(
        hass, homes={}, persons={ANNA: {"name": "Ola"}}, options={"low_battery": 10.0}
    )


async def _async_open(hass: HomeAssistant, entry: MockConfigEntry) -> Result:
    menu = await hass.config_entries.options.async_init(entry.entry_id)
    form = await hass.config_entries.options.async_configure(
        menu["flow_id"], {"next_step_id": "goals_folder"}
    )
    assert_texts(form, "options")
    return form


async def _async_submit(hass: HomeAssistant, form: Result, **values: object) -> Result:
    result = await hass.config_entries.options.async_configure(form["flow_id"], values)
    await hass.async_block_till_done(wait_background_tasks=True)
    if result["type"] is FlowResultType.FORM:
        assert_texts(result, "options")
    return result


async def _async_choose(hass: HomeAssistant, form: Result, **values: object) -> Result:
    """Submit a new folder, and its preview."""
    return await _async_submit(hass, await _async_submit(hass, form, **values))


async def test_no_folder_is_read_and_no_file_written_unless_chosen(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    form = await _async_open(hass, entry)
    assert "goals_folder" not in suggested(form)
    result = await _async_submit(hass, form)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options == {"low_battery": 10.0, "goals_write_back": False}
    assert runtime(entry).goals_folder.report is None


async def test_the_goals_of_the_folder_come_under_their_owner(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    allowed: Path,
    device_registry: dr.DeviceRegistry,
) -> None:
    shutil.copytree(SAMPLE, allowed / "vault")
    loaded = runtime(entry)
    form = await _async_open(hass, entry)
    result = await _async_choose(hass, form, goals_folder=f" {allowed}/vault ")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options["goals_folder"] == f"{allowed}/vault"
    assert runtime(entry) is loaded
    goals = {goal.goal_code: goal for goal in loaded.registry.goals.values()}
    assert sorted(goals) == ["G01", "G02", "G03", "G04", "G05"]
    owner = device_registry.async_get_device_by_identifier((DOMAIN, ANNA), entry.entry_id)
    assert owner is not None
    # The other two name none.
    owned = {code: goal for code, goal in goals.items() if goal.owner_person_id == ANNA}
    assert sorted(owned) == ["G01", "G02", "G05"]
    for code, goal in goals.items():
        device = device_registry.async_get_device_by_identifier(
            (DOMAIN, goal.goal_id), entry.entry_id
        )
        assert device is not None
        assert device.via_device_id == (owner.id if code in owned else None)
    assert len(hass.states.async_entity_ids("todo")) >= 2
    form = await _async_open(hass, entry)
    assert suggested(form) == {"goals_folder": f"{allowed}/vault", "goals_write_back": False}


@pytest.mark.parametrize(
    ("path", "error"),
    [("{outside}", "path_not_allowed"), ("{allowed}/gone", "folder_not_found")],
)
async def test_a_folder_that_cannot_be_read_is_refused_and_can_be_mended(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    allowed: Path,
    tmp_path: Path,
    path: str,
    error: str,
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    form = await _async_open(hass, entry)
    given = path.format(outside=outside, allowed=allowed)
    refused = await _async_submit(hass, form, goals_folder=given, goals_write_back=True)
    assert refused["type"] is FlowResultType.FORM
    assert refused["errors"] == {"goals_folder": error}
    assert suggested(refused) == {"goals_folder": given, "goals_write_back": True}
    assert "goals_folder" not in entry.options
    result = await _async_choose(hass, refused, goals_folder=str(allowed), goals_write_back=True)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options["goals_folder"] == str(allowed)
    assert entry.options["goals_write_back"] is True


async def test_without_its_folder_the_goals_stay(
    hass: HomeAssistant, entry: MockConfigEntry, allowed: Path
) -> None:
    (allowed / "G01_Run.md").write_text("---\ntitle: Run\n---\n\n- [ ] Buy shoes\n")
    form = await _async_open(hass, entry)
    await _async_choose(hass, form, goals_folder=str(allowed))
    assert len(runtime(entry).registry.goals) == 1
    form = await _async_open(hass, entry)
    await _async_submit(hass, form, goals_write_back=False)
    assert "goals_folder" not in entry.options
    assert runtime(entry).goals_folder.report is None
    assert len(runtime(entry).registry.goals) == 1


async def test_what_a_folder_holds_is_shown_before_anything_is_made(
    hass: HomeAssistant, entry: MockConfigEntry, allowed: Path
) -> None:
    shutil.copytree(SAMPLE, allowed / "vault")
    (allowed / "vault" / "10_GOALS" / "W12_Review.md").write_text("- [ ] Look back")
    form = await _async_open(hass, entry)
    preview = await _async_submit(hass, form, goals_folder=f"{allowed}/vault")
    assert (preview["type"], preview["step_id"]) == (FlowResultType.FORM, "goals_folder_preview")
    shown = preview["description_placeholders"]
    assert (shown["count"], shown["others"]) == ("5", "1")
    assert "- **G02** Quiet House" in shown["goals"]
    assert "`G03_Polish-B2/README.md:2`: " in shown["files"]
    assert "goals_folder" not in entry.options
    assert not runtime(entry).registry.goals
    result = await _async_submit(hass, preview)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert len(runtime(entry).registry.goals) == 5


async def test_a_folder_without_goals_says_what_was_looked_for(
    hass: HomeAssistant, entry: MockConfigEntry, allowed: Path
) -> None:
    (allowed / "MP3 player.md").write_text("# MP3 player\nWords.")
    form = await _async_open(hass, entry)
    preview = await _async_submit(hass, form, goals_folder=str(allowed))
    shown = preview["description_placeholders"]
    assert (shown["count"], shown["goals"]) == ("0", "\u2013")
    assert "type: goal" in shown["files"]


async def test_a_folder_that_is_known_is_not_shown_again(
    hass: HomeAssistant, entry: MockConfigEntry, allowed: Path
) -> None:
    form = await _async_open(hass, entry)
    await _async_choose(hass, form, goals_folder=str(allowed))
    form = await _async_open(hass, entry)
    result = await _async_submit(hass, form, goals_folder=str(allowed), goals_write_back=True)
    assert result["type"] is FlowResultType.CREATE_ENTRY
