"""What happened in the last weeks: the progress of goals, and means of daily values."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import chain
from statistics import fmean
from typing import Final, NamedTuple

from ..enums import ItemState
from .goal import Goal

WEEK: Final = timedelta(days=7)
# Of the items that were done in a week so many are named.
MOST_NAMED: Final = 5


class Week(NamedTuple):
    """A week of something: its value, what there was at its end, and what happened in it.

    `more` things happened beside those that are named.
    """

    value: float | None
    at_end: float | None = None
    happened: tuple[str, ...] = ()
    more: int = 0


def weeks_until(today: date, count: int) -> list[date]:
    """Return the Mondays of so many weeks, the last of which has today in it."""
    monday = today - timedelta(days=today.weekday())
    return [monday - WEEK * ago for ago in range(count - 1, -1, -1)]


def progress_weeks(goal: Goal, weeks: Sequence[date]) -> list[Week]:
    """Return how many percent a goal gained in each week.

    Unknown before its history begins: what it had then may be the work of years. The first day of
    the history counts as gained from the start of the goal only if it began with that week.
    """
    days = [point.day for point in goal.progress_history]
    done = _done_by_week(goal, weeks)
    found = []
    for week in weeks:
        first, after = bisect_left(days, week), bisect_left(days, week + WEEK)
        at_end = goal.progress_history[after - 1].value if after else None
        before = goal.progress_history[first - 1].value if first else None
        if before is None and goal.start_date and goal.start_date >= week and at_end is not None:
            before = 0.0
        gained = None if at_end is None or before is None else round(at_end - before, 2)
        names = done.get(week, [])
        found.append(
            Week(gained, at_end, tuple(names[:MOST_NAMED]), max(0, len(names) - MOST_NAMED))
        )
    return found


def _done_by_week(goal: Goal, weeks: Sequence[date]) -> dict[date, list[str]]:
    found: dict[date, list[str]] = defaultdict(list)
    for item in chain.from_iterable(each.items for each in goal.progress_metrics):
        if item.state is ItemState.DONE and item.done and (week := _week_of(item.done, weeks)):
            found[week].append(item.name)
    return found


def mean_weeks(values: Iterable[tuple[date, float]], weeks: Sequence[date]) -> list[Week]:
    """Return the mean of the daily values of each week; unknown without any."""
    found: dict[date, list[float]] = defaultdict(list)
    for day, value in values:
        if week := _week_of(day, weeks):
            found[week].append(value)
    return [Week(fmean(found[week]) if week in found else None) for week in weeks]


def _week_of(day: date, weeks: Sequence[date]) -> date | None:
    index = bisect_right(weeks, day) - 1
    return weeks[index] if index >= 0 and day < weeks[index] + WEEK else None
