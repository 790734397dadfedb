"""Cells of files as people and devices write them: times, numbers with units, column names."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from enum import StrEnum
import re
import unicodedata

from ..values import number_from_text
from .household_metrics import NameWords


class DateOrder(StrEnum):
    """The order of day and month in dates such as 03/04/2026; `AMBIGUOUS` fits both."""

    NONE = "none"
    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"
    AMBIGUOUS = "ambiguous"


_SHORT_DATE = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})\.?(?![\d./-])(.*)", re.DOTALL)
_NAMED_DATE = re.compile(
    r"(?:(?P<day>\d{1,2})[\s.-]+)?(?P<month>[^\W\d_]{3,12})\.?[\s-]+(?:(?P<late>\d{1,2}),?\s+)?"
    r"(?P<year>\d{4}),?(?P<rest>.*)"
)
_CLOCK = re.compile(
    r"[\sT,]*(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
    r"\s*(?:(?P<half>[AaPp])\.?[Mm]\.?)?\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?"
)
_SPACED_OFFSET = re.compile(r"\s+(Z|[+-]\d{2}:?\d{2})$")
_EPOCH = re.compile(r"\d{10}(?:\.\d+)?|\d{13}|\d{16}|\d{19}")
_SLASHED = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})(?!\d)")
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan sty",
            "feb lut",
            "mar mrz",
            "apr kwi",
            "may maj mai",
            "jun cze",
            "jul lip",
            "aug sie",
            "sep wrz",
            "oct paz okt",
            "nov lis",
            "dec gru dez",
        ),
        start=1,
    )
    for name in names.split()
}
_MIDNIGHT = time(0)
NOON = 12


def words_of(text: str) -> NameWords:
    """Return the words of a name in lowercase ASCII: `restingHeartRate` has three."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    folded = unicodedata.normalize("NFKD", spaced.lower().replace("ł", "l"))
    return tuple(re.findall(r"[a-z0-9]+", folded.encode("ascii", "ignore").decode()))


def date_order(texts: Iterable[str]) -> DateOrder:
    """Return the order of day and month that all dates of a file have.

    Dates with dots are written day first everywhere. Dates that contradict each other are
    ambiguous.
    """
    orders = set()
    for text in texts:
        match = _SHORT_DATE.match(text.strip())
        if match is None:
            continue
        first, second = int(match[1]), int(match[3])
        if match[2] == "." or first > NOON:
            orders.add(DateOrder.DAY_FIRST)
        elif second > NOON:
            orders.add(DateOrder.MONTH_FIRST)
        else:
            orders.add(DateOrder.AMBIGUOUS)
    decided = orders - {DateOrder.AMBIGUOUS}
    if len(decided) == 1:
        return decided.pop()
    return DateOrder.AMBIGUOUS if orders else DateOrder.NONE


def parse_when(text: str, order: DateOrder) -> date | datetime | time:
    """Parse a day, a time (naive where no offset is given) or only a clock time.

    Known are ISO 8601, seconds, milliseconds, microseconds and nanoseconds since 1970, names of
    months, and short dates in the given order. Raises `ValueError` for anything else.
    """
    stripped = text.strip().strip('"').strip()
    if _EPOCH.fullmatch(stripped):
        return _from_epoch(stripped)
    if (short := _SHORT_DATE.fullmatch(stripped)) is not None:
        first, second = int(short[1]), int(short[3])
        if order is DateOrder.MONTH_FIRST and short[2] != ".":
            first, second = second, first
        year = int(short[4]) + (2000 if len(short[4]) == len("26") else 0)
        return _with_clock(date(year, second, first), short[5])
    if (clock := _clock(stripped)) is not None:
        return clock
    if (named := _NAMED_DATE.fullmatch(stripped)) is not None and (
        month := _MONTHS.get("".join(words_of(named["month"]))[:3])
    ):
        day = named["day"] or named["late"]
        if day is None:
            raise ValueError(stripped)
        return _with_clock(date(int(named["year"]), month, int(day)), named["rest"])
    return _iso(stripped)


def _iso(text: str) -> date | datetime:
    """Parse ISO 8601, also with slashes, one digit for a month, or a space before the offset."""
    iso = _SPACED_OFFSET.sub(r"\1", _SLASHED.sub(r"\1-\2-\3", text))
    with suppress(ValueError):
        return date.fromisoformat(iso)
    try:
        return datetime.fromisoformat(iso)
    except ValueError:
        match = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})(.*)", iso, re.DOTALL)
        if match is None:
            raise
    return _with_clock(date(int(match[1]), int(match[2]), int(match[3])), match[4])


def _from_epoch(text: str) -> datetime:
    digits = len(text.partition(".")[0])
    seconds = float(text) / 10 ** (digits - 10)
    return datetime.fromtimestamp(seconds, UTC)


def _with_clock(day: date, rest: str) -> date | datetime:
    if not rest.strip(" ,"):
        return day
    clock = _clock(rest)
    if clock is None:
        raise ValueError(rest)
    return datetime.combine(day, clock, clock.tzinfo)


def _clock(text: str) -> time | None:
    match = _CLOCK.fullmatch(text)
    if match is None:
        return None
    hour = int(match["hour"])
    if match["half"]:
        hour = hour % NOON + (NOON if match["half"].lower() == "p" else 0)
    return time(hour, int(match["minute"]), int(match["second"] or 0), tzinfo=_zone(match["zone"]))


def _zone(text: str | None) -> tzinfo | None:
    if not text:
        return None
    if text[0] not in "+-":
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def is_midnight(when: object) -> bool:
    """Return whether this is a local time at the beginning of a day."""
    return isinstance(when, datetime) and when.time() == _MIDNIGHT


_NUMBER_AND_UNIT = re.compile(
    r"([+-]?[\d.,'\s\u00a0\u202f]*\d\.?(?:[eE][+-]?\d+)?)\s*(.*)", re.DOTALL
)
_SPACES = re.compile(r"['\s\u00a0\u202f]")
_DURATION = re.compile(r"(?:(\d+)\s*h)?\s*(?:(\d+)\s*m(?:in)?)?|(\d+):([0-5]\d)(?::[0-5]\d)?")
_THOUSAND = 3


def decimal_mark(texts: Iterable[str], delimiter: str) -> str:
    """Return the decimal mark of a file, from the numbers that can be read in one way only.

    Without such a number it is a comma where commas do not separate the cells.
    """
    marks = set()
    for text in texts:
        match = _NUMBER_AND_UNIT.fullmatch(text.strip())
        number = _SPACES.sub("", match[1]) if match else ""
        last = max(number.rfind(","), number.rfind("."))
        if last < 0:
            continue
        mark, other = number[last], "," if number[last] == "." else "."
        if other in number or (number.count(mark) == 1 and len(number) - last - 1 != _THOUSAND):
            marks.add(mark)
        elif number.count(mark) > 1:
            marks.add(other)
    if len(marks) == 1:
        return marks.pop()
    return "." if delimiter == "," else ","


def split_number(text: str, mark: str, *, whole: bool = False) -> tuple[float, str] | None:
    """Return the number in a cell, and the unit after it; None for other text.

    `mark` is the decimal mark of the file; `whole` numbers have no decimals, so that a mark before
    three digits separates thousands.
    """
    match = _NUMBER_AND_UNIT.fullmatch(text.strip())
    if match is None:
        return None
    number = _SPACES.sub("", match[1])
    if "," in number and "." in number:
        decimal = max(",.", key=number.rfind)
    else:
        single = "," if "," in number else "."
        tail = len(number) - number.rfind(single) - 1
        is_thousands = number.count(single) > 1 or (tail == _THOUSAND and (whole or single != mark))
        decimal = single if not is_thousands else ("." if single == "," else ",")
    number = number.replace("." if decimal == "," else ",", "").replace(decimal, ".")
    value = number_from_text(number)
    return None if value is None else (value, match[2].strip())


def minutes_of(text: str) -> float | None:
    """Return the minutes of a duration such as `7:32`, `7h 32m` or `452 min`; None otherwise."""
    match = _DURATION.fullmatch(text.strip().lower())
    if match is None or not any(match.groups()):
        return None
    hours, minutes, long_hours, long_minutes = (int(part or 0) for part in match.groups())
    return (hours + long_hours) * 60 + minutes + long_minutes
