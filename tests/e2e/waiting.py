"""Waits for what Home Assistant does after something was done in the browser."""

import asyncio
from collections.abc import Mapping

from scripts.demo.client import Client


async def states_become(
    client: Client, expected: Mapping[str, str | None], seconds: int = 10
) -> None:
    """Wait until the states are as expected; None means that there is no such entity."""
    differing: dict[str, str | None] = {}
    try:
        async with asyncio.timeout(seconds):
            async for states in client.follow_states():
                found = {key: states[key]["state"] if key in states else None for key in expected}
                differing = {key: state for key, state in found.items() if state != expected[key]}
                if not differing:
                    return
    except TimeoutError:
        raise AssertionError(f"After {seconds} s the states still are {differing}") from None
