"""Power and energy of the home are those of the meters of the Energy settings."""

from typing import Any

from homeassistant.components.energy.data import EnergyManager, async_get_manager
import pytest

from custom_components.digital_twin.engine.home import HOME_PLACE
from custom_components.digital_twin.engine.home.energy import meters

from .house import House

GRID = {"type": "grid", "stat_energy_from": "sensor.in", "stat_energy_to": "sensor.out"}
SOLAR = {"type": "solar", "stat_energy_from": "sensor.sun"}
BATTERY = {"type": "battery", "stat_energy_from": "sensor.b_out", "stat_energy_to": "sensor.b_in"}
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


async def test_with_a_silent_meter_the_sum_is_unknown(house: House) -> None:
    _counter(house, "in", "100")
    _counter(house, "out", "30")
    await _manager(house, GRID)
    view = await house.observe()
    await house.change("sensor.out", "unavailable")
    assert house.value(HOME_PLACE, "energy") is None
    assert view.has_source(HOME_PLACE, "energy")


async def test_changed_settings_are_followed(house: House) -> None:
    _counter(house, "in", "100")
    _counter(house, "out", "30")
    manager = await _manager(house)
    view = await house.observe()
    assert not view.has_source(HOME_PLACE, "energy")
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
    assert not view.has_source(HOME_PLACE, "energy")


async def test_without_the_settings_there_is_none(house: House) -> None:
    _counter(house, "in", "100")
    view = await house.observe()
    assert not view.has_source(HOME_PLACE, "energy")


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
