"""The days of a goal are its start, its milestones and its target."""

from dataclasses import replace
from datetime import UTC, date, datetime

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.goals.goal import (
    GOAL,
    DayKind,
    Goal,
    goal_days,
    goal_plan,
    measured,
    planned_alike,
)
from custom_components.digital_twin.twin.goals.key_result_parts import DayValue
from custom_components.digital_twin.twin.goals.plan import Hold
from custom_components.digital_twin.twin.goals.progress import History, update_progress
from custom_components.digital_twin.twin.records.fields import Context, PersonDay
from custom_components.digital_twin.twin.records.revisions import touch

from ..samples import RUN, goal

HALF = {"name": "Half", "date": "2026-06-30"}
DATED: dict[str, object] = {
    "start_date": "2026-01-01",
    "target_date": "2026-12-31",
    "milestones": [HALF],
}


def test_every_dated_part_of_a_goal_is_a_day() -> None:
    days = sorted(goal_days(goal(RUN, **DATED, description="Why")))
    assert [(day.day, day.kind, day.milestone) for day in days] == [
        (date(2026, 1, 1), DayKind.START, ""),
        (date(2026, 6, 30), DayKind.MILESTONE, "Half"),
        (date(2026, 12, 31), DayKind.TARGET, ""),
    ]
    assert {(day.goal_code, day.name, day.description) for day in days} == {("G01", "Run", "Why")}


def test_a_day_keeps_its_uid_when_it_is_moved_or_renamed() -> None:
    moved = DATED | {
        "start_date": "2026-02-01",
        "milestones": [{"key": "half", "name": "Middle", "date": "2026-07-01"}],
    }
    before = {day.uid for day in goal_days(goal(RUN, **DATED))}
    assert {day.uid for day in goal_days(goal(RUN, **moved))} == before
    assert before == {f"{RUN}-start", f"{RUN}-milestone-half", f"{RUN}-target"}


def test_a_goal_without_dates_has_no_days() -> None:
    assert list(goal_days(goal())) == []


def test_an_archived_goal_has_no_days() -> None:
    assert list(goal_days(goal(RUN, **DATED, status="Archived"))) == []
    assert len(list(goal_days(goal(RUN, **DATED, status="Completed")))) == 3


NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CONTEXT = Context(now=NOW, today=NOW.date())
ITEMS = [{"name": "One", "due": "2026-05-01"}, {"name": "Two"}]
SAVINGS = {"name": "Savings", "kind": "accumulate", "target": 5000, "current": 100}
MEASURED = {**DATED, "status": "active", "progress_metrics": [SAVINGS]}


def test_a_goal_that_was_measured_is_its_next_revision_with_all_that_follows() -> None:
    before = goal(RUN, **MEASURED)
    days = PersonDay(UTC)
    update = {"key_result": "Savings", "increment": 400}
    key_results = update_progress(before.progress_metrics, update, CONTEXT, days)
    touched = touch(before, CONTEXT, progress_metrics=key_results)
    after = measured(before, key_results, CONTEXT)
    assert after == GOAL.derive(before, touched, CONTEXT)
    assert (after.revision, after.progress) == (before.revision + 1, 10.0)
    assert after.progress_history == (DayValue(NOW.date(), 10.0),)
    assert measured(before, before.progress_metrics, CONTEXT) is before


@pytest.mark.parametrize(
    "parts",
    [
        {"start_date": "2026-02-01"},
        {"target_date": "2027-12-31"},
        {"milestones": []},
        {"progress_metrics": []},
        {"progress_metrics": [SAVINGS | {"current": None}]},
        {"progress_metrics": [SAVINGS | {"target": 12}]},
        {"progress_metrics": [SAVINGS, SAVINGS | {"name": "More"}]},
        {"progress_metrics": [{"name": "Savings", "kind": "checklist", "items": ITEMS}]},
    ],
)
def test_another_definition_is_another_plan(parts: dict[str, object]) -> None:
    one, other = goal(RUN, **MEASURED), goal(RUN, **MEASURED | parts)
    assert not planned_alike(one, other)
    assert not planned_alike(other, one)


def test_another_value_is_the_same_plan_and_days_on_hold_are_not() -> None:
    one = goal(RUN, **MEASURED)
    other = goal(RUN, **MEASURED | {"progress_metrics": [SAVINGS | {"current": 200}]})
    assert planned_alike(one, other)
    assert not planned_alike(one, replace(one, holds=(Hold(NOW.date()),)))


KEY_RESULTS: st.SearchStrategy[dict[str, object]] = st.sampled_from(
    [
        SAVINGS,
        SAVINGS | {"current": 200},
        SAVINGS | {"current": None},
        SAVINGS | {"weight": 3},
        SAVINGS | {"target": 12, "current": 3},
        SAVINGS | {"target": 12, "current": 3.5},
        {"name": "Savings", "kind": "boolean", "current": False},
        {"name": "Savings", "kind": "maintain", "minimum": 1, "current": 2},
        {"name": "Savings", "kind": "checklist", "items": ITEMS},
        {"name": "Savings", "kind": "checklist", "items": [*ITEMS, {"name": "Three"}]},
        {"name": "Done", "key": "definition_of_done", "kind": "checklist", "items": ITEMS},
    ]
)
GOALS = st.fixed_dictionaries(
    {
        "start_date": st.sampled_from([None, "2026-01-01", "2026-02-01"]),
        "target_date": st.sampled_from([None, "2026-06-30", "2026-12-31"]),
        "milestones": st.sampled_from([[], [HALF]]),
        "progress_metrics": st.lists(
            KEY_RESULTS, max_size=2, unique_by=lambda each: str(each["name"])
        ),
    }
).map(lambda parts: goal(RUN, **parts))
HISTORIES = st.lists(st.dates(date(2026, 1, 1), date(2026, 3, 1)), max_size=3, unique=True).map(
    lambda days: tuple(DayValue(day, 10.0) for day in sorted(days))
)


@given(GOALS, GOALS, HISTORIES, HISTORIES)
def test_goals_that_are_planned_alike_have_the_same_plan(
    one: Goal, other: Goal, first: History, second: History
) -> None:
    one, other = replace(one, progress_history=first), replace(other, progress_history=second)
    if planned_alike(one, other):
        assert goal_plan(one) == goal_plan(other)
