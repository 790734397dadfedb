"""Commands for twins of any kind, for people with their readings, and for homes."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, tzinfo
from functools import partial
from types import MappingProxyType
from typing import Final, cast

from homeassistant.helpers import device_registry as dr

from ..engine.core.readings import AcceptedReadings
from ..engine.core.registry import KINDS
from ..engine.documents import Document, daily_history_document, twin_document
from ..engine.health.file_import import ImportReport, Progress, async_import_file
from ..engine.health.sources import person_health
from ..engine.query import async_query
from ..twin.catalogue import Metric
from ..twin.errors import refuse, without_values
from ..twin.goals.goal import GOAL, Goal, new_goal
from ..twin.goals.references import Reference, Twin, references_to
from ..twin.home.home import HOME
from ..twin.metrics.history import KEPT_DAYS, to_milliseconds
from ..twin.metrics.import_shapes import ImportChoices
from ..twin.metrics.readings import Reading, parse_reading
from ..twin.metrics.units import metric_of
from ..twin.people.person import PERSON, Person
from ..twin.records.fields import Context, FaultCollector, Kind, ObjectReader, Record
from ..twin.records.parsers import day
from ..twin.values import PlainJson
from .access import Actor, readable_parts
from .finder import kind_named, selection

PERSON_FIELD: Final = "person"
HOME_FIELD: Final = "home"
DEVICE_FIELD: Final = "device"
PERIOD: Final = ("metric", "start_date", "end_date")
MAX_READINGS: Final = 1000
NO_FILTERS: Final[Mapping[str, str]] = MappingProxyType({})

type ReadingsOf = Callable[[Person, Context], Mapping[str, Reading]]


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
    revision: int | None = None,
) -> R:
    """Apply a merge patch to a twin; `field` is the one that a missing permission names.

    With `revision` only to that revision of the twin; `stale` when it is not the present one.
    """
    twin = actor.registry.get(kind, twin_id)
    actor.access.require_write(cast("Twin", twin), field)
    actor.access.require_values(patch)
    return await actor.registry.async_update(
        kind, twin_id, patch, revision=revision, cause=actor.cause
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
    kind_named(kind)
    selects, wanted = selection(kind, filters, fields, actor.registry.context())
    twins = cast("Mapping[str, Twin]", actor.registry.records(kind)).values()
    readable = (twin for twin in sorted(twins, key=_order) if actor.access.may_read(twin))
    documents = (_document(actor, kind, twin) for twin in readable)
    return [
        {name: part for name, part in document.items() if name in wanted}
        for document in documents
        if selects(document)
    ]


def document_of_kind(actor: Actor, kind: str, name: str, field: str = "id") -> Document:
    """Return the whole document of a twin of a kind, named by its id or the code of a goal."""
    twin = cast("Twin", actor.finder.identified(kind_named(kind), name, field))
    actor.access.require_read(twin, field)
    return _document(actor, kind, twin)


def world_documents(actor: Actor) -> dict[str, list[Document]]:
    """Return the documents of all twins that the actor may read: `{persons, homes, goals}`."""
    return {f"{kind}s": list_documents(actor, kind) for kind in KINDS}


async def async_query_twins(actor: Actor, expression: object) -> PlainJson:
    """Return the value of a JMESPath expression over `world_documents`; see `async_query`."""
    return await async_query(actor.hass, world_documents(actor), expression)


async def async_create_document(actor: Actor, kind: str, values: Mapping[str, object]) -> Document:
    """Create a twin and return its document; a goal is active from today unless said otherwise."""
    found = kind_named(kind)
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
    values = actor.finder.values(patch)
    changed = await async_update(actor, found, twin_id, values, field, revision=revision)
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
    await async_update(actor, kind, twin_id, actor.finder.values(data, field), field)
    return twin_document(actor.runtime, kind.name, twin_id)


def get_document(actor: Actor, data: Mapping[str, object], field: str) -> Document:
    """Return the whole document of the twin that a field names."""
    kind, twin = actor.finder.chosen_of_any_kind(data, field)
    actor.access.require_read(twin, field)
    return _document(actor, kind, twin)


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


async def async_record_readings(
    actor: Actor, data: Mapping[str, object], read: ReadingsOf
) -> AcceptedReadings:
    """Record readings of a person; `read` parses them in the time zone of that person."""
    person = actor.finder.chosen(PERSON, data, PERSON_FIELD)
    actor.access.require_write(person, PERSON_FIELD)
    readings = read(person, actor.registry.reading_context(person.person_id))
    return await actor.registry.async_record(person.person_id, readings.items(), cause=actor.cause)


async def async_import_readings(
    actor: Actor,
    person_id: str,
    path: str,
    *,
    source: str,
    choices: ImportChoices,
    on_progress: Callable[[Progress], None],
    uploaded: bool = False,
) -> ImportReport:
    """Import the readings of a file. For administrators: the file may be anybody's.

    `choices` are what the file does not say. An uploaded file may lie
    anywhere. `on_progress` gets the numbers of readings so far.
    """
    actor.access.require_write(actor.registry.get(PERSON, person_id), PERSON_FIELD)
    actor.access.require_everything("path")
    return await async_import_file(
        actor.hass,
        actor.registry,
        person_id,
        path,
        source=source,
        choices=choices,
        uploaded=uploaded,
        tell=on_progress,
        cause=actor.cause,
    )


async def async_add_readings(
    actor: Actor, person: str, readings: Sequence[object], field: str = "id"
) -> AcceptedReadings:
    """Record up to 1,000 readings of a person, all or none.

    A reading is `{metric, value}` with what `parse_reading` takes; local times are those of the
    person. One with the same metric, `measured_at` (whole milliseconds) and source as an earlier
    one replaces it, so a batch that is sent twice changes nothing the second time. Raises
    `TwinError` with the faults of all readings, at `[3].value` and so on.
    """
    found = actor.finder.identified(PERSON, person, field)
    actor.access.require_write(found, field)
    if not readings:
        raise refuse("required_field", "")
    if len(readings) > MAX_READINGS:
        raise refuse("too_long", "", maximum=MAX_READINGS)
    context = actor.registry.context()
    zone = context.days_of(found.person_id).zone
    batch: dict[tuple[str, int, str], tuple[str, Reading]] = {}
    collector = FaultCollector()
    for index, raw in enumerate(readings):
        parse = partial(_reading, raw, actor, found.person_id, zone)
        if (parsed := collector.take(f"[{index}]", parse, None)) is not None:
            metric, reading = parsed
            # The last of several with one key is the one that counts.
            batch[metric, to_milliseconds(reading.measured_at), reading.source] = parsed
    collector.raise_faults()
    return await actor.registry.async_record(found.person_id, batch.values(), cause=actor.cause)


@without_values()
def _reading(raw: object, actor: Actor, person_id: str, zone: tzinfo) -> tuple[str, Reading]:
    reader = ObjectReader(raw, actor.registry.context())
    metric = reader.required("metric", partial(_metric, actor.registry.catalogue), "")
    reader.raise_faults()
    parts = {
        name: part for name, part in cast("Mapping[str, object]", raw).items() if name != "metric"
    }
    # Two amounts at the same time would count as one, so those without a time get different ones.
    timed = parts.get("measured_at") is not None
    context = actor.registry.context() if timed else actor.registry.reading_context(person_id)
    reading = parse_reading(metric, parts, now=context.now, zone=zone, catalogue=context.catalogue)
    return metric, reading


def get_history(actor: Actor, data: Mapping[str, object]) -> Document:
    """Return the value of a metric of a person on each day."""
    person = actor.finder.chosen(PERSON, data, PERSON_FIELD)
    actor.access.require_read(person, PERSON_FIELD)
    reader = ObjectReader(data, actor.registry.context())
    reader.only((PERSON_FIELD, *PERIOD))
    return _history(actor, person, reader, PERIOD)


def daily_history(
    actor: Actor,
    person: str,
    metric: object,
    first: object = None,
    last: object = None,
    *,
    names: tuple[str, str, str] = ("metric", "from", "to"),
) -> Document:
    """Return the value of a metric of a person on each day from `first` to `last` (inclusive).

    Days are ISO 8601 texts; without them it is all that is known. `names` are those of the three
    in faults.
    """
    found = actor.finder.identified(PERSON, person, "id")
    actor.access.require_read(found, "id")
    data = dict(zip(names, (metric, first, last), strict=True))
    return _history(actor, found, ObjectReader(data, actor.registry.context()), names)


def _history(
    actor: Actor, person: Person, reader: ObjectReader, names: tuple[str, str, str]
) -> Document:
    health = person_health(actor.registry, person)
    metric, first, last = names
    key = reader.required(metric, partial(_metric, health.catalogue), "")
    until = reader.optional(last, day, health.today)
    since = reader.optional(first, day, date.fromordinal(until.toordinal() - KEPT_DAYS + 1))
    reader.raise_faults()
    days = health.history(key, since, until)
    return daily_history_document(person.person_id, key, health.catalogue[key].unit, days)


def _metric(catalogue: Mapping[str, Metric], raw: object, _context: Context) -> str:
    return metric_of(raw, catalogue).key


async def async_update_person(actor: Actor, data: Mapping[str, object]) -> Document:
    """Change fields of a person; return the document."""
    return await async_update_chosen(actor, PERSON, data, PERSON_FIELD)


async def async_update_home(actor: Actor, data: Mapping[str, object]) -> Document:
    """Change fields of a home; return the document."""
    return await async_update_chosen(actor, HOME, data, HOME_FIELD)


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
    """Return the document of a twin without the private values of somebody else."""
    return readable_parts(actor, kind, twin).document(actor.runtime)


def _order(twin: Twin) -> str:
    return (twin.goal_code if isinstance(twin, Goal) else twin.name).casefold()
