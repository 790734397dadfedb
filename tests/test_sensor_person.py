"""The sensors of a person: one for each metric with a reading, and how the goals stand."""

from datetime import UTC, datetime, timedelta
import logging
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import Recorder
from homeassistant.components.recorder.statistics import async_list_statistic_ids
from homeassistant.components.sensor import ATTR_STATE_CLASS
from homeassistant.const import (
    ATTR_UNIT_OF_MEASUREMENT,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
    Platform,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util.unit_system import METRIC_SYSTEM, US_CUSTOMARY_SYSTEM, UnitSystem
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    snapshot_platform,
)
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
    do_adhoc_statistics,
)
from syrupy.assertion import SnapshotAssertion

from custom_components.digital_twin.engine.health.statistics import statistic_id
from custom_components.digital_twin.twin.catalogue import CATALOGUE, Metric
from custom_components.digital_twin.twin.metrics.readings import Reading

from .common import (
    ANNA,
    GOAL,
    JAN,
    async_add_twins,
    async_capture_writes,
    async_delete_twin,
    async_patch_twin,
    async_setup_twin,
    runtime,
    shown,
)

NOW = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _frozen(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(NOW)


def _reading(metric: Metric, value: float, *, minutes: int = 0) -> Reading:
    return Reading(
        value=value,
        unit=metric.unit,
        measured_at=NOW - timedelta(minutes=10) + timedelta(minutes=minutes),
        source="scale",
    )


async def _record(hass: HomeAssistant, entry: MockConfigEntry, **readings: Reading) -> None:
    await runtime(entry).registry.async_record(ANNA, readings.items())
    await hass.async_block_till_done()


def _middle_of_all(days_ago: int = 0) -> dict[str, Reading]:
    minutes = -days_ago * 24 * 60
    return {
        key: _reading(metric, round((metric.minimum + metric.maximum) / 2), minutes=minutes)
        for key, metric in CATALOGUE.items()
    }


WEIGHT = CATALOGUE["weight"]
BESIDE = {"fresh", "mean_7_days", "measured_at", "source", "trend_per_week"}


async def test_sensors_of_a_person_with_every_metric(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, snapshot: SnapshotAssertion
) -> None:
    with patch("custom_components.digital_twin.PLATFORMS", (Platform.SENSOR,)):
        entry = await async_setup_twin(hass, homes={}, persons={ANNA: {"name": "Anna"}})
    await _record(hass, entry, **_middle_of_all())
    await snapshot_platform(hass, entity_registry, snapshot, entry.entry_id)


@pytest.mark.parametrize("units", [METRIC_SYSTEM, US_CUSTOMARY_SYSTEM], ids=["metric", "us"])
async def test_home_assistant_accepts_unit_and_class_of_every_metric(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture, units: UnitSystem
) -> None:
    hass.config.units = units
    entry = await async_setup_twin(hass, persons={ANNA: {"name": "Anna"}})
    caplog.clear()
    await _record(hass, entry, **_middle_of_all())
    assert [text for _, level, text in caplog.record_tuples if level >= logging.WARNING] == []
    assert {f"sensor.anna_{key}" for key in CATALOGUE} <= set(
        hass.states.async_entity_ids("sensor")
    )


async def test_every_metric_has_statistics_without_a_warning(
    recorder_mock: Recorder, hass: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    await async_setup_component(hass, "sensor", {})
    entry = await async_setup_twin(hass, persons={ANNA: {"name": "Anna"}})
    await _record(hass, entry, **_middle_of_all(days_ago=1))
    await _record(hass, entry, **_middle_of_all())
    await async_wait_recording_done(hass)
    caplog.clear()
    do_adhoc_statistics(hass, start=NOW)
    await async_wait_recording_done(hass)
    known = {item["statistic_id"] for item in await async_list_statistic_ids(hass)}
    assert {statistic_id(ANNA, key) for key in CATALOGUE} <= known
    assert {f"sensor.anna_{key}" for key in CATALOGUE} & known == set()
    assert [text for _, level, text in caplog.record_tuples if level >= logging.WARNING] == []


@pytest.mark.parametrize(
    ("units", "metric", "value", "state", "unit"),
    [
        (METRIC_SYSTEM, "weight", 71.4, 71.4, "kg"),
        (US_CUSTOMARY_SYSTEM, "weight", 71.4, 157.41, "lb"),
        (METRIC_SYSTEM, "systolic_blood_pressure", 120, 120, "mmHg"),
        (US_CUSTOMARY_SYSTEM, "systolic_blood_pressure", 120, 120, "mmHg"),
        (METRIC_SYSTEM, "body_temperature", 36.6, 36.6, "°C"),
        (US_CUSTOMARY_SYSTEM, "body_temperature", 36.6, 97.88, "°F"),
        (METRIC_SYSTEM, "sleep_duration", 450, 7.5, "h"),
        (US_CUSTOMARY_SYSTEM, "sleep_duration", 450, 7.5, "h"),
        (METRIC_SYSTEM, "steps", 8000, 8000, "steps"),
        (US_CUSTOMARY_SYSTEM, "height", 180, 70.87, "in"),
        (US_CUSTOMARY_SYSTEM, "active_energy", 500, 500, "kcal"),
        (US_CUSTOMARY_SYSTEM, "hydration", 500, 16.91, "fl. oz."),
    ],
)
async def test_a_metric_is_shown_in_the_units_of_the_household(
    hass: HomeAssistant, units: UnitSystem, metric: str, value: float, state: float, unit: str
) -> None:
    hass.config.units = units
    entry = await async_setup_twin(hass, persons={ANNA: {"name": "Anna"}})
    await _record(hass, entry, **{metric: _reading(CATALOGUE[metric], value)})
    sensor = shown(hass, f"sensor.anna_{metric}")
    assert sensor.attributes[ATTR_UNIT_OF_MEASUREMENT] == unit
    assert float(sensor.state) == pytest.approx(state, abs=0.005)


async def test_a_metric_has_no_sensor_before_its_first_reading(hass: HomeAssistant) -> None:
    entry = await async_setup_twin(hass, persons={ANNA: {"name": "Anna"}, JAN: {"name": "Jan"}})
    assert hass.states.get("sensor.anna_weight") is None
    loaded = entry.runtime_data
    await _record(hass, entry, weight=_reading(WEIGHT, 71.4))
    state = shown(hass, "sensor.anna_weight")
    assert state.state == "71.4"
    assert ATTR_STATE_CLASS not in state.attributes
    assert hass.states.get("sensor.jan_weight") is None
    assert entry.runtime_data is loaded


async def test_metrics_known_at_the_start_are_there(hass: HomeAssistant) -> None:
    readings = {"weight": {"value": 157, "unit": "lb", "measured_at": "2026-11-20T07:00:00+00:00"}}
    await async_setup_twin(hass, persons={ANNA: {"name": "Anna", "health_metrics": readings}})
    state = shown(hass, "sensor.anna_weight")
    assert float(state.state) == pytest.approx(71.214)
    assert state.attributes["measured_at"] == "2026-11-20T07:00:00+00:00"
    assert state.attributes["source"] == "manual"


async def test_a_metric_that_is_not_in_the_catalogue_has_no_sensor(hass: HomeAssistant) -> None:
    entry = await async_setup_twin(hass, persons={ANNA: {"name": "Anna"}})
    before = hass.states.async_entity_ids("sensor")
    await _record(hass, entry, of_a_later_version=_reading(WEIGHT, 1))
    assert hass.states.async_entity_ids("sensor") == before


async def test_what_stands_beside_a_value_is_not_in_the_history(hass: HomeAssistant) -> None:
    entry = await async_setup_twin(hass, persons={ANNA: {"name": "Anna"}})
    await _record(hass, entry, weight=_reading(WEIGHT, 71.4))
    state = shown(hass, "sensor.anna_weight")
    assert set(state.attributes) == {
        "device_class",
        "friendly_name",
        "unit_of_measurement",
        *BESIDE,
    }
    assert state.state_info is not None
    assert state.state_info["unrecorded_attributes"] >= BESIDE


async def test_a_reading_writes_the_sensor_of_its_metric_only(hass: HomeAssistant) -> None:
    entry = await async_setup_twin(hass, persons={ANNA: {"name": "Anna"}})
    await _record(hass, entry, weight=_reading(WEIGHT, 71.4), mood=_reading(CATALOGUE["mood"], 7))
    writes = async_capture_writes(hass)
    await _record(hass, entry, weight=_reading(WEIGHT, 71.2, minutes=5))
    assert writes == ["sensor.anna_weight"]


async def test_the_same_reading_twice_writes_nothing(hass: HomeAssistant) -> None:
    entry = await async_setup_twin(hass, persons={ANNA: {"name": "Anna"}})
    await _record(hass, entry, weight=_reading(WEIGHT, 71.4))
    writes = async_capture_writes(hass)
    await _record(hass, entry, weight=_reading(WEIGHT, 71.4))
    assert writes == []


async def test_an_equal_later_reading_tells_its_time(hass: HomeAssistant) -> None:
    entry = await async_setup_twin(hass, persons={ANNA: {"name": "Anna"}})
    await _record(hass, entry, weight=_reading(WEIGHT, 71.4))
    await _record(hass, entry, weight=_reading(WEIGHT, 71.4, minutes=5))
    state = shown(hass, "sensor.anna_weight")
    assert state.attributes["measured_at"] == "2026-11-20T07:25:00+00:00"


async def test_a_metric_that_is_cleared_can_be_deleted_and_comes_back(
    hass: HomeAssistant, entity_registry: er.EntityRegistry
) -> None:
    entry = await async_setup_twin(hass, persons={ANNA: {"name": "Anna"}})
    await _record(hass, entry, weight=_reading(WEIGHT, 71.4))
    await async_patch_twin(hass, entry, "person", ANNA, health_metrics={"weight": None})
    state = shown(hass, "sensor.anna_weight")
    assert state.state == STATE_UNAVAILABLE
    assert state.attributes["restored"] is True
    await _record(hass, entry, weight=_reading(WEIGHT, 70.1))
    state = shown(hass, "sensor.anna_weight")
    assert state.state == "70.1"
    assert "restored" not in state.attributes


def _goal(code: str, status: str, current: float | None) -> dict[str, Any]:
    result = {"name": "Result", "baseline": 0, "target": 10, "current": current}
    return GOAL | {
        "goal_code": code,
        "name": f"Goal {code}",
        "status": status,
        "progress_metrics": [{key: part for key, part in result.items() if part is not None}],
    }


async def test_goals_progress_is_the_mean_of_active_goals(hass: HomeAssistant) -> None:
    entry = await async_setup_twin(hass, persons={ANNA: {"name": "Anna"}, JAN: {"name": "Jan"}})
    state = shown(hass, "sensor.anna_goals_progress")
    assert state.state == STATE_UNKNOWN
    await async_add_twins(
        hass,
        entry,
        "goal",
        {
            "30000000-0000-4000-8000-000000000001": _goal("G01", "Active", 2),
            "30000000-0000-4000-8000-000000000002": _goal("G02", "Active", 7),
            "30000000-0000-4000-8000-000000000003": _goal("G03", "Active", None),
            "30000000-0000-4000-8000-000000000004": _goal("G04", "On Hold", 10),
            "30000000-0000-4000-8000-000000000005": _goal("G05", "Completed", 10)
            | {"owner_person_id": JAN},
        },
    )
    state = shown(hass, "sensor.anna_goals_progress")
    assert state.state == "45.0"
    counts = {"planning": 0, "active": 3, "on_hold": 1, "completed": 0, "archived": 0}
    assert counts.items() <= state.attributes.items()
    jan = shown(hass, "sensor.jan_goals_progress")
    assert jan.state == STATE_UNKNOWN
    assert jan.attributes["completed"] == 1


STEP = "sensor.anna_next_step"
WALK: dict[str, Any] = {
    "goal_code": "G01",
    "name": "Walk",
    "owner_person_id": ANNA,
    "status": "active",
    "start_date": "2026-09-01",
    "target_date": "2026-12-31",
    "progress_metrics": [
        {"name": "Steps", "baseline": 0, "target": 9000, "source": {"metric": "steps"}}
    ],
}
READ: dict[str, Any] = {
    "goal_code": "G02",
    "name": "Read",
    "owner_person_id": ANNA,
    "status": "active",
    "start_date": "2026-09-01",
    "target_date": "2027-12-31",
    "progress_metrics": [{"name": "Books", "unit": "books", "baseline": 0, "target": 12}],
}
WALK_ID = "30000000-0000-4000-8000-000000000001"
READ_ID = "30000000-0000-4000-8000-000000000002"


async def _with_goals(hass: HomeAssistant, **person: object) -> MockConfigEntry:
    return await async_setup_twin(
        hass,
        homes={},
        persons={ANNA: {"name": "Anna", **person}, JAN: {"name": "Jan"}},
        goals={WALK_ID: WALK, READ_ID: READ},
    )


def _reason(hass: HomeAssistant) -> tuple[str | None, str | None]:
    attributes = shown(hass, STEP).attributes
    return attributes["goal_code"], attributes["reason"]


async def test_somebody_without_goals_has_nothing_to_do(hass: HomeAssistant) -> None:
    await async_setup_twin(hass, homes={}, persons={ANNA: {"name": "Anna"}})
    assert shown(hass, STEP).state == "Nothing to do right now"
    assert _reason(hass) == (None, None)


@pytest.mark.parametrize(
    ("language", "entity_id", "state"),
    [
        ("en", STEP, "Enter a first value for Walk, so that its progress can be shown"),
        (
            "pl",
            "sensor.anna_nastepny_krok",
            "Walk: wpisać pierwszą wartość, żeby było widać postęp",
        ),
    ],
)
async def test_the_next_step_is_a_sentence_in_the_language_of_the_household(
    hass: HomeAssistant, language: str, entity_id: str, state: str
) -> None:
    hass.config.language = language
    await _with_goals(hass)
    assert shown(hass, entity_id).state == state


@pytest.mark.usefixtures("steps_at_once")
async def test_the_next_step_follows_the_goals(hass: HomeAssistant) -> None:
    entry = await _with_goals(hass)
    await _record(hass, entry, steps=_reading(CATALOGUE["steps"], 100))
    assert _reason(hass) == ("G01", "behind")
    await async_patch_twin(hass, entry, "goal", WALK_ID, name="Hike")
    assert shown(hass, STEP).state.startswith("Hike, which is ")
    await async_patch_twin(hass, entry, "goal", WALK_ID, status="on_hold")
    assert _reason(hass) == ("G02", "measure")
    await async_patch_twin(hass, entry, "goal", WALK_ID, status="active", owner_person_id=JAN)
    assert _reason(hass) == ("G02", "measure")
    assert shown(hass, "sensor.jan_next_step").attributes["goal_code"] == "G01"
    await async_delete_twin(hass, entry, "goal", READ_ID)
    assert _reason(hass) == (None, None)


@pytest.mark.usefixtures("steps_at_once")
async def test_the_next_step_follows_the_goals_of_others_that_wait(hass: HomeAssistant) -> None:
    entry = await _with_goals(hass)
    trip = {"goal_code": "G03", "name": "Trip", "status": "active", "owner_person_id": JAN}
    trip_id = "30000000-0000-4000-8000-000000000003"
    await async_add_twins(hass, entry, "goal", {trip_id: trip | {"dependencies": [READ_ID]}})
    assert _reason(hass) == ("G02", "unblocks")
    assert "because Trip waits for it" in shown(hass, STEP).state
    await async_patch_twin(hass, entry, "goal", trip_id, name="Journey")
    assert "because Journey waits for it" in shown(hass, STEP).state
    await async_patch_twin(hass, entry, "goal", trip_id, dependencies=[])
    assert _reason(hass) == ("G01", "measure")


async def test_the_next_step_is_chosen_anew_at_most_every_ten_seconds(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    entry = await _with_goals(hass)
    await _record(hass, entry, steps=_reading(CATALOGUE["steps"], 100))
    for name in ("Hike", "Stroll"):
        await async_patch_twin(hass, entry, "goal", WALK_ID, name=name)
    assert not shown(hass, STEP).state.startswith("Stroll")
    freezer.tick(11)
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert shown(hass, STEP).state.startswith("Stroll, which is ")


async def test_the_next_step_follows_the_day(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    entry = await _with_goals(hass)
    await _record(hass, entry, steps=_reading(CATALOGUE["steps"], 100))
    before = shown(hass, STEP).state
    freezer.move_to(NOW + timedelta(days=1))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert shown(hass, STEP).state != before


async def test_a_bad_night_makes_a_goal_of_moving_wait(hass: HomeAssistant) -> None:
    entry = await _with_goals(hass)
    await async_patch_twin(hass, entry, "goal", READ_ID, status="archived")
    usual = [(day, 50 + day % 3) for day in range(28, 0, -1)]
    for day, value in [*usual, (0, 20)]:
        readings = {
            key: _reading(CATALOGUE[key], value, minutes=-day * 24 * 60)
            for key in ("sleep_score", "heart_rate_variability")
        }
        pulse = _reading(CATALOGUE["resting_heart_rate"], 100 - value, minutes=-day * 24 * 60)
        await runtime(entry).registry.async_record(
            ANNA, {**readings, "resting_heart_rate": pulse}.items()
        )
    await hass.async_block_till_done()
    assert _reason(hass) == ("G01", "rest")
    await async_patch_twin(hass, entry, "person", ANNA, health_entities=False)
    assert _reason(hass) == ("G01", "measure")


@pytest.mark.usefixtures("steps_at_once")
async def test_no_amount_of_a_private_metric_is_in_the_next_step(hass: HomeAssistant) -> None:
    entry = await _with_goals(hass, health_entities=False)
    unit = [WALK["progress_metrics"][0] | {"unit": "steps"}]
    await async_patch_twin(hass, entry, "goal", WALK_ID, progress_metrics=unit)
    await _record(hass, entry, steps=_reading(CATALOGUE["steps"], 4000))
    assert "% of the goal a week" in shown(hass, STEP).state
    await async_patch_twin(hass, entry, "person", ANNA, health_entities=True)
    assert " steps a week" in shown(hass, STEP).state
