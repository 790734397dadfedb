"""A day of a level: its latest reading and, if it is measured all day, the spread of its values.

Points in time are whole milliseconds since 1970 (UTC).
"""

from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

# The part of a day (ms) of which one value enters the median. Without it, the many readings of an
# hour of exercise would count more than those of the hours before and after it.
QUARTER = 15 * 60 * 1000


class TimedValue(NamedTuple):
    """A value at a point in time."""

    at: int
    value: float


@dataclass(frozen=True, slots=True)
class Spread:
    """Minimum, median and maximum of a day.

    `low` and `high` are the extremes of all readings, `middle` is the median of one value for each
    quarter of an hour, its latest, and `quarters` how many of these have a value. `points` are
    these values, oldest first; of a day that is long over they are dropped, and the median stays.
    """

    low: float
    middle: float
    high: float
    quarters: int
    points: tuple[TimedValue, ...] = ()

    @classmethod
    def of(cls, point: TimedValue) -> Spread:
        """Return the spread of a single reading."""
        return cls(point.value, point.value, point.value, 1, (point,))

    def with_point(self, point: TimedValue) -> Spread:
        """Add a reading; in any order, and repeated, the same readings give the same spread.

        Once the points were dropped, a late reading can only move the extremes.
        """
        low, high = min(self.low, point.value), max(self.high, point.value)
        points = self._points_with(point)
        if points is self.points:
            return self if (low, high) == (self.low, self.high) else self._with(low, high)
        corrected = [each.value for each in self.points if each.at == point.at]
        # A corrected extreme was none. What the other readings had is known of each quarter only.
        if corrected and corrected[0] in (self.low, self.high):
            values = [each.value for each in points]
            low = min(values) if corrected[0] == self.low else low
            high = max(values) if corrected[0] == self.high else high
        middle = median(each.value for each in points)
        return Spread(low, middle, high, len(points), points)

    def condensed(self) -> Spread:
        """Return the spread without its points."""
        return Spread(self.low, self.middle, self.high, self.quarters) if self.points else self

    def _with(self, low: float, high: float) -> Spread:
        return Spread(low, self.middle, high, self.quarters, self.points)

    def _points_with(self, point: TimedValue) -> tuple[TimedValue, ...]:
        if not self.points:
            return self.points
        quarter = point.at // QUARTER
        last = self.points[-1]
        if last.at // QUARTER < quarter:
            return (*self.points, point)
        known = next((each for each in self.points if each.at // QUARTER == quarter), None)
        if known is not None and (known.at > point.at or known == point):
            return self.points
        others = (each for each in self.points if each is not known)
        return tuple(sorted((*others, point)))


@dataclass(frozen=True, slots=True)
class LevelDay:
    """A day of a level: its latest reading, and the spread of a level that is measured all day.

    A day that an older version recorded has no spread.
    """

    value: float
    at: int
    source: str
    spread: Spread | None = None

    @property
    def typical(self) -> float:
        """The value that stands for the day: its median, without a spread its latest one."""
        return self.value if self.spread is None else self.spread.middle

    def with_reading(self, point: TimedValue, source: str, *, all_day: bool = False) -> LevelDay:
        """Add a reading; an older one does not replace the latest value."""
        spread = None
        if all_day:
            before = self.spread or Spread.of(TimedValue(self.at, self.value))
            spread = before.with_point(point)
            spread = self.spread if spread == self.spread else spread
        if point.at >= self.at and point != (self.at, self.value):
            return LevelDay(point.value, point.at, source, spread)
        return self if spread is self.spread else LevelDay(self.value, self.at, self.source, spread)

    def condensed(self) -> LevelDay:
        """Return the day without the points of its spread."""
        if self.spread is None or not self.spread.points:
            return self
        return LevelDay(self.value, self.at, self.source, self.spread.condensed())
