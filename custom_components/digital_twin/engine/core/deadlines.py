"""Deadlines of many subjects, served by one timer that is set to the earliest of them."""

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
