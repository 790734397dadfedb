"""Forecast of the day on which a goal will be finished.

The slope is Theil and Sen's: the median of the slopes between all pairs of days, which a few
outliers do not change. The bounds model the progress as a random walk with that drift: in T days
it grows by `slope * T`, with the scatter of its steps. With the variance `s2` of the scatter per
day and the `n` days of history, the bounds for the remaining progress R are the T with

    (R - slope * T)^2 <= z^2 * s2 * (T + T^2 / n)

(the scatter of the walk, and the uncertainty of the slope). The two roots of that quadratic are
the early and the late bound. They contain the true finish in four of five cases, which
tests/twin/goals/test_forecast_backtest.py checks.

Worked example: 30 days, 1 % a day without scatter, at 40 % on 1 March. R = 60, slope = 1, s2 = 0:
finish, early and late are all 60 days later, on 30 April.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, fsum, sqrt

from ..enums import TwinEnum
from ..values import theil_sen
from .key_result_parts import DayValue
from .progress import daily

MIN_POINTS = 5
MIN_SPAN = 7
# Days of history; older ones are not typical of the present pace.
WINDOW = 42
# Ten years (days); a later date is not useful.
HORIZON = 3653
# The `z` of the bounds: the normal quantile 1.28 for four of five cases, widened because scatter
# and slope are estimates from a few weeks and pauses are correlated (see the back-test).
REACH = 1.8
# Steps are compared over a week, so that weekends do not count as scatter.
STEP = 7
FLAT = 1e-6


class ForecastState(TwinEnum):
    """The states of a forecast."""

    FINISH = "finish"
    FINISHED = "finished"
    TOO_LITTLE_HISTORY = "too_little_history"
    NOT_AT_THIS_PACE = "not_at_this_pace"
    TOO_FAR = "too_far"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Forecast:
    """The forecast of the day on which a goal will be finished.

    `early`, `late`: the bounds of four of five cases; `late` is None beside a `finish` if there is
    no upper bound. `per_week` is the slope in percentage points per week, also where there is no
    finish.
    """

    state: ForecastState
    finish: date | None = None
    early: date | None = None
    late: date | None = None
    per_week: float | None = None


def forecast(history: Sequence[DayValue], progress: float | None, today: date) -> Forecast:
    """Forecast the finish of a goal from the history of its progress.

    `progress` is the present one in percent. The slope is that of the last 42 days, or of as many
    as it takes to have 5 points over 7 days; with fewer there is no forecast.
    """
    if progress is None:
        return Forecast(state=ForecastState.UNKNOWN)
    if progress >= 100:  # noqa: PLR2004  # percent
        return Forecast(state=ForecastState.FINISHED)
    first = _window(history, today)
    if first is None:
        return Forecast(state=ForecastState.TOO_LITTLE_HISTORY)
    values = daily(history, first, today)
    slope = theil_sen(_thinned(values))
    per_week = round(7 * slope, 4)
    if slope <= FLAT:
        return Forecast(state=ForecastState.NOT_AT_THIS_PACE, per_week=per_week)
    remaining = 100 - progress
    if remaining / slope > HORIZON:
        return Forecast(state=ForecastState.TOO_FAR, per_week=per_week)
    early, late = _bounds(remaining, slope, _scatter(values, slope), len(values) - 1)
    return Forecast(
        state=ForecastState.FINISH,
        finish=_after(today, remaining / slope),
        early=_after(today, early),
        late=None if late is None else _after(today, late),
        per_week=per_week,
    )


def _window(history: Sequence[DayValue], today: date) -> date | None:
    """Return the first day to look at, or None while there is too little to look at."""
    known = [point.day for point in history if point.day <= today]
    if len(known) < MIN_POINTS or (known[-1] - known[0]).days < MIN_SPAN:
        return None
    return min(known[-MIN_POINTS], max(known[0], today - timedelta(days=WINDOW)))


def _thinned(values: Sequence[float]) -> list[tuple[float, float]]:
    """Pair the values with their days; of very many days only every n-th, and the last."""
    stride = max(1, len(values) // (2 * WINDOW))
    last = len(values) - 1
    return [(float(day), values[day]) for day in range(last % stride, len(values), stride)]


def _scatter(values: Sequence[float], slope: float) -> float:
    """Return the variance per day that the steps gather around the slope."""
    step = min(STEP, max(1, (len(values) - 1) // 3))
    gaps = [values[day + step] - values[day] - slope * step for day in range(len(values) - step)]
    return fsum(gap * gap for gap in gaps) / (len(gaps) * step)


def _bounds(
    remaining: float, slope: float, scatter: float, days: int
) -> tuple[float, float | None]:
    """Solve the quadratic of the module's docstring for the days of both bounds."""
    spread = REACH * REACH * scatter
    square = slope * slope - spread / days
    middle = remaining * slope + spread / 2
    root = sqrt(max(0.0, middle * middle - square * remaining * remaining))
    # This form of the smaller root needs no division by a square that may be zero.
    early = remaining * remaining / (middle + root)
    late = (middle + root) / square if square > 0 else None
    return early, late if late is not None and late <= HORIZON else None


def _after(today: date, days: float) -> date:
    """Return the day on which so many days will have passed."""
    # 1e-9 absorbs float rounding.
    return today + timedelta(days=max(0, ceil(days - 1e-9)))
