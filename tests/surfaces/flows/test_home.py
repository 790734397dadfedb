"""Homes are added and changed in a form, through the registry."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.digital_twin.twin.home.home import WHOLE, Scope
from tests.common import ANNA, HOME_ID, JAN, async_delete_twin, async_patch_twin, runtime

from .forms import async_open, async_submit, suggested

COTTAGE = "10000000-0000-4000-8000-00000000000f"


@pytest.fixture
def lake(hass: HomeAssistant) -> str:
    """Make a zone with a registry entry and return the id of the entry."""
    entry = er.async_get(hass).async_get_or_create("zone", "zone", "lake")
    hass.states.async_set(entry.entity_id, "0", {"friendly_name": "Lake"})
    return entry.id


@pytest.fixture
def plug(hass: HomeAssistant) -> str:
    """Make a switch with a registry entry and return the id of the entry."""
    return er.async_get(hass).async_get_or_create("switch", "test", "plug").id


async def test_a_new_form_is_empty(hass: HomeAssistant, household: MockConfigEntry) -> None:
    form = await async_open(hass, household, "home")
    assert form["step_id"] == "user"
    assert suggested(form) == {"address": {}, "location": {}, "scope": {}}


async def test_a_home_is_added_with_all_that_was_filled_in(
    hass: HomeAssistant, household: MockConfigEntry, lake: str, plug: str
) -> None:
    form = await async_open(hass, household, "home")
    result = await async_submit(
        hass,
        form,
        name="Summer house",
        zone="zone.zone_lake",
        residents=[ANNA, JAN],
        address={"street": "Leśna 3", "postal_code": "11-730", "city": "Mikołajki", "country": ""},
        location={"location_coordinates": {"latitude": 53.8, "longitude": 21.57}},
        scope={
            "floors": ["ground"],
            "areas": ["deck"],
            "labels": ["lake"],
            "excluded_areas": ["shed"],
            "excluded_devices": ["d1"],
            "excluded_entities": ["switch.test_plug"],
            "excluded_labels": ["toys"],
            "outdoor_areas": ["deck"],
        },
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Summer house"
    home = runtime(household).registry.homes[result["unique_id"]]
    assert home.zone == lake
    assert home.residents == (ANNA, JAN)
    assert home.address == {"street": "Leśna 3", "postal_code": "11-730", "city": "Mikołajki"}
    assert home.location_coordinates == {"type": "Point", "coordinates": (21.57, 53.8)}
    assert home.scope == Scope(
        floors=("ground",),
        areas=("deck",),
        labels=("lake",),
        excluded_areas=("shed",),
        excluded_devices=("d1",),
        excluded_entities=(plug,),
        excluded_labels=("toys",),
        outdoor_areas=("deck",),
    )


async def test_a_home_needs_no_more_than_a_name(
    hass: HomeAssistant, household: MockConfigEntry
) -> None:
    form = await async_open(hass, household, "home")
    result = await async_submit(hass, form, name="Cottage")
    home = runtime(household).registry.homes[result["unique_id"]]
    assert (home.zone, home.residents, home.address, home.scope) == (None, (), None, WHOLE)


@pytest.mark.parametrize(
    ("bad", "errors", "placeholders"),
    [
        ({"name": " "}, {"name": "required_field"}, {}),
        ({"name": "C" * 256}, {"name": "too_long"}, {"maximum": "255"}),
        ({"zone": "zone.atlantis"}, {"zone": "not_found"}, {}),
        (
            {"scope": {"excluded_entities": ["switch.test_plug", "switch.gone"]}},
            {"scope": "not_found"},
            {},
        ),
        ({"address": {"street": "L" * 20_000}}, {"address": "too_long"}, {"maximum": "16384"}),
        (
            {"location": {"location_coordinates": {"latitude": 91, "longitude": 0}}},
            {"location": "out_of_range"},
            {"minimum": "-90", "maximum": "90"},
        ),
        (
            {"name": "C\tottage", "zone": "zone.atlantis"},
            {"zone": "not_found"},
            {},
        ),
    ],
)
async def test_what_is_refused_is_shown_and_can_be_mended(
    hass: HomeAssistant,
    household: MockConfigEntry,
    plug: str,
    bad: dict[str, Any],
    errors: dict[str, str],
    placeholders: dict[str, str],
) -> None:
    form = await async_open(hass, household, "home")
    refused = await async_submit(hass, form, **{"name": "Cottage", **bad})
    assert refused["errors"] == errors
    assert refused["description_placeholders"] == placeholders
    assert set(runtime(household).registry.homes) == {HOME_ID}
    assert suggested(refused).items() >= {"name": "Cottage", **bad}.items()
    mended: dict[str, Any] = {
        name: dict.fromkeys(value) if isinstance(value, dict) else None
        for name, value in bad.items()
    }
    result = await async_submit(hass, refused, **{**mended, "name": "Cottage"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert runtime(household).registry.homes[result["unique_id"]].name == "Cottage"


async def test_a_resident_who_was_deleted_in_the_meantime_is_refused(
    hass: HomeAssistant, household: MockConfigEntry
) -> None:
    form = await async_open(hass, household, "home")
    await async_delete_twin(hass, household, "person", JAN)
    refused = await async_submit(hass, form, name="Cottage", residents=[ANNA, JAN])
    assert refused["errors"] == {"residents": "not_found"}
    result = await async_submit(hass, refused, residents=[ANNA])
    assert runtime(household).registry.homes[result["unique_id"]].residents == (ANNA,)


async def test_the_form_shows_the_home_as_the_record_has_it(
    hass: HomeAssistant, household: MockConfigEntry, lake: str, plug: str
) -> None:
    await async_patch_twin(
        hass,
        household,
        "home",
        HOME_ID,
        zone=lake,
        residents=[JAN],
        address={"city": "Gdynia", "state": "Pomorze"},
        location_coordinates={"type": "Point", "coordinates": [18.5, 54.5, 20]},
        scope={"areas": ["hall"], "excluded_entities": [plug, "0" * 32, "sensor.yaml_only"]},
    )
    # A rename shows under the new name.
    er.async_get(hass).async_update_entity("switch.test_plug", new_entity_id="switch.heater")
    form = await async_open(hass, household, "home", HOME_ID)
    assert suggested(form) == {
        "name": "Home",
        "zone": "zone.zone_lake",
        "residents": [JAN],
        "address": {"city": "Gdynia"},
        "location": {"location_coordinates": {"latitude": 54.5, "longitude": 18.5}},
        "scope": {"areas": ["hall"], "excluded_entities": ["switch.heater", "sensor.yaml_only"]},
    }


async def test_a_form_that_is_sent_unchanged_changes_nothing(
    hass: HomeAssistant, household: MockConfigEntry, lake: str, plug: str
) -> None:
    await async_patch_twin(
        hass,
        household,
        "home",
        HOME_ID,
        zone=lake,
        location_coordinates={"type": "Point", "coordinates": [18.5, 54.5, 20]},
        scope={"excluded_entities": [plug, "0" * 32]},
    )
    before = runtime(household).registry.homes[HOME_ID]
    form = await async_open(hass, household, "home", HOME_ID)
    result = await async_submit(hass, form)
    assert result["reason"] == "reconfigure_successful"
    assert runtime(household).registry.homes[HOME_ID] is before


async def test_what_the_form_does_not_show_stays(
    hass: HomeAssistant, household: MockConfigEntry
) -> None:
    await async_patch_twin(
        hass, household, "home", HOME_ID, address={"city": "Gdynia", "state": "Pomorze"}
    )
    form = await async_open(hass, household, "home", HOME_ID)
    await async_submit(hass, form, address={"city": None})
    assert runtime(household).registry.homes[HOME_ID].address == {"state": "Pomorze"}


async def test_an_address_and_a_scope_that_were_cleared_are_none(
    hass: HomeAssistant, household: MockConfigEntry
) -> None:
    await async_patch_twin(
        hass,
        household,
        "home",
        HOME_ID,
        zone="zone.home",
        residents=[ANNA],
        address={"city": "Gdynia", "country": "Poland"},
        scope={"areas": ["hall"], "labels": ["own"]},
    )
    form = await async_open(hass, household, "home", HOME_ID)
    await async_submit(
        hass,
        form,
        zone=None,
        residents=[],
        address={"city": "", "country": None},
        scope={"areas": [], "labels": None},
    )
    home = runtime(household).registry.homes[HOME_ID]
    assert (home.zone, home.residents, home.address, home.scope) == (None, (), None, WHOLE)


async def test_what_changed_while_the_form_was_open_stays(
    hass: HomeAssistant, household: MockConfigEntry
) -> None:
    await async_patch_twin(
        hass, household, "home", HOME_ID, address={"city": "Gdynia"}, scope={"areas": ["hall"]}
    )
    form = await async_open(hass, household, "home", HOME_ID)
    await async_patch_twin(
        hass,
        household,
        "home",
        HOME_ID,
        name="Flat",
        address={"street": "Morska 1"},
        scope={"outdoor_areas": ["balcony"]},
    )
    result = await async_submit(
        hass, form, address={"city": "Sopot"}, scope={"areas": ["hall", "bath"]}
    )
    assert result["reason"] == "reconfigure_successful"
    home = runtime(household).registry.homes[HOME_ID]
    assert home.name == "Flat"
    assert home.address == {"city": "Sopot", "street": "Morska 1"}
    assert home.scope == Scope(areas=("hall", "bath"), outdoor_areas=("balcony",))
