"""Where the people are, by the Home Assistant persons that their twins are linked to."""

from homeassistant.components.person.const import PersonEntityStateAttribute
from homeassistant.components.zone import ENTITY_ID_HOME
from homeassistant.components.zone.const import DOMAIN as ZONE_DOMAIN
from homeassistant.const import (
    ATTR_LATITUDE,
    ATTR_LONGITUDE,
    STATE_HOME,
    STATE_NOT_HOME,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
)
from homeassistant.core import State, StateMachine

from ...twin.values import PlainJson


def zones_of(states: StateMachine, entity_id: str | None) -> tuple[str, ...] | None:
    """Return the zones a person is in, smallest first; None if nobody knows where they are."""
    state = states.get(entity_id) if entity_id else None
    if state is None or state.state in {STATE_UNAVAILABLE, STATE_UNKNOWN}:
        return None
    zones = state.attributes.get(PersonEntityStateAttribute.IN_ZONES)
    if isinstance(zones, list | tuple):
        return tuple(zone for zone in zones if isinstance(zone, str))
    return _zones_by_name(states, state)


def zone_exists(states: StateMachine, entity_id: str) -> bool:
    """Tell whether there is such a zone; that of Home Assistant itself cannot be deleted."""
    return entity_id == ENTITY_ID_HOME or states.get(entity_id) is not None


def point_of(states: StateMachine, zone: str) -> dict[str, PlainJson] | None:
    """Return the middle of a zone as a GeoJSON Point (WGS 84, degrees, longitude first)."""
    state = states.get(zone)
    attributes = state.attributes if state else {}
    match attributes.get(ATTR_LONGITUDE), attributes.get(ATTR_LATITUDE):
        case [int() | float() as longitude, int() | float() as latitude]:
            return {"type": "Point", "coordinates": [longitude, latitude]}
    return None


def _zones_by_name(states: StateMachine, state: State) -> tuple[str, ...]:
    """Read the zone from the state, for entities that do not list their zones."""
    if state.state == STATE_HOME:
        return (ENTITY_ID_HOME,)
    if state.state == STATE_NOT_HOME:
        return ()
    return tuple(
        zone.entity_id for zone in states.async_all(ZONE_DOMAIN) if zone.name == state.state
    )
