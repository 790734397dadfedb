"""Quick entries are buttons of their person; pressing one records its amounts."""

from typing import Any
from unittest.mock import patch

from homeassistant.auth.models import User
from homeassistant.components.button import DOMAIN as BUTTON, SERVICE_PRESS
from homeassistant.components.recorder import Recorder
from homeassistant.const import ATTR_ENTITY_ID, Platform
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    snapshot_platform,
)
from syrupy.assertion import SnapshotAssertion

from custom_components.digital_twin.engine.core.entity_ids import health_entities
from custom_components.digital_twin.engine.events import EVENT_LINE
from custom_components.digital_twin.twin.metrics.household_metrics import define_metric

from .common import ANNA, JAN, async_patch_twin, async_setup_twin, no_space, runtime, shown

WATER: dict[str, Any] = {
    "key": "water",
    "name": "Glass of water",
    "metrics": {"hydration": {"value": 250, "unit": "mL"}},
}
COFFEE: dict[str, Any] = {"name": "Coffee", "metrics": {"caffeine": 100, "hydration": 250}}
MOOD: dict[str, Any] = {"name": "Fine", "icon": "mdi:hand-okay", "metrics": {"mood": 8}}
WATER_BUTTON = "button.anna_glass_of_water"


@pytest.fixture
async def entry(hass: HomeAssistant) -> MockConfigEntry:
    """Set up Anna with quick entries, and Jan without."""
    hass.states.async_set("person.anna", "home")
    return await async_setup_twin(
        hass,
        homes={},
        persons={
            ANNA: {
                "name": "Anna",
                "person_entity": "person.anna",
                "quick_entries": [WATER, COFFEE, MOOD],
            },
            JAN: {"name": "Jan"},
        },
    )


async def _press(hass: HomeAssistant, entity_id: str, user: User | None = None) -> None:
    await hass.services.async_call(
        BUTTON,
        SERVICE_PRESS,
        {ATTR_ENTITY_ID: entity_id},
        blocking=True,
        context=Context(user_id=user.id if user else None),
    )
    await hass.async_block_till_done()


def _values(entry: MockConfigEntry) -> dict[str, float]:
    metrics = runtime(entry).registry.persons[ANNA].health_metrics
    return {key: reading.value for key, reading in metrics.items()}


async def test_buttons_of_a_person(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, snapshot: SnapshotAssertion
) -> None:
    with patch("custom_components.digital_twin.PLATFORMS", (Platform.BUTTON,)):
        entry = await async_setup_twin(
            hass,
            homes={},
            persons={ANNA: {"name": "Anna", "quick_entries": [WATER, COFFEE, MOOD]}},
        )
    await snapshot_platform(hass, entity_registry, snapshot, entry.entry_id)


async def test_a_press_records_the_amounts_and_each_press_counts(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await _press(hass, "button.anna_coffee")
    assert _values(entry) == {"caffeine": 100, "hydration": 250}
    await _press(hass, WATER_BUTTON)
    await _press(hass, "button.anna_fine")
    assert _values(entry) == {"caffeine": 100, "hydration": 500, "mood": 8}


async def test_presses_in_the_same_millisecond_all_count(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: object
) -> None:
    for _ in range(3):
        await _press(hass, WATER_BUTTON)
    assert _values(entry) == {"hydration": 750}


async def test_the_line_in_the_logbook_names_who_pressed(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    user = await hass.auth.async_create_user("Somebody")
    hass.states.async_set("person.anna", "home", {"user_id": user.id})
    lines = async_capture_events(hass, EVENT_LINE)
    await _press(hass, "button.anna_coffee", user)
    (line,) = lines
    assert (line.data["type"], line.data["actor"]) == ("metric_recorded", "Anna")
    assert line.data["details"]["listed"] == ["Caffeine", "Hydration"]
    assert line.context.user_id == user.id


async def test_buttons_come_are_renamed_and_go_without_a_reload(
    hass: HomeAssistant, entry: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    before = shown(hass, WATER_BUTTON)
    assert before.attributes["icon"] == "mdi:cup-water"
    tea = {"name": "Tea", "icon": "mdi:tea", "metrics": {"hydration": 250}}
    renamed = WATER | {"name": "Mug of water", "icon": "mdi:mug"}
    await async_patch_twin(hass, entry, "person", ANNA, quick_entries=[renamed, tea])
    assert shown(hass, WATER_BUTTON).attributes["friendly_name"] == "Anna Mug of water"
    assert shown(hass, WATER_BUTTON).attributes["icon"] == "mdi:mug"
    assert shown(hass, "button.anna_tea").attributes["icon"] == "mdi:tea"
    assert hass.states.get("button.anna_coffee") is None
    assert entity_registry.async_get("button.anna_coffee") is None
    await async_patch_twin(hass, entry, "person", JAN, quick_entries=[tea])
    assert hass.states.get("button.jan_tea") is not None


async def test_a_private_person_has_no_buttons(
    hass: HomeAssistant, entry: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    await async_patch_twin(hass, entry, "person", ANNA, health_entities=False)
    assert hass.states.async_entity_ids(BUTTON) == []
    assert entity_registry.async_get(WATER_BUTTON) is None
    await async_patch_twin(hass, entry, "person", ANNA, health_entities=True)
    assert len(hass.states.async_entity_ids(BUTTON)) == 3


async def test_a_button_is_deleted_from_the_recorder_with_the_health_values(
    recorder_mock: Recorder, hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    found = {one.entity_id: one.is_metric for one in health_entities(hass)}
    assert found[WATER_BUTTON] is False


async def test_a_disk_that_is_full_is_an_error_and_records_nothing(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    with no_space(), pytest.raises(HomeAssistantError) as failed:
        await _press(hass, WATER_BUTTON)
    assert failed.value.translation_key == "not_saved"
    assert _values(entry) == {}


async def test_a_metric_that_the_household_removed_is_named(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    registry = runtime(entry).registry
    pills = define_metric({"key": "pills", "name": "Pills", "unit": "pcs", "kind": "daily_total"})
    registry.async_set_household_metrics([pills])
    entries = [{"name": "Pill", "metrics": {"pills": 1}}]
    await async_patch_twin(hass, entry, "person", ANNA, quick_entries=entries)
    # The icon is that of all quick entries: the household's metrics have none in icons.json.
    assert "icon" not in shown(hass, "button.anna_pill").attributes
    await _press(hass, "button.anna_pill")
    assert _values(entry) == {"pills": 1}
    registry.async_set_household_metrics([])
    with pytest.raises(ServiceValidationError) as refused:
        await _press(hass, "button.anna_pill")
    assert refused.value.translation_key == "unknown_metric_private"
    assert refused.value.translation_placeholders is not None
    assert refused.value.translation_placeholders["field"] == "quick_entries.pill.metrics.pills"
