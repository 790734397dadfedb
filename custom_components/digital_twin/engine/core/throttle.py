"""Limits how often an action runs. Times are in seconds of the event loop's clock.

Home Assistant's `Debouncer` creates a task per run and does not wait for calm, so it fits neither
the action after each state change nor the one after a burst of registry changes.
"""

from asyncio import AbstractEventLoop, Handle
from collections.abc import Callable


class _Delayed:
    """An action of which at most one run is scheduled."""

    def __init__(self, loop: AbstractEventLoop, action: Callable[[], None]) -> None:
        self._loop = loop
        self._action = action
        self._handle: Handle | None = None

    def stop(self) -> None:
        """Cancel the scheduled run."""
        if self._handle:
            self._handle.cancel()
            self._handle = None


class Throttle(_Delayed):
    """Runs an action soon after a mark, but at most once in an interval."""

    def __init__(
        self, loop: AbstractEventLoop, interval: float, action: Callable[[], None]
    ) -> None:
        super().__init__(loop, action)
        self._interval = interval
        self._next_run = 0.0

    def mark(self) -> None:
        """Schedule a run, unless one is scheduled."""
        if self._handle is None:
            self._handle = (
                self._loop.call_soon(self._run)
                if self._loop.time() >= self._next_run
                else self._loop.call_at(self._next_run, self._run)
            )

    def _run(self) -> None:
        self._handle = None
        self._next_run = self._loop.time() + self._interval
        self._action()


class Debounce(_Delayed):
    """Runs an action once no mark has come for `quiet` seconds, at most `longest` after a mark."""

    def __init__(
        self,
        loop: AbstractEventLoop,
        quiet: float,
        longest: float,
        action: Callable[[], None],
    ) -> None:
        super().__init__(loop, action)
        self._quiet = quiet
        self._longest = longest
        self._last = 0.0
        self._limit = 0.0

    def mark(self) -> None:
        """Schedule a run, or put the scheduled one off."""
        self._last = self._loop.time()
        if self._handle is None:
            self._limit = self._last + self._longest
            self._wait()

    def run_soon(self) -> None:
        """Run in the next iteration of the event loop, whatever was scheduled."""
        self.stop()
        self._handle = self._loop.call_soon(self._run)

    def _wait(self) -> None:
        moment = min(self._last + self._quiet, self._limit)
        self._handle = self._loop.call_at(moment, self._check, self._last)

    def _check(self, seen: float) -> None:
        if self._last > seen and self._loop.time() < self._limit:
            self._wait()
        else:
            self._run()

    def _run(self) -> None:
        self._handle = None
        self._action()
