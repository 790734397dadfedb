"""A repair brings back a twin that others referred to, or accepts the loss."""

from collections.abc import Mapping
from typing import Any

from homeassistant.components.repairs import DOMAIN as REPAIRS, repairs_flow_manager
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.engine.issues import LOST_REFERENCES
from tests.common import (
    ANNA,
    GOAL,
    GOAL_ID,
    HOME_ID,
    async_add_twins,
    async_restore_twin,
    async_setup_twin,
    no_space,
    runtime,
    subentry_ids,
)
from tests.surfaces.flows.forms import assert_texts

ISSUE = f"{LOST_REFERENCES}_{ANNA}"
OTHER = "20000000-0000-4000-8000-00000000000f"

type Result = Mapping[str, Any]


@pytest.fixture
async def entry(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> MockConfigEntry:
    """A household in which Anna was deleted in the UI, though a home and a goal named her."""
    monkeypatch.setattr("custom_components.digital_twin.PLATFORMS", ())
    assert await async_setup_component(hass, REPAIRS, {})
    entry = await async_setup_twin(
        hass,
        persons={ANNA: {"name": "Anna", "contact_email": "anna@example.com"}},
        homes={HOME_ID: {"name": "Home", "residents": [ANNA]}},
        goals={GOAL_ID: GOAL},
    )
    hass.config_entries.async_remove_subentry(entry, subentry_ids(entry)[ANNA])
    await hass.async_block_till_done()
    return entry


async def _async_open(hass: HomeAssistant) -> Result:
    manager = repairs_flow_manager(hass)
    assert manager is not None
    result = await manager.async_init(DOMAIN, context={"issue_id": ISSUE})
    assert_texts(result, "issues", LOST_REFERENCES, "fix_flow")
    return result


async def _async_choose(hass: HomeAssistant, menu: Result, step: str) -> Result:
    manager = repairs_flow_manager(hass)
    assert manager is not None
    result = await manager.async_configure(menu["flow_id"], {"next_step_id": step})
    await hass.async_block_till_done()
    assert_texts(result, "issues", LOST_REFERENCES, "fix_flow")
    return result


def _issue(hass: HomeAssistant) -> ir.IssueEntry | None:
    return ir.async_get(hass).async_get_issue(DOMAIN, ISSUE)


async def test_the_menu_names_the_twin_and_who_lost_it(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    menu = await _async_open(hass)
    assert menu["type"] is FlowResultType.MENU
    assert menu["menu_options"] == ["restore", "leave"]
    assert menu["description_placeholders"] == {"name": "Anna", "users": "Body fat, Home"}


async def test_the_twin_comes_back_with_all_that_referred_to_it(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    registry = runtime(entry).registry
    result = await _async_choose(hass, await _async_open(hass), "restore")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert registry.persons[ANNA].name == "Anna"
    assert registry.goals[GOAL_ID].owner_person_id == ANNA
    assert registry.homes[HOME_ID].residents == (ANNA,)
    assert ANNA in subentry_ids(entry)
    assert _issue(hass) is None


async def test_the_loss_can_be_accepted(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    result = await _async_choose(hass, await _async_open(hass), "leave")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert ANNA not in runtime(entry).registry.persons
    assert runtime(entry).registry.deletions.is_deleted("person", ANNA)
    assert _issue(hass) is None


@pytest.mark.parametrize("step", ["restore", "leave"])
async def test_the_integration_must_be_running(
    hass: HomeAssistant, entry: MockConfigEntry, step: str
) -> None:
    await hass.config_entries.async_unload(entry.entry_id)
    result = await _async_choose(hass, await _async_open(hass), step)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "entry_not_loaded"
    assert _issue(hass) is not None


async def test_a_twin_that_is_back_already_cannot_be_brought_back(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    menu = await _async_open(hass)
    await async_restore_twin(hass, entry, "person", ANNA)
    result = await _async_choose(hass, menu, "restore")
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "not_restorable"
    assert _issue(hass) is None


async def test_a_twin_whose_address_was_taken_comes_back_once_that_is_free(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await async_add_twins(
        hass, entry, "person", {OTHER: {"name": "Ola", "contact_email": "ANNA@example.com"}}
    )
    result = await _async_choose(hass, await _async_open(hass), "restore")
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "taken"
    assert _issue(hass) is not None
    hass.config_entries.async_remove_subentry(entry, subentry_ids(entry)[OTHER])
    await hass.async_block_till_done()
    result = await _async_choose(hass, await _async_open(hass), "restore")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert ANNA in runtime(entry).registry.persons


@pytest.mark.parametrize("step", ["restore", "leave"])
async def test_a_disk_that_is_full_is_told(
    hass: HomeAssistant, entry: MockConfigEntry, step: str
) -> None:
    with no_space():
        result = await _async_choose(hass, await _async_open(hass), step)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "store_failed"
    assert _issue(hass) is not None


async def test_another_issue_is_only_confirmed(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    ir.async_create_issue(
        hass,
        DOMAIN,
        "other",
        is_fixable=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key=LOST_REFERENCES,
    )
    manager = repairs_flow_manager(hass)
    assert manager is not None
    form = await manager.async_init(DOMAIN, context={"issue_id": "other"})
    assert form["type"] is FlowResultType.FORM
    result = await manager.async_configure(form["flow_id"], {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert ir.async_get(hass).async_get_issue(DOMAIN, "other") is None
