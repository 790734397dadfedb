"""scripts/mcp: what it looks at would be found if it were wrong."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.llm import MOST_BYTES, TOOLS
from scripts.mcp_test.household import zone_with_noon
from scripts.mcp_test.judgement import (
    MOST_DESCRIBED,
    problems_of_answer,
    problems_of_privacy,
    problems_of_refusal,
    problems_of_tools,
)
from scripts.mcp_test.questions import differences, questions


def listed() -> list[dict[str, Any]]:
    """Return the tools as a client gets them, with one of Home Assistant's own."""
    return [
        *(
            {
                "name": f"{DOMAIN}__{spec.name}",
                "title": spec.title,
                "description": spec.description,
                "annotations": {
                    "readOnlyHint": not spec.writes,
                    "destructiveHint": False,
                    "idempotentHint": not spec.writes,
                    "openWorldHint": False,
                },
                "inputSchema": {"properties": {"one": {"type": "string", "description": "One"}}},
            }
            for spec in TOOLS
        ),
        {"name": "homeassistant__GetLiveContext"},
    ]


def test_tools_as_they_should_be_are_no_problem() -> None:
    assert [*problems_of_tools(listed())] == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda tools: tools.pop(0), "instead of one of each"),
        (lambda tools: tools.append({**tools[0], "name": f"a__{tools[0]['name']}"}), "instead"),
        (lambda tools: tools.append(tools[0]), "instead of one of each"),
        (lambda tools: tools[0].pop("title"), "has no title"),
        (lambda tools: tools[0].update(description=""), "no description"),
        (lambda tools: tools[0].pop("annotations"), "has the annotations None"),
        (lambda tools: tools[0]["annotations"].update(readOnlyHint=False), "has the annotations"),
        (lambda tools: tools[0]["inputSchema"]["properties"].update(two={}), "field without a"),
        (lambda tools: tools[0].update(description="x" * MOST_DESCRIBED), "are described in"),
    ],
)
def test_what_is_wrong_with_tools_is_found(change: Any, expected: str) -> None:  # noqa: ANN401
    tools = listed()
    change(tools)
    assert expected in "\n".join(problems_of_tools(tools))


def test_a_long_answer_is_found() -> None:
    assert [*problems_of_answer("x" * MOST_BYTES)] == []
    assert len([*problems_of_answer("ż" * (MOST_BYTES // 2 + 1))]) == 1


@pytest.mark.parametrize(
    "data",
    [{"value": 71.4}, {"error": "It cannot be 71.4 kg"}, {"last_days": {"2026-03-16": 71.40}}],
)
def test_a_value_that_must_not_be_told_is_found(data: dict[str, object]) -> None:
    assert [*problems_of_privacy(data, (71.4, 6.67))] == ["the answer tells [71.4]"]
    assert [*problems_of_privacy(data, (71.5,))] == []


@pytest.mark.parametrize(
    "data",
    [
        {"error": "own_person_only"},
        {"error": ""},
        {"error": "Only you may know that.", "value": 5},
        {"name": "Anna is not here"},
        {},
    ],
)
def test_a_refusal_that_is_no_sentence_is_found(data: dict[str, object]) -> None:
    assert len([*problems_of_refusal(data, ())]) == 1
    assert [*problems_of_refusal({"error": "Only you may know that."}, (71.4,))] == []


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("home.rooms.Kitchen.value", 22),
        ("home.rooms.1.value", 20),
        ("home.rooms.Attic.value", None),
        ("home.rooms.2", None),
        ("home.name.first", None),
        ("gone", None),
    ],
)
def test_a_part_of_an_answer_is_found_by_names_and_positions(path: str, found: object) -> None:
    rooms = [{"place": "Kitchen", "value": 22}, {"place": "Hall", "value": 20}]
    answer = {"home": {"name": "Home", "rooms": rooms}}
    assert differences(answer, {path: found}) == []
    assert differences(answer, {path: 1}) == [f"{path} is {found!r} instead of 1"]


def test_twenty_questions_are_asked_and_none_twice() -> None:
    asked = questions(datetime(2026, 3, 16, tzinfo=UTC).date())
    assert len({question.text for question in asked}) == len(asked) == 20
    assert all(question.expected for question in asked)


@pytest.mark.parametrize("hour", range(24))
def test_the_household_is_asked_at_its_noon(hour: int) -> None:
    now = datetime(2026, 3, 16, hour, 59, tzinfo=UTC)
    assert now.astimezone(ZoneInfo(zone_with_noon(now))).hour == 12
