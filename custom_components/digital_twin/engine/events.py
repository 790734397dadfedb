"""Fires what happens to twins on Home Assistant's bus, where the logbook finds it."""

from collections.abc import Iterable
from typing import Any, Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from ..const import DOMAIN
from ..twin.people.person import Person
from .core.entity_ids import linked_user_id
from .core.feed import EVENTS, Change, ChangeFeed, Origin, Topic
from .core.registry import KINDS, TwinRegistry
from .health.sources import metric_label
from .subentries import Subentries

EVENT_TWIN: Final = f"{DOMAIN}_event"


class TwinEvents:
    """Relays the events of the feed: names only, and nothing of people who are private.

    Readings of linked entities are left out: a pulse every five seconds is no event of the house.
    """

    def __init__(
        self, hass: HomeAssistant, feed: ChangeFeed, registry: TwinRegistry, subentries: Subentries
    ) -> None:
        self._hass = hass
        self._feed = feed
        self._registry = registry
        self._subentries = subentries

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Relay until the returned function is called."""
        return self._feed.subscribe([Topic(kind, None, EVENTS) for kind in KINDS], self._relay)

    @callback
    def _relay(self, changes: Iterable[Change]) -> None:
        for change in changes:
            if (data := self._data(change)) is not None:
                self._hass.bus.async_fire(EVENT_TWIN, data, context=change.cause.context)

    def _data(self, change: Change) -> dict[str, Any] | None:
        twin_id = change.twin_id or ""
        twin = self._registry.records(change.kind).get(twin_id)
        if twin is None:
            return None
        details = dict(change.details)
        if isinstance(twin, Person):
            if not twin.health_entities or change.cause.origin is Origin.SOURCE:
                return None
            metric = str(details["metric"])
            label = metric_label(self._hass, metric, self._registry.catalogue.get(metric))
            details["metric_name"] = label
        return {
            "kind": change.kind,
            "twin_id": twin_id,
            "device_id": self._subentries.device_id(twin_id),
            "name": twin.name,
            "type": change.event,
            "actor": self._actor(change.cause.actor),
            "details": details,
        }

    def _actor(self, user_id: str) -> str | None:
        """Return the name of the person whose account acted."""
        return next(
            (
                person.name
                for person in self._registry.persons.values()
                if linked_user_id(self._hass, person) == user_id
            ),
            None,
        )
