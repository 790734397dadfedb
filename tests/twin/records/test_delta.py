from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.records.revisions import (
    DeltaError,
    applied,
    created,
    difference,
    removed,
    reverted,
)
from custom_components.digital_twin.twin.values import same_json

SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-2, 2) | st.text(max_size=2)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=1), inner),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(st.sampled_from("abc"), VALUES)


@given(DOCUMENTS, DOCUMENTS)
def test_a_delta_leads_there_and_back(before: dict[str, Any], after: dict[str, Any]) -> None:
    delta = difference(before, after)
    assert same_json(applied(before, delta), after)
    assert same_json(reverted(after, delta), before)


@given(DOCUMENTS)
def test_there_is_no_difference_to_itself(document: dict[str, Any]) -> None:
    assert difference(document, dict(reversed(document.items()))) == []


@given(DOCUMENTS)
def test_a_document_comes_and_goes(document: dict[str, Any]) -> None:
    assert applied(None, created(document)) == document
    assert reverted(document, created(document)) is None
    assert applied(document, removed(document)) is None
    assert reverted(None, removed(document)) == document


@pytest.mark.parametrize(
    ("before", "after", "steps"),
    [
        ({"a": 1}, {"a": 1.0}, []),
        ({"a": 1}, {"a": True}, [{"p": ["a"], "b": 1, "a": True}]),
        ({"a": None}, {}, [{"p": ["a"], "b": None}]),
        ({}, {"a": None}, [{"p": ["a"], "a": None}]),
        ({"a": [1, 2, 3]}, {"a": [1, 3]}, [{"p": ["a", 1], "b": [2], "a": []}]),
        ({"a": [{"x": 1}]}, {"a": [{"x": 2}]}, [{"p": ["a", 0, "x"], "b": 1, "a": 2}]),
        ({"a": [1, 2]}, {"a": [1, 5]}, [{"p": ["a", 1], "b": [2], "a": [5]}]),
    ],
)
def test_a_delta_names_only_what_differs(
    before: dict[str, Any], after: dict[str, Any], steps: list[Any]
) -> None:
    assert difference(before, after) == steps


def test_a_tick_in_a_long_list_is_a_short_delta() -> None:
    items = [{"name": f"Lesson {number}", "state": "todo"} for number in range(1000)]
    ticked = [*items[:500], {**items[500], "state": "done"}, *items[501:]]
    assert difference({"items": items}, {"items": ticked}) == [
        {"p": ["items", 500, "state"], "b": "todo", "a": "done"}
    ]


@pytest.mark.parametrize(
    "delta",
    [
        [{"p": ["x", 0], "b": [], "a": [1]}],
        [{"p": ["list", 9], "b": [], "a": [1]}],
        [{"p": ["list", 0], "b": 1, "a": 2}],
        [{"p": ["list", "x"], "b": 1, "a": 2}],
        [{"p": ["scalar", "x"], "a": 2}],
        [{}],
    ],
)
def test_a_delta_of_another_document_is_refused(delta: list[Any]) -> None:
    with pytest.raises(DeltaError):
        applied({"list": [1], "scalar": 1}, delta)


def test_the_document_itself_stays() -> None:
    document = {"a": {"b": [1]}}
    applied(document, [{"p": ["a", "b", 0], "b": [1], "a": [2]}])
    assert document == {"a": {"b": [1]}}
