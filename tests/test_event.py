"""What happens to a home or a goal is an event of it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import STATE_UNKNOWN, Platform
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import Entity
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    async_fire_time_changed,
    snapshot_platform,
)
from syrupy.assertion import SnapshotAssertion

from .common import (
    ANNA,
    GOAL,
    GOAL_ID,
    JAN,
    Wait,
    async_add_twins,
    async_delete_twin,
    async_patch_twin,
    async_setup_twin,
    shown,
)
from .house import House

EVENT = "event.home_device_status"
OUTAGE = timedelta(minutes=16)
CHANGE = "event.body_fat_goal_activity"
DETAILS = ("from", "to", "milestone")


@pytest.fixture(autouse=True)
def _enabled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enable the entities, as somebody does who needs them."""
    monkeypatch.setattr(Entity, "entity_registry_enabled_default", True)


async def test_events_are_disabled_at_first(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    await async_setup_twin(hass, persons={ANNA: {"name": "Anna"}}, goals={GOAL_ID: GOAL})
    disabled = {entry.entity_id for entry in entity_registry.entities.values() if entry.disabled_by}
    assert {EVENT, CHANGE} <= disabled


HALF = {"target": 10, "current": 5}


async def test_events_of_a_home_and_a_goal(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, snapshot: SnapshotAssertion
) -> None:
    with patch("custom_components.digital_twin.PLATFORMS", (Platform.EVENT,)):
        entry = await async_setup_twin(
            hass, persons={ANNA: {"name": "Anna"}}, goals={GOAL_ID: GOAL}
        )
    await snapshot_platform(hass, entity_registry, snapshot, entry.entry_id)


async def test_a_device_goes_offline_and_comes_back(
    hass: HomeAssistant, house: House, wait: Wait
) -> None:
    device_id = house.device("Plug")
    plug = house.sensor(device_id, "power", 10)
    await async_setup_twin(hass)
    assert shown(hass, EVENT).state == STATE_UNKNOWN
    house.silence(plug)
    await wait()
    assert shown(hass, EVENT).state == STATE_UNKNOWN
    await wait(OUTAGE)
    gone = shown(hass, EVENT)
    assert gone.attributes["event_type"] == "offline"
    assert (gone.attributes["name"], gone.attributes["device_id"]) == ("Plug", device_id)
    house.set(plug, 11)
    await wait()
    back = shown(hass, EVENT)
    assert back.attributes["event_type"] == "online"
    assert back.state > gone.state


async def test_devices_that_fail_together_are_an_event_each(
    hass: HomeAssistant, house: House, wait: Wait
) -> None:
    plugs = [house.sensor(house.device(f"Plug {number}"), "power", 10) for number in range(5)]
    await async_setup_twin(hass)
    for plug in plugs:
        house.silence(plug)
    changes = async_capture_events(hass, "state_changed")
    await wait(OUTAGE)
    events = [event.data["new_state"] for event in changes if event.data["entity_id"] == EVENT]
    assert {state.attributes["name"] for state in events} == {f"Plug {n}" for n in range(5)}
    assert len({state.state for state in events}) == 5


@pytest.fixture
async def goal(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> MockConfigEntry:
    """Anna's goal in the middle of its plan, with a milestone at 75 %."""
    freezer.move_to(datetime(2026, 3, 2, 12, tzinfo=UTC))
    await hass.config.async_update(time_zone="UTC")
    return await async_setup_twin(
        hass,
        homes={},
        persons={ANNA: {"name": "Anna"}},
        goals={
            GOAL_ID: GOAL
            | {
                "status": "Active",
                "start_date": "2026-01-01",
                "target_date": "2026-05-01",
                "progress_metrics": [{"name": "Books", "kind": "accumulate", **HALF}],
                "milestones": [{"name": "Third shelf", "date": "2026-04-01", "progress": 75}],
            }
        },
    )


def _told(changes: list[Event[Any]]) -> list[tuple[str, dict[str, Any]]]:
    states = [event.data["new_state"] for event in changes if event.data["entity_id"] == CHANGE]
    return [
        (
            state.attributes["event_type"],
            {name: state.attributes[name] for name in DETAILS if name in state.attributes},
        )
        for state in states
    ]


@pytest.mark.parametrize(
    ("patch_of_goal", "news"),
    [
        (
            {"status": "On Hold"},
            [
                ("status_changed", {"from": "active", "to": "on_hold"}),
                ("pace_changed", {"from": "on_track", "to": "paused"}),
            ],
        ),
        (
            {"status": "Completed"},
            [
                ("status_changed", {"from": "active", "to": "completed"}),
                ("completed", {}),
                ("milestone_reached", {"milestone": "Third shelf"}),
                ("pace_changed", {"from": "on_track", "to": "achieved"}),
            ],
        ),
        (
            {"progress_metrics": [{"name": "Books", "kind": "accumulate", **HALF, "current": 8}]},
            [
                ("milestone_reached", {"milestone": "Third shelf"}),
                ("pace_changed", {"from": "on_track", "to": "ahead"}),
            ],
        ),
        ({"description": "Longer"}, []),
        ({"milestones": [{"name": "Behind us", "date": "2026-02-01", "progress": 25}]}, []),
    ],
)
async def test_what_happens_to_a_goal_is_told(
    hass: HomeAssistant,
    goal: MockConfigEntry,
    patch_of_goal: dict[str, object],
    news: list[tuple[str, dict[str, Any]]],
) -> None:
    assert shown(hass, CHANGE).state == STATE_UNKNOWN
    changes = async_capture_events(hass, "state_changed")
    await async_patch_twin(hass, goal, "goal", GOAL_ID, **patch_of_goal)
    assert sorted(_told(changes), key=str) == sorted(news, key=str)


async def test_a_pace_that_changes_at_midnight_is_told(
    hass: HomeAssistant, goal: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    changes = async_capture_events(hass, "state_changed")
    freezer.move_to(datetime(2026, 3, 30, 0, 0, 1, tzinfo=UTC))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert _told(changes) == [("pace_changed", {"from": "on_track", "to": "stalled"})]


async def test_a_new_goal_is_no_news(hass: HomeAssistant, goal: MockConfigEntry) -> None:
    other = {"goal_code": "G02", "name": "Sleep", "status": "Active"}
    await async_add_twins(hass, goal, "goal", {JAN: other})
    assert shown(hass, "event.sleep_goal_activity").state == STATE_UNKNOWN
    await async_delete_twin(hass, goal, "goal", JAN)
    assert hass.states.get("event.sleep_goal_activity") is None
