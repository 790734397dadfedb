"""Milestones are rows of a goal's form."""

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.selector import ObjectSelector
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.common import GOAL, GOAL_ID, async_add_twins, runtime

from .forms import async_open, async_submit, suggested


@pytest.fixture
async def with_goal(hass: HomeAssistant, household: MockConfigEntry) -> MockConfigEntry:
    """The household with the goal G01."""
    await async_add_twins(hass, household, "goal", {GOAL_ID: GOAL})
    return household


STAGES: list[dict[str, object]] = [
    {"name": "Half", "date": "2026-06-30", "progress": 50},
    {"name": "First", "date": "2026-03-31"},
]


async def test_milestones_are_rows_of_the_form(
    hass: HomeAssistant, with_goal: MockConfigEntry
) -> None:
    form = await async_open(hass, with_goal, "goal", GOAL_ID)
    assert isinstance(form["data_schema"].schema["milestones"], ObjectSelector)
    await async_submit(hass, form, milestones=STAGES)
    form = await async_open(hass, with_goal, "goal", GOAL_ID)
    rows = suggested(form)["milestones"]
    assert rows == [
        {"key": "first", "name": "First", "date": "2026-03-31"},
        {"key": "half", "name": "Half", "date": "2026-06-30", "progress": 50.0},
    ]
    await async_submit(hass, form, milestones=[rows[1] | {"name": "Middle"}])
    goal = runtime(with_goal).registry.goals[GOAL_ID]
    assert [(one.key, one.name) for one in goal.milestones] == [("half", "Middle")]
    form = await async_open(hass, with_goal, "goal", GOAL_ID)
    await async_submit(hass, form, milestones=None)
    assert runtime(with_goal).registry.goals[GOAL_ID].milestones == ()


@pytest.mark.parametrize(
    ("bad", "error", "placeholders"),
    [
        ({"name": " "}, "nested_required_field", {"number": "2", "part": "Name"}),
        ({"key": "half"}, "nested_duplicate", {"number": "2", "part": "Key"}),
        ({"name": "F" * 256}, "nested_too_long", {"number": "2", "maximum": "255"}),
    ],
)
async def test_a_milestone_that_is_refused_can_be_mended(
    hass: HomeAssistant,
    with_goal: MockConfigEntry,
    bad: dict[str, str],
    error: str,
    placeholders: dict[str, str],
) -> None:
    form = await async_open(hass, with_goal, "goal", GOAL_ID)
    given = [STAGES[0] | {"key": "half"}, STAGES[1] | bad]
    refused = await async_submit(hass, form, milestones=given)
    assert refused["errors"] == {"milestones": error}
    assert refused["description_placeholders"].items() >= placeholders.items()
    result = await async_submit(hass, refused, milestones=STAGES)
    assert result["type"] is FlowResultType.ABORT
    assert len(runtime(with_goal).registry.goals[GOAL_ID].milestones) == 2


async def test_the_day_of_completion_can_be_written(
    hass: HomeAssistant, with_goal: MockConfigEntry
) -> None:
    form = await async_open(hass, with_goal, "goal", GOAL_ID)
    await async_submit(hass, form, status="completed", more={"completed_on": "2026-02-01"})
    goal = runtime(with_goal).registry.goals[GOAL_ID]
    assert str(goal.completed_on) == "2026-02-01"
    form = await async_open(hass, with_goal, "goal", GOAL_ID)
    await async_submit(hass, form, status="active")
    assert runtime(with_goal).registry.goals[GOAL_ID].completed_on is None
