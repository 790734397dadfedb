"""How often the bounds of forecasts hold, on simulated goals whose finish is known."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import exp, log, pi, sin, sqrt
from random import Random
from statistics import median
from typing import Final

from custom_components.digital_twin.twin.goals.forecast import ForecastState, forecast
from custom_components.digital_twin.twin.goals.key_result_parts import DayValue

START: Final = date(2026, 1, 1)
# The factors of the forecast were chosen on some sets of series, and are reported on another.
TRAINING: Final = (2026, 31, 47, 90, 91)
HELD_OUT: Final = 8411
# Simulated goals of each kind of a set and of the report, and the days on which each is looked at.
GOALS: Final = 250
REPORTED: Final = 1000
# The aim for the share of each kind that holds.
# So many forecasts make a share.
ENOUGH: Final = 100
LEAST_HELD: Final = 0.75
MOST_HELD: Final = 0.85
LOOKS: Final = 3
LONGEST: Final = 1500
KINDS: Final = {
    "linear": "every day a little",
    "weekends": "nothing on two days of each week",
    "plateaus": "pauses of one to two weeks",
    "bursts": "much on a day every two weeks, else nothing",
    "trend": "faster or slower from some day on",
    "seasonal": "up and down with the time of year",
    "resets": "measured values that scatter and sometimes fall back",
    "late start": "little at first, then quickly",
    "steps": "whole steps of 5 %",
    "weekly": "measured once a week",
    "holidays": "weekends off, and two or three weeks of holidays twice a year",
    "long pauses": "once or twice nothing for four to eight weeks",
    "rush": "1.3 to 2.5 times as fast in the last quarter",
    "crawl": "0.4 to 0.8 times as fast in the last fifth",
    "checkboxes": "8 to 40 boxes with the days on which they were ticked",
    "milestones": "4 to 8 milestones, nothing in between",
}
WORKING_DAYS: Final = {"weekends", "holidays"}
UNEVEN: Final = {"plateaus", "bursts", "checkboxes", "milestones", "resets"}
# Of these only changes are measured.
CHANGES: Final = {"steps", "checkboxes", "milestones"}
# Everybody's pace drifts: the standard deviation of its logarithm, and for how many days it stays.
DRIFT: Final = 0.3
DRIFT_DAYS: Final = 45


@dataclass(frozen=True, slots=True)
class Outcome:
    """A forecast for a day of a simulated goal, with the true finish."""

    kind: str
    today: date
    finish: date
    early: date
    late: date | None
    is_wide: bool
    true: date

    @property
    def is_early_miss(self) -> bool:
        """Whether the goal was finished before the early bound."""
        return self.true < self.early

    @property
    def is_late_miss(self) -> bool:
        """Whether the goal was finished after the late bound."""
        return self.late is not None and self.true > self.late

    @property
    def held(self) -> bool:
        """Whether the finish lies between the bounds."""
        return not self.is_early_miss and not self.is_late_miss

    @property
    def width(self) -> float:
        """The days between the bounds by the days to the finish."""
        days = max(1, (self.finish - self.today).days)
        return ((self.late or date.max) - self.early).days / days


class _Pace:
    """The progress per day of a simulated goal (percentage points)."""

    def __init__(self, rng: Random, kind: str) -> None:
        self._rng, self._kind = rng, kind
        self._rate = exp(rng.uniform(log(0.25), log(1.2)))
        self._noise = rng.uniform(0.3, 1.0)
        self._drift = rng.gauss(0, DRIFT)
        self._changes_on = rng.uniform(0.2, 0.8) * 100 / self._rate
        self._factor = exp(rng.gauss(0, 0.3))
        self._phase = rng.uniform(0, 2 * pi)
        self._amplitude = rng.uniform(0.1, 0.35)
        self._period = rng.choice((120, 180, 365))
        self._begins_on = rng.uniform(0.15, 0.5) * 100 / self._rate
        self._off = 0
        boxes = rng.randint(8, 40) if kind == "checkboxes" else rng.randint(4, 8)
        # The sum of all shall not be below 100 by rounding.
        self._size = 100 / boxes + 1e-9
        self._next = 0.0
        self._at_the_end = rng.uniform(1.3, 2.5) if kind == "rush" else rng.uniform(0.4, 0.8)
        self._away = [self._away_from(begin) for begin in self._begins()]

    def _begins(self) -> list[float]:
        """Return the days on which holidays or long pauses begin."""
        if self._kind == "holidays":
            first = self._rng.uniform(0, 180)
            return [first + 182 * each for each in range(8)]
        pauses = self._rng.randint(1, 2) if self._kind == "long pauses" else 0
        return [self._rng.uniform(0.1, 0.9) * 100 / self._rate for _ in range(pauses)]

    def _away_from(self, begin: float) -> tuple[float, float]:
        least, most = (14, 21) if self._kind == "holidays" else (28, 56)
        return begin, begin + self._rng.uniform(least, most)

    def step(self, day: int, progress: float) -> float:
        """Return the progress of one day."""
        keep = exp(-1 / DRIFT_DAYS)
        self._drift = keep * self._drift + self._rng.gauss(0, DRIFT * sqrt(1 - keep * keep))
        usual = self._rate * exp(self._drift)
        if any(first <= day < last for first, last in self._away):
            return 0.0
        if self._kind in WORKING_DAYS:
            return self._made(usual * 1.4) if day % 7 < 5 else 0.0  # noqa: PLR2004  # Friday
        if self._kind in UNEVEN:
            return self._uneven(usual, progress)
        return self._made(usual * self._factor_on(day, progress))

    def _uneven(self, usual: float, progress: float) -> float:
        rng = self._rng
        match self._kind:
            case "plateaus":
                return self._with_pauses(usual * 1.5)
            case "bursts":
                return usual * 14 * exp(rng.gauss(-0.18, 0.6)) if rng.random() < 1 / 14 else 0.0
            case "checkboxes":
                return self._size if rng.random() < usual / self._size else 0.0
            case "milestones":
                return self._milestone(usual)
        if rng.random() < 0.02:  # noqa: PLR2004  # of all days
            return -rng.uniform(0.03, 0.1) * progress
        return rng.gauss(usual * 1.2, 2 * self._noise * usual)

    def _milestone(self, usual: float) -> float:
        """Return the part of a milestone if it is reached on the next day."""
        if self._next <= 0:
            self._next = self._rng.gammavariate(4, 1 / 4)
        self._next -= usual / self._size
        return self._size if self._next <= 0 else 0.0

    def _factor_on(self, day: int, progress: float) -> float:
        match self._kind:
            case "rush":
                return self._at_the_end if progress >= 75 else 1.0  # noqa: PLR2004  # percent
            case "crawl":
                return self._at_the_end if progress >= 80 else 1.0  # noqa: PLR2004  # percent
            case "trend":
                return self._factor if day >= self._changes_on else 1.0
            case "seasonal":
                return 1 + self._amplitude * sin(2 * pi * day / self._period + self._phase)
            case "late start":
                return 1.3 if day >= self._begins_on else 0.15
        return 1.0

    def _made(self, rate: float) -> float:
        return max(0.0, self._rng.gauss(rate, self._noise * rate))

    def _with_pauses(self, rate: float) -> float:
        if self._off:
            self._off -= 1
            return 0.0
        if self._rng.random() < 0.035:  # noqa: PLR2004  # of all days
            self._off = self._rng.randint(5, 15)
        return self._made(rate)


def outcomes(
    kinds: Iterable[str] = KINDS, goals: int = GOALS, seed: int = HELD_OUT
) -> list[Outcome]:
    """Return forecasts for random days of simulated goals, the same for the same arguments."""
    return [found for kind in kinds for found in _of_kind(kind, goals, seed)]


def _of_kind(kind: str, goals: int, seed: int) -> Iterator[Outcome]:
    rng = Random(f"{seed} {kind}")  # noqa: S311  # the same series each time
    for _ in range(goals):
        days = simulated(rng, kind)
        points = list(measured(days, kind))
        for _ in range(LOOKS):
            today = START + timedelta(days=int(rng.uniform(0.2, 0.9) * len(days)))
            known = [point for point in points if point.day <= today]
            said = forecast(known, known[-1].value, today)
            if said.state is ForecastState.FINISH and said.finish and said.early:
                true = START + timedelta(days=len(days) - 1)
                yield Outcome(kind, today, said.finish, said.early, said.late, said.is_wide, true)


def simulated(rng: Random, kind: str) -> list[float]:
    """Return the progress (percent) of a goal on each day, from 0 to its finish."""
    pace, progress, days = _Pace(rng, kind), 0.0, [0.0]
    while progress < 100 and len(days) < LONGEST:  # noqa: PLR2004  # percent
        progress = max(0.0, progress + pace.step(len(days), progress))
        days.append(min(100.0, progress))
    return days


def measured(days: Sequence[float], kind: str) -> Iterator[DayValue]:
    """Yield the points that the history of a goal of a kind has."""
    last: float | None = None
    for passed, progress in enumerate(days):
        value = 5.0 * (progress // 5) if kind == "steps" else progress
        if (kind == "weekly" and passed % 7) or (kind in CHANGES and value == last):
            continue
        last = value
        yield DayValue(START + timedelta(days=passed), value)


def share(held: Iterable[bool]) -> float:
    """Return the share of what is true, 0 of nothing."""
    known = list(held)
    return sum(known) / len(known) if known else 0.0


def narrowest(found: Iterable[Outcome]) -> list[Outcome]:
    """Return the quarter of the forecasts whose bounds are the closest for their distance."""
    ordered = sorted(found, key=lambda outcome: outcome.width)
    return ordered[: len(ordered) // 4]


# Kinds whose last part is unlike all that was done before: no history foretells it.
UNFORESEEN: Final = ("rush", "crawl")


def report() -> str:
    """Return the section on forecasts as markdown."""
    found = outcomes(goals=REPORTED)
    rows = [(kind, [each for each in found if each.kind == kind]) for kind in KINDS]
    table = "\n".join(_row(f"{kind}: {KINDS[kind]}", each) for kind, each in rows)
    narrow = narrowest(each for each in found if not each.is_wide)
    foreseen = [each for each in narrow if each.kind not in UNFORESEEN]
    chosen = [each for seed in TRAINING for each in outcomes(goals=GOALS, seed=seed)]
    training = [each for each in chosen if not each.is_wide and each.kind not in UNFORESEEN]
    several = [[each.held for each in training if each.kind == kind] for kind in KINDS]
    # Of nearly all milestones the forecast says that it is wide: the rest are too few for a share.
    known = [100 * share(held) for held in several if len(held) >= ENOUGH]
    low, high = min(known, default=0), max(known, default=0)
    return f"""## Forecasts of goals

*Early* and *late* shall hold the true finish in four of five cases: in 75 to 85 % of the forecasts
of each kind that do not say that they are wide. The factors of the forecast look at a history only,
never at its kind. They were chosen on {GOALS} simulated goals of each kind for each of the seeds
{", ".join(map(str, TRAINING))}, on which {100 * share(each.held for each in training):.0f} % held,
{low:.0f} to {high:.0f} % of each kind but rush and crawl. The table shows {REPORTED} others of each
(seed {HELD_OUT}), {len(found)} forecasts for random days; the factors were not changed after it.
The pace of every goal drifts. A forecast that says that it is wide (`wide`) is not counted in the
first four columns; how often it holds is in the last. *Width* is the median of the days between
early and late by the days to the finish.

| kind | held | before early | after late | width | says wide | no late end | wide ones held |
|---|---:|---:|---:|---:|---:|---:|---:|
{table}
{_row("all", found)}
{_row("the narrowest quarter", narrow)}
{_row("the narrowest quarter without rush and crawl", foreseen)}

{_outside(rows)}
"""


def _outside(rows: Iterable[tuple[str, Sequence[Outcome]]]) -> str:
    """Return the sentence on the kinds that miss the aim."""
    shares = {
        kind: share(each.held for each in found if not each.is_wide)
        for kind, found in rows
        if any(not each.is_wide for each in found)
    }
    missed = [
        f"{kind} ({100 * held:.0f} %)"
        for kind, held in shares.items()
        if not LEAST_HELD <= round(held, 2) <= MOST_HELD
    ]
    return f"Outside of 75 to 85 %: {', '.join(missed) or 'none'}."


def _row(name: str, found: Sequence[Outcome]) -> str:
    close = [each for each in found if not each.is_wide]
    wide = [each for each in found if each.is_wide]
    shares = (
        *_percent(each.held for each in close),
        *_percent(each.is_early_miss for each in close),
        *_percent(each.is_late_miss for each in close),
        f"{median(each.width for each in close):.2f}" if close else "",
        *_percent(each.is_wide for each in found),
        *_percent(each.late is None for each in found),
        *_percent(each.held for each in wide),
    )
    return f"| {name} | " + " | ".join(shares) + " |"


def _percent(held: Iterable[bool]) -> tuple[str]:
    known = list(held)
    return (f"{100 * share(known):.0f} %" if known else "",)
