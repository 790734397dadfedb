"""Kills Home Assistant right after acknowledged actions, and looks whether their writes are there.

Each round performs one action, gets its answer, kills the process with SIGKILL at once, starts it
again and reads the twin back. Started by scripts/kill-test.
"""

import argparse
import asyncio
from pathlib import Path
import sys
import tempfile
import time

from scripts.demo.client import Client, Json
from scripts.demo.server import Server, free_port, prepare
from scripts.demo.twins import device

# As little as the API needs, so that a start takes a few seconds.
CONFIGURATION = """
homeassistant:
  name: Kill test
  latitude: 52.2
  longitude: 21.0
  country: PL
  time_zone: Europe/Warsaw
  unit_system: metric
api:
auth:
config:
onboarding:
person:
websocket_api:
logger:
  default: error
  logs:
    haffmpeg: critical
    homeassistant.components.camera.img_util: critical
"""
CREATED = "Created"


class KillTest:
    """One installation that is killed again and again."""

    def __init__(self, folder: Path) -> None:
        """Remember where it is."""
        self._server = Server(folder, free_port())

    async def run(self, rounds: int) -> list[str]:
        """Go through some rounds and list the writes that were lost."""
        await self._server.start()
        client = await Client.onboard(self._server, "Anna", "anna", "anna")
        try:
            await self._set_up(client)
            lost: list[str] = []
            for number in range(1, rounds + 1):
                began = time.monotonic()
                found = await self._round(client, number)
                lost += found
                print(
                    f"round {number:3}: {'LOST' if found else 'ok'}"
                    f" ({time.monotonic() - began:.1f} s)",
                    flush=True,
                )
            return lost
        finally:
            await client.close()
            await self._server.stop()

    async def _set_up(self, client: Client) -> None:
        await client.connect()
        await client.wait_until_running()
        await client.configure("digital_twin", {"name": "Lipowa 7", "residents": ["person.anna"]})
        await client.action("digital_twin.create_goal", goal_code="G00", name="First")
        # The login and the config entry are Home Assistant's to save; it does when it stops.
        await self._restart(client, in_order=True)

    async def _restart(self, client: Client, *, in_order: bool) -> None:
        await (self._server.stop() if in_order else self._server.kill())
        await self._server.start()
        await client.connect()
        await client.wait_until_running()

    async def _round(self, client: Client, number: int) -> list[str]:
        """Write to a person and to goals, kill, and compare."""
        anna = await device(client, "Person", "Anna")
        goal = await device(client, "Goal", "First")
        code = f"G{number:02}"
        answers: list[Json] = [
            await client.action(
                "digital_twin.create_goal", response=True, goal_code=code, name=f"{CREATED} {code}"
            ),
            await client.action(
                "digital_twin.update_goal", response=True, goal=goal, description=f"Round {number}"
            ),
            await client.action(
                "digital_twin.update_health_metrics",
                response=True,
                person=anna,
                metrics={"weight": 60 + number / 10},
            ),
        ]
        await self._restart(client, in_order=False)

        lost = []
        created = await device(client, "Goal", f"{CREATED} {code}")
        if await self._twin(client, created) != answers[0]:
            lost.append(f"round {number}: the new goal {code}")
        if await self._twin(client, await device(client, "Goal", "First")) != answers[1]:
            lost.append(f"round {number}: the description")
        person = await self._twin(client, await device(client, "Person", "Anna"))
        if person["health_metrics"]["weight"] != answers[2]["readings"]["weight"]:
            lost.append(f"round {number}: the reading")
        return lost

    async def _twin(self, client: Client, twin: str) -> Json:
        return await client.action("digital_twin.get_twin", response=True, twin=twin)


def main() -> int:
    """Read the options and run."""
    parser = argparse.ArgumentParser(prog="scripts/kill-test", description=__doc__)
    parser.add_argument("rounds", type=int, nargs="?", default=20, help="how often (20)")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder), CONFIGURATION)
        lost = asyncio.run(KillTest(Path(folder)).run(rounds))
    for line in lost:
        print(f"lost: {line}", file=sys.stderr)
    print(f"{rounds} kills, {3 * rounds} acknowledged writes, {len(lost)} lost")
    return bool(lost)


if __name__ == "__main__":
    sys.exit(main())
