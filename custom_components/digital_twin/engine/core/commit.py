"""When changes are saved: in groups, or after a while."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime
import logging
from typing import Any

from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

_LOGGER = logging.getLogger(__name__)


class StoreFailedError(OSError):
    """The file could not be written; what it should have held is undone."""


class StoppedError(StoreFailedError):
    """The integration was stopped, or loaded anew, before this could be kept."""


async def async_see_through[T](hass: HomeAssistant, work: Coroutine[Any, Any, T]) -> T:
    """Wait for work that goes on to its end even if the one who waits is cancelled.

    A change that is in memory is going to be saved, whoever still wants to know; then everybody
    has to be told of it, too.
    """
    return await _async_outcome(hass.async_create_task(work, "digital_twin change"))


async def _async_outcome[T](future: asyncio.Future[T]) -> T:
    """Wait for a future without cancelling it, and without a complaint when nobody does."""
    future.add_done_callback(lambda done: done.cancelled() or done.exception())
    if not future.done():
        await asyncio.wait((future,))
    return future.result()


class GroupCommit:
    """Answers each writer after the end of a save that began after its change.

    Writers that come while a save runs share the next one.
    """

    def __init__(self, hass: HomeAssistant, save: Callable[[], Awaitable[None]]) -> None:
        """Keep what saves; it takes its snapshot before its first await."""
        self._hass = hass
        self._save = save
        self._waiting: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None

    async def async_commit(self) -> None:
        """Wait until everything changed so far is saved.

        Raises what the save raised. Then the changes made while it ran are lost with it, because
        they were built on it, and their writers get the same error.
        """
        if self._waiting is None:
            self._waiting = self._hass.loop.create_future()
        if self._task is None:
            self._task = self._hass.async_create_task(
                self._async_run(), "digital_twin group commit", eager_start=False
            )
        await _async_outcome(self._waiting)

    async def async_settle(self) -> None:
        """Wait until no save is under way."""
        while self._task is not None:
            await self._task

    async def _async_run(self) -> None:
        batch: asyncio.Future[None] | None = None
        try:
            while (batch := self._take()) is not None:
                try:
                    await self._save()
                except OSError as error:
                    for writers in (batch, self._take()):
                        if writers is not None:
                            writers.set_exception(error)
                else:
                    batch.set_result(None)
        finally:
            self._task = None
            # Whatever else ended the save, nobody waits for it for ever.
            for writers in (batch, self._take()):
                if writers is not None:
                    writers.cancel()

    def _take(self) -> asyncio.Future[None] | None:
        """Return those who wait, and let the next writer begin a new group."""
        batch, self._waiting = self._waiting, None
        return batch


class DelayedCommit:
    """Saves what nobody waits for: some time after the first change, or when everything ends."""

    def __init__(
        self, hass: HomeAssistant, seconds: float, commit: Callable[[], Awaitable[None]]
    ) -> None:
        """Keep the delay and what saves."""
        self._hass = hass
        self._seconds = seconds
        self._commit = commit
        self._cancels: list[CALLBACK_TYPE] = []

    @property
    def is_due(self) -> bool:
        """Whether something waits to be saved."""
        return bool(self._cancels)

    @callback
    def schedule(self) -> None:
        """Save after the delay; later changes do not put it off."""
        if not self._cancels:
            self._cancels = [
                async_call_later(self._hass, self._seconds, self._async_timed_out),
                self._hass.bus.async_listen(EVENT_HOMEASSISTANT_FINAL_WRITE, self._async_ending),
            ]

    @callback
    def dismiss(self) -> None:
        """Forget it: another save is about to hold the changes."""
        for cancel in self._cancels:
            cancel()
        self._cancels = []

    async def async_flush(self) -> None:
        """Save now what waits; a disk that refuses is in the log already."""
        if self._cancels:
            self.dismiss()
            try:
                await self._commit()
            except OSError:
                _LOGGER.warning("Readings of linked entities could not be saved")

    async def _async_timed_out(self, _now: datetime) -> None:
        await self.async_flush()

    async def _async_ending(self, _event: Event) -> None:
        await self.async_flush()
