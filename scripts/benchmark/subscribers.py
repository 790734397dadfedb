"""Measures subscriptions: many WebSocket clients, many changes, in a process of its own.

The installation has real files, the connections are Home Assistant's; their other end only reads
what it is sent, which does not count as time of the event loop. The only line of the output is a
`SubscriberCost` in JSON.
"""

import asyncio
from collections.abc import Sequence
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

from homeassistant.auth.models import User
from homeassistant.components.websocket_api import DOMAIN as WEBSOCKET
from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.core import HomeAssistant
import orjson

from .house import start
from .writes import AT_ONCE, DOMAIN, Writer

# Some clients want whole documents, the others what a dashboard shows.
WHOLE: Final = 10
SHOWN: Final = ["goal_code", "name", "pace", "progress", "revision"]
# Seconds between two looks at how long the event loop was held.
LOOK: Final = 0.001
# Changes while the memory is watched, which takes time.
WATCHED: Final = 640


@dataclass(frozen=True)
class SubscriberCost:
    """What the subscriptions of some clients cost.

    `wrong` clients did not end with the true state. `held` is the longest time of the processor in
    seconds for which the event loop was held, and `held_without` that of the same changes without
    clients. `kept` are the bytes that stay in memory when all clients are gone, beyond those that
    stay of as many changes without them.
    """

    clients: int
    goals: int
    changes: int
    wrong: int
    events: int
    snapshots: float
    seconds: float
    seconds_without: float
    held: float
    held_without: float
    kept: int


class Client(ActiveConnection):
    """A connection whose other end keeps the documents that it is told."""

    __slots__ = ("documents", "events", "result")
    # Seconds that all of them have read.
    reading = 0.0

    def __init__(self, hass: HomeAssistant, user: User) -> None:
        logger = logging.LoggerAdapter(logging.getLogger(__name__))
        super().__init__(logger, hass, self._take, user, None, None)  # type: ignore[arg-type]  # it is one for a handler
        self.documents: dict[str, dict[str, Any]] = {}
        self.events = 0
        self.result: Any = None

    def ask(self, command: str, **data: object) -> None:
        """Send a command."""
        self.async_handle({"id": self.last_id + 1, "type": f"{DOMAIN}/{command}", **data})  # type: ignore[dict-item]  # JSON

    def _take(self, message: bytes | str | dict[str, Any]) -> None:
        begin = time.thread_time()
        self._read(message)
        Client.reading += time.thread_time() - begin

    def _read(self, message: bytes | str | dict[str, Any]) -> None:
        told = orjson.loads(message) if isinstance(message, (bytes, str)) else message
        if told["type"] != "event":
            if not told["success"]:
                raise SystemExit(f"a command was refused: {told}")
            self.result = told["result"]
            return
        self.events += 1
        event = told["event"]
        for document in event.get("twins", event.get("added", ())):
            self.documents[document["goal_id"]] = document
        for twin_id, change in event.get("changed", {}).items():
            self.documents[twin_id] |= change["values"]
        for twin_id in event.get("removed", ()):
            del self.documents[twin_id]


class HoldWatch:
    """Watches for how long the event loop is held, in time of the processor."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._task = asyncio.get_running_loop().create_task(self._watch())

    async def _watch(self) -> None:
        while True:
            before = time.thread_time() - Client.reading
            await asyncio.sleep(LOOK)
            self.longest = max(self.longest, time.thread_time() - Client.reading - before)

    def end(self) -> float:
        """Return the longest time in seconds."""
        self._task.cancel()
        return self.longest


async def _measure(hass: HomeAssistant, clients: int, goals: int, changes: int) -> SubscriberCost:
    hass.data.setdefault(WEBSOCKET, {})
    writer = Writer(hass)
    await writer.set_up(goals)
    user = await hass.auth.async_create_user("Owner")
    # What the collector of Python takes depends on all that is in the memory.
    gc.collect()
    gc.disable()
    seconds_without, held_without = await _change(writer, changes)

    connected = [Client(hass, user) for _ in range(clients)]
    begin = time.perf_counter()
    watch = HoldWatch()
    for number, client in enumerate(connected):
        fields = {} if number < WHOLE else {"fields": SHOWN}
        client.ask("subscribe", kind="goal", **fields)
    await _until_told(connected, goals)
    snapshots, held_by_snapshots = time.perf_counter() - begin, watch.end()
    seconds, held = await _change(writer, changes)
    wrong = await _wrong(hass, user, connected)
    events = sum(client.events for client in connected)
    for client in connected:
        client.async_handle_close()
    connected.clear()
    gc.enable()
    return SubscriberCost(
        clients,
        goals,
        changes,
        wrong,
        events,
        snapshots,
        seconds,
        seconds_without,
        max(held, held_by_snapshots),
        held_without,
        await _kept(hass, writer, user, clients),
    )


async def _change(writer: Writer, changes: int) -> tuple[float, float]:
    """Make changes as fast as it goes; return the time, and how long the loop was held."""
    watch, begin = HoldWatch(), time.perf_counter()
    for _ in range(0, changes, AT_ONCE):
        await asyncio.gather(*(writer.write("update_goal_progress") for _ in range(AT_ONCE)))
    return time.perf_counter() - begin, watch.end()


async def _until_told(clients: Sequence[Client], goals: int) -> None:
    while any(len(client.documents) < goals for client in clients):
        await asyncio.sleep(LOOK)


async def _wrong(hass: HomeAssistant, user: User, clients: Sequence[Client]) -> int:
    """Return how many clients do not know what they would read, once no more events come."""
    count = -1
    while count != (count := sum(client.events for client in clients)):
        await asyncio.sleep(1)
    reader = Client(hass, user)
    reader.ask("list", kind="goal")
    while reader.result is None:
        await asyncio.sleep(LOOK)
    true = {document["goal_id"]: document for document in reader.result}
    reader.async_handle_close()
    shown = {
        key: {name: document[name] for name in ("goal_id", *SHOWN)}
        for key, document in true.items()
    }
    return sum(
        client.documents != (true if number < WHOLE else shown)
        for number, client in enumerate(clients)
    )


async def _kept(hass: HomeAssistant, writer: Writer, user: User, clients: int) -> int:
    """Return the bytes that stay when clients have come, were told of changes, and are gone."""
    tracemalloc.start()
    levels = []
    for _ in range(3):
        await _change(writer, WATCHED)
        levels.append(await _memory(hass))
    connected = [Client(hass, user) for _ in range(clients)]
    for client in connected:
        client.ask("subscribe", kind="goal", fields=SHOWN)
    await _until_told(connected, 1)
    await _change(writer, WATCHED)
    for client in connected:
        client.async_handle_close()
    del connected, client
    after = await _memory(hass)
    tracemalloc.stop()
    return (after - levels[2]) - (levels[2] - levels[1])


async def _memory(hass: HomeAssistant) -> int:
    """Return the bytes in use, once all is at rest."""
    await hass.async_block_till_done()
    await asyncio.sleep(1)
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


async def _run(clients: int, goals: int, changes: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        hass = await start(Path(folder))
        cost = await _measure(hass, clients, goals, changes)
        print(json.dumps(asdict(cost)), flush=True)
        await hass.async_stop(force=True)


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    asyncio.run(_run(*map(int, sys.argv[1:4])))
