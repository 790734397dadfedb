"""Quick entries: amounts with a name, as they are read, kept, found and written."""

from collections.abc import Mapping
from typing import Any

from hypothesis import given
import pytest

from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.metrics.person import (
    PERSON,
    SUGGESTIONS,
    find_quick_entry,
    quick_entries_without,
)
from custom_components.digital_twin.twin.metrics.recording import (
    MAX_QUICK_AMOUNTS,
    MAX_QUICK_ENTRIES,
    QuickAmount,
    QuickEntry,
    parse_quick_entries,
    quick_entry_document,
)
from custom_components.digital_twin.twin.records.revisions import change, decode, encode

from ..refusals import only_refuses, refused
from ..samples import context, person
from ..strategies import ANYTHING

WATER = {"name": "Glass of water", "metrics": {"hydration": {"value": 250, "unit": "mL"}}}
COFFEE = {
    "name": "Coffee",
    "icon": "mdi:coffee",
    "metrics": {"caffeine": {"value": 100, "unit": "mg"}, "hydration": 250},
}
MOOD = {"name": "Good mood", "metrics": {"mood": 8}}


def test_an_entry_has_a_key_from_its_name_and_a_unit_for_each_value() -> None:
    assert parse_quick_entries([COFFEE], context()) == (
        QuickEntry(
            key="coffee",
            name="Coffee",
            icon="mdi:coffee",
            metrics={"caffeine": QuickAmount(100, "mg"), "hydration": QuickAmount(250, "mL")},
        ),
    )


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (250, (250, "mL")),
        ({"value": 0.25, "unit": "L"}, (0.25, "L")),
        ({"value": 8, "unit": "fl oz"}, (8, "fl. oz.")),
        ({"value": 250, "unit": None}, (250, "mL")),
        (0, (0, "mL")),
    ],
)
def test_a_value_keeps_the_unit_in_which_it_was_given(
    amount: object, expected: tuple[float, str]
) -> None:
    (entry,) = parse_quick_entries([{"name": "A", "metrics": {"hydration": amount}}], context())
    assert entry.metrics["hydration"] == expected


@pytest.mark.parametrize(
    ("raw", "faults"),
    [
        ("tea", [("wrong_type", "")]),
        (["tea"], [("wrong_type", "[0]")]),
        ([{}], [("required_field", "[0].name"), ("required_field", "[0].metrics")]),
        ([{"name": "A", "metrics": {}}], [("required_field", "[0].metrics")]),
        ([{"name": "A", "metrics": [250]}], [("wrong_type", "[0].metrics")]),
        ([WATER | {"color": "blue"}], [("unknown_field", "[0].color")]),
        ([WATER | {"icon": "cup"}], [("invalid_icon", "[0].icon")]),
        ([WATER | {"icon": "mdi:<b>"}], [("invalid_icon", "[0].icon")]),
        ([{"name": "A", "metrics": {"tea": 1}}], [("unknown_metric", "[0].metrics.tea")]),
        (
            [{"name": "A", "metrics": {"hydration": {"value": 1, "unit": "kg"}}}],
            [("unknown_unit", "[0].metrics.hydration.unit")],
        ),
        (
            [{"name": "A", "metrics": {"hydration": 99_999}}],
            [("out_of_range", "[0].metrics.hydration")],
        ),
        (
            [{"name": "A", "metrics": {"hydration": {"value": 31, "unit": "L"}}}],
            [("out_of_range", "[0].metrics.hydration")],
        ),
        (
            [{"name": "A", "metrics": {"hydration": {"unit": "L"}}}],
            [("required_field", "[0].metrics.hydration.value")],
        ),
        ([{"name": "A", "metrics": {"mood": "4"}}], [("wrong_type", "[0].metrics.mood.value")]),
        ([WATER, WATER | {"name": "GLASS of water"}], [("duplicate", "[1].name")]),
        (
            [WATER | {"key": "a"}, COFFEE | {"key": "a"}],
            [("duplicate", "[1].key")],
        ),
        ([WATER] * (MAX_QUICK_ENTRIES + 1), [("too_long", "")]),
        (
            [{"name": "A", "metrics": dict.fromkeys(list(CATALOGUE)[: MAX_QUICK_AMOUNTS + 1], 1)}],
            [("too_long", "[0].metrics")],
        ),
    ],
)
def test_what_is_refused_is_named(raw: object, faults: list[tuple[str, str]]) -> None:
    with refused(*faults):
        parse_quick_entries(raw, context())


@given(ANYTHING)
def test_anything_is_read_or_refused(raw: object) -> None:
    entries = only_refuses(lambda: parse_quick_entries(raw, context()))
    if entries:
        documents = [quick_entry_document(entry) for entry in entries]
        assert parse_quick_entries(documents, context()) == entries


def test_a_patch_replaces_the_list_and_null_clears_it() -> None:
    anna = person(quick_entries=[WATER, COFFEE])
    assert change(PERSON, anna, {"quick_entries": [WATER, COFFEE]}, context()) is anna
    changed = change(PERSON, anna, {"quick_entries": [MOOD]}, context())
    assert [entry.name for entry in changed.quick_entries] == ["Good mood"]
    assert change(PERSON, changed, {"quick_entries": None}, context()).quick_entries == ()


def test_an_older_record_has_none_and_a_stored_one_comes_back() -> None:
    anna = person(quick_entries=[WATER, COFFEE])
    document: dict[str, Any] = encode(PERSON, anna)
    assert decode(PERSON, document, context(stored=True)) == anna
    del document["quick_entries"]
    assert decode(PERSON, document, context(stored=True)).quick_entries == ()


def test_a_stored_metric_of_the_household_may_be_gone() -> None:
    stored = [{"key": "a", "name": "A", "metrics": {"pills": {"value": 1, "unit": "pcs"}}}]
    (entry,) = parse_quick_entries(stored, context(stored=True))
    assert entry.metrics["pills"] == (1, "pcs")


@pytest.mark.parametrize("wanted", ["coffee", "Coffee", " COFFEE "])
def test_an_entry_is_found_by_its_key_or_its_name_in_any_case(wanted: str) -> None:
    assert find_quick_entry(person(quick_entries=[WATER, COFFEE]), wanted).key == "coffee"


def test_a_key_wins_over_a_name() -> None:
    anna = person(quick_entries=[COFFEE | {"key": "tea"}, WATER | {"key": "x", "name": "Tea"}])
    assert find_quick_entry(anna, "tea").name == "Coffee"
    assert find_quick_entry(anna, "Tea").name == "Tea"


@pytest.mark.parametrize(
    ("entries", "wanted", "key"),
    [
        ([WATER], "tea", "unknown_item"),
        ([WATER], "", "required_field"),
        ([WATER], None, "required_field"),
        ([WATER], 7, "wrong_type"),
        ([], "tea", "no_quick_entries"),
    ],
)
def test_an_entry_that_is_not_there_is_refused(
    entries: list[Mapping[str, object]], wanted: object, key: str
) -> None:
    with refused((key, "entry")):
        find_quick_entry(person(quick_entries=entries), wanted)


def test_the_choice_is_said_where_there_is_no_such_entry() -> None:
    with refused(("unknown_item", "entry")) as placeholders:
        find_quick_entry(person(quick_entries=[WATER, COFFEE]), "tea")
    assert placeholders[0]["allowed"] == "Glass of water, Coffee"


def test_a_metric_that_goes_takes_its_amounts_and_empty_entries_with_it() -> None:
    anna = person(quick_entries=[WATER, COFFEE, MOOD])
    patch: Any = quick_entries_without(anna, "hydration")
    assert {each["name"]: [*each["metrics"]] for each in patch["quick_entries"]} == {
        "Coffee": ["caffeine"],
        "Good mood": ["mood"],
    }
    assert quick_entries_without(anna, "weight") == {}


@pytest.mark.parametrize("suggestion", SUGGESTIONS)
def test_what_is_suggested_can_be_recorded(suggestion: str) -> None:
    metrics = dict(SUGGESTIONS[suggestion].metrics)
    raw = {"name": suggestion, "icon": SUGGESTIONS[suggestion].icon, "metrics": metrics}
    assert parse_quick_entries([raw], context())
