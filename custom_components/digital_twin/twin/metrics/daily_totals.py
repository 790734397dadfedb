"""Daily totals: amounts that add up over a day, and counters with running totals.

Points in time are whole milliseconds since 1970 (UTC).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from .level_days import TimedValue

# A fall by less than a tenth is a counter that corrects itself, as in Home Assistant's own
# statistics; a deeper one is a restart.
RESTART_SHARE = 0.9
# A counter seen in the two hours before the day began that has not fallen since did not reset at
# midnight: only its rise counts (ms).
WATCHED = 2 * 3600 * 1000
# An unchanged total within this time (ms) is still yesterday's: nothing was synchronised since.
UNCHANGED = 18 * 3600 * 1000
# One for each minute of the longest day. Of more only the sum is kept.
MAX_AMOUNTS = 1500
MAX_PARTS = 100


@dataclass(frozen=True, slots=True)
class SourceTotal:
    """The readings of one source on one day.

    `amounts`: the single amounts; `dropped_sum` is the sum of those dropped above `MAX_AMOUNTS`.
    `counter`: the first and highest running totals of each part between restarts.
    `earlier_parts`: the sum of the parts dropped above `MAX_PARTS`.
    `base`: the running total at the beginning of the day.
    """

    amounts: tuple[TimedValue, ...] = ()
    dropped_sum: float = 0.0
    counter: tuple[TimedValue, ...] = ()
    earlier_parts: float = 0.0
    base: float = 0.0

    @property
    def total(self) -> float:
        """The sum of the amounts, or the total of the counter where that is higher."""
        peaks = sum(part[-1].value for part in _parts(self.counter))
        return max(
            self.dropped_sum + sum(point.value for point in self.amounts),
            self.earlier_parts + peaks - self.base,
        )

    @property
    def latest(self) -> int:
        """The time of the latest reading."""
        return max(points[-1].at for points in (self.amounts, self.counter) if points)

    def with_amount(self, point: TimedValue) -> SourceTotal:
        """Add an amount; another one of the same time is a correction of it.

        Once some were dropped, an amount older than all others counts as one of those: repeated
        amounts must not add up.
        """
        if self.dropped_sum and point.at < self.amounts[0].at:
            return self
        amounts = _inserted(self.amounts, point)
        dropped_sum = self.dropped_sum
        if len(amounts) > MAX_AMOUNTS:
            dropped_sum += amounts[0].value
            amounts = amounts[1:]
        return replace(self, amounts=amounts, dropped_sum=dropped_sum)

    def with_base(self, before: TimedValue | None) -> SourceTotal:
        """Set the base again; `before` is the last running total of the day before.

        Once early parts were dropped, the base is part of their sum and stays.
        """
        if not self.counter or self.earlier_parts:
            return self
        base = _carried(self.counter[0], before)
        return self if base == self.base else replace(self, base=base)

    def with_running(self, point: TimedValue, before: TimedValue | None) -> SourceTotal:
        """Add a running total; `before` is the last one of the day before.

        As with amounts, one that is older than all single totals is already in the sum.
        """
        if self.earlier_parts and point.at < self.counter[0].at:
            return self
        points = _inserted(self.counter, point)
        base, earlier_parts = self.base, self.earlier_parts
        if points[0] is point and not earlier_parts:
            base = _carried(point, before)
        parts = _parts(points)
        while len(parts) > MAX_PARTS:
            earlier_parts += parts[0][-1].value - base
            base = 0.0
            del parts[0]
        # Only the first point and the peak of each part are needed, and the last point of all for
        # the base of the next day.
        kept = {end: None for part in parts for end in (part[0], part[-1])}
        counter = tuple(dict.fromkeys((*kept, points[-1])))
        return replace(self, counter=counter, base=base, earlier_parts=earlier_parts)


NOTHING = SourceTotal()


@dataclass(frozen=True, slots=True)
class TotalDay:
    """A day of a daily total by source.

    Its value is the highest of its sources and never their sum: a phone and a watch counted the
    same steps.
    """

    sources: Mapping[str, SourceTotal] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def source(self) -> str:
        """The source with the highest total, the first of equal ones."""
        return max(self.sources, key=lambda name: self.sources[name].total)

    @property
    def value(self) -> float:
        """The total of the day."""
        return max(total.total for total in self.sources.values())

    @property
    def typical(self) -> float:
        """The value that stands for the day."""
        return self.value

    @property
    def at(self) -> int:
        """The time of the latest reading of any source."""
        return max(total.latest for total in self.sources.values())

    def with_reading(
        self, source: str, point: TimedValue, *, running: bool, yesterday: TotalDay | None = None
    ) -> TotalDay:
        """Add a running total or an amount of a source; an unchanged day returns itself."""
        known = self.sources.get(source, NOTHING)
        if running:
            total = known.with_running(point, yesterday.last_of(source) if yesterday else None)
        else:
            total = known.with_amount(point)
        if total == known:
            return self
        return TotalDay(MappingProxyType({**self.sources, source: total}))

    def with_bases(self, yesterday: TotalDay) -> TotalDay:
        """Set the bases of all counters again; a day that does not change returns itself."""
        sources = {
            name: total.with_base(yesterday.last_of(name)) for name, total in self.sources.items()
        }
        if sources == self.sources:
            return self
        return TotalDay(MappingProxyType(sources))

    def last_of(self, source: str) -> TimedValue | None:
        """Return the last running total of a source."""
        counter = self.sources.get(source, NOTHING).counter
        return counter[-1] if counter else None


def _inserted(points: tuple[TimedValue, ...], point: TimedValue) -> tuple[TimedValue, ...]:
    """Put a point in its place in time, instead of another one of the same time."""
    if not points or points[-1].at < point.at:
        return (*points, point)
    earlier = [known for known in points if known.at < point.at]
    later = [known for known in points if known.at > point.at]
    return (*earlier, point, *later)


def _parts(points: Iterable[TimedValue]) -> list[tuple[TimedValue, TimedValue]]:
    """Return the first point and the peak of each stretch without a restart."""
    parts: list[tuple[TimedValue, TimedValue]] = []
    for point in points:
        if not parts or point.value < RESTART_SHARE * parts[-1][-1].value:
            parts.append((point, point))
        elif point.value >= parts[-1][-1].value:
            parts[-1] = (parts[-1][0], point)
    return parts


def _carried(first: TimedValue, before: TimedValue | None) -> float:
    """Return the part of the first running total of a day that belongs to the day before."""
    if before is None:
        return 0.0
    passed = first.at - before.at
    if first.value == before.value and passed <= UNCHANGED:
        return first.value
    if passed > WATCHED or first.value < RESTART_SHARE * before.value:
        return 0.0
    return min(first.value, before.value)
