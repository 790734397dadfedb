"""Key results: the numbers, lists and yes-or-no questions by which a goal is measured."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from functools import partial
from math import floor, fsum, inf, log10
from operator import ge, le
from typing import NamedTuple

from ..catalogue import CATALOGUE, Metric
from ..enums import ItemState, KeyResultKind
from ..errors import fault
from ..records.fields import Context, ObjectReader, PersonDay, RenderEach
from ..records.limits import ANY, Limits, limits_of
from ..records.naming import parse_keyed, short_text, unique_slug
from ..records.parsers import LARGEST_AMOUNT, amount, option, past_instant, truth
from ..values import NO_JSON, Json, PlainJson, thaw_object
from .key_result_parts import (
    ChecklistItem,
    DayValue,
    items_document,
    parse_days,
    parse_extra,
    parse_items,
    parse_source,
    parse_target,
    parse_weight,
)

MAX_KEY_RESULTS = 100
ADDABLE = (KeyResultKind.REACH, KeyResultKind.ACCUMULATE)
NUMERIC = (*ADDABLE, KeyResultKind.MAINTAIN)
VALUED = (*NUMERIC, KeyResultKind.BOOLEAN)
CALENDAR = PersonDay(UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyResult:
    """One key result of a goal.

    `target` may be a text where no number is known yet (`TBD`); for the kind `boolean`, `target`
    and `current` are booleans. `source` is None (kept by hand), `{"entity_id": …}` or
    `{"metric": …}` of the owner's twin. `minimum`, `maximum` (the band, inclusive) and `days`
    (oldest first) belong to `maintain`, `items` to `checklist`. What does not belong to the kind
    is kept all the same, so that a kind that is changed back has lost nothing. `extra` is what
    else a person stored here.
    """

    key: str
    name: str
    kind: KeyResultKind = KeyResultKind.REACH
    unit: str | None = None
    baseline: float | None = None
    target: float | bool | str | None = None
    current: float | bool | None = None
    weight: float = 1.0
    source: Mapping[str, Json] | None = None
    measured_at: datetime | None = None
    minimum: float | None = None
    maximum: float | None = None
    items: tuple[ChecklistItem, ...] = ()
    days: tuple[DayValue, ...] = ()
    extra: Mapping[str, Json] = NO_JSON
    # Worked out once: they are needed several times for a write.
    progress: float | None = field(init=False, compare=False, repr=False)
    steps: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Work out the progress (from 0 to 1, None if it is unknown) and the number of steps."""
        object.__setattr__(self, "progress", _progress(self))
        object.__setattr__(self, "steps", _steps(self))

    @property
    def metric(self) -> str | None:
        """The key of the owner's metric that is followed, or None."""
        metric = self.source.get("metric") if self.source else None
        return metric if isinstance(metric, str) else None


# An additional part: on which side of the target it is reached (`<`, `≤`, `>`, `≥`).
COMPARISON = "comparison"
PARTS = tuple(part.name for part in fields(KeyResult) if part.init and part.name != "extra")


_kind = option(KeyResultKind)
KEY_RESULT = Limits(
    type="object",
    parts={
        "key": limits_of(short_text),
        "name": limits_of(short_text),
        "kind": limits_of(_kind),
        "unit": limits_of(short_text),
        "baseline": limits_of(amount),
        "target": Limits(any_of=(limits_of(amount), limits_of(truth), limits_of(short_text))),
        "current": Limits(any_of=(limits_of(amount), limits_of(truth))),
        "weight": limits_of(parse_weight),
        "source": limits_of(parse_source),
        "measured_at": limits_of(past_instant),
        "minimum": limits_of(amount),
        "maximum": limits_of(amount),
        "items": limits_of(parse_items),
        "days": limits_of(parse_days),
    },
    required=("name",),
    others=ANY,
)


def parse_key_results(
    raw: object, *, now: datetime, stored: bool = False, catalogue: Mapping[str, Metric] = CATALOGUE
) -> tuple[KeyResult, ...]:
    """Parse a list of key results, whose keys are unique within their goal.

    Raises one `TwinError` with every fault, at `[0].target` and so on.
    """
    return parse_keyed(
        raw,
        partial(parse_key_result, now=now, stored=stored, catalogue=catalogue),
        key="key",
        key_of=lambda key_result: key_result.key,
        maximum=MAX_KEY_RESULTS,
    )


def parse_key_result(
    raw: object,
    taken: Collection[str] = (),
    *,
    now: datetime,
    stored: bool = False,
    catalogue: Mapping[str, Metric] = CATALOGUE,
) -> KeyResult:
    """Parse one key result; without a key it gets one from its name that is not `taken`.

    Without a kind it is a checklist if it has items, something to maintain if it has a bound,
    else something to reach. Parts that are not ours are kept in `extra`. `stored` parts were
    judged against the clock and the catalogue when they were written.

    Raises `TwinError` with every fault, each field relative to the key result.
    """
    form = ObjectReader(raw, Context(now=now, today=now.date(), stored=stored, catalogue=catalogue))
    name = form.required("name", short_text, "")
    kind = form.optional("kind", _kind, _likely_kind(form))
    yes_no = kind is KeyResultKind.BOOLEAN
    key_result = KeyResult(
        key=form.optional("key", short_text, "") or unique_slug(name, taken, "key_result"),
        name=name,
        kind=kind,
        unit=form.optional("unit", short_text, None),
        baseline=form.optional("baseline", amount, None),
        target=form.optional("target", truth if yes_no else parse_target, None),
        current=form.optional("current", truth if yes_no else amount, None),
        weight=form.optional("weight", parse_weight, 1.0),
        source=form.optional("source", parse_source, None),
        measured_at=form.optional("measured_at", past_instant, None),
        minimum=form.optional("minimum", amount, None),
        maximum=form.optional("maximum", amount, None),
        items=form.optional("items", parse_items, ()),
        days=form.optional("days", parse_days, ()),
        extra=form.rest(PARTS, parse_extra, NO_JSON),
    )
    low, high = key_result.minimum, key_result.maximum
    if low is not None and high is not None and low > high:
        form.add(fault("out_of_range", "minimum", value=low, minimum=-LARGEST_AMOUNT, maximum=high))
    form.raise_faults()
    return key_result


def key_result_document(key_result: KeyResult) -> dict[str, PlainJson]:
    """Return a key result as part of documents, without unknown parts."""
    parts: dict[str, PlainJson] = {
        "key": key_result.key,
        "name": key_result.name,
        "kind": key_result.kind.value,
        "unit": key_result.unit,
        "baseline": key_result.baseline,
        "target": key_result.target,
        "current": key_result.current,
        "weight": key_result.weight,
        "source": thaw_object(key_result.source) if key_result.source else None,
        "measured_at": key_result.measured_at.isoformat() if key_result.measured_at else None,
        "minimum": key_result.minimum,
        "maximum": key_result.maximum,
        "items": items_document(key_result.items) if key_result.items else None,
        "days": {point.day.isoformat(): point.value for point in key_result.days} or None,
    }
    known = {name: part for name, part in parts.items() if part is not None}
    return {**known, **thaw_object(key_result.extra)}


def redefined(before: KeyResult, after: KeyResult) -> bool:
    """Return whether key results differ in more than what is measured: its value, time and days."""
    return before is not after and _definition(before) != _definition(after)


def _definition(key_result: KeyResult) -> tuple[object, ...]:
    return (
        key_result.key,
        key_result.name,
        key_result.kind,
        key_result.unit,
        key_result.baseline,
        key_result.target,
        key_result.weight,
        key_result.source,
        key_result.minimum,
        key_result.maximum,
        key_result.items,
        key_result.extra,
    )


render_key_results = RenderEach(key_result_document)


def _likely_kind(form: ObjectReader) -> KeyResultKind:
    if form.has("items"):
        return KeyResultKind.CHECKLIST
    if form.has("minimum") or form.has("maximum"):
        return KeyResultKind.MAINTAIN
    return KeyResultKind.REACH


SIDES = {"<": le, "≤": le, ">": ge, "≥": ge}
WHOLE = 100.0
# The steps of a slider that can still be used.
LEAST_STEPS = 200
MOST_STEPS = 500
# Absorb float rounding.
DECIMALS = 10
ROUNDED = 1e-9
ITEM_SHARES = {ItemState.TODO: 0.0, ItemState.DOING: 0.5, ItemState.DONE: 1.0}


def _progress(key_result: KeyResult) -> float | None:
    """Work out the progress of a key result.

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
        case KeyResultKind.REACH | KeyResultKind.ACCUMULATE:
            return _way(key_result)
        case KeyResultKind.MAINTAIN:
            return _maintained(key_result)
        case KeyResultKind.CHECKLIST:
            shares = [ITEM_SHARES[item.state] for item in key_result.items]
            return fsum(shares) / len(shares) if shares else None
    if key_result.current is None:
        return None
    return float(key_result.current == (key_result.target is not False))


def _start(key_result: KeyResult) -> float | None:
    """Return the start value; something to accumulate begins at 0 if it has none."""
    counts = key_result.kind is KeyResultKind.ACCUMULATE
    return 0.0 if key_result.baseline is None and counts else key_result.baseline


def _has_way(key_result: KeyResult) -> bool:
    """Return whether a number has a start value before its target, so that a share can be said."""
    baseline, target = _start(key_result), key_result.target
    if baseline is None or target is None or isinstance(target, str):
        return False
    is_reached = SIDES.get(str(key_result.extra.get(COMPARISON)))
    return baseline != target and not (is_reached and is_reached(baseline, target))


class UsualRange(NamedTuple):
    """The values that are likely for a key result, in its unit, with a fitting step."""

    minimum: float
    maximum: float
    step: float


def usual_range(key_result: KeyResult) -> UsualRange | None:
    """Return the likely values of a number, or None if its start and target do not tell them.

    They lie between start and target, or within the bounds, and as far again beyond either, but
    not below zero if neither is; a percentage stays between 0 and 100. None, too, where the present
    value lies outside, or where the steps would be too small for a slider.

    >>> usual_range(KeyResult(key="fat", name="Fat", baseline=25.0, target=15.0))
    UsualRange(minimum=5.0, maximum=35.0, step=0.1)
    """
    counts = key_result.kind is KeyResultKind.ACCUMULATE
    ends: tuple[object, ...] = (_start(key_result), key_result.target)
    if key_result.kind is KeyResultKind.MAINTAIN:
        ends = (key_result.minimum, key_result.maximum)
    known = [float(end) for end in ends if isinstance(end, int | float)]
    if len(known) < len(ends) or known[0] == known[1]:
        return None
    low, high = min(known), max(known)
    width = high - low
    least, most = low - width, high + width
    if key_result.unit == "%" and low >= 0 and high <= WHOLE:
        least, most = 0.0, WHOLE
    elif low >= 0:
        least = max(0.0, least)
    whole = counts and all(end.is_integer() for end in known)
    step = 1.0 if whole else _step(most - least)
    current = least if key_result.current is None else key_result.current
    is_fine = 0 < step <= 1 and (most - least) / step <= MOST_STEPS
    if not is_fine or not least <= current <= most:
        return None
    return UsualRange(round(least, DECIMALS), round(most, DECIMALS), step)


def _step(width: float) -> float:
    """Return the largest of 1, 2 and 5 times a power of ten with at least 200 steps in a width."""
    wanted = width / LEAST_STEPS
    power = floor(log10(wanted))
    factor = next(each for each in (5, 2, 1) if each * 10.0**power <= wanted * (1 + ROUNDED))
    return round(factor * 10.0**power, DECIMALS)


def _way(key_result: KeyResult) -> float | None:
    baseline, current, target = _start(key_result), key_result.current, key_result.target
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


# An amount of at most so many whole units is counted in units, such as 12 books.
MAX_STEPS = 100


def _steps(key_result: KeyResult) -> int:
    """Return in how many whole steps a key result is reached; 0 if it grows evenly."""
    if key_result.kind is KeyResultKind.BOOLEAN:
        return 1
    if key_result.kind is KeyResultKind.MAINTAIN:
        return 0 if key_result.days else 1
    if not _has_way(key_result):
        return 1
    if key_result.kind is not KeyResultKind.ACCUMULATE:
        return 0
    numbers = (_start(key_result) or 0.0, key_result.target or 0.0, key_result.current or 0.0)
    count = abs(float(numbers[1]) - numbers[0])
    whole = all(float(each).is_integer() for each in numbers)
    return int(count) if whole and count <= MAX_STEPS else 0
