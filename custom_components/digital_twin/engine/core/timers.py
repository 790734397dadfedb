"""Deadlines of many subjects, served by one timer that is set to the earliest of them."""

from asyncio import AbstractEventLoop, Handle
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_point_in_utc_time
from homeassistant.util import dt as dt_util


class Deadline(NamedTuple):
    """A topic of a subject (a home or a person), and the part of the subject it is about."""

    subject_id: str
    topic: str
    ref: str = ""


class Deadlines:
    """Calls `due` with the deadlines that have passed, and the present time (UTC)."""

    def __init__(
        self, hass: HomeAssistant, due: Callable[[Collection[Deadline], datetime], None]
    ) -> None:
        self._hass = hass
        self._due = due
        self._moments: dict[Deadline, datetime] = {}
        self._queue: list[tuple[datetime, Deadline]] = []
        self._armed: datetime | None = None
        self._cancel: CALLBACK_TYPE | None = None

    @callback
    def set(self, deadline: Deadline, moment: datetime | None) -> None:
        """Set, move or (with None) drop a deadline. One in the past is due at once.

        Moments are rounded up to full seconds, so that a hundred devices that become unavailable in
        a power cut are judged once, not a hundred times.
        """
        if moment is None:
            self._moments.pop(deadline, None)
        else:
            full = _full_second(moment)
            if self._moments.get(deadline) != full:
                self._moments[deadline] = full
                heappush(self._queue, (full, deadline))
        self._arm()

    @callback
    def forget(self, subject_id: str) -> None:
        """Drop all deadlines of a subject."""
        self._moments = {
            deadline: moment
            for deadline, moment in self._moments.items()
            if deadline.subject_id != subject_id
        }
        self._queue = [(moment, deadline) for deadline, moment in self._moments.items()]
        heapify(self._queue)
        self._arm()

    @callback
    def stop(self) -> None:
        """Drop all deadlines."""
        self._moments.clear()
        self._queue.clear()
        self._arm()

    def _arm(self) -> None:
        queue = self._queue
        # Moved and dropped deadlines are removed from the queue lazily, when they reach its head.
        while queue and self._moments.get(queue[0][1]) != queue[0][0]:
            heappop(queue)
        moment = queue[0][0] if queue else None
        if moment == self._armed:
            return
        if self._cancel:
            self._cancel()
            self._cancel = None
        self._armed = moment
        if moment is not None:
            self._cancel = async_track_point_in_utc_time(self._hass, self._fire, moment)

    @callback
    def _fire(self, moment: datetime) -> None:
        # The clock may be later than the requested moment.
        now = max(moment, dt_util.utcnow())
        self._armed = None
        self._cancel = None
        due = []
        while self._queue and self._queue[0][0] <= now:
            queued_for, deadline = heappop(self._queue)
            if self._moments.get(deadline) == queued_for:
                del self._moments[deadline]
                due.append(deadline)
        try:
            self._due(due, now)
        finally:
            # An error in `due` must not stop the deadlines that follow.
            self._arm()


def _full_second(moment: datetime) -> datetime:
    rest = moment.microsecond
    return moment + timedelta(microseconds=1_000_000 - rest) if rest else moment


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
        self, loop: AbstractEventLoop, quiet: float, longest: float, action: Callable[[], None]
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
