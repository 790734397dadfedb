"""A quick entry is recorded by its name, and answered with today's totals."""

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.util.unit_system import US_CUSTOMARY_SYSTEM
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.common import ANNA, JAN, async_patch_twin, runtime

from .conftest import Perform, Refuses

ENTRIES = [
    {"name": "Coffee", "metrics": {"caffeine": 100, "hydration": {"value": 0.25, "unit": "L"}}},
    {"key": "fine", "name": "I am fine", "metrics": {"mood": 8}},
    {"name": "Nap", "metrics": {"sleep_duration": 30}},
]


@pytest.fixture(autouse=True)
async def _entries(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to("2026-03-02 12:00:00+00:00")
    await async_patch_twin(hass, entry, "person", ANNA, quick_entries=ENTRIES)


@pytest.mark.parametrize("name", ["coffee", "Coffee", "COFFEE"])
async def test_an_entry_is_recorded_by_key_or_name(perform: Perform, name: str) -> None:
    await perform("update_health_metrics", person=ANNA, metrics={"hydration": 500})
    assert await perform("record_quick_entry", person=ANNA, entry=name) == {
        "person_id": ANNA,
        "entry": "coffee",
        "recorded": {
            "caffeine": {"value": 100.0, "unit": "mg"},
            "hydration": {"value": 0.25, "unit": "L"},
        },
        "totals": {
            "caffeine": {"value": 100.0, "unit": "mg"},
            "hydration": {"value": 750.0, "unit": "mL"},
        },
    }


async def test_twice_at_the_same_time_counts_twice(perform: Perform) -> None:
    await perform("record_quick_entry", person=ANNA, entry="coffee")
    answer = await perform("record_quick_entry", person=ANNA, entry="coffee")
    assert answer["totals"]["caffeine"] == {"value": 200.0, "unit": "mg"}


async def test_of_a_level_the_value_is_answered(perform: Perform) -> None:
    await perform("update_health_metrics", person=ANNA, metrics={"mood": 3})
    answer = await perform("record_quick_entry", person=ANNA, entry="fine")
    assert answer["totals"] == {"mood": {"value": 8.0, "unit": "points"}}


async def test_totals_are_in_the_units_that_are_shown(
    hass: HomeAssistant, perform: Perform
) -> None:
    answer = await perform("record_quick_entry", person=ANNA, entry="Nap")
    assert answer["totals"] == {"sleep_duration": {"value": 0.5, "unit": "h"}}
    hass.config.units = US_CUSTOMARY_SYSTEM
    answer = await perform("record_quick_entry", person=ANNA, entry="Coffee")
    assert answer["totals"]["hydration"] == {"value": 8.45, "unit": "fl. oz."}


async def test_yesterday_does_not_count_today(
    perform: Perform, freezer: FrozenDateTimeFactory
) -> None:
    await perform("record_quick_entry", person=ANNA, entry="coffee")
    freezer.tick(24 * 60 * 60)
    answer = await perform("record_quick_entry", person=ANNA, entry="coffee")
    assert answer["totals"]["caffeine"]["value"] == 100


async def test_what_cannot_be_recorded_is_refused(refuses: Refuses) -> None:
    said = await refuses("unknown_item", "entry", "record_quick_entry", person=ANNA, entry="tea")
    assert said["allowed"] == "Coffee, I am fine, Nap"
    await refuses("no_quick_entries", "entry", "record_quick_entry", person=JAN, entry="tea")
    await refuses("required_field", "entry", "record_quick_entry", person=ANNA)
    await refuses("wrong_type_text", "entry", "record_quick_entry", person=ANNA, entry=4)
    await refuses("not_found", "person", "record_quick_entry", person="Eva", entry="tea")
    await refuses("unknown_field", "when", "record_quick_entry", person=ANNA, entry="tea", when=1)


@pytest.mark.parametrize(
    ("entries", "key", "field"),
    [
        ("tea", "wrong_type_list_private", "quick_entries"),
        ([{"name": "A", "metrics": {"tea": 1}}], "unknown_metric_private", ".metrics.tea"),
        ([{"name": "A", "metrics": {"mood": 99}}], "out_of_range_unit_private", ".metrics.mood"),
        ([{"name": "A", "icon": "x", "metrics": {"mood": 9}}], "invalid_icon", ".icon"),
    ],
)
async def test_entries_are_changed_by_an_action_that_repeats_no_value(
    refuses: Refuses, entries: object, key: str, field: str
) -> None:
    path = field if field == "quick_entries" else f"quick_entries[0]{field}"
    said = await refuses(key, path, "update_person", person=ANNA, quick_entries=entries)
    assert "value" not in said


async def test_a_private_person_can_record_too(
    hass: HomeAssistant, entry: MockConfigEntry, perform: Perform
) -> None:
    await async_patch_twin(hass, entry, "person", ANNA, health_entities=False)
    answer = await perform("record_quick_entry", person=ANNA, entry="coffee")
    assert answer["totals"]["caffeine"]["value"] == 100
    assert runtime(entry).registry.persons[ANNA].health_metrics["caffeine"].value == 100
