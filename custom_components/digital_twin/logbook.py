"""Describes what happened to twins in the logbook, in the language of Home Assistant."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from homeassistant.components.logbook import LOGBOOK_ENTRY_MESSAGE, LOGBOOK_ENTRY_NAME
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations

from .const import DOMAIN
from .engine.events import EVENT_LINE, TURNS

type Describe = Callable[[str, str, Callable[[Event[Any]], dict[str, Any]]], None]

# Endings of the keys of texts for events whose actor is known: another person, the twin's own.
BY_SOMEBODY: Final = "_by"
BY_THEMSELVES: Final = "_self"
# Ending of the keys of texts about several milestones, metrics or devices.
OF_SEVERAL: Final = "_several"
# More names than these in a line are counted.
MOST_NAMES: Final = 3
# The entities that have the texts of the states in details, by event.
STATES: Final[Mapping[str, tuple[str, str]]] = {
    "pace_changed": ("sensor", "pace"),
    "status_changed": ("select", "status"),
    "operational_status_changed": ("sensor", "operational_status"),
    "occupancy_changed": ("sensor", "occupancy_status"),
}


@callback
def async_describe_events(hass: HomeAssistant, async_describe_event: Describe) -> None:
    """Describe the lines of the integration."""

    @callback
    def describe(event: Event[Any]) -> dict[str, Any]:
        texts = _texts(hass, "selector") | _texts(hass, "entity")
        data, kind = event.data, str(event.data["type"])
        details = data["details"]
        # An event of a device of a home has the name of the device.
        names = {"name": data["name"], **details}
        listed = details.get("listed", ())
        if len(listed) > 1:
            kind, names["name"] = f"{kind}{OF_SEVERAL}", data["name"]
            names["listed"] = _enumerated(texts, listed)
        if entity := STATES.get(kind):
            names |= {key: _state(texts, entity, names[key]) for key in ("from", "to")}
        actor = data["actor"]
        by_themselves = BY_THEMSELVES if actor == data["name"] else BY_SOMEBODY
        endings = (by_themselves, BY_SOMEBODY) if actor else ()
        by_actor = next((text for end in endings if (text := texts.get(_option(kind + end)))), None)
        message = (by_actor or texts.get(_option(kind), kind)).format_map(names)
        for turn in TURNS:
            if found := details.get(turn):
                addition = texts.get(_option(f"and_{turn}"), "{names}")
                message += addition.format(names=_enumerated(texts, found))
        return {
            LOGBOOK_ENTRY_NAME: actor if by_actor else names["name"],
            LOGBOOK_ENTRY_MESSAGE: message,
        }

    async_describe_event(DOMAIN, EVENT_LINE, describe)


def _enumerated(texts: Mapping[str, str], names: Sequence[str]) -> str:
    """Return names as a text: all of a few, else the first and the number of the rest."""
    if len(names) == 1:
        return names[0]
    shown = len(names) - 1 if len(names) <= MOST_NAMES else MOST_NAMES - 1
    first, rest = ", ".join(names[:shown]), names[shown:]
    text = texts.get(_option("and" if len(rest) == 1 else "more"), "{first}, {last}")
    return text.format(first=first, last=rest[0], count=len(rest))


def _texts(hass: HomeAssistant, category: str) -> dict[str, str]:
    return async_get_cached_translations(hass, hass.config.language, category, DOMAIN)


def _option(key: str) -> str:
    return f"component.{DOMAIN}.selector.logbook.options.{key}"


def _state(texts: Mapping[str, str], entity: tuple[str, str], value: object) -> str:
    platform, key = entity
    path = f"component.{DOMAIN}.entity.{platform}.{key}.state.{value}"
    return (texts.get(path) or texts.get(_option("unknown"), str(value))).lower()
