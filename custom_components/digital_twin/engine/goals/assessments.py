"""How each goal stands today: derived from the records, kept in memory, told when it changes."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Final

from homeassistant.const import EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_change
from homeassistant.util import dt as dt_util

from ...twin.goals.assessment import GoalAssessment, assess_goal, forecast_of, remaining_days
from ...twin.goals.forecast import Forecast
from ...twin.goals.goal import Goal
from ...twin.goals.graph import DependencyGraph, critical_path
from ..core.feed import ADDED, REMOVED, ChangeFeed, Topic
from ..core.registry import TwinRegistry

PACE: Final = "pace"
FORECAST: Final = "forecast"
NEXT_MILESTONE: Final = "next_milestone"

# What assessments are made of.
GOAL_TOPICS: Final = tuple(
    Topic("goal", None, name)
    for name in (
        ADDED,
        REMOVED,
        "status",
        "goal_code",
        "start_date",
        "target_date",
        "dependencies",
        "milestones",
        "completed_on",
        "progress",
        "progress_history",
    )
)


class GoalAssessments:
    """The assessment of every goal on the present day at the household.

    Changes of goals are gathered until the event loop is free, so that a thousand goals that
    arrive together are judged once. Each change is published as topics of the goal: `pace` (with
    its reason, the plan, slack, what is needed, and what is in the way), `forecast` and
    `next_milestone`; a pace that changed also touches its owner's `goals_progress`.
    """

    def __init__(self, hass: HomeAssistant, feed: ChangeFeed, registry: TwinRegistry) -> None:
        """Keep the parts; nothing is judged yet."""
        self._hass = hass
        self._feed = feed
        self._registry = registry
        self._today = date.min
        self._judged: dict[str, Goal] = {}
        self._forecasts: dict[str, Forecast] = {}
        self._standings: dict[str, GoalAssessment] = {}
        self._graph = DependencyGraph({})
        self._due = False

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Judge all goals, and again whenever one changes, at midnight and in another time zone."""
        self._refresh()
        ends = (
            self._feed.subscribe(GOAL_TOPICS, self._changed),
            async_track_time_change(self._hass, self._midnight, hour=0, minute=0, second=0),
            self._hass.bus.async_listen(EVENT_CORE_CONFIG_UPDATE, self._config_updated),
        )

        @callback
        def stop() -> None:
            for end in ends:
                end()

        return stop

    def get(self, goal_id: str) -> GoalAssessment | None:
        """Return the assessment of a goal, None for one that is not there."""
        if self._due:
            self._refresh()
        return self._standings.get(goal_id)

    def pace(self, goal_id: str) -> str | None:
        """Return the pace of a goal as documents spell it, None where there is none."""
        assessment = self.get(goal_id)
        return assessment.pace.value if assessment and assessment.pace else None

    @property
    def graph(self) -> DependencyGraph:
        """Which goal depends on which."""
        if self._due:
            self._refresh()
        return self._graph

    def critical_path(self, goal_id: str) -> tuple[str, ...]:
        """Return the chain of goals that decides when a goal can be finished, itself last."""
        if self.get(goal_id) is None:
            return ()
        remaining = {
            key: days
            for key, goal in self._judged.items()
            if (days := remaining_days(goal, self._forecasts[key], self._today)) is not None
        }
        return critical_path(self._graph, goal_id, remaining)

    @callback
    def _changed(self) -> None:
        if not self._due:
            self._due = True
            self._hass.loop.call_soon(self._refresh_if_due)

    @callback
    def _midnight(self, _now: datetime) -> None:
        self._refresh()

    @callback
    def _config_updated(self, _event: Event) -> None:
        # In another time zone it may be another day.
        self._changed()

    @callback
    def _refresh_if_due(self) -> None:
        # Somebody may have asked in between.
        if self._due:
            self._refresh()

    @callback
    def _refresh(self) -> None:
        self._due = False
        goals = dict(self._registry.goals)
        today = dt_util.now().date()
        stale = {
            key
            for key, goal in goals.items()
            if self._judged.get(key) is not goal or today != self._today
        }
        gone = self._judged.keys() - goals.keys()
        self._today = today
        self._forecasts |= {key: forecast_of(goals[key], today) for key in stale}
        touched = self._touched(goals, stale, gone)
        topics: set[Topic] = set()
        for key in touched:
            assessment = assess_goal(goals[key], goals, self._graph, self._forecasts, today)
            topics |= _changes(goals[key], self._standings.get(key), assessment)
            self._standings[key] = assessment
        for key in gone:
            del self._forecasts[key], self._standings[key]
        self._judged = goals
        self._feed.publish_derived(topics)

    def _touched(
        self, goals: Mapping[str, Goal], stale: Iterable[str], gone: Iterable[str]
    ) -> set[str]:
        """Name the goals to judge: those that changed, and those that depend on them."""
        before = self._graph
        edges = {key: goal.dependencies for key, goal in goals.items()}
        rewired = bool(gone) or any(
            key not in self._judged or self._judged[key].dependencies != edges[key] for key in stale
        )
        near: set[str] = set()
        if rewired:
            self._graph = DependencyGraph(edges)
            # A new edge may open or close a cycle far away.
            near = {key for key in goals if self._graph.cycle(key) != before.cycle(key)}
        changed = {*stale, *gone}
        waiting = {
            key
            for graph in (before, self._graph)
            for one in changed
            for key in graph.dependents(one)
        }
        return ({*changed, *waiting, *near}) & goals.keys()


def _changes(goal: Goal, before: GoalAssessment | None, after: GoalAssessment) -> set[Topic]:
    """Name the topics in which two assessments of a goal differ."""
    if before is None:
        names = {PACE, FORECAST, NEXT_MILESTONE}
    else:
        names = {
            name
            for name, same in (
                (PACE, _paced(before) == _paced(after)),
                (FORECAST, before.forecast == after.forecast),
                (NEXT_MILESTONE, before.next_milestone == after.next_milestone),
            )
            if not same
        }
    topics = {Topic("goal", key, name) for name in names for key in (goal.goal_id, None)}
    if goal.owner_person_id and (before is None or before.pace is not after.pace):
        topics.add(Topic("person", goal.owner_person_id, "goals_progress"))
    return topics


def _paced(assessment: GoalAssessment) -> tuple[object, ...]:
    return (
        assessment.planned,
        assessment.pace,
        assessment.reason,
        assessment.slack_days,
        assessment.needed_per_week,
        assessment.blocked_by,
        assessment.late_dependencies,
    )
