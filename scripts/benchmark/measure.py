"""Measures one contender with one number of sensors, in a process of its own."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
import gc
import json
import logging
from pathlib import Path
from statistics import median
import sys
import tempfile
import time
import tracemalloc

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import (
    CALLBACK_TYPE,
    Event,
    EventStateChangedData,
    HomeAssistant,
    callback,
)

from .contenders import CONTENDERS
from .house import ATTRIBUTES, furnish, start

# Number of changes of a block, limited by processor seconds. Blocks of equal length are interrupted
# by the garbage collector equally often, which costs more than all the rest.
MOST = 100_000
LEAST = 50
BLOCK = 6.0
# Seconds in which delayed work is done; it counts, too.
AFTERWARDS = 1.3
WRITES = 1_000


@dataclass(frozen=True)
class Result:
    """The costs of one contender with one number of sensors.

    `floor` and `cost` are the medians of microseconds of the processor per state change: with one
    listener that does nothing, and with the contender. `ratio` is the median of the costs relative
    to the floors before and after them. `setup` is the first set-up in seconds, `memory` in bytes
    per sensor, `writes` the state writes that 1,000 changes cause.
    """

    contender: str
    sensors: int
    floor: float = 0
    cost: float = 0
    ratio: float = 0
    setup: float = 0
    memory: float = 0
    writes: int = 0


async def _changes(hass: HomeAssistant, sensors: list[str], count: int, seed: int) -> float:
    """Change states; return the processor seconds, including delayed work."""
    values = [f"{20 + (seed + number * 7919) % 100 / 10}" for number in range(101)]
    states, many = hass.states, len(sensors)
    gc.collect()
    begin = time.process_time()
    for number in range(count):
        states.async_set(sensors[number % many], values[(number + seed) % 101], ATTRIBUTES)
    await asyncio.sleep(AFTERWARDS)
    await hass.async_block_till_done()
    return time.process_time() - begin


class _House:
    """A house in which the contender is on or off."""

    def __init__(self, hass: HomeAssistant, contender: str, sensors: list[str]) -> None:
        self.hass = hass
        self.sensors = sensors
        self._entry = CONTENDERS[contender](sensors)
        self._is_known = False
        self._stop: CALLBACK_TYPE | None = None
        self._counts: dict[bool, int] = {}

    async def switch(self, *, on: bool) -> None:
        """Set the contender up, or replace it by a listener that does nothing."""
        entries = self.hass.config_entries
        if self._stop is not None:
            self._stop()
            self._stop = None
        if self._entry.state is ConfigEntryState.LOADED:
            await entries.async_unload(self._entry.entry_id)
        if not on:
            self._stop = self.hass.bus.async_listen(EVENT_STATE_CHANGED, _nothing)
        elif self._is_known:
            await entries.async_setup(self._entry.entry_id)
        else:
            await entries.async_add(self._entry)
            self._is_known = True
        await self.hass.async_block_till_done()
        if on and self._entry.state is not ConfigEntryState.LOADED:
            raise SystemExit(f"{self._entry.domain} could not be set up")

    async def block(self, *, on: bool, seed: int) -> float:
        """Return the microseconds per change of one block."""
        await self.switch(on=on)
        # The first changes also wait for the end of the work that the switch has put off.
        spent = await _changes(self.hass, self.sensors, LEAST, 1)
        if on not in self._counts:
            fitting = LEAST
            for warm in (2, 3):
                fitting = min(MOST, max(LEAST, int(fitting * BLOCK / spent)))
                spent = await _changes(self.hass, self.sensors, fitting, warm)
            self._counts[on] = min(MOST, max(LEAST, int(fitting * BLOCK / spent)))
        count = self._counts[on]
        return 1e6 * await _changes(self.hass, self.sensors, count, seed) / count


async def _alternate(house: _House, many: int) -> tuple[list[float], list[float]]:
    """Measure floors and costs in turn, beginning and ending with a floor."""
    floors, costs = [await house.block(on=False, seed=0)], []
    for number in range(many):
        costs.append(await house.block(on=True, seed=17 * number))
        floors.append(await house.block(on=False, seed=17 * number))
    return floors, costs


def paired_ratio(floors: Sequence[float], costs: Sequence[float]) -> float:
    """Return the median ratio of each cost and the mean of the floors before and after it.

    A process that becomes slower with time slows both.
    """
    return median(
        2 * cost / (before + after)
        for cost, before, after in zip(costs, floors, floors[1:], strict=False)
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


async def _measure(contender: str, many: int, pairs: int) -> Result:
    """Measure the memory if no pairs are wanted, and else the times."""
    with tempfile.TemporaryDirectory() as folder:
        hass = await start(Path(folder))
        sensors = await furnish(hass, many)
        house = _House(hass, contender, sensors)
        result = Result(contender, many)
        gc.collect()
        if pairs == 0:
            tracemalloc.start()
            await house.switch(on=True)
            gc.collect()
            result = replace(result, memory=tracemalloc.get_traced_memory()[0] / many)
        else:
            begin = time.perf_counter()
            await house.switch(on=True)
            setup = time.perf_counter() - begin
            writes = await _writes(hass, sensors)
            floors, costs = await _alternate(house, pairs)
            result = replace(
                result,
                floor=median(floors),
                cost=median(costs),
                ratio=paired_ratio(floors, costs),
                setup=setup,
                writes=writes,
            )
        await hass.async_stop(force=True)
    return result


@callback
def _nothing(_event: Event[EventStateChangedData]) -> None:
    """Listen, and do nothing."""


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    name, sensor_count, pair_count = sys.argv[1:]
    measured = asyncio.run(_measure(name, int(sensor_count), int(pair_count)))
    print(json.dumps(asdict(measured)))
