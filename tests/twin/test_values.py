from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.values import (
    PlainJson,
    freeze,
    freeze_object,
    merge_patch,
    number_from_text,
    same_json,
    thaw,
    thaw_object,
)

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
OBJECTS = st.dictionaries(st.text(max_size=3), DOCUMENTS, max_size=5)


@given(DOCUMENTS)
def test_thawing_undoes_freezing(document: PlainJson) -> None:
    assert thaw(freeze(document)) == document


def test_a_frozen_value_cannot_be_changed_from_outside() -> None:
    inner = [1]
    frozen = freeze_object({"a": inner})
    inner.append(2)
    assert frozen == {"a": (1,)}
    with pytest.raises(TypeError):
        frozen["b"] = 1  # type: ignore[index]  # that is the point


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), 2**64, -(2**63) - 1, {1: 2}, {"a": {3}}, [b"x"], object()]
)
def test_what_json_does_not_have_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="is not a JSON"):
        freeze(value)


def test_the_depth_is_limited() -> None:
    freeze([[[1]]], 3)
    with pytest.raises(RecursionError):
        freeze([[[1]]], 2)
    with pytest.raises(RecursionError):
        freeze({"a": {"b": {}}}, 2)


@pytest.mark.parametrize(
    ("target", "patch", "expected"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
        ({"a": 1}, {"a": {"b": 2}}, {"a": {"b": 2}}),
    ],
)
def test_merge_patch_does_what_the_rfc_shows(
    target: dict[str, object], patch: dict[str, object], expected: dict[str, object]
) -> None:
    assert thaw_object(merge_patch(freeze_object(target), freeze_object(patch))) == expected


@given(OBJECTS, OBJECTS)
def test_a_merge_patch_applied_twice_is_applied_once(
    target: dict[str, object], patch: dict[str, object]
) -> None:
    once = merge_patch(freeze_object(target), freeze_object(patch))
    assert merge_patch(once, freeze_object(patch)) == once


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"a": 1, "b": [2, None]}, {"b": (2.0, None), "a": 1.0}, True),
        (1, True, False),
        (True, 1, False),
        (0, False, False),
        ({"a": [0]}, {"a": [False]}, False),
        (True, True, True),
        ([1, 2], [2, 1], False),
        ([1], [1, 1], False),
        ({"a": None}, {}, False),
        ("1", 1, False),
        (None, None, True),
        (2**53 + 1, float(2**53), False),
    ],
)
def test_documents_are_compared_as_json(one: object, other: object, same: bool) -> None:
    assert same_json(one, other) is same


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("70", 70),
        (" -70.5 ", -70.5),
        ("+.5", 0.5),
        ("7.", 7),
        ("1e3", 1000),
        ("1E-3", 0.001),
        ("1_0", None),
        ("٣", None),
        ("7\uff12", None),
        ("nan", None),
        ("inf", None),
        ("Infinity", None),
        ("1e999", None),
        ("0x10", None),
        ("1,5", None),
        ("", None),
        (".", None),
        ("1 0", None),
    ],
)
def test_a_number_is_read_from_plain_digits_only(text: str, number: float | None) -> None:
    assert number_from_text(text) == number
