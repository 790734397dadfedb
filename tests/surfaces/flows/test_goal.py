"""Goals are added and changed in a form, through the registry."""

from operator import itemgetter
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.selector import ObjectSelector, SelectSelector
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.digital_twin.commands.goals import free_code
from custom_components.digital_twin.twin.enums import GoalStatus, ItemState, KeyResultKind
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

from .forms import Result, async_open, async_submit, suggested

RUN_ID = "30000000-0000-4000-8000-000000000002"
RUN = {"goal_code": "g02", "name": "Run"}


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
        "goal_code": "G03",
        "status": "active",
        "start_date": dt_util.now().date().isoformat(),
        "more": {},
    }


async def test_a_goal_without_a_code_gets_the_first_free_one(
    hass: HomeAssistant, with_goals: MockConfigEntry
) -> None:
    form = await async_open(hass, with_goals, "goal")
    result = await async_submit(hass, form, name="Read", goal_code="")
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
    form = await async_open(hass, with_goals, "goal")
    result = await async_submit(
        hass,
        form,
        name="Read",
        description="Every evening.\nNo phone.",
        owner_person_id=JAN,
        status="on_hold",
        start_date="2026-01-01",
        target_date="2026-12-31",
        progress_metrics=[
            {"name": "Books", "kind": "accumulate", "target": 12, "current": 3, "unit": "books"},
            {"name": "Shelf", "items": ["[x] Buy", "[/] Mount", "Fill"]},
            {"name": "Library card", "kind": "boolean", "done": True},
        ],
        more={"dependencies": [GOAL_ID, RUN_ID], "roadmap_link": "10_GOALS/G03/Roadmap.md"},
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


@pytest.mark.parametrize(
    ("bad", "errors", "placeholders"),
    [
        ({"goal_code": "g01"}, {"goal_code": "duplicate"}, {}),
        ({"goal_code": "G 03"}, {"goal_code": "invalid_code"}, {}),
        ({"name": " "}, {"name": "required_field"}, {}),
        ({"name": "R" * 256}, {"name": "too_long"}, {"maximum": "255"}),
        ({"description": "a\x00b"}, {"description": "unprintable"}, {}),
        (
            {"start_date": "2026-02-01", "target_date": "2026-01-01"},
            {"target_date": "dates_reversed"},
            {"start": "2026-02-01", "target": "2026-01-01"},
        ),
        (
            {"start_date": "0001-01-01", "target_date": "2026-01-01"},
            {"start_date": "out_of_range"},
            {"minimum": "1900-01-01", "maximum": "2199-12-31"},
        ),
        ({"more": {"roadmap_link": "javascript:alert(1)"}}, {"more": "invalid_link"}, {}),
        (
            {"progress_metrics": [{"name": "Books"}, {"name": " "}]},
            {"progress_metrics": "nested_required_field"},
            {"number": "2", "part": "Name"},
        ),
        (
            {"progress_metrics": [{"name": "B" * 256}]},
            {"progress_metrics": "nested_too_long"},
            {"number": "1", "part": "Name", "maximum": "255"},
        ),
        (
            {"progress_metrics": [{"name": "Books", "items": ["one", "t\two"]}]},
            {"progress_metrics": "nested_unprintable"},
            {"number": "1", "part": "Items 2"},
        ),
        (
            {"progress_metrics": [{"name": "Books", "target": 1e16}]},
            {"progress_metrics": "nested_out_of_range"},
            {
                "number": "1",
                "part": "Target value",
                "minimum": "-1000000000000000.0",
                "maximum": "1000000000000000.0",
            },
        ),
        (
            {"progress_metrics": [{"name": "Pulse", "minimum": 60, "maximum": 50}]},
            {"progress_metrics": "nested_out_of_range"},
            {
                "number": "1",
                "part": "Lower bound",
                "minimum": "-1000000000000000.0",
                "maximum": "50.0",
            },
        ),
        (
            {"progress_metrics": [{"name": "A", "key": "x"}, {"name": "B", "key": "x"}]},
            {"progress_metrics": "nested_duplicate"},
            {"number": "2", "part": "Key"},
        ),
        (
            {"progress_metrics": [{"name": "Books", "entity": "sensor.nothing"}]},
            {"progress_metrics": "nested_not_found"},
            {"number": "1", "part": "Follows entity"},
        ),
        (
            {"progress_metrics": [{"name": str(number)} for number in range(101)]},
            {"progress_metrics": "too_long"},
            {"maximum": "100"},
        ),
        (
            {"goal_code": "G 03", "name": " "},
            {"goal_code": "invalid_code", "name": "required_field"},
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
    assert suggested(refused).items() >= {"name": "Read", **bad}.items()
    mended: dict[str, Any] = {
        name: dict.fromkeys(value) if isinstance(value, dict) else None
        for name, value in bad.items()
    }
    result = await async_submit(hass, refused, **{**mended, "name": "Read", "goal_code": "G03"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert runtime(with_goals).registry.goals[result["unique_id"]].name == "Read"


async def test_an_owner_who_was_deleted_in_the_meantime_is_refused(
    hass: HomeAssistant, household: MockConfigEntry
) -> None:
    form = await async_open(hass, household, "goal")
    await async_delete_twin(hass, household, "person", JAN)
    refused = await async_submit(hass, form, name="Read", owner_person_id=JAN)
    assert refused["errors"] == {"owner_person_id": "not_found"}
    result = await async_submit(hass, refused, owner_person_id=ANNA)
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
        progress_metrics=[{"name": "Body fat", "key": "fat", "target": 15, "unit": "%"}],
        dependencies=[RUN_ID],
        roadmap_link="https://example.com/plan",
    )
    form = await async_open(hass, with_goals, "goal", GOAL_ID)
    assert suggested(form) == {
        "goal_code": "G01",
        "name": "Body fat",
        "description": "Less.",
        "owner_person_id": ANNA,
        "status": "on_hold",
        "target_date": "2026-12-31",
        "progress_metrics": [
            {
                "key": "fat",
                "name": "Body fat",
                "kind": "reach",
                "unit": "%",
                "target": 15.0,
                "weight": 1.0,
            }
        ],
        "more": {"dependencies": [RUN_ID], "roadmap_link": "https://example.com/plan"},
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
    await async_submit(
        hass,
        form,
        description=None,
        owner_person_id=None,
        start_date=None,
        progress_metrics=[],
        more={"dependencies": []},
    )
    goal = runtime(with_goals).registry.goals[GOAL_ID]
    assert goal.description is None
    assert goal.owner_person_id is None
    assert goal.start_date is None
    assert goal.progress_metrics == ()
    assert goal.dependencies == ()


async def test_progress_that_was_made_while_the_form_was_open_stays(
    hass: HomeAssistant, with_goals: MockConfigEntry
) -> None:
    await async_patch_twin(
        hass,
        with_goals,
        "goal",
        GOAL_ID,
        progress_metrics=[{"name": "Fat", "key": "fat", "baseline": 25, "target": 15}],
    )
    form = await async_open(hass, with_goals, "goal", GOAL_ID)
    await async_patch_twin(
        hass,
        with_goals,
        "goal",
        GOAL_ID,
        name="Less fat",
        progress_metrics=[
            {"name": "Fat", "key": "fat", "baseline": 25, "target": 15, "current": 20},
            {"name": "Waist", "key": "waist"},
        ],
    )
    rows = [dict(row) for row in suggested(form)["progress_metrics"]]
    rows[0]["target"] = 16
    await async_submit(hass, form, status="active", progress_metrics=[*rows, {"name": "Sleep"}])
    goal = runtime(with_goals).registry.goals[GOAL_ID]
    assert goal.name == "Less fat"
    assert goal.status is GoalStatus.ACTIVE
    fat, sleep, waist = goal.progress_metrics
    assert (fat.target, fat.current) == (16, 20)
    assert (sleep.key, waist.key) == ("sleep", "waist")


@pytest.mark.parametrize(
    ("language", "kind", "metric"),
    [("en", "Reach a value", "Weight"), ("pl", "Osiągnięcie wartości", "Masa ciała")],
)
async def test_the_options_of_a_key_result_speak_the_language_of_the_household(
    hass: HomeAssistant, household: MockConfigEntry, language: str, kind: str, metric: str
) -> None:
    await hass.config.async_update(language=language)
    form = await async_open(hass, household, "goal")
    selector = _selector(form, "progress_metrics")
    assert isinstance(selector, ObjectSelector)
    labels = {
        name: dict(map(itemgetter("value", "label"), field["selector"].config["options"]))
        for name, field in selector.config["fields"].items()
        if isinstance(field["selector"], SelectSelector)
    }
    assert labels["kind"]["reach"] == kind
    assert labels["metric"]["weight"] == metric
    # Each option has a text, which is not just its key.
    assert all(label != key for options in labels.values() for key, label in options.items())


async def test_a_key_result_is_bound_to_an_entity_by_its_registry_id(
    hass: HomeAssistant, with_goals: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    meter = entity_registry.async_get_or_create("sensor", "acme", "meter")
    hass.states.async_set(meter.entity_id, "12")
    row = {"name": "Distance", "target": 100, "entity": meter.entity_id}
    form = await async_open(hass, with_goals, "goal")
    result = await async_submit(hass, form, goal_code="G03", name="Run", progress_metrics=[row])
    goal_id = result["unique_id"]
    (key_result,) = runtime(with_goals).registry.goals[goal_id].progress_metrics
    assert key_result.source == {"entity_id": meter.id}
    entity_registry.async_update_entity(meter.entity_id, new_entity_id="sensor.renamed")
    again = await async_open(hass, with_goals, "goal", goal_id)
    assert suggested(again)["progress_metrics"][0]["entity"] == "sensor.renamed"
