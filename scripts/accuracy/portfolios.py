"""How often the bounds of slip hold, on simulated households of goals that wait for each other.

Goals that are under way are simulated goals as for forecasts, each looked at on a random day of its
own. The others begin when those that they wait for end, and take their planned days times a factor
of their own.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import exp, log
from random import Random
from statistics import median
from typing import Final

from custom_components.digital_twin.twin.goals.forecast import (
    Forecast,
    ForecastState,
    forecast,
)
from custom_components.digital_twin.twin.goals.references import DependencyGraph
from custom_components.digital_twin.twin.goals.slip import Slips
from custom_components.digital_twin.twin.goals.work import PLANNED_SPREAD, GoalWork

from .goals import KINDS, START, measured, share, simulated

# The spread of planned days was chosen on one set of households, and is reported on another.
TRAINING: Final = 611
HELD_OUT: Final = 1207
HOUSEHOLDS: Final = 1500
TODAY: Final = START + timedelta(days=2000)
# How far plans are missed: the standard deviation of the logarithm, from household to household.
MISSED: Final = (0.15, 0.45)
# Days of a plan.
PLANNED: Final = (14, 150)
# The share of goals under way that wait for another.
WAITING: Final = 0.3


@dataclass(frozen=True, slots=True)
class GoalCourse:
    """A goal of a simulated household: what is known of it, and the day on which it truly ends.

    `level`: how many goals stand one after the other before it; 0 for one that is under way.
    `is_wide`: the forecast of it, or of one that it waits for, says that it is wide.
    """

    goal_id: str
    work: GoalWork
    waits_for: tuple[str, ...]
    true: float
    level: int
    is_wide: bool

    @property
    def group(self) -> str:
        """The row of the report."""
        if not self.level:
            return "under way, and waits" if self.waits_for else "under way, waits for nobody"
        if len(self.waits_for) > 1:
            return "begins after two or three others"
        return {1: "begins after another", 2: "second of a chain"}.get(
            self.level, "third of a chain, or later"
        )


@dataclass(frozen=True, slots=True)
class EndOutcome:
    """The bounds of the end of a goal, in days from today, with the true end."""

    group: str
    early: int
    late: int | None
    finish: int
    true: float
    is_wide: bool

    @property
    def held(self) -> bool:
        """Whether the end lies between the bounds."""
        return self.early <= self.true <= (self.late if self.late is not None else self.true)

    @property
    def width(self) -> float:
        """The days between the bounds by the days to the end."""
        return (self.late - self.early) / max(1, self.finish) if self.late is not None else 9.9


def end_outcomes(households: int = HOUSEHOLDS, seed: int = HELD_OUT) -> list[EndOutcome]:
    """Return the bounds of all goals of simulated households, the same for the same arguments."""
    rng = Random(seed)  # noqa: S311  # the same households each time
    return [found for number in range(households) for found in _judged(_household(rng, number))]


def _household(rng: Random, number: int) -> list[GoalCourse]:
    goals: list[GoalCourse] = []
    for at in range(rng.randint(2, 4)):
        if (one := _under_way(rng, f"{number}-{at}", goals)) is not None:
            goals.append(one)
    if not goals:
        return goals
    missed = rng.uniform(*MISSED)
    for at in range(rng.randint(2, 5)):
        several = 1 if rng.random() < 0.6 else rng.randint(2, 3)  # noqa: PLR2004  # of all goals
        before = rng.sample(goals, min(len(goals), several))
        days = exp(rng.uniform(log(PLANNED[0]), log(PLANNED[1])))
        begins = max(one.true for one in before)
        goals.append(
            GoalCourse(
                f"{number}-then-{at}",
                GoalWork(begun=None, earliest=TODAY, days=round(days), target=None),
                tuple(one.goal_id for one in before),
                begins + round(days) * exp(rng.gauss(0, missed)),
                1 + max(one.level for one in before),
                any(one.is_wide for one in before),
            )
        )
    return goals


def _under_way(rng: Random, goal_id: str, others: Sequence[GoalCourse]) -> GoalCourse | None:
    kind = rng.choice([*KINDS])
    days = simulated(rng, kind)
    passed = int(rng.uniform(0.2, 0.9) * len(days))
    looked = START + timedelta(days=passed)
    known = [point for point in measured(days, kind) if point.day <= looked]
    foretold = forecast(known, known[-1].value, looked)
    if foretold.state is not ForecastState.FINISH or foretold.finish is None:
        return None
    before = [rng.choice(others)] if others and rng.random() < WAITING else []
    own = float(len(days) - 1 - passed)
    return GoalCourse(
        goal_id,
        _work(foretold, looked),
        tuple(one.goal_id for one in before),
        max([own, *(one.true for one in before)]),
        0,
        foretold.is_wide or any(one.is_wide for one in before),
    )


def _work(foretold: Forecast, looked: date) -> GoalWork:
    """Return the work of a forecast, as of today."""
    later = TODAY - looked
    finish = foretold.finish or looked
    return GoalWork(
        begun=None,
        earliest=TODAY,
        days=(finish - looked).days,
        target=None,
        goes_on=True,
        early=foretold.early + later if foretold.early else None,
        late=foretold.late + later if foretold.late else None,
    )


def _judged(goals: Sequence[GoalCourse]) -> Iterator[EndOutcome]:
    slips = Slips()
    slips.works = {one.goal_id: one.work for one in goals}
    edges = {one.goal_id: one.waits_for for one in goals}
    slips.run_through(DependencyGraph(edges), edges, TODAY)
    for one in goals:
        slip = slips.of[one.goal_id]
        if slip.early is not None and slip.finish is not None:
            yield EndOutcome(
                one.group,
                (slip.early - TODAY).days,
                (slip.late - TODAY).days if slip.late else None,
                (slip.finish - TODAY).days,
                one.true,
                one.is_wide,
            )


GROUPS: Final = (
    "under way, waits for nobody",
    "under way, and waits",
    "begins after another",
    "second of a chain",
    "third of a chain, or later",
    "begins after two or three others",
)


def waiting(found: Iterable[EndOutcome]) -> list[EndOutcome]:
    """Return the goals that wait for others, where no forecast on the way says it is wide."""
    return [each for each in found if each.group != GROUPS[0] and not each.is_wide]


def report() -> str:
    """Return the section on slip as markdown."""
    found = end_outcomes(HOUSEHOLDS)
    training = waiting(end_outcomes(HOUSEHOLDS, TRAINING))
    chosen_on = f"{100 * share(each.held for each in training):.0f} %"
    rows = [(name, [each for each in found if each.group == name]) for name in GROUPS]
    table = "\n".join(_row(name, each) for name, each in rows)
    return f"""## Ends of goals that wait

*Early* and *late* of a goal that waits for others shall hold the true end in four of five cases,
too. In {HOUSEHOLDS} simulated households two to four goals are under way, of the kinds above; up to
five others begin when those that they wait for end. How far plans are missed differs from
household to household (standard deviation of the logarithm {MISSED[0]} to {MISSED[1]}; assumed).
The spread of planned days in the bounds, {PLANNED_SPREAD}, was chosen on other households (seed
{TRAINING}), on which {chosen_on} of the ends of goals that wait held.
The table shows seed {HELD_OUT}; nothing was changed after it. Goals with a forecast on the way that
says that it is wide are only in the last column.

| goal | held | before early | after late | width | goals | wide ones held |
|---|---:|---:|---:|---:|---:|---:|
{table}
{_row("all that wait", [each for each in found if each.group != GROUPS[0]])}
"""


def _row(name: str, found: Sequence[EndOutcome]) -> str:
    close = [each for each in found if not each.is_wide]
    shares = (
        share(each.held for each in close),
        share(each.true < each.early for each in close),
        share(each.late is not None and each.true > each.late for each in close),
    )
    wide = share(each.held for each in found if each.is_wide)
    parts = [f"{100 * part:.0f} %" for part in shares]
    parts += [f"{median(each.width for each in close):.2f}", str(len(close)), f"{100 * wide:.0f} %"]
    return f"| {name} | " + " | ".join(parts) + " |"
