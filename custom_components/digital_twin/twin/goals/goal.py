"""The Goal twin: the record of one goal."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import count
from math import fsum
from typing import Any, NamedTuple

from ..enums import GoalStatus, TwinEnum
from ..errors import Fault, fault
from ..records.fields import Context, Field, Kind, table
from ..records.limits import limited, list_limits, with_null
from ..records.parsers import code, day, kept, link, option, text, twin_id, twin_ids
from ..records.revisions import touch
from ..values import PlainJson, iso
from .key_result_parts import parse_days, with_days_done
from .key_results import (
    KEY_RESULT,
    MAX_KEY_RESULTS,
    KeyResult,
    parse_key_results,
    render_key_results,
)
from .pauses import joined
from .plan import (
    MAX_HOLDS,
    Hold,
    Milestone,
    Plan,
    parse_holds,
    parse_milestones,
    plan_of,
    render_holds,
    render_milestones,
)
from .progress import (
    History,
    chronicle,
    completion,
    goal_progress,
    history_document,
    measured_on,
    with_done_days,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Goal:
    """A goal, as S04 describes it; `progress_metrics` are its key results.

    Beyond S04: the milestones, the day of completion, and three read-only fields: the day since
    which the goal is active, the days on which it was on hold, and the daily history of its
    progress.
    """

    goal_id: str
    goal_code: str
    name: str
    description: str | None
    owner_person_id: str | None
    status: GoalStatus
    start_date: date | None
    target_date: date | None
    progress_metrics: tuple[KeyResult, ...]
    roadmap_link: str | None
    dependencies: tuple[str, ...]
    milestones: tuple[Milestone, ...] = ()
    completed_on: date | None = None
    active_since: date | None = None
    holds: tuple[Hold, ...] = ()
    progress_history: History = ()
    revision: int
    last_updated: datetime
    # Worked out once for each revision: it is needed ten times for a write.
    progress: float | None = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Work out the progress in percent; 100 if it was completed, also when archived."""
        status = GoalStatus.COMPLETED if self.completed_on else self.status
        progress = goal_progress(status, self.progress_metrics)
        object.__setattr__(self, "progress", progress)

    @property
    def followed_metrics(self) -> frozenset[str]:
        """The keys of the owner's metrics that key results follow."""
        return frozenset(each.metric for each in self.progress_metrics if each.metric)


def progress_of(goal: Goal) -> float | None:
    """Return the progress of a goal in percent."""
    return goal.progress


def goal_plan(goal: Goal, pauses: tuple[Hold, ...] = ()) -> Plan | None:
    """Return the plan of what the progress of a goal measures; see `plan_of`.

    `pauses` are days on which it stands still although the goal is not on hold.
    """
    return plan_of(
        goal.start_date,
        goal.target_date,
        goal.milestones,
        goal.progress_history,
        key_results=goal.progress_metrics,
        holds=joined(goal.holds, pauses) if pauses else goal.holds,
    )


def planned_alike(one: Goal, other: Goal) -> bool:
    """Tell whether two revisions of a goal have the same plan, without making it."""
    old, new = one.progress_metrics, other.progress_metrics
    return (
        one.start_date == other.start_date
        and one.target_date == other.target_date
        and one.milestones == other.milestones
        and one.holds == other.holds
        and (one.start_date is not None or one.progress_history[:1] == other.progress_history[:1])
        and len(old) == len(new)
        and all(map(_counts_alike, old, new, strict=True))
    )


def _counts_alike(one: KeyResult, other: KeyResult) -> bool:
    """Tell whether two revisions of a key result have the same part in the plan of their goal."""
    return one is other or (
        one.key == other.key
        and one.kind is other.kind
        and one.weight == other.weight
        and one.steps == other.steps
        and one.items == other.items
        and (one.progress is None) is (other.progress is None)
    )


def mean_progress(goals: Iterable[Goal]) -> float | None:
    """Return the mean progress (percent) of the active goals whose progress is known, or None."""
    return mean_of(progress_of(goal) for goal in goals if goal.status is GoalStatus.ACTIVE)


def mean_of(progress: Iterable[float | None]) -> float | None:
    """Return the mean of what is known of several progresses (percent), or None."""
    known = [each for each in progress if each is not None]
    return round(fsum(known) / len(known), 4) if known else None


def progress_summary(
    goals: Iterable[Goal], pace_of: Callable[[str], str | None]
) -> dict[str, PlainJson]:
    """Return the `goals_progress` of a person from the goals that they own.

    `pace_of` returns the pace of a goal by its id, None where there is nothing to compare.

    `counts` has every status, `mean_progress` is that of the active goals, and `goals` has
    `{name, status, progress, pace}` by goal code, in their order.
    """
    ordered = sorted(goals, key=lambda goal: goal.goal_code.casefold())
    return {
        "counts": {
            status.value: sum(goal.status is status for goal in ordered) for status in GoalStatus
        },
        "mean_progress": mean_progress(ordered),
        "goals": {
            goal.goal_code: {
                "name": goal.name,
                "status": goal.status.value,
                "progress": progress_of(goal),
                "pace": pace_of(goal.goal_id),
            }
            for goal in ordered
        },
    }


@limited(list_limits(with_null(KEY_RESULT), MAX_KEY_RESULTS))
def _key_results(value: object, context: Context) -> tuple[KeyResult, ...]:
    return parse_key_results(
        value, now=context.now, stored=context.stored, catalogue=context.catalogue
    )


def _check(goal: Goal, written: frozenset[str]) -> Iterable[Fault]:
    if goal.goal_id in goal.dependencies:
        yield fault("self_dependency", "dependencies", value=goal.goal_code)
    if goal.start_date and goal.target_date and goal.target_date < goal.start_date:
        field = "start_date" if "target_date" not in written else "target_date"
        yield fault("dates_reversed", field, start=goal.start_date, target=goal.target_date)


def _active_since(before: Goal | None, status: GoalStatus, today: date) -> date | None:
    """Return the day since which a goal is active, None for one that is not."""
    if status is not GoalStatus.ACTIVE:
        return None
    stays = before is not None and before.status is GoalStatus.ACTIVE
    return before.active_since if before and stays else today


def _held(holds: tuple[Hold, ...], today: date, *, on_hold: bool) -> tuple[Hold, ...]:
    """Return the days on hold after the status was seen today; less than a day is none."""
    is_open = bool(holds) and holds[-1].until is None
    if on_hold and not is_open:
        return (*holds, Hold(today))[-MAX_HOLDS:]
    if on_hold or not is_open:
        return holds
    since = holds[-1].since
    return (*holds[:-1], Hold(since, today)) if since < today else holds[:-1]


def _derived(
    before: Goal | None, after: Goal, key_results: tuple[KeyResult, ...], context: Context
) -> dict[str, Any]:
    """Return the derived fields of a goal after a change, with the given key results."""
    completed_on = completion(after.status, after.completed_on, context.today)
    status = GoalStatus.COMPLETED if completed_on else after.status
    progress = goal_progress(status, key_results)
    present = before.progress_metrics if before else ()
    history = after.progress_history
    if present != key_results:
        history = with_done_days(history, key_results, after.start_date, context.today)
    history = chronicle(
        history,
        (before.progress if before else None, progress),
        (present, key_results),
        measured_on(present, key_results, context, after.owner_person_id),
    )
    on_hold = after.status is GoalStatus.ON_HOLD
    return {
        "completed_on": completed_on,
        "active_since": _active_since(before, after.status, context.today),
        "holds": _held(after.holds, context.today, on_hold=on_hold),
        "progress_history": history,
    }


def _ticked(
    before: Goal | None, key_results: tuple[KeyResult, ...], today: date
) -> tuple[KeyResult, ...]:
    """Return key results in which items that became done have a day."""
    known = {each.key: each for each in before.progress_metrics} if before else {}
    return tuple(
        replace(each, items=with_days_done(old.items, each.items, today))
        if (old := known.get(each.key)) and old.items != each.items
        else each
        for each in key_results
    )


def _derive(before: Goal | None, after: Goal, context: Context) -> Goal:
    key_results = _ticked(before, after.progress_metrics, context.today)
    derived = _derived(before, after, key_results, context)
    return replace(after, progress_metrics=key_results, **derived)


def measured(goal: Goal, key_results: tuple[KeyResult, ...], context: Context) -> Goal:
    """Return the next revision of a goal whose key results were measured, derived fields included.

    The same goal if nothing changed.
    """
    if key_results == goal.progress_metrics:
        return goal
    derived = _derived(goal, goal, key_results, context)
    return touch(goal, context, progress_metrics=key_results, **derived)


GOAL = Kind(
    name="goal",
    record=Goal,
    id_field="goal_id",
    fields=table(
        Field("goal_id", twin_id, required=True, read_only=True),
        Field("goal_code", code, required=True),
        Field("name", text(255), required=True),
        Field("description", text(64 * 1024, lines=True)),
        Field("owner_person_id", twin_id),
        Field("status", option(GoalStatus), default=GoalStatus.PLANNING),
        Field("start_date", day, render=iso),
        Field("target_date", day, render=iso),
        Field("progress_metrics", _key_results, render=render_key_results, default=()),
        Field("roadmap_link", link),
        Field("dependencies", twin_ids, render=list, default=()),
        Field("milestones", parse_milestones, render=render_milestones, default=()),
        Field("completed_on", day, render=iso),
        Field("active_since", day, render=iso, read_only=True),
        Field("holds", parse_holds, render=render_holds, default=(), read_only=True),
        Field("progress_history", parse_days, render=history_document, default=(), read_only=True),
        *kept(),
    ),
    derived=frozenset(),
    check=_check,
    derive=_derive,
)


def new_goal(
    codes: Iterable[str], values: Mapping[str, object], today: date
) -> dict[str, PlainJson]:
    """Return what a new goal has where `values` say nothing: code, status and start date.

    `codes` are those of the present goals, `today` is the day at the household. An active goal
    starts today, unless its target date has passed.
    """
    defaults: dict[str, PlainJson] = {"goal_code": free_code(codes), "status": GoalStatus.ACTIVE}
    is_active = str(values.get("status") or "active").casefold() == "active"
    if is_active and str(values.get("target_date") or today.isoformat()) >= today.isoformat():
        defaults["start_date"] = today.isoformat()
    return defaults


def free_code(taken: Iterable[str]) -> str:
    """Return the first code from G01 on that no goal has."""
    used = {code.casefold() for code in taken}
    return next(code for number in count(1) if (code := f"G{number:02}").casefold() not in used)


class DayKind(TwinEnum):
    """The kinds of days of a goal."""

    START = "start"
    MILESTONE = "milestone"
    TARGET = "target"


class GoalDay(NamedTuple):
    """A day of a goal; `key` and `milestone` are those of its milestone, else empty.

    They sort by day, then by the code of the goal.
    """

    day: date
    goal_code: str
    kind: DayKind
    key: str
    milestone: str
    goal_id: str
    name: str
    description: str

    @property
    def uid(self) -> str:
        """The id of this calendar entry, independent of date and name."""
        return "-".join(part for part in (self.goal_id, self.kind.slug, self.key) if part)


def goal_days(goal: Goal) -> Iterable[GoalDay]:
    """Return the start, target and milestones of a goal; none for an archived one."""
    if goal.status is GoalStatus.ARCHIVED:
        return
    for on, kind in ((goal.start_date, DayKind.START), (goal.target_date, DayKind.TARGET)):
        if on is not None:
            yield _goal_day(goal, on, kind)
    for milestone in goal.milestones:
        yield _goal_day(goal, milestone.date, DayKind.MILESTONE, milestone.key, milestone.name)


def _goal_day(goal: Goal, on: date, kind: DayKind, key: str = "", milestone: str = "") -> GoalDay:
    return GoalDay(
        day=on,
        goal_code=goal.goal_code,
        kind=kind,
        key=key,
        milestone=milestone,
        goal_id=goal.goal_id,
        name=goal.name,
        description=goal.description or "",
    )
