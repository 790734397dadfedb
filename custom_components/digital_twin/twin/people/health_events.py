"""Events of a person's health metrics: recorded, unusual, usual again, stale."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ..enums import TwinEnum
from ..metrics.insight import HIGH, LOW
from .health import PersonHealth


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


@dataclass(frozen=True, kw_only=True, slots=True)
class HealthSnapshot:
    """The facts of which a change is an event.

    `directions`: where the latest values are that can be judged; see `PersonHealth.directions`.
    `fresh`: the levels that are fresh.
    """

    directions: Mapping[str, str]
    fresh: frozenset[str]


def health_snapshot(health: PersonHealth) -> HealthSnapshot:
    """Return the facts of a person at the moment of `health`."""
    return HealthSnapshot(directions=health.directions(), fresh=health.fresh_levels())


def health_events(before: HealthSnapshot, after: HealthSnapshot) -> Iterable[HealthEvent]:
    """Return what changed between two moments.

    `metric_unusual` also if the direction turned. A metric that cannot be judged any more, because
    its value became stale or its history too short, is neither unusual nor usual.
    """
    for metric, direction in after.directions.items():
        old = before.directions.get(metric)
        if direction in (HIGH, LOW) and old != direction:
            yield HealthEvent(HealthEventType.METRIC_UNUSUAL, metric, {"direction": direction})
        elif direction not in (HIGH, LOW) and old in (HIGH, LOW):
            yield HealthEvent(HealthEventType.METRIC_USUAL, metric, {})
    for metric in sorted(before.fresh - after.fresh):
        yield HealthEvent(HealthEventType.METRIC_STALE, metric, {})


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
