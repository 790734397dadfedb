"""Patches and errors of forms, without a form."""

import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.surfaces.flows.forms import FormErrors, difference
from custom_components.digital_twin.twin.errors import Fault, fault
from custom_components.digital_twin.twin.values import freeze_object, merge_patch, thaw_object

PLACES = {"name": "name", "scope": "scope", "preferences": "more"}

objects = st.recursive(
    st.booleans()
    | st.integers(0, 2)
    | st.text(max_size=3)
    | st.lists(st.integers(0, 1) | st.booleans(), max_size=2),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True)


@given(
    before=st.dictionaries(st.sampled_from("abc"), objects),
    after=st.dictionaries(st.sampled_from("abc"), objects),
)
def test_the_difference_of_two_objects_is_the_patch_between_them(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    patch = difference(before, after)
    merged = thaw_object(merge_patch(freeze_object(before), freeze_object(patch)))
    # Python's comparison does not tell True from 1, as JSON does.
    assert _json(merged) == _json(after)
    assert difference(after, after) == {}


@given(after=st.dictionaries(st.sampled_from("abc"), objects))
def test_the_difference_from_nothing_is_everything(after: dict[str, Any]) -> None:
    assert difference(None, after) == after
    assert difference(after, None) == dict.fromkeys(after)


@pytest.mark.parametrize(
    ("before", "after"),
    [({"a": 1}, {"a": True}), ({"a": [0, 1]}, {"a": [False, 1]}), ({"a": [1]}, {"a": [1, 1]})],
)
def test_values_that_are_not_the_same_in_json_differ(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    assert difference(before, after) == after
    assert _json(difference(before, after)) == _json(after)


def test_what_is_no_object_replaces() -> None:
    assert difference({"a": 1}, ["a"]) == ["a"]
    assert difference({"a": {"b": 1}, "c": 2}, {"a": [1], "c": 2}) == {"a": [1]}


@pytest.mark.parametrize(
    ("faults", "keys", "placeholders"),
    [
        ((), {}, {}),
        ((fault("too_long", "name", maximum=255),), {"name": "too_long"}, {"maximum": "255"}),
        ((fault("wrong_type", "preferences", value=3),), {"more": "wrong_type"}, {}),
        ((fault("too_long", "scope.floors", maximum=9),), {"scope": "too_long"}, {"maximum": "9"}),
        ((fault("not_found", "scope.areas[0]", value="x"),), {"scope": "not_found"}, {}),
        ((fault("not_found", "residents[0]", value="x"),), {"base": "not_found"}, {}),
        (
            (fault("too_long", "name[2].part[0].x", maximum=9),),
            {"name": "nested_too_long"},
            {"maximum": "9", "number": "3", "part": "part[0].x"},
        ),
        # One error above each input, and none that would make another one lie.
        (
            (fault("too_long", "name", maximum=9), fault("unprintable", "name")),
            {"name": "too_long"},
            {"maximum": "9"},
        ),
        (
            (fault("too_long", "name", maximum=9), fault("too_long", "scope", maximum=8)),
            {"name": "too_long"},
            {"maximum": "9"},
        ),
        (
            (fault("too_long", "name", maximum=9), fault("too_long", "scope", maximum=9)),
            {"name": "too_long", "scope": "too_long"},
            {"maximum": "9"},
        ),
    ],
)
def test_each_fault_is_an_error_of_its_form_field(
    faults: tuple[Fault, ...], keys: dict[str, str], placeholders: dict[str, str]
) -> None:
    errors = FormErrors(PLACES)
    errors.add(faults)
    assert errors.keys == keys
    assert errors.placeholders == placeholders
