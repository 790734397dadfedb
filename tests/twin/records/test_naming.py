from collections.abc import Collection, Mapping
from time import thread_time
from timeit import repeat

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.errors import refuse
from custom_components.digital_twin.twin.records.naming import (
    MAX_COMPARED,
    match_keys,
    parse_keyed,
    unique_slug,
)

from ..refusals import refused


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Resting pulse (7-day mean)", "resting_pulse_7_day_mean"),
        ("  VO2 max  ", "vo2_max"),
        ("Köszönöm São Paulo", "koszonom_sao_paulo"),
        ("Główny cel", "glowny_cel"),
        ("ガイド", "ガイド"),
        ("Straße", "strasse"),
        ("睡眠 スコア", "睡眠_スコア"),
        ("__a__b__", "a_b"),
        ("🎯", "thing"),
        ("", "thing"),
    ],
)
def test_keys_are_read_by_people(name: str, expected: str) -> None:
    assert unique_slug(name, (), "thing") == expected


def test_equal_keys_are_numbered() -> None:
    assert unique_slug("Run", {"run"}, "thing") == "run_2"
    assert unique_slug("Run", {"run", "run_2", "run_3"}, "thing") == "run_4"
    assert unique_slug("!", {"thing"}, "thing") == "thing_2"


@given(st.text(), st.sets(st.sampled_from(["a", "a_2", "thing", "thing_2"])))
def test_a_key_is_never_empty_and_never_taken(name: str, taken: set[str]) -> None:
    slug = unique_slug(name, taken, "thing")
    assert slug
    assert slug not in taken
    assert unique_slug(slug, (), "thing") == slug


@pytest.mark.parametrize("letter", ["a", "\u00df", "\ufdfa"])
def test_a_key_is_no_longer_than_a_name_may_be(letter: str) -> None:
    """Else what was taken once could not be read from the disk again."""
    first = unique_slug(letter * 255, (), "thing")
    assert len(unique_slug(letter * 255, {first}, "thing")) <= 255


def _keyed(value: object, maximum: int = 10) -> tuple[str, ...]:
    def parse(raw: object, taken: Collection[str]) -> str:
        if not isinstance(raw, dict):
            raise refuse("wrong_type", "name", value=raw)
        key = raw.get("key")
        return key if isinstance(key, str) else unique_slug(raw["name"], taken, "thing")

    return parse_keyed(value, parse, key="key", key_of=str, maximum=maximum)


def test_a_chosen_key_is_kept_wherever_it_stands() -> None:
    assert _keyed([{"name": "Run"}, {"name": "Run"}, {"name": "x", "key": "run"}]) == (
        "run_2",
        "run_3",
        "run",
    )


def test_a_key_chosen_twice_is_refused_the_second_time() -> None:
    with refused(("duplicate", "[2].key")) as placeholders:
        _keyed([{"key": "a"}, {"key": "b"}, {"key": "a"}])
    assert placeholders[0]["value"] == "a"


def test_all_faulty_elements_are_named() -> None:
    with refused(("wrong_type", "[0].name"), ("wrong_type", "[2].name")):
        _keyed([1, {"key": "a"}, None])


@pytest.mark.parametrize("value", [{"key": "a"}, "a", None, 3])
def test_only_a_list_is_a_list(value: object) -> None:
    with refused(("wrong_type", "")):
        _keyed(value)


def test_a_list_has_an_end() -> None:
    assert len(_keyed([{"name": "a"}] * 3, maximum=3)) == 3
    with refused(("too_long", "")) as placeholders:
        _keyed([{"name": "a"}] * 4, maximum=3)
    assert placeholders[0]["maximum"] == "3"


def test_many_equal_names_take_no_longer_each() -> None:
    def seconds(count: int) -> float:
        items = [{"name": "Run"}] * count
        return min(repeat(lambda: _keyed(items, count), number=1, repeat=5, timer=thread_time))

    assert seconds(2000) < 30 * seconds(200)


def test_numbers_that_were_chosen_are_left_out() -> None:
    items = [{"name": "Run"}, {"name": "Run"}, {"key": "run_2", "name": "x"}, {"name": "Run"}]
    assert _keyed(items) == ("run", "run_3", "run_2", "run_4")


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
