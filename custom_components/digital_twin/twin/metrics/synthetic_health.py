"""Synthetic readings, daily histories, sources and quick entries of people."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from math import floor, log10
from types import MappingProxyType
from typing import Any, Final

from ..catalogue import CATALOGUE, Metric
from ..records.synthetic import Invention
from ..values import PlainJson
from .daily_totals import SourceTotal, TotalDay
from .history import Day, MetricHistory
from .level_days import LevelDay, Spread, TimedValue
from .readings import MANUAL

type Values = Mapping[str, Any]

UNITS: Final = frozenset(unit for metric in CATALOGUE.values() for unit in metric.units)
ICON: Final = "mdi:circle-outline"
# Values of metrics that are gone from the catalogue are taken to be at most this.
MOST: Final = 1e6
# Absorbs float rounding.
SAME: Final = 1e-6


class SyntheticHealth:
    """Replaces what is kept of the health of people.

    Values of a metric keep their order and are possible for human beings; sources and times are
    others. `catalogue` has the metrics of the household.
    """

    def __init__(self, invention: Invention, catalogue: Mapping[str, Metric]) -> None:
        self.invention = invention
        self.catalogue = catalogue
        # The last values of metrics by person, with those that stand for them.
        self._last: dict[tuple[str, str], tuple[float, float]] = {}

    def metric(self, key: str) -> str:
        """Return the key of a metric, another one for those of the household."""
        return key if key in CATALOGUE else self.invention.text(key)

    def unit(self, unit: str) -> str:
        """Return a unit, another one if no metric has it."""
        return unit if unit in UNITS else self.invention.text(unit)

    def household_metric(self, document: Values) -> dict[str, PlainJson]:
        """Return the definition of a metric of the household."""
        return {
            "key": self.metric(document["key"]),
            "name": self.invention.text(document["name"]),
            "unit": self.unit(document["unit"]),
            "kind": document["kind"],
            "minimum": _bound(document["minimum"]),
            "maximum": _bound(document["maximum"]),
            "precision": document["precision"],
        }

    def days(self, person_id: str, key: str, days: Mapping[int, Day]) -> dict[int, Day]:
        """Return the days of a metric with other values in the same order, and other times."""
        numbers = (value for each in days.values() for value in _values(each))
        ranks, milliseconds = self._ranks(key, numbers, person_id), self.invention.milliseconds

        def timed(point: TimedValue) -> TimedValue:
            return TimedValue(milliseconds(point.at), ranks[point.value])

        def total(each: SourceTotal) -> SourceTotal:
            return SourceTotal(
                amounts=tuple(map(timed, each.amounts)),
                dropped_sum=ranks[each.dropped_sum],
                counter=tuple(map(timed, each.counter)),
                earlier_parts=ranks[each.earlier_parts],
                base=ranks[each.base],
            )

        def spread(each: Spread | None) -> Spread | None:
            if each is None:
                return None
            low, middle, high = (ranks[value] for value in (each.low, each.middle, each.high))
            return Spread(low, middle, high, each.quarters, tuple(map(timed, each.points)))

        def day(each: Day) -> Day:
            if isinstance(each, TotalDay):
                totals = {self._source(name): total(one) for name, one in each.sources.items()}
                return TotalDay(MappingProxyType(totals))
            source = self._source(each.source)
            return LevelDay(ranks[each.value], milliseconds(each.at), source, spread(each.spread))

        found = {number: day(each) for number, each in days.items()}
        real, other = MetricHistory(days), MetricHistory(found)
        if real.newest and (last := real.value(real.newest)) is not None:
            self._last[person_id, key] = last, other.value(real.newest) or 0.0
        return found

    def readings(
        self, person_id: str, readings: Values, moment: Callable[[object], PlainJson]
    ) -> dict[str, PlainJson]:
        """Return the present readings of a person; the histories come first."""
        return {
            self.metric(key): {
                "value": self._reading(person_id, key, each["value"]),
                "unit": self.unit(each["unit"]),
                "measured_at": moment(each["measured_at"]),
                "source": self._source(each["source"]),
            }
            for key, each in readings.items()
        }

    def sources(self, sources: Values) -> dict[str, PlainJson]:
        """Return the entities that metrics are read from."""
        text = self.invention.text
        return {
            self.metric(key): [
                {
                    "entity": self.invention.entity(each["entity"]),
                    "attribute": text(name) if (name := each.get("attribute")) else None,
                    "unit": self.unit(unit) if (unit := each.get("unit")) else None,
                }
                for each in several
            ]
            for key, several in sources.items()
        }

    def quick_entry(self, entry: Values) -> dict[str, PlainJson]:
        """Return a quick entry with other amounts."""
        return {
            "key": self.invention.text(entry["key"]),
            "name": self.invention.text(entry["name"]),
            "icon": ICON if entry.get("icon") else None,
            "metrics": {
                self.metric(key): {
                    "value": self._ranks(key, [amount["value"]], entry["key"])[amount["value"]],
                    "unit": self.unit(amount["unit"]),
                }
                for key, amount in entry["metrics"].items()
            },
        }

    def _source(self, source: str) -> str:
        return source if source == MANUAL else self.invention.entity(source)

    def _ranks(self, key: str, values: Iterable[float], whose: str) -> dict[float, float]:
        metric = self.catalogue.get(key)
        least, most = (metric.minimum, metric.maximum) if metric else (0.0, MOST)
        if key not in CATALOGUE:
            least, most = max(_bound(least), -MOST), min(_bound(most), MOST)
        return self.invention.ranked(values, (whose, key), least, most)

    def _reading(self, person_id: str, key: str, value: float) -> float:
        """Return another present value of a metric: that of the last day where it is."""
        last = self._last.get((person_id, key))
        if last and abs(last[0] - value) < SAME:
            return last[1]
        return self._ranks(key, [value], person_id)[value]


def _values(day: Day) -> Iterator[float]:
    """Yield all numbers of a day that are values of its metric."""
    if isinstance(day, TotalDay):
        for each in day.sources.values():
            yield from (each.dropped_sum, each.earlier_parts, each.base)
            yield from (point.value for point in (*each.amounts, *each.counter))
        return
    yield day.value
    if day.spread:
        yield from (day.spread.low, day.spread.middle, day.spread.high)
        yield from (point.value for point in day.spread.points)


def _bound(value: float) -> float:
    """Return a round bound that takes in the given one."""
    if not value:
        return value
    rounded = 2 * 10.0 ** (floor(log10(abs(value))) + 1)
    return rounded if value > 0 else -rounded
