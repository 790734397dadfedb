"""Other numbers for a key result, with which it has much the same progress."""

from collections.abc import Iterable, Mapping
from math import floor, log10
from random import Random
from typing import Any, Final

from ..enums import KeyResultKind
from ..records.synthetic import Invention
from .key_results import ADDABLE, COMPARISON, MAX_STEPS

NUMBERS: Final = ("baseline", "target", "current", "minimum", "maximum")
# Shares of the way are rounded to whole percents, but not to the ends of it.
LEAST: Final = 0.01
DECIMALS: Final = 6


def invented_numbers(key_result: Mapping[str, Any], invention: Invention) -> dict[str, Any]:
    """Return the numbers of the document of a key result, and its days; only those that it has.

    Start, present value and target keep their order, whole percents of the way, and zero; within
    and outside bounds they stay so.
    """
    kind = key_result.get("kind", KeyResultKind.REACH)
    known: dict[str, float] = {
        name: key_result[name] for name in NUMBERS if _is_number(key_result.get(name))
    }
    days: Mapping[str, float] = key_result.get("days") or {}
    chance = invention.chance("key result", key_result.get("key"), sorted(known.items()))
    if kind == KeyResultKind.MAINTAIN:
        ends = [known[name] for name in ("minimum", "maximum") if name in known]
    else:
        ends = [known[name] for name in ("baseline", "target") if name in known]
    measured = [known[name] for name in ("current",) if name in known] + [*days.values()]
    others = [known[name] for name in NUMBERS if name in known and name != "current"]
    if kind in ADDABLE and not days and _are_counted(key_result, known):
        found = _counted(known, chance)
    else:
        from_zero = kind == KeyResultKind.ACCUMULATE and "baseline" not in known
        places = _places([*ends, 0.0] if from_zero else ends, chance)
        found = {value: _placed(value, places, chance) for value in [*others, *measured]}
    return {
        **{name: found[value] for name, value in known.items()},
        **({"days": {day: found[value] for day, value in days.items()}} if days else {}),
    }


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _are_counted(key_result: Mapping[str, Any], known: Mapping[str, float]) -> bool:
    """Return whether a few whole units are counted, of which each is a step."""
    if key_result["kind"] != KeyResultKind.ACCUMULATE or "target" not in known:
        return False
    if COMPARISON in key_result or key_result.get("source"):
        return False
    width = abs(known["target"] - known.get("baseline", 0))
    return all(float(each).is_integer() for each in known.values()) and width <= MAX_STEPS


def _counted(known: Mapping[str, float], chance: Random) -> dict[float, float]:
    """Count as many units from another number on."""
    first = known.get("baseline", 0)
    start = chance.randint(1, MAX_STEPS) if first else 0
    return {value: type(value)(value - first + start) for value in known.values()}


def _places(ends: Iterable[float], chance: Random) -> dict[float, float]:
    """Return where the ends of a way are instead."""
    values = sorted(set(ends))
    if not values:
        return {}
    if len(values) == 1:
        return {values[0]: _other(values[0], chance)}
    low, high = values
    width = _rounded(abs(_other(high - low, chance)))
    if not low or not high:
        return {low: -width if low else 0.0, high: width if high else 0.0}
    if low < 0 < high:
        part = round(min(0.99, max(LEAST, -low / (high - low))), 2)
        return {low: -_rounded(part * width), high: _rounded((1 - part) * width)}
    nearer = _rounded(width * chance.uniform(0.3, 4))
    if low > 0:
        return {low: nearer, high: round(nearer + width, DECIMALS)}
    return {low: round(-nearer - width, DECIMALS), high: -nearer}


def _placed(value: float, places: Mapping[float, float], chance: Random) -> float:
    """Return where a number is instead: on the same side of both ends, or as far between them."""
    if (known := places.get(value)) is not None:
        return known
    if not places:
        return _other(value, chance)
    if len(places) == 1:
        ((end, other),) = places.items()
        width = abs(other) or 1.0
        return round(other + (1 if value > end else -1) * width * chance.uniform(0.02, 0.2), 4)
    low, high = sorted(places)
    share = round((value - low) / (high - low), 2)
    if low < value < high:
        share = min(1 - LEAST, max(LEAST, share))
    elif value > high:
        share = max(1 + LEAST, min(share, 3.0))
    else:
        share = min(-LEAST, max(share, -2.0))
    return round(places[low] + share * (places[high] - places[low]), DECIMALS)


def _other(value: float, chance: Random) -> float:
    """Return another number of the same sign and magnitude; zero stays."""
    if not value:
        return 0.0
    magnitude = 10.0 ** floor(log10(abs(value)))
    found = value
    while found == value:
        found = _rounded(magnitude * chance.uniform(1.1, 9.9)) * (1 if value > 0 else -1)
    return found


def _rounded(value: float) -> float:
    return float(f"{value:.2e}")
