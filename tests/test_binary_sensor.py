"""Is there a problem, is somebody in: yes, no, or not known."""

from datetime import timedelta
from unittest.mock import patch

from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNKNOWN, Platform
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import snapshot_platform
from syrupy.assertion import SnapshotAssertion

from .common import ANNA, HOME_ID, Wait, async_capture_writes, async_setup_twin, shown
from .house import House

PROBLEM = "binary_sensor.home_needs_attention"
OCCUPANCY = "binary_sensor.home_somebody_home"
RESIDENT = {ANNA: {"name": "Anna", "person_entity": "person.anna"}}
HOME = {HOME_ID: {"name": "Home", "zone": "zone.home", "residents": [ANNA]}}


async def test_binary_sensors_of_a_home(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, snapshot: SnapshotAssertion
) -> None:
    with patch("custom_components.digital_twin.PLATFORMS", (Platform.BINARY_SENSOR,)):
        entry = await async_setup_twin(hass)
    await snapshot_platform(hass, entity_registry, snapshot, entry.entry_id)


async def test_a_leak_is_a_problem_at_once(hass: HomeAssistant, house: House) -> None:
    leak = house.sensor(house.device("Leak sensor"), "moisture", "off", domain="binary_sensor")
    await async_setup_twin(hass)
    assert shown(hass, PROBLEM).state == STATE_OFF
    house.set(leak, "on")
    await hass.async_block_till_done()
    assert shown(hass, PROBLEM).state == STATE_ON
    house.set(leak, "off")
    await hass.async_block_till_done()
    assert shown(hass, PROBLEM).state == STATE_OFF


async def test_a_second_cause_writes_no_problem_again(
    hass: HomeAssistant, house: House, wait: Wait
) -> None:
    leaks = [
        house.sensor(house.device(name), "moisture", "off", domain="binary_sensor")
        for name in ("Bath", "Kitchen")
    ]
    await async_setup_twin(hass)
    house.set(leaks[0], "on")
    await wait()
    writes = async_capture_writes(hass, PROBLEM)
    house.set(leaks[1], "on")
    await wait()
    assert len(shown(hass, "sensor.home_operational_status").attributes["causes"]) == 2
    assert writes == []


async def test_nothing_is_judged_before_home_assistant_has_started(hass: HomeAssistant) -> None:
    hass.set_state(CoreState.starting)
    await async_setup_twin(hass)
    assert shown(hass, PROBLEM).state == STATE_UNKNOWN


@pytest.mark.parametrize(
    ("whereabouts", "occupied"),
    [("home", STATE_ON), ("not_home", STATE_OFF), ("unknown", STATE_UNKNOWN)],
)
async def test_somebody_is_in_when_a_resident_is(
    hass: HomeAssistant, whereabouts: str, occupied: str
) -> None:
    hass.states.async_set("person.anna", whereabouts)
    await async_setup_twin(hass, persons=RESIDENT, homes=HOME)
    assert shown(hass, OCCUPANCY).state == occupied


async def test_motion_is_somebody_for_a_while(
    hass: HomeAssistant, house: House, wait: Wait
) -> None:
    motion = house.sensor(house.device("Motion"), "motion", "on", domain="binary_sensor")
    await async_setup_twin(hass)
    assert shown(hass, OCCUPANCY).state == STATE_ON
    house.set(motion, "off")
    await wait()
    assert shown(hass, OCCUPANCY).state == STATE_ON
    await wait(timedelta(hours=1))
    assert shown(hass, OCCUPANCY).state == STATE_OFF
