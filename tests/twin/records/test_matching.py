"""Keys stay with what they name."""

from collections.abc import Mapping

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.records.naming import MAX_COMPARED, match_keys

NAMES = st.lists(st.text("ab ", min_size=1, max_size=6), max_size=8)


@pytest.mark.parametrize(
    ("names", "known", "keys"),
    [
        (["A", "B"], {}, ["a", "b"]),
        (["A", "A"], {}, ["a", "a_2"]),
        (["B", "A"], {"one": "A", "two": "B"}, ["two", "one"]),
        (["A", "A", "A"], {"one": "A", "two": "A"}, ["one", "two", "a"]),
        (["Find a good route"], {"route": "Find a route"}, ["route"]),
        (["Something else"], {"route": "Find a route"}, ["something_else"]),
        # A key that has gone is not given to something new.
        (["Route!"], {"route": "Sleep until noon"}, ["route_2"]),
        (["Roadmap"], {}, ["roadmap_2"]),
        (["!"], {}, ["x"]),
        # Of two names that look like an old one, the more alike takes its key.
        (["Buy blue shoes", "Buy shoes now"], {"shoes": "Buy shoes"}, ["buy_blue_shoes", "shoes"]),
    ],
)
def test_names_keep_their_keys(names: list[str], known: Mapping[str, str], keys: list[str]) -> None:
    assert match_keys(names, known, "x", ["roadmap"]) == keys


def test_of_very_many_new_names_none_is_compared() -> None:
    names = [f"Step {number}" for number in range(MAX_COMPARED + 1)]
    assert "old" not in match_keys(names, {"old": "Step 0!"}, "x")


@given(NAMES, NAMES)
def test_no_two_have_the_same_key_and_nothing_changes_twice(
    before: list[str], after: list[str]
) -> None:
    first = match_keys(before, {}, "x")
    known = dict(zip(first, before, strict=True))
    second = match_keys(after, known, "x")
    assert len(set(second)) == len(after)
    assert match_keys(before, known, "x") == first
