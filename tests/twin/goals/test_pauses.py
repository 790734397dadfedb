"""While a context of the owner pauses a goal, its plan is level, and silence no standstill."""

from dataclasses import replace
from datetime import UTC, date, timedelta

import pytest

from custom_components.digital_twin.twin.goals.assessment import (
    GoalAssessment,
    assess_goal,
    forecast_of,
)
from custom_components.digital_twin.twin.goals.forecast import HORIZON, Forecast, ForecastState
from custom_components.digital_twin.twin.goals.goal import Goal
from custom_components.digital_twin.twin.goals.key_result_parts import DayValue
from custom_components.digital_twin.twin.goals.pace import Pace
from custom_components.digital_twin.twin.goals.pauses import (
    NO_PAUSES,
    Pauses,
    days_held,
    joined,
    pauses_of,
    postponed,
    resumption,
)
from custom_components.digital_twin.twin.goals.plan import Hold, Plan, PlanPoint
from custom_components.digital_twin.twin.goals.references import DependencyGraph
from custom_components.digital_twin.twin.metrics.person import PERSON, Person
from custom_components.digital_twin.twin.records.context_effects import DEFAULT_EFFECTS
from custom_components.digital_twin.twin.records.fields import PersonDay

from ..samples import ANNA, NOW, RUN, context, goal, person

DAYS = PersonDay(UTC)
FIRST = date(2026, 1, 1)
DAY = timedelta(days=1)


def day(number: int) -> date:
    """Return a day of the plan of a hundred days, which begins on day 0."""
    return FIRST + number * DAY


def run(share: float, **parts: object) -> Goal:
    key_result = {"name": "A", "baseline": 0, "target": 1, "current": share}
    dates = {"start_date": FIRST.isoformat(), "target_date": day(100).isoformat()}
    return goal(RUN, **{"status": "Active", **dates, "progress_metrics": [key_result], **parts})


def assess(one: Goal, today: date, pauses: Pauses = NO_PAUSES) -> GoalAssessment:
    forecasts = {RUN: forecast_of(one, today)}
    return assess_goal(one, {RUN: one}, DependencyGraph({}), forecasts, today, pauses=pauses)


def anna(**document: object) -> Person:
    return PERSON.derive(None, person(ANNA, **document), context())


def held(first: int, last: int | None) -> Pauses:
    holds = (Hold(day(first), None if last is None else day(last)),)
    return Pauses(plans=holds, stalled=holds)


def test_the_plan_is_level_while_somebody_is_ill_and_steeper_after() -> None:
    plan = assess(run(0.4), day(60), held(40, 60)).plan
    assert plan is not None
    assert [plan.at(day(each)) for each in (0, 40, 50, 60, 80, 100)] == [0, 40, 40, 40, 70, 100]


def test_a_goal_on_its_plan_stays_on_it_while_somebody_is_ill() -> None:
    assert assess(run(0.4), day(60)).pace is Pace.AT_RISK
    assert assess(run(0.4), day(60), held(40, None)).pace is Pace.ON_TRACK
    assert assess(run(0.4), day(61), held(40, 60)).pace is Pace.ON_TRACK


def test_the_demand_after_a_known_end_is_told_at_once() -> None:
    assert assess(run(0.4), day(50), held(40, 60)).needed_per_week == 10.5
    # Without a known end, it is that of somebody who goes on today.
    assert assess(run(0.4), day(50), held(40, None)).needed_per_week == 8.4


def test_nothing_is_needed_of_a_plan_that_stands_still_until_its_end() -> None:
    assert assess(run(0.4), day(50), held(40, 120)).needed_per_week is None


def test_an_end_after_the_target_keeps_the_plan_where_it_was() -> None:
    found = assess(run(0.4), day(100), held(40, 120))
    assert (found.planned, found.pace) == (40, Pace.ON_TRACK)


def test_a_missed_target_date_stays_missed() -> None:
    assert assess(run(0.4), day(101), held(40, None)).pace is Pace.OVERDUE


def test_days_of_a_pause_are_no_standstill() -> None:
    history = (DayValue(day(0), 0.0), DayValue(day(30), 1.0))
    one = replace(run(0.01), progress_history=history, active_since=FIRST)
    assert assess(one, day(50)).pace is Pace.STALLED
    away = Pauses(stalled=(Hold(day(35), day(45)),))
    assert assess(one, day(50), away).pace is Pace.AT_RISK
    assert assess(one, day(54), away).reason.placeholders["days"] == "14"


@pytest.mark.parametrize(
    ("several", "expected"),
    [
        ((), ()),
        (((1, 3), (5, 7)), ((1, 3), (5, 7))),
        (((5, 7), (1, 3)), ((1, 3), (5, 7))),
        (((1, 3), (3, 7)), ((1, 7),)),
        (((1, 9), (3, 7)), ((1, 9),)),
        (((1, None), (3, 7)), ((1, None),)),
        (((1, 5), (3, None)), ((1, None),)),
    ],
)
def test_holds_are_joined(
    several: tuple[tuple[int, int | None], ...], expected: tuple[tuple[int, int | None], ...]
) -> None:
    def holds(pairs: tuple[tuple[int, int | None], ...]) -> list[Hold]:
        return [Hold(day(first), None if last is None else day(last)) for first, last in pairs]

    assert [*joined(holds(several))] == holds(expected)


def test_a_hold_and_a_pause_are_one_level_stretch() -> None:
    on_hold = run(0.4, status="On Hold")
    plan = Plan(
        (PlanPoint(day(0), 0.0), PlanPoint(day(100), 100.0)),
        holds=joined((Hold(day(20), day(40)),), (Hold(day(30), day(50)),)),
    )
    assert [plan.at(day(each)) for each in (20, 30, 50, 100)] == [20, 20, 20, 100]
    assert assess(on_hold, day(60), held(40, None)).pace is Pace.PAUSED


def test_only_days_since_a_day_are_counted() -> None:
    holds = (Hold(day(1), day(4)), Hold(day(8)))
    assert days_held(holds, day(0), day(10)) == 5
    assert days_held(holds, day(2), day(9)) == 3
    assert days_held(holds, day(5), day(6)) == 0


def test_a_plan_goes_on_at_the_known_end() -> None:
    plan = assess(run(0.4), day(50), held(40, 60)).plan
    assert plan is not None
    assert [resumption(plan, day(each)) for each in (39, 40, 59, 60)] == [
        day(39),
        day(60),
        day(60),
        day(60),
    ]


def test_nobody_and_usual_people_pause_nothing() -> None:
    assert pauses_of(None, DEFAULT_EFFECTS, DAYS) is NO_PAUSES
    assert pauses_of(anna(), DEFAULT_EFFECTS, DAYS) is NO_PAUSES


@pytest.mark.parametrize(
    ("which", "plans", "stalled"),
    [
        ("ill", True, True),
        ("travelling", True, True),
        ("exam", False, True),
        ("night_shifts", False, False),
    ],
)
def test_contexts_pause_what_the_table_says(which: str, *, plans: bool, stalled: bool) -> None:
    found = pauses_of(anna(context=which), DEFAULT_EFFECTS, DAYS)
    hold = (Hold(NOW.date()),)
    assert found.plans == (hold if plans else ())
    assert found.stalled == (hold if stalled else ())
    assert bool(found.told) is (plans or stalled)


def foretold(finish: int, early: int, late: int | None) -> Forecast:
    last = None if late is None else day(late)
    return Forecast(
        state=ForecastState.FINISH, finish=day(finish), early=day(early), late=last, per_week=1.0
    )


@pytest.mark.parametrize(
    ("holds", "expected"),
    [
        # Five of its days have passed.
        ([(15, 30)], (60, 50, 90)),
        ([(15, 20)], (50, 40, 80)),
        # It lies behind the early bound, and before the finish.
        ([(45, 55)], (60, 40, 90)),
        # Two that overlap are one; each day that is added may reach the next.
        ([(45, 55), (50, 57)], (62, 40, 92)),
        ([(45, 55), (58, 60)], (62, 40, 92)),
        # Nobody knows when it goes on.
        ([(15, None)], (50, 40, 80)),
        ([], (50, 40, 80)),
    ],
)
def test_a_forecast_is_later_by_the_days_of_a_pause_that_are_still_to_come(
    holds: list[tuple[int, int | None]], expected: tuple[int, int, int]
) -> None:
    several = [Hold(day(first), None if last is None else day(last)) for first, last in holds]
    found = postponed(foretold(50, 40, 80), several, day(20))
    assert found == foretold(*expected)


def test_a_forecast_that_a_pause_puts_too_far_off_has_no_day() -> None:
    far = [Hold(day(30), day(30 + HORIZON))]
    found = postponed(foretold(50, 40, 80), far, day(20))
    assert (found.state, found.finish) == (ForecastState.TOO_FAR, None)
    near = postponed(foretold(50, 40, HORIZON), [Hold(day(30), day(60))], day(20))
    assert (near.finish, near.late) == (day(80), None)
    finished = Forecast(state=ForecastState.FINISHED, finish=day(3))
    assert postponed(finished, far, day(20)) is finished
