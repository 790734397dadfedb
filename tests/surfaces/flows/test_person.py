"""People are added and changed in a form, through the registry."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.digital_twin.twin.enums import ActivityLevel, Gender
from tests.common import ANNA, JAN, async_patch_twin, runtime

from .forms import async_open, async_submit, suggested


@pytest.fixture
def ola(hass: HomeAssistant) -> str:
    """Make a Home Assistant person with a registry entry and return the id of the entry."""
    entry = er.async_get(hass).async_get_or_create("person", "person", "ola")
    hass.states.async_set(entry.entity_id, "home", {"friendly_name": "Ola"})
    return entry.id


async def test_a_new_form_suggests_the_time_zone_of_the_household(
    hass: HomeAssistant, household: MockConfigEntry
) -> None:
    form = await async_open(hass, household, "person")
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == "user"
    assert suggested(form) == {
        "timezone": "Europe/Warsaw",
        "health": {"day_start": 0, "health_entities": True},
        "more": {},
    }


@pytest.mark.parametrize("kind", ["person", "home"])
async def test_only_an_entity_of_the_right_kind_can_be_linked(
    hass: HomeAssistant, household: MockConfigEntry, kind: str
) -> None:
    hass.states.async_set("sensor.scale", "1")
    link = {"person": "person_entity", "home": "zone"}[kind]
    form = await async_open(hass, household, kind)
    sections: dict[str, Any] = {"person": {"health": {}, "more": {}}, "home": {}}[kind]
    result = await async_submit(hass, form, name="A", **{link: "sensor.scale"}, **sections)
    assert result["errors"] == {link: "not_found"}


async def test_a_person_is_added_with_all_that_was_filled_in(
    hass: HomeAssistant, household: MockConfigEntry, ola: str
) -> None:
    form = await async_open(hass, household, "person")
    result = await async_submit(
        hass,
        form,
        name=" Ola ",
        person_entity="person.person_ola",
        date_of_birth="1990-05-17",
        gender="female",
        contact_email="ola@example.com",
        timezone="Asia/Tokyo",
        activity_level="very_active",
        health={"day_start": 4, "health_entities": False},
        more={"preferences": {"diet": {"meat": False}}},
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Ola"
    assert result["data"] == {}
    person = runtime(household).registry.persons[result["unique_id"]]
    assert person.name == "Ola"
    assert person.person_entity == ola
    assert str(person.date_of_birth) == "1990-05-17"
    assert person.gender is Gender.FEMALE
    assert person.contact_email == "ola@example.com"
    assert person.timezone == "Asia/Tokyo"
    assert person.activity_level is ActivityLevel.VERY_ACTIVE
    assert (person.day_start, person.health_entities) == (4, False)
    assert person.preferences == {"diet": {"meat": False}}
    assert person.revision == 1


async def test_a_person_needs_no_more_than_a_name(
    hass: HomeAssistant, household: MockConfigEntry
) -> None:
    form = await async_open(hass, household, "person")
    result = await async_submit(hass, form, name="Ola", timezone=None)
    person = runtime(household).registry.persons[result["unique_id"]]
    assert person.timezone == "Europe/Warsaw"
    assert person.gender is None
    assert person.contact_email is None


@pytest.mark.parametrize(
    ("bad", "good", "errors", "placeholders"),
    [
        ({"name": "  "}, {"name": "Ola"}, {"name": "required_field"}, {}),
        ({"name": "O" * 256}, {}, {"name": "too_long"}, {"maximum": "255"}),
        ({"name": "O\nla"}, {}, {"name": "unprintable"}, {}),
        ({"contact_email": "ANNA@example.com"}, {}, {"contact_email": "duplicate"}, {}),
        ({"contact_email": "at home"}, {}, {"contact_email": "invalid_email"}, {}),
        ({"timezone": "Europe/Radom"}, {}, {"timezone": "invalid_timezone"}, {}),
        ({"date_of_birth": "2999-01-01"}, {}, {"date_of_birth": "not_in_past"}, {}),
        ({"person_entity": "person.nobody"}, {}, {"person_entity": "not_found"}, {}),
        ({"more": {"preferences": ["tea"]}}, {}, {"more": "wrong_type"}, {"expected": "object"}),
        (
            {"more": {"preferences": {"tea": "x" * 20_000}}},
            {},
            {"more": "too_long"},
            {"maximum": "16384"},
        ),
        (
            {"more": {"preferences": {"1": {"2": {"3": {"4": {"5": {"6": {"7": {"8": {}}}}}}}}}}},
            {},
            {"more": "too_deep"},
            {"maximum": "8"},
        ),
        (
            {"contact_email": "at home", "date_of_birth": "1800-01-01"},
            {},
            {"contact_email": "invalid_email", "date_of_birth": "not_in_past"},
            {},
        ),
    ],
)
async def test_what_is_refused_is_shown_and_can_be_mended(
    hass: HomeAssistant,
    household: MockConfigEntry,
    bad: dict[str, Any],
    good: dict[str, Any],
    errors: dict[str, str],
    placeholders: dict[str, str],
) -> None:
    form = await async_open(hass, household, "person")
    refused = await async_submit(hass, form, **{"name": "Ola", **bad})
    assert refused["type"] is FlowResultType.FORM
    assert refused["errors"] == errors
    assert refused["description_placeholders"] == placeholders
    assert set(runtime(household).registry.persons) == {ANNA, JAN}
    # What was typed is still there.
    assert suggested(refused).items() >= {"name": "Ola", **bad}.items()
    mended: dict[str, Any] = {name: {} if name == "more" else None for name in bad}
    if "more" in bad:
        mended["more"] = {"preferences": None}
    result = await async_submit(hass, refused, **{**mended, "name": "Ola", **good})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert runtime(household).registry.persons[result["unique_id"]].name == "Ola"


async def test_a_section_with_an_error_is_unfolded(
    hass: HomeAssistant, household: MockConfigEntry
) -> None:
    form = await async_open(hass, household, "person")
    assert form["data_schema"].schema["more"].options == {"collapsed": True}
    refused = await async_submit(hass, form, name="Ola", more={"preferences": ["tea"]})
    assert refused["data_schema"].schema["more"].options == {"collapsed": False}


async def test_the_form_shows_the_person_as_the_record_has_them(
    hass: HomeAssistant, household: MockConfigEntry, ola: str
) -> None:
    await async_patch_twin(
        hass,
        household,
        "person",
        ANNA,
        person_entity=ola,
        gender="Female",
        activity_level="Very Active",
        date_of_birth="1990-05-17",
        preferences={"diet": "vegetarian"},
    )
    form = await async_open(hass, household, "person", ANNA)
    assert form["step_id"] == "details"
    assert suggested(form) == {
        "name": "Anna",
        "person_entity": "person.person_ola",
        "date_of_birth": "1990-05-17",
        "gender": "female",
        "contact_email": "anna@example.com",
        "timezone": "Europe/Warsaw",
        "activity_level": "very_active",
        "health": {"day_start": 0, "health_entities": True},
        "more": {"preferences": {"diet": "vegetarian"}},
    }


async def test_a_form_that_is_sent_unchanged_changes_nothing(
    hass: HomeAssistant, household: MockConfigEntry, ola: str
) -> None:
    await async_patch_twin(
        hass, household, "person", ANNA, person_entity=ola, gender="Female", preferences={"a": [1]}
    )
    before = runtime(household).registry.persons[ANNA]
    form = await async_open(hass, household, "person", ANNA)
    result = await async_submit(hass, form)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"
    assert runtime(household).registry.persons[ANNA] is before


async def test_an_input_that_was_cleared_clears_the_field(
    hass: HomeAssistant, household: MockConfigEntry
) -> None:
    await async_patch_twin(
        hass, household, "person", ANNA, timezone="Asia/Tokyo", preferences={"a": 1}
    )
    form = await async_open(hass, household, "person", ANNA)
    await async_submit(hass, form, contact_email=None, timezone=None, more={"preferences": None})
    anna = runtime(household).registry.persons[ANNA]
    assert anna.contact_email is None
    assert anna.timezone == "Europe/Warsaw"
    assert anna.preferences == {}


async def test_what_changed_while_the_form_was_open_stays(
    hass: HomeAssistant, household: MockConfigEntry
) -> None:
    await async_patch_twin(
        hass, household, "person", ANNA, preferences={"diet": "all", "heat": {"day": 21}}
    )
    form = await async_open(hass, household, "person", ANNA)
    await async_patch_twin(
        hass,
        household,
        "person",
        ANNA,
        contact_email="anna@example.org",
        preferences={"heat": {"night": 18}},
    )
    await async_submit(
        hass, form, gender="female", more={"preferences": {"heat": {"day": 22}, "tea": True}}
    )
    anna = runtime(household).registry.persons[ANNA]
    assert anna.contact_email == "anna@example.org"
    assert anna.gender is Gender.FEMALE
    assert anna.preferences == {"heat": {"day": 22, "night": 18}, "tea": True}


async def test_a_refused_change_keeps_what_was_shown_first_as_its_base(
    hass: HomeAssistant, household: MockConfigEntry
) -> None:
    form = await async_open(hass, household, "person", JAN)
    refused = await async_submit(hass, form, contact_email="anna@example.com", gender="male")
    assert refused["errors"] == {"contact_email": "duplicate"}
    await async_patch_twin(hass, household, "person", JAN, activity_level="light")
    result = await async_submit(hass, refused, contact_email="jan@example.com")
    assert result["reason"] == "reconfigure_successful"
    jan = runtime(household).registry.persons[JAN]
    assert jan.gender is Gender.MALE
    assert jan.contact_email == "jan@example.com"
    assert jan.activity_level is ActivityLevel.LIGHT
