"""Describes the events of twins in the logbook, in the language of Home Assistant."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from homeassistant.components.logbook import LOGBOOK_ENTRY_MESSAGE, LOGBOOK_ENTRY_NAME
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations

from .const import DOMAIN
from .engine.events import EVENT_TWIN

type Describe = Callable[[str, str, Callable[[Event[Any]], dict[str, Any]]], None]

# Endings of the keys of texts for events whose actor is known: another person, the twin's own.
BY_SOMEBODY: Final = "_by"
BY_THEMSELVES: Final = "_self"
# The entities that have the texts of the states in details, by event.
STATES: Final[Mapping[str, tuple[str, str]]] = {
    "pace_changed": ("sensor", "pace"),
    "status_changed": ("select", "status"),
    "operational_status_changed": ("sensor", "operational_status"),
    "occupancy_changed": ("sensor", "occupancy_status"),
}


@callback
def async_describe_events(hass: HomeAssistant, async_describe_event: Describe) -> None:
    """Describe the one event of the integration."""

    @callback
    def describe(event: Event[Any]) -> dict[str, Any]:
        texts = _texts(hass, "selector") | _texts(hass, "entity")
        data, kind = event.data, str(event.data["type"])
        # An event of a device of a home has the name of the device.
        names = {"name": data["name"], **data["details"]}
        if entity := STATES.get(kind):
            names |= {key: _state(texts, entity, names[key]) for key in ("from", "to")}
        actor = data["actor"]
        by_themselves = BY_THEMSELVES if actor == data["name"] else BY_SOMEBODY
        endings = (by_themselves, BY_SOMEBODY) if actor else ()
        by_actor = next((text for end in endings if (text := texts.get(_option(kind + end)))), None)
        text = by_actor or texts.get(_option(kind), kind)
        return {
            LOGBOOK_ENTRY_NAME: actor if by_actor else names["name"],
            LOGBOOK_ENTRY_MESSAGE: text.format_map(names),
        }

    async_describe_event(DOMAIN, EVENT_TWIN, describe)


def _texts(hass: HomeAssistant, category: str) -> dict[str, str]:
    return async_get_cached_translations(hass, hass.config.language, category, DOMAIN)


def _option(key: str) -> str:
    return f"component.{DOMAIN}.selector.logbook.options.{key}"


def _state(texts: Mapping[str, str], entity: tuple[str, str], value: object) -> str:
    platform, key = entity
    path = f"component.{DOMAIN}.entity.{platform}.{key}.state.{value}"
    return (texts.get(path) or texts.get(_option("unknown"), str(value))).lower()
