"""The fields of a home are changed."""

from collections.abc import Callable

from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.common import ANNA, HOME_ID, JAN, runtime

from .conftest import Perform, Refuses


async def test_a_home_is_changed_by_merge_patch(
    hass: HomeAssistant, perform: Perform, device_id: Callable[[str], str]
) -> None:
    hass.states.async_set("zone.home", "2")
    response = await perform(
        "update_home",
        home=device_id(HOME_ID),
        name="Summer house",
        residents=[device_id(JAN)],
        zone="zone.home",
        address={"city": "Warszawa", "country": "Polska"},
        location_coordinates={"latitude": 52.2, "longitude": 21},
    )
    assert response["name"] == "Summer house"
    assert response["residents"] == [JAN]
    assert response["zone"] == "zone.home"
    assert response["location_coordinates"] == {"type": "Point", "coordinates": [21.0, 52.2]}
    assert "operational_status" in response
    response = await perform("update_home", home=HOME_ID, address={"country": None}, zone=None)
    assert (response["address"], response["zone"]) == ({"city": "Warszawa"}, None)


async def test_the_scope_is_merged_and_keeps_entities_by_their_registry_id(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    area_registry: ar.AreaRegistry,
    entity_registry: er.EntityRegistry,
    perform: Perform,
) -> None:
    kitchen = area_registry.async_create("Kitchen")
    plug = entity_registry.async_get_or_create("sensor", "test", "plug")
    hass.states.async_set("sensor.yaml", "1")
    await perform("update_home", home=HOME_ID, scope={"areas": [kitchen.id]})
    await perform(
        "update_home",
        home=HOME_ID,
        scope={"excluded_entities": [plug.entity_id, "sensor.yaml"]},
    )
    scope = runtime(entry).registry.homes[HOME_ID].scope
    assert scope.areas == (kitchen.id,)
    assert scope.excluded_entities == (plug.id, "sensor.yaml")


async def test_a_home_is_where_its_zone_is_unless_it_has_a_place_of_its_own(
    hass: HomeAssistant, perform: Perform, device_id: Callable[[str], str]
) -> None:
    home = device_id(HOME_ID)
    hass.states.async_set("zone.cabin", "0", {"latitude": 52.2, "longitude": 21})
    seen = [
        (await perform("update_home", home=home, **patch))["location_coordinates"]
        for patch in (
            {"name": "Cabin"},
            {"zone": "zone.cabin"},
            {"location_coordinates": {"latitude": 1, "longitude": 2}},
            {"location_coordinates": None},
        )
    ]
    hass.states.async_set("zone.cabin", "0", {"latitude": "north", "longitude": 21})
    response = await perform("get_twin", twin=home)
    zone = {"type": "Point", "coordinates": [21, 52.2]}
    own = {"type": "Point", "coordinates": [2, 1]}
    assert [*seen, response["location_coordinates"]] == [None, zone, own, zone, None]


@pytest.mark.parametrize(
    ("data", "key", "field"),
    [
        ({"residents": [ANNA, "Ola"]}, "not_found", "residents[1]"),
        ({"residents": [7]}, "invalid_id", "residents[0]"),
        ({"zone": "zone.nowhere"}, "not_found", "zone"),
        ({"scope": {"rooms": []}}, "unknown_field", "scope.rooms"),
        ({"scope": {"areas": "kitchen"}}, "wrong_type_list", "scope.areas"),
        (
            {"scope": {"excluded_entities": ["sensor.none"]}},
            "not_found",
            "scope.excluded_entities[0]",
        ),
        (
            {"location_coordinates": {"latitude": 91, "longitude": 0}},
            "out_of_range",
            "location_coordinates.latitude",
        ),
        ({"location_coordinates": [1, 2]}, "wrong_type_point", "location_coordinates"),
        ({"occupancy_status": "Away"}, "read_only_field", "occupancy_status"),
        ({"rooms": 4}, "unknown_field", "rooms"),
    ],
)
async def test_a_bad_field_is_refused(
    refuses: Refuses, data: dict[str, object], key: str, field: str
) -> None:
    await refuses(key, field, "update_home", home=HOME_ID, **data)


async def test_a_home_that_is_not_there_is_refused(refuses: Refuses) -> None:
    await refuses("not_found", "home", "update_home", home=ANNA, name="Flat")
    await refuses("required_field", "home", "update_home", name="Flat")
