"""Kills Home Assistant at random moments while many write, and looks for every change.

In each round all writers write until the process is killed with SIGKILL, and it is killed again
while it starts. Then every acknowledged change must be there, and none half.
Started by scripts/kill-test.
"""

import argparse
import asyncio
import contextlib
from pathlib import Path
import random
import sys
import tempfile
import time
from typing import IO

from scripts.demo.client import CallError, Client
from scripts.demo.furnish import HERE
from scripts.demo.server import (
    INTEGRATION,
    SMALL_CONFIGURATION,
    Server,
    ServerError,
    free_port,
    prepare,
)
from scripts.demo.twins import device

from .goals import (
    CreateGoal,
    DeleteAndRestore,
    ProgressIncrement,
    ProgressItem,
    ProgressValue,
    Rename,
    SelectAndNumber,
    SyncGoals,
    TodoTick,
    UpdateGoal,
)
from .people_and_homes import (
    Amounts,
    EqualAmounts,
    Import,
    Levels,
    LinkedReading,
    SetMaintenance,
    UpdateHome,
    UpdatePerson,
)
from .writers import Writer

# The test asks for goals that may not be there.
QUIET = "    homeassistant.components.websocket_api.http.connection: critical\n"
# Seconds of writing before a kill.
LONGEST_WRITING = 3.0
# Lines of Home Assistant's own output that are shown after a failure.
LOGGED = 40


class KillTest:
    """One installation that is killed again and again."""

    def __init__(self, folder: Path, files: Path, output: IO[bytes], seed: int) -> None:
        self._server = Server(folder, free_port(), output)
        self._files = files
        self._random = random.Random(seed)  # noqa: S311 - moments, not secrets
        self._start_seconds = 0.0
        self.written: dict[str, int] = {}

    async def run(self, rounds: int) -> list[str]:
        """Go through some rounds and list what was lost, half-done or refused."""
        await self._server.start()
        client = await Client.onboard(self._server, "Anna", "anna", "anna")
        problems: list[str] = []
        try:
            writers = await self._set_up(client)
            for number in range(1, rounds + 1):
                began = time.monotonic()
                found = await self._round(client, writers)
                problems += [f"round {number}: {problem}" for problem in found]
                print(
                    f"round {number:3}: {'BROKEN' if found else 'ok'}"
                    f" ({time.monotonic() - began:.1f} s)",
                    flush=True,
                )
                for problem in found:
                    print(f"  {problem}", flush=True)
        finally:
            await client.close()
            await self._server.stop()
        return problems

    async def _set_up(self, client: Client) -> list[Writer]:
        await client.connect()
        await client.wait_until_running()
        await client.configure("demo_home", {})
        await client.configure(
            "digital_twin", {"name": "Lipowa 7", "residents": ["person.anna", "person.jan"]}
        )
        await client.set_options(
            "digital_twin", "goals_folder", goals_folder=str(self._files), goals_write_back=True
        )
        anna, jan = await device(client, "Person", "Anna"), await device(client, "Person", "Jan")
        home = await device(client, "Home", "Lipowa 7")
        devices = await client.command("config/device_registry/list")
        scale = next(one["id"] for one in devices if "scale" in str(one["name"]))
        writers: list[Writer] = [
            Levels(client, anna),
            Amounts(client, anna),
            EqualAmounts(client, anna),
            Import(client, anna, self._files),
            LinkedReading(client, jan),
            UpdatePerson(client, jan),
            UpdateHome(client, home),
            SetMaintenance(client, home, scale),
            ProgressValue(client),
            ProgressIncrement(client),
            ProgressItem(client),
            TodoTick(client),
            SelectAndNumber(client),
            UpdateGoal(client),
            Rename(client),
            CreateGoal(client),
            DeleteAndRestore(client),
            SyncGoals(client, self._files),
        ]
        for writer in writers:
            await writer.prepare()
        # The login and the config entry are Home Assistant's to save; it does when it stops.
        await self._server.stop()
        await self._start(client)
        return writers

    async def _start(self, client: Client) -> None:
        began = time.monotonic()
        await self._server.start()
        await client.connect()
        await client.wait_until_running()
        self._start_seconds = time.monotonic() - began

    async def _round(self, client: Client, writers: list[Writer]) -> list[str]:
        """Write, kill, start, kill, start and compare."""
        writing = [asyncio.create_task(writer.keep_writing()) for writer in writers]
        await asyncio.sleep(self._random.uniform(0.2, LONGEST_WRITING))
        await self._server.kill()
        for writer, count in zip(writers, await asyncio.gather(*writing), strict=True):
            self.written[writer.name] = self.written.get(writer.name, 0) + count
        await self._kill_during_start()
        await self._start(client)
        checked = await asyncio.gather(*(_problems(writer) for writer in writers))
        return [problem for problems in checked for problem in problems]

    async def _kill_during_start(self) -> None:
        starting = asyncio.create_task(self._server.start())
        await asyncio.sleep(self._random.uniform(0.2, 1) * self._start_seconds)
        await self._server.kill()
        with contextlib.suppress(ServerError):
            await starting


async def _problems(writer: Writer) -> list[str]:
    try:
        return await writer.check()
    except CallError as error:
        return [f"{writer.name}: {error}"]


def main() -> int:
    """Read the options and run."""
    parser = argparse.ArgumentParser(prog="scripts/kill-test", description=__doc__)
    parser.add_argument("rounds", type=int, nargs="?", default=20, help="how often (20)")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 10**6, help="of the moments")
    options = parser.parse_args()
    print(f"seed {options.seed}")
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as files:
        configuration = SMALL_CONFIGURATION.format(name="Kill test", allowed=f'["{files}"]') + QUIET
        demo_home = HERE / "custom_components" / "demo_home"
        prepare(Path(folder), configuration, (INTEGRATION, demo_home))
        log = Path(files) / "home-assistant.log"
        problems = ["the test did not end"]
        with log.open("wb") as output:
            test = KillTest(Path(folder), Path(files), output, options.seed)
            try:
                problems = asyncio.run(test.run(options.rounds))
            finally:
                if problems:
                    text = log.read_text(encoding="utf-8", errors="replace")
                    # Each start warns of custom integrations.
                    lines = [line for line in text.splitlines() if " WARNING " not in line]
                    print(*lines[-LOGGED:], sep="\n", file=sys.stderr)
    for problem in problems:
        print(f"broken: {problem}", file=sys.stderr)
    for name, count in test.written.items():
        print(f"{count:6} {name}")
    print(
        f"{2 * options.rounds} kills ({options.rounds} during start-up),"
        f" {len(test.written)} kinds of writers, {sum(test.written.values()):,} acknowledged"
        f" writes, {len(problems)} lost, half-done or refused"
    )
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
