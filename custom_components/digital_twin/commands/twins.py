"""Commands for twins of any kind, for goals with their folder, and for homes."""

from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final, cast

from homeassistant.helpers import device_registry as dr

from ..engine.core.registry import KINDS
from ..engine.core.timers import TimeSlices
from ..engine.documents import Document
from ..engine.folder import CONF_GOALS_FOLDER, SyncReport
from ..engine.lineage import add_lineage
from ..engine.query import EXPRESSION, async_query
from ..twin.enums import Audience
from ..twin.errors import refuse
from ..twin.goals.goal import GOAL, Goal, new_goal
from ..twin.goals.key_results import render_key_results
from ..twin.goals.references import Reference, Twin, references_to
from ..twin.goals.todo_list import KeyResults
from ..twin.home.home import HOME
from ..twin.metrics.consent import tells_anything
from ..twin.metrics.person import Person
from ..twin.records.contexts import CONTEXT, SINCE, UNTIL
from ..twin.records.fields import Kind, ObjectReader, Record
from ..twin.values import PlainJson
from .access import Access, Actor, readable_parts, readable_twin
from .finder import kind_named, selection, twin_order

PERSON_FIELD: Final = "person"
HOME_FIELD: Final = "home"
DEVICE_FIELD: Final = "device"
NO_FILTERS: Final[Mapping[str, str]] = MappingProxyType({})


async def async_create[R: Record](
    actor: Actor, kind: Kind[R], values: Mapping[str, object], twin_id: str | None = None
) -> R:
    """Create a twin; the id is a new UUID unless one is given."""
    actor.access.require_create(kind.name, values)
    return await actor.registry.async_create(kind, values, twin_id=twin_id, cause=actor.cause)


async def async_update[R: Record](
    actor: Actor,
    kind: Kind[R],
    twin_id: str,
    patch: Mapping[str, object],
    field: str,
    *,
    by_name: bool = False,
    revision: int | None = None,
) -> R:
    """Apply a merge patch to a twin; `field` is the one that a missing permission names.

    With `by_name` the patch has the names of twins and entities that people use. With `revision`
    only to that revision of the twin; `stale` when it is not the present one.
    """
    twin = actor.registry.get(kind, twin_id)
    actor.access.require_write(cast("Twin", twin), field)
    # Not before the permission: a refusal does not tell which names exist.
    values = actor.finder.values(patch) if by_name else patch
    actor.access.require_values(values)
    return await actor.registry.async_update(
        kind, twin_id, values, revision=revision, cause=actor.cause
    )


async def async_delete[R: Record](
    actor: Actor,
    kind: Kind[R],
    twin: R,
    field: str,
    *,
    force: bool = False,
    revision: int | None = None,
) -> tuple[Reference, ...]:
    """Delete a twin; return the references to it that were removed.

    Without `force` a twin to which others refer is refused (`in_use`), with `revision` another
    revision of it (`stale`). `field` is the one that a missing permission names.
    """
    actor.access.require_delete(cast("Twin", twin), field)
    twin_id = kind.id_of(twin)
    if force:
        # A forced delete also writes the twins that refer to this one.
        for reference in references_to(actor.registry.world, twin_id):
            referrer = actor.registry.records(reference.kind)[reference.twin_id]
            actor.access.require_write(cast("Twin", referrer), "force")
    actor.registry.get(kind, twin_id, revision)
    return await actor.registry.async_delete(kind, twin_id, force=force, cause=actor.cause)


def list_documents(
    actor: Actor,
    kind: str,
    filters: Mapping[str, str] = NO_FILTERS,
    fields: Sequence[str] | None = None,
) -> list[Document]:
    """Return the documents of the twins of a kind that the actor may read, goals by their code.

    `filters` are texts by the name of a scalar; see `selection`. With `fields` a document has only
    these parts and its id. Raises `TwinError` with an `unknown_field` for each unknown name.
    """
    return [*_documents(actor, kind, filters, fields)]


async def async_documents(
    actor: Actor,
    kind: str,
    filters: Mapping[str, str] = NO_FILTERS,
    fields: Sequence[str] | None = None,
) -> AsyncGenerator[Document]:
    """Yield what `list_documents` returns, and make way for other work in between.

    A twin that is deleted meanwhile is left out. A reader who keeps no document leaves nothing
    behind for the collector of Python, which would hold the event loop for half a second.
    """
    slices = TimeSlices(actor.hass.loop)
    for document in _documents(actor, kind, filters, fields):
        yield document
        await slices.pause()


def _documents(
    actor: Actor, kind: str, filters: Mapping[str, str], fields: Sequence[str] | None
) -> Iterator[Document]:
    """Make one document after the other; each is as its twin is at that moment."""
    kind_named(kind)
    selects, wanted = selection(kind, filters, fields)
    twins = cast("Mapping[str, Twin]", actor.registry.records(kind))
    for twin_id in sorted(twins, key=lambda twin_id: twin_order(twins[twin_id])):
        if (readable := readable_twin(actor, kind, twin_id)) is None:
            continue
        document = readable.document(actor.runtime)
        if selects(document):
            yield {name: part for name, part in document.items() if name in wanted}


def document_of_kind(actor: Actor, kind: str, name: str, field: str = "id") -> Document:
    """Return the whole document of a twin of a kind, named by its id or the code of a goal."""
    return _document(actor, kind, twin_of_kind(actor, kind, name, field))


def twin_of_kind(
    actor: Actor,
    kind: str,
    name: str,
    field: str = "id",
    require: Callable[[Access, Twin, str], None] = Access.require_read,
) -> Twin:
    """Return a twin of a kind, named by its id or the code of a goal, for what is to be done."""
    twin = cast("Twin", actor.finder.identified(kind_named(kind), name, field))
    require(actor.access, twin, field)
    return twin


async def async_world_documents(actor: Actor) -> dict[str, list[Document]]:
    """Return the documents of all twins that the actor may read: `{persons, homes, goals}`."""
    return {
        f"{kind}s": [document async for document in async_documents(actor, kind)] for kind in KINDS
    }


async def async_query_twins(actor: Actor, reader: ObjectReader) -> PlainJson:
    """Return the value of the JMESPath `expression` over all that the actor may read."""
    reader.only((EXPRESSION,))
    expression = reader.required(EXPRESSION, lambda raw, _context: raw, None)
    reader.raise_faults()
    return await async_query(actor.hass, await async_world_documents(actor), expression)


async def async_create_document(actor: Actor, kind: str, values: Mapping[str, object]) -> Document:
    """Create a twin and return its document; a goal is active from today unless said otherwise."""
    found = kind_named(kind)
    # Not after the names are looked up: a refusal does not tell which exist.
    actor.access.require_new(kind)
    defaults: Mapping[str, object] = {}
    if found is GOAL:
        codes = (goal.goal_code for goal in actor.registry.goals.values())
        defaults = new_goal(codes, values, actor.registry.context().today)
    twin = await async_create(actor, found, {**defaults, **actor.finder.values(values)})
    return _document(actor, kind, twin)


async def async_patch_document(
    actor: Actor,
    kind: str,
    name: str,
    patch: Mapping[str, object],
    *,
    revision: int | None = None,
    field: str = "id",
) -> Document:
    """Apply a merge patch to a twin; return its document. See `async_update`.

    A patch that changes nothing raises neither the revision nor `last_updated`.
    """
    found = kind_named(kind)
    twin_id = found.id_of(actor.finder.identified(found, name, field))
    changed = await async_update(
        actor, found, twin_id, patch, field, by_name=True, revision=revision
    )
    return _document(actor, kind, changed)


async def async_delete_document(
    actor: Actor,
    kind: str,
    name: str,
    *,
    force: bool = False,
    revision: int | None = None,
    field: str = "id",
) -> tuple[Reference, ...]:
    """Delete a twin; see `async_delete`."""
    found = kind_named(kind)
    twin = actor.finder.identified(found, name, field)
    return await async_delete(actor, found, twin, field, force=force, revision=revision)


async def async_update_chosen[R: Record](
    actor: Actor, kind: Kind[R], data: Mapping[str, object], field: str
) -> Document:
    """Change fields of the twin that a field names; return its document."""
    twin_id = kind.id_of(actor.finder.chosen(kind, data, field))
    patch = {name: value for name, value in data.items() if name != field}
    changed = await async_update(actor, kind, twin_id, patch, field, by_name=True)
    return _document(actor, kind.name, cast("Twin", changed))


def get_document(actor: Actor, data: Mapping[str, object], field: str) -> Document:
    """Return the whole document of the twin that a field names."""
    kind, twin = actor.finder.chosen_of_any_kind(data, field)
    actor.access.require_read(twin, field)
    return _document(actor, kind, twin)


async def async_restore(actor: Actor, data: Mapping[str, object], field: str) -> Document:
    """Restore the deleted twin that a field names; return its document."""
    kind, twin_id = actor.finder.chosen_deleted(data, field)
    await async_restore_twin(actor, kind, twin_id, field)
    return _document(actor, kind, cast("Twin", actor.registry.records(kind)[twin_id]))


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


async def async_update_home(actor: Actor, data: Mapping[str, object]) -> Document:
    """Change fields of a home; return the document."""
    return await async_update_chosen(actor, HOME, data, HOME_FIELD)


async def async_set_context(
    actor: Actor, data: Mapping[str, object], field: str, patch: Mapping[str, object]
) -> Document:
    """Set the context of the person or home that a field names; return it with its times.

    Raises `TwinError` at the field for a goal (`no_context`), and those of its fields.
    """
    kind, twin = actor.finder.chosen_of_any_kind(data, field)
    if kind == GOAL.name:
        raise refuse("no_context", field)
    of_kind = KINDS[kind]
    changed = await async_update(actor, of_kind, of_kind.id_of(twin), patch, field)
    document = actor.registry.document(of_kind, changed)
    return {name: document[name] for name in (of_kind.id_field, CONTEXT, SINCE, UNTIL)}


async def async_dismiss_alert(actor: Actor, home_id: str, cause: str) -> None:
    """End an alert whose sensor is silent; `cause` is the key of its cause."""
    actor.access.require_everything(HOME_FIELD)
    await actor.runtime.observer.async_dismiss(home_id, cause)


async def async_set_maintenance(actor: Actor, device_id: str, until: datetime | None) -> None:
    """Exclude a device from status and faults until a moment; None ends that.

    Raises `TwinError` at `device`: `not_found`, `not_in_a_home`.
    """
    actor.access.require_everything(DEVICE_FIELD)
    if dr.async_get(actor.hass).async_get(device_id) is None:
        raise refuse("not_found", DEVICE_FIELD, value=device_id)
    observer = actor.runtime.observer
    if until and not any(view.device(device_id) for view in observer.views.values()):
        raise refuse("not_in_a_home", DEVICE_FIELD, value=device_id)
    await observer.async_set_maintenance(device_id, until)


def _document(actor: Actor, kind: str, twin: Twin) -> Document:
    """Return the document of a twin without the private values of somebody else.

    It says what the twin rests on, and what rests on it.
    """
    readable = readable_parts(actor, kind, twin)
    document = readable.document(actor.runtime)
    audiences = {*readable.audiences}
    if kind == HOME.name and not actor.access.everything:
        audiences.add(Audience.HOUSEHOLD)

    def is_told(person: Person, metric: str) -> bool:
        """Tell where metrics come from: of goals of others not, in homes as the household knows."""
        if kind != HOME.name and Audience.HOUSEHOLD in audiences:
            return False
        return tells_anything(person, metric, audiences)

    add_lineage(actor.hass, actor.runtime, kind, readable.twin_id, document, is_told=is_told)
    return document


GOAL_FIELD: Final = "goal"
PROGRESS_METRICS: Final = "progress_metrics"


async def async_create_goal(actor: Actor, data: Mapping[str, object]) -> Document:
    """Create a goal, active from today unless said otherwise; return its document."""
    return await async_create_document(actor, GOAL.name, data)


async def async_update_goal(actor: Actor, data: Mapping[str, object]) -> Document:
    """Change fields of a goal; return its document."""
    return await async_update_chosen(actor, GOAL, data, GOAL_FIELD)


async def async_update_goal_progress(actor: Actor, data: Mapping[str, object]) -> Document:
    """Update one key result of a goal; return the document of the goal."""
    goal = actor.finder.chosen(GOAL, data, GOAL_FIELD)
    update = {name: value for name, value in data.items() if name != GOAL_FIELD}
    changed = await async_update_progress(actor, goal.goal_id, update, GOAL_FIELD)
    return _document(actor, GOAL.name, changed)


async def async_update_progress(
    actor: Actor, goal_id: str, update: Mapping[str, object], field: str
) -> Goal:
    """Update one key result; an item from a file of the goals folder is ticked there first."""
    actor.access.require_write(actor.registry.get(GOAL, goal_id), field)
    return await actor.runtime.goals_folder.async_update_progress(
        goal_id, update, cause=actor.cause
    )


async def async_edit_checklists(
    actor: Actor, goal_id: str, edit: Callable[[KeyResults], KeyResults]
) -> None:
    """Replace the key results of a goal by the result of `edit`."""
    goal = actor.registry.get(GOAL, goal_id)
    actor.access.require_write(goal, PROGRESS_METRICS)
    patch = {PROGRESS_METRICS: render_key_results(edit(goal.progress_metrics))}
    await actor.registry.async_update(GOAL, goal_id, patch, cause=actor.cause)


async def async_delete_goal(
    actor: Actor, data: Mapping[str, object], *, force: bool
) -> tuple[Goal, tuple[Reference, ...]]:
    """Delete a goal; return it and the references to it that were removed."""
    goal = actor.finder.chosen(GOAL, data, GOAL_FIELD)
    return goal, await async_delete(actor, GOAL, goal, GOAL_FIELD, force=force)


async def async_sync_goals(actor: Actor) -> SyncReport:
    """Read the goals folder now. For administrators: it may change anybody's goals."""
    actor.access.require_everything(CONF_GOALS_FOLDER)
    return await actor.runtime.goals_folder.async_sync()
