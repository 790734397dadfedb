"""What the daily history of a metric says: usual values, where they go, and what is unusual."""

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
# So many days must have a value before anything can be called unusual, ...
JUDGED_FROM = 14
# ... and so many before there is a baseline at all.
BASELINE_FROM = 7
TREND_FROM = 5
# The median absolute deviation of a normal distribution is this part of its standard deviation.
SIGMAS_PER_MAD = 1.4826
# The same for the mean absolute deviation, which stands in where more than half of the values are
# equal.
SIGMAS_PER_MEAN_DEVIATION = 1.2533
# Where "outlier" begins for the modified z-score (Iglewicz and Hoaglin, 1993).
UNUSUAL_SIGMAS = 3.5
# Somebody whose readings hardly differ is not ill when one differs by a little.
SMALLEST_SIGMA_SHARE = 0.01

HIGH = "high"
LOW = "low"
USUAL = ""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is usual: median and median absolute deviation, and of how many of 28 days.

    `mean_deviation` is the mean absolute deviation from the median.
    """

    median: float
    mad: float
    days: int
    mean_deviation: float = 0.0

    def sigma(self, metric: Metric) -> float:
        """Return the spread as a standard deviation, never less than what can be told apart."""
        least = max(10.0**-metric.precision / 2, SMALLEST_SIGMA_SHARE * abs(self.median))
        spread = SIGMAS_PER_MAD * self.mad or SIGMAS_PER_MEAN_DEVIATION * self.mean_deviation
        return max(spread, least)

    def deviation(self, metric: Metric, value: float) -> float:
        """Tell by how many standard deviations a value lies above (or below) the usual."""
        return (value - self.median) / self.sigma(metric)


@dataclass(frozen=True, kw_only=True, slots=True)
class Insight:
    """What is known about a metric of a person besides its latest reading.

    Each part is None while too little is known. `trend_per_week` is in the unit of the metric.
    `anomaly` tells whether the latest value is unusual, `direction` where to (`high`, `low`).
    """

    mean_7_days: float | None = None
    trend_per_week: float | None = None
    baseline: Baseline | None = None
    anomaly: bool | None = None
    direction: str | None = None


def is_fresh(metric: Metric, reading: Reading, now: datetime, day: int, today: int) -> bool:
    """Tell whether a reading of the day `day` still says something about the present."""
    if metric.adds_up:
        return day == today
    limit = fresh_until(metric, reading)
    return limit is None or now < limit


def fresh_until(metric: Metric, reading: Reading) -> datetime | None:
    """Return when a level becomes stale; None for a daily total and for what never does."""
    if metric.adds_up or metric.fresh_days is None:
        return None
    return reading.measured_at + timedelta(days=metric.fresh_days)


def insight(metric: Metric, history: MetricHistory, today: int, *, fresh: bool) -> Insight:
    """Tell what a history says on the day `today` (an ordinal).

    The present day of a daily total is not over: means, trend and baseline leave it out. `fresh`
    says whether the latest value still says something about the present; only then is it judged.
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
    """Return what was usual in the 28 days up to `last`; None with fewer than 7 values."""
    values = [value for _, value in history.between(last - BASELINE_DAYS + 1, last)]
    if len(values) < BASELINE_FROM:
        return None
    middle = median(values)
    deviations = [abs(value - middle) for value in values]
    return Baseline(middle, median(deviations), len(values), fmean(deviations))


def judged(metric: Metric, history: MetricHistory, today: int, *, fresh: bool) -> str | None:
    """Return where the latest value lies: `high`, `low`, empty for the usual, None if unknown.

    A level is judged while it is `fresh`. A daily total is judged when its day is over, and
    earlier only where it is too high already.
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
    # Adding zero makes a negative zero a plain one.
    return round(theil_sen(points) * WEEK, metric.precision + 2) + 0.0
