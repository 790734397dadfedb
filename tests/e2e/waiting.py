"""Waits for what Home Assistant does after something was done in the browser."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping

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


async def sensors_show(
    client: Client, prefix: str, expected: Collection[str], seconds: int = 10
) -> None:
    """Wait until sensors with that beginning of their ids, in any language, have these states."""
    shown: set[str] = set()
    try:
        async with asyncio.timeout(seconds):
            async for states in client.follow_states():
                shown = {
                    str(state["state"])
                    for key, state in states.items()
                    if key.startswith(f"sensor.{prefix}")
                }
                if shown.issuperset(expected):
                    return
    except TimeoutError:
        raise AssertionError(f"After {seconds} s there are only {sorted(shown)}") from None


async def answer_becomes[T](
    ask: Callable[[], Awaitable[T]], is_wanted: Callable[[T], bool], seconds: int = 30
) -> T:
    """Ask until the answer is as wanted; what is not told to anybody can only be asked for."""
    answer = await ask()
    for _ in range(2 * seconds):
        if is_wanted(answer):
            return answer
        await asyncio.sleep(0.5)
        answer = await ask()
    raise AssertionError(f"After {seconds} s the answer still is {answer}")
