"""The sensors of persons."""

from collections.abc import Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import PERCENTAGE, EntityCategory, UnitOfTime
from homeassistant.core import HomeAssistant
from homeassistant.util.unit_system import US_CUSTOMARY_SYSTEM

from ..engine.briefings import ShownStep, shown_step
from ..engine.core.entity_ids import LEVEL, TREND, is_health_key, metric_entity_key
from ..engine.core.feed import CATALOGUE_CHANGED, DAY, metric_topic
from ..engine.core.store import GoalsOverview
from ..engine.health.disclosed import is_disclosed, metric_of_key
from ..engine.health.sources import metric_label
from ..engine.runtime import Runtime
from ..twin.catalogue import CATALOGUE, Metric
from ..twin.metrics.consent import DISCLOSED_BY
from ..twin.metrics.health import MetricView, PersonHealth
from ..twin.metrics.insight import BANDS, TRENDS
from ..twin.metrics.person import Derived
from ..twin.metrics.readiness import WEIGHTS, Readiness
from .entities import (
    Attributes,
    EntityGroup,
    TwinSensorDescription,
    health_of,
    person_record,
)

# The names of sensors that tell only the band or the trend of a metric.
TOLD_NAMES: Final = MappingProxyType({LEVEL: "metric_level", TREND: "metric_trend"})

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
    topics=("next_step", *DISCLOSED_BY, *READINESS.topics),
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
    if health is None:
        return
    for description in _health_sensors(hass, health):
        if is_disclosed(health.person, description.key):
            yield description


def _health_sensors(
    hass: HomeAssistant, health: PersonHealth
) -> Iterable[TwinSensorDescription[Any]]:
    """Describe all sensors of the health of a person, whoever may see them."""
    us_customary = hass.config.units is US_CUSTOMARY_SYSTEM
    sensors = METRICS_US if us_customary else METRICS
    known = health.person.health_metrics.keys() & health.catalogue.keys()
    for key, metric in health.catalogue.items():
        if key in known:
            yield sensors.get(key) or _metric_sensor(metric, us_customary=us_customary)
            label = metric_label(hass, key, metric)
            yield from (told_sensor(prefix, metric, label) for prefix in TOLD_NAMES)
    if known >= WEIGHTS.keys():
        yield READINESS
    facts = health.derived()
    for description in DERIVED:
        if description.value_fn(facts) is not None:
            yield description


def _band(view: MetricView) -> str | None:
    return view.insight.band


def _trend(view: MetricView) -> str | None:
    return view.insight.trend(view.metric)


def told_sensor(prefix: str, metric: Metric, label: str) -> TwinSensorDescription[MetricView]:
    """Describe a sensor that stands for a metric whose value the household may not know."""
    is_level = prefix == LEVEL
    return TwinSensorDescription[MetricView](
        key=f"{prefix}{metric_entity_key(metric)}",
        translation_key=TOLD_NAMES[prefix],
        translation_placeholders={"metric": label},
        device_class=SensorDeviceClass.ENUM,
        options=[*(BANDS if is_level else TRENDS)],
        topics=(*metric_topics((metric.key,)), DAY),
        subject_fn=partial(_metric_view, metric.key),
        value_fn=_band if is_level else _trend,
        attributes_fn=lambda view: {"day": view.day.isoformat(), "fresh": view.fresh},
    )


def _is_stale(_hass: HomeAssistant, runtime: Runtime, person_id: str, key: str) -> bool:
    """Return whether a sensor tells more of health than it may, or is of a deleted metric."""
    person = person_record(runtime, person_id)
    if person is not None and is_health_key(key) and not is_disclosed(person, key):
        return True
    found = metric_of_key(key)
    return found is not None and found[1] not in runtime.registry.catalogue


# Slices that decide which health sensors a person has.
GROWS_WITH: Final = (
    "health_metrics",
    *DISCLOSED_BY,
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
