from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.metrics.insight import Baseline
from custom_components.digital_twin.twin.metrics.readiness import (
    PULSE,
    SLEEP,
    VARIABILITY,
    WEIGHTS,
    ReadinessInput,
    readiness,
)

USUAL = {VARIABILITY: Baseline(50, 10 / 1.4826, 28), PULSE: Baseline(60, 4 / 1.4826, 28)}


def inputs(
    sleep: float | None, variability: float | None, pulse: float | None, days: int = 28
) -> list[ReadinessInput]:
    values = {SLEEP: sleep, VARIABILITY: variability, PULSE: pulse}
    return [
        ReadinessInput(
            metric=CATALOGUE[key],
            value=value,
            baseline=Baseline(usual.median, usual.mad, days) if (usual := USUAL.get(key)) else None,
        )
        for key, value in values.items()
    ]


@pytest.mark.parametrize(
    ("sleep", "variability", "pulse", "parts", "score"),
    [
        # All as usual: 0.4 * 80 + 0.35 * 75 + 0.25 * 75
        (80, 50, 60, (80, 75, 75), 77),
        # One standard deviation better each: 0.4 * 90 + 0.35 * 87.5 + 0.25 * 87.5
        (90, 60, 56, (90, 87.5, 87.5), 88),
        # Two worse each: 0.4 * 50 + 0.35 * 50 + 0.25 * 50
        (50, 30, 68, (50, 50, 50), 50),
        # No part is better than the best or worse than the worst.
        (100, 500, 20, (100, 100, 100), 100),
        (0, 0, 200, (0, 12.5, 0), 4),
    ],
)
def test_the_score_is_the_weighted_sum_of_its_parts(
    sleep: float, variability: float, pulse: float, parts: tuple[float, ...], score: int
) -> None:
    found = readiness(inputs(sleep, variability, pulse))
    assert tuple(part.score for part in found.parts.values()) == pytest.approx(parts)
    assert found.score == score
    assert found.missing == ()
    assert sum(WEIGHTS.values()) == 1


@pytest.mark.parametrize(
    ("given_inputs", "missing"),
    [
        (inputs(None, 50, 60), (SLEEP,)),
        (inputs(80, None, 60), (VARIABILITY,)),
        (inputs(80, 50, None), (PULSE,)),
        (inputs(80, 50, 60, days=13), (VARIABILITY, PULSE)),
        (inputs(None, None, None), (SLEEP, VARIABILITY, PULSE)),
    ],
)
def test_there_is_no_score_without_its_inputs(
    given_inputs: list[ReadinessInput], missing: tuple[str, ...]
) -> None:
    found = readiness(given_inputs)
    assert found.score is None
    assert found.missing == missing
    assert {*found.parts} == WEIGHTS.keys() - {*missing}


def test_without_a_baseline_a_part_is_missing() -> None:
    each = ReadinessInput(metric=CATALOGUE[PULSE], value=60, baseline=None)
    assert readiness([each]).missing == (SLEEP, VARIABILITY, PULSE)


@given(
    st.floats(min_value=0, max_value=100),
    st.floats(min_value=0, max_value=500),
    st.floats(min_value=15, max_value=220),
)
def test_the_score_is_a_percentage(sleep: float, variability: float, pulse: float) -> None:
    score = readiness(inputs(sleep, variability, pulse)).score
    assert score is not None
    assert 0 <= score <= 100
