"""The goals of an earlier time, with what follows from them."""

from datetime import tzinfo

from ..twin.errors import TwinError
from ..twin.goals.assessment import GoalAssessment, assess_goal, forecast_of
from ..twin.goals.goal import GOAL, Goal, progress_summary
from ..twin.goals.pauses import Pauses, pauses_of
from ..twin.goals.references import DependencyGraph
from ..twin.metrics.person import PERSON, Person
from ..twin.records.context_effects import Effects
from ..twin.records.fields import Context, PersonDay
from ..twin.records.revisions import decode
from ..twin.records.rewind import EarlierTwin, Exactness, worst
from ..twin.records.timeline import TwinKey
from .core.earlier import EarlierTwins
from .documents import Document


class EarlierGoals:
    """The goals of one time, each read when it is needed, with what is derived of them."""

    def __init__(
        self, twins: EarlierTwins, context: Context, zone: tzinfo, effects: Effects
    ) -> None:
        self._twins = twins
        self._context = context
        self._days = PersonDay(zone)
        self._effects = effects
        self._today = self._days.day_of(twins.at)
        self._edges = twins.edges()
        self._goals: dict[str, Goal | None] = {}
        self.graph = DependencyGraph(
            {
                key: tuple(map(str, each.get("dependencies") or ()))
                for key, each in self._edges.items()
            }
        )
        known = twins.present.documents.keys()
        # Goals that were deleted for good since: nobody knows which goals they depended on.
        ghosts = (
            key
            for key in twins.operations
            if key.kind == GOAL.name and key not in known and twins.added_at(key) is None
        )
        self.graph_level = Exactness.UNKNOWN if any(ghosts) else Exactness.EXACT

    def goal(self, goal_id: str) -> Goal | None:
        """Return a goal, None where it was not there or is not known."""
        if goal_id not in self._goals:
            self._goals[goal_id] = self._read(goal_id)
        return self._goals[goal_id]

    def _read(self, goal_id: str) -> Goal | None:
        found: EarlierTwin | None = self._twins.twin(TwinKey(GOAL.name, goal_id))
        if found is None or found.document is None or found.lost:
            return None
        try:
            return decode(GOAL, found.document, self._context)
        except TwinError:
            return None

    def person(self, person_id: str | None) -> Person | None:
        """Return a person, None where there was none or it is not known."""
        found = self._twins.twin(TwinKey(PERSON.name, person_id)) if person_id else None
        if found is None or found.document is None or found.lost:
            return None
        try:
            return decode(PERSON, found.document, self._context)
        except TwinError:
            return None

    def assessment(self, goal_id: str) -> tuple[GoalAssessment | None, Exactness]:
        """Return the assessment of a goal on that day, and how exact it is."""
        goal = self.goal(goal_id)
        if goal is None:
            return None, Exactness.UNKNOWN
        needed = (goal_id, *goal.dependencies)
        goals = {key: each for key in needed if (each := self.goal(key)) is not None}
        if any(key not in goals and self._is_missing(key) for key in needed):
            return None, Exactness.UNKNOWN
        owner = self.person(goal.owner_person_id)
        if owner is None and goal.owner_person_id:
            return None, Exactness.UNKNOWN
        forecasts = {
            key: forecast_of(each, self._today, self._pauses(each)) for key, each in goals.items()
        }
        found = assess_goal(
            goal,
            goals,
            self.graph,
            forecasts,
            self._today,
            catalogue=self._context.catalogue,
            pauses=self._pauses(goal),
        )
        vague = any(TwinKey(GOAL.name, key) in self._twins.vague for key in goals)
        return found, Exactness.DAILY if vague else Exactness.EXACT

    def _pauses(self, goal: Goal) -> Pauses:
        return pauses_of(self.person(goal.owner_person_id), self._effects, self._days)

    def _is_missing(self, goal_id: str) -> bool:
        """Return whether a goal may have been there of which nothing is known."""
        key = TwinKey(GOAL.name, goal_id)
        return goal_id in self._edges or key not in self._twins.present.documents

    def summary(self, person_id: str) -> tuple[Document, Exactness]:
        """Return the `goals_progress` of a person, and how exact it is."""
        owned = [
            key for key, each in self._edges.items() if each.get("owner_person_id") == person_id
        ]
        goals = [each for key in owned if (each := self.goal(key)) is not None]
        assessed = {each.goal_id: self.assessment(each.goal_id) for each in goals}
        levels = [self.graph_level, *(level for _, level in assessed.values())]
        if len(goals) < len(owned):
            levels.append(Exactness.UNKNOWN)

        def pace(goal_id: str) -> str | None:
            assessment, _ = assessed[goal_id]
            return assessment.pace.value if assessment and assessment.pace else None

        return progress_summary(goals, pace), worst(levels)
