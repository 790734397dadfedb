"""Metrics by their names."""

import pytest

from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.metrics.household_metrics import means_another, metric_in


@pytest.mark.parametrize(
    ("name", "metric", "phrase"),
    [
        ("weight", "weight", "weight"),
        ("lean body mass", None, "lean body mass"),
        ("resting heart rate", "resting_heart_rate", "resting heart rate"),
        ("daily resting heart rate", "resting_heart_rate", "resting heart rate"),
        ("sleep score", "sleep_score", "sleep score"),
        ("pulse wave velocity", None, "pulse wave velocity"),
    ],
)
def test_the_longest_phrase_in_a_name_counts(name: str, metric: str | None, phrase: str) -> None:
    assert metric_in(tuple(name.split()), CATALOGUE) == (metric, tuple(phrase.split()))


def test_other_names_name_no_metric() -> None:
    assert metric_in(("colour",), CATALOGUE) is None
    assert metric_in((), CATALOGUE) is None


@pytest.mark.parametrize(
    ("name", "another"),
    [
        ("steps", False),
        ("yesterday steps", True),
        ("step goal", True),
        ("steps of the cat", True),
        ("weight", True),
        ("colour", False),
    ],
)
def test_a_further_name_may_say_that_it_is_another_value(name: str, another: bool) -> None:
    assert means_another(tuple(name.split()), "steps", ("steps",), CATALOGUE) is another
