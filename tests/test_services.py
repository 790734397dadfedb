"""The actions are there, described as they are, and answer also while nothing is loaded."""

from pathlib import Path
from typing import Any
from unittest.mock import patch

from homeassistant.core import HomeAssistant, SupportsResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.service import async_get_all_descriptions
from homeassistant.setup import async_setup_component
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import yaml

from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.engine.core.files import StoreFailedError
from custom_components.digital_twin.engine.folder import CONF_GOALS_FOLDER
from custom_components.digital_twin.services import describe, schema_of
from custom_components.digital_twin.surfaces.actions import ACTIONS
from custom_components.digital_twin.twin.enums import (
    ActivityLevel,
    Gender,
    GoalStatus,
    HomeContext,
    ItemState,
    PersonContext,
)
from custom_components.digital_twin.twin.goals.goal import GOAL
from custom_components.digital_twin.twin.home.home import HOME
from custom_components.digital_twin.twin.metrics.person import PERSON
from custom_components.digital_twin.twin.records.fields import Kind

from .common import ANNA, GOAL_ID, HOME_ID, async_setup_twin, runtime

PACKAGE = Path(__file__).parent.parent / "custom_components" / DOMAIN
DATA: dict[str, dict[str, Any]] = {
    "create_goal": {"goal_code": "G02", "name": "Read"},
    "delete_goal": {"goal": GOAL_ID},
    "export_twin": {"twin": ANNA, "synthetic": True},
    "get_briefing": {},
    "get_changes": {"twins": GOAL_ID},
    "get_health_history": {"person": ANNA, "metric": "mood"},
    "get_correlations": {"person": ANNA},
    "get_twin": {"twin": ANNA},
    "import_health_metrics": {"person": ANNA, "path": "/media/moods.csv"},
    "query": {"expression": "goals[].name"},
    "record_entity_value": {"person": ANNA, "metric": "mood", "entity": "sensor.mood"},
    "record_quick_entry": {"person": ANNA, "entry": "Tea"},
    "restore_twin": {"twin": "G09"},
    "set_consent": {"person": ANNA, "assistants": "band"},
    "set_context": {"twin": ANNA, "context": "ill"},
    "simulate": {"goals": [{"goal": GOAL_ID, "dropped": True}]},
    "sync_goals": {},
    "update_goal": {"goal": GOAL_ID, "name": "Walk"},
    "update_goal_progress": {"goal": GOAL_ID, "key_result": "Runs", "value": 3},
    "update_health_metrics": {"person": ANNA, "metrics": {"mood": 7}},
    "update_home": {"home": HOME_ID, "name": "Flat"},
    "update_person": {"person": ANNA, "gender": "female"},
}
QUESTIONS = {
    "export_twin",
    "get_briefing",
    "get_changes",
    "get_correlations",
    "get_health_history",
    "get_twin",
    "query",
    "simulate",
}
CHANGES = {"update_person": PERSON, "update_home": HOME, "update_goal": GOAL, "create_goal": GOAL}


@pytest.fixture(autouse=True)
def _file(hass: HomeAssistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write a file to import, and have a sensor to record."""
    path = tmp_path / "moods.csv"
    path.write_text("metric,value,date\nmood,7,2026-03-01\n", encoding="utf-8")
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    hass.states.async_set("sensor.mood", "7")
    monkeypatch.setitem(DATA["import_health_metrics"], "path", str(path))


@pytest.fixture
async def entry(hass: HomeAssistant, tmp_path: Path) -> MockConfigEntry:
    """Set up one of each, a goal that is deleted, and an empty goals folder."""
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    with patch("custom_components.digital_twin.PLATFORMS", ()):
        entry = await async_setup_twin(
            hass,
            options={CONF_GOALS_FOLDER: str(tmp_path)},
            persons={
                ANNA: {
                    "name": "Anna",
                    "quick_entries": [{"name": "Tea", "metrics": {"hydration": 250}}],
                }
            },
            goals={
                GOAL_ID: {
                    "goal_code": "G01",
                    "name": "Run",
                    "progress_metrics": [{"name": "Runs"}],
                }
            },
        )
    registry = runtime(entry).registry
    goal = await registry.async_create(GOAL, {"goal_code": "G09", "name": "Old"})
    await registry.async_delete(GOAL, goal.goal_id)
    return entry


def _described() -> dict[str, dict[str, Any]]:
    content: dict[str, dict[str, Any]] = yaml.safe_load(
        (PACKAGE / "services.yaml").read_text(encoding="utf-8")
    )
    return content


def _fields(fields: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, field in fields.items():
        flat |= _fields(field["fields"]) if "fields" in field else {name: field}
    return flat


@pytest.mark.parametrize("action", DATA)
async def test_every_action_answers_when_asked(
    hass: HomeAssistant, entry: MockConfigEntry, action: str
) -> None:
    response = await hass.services.async_call(
        DOMAIN, action, DATA[action], blocking=True, return_response=True
    )
    assert response


# There is nothing to save after a look into an empty folder.
@pytest.mark.parametrize("action", sorted(DATA.keys() - QUESTIONS - {"sync_goals"}))
async def test_every_action_that_does_something_can_be_silent(
    hass: HomeAssistant, entry: MockConfigEntry, action: str
) -> None:
    saves = runtime(entry).registry.seq
    await hass.services.async_call(DOMAIN, action, DATA[action], blocking=True)
    assert runtime(entry).registry.seq > saves
    assert hass.services.supports_response(DOMAIN, action) is SupportsResponse.OPTIONAL


@pytest.mark.parametrize("action", sorted(QUESTIONS))
async def test_reading_a_twin_is_only_for_the_answer(
    hass: HomeAssistant, entry: MockConfigEntry, action: str
) -> None:
    assert hass.services.supports_response(DOMAIN, action) is SupportsResponse.ONLY


@pytest.mark.parametrize("action", DATA)
async def test_without_a_loaded_entry_an_action_says_so(hass: HomeAssistant, action: str) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    with pytest.raises(ServiceValidationError) as refused:
        await hass.services.async_call(
            DOMAIN, action, DATA[action], blocking=True, return_response=True
        )
    assert refused.value.translation_domain == "homeassistant"


@pytest.mark.parametrize("action", DATA)
async def test_with_an_unloaded_entry_an_action_says_so(
    hass: HomeAssistant, entry: MockConfigEntry, action: str
) -> None:
    with patch("custom_components.digital_twin.PLATFORMS", ()):
        assert await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(ServiceValidationError) as refused:
        await hass.services.async_call(
            DOMAIN, action, DATA[action], blocking=True, return_response=True
        )
    assert refused.value.translation_domain == "homeassistant"


async def test_a_change_that_could_not_be_saved_is_told(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    failed = patch(
        "custom_components.digital_twin.engine.core.journal.Disk.append",
        side_effect=StoreFailedError("the disk is full"),
    )
    with failed, pytest.raises(HomeAssistantError) as refused:
        await hass.services.async_call(
            DOMAIN, "update_home", DATA["update_home"], blocking=True, return_response=True
        )
    assert not isinstance(refused.value, ServiceValidationError)
    assert refused.value.translation_key == "not_saved"
    assert "disk" in str(refused.value)


async def test_home_assistant_reads_the_descriptions(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    descriptions = (await async_get_all_descriptions(hass))[DOMAIN]
    # A device has no id before it is made: tests/actions/test_device.py.
    assert descriptions.keys() == ACTIONS.keys() == DATA.keys() | {"set_maintenance"}
    for name, description in _described().items():
        assert descriptions[name]["fields"].keys() == description["fields"].keys()


@pytest.mark.parametrize(("action", "kind"), CHANGES.items())
def test_every_field_that_may_be_written_is_described(action: str, kind: Kind[Any]) -> None:
    described = _fields(_described()[action]["fields"])
    named_by = {kind.name} if action.startswith("update") else set()
    assert described.keys() == {*kind.writable} | named_by


@pytest.mark.parametrize(
    ("action", "field", "enum"),
    [
        ("update_person", "context", PersonContext),
        ("update_home", "context", HomeContext),
        ("update_person", "gender", Gender),
        ("update_person", "activity_level", ActivityLevel),
        ("create_goal", "status", GoalStatus),
        ("update_goal", "status", GoalStatus),
        ("update_goal_progress", "state", ItemState),
    ],
)
def test_the_options_are_those_of_the_model(action: str, field: str, enum: type[Any]) -> None:
    field_ = _fields(_described()[action]["fields"])[field]
    assert field_["selector"]["select"]["options"] == enum.slugs()


def _open(description: object) -> bool:
    """Tell whether a description, or a part of one, says nothing."""
    if not isinstance(description, dict):
        return False
    parts = [*description.get("properties", {}).values(), *description.get("anyOf", ())]
    parts += [description["items"]] if "items" in description else []
    return not description or any(_open(part) for part in parts)


@pytest.mark.parametrize("action", ACTIONS)
def test_the_limits_of_an_action_name_exactly_the_fields_that_are_described(action: str) -> None:
    _act, limits = ACTIONS[action]
    described = _fields(_described()[action]["fields"])
    assert limits.parts.keys() == described.keys()
    assert limits.others is None
    required = {name for name, field in described.items() if field.get("required")}
    assert required == {*limits.required}


@pytest.mark.parametrize("action", ACTIONS)
def test_the_schema_of_an_action_describes_all_its_data(action: str) -> None:
    _act, limits = ACTIONS[action]
    description = probatio.to_openapi(
        schema_of(limits), custom_serializer=describe, openapi_version="3.1.0", strict=True
    )
    assert description == limits.json_schema()
    assert description["properties"].keys() == limits.parts.keys()
    assert not _open(description)


def test_a_schema_leaves_what_is_not_ours_to_probatio() -> None:
    schema = probatio.Schema({probatio.Optional("name"): str})
    description = probatio.to_openapi(schema, custom_serializer=describe)
    assert description["properties"] == {"name": {"type": "string"}}
