"""When to act on a stream of marks: at once but not too often, or when it has become quiet."""

from asyncio import AbstractEventLoop, Handle
from collections.abc import Callable


class Throttle:
    """Acts soon after a mark, but at most once in an interval (seconds)."""

    def __init__(
        self, loop: AbstractEventLoop, interval: float, action: Callable[[], None]
    ) -> None:
        """Begin rested: the first mark acts at once."""
        self._loop = loop
        self._interval = interval
        self._action = action
        self._rested_at = 0.0
        self._handle: Handle | None = None

    def mark(self) -> None:
        """Ask for the action; asking again before it happens changes nothing."""
        if self._handle is None:
            self._handle = (
                self._loop.call_soon(self._act)
                if self._loop.time() >= self._rested_at
                else self._loop.call_at(self._rested_at, self._act)
            )

    def stop(self) -> None:
        """Drop what was asked for."""
        if self._handle:
            self._handle.cancel()
            self._handle = None

    def _act(self) -> None:
        self._handle = None
        self._rested_at = self._loop.time() + self._interval
        self._action()


class Quiet:
    """Acts once when no mark has come for a while, at the latest after a longer while (seconds)."""

    def __init__(
        self,
        loop: AbstractEventLoop,
        quiet: float,
        longest: float,
        action: Callable[[], None],
    ) -> None:
        """Begin without a mark."""
        self._loop = loop
        self._quiet = quiet
        self._longest = longest
        self._action = action
        self._last = 0.0
        self._limit = 0.0
        self._handle: Handle | None = None

    def mark(self) -> None:
        """Ask for the action."""
        self._last = self._loop.time()
        if self._handle is None:
            self._limit = self._last + self._longest
            self._wait()

    def stop(self) -> None:
        """Drop what was asked for."""
        if self._handle:
            self._handle.cancel()
            self._handle = None

    def _wait(self) -> None:
        moment = min(self._last + self._quiet, self._limit)
        self._handle = self._loop.call_at(moment, self._check, self._last)

    def _check(self, seen: float) -> None:
        if self._last > seen and self._loop.time() < self._limit:
            self._wait()
            return
        self._handle = None
        self._action()
