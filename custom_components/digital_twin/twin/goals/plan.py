"""Milestones, and the plan of progress by day that follows from them."""

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from math import floor, fsum
from operator import itemgetter
from typing import Final, NamedTuple

from ..enums import KeyResultKind
from ..records.fields import Context, ObjectReader, RenderEach
from ..records.limits import Limits, limited, limits_of, list_limits, with_null
from ..records.naming import parse_keyed, short_text, unique_slug
from ..records.parsers import day, percent
from ..values import PlainJson
from .key_result_parts import DayValue
from .key_results import KeyResult

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


def milestone_document(milestone: Milestone) -> dict[str, PlainJson]:
    """Return a milestone as part of documents, without unknown parts."""
    document: dict[str, PlainJson] = {
        "key": milestone.key,
        "name": milestone.name,
        "date": milestone.date.isoformat(),
    }
    return document if milestone.progress is None else document | {"progress": milestone.progress}


render_milestones = RenderEach(milestone_document)


def next_milestone(milestones: Iterable[Milestone], today: date) -> Milestone | None:
    """Return the first milestone that is not past; today's still counts."""
    return next((milestone for milestone in milestones if milestone.date >= today), None)


COMPLETE = 100.0
DAY_OF_POINT: Final = itemgetter(0)
# Absorbs float rounding, and the four decimals of a progress in percent.
ROUNDING = 1e-3
# The keys of the steps of a roadmap, and of what says that the goal is done: due at its target.
ROADMAP: Final = "roadmap"
DEFINITION_OF_DONE: Final = "definition_of_done"


class Hold(NamedTuple):
    """Days on hold: from `since` until the day `until` of the resumption, None while it lasts."""

    since: date
    until: date | None = None


MAX_HOLDS = 100
HOLD = Limits(
    type="object",
    parts={"since": limits_of(day), "until": limits_of(day)},
    required=("since",),
)


@limited(list_limits(with_null(HOLD), MAX_HOLDS))
def parse_holds(value: object, context: Context) -> tuple[Hold, ...]:
    """Parse a list of `{since, until?}`; sorted by day."""

    def parse(raw: object, _taken: Collection[str]) -> Hold:
        form = ObjectReader(raw, context)
        form.only(("since", "until"))
        hold = Hold(form.required("since", day, date.min), form.optional("until", day, None))
        form.raise_faults()
        return hold

    found = parse_keyed(
        value, parse, key="since", key_of=lambda hold: hold.since.isoformat(), maximum=MAX_HOLDS
    )
    return tuple(sorted(found, key=lambda hold: hold.since))


def _hold_document(hold: Hold) -> PlainJson:
    return {
        "since": hold.since.isoformat(),
        "until": hold.until.isoformat() if hold.until else None,
    }


render_holds = RenderEach(_hold_document)


class PlanPoint(NamedTuple):
    """The planned progress (percent) on a day."""

    day: date
    progress: float


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanSteps:
    """The steps of one part of a goal; sizes are percentage points of the goal's progress.

    `sizes`: the sizes of the steps without a day, the smallest first; they follow the plan's line.
    `dues`: the days by which the other steps are due, sorted; each has the size `due_size`.
    `at_due`: whether a step with a day is planned for that day, not for the time before it.
    """

    sizes: tuple[float, ...] = ()
    dues: tuple[date, ...] = ()
    due_size: float = 0.0
    at_due: bool = False

    def planned(self, start: date, at: float, share: float) -> float:
        """Return the planned progress at a moment (a fractional ordinal), evenly between steps."""
        return fsum(self.sizes) * share + self.due_size * self._due(start.toordinal(), at)

    def wanted(self, at: float, share: float) -> float:
        """Return the progress of the steps that are due, in whole steps."""
        whole = floor(len(self.sizes) * share + ROUNDING)
        return fsum(self.sizes[:whole]) + self.due_size * self._passed(at)

    def _passed(self, at: float) -> int:
        return bisect_right(self.dues, at + ROUNDING, key=date.toordinal)

    def _due(self, start: int, at: float) -> float:
        passed = self._passed(at)
        if self.at_due or passed == len(self.dues):
            return passed
        left = max(start, self.dues[passed - 1].toordinal()) if passed else start
        right = self.dues[passed].toordinal()
        together = bisect_right(self.dues, self.dues[passed]) - passed
        return passed + together * max(0.0, at - left) / max(1, right - left)


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan that never falls, with a line of at least two points on different days.

    `flow`: the share (0 to 1) of the goal that follows the line evenly; the rest are `steps`.
    `holds`: the days on which the plan stands still, in order. After them the line is steeper: it
    still ends on the target date.
    """

    points: tuple[PlanPoint, ...]
    steps: tuple[PlanSteps, ...] = ()
    flow: float = 1.0
    holds: tuple[Hold, ...] = ()

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
        if day >= self.target and not self._is_held(day):
            return COMPLETE
        at = self._moment(day)
        line = self._line(at)
        steps = (each.planned(self.start, at, line / COMPLETE) for each in self.steps)
        return min(COMPLETE, self.flow * line + fsum(steps))

    def wanted(self, day: date) -> float:
        """Return the progress (percent) below which a goal is late on a day.

        It is the planned progress without the steps that have only begun. A step is not late on
        the day on which it is due.
        """
        if day < self.start:
            return 0.0
        if day > self.target and not self._is_held(day):
            return COMPLETE
        yesterday = self._moment(max(self.start, day - timedelta(days=1)))
        share = self._line(yesterday) / COMPLETE
        steps = (each.wanted(yesterday, share) for each in self.steps)
        return min(COMPLETE, self.flow * self._line(self._moment(day)) + fsum(steps))

    def day_of(self, progress: float) -> date:
        """Return the last whole day with a planned progress of at most the given one.

        >>> plan = Plan((PlanPoint(date(2026, 1, 1), 0.0), PlanPoint(date(2026, 1, 11), 100.0)))
        >>> [plan.day_of(progress).day for progress in (0, 19, 20, 100)]
        [1, 2, 3, 11]
        """
        return _last(self.start, self.target, lambda day: self.at(day) <= progress + 1e-9)

    def in_time_until(self, progress: float, since: date, until: date) -> date:
        """Return the last day on which the given progress (percent) is not late.

        `since` and `until`: the days, of the plan, between which it lies; `since` is the result
        for a progress that was late before it.
        """
        limit = progress + ROUNDING
        return _last(since, min(until, self.target), lambda day: self.wanted(day) <= limit)

    def _is_held(self, day: date) -> bool:
        since, until = self.holds[-1] if self.holds else Hold(date.max)
        return since <= min(day, self.target) and (until is None or day < until)

    def _moment(self, day: date) -> float:
        """Return the moment of the line (a fractional ordinal) at which the plan is on a day."""
        last = self.target.toordinal()
        wanted = min(day.toordinal(), last)
        if not self.holds:
            return wanted
        begun = moment = float(self.start.toordinal())
        for hold in self.holds:
            since = max(begun, hold.since.toordinal())
            if wanted <= since:
                break
            moment += (since - begun) * (last - moment) / max(1.0, last - begun)
            until = None if hold.until is None else hold.until.toordinal()
            if until is None or wanted <= until:
                return moment
            begun = max(since, float(until))
        return moment + (wanted - begun) * (last - moment) / max(1.0, last - begun)

    def _line(self, at: float) -> float:
        after = bisect_right(self.points, date.fromordinal(int(at)), key=DAY_OF_POINT)
        if after == len(self.points):
            return COMPLETE
        left, right = self.points[after - 1 : after + 1]
        share = (at - left.day.toordinal()) / (right.day - left.day).days
        return left.progress + share * (right.progress - left.progress)


def _last(first: date, last: date, holds: Callable[[date], bool]) -> date:
    """Return the last day for which `holds` is true: it is until then, and is not after it.

    It is `first` if it never is. The search begins there, as the day is often close to it.
    """
    low, high, step = 0, (last - first).days, 1
    while low < high:
        middle = min(low + step, (low + high + 1) // 2)
        if holds(first + timedelta(days=middle)):
            low, step = middle, 2 * step
        else:
            high = middle - 1
    return first + timedelta(days=low)


def plan_of(
    start: date | None,
    target: date | None,
    milestones: Sequence[Milestone] = (),
    history: Sequence[DayValue] = (),
    *,
    key_results: Sequence[KeyResult] = (),
    holds: Sequence[Hold] = (),
) -> Plan | None:
    """Return the plan of a goal, or None without a target date and milestones.

    Without a target date the last milestone is the target. Without a start date the plan begins
    on the first day of the history, with the progress of that day. Milestones outside these days
    are ignored; of several on one day the highest progress counts. If both dates are the same,
    the whole plan is on that day.

    The plan covers the `key_results` whose progress is known, as the progress of the goal does:
    items of a checklist are planned for their days, a Definition of Done for the target date, and
    what is only done or not done in whole steps.
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
    steps, flow = _steps_of(key_results, target)
    return Plan(
        tuple(_rising(first, sorted(inner.items()), target)), tuple(steps), flow, tuple(holds)
    )


def _steps_of(key_results: Iterable[KeyResult], target: date) -> tuple[list[PlanSteps], float]:
    """Return the steps of key results, and the share of the goal that has none."""
    known = [each for each in key_results if each.weight and each.progress is not None]
    total = fsum(each.weight for each in known)
    if not total:
        return [], 1.0
    steps: list[PlanSteps] = []
    single: list[float] = []
    flow = 0.0
    for each in known:
        size = COMPLETE * each.weight / total
        count = each.steps
        if each.kind is KeyResultKind.CHECKLIST:
            steps.append(_checklist_steps(each, size, target))
        elif count == 1:
            single.append(size)
        elif count:
            steps.append(PlanSteps(sizes=(size / count,) * count))
        else:
            flow += each.weight / total
    if single:
        steps.append(PlanSteps(sizes=tuple(sorted(single))))
    return steps, flow


def _checklist_steps(checklist: KeyResult, size: float, target: date) -> PlanSteps:
    one = size / len(checklist.items)
    at_due = checklist.key == DEFINITION_OF_DONE
    dues = [item.due or (target if at_due else None) for item in checklist.items]
    known = sorted(min(due, target) for due in dues if due is not None)
    return PlanSteps(
        sizes=(one,) * (len(dues) - len(known)),
        dues=tuple(known),
        due_size=one,
        at_due=at_due,
    )


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
