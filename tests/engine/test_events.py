"""What happens to twins is on the feed, whether or not an entity shows it, with its cause."""

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import Context, HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.engine.core.feed import (
    AUTOMATION,
    EVENTS,
    Change,
    Origin,
    Topic,
)
from custom_components.digital_twin.engine.core.registry import KINDS
from custom_components.digital_twin.engine.events import EVENT_TWIN
from custom_components.digital_twin.twin.enums import GoalStatus
from tests.common import (
    ANNA,
    GOAL,
    GOAL_ID,
    HOME_ID,
    Wait,
    async_add_twins,
    async_delete_twin,
    async_restore_twin,
    async_setup_twin,
    no_space,
    runtime,
)
from tests.house import House


@pytest.fixture
async def entry(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> MockConfigEntry:
    """Set up a home, Anna and her goal, and not a single entity."""
    freezer.move_to(datetime(2026, 3, 2, 12, tzinfo=UTC))
    with patch("custom_components.digital_twin.PLATFORMS", ()):
        return await async_setup_twin(hass, persons={ANNA: {"name": "Anna"}}, goals={GOAL_ID: GOAL})


def _follow(entry: MockConfigEntry, *topics: Topic) -> list[Change]:
    """Return a list that grows with the changes of topics, by default with events."""
    seen: list[Change] = []
    wanted = topics or tuple(Topic(kind, None, EVENTS) for kind in KINDS)
    runtime(entry).feed.subscribe(wanted, seen.extend)
    return seen


async def _perform(hass: HomeAssistant, action: str, context: Context, **data: object) -> None:
    await hass.services.async_call(DOMAIN, action, data, blocking=True, context=context)
    await hass.async_block_till_done()


@pytest.mark.parametrize("by_user", [True, False])
async def test_a_change_says_what_it_was_before_and_who_made_it(
    hass: HomeAssistant, entry: MockConfigEntry, by_user: bool
) -> None:
    user = await hass.auth.async_create_user("Admin", group_ids=["system-admin"])
    context = Context(user_id=user.id if by_user else None)
    seen = _follow(entry, Topic("goal", GOAL_ID, "status"))
    before = runtime(entry).registry.goals[GOAL_ID]
    await _perform(hass, "update_goal", context, goal=GOAL_ID, status="active")
    (change,) = seen
    after = runtime(entry).registry.goals[GOAL_ID]
    assert (change.kind, change.twin_id, change.revision) == ("goal", GOAL_ID, after.revision)
    assert (change.before, change.after) == (before, after)
    assert change.fields >= {"status"}
    assert change.seq == runtime(entry).registry.seq
    assert change.cause.actor == (user.id if by_user else AUTOMATION)
    assert (change.cause.origin, change.cause.context) == (Origin.ACTION, context)


async def test_events_of_goals_and_health_need_no_entity(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    seen = _follow(entry)
    context = Context()
    await _perform(hass, "update_goal", context, goal=GOAL_ID, status="completed")
    await _perform(hass, "update_health_metrics", context, person=ANNA, metrics={"weight": 70})
    events = {(change.kind, change.event) for change in seen}
    assert events >= {
        ("goal", "status_changed"),
        ("goal", "completed"),
        ("person", "metric_recorded"),
    }
    assert all(change.cause.context is context for change in seen)
    (completed,) = [change for change in seen if change.event == "completed"]
    assert completed.before.status is GoalStatus.PLANNING
    assert completed.after.status is GoalStatus.COMPLETED


async def test_events_of_devices_and_homes_need_no_entity(
    hass: HomeAssistant, house: House, wait: Wait
) -> None:
    plugs = [house.sensor(house.device(f"Plug {number}"), "power", 10) for number in range(4)]
    with patch("custom_components.digital_twin.PLATFORMS", ()):
        entry = await async_setup_twin(hass)
    seen = _follow(entry)
    await wait(timedelta(minutes=6))
    for plug in plugs:
        house.silence(plug)
    await wait(timedelta(minutes=16))
    await wait(timedelta(minutes=16))
    events = {change.event for change in seen}
    assert events >= {"offline", "operational_status_changed"}
    assert {(change.kind, change.twin_id) for change in seen} == {("home", HOME_ID)}


async def test_a_goal_is_announced_once_it_has_a_device(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    events = async_capture_events(hass, EVENT_TWIN)
    goal_id = "30000000-0000-4000-8000-000000000007"
    await async_add_twins(hass, entry, "goal", {goal_id: {"goal_code": "G07", "name": "Sing"}})
    device_id = runtime(entry).subentries.device_id(goal_id)
    await async_delete_twin(hass, entry, "goal", goal_id)
    await async_restore_twin(hass, entry, "goal", goal_id)
    assert [event.data["type"] for event in events] == ["added", "removed", "added"]
    assert {event.data["name"] for event in events} == {"Sing"}
    assert device_id is not None
    assert events[0].data["device_id"] == events[1].data["device_id"] == device_id


async def test_what_the_disk_refuses_is_no_event(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    events = async_capture_events(hass, EVENT_TWIN)
    seen = _follow(entry)
    calls: dict[str, dict[str, Any]] = {
        "create_goal": {"goal_code": "G07", "name": "Sing"},
        "delete_goal": {"goal": GOAL_ID},
        "update_goal": {"goal": GOAL_ID, "status": "completed"},
        "update_health_metrics": {"person": ANNA, "metrics": {"weight": 70}},
    }
    for action, data in calls.items():
        with no_space(), pytest.raises(Exception, match="saved"):
            await hass.services.async_call(DOMAIN, action, data, blocking=True)
        await hass.async_block_till_done()
    assert events == []
    assert seen == []
