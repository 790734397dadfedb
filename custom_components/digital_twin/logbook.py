"""Describes the events of twins in the logbook, in the language of Home Assistant."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from homeassistant.components.logbook import LOGBOOK_ENTRY_MESSAGE, LOGBOOK_ENTRY_NAME
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations

from .const import DOMAIN
from .engine.events import EVENT_TWIN

type Describe = Callable[[str, str, Callable[[Event[Any]], dict[str, Any]]], None]

# What an event says where it is known whose account acted.
BY_SOMEBODY: Final = "_by"
# Details whose values are words with a translation of their own.
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
        entity = STATES.get(kind)
        names = {
            key: _state(texts, entity, value) if key in ("from", "to") and entity else str(value)
            for key, value in data["details"].items()
        }
        actor = data.get("actor")
        by_somebody = texts.get(_option(f"{kind}{BY_SOMEBODY}")) if actor else None
        text = by_somebody or texts.get(_option(kind), kind)
        message = text.format_map({"name": data["name"], **names})
        return {
            LOGBOOK_ENTRY_NAME: actor if by_somebody else data["name"],
            LOGBOOK_ENTRY_MESSAGE: message,
        }

    async_describe_event(DOMAIN, EVENT_TWIN, describe)


def _texts(hass: HomeAssistant, category: str) -> dict[str, str]:
    return async_get_cached_translations(hass, hass.config.language, category, DOMAIN)


def _option(key: str) -> str:
    return f"component.{DOMAIN}.selector.logbook.options.{key}"


def _state(texts: Mapping[str, str], entity: tuple[str, str], value: object) -> str:
    platform, key = entity
    path = f"component.{DOMAIN}.entity.{platform}.{key}.state.{value}"
    return texts.get(path, "-" if value is None else str(value))
