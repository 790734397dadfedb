"""The parts of a key result, each read from input."""

from collections.abc import Mapping
from datetime import date
from functools import partial
import re
from typing import NamedTuple

from ..errors import fault, refuse
from ..metrics.units import metric_of
from ..records.fields import Context
from ..records.limits import Limits, limited, limits_of
from ..records.naming import short_text
from ..records.object_reader import FaultCollector, ObjectReader
from ..records.parsers import LARGEST_AMOUNT, amount, as_text, day, json_object
from ..values import Json, freeze_object

MAX_DAYS = 400
MAX_EXTRA_BYTES = 16 * 1024
MAX_EXTRA_LEVELS = 8
# An entity id, or the id under which the entity registry keeps the entity.
ENTITY = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+|[0-9a-f]{32}")


class DayValue(NamedTuple):
    """What was measured on one day."""

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
    """Parse where the values come from: `{"entity_id": …}` or `{"metric": …}`."""
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
    """Parse an object of numbers by day (ISO 8601), at most 400; the oldest comes first."""
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
    """Parse what else a person stored: JSON of at most 16 KiB and 8 levels."""
    parse = json_object(MAX_EXTRA_BYTES, MAX_EXTRA_LEVELS)
    return parse(value, context)
