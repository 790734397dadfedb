"""Deleting twins and bringing them back, with what refers to them.

Each kind has a file of its own, so a deletion that concerns several kinds takes several saves, and
a disk may fail, or the power, between any two. Their order makes up for it. The deleted record,
which also keeps what referred to it, is saved before the others lose their references, and comes
back only after they have them again: nothing is lost at any moment. References to a deleted twin
that are left over are accepted away at the next start.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
import logging
from typing import Any, NamedTuple

from ...twin.errors import TwinError, refuse
from ...twin.household.references import Reference, Twin, relinked, unlinked
from ...twin.records.fields import Context, Kind, Record
from ...twin.records.revisions import decode, touch
from .files import StoreFailedError
from .feed import ChangeFeed, Topic, slices_of_change
from .store import TwinStore

_LOGGER = logging.getLogger(__name__)


class DeletedTwin(NamedTuple):
    """A deleted twin, and the names of those who referred to it."""

    kind: str
    twin_id: str
    name: str
    users: tuple[str, ...]


class Deletions:
    """Moves records to the deleted ones and back, in the stores by kind."""

    def __init__(
        self,
        stores: Mapping[str, TwinStore[Any]],
        feed: ChangeFeed,
        context: Callable[..., Context],
    ) -> None:
        """Keep what is needed."""
        self._stores = stores
        self._feed = feed
        self._context = context

    @property
    def lost(self) -> Iterator[DeletedTwin]:
        """The deleted twins to which others referred, unless that was accepted."""
        for kind, store in self._stores.items():
            for twin_id, item in store.deleted.items():
                if users := {referrer.name for referrer in self.referrers(kind, twin_id)}:
                    name = str(item.document.get("name", twin_id))
                    yield DeletedTwin(kind, twin_id, name, tuple(sorted(users)))

    def referrers(self, kind: str, twin_id: str) -> list[Twin]:
        """Return the twins that lost a reference with a deleted one, and get it back with it."""
        references = self._stores[kind].deleted[twin_id].references
        return [self._stores[ref.kind].records[ref.twin_id] for ref in self._present(references)]

    async def async_finish(self) -> None:
        """Take away what deletions that were interrupted have left over."""
        for kind, store in self._stores.items():
            for twin_id in list(store.deleted):
                await self._async_unlink(kind, twin_id)

    async def async_delete[R: Record](
        self, kind: Kind[R], twin_id: str, references: tuple[Reference, ...]
    ) -> None:
        """Delete a twin to which there are the given references.

        Raises `StoreFailedError`; then nothing has changed.
        """
        store: TwinStore[R] = self._stores[kind.name]
        topics = slices_of_change(kind, store.records[twin_id], None)
        context = self._context()
        store.delete(twin_id, context.now, references)
        same = [ref for ref in references if ref.kind == kind.name]
        topics |= self._link(same, twin_id, unlinked, context)
        await store.async_commit()
        topics |= await self._async_unlink(kind.name, twin_id)
        self._feed.publish_derived(topics)

    async def async_restore[R: Record](
        self, kind: Kind[R], twin_id: str, check: Callable[[R], None]
    ) -> R:
        """Bring a deleted twin back; `check` raises `TwinError` when its place is accepted.

        Raises that, `not_found` and `StoreFailedError`; then nothing has changed.
        """
        store: TwinStore[R] = self._stores[kind.name]
        context = self._context(stored=True)

        def restorable() -> tuple[R, tuple[Reference, ...]]:
            if (item := store.deleted.get(twin_id)) is None:
                raise refuse("not_found", kind.id_field, value=twin_id)
            record = decode(kind, item.document, context)
            check(record)
            return record, tuple(self._present(item.references))

        _, references = restorable()
        others = [ref for ref in references if ref.kind != kind.name]
        try:
            topics = self._link(others, twin_id, relinked, context)
            await self._async_commit(others)
            record, references = restorable()
            store.restore(record)
            same = [ref for ref in references if ref.kind == kind.name]
            topics |= self._link(same, twin_id, relinked, context)
            topics |= slices_of_change(kind, None, record)
            await store.async_commit()
        except TwinError, StoreFailedError:
            await self._async_unlink(kind.name, twin_id)
            raise
        self._feed.publish_derived(topics)
        return record

    async def _async_unlink(self, kind: str, twin_id: str) -> set[Topic]:
        """Take the references to a deleted twin out of the files of the other kinds.

        What cannot be written is left for the next start: the twin is deleted all the same.
        """
        item = self._stores[kind].deleted.get(twin_id)
        references = self._present(item.references) if item else ()
        others = [ref for ref in references if ref.kind != kind]
        topics = self._link(others, twin_id, unlinked, self._context())
        if topics:
            try:
                await self._async_commit(others)
            except StoreFailedError:
                _LOGGER.warning("References to a deleted twin stay until the next start")
        return topics

    def _present(self, references: Iterable[Reference]) -> Iterator[Reference]:
        return (ref for ref in references if ref.twin_id in self._stores[ref.kind].records)

    def _link(
        self,
        references: Iterable[Reference],
        twin_id: str,
        link: Callable[[Twin, str, str], object],
        context: Context,
    ) -> set[Topic]:
        """Change the fields that refer to a twin; return the topics of what really changed."""
        topics: set[Topic] = set()
        for reference in references:
            store = self._stores[reference.kind]
            before = store.records[reference.twin_id]
            value = link(before, reference.field, twin_id)
            if value == getattr(before, reference.field):
                continue
            after = touch(before, context, **{reference.field: value})
            store.put(after)
            topics |= slices_of_change(store.kind, before, after)
        return topics

    async def _async_commit(self, references: Iterable[Reference]) -> None:
        """Save the kinds of the references; the first failure is raised after the last save."""
        stores = [self._stores[kind] for kind in dict.fromkeys(ref.kind for ref in references)]
        ended = await asyncio.gather(
            *(store.async_commit() for store in stores), return_exceptions=True
        )
        for error in ended:
            if error is not None:
                raise error
