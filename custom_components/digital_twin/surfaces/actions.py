"""The actions: each parses its data, calls one command, and serialises the result."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Final

from homeassistant.util import dt as dt_util

from ..commands import people, twins
from ..commands.access import Actor
from ..commands.earlier import AT_LIMITS, async_document_at, earlier_key, read_at
from ..commands.exports import async_export_twin
from ..commands.simulations import SUPPOSITIONS, async_simulate
from ..engine.documents import Document, deleted_document
from ..engine.earlier_documents import AT
from ..engine.query import EXPRESSION, EXPRESSION_LIMITS
from ..twin.errors import changed_faults
from ..twin.goals.goal import GOAL
from ..twin.goals.progress import UPDATE
from ..twin.home.home import HOME
from ..twin.metrics.consent import LEVELS
from ..twin.metrics.import_shapes import DATE_ORDERS
from ..twin.metrics.person import PERSON
from ..twin.metrics.readings import (
    READING_OR_NUMBER,
    READINGS,
)
from ..twin.records import contexts
from ..twin.records.fields import ObjectReader
from ..twin.records.limits import Limits, limits_of, list_limits, record_limits
from ..twin.records.naming import short_text
from ..twin.records.parsers import day, future_instant, past_instant, truth
from .changes import QUESTION, async_get_changes
from .correlations import ASKED, async_get_correlations
from .errors import async_messages
from .health_actions import (
    COMMON_METRICS,
    ENTITY_FIELD,
    MAX_METRICS,
    METRIC_FIELD,
    async_get_health_history,
    async_import_health_metrics,
    async_record_entity,
    async_record_quick_entry,
    async_set_consent,
    async_update_health_metrics,
)
from .reports import BRIEFING, async_get_briefing

type Data = Mapping[str, object]
type Action = Callable[[Actor, Data], Awaitable[Document]]

TWIN_FIELD: Final = "twin"


# The times of a context as the action and as records name them.
CONTEXT_TIMES: Final = {"since": contexts.SINCE, "until": contexts.UNTIL}
NAME: Final = Limits(type="string")
NOTHING: Final = Limits(type="object")
SHORT_TEXT: Final = limits_of(short_text)
METRIC: Final = Limits(type="string", format="metric")


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


# Invented values instead of real ones, others with another seed.
EXPORT_CHOICES: Final[Mapping[str, Limits]] = {
    "synthetic": limits_of(truth),
    "seed": limits_of(short_text),
}


async def async_export(actor: Actor, data: Data) -> Document:
    """Return everything that is kept of a twin, as it is or invented."""
    reader = ObjectReader(data, actor.registry.context())
    reader.only((TWIN_FIELD, *EXPORT_CHOICES))
    synthetic, seed = read_export_choices(reader)
    kind, twin = actor.finder.chosen_of_any_kind(data, TWIN_FIELD)
    return await async_export_twin(actor, kind, twin, TWIN_FIELD, synthetic=synthetic, seed=seed)


def read_export_choices(reader: ObjectReader) -> tuple[bool, str]:
    """Read whether an export is synthetic, and its seed."""
    synthetic = reader.optional("synthetic", truth, absent=False)
    seed = reader.optional("seed", short_text, "")
    reader.raise_faults()
    return synthetic, seed


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
        "export_twin": (async_export, _named(TWIN_FIELD, **EXPORT_CHOICES)),
        "get_briefing": (async_get_briefing, BRIEFING),
        "get_changes": (async_get_changes, QUESTION),
        "get_correlations": (async_get_correlations, ASKED),
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
        "set_consent": (
            async_set_consent,
            _named(
                twins.PERSON_FIELD,
                replace(LEVELS, required=()),
                metrics=list_limits(METRIC, MAX_METRICS),
            ),
        ),
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
    {
        "export_twin",
        "query",
        "simulate",
        *(name for name in ACTIONS if name.startswith("get_")),
    }
)


def _only(actor: Actor, data: Data, *fields: str) -> None:
    reader = ObjectReader(data, actor.registry.context())
    reader.only(fields)
    reader.raise_faults()
