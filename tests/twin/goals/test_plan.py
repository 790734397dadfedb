"""The plan is a line from start to target, bent by milestones; it never falls."""

from datetime import date, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.goals.key_result_parts import DayValue
from custom_components.digital_twin.twin.goals.plan import Milestone, Plan, PlanPoint, plan_of

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
    return [plan.at(jan(day)) for day in days]


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
