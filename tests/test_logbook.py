"""The logbook says in sentences what happened to twins, and who did it."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from homeassistant.components.logbook.const import DOMAIN as LOGBOOK
from homeassistant.components.logbook.models import LogbookConfig
from homeassistant.components.logbook.processor import EventProcessor
from homeassistant.components.recorder import Recorder
from homeassistant.core import Context, Event, HomeAssistant
from homeassistant.helpers import entity_registry as er
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
from custom_components.digital_twin.engine.events import EVENT_LINE, EVENT_TWIN
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
    "milestones": [
        {"name": "5 km", "date": "2199-01-01", "progress": 50},
        {"name": "10 km", "date": "2199-02-01", "progress": 70},
    ],
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
        assert name == EVENT_LINE
        entries = [function(event) for event in events]
        said.extend(f"{one['name']} {one['message']}" for one in entries)

    async_describe_events(hass, describe)
    return sorted(said)


async def _perform(hass: HomeAssistant, user: str | None, action: str, **data: object) -> None:
    context = Context(user_id=user)
    await hass.services.async_call(DOMAIN, action, data, blocking=True, context=context)
    await hass.async_block_till_done()


COMPLETED: Call = ("update_goal", {"goal": "G01", "status": "completed"})
ON_HOLD: Call = ("update_goal", {"goal": "G01", "status": "on_hold"})
ADVANCED: Call = (
    "update_goal_progress",
    {"goal": "G01", "key_result": "Runs", "increment": 7},
)
ADDED: Call = ("create_goal", {"goal_code": "G02", "name": "Read", "owner_person_id": ANNA})
REMOVED: Call = ("delete_goal", {"goal": "G01"})
WEIGHED: Call = ("update_health_metrics", {"person": ANNA, "metrics": {"weight": 71.437}})
MEASURED: Call = (
    "update_health_metrics",
    {
        "person": ANNA,
        "metrics": {"weight": 71, "steps": 500, "mood": 5, "height": 170, "heart_rate": 60},
    },
)
PRESSURE: Call = (
    "update_health_metrics",
    {"person": ANNA, "metrics": {"diastolic_blood_pressure": 70, "mood": 5, "heart_rate": 60}},
)
JAN_WEIGHED: Call = ("update_health_metrics", {"person": JAN, "metrics": {"weight": 82.5}})


@pytest.mark.parametrize(
    ("language", "action", "by_anna", "by_nobody"),
    [
        (
            "en",
            COMPLETED,
            ["Anna completed Half marathon"],
            ["Half marathon was completed"],
        ),
        (
            "pl",
            COMPLETED,
            ["Anna kończy cel Half marathon"],
            ["Half marathon cel ukończony"],
        ),
        (
            "en",
            ON_HOLD,
            ["Anna changed the status of Half marathon: active → on hold"],
            ["Half marathon status: active → on hold"],
        ),
        (
            "pl",
            ON_HOLD,
            ["Anna zmienia status celu Half marathon: aktywny → wstrzymany"],
            ["Half marathon status: aktywny → wstrzymany"],
        ),
        (
            "en",
            ADVANCED,
            ["Anna reached the milestones 5 km and 10 km of Half marathon"],
            ["Half marathon reached the milestones 5 km and 10 km"],
        ),
        (
            "pl",
            ADVANCED,
            ["Anna osiąga kamienie milowe 5 km i 10 km w celu Half marathon"],
            ["Half marathon osiąga kamienie milowe 5 km i 10 km"],
        ),
        ("en", ADDED, ["Anna added the goal Read"], ["Read was added"]),
        ("pl", ADDED, ["Anna dodaje cel Read"], ["Read cel dodany"]),
        ("en", REMOVED, ["Anna deleted the goal Half marathon"], ["Half marathon was deleted"]),
        ("pl", REMOVED, ["Anna usuwa cel Half marathon"], ["Half marathon cel usunięty"]),
        (
            "en",
            MEASURED,
            ["Anna recorded readings: Heart rate, Height and 3 more"],
            ["Anna has new readings: Heart rate, Height and 3 more"],
        ),
        (
            "pl",
            MEASURED,
            ["Anna zapisuje odczyty: Tętno, Wzrost i jeszcze 3"],
            ["Anna ma nowe odczyty: Tętno, Wzrost i jeszcze 3"],
        ),
        (
            "en",
            PRESSURE,
            ["Anna recorded readings: Diastolic blood pressure, Heart rate and Mood"],
            ["Anna has new readings: Diastolic blood pressure, Heart rate and Mood"],
        ),
        ("en", WEIGHED, ["Anna recorded a reading: Weight"], ["Anna has a new reading: Weight"]),
        ("pl", WEIGHED, ["Anna zapisuje odczyt: Masa ciała"], ["Anna ma nowy odczyt: Masa ciała"]),
    ],
    indirect=["language"],
)
@pytest.mark.parametrize("somebody", [True, False])
async def test_one_cause_is_one_sentence_with_its_actor_where_there_is_one(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    user: str,
    action: Call,
    by_anna: list[str],
    by_nobody: list[str],
    somebody: bool,
) -> None:
    events = async_capture_events(hass, EVENT_LINE)
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
    events = async_capture_events(hass, EVENT_LINE)
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
    events = async_capture_events(hass, EVENT_LINE)
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
    (sentence,) = _described(hass, [Event(EVENT_LINE, data)])
    assert sentence.partition(" ")[2] != kind
    assert "{name}" not in sentence
    assert "None" not in sentence


async def test_private_people_and_linked_entities_are_left_out(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    events = [async_capture_events(hass, name) for name in (EVENT_TWIN, EVENT_LINE)]
    hass.states.async_set("sensor.scale", "70", {"unit_of_measurement": "kg"})
    await async_patch_twin(hass, entry, "person", ANNA, metric_sources={"weight": ["sensor.scale"]})
    hass.states.async_set("sensor.scale", "71", {"unit_of_measurement": "kg"})
    await hass.async_block_till_done()
    assert runtime(entry).registry.persons[ANNA].health_metrics["weight"].value == 71
    await async_patch_twin(hass, entry, "person", JAN, health_entities=False)
    await _perform(hass, None, JAN_WEIGHED[0], **JAN_WEIGHED[1])
    assert events == [[], []]


async def test_events_hold_no_values(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    events = [async_capture_events(hass, name) for name in (EVENT_TWIN, EVENT_LINE)]
    for action, data in (WEIGHED, JAN_WEIGHED):
        await _perform(hass, None, action, **data)
    await _perform(
        hass, None, "update_goal_progress", goal="G01", key_result="Runs", increment=4321
    )
    assert [len(each) > 2 for each in events] == [True, True]
    told = str([each.data for some in events for each in some])
    assert [secret for secret in SECRETS if secret in told] == []


async def test_goals_of_the_folder_are_not_announced_one_by_one(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    events = [async_capture_events(hass, name) for name in (EVENT_TWIN, EVENT_LINE)]
    document = {"goal_code": "G09", "name": "From a file"}
    await runtime(entry).registry.async_create(GOAL, document, cause=BY_FOLDER)
    await hass.async_block_till_done()
    assert events == [[], []]


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
        processor = EventProcessor(hass, (EVENT_LINE,), device_ids=[device_id])
        entries = await recorder_mock.async_add_executor_job(
            processor.get_events, began - timedelta(minutes=1), began + timedelta(hours=1)
        )
        acted = [one for one in entries if one["name"] == "Anna"]
        assert {one["context_user_id"] for one in acted} == {user}
        found[name] = [one["message"] for one in acted]
    assert found["Half marathon"] == ["completed Half marathon"]
    assert found["Read"] == ["added the goal Read"]


async def _entries(
    recorder: Recorder, hass: HomeAssistant, began: datetime, of: dict[str, list[str]]
) -> list[dict[str, Any]]:
    """Return what the logbook shows of twins: of everything, of devices, or of entities."""
    await async_wait_recording_done(hass)
    processor = EventProcessor(
        hass,
        (EVENT_LINE, EVENT_TWIN),
        entity_ids=of.get("entity_ids"),
        device_ids=of.get("device_ids"),
    )
    return await recorder.async_add_executor_job(
        processor.get_events, began, dt_util.utcnow() + timedelta(hours=1)
    )


@pytest.mark.usefixtures("steps_at_once")
async def test_activity_shows_one_sentence_and_only_states_of_what_was_chosen(
    recorder_mock: Recorder, hass: HomeAssistant, entry: MockConfigEntry, user: str
) -> None:
    described: dict[Any, Any] = {}
    async_describe_events(
        hass, lambda domain, name, function: described.update({name: (domain, function)})
    )
    hass.data[LOGBOOK] = LogbookConfig(described)
    await _perform(hass, user, MEASURED[0], **MEASURED[1])
    await async_wait_recording_done(hass)
    device = runtime(entry).subentries.device_id(GOAL_ID)
    person = runtime(entry).subentries.device_id(ANNA)
    assert device is not None
    assert person is not None
    status = "select.half_marathon_status"
    shown_by = [status, "sensor.half_marathon_pace", "sensor.half_marathon_why"]
    # What is done is no longer the next step.
    shown_by.append("sensor.anna_next_step")
    for action, entities, of in (
        (COMPLETED, shown_by, {}),
        (("update_goal", {"goal": "G01", "status": "active"}), [status], {"entity_ids": [status]}),
        (ON_HOLD, [], {"device_ids": [device]}),
        (MEASURED, [], {}),
        (MEASURED, [], {"device_ids": [person]}),
    ):
        began = dt_util.utcnow()
        await _perform(hass, user, action[0], **action[1])
        entries = await _entries(recorder_mock, hass, began, of)
        assert [one["entity_id"] for one in entries if "entity_id" in one] == entities
        (line,) = [one for one in entries if "entity_id" not in one]
        assert (line["name"], line["domain"], line["context_user_id"]) == ("Anna", DOMAIN, user)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Anna has a new reading: Weight (unusual: Weight)"),
        ("pl", "Anna ma nowy odczyt: Masa ciała (nietypowe: Masa ciała)"),
    ],
    indirect=["language"],
)
async def test_what_a_reading_makes_unusual_is_a_part_of_its_line(
    hass: HomeAssistant, entry: MockConfigEntry, sentence: str
) -> None:
    days = [
        {"value": 70 + day % 3, "measured_at": (dt_util.utcnow() - timedelta(days=day)).isoformat()}
        for day in range(25, 0, -1)
    ]
    for day in days:
        await _perform(hass, None, WEIGHED[0], person=ANNA, metrics={"weight": day})
    events = async_capture_events(hass, EVENT_LINE)
    await _perform(hass, None, WEIGHED[0], person=ANNA, metrics={"weight": 95})
    assert _described(hass, events) == [sentence]


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Anna has new readings: Steps and Weight"),
        ("pl", "Anna ma nowe odczyty: Kroki i Masa ciała"),
    ],
    indirect=["language"],
)
async def test_an_import_is_one_line(
    hass: HomeAssistant, entry: MockConfigEntry, tmp_path: Path, sentence: str
) -> None:
    now = dt_util.utcnow()
    rows = [
        f"{metric},{60 + day % 9},{(now - timedelta(days=day)).isoformat()}"
        for metric in ("weight", "steps")
        for day in range(1, 390)
    ]
    path = tmp_path / "export.csv"
    path.write_text("\n".join(["metric,value,date", *rows]), encoding="utf-8")
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    events = async_capture_events(hass, EVENT_LINE)
    await _perform(hass, None, "import_health_metrics", person=ANNA, path=str(path))
    assert runtime(entry).registry.persons[ANNA].health_metrics.keys() == {"steps", "weight"}
    assert _described(hass, events) == [sentence]


@pytest.mark.parametrize(
    ("language", "gone", "back"),
    [
        (
            "en",
            "Home devices that are not responding: Plug 0, Plug 1 and 3 more",
            "Home devices that are responding again: Plug 0 and Plug 1",
        ),
        (
            "pl",
            "Home nie odpowiadają: Plug 0, Plug 1 i jeszcze 3",
            "Home znów odpowiadają: Plug 0 i Plug 1",
        ),
    ],
    indirect=["language"],
)
async def test_devices_that_fail_together_are_one_line(
    hass: HomeAssistant, house: House, language: str, wait: Wait, gone: str, back: str
) -> None:
    hass.config.language = language
    plugs = [house.sensor(house.device(f"Plug {number}"), "power", 10) for number in range(5)]
    await async_setup_twin(hass)
    events = async_capture_events(hass, EVENT_LINE)
    for plug in plugs:
        house.silence(plug)
    await wait(OUTAGE)
    assert _described(hass, events) == [gone]
    events.clear()
    for plug in plugs[:2]:
        house.set(plug, 11)
    await wait()
    assert _described(hass, events) == [back]


@pytest.mark.parametrize("enabled", [True, False])
async def test_a_pace_is_a_line_where_its_sensor_has_none(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    enabled: bool,
) -> None:
    if not enabled:
        entity_registry.async_update_entity(
            "sensor.half_marathon_pace", disabled_by=er.RegistryEntryDisabler.USER
        )
    events = [async_capture_events(hass, name) for name in (EVENT_TWIN, EVENT_LINE)]
    await async_patch_twin(
        hass, entry, "goal", GOAL_ID, start_date="2020-01-01", target_date="2020-12-31"
    )
    await hass.async_block_till_done()
    assert [event.data["type"] for event in events[0]] == ["pace_changed"]
    expected = [] if enabled else ["Half marathon pace: on track → overdue"]
    assert _described(hass, events[1]) == expected
