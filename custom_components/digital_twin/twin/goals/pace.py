"""The pace of a goal: its progress compared with its plan.

    pace          condition (the first that is true)
    achieved      the goal is Completed, or at 100 % with no key result left open
    paused        it is On Hold
    not_started   it is in Planning, or its start lies ahead
    overdue       its target date has passed
    blocked       a goal that it depends on is not Completed
    unreliable    it would be behind, at risk or stalled, and what it is measured by is silent
    stalled       it would be behind or at risk, and has not changed for 14 active days
    ahead         14 days ahead of the plan, or more than 3 days and more than 5 %
    on_track      not late, or a day; or late by at most 3 days or 2 % of the days that are left,
                  and by at most a fifth of them; or at least 95 % of the plan, and late by at
                  most 10 days and a twelfth of the days that are left; or the plan is below 1 %
                  and it is late by less than 14 days
    at_risk       late by more than 5 days, and by more than a third of the days that are left, or
                  by more than 15 % of them with less than 75 % of the plan
    behind        everything else

A goal is late by the days since its plan wanted more than it has, but by no more days than the
missing work takes at the speed that the plan has from now on. Days of silence that are usual for
the goal (see `rhythm`) do not count. docs/pace-and-forecast.md has a table of worked cases.

Worked example: from 1 January to 11 April 2026 are 100 days. On 10 February, day 40, the plan is
at 40 %. A goal at 32 % is 8 days late and has 80 % of the plan: it is behind. The 68 % that are
left in 60 days need 7.93 points per week.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import ceil, fsum
from typing import NamedTuple

from ..enums import GoalStatus, TwinEnum
from ..errors import shown
from .pauses import resumption
from .plan import COMPLETE, ROUNDING, Plan

STALLED_AFTER = timedelta(days=14)
# Without a plan, a standstill is a silence of twice the usual days.
SILENT_GAPS = 2
AHEAD = 1.05
ON_TRACK = 0.95
BEHIND = 0.75
# Late by so many days is on track, and by so many is not yet a risk.
FEW_DAYS = 3
SOME_DAYS = 5
# By so many days a goal is never on track.
WEEKS = 14
# The days late that a good ratio excuses, at most.
EXCUSED_DAYS = 10
# Shares of the days that are left.
LONG_SHARE = 0.02
FEW_SHARE = 1 / 5
EXCUSED_SHARE = 1 / 12
RISK_SHARE = 1 / 3
POOR_RISK_SHARE = 0.15
# Below this plan (%) a ratio has no meaning.
FIRST_DEMAND = 1.0


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
    UNRELIABLE = "unreliable"


# What nobody can say of a goal without new values.
LATE = (Pace.BEHIND, Pace.AT_RISK, Pace.STALLED)


@dataclass(frozen=True, slots=True)
class Reason:
    """The reason of a pace: a translation key with its placeholders."""

    key: str
    placeholders: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Situation:
    """The facts from which a pace is derived.

    `progress`: in percent. `changed`: the day of its last change, not before the goal was started
    or resumed. `blockers`: the codes of the goals that must be completed first. `rhythm`: the
    usual days between two changes. `excused`: the days since the last that are no silence.
    `open_key_results`: whether a key result has a value but no progress: 100 % is not the whole.
    `silent`: the names of the key results that have had no new value for too long, and
    `silent_since` the first day of that.
    """

    status: GoalStatus
    progress: float | None
    plan: Plan | None
    start: date | None = None
    target: date | None = None
    completed_on: date | None = None
    changed: date | None = None
    blockers: Sequence[str] = ()
    rhythm: int | None = None
    excused: int = 0
    open_key_results: bool = False
    silent: Sequence[str] = ()
    silent_since: date | None = None


type Verdict = tuple[Pace | None, Reason]


class Judgement(NamedTuple):
    """The pace of a goal with its reason, and the slack in days.

    The pace is None without a progress or a plan, and so is the slack, also for a goal that is
    achieved.
    """

    pace: Pace | None
    reason: Reason
    slack: int | None


def judge_pace(situation: Situation, today: date) -> Judgement:
    """Judge the pace of a goal; see the table of this module."""
    return judge(situation, compare_with_plan(situation, today), today)


def judge(situation: Situation, compared: Comparison | None, today: date) -> Judgement:
    """Judge the pace of a goal that was compared with its plan."""
    pace, reason = (
        _by_status(situation, today)
        or _by_events(situation, today)
        or _by_plan(situation, compared, today)
    )
    # A goal that is achieved has nothing left to be compared with its plan.
    is_open = compared is not None and pace is not Pace.ACHIEVED
    return Judgement(pace, reason, compared.slack if compared and is_open else None)


class Comparison(NamedTuple):
    """A progress beside its plan on a day.

    `progress`, `planned` and `wanted` (see `Plan.wanted`) are in percent, `slack` and `left` in
    days: how far the progress is ahead of the plan (below zero: behind it), and how long the plan
    still goes on.
    """

    progress: float
    planned: float
    wanted: float
    slack: int
    left: int


def compare(plan: Plan, progress: float, today: date, silence: int = 0) -> Comparison:
    """Compare a progress (percent) with its plan.

    `silence`: the days that do not count as late, because no change was usual yet.
    """
    planned, wanted = plan.at(today), plan.wanted(today)
    if late := _days_late(plan, progress, wanted, today):
        slack = min(0, silence - late)
    else:
        # On a level stretch nobody is ahead who only has what the plan has.
        is_ahead = progress > planned + ROUNDING or not plan.start <= today <= plan.target
        slack = (plan.day_of(progress) - today).days if is_ahead else 0
    return Comparison(progress, planned, wanted, slack, (plan.target - today).days)


def compare_with_plan(situation: Situation, today: date) -> Comparison | None:
    """Compare the progress of a goal with its plan; None without one of them."""
    plan, progress = situation.plan, situation.progress
    if plan is None or progress is None:
        return None
    return compare(plan, progress, today, _usual_silence(situation, plan, today))


def _usual_silence(situation: Situation, plan: Plan, today: date) -> int:
    """Return the days without a change that are usual for a goal, of those that it is silent.

    They are at most the days that are left: near the end a silence counts.
    """
    if situation.changed is None or situation.rhythm is None:
        return 0
    silent, left = (today - situation.changed).days, (plan.target - today).days
    return max(0, min(silent - situation.excused, situation.rhythm, left))


def _days_late(plan: Plan, progress: float, wanted: float, today: date) -> int:
    if progress >= wanted - ROUNDING:
        return 0
    if today > plan.target:
        return (today - plan.in_time_until(progress, plan.start, today)).days
    left, length = (plan.target - today).days, (plan.target - plan.start).days
    # Progress per day that the plan wants from now on; on its last day, the mean. What is only due
    # on the last day, as a Definition of Done, is no work of the days before.
    more = COMPLETE - _due_at_the_end(plan) - wanted
    per_day = more / left if left and more > ROUNDING else COMPLETE / length
    most = min(ceil((wanted - progress) / per_day - ROUNDING), (today - plan.start).days)
    return (today - plan.in_time_until(progress, today - timedelta(days=most), today)).days


def _due_at_the_end(plan: Plan) -> float:
    """Return the progress that is only due on the last day of a plan."""
    return fsum(
        each.due_size * sum(due == plan.target for due in each.dues)
        for each in plan.steps
        if each.at_due
    )


def needed_per_week(plan: Plan, progress: float, today: date) -> float | None:
    """Return the percentage points per week that reach 100 % by the target date.

    None if the plan does not go on before the target date has passed. The last day is a day.
    """
    from_day = max(resumption(plan, today), plan.start)
    if from_day > plan.target:
        return None
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
    if (situation.progress or 0.0) >= COMPLETE and not situation.open_key_results:
        return Pace.ACHIEVED, _reason("reached", progress=_percent(COMPLETE))
    if situation.start is not None and situation.start > today:
        return Pace.NOT_STARTED, _reason("starts_later", start=situation.start)
    return None


def _by_events(situation: Situation, today: date) -> Verdict | None:
    target = situation.target or (situation.plan.target if situation.plan else None)
    if target is not None and target < today:
        return Pace.OVERDUE, _reason("overdue", target=target, days=(today - target).days)
    if situation.blockers:
        return Pace.BLOCKED, _reason("blocked", goals=situation.blockers)
    return None


def _by_plan(situation: Situation, compared: Comparison | None, today: date) -> Verdict:
    found = _by_values(situation, compared, today)
    if found[0] in LATE and situation.silent and situation.silent_since:
        reason = _reason("unreliable", names=situation.silent, since=situation.silent_since)
        return Pace.UNRELIABLE, reason
    return found


def _by_values(situation: Situation, compared: Comparison | None, today: date) -> Verdict:
    if situation.progress is None:
        return None, _reason("no_progress")
    changed = situation.changed or today
    silent = today - changed - timedelta(days=situation.excused)
    if compared is None:
        usual = timedelta(days=SILENT_GAPS * (situation.rhythm or 0))
        is_silent = situation.rhythm is not None and silent >= max(STALLED_AFTER, usual)
        return _stalled(changed, silent) if is_silent else (None, _reason("no_plan"))
    pace = _pace_of(compared)
    if pace in (Pace.BEHIND, Pace.AT_RISK) and silent >= STALLED_AFTER:
        return _stalled(changed, silent)
    return pace, _reason(
        pace.slug,
        progress=_percent(compared.progress),
        planned=_percent(compared.planned),
        days=abs(compared.slack),
    )


def _stalled(since: date, silent: timedelta) -> Verdict:
    return Pace.STALLED, _reason("stalled", since=since, days=silent.days)


def _pace_of(compared: Comparison) -> Pace:
    progress, planned, wanted, slack, left = compared
    if slack >= 0:
        is_ahead = slack > FEW_DAYS and progress > AHEAD * planned
        is_ahead = is_ahead or (slack >= WEEKS and progress > planned + ROUNDING)
        return Pace.AHEAD if is_ahead else Pace.ON_TRACK
    late = -slack
    ratio = (progress + ROUNDING) / wanted
    few = late <= max(FEW_DAYS, LONG_SHARE * left) and late <= max(1, FEW_SHARE * left)
    excused = ratio >= ON_TRACK and late <= min(EXCUSED_DAYS, EXCUSED_SHARE * left)
    if few or excused or (wanted < FIRST_DEMAND and late < WEEKS):
        return Pace.ON_TRACK
    poor = ratio < BEHIND and late > POOR_RISK_SHARE * left
    is_risk = late > SOME_DAYS and (poor or late > RISK_SHARE * left)
    return Pace.AT_RISK if is_risk else Pace.BEHIND


def _percent(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _reason(key: str, **placeholders: object) -> Reason:
    return Reason(key, {name: shown(value) for name, value in placeholders.items()})
