"""Events of a person's health metrics: recorded, unusual, usual again, stale."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ..enums import TwinEnum
from ..metrics.insight import HIGH, LOW


class HealthEventType(TwinEnum):
    """The types of health events."""

    METRIC_RECORDED = "metric_recorded"
    METRIC_UNUSUAL = "metric_unusual"
    METRIC_USUAL = "metric_usual"
    METRIC_STALE = "metric_stale"


class HealthEvent(NamedTuple):
    """An event of one metric; details are slugs, units and flags, never values."""

    kind: HealthEventType
    metric: str
    details: Mapping[str, str | bool]


def health_events(before: Mapping[str, str], after: Mapping[str, str]) -> Iterable[HealthEvent]:
    """Return the events between two `PersonHealth.directions`.

    `metric_unusual` also if the direction turned. A metric that cannot be judged any more, because
    its value became stale or its history too short, is neither unusual nor usual.
    """
    for metric, direction in after.items():
        old = before.get(metric)
        if direction in (HIGH, LOW) and old != direction:
            yield HealthEvent(HealthEventType.METRIC_UNUSUAL, metric, {"direction": direction})
        elif direction not in (HIGH, LOW) and old in (HIGH, LOW):
            yield HealthEvent(HealthEventType.METRIC_USUAL, metric, {})


def recorded_events(
    units: Mapping[str, str], accepted: Iterable[str], late: Iterable[str]
) -> Iterable[HealthEvent]:
    """Return the events of recorded readings: metrics that were `accepted`, and `late` ones.

    `units` has the units by metric; see `RecordedReadings` for the others.
    """
    for metrics, is_late in ((accepted, False), (late, True)):
        for metric in metrics:
            details: dict[str, str | bool] = {"unit": units.get(metric, ""), "late": is_late}
            yield HealthEvent(HealthEventType.METRIC_RECORDED, metric, details)
