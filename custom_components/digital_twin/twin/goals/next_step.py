"""The next step: the goal that a person should work on next, and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from math import fsum
from typing import NamedTuple

from ..enums import TwinEnum
from ..metrics.readiness import RESTED_FROM
from .pace import Pace

# Points of a goal, and the most that each part of them can be.
MOST_NEEDED = 25.0
MOST_LATE = 30
WAITING_POINTS = 15
MOST_WAITING = 45
TIRED_POINTS = -40
# Most urgent first.
LATE_PACES = (Pace.OVERDUE, Pace.AT_RISK, Pace.STALLED, Pace.BEHIND)
NO_WORK = (Pace.ACHIEVED, Pace.PAUSED, Pace.NOT_STARTED, Pace.BLOCKED)


@dataclass(frozen=True, kw_only=True, slots=True)
class StepCandidate:
    """A goal that a person could work on today.

    `needed`: percentage points per week. `late`: the days behind the plan or past the target date.
    `waiting`: how many open goals it blocks. `is_physical`: it follows a metric of activity.
    `is_measured`: its progress is known.
    """

    goal_id: str
    code: str
    target: date | None
    pace: Pace | None
    needed: float | None
    late: int
    waiting: int
    is_physical: bool = False
    is_measured: bool = True


class StepReason(TwinEnum):
    """Why a goal is the next step; see `next_steps`."""

    REST = "rest"
    UNBLOCKS = "unblocks"
    OVERDUE = "overdue"
    STALLED = "stalled"
    BEHIND = "behind"
    MEASURE = "measure"
    PLANNED = "planned"


class NextStep(NamedTuple):
    """A goal to work on, with the reason and the points of each part of the ranking."""

    goal_id: str
    reason: StepReason
    points: Mapping[str, float]


def next_steps(candidates: Iterable[StepCandidate], readiness: int | None) -> list[NextStep]:
    """Return the candidates that can be worked on, the one with the most points first.

    Points are the percentage points needed per week (25 at most), the days late of a goal that is
    behind, at risk, stalled or overdue (30 at most), 15 for each goal that waits for it (45 at
    most), and -40 for a physical goal with a readiness below 50. Equal points are decided by the
    target date, the code and the id. docs/briefing.md has a table of worked cases.
    """
    is_tired = readiness is not None and readiness < RESTED_FROM
    pointed = [
        (each, _step_points(each, is_tired=is_tired))
        for each in candidates
        if each.pace not in NO_WORK
    ]
    ranked = sorted(pointed, key=_step_rank)
    return [NextStep(each.goal_id, _step_reason(each, points), points) for each, points in ranked]


def _step_points(each: StepCandidate, *, is_tired: bool) -> dict[str, float]:
    return {
        "needed": round(min(MOST_NEEDED, max(0.0, each.needed or 0.0)), 1),
        "late": min(MOST_LATE, max(0, each.late)) if each.pace in LATE_PACES else 0,
        "unblocks": min(MOST_WAITING, WAITING_POINTS * each.waiting),
        "rest": TIRED_POINTS if is_tired and each.is_physical else 0,
    }


def _step_rank(
    ranked: tuple[StepCandidate, Mapping[str, float]],
) -> tuple[float, date, str, str]:
    each, points = ranked
    return -fsum(points.values()), each.target or date.max, each.code.casefold(), each.goal_id


def _step_reason(each: StepCandidate, points: Mapping[str, float]) -> StepReason:
    if points["rest"]:
        return StepReason.REST
    if points["unblocks"] > max(points["late"], points["needed"]):
        return StepReason.UNBLOCKS
    if each.pace in LATE_PACES:
        is_event = each.pace in (Pace.OVERDUE, Pace.STALLED)
        return StepReason.parse(each.pace.slug) if is_event else StepReason.BEHIND
    is_measured = each.is_measured and each.pace is not Pace.UNRELIABLE
    return StepReason.PLANNED if is_measured else StepReason.MEASURE
