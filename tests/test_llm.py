"""Language models get what people ask about, as the user of the conversation, in few words."""

from datetime import UTC, datetime, timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import llm
from homeassistant.helpers.json import json_bytes
from homeassistant.setup import async_setup_component
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.engine.core.registry import KINDS
from custom_components.digital_twin.engine.documents import Document
from custom_components.digital_twin.llm import (
    MOST_BYTES,
    async_get_tools,
    fitted,
    written_bytes,
)
from custom_components.digital_twin.twin.metrics.readings import Reading
from scripts.demo.custom_components.demo_home.house import DEVICES, ROOMS, UNITS
from scripts.demo.furnish import SLIDERS
from scripts.mcp_test.household import HOME, LEAK, WEIGHT, goals, nights
from scripts.mcp_test.questions import Question, differences, part, questions

from .common import ANNA, GOAL_ID, HOME_ID, JAN, async_setup_twin, runtime
from .house import House

NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
HOUSEHOLD_GOAL = "30000000-0000-4000-8000-000000000002"
OTHER_GOAL = "30000000-0000-4000-8000-000000000003"
PERSONS = {
    ANNA: {"name": "Anna", "person_entity": "person.anna", "timezone": "UTC"},
    JAN: {"name": "Jan", "person_entity": "person.jan", "timezone": "UTC"},
}
GOALS = dict(
    zip(
        (GOAL_ID, HOUSEHOLD_GOAL, OTHER_GOAL), goals(NOW, ANNA, JAN, norwegian=GOAL_ID), strict=True
    )
)


@pytest.fixture(autouse=True)
async def entry(
    hass: HomeAssistant, house: House, freezer: FrozenDateTimeFactory
) -> MockConfigEntry:
    """Anna, Jan, three goals, sixty nights, a home with a low battery and a wet floor."""
    await hass.config.async_set_time_zone("UTC")
    freezer.move_to(NOW)
    assert await async_setup_component(hass, "llm", {})
    _build(house)
    made = await async_setup_twin(
        hass,
        persons=PERSONS,
        homes={HOME_ID: {"name": HOME, "zone": "zone.home", "residents": [ANNA]}},
        goals=GOALS,
    )
    sleep = [("sleep_duration", _reading(value, "min", end)) for end, value in nights(NOW)]
    registry = runtime(made).registry
    await registry.async_import_readings(ANNA, sleep)
    await registry.async_record(ANNA, [("weight", _reading(WEIGHT, "kg", NOW))])
    await hass.async_block_till_done()
    return made


def _build(house: House) -> None:
    """Build the house of the demo home."""
    areas = {room.name: house.area(room.name, room.floor) for room in ROOMS}
    for device in DEVICES:
        device_id = house.device(device.name, areas.get(device.room or ""))
        moved = {kind: SLIDERS[slider] for kind, slider in device.moved.items()}
        for kind, value in (moved | device.values).items():
            house.sensor(device_id, kind, value, unit=UNITS[kind])
        for detected, switch in device.detects.items():
            state = "on" if switch == LEAK else "off"
            house.sensor(device_id, detected, state, domain="binary_sensor")


def _reading(value: float, unit: str, measured_at: datetime) -> Reading:
    return Reading(value=value, unit=unit, measured_at=measured_at, source="watch")


@pytest.fixture
def users(hass: HomeAssistant) -> dict[str, str | None]:
    """Return the ids of users by what they are; Anna and Jan are linked, `nobody` is unknown."""
    made = {
        "admin": MockUser(is_owner=True),
        "anna": MockUser(groups=[]),
        "jan": MockUser(groups=[]),
        "guest": MockUser(groups=[]),
    }
    ids: dict[str, str | None] = {"nobody": None}
    for name, user in made.items():
        user.add_to_hass(hass)
        ids[name] = user.id
    for name in ("anna", "jan"):
        hass.states.async_set(f"person.{name}", "home", {"user_id": ids[name]})
    return ids


async def ask(
    hass: HomeAssistant, user_id: str | None, tool: str, **arguments: object
) -> llm.ToolResult:
    """Call a tool as Home Assistant's Assist API does."""
    context = llm.LLMContext(
        platform="test",
        context=Context(user_id=user_id),
        language="en",
        assistant="conversation",
        device_id=None,
    )
    api = await llm.async_get_api(hass, llm.LLM_API_ASSIST, context)
    found = await api.async_call_tool(
        llm.ToolInput(tool_name=f"{DOMAIN}__{tool}", tool_args=arguments)
    )
    assert isinstance(found, llm.ToolResult)
    assert written_bytes(found.data) <= MOST_BYTES
    return found


@pytest.mark.parametrize("question", questions(NOW.date()), ids=lambda question: str(question.text))
async def test_the_answer_to_a_question_is_in_the_data(
    hass: HomeAssistant, users: dict[str, str | None], question: Question
) -> None:
    found = await ask(hass, users["anna"], question.tool, **question.arguments)
    assert not found.error
    assert differences(found.data, question.expected) == []


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "Next step: Norwegian."), ("pl", "Następny krok: Norwegian.")],
)
async def test_what_matters_today_is_told_in_sentences(
    hass: HomeAssistant, users: dict[str, str | None], language: str, sentence: str
) -> None:
    found = await ask(hass, users["anna"], "get_briefing", person="Anna", language=language)
    assert sentence in str(found.data["briefing"])


async def test_what_changed_is_told_in_sentences(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    users: dict[str, str | None],
    entry: MockConfigEntry,
) -> None:
    freezer.move_to(NOW + timedelta(days=2))
    update = {"target_date": "2026-08-31"}
    await ask(hass, users["anna"], "update_goal_progress", goal="G03", item="book the exam")
    await runtime(entry).registry.async_update(KINDS["goal"], HOUSEHOLD_GOAL, update)
    moved = "2026-03-18 12:00 G05 Savings: target date 31 December → 31 August, in the settings"
    for arguments in (
        {},
        {"since": "2026-03-17"},
        {"goal": "savings"},
        {"goal": "G05", "home": HOME.lower()},
    ):
        found = await ask(hass, users["anna"], "get_changes", **arguments)
        assert moved in part(found.data, "changes")
        assert "known_since" not in found.data
    found = await ask(hass, users["anna"], "get_changes", goal="norwegian")
    assert part(found.data, "changes") == [
        "2026-03-18 12:00 G03 Norwegian: Book the exam is done, by Anna",
        "2026-03-18 12:00 G03 Norwegian: progress 18% → 35%, by Anna",
    ]
    found = await ask(hass, users["anna"], "get_changes", home=HOME)
    assert found.data == {"changes": []}
    found = await ask(hass, users["anna"], "get_changes", since="2026-03-01", person="anna")
    assert "Anna: weight, first value 71.4 kg" in str(found.data)
    assert "Norwegian: Book the exam is done" in str(found.data)
    assert found.data["known_since"] == "2026-03-16T12:00+00:00"
    found = await ask(hass, users["anna"], "get_changes", since="2026-03-01")
    assert "weight" not in str(found.data)
    found = await ask(hass, users["anna"], "get_changes", since="next week")
    assert found.error


@pytest.mark.parametrize("who", ["nobody", "guest", "jan", "admin"])
async def test_what_changed_of_others_is_told_as_it_may_be_read(
    hass: HomeAssistant, users: dict[str, str | None], entry: MockConfigEntry, who: str
) -> None:
    registry = runtime(entry).registry
    # Anna's goal goes to the household, and back: it was hers in between.
    for owner in (None, ANNA, None):
        await registry.async_update(KINDS["goal"], GOAL_ID, {"owner_person_id": owner})
    await registry.async_update(KINDS["goal"], HOUSEHOLD_GOAL, {"dependencies": [OTHER_GOAL]})
    said = str((await ask(hass, users[who], "get_changes")).data)
    assert "Savings" in said
    assert ("Norwegian: owner" in said) is (who != "nobody")
    assert ("G09 Run added" in said) is (who != "nobody")
    assert ("Anna: added" in said) is (who == "admin")


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        ({"metric": "weight", "value": 72}, 72.0),
        ({"metric": "weight", "value": "71,9"}, 71.9),
        ({"metric": "weight", "value": "157", "unit": "lb"}, 71.2),
    ],
)
async def test_a_value_is_recorded_for_who_asks(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    users: dict[str, str | None],
    arguments: dict[str, object],
    value: float,
) -> None:
    freezer.tick(60)
    found = await ask(hass, users["anna"], "record_health_metric", **arguments)
    assert (found.data["recorded"], part(found.data, "now.value")) == (True, value)


async def test_progress_is_updated_by_value_increment_and_item(
    hass: HomeAssistant, users: dict[str, str | None]
) -> None:
    update = "update_goal_progress"
    found = await ask(hass, users["anna"], update, goal="norwegian", item="book the exam")
    assert found.data["progress"] == "35%"
    found = await ask(hass, users["anna"], update, goal="G03", key_result="words", increment=1400)
    assert found.data["progress"] == "58%"
    found = await ask(hass, users["admin"], update, goal="G05", value=500)
    assert found.data["progress"] == "50%"
    found = await ask(hass, users["anna"], update, goal="G03", value=1)
    assert found.error
    assert "key_result" in str(found.data["error"])


@pytest.mark.parametrize("tool", ["get_overview", "get_briefing", "get_changes"])
@pytest.mark.parametrize("who", ["nobody", "guest", "jan"])
async def test_an_overview_tells_nothing_of_other_people(
    hass: HomeAssistant, users: dict[str, str | None], who: str, tool: str
) -> None:
    text = str((await ask(hass, users[who], tool)).data)
    assert "sleep" not in text
    assert "readiness" not in text
    # Goals are shown to every user of the household, but not told to somebody unknown.
    assert ("Norwegian" in text) is (who != "nobody")


@pytest.mark.parametrize(("who", "is_told"), [("anna", True), ("guest", True), ("nobody", False)])
async def test_somebody_unknown_is_not_told_which_goal_of_a_person_another_waits_for(
    hass: HomeAssistant, users: dict[str, str | None], who: str, is_told: bool
) -> None:
    found = await ask(hass, users[who], "get_goals", goal="G05")
    assert part(found.data, "pace") == "blocked"
    assert found.data.get("why") == ("Waits for G03" if is_told else None)
    assert ("G03" in str(found.data)) is is_told


async def test_refusals_are_words_without_values(
    hass: HomeAssistant, users: dict[str, str | None], caplog: pytest.LogCaptureFixture
) -> None:
    found = await ask(hass, users["anna"], "record_health_metric", metric="weight", value="4321")
    assert found.error
    assert "metrics.weight" in str(found.data["error"])
    assert "4321" not in str(found.data["error"]) + caplog.text
    found = await ask(hass, users["anna"], "get_goals", target="G03")
    assert found.error
    assert "goal, status" in str(found.data["error"])


async def test_without_a_name_somebody_unknown_means_nobody(
    hass: HomeAssistant, users: dict[str, str | None]
) -> None:
    for who in ("nobody", "guest", "admin"):
        found = await ask(hass, users[who], "get_person")
        assert found.error


async def test_the_tools_are_few_small_and_only_for_assist(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    context = llm.LLMContext("test", Context(), "en", "conversation", None)
    assert async_get_tools(hass, context, "other") is None
    found = async_get_tools(hass, context, llm.LLM_API_ASSIST)
    assert found is not None
    described = [
        {
            "name": tool.name,
            "description": tool.description,
            "parameters": probatio.to_openapi(tool.parameters, openapi_version="3.1.0"),
        }
        for tool in found.tools
    ]
    assert len(json_bytes(described)) <= 4096
    assert all(tool.title and tool.integration == DOMAIN for tool in found.tools)
    writing = {tool.name for tool in found.tools if not tool.annotations.read_only}
    assert writing == {f"{DOMAIN}__record_health_metric", f"{DOMAIN}__update_goal_progress"}
    await hass.config_entries.async_unload(entry.entry_id)
    assert async_get_tools(hass, context, llm.LLM_API_ASSIST) is None


def test_a_long_answer_says_what_it_leaves_out() -> None:
    long: Document = {
        "name": "Home",
        "few": ["a"],
        "many": [f"Element {number}" for number in range(500)],
    }
    found = fitted(long)
    assert written_bytes(found) <= MOST_BYTES
    many = found["many"]
    assert isinstance(many, list)
    assert found["not_listed"] == {"many": 500 - len(many)}
    assert found["few"] == ["a"]
    assert fitted({"name": "Home"}) == {"name": "Home"}
