"""What follows from the status of a goal: the day it was completed, the points of its history."""

from datetime import date, datetime, timedelta
from typing import NamedTuple, Protocol

from .enums import GoalStatus
from .key_results import KeyResult
from .progress_history import History, with_point

LATE = timedelta(hours=24)


class Moment(NamedTuple):
    """A point in time and the day that it is at the household."""

    time: datetime
    today: date


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


def measured_on(before: tuple[KeyResult, ...], after: tuple[KeyResult, ...], now: Moment) -> date:
    """Return the day to which a change of key results belongs.

    It is today, unless all that changed was measured before the last 24 hours: what is sent late,
    oldest first, lands on its own days (UTC).
    """
    known = {key_result.key: key_result for key_result in before}
    changed = [each for each in after if known.get(each.key) != each]
    moments = [each.measured_at for each in changed if each.key in known and each.measured_at]
    if not changed or len(moments) < len(changed) or max(moments) >= now.time - LATE:
        return now.today
    return max(moments).date()


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
