"""Group commit: writers that come while a save runs share the next one."""

import asyncio
from collections.abc import Awaitable, Callable

from homeassistant.core import HomeAssistant


class GroupCommit:
    """Answers each writer after the end of a save that began after its change."""

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
            # A writer that is cancelled leaves the answer to nobody.
            self._waiting.add_done_callback(lambda done: done.cancelled() or done.exception())
        if self._task is None:
            self._task = self._hass.async_create_task(
                self._async_run(), "digital_twin group commit", eager_start=False
            )
        await asyncio.shield(self._waiting)

    async def async_settle(self) -> None:
        """Wait until no save is under way."""
        if self._task is not None:
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
