"""How the values of records are written to documents."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from .values import Json, PlainJson, thaw_object


def iso(value: date | datetime) -> str:
    """Write a day or a point in time (with its offset) as ISO 8601."""
    return value.isoformat()


def listed(value: Iterable[str]) -> PlainJson:
    """Write several texts as a list."""
    return list(value)


def plain(value: Mapping[str, Json]) -> PlainJson:
    """Write a frozen JSON object as it came."""
    return thaw_object(value)
