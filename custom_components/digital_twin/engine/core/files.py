"""The files of twins and of daily histories, and the issues about them.

The files of twins are written by Home Assistant's storage helper. The daily histories of all
people are in memory; each person has a file `digital_twin.history.<person id>`. What changed since
a file was written is in the journal.
"""

from collections.abc import Callable, Collection, Container, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
import os
from pathlib import Path
from typing import Any, Final, NamedTuple

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.json import json_bytes
from homeassistant.helpers.storage import STORAGE_DIR, Store
import orjson

from ...const import DOMAIN
from ...twin.metrics.history import (
    DamagedHistoryError,
    Day,
    MetricHistory,
    days_from_document,
    history_document,
)
from ...twin.records.revisions import DeltaError, applied

MAJOR_VERSION = 1
MINOR_VERSION = 1

type StoredDocument = dict[str, Any]


class StoreFailedError(OSError):
    """A change could not be written to disk; it is undone."""


class StoppedError(StoreFailedError):
    """The integration was stopped, or loaded anew, before this could be kept."""


class DamagedFileError(Exception):
    """A file is JSON, but not what Home Assistant stores; it stays as it is."""

    def __init__(self, key: str) -> None:
        super().__init__(f"{key} is damaged")
        self.storage_key = key


class Stamp(NamedTuple):
    """What ties a file to the journal: the last transaction in it, and a sum over its contents.

    A file whose sum is not that of its stamp was written by somebody who knows no journal, such
    as an older version or a person. Unless the journal has begun with such a file, it counts as it
    is, whatever the journal says.
    """

    seq: int
    total: int

    @classmethod
    def seq_of(cls, raw: object, total: int) -> int | None:
        """Return the transaction of a stored stamp; None where the contents have another sum."""
        match raw:
            case {"seq": int(seq), "total": int(stamped)} if stamped == total:
                return seq
        return None


def journal_folder(hass: HomeAssistant) -> Path:
    """Return the folder of the journal, beside the storage files."""
    return Path(hass.config.path(STORAGE_DIR, DOMAIN))


class Disk:
    """The calls to the file system that the journal is made of; tests replace it."""

    def names(self, folder: Path) -> list[str]:
        """List the files of a folder; none where there is no folder."""
        try:
            return [path.name for path in folder.iterdir()]
        except FileNotFoundError:
            return []

    def read(self, path: Path) -> bytes:
        """Read a file."""
        return path.read_bytes()

    def append(self, path: Path, data: bytes) -> None:
        """Append to a file, which is created for its owner only; on disk when it returns."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        is_new = not path.exists()
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)
        if is_new:
            self._sync(path.parent)

    def replace(self, path: Path, data: bytes) -> None:
        """Put other contents in the place of a file, all or nothing."""
        temporary = path.with_suffix(".tmp")
        with suppress(FileNotFoundError):
            temporary.unlink()
        self.append(temporary, data)
        temporary.replace(path)
        self._sync(path.parent)

    def truncate(self, path: Path, size: int) -> None:
        """Cut a file off."""
        os.truncate(path, size)

    def size(self, path: Path) -> int:
        """Return the size of a file in bytes."""
        return path.stat().st_size

    def remove(self, path: Path) -> None:
        """Remove a file, if it is there."""
        path.unlink(missing_ok=True)

    def _sync(self, folder: Path) -> None:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class StoredFile:
    """One file: versioned, for its owner only, replaced as a whole."""

    def __init__(self, hass: HomeAssistant, name: str) -> None:
        self.name = name
        self.key = f"{DOMAIN}.{name}"
        self._closed = False
        self._store: Store[StoredDocument] = Store(
            hass,
            MAJOR_VERSION,
            self.key,
            private=True,
            atomic_writes=True,
            minor_version=MINOR_VERSION,
        )

    async def async_load(self) -> object:
        """Return the contents, None where there is no file.

        Raises `DamagedFileError` when the file has not the frame of a stored one, and
        `UnsupportedStorageVersionError` when a newer major version wrote it.
        """
        try:
            return await self._store.async_load()
        except (AttributeError, KeyError, TypeError) as error:
            raise DamagedFileError(self.key) from error

    async def async_save(self, document: StoredDocument) -> None:
        """Write the contents. Home Assistant logs it when the disk refuses."""
        if not self._closed:
            await self._store.async_save(document)

    @callback
    def async_delay_save(self, contents: Callable[[], StoredDocument], delay: float) -> None:
        """Write what the function returns after some seconds, or when Home Assistant ends."""
        if not self._closed:
            self._store.async_delay_save(contents, delay)

    async def async_save_checked(self, document: StoredDocument) -> None:
        """Write the contents and read them back; raises `StoreFailedError` if they are not there.

        Home Assistant's helper only logs most failures, and puts a write off while it stops.
        """
        await self.async_save(document)
        try:
            stored = await self._store.async_load()
        except (HomeAssistantError, KeyError, TypeError, AttributeError) as error:
            raise StoreFailedError(f"{self.key} could not be read back") from error
        if self._closed or json_bytes(stored) != json_bytes(document):
            raise StoreFailedError(f"{self.key} could not be written")

    async def async_remove(self) -> None:
        """Delete the file."""
        await self._store.async_remove()

    def close(self) -> None:
        """Write nothing any more."""
        self._closed = True
        self._store.make_read_only()


@callback
def async_name_file(hass: HomeAssistant, key: str, subject: str, **placeholders: str) -> None:
    """Say that something is wrong in a file, which only a person can mend."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"{key}_{subject}",
        is_fixable=False,
        severity=ir.IssueSeverity.ERROR,
        translation_key=key,
        translation_placeholders=placeholders,
    )


@callback
def async_delete_issues(hass: HomeAssistant, *keys: str, except_for: Container[str] = ()) -> None:
    """Delete the issues with any of the translation keys, except for those with the given ids."""
    for issue in list(ir.async_get(hass).issues.values()):
        if (
            issue.domain == DOMAIN
            and issue.translation_key in keys
            and issue.issue_id not in except_for
        ):
            ir.async_delete_issue(hass, DOMAIN, issue.issue_id)


# Stands for the metric where not even metrics can be told apart.
UNREADABLE: Final = "?"
STAMP: Final = "journal"
TAKEN_OVER: Final = "taken_over"
PREFIX: Final = "history."

type Histories = dict[str, MetricHistory]
type MetricDays = dict[str, dict[int, Day]]


def history_file(person_id: str) -> str:
    """Return the name of the file with the histories of a person."""
    return f"{PREFIX}{person_id}"


@dataclass(kw_only=True, slots=True)
class Archive:
    """What was read of a person's file: days by metric, and what cannot be read, as it is.

    `seq` is the last transaction in it, None where there is no stamp of the journal, and `total`
    the sum over its contents. `taken_over` is the digest of the days of an older version in it.
    """

    days: MetricDays = field(default_factory=dict)
    damaged: dict[str, list[Any]] = field(default_factory=dict)
    seq: int | None = 0
    total: int = 0
    taken_over: str | None = None

    @classmethod
    def read(cls, stored: object, recent: object = None) -> Archive:
        """Read the contents of a file, and with `recent` the days that older versions kept apart.

        They are added once, but also to a file with a stamp: an older version may have run since.
        Takes milliseconds for a year; to be run in a worker thread.
        """
        if stored is None and recent is None:
            return cls()
        document = stored if isinstance(stored, dict) else {"metrics": stored}
        archive = cls(seq=0 if stored is None else None)
        for metric, raws in _members(document.get("set_aside")).items():
            for raw in raws if isinstance(raws, list) else [raws]:
                archive.add(metric, raw)
        for metric, raw in _members(document.get("metrics")).items():
            archive.add(metric, raw)
        archive.total = _total(archive.days)
        if STAMP in document:
            archive.seq = Stamp.seq_of(document[STAMP], archive.total)
        if recent is not None:
            encoded = orjson.dumps(recent, option=orjson.OPT_SORT_KEYS)
            archive.taken_over = sha256(encoded).hexdigest()
            if document.get(TAKEN_OVER) != archive.taken_over:
                for metric, raw in _members(recent).items():
                    archive.add(metric, raw)
        return archive

    def add(self, metric: str, raw: object) -> None:
        """Add a stored history; of two words about one day the later counts."""
        try:
            self.days.setdefault(metric, {}).update(days_from_document(raw))
        except DamagedHistoryError:
            self.damaged.setdefault(metric, []).append(raw)

    def replay(self, operation: Mapping[str, Any]) -> None:
        """Apply an operation of the journal. Raises `DeltaError` where it does not fit."""
        metric = operation["metric"]
        if operation["op"] == "forget":
            self.days.pop(metric, None)
            self.damaged.pop(metric, None)
            return
        days, day = self.days.setdefault(metric, {}), operation["day"]
        known = days.get(day)
        document = applied(
            {} if known is None else history_document({day: known}), operation["delta"]
        )
        try:
            found = days_from_document(document) if document else {}
        except DamagedHistoryError as error:
            raise DeltaError("a day of the journal is none") from error
        days.pop(day, None)
        days.update(found)


class HistoryStore:
    """The daily histories by person and metric. Transactions take note of what changes."""

    def __init__(self) -> None:
        self._people: dict[str, Histories] = {}
        self._set_aside: dict[str, dict[str, list[Any]]] = {}
        self.taken_over: dict[str, str | None] = {}

    @property
    def damaged(self) -> dict[str, tuple[str, ...]]:
        """The metrics whose histories cannot be read, or `UNREADABLE`, by person."""
        return {key: tuple(metrics) for key, metrics in self._set_aside.items() if metrics}

    @property
    def people(self) -> Collection[str]:
        """The ids of all people who have histories here."""
        return self._people.keys()

    def load(self, person_id: str, archive: Archive) -> None:
        """Take over what was read of a person."""
        self._people[person_id] = {
            metric: MetricHistory(days) for metric, days in archive.days.items() if days
        }
        self._set_aside[person_id] = archive.damaged
        self.taken_over[person_id] = archive.taken_over

    def of(self, person_id: str) -> Mapping[str, MetricHistory]:
        """Return the histories of a person by metric."""
        return self._people.get(person_id, {})

    def open(self, person_id: str) -> Histories:
        """Return the histories of a person to be changed."""
        return self._people.setdefault(person_id, {})

    def put(self, person_id: str, metric: str, day: int, content: Day | None) -> None:
        """Set or (with None) remove a day."""
        self.open(person_id).setdefault(metric, MetricHistory()).put(day, content)

    def forget(self, person_ids: Iterable[str]) -> None:
        """Drop everything about people."""
        for person_id in person_ids:
            self._people.pop(person_id, None)
            self._set_aside.pop(person_id, None)
            self.taken_over.pop(person_id, None)

    def days(self, person_id: str) -> MetricDays:
        """Return a copy of the days of a person by metric."""
        return {metric: dict(history.days) for metric, history in self.of(person_id).items()}

    def set_aside(self, person_id: str) -> dict[str, list[Any]]:
        """Return what of a person cannot be read, as it was stored."""
        return dict(self._set_aside.get(person_id, {}))


def archive_document(
    days: MetricDays, set_aside: Mapping[str, list[Any]], seq: int, taken_over: str | None
) -> StoredDocument:
    """Return the document of a person's file; takes milliseconds, so not in the event loop."""
    return {
        **({TAKEN_OVER: taken_over} if taken_over else {}),
        "metrics": {metric: history_document(each) for metric, each in days.items() if each},
        "set_aside": set_aside,
        STAMP: Stamp(seq, _total(days))._asdict(),
    }


def _total(days: MetricDays) -> int:
    """Return how many days there are, plus the time of the latest reading of each metric."""
    return sum(len(each) + each[max(each)].at for each in days.values() if each)


def _members(part: object) -> dict[str, Any]:
    """Return a part of a document; one that has no members is itself what cannot be read."""
    if part is None:
        return {}
    return part if isinstance(part, dict) else {UNREADABLE: part}
