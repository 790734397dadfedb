"""Alarms on healthy years, and found shifts, for every metric of the catalogue.

The series are simulated; how each metric varies is published, or an assumption (`BODIES`). The
seeds are fixed, so the figures are the same each time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from math import cos, exp, log, pi, sqrt
from random import Random
from statistics import fmean, median
from typing import Protocol

from custom_components.digital_twin.twin.catalogue import CATALOGUE, Metric
from custom_components.digital_twin.twin.metrics.history import MetricHistory
from custom_components.digital_twin.twin.metrics.insight import HIGH, LOW, judged
from custom_components.digital_twin.twin.metrics.level_days import LevelDay, TimedValue

from .bodies import BODIES, Body

FIRST_DAY = date(2025, 1, 1).toordinal()
EPOCH_DAY = date(1970, 1, 1).toordinal()
YEAR = 365
# Judgements begin when a person has four weeks of days.
WARM_UP = 28
HOUR = 3_600_000
DAY = 24 * HOUR
# Readings of what is measured all day, and how often a day is judged while it lasts.
BETWEEN_READINGS = HOUR // 2
JUDGED_EVERY = 3
MONTHS = 12
# Seeds of healthy years and of shifts: the thresholds were chosen on the first, and are reported on
# the second.
TRAINING = (1, 2)
HELD_OUT = (11, 12)
# Days before a shift.
SETTLED = 90
# The share of days without exercise on which there is none at all, and of days on which a watch was
# worn by night.
IDLE = 0.6
WORN = 0.9
# The share of people who walk or ride far on a day of the week.
OUT = 0.33
SHIFT_SIGMAS = 3.0
SHIFT_DAYS = 3
RESTING_SHIFT = 8.0


def healthy_days(body: Body, random: Random, days: int) -> Iterator[float | None]:
    """Yield the level of each day of one person, None for days without a reading."""
    mean = random.uniform(body.low, body.high)
    sd = body.sd * (mean if body.share else 1) * exp(random.gauss(0, body.differs))
    centre = log(mean) if body.log else mean
    weekend = body.weekend * mean if body.share else body.weekend
    phase = random.uniform(0, 2 * pi)
    state = random.gauss(0, 1)
    outing_day = random.randrange(7) if body.outing and random.random() < OUT else None
    for day in range(days):
        # The state of the body is remembered; half of the variance is of the day alone.
        state = body.memory * state + sqrt(1 - body.memory**2) * random.gauss(0, 1)
        value = centre + sd * (state + body.season * sqrt(2) * cos(2 * pi * day / YEAR + phase) / 2)
        if (FIRST_DAY + day) % 7 in (6, 0):
            value += weekend
        if (FIRST_DAY + day) % 7 == outing_day:
            value += body.outing
        value = exp(value) if body.log else value
        if body.habit and random.random() > body.habit[(FIRST_DAY + day - 1) % 7]:
            # Watches count some minutes of brisk walking.
            value = 0.0 if random.random() < IDLE else random.uniform(0, 12)
        if body.serving:
            value = body.serving * round(value / body.serving)
        if random.random() < body.missing:
            yield None
        else:
            yield value


def rounded(body: Body, metric: Metric, value: float) -> float:
    """Return a value as a device reports it."""
    highest = metric.maximum if body.cap is None else body.cap
    return round(min(max(value, metric.minimum), highest) / body.step) * body.step


@dataclass(frozen=True, slots=True)
class Whole:
    """A day of what is measured all day: its readings by time of day (ms)."""

    readings: tuple[tuple[int, float], ...]


def all_day(body: Body, metric: Metric, random: Random, level: float) -> Whole:
    """Return the readings of a day around its level: day and night, exercise or meals, noise."""
    offset = [0.0] * 24
    for probability, hours, least, most in body.bouts:
        if random.random() < probability:
            start, rise = random.uniform(7, 21), random.uniform(least, most)
            for hour in range(24):
                inside = min(hour + 1, start + hours) - max(hour, start)
                offset[hour] += rise * max(0.0, inside)
    worn_from = 0 if random.random() < WORN else random.randrange(4, 12)
    noise, readings = 0.0, []
    for at in range(worn_from * HOUR, DAY, BETWEEN_READINGS):
        hour = at // HOUR
        noise = 0.6 * noise + 0.8 * body.restless * random.gauss(0, 1)
        night = -cos(2 * pi * (at / DAY - 4 / 24))
        value = level + body.rhythm * night + offset[hour] + noise
        if body.log:
            value = level * exp(0.6 * noise)
        readings.append((at, rounded(body, metric, value)))
    return Whole(tuple(readings))


class Judge(Protocol):
    """A rule that judges the latest day: `high`, `low`, empty (usual), None (unknown)."""

    def __call__(
        self, metric: Metric, history: MetricHistory, today: int, *, fresh: bool
    ) -> str | None:
        """Return the verdict."""


@dataclass(kw_only=True)
class Watch:
    """Records the days of one person as the twin does, and counts what it calls unusual."""

    metric: Metric
    body: Body
    history: MetricHistory
    judge: Judge = judged
    verdict: str | None = None
    alarms: int = 0

    def day(self, day: int, content: float | Whole | None) -> set[str]:
        """Record a day and return the verdicts in which it was unusual, from its first hour on."""
        found: set[str] = set()
        if isinstance(content, Whole):
            known: LevelDay | None = None
            for number, (at, value) in enumerate(content.readings, 1):
                point = TimedValue((day - EPOCH_DAY) * DAY + at, value)
                start = LevelDay(value, point.at, "x") if known is None else known
                known = start.with_reading(point, "x", all_day=True)
                self.history.put(day, known)
                if number % (JUDGED_EVERY * HOUR // BETWEEN_READINGS) == 0:
                    found |= self._judge(day)
            for each, condensed in self.history.to_condense(day).items():
                self.history.put(each, condensed)
        elif content is not None:
            self.history.put(day, LevelDay(content, (day - EPOCH_DAY) * DAY, "x"))
            found |= self._judge(day)
        # A total, a sum of sleeps, and what is measured all day, is judged when the day is over.
        return found | self._judge(day + 1)

    def _judge(self, today: int) -> set[str]:
        whole = self.metric.sums or self.metric.all_day or self.history.newest == today
        verdict = self.judge(self.metric, self.history, today, fresh=whole)
        if not whole or verdict is None:
            return set()
        if verdict in (HIGH, LOW) and verdict != self.verdict:
            self.alarms += 1
        self.verdict = verdict
        return {verdict} - {""}


def _random(seed: int, key: str, person: int) -> Random:
    return Random(f"{seed} {key} {person}")  # noqa: S311  # a simulation


def alarms_a_month(key: str, people: int, seed: int = HELD_OUT[0], judge: Judge = judged) -> float:
    """Return the alarms a month of a metric in healthy years of several people."""
    metric, body = CATALOGUE[key], BODIES[key]
    counts = []
    for person in range(people):
        random = _random(seed, key, person)
        watch = Watch(metric=metric, body=body, history=MetricHistory(), judge=judge)
        for index, level in enumerate(healthy_days(body, random, WARM_UP + YEAR)):
            if index == WARM_UP:
                watch.alarms = 0
            watch.day(FIRST_DAY + index, _content(body, metric, random, level))
        counts.append(watch.alarms / MONTHS)
    return fmean(counts)


def found_shifts(
    key: str,
    people: int,
    *,
    seed: int = HELD_OUT[1],
    by: float | None = None,
    sign: int = 1,
    judge: Judge = judged,
    sigmas: float = SHIFT_SIGMAS,
    within: int = SHIFT_DAYS,
) -> float:
    """Return the share of shifts of a person's level that are found.

    A shift is found if it is called unusual `within` so many days with a value. It is `by`, or
    `sigmas` usual deviations of the person's days, where the scale of the metric is logarithmic on
    that scale.
    """
    metric, body = CATALOGUE[key], BODIES[key]
    found = []
    for person in range(people):
        random = _random(seed, key, person)
        watch = Watch(metric=metric, body=body, history=MetricHistory(), judge=judge)
        levels = healthy_days(body, random, 3 * YEAR)
        day = FIRST_DAY
        for level, _ in zip(levels, range(SETTLED + random.randrange(7)), strict=False):
            watch.day(day, _content(body, metric, random, level))
            day += 1
        shift = sign * (by or sigmas * _usual_deviation(metric, watch.history))
        seen: set[str] = set()
        measured = 0
        while measured < within:
            day += 1
            if (level := next(levels)) is not None:
                measured += 1
                shifted = _shifted(metric, level, shift, by)
                seen |= watch.day(day - 1, _content(body, metric, random, shifted))
        found.append((HIGH if sign > 0 else LOW) in seen)
    return fmean(found)


def _usual_deviation(metric: Metric, history: MetricHistory) -> float:
    """Return the deviation of a person's days, at least a unit of the display."""
    values = [_scale(metric, each) for _, each in history.between(FIRST_DAY, FIRST_DAY + YEAR)]
    middle = median(values)
    deviation = 1.4826 * median(abs(each - middle) for each in values)
    if metric.log_offset is None:
        return max(deviation, 10.0**-metric.precision)
    return deviation or fmean(abs(each - middle) for each in values)


def _scale(metric: Metric, value: float) -> float:
    return value if metric.log_offset is None else log(value + metric.log_offset)


def _shifted(metric: Metric, value: float, shift: float, by: float | None) -> float:
    if metric.log_offset is None or by is not None:
        return value + shift
    return max(exp(_scale(metric, value) + shift) - metric.log_offset, metric.minimum)


def _content(
    body: Body, metric: Metric, random: Random, level: float | None
) -> float | Whole | None:
    if level is None:
        return None
    if metric.all_day:
        return all_day(body, metric, random, level)
    return rounded(body, metric, level)
