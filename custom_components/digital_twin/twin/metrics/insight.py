"""Insights from the daily history of a metric: mean, trend, baseline and unusual values."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from math import ceil, exp, log
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
SMALLEST_SIGMA_SHARE = 0.003
# The same in units of the displayed precision: one unit more on two days is not unusual.
SMALLEST_SIGMA_UNITS = 0.6
# The mean of the smallest four fifths of the absolute deviations of a normal distribution is its
# standard deviation by this: 0.8 / 2(phi(0) - phi(1.2816)).
TRIMMED_SHARE = 0.8
SIGMAS_PER_TRIMMED_DEVIATION = 1.790

# Two of three days that lie this far from the usual in the same direction are unusual together.
APART_SIGMAS = 1.75
# What more than this share of the days before had is usual: some habits have two states.
RARE_SHARE = 0.1
# Eight weeks have eight days of each day of the week, ...
WEEKS_DAYS = 56
# ... of which this many must be known.
SAME_WEEKDAYS = 4
# With this share of what is usually measured of a day, a day is as good as whole, ...
WHOLE_SHARE = 0.9
# ... and with less than this share it cannot be compared.
WORN_SHARE = 0.5

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

    Mean, trend and baseline of a daily total exclude the present day, and those of a level that is
    measured all day while less of it was measured than of other days. The latest value of a level
    is compared with the baseline only if it is `fresh`.
    """
    last = today if _is_whole(metric, history, today) else today - 1
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
    """Judge the latest day: `high`, `low`, empty (usual), None (unknown).

    Days are compared with days, and only what they have in common: whole days with whole days.
    A level is judged while it is `fresh`. A daily total, or a sum of sleeps, is judged when its day
    is over, and before only if it is too high already. A level that is measured all day is judged
    by the median of a day, when the day is over or as much of it was measured as of others; its
    extremes, where they are judged, at once.
    """
    if metric.all_day:
        return _judged_all_day(metric, history, today)
    if not metric.sums:
        return judged_day(metric, history, history.newest) if fresh else None
    if judged_day(metric, history, today) == HIGH:
        return HIGH
    return judged_day(metric, history, today - 1)


def _judged_all_day(metric: Metric, history: MetricHistory, today: int) -> str | None:
    usual = _usual_quarters(history, today)
    spread = history.spread(today)
    if usual is None:
        return None
    if metric.peaks and judged_day(metric, history, today, DayStatistic.HIGH) == HIGH:
        return HIGH
    if metric.peaks and judged_day(metric, history, today, DayStatistic.LOW) == LOW:
        return LOW
    if spread is not None and _is_whole(metric, history, today):
        return judged_day(metric, history, today)
    before = history.spread(today - 1)
    if before is None or before.quarters < WORN_SHARE * usual:
        return None
    return judged_day(metric, history, today - 1)


def _is_whole(metric: Metric, history: MetricHistory, day: int) -> bool:
    """Return whether a day that is not over can stand beside whole days."""
    if metric.adds_up:
        return False
    spread = history.spread(day)
    usual = _usual_quarters(history, day) if spread else None
    return spread is None or usual is None or spread.quarters >= WHOLE_SHARE * usual


def _usual_quarters(history: MetricHistory, day: int) -> float | None:
    """Return of how many quarters of an hour a day usually has a value."""
    first = day - BASELINE_DAYS
    spreads = (history.spread(each) for each in range(first, day))
    quarters = [spread.quarters for spread in spreads if spread is not None]
    return median(quarters) if quarters else None


class DayStatistic(Enum):
    """What stands for a day: the minimum, the median (or only value), or the maximum of it."""

    LOW = "low"
    MIDDLE = "middle"
    HIGH = "high"


def judged_day(
    metric: Metric,
    history: MetricHistory,
    day: int | None,
    part: DayStatistic = DayStatistic.MIDDLE,
) -> str | None:
    """Judge one day (an ordinal): `high`, `low`, empty (usual), None (unknown).

    It is unusual if it lies far from the usual and beyond all days of eight weeks, or if it is the
    second of three days that lie apart in the same direction, where few days did.
    """
    deviation = None if day is None else _deviation(metric, history, day, part)
    if day is None or deviation is None:
        return None
    where = HIGH if deviation > 0 else LOW
    far = abs(deviation)
    if far > UNUSUAL_SIGMAS and not _share_beyond(metric, history, day, part, where):
        return where
    if far <= APART_SIGMAS or part is not DayStatistic.MIDDLE:
        return USUAL
    if _share_beyond(metric, history, day, part, where, since=3) <= RARE_SHARE:
        sign = 1 if deviation > 0 else -1
        before = [each for each, _ in _scaled(metric, history, day - WEEK, day - 1, part)][-2:]
        others = (_deviation(metric, history, each, part) for each in before)
        if any(other is not None and sign * other > APART_SIGMAS for other in others):
            return where
    return USUAL


def _share_beyond(
    metric: Metric,
    history: MetricHistory,
    day: int,
    part: DayStatistic,
    where: str,
    *,
    since: int = 1,
) -> float:
    """Return the share of the days of eight weeks that lie as far out as the day, or further.

    The last of them lies `since` days back.
    """
    [(_, value)] = _scaled(metric, history, day, day, part)
    known = [each for _, each in _scaled(metric, history, day - WEEKS_DAYS, day - since, part)]
    beyond = [each for each in known if (each >= value if where == HIGH else each <= value)]
    return len(beyond) / len(known) if known else 1.0


def _deviation(
    metric: Metric, history: MetricHistory, day: int, part: DayStatistic
) -> float | None:
    """Return the number of standard deviations of a day from the usual, None if it is unknown.

    With a rhythm of the week, a day deviates only as far as it deviates from the days of four
    weeks and from the same days of the week.
    """
    found = _scaled(metric, history, day, day, part)
    if not found:
        return None
    [(_, value)] = found
    known = [each for _, each in _scaled(metric, history, day - BASELINE_DAYS, day - 1, part)]
    if len(known) < JUDGED_FROM:
        return None
    deviation = _sigmas(metric, known, value)
    if metric.weekly and abs(deviation) > APART_SIGMAS:
        by_weekday = _from_weekday(metric, history, day, value, part)
        if by_weekday is not None:
            if by_weekday * deviation <= 0:
                return 0.0
            return min(deviation, by_weekday, key=abs)
    return deviation


def _from_weekday(
    metric: Metric, history: MetricHistory, day: int, value: float, part: DayStatistic
) -> float | None:
    """Return the deviation from the same day of the week in the last eight weeks."""
    known: dict[int, list[float]] = defaultdict(list)
    for each, known_value in _scaled(metric, history, day - WEEKS_DAYS, day - 1, part):
        known[each % WEEK].append(known_value)
    same = known.get(day % WEEK, [])
    if len(same) < SAME_WEEKDAYS:
        return None
    middle = median(same)
    # The spread within each day of the week, of all of them: a few values are too few for one.
    residuals = [each - median(values) + middle for values in known.values() for each in values]
    return _sigmas(metric, residuals, value)


def _sigmas(metric: Metric, known: Sequence[float], value: float) -> float:
    """Return the number of standard deviations of a value above (or below) the median.

    The deviation comes from the mean of the smallest four fifths of the absolute deviations: the
    median of these is too coarse for values that are rounded to whole numbers.
    """
    middle = median(known)
    deviations = sorted(abs(each - middle) for each in known)
    spread = SIGMAS_PER_TRIMMED_DEVIATION * fmean(deviations[: ceil(len(known) * TRIMMED_SHARE)])
    return (value - middle) / max(spread, _least_sigma(metric, middle))


def _least_sigma(metric: Metric, middle: float) -> float:
    unit = SMALLEST_SIGMA_UNITS * 10.0**-metric.precision
    if metric.log_offset is None:
        return max(unit, SMALLEST_SIGMA_SHARE * abs(middle))
    return max(unit / exp(middle), SMALLEST_SIGMA_SHARE)


def _scaled(
    metric: Metric, history: MetricHistory, first: int, last: int, part: DayStatistic
) -> list[tuple[int, float]]:
    """Return the values of days on the scale on which the metric is judged."""
    values: Iterable[tuple[int, float]] = history.between(first, last)
    if metric.all_day:
        spreads = ((day, history.spread(day)) for day in range(first, last + 1))
        values = ((day, getattr(each, part.value)) for day, each in spreads if each is not None)
    offset = metric.log_offset
    if offset is None:
        return list(values)
    return [(day, log(max(value, 0) + offset)) for day, value in values]


def _mean(metric: Metric, values: Sequence[float]) -> float | None:
    return round(fmean(values), metric.precision + 2) if values else None


def _trend(metric: Metric, points: Sequence[tuple[int, float]]) -> float | None:
    """Return the rise per week; None with fewer than 5 values or within a week."""
    if len(points) < TREND_FROM or points[-1][0] - points[0][0] < WEEK:
        return None
    # Adding zero removes the sign of a negative zero.
    return round(theil_sen(points) * WEEK, metric.precision + 2) + 0.0
