"""The briefing: what a person or a household should know today, as data and in sentences.

Only what is out of the norm is told at length; a day without trouble is two sentences.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from ..enums import GoalStatus, Length
from ..home.situations import HomeSituation, cause_texts
from ..metrics.consent import HOUSEHOLD, Audiences, discloses
from ..metrics.health import PersonHealth
from ..metrics.person import Person
from ..metrics.person_state import PersonState, person_state
from ..metrics.readiness import WEIGHTS
from ..values import Wording
from .assessment import (
    GoalAssessment,
    NeededAmount,
    is_open,
    needed_amount,
    reached_milestones,
)
from .change_texts import GoalNews, news_texts
from .goal import Goal, progress_of
from .next_step import (
    LATE_PACES,
    NextStep,
    StepCandidate,
    StepReason,
    next_steps,
)
from .pace import Pace

# A day with so many days ahead can be named by its weekday.
COMING = timedelta(days=6)
# The most of a kind that a briefing has as data.
MOST = 20
# The paces that are told, the most urgent first.
TOLD = (*LATE_PACES, Pace.UNRELIABLE)
# Metrics that follow from moving: their goals can wait for a rested day.
ACTIVITY = frozenset({"steps", "distance", "active_energy", "exercise_time"})


class ComingDay(NamedTuple):
    """A milestone, a target date or an empty battery of the coming days; they sort by day."""

    day: date
    kind: str
    name: str
    goal: str
    goal_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Household:
    """What a briefing is made of, as plain data.

    `about`: the person whom the briefing is about, None for the household. `homes`, `persons` and
    `goals` are those that it tells of, with the assessment of each goal; `health` has the persons
    whose health may be told. `waiting`: by goal, the open goals that it blocks. `private`: goals
    with amounts that would tell a value. `news`: what changed of goals lately. `audiences`: those
    who get the briefing.
    """

    today: date
    about: str | None
    homes: Sequence[HomeSituation]
    persons: Sequence[Person]
    health: Mapping[str, PersonHealth]
    goals: Sequence[Goal]
    assessments: Mapping[str, GoalAssessment]
    waiting: Mapping[str, Sequence[Goal]]
    private: frozenset[str] = frozenset()
    news: Sequence[GoalNews] = ()
    audiences: Audiences = HOUSEHOLD


@dataclass(frozen=True, kw_only=True, slots=True)
class GoalState:
    """A goal with what it needs per week: an amount in its unit, where that may be told.

    `late`: the days behind the plan, or past the target date.
    """

    goal: Goal
    assessment: GoalAssessment
    needed: NeededAmount | None
    late: int

    @property
    def urgency(self) -> tuple[int, int, str, str]:
        """The order in which goals are told that need something."""
        pace = TOLD.index(self.assessment.pace) if self.assessment.pace in TOLD else len(TOLD)
        return pace, -self.late, self.goal.goal_code.casefold(), self.goal.goal_id


class PersonStep(NamedTuple):
    """The next step of a person, None if there is nothing to do now, and the steps after it."""

    person: Person
    step: NextStep | None
    state: GoalState | None
    waiting: Sequence[Goal]
    others: Sequence[NextStep] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Briefing:
    """What is told: everything that is out of the norm, the coming days and the next steps."""

    household: Household
    people: Sequence[PersonState]
    goals: Sequence[GoalState]
    coming: Sequence[ComingDay]
    steps: Sequence[PersonStep]


def brief(household: Household) -> Briefing:
    """Return the briefing of a household or a person, in a stable order."""
    states = sorted(
        (goal_state(household, goal) for goal in household.goals), key=lambda each: each.urgency
    )
    persons = sorted(household.persons, key=lambda each: (each.name.casefold(), each.person_id))
    known = [each for person in persons if (each := household.health.get(person.person_id))]
    people = [_person_state(household, health) for health in known]
    return Briefing(
        household=household,
        people=[each for each in people if each.unusual or each.unrested or each.stale],
        goals=[each for each in states if each.assessment.pace in TOLD],
        coming=sorted(_coming(household)),
        steps=[person_step(household, person) for person in persons],
    )


def person_step(household: Household, person: Person) -> PersonStep:
    """Return the next step of a person among the goals that they own."""
    own = {
        goal.goal_id: goal
        for goal in household.goals
        if goal.owner_person_id == person.person_id and goal.status is GoalStatus.ACTIVE
    }
    # Everybody sees the step: the readiness of a private person must not decide it.
    is_shown = discloses(person, WEIGHTS, {*HOUSEHOLD, *household.audiences})
    health = household.health.get(person.person_id) if is_shown else None
    readiness = health.readiness().score if health else None
    steps = next_steps((_candidate(household, each) for each in own.values()), readiness)
    if not steps:
        return PersonStep(person, None, None, ())
    step, state = steps[0], goal_state(household, own[steps[0].goal_id])
    return PersonStep(person, step, state, household.waiting.get(step.goal_id, ()), steps[1:])


def goal_state(household: Household, goal: Goal) -> GoalState:
    """Return a goal of the household with what it needs."""
    assessment = household.assessments[goal.goal_id]
    is_private = goal.goal_id in household.private
    return GoalState(
        goal=goal,
        assessment=assessment,
        needed=None if is_private else needed_amount(goal, assessment),
        late=_days_late(household, goal),
    )


def _target(household: Household, goal: Goal) -> date | None:
    plan = household.assessments[goal.goal_id].plan
    return goal.target_date or (plan.target if plan else None)


def _days_late(household: Household, goal: Goal) -> int:
    """Return the days behind the plan, or past the target date."""
    assessment, target = household.assessments[goal.goal_id], _target(household, goal)
    if target is not None and assessment.pace is Pace.OVERDUE:
        return (household.today - target).days
    return max(0, -(assessment.slack_days or 0))


def _candidate(household: Household, goal: Goal) -> StepCandidate:
    assessment = household.assessments[goal.goal_id]
    return StepCandidate(
        goal_id=goal.goal_id,
        code=goal.goal_code,
        target=_target(household, goal),
        pace=assessment.pace,
        needed=assessment.needed_per_week,
        late=_days_late(household, goal),
        waiting=len(household.waiting.get(goal.goal_id, ())),
        is_physical=bool(goal.followed_metrics & ACTIVITY),
        is_measured=progress_of(goal) is not None,
    )


def _person_state(household: Household, health: PersonHealth) -> PersonState:
    followed = {
        metric
        for goal in household.goals
        if goal.owner_person_id == health.person.person_id and is_open(goal)
        for metric in goal.followed_metrics
    }
    return person_state(health, followed, household.audiences)


def _coming(household: Household) -> Iterable[ComingDay]:
    first, last = household.today, household.today + COMING
    for goal in filter(is_open, household.goals):
        reached = reached_milestones(goal)
        stages = (each for each in goal.milestones if each.key not in reached)
        days = [("milestone", each.date, each.name) for each in stages]
        if goal.target_date:
            days.append(("target", goal.target_date, ""))
        for kind, day, name in days:
            if first <= day <= last:
                yield ComingDay(day, kind, name, goal.name, goal.goal_id)
    for home in household.homes:
        for name, day in home.batteries:
            if first <= day <= last:
                yield ComingDay(day, "battery", name, "", "")


def briefing_text(words: Wording, briefing: Briefing, length: Length) -> str:
    """Return a briefing in sentences; in Markdown the full one has headings and lists."""
    sections = _sections(words, briefing, length)
    lines = [line for part in sections.values() for line in part]
    if not words.markdown or length is Length.SHORT or len(lines) <= 2:  # noqa: PLR2004  # a quiet day
        return " ".join(lines)
    return "\n\n".join(
        f"**{words.say(f'head_{name}')}**\n\n" + "\n".join(f"- {line}" for line in part)
        for name, part in sections.items()
    )


def step_text(words: Wording, found: PersonStep, told: Collection[str] = ()) -> str:
    """Return the next step of a person, without a full stop.

    Of goals that were `told` already, neither their pace nor what they need is told again.
    """
    if found.step is None or found.state is None:
        return words.say("step_none")
    reason, waiting = found.step.reason, found.waiting
    key = f"step_{reason.slug}"
    if reason is StepReason.UNBLOCKS:
        key = f"{key}_{words.plural(len(waiting))}"
    elif found.step.goal_id in told and reason is not StepReason.REST:
        key = "step_told"
    more = {"waiting": words.name(waiting[0].name) if waiting else "", "count": str(len(waiting))}
    return _about_goal(words, key, found.state, **more)


def _about_goal(words: Wording, key: str, state: GoalState, **more: str) -> str:
    """Return a text about a goal, with what is needed per week if it has a form for that."""
    found, goal = state.assessment, state.goal
    needed = needed_text(words, state) if words.texts(f"{key}_amount") else ""
    since = found.reason.placeholders.get("since")
    values = {
        "goal": words.name(goal.name),
        "days": words.counted("days", state.late),
        "progress": f"{found.progress or 0:.0f}",
        "since": words.day(date.fromisoformat(since)) if since else "",
        "needed": needed,
    }
    return words.say(f"{key}_amount" if needed else key, **values, **more)


def needed_text(words: Wording, state: GoalState) -> str:
    """Return what a goal needs per week, empty if that is nothing or unknown."""
    amount, unit = state.needed or (state.assessment.needed_per_week or 0.0, "")
    number = words.number(max(0.0, amount))
    if number == "0":
        return ""
    if state.needed is not None and unit is None and amount < 1:
        return words.counted("items_rare", int(1 / amount))
    if state.needed is None:
        text = words.say("share", amount=number)
    elif unit is None:
        text = words.counted("items", amount)
    else:
        text = f"{number}%" if unit == "%" else f"{number} {words.name(unit)}"
    return words.say("per_week", amount=text)


def _sections(words: Wording, briefing: Briefing, length: Length) -> dict[str, list[str]]:
    """Return the sentences of a briefing by heading; those of a quiet day are only two."""
    household = briefing.household
    causes = cause_texts(words, household.homes)
    goals = [_goal_text(words, briefing, each) for each in briefing.goals]
    people = [text for each in briefing.people for text in _person_texts(words, briefing, each)]
    coming = [_coming_text(words, each) for each in briefing.coming]
    is_quiet = not (causes or goals or people or coming)
    parts = {"home": causes, "people": people, "goals": goals}
    parts |= {"changes": news_texts(words, household.news), "coming": coming}
    found = {name: shortened(words, length, name, lines) for name, lines in parts.items()}
    if household.homes and not causes:
        found["home"] = [words.say("quiet" if is_quiet and household.goals else "home_ok")]
    if not household.goals:
        found["goals"] = [words.say("no_goals")]
    elif not goals and not (is_quiet and household.homes):
        found["goals"] = [words.say("goals_ok")]
    told = {each.goal.goal_id for each in briefing.goals[: length.most]}
    is_brief = is_quiet or length is Length.SHORT
    if household.goals:
        found["steps"] = _step_texts(words, briefing, told, is_brief=is_brief)
    return {name: lines for name, lines in found.items() if lines}


def shortened(words: Wording, length: Length, name: str, lines: list[str]) -> list[str]:
    """Return the first sentences, and how many are left out."""
    left = len(lines) - length.most
    # To say that there is one more is as long as to say it.
    return lines if left <= 1 else [*lines[: length.most], words.counted(f"more_{name}", left)]


def _person_texts(words: Wording, briefing: Briefing, state: PersonState) -> Iterable[str]:
    of = "" if briefing.household.about else "_of"
    person = words.name(state.person.name)
    for where in ("high", "low"):
        metrics = [
            words.metric(metric.key, metric.name) for metric, each in state.unusual if each == where
        ]
        if metrics:
            listed = words.listed(metrics[:MOST])
            yield words.say(f"unusual_{where}{of}", person=person, metrics=listed)
    if state.unrested:
        yield words.say(f"unrested{of}", person=person)
    if state.stale:
        names = [
            words.say(
                "stale_since", metric=words.metric(metric.key, metric.name), day=words.day(day)
            )
            for metric, day in state.stale[:MOST]
        ]
        yield words.say(f"stale{of}", person=person, metrics=words.listed(names))


def _goal_text(words: Wording, briefing: Briefing, state: GoalState) -> str:
    events = {pace: f"goal_{pace.slug}" for pace in (Pace.OVERDUE, Pace.STALLED, Pace.UNRELIABLE)}
    key = events.get(state.assessment.pace or Pace.BEHIND, "goal_behind")
    text = _about_goal(words, key, state)
    persons = briefing.household.persons
    owner = next((one for one in persons if one.person_id == state.goal.owner_person_id), None)
    if owner is None or briefing.household.about or len(persons) == 1:
        return text
    return words.say("of", name=words.name(owner.name), text=text)


def _coming_text(words: Wording, each: ComingDay) -> str:
    name, goal = words.name(each.name), words.name(each.goal)
    return words.say(f"coming_{each.kind}", day=words.coming(each.day), name=name, goal=goal)


def _step_texts(
    words: Wording, briefing: Briefing, told: Collection[str], *, is_brief: bool
) -> list[str]:
    """Return the next steps; where it is brief, those of several people in one sentence."""
    household = briefing.household
    steps = [(each, step_text(words, each, told)) for each in briefing.steps]
    if household.about or len(household.persons) == 1:
        return [words.say("next_step", step=step) for _, step in steps]
    named = [(each, words.name(each.person.name), step) for each, step in steps if each.state]
    if not is_brief:
        return [words.say("next_step_of", person=name, step=step) for _, name, step in named[:MOST]]
    items = [
        _about_goal(
            words,
            f"step_item{'_told' * (each.state.goal.goal_id in told)}",
            each.state,
            person=name,
        )
        for each, name, _ in named[:MOST]
        if each.state
    ]
    return [words.say("next_steps", steps=words.listed(items))] if items else []
