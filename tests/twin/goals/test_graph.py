from collections.abc import Mapping
from itertools import permutations
import sys

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.goals.references import DependencyGraph, components

NODES = "abcdefg"
GRAPHS = st.fixed_dictionaries(
    {}, optional={node: st.lists(st.sampled_from(NODES + "xy"), max_size=4) for node in NODES}
)

# The people's own: running waits for sleep, sleep for a quiet house, that for money, which two
# other goals earn together.
GOALS = {
    "run": ["sleep", "shoes"],
    "sleep": ["quiet"],
    "quiet": ["fund", "sleep"],
    "fund": ["polish"],
    "polish": ["fund"],
    "shoes": [],
}


def reachable(graph: Mapping[str, list[str]], start: str) -> set[str]:
    found: set[str] = set()
    todo = [start]
    while todo:
        for target in graph[todo.pop()]:
            if target in graph and target not in found:
                found.add(target)
                todo.append(target)
    return found


def test_cycles_are_shown() -> None:
    graph = DependencyGraph(GOALS)
    assert graph.cycles == (("fund", "polish"), ("quiet", "sleep"))
    assert graph.cycle("sleep") == ("quiet", "sleep")
    assert graph.cycle("run") == ()
    assert graph.cycle("nowhere") == ()


def test_goals_within_a_cycle_do_not_block_each_other() -> None:
    graph = DependencyGraph(GOALS)
    assert graph.blockers("sleep") == ()
    assert graph.blockers("quiet") == ("fund",)
    assert graph.blockers("fund") == ()
    assert graph.blockers("run") == ("sleep", "shoes")
    assert graph.blockers("nowhere") == ()


def test_what_is_completed_blocks_no_longer() -> None:
    graph = DependencyGraph(GOALS)
    assert graph.blockers("run", {"shoes"}) == ("sleep",)
    assert graph.blockers("run", {"shoes", "sleep"}) == ()


def test_dependents_are_known_and_ordered() -> None:
    graph = DependencyGraph(GOALS)
    assert graph.dependents("sleep") == ("quiet", "run")
    assert graph.dependents("run") == ()
    assert graph.dependents("nowhere") == ()


def test_dependencies_keep_the_order_of_the_person() -> None:
    graph = DependencyGraph({"a": ["c", "b", "gone", "c"], "b": [], "c": []})
    assert graph.dependencies("a") == ("c", "b")
    assert graph.dependencies("gone") == ()


def test_a_goal_that_waits_for_itself_is_a_cycle_and_not_its_own_blocker() -> None:
    graph = DependencyGraph({"a": ["a", "b"], "b": []})
    assert graph.cycles == (("a",),)
    assert graph.blockers("a") == ("b",)


def test_nothing_is_a_graph_too() -> None:
    assert DependencyGraph({}).cycles == ()


def test_the_order_of_the_goals_changes_nothing() -> None:
    graphs = [
        DependencyGraph({goal: GOALS[goal] for goal in order}) for order in permutations(GOALS)
    ]
    assert {graph.cycles for graph in graphs} == {graphs[0].cycles}
    for goal in GOALS:
        assert {graph.dependents(goal) for graph in graphs} == {graphs[0].dependents(goal)}


@given(GRAPHS)
def test_cycles_are_the_goals_that_reach_each_other(edges: dict[str, list[str]]) -> None:
    graph = DependencyGraph(edges)
    reach = {node: reachable(edges, node) for node in edges}
    for node, wanted in edges.items():
        expected = {other for other in reach[node] if node in reach[other]}
        assert set(graph.cycle(node)) == expected
        assert list(graph.cycle(node)) == sorted(expected)
        blockers = [key for key in dict.fromkeys(wanted) if key in edges]
        assert list(graph.blockers(node)) == [key for key in blockers if key not in expected]
        assert list(graph.dependents(node)) == sorted(key for key in edges if node in edges[key])
    assert list(graph.cycles) == sorted({graph.cycle(node) for node in edges} - {()})


@given(GRAPHS)
def test_every_goal_is_in_one_component_and_dependencies_come_first(
    edges: dict[str, list[str]],
) -> None:
    known = {node: [key for key in targets if key in edges] for node, targets in edges.items()}
    found = list(components(known))
    place = {node: index for index, component in enumerate(found) for node in component}
    assert sorted(node for component in found for node in component) == sorted(known)
    assert all(place[key] <= place[node] for node in known for key in known[node])


@pytest.mark.parametrize("closed", [False, True])
def test_a_chain_is_longer_than_the_stack(closed: bool) -> None:
    length = 10_000
    assert length > sys.getrecursionlimit()
    ids = [f"goal-{number:05}" for number in range(length)]
    edges = dict(zip(ids, ([key] for key in ids[1:] + ids[:1]), strict=True))
    if not closed:
        edges[ids[-1]] = []
    graph = DependencyGraph(edges)
    assert graph.cycles == ((tuple(ids),) if closed else ())
    assert graph.blockers(ids[0]) == (() if closed else (ids[1],))
