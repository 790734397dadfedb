"""Batteries: when one is low, and when it will be empty."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

from ..slope import slopes

# A level that came back a little is still low: readings waver by a point or two.
RECOVERY = 3.0
# A rise of this many points is a new or charged battery; what was before says nothing any more.
RISE = 5.0
MIN_SAMPLES = 5
MIN_DAYS = 7
MAX_SAMPLES = 24
# Beyond this a forecast says nothing that a person could act on.
HORIZON_DAYS = 3 * 365
# The last day (proleptic ordinal) from which a forecast is a date.
LAST_DAY = date.max.toordinal() - HORIZON_DAYS
# The share of all pairs of samples that must agree that the level falls.
AGREEMENT = 0.75

type Sample = tuple[int, float]


@dataclass(frozen=True, slots=True)
class BatteryForecast:
    """When the battery of a device will be empty; `per_day` is what it loses, in points a day."""

    device_id: str
    runs_out: date
    level: float
    per_day: float

    def days_left(self, today: date) -> int:
        """Tell the whole days left, 0 when it should be empty."""
        return max(0, (self.runs_out - today).days)


def is_low(
    level: float | None, *, reported_low: bool | None, threshold: float, was_low: bool = False
) -> bool:
    """Tell whether a battery is low: at or below the threshold (per cent), or as it reports.

    A low battery stays low until it is clearly above the threshold, and while its level is
    unknown.
    """
    if reported_low:
        return True
    if level is None:
        return was_low and reported_low is None
    return level <= threshold or (was_low and level < threshold + RECOVERY)


def remember(samples: Sequence[Sample], day: int, level: float) -> tuple[Sample, ...]:
    """Add the level of a day (proleptic ordinal) to the history; the last level of a day counts.

    A rise begins a new history. Only the newest `MAX_SAMPLES` are kept.
    """
    kept = tuple(sample for sample in samples if sample[0] < day)
    if kept and level >= kept[-1][1] + RISE:
        kept = ()
    return (*kept, (day, level))[-MAX_SAMPLES:]


def forecast(device_id: str, samples: Sequence[Sample]) -> BatteryForecast | None:
    """Return when a battery will be empty, from its levels by day.

    None with too few days, without a clear fall, and beyond `HORIZON_DAYS`.
    """
    if len(samples) < MIN_SAMPLES or samples[-1][0] - samples[0][0] < MIN_DAYS:
        return None
    between = slopes(samples)
    slope = median(between)
    falling = sum(one < 0 for one in between)
    if slope >= 0 or falling < AGREEMENT * len(between):
        return None
    start = median(level - slope * day for day, level in samples)
    last_day, last_level = samples[-1]
    empty = max(-start / slope, last_day)
    if empty - last_day > HORIZON_DAYS:
        return None
    return BatteryForecast(device_id, date.fromordinal(int(empty)), last_level, -slope)
