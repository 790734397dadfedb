"""Measures answers of the REST API while a house is busy, beside Home Assistant's own.

The installation has real files and a real port; another process asks it, one request after the
other, while the states of sensors change. The output is one line: a list of `AnswerTime` in JSON.
"""

import asyncio
from datetime import timedelta
import json
import logging
from pathlib import Path
import sys
import tempfile
import time
from typing import Final, NamedTuple

from aiohttp import ClientSession, hdrs
from homeassistant.const import EVENT_HOMEASSISTANT_START
from homeassistant.core import HomeAssistant

from scripts.demo.server import free_port

from .house import ATTRIBUTES, furnish, start
from .writes import Writer

# How often states change, and how many of them at once: a thousand a second.
BETWEEN: Final = 0.01
AT_ONCE: Final = 10
WARM_UP: Final = 20
API: Final = "/api/digital_twin"
HOME_ASSISTANT: Final = "/api/states"


class AnswerTime(NamedTuple):
    """How long answers of one path took, in milliseconds; `changes` is states a second meanwhile.

    `bytes` is the size of the answer, as the client reads it.
    """

    path: str
    bytes: int
    median: float
    p99: float
    longest: float
    changes: float


class _House:
    """Sensors that change until they are stopped."""

    def __init__(self, hass: HomeAssistant, sensors: list[str]) -> None:
        self._hass = hass
        self._sensors = sensors
        self.changes = 0

    async def run(self) -> None:
        """Change states at a steady rate."""
        begin = time.perf_counter()
        while True:
            due = int((time.perf_counter() - begin) / BETWEEN) * AT_ONCE
            while self.changes < due:
                sensor = self._sensors[self.changes % len(self._sensors)]
                value = 20 + self.changes // len(self._sensors) % 50 / 10
                self._hass.states.async_set(sensor, f"{value}", ATTRIBUTES)
                self.changes += 1
            await asyncio.sleep(BETWEEN)


async def _measure(hass: HomeAssistant, port: int, goals: int, requests: int) -> list[AnswerTime]:
    writer = Writer(hass)
    await writer.set_up(goals)
    house = _House(hass, await furnish(hass, goals))
    user = await hass.auth.async_create_system_user("Benchmark", group_ids=["system-admin"])
    refresh = await hass.auth.async_create_refresh_token(
        user, access_token_expiration=timedelta(hours=1)
    )
    token = hass.auth.async_create_access_token(refresh)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_START)
    await hass.async_block_till_done()
    changing = asyncio.get_running_loop().create_task(house.run())
    found = []
    for path in (
        f"{API}/goals",
        f"{API}/goals?fields=goal_code,name,pace,progress",
        f"{API}/goals/G0000",
        HOME_ASSISTANT,
    ):
        before, begin = house.changes, time.perf_counter()
        client = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", __spec__.name, "ask", f"http://127.0.0.1:{port}{path}"),
            *(token, str(requests)),
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await client.communicate()
        rate = (house.changes - before) / (time.perf_counter() - begin)
        size, times = json.loads(output)
        times.sort()
        found.append(
            AnswerTime(
                path,
                size,
                times[len(times) // 2],
                times[len(times) * 99 // 100],
                times[-1],
                rate,
            )
        )
    changing.cancel()
    return found


async def _run(goals: int, requests: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        http = {"server_host": ["127.0.0.1"], "server_port": port}
        hass = await start(Path(folder), {"http": http, "api": {}})
        print(json.dumps(await _measure(hass, port, goals, requests)), flush=True)
        await hass.async_stop(force=True)


async def _ask(url: str, token: str, requests: int) -> None:
    """Ask one request after the other; print the bytes of an answer, and the times."""
    times, size = [], 0
    async with ClientSession(headers={hdrs.AUTHORIZATION: f"Bearer {token}"}) as session:
        for number in range(-WARM_UP, requests):
            begin = time.perf_counter()
            async with session.get(url, raise_for_status=True) as response:
                size = len(await response.read())
            if number >= 0:
                times.append((time.perf_counter() - begin) * 1e3)
    print(json.dumps([size, times]), flush=True)


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    if sys.argv[1] == "ask":
        asyncio.run(_ask(sys.argv[2], sys.argv[3], int(sys.argv[4])))
    else:
        asyncio.run(_run(*map(int, sys.argv[1:3])))
