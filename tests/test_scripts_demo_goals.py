"""The goals of the demo home: each verdict is the one that its story tells, on any day."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
import re
from typing import Final

import pytest

from custom_components.digital_twin.twin.enums import ItemState
from custom_components.digital_twin.twin.goals.assessment import (
    GoalAssessment,
    assess_goal,
    forecast_of,
)
from custom_components.digital_twin.twin.goals.goal import GOAL, Goal, measured
from custom_components.digital_twin.twin.goals.pace import Pace
from custom_components.digital_twin.twin.goals.progress import update_progress
from custom_components.digital_twin.twin.goals.references import DependencyGraph
from custom_components.digital_twin.twin.goals.weeks import progress_weeks, weeks_until
from custom_components.digital_twin.twin.records.fields import PersonDay
from custom_components.digital_twin.twin.records.revisions import change, create
from scripts.demo.custom_components.demo_home.diary import ANNA
from scripts.demo.furnish import ZONE
from scripts.demo.goals import Plan, plans
from scripts.demo.goals_folder import write_goals
from scripts.demo.goals_past import LEARNED, NORWEGIAN, learned
from scripts.demo.people import readings
from scripts.demo.twins import Daily

from .twin.samples import context

TODAYS: Final = (date(2026, 11, 28), date(2027, 1, 1), date(2028, 2, 29))
PACES: Final = {
    "G01": Pace.ON_TRACK,
    "G02": Pace.BLOCKED,
    "G03": Pace.ON_TRACK,
    "G04": Pace.PAUSED,
    "G08": Pace.ACHIEVED,
    "G09": Pace.BEHIND,
    "G10": Pace.NOT_STARTED,
    "G11": Pace.AHEAD,
    "G12": Pace.OVERDUE,
    "G13": Pace.AT_RISK,
    "G14": Pace.ON_TRACK,
    "G15": Pace.ACHIEVED,
    "G16": Pace.ACHIEVED,
}


@cache
def _plans(today: date) -> tuple[Plan, ...]:
    now = datetime.combine(today, time(12), UTC)
    return (*plans(today, Daily(readings(ANNA, now, ZONE), today)),)


@cache
def _goals(today: date) -> Mapping[str, Goal]:
    """Return the goals by code as they are after all that was done for them."""
    return {plan.code: _lived(plan, today) for plan in _plans(today)}


def _lived(plan: Plan, today: date) -> Goal:
    """Do for a goal what was done for it, as the actions of the demo home do."""
    now = context(datetime.combine(today, time(12), UTC))
    now = replace(now, today=today)
    document = {"goal_code": plan.code, "name": plan.name, **plan.fields}
    goal = create(GOAL, document, now, plan.code)
    goal = GOAL.derive(None, goal, now)
    for step in plan.steps:
        moment = datetime.combine(today - timedelta(days=step.ago), time(20, 15), ZONE)
        update = {**step.update, "measured_at": moment.isoformat()}
        done = update_progress(goal.progress_metrics, update, now, PersonDay(ZONE))
        goal = measured(goal, done, now)
    after = GOAL.derive(goal, change(GOAL, goal, plan.becomes, now), now)
    # Here codes are the ids.
    return replace(after, dependencies=plan.waits_for)


def _assessed(today: date) -> Mapping[str, GoalAssessment]:
    goals = _goals(today)
    graph = DependencyGraph({code: goal.dependencies for code, goal in goals.items()})
    forecasts = {code: forecast_of(goal, today) for code, goal in goals.items()}
    return {code: assess_goal(goal, goals, graph, forecasts, today) for code, goal in goals.items()}


@pytest.mark.parametrize("today", TODAYS)
def test_every_verdict_is_that_of_its_story(today: date) -> None:
    found = _assessed(today)
    assert {code: each.pace for code, each in found.items()} == PACES
    # Nobody is months behind, or ahead, of anything.
    for code, each in found.items():
        if each.pace in (Pace.ON_TRACK, Pace.AHEAD, Pace.BEHIND, Pace.AT_RISK):
            assert abs(each.slack_days or 0) <= 30, code


def test_goals_wait_for_each_other_in_a_chain_and_once_in_a_circle() -> None:
    waits = {plan.code: set(plan.waits_for) for plan in _plans(TODAYS[0])}
    assert len(waits) == 13
    graph = DependencyGraph(waits)
    circles = {tuple(sorted(circle)) for code in waits if (circle := graph.cycle(code))}
    assert circles == {("G13", "G14")}
    chain = ["G08", "G09", "G02", "G10"]
    assert all(one in waits[other] for one, other in pairwise(chain))


@pytest.mark.parametrize("today", TODAYS)
def test_what_was_done_is_in_order_and_adds_up(today: date) -> None:
    for plan in _plans(today):
        days = [step.ago for step in plan.steps]
        assert days == sorted(days, reverse=True), plan.code
        assert all(day > 1 for day in days), plan.code
        goal = _goals(today)[plan.code]
        for key_result in goal.progress_metrics:
            amounts = [
                step.update["increment"]
                for step in plan.steps
                if step.update["key_result"] == key_result.key and "increment" in step.update
            ]
            if amounts:
                assert key_result.current == sum(amounts), plan.code
        if goal.start_date and goal.progress_history:
            assert goal.start_date <= goal.progress_history[0].day, plan.code


@pytest.mark.parametrize("today", TODAYS)
def test_weeks_show_what_was_done(today: date) -> None:
    weeks = weeks_until(today, 26)
    rows = {code: progress_weeks(goal, weeks) for code, goal in _goals(today).items()}
    moved = {code for code, row in rows.items() if any(week.value for week in row)}
    assert moved >= {"G01", "G02", "G03", "G09", "G11", "G12", "G13", "G14", "G16"}
    assert {name for week in rows["G13"] for name in week.happened} == {
        "Service and cleaning",
        "Papers and winter tyres",
    }
    for code, goal in _goals(today).items():
        values = [point.value for point in goal.progress_history]
        if code != "G01":
            # Only a pulse gets worse for a while; a long run may be a shorter one.
            assert sum(later < one for one, later in pairwise(values)) <= 1


@pytest.mark.parametrize("today", TODAYS)
def test_items_have_the_days_on_which_they_were_done(today: date) -> None:
    for code, goal in _goals(today).items():
        items = [item for each in goal.progress_metrics for item in each.items]
        done = [item for item in items if item.state is ItemState.DONE]
        assert all(item.done and item.done < today for item in done), code
    completed = {code: goal.completed_on for code, goal in _goals(today).items()}
    assert {code for code, day in completed.items() if day} == {"G08", "G15", "G16"}


def test_norwegian_ends_where_its_file_says(tmp_path: Path) -> None:
    write_goals(tmp_path / "goals", TODAYS[0])
    text = (tmp_path / "goals" / "G05_Norwegian" / "Metrics.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+) \| 0 \| (\d+) \|", text, re.MULTILINE)
    current = {name.lower().replace(" ", "_"): int(now) for name, now in rows}
    assert current == LEARNED
    last = {step.update["key_result"]: step.update["value"] for step in learned()}
    assert last == LEARNED
    assert NORWEGIAN == "G05"
