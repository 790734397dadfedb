"""The plan of a goal: how far it should have come on each day.

The plan is a broken line. It begins at 0 % on the start date and ends at 100 % on the target
date; milestones in between bend it. A milestone that says no progress of its own takes an even
share of what lies between its neighbours.

    start 1 Jan, target 11 Jan, no milestones:    3 Jan -> 20 %, 6 Jan -> 50 %
    start 1 Jan, target 21 Jan, milestone 5 Jan:  5 Jan -> 50 %, 13 Jan -> 75 %
    the same, the milestone says 20 %:            5 Jan -> 20 %, 13 Jan -> 60 %
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from .key_result_parts import DayValue
from .milestones import Milestone

COMPLETE = 100.0


class PlanPoint(NamedTuple):
    """A corner of the plan."""

    day: date
    progress: float


@dataclass(frozen=True, slots=True)
class Plan:
    """The corners of a plan, at least two, on different days, never falling."""

    points: tuple[PlanPoint, ...]

    @property
    def start(self) -> date:
        """The first day of the plan."""
        return self.points[0].day

    @property
    def target(self) -> date:
        """The day on which the plan is at 100 %."""
        return self.points[-1].day

    def at(self, day: date) -> float:
        """Return the planned progress (percent, from 0 to 100) on a day.

        >>> plan = Plan((PlanPoint(date(2026, 1, 1), 0.0), PlanPoint(date(2026, 1, 11), 100.0)))
        >>> [plan.at(date(2026, 1, day)) for day in (1, 3, 6, 11, 30)]
        [0.0, 20.0, 50.0, 100.0, 100.0]
        """
        if day < self.start:
            return 0.0
        after = bisect_right(self.points, day, key=lambda point: point.day)
        if after == len(self.points):
            return COMPLETE
        left, right = self.points[after - 1 : after + 1]
        share = (day - left.day) / (right.day - left.day)
        return left.progress + share * (right.progress - left.progress)

    def day_of(self, progress: float) -> date:
        """Return the last whole day on which the plan wants no more than the given progress.

        >>> plan = Plan((PlanPoint(date(2026, 1, 1), 0.0), PlanPoint(date(2026, 1, 11), 100.0)))
        >>> [plan.day_of(progress).day for progress in (0, 19, 20, 100)]
        [1, 2, 3, 11]
        """
        after = bisect_right(self.points, progress, key=lambda point: point.progress)
        if after == len(self.points):
            return self.target
        if not after:
            return self.start
        left, right = self.points[after - 1 : after + 1]
        share = (progress - left.progress) / (right.progress - left.progress)
        # A billionth of a day keeps 20 % of ten days from being one day and a bit.
        return left.day + timedelta(days=int((right.day - left.day).days * share + 1e-9))


def plan_of(
    start: date | None,
    target: date | None,
    milestones: Sequence[Milestone] = (),
    history: Sequence[DayValue] = (),
) -> Plan | None:
    """Make the plan of a goal, or None where nothing says by when.

    Without a target date the last milestone is the target. Without a start date the plan begins
    where the history does, at the progress of that day. Milestones outside of the plan do not
    bend it. A goal that starts and ends on one day has its whole plan on that day.
    """
    target = target or max((milestone.date for milestone in milestones), default=None)
    first = PlanPoint(start, 0.0) if start else _begun(history)
    if target is None or first is None or target < first.day:
        return None
    if target == first.day:
        first = PlanPoint(target - timedelta(days=1), first.progress)
    inner = {
        milestone.date: milestone.progress
        for milestone in milestones
        if first.day < milestone.date < target
    }
    return Plan(tuple(_rising(first, sorted(inner.items()), target)))


def _begun(history: Sequence[DayValue]) -> PlanPoint | None:
    return PlanPoint(*history[0]) if history else None


def _rising(
    first: PlanPoint, inner: Sequence[tuple[date, float | None]], target: date
) -> list[PlanPoint]:
    """Give every corner a progress, none below the one before it."""
    corners: list[tuple[date, float | None]] = [first, *inner, (target, COMPLETE)]
    said = [index for index, (_day, progress) in enumerate(corners) if progress is not None]
    points = [first]
    for left, right in pairwise(said):
        low, high = points[-1].progress, max(points[-1].progress, corners[right][1] or 0.0)
        points += [
            PlanPoint(corners[index][0], low + (high - low) * (index - left) / (right - left))
            for index in range(left + 1, right + 1)
        ]
    return points
