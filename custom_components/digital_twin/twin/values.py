"""JSON values that cannot be changed once they are part of a record.

With numbers as text: read from input, and written with days and names in the language of people.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
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


def even_theil_sen(values: Sequence[float]) -> float:
    """Return the median of the slopes between all pairs of values, each one after the one before.

    >>> even_theil_sen([0, 1, 2, 30, 4])
    1.0
    """
    return median(
        [
            (later - value) / gap
            for gap in range(1, len(values))
            for value, later in zip(values, values[gap:], strict=False)
        ]
    )


# Amounts from here on are written without decimals.
WHOLE_AMOUNT = 10.0
NAME_LENGTH = 60
MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+!|~])")
# Thousands and decimals in Polish.
POLISH = str.maketrans(",.", "\N{NO-BREAK SPACE},")


@dataclass(frozen=True, slots=True)
class Wording:
    """Writes texts with numbers, days and names in a language, for Markdown or plain.

    `texts` returns the text of a key, empty if there is none. `today` and `zone` are those of the
    household. Plural forms are endings of keys: `one`, `few` (2 to 4, 22 to 24 and so on in
    Polish), `many`, and `other` for fractions.
    """

    texts: Callable[[str], str]
    language: str
    today: date
    zone: tzinfo
    markdown: bool = False

    def say(self, key: str, **values: str) -> str:
        """Return a text with its values."""
        return (self.texts(key) or key).format_map(values)

    def counted(self, key: str, count: float, **values: str) -> str:
        """Return the text for a number of things, in its plural form."""
        return self.say(f"{key}_{self.plural(count)}", count=self.number(count), **values)

    def plural(self, count: float) -> str:
        """Return the plural form of a number as it is written."""
        shown = round(count, _decimals(count))
        if shown != int(shown):
            return "other"
        units, tens = int(shown) % 10, int(shown) % 100 // 10
        is_few = self.language == "pl" and units in (2, 3, 4) and tens != 1
        return "one" if shown == 1 else "few" if is_few else "many"

    def number(self, value: float) -> str:
        """Return a number of at least zero: from 10 on whole, from 1 on with one decimal."""
        text = f"{value:,.{_decimals(value)}f}"
        text = text.rstrip("0").removesuffix(".") if "." in text else text
        return text.translate(POLISH) if self.language == "pl" else text

    def exact(self, value: float) -> str:
        """Return a number with as many of its first two decimals as it has."""
        text = f"{value:,.2f}".rstrip("0").removesuffix(".")
        return text.translate(POLISH) if self.language == "pl" else text

    def day(self, day: date) -> str:
        """Return a date; the year only where it is another one."""
        if day.year != self.today.year:
            return self.full_day(day)
        return self.say("date", day=str(day.day), month=self.say(f"month_{day.month}"))

    def full_day(self, day: date) -> str:
        """Return a date with its year."""
        month = self.say(f"month_{day.month}")
        return self.say("date_year", day=str(day.day), month=month, year=str(day.year))

    def time(self, moment: datetime) -> str:
        """Return the day and the time of a moment."""
        local = moment.astimezone(self.zone)
        return f"{self.day(local.date())} {local.hour}:{local.minute:02}"

    def since(self, moment: datetime) -> str:
        """Return a time of today, or else the day of a moment."""
        local = moment.astimezone(self.zone)
        if local.date() == self.today:
            return f"{local.hour}:{local.minute:02}"
        is_yesterday = local.date() == self.today - timedelta(days=1)
        return self.say("yesterday") if is_yesterday else self.day(local.date())

    def coming(self, day: date) -> str:
        """Return today, tomorrow or the weekday of one of the next seven days."""
        ahead = (day - self.today).days
        return self.say(("today", "tomorrow")[ahead] if ahead < 2 else f"weekday_{day.weekday()}")  # noqa: PLR2004  # two days have names

    def name(self, name: str) -> str:
        """Return a name of at most 60 characters that means nothing in Markdown."""
        short = name if len(name) <= NAME_LENGTH else f"{name[: NAME_LENGTH - 1]}…"
        return MARKDOWN.sub(r"\\\1", short) if self.markdown else short

    def metric(self, key: str, own_name: str | None) -> str:
        """Return the name of a metric within a sentence; `own_name` is the household's."""
        name = own_name or self.say(f"metric.{key}")
        begins = own_name is None and name[1:2].islower()
        return self.name(name[0].lower() + name[1:] if begins else name)

    def listed(self, names: Sequence[str]) -> str:
        """Return names with commas, and a word between the last two."""
        if len(names) == 1:
            return names[0]
        return self.say("and", first=", ".join(names[:-1]), last=names[-1])


def _decimals(value: float) -> int:
    return 0 if value >= WHOLE_AMOUNT else 1 if value >= 1 else 2


def localized(number: str, language: str) -> str:
    """Return a number with the decimal mark of a language."""
    return number.replace(".", ",") if language.startswith("pl") else number
