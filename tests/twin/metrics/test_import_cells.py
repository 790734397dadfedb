"""Times, numbers and durations as people and devices write them."""

from datetime import UTC, date, datetime, time, timedelta, timezone

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.metrics.import_cells import (
    DateOrder,
    date_order,
    decimal_mark,
    minutes_of,
    parse_when,
    split_number,
    words_of,
)

WARSAW = timezone(timedelta(hours=1))


def local(*parts: int) -> datetime:
    """Return a time without an offset."""
    year, month, day, hour, minute, second = (*parts, 0, 0)[:6]
    return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001  # as many files have it


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2026-03-01", date(2026, 3, 1)),
        ("2026/3/1", date(2026, 3, 1)),
        ("2026-3-1 7:30", local(2026, 3, 1, 7, 30)),
        ("2026-03-01T08:00:00.000", local(2026, 3, 1, 8)),
        ("2026-03-01T08:00:00Z", datetime(2026, 3, 1, 8, tzinfo=UTC)),
        ("2026-03-01 08:00:00 +0100", datetime(2026, 3, 1, 8, tzinfo=WARSAW)),
        ("1772352000", datetime(2026, 3, 1, 8, tzinfo=UTC)),
        ("1772352000000", datetime(2026, 3, 1, 8, tzinfo=UTC)),
        ("1772352000000000000", datetime(2026, 3, 1, 8, tzinfo=UTC)),
        ("Mar 1 2026", date(2026, 3, 1)),
        ("March 1, 2026 7:49 PM", local(2026, 3, 1, 19, 49)),
        ("1 mar 2026 07:49", local(2026, 3, 1, 7, 49)),
        ("1 paź 2026", date(2026, 10, 1)),
        ("01.03.2026, 08:00", local(2026, 3, 1, 8)),
        ("01-03-2026 08:00", local(2026, 3, 1, 8)),
        ("1/3/26 08:00:01", local(2026, 3, 1, 8, 0, 1)),
        ("7:49 AM", time(7, 49)),
        ("12:05 AM", time(0, 5)),
    ],
)
def test_a_time_is_read_as_it_is_written(text: str, when: object) -> None:
    assert parse_when(text, DateOrder.DAY_FIRST) == when


def test_the_order_decides_a_short_date_but_not_one_with_dots() -> None:
    assert parse_when("3/4/2026", DateOrder.DAY_FIRST) == date(2026, 4, 3)
    assert parse_when("3/4/2026", DateOrder.MONTH_FIRST) == date(2026, 3, 4)
    assert parse_when("3.4.2026", DateOrder.MONTH_FIRST) == date(2026, 4, 3)


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01", "31/31/2026", "May 2026", "25:00"])
def test_anything_else_is_no_time(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # of several modules
        parse_when(text, DateOrder.DAY_FIRST)


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["2026-03-01"], DateOrder.NONE),
        (["3/4/2026", "13/4/2026"], DateOrder.DAY_FIRST),
        (["3/4/2026", "3/14/2026"], DateOrder.MONTH_FIRST),
        (["3/4/2026", "5/6/2026 08:00"], DateOrder.AMBIGUOUS),
        (["13/4/2026", "4/13/2026"], DateOrder.AMBIGUOUS),
        (["3.4.2026"], DateOrder.DAY_FIRST),
        (["1772352000", "Mar 1 2026"], DateOrder.NONE),
    ],
)
def test_the_order_of_dates_is_that_of_all_of_them(texts: list[str], order: DateOrder) -> None:
    assert date_order(texts) is order


@pytest.mark.parametrize(
    ("text", "mark", "number"),
    [
        ("70.5", ".", (70.5, "")),
        ("70,5", ",", (70.5, "")),
        ("1,234.5", ".", (1234.5, "")),
        ("1.234,5", ",", (1234.5, "")),
        ("12 345", ",", (12345, "")),
        ("12\u00a0345", ",", (12345, "")),
        ("12,345", ".", (12345, "")),
        ("1,234,567", ",", (1234567, "")),
        ("80.1 kg", ".", (80.1, "kg")),
        ("97%", ".", (97, "%")),
        ("-0.3", ".", (-0.3, "")),
        ("Low", ".", None),
        ("", ".", None),
        ("1e999", ".", None),
    ],
)
def test_a_number_is_read_with_the_mark_of_its_file(
    text: str, mark: str, number: tuple[float, str] | None
) -> None:
    assert split_number(text, mark) == number


def test_three_digits_after_a_mark_are_thousands_of_what_has_no_parts() -> None:
    assert split_number("12,345", ",", whole=True) == (12345, "")
    assert split_number("12,345", ",") == (12.345, "")


@pytest.mark.parametrize(
    ("texts", "delimiter", "mark"),
    [
        (["70,5", "12,345"], ",", ","),
        (["70.5", "12,345"], ";", "."),
        (["1.234.567"], ",", ","),
        (["12,345"], ",", "."),
        (["12,345"], ";", ","),
        (["70.5", "70,5"], ";", ","),
    ],
)
def test_the_decimal_mark_is_that_of_the_file(texts: list[str], delimiter: str, mark: str) -> None:
    assert decimal_mark(texts, delimiter) == mark


@given(st.floats(0.01, 9e6).map(lambda value: round(value, 2)))
def test_a_number_with_two_decimals_is_read_back_from_both_ways_of_writing(value: float) -> None:
    english = f"{value:,.2f}"
    german = english.translate(str.maketrans(",.", ".,"))
    assert split_number(english, ".") == split_number(german, ",") == (value, "")


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("7:32", 452), ("7h 32m", 452), ("452 min", 452), ("7h", 420), ("07:32:10", 452), ("x", None)],
)
def test_a_duration_is_minutes(text: str, minutes: float | None) -> None:
    assert minutes_of(text) == minutes


def test_the_words_of_a_name_are_plain() -> None:
    assert words_of("restingHeartRate") == ("resting", "heart", "rate")
    assert words_of("Średnie tętno (SpO2)") == ("srednie", "tetno", "sp", "o2")
