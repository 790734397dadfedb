"""The one way in: begins transactions, writes them to the journal, and publishes them."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime
import logging
from types import TracebackType
from typing import Any, Final, override

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from .feed import BY_ITSELF, Cause, Change, ChangeFeed
from .files import HistoryStore, StoppedError, StoreFailedError
from .journal import Header, Journal
from .store import TwinStore
from .transaction import Operation, Transaction, encoded

_LOGGER = logging.getLogger(__name__)

# Changes that nobody waits for are written after so many seconds at the latest.
LONGEST_DELAY: Final = 300


class Changes:
    """Begins transactions, and makes them safe.

    `last_changes` has for each storage file the number of the last transaction that concerns it;
    `on_saved` gets the names of the files that transactions on disk have changed.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        feed: ChangeFeed,
        journal: Journal,
        stores: Mapping[str, TwinStore[Any]],
        histories: HistoryStore,
    ) -> None:
        self._hass = hass
        self._feed = feed
        self._journal = journal
        self._stores = stores
        self._histories = histories
        self._seq = 0
        self._closed = False
        # What is in memory and not on disk, oldest first: being written, and waiting.
        self._writing: list[Transaction] = []
        self._waiting: list[Transaction] = []
        self._due = False
        self._bases: dict[str, tuple[int, int]] = {}
        self._task: asyncio.Task[None] | None = None
        self._cancel_delayed: CALLBACK_TYPE | None = None
        # While segments are rewritten nothing may be appended.
        self.lock = asyncio.Lock()
        self.last_changes: dict[str, int] = {}
        self.seq_on_disk = 0
        self.failures = 0
        self.on_saved: Callable[[set[str]], None] = lambda _files: None

    @callback
    def continue_from(
        self, seq: int, last_changes: Mapping[str, int], totals: Mapping[str, int]
    ) -> None:
        """Go on after what was loaded; `totals` are sums over files without a stamp."""
        self._seq = self.seq_on_disk = seq
        self._bases = {name: (total, seq) for name, total in totals.items()}
        self.last_changes = dict(last_changes)

    @property
    def unwritten(self) -> list[Transaction]:
        """The transactions that are in memory and not on disk yet, oldest first."""
        return [*self._writing, *self._waiting]

    @property
    def pending(self) -> list[Operation]:
        """The operations that are in memory and not on disk yet, oldest first."""
        return [operation for transaction in self.unwritten for operation in transaction.operations]

    @callback
    def begin(
        self, cause: Cause = BY_ITSELF, *, delayed: bool = False
    ) -> AbstractAsyncContextManager[Transaction, None]:
        """Begin a transaction; it is on disk, or (`delayed`) in memory, when the block is left.

        The block must not wait for anything. When it raises, or the disk refuses, memory is as it
        was. Raises `StoreFailedError` for a disk that refuses, and `StoppedError` at the end of
        the integration. A caller that is cancelled does not stop its transaction.
        """
        if self._closed:
            raise StoppedError
        transaction = Transaction(
            seq=self._seq + 1,
            at=dt_util.utcnow(),
            cause=cause,
            delayed=delayed,
            stores=self._stores,
            histories=self._histories,
        )
        return _TransactionBlock(self, transaction)

    async def async_end(self, transaction: Transaction) -> None:
        """Make a transaction safe: its block was left without an error."""
        if transaction.operations:
            await self._async_commit(transaction)
            return
        self._feed.publish(transaction.changes)
        if not transaction.delayed:
            # What the caller sees may belong to a transaction that is not on disk yet.
            await self.async_flush()

    async def _async_commit(self, transaction: Transaction) -> None:
        self._seq = transaction.seq
        self._waiting.append(transaction)
        if transaction.delayed:
            if self._cancel_delayed is None:
                self._cancel_delayed = async_call_later(
                    self._hass, LONGEST_DELAY, self._async_delay_over
                )
            self._feed.publish(transaction.changes)
            return
        transaction.saved = self._hass.loop.create_future()
        self._write()
        # A caller that is cancelled cancels its own future, and nothing else.
        await transaction.saved

    async def async_flush(self) -> None:
        """Write what waits, also what nobody waits for. Raises `StoreFailedError`."""
        if self._waiting:
            last = self._waiting[-1]
            last.saved = last.saved or self._hass.loop.create_future()
            self._write()
            await _async_outcome(last.saved)
        await self.async_wait_until_saved()

    async def async_wait_until_saved(self) -> None:
        """Wait until nothing is being written."""
        while self._task is not None:
            await asyncio.wait((self._task,))

    async def async_close(self) -> None:
        """Write what waits, and refuse every later transaction with `StoppedError`."""
        self._closed = True
        try:
            await self.async_flush()
        except StoreFailedError:
            _LOGGER.warning("The last readings of linked entities could not be saved")

    @callback
    def _async_delay_over(self, _now: datetime) -> None:
        self._cancel_delayed = None
        if self._waiting:
            self._write()

    def _write(self) -> None:
        """Write everything that waits, together with what joins before the disk is free."""
        self._due = True
        if self._task is None:
            self._task = self._hass.async_create_task(
                self._async_write(), "digital_twin journal", eager_start=False
            )

    async def _async_write(self) -> None:
        try:
            async with self.lock:
                while self._due and self._waiting:
                    await self._async_write_batch()
        finally:
            self._task = None
            for transaction in (*self._writing, *self._waiting):
                # Release the writers on an unexpected error.
                if transaction.saved and not transaction.saved.done():
                    transaction.saved.cancel()

    async def _async_write_batch(self) -> None:
        self._writing, self._waiting, self._due = self._waiting, [], False
        if self._cancel_delayed:
            self._cancel_delayed()
            self._cancel_delayed = None
        batch = self._writing
        try:
            header = Header(files=dict(self.last_changes), bases=self._bases)
            await self._hass.async_add_executor_job(self._append, batch, header)
        except Exception as error:  # noqa: BLE001  # whatever failed, nothing of it is on disk
            self._undo(error)
            return
        self._writing = []
        self.seq_on_disk = batch[-1].seq
        files = {
            operation.file: transaction.seq
            for transaction in batch
            for operation in transaction.operations
        }
        self.last_changes |= files
        for transaction in batch:
            if transaction.saved and not transaction.saved.done():
                transaction.saved.set_result(None)
        self.on_saved(set(files))
        # The callers continue only after this, in the next iteration of the event loop.
        self._feed.publish(
            [change for each in batch if not each.delayed for change in each.changes]
        )

    def _append(self, batch: list[Transaction], header: Header) -> None:
        """Runs in a worker thread."""
        self._journal.append(encoded(batch), header)

    def _undo(self, error: Exception) -> None:
        """Take back everything that is not on disk: later transactions were built on the first."""
        undone = [*self._writing, *self._waiting]
        self._writing, self._waiting, self._due = [], [], False
        self.failures += 1
        # What the encoder says of a value quotes it; what the disk says is needed.
        reason = error if isinstance(error, OSError) else type(error).__name__
        _LOGGER.error("The journal could not be written: %s", reason)
        changes: list[Change] = []
        for transaction in reversed(undone):
            changes += transaction.undo()
        failure = StoreFailedError("the journal could not be written")
        failure.__cause__ = error
        for transaction in undone:
            if transaction.saved and not transaction.saved.done():
                transaction.saved.set_exception(failure)
        # The callers continue only after this, in the next iteration of the event loop.
        self._feed.publish(changes)


class _TransactionBlock(AbstractAsyncContextManager[Transaction, None]):
    """The block of one transaction; a generator would cost several times as much."""

    __slots__ = ("_changes", "_transaction")

    def __init__(self, changes: Changes, transaction: Transaction) -> None:
        self._changes = changes
        self._transaction = transaction

    @override
    async def __aenter__(self) -> Transaction:
        return self._transaction

    @override
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None:
            self._transaction.undo()
        else:
            await self._changes.async_end(self._transaction)


async def _async_outcome(future: asyncio.Future[None]) -> None:
    """Wait for a future without cancelling it.

    The exception is marked as retrieved, so that asyncio does not log it when nobody waits.
    """
    future.add_done_callback(lambda done: done.cancelled() or done.exception())
    if not future.done():
        await asyncio.wait((future,))
    future.result()
