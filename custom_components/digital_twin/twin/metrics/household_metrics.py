"""Metrics that a household defines, in addition to the built-in ones."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime
import re
from types import MappingProxyType

from ..catalogue import CATALOGUE, Metric
from ..enums import MetricKind
from ..errors import TwinError, fault, refuse
from ..records.fields import Context, ObjectReader
from ..records.naming import short_text
from ..records.parsers import LARGEST_AMOUNT, amount, as_text, option, whole_number
from ..values import PlainJson
from .units import alternatives, spelled

# The key in the options of the integration.
METRICS = "metrics"
PARTS = ("key", "name", "unit", "kind", "minimum", "maximum", "precision")
MAX_PRECISION = 6
# Keys are part of statistic ids, in which two underscores in a row are not allowed.
KEY = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
MAX_KEY = 40
# The parsers of a metric do not use the time.
_CONTEXT = Context(now=datetime(1970, 1, 1, tzinfo=UTC), today=date(1970, 1, 1))


def define_metric(raw: object, known: Iterable[Metric] = (), used: Collection[str] = ()) -> Metric:
    """Parse a metric of the household: `{key, name, unit, kind, minimum?, maximum?, precision?}`.

    Without a bound every amount is possible; a daily total is never below zero.

    `known`: the present metrics of the household. `used`: the keys that have readings, whose unit
    and kind cannot be changed because the history is in that unit.

    Raises `TwinError` with every fault, among them `invalid_key`, `duplicate` for the key of a
    built-in metric and `metric_in_use`.
    """
    form = ObjectReader(raw, _CONTEXT)
    form.only(PARTS)
    unit = form.required("unit", _unit, "")
    kind = form.optional("kind", option(MetricKind), MetricKind.LEVEL)
    metric = Metric(
        key=form.required("key", _key, ""),
        name=form.required("name", short_text, ""),
        units=alternatives(unit),
        kind=kind,
        minimum=form.optional("minimum", amount, _least(kind)),
        maximum=form.optional("maximum", amount, LARGEST_AMOUNT),
        precision=form.optional("precision", whole_number(0, MAX_PRECISION), 0),
    )
    if metric.minimum > metric.maximum:
        form.add(
            fault(
                "out_of_range", "minimum", value=metric.minimum, minimum="", maximum=metric.maximum
            )
        )
    if kind is MetricKind.DAILY_TOTAL and metric.minimum < 0:
        form.add(fault("out_of_range", "minimum", value=metric.minimum, minimum=0, maximum=""))
    before = next((each for each in known if each.key == metric.key), None)
    if before is not None and metric.key in used:
        for part in ("unit", "kind"):
            if getattr(before, part) != getattr(metric, part):
                form.add(fault("metric_in_use", part, value=metric.key))
    form.raise_faults()
    return metric


def metric_document(metric: Metric) -> dict[str, PlainJson]:
    """Return a metric of the household as it is stored."""
    return {
        "key": metric.key,
        "name": metric.name,
        "unit": metric.unit,
        "kind": metric.kind.value,
        "minimum": metric.minimum,
        "maximum": metric.maximum,
        "precision": metric.precision,
    }


def own_bounds(metric: Metric) -> dict[str, float]:
    """Return the bounds (`minimum`, `maximum`) that the household gave a metric."""
    bounds = {"minimum": metric.minimum, "maximum": metric.maximum}
    open_ends = {"minimum": _least(metric.kind), "maximum": LARGEST_AMOUNT}
    return {name: bound for name, bound in bounds.items() if bound != open_ends[name]}


def household_metrics(documents: object) -> tuple[Metric, ...]:
    """Read the stored metrics of the household; damaged ones are skipped."""
    found: dict[str, Metric] = {}
    for document in documents if isinstance(documents, (list, tuple)) else ():
        try:
            metric = define_metric(document)
        except TwinError:
            continue
        found.setdefault(metric.key, metric)
    return tuple(found.values())


def whole_catalogue(own: Iterable[Metric]) -> Mapping[str, Metric]:
    """Return the built-in metrics and the household's own by key."""
    return MappingProxyType({**CATALOGUE, **{metric.key: metric for metric in own}})


def _least(kind: MetricKind) -> float:
    """Return the lower bound of a metric that has none of its own."""
    return 0.0 if kind is MetricKind.DAILY_TOTAL else -LARGEST_AMOUNT


def _key(value: object, _context: Context) -> str:
    key = as_text(value).strip()
    if len(key) > MAX_KEY or not KEY.fullmatch(key):
        raise refuse("invalid_key", "", value=value)
    if key in CATALOGUE:
        raise refuse("duplicate", "", value=key)
    return key


def _unit(value: object, context: Context) -> str:
    return spelled(short_text(value, context))
