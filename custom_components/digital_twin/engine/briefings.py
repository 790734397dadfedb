"""The facts of a briefing, its document, and the next step and the items of today of a person."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

from homeassistant.const import MAX_LENGTH_STATE_STATE
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ..twin.enums import GoalStatus
from ..twin.goals.briefing import (
    MOST,
    Briefing,
    GoalState,
    Household,
    PersonStep,
    goal_state,
    person_step,
    step_text,
)
from ..twin.goals.change_texts import GoalNews
from ..twin.goals.goal import Goal
from ..twin.goals.references import Twin
from ..twin.goals.todo_list import TodayItem, items_of_today
from ..twin.home.situations import HomeSituation
from ..twin.metrics.consent import EVERYTHING, HOUSEHOLD, Audiences, tells_anything
from ..twin.metrics.person import Person
from ..twin.values import PlainJson, Wording
from .documents import Document
from .health.sources import person_health
from .home import HomeView
from .lineage import cause_effects
from .runtime import Runtime
from .wording import wording_of


def household(
    hass: HomeAssistant,
    runtime: Runtime,
    about: Person | None,
    may_read: Callable[[Twin], bool],
    *,
    audiences: Audiences = EVERYTHING,
    news: Sequence[GoalNews] = (),
) -> Household:
    """Return what a briefing of a person, or of the household, is made of.

    In the briefing of the household there is no health of people who do not show theirs, and in no
    briefing of people whom the caller may not read, or more than the audiences may know.
    """
    registry = runtime.registry
    found = [*registry.goals.values()] if about is None else registry.goals_of(about.person_id)
    goals = [goal for goal in found if may_read(goal)]
    everybody = [*registry.persons.values()] if about is None else [about]
    # Whose goals the caller may not read has no next step to be told.
    hidden = {goal.owner_person_id for goal in found if not may_read(goal)}
    persons = [each for each in everybody if each.person_id not in hidden]
    told = [each for each in persons if may_read(each) and (about or each.health_entities)]
    views = [*runtime.observer.views.values()]
    known = audiences if about and told else (*HOUSEHOLD, *audiences)

    def is_told(person: Person, metric: str) -> bool:
        return person in told and tells_anything(person, metric, known)

    own = [view for view in views if about and about.person_id in view.plan.home.residents]
    return _household(
        runtime,
        persons,
        goals,
        about=about.person_id if about else None,
        homes=[
            replace(
                _home_situation(view),
                effects=cause_effects(hass, runtime, view, is_told, may_read),
            )
            for view in own or views
        ],
        told=told,
        audiences=known,
        news=news,
    )


def _household(
    runtime: Runtime,
    persons: Sequence[Person],
    goals: Sequence[Goal],
    *,
    about: str | None,
    homes: Sequence[HomeSituation] = (),
    told: Sequence[Person],
    audiences: Audiences = HOUSEHOLD,
    news: Sequence[GoalNews] = (),
) -> Household:
    """Collect the facts; without amounts of goals that the audiences may not know."""
    found = {goal.goal_id: runtime.assessments.get(goal.goal_id) for goal in goals}
    assessments = {key: assessment for key, assessment in found.items() if assessment}
    # While a change is being told, the records may be ahead of the assessments.
    known = (runtime.assessments.assessed(key) for key in assessments)
    assessed = [goal for goal in known if goal]
    is_private = runtime.registry.is_private
    return Household(
        today=dt_util.now().date(),
        about=about,
        homes=homes,
        persons=persons,
        health={each.person_id: person_health(runtime.registry, each) for each in told},
        goals=assessed,
        assessments=assessments,
        waiting=_waiting(runtime, assessed),
        private=frozenset(goal.goal_id for goal in assessed if is_private(goal, audiences)),
        audiences=audiences,
        news=news,
    )


def assessed_state(runtime: Runtime, goal: Goal, audiences: Audiences) -> GoalState:
    """Return how a goal is that is there, as far as some audiences may know it."""
    facts = _household(runtime, (), (goal,), about=None, told=(), audiences=audiences)
    return goal_state(facts, facts.goals[0])


def home_situations(runtime: Runtime, home_ids: Collection[str]) -> list[HomeSituation]:
    """Return what is known of homes that are observed."""
    views = runtime.observer.views
    return [_home_situation(views[home_id]) for home_id in home_ids if home_id in views]


class ShownStep(NamedTuple):
    """The next step of a person as everybody may see it, in Home Assistant's language."""

    text: str
    attributes: Mapping[str, str | None]


def shown_step(runtime: Runtime, person_id: str) -> ShownStep | None:
    """Return the next step of a person, None for one who is not there."""
    person = runtime.registry.persons.get(person_id)
    if person is None:
        return None
    found = person_step(_own_goals(runtime, person), person)
    text = step_text(wording_of(runtime.assessments.texts, runtime.assessments.language), found)
    goal, step = found.state.goal if found.state else None, found.step
    return ShownStep(
        text=(text[:1].upper() + text[1:])[:MAX_LENGTH_STATE_STATE],
        attributes={
            "goal_id": goal.goal_id if goal else None,
            "goal_code": goal.goal_code if goal else None,
            "reason": step.reason.slug if step else None,
        },
    )


def today_items(runtime: Runtime, person_id: str) -> tuple[TodayItem, ...] | None:
    """Return the items of today of a person, None for one who is not there.

    They are ranked as the next step is.
    """
    person = runtime.registry.persons.get(person_id)
    if person is None:
        return None
    facts = _own_goals(runtime, person)
    found = person_step(facts, person)
    ranking = [each.goal_id for each in (found.step, *found.others) if each]
    return items_of_today(facts.goals, ranking, facts.today)


def _own_goals(runtime: Runtime, person: Person) -> Household:
    goals = runtime.registry.goals_of(person.person_id)
    return _household(runtime, (person,), goals, about=person.person_id, told=(person,))


def briefing_document(briefing: Briefing, words: Wording) -> Document:
    """Return a briefing as data: at most 20 of a kind, `not_listed` counts the others."""
    kinds: dict[str, list[PlainJson]] = {
        "homes": [_situation_document(home) for home in briefing.household.homes],
        "health": [
            {
                "person_id": each.person.person_id,
                "unusual": [
                    {"metric": metric.key, "direction": where} for metric, where in each.unusual
                ],
                "unrested": each.unrested,
                "stale": [
                    {"metric": metric.key, "since": day.isoformat()} for metric, day in each.stale
                ],
            }
            for each in briefing.people
        ],
        "goals": [_goal_state_document(each) for each in briefing.goals],
        "changes": [_news_document(each) for each in briefing.household.news],
        "coming": [{**each._asdict(), "day": each.day.isoformat()} for each in briefing.coming],
        "next_steps": [_step_document(each, words) for each in briefing.steps],
    }
    return {
        "date": briefing.household.today.isoformat(),
        "person_id": briefing.household.about,
        **{kind: listed[:MOST] for kind, listed in kinds.items()},
        "not_listed": {kind: max(0, len(listed) - MOST) for kind, listed in kinds.items()},
    }


def _home_situation(view: HomeView) -> HomeSituation:
    today = dt_util.now().date()
    return HomeSituation(
        home_id=view.home_id,
        name=view.plan.home.name,
        operational=view.operational,
        levels={
            each.device_id: each.battery for each in view.low_batteries if each.battery is not None
        },
        batteries=[
            (each.name, today + timedelta(days=each.battery_days_left))
            for each in view.devices
            if each.battery_days_left is not None and not each.battery_low
        ],
    )


def _waiting(runtime: Runtime, goals: Sequence[Goal]) -> dict[str, list[Goal]]:
    """Return by goal the active and planned goals that it blocks."""
    found = runtime.assessments
    waiting: dict[str, list[Goal]] = {}
    for goal in goals:
        others = map(found.assessed, found.graph.dependents(goal.goal_id))
        waiting[goal.goal_id] = [
            other
            for other in others
            if other is not None
            and other.status in (GoalStatus.ACTIVE, GoalStatus.PLANNING)
            and (assessment := found.get(other.goal_id)) is not None
            and goal.goal_id in assessment.blocked_by
        ]
    return waiting


def _situation_document(home: HomeSituation) -> PlainJson:
    status = home.operational.status
    return {
        "home_id": home.home_id,
        "name": home.name,
        "operational_status": status.value if status else None,
        "causes": [
            {
                "cause": cause.kind.value,
                "severity": cause.severity.value,
                "name": cause.name,
                "since": cause.since.isoformat(),
                "affects": len(cause.affects),
            }
            for cause in home.operational.causes[:MOST]
        ],
    }


def _goal_state_document(state: GoalState) -> PlainJson:
    goal, found = state.goal, state.assessment
    return {
        "goal_id": goal.goal_id,
        "goal_code": goal.goal_code,
        "name": goal.name,
        "owner_person_id": goal.owner_person_id,
        "progress": found.progress,
        "pace": found.pace.value if found.pace else None,
        "days_late": state.late,
        "needed_per_week": found.needed_per_week,
        "needed": {**state.needed._asdict()} if state.needed else None,
    }


def _news_document(news: GoalNews) -> PlainJson:
    """Return what changed of a goal; `status` and `target_date` are pairs of before and after."""
    return {
        "goal_id": news.goal_id,
        "goal_code": news.name.code,
        "name": news.name.name,
        "what": news.what.value if news.what else "changed",
        "status": [*news.status] if news.status else None,
        "target_date": [*news.target] if news.target else None,
    }


def _step_document(found: PersonStep, words: Wording) -> PlainJson:
    goal, step = found.state.goal if found.state else None, found.step
    return {
        "person_id": found.person.person_id,
        "goal_id": goal.goal_id if goal else None,
        "goal_code": goal.goal_code if goal else None,
        "reason": step.reason.slug if step else None,
        "points": {**step.points} if step else None,
        "text": step_text(words, found),
    }
