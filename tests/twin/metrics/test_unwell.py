"""Two days of low readiness and high resting pulse look like an illness; less does not."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import pytest

from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.metrics.health import (
    PersonHealth,
)
from custom_components.digital_twin.twin.metrics.history import MetricHistory
from custom_components.digital_twin.twin.metrics.level_days import LevelDay
from custom_components.digital_twin.twin.metrics.readiness import PULSE, SLEEP, VARIABILITY
from custom_components.digital_twin.twin.records.fields import PersonDay

from ..samples import ANNA, person

NOW = datetime(2026, 3, 29, 12, tzinfo=UTC)
TODAY = date(2026, 3, 29)
WELL = {SLEEP: 80.0, VARIABILITY: 50.0, PULSE: 55.0}
UNWELL = {SLEEP: 45.0, VARIABILITY: 30.0, PULSE: 66.0}


def health(*latest: Mapping[str, float] | None) -> PersonHealth:
    """Return the health after a month of well days and the latest ones, the last of them today."""
    first = TODAY.toordinal() - 30 - len(latest) + 1
    # A day is never quite as the one before.
    days = [{key: value + index % 3 for key, value in WELL.items()} for index in range(30)]
    histories = {
        key: MetricHistory(
            {
                first + index: LevelDay(day[key], 0, "x")
                for index, day in enumerate([*days, *latest])
                if day is not None and key in day
            }
        )
        for key in WELL
    }
    return PersonHealth(
        person=person(ANNA),
        days=PersonDay(UTC),
        histories=histories,
        catalogue=CATALOGUE,
        now=NOW,
    )


@pytest.mark.parametrize(
    ("latest", "days"),
    [
        ((WELL, WELL, WELL), None),
        ((WELL, WELL, UNWELL), None),
        ((WELL, UNWELL, UNWELL), 1),
        ((UNWELL, UNWELL, UNWELL), 2),
        # Today is not known yet.
        ((UNWELL, UNWELL, None), 2),
        ((UNWELL, UNWELL, WELL), 2),
        ((UNWELL, WELL, WELL), None),
        ((UNWELL, WELL, UNWELL), None),
        # A high pulse after a good night, and a bad night with the usual pulse.
        (({**WELL, PULSE: 66.0},) * 2, None),
        (({**UNWELL, PULSE: 55.0},) * 2, None),
        # Nothing is known of the sleep.
        (({VARIABILITY: 30.0, PULSE: 66.0},) * 2, None),
    ],
)
def test_two_days_are_needed(
    latest: tuple[Mapping[str, float] | None, ...], days: int | None
) -> None:
    since = None if days is None else TODAY - timedelta(days=days)
    assert health(*latest).unwell_since() == since


def test_without_a_baseline_nothing_is_said() -> None:
    nobody = PersonHealth(
        person=person(ANNA), days=PersonDay(UTC), histories={}, catalogue=CATALOGUE, now=NOW
    )
    assert nobody.unwell_since() is None
