"""Quick entries are added, changed and removed one by one in the forms of a person."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.util.unit_system import US_CUSTOMARY_SYSTEM
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.digital_twin.twin.metrics.person import SUGGESTIONS
from custom_components.digital_twin.twin.metrics.recording import (
    MAX_QUICK_ENTRIES,
    QuickEntry,
    quick_entry_document,
)
from tests.common import ANNA, async_patch_twin, no_space, runtime

from .forms import LANGUAGES, Result, async_choose, async_open_menu, async_submit, suggested

COFFEE: dict[str, Any] = {
    "key": "coffee",
    "name": "Coffee",
    "icon": None,
    "metrics": {
        "caffeine": {"value": 100.0, "unit": "mg"},
        "hydration": {"value": 250.0, "unit": "mL"},
        "mood": {"value": 7.0, "unit": "points"},
    },
}


def _entries(entry: MockConfigEntry) -> list[dict[str, Any]]:
    found: tuple[QuickEntry, ...] = runtime(entry).registry.persons[ANNA].quick_entries
    return [{**quick_entry_document(each)} for each in found]


async def _start(hass: HomeAssistant, entry: MockConfigEntry, suggestion: str) -> Result:
    """Go to the form of a new entry."""
    menu = await async_open_menu(hass, entry, "person", ANNA)
    form = await async_choose(hass, menu, "quick_entry")
    return await async_submit(hass, form, suggestion=suggestion)


async def _change(
    hass: HomeAssistant, household: MockConfigEntry, *entries: dict[str, Any], **choice: object
) -> Result:
    """Go to the form of an entry that is there, or remove it."""
    await async_patch_twin(hass, household, "person", ANNA, quick_entries=list(entries))
    menu = await async_open_menu(hass, household, "person", ANNA)
    form = await async_choose(hass, menu, "entries")
    return await async_submit(hass, form, **choice)


async def test_an_entry_is_added_as_it_was_suggested(
    hass: HomeAssistant, household: MockConfigEntry
) -> None:
    form = await _start(hass, household, "coffee")
    assert suggested(form) == {
        "name": "Coffee",
        "metric": "caffeine",
        "value": 100,
        "unit": "mg",
        "second": {"metric": "hydration", "value": 250, "unit": "mL"},
    }
    result = await async_submit(hass, form)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    expected = {key: COFFEE["metrics"][key] for key in ("caffeine", "hydration")}
    assert _entries(household) == [COFFEE | {"metrics": expected}]


@pytest.mark.parametrize("suggestion", SUGGESTIONS)
@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_suggestion_has_a_name_of_the_language(
    hass: HomeAssistant, household: MockConfigEntry, suggestion: str, language: str
) -> None:
    hass.config.language = language
    result = await async_submit(hass, await _start(hass, household, suggestion))
    assert result["reason"] == "reconfigure_successful"
    (found,) = _entries(household)
    assert found["name"] != suggestion
    assert [*found["metrics"]] == [*SUGGESTIONS[suggestion].metrics]


async def test_a_suggestion_is_in_the_units_of_the_household(
    hass: HomeAssistant, household: MockConfigEntry
) -> None:
    hass.config.units = US_CUSTOMARY_SYSTEM
    form = await _start(hass, household, "glass_of_water")
    shown = suggested(form)
    assert (shown["value"], shown["unit"]) == (8, "fl. oz.")


async def test_an_own_entry_begins_empty_and_has_the_shown_unit(
    hass: HomeAssistant, household: MockConfigEntry
) -> None:
    form = await _start(hass, household, "own")
    assert suggested(form) == {"second": {}}
    await async_submit(hass, form, name="Nap", metric="sleep_duration", value=0.5)
    (nap,) = _entries(household)
    assert nap["metrics"] == {"sleep_duration": {"value": 0.5, "unit": "h"}}
    assert (nap["key"], nap["icon"]) == ("nap", None)


async def test_the_menu_offers_to_change_only_what_is_there(
    hass: HomeAssistant, household: MockConfigEntry
) -> None:
    menu = await async_open_menu(hass, household, "person", ANNA)
    assert menu["menu_options"] == ["details", "metric", "quick_entry", "consent"]
    await async_patch_twin(hass, household, "person", ANNA, quick_entries=[COFFEE])
    menu = await async_open_menu(hass, household, "person", ANNA)
    assert menu["menu_options"] == ["details", "metric", "quick_entry", "entries", "consent"]


async def test_an_entry_is_changed_and_keeps_its_key_and_what_is_not_shown(
    hass: HomeAssistant, household: MockConfigEntry
) -> None:
    tea = {"name": "Tea", "metrics": {"hydration": 200}}
    form = await _change(hass, household, COFFEE, tea, entry="coffee")
    result = await async_submit(
        hass,
        form,
        name="Espresso",
        icon="mdi:coffee",
        value=80,
        second={"metric": None, "value": None, "unit": None},
    )
    assert result["reason"] == "reconfigure_successful"
    espresso, kept = _entries(household)
    assert espresso == {
        "key": "coffee",
        "name": "Espresso",
        "icon": "mdi:coffee",
        "metrics": {
            "caffeine": {"value": 80.0, "unit": "mg"},
            "mood": {"value": 7.0, "unit": "points"},
        },
    }
    assert kept["name"] == "Tea"


async def test_an_entry_is_removed(hass: HomeAssistant, household: MockConfigEntry) -> None:
    tea = {"name": "Tea", "metrics": {"hydration": 200}}
    result = await _change(hass, household, COFFEE, tea, entry="coffee", remove=True)
    assert result["reason"] == "reconfigure_successful"
    assert [each["name"] for each in _entries(household)] == ["Tea"]


@pytest.mark.parametrize(
    ("bad", "errors", "placeholders"),
    [
        ({"name": " "}, {"name": "required_field"}, {}),
        ({"name": "COFFEE"}, {"name": "duplicate"}, {}),
        ({"metric": None}, {"metric": "required_field"}, {}),
        ({"metric": None, "value": None}, {"metric": "required_field"}, {}),
        ({"value": None}, {"value": "required_field"}, {}),
        ({"unit": "kg"}, {"unit": "unknown_unit"}, {"allowed": "mL, L, fl. oz., gal"}),
        (
            {"value": 99_999},
            {"value": "out_of_range"},
            {"minimum": "0", "maximum": "30000", "unit": "mL"},
        ),
        ({"icon": "cup"}, {"icon": "invalid_icon"}, {}),
        ({"second": {"metric": "hydration", "value": 1}}, {"second": "duplicate"}, {}),
        ({"second": {"metric": "mood", "value": 11}}, {"second": "out_of_range"}, None),
        ({"second": {"value": 11}}, {"second": "required_field"}, {}),
    ],
)
async def test_what_is_refused_is_shown_at_its_field_and_can_be_mended(
    hass: HomeAssistant,
    household: MockConfigEntry,
    bad: dict[str, Any],
    errors: dict[str, str],
    placeholders: dict[str, str] | None,
) -> None:
    await async_patch_twin(hass, household, "person", ANNA, quick_entries=[COFFEE])
    form = await _start(hass, household, "glass_of_water")
    good = suggested(form)
    form = await async_submit(hass, form, **bad)
    assert form["errors"] == errors
    assert placeholders is None or form["description_placeholders"] == placeholders
    empty = dict.fromkeys(("metric", "value", "unit"))
    result = await async_submit(hass, form, **{"icon": None, **good, "second": empty})
    assert result["reason"] == "reconfigure_successful"
    assert len(_entries(household)) == 2


async def test_there_is_room_for_twenty(hass: HomeAssistant, household: MockConfigEntry) -> None:
    many = [{"name": f"A{number}", "metrics": {"mood": 5}} for number in range(MAX_QUICK_ENTRIES)]
    await async_patch_twin(hass, household, "person", ANNA, quick_entries=many)
    form = await async_submit(hass, await _start(hass, household, "tea"))
    assert form["errors"] == {"base": "too_long"}


async def test_an_entry_that_is_gone_meanwhile_is_told(
    hass: HomeAssistant, household: MockConfigEntry
) -> None:
    await async_patch_twin(hass, household, "person", ANNA, quick_entries=[COFFEE])
    menu = await async_open_menu(hass, household, "person", ANNA)
    form = await async_choose(hass, menu, "entries")
    await async_patch_twin(
        hass, household, "person", ANNA, quick_entries=[COFFEE | {"key": "other"}]
    )
    form = await async_submit(hass, form, entry="coffee")
    assert form["errors"] == {"entry": "not_found"}


async def test_what_was_removed_while_its_form_was_open_comes_back(
    hass: HomeAssistant, household: MockConfigEntry
) -> None:
    form = await _change(hass, household, COFFEE, entry="coffee")
    await async_patch_twin(hass, household, "person", ANNA, quick_entries=[])
    await async_submit(hass, form)
    assert [each["key"] for each in _entries(household)] == ["coffee"]


async def test_a_full_disk_is_told_and_can_be_tried_again(
    hass: HomeAssistant, household: MockConfigEntry
) -> None:
    form = await _start(hass, household, "tea")
    with no_space():
        form = await async_submit(hass, form)
    assert form["errors"] == {"base": "store_failed"}
    result = await async_submit(hass, form)
    assert result["reason"] == "reconfigure_successful"
