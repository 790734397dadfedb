"""Daily totals: amounts that add up over a day, and counters with running totals.

Points in time are whole milliseconds since 1970 (UTC).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from .level_days import TimedValue

# A fall by less than a tenth is a counter that corrects itself, as in Home Assistant's own
# statistics; a deeper one is a restart.
RESTART_SHARE = 0.9
# A counter that falls below half of its total for a while, and comes back in one step within this
# time (ms), or to within a tenth of the same total at any time, did not restart: its fall was a
# glitch.
GLITCH = 3600 * 1000
DIP_SHARE = 0.5
# A counter seen in the two hours before the day began that has not fallen since did not reset at
# midnight: only its rise counts (ms).
WATCHED = 2 * 3600 * 1000
# An unchanged total within this time (ms) is still yesterday's: nothing was synchronised since.
UNCHANGED = 18 * 3600 * 1000
# One for each minute of the longest day. Of more only the sum is kept.
MAX_AMOUNTS = 1500
MAX_PARTS = 100
# Of a stretch with very many glitches only the last are kept.
MAX_ENDS = 100
MINUTE = 60 * 1000


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
        peaks = sum(part.peak.value for part in _parts(self.counter))
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
        return self._with_amounts(amounts)

    def with_episode(self, point: TimedValue) -> SourceTotal:
        """Add an episode of so many minutes that ends at a time, such as a sleep.

        Of reports that overlap, which are of one episode, the one that ends last counts.
        """
        start = point.at - point.value * MINUTE
        same = [
            each
            for each in self.amounts
            if each.at != point.at and each.at > start and each.at - each.value * MINUTE < point.at
        ]
        if any(each.at > point.at for each in same):
            return self
        others = tuple(each for each in self.amounts if each not in same)
        return self._with_amounts(_inserted(others, point))

    def _with_amounts(self, amounts: tuple[TimedValue, ...]) -> SourceTotal:
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
        base = self._base(self.counter, before)
        return self if base == self.base else replace(self, base=base)

    def with_running(
        self, point: TimedValue, before: TimedValue | None, *, carried: bool = False
    ) -> SourceTotal:
        """Add a running total; `before` is the last one of the day before.

        One that was `carried` into the day is what the counter showed when the day began. As with
        amounts, one that is older than all single totals is already in the sum.
        """
        if self.earlier_parts and point.at < self.counter[0].at:
            return self
        points = _inserted(self.counter, point)
        base, earlier_parts = self.base, self.earlier_parts
        parts = _parts(points)
        if carried and points[0] is point:
            base = point.value
        elif not earlier_parts:
            base = self._base(points, before)
        dropped: set[TimedValue] = set()
        while len(parts) > MAX_PARTS:
            earlier_parts += parts[0].peak.value - base
            base = 0.0
            dropped.update(parts.pop(0).ends)
        # Only these are needed: the ends of each part and of each glitch, the first rise, by which
        # a late total of the day before is told, and the last, the base of the next day.
        ends = {end: None for part in parts for end in part.ends[-MAX_ENDS:]}
        first = points[1:2] if not earlier_parts and parts[0].ends[0] is points[0] else ()
        kept = sorted({**ends, **dict.fromkeys((*first, points[-1]))})
        return replace(self, counter=tuple(kept), base=base, earlier_parts=earlier_parts)

    def _base(self, points: Sequence[TimedValue], before: TimedValue | None) -> float:
        """Return the part of the counter's first stretch that belongs to the day before."""
        late = _late(points, before)
        if late is not None:
            return late
        is_carried = self.counter[:1] == (points[0],) and self.base == points[0].value
        return self.base if is_carried else _carried(points[0], before)

    def late(self, before: TimedValue | None) -> float | None:
        """Return the total of the day before that this counter showed before it restarted."""
        if self.earlier_parts or not self.counter:
            return None
        return _late(self.counter, before)


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
        self,
        source: str,
        point: TimedValue,
        *,
        running: bool,
        yesterday: TotalDay | None = None,
        carried: bool = False,
        episode: bool = False,
    ) -> TotalDay:
        """Add a running total, an amount or an episode; an unchanged day returns itself."""
        known = self.sources.get(source, NOTHING)
        if running:
            before = yesterday.last_of(source) if yesterday else None
            total = known.with_running(point, before, carried=carried)
        else:
            total = known.with_episode(point) if episode else known.with_amount(point)
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


@dataclass(slots=True)
class _Part:
    """A stretch of a counter without a restart: its peak, the points to keep, and its first.

    `kept` is the last point that led back from a glitch.
    """

    peak: TimedValue
    ends: list[TimedValue]
    first: TimedValue
    kept: TimedValue | None = None


def _parts(points: Iterable[TimedValue]) -> list[_Part]:
    """Return the stretches between restarts; a fall that comes back is none."""
    parts: list[_Part] = []
    for point in points:
        part = parts[-1] if parts else None
        if part is None or point.value < RESTART_SHARE * part.peak.value:
            parts.append(_Part(point, [point], point))
        elif len(parts) > 1 and _is_return(parts[-2], part, point):
            parts.pop()
            whole = parts[-1]
            whole.ends += [*part.ends, point]
            whole.kept = point
            if point.value >= whole.peak.value:
                whole.peak = point
        elif point.value >= part.peak.value:
            # The last point below the total before the restart proves that the counter climbed.
            total = parts[-2].peak.value * RESTART_SHARE if len(parts) > 1 else 0.0
            is_proof = part.peak.value < total <= point.value
            if part.ends[-1] not in (part.first, part.kept) and not is_proof:
                part.ends.pop()
            part.peak = point
            part.ends.append(point)
    return parts


def _is_return(before: _Part, dip: _Part, point: TimedValue) -> bool:
    """Return whether a point leads back from a dip to the total before it, in one step."""
    total = before.peak.value
    if dip.peak.value >= DIP_SHARE * total or point.value < RESTART_SHARE * total:
        return False
    return point.at - dip.first.at <= GLITCH or point.value * RESTART_SHARE <= total


def _late(points: Sequence[TimedValue], before: TimedValue | None) -> float | None:
    """Return the total of the day before where a counter showed it late, until its restart.

    It rose in one step since then, after a silence, and fell before it rose again.
    """
    if before is None or points[0].value < RESTART_SHARE * before.value:
        return None
    first, *others = _parts(points)
    rises = {points[0].value, points[min(1, len(points) - 1)].value}
    if not others or first.peak.value not in rises or first.peak.at - before.at > UNCHANGED:
        return None
    if others[0].first.value >= DIP_SHARE * first.peak.value:
        return None
    silent = first.peak.at - before.at > WATCHED or before.value == first.peak.value
    return first.peak.value if silent else None


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
