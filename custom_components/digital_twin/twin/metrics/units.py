"""Units of measurement: their spellings and the factors between them.

The spellings are Home Assistant's own and so are the factors, so that a value converted here
and one converted by Home Assistant's frontend are the same value.
"""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

from ..catalogue import CATALOGUE, Metric
from ..errors import TwinError, refuse, without_values
from ..records.fields import FaultCollector
from ..records.parsers import as_text, number


class Unit(NamedTuple):
    """A unit of a quantity: `(value - zero) * factor` is the value in the quantity's base unit."""

    quantity: str
    factor: float
    zero: float = 0.0


_POUND = 453.59237  # g, exactly (international avoirdupois pound, 1959)
_GALLON = 3785.411784  # mL, exactly (US liquid gallon, 231 cubic inches)

_UNITS: Mapping[str, Unit] = MappingProxyType(
    {
        "kg": Unit("mass", 1000),
        "g": Unit("mass", 1),
        "mg": Unit("mass", 1e-3),
        "μg": Unit("mass", 1e-6),
        "lb": Unit("mass", _POUND),
        "oz": Unit("mass", _POUND / 16),
        "st": Unit("mass", _POUND * 14),
        "km": Unit("length", 1000),
        "m": Unit("length", 1),
        "cm": Unit("length", 0.01),
        "mm": Unit("length", 0.001),
        "in": Unit("length", 0.0254),
        "ft": Unit("length", 0.3048),
        "yd": Unit("length", 0.9144),
        "mi": Unit("length", 1609.344),
        "L": Unit("volume", 1000),
        "mL": Unit("volume", 1),
        "gal": Unit("volume", _GALLON),
        "fl. oz.": Unit("volume", _GALLON / 128),
        "kcal": Unit("energy", 4.184),  # the thermochemical calorie, as in Home Assistant
        "cal": Unit("energy", 0.004184),
        "kJ": Unit("energy", 1),
        "MJ": Unit("energy", 1000),
        "Wh": Unit("energy", 3.6),
        "kWh": Unit("energy", 3600),
        "h": Unit("time", 3600),
        "min": Unit("time", 60),
        "s": Unit("time", 1),
        "ms": Unit("time", 0.001),
        "mmHg": Unit("pressure", 133.322387415),  # the conventional millimetre of mercury, in Pa
        "kPa": Unit("pressure", 1000),
        "°C": Unit("temperature", 1),
        "°F": Unit("temperature", 5 / 9, 32),
        "K": Unit("temperature", 1, 273.15),
        "mg/dL": Unit("glucose", 1),
        # Molar mass of glucose (C6H12O6), 180.16 g/mol: 1 mmol/L = 180.16 mg/L.
        "mmol/L": Unit("glucose", 18.016),
    }
)

# Other spellings of people, apps and integrations. They are case-sensitive: Mcal and mcal differ by
# nine orders of magnitude.
_SPELLINGS: Mapping[str, str] = MappingProxyType(
    {
        "lbs": "lb",
        "µg": "μg",  # the micro sign for the Greek letter
        "ug": "μg",
        "ml": "mL",
        "l": "L",
        "fl oz": "fl. oz.",
        "Kcal": "kcal",
        "kCal": "kcal",
        "hr": "h",
        "C": "°C",
        "℃": "°C",
        "F": "°F",
        "℉": "°F",
        "mg/dl": "mg/dL",
        "mmol/l": "mmol/L",
        "beats/min": "bpm",
        "breaths/min": "br/min",
        "pounds": "lb",
        "kilograms": "kg",
        "Cal": "kcal",  # the Calorie of food, which is a kilocalorie
        "Calories": "kcal",
        "kilocalories": "kcal",
        "fl_oz_us": "fl. oz.",
        "degC": "°C",
        "degF": "°F",
        "hours": "h",
        "minutes": "min",
        "seconds": "s",
        "sec": "s",
        "miles": "mi",
        **dict.fromkeys(
            (
                "ml/kg/min",
                "ml/min/kg",
                "mL/min/kg",
                "mL/min·kg",
                "mL/kg·min",
                "mL/(kg·min)",
                "ml/(kg*min)",
                "mL/(kg*min)",
                "ml/kg·min",
            ),
            "mL/kg/min",
        ),
    }
)
# Units of counts that say less than the metric: its own unit is meant.
_COUNTS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "bpm": frozenset({"count/min", "/min", "1/min", "min-1"}),
        "br/min": frozenset(
            {"count/min", "bpm", "brpm", "rpm", "breaths/minute", "/min", "1/min", "min-1"}
        ),
        "steps": frozenset({"count", "step"}),
        "points": frozenset({"count", "score", "pts"}),
    }
)


def spelled(unit: str) -> str:
    """Return Home Assistant's spelling of a unit, or the text itself where it knows no other."""
    stripped = unit.strip()
    return _SPELLINGS.get(stripped, stripped)


def alternatives(unit: str) -> tuple[str, ...]:
    """Return all units that can be converted into this one, itself first."""
    known = _UNITS.get(unit)
    if known is None:
        return (unit,)
    others = (name for name, other in _UNITS.items() if other.quantity == known.quantity)
    return (unit, *(name for name in others if name != unit))


def convert_unit(value: float, unit: str, to: str) -> float:
    """Convert a value between two units of the same quantity.

    Units that do not convert into each other (`bpm`, `points`, misspelled ones) leave the value
    as it is.
    """
    source, target = _UNITS.get(unit), _UNITS.get(to)
    if unit == to or source is None or target is None or source.quantity != target.quantity:
        return value
    return (value - source.zero) * source.factor / target.factor + target.zero


def metric_of(key: object, catalogue: Mapping[str, Metric] = CATALOGUE, field: str = "") -> Metric:
    """Return the metric of that key, or refuse the key at a field as `unknown_metric`."""
    if not isinstance(key, str) or key not in catalogue:
        raise refuse("unknown_metric", field, value=key, allowed=list(catalogue))
    return catalogue[key]


def accepted_unit(metric: Metric, unit: object) -> str:
    """Return the unit in Home Assistant's spelling; None is the canonical one.

    Raises `TwinError` (`unknown_unit`) with the accepted units.
    """
    if unit is None:
        return metric.unit
    known = spelled(as_text(unit))
    if known in _COUNTS.get(metric.unit, ()) or (known == "%" and _is_share(metric)):
        return metric.unit
    if known not in metric.units:
        raise refuse("unknown_unit", "", value=unit, allowed=metric.units)
    return known


def accepts(metric: Metric, unit: object) -> bool:
    """Return whether a value of the metric may have the unit; None is the canonical one."""
    try:
        accepted_unit(metric, unit)
    except TwinError:
        return False
    return True


def _is_share(metric: Metric) -> bool:
    """Return whether these are points of a hundred, which many write as a percentage."""
    return metric.unit == "points" and (metric.minimum, metric.maximum) == (0, 100)


def convert(metric: Metric, value: object, unit: object = None, *, at: str = "") -> float:
    """Convert a value into the canonical unit of the metric.

    The result is rounded to two decimals more than are displayed (157 lb are 71.214 kg, not
    71.21400209 kg), so that the same reading from two sources is the same number.

    Raises `TwinError`: at `at`, `wrong_type` unless it is a finite number; at `unit`,
    `unknown_unit`.
    """
    collector = FaultCollector()
    measured = collector.take(at, partial(without_values()(number), value), 0.0)
    known = collector.take("unit", partial(accepted_unit, metric, unit), metric.unit)
    collector.raise_faults()
    return round(convert_unit(measured, known, metric.unit), metric.precision + 2)


@without_values()
def check_range(metric: Metric, value: float, *, at: str = "") -> None:
    """Refuse a value (canonical unit) outside the range of the metric (`out_of_range`)."""
    if not metric.minimum <= value <= metric.maximum:
        raise refuse(
            "out_of_range",
            at,
            value=value,
            minimum=metric.minimum,
            maximum=metric.maximum,
            unit=metric.unit,
        )
