"""The whole documents of twins: the record and the derived values."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final, cast

from ..twin.enums import (
    ActivityLevel,
    DeviceStatus,
    Gender,
    GoalStatus,
    OccupancyStatus,
    OperationalStatus,
)
from ..twin.goals.assessment import assessment_document
from ..twin.goals.forecast import ForecastState
from ..twin.goals.goal import GOAL, Goal, progress_of, progress_summary
from ..twin.goals.pace import Pace
from ..twin.goals.plan import MILESTONE
from ..twin.home.conditions import EvidenceKind, EvidenceState
from ..twin.home.home import HOME, Home
from ..twin.home.kinds import LeftOut
from ..twin.home.operational import CauseKind
from ..twin.metrics.history import MetricDay
from ..twin.metrics.insight import HIGH, LOW
from ..twin.people.health import health_document
from ..twin.people.person import PERSON, Person
from ..twin.records.limits import Limits, limits_of
from ..twin.records.parsers import GEO_JSON
from ..twin.values import PlainJson
from .core.registry import KINDS
from .health.sources import person_health
from .runtime import Runtime

type Document = dict[str, PlainJson]

SCALARS: Final = frozenset({"boolean", "integer", "number", "string"})

TEXT: Final = Limits(type="string")
NUMBER: Final = Limits(type="number")
WHOLE: Final = Limits(type="integer")
TRUTH: Final = Limits(type="boolean")
UUID: Final = Limits(type="string", format="uuid")
DAY: Final = Limits(type="string", format="date")
TIME: Final = Limits(type="string", format="date-time")


def _or_null(limits: Limits) -> Limits:
    return replace(limits, nullable=True)


def _one_of(enum: type[StrEnum], *, nullable: bool = False) -> Limits:
    return Limits(type="string", options=tuple(enum), nullable=nullable)


def _list_of(items: Limits) -> Limits:
    return Limits(type="array", items=items)


def _object(**parts: Limits) -> Limits:
    return Limits(type="object", parts=parts, required=tuple(parts))


def _by_name(others: Limits) -> Limits:
    return Limits(type="object", others=others)


READING_PART: Final = _object(value=NUMBER, unit=TEXT, measured_at=TIME, source=TEXT)
# The value of a quantity of a place, by the name of the quantity.
PLACE_VALUE: Final = _object(
    value=_or_null(NUMBER),
    unit=_or_null(TEXT),
    minimum=_or_null(NUMBER),
    maximum=_or_null(NUMBER),
    sources=WHOLE,
)
FLOOR: Final = replace(_object(floor_id=TEXT, name=TEXT), others=PLACE_VALUE)
AREA: Final = replace(
    _object(
        area_id=TEXT,
        name=TEXT,
        floor_id=_or_null(TEXT),
        outdoor=TRUTH,
        not_counted=_list_of(_object(quantity=TEXT, entity=TEXT, reason=_one_of(LeftOut))),
        doubtful=_list_of(_object(quantity=TEXT, entity=TEXT)),
    ),
    others=PLACE_VALUE,
)
DEVICE: Final = _object(
    device_id=TEXT,
    name=TEXT,
    **dict.fromkeys(
        (
            "manufacturer",
            "model",
            "firmware",
            "area_id",
            "area",
            "integration",
            "integration_state",
            "hub_id",
            "hub",
        ),
        _or_null(TEXT),
    ),
    status=_one_of(DeviceStatus),
    since=_or_null(TIME),
    battery=_or_null(NUMBER),
    battery_low=TRUTH,
    battery_days_left=_or_null(WHOLE),
    update_available=TRUTH,
    last_seen=_or_null(TIME),
    paused_until=_or_null(TIME),
)
CAUSE: Final = _object(
    cause=_one_of(CauseKind),
    severity=_one_of(OperationalStatus),
    silent=TRUTH,
    since=TIME,
    name=TEXT,
    **dict.fromkeys(("device", "entity", "integration", "area"), _or_null(TEXT)),
    affects=_list_of(_object(device_id=TEXT, name=TEXT)),
)
METRIC_VIEW: Final = _object(
    value=NUMBER,
    unit=TEXT,
    day=DAY,
    fresh=TRUTH,
    sources=_by_name(NUMBER),
    mean_7_days=_or_null(NUMBER),
    trend_per_week=_or_null(NUMBER),
    baseline=_or_null(_object(median=NUMBER, mad=NUMBER, days=WHOLE)),
    anomaly=_or_null(TRUTH),
    direction=Limits(type="string", options=(HIGH, LOW), nullable=True),
)
GOAL_LINE: Final = _object(
    name=TEXT,
    status=_one_of(GoalStatus),
    progress=_or_null(NUMBER),
    pace=_one_of(Pace, nullable=True),
)
# Parts of records that documents spell in one way, whatever input may look like.
RENDERED: Final[Mapping[str, Limits]] = MappingProxyType(
    {
        "activity_level": _one_of(ActivityLevel),
        "gender": _one_of(Gender),
        "status": _one_of(GoalStatus),
        "location_coordinates": GEO_JSON,
        "health_metrics": _by_name(READING_PART),
        "metric_sources": _by_name(
            _list_of(_object(entity=TEXT, attribute=_or_null(TEXT), unit=_or_null(TEXT)))
        ),
    }
)
# The derived parts of documents, which are no fields of the record, by kind.
DERIVED: Final[Mapping[str, Mapping[str, Limits]]] = MappingProxyType(
    {
        PERSON.name: {
            "metrics": _by_name(METRIC_VIEW),
            "readiness": _object(
                score=_or_null(WHOLE),
                parts=_by_name(_object(value=NUMBER, score=NUMBER, weight=NUMBER)),
                missing=_list_of(TEXT),
            ),
            "age": _or_null(WHOLE),
            "bmi": _or_null(NUMBER),
            "bmr": _or_null(NUMBER),
            "daily_energy_need": _or_null(NUMBER),
            "goals_progress": _object(
                counts=_object(**dict.fromkeys(GoalStatus, WHOLE)),
                mean_progress=_or_null(NUMBER),
                goals=_by_name(GOAL_LINE),
            ),
        },
        HOME.name: {
            "environmental_data": replace(
                _object(floors=_list_of(FLOOR), areas=_list_of(AREA)), others=PLACE_VALUE
            ),
            "device_inventory": _list_of(DEVICE),
            "occupancy_status": _one_of(OccupancyStatus, nullable=True),
            "occupancy": _object(
                since=_or_null(TIME),
                evidence=_list_of(
                    _object(
                        kind=_one_of(EvidenceKind),
                        ref=TEXT,
                        name=TEXT,
                        standing=_one_of(EvidenceState),
                        since=_or_null(TIME),
                    )
                ),
            ),
            "operational_status": _one_of(OperationalStatus, nullable=True),
            "operational": _object(causes=_list_of(CAUSE)),
            "next_battery": _or_null(
                _object(device_id=TEXT, name=_or_null(TEXT), runs_out=DAY, level=NUMBER)
            ),
        },
        GOAL.name: {
            "progress": _or_null(NUMBER),
            "planned_progress": _or_null(NUMBER),
            "pace": _one_of(Pace, nullable=True),
            "pace_reason": Limits(
                type="object", parts={"key": TEXT}, required=("key",), others=TEXT
            ),
            "slack_days": _or_null(NUMBER),
            "needed_per_week": _or_null(NUMBER),
            "forecast": _object(
                state=_one_of(ForecastState),
                **dict.fromkeys(("finish", "early", "late"), _or_null(DAY)),
                per_week=_or_null(NUMBER),
                wide=TRUTH,
            ),
            "next_milestone": _or_null(replace(MILESTONE, required=("key", "name", "date"))),
            "blocked_by": _list_of(UUID),
            "late_dependencies": _list_of(
                _object(goal_id=UUID, finish=DAY, target=DAY, own_target=TRUTH)
            ),
            "critical_path": _list_of(UUID),
            "dependents": _list_of(UUID),
            "cycle": _list_of(UUID),
        },
    }
)

# Parts of a key result that hold values of the metric that it follows.
MEASURED: Final = ("baseline", "current", "days", "measured_at")


def twin_document(runtime: Runtime, kind: str, twin_id: str, *, private: bool = True) -> Document:
    """Return the document of a twin in the spelling of the data model; see `goal_document`.

    Raises `TwinError` (`not_found`) when there is no such twin.
    """
    match kind:
        case HOME.name:
            return home_document(runtime, runtime.registry.get(HOME, twin_id))
        case PERSON.name:
            return person_document(runtime, runtime.registry.get(PERSON, twin_id))
    return goal_document(runtime, runtime.registry.get(GOAL, twin_id), private=private)


def home_document(runtime: Runtime, home: Home) -> Document:
    """Return the document of a home: the record and the derived values of the house.

    Without coordinates of its own, a home has those of its zone.
    """
    view = runtime.observer.views.get(home.home_id)
    if view is None:
        return runtime.registry.document(HOME, home)
    document = runtime.registry.document(HOME, home) | view.document()
    if home.location_coordinates is None:
        document["location_coordinates"] = view.zone_point
    return document


def person_document(runtime: Runtime, person: Person) -> Document:
    """Return the document of a person: the record, location, health and goals."""
    health = person_health(runtime.registry, person)
    return (
        runtime.registry.document(PERSON, person)
        | health_document(health)
        | {
            "current_location_id": runtime.observer.home_of_person(person),
            "goals_progress": progress_summary(
                runtime.registry.goals_of(person.person_id), runtime.assessments.pace
            ),
        }
    )


def goal_document(runtime: Runtime, goal: Goal, *, private: bool = True) -> Document:
    """Return the document of a goal: the record, its assessment and its dependencies.

    `progress` is in percent, null where nothing is known. `dependents` depend on the goal;
    `cycle` are the goals that depend on each other through it; `critical_path` is the chain of
    goals that decides when it can be finished, itself last. Without `private`, values of metrics
    are left out if the owner's health values are private.
    """
    graph = runtime.assessments.graph
    assessment = runtime.assessments.get(goal.goal_id)
    document = runtime.registry.document(GOAL, goal)
    if not private and runtime.registry.is_private(goal):
        parts = cast("list[Document]", document["progress_metrics"])
        document["progress_metrics"] = [
            _without_values(part) if key_result.metric else part
            for key_result, part in zip(goal.progress_metrics, parts, strict=True)
        ]
    return document | {
        **(assessment_document(assessment) if assessment else {"progress": progress_of(goal)}),
        "critical_path": list(runtime.assessments.critical_path(goal.goal_id)),
        "dependents": list(graph.dependents(goal.goal_id)),
        "cycle": list(graph.cycle(goal.goal_id)),
    }


def _without_values(key_result: Document) -> Document:
    return {name: part for name, part in key_result.items() if name not in MEASURED}


def document_parts(kind: str) -> Mapping[str, Limits]:
    """Return the parts of the documents of a kind, with what each can be."""
    fields = {
        name: replace(
            RENDERED.get(name, limits_of(entry.parse)),
            nullable=not entry.required and entry.default is None,
        )
        for name, entry in KINDS[kind].fields.items()
    }
    return {**fields, **DERIVED[kind]}


def scalar_parts(kind: str) -> Mapping[str, Limits]:
    """Return the parts of the documents of a kind that are texts, numbers, true or false."""
    return {name: part for name, part in document_parts(kind).items() if part.type in SCALARS}


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
