"""What happens to a goal: another status, another pace, completed, a milestone reached."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ..enums import GoalStatus, TwinEnum
from .goal import Goal
from .pace import Pace
from .plan import plan_of
from .progress import progress_of


class GoalEventType(TwinEnum):
    """What can happen to a goal."""

    STATUS_CHANGED = "status_changed"
    COMPLETED = "completed"
    MILESTONE_REACHED = "milestone_reached"
    PACE_CHANGED = "pace_changed"


class GoalEvent(NamedTuple):
    """Something that happened, with small details: slugs and names."""

    kind: GoalEventType
    details: Mapping[str, str | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class GoalSnapshot:
    """What of a goal can change so that something happens.

    `milestones` are the names of the milestones by key, `reached` the keys of those that the
    progress has reached.
    """

    status: GoalStatus
    pace: Pace | None
    milestones: Mapping[str, str]
    reached: frozenset[str]


def goal_snapshot(goal: Goal, pace: Pace | None) -> GoalSnapshot:
    """Keep of a goal what is to be compared later."""
    return GoalSnapshot(
        status=goal.status,
        pace=pace,
        milestones={milestone.key: milestone.name for milestone in goal.milestones},
        reached=reached_milestones(goal),
    )


def reached_milestones(goal: Goal) -> frozenset[str]:
    """Return the keys of the milestones whose progress the goal has.

    A milestone that names no progress wants what the plan wants by its day; without a plan it
    cannot be told.
    """
    progress = progress_of(goal)
    if progress is None:
        return frozenset()
    plan = plan_of(goal.start_date, goal.target_date, goal.milestones, goal.progress_history)
    wanted = {
        milestone.key: plan.at(milestone.date)
        if milestone.progress is None and plan
        else milestone.progress
        for milestone in goal.milestones
    }
    return frozenset(key for key, part in wanted.items() if part is not None and progress >= part)


def goal_events(before: GoalSnapshot, after: GoalSnapshot) -> Iterable[GoalEvent]:
    """Return what happened between two moments; a milestone that was added is no news."""
    if before.status is not after.status:
        change = {"from": before.status.slug, "to": after.status.slug}
        yield GoalEvent(GoalEventType.STATUS_CHANGED, change)
        if after.status is GoalStatus.COMPLETED:
            yield GoalEvent(GoalEventType.COMPLETED, {})
    for key, name in after.milestones.items():
        if key in after.reached - before.reached and key in before.milestones:
            yield GoalEvent(GoalEventType.MILESTONE_REACHED, {"milestone": name})
    if before.pace is not after.pace:
        paces = {"from": _slug(before.pace), "to": _slug(after.pace)}
        yield GoalEvent(GoalEventType.PACE_CHANGED, paces)


def _slug(pace: Pace | None) -> str | None:
    return pace.slug if pace else None
