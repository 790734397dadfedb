"""What happens to a goal follows from how it was and how it is."""

from datetime import date

import pytest

from custom_components.digital_twin.twin.enums import GoalStatus
from custom_components.digital_twin.twin.goals.assessment import (
    GoalEventType,
    GoalSnapshot,
    assess_goal,
    events_between,
    forecast_of,
    goal_events,
    goal_snapshot,
    reached_milestones,
)
from custom_components.digital_twin.twin.goals.goal import Goal
from custom_components.digital_twin.twin.goals.pace import Pace
from custom_components.digital_twin.twin.goals.references import DependencyGraph

from ..samples import RUN, goal

YEAR = {"start_date": "2026-01-01", "target_date": "2026-12-31", "status": "Active"}
STAGES = [
    {"name": "First", "date": "2026-04-02"},
    {"name": "Second", "date": "2026-07-02", "progress": 40},
]


def _goal(current: float | None = None, **fields: object) -> Goal:
    books = {"name": "Books", "kind": "accumulate", "target": 100, "current": current}
    return goal(RUN, progress_metrics=[books], **fields)


def _moment(
    status: GoalStatus = GoalStatus.ACTIVE,
    pace: Pace | None = Pace.ON_TRACK,
    milestones: tuple[str, ...] = ("a", "b"),
    reached: tuple[str, ...] = (),
) -> GoalSnapshot:
    return GoalSnapshot(
        status=status,
        pace=pace,
        milestones={key: key.upper() for key in milestones},
        reached=frozenset(reached),
    )


def test_a_goal_that_stays_as_it_is_makes_no_news() -> None:
    assert list(goal_events(_moment(), _moment())) == []


@pytest.mark.parametrize(
    ("after", "news"),
    [
        (
            _moment(status=GoalStatus.ON_HOLD, pace=Pace.PAUSED),
            [
                ("status_changed", {"from": "active", "to": "on_hold"}),
                ("pace_changed", {"from": "on_track", "to": "paused"}),
            ],
        ),
        (
            _moment(status=GoalStatus.COMPLETED),
            [("status_changed", {"from": "active", "to": "completed"}), ("completed", {})],
        ),
        (_moment(pace=None), [("pace_changed", {"from": "on_track", "to": None})]),
        (
            _moment(reached=("a", "b")),
            [
                ("milestone_reached", {"milestone": "A"}),
                ("milestone_reached", {"milestone": "B"}),
            ],
        ),
        (_moment(milestones=("a", "b", "c"), reached=("c",)), []),
        (_moment(milestones=("a",)), []),
    ],
)
def test_each_change_is_told_once(after: GoalSnapshot, news: list[tuple[str, object]]) -> None:
    found = [(each.kind.slug, each.details) for each in goal_events(_moment(), after)]
    assert found == news


def test_a_milestone_that_slips_back_is_no_news() -> None:
    assert list(goal_events(_moment(reached=("a",)), _moment())) == []


@pytest.mark.parametrize(
    ("current", "reached"),
    [(None, set()), (19.9, set()), (20, {"first"}), (39, {"first"}), (40, {"first", "second"})],
)
def test_a_milestone_wants_its_progress_or_that_of_the_plan(
    current: float | None, reached: set[str]
) -> None:
    # The plan reaches 40 % on the second day, and half of it in between.
    assert reached_milestones(_goal(current, **YEAR, milestones=STAGES)) == reached


@pytest.mark.parametrize(
    ("done", "figure", "reached"),
    [
        ((), 0, set()),
        (("a",), 0, set()),
        (("a", "b"), 0, {"q1"}),
        (("b", "c"), 0, {"q2"}),
        (("a", "b", "c"), 0, {"q1", "q2"}),
        # Most of the figure counts in the progress of the goal, and is no step.
        ((), 100, set()),
        (("a", "b"), 100, {"q1"}),
    ],
)
def test_a_milestone_with_steps_of_the_roadmap_is_reached_when_they_are_done(
    done: tuple[str, ...], figure: float, reached: set[str]
) -> None:
    dues = {"a": "2026-02-01", "b": "2026-03-31", "c": "2026-06-30", "d": None}
    items = [
        {"id": name, "name": name, "due": due, "state": "done" if name in done else "todo"}
        for name, due in dues.items()
    ]
    made = goal(
        RUN,
        start_date="2026-01-01",
        target_date="2026-12-31",
        milestones=[
            {"key": "q1", "name": "Q1", "date": "2026-03-31", "progress": 50},
            {"key": "q2", "name": "Q2", "date": "2026-06-30", "progress": 75},
        ],
        progress_metrics=[
            {"key": "roadmap", "name": "Roadmap", "kind": "checklist", "items": items},
            {"key": "done", "name": "Done", "target": 100, "baseline": 0, "current": figure,
             "weight": 5},
        ],
    )  # fmt: skip
    assert reached_milestones(made) == reached


def test_without_a_plan_only_a_milestone_with_a_progress_can_be_reached() -> None:
    assert reached_milestones(_goal(100, milestones=STAGES)) == {"second"}
    no_target = [{"name": "First", "date": "2025-01-01"}]
    assert reached_milestones(_goal(50, start_date="2026-01-01", milestones=no_target)) == set()


def test_a_moment_keeps_what_can_change() -> None:
    moment = goal_snapshot(_goal(20, **YEAR, milestones=STAGES), Pace.BEHIND)
    assert moment == GoalSnapshot(
        status=GoalStatus.ACTIVE,
        pace=Pace.BEHIND,
        milestones={"first": "First", "second": "Second"},
        reached=frozenset({"first"}),
    )


def test_events_follow_from_two_revisions_and_their_assessments() -> None:
    before = _goal(10, **YEAR, milestones=STAGES)
    after = _goal(20, **YEAR, milestones=STAGES)
    found = [(each.kind.slug, each.details) for each in events_between(before, None, after, None)]
    assert found == [("milestone_reached", {"milestone": "First"})]
    graph = DependencyGraph({RUN: ()})
    today = date(2026, 7, 2)
    forecasts = {RUN: forecast_of(after, today)}
    assessment = assess_goal(after, {RUN: after}, graph, forecasts, today)
    assert list(events_between(after, None, after, assessment)) == [
        (GoalEventType.PACE_CHANGED, {"from": None, "to": "at_risk"})
    ]
