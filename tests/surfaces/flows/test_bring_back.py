"""What was deleted is brought back in the options, by name."""

from collections.abc import Mapping
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.digital_twin.twin.goals.goal import GOAL as GOAL_KIND
from tests.common import (
    ANNA,
    GOAL_ID,
    JAN,
    async_delete_twin,
    async_setup_twin,
    no_space,
    runtime,
)

from .forms import assert_texts

GOAL = {
    "goal_code": "G01",
    "name": "Half marathon",
    "owner_person_id": ANNA,
    "progress_metrics": [{"name": "Longest run", "target": 21}],
    "milestones": [{"name": "Ten", "date": "2027-01-01"}],
}

type Result = Mapping[str, Any]


@pytest.fixture
async def entry(hass: HomeAssistant) -> MockConfigEntry:
    """Anna with a goal, and Jan."""
    return await async_setup_twin(
        hass,
        homes={},
        persons={ANNA: {"name": "Anna"}, JAN: {"name": "Jan"}},
        goals={GOAL_ID: GOAL},
    )


async def _async_menu(hass: HomeAssistant, entry: MockConfigEntry) -> Result:
    menu: Result = await hass.config_entries.options.async_init(entry.entry_id)
    assert_texts(menu, "options")
    return menu


async def _async_open(hass: HomeAssistant, entry: MockConfigEntry) -> Result:
    menu = await _async_menu(hass, entry)
    form = await hass.config_entries.options.async_configure(
        menu["flow_id"], {"next_step_id": "bring_back"}
    )
    assert_texts(form, "options")
    return form


def _options(form: Result) -> list[dict[str, str]]:
    options: list[dict[str, str]] = form["data_schema"].schema["twin"].config["options"]
    return options


async def _async_submit(hass: HomeAssistant, form: Result, twin: str) -> Result:
    result = await hass.config_entries.options.async_configure(form["flow_id"], {"twin": twin})
    await hass.async_block_till_done()
    assert_texts(result, "options")
    return result


async def test_nothing_is_offered_while_nothing_is_deleted(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    assert "bring_back" not in (await _async_menu(hass, entry))["menu_options"]


@pytest.mark.freeze_time("2026-11-20 12:00:00+00:00")
async def test_deleted_twins_are_listed_by_name_with_what_they_had(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await async_delete_twin(hass, entry, "goal", GOAL_ID)
    await async_delete_twin(hass, entry, "person", JAN)
    assert {option["label"] for option in _options(await _async_open(hass, entry))} == {
        "Jan (person): deleted 2026-11-20, metrics with a history: 0",
        "Half marathon (G01): deleted 2026-11-20, key results: 1, milestones: 1",
    }


async def test_a_deleted_twin_is_brought_back(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    before = runtime(entry).registry.goals[GOAL_ID]
    await async_delete_twin(hass, entry, "goal", GOAL_ID)
    form = await _async_open(hass, entry)
    result = await _async_submit(hass, form, _options(form)[0]["value"])
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "brought_back"
    assert result["description_placeholders"] == {"name": "Half marathon"}
    assert runtime(entry).registry.goals == {GOAL_ID: before}


async def test_a_code_that_is_taken_is_told_and_the_goal_comes_back_after_a_change(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    registry = runtime(entry).registry
    goal = registry.goals[GOAL_ID]
    await async_delete_twin(hass, entry, "goal", GOAL_ID)
    other = await registry.async_create(GOAL_KIND, {"goal_code": "g01", "name": "Ski"})
    form = await _async_open(hass, entry)
    refused = await _async_submit(hass, form, f"goal/{GOAL_ID}")
    assert refused["errors"] == {"twin": "place_taken"}
    await registry.async_update(GOAL_KIND, other.goal_id, {"goal_code": "G02"})
    assert (await _async_submit(hass, refused, f"goal/{GOAL_ID}"))["reason"] == "brought_back"
    assert registry.goals[GOAL_ID] == goal


async def test_what_has_come_back_meanwhile_cannot_be_brought_back(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await async_delete_twin(hass, entry, "person", JAN)
    await async_delete_twin(hass, entry, "goal", GOAL_ID)
    form, second = await _async_open(hass, entry), await _async_open(hass, entry)
    await _async_submit(hass, second, f"person/{JAN}")
    refused = await _async_submit(hass, form, f"person/{JAN}")
    assert refused["errors"] == {"twin": "not_found"}


async def test_a_full_disk_is_told(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await async_delete_twin(hass, entry, "person", JAN)
    form = await _async_open(hass, entry)
    with no_space():
        refused = await _async_submit(hass, form, f"person/{JAN}")
    assert refused["errors"] == {"base": "store_failed"}
    assert (await _async_submit(hass, refused, f"person/{JAN}"))["reason"] == "brought_back"
