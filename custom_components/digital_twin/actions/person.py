"""The actions about a person."""

from datetime import tzinfo
from functools import partial

from homeassistant.util import dt as dt_util

from ..engine.documents import Document
from ..twin.collecting import Form
from ..twin.errors import refuse
from ..twin.fields import Context
from ..twin.goal import Goal
from ..twin.metrics import CATALOGUE
from ..twin.moments import past_moment
from ..twin.naming import short_text
from ..twin.person import PERSON
from ..twin.progress import progress_of
from ..twin.readings import Reading, parse_readings, readings_document
from .request import Request

NAMED_BY = "person"


async def async_update_health_metrics(request: Request) -> Document:
    """Take readings; answer with those that count now and the goals that they moved."""
    person = request.finder.chosen(PERSON, request.data, NAMED_BY)
    request.access.require_write(person, NAMED_BY)
    zone = await dt_util.async_get_time_zone(person.timezone)
    readings = _readings(request, request.registry.context(), zone)
    after, goals = await request.registry.async_record_readings(person.person_id, readings)
    taken = {key: new for key, new in readings.items() if after.health_metrics.get(key) == new}
    return {
        "person_id": person.person_id,
        "readings": readings_document(taken),
        "superseded": [key for key in readings if key not in taken],
        "goals": [_moved(goal) for goal in goals],
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
    form = Form(request.data, context)
    form.only((NAMED_BY, "metrics", "measured_at", "source"))
    measured_at = form.optional("measured_at", partial(past_moment, zone=zone), None)
    source = form.optional("source", short_text, None)

    def parse(raw: object, _context: Context) -> dict[str, Reading]:
        readings = parse_readings(
            raw, now=context.now, measured_at=measured_at, source=source, zone=zone
        )
        if not readings:
            raise refuse("nothing_to_do", "", allowed=list(CATALOGUE))
        return readings

    readings: dict[str, Reading] = form.required("metrics", parse, {})
    form.settle()
    return readings


def _moved(goal: Goal) -> Document:
    return {
        "goal_id": goal.goal_id,
        "goal_code": goal.goal_code,
        "name": goal.name,
        "progress": progress_of(goal),
    }
