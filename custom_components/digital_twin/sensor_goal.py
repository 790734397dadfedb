"""The sensors of a goal."""

from typing import Final

from homeassistant.components.sensor import SensorStateClass
from homeassistant.const import PERCENTAGE

from .descriptions import Attributes, TwinSensorDescription, goal_record
from .lineup import Part
from .twin.goal import Goal
from .twin.progress import key_result_progress, progress_of


def _progress(goal: Goal) -> float | None:
    return progress_of(goal)


def _key_results(goal: Goal) -> Attributes:
    known = [key_result_progress(key_result) is not None for key_result in goal.progress_metrics]
    return {"key_results": len(known), "key_results_measured": sum(known)}


SENSORS: Final = (
    TwinSensorDescription[Goal](
        key="progress",
        translation_key="progress",
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        slices=("progress", "progress_metrics"),
        subject_fn=goal_record,
        value_fn=_progress,
        attributes_fn=_key_results,
    ),
)

GOAL_PART: Final = Part(descriptions_fn=lambda _hass, _runtime, _goal_id: SENSORS)
