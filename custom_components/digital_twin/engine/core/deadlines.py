"""Deadlines: one timer for all of them, set to the next one."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_point_in_utc_time
from homeassistant.util import dt as dt_util


class Deadline(NamedTuple):
    """What is due: a topic of a home, and of what in it."""

    home_id: str
    topic: str
    ref: str = ""


class Deadlines:
    """Moments at which something must be looked at again."""

    def __init__(
        self, hass: HomeAssistant, due: Callable[[Collection[Deadline], datetime], None]
    ) -> None:
        """Remember whom to tell."""
        self._hass = hass
        self._due = due
        self._moments: dict[Deadline, datetime] = {}
        self._queue: list[tuple[datetime, Deadline]] = []
        self._armed: datetime | None = None
        self._cancel: CALLBACK_TYPE | None = None

    @callback
    def set(self, deadline: Deadline, moment: datetime | None) -> None:
        """Set, move or (with None) drop a deadline. A moment that has passed is due at once.

        It is due with the full second, so that what happened together is due together: a hundred
        devices that fell silent in a power shorten are judged once, not a hundred times.
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
    def forget(self, home_id: str) -> None:
        """Drop all deadlines of a home."""
        self._moments = {
            deadline: moment
            for deadline, moment in self._moments.items()
            if deadline.home_id != home_id
        }
        self._queue = [(moment, deadline) for deadline, moment in self._moments.items()]
        heapify(self._queue)
        self._arm()

    @callback
    def stop(self) -> None:
        """Drop everything."""
        self._moments.clear()
        self._queue.clear()
        self._arm()

    def _arm(self) -> None:
        queue = self._queue
        # What was moved or dropped stays in the queue until its turn comes.
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
        # The clock may be further than the moment that was asked for.
        now = max(moment, dt_util.utcnow())
        self._armed = None
        self._cancel = None
        due = []
        while self._queue and self._queue[0][0] <= now:
            set_for, deadline = heappop(self._queue)
            if self._moments.get(deadline) == set_for:
                del self._moments[deadline]
                due.append(deadline)
        try:
            self._due(due, now)
        finally:
            # Whatever went wrong with these, the others still come due.
            self._arm()


def _full_second(moment: datetime) -> datetime:
    rest = moment.microsecond
    return moment + timedelta(microseconds=1_000_000 - rest) if rest else moment
