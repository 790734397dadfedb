"""The actions: each parses its data, calls one command, and serialises the result."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, replace
from functools import partial
from types import MappingProxyType
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..commands import people, twins
from ..commands.access import Actor
from ..commands.changes import AT_LIMITS, async_document_at, earlier_key, read_at
from ..commands.simulations import SUPPOSITIONS, async_simulate
from ..const import DOMAIN
from ..engine.documents import Document, accepted_document, deleted_document
from ..engine.earlier_documents import AT
from ..engine.health.file_import import Progress
from ..engine.health.sources import shown_unit
from ..engine.query import EXPRESSION, EXPRESSION_LIMITS
from ..twin.errors import Fault, TwinError, changed_faults, fault, refuse
from ..twin.goals.goal import GOAL
from ..twin.goals.progress import UPDATE
from ..twin.home.home import HOME
from ..twin.metrics.import_rows import IMPORTED
from ..twin.metrics.import_shapes import DATE_ORDERS, read_choices
from ..twin.metrics.person import PERSON, Person
from ..twin.metrics.readings import (
    READING_OR_NUMBER,
    READINGS,
    MetricSource,
    Reading,
    parse_readings,
)
from ..twin.records import contexts
from ..twin.records.fields import Context, ObjectReader
from ..twin.records.limits import Limits, limits_of, record_limits
from ..twin.records.naming import short_text
from ..twin.records.parsers import day, future_instant, past_instant, truth
from .changes import QUESTION, async_get_changes
from .errors import async_messages, problem_document
from .reports import BRIEFING, async_get_briefing

type Data = Mapping[str, object]
type Action = Callable[[Actor, Data], Awaitable[Document]]

TWIN_FIELD: Final = "twin"
METRIC_FIELD: Final = "metric"
ENTITY_FIELD: Final = "entity"
# Fired while a file is imported, with the numbers of readings so far.
EVENT_IMPORT_PROGRESS: Final = f"{DOMAIN}_import_progress"

# The times of a context as the action and as records name them.
CONTEXT_TIMES: Final = {"since": contexts.SINCE, "until": contexts.UNTIL}
NAME: Final = Limits(type="string")
NOTHING: Final = Limits(type="object")
SHORT_TEXT: Final = limits_of(short_text)
METRIC: Final = Limits(type="string", format="metric")
# Metrics with a field of their own, beside the object that takes all of them.
COMMON_METRICS: Final = (
    "weight",
    "body_fat",
    "systolic_blood_pressure",
    "diastolic_blood_pressure",
    "resting_heart_rate",
    "body_temperature",
    "blood_glucose",
    "sleep_duration",
    "steps",
    "hydration",
    "caffeine",
    "mood",
)


async def async_update_health_metrics(actor: Actor, data: Data) -> Document:
    """Record readings; return the accepted ones and the goals that they changed."""
    read = partial(_readings, actor.hass, data)
    return accepted_document(await people.async_record_readings(actor, data, read))


async def async_record_entity(actor: Actor, data: Data) -> Document:
    """Record the value that an entity shows; return what came of it."""
    person = actor.finder.chosen(PERSON, data, twins.PERSON_FIELD)
    reader = ObjectReader(data, actor.registry.context())
    reader.only((twins.PERSON_FIELD, METRIC_FIELD, ENTITY_FIELD, "attribute"))
    metric = reader.required(METRIC_FIELD, short_text, "")
    entity = reader.required(ENTITY_FIELD, short_text, "")
    attribute = reader.optional("attribute", short_text, None)
    reader.raise_faults()
    source = MetricSource(entity=entity, attribute=attribute)
    return accepted_document(await people.async_record_entity(actor, person, metric, source))


async def async_import_health_metrics(actor: Actor, data: Data) -> Document:
    """Import a file; return how much was read and refused, and the first problems."""
    person = actor.finder.chosen(PERSON, data, twins.PERSON_FIELD)
    reader = ObjectReader(data, actor.registry.context())
    reader.only((twins.PERSON_FIELD, "path", "source", "date_order", "units", "columns"))
    path = reader.required("path", short_text, "")
    source = reader.optional("source", short_text, IMPORTED)
    choices = read_choices(reader)
    reader.raise_faults()
    on_progress = partial(_fire_progress, actor.hass, person.person_id)
    report = await people.async_import_readings(
        actor,
        person.person_id,
        path,
        source=source,
        choices=choices,
        on_progress=on_progress,
    )
    return {
        "person_id": person.person_id,
        "read": report.read,
        "refused": report.refused,
        "days": report.days,
        "older_days": report.older_days,
        "shape": report.shape,
        "ignored": list(report.ignored),
        "problems": [problem_document(problem) for problem in report.problems],
    }


async def async_get_health_history(actor: Actor, data: Data) -> Document:
    """Return the value of each day of a metric."""
    return people.get_history(actor, data)


async def async_record_quick_entry(actor: Actor, data: Data) -> Document:
    """Record a quick entry of a person; return it, and what its metrics are now."""
    _only(actor, data, twins.PERSON_FIELD, "entry")
    person = actor.finder.chosen(PERSON, data, twins.PERSON_FIELD)
    entry, totals = await people.async_record_quick_entry(actor, person, data.get("entry"))
    return {
        "person_id": person.person_id,
        "entry": entry.key,
        "recorded": {metric: {**amount._asdict()} for metric, amount in entry.metrics.items()},
        "totals": {metric: {**amount._asdict()} for metric, amount in totals.items()},
    }


async def async_delete_goal(actor: Actor, data: Data) -> Document:
    """Delete a goal; return its id and the references to it that were removed."""
    reader = ObjectReader(data, actor.registry.context())
    reader.only((twins.GOAL_FIELD, "force"))
    force = reader.optional("force", truth, absent=False)
    reader.raise_faults()
    goal, references = await twins.async_delete_goal(actor, data, force=force)
    return deleted_document(GOAL.name, goal, references)


async def async_sync_goals(actor: Actor, data: Data) -> Document:
    """Read the goals folder; return the created and changed goals, and the faults."""
    _only(actor, data)
    report = await twins.async_sync_goals(actor)
    explained: Document = {}
    for name, faults in (("faults", report.faults), ("skipped", report.skipped)):
        messages = await async_messages(actor.hass, faults)
        explained[name] = [
            fault.document() | {"message": message}
            for fault, message in zip(faults, messages, strict=True)
        ]
    return report.document() | explained


async def async_set_context(actor: Actor, data: Data) -> Document:
    """Set the context of a person or a home; return it with its times."""
    reader = ObjectReader(data, actor.registry.context())
    reader.only((TWIN_FIELD, contexts.CONTEXT, *CONTEXT_TIMES))
    chosen = reader.required(contexts.CONTEXT, short_text, "")
    reader.raise_faults()
    times = {field: data[name] for name, field in CONTEXT_TIMES.items() if name in data}
    patch = {contexts.CONTEXT: chosen, contexts.UNTIL: None, **times}
    with changed_faults(lambda each: each.at(each.field.removeprefix("context_"))):
        return await twins.async_set_context(actor, data, TWIN_FIELD, patch)


async def async_set_maintenance(actor: Actor, data: Data) -> Document:
    """Begin the maintenance of a device, or end it without `until`; return both."""
    reader = ObjectReader(data, actor.registry.context())
    reader.only((twins.DEVICE_FIELD, "until"))
    device_id = reader.required(twins.DEVICE_FIELD, short_text, "")
    parse = partial(future_instant, zone=dt_util.get_default_time_zone())
    until = reader.optional("until", parse, None)
    reader.raise_faults()
    await twins.async_set_maintenance(actor, device_id, until)
    return {twins.DEVICE_FIELD: device_id, "until": until.isoformat() if until else None}


async def async_get_twin(actor: Actor, data: Data) -> Document:
    """Return the whole document of a twin, as it is or as it was."""
    reader = ObjectReader(data, actor.registry.context())
    reader.only((TWIN_FIELD, AT))
    if (at := read_at(reader)) is None:
        return twins.get_document(actor, data, TWIN_FIELD)
    name = reader.required(TWIN_FIELD, short_text, "")
    reader.raise_faults()
    key = earlier_key(actor, name, TWIN_FIELD)
    return await async_document_at(actor, key, at, TWIN_FIELD)


async def async_query(actor: Actor, data: Data) -> Document:
    """Return the value of a JMESPath expression over all twins that the caller may read."""
    reader = ObjectReader(data, actor.registry.context())
    return {"result": await twins.async_query_twins(actor, reader)}


async def async_answer_what_if(actor: Actor, data: Data) -> Document:
    """Return what would be different; nothing is written."""
    return await async_simulate(actor, ObjectReader(data, actor.registry.context()))


async def async_restore_twin(actor: Actor, data: Data) -> Document:
    """Restore a deleted twin; return its document."""
    _only(actor, data, TWIN_FIELD)
    return await twins.async_restore(actor, data, TWIN_FIELD)


def _named(field: str, limits: Limits = NOTHING, *required: str, **parts: Limits) -> Limits:
    """Return the limits of the data of an action that names a twin by a field."""
    return Limits(
        type="object",
        parts={field: NAME, **limits.parts, **parts},
        required=(field, *limits.required, *required),
    )


ACTIONS: Final[Mapping[str, tuple[Action, Limits]]] = MappingProxyType(
    {
        # The code of a new goal is made by itself.
        "create_goal": (twins.async_create_goal, replace(record_limits(GOAL), required=("name",))),
        "delete_goal": (async_delete_goal, _named(twins.GOAL_FIELD, force=limits_of(truth))),
        "get_briefing": (async_get_briefing, BRIEFING),
        "get_changes": (async_get_changes, QUESTION),
        "get_health_history": (
            async_get_health_history,
            _named(
                twins.PERSON_FIELD,
                NOTHING,
                METRIC_FIELD,
                metric=METRIC,
                start_date=limits_of(day),
                end_date=limits_of(day),
            ),
        ),
        "get_twin": (async_get_twin, _named(TWIN_FIELD, at=AT_LIMITS)),
        "import_health_metrics": (
            async_import_health_metrics,
            _named(
                twins.PERSON_FIELD,
                NOTHING,
                "path",
                path=SHORT_TEXT,
                source=SHORT_TEXT,
                date_order=Limits(type="string", options=DATE_ORDERS),
                units=Limits(type="object", others=SHORT_TEXT),
                columns=Limits(type="object", others=Limits(type="string", nullable=True)),
            ),
        ),
        "query": (async_query, _named(EXPRESSION, expression=EXPRESSION_LIMITS)),
        "record_entity_value": (
            async_record_entity,
            _named(
                twins.PERSON_FIELD,
                NOTHING,
                METRIC_FIELD,
                ENTITY_FIELD,
                metric=METRIC,
                entity=SHORT_TEXT,
                attribute=SHORT_TEXT,
            ),
        ),
        "record_quick_entry": (
            async_record_quick_entry,
            _named(twins.PERSON_FIELD, NOTHING, "entry", entry=SHORT_TEXT),
        ),
        "restore_twin": (async_restore_twin, _named(TWIN_FIELD)),
        "set_context": (async_set_context, _named(TWIN_FIELD, contexts.SET_CONTEXT)),
        "set_maintenance": (
            async_set_maintenance,
            _named(twins.DEVICE_FIELD, until=limits_of(future_instant)),
        ),
        "simulate": (async_answer_what_if, SUPPOSITIONS),
        "sync_goals": (async_sync_goals, NOTHING),
        "update_goal": (
            twins.async_update_goal,
            _named(twins.GOAL_FIELD, record_limits(GOAL, patch=True)),
        ),
        "update_goal_progress": (
            twins.async_update_goal_progress,
            _named(twins.GOAL_FIELD, UPDATE),
        ),
        "update_health_metrics": (
            async_update_health_metrics,
            _named(
                twins.PERSON_FIELD,
                Limits(type="object", parts=dict.fromkeys(COMMON_METRICS, READING_OR_NUMBER)),
                metrics=READINGS,
                measured_at=limits_of(past_instant),
                source=SHORT_TEXT,
            ),
        ),
        "update_home": (
            twins.async_update_home,
            _named(twins.HOME_FIELD, record_limits(HOME, patch=True)),
        ),
        "update_person": (
            people.async_update_person,
            _named(twins.PERSON_FIELD, record_limits(PERSON, patch=True)),
        ),
    }
)
# Actions that change nothing and always return a response.
QUERIES: Final = frozenset(
    {"get_briefing", "get_changes", "get_health_history", "get_twin", "query", "simulate"}
)


def _only(actor: Actor, data: Data, *fields: str) -> None:
    reader = ObjectReader(data, actor.registry.context())
    reader.only(fields)
    reader.raise_faults()


def _readings(
    hass: HomeAssistant, data: Data, person: Person, context: Context
) -> dict[str, Reading]:
    """Read the metrics; local times are those of the person, plain numbers as sensors show them."""
    zone = context.days_of(person.person_id).zone
    own = {key: data[key] for key in COMMON_METRICS if key in data}
    reader = ObjectReader(_with_own(data, own), context)
    reader.only((twins.PERSON_FIELD, "metrics", "measured_at", "source"))
    measured_at = reader.optional("measured_at", partial(past_instant, zone=zone), None)
    source = reader.optional("source", short_text, None)

    def parse(raw: object, _context: Context) -> dict[str, Reading]:
        readings = parse_readings(
            _in_shown_units(hass, person, raw, context),
            now=context.now,
            measured_at=measured_at,
            source=source,
            zone=zone,
            catalogue=context.catalogue,
        )
        if not readings:
            raise refuse("nothing_to_do", "", allowed=list(context.catalogue))
        return readings

    readings: dict[str, Reading] = reader.required("metrics", parse, {})
    with changed_faults(lambda found: _of_own_field(found, own)):
        reader.raise_faults()
    return readings


def _with_own(data: Data, own: Data) -> Data:
    """Put the metrics with a field of their own among the others; twice must be the same."""
    if not own:
        return data
    rest = {name: value for name, value in data.items() if name not in own}
    metrics = data.get("metrics", {})
    if not isinstance(metrics, Mapping):
        return rest
    differing = [key for key in own if key in metrics and metrics[key] != own[key]]
    if differing:
        raise TwinError(
            *(fault("only_one_of", key, allowed=(key, f"metrics.{key}")) for key in differing)
        )
    return {**rest, "metrics": {**metrics, **own}}


def _of_own_field(found: Fault, own: Data) -> Fault:
    """Name the field in which a metric was given."""
    _, _, path = found.field.partition("metrics.")
    return found.at(path) if path.partition(".")[0] in own else found


def _in_shown_units(hass: HomeAssistant, person: Person, raw: object, context: Context) -> object:
    """Give numbers without a unit the one in which their sensor shows them."""
    if not isinstance(raw, Mapping):
        return raw
    complete: dict[object, object] = {}
    for key, item in raw.items():
        parts = item if isinstance(item, Mapping) else {"value": item}
        metric = context.catalogue.get(key) if isinstance(key, str) else None
        is_number = isinstance(parts.get("value"), (int, float)) and parts.get("unit") is None
        unit = shown_unit(hass, person, metric) if metric and is_number else None
        complete[key] = {**parts, "unit": unit} if metric and unit != metric.unit and unit else item
    return complete


@callback
def _fire_progress(hass: HomeAssistant, person_id: str, progress: Progress) -> None:
    hass.bus.async_fire(EVENT_IMPORT_PROGRESS, {"person_id": person_id, **asdict(progress)})
