"""The earlier rule for unusual values, to compare the present one with.

The latest value was unusual if it lay more than 3.5 robust deviations (1.4826 MAD) from the median
of the 28 days before; of what is measured all day the latest reading stood for the day.
"""

from statistics import fmean, median

from custom_components.digital_twin.twin.catalogue import Metric
from custom_components.digital_twin.twin.metrics.history import MetricHistory
from custom_components.digital_twin.twin.metrics.insight import HIGH, LOW, USUAL
from custom_components.digital_twin.twin.metrics.level_days import LevelDay

DAYS = 28
JUDGED_FROM = 14
SIGMAS = 3.5


def judged_earlier(
    metric: Metric, history: MetricHistory, today: int, *, fresh: bool
) -> str | None:
    """Judge the latest day as the earlier rule did: `high`, `low`, empty (usual), None."""
    if not metric.adds_up:
        return _place(metric, history, history.newest) if fresh else None
    if _place(metric, history, today) == HIGH:
        return HIGH
    return _place(metric, history, today - 1)


def _place(metric: Metric, history: MetricHistory, day: int | None) -> str | None:
    value = None if day is None else _latest(history, day)
    if day is None or value is None:
        return None
    before = [_latest(history, each) for each in range(day - DAYS, day)]
    known = [each for each in before if each is not None]
    if len(known) < JUDGED_FROM:
        return None
    middle = median(known)
    deviations = [abs(each - middle) for each in known]
    spread = 1.4826 * median(deviations) or 1.2533 * fmean(deviations)
    sigma = max(spread, 10.0**-metric.precision / 2, 0.003 * abs(middle))
    if abs(value - middle) <= SIGMAS * sigma:
        return USUAL
    return HIGH if value > middle else LOW


def _latest(history: MetricHistory, day: int) -> float | None:
    content = history.days.get(day)
    return content.value if isinstance(content, LevelDay) else history.value(day)
