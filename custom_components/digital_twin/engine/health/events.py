"""Publishes the events of people's health metrics: recorded, unusual, usual again, stale."""

from collections.abc import Iterable
from typing import Final

from homeassistant.core import CALLBACK_TYPE, callback

from ...twin.people.health_events import (
    HealthEvent,
    HealthSnapshot,
    health_events,
    recorded_events,
)
from ...twin.people.person import Person
from ..core.feed import (
    ADDED,
    BY_ITSELF,
    EVENTS,
    HISTORIES,
    REMOVED,
    Cause,
    Change,
    ChangeFeed,
    Topic,
)
from ..core.registry import TwinRegistry
from .sources import person_health

HEALTH: Final = "health_metrics"
NOTHING_FRESH: Final[frozenset[str]] = frozenset()


class HealthEvents:
    """Compares in which direction the values of a metric are before and after its readings."""

    def __init__(self, registry: TwinRegistry, feed: ChangeFeed) -> None:
        self._registry = registry
        self._feed = feed
        self._directions: dict[str, dict[str, str]] = {}

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Begin with the present values, and follow the readings; return what ends that."""
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
        """Yield the metrics of a change whose value became unusual, or usual again."""
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
            yield from health_events(
                HealthSnapshot(directions=before, fresh=NOTHING_FRESH),
                HealthSnapshot(directions=after, fresh=NOTHING_FRESH),
            )


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
