"""The checklists of a goal are a to-do list in which everything can be done."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

from homeassistant.components.todo import DOMAIN as TODO
from homeassistant.const import STATE_UNAVAILABLE, Platform
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    snapshot_platform,
)
from pytest_homeassistant_custom_component.typing import WebSocketGenerator
from syrupy.assertion import SnapshotAssertion

from custom_components.digital_twin.engine.folder import CONF_GOALS_FOLDER, CONF_WRITE_BACK
from custom_components.digital_twin.twin.enums import ItemState

from .common import (
    ANNA,
    GOAL,
    GOAL_ID,
    async_capture_writes,
    async_patch_twin,
    async_setup_twin,
    runtime,
    shown,
)

LIST = "todo.body_fat_checklist"
BOOKS = {"name": "Books", "target": 12}
SHOES = {
    "name": "Shoes",
    "items": [
        {"name": "Try", "state": "done"},
        {"name": "Buy", "state": "doing", "due": "2026-06-30"},
        "Wear",
    ],
}
ROUTE = {"name": "Route", "items": ["Find"]}

type Act = Callable[..., Awaitable[None]]


@pytest.fixture
async def entry(hass: HomeAssistant) -> MockConfigEntry:
    """A goal with one checklist."""
    return await async_setup_twin(
        hass,
        homes={},
        persons={ANNA: {"name": "Anna"}},
        goals={GOAL_ID: GOAL | {"progress_metrics": [BOOKS, SHOES]}},
    )


@pytest.fixture
def act(hass: HomeAssistant) -> Act:
    """Perform an action of to-do lists."""

    async def act(action: str, user_id: str | None = None, **data: object) -> None:
        await hass.services.async_call(
            TODO,
            action,
            {"entity_id": LIST, **data},
            blocking=True,
            context=Context(user_id=user_id),
        )
        await hass.async_block_till_done()

    return act


async def _items(hass: HomeAssistant) -> list[dict[str, Any]]:
    response = await hass.services.async_call(
        TODO, "get_items", {"entity_id": LIST}, blocking=True, return_response=True
    )
    assert response is not None
    listed: Any = response[LIST]
    return list(listed["items"])


async def _names(hass: HomeAssistant) -> list[str]:
    return [item["summary"] for item in await _items(hass)]


def _states(entry: MockConfigEntry) -> dict[str, ItemState]:
    goal = runtime(entry).registry.goals[GOAL_ID]
    return {item.name: item.state for one in goal.progress_metrics for item in one.items}


async def test_the_list_of_a_goal(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, snapshot: SnapshotAssertion
) -> None:
    with patch("custom_components.digital_twin.PLATFORMS", (Platform.TODO,)):
        entry = await async_setup_twin(
            hass,
            persons={ANNA: {"name": "Anna"}},
            goals={GOAL_ID: GOAL | {"progress_metrics": [BOOKS, SHOES]}},
        )
    await snapshot_platform(hass, entity_registry, snapshot, entry.entry_id)


async def test_what_is_in_progress_is_still_to_be_done(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    assert shown(hass, LIST).state == "2"
    assert await _items(hass) == [
        {"uid": "shoes/try", "summary": "Try", "status": "completed"},
        {"uid": "shoes/buy", "summary": "Buy", "status": "needs_action", "due": "2026-06-30"},
        {"uid": "shoes/wear", "summary": "Wear", "status": "needs_action"},
    ]


async def test_an_item_is_added_at_the_end(
    hass: HomeAssistant, entry: MockConfigEntry, act: Act
) -> None:
    await act("add_item", item="Clean", due_date="2026-07-01")
    assert (await _items(hass))[-1] == {
        "uid": "shoes/clean",
        "summary": "Clean",
        "status": "needs_action",
        "due": "2026-07-01",
    }
    assert shown(hass, LIST).state == "3"
    assert shown(hass, "sensor.body_fat_progress").state == "37.5"


@pytest.mark.parametrize(
    ("item", "status", "state"),
    [
        ("Wear", "completed", ItemState.DONE),
        ("Buy", "completed", ItemState.DONE),
        ("Try", "needs_action", ItemState.TODO),
        ("Buy", "needs_action", ItemState.DOING),
    ],
)
async def test_an_item_is_ticked_and_unticked(
    hass: HomeAssistant, entry: MockConfigEntry, act: Act, item: str, status: str, state: ItemState
) -> None:
    before = _states(entry)
    await act("update_item", item=item, status=status)
    assert _states(entry) == before | {item: state}


async def test_a_renamed_item_stays_in_progress(
    hass: HomeAssistant, entry: MockConfigEntry, act: Act
) -> None:
    await act("update_item", item="Buy", rename="Order", due_date=None)
    assert _states(entry)["Order"] is ItemState.DOING
    assert (await _items(hass))[1] == {
        "uid": "shoes/buy",
        "summary": "Order",
        "status": "needs_action",
    }


async def test_an_item_is_renamed_and_ticked_at_once(
    hass: HomeAssistant, entry: MockConfigEntry, act: Act
) -> None:
    await act("update_item", item="shoes/wear", rename="Wear in", status="completed")
    assert _states(entry)["Wear in"] is ItemState.DONE


async def test_what_stays_as_it_is_is_no_change(
    hass: HomeAssistant, entry: MockConfigEntry, act: Act
) -> None:
    revision = runtime(entry).registry.goals[GOAL_ID].revision
    await act("update_item", item="Buy", rename="Buy", status="needs_action")
    assert runtime(entry).registry.goals[GOAL_ID].revision == revision


async def test_items_are_removed(hass: HomeAssistant, entry: MockConfigEntry, act: Act) -> None:
    await act("remove_item", item=["Try", "shoes/wear"])
    assert await _names(hass) == ["Buy"]
    await act("update_item", item="Buy", status="completed")
    await act("remove_completed_items")
    assert await _names(hass) == []
    assert shown(hass, LIST).state == "0"


async def _move(
    hass_ws_client: WebSocketGenerator, token: str, uid: str, previous: str | None
) -> dict[str, Any]:
    client = await hass_ws_client(access_token=token)
    message = {"type": "todo/item/move", "entity_id": LIST, "uid": uid}
    await client.send_json_auto_id(message | ({"previous_uid": previous} if previous else {}))
    answer: dict[str, Any] = await client.receive_json()
    return answer


@pytest.mark.parametrize(
    ("uid", "previous", "names"),
    [
        ("shoes/wear", None, ["Wear", "Try", "Buy"]),
        ("shoes/try", "shoes/buy", ["Buy", "Try", "Wear"]),
        ("shoes/try", "shoes/wear", ["Buy", "Wear", "Try"]),
    ],
)
async def test_an_item_is_moved(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
    hass_access_token: str,
    uid: str,
    previous: str | None,
    names: list[str],
) -> None:
    assert (await _move(hass_ws_client, hass_access_token, uid, previous))["success"]
    assert await _names(hass) == names


async def test_several_checklists_are_one_list_with_their_names(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    act: Act,
    hass_ws_client: WebSocketGenerator,
    hass_access_token: str,
) -> None:
    await async_patch_twin(hass, entry, "goal", GOAL_ID, progress_metrics=[SHOES, BOOKS, ROUTE])
    assert [item["description"] for item in await _items(hass)] == [*["Shoes"] * 3, "Route"]
    await act("add_item", item="Walk")
    assert (await _items(hass))[3]["description"] == "Shoes"
    answer = await _move(hass_ws_client, hass_access_token, "route/find", "shoes/try")
    assert "within its checklist" in answer["error"]["message"]
    assert await _names(hass) == ["Try", "Buy", "Wear", "Walk", "Find"]


async def test_the_list_comes_and_goes_with_the_checklist(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    writes = async_capture_writes(hass, LIST)
    await async_patch_twin(
        hass, entry, "goal", GOAL_ID, progress_metrics=[BOOKS | {"current": 1}, SHOES]
    )
    assert writes == []
    await async_patch_twin(hass, entry, "goal", GOAL_ID, progress_metrics=[BOOKS])
    assert shown(hass, LIST).state == STATE_UNAVAILABLE
    await async_patch_twin(hass, entry, "goal", GOAL_ID, progress_metrics=[ROUTE])
    assert shown(hass, LIST).state == "1"


async def test_a_name_that_no_goal_takes_is_refused(
    hass: HomeAssistant, entry: MockConfigEntry, act: Act
) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await act("add_item", item="x" * 300)
    assert refused.value.translation_key == "too_long"


ROADMAP = "# Roadmap\r\n\r\n- [ ] Try shoes\r\n- [/] Buy shoes\r\n\t- [x] Save money\r\n"


@pytest.fixture
def roadmap(tmp_path: Path, hass: HomeAssistant) -> Path:
    """A goals folder with one goal and its roadmap."""
    goal = tmp_path / "G01_Shoes"
    goal.mkdir()
    (goal / "README.md").write_text("---\ntitle: Shoes\nowner: Anna\n---\n\n# Shoes\n")
    file = goal / "Roadmap.md"
    file.write_bytes(ROADMAP.encode())
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    return file


def _read(file: Path) -> bytes:
    return file.read_bytes()


def _write(file: Path, content: bytes) -> None:
    file.write_bytes(content)


async def _async_from_folder(
    hass: HomeAssistant, folder: Path, *, write_back: bool
) -> tuple[MockConfigEntry, str]:
    entry = await async_setup_twin(
        hass,
        homes={},
        persons={ANNA: {"name": "Anna"}},
        options={CONF_GOALS_FOLDER: str(folder), CONF_WRITE_BACK: write_back},
    )
    await runtime(entry).goals_folder.async_sync()
    await hass.async_block_till_done()
    (entity_id,) = {*hass.states.async_entity_ids(TODO)} - {"todo.anna_today"}
    return entry, entity_id


@pytest.mark.parametrize(
    ("item", "status", "before", "after"),
    [
        ("Try shoes", "completed", b"[ ] Try", b"[x] Try"),
        ("Buy shoes", "completed", b"[/] Buy", b"[x] Buy"),
        ("Save money", "needs_action", b"[x] Save", b"[ ] Save"),
    ],
)
async def test_ticking_changes_one_checkbox_in_the_file(
    hass: HomeAssistant,
    roadmap: Path,
    act: Act,
    item: str,
    status: str,
    before: bytes,
    after: bytes,
) -> None:
    entry, entity_id = await _async_from_folder(hass, roadmap.parents[1], write_back=True)
    await act("update_item", entity_id=entity_id, item=item, status=status)
    assert _read(roadmap) == ROADMAP.encode().replace(before, after)
    report = await runtime(entry).goals_folder.async_sync()
    assert (report.updated, report.unchanged) == ((), 1)


async def test_without_write_back_no_file_is_touched(
    hass: HomeAssistant, roadmap: Path, act: Act
) -> None:
    _, entity_id = await _async_from_folder(hass, roadmap.parents[1], write_back=False)
    await act("update_item", entity_id=entity_id, item="Try shoes", status="completed")
    assert _read(roadmap) == ROADMAP.encode()
    assert shown(hass, entity_id).state == "1"


async def test_a_file_that_changed_in_between_is_never_touched(
    hass: HomeAssistant, roadmap: Path, act: Act
) -> None:
    _, entity_id = await _async_from_folder(hass, roadmap.parents[1], write_back=True)
    written = ROADMAP.replace("Try shoes", "Try all shoes").encode()
    _write(roadmap, written)
    with pytest.raises(ServiceValidationError) as refused:
        await act("update_item", entity_id=entity_id, item="Buy shoes", status="completed")
    assert refused.value.translation_key == "file_changed"
    assert _read(roadmap) == written
    await hass.async_block_till_done()
    await act("update_item", entity_id=entity_id, item="Buy shoes", status="completed")
    assert _read(roadmap) == written.replace(b"[/] Buy", b"[x] Buy")
