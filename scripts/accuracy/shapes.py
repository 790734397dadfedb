"""Alarms on a healthy year, and found shifts, by the shape of a series of days."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import exp, log, pi, sin, sqrt
from random import Random
from statistics import fmean
from typing import Final

from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.metrics.history import MetricHistory
from custom_components.digital_twin.twin.metrics.insight import HIGH, LOW

from .bodies import Body
from .goals import share
from .health import (
    FIRST_DAY,
    MONTHS,
    SETTLED,
    SHIFT_DAYS,
    SHIFT_SIGMAS,
    WARM_UP,
    YEAR,
    Watch,
    rounded,
)

TRAINING: Final = 21
HELD_OUT: Final = 22
PEOPLE: Final = 60
SHIFTS: Final = 300
WEEK: Final = 7
LEAST_FOUND: Final = 0.9
MOST_ALARMS: Final = 1.0
type Level = float | None


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape of a series: the metric that has it, in words, and the days of one person.

    `days` yields the level of each day in deviations from the mean, None for one without a value.
    `sd`: the deviation, of the mean or (`log`) of the logarithm.
    """

    metric: str
    what: str
    days: Callable[[Random], Iterator[Level]]
    mean: float
    sd: float
    log: bool = False
    step: float = 1.0


def _happens(random: Random, probability: float) -> bool:
    return random.random() < probability


def _steady(random: Random, memory: float = 0.3) -> Iterator[float]:
    state = random.gauss(0, 1)
    while True:
        state = memory * state + sqrt(1 - memory * memory) * random.gauss(0, 1)
        yield state


def _weekends(random: Random) -> Iterator[Level]:
    off = random.uniform(1, 3)
    for day, level in enumerate(_steady(random, 0.1)):
        yield level - (off if (FIRST_DAY + day) % WEEK in (6, 0) else 0)


def _trend(random: Random) -> Iterator[Level]:
    a_day = random.choice((-1, 1)) * random.uniform(0.01, 0.03)
    for day, level in enumerate(_steady(random)):
        yield level + a_day * day


def _seasonal(random: Random) -> Iterator[Level]:
    phase, amplitude = random.uniform(0, 2 * pi), random.uniform(1, 3)
    for day, level in enumerate(_steady(random)):
        yield level + amplitude * sin(2 * pi * day / YEAR + phase)


def _bursts(random: Random) -> Iterator[Level]:
    often = random.uniform(0.2, 0.4)
    for level in _steady(random, 0.1):
        yield level + (random.uniform(2, 4) if random.random() < often else 0)


def _plateaus(random: Random) -> Iterator[Level]:
    """Yield levels that stay for some days, as of a device that smooths them."""
    for level in _steady(random, 0.5):
        for _ in range(random.randint(1, 4)):
            yield level


def _missing(random: Random) -> Iterator[Level]:
    away = 0
    for level in _steady(random):
        away = away - 1 if away else random.randint(7, 21) * _happens(random, 0.015)
        yield None if away or _happens(random, 0.4) else level


def _new_devices(random: Random) -> Iterator[Level]:
    """Yield levels of a device that is replaced twice a year by one that measures otherwise."""
    offset = 0.0
    for level in _steady(random):
        if random.random() < 2 / YEAR:
            offset = random.uniform(-2, 2)
        yield level + offset


def _half_days(random: Random) -> Iterator[Level]:
    """Yield levels with days of which a part is lost, as after an empty battery or a reset."""
    for level in _steady(random, 0.15):
        yield level - random.uniform(1, 3) * _happens(random, 0.02)


SHAPES: Final = {
    "steady": Shape("systolic_blood_pressure", "scatters around its mean", _steady, mean=120, sd=8),
    "weekends": Shape(
        "steps", "one to three deviations less at weekends", _weekends, 8000, 0.35, log=True
    ),
    "trend": Shape(
        "weight", "a deviation up or down in five to fourteen weeks", _trend, 75, 0.45, step=0.1
    ),
    "seasonal": Shape(
        "resting_heart_rate", "one to three deviations up and down in a year", _seasonal, 62, 2
    ),
    "bursts": Shape(
        "active_energy", "much more on two or three days of most weeks", _bursts, 450, 0.3, log=True
    ),
    "plateaus": Shape(
        "body_fat", "stays the same for up to four days", _plateaus, 24, 0.8, step=0.1
    ),
    "missing": Shape(
        "diastolic_blood_pressure",
        "two days of five without a value, and gaps of one to three weeks",
        _missing,
        78,
        5.5,
    ),
    "new devices": Shape(
        "muscle_mass",
        "twice a year another scale, by up to two deviations",
        _new_devices,
        42,
        0.5,
        step=0.1,
    ),
    "resets": Shape(
        "steps", "on one day of fifty a part is lost", _half_days, 8000, 0.35, log=True
    ),
}


def _value(shape: Shape, level: float) -> float:
    value = exp(log(shape.mean) + shape.sd * level) if shape.log else shape.mean + shape.sd * level
    metric = CATALOGUE[shape.metric]
    return rounded(Body(low=0, high=0, sd=0, step=shape.step), metric, value)


def _watch(shape: Shape) -> Watch:
    metric = CATALOGUE[shape.metric]
    body = Body(low=0, high=0, sd=0, step=shape.step)
    return Watch(metric=metric, body=body, history=MetricHistory())


def _person(seed: int, name: str, person: int) -> Random:
    return Random(f"{seed} {name} {person}")  # noqa: S311  # the same series each time


def alarms(name: str, people: int = PEOPLE, seed: int = HELD_OUT) -> float:
    """Return the alarms a month in years of several people with a shape."""
    shape, counts = SHAPES[name], []
    for person in range(people):
        watch = _watch(shape)
        levels = shape.days(_person(seed, name, person))
        for index, level in zip(range(WARM_UP + YEAR), levels, strict=False):
            if index == WARM_UP:
                watch.alarms = 0
            watch.day(FIRST_DAY + index, None if level is None else _value(shape, level))
        counts.append(watch.alarms / MONTHS)
    return fmean(counts)


def found(
    name: str, sign: int, people: int = SHIFTS, seed: int = HELD_OUT, sigmas: float = SHIFT_SIGMAS
) -> float:
    """Return the share of shifts by usual deviations that are found within three known days."""
    shape, seen = SHAPES[name], []
    for person in range(people):
        random = _person(seed, f"shift {name}", person)
        watch, levels = _watch(shape), shape.days(random)
        day, measured, said = FIRST_DAY, 0, set[str]()
        for level, _ in zip(levels, range(SETTLED + random.randrange(WEEK)), strict=False):
            watch.day(day, None if level is None else _value(shape, level))
            day += 1
        while measured < SHIFT_DAYS:
            if (level := next(levels)) is not None:
                measured += 1
                said |= watch.day(day, _value(shape, level + sign * sigmas))
            day += 1
        seen.append((HIGH if sign > 0 else LOW) in said)
    return share(seen)


def report() -> str:
    """Return the part of the section on unusual values that tells them by shape, as markdown."""
    rows, most, fewest = [], [], []
    for name, shape in SHAPES.items():
        often, high, low = alarms(name, PEOPLE), found(name, 1, SHIFTS), found(name, -1, SHIFTS)
        rows.append(
            f"| {name}: {shape.what} | {shape.metric.replace('_', ' ')} | {often:.2f}"
            f" | {high:.0%} | {low:.0%} |"
        )
        if often >= MOST_ALARMS:
            most.append(f"{name} ({often:.2f})")
        fewest += [
            f"{kind} of {name} ({part:.0%})"
            for kind, part in (("rises", high), ("falls", low))
            if round(part, 2) < LEAST_FOUND
        ]
    chosen = max(alarms(name, PEOPLE, TRAINING) for name in SHAPES)
    table = "\n".join(rows)
    return f"""### By shape

{PEOPLE} years and {SHIFTS} shifts for each shape of a series, each on a metric that may have it. A
deviation is that of the days beside what the shape adds. No rule was chosen on this table (seed
{HELD_OUT}); on another set (seed {TRAINING}) there were at most {chosen:.2f} alarms a month.

| shape | metric | alarms a month | rises of 3 deviations found in 3 days | falls |
| --- | --- | ---: | ---: | ---: |
{table}

One alarm a month or more: {", ".join(most) or "none"}. Less than {LEAST_FOUND:.0%} found:
{", ".join(fewest) or "none"}.
"""
