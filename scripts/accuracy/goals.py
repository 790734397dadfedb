"""How often the bounds of forecasts hold, on simulated goals whose finish is known."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import exp, log, pi, sin, sqrt
from random import Random
from typing import Final

from custom_components.digital_twin.twin.goals.forecast import ForecastState, forecast
from custom_components.digital_twin.twin.goals.key_result_parts import DayValue

START: Final = date(2026, 1, 1)
SEED: Final = 2026
# Simulated goals of each kind, and the days on which each is looked at.
GOALS: Final = 150
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
}
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

    def step(self, day: int, progress: float) -> float:
        """Return the progress of one day."""
        keep = exp(-1 / DRIFT_DAYS)
        self._drift = keep * self._drift + self._rng.gauss(0, DRIFT * sqrt(1 - keep * keep))
        usual = self._rate * exp(self._drift)
        match self._kind:
            case "weekends":
                return self._made(usual * 1.4) if day % 7 < 5 else 0.0  # noqa: PLR2004  # Friday
            case "plateaus":
                return self._with_pauses(usual * 1.5)
            case "bursts":
                burst = self._rng.random() < 1 / 14
                return usual * 14 * exp(self._rng.gauss(-0.18, 0.6)) if burst else 0.0
            case "resets":
                if self._rng.random() < 0.02:  # noqa: PLR2004  # of all days
                    return -self._rng.uniform(0.03, 0.1) * progress
                return self._rng.gauss(usual * 1.2, 2 * self._noise * usual)
        return self._made(usual * self._factor_on(day))

    def _factor_on(self, day: int) -> float:
        match self._kind:
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


def outcomes(kinds: Iterable[str] = KINDS, goals: int = GOALS, seed: int = SEED) -> list[Outcome]:
    """Return forecasts for random days of simulated goals, the same for the same arguments."""
    return [found for kind in kinds for found in _of_kind(kind, goals, seed)]


def _of_kind(kind: str, goals: int, seed: int) -> Iterator[Outcome]:
    rng = Random(f"{seed} {kind}")  # noqa: S311  # the same series each time
    for _ in range(goals):
        pace, progress, days = _Pace(rng, kind), 0.0, [0.0]
        while progress < 100 and len(days) < LONGEST:  # noqa: PLR2004  # percent
            progress = max(0.0, progress + pace.step(len(days), progress))
            days.append(min(100.0, progress))
        points = list(_measured(days, kind))
        for _ in range(LOOKS):
            today = START + timedelta(days=int(rng.uniform(0.2, 0.9) * len(days)))
            known = [point for point in points if point.day <= today]
            said = forecast(known, known[-1].value, today)
            if said.state is ForecastState.FINISH and said.finish and said.early:
                true = START + timedelta(days=len(days) - 1)
                yield Outcome(kind, today, said.finish, said.early, said.late, said.is_wide, true)


def _measured(days: Sequence[float], kind: str) -> Iterator[DayValue]:
    last: float | None = None
    for passed, progress in enumerate(days):
        value = 5.0 * (progress // 5) if kind == "steps" else progress
        if (kind == "weekly" and passed % 7) or (kind == "steps" and value == last):
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


def report() -> str:
    """Return the section on forecasts as markdown."""
    found = outcomes(goals=GOALS)
    rows = [(kind, [each for each in found if each.kind == kind]) for kind in KINDS]
    table = "\n".join(_row(f"{kind}: {KINDS[kind]}", each) for kind, each in [*rows])
    narrow = narrowest(each for each in found if not each.is_wide)
    return f"""## Forecasts of goals

*Early* and *late* shall hold the true finish in four of five cases. {len(found)} forecasts for
random days of {GOALS} simulated goals of each kind; the pace of every goal drifts. A forecast that
says that it is wide (`wide`) is not counted in the first three columns.

| kind | held | before early | after late | says that it is wide | no late end |
|---|---:|---:|---:|---:|---:|
{table}
{_row("all", found)}
{_row("the narrowest quarter", narrow)}
"""


def _row(name: str, found: Sequence[Outcome]) -> str:
    close = [each for each in found if not each.is_wide]
    shares = (
        share(each.held for each in close),
        share(each.is_early_miss for each in close),
        share(each.is_late_miss for each in close),
        share(each.is_wide for each in found),
        share(each.late is None for each in found),
    )
    return f"| {name} | " + " | ".join(f"{100 * one:.0f} %" for one in shares) + " |"
