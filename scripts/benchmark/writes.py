"""Measures acknowledged writes with real files, in a process of its own.

The parent sends the name of an action and a kind of block, one block a line; each answer is one
line of JSON. So blocks of two processes with different numbers of goals can alternate.
"""

import asyncio
from collections.abc import Iterator
import contextlib
from dataclasses import asdict, dataclass
from itertools import count
import json
import logging
from pathlib import Path
from statistics import median
import sys
import tempfile
import time
from typing import Any
from uuid import uuid4

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant

from .house import entry, start

DOMAIN = "digital_twin"
PERSON = str(uuid4())
HEALTH = "update_health_metrics"
PROGRESS = "update_goal_progress"
ACTIONS = (HEALTH, PROGRESS)
SINGLES = 25
AT_ONCE = 64
BURSTS = 8
# So many seconds of continuous writes show how often a file is rewritten.
SUSTAINED = 25.0


@dataclass(frozen=True)
class Block:
    """One block of writes of one action.

    `seconds` is the median time of a write, `written` the median of the bytes it writes to files
    and pipes; `rate` is writes a second. What a block does not measure is 0.
    """

    seconds: float = 0
    written: float = 0
    rate: float = 0


class Writer:
    """One installation with a person and some goals."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass
        self._goals: list[str] = []
        self._numbers = count()

    async def set_up(self, goals: int) -> None:
        """Add the integration and create the goals through the action."""
        twins = {
            "persons": {PERSON: {"name": "Anna"}},
            "homes": {str(uuid4()): {"name": "House", "zone": "zone.home"}},
        }
        new = entry(DOMAIN, data={"first_home": twins})
        await self._hass.config_entries.async_add(new)
        if new.state is not ConfigEntryState.LOADED:
            raise SystemExit("digital_twin could not be set up")
        created = await asyncio.gather(
            *(self._perform("create_goal", **_goal(number)) for number in range(goals))
        )
        self._goals = [goal["goal_id"] for goal in created]
        await self._hass.async_block_till_done()

    async def singles(self, action: str) -> Block:
        """Write one after the other; each waits until the former is acknowledged."""
        seconds, written = [], []
        for _ in range(SINGLES):
            before, begin = _bytes_written(), time.perf_counter()
            await self.write(action)
            seconds.append(time.perf_counter() - begin)
            written.append(_bytes_written() - before)
            await self._hass.async_block_till_done()
        return Block(seconds=median(seconds), written=median(written))

    async def bursts(self, action: str) -> Block:
        """Write many at once, several times; the rate is the median of the bursts."""
        rates = []
        for _ in range(BURSTS):
            begin = time.perf_counter()
            await asyncio.gather(*(self.write(action) for _ in range(AT_ONCE)))
            rates.append(AT_ONCE / (time.perf_counter() - begin))
            await self._hass.async_block_till_done()
        return Block(rate=median(rates))

    async def rewrites(self) -> float:
        """Write both actions for a while; return the shortest time between rewrites of one file.

        A file that is only appended to is not rewritten. Infinite if no file is rewritten twice.
        """
        storage = Path(self._hass.config.path(".storage"))
        known, rewritten = dict(_files(storage)), dict[Path, float]()
        shortest = float("inf")
        end = time.monotonic() + SUSTAINED
        while (now := time.monotonic()) < end:
            for action in ACTIONS:
                await self.write(action)
            for path, state in _files(storage):
                last = known.get(path, state)
                if state.inode != last.inode or state.size < last.size:
                    shortest = min(shortest, now - rewritten.get(path, float("-inf")))
                    rewritten[path] = now
                known[path] = state
            await asyncio.sleep(0.01)
        return shortest

    async def write(self, action: str) -> None:
        """Perform an action once, for one of the goals or the person."""
        number = next(self._numbers)
        if action == HEALTH:
            metrics = {"weight": 60 + number % 400 / 10}
            await self._perform(HEALTH, person=PERSON, metrics=metrics)
        else:
            goal = self._goals[number % len(self._goals)]
            await self._perform(PROGRESS, goal=goal, key_result="Savings", increment=1)

    async def _perform(self, action: str, **data: object) -> dict[str, Any]:
        answer: dict[str, Any] | None = await self._hass.services.async_call(
            DOMAIN, action, data, blocking=True, return_response=True
        )
        if not answer:
            raise SystemExit(f"{action} answered nothing")
        return answer


@dataclass(frozen=True)
class _File:
    inode: int
    size: int


def _files(storage: Path) -> Iterator[tuple[Path, _File]]:
    for path in storage.rglob("*"):
        if path.relative_to(storage).parts[0].startswith(DOMAIN) and path.is_file():
            # It may be replaced at this moment.
            with contextlib.suppress(FileNotFoundError):
                found = path.stat()
                yield path, _File(found.st_ino, found.st_size)


def _bytes_written() -> int:
    """Count all bytes that this process has handed to write(2)."""
    lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("wchar:"))


def _goal(number: int) -> dict[str, object]:
    """Describe a goal about as large as people's goals are."""
    items = [{"name": f"Step {step} of goal {number}", "state": "todo"} for step in range(10)]
    savings = {"name": "Savings", "kind": "accumulate", "unit": "PLN"}
    return {
        "goal_code": f"G{number:04}",
        "name": f"Goal {number}",
        "description": "A reason, a plan, and what is in the way. " * 15,
        "owner_person_id": PERSON,
        "status": "active",
        "start_date": "2026-01-01",
        "target_date": "2027-12-31",
        "progress_metrics": [
            savings | {"baseline": 0, "target": 1_000_000, "current": 1},
            {"name": "Preparation", "kind": "checklist", "items": items},
        ],
    }


async def _serve(goals: int) -> None:
    """Answer each line of the standard input until it ends."""
    with tempfile.TemporaryDirectory() as folder:
        hass = await start(Path(folder))
        writer = Writer(hass)
        await writer.set_up(goals)
        while line := await asyncio.to_thread(sys.stdin.readline):
            kind, _, action = line.strip().partition(" ")
            match kind:
                case "singles":
                    answer: object = asdict(await writer.singles(action))
                case "bursts":
                    answer = asdict(await writer.bursts(action))
                case _:
                    answer = await writer.rewrites()
            print(json.dumps(answer), flush=True)
        await hass.async_stop(force=True)


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    asyncio.run(_serve(int(sys.argv[1])))
