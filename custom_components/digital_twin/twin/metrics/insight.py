"""Insights from the daily history of a metric: mean, trend, baseline and unusual values."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from itertools import pairwise
from math import ceil, exp, inf, log, sqrt
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

# Two of three days beyond two deviations on one side are unusual together (Western Electric,
# Statistical Quality Control Handbook, 1956).
APART_SIGMAS = 2.0
# So is the mean of three days beyond 2.75 of its standard errors (a chart of moving averages has
# three; Roberts, Technometrics 1959), if two of them lie where no more than this share of the days
# before lay: a sixth of a normal distribution lies beyond a deviation.
RUN_DAYS = 3
RUN_SIGMAS = 2.75 / sqrt(RUN_DAYS)
RUN_SHARE = 1 / 6
# What more than this share of the days before had is usual: some habits have two states.
RARE_SHARE = 0.1
# Eight weeks have eight days of each day of the week, ...
WEEKS_DAYS = 56
# ... and with so many known days, half of how a day of the week differs is taken off: the median of
# a few days is itself uncertain.
HALF_WEEKDAYS = 8
# With this share of what is usually measured of a day, a day is as good as whole, ...
WHOLE_SHARE = 0.9
# ... and with less than this share it cannot be compared.
WORN_SHARE = 0.5

# Where more than this share of the days repeat the value of the day before, a value that stays is
# one reading and not several. A single one is then unusual from so many deviations on.
STAYS_SHARE = 0.5
STAYS_SIGMAS = 2.0

HIGH = "high"
LOW = "low"
USUAL = ""
BANDS = (LOW, "usual", HIGH)
# A metric that moves by less than a usual deviation in the weeks of its trend is steady.
TRENDS = ("falling", "steady", "rising")
NO_DAYS: frozenset[int] = frozenset()


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

    @property
    def band(self) -> str | None:
        """Where the latest value lies: `low`, `usual` or `high`; None where that is unknown."""
        return None if self.anomaly is None else self.direction or BANDS[1]

    def trend(self, metric: Metric) -> str | None:
        """Return whether the days of the trend are `falling`, `steady` or `rising`.

        They are steady up to a usual deviation (`Baseline.sigma`) over all of these days. None
        where trend or baseline are unknown.
        """
        if self.trend_per_week is None or self.baseline is None:
            return None
        moved = self.trend_per_week * BASELINE_DAYS / WEEK / self.baseline.sigma(metric)
        return TRENDS[1 + (moved > 1) - (moved < -1)]


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


def insight(
    metric: Metric,
    history: MetricHistory,
    today: int,
    *,
    fresh: bool,
    left_out: frozenset[int] = NO_DAYS,
) -> Insight:
    """Return the insights on the day `today` (an ordinal).

    The days `left_out` say nothing of what is usual; mean and trend have them.

    Mean, trend and baseline of a daily total exclude the present day, and those of a level that is
    measured all day while less of it was measured than of other days. The latest value of a level
    is compared with the baseline only if it is `fresh`.
    """
    last = today if _is_whole(metric, history, today) else today - 1
    where = judged(metric, history, today, fresh=fresh, left_out=left_out)
    return Insight(
        mean_7_days=_mean(metric, [value for _, value in history.between(last - WEEK + 1, last)]),
        trend_per_week=_trend(metric, list(history.between(last - BASELINE_DAYS + 1, last))),
        baseline=baseline(history, today - 1, left_out),
        anomaly=None if where is None else where != USUAL,
        direction=where or None,
    )


def baseline(
    history: MetricHistory, last: int, left_out: frozenset[int] = NO_DAYS
) -> Baseline | None:
    """Return the baseline of the 28 days up to `last`; None with fewer than 7 values."""
    days = history.between(last - BASELINE_DAYS + 1, last)
    values = [value for day, value in days if day not in left_out]
    if len(values) < BASELINE_FROM:
        return None
    middle = median(values)
    deviations = [abs(value - middle) for value in values]
    return Baseline(middle, median(deviations), len(values), fmean(deviations))


def judged(
    metric: Metric,
    history: MetricHistory,
    today: int,
    *,
    fresh: bool,
    left_out: frozenset[int] = NO_DAYS,
) -> str | None:
    """Judge the latest day: `high`, `low`, empty (usual), None (unknown).

    Days are compared with days, and only what they have in common: whole days with whole days.
    A level is judged while it is `fresh`. A daily total, or a sum of sleeps, is judged when its day
    is over, and before only if it is too high already. A level that is measured all day is judged
    by the median of a day, when the day is over or as much of it was measured as of others; its
    extremes, where they are judged, at once. It is not compared with the days `left_out`.
    """
    if metric.all_day:
        return _judged_all_day(metric, history, today, left_out)
    if not metric.sums:
        newest = history.newest
        return judged_day(metric, history, newest, left_out=left_out) if fresh else None
    if judged_day(metric, history, today, left_out=left_out) == HIGH:
        return HIGH
    return judged_day(metric, history, today - 1, left_out=left_out)


def _judged_all_day(
    metric: Metric, history: MetricHistory, today: int, left_out: frozenset[int]
) -> str | None:
    usual = _usual_quarters(history, today)
    spread = history.spread(today)
    if usual is None:
        return None
    for part, where in ((DayStatistic.HIGH, HIGH), (DayStatistic.LOW, LOW)):
        if metric.peaks and judged_day(metric, history, today, part, left_out) == where:
            return where
    if spread is not None and _is_whole(metric, history, today):
        return judged_day(metric, history, today, left_out=left_out)
    before = history.spread(today - 1)
    if before is None or before.quarters < WORN_SHARE * usual:
        return None
    return judged_day(metric, history, today - 1, left_out=left_out)


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
    left_out: frozenset[int] = NO_DAYS,
) -> str | None:
    """Judge one day (an ordinal): `high`, `low`, empty (usual), None (unknown).

    A single day is unusual if it lies far from the usual and beyond all days of eight weeks. Less
    far days are unusual together: if it is the second of three days that lie apart in the same
    direction, where few days did, or if the mean of the three is far and beyond all such means.
    An extreme of a day is judged alone. Where values usually stay for days, those that repeat the
    one before do not count as days of their own. The day is not compared with the days `left_out`.
    """
    if day is None:
        return None
    scaled = _scaled(metric, history, day - WEEK - WEEKS_DAYS, day, part)
    days = [known for known in scaled if known[0] == day or known[0] not in left_out]
    if not days or days[-1][0] != day:
        return None
    if sum(each >= day - BASELINE_DAYS for each, _ in days[:-1]) < JUDGED_FROM:
        return None
    length = RUN_DAYS if part is DayStatistic.MIDDLE else 1
    run = [known for known in days[-length:] if known[0] >= day - WEEK]
    usual = _Usual.before(metric, days[: -len(run)], run[0][0])
    limit = UNUSUAL_SIGMAS
    if part is DayStatistic.MIDDLE and _stays([value for _, value in days]):
        run = [known for known, later in pairwise(run) if known[1] != later[1]] + run[-1:]
        limit = STAYS_SIGMAS
    return _judged_run([(usual.adjusted(each), usual.sigmas(each)) for each in run], usual, limit)


def _stays(values: Sequence[float]) -> bool:
    """Return whether most values only repeat that of the day before: they are no new readings."""
    return sum(one == other for one, other in pairwise(values)) > STAYS_SHARE * len(values)


def _judged_run(run: Sequence[tuple[float, float]], usual: _Usual, limit: float) -> str:
    """Judge the last of a few days, given as values with their deviations."""
    sign = 1 if run[-1][1] > 0 else -1
    where = HIGH if sign > 0 else LOW
    values = [sign * value for value, _ in run]
    far = [sign * deviation for _, deviation in run]
    known = [sign * value for value in usual.values]
    if far[-1] > limit and not _share_beyond(known, values[-1]):
        return where
    are_apart = min(far[-1], max(far[:-1], default=0)) > APART_SIGMAS
    if are_apart and _share_beyond(known, values[-1]) <= RARE_SHARE:
        return where
    if len(run) < RUN_DAYS or fmean(far) <= RUN_SIGMAS:
        return USUAL
    if _share_beyond(known, median(values)) > RUN_SHARE:
        return USUAL
    means = (fmean(known[first : first + RUN_DAYS]) for first in range(len(known) - RUN_DAYS + 1))
    return where if max(means, default=inf) < fmean(values) else USUAL


def _share_beyond(known: Sequence[float], value: float) -> float:
    """Return the share of values that are as high or higher."""
    return sum(each >= value for each in known) / len(known)


@dataclass(frozen=True, slots=True)
class _Usual:
    """The days before some days, without what their days of the week usually differ by.

    `values`: those of eight weeks, oldest first. `middle`, `sigma`: of the last four of them.
    `weekdays`: how days of the week differ, empty for a metric without a rhythm of the week.
    """

    values: Sequence[float]
    middle: float
    sigma: float
    weekdays: Mapping[int, float]

    @classmethod
    def before(cls, metric: Metric, days: Sequence[tuple[int, float]], first: int) -> _Usual:
        """Return what is usual before the day `first`, from scaled days before it."""
        known = [(day, value) for day, value in days if day >= first - WEEKS_DAYS]
        weekdays = _by_weekday(known) if metric.weekly else {}
        adjusted = [(day, value - weekdays.get(day % WEEK, 0.0)) for day, value in known]
        recent = [value for day, value in adjusted if day >= first - BASELINE_DAYS]
        middle = median(recent)
        sigma = max(_spread(recent, middle), _least_sigma(metric, middle))
        return cls([value for _, value in adjusted], middle, sigma, weekdays)

    def adjusted(self, day: tuple[int, float]) -> float:
        """Return the value of a day without what its day of the week usually differs by."""
        return day[1] - self.weekdays.get(day[0] % WEEK, 0.0)

    def sigmas(self, day: tuple[int, float]) -> float:
        """Return the number of standard deviations of a day above (or below) the median."""
        return (self.adjusted(day) - self.middle) / self.sigma


def _by_weekday(known: Sequence[tuple[int, float]]) -> dict[int, float]:
    """Return by how much the days of the week differ from the median of all."""
    values: dict[int, list[float]] = defaultdict(list)
    for day, value in known:
        values[day % WEEK].append(value)
    middle = median(value for _, value in known)
    return {
        weekday: (median(same) - middle) * len(same) / (len(same) + HALF_WEEKDAYS)
        for weekday, same in values.items()
    }


def _spread(values: Sequence[float], middle: float) -> float:
    """Return the standard deviation by the mean of the smallest four fifths of the deviations.

    The median of the deviations is too coarse for values that are rounded to whole numbers.
    """
    deviations = sorted(abs(value - middle) for value in values)
    return SIGMAS_PER_TRIMMED_DEVIATION * fmean(deviations[: ceil(len(deviations) * TRIMMED_SHARE)])


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
