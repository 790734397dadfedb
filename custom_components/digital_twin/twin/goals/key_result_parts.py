"""The parts of a key result, each read from input."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
import re
from typing import NamedTuple

from ..enums import ItemState
from ..errors import fault, refuse
from ..metrics.units import metric_of
from ..records.fields import Context, FaultCollector, ObjectReader
from ..records.limits import Limits, limited, limits_of, list_limits, with_null
from ..records.naming import parse_keyed, position_of, short_text, unique_slug
from ..records.parsers import LARGEST_AMOUNT, amount, as_text, day, json_object, option
from ..values import Json, PlainJson, freeze_object

MAX_DAYS = 400
MAX_EXTRA_BYTES = 16 * 1024
MAX_EXTRA_LEVELS = 8
# An entity id, or the id under which the entity registry keeps the entity.
ENTITY = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+|[0-9a-f]{32}")


# The parts of a key result that hold values of the metric that it follows.
MEASURED = ("baseline", "current", "days", "measured_at")


def without_measured_parts(key_result: Mapping[str, PlainJson]) -> dict[str, PlainJson]:
    """Return the document of a key result without values of the metric that it follows."""
    return {name: part for name, part in key_result.items() if name not in MEASURED}


class DayValue(NamedTuple):
    """A value of one day."""

    day: date
    value: float


def parse_target(value: object, context: Context) -> float | str:
    """Parse a target: a number, or a text where there is none yet."""
    return short_text(value, context) if isinstance(value, str) else amount(value)


def _entity(value: object, _context: Context) -> str:
    entity_id = as_text(value)
    if not ENTITY.fullmatch(entity_id):
        raise refuse("wrong_type", "", value=value, expected="entity")
    return entity_id


def _one_of(name: str, other: str) -> Limits:
    texts = {
        "entity_id": Limits(type="string", pattern=f"^({ENTITY.pattern})$"),
        "metric": Limits(type="string", format="metric"),
    }
    parts = {name: texts[name], other: Limits(type="null")}
    return Limits(type="object", parts=parts, required=(name,))


@limited(Limits(type="number", minimum=0, maximum=LARGEST_AMOUNT))
def parse_weight(value: object, _context: Context) -> float:
    """Parse a weight: zero (does not count) or more."""
    weight = amount(value)
    if weight < 0:
        raise refuse("out_of_range", "", value=weight, minimum=0, maximum=LARGEST_AMOUNT)
    return weight


@limited(Limits(any_of=(_one_of("entity_id", "metric"), _one_of("metric", "entity_id"))))
def parse_source(value: object, context: Context) -> Mapping[str, Json]:
    """Parse the source of the values: `{"entity_id": …}` or `{"metric": …}`."""
    form = ObjectReader(value, context)
    form.only(("entity_id", "metric"))
    if form.has("entity_id") == form.has("metric"):
        form.add(fault("not_an_option", "", value=value, allowed=("entity_id", "metric")))
    entity_id = form.optional("entity_id", _entity, None)
    metric = form.optional("metric", _metric, None)
    form.raise_faults()
    return freeze_object({"entity_id": entity_id} if entity_id else {"metric": metric})


def _metric(value: object, context: Context) -> str:
    # A metric of the household may have been removed since.
    if context.stored:
        return short_text(value, context)
    return metric_of(value, context.catalogue).key


@limited(Limits(type="object", others=limits_of(amount), max_parts=MAX_DAYS))
def parse_days(value: object, context: Context) -> tuple[DayValue, ...]:
    """Parse an object of numbers by day (ISO 8601), at most 400; the result is sorted."""
    if not isinstance(value, Mapping):
        raise refuse("wrong_type", "", value=value, expected="object")
    if len(value) > MAX_DAYS:
        raise refuse("too_long", "", maximum=MAX_DAYS)
    collector = FaultCollector()
    found: dict[date, float] = {}
    for written, measured in value.items():
        parsed = collector.take(str(written), partial(day, written, context), None)
        result = collector.take(str(written), partial(amount, measured), 0.0)
        if parsed in found:
            # ISO 8601 has several spellings of one day.
            collector.add(fault("duplicate", str(written), value=parsed))
        if parsed is not None:
            found[parsed] = result
    collector.raise_faults()
    return tuple(DayValue(*each) for each in sorted(found.items()))


def parse_extra(value: object, context: Context) -> Mapping[str, Json]:
    """Parse additional parts: JSON of at most 16 KiB and 8 levels."""
    parse = json_object(MAX_EXTRA_BYTES, MAX_EXTRA_LEVELS)
    return parse(value, context)


MAX_ITEMS = 1000
MAX_LISTED = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class ChecklistItem:
    """One item of a checklist; `id` is unique in its checklist and outlives a change of name.

    `due` is the day by which it is to be done, `done` the day on which it was done, if known.
    """

    id: str
    name: str
    state: ItemState = ItemState.TODO
    due: date | None = None
    done: date | None = None


_state = option(ItemState)
ITEM = Limits(
    type="object",
    parts={
        "id": limits_of(short_text),
        "name": limits_of(short_text),
        "state": limits_of(_state),
        "due": limits_of(day),
        "done": limits_of(day),
    },
    required=("name",),
)


@limited(list_limits(Limits(any_of=(limits_of(short_text), with_null(ITEM))), MAX_ITEMS))
def parse_items(value: object, context: Context) -> tuple[ChecklistItem, ...]:
    """Parse a list of items, each a name or `{id?, name, state?, due?, done?}`.

    An item without an id gets one from its name.
    """

    def parse(raw: object, taken: Collection[str]) -> ChecklistItem:
        form = ObjectReader({"name": raw} if isinstance(raw, str) else raw, context)
        form.only(("id", "name", "state", "due", "done"))
        name = form.required("name", short_text, "")
        item_id = form.optional("id", short_text, "") or unique_slug(name, taken, "item")
        state = form.optional("state", _state, ItemState.TODO)
        due = form.optional("due", day, None)
        done = form.optional("done", day, None)
        form.raise_faults()
        return ChecklistItem(id=item_id, name=name, state=state, due=due, done=done)

    return parse_keyed(value, parse, key="id", key_of=lambda item: item.id, maximum=MAX_ITEMS)


def items_document(items: tuple[ChecklistItem, ...]) -> list[PlainJson]:
    """Return the items of a checklist as part of documents."""
    return [_item_document(item) for item in items]


def _item_document(item: ChecklistItem) -> dict[str, PlainJson]:
    document: dict[str, PlainJson] = {"id": item.id, "name": item.name, "state": item.state.value}
    days = {"due": item.due, "done": item.done}
    return document | {name: each.isoformat() for name, each in days.items() if each}


def with_state(
    items: tuple[ChecklistItem, ...], item: object, state: object, context: Context
) -> tuple[ChecklistItem, ...]:
    """Set the state of one item, named by its id, else by its name in any case.

    An item that is done now was done on the day of the context. Raises `TwinError` with every
    fault: `unknown_item` or `ambiguous` at `item`, `not_an_option` at `state`.
    """
    collector = FaultCollector()
    item_id = collector.take("item", partial(_find, items, item), "")
    new = collector.take("state", partial(_state, state, context), ItemState.TODO)
    collector.raise_faults()
    return tuple(_in_state(one, new, context.today) if one.id == item_id else one for one in items)


def with_days_done(
    before: tuple[ChecklistItem, ...], after: tuple[ChecklistItem, ...], today: date
) -> tuple[ChecklistItem, ...]:
    """Return items of which those that became done, without a day, were done today.

    One that stays done keeps its day, one that is not done any more has none. Of one that was not
    there before, nobody knows since when it is done.
    """
    known = {item.id: item for item in before}
    return tuple(_with_day_done(item, known.get(item.id), today) for item in after)


def _with_day_done(item: ChecklistItem, before: ChecklistItem | None, today: date) -> ChecklistItem:
    was_done, is_done = before and before.state is ItemState.DONE, item.state is ItemState.DONE
    if before is None or not (was_done or is_done):
        return item
    day = before.done if was_done else today
    return replace(item, done=(item.done or day) if is_done else None)


def _in_state(item: ChecklistItem, state: ItemState, today: date) -> ChecklistItem:
    if item.state is state:
        return item
    return replace(item, state=state, done=today if state is ItemState.DONE else None)


def _find(items: tuple[ChecklistItem, ...], wanted: object) -> str:
    position = position_of(wanted, [(item.id, item.name) for item in items])
    if position is None:
        names = [item.name for item in items[:MAX_LISTED]]
        raise refuse("unknown_item", "", value=wanted, allowed=names)
    return items[position].id
