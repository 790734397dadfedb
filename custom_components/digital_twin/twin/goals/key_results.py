"""Key results: the numbers, lists and yes-or-no questions by which a goal is measured."""

from bisect import bisect_left
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from functools import partial

from ..catalogue import CATALOGUE, Metric
from ..enums import ItemState, KeyResultKind
from ..errors import TwinError, fault, refuse
from ..metrics.readings import Reading
from ..metrics.units import convert_unit, spelled
from ..records.fields import Context, ObjectReader, PersonDay, RenderEach
from ..records.limits import ANY, Limits, limits_of, option_limits
from ..records.naming import parse_keyed, position_of, short_text, unique_slug
from ..records.parsers import LARGEST_AMOUNT, amount, option, past_instant, truth
from ..values import NO_JSON, Json, PlainJson, thaw_object
from .key_result_parts import (
    MAX_DAYS,
    ChecklistItem,
    DayValue,
    items_document,
    parse_days,
    parse_extra,
    parse_items,
    parse_source,
    parse_target,
    parse_weight,
    with_state,
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


# An additional part: on which side of the target it is reached (`<`, `≤`, `>`, `≥`).
COMPARISON = "comparison"
PARTS = tuple(part.name for part in fields(KeyResult) if part.name != "extra")


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
    key_result: KeyResult, item: object, state: object, *, measured_at: datetime
) -> KeyResult:
    """Set the state of an item of a checklist, named by its id or its name.

    Raises `TwinError`: `wrong_kind`, `unknown_item` or `ambiguous` at `item`, `not_an_option` at
    `state`.
    """
    _expect(key_result, (KeyResultKind.CHECKLIST,), "item")
    context = Context(now=measured_at, today=measured_at.date())
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
    key = (key_result.source or {}).get("metric")
    if not isinstance(key, str) or key not in readings or key_result.kind not in NUMERIC:
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


def _likely_kind(form: ObjectReader) -> KeyResultKind:
    if form.has("items"):
        return KeyResultKind.CHECKLIST
    if form.has("minimum") or form.has("maximum"):
        return KeyResultKind.MAINTAIN
    return KeyResultKind.REACH


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
            after = set_item(before, update["item"], state, measured_at=measured_at)
    return (*key_results[:index], after, *key_results[index + 1 :])


def _position(key_results: tuple[KeyResult, ...], wanted: object, _context: Context) -> int:
    position = position_of(wanted, [(each.key, each.name) for each in key_results])
    if position is None:
        keys = [each.key for each in key_results[:MAX_LISTED]]
        raise refuse("not_an_option", "", value=wanted, allowed=keys or NOTHING)
    return position
