"""Set-up, unload and removal of the whole integration."""

from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
import pytest

from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.engine.runtime import FIRST_HOME

from .common import ANNA, GOAL, GOAL_ID, HOME_ID, async_setup_twin, mock_entry, no_space, runtime

PERSONS = {ANNA: {"name": "Anna"}}
HOMES = {HOME_ID: {"name": "House", "residents": [ANNA]}}


async def test_the_first_set_up_creates_the_home_and_its_residents(hass: HomeAssistant) -> None:
    entry = await async_setup_twin(hass, persons=PERSONS, homes=HOMES)
    assert entry.state is ConfigEntryState.LOADED
    assert FIRST_HOME not in entry.data
    assert {sub.title: sub.subentry_type for sub in entry.subentries.values()} == {
        "Anna": "person",
        "House": "home",
    }
    assert runtime(entry).registry.homes[HOME_ID].residents == (ANNA,)


async def test_an_interrupted_first_set_up_goes_on_with_the_same_twins(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    hass_storage["digital_twin.persons"] = {
        "version": 1,
        "minor_version": 1,
        "data": {"records": [{"person_id": ANNA, "name": "Ania"}]},
    }
    entry = await async_setup_twin(hass, persons=PERSONS, homes=HOMES)
    assert {person.name for person in runtime(entry).registry.persons.values()} == {"Ania"}


async def test_a_reload_keeps_everything(hass: HomeAssistant) -> None:
    entry = await async_setup_twin(hass, persons=PERSONS, homes=HOMES, goals={GOAL_ID: GOAL})
    before = {
        state.entity_id: (state.state, state.attributes)
        for state in hass.states.async_all()
        if state.domain in ("sensor", "select")
    }
    assert before
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    after = {
        state.entity_id: (state.state, state.attributes)
        for state in hass.states.async_all()
        if state.domain in ("sensor", "select")
    }
    assert after == before


async def test_an_unloaded_entry_watches_nothing_and_shows_nothing(hass: HomeAssistant) -> None:
    listeners = hass.bus.async_listeners()
    entry = await async_setup_twin(hass, persons=PERSONS, homes=HOMES)
    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    assert {state.state for state in hass.states.async_all("sensor")} == {"unavailable"}
    # Home Assistant keeps one listener of its own for all trackers of a kind.
    left = [
        str(event)
        for event, count in hass.bus.async_listeners().items()
        if str(event).endswith(("_updated", "_changed")) and count > listeners.get(event, 0) + 1
    ]
    assert left == []


async def test_removal_leaves_nothing_behind(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    device_registry: dr.DeviceRegistry,
    entity_registry: er.EntityRegistry,
    issue_registry: ir.IssueRegistry,
) -> None:
    entry = await async_setup_twin(hass, persons=PERSONS, homes=HOMES, goals={GOAL_ID: GOAL})
    anna = next(sub for sub in entry.subentries.values() if sub.unique_id == ANNA)
    hass.config_entries.async_remove_subentry(entry, anna.subentry_id)
    await hass.async_block_till_done()
    assert [issue for domain, issue in issue_registry.issues if domain == DOMAIN]
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert [key for key in hass_storage if key.startswith(DOMAIN)] == []
    assert dr.async_entries_for_config_entry(device_registry, entry.entry_id) == []
    assert er.async_entries_for_config_entry(entity_registry, entry.entry_id) == []
    assert [issue for domain, issue in issue_registry.issues if domain == DOMAIN] == []
    assert hass.states.async_all(("sensor", "select", "binary_sensor", "event")) == []


async def test_one_damaged_record_costs_no_other_twin(
    hass: HomeAssistant, hass_storage: dict[str, Any], issue_registry: ir.IssueRegistry
) -> None:
    entry = await async_setup_twin(hass, persons=PERSONS, homes=HOMES, goals={GOAL_ID: GOAL})
    await hass.config_entries.async_unload(entry.entry_id)
    hass_storage["digital_twin.goals"]["data"]["records"][0]["status"] = "Someday"
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert [*runtime(entry).registry.persons] == [ANNA]
    assert [*runtime(entry).registry.homes] == [HOME_ID]
    issue = issue_registry.async_get_issue(DOMAIN, "damaged_record_goal_1")
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["name"] == GOAL["name"]

    hass_storage["digital_twin.goals"]["data"]["records"][0]["status"] = "Active"
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert [*runtime(entry).registry.goals] == [GOAL_ID]
    assert not issue_registry.issues


@pytest.mark.parametrize("name", ["goals", "home_memory"])
async def test_a_file_of_a_newer_version_stops_the_set_up_and_stays_as_it_is(
    hass: HomeAssistant, hass_storage: dict[str, Any], name: str
) -> None:
    before = {"version": 2, "minor_version": 1, "data": {"records": []}}
    hass_storage[f"{DOMAIN}.{name}"] = dict(before)
    entry = mock_entry()
    entry.add_to_hass(hass)
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert entry.error_reason_translation_key == "newer_file"
    assert entry.error_reason_translation_placeholders == {"file": f".storage/{DOMAIN}.{name}"}
    assert hass_storage[f"{DOMAIN}.{name}"] == before


@pytest.mark.parametrize("name", ["goals", "readings", "vault"])
async def test_a_damaged_file_stops_the_set_up_and_stays_as_it_is(
    hass: HomeAssistant, hass_storage: dict[str, Any], name: str
) -> None:
    before = {"version": "one", "data": {"records": []}}
    hass_storage[f"{DOMAIN}.{name}"] = dict(before)
    entry = mock_entry()
    entry.add_to_hass(hass)
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert entry.error_reason_translation_key == "damaged_file"
    assert entry.error_reason_translation_placeholders == {"file": f".storage/{DOMAIN}.{name}"}
    assert hass_storage[f"{DOMAIN}.{name}"]["data"] == before["data"]


async def test_the_first_set_up_is_tried_again_when_the_disk_fails(hass: HomeAssistant) -> None:
    entry = mock_entry(persons=PERSONS, homes=HOMES)
    entry.add_to_hass(hass)
    with no_space():
        assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "not_saved"
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert [*runtime(entry).registry.persons] == [ANNA]
    assert runtime(entry).registry.homes[HOME_ID].residents == (ANNA,)


async def test_a_first_home_that_is_refused_says_why(hass: HomeAssistant) -> None:
    entry = mock_entry(persons={ANNA: {"name": "Anna", "timezone": "Mars/Base"}})
    entry.add_to_hass(hass)
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert entry.error_reason_translation_key == "invalid_timezone"


async def test_new_options_count_without_a_reload(hass: HomeAssistant) -> None:
    entry = await async_setup_twin(hass)
    parts = runtime(entry)
    with patch.object(
        type(parts.observer), "async_set_thresholds", autospec=True
    ) as set_thresholds:
        hass.config_entries.async_update_entry(entry, options={"low_battery": 35})
        await hass.async_block_till_done()
    assert set_thresholds.call_args.args[1].low_battery == 35
    assert runtime(entry) is parts


@pytest.mark.parametrize("action", ["get_twin", "create_goal"])
async def test_the_actions_are_there_before_and_after_the_entry(
    hass: HomeAssistant, action: str
) -> None:
    entry = await async_setup_twin(hass)
    await hass.config_entries.async_unload(entry.entry_id)
    assert hass.services.has_service(DOMAIN, action)
