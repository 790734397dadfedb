"""The daily histories of all people, in memory and on disk.

What changed lately is in one small journal, `digital_twin.readings`: only that is written with a
new reading, so a reading costs the same however long the history is. Now and then the journal is
merged into the archives, `digital_twin.history.<person id>`, one for each person. The days of the
journal take precedence, so that nothing is lost when only one of the two was written.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
import logging
from typing import Any, NamedTuple

from homeassistant.core import HomeAssistant, callback

from ...const import DOMAIN
from ...twin.metrics.history import Day, MetricHistory
from ...twin.metrics.history_codec import (
    DamagedHistoryError,
    days_from_document,
    history_document,
)
from ...twin.metrics.recording import DayChange
from .files import GroupCommit
from .store import CheckedFile

_LOGGER = logging.getLogger(__name__)

MAJOR_VERSION = 1
MINOR_VERSION = 1
# Stands for the metric of what cannot even be told by metrics.
UNREADABLE = "?"
# So many days may wait in the journal: about two days of five people with everything measured.
MAX_JOURNAL = 300

type Document = dict[str, Any]
type Histories = dict[str, MetricHistory]


class Key(NamedTuple):
    """One day of one metric of one person."""

    person_id: str
    metric: str
    day: int


class _Contents(NamedTuple):
    """What was read of a person: `recent` are the days that only the journal has.

    `urgent` says that some of what is damaged is in the journal only, which is soon rewritten.
    """

    histories: Histories
    recent: list[tuple[str, int]]
    damaged: dict[str, list[Any]]
    urgent: bool


class HistoryStore:
    """The daily histories by person and metric.

    Changes are made at once in memory and are safe when `async_commit` returns. When a save fails,
    memory goes back to what the disk has and `on_undone` gets the metrics of that.
    """

    def __init__(
        self, hass: HomeAssistant, on_undone: Callable[[Iterable[tuple[str, str]]], None]
    ) -> None:
        """Keep what is needed; nothing is read yet."""
        self._hass = hass
        self._on_undone = on_undone
        self.saves = 0
        # How often a save failed and was undone.
        self.failures = 0
        self._people: dict[str, Histories] = {}
        self._journal: CheckedFile = _file(hass, f"{DOMAIN}.readings")
        self._archives: dict[str, CheckedFile] = {}
        # What is in no archive yet, and what was there before since the last save.
        self._pending: dict[Key, None] = {}
        self._undo: dict[Key, Day | None] = {}
        self._written: set[str] = set()
        # What cannot be read, or belongs to people who cannot, stays as it is.
        self._set_aside: dict[str, dict[str, list[Any]]] = {}
        self._foreign: dict[str, Any] = {}
        self._group = GroupCommit(hass, self._async_save)
        self._archiving = asyncio.Lock()

    @property
    def damaged(self) -> dict[str, tuple[str, ...]]:
        """The metrics whose histories cannot be read, or `UNREADABLE`, by person."""
        return {person_id: tuple(metrics) for person_id, metrics in self._set_aside.items()}

    @callback
    def of(self, person_id: str) -> Mapping[str, MetricHistory]:
        """Return the histories of a person by metric."""
        return self._people.get(person_id, {})

    @callback
    def open(self, person_id: str) -> Histories:
        """Return the histories of a person to be changed; `note` what was."""
        return self._people.setdefault(person_id, {})

    @callback
    def note(self, person_id: str, changes: Iterable[DayChange]) -> None:
        """Take note of days that changed, so that they are saved, or undone."""
        for change in changes:
            key = Key(person_id, change.metric, change.day)
            self._pending[key] = None
            self._undo.setdefault(key, change.before)

    async def async_load(self, person_ids: Iterable[str]) -> None:
        """Read the histories of people.

        Raises `UnsupportedStorageVersionError` for files of a newer major version.
        """
        ids = list(person_ids)
        journal = _document(await self._journal.async_load(), "days")
        archives = [
            _document(each, "metrics")
            for each in await asyncio.gather(*(self._archive(key).async_load() for key in ids))
        ]
        pending = _part(journal, "days")
        self._foreign = {key: raw for key, raw in pending.items() if key not in ids}
        listed = journal.get("archives")
        self._written = set(map(str, listed)) if isinstance(listed, list) else set()
        self._written |= {key for key, each in zip(ids, archives, strict=True) if each}
        read = [(archive, _part(pending, key)) for key, archive in zip(ids, archives, strict=True)]
        # A year of five people takes long enough to be felt in the event loop.
        found = await self._hass.async_add_executor_job(lambda: [_read(*each) for each in read])
        for key, contents in zip(ids, found, strict=True):
            self._people[key] = contents.histories
            self._pending |= dict.fromkeys(Key(key, *place) for place in contents.recent)
            if contents.damaged:
                self._set_aside[key] = contents.damaged
                _LOGGER.error(
                    "Histories of %d metrics cannot be read and are set aside in %s",
                    len(contents.damaged),
                    self._archive(key).key,
                )
            if contents.urgent:
                await self._async_archive(key)

    async def async_commit(self) -> None:
        """Wait until all changes so far are on disk.

        Raises `StoreFailedError` when they could not be written; they are undone then.
        """
        await self._group.async_commit()
        if len(self._pending) > MAX_JOURNAL and not self._archiving.locked():
            self._hass.async_create_task(self.async_archive(), "digital_twin history archive")

    async def async_settle(self) -> None:
        """Wait until no save is under way."""
        await self._group.async_settle()
        async with self._archiving:
            pass

    async def async_close(self) -> None:
        """Wait until no save is under way; later changes fail with `StoppedError`."""
        await self.async_settle()
        for file in (self._journal, *self._archives.values()):
            file.make_read_only()

    async def async_archive(self) -> None:
        """Merge the journal into the archives; what cannot be written stays in the journal."""
        async with self._archiving:
            for person_id in {key.person_id: None for key in self._pending}:
                await self._async_archive(person_id)
            await self._group.async_commit()

    async def async_forget(self, person_id: str, metrics: Iterable[str]) -> None:
        """Delete the histories of metrics of a person.

        Raises `StoreFailedError` when that could not be written; they are undone then.
        """
        async with self._archiving:
            histories = self.open(person_id)
            gone = {key: histories.pop(key) for key in metrics if key in histories}
            if not gone:
                return
            if not await self._async_archive(person_id):
                histories |= gone
                raise self._archive(person_id).failure
            for key in [each for each in self._undo if each.person_id == person_id]:
                if key.metric in gone:
                    del self._undo[key]
            await self._group.async_commit()

    async def async_purge(self, person_ids: Iterable[str]) -> None:
        """Delete all that is known of people who will not come back."""
        for person_id in person_ids:
            await self._archive(person_id).async_remove()
            self._written.discard(person_id)
            self._people.pop(person_id, None)
            self._foreign.pop(person_id, None)
            self._set_aside.pop(person_id, None)
            for key in [each for each in self._pending if each.person_id == person_id]:
                del self._pending[key]

    async def async_remove(self) -> None:
        """Delete all files, also those that were not read: the integration is removed."""
        await self.async_settle()
        listed = _document(await self._journal.async_load(), "days").get("archives")
        await self.async_purge({*self._written, *(listed if isinstance(listed, list) else ())})
        await self._journal.async_remove()

    def _archive(self, person_id: str) -> CheckedFile:
        if person_id not in self._archives:
            self._archives[person_id] = _file(self._hass, f"{DOMAIN}.history.{person_id}")
        return self._archives[person_id]

    async def _async_save(self) -> None:
        saving, self._undo = self._undo, {}
        self.saves += 1
        await self._journal.async_save(
            {
                "archives": sorted(self._written),
                "days": {**self._foreign, **self._journal_document()},
            }
        )
        if self._journal.error is None:
            return
        self.failures += 1
        # What changed meanwhile was built on what is undone now.
        undone = {**self._undo, **saving}
        self._undo = {}
        for key, before in undone.items():
            self.open(key.person_id).setdefault(key.metric, MetricHistory()).put(key.day, before)
        self._on_undone({(key.person_id, key.metric) for key in undone})
        raise self._journal.failure from self._journal.error

    def _journal_document(self) -> Document:
        days: dict[str, dict[str, dict[int, Day]]] = {}
        for person_id, metric, day in self._pending:
            history = self._people.get(person_id, {}).get(metric)
            content = history.days.get(day) if history else None
            if content is not None:
                days.setdefault(person_id, {}).setdefault(metric, {})[day] = content
        return {
            person_id: {metric: history_document(each) for metric, each in metrics.items()}
            for person_id, metrics in days.items()
        }

    async def _async_archive(self, person_id: str) -> bool:
        """Write the archive of a person and tell whether that worked."""
        snapshot = {metric: dict(history.days) for metric, history in self.of(person_id).items()}
        set_aside = dict(self._set_aside.get(person_id, {}))
        archive = self._archive(person_id)
        document = await self._hass.async_add_executor_job(_archived, snapshot, set_aside)
        self.saves += 1
        await archive.async_save(document)
        if archive.error is not None:
            return False
        self._written.add(person_id)
        for key in [each for each in self._pending if each.person_id == person_id]:
            history = self.of(person_id).get(key.metric)
            present = history.days.get(key.day) if history else None
            if present is snapshot.get(key.metric, {}).get(key.day):
                del self._pending[key]
        return True


def _file(hass: HomeAssistant, key: str) -> CheckedFile:
    return CheckedFile(
        hass,
        MAJOR_VERSION,
        key,
        private=True,
        atomic_writes=True,
        minor_version=MINOR_VERSION,
        # Documents are made for the one save and changed by nobody.
        serialize_in_event_loop=False,
    )


def _archived(
    snapshot: Mapping[str, Mapping[int, Day]], set_aside: Mapping[str, list[Any]]
) -> Document:
    return {
        "metrics": {metric: history_document(days) for metric, days in snapshot.items()},
        "set_aside": set_aside,
    }


def _read(archive: Document, journal: Document) -> _Contents:
    """Read the histories of a person; later sources take precedence day by day."""
    days: dict[str, dict[int, Day]] = {}
    recent: list[tuple[str, int]] = []
    damaged: dict[str, list[Any]] = {}
    urgent = False
    stored = [
        *(
            (metric, raw)
            for metric, raws in _part(archive, "set_aside").items()
            for raw in _all(raws)
        ),
        *_part(archive, "metrics").items(),
    ]
    for position, (metric, raw) in enumerate((*stored, *journal.items())):
        try:
            found = days_from_document(raw)
        except DamagedHistoryError:
            damaged.setdefault(metric, []).append(raw)
            urgent = urgent or position >= len(stored)
            continue
        days.setdefault(metric, {}).update(found)
        if position >= len(stored):
            recent.extend((metric, day) for day in found)
    histories = {metric: MetricHistory(found) for metric, found in days.items()}
    return _Contents(histories, recent, damaged, urgent)


def _document(stored: object, part: str) -> Document:
    """Return a file as a document; what somebody made of a whole file is the part that matters."""
    return stored if isinstance(stored, dict) else {part: stored}


def _part(document: Mapping[str, Any], name: str) -> Document:
    """Return a part of a document; one that has no members is itself what cannot be read."""
    part = document.get(name)
    if part is None:
        return {}
    return part if isinstance(part, dict) else {UNREADABLE: part}


def _all(raws: object) -> list[Any]:
    return raws if isinstance(raws, list) else [raws]
