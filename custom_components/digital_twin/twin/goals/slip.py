"""Slip: a goal that others wait for moves them.

The work of each open goal, as if it waited for nobody, is its days to its finish: by its forecast,
else by its plan. It runs through the graph of what depends on what:

    a goal that is under way      goes on while it waits; it ends no sooner than those it waits for
    a goal that has not begun     begins when the last of those that it waits for ends
    goals that depend on each     are one group, which ends with the last of them
    other in a circle

Where the end of one is not known (on hold, not at this pace, no dates), that of those who wait for
it is not known either. Completed and archived goals, and goals at 100 %, hold up nobody.

The bounds come from 99 equally likely courses of the household. In each, every goal takes a time of
its own: the quantiles of its forecast, or of its planned days, in an order that depends on its id
only. So goals that wait for the same one are late together, the sum of two times is less uncertain
than both bounds added, and of several goals the last decides. The bounds are the tenth course from
each end: of four of five courses.

docs/pace-and-forecast.md has a table of worked cases.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from heapq import heapify, heappop, heappush
from math import ceil
from types import MappingProxyType
from typing import Final, NamedTuple

from ..records.limits import DAY, UUID, WHOLE, Limits, list_of, object_of, or_null
from ..records.parsers import LAST_DAY
from ..values import PlainJson
from .assessment import GoalAssessment, is_open
from .forecast import HORIZON
from .goal import Goal
from .references import DependencyGraph
from .work import EARLY_COURSE, LATE_COURSE, GoalWork, goal_work, work_courses

# So many goals are named that make another late.
MOST_CAUSES: Final = 3


class Lateness(NamedTuple):
    """The days by which a goal makes another late: so many fewer if it took no longer than planned.

    They are at least 1.
    """

    goal_id: str
    days: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Slip:
    """When a goal is expected to begin and to end, with those that it waits for.

    `early`, `late`: the bounds of four of five cases; `late` is None beside a `finish` if it lies
    more than ten years ahead. `days`: how many days later than its target date, or than it would
    end by itself if that is later, it ends because of others. `late_because_of`: the goals that
    make it late, most days first. `unknown_because_of`: the goal for which there is no finish.
    `decided_by`: the goal that decides its start or finish, None if it does so itself.
    `own_days`: the days past its target date that come from itself. `courses`: the days from today
    to its end in each course.
    """

    start: date | None = None
    finish: date | None = None
    early: date | None = None
    late: date | None = None
    days: int = 0
    late_because_of: tuple[Lateness, ...] = ()
    unknown_because_of: str | None = None
    decided_by: str | None = None
    own_days: int = 0
    courses: tuple[float, ...] = ()


class Slips:
    """The slips of all open goals on a day, kept while goals change.

    `of` has them by goal, `works` the work of each, `today` is the day of both.
    """

    def __init__(self, earlier: Slips | None = None) -> None:
        self.of: dict[str, Slip] = {**earlier.of} if earlier else {}
        self.works: dict[str, GoalWork] = {**earlier.works} if earlier else {}
        self.today: date = earlier.today if earlier else date.min

    def update(
        self,
        graph: DependencyGraph,
        goals: Mapping[str, Goal],
        assessments: Mapping[str, GoalAssessment],
        due: Collection[str],
        today: date,
    ) -> list[str]:
        """Work out the slips of goals that were assessed anew, and of all that they move.

        `due` are these goals, those that depend on them, and those that were removed. Returns the
        goals whose slip changed.
        """
        self.today = today
        for key in due:
            found, goal = assessments.get(key), goals.get(key)
            work = None
            if goal is not None and found is not None:
                waits = any(is_open(goals[one]) for one in found.blocked_by)
                work = goal_work(goal, found.forecast, found.plan, today, waits=waits)
            if work is None:
                self.works.pop(key, None)
            else:
                self.works[key] = work
        gone = [key for key in due if key not in goals and key in self.of]
        for key in gone:
            del self.of[key]
        return gone + self.run_through(graph, [key for key in due if key in goals], today)

    def run_through(self, graph: DependencyGraph, due: Iterable[str], today: date) -> list[str]:
        """Work out the slips of goals, and of all that they move; return those that changed.

        The effort grows with the goals that move, not with all of them.
        """
        ahead = [*{graph.place(key) for key in due}]
        heapify(ahead)
        waiting, changed = {*ahead}, list[str]()
        while ahead:
            place = heappop(ahead)
            group = graph.groups[place]
            found = self._group(graph, group, today)
            for key in group:
                new = found.get(key)
                if new == self.of.get(key):
                    continue
                changed.append(key)
                if new is None:
                    del self.of[key]
                else:
                    self.of[key] = new
                for other in graph.dependents(key):
                    if (at := graph.place(other)) != place and at not in waiting:
                        waiting.add(at)
                        heappush(ahead, at)
        return changed

    def _group(self, graph: DependencyGraph, group: Sequence[str], today: date) -> dict[str, Slip]:
        """Return the slips of goals that all depend on each other; most groups are of one goal."""
        inside = {*group}
        members = [key for key in group if key in self.works]
        found: dict[str, Slip] = {}
        for key in members:
            before = [one for one in graph.dependencies(key) if one not in inside]
            waits = {one: self.of[one] for one in before if one in self.works}
            found[key] = _alone(key, self.works[key], waits, today)
        together = [key for key in members if not self.works[key].is_finished]
        if len(together) < 2:  # noqa: PLR2004  # a circle has at least two goals
            return found
        if unknown := next((key for key in together if found[key].finish is None), None):
            return found | {
                key: Slip(
                    start=found[key].start,
                    unknown_because_of=found[unknown].unknown_because_of,
                    decided_by=unknown,
                )
                for key in together
                if found[key].finish is not None
            }
        last = max(together, key=lambda key: found[key].finish or date.min)
        end = found[last]
        several = zip(*(found[key].courses for key in together), strict=True)
        courses = tuple(max(each) for each in several)
        for key in together:
            slip = found[key]
            decided_by = slip.decided_by if slip.finish == end.finish else last
            cause = end if decided_by == last else self.of.get(decided_by or "")
            finish = end.finish or today
            goal_end = _GoalEnd(slip.start, finish, courses, decided_by, cause)
            found[key] = _slip(self.works[key], goal_end, today)
        return found


def critical_path(slips: Mapping[str, Slip], goal_id: str) -> tuple[str, ...]:
    """Return the chain of goals that decides when a goal can be finished, itself last."""
    path, key = list[str](), goal_id
    while (slip := slips.get(key)) and slip.decided_by is not None:
        path.append(key)
        key = slip.decided_by
    return (*reversed([*path, key]),)


def household_path(slips: Mapping[str, Slip], goal_ids: Iterable[str]) -> tuple[str, ...]:
    """Return the chain of goals that decides when the last of some goals ends; () without one.

    Goals whose end is not known do not count. Of several that end last it is the longest chain,
    then the one of the first id.
    """
    ends = {
        key: slip.finish for key in goal_ids if (slip := slips.get(key)) and slip.finish is not None
    }
    last = max(ends.values(), default=None)
    paths = [critical_path(slips, key) for key, finish in ends.items() if finish == last]
    return min(paths, key=lambda path: (-len(path), path[-1]), default=())


class _GoalEnd(NamedTuple):
    """The start and the end of a goal, and the slip of the goal that decides them."""

    start: date | None
    finish: date
    courses: tuple[float, ...]
    decided_by: str | None = None
    cause: Slip | None = None


def _alone(goal_id: str, work: GoalWork, waits: Mapping[str, Slip], today: date) -> Slip:
    """Return the slip of a goal that waits for others, without its own circle."""
    own = work.finish
    if own is None or work.days is None:
        return Slip(start=work.begun, unknown_because_of=goal_id)
    waits = {} if work.is_finished else waits
    for key, other in waits.items():
        if other.finish is None:
            because = other.unknown_because_of
            return Slip(start=work.begun, unknown_because_of=because, decided_by=key)
    ends = {key: other.finish or today for key, other in waits.items()}
    last = max(ends, key=lambda key: ends[key], default=None)
    until = ends[last] if last is not None else today
    courses = work_courses(goal_id, work, [other.courses for other in waits.values()], today)
    if work.goes_on or work.is_finished:
        start, finish = work.begun, max(own, until)
    else:
        goes_on_from = max(work.earliest, until)
        start = work.begun or goes_on_from
        if work.days > (LAST_DAY - goes_on_from).days:
            return Slip(start=start, unknown_because_of=goal_id, decided_by=last)
        finish = goes_on_from + timedelta(days=work.days)
    if last is None:
        return _slip(work, _GoalEnd(start, finish, courses), today, own_bounds=True)
    if finish == own:
        return _slip(work, _GoalEnd(start, finish, courses), today)
    return _slip(work, _GoalEnd(start, finish, courses, last, waits[last]), today)


def _slip(work: GoalWork, end: _GoalEnd, today: date, *, own_bounds: bool = False) -> Slip:
    """Return a slip; with `own_bounds` its bounds are those of the forecast, if it has one."""
    own = work.finish or end.finish
    days = max(0, (end.finish - max(work.target or own, own)).days)
    early, late = work.early, work.late
    if not own_bounds or early is None:
        ordered = sorted(end.courses)
        soonest, latest = ordered[EARLY_COURSE], ordered[LATE_COURSE]
        early = today + timedelta(days=min(_whole(soonest), (end.finish - today).days))
        late = None
        if latest <= HORIZON:
            late = max(end.finish, today + timedelta(days=_whole(latest)))
    return Slip(
        start=end.start,
        finish=end.finish,
        early=early,
        late=late,
        days=days,
        late_because_of=_causes(days, end.decided_by, end.cause),
        decided_by=end.decided_by,
        own_days=max(0, (own - work.target).days) if work.target else 0,
        courses=end.courses,
    )


def _causes(days: int, decided_by: str | None, cause: Slip | None) -> tuple[Lateness, ...]:
    """Return what makes a goal late by so many days: a goal, and those that make that one late.

    A goal accounts for its own days past its target date, and for what its end is too late for the
    other's plan. Nobody accounts for more than the whole.
    """
    if not days or decided_by is None or cause is None:
        return ()
    own = cause.own_days + max(0, days - cause.days - cause.own_days)
    all_causes = [*cause.late_because_of, *((Lateness(decided_by, own),) if own else ())]
    found = [Lateness(each.goal_id, min(days, each.days)) for each in all_causes]
    return (*sorted(found, key=lambda each: -each.days)[:MOST_CAUSES],)


def _whole(days: float) -> int:
    # 1e-6 absorbs float rounding.
    return max(0, ceil(days - 1e-6))


SLIP_PARTS: Final[Mapping[str, Limits]] = MappingProxyType(
    {
        "slip": or_null(
            object_of(
                **dict.fromkeys(("start", "finish", "early", "late"), or_null(DAY)),
                days=WHOLE,
                late_because_of=list_of(object_of(goal_id=UUID, days=WHOLE)),
                unknown_because_of=or_null(UUID),
            )
        )
    }
)


def slip_document(slip: Slip | None) -> PlainJson:
    """Return a slip as part of documents; null for a goal that is done or archived."""
    if slip is None:
        return None
    days = {"start": slip.start, "finish": slip.finish, "early": slip.early, "late": slip.late}
    return {
        **{name: day.isoformat() if day else None for name, day in days.items()},
        "days": slip.days,
        "late_because_of": [each._asdict() for each in slip.late_because_of],
        "unknown_because_of": slip.unknown_because_of,
    }
