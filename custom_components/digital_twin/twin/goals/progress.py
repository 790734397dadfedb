"""Updates of key results; the progress of goals, its history, and the day of completion."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import pairwise
from math import fsum

from ..catalogue import CATALOGUE, Metric
from ..enums import GoalStatus, ItemState, KeyResultKind
from ..errors import TwinError, fault, refuse
from ..metrics.readings import Reading
from ..metrics.units import convert_unit, spelled
from ..records.fields import Context, ObjectReader, PersonDay
from ..records.limits import Limits, limits_of, option_limits
from ..records.naming import position_of
from ..records.parsers import amount, past_instant, truth
from ..values import PlainJson
from .key_result_parts import MAX_DAYS, ChecklistItem, DayValue, with_state
from .key_results import ADDABLE, CALENDAR, NUMERIC, VALUED, KeyResult


def update_value(
    key_result: KeyResult, value: object, *, measured_at: datetime, days: PersonDay = CALENDAR
) -> KeyResult:
    """Set the measured value; a late value does not replace a newer one.

    `measured_at` is aware, `days` are those of the goal's owner: a key result to maintain keeps
    one value for each of them. Raises `TwinError` at `value`: `wrong_kind`, `wrong_type`,
    `out_of_range`.
    """
    _expect(key_result, VALUED, "value")
    try:
        current = (truth if key_result.kind is KeyResultKind.BOOLEAN else amount)(value)
    except TwinError as error:
        raise error.within("value") from None
    late = key_result.measured_at is not None and measured_at < key_result.measured_at
    if key_result.kind is KeyResultKind.MAINTAIN:
        kept = _with_day(key_result, DayValue(days.day_of(measured_at), current), days, late=late)
        key_result = replace(key_result, days=kept)
    if late:
        return key_result
    return replace(key_result, current=current, measured_at=measured_at.astimezone(UTC))


def increment(key_result: KeyResult, by: object, *, measured_at: datetime) -> KeyResult:
    """Add to the current value, which begins at the baseline (without one, an amount at 0).

    Raises `TwinError` at `increment`: `wrong_kind`, `wrong_type`, `out_of_range`, and
    `nothing_to_add_to` for something to reach that has neither a current value nor a baseline.
    """
    _expect(key_result, ADDABLE, "increment")
    start = key_result.current if key_result.current is not None else key_result.baseline
    if start is None:
        if key_result.kind is KeyResultKind.REACH:
            raise refuse("nothing_to_add_to", "increment", value=by)
        start = 0.0
    try:
        current = amount(start + amount(by))
    except TwinError as error:
        raise error.within("increment") from None
    return replace(key_result, current=current, measured_at=_latest(key_result, measured_at))


def set_item(
    key_result: KeyResult,
    item: object,
    state: object,
    *,
    measured_at: datetime,
    days: PersonDay = CALENDAR,
) -> KeyResult:
    """Set the state of an item of a checklist, named by its id or its name.

    `days` are those of the goal's owner: an item is done on one of them. Raises `TwinError`:
    `wrong_kind`, `unknown_item` or `ambiguous` at `item`, `not_an_option` at `state`.
    """
    _expect(key_result, (KeyResultKind.CHECKLIST,), "item")
    context = Context(now=measured_at, today=days.day_of(measured_at))
    items = with_state(key_result.items, item, state, context)
    if items == key_result.items:
        return key_result
    return replace(key_result, items=items, measured_at=_latest(key_result, measured_at))


def follow_metrics(
    key_results: tuple[KeyResult, ...],
    readings: Mapping[str, Reading],
    *,
    days: PersonDay = CALENDAR,
    catalogue: Mapping[str, Metric] = CATALOGUE,
) -> tuple[KeyResult, ...]:
    """Hand new readings on to the key results that follow their metrics.

    A value is converted where the key result has another unit that the metric knows. `days` are
    those of the person.
    """
    return tuple(_followed(key_result, readings, days, catalogue) for key_result in key_results)


def _followed(
    key_result: KeyResult,
    readings: Mapping[str, Reading],
    days: PersonDay,
    catalogue: Mapping[str, Metric],
) -> KeyResult:
    key = key_result.metric
    if key is None or key not in readings or key_result.kind not in NUMERIC:
        return key_result
    reading = readings[key]
    value = reading.value
    unit = spelled(key_result.unit or reading.unit)
    metric = catalogue.get(key)
    if metric is not None:
        value = round(convert_unit(value, reading.unit, unit), metric.precision + 2)
    return update_value(key_result, value, measured_at=reading.measured_at, days=days)


def _with_day(
    key_result: KeyResult, value: DayValue, days: PersonDay, *, late: bool
) -> tuple[DayValue, ...]:
    """A late value counts for its day unless the day's value is the newer one."""
    known = key_result.days
    at = bisect_left(known, value.day, key=lambda each: each.day)
    is_known = at < len(known) and known[at].day == value.day
    latest = key_result.measured_at
    same_day = latest is not None and days.day_of(latest) == value.day
    if late and same_day and is_known:
        return known
    return (*known[:at], value, *known[at + is_known :])[-MAX_DAYS:]


def _latest(key_result: KeyResult, measured_at: datetime) -> datetime:
    return max(measured_at, key_result.measured_at or measured_at).astimezone(UTC)


def _expect(key_result: KeyResult, kinds: tuple[KeyResultKind, ...], field: str) -> None:
    if key_result.kind not in kinds:
        raise refuse("wrong_kind", field, value=key_result.kind, allowed=kinds)


WAYS = ("value", "increment", "item")
MAX_LISTED = 20
NOTHING = "-"


UPDATE = Limits(
    type="object",
    parts={
        "key_result": Limits(type="string"),
        "value": Limits(any_of=(limits_of(amount), limits_of(truth))),
        "increment": limits_of(amount),
        "item": Limits(type="string"),
        "state": option_limits(ItemState),
        "measured_at": limits_of(past_instant),
    },
    required=("key_result",),
)


def update_progress(
    key_results: tuple[KeyResult, ...],
    update: Mapping[str, object],
    context: Context,
    days: PersonDay,
) -> tuple[KeyResult, ...]:
    """Return the key results after an update of one of them.

    `key_result` is its key, else its name in any case. Exactly one of `value`, `increment` and
    `item` (with its `state`, by default done) is required. `measured_at` is by default now;
    without an offset it is local in the zone of `days`, those of the goal's owner.

    Raises `TwinError`: `unknown_field`, `required_field`, `nothing_to_do`, `only_one_of`,
    `not_an_option` and `ambiguous` at `key_result`, a time that cannot be, and what the change
    itself refuses.
    """
    form = ObjectReader(update, context)
    form.only(("key_result", *WAYS, "state", "measured_at"))
    ways = [way for way in WAYS if form.has(way)]
    if not ways:
        form.add(fault("nothing_to_do", "value", allowed=WAYS))
    for extra in ways[1:]:
        form.add(fault("only_one_of", extra, allowed=WAYS))
    if form.has("state") and "item" not in ways:
        form.add(fault("required_field", "item"))
    index = form.required("key_result", partial(_position, key_results), 0)
    time = form.optional("measured_at", partial(past_instant, zone=days.zone), context.now)
    form.raise_faults()
    measured_at = time.astimezone(days.zone)
    before = key_results[index]
    match ways[0]:
        case "value":
            after = update_value(before, update["value"], measured_at=measured_at, days=days)
        case "increment":
            after = increment(before, update["increment"], measured_at=measured_at)
        case _:
            state = update.get("state") or ItemState.DONE
            after = set_item(before, update["item"], state, measured_at=measured_at, days=days)
    return (*key_results[:index], after, *key_results[index + 1 :])


def _position(key_results: tuple[KeyResult, ...], wanted: object, _context: Context) -> int:
    position = position_of(wanted, [(each.key, each.name) for each in key_results])
    if position is None:
        keys = [each.key for each in key_results[:MAX_LISTED]]
        raise refuse("not_an_option", "", value=wanted, allowed=keys or NOTHING)
    return position


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
        if (progress := key_result.progress) is not None
    ]
    total = fsum(weight for weight, _ in known)
    if not total:
        return None
    # Four decimals hide float rounding.
    return round(100 * fsum(weight * progress for weight, progress in known) / total, 4)


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
    begin, end = first.toordinal(), last.toordinal() + 1
    days = [min(max(point.day.toordinal(), begin), end) for point in history]
    values: list[float] = []
    for point, day, following in zip(history, days, (*days[1:], end), strict=True):
        values += [point.value] * (following - day)
    return values


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
    are booked on the day of the goal's owner on which they were measured. What was only edited,
    such as an item that was ticked in a file, was not measured when it last was.
    """
    known = {key_result.key: key_result for key_result in before}
    changed = [each for each in after if known.get(each.key) != each]
    moments = [
        each.measured_at
        for each in changed
        if (old := known.get(each.key)) and each.measured_at and each.measured_at != old.measured_at
    ]
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
