"""The sensors of goals."""

from datetime import date
from typing import Any, Final, NamedTuple

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import PERCENTAGE

from ..engine.runtime import Runtime
from ..twin.goals.assessment import GoalAssessment
from ..twin.goals.goal import Goal, progress_of
from ..twin.goals.pace import Pace
from .entities import (
    Attributes,
    EntityGroup,
    TwinSensorDescription,
    capped_list,
    goal_assessment,
    goal_record,
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
