"""Entities as records keep them: by registry id, so that a rename breaks nothing."""

from collections.abc import Mapping

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ..twin.errors import refuse

LINKS = ("person_entity", "zone")


@callback
def stored_entity_id(hass: HomeAssistant, entity_id: str) -> str:
    """Return the registry id of an entity, or its entity id where it has no entry.

    Raises `TwinError` (`not_found`) with an empty path when there is no such entity.
    """
    if entry := er.async_get(hass).async_get(entity_id):
        return entry.id
    if hass.states.get(entity_id) is None:
        raise refuse("not_found", "", value=entity_id)
    return entity_id


@callback
def current_entity_id(hass: HomeAssistant, stored: str) -> str | None:
    """Return the present entity id of what a record keeps; None when its entry is gone."""
    return er.async_resolve_entity_id(er.async_get(hass), stored)


@callback
def with_stored_ids(hass: HomeAssistant, document: Mapping[str, object]) -> dict[str, object]:
    """Return a document whose links to entities are as records keep them.

    So two twins with the same link are found out, however each was written.
    """
    registry = er.async_get(hass)
    links = {name: document[name] for name in LINKS if name in document}
    stored = {
        name: entry.id
        for name, value in links.items()
        if isinstance(value, str) and (entry := registry.async_get(value))
    }
    return {**document, **stored}
