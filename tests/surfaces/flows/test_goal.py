"""Goals are added and changed in a form, through the registry."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.helpers.selector import SelectSelector
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.digital_twin.twin.enums import GoalStatus, ItemState, KeyResultKind
from custom_components.digital_twin.twin.goals.goal import free_code
from tests.common import (
    ANNA,
    GOAL,
    GOAL_ID,
    JAN,
    async_add_twins,
    async_delete_twin,
    async_patch_twin,
    runtime,
)

from .forms import (
    Result,
    async_add_goal,
    async_choose,
    async_open,
    async_open_part,
    async_submit,
    suggested,
)

RUN_ID = "30000000-0000-4000-8000-000000000002"
RUN = {"goal_code": "g02", "name": "Run"}
ACTIVE = {"goal_code": "G03", "status": "active"}


@pytest.fixture
async def with_goals(hass: HomeAssistant, household: MockConfigEntry) -> MockConfigEntry:
    """The household with the goals G01 and g02."""
    await async_add_twins(hass, household, "goal", {GOAL_ID: GOAL, RUN_ID: RUN})
    return household


def _selector(form: Result, name: str, section: str | None = None) -> object:
    schema = form["data_schema"].schema
    return (schema[section].schema.schema if section else schema)[name]


@pytest.mark.parametrize(
    ("taken", "free"),
    [
        ((), "G01"),
        (("G01", "g02", "G04"), "G03"),
        (("G1", "X01"), "G01"),
        (tuple(f"G{number:02}" for number in range(1, 100)), "G100"),
    ],
)
def test_the_first_free_code_is_suggested(taken: tuple[str, ...], free: str) -> None:
    assert free_code(taken) == free


async def test_a_new_form_suggests_a_code_and_a_status(
    hass: HomeAssistant, with_goals: MockConfigEntry
) -> None:
    form = await async_open(hass, with_goals, "goal")
    assert suggested(form) == {
        "more": {
            "goal_code": "G03",
            "status": "active",
            "start_date": dt_util.now().date().isoformat(),
        }
    }


async def test_a_goal_without_a_code_gets_the_first_free_one(
    hass: HomeAssistant, with_goals: MockConfigEntry
) -> None:
    result = await async_add_goal(hass, with_goals, name="Read", more={"goal_code": ""})
    assert runtime(with_goals).registry.goals[result["unique_id"]].goal_code == "G03"


async def test_the_owner_of_a_new_goal_is_the_only_person(
    hass: HomeAssistant, with_goals: MockConfigEntry
) -> None:
    await async_delete_twin(hass, with_goals, "person", JAN)
    form = await async_open(hass, with_goals, "goal")
    assert suggested(form)["owner_person_id"] == ANNA


async def test_a_goal_is_added_with_all_that_was_filled_in(
    hass: HomeAssistant, with_goals: MockConfigEntry
) -> None:
    result = await async_add_goal(
        hass,
        with_goals,
        ("accumulate", {"name": "Books", "target": 12, "unit": "books", "more": {"current": 3}}),
        ("checklist", {"name": "Shelf", "items": ["[x] Buy", "[/] Mount", "Fill"]}),
        ("boolean", {"name": "Library card", "done": True}),
        ("milestone", {"name": "Half", "date": "2026-07-01", "progress": 50}),
        name="Read",
        owner_person_id=JAN,
        target_date="2026-12-31",
        more={
            "description": "Every evening.\nNo phone.",
            "status": "on_hold",
            "start_date": "2026-01-01",
            "dependencies": [GOAL_ID, RUN_ID],
            "roadmap_link": "10_GOALS/G03/Roadmap.md",
        },
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Read"
    goal = runtime(with_goals).registry.goals[result["unique_id"]]
    assert goal.goal_code == "G03"
    assert goal.description == "Every evening.\nNo phone."
    assert goal.owner_person_id == JAN
    assert goal.status is GoalStatus.ON_HOLD
    assert (str(goal.start_date), str(goal.target_date)) == ("2026-01-01", "2026-12-31")
    assert goal.dependencies == (GOAL_ID, RUN_ID)
    assert goal.roadmap_link == "10_GOALS/G03/Roadmap.md"
    books, shelf, card = goal.progress_metrics
    assert (books.kind, books.target, books.current) == (KeyResultKind.ACCUMULATE, 12, 3)
    assert shelf.kind is KeyResultKind.CHECKLIST
    assert [item.state for item in shelf.items] == [
        ItemState.DONE,
        ItemState.DOING,
        ItemState.TODO,
    ]
    assert (card.kind, card.current) == (KeyResultKind.BOOLEAN, True)
    assert [(one.name, str(one.date), one.progress) for one in goal.milestones] == [
        ("Half", "2026-07-01", 50)
    ]


@pytest.mark.parametrize(
    ("bad", "errors", "placeholders"),
    [
        ({"more": {"goal_code": "g01"}}, {"more": "duplicate"}, {}),
        ({"more": {"goal_code": "G 03"}}, {"more": "invalid_code"}, {}),
        ({"name": " "}, {"name": "required_field"}, {}),
        ({"name": "R" * 256}, {"name": "too_long"}, {"maximum": "255"}),
        ({"more": {"description": "a\x00b"}}, {"more": "unprintable"}, {}),
        (
            {"more": {"start_date": "2026-02-01"}, "target_date": "2026-01-01"},
            {"target_date": "dates_reversed"},
            {"start": "2026-02-01", "target": "2026-01-01"},
        ),
        (
            {"more": {"start_date": "0001-01-01"}, "target_date": "2026-01-01"},
            {"more": "out_of_range"},
            {"minimum": "1900-01-01", "maximum": "2199-12-31"},
        ),
        ({"more": {"roadmap_link": "javascript:alert(1)"}}, {"more": "invalid_link"}, {}),
        (
            {"more": {"goal_code": "G 03"}, "name": " "},
            {"more": "invalid_code", "name": "required_field"},
            {},
        ),
    ],
)
async def test_what_is_refused_is_shown_and_can_be_mended(
    hass: HomeAssistant,
    with_goals: MockConfigEntry,
    bad: dict[str, Any],
    errors: dict[str, str],
    placeholders: dict[str, str],
) -> None:
    form = await async_open(hass, with_goals, "goal")
    refused = await async_submit(hass, form, **{"name": "Read", **bad})
    assert refused["errors"] == errors
    assert refused["description_placeholders"] == placeholders
    assert set(runtime(with_goals).registry.goals) == {GOAL_ID, RUN_ID}
    shown = suggested(refused)
    for name, value in {"name": "Read", **bad}.items():
        assert shown[name].items() >= value.items() if name == "more" else shown[name] == value
    mended: dict[str, Any] = {
        name: dict.fromkeys(value) if isinstance(value, dict) else None
        for name, value in bad.items()
    }
    menu = await async_submit(
        hass, refused, **{**mended, "name": "Read", "more": {**mended.get("more", {}), **ACTIVE}}
    )
    result = await async_choose(hass, menu, "finish")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert runtime(with_goals).registry.goals[result["unique_id"]].name == "Read"


async def test_an_owner_who_was_deleted_in_the_meantime_is_refused(
    hass: HomeAssistant, household: MockConfigEntry
) -> None:
    form = await async_open(hass, household, "goal")
    await async_delete_twin(hass, household, "person", JAN)
    refused = await async_submit(hass, form, name="Read", owner_person_id=JAN)
    assert refused["errors"] == {"owner_person_id": "not_found"}
    menu = await async_submit(hass, refused, owner_person_id=ANNA)
    result = await async_choose(hass, menu, "finish")
    assert runtime(household).registry.goals[result["unique_id"]].owner_person_id == ANNA


async def test_a_goal_is_not_offered_itself_as_a_dependency(
    hass: HomeAssistant, with_goals: MockConfigEntry
) -> None:
    form = await async_open(hass, with_goals, "goal", GOAL_ID)
    offered = _selector(form, "dependencies", "more")
    assert isinstance(offered, SelectSelector)
    assert offered.config["options"] == [{"value": RUN_ID, "label": "g02 Run"}]
    with pytest.raises(InvalidData):
        await async_submit(hass, form, more={"dependencies": [GOAL_ID]})
    result = await async_submit(hass, form, more={"dependencies": [RUN_ID]})
    assert result["reason"] == "reconfigure_successful"
    assert runtime(with_goals).registry.goals[GOAL_ID].dependencies == (RUN_ID,)


async def test_goals_may_depend_on_each_other(
    hass: HomeAssistant, with_goals: MockConfigEntry
) -> None:
    for goal_id, other_id in ((GOAL_ID, RUN_ID), (RUN_ID, GOAL_ID)):
        form = await async_open(hass, with_goals, "goal", goal_id)
        result = await async_submit(hass, form, more={"dependencies": [other_id]})
        assert result["reason"] == "reconfigure_successful"


async def test_the_form_shows_the_goal_as_the_record_has_it(
    hass: HomeAssistant, with_goals: MockConfigEntry
) -> None:
    await async_patch_twin(
        hass,
        with_goals,
        "goal",
        GOAL_ID,
        status="On Hold",
        description="Less.",
        target_date="2026-12-31",
        dependencies=[RUN_ID],
        roadmap_link="https://example.com/plan",
    )
    form = await async_open(hass, with_goals, "goal", GOAL_ID)
    assert suggested(form) == {
        "name": "Body fat",
        "owner_person_id": ANNA,
        "target_date": "2026-12-31",
        "more": {
            "goal_code": "G01",
            "description": "Less.",
            "status": "on_hold",
            "dependencies": [RUN_ID],
            "roadmap_link": "https://example.com/plan",
        },
    }


async def test_a_form_that_is_sent_unchanged_changes_nothing(
    hass: HomeAssistant, with_goals: MockConfigEntry
) -> None:
    await async_patch_twin(
        hass,
        with_goals,
        "goal",
        GOAL_ID,
        status="active",
        progress_metrics=[
            {"name": "Fat", "target": "TBD", "note": "own"},
            {"name": "Steps", "items": [{"name": "one", "state": "done"}]},
        ],
    )
    before = runtime(with_goals).registry.goals[GOAL_ID]
    form = await async_open(hass, with_goals, "goal", GOAL_ID)
    result = await async_submit(hass, form)
    assert result["reason"] == "reconfigure_successful"
    assert runtime(with_goals).registry.goals[GOAL_ID] is before


async def test_inputs_that_were_cleared_clear_the_fields(
    hass: HomeAssistant, with_goals: MockConfigEntry
) -> None:
    await async_patch_twin(
        hass,
        with_goals,
        "goal",
        GOAL_ID,
        description="Less.",
        start_date="2026-01-01",
        progress_metrics=[{"name": "Fat"}],
        dependencies=[RUN_ID],
    )
    form = await async_open(hass, with_goals, "goal", GOAL_ID)
    cleared: dict[str, Any] = {"description": None, "start_date": None, "dependencies": []}
    await async_submit(hass, form, owner_person_id=None, more=cleared)
    goal = runtime(with_goals).registry.goals[GOAL_ID]
    assert goal.description is None
    assert goal.owner_person_id is None
    assert goal.start_date is None
    assert goal.dependencies == ()
    assert [one.name for one in goal.progress_metrics] == ["Fat"]


async def test_progress_that_was_made_while_the_form_was_open_stays(
    hass: HomeAssistant, with_goals: MockConfigEntry
) -> None:
    fat = {"name": "Fat", "key": "fat", "kind": "reach", "baseline": 25, "target": 15}
    await async_patch_twin(hass, with_goals, "goal", GOAL_ID, progress_metrics=[fat])
    form = await async_open_part(
        hass, with_goals, GOAL_ID, "part", part="progress_metrics fat", remove=False
    )
    results = [{**fat, "current": 20}, {"name": "Waist", "key": "waist"}]
    await async_patch_twin(
        hass, with_goals, "goal", GOAL_ID, name="Less fat", progress_metrics=results
    )
    await async_submit(hass, form, target=16)
    goal = runtime(with_goals).registry.goals[GOAL_ID]
    assert goal.name == "Less fat"
    changed, waist = goal.progress_metrics
    assert (changed.baseline, changed.target, changed.current, waist.key) == (25, 16, 20, "waist")
