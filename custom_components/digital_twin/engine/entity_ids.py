"""Entities as records keep them: by registry id, so that a rename breaks nothing."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ..twin.errors import refuse


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
