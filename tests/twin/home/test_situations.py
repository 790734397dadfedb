"""What follows from a cause is told step by step."""

from datetime import UTC, date

import pytest

from custom_components.digital_twin.twin.home.situations import (
    CauseEffect,
    UnheardMetric,
    chain_text,
)
from custom_components.digital_twin.twin.values import Wording

TEXTS = {
    "chain": "{text} -> {step}",
    "chain_spoken": "{text}, so {step}",
    "chain_spoken_on": "{text}, and {step}",
    "metric_of_person": "{person}'s {metric}",
    "metric.weight": "Weight",
    "chain_metrics": "nothing of {metrics}",
    "chain_metrics_since": "nothing of {metrics} since {day}",
    "chain_goal": "{goals} is unreliable",
    "chain_goals": "{goals} are unreliable",
    "chain_unheard": "{goals} gets nothing",
    "chain_unheards": "{goals} get nothing",
    "chain_more": "{count} more",
    "and": "{first} and {last}",
    "date": "{day}.{month}",
    "month_2": "2",
}
WORDS = Wording(lambda key: TEXTS.get(key, ""), "en", date(2026, 3, 1), UTC)
WEIGHT = UnheardMetric("Anna", "weight", None, date(2026, 2, 20))
OWN = UnheardMetric("Jan", "grip", "grip", None)


@pytest.mark.parametrize(
    ("metrics", "goals", "expected"),
    [
        ([WEIGHT], ["G01"], "It is -> nothing of Anna's weight since 20.2 -> G01 is unreliable"),
        # What is still up to date has no day.
        ([WEIGHT, OWN], [], "It is -> nothing of Anna's weight and Jan's grip"),
        ([], ["G01", "G02", "G03"], "It is -> G01, G02 and G03 are unreliable"),
        (
            [],
            ["G01", "G02", "G03", "G04", "G05"],
            "It is -> G01, G02, G03 and 2 more are unreliable",
        ),
    ],
)
def test_a_chain_goes_from_the_cause_to_the_goals(
    metrics: list[UnheardMetric], goals: list[str], expected: str
) -> None:
    effect = CauseEffect(metrics, goals, is_felt=True)
    assert chain_text(WORDS, "It is.", effect) == expected
    spoken = expected.replace(" ->", ", so", 1).replace(" ->", ", and")
    assert chain_text(WORDS, "It is.", effect, spoken=True) == spoken


@pytest.mark.parametrize(
    ("goals", "expected"),
    [(["G01"], "It is -> G01 gets nothing"), (["G01", "G02"], "It is -> G01 and G02 get nothing")],
)
def test_nothing_is_unreliable_while_the_last_values_are_good(
    goals: list[str], expected: str
) -> None:
    assert chain_text(WORDS, "It is.", CauseEffect([], goals, is_felt=False)) == expected
