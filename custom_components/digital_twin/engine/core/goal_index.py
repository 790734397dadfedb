"""Which goals belong to whom, and which follow a metric: kept up to date with each change."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from ...twin.goals.goal import Goal


class GoalIndex:
    """Goals by owner, and by the metrics of the owner that their key results follow."""

    def __init__(self, goals: Mapping[str, Goal]) -> None:
        self._goals = goals
        self._codes: dict[str, set[str]] = defaultdict(set)
        self._owned: dict[str | None, dict[str, None]] = defaultdict(dict)
        self._following: dict[tuple[str | None, str], dict[str, None]] = defaultdict(dict)

    def update(self, goal_id: str, before: Goal | None, after: Goal | None) -> None:
        """Take over a change of a goal; None is a goal that is not there."""
        if before is not None:
            self._owned[before.owner_person_id].pop(goal_id, None)
            self._codes[before.goal_code.casefold()].discard(goal_id)
            for metric in _metrics(before):
                self._following[before.owner_person_id, metric].pop(goal_id, None)
        if after is not None:
            self._owned[after.owner_person_id][goal_id] = None
            self._codes[after.goal_code.casefold()].add(goal_id)
            for metric in _metrics(after):
                self._following[after.owner_person_id, metric][goal_id] = None

    def owned(self, person_id: str) -> list[Goal]:
        """Return the goals of a person."""
        return [self._goals[key] for key in self._owned.get(person_id, ())]

    def following(self, person_id: str, metrics: Collection[str]) -> list[Goal]:
        """Return the goals of a person whose key results follow any of the metrics."""
        ids = {
            key: None for metric in metrics for key in self._following.get((person_id, metric), ())
        }
        return [self._goals[key] for key in ids]

    def by_code(self, code: str) -> str | None:
        """Return the id of the goal with a code, in any case."""
        return next(iter(self._codes.get(code.strip().casefold(), ())), None)


def _metrics(goal: Goal) -> Iterator[str]:
    for key_result in goal.progress_metrics:
        metric = (key_result.source or {}).get("metric")
        if isinstance(metric, str):
            yield metric
