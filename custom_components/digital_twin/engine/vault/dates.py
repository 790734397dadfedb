"""Days and quarters as people write them into headings and behind their tasks."""

from collections.abc import Iterator
from datetime import date, timedelta
import re
from typing import Final, NamedTuple
from unicodedata import category

MONTHS: Final = {
    name: number
    for names in (
        "jan feb mar apr may jun jul aug sep oct nov dec",
        "sty lut mar kwi maj cze lip sie wrz paź lis gru",
    )
    for number, name in enumerate(names.split(), start=1)
}
ISO_DAY: Final = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
YEAR: Final = re.compile(r"(?<![\d-])(20\d{2})(?![\d-])")
QUARTER: Final = re.compile(r"(?<!\w)Q([1-4])(?!\w)", re.IGNORECASE)
DAY: Final = (
    r"(?P<iso>\d{4}-\d{2}-\d{2})"
    r"|(?P<month>[^\W\d]{3,12})\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?(?:,?\s+(?P<year>\d{4}))?"
    r"|(?P<day2>\d{1,2})\.?\s+(?P<month2>[^\W\d]{3,12})\.?(?:\s+(?P<year2>\d{4}))?"
)
# At the end of a task: a day in parentheses, or an ISO day by itself.
BEHIND: Final = re.compile(
    rf"\((?:[^\W\d]{{2,10}}:?\s+)?(?:{DAY})\)$|(?<!\S)(?P<bare>\d{{4}}-\d{{2}}-\d{{2}})$"
)
# What joins a task to the day behind it.
JOINTS: Final = " \t-\u2013\u2014,;|\u00b7"


class Quarter(NamedTuple):
    """A quarter of a year."""

    year: int
    number: int

    @property
    def key(self) -> str:
        """The key of its milestone."""
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
    """Return the quarter that a heading names: 2 for `Q2 2026 (Apr-Jun) - Build`.

    A heading that names several names none.
    """
    named = set(QUARTER.findall(heading))
    return int(named.pop()) if len(named) == 1 else None


def year_in(text: str) -> int | None:
    """Return the only year from 2000 on that a text names."""
    years = set(YEAR.findall(ISO_DAY.sub(r"\1", text)))
    return int(years.pop()) if len(years) == 1 else None


def iso_day_in(text: str) -> date | None:
    """Return the only ISO day that a text names."""
    days = set(ISO_DAY.findall(text))
    return made_day(*map(int, days.pop())) if len(days) == 1 else None


def made_day(year: int, month: int, day: int) -> date | None:
    """Return a day, None for one that no calendar has."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def without_ending(text: str, year: int | None) -> tuple[str, date | None]:
    """Take days and emoji from the end of a task; a day without a year is in the given one.

    So `Choose the days (Mar 3)` and, once it is ticked, `Choose the days ✅ (Mar 5)` stay the
    same task. Of several days the last one counts. A text of nothing else is left as it is.

    >>> without_ending("Choose the three running days (Mar 3)", 2026)
    ('Choose the three running days', datetime.date(2026, 3, 3))
    """
    bare, found = text, None
    for shorter, day in _shortened(text, year):
        bare, found = shorter, found or day
    return (bare, found) if bare else (text, None)


def _shortened(text: str, year: int | None) -> Iterator[tuple[str, date | None]]:
    while True:
        shorter = _without_symbols(text)
        match = BEHIND.search(shorter)
        day = _day_of(match, year) if match else None
        if match and (day or not year):
            shorter = shorter[: match.start()]
        shorter = shorter.rstrip(JOINTS)
        if shorter == text:
            return
        text = shorter
        yield shorter, day


def _without_symbols(text: str) -> str:
    """Cut emoji, with the invisible signs that belong to them."""
    end = len(text)
    while end and (
        category(text[end - 1]) in ("So", "Sk", "Mn", "Cf", "Cn") or text[end - 1] == " "
    ):
        end -= 1
    return text[:end]


def _day_of(match: re.Match[str], year: int | None) -> date | None:
    if iso := match["iso"] or match["bare"]:
        return iso_day_in(iso)
    month = MONTHS.get((match["month"] or match["month2"])[:3].lower())
    written = match["year"] or match["year2"]
    if month is None or not (written or year):
        return None
    return made_day(int(written or year or 0), month, int(match["day"] or match["day2"]))
