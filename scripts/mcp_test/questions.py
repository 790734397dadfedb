"""Twenty questions that people ask an assistant, and what of the answer must be in the data.

They are about the household of `household.py`. tests/test_llm.py asks them, too.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

# The members by which an element of a list is found.
NAMES = ("name", "place", "metric", "code", "cause")


class Question(NamedTuple):
    """A question, the tool with the arguments that answers it, and parts of the answer by path."""

    text: str
    tool: str
    arguments: Mapping[str, str]
    expected: Mapping[str, object]


def differences(answer: object, expected: Mapping[str, object]) -> list[str]:
    """Say which of the expected parts, by path, an answer has otherwise."""
    return [
        f"{path} is {found!r} instead of {wanted!r}"
        for path, wanted in expected.items()
        if (found := part(answer, path)) != wanted
    ]


def part(document: Any, path: str) -> Any:  # noqa: ANN401  # JSON of any shape
    """Return a part of a document by names and positions with dots between them.

    An element of a list has the position or the name. None where there is no such part.
    """
    for name in path.split("."):
        if isinstance(document, list):
            document = next(_elements(document, name), None)
        else:
            document = document.get(name) if isinstance(document, Mapping) else None
    return document


def _elements(elements: list[Any], name: str) -> Iterator[Any]:
    for position, element in enumerate(elements):
        names = [element.get(key) for key in NAMES] if isinstance(element, Mapping) else []
        if name in (str(position), *names):
            yield element


def questions(today: date) -> list[Question]:
    """Return what Anna asks on a day; all is as `household.py` has made it."""
    in_four_days = today + timedelta(days=4)
    return [
        Question(
            "How did I sleep compared to last month?",
            "get_person",
            {"metric": "sleep_duration"},
            {"mean_last_30_days": 6.67, "mean_30_days_before": 7.5, "unit": "h"},
        ),
        Question(
            "How long did I sleep last night?",
            "get_person",
            {"metric": "sleep_duration"},
            {"value": 6.67, "day": today.isoformat()},
        ),
        Question(
            "What do I weigh?",
            "get_person",
            {"metric": "weight"},
            {"value": 71.4, "unit": "kg"},
        ),
        Question(
            "What was my weight yesterday?",
            "get_person",
            {"metric": "weight"},
            {"last_days": {today.isoformat(): 71.4}},
        ),
        Question(
            "How am I doing?",
            "get_person",
            {},
            {"name": "Anna", "metrics.sleep_duration.value": 6.67, "metrics.weight.value": 71.4},
        ),
        Question("Which goals are mine?", "get_person", {}, {"goals.0.code": "G03"}),
        Question(
            "Which battery is next?",
            "get_home",
            {},
            {"homes.0.batteries.0": {"name": "Bedroom climate", "level": 12, "low": True}},
        ),
        Question(
            "Why is the house degraded?",
            "get_home",
            {"home": "lipowa 7"},
            {"homes.0.status": "Alert", "homes.0.causes.0.cause": "moisture"},
        ),
        Question("Is somebody at home?", "get_home", {}, {"homes.0.occupancy": "Occupied"}),
        Question(
            "How warm is it in the kitchen?",
            "get_home",
            {},
            {"homes.0.climate.Kitchen.temperature": "22.1 °C"},
        ),
        Question(
            "What should I do today for G03?",
            "get_goals",
            {"goal": "G03"},
            {"to_do.0": f"Write an essay (due {in_four_days})", "pace": "at_risk"},
        ),
        Question(
            "How is my goal Norwegian?",
            "get_goals",
            {"goal": "norwegian"},
            {"progress": "18%", "code": "G03"},
        ),
        Question(
            "When will Norwegian be finished?",
            "get_goals",
            {"goal": "Norwegian"},
            {"target_date": (today + timedelta(days=106)).isoformat()},
        ),
        Question(
            "What is Savings waiting for?",
            "get_goals",
            {"goal": "g05"},
            {"blocked_by": ["G03 Norwegian"]},
        ),
        Question(
            "Who waits for Norwegian?",
            "get_goals",
            {"goal": "G03"},
            {"others_wait.0": "G05 Savings"},
        ),
        Question(
            "How many words have I learned?",
            "get_goals",
            {"goal": "G03"},
            {"key_results.Words.current": 100, "key_results.Words.target": 3000},
        ),
        Question(
            "Which goals are there?",
            "get_goals",
            {},
            {"goals.0.code": "G03", "goals.1.code": "G05"},
        ),
        Question("Which goals are done?", "get_goals", {"status": "completed"}, {"goals": []}),
        Question(
            "What needs my attention?",
            "get_overview",
            {},
            {"goals_need_attention.0.code": "G03", "homes.0.status": "Alert"},
        ),
        Question(
            "How much have we saved?",
            "get_goals",
            {"goal": "Savings"},
            {"key_results.Saved.current": 300, "key_results.Saved.unit": "PLN"},
        ),
    ]
