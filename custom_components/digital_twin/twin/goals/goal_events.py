"""Events of a goal: another status, another pace, completed, a milestone reached."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ..enums import GoalStatus, TwinEnum
from .assessment import GoalAssessment
from .goal import Goal
from .pace import Pace
from .plan import plan_of
from .progress import progress_of


class GoalEventType(TwinEnum):
    """The types of goal events."""

    STATUS_CHANGED = "status_changed"
    COMPLETED = "completed"
    MILESTONE_REACHED = "milestone_reached"
    PACE_CHANGED = "pace_changed"


class GoalEvent(NamedTuple):
    """One event of a goal; details are slugs and names."""

    kind: GoalEventType
    details: Mapping[str, str | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class GoalSnapshot:
    """The facts of which a change is an event.

    `milestones`: the names of the milestones by key.
    `reached`: the keys of the milestones whose progress the goal has.
    """

    status: GoalStatus
    pace: Pace | None
    milestones: Mapping[str, str]
    reached: frozenset[str]


def events_between(
    before: Goal, old: GoalAssessment | None, after: Goal, new: GoalAssessment | None
) -> Iterable[GoalEvent]:
    """Return the events between two revisions of a goal with their assessments."""
    return goal_events(
        goal_snapshot(before, old.pace if old else None),
        goal_snapshot(after, new.pace if new else None),
    )


def goal_snapshot(goal: Goal, pace: Pace | None) -> GoalSnapshot:
    """Return the facts of a goal of which a change is an event."""
    return GoalSnapshot(
        status=goal.status,
        pace=pace,
        milestones={milestone.key: milestone.name for milestone in goal.milestones},
        reached=reached_milestones(goal),
    )


def reached_milestones(goal: Goal) -> frozenset[str]:
    """Return the keys of the milestones whose progress the goal has.

    For a milestone without a progress it is the planned progress on its day; without a plan it
    is not reached.
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
    """Return the events between two moments; an added milestone is not an event."""
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
