"""One calendar has the days of all goals."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.calendar import DOMAIN as CALENDAR
from homeassistant.const import STATE_OFF, STATE_ON, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.json import json_bytes
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    snapshot_platform,
)
from syrupy.assertion import SnapshotAssertion

from custom_components.digital_twin import calendar
from custom_components.digital_twin.twin.goals.goal import Goal, GoalDay, goal_days

from .common import (
    ANNA,
    GOAL,
    GOAL_ID,
    async_add_twins,
    async_capture_writes,
    async_delete_twin,
    async_patch_twin,
    async_setup_twin,
    shown,
)

GOALS = "calendar.goals"
OTHER_ID = "30000000-0000-4000-8000-000000000002"
DATED: dict[str, object] = {
    "start_date": "2026-03-10",
    "target_date": "2026-03-31",
    "description": "Why",
    "milestones": [{"name": "Half", "date": "2026-03-20"}],
}


@pytest.fixture
async def entry(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> MockConfigEntry:
    """One dated goal, on 2 March in Warsaw."""
    freezer.move_to(datetime(2026, 3, 2, 12, tzinfo=UTC))
    await hass.config.async_update(time_zone="Europe/Warsaw")
    return await async_setup_twin(
        hass, homes={}, persons={ANNA: {"name": "Anna"}}, goals={GOAL_ID: GOAL | DATED}
    )


async def _events(hass: HomeAssistant, start: str, end: str) -> list[dict[str, Any]]:
    response = await hass.services.async_call(
        CALENDAR,
        "get_events",
        {"entity_id": GOALS, "start_date_time": start, "end_date_time": end},
        blocking=True,
        return_response=True,
    )
    assert response is not None
    events: Any = response[GOALS]
    return list(events["events"])


async def _summaries(hass: HomeAssistant, start: str, end: str) -> list[str]:
    return [event["summary"] for event in await _events(hass, start, end)]


async def test_the_calendar_belongs_to_no_device(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, snapshot: SnapshotAssertion
) -> None:
    with patch("custom_components.digital_twin.PLATFORMS", (Platform.CALENDAR,)):
        entry = await async_setup_twin(hass, goals={GOAL_ID: {"goal_code": "G01", "name": "Run"}})
    await snapshot_platform(hass, entity_registry, snapshot, entry.entry_id)
    entity = entity_registry.async_get(GOALS)
    assert entity is not None
    assert (entity.device_id, entity.config_subentry_id) == (None, None)


async def test_start_milestones_and_target_are_whole_days(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    assert await _events(hass, "2026-03-01 00:00:00", "2026-04-30 00:00:00") == [
        {
            "start": f"2026-03-{first}",
            "end": end,
            "summary": summary,
            "description": "Why",
        }
        for first, end, summary in (
            (10, "2026-03-11", "G01 Body fat begins"),
            (20, "2026-03-21", "G01 Body fat: Half"),
            (31, "2026-04-01", "G01 Body fat is due"),
        )
    ]


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        ("2026-03-20 00:00:00", "2026-03-21 00:00:00", True),
        ("2026-03-20 13:00:00", "2026-03-20 14:00:00", True),
        ("2026-03-20 23:59:59", "2026-03-22 00:00:00", True),
        ("2026-03-21 00:00:00", "2026-03-22 00:00:00", False),
        ("2026-03-19 00:00:00", "2026-03-20 00:00:00", False),
        ("2026-03-19 00:00:00", "2026-03-20 00:00:01", True),
        # In Warsaw it is one hour later than in UTC.
        ("2026-03-19T22:59:00+00:00", "2026-03-19T23:00:00+00:00", False),
        ("2026-03-19T22:59:00+00:00", "2026-03-19T23:01:00+00:00", True),
        ("2026-03-20T23:00:00+00:00", "2026-03-21T10:00:00+00:00", False),
    ],
)
async def test_a_day_is_found_by_any_time_in_it(
    hass: HomeAssistant, entry: MockConfigEntry, start: str, end: str, found: bool
) -> None:
    assert await _summaries(hass, start, end) == (["G01 Body fat: Half"] if found else [])


async def test_the_state_is_that_of_the_next_day(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    assert shown(hass, GOALS).state == STATE_OFF
    assert shown(hass, GOALS).attributes["message"] == "G01 Body fat begins"
    for moment, state, message in (
        (datetime(2026, 3, 9, 23, 0, 1, tzinfo=UTC), STATE_ON, "G01 Body fat begins"),
        (datetime(2026, 3, 10, 23, 0, 1, tzinfo=UTC), STATE_OFF, "G01 Body fat: Half"),
        (datetime(2026, 3, 30, 22, 0, 1, tzinfo=UTC), STATE_ON, "G01 Body fat is due"),
        (datetime(2026, 3, 31, 22, 0, 1, tzinfo=UTC), STATE_OFF, None),
    ):
        freezer.move_to(moment)
        async_fire_time_changed(hass)
        await hass.async_block_till_done()
        assert shown(hass, GOALS).state == state
        assert shown(hass, GOALS).attributes.get("message") == message


async def test_the_state_stays_small_and_the_list_says_everything(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    name, text = "\U0001f3c3" * 255, '"żółw"\n' * 9000
    await async_patch_twin(hass, entry, "goal", GOAL_ID, name=name, description=text)
    attributes = shown(hass, GOALS).attributes
    assert len(json_bytes(dict(attributes))) <= 2048
    assert attributes["message"].startswith("G01 \U0001f3c3")
    assert attributes["message"].endswith("…")
    assert attributes["description"].startswith('"żółw"')
    (event,) = await _events(hass, "2026-03-10 00:00:00", "2026-03-11 00:00:00")
    assert (event["summary"], event["description"]) == (f"G01 {name} begins", text.strip())


async def test_the_calendar_follows_the_goals_without_a_reload(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    march = ("2026-03-01 00:00:00", "2026-04-01 00:00:00")
    other = {"goal_code": "G00", "name": "Sleep", "target_date": "2026-03-05"}
    await async_add_twins(hass, entry, "goal", {OTHER_ID: other})
    assert shown(hass, GOALS).attributes["message"] == "G00 Sleep is due"
    await async_patch_twin(hass, entry, "goal", OTHER_ID, goal_code="G09", name="Rest")
    assert shown(hass, GOALS).attributes["message"] == "G09 Rest is due"
    await async_patch_twin(hass, entry, "goal", OTHER_ID, target_date="2026-03-15")
    assert (await _summaries(hass, *march))[1] == "G09 Rest is due"
    await async_patch_twin(hass, entry, "goal", GOAL_ID, status="Archived")
    assert await _summaries(hass, *march) == ["G09 Rest is due"]
    await async_delete_twin(hass, entry, "goal", OTHER_ID)
    assert await _summaries(hass, *march) == []
    assert "message" not in shown(hass, GOALS).attributes


async def test_days_of_one_date_come_by_code(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    other = {"goal_code": "G00", "name": "Sleep", "start_date": "2026-03-10"}
    await async_add_twins(hass, entry, "goal", {OTHER_ID: other})
    assert await _summaries(hass, "2026-03-10 00:00:00", "2026-03-11 00:00:00") == [
        "G00 Sleep begins",
        "G01 Body fat begins",
    ]


async def test_goals_that_come_together_are_one_write_and_asked_once(
    hass: HomeAssistant, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def counted(goal: Goal) -> Iterable[GoalDay]:
        asked.append(goal.goal_id)
        return goal_days(goal)

    monkeypatch.setattr(calendar, "goal_days", counted)
    writes = async_capture_writes(hass, GOALS)
    await async_patch_twin(
        hass, entry, "goal", GOAL_ID, name="Fat", start_date="2026-03-11", target_date="2026-04-01"
    )
    assert (writes, asked) == ([GOALS], [GOAL_ID])
    await async_patch_twin(hass, entry, "goal", GOAL_ID, roadmap_link="Roadmap.md")
    await async_add_twins(hass, entry, "goal", {OTHER_ID: {"goal_code": "G02", "name": "Sleep"}})
    assert (writes, asked) == ([GOALS], [GOAL_ID, GOAL_ID, OTHER_ID])


async def test_the_days_are_said_in_the_language_of_the_household(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to(datetime(2026, 3, 2, 12, tzinfo=UTC))
    hass.config.language = "pl"
    await async_setup_twin(hass, persons={ANNA: {"name": "Anna"}}, goals={GOAL_ID: GOAL | DATED})
    messages = {state.attributes["message"] for state in hass.states.async_all(CALENDAR)}
    assert messages == {"G01 Body fat: początek"}


async def test_the_calendar_follows_the_language_of_the_household(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    assert shown(hass, GOALS).attributes["message"] == "G01 Body fat begins"
    await hass.config.async_update(language="pl")
    await hass.async_block_till_done()
    assert shown(hass, GOALS).attributes["message"] == "G01 Body fat: początek"
    march = ("2026-03-01 00:00:00", "2026-03-12 00:00:00")
    assert await _summaries(hass, *march) == ["G01 Body fat: początek"]
