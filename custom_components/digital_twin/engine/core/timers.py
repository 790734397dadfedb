"""Deadlines of many subjects, served by one timer that is set to the earliest of them.

With what divides the time of the event loop.
"""

from asyncio import AbstractEventLoop, Handle, Task, TimerHandle, sleep
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from typing import Final, NamedTuple

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
    """Runs an action soon after a mark, but at most once in an interval.

    With `at_once` it runs within the mark if the last run is that long ago.
    """

    def __init__(
        self,
        loop: AbstractEventLoop,
        interval: float,
        action: Callable[[], None],
        *,
        at_once: bool = False,
    ) -> None:
        super().__init__(loop, action)
        self._interval = interval
        self._at_once = at_once
        self._next_run = 0.0

    def mark(self) -> None:
        """Schedule a run, unless one is scheduled."""
        if self._handle is not None:
            return
        if self._loop.time() < self._next_run:
            self._handle = self._loop.call_at(self._next_run, self._run)
        elif self._at_once:
            self._run()
        else:
            self._handle = self._loop.call_soon(self._run)

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


# Seconds of the event loop that are used at a time, the most that is used of all time, and the
# longest wait that comes of that.
SLICE: Final = 0.005
SHARE: Final = 0.2
LONGEST_WAIT: Final = 0.25


class TimeSlices:
    """Work in the event loop that makes way for other work after some milliseconds."""

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._loop = loop
        self._begin = loop.time()
        self._spent = 0.0

    async def pause(self) -> bool:
        """Make way if it is time; return whether that was done."""
        now = self._loop.time()
        if now - self._begin < SLICE:
            return False
        self._spent += now - self._begin
        await sleep(0)
        self._begin = self._loop.time()
        return True

    @property
    def spent(self) -> float:
        """The seconds of the work, without those in which it made way."""
        return self._spent + self._loop.time() - self._begin


class Rounds:
    """Does work in rounds that make way for other work, with time between them.

    `work` returns in how many seconds it wants another round, or None. What is requested during a
    round, or shortly after it, is done in the next one.
    """

    def __init__(
        self, hass: HomeAssistant, work: Callable[[TimeSlices], Awaitable[float | None]]
    ) -> None:
        self._hass = hass
        self._work = work
        self._earliest = 0.0
        self._timer: TimerHandle | None = None
        self._round: Task[None] | None = None
        self._again: float | None = None

    @callback
    def request(self, delay: float = 0.0) -> None:
        """Have a round begin, not before `delay` seconds have passed."""
        if self._round is not None:
            self._again = delay if self._again is None else min(self._again, delay)
            return
        loop = self._hass.loop
        moment = max(self._earliest, loop.time() + delay)
        if self._timer is None or self._timer.when() > moment:
            self._cancel_timer()
            self._timer = loop.call_at(moment, self._begin)

    @callback
    def stop(self) -> None:
        """Begin none of the rounds that were requested; one that has begun comes to its end."""
        self._cancel_timer()
        self._again = None

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    @callback
    def _begin(self) -> None:
        self._timer = None
        # Without an eager start it is known before it works.
        self._round = self._hass.async_create_background_task(
            self._async_round(), "digital_twin round", eager_start=False
        )

    async def _async_round(self) -> None:
        slices = TimeSlices(self._hass.loop)
        again: float | None = None
        try:
            again = await self._work(slices)
        finally:
            wanted = [each for each in (again, self._again) if each is not None]
            self._round = self._again = None
            wait = min(slices.spent * (1 / SHARE - 1), LONGEST_WAIT)
            self._earliest = self._hass.loop.time() + wait
            if wanted:
                self.request(min(wanted))
