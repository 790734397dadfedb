"""The work of a goal as if it waited for nobody, and how long it takes in many courses."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from math import exp, log
from random import Random
from statistics import NormalDist
from typing import Final
from zlib import crc32

from ..enums import GoalStatus
from .assessment import is_open
from .forecast import Forecast, ForecastState
from .goal import Goal, progress_of
from .plan import Plan

COURSES: Final = 99
# The courses at the bounds: with 99 quantiles, the tenth from each end.
EARLY_COURSE: Final = 9
LATE_COURSE: Final = COURSES - 1 - EARLY_COURSE
QUANTILES: Final = tuple(
    NormalDist().inv_cdf((course + 1) / (COURSES + 1)) for course in range(COURSES)
)
# The standard deviation of the logarithm of planned days; scripts/accuracy/portfolios.py says how
# well it holds on plans that are missed by so much.
PLANNED_SPREAD: Final = 0.35
# Days; the logarithm of none would be endless.
SHORTEST: Final = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class GoalWork:
    """The work of an open goal as if it waited for nobody.

    `begun`: the day on which it was begun, None for one that is not, or at 0 %. `days` from
    `earliest` to its finish, None where that is not known. `goes_on`: it is under way, also while
    it waits. `is_finished`: nothing is left to do. `early` and `late` are the bounds of a forecast
    (`late` is None where it is open), both None without one.
    """

    begun: date | None
    earliest: date
    days: int | None
    target: date | None
    goes_on: bool = False
    is_finished: bool = False
    early: date | None = None
    late: date | None = None

    @property
    def finish(self) -> date | None:
        """The day on which the goal would end if it waited for nobody."""
        return None if self.days is None else self.earliest + timedelta(days=self.days)


def goal_work(
    goal: Goal, foretold: Forecast, plan: Plan | None, today: date, *, waits: bool
) -> GoalWork | None:
    """Return the work of a goal, None for one that is done or archived.

    `waits` is whether a goal that it depends on is still open. The first that holds decides:

        On Hold                               not known
        at 100 %                              today
        a forecast with a finish              that finish
        too far, or not at this pace          not known; while it waits and stands still: its plan
        begun, and late by its plan           its target date, and as many days as it is late
        begun                                 its target date, unless that has passed
        not begun                             the days of its plan, or until its target date
    """
    if not is_open(goal):
        return None
    start = goal.start_date
    is_due = goal.status is GoalStatus.ACTIVE and (start is None or start <= today)
    unknown = GoalWork(
        begun=(start or goal.active_since) if is_due and progress_of(goal) != 0 else None,
        earliest=today,
        days=None,
        target=goal.target_date or (plan.target if plan else None),
    )
    if goal.status is GoalStatus.ON_HOLD:
        return unknown
    if foretold.state is ForecastState.FINISHED:
        return replace(unknown, days=0, is_finished=True)
    if foretold.finish is not None:
        # At 0 % there is only a pace that was supposed: it counts from the beginning.
        goes_on = progress_of(goal) != 0
        begins = today if goes_on else max(today, start or today)
        return replace(
            unknown,
            earliest=begins,
            days=max(0, (foretold.finish - begins).days),
            goes_on=goes_on,
            early=foretold.early,
            late=foretold.late,
        )
    stands = is_due and foretold.state is ForecastState.NOT_AT_THIS_PACE
    if foretold.state is ForecastState.TOO_FAR or (stands and not waits):
        return unknown
    planned = _planned(goal, unknown, plan, is_due=is_due)
    return replace(planned, goes_on=planned.goes_on and not stands)


def _planned(goal: Goal, work: GoalWork, plan: Plan | None, *, is_due: bool) -> GoalWork:
    """Return the work of a goal of which nothing is known but its plan, or its target date."""
    today, progress = work.earliest, progress_of(goal)
    if plan is not None and is_due and progress is not None:
        since = plan.in_time_until(progress, plan.start, min(today, plan.target))
        left = max(1, (plan.target - since).days)
        return replace(work, days=left, goes_on=progress > 0)
    if plan is not None and not is_due:
        length = (plan.target - plan.start).days
        return replace(work, days=length, earliest=max(today, goal.start_date or today))
    if work.target is None or work.target < today:
        return work
    return replace(work, days=(work.target - today).days, goes_on=True)


def work_courses(
    goal_id: str, work: GoalWork, waits: Sequence[Sequence[float]], today: date
) -> tuple[float, ...]:
    """Return the days from today to the end of a goal in each course."""
    times = [*_times(goal_id, work)]
    first = float((work.earliest - today).days)
    if not waits:
        return tuple(first + time for time in times)
    untils = waits[0] if len(waits) == 1 else [*map(max, zip(*waits, strict=True))]
    if work.goes_on:
        return tuple(map(max, times, untils, strict=True))
    return tuple(max(first, until) + time for until, time in zip(untils, times, strict=True))


def _times(goal_id: str, work: GoalWork) -> Iterator[float]:
    """Yield how many days a goal takes in each course."""
    begins = work.earliest
    middle, spread = float(work.days or 0), PLANNED_SPREAD
    if work.early is not None:
        early = max(SHORTEST, (work.early - begins).days)
        if work.late is None:
            middle = max(middle, early)
            spread = log(middle / early) / QUANTILES[LATE_COURSE]
        else:
            late = max(early, (work.late - begins).days)
            middle = (early * late) ** 0.5
            spread = log(late / early) / (2 * QUANTILES[LATE_COURSE])
    return (middle * exp(spread * quantile) for quantile in _order(goal_id))


@lru_cache(maxsize=4096)
def _order(goal_id: str) -> tuple[float, ...]:
    """Return the quantiles of a goal in the courses: the same for the same id."""
    rng = Random(crc32(goal_id.encode()))  # noqa: S311  # the same courses each time
    return tuple(sorted(QUANTILES, key=lambda _quantile: rng.random()))
