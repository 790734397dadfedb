"""What a person has to do today is a to-do list whose items are those of their goals."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.todo import DOMAIN as TODO
from homeassistant.components.todo.const import TodoListEntityFeature
from homeassistant.const import ATTR_SUPPORTED_FEATURES
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockUser,
    async_fire_time_changed,
)

from custom_components.digital_twin.twin.enums import ItemState

from .common import (
    ANNA,
    JAN,
    async_capture_writes,
    async_patch_twin,
    async_setup_twin,
    runtime,
    shown,
)

NOW = datetime(2026, 11, 20, 18, tzinfo=UTC)
LIST = "todo.anna_today"
RACE_ID, TAX_ID, ZOO_ID = (f"30000000-0000-4000-8000-00000000000{each}" for each in range(1, 4))


def _goal(code: str, name: str, items: list[object], **more: object) -> dict[str, object]:
    return {
        "goal_code": code,
        "name": name,
        "owner_person_id": ANNA,
        "status": "active",
        "start_date": "2026-09-01",
        "target_date": "2026-12-31",
        "progress_metrics": [{"name": "Steps", "items": items}],
        **more,
    }


RACE = _goal("G01", "Race", ["Shoes", "Plan", "Run"], target_date="2027-12-31")
TAX = _goal("G02", "Tax", ["Papers", {"name": "Form", "due": "2026-11-20"}, "Send"])
ZOO = _goal("G03", "Zoo", [{"name": "Tickets", "due": "2026-11-01"}], owner_person_id=JAN)

type Act = Callable[..., Awaitable[None]]


@pytest.fixture(autouse=True)
def _frozen(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(NOW)


@pytest.fixture
async def entry(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> MockConfigEntry:
    """Two people; Anna has two goals, of which one is late."""
    entry = await async_setup_twin(
        hass,
        homes={},
        persons={ANNA: {"name": "Anna"}, JAN: {"name": "Jan"}},
        goals={RACE_ID: RACE, TAX_ID: TAX, ZOO_ID: ZOO},
    )
    # The steps of people are ranked anew at most every ten seconds.
    freezer.tick(11)
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    return entry


@pytest.fixture
def act(hass: HomeAssistant) -> Act:
    """Perform an action of to-do lists."""

    async def act(action: str, context: Context | None = None, **data: object) -> None:
        await hass.services.async_call(
            TODO, action, {"entity_id": LIST, **data}, blocking=True, context=context
        )
        await hass.async_block_till_done()

    return act


async def _items(hass: HomeAssistant, entity_id: str = LIST) -> list[dict[str, Any]]:
    response = await hass.services.async_call(
        TODO, "get_items", {"entity_id": entity_id}, blocking=True, return_response=True
    )
    assert response is not None
    found: Any = response[entity_id]
    return list(found["items"])


async def _names(hass: HomeAssistant, status: str = "needs_action") -> list[str]:
    return [each["summary"] for each in await _items(hass) if each["status"] == status]


def _states(entry: MockConfigEntry, goal_id: str) -> dict[str, ItemState]:
    goal = runtime(entry).registry.goals[goal_id]
    return {item.name: item.state for one in goal.progress_metrics for item in one.items}


async def test_due_items_come_first_then_one_of_each_goal(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    assert await _items(hass) == [
        {
            "uid": f"{TAX_ID}/steps/form",
            "summary": "Form",
            "status": "needs_action",
            "due": "2026-11-20",
            "description": "G02 Tax",
        },
        {
            "uid": f"{TAX_ID}/steps/papers",
            "summary": "Papers",
            "status": "needs_action",
            "description": "G02 Tax",
        },
        {
            "uid": f"{RACE_ID}/steps/shoes",
            "summary": "Shoes",
            "status": "needs_action",
            "description": "G01 Race",
        },
    ]
    assert shown(hass, LIST).state == "3"
    assert [each["summary"] for each in await _items(hass, "todo.jan_today")] == ["Tickets"]


@pytest.mark.usefixtures("steps_at_once")
async def test_the_first_undated_item_is_of_the_goal_of_the_next_step(
    hass: HomeAssistant, entry: MockConfigEntry, act: Act
) -> None:
    leading = []
    # The race becomes the goal that needs most.
    for change in ({}, {"target_date": "2026-11-27"}):
        await async_patch_twin(hass, entry, "goal", RACE_ID, **change)
        undated = next(each for each in await _items(hass) if "due" not in each)
        answer = await hass.services.async_call(
            "digital_twin", "get_briefing", {"person": ANNA}, blocking=True, return_response=True
        )
        assert answer is not None
        steps: Any = answer["data"]
        code = steps["next_steps"][0]["goal_code"]
        assert undated["description"].startswith(f"{code} ")
        assert shown(hass, "sensor.anna_next_step").attributes["goal_code"] == code
        leading.append(code)
    assert leading == ["G02", "G01"]


async def test_ticking_completes_the_item_and_moves_its_goal_at_once(
    hass: HomeAssistant, entry: MockConfigEntry, act: Act
) -> None:
    assert shown(hass, "sensor.race_progress").state == "0.0"
    await act("update_item", item="Shoes", status="completed")
    assert _states(entry, RACE_ID)["Shoes"] is ItemState.DONE
    assert float(shown(hass, "sensor.race_progress").state) == pytest.approx(100 / 3, abs=0.1)
    assert shown(hass, "todo.race_checklist").state == "2"
    assert await _names(hass) == ["Form", "Papers", "Plan"]
    assert await _names(hass, "completed") == ["Shoes"]
    # Not only the first one within ten seconds.
    await act("update_item", item="Form", status="completed")
    await act("update_item", item="Plan", status="completed")
    assert await _names(hass) == ["Papers", "Run"]
    assert await _names(hass, "completed") == ["Shoes", "Plan", "Form"]


async def test_an_item_that_is_unticked_comes_back(
    hass: HomeAssistant, entry: MockConfigEntry, act: Act
) -> None:
    before = await _items(hass)
    for item in await _names(hass):
        await act("update_item", item=item, status="completed")
        await act("update_item", item=item, status="needs_action")
        assert await _items(hass) == before


async def test_what_was_ticked_goes_at_midnight_and_what_is_due_comes(
    hass: HomeAssistant, entry: MockConfigEntry, act: Act, freezer: FrozenDateTimeFactory
) -> None:
    later = {"name": "Steps", "items": ["Papers", {"name": "Send", "due": "2026-11-21"}]}
    await async_patch_twin(hass, entry, "goal", TAX_ID, progress_metrics=[later])
    await act("update_item", item="Shoes", status="completed")
    assert await _names(hass, "completed") == ["Shoes"]
    freezer.move_to(NOW + timedelta(days=1))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert await _names(hass, "completed") == []
    assert (await _names(hass))[0] == "Send"


@pytest.mark.usefixtures("steps_at_once")
async def test_the_list_follows_the_goals(
    hass: HomeAssistant, entry: MockConfigEntry, act: Act
) -> None:
    await act("update_item", entity_id="todo.race_checklist", item="Shoes", status="completed")
    assert await _names(hass) == ["Form", "Papers", "Plan"]
    await async_patch_twin(hass, entry, "goal", RACE_ID, status="on_hold")
    assert [each["description"] for each in await _items(hass)] == ["G02 Tax", "G02 Tax"]
    await async_patch_twin(hass, entry, "goal", TAX_ID, owner_person_id=JAN, name="Taxes")
    assert await _items(hass) == []
    assert shown(hass, LIST).state == "0"
    found = await _items(hass, "todo.jan_today")
    assert [each["description"] for each in found] == ["G03 Zoo", "G02 Taxes", "G02 Taxes"]


@pytest.mark.usefixtures("steps_at_once")
async def test_nothing_is_written_that_is_as_before(
    hass: HomeAssistant, entry: MockConfigEntry, act: Act
) -> None:
    writes = async_capture_writes(hass, LIST)
    await async_patch_twin(hass, entry, "goal", ZOO_ID, name="Aquarium")
    await async_patch_twin(hass, entry, "goal", RACE_ID, description="Soon")
    await act("update_item", item="Shoes", status="needs_action")
    assert writes == []
    await act("update_item", item="Shoes", status="completed")
    assert writes == [LIST]


async def test_an_item_is_renamed_in_its_goal(
    hass: HomeAssistant, entry: MockConfigEntry, act: Act
) -> None:
    await act("update_item", item="Form", rename="Forms")
    assert _states(entry, TAX_ID).keys() == {"Papers", "Forms", "Send"}
    assert (await _items(hass))[0]["summary"] == "Forms"
    assert (await _items(hass))[0]["due"] == "2026-11-20"


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("add_item", {"item": "New"}),
        ("remove_item", {"item": "Shoes"}),
        ("remove_completed_items", {}),
        ("update_item", {"item": "Shoes", "due_date": "2026-12-01"}),
    ],
)
async def test_items_are_only_made_dated_and_removed_in_their_goal(
    hass: HomeAssistant, entry: MockConfigEntry, act: Act, action: str, data: dict[str, object]
) -> None:
    features = shown(hass, LIST).attributes[ATTR_SUPPORTED_FEATURES]
    assert features == TodoListEntityFeature.UPDATE_TODO_ITEM
    before = await _items(hass)
    with pytest.raises(HomeAssistantError):
        await act(action, **data)
    assert await _items(hass) == before


async def test_who_ticks_is_who_changed_the_goal(
    hass: HomeAssistant, entry: MockConfigEntry, act: Act, hass_admin_user: MockUser
) -> None:
    context = Context(user_id=hass_admin_user.id)
    await act("update_item", context, item="Form", status="completed")
    for entity_id in (LIST, "todo.tax_checklist", "sensor.tax_progress"):
        assert shown(hass, entity_id).context.user_id == hass_admin_user.id
