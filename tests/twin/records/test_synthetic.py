"""Invented values have the shape of the real ones, and nothing else of them."""

from datetime import UTC, date, datetime, timedelta
import re
from unicodedata import category

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.metrics.person import years_between
from custom_components.digital_twin.twin.records.synthetic import Invention

QUARTER = timedelta(minutes=15)
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Mn", "Mc")), min_size=4, max_size=40)
BEGIN = datetime(2000, 1, 1, tzinfo=UTC)
TIMES = st.integers(0, 10**12).map(lambda value: BEGIN + timedelta(milliseconds=value))
NUMBERS = st.floats(-1e6, 1e6).map(lambda value: round(value, 3))


@given(TEXTS)
def test_a_text_keeps_its_length_and_the_kinds_of_its_characters(text: str) -> None:
    found = Invention("secret").text(text)
    assert [category(each)[0] for each in found] == [category(each)[0] for each in text]


@given(st.sets(TEXTS, min_size=2, max_size=20))
def test_different_texts_stay_different_in_any_case(texts: set[str]) -> None:
    texts = {text for text in texts if any(each.isascii() and each.isalpha() for each in text)}
    invention = Invention("secret")
    folded = {text.casefold() for text in texts}
    assert len({invention.text(text).casefold() for text in texts}) >= len(folded)


def test_no_letter_stays_where_it_was_but_the_mark_of_a_checkbox() -> None:
    text = "- [x] Zażółć gęślą jaźń 1234\n- [ ] Привет, мир\n| a | b |"
    found = Invention("secret").text(text)
    same = "".join(one for one, other in zip(text, found, strict=True) if one == other)
    assert same == "- [x]    \n- [ ] , \n| | |".replace("| | |", "|  |  |")


def test_all_short_texts_taken_the_next_one_gets_longer() -> None:
    invention = Invention("secret")
    found = [invention.text(each) for each in "abcdefghijklmnopqrstuvwxyz0123456789"]
    assert len({*found}) == len(found)
    more = [invention.text(each) for each in "ABC"]
    assert {len(each) for each in more} == {2}


@pytest.mark.parametrize(
    ("value", "pattern"),
    [
        ("sensor.annas_scale", r"sensor\.[a-z]{5}_[a-z]{5}"),
        ("0123456789abcdef0123456789abcdef", "[0-9a-f]{32}"),
        ("Withings", "[A-Z][a-z]{7}"),
    ],
)
def test_an_entity_keeps_its_domain(value: str, pattern: str) -> None:
    found = Invention("secret").entity(value)
    assert found != value
    assert re.fullmatch(pattern, found)


@pytest.mark.parametrize(
    ("value", "begin", "end"),
    [
        ("https://anna.example/goals/Plan.md", "https://example.org/", ".md"),
        ("10_GOALS/G01_Run/README.md", "", ".md"),
        ("obsidian://vault", "obsidian://example.org", ""),
    ],
)
def test_a_link_leads_to_nobody(value: str, begin: str, end: str) -> None:
    found = Invention("secret").link(value)
    assert found.startswith(begin)
    assert found.endswith(end)
    assert found.count("/") == value.count("/")
    assert "anna" not in found


@given(st.lists(TIMES, min_size=1, max_size=40))
def test_times_keep_their_order_and_their_quarter_of_an_hour(times: list[datetime]) -> None:
    invention = Invention("secret")
    assert [invention.moment(time) for time in times] == times
    invention.settle()
    found = {time: invention.moment(time) for time in times}
    assert sorted(found.values()) == [found[time] for time in sorted(found)]
    assert len({*found.values()}) == len(found)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    assert all((time - epoch) // QUARTER == (found[time] - epoch) // QUARTER for time in times)


@given(st.lists(NUMBERS, min_size=1, max_size=40), st.floats(0, 50), st.floats(60, 1000))
def test_numbers_keep_their_order_sign_and_zero(
    values: list[float], least: float, most: float
) -> None:
    found = Invention("secret").ranked(values, "salt", least, most)
    ordered = sorted({*values})
    others = [found[value] for value in ordered]
    assert others == sorted({*others})
    assert all((value > 0) == (found[value] > 0) for value in ordered)
    assert found[0.0] == 0


def test_values_of_a_scale_stay_within_it() -> None:
    found = Invention("secret").ranked([3.0, 7.0, 8.0], "mood", 1, 10)
    assert all(1 <= found[value] <= 10 for value in (3.0, 7.0, 8.0))


@given(st.dates(date(1925, 1, 1), date(2026, 3, 1)))
def test_a_date_of_birth_is_another_one_to_which_the_same_formulas_apply(born: date) -> None:
    today = date(2026, 3, 2)
    before = years_between(born, today)
    after = years_between(Invention("secret").birth(born, today), today)
    for age in (1, 3, 6, 10, 18, 79):
        assert (before < age) is (after < age) or abs(before - age) <= 1


def test_whoever_does_not_know_the_secret_gets_other_values() -> None:
    one, other = Invention("one"), Invention("other")
    assert one.text("Anna Nowak") != other.text("Anna Nowak")
    assert one.twin_id("x") != other.twin_id("x")
    assert Invention("one", keeps_ids=True).twin_id("x") == "x"


def test_free_json_keeps_its_structure() -> None:
    found = Invention("secret").free({"diet": ["vegan", 45, -2.5, 0, True, None]})
    assert isinstance(found, dict)
    ((key, parts),) = found.items()
    assert key != "diet"
    assert isinstance(parts, list)
    text, number, negative, *rest = parts
    assert isinstance(text, str)
    assert len(text) == 5
    assert isinstance(number, int)
    assert 10 <= number <= 99
    assert isinstance(negative, float)
    assert negative < 0
    assert rest == [0, True, None]
