"""The stored form of histories: columns, because a year of them is read at every start.

A level is `{"day": [...], "value": [...], "at": [...], "source": [...], "sources": [names]}`: the
sources are positions among the names, the times milliseconds since midnight (UTC) of the day.
A daily total is `{"total_day": [...], "totals": [[...], ...], "sources": [names]}`: each day has
a list of `[source, dropped_sum, earlier_parts, base, counter, amounts]`, the last two as
`[at, value, at, value, ...]`.
"""

from collections.abc import Iterable, Mapping
from itertools import batched
from types import MappingProxyType
from typing import Any

from ..values import PlainJson
from .daily_totals import SourceTotal, TimedValue, TotalDay
from .history import Day, LevelDay

_DAY = 24 * 3600 * 1000
_FURTHEST = 36_500 * _DAY
_EPOCH_DAY = 719_163  # the ordinal of 1970-01-01
_LAST_DAY = 3_652_059  # of 9999-12-31


class DamagedHistoryError(ValueError):
    """The stored document is not a history."""


def history_document(days: Mapping[int, Day]) -> dict[str, PlainJson]:
    """Write days of one metric, oldest first."""
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
    """Read what `history_document` wrote; raises `DamagedHistoryError` for anything else."""
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
            strict=True,
        )
        days.update(
            (day, LevelDay(value, at + _midnight(day), names[source]))
            for day, value, at, source in columns
        )
    if "total_day" in raw:
        for day, rows in zip(_ordinals(raw["total_day"]), raw["totals"], strict=True):
            sources = {names[row[0]]: _total(row, _midnight(day)) for row in rows}
            if not sources:
                raise ValueError(day)
            days[day] = TotalDay(MappingProxyType(sources))
    return days


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
    # What lies a hundred years from its day lies beyond the calendar, or belongs to another one.
    if times and not -_FURTHEST < min(times) <= max(times) < _FURTHEST:
        raise ValueError(column)
    return times


def _numbers(column: Any) -> Any:  # noqa: ANN401  # whatever was in the file
    if not {*map(type, column)} <= {int, float}:
        raise TypeError(column)
    return column


def _checked[T](column: list[T], kind: type[T]) -> list[T]:
    # A look at the set of types is many times faster than one at each value.
    if not isinstance(column, list) or not {*map(type, column)} <= {kind}:
        raise TypeError(column)
    return column
