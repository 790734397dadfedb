"""How changes are taken: seldom, together, and at once where it matters."""

from unittest.mock import patch

import pytest

from custom_components.digital_twin.engine.home import HOME_PLACE
from custom_components.digital_twin.engine.home.climate import Climate
from custom_components.digital_twin.twin.enums import DeviceStatus, OperationalStatus
from custom_components.digital_twin.twin.home.inventory import DeviceChange

from .house import HOUSE, START, House


async def test_many_changes_of_a_second_are_one_publication(house: House) -> None:
    kitchen = house.add_area("Kitchen")
    sensors = [house.thermometer(f"s{number}", "20", kitchen) for number in range(50)]
    await house.observe()
    heard = house.hear("environment/home/temperature", "environment/area/kitchen/temperature")
    # The first is told at once, the other thousand at the end of the second.
    house.set(sensors[0], "50")
    house.set(sensors[1], "50")
    await house.settle()
    first = len(heard)
    for number in range(1000):
        house.set(sensors[number % 50], str(21 + number / 1000))
    await house.settle()
    assert len(heard) == first
    await house.flush()
    assert len(heard) == first + 2


async def test_safety_is_not_held_back_by_a_flood(house: House) -> None:
    kitchen = house.add_area("Kitchen")
    sensor = house.thermometer("s", "20", kitchen)
    leak = house.add_entity("binary_sensor.leak", "off", device_class="moisture")
    view = await house.observe()
    for number in range(1000):
        house.set(sensor, str(number))
    house.set(leak, "on")
    assert view.operational.status is OperationalStatus.ALERT


async def test_a_change_costs_no_look_at_other_entities(house: House) -> None:
    kitchen = house.add_area("Kitchen")
    sensors = [house.thermometer(f"s{number}", "20", kitchen) for number in range(100)]
    await house.observe()
    with patch.object(Climate, "update", autospec=True, return_value=set()) as update:
        await house.change(sensors[3], "21")
    assert [list(call.args[1]) for call in update.call_args_list] == [[sensors[3]]]


async def test_own_entities_are_never_watched(house: House) -> None:
    device = house.add_device("Twin", entry=house.own)
    house.add_entity(
        "binary_sensor.own", "off", device_class="moisture", device=device, entry=house.own
    )
    view = await house.observe()
    house.set("binary_sensor.own", "on")
    await house.flush()
    assert view.operational.status is OperationalStatus.OPTIMAL
    assert view.devices == ()
    assert "binary_sensor.own" not in house.observer._watched


async def test_no_change_is_lost_while_registries_are_read_again(house: House) -> None:
    kitchen = house.add_area("Kitchen")
    sensor = house.thermometer("a", "20", kitchen)
    await house.observe()
    listeners = house.hass.bus.async_listeners()["state_changed"]
    house.thermometer("b", "20", kitchen)
    house.set(sensor, "22")
    house.observer._rebuild()
    house.set(sensor, "24")
    await house.flush()
    assert house.value(HOME_PLACE) == 22
    assert house.hass.bus.async_listeners()["state_changed"] == listeners


async def test_after_the_end_nothing_is_taken_any_more(house: House) -> None:
    sensor = house.thermometer("a", "20", house.add_area("Kitchen"))
    device = house.add_device("Lamp")
    house.add_entity("light.lamp", "unavailable", device=device)
    view = await house.observe()
    house.set(sensor, "21")
    house.add_area("Bath")
    await house.leave()
    await house.wait(hours=30)
    assert view.reading(HOME_PLACE, "temperature") is not None
    assert house.value(HOME_PLACE) == 20
    assert view.operational.status is OperationalStatus.OPTIMAL


async def test_a_broken_listener_does_not_repeat_changes(house: House) -> None:
    device = house.add_device("Lamp")
    house.add_entity("light.lamp", "unavailable", device=device)
    view = await house.observe()
    change = DeviceChange(
        device_id=device,
        name="Lamp",
        old=DeviceStatus.ONLINE,
        new=DeviceStatus.OFFLINE,
        at=START,
    )
    house.observer._live[HOUSE].devices.changes.append(change)
    assert [one.device_id for one in view.device_changes] == [device]
    failing = patch.object(house.feed, "publish", side_effect=RuntimeError)
    with failing, pytest.raises(RuntimeError):
        house.observer._publish(set())
    assert not view.device_changes


async def test_thresholds_take_effect_at_once(house: House) -> None:
    device = house.add_device("Lamp")
    house.add_entity("light.lamp", "unavailable", device=device)
    view = await house.observe()
    await house.wait(minutes=5)
    assert view.counts.offline == 0
    house.observer.async_set_thresholds(
        type(house.observer._thresholds).from_options({"offline_grace": 5})
    )
    assert view.counts.offline == 1
