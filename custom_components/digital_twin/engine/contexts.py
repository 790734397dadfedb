"""Contexts of persons and homes at work: what they pause of goals and of health."""

from collections.abc import Iterable
from typing import Final

from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.util import dt as dt_util

from ..twin.goals.goal import Goal
from ..twin.goals.pauses import NO_PAUSES, Pauses, pauses_of
from ..twin.metrics.person import Person
from ..twin.records.contexts import CONTEXT, PAST, SINCE, UNTIL
from ..twin.records.fields import PersonDay
from .core.feed import EFFECTS_CHANGED, Change, ChangeFeed, Topic, day_topics, metric_topic
from .core.registry import TwinRegistry

# A topic of people and goals: what contexts pause has changed.
PAUSED: Final = "paused"
# The fields of a person from which follows what is paused.
PERSON_TOPICS: Final = tuple(Topic("person", None, name) for name in (CONTEXT, SINCE, UNTIL, PAST))


def goal_pauses(registry: TwinRegistry, goal: Goal) -> Pauses:
    """Return what the contexts of the owner of a goal pause, in days of the household."""
    owner = registry.persons.get(goal.owner_person_id or "")
    if owner is None:
        return NO_PAUSES
    return pauses_of(owner, registry.effects, PersonDay(dt_util.get_default_time_zone()))


class ContextFollower:
    """Has what contexts pause worked out anew when they change, or what they do.

    That is the health of people, and the assessments of their goals (the topic `paused`).
    """

    def __init__(self, registry: TwinRegistry, feed: ChangeFeed) -> None:
        self._registry = registry
        self._feed = feed

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Follow the contexts until the returned function is called."""
        return self._feed.subscribe((*PERSON_TOPICS, EFFECTS_CHANGED), self._changed)

    @callback
    def _changed(self, changes: Iterable[Change]) -> None:
        causes = {change.twin_id: change.cause for change in changes}
        of_all = causes.get(None)
        for person in [*self._registry.persons.values()]:
            if cause := causes.get(person.person_id, of_all):
                topics = {Topic("person", person.person_id, PAUSED), *_of_health(person)}
                goals = self._registry.goals_of(person.person_id)
                topics |= {Topic("goal", goal.goal_id, PAUSED) for goal in goals}
                self._feed.publish_derived(topics, cause)


def _of_health(person: Person) -> Iterable[Topic]:
    yield from day_topics(person.person_id)
    for metric in person.health_metrics:
        yield metric_topic(person.person_id, metric)
