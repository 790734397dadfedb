"""The sensors of a goal."""

from datetime import UTC, date, datetime, timedelta
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import STATE_UNKNOWN, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    snapshot_platform,
)
from syrupy.assertion import SnapshotAssertion

from custom_components.digital_twin.surfaces.goal_sensors import SENSORS
from custom_components.digital_twin.twin.enums import GoalStatus
from custom_components.digital_twin.twin.records.parsers import FIRST_DAY, LAST_DAY

from .common import (
    ANNA,
    GOAL,
    GOAL_ID,
    async_add_twins,
    async_capture_writes,
    async_patch_twin,
    async_setup_twin,
    runtime,
    shown,
)

PROGRESS = "sensor.body_fat_progress"
PACE = "sensor.body_fat_pace"
WHY = "sensor.body_fat_why"
FORECAST = "sensor.body_fat_forecast"
MILESTONE = "sensor.body_fat_next_milestone"
OTHER_ID = "30000000-0000-4000-8000-000000000002"
HALF_WAY = {"name": "Body fat", "baseline": 30, "target": 20, "current": 25}
NOT_MEASURED = {"name": "Waist", "baseline": 100, "target": 90}
# On 2 March a plan for 2026-01-01 … 2026-05-01 (120 days) is half done.
PLANNED = {
    "status": "Active",
    "start_date": "2026-01-01",
    "target_date": "2026-05-01",
    "progress_metrics": [HALF_WAY],
    "milestones": [
        {"name": "Gone by", "date": "2026-02-01", "progress": 25},
        {"name": "Spring", "date": "2026-04-01", "progress": 75},
    ],
}


@pytest.fixture(autouse=True)
def _second_of_march(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(datetime(2026, 3, 2, 12, tzinfo=UTC))


async def _async_setup(hass: HomeAssistant, **fields: object) -> MockConfigEntry:
    await hass.config.async_update(time_zone="UTC")
    return await async_setup_twin(
        hass, homes={}, persons={ANNA: {"name": "Anna"}}, goals={GOAL_ID: GOAL | fields}
    )


async def test_sensors_of_a_goal(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, snapshot: SnapshotAssertion
) -> None:
    with patch("custom_components.digital_twin.PLATFORMS", (Platform.SENSOR,)):
        entry = await _async_setup(hass, **PLANNED | {"progress_metrics": [HALF_WAY, NOT_MEASURED]})
    entity_registry.async_remove("sensor.anna_goals_progress")
    await snapshot_platform(hass, entity_registry, snapshot, entry.entry_id)


@pytest.mark.parametrize(
    ("patch_of_goal", "progress", "measured", "total"),
    [
        ({"progress_metrics": []}, STATE_UNKNOWN, 0, 0),
        ({"progress_metrics": [NOT_MEASURED]}, STATE_UNKNOWN, 0, 1),
        ({"progress_metrics": [HALF_WAY, NOT_MEASURED]}, "50.0", 1, 2),
        ({"progress_metrics": [HALF_WAY], "status": "Completed"}, "100.0", 1, 1),
        ({"progress_metrics": [HALF_WAY | {"current": 35}]}, "0.0", 1, 1),
    ],
)
async def test_progress_counts_what_is_measured(
    hass: HomeAssistant,
    patch_of_goal: dict[str, object],
    progress: str,
    measured: int,
    total: int,
) -> None:
    entry = await _async_setup(hass)
    await async_patch_twin(hass, entry, "goal", GOAL_ID, **patch_of_goal)
    state = shown(hass, PROGRESS)
    assert state.state == progress
    assert state.attributes["key_results_measured"] == measured
    assert state.attributes["key_results"] == total


@pytest.mark.parametrize(
    ("patch_of_goal", "pace", "reason"),
    [
        ({}, "on_track", "on_track"),
        ({"progress_metrics": [HALF_WAY | {"current": 22}]}, "ahead", "ahead"),
        ({"progress_metrics": [HALF_WAY | {"current": 26}]}, "behind", "behind"),
        ({"progress_metrics": [HALF_WAY | {"current": 29}]}, "at_risk", "at_risk"),
        ({"progress_metrics": [HALF_WAY | {"current": 20}]}, "achieved", "reached"),
        ({"status": "Completed"}, "achieved", "completed"),
        ({"status": "On Hold"}, "paused", "paused"),
        ({"status": "Planning"}, "not_started", "planning"),
        ({"status": "Archived"}, STATE_UNKNOWN, "archived"),
        ({"start_date": "2026-04-01"}, "not_started", "starts_later"),
        ({"target_date": "2026-03-01"}, "overdue", "overdue"),
        ({"progress_metrics": [NOT_MEASURED]}, STATE_UNKNOWN, "no_progress"),
        ({"target_date": None, "milestones": []}, STATE_UNKNOWN, "no_plan"),
    ],
)
async def test_the_pace_says_why(
    hass: HomeAssistant, patch_of_goal: dict[str, object], pace: str, reason: str
) -> None:
    entry = await _async_setup(hass, **PLANNED)
    await async_patch_twin(hass, entry, "goal", GOAL_ID, **patch_of_goal)
    state = shown(hass, PACE)
    assert (state.state, state.attributes["reason"]) == (pace, reason)


async def test_the_pace_says_how_far_off_and_what_is_needed(hass: HomeAssistant) -> None:
    slower = {"progress_metrics": [HALF_WAY | {"current": 26}], "milestones": []}
    await _async_setup(hass, **PLANNED | slower)
    said = shown(hass, PACE).attributes
    assert said["planned_progress"] == 50.0
    assert said["slack_days"] == -12
    assert said["needed_per_week"] == 7.0
    assert (said["blocked_by"], said["late_dependencies"], said["since"]) == ([], [], None)


@pytest.mark.parametrize(
    ("patch_of_goal", "why"),
    [
        ({}, "As planned; 5.8% a week are needed"),
        (
            {"progress_metrics": [HALF_WAY | {"current": 26, "unit": "kg"}], "milestones": []},
            "12 days behind; 0.7 kg a week are needed",
        ),
        ({"status": "On Hold"}, "On hold since 2 March 2026: the plan stands still"),
        (
            {"status": "Completed", "completed_on": "2025-12-25"},
            "Completed on 25 December 2025",
        ),
        ({"target_date": "2026-03-01"}, "1 day past the target date; 50% done"),
        ({"progress_metrics": [NOT_MEASURED]}, "Nothing has been measured yet"),
        (
            {"progress_metrics": [{"name": "Waist", "target": 90, "current": 95}]},
            "No start value to compare with: Waist",
        ),
        (
            {"target_date": None, "milestones": []},
            "No target date and no milestone to compare with",
        ),
    ],
)
async def test_the_reason_is_a_sentence(
    hass: HomeAssistant, patch_of_goal: dict[str, object], why: str
) -> None:
    entry = await _async_setup(hass, **PLANNED)
    await async_patch_twin(hass, entry, "goal", GOAL_ID, **patch_of_goal)
    assert shown(hass, WHY).state == why


async def test_the_reason_is_said_in_polish(hass: HomeAssistant) -> None:
    hass.config.language = "pl"
    slower = {"progress_metrics": [HALF_WAY | {"current": 26, "unit": "kg"}], "milestones": []}
    await _async_setup(hass, **PLANNED | slower)
    (why,) = (state for state in hass.states.async_all("sensor") if "za planem" in state.state)
    assert why.state == "12 dni za planem; potrzeba tygodniowo: 0,7 kg"


async def test_the_pace_names_the_goals_that_are_in_the_way(hass: HomeAssistant) -> None:
    entry = await _async_setup(hass, **PLANNED)
    await async_add_twins(
        hass, entry, "goal", {OTHER_ID: {"goal_code": "G02", "name": "Sleep", "status": "Active"}}
    )
    await async_patch_twin(hass, entry, "goal", GOAL_ID, dependencies=[OTHER_ID])
    state = shown(hass, PACE)
    assert state.state == "blocked"
    assert state.attributes["blocked_by"] == ["G02"]
    await async_patch_twin(hass, entry, "goal", OTHER_ID, status="Completed")
    assert shown(hass, PACE).state == "on_track"


async def test_a_goal_that_stalls_says_since_when(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    entry = await _async_setup(hass, **PLANNED)
    writes = async_capture_writes(hass, PACE)
    freezer.move_to(datetime(2026, 3, 16, 0, 0, 1, tzinfo=UTC))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    state = shown(hass, PACE)
    assert (state.state, state.attributes["since"]) == ("stalled", "2026-03-02")
    assert writes == [PACE]
    assert runtime(entry).assessments.pace(GOAL_ID) == "stalled"


async def _async_measure(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, entry: MockConfigEntry, per_day: float
) -> None:
    """Measure on ten days, 3 to 12 March."""
    for day in range(1, 11):
        freezer.move_to(datetime(2026, 3, 2 + day, 12, tzinfo=UTC))
        measured = [HALF_WAY | {"current": 25 - per_day * day}]
        await async_patch_twin(hass, entry, "goal", GOAL_ID, progress_metrics=measured)


async def test_the_forecast_is_a_day_between_two_others(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    entry = await _async_setup(hass, **PLANNED)
    state = shown(hass, FORECAST)
    assert (state.state, state.attributes["outlook"]) == (STATE_UNKNOWN, "too_little_history")
    await _async_measure(hass, freezer, entry, 0.2)
    state = shown(hass, FORECAST)
    # From 70 % on 12 March, 2 points a day.
    assert state.state == "2026-03-27"
    assert state.attributes["outlook"] == "finish"
    assert state.attributes["per_week"] == pytest.approx(14)
    assert state.attributes["early"] <= state.state <= state.attributes["late"]


@pytest.mark.parametrize(
    ("patch_of_goal", "outlook"),
    [
        ({"status": "Completed"}, "finished"),
        ({"progress_metrics": [NOT_MEASURED]}, "unknown"),
        ({}, "not_at_this_pace"),
    ],
)
async def test_a_forecast_that_is_unknown_says_why(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    patch_of_goal: dict[str, object],
    outlook: str,
) -> None:
    entry = await _async_setup(hass, **PLANNED)
    await _async_measure(hass, freezer, entry, -0.2)
    await async_patch_twin(hass, entry, "goal", GOAL_ID, **patch_of_goal)
    state = shown(hass, FORECAST)
    assert (state.state, state.attributes["outlook"]) == (STATE_UNKNOWN, outlook)


async def test_a_dependency_that_comes_too_late_is_named(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    entry = await _async_setup(hass, **PLANNED)
    waiting = {"goal_code": "G02", "name": "Sleep", "target_date": "2026-03-20"}
    await async_add_twins(hass, entry, "goal", {OTHER_ID: waiting | {"dependencies": [GOAL_ID]}})
    await _async_measure(hass, freezer, entry, 0.2)
    said = shown(hass, "sensor.sleep_pace").attributes
    assert said["late_dependencies"] == [{"goal": "G01", "finish": "2026-03-27"}]
    assert said["not_listed"] == 0


async def test_the_next_milestone_is_the_first_that_is_not_past(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    await _async_setup(hass, **PLANNED)
    state = shown(hass, MILESTONE)
    assert state.state == "2026-04-01"
    assert state.attributes["milestone"] == "Spring"
    assert state.attributes["progress"] == 75
    freezer.move_to(datetime(2026, 4, 1, tzinfo=UTC) + timedelta(days=1, seconds=1))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    state = shown(hass, MILESTONE)
    assert (state.state, state.attributes["milestone"]) == (STATE_UNKNOWN, None)


async def test_a_new_milestone_shows_without_a_reload(hass: HomeAssistant) -> None:
    entry = await _async_setup(hass)
    assert shown(hass, MILESTONE).state == STATE_UNKNOWN
    writes = async_capture_writes(hass, "sensor.")
    milestones = [{"name": "Soon", "date": "2026-03-02"}]
    await async_patch_twin(hass, entry, "goal", GOAL_ID, milestones=milestones)
    assert shown(hass, MILESTONE).state == date(2026, 3, 2).isoformat()
    assert writes == [MILESTONE]


async def test_a_goal_that_is_gone_has_nothing_to_show(hass: HomeAssistant) -> None:
    entry = await _async_setup(hass)
    assert [sensor.subject_fn(runtime(entry), OTHER_ID) for sensor in SENSORS] == [None] * len(
        SENSORS
    )


async def test_a_goal_at_the_ends_of_the_calendar_is_shown(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    ends = {"start_date": FIRST_DAY, "target_date": LAST_DAY, "completed_on": LAST_DAY}
    stages = [{"name": str(day), "date": day} for day in (FIRST_DAY, LAST_DAY)]
    measured = {"status": "active", "progress_metrics": [HALF_WAY]}
    goals: dict[str, dict[str, object]] = {
        GOAL_ID: {"goal_code": "G1", "name": "Whole", **measured, **ends},
        OTHER_ID: {"goal_code": "G2", "name": "Staged", **measured, "milestones": stages},
    }
    entry = await async_setup_twin(hass, goals=goals)
    for status in GoalStatus:
        for goal_id in goals:
            await async_patch_twin(hass, entry, "goal", goal_id, status=status)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    # They were completed before they were archived.
    assert shown(hass, "sensor.whole_pace").state == "achieved"
    assert shown(hass, "sensor.staged_pace").state == "achieved"
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []
