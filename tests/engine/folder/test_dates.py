"""Quarters in headings, days behind tasks."""

from datetime import date

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.engine.folder.dates import (
    Quarter,
    TaskText,
    iso_day_in,
    quarter_number,
    valid_day,
    without_day,
    year_in,
)


@pytest.mark.parametrize(
    ("heading", "number", "year"),
    [
        ("Q1 (Jan\u2013Mar)", 1, None),
        ("Q2 2026 (Apr-Jun) - Build", 2, 2026),
        ("2027 q4", 4, 2027),
        ("Q3/2026", 3, 2026),
        ("Q1 and Q2", None, None),
        ("2026-Q3 (Jul\u2013Sep)", 3, 2026),
        ("Q3-2026", 3, 2026),
        ("2026Q3", 3, 2026),
        ("Q3_2026", 3, 2026),
        ("Q4'27", 4, 2027),
        ("\U0001f331 Quarter 2", 2, None),
        ("Kwarta\u0142 3", 3, None),
        ("Kwarta\u0142 IV 2026", 4, 2026),
        ("II kwarta\u0142 2026", 2, 2026),
        ("3. kwarta\u0142u", 3, None),
        ("Kwarta\u0142 3/2026", 3, 2026),
        ("Kwarta\u0142 I i II", None, None),
        ("Kwarta\u0142y 1-2", None, None),
        ("I/II kwarta\u0142", None, None),
        ("Kwarta\u0142 i plany", None, None),
        ("Quarterly review 2", None, None),
        ("12026Q1", None, None),
        ("FAQ1", None, None),
        ("Q5", None, None),
        ("Roadmap (2026)", None, 2026),
        ("2026-2027", None, None),
        ("2026-03-05 review", None, 2026),
        ("In 2026 and 2027", None, None),
        ("Room 12026", None, None),
    ],
)
def test_headings_name_quarters_and_years(
    heading: str, number: int | None, year: int | None
) -> None:
    assert quarter_number(heading) == number
    assert year_in(heading) == year


@pytest.mark.parametrize(
    ("number", "first", "last"),
    [
        (1, date(2028, 1, 1), date(2028, 3, 31)),
        (2, date(2028, 4, 1), date(2028, 6, 30)),
        (3, date(2028, 7, 1), date(2028, 9, 30)),
        (4, date(2028, 10, 1), date(2028, 12, 31)),
    ],
)
def test_a_quarter_has_its_days(number: int, first: date, last: date) -> None:
    quarter = Quarter(2028, number)
    assert (quarter.first, quarter.last, quarter.key) == (first, last, f"2028_q{number}")


@pytest.mark.parametrize(
    ("text", "name", "day"),
    [
        ("Choose the days (Mar 3)", "Choose the days", (2026, 3, 3)),
        ("Choose the days \u2705 (Mar 5)", "Choose the days", (2026, 3, 5)),
        ("Choose the days \u2705", "Choose the days", None),
        ("Choose the days \u2714\ufe0f", "Choose the days", None),
        ("Choose (3 March)", "Choose", (2026, 3, 3)),
        ("Choose (Mar 3rd, 2027)", "Choose", (2027, 3, 3)),
        ("Choose (due: 2027-01-02)", "Choose", (2027, 1, 2)),
        ("Choose (by Sept. 3)", "Choose", (2026, 9, 3)),
        ("Wybierz (3 pa\u017adziernika)", "Wybierz", (2026, 10, 3)),
        ("Choose 2027-01-02", "Choose", (2027, 1, 2)),
        ("Choose \U0001f4c5 2027-01-02 \u2705 2027-01-05", "Choose", (2027, 1, 2)),
        ("Choose \u2705 2027-01-05 \U0001f4c5 2027-01-02", "Choose", (2027, 1, 2)),
        ("Choose \u2795 2027-01-01 \u2705 2027-01-05", "Choose", None),
        ("Choose \U0001f5d3\ufe0f 2027-01-02", "Choose", (2027, 1, 2)),
        (
            "Choose \u23eb \U0001f501 every week \u23f3 2027-01-01 \U0001f4c5 2027-01-02 ^a-1",
            "Choose",
            (2027, 1, 2),
        ),
        ("Choose [due:: 2027-01-02] [completion:: 2027-01-05]", "Choose", (2027, 1, 2)),
        ("Choose (priority:: high)", "Choose", None),
        ("Choose 2^10", "Choose 2^10", None),
        ("Heat to 60\u00b0", "Heat to 60\u00b0", None),
        ("Drink cafe\u0301", "Drink cafe\u0301", None),
        ("Run \U0001f3c3\U0001f3fd\u200d\u2642\ufe0f", "Run", None),
        ("Choose \u2014 2027-01-02", "Choose", (2027, 1, 2)),
        ("Choose (3 pairs)", "Choose (3 pairs)", None),
        ("Choose (Feb 30)", "Choose (Feb 30)", None),
        ("Choose (see below)", "Choose (see below)", None),
        ("Meet on 2027-01-02 in town", "Meet on 2027-01-02 in town", None),
        ("\u2705", "\u2705", None),
        ("2027-01-02", "2027-01-02", None),
        ("", "", None),
    ],
)
def test_a_day_behind_a_task_is_no_part_of_its_name(
    text: str, name: str, day: tuple[int, int, int] | None
) -> None:
    found = without_day(text, 2026)
    assert (found.name, found.due or found.day) == (name, date(*day) if day else None)


@pytest.mark.parametrize(
    ("text", "name", "due", "done"),
    [
        ("Run \U0001f4c5 2026-03-03 #sport", "Run", 3, None),
        ("Run #sport/run #fun \U0001f4c5 2026-03-03 #a", "Run", 3, None),
        ("Run \u2705 2026-03-10", "Run", None, 10),
        ("Run \u2705 2026-03-10 #sport", "Run", None, 10),
        ("Run \U0001f4c5 2026-03-03 \u2705 2026-03-10", "Run", 3, 10),
        ("Run [due:: 2026-03-03] [completion:: 2026-03-10]", "Run", 3, 10),
        ("Run \u274c 2026-03-10", "Run", None, None),
        ("Mend fault #12", "Mend fault #12", None, None),
        ("Learn C#", "Learn C#", None, None),
        ("#sport", "#sport", None, None),
    ],
)
def test_signs_of_plugins_tell_due_days_from_days_of_completion(
    text: str, name: str, due: int | None, done: int | None
) -> None:
    days = [date(2026, 3, day) if day else None for day in (due, done)]
    assert without_day(text, 2026) == (name, *days, None)


def test_a_day_whose_year_nobody_says_is_cut_all_the_same() -> None:
    assert without_day("Choose (Mar 3)", None) == TaskText("Choose")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-06-30 Half-time", date(2026, 6, 30)),
        ("from 2026-06-30 to 2026-07-30", None),
        ("2026-13-30", None),
        ("\u0662\u0660\u0662\u0666-06-30", None),
        ("none", None),
    ],
)
def test_a_heading_may_name_one_day(text: str, day: date | None) -> None:
    assert iso_day_in(text) == day


def test_days_that_no_calendar_has_are_none() -> None:
    assert valid_day(2026, 2, 29) is None


def test_a_day_that_no_goal_takes_is_none() -> None:
    """One such day must not cost the other items of its checklist."""
    assert without_day("Choose 0001-01-01", 2026) == TaskText("Choose 0001-01-01")
    assert iso_day_in("3000-01-01") is None


@given(st.text(max_size=60), st.none() | st.integers(2000, 2099))
def test_no_text_breaks_the_reading(text: str, year: int | None) -> None:
    name = without_day(text, year).name
    assert text.startswith(name)
    assert bool(name) == bool(text)
