"""Creating, changing and storing a record, on the person as the one with most kinds of fields."""

from datetime import date
import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.enums import ActivityLevel, Gender
from custom_components.digital_twin.twin.errors import TwinError
from custom_components.digital_twin.twin.goals.goal import GOAL
from custom_components.digital_twin.twin.home.home import HOME
from custom_components.digital_twin.twin.metrics.person import PERSON, Person
from custom_components.digital_twin.twin.records.fields import Kind
from custom_components.digital_twin.twin.records.revisions import (
    change,
    changed_fields,
    create,
    decode,
    encode,
    touch,
)
from custom_components.digital_twin.twin.values import PlainJson

from ..refusals import refusal, refused
from ..samples import ANNA, HOUSE, JAN, LATER, NOW, RUN, context, goal, home, person
from ..strategies import ANYTHING, objects

FULL_PERSON = {
    "name": "Anna",
    "date_of_birth": "1990-05-17",
    "gender": "female",
    "contact_email": "anna@example.org",
    "timezone": "America/New_York",
    "person_entity": "person.anna",
    "health_metrics": {"weight": 71.4, "steps": {"value": 5000, "source": "watch"}},
    "preferences": {"diet": {"vegetarian": True}, "lights": ["warm", 3]},
    "activity_level": "very_active",
    "metric_sources": {"weight": ["sensor.scale"], "steps": ["sensor.watch"]},
}
FULL_HOME = {
    "name": "House",
    "address": {"street": "Prosta 1", "city": "Łódź"},
    "location_coordinates": {"type": "Point", "coordinates": [19.4, 51.7]},
    "zone": "zone.home",
    "residents": [ANNA, JAN],
    "scope": {"floors": ["ground"], "outdoor_areas": ["garden"]},
}
FULL_GOAL = {
    "goal_code": "G01",
    "name": "Run",
    "description": "Three runs a week.\nSlowly.",
    "owner_person_id": ANNA,
    "status": "active",
    "start_date": "2026-01-01",
    "target_date": "2026-12-31",
    "progress_metrics": [
        {"name": "Pulse", "baseline": 65, "target": 55, "current": 60, "unit": "bpm"},
        {"name": "Shoes", "kind": "checklist", "items": [{"name": "Buy", "state": "done"}]},
    ],
    "roadmap_link": "G01/Roadmap.md",
    "dependencies": [JAN],
}


def faults_of(error: TwinError) -> dict[str, str]:
    return {fault.field: fault.key for fault in error.faults}


def test_a_new_record_has_its_defaults_and_its_first_revision() -> None:
    anna = create(PERSON, {"name": " Anna "}, context(), ANNA)
    assert anna == Person(
        person_id=ANNA,
        name="Anna",
        date_of_birth=None,
        gender=None,
        contact_email=None,
        timezone="Europe/Warsaw",
        person_entity=None,
        current_location_id=None,
        health_metrics={},
        preferences={},
        activity_level=None,
        day_start=0,
        metric_sources={},
        health_entities=True,
        revision=1,
        last_updated=NOW,
    )


def test_input_is_read_into_the_types_of_the_record() -> None:
    anna = create(PERSON, FULL_PERSON, context(), ANNA)
    assert anna.date_of_birth == date(1990, 5, 17)
    assert anna.gender is Gender.FEMALE
    assert anna.activity_level is ActivityLevel.VERY_ACTIVE
    assert anna.preferences["lights"] == ("warm", 3)
    assert anna.health_metrics["weight"].value == 71.4
    assert anna.health_metrics["steps"].source == "watch"


def test_every_fault_is_found_at_once() -> None:
    document = {
        "person_id": ANNA,
        "goals_progress": {},
        "nickname": "A",
        "gender": "x",
        "date_of_birth": "2030-01-01",
        "health_metrics": {"weight": 9000},
    }
    with pytest.raises(TwinError) as caught:
        create(PERSON, document, context(), ANNA)
    assert faults_of(caught.value) == {
        "person_id": "read_only_field",
        "goals_progress": "read_only_field",
        "nickname": "unknown_field",
        "gender": "not_an_option",
        "date_of_birth": "not_in_past",
        "health_metrics.weight": "out_of_range",
        "name": "required_field",
    }


def test_an_unknown_field_is_told_which_there_are() -> None:
    with pytest.raises(TwinError) as caught:
        create(PERSON, {"name": "Anna", "mail": "x"}, context(), ANNA)
    allowed = caught.value.placeholders["allowed"].split(", ")
    assert "contact_email" in allowed
    assert not {"person_id", "revision", "last_updated", "goals_progress"} & {*allowed}


@pytest.mark.parametrize(
    ("patch", "field", "expected"),
    [
        ({"name": "Ania"}, "name", "Ania"),
        ({"contact_email": None}, "contact_email", None),
        ({"timezone": None}, "timezone", "Europe/Warsaw"),
        ({"preferences": {"diet": None}}, "preferences", {"lights": ("warm", 3)}),
        (
            {"preferences": {"diet": {"vegan": True}}},
            "preferences",
            {"diet": {"vegetarian": True, "vegan": True}, "lights": ("warm", 3)},
        ),
        ({"preferences": None}, "preferences", {}),
    ],
)
def test_a_patch_changes_what_it_names(
    patch: dict[str, object], field: str, expected: object
) -> None:
    before = create(PERSON, FULL_PERSON, context(), ANNA)
    after = change(PERSON, before, patch, context(LATER))
    assert getattr(after, field) == expected
    assert changed_fields(PERSON, before, after) == [field, "revision", "last_updated"]
    assert (after.revision, after.last_updated) == (2, LATER)


def test_a_reading_is_replaced_whole_or_removed() -> None:
    before = create(PERSON, FULL_PERSON, context(), ANNA)
    patch = {"health_metrics": {"weight": None, "steps": 6000, "mood": 7}}
    metrics = change(PERSON, before, patch, context(LATER)).health_metrics
    assert {key: reading.value for key, reading in metrics.items()} == {"steps": 6000, "mood": 7}
    assert metrics["steps"].source == "manual"
    assert metrics["steps"].measured_at == LATER


@pytest.mark.parametrize(
    "patch",
    [
        {},
        {"name": "Anna"},
        {"gender": "Female", "activity_level": "Very Active"},
        {"date_of_birth": "1990-05-17"},
        {"preferences": {}},
        {"preferences": {"diet": {"vegetarian": True}}},
        {"preferences": {"lights": ["warm", 3.0]}},
        {"metric_sources": {"weight": ["sensor.scale"]}},
        {"current_location_id": None} | {"person_entity": "person.anna"},
    ],
)
def test_a_patch_without_effect_returns_the_same_record(patch: dict[str, object]) -> None:
    before = create(PERSON, FULL_PERSON, context(), ANNA)
    patch.pop("current_location_id", None)
    assert change(PERSON, before, patch, context(LATER)) is before


def test_true_and_one_are_two_values() -> None:
    before = person(preferences={"alarm": 1})
    after = change(PERSON, before, {"preferences": {"alarm": True}}, context())
    assert after.preferences["alarm"] is True
    assert after.revision == 2


@pytest.mark.parametrize(
    ("patch", "faults"),
    [
        ({"name": None}, {"name": "required_field"}),
        ({"revision": 7}, {"revision": "read_only_field"}),
        ({"last_updated": None}, {"last_updated": "read_only_field"}),
        ({"mail": None}, {"mail": "unknown_field"}),
        ({"preferences": "x"}, {"preferences": "wrong_type"}),
        ({"preferences": {"a": {1: 2}}}, {"preferences": "wrong_type"}),
        ({"current_location_id": HOUSE}, {"current_location_id": "read_only_field"}),
        (
            {"name": "", "contact_email": "anna"},
            {"name": "required_field", "contact_email": "invalid_email"},
        ),
    ],
)
def test_a_bad_patch_is_refused_as_a_whole(
    patch: dict[str, object], faults: dict[str, str]
) -> None:
    before = create(PERSON, FULL_PERSON, context(), ANNA)
    with pytest.raises(TwinError) as caught:
        change(PERSON, before, patch, context())
    assert faults_of(caught.value) == faults


def test_a_person_without_a_tracker_may_say_where_they_are() -> None:
    anna = change(PERSON, person(), {"current_location_id": HOUSE}, context())
    assert anna.current_location_id == HOUSE


@pytest.mark.parametrize(
    ("kind", "twin_id", "document"),
    [(PERSON, ANNA, FULL_PERSON), (HOME, HOUSE, FULL_HOME), (GOAL, RUN, FULL_GOAL)],
)
def test_what_is_stored_comes_back(
    kind: Kind[Person], twin_id: str, document: dict[str, object]
) -> None:
    record = create(kind, document, context(), twin_id)
    stored = json.loads(json.dumps(encode(kind, record)))
    assert list(stored) == list(kind.fields)
    assert decode(kind, stored, context(LATER, stored=True)) == record
    assert encode(kind, decode(kind, stored, context(stored=True))) == stored


def test_a_stored_record_is_read_with_fields_that_are_unknown_or_not_there_yet() -> None:
    stored = {"person_id": ANNA, "name": "Anna", "from_the_future": 1}
    anna = decode(PERSON, stored, context(stored=True))
    assert (anna.name, anna.revision, anna.timezone) == ("Anna", 1, "Europe/Warsaw")


def test_a_damaged_record_tells_all_that_is_wrong_with_it() -> None:
    stored = {"person_id": "x", "revision": 0, "gender": "x"}
    with pytest.raises(TwinError) as caught:
        decode(PERSON, stored, context(stored=True))
    assert faults_of(caught.value) == {
        "person_id": "invalid_id",
        "name": "required_field",
        "gender": "not_an_option",
        "revision": "wrong_type",
    }


def test_a_clock_that_was_set_back_damages_nothing() -> None:
    anna = create(PERSON, FULL_PERSON, context(LATER), ANNA)
    assert decode(PERSON, encode(PERSON, anna), context(stored=True)) == anna


def test_touching_makes_the_next_revision() -> None:
    after = touch(person(), context(LATER), name="Ania")
    assert (after.name, after.revision, after.last_updated) == ("Ania", 2, LATER)


@pytest.mark.parametrize(
    ("scope", "faults"),
    [
        ([], {"scope": "wrong_type"}),
        ({"rooms": ["a"]}, {"scope.rooms": "unknown_field"}),
        ({"areas": "kitchen"}, {"scope.areas": "wrong_type"}),
        ({"areas": ["a", 1]}, {"scope.areas[1]": "wrong_type"}),
    ],
)
def test_a_scope_names_its_parts(scope: object, faults: dict[str, str]) -> None:
    with pytest.raises(TwinError) as caught:
        home(scope=scope)
    assert faults_of(caught.value) == faults


def test_one_part_of_a_scope_is_changed_alone() -> None:
    before = home(scope={"areas": ["kitchen"], "labels": ["indoor"]})
    after = change(HOME, before, {"scope": {"areas": ["hall"], "labels": None}}, context())
    assert (after.scope.areas, after.scope.labels) == (("hall",), ())


@pytest.mark.parametrize(
    ("patch", "faults"),
    [
        ({"dependencies": [RUN]}, {"dependencies": "self_dependency"}),
        (
            {"start_date": "2026-05-02", "target_date": "2026-05-01"},
            {"target_date": "dates_reversed"},
        ),
        ({"start_date": "2027-01-01"}, {"start_date": "dates_reversed"}),
        ({"goal_code": "two words"}, {"goal_code": "invalid_code"}),
        ({"progress_metrics": [{"name": "x", "target": []}]}, None),
    ],
)
def test_a_goal_is_whole_in_itself(patch: dict[str, object], faults: dict[str, str] | None) -> None:
    before = goal(target_date="2026-12-31")
    with pytest.raises(TwinError) as caught:
        change(GOAL, before, patch, context())
    assert faults is None or faults_of(caught.value) == faults


@pytest.mark.parametrize(
    ("kind", "document"), [(PERSON, FULL_PERSON), (HOME, FULL_HOME), (GOAL, FULL_GOAL)]
)
def test_the_same_document_in_another_order_is_no_change(
    kind: Kind[Any], document: dict[str, object]
) -> None:
    before = create(kind, document, context(), ANNA)
    written = encode(kind, before)
    patch = {name: _rewritten(written[name]) for name in kind.writable}
    if written.get("person_entity"):
        del patch["current_location_id"]
    assert change(kind, before, patch, context(LATER)) is before


def _rewritten(value: PlainJson) -> PlainJson:
    """Write a document with its keys in the opposite order and all numbers as floats."""
    match value:
        case dict():
            return {key: _rewritten(value[key]) for key in reversed(value)}
        case list():
            return [_rewritten(each) for each in value]
        case int() if value > 1:
            return float(value)
    return value


def test_a_private_person_is_not_made_public_by_null() -> None:
    private = person(health_entities=False)
    with refused(("required_field", "health_entities")):
        change(PERSON, private, {"health_entities": None}, context(LATER))
    with refused(("required_field", "health_entities")):
        person(health_entities=None)
    stored = encode(PERSON, private) | {"health_entities": None}
    with refused(("required_field", "health_entities")):
        decode(PERSON, stored, context(stored=True))


@given(
    st.sampled_from([name for name, entry in PERSON.fields.items() if entry.private]),
    ANYTHING | objects(*CATALOGUE) | st.dictionaries(st.sampled_from([*CATALOGUE]), ANYTHING),
)
def test_the_fault_of_a_private_field_has_no_value(name: str, value: object) -> None:
    for write in (
        lambda: create(PERSON, {"name": "Anna", name: value}, context(), ANNA),
        lambda: change(PERSON, person(), {name: value}, context()),
        lambda: decode(PERSON, {**encode(PERSON, person()), name: value}, context(stored=True)),
    ):
        faults = refusal(write)
        assert not any("value" in found.placeholders for found in faults)


def test_the_private_fields_are_these() -> None:
    assert {name for name, entry in PERSON.fields.items() if entry.private} == {
        "date_of_birth",
        "contact_email",
        "context",
        "health_metrics",
        "quick_entries",
    }
