"""Goals are created, changed, brought forward and deleted."""

from collections.abc import Callable
from datetime import UTC, datetime

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.common import ANNA, GOAL_ID, runtime

from .conftest import OTHER_GOAL_ID, Perform, Refuses

NOBODY = "40000000-0000-4000-8000-000000000009"


@pytest.fixture(autouse=True)
def _noon(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(datetime(2026, 3, 2, 12, tzinfo=UTC))


async def test_a_goal_is_created_and_seated(
    hass: HomeAssistant, perform: Perform, device_id: Callable[[str], str]
) -> None:
    response = await perform(
        "create_goal",
        goal_code="G03",
        name="Polish B2",
        owner_person_id=device_id(ANNA),
        dependencies=["g01", device_id(OTHER_GOAL_ID), GOAL_ID],
        status="on_hold",
        start_date="2026-01-01",
        target_date="2026-12-31",
        progress_metrics=[{"name": "Words", "kind": "accumulate", "target": 100, "current": 25}],
    )
    assert response["owner_person_id"] == ANNA
    assert response["dependencies"] == [GOAL_ID, OTHER_GOAL_ID]
    assert (response["status"], response["progress"]) == ("On Hold", 25.0)
    await hass.async_block_till_done()
    assert device_id(response["goal_id"])


@pytest.mark.parametrize(
    ("data", "status", "start"),
    [
        ({}, "Active", "2026-03-02"),
        ({"start_date": "2026-04-01"}, "Active", "2026-04-01"),
        ({"status": "planning"}, "Planning", None),
        ({"target_date": "2026-03-01"}, "Active", None),
        ({"status": "Active", "target_date": "2026-03-02"}, "Active", "2026-03-02"),
    ],
)
async def test_a_new_goal_is_active_from_today_and_gets_a_code(
    perform: Perform, data: dict[str, object], status: str, start: str | None
) -> None:
    response = await perform("create_goal", name="Read", **data)
    assert response["goal_code"] == "G03"
    assert (response["status"], response["start_date"]) == (status, start)


@pytest.mark.parametrize(
    ("data", "key", "field"),
    [
        ({"goal_code": "G09"}, "required_field", "name"),
        ({"goal_code": "g01", "name": "Again"}, "duplicate", "goal_code"),
        ({"goal_code": "G 9", "name": "A"}, "invalid_code", "goal_code"),
        (
            {"goal_code": "G09", "name": "A", "owner_person_id": NOBODY},
            "not_found",
            "owner_person_id",
        ),
        (
            {"goal_code": "G09", "name": "A", "owner_person_id": "Ola"},
            "not_found",
            "owner_person_id",
        ),
        (
            {"goal_code": "G09", "name": "A", "owner_person_id": GOAL_ID},
            "not_found",
            "owner_person_id",
        ),
        ({"goal_code": "G9", "name": "A", "owner_person_id": 7}, "invalid_id", "owner_person_id"),
        ({"goal_code": "G9", "name": "A", "dependencies": ["G9"]}, "not_found", "dependencies[0]"),
        ({"goal_code": "G9", "name": "A", "dependencies": "G1"}, "not_found", "dependencies"),
        (
            {"goal_code": "G9", "name": "A", "dependencies": "G01"},
            "wrong_type_list",
            "dependencies",
        ),
        ({"goal_code": "G09", "name": "A", "goal_id": NOBODY}, "read_only_field", "goal_id"),
        ({"goal_code": "G09", "name": "A", "goal": "G01"}, "unknown_field", "goal"),
        ({"goal_code": "G09", "name": "A", "status": "Done"}, "not_an_option", "status"),
    ],
)
async def test_a_goal_that_cannot_be_is_not_created(
    refuses: Refuses, data: dict[str, object], key: str, field: str
) -> None:
    await refuses(key, field, "create_goal", **data)


@pytest.mark.parametrize("name", ["device", GOAL_ID, GOAL_ID.upper(), "G01", " g01 "])
async def test_a_goal_is_named_by_device_id_or_code(
    perform: Perform, device_id: Callable[[str], str], name: str
) -> None:
    named = device_id(GOAL_ID) if name == "device" else name
    response = await perform("update_goal", goal=named, description="Slowly")
    assert (response["goal_id"], response["description"]) == (GOAL_ID, "Slowly")


async def test_a_goal_may_depend_in_a_circle(perform: Perform) -> None:
    response = await perform("update_goal", goal="G01", dependencies=["G02"])
    assert response["dependencies"] == [OTHER_GOAL_ID]


async def test_null_clears_and_absent_keeps(perform: Perform) -> None:
    response = await perform("update_goal", goal="G01", owner_person_id=None)
    assert (response["owner_person_id"], response["name"]) == (None, "Run")


async def test_an_entity_that_a_key_result_follows_is_kept_by_its_registry_id(
    entity_registry: er.EntityRegistry, perform: Perform
) -> None:
    scale = entity_registry.async_get_or_create("sensor", "test", "scale")
    weight = {"name": "Weight", "source": {"entity_id": scale.entity_id}}
    response = await perform("update_goal", goal="G01", progress_metrics=[weight])
    assert response["progress_metrics"][0]["source"] == {"entity_id": scale.id}


@pytest.mark.parametrize(
    ("data", "key", "field"),
    [
        ({"goal_code": "G02"}, "duplicate", "goal_code"),
        ({"owner_person_id": NOBODY}, "not_found", "owner_person_id"),
        ({"dependencies": ["G01"]}, "self_dependency", "dependencies"),
        ({"dependencies": ["G02", "G07"]}, "not_found", "dependencies[1]"),
        ({"target_date": "2026-02-30"}, "invalid_date", "target_date"),
        (
            {"start_date": "2026-05-01", "target_date": "2026-04-01"},
            "dates_reversed",
            "target_date",
        ),
        ({"roadmap_link": "javascript:alert(1)"}, "invalid_link", "roadmap_link"),
        ({"progress_metrics": [{"target": 1}]}, "required_field", "progress_metrics[0].name"),
        (
            {"progress_metrics": [{"name": "a", "source": {"entity_id": "sensor.none"}}]},
            "not_found",
            "progress_metrics[0].source.entity_id",
        ),
        ({"progress": 100}, "unknown_field", "progress"),
        ({"last_updated": "2026-01-01"}, "read_only_field", "last_updated"),
    ],
)
async def test_a_bad_change_is_refused(
    refuses: Refuses, data: dict[str, object], key: str, field: str
) -> None:
    await refuses(key, field, "update_goal", goal="G01", **data)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        (None, "required_field"),
        (7, "wrong_type_text"),
        ("G07", "not_found"),
        (NOBODY, "not_found"),
        (ANNA, "not_found"),
    ],
)
@pytest.mark.parametrize("action", ["update_goal", "update_goal_progress", "delete_goal"])
async def test_a_goal_that_is_not_there_is_refused(
    refuses: Refuses, action: str, name: object, key: str
) -> None:
    await refuses(key, "goal", action, goal=name)


async def test_a_device_that_is_no_goal_is_refused(
    entry: MockConfigEntry,
    device_registry: dr.DeviceRegistry,
    refuses: Refuses,
    device_id: Callable[[str], str],
) -> None:
    await refuses("not_found", "goal", "delete_goal", goal=device_id(ANNA))
    stranger = device_registry.async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={("other", "x")}
    )
    await refuses("not_found", "goal", "delete_goal", goal=stranger.id)


@pytest.mark.parametrize(
    ("data", "index", "expected"),
    [
        ({"key_result": "weight", "value": 75}, 0, {"current": 75.0}),
        ({"key_result": "Weight", "increment": -2}, 0, {"current": 78.0}),
        ({"key_result": "runs", "increment": 5.5}, 1, {"current": 25.5}),
    ],
)
async def test_a_key_result_is_brought_forward(
    perform: Perform, data: dict[str, object], index: int, expected: dict[str, object]
) -> None:
    response = await perform("update_goal_progress", goal="G01", **data)
    changed = response["progress_metrics"][index]
    assert changed.items() >= expected.items()
    assert changed["measured_at"] == "2026-03-02T12:00:00+00:00"
    assert response["revision"] == 2


async def test_an_item_is_ticked_and_started(perform: Perform) -> None:
    async def states(**data: str) -> list[str]:
        response = await perform("update_goal_progress", goal="G01", key_result="To do", **data)
        return [item["state"] for item in response["progress_metrics"][2]["items"]]

    assert await states(item="Buy shoes") == ["done", "todo"]
    assert await states(item="find a route", state="doing") == ["done", "doing"]
    assert await states(item="Buy shoes", state="todo") == ["todo", "doing"]


async def test_an_item_that_is_done_already_changes_nothing(
    entry: MockConfigEntry, perform: Perform
) -> None:
    data = {"goal": "G01", "key_result": "To do", "item": "Buy shoes"}
    first = await perform("update_goal_progress", **data)
    saves = runtime(entry).registry.writes
    assert await perform("update_goal_progress", **data) == first
    assert runtime(entry).registry.writes == saves


@pytest.mark.parametrize(("goal", "expected"), [("G01", "07:30"), ("G02", "16:30")])
async def test_local_time_is_that_of_the_owner(
    hass: HomeAssistant, perform: Perform, goal: str, expected: str
) -> None:
    """Jan follows Home Assistant, which is in California in tests."""
    assert hass.config.time_zone == "US/Pacific"
    await perform("update_goal", goal="G02", progress_metrics=[{"name": "Runs"}])
    response = await perform(
        "update_goal_progress",
        goal=goal,
        key_result="Runs",
        value=30,
        measured_at="2026-03-01T08:30:00",
    )
    changed = next(item for item in response["progress_metrics"] if item["name"] == "Runs")
    assert changed["measured_at"] == f"2026-03-01T{expected}:00+00:00"


async def test_local_time_of_a_goal_without_owner_is_that_of_the_household(
    perform: Perform,
) -> None:
    goal = await perform("create_goal", goal_code="G5", name="A", progress_metrics=[{"name": "k"}])
    response = await perform(
        "update_goal_progress",
        goal=goal["goal_id"],
        key_result="k",
        value=1,
        measured_at="2026-03-01T08:30:00",
    )
    assert response["progress_metrics"][0]["measured_at"] == "2026-03-01T16:30:00+00:00"


@pytest.mark.parametrize(
    ("data", "key", "field"),
    [
        ({"value": 1}, "required_field", "key_result"),
        ({"key_result": "Swims", "value": 1}, "not_an_option", "key_result"),
        ({"key_result": "Runs"}, "nothing_to_do", "value"),
        ({"key_result": "Runs", "value": 1, "increment": 1}, "only_one_of", "increment"),
        ({"key_result": "Runs", "increment": "x"}, "wrong_type_number", "increment"),
        ({"key_result": "Runs", "item": "x"}, "wrong_kind", "item"),
        ({"key_result": "To do", "item": "x"}, "unknown_item", "item"),
        ({"key_result": "To do", "item": "Buy shoes", "state": "x"}, "not_an_option", "state"),
        ({"key_result": "Runs", "value": 1, "unit": "km"}, "unknown_field", "unit"),
        (
            {"key_result": "Runs", "value": 1, "measured_at": "2026-03-03T00:00:00+00:00"},
            "future_time",
            "measured_at",
        ),
    ],
)
async def test_progress_that_cannot_be_is_refused(
    refuses: Refuses, data: dict[str, object], key: str, field: str
) -> None:
    await refuses(key, field, "update_goal_progress", goal="G01", **data)


async def test_a_goal_that_others_need_is_deleted_only_by_force(
    entry: MockConfigEntry, perform: Perform, refuses: Refuses
) -> None:
    said = await refuses("in_use", "goal_id", "delete_goal", goal="G01")
    assert (said["value"], said["users"]) == ("Run", "Read")
    response = await perform("delete_goal", goal="G01", force=True)
    assert response == {
        "goal_id": GOAL_ID,
        "unlinked": [{"kind": "goal", "twin_id": OTHER_GOAL_ID, "field": "dependencies"}],
    }
    assert [*runtime(entry).registry.goals] == [OTHER_GOAL_ID]


async def test_a_goal_that_nobody_needs_is_deleted(
    entry: MockConfigEntry, perform: Perform
) -> None:
    response = await perform("delete_goal", goal="G02")
    assert response == {"goal_id": OTHER_GOAL_ID, "unlinked": []}
    assert [*runtime(entry).registry.goals] == [GOAL_ID]


@pytest.mark.parametrize(
    ("data", "key", "field"),
    [
        ({"force": "yes"}, "wrong_type_truth", "force"),
        ({"forced": True}, "unknown_field", "forced"),
    ],
)
async def test_a_delete_with_bad_data_is_refused(
    refuses: Refuses, data: dict[str, object], key: str, field: str
) -> None:
    await refuses(key, field, "delete_goal", goal="G02", **data)
