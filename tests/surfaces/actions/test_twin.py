"""Any twin is read, and a deleted one is brought back."""

from collections.abc import Callable
import json

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.json import json_dumps
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.digital_twin.engine.core.registry import KINDS
from tests.common import ANNA, GOAL_ID, HOME_ID, JAN, runtime

from .conftest import OTHER_GOAL_ID, Perform, Refuses

DERIVED = {"home": "device_inventory", "person": "goals_progress", "goal": "progress"}


@pytest.mark.parametrize(
    ("kind", "twin_id"), [("home", HOME_ID), ("person", ANNA), ("goal", GOAL_ID)]
)
async def test_a_twin_answers_with_its_whole_document(
    perform: Perform, device_id: Callable[[str], str], kind: str, twin_id: str
) -> None:
    response = await perform("get_twin", twin=device_id(twin_id))
    assert response[KINDS[kind].id_field] == twin_id
    assert response.keys() >= {*KINDS[kind].fields, DERIVED[kind]}
    assert json.loads(json_dumps(response)).keys() == response.keys()
    assert await perform("get_twin", twin=twin_id) == response


async def test_a_twin_answers_as_it_was(perform: Perform, device_id: Callable[[str], str]) -> None:
    await perform("update_goal", goal=GOAL_ID, name="Walk")
    for at in (1, "1"):
        then = await perform("get_twin", twin=device_id(GOAL_ID), at=at)
        assert (then["name"], then["revision"]) == ("Run", 1)
        assert json.loads(json_dumps(then)) == then


async def test_a_deleted_twin_answers_as_it_was(deleted: None, perform: Perform) -> None:
    for name in ("Sing", "g99"):
        assert (await perform("get_twin", twin=name, at=1))["goal_code"] == "G99"
    assert (await perform("get_twin", twin="Eva", at=1))["name"] == "Eva"


@pytest.mark.parametrize(
    ("at", "key"),
    [
        ("2020-01-01", "before_journal"),
        ("2100-01-01", "in_future"),
        ("soon", "invalid_time"),
        (99, "unknown_revision"),
        (0, "wrong_type_whole_number"),
        (True, "wrong_type_whole_number"),
    ],
)
async def test_a_time_that_nobody_knows_is_refused(refuses: Refuses, at: object, key: str) -> None:
    await refuses(key, "at", "get_twin", twin=GOAL_ID, at=at)


async def test_a_goal_is_read_by_its_code(perform: Perform) -> None:
    assert (await perform("get_twin", twin="g02"))["goal_id"] == OTHER_GOAL_ID


@pytest.mark.parametrize("registered", [True, False])
async def test_a_person_is_read_by_the_person_that_it_follows(
    hass: HomeAssistant,
    entity_registry: er.EntityRegistry,
    entry: MockConfigEntry,
    perform: Perform,
    refuses: Refuses,
    registered: bool,
) -> None:
    await refuses("not_found", "twin", "get_twin", twin="person.anna")
    if registered:
        entity_registry.async_get_or_create(
            "person", "person", "anna", suggested_object_id="anna", original_name="Anna"
        )
    hass.states.async_set("person.anna", "home")
    await perform("update_person", person=ANNA, person_entity="person.anna")
    assert (await perform("get_twin", twin="person.anna"))["person_id"] == ANNA
    assert (await perform("update_goal", goal="G02", owner_person_id="person.anna"))[
        "owner_person_id"
    ] == ANNA
    await refuses("not_found", "goal", "update_goal", goal="person.anna")


@pytest.mark.parametrize("action", ["get_twin", "restore_twin"])
@pytest.mark.parametrize(
    ("data", "key", "field"),
    [
        ({"twin": "G07"}, "not_found", "twin"),
        ({"twin": "40000000-0000-4000-8000-000000000009"}, "not_found", "twin"),
        ({"twin": ["G01"]}, "wrong_type_text", "twin"),
        ({}, "required_field", "twin"),
        ({"twin": None}, "required_field", "twin"),
        ({"twin": ""}, "required_field", "twin"),
        ({"twin": " "}, "required_field", "twin"),
        ({"twin": "G01", "kind": "goal"}, "unknown_field", "kind"),
    ],
)
async def test_a_twin_that_is_not_there_is_refused(
    deleted: None,
    refuses: Refuses,
    action: str,
    data: dict[str, object],
    key: str,
    field: str,
) -> None:
    await refuses(key, field, action, **data)


@pytest.mark.parametrize("name", [GOAL_ID, "g01", " RUN "])
async def test_a_deleted_goal_comes_back_with_what_depended_on_it(
    entry: MockConfigEntry, perform: Perform, name: str
) -> None:
    before = await perform("get_twin", twin=GOAL_ID)
    await perform("delete_goal", goal=GOAL_ID, force=True)
    assert await perform("restore_twin", twin=name) == before
    assert runtime(entry).registry.goals[OTHER_GOAL_ID].dependencies == (GOAL_ID,)


async def test_of_two_deleted_goals_of_one_code_the_last_deleted_one_comes_back(
    perform: Perform,
) -> None:
    for name in ("First", "Second"):
        await perform("create_goal", goal_code="G50", name=name)
        await perform("delete_goal", goal="G50")
    assert (await perform("restore_twin", twin="g50"))["name"] == "Second"


@pytest.mark.parametrize("name", [JAN, "jan"])
async def test_a_deleted_person_comes_back(
    entry: MockConfigEntry, perform: Perform, name: str
) -> None:
    await runtime(entry).registry.async_delete(KINDS["person"], JAN, force=True)
    assert (await perform("restore_twin", twin=name))["name"] == "Jan"
    assert runtime(entry).registry.homes[HOME_ID].residents == (ANNA, JAN)


async def test_a_goal_whose_code_is_taken_by_now_stays_deleted(
    perform: Perform, refuses: Refuses
) -> None:
    await perform("delete_goal", goal="G02")
    await perform("create_goal", goal_code="g02", name="Write")
    await refuses("duplicate", "goal_code", "restore_twin", twin=OTHER_GOAL_ID)


async def test_a_twin_that_is_there_needs_no_restoring(refuses: Refuses) -> None:
    await refuses("not_found", "twin", "restore_twin", twin=GOAL_ID)
