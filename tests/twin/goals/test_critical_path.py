"""The critical path is the longest chain of open goals that a goal waits for."""

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.goals.references import DependencyGraph, critical_path

IDS = "abcdef"
GRAPHS = st.dictionaries(
    st.sampled_from(IDS), st.lists(st.sampled_from(IDS), max_size=4), min_size=1
).map(lambda edges: dict.fromkeys(IDS, ()) | edges)
DAYS = st.dictionaries(st.sampled_from(IDS), st.floats(0, 1000))


@pytest.mark.parametrize(
    ("edges", "days", "goal", "path"),
    [
        ({"c": "ab"}, {"a": 5, "b": 10, "c": 3}, "c", "bc"),
        ({"c": "b", "b": "a"}, {"a": 1, "b": 1, "c": 1}, "c", "abc"),
        # A long way beats a single long goal, and the other way round.
        ({"d": "ac", "c": "b"}, {"a": 5, "b": 3, "c": 3, "d": 1}, "d", "bcd"),
        ({"d": "ac", "c": "b"}, {"a": 9, "b": 3, "c": 3, "d": 1}, "d", "ad"),
        # What is done stands in nobody's way.
        ({"c": "b", "b": "a"}, {"a": 9, "c": 1}, "c", "c"),
        # A goal without dependencies is its own path, also when it is done.
        ({}, {"a": 1}, "a", "a"),
        ({}, {}, "a", "a"),
        # Of a cycle the longest goal counts, of the goal's own cycle the goal itself.
        ({"c": "ab", "a": "b", "b": "a"}, {"a": 2, "b": 7, "c": 1}, "c", "bc"),
        ({"a": "b", "b": "ac"}, {"a": 2, "b": 7, "c": 1}, "a", "ca"),
    ],
)
def test_the_longest_chain_decides(
    edges: dict[str, str], days: dict[str, float], goal: str, path: str
) -> None:
    graph = DependencyGraph(dict.fromkeys("abcd", "") | edges)
    assert "".join(critical_path(graph, goal, days)) == path


@given(GRAPHS, DAYS, st.sampled_from(IDS))
def test_a_path_ends_in_the_goal_and_names_nobody_twice(
    edges: dict[str, list[str]], days: dict[str, float], goal: str
) -> None:
    path = critical_path(DependencyGraph(edges), goal, days)
    assert path[-1] == goal
    assert len(set(path)) == len(path)
    assert set(path[:-1]) <= days.keys()


def test_a_chain_of_thousands_is_no_problem() -> None:
    edges = {str(number): [str(number + 1)] for number in range(5000)} | {"5000": []}
    assert len(critical_path(DependencyGraph(edges), "0", dict.fromkeys(edges, 1.0))) == 5001
