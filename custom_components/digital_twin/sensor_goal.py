"""The sensors of a goal."""

from datetime import date
from typing import Any, Final, NamedTuple

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import PERCENTAGE

from .descriptions import (
    Attributes,
    TwinSensorDescription,
    capped_list,
    goal_record,
    goal_standing,
)
from .engine.runtime import Runtime
from .lineup import Part
from .twin.goal import Goal
from .twin.pace import Pace
from .twin.progress import key_result_progress, progress_of
from .twin.standing import Standing

# The codes of so many goals that are in the way fit into the attributes.
MAX_BLOCKERS: Final = 10


def _progress(goal: Goal) -> float | None:
    return progress_of(goal)


def _key_results(goal: Goal) -> Attributes:
    known = [key_result_progress(key_result) is not None for key_result in goal.progress_metrics]
    return {"key_results": len(known), "key_results_measured": sum(known)}


class _Judged(NamedTuple):
    """How a goal stands, with the codes of the goals that are in its way."""

    standing: Standing
    codes: dict[str, str]


def _judged(runtime: Runtime, goal_id: str) -> _Judged | None:
    standing = goal_standing(runtime, goal_id)
    if standing is None:
        return None
    goals = runtime.registry.goals
    ids = (*standing.blocked_by, *(late.goal_id for late in standing.late_dependencies))
    return _Judged(standing, {key: goals[key].goal_code for key in ids if key in goals})


def _pace(judged: _Judged) -> str | None:
    pace = judged.standing.pace
    return pace.slug if pace else None


def _reason(judged: _Judged) -> Attributes:
    """Say why; what the reason names besides what is here anyway is the day `since` when."""
    standing, codes = judged
    said = standing.reason.placeholders
    late = (
        {"goal": codes.get(one.goal_id), "finish": one.finish.isoformat()}
        for one in standing.late_dependencies
    )
    return {
        "reason": standing.reason.key,
        "since": said.get("since") or said.get("day"),
        "planned_progress": standing.planned,
        "slack_days": standing.slack_days,
        "needed_per_week": standing.needed_per_week,
        "blocked_by": [codes[key] for key in standing.blocked_by if key in codes][:MAX_BLOCKERS],
        **capped_list("late_dependencies", late),
    }


def _finish(standing: Standing) -> date | None:
    return standing.forecast.finish


def _outlook(standing: Standing) -> Attributes:
    foretold = standing.forecast
    return {
        "outlook": foretold.state.slug,
        "early": foretold.early.isoformat() if foretold.early else None,
        "late": foretold.late.isoformat() if foretold.late else None,
        "per_week": foretold.per_week,
    }


def _milestone_day(standing: Standing) -> date | None:
    return standing.next_milestone.date if standing.next_milestone else None


def _milestone(standing: Standing) -> Attributes:
    milestone = standing.next_milestone
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
        slices=("progress", "progress_metrics"),
        subject_fn=goal_record,
        value_fn=_progress,
        attributes_fn=_key_results,
    ),
    TwinSensorDescription[_Judged](
        key="pace",
        translation_key="pace",
        device_class=SensorDeviceClass.ENUM,
        options=Pace.slugs(),
        slices=("pace",),
        subject_fn=_judged,
        value_fn=_pace,
        attributes_fn=_reason,
    ),
    TwinSensorDescription[Standing](
        key="forecast",
        translation_key="forecast",
        device_class=SensorDeviceClass.DATE,
        slices=("forecast",),
        subject_fn=goal_standing,
        value_fn=_finish,
        attributes_fn=_outlook,
    ),
    TwinSensorDescription[Standing](
        key="next_milestone",
        translation_key="next_milestone",
        device_class=SensorDeviceClass.DATE,
        slices=("next_milestone",),
        subject_fn=goal_standing,
        value_fn=_milestone_day,
        attributes_fn=_milestone,
    ),
)

GOAL_PART: Final = Part(descriptions_fn=lambda _hass, _runtime, _goal_id: SENSORS)
