"""Key results and milestones are added, changed and removed one by one, each in its own form."""

from operator import itemgetter
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData, section
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.selector import SelectSelector
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.digital_twin.surfaces.flows.forms import async_texts, option_text
from custom_components.digital_twin.twin.enums import KeyResultKind
from tests.common import GOAL, GOAL_ID, async_add_twins, async_patch_twin, runtime

from .forms import (
    Result,
    async_add_goal,
    async_choose,
    async_open,
    async_open_part,
    async_submit,
    suggested,
)

FAT = {"key": "fat", "name": "Fat", "kind": "reach", "baseline": 25.0, "target": 15.0}
HALF = {"key": "half", "name": "Half", "date": "2026-06-30", "progress": 50.0}


@pytest.fixture
async def with_goal(hass: HomeAssistant, household: MockConfigEntry) -> MockConfigEntry:
    """The household with the goal G01, which has a key result and a milestone."""
    parts = {"progress_metrics": [FAT], "milestones": [HALF]}
    await async_add_twins(hass, household, "goal", {GOAL_ID: {**GOAL, **parts}})
    return household


def _fields(form: Result) -> tuple[list[str], list[str]]:
    """Return the names of the fields, and of those in the section."""
    top = form["data_schema"].schema
    inner = [
        str(name)
        for content in top.values()
        if isinstance(content, section)
        for name in content.schema.schema
    ]
    return [str(name) for name, content in top.items() if not isinstance(content, section)], inner


@pytest.mark.parametrize(
    ("step", "fields", "more"),
    [
        (
            "reach",
            ["name", "baseline", "target", "unit"],
            ["current", "metric", "entity", "weight"],
        ),
        (
            "accumulate",
            ["name", "target", "unit"],
            ["baseline", "current", "metric", "entity", "weight"],
        ),
        (
            "maintain",
            ["name", "minimum", "maximum", "unit"],
            ["current", "metric", "entity", "weight"],
        ),
        ("checklist", ["name", "items"], ["weight"]),
        ("boolean", ["name", "done"], ["entity", "weight"]),
        ("milestone", ["date", "name", "progress"], []),
    ],
)
async def test_each_kind_has_only_its_own_fields(
    hass: HomeAssistant, with_goal: MockConfigEntry, step: str, fields: list[str], more: list[str]
) -> None:
    menu = await async_submit(hass, await async_open(hass, with_goal, "goal"), name="Run")
    form = await async_choose(hass, menu, step)
    assert _fields(form) == (fields, more)
    # No date is preset, also not by the frontend, which fills in what is required.
    assert not any(
        isinstance(name, probatio.Required) and str(name) == "date"
        for name in form["data_schema"].schema
    )
    assert suggested(form) == ({"more": {}} if more else {})
    assert _fields(await async_open_part(hass, with_goal, GOAL_ID, step)) == (fields, more)


@pytest.mark.parametrize(
    ("given", "numbers"),
    [
        ({"baseline": 80, "target": 70}, (80, 70, 80)),
        ({"target": 70, "more": {"current": 78}}, (78, 70, 78)),
        ({"baseline": 80, "target": 70, "more": {"current": 78}}, (80, 70, 78)),
        ({"baseline": 80, "target": 70, "more": {"metric": "weight"}}, (80, 70, None)),
        ({"target": 70}, (None, 70, None)),
    ],
)
async def test_the_start_value_of_a_new_key_result_is_its_first_value(
    hass: HomeAssistant,
    with_goal: MockConfigEntry,
    given: dict[str, Any],
    numbers: tuple[float | None, ...],
) -> None:
    result = await async_add_goal(hass, with_goal, ("reach", {"name": "Kilos", **given}), name="x")
    (kilos,) = runtime(with_goal).registry.goals[result["unique_id"]].progress_metrics
    assert (kilos.baseline, kilos.target, kilos.current) == numbers


async def test_the_menu_names_what_the_new_goal_has_so_far(
    hass: HomeAssistant, with_goal: MockConfigEntry
) -> None:
    menu = await async_submit(hass, await async_open(hass, with_goal, "goal"), name="Run")
    assert menu["type"] is FlowResultType.MENU
    assert menu["description_placeholders"] == {"goal": "Run", "parts": "nothing yet"}
    for step, values in (
        ("reach", {"name": "Pace"}),
        ("milestone", {"name": "Shoes", "date": "2026-03-01"}),
    ):
        menu = await async_submit(hass, await async_choose(hass, menu, step), **values)
    assert menu["description_placeholders"]["parts"] == "Pace, Shoes"


async def test_a_key_result_is_changed_in_the_form_of_its_kind(
    hass: HomeAssistant, with_goal: MockConfigEntry
) -> None:
    choice = {"part": "progress_metrics fat"}
    form = await async_open_part(hass, with_goal, GOAL_ID, "part", **choice)
    assert form["step_id"] == "reach"
    assert suggested(form) == {
        "name": "Fat",
        "baseline": 25.0,
        "target": 15.0,
        "more": {"weight": 1.0},
    }
    result = await async_submit(hass, form, target=14, more={"weight": 2})
    assert result["reason"] == "reconfigure_successful"
    (fat,) = runtime(with_goal).registry.goals[GOAL_ID].progress_metrics
    assert (fat.key, fat.baseline, fat.target, fat.weight) == ("fat", 25, 14, 2)


async def test_a_key_result_can_become_one_of_another_kind(
    hass: HomeAssistant, with_goal: MockConfigEntry
) -> None:
    choice = {"part": "progress_metrics fat", "kind": "boolean"}
    form = await async_open_part(hass, with_goal, GOAL_ID, "part", **choice)
    assert form["step_id"] == "boolean"
    await async_submit(hass, form, done=True)
    (fat,) = runtime(with_goal).registry.goals[GOAL_ID].progress_metrics
    assert (fat.key, fat.kind, fat.current) == ("fat", KeyResultKind.BOOLEAN, True)


async def test_parts_are_added_to_a_goal_and_removed_from_it(
    hass: HomeAssistant, with_goal: MockConfigEntry
) -> None:
    form = await async_open_part(hass, with_goal, GOAL_ID, "milestone")
    await async_submit(hass, form, name="First", date="2026-03-31")
    form = await async_open_part(hass, with_goal, GOAL_ID, "checklist")
    await async_submit(hass, form, name="Shelf", items=["Buy", "[x] Measure"])
    goal = runtime(with_goal).registry.goals[GOAL_ID]
    assert [one.key for one in goal.milestones] == ["first", "half"]
    assert [one.key for one in goal.progress_metrics] == ["fat", "shelf"]
    for part in ("milestones first", "progress_metrics fat"):
        result = await async_open_part(hass, with_goal, GOAL_ID, "part", part=part, remove=True)
        assert result["reason"] == "reconfigure_successful"
    goal = runtime(with_goal).registry.goals[GOAL_ID]
    assert [one.key for one in goal.milestones] == ["half"]
    assert [one.key for one in goal.progress_metrics] == ["shelf"]


async def test_a_milestone_is_changed_and_keeps_its_key(
    hass: HomeAssistant, with_goal: MockConfigEntry
) -> None:
    form = await async_open_part(hass, with_goal, GOAL_ID, "part", part="milestones half")
    assert suggested(form) == {"name": "Half", "date": "2026-06-30", "progress": 50.0}
    await async_submit(hass, form, name="Middle", progress=None)
    (middle,) = runtime(with_goal).registry.goals[GOAL_ID].milestones
    assert (middle.key, middle.name, middle.progress) == ("half", "Middle", None)


async def test_a_goal_without_parts_offers_none_to_change(
    hass: HomeAssistant, with_goal: MockConfigEntry
) -> None:
    await async_patch_twin(hass, with_goal, "goal", GOAL_ID, progress_metrics=[], milestones=[])
    with pytest.raises(InvalidData):
        await async_open_part(hass, with_goal, GOAL_ID, "part")


async def test_a_part_that_is_gone_is_refused(
    hass: HomeAssistant, with_goal: MockConfigEntry
) -> None:
    form = await async_open_part(hass, with_goal, GOAL_ID, "part")
    await async_patch_twin(hass, with_goal, "goal", GOAL_ID, progress_metrics=[])
    refused = await async_submit(hass, form, part="milestones half", remove=False)
    assert refused["step_id"] == "milestone"
    form = await async_open_part(hass, with_goal, GOAL_ID, "part")
    await async_patch_twin(hass, with_goal, "goal", GOAL_ID, milestones=[])
    refused = await async_submit(hass, form, part="milestones half")
    assert refused["errors"] == {"part": "not_found"}


async def test_a_part_that_was_removed_while_its_form_was_open_comes_back_as_the_form_has_it(
    hass: HomeAssistant, with_goal: MockConfigEntry
) -> None:
    form = await async_open_part(hass, with_goal, GOAL_ID, "part", part="progress_metrics fat")
    await async_patch_twin(hass, with_goal, "goal", GOAL_ID, progress_metrics=[])
    await async_submit(hass, form, target=14)
    (fat,) = runtime(with_goal).registry.goals[GOAL_ID].progress_metrics
    assert (fat.key, fat.name, fat.baseline, fat.target) == ("fat", "Fat", 25, 14)


LARGEST = {"minimum": "-1000000000000000.0", "maximum": "1000000000000000.0"}


@pytest.mark.parametrize(
    ("step", "bad", "errors", "placeholders"),
    [
        ("reach", {"name": " "}, {"name": "required_field"}, {}),
        ("reach", {"name": "B" * 256}, {"name": "too_long"}, {"maximum": "255"}),
        ("reach", {"target": 1e16}, {"target": "out_of_range"}, LARGEST),
        (
            "maintain",
            {"minimum": 60, "maximum": 50},
            {"minimum": "out_of_range"},
            {"minimum": "-1000000000000000.0", "maximum": "50.0"},
        ),
        (
            "checklist",
            {"items": ["one", "t\two"]},
            {"items": "nested_unprintable"},
            {"number": "2", "part": "Name"},
        ),
        ("reach", {"more": {"entity": "sensor.nothing"}}, {"more": "not_found"}, {}),
        ("milestone", {"date": None}, {"date": "required_field"}, {}),
        ("milestone", {"name": " "}, {"name": "required_field"}, {}),
        ("milestone", {"name": "F" * 256}, {"name": "too_long"}, {"maximum": "255"}),
    ],
)
@pytest.mark.parametrize("is_new", [True, False])
async def test_a_part_that_is_refused_can_be_mended(
    hass: HomeAssistant,
    with_goal: MockConfigEntry,
    step: str,
    bad: dict[str, Any],
    errors: dict[str, str],
    placeholders: dict[str, str],
    is_new: bool,
) -> None:
    if is_new:
        menu = await async_submit(hass, await async_open(hass, with_goal, "goal"), name="Run")
        form = await async_choose(hass, menu, step)
    else:
        form = await async_open_part(hass, with_goal, GOAL_ID, step)
    good: dict[str, Any] = {"name": "Books"}
    if step == "milestone":
        good["date"] = "2026-03-31"
    refused = await async_submit(hass, form, **{**good, **bad})
    assert refused["errors"] == errors
    assert refused["description_placeholders"] == placeholders
    mended = {
        name: dict.fromkeys(value) if isinstance(value, dict) else None
        for name, value in bad.items()
    }
    result = await async_submit(hass, refused, **{**mended, **good})
    if is_new:
        result = await async_choose(hass, result, "finish")
        goal = runtime(with_goal).registry.goals[result["unique_id"]]
    else:
        goal = runtime(with_goal).registry.goals[GOAL_ID]
    names = [one.name for one in goal.progress_metrics] + [one.name for one in goal.milestones]
    assert "Books" in names


async def test_a_goal_has_at_most_a_hundred_key_results(
    hass: HomeAssistant, with_goal: MockConfigEntry
) -> None:
    many = [{"name": str(number)} for number in range(100)]
    await async_patch_twin(hass, with_goal, "goal", GOAL_ID, progress_metrics=many)
    form = await async_open_part(hass, with_goal, GOAL_ID, "reach")
    refused = await async_submit(hass, form, name="One more")
    assert refused["errors"] == {"base": "too_long"}
    assert refused["description_placeholders"] == {"maximum": "100"}


@pytest.mark.parametrize(
    ("language", "kind", "metric"),
    [("en", "Reach a value", "Weight"), ("pl", "Osiągnięcie wartości", "Masa ciała")],
)
async def test_the_options_speak_the_language_of_the_household(
    hass: HomeAssistant, with_goal: MockConfigEntry, language: str, kind: str, metric: str
) -> None:
    await hass.config.async_update(language=language)
    form = await async_open_part(hass, with_goal, GOAL_ID, "reach")
    selector = form["data_schema"].schema["more"].schema.schema["metric"]
    assert isinstance(selector, SelectSelector)
    labels = dict(map(itemgetter("value", "label"), selector.config["options"]))
    assert labels["weight"] == metric
    # Each option has a text, which is not just its key.
    assert all(label != key for key, label in labels.items())
    form = await async_open_part(hass, with_goal, GOAL_ID, "part")
    kinds = form["data_schema"].schema["kind"]
    assert kinds.config["translation_key"] == "key_result_kind"
    assert set(kinds.config["options"]) == set(KeyResultKind.slugs())
    texts = await async_texts(hass, "selector")
    assert option_text(texts, "key_result_kind", "reach") == kind


async def _add_followed(
    hass: HomeAssistant, entry: MockConfigEntry, entity_registry: er.EntityRegistry
) -> tuple[er.RegistryEntry, str]:
    """Add a goal that follows an entity; return the entity and the id of the goal."""
    meter = entity_registry.async_get_or_create("sensor", "acme", "meter")
    hass.states.async_set(meter.entity_id, "12")
    row = {"name": "Distance", "target": 100, "more": {"entity": meter.entity_id}}
    result = await async_add_goal(hass, entry, ("reach", row), name="Run")
    return meter, result["unique_id"]


async def test_a_key_result_is_bound_to_an_entity_by_its_registry_id(
    hass: HomeAssistant, with_goal: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    meter, goal_id = await _add_followed(hass, with_goal, entity_registry)
    (key_result,) = runtime(with_goal).registry.goals[goal_id].progress_metrics
    assert key_result.source == {"entity_id": meter.id}
    entity_registry.async_update_entity(meter.entity_id, new_entity_id="sensor.renamed")
    again = await async_open_part(
        hass, with_goal, goal_id, "part", part="progress_metrics distance"
    )
    assert suggested(again)["more"]["entity"] == "sensor.renamed"


async def test_a_metric_takes_the_place_of_a_followed_entity(
    hass: HomeAssistant, with_goal: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    _, goal_id = await _add_followed(hass, with_goal, entity_registry)
    form = await async_open_part(hass, with_goal, goal_id, "part", part="progress_metrics distance")
    await async_submit(hass, form, more={**suggested(form)["more"], "metric": "distance"})
    (key_result,) = runtime(with_goal).registry.goals[goal_id].progress_metrics
    assert key_result.source == {"metric": "distance"}


async def test_a_key_result_whose_entity_was_removed_can_be_changed(
    hass: HomeAssistant, with_goal: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    meter, goal_id = await _add_followed(hass, with_goal, entity_registry)
    entity_registry.async_remove(meter.entity_id)
    hass.states.async_remove(meter.entity_id)
    form = await async_open_part(hass, with_goal, goal_id, "part", part="progress_metrics distance")
    done = await async_submit(hass, form, target=120, more=suggested(form)["more"])
    assert done["type"] is FlowResultType.ABORT
    (key_result,) = runtime(with_goal).registry.goals[goal_id].progress_metrics
    assert key_result.target == 120
    assert key_result.source == {"entity_id": meter.id}


async def test_the_day_of_completion_can_be_written(
    hass: HomeAssistant, with_goal: MockConfigEntry
) -> None:
    form = await async_open(hass, with_goal, "goal", GOAL_ID)
    day = {"status": "completed", "completed_on": "2026-02-01"}
    await async_submit(hass, form, more=day)
    goal = runtime(with_goal).registry.goals[GOAL_ID]
    assert str(goal.completed_on) == "2026-02-01"
    form = await async_open(hass, with_goal, "goal", GOAL_ID)
    await async_submit(hass, form, more={"status": "active"})
    assert runtime(with_goal).registry.goals[GOAL_ID].completed_on is None
