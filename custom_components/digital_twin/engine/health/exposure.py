"""Keeps from assistants the entities of metrics that a person does not let them know."""

from collections.abc import Iterable
from typing import Final

from homeassistant.components.homeassistant.const import DATA_EXPOSED_ENTITIES
from homeassistant.components.homeassistant.exposed_entities import (
    KNOWN_ASSISTANTS,
    async_expose_entity,
    async_listen_entity_updates,
    async_should_expose,
)
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ...const import DOMAIN
from ...twin.enums import Audience
from ...twin.metrics.consent import DISCLOSED_BY
from ..core.entity_ids import UUID_LENGTH
from ..core.feed import ADDED, Change, ChangeFeed, Topic
from ..core.registry import TwinRegistry
from .disclosed import may_know

DECIDED_BY: Final = tuple(Topic("person", None, name) for name in (ADDED, *DISCLOSED_BY))
ASSISTANTS: Final = (Audience.ASSISTANTS,)


class AssistantExposure:
    """Ends the exposure of entities that assistants may not know, whoever exposes them.

    What may be known again is not exposed by itself: that is for the household to choose.
    """

    def __init__(self, hass: HomeAssistant, registry: TwinRegistry, feed: ChangeFeed) -> None:
        self._hass = hass
        self._registry = registry
        self._feed = feed

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Review all entities, and those that change, until the returned function is called."""
        if DATA_EXPOSED_ENTITIES not in self._hass.data:
            return lambda: None
        self._review_all()
        ends = [
            self._feed.subscribe(DECIDED_BY, self._changed),
            self._hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, self._entity_updated),
            *(
                async_listen_entity_updates(self._hass, assistant, self._review_all)
                for assistant in KNOWN_ASSISTANTS
            ),
        ]

        @callback
        def stop() -> None:
            for end in ends:
                end()

        return stop

    @callback
    def _changed(self, changes: Iterable[Change]) -> None:
        self._review({change.twin_id for change in changes if change.twin_id})

    @callback
    def _review_all(self) -> None:
        self._review(self._registry.persons)

    def _review(self, person_ids: Iterable[str]) -> None:
        """Review the entities of people who keep any metric from assistants."""
        wanted = {
            key
            for key in person_ids
            if (person := self._registry.persons.get(key))
            and any(Audience.ASSISTANTS in levels for levels in person.consent.values())
        }
        if wanted:
            for entry in [*er.async_get(self._hass).entities.values()]:
                if entry.platform == DOMAIN and entry.unique_id[:UUID_LENGTH] in wanted:
                    self._keep(entry)

    @callback
    def _entity_updated(self, event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        entry = er.async_get(self._hass).async_get(event.data["entity_id"])
        if entry is not None and entry.platform == DOMAIN:
            self._keep(entry)

    def _keep(self, entry: er.RegistryEntry) -> None:
        person = self._registry.persons.get(entry.unique_id[:UUID_LENGTH])
        if person is None or may_know(person, entry.unique_id[UUID_LENGTH + 1 :], ASSISTANTS):
            return
        for assistant in KNOWN_ASSISTANTS:
            if async_should_expose(self._hass, assistant, entry.entity_id):
                async_expose_entity(self._hass, assistant, entry.entity_id, should_expose=False)
