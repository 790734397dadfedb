"""Checklists: key results that are done when all their items are."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from ..enums import ItemState
from ..errors import refuse
from ..records.fields import Context
from ..records.limits import Limits, limited, limits_of, list_limits, with_null
from ..records.naming import parse_keyed, position_of, short_text, unique_slug
from ..records.object_reader import FaultCollector, ObjectReader
from ..records.parsers import day, option
from ..values import PlainJson

MAX_ITEMS = 1000
MAX_LISTED = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class ChecklistItem:
    """One item of a checklist; `id` is unique in its checklist and outlives a change of name.

    `due` is the day by which it is to be done.
    """

    id: str
    name: str
    state: ItemState = ItemState.TODO
    due: date | None = None


_state = option(ItemState)
ITEM = Limits(
    type="object",
    parts={
        "id": limits_of(short_text),
        "name": limits_of(short_text),
        "state": limits_of(_state),
        "due": limits_of(day),
    },
    required=("name",),
)


@limited(list_limits(Limits(any_of=(limits_of(short_text), with_null(ITEM))), MAX_ITEMS))
def parse_items(value: object, context: Context) -> tuple[ChecklistItem, ...]:
    """Parse a list of items, each a name or `{id?, name, state?, due?}`.

    An item without an id gets one from its name.
    """

    def parse(raw: object, taken: Collection[str]) -> ChecklistItem:
        form = ObjectReader({"name": raw} if isinstance(raw, str) else raw, context)
        form.only(("id", "name", "state", "due"))
        name = form.required("name", short_text, "")
        item_id = form.optional("id", short_text, "") or unique_slug(name, taken, "item")
        state = form.optional("state", _state, ItemState.TODO)
        due = form.optional("due", day, None)
        form.raise_faults()
        return ChecklistItem(id=item_id, name=name, state=state, due=due)

    return parse_keyed(value, parse, key="id", key_of=lambda item: item.id, maximum=MAX_ITEMS)


def items_document(items: tuple[ChecklistItem, ...]) -> list[PlainJson]:
    """Write the items of a checklist as they stand in documents."""
    return [_item_document(item) for item in items]


def _item_document(item: ChecklistItem) -> dict[str, PlainJson]:
    document: dict[str, PlainJson] = {
        "id": item.id,
        "name": item.name,
        "state": item.state.value,
    }
    return document if item.due is None else document | {"due": item.due.isoformat()}


def with_state(
    items: tuple[ChecklistItem, ...], item: object, state: object, context: Context
) -> tuple[ChecklistItem, ...]:
    """Set the state of one item, named by its id, else by its name in any case.

    Raises `TwinError` with every fault: `unknown_item` or `ambiguous` at `item`, `not_an_option`
    at `state`.
    """
    collector = FaultCollector()
    item_id = collector.take("item", partial(_find, items, item), "")
    new = collector.take("state", partial(_state, state, context), ItemState.TODO)
    collector.raise_faults()
    return tuple(replace(one, state=new) if one.id == item_id else one for one in items)


def _find(items: tuple[ChecklistItem, ...], wanted: object) -> str:
    position = position_of(wanted, [(item.id, item.name) for item in items])
    if position is None:
        names = [item.name for item in items[:MAX_LISTED]]
        raise refuse("unknown_item", "", value=wanted, allowed=names)
    return items[position].id
