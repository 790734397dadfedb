"""The daily history of a metric: one value for each of the last 400 days of a person.

Days are proleptic ordinals (`date.toordinal`), points in time whole milliseconds since 1970 (UTC).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import batched
from types import MappingProxyType
from typing import Any

from ..catalogue import Metric
from ..values import PlainJson
from .daily_totals import SourceTotal, TotalDay
from .level_days import LevelDay, Spread, TimedValue
from .readings import Reading

KEPT_DAYS = 400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


type Day = LevelDay | TotalDay


@dataclass(frozen=True, slots=True)
class MetricDay:
    """The value of a day with its source.

    It is the latest reading, the total, or the median of a level that is measured all day, which
    has a `minimum` and a `maximum`, too.
    """

    day: date
    value: float
    measured_at: datetime
    source: str
    minimum: float | None = None
    maximum: float | None = None


class MetricHistory:
    """The days of one metric of one person.

    The cost of recording a reading does not depend on the number of days.
    """

    __slots__ = ("_days", "_kept", "_newest", "_pointed", "_values")

    def __init__(self, days: Mapping[int, Day] | None = None, kept: int = KEPT_DAYS) -> None:
        self._kept = kept
        self._newest = max(days, default=0) if days else 0
        self._days = {day: each for day, each in (days or {}).items() if self.keeps(day)}
        # Cache of the values of days: a day may have many amounts to add up.
        self._values: dict[int, float] = {}
        # The days whose spread still has its points.
        self._pointed = {day for day, each in self._days.items() if has_points(each)}

    @classmethod
    def unbounded(cls) -> MetricHistory:
        """Return an empty history that keeps every day."""
        return cls(kept=date.max.toordinal())

    @property
    def days(self) -> Mapping[int, Day]:
        """All days that are known, in no order."""
        return self._days

    @property
    def newest(self) -> int | None:
        """The latest day that is known."""
        return self._newest or None

    def keeps(self, day: int) -> bool:
        """Return whether a day is not too long ago to be kept."""
        return day > self._newest - self._kept

    def put(self, day: int, content: Day | None) -> dict[int, Day]:
        """Set or (with None) remove a day; a day that is too old is ignored.

        A new newest day drops the days that are `kept` days before it or older; they are returned.
        """
        self._values.pop(day, None)
        self._pointed.discard(day)
        dropped: dict[int, Day] = {}
        if content is None:
            self._days.pop(day, None)
            self._newest = max(self._days, default=0)
            return dropped
        if not self.keeps(day):
            return dropped
        if day > self._newest:
            # Only days between the old limit and the new one can be too old now.
            last = min(day - self._kept, self._newest)
            for old in range(self._newest - self._kept + 1, last + 1) if self._days else ():
                if (removed := self._days.pop(old, None)) is not None:
                    dropped[old] = removed
                self._values.pop(old, None)
                self._pointed.discard(old)
            self._newest = day
        self._days[day] = content
        if has_points(content):
            self._pointed.add(day)
        return dropped

    def to_condense(self, day: int) -> dict[int, Day]:
        """Return the condensed days that replace those with points, when `day` was written.

        The two newest days and the written one keep their points.
        """
        kept = (self._newest, self._newest - 1, day)
        return {
            each: content.condensed()
            for each in sorted(self._pointed)
            if each not in kept and isinstance(content := self._days[each], LevelDay)
        }

    def with_reading(self, metric: Metric, reading: Reading, day: int) -> Day | None:
        """Return the day as it is with a reading, None when that changes nothing.

        The history itself stays as it is.
        """
        point = TimedValue(to_milliseconds(reading.measured_at), reading.value)
        known = self._days.get(day)
        if metric.sums:
            today = self._total_day(metric, known)
            yesterday = self._days.get(day - 1)
            after: Day = today.with_reading(
                reading.source,
                point,
                running=reading.running,
                yesterday=yesterday if isinstance(yesterday, TotalDay) else None,
                carried=reading.carried,
                episode=metric.episodes,
            )
        elif isinstance(known, LevelDay):
            after = known.with_reading(point, reading.source, all_day=metric.all_day)
        else:
            spread = Spread.of(point) if metric.all_day else None
            after = LevelDay(point.value, point.at, reading.source, spread)
        return None if after is known else after

    def _total_day(self, metric: Metric, known: Day | None) -> TotalDay:
        if isinstance(known, TotalDay):
            return known
        if known is None or metric.adds_up:
            return TotalDay()
        # An older version kept the latest sleep of the day.
        point = TimedValue(known.at, known.value)
        return TotalDay().with_reading(known.source, point, running=False, episode=True)

    def late_total(self, day: int, source: str) -> float | None:
        """Return the total of the day before that a counter showed on this day, if it did."""
        known, yesterday = self._days.get(day), self._days.get(day - 1)
        if not isinstance(known, TotalDay) or not isinstance(yesterday, TotalDay):
            return None
        before = yesterday.last_of(source)
        late = known.sources[source].late(before) if source in known.sources else None
        return late if late is not None and before is not None and late > before.value else None

    def with_bases(self, day: int) -> TotalDay | None:
        """Return a daily total with its counters based on the day before, None if unchanged.

        The day before may change later than the day itself: its readings may arrive late.
        """
        known, yesterday = self._days.get(day), self._days.get(day - 1)
        if not isinstance(known, TotalDay) or not isinstance(yesterday, TotalDay):
            return None
        after = known.with_bases(yesterday)
        return None if after is known else after

    def value(self, day: int) -> float | None:
        """Return the value that stands for a day, if it has one."""
        value = self._values.get(day)
        if value is None and (content := self._days.get(day)) is not None:
            value = self._values[day] = content.typical
        return value

    def between(self, first: int, last: int) -> Iterator[tuple[int, float]]:
        """Yield the days from `first` to `last` that have a value, oldest first."""
        for day in range(first, last + 1):
            value = self.value(day)
            if value is not None:
                yield day, value

    def values(self, first: date, last: date, precision: int) -> list[MetricDay]:
        """List the values of the days from `first` to `last`, rounded to `precision` decimals."""
        start = max(first.toordinal(), (self.newest or 0) - KEPT_DAYS)
        end = min(last.toordinal(), self.newest or 0)
        return [
            _metric_day(day, content, precision)
            for day in range(start, end + 1)
            if (content := self._days.get(day)) is not None
        ]

    def on(self, day: int, precision: int) -> MetricDay | None:
        """Return the value of a day, rounded to `precision` decimals, None if there is none."""
        content = self._days.get(day)
        return None if content is None else _metric_day(day, content, precision)

    def spread(self, day: int) -> Spread | None:
        """Return the spread of a day of a level that is measured all day, if it is known."""
        content = self._days.get(day)
        return content.spread if isinstance(content, LevelDay) else None


def has_points(content: Day) -> bool:
    """Return whether a day has a spread with points."""
    return (
        isinstance(content, LevelDay) and content.spread is not None and bool(content.spread.points)
    )


def _metric_day(day: int, content: Day, precision: int) -> MetricDay:
    spread = content.spread if isinstance(content, LevelDay) else None
    return MetricDay(
        date.fromordinal(day),
        round(content.typical, precision),
        from_milliseconds(content.at),
        content.source,
        None if spread is None else round(spread.low, precision),
        None if spread is None else round(spread.high, precision),
    )


def to_milliseconds(moment: datetime) -> int:
    """Return an aware moment as whole milliseconds since 1970."""
    return (moment - _EPOCH) // _MILLISECOND


def from_milliseconds(at: int) -> datetime:
    """Return the moment (UTC) of milliseconds since 1970."""
    return _EPOCH + at * _MILLISECOND


_DAY = 24 * 3600 * 1000
_FURTHEST = 36_500 * _DAY
_EPOCH_DAY = 719_163  # the ordinal of 1970-01-01
_LAST_DAY = 3_652_059  # of 9999-12-31


class DamagedHistoryError(ValueError):
    """The stored document is not a history."""


def history_document(days: Mapping[int, Day]) -> dict[str, PlainJson]:
    """Return the document of days of one metric, oldest first."""
    names: dict[str, int] = {}
    levels = {day: content for day, content in days.items() if isinstance(content, LevelDay)}
    totals = {day: content for day, content in days.items() if isinstance(content, TotalDay)}
    document: dict[str, PlainJson] = {}
    if levels:
        ordered = sorted(levels)
        document["day"] = list(ordered)
        document["value"] = [levels[day].value for day in ordered]
        document["at"] = [levels[day].at - _midnight(day) for day in ordered]
        document["source"] = [names.setdefault(levels[day].source, len(names)) for day in ordered]
        if any(levels[day].spread for day in ordered):
            document["spread"] = [
                _spread_row(levels[day].spread, _midnight(day)) for day in ordered
            ]
    if totals:
        ordered = sorted(totals)
        document["total_day"] = list(ordered)
        document["totals"] = [
            [
                _total_row(names.setdefault(name, len(names)), total, _midnight(day))
                for name, total in totals[day].sources.items()
            ]
            for day in ordered
        ]
    document["sources"] = list(names)
    return document


def days_from_document(raw: object) -> dict[int, Day]:
    """Read a document of `history_document`; raises `DamagedHistoryError` for any other."""
    try:
        return _days(raw)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise DamagedHistoryError(type(error).__name__) from error


def _days(raw: Any) -> dict[int, Day]:  # noqa: ANN401  # whatever was in the file
    names = _checked(raw["sources"], str)
    days: dict[int, Day] = {}
    if "day" in raw:
        columns = zip(
            _ordinals(raw["day"]),
            _numbers(raw["value"]),
            _times(raw["at"]),
            _checked(raw["source"], int),
            # Days of older versions, and of levels that are not measured all day, have no spread.
            raw.get("spread") or [None] * len(raw["day"]),
            strict=True,
        )
        days.update(
            (
                day,
                LevelDay(value, at + _midnight(day), names[source], _spread(row, _midnight(day))),
            )
            for day, value, at, source, row in columns
        )
    if "total_day" in raw:
        for day, rows in zip(_ordinals(raw["total_day"]), raw["totals"], strict=True):
            sources = {names[row[0]]: _total(row, _midnight(day)) for row in rows}
            if not sources:
                raise ValueError(day)
            days[day] = TotalDay(MappingProxyType(sources))
    return days


def _spread_row(spread: Spread | None, midnight: int) -> PlainJson:
    if spread is None:
        return None
    summary: list[PlainJson] = [spread.low, spread.middle, spread.high, spread.quarters]
    return [*summary, *_flat(spread.points, midnight)]


def _spread(row: list[Any] | None, midnight: int) -> Spread | None:
    if row is None:
        return None
    low, middle, high, quarters, *points = row
    _numbers((low, middle, high))
    _checked([quarters], int)
    return Spread(low, middle, high, quarters, _points(points, midnight))


def _total_row(name: int, total: SourceTotal, midnight: int) -> PlainJson:
    return [
        name,
        total.dropped_sum,
        total.earlier_parts,
        total.base,
        _flat(total.counter, midnight),
        _flat(total.amounts, midnight),
    ]


def _total(row: list[Any], midnight: int) -> SourceTotal:
    _name, dropped_sum, earlier_parts, base, counter, amounts = row
    _numbers((dropped_sum, earlier_parts, base))
    total = SourceTotal(
        dropped_sum=dropped_sum,
        earlier_parts=earlier_parts,
        base=base,
        counter=_points(counter, midnight),
        amounts=_points(amounts, midnight),
    )
    if not total.counter and not total.amounts:
        raise ValueError(row)
    return total


def _flat(points: Iterable[TimedValue], midnight: int) -> list[PlainJson]:
    return [part for point in points for part in (point.at - midnight, point.value)]


def _points(flat: list[Any], midnight: int) -> tuple[TimedValue, ...]:
    _times(flat[::2])
    _numbers(flat[1::2])
    return tuple(TimedValue(at + midnight, value) for at, value in batched(flat, 2, strict=True))


def _midnight(day: int) -> int:
    return (day - _EPOCH_DAY) * _DAY


def _ordinals(column: Any) -> list[int]:  # noqa: ANN401  # whatever was in the file
    days = _checked(column, int)
    if not all(0 < day <= _LAST_DAY for day in days):
        raise ValueError(column)
    return days


def _times(column: Any) -> list[int]:  # noqa: ANN401  # whatever was in the file
    times = _checked(column, int)
    # A time a hundred years from its day is damaged, and may be outside the calendar.
    if times and not -_FURTHEST < min(times) <= max(times) < _FURTHEST:
        raise ValueError(column)
    return times


def _numbers(column: Any) -> Any:  # noqa: ANN401  # whatever was in the file
    if not {*map(type, column)} <= {int, float}:
        raise TypeError(column)
    return column


def _checked[T](column: list[T], kind: type[T]) -> list[T]:
    # Comparing the set of types is many times faster than checking each value.
    if not isinstance(column, list) or not {*map(type, column)} <= {kind}:
        raise TypeError(column)
    return column
