"""Publishes events of health metrics (recorded, unusual, usual again, stale) and changes by time.

Changes by time alone are the end of a person's day, and a value that becomes stale.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ...twin.enums import ContextEffect
from ...twin.metrics.history import KEPT_DAYS
from ...twin.metrics.person import Person
from ...twin.metrics.recording import (
    HealthEvent,
    HealthEventType,
    health_events,
    recorded_events,
)
from ..core.feed import (
    ADDED,
    BY_ITSELF,
    CATALOGUE_CHANGED,
    DAY,
    EVENTS,
    HISTORIES,
    REMOVED,
    Cause,
    Change,
    ChangeFeed,
    Topic,
    day_topics,
    metric_topic,
)
from ..core.registry import TwinRegistry
from ..core.timers import Deadline, Deadlines
from .sources import person_health

HEALTH: Final = "health_metrics"


class HealthEvents:
    """Compares in which direction the values of a metric are before and after its readings."""

    def __init__(self, registry: TwinRegistry, feed: ChangeFeed) -> None:
        self._registry = registry
        self._feed = feed
        self._directions: dict[str, dict[str, str]] = {}

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Read the present values and follow the readings until the returned function is called."""
        self._begin(self._registry.persons)
        topics = [Topic("person", None, name) for name in (ADDED, REMOVED, HEALTH, HISTORIES)]
        return self._feed.subscribe(topics, self._changed)

    def _begin(self, person_ids: Iterable[str]) -> None:
        for person_id in person_ids:
            person = self._registry.persons.get(person_id)
            if person is None:
                self._directions.pop(person_id, None)
            else:
                health = person_health(self._registry, person)
                self._directions[person_id] = health.directions()

    @callback
    def _changed(self, changes: tuple[Change, ...]) -> None:
        accepted = {(change.seq, metric) for change in changes for metric in _accepted(change)}
        # The readings come before what follows from their days.
        for change in sorted(changes, key=lambda each: HISTORIES in each.fields):
            person = self._registry.persons.get(change.twin_id or "")
            if person is None or not change.fields & {HEALTH, HISTORIES}:
                self._begin([change.twin_id or ""])
                continue
            new = sorted(_accepted(change))
            late = sorted(key for key in _days(change) if (change.seq, key) not in accepted)
            catalogue = self._registry.catalogue
            units = {key: catalogue[key].unit for key in (*new, *late) if key in catalogue}
            events = [*recorded_events(units, new, late)]
            if HISTORIES in change.fields:
                events += self._turns(person, change)
            publish_health_events(self._feed, person, events, change.cause)

    def _turns(self, person: Person, change: Change) -> Iterable[HealthEvent]:
        """Yield the metrics of a change whose value became unusual, or usual again.

        While the context of the person keeps that quiet, what was known before it stays known: it
        is compared with the first value after it.
        """
        if person.context in self._registry.effects[ContextEffect.UNUSUAL]:
            return
        prefix = f"{HEALTH}/"
        metrics = sorted(
            name.removeprefix(prefix) for name in change.fields if name.startswith(prefix)
        )
        health = person_health(self._registry, person)
        known = self._directions.setdefault(person.person_id, {})
        for metric in metrics:
            before = {metric: known.pop(metric)} if metric in known else {}
            direction = health.direction(metric)
            after = {} if direction is None else {metric: direction}
            known |= after
            yield from health_events(before, after)


def _accepted(change: Change) -> set[str]:
    """Return the metrics of which a change of a record brought the latest reading.

    A change that is undone leads back to an older revision and brings none.
    """
    before, after = change.before, change.after
    if not isinstance(after, Person):
        return set()
    old = before.health_metrics if isinstance(before, Person) else {}
    if isinstance(before, Person) and before.revision >= after.revision:
        return set()
    return {key for key, reading in after.health_metrics.items() if reading != old.get(key)}


def _days(change: Change) -> set[str]:
    """Return the metrics of which somebody changed days; an import, part by part, is left out."""
    return (
        set()
        if change.details.get("delayed")
        else {each.metric for each in change.details.get("days", ())}
    )


def publish_health_events(
    feed: ChangeFeed, person: Person, events: Iterable[HealthEvent], cause: Cause = BY_ITSELF
) -> None:
    """Put events of a person's metrics on the feed."""
    feed.publish(
        Change(
            kind="person",
            twin_id=person.person_id,
            fields=frozenset({EVENTS}),
            revision=person.revision,
            after=person,
            cause=cause,
            event=event.kind.slug,
            details={"metric": event.metric, **event.details},
        )
        for event in events
    )


NEXT_DAY = "next_day"
STALE = "stale"

WATCHED = tuple(Topic("person", None, name) for name in (ADDED, REMOVED, "health_metrics", DAY))


class DayClock:
    """Keeps two deadlines for each person: the end of the day, and the next stale value.

    `days_over` is called with the days (ordinals) of a person that have ended.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        registry: TwinRegistry,
        feed: ChangeFeed,
        days_over: Callable[[Person, range], None],
    ) -> None:
        self._registry = registry
        self._feed = feed
        self._days_over = days_over
        self._deadlines = Deadlines(hass, self._due)
        # Until when stale values were published, and the person's day (an ordinal) at that time.
        self._published: dict[str, datetime] = {}
        self._days: dict[str, int] = {}

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Run until the returned function is called."""
        unsubscribes = (
            self._feed.subscribe(WATCHED, self._persons_changed),
            self._feed.subscribe(CATALOGUE_CHANGED, self._catalogue_changed),
        )
        self._set_persons(self._registry.persons)

        @callback
        def stop() -> None:
            for unsubscribe in unsubscribes:
                unsubscribe()
            self._deadlines.stop()

        return stop

    @callback
    def _persons_changed(self, changes: Iterable[Change]) -> None:
        self._set_persons({change.twin_id for change in changes if change.twin_id})

    @callback
    def _catalogue_changed(self, _changes: object) -> None:
        """Set all deadlines: how long a value stays fresh is a property of its metric."""
        self._set_persons(self._registry.persons)

    def _set_persons(self, person_ids: Iterable[str]) -> None:
        """Set the deadlines of persons, and drop those of removed persons."""
        now = dt_util.utcnow()
        for person_id in person_ids:
            if (person := self._registry.persons.get(person_id)) is not None:
                self._set_person(person, now)
            elif self._published.pop(person_id, None):
                self._deadlines.forget(person_id)
                del self._days[person_id]

    def _set_person(self, person: Person, now: datetime) -> None:
        self._published.setdefault(person.person_id, now)
        days = self._registry.person_days(person)
        today = days.day_of(now)
        self._end_days(person, today.toordinal())
        self._deadlines.set(Deadline(person.person_id, NEXT_DAY), days.end_of(today))
        stale = person_health(self._registry, person, now).next_stale()
        self._deadlines.set(Deadline(person.person_id, STALE), stale)

    def _end_days(self, person: Person, today: int) -> None:
        """Report the days that have ended since the last call.

        A move to the east ends days, too; a clock that was wrong at the start ends many at once.
        """
        first = self._days.get(person.person_id, today)
        self._days[person.person_id] = today
        if first < today:
            self._days_over(person, range(max(first, today - KEPT_DAYS), today))

    @callback
    def _due(self, due: Collection[Deadline], now: datetime) -> None:
        topics: set[Topic] = set()
        for deadline in due:
            person = self._registry.persons.get(deadline.subject_id)
            if person is None:
                continue
            if deadline.topic == NEXT_DAY:
                topics |= day_topics(person.person_id)
                topics |= {metric_topic(person.person_id, key) for key in person.health_metrics}
            else:
                health = person_health(self._registry, person, now)
                stale = health.stale_between(self._published[person.person_id], now)
                topics |= {metric_topic(person.person_id, key) for key in stale}
                events = (HealthEvent(HealthEventType.METRIC_STALE, key, {}) for key in stale)
                publish_health_events(self._feed, person, events)
                self._published[person.person_id] = now
            self._set_person(person, now)
        self._feed.publish_derived(topics)
