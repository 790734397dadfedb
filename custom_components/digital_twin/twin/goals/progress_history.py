"""The daily history of a goal's progress, from which pace and forecast are read.

A point stands for a day on which something was measured: the progress (percent) at the end of
that day, or so far. Between points the progress stays what it was.
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Protocol

from ..enums import GoalStatus
from ..records.fields import Context
from ..values import PlainJson
from .key_result_parts import MAX_DAYS, DayValue
from .key_results import KeyResult

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


LATE = timedelta(hours=24)


def completion(status: GoalStatus, completed_on: date | None, today: date) -> date | None:
    """Return the day on which a goal counts as completed.

    A Completed goal has one: what a person wrote, else today. An Archived goal keeps the one that
    it had. A goal that is open again has none.
    """
    match status:
        case GoalStatus.COMPLETED:
            return completed_on or today
        case GoalStatus.ARCHIVED:
            return completed_on
    return None


class Active(Protocol):
    """What is to be known of the goal before a change."""

    @property
    def status(self) -> GoalStatus:
        """Where the goal stood in its life."""

    @property
    def active_since(self) -> date | None:
        """The day since which it was active."""


def active_since(before: Active | None, status: GoalStatus, today: date) -> date | None:
    """Return the day since which a goal is active, None for one that is not."""
    if status is not GoalStatus.ACTIVE:
        return None
    stays = before is not None and before.status is GoalStatus.ACTIVE
    return before.active_since if before and stays else today


def measured_on(
    before: tuple[KeyResult, ...],
    after: tuple[KeyResult, ...],
    context: Context,
    owner_id: str | None,
) -> date:
    """Return the day on which a change of key results is booked.

    It is today, unless everything that changed was measured more than 24 hours ago: late values
    are booked on the day of the goal's owner on which they were measured.
    """
    known = {key_result.key: key_result for key_result in before}
    changed = [each for each in after if known.get(each.key) != each]
    moments = [each.measured_at for each in changed if each.key in known and each.measured_at]
    if not changed or len(moments) < len(changed) or max(moments) >= context.now - LATE:
        return context.today
    return context.days_of(owner_id).day_of(max(moments))


def chronicle(
    history: History,
    progress: tuple[float | None, float | None],
    key_results: tuple[tuple[KeyResult, ...], tuple[KeyResult, ...]],
    day: date,
) -> History:
    """Return the history after a change, given the progress and key results before and after it.

    Each day on which something was measured has a point, also where the progress came out the
    same. The last point is what the progress is now, also when an earlier day was measured.
    """
    before, after = progress
    if after is None or (before == after and key_results[0] == key_results[1]):
        return history
    latest = max(day, history[-1].day) if history else day
    return with_point(with_point(history, day, after), latest, after)
