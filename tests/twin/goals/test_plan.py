"""The plan is a line from start to target, bent by milestones; it never falls."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.goals.key_result_parts import DayValue
from custom_components.digital_twin.twin.goals.key_results import parse_key_results
from custom_components.digital_twin.twin.goals.plan import (
    DEFINITION_OF_DONE,
    Hold,
    Milestone,
    Plan,
    PlanPoint,
    parse_holds,
    plan_of,
    render_holds,
)
from custom_components.digital_twin.twin.records.fields import Context

DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))
MILESTONES = st.lists(
    st.builds(
        Milestone,
        key=st.just("m"),
        name=st.just("M"),
        date=DAYS,
        progress=st.none() | st.floats(0, 100),
    ),
    max_size=8,
).map(lambda found: tuple(sorted(found, key=lambda milestone: milestone.date)))


def jan(day: int) -> date:
    return date(2026, 1, day)


def stage(day: int, progress: float | None = None) -> Milestone:
    return Milestone(key=f"m{day}", name="M", date=jan(day), progress=progress)


def planned(plan: Plan | None, *days: int) -> list[float]:
    assert plan is not None
    return [round(plan.at(jan(day)), 9) for day in days]


def test_without_milestones_the_plan_is_straight() -> None:
    assert planned(plan_of(jan(1), jan(11)), 1, 3, 6, 11) == [0, 20, 50, 100]


def test_before_the_start_nothing_is_planned_and_after_the_target_everything() -> None:
    assert planned(plan_of(jan(5), jan(15)), 1, 4, 16, 31) == [0, 0, 100, 100]


def test_a_milestone_takes_an_even_share() -> None:
    plan = plan_of(jan(1), jan(21), [stage(5)])
    assert planned(plan, 5, 13) == [50, 75]


def test_a_milestone_may_say_how_far_the_goal_is_then() -> None:
    plan = plan_of(jan(1), jan(21), [stage(5, 20)])
    assert planned(plan, 5, 13) == [20, 60]


def test_milestones_that_say_nothing_lie_evenly_between_those_that_do() -> None:
    plan = plan_of(jan(1), jan(31), [stage(5), stage(9, 40), stage(13), stage(17)])
    assert planned(plan, 5, 9, 13, 17) == [20, 40, 60, 80]


def test_milestones_outside_of_the_plan_do_not_bend_it() -> None:
    outside = [stage(1, 90), stage(11, 5), stage(20, 5)]
    assert planned(plan_of(jan(1), jan(11), outside), 3, 6) == [20, 50]


def test_a_plan_never_falls() -> None:
    plan = plan_of(jan(1), jan(31), [stage(5, 60), stage(9, 40), stage(13, 80)])
    assert planned(plan, 5, 9, 13) == [60, 60, 80]


def test_without_a_target_date_the_last_milestone_is_the_target() -> None:
    plan = plan_of(jan(1), None, [stage(11), stage(21)])
    assert plan == Plan((PlanPoint(jan(1), 0), PlanPoint(jan(11), 50), PlanPoint(jan(21), 100)))


def test_without_a_start_date_the_plan_begins_with_the_history() -> None:
    plan = plan_of(None, jan(11), (), [DayValue(jan(1), 40), DayValue(jan(2), 90)])
    assert planned(plan, 1, 6) == [40, 70]


@pytest.mark.parametrize(
    ("start", "target", "history"),
    [
        (jan(1), None, ()),
        (None, jan(9), ()),
        (None, None, [DayValue(jan(1), 0)]),
        (jan(9), jan(1), ()),
        (None, jan(1), [DayValue(jan(2), 10)]),
    ],
)
def test_there_is_no_plan_where_nothing_says_from_when_to_when(
    start: date | None, target: date | None, history: list[DayValue]
) -> None:
    assert plan_of(start, target, (), history) is None


def test_a_goal_of_one_day_is_planned_for_that_day() -> None:
    plan = plan_of(jan(5), jan(5))
    assert planned(plan, 4, 5) == [0, 100]


@pytest.mark.parametrize(
    ("progress", "day"), [(0, 1), (19.9, 2), (20, 3), (50, 6), (99, 10), (100, 11)]
)
def test_the_plan_tells_by_when_it_wants_a_progress(progress: float, day: int) -> None:
    plan = plan_of(jan(1), jan(11))
    assert plan is not None
    assert plan.day_of(progress) == jan(day)


def test_less_than_the_plan_begins_with_is_its_start() -> None:
    plan = plan_of(None, jan(11), (), [DayValue(jan(1), 40)])
    assert plan is not None
    assert plan.day_of(10) == jan(1)


def test_on_a_level_stretch_the_last_day_counts() -> None:
    plan = plan_of(jan(1), jan(31), [stage(5, 60), stage(9, 60)])
    assert plan is not None
    assert plan.day_of(60) == jan(9)


@given(DAYS, DAYS, MILESTONES, st.lists(DAYS, min_size=2, max_size=2).map(sorted))
def test_a_plan_rises_within_its_bounds(
    start: date, target: date, milestones: tuple[Milestone, ...], days: list[date]
) -> None:
    plan = plan_of(start, target, milestones)
    if target < start:
        assert plan is None
        return
    assert plan is not None
    early, late = (plan.at(day) for day in days)
    assert 0 <= early <= late <= 100
    assert plan.at(plan.target) == 100


@given(DAYS, st.integers(1, 2000), MILESTONES, st.floats(0, 100), st.floats(0, 100))
def test_more_progress_is_wanted_later(
    start: date, days: int, milestones: tuple[Milestone, ...], one: float, other: float
) -> None:
    plan = plan_of(start, start + timedelta(days=days), milestones)
    assert plan is not None
    less, more = sorted((one, other))
    assert plan.start <= plan.day_of(less) <= plan.day_of(more) <= plan.target
    assert plan.at(plan.day_of(more)) <= more + 1e-6


@pytest.mark.parametrize("progress", [(80, None), (None, 80), (80, 60), (60, 80)])
def test_of_two_milestones_on_one_day_the_higher_progress_counts(
    progress: tuple[float | None, float | None],
) -> None:
    milestones = [stage(6, each) for each in progress]
    assert planned(plan_of(jan(1), jan(11), milestones), 6) == [80]


def checklist(key: str, *dues: int | None) -> dict[str, Any]:
    items = [
        {"name": f"{key} {at}"} | ({"due": jan(due).isoformat()} if due else {})
        for at, due in enumerate(dues)
    ]
    return {"key": key, "name": key, "items": items}


def measured(*key_results: dict[str, Any], holds: Sequence[Hold] = ()) -> Plan:
    parsed = parse_key_results(list(key_results), now=datetime(2026, 1, 5, 12, tzinfo=UTC))
    plan = plan_of(jan(1), jan(21), key_results=parsed, holds=holds)
    assert plan is not None
    return plan


def wanted(plan: Plan, *days: int) -> list[float]:
    return [round(plan.wanted(jan(day)), 4) for day in days]


def test_a_definition_of_done_is_planned_for_the_target_date() -> None:
    plan = measured(checklist("roadmap", None, None), checklist(DEFINITION_OF_DONE, None, None))
    assert planned(plan, 1, 11, 20, 21) == [0, 25, 47.5, 100]
    # A whole step is not late on its day, and the whole not on the target date.
    assert wanted(plan, 11, 12, 21, 22) == [0, 25, 25, 100]


def test_an_item_of_a_definition_of_done_with_a_day_is_planned_for_it() -> None:
    plan = measured(checklist(DEFINITION_OF_DONE, 11, None))
    assert planned(plan, 10, 11, 20) == [0, 50, 50]
    assert wanted(plan, 11, 12) == [0, 50]


def test_items_are_planned_for_their_days() -> None:
    plan = measured(checklist("roadmap", 3, 13, 13, None))
    # One of four by the third; half-way to two more on the eighth, and the fourth everywhere.
    assert planned(plan, 3, 8, 13) == [27.5, 58.75, 90]
    assert wanted(plan, 3, 4, 13, 14, 21) == [0, 25, 25, 75, 75]


@pytest.mark.parametrize(
    ("key_result", "late"),
    [
        # Five books: the first is late after the fifth of January, four days in twenty.
        ({"kind": "Accumulate", "target": 5, "current": 0}, [0, 20]),
        # Evenly: a measured value, parts, many steps, and the share of good days.
        ({"baseline": 80, "target": 75, "current": 79}, [20, 25]),
        ({"kind": "accumulate", "target": 5, "current": 0.5}, [20, 25]),
        ({"kind": "Accumulate", "target": 500, "current": 0}, [20, 25]),
        ({"kind": "maintain", "minimum": 1, "days": {"2026-01-02": 1}}, [20, 25]),
        # Nothing before the end: it is so, or it is not.
        ({"kind": "boolean", "current": False}, [0, 0]),
        ({"target": 85, "current": 80, "comparison": ">"}, [0, 0]),
        ({"kind": "maintain", "minimum": 1, "current": 0}, [0, 0]),
    ],
)
def test_what_comes_in_whole_steps_is_late_by_whole_steps(
    key_result: dict[str, Any], late: list[float]
) -> None:
    plan = measured({"name": "A", **key_result})
    assert planned(plan, 5, 6) == [20, 25]
    assert wanted(plan, 5, 6) == late


def test_values_that_are_met_or_not_are_steps_together() -> None:
    plan = measured(*({"name": name, "kind": "boolean", "current": True} for name in "abcd"))
    assert wanted(plan, 6, 7, 11, 12) == [0, 25, 25, 50]


def test_a_plan_stands_still_while_its_goal_is_on_hold() -> None:
    over = plan_of(jan(1), jan(21), holds=[Hold(jan(5), jan(13))])
    assert planned(over, 5, 9, 13, 17, 21) == [20, 20, 20, 60, 100]
    lasting = plan_of(jan(1), jan(21), holds=[Hold(jan(3), jan(5)), Hold(jan(13))])
    assert planned(lasting, 3, 5, 13, 20, 25) == [10, 10, 55, 55, 55]
    assert lasting is not None
    assert wanted(lasting, 25) == [55]


def test_a_hold_before_the_start_changes_nothing() -> None:
    early = plan_of(jan(11), jan(21), holds=[Hold(jan(1), jan(6))])
    assert planned(early, 11, 16) == [0, 50]


HOLDS = st.lists(DAYS, max_size=6, unique=True).map(
    lambda days: tuple(Hold(*pair) for pair in list(pairwise(sorted(days)))[::2])
)


@given(DAYS, st.integers(1, 2000), HOLDS, st.lists(DAYS, min_size=2, max_size=2).map(sorted))
def test_a_plan_with_holds_never_falls(
    start: date, length: int, holds: tuple[Hold, ...], days: list[date]
) -> None:
    plan = plan_of(start, start + timedelta(days=length), holds=holds)
    assert plan is not None
    early, late = (plan.at(day) for day in days)
    assert 0 <= early <= late + 1e-9 <= 100 + 1e-9
    assert plan.wanted(days[0]) <= plan.wanted(days[1]) + 1e-9


def test_days_on_hold_are_parsed_and_rendered() -> None:
    context = Context(now=datetime(2026, 1, 5, 12, tzinfo=UTC), today=jan(5))
    rows = [{"since": "2026-01-05", "until": None}, {"since": "2026-01-01", "until": "2026-01-03"}]
    found = parse_holds(rows, context)
    assert found == (Hold(jan(1), jan(3)), Hold(jan(5)))
    assert render_holds(found) == [rows[1], rows[0]]
