"""Milestones, and the plan of progress by day that follows from them."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from ..records.fields import Context
from ..records.limits import Limits, limited, limits_of, list_limits, with_null
from ..records.naming import parse_keyed, short_text, unique_slug
from ..records.object_reader import ObjectReader
from ..records.parsers import day, percent
from ..values import PlainJson
from .key_result_parts import DayValue

MAX_MILESTONES = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Milestone:
    """A stage to be reached on a day.

    `progress`: the planned progress (percent) of the goal on that day; None for an even spread
    between the stages around it.
    """

    key: str
    name: str
    date: date
    progress: float | None = None


MILESTONE = Limits(
    type="object",
    parts={
        "key": limits_of(short_text),
        "name": limits_of(short_text),
        "date": limits_of(day),
        "progress": limits_of(percent),
    },
    required=("name", "date"),
)


@limited(list_limits(with_null(MILESTONE), MAX_MILESTONES))
def parse_milestones(value: object, context: Context) -> tuple[Milestone, ...]:
    """Parse a list of `{key?, name, date, progress?}`; sorted by day.

    A milestone without a key gets one from its name. Raises one `TwinError` with every fault, at
    `[0].date` and so on.
    """

    def parse(raw: object, taken: Collection[str]) -> Milestone:
        form = ObjectReader(raw, context)
        form.only(("key", "name", "date", "progress"))
        name = form.required("name", short_text, "")
        milestone = Milestone(
            key=form.optional("key", short_text, "") or unique_slug(name, taken, "milestone"),
            name=name,
            date=form.required("date", day, date.min),
            progress=form.optional("progress", percent, None),
        )
        form.raise_faults()
        return milestone

    found = parse_keyed(
        value, parse, key="key", key_of=lambda milestone: milestone.key, maximum=MAX_MILESTONES
    )
    return tuple(sorted(found, key=lambda milestone: milestone.date))


def render_milestones(milestones: Iterable[Milestone]) -> list[PlainJson]:
    """Return milestones as part of documents."""
    return [milestone_document(milestone) for milestone in milestones]


def milestone_document(milestone: Milestone) -> dict[str, PlainJson]:
    """Return a milestone as part of documents, without unknown parts."""
    document: dict[str, PlainJson] = {
        "key": milestone.key,
        "name": milestone.name,
        "date": milestone.date.isoformat(),
    }
    return document if milestone.progress is None else document | {"progress": milestone.progress}


def next_milestone(milestones: Iterable[Milestone], today: date) -> Milestone | None:
    """Return the first milestone that is not past; today's still counts."""
    return next((milestone for milestone in milestones if milestone.date >= today), None)


COMPLETE = 100.0


class PlanPoint(NamedTuple):
    """The planned progress (percent) on a day."""

    day: date
    progress: float


@dataclass(frozen=True, slots=True)
class Plan:
    """A piecewise linear plan: at least two points on different days, never falling."""

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
        """Return the last whole day with a planned progress of at most the given one.

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
        # 1e-9 absorbs float rounding.
        return left.day + timedelta(days=int((right.day - left.day).days * share + 1e-9))


def plan_of(
    start: date | None,
    target: date | None,
    milestones: Sequence[Milestone] = (),
    history: Sequence[DayValue] = (),
) -> Plan | None:
    """Return the plan of a goal, or None without a target date and milestones.

    Without a target date the last milestone is the target. Without a start date the plan begins
    on the first day of the history, with the progress of that day. Milestones outside these days
    are ignored; of several on one day the highest progress counts. If both dates are the same,
    the whole plan is on that day.
    """
    target = target or max((milestone.date for milestone in milestones), default=None)
    first = PlanPoint(start, 0.0) if start else _begun(history)
    if target is None or first is None or target < first.day:
        return None
    if target == first.day:
        first = PlanPoint(target - timedelta(days=1), first.progress)
    inner: dict[date, float | None] = {}
    for milestone in milestones:
        if first.day < milestone.date < target:
            known = inner.get(milestone.date), milestone.progress
            inner[milestone.date] = max((each for each in known if each is not None), default=None)
    return Plan(tuple(_rising(first, sorted(inner.items()), target)))


def _begun(history: Sequence[DayValue]) -> PlanPoint | None:
    return PlanPoint(*history[0]) if history else None


def _rising(
    first: PlanPoint, inner: Sequence[tuple[date, float | None]], target: date
) -> list[PlanPoint]:
    """Give every point a progress, none below the one before it."""
    corners: list[tuple[date, float | None]] = [first, *inner, (target, COMPLETE)]
    known = [index for index, (_day, progress) in enumerate(corners) if progress is not None]
    points = [first]
    for left, right in pairwise(known):
        low, high = points[-1].progress, max(points[-1].progress, corners[right][1] or 0.0)
        points += [
            PlanPoint(corners[index][0], low + (high - low) * (index - left) / (right - left))
            for index in range(left + 1, right + 1)
        ]
    return points
