"""The progress of key results and goals, its history, and the day of completion."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from math import fsum, inf
from operator import ge, le

from ..enums import GoalStatus, ItemState, KeyResultKind
from ..records.fields import Context
from ..values import PlainJson
from .key_result_parts import MAX_DAYS, ChecklistItem, DayValue
from .key_results import COMPARISON, KeyResult

SIDES = {"<": le, "≤": le, ">": ge, "≥": ge}
ITEM_SHARES = {ItemState.TODO: 0.0, ItemState.DOING: 0.5, ItemState.DONE: 1.0}


def key_result_progress(key_result: KeyResult) -> float | None:
    """Return the progress of a key result, from 0 to 1, or None if it is unknown.

    - `reach`: the part of the way from baseline to target, up or down.
    - `accumulate`: the same, from 0 if there is no baseline.
    - `maintain`: the share of the known days within the band, bounds included; without any day,
      whether the current value is within it.
    - `checklist`: (items done + half of the items in progress) / items.
    - `boolean`: 1 when the current value is the target (by default true), else 0.

    At the target the progress is 1, whatever the baseline. With a comparison (`> 85`) it is 1 also
    beyond the target; before it, the part of the way if there is a baseline before the target,
    else 0. With neither a comparison nor a baseline it is unknown: either side may be meant.
    """
    match key_result.kind:
        case KeyResultKind.REACH:
            return _way(key_result, key_result.baseline)
        case KeyResultKind.ACCUMULATE:
            return _way(key_result, key_result.baseline or 0.0)
        case KeyResultKind.MAINTAIN:
            return _maintained(key_result)
        case KeyResultKind.CHECKLIST:
            shares = [ITEM_SHARES[item.state] for item in key_result.items]
            return fsum(shares) / len(shares) if shares else None
    if key_result.current is None:
        return None
    return float(key_result.current == (key_result.target is not False))


def goal_progress(status: GoalStatus, key_results: Iterable[KeyResult]) -> float | None:
    """Return the progress of a goal in percent, from 0 to 100, or None if it is unknown.

    It is the weighted mean of the key results with a known progress, and 100 for a Completed goal.
    It is unknown without such a key result, or if their weights are zero.
    """
    if status is GoalStatus.COMPLETED:
        return 100.0
    known = [
        (key_result.weight, progress)
        for key_result in key_results
        if (progress := key_result_progress(key_result)) is not None
    ]
    total = fsum(weight for weight, _ in known)
    if not total:
        return None
    # Four decimals hide float rounding.
    return round(100 * fsum(weight * progress for weight, progress in known) / total, 4)


def _has_way(key_result: KeyResult) -> bool:
    """Return whether a number has a start value before its target, so that a share can be said.

    Something to accumulate begins at 0 if it has no start value.
    """
    baseline, target = key_result.baseline, key_result.target
    if key_result.kind is KeyResultKind.ACCUMULATE:
        baseline = baseline or 0.0
    if baseline is None or target is None or isinstance(target, str):
        return False
    is_reached = SIDES.get(str(key_result.extra.get(COMPARISON)))
    return baseline != target and not (is_reached and is_reached(baseline, target))


# An amount of at most so many whole units is counted in units, such as 12 books.
MAX_STEPS = 100


def step_count(key_result: KeyResult) -> int:
    """Return in how many whole steps a key result is reached; 0 if it grows evenly."""
    if key_result.kind is KeyResultKind.BOOLEAN:
        return 1
    if key_result.kind is KeyResultKind.MAINTAIN:
        return 0 if key_result.days else 1
    if not _has_way(key_result):
        return 1
    if key_result.kind is not KeyResultKind.ACCUMULATE:
        return 0
    numbers = (key_result.baseline or 0.0, key_result.target or 0.0, key_result.current or 0.0)
    count = abs(float(numbers[1]) - numbers[0])
    whole = all(float(each).is_integer() for each in numbers)
    return int(count) if whole and count <= MAX_STEPS else 0


def _way(key_result: KeyResult, baseline: float | None) -> float | None:
    current, target = key_result.current, key_result.target
    if current is None or target is None or isinstance(target, str):
        return None
    if current == target:
        return 1.0
    is_reached = SIDES.get(str(key_result.extra.get(COMPARISON)))
    if is_reached and is_reached(current, target):
        return 1.0
    if baseline is None or not _has_way(key_result):
        return 0.0 if is_reached else None
    return _clamped((current - baseline) / (target - baseline))


def _maintained(key_result: KeyResult) -> float | None:
    low, high = key_result.minimum, key_result.maximum
    if low is None and high is None:
        return None
    values: Sequence[float] = [point.value for point in key_result.days]
    if not values and key_result.current is not None:
        values = [key_result.current]
    within = [
        (-inf if low is None else low) <= value <= (inf if high is None else high)
        for value in values
    ]
    return sum(within) / len(within) if within else None


def _clamped(share: float) -> float:
    return min(1.0, max(0.0, share))


type History = tuple[DayValue, ...]


def with_point(history: History, day: date, progress: float) -> History:
    """Return the history with the progress of a day, which replaces that of the same day.

    It is bounded to the latest 400 points.
    """
    at = bisect_left(history, day, key=lambda point: point.day)
    is_known = at < len(history) and history[at].day == day
    return (*history[:at], DayValue(day, progress), *history[at + is_known :])[-MAX_DAYS:]


def history_document(history: History) -> dict[str, PlainJson]:
    """Return a history as part of documents, oldest first."""
    return {point.day.isoformat(): point.value for point in history}


def last_change(history: Sequence[DayValue]) -> date | None:
    """Return the day of the last change of the progress; None without a history."""
    changed: date | None = None
    value: float | None = None
    for point in history:
        if point.value != value:
            changed, value = point.day, point.value
    return changed


# Of the latest changes so many are looked at, and so many are needed to have a rhythm.
RHYTHM_GAPS = 6
MIN_GAPS = 3
# In a rhythm no gap (days) is longer than twice the usual one, and none longer than a quarter.
IRREGULAR = 2
LONGEST_GAP = 92


def rhythm(history: Sequence[DayValue]) -> int | None:
    """Return the usual days between two changes of the progress; None if they are irregular.

    >>> weekly = [DayValue(date(2026, 3, day), float(day)) for day in (1, 8, 15, 22)]
    >>> rhythm(weekly), rhythm(weekly[:3])
    (7, None)
    """
    days = [
        point.day
        for index, point in enumerate(history)
        if not index or point.value != history[index - 1].value
    ]
    gaps = sorted((later - day).days for day, later in pairwise(days[-RHYTHM_GAPS - 1 :]))
    if len(gaps) < MIN_GAPS:
        return None
    usual = gaps[len(gaps) // 2]
    return usual if gaps[-1] <= min(LONGEST_GAP, IRREGULAR * usual) else None


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

    For a Completed goal it is the given day, else today; an Archived goal keeps the given day; an
    open goal has none.
    """
    match status:
        case GoalStatus.COMPLETED:
            return completed_on or today
        case GoalStatus.ARCHIVED:
            return completed_on
    return None


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
    changed = with_point(history, day, after)
    return changed if latest == day else with_point(changed, latest, after)


def with_done_days(
    history: History, key_results: tuple[KeyResult, ...], start: date | None, today: date
) -> History:
    """Return the history with the days before it on which items of checklists were done.

    It begins at the start of the goal, if that is known. Items that are done without a day count
    from the beginning, and what else the goal measures as it is now: their past is not known.
    With more such items than days, the days tell too little, and nothing is added.
    """
    done = [item for each in key_results for item in each.items if item.state is ItemState.DONE]
    dated = sorted({item.done for item in done if item.done})
    first = history[0].day if history else today
    days = [day for day in dated if day < first]
    if not days or 2 * sum(item.done is not None for item in done) < len(done):
        return history
    if start and start < days[0]:
        days.insert(0, start)
    points = [(day, _progress_on(key_results, day)) for day in days]
    known = tuple(DayValue(day, progress) for day, progress in points if progress is not None)
    return (*known, *history)[-MAX_DAYS:]


def _progress_on(key_results: Iterable[KeyResult], day: date) -> float | None:
    """Return the progress (percent) with the items that were done by the end of a day."""
    return goal_progress(
        GoalStatus.ACTIVE,
        [
            replace(each, items=tuple(_item_on(item, day) for item in each.items))
            for each in key_results
        ],
    )


def _item_on(item: ChecklistItem, day: date) -> ChecklistItem:
    was_done = item.state is ItemState.DONE and (item.done is None or item.done <= day)
    return item if was_done else replace(item, state=ItemState.TODO)
