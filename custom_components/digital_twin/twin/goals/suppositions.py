"""What can be supposed of goals and key results: other dates, another status, another pace."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Final, cast

from ..errors import fault, refuse, without_values
from ..records.fields import Context, FaultCollector, ObjectReader
from ..records.limits import Limits, limited, limits_of, list_limits, record_limits
from ..records.naming import short_text
from ..records.parsers import LARGEST_AMOUNT, amount, day, truth
from .goal import GOAL

MOST_SUPPOSED: Final = 100
# The fields of a goal that can be supposed to be others.
FIELDS: Final = ("status", "start_date", "target_date", "dependencies")
GOAL_FIELD: Final = "goal"
KEY_RESULTS: Final = "key_results"
DROPPED: Final = "dropped"
WAYS: Final = ("per_week", "value")


@dataclass(frozen=True, kw_only=True, slots=True)
class SupposedKeyResult:
    """Another pace or value of a key result.

    `per_week`: how much nearer to its target it comes each week, in its unit or in items.
    `value`: its value on the day `by`, or today.
    """

    key_result: str
    per_week: float | None = None
    value: float | bool | None = None
    by: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SupposedGoal:
    """Other values of a goal, which is named by its id once it was found.

    `path`: where it was supposed, for faults. `patch`: fields as in input.
    """

    goal: str
    path: str = ""
    dropped: bool = False
    patch: Mapping[str, object] = field(default_factory=dict)
    key_results: tuple[SupposedKeyResult, ...] = ()


@limited(Limits(type="number", minimum=0, maximum=LARGEST_AMOUNT))
def _per_week(value: object, _context: Context) -> float:
    found = amount(value)
    if found < 0:
        raise refuse("out_of_range", "", value=value, minimum=0, maximum=LARGEST_AMOUNT)
    return found


@limited(Limits(any_of=(limits_of(amount), limits_of(truth))))
@without_values()
def _value(value: object, _context: Context) -> float | bool:
    return value if isinstance(value, bool) else amount(value)


KEY_RESULT: Final = Limits(
    type="object",
    parts={
        "key_result": limits_of(short_text),
        "per_week": limits_of(_per_week),
        "value": limits_of(_value),
        "by": limits_of(day),
    },
    required=("key_result",),
)
SUPPOSED_GOAL: Final = Limits(
    type="object",
    parts={
        GOAL_FIELD: limits_of(short_text),
        DROPPED: limits_of(truth),
        **{name: record_limits(GOAL, patch=True).parts[name] for name in FIELDS},
        KEY_RESULTS: list_limits(KEY_RESULT, MOST_SUPPOSED),
    },
    required=(GOAL_FIELD,),
)


def read_each[T](
    value: object, context: Context, read: Callable[[object, Context], T]
) -> tuple[T, ...]:
    """Read a list of at most a hundred elements; faults are at `[0].target_date` and so on."""
    if not isinstance(value, list | tuple):
        raise refuse("wrong_type", "", value=value, expected="list")
    if len(value) > MOST_SUPPOSED:
        raise refuse("too_long", "", maximum=MOST_SUPPOSED)
    collector = FaultCollector()
    found = [
        collector.take(f"[{index}]", partial(read, raw, context), None)
        for index, raw in enumerate(value)
    ]
    collector.raise_faults()
    return tuple(each for each in found if each is not None)


def read_supposed_goal(value: object, context: Context) -> SupposedGoal:
    """Read `{goal, dropped?, status?, start_date?, …, key_results?}`; null clears a date.

    Raises `TwinError` for unknown parts, and `nothing_to_do` where nothing is supposed. What the
    fields of a goal can be is judged when they are applied.
    """
    reader = ObjectReader(value, context)
    reader.only((GOAL_FIELD, DROPPED, *FIELDS, KEY_RESULTS))
    given = cast("Mapping[str, object]", value)
    read_key_results = partial(read_each, read=_read_key_result)
    found = SupposedGoal(
        goal=reader.required(GOAL_FIELD, short_text, ""),
        dropped=reader.optional(DROPPED, truth, absent=False),
        patch={name: given[name] for name in FIELDS if name in given},
        key_results=reader.optional(KEY_RESULTS, read_key_results, ()),
    )
    if not (found.dropped or found.patch or found.key_results):
        reader.add(fault("nothing_to_do", "", allowed=(DROPPED, *FIELDS, KEY_RESULTS)))
    reader.raise_faults()
    return found


def _read_key_result(value: object, context: Context) -> SupposedKeyResult:
    reader = ObjectReader(value, context)
    reader.only(("key_result", *WAYS, "by"))
    ways = [way for way in WAYS if reader.has(way)]
    if not ways:
        reader.add(fault("nothing_to_do", "", allowed=WAYS))
    for extra in ways[1:]:
        reader.add(fault("only_one_of", extra, allowed=WAYS))
    if reader.has("by") and "value" not in ways:
        reader.add(fault("required_field", "value"))
    found = SupposedKeyResult(
        key_result=reader.required("key_result", short_text, ""),
        per_week=reader.optional("per_week", _per_week, None),
        value=reader.optional("value", _value, None),
        by=reader.optional("by", later_day, None),
    )
    reader.raise_faults()
    return found


def later_day(value: object, context: Context) -> date:
    """Read a day after today; raises `not_in_future`."""
    found = day(value, context)
    if found <= context.today:
        raise refuse("not_in_future", "", value=found)
    return found
