"""The rates of alarms and of found shifts hold on a small sample of simulated people."""

import pytest

from custom_components.digital_twin.twin.catalogue import CATALOGUE
from scripts.accuracy.bodies import BODIES
from scripts.accuracy.health import RESTING_SHIFT, alarms_a_month, found_shifts


def test_every_metric_of_the_catalogue_is_simulated() -> None:
    assert BODIES.keys() == CATALOGUE.keys()


@pytest.mark.parametrize("metric", ["weight", "steps", "exercise_time", "caffeine", "mood"])
def test_a_healthy_year_has_at_most_one_alarm_a_month(metric: str) -> None:
    assert alarms_a_month(metric, 3) <= 1


def test_a_pulse_is_usual_on_all_hours_of_days_with_exercise() -> None:
    assert alarms_a_month("heart_rate", 1) <= 1


def test_a_higher_resting_pulse_is_found_within_three_days() -> None:
    assert found_shifts("resting_heart_rate", 25, by=RESTING_SHIFT) >= 0.9
