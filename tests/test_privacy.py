"""What people measure gets into no log, no repair and no event."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
import logging
from pathlib import Path
from typing import Any

from homeassistant.components.recorder import Recorder
from homeassistant.components.recorder.statistics import async_list_statistic_ids
from homeassistant.const import MATCH_ALL
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
    do_adhoc_statistics,
)
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    MockHAClientWebSocket,
    WebSocketGenerator,
)

from custom_components.digital_twin.const import DOMAIN
from tests.common import (
    ANNA,
    GOAL_ID,
    JAN,
    async_add_twins,
    async_patch_twin,
    async_setup_twin,
    runtime,
    shown,
)
from tests.surfaces.flows.forms import async_open, async_submit

SECRETS = ("71.437", "8.613", "Secretname", "1987-06-05", "secretmail", "9876.5", "12.34")


@pytest.fixture
async def entry(hass: HomeAssistant, caplog: pytest.LogCaptureFixture) -> MockConfigEntry:
    """Set up a person full of secrets, and listen to every word of the log."""
    caplog.set_level(logging.DEBUG)
    hass.states.async_set("sensor.secretname_scale", "71.437", {"unit_of_measurement": "kg"})
    return await async_setup_twin(
        hass,
        persons={
            ANNA: {
                "name": "Anna Secretname",
                "date_of_birth": "1987-06-05",
                "contact_email": "anna@secretmail.example",
                "metric_sources": {"weight": ["sensor.secretname_scale"]},
            },
            JAN: {"name": "Jan"},
        },
    )


def _own_log(caplog: pytest.LogCaptureFixture) -> str:
    """Return what the integration itself wrote to the log, with every traceback."""
    formatter = logging.Formatter()
    return "\n".join(
        formatter.format(record)
        for record in caplog.records
        if record.name.startswith(f"custom_components.{DOMAIN}")
    )


async def _perform(hass: HomeAssistant, action: str, **data: object) -> None:
    await hass.services.async_call(DOMAIN, action, data, blocking=True)
    await hass.async_block_till_done()


async def _call(
    client: MockHAClientWebSocket, action: str, data: Mapping[str, object]
) -> dict[str, Any]:
    """Perform an action for Anna as the frontend does, and return the answer."""
    await client.send_json_auto_id(
        {
            "type": "call_service",
            "domain": DOMAIN,
            "service": action,
            "service_data": {"person": ANNA, **data},
        }
    )
    answer: dict[str, Any] = await client.receive_json()
    return answer


async def _live(hass: HomeAssistant, entry: MockConfigEntry, folder: Path) -> None:
    """Do everything that has to do with health."""
    await _perform(hass, "update_health_metrics", person=ANNA, metrics={"mood": 8.613})
    with pytest.raises(ServiceValidationError):
        await _perform(hass, "update_health_metrics", person=ANNA, metrics={"weight": 9876.5})
    for state in ("71.5", "9876.5", "heavy", "unavailable"):
        hass.states.async_set("sensor.secretname_scale", state, {"unit_of_measurement": "kg"})
        await hass.async_block_till_done()
    path = folder / "export.csv"
    path.write_text(
        "metric,value,date\nweight,9876.5,2026-03-01\nblood_glucose,112.34,2026-03-01\n",
        encoding="utf-8",
    )
    hass.config.allowlist_external_dirs = {str(folder)}
    await _perform(hass, "import_health_metrics", person=ANNA, path=str(path))
    for private in (False, True):
        await async_patch_twin(hass, entry, "person", ANNA, health_entities=private)
    await async_patch_twin(hass, entry, "person", ANNA, metric_sources={"weight": ["sensor.no"]})
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()


async def test_the_log_tells_nothing_about_anybody(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    await _live(hass, entry, tmp_path)
    assert runtime(entry).registry.persons[ANNA].health_metrics.keys() == {
        "mood",
        "weight",
        "blood_glucose",
    }
    log = _own_log(caplog)
    assert "entity_unavailable" in log
    assert [secret for secret in SECRETS if secret.casefold() in log.casefold()] == []


async def test_no_repair_tells_a_value(
    hass: HomeAssistant, entry: MockConfigEntry, tmp_path: Path
) -> None:
    await _live(hass, entry, tmp_path)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(minutes=10))
    await hass.async_block_till_done()
    texts = str([*ir.async_get(hass).issues.values()])
    assert "sensor.no" in texts
    values = [secret for secret in SECRETS if secret != "Secretname"]
    assert [secret for secret in values if secret in texts] == []


async def test_who_keeps_values_private_shows_them_to_nobody(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await async_patch_twin(hass, entry, "person", ANNA, health_entities=False)
    events: list[str] = []

    def listen(event: Event[Any]) -> None:
        events.append(str(event.data))

    hass.bus.async_listen("*", listen)
    registry = runtime(entry).registry
    before = registry.persons[ANNA].revision
    hass.states.async_set("input_number.mood", "5")
    await async_patch_twin(hass, entry, "person", ANNA, health_metrics={"mood": 8.613})
    assert registry.persons[ANNA].revision > before
    assert [event for event in events if "8.613" in event] == []
    assert [state for state in hass.states.async_all() if "8.613" in str(state.as_dict())] == []


REFUSED: tuple[tuple[str, dict[str, object], str], ...] = (
    ("update_health_metrics", {"metrics": {"weight": "71,437"}}, "71,437"),
    ("update_health_metrics", {"metrics": {"weight": 9876.5}}, "9876.5"),
    ("update_health_metrics", {"metrics": {"weight": {"value": 71.4, "unit": "7654u"}}}, "7654u"),
    ("update_health_metrics", {"metrics": "7654w"}, "7654w"),
    ("update_health_metrics", {"metrics": {"mood": {"value": "7654v", "x": 1}}}, "7654v"),
    ("update_person", {"health_metrics": {"weight": 9876.5}}, "9876.5"),
    ("update_person", {"health_metrics": {"weight": {"value": [7654]}}}, "7654"),
    ("update_person", {"quick_entries": {"weight": 9876.5}}, "9876.5"),
    ("update_person", {"quick_entries": [{"name": "A", "metrics": {"mood": 9876.5}}]}, "9876.5"),
    ("update_person", {"quick_entries": [{"name": "A", "metrics": "7654w"}]}, "7654w"),
    ("update_person", {"contact_email": "secret mail"}, "secret mail"),
    ("update_person", {"contact_email": ["secretmail"]}, "secretmail"),
    ("update_person", {"date_of_birth": "1987-6-five"}, "1987-6-five"),
    ("update_person", {"date_of_birth": "2199-06-05"}, "2199-06-05"),
    ("update_person", {"date_of_birth": {"day": "198765"}}, "198765"),
)


@pytest.mark.parametrize(("action", "data", "secret"), REFUSED)
async def test_a_refused_value_stands_neither_in_the_log_nor_in_the_answer(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
    caplog: pytest.LogCaptureFixture,
    action: str,
    data: dict[str, object],
    secret: str,
) -> None:
    assert await async_setup_component(hass, "websocket_api", {})
    client = await hass_ws_client(hass)
    # What Home Assistant writes at level debug, it writes of every call.
    caplog.set_level(logging.INFO)
    caplog.clear()
    answer = await _call(client, action, data)
    assert not answer["success"]
    assert answer["error"]["translation_domain"] == DOMAIN
    assert secret not in str(answer)
    formatter = logging.Formatter()
    log = "\n".join(formatter.format(record) for record in caplog.records)
    assert secret not in log


async def test_a_refused_address_of_somebody_else_is_not_named(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await _perform(hass, "update_person", person=JAN, contact_email="anna@secretmail.example")
    assert refused.value.translation_key == "duplicate_private"
    assert "secretmail" not in str(refused.value.translation_placeholders)


@pytest.mark.parametrize(
    ("field", "value"), [("contact_email", "secret mail"), ("date_of_birth", "2199-06-05")]
)
async def test_a_value_that_a_form_refuses_stands_in_no_log(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
    field: str,
    value: str,
) -> None:
    caplog.set_level(logging.INFO)
    form = await async_open(hass, entry, "person", JAN)
    caplog.clear()
    result = await async_submit(hass, form, **{field: value})
    assert field in result["errors"]
    assert value not in caplog.text
    assert value not in str(result["description_placeholders"])


# Values that nobody measures, of every shape, with marks that appear nowhere else.
SHAPES: tuple[object, ...] = (
    "mark7654",
    "7654,5",
    -7654.25,
    76540000.5,
    ["mark7654"],
    {"value": "mark7654"},
    {"value": {"mark7654": 1}},
    {"value": 70, "unit": "mark7654"},
    {"value": 70, "measured_at": "mark7654"},
    {"value": 70, "source": ["mark7654"]},
    {"value": "mark7654", "unknown": 1},
)
MARKS = ("mark7654", "7654")
HEALTH: tuple[tuple[str, dict[str, Any]], ...] = tuple(
    (action, {field: {metric: shape}})
    for shape in SHAPES
    for metric in ("weight", "steps", "sleep_duration", "unknown_metric")
    for action, field in (
        ("update_health_metrics", "metrics"),
        ("update_person", "health_metrics"),
    )
)
FACTS_OF_A_PERSON: tuple[tuple[str, dict[str, Any]], ...] = tuple(
    ("update_person", {field: shape})
    for shape in SHAPES
    for field in ("contact_email", "date_of_birth")
)


def _marks_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the lines of all logs with a mark; at level debug those of the integration."""
    formatter = logging.Formatter()
    lines = [
        formatter.format(record)
        for record in caplog.records
        if record.levelno > logging.DEBUG
        or record.name.startswith(f"custom_components.{DOMAIN}")
        or DOMAIN in record.pathname
    ]
    return [line for line in lines if any(mark in line for mark in MARKS)]


async def test_no_value_that_an_action_refuses_is_in_a_log_whatever_it_is(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert await async_setup_component(hass, "websocket_api", {})
    client = await hass_ws_client(hass)
    for action, data in (*HEALTH, *FACTS_OF_A_PERSON):
        # What is said about actions themselves, Home Assistant says of every call.
        with pytest.raises(ServiceValidationError) as refused:
            await _perform(hass, action, person=ANNA, **data)
        assert refused.value.translation_domain == DOMAIN
        told = str(refused.value.translation_placeholders)
        assert not any(mark in told for mark in MARKS), (data, told)
        answer = await _call(client, action, data)
        assert not any(mark in str(answer) for mark in MARKS), answer
    assert _marks_in(caplog) == []


async def test_no_value_of_a_linked_entity_is_in_a_log_whatever_it_is(
    hass: HomeAssistant, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    for state, unit in (
        ("mark7654", "kg"),
        ("7654", "kg"),
        ("-7654.5", "kg"),
        ("7654", "mark7654"),
        ("70", "mark7654"),
        ("7654,5", None),
        ("inf7654", "kg"),
    ):
        attributes = {"unit_of_measurement": unit, "measured_at": "mark7654"} if unit else {}
        hass.states.async_set("sensor.secretname_scale", state, attributes)
        await hass.async_block_till_done()
    assert runtime(entry).registry.persons[ANNA].health_metrics["weight"].value == 71.437
    assert "A linked sensor has no valid value" in _own_log(caplog)
    assert _marks_in(caplog) == []


@pytest.mark.parametrize("ending", ["csv", "json", "xml"])
async def test_no_value_of_a_file_is_in_a_log_whatever_it_is(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    ending: str,
) -> None:
    contents = {
        "csv": (
            "metric,value,date,unit\n"
            "weight,7654.5,2026-03-01,kg\n"
            "weight,mark7654,2026-03-01,kg\n"
            "weight,70,mark7654,kg\n"
            "weight,70,2026-03-01,mark7654\n"
            "mark7654,70,2026-03-01,kg\n"
            '"weight,mark7654'
        ),
        "json": '[{"metric": "weight", "value": "mark7654", "date": "2026-03-01"}, {"mark7654"',
        "xml": (
            "<?xml version='1.0'?><HealthData>"
            "<Record type='HKQuantityTypeIdentifierBodyMass' unit='kg' value='mark7654'"
            " startDate='2026-03-01 08:00:00 +0000' endDate='mark7654'/><mark7654>"
        ),
    }
    path = tmp_path / f"export.{ending}"
    path.write_text(contents[ending], encoding="utf-8")
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    with suppress(ServiceValidationError):
        await _perform(hass, "import_health_metrics", person=ANNA, path=str(path))
    assert _marks_in(caplog) == []


async def test_nothing_of_a_goal_file_that_is_refused_is_in_a_log(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    folder = tmp_path / "Goals"
    folder.mkdir()
    (folder / "G01 Weight.md").write_text(
        "---\ntype: goal\nowner: mark7654@example.com\ndue_date: mark7654\nstatus: mark7654\n---\n"
        "# G01: Weight\n\n| KPI | Target | Current |\n|---|---|---|\n| Weight | 70 | mark7654 |\n",
        encoding="utf-8",
    )
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    hass.config_entries.async_update_entry(entry, options={"goals_folder": str(folder)})
    await hass.async_block_till_done(wait_background_tasks=True)
    await _perform(hass, "sync_goals")
    assert [goal.goal_code for goal in runtime(entry).registry.goals.values()] == ["G01"]
    assert _marks_in(caplog) == []


FOLLOWING = {
    "goal_code": "G01",
    "name": "Lighter",
    "status": "active",
    "owner_person_id": ANNA,
    "start_date": "2020-01-01",
    "target_date": "2199-01-01",
    "progress_metrics": [
        {
            "name": "Body",
            "kind": "reach",
            "unit": "kg",
            "baseline": 98.613,
            "target": 60,
            "source": {"metric": "weight"},
        }
    ],
    "milestones": [{"name": "Half", "date": "2100-01-01", "progress": 50}],
}


async def test_a_goal_that_follows_what_is_private_shows_no_value_anywhere(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_client: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert await async_setup_component(hass, "diagnostics", {})
    await async_add_twins(hass, entry, "goal", {GOAL_ID: FOLLOWING})
    await _perform(hass, "update_health_metrics", person=ANNA, metrics={"weight": 77.5})
    assert " kg" in shown(hass, "sensor.lighter_why").state
    await async_patch_twin(hass, entry, "person", ANNA, health_entities=False)
    assert " kg" not in shown(hass, "sensor.lighter_why").state
    hass.states.async_remove("sensor.secretname_scale")
    events: list[str] = []
    hass.bus.async_listen(MATCH_ALL, callback(lambda event: events.append(str(event.data))))
    for weight in (82.125, 64.375):
        await async_patch_twin(hass, entry, "person", ANNA, health_metrics={"weight": weight})
    body = runtime(entry).registry.goals[GOAL_ID].progress_metrics[0]
    assert body.current == 64.375
    await async_patch_twin(hass, entry, "goal", GOAL_ID, status="completed")
    agenda = await hass.services.async_call(
        "calendar",
        "get_events",
        {
            "entity_id": "calendar.goals",
            "start_date_time": "2019-12-31 00:00:00",
            "end_date_time": "2199-12-31 00:00:00",
        },
        blocking=True,
        return_response=True,
    )
    surfaces = {
        "states": str([state.as_dict() for state in hass.states.async_all()]),
        "events": "".join(events),
        "calendar": str(agenda),
        "diagnostics": str(await get_diagnostics_for_config_entry(hass, hass_client, entry)),
        "repairs": str([*ir.async_get(hass).issues.values()]),
        "log": _own_log(caplog),
    }
    await async_wait_recording_done(hass)
    do_adhoc_statistics(hass)
    await async_wait_recording_done(hass)
    listed = await async_list_statistic_ids(hass)
    surfaces["statistics"] = str([known["statistic_id"] for known in listed])
    values = ("82.1", "64.3", "64.4", "77.5", "98.6", "number.lighter", "secretname_weight")
    told = {
        name: [value for value in (*values, f"{DOMAIN}:") if value in text]
        for name, text in surfaces.items()
        # The entities that went with the switch are named by the events of their removal.
        if name != "events"
    }
    assert {name: found for name, found in told.items() if found} == {}
    assert [value for value in values[:5] if value in surfaces["events"]] == []
