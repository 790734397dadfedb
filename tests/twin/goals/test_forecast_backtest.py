"""Does the forecast keep its word? Histories whose end is known, looked at half-way.

Each goal has a pace of its own, uneven days, and rows of days off; some rest at weekends, some
are measured once a week, some only know whole steps of 5 %. The forecast of a random day says
that the finish lies between early and late in four of five cases.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import NamedTuple

import pytest

from custom_components.digital_twin.twin.goals.forecast import ForecastState, forecast
from custom_components.digital_twin.twin.goals.key_result_parts import DayValue

START = date(2026, 1, 1)
GOALS = 100
WAYS = ("steady", "paused", "weekdays", "steps", "weekly")


class Outcome(NamedTuple):
    """A forecast with the true finish."""

    way: str
    early: date
    finish: date
    late: date | None
    true: date

    @property
    def held(self) -> bool:
        return self.early <= self.true <= (self.late or date.max)


def _days(rng: Random, way: str) -> list[float]:
    """Return the progress of each day until it is 100."""
    rate, progress, off = rng.uniform(0.3, 1.5), 0.0, 0
    days: list[float] = []
    while progress < 100:
        rests = off > 0 or (way == "weekdays" and len(days) % 7 > 4)
        progress += 0 if rests else max(0.0, rng.gauss(rate, 0.7 * rate))
        off = off - 1 if off else rng.randint(4, 12) if rng.random() < 0.02 else 0
        off = 0 if way == "steady" else off
        days.append(min(100.0, progress))
    return days


def _measured(days: list[float], way: str) -> Iterator[DayValue]:
    last = None
    for passed, progress in enumerate(days):
        value = 5.0 * (progress // 5) if way == "steps" else progress
        if (way == "weekly" and passed % 7) or (way == "steps" and value == last):
            continue
        last = value
        yield DayValue(START + timedelta(days=passed), value)


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    rng = Random(2026)  # noqa: S311  # the same histories each time
    found: list[Outcome] = []
    for number in range(GOALS * len(WAYS)):
        way = WAYS[number % len(WAYS)]
        days = _days(rng, way)
        today = START + timedelta(days=int(rng.uniform(0.25, 0.85) * len(days)))
        known = [point for point in _measured(days, way) if point.day <= today]
        said = forecast(known, known[-1].value, today)
        if said.state is ForecastState.FINISH and said.early and said.finish:
            true = START + timedelta(days=len(days) - 1)
            found.append(Outcome(way, said.early, said.finish, said.late, true))
    return found


def test_nearly_every_goal_gets_a_date(outcomes: list[Outcome]) -> None:
    assert len(outcomes) >= 0.95 * GOALS * len(WAYS)


def test_four_of_five_finishes_lie_between_early_and_late(outcomes: list[Outcome]) -> None:
    share = sum(outcome.held for outcome in outcomes) / len(outcomes)
    assert 0.76 <= share <= 0.87


def test_no_kind_of_history_is_far_off(outcomes: list[Outcome]) -> None:
    held = Counter(outcome.way for outcome in outcomes if outcome.held)
    all_of = Counter(outcome.way for outcome in outcomes)
    shares = {way: held[way] / all_of[way] for way in WAYS}
    assert all(0.62 <= share <= 0.98 for share in shares.values()), shares


def test_the_truth_is_missed_on_both_sides_alike(outcomes: list[Outcome]) -> None:
    before = sum(outcome.true < outcome.early for outcome in outcomes)
    after = sum(outcome.true > (outcome.late or date.max) for outcome in outcomes)
    assert 0.4 <= before / (before + after) <= 0.7


def test_the_bounds_are_narrow_enough_to_say_something(outcomes: list[Outcome]) -> None:
    closed = [outcome for outcome in outcomes if outcome.late]
    assert len(closed) >= 0.95 * len(outcomes)
    widths = sorted(
        (outcome.late - outcome.early).days / max(1, (outcome.finish - START).days)
        for outcome in closed
        if outcome.late
    )
    assert widths[len(widths) // 2] < 0.5
