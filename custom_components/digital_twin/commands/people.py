"""Commands for people and their readings."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from ..engine.core.readings import AcceptedReadings
from ..engine.documents import Document
from ..engine.health.file_import import ImportReport, Progress, async_import_file
from ..engine.health.sources import person_health
from ..twin.metrics.history import KEPT_DAYS, MetricDay
from ..twin.metrics.import_shapes import ImportChoices
from ..twin.metrics.readings import Reading
from ..twin.metrics.units import metric_of
from ..twin.people.person import PERSON, Person
from ..twin.records.fields import Context, ObjectReader
from ..twin.records.parsers import day
from .access import Actor
from .twins import async_update_chosen

PERSON_FIELD: Final = "person"

type ReadingsOf = Callable[[Person, Context], Mapping[str, Reading]]


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


async def async_update_person(actor: Actor, data: Mapping[str, object]) -> Document:
    """Change fields of a person; return the document."""
    return await async_update_chosen(actor, PERSON, data, PERSON_FIELD)
