"""What if: the goals of a household as they would be after changes to a copy.

Nothing is written. A supposed pace of a key result decides the day on which that one would end; a
goal ends with the last of its key results, of which the others take as long as its forecast says.
The bounds are as wide, for their distance, as those of the forecast, or without one of planned
days.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from math import ceil, exp
from types import MappingProxyType
from typing import Final, NamedTuple, TypeGuard

from ..catalogue import Metric
from ..enums import GoalStatus, KeyResultKind
from ..errors import fault, refuse
from ..records.fields import Context, FaultCollector
from ..records.limits import DAY, TEXT, TRUTH, UUID, Limits, object_of, one_of, or_null
from ..records.naming import position_of
from ..records.parsers import amount
from ..records.revisions import change
from ..values import PlainJson
from .assessment import (
    ASSESSMENT_PARTS,
    GoalAssessment,
    assess_goal,
    assessment_document,
    unpaused_forecast,
)
from .forecast import HORIZON, REACH, Forecast, ForecastState
from .goal import GOAL, Goal, measured
from .key_results import ADDABLE, KeyResult
from .pauses import Pauses, joined, postponed
from .plan import COMPLETE
from .progress import update_value
from .references import DependencyGraph
from .slip import SLIP_PARTS, Slips, household_path, slip_document
from .suppositions import KEY_RESULTS, SupposedGoal, SupposedKeyResult
from .work import PLANNED_SPREAD, SHORTEST

WEEK: Final = 7


class GoalsOfDay(NamedTuple):
    """The goals of a household on a day, with what is derived of them."""

    goals: Mapping[str, Goal]
    assessments: Mapping[str, GoalAssessment]
    graph: DependencyGraph
    slips: Slips
    today: date


class GoalDifference(NamedTuple):
    """The parts of a goal that would differ, each before and after; null where it is dropped."""

    goal: Goal
    dropped: bool
    parts: Mapping[str, tuple[PlainJson, PlainJson]]


class Simulation(NamedTuple):
    """What would be different of the goals, and the critical path of all before and after."""

    goals: tuple[GoalDifference, ...]
    path_before: tuple[str, ...]
    path_after: tuple[str, ...]


def simulate(
    known: GoalsOfDay,
    supposed: Iterable[SupposedGoal],
    context: Context,
    pauses: Mapping[str, Pauses] = MappingProxyType({}),
) -> Simulation:
    """Return what would be different; goals are named by their ids.

    `pauses` are those of the goals whose owners are supposed to be in other contexts.

    Raises `TwinError` with every fault, at the path where it was supposed: what the table of
    fields refuses, `wrong_kind` and `not_an_option` of a key result, and `no_known_progress` where
    the pace of one means nothing.
    """
    goals, paces = {**known.goals}, dict[str, dict[str, float | None]]()
    dropped, collector = set[str](), FaultCollector()
    for each in supposed:
        read = partial(_supposed, goals[each.goal], each, known, context)
        none = dict[str, float | None]()
        goals[each.goal], days = collector.take(each.path, read, (goals[each.goal], none))
        paces.setdefault(each.goal, {}).update(days)
        if each.dropped:
            dropped.add(each.goal)
    collector.raise_faults()
    for key in dropped:
        del goals[key]
    foretold = {
        key: postponed(
            _with_paces(goal, _unpaused(known, goal, own), paces.get(key, {}), known.today),
            joined(goal.holds, own.plans),
            known.today,
        )
        for key in {**paces, **pauses}
        for own in (pauses.get(key, known.assessments[key].pauses),)
        if (goal := goals.get(key) or known.goals[key])
    }
    after = _worked_out(known, goals, foretold, pauses, context.catalogue)
    slips_changed = {
        key
        for key in {*known.slips.of, *after.slips.of}
        if known.slips.of.get(key) is not after.slips.of.get(key)
    }
    differences = [
        GoalDifference(known.goals[key], key in dropped, parts)
        for key in {*foretold, *after.assessments, *slips_changed}
        if (parts := _differences(known, after, key))
    ]
    differences.sort(key=lambda each: (each.goal.goal_code.casefold(), each.goal.goal_id))
    return Simulation(
        tuple(differences),
        household_path(known.slips.of, known.goals),
        household_path(after.slips.of, goals),
    )


def _unpaused(known: GoalsOfDay, goal: Goal, pauses: Pauses) -> Forecast:
    """Return the forecast of a goal without the pauses that are to come.

    Where only these differ, it is known already: a thousand forecasts take long.
    """
    today, found = known.today, known.assessments[goal.goal_id]
    past = (
        tuple(hold for hold in each.plans if hold.since <= today) for each in (pauses, found.pauses)
    )
    is_held = any(
        hold.until is not None and hold.until > today for hold in (*goal.holds, *found.pauses.plans)
    )
    if goal is known.goals[goal.goal_id] and len({*past}) == 1 and not is_held:
        return found.forecast
    return unpaused_forecast(goal, today, pauses)


def _worked_out(
    known: GoalsOfDay,
    goals: Mapping[str, Goal],
    foretold: Mapping[str, Forecast],
    pauses: Mapping[str, Pauses],
    catalogue: Mapping[str, Metric],
) -> GoalsOfDay:
    """Return the goals after changes of some; only assessments that may have changed are there."""
    graph = known.graph
    if any(
        key not in goals or goals[key].dependencies != known.goals[key].dependencies
        for key in foretold
    ):
        graph = DependencyGraph({key: goal.dependencies for key, goal in goals.items()})
    due = {*foretold}
    if graph is not known.graph:
        due.update(key for key in goals if graph.cycle(key) != known.graph.cycle(key))
    for key in foretold:
        due.update(known.graph.dependents(key), graph.dependents(key))
    forecasts = {key: found.forecast for key, found in known.assessments.items()}
    forecasts |= {**foretold}
    assessments = {
        key: assess_goal(
            goals[key],
            goals,
            graph,
            forecasts,
            known.today,
            catalogue=catalogue,
            unheard=known.assessments[key].unheard,
            pauses=pauses.get(key, known.assessments[key].pauses),
        )
        for key in due
        if key in goals
    }
    slips = Slips(known.slips)
    slips.update(graph, goals, assessments, due, known.today)
    return GoalsOfDay(goals, assessments, graph, slips, known.today)


def _supposed(
    goal: Goal, supposed: SupposedGoal, known: GoalsOfDay, context: Context
) -> tuple[Goal, dict[str, float | None]]:
    """Return a goal after what is supposed of it, with the days that key results then take."""
    collector, days = FaultCollector(), dict[str, float | None]()
    after = collector.take("", partial(change, GOAL, goal, supposed.patch, context), goal)
    for index, each in enumerate(supposed.key_results):
        within = f"{KEY_RESULTS}[{index}]"
        at = collector.take(f"{within}.key_result", partial(_position, after, each), None)
        if at is None:
            continue
        one = after.progress_metrics[at]
        if each.per_week is None and each.by is None:
            set_value = partial(_with_value, after, at, each, context)
            after = collector.take(within, set_value, after)
        else:
            read = partial(_days_left, after, one, each, known.today)
            days[one.key] = collector.take(within, read, None)
    missing = [key for key in after.dependencies if key not in known.goals]
    for key in missing:
        collector.add(fault("not_found", "dependencies", value=key))
    collector.raise_faults()
    return after, days


def _position(goal: Goal, supposed: SupposedKeyResult) -> int:
    named = [(each.key, each.name) for each in goal.progress_metrics]
    at = position_of(supposed.key_result, named)
    if at is None:
        allowed = [key for key, _ in named] or ("-",)
        raise refuse("not_an_option", "", value=supposed.key_result, allowed=allowed)
    return at


def _with_value(goal: Goal, at: int, supposed: SupposedKeyResult, context: Context) -> Goal:
    before = goal.progress_metrics
    moment = max([context.now, *(each.measured_at for each in before if each.measured_at)])
    after = update_value(before[at], supposed.value, measured_at=moment)
    return measured(goal, (*before[:at], after, *before[at + 1 :]), context)


def _days_left(
    goal: Goal, one: KeyResult, supposed: SupposedKeyResult, today: date
) -> float | None:
    """Return the days from today until a key result reaches its target; None where it never does.

    A pace begins with the goal. Raises `TwinError`: `wrong_kind`, `wrong_type`,
    `no_known_progress`.
    """
    is_list = one.kind is KeyResultKind.CHECKLIST
    allowed = ADDABLE if supposed.by else (*ADDABLE, KeyResultKind.CHECKLIST)
    if one.kind not in allowed:
        name = "value" if supposed.by else "per_week"
        raise refuse("wrong_kind", name, value=one.kind, allowed=allowed)
    numbers = one.target, one.current
    if one.progress is None or (not is_list and not all(map(_is_number, numbers))):
        raise refuse("no_known_progress", "key_result", value=one.name)
    left, begins = 1 - one.progress, _begin(goal, today)
    if not left:
        return 0.0
    if supposed.by is not None:
        collector = FaultCollector()
        current = collector.take("value", partial(amount, supposed.value), 0.0)
        collector.raise_faults()
        gained = (replace(one, current=current).progress or 0.0) - one.progress
        begins = begins if begins < supposed.by else today
        days = (supposed.by - begins).days * left / gained if gained > 0 else None
        return None if days is None else (begins - today).days + days
    target, current = (float(each) if _is_number(each) else 0.0 for each in numbers)
    size = left * len(one.items) if is_list else abs(target - current)
    if not supposed.per_week:
        return None
    return (begins - today).days + WEEK * size / supposed.per_week


def _begin(goal: Goal, today: date) -> date:
    return max(today, goal.start_date or today)


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _with_paces(
    goal: Goal, foretold: Forecast, days: Mapping[str, float | None], today: date
) -> Forecast:
    """Return the forecast of a goal some of whose key results take so many days."""
    progress = goal.progress
    if not days or progress is None or foretold.state is ForecastState.FINISHED:
        return foretold
    others = [
        each
        for each in goal.progress_metrics
        if each.weight and each.progress is not None and each.progress < 1 and each.key not in days
    ]
    if others and foretold.finish is None:
        return foretold
    begins = _begin(goal, today)
    ahead = (begins - today).days
    least = (foretold.finish - today).days if others and foretold.finish else 0
    known = [each for each in days.values() if each is not None]
    if len(known) < len(days):
        return Forecast(state=ForecastState.NOT_AT_THIS_PACE, per_week=0.0)
    middle = max(SHORTEST, max(least, *known) - ahead)
    per_week = round(WEEK * (COMPLETE - progress) / middle, 4)
    if middle + ahead > HORIZON:
        return Forecast(state=ForecastState.TOO_FAR, per_week=per_week)
    sooner, later = _spreads(foretold, today)
    late = middle * later
    return Forecast(
        state=ForecastState.FINISH,
        finish=_day(begins, middle),
        early=_day(begins, middle / sooner),
        late=None if late + ahead > HORIZON else _day(begins, late),
        per_week=per_week,
        is_wide=foretold.is_wide,
    )


def _spreads(foretold: Forecast, today: date) -> tuple[float, float]:
    """Return how many times sooner and later than at its finish a goal may end by its bounds."""
    if foretold.finish is None or foretold.early is None or foretold.late is None:
        spread = exp(REACH * PLANNED_SPREAD)
        return spread, spread
    early, middle, late = (
        max(SHORTEST, (day - today).days)
        for day in (foretold.early, foretold.finish, foretold.late)
    )
    return middle / early, late / middle


def _day(begins: date, days: float) -> date:
    # 1e-6 absorbs float rounding.
    return begins + timedelta(days=max(0, ceil(days - 1e-6)))


PARTS: Final[Mapping[str, Limits]] = MappingProxyType(
    {
        "status": one_of(GoalStatus, nullable=True),
        "start_date": or_null(DAY),
        "target_date": or_null(DAY),
        **{
            name: ASSESSMENT_PARTS[name]
            for name in (
                "progress",
                "planned_progress",
                "pace",
                "slack_days",
                "needed_per_week",
                "forecast",
                "blocked_by",
            )
        },
        **SLIP_PARTS,
    }
)


def _parts_of(goals: GoalsOfDay, key: str, found: GoalAssessment | None) -> dict[str, PlainJson]:
    goal = goals.goals.get(key)
    if goal is None or found is None:
        return dict.fromkeys(PARTS)
    document = assessment_document(found) | {
        "status": goal.status.value,
        "start_date": goal.start_date.isoformat() if goal.start_date else None,
        "target_date": goal.target_date.isoformat() if goal.target_date else None,
        "slip": slip_document(goals.slips.of.get(key)),
    }
    return {name: document[name] for name in PARTS}


def _differences(
    known: GoalsOfDay, after: GoalsOfDay, key: str
) -> dict[str, tuple[PlainJson, PlainJson]]:
    present = known.assessments.get(key)
    old = _parts_of(known, key, present)
    new = _parts_of(after, key, after.assessments.get(key, present))
    return {name: (old[name], new[name]) for name in PARTS if old[name] != new[name]}


SIMULATED_GOAL: Final = object_of(
    goal_id=UUID,
    goal_code=TEXT,
    name=TEXT,
    dropped=TRUTH,
    changes=Limits(
        type="object",
        parts={
            name: object_of(before=or_null(part), after=or_null(part))
            for name, part in PARTS.items()
        },
    ),
)


def difference_document(found: GoalDifference) -> dict[str, PlainJson]:
    """Return the difference of a goal as part of documents."""
    goal = found.goal
    return {
        "goal_id": goal.goal_id,
        "goal_code": goal.goal_code,
        "name": goal.name,
        "dropped": found.dropped,
        "changes": {
            name: {"before": before, "after": after}
            for name, (before, after) in found.parts.items()
        },
    }
