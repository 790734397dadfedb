"""The actions about a person."""

from dataclasses import asdict
from datetime import date, tzinfo
from functools import partial
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_exception_message
from homeassistant.util import dt as dt_util

from ...const import DOMAIN
from ...engine.documents import Document
from ...engine.health.file_import import Progress, async_import_file
from ...engine.health.sources import person_health
from ...twin.errors import refuse
from ...twin.goals.goal import Goal
from ...twin.goals.progress import progress_of
from ...twin.metrics.history import KEPT_DAYS
from ...twin.metrics.import_rows import IMPORTED, ImportProblem
from ...twin.metrics.readings import Reading, parse_readings, readings_document
from ...twin.metrics.units import metric_of
from ...twin.people.person import PERSON
from ...twin.records.fields import Context
from ...twin.records.moments import past_moment
from ...twin.records.naming import short_text
from ...twin.records.object_reader import ObjectReader
from ...twin.records.parsers import day
from ..errors import message_key
from .request import Request

NAMED_BY: Final = "person"
# Fired now and then while a file is accepted over, for whoever wants to see how far it is.
EVENT_IMPORT_PROGRESS: Final = f"{DOMAIN}_import_progress"


async def async_update_health_metrics(request: Request) -> Document:
    """Take readings; answer with those that count now and the goals that they moved."""
    person = request.finder.chosen(PERSON, request.data, NAMED_BY)
    request.access.require_write(person, NAMED_BY)
    zone = await dt_util.async_get_time_zone(person.timezone)
    readings = _readings(request, request.registry.context(), zone)
    recorded = await request.registry.async_record(person.person_id, readings.items())
    return {
        "person_id": person.person_id,
        "readings": readings_document(recorded.accepted),
        "late": list(recorded.late),
        "unchanged": list(recorded.unchanged),
        "goals": [_moved(goal) for goal in recorded.goals],
    }


async def async_import_health_metrics(request: Request) -> Document:
    """Take the readings of a file; answer with what was accepted and what was refused, and why."""
    person = request.finder.chosen(PERSON, request.data, NAMED_BY)
    request.access.require_write(person, NAMED_BY)
    # The file may hold the readings of anybody.
    request.access.require_everything("path")
    form = ObjectReader(request.data, request.registry.context())
    form.only((NAMED_BY, "path", "source"))
    path = form.required("path", short_text, "")
    source = form.optional("source", short_text, IMPORTED)
    form.raise_faults()
    report = await async_import_file(
        request.hass,
        request.registry,
        person.person_id,
        path,
        source=source,
        tell=partial(_tell_progress, request.hass, person.person_id),
    )
    return {
        "person_id": person.person_id,
        "read": report.read,
        "refused": report.refused,
        "days": report.days,
        "older_days": report.older_days,
        "problems": [_problem(problem) for problem in report.problems],
    }


async def async_get_health_history(request: Request) -> Document:
    """Answer with what each day of a metric came to."""
    person = request.finder.chosen(PERSON, request.data, NAMED_BY)
    request.access.require_read(person, NAMED_BY)
    health = person_health(request.registry, person)
    form = ObjectReader(request.data, request.registry.context())
    form.only((NAMED_BY, "metric", "start_date", "end_date"))
    key = form.required("metric", lambda raw, _: metric_of(raw, health.catalogue).key, "")
    last = form.optional("end_date", day, health.today)
    first = form.optional("start_date", day, date.fromordinal(last.toordinal() - KEPT_DAYS + 1))
    form.raise_faults()
    return {
        "person_id": person.person_id,
        "metric": key,
        "unit": health.catalogue[key].unit,
        "days": [
            {
                "day": each.day.isoformat(),
                "value": each.value,
                "measured_at": each.measured_at.isoformat(),
                "source": each.source,
            }
            for each in health.history(key, first, last)
        ],
    }


async def async_update_person(request: Request) -> Document:
    """Change the fields of a person; answer with the document."""
    person = request.finder.chosen(PERSON, request.data, NAMED_BY)
    patch = request.finder.values(request.data, NAMED_BY)
    request.access.require_write(person, NAMED_BY)
    request.access.require_values(patch)
    await request.registry.async_update(PERSON, person.person_id, patch)
    return request.document(PERSON.name, person.person_id)


def _readings(request: Request, context: Context, zone: tzinfo | None) -> dict[str, Reading]:
    """Read the metrics; local times are those of the person."""
    form = ObjectReader(request.data, context)
    form.only((NAMED_BY, "metrics", "measured_at", "source"))
    measured_at = form.optional("measured_at", partial(past_moment, zone=zone), None)
    source = form.optional("source", short_text, None)

    def parse(raw: object, _context: Context) -> dict[str, Reading]:
        readings = parse_readings(
            raw,
            now=context.now,
            measured_at=measured_at,
            source=source,
            zone=zone,
            catalogue=context.catalogue,
        )
        if not readings:
            raise refuse("nothing_to_do", "", allowed=list(context.catalogue))
        return readings

    readings: dict[str, Reading] = form.required("metrics", parse, {})
    form.raise_faults()
    return readings


@callback
def _tell_progress(hass: HomeAssistant, person_id: str, progress: Progress) -> None:
    hass.bus.async_fire(EVENT_IMPORT_PROGRESS, {"person_id": person_id, **asdict(progress)})


def _problem(problem: ImportProblem) -> Document:
    fault = problem.fault
    return {
        "line": problem.line,
        "field": fault.field,
        "key": fault.key,
        "message": async_get_exception_message(DOMAIN, message_key(fault), fault.placeholders),
    }


def _moved(goal: Goal) -> Document:
    return {
        "goal_id": goal.goal_id,
        "goal_code": goal.goal_code,
        "name": goal.name,
        "progress": progress_of(goal),
    }
