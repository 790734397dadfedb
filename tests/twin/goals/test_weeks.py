"""What happened in the last weeks."""

from dataclasses import replace
from datetime import date
from itertools import pairwise

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.goals.key_result_parts import DayValue
from custom_components.digital_twin.twin.goals.weeks import (
    Week,
    mean_weeks,
    progress_weeks,
    weeks_until,
)

from ..samples import goal

MONDAYS = [date(2026, 2, 16), date(2026, 2, 23), date(2026, 3, 2)]
NOTHING = Week(None)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 57))
def test_weeks_begin_on_monday_and_the_last_has_today(today: date, count: int) -> None:
    weeks = weeks_until(today, count)
    assert len(weeks) == count
    assert {week.weekday() for week in weeks} == {0}
    assert 0 <= (today - weeks[-1]).days < 7
    assert all((after - before).days == 7 for before, after in pairwise(weeks))


@pytest.mark.parametrize(
    ("start", "history", "gained", "at_end"),
    [
        (None, {}, [None, None, None], [None, None, None]),
        # What there was before the first day is not known.
        (None, {"2026-02-18": 20, "2026-02-20": 30}, [None, 0, 0], [30, 30, 30]),
        # A goal that began in that week began with nothing.
        ("2026-02-17", {"2026-02-18": 20, "2026-02-20": 30}, [30, 0, 0], [30, 30, 30]),
        ("2026-01-01", {"2026-02-18": 20, "2026-02-26": 35.5}, [None, 15.5, 0], [20, 35.5, 35.5]),
        # A Sunday belongs to the week before, and what is lost is negative.
        ("2026-01-01", {"2026-02-10": 50, "2026-03-01": 40}, [0, -10, 0], [50, 40, 40]),
        # Nothing is known of a week before everything.
        ("2026-01-01", {"2026-03-03": 10}, [None, None, None], [None, None, 10]),
    ],
)
def test_a_goal_gains_in_a_week(
    start: str | None,
    history: dict[str, float],
    gained: list[float | None],
    at_end: list[float | None],
) -> None:
    points = tuple(
        DayValue(date.fromisoformat(day), value) for day, value in sorted(history.items())
    )
    found = progress_weeks(replace(goal(start_date=start), progress_history=points), MONDAYS)
    assert [week.value for week in found] == gained
    assert [week.at_end for week in found] == at_end


def test_items_that_were_done_are_named() -> None:
    items = [
        {"name": f"Step {number}", "state": "done", "done": "2026-02-25"} for number in range(7)
    ]
    items += [
        {"name": "Late", "state": "done", "done": "2026-03-08"},
        {"name": "Tomorrow", "state": "done", "done": "2026-03-09"},
        {"name": "Before", "state": "done", "done": "2026-02-15"},
        {"name": "Some day", "state": "done"},
        {"name": "Open", "state": "todo"},
    ]
    steps = {"name": "Steps", "kind": "checklist", "items": items}
    found = progress_weeks(goal(progress_metrics=[steps]), MONDAYS)
    assert [(week.happened, week.more) for week in found] == [
        ((), 0),
        (("Step 0", "Step 1", "Step 2", "Step 3", "Step 4"), 2),
        (("Late",), 0),
    ]


def test_days_have_a_mean() -> None:
    days = [
        (date(2026, 2, 15), 1.0),
        (date(2026, 2, 16), 60.0),
        (date(2026, 2, 22), 62.0),
        (date(2026, 3, 8), 70.0),
        (date(2026, 3, 9), 1.0),
    ]
    assert mean_weeks(days, MONDAYS) == [Week(61.0), NOTHING, Week(70.0)]
