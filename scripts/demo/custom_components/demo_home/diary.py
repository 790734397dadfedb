"""What is special about the days of the household: holidays, illness, work, who is at home.

All days follow from the day on which the demo home was furnished, and from the calendar. Hours are
local.
"""

from dataclasses import dataclass
from datetime import date, timedelta
import math
from typing import Final

ANNA: Final = "anna"
JAN: Final = "jan"
YEARS: Final = 2
# The days of which there are histories, the present one not included.
DAYS: Final = YEARS * 365
SATURDAY: Final = 5
SUNDAY: Final = 6
TUESDAY, THURSDAY = 1, 3
# In these days before the present one nothing special happens: what is usual ends in the present.
_ORDINARY_DAYS: Final = 28
_AUGUST = 8
# The first and last day (of August) of the holiday by the sea.
_HOLIDAY = (9, 22)
# By person: month and days of the flu, in even and in odd years.
_FLU: Final = {
    ANNA: {0: (2, range(9, 16)), 1: (11, range(12, 18))},
    JAN: {0: (12, range(3, 9)), 1: (1, range(19, 26))},
}
# Hours of a working day on which somebody is out of the house.
_OUT: Final = {ANNA: (7.6, 16.7), JAN: (8.2, 17.6)}
_SHOPPING: Final = (10.2, 12.4)
_TRIP: Final = (13.1, 17.2)


def randomly(seed: int, number: int) -> float:
    """Return a number from 0 to 1 that looks random and is always the same."""
    return (math.sin(number * 12.9898 + seed * 78.233) * 43758.5453) % 1.0


def drifting(seed: int, at: float) -> float:
    """Return a number from 0 to 1 that drifts from one random value to the next with each 1.0."""
    whole = math.floor(at)
    share = (1 - math.cos((at - whole) * math.pi)) / 2
    return randomly(seed, whole) * (1 - share) + randomly(seed, whole + 1) * share


@dataclass(frozen=True, slots=True)
class Diary:
    """The days of a household that was furnished on the day `today`."""

    today: date

    @property
    def first(self) -> date:
        """The first day of the histories."""
        return self.today - timedelta(days=DAYS)

    def is_ordinary(self, day: date) -> bool:
        """Tell whether a day is one of the last weeks before the household was furnished."""
        return 0 <= (self.today - day).days < _ORDINARY_DAYS

    def is_holiday(self, day: date) -> bool:
        """Tell whether everybody is by the sea."""
        return (
            day.month == _AUGUST
            and _HOLIDAY[0] <= day.day <= _HOLIDAY[1]
            and not self.is_ordinary(day)
        )

    def flu(self, person: str, day: date) -> float:
        """Return how ill somebody is, from 0 to 1; the first days are the worst."""
        month, days = _FLU[person][day.year % 2]
        if day.month != month or day.day not in days or self.is_ordinary(day):
            return 0.0
        passed = (day.day - days[0]) / len(days)
        return 1.0 - 0.8 * passed

    def works_at_home(self, person: str, day: date) -> bool:
        """Tell whether somebody works at the desk at home: Anna does on two days of the week."""
        is_usual = person == ANNA and day.weekday() in (TUESDAY, THURSDAY)
        return is_usual and not self.is_holiday(day) and not self.flu(person, day)

    def out(self, person: str, day: date) -> tuple[float, float] | None:
        """Return the hours between which somebody is out of the house, None for a day at home.

        On a holiday these are all hours.
        """
        if self.is_holiday(day):
            return 0.0, 24.0
        if self.flu(person, day) or self.works_at_home(person, day):
            return None
        shift = randomly(len(person), day.toordinal()) - 0.5
        begins, ends = _OUT[person]
        if day.weekday() == SATURDAY:
            begins, ends = _SHOPPING
        elif day.weekday() == SUNDAY:
            if randomly(5, day.toordinal()) < 1 / 3:
                return None
            # They go together.
            begins, ends, shift = *_TRIP, randomly(6, day.toordinal()) - 0.5
        return begins + shift * 0.5, ends + shift * 0.9

    def is_at_home(self, person: str, day: date, hour: float) -> bool:
        """Tell whether somebody is at home at an hour of a day."""
        out = self.out(person, day)
        return out is None or not out[0] <= hour < out[1]
