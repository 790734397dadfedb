"""Commands for people: their readings and histories, quick entries and briefings."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from functools import partial
from typing import Final, NamedTuple, cast

from ..engine.briefings import household
from ..engine.contexts import async_decline_proposal
from ..engine.core.readings import AcceptedReadings
from ..engine.documents import Document, daily_history_document
from ..engine.health.file_import import ImportReport, Progress, async_import_file
from ..engine.health.sources import measured, person_health, read_entity, shown_amount
from ..twin.catalogue import Metric
from ..twin.enums import ContextEffect
from ..twin.errors import TwinError, changed_faults, refuse, without_values
from ..twin.goals.briefing import Briefing, brief
from ..twin.metrics.consent import discloses
from ..twin.metrics.correlation import (
    FEWEST_ASKED,
    SAME_MEASUREMENT,
    USUAL_DAYS,
    DailySeries,
    Measurements,
    StrongestCorrelations,
    correlate,
    in_order,
    pairs_of,
    strongest,
)
from ..twin.metrics.health import NO_HISTORY
from ..twin.metrics.history import KEPT_DAYS, to_milliseconds
from ..twin.metrics.import_shapes import ImportChoices
from ..twin.metrics.person import PERSON, Person, find_quick_entry
from ..twin.metrics.readings import MetricSource, Reading, parse_reading, parse_readings
from ..twin.metrics.recording import QuickAmount, QuickEntry
from ..twin.metrics.units import metric_of
from ..twin.records.contexts import days_within
from ..twin.records.fields import Context, FaultCollector, ObjectReader
from ..twin.records.parsers import day, whole_number
from .access import Actor, NotPermittedError
from .changes import async_goal_news
from .twins import PERSON_FIELD, async_update_chosen

PERIOD: Final = ("metric", "start_date", "end_date")
MAX_READINGS: Final = 1000
type ReadingsOf = Callable[[Person, Context], Mapping[str, Reading]]


async def async_record_readings(
    actor: Actor, data: Mapping[str, object], read: ReadingsOf
) -> AcceptedReadings:
    """Record readings of a person; `read` parses them in the time zone of that person."""
    person = actor.finder.chosen(PERSON, data, PERSON_FIELD)
    actor.access.require_write(person, PERSON_FIELD)
    readings = read(person, actor.registry.reading_context(person.person_id))
    return await actor.registry.async_record(person.person_id, readings.items(), cause=actor.cause)


async def async_record_entity(
    actor: Actor, person: Person, metric_key: object, source: MetricSource
) -> AcceptedReadings:
    """Record what an entity shows at present, of the time at which it says that it measured it.

    So the same state counts once, however often it is recorded. Raises `TwinError` at `metric`
    (`unknown_metric`) and at `entity`; see `read_entity`.
    """
    actor.access.require_write(person, PERSON_FIELD)
    metric = metric_of(metric_key, actor.registry.catalogue, "metric")
    with changed_faults(lambda each: each.at("entity")):
        reading, state = read_entity(actor.hass, metric, source)
    said = measured(source, state, actor.registry.person_days(person))
    if said and said.at:
        # A clock that is ahead does not make a reading of the future.
        reading = replace(reading, measured_at=min(said.at, reading.measured_at))
    return await actor.registry.async_record(
        person.person_id, [(metric.key, reading)], cause=actor.cause
    )


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
    totals = {
        metric: shown_amount(actor.hass, person, health.metric(metric), decimals=2)
        for metric in chosen.metrics
        if discloses(person, (metric,), actor.audiences)
    }
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
    if key and not discloses(person, (key,), actor.audiences):
        raise NotPermittedError("not_consented", metric)
    until = reader.optional(last, day, health.today)
    since = reader.optional(first, day, date.fromordinal(until.toordinal() - KEPT_DAYS + 1))
    reader.raise_faults()
    days = health.history(key, since, until)
    return daily_history_document(person.person_id, key, health.catalogue[key].unit, days)


def _metric(catalogue: Mapping[str, Metric], raw: object, _context: Context) -> str:
    return metric_of(raw, catalogue).key


METRICS_ASKED: Final = ("metric", "other_metric")
DAYS: Final = "days"
days_asked = whole_number(FEWEST_ASKED, KEPT_DAYS)


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonCorrelations:
    """Which metrics of a person go together from `first` to `last`, the last day that is over.

    `left_out` of these days the person was in a context that is not usual. `named` says that a
    pair was asked for by name: then each interval holds with 95 % by itself, else all together.
    """

    person: Person
    first: date
    last: date
    left_out: int
    named: bool
    found: StrongestCorrelations

    @property
    def days(self) -> int:
        """The number of days from the first to the last."""
        return (self.last - self.first).days + 1


async def async_correlations(
    actor: Actor, person: Person, reader: ObjectReader, field: str
) -> PersonCorrelations:
    """Return the strongest correlations of a person, of one metric with all others, or of a pair.

    Raises `TwinError` at `metric` and `other_metric` (`unknown_metric`, `same_metric`,
    `required_field`), and at `days`; and `NotPermittedError`, also for a metric (`not_consented`).
    """
    actor.access.require_read(person, field)
    catalogue = actor.registry.catalogue
    names = [reader.optional(name, partial(_metric, catalogue), None) for name in METRICS_ASKED]
    count = reader.optional(DAYS, days_asked, USUAL_DAYS)
    for name, key in zip(METRICS_ASKED, names, strict=True):
        if key and not discloses(person, (key,), actor.audiences):
            raise NotPermittedError("not_consented", name)
    reader.raise_faults()
    one, other = names
    if other is not None and (one is None or one == other):
        raise refuse("same_metric" if one else "required_field", METRICS_ASKED[one is not None])
    days, today = actor.registry.person_days(person), person_health(actor.registry, person).today
    # Daily totals of the present day are not whole yet.
    first, last = today - timedelta(days=count), today - timedelta(days=1)
    unusual = days_within(
        person, actor.registry.effects[ContextEffect.BASELINES], days, last, last - first
    )
    values = _values_told(actor, person, range(first.toordinal(), last.toordinal() + 1), unusual)
    entries = (entry.metrics for entry in person.quick_entries)
    measurements = Measurements((*SAME_MEASUREMENT, *entries))

    asked = [pair for pair in pairs_of(values, one) if other in pair]

    def work() -> StrongestCorrelations:
        series = {
            key: DailySeries(known, first.toordinal(), catalogue[key])
            for key, known in values.items()
        }
        if one is not None and other is not None:
            return StrongestCorrelations(
                compared=len(asked), correlations=[correlate(series, each) for each in asked]
            )
        return strongest(series, measurements, one)

    return PersonCorrelations(
        person=person,
        first=first,
        last=last,
        left_out=len(unusual),
        named=other is not None,
        # With all metrics and days it takes a tenth of a second.
        found=await actor.hass.async_add_executor_job(work),
    )


def _values_told(
    actor: Actor, person: Person, days: range, unusual: frozenset[int]
) -> dict[str, dict[int, float]]:
    """Return by metric the values of usual days, of what the caller may know exactly."""
    histories, catalogue = actor.registry.histories(person.person_id), actor.registry.catalogue
    return {
        key: {
            day: value
            for day, value in histories.get(key, NO_HISTORY).between(days.start, days.stop - 1)
            if day not in unusual
        }
        for key in in_order(catalogue.values())
        if discloses(person, (key,), actor.audiences)
    }


async def async_get_briefing(
    actor: Actor, data: Mapping[str, object], since: datetime | None = None
) -> Briefing:
    """Return the briefing of the person that a field names, or of the household without one.

    It tells nothing of the health of people whom the caller may not read. What has changed is told
    as far as it did `since` a time, by default within a day.
    """
    about = None
    if data.get(PERSON_FIELD) is not None:
        about = actor.finder.chosen(PERSON, data, PERSON_FIELD)
        actor.access.require_read(about, PERSON_FIELD)
    news = await async_goal_news(actor, since, about)
    return brief(
        household(
            actor.hass,
            actor.runtime,
            about,
            actor.access.may_read,
            audiences=actor.audiences,
            news=news,
        )
    )


async def async_decline_context(actor: Actor, person_id: str) -> None:
    """Answer with no whether a person is ill; it is not asked again for this time."""
    person = actor.registry.get(PERSON, person_id)
    actor.access.require_write(person, PERSON_FIELD)
    async_decline_proposal(actor.hass, actor.registry, person_id)


async def async_update_person(actor: Actor, data: Mapping[str, object]) -> Document:
    """Change fields of a person; return the document."""
    return await async_update_chosen(actor, PERSON, data, PERSON_FIELD)
