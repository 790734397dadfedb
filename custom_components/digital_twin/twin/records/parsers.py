"""Parsers of single values: each converts any JSON value to a value of a record.

A parser raises `TwinError` whose path is empty or relative to the field; the caller puts the
name of the field in front. Many are made by a function that takes the limits.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
import json
from math import isfinite
import re
from uuid import UUID

from ..enums import TwinEnum
from ..errors import Fault, TwinError, fault, refuse
from ..values import Json, freeze_object, iso, thaw
from .fields import Context, Field, Parser
from .limits import ANY, Limits, limited, limits_of, list_limits, option_limits

MAX_CODE = 32
MAX_EMAIL = 254
MAX_LINK = 2048
MAX_LIST = 1000
# Within these limits there is a day before and after each, and room for any plan.
FIRST_DAY = date(1900, 1, 1)
LAST_DAY = date(2199, 12, 31)
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
# Tolerated clock skew of phones and scales.
CLOCK_SKEW = timedelta(minutes=5)
# Python's UUID would also read underscores and other digits than ASCII.
HEXADECIMAL = re.compile(r"(?:urn:uuid:)?\{?[0-9a-fA-F-]+\}?")
LINK_SCHEMES = ("http", "https", "file", "obsidian")
# Longest practical check: one @, no spaces, a dot in the domain. Only a message to it proves more.
EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")
CODE = re.compile(r"[\w][\w.\-/]*")
SCHEME = re.compile(r"([a-z][a-z0-9+.\-]*):", re.IGNORECASE)
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# Unpaired surrogates are valid in JSON (`\ud800`), but cannot be encoded as UTF-8.
SURROGATES = re.compile(r"[\ud800-\udfff]")
LINE_BREAKS = re.compile(r"[\r\n\t]")
INSTANT = Limits(type="string", format="date-time")
LONGITUDE = Limits(type="number", minimum=-180, maximum=180)
LATITUDE = Limits(type="number", minimum=-90, maximum=90)
COORDINATES = Limits(
    type="object",
    parts={"latitude": LATITUDE, "longitude": LONGITUDE},
    required=("latitude", "longitude"),
    others=ANY,
)
GEO_JSON = Limits(
    type="object",
    parts={
        "type": Limits(type="string", options=("Point",)),
        "coordinates": Limits(type="array", items=Limits(type="number"), min_items=2, max_items=3),
    },
    required=("type", "coordinates"),
    others=ANY,
)


def as_text(value: object) -> str:
    """Return a text that can be encoded as UTF-8; refuse other values."""
    if not isinstance(value, str):
        raise refuse("wrong_type", "", value=value, expected="text")
    if SURROGATES.search(value):
        raise refuse("unprintable", "")
    return str(value)


def text(maximum: int, *, lines: bool = False) -> Parser[str]:
    """Make a parser of texts of 1 to `maximum` characters, outer space removed.

    Control characters are refused; line breaks and tabs too unless `lines`.
    """

    @limited(Limits(type="string", min_length=1, max_length=maximum))
    def parse(value: object, _context: Context) -> str:
        stripped = as_text(value).strip()
        if not stripped:
            raise refuse("required_field", "")
        if len(stripped) > maximum:
            raise refuse("too_long", "", maximum=maximum)
        if UNPRINTABLE.search(stripped) or (not lines and LINE_BREAKS.search(stripped)):
            raise refuse("unprintable", "")
        return stripped

    return parse


def option[E: TwinEnum](enum: type[E]) -> Parser[E]:
    """Make a parser of the members of an enumeration, in either spelling and any case."""

    @limited(option_limits(enum))
    def parse(value: object, _context: Context) -> E:
        try:
            return enum.parse(as_text(value))
        except (ValueError, TwinError) as error:
            raise refuse("not_an_option", "", value=value, allowed=list(enum)) from error

    return parse


@limited(Limits(type="string", format="date", minimum=iso(FIRST_DAY), maximum=iso(LAST_DAY)))
def day(value: object, _context: Context) -> date:
    """Parse a calendar day from 1900 to 2199: a date, or its ISO 8601 text (`2026-03-01`)."""
    parsed = _any_day(value)
    if not FIRST_DAY <= parsed <= LAST_DAY:
        raise refuse("out_of_range", "", value=parsed, minimum=FIRST_DAY, maximum=LAST_DAY)
    return parsed


@limited(Limits(type="string", format="date", minimum=iso(FIRST_DAY)))
def past_day(value: object, context: Context) -> date:
    """Parse a calendar day from 1900 on that lies before today at the household."""
    parsed = _any_day(value)
    if not context.stored and not FIRST_DAY <= parsed < context.today:
        raise refuse("not_in_past", "", value=parsed)
    return parsed


def _any_day(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(as_text(value))
    except (ValueError, TwinError) as error:
        raise refuse("invalid_date", "", value=value) from error


@limited(INSTANT)
def instant(value: object, _context: Context, zone: tzinfo | None = None) -> datetime:
    """Parse a point in time (ISO 8601 or a datetime) into UTC.

    One without an offset is local time in `zone`, and refused (`invalid_time`) without a zone.
    """
    try:
        parsed = value if isinstance(value, datetime) else datetime.fromisoformat(as_text(value))
        if parsed.tzinfo is None and zone is not None:
            parsed = parsed.replace(tzinfo=zone)
        if parsed.tzinfo is not None:
            return parsed.astimezone(UTC)
    except (ValueError, OverflowError, TwinError) as error:
        raise refuse("invalid_time", "", value=value) from error
    raise refuse("invalid_time", "", value=value)


@limited(INSTANT)
def past_instant(value: object, context: Context, zone: tzinfo | None = None) -> datetime:
    """Parse the time of a measurement: from 1900 until now, or `future_time`.

    Five minutes ahead are tolerated.
    """
    parsed = instant(value, context, zone)
    if context.stored:
        return parsed
    latest = context.now + CLOCK_SKEW
    if parsed > latest:
        raise refuse("future_time", "", value=value)
    if parsed < EARLIEST:
        raise refuse("out_of_range", "", value=value, minimum=EARLIEST, maximum=latest)
    return parsed


@limited(INSTANT)
def future_instant(value: object, context: Context, zone: tzinfo | None = None) -> datetime:
    """Parse a time after now, in full seconds, or `not_in_future`."""
    parsed = instant(value, context, zone)
    if parsed <= context.now:
        raise refuse("not_in_future", "", value=value)
    # Deadlines are rounded up to seconds; the latest datetime would overflow.
    return parsed.replace(microsecond=0)


@limited(Limits(type="integer", minimum=1))
def counter(value: object, _context: Context) -> int:
    """Parse a whole number of at least 1."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise refuse("wrong_type", "", value=value, expected="whole number")
    return value


@limited(Limits(type="boolean"))
def truth(value: object, _context: object = None) -> bool:
    """Parse true or false; 0, 1 and texts are refused (`wrong_type`)."""
    if not isinstance(value, bool):
        raise refuse("wrong_type", "", value=value, expected="true or false")
    return value


def whole_number(minimum: int, maximum: int) -> Parser[int]:
    """Make a parser of whole numbers within limits (inclusive)."""

    @limited(Limits(type="integer", minimum=minimum, maximum=maximum))
    def parse(value: object, _context: Context) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise refuse("wrong_type", "", value=value, expected="whole number")
        if not minimum <= value <= maximum:
            raise refuse("out_of_range", "", value=value, minimum=minimum, maximum=maximum)
        return value

    return parse


@limited(Limits(type="string", format="uuid"))
def twin_id(value: object, _context: Context) -> str:
    """Parse a UUID in any of its spellings; the result is the lower-case one with hyphens."""
    try:
        written = as_text(value)
        if not HEXADECIMAL.fullmatch(written):
            raise refuse("invalid_id", "", value=value)
        return str(UUID(written))
    except (ValueError, TwinError) as error:
        raise refuse("invalid_id", "", value=value) from error


@limited(list_limits(limits_of(text(255)), MAX_LIST))
def texts(value: object, context: Context) -> tuple[str, ...]:
    """Parse a list of short texts; duplicates are dropped."""
    return _listed(value, context, text(255))


@limited(list_limits(limits_of(twin_id), MAX_LIST))
def twin_ids(value: object, context: Context) -> tuple[str, ...]:
    """Parse a list of UUIDs; duplicates are dropped."""
    return _listed(value, context, twin_id)


def _listed(value: object, context: Context, parse: Parser[str]) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)):
        raise refuse("wrong_type", "", value=value, expected="list")
    if len(value) > MAX_LIST:
        raise refuse("too_long", "", maximum=MAX_LIST)
    found: dict[str, None] = {}
    faults: list[Fault] = []
    for index, item in enumerate(value):
        try:
            found[parse(item, context)] = None
        except TwinError as error:
            faults += error.within(f"[{index}]").faults
    if faults:
        raise TwinError(*faults)
    return tuple(found)


@limited(Limits(type="string", format="email", max_length=MAX_EMAIL))
def email(value: object, _context: Context) -> str:
    """Parse an e-mail address, outer space removed."""
    address = as_text(value).strip()
    if len(address) > MAX_EMAIL or not EMAIL.fullmatch(address):
        raise refuse("invalid_email", "", value=value)
    return address


@limited(Limits(type="string", format="time-zone"))
def timezone(value: object, context: Context) -> str:
    """Parse the IANA name of a time zone that this machine knows."""
    name = as_text(value)
    if not context.stored and name not in context.timezones:
        raise refuse("invalid_timezone", "", value=value)
    return name


@limited(Limits(type="string", min_length=1, max_length=MAX_CODE))
def code(value: object, _context: Context) -> str:
    """Parse a short code such as `G01`: up to 32 letters, digits and `._-/`, without spaces."""
    stripped = as_text(value).strip()
    if len(stripped) > MAX_CODE or not CODE.fullmatch(stripped):
        raise refuse("invalid_code", "", value=value)
    return stripped


@limited(Limits(type="string", min_length=1, max_length=MAX_LINK))
def link(value: object, _context: Context) -> str:
    """Parse the link of a document: a URL (http, https, file, obsidian) or a path."""
    target = as_text(value).strip()
    if not target or len(target) > MAX_LINK or UNPRINTABLE.search(target) or "\n" in target:
        raise refuse("invalid_link", "", value=value)
    scheme = SCHEME.match(target)
    if scheme and scheme[1].lower() not in LINK_SCHEMES:
        raise refuse("invalid_link", "", value=value)
    return target


def json_object(maximum_bytes: int, levels: int) -> Parser[Mapping[str, Json]]:
    """Make a parser of JSON objects of limited size (as UTF-8) and depth."""

    @limited(Limits(type="object", others=ANY, max_bytes=maximum_bytes, max_levels=levels))
    def parse(value: object, _context: Context) -> Mapping[str, Json]:
        if not isinstance(value, Mapping):
            raise refuse("wrong_type", "", value=value, expected="object")
        try:
            frozen = freeze_object(value, levels)
            size = len(json.dumps(thaw(frozen), ensure_ascii=False).encode())
        except RecursionError as error:
            raise refuse("too_deep", "", maximum=levels) from error
        except (TypeError, ValueError) as error:
            raise refuse("wrong_type", "", value=value, expected="object") from error
        if size > maximum_bytes:
            raise refuse("too_long", "", maximum=maximum_bytes)
        return frozen

    return parse


@limited(Limits(any_of=(GEO_JSON, COORDINATES)))
def point(value: object, _context: Context) -> Mapping[str, Json]:
    """Parse a place on earth (WGS 84, degrees) into a GeoJSON Point, longitude first.

    Accepts a GeoJSON Point (a third coordinate, the height, is kept) or an object with
    `latitude` and `longitude`.
    """
    if not isinstance(value, Mapping):
        raise refuse("wrong_type", "", value=value, expected="GeoJSON Point")
    if "latitude" in value or "longitude" in value:
        coordinates: object = [value.get("longitude"), value.get("latitude")]
    elif value.get("type") == "Point":
        coordinates = value.get("coordinates")
    else:
        raise refuse("wrong_type", "", value=value, expected="GeoJSON Point")
    if not isinstance(coordinates, (list, tuple)) or not 2 <= len(coordinates) <= 3:  # noqa: PLR2004  # longitude, latitude, height
        raise refuse("wrong_type", "coordinates", value=coordinates, expected="list")
    faults = [
        *_degrees("longitude", coordinates[0], 180),
        *_degrees("latitude", coordinates[1], 90),
        *(_degrees("height", coordinates[2], 1e7) if coordinates[2:] else ()),
    ]
    if faults:
        raise TwinError(*faults)
    return freeze_object({"type": "Point", "coordinates": [float(part) for part in coordinates]})


def _degrees(name: str, value: object, limit: float) -> list[Fault]:
    try:
        degrees = number(value)
    except TwinError as error:
        return list(error.within(name).faults)
    if abs(degrees) > limit:
        return [fault("out_of_range", name, value=value, minimum=-limit, maximum=limit)]
    return []


def kept() -> tuple[Field, Field]:
    """Return the fields that the registry sets: the revision and the time of the last change."""
    return (
        Field("revision", counter, default=1, read_only=True),
        Field(
            "last_updated", instant, render=iso, default=lambda context: context.now, read_only=True
        ),
    )


# Below 1e15, adding 1 always changes a float, and sums and differences do not overflow.
LARGEST_AMOUNT = 1e15


@limited(Limits(type="number"))
def number(value: object, _context: object = None) -> float:
    """Return a finite number; booleans, texts, NaN and infinities are refused (`wrong_type`).

    A negative zero becomes zero.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            result = float(value)
        except OverflowError:
            pass  # An integer too large for a float is refused like an infinity.
        else:
            if isfinite(result):
                return result + 0.0
    raise refuse("wrong_type", "", value=value, expected="number")


@limited(Limits(type="number", minimum=-LARGEST_AMOUNT, maximum=LARGEST_AMOUNT))
def amount(value: object, _context: object = None) -> float:
    """Return a number between -1e15 and 1e15, `out_of_range` beyond."""
    result = number(value)
    if abs(result) > LARGEST_AMOUNT:
        raise refuse(
            "out_of_range", "", value=value, minimum=-LARGEST_AMOUNT, maximum=LARGEST_AMOUNT
        )
    return result


@limited(Limits(type="number", minimum=0, maximum=100))
def percent(value: object, _context: object = None) -> float:
    """Return a number from 0 to 100, `out_of_range` beyond."""
    result = number(value)
    if not 0 <= result <= 100:  # noqa: PLR2004  # the limits in the docstring
        raise refuse("out_of_range", "", value=value, minimum=0, maximum=100)
    return result
