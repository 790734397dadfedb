"""Where people are: the home whose zone they are in."""

from dataclasses import replace

import pytest

from custom_components.digital_twin.engine.home import location_topic

from .house import ANNA, CABIN, HOUSE, JAN, House, home


async def _with_cabin(house: House) -> None:
    house.hass.states.async_set("zone.cabin", "0", {"friendly_name": "Cabin"})
    house.homes[CABIN] = home(CABIN, name="Cabin", zone="zone.cabin")
    house.residents(anna="person.anna")


def _at(house: House) -> str | None:
    return house.observer.home_of_person(house.persons[ANNA])


@pytest.mark.parametrize(
    ("state", "attributes", "expected"),
    [
        ("home", {"in_zones": ["zone.home"]}, HOUSE),
        ("Cabin", {"in_zones": ["zone.cabin"]}, CABIN),
        ("Garden", {"in_zones": ["zone.garden", "zone.home"]}, HOUSE),
        ("Cabin", {"in_zones": ["zone.cabin", "zone.home"]}, CABIN),
        ("not_home", {"in_zones": []}, None),
        ("Work", {"in_zones": ["zone.work"]}, None),
        ("unknown", {"in_zones": ["zone.home"]}, None),
        ("unavailable", {}, None),
        ("home", {}, HOUSE),
        ("not_home", {}, None),
        ("Cabin", {}, CABIN),
        ("Somewhere", {}, None),
        ("home", {"in_zones": 7}, HOUSE),
        ("home", {"in_zones": "zone.cabin"}, HOUSE),
        ("home", {"in_zones": [["zone.home"], None, "zone.cabin"]}, CABIN),
    ],
)
async def test_a_person_is_in_the_home_of_their_zone(
    house: House, state: str, attributes: dict[str, object], expected: str | None
) -> None:
    await _with_cabin(house)
    house.hass.states.async_set("person.anna", state, attributes)
    await house.observe()
    assert _at(house) == expected


async def test_coming_and_going_is_told(house: House) -> None:
    await _with_cabin(house)
    house.hass.states.async_set("person.anna", "home", {"in_zones": ["zone.home"]})
    await house.observe()
    heard: list[str | None] = []
    house.feed.subscribe(location_topic(ANNA), lambda: heard.append(_at(house)))
    await house.change("person.anna", "home", {"in_zones": ["zone.home"], "latitude": 1})
    await house.change("person.anna", "not_home", {"in_zones": []})
    await house.change("person.anna", "Cabin", {"in_zones": ["zone.cabin"]})
    assert heard == [None, CABIN]


async def test_who_is_followed_can_change(house: House) -> None:
    await _with_cabin(house)
    house.hass.states.async_set("person.anna", "home", {"in_zones": ["zone.home"]})
    await house.observe()
    heard: list[str | None] = []
    house.feed.subscribe(location_topic(JAN), lambda: heard.append(JAN))
    house.residents(jan="person.anna")
    house.observer.async_homes_changed()
    await house.settle()
    assert house.observer.home_of_person(house.persons[JAN]) == HOUSE
    assert heard == [JAN]


async def test_who_is_not_followed_is_where_they_say(house: House) -> None:
    await _with_cabin(house)
    house.persons[ANNA] = replace(
        house.persons[ANNA], person_entity=None, current_location_id=CABIN
    )
    await house.observe()
    assert _at(house) == CABIN


async def test_a_link_that_leads_nowhere_leaves_it_open(house: House) -> None:
    await _with_cabin(house)
    house.persons[ANNA] = replace(house.persons[ANNA], person_entity="0123456789abcdef")
    await house.observe()
    assert _at(house) is None


async def test_of_two_homes_in_one_zone_it_is_the_first(house: House) -> None:
    await _with_cabin(house)
    house.homes[CABIN] = replace(house.homes[CABIN], zone="zone.home")
    house.hass.states.async_set("person.anna", "home", {"in_zones": ["zone.home"]})
    await house.observe()
    assert _at(house) == HOUSE
