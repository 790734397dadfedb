"""The daily history of a goal's progress, from which pace and forecast are read.

A point stands for a day on which something was measured: the progress (percent) at the end of
that day, or so far. Between points the progress stays what it was.
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, timedelta

from .key_result_parts import MAX_DAYS, DayValue
from .values import PlainJson

type History = tuple[DayValue, ...]


def with_point(history: History, day: date, progress: float) -> History:
    """Return the history with the progress of a day, which replaces that of the same day.

    It is bounded to the latest 400 points.
    """
    points = {**dict(history), day: progress}
    return tuple(DayValue(*point) for point in sorted(points.items())[-MAX_DAYS:])


def history_document(history: History) -> dict[str, PlainJson]:
    """Write a history as it stands in documents, oldest first."""
    return {point.day.isoformat(): point.value for point in history}


def last_change(history: Sequence[DayValue]) -> date | None:
    """Return the day since which the progress is what it is; None without a history."""
    changed: date | None = None
    value: float | None = None
    for point in history:
        if point.value != value:
            changed, value = point.day, point.value
    return changed


def daily(history: Sequence[DayValue], first: date, last: date) -> list[float]:
    """Return the progress of each day from `first` to `last`, both included.

    `first` must not lie before the first point.

    >>> points = (DayValue(date(2026, 3, 1), 10.0), DayValue(date(2026, 3, 3), 12.0))
    >>> daily(points, date(2026, 3, 1), date(2026, 3, 4))
    [10.0, 10.0, 12.0, 12.0]
    """
    days = [point.day for point in history]
    return [
        history[bisect_right(days, first + timedelta(days=passed)) - 1].value
        for passed in range((last - first).days + 1)
    ]
