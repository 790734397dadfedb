"""Entities as records keep them: by registry id, so that a rename breaks nothing."""

from collections.abc import Callable, Mapping

from homeassistant.components.person import ATTR_USER_ID
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ...twin.errors import refuse
from ...twin.people.person import Person

LINKS = ("person_entity", "zone")
SOURCES = "metric_sources"


@callback
def stored_entity_id(hass: HomeAssistant, entity_id: str, domain: str | None = None) -> str:
    """Return the registry id of an entity, or its entity id where it has no entry.

    Raises `TwinError` (`not_found`) with an empty path when there is no such entity, or it is not
    of the domain.
    """
    entry = er.async_get(hass).async_get(entity_id)
    if entry is None and hass.states.get(entity_id) is None:
        raise refuse("not_found", "", value=entity_id)
    present = entry.entity_id if entry else entity_id
    if domain not in (None, present.partition(".")[0]):
        raise refuse("not_found", "", value=entity_id)
    return entry.id if entry else entity_id


@callback
def current_entity_id(hass: HomeAssistant, stored: str) -> str | None:
    """Return the present entity id of what a record keeps; None when its entry is gone."""
    return er.async_resolve_entity_id(er.async_get(hass), stored)


@callback
def last_entity_id(hass: HomeAssistant, stored: str) -> str:
    """Return what people know an entity by, or knew it by if its entry is gone."""
    if present := current_entity_id(hass, stored):
        return present
    deleted = er.async_get(hass).deleted_entities.values()
    return next((entry.entity_id for entry in deleted if entry.id == stored), stored)


@callback
def with_stored_ids(hass: HomeAssistant, document: Mapping[str, object]) -> dict[str, object]:
    """Return a document whose links to entities are as records keep them.

    So two twins with the same link are found out, however each was written.
    """
    registry = er.async_get(hass)

    def stored(value: object) -> object:
        entry = registry.async_get(value) if isinstance(value, str) else None
        return entry.id if entry else value

    links = {name: stored(document[name]) for name in LINKS if name in document}
    if isinstance(sources := document.get(SOURCES), Mapping):
        links[SOURCES] = {
            metric: [_with_entity(item, stored) for item in items]
            if isinstance(items, (list, tuple))
            else items
            for metric, items in sources.items()
        }
    return {**document, **links}


def _with_entity(source: object, stored: Callable[[object], object]) -> object:
    """Return a source of a metric, an entity or an object that names one, as records keep it."""
    if isinstance(source, Mapping) and "entity" in source:
        return {**source, "entity": stored(source["entity"])}
    return stored(source)


@callback
def linked_user_id(hass: HomeAssistant, person: Person) -> str | None:
    """Return the user of the Home Assistant person that a Person twin is linked to."""
    if person.person_entity is None:
        return None
    entity_id = current_entity_id(hass, person.person_entity)
    state = hass.states.get(entity_id) if entity_id else None
    user_id: str | None = state.attributes.get(ATTR_USER_ID) if state else None
    return user_id
