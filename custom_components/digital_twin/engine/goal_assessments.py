"""The assessments of all goals today: derived, kept in memory, published when they change."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from operator import attrgetter
from typing import Final

from homeassistant.const import EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers.event import async_track_point_in_utc_time
from homeassistant.helpers.translation import async_get_cached_translations
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..twin.goals.assessment import (
    GoalAssessment,
    NeededAmount,
    assess_goal,
    events_between,
    forecast_of,
    needed_amount,
)
from ..twin.goals.forecast import Forecast
from ..twin.goals.goal import Goal
from ..twin.goals.pace import Pace
from ..twin.goals.references import DependencyGraph
from ..twin.goals.slip import Slips, critical_path
from ..twin.metrics.consent import DISCLOSED_BY, HOUSEHOLD, Audiences
from ..twin.records.fields import PersonDay
from .contexts import PAUSED, goal_pauses
from .core.feed import ADDED, BY_ITSELF, EVENTS, REMOVED, Cause, Change, ChangeFeed, Topic
from .core.registry import TwinRegistry
from .core.timers import Throttle
from .goal_sources import CAUSES_CHANGED, UNHEARD
from .home import HomeView
from .outages import HomeFault, fault_behind, unheard_entities
from .wording import ReasonParts, needed_ending, needed_text, pace_reason_text, wording_of

PACE: Final = "pace"
FORECAST: Final = "forecast"
NEXT_MILESTONE: Final = "next_milestone"
SLIP: Final = "slip"
# A topic of persons: what decides their next step may have changed.
NEXT_STEP: Final = "next_step"
# The next step of a person is chosen among all of their goals, so it is not chosen at every write.
SECONDS_BETWEEN_STEPS: Final = 10.0

# The parts of an assessment that are published as its pace.
PACED: Final = attrgetter(
    *("planned", "pace", "reason", "slack_days", "needed_per_week"),
    *("blocked_by", "late_dependencies", "silent", "pauses"),
)

# The fields from which assessments are derived.
GOAL_TOPICS: Final = tuple(
    Topic("goal", None, name)
    for name in (
        ADDED,
        REMOVED,
        "name",
        "owner_person_id",
        "status",
        "goal_code",
        "start_date",
        "target_date",
        "dependencies",
        "milestones",
        "completed_on",
        "progress",
        "progress_metrics",
        "progress_history",
        PAUSED,
        UNHEARD,
    )
)

PRIVACY_CHANGED: Final = tuple(Topic("person", None, name) for name in DISCLOSED_BY)


class GoalAssessments:
    """The assessment of every goal on the present day at the household.

    Changes of goals are collected until the event loop is free, so that a thousand goals that
    change together are assessed once. Each change is published as topics of the goal: `pace` (with
    its reason, the plan, slack, what is needed, and what is in the way), `forecast`,
    `next_milestone`, `slip`, and `events`; a pace that changed touches its owner's
    `goals_progress`.
    Whatever was assessed anew touches the `next_step` of its owner, and of the owners of the goals
    that it depends on: at once, but at most every ten seconds.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        feed: ChangeFeed,
        registry: TwinRegistry,
        views: Mapping[str, HomeView],
    ) -> None:
        self._hass = hass
        self._feed = feed
        self._registry = registry
        self._views = views
        self._today = date.min
        self._assessed: dict[str, Goal] = {}
        self._forecasts: dict[str, Forecast] = {}
        self._assessments: dict[str, GoalAssessment] = {}
        self._graph = DependencyGraph({})
        self._slips = Slips()
        # The goals to assess anew, with the cause of their last change.
        self._due: dict[str, Cause] = {}
        self._cancel_timer: CALLBACK_TYPE = lambda: None
        self._steps_of: set[str] = set()
        self._steps = Throttle(hass.loop, SECONDS_BETWEEN_STEPS, self._publish_steps, at_once=True)

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Assess all goals now, when one changes, when a day begins and in another time zone."""
        self._refresh_all()
        self._set_timer()
        ends = (
            self._feed.subscribe(GOAL_TOPICS, self._changed),
            self._feed.subscribe(PRIVACY_CHANGED, self._privacy_changed),
            self._feed.subscribe((CAUSES_CHANGED,), self._causes_changed),
            self._hass.bus.async_listen(EVENT_CORE_CONFIG_UPDATE, self._config_updated),
        )

        @callback
        def stop() -> None:
            for end in ends:
                end()
            self._cancel_timer()
            self._steps.stop()

        return stop

    @callback
    def _privacy_changed(self, changes: Iterable[Change]) -> None:
        """Have the reasons of the person's goals told anew."""
        goals = (goal for each in changes for goal in self._registry.goals_of(str(each.twin_id)))
        self._feed.publish_derived(Topic("goal", goal.goal_id, PACE) for goal in goals)

    @callback
    def _causes_changed(self, _changes: Iterable[Change]) -> None:
        """Have the reasons of goals told anew that are silent, maybe because of a cause."""
        silent = (key for key, found in self._assessments.items() if found.silent)
        self._feed.publish_derived(Topic("goal", key, PACE) for key in silent)

    def get(self, goal_id: str) -> GoalAssessment | None:
        """Return the assessment of a goal, None for one that is not there."""
        if self._due:
            self._refresh()
        return self._assessments.get(goal_id)

    def assessed(self, goal_id: str) -> Goal | None:
        """Return the revision of a goal that its assessment is about."""
        return self._assessed.get(goal_id) if self.get(goal_id) else None

    def pace(self, goal_id: str) -> str | None:
        """Return the pace of a goal as documents spell it, None where there is none."""
        assessment = self.get(goal_id)
        return assessment.pace.value if assessment and assessment.pace else None

    def why(self, goal_id: str, audiences: Audiences = HOUSEHOLD) -> str | None:
        """Return the reason of a goal's pace as a sentence in Home Assistant's language.

        It is short enough for a state, and tells amounts as far as some audiences may know them;
        None for a goal that is not there.
        """
        assessment = self.get(goal_id)
        if assessment is None:
            return None
        goal, words = self._assessed[goal_id], wording_of(self.texts, self.language)
        ending, percent = None, assessment.needed_per_week
        if percent:
            ending = needed_ending(words, self._needed(goal, assessment, audiences), percent)
        parts = ReasonParts(ending, self._fault(goal, assessment, audiences))
        return pace_reason_text(words, goal, assessment, parts)

    def _fault(
        self, goal: Goal, assessment: GoalAssessment, audiences: Audiences
    ) -> HomeFault | None:
        """Return what is behind the silence of a goal; of private metrics no source is told."""
        if assessment.pace is not Pace.UNRELIABLE or self._registry.is_private(goal, audiences):
            return None
        owner = self._registry.persons.get(goal.owner_person_id or "")
        return fault_behind(self._hass, self._views.values(), goal, owner, assessment.silent)

    def needed(self, goal_id: str) -> str | None:
        """Return what a goal needs per week as a text with its unit; None where nothing is."""
        assessment = self.get(goal_id)
        if assessment is None or not assessment.needed_per_week:
            return None
        words = wording_of(self.texts, self.language)
        found = self._needed(self._assessed[goal_id], assessment, HOUSEHOLD)
        return needed_text(words, found, assessment.needed_per_week)

    def _needed(
        self, goal: Goal, assessment: GoalAssessment, audiences: Audiences
    ) -> NeededAmount | None:
        """Return what is needed per week in the unit of the only key result; None is in percent.

        An amount of a metric that is private would tell its value.
        """
        is_told = not self._registry.is_private(goal, audiences)
        return needed_amount(goal, assessment) if is_told else None

    @property
    def texts(self) -> Mapping[str, str]:
        """The texts of selectors in Home Assistant's language."""
        return async_get_cached_translations(self._hass, self.language, "selector", DOMAIN)

    @property
    def language(self) -> str:
        """Home Assistant's language."""
        return self._hass.config.language

    @property
    def graph(self) -> DependencyGraph:
        """Which goal depends on which."""
        if self._due:
            self._refresh()
        return self._graph

    def all_dependents(self, goal_ids: Iterable[str]) -> set[str]:
        """Return the given goals and all that depend on them, directly or not."""
        return self.graph.all_dependents(goal_ids)

    def critical_path(self, goal_id: str) -> tuple[str, ...]:
        """Return the chain of goals that decides when a goal can be finished, itself last."""
        return critical_path(self.slips.of, goal_id) if self.get(goal_id) else ()

    @property
    def slips(self) -> Slips:
        """When open goals are expected to end, with those that they wait for."""
        if self._due:
            self._refresh()
        return self._slips

    @callback
    def _changed(self, changes: Iterable[Change]) -> None:
        if not self._due:
            self._hass.loop.call_soon(self._refresh_if_due)
        self._due |= {change.twin_id: change.cause for change in changes if change.twin_id}

    def _set_timer(self) -> None:
        """Wait for the next day; where clocks skip midnight, it begins with another hour."""
        days = PersonDay(dt_util.get_default_time_zone())
        self._cancel_timer()
        self._cancel_timer = async_track_point_in_utc_time(
            self._hass, self._day_began, days.end_of(dt_util.now().date())
        )

    @callback
    def _day_began(self, _now: datetime) -> None:
        self._refresh_all()
        self._set_timer()

    @callback
    def _config_updated(self, _event: Event) -> None:
        # In another time zone it may be another day.
        self._set_timer()
        if dt_util.now().date() != self._today:
            self._refresh_all()

    @callback
    def _refresh_all(self) -> None:
        self._today = dt_util.now().date()
        self._due = dict.fromkeys((*self._registry.goals, *self._assessed), BY_ITSELF) | self._due
        self._refresh()

    @callback
    def _refresh_if_due(self) -> None:
        # `get` may have refreshed in between.
        if self._due:
            self._refresh()

    @callback
    def _refresh(self) -> None:
        """Assess the goals that are due, and those that depend on them."""
        due, self._due = self._due, {}
        before = self._assessed
        self._assessed = dict(before)
        for key in due:
            goal = self._registry.goals.get(key)
            if goal is not None:
                self._assessed[key] = goal
                self._forecasts[key] = forecast_of(
                    goal, self._today, goal_pauses(self._registry, goal)
                )
            elif self._assessed.pop(key, None):
                del self._forecasts[key]
        changes, touched = list[Change](), self._touched(before, due)
        for key in touched:
            cause = due.get(key, BY_ITSELF)
            changes += self._assess(key, before.get(key), cause)
        for key in before.keys() - self._assessed.keys():
            self._assessments.pop(key, None)
        changes += self._slipped(dict.fromkeys(touched, BY_ITSELF) | due)
        self._feed.publish(changes)
        known = (each.get(key) for key in {*due, *touched} for each in (before, self._assessed))
        if owners := self._owners(filter(None, known)):
            self._steps_of |= owners
            self._steps.mark()

    def _slipped(self, causes: Mapping[str, Cause]) -> Iterable[Change]:
        """Bring the slips up to date with goals; return what changed."""
        known = self._graph, self._assessed, self._assessments
        for key in self._slips.update(*known, causes, self._today):
            if goal := self._assessed.get(key):
                names, cause = frozenset({SLIP}), causes.get(key, BY_ITSELF)
                yield Change(
                    kind="goal", twin_id=key, fields=names, revision=goal.revision, cause=cause
                )

    def _publish_steps(self) -> None:
        owners, self._steps_of = self._steps_of, set()
        self._feed.publish_derived(Topic("person", owner, NEXT_STEP) for owner in owners)

    def _owners(self, goals: Iterable[Goal]) -> set[str]:
        """Return the owners of goals, and those of the goals that they depend on."""
        several = [*goals]
        before = {key for goal in several for key in goal.dependencies}
        several += [goal for key in before if (goal := self._assessed.get(key))]
        return {goal.owner_person_id for goal in several if goal.owner_person_id}

    def _assess(self, goal_id: str, before: Goal | None, cause: Cause) -> Iterable[Change]:
        """Assess a goal; return what changed of the assessment, and the events of the goal."""
        goal = self._assessed[goal_id]
        old = self._assessments.get(goal_id)
        earlier = (before, old) if before and old else None
        known = self._assessed, self._graph, self._forecasts
        new = assess_goal(
            goal,
            *known,
            self._today,
            earlier=earlier,
            catalogue=self._registry.catalogue,
            unheard=unheard_entities(self._hass, self._views, goal),
            pauses=goal_pauses(self._registry, goal),
        )
        self._assessments[goal_id] = new
        if names := _changed_names(old, new):
            yield Change(
                kind="goal",
                twin_id=goal_id,
                fields=names,
                revision=goal.revision,
                before=old,
                after=new,
                cause=cause,
            )
        if goal.owner_person_id and (old is None or old.pace is not new.pace):
            summary = frozenset({"goals_progress"})
            yield Change(kind="person", twin_id=goal.owner_person_id, fields=summary, cause=cause)
        if before is not None and old is not None:
            for event in events_between(before, old, goal, new):
                yield Change(
                    kind="goal",
                    twin_id=goal_id,
                    fields=frozenset({EVENTS}),
                    revision=goal.revision,
                    before=before,
                    after=goal,
                    cause=cause,
                    event=event.kind.slug,
                    details=event.details,
                )

    def _touched(self, before: Mapping[str, Goal], due: Iterable[str]) -> list[str]:
        """Return the ids of the goals that are due, and of those that depend on them."""
        old_graph = self._graph
        near: Iterable[str] = ()
        if any(_edges(before.get(key)) != _edges(self._assessed.get(key)) for key in due):
            edges = {key: goal.dependencies for key, goal in self._assessed.items()}
            self._graph = DependencyGraph(edges)
            # A new edge may open or close a cycle far away.
            near = [key for key in edges if self._graph.cycle(key) != old_graph.cycle(key)]
        waiting = (
            key
            for graph in dict.fromkeys((old_graph, self._graph))
            for one in due
            for key in graph.dependents(one)
        )
        return [key for key in dict.fromkeys((*due, *waiting, *near)) if key in self._assessed]


def _edges(goal: Goal | None) -> tuple[str, ...] | None:
    return None if goal is None else goal.dependencies


def _changed_names(before: GoalAssessment | None, after: GoalAssessment) -> frozenset[str]:
    """Return the topics in which two assessments of a goal differ."""
    if before is None:
        return frozenset({PACE, FORECAST, NEXT_MILESTONE})
    same = {
        PACE: PACED(before) == PACED(after),
        FORECAST: before.forecast == after.forecast,
        NEXT_MILESTONE: before.next_milestone == after.next_milestone,
    }
    return frozenset(name for name, is_same in same.items() if not is_same)
