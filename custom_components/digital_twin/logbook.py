"""Describes what happened to twins in the logbook, in the language of Home Assistant."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from homeassistant.components.logbook import LOGBOOK_ENTRY_MESSAGE, LOGBOOK_ENTRY_NAME
from homeassistant.core import Event, HomeAssistant, callback

from .const import DOMAIN
from .engine.events import (
    EVENT_LINE,
    TURNS,
    event_message,
    event_text,
    event_texts,
    with_state_texts,
)

type Describe = Callable[[str, str, Callable[[Event[Any]], dict[str, Any]]], None]

# Endings of the keys of texts for events whose actor is known: another person, the twin's own.
BY_SOMEBODY: Final = "_by"
BY_THEMSELVES: Final = "_self"
# Ending of the keys of texts about several milestones, metrics or devices.
OF_SEVERAL: Final = "_several"
# More names than these in a line are counted.
MOST_NAMES: Final = 3


@callback
def async_describe_events(hass: HomeAssistant, async_describe_event: Describe) -> None:
    """Describe the lines of the integration."""

    @callback
    def describe(event: Event[Any]) -> dict[str, Any]:
        texts = event_texts(hass)
        data, kind = event.data, str(event.data["type"])
        details = data["details"]
        # An event of a device of a home has the name of the device.
        names = {"name": data["name"], **details}
        listed = details.get("listed", ())
        if len(listed) > 1:
            kind, names["name"] = f"{kind}{OF_SEVERAL}", data["name"]
            names["listed"] = _enumerated(texts, listed)
        actor = data["actor"]
        by_themselves = BY_THEMSELVES if actor == data["name"] else BY_SOMEBODY
        endings = (by_themselves, BY_SOMEBODY) if actor else ()
        by_actor = next((text for end in endings if (text := event_text(texts, kind + end))), None)
        message = (
            by_actor.format_map(with_state_texts(texts, kind, names))
            if by_actor
            else event_message(texts, kind, names)
        )
        for turn in TURNS:
            if found := details.get(turn):
                addition = event_text(texts, f"and_{turn}") or "{names}"
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
    text = event_text(texts, "and" if len(rest) == 1 else "more") or "{first}, {last}"
    return text.format(first=first, last=rest[0], count=len(rest))
