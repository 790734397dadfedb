"""The documents of twins as they were: the record of that time, and what follows from it anew.

Each part says how exact it is. A part that nobody knows is left out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Final, cast

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
import orjson

from ..twin.catalogue import Metric
from ..twin.enums import ContextEffect, OccupancyStatus, OperationalStatus
from ..twin.errors import TwinError
from ..twin.goals.assessment import (
    ASSESSMENT_PARTS,
    assessment_document,
)
from ..twin.goals.goal import GOAL
from ..twin.goals.pauses import pauses_document
from ..twin.home.home import HOME, Home
from ..twin.metrics.health import HEALTH_PARTS, PersonHealth, health_document
from ..twin.metrics.history import MetricHistory, from_milliseconds
from ..twin.metrics.person import PERSON, Person
from ..twin.metrics.readiness import WEIGHTS
from ..twin.metrics.readings import readings_document
from ..twin.metrics.recording import day_reading
from ..twin.records.context_effects import paused_document
from ..twin.records.contexts import CONTEXT, days_within
from ..twin.records.fields import Context, Kind, PersonDay, Record
from ..twin.records.limits import TIME, Limits, by_name, one_of
from ..twin.records.revisions import decode, encode
from ..twin.records.rewind import Exactness, worst
from ..twin.records.timeline import TwinKey
from ..twin.values import PlainJson
from .core.earlier import EarlierTwins
from .core.entity_ids import current_entity_id, own_entity_id
from .core.files import MetricDays
from .core.registry import KINDS, TwinRegistry
from .documents import DERIVED, Document, document_parts
from .earlier_goals import EarlierGoals
from .home.occupancy import zone_point, zones_of
from .home.recorded import (
    ENVIRONMENT,
    RecordedHome,
    RecordedStates,
    async_states_at,
    climate_sources,
)
from .home.roles import SensorReader
from .runtime import Runtime

AT: Final = "at"
EXACTNESS: Final = "exactness"
# What the document of an earlier time has beside the parts of its kind.
EARLIER_PARTS: Final[Mapping[str, Limits]] = {AT: TIME, EXACTNESS: by_name(one_of(Exactness))}
LOCATION: Final = "current_location_id"
HEALTH: Final = "health_metrics"
PAUSED: Final = "paused"
GOALS: Final = "goals_progress"
COORDINATES: Final = "location_coordinates"
STATUSES: Final = {"occupancy_status": OccupancyStatus, "operational_status": OperationalStatus}


def earlier_limits(kind: str) -> Limits:
    """Return what a document of an earlier time can be: what nobody knows is left out."""
    return Limits(
        type="object",
        parts={**document_parts(kind), **EARLIER_PARTS},
        required=(KINDS[kind].id_field, *EARLIER_PARTS),
    )


type Levels = dict[str, Exactness]


@dataclass(kw_only=True, slots=True)
class EarlierDocument:
    """A document that is being made: parts that are known, and how exact all of them are."""

    parts: Document
    levels: Levels

    def add(self, parts: Mapping[str, Any], level: Exactness, names: Iterable[str]) -> None:
        """Add parts of one exactness; unknown ones only say that they are."""
        for name in names:
            self.levels[name] = level
            if level is not Exactness.UNKNOWN:
                self.parts[name] = parts[name]

    def finish(self, at: datetime) -> Document:
        """Return the whole document."""
        levels: dict[str, PlainJson] = {name: each.value for name, each in self.levels.items()}
        return {**self.parts, AT: at.isoformat(), EXACTNESS: levels}


async def async_earlier_document(
    hass: HomeAssistant, runtime: Runtime, twins: EarlierTwins, key: TwinKey
) -> Document:
    """Return the document of a twin as it was; the twin was there at that time."""
    context, zone = runtime.registry.context(stored=True), dt_util.get_default_time_zone()
    builder = _Builder(twins, context, zone, runtime.registry)
    if key.kind != HOME.name:
        make = builder.goal if key.kind == GOAL.name else builder.person
        document = await hass.async_add_executor_job(make, key)
        if key.kind == PERSON.name:
            await _async_add_location(hass, document, twins)
        return document.finish(twins.at)
    document, home = await hass.async_add_executor_job(builder.home, key)
    await _async_add_house(hass, runtime, document, home, twins.at)
    return document.finish(twins.at)


class _Builder:
    """Makes documents of one time, in a worker thread."""

    def __init__(
        self, twins: EarlierTwins, context: Context, zone: tzinfo, registry: TwinRegistry
    ) -> None:
        self._twins = twins
        self._context = context
        self._zone = zone
        self._effects = registry.effects
        self._persons = registry.persons
        self._today = twins.at.astimezone(zone).date()

    def _is_public(self, person: Person | None) -> bool:
        """Return whether the values of a person were shown to others, and still are."""
        if person is None:
            return True
        present = self._persons.get(person.person_id, person)
        return person.health_entities and present.health_entities

    def _goals(self) -> EarlierGoals:
        return EarlierGoals(self._twins, self._context, self._zone, self._effects)

    def _record[R: Record](self, kind: Kind[R], key: TwinKey) -> tuple[EarlierDocument, R | None]:
        """Return the fields of a record; the record itself only if all of it is known."""
        found = self._twins.twin(key)
        raw = found.document if found and found.document else {}
        lost = (found.lost if found else frozenset()) - {kind.id_field}
        level = Exactness.DAILY if key in self._twins.vague else Exactness.EXACT
        levels = {name: Exactness.UNKNOWN if name in lost else level for name in kind.fields}
        record: R | None = None
        if not lost:
            try:
                record = decode(kind, raw, self._context)
            except TwinError:
                levels |= dict.fromkeys(kind.fields, Exactness.UNKNOWN)
        known = encode(kind, record) if record is not None else orjson.loads(orjson.dumps(raw))
        parts = {name: known.get(name) for name in kind.fields if name not in lost}
        parts[kind.id_field] = key.twin_id
        levels[kind.id_field] = Exactness.EXACT
        return EarlierDocument(parts=parts, levels=levels), record

    def goal(self, key: TwinKey) -> EarlierDocument:
        """Return a goal with its assessment."""
        document, goal = self._record(GOAL, key)
        goals = self._goals()
        assessment, level = goals.assessment(key.twin_id)
        assessed: Document = {}
        if assessment and goal:
            owner = goals.person(goal.owner_person_id)
            named = self._is_public(owner)
            paused = pauses_document(assessment.pauses, goal.start_date, named=named)
            assessed = {**assessment_document(assessment), PAUSED: paused}
        document.add(assessed, level, (*ASSESSMENT_PARTS, PAUSED))
        graph = goals.graph
        edges = {
            "dependents": [*graph.dependents(key.twin_id)],
            "cycle": [*graph.cycle(key.twin_id)],
        }
        whole = worst((level, goals.graph_level))
        document.add(edges, whole if goal else Exactness.UNKNOWN, edges)
        # They rest on the courses of all goals of the household, which are those of today.
        document.add({}, Exactness.UNKNOWN, ("critical_path", "slip"))
        return document

    def person(self, key: TwinKey) -> EarlierDocument:
        """Return a person with health and goals, but without the place."""
        document, person = self._record(PERSON, key)
        days, lost = self._twins.days()
        if person is None:
            document.add({}, Exactness.UNKNOWN, (*HEALTH_PARTS, PAUSED))
            self._add_daily(document, days, lost)
        else:
            level = document.levels[HEALTH]
            health = health_document(self._health(person, days))
            document.add(health, level, HEALTH_PARTS)
            paused = paused_document(person, self._effects)
            document.add({PAUSED: paused}, document.levels[CONTEXT], (PAUSED,))
            unknown = lost & person.health_metrics.keys()
            for metric in unknown:
                document.levels[f"metrics.{metric}"] = Exactness.UNKNOWN
                cast("dict[str, Any]", document.parts["metrics"]).pop(metric, None)
            if unknown & WEIGHTS.keys():
                document.levels["readiness"] = Exactness.UNKNOWN
                document.parts.pop("readiness")
        summary, level = self._goals().summary(key.twin_id)
        document.add({GOALS: summary}, level, (GOALS,))
        return document

    def home(self, key: TwinKey) -> tuple[EarlierDocument, Home | None]:
        """Return the record of a home."""
        return self._record(HOME, key)

    def _health(self, person: Person, days: MetricDays) -> PersonHealth:
        zone = dt_util.get_time_zone(person.timezone) or self._zone
        of_person = PersonDay(zone, person.day_start)
        return PersonHealth(
            person=person,
            days=of_person,
            histories={metric: MetricHistory(each) for metric, each in days.items() if each},
            catalogue=self._context.catalogue,
            now=self._twins.at,
            left_out=days_within(
                person,
                self._effects[ContextEffect.BASELINES],
                of_person,
                of_person.day_of(self._twins.at),
            ),
        )

    def _add_daily(self, document: EarlierDocument, days: MetricDays, lost: frozenset[str]) -> None:
        """Add the latest values from the daily histories, where the record itself is not known."""
        readings = {}
        for metric, of_day in days.items():
            known: Metric | None = self._context.catalogue.get(metric)
            before = [
                each for each in of_day.values() if from_milliseconds(each.at) <= self._twins.at
            ]
            if known is not None and metric not in lost and before:
                readings[metric] = day_reading(known, max(before, key=lambda each: each.at))
        document.add({HEALTH: readings_document(readings)}, Exactness.DAILY, (HEALTH,))


async def _async_add_location(
    hass: HomeAssistant, document: EarlierDocument, twins: EarlierTwins
) -> None:
    """Add where a person was: of a followed one, where the recorder has them."""
    if document.levels[LOCATION] is Exactness.UNKNOWN:
        return
    if (entity := document.parts.get("person_entity")) is None:
        return
    entity_id = current_entity_id(hass, str(entity))
    recorded = await async_states_at(hass, [entity_id] if entity_id else [], twins.at)
    if not recorded.known(entity_id):
        document.levels[LOCATION] = Exactness.UNKNOWN
        document.parts.pop(LOCATION, None)
        return
    homes = await hass.async_add_executor_job(_homes_by_zone, twins)
    registry = er.async_get(hass)
    by_zone = {er.async_resolve_entity_id(registry, zone): home for zone, home in homes.items()}
    zones = zones_of(recorded.machine, entity_id) or ()
    document.parts[LOCATION] = next((by_zone[zone] for zone in zones if zone in by_zone), None)
    document.levels[LOCATION] = Exactness.EXACT


def _homes_by_zone(twins: EarlierTwins) -> dict[str, str]:
    """Return the homes of that time by their zone; of two with the same the first."""
    found: dict[str, str] = {}
    for key in twins.present.documents:
        home = twins.twin(key) if key.kind == HOME.name else None
        if home and home.is_there and home.document and (zone := home.document.get("zone")):
            found.setdefault(str(zone), key.twin_id)
    return found


async def _async_add_house(
    hass: HomeAssistant,
    runtime: Runtime,
    document: EarlierDocument,
    home: Home | None,
    at: datetime,
) -> None:
    """Add what the recorder has of a home; nothing else keeps what devices did."""
    document.levels |= dict.fromkeys(DERIVED[HOME.name], Exactness.UNKNOWN)
    if home is None:
        return
    paused = paused_document(home, runtime.registry.effects)
    document.add({PAUSED: paused}, document.levels[CONTEXT], (PAUSED,))
    plan = runtime.observer.plan(home)
    own = {name: own_entity_id(hass, home.home_id, Platform.SENSOR, name) for name in STATUSES}
    wanted = climate_sources(plan) | {each for each in own.values() if each}
    if plan.zone:
        wanted.add(plan.zone)
    recorded = await async_states_at(hass, sorted(wanted), at)
    for name, entity_id in own.items():
        _add_status(document, name, recorded, entity_id)
    if home.location_coordinates is None and plan.zone:
        if recorded.known(plan.zone):
            document.parts[COORDINATES] = zone_point(recorded.machine, plan.zone)
        else:
            document.parts.pop(COORDINATES, None)
            document.levels[COORDINATES] = Exactness.UNKNOWN
    if not recorded.exactness:
        return
    view = RecordedHome(hass, plan, SensorReader(hass.config.units), recorded)
    environment, levels = view.environment()
    document.levels |= levels
    if levels[ENVIRONMENT] is not Exactness.UNKNOWN:
        document.parts[ENVIRONMENT] = environment


def _add_status(
    document: EarlierDocument, name: str, recorded: RecordedStates, entity_id: str | None
) -> None:
    """Add a status as our sensor showed it at that time."""
    state = recorded.get(entity_id) if entity_id and recorded.known(entity_id) else None
    if state is None:
        return
    status = next((each for each in STATUSES[name] if each.slug == state.state), None)
    document.parts[name] = status.value if status else None
    document.levels[name] = Exactness.EXACT
