"""Writes the storage files some time after the journal, and reads both at the start."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from functools import partial
import logging
from typing import Any, Final

from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from ...twin.records.fields import Context
from ...twin.records.revisions import DeltaError
from .changes import Changes
from .files import (
    PREFIX,
    Archive,
    HistoryStore,
    StoredFile,
    StoreFailedError,
    archive_document,
    history_file,
)
from .journal import Header, Journal, Line, Segment
from .purge import OwnedGoal, forget, owned_goals
from .store import StoredContents, TwinStore
from .transaction import ForgetMetric, PutDay

_LOGGER = logging.getLogger(__name__)

# Seconds between a change and the write of the file that holds it. Records are small; a year of
# readings is rewritten as a whole.
RECORDS_DELAY: Final = 10
HISTORY_DELAY: Final = 300
# The file in which older versions kept the days that were in no archive yet.
RECENT_READINGS: Final = "readings"


class Checkpoint:
    """The storage files: written where something changed, and brought up to date by the journal."""

    def __init__(
        self,
        hass: HomeAssistant,
        changes: Changes,
        journal: Journal,
        stores: Mapping[str, TwinStore[Any]],
        histories: HistoryStore,
    ) -> None:
        self._hass = hass
        self._changes = changes
        self._journal = journal
        self._stores = {store.file: store for store in stores.values()}
        self._kinds = stores
        self._histories = histories
        self._files: dict[str, StoredFile] = {}
        self._timers: dict[str, CALLBACK_TYPE] = {}
        self._lock = asyncio.Lock()
        self._stop_listening: CALLBACK_TYPE | None = None
        # How many segments had been begun when old ones were looked for last.
        self._pruned = -1
        self.writes = 0
        # Lines of the journal that cannot be read, or fit no file.
        self.damaged_lines = 0
        changes.on_saved = self.async_mark

    # Reading

    async def async_load(self, context: Callable[[], Context]) -> None:
        """Read the files and replay what the journal has beyond them.

        Raises `UnsupportedStorageVersionError`, `DamagedFileError`, and `OSError` for a journal
        that the disk does not give.
        """
        self._stop_listening = self._hass.bus.async_listen_once(
            EVENT_HOMEASSISTANT_FINAL_WRITE, self._async_final_write
        )
        contents = dict(
            zip(
                self._stores,
                await asyncio.gather(*map(self._async_read_records, self._stores.values())),
                strict=True,
            )
        )
        recent = _members(await self._file(RECENT_READINGS).async_load(), "days")
        archives = await self._async_read_archives(contents["persons"].ids, recent)
        known = {name: each.seq for name, each in contents.items()}
        known |= {history_file(key): each.seq for key, each in archives.items()}
        totals = {name: each.total for name, each in contents.items()}
        totals |= {history_file(key): each.total for key, each in archives.items()}
        segments = await self._hass.async_add_executor_job(
            self._journal.read_since, lambda header: _is_enough(header, known, totals)
        )
        unstamped = {name: totals[name] for name, seq in known.items() if seq is None}
        lines = [line for segment in segments for line in segment.lines]
        people = _people(lines) - archives.keys()
        more = await self._async_read_archives(people, recent)
        archives |= more
        known |= {history_file(key): each.seq for key, each in more.items()}
        behind = await self._hass.async_add_executor_job(
            self._replay, segments, contents, archives, known
        )
        now = context()
        for name, store in self._stores.items():
            store.load(contents[name], now)
        for person_id, archive in archives.items():
            self._histories.load(person_id, archive)
            if archive.damaged:
                _LOGGER.error(
                    "Histories of %d metrics cannot be read and are set aside in %s",
                    len(archive.damaged),
                    self._file(history_file(person_id)).key,
                )
        self._continue(segments, known, unstamped)
        self.async_mark({*behind, *unstamped})
        await self._async_take_over(recent)
        if self.damaged_lines:
            _LOGGER.error("%d lines of the journal cannot be read", self.damaged_lines)

    async def _async_read_records(self, store: TwinStore[Any]) -> StoredContents:
        stored = await self._file(store.file).async_load()
        return StoredContents(stored, store.kind.id_field)

    async def _async_read_archives(
        self, person_ids: Iterable[str], recent: Mapping[str, Any]
    ) -> dict[str, Archive]:
        ids = list(person_ids)
        stored = await asyncio.gather(*(self._file(history_file(key)).async_load() for key in ids))
        pairs = [(each, recent.get(key)) for key, each in zip(ids, stored, strict=True)]
        # A year of five people takes long enough to be felt in the event loop.
        read = await self._hass.async_add_executor_job(
            lambda: [Archive.read(*pair) for pair in pairs]
        )
        return dict(zip(ids, read, strict=True))

    def _replay(
        self,
        segments: Iterable[Segment],
        contents: Mapping[str, StoredContents],
        archives: Mapping[str, Archive],
        known: Mapping[str, int | None],
    ) -> set[str]:
        """Apply what the files do not have yet; return the files that are behind."""
        behind: set[str] = set()
        for segment in segments:
            self.damaged_lines += segment.damaged
            for line in segment.lines:
                for operation in line["operations"]:
                    try:
                        name = self._file_of(operation)
                        seq = known.get(name)
                        if seq is None or line["seq"] <= seq:
                            continue
                        behind.add(name)
                        if name in contents:
                            contents[name].replay(operation, line["at"])
                        else:
                            archives[operation["id"]].replay(operation)
                    except DeltaError, KeyError, TypeError, ValueError, AttributeError:
                        self.damaged_lines += 1
        return behind

    def _file_of(self, operation: Line) -> str:
        if "kind" in operation:
            return self._kinds[operation["kind"]].file
        return history_file(operation["id"])

    def _continue(
        self, segments: list[Segment], known: Mapping[str, int | None], unstamped: Mapping[str, int]
    ) -> None:
        """Number transactions on, and keep which file was changed by which of them last."""
        last: dict[str, int] = dict(segments[0].header.files) if segments else {}
        seq = max((each or 0 for each in known.values()), default=0)
        for line in (line for segment in segments for line in segment.lines):
            seq = max(seq, line["seq"])
            for operation in line["operations"]:
                try:
                    last[self._file_of(operation)] = line["seq"]
                except KeyError, TypeError, AttributeError:
                    continue
        present = {name: each for name, each in last.items() if name in known}
        self._changes.continue_from(seq, present, unstamped)

    async def _async_take_over(self, recent: Mapping[str, Any]) -> None:
        """Bring what an older version kept apart into the archives."""
        if not recent:
            return
        for person_id, days in recent.items():
            name = history_file(person_id)
            if person_id in self._histories.people:
                document = await self._async_history_document(person_id)
            else:
                # The record cannot be read; it may be mended one day.
                stored = await self._file(name).async_load()
                archive = await self._hass.async_add_executor_job(Archive.read, stored, days)
                document = archive_document(archive.days, archive.damaged, 0, archive.taken_over)
            try:
                await self._file(name).async_save_checked(document)
            except StoreFailedError:
                _LOGGER.warning("Recent readings stay in the file of an older version")
                return
        await self._file(RECENT_READINGS).async_remove()

    # Writing

    @callback
    def async_mark(self, files: Iterable[str]) -> None:
        """Write files after a while; later changes do not put it off."""
        for name in files:
            if name not in self._timers:
                delay = HISTORY_DELAY if name.startswith(PREFIX) else RECORDS_DELAY
                self._timers[name] = async_call_later(
                    self._hass, delay, partial(self._async_delay_over, name)
                )

    async def _async_delay_over(self, name: str, _now: datetime) -> None:
        await self._async_write(name)
        if self._journal.begun != self._pruned:
            await self.async_prune()

    async def _async_write(self, name: str) -> None:
        async with self._lock:
            if (cancel := self._timers.pop(name, None)) is None:
                return
            cancel()
            self.writes += 1
            if name.startswith(PREFIX):
                document = await self._async_history_document(name.removeprefix(PREFIX))
            else:
                document = self._record_document(name)
            await self._file(name).async_save(document)

    def _record_document(self, name: str) -> dict[str, Any]:
        """Return what is on disk in the journal, without what is only in memory yet."""
        store = self._stores[name]
        table = store.table.copy()
        for operation in reversed(self._changes.pending):
            if operation.file == name and not isinstance(operation, (PutDay, ForgetMetric)):
                operation.undo(table)
        return store.stored(table, self._changes.seq_on_disk)

    async def _async_history_document(self, person_id: str) -> dict[str, Any]:
        days = self._histories.days(person_id)
        for operation in reversed(self._changes.pending):
            if isinstance(operation, (PutDay, ForgetMetric)) and operation.person_id == person_id:
                operation.undo(days)
        return await self._hass.async_add_executor_job(
            archive_document,
            days,
            self._histories.set_aside(person_id),
            self._changes.seq_on_disk,
            self._histories.taken_over.get(person_id),
        )

    async def async_write_all(self) -> None:
        """Write the files of everything that changed, after the journal."""
        try:
            await self._changes.async_flush()
        except StoreFailedError:
            _LOGGER.warning("Changes that nobody waited for could not be saved")
        for name in list(self._timers):
            await self._async_write(name)

    async def _async_final_write(self, _event: Event) -> None:
        self._stop_listening = None
        await self.async_write_all()

    async def async_close(self) -> None:
        """Write everything; nothing is written after that."""
        await self._changes.async_close()
        await self.async_write_all()
        for cancel in self._timers.values():
            cancel()
        self._timers.clear()
        if self._stop_listening:
            self._stop_listening()
            self._stop_listening = None
        for file in self._files.values():
            file.close()

    async def async_prune(self) -> None:
        """Forget what of the journal is too old, or too much."""
        self._pruned = self._journal.begun
        saved = {name: await self._async_saved_seq(name) for name in [*self._changes.last_changes]}
        async with self._changes.lock:
            try:
                await self._hass.async_add_executor_job(
                    self._journal.prune, dt_util.utcnow(), saved
                )
            except OSError as error:
                _LOGGER.warning("Old parts of the journal could not be removed: %s", error)

    async def _async_saved_seq(self, name: str) -> int:
        """Return the number of the last transaction that can be read back from a file."""
        stored = await self._file(name).async_load()
        if name.startswith(PREFIX):
            return (await self._hass.async_add_executor_job(Archive.read, stored)).seq or 0
        return StoredContents(stored, "").seq or 0

    async def async_owned_goals(self, person_ids: Collection[str]) -> dict[str, str]:
        """Return the goals that belonged to people; see `owned_goals`. Raises `OSError`."""
        await self._changes.async_flush()
        return await self._hass.async_add_executor_job(owned_goals, self._journal, person_ids)

    async def async_purge(
        self,
        twin_ids: Collection[str],
        person_ids: Collection[str],
        goals: Mapping[str, OwnedGoal],
    ) -> None:
        """Remove everything about twins, people among them, from the journal and histories.

        `goals` are the goals that belonged to the people. All other files are brought
        up to date first: lines without the twins may not fit an older file, which may even have
        them as they were before they were deleted. Raises `OSError`.
        """
        if not twin_ids:
            return
        await self._changes.async_flush()
        leaving = set(map(history_file, person_ids))
        wanted = {
            name: seq for name, seq in self._changes.last_changes.items() if name not in leaving
        }
        for name, seq in wanted.items():
            if await self._async_saved_seq(name) < seq:
                self.async_mark({name})
                await self._async_write(name)
                if await self._async_saved_seq(name) < seq:
                    raise StoreFailedError(f"{self._file(name).key} could not be written")
        async with self._changes.lock:
            await self._hass.async_add_executor_job(
                forget, self._journal, twin_ids, person_ids, goals
            )
        for name in leaving:
            async with self._lock:
                if cancel := self._timers.pop(name, None):
                    cancel()
                self._changes.last_changes.pop(name, None)
                await self._file(name).async_remove()

    async def async_remove(self) -> None:
        """Delete all files, also those of people who cannot be read."""
        persons = StoredContents(await self._file("persons").async_load(), "person_id")
        recent = await self._file(RECENT_READINGS).async_load()
        ids = {*persons.ids, *_members(recent, "days"), *_listed(recent)}
        names = (*self._stores, RECENT_READINGS, *map(history_file, ids))
        await asyncio.gather(*(self._file(name).async_remove() for name in names))
        await self._hass.async_add_executor_job(self._journal.remove)

    def _file(self, name: str) -> StoredFile:
        if name not in self._files:
            self._files[name] = StoredFile(self._hass, name)
        return self._files[name]


def _is_enough(header: Header, known: dict[str, int | None], totals: Mapping[str, int]) -> bool:
    """Tell whether all files have what segments before this one hold.

    A file without a stamp that the journal has begun with stands for a transaction: it becomes
    known. People who are in no file are new, which the file of persons does not know yet, or gone.
    """
    for name, base in header.bases.items():
        if known.get(name, 0) is None and base[0] == totals[name]:
            known[name] = base[1]
    return header.is_readable and all(
        seq is not None and seq >= header.files.get(name, 0) for name, seq in known.items()
    )


def _people(lines: Iterable[Line]) -> set[str]:
    """Return the ids of people of whom lines of the journal say something."""
    found: set[str] = set()
    for line in lines:
        for operation in line["operations"]:
            if isinstance(operation, dict) and operation.get("kind", "person") == "person":
                found.add(str(operation.get("id")))
    return found


def _members(stored: object, part: str) -> dict[str, Any]:
    """Return a part of a document that has members; none where there is no such part."""
    members = stored.get(part) if isinstance(stored, dict) else None
    return members if isinstance(members, dict) else {}


def _listed(recent: object) -> list[str]:
    """Return the people whose archives an older version listed."""
    listed = recent.get("archives") if isinstance(recent, dict) else None
    return [str(each) for each in listed] if isinstance(listed, list) else []
