"""Batteries: when one is low, what is remembered of it, and when it will be empty."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import ceil, exp, log, sqrt
from statistics import median
from types import MappingProxyType
from typing import Final, NamedTuple

from ..records.limits import DAY, TRUTH, Limits, or_null
from ..values import PlainJson, slopes, theil_sen

# Hysteresis (points): readings of batteries vary by a point or two.
RECOVERY = 3.0
# A rise of this many points is a new or charged battery: older samples are dropped.
RISE = 5.0
MIN_SAMPLES = 5
MIN_DAYS = 7
MAX_SAMPLES = 24
# So many of the newest are never thinned out.
NEWEST = 8
# Later dates are not useful.
HORIZON_DAYS = 3 * 365
# The last day (proleptic ordinal) from which every forecast is a valid date.
LAST_DAY = date.max.toordinal() - HORIZON_DAYS
# The share of all pairs of samples between which the level must fall, and the part of the whole
# fall that levels may usually lie off a line.
AGREEMENT = 0.75
MOST_OFF = 0.2
# The newest levels, of which one may be wrong.
LAST_LEVELS = 3
# The rate of the last third of the days, from at least so many samples, decides if it is so many
# times that of the whole life: the knee of a lithium cell.
LATEST_PART = 3
LATEST_SAMPLES = 4
KNEE = 1.5
# A present rate below this part of that of the whole life is as good as none.
SLOWEST = 0.2
# The normal quantile of four of five cases.
REACH = 1.28
# Beyond e^9 there is no date.
MOST_TIMES = 9.0
# The bounds are wide if they are further ahead than so many times the history, or so many times the
# days left apart.
WIDE_AHEAD = 2.0
WIDE_BOUNDS = 1.5


class _SideFactors(NamedTuple):
    """The factors of the variance of the logarithm of the days left, towards one side.

    `slower`, `faster`: of the square of the logarithm of the latest rate by that of the whole life.
    `off`: of how far levels usually lie off a line, as a part of the fall, squared. `coarse`: of
    the smallest step by the level, squared. `ahead`: of the days left by those of the history, at
    most `FARTHEST`: many cells end suddenly. `some`: of some days. `least`: what stays always.
    """

    slower: float
    faster: float
    off: float
    coarse: float
    ahead: float
    some: float
    least: float


LATE = _SideFactors(1.3, 3.5, 12, 0.35, 0, 0, 0.0005)
EARLY = _SideFactors(0, 0, 1, 0.7, 0.25, 0.3, 0.003)
FARTHEST = 3.0

# When a battery is empty, in documents; `late` is null beyond three years.
BATTERY_BOUNDS: Final[Mapping[str, Limits]] = MappingProxyType(
    {"runs_out": DAY, "early": DAY, "late": or_null(DAY), "wide": TRUTH}
)

type Sample = tuple[int, float]


@dataclass(frozen=True, slots=True)
class BatteryForecast:
    """The day on which the battery of a device will be empty; it loses `per_day` points a day.

    `early`, `late`: the bounds of four of five cases; `late` is None if it lies beyond
    `HORIZON_DAYS`. `is_wide`: they are so far apart, or the history is so short, that they say
    little.
    """

    device_id: str
    runs_out: date
    early: date
    late: date | None
    level: float
    per_day: float
    is_wide: bool = False

    @property
    def bounds(self) -> dict[str, PlainJson]:
        """The date with its bounds, as part of documents."""
        return {
            "runs_out": self.runs_out.isoformat(),
            "early": self.early.isoformat(),
            "late": self.late.isoformat() if self.late else None,
            "wide": self.is_wide,
        }

    def days_left(self, today: date) -> int:
        """Return the whole days left, 0 after the forecast day."""
        return max(0, (self.runs_out - today).days)


def is_low(
    level: float | None, *, reported_low: bool | None, threshold: float, was_low: bool = False
) -> bool:
    """Return whether a battery is low: at or below the threshold (per cent), or by its own report.

    A low battery remains low until its level is 3 points above the threshold, and while it is
    unknown.
    """
    if reported_low:
        return True
    if level is None:
        return was_low and reported_low is None
    return level <= threshold or (was_low and level < threshold + RECOVERY)


def remember(samples: Sequence[Sample], day: int, level: float) -> tuple[Sample, ...]:
    """Add the level of a day (proleptic ordinal) to the history; the last level of a day counts.

    A rise begins a new history. Of more than `MAX_SAMPLES` the first and the newest stay, and of
    those in between one goes whose neighbours lie closest together: the whole life of a battery
    says more than its last weeks.
    """
    kept = [sample for sample in samples if sample[0] < day]
    if kept and level >= kept[-1][1] + RISE:
        kept = []
    kept.append((day, level))
    while len(kept) > MAX_SAMPLES:
        del kept[
            min(range(1, len(kept) - NEWEST), key=lambda at: kept[at + 1][0] - kept[at - 1][0])
        ]
    return tuple(kept)


def forecast(device_id: str, samples: Sequence[Sample]) -> BatteryForecast | None:
    """Forecast the day on which a battery will be empty, from its levels by day.

    The rate is that of its whole life, or the mean of that and of the last third of the days if
    this is faster; where it is far faster, the last third decides. The logarithm of the days left
    has a variance towards each side, see the constants.

    None with too few days, without a clear fall, and beyond `HORIZON_DAYS`.
    """
    if len(samples) < MIN_SAMPLES or samples[-1][0] - samples[0][0] < MIN_DAYS:
        return None
    between = slopes(samples)
    slope = median(between)
    falling = sum(one < 0 for one in between)
    if slope >= 0 or falling < AGREEMENT * len(between):
        return None
    (first_day, first_level), (last_day, last_level) = samples[0], samples[-1]
    whole = median(
        (first_level - level) / (day - first_day) for day, level in samples[-LAST_LEVELS:]
    )
    off = _usual_distance(samples, slope) / (-slope * (last_day - first_day))
    if whole <= 0 or off > MOST_OFF:
        return None
    latest = _latest_rate(samples)
    rate = latest if latest > KNEE * whole else max(whole, (whole + latest) / 2)
    level = median(level - rate * (last_day - day) for day, level in samples[-LAST_LEVELS:])
    days = max(0.0, level) / rate
    if days > HORIZON_DAYS:
        return None
    early, late, is_wide = _bounds(
        samples, max(days, 1.0), change=log(max(latest / whole, SLOWEST)), off=off
    )
    return BatteryForecast(
        device_id,
        date.fromordinal(last_day + int(days)),
        date.fromordinal(last_day + min(int(days), int(early))),
        None if late > HORIZON_DAYS else date.fromordinal(last_day + max(int(days), ceil(late))),
        last_level,
        rate,
        is_wide,
    )


def _usual_distance(samples: Sequence[Sample], slope: float) -> float:
    """Return by how much levels usually lie off the line of a slope (points)."""
    starts = [level - slope * day for day, level in samples]
    middle = median(starts)
    return median(abs(start - middle) for start in starts)


def _latest_rate(samples: Sequence[Sample]) -> float:
    """Return by how much the level falls a day in the last third of the days."""
    (first_day, _), (last_day, _) = samples[0], samples[-1]
    since = last_day - (last_day - first_day) / LATEST_PART
    latest = [sample for sample in samples if sample[0] >= since]
    if len(latest) < LATEST_SAMPLES:
        latest = [*samples[-LATEST_SAMPLES:]]
    return -theil_sen(latest)


def _bounds(
    samples: Sequence[Sample], days: float, *, change: float, off: float
) -> tuple[float, float, bool]:
    """Return the days to both bounds, and whether these are wide.

    `change`: the logarithm of the latest rate by that of the whole life. `off`: how far levels
    usually lie off a line, as a part of the fall.
    """
    span = samples[-1][0] - samples[0][0]
    moves = {abs(one - other) for (_, one), (_, other) in pairwise(samples)} - {0.0}
    step = min(1.0, min(moves, default=0.0) / max(1.0, samples[-1][1]))
    early, late = (
        sqrt(
            (factors.slower if change < 0 else factors.faster) * change**2
            + factors.off * off**2
            + factors.coarse * step**2
            + factors.ahead * min(days / span, FARTHEST)
            + factors.some / days
            + factors.least
        )
        for factors in (EARLY, LATE)
    )
    first, last = days * exp(-REACH * early), days * exp(min(REACH * late, MOST_TIMES))
    return first, last, days > WIDE_AHEAD * span or last - first > WIDE_BOUNDS * days
