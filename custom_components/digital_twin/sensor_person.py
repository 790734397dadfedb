"""The sensors of a person."""

from collections.abc import Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import PERCENTAGE
from homeassistant.core import HomeAssistant
from homeassistant.util.unit_system import US_CUSTOMARY_SYSTEM

from .descriptions import Attributes, TwinSensorDescription, person_record
from .engine.documents import owned_goals
from .engine.runtime import Runtime
from .engine.slices import metric_slice
from .lineup import Part
from .twin.enums import GoalStatus
from .twin.goal import Goal
from .twin.metrics import CATALOGUE, Metric
from .twin.progress import mean_progress
from .twin.readings import Reading


def _goals(runtime: Runtime, person_id: str) -> tuple[Goal, ...] | None:
    if person_record(runtime, person_id) is None:
        return None
    return tuple(owned_goals(runtime, person_id))


def _goals_by_status(goals: tuple[Goal, ...]) -> Attributes:
    return {status.slug: sum(goal.status is status for goal in goals) for status in GoalStatus}


GOALS_PROGRESS: Final = TwinSensorDescription[tuple[Goal, ...]](
    key="goals_progress",
    translation_key="goals_progress",
    native_unit_of_measurement=PERCENTAGE,
    state_class=SensorStateClass.MEASUREMENT,
    suggested_display_precision=0,
    slices=("goals_progress",),
    subject_fn=_goals,
    value_fn=mean_progress,
    attributes_fn=_goals_by_status,
)


def _reading(metric: str, runtime: Runtime, person_id: str) -> Reading | None:
    person = person_record(runtime, person_id)
    return person.health_metrics.get(metric) if person else None


def _provenance(reading: Reading) -> Attributes:
    return {"measured_at": reading.measured_at.isoformat(), "source": reading.source}


def _metric_sensor(metric: Metric, *, us_customary: bool) -> TwinSensorDescription[Reading]:
    us_unit = metric.suggested_unit_us if us_customary else None
    return TwinSensorDescription[Reading](
        key=metric.key,
        translation_key=metric.key,
        device_class=SensorDeviceClass(metric.device_class) if metric.device_class else None,
        native_unit_of_measurement=metric.unit,
        suggested_unit_of_measurement=us_unit or metric.suggested_unit,
        suggested_display_precision=metric.precision,
        state_class=SensorStateClass(metric.state_class),
        slices=(metric_slice("", metric.key).name,),
        subject_fn=partial(_reading, metric.key),
        value_fn=lambda reading: reading.value,
        attributes_fn=_provenance,
    )


def _metric_sensors(*, us_customary: bool) -> Mapping[str, TwinSensorDescription[Reading]]:
    return MappingProxyType(
        {
            key: _metric_sensor(metric, us_customary=us_customary)
            for key, metric in CATALOGUE.items()
        }
    )


METRICS: Final = _metric_sensors(us_customary=False)
METRICS_US: Final = _metric_sensors(us_customary=True)


def _sensors(
    hass: HomeAssistant, runtime: Runtime, person_id: str
) -> Iterable[TwinSensorDescription[Any]]:
    yield GOALS_PROGRESS
    person = person_record(runtime, person_id)
    sensors = METRICS_US if hass.config.units is US_CUSTOMARY_SYSTEM else METRICS
    for metric in person.health_metrics if person else ():
        if metric in sensors:
            yield sensors[metric]


PERSON_PART: Final = Part(descriptions_fn=_sensors, grows_with=("health_metrics",))
