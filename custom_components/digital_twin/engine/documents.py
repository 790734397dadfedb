"""The whole documents of twins: the record and the derived values."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import Final, cast

from ..twin.enums import ActivityLevel, Audience, Gender, GoalStatus
from ..twin.goals.assessment import ASSESSMENT_PARTS, assessment_document
from ..twin.goals.goal import GOAL, Goal, progress_of, progress_summary
from ..twin.goals.key_result_parts import without_measured_parts
from ..twin.goals.lineage import LINK
from ..twin.goals.pace import Pace
from ..twin.goals.pauses import NO_PAUSES, PAUSES_PART, pauses_document
from ..twin.goals.references import Reference, Twin
from ..twin.goals.slip import SLIP_PARTS, slip_document
from ..twin.home.home import HOME, Home
from ..twin.home.operational import CAUSE
from ..twin.metrics.consent import EVERYTHING, Audiences, discloses
from ..twin.metrics.health import HEALTH_PARTS, health_document, withhold_health
from ..twin.metrics.history import MetricDay
from ..twin.metrics.person import PERSON, Person
from ..twin.metrics.readings import readings_document
from ..twin.records.context_effects import (
    PAUSED_PART,
    paused_document,
)
from ..twin.records.limits import (
    DAY,
    NUMBER,
    SCALARS,
    TEXT,
    TIME,
    TRUTH,
    UUID,
    WHOLE,
    Limits,
    by_name,
    limits_of,
    list_of,
    object_of,
    one_of,
    or_null,
)
from ..twin.records.parsers import GEO_JSON
from ..twin.values import PlainJson
from .core.readings import AcceptedReadings
from .core.registry import KINDS
from .health.sources import person_health
from .home.view import HOME_PARTS
from .runtime import Runtime

type Document = dict[str, PlainJson]

READING_PART: Final = object_of(value=NUMBER, unit=TEXT, measured_at=TIME, source=TEXT)
GOAL_LINE: Final = object_of(
    name=TEXT,
    status=one_of(GoalStatus),
    progress=or_null(NUMBER),
    pace=one_of(Pace, nullable=True),
)
# Parts of records that documents spell in one way, whatever input may look like.
RENDERED: Final[Mapping[str, Limits]] = MappingProxyType(
    {
        "activity_level": one_of(ActivityLevel),
        "gender": one_of(Gender),
        "status": one_of(GoalStatus),
        "location_coordinates": GEO_JSON,
        "health_metrics": by_name(READING_PART),
        "metric_sources": by_name(
            list_of(object_of(entity=TEXT, attribute=or_null(TEXT), unit=or_null(TEXT)))
        ),
    }
)
# A cause with the metrics and goals that get no values because of it, in the document of a single
# home, whether that has made them unreliable, and that as a sentence (`chain`).
LINKED_CAUSE: Final = replace(
    CAUSE,
    parts={
        **CAUSE.parts,
        **dict.fromkeys(("metrics", "goals"), list_of(LINK)),
        "unreliable": TRUTH,
        "chain": or_null(TEXT),
    },
)
# The derived parts of documents, which are no fields of the record, by kind.
DERIVED: Final[Mapping[str, Mapping[str, Limits]]] = MappingProxyType(
    {
        PERSON.name: {
            **HEALTH_PARTS,
            "paused": PAUSED_PART,
            "goals_progress": object_of(
                counts=object_of(**dict.fromkeys(GoalStatus, WHOLE)),
                mean_progress=or_null(NUMBER),
                goals=by_name(GOAL_LINE),
            ),
        },
        HOME.name: {
            **HOME_PARTS,
            "operational": object_of(causes=list_of(LINKED_CAUSE)),
            "paused": PAUSED_PART,
        },
        GOAL.name: {
            **ASSESSMENT_PARTS,
            "paused": PAUSES_PART,
            **SLIP_PARTS,
            "critical_path": list_of(UUID),
            "dependents": list_of(UUID),
            "cycle": list_of(UUID),
        },
    }
)


def twin_document(
    runtime: Runtime, kind: str, twin_id: str, audiences: Audiences = EVERYTHING
) -> Document:
    """Return the document of a twin in the spelling of the data model.

    What some audiences may not know of metrics is left out.

    Raises `TwinError` (`not_found`) when there is no such twin.
    """
    match kind:
        case HOME.name:
            return home_document(runtime, runtime.registry.get(HOME, twin_id))
        case PERSON.name:
            return person_document(runtime, runtime.registry.get(PERSON, twin_id), audiences)
    return goal_document(runtime, runtime.registry.get(GOAL, twin_id), audiences)


def home_document(runtime: Runtime, home: Home) -> Document:
    """Return the document of a home: the record and the derived values of the house.

    Without coordinates of its own, a home has those of its zone.
    """
    view = runtime.observer.views.get(home.home_id)
    document = runtime.registry.document(HOME, home)
    document["paused"] = paused_document(home, runtime.registry.effects)
    if view is None:
        return document
    document |= view.document()
    if home.location_coordinates is None:
        document["location_coordinates"] = view.zone_point
    return document


def person_document(
    runtime: Runtime, person: Person, audiences: Audiences = EVERYTHING
) -> Document:
    """Return the document of a person: the record, location, health and goals."""
    health = person_health(runtime.registry, person)
    document = (
        runtime.registry.document(PERSON, person)
        | health_document(health)
        | {
            "paused": paused_document(person, runtime.registry.effects),
            "current_location_id": runtime.observer.home_of_person(person),
            "goals_progress": progress_summary(
                runtime.registry.goals_of(person.person_id), runtime.assessments.pace
            ),
        }
    )
    withhold_health(document, person, audiences)
    return document


def goal_document(runtime: Runtime, goal: Goal, audiences: Audiences = EVERYTHING) -> Document:
    """Return the document of a goal: the record, its assessment and its dependencies.

    `progress` is in percent, null where nothing is known. `dependents` depend on the goal;
    `cycle` are the goals that depend on each other through it; `critical_path` is the chain of
    goals that decides when it can be finished, itself last. Values of metrics that some audiences
    may not know are left out, and to a household without health values in which context it pauses.
    """
    graph = runtime.assessments.graph
    assessment = runtime.assessments.get(goal.goal_id)
    document = runtime.registry.document(GOAL, goal)
    owner = runtime.registry.persons.get(goal.owner_person_id or "")
    is_private = runtime.registry.is_private(goal, audiences)
    if is_private and owner is not None:
        parts = cast("list[Document]", document["progress_metrics"])
        document["progress_metrics"] = [
            part
            if (metric := key_result.metric) is None or discloses(owner, (metric,), audiences)
            else without_measured_parts(part)
            for key_result, part in zip(goal.progress_metrics, parts, strict=True)
        ]
    derived: Document = {"progress": progress_of(goal)}
    if assessment is not None:
        derived = assessment_document(assessment)
    if is_private:
        derived["silent_sources"] = []
    named = Audience.HOUSEHOLD not in audiences or owner is None or owner.health_entities
    pauses = assessment.pauses if assessment else NO_PAUSES
    return document | {
        **derived,
        "paused": pauses_document(pauses, goal.start_date, named=named),
        "slip": slip_document(runtime.assessments.slips.of.get(goal.goal_id)),
        "critical_path": list(runtime.assessments.critical_path(goal.goal_id)),
        "dependents": list(graph.dependents(goal.goal_id)),
        "cycle": list(graph.cycle(goal.goal_id)),
    }


UNLINKED: Final = list_of(object_of(kind=TEXT, twin_id=UUID, field=TEXT))


def deleted_document(kind: str, twin: Twin, references: Iterable[Reference]) -> Document:
    """Return the id of a deleted twin, and the references to it that were removed."""
    of_kind = KINDS[kind]
    unlinked: list[PlainJson] = [reference._asdict() for reference in references]
    return {of_kind.id_field: of_kind.id_of(twin), "unlinked": unlinked}


@cache
def document_parts(kind: str) -> Mapping[str, Limits]:
    """Return the parts of the documents of a kind, with what each can be."""
    fields = {
        name: replace(
            RENDERED.get(name, limits_of(entry.parse)),
            nullable=not entry.required and entry.default is None,
        )
        for name, entry in KINDS[kind].fields.items()
    }
    return MappingProxyType({**fields, **DERIVED[kind]})


@cache
def scalar_parts(kind: str) -> Mapping[str, Limits]:
    """Return the parts of the documents of a kind that are texts, numbers, true or false."""
    parts = document_parts(kind).items()
    return MappingProxyType({name: part for name, part in parts if part.type in SCALARS})


HISTORY: Final = object_of(
    person_id=UUID,
    metric=TEXT,
    unit=TEXT,
    days=list_of(object_of(day=DAY, value=NUMBER, measured_at=TIME, source=TEXT)),
)


def daily_history_document(
    person_id: str, metric: str, unit: str, days: Iterable[MetricDay]
) -> Document:
    """Return the daily history of a metric: the value of each day that has one."""
    return {
        "person_id": person_id,
        "metric": metric,
        "unit": unit,
        "days": [
            {
                "day": each.day.isoformat(),
                "value": each.value,
                "measured_at": each.measured_at.isoformat(),
                "source": each.source,
            }
            for each in days
        ],
    }


ACCEPTED: Final = object_of(
    person_id=UUID,
    readings=by_name(READING_PART),
    late=list_of(TEXT),
    unchanged=list_of(TEXT),
    goals=list_of(object_of(goal_id=UUID, goal_code=TEXT, name=TEXT, progress=or_null(NUMBER))),
    changed=TRUTH,
)


def accepted_document(accepted: AcceptedReadings) -> Document:
    """Return what readings came to: the accepted ones, and the goals that they moved.

    `changed` tells whether they changed anything; readings that are sent again do not.
    """
    return {
        "person_id": accepted.person.person_id,
        "readings": readings_document(accepted.accepted),
        "late": list(accepted.late),
        "unchanged": list(accepted.unchanged),
        "goals": [
            {
                "goal_id": goal.goal_id,
                "goal_code": goal.goal_code,
                "name": goal.name,
                "progress": progress_of(goal),
            }
            for goal in accepted.goals
        ],
        "changed": bool(accepted.accepted or accepted.days),
    }
