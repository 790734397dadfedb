"""Apply a progress update to one key result of a goal."""

from collections.abc import Mapping
from functools import partial

from ..enums import ItemState
from ..errors import fault, refuse
from ..records.fields import Context
from ..records.limits import Limits, limits_of, option_limits
from ..records.moments import past_moment
from ..records.naming import position_of
from ..records.object_reader import ObjectReader
from ..records.parsers import amount, truth
from ..records.person_day import PersonDay
from .key_results import KeyResult, increment, set_item, update_value

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
        "measured_at": limits_of(past_moment),
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
    time = form.optional("measured_at", partial(past_moment, zone=days.zone), context.now)
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
