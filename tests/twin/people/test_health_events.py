from collections.abc import Mapping
from datetime import timedelta

import pytest

from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.metrics.history import LevelDay, MetricHistory
from custom_components.digital_twin.twin.people.health import PersonHealth
from custom_components.digital_twin.twin.people.health_events import (
    HealthEvent,
    HealthEventType,
    HealthSnapshot,
    health_events,
    health_snapshot,
    recorded_events,
)
from custom_components.digital_twin.twin.records.person_day import PersonDay

from ..samples import NOW, person

UNUSUAL = HealthEventType.METRIC_UNUSUAL
USUAL = HealthEventType.METRIC_USUAL
STALE = HealthEventType.METRIC_STALE
RECORDED = HealthEventType.METRIC_RECORDED


def snapshot(fresh: str = "", **directions: str) -> HealthSnapshot:
    return HealthSnapshot(directions=directions, fresh=frozenset(fresh.split()))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (snapshot(), snapshot(), []),
        (snapshot(weight=""), snapshot(weight=""), []),
        (snapshot(), snapshot(weight=""), []),
        (snapshot(), snapshot(weight="high"), [(UNUSUAL, "weight", {"direction": "high"})]),
        (snapshot(weight=""), snapshot(weight="low"), [(UNUSUAL, "weight", {"direction": "low"})]),
        (snapshot(weight="high"), snapshot(weight="high"), []),
        (
            snapshot(weight="high"),
            snapshot(weight="low"),
            [(UNUSUAL, "weight", {"direction": "low"})],
        ),
        (snapshot(weight="high"), snapshot(weight=""), [(USUAL, "weight", {})]),
        (snapshot(weight="high"), snapshot(), []),
        (snapshot("weight mood"), snapshot("mood"), [(STALE, "weight", {})]),
        (snapshot("mood"), snapshot("weight mood"), []),
        (
            snapshot("weight", weight="high", mood=""),
            snapshot("", mood="low"),
            [(UNUSUAL, "mood", {"direction": "low"}), (STALE, "weight", {})],
        ),
    ],
)
def test_a_difference_is_an_event(
    before: HealthSnapshot,
    after: HealthSnapshot,
    expected: list[tuple[HealthEventType, str, Mapping[str, str | bool]]],
) -> None:
    assert list(health_events(before, after)) == [HealthEvent(*each) for each in expected]


def test_recorded_readings_are_events_without_their_values() -> None:
    units = {"weight": "kg", "steps": "steps"}
    assert list(recorded_events(units, ["weight"], ["steps", "gone"])) == [
        HealthEvent(RECORDED, "weight", {"unit": "kg", "late": False}),
        HealthEvent(RECORDED, "steps", {"unit": "steps", "late": True}),
        HealthEvent(RECORDED, "gone", {"unit": "", "late": True}),
    ]


def test_a_level_that_is_not_measured_again_becomes_stale() -> None:
    anna = person(health_metrics={"body_temperature": 36.6, "steps": 4000, "height": 170})
    day = NOW.date().toordinal()
    histories = {
        "body_temperature": MetricHistory(
            {day - back: LevelDay(39.5 if not back else 36.6, 0, "x") for back in range(20)}
        )
    }
    now = PersonHealth(
        person=anna,
        days=PersonDay(NOW.tzinfo),  # type: ignore[arg-type]  # NOW is aware
        histories=histories,
        catalogue=CATALOGUE,
        now=NOW,
    )
    later = PersonHealth(
        person=anna,
        days=now.days,
        histories=histories,
        catalogue=CATALOGUE,
        now=NOW + timedelta(hours=13),
    )
    begun = health_events(snapshot(), health_snapshot(now))
    assert list(begun) == [HealthEvent(UNUSUAL, "body_temperature", {"direction": "high"})]
    ended = health_events(health_snapshot(now), health_snapshot(later))
    assert list(ended) == [HealthEvent(STALE, "body_temperature", {})]
