"""Insights from the daily history of a metric: mean, trend, baseline and unusual values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean, median

from ..catalogue import Metric
from ..values import theil_sen
from .history import MetricHistory
from .readings import Reading

WEEK = 7
BASELINE_DAYS = 28
# The number of days with a value that are required to call a value unusual, ...
JUDGED_FROM = 14
# ... and to have a baseline at all.
BASELINE_FROM = 7
TREND_FROM = 5
# The median absolute deviation of a normal distribution is this part of its standard deviation.
SIGMAS_PER_MAD = 1.4826
# The same for the mean absolute deviation, used where more than half of the values are equal.
SIGMAS_PER_MEAN_DEVIATION = 1.2533
# The limit of outliers for the modified z-score (Iglewicz and Hoaglin, 1993).
UNUSUAL_SIGMAS = 3.5
# A lower limit of the spread, so that a small change of constant readings is not unusual.
SMALLEST_SIGMA_SHARE = 0.01

HIGH = "high"
LOW = "low"
USUAL = ""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The usual values of the last 28 days.

    `mad`: the median absolute deviation. `days`: the number of days with a value.
    `mean_deviation`: the mean absolute deviation from the median.
    """

    median: float
    mad: float
    days: int
    mean_deviation: float = 0.0

    def sigma(self, metric: Metric) -> float:
        """Return the spread as a standard deviation, at least half a unit of the precision."""
        least = max(10.0**-metric.precision / 2, SMALLEST_SIGMA_SHARE * abs(self.median))
        spread = SIGMAS_PER_MAD * self.mad or SIGMAS_PER_MEAN_DEVIATION * self.mean_deviation
        return max(spread, least)

    def deviation(self, metric: Metric, value: float) -> float:
        """Return the number of standard deviations of a value above (or below) the median."""
        return (value - self.median) / self.sigma(metric)


@dataclass(frozen=True, kw_only=True, slots=True)
class Insight:
    """The insights from the history of a metric; None where it has too few days.

    `trend_per_week`: in the unit of the metric. `anomaly`: whether the latest value is unusual.
    `direction`: `high` or `low` for an unusual value.
    """

    mean_7_days: float | None = None
    trend_per_week: float | None = None
    baseline: Baseline | None = None
    anomaly: bool | None = None
    direction: str | None = None


def is_fresh(metric: Metric, reading: Reading, now: datetime, day: int, today: int) -> bool:
    """Return whether a reading of the day `day` is up to date."""
    if metric.adds_up:
        return day == today
    limit = fresh_until(metric, reading)
    return limit is None or now < limit


def fresh_until(metric: Metric, reading: Reading) -> datetime | None:
    """Return when a level becomes stale; None for daily totals and levels that never do."""
    if metric.adds_up or metric.fresh_days is None:
        return None
    return reading.measured_at + timedelta(days=metric.fresh_days)


def insight(metric: Metric, history: MetricHistory, today: int, *, fresh: bool) -> Insight:
    """Return the insights on the day `today` (an ordinal).

    Mean, trend and baseline of a daily total exclude the present day. The latest value of a level
    is compared with the baseline only if it is `fresh`.
    """
    last = today - 1 if metric.adds_up else today
    where = judged(metric, history, today, fresh=fresh)
    return Insight(
        mean_7_days=_mean(metric, [value for _, value in history.between(last - WEEK + 1, last)]),
        trend_per_week=_trend(metric, list(history.between(last - BASELINE_DAYS + 1, last))),
        baseline=baseline(history, today - 1),
        anomaly=None if where is None else where != USUAL,
        direction=where or None,
    )


def baseline(history: MetricHistory, last: int) -> Baseline | None:
    """Return the baseline of the 28 days up to `last`; None with fewer than 7 values."""
    values = [value for _, value in history.between(last - BASELINE_DAYS + 1, last)]
    if len(values) < BASELINE_FROM:
        return None
    middle = median(values)
    deviations = [abs(value - middle) for value in values]
    return Baseline(middle, median(deviations), len(values), fmean(deviations))


def judged(metric: Metric, history: MetricHistory, today: int, *, fresh: bool) -> str | None:
    """Compare the latest value with the baseline: `high`, `low`, empty (usual), None (unknown).

    A level is compared while it is `fresh`, a daily total when its day is over, or earlier if it is
    high already.
    """
    if not metric.adds_up:
        return _place(metric, history, history.newest) if fresh else None
    if _place(metric, history, today) == HIGH:
        return HIGH
    return _place(metric, history, today - 1)


def _place(metric: Metric, history: MetricHistory, day: int | None) -> str | None:
    value = None if day is None else history.value(day)
    if day is None or value is None:
        return None
    usual = baseline(history, day - 1)
    if usual is None or usual.days < JUDGED_FROM:
        return None
    deviation = usual.deviation(metric, value)
    if abs(deviation) <= UNUSUAL_SIGMAS:
        return USUAL
    return HIGH if deviation > 0 else LOW


def _mean(metric: Metric, values: Sequence[float]) -> float | None:
    return round(fmean(values), metric.precision + 2) if values else None


def _trend(metric: Metric, points: Sequence[tuple[int, float]]) -> float | None:
    """Return the rise per week; None with fewer than 5 values or within a week."""
    if len(points) < TREND_FROM or points[-1][0] - points[0][0] < WEEK:
        return None
    # Adding zero removes the sign of a negative zero.
    return round(theil_sen(points) * WEEK, metric.precision + 2) + 0.0
