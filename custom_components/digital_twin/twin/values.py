"""JSON values that cannot be changed once they are part of a record."""

from collections.abc import Mapping
from types import MappingProxyType

type Json = str | int | float | bool | None | Mapping[str, Json] | tuple[Json, ...]
type PlainJson = str | int | float | bool | None | dict[str, PlainJson] | list[PlainJson]

NO_JSON: Mapping[str, Json] = MappingProxyType({})


def freeze(value: object) -> Json:
    """Make a deep immutable copy of a JSON value.

    Raises `TypeError` for anything that JSON does not have: other types, keys that are no text.
    """
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Mapping():
            return freeze_object(value)
        case list() | tuple():
            return tuple(freeze(item) for item in value)
    msg = f"{type(value).__name__} is not a JSON value"
    raise TypeError(msg)


def freeze_object(value: Mapping[object, object]) -> Mapping[str, Json]:
    """Make a deep immutable copy of a JSON object; errors as in `freeze`."""
    frozen: dict[str, Json] = {}
    for key, item in value.items():
        if not isinstance(key, str):
            msg = f"{key!r} is not a JSON key"
            raise TypeError(msg)
        frozen[key] = freeze(item)
    return MappingProxyType(frozen)


def thaw(value: Json) -> PlainJson:
    """Make a deep copy of plain dictionaries and lists, ready for a JSON encoder."""
    match value:
        case Mapping():
            return {key: thaw(item) for key, item in value.items()}
        case tuple():
            return [thaw(item) for item in value]
    return value


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


def depth(value: Json) -> int:
    """Count how many objects and lists lie within each other; a scalar has none."""
    match value:
        case Mapping():
            return 1 + max((depth(item) for item in value.values()), default=0)
        case tuple():
            return 1 + max((depth(item) for item in value), default=0)
    return 0
