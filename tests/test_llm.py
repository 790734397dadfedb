"""Language models get what people ask about, as the user of the conversation, in few words."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import llm
from homeassistant.helpers.json import json_bytes
from homeassistant.setup import async_setup_component
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.engine.documents import Document
from custom_components.digital_twin.llm import MOST_BYTES, async_get_tools, fitted
from custom_components.digital_twin.twin.metrics.readings import Reading

from .common import ANNA, GOAL_ID, HOME_ID, JAN, async_setup_twin, runtime
from .house import House

NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
HOUSEHOLD_GOAL = "30000000-0000-4000-8000-000000000002"
OTHER_GOAL = "30000000-0000-4000-8000-000000000003"
ROADMAP = [
    {"name": "Choose a course", "state": "done", "due": "2026-02-01"},
    {"name": "Book the exam", "due": "2026-04-01"},
    {"name": "Write an essay", "due": "2026-03-20"},
]
PERSONS = {
    ANNA: {"name": "Anna", "person_entity": "person.anna", "timezone": "UTC"},
    JAN: {"name": "Jan", "person_entity": "person.jan", "timezone": "UTC"},
}
GOALS: Mapping[str, Mapping[str, object]] = {
    GOAL_ID: {
        "goal_code": "G03",
        "name": "Norwegian",
        "owner_person_id": ANNA,
        "status": "active",
        "start_date": "2026-01-01",
        "target_date": "2026-06-30",
        "progress_metrics": [
            {"name": "Roadmap", "kind": "checklist", "items": ROADMAP},
            {"name": "Words", "kind": "accumulate", "target": 3000, "current": 100},
        ],
    },
    HOUSEHOLD_GOAL: {
        "goal_code": "G05",
        "name": "Savings",
        "status": "active",
        "start_date": "2026-01-01",
        "target_date": "2026-12-31",
        "dependencies": [GOAL_ID],
        "progress_metrics": [
            {"name": "Saved", "kind": "accumulate", "unit": "PLN", "target": 1000, "current": 300}
        ],
    },
    OTHER_GOAL: {"goal_code": "G09", "name": "Run", "owner_person_id": JAN, "status": "active"},
}


@pytest.fixture(autouse=True)
async def entry(
    hass: HomeAssistant, house: House, freezer: FrozenDateTimeFactory
) -> MockConfigEntry:
    """Anna, Jan, three goals, sixty nights, a home with an empty battery and a wet floor."""
    await hass.config.async_set_time_zone("UTC")
    freezer.move_to(NOW)
    assert await async_setup_component(hass, "llm", {})
    kitchen = house.area("Kitchen")
    house.sensor(house.device("Door", kitchen), "battery", 7)
    house.sensor(house.device("Window", kitchen), "battery", 60)
    house.sensor(house.device("Thermometer", kitchen), "temperature", 21.5)
    house.sensor(house.device("Washing machine", kitchen), "moisture", "on", domain="binary_sensor")
    made = await async_setup_twin(
        hass,
        persons=PERSONS,
        homes={HOME_ID: {"name": "Home", "zone": "zone.home", "residents": [ANNA]}},
        goals=GOALS,
    )
    nights = [
        ("sleep_duration", _night(days, 400 if days < 30 else 450)) for days in reversed(range(60))
    ]
    registry = runtime(made).registry
    await registry.async_import_readings(ANNA, nights)
    await registry.async_record(ANNA, [("weight", _reading(71.4, "kg", NOW))])
    await hass.async_block_till_done()
    return made


def _night(days: int, minutes: float) -> Reading:
    return _reading(minutes, "min", NOW - timedelta(days=days, hours=5))


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
    assert len(json_bytes(found.data)) <= MOST_BYTES
    return found


def part(document: Any, path: str) -> Any:  # noqa: ANN401  # JSON of any shape
    """Return a part of a document by names and positions with dots between them."""
    for name in path.split("."):
        document = document[int(name) if name.isdigit() else name]
    return document


@pytest.mark.parametrize(
    ("question", "tool", "arguments", "expected"),
    [
        (
            "How did I sleep compared to last month?",
            "get_person",
            {"metric": "sleep_duration"},
            {"mean_last_30_days": 6.67, "mean_30_days_before": 7.5, "unit": "h"},
        ),
        (
            "How long did I sleep last night?",
            "get_person",
            {"metric": "sleep_duration"},
            {"value": 6.67, "day": "2026-03-16"},
        ),
        ("What do I weigh?", "get_person", {"metric": "weight"}, {"value": 71.4, "unit": "kg"}),
        (
            "What was my weight yesterday?",
            "get_person",
            {"metric": "weight"},
            {"last_days": {"2026-03-16": 71.4}},
        ),
        (
            "How am I doing?",
            "get_person",
            {},
            {"name": "Anna", "metrics.0.metric": "sleep_duration"},
        ),
        ("Which goals are mine?", "get_person", {}, {"goals.0.code": "G03"}),
        (
            "Which battery is next?",
            "get_home",
            {},
            {"homes.0.batteries.0": {"name": "Door", "level": 7, "low": True}},
        ),
        (
            "Why is the house degraded?",
            "get_home",
            {"home": "home"},
            {"homes.0.status": "Alert", "homes.0.causes.0.cause": "moisture"},
        ),
        ("Is somebody at home?", "get_home", {}, {"homes.0.occupancy": "Occupied"}),
        (
            "How warm is it in the kitchen?",
            "get_home",
            {},
            {"homes.0.climate.1": {"place": "Kitchen", "temperature": "21.5 °C"}},
        ),
        (
            "What should I do today for G03?",
            "get_goals",
            {"goal": "G03"},
            {"to_do.0": "Write an essay (due 2026-03-20)", "pace": "at_risk"},
        ),
        (
            "How is my goal Norwegian?",
            "get_goals",
            {"goal": "norwegian"},
            {"progress": "18%", "code": "G03"},
        ),
        (
            "When will Norwegian be finished?",
            "get_goals",
            {"goal": "Norwegian"},
            {"target_date": "2026-06-30"},
        ),
        (
            "What is Savings waiting for?",
            "get_goals",
            {"goal": "g05"},
            {"blocked_by": ["G03 Norwegian"]},
        ),
        (
            "Who waits for Norwegian?",
            "get_goals",
            {"goal": "G03"},
            {"others_wait": ["G05 Savings"]},
        ),
        (
            "How many words have I learned?",
            "get_goals",
            {"goal": "G03"},
            {"key_results.1.name": "Words", "key_results.1.current": 100},
        ),
        ("Which goals are there?", "get_goals", {}, {"goals.0.code": "G03", "goals.1.code": "G05"}),
        ("Which goals are done?", "get_goals", {"status": "completed"}, {"goals": []}),
        (
            "What needs my attention?",
            "get_overview",
            {},
            {"goals_need_attention.0.code": "G03", "homes.0.status": "Alert"},
        ),
        (
            "How much have we saved?",
            "get_goals",
            {"goal": "Savings"},
            {"key_results.0.current": 300, "key_results.0.unit": "PLN"},
        ),
    ],
)
async def test_the_answer_to_a_question_is_in_the_data(
    hass: HomeAssistant,
    users: dict[str, str | None],
    question: str,
    tool: str,
    arguments: dict[str, object],
    expected: dict[str, object],
) -> None:
    found = await ask(hass, users["anna"], tool, **arguments)
    assert not found.error, question
    assert {path: part(found.data, path) for path in expected} == expected


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "Next step: Norwegian."), ("pl", "Następny krok: Norwegian.")],
)
async def test_what_matters_today_is_told_in_sentences(
    hass: HomeAssistant, users: dict[str, str | None], language: str, sentence: str
) -> None:
    found = await ask(hass, users["anna"], "get_briefing", person="Anna", language=language)
    assert sentence in str(found.data["briefing"])


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


# What somebody may be told or may do: a person's data, a goal with an owner, one without, a home.
READS: dict[str, tuple[str, dict[str, object]]] = {
    "data of Anna": ("get_person", {"person": "Anna"}),
    "goal of Anna": ("get_goals", {"goal": "G03"}),
    "household goal": ("get_goals", {"goal": "G05"}),
    "home": ("get_home", {}),
    "overview": ("get_overview", {}),
    "briefing": ("get_briefing", {"length": "full"}),
    "briefing of Anna": ("get_briefing", {"person": "anna"}),
}
WRITES: dict[str, tuple[str, dict[str, object]]] = {
    "write data of Anna": (
        "record_health_metric",
        {"person": "Anna", "metric": "weight", "value": 70},
    ),
    "write goal of Anna": (
        "update_goal_progress",
        {"goal": "G03", "key_result": "words", "value": 200},
    ),
    "write household goal": ("update_goal_progress", {"goal": "G05", "value": 400}),
}
ALLOWED = {
    "admin": {*READS, *WRITES},
    "anna": {*READS, "write data of Anna", "write goal of Anna"},
    "jan": {*READS} - {"data of Anna", "briefing of Anna"},
    "guest": {*READS} - {"data of Anna", "briefing of Anna"},
    "nobody": {"household goal", "home", "overview", "briefing"},
}


@pytest.mark.parametrize("who", ALLOWED)
async def test_each_tool_asks_who_may(
    hass: HomeAssistant, users: dict[str, str | None], who: str
) -> None:
    answered = {
        what
        for what, (tool, arguments) in (READS | WRITES).items()
        if not (await ask(hass, users[who], tool, **arguments)).error
    }
    assert answered == ALLOWED[who]


@pytest.mark.parametrize("tool", ["get_overview", "get_briefing"])
@pytest.mark.parametrize("who", ["nobody", "guest", "jan"])
async def test_an_overview_tells_nothing_of_other_people(
    hass: HomeAssistant, users: dict[str, str | None], who: str, tool: str
) -> None:
    text = str((await ask(hass, users[who], tool)).data)
    assert "sleep" not in text
    assert "readiness" not in text
    # Goals are shown to every user of the household, but not told to somebody unknown.
    assert ("Norwegian" in text) is (who != "nobody")


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
    assert len(json_bytes(found)) <= MOST_BYTES
    many = found["many"]
    assert isinstance(many, list)
    assert found["not_listed"] == {"many": 500 - len(many)}
    assert found["few"] == ["a"]
    assert fitted({"name": "Home"}) == {"name": "Home"}
