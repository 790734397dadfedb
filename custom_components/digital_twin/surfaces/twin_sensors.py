"""The sensors of goals and persons."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import partial
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import PERCENTAGE, EntityCategory, UnitOfTime
from homeassistant.core import HomeAssistant
from homeassistant.util.unit_system import US_CUSTOMARY_SYSTEM

from ..engine.briefings import ShownStep, shown_step
from ..engine.core.entity_ids import HOUSEHOLD, is_health_key, metric_entity_key
from ..engine.core.feed import CATALOGUE_CHANGED, DAY, metric_topic
from ..engine.core.store import GoalsOverview
from ..engine.runtime import Runtime
from ..twin.catalogue import CATALOGUE, Metric
from ..twin.goals.assessment import GoalAssessment
from ..twin.goals.goal import Goal, progress_of
from ..twin.goals.pace import Pace
from ..twin.metrics.health import WEIGHTS, MetricView, Readiness
from ..twin.metrics.person import Derived
from .entities import (
    Attributes,
    EntityGroup,
    TwinSensorDescription,
    capped_list,
    goal_assessment,
    goal_record,
    health_of,
    person_record,
)

# The codes of so many goals that are in the way fit into the attributes.
MAX_BLOCKERS: Final = 10


def _progress(goal: Goal) -> float | None:
    return progress_of(goal)


def _key_results(goal: Goal) -> Attributes:
    known = [key_result.progress is not None for key_result in goal.progress_metrics]
    return {"key_results": len(known), "key_results_measured": sum(known)}


class _Judged(NamedTuple):
    """How a goal stands, with the codes of the goals that are in its way."""

    assessment: GoalAssessment
    codes: dict[str, str]


def _judged(runtime: Runtime, goal_id: str) -> _Judged | None:
    assessment = goal_assessment(runtime, goal_id)
    if assessment is None:
        return None
    goals = runtime.registry.goals
    ids = (*assessment.blocked_by, *(late.goal_id for late in assessment.late_dependencies))
    return _Judged(assessment, {key: goals[key].goal_code for key in ids if key in goals})


def _pace(judged: _Judged) -> str | None:
    pace = judged.assessment.pace
    return pace.slug if pace else None


def _reason(judged: _Judged) -> Attributes:
    """Say why; what the reason names besides what is here anyway is the day `since` when."""
    assessment, codes = judged
    said = assessment.reason.placeholders
    late = (
        {"goal": codes.get(one.goal_id), "finish": one.finish.isoformat()}
        for one in assessment.late_dependencies
    )
    return {
        "reason": assessment.reason.key,
        "since": said.get("since") or said.get("day"),
        "planned_progress": assessment.planned,
        "slack_days": assessment.slack_days,
        "needed_per_week": assessment.needed_per_week,
        "blocked_by": [codes[key] for key in assessment.blocked_by if key in codes][:MAX_BLOCKERS],
        **capped_list("late_dependencies", late),
    }


def _why(runtime: Runtime, goal_id: str) -> str | None:
    return runtime.assessments.why(goal_id)


def _as_it_is(text: str) -> str:
    return text


def _finish(assessment: GoalAssessment) -> date | None:
    return assessment.forecast.finish


def _outlook(assessment: GoalAssessment) -> Attributes:
    foretold = assessment.forecast
    return {
        "outlook": foretold.state.slug,
        "early": foretold.early.isoformat() if foretold.early else None,
        "late": foretold.late.isoformat() if foretold.late else None,
        "per_week": foretold.per_week,
        "wide": foretold.is_wide,
    }


def _milestone_day(assessment: GoalAssessment) -> date | None:
    return assessment.next_milestone.date if assessment.next_milestone else None


def _milestone(assessment: GoalAssessment) -> Attributes:
    milestone = assessment.next_milestone
    return {
        "milestone": milestone.name if milestone else None,
        "progress": milestone.progress if milestone else None,
    }


SENSORS: Final[tuple[TwinSensorDescription[Any], ...]] = (
    TwinSensorDescription[Goal](
        key="progress",
        translation_key="progress",
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        topics=("progress", "progress_metrics"),
        subject_fn=goal_record,
        value_fn=_progress,
        attributes_fn=_key_results,
    ),
    TwinSensorDescription[_Judged](
        key="pace",
        translation_key="pace",
        device_class=SensorDeviceClass.ENUM,
        options=Pace.slugs(),
        topics=("pace",),
        subject_fn=_judged,
        value_fn=_pace,
        attributes_fn=_reason,
    ),
    TwinSensorDescription[str](
        key="why",
        translation_key="pace_reason",
        topics=("pace",),
        subject_fn=_why,
        value_fn=_as_it_is,
    ),
    TwinSensorDescription[GoalAssessment](
        key="forecast",
        translation_key="forecast",
        device_class=SensorDeviceClass.DATE,
        topics=("forecast",),
        subject_fn=goal_assessment,
        value_fn=_finish,
        attributes_fn=_outlook,
    ),
    TwinSensorDescription[GoalAssessment](
        key="next_milestone",
        translation_key="next_milestone",
        device_class=SensorDeviceClass.DATE,
        topics=("next_milestone",),
        subject_fn=goal_assessment,
        value_fn=_milestone_day,
        attributes_fn=_milestone,
    ),
)

GOAL_GROUP: Final = EntityGroup(descriptions_fn=lambda _hass, _runtime, _goal_id: SENSORS)


KCAL_PER_DAY: Final = "kcal/d"


def metric_topics(metrics: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the topics of health metrics."""
    return tuple(metric_topic("", metric).name for metric in metrics)


def _goals_overview(runtime: Runtime, person_id: str) -> GoalsOverview | None:
    if person_record(runtime, person_id) is None:
        return None
    return runtime.registry.goals_overview(person_id)


GOALS_PROGRESS: Final = TwinSensorDescription[GoalsOverview](
    key="goals_progress",
    translation_key="goals_progress",
    native_unit_of_measurement=PERCENTAGE,
    state_class=SensorStateClass.MEASUREMENT,
    suggested_display_precision=0,
    topics=("goals_progress",),
    subject_fn=_goals_overview,
    value_fn=lambda overview: overview.mean_progress,
    attributes_fn=lambda overview: {
        status.slug: number for status, number in overview.counts.items()
    },
)


def _metric_view(metric: str, runtime: Runtime, person_id: str) -> MetricView | None:
    health = health_of(runtime, person_id)
    return None if health is None else health.metric(metric)


def _metric_attributes(view: MetricView) -> Attributes:
    """Return source, time, freshness and trend of a value."""
    return {
        **({"last_reset": view.since.isoformat()} if view.since else {}),
        "measured_at": view.reading.measured_at.isoformat(),
        "source": view.reading.source,
        "fresh": view.fresh,
        "mean_7_days": view.insight.mean_7_days,
        "trend_per_week": view.insight.trend_per_week,
    }


def _metric_sensor(metric: Metric, *, us_customary: bool) -> TwinSensorDescription[MetricView]:
    # Without a state class: the daily statistics of the metric are its only ones.
    us_unit = metric.suggested_unit_us if us_customary else None
    names: dict[str, Any] = {"translation_key": metric.key}
    if metric.name is not None:
        icon = "mdi:counter" if metric.adds_up else "mdi:gauge"
        names = {"name": metric.name, "icon": icon}
    return TwinSensorDescription[MetricView](
        key=metric_entity_key(metric),
        **names,
        device_class=SensorDeviceClass(metric.device_class) if metric.device_class else None,
        native_unit_of_measurement=metric.unit,
        suggested_unit_of_measurement=us_unit or metric.suggested_unit,
        suggested_display_precision=metric.precision,
        topics=metric_topics((metric.key,)),
        subject_fn=partial(_metric_view, metric.key),
        value_fn=lambda view: view.value,
        attributes_fn=_metric_attributes,
        levels=("mean_7_days",),
        changes=("trend_per_week",),
    )


def _metric_sensors(*, us_customary: bool) -> Mapping[str, TwinSensorDescription[MetricView]]:
    return MappingProxyType(
        {
            key: _metric_sensor(metric, us_customary=us_customary)
            for key, metric in CATALOGUE.items()
        }
    )


METRICS: Final = _metric_sensors(us_customary=False)
METRICS_US: Final = _metric_sensors(us_customary=True)


def _readiness(runtime: Runtime, person_id: str) -> Readiness | None:
    health = health_of(runtime, person_id)
    return None if health is None else health.readiness()


# Attributes with the parts of the readiness score, each from 0 to 100.
PARTS: Final = tuple(f"{key}_part" for key in WEIGHTS)


def _parts(readiness: Readiness) -> Attributes:
    scores = {f"{key}_part": part.score for key, part in readiness.parts.items()}
    return {**dict.fromkeys(PARTS), **scores, "missing": list(readiness.missing)}


READINESS: Final = TwinSensorDescription[Readiness](
    key="readiness",
    translation_key="readiness",
    native_unit_of_measurement=PERCENTAGE,
    state_class=SensorStateClass.MEASUREMENT,
    suggested_display_precision=0,
    topics=(*metric_topics(WEIGHTS), DAY),
    subject_fn=_readiness,
    value_fn=lambda readiness: readiness.score,
    attributes_fn=_parts,
)


def _derived(runtime: Runtime, person_id: str) -> Derived | None:
    health = health_of(runtime, person_id)
    return None if health is None else health.derived()


_OF_AGE: Final = ("date_of_birth", DAY)
_OF_BMI: Final = (*_OF_AGE, *metric_topics(("weight", "height")))
_OF_BMR: Final = (*_OF_BMI, "gender")

NEXT_STEP: Final = TwinSensorDescription[ShownStep](
    key="next_step",
    translation_key="next_step",
    topics=("next_step", "health_entities", *READINESS.topics),
    subject_fn=shown_step,
    value_fn=lambda shown: shown.text,
    attributes_fn=lambda shown: shown.attributes,
)

DERIVED: Final = (
    TwinSensorDescription[Derived](
        key="age",
        translation_key="age",
        native_unit_of_measurement=UnitOfTime.YEARS,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        topics=_OF_AGE,
        subject_fn=_derived,
        value_fn=lambda derived: derived.age,
    ),
    TwinSensorDescription[Derived](
        key="bmi",
        translation_key="bmi",
        native_unit_of_measurement="kg/m²",
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
        topics=_OF_BMI,
        subject_fn=_derived,
        value_fn=lambda derived: derived.bmi,
    ),
    TwinSensorDescription[Derived](
        key="bmr",
        translation_key="bmr",
        native_unit_of_measurement=KCAL_PER_DAY,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        topics=_OF_BMR,
        subject_fn=_derived,
        value_fn=lambda derived: derived.bmr,
    ),
    TwinSensorDescription[Derived](
        key="daily_energy_need",
        translation_key="daily_energy_need",
        native_unit_of_measurement=KCAL_PER_DAY,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        topics=(*_OF_BMR, "activity_level"),
        subject_fn=_derived,
        value_fn=lambda derived: derived.daily_energy_need,
    ),
)


def _sensors(
    hass: HomeAssistant, runtime: Runtime, person_id: str
) -> Iterable[TwinSensorDescription[Any]]:
    yield GOALS_PROGRESS
    yield NEXT_STEP
    health = health_of(runtime, person_id)
    if health is None or not health.person.health_entities:
        return
    us_customary = hass.config.units is US_CUSTOMARY_SYSTEM
    sensors = METRICS_US if us_customary else METRICS
    known = health.person.health_metrics.keys() & health.catalogue.keys()
    for key, metric in health.catalogue.items():
        if key in known:
            yield sensors.get(key) or _metric_sensor(metric, us_customary=us_customary)
    if known >= WEIGHTS.keys():
        yield READINESS
    facts = health.derived()
    for description in DERIVED:
        if description.value_fn(facts) is not None:
            yield description


def _is_stale(_hass: HomeAssistant, runtime: Runtime, person_id: str, key: str) -> bool:
    """Return whether a sensor is of a private health value or of a deleted metric."""
    own = key.removeprefix(HOUSEHOLD) if key.startswith(HOUSEHOLD) else None
    person = person_record(runtime, person_id)
    if person is not None and not person.health_entities:
        return is_health_key(key)
    return own is not None and own not in runtime.registry.catalogue


# Slices that decide which health sensors a person has.
GROWS_WITH: Final = (
    "health_metrics",
    "health_entities",
    "date_of_birth",
    "gender",
    "activity_level",
    DAY,
)

PERSON_GROUP: Final = EntityGroup(
    descriptions_fn=_sensors,
    grows_with=GROWS_WITH,
    grows_with_all=(CATALOGUE_CHANGED.name,),
    is_stale=_is_stale,
)
