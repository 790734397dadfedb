"""The logbook says in sentences what happened to twins, and who did it."""

from datetime import timedelta
from typing import Any

from homeassistant.components.logbook.const import DOMAIN as LOGBOOK
from homeassistant.components.logbook.models import LogbookConfig
from homeassistant.components.logbook.processor import EventProcessor
from homeassistant.components.recorder import Recorder
from homeassistant.core import Context, Event, HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.engine.core.feed import BY_FOLDER
from custom_components.digital_twin.engine.events import EVENT_TWIN
from custom_components.digital_twin.logbook import async_describe_events
from custom_components.digital_twin.twin.goals.assessment import GoalEventType
from custom_components.digital_twin.twin.goals.goal import GOAL
from custom_components.digital_twin.twin.metrics.recording import HealthEventType

from .common import (
    ANNA,
    GOAL_ID,
    JAN,
    Wait,
    async_patch_twin,
    async_setup_twin,
    runtime,
)
from .house import House

OUTAGE = timedelta(minutes=16)
RUN = {
    "goal_code": "G01",
    "name": "Half marathon",
    "owner_person_id": ANNA,
    "status": "Active",
    "progress_metrics": [{"name": "Runs", "kind": "accumulate", "target": 10, "current": 1}],
    "milestones": [{"name": "5 km", "date": "2199-01-01", "progress": 50}],
}
type Call = tuple[str, dict[str, Any]]

SECRETS = ("71.437", "82.5", "4321")


@pytest.fixture
async def user(hass: HomeAssistant) -> str:
    """Make a user for Anna, and return the id."""
    user = await hass.auth.async_create_user("Somebody")
    hass.states.async_set("person.anna", "home", {"user_id": user.id})
    return user.id


@pytest.fixture
def language(request: pytest.FixtureRequest) -> str:
    """The language of the household: English unless a test says otherwise."""
    return str(getattr(request, "param", "en"))


@pytest.fixture
async def entry(hass: HomeAssistant, language: str, user: str) -> MockConfigEntry:
    """Set up Anna with her account, Jan, and a goal of Anna's."""
    hass.config.language = language
    return await async_setup_twin(
        hass,
        persons={ANNA: {"name": "Anna", "person_entity": "person.anna"}, JAN: {"name": "Jan"}},
        goals={GOAL_ID: RUN},
    )


def _described(hass: HomeAssistant, events: list[Event[Any]]) -> list[str]:
    """Return what the logbook says about events, in the order of the alphabet."""
    said: list[str] = []

    def describe(_domain: str, name: str, function: Any) -> None:  # noqa: ANN401
        assert name == EVENT_TWIN
        entries = [function(event) for event in events]
        said.extend(f"{one['name']} {one['message']}" for one in entries)

    async_describe_events(hass, describe)
    return sorted(said)


async def _perform(hass: HomeAssistant, user: str | None, action: str, **data: object) -> None:
    context = Context(user_id=user)
    await hass.services.async_call(DOMAIN, action, data, blocking=True, context=context)
    await hass.async_block_till_done()


COMPLETED: Call = ("update_goal", {"goal": "G01", "status": "completed"})
ADDED: Call = ("create_goal", {"goal_code": "G02", "name": "Read", "owner_person_id": ANNA})
REMOVED: Call = ("delete_goal", {"goal": "G01"})
WEIGHED: Call = ("update_health_metrics", {"person": ANNA, "metrics": {"weight": 71.437}})
JAN_WEIGHED: Call = ("update_health_metrics", {"person": JAN, "metrics": {"weight": 82.5}})


@pytest.mark.parametrize(
    ("language", "action", "by_anna", "by_nobody"),
    [
        (
            "en",
            COMPLETED,
            [
                "Anna changed the status of Half marathon: active → completed",
                "Anna completed Half marathon",
                "Anna reached the milestone 5 km of Half marathon",
                "Half marathon pace: on track → achieved",
            ],
            [
                "Half marathon pace: on track → achieved",
                "Half marathon reached the milestone 5 km",
                "Half marathon status: active → completed",
                "Half marathon was completed",
            ],
        ),
        (
            "pl",
            COMPLETED,
            [
                "Anna kończy cel Half marathon",
                "Anna osiąga kamień milowy 5 km w celu Half marathon",
                "Anna zmienia status celu Half marathon: aktywny → ukończony",
                "Half marathon tempo: zgodnie z planem → osiągnięty",
            ],
            [
                "Half marathon cel ukończony",
                "Half marathon osiąga kamień milowy 5 km",
                "Half marathon status: aktywny → ukończony",
                "Half marathon tempo: zgodnie z planem → osiągnięty",
            ],
        ),
        ("en", ADDED, ["Anna added the goal Read"], ["Read was added"]),
        ("pl", ADDED, ["Anna dodaje cel Read"], ["Read cel dodany"]),
        ("en", REMOVED, ["Anna deleted the goal Half marathon"], ["Half marathon was deleted"]),
        ("pl", REMOVED, ["Anna usuwa cel Half marathon"], ["Half marathon cel usunięty"]),
        ("en", WEIGHED, ["Anna recorded a reading: Weight"], ["Anna has a new reading: Weight"]),
        ("pl", WEIGHED, ["Anna zapisuje odczyt: Masa ciała"], ["Anna ma nowy odczyt: Masa ciała"]),
    ],
    indirect=["language"],
)
@pytest.mark.parametrize("somebody", [True, False])
async def test_each_event_is_a_sentence_with_its_actor_where_there_is_one(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    user: str,
    action: Call,
    by_anna: list[str],
    by_nobody: list[str],
    somebody: bool,
) -> None:
    events = async_capture_events(hass, EVENT_TWIN)
    name, data = action
    await _perform(hass, user if somebody else None, name, **data)
    assert _described(hass, events) == (by_anna if somebody else by_nobody)
    assert {event.context.user_id for event in events} == {user if somebody else None}
    assert {event.data["actor"] for event in events} == {"Anna" if somebody else None}


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Anna recorded a reading of Jan: Weight"),
        ("pl", "Anna zapisuje odczyt osoby Jan: Masa ciała"),
    ],
    indirect=["language"],
)
async def test_a_reading_of_somebody_else_names_both(
    hass: HomeAssistant, entry: MockConfigEntry, user: str, sentence: str
) -> None:
    account = await hass.auth.async_get_user(user)
    assert account is not None
    await hass.auth.async_update_user(account, group_ids=["system-admin"])
    events = async_capture_events(hass, EVENT_TWIN)
    await _perform(hass, user, JAN_WEIGHED[0], **JAN_WEIGHED[1])
    assert _described(hass, events) == [sentence]


@pytest.mark.parametrize(
    ("language", "gone", "back"),
    [
        ("en", "Plug is not responding", "Plug is responding again"),
        ("pl", "Plug nie odpowiada", "Plug znów odpowiada"),
    ],
    indirect=["language"],
)
async def test_a_device_is_named_by_its_own_name(
    hass: HomeAssistant, house: House, language: str, wait: Wait, gone: str, back: str
) -> None:
    hass.config.language = language
    plug = house.sensor(house.device("Plug"), "power", 10)
    await async_setup_twin(hass)
    events = async_capture_events(hass, EVENT_TWIN)
    house.silence(plug)
    await wait(OUTAGE)
    house.set(plug, 11)
    await wait()
    described = _described(hass, events)
    assert {gone, back} <= set(described)


@pytest.mark.parametrize("language", ["en", "pl"], indirect=True)
@pytest.mark.parametrize("actor", ["Anna", "Jan", None])
@pytest.mark.parametrize(
    "kind",
    [
        *GoalEventType.slugs(),
        *HealthEventType.slugs(),
        *("added", "removed", "offline", "online"),
        *("operational_status_changed", "occupancy_changed"),
    ],
)
async def test_every_type_of_event_has_a_text_and_no_open_placeholder(
    hass: HomeAssistant, entry: MockConfigEntry, kind: str, actor: str | None
) -> None:
    details = {"from": None, "to": None, "milestone": "{m}", "metric_name": "Weight"}
    data = {"type": kind, "name": "Anna", "actor": actor, "details": details}
    (sentence,) = _described(hass, [Event(EVENT_TWIN, data)])
    assert sentence.partition(" ")[2] != kind
    assert "{name}" not in sentence
    assert "None" not in sentence


async def test_private_people_and_linked_entities_are_left_out(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    events = async_capture_events(hass, EVENT_TWIN)
    hass.states.async_set("sensor.scale", "70", {"unit_of_measurement": "kg"})
    await async_patch_twin(hass, entry, "person", ANNA, metric_sources={"weight": ["sensor.scale"]})
    hass.states.async_set("sensor.scale", "71", {"unit_of_measurement": "kg"})
    await hass.async_block_till_done()
    assert runtime(entry).registry.persons[ANNA].health_metrics["weight"].value == 71
    await async_patch_twin(hass, entry, "person", JAN, health_entities=False)
    await _perform(hass, None, JAN_WEIGHED[0], **JAN_WEIGHED[1])
    assert events == []


async def test_events_hold_no_values(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    events = async_capture_events(hass, EVENT_TWIN)
    for action, data in (WEIGHED, JAN_WEIGHED):
        await _perform(hass, None, action, **data)
    await _perform(
        hass, None, "update_goal_progress", goal="G01", key_result="Runs", increment=4321
    )
    assert len(events) > 2
    assert [secret for secret in SECRETS if secret in str([each.data for each in events])] == []


async def test_goals_of_the_folder_are_not_announced_one_by_one(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    events = async_capture_events(hass, EVENT_TWIN)
    document = {"goal_code": "G09", "name": "From a file"}
    await runtime(entry).registry.async_create(GOAL, document, cause=BY_FOLDER)
    await hass.async_block_till_done()
    assert events == []


async def test_the_logbook_of_a_device_has_the_events_of_its_twin(
    recorder_mock: Recorder, hass: HomeAssistant, entry: MockConfigEntry, user: str
) -> None:
    described: dict[Any, Any] = {}

    def describe(domain: str, name: str, function: Any) -> None:  # noqa: ANN401
        described[name] = (domain, function)

    async_describe_events(hass, describe)
    hass.data[LOGBOOK] = LogbookConfig(described)
    began = dt_util.utcnow()
    await _perform(hass, user, COMPLETED[0], **COMPLETED[1])
    await _perform(hass, user, ADDED[0], **ADDED[1])
    await async_wait_recording_done(hass)
    subentries = runtime(entry).subentries
    goals = {goal.name: goal.goal_id for goal in runtime(entry).registry.goals.values()}
    found = {}
    for name in ("Half marathon", "Read"):
        device_id = subentries.device_id(goals[name])
        assert device_id is not None
        processor = EventProcessor(hass, (EVENT_TWIN,), device_ids=[device_id])
        entries = await recorder_mock.async_add_executor_job(
            processor.get_events, began - timedelta(minutes=1), began + timedelta(hours=1)
        )
        acted = [one for one in entries if one["name"] == "Anna"]
        assert {one["context_user_id"] for one in acted} == {user}
        found[name] = [one["message"] for one in acted]
    assert "completed Half marathon" in found["Half marathon"]
    assert found["Read"] == ["added the goal Read"]
