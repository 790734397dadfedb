"""Measures one contender with one number of sensors, in a process of its own."""

import asyncio
from dataclasses import asdict, dataclass
import gc
import json
import logging
from pathlib import Path
from statistics import median
import sys
import tempfile
import time
import tracemalloc

from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback

from .contenders import CONTENDERS
from .house import ATTRIBUTES, furnish, start

# A block has so many changes, or as many as fit into so many seconds of the processor. Blocks of
# one length see the garbage collector equally often; it costs more than all the rest.
MOST = 100_000
LEAST = 50
BLOCK = 6.0
# Everybody may put work off to the end of a second; it counts too.
AFTERWARDS = 1.3
WRITES = 1_000


@dataclass(frozen=True)
class Result:
    """What was measured.

    `floor` and `cost` are microseconds of the processor per state change: with one listener that
    does nothing, and with the contender. `setup` is in seconds, `memory` in bytes per sensor,
    `writes` the state writes that 1,000 changes cause.
    """

    contender: str
    sensors: int
    floor: float
    cost: float
    setup: float
    memory: float
    writes: int


async def _changes(hass: HomeAssistant, sensors: list[str], count: int, seed: int) -> float:
    """Change states; return the processor's seconds, with all that is done afterwards."""
    values = [f"{20 + (seed + number * 7919) % 100 / 10}" for number in range(101)]
    states, many = hass.states, len(sensors)
    gc.collect()
    begin = time.process_time()
    for number in range(count):
        states.async_set(sensors[number % many], values[(number + seed) % 101], ATTRIBUTES)
    await asyncio.sleep(AFTERWARDS)
    await hass.async_block_till_done()
    return time.process_time() - begin


async def _cost(hass: HomeAssistant, sensors: list[str], repetitions: int) -> float:
    count = LEAST
    for seed in (1, 2):
        spent = await _changes(hass, sensors, count, seed)
        count = min(MOST, max(LEAST, int(count * BLOCK / spent)))
    return median(
        [
            1e6 * await _changes(hass, sensors, count, 17 * number) / count
            for number in range(repetitions)
        ]
    )


async def _writes(hass: HomeAssistant, sensors: list[str]) -> int:
    sources, written = frozenset(sensors), 0

    @callback
    def count(event: Event[EventStateChangedData]) -> None:
        nonlocal written
        written += event.data["entity_id"] not in sources

    stop = hass.bus.async_listen(EVENT_STATE_CHANGED, count)
    await _changes(hass, sensors, WRITES, 5)
    stop()
    return written


async def _measure(contender: str, count: int, repetitions: int, *, memory: bool) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        hass = await start(Path(folder))
        sensors = await furnish(hass, count)
        floor = cost = 0.0
        written = 0
        if memory:
            gc.collect()
            tracemalloc.start()
        else:
            stop = hass.bus.async_listen(EVENT_STATE_CHANGED, _nothing)
            floor = await _cost(hass, sensors, repetitions)
            stop()
        begin = time.perf_counter()
        if not await CONTENDERS[contender](hass, sensors):
            raise SystemExit(f"{contender} could not be set up")
        await hass.async_block_till_done()
        setup = time.perf_counter() - begin
        gc.collect()
        used = tracemalloc.get_traced_memory()[0] if memory else 0
        if not memory:
            cost = await _cost(hass, sensors, repetitions)
            written = await _writes(hass, sensors)
        await hass.async_stop(force=True)
    return Result(contender, count, floor, cost, setup, used / count, written)


@callback
def _nothing(_event: Event[EventStateChangedData]) -> None:
    """Listen, and do nothing."""


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    name, many, times, what = sys.argv[1:]
    found = asyncio.run(_measure(name, int(many), int(times), memory=what == "memory"))
    print(json.dumps(asdict(found)))
