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

PREFIX: Final = "health_metrics/"
NO_DIRECTIONS: Final = HealthSnapshot(directions={}, fresh=frozenset())


class HealthEvents:
    """Compares where the values of a metric lie before and after its readings."""

    def __init__(self, registry: TwinRegistry, feed: ChangeFeed) -> None:
        self._registry = registry
        self._feed = feed
        self._directions: dict[str, dict[str, str]] = {}

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Begin with the present values, and follow the readings; return what ends that."""
        self._begin(self._registry.persons)
        topics = [Topic("person", None, name) for name in (ADDED, REMOVED, HISTORIES)]
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
    def _changed(self, changes: Iterable[Change]) -> None:
        for change in changes:
            person = self._registry.persons.get(change.twin_id or "")
            if person is None or HISTORIES not in change.fields:
                self._begin([change.twin_id or ""])
                continue
            metrics = [
                name.removeprefix(PREFIX) for name in change.fields if name.startswith(PREFIX)
            ]
            self._publish(person, self._events(person, sorted(metrics)), change.cause)

    def _events(self, person: Person, metrics: list[str]) -> Iterable[HealthEvent]:
        health = person_health(self._registry, person)
        known = self._directions.setdefault(person.person_id, {})
        units = {key: metric.unit for key, metric in health.catalogue.items() if key in metrics}
        yield from recorded_events(units, metrics, ())
        for metric in metrics:
            before = {metric: known.pop(metric)} if metric in known else {}
            after = {} if (where := health.direction(metric)) is None else {metric: where}
            known |= after
            yield from health_events(
                HealthSnapshot(directions=before, fresh=frozenset()),
                HealthSnapshot(directions=after, fresh=frozenset()),
            )

    def _publish(self, person: Person, events: Iterable[HealthEvent], cause: Cause) -> None:
        publish_health_events(self._feed, person, events, cause)


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
