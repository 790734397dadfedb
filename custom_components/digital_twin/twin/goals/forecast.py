"""Forecast of the day on which a goal will be finished.

The slope is Theil and Sen's: the median of the slopes between all pairs of days of the last six
weeks, which a few outliers do not change. The finish is where it reaches 100 %.

The bounds are those of four of five cases. They lie around the finish at the mean of two rates:
that of the last half year, because people return to their usual pace, and, where progress changes
at least every three days, with twice its weight that of the last two weeks. With T days to that
finish, n days of history with m changes, the rate s, and the scatter v of the progress (variance
per day), let

    q = v / s^2 (1 + 3.5 / m)

which few changes tell less well, and f the share of all rises that falls took back. The logarithm
of the true days has, towards the late and towards the early side, the variance

    late   1.4 q / n + 0.3  q / T + 0.11  min(T / n, 3) + 0.25 / T + 0.15 f + 0.02
    early  0.25 q / n + 1.8 q / T + 0.015 min(T / n, 3) + 1.2  / T + 0.25 f + 0.003 + 0.15 b

where b is by how much T / n, up to 4, exceeds 2: so soon after its beginning a goal may go faster.
The first two terms are the scatter of the rate and of what is to come; the third that a pace
changes, the more the further the forecast looks, and more often to slower than to faster; the
fourth a few days that nothing foretells; the last that the rest is never just like what was done.
The bounds are T exp(-z early) and T exp(z late), and never exclude the finish.

The scatter v is the larger of two: that of steps of one, two or four weeks, and that of a progress
that comes in jumps J after gaps g, Var(J - s g) / mean(g) (cumulative processes; Smith,
Regenerative stochastic processes, 1955), which is small where equal jumps come in a rhythm.

The factors were chosen on simulated series; scripts/accuracy/goals.py says how well they hold on
others, docs/accuracy.md the result. They know nothing of a series but its history.

Days on which the plan of the goal stood still, because it was on hold or its owner ill or away, say
nothing of its pace: they are taken out of the history, with what was done on them.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from math import ceil, exp, fsum, sqrt
from operator import attrgetter
from typing import NamedTuple

from ..enums import TwinEnum
from ..values import even_theil_sen
from .key_result_parts import DayValue
from .plan import Hold
from .progress import daily

_DAY = attrgetter("day")

MIN_POINTS = 5
MIN_SPAN = 7
# Days of history; older ones are not typical of the present pace.
WINDOW = 42
# Ten years (days); a later date is not useful.
HORIZON = 3653
# Days of history from which the usual rate and the scatter come.
USUAL_WINDOW = 182
# The last days have a rate of their own where changes come with no longer gaps than these (days).
LATEST = 14
LATEST_GAP = 3
# The normal quantile of four of five cases.
REACH = 1.28
# What the rate of the last days weighs beside the usual one.
LATEST_WEIGHT = 2.0
FARTHEST = 3.0
FARTHEST_BEGINNING = 4.0
# With few changes the scatter is larger than it looks.
FEW_CHANGES = 3.5


class _Factors(NamedTuple):
    """The factors of the variance of the logarithm, towards one side.

    `rate`, `coming`: of the scatter by the days of the history, and by those to the finish.
    `change`: of a change of the pace. `delay`: of some days that nothing foretells (days). `falls`:
    of the share of rises that falls took back. `least`: what stays with any history. `beginning`:
    of what the days to the finish exceed `WIDE_AHEAD` times the history by.
    """

    rate: float
    coming: float
    change: float
    delay: float
    falls: float
    least: float
    beginning: float = 0.0


LATE = _Factors(1.4, 0.3, 0.11, 0.25, 0.15, 0.02)
EARLY = _Factors(0.25, 1.8, 0.015, 1.2, 0.25, 0.003, 0.15)
# The spans (days) over which steps are compared; the one with the most scatter counts, so that
# neither weekends nor pauses of a week or two are lost. Within less than two usual gaps between
# changes, steps tell of the size of the jumps only.
STEPS = (7, 14, 28)
STEP_GAPS = 2
# A forecast is wide if it looks further ahead than so many times the history, if its bounds are
# further apart than so many times the days to the finish, or with fewer changes than so many.
WIDE_AHEAD = 2.0
WIDE_BOUNDS = 1.5
WIDE_CHANGES = 6
# Changes whose usual gap says how old the present progress may be.
GAPS = 6
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

    `early`, `late`: the bounds of four of five cases; `late` is None beside a `finish` if it lies
    more than ten years ahead. `is_wide`: the bounds are so wide, or the history is so short, that
    they say little. `per_week` is the slope in percentage points per week, also where there is no
    finish.
    """

    state: ForecastState
    finish: date | None = None
    early: date | None = None
    late: date | None = None
    per_week: float | None = None
    is_wide: bool = False


def forecast(
    history: Sequence[DayValue],
    progress: float | None,
    today: date,
    holds: Sequence[Hold] = (),
) -> Forecast:
    """Forecast the finish of a goal from the history of its progress.

    `progress` is the present one in percent. The slope is that of the last 42 days, or of as many
    as it takes to have 5 points over 7 days; with fewer there is no forecast. The days of `holds`,
    which do not overlap, are left out of the history; those to come are not added.
    """
    if progress is None:
        return Forecast(state=ForecastState.UNKNOWN)
    if progress >= 100:  # noqa: PLR2004  # percent
        return Forecast(state=ForecastState.FINISHED)
    if holds:
        history = _worked(history, holds, today)
    first = _window(history, today)
    if first is None:
        return Forecast(state=ForecastState.TOO_LITTLE_HISTORY)
    usual_first = _usual_first(history, first, today)
    usual = daily(history, usual_first, today)
    slope = _slope(usual[(first - usual_first).days :])
    per_week = round(7 * slope, 4)
    if slope <= FLAT:
        return Forecast(state=ForecastState.NOT_AT_THIS_PACE, per_week=per_week)
    remaining = 100 - progress
    if remaining / slope > HORIZON:
        return Forecast(state=ForecastState.TOO_FAR, per_week=per_week)
    bounds = _bounds(usual, slope, remaining)
    finish = _after(today, remaining / slope)
    late = None if bounds.late > HORIZON else max(finish, _after(today, bounds.late))
    return Forecast(
        state=ForecastState.FINISH,
        finish=finish,
        early=min(finish, _after(today, bounds.early)),
        late=late,
        per_week=per_week,
        is_wide=bounds.is_wide,
    )


def _window(history: Sequence[DayValue], today: date) -> date | None:
    """Return the first day to look at, or None while there is too little to look at."""
    known = [point.day for point in history if point.day <= today]
    if len(known) < MIN_POINTS or (known[-1] - known[0]).days < MIN_SPAN:
        return None
    return min(known[-MIN_POINTS], max(known[0], today - timedelta(days=WINDOW)))


def _worked(history: Sequence[DayValue], holds: Sequence[Hold], today: date) -> Sequence[DayValue]:
    """Return a history without the days of holds, up to today.

    Earlier days move up to later ones, and what was done in between is no rise.
    """
    known = history[: bisect_right(history, today, key=_DAY)]
    for since, until in holds:
        # The days of a hold that have passed, today among them.
        last = min(until - timedelta(days=1), today) if until else today
        if known and last >= since and known[0].day <= last:
            known = _without(known, since, last)
    return known


def _without(history: Sequence[DayValue], since: date, last: date) -> list[DayValue]:
    """Return a history without the days from `since` to `last`, so that it ends as before."""
    begin = bisect_left(history, since, key=_DAY)
    end = bisect_right(history, last, key=_DAY)
    if not begin:
        # What was known in the hold is where the rest began.
        return [DayValue(last, history[end - 1].value), *history[end:]]
    away = timedelta(days=(last - since).days + 1)
    rise = history[end - 1].value - history[begin - 1].value if end > begin else 0.0
    moved = (DayValue(day + away, value + rise) for day, value in history[:begin])
    return [*moved, *history[end:]]


def _slope(values: Sequence[float]) -> float:
    """Return the median slope per day; of very many days only every n-th counts, and the last."""
    stride = max(1, len(values) // (2 * WINDOW))
    return even_theil_sen(values[(len(values) - 1) % stride :: stride]) / stride


def _usual_first(history: Sequence[DayValue], first: date, today: date) -> date:
    """Return the first day of the history that the bounds look at."""
    return min(first, max(history[0].day, today - timedelta(days=USUAL_WINDOW)))


class _Bounds(NamedTuple):
    """Days from today to both bounds."""

    early: float
    late: float
    is_wide: bool


def _bounds(values: Sequence[float], slope: float, remaining: float) -> _Bounds:
    """Return the bounds of the module's docstring; `values` are those of each day."""
    span = len(values) - 1
    usual = (values[-1] - values[0]) / span
    changes = [day for day in range(1, len(values)) if values[day] != values[day - 1]]
    gap = _usual_gap(changes)
    mean = usual
    if gap and gap <= LATEST_GAP:
        latest = min(LATEST, span)
        latest_rate = (values[-1] - values[-1 - latest]) / latest
        mean = (usual + LATEST_WEIGHT * latest_rate) / (1 + LATEST_WEIGHT)
    rate = max(mean, slope / 10)
    unseen = min(gap or 0, span - changes[-1]) if changes else 0
    days = max(1.0, remaining / rate - unseen)
    steps = [step for step in STEPS if step >= STEP_GAPS * (gap or 0)] or STEPS[-1:]
    scatter = max(
        _jump_scatter(values, usual, changes),
        *(_step_scatter(values, usual, step) for step in steps),
    )
    scatter *= (1 + FEW_CHANGES / max(1, len(changes))) / rate**2
    falls = _falls(values, changes)
    early, late = (
        sqrt(
            scatter * (factors.rate / span + factors.coming / days)
            + factors.change * min(days / span, FARTHEST)
            + factors.delay / days
            + factors.falls * falls
            + factors.least
            + factors.beginning * max(0.0, min(days / span, FARTHEST_BEGINNING) - WIDE_AHEAD)
        )
        for factors in (EARLY, LATE)
    )
    # Beyond e^20 there is no date; the limit avoids an overflow.
    first, last = days * exp(-min(REACH * early, 20.0)), days * exp(min(REACH * late, 20.0))
    is_wide = (
        len(changes) < WIDE_CHANGES or days > WIDE_AHEAD * span or last - first > WIDE_BOUNDS * days
    )
    return _Bounds(first, last, is_wide)


def _falls(values: Sequence[float], changes: Sequence[int]) -> float:
    """Return the share of all rises that falls took back, at most 1."""
    moves = [values[day] - values[day - 1] for day in changes]
    rises = fsum(move for move in moves if move > 0)
    return min(1.0, (rises - fsum(moves)) / rises) if rises else 0.0


def _step_scatter(values: Sequence[float], rate: float, step: int) -> float:
    """Return the variance per day of the steps of so many days around a rate."""
    step = min(step, max(1, (len(values) - 1) // 3))
    gaps = [values[day + step] - values[day] - rate * step for day in range(len(values) - step)]
    return fsum(gap * gap for gap in gaps) / (len(gaps) * step)


def _jump_scatter(values: Sequence[float], rate: float, changes: Sequence[int]) -> float:
    """Return the variance per day of jumps that come on some days, 0 with fewer than two."""
    ahead = [
        values[day] - values[before] - rate * (day - before)
        for before, day in pairwise((0, *changes))
    ]
    if len(ahead) <= 1:
        return 0.0
    return fsum(each * each for each in ahead) / (len(ahead) - 1) * len(ahead) / changes[-1]


def _usual_gap(changes: Sequence[int]) -> int | None:
    """Return the usual days between the latest changes, for which progress may grow unseen."""
    gaps = sorted(later - day for day, later in pairwise(changes[-GAPS - 1 :]))
    return gaps[len(gaps) // 2] if gaps else None


def _after(today: date, days: float) -> date:
    """Return the day on which so many days will have passed."""
    # 1e-9 absorbs float rounding.
    return today + timedelta(days=max(0, ceil(days - 1e-9)))
