"""After a restart nothing is judged too early, and what was known is not forgotten."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from homeassistant.const import EVENT_HOMEASSISTANT_STARTED, EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CoreState
from homeassistant.helpers.storage import Store
from homeassistant.util.file import WriteError
import pytest

from custom_components.digital_twin.engine.core.files import StoreFailedError
from custom_components.digital_twin.engine.home import HOME_PLACE
from custom_components.digital_twin.engine.home.memory import (
    STORAGE_KEY,
    EnergyMemory,
    HomeMemory,
    MemoryStore,
)
from custom_components.digital_twin.twin.enums import (
    DeviceStatus,
    OccupancyStatus,
    OperationalStatus,
)
from custom_components.digital_twin.twin.home.conditions import Occupancy
from custom_components.digital_twin.twin.home.home import Thresholds
from custom_components.digital_twin.twin.home.operational import Operational

from .house import ANNA, CABIN, HOUSE, START, House, has_source, home

WRITE = "homeassistant.helpers.storage.Store._async_write_data"


def _lamp(house: House, state: str = "on") -> str:
    device = house.add_device("Lamp", house.add_area("Kitchen"))
    house.add_entity("light.lamp", state, device=device)
    return device


async def _started(house: House) -> None:
    house.hass.set_state(CoreState.running)
    house.hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await house.settle()


async def test_nothing_is_judged_before_the_start_and_its_grace(house: House) -> None:
    _lamp(house, "unavailable")
    house.add_entity("binary_sensor.leak", "on", device_class="moisture")
    house.hass.set_state(CoreState.starting)
    view = await house.observe()
    heard = house.hear("operational", "occupancy", "device_status", "offline_devices")
    await house.wait(minutes=20)
    assert (view.operational.status, view.occupancy.status) == (None, None)
    assert view.counts.unknown == view.counts.total == 1
    await _started(house)
    await house.wait(minutes=4)
    assert view.operational == Operational()
    assert view.occupancy == Occupancy()
    assert view.counts.unknown == 1
    await house.wait(minutes=1)
    assert view.occupancy.status == "Vacant"
    assert view.operational.status is OperationalStatus.ALERT
    assert house.causes() == ["moisture", "device_offline"]
    # It was unknown before, so nobody is told that it went offline.
    assert "device_status" not in heard


async def test_somebody_who_is_in_is_told_before_the_grace_has_passed(house: House) -> None:
    house.hass.states.async_set("person.anna", "not_home", {"in_zones": []})
    house.residents(anna="person.anna")
    house.hass.set_state(CoreState.starting)
    view = await house.observe()
    await _started(house)
    # Her tracker may only be late.
    assert view.occupancy == Occupancy(None, view.occupancy.evidence)
    await house.change("person.anna", "home", {"in_zones": ["zone.home"]})
    assert view.occupancy.status == "Occupied"
    await house.change("person.anna", "not_home", {"in_zones": []})
    assert view.occupancy == Occupancy(None, view.occupancy.evidence)
    await house.wait(minutes=5)
    assert view.occupancy.status == "Away"


async def test_values_are_shown_while_home_assistant_starts(house: House) -> None:
    kitchen = house.add_area("Kitchen")
    sensor = house.thermometer("a", None, kitchen)
    house.hass.set_state(CoreState.starting)
    view = await house.observe()
    assert has_source(view, HOME_PLACE, "temperature")
    assert house.value(HOME_PLACE) is None
    await house.change(sensor, "20")
    assert house.value(HOME_PLACE) == 20


async def test_registries_are_read_once_when_home_assistant_has_started(house: House) -> None:
    house.hass.set_state(CoreState.starting)
    view = await house.observe()
    house.thermometer("a", "20", house.add_area("Kitchen"))
    await house.flush()
    assert not has_source(view, HOME_PLACE, "temperature")
    await _started(house)
    assert house.value(HOME_PLACE) == 20


async def test_a_late_integration_causes_no_alarm(house: House) -> None:
    for number in range(4):
        device = house.add_device(f"D{number}")
        house.add_entity(f"light.d{number}", "unavailable", device=device)
    house.hass.set_state(CoreState.starting)
    view = await house.observe()
    heard = house.hear("offline_devices", "device_status")
    await _started(house)
    await house.wait(minutes=10)
    assert view.operational.status is OperationalStatus.OPTIMAL
    assert view.counts.unknown == 4
    for number in range(4):
        house.set(f"light.d{number}", "on")
    await house.wait(minutes=10)
    assert view.operational.status is OperationalStatus.OPTIMAL
    assert view.counts.online == 4
    # Once it is told that none is offline, which was not known before.
    assert heard == ["offline_devices"]


async def test_what_was_offline_keeps_its_since(house: House) -> None:
    _lamp(house)
    house.add_entity("sensor.b", "9", device_class="battery", device=house.add_device("Remote"))
    await house.observe()
    house.lose("light.lamp")
    await house.wait(days=2)
    assert house.causes() == ["device_offline", "low_battery"]
    await house.leave()
    house.hass.states.async_remove("light.lamp")
    house.lose("light.lamp")
    house.hass.set_state(CoreState.starting)
    view = await house.restart()
    await _started(house)
    await house.wait(minutes=5)
    (device,) = view.offline
    assert (device.status, device.since) == (DeviceStatus.OFFLINE, START)
    assert [(cause.kind, cause.since) for cause in view.operational.causes] == [
        ("device_offline", START),
        ("low_battery", START),
    ]


async def test_what_answers_for_a_moment_while_home_assistant_starts_is_not_back(
    house: House,
) -> None:
    _lamp(house)
    await house.observe()
    house.lose("light.lamp")
    await house.wait(days=2)
    await house.leave()
    house.set("light.lamp", "unknown")
    house.hass.set_state(CoreState.starting)
    await house.restart()
    house.lose("light.lamp")
    await _started(house)
    await house.wait(minutes=5)
    assert house.view.offline[0].since == START


async def test_what_came_back_over_the_restart_is_not_offline(house: House) -> None:
    _lamp(house)
    await house.observe()
    house.lose("light.lamp")
    await house.wait(days=2)
    await house.leave()
    house.set("light.lamp", "on")
    house.hass.set_state(CoreState.starting)
    await house.restart()
    await _started(house)
    await house.wait(minutes=5)
    assert house.view.counts.offline == 0
    house.lose("light.lamp")
    await house.wait(minutes=15)
    assert house.view.offline[0].since == START + timedelta(days=2, minutes=5)


async def test_a_pause_outlives_the_restart_and_ends(house: House) -> None:
    device = _lamp(house, "unavailable")
    await house.observe()
    await house.observer.async_set_maintenance(device, START + timedelta(hours=2))
    view = await house.restart()
    await house.wait(hours=1)
    assert house.causes() == []
    await house.wait(hours=1)
    assert house.causes() == ["device_offline"]
    assert view.devices[0].paused_until is None


async def test_a_pause_is_on_disk_when_it_is_acknowledged(
    house: House, hass_storage: dict[str, Any]
) -> None:
    device = _lamp(house)
    await house.observe()
    until = START + timedelta(hours=2)
    await house.observer.async_set_maintenance(device, until)
    stored = hass_storage[STORAGE_KEY]["data"]["homes"][HOUSE]
    assert stored["paused"] == {device: until.isoformat()}


async def test_a_pause_that_is_not_on_disk_is_undone(house: House) -> None:
    device = _lamp(house, "unavailable")
    until = START + timedelta(days=1)
    await house.observe()
    await house.observer.async_set_maintenance(device, until)
    await house.wait(minutes=20)
    with patch(WRITE, side_effect=WriteError("disk full")), pytest.raises(StoreFailedError):
        await house.observer.async_set_maintenance(device, None)
    assert house.causes() == []
    assert house.view.devices[0].paused_until == until
    await house.observer.async_set_maintenance(device, None)
    assert house.causes() == ["device_offline"]
    with patch(WRITE, side_effect=WriteError("disk full")), pytest.raises(StoreFailedError):
        await house.observer.async_set_maintenance(device, until)
    assert house.causes() == ["device_offline"]


async def test_pauses_that_are_not_on_disk_are_all_undone(house: House) -> None:
    device = _lamp(house)
    await house.observe()
    pauses = [
        house.observer.async_set_maintenance(device, START + timedelta(days=day)) for day in (1, 2)
    ]

    async def fail(*_args: object) -> None:
        await asyncio.sleep(0)
        raise WriteError("disk full")

    with patch(WRITE, fail):
        outcomes = await asyncio.gather(*pauses, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [StoreFailedError] * 2
    assert house.view.devices[0].paused_until is None


async def test_a_disk_that_is_full_at_the_end_hinders_nothing(house: House) -> None:
    _lamp(house)
    await house.observe()
    with patch(WRITE, side_effect=WriteError("disk full")):
        await house.observer.async_save()


async def test_batteries_keep_their_history(house: House) -> None:
    device = house.add_device("Remote")
    house.add_entity("sensor.b", "90", device_class="battery", device=device)
    await house.observe()
    for day in range(1, 10):
        await house.wait(days=1)
        await house.change("sensor.b", str(90 - 2 * day))
    before = house.view.next_battery
    view = await house.restart()
    assert before is not None
    assert view.next_battery == before


async def _days_with_a_battery(house: House) -> None:
    device = house.add_device("Remote")
    house.add_entity("sensor.b", "90", device_class="battery", device=device)
    house.add_entity("binary_sensor.b", "on", device_class="battery", device=device)
    house.hass.states.async_set("person.anna", "not_home", {"in_zones": []})
    house.residents(anna="person.anna")
    await house.observe()
    await house.observer.async_set_maintenance(device, START + timedelta(days=99))
    for day in range(1, 10):
        await house.wait(days=1)
        await house.change("sensor.b", str(90 - 2 * day))


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_home_that_is_brought_back_has_its_batteries_and_pauses_but_no_times(
    house: House, restarted: bool
) -> None:
    await _days_with_a_battery(house)
    before, record = house.view.next_battery, house.homes.pop(HOUSE)
    assert house.view.occupancy.status == "Vacant"
    house.deleted.add(HOUSE)
    house.observer.async_homes_changed()
    await house.settle()
    if restarted:
        await house.leave()
        house.observer = house.make_observer()
        await house.observer.async_load()
        house.stop = house.observer.async_start()
    house.deleted.clear()
    # What happened in the meantime, nobody saw.
    house.hass.states.async_remove("person.anna")
    house.hass.states.async_set("person.anna", "not_home", {"in_zones": []})
    house.homes[HOUSE] = record
    house.observer.async_homes_changed()
    await house.settle()
    assert before is not None
    assert house.view.next_battery == before
    assert house.view.devices[0].paused_until == START + timedelta(days=99)
    assert house.view.occupancy.status == "Away"


async def test_a_home_that_is_gone_for_good_is_forgotten(
    house: House, hass_storage: dict[str, Any]
) -> None:
    await _days_with_a_battery(house)
    await house.leave()
    house.homes.clear()
    house.observer = house.make_observer()
    await house.observer.async_load()
    house.stop = house.observer.async_start()
    await house.leave()
    assert hass_storage[STORAGE_KEY]["data"]["homes"] == {}


async def test_nothing_is_an_outage_while_home_assistant_stops(house: House) -> None:
    _lamp(house)
    view = await house.observe()
    house.hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await house.settle()
    house.lose("light.lamp")
    house.homes[CABIN] = home(CABIN)
    house.observer.async_homes_changed()
    await house.wait(minutes=30)
    assert view.counts.offline == 0


async def test_the_memory_is_written_within_a_minute(
    house: House, hass_storage: dict[str, Any]
) -> None:
    device = _lamp(house)
    other = house.add_device("Other")
    house.add_entity("light.other", "on", device=other)
    await house.observe()
    house.lose("light.lamp")
    await house.wait(seconds=30)
    # Another change does not put it off.
    house.lose("light.other")
    await house.wait(seconds=31)
    stored = hass_storage[STORAGE_KEY]["data"]["homes"][HOUSE]
    later = START + timedelta(seconds=30)
    assert stored["silent"] == {device: START.isoformat(), other: later.isoformat()}


async def test_a_damaged_memory_costs_only_itself(
    house: House, hass_storage: dict[str, Any]
) -> None:
    device = _lamp(house, "unavailable")
    hass_storage[STORAGE_KEY] = {
        "version": 1,
        "data": {
            "homes": {
                HOUSE: {
                    "silent": {
                        device: START.isoformat(),
                        "other": "yesterday",
                        "third": 7,
                        "fourth": "2026-02-30T00:00:00+00:00",
                    },
                    "opened": {f"device_offline:{device}": "2026-02-01T00:00:00"},
                    "gone": [],
                    "occupancy": ["Nowhere", START.isoformat()],
                    "batteries": {device: [[1, "x"], 3], "other": 5},
                },
                "odd": [],
            }
        },
    }
    await house.observe()
    await house.wait(minutes=15)
    assert house.causes() == ["device_offline"]


async def test_a_sensor_is_held_over_the_restart(house: House) -> None:
    sensor = house.add_entity("binary_sensor.hall", "on", device_class="motion")
    await house.observe()
    await house.change(sensor, "off")
    await house.wait(minutes=5)
    house.hass.set_state(CoreState.starting)
    await house.restart()
    await _started(house)
    assert house.view.occupancy.status == "Occupied"
    assert house.view.occupancy.evidence[0].since == START
    await house.wait(minutes=5)
    assert house.view.occupancy.status == "Vacant"


async def test_a_clock_that_is_set_right_leaves_nothing_in_the_future(house: House) -> None:
    _lamp(house)
    house.hass.states.async_set("person.anna", "home", {"in_zones": ["zone.home"]})
    house.residents(anna="person.anna")
    house.add_entity("binary_sensor.hall", "on", device_class="motion")
    await house.observe()
    house.freezer.tick(timedelta(days=400))
    house.hass.states.async_set("person.anna", "not_home", {"in_zones": []})
    house.set("binary_sensor.hall", "off")
    house.lose("light.lamp")
    await house.flush()
    house.freezer.move_to(START)
    await house.restart()
    await house.wait(minutes=20)
    assert house.causes() == ["device_offline"]
    assert house.view.occupancy.status == "Away"
    await house.wait(days=1)
    assert house.view.occupancy.status == "Vacant"


@pytest.mark.parametrize(
    "content", ["[]", '"x"', "7", "null", '{"version": 1}', '{"data": {}}', '{"version": "x"}']
)
async def test_a_file_that_is_no_memory_is_forgotten(
    house: House, tmp_path: Path, content: str
) -> None:
    file = tmp_path / ".storage" / STORAGE_KEY
    file.parent.mkdir()
    file.write_text(content, encoding="utf-8")
    house.hass.config.config_dir = str(tmp_path)
    memory = MemoryStore(house.hass)
    # The storage of the test harness reads no files.
    with patch.object(Store, "_async_load", Store._async_load_data):
        await memory.async_load()
    assert memory.homes == {}


async def test_remembered_times_at_the_ends_of_time_break_nothing(
    house: House, hass_storage: dict[str, Any]
) -> None:
    device = _lamp(house, "unavailable")
    house.hass.states.async_set("person.anna", "not_home", {"in_zones": []})
    house.residents(anna="person.anna")
    first, last = "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999-14:00"
    end = "9999-12-31T23:59:59.999999+00:00"
    hass_storage[STORAGE_KEY] = {
        "version": 1,
        "data": {
            "homes": {
                HOUSE: {
                    "silent": {device: end},
                    "opened": {f"device_offline:{device}": first},
                    "gone": {ANNA: end},
                    "occupancy": ["Away", last],
                    "paused": {device: end},
                }
            }
        },
    }
    view = await house.observe()
    assert view.occupancy.status is OccupancyStatus.AWAY
    assert view.document()["device_inventory"][0]["paused_until"] == "9999-12-31T23:59:59+00:00"


@pytest.mark.parametrize("data", ["x", [], {"homes": 5}])
async def test_a_memory_that_is_none_is_forgotten(
    house: House, hass_storage: dict[str, Any], data: object
) -> None:
    _lamp(house)
    hass_storage[STORAGE_KEY] = {"version": 1, "data": data}
    await house.observe()
    assert house.causes() == []


def test_the_days_of_a_battery_are_dates_in_order() -> None:
    history = [[7, 60], [9, 50], [9, 49], [10**9, 48], [-1, 47], [8, 46]]
    memory = HomeMemory.from_dict({"batteries": {"f": history}})
    assert memory.batteries == {"f": ((7, 60), (8, 46))}


def test_a_memory_is_read_as_it_was_written() -> None:
    memory = HomeMemory(
        silent={"a": START},
        opened={"b:c": START},
        gone={"d": START},
        noticed={"g": START},
        occupancy=(OccupancyStatus.AWAY, START),
        paused={"e": START},
        batteries={"f": ((1, 99.0), (2, 98.5))},
        energy=EnergyMemory(7.5, -2.0, {("sensor.in", 1): 9.5, ("sensor.out", -1): 0.0}),
    )
    assert HomeMemory.from_dict(memory.as_dict()) == memory
    assert HomeMemory.from_dict({}) == HomeMemory()


async def test_after_the_first_set_up_there_is_a_grace_too(house: House) -> None:
    house.add_entity("binary_sensor.leak", "on", device_class="moisture")
    await house.observer.async_load()
    house.stop = house.observer.async_start(first_set_up=True)
    await house.settle()
    assert house.view.operational.status is None
    await house.wait(minutes=6)
    assert house.causes() == ["moisture"]


async def test_a_shorter_wait_after_a_start_counts_at_once(house: House) -> None:
    house.add_entity("binary_sensor.leak", "on", device_class="moisture")
    await house.observer.async_load()
    house.stop = house.observer.async_start(first_set_up=True)
    await house.settle()
    house.observer.async_set_thresholds(Thresholds.from_options({"startup_grace": 0}))
    await house.wait(seconds=2)
    assert house.causes() == ["moisture"]
