"""Waits for what Home Assistant does after something was done in the browser."""

import asyncio
from collections.abc import Mapping

from scripts.demo.client import Client


async def states_become(
    client: Client, expected: Mapping[str, str | None], seconds: int = 10
) -> None:
    """Wait until the states are as expected; None means that there is no such entity."""
    found: dict[str, str | None] = {}
    for _ in range(10 * seconds):
        states = await client.states()
        found = {key: states[key]["state"] if key in states else None for key in expected}
        if found == expected:
            return
        await asyncio.sleep(0.1)
    differing = {key: state for key, state in found.items() if state != expected[key]}
    raise AssertionError(f"After {seconds} s the states still are {differing}")
