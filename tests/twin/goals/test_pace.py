"""Pace compares the progress of a goal with its plan, after everything that matters more."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.enums import GoalStatus
from custom_components.digital_twin.twin.goals.pace import (
    Pace,
    Situation,
    judge_pace,
    needed_per_week,
    slack_days,
)
from custom_components.digital_twin.twin.goals.plan import Plan, plan_of

START = date(2026, 1, 1)
TARGET = START + timedelta(days=100)
TODAY = START + timedelta(days=40)
PLAN = plan_of(START, TARGET)
PERCENT = st.floats(0, 100)
DAYS = st.dates(date(2025, 1, 1), date(2027, 12, 31))


def active(progress: float | None = 40, **parts: object) -> Situation:
    situation = Situation(
        status=GoalStatus.ACTIVE, progress=progress, plan=PLAN, start=START, target=TARGET
    )
    return replace(situation, **parts)  # type: ignore[arg-type]  # a table of parts


@pytest.mark.parametrize(
    ("progress", "pace", "days"),
    [
        # The plan is at 40 %.
        (42.1, Pace.AHEAD, "2"),
        (42, Pace.ON_TRACK, "2"),
        (40, Pace.ON_TRACK, "0"),
        (38, Pace.ON_TRACK, "2"),
        (37.9, Pace.BEHIND, "3"),
        (32, Pace.BEHIND, "8"),
        (30, Pace.BEHIND, "10"),
        (29.9, Pace.AT_RISK, "11"),
        (0, Pace.AT_RISK, "40"),
    ],
)
def test_the_ratio_of_progress_and_plan_decides(progress: float, pace: Pace, days: str) -> None:
    found, reason = judge_pace(active(progress), TODAY)
    assert found is pace
    assert reason.key == pace.slug
    assert reason.placeholders == {
        "progress": f"{progress:.1f}".removesuffix(".0"),
        "planned": "40",
        "days": days,
    }


@pytest.mark.parametrize(
    ("situation", "pace", "key", "placeholders"),
    [
        (
            active(10, status=GoalStatus.COMPLETED, completed_on=TODAY, blockers=("G02",)),
            Pace.ACHIEVED,
            "completed",
            {"day": "2026-02-10"},
        ),
        (
            active(10, status=GoalStatus.ARCHIVED, completed_on=TODAY),
            Pace.ACHIEVED,
            "completed",
            {"day": "2026-02-10"},
        ),
        (active(10, status=GoalStatus.ARCHIVED), None, "archived", {}),
        (active(100, target=START), Pace.ACHIEVED, "reached", {"progress": "100"}),
        (active(99, status=GoalStatus.ON_HOLD, target=START), Pace.PAUSED, "paused", {}),
        (active(99, status=GoalStatus.PLANNING, target=START), Pace.NOT_STARTED, "planning", {}),
        (
            active(0, start=date(2026, 3, 1), blockers=("G02",)),
            Pace.NOT_STARTED,
            "starts_later",
            {"start": "2026-03-01"},
        ),
        (
            active(90, target=date(2026, 2, 9), blockers=("G02",)),
            Pace.OVERDUE,
            "overdue",
            {"target": "2026-02-09", "days": "1"},
        ),
        (
            active(90, blockers=("G02", "G03"), changed=START),
            Pace.BLOCKED,
            "blocked",
            {"goals": "G02, G03"},
        ),
        (
            active(90, changed=TODAY - timedelta(days=14)),
            Pace.STALLED,
            "stalled",
            {"since": "2026-01-27", "days": "14"},
        ),
        (active(None), None, "no_progress", {}),
        (active(50, plan=None, target=None), None, "no_plan", {}),
    ],
)
def test_what_matters_more_goes_before_the_plan(
    situation: Situation, pace: Pace | None, key: str, placeholders: dict[str, str]
) -> None:
    found, reason = judge_pace(situation, TODAY)
    assert (found, reason.key, reason.placeholders) == (pace, key, placeholders)


def test_thirteen_days_without_a_change_are_no_stall() -> None:
    found, _reason = judge_pace(active(changed=TODAY - timedelta(days=13)), TODAY)
    assert found is Pace.ON_TRACK


def test_the_target_date_itself_is_in_time() -> None:
    assert judge_pace(active(100 * 0.96), TARGET)[0] is Pace.ON_TRACK


def test_a_target_that_only_milestones_say_can_be_missed() -> None:
    plan = plan_of(START, TODAY - timedelta(days=2))
    found, reason = judge_pace(active(50, plan=plan, target=None), TODAY)
    assert found is Pace.OVERDUE
    assert reason.placeholders["days"] == "2"


@pytest.mark.parametrize(
    ("days", "progress", "pace"),
    [
        (0, 0, Pace.ON_TRACK),
        (0, 1, Pace.AHEAD),
        # 0.99 % of a plan of a thousand days
        (9, 0, Pace.ON_TRACK),
        (10, 0, Pace.AT_RISK),
    ],
)
def test_a_plan_of_less_than_one_percent_wants_nothing_yet(
    days: int, progress: float, pace: Pace
) -> None:
    plan = plan_of(START, START + timedelta(days=1000))
    situation = active(progress, plan=plan, target=None)
    assert judge_pace(situation, START + timedelta(days=days))[0] is pace


@pytest.mark.parametrize(
    ("progress", "slack"), [(0, -40), (32, -8), (40, 0), (55.5, 15), (100, 60)]
)
def test_slack_is_the_days_between_the_progress_and_its_place_in_the_plan(
    progress: float, slack: int
) -> None:
    assert PLAN is not None
    assert slack_days(PLAN, progress, TODAY) == slack


@pytest.mark.parametrize(
    ("today", "progress", "needed"),
    [
        (TODAY, 32, 7.9333),
        (TODAY, 100, 0),
        (START - timedelta(days=50), 0, 7),
        (TARGET - timedelta(days=7), 90, 10),
        # The last day is a day: what is left at the rate of a week.
        (TARGET, 90, 70),
        (TARGET + timedelta(days=1), 90, None),
    ],
)
def test_what_is_needed_per_week_fills_the_time_that_is_left(
    today: date, progress: float, needed: float | None
) -> None:
    assert PLAN is not None
    assert needed_per_week(PLAN, progress, today) == needed


ORDER = [Pace.AT_RISK, Pace.BEHIND, Pace.ON_TRACK, Pace.AHEAD, Pace.ACHIEVED]


@given(DAYS, st.integers(0, 800), DAYS, PERCENT, PERCENT)
def test_more_progress_is_never_a_worse_pace(
    start: date, length: int, today: date, one: float, other: float
) -> None:
    plan = plan_of(start, start + timedelta(days=length))
    less, more = (
        judge_pace(active(progress, plan=plan, start=None, target=None), today)[0]
        for progress in sorted((one, other))
    )
    if less in ORDER and more in ORDER:
        assert ORDER.index(less) <= ORDER.index(more)
    else:
        assert more in (less, Pace.ACHIEVED)


@given(DAYS, st.integers(0, 800), DAYS, PERCENT)
def test_slack_and_need_are_bounded(start: date, length: int, today: date, progress: float) -> None:
    plan = plan_of(start, start + timedelta(days=length))
    assert isinstance(plan, Plan)
    slack = slack_days(plan, progress, today)
    assert plan.start <= today + timedelta(days=slack) <= plan.target
    needed = needed_per_week(plan, progress, today)
    assert (needed is None) is (today > plan.target)
    assert needed is None or 0 <= needed <= 700
