from collections.abc import Mapping
from datetime import timedelta

import pytest

from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.metrics.health import PersonHealth
from custom_components.digital_twin.twin.metrics.history import MetricHistory
from custom_components.digital_twin.twin.metrics.level_days import LevelDay, Spread, TimedValue
from custom_components.digital_twin.twin.metrics.recording import (
    HealthEvent,
    HealthEventType,
    health_events,
    recorded_events,
)
from custom_components.digital_twin.twin.records.fields import PersonDay

from ..samples import NOW, person

UNUSUAL = HealthEventType.METRIC_UNUSUAL
USUAL = HealthEventType.METRIC_USUAL
RECORDED = HealthEventType.METRIC_RECORDED


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {}, []),
        ({"weight": ""}, {"weight": ""}, []),
        ({}, {"weight": ""}, []),
        ({}, {"weight": "high"}, [(UNUSUAL, "weight", {"direction": "high"})]),
        ({"weight": ""}, {"weight": "low"}, [(UNUSUAL, "weight", {"direction": "low"})]),
        ({"weight": "high"}, {"weight": "high"}, []),
        (
            {"weight": "high"},
            {"weight": "low"},
            [(UNUSUAL, "weight", {"direction": "low"})],
        ),
        ({"weight": "high"}, {"weight": ""}, [(USUAL, "weight", {})]),
        ({"weight": "high"}, {}, []),
        (
            {"weight": "high", "mood": ""},
            {"mood": "low"},
            [(UNUSUAL, "mood", {"direction": "low"})],
        ),
    ],
)
def test_a_difference_is_an_event(
    before: Mapping[str, str],
    after: Mapping[str, str],
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
            {
                day - back: LevelDay(value, 0, "x", Spread.of(TimedValue(0, value)))
                for back in range(20)
                for value in (39.5 if not back else 36.6,)
            }
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
    begun = health_events({}, now.directions())
    assert list(begun) == [HealthEvent(UNUSUAL, "body_temperature", {"direction": "high"})]
    assert later.stale_between(now.now, later.now) == ["body_temperature"]
    assert list(health_events(now.directions(), later.directions())) == []
