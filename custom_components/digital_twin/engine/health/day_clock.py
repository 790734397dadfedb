"""Tells when a person's day is over, and when a value no longer says anything about the present."""

from collections.abc import Callable, Collection
from datetime import datetime

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ...twin.metrics.history import KEPT_DAYS
from ...twin.people.person import Person
from ..core.deadlines import Deadline, Deadlines
from ..core.feed import (
    ADDED,
    CATALOGUE_CHANGED,
    DAY,
    REMOVED,
    ChangeFeed,
    Topic,
    day_topics,
    metric_topic,
)
from ..core.registry import TwinRegistry
from .view import person_health

NEXT_DAY = "next_day"
STALE = "stale"

WATCHED = (
    *(Topic("person", None, name) for name in (ADDED, REMOVED, "health_metrics", DAY)),
    CATALOGUE_CHANGED,
)


class DayClock:
    """One timer, set to the next moment at which something changes by itself."""

    def __init__(
        self,
        hass: HomeAssistant,
        registry: TwinRegistry,
        feed: ChangeFeed,
        days_over: Callable[[Person, range], None],
    ) -> None:
        """Keep what is needed; `days_over` is told the days (ordinals) of a person that ended."""
        self._registry = registry
        self._feed = feed
        self._days_over = days_over
        self._deadlines = Deadlines(hass, self._due)
        # When people were looked at last, and which day (an ordinal) it was for them.
        self._seen: dict[str, datetime] = {}
        self._present: dict[str, int] = {}

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Run until the returned function is called."""
        unsubscribe = self._feed.subscribe(WATCHED, self._set)
        self._set()

        @callback
        def stop() -> None:
            unsubscribe()
            self._deadlines.stop()

        return stop

    @callback
    def _set(self) -> None:
        """Set the next moments of all people."""
        persons = self._registry.persons
        for person_id in self._seen.keys() - persons.keys():
            self._deadlines.forget(person_id)
            del self._seen[person_id], self._present[person_id]
        for person in persons.values():
            self._set_person(person, dt_util.utcnow())

    def _set_person(self, person: Person, now: datetime) -> None:
        days = self._registry.person_days(person)
        self._seen.setdefault(person.person_id, now)
        today = days.day_of(now)
        self._end_days(person, today.toordinal())
        end = days.end_of(today)
        self._deadlines.set(Deadline(person.person_id, NEXT_DAY), end)
        stale = person_health(self._registry, person, now).next_stale()
        self._deadlines.set(Deadline(person.person_id, STALE), stale)

    def _end_days(self, person: Person, today: int) -> None:
        """Tell which days have ended since the last look.

        A move to the east ends days as well, and a clock that was wrong at the start ends many.
        """
        first = self._present.get(person.person_id, today)
        self._present[person.person_id] = today
        if first < today:
            self._days_over(person, range(max(first, today - KEPT_DAYS), today))

    @callback
    def _due(self, due: Collection[Deadline], now: datetime) -> None:
        topics: set[Topic] = set()
        for deadline in due:
            person = self._registry.persons.get(deadline.home_id)
            if person is None:
                continue
            if deadline.topic == NEXT_DAY:
                topics |= day_topics(person.person_id)
                topics |= {metric_topic(person.person_id, key) for key in person.health_metrics}
            else:
                health = person_health(self._registry, person, now)
                stale = health.stale_between(self._seen[person.person_id], now)
                topics |= {metric_topic(person.person_id, key) for key in stale}
                self._seen[person.person_id] = now
            self._set_person(person, now)
        self._feed.publish_derived(topics)
