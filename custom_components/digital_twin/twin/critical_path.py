"""Which of the goals that a goal depends on decide when it can be finished."""

from collections.abc import Mapping

from .graph import DependencyGraph, components


def critical_path(
    graph: DependencyGraph, goal_id: str, remaining: Mapping[str, float]
) -> tuple[str, ...]:
    """Return the longest chain of goals that ends in the given one, the first to finish first.

    `remaining` has the days that each open goal still takes; goals that are not in it are done
    and stand in nobody's way. The goals of a cycle are worked on at the same time: of each cycle
    only the longest is part of the chain, and of the goal's own cycle only the goal itself.

    A takes 5 days, B 10, C 3; C depends on A and B: the chain to C is B, C (13 days).
    """
    reach = _reachable(graph, goal_id, remaining)
    best: dict[str, tuple[float, tuple[str, ...]]] = {}
    # Dependencies come before their dependents, so each is looked at once.
    for component in components(reach):
        inside = set(component)
        longest = goal_id if goal_id in inside else _longest(component, remaining)
        chains = [best[key] for one in component for key in reach[one] if key not in inside]
        days, chain = max(chains, key=lambda found: found[0], default=(0.0, ()))
        best |= dict.fromkeys(component, (days + remaining.get(longest, 0.0), (*chain, longest)))
    return best[goal_id][1]


def _longest(component: tuple[str, ...], remaining: Mapping[str, float]) -> str:
    return max(component, key=lambda key: remaining[key])


def _reachable(
    graph: DependencyGraph, goal_id: str, remaining: Mapping[str, float]
) -> dict[str, tuple[str, ...]]:
    """Return the open goals that the goal waits for, each with those that it waits for itself."""
    found: dict[str, tuple[str, ...]] = {}
    waiting = [goal_id]
    while waiting:
        key = waiting.pop()
        if key in found:
            continue
        found[key] = tuple(one for one in graph.dependencies(key) if one in remaining)
        waiting += found[key]
    return found
