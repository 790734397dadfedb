"""The places of goals on the map of what depends on what."""

from itertools import combinations, pairwise

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.goals.goal_map import GoalMap, Point, map_goals
from custom_components.digital_twin.twin.goals.references import DependencyGraph

type Dependencies = dict[str, list[str]]


def _map(dependencies: Dependencies) -> GoalMap:
    return map_goals(DependencyGraph(dependencies), [*dependencies])


@st.composite
def dependencies(draw: st.DrawFn, most: int = 14) -> Dependencies:
    """Draw goals with dependencies, also in circles."""
    goals = [f"G{number:02}" for number in range(draw(st.integers(0, most)))]
    if not goals:
        return {}
    several = st.lists(st.sampled_from(goals), max_size=3, unique=True)
    return {goal: draw(several) for goal in goals}


@pytest.mark.parametrize(
    ("wanted", "places"),
    [
        ({}, {}),
        ({"a": []}, {"a": (0, 0)}),
        # A chain is a row.
        ({"a": [], "b": ["a"], "c": ["b"]}, {"a": (0, 0), "b": (1, 0), "c": (2, 0)}),
        # A goal stands behind all that it waits for, half way between them.
        (
            {"a": [], "b": [], "c": ["a", "b"]},
            {"a": (0, 0), "b": (0, 1), "c": (1, 0.5)},
        ),
        # What has nothing to do with the others stands below them, side by side.
        (
            {"a": [], "b": ["a"], "x": [], "y": [], "z": []},
            {"a": (0, 0), "b": (1, 0), "x": (0, 1.5), "y": (1, 1.5), "z": (0, 2.5)},
        ),
        # A dependency on itself is no line.
        ({"a": ["a"]}, {"a": (0, 0)}),
    ],
)
def test_small_maps(wanted: Dependencies, places: dict[str, Point]) -> None:
    assert _map(wanted).places == places


def test_goals_in_a_circle_are_one_group() -> None:
    found = _map({"a": [], "b": ["a", "d"], "c": ["b"], "d": ["c"], "e": ["d"]})
    assert [group.goal_ids for group in found.groups] == [("b", "c", "d")]
    assert {key: place.column for key, place in found.places.items()} == {
        "a": 0,
        "b": 1,
        "c": 1,
        "d": 1,
        "e": 2,
    }
    rows = [found.places[key].row for key in "bcd"]
    assert [round(after - before, 3) for before, after in pairwise(rows)] == [1, 1]
    assert {(edge.source, edge.target) for edge in found.edges if edge.in_cycle} == {
        ("d", "b"),
        ("b", "c"),
        ("c", "d"),
    }


def test_lines_are_untangled() -> None:
    found = _map({"a": [], "b": [], "c": [], "x": ["c"], "y": ["b"], "z": ["a"]})
    assert [found.places[one].row for one in "zyx"] == [found.places[one].row for one in "abc"]
    crossed = {"a": [], "b": [], "c": [], "x": ["c", "b"], "y": ["b"], "z": ["a", "b"]}
    found = _map(crossed)
    for (one, other), (first, second) in combinations(
        [(found.places[edge.source].row, found.places[edge.target].row) for edge in found.edges],
        2,
    ):
        assert (one - first) * (other - second) >= 0


def test_a_long_line_has_places_on_its_way() -> None:
    found = _map({"a": [], "b": ["a"], "c": ["b"], "d": ["c", "a"]})
    lines = {(edge.source, edge.target): edge.passes for edge in found.edges}
    assert [place.column for place in lines["a", "d"]] == [1, 2]
    assert lines["a", "b"] == ()
    for place in lines["a", "d"]:
        beside = [one.row for one in found.places.values() if one.column == place.column]
        assert all(abs(place.row - row) >= 0.69 for row in beside)


@given(dependencies())
def test_each_goal_has_one_place_of_its_own(wanted: Dependencies) -> None:
    found = _map(wanted)
    assert found.places.keys() == wanted.keys()
    for one, other in combinations(found.places.values(), 2):
        # Rows have three decimals.
        assert one.column != other.column or round(abs(one.row - other.row), 3) >= 0.999
    for place in found.places.values():
        assert 0 <= place.column < found.columns
        assert 0 <= place.row <= found.rows - 0.999


@given(dependencies())
def test_a_line_leads_to_the_right_except_in_a_circle(wanted: Dependencies) -> None:
    graph, found = DependencyGraph(wanted), _map(wanted)
    assert {(edge.source, edge.target) for edge in found.edges} == {
        (source, target) for target, ends in wanted.items() for source in ends if source != target
    }
    for edge in found.edges:
        source, target = found.places[edge.source], found.places[edge.target]
        columns = [source.column, *(place.column for place in edge.passes), target.column]
        if edge.in_cycle:
            assert edge.source in graph.cycle(edge.target)
            assert source.column == target.column
        else:
            assert columns == [*range(int(source.column), int(target.column) + 1)]


@given(dependencies())
def test_a_group_has_the_goals_of_a_circle_below_each_other(wanted: Dependencies) -> None:
    graph, found = DependencyGraph(wanted), _map(wanted)
    circles = {cycle for cycle in graph.cycles if len(cycle) > 1}
    assert {tuple(sorted(group.goal_ids)) for group in found.groups} == circles
    for group in found.groups:
        for index, goal_id in enumerate(group.goal_ids):
            column, row = found.places[goal_id]
            assert column == group.first.column
            assert row == pytest.approx(group.first.row + index, abs=0.01)


@given(dependencies())
def test_the_same_goals_give_the_same_map(wanted: Dependencies) -> None:
    assert _map(wanted) == _map({goal: [*ends] for goal, ends in wanted.items()})


def test_goals_that_are_not_asked_for_are_left_out() -> None:
    graph = DependencyGraph({"a": [], "b": ["a"], "c": ["b"]})
    found = map_goals(graph, ["c", "a"])
    assert found.places == {"c": (0, 0), "a": (1, 0)}
    assert found.edges == ()


def test_very_many_long_lines_are_drawn_straight() -> None:
    goals = [f"G{number:03}" for number in range(60)]
    found = _map({goal: goals[:index] for index, goal in enumerate(goals)})
    assert found.columns == 60
    straight = [edge for edge in found.edges if not edge.passes]
    assert 60 < len(straight) < len(found.edges)
