"""The sensors of a person."""

from collections.abc import Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import PERCENTAGE, EntityCategory, UnitOfTime
from homeassistant.core import HomeAssistant
from homeassistant.util.unit_system import US_CUSTOMARY_SYSTEM

from ...engine.core.entity_ids import HOUSEHOLD, is_health_key
from ...engine.core.feed import CATALOGUE_CHANGED, DAY, metric_topic
from ...engine.core.store import GoalsOverview
from ...engine.runtime import Runtime
from ...twin.catalogue import CATALOGUE, Metric
from ...twin.people.health import WEIGHTS, MetricView, Readiness
from ...twin.people.person import Derived
from .base import Attributes, TwinSensorDescription, health_of, person_record
from .entity_sync import EntityGroup

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
    names: dict[str, Any] = {"key": metric.key, "translation_key": metric.key}
    if metric.name is not None:
        names = {
            "key": f"{HOUSEHOLD}{metric.key}",
            "name": metric.name,
            "icon": "mdi:counter" if metric.adds_up else "mdi:gauge",
        }
    return TwinSensorDescription[MetricView](
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
