"""What is done with metrics: finding them, and converting and judging what was measured."""

from collections.abc import Mapping
from functools import partial

from .collecting import Collector
from .errors import refuse
from .metrics import CATALOGUE, Metric
from .numeric import number
from .parsers import as_text
from .units import convert_unit, spelled


def metric_of(key: object, catalogue: Mapping[str, Metric] = CATALOGUE) -> Metric:
    """Return the metric of that key, or refuse the key as `unknown_metric`."""
    if not isinstance(key, str) or key not in catalogue:
        raise refuse("unknown_metric", "", value=key, allowed=list(catalogue))
    return catalogue[key]


def accepted_unit(metric: Metric, unit: object) -> str:
    """Return the unit in Home Assistant's spelling; None is the canonical one.

    Refuses what the metric does not accept as `unknown_unit`, naming what it does.
    """
    if unit is None:
        return metric.unit
    known = spelled(as_text(unit))
    if known not in metric.units:
        raise refuse("unknown_unit", "", value=unit, allowed=metric.units)
    return known


def convert(metric: Metric, value: object, unit: object = None, *, at: str = "") -> float:
    """Convert a value into the canonical unit of the metric.

    The result has two decimals more than are displayed: enough to come back to the number that
    was sent, and free of the noise of binary fractions (157 lb are 71.214 kg, not
    71.21400209 kg), so that the same reading from two sources is the same number.

    Raises `TwinError`: at `at`, `wrong_type` for what is not a finite number; at `unit`,
    `unknown_unit`.
    """
    collector = Collector()
    measured = collector.take(at, partial(number, value), 0.0)
    known = collector.take("unit", partial(accepted_unit, metric, unit), metric.unit)
    collector.settle()
    return round(convert_unit(measured, known, metric.unit), metric.precision + 2)


def check_range(metric: Metric, value: float, *, at: str = "") -> None:
    """Refuse a value in the canonical unit that no human being can have (`out_of_range`)."""
    if not metric.minimum <= value <= metric.maximum:
        raise refuse(
            "out_of_range",
            at,
            value=value,
            minimum=metric.minimum,
            maximum=metric.maximum,
            unit=metric.unit,
        )
