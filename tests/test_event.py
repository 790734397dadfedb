"""A device that stops answering, or answers again, is an event of its home."""

from datetime import timedelta
from unittest.mock import patch

from homeassistant.const import STATE_UNKNOWN, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import (
    async_capture_events,
    snapshot_platform,
)
from syrupy.assertion import SnapshotAssertion

from .common import Wait, async_setup_twin, shown
from .house import House

EVENT = "event.home_device_status"
OUTAGE = timedelta(minutes=16)


async def test_events_of_a_home(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, snapshot: SnapshotAssertion
) -> None:
    with patch("custom_components.digital_twin.PLATFORMS", (Platform.EVENT,)):
        entry = await async_setup_twin(hass)
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
