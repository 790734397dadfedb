"""Parses days and quarters in headings and at the end of tasks."""

from collections.abc import Iterator
from datetime import date, timedelta
import re
from typing import Final, NamedTuple
from unicodedata import category

from ...twin.records.parsers import FIRST_DAY, LAST_DAY

MONTHS: Final = {
    name: number
    for names in (
        "jan feb mar apr may jun jul aug sep oct nov dec",
        "sty lut mar kwi maj cze lip sie wrz paź lis gru",
    )
    for number, name in enumerate(names.split(), start=1)
}
ISO_DAY: Final = re.compile(r"(?<![0-9])([0-9]{4})-([0-9]{2})-([0-9]{2})(?![0-9])")
# `2026-2027` and `05-2026` do not match; `2026-Q3` and `Q3-2026` do.
YEAR: Final = re.compile(r"(?<![0-9])(?<![0-9]{2}-)(20[0-9]{2})(?![0-9]|-[0-9])")
SHORT_YEAR: Final = re.compile(r"(?<![^\W_])Q[1-4] ?['\u2019]([0-9]{2})(?![0-9])", re.IGNORECASE)
# `Q2`, `2026Q2`, `Quarter 2`, `Kwartał II`, `2. kwartał`; `Kwartał I i II` does not match.
QUARTER: Final = re.compile(
    r"(?:(?<![^\W_])|(?<=\b20[0-9]{2}))Q([1-4])(?![^\W_])"
    r"|\b(?:quarter|kwartał)\s+([1-4]|(?-i:I{1,3}|IV))\b"
    r"(?!\s*(?:[-\u2013/&,+]|i\b|and\b)\s*(?:[1-4]\b|(?-i:I)))"
    r"|(?<![-\u2013/&,+\w])\b([1-4]|(?-i:I{1,3}|IV))\.?\s+kwartał",
    re.IGNORECASE,
)
ROMAN: Final = {"I": 1, "II": 2, "III": 3, "IV": 4}
DAY: Final = (
    r"(?P<iso>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"|(?P<month>[^\W\d]{3,12})\.?\s+(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?"
    r"(?:,?\s+(?P<year>[0-9]{4}))?"
    r"|(?P<day2>[0-9]{1,2})\.?\s+(?P<month2>[^\W\d]{3,12})\.?(?:\s+(?P<year2>[0-9]{4}))?"
)
# At the end of a task: a day in parentheses, or an ISO day by itself.
BEHIND: Final = re.compile(
    rf"\((?:[^\W\d]{{2,10}}:?\s+)?(?:{DAY})\)$|(?<!\S)(?P<bare>[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})$"
)
# Suffixes of the Obsidian plugins Tasks and Dataview. Only the calendar signs and `due` are due
# days; the others are the days of planning, start and completion.
PLUGIN: Final = re.compile(
    r"(?P<sign>[\U0001f4c5\U0001f4c6\U0001f5d3\u23f3\u231b\U0001f6eb\u2795\u2705\u274c])\ufe0f?\s*"
    r"(?P<iso>[0-9]{4}-[0-9]{2}-[0-9]{2})$"
    r"|[\[(](?P<field>[^\W\d_]{1,20})::\s*(?P<value>[^\[\]()]{0,60})[\])]$"
    r"|\U0001f501\ufe0f?\s*every [\w ,]{1,60}$"
    r"|(?<=\s)\^[A-Za-z0-9-]{1,60}$"
    r"|(?<=\s)#(?=[^\s#]*[^\W\d])[\w/\-]{1,60}$"
)
# A task that comes again and again.
RECURRING: Final = re.compile(r"\U0001f501|[\[(](?:repeat|recurs?|recurrence)::", re.IGNORECASE)
DUE_SIGNS: Final = frozenset("\U0001f4c5\U0001f4c6\U0001f5d3")
DONE_SIGN: Final = "\u2705"
DONE_FIELDS: Final = frozenset({"completion", "completed", "done"})
# Symbols below the arrows belong to words and numbers, such as the degree sign.
FIRST_EMOJI: Final = "\u2190"
EMOJI: Final = ("So", "Sk", "Cn")
# Separators between a task and the day at its end.
JOINTS: Final = " \t-\u2013\u2014,;|\u00b7"


class Quarter(NamedTuple):
    """A quarter of a year."""

    year: int
    number: int

    @property
    def key(self) -> str:
        """The key of the milestone at its end."""
        return f"{self.year}_q{self.number}"

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        after = date(self.year + self.number // 4, 3 * self.number % 12 + 1, 1)
        return after - timedelta(days=1)


def quarter_number(heading: str) -> int | None:
    """Return the quarter (1 to 4) in a heading; None for no quarter or several different ones.

    >>> [quarter_number(heading) for heading in ("Kwartał II", "2026-Q2", "Q1 & Q2")]
    [2, 2, None]
    """
    found = {next(filter(None, groups)).upper() for groups in QUARTER.findall(heading)}
    named = {ROMAN.get(number) or int(number) for number in found}
    return named.pop() if len(named) == 1 else None


def year_in(text: str) -> int | None:
    """Return the year from 2000 to 2099 in a text; None for no year or several different ones."""
    years = set(YEAR.findall(ISO_DAY.sub(r"\1", text)))
    years |= {f"20{short}" for short in SHORT_YEAR.findall(text)}
    return int(years.pop()) if len(years) == 1 else None


def iso_day_in(text: str) -> date | None:
    """Return the ISO day in a text; None for no day or several different ones."""
    days = set(ISO_DAY.findall(text))
    return valid_day(*map(int, days.pop())) if len(days) == 1 else None


NUMERIC_DAY: Final = re.compile(
    r"(?P<year>[0-9]{4})[./](?P<month>[0-9]{1,2})[./](?P<day>[0-9]{1,2})"
    r"|(?P<day2>[0-9]{1,2})(?P<sign>[./\-])(?P<month2>[0-9]{1,2})(?P=sign)(?P<year2>[0-9]{4})"
)
MONTH: Final = re.compile(
    r"(?P<year>[0-9]{4})[-/](?P<number>[0-9]{1,2})|(?P<name>[^\W\d]{3,12})\.?,? (?P<year2>[0-9]{4})"
)
NAMED_DAY: Final = re.compile(DAY)


def written_day(text: str, *, last: bool) -> date | None:
    """Return the day that a value of the front matter means, or None.

    A month, a quarter or a year is its `last` day, or its first. `03/04/2026` may be in March or
    in April, and is None.

    >>> [str(written_day(text, last=True)) for text in ("31.12.2026", "Q2 2026", "May 2026")]
    ['2026-12-31', '2026-06-30', '2026-05-31']
    """
    text = text.strip()
    if match := ISO_DAY.match(text):
        return valid_day(*map(int, match.groups()))
    if match := NUMERIC_DAY.fullmatch(text):
        day, month = int(match["day"] or match["day2"]), int(match["month"] or match["month2"])
        is_clear = match["sign"] != "/" or day > 12 or day == month  # noqa: PLR2004  # months
        return valid_day(int(match["year"] or match["year2"]), month, day) if is_clear else None
    if match := NAMED_DAY.fullmatch(text):
        return _day_of(match, None)
    months = _months_in(text)
    if months is None:
        return None
    year, first, after = months
    if not last:
        return valid_day(year, first, 1)
    end = valid_day(year + after // 13, (after - 1) % 12 + 1, 1)
    return end - timedelta(days=1) if end else None


def _months_in(text: str) -> tuple[int, int, int] | None:
    """Return the year, the first month of a span, and the month after it (up to 13)."""
    if match := MONTH.fullmatch(text):
        number = MONTHS.get((match["name"] or "")[:3].lower()) or int(match["number"] or 0)
        year = int(match["year"] or match["year2"])
        return (year, number, number + 1) if 1 <= number <= 12 else None  # noqa: PLR2004  # months
    year_only = re.fullmatch(r"20[0-9]{2}", text)
    if year_only:
        return int(text), 1, 13
    number_of_quarter, year_of_quarter = quarter_number(text), year_in(text)
    if number_of_quarter and year_of_quarter:
        return year_of_quarter, 3 * number_of_quarter - 2, 3 * number_of_quarter + 1
    return None


def valid_day(year: int, month: int, day: int) -> date | None:
    """Return a day, None for one that does not exist or that a goal does not accept."""
    try:
        made = date(year, month, day)
    except ValueError:
        return None
    return made if FIRST_DAY <= made <= LAST_DAY else None


class TaskText(NamedTuple):
    """A task without what stands behind it.

    `due` is the day by which it is to be done, `done` the day of its completion that a plugin
    noted, and `day` a day that may be either.
    """

    name: str
    due: date | None = None
    done: date | None = None
    day: date | None = None


def without_day(text: str, year: int | None) -> TaskText:
    """Split days, tags and emoji from the end of a task; a day without a year is in the given one.

    So `Choose the days (Mar 3)` and, when it is done, `Choose the days ✅ (Mar 5)` are the same
    task. Of several days of one kind the last one is returned, without those that plugins note of
    creation and planning. A text of nothing but days, tags and emoji is returned whole.

    >>> without_day("Choose the three running days (Mar 3)", 2026).day
    datetime.date(2026, 3, 3)
    """
    name, days = text, dict[str, date]()
    for shorter, kind, day in _shortened(text, year):
        name = shorter
        if day:
            days.setdefault(kind, day)
    return TaskText(name, *map(days.get, TaskText._fields[1:])) if name else TaskText(text)


def _shortened(text: str, year: int | None) -> Iterator[tuple[str, str, date | None]]:
    """Yield the text without each suffix, with the kind and the day of that suffix."""
    while True:
        shorter, kind, day = _without_plugin_sign(text)
        if shorter == text:
            shorter = _without_symbols(text)
            match = BEHIND.search(shorter)
            day = _day_of(match, year) if match else None
            if match and (day or not year):
                shorter = shorter[: match.start()]
        shorter = shorter.rstrip(JOINTS)
        if shorter == text:
            return
        text = shorter
        yield shorter, kind, day


def _without_plugin_sign(text: str) -> tuple[str, str, date | None]:
    """Remove the last suffix of a plugin; return its kind, and its day if it is due or done."""
    match = PLUGIN.search(text)
    if match is None:
        return text, "day", None
    field = (match["field"] or "").casefold()
    is_due = match["sign"] in DUE_SIGNS or field == "due"
    is_done = match["sign"] == DONE_SIGN or field in DONE_FIELDS
    written = match["iso"] or match["value"]
    day = iso_day_in(written) if is_due or is_done else None
    return text[: match.start()], "due" if is_due else "done", day


def _without_symbols(text: str) -> str:
    """Remove emoji from the end, with their invisible modifiers."""
    end = len(text)
    while end:
        # Combining accents of letters are modifiers, too: they are kept with their letter.
        at = len(text[:end].rstrip(" "))
        while at and category(text[at - 1]) in ("Mn", "Cf"):
            at -= 1
        if not at or text[at - 1] < FIRST_EMOJI or category(text[at - 1]) not in EMOJI:
            break
        end = at - 1
    return text[:end].rstrip(" ")


def _day_of(match: re.Match[str], year: int | None) -> date | None:
    if iso := match["iso"] or match.groupdict().get("bare"):
        return iso_day_in(iso)
    month = MONTHS.get((match["month"] or match["month2"])[:3].lower())
    written = match["year"] or match["year2"]
    if month is None or not (written or year):
        return None
    return valid_day(int(written or year or 0), month, int(match["day"] or match["day2"]))
