"""The options say what contexts pause, and which entities set them."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.twin.enums import ContextEffect
from custom_components.digital_twin.twin.records.context_effects import (
    DEFAULT_EFFECTS,
    contexts_with_effects,
)
from tests.common import ANNA, HOME_ID, async_add_twins, runtime

from .forms import assert_texts, suggested

TRIP: Final = {
    "twin_id": ANNA,
    "entity": "calendar.trips",
    "state": "on",
    "context": "travelling",
}

type Result = Mapping[str, Any]


async def _choose(hass: HomeAssistant, entry: MockConfigEntry, step: str) -> Result:
    menu = await hass.config_entries.options.async_init(entry.entry_id)
    form = await hass.config_entries.options.async_configure(
        menu["flow_id"], {"next_step_id": step}
    )
    assert_texts(form, "options")
    return form


async def _submit(hass: HomeAssistant, form: Result, values: Mapping[str, object]) -> Result:
    result = await hass.config_entries.options.async_configure(form["flow_id"], dict(values))
    await hass.async_block_till_done()
    assert_texts(result, "options")
    return result


@pytest.fixture
async def entry(hass: HomeAssistant, household: MockConfigEntry) -> MockConfigEntry:
    """Give the household Anna and a calendar."""
    if ANNA not in runtime(household).registry.persons:
        await async_add_twins(hass, household, "person", {ANNA: {"name": "Anna"}})
    hass.states.async_set("calendar.trips", "off")
    hass.config_entries.async_update_entry(household, options={"low_battery": 15})
    await hass.async_block_till_done()
    return household


async def test_the_form_shows_the_table_as_it_is(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    shown = suggested(await _choose(hass, entry, "contexts"))
    assert {each.value: frozenset(shown[each.value]) for each in ContextEffect} == DEFAULT_EFFECTS


async def test_a_changed_table_counts_at_once_and_is_shown_again(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    form = await _choose(hass, entry, "contexts")
    values = {**suggested(form), "plans": ["ill", "exam"]}
    del values["devices"]
    result = await _submit(hass, form, values)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options["low_battery"] == 15
    effects = runtime(entry).registry.effects
    assert effects[ContextEffect.PLANS] == {"ill", "exam"}
    assert effects[ContextEffect.DEVICES] == frozenset()
    shown = suggested(await _choose(hass, entry, "contexts"))
    assert (shown["plans"], shown["devices"]) == (["ill", "exam"], [])


async def test_the_table_as_it_was_made_is_no_option(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    form = await _choose(hass, entry, "contexts")
    await _submit(hass, form, {**suggested(form), "plans": ["exam"]})
    assert "context_effects" in entry.options
    defaults = {
        effect.value: [
            each for each in contexts_with_effects(effect) if each in DEFAULT_EFFECTS[effect]
        ]
        for effect in ContextEffect
    }
    await _submit(hass, await _choose(hass, entry, "contexts"), defaults)
    assert entry.options == {"low_battery": 15}


async def test_a_rule_is_kept_by_the_registry_id_and_shown_by_the_present_one(
    hass: HomeAssistant, entry: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    known = entity_registry.async_get_or_create(
        "calendar", "acme", "trips", suggested_object_id="x"
    )
    form = await _choose(hass, entry, "context_rules")
    await _submit(hass, form, {"rules": [{**TRIP, "entity": known.entity_id}]})
    assert entry.options["context_rules"] == [{**TRIP, "entity": known.id}]
    entity_registry.async_update_entity(known.entity_id, new_entity_id="calendar.journeys")
    shown = suggested(await _choose(hass, entry, "context_rules"))
    assert shown["rules"] == [{**TRIP, "entity": "calendar.journeys"}]


async def test_rules_can_be_removed(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await _submit(hass, await _choose(hass, entry, "context_rules"), {"rules": [TRIP]})
    await _submit(hass, await _choose(hass, entry, "context_rules"), {"rules": []})
    assert entry.options == {"low_battery": 15}


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        ({**TRIP, "context": "guests"}, "not_an_option"),
        ({**TRIP, "twin_id": HOME_ID}, "not_an_option"),
        ({**TRIP, "entity": "select.anna_context"}, "own_entity"),
        ({**TRIP, "entity": "calendar.nobody_has"}, "entity_gone"),
    ],
)
async def test_a_wrong_rule_is_refused_and_can_be_mended(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    rule: dict[str, str],
    error: str,
) -> None:
    entity_registry.async_get_or_create(
        "select", DOMAIN, f"{ANNA}-person_context", suggested_object_id="anna_context"
    )
    form = await _choose(hass, entry, "context_rules")
    result = await _submit(hass, form, {"rules": [rule]})
    assert result["errors"] == {"rules": error}
    assert (await _submit(hass, result, {"rules": [TRIP]}))["type"] is FlowResultType.CREATE_ENTRY
