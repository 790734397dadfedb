"""Pace compares the progress of a goal with its plan, after everything that matters more."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.enums import GoalStatus
from custom_components.digital_twin.twin.goals.pace import (
    Pace,
    Situation,
    compare,
    judge_pace,
    needed_per_week,
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
        (44, Pace.AHEAD, "4"),
        (43.9, Pace.ON_TRACK, "3"),
        (40, Pace.ON_TRACK, "0"),
        (37, Pace.ON_TRACK, "3"),
        (36.9, Pace.BEHIND, "4"),
        (32, Pace.BEHIND, "8"),
        (30, Pace.BEHIND, "10"),
        (29.9, Pace.AT_RISK, "11"),
        (0, Pace.AT_RISK, "40"),
    ],
)
def test_the_days_and_the_ratio_of_progress_and_plan_decide(
    progress: float, pace: Pace, days: str
) -> None:
    found, reason, _slack = judge_pace(active(progress), TODAY)
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
            active(30, changed=TODAY - timedelta(days=14)),
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
    found, reason, _slack = judge_pace(situation, TODAY)
    assert (found, reason.key, reason.placeholders) == (pace, key, placeholders)


def test_thirteen_days_without_a_change_are_no_stall() -> None:
    found, _reason, _slack = judge_pace(active(30, changed=TODAY - timedelta(days=13)), TODAY)
    assert found is Pace.BEHIND


@pytest.mark.parametrize("progress", [38, 40, 90])
def test_a_plan_that_wants_nothing_more_is_no_stall(progress: float) -> None:
    """Sixty days ahead, or just as planned: nothing had to change in a month."""
    found, _reason, _slack = judge_pace(active(progress, changed=START), TODAY)
    assert found in (Pace.ON_TRACK, Pace.AHEAD)


@pytest.mark.parametrize(
    ("rhythm", "silent", "pace"),
    [
        (7, 13, None),
        (7, 14, Pace.STALLED),
        (30, 39, None),
        (20, 40, Pace.STALLED),
        (None, 40, None),
    ],
)
def test_without_a_plan_the_rhythm_of_a_goal_says_when_it_stalls(
    rhythm: int | None, silent: int, pace: Pace | None
) -> None:
    situation = active(plan=None, target=None, changed=TODAY - timedelta(days=silent))
    assert judge_pace(replace(situation, rhythm=rhythm), TODAY)[0] is pace


@pytest.mark.parametrize(
    ("rhythm", "silent", "days"),
    [
        # Late by the ten days since the last change.
        (None, 10, "10"),
        (1, 10, "9"),
        (7, 10, "3"),
        (14, 10, "0"),
        # Late by more than the silence.
        (14, 5, "5"),
    ],
)
def test_a_usual_silence_is_not_late(rhythm: int | None, silent: int, days: str) -> None:
    situation = active(30, rhythm=rhythm, changed=TODAY - timedelta(days=silent))
    assert judge_pace(situation, TODAY)[1].placeholders["days"] == days


def test_a_whole_progress_with_an_open_key_result_is_not_achieved() -> None:
    assert judge_pace(active(100), TODAY)[0] is Pace.ACHIEVED
    assert judge_pace(active(100, open_key_results=True), TODAY)[0] is Pace.AHEAD


YEAR = plan_of(START, date(2026, 12, 31))


@given(st.integers(1, 365), st.integers(0, 365))
def test_a_few_days_are_never_a_risk_and_weeks_never_on_track(passed: int, late: int) -> None:
    assert YEAR is not None
    # On the last day a plan that is kept is achieved.
    today = START + timedelta(days=min(passed, 363))
    then = max(START, today - timedelta(days=late))
    pace, _reason, _slack = judge_pace(active(YEAR.at(then), plan=YEAR, target=YEAR.target), today)
    if (today - then).days <= 5:
        assert pace in (Pace.ON_TRACK, Pace.BEHIND)
    if (today - then).days >= 14:
        assert pace in (Pace.BEHIND, Pace.AT_RISK)


def test_the_target_date_itself_is_not_overdue() -> None:
    assert judge_pace(active(99), TARGET)[0] is Pace.ON_TRACK
    assert judge_pace(active(96), TARGET)[0] is Pace.BEHIND
    assert judge_pace(active(90), TARGET)[0] is Pace.AT_RISK


def test_a_target_that_only_milestones_say_can_be_missed() -> None:
    plan = plan_of(START, TODAY - timedelta(days=2))
    found, reason, _slack = judge_pace(active(50, plan=plan, target=None), TODAY)
    assert found is Pace.OVERDUE
    assert reason.placeholders["days"] == "2"


@pytest.mark.parametrize(
    ("days", "progress", "pace"),
    [
        (0, 0, Pace.ON_TRACK),
        (0, 1, Pace.AHEAD),
        (5, 1, Pace.AHEAD),
        # 0.99 % of a plan of a thousand days, and 2 % of the days that are left.
        (9, 0, Pace.ON_TRACK),
        (19, 0, Pace.ON_TRACK),
        (20, 0, Pace.BEHIND),
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
    assert compare(PLAN, progress, TODAY).slack == slack


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
    slack = compare(plan, progress, today).slack
    assert plan.start <= today + timedelta(days=slack) <= plan.target
    needed = needed_per_week(plan, progress, today)
    assert (needed is None) is (today > plan.target)
    assert needed is None or 0 <= needed <= 700
