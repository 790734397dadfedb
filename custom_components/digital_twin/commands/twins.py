"""Commands for twins of any kind, for people with their readings, and for homes."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Final, NamedTuple, cast

from homeassistant.helpers import device_registry as dr

from ..engine.core.readings import AcceptedReadings
from ..engine.core.registry import KINDS
from ..engine.documents import Document, household, twin_document
from ..engine.health.file_import import ImportReport, Progress, async_import_file
from ..engine.health.sources import person_health, shown_total
from ..twin.errors import TwinError, refuse
from ..twin.goals.briefing import Briefing, brief
from ..twin.goals.goal import Goal
from ..twin.goals.references import Twin
from ..twin.home.home import HOME
from ..twin.metrics.history import KEPT_DAYS, MetricDay
from ..twin.metrics.import_shapes import ImportChoices
from ..twin.metrics.readings import Reading, parse_readings
from ..twin.metrics.recording import QuickAmount, QuickEntry
from ..twin.metrics.units import metric_of
from ..twin.people.person import PERSON, Person, find_quick_entry
from ..twin.records.fields import Context, Kind, ObjectReader, Record
from ..twin.records.parsers import day
from .access import Actor

PERSON_FIELD: Final = "person"
HOME_FIELD: Final = "home"
DEVICE_FIELD: Final = "device"

type ReadingsOf = Callable[[Person, Context], Mapping[str, Reading]]


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


async def async_record_readings(
    actor: Actor, data: Mapping[str, object], read: ReadingsOf
) -> AcceptedReadings:
    """Record readings of a person; `read` parses them in the time zone of that person."""
    person = actor.finder.chosen(PERSON, data, PERSON_FIELD)
    actor.access.require_write(person, PERSON_FIELD)
    readings = read(person, actor.registry.reading_context(person.person_id))
    return await actor.registry.async_record(person.person_id, readings.items(), cause=actor.cause)


class RecordedEntry(NamedTuple):
    """A quick entry that was recorded, and what its metrics are now, in shown units.

    `totals` has of a daily total that of the present day of the person, of a level its value.
    """

    entry: QuickEntry
    totals: Mapping[str, QuickAmount]


async def async_record_quick_entry(actor: Actor, person: Person, entry: object) -> RecordedEntry:
    """Record the amounts of a quick entry, named by its key or its name in any case, as of now.

    Raises `TwinError` at `entry`, or at its metrics in `quick_entries` for those that the
    household has removed since.
    """
    actor.access.require_write(person, PERSON_FIELD)
    chosen = find_quick_entry(person, entry)
    # No two calls record at the same time: the second would be taken for a correction.
    context = actor.registry.reading_context(person.person_id)
    try:
        readings = parse_readings(
            {metric: amount._asdict() for metric, amount in chosen.metrics.items()},
            now=context.now,
            catalogue=context.catalogue,
        )
    except TwinError as error:
        raise error.within(f"quick_entries.{chosen.key}.metrics") from None
    await actor.registry.async_record(person.person_id, readings.items(), cause=actor.cause)
    health = person_health(actor.registry, actor.registry.get(PERSON, person.person_id))
    totals = {metric: shown_total(actor.hass, health, metric) for metric in chosen.metrics}
    return RecordedEntry(chosen, {key: total for key, total in totals.items() if total})


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


def get_history(
    actor: Actor, data: Mapping[str, object]
) -> tuple[Person, str, str, list[MetricDay]]:
    """Return a person, the key and unit of a metric, and its value on each day."""
    person = actor.finder.chosen(PERSON, data, PERSON_FIELD)
    actor.access.require_read(person, PERSON_FIELD)
    health = person_health(actor.registry, person)
    reader = ObjectReader(data, actor.registry.context())
    reader.only((PERSON_FIELD, "metric", "start_date", "end_date"))
    key = reader.required("metric", lambda raw, _: metric_of(raw, health.catalogue).key, "")
    last = reader.optional("end_date", day, health.today)
    first = reader.optional("start_date", day, date.fromordinal(last.toordinal() - KEPT_DAYS + 1))
    reader.raise_faults()
    return person, key, health.catalogue[key].unit, health.history(key, first, last)


def get_briefing(actor: Actor, data: Mapping[str, object]) -> Briefing:
    """Return the briefing of the person that a field names, or of the household without one.

    It tells nothing of the health of people whom the caller may not read.
    """
    about = None
    if data.get(PERSON_FIELD) is not None:
        about = actor.finder.chosen(PERSON, data, PERSON_FIELD)
        actor.access.require_read(about, PERSON_FIELD)
    return brief(household(actor.runtime, about, actor.access.may_read))


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
