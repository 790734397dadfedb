"""The assessment of a goal: plan, pace, forecast, blockers and late dependencies."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Final, NamedTuple

from ..catalogue import CATALOGUE, Metric
from ..enums import GoalStatus, ItemState, KeyResultKind, TwinEnum
from ..records.limits import (
    DAY,
    NUMBER,
    TEXT,
    TRUTH,
    UUID,
    Limits,
    list_of,
    object_of,
    one_of,
    or_null,
)
from ..values import PlainJson
from .forecast import Forecast, ForecastState, forecast
from .goal import Goal, goal_plan, planned_alike, progress_of
from .lineage import SILENT_SOURCE, SilentSource, silent_sources
from .pace import Pace, Reason, Situation, compare_with_plan, judge, needed_per_week
from .pauses import NO_PAUSES, Pauses, days_held, joined, postponed
from .plan import COMPLETE, MILESTONE, ROADMAP, Milestone, Plan, milestone_document, next_milestone
from .progress import last_change, rhythm
from .references import DependencyGraph

NO_DAYS: Final[Mapping[str, date]] = MappingProxyType({})


class LateDependency(NamedTuple):
    """A dependency whose forecast is too late.

    `target` is the target date that `finish` lies after: the dependency's own, else that of the
    goal that waits for it.
    """

    goal_id: str
    finish: date
    target: date
    own_target: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class GoalAssessment:
    """The derived facts of one goal for one day.

    `progress` and `planned` are in percent, `needed_per_week` in percentage points, and
    `slack_days` is below zero for a goal that is behind its plan. `silent` are the key results of
    an open goal without new values: pace and forecast do not know what has become of them.
    `unheard`: see `silent_sources`.
    """

    plan: Plan | None
    progress: float | None
    planned: float | None
    pace: Pace | None
    reason: Reason
    slack_days: int | None
    needed_per_week: float | None
    forecast: Forecast
    next_milestone: Milestone | None
    blocked_by: tuple[str, ...]
    late_dependencies: tuple[LateDependency, ...] = ()
    silent: tuple[SilentSource, ...] = ()
    unheard: Mapping[str, date] = NO_DAYS
    pauses: Pauses = NO_PAUSES


def forecast_of(goal: Goal, today: date, pauses: Pauses = NO_PAUSES) -> Forecast:
    """Forecast when a goal will be finished; an archived goal gets no date.

    `pauses` are those of the owner: their days are left out, and those to come are added.
    """
    foretold = unpaused_forecast(goal, today, pauses)
    return postponed(foretold, joined(goal.holds, pauses.plans), today)


def unpaused_forecast(goal: Goal, today: date, pauses: Pauses) -> Forecast:
    """Forecast when a goal would be finished if its plan never stood still from today on."""
    progress = progress_of(goal)
    if goal.status is GoalStatus.ARCHIVED and not goal.completed_on:
        progress = None
    return forecast(goal.progress_history, progress, today, joined(goal.holds, pauses.plans))


def assess_goal(
    goal: Goal,
    goals: Mapping[str, Goal],
    graph: DependencyGraph,
    forecasts: Mapping[str, Forecast],
    today: date,
    *,
    earlier: tuple[Goal, GoalAssessment] | None = None,
    catalogue: Mapping[str, Metric] = CATALOGUE,
    unheard: Mapping[str, date] = NO_DAYS,
    pauses: Pauses = NO_PAUSES,
) -> GoalAssessment:
    """Assess one goal.

    `forecasts` has those of the goal and of the goals that it depends on; `today` is the day at
    the household. `earlier` is a revision of the goal with its assessment: its plan is still the
    plan where nothing that it is made of has changed. `unheard`: see `silent_sources`; `pauses` are
    those of the owner.
    """
    progress = progress_of(goal)
    same = earlier if earlier and planned_alike(earlier[0], goal) else None
    known = same[1] if same and same[1].pauses.plans == pauses.plans else None
    plan = known.plan if known else goal_plan(goal, pauses.plans)
    changed = _unchanged_since(goal, today)
    blocked_by = graph.blockers(goal.goal_id, frozenset(_done(goal.goal_id, goals, graph)))
    silent = silent_sources(goal, today, catalogue, unheard) if is_open(goal) else ()
    situation = Situation(
        status=goal.status,
        progress=progress,
        plan=plan,
        start=goal.start_date,
        target=goal.target_date,
        completed_on=goal.completed_on,
        changed=changed,
        blockers=tuple(goals[key].goal_code for key in blocked_by),
        rhythm=rhythm(goal.progress_history),
        excused=days_held(joined(pauses.stalled), changed, today) if changed else 0,
        open_key_results=any(
            each.weight and each.current is not None and each.progress is None
            for each in goal.progress_metrics
        ),
        silent=[each.name for each in silent],
        silent_since=min((each.since for each in silent), default=None),
    )
    compared = compare_with_plan(situation, today)
    pace, reason, slack = judge(situation, compared, today)
    planned = compared.planned if compared else plan.at(today) if plan else None
    return GoalAssessment(
        plan=plan,
        progress=progress,
        planned=None if planned is None else round(planned, 4),
        pace=pace,
        reason=reason,
        slack_days=slack,
        needed_per_week=(
            needed_per_week(plan, compared.progress, today)
            if plan is not None and compared is not None and slack is not None
            else None
        ),
        forecast=forecasts[goal.goal_id],
        next_milestone=next_milestone(goal.milestones, today),
        blocked_by=blocked_by,
        late_dependencies=tuple(_late(goal, goals, graph, forecasts)),
        silent=silent,
        unheard=unheard,
        pauses=pauses,
    )


class NeededAmount(NamedTuple):
    """What is needed per week of the only key result of a goal, in its own unit.

    `unit` is None for the items of a checklist.
    """

    amount: float
    unit: str | None


def needed_amount(goal: Goal, assessment: GoalAssessment) -> NeededAmount | None:
    """Return what is needed per week in the unit of the goal's key result.

    None where nothing is needed, there are several key results, or the one has no unit.
    """
    known = [each for each in goal.progress_metrics if each.weight and each.progress is not None]
    left = COMPLETE - (assessment.progress or 0.0)
    if len(known) != 1 or not assessment.needed_per_week or left <= 0:
        return None
    share = assessment.needed_per_week / left
    (one,) = known
    if one.kind is KeyResultKind.CHECKLIST:
        return NeededAmount(share * len(one.items) * left / COMPLETE, None)
    numbers = one.target, one.current
    if one.kind not in (KeyResultKind.REACH, KeyResultKind.ACCUMULATE) or one.unit is None:
        return None
    target, current = (each if isinstance(each, int | float) else 0.0 for each in numbers)
    return NeededAmount(share * abs(target - current), one.unit)


def values_without_start(goal: Goal) -> tuple[str, ...]:
    """Return the names of the key results that have a value but no start value to compare with."""
    return tuple(
        each.name
        for each in goal.progress_metrics
        if each.current is not None and each.progress is None
    )


def is_open(goal: Goal) -> bool:
    """Return whether a goal is neither Completed nor Archived."""
    return goal.status not in (GoalStatus.COMPLETED, GoalStatus.ARCHIVED)


ASSESSMENT_PARTS: Final[Mapping[str, Limits]] = MappingProxyType(
    {
        "progress": or_null(NUMBER),
        "planned_progress": or_null(NUMBER),
        "pace": one_of(Pace, nullable=True),
        "pace_reason": Limits(type="object", parts={"key": TEXT}, required=("key",), others=TEXT),
        "slack_days": or_null(NUMBER),
        "needed_per_week": or_null(NUMBER),
        "forecast": object_of(
            state=one_of(ForecastState),
            **dict.fromkeys(("finish", "early", "late"), or_null(DAY)),
            per_week=or_null(NUMBER),
            wide=TRUTH,
        ),
        "next_milestone": or_null(replace(MILESTONE, required=("key", "name", "date"))),
        "blocked_by": list_of(UUID),
        "late_dependencies": list_of(
            object_of(goal_id=UUID, finish=DAY, target=DAY, own_target=TRUTH)
        ),
        "silent_sources": list_of(SILENT_SOURCE),
    }
)


def assessment_document(assessment: GoalAssessment) -> dict[str, PlainJson]:
    """Return an assessment as part of the document of its goal."""
    milestone = assessment.next_milestone
    return {
        "progress": assessment.progress,
        "planned_progress": assessment.planned,
        "pace": assessment.pace.value if assessment.pace else None,
        "pace_reason": {"key": assessment.reason.key, **assessment.reason.placeholders},
        "slack_days": assessment.slack_days,
        "needed_per_week": assessment.needed_per_week,
        "forecast": forecast_document(assessment.forecast),
        "next_milestone": milestone_document(milestone) if milestone else None,
        "blocked_by": list(assessment.blocked_by),
        "late_dependencies": [
            {
                "goal_id": late.goal_id,
                "finish": late.finish.isoformat(),
                "target": late.target.isoformat(),
                "own_target": late.own_target,
            }
            for late in assessment.late_dependencies
        ],
        "silent_sources": [
            {**each._asdict(), "since": each.since.isoformat()} for each in assessment.silent
        ],
    }


def forecast_document(foretold: Forecast) -> dict[str, PlainJson]:
    """Return a forecast as part of documents."""
    days = {"finish": foretold.finish, "early": foretold.early, "late": foretold.late}
    return {
        "state": foretold.state.value,
        **{name: day.isoformat() if day else None for name, day in days.items()},
        "per_week": foretold.per_week,
        "wide": foretold.is_wide,
    }


def _unchanged_since(goal: Goal, today: date) -> date | None:
    """Return the day of the last change of the progress, but not before the goal was active."""
    changed = last_change(goal.progress_history)
    if changed is None:
        return None
    begun = goal.start_date if goal.start_date and goal.start_date <= today else changed
    return max(changed, begun, goal.active_since or changed)


def _done(goal_id: str, goals: Mapping[str, Goal], graph: DependencyGraph) -> Iterable[str]:
    """Return the dependencies that are Completed, or were before they were archived."""
    return (
        key
        for key in graph.dependencies(goal_id)
        if goals[key].status is GoalStatus.COMPLETED or goals[key].completed_on
    )


def _late(
    goal: Goal, goals: Mapping[str, Goal], graph: DependencyGraph, forecasts: Mapping[str, Forecast]
) -> Iterable[LateDependency]:
    if not is_open(goal):
        return
    for key in graph.dependencies(goal.goal_id):
        finish = forecasts[key].finish
        if forecasts[key].state is not ForecastState.FINISH or finish is None:
            continue
        for target, own in ((goals[key].target_date, True), (goal.target_date, False)):
            if target is not None and finish > target:
                yield LateDependency(key, finish, target, own)
                break


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
        goal_snapshot(before, old.pace if old else None, old.pauses if old else NO_PAUSES),
        goal_snapshot(after, new.pace if new else None, new.pauses if new else NO_PAUSES),
    )


def goal_snapshot(goal: Goal, pace: Pace | None, pauses: Pauses = NO_PAUSES) -> GoalSnapshot:
    """Return the facts of a goal of which a change is an event."""
    return GoalSnapshot(
        status=goal.status,
        pace=pace,
        milestones={milestone.key: milestone.name for milestone in goal.milestones},
        reached=reached_milestones(goal, pauses),
    )


def reached_milestones(goal: Goal, pauses: Pauses = NO_PAUSES) -> frozenset[str]:
    """Return the keys of the milestones that the goal has reached.

    A milestone with steps of a roadmap is reached when all of them are done. Its steps are those
    that are due by its day and after the milestone before it: key figures and the Definition of
    Done, which also count in the progress of the goal, make it neither earlier nor later. Any
    other wants its progress, or without one the planned progress on its day; without a plan it
    is not reached. A goal at 100 % has reached them all.
    """
    if not goal.milestones:
        return frozenset()
    progress, plan = progress_of(goal), goal_plan(goal, pauses.plans)
    days = [milestone.date for milestone in goal.milestones]
    steps = [item for each in goal.progress_metrics if each.key == ROADMAP for item in each.items]
    reached: set[str] = set()
    for milestone in goal.milestones:
        at = bisect_left(days, milestone.date)
        after = days[at - 1] if at else date.min
        own = [item for item in steps if item.due and after < item.due <= milestone.date]
        part = (
            plan.at(milestone.date) if milestone.progress is None and plan else milestone.progress
        )
        part = COMPLETE if own else part
        is_far = progress is not None and part is not None and progress >= part
        if is_far or (own and all(item.state is ItemState.DONE for item in own)):
            reached.add(milestone.key)
    return frozenset(reached)


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
