"""What follows from the status of a goal: the day it was completed, the points of its history."""

from datetime import date

from .enums import GoalStatus
from .key_results import KeyResult
from .progress_history import History, with_point


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


def chronicle(
    history: History,
    progress: tuple[float | None, float | None],
    key_results: tuple[tuple[KeyResult, ...], tuple[KeyResult, ...]],
    today: date,
) -> History:
    """Return the history after a change, given the progress and key results before and after it.

    Each day on which something was measured has a point, also where the progress came out the
    same.
    """
    before, after = progress
    if after is None or (before == after and key_results[0] == key_results[1]):
        return history
    return with_point(history, today, after)
