"""Occupancy from the zones of residents and from presence sensors."""

from dataclasses import replace
from datetime import timedelta

from homeassistant.const import EntityCategory
import pytest

from custom_components.digital_twin.twin.enums import OccupancyStatus
from custom_components.digital_twin.twin.home.conditions import EvidenceState

from .house import ANNA, HOUSE, START, House

OCCUPIED, VACANT, AWAY = (
    OccupancyStatus.OCCUPIED,
    OccupancyStatus.VACANT,
    OccupancyStatus.AWAY,
)
AT_HOME = {"in_zones": ["zone.home"]}
OUT: dict[str, list[str]] = {"in_zones": []}


def _person(house: House, name: str, state: str, **attributes: object) -> None:
    house.hass.states.async_set(f"person.{name}", state, attributes)


async def _family(house: House, anna: str, jan: str) -> None:
    """Observe a home with two residents."""
    for name, state in (("anna", anna), ("jan", jan)):
        _person(house, name, state, **(AT_HOME if state == "home" else OUT))
    house.residents(anna="person.anna", jan="person.jan")
    await house.observe()


@pytest.mark.parametrize(
    ("anna", "jan", "expected"),
    [
        ("home", "not_home", OCCUPIED),
        ("home", "home", OCCUPIED),
        ("home", "unknown", OCCUPIED),
        ("not_home", "not_home", AWAY),
        ("Work", "not_home", AWAY),
        ("not_home", "unknown", None),
        ("unavailable", "unknown", None),
    ],
)
async def test_residents_are_in_by_their_zone(
    house: House, anna: str, jan: str, expected: OccupancyStatus | None
) -> None:
    await _family(house, anna, jan)
    assert house.view.occupancy.status is expected


async def test_who_left_long_ago_leaves_a_vacant_home(house: House) -> None:
    await _family(house, "home", "not_home")
    heard = house.hear("occupancy")
    await house.wait(hours=20)
    _person(house, "anna", "not_home", **OUT)
    await house.flush()
    assert house.view.occupancy.status is AWAY
    await house.wait(hours=23)
    assert house.view.occupancy.status is AWAY
    await house.wait(hours=1)
    assert house.view.occupancy.status is VACANT
    assert len(heard) == 2


async def test_a_return_ends_an_absence(house: House) -> None:
    await _family(house, "not_home", "not_home")
    await house.wait(hours=20)
    _person(house, "anna", "home", **AT_HOME)
    await house.flush()
    _person(house, "anna", "not_home", **OUT)
    await house.flush()
    await house.wait(hours=23)
    assert house.view.occupancy.status is AWAY
    await house.wait(hours=1)
    assert house.view.occupancy.status is VACANT


async def test_who_lives_elsewhere_now_is_forgotten(house: House) -> None:
    await _family(house, "not_home", "not_home")
    await house.wait(hours=23)
    residents = house.homes[HOUSE].residents
    house.homes[HOUSE] = replace(house.homes[HOUSE], residents=())
    house.observer.async_homes_changed()
    await house.settle()
    assert house.view.occupancy.status is VACANT
    for name in ("anna", "jan"):
        _person(house, name, "Work", in_zones=["zone.work"])
    house.homes[HOUSE] = replace(house.homes[HOUSE], residents=residents)
    house.observer.async_homes_changed()
    await house.wait(hours=1)
    assert house.view.occupancy.status is AWAY


async def test_a_walk_from_place_to_place_is_one_absence(house: House) -> None:
    await _family(house, "not_home", "not_home")
    await house.wait(hours=23)
    _person(house, "anna", "Work", in_zones=["zone.work"])
    await house.flush()
    await house.wait(hours=1)
    assert house.view.occupancy.status is VACANT


async def test_nobody_lives_there(house: House) -> None:
    view = await house.observe()
    assert view.occupancy.status is VACANT
    assert view.occupancy.since == START


async def test_a_resident_nobody_follows_is_unknown(house: House) -> None:
    house.residents(anna=None)
    view = await house.observe()
    assert view.occupancy.status is None
    assert [one.state for one in view.occupancy.evidence] == [EvidenceState.UNKNOWN]


@pytest.mark.parametrize(("home_id", "expected"), [(HOUSE, OCCUPIED), ("elsewhere", AWAY)])
async def test_a_resident_nobody_follows_is_where_their_record_says(
    house: House, home_id: str, expected: OccupancyStatus
) -> None:
    house.residents(anna=None)
    house.persons[ANNA] = replace(house.persons[ANNA], current_location_id=home_id)
    view = await house.observe()
    assert view.occupancy.status is expected


async def test_a_home_without_a_zone_knows_nothing_of_its_residents(house: House) -> None:
    house.residents(anna="person.anna")
    house.homes[HOUSE] = replace(house.homes[HOUSE], zone=None)
    _person(house, "anna", "home", **AT_HOME)
    view = await house.observe()
    assert view.occupancy.status is None


async def test_a_home_whose_zone_was_deleted_knows_nothing_of_its_residents(house: House) -> None:
    house.homes[HOUSE] = replace(house.homes[HOUSE], zone="zone.cabin")
    house.hass.states.async_set("zone.cabin", "1")
    house.residents(anna="person.anna")
    _person(house, "anna", "Cabin", in_zones=["zone.cabin"])
    await house.observe()
    assert house.view.occupancy.status == OCCUPIED
    house.hass.states.async_remove("zone.cabin")
    _person(house, "anna", "not_home", **OUT)
    await house.flush()
    assert house.view.occupancy.status is None


@pytest.mark.parametrize("device_class", ["occupancy", "presence", "motion"])
async def test_a_sensor_that_notices_somebody_is_evidence(house: House, device_class: str) -> None:
    kitchen = house.add_area("Kitchen")
    sensor = house.add_entity(
        "binary_sensor.kitchen", "off", device_class=device_class, area_id=kitchen
    )
    view = await house.observe()
    heard = house.hear("occupancy")
    assert view.occupancy.status is VACANT
    await house.change(sensor, "on")
    assert view.occupancy.status is OCCUPIED
    (evidence,) = view.occupancy.evidence
    assert (evidence.kind, evidence.ref, evidence.state) == (
        device_class,
        sensor,
        EvidenceState.ON,
    )
    await house.change(sensor, "off")
    assert view.occupancy.status is OCCUPIED
    assert view.occupancy.evidence[0].state is EvidenceState.HELD
    await house.wait(minutes=9)
    assert view.occupancy.status is OCCUPIED
    await house.wait(minutes=1)
    assert view.occupancy.status is VACANT
    assert len(heard) == 2


@pytest.mark.parametrize(
    ("device_class", "category", "hidden"),
    [
        ("door", None, False),
        ("motion", EntityCategory.DIAGNOSTIC, False),
        ("motion", None, True),
    ],
)
async def test_other_sensors_are_no_evidence(
    house: House, device_class: str, category: EntityCategory | None, hidden: bool
) -> None:
    house.add_entity(
        "binary_sensor.a", "on", device_class=device_class, category=category, hidden=hidden
    )
    view = await house.observe()
    assert view.occupancy.status is VACANT


async def test_who_is_in_the_garden_is_not_in_the_house(house: House) -> None:
    garden = house.add_area("Garden")
    house.add_entity("binary_sensor.g", "on", device_class="motion", area_id=garden)
    house.scope(outdoor_areas=[garden])
    view = await house.observe()
    assert view.occupancy.status is VACANT


async def test_a_movement_shorter_than_a_second_counts(house: House) -> None:
    sensor = house.add_entity("binary_sensor.a", "off", device_class="motion")
    view = await house.observe()
    house.set(sensor, "on")
    house.set(sensor, "off")
    await house.settle()
    assert view.occupancy.status is OCCUPIED


async def test_a_sensor_that_comes_back_has_noticed_nobody(house: House) -> None:
    sensor = house.add_entity("binary_sensor.a", "unavailable", device_class="motion")
    view = await house.observe()
    await house.change(sensor, "off")
    assert view.occupancy.status is VACANT


async def test_a_sensor_that_vanishes_while_on_is_held(house: House) -> None:
    sensor = house.add_entity("binary_sensor.a", "on", device_class="motion")
    view = await house.observe()
    house.hass.states.async_remove(sensor)
    await house.flush()
    assert view.occupancy.status is OCCUPIED
    await house.wait(minutes=10)
    assert view.occupancy.status is VACANT


async def test_a_sensor_that_was_removed_is_not_held_when_it_returns(house: House) -> None:
    sensor = house.add_entity("binary_sensor.a", "on", device_class="motion")
    view = await house.observe()
    await house.change(sensor, "off")
    assert view.occupancy.status == "Occupied"
    house.entities.async_remove(sensor)
    house.hass.states.async_remove(sensor)
    await house.wait(seconds=5)
    house.add_entity("binary_sensor.a", "off", device_class="motion")
    await house.wait(seconds=5)
    assert view.occupancy.status == "Vacant"


async def test_the_cleaner_is_in_while_the_residents_are_away(house: House) -> None:
    sensor = house.add_entity("binary_sensor.a", "off", device_class="motion")
    await _family(house, "not_home", "not_home")
    await house.change(sensor, "on")
    assert house.view.occupancy.status is OCCUPIED
    assert [one.ref for one in house.view.occupancy.evidence] == [sensor]
    house.set(sensor, "off")
    await house.wait(minutes=11)
    assert house.view.occupancy.status is AWAY


async def test_equal_evidence_is_not_told_again(house: House) -> None:
    await _family(house, "home", "home")
    heard = house.hear("occupancy")
    _person(house, "anna", "home", **AT_HOME, latitude=1.0)
    await house.flush()
    assert heard == []


async def test_the_status_keeps_its_since_over_a_restart(house: House) -> None:
    await _family(house, "not_home", "not_home")
    await house.wait(hours=10)
    await house.leave()
    for name in ("anna", "jan"):
        house.hass.states.async_remove(f"person.{name}")
        _person(house, name, "not_home", **OUT)
    await house.restart()
    assert house.view.occupancy.since == START
    assert house.view.occupancy.status is AWAY
    await house.wait(hours=14)
    assert house.view.occupancy.status is VACANT
    assert house.view.occupancy.since == START + timedelta(hours=24)


async def test_two_hundred_movements_are_one_change(house: House) -> None:
    rooms = [
        house.add_entity(f"binary_sensor.m{number}", "off", device_class="motion")
        for number in range(2)
    ]
    await house.observe()
    heard = house.hear("occupancy")
    for number in range(200):
        house.set(rooms[number % 2], "on" if number % 4 < 2 else "off")
        await house.wait(seconds=20)
    assert house.view.occupancy.status is OCCUPIED
    assert len(heard) == 1
    (shown,) = house.view.shown_evidence
    assert (shown.ref, shown.since) == (rooms[0], START)


async def test_the_next_sensor_is_shown_when_the_first_counts_no_more(house: House) -> None:
    for name in ("hall", "bath"):
        house.add_entity(f"binary_sensor.{name}", "off", device_class="motion")
    await house.observe()
    await house.change("binary_sensor.hall", "on")
    await house.change("binary_sensor.hall", "off")
    await house.wait(minutes=5)
    await house.change("binary_sensor.bath", "on")
    assert [one.ref for one in house.view.shown_evidence] == ["binary_sensor.hall"]
    await house.wait(minutes=6)
    assert [one.ref for one in house.view.shown_evidence] == ["binary_sensor.bath"]
