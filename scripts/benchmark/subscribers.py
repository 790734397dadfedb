"""Measures subscriptions: many WebSocket clients, many changes, in a process of its own.

The installation has real files, the connections are Home Assistant's with an end that only keeps
what it is sent. The only line of the output is a `SubscriberCost` in JSON.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
import gc
import json
import logging
from pathlib import Path
import sys
import tempfile
import time
import tracemalloc
from typing import Any, Final

from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.core import HomeAssistant

from custom_components.digital_twin.commands.twins import list_documents
from custom_components.digital_twin.commands.access import async_user_actor
from custom_components.digital_twin.engine.core.feed import Origin
from custom_components.digital_twin.engine.core.registry import KINDS
from custom_components.digital_twin.engine.runtime import Runtime
from custom_components.digital_twin.surfaces.websocket import async_subscriptions

from .house import start
from .writes import DOMAIN, Writer

AT_ONCE: Final = 64
# Seconds between two looks at how late the event loop is.
LOOK: Final = 0.001


@dataclass(frozen=True)
class SubscriberCost:
    """What the subscriptions of some clients cost.

    `wrong` clients did not end with the true state. `held` is the longest time in seconds for which
    the event loop was held, `held_without` that of the same changes without clients. `kept` are the
    bytes that stay in memory when all clients are gone.
    """

    clients: int
    goals: int
    changes: int
    wrong: int
    events: int
    snapshot_seconds: float
    seconds: float
    seconds_without: float
    held: float
    held_without: float
    kept: int


class Client(ActiveConnection):
    """A connection whose other end keeps the documents that it is told."""

    __slots__ = ("documents", "events")

    def __init__(self, hass: HomeAssistant, user: Any) -> None:  # noqa: ANN401  # a user
        super().__init__(logging.getLogger(__name__), hass, self._take, user, None, None)  # type: ignore[arg-type]  # a plain logger will do
        self.documents: dict[str, dict[str, Any]] = {}
        self.events = 0

    def _take(self, message: bytes | str | dict[str, Any]) -> None:
        told = json.loads(message) if isinstance(message, (bytes, str)) else message
        if told["type"] != "event":
            return
        self.events += 1
        event = told["event"]
        for document in event.get("twins", event.get("added", ())):
            self.documents[document["goal_id"]] = document
        for twin_id, change in event.get("changed", {}).items():
            self.documents[twin_id] |= change["values"]
        for twin_id in event.get("removed", ()):
            del self.documents[twin_id]
