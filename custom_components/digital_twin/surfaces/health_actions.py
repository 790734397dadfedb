"""The actions for health metrics: what is measured, what was, and who is told what of it."""

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Final

from homeassistant.core import HomeAssistant, callback

from ..commands import people, twins
from ..commands.access import Actor
from ..const import DOMAIN
from ..engine.documents import Document, accepted_document
from ..engine.health.file_import import Progress
from ..engine.health.sources import shown_unit
from ..twin.errors import Fault, TwinError, changed_faults, fault, refuse
from ..twin.metrics.consent import ALL, LEVELS, consent_document
from ..twin.metrics.import_rows import IMPORTED
from ..twin.metrics.import_shapes import read_choices
from ..twin.metrics.person import PERSON, Person
from ..twin.metrics.readings import MetricSource, Reading, parse_readings
from ..twin.records.fields import Context, ObjectReader
from ..twin.records.naming import short_text
from ..twin.records.parsers import past_instant, texts
from .errors import problem_document

CONSENT: Final = "consent"
METRIC_FIELD: Final = "metric"
ENTITY_FIELD: Final = "entity"
# Of one call; more than anybody has.
MAX_METRICS: Final = 100
# Fired while a file is imported, with the numbers of readings so far.
EVENT_IMPORT_PROGRESS: Final = f"{DOMAIN}_import_progress"
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


async def async_update_health_metrics(actor: Actor, data: Mapping[str, object]) -> Document:
    """Record readings; return the accepted ones and the goals that they changed."""
    read = partial(_readings, actor.hass, data)
    return accepted_document(await people.async_record_readings(actor, data, read))


async def async_record_entity(actor: Actor, data: Mapping[str, object]) -> Document:
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


async def async_import_health_metrics(actor: Actor, data: Mapping[str, object]) -> Document:
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


async def async_get_health_history(actor: Actor, data: Mapping[str, object]) -> Document:
    """Return the value of each day of a metric."""
    return people.get_history(actor, data)


async def async_record_quick_entry(actor: Actor, data: Mapping[str, object]) -> Document:
    """Record a quick entry of a person; return it, and what its metrics are now."""
    reader = ObjectReader(data, actor.registry.context())
    reader.only((twins.PERSON_FIELD, "entry"))
    reader.raise_faults()
    person = actor.finder.chosen(PERSON, data, twins.PERSON_FIELD)
    entry, totals = await people.async_record_quick_entry(actor, person, data.get("entry"))
    return {
        "person_id": person.person_id,
        "entry": entry.key,
        "recorded": {metric: {**amount._asdict()} for metric, amount in entry.metrics.items()},
        "totals": {metric: {**amount._asdict()} for metric, amount in totals.items()},
    }


async def async_set_consent(actor: Actor, data: Mapping[str, object]) -> Document:
    """Say what audiences are told of some metrics, of all without `metrics`; return the consent."""
    person = actor.finder.chosen(PERSON, data, twins.PERSON_FIELD)
    reader = ObjectReader(data, actor.registry.context())
    reader.only((twins.PERSON_FIELD, "metrics", *LEVELS.parts))
    metrics = reader.optional("metrics", texts, None)
    reader.raise_faults()
    levels = {name: data[name] for name in LEVELS.parts if name in data}
    if not levels:
        raise refuse("nothing_to_do", "", allowed=[*LEVELS.parts])
    patch = {CONSENT: dict.fromkeys((ALL,) if metrics is None else metrics, levels)}
    with changed_faults(_of_consent):
        changed = await twins.async_update(
            actor, PERSON, person.person_id, patch, twins.PERSON_FIELD
        )
    return {"person_id": person.person_id, CONSENT: consent_document(changed.consent)}


def _of_consent(found: Fault) -> Fault:
    """Name the field of the action that a fault of consent is about."""
    parts = found.field.removeprefix(f"{CONSENT}.").split(".")
    if not found.field.startswith(f"{CONSENT}."):
        return found
    return found.at(parts[1] if len(parts) > 1 else "metrics")


def _readings(
    hass: HomeAssistant, data: Mapping[str, object], person: Person, context: Context
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


def _with_own(data: Mapping[str, object], own: Mapping[str, object]) -> Mapping[str, object]:
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


def _of_own_field(found: Fault, own: Mapping[str, object]) -> Fault:
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
