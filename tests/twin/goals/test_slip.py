"""A goal that others wait for moves them, and says so."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.enums import GoalStatus
from custom_components.digital_twin.twin.goals.assessment import assess_goal
from custom_components.digital_twin.twin.goals.forecast import Forecast, ForecastState
from custom_components.digital_twin.twin.goals.goal import Goal
from custom_components.digital_twin.twin.goals.references import DependencyGraph
from custom_components.digital_twin.twin.goals.slip import (
    Lateness,
    Slips,
    critical_path,
    household_path,
    slip_document,
)
from custom_components.digital_twin.twin.goals.work import GoalWork

from ..samples import goal

TODAY = date(2026, 3, 1)
IDS = "abcdef"
GRAPHS: st.SearchStrategy[dict[str, list[str]]] = st.dictionaries(
    st.sampled_from(IDS), st.lists(st.sampled_from(IDS), max_size=4), min_size=1
).map(lambda edges: {key: edges.get(key, []) for key in IDS})
WORK = st.builds(
    lambda days, goes_on, after, slack: work(days, goes_on=goes_on, after=after, slack=slack),
    st.none() | st.integers(0, 400),
    st.booleans(),
    st.integers(0, 100),
    st.none() | st.integers(-50, 50),
)
WORKS = st.fixed_dictionaries(dict.fromkeys(IDS, WORK))


def work(
    days: int | None, *, goes_on: bool = True, after: int = 0, slack: int | None = 0
) -> GoalWork:
    """Return so many days of work, from so many days after today, planned with so much slack."""
    earliest = TODAY + timedelta(days=after)
    target = None if slack is None else earliest + timedelta(days=(days or 0) + slack)
    return GoalWork(begun=None, earliest=earliest, days=days, target=target, goes_on=goes_on)


def slips_of(edges: Mapping[str, Iterable[str]], works: Mapping[str, GoalWork]) -> Slips:
    slips = Slips()
    slips.works = {**works}
    slips.run_through(DependencyGraph(edges), edges, TODAY)
    return slips


def ends(slips: Slips) -> dict[str, date | None]:
    return {key: slip.finish for key, slip in slips.of.items()}


@given(GRAPHS, WORKS)
def test_nobody_ends_before_those_that_it_waits_for(
    edges: dict[str, list[str]], works: dict[str, GoalWork]
) -> None:
    found = slips_of(edges, works)
    for key, befores in edges.items():
        slip = found.of[key]
        for before in befores:
            until = found.of[before].finish
            assert slip.finish is None or (until is not None and slip.finish >= until)


@given(GRAPHS, WORKS)
def test_an_end_is_known_if_and_only_if_that_of_everybody_before_is(
    edges: dict[str, list[str]], works: dict[str, GoalWork]
) -> None:
    found, graph = slips_of(edges, works), DependencyGraph(edges)
    for key, slip in found.of.items():
        near, waiting = set[str](), [key]
        while waiting:
            if (one := waiting.pop()) not in near:
                near.add(one)
                waiting += graph.dependencies(one)
        unknown = {one for one in near if works[one].days is None}
        assert (slip.finish is None) is bool(unknown)
        assert slip.unknown_because_of in (unknown or (None,))


@given(GRAPHS, WORKS)
def test_bounds_hold_the_finish_and_days_their_causes(
    edges: dict[str, list[str]], works: dict[str, GoalWork]
) -> None:
    for key, slip in slips_of(edges, works).of.items():
        own = works[key].finish
        if slip.finish is None or own is None:
            assert (slip.early, slip.late, slip.days, slip.late_because_of) == (None, None, 0, ())
            continue
        assert slip.early is not None
        assert slip.early <= slip.finish <= (slip.late or date.max)
        wanted = max(own, works[key].target or own)
        assert slip.days == max(0, (slip.finish - wanted).days)
        assert bool(slip.late_because_of) is bool(slip.days)
        assert key not in {each.goal_id for each in slip.late_because_of}
        assert all(0 < each.days <= slip.days for each in slip.late_because_of)


@given(GRAPHS, WORKS)
def test_the_same_goals_in_another_order_slip_alike(
    edges: dict[str, list[str]], works: dict[str, GoalWork]
) -> None:
    turned = dict(reversed(edges.items()))
    assert slips_of(edges, works).of == slips_of(turned, works).of


@given(GRAPHS, WORKS, st.sampled_from(IDS), WORK)
def test_a_change_moves_as_much_as_working_out_everything(
    edges: dict[str, list[str]], works: dict[str, GoalWork], key: str, other: GoalWork
) -> None:
    found = slips_of(edges, works)
    before = {**found.of}
    found.works[key] = other
    changed = found.run_through(DependencyGraph(edges), (key,), TODAY)
    fresh = slips_of(edges, works | {key: other}).of
    assert found.of == fresh
    assert {*changed} == {one for one in IDS if before[one] != fresh[one]}


@given(GRAPHS, WORKS, st.sampled_from(IDS), st.integers(1, 100))
def test_more_work_never_lets_anybody_end_sooner(
    edges: dict[str, list[str]], works: dict[str, GoalWork], key: str, more: int
) -> None:
    one = works[key]
    if one.days is None:
        return
    longer = works | {key: replace(one, days=one.days + more)}
    before, after = ends(slips_of(edges, works)), ends(slips_of(edges, longer))
    for goal_id, finish in before.items():
        new = after[goal_id]
        assert (finish is None) is (new is None)
        assert finish is None or new is None or new >= finish


@given(GRAPHS, WORKS, st.sampled_from(IDS))
def test_a_path_ends_in_the_goal_and_names_nobody_twice(
    edges: dict[str, list[str]], works: dict[str, GoalWork], key: str
) -> None:
    path = critical_path(slips_of(edges, works).of, key)
    assert path[-1] == key
    assert len(set(path)) == len(path)


@given(GRAPHS, WORKS)
def test_the_path_of_the_household_ends_with_the_last_goal(
    edges: dict[str, list[str]], works: dict[str, GoalWork]
) -> None:
    found = slips_of(edges, works)
    known = [finish for finish in ends(found).values() if finish is not None]
    path = household_path(found.of, IDS)
    assert bool(path) is bool(known)
    if known:
        assert found.of[path[-1]].finish == max(known)
        assert path == critical_path(found.of, path[-1])


@given(GRAPHS, WORKS)
def test_a_goal_without_work_left_to_know_is_left_out(
    edges: dict[str, list[str]], works: dict[str, GoalWork]
) -> None:
    fewer = {key: each for key, each in works.items() if key != "a"}
    without = {key: [one for one in ends if one != "a"] for key, ends in edges.items()}
    found = slips_of(edges, fewer)
    assert "a" not in found.of
    if not DependencyGraph(edges).cycles:
        assert found.of == slips_of(without, fewer).of


def test_a_thousand_goals_in_a_chain_add_up() -> None:
    edges = {f"{number:04}": [f"{number - 1:04}"] if number else [] for number in range(1000)}
    found = slips_of(edges, {key: work(1, goes_on=False) for key in edges})
    assert found.of["0999"].finish == TODAY + timedelta(days=1000)
    assert found.of["0999"].days == 999
    assert len(critical_path(found.of, "0999")) == 1000
    assert household_path(found.of, edges) == tuple(edges)


def test_what_would_end_after_all_days_that_are_known_ends_nowhere() -> None:
    edges = {f"{number:02}": [f"{number - 1:02}"] if number else [] for number in range(99)}
    found = slips_of(edges, {key: work(300 * 365, goes_on=False) for key in edges}).of
    assert found["00"].finish is None
    assert {slip.unknown_because_of for slip in found.values()} == {"00"}
    found = slips_of(edges, {key: work(20 * 365, goes_on=False) for key in edges}).of
    assert found["08"].unknown_because_of == "08"
    first = found["00"]
    assert first.finish == TODAY + timedelta(days=20 * 365)
    assert first.early is not None
    assert (first.early < first.finish, first.late) == (True, None)


def test_a_thousand_goals_in_a_circle_end_together() -> None:
    edges = {str(number): [str((number + 1) % 1000)] for number in range(1000)}
    works = {key: work(int(key), goes_on=True) for key in edges}
    found = slips_of(edges, works)
    assert {*ends(found).values()} == {TODAY + timedelta(days=999)}
    assert found.of["0"].late_because_of == (Lateness("999", 999),)


def test_a_change_that_moves_nobody_is_worked_out_for_nobody_else() -> None:
    edges = {"a": [], "b": ["a"], "c": ["b"]}
    found = slips_of(edges, {"a": work(5), "b": work(50), "c": work(60)})
    found.works["a"] = replace(found.works["a"], target=None)
    assert found.run_through(DependencyGraph(edges), "a", TODAY) == []
    assert found.run_through(DependencyGraph(edges), "b", TODAY) == []


def test_a_chain_is_less_uncertain_than_its_bounds_added() -> None:
    edges = {"a": [], "b": ["a"], "c": ["b"]}
    found = slips_of(edges, dict.fromkeys(edges, work(100, goes_on=False))).of
    spans = [
        (slip.late - slip.early).days
        for slip in found.values()
        if slip.late is not None and slip.early is not None
    ]
    assert spans[0] < spans[1] < spans[2] < 2.5 * spans[0]


def test_a_goal_that_waits_for_nobody_has_the_bounds_of_its_forecast() -> None:
    early, late = TODAY + timedelta(days=10), TODAY + timedelta(days=40)
    one = replace(work(20), early=early, late=late)
    found = slips_of({"a": [], "b": ["a"]}, {"a": one, "b": replace(one, days=21)}).of
    assert (found["a"].early, found["a"].late) == (early, late)
    # Of two, the later counts.
    assert found["b"].early is not None
    assert found["b"].early > early


def test_a_forecast_with_an_open_end_leaves_those_behind_it_open() -> None:
    one = replace(work(3000), early=TODAY + timedelta(days=200), late=None)
    found = slips_of({"a": [], "b": ["a"]}, {"a": one, "b": work(10, goes_on=False)}).of
    assert found["b"].late is None
    assert found["b"].finish == TODAY + timedelta(days=3010)


def test_at_most_three_causes_are_named_the_largest_first() -> None:
    edges = {"a": [], "b": ["a"], "c": ["b"], "d": ["c"], "e": ["d"]}
    works = {
        key: work(10, goes_on=False, slack=-late)
        for key, late in zip("abcd", (5, 9, 7, 6), strict=True)
    }
    found = slips_of(edges, works | {"e": work(1, goes_on=False)}).of["e"]
    assert len(found.late_because_of) == 3
    days = [each.days for each in found.late_because_of]
    assert days == sorted(days, reverse=True)


@pytest.mark.parametrize("status", [GoalStatus.COMPLETED, GoalStatus.ARCHIVED])
def test_a_goal_that_is_done_has_no_slip(status: GoalStatus) -> None:
    one = goal(status=status.value)
    assert _worked_out({one.goal_id: one}).of == {}
    assert slip_document(None) is None


def _worked_out(goals: Mapping[str, Goal]) -> Slips:
    graph = DependencyGraph({key: one.dependencies for key, one in goals.items()})
    forecasts = dict.fromkeys(goals, Forecast(state=ForecastState.UNKNOWN))
    found = {key: assess_goal(one, goals, graph, forecasts, TODAY) for key, one in goals.items()}
    slips = Slips()
    slips.update(graph, goals, found, goals, TODAY)
    return slips


def test_a_goal_that_was_removed_has_no_slip_and_a_copy_keeps_it() -> None:
    one = goal(status="Active", target_date="2026-04-01")
    slips = _worked_out({one.goal_id: one})
    copy = Slips(slips)
    assert slips.update(DependencyGraph({}), {}, {}, (one.goal_id,), TODAY) == [one.goal_id]
    assert slips.of == {}
    known = replace(copy.of[one.goal_id], early=date(2026, 3, 21), late=date(2026, 4, 19))
    assert slip_document(known) == {
        "start": None,
        "finish": "2026-04-01",
        "early": "2026-03-21",
        "late": "2026-04-19",
        "days": 0,
        "late_because_of": [],
        "unknown_because_of": None,
    }
