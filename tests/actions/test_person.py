"""Health readings and the fields of a person."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.digital_twin.twin.metrics import CATALOGUE
from tests.common import ANNA, GOAL_ID, HOME_ID, JAN, runtime

from .conftest import Perform, Refuses

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _noon(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(NOW)


async def test_readings_are_answered_with_what_was_taken_and_moved(perform: Perform) -> None:
    response = await perform(
        "update_health_metrics",
        person=ANNA,
        metrics={"weight": {"value": 165, "unit": "lb"}, "heart_rate": 61},
        measured_at="2026-03-02 08:30:00",
        source="Scale",
    )
    measured = {"measured_at": "2026-03-02T07:30:00+00:00", "source": "Scale"}
    assert response == {
        "person_id": ANNA,
        "readings": {
            "weight": {"value": 74.843, "unit": "kg", **measured},
            "heart_rate": {"value": 61.0, "unit": "bpm", **measured},
        },
        "superseded": [],
        "goals": [
            {
                "goal_id": GOAL_ID,
                "goal_code": "G01",
                "name": "Run",
                "progress": 23.8567,
            }
        ],
    }


async def test_a_late_reading_is_named_and_changes_nothing(
    entry: MockConfigEntry, perform: Perform
) -> None:
    await perform("update_health_metrics", person=ANNA, metrics={"weight": 75})
    before = runtime(entry).registry.persons[ANNA]
    response = await perform(
        "update_health_metrics",
        person=ANNA,
        metrics={"weight": 90},
        measured_at=NOW - timedelta(days=1),
    )
    assert (response["readings"], response["superseded"]) == ({}, ["weight"])
    assert response["goals"] == []
    assert runtime(entry).registry.persons[ANNA] is before


async def test_each_reading_may_have_its_own_time_and_source(perform: Perform) -> None:
    response = await perform(
        "update_health_metrics",
        person=ANNA,
        metrics={"mood": {"value": 7, "measured_at": "2026-03-01T23:30:00", "source": "Diary"}},
    )
    mood = response["readings"]["mood"]
    assert (mood["measured_at"], mood["source"]) == ("2026-03-01T22:30:00+00:00", "Diary")


@pytest.mark.parametrize(
    ("data", "key", "field"),
    [
        ({"metrics": {"weight": 7000}}, "out_of_range_unit", "metrics.weight"),
        ({"metrics": {"weight": "heavy"}}, "wrong_type_number", "metrics.weight"),
        ({"metrics": {"weight": None}}, "required_field", "metrics.weight"),
        (
            {"metrics": {"weight": {"value": 70, "unit": "m"}}},
            "unknown_unit",
            "metrics.weight.unit",
        ),
        ({"metrics": {"luck": 7}}, "unknown_metric", "metrics.luck"),
        ({"metrics": {"weight": 70, "luck": 7}}, "unknown_metric", "metrics.luck"),
        ({"metrics": {}}, "nothing_to_do", "metrics"),
        ({"metrics": 70}, "wrong_type_object", "metrics"),
        ({}, "required_field", "metrics"),
        ({"metrics": {"weight": 70}, "mood": 7}, "unknown_field", "mood"),
        ({"metrics": {"weight": 70}, "source": " "}, "required_field", "source"),
        (
            {"metrics": {"weight": 70}, "measured_at": "2026-03-02T13:06:00"},
            "future_time",
            "measured_at",
        ),
        ({"metrics": {"weight": 70}, "measured_at": "today"}, "invalid_time", "measured_at"),
    ],
)
async def test_a_bad_reading_is_refused(
    refuses: Refuses, data: dict[str, object], key: str, field: str
) -> None:
    await refuses(key, field, "update_health_metrics", person=ANNA, **data)


async def test_an_unknown_metric_is_told_the_known_ones(refuses: Refuses) -> None:
    said = await refuses(
        "unknown_metric", "metrics.luck", "update_health_metrics", person=ANNA, metrics={"luck": 1}
    )
    assert said["allowed"].split(", ") == list(CATALOGUE)


async def test_a_person_is_changed_by_merge_patch(
    perform: Perform, device_id: Callable[[str], str]
) -> None:
    response = await perform(
        "update_person",
        person=device_id(ANNA),
        gender="FEMALE",
        activity_level="very_active",
        preferences={"diet": {"vegetarian": True}},
        contact_email=None,
        current_location_id=device_id(HOME_ID),
    )
    assert response["name"] == "Anna"
    assert response["gender"] == "Female"
    assert response["activity_level"] == "Very Active"
    assert response["preferences"] == {"diet": {"vegetarian": True}}
    assert response["contact_email"] is None
    assert response["goals_progress"]["goals"]["G01"]["name"] == "Run"
    assert response["revision"] == 2
    response = await perform("update_person", person=ANNA, preferences={"diet": None})
    assert (response["preferences"], response["gender"]) == ({}, "Female")


async def test_a_change_that_changes_nothing_raises_no_revision(perform: Perform) -> None:
    assert (await perform("update_person", person=ANNA, name="Anna"))["revision"] == 1


async def test_a_linked_person_survives_a_new_name_of_the_entity(
    entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    perform: Perform,
) -> None:
    linked = entity_registry.async_get_or_create("person", "person", "anna")
    await perform("update_person", person=ANNA, person_entity=linked.entity_id)
    assert runtime(entry).registry.persons[ANNA].person_entity == linked.id


async def test_an_entity_without_an_entry_is_kept_as_it_is(
    hass: HomeAssistant, entry: MockConfigEntry, perform: Perform
) -> None:
    hass.states.async_set("person.jan", "home")
    await perform("update_person", person=JAN, person_entity="person.jan")
    assert runtime(entry).registry.persons[JAN].person_entity == "person.jan"


@pytest.mark.parametrize(
    ("data", "key", "field"),
    [
        ({"contact_email": "A@B.PL"}, "duplicate", "contact_email"),
        ({"contact_email": "nobody"}, "invalid_email", "contact_email"),
        ({"date_of_birth": "2026-03-02"}, "not_in_past", "date_of_birth"),
        ({"date_of_birth": "yesterday"}, "invalid_date", "date_of_birth"),
        ({"timezone": "Europe/Nowhere"}, "invalid_timezone", "timezone"),
        ({"gender": "unknown"}, "not_an_option", "gender"),
        ({"name": ""}, "required_field", "name"),
        ({"name": None}, "required_field", "name"),
        ({"name": "x" * 256}, "too_long", "name"),
        ({"name": "a\nb"}, "unprintable", "name"),
        ({"preferences": []}, "wrong_type_object", "preferences"),
        ({"health_metrics": {"luck": 1}}, "unknown_metric", "health_metrics.luck"),
        ({"goals_progress": {}}, "read_only_field", "goals_progress"),
        ({"revision": 7}, "read_only_field", "revision"),
        ({"shoe_size": 38}, "unknown_field", "shoe_size"),
        ({"person_entity": "person.nobody"}, "not_found", "person_entity"),
        ({"person_entity": "sun.sun"}, "not_found", "person_entity"),
        ({"current_location_id": ANNA}, "not_found", "current_location_id"),
    ],
)
async def test_a_bad_field_is_refused(
    hass: HomeAssistant, refuses: Refuses, data: dict[str, object], key: str, field: str
) -> None:
    hass.states.async_set("sun.sun", "above_horizon")
    await refuses(key, field, "update_person", person=JAN, **data)


async def test_an_unknown_field_is_told_the_known_ones(refuses: Refuses) -> None:
    said = await refuses("unknown_field", "shoe_size", "update_person", person=JAN, shoe_size=38)
    assert {"name", "gender", "preferences"} <= {*said["allowed"].split(", ")}
    assert "person_id" not in said["allowed"]
