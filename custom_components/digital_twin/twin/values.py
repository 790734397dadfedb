"""JSON values that cannot be changed once they are part of a record."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import combinations
from math import isfinite
import re
from statistics import median
from types import MappingProxyType
from typing import Any

type Json = str | int | float | bool | Mapping[str, Json] | tuple[Json, ...] | None
type PlainJson = str | int | float | bool | dict[str, PlainJson] | list[PlainJson] | None

# What Home Assistant's JSON encoder can write.
SMALLEST_INTEGER = -(2**63)
LARGEST_INTEGER = 2**64 - 1

# Python reads more than these: underscores, other digits than ASCII, and words such as `nan`.
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")

NO_JSON: Mapping[str, Json] = MappingProxyType({})


def freeze(value: object, levels: int = 32) -> Json:
    """Make a deep immutable copy of a JSON value.

    Raises `TypeError` for anything that JSON does not have (other types, keys that are no text,
    numbers that are not finite or have more than 64 bits) and `RecursionError` when objects and
    lists lie deeper than `levels` within each other.
    """
    match value:
        case None | bool() | str():
            return value
        case int() if SMALLEST_INTEGER <= value <= LARGEST_INTEGER:
            return value
        case float() if isfinite(value):
            return value
        case Mapping():
            return freeze_object(value, levels)
        case list() | tuple():
            _descend(levels)
            return tuple(freeze(item, levels - 1) for item in value)
    msg = f"{value!r:.80} is not a JSON value"
    raise TypeError(msg)


def freeze_object(value: Mapping[Any, object], levels: int = 32) -> Mapping[str, Json]:
    """Make a deep immutable copy of a JSON object; errors as in `freeze`."""
    _descend(levels)
    frozen: dict[str, Json] = {}
    for key, item in value.items():
        if not isinstance(key, str):
            msg = f"{key!r:.80} is not a JSON key"
            raise TypeError(msg)
        frozen[str(key)] = freeze(item, levels - 1)
    return MappingProxyType(frozen)


def _descend(levels: int) -> None:
    if levels < 1:
        msg = "too many levels"
        raise RecursionError(msg)


def thaw(value: Json) -> PlainJson:
    """Make a deep copy of plain dictionaries and lists, ready for a JSON encoder."""
    match value:
        case Mapping():
            return thaw_object(value)
        case tuple():
            return [thaw(item) for item in value]
    return value


def thaw_object(value: Mapping[str, Json]) -> dict[str, PlainJson]:
    """Make a deep plain copy of a JSON object."""
    return {key: thaw(item) for key, item in value.items()}


def merge_patch(target: Mapping[str, Json], patch: Mapping[str, Json]) -> Mapping[str, Json]:
    """Apply a JSON merge patch (RFC 7396) to an object: absent keeps, `null` removes."""
    merged = dict(target)
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping):
            current = merged.get(key)
            merged[key] = merge_patch(current if isinstance(current, Mapping) else NO_JSON, value)
        else:
            merged[key] = value
    return MappingProxyType(merged)


def same_json(one: object, other: object) -> bool:
    """Compare two JSON values as JSON does.

    The order of keys does not matter and `1` equals `1.0`, but `true` is not `1`.
    """
    if one is other:
        return True
    if isinstance(one, (dict, MappingProxyType)) and isinstance(other, (dict, MappingProxyType)):
        return one.keys() == other.keys() and all(
            same_json(value, other[key]) for key, value in one.items()
        )
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(same_json, one, other, strict=True))
    return isinstance(one, bool) is isinstance(other, bool) and one == other


def number_from_text(text: str) -> float | None:
    """Read a finite number in ASCII digits with a decimal point; outer space is ignored.

    None for any other text, also for numbers of Python only (`1_000`, `nan`).
    """
    stripped = text.strip()
    value = float(stripped) if NUMBER.fullmatch(stripped) else None
    return value if value is not None and isfinite(value) else None


def iso(value: date | datetime) -> str:
    """Write a day or a point in time (with its offset) as ISO 8601."""
    return value.isoformat()


def slopes(points: Sequence[tuple[float, float]]) -> list[float]:
    """Return the slopes between all pairs of points."""
    return [(y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in combinations(points, 2)]


def theil_sen(points: Sequence[tuple[float, float]]) -> float:
    """Return the median of the slopes between all pairs of points.

    >>> theil_sen([(0, 0), (1, 1), (2, 2), (3, 30), (4, 4)])
    1.0
    """
    return median(slopes(points))
