"""Measures what-if questions over a thousand goals, in a process of its own.

The only line of the output is a list of `SimulationTime` in JSON.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
import json
from statistics import median
import sys
import time
from typing import Final, NamedTuple

from custom_components.digital_twin.twin.goals.assessment import assess_goal, forecast_of
from custom_components.digital_twin.twin.goals.goal import GOAL, Goal
from custom_components.digital_twin.twin.goals.pauses import Pauses
from custom_components.digital_twin.twin.goals.plan import Hold
from custom_components.digital_twin.twin.goals.references import DependencyGraph
from custom_components.digital_twin.twin.goals.simulation import (
    GoalsOfDay,
    difference_document,
    simulate,
)
from custom_components.digital_twin.twin.goals.slip import Slips
from custom_components.digital_twin.twin.goals.suppositions import SupposedGoal, SupposedKeyResult
from custom_components.digital_twin.twin.records.fields import Context
from custom_components.digital_twin.twin.records.revisions import create, decode, encode

ROUNDS: Final = 5
TODAY: Final = date(2026, 3, 1)
CONTEXT: Final = Context(now=datetime(2026, 3, 1, 12, tzinfo=UTC), today=TODAY)
# Days of history of each goal.
HISTORY: Final = 60
AT_ONCE: Final = 100
ILL: Final = Pauses(plans=(Hold(TODAY - timedelta(days=7), TODAY + timedelta(days=7)),))
TRAVELS: Final = Pauses(plans=(Hold(TODAY + timedelta(days=1), date(2026, 3, 22)),))


class SimulationTime(NamedTuple):
    """One question: how long it took, and how many goals would be different."""

    name: str
    goals: int
    milliseconds: float
    different: int


def _id(number: int) -> str:
    return f"30000000-0000-4000-8000-{number:012}"


def _goal(number: int, waits_for: Sequence[int]) -> Goal:
    start, target = TODAY - timedelta(days=HISTORY), TODAY + timedelta(days=30 + number % 300)
    document = {
        "goal_code": f"G{number:04}",
        "name": f"Goal {number}",
        "status": "Active",
        "start_date": start.isoformat(),
        "target_date": target.isoformat(),
        "dependencies": [_id(one) for one in waits_for],
        "progress_metrics": [{"name": "Pages", "baseline": 0, "target": 400, "current": 120}],
    }
    goal = create(GOAL, document, CONTEXT, _id(number))
    days = {
        (start + timedelta(days=day)).isoformat(): 30.0 * day / HISTORY
        for day in range(HISTORY + 1)
    }
    return decode(GOAL, encode(GOAL, goal) | {"progress_history": days}, CONTEXT)


def household(waits: Mapping[int, Sequence[int]]) -> GoalsOfDay:
    """Return goals that wait for each other, with what is derived of them."""
    goals = {_id(number): _goal(number, before) for number, before in waits.items()}
    graph = DependencyGraph({key: goal.dependencies for key, goal in goals.items()})
    forecasts = {key: forecast_of(goal, TODAY) for key, goal in goals.items()}
    found = {key: assess_goal(one, goals, graph, forecasts, TODAY) for key, one in goals.items()}
    slips = Slips()
    slips.update(graph, goals, found, goals, TODAY)
    return GoalsOfDay(goals, found, graph, slips, TODAY)


def measured(goals: int) -> list[SimulationTime]:
    """Return the times of the questions with so many goals."""
    chain = household({number: [number - 1] if number else [] for number in range(goals)})
    tree = household({number: [number // 3] if number else [] for number in range(goals)})
    circle = household({number: [(number + 1) % goals] for number in range(goals)})
    later = SupposedGoal(goal=_id(0), patch={"target_date": "2028-01-01"})
    slower = SupposedGoal(
        goal=_id(0), key_results=(SupposedKeyResult(key_result="Pages", per_week=1),)
    )
    dropped = SupposedGoal(goal=_id(goals // 2), dropped=True)
    many = [
        SupposedGoal(
            goal=_id(number), key_results=(SupposedKeyResult(key_result="Pages", per_week=5),)
        )
        for number in range(0, goals, max(1, goals // AT_ONCE))
    ]
    return [
        _time("another pace of the first of a chain", chain, [slower]),
        _time("a goal in the middle of a chain dropped", chain, [dropped]),
        _time("another date of the first of a tree", tree, [later]),
        _time("another pace of the first of a tree", tree, [slower]),
        _time("another pace of a hundred of a tree", tree, many[:AT_ONCE]),
        _time("another pace of one in a circle of all", circle, [slower]),
        _time("the owner of a tree travels from tomorrow", tree, [], TRAVELS),
        _time("the owner of a tree has been ill for a week", tree, [], ILL),
    ]


def _time(
    name: str, known: GoalsOfDay, supposed: Sequence[SupposedGoal], pauses: Pauses | None = None
) -> SimulationTime:
    """Ask a question; `pauses` are supposed of all goals."""
    times, different = [], 0
    paused = dict.fromkeys(known.goals, pauses) if pauses else {}
    for _ in range(ROUNDS):
        begin = time.process_time()
        found = simulate(known, supposed, CONTEXT, paused)
        documents = [difference_document(each) for each in found.goals]
        times.append((time.process_time() - begin) * 1e3)
        different = len(documents)
    return SimulationTime(name, len(known.goals), median(times), different)


if __name__ == "__main__":
    print(json.dumps(measured(int(sys.argv[1]))), flush=True)
