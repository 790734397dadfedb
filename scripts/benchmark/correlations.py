"""Measures what goes together of a person with every metric, in a process of its own.

The only line of the output is a list of `CorrelationTime` in JSON.
"""

from collections.abc import Iterator
import json
from random import Random
from statistics import median
import sys
import time
from typing import Final, NamedTuple

from custom_components.digital_twin.twin.catalogue import CATALOGUE, Metric
from custom_components.digital_twin.twin.metrics.correlation import (
    DailySeries,
    Measurements,
    strongest,
)
from custom_components.digital_twin.twin.metrics.daily_totals import TotalDay
from custom_components.digital_twin.twin.metrics.history import Day, MetricHistory
from custom_components.digital_twin.twin.metrics.level_days import LevelDay, TimedValue

ROUNDS: Final = 5
START: Final = 739_000
# Of so many days there is a value.
SHARE: Final = 0.9
# What a day of a total adds up.
AMOUNTS: Final = 8


class CorrelationTime(NamedTuple):
    """One question: the milliseconds of the worker thread, and those of the event loop."""

    days: int
    pairs: int
    milliseconds: float
    held: float


def measured(longest: int) -> list[CorrelationTime]:
    """Return the times of the usual number of days, and of the longest."""
    return [_time(days) for days in (min(180, longest), longest)]


def _time(days: int) -> CorrelationTime:
    times, held, pairs = [], [], 0
    for number in range(ROUNDS):
        # Made anew each time: a history remembers the values of its days.
        histories = dict(_histories(Random(number), days))  # noqa: S311  # no secret
        begin = time.process_time()
        values = {
            key: dict(known.between(START, START + days - 1)) for key, known in histories.items()
        }
        taken = time.process_time()
        series = {key: DailySeries(known, START, CATALOGUE[key]) for key, known in values.items()}
        pairs = strongest(series, Measurements()).compared
        times.append((time.process_time() - taken) * 1e3)
        held.append((taken - begin) * 1e3)
    return CorrelationTime(days, pairs, median(times), max(held))


def _histories(chance: Random, days: int) -> Iterator[tuple[str, MetricHistory]]:
    for key, metric in CATALOGUE.items():
        known = {
            START + day: _day(chance, metric) for day in range(days) if chance.random() < SHARE
        }
        yield key, MetricHistory(known)


def _day(chance: Random, metric: Metric) -> Day:
    if not metric.sums:
        return LevelDay(chance.gauss(), 0, "scale")
    day = TotalDay()
    for at in range(AMOUNTS):
        amount = TimedValue(at * 3_600_000, float(chance.randint(0, 500)))
        day = day.with_reading("watch", amount, running=False)
    return day


if __name__ == "__main__":
    print(json.dumps(measured(int(sys.argv[1]))), flush=True)
