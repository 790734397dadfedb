"""The action `query`: over what the caller may read, with the refusals of the engine."""

from pathlib import Path
import re

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.common import ANNA, GOAL_ID, async_add_twins

from .conftest import Perform, Refuses

ACTIONS = Path(__file__).parents[3] / "docs" / "actions.md"
SECTION = ACTIONS.read_text(encoding="utf-8").partition("\n## query\n")[2].partition("\n## ")[0]
EXAMPLES = dict(re.findall(r"^\| ([^|`]+) \| `{1,2}(.+?)`{1,2} \|$", SECTION, re.MULTILINE))
ANSWERS = {
    "Which goals are behind?": ["Write"],
    "How far is each?": [
        {"code": "G01", "name": "Run", "progress": 35.3333},
        {"code": "G02", "name": "Read", "progress": None},
        {"code": "G03", "name": "Write", "progress": 20.1667},
        {"code": "G04", "name": "Move", "progress": 100},
    ],
    "What is due in 2026?": ["G03"],
    "The three that are furthest": ["Write", "Run", "Move"],
    "How many are there of each?": {"active": 1, "done": 1},
    "Which steps are open?": ["Draft", "Print"],
    "What stands in the way of what?": [{"goal": "Read", "waits_for": [GOAL_ID]}],
    "Who weighs what?": [{"name": "Anna", "weight": 71.4}],
    "Is anybody at home?": [{"home": "Home", "occupancy": None}],
    "Which devices are offline?": [],
}


@pytest.fixture
async def _more(hass: HomeAssistant, entry: MockConfigEntry, perform: Perform) -> None:
    """Add goals that are behind and completed, and a reading."""
    steps = [{"name": "Plan", "state": "done"}, "Draft", "Print"]
    await async_add_twins(
        hass,
        entry,
        "goal",
        {
            "30000000-0000-4000-8000-000000000003": {
                "goal_code": "G03",
                "name": "Write",
                "status": "active",
                "start_date": "2026-01-01",
                "target_date": "2026-07-01",
                "progress_metrics": [
                    {"name": "Steps", "items": steps},
                    {"name": "Pages", "kind": "accumulate", "target": 100, "current": 7},
                ],
            },
            "30000000-0000-4000-8000-000000000004": {
                "goal_code": "G04",
                "name": "Move",
                "status": "completed",
            },
        },
    )
    await perform("update_health_metrics", person=ANNA, weight=71.4)


@pytest.mark.freeze_time("2026-03-15 10:00:00+00:00")
@pytest.mark.usefixtures("_more")
@pytest.mark.parametrize("question", EXAMPLES)
async def test_the_examples_of_the_documentation_answer_their_questions(
    perform: Perform, question: str
) -> None:
    answer = await perform("query", expression=EXAMPLES[question])
    assert answer == {"result": ANSWERS[question]}


def test_the_documentation_has_ten_examples() -> None:
    assert EXAMPLES.keys() == ANSWERS.keys()


@pytest.mark.parametrize(
    ("data", "key", "field"),
    [
        ({}, "required_field", "expression"),
        ({"expression": ""}, "required_field", "expression"),
        ({"expression": {"weight": 71.4}}, "wrong_type_text_private", "expression"),
        ({"expression": "goals["}, "query_syntax", "expression"),
        ({"expression": "goals", "limit": 5}, "unknown_field", "limit"),
        ({"expression": "a" * 1_001}, "too_long", "expression"),
        ({"expression": "goals" + "|[@,@][]" * 30}, "query_too_costly", "expression"),
    ],
)
async def test_what_cannot_be_answered_is_refused(
    refuses: Refuses, data: dict[str, object], key: str, field: str
) -> None:
    await refuses(key, field, "query", **data)
