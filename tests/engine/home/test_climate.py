"""Values of rooms, floors and the home follow their sensors."""

from collections.abc import Iterable
from random import Random
from statistics import fmean, median

from homeassistant.const import EntityCategory
from homeassistant.util.unit_system import US_CUSTOMARY_SYSTEM
import pytest

from custom_components.digital_twin.engine.home import HOME_PLACE, PlaceKey

from .house import House, area, floor, has_source


async def test_a_room_has_the_median_of_its_sensors(house: House) -> None:
    kitchen = house.add_area("Kitchen", "Ground")
    for name, value in (("a", "20.0"), ("b", "21.0"), ("warm", "28.0")):
        house.thermometer(name, value, kitchen)
    view = await house.observe()
    aggregate = view.aggregate(area(kitchen), "temperature")
    assert aggregate is not None
    assert (aggregate.value, aggregate.minimum, aggregate.maximum, aggregate.count) == (
        21,
        20,
        28,
        3,
    )
    assert view.unit("temperature") == "°C"


async def test_a_room_with_many_sensors_does_not_outvote_the_others(house: House) -> None:
    kitchen, bath = house.add_area("Kitchen", "Ground"), house.add_area("Bath", "Ground")
    attic = house.add_area("Attic", "Top")
    for number in range(5):
        house.thermometer(f"k{number}", "20", kitchen)
    house.thermometer("b", "24", bath)
    house.thermometer("t", "28", attic)
    await house.observe()
    assert house.value(floor("ground")) == 22
    assert house.value(floor("top")) == 28
    assert house.value(HOME_PLACE) == 24


async def test_a_change_reaches_room_floor_and_home(house: House) -> None:
    kitchen = house.add_area("Kitchen", "Ground")
    sensor = house.thermometer("a", "20", kitchen)
    await house.observe()
    places = ("home", "floor/ground", "area/kitchen")
    heard = house.hear(*(f"environment/{place}/temperature" for place in places))
    await house.change(sensor, "22.5")
    assert house.value(area(kitchen)) == house.value(floor("ground")) == 22.5
    assert house.value(HOME_PLACE) == 22.5
    assert len(heard) == 3


async def test_what_does_not_show_is_not_published(house: House) -> None:
    kitchen = house.add_area("Kitchen")
    sensor = house.thermometer("a", "20.01", kitchen)
    await house.observe()
    heard = house.hear("environment/home/temperature")
    await house.change(sensor, "20.02")
    assert heard == []


@pytest.mark.parametrize("bad", ["unavailable", "unknown", "nan", "inf", "warm", ""])
async def test_what_is_no_number_does_not_count(house: House, bad: str) -> None:
    kitchen = house.add_area("Kitchen")
    house.thermometer("good", "20", kitchen)
    house.thermometer("bad", bad, kitchen)
    view = await house.observe()
    aggregate = view.aggregate(area(kitchen), "temperature")
    assert aggregate is not None
    assert (aggregate.value, aggregate.count) == (20, 1)


async def test_without_any_number_there_is_a_source_but_no_value(house: House) -> None:
    kitchen = house.add_area("Kitchen", "Ground")
    sensor = house.thermometer("a", "20", kitchen)
    view = await house.observe()
    heard = house.hear("environment/home/temperature")
    await house.change(sensor, "unavailable")
    for place in (HOME_PLACE, floor("ground"), area(kitchen)):
        assert view.aggregate(place, "temperature") is None
        assert has_source(view, place, "temperature")
    assert heard == ["environment/home/temperature"]


async def test_units_are_converted(house: House) -> None:
    kitchen = house.add_area("Kitchen")
    house.thermometer("a", "68", kitchen, unit="°F")
    house.thermometer("b", "293.15", kitchen, unit="K")
    await house.observe()
    assert house.value(area(kitchen)) == 20


async def test_units_are_those_of_home_assistant(house: House) -> None:
    house.hass.config.units = US_CUSTOMARY_SYSTEM
    kitchen = house.add_area("Kitchen")
    house.thermometer("a", "20", kitchen)
    view = await house.observe()
    assert house.value(area(kitchen)) == 68
    assert view.unit("temperature") == "°F"
    assert view.unit("atmospheric_pressure") == "inHg"


async def test_a_changed_unit_system_is_followed(house: House) -> None:
    house.thermometer("a", "20", house.add_area("Kitchen"))
    view = await house.observe()
    await house.hass.config.async_update(unit_system="us_customary")
    await house.flush()
    assert house.value(HOME_PLACE) == 68
    assert view.unit("temperature") == "°F"


@pytest.mark.parametrize(
    ("device_class", "unit", "state", "quantity", "value"),
    [
        ("humidity", "%", "45.25", "humidity", 45.2),
        ("carbon_dioxide", "ppm", "612.4", "carbon_dioxide", 612),
        ("pm25", "µg/m³", "7", "pm25", 7),
        ("pm25", "μg/m³", "7", "pm25", 7),
        ("pm10", "μg/m³", "12", "pm10", 12),
        ("volatile_organic_compounds", "mg/m³", "0.5", "volatile_organic_compounds", 500),
        ("volatile_organic_compounds_parts", "ppm", "0.2", "volatile_organic_compounds_parts", 200),
        ("aqi", None, "42", "aqi", 42),
        ("illuminance", "lx", "300", "illuminance", 300),
        ("sound_pressure", "dB", "38", "sound_pressure", 38),
        ("sound_pressure", "dBA", "38", "sound_pressure_weighted", 38),
        ("atmospheric_pressure", "kPa", "101.3", "atmospheric_pressure", 1013),
        ("power", "kW", "1.5", "power", 1500),
    ],
)
async def test_every_quantity_is_measured(
    house: House, device_class: str, unit: str | None, state: str, quantity: str, value: float
) -> None:
    kitchen = house.add_area("Kitchen")
    house.add_entity("sensor.a", state, device_class=device_class, unit=unit, area_id=kitchen)
    view = await house.observe()
    aggregate = view.aggregate(area(kitchen), quantity)
    assert aggregate is not None
    assert aggregate.value == value
    assert view.places[area(kitchen)].quantities == {quantity}


@pytest.mark.parametrize(
    ("device_class", "unit"),
    [("temperature", "m"), ("humidity", "ppm"), ("aqi", "points"), ("voltage", "V")],
)
async def test_a_sensor_with_a_foreign_unit_measures_nothing(
    house: House, device_class: str, unit: str
) -> None:
    kitchen = house.add_area("Kitchen")
    house.add_entity("sensor.a", "1", device_class=device_class, unit=unit, area_id=kitchen)
    view = await house.observe()
    assert not view.places[area(kitchen)].quantities


@pytest.mark.parametrize("unit", ["V", 7, ["°C"], {"°C": 1}])
async def test_a_unit_that_turns_foreign_gives_no_value(house: House, unit: object) -> None:
    kitchen, hall = house.add_area("Kitchen"), house.add_area("Hall")
    sensor = house.thermometer("a", "20", kitchen)
    other = house.thermometer("b", "20", hall)
    await house.observe()
    house.set(sensor, "20", {"unit_of_measurement": unit})
    await house.change(other, "21")
    assert house.value(area(kitchen)) is None
    assert house.value(area(hall)) == 21


async def test_a_value_that_is_too_large_to_convert_does_not_count(house: House) -> None:
    kitchen = house.add_area("Kitchen")
    house.add_entity("sensor.a", "1e14", device_class="power", unit="GW", area_id=kitchen)
    await house.observe()
    assert house.value(area(kitchen), "power") is None


@pytest.mark.parametrize(
    ("category", "hidden", "disabled"),
    [
        (EntityCategory.DIAGNOSTIC, False, False),
        (EntityCategory.CONFIG, False, False),
        (None, True, False),
        (None, False, True),
    ],
)
async def test_diagnostic_config_hidden_and_disabled_sensors_never_count(
    house: House, category: EntityCategory | None, hidden: bool, disabled: bool
) -> None:
    kitchen = house.add_area("Kitchen")
    house.add_entity(
        "sensor.chip",
        "55",
        device_class="temperature",
        area_id=kitchen,
        category=category,
        hidden=hidden,
        disabled=disabled,
    )
    house.register(kitchen, "sensor.chip")
    view = await house.observe()
    assert not has_source(view, area(kitchen), "temperature")


async def test_own_sensors_never_count(house: House) -> None:
    kitchen = house.add_area("Kitchen")
    house.thermometer("own", "55", kitchen, entry=house.own)
    house.register(kitchen, "sensor.own")
    house.thermometer("other", "20", kitchen)
    await house.observe()
    assert house.value(area(kitchen)) == 20


async def test_the_registered_sensor_of_an_area_wins(house: House) -> None:
    kitchen, hall = house.add_area("Kitchen"), house.add_area("Hall")
    house.thermometer("oven", "40", kitchen)
    house.thermometer("fridge", "30", kitchen)
    wall = house.thermometer("wall", "21", hall)
    house.register(kitchen, wall)
    await house.observe()
    assert house.value(area(kitchen)) == 21
    await house.change(wall, "unavailable")
    assert house.value(area(kitchen)) is None


async def test_a_registered_sensor_that_is_excluded_does_not_count(house: House) -> None:
    kitchen = house.add_area("Kitchen")
    house.thermometer("a", "20", kitchen)
    other = house.thermometer("b", "30", kitchen)
    house.register(kitchen, other)
    house.scope(excluded_entities=[other])
    await house.observe()
    assert house.value(area(kitchen)) == 20


async def test_a_registered_sensor_may_be_without_an_entry(house: House) -> None:
    house.hass.states.async_set(
        "sensor.yaml", "19", {"device_class": "temperature", "unit_of_measurement": "°C"}
    )
    kitchen = house.add_area("Kitchen")
    house.register(kitchen, "sensor.yaml")
    await house.observe()
    assert house.value(area(kitchen)) == 19


async def test_outdoors_counts_for_itself_but_not_for_the_home(house: House) -> None:
    kitchen = house.add_area("Kitchen", "Ground")
    garden = house.add_area("Garden", "Ground")
    house.thermometer("in", "21", kitchen)
    house.thermometer("out", "-5", garden)
    house.scope(outdoor_areas=[garden])
    view = await house.observe()
    assert house.value(area(garden)) == -5
    assert house.value(floor("ground")) == house.value(HOME_PLACE) == 21
    assert view.places[area(garden)].outdoor


async def test_power_adds_up_but_not_to_the_home(house: House) -> None:
    kitchen = house.add_area("Kitchen", "Ground")
    garden = house.add_area("Garden", "Ground")
    for name, place in (("kettle", kitchen), ("oven", kitchen), ("mower", garden)):
        house.add_entity(f"sensor.{name}", "100", device_class="power", area_id=place)
    house.scope(outdoor_areas=[garden])
    view = await house.observe()
    assert house.value(area(kitchen), "power") == 200
    assert house.value(floor("ground"), "power") == 300
    assert not has_source(view, HOME_PLACE, "power")


async def test_energy_is_not_added_up_by_area(house: House) -> None:
    kitchen = house.add_area("Kitchen")
    house.add_entity("sensor.a", "5", device_class="energy", area_id=kitchen)
    view = await house.observe()
    assert not has_source(view, area(kitchen), "energy")


def _brute_force(house: House, rooms: dict[str, list[str]]) -> dict[PlaceKey, float | None]:
    """Put everything together from the states alone, the slow and plain way."""
    medians = {}
    for room, sensors in rooms.items():
        states = [house.hass.states.get(sensor) for sensor in sensors]
        known = [float(state.state) for state in states if state and state.state != "unavailable"]
        medians[room] = median(known) if known else None
    expected = {area(room): value for room, value in medians.items()}
    for floor_id in ("ground", "top"):
        expected[floor(floor_id)] = _mean(
            medians[room] for room in rooms if room.startswith(floor_id)
        )
    expected[HOME_PLACE] = _mean(medians.values())
    return expected


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


@pytest.mark.parametrize("seed", range(5))
async def test_what_is_put_together_by_and_by_is_what_it_would_be_at_once(
    house: House, seed: int
) -> None:
    chance = Random(seed)  # noqa: S311  # nothing depends on its secrecy
    rooms: dict[str, list[str]] = {}
    for floor_name in ("Ground", "Top"):
        for number in range(4):
            room = house.add_area(f"{floor_name} {number}", floor_name)
            rooms[room] = [
                house.thermometer(f"{room}_{one}", "20", room)
                for one in range(chance.randint(1, 5))
            ]
    await house.observe()
    sensors = [sensor for room in rooms.values() for sensor in room]
    for _ in range(60):
        for sensor in chance.sample(sensors, chance.randint(1, len(sensors))):
            gone = chance.random() < 0.3
            house.set(sensor, "unavailable" if gone else f"{chance.uniform(17, 23):.3f}")
        house.observer._flush()
        expected = _brute_force(house, rooms)
        found = {key: house.value(key) for key in expected}
        # Half of the last decimal that is shown.
        assert found == pytest.approx(expected, abs=0.0501)
