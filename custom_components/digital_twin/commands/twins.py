"""Commands for twins of any kind."""

from collections.abc import Mapping
from typing import cast

from ..engine.core.registry import KINDS
from ..engine.documents import Document, twin_document
from ..twin.goals.goal import Goal
from ..twin.goals.references import Twin
from ..twin.records.fields import Kind, Record
from .access import Actor


async def async_create[R: Record](
    actor: Actor, kind: Kind[R], values: Mapping[str, object], twin_id: str | None = None
) -> R:
    """Create a twin; the id is a new UUID unless one is given."""
    actor.access.require_create(kind.name, values)
    return await actor.registry.async_create(kind, values, twin_id=twin_id, cause=actor.cause)


async def async_update[R: Record](
    actor: Actor, kind: Kind[R], twin_id: str, patch: Mapping[str, object], field: str
) -> R:
    """Apply a merge patch to a twin; `field` is the one that a missing permission names."""
    twin = actor.registry.get(kind, twin_id)
    actor.access.require_write(cast("Twin", twin), field)
    actor.access.require_values(patch)
    return await actor.registry.async_update(kind, twin_id, patch, cause=actor.cause)


async def async_update_chosen[R: Record](
    actor: Actor, kind: Kind[R], data: Mapping[str, object], field: str
) -> Document:
    """Change fields of the twin that a field names; return its document."""
    twin_id = kind.id_of(actor.finder.chosen(kind, data, field))
    await async_update(actor, kind, twin_id, actor.finder.values(data, field), field)
    return twin_document(actor.runtime, kind.name, twin_id)


def get_document(actor: Actor, data: Mapping[str, object], field: str) -> Document:
    """Return the whole document of the twin that a field names."""
    kind, twin = actor.finder.chosen_of_any_kind(data, field)
    actor.access.require_read(twin, field)
    owner_id = twin.owner_person_id if isinstance(twin, Goal) else None
    owner = actor.registry.persons.get(owner_id or "")
    private = owner is None or actor.access.may_read(owner)
    return twin_document(actor.runtime, kind, KINDS[kind].id_of(twin), private=private)


async def async_restore(actor: Actor, data: Mapping[str, object], field: str) -> Document:
    """Restore the deleted twin that a field names; return its document."""
    kind, twin_id = actor.finder.chosen_deleted(data, field)
    await async_restore_twin(actor, kind, twin_id, field)
    return twin_document(actor.runtime, kind, twin_id)


async def async_restore_twin(actor: Actor, kind: str, twin_id: str, field: str) -> None:
    """Restore a deleted twin, and the references to it."""
    deletions = actor.registry.deletions
    if document := deletions.of(kind).get(twin_id):
        actor.access.require_create(kind, document)
        for referrer in deletions.referrers(kind, twin_id):
            # Their references are restored.
            actor.access.require_write(referrer, field)
    await actor.registry.async_restore(KINDS[kind], twin_id, cause=actor.cause)


async def async_dismiss_offer(actor: Actor, kind: str, twin_id: str) -> None:
    """Dismiss the offer to restore a deleted twin."""
    actor.access.require_everything(kind)
    await actor.registry.deletions.async_dismiss_offer(kind, twin_id, cause=actor.cause)
