"""Limits of input as data: values that parsers accept, for schemas of actions and APIs.

Limits describe the shape of input; some rules need the surroundings (the clock, the other twins)
and are only in the parsers. Whatever the limits forbid is refused by the parser, except other
spellings: an enumeration in another case, a text with outer space, a UUID without hyphens.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from ..enums import TwinEnum
from ..values import PlainJson
from .fields import Field, Kind, Record

NO_PARTS: Mapping[str, Limits] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """The JSON that a parser accepts; a limit that is None does not exist.

    `type`, `format` and `pattern` are those of JSON Schema; formats of our own are `time-zone` (an
    IANA name) and `metric` (a key of the catalogue).
    `minimum`, `maximum`: inclusive limits of numbers; of days as ISO 8601 texts.
    `options`: the allowed texts.
    `items`, `min_items`, `max_items`: the elements of a list, and how many.
    `parts`, `required`, `others`: the named parts of an object, those that must be there, and the
    limits of all other parts, which are refused if that is None.
    `min_parts`, `max_parts`: how many parts an object may have.
    `max_bytes`, `max_levels`: the size as JSON (UTF-8) and the depth of a free object.
    `any_of`: alternatives; the other limits are not used then.
    `nullable`: null is allowed.
    """

    type: str | None = None
    format: str | None = None
    pattern: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    minimum: float | str | None = None
    maximum: float | str | None = None
    options: tuple[str, ...] | None = None
    items: Limits | None = None
    min_items: int | None = None
    max_items: int | None = None
    parts: Mapping[str, Limits] = NO_PARTS
    required: tuple[str, ...] = ()
    others: Limits | None = None
    min_parts: int | None = None
    max_parts: int | None = None
    max_bytes: int | None = None
    max_levels: int | None = None
    any_of: tuple[Limits, ...] = ()
    nullable: bool = False

    def json_schema(self) -> dict[str, PlainJson]:
        """Return the limits as JSON Schema; sizes in bytes and levels have names of our own."""
        of_text = isinstance(self.minimum, str)
        schema: dict[str, PlainJson | None] = {
            "type": [self.type, "null"] if self.type and self.nullable else self.type,
            "format": self.format,
            "pattern": self.pattern,
            "minLength": self.min_length,
            "maxLength": self.max_length,
            "formatMinimum" if of_text else "minimum": self.minimum,
            "formatMaximum" if of_text else "maximum": self.maximum,
            "enum": [*self.options, *((None,) if self.nullable else ())] if self.options else None,
            "items": self.items.json_schema() if self.items else None,
            "minItems": self.min_items,
            "maxItems": self.max_items,
            "minProperties": self.min_parts,
            "maxProperties": self.max_parts,
            "x-max-bytes": self.max_bytes,
            "x-max-levels": self.max_levels,
            "required": [*self.required] or None,
        }
        if self.type == "object":
            schema["properties"] = {name: each.json_schema() for name, each in self.parts.items()}
            schema["additionalProperties"] = self.others.json_schema() if self.others else False
        if self.any_of:
            null: list[PlainJson] = [{"type": "null"}] if self.nullable else []
            schema["anyOf"] = [*(each.json_schema() for each in self.any_of), *null]
        return {name: part for name, part in schema.items() if part is not None}

    def of_patch(self) -> Limits:
        """Return the limits of a merge patch of an object: null removes a part, none is needed."""
        return replace(
            self,
            parts={name: replace(each, nullable=True) for name, each in self.parts.items()},
            others=replace(self.others, nullable=True) if self.others else None,
            required=(),
        )


ANY = Limits()


def limited[P](limits: Limits) -> Callable[[P], P]:
    """Give a parser its limits."""

    def mark(parse: P) -> P:
        vars(parse)["limits"] = limits
        return parse

    return mark


def limits_of(parse: object) -> Limits:
    """Return the limits of a parser, those of any JSON where it has none."""
    limits: Limits = getattr(parse, "limits", ANY)
    return limits


def with_null(limits: Limits) -> Limits:
    """Return the limits of an object whose optional parts may be null."""
    parts = {
        name: each if name in limits.required else replace(each, nullable=True)
        for name, each in limits.parts.items()
    }
    return replace(limits, parts=parts)


def option_limits(enum: type[TwinEnum]) -> Limits:
    """Return the limits of an enumeration: either spelling of its members."""
    return Limits(type="string", options=tuple(dict.fromkeys([*enum, *enum.slugs()])))


def list_limits(items: Limits, maximum: int) -> Limits:
    """Return the limits of a list of up to `maximum` elements."""
    return Limits(type="array", items=items, max_items=maximum)


def record_limits[R: Record](kind: Kind[R], *, patch: bool = False) -> Limits:
    """Return the limits of the input for a new twin, or of a merge patch."""
    parts = {
        name: _field_limits(entry, patch=patch)
        for name, entry in kind.fields.items()
        if not entry.read_only
    }
    needed = (name for name, entry in kind.fields.items() if _is_needed(entry))
    return Limits(type="object", parts=parts, required=() if patch else tuple(needed))


def json_schema[R: Record](kind: Kind[R], *, patch: bool = False) -> dict[str, PlainJson]:
    """Return the JSON Schema of the input for a new twin, or of a merge patch.

    Fields that input may not carry are `readOnly`; derived parts of documents are left out.
    """
    properties: dict[str, PlainJson] = {}
    for name, entry in kind.fields.items():
        schema = _field_limits(entry, patch=patch).json_schema()
        properties[name] = schema | ({"readOnly": True} if entry.read_only else {})
    needed = [] if patch else [name for name, entry in kind.fields.items() if _is_needed(entry)]
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        **({"required": [*needed]} if needed else {}),
    }


def _field_limits(entry: Field, *, patch: bool) -> Limits:
    limits = limits_of(entry.parse)
    if patch and entry.merge is not None:
        limits = limits.of_patch()
    return replace(limits, nullable=not entry.required)


def _is_needed(entry: Field) -> bool:
    return entry.required and not entry.read_only and entry.default is None


TEXT: Final = Limits(type="string")
NUMBER: Final = Limits(type="number")
WHOLE: Final = Limits(type="integer")
TRUTH: Final = Limits(type="boolean")
UUID: Final = Limits(type="string", format="uuid")
DAY: Final = Limits(type="string", format="date")
TIME: Final = Limits(type="string", format="date-time")


def or_null(limits: Limits) -> Limits:
    """Return the limits of what may be null."""
    return replace(limits, nullable=True)


def one_of(enum: type[StrEnum], *, nullable: bool = False) -> Limits:
    """Return the limits of a member of an enumeration as documents spell it."""
    return Limits(type="string", options=tuple(enum), nullable=nullable)


def list_of(items: Limits) -> Limits:
    """Return the limits of a list."""
    return Limits(type="array", items=items)


def object_of(**parts: Limits) -> Limits:
    """Return the limits of an object that has all of these parts."""
    return Limits(type="object", parts=parts, required=tuple(parts))


def by_name(others: Limits) -> Limits:
    """Return the limits of an object with parts of any name."""
    return Limits(type="object", others=others)


# Types of values without parts.
SCALARS: Final = frozenset({"boolean", "integer", "number", "string"})
