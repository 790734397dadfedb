"""Which sensors count as the temperature, humidity and power of a room, a floor and a home."""

from homeassistant.components.energy.data import async_get_manager
from homeassistant.const import EntityCategory
from homeassistant.util.unit_system import US_CUSTOMARY_SYSTEM
import pytest

from custom_components.digital_twin.engine.home import HOME_PLACE

from .house import House, area, floor, has_source


async def _energy(house: House, **settings: object) -> None:
    house.hass.config.components.add("energy")
    manager = await async_get_manager(house.hass)
    await manager.async_update(settings)  # type: ignore[arg-type]  # a part of the settings


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("Dew point", "9", "derived"),
        ("Outside temperature", "-6", "outdoor_air"),
        ("Supply air temperature", "17", "duct_air"),
        ("Nozzle temperature", "215", "appliance"),
        ("Freezer", "-18", "appliance"),
        ("Water temperature", "48", "water"),
        ("Floor temperature", "27", "surface"),
        ("CPU temperature", "55", "electronics"),
        ("Target temperature", "19", "setting"),
        ("Temperatura zasilania", "40", "duct_air"),
        ("Lodówka", "4", "appliance"),
        ("Temperatura zadana", "19", "setting"),
        ("Außentemperatur", "-6", "outdoor_air"),
    ],
)
async def test_only_the_air_of_a_room_is_its_temperature(
    house: House, name: str, value: str, reason: str
) -> None:
    room = house.add_area("Room")
    device = house.add_device("Device", room)
    for entity_id, state, text in (("sensor.t", "22", "Temperature"), ("sensor.x", value, name)):
        house.add_entity(entity_id, state, device_class="temperature", device=device, name=text)
    view = await house.observe()
    assert house.value(area(room)) == 22
    (document,) = view.document()["environmental_data"]["areas"]
    assert document["not_counted"] == [
        {"quantity": "temperature", "entity": "sensor.x", "reason": reason}
    ]


@pytest.mark.parametrize("device_name", ["Fridge", "Zamrażarka", "3D printer", "Pool"])
async def test_what_is_on_an_appliance_is_not_the_room(house: House, device_name: str) -> None:
    room = house.add_area("Kitchen")
    device = house.add_device(device_name, room)
    house.add_entity("sensor.a", "4", device_class="temperature", device=device, name="Temperature")
    house.thermometer("t", "21", room)
    await house.observe()
    assert house.value(area(room)) == 21


async def test_outdoors_the_air_outside_is_that_of_the_area(house: House) -> None:
    garden = house.add_area("Garden")
    house.scope(outdoor_areas=[garden])
    house.add_entity(
        "sensor.o", "-3", device_class="temperature", area_id=garden, name="Outdoor temperature"
    )
    await house.observe()
    assert house.value(area(garden)) == -3


async def test_a_chosen_sensor_counts_whatever_it_is_called(house: House) -> None:
    room = house.add_area("Cellar")
    house.add_entity(
        "sensor.w", "12", device_class="temperature", area_id=room, name="Wine temperature"
    )
    house.register(room, "sensor.w")
    await house.observe()
    assert house.value(area(room)) == 12


@pytest.mark.parametrize("value", ["-127", "85", "85.0", "999", "-273.15"])
async def test_an_impossible_temperature_never_counts(house: House, value: str) -> None:
    house.thermometer("probe", value, house.add_area("Cellar"))
    house.thermometer("t", "21", house.add_area("Room"))
    await house.observe()
    assert house.value(HOME_PLACE) == 21


async def test_an_impossible_value_is_none_in_other_units_either(house: House) -> None:
    house.hass.config.units = US_CUSTOMARY_SYSTEM
    house.thermometer("power_on", "185", house.add_area("Cellar"), unit="°F")
    house.thermometer("fallen_off", "-196.6", house.add_area("Attic"), unit="°F")
    house.thermometer("t", "70", house.add_area("Room"), unit="°F")
    await house.observe()
    assert house.value(HOME_PLACE) == 70


@pytest.mark.parametrize("value", ["140", "-1"])
async def test_an_impossible_humidity_never_counts(house: House, value: str) -> None:
    room = house.add_area("Room")
    house.add_entity("sensor.h", value, device_class="humidity", area_id=room)
    await house.observe()
    assert house.value(area(room), "humidity") is None


@pytest.mark.parametrize(
    ("values", "counted", "far_off"),
    [
        (("21", "22", "4"), 21.5, ["sensor.t2"]),
        (("21", "-18"), 21, ["sensor.t1"]),
        (("21", "27"), 24, []),
        (("-2",), -2, []),
    ],
)
async def test_a_value_far_from_the_others_does_not_count(
    house: House, values: tuple[str, ...], counted: float, far_off: list[str]
) -> None:
    room = house.add_area("Room")
    for number, value in enumerate(values):
        house.thermometer(f"t{number}", value, room)
    view = await house.observe()
    assert house.value(area(room)) == counted
    (document,) = view.document()["environmental_data"]["areas"]
    assert document["not_counted"] == [
        {"quantity": "temperature", "entity": entity_id, "reason": "far_off"}
        for entity_id in far_off
    ]


async def test_a_freezing_garage_does_not_cool_the_home(house: House) -> None:
    for name, value in (("Kitchen", "21"), ("Hall", "19"), ("Bath", "23"), ("Garage", "-5")):
        house.thermometer(name.lower(), value, house.add_area(name))
    await house.observe()
    assert house.value(HOME_PLACE) == 21


async def test_a_diagnostic_sensor_does_not_count(house: House) -> None:
    room = house.add_area("Room")
    house.thermometer("t", "15", room)
    house.add_entity(
        "sensor.disk",
        "35",
        device_class="temperature",
        area_id=room,
        category=EntityCategory.DIAGNOSTIC,
    )
    await house.observe()
    assert house.value(area(room)) == 15


async def test_a_thermostat_measures_its_room(house: House) -> None:
    room = house.add_area("Living room")
    house.add_entity("climate.t", device=house.add_device("Thermostat", room))
    house.set("climate.t", "heat", {"current_temperature": 21.5, "current_humidity": 44})
    await house.observe()
    assert house.value(area(room)) == 21.5
    assert house.value(area(room), "humidity") == 44
    await house.change("climate.t", "heat", {"current_temperature": 22, "current_humidity": 43})
    assert (house.value(area(room)), house.value(area(room), "humidity")) == (22, 43)


async def test_a_thermostat_that_measures_nothing_is_no_source(house: House) -> None:
    room = house.add_area("Living room")
    house.add_entity("climate.ac", device=house.add_device("AC", room))
    house.set("climate.ac", "off", {"current_temperature": None})
    view = await house.observe()
    assert not has_source(view, area(room), "temperature")
    house.set("climate.ac", "cool", {"current_temperature": 25})
    await house.wait(seconds=3)
    assert house.value(area(room)) == 25
    await house.change("climate.ac", "unavailable")
    assert house.value(area(room)) is None


async def test_a_thermostat_with_a_sensor_of_its_own_counts_once(house: House) -> None:
    room = house.add_area("Living room")
    device = house.add_device("Thermostat", room)
    house.add_entity("climate.t", device=device)
    house.set("climate.t", "heat", {"current_temperature": 20})
    house.add_entity("sensor.t", "21", device_class="temperature", device=device)
    view = await house.observe()
    aggregate = view.aggregate(area(room), "temperature")
    assert aggregate is not None
    assert (aggregate.value, aggregate.count) == (21, 1)


async def test_a_group_is_not_added_to_its_members(house: House) -> None:
    office = house.add_area("Office")
    for name, power in (("pc", "100"), ("screen", "50")):
        house.add_entity(f"sensor.{name}", power, device_class="power", area_id=office)
    house.add_entity("sensor.sum", device_class="power", area_id=office)
    house.set("sensor.sum", "150", {"entity_id": ["sensor.pc", "sensor.screen"]})
    await house.observe()
    assert house.value(area(office), "power") == 150


async def test_a_group_of_what_does_not_count_counts_itself(house: House) -> None:
    office = house.add_area("Office")
    house.add_entity("sensor.sum", device_class="power", area_id=office)
    house.set("sensor.sum", "150", {"entity_id": ["sensor.hidden"]})
    await house.observe()
    assert house.value(area(office), "power") == 150


async def test_phases_are_not_added_to_their_total(house: House) -> None:
    utility = house.add_area("Utility")
    meter = house.add_device("Pro 3EM", utility)
    for name, power in (("a", "100"), ("b", "200"), ("c", "300"), ("total", "600")):
        house.add_entity(f"sensor.{name}", power, device_class="power", device=meter)
    await house.observe()
    assert house.value(area(utility), "power") == 600


async def test_meters_of_one_device_without_a_total_are_doubtful(house: House) -> None:
    utility = house.add_area("Utility")
    meter = house.add_device("Meter", utility)
    for name, power in (("left", "100"), ("right", "200")):
        house.add_entity(f"sensor.{name}", power, device_class="power", device=meter)
    view = await house.observe()
    assert house.value(area(utility), "power") == 300
    (document,) = view.document()["environmental_data"]["areas"]
    assert [one["entity"] for one in document["doubtful"]] == ["sensor.left", "sensor.right"]


async def test_a_main_meter_is_not_added_to_the_plugs_of_its_floor(house: House) -> None:
    await _energy(house, energy_sources=[{"type": "grid", "stat_rate": "sensor.main"}])
    meter, office = house.add_area("Meter", "Ground"), house.add_area("Office", "Ground")
    house.add_entity("sensor.main", "3000", device_class="power", area_id=meter)
    house.add_entity("sensor.pc", "2000", device_class="power", area_id=office)
    await house.observe()
    await house.flush()
    assert house.value(HOME_PLACE, "power") == 3000
    assert house.value(area(meter), "power") == 3000
    assert house.value(floor("ground"), "power") == 2000


async def test_a_plug_is_not_added_to_its_circuit(house: House) -> None:
    await _energy(
        house,
        device_consumption=[
            {"stat_consumption": "sensor.circuit_kwh", "stat_rate": "sensor.circuit"},
            {
                "stat_consumption": "sensor.pc_kwh",
                "stat_rate": "sensor.pc",
                "included_in_stat": "sensor.circuit_kwh",
            },
        ],
    )
    cabinet, office = house.add_area("Cabinet", "Ground"), house.add_area("Office", "Ground")
    house.add_entity("sensor.circuit", "300", device_class="power", area_id=cabinet)
    house.add_entity("sensor.pc", "100", device_class="power", area_id=office)
    await house.observe()
    await house.flush()
    assert house.value(area(office), "power") == 100
    assert house.value(floor("ground"), "power") == 300
