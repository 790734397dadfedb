"""The twins of one kind on disk: one versioned, atomic, private file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
import logging
from typing import Any, override

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store
from homeassistant.util.file import WriteError
from homeassistant.util.json import SerializationError

from ...const import DOMAIN
from ...twin.errors import TwinError, refuse
from ...twin.household.references import Reference
from ...twin.records.fields import Context, Kind, Record
from ...twin.records.revisions import decode, encode
from .commit import GroupCommit, StoppedError, StoreFailedError

_LOGGER = logging.getLogger(__name__)

MAJOR_VERSION = 1
MINOR_VERSION = 1
KEPT_AFTER_DELETE = timedelta(days=30)
PARTS = ("records", "set_aside", "deleted")

type Document = dict[str, Any]


class DamagedFileError(Exception):
    """A file is JSON, but not what Home Assistant stores; it stays as it is."""

    def __init__(self, key: str) -> None:
        """Keep the storage key of the file."""
        super().__init__(f"{key} is damaged")
        self.storage_key = key


class CheckedFile(Store[Document]):
    """Home Assistant's store, but one that says when it could not write.

    `async_save` only logs most failures, does nothing once the file is read-only, and puts the
    write off while Home Assistant stops: a writer would be told that its change is safe. What
    went wrong is in `error`.
    """

    error: Exception | None = None

    @override
    async def async_load(self) -> Document | None:
        """Read the file; raises `DamagedFileError` when it has not the frame of a stored file."""
        try:
            return await super().async_load()
        except (AttributeError, KeyError, TypeError) as error:
            raise DamagedFileError(self.key) from error

    @override
    async def async_save(self, data: Document) -> None:
        """Write the data, and come back when it is on disk."""
        await super().async_save(data)
        await self._async_handle_write_data()  # type: ignore[no-untyped-call]  # it has no types
        if self._read_only:
            self.error = StoppedError(f"{self.key} is closed")

    @property
    def failure(self) -> StoreFailedError:
        """What to tell those who wait for what could not be written."""
        if isinstance(self.error, StoreFailedError):
            return self.error
        return StoreFailedError(f"{self.key} could not be written")

    @override
    async def _async_write_data(self, data: Document) -> None:
        self.error = None
        try:
            await super()._async_write_data(data)
        except (WriteError, SerializationError, OSError, TypeError, ValueError) as error:
            # What the encoder says of a value quotes it; what the disk says is needed.
            reason = error if isinstance(error, (WriteError, OSError)) else type(error).__name__
            _LOGGER.error("%s could not be written: %s", self.key, reason)  # noqa: TRY400
            self.error = error


@dataclass(frozen=True, kw_only=True, slots=True)
class Deleted:
    """A twin that was deleted, kept for a while with what referred to it."""

    document: Document
    deleted_at: datetime
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Damaged:
    """A stored record that cannot be read, kept as it is."""

    label: str
    reason: str
    raw: object


@dataclass(frozen=True, slots=True)
class _State[R: Record]:
    """What one file holds. Copying it costs one shallow copy of each part."""

    records: dict[str, R]
    documents: dict[str, Document]
    deleted: dict[str, Deleted]

    def copy(self) -> _State[R]:
        return _State(dict(self.records), dict(self.documents), dict(self.deleted))


class TwinStore[R: Record]:
    """The records of one kind, in memory and on disk.

    Changes are made at once in memory and are safe when `async_commit` returns. When a save
    fails, memory goes back to what the disk has, and `on_undone` gets the records as they were.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        kind: Kind[R],
        on_undone: Callable[[Kind[R], Mapping[str, R]], None],
    ) -> None:
        """Keep the kind; nothing is read yet."""
        self.kind = kind
        self.damaged: tuple[Damaged, ...] = ()
        self.expired: tuple[str, ...] = ()
        self.saves = 0
        # What a newer version of the integration keeps in the file.
        self._others: Document = {}
        self._on_undone = on_undone
        self._file = CheckedFile(
            hass,
            MAJOR_VERSION,
            f"{DOMAIN}.{kind.name}s",
            private=True,
            atomic_writes=True,
            minor_version=MINOR_VERSION,
        )
        self._state: _State[R] = _State({}, {}, {})
        self._durable = self._state.copy()
        self._group = GroupCommit(hass, self._async_save)

    @property
    def records(self) -> Mapping[str, R]:
        """The live records by id."""
        return self._state.records

    @property
    def deleted(self) -> Mapping[str, Deleted]:
        """The deleted twins that can still be brought back, by id."""
        return self._state.deleted

    async def async_load(self, context: Context) -> None:
        """Read the file; damaged records are set aside, deleted ones that are too old forgotten.

        Raises `UnsupportedStorageVersionError` for a file of a newer major version, and
        `DamagedFileError` for one that is not what Home Assistant stores.
        """
        stored: object = await self._file.async_load()
        # What somebody made of a whole file is set aside as if it were a record.
        data = stored if isinstance(stored, dict) else {"records": stored}
        self._others = {name: part for name, part in data.items() if name not in PARTS}
        damaged: list[Damaged] = []
        for raw in [*_items(data, "records"), *_items(data, "set_aside")]:
            try:
                record = self._read(raw, context)
            except TwinError as error:
                damaged.append(Damaged(label=_label(raw), reason=str(error), raw=raw))
                continue
            twin_id = self.kind.id_of(record)
            self._state.records[twin_id] = record
            self._state.documents[twin_id] = {**raw, **encode(self.kind, record)}
        self.damaged = tuple(damaged)
        for raw in _items(data, "deleted"):
            if (item := _read_deleted(raw)) is not None:
                self._state.deleted[str(item.document.get(self.kind.id_field))] = item
        self.expired = self.expire(context.now)
        self._durable = self._state.copy()

    def _read(self, raw: object, context: Context) -> R:
        if not isinstance(raw, dict):
            raise refuse("wrong_type", self.kind.name, value=type(raw).__name__, expected="object")
        record = decode(self.kind, raw, context)
        if self.kind.id_of(record) in self._state.records:
            raise refuse("duplicate", self.kind.id_field, value=self.kind.id_of(record))
        return record

    def put(self, record: R) -> None:
        """Keep a new or changed record."""
        twin_id = self.kind.id_of(record)
        before = self._state.documents.get(twin_id, {})
        self._state.records[twin_id] = record
        # What a newer version of the integration stored beside the known fields stays.
        self._state.documents[twin_id] = {**before, **encode(self.kind, record)}

    def delete(self, twin_id: str, now: datetime, references: tuple[Reference, ...]) -> None:
        """Move a record to the deleted ones."""
        del self._state.records[twin_id]
        document = self._state.documents.pop(twin_id)
        self._state.deleted[twin_id] = Deleted(
            document=document, deleted_at=now, references=references
        )

    def expire(self, now: datetime) -> tuple[str, ...]:
        """Forget the deleted records whose time is over; return the ids that nobody has now."""
        last = now - KEPT_AFTER_DELETE
        over = [key for key, item in self._state.deleted.items() if item.deleted_at <= last]
        for key in over:
            del self._state.deleted[key]
        return tuple(key for key in over if key not in self._state.records)

    def dismiss_offer(self, twin_id: str) -> None:
        """Forget what referred to a deleted record."""
        self._state.deleted[twin_id] = replace(self._state.deleted[twin_id], references=())

    def restore(self, record: R) -> None:
        """Move a record from the deleted ones back among the others."""
        item = self._state.deleted.pop(self.kind.id_of(record))
        self._state.documents[self.kind.id_of(record)] = item.document
        self.put(record)

    async def async_commit(self) -> None:
        """Wait until all changes so far are on disk.

        Raises `StoreFailedError` when they could not be written; they are undone then.
        """
        await self._group.async_commit()

    async def async_settle(self) -> None:
        """Wait until no save is under way."""
        await self._group.async_settle()

    async def async_close(self) -> None:
        """Wait until no save is under way; later changes fail with `StoppedError`."""
        await self.async_settle()
        self._file.make_read_only()

    async def async_remove(self) -> None:
        """Delete the file."""
        await self.async_settle()
        await self._file.async_remove()

    async def _async_save(self) -> None:
        snapshot = self._state.copy()
        self.saves += 1
        await self._file.async_save(
            {
                **self._others,
                "records": list(snapshot.documents.values()),
                "set_aside": [item.raw for item in self.damaged],
                "deleted": [_deleted_document(item) for item in snapshot.deleted.values()],
            }
        )
        if self._file.error is None:
            self._durable = snapshot
            return
        undone = self._state.records
        self._state = self._durable.copy()
        self._on_undone(self.kind, undone)
        raise self._file.failure from self._file.error


def _items(data: Mapping[str, Any], part: str) -> list[Any]:
    items = data.get(part)
    if items is None:
        return []
    return items if isinstance(items, list) else [items]


def _label(raw: object) -> str:
    """Name a record that cannot be read by the first of its names that can."""
    if isinstance(raw, dict):
        for field in ("name", "goal_code", "goal_id", "person_id", "home_id"):
            if isinstance(raw.get(field), str) and raw[field].strip():
                return str(raw[field]).strip()[:100]
    return "?"


def _deleted_document(item: Deleted) -> Document:
    return {
        "record": item.document,
        "deleted_at": item.deleted_at.isoformat(),
        "references": [list(reference) for reference in item.references],
    }


def _read_deleted(raw: object) -> Deleted | None:
    """Read a deleted twin; one that cannot be read has nobody who waits for it."""
    match raw:
        case {"record": dict(record), "deleted_at": str(deleted_at), "references": [*references]}:
            try:
                return Deleted(
                    document=record,
                    deleted_at=datetime.fromisoformat(deleted_at).astimezone(UTC),
                    references=tuple(Reference(*map(str, item)) for item in references),
                )
            except ValueError, TypeError:
                _LOGGER.warning("A deleted twin in the store cannot be read and is forgotten")
    return None
