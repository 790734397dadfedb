"""Where a goal stands among all of them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import pytest

from custom_components.digital_twin.twin.goals.assessment import (
    GoalAssessment,
    LateDependency,
    assess_goal,
    assessment_document,
    forecast_of,
)
from custom_components.digital_twin.twin.goals.forecast import Forecast, ForecastState
from custom_components.digital_twin.twin.goals.goal import Goal
from custom_components.digital_twin.twin.goals.key_result_parts import DayValue
from custom_components.digital_twin.twin.goals.pace import Pace
from custom_components.digital_twin.twin.goals.references import DependencyGraph
from custom_components.digital_twin.twin.values import PlainJson

from ..samples import READ, RUN, goal

TODAY = date(2026, 2, 10)
START = "2026-01-01"
TARGET = "2026-04-11"


def half(share: float = 0.4) -> dict[str, object]:
    return {"progress_metrics": [{"name": "A", "baseline": 0, "target": 1, "current": share}]}


def run(**parts: object) -> Goal:
    dates = {"start_date": START, "target_date": TARGET, "status": "Active"}
    return goal(RUN, goal_code="G01", **{**dates, **half(), **parts})


def read(**parts: object) -> Goal:
    return goal(READ, goal_code="G02", **{"status": "Active", **parts})


def stand(
    one: Goal, *others: Goal, forecasts: Mapping[str, Forecast] | None = None
) -> GoalAssessment:
    goals = {each.goal_id: each for each in (one, *others)}
    known = {key: forecast_of(each, TODAY) for key, each in goals.items()} | dict(forecasts or {})
    graph = DependencyGraph({key: each.dependencies for key, each in goals.items()})
    return assess_goal(one, goals, graph, known, TODAY)


def test_a_goal_on_its_plan() -> None:
    found = stand(run(milestones=[{"name": "Spring", "date": "2026-03-20", "progress": 78}]))
    assert found.pace is Pace.ON_TRACK
    assert (found.progress, found.planned, found.slack_days) == (40, 40, 0)
    assert found.needed_per_week == 7
    assert found.next_milestone is not None
    assert found.next_milestone.name == "Spring"
    assert found.forecast.state is ForecastState.TOO_LITTLE_HISTORY


def test_a_goal_waits_for_those_it_depends_on_by_their_codes() -> None:
    found = stand(run(dependencies=[READ]), read())
    assert found.pace is Pace.BLOCKED
    assert found.blocked_by == (READ,)
    assert found.reason.placeholders == {"goals": "G02"}


@pytest.mark.parametrize("status", ["Planning", "Active", "On Hold", "Archived"])
def test_only_a_completed_goal_blocks_nobody(status: str) -> None:
    assert stand(run(dependencies=[READ]), read(status=status)).pace is Pace.BLOCKED
    assert stand(run(dependencies=[READ]), read(status="Completed")).pace is Pace.ON_TRACK


def test_goals_of_a_cycle_do_not_block_each_other() -> None:
    found = stand(run(dependencies=[READ]), read(dependencies=[RUN]))
    assert (found.pace, found.blocked_by) == (Pace.ON_TRACK, ())


def test_a_goal_without_change_for_two_weeks_is_stalled() -> None:
    history = (DayValue(TODAY - timedelta(days=20), 20.0), DayValue(TODAY, 20.0))
    late = run(**half(0.2))
    assert stand(replace(late, progress_history=history)).pace is Pace.STALLED


@pytest.mark.parametrize(
    ("parts", "pace"),
    [
        ({}, Pace.STALLED),
        ({"start_date": "2026-01-28"}, Pace.AT_RISK),
        ({"start_date": "2026-01-27"}, Pace.STALLED),
        ({"start_date": "2026-02-20"}, Pace.NOT_STARTED),
    ],
)
def test_a_goal_is_not_stalled_by_what_was_before_its_start(
    parts: dict[str, object], pace: Pace
) -> None:
    made = run(**{"target_date": "2026-03-04", **half(0.2), **parts})
    history = (DayValue(TODAY - timedelta(days=40), 20.0),)
    assert stand(replace(made, progress_history=history)).pace is pace


@pytest.mark.parametrize(("days", "pace"), [(13, Pace.BEHIND), (14, Pace.STALLED)])
def test_a_goal_that_was_taken_up_again_is_not_stalled_by_its_rest(days: int, pace: Pace) -> None:
    history = (DayValue(TODAY - timedelta(days=40), 30.0),)
    since = TODAY - timedelta(days=days)
    found = stand(replace(run(**half(0.3)), progress_history=history, active_since=since))
    assert found.pace is pace


def test_what_is_achieved_needs_nothing_more() -> None:
    found = stand(run(status="Completed"))
    assert (found.pace, found.slack_days, found.needed_per_week) == (Pace.ACHIEVED, None, None)
    assert found.forecast.state is ForecastState.FINISHED


def test_a_goal_that_was_given_up_has_no_forecast() -> None:
    assert stand(run(status="Archived")).forecast.state is ForecastState.UNKNOWN


def finish(day: date) -> Forecast:
    return Forecast(state=ForecastState.FINISH, finish=day)


@pytest.mark.parametrize(
    ("own_target", "day", "late"),
    [
        ("2026-03-01", date(2026, 3, 2), (date(2026, 3, 1), True)),
        ("2026-03-01", date(2026, 3, 1), None),
        (None, date(2026, 4, 12), (date(2026, 4, 11), False)),
        (None, date(2026, 4, 11), None),
        ("2026-12-31", date(2026, 4, 12), (date(2026, 4, 11), False)),
    ],
)
def test_a_dependency_that_will_be_late_is_named(
    own_target: str | None, day: date, late: tuple[date, bool] | None
) -> None:
    other = read(target_date=own_target)
    found = stand(run(dependencies=[READ]), other, forecasts={READ: finish(day)})
    expected = (LateDependency(READ, day, *late),) if late else ()
    assert found.late_dependencies == expected


def test_nobody_waits_for_a_late_dependency_of_a_closed_goal() -> None:
    late = {READ: finish(date(2027, 1, 1))}
    closed = run(dependencies=[READ], status="Completed")
    assert stand(closed, read(target_date=TARGET), forecasts=late).late_dependencies == ()


def test_the_document_of_a_standing() -> None:
    found = stand(
        run(dependencies=[READ], milestones=[{"name": "Spring", "date": "2026-03-20"}]),
        read(target_date="2026-02-20"),
        forecasts={READ: finish(date(2026, 2, 28))},
    )
    expected: dict[str, PlainJson] = {
        "progress": 40.0,
        "planned_progress": 25.641,
        "pace": "blocked",
        "pace_reason": {"key": "blocked", "goals": "G02"},
        "slack_days": 22,
        "needed_per_week": 7.0,
        "forecast": {
            "state": "too_little_history",
            "finish": None,
            "early": None,
            "late": None,
            "per_week": None,
            "wide": False,
        },
        "next_milestone": {"key": "spring", "name": "Spring", "date": "2026-03-20"},
        "blocked_by": [READ],
        "late_dependencies": [
            {
                "goal_id": READ,
                "finish": "2026-02-28",
                "target": "2026-02-20",
                "own_target": True,
            }
        ],
        "silent_sources": [],
    }
    assert assessment_document(found) == expected


def test_the_document_of_a_goal_of_which_little_is_known() -> None:
    document = assessment_document(stand(goal(RUN, status="Archived")))
    assert (document["pace"], document["next_milestone"]) == (None, None)
