"""Power and energy of the home are those of the meters of the Energy settings."""

from typing import Any

from homeassistant.components.energy.data import EnergyManager, async_get_manager
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState
from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.engine.home import HOME_PLACE
from custom_components.digital_twin.engine.home.climate import EnergyTotal, meters
from custom_components.digital_twin.engine.home.memory import STORAGE_KEY, EnergyMemory

from .house import HOUSE, House, has_source

GRID = {"type": "grid", "stat_energy_from": "sensor.in", "stat_energy_to": "sensor.out"}
SOLAR = {"type": "solar", "stat_energy_from": "sensor.sun"}
BATTERY = {"type": "battery", "stat_energy_from": "sensor.b_out", "stat_energy_to": "sensor.b_in"}
IN, OUT = ("sensor.in", 1), ("sensor.out", -1)
GAS = {"type": "gas", "stat_energy_from": "sensor.gas", "stat_rate": "sensor.flow"}


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ([], {}),
        ([GAS], {}),
        ([GRID], {"energy": (("sensor.in", 1), ("sensor.out", -1))}),
        ([GRID | {"stat_energy_to": None}], {"energy": (("sensor.in", 1),)}),
        (
            [GRID, SOLAR, BATTERY, GAS],
            {
                "energy": (
                    ("sensor.in", 1),
                    ("sensor.out", -1),
                    ("sensor.sun", 1),
                    ("sensor.b_out", 1),
                    ("sensor.b_in", -1),
                )
            },
        ),
        ([{"type": "grid", "stat_rate": "sensor.p"}], {"power": (("sensor.p", 1),)}),
        # Without the meter of one source there is no sum of the home.
        ([{"type": "grid", "stat_rate": "sensor.p"}, SOLAR], {}),
        ([GRID, SOLAR | {"stat_rate": "sensor.p"}, {"type": "grid", "stat_rate": "sensor.q"}], {}),
        (
            [GRID | {"stat_energy_from": None}, SOLAR],
            {"energy": (("sensor.out", -1), ("sensor.sun", 1))},
        ),
        # What comes from a statistic and no entity cannot be read.
        ([{"type": "grid", "stat_energy_from": "supplier:import"}], {}),
    ],
)
def test_the_meters_are_those_of_what_the_house_uses(
    sources: list[dict[str, Any]], expected: dict[str, object]
) -> None:
    assert meters(sources) == expected


async def _update(manager: EnergyManager, *sources: dict[str, Any]) -> None:
    update: Any = {"energy_sources": list(sources)}
    await manager.async_update(update)


async def _manager(house: House, *sources: dict[str, Any]) -> EnergyManager:
    house.hass.config.components.add("energy")
    manager = await async_get_manager(house.hass)
    await _update(manager, *sources)
    return manager


def _counter(house: House, name: str, state: str, area_id: str | None = None) -> None:
    house.add_entity(f"sensor.{name}", state, device_class="energy", area_id=area_id)


async def _metered(
    house: House,
    *sources: dict[str, Any],
    meter_in: str = "100",
    meter_out: str = "30",
) -> EnergyManager:
    _counter(house, "in", meter_in)
    _counter(house, "out", meter_out)
    manager = await _manager(house, *(sources or (GRID,)))
    await house.observe()
    await house.settle()
    return manager


async def test_the_home_has_what_its_meters_say(house: House) -> None:
    _counter(house, "in", "100")
    _counter(house, "out", "30")
    house.add_entity("sensor.p", "1.5", device_class="power", unit="kW")
    await _manager(house, GRID | {"stat_rate": "sensor.p"})
    await house.observe()
    await house.settle()
    assert house.value(HOME_PLACE, "energy") == 70
    assert house.value(HOME_PLACE, "power") == 1500
    await house.change("sensor.in", "101")
    assert house.value(HOME_PLACE, "energy") == 71


async def test_with_a_silent_meter_the_power_is_unknown(house: House) -> None:
    for name in ("p", "q"):
        house.add_entity(f"sensor.{name}", "5", device_class="power")
    await _manager(house, GRID | {"stat_rate": "sensor.p"}, SOLAR | {"stat_rate": "sensor.q"})
    view = await house.observe()
    assert house.value(HOME_PLACE, "power") == 10
    await house.change("sensor.q", "unavailable")
    assert house.value(HOME_PLACE, "power") is None
    assert has_source(view, HOME_PLACE, "power")


async def test_a_silent_meter_keeps_its_energy(house: House) -> None:
    await _metered(house)
    await house.change("sensor.out", "unavailable")
    assert house.value(HOME_PLACE, "energy") == 70
    await house.change("sensor.in", "102")
    assert house.value(HOME_PLACE, "energy") == 72
    await house.change("sensor.out", "31")
    assert house.value(HOME_PLACE, "energy") == 72
    await house.change("sensor.in", "105")
    assert house.value(HOME_PLACE, "energy") == 74


async def test_the_energy_begins_when_every_meter_was_read(house: House) -> None:
    await _metered(house, meter_in="100", meter_out="unavailable")
    assert house.value(HOME_PLACE, "energy") is None
    await house.change("sensor.out", "30")
    assert house.value(HOME_PLACE, "energy") == 70


async def test_energy_never_begins_below_zero(house: House) -> None:
    await _metered(house, meter_in="30", meter_out="100")
    assert house.value(HOME_PLACE, "energy") == 0
    await house.change("sensor.in", "31")
    assert house.value(HOME_PLACE, "energy") == 1


async def test_a_meter_that_begins_anew_goes_on_from_its_sum(house: House) -> None:
    await _metered(house)
    await house.change("sensor.in", "2")
    assert house.value(HOME_PLACE, "energy") == 72
    await house.change("sensor.in", "3.5")
    assert house.value(HOME_PLACE, "energy") == 73.5
    # An exporting meter that begins anew has not taken anything back.
    await house.change("sensor.out", "0")
    assert house.value(HOME_PLACE, "energy") == 73.5
    await house.change("sensor.in", "4.5")
    assert house.value(HOME_PLACE, "energy") == 74.5


async def test_a_small_fall_of_a_meter_is_no_new_beginning(house: House) -> None:
    await _metered(house)
    await house.change("sensor.in", "99")
    assert house.value(HOME_PLACE, "energy") == 70
    await house.change("sensor.in", "101")
    assert house.value(HOME_PLACE, "energy") == 71


@pytest.mark.parametrize("wrong", [["0"], ["0", "unknown"]])
async def test_a_wrong_zero_between_right_readings_is_not_counted(
    house: House, wrong: list[str]
) -> None:
    await _metered(house)
    for reading in wrong:
        await house.change("sensor.in", reading)
    await house.change("sensor.in", "101")
    assert house.value(HOME_PLACE, "energy") == 71


async def test_what_wrong_readings_added_is_made_up_for(house: House) -> None:
    await _metered(house)
    for reading in ("10", "0", "101"):
        await house.change("sensor.in", reading)
    assert house.value(HOME_PLACE, "energy") == 80
    await house.change("sensor.in", "110")
    assert house.value(HOME_PLACE, "energy") == 80
    await house.change("sensor.in", "111")
    assert house.value(HOME_PLACE, "energy") == 81


async def test_energy_that_is_exported_before_it_is_known_to_be_made_takes_nothing_back(
    house: House,
) -> None:
    _counter(house, "sun", "500")
    await _metered(house, GRID, SOLAR)
    assert house.value(HOME_PLACE, "energy") == 570
    await house.change("sensor.out", "33")
    assert house.value(HOME_PLACE, "energy") == 570
    await house.change("sensor.sun", "504")
    assert house.value(HOME_PLACE, "energy") == 571


async def test_a_meter_that_is_added_counts_from_then_on(house: House) -> None:
    manager = await _metered(house)
    _counter(house, "sun", "500")
    await _update(manager, GRID, SOLAR)
    await house.settle()
    assert house.value(HOME_PLACE, "energy") == 70
    await house.change("sensor.sun", "501")
    assert house.value(HOME_PLACE, "energy") == 71


async def test_a_meter_that_is_removed_leaves_what_it_counted(house: House) -> None:
    _counter(house, "sun", "500")
    manager = await _metered(house, GRID, SOLAR)
    await _update(manager, GRID)
    await house.settle()
    assert house.value(HOME_PLACE, "energy") == 570
    await house.change("sensor.in", "101")
    assert house.value(HOME_PLACE, "energy") == 571


async def test_a_restart_changes_no_energy(house: House) -> None:
    await _metered(house)
    await house.change("sensor.in", "2")
    await house.leave()
    house.lose("sensor.in", "sensor.out")
    house.hass.set_state(CoreState.starting)
    await house.observe()
    house.hass.set_state(CoreState.running)
    house.hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await house.settle()
    assert house.value(HOME_PLACE, "energy") == 72
    house.set("sensor.out", "30")
    await house.change("sensor.in", "4")
    assert house.value(HOME_PLACE, "energy") == 74


async def test_a_meter_that_begins_anew_during_a_restart_takes_nothing_back(house: House) -> None:
    await _metered(house)
    await house.leave()
    house.set("sensor.in", "1")
    await house.observe()
    await house.settle()
    assert house.value(HOME_PLACE, "energy") == 71


async def test_a_crash_costs_no_energy_that_meters_still_show(
    house: House, hass_storage: dict[str, Any]
) -> None:
    await _metered(house)
    await house.change("sensor.in", "2")
    await house.wait(minutes=2)
    stored = hass_storage[STORAGE_KEY]
    await house.change("sensor.in", "2.5")
    await house.leave()
    hass_storage[STORAGE_KEY] = stored
    await house.observe()
    await house.settle()
    assert house.value(HOME_PLACE, "energy") == 72.5


async def test_the_energy_is_saved_each_time_it_has_grown_by_a_kilowatt_hour(
    house: House, hass_storage: dict[str, Any]
) -> None:
    await _metered(house)
    await house.wait(minutes=2)
    for reading, stored in (("100.9", 70), ("101", 71), ("101.9", 71)):
        await house.change("sensor.in", reading)
        await house.wait(minutes=2)
        assert hass_storage[STORAGE_KEY]["data"]["homes"][HOUSE]["energy"]["total"] == stored


@pytest.mark.parametrize(
    "stored",
    [
        None,
        [],
        {"total": "x", "offset": 0, "readings": []},
        {"total": 1e300, "offset": 0, "readings": []},
        {"total": None, "offset": 0, "readings": []},
        {"total": 5, "readings": []},
    ],
)
def test_an_energy_that_cannot_be_read_begins_anew(stored: object) -> None:
    assert EnergyMemory.from_dict(stored) == EnergyMemory()


def test_a_reading_that_cannot_be_read_is_forgotten() -> None:
    readings = [["sensor.in", 1, 4], ["sensor.out", 7, 4], ["sensor.out", -1], 5, ["a", 1, "4"]]
    memory = EnergyMemory.from_dict({"total": 5, "offset": 1.5, "readings": readings})
    assert memory == EnergyMemory(5, 1.5, {("sensor.in", 1): 4})


@given(
    st.lists(
        st.tuples(st.sampled_from([IN, OUT]), st.none() | st.floats(0, 1e6)),
        max_size=30,
    )
)
def test_energy_never_falls(readings: list[tuple[tuple[str, int], float | None]]) -> None:
    total = EnergyTotal(EnergyMemory(), lambda: None)
    present: dict[tuple[str, int], float | None] = {IN: 0.0, OUT: 0.0}
    last = 0.0
    for meter, value in readings:
        present[meter] = value
        aggregate = total.update(present)
        if aggregate is not None:
            assert aggregate.value >= last
            last = aggregate.value


@given(st.lists(st.integers(1, 30)))
def test_a_meter_that_begins_anew_again_and_again_counts_its_increases(days: list[int]) -> None:
    memory = EnergyMemory()
    total = EnergyTotal(memory, lambda: None)
    total.update({IN: 0.0})
    for amount in days:
        for step in range(2 * amount + 1):
            total.update({IN: step / 2})
    assert memory.total == sum(days)


async def test_changed_settings_are_followed(house: House) -> None:
    _counter(house, "in", "100")
    _counter(house, "out", "30")
    manager = await _manager(house)
    view = await house.observe()
    assert not has_source(view, HOME_PLACE, "energy")
    await _update(manager, GRID)
    await house.settle()
    assert house.value(HOME_PLACE, "energy") == 70
    await house.leave()
    await _update(manager)
    await house.settle()
    assert house.value(HOME_PLACE, "energy") == 70


async def test_a_meter_outside_the_scope_belongs_to_another_home(house: House) -> None:
    kitchen, attic = house.add_area("Kitchen"), house.add_area("Attic")
    _counter(house, "in", "100", kitchen)
    _counter(house, "out", "30", attic)
    await _manager(house, GRID)
    house.scope(areas=[kitchen])
    view = await house.observe()
    await house.settle()
    assert not has_source(view, HOME_PLACE, "energy")


async def test_without_the_settings_there_is_none(house: House) -> None:
    _counter(house, "in", "100")
    view = await house.observe()
    assert not has_source(view, HOME_PLACE, "energy")


async def test_an_observer_that_is_gone_is_not_told(house: House) -> None:
    _counter(house, "in", "100")
    _counter(house, "out", "30")
    manager = await _manager(house)
    await house.observe()
    await house.restart()
    await house.settle()
    await _update(manager, GRID)
    await house.settle()
    assert house.value(HOME_PLACE, "energy") == 70
