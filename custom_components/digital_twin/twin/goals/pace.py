"""The pace of a goal: its progress compared with its plan.

    pace          condition (the first that is true)
    achieved      the goal is Completed, or at 100 %
    paused        it is On Hold
    not_started   it is in Planning, or its start lies ahead
    overdue       its target date has passed
    blocked       a goal that it depends on is not Completed
    stalled       its progress has not changed for 14 active days
    ahead         progress / plan is above 1.05
    on_track      ... at least 0.95, or the plan is below 1 %
    behind        ... at least 0.75
    at_risk       ... less

Worked example: from 1 January to 11 April 2026 are 100 days. On 10 February, day 40, the plan is
at 40 %. A goal at 32 % has a ratio of 0.80: it is behind. The plan was at 32 % on 2 February, so
its slack is -8 days; the 68 % that are left in 60 days need 7.93 points per week.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import inf

from ..enums import GoalStatus, TwinEnum
from ..errors import shown
from .plan import COMPLETE, Plan

STALLED_AFTER = timedelta(days=14)
AHEAD = 1.05
ON_TRACK = 0.95
BEHIND = 0.75
# Below this plan (%) a goal is never behind: the ratio of so small numbers has no meaning.
FIRST_DEMAND = 1.0
# Tolerance for float rounding of ratios at a limit.
ROUNDING = 1e-9


class Pace(TwinEnum):
    """The paces; see the table of this module."""

    ACHIEVED = "achieved"
    AHEAD = "ahead"
    ON_TRACK = "on_track"
    BEHIND = "behind"
    AT_RISK = "at_risk"
    STALLED = "stalled"
    OVERDUE = "overdue"
    BLOCKED = "blocked"
    PAUSED = "paused"
    NOT_STARTED = "not_started"


@dataclass(frozen=True, slots=True)
class Reason:
    """The reason of a pace: a translation key with its placeholders."""

    key: str
    placeholders: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Situation:
    """The facts from which a pace is derived.

    `progress`: in percent. `changed`: the day of its last change, not before the goal was started
    or resumed. `blockers`: the codes of the goals that must be completed first.
    """

    status: GoalStatus
    progress: float | None
    plan: Plan | None
    start: date | None = None
    target: date | None = None
    completed_on: date | None = None
    changed: date | None = None
    blockers: Sequence[str] = ()


type Verdict = tuple[Pace | None, Reason]


def judge_pace(situation: Situation, today: date) -> Verdict:
    """Return the pace of a goal and its reason; None without a progress or a plan."""
    return (
        _by_status(situation, today) or _by_events(situation, today) or _by_plan(situation, today)
    )


def slack_days(plan: Plan, progress: float, today: date) -> int:
    """Return by how many days the progress is ahead of (or, below zero, behind) the plan."""
    return (plan.day_of(progress) - today).days


def needed_per_week(plan: Plan, progress: float, today: date) -> float | None:
    """Return the percentage points per week that reach 100 % by the target date.

    None once the target date has passed. The last day counts as a day.
    """
    if today > plan.target:
        return None
    from_day = max(today, plan.start)
    days = max(1, (plan.target - from_day).days)
    return round(7 * (COMPLETE - progress) / days, 4)


def _by_status(situation: Situation, today: date) -> Verdict | None:
    match situation.status:
        case GoalStatus.ACTIVE:
            return _before_the_plan(situation, today)
        case GoalStatus.ON_HOLD:
            return Pace.PAUSED, _reason("paused")
        case GoalStatus.PLANNING:
            return Pace.NOT_STARTED, _reason("planning")
    if situation.status is GoalStatus.ARCHIVED and not situation.completed_on:
        return None, _reason("archived")
    return Pace.ACHIEVED, _reason("completed", day=situation.completed_on or "")


def _before_the_plan(situation: Situation, today: date) -> Verdict | None:
    if situation.progress is not None and situation.progress >= COMPLETE:
        return Pace.ACHIEVED, _reason("reached", progress=_percent(situation.progress))
    if situation.start is not None and situation.start > today:
        return Pace.NOT_STARTED, _reason("starts_later", start=situation.start)
    return None


def _by_events(situation: Situation, today: date) -> Verdict | None:
    target = situation.target or (situation.plan.target if situation.plan else None)
    if target is not None and target < today:
        return Pace.OVERDUE, _reason("overdue", target=target, days=(today - target).days)
    if situation.blockers:
        return Pace.BLOCKED, _reason("blocked", goals=situation.blockers)
    if situation.changed is not None and today - situation.changed >= STALLED_AFTER:
        days = (today - situation.changed).days
        return Pace.STALLED, _reason("stalled", since=situation.changed, days=days)
    return None


def _by_plan(situation: Situation, today: date) -> Verdict:
    if situation.progress is None:
        return None, _reason("no_progress")
    if situation.plan is None:
        return None, _reason("no_plan")
    planned = situation.plan.at(today)
    pace = _compared(situation.progress, planned)
    return pace, _reason(
        pace.slug,
        progress=_percent(situation.progress),
        planned=_percent(planned),
        days=abs(slack_days(situation.plan, situation.progress, today)),
    )


def _compared(progress: float, planned: float) -> Pace:
    ratio = (progress / planned if planned else inf if progress else 1.0) + ROUNDING
    if ratio > AHEAD + 2 * ROUNDING:
        return Pace.AHEAD
    if ratio >= ON_TRACK or planned < FIRST_DEMAND:
        return Pace.ON_TRACK
    return Pace.BEHIND if ratio >= BEHIND else Pace.AT_RISK


def _percent(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _reason(key: str, **placeholders: object) -> Reason:
    return Reason(key, {name: shown(value) for name, value in placeholders.items()})
