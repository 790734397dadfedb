"""The one rule of who may read and write what."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any
from unittest.mock import patch

from homeassistant.auth.const import GROUP_ID_ADMIN, GROUP_ID_READ_ONLY, GROUP_ID_USER
from homeassistant.auth.models import User
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import UnknownUser
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    WebSocketGenerator,
)

from custom_components.digital_twin.commands.access import (
    NotPermittedError,
    async_access_of_call,
    async_access_of_user,
)
from custom_components.digital_twin.const import DOMAIN

from ..common import ANNA, GOAL_ID, HOME_ID, JAN, async_patch_twin, async_setup_twin, runtime

JANS_GOAL = "30000000-0000-4000-8000-000000000002"
PERSON = "own_person_only"
GOAL = "own_goals_only"
ADMIN = "administrators_only"

type MakeUser = Callable[[str], Awaitable[User]]


@pytest.fixture
async def entry(hass: HomeAssistant) -> MockConfigEntry:
    """Set up two persons, linked to a Home Assistant person each, with a goal each."""
    # The first user owns Home Assistant and may do everything, whatever its group.
    await hass.auth.async_create_user("Owner", group_ids=[GROUP_ID_ADMIN])
    with patch("custom_components.digital_twin.PLATFORMS", ()):
        hass.states.async_set("person.anna", "home")
        hass.states.async_set("person.jan", "home", {"user_id": "somebody else"})
        return await async_setup_twin(
            hass,
            persons={
                ANNA: {"name": "Anna", "person_entity": "person.anna"},
                JAN: {"name": "Jan", "person_entity": "person.jan"},
            },
            goals={
                GOAL_ID: {"goal_code": "G01", "name": "Run", "owner_person_id": ANNA},
                JANS_GOAL: {"goal_code": "G02", "name": "Read", "owner_person_id": JAN},
            },
        )


@pytest.fixture
def make_user(hass: HomeAssistant) -> MakeUser:
    """Make a user of a group and link it to Anna."""

    async def make_user(group: str) -> User:
        user = await hass.auth.async_create_user("A user", group_ids=[group])
        hass.states.async_set("person.anna", "home", {"user_id": user.id})
        return user

    return make_user


async def _perform(
    hass: HomeAssistant, user: User | None, action: str, data: dict[str, Any]
) -> dict[str, Any]:
    response = await hass.services.async_call(
        DOMAIN,
        action,
        data,
        blocking=True,
        context=Context(user_id=user.id if user else None),
        return_response=True,
    )
    assert isinstance(response, dict)
    return response


FORBIDDEN = [
    (PERSON, "twin", "get_twin", {"twin": JAN}),
    (PERSON, "person", "update_person", {"person": JAN, "gender": "male"}),
    (ADMIN, "person_entity", "update_person", {"person": ANNA, "person_entity": None}),
    (PERSON, "person", "update_health_metrics", {"person": JAN, "metrics": {"mood": 7}}),
    (PERSON, "person", "get_health_history", {"person": JAN, "metric": "mood"}),
    (PERSON, "person", "get_correlations", {"person": JAN}),
    (
        PERSON,
        "person",
        "record_entity_value",
        {"person": JAN, "metric": "mood", "entity": "sensor.mood"},
    ),
    (PERSON, "person", "record_quick_entry", {"person": JAN, "entry": "tea"}),
    (PERSON, "person", "get_briefing", {"person": JAN}),
    (PERSON, "person", "import_health_metrics", {"person": JAN, "path": "/media/moods.csv"}),
    (ADMIN, "path", "import_health_metrics", {"person": ANNA, "path": "/media/moods.csv"}),
    (GOAL, "owner_person_id", "create_goal", {"goal_code": "G3", "name": "A"}),
    (
        GOAL,
        "owner_person_id",
        "create_goal",
        {"goal_code": "G3", "name": "A", "owner_person_id": JAN},
    ),
    (
        GOAL,
        "owner_person_id",
        "create_goal",
        {"goal_code": "G3", "name": "A", "owner_person_id": [ANNA]},
    ),
    (GOAL, "owner_person_id", "update_goal", {"goal": GOAL_ID, "owner_person_id": JAN}),
    (GOAL, "owner_person_id", "update_goal", {"goal": GOAL_ID, "owner_person_id": None}),
    (GOAL, "goal", "update_goal", {"goal": JANS_GOAL, "name": "Mine"}),
    (GOAL, "goal", "update_goal_progress", {"goal": JANS_GOAL, "key_result": "a", "value": 1}),
    (GOAL, "goal", "delete_goal", {"goal": JANS_GOAL}),
    (ADMIN, "home", "update_home", {"home": HOME_ID, "name": "Mine"}),
]


@pytest.mark.parametrize(("key", "field", "action", "data"), FORBIDDEN)
async def test_a_refusal_names_the_field(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    make_user: MakeUser,
    key: str,
    field: str,
    action: str,
    data: dict[str, Any],
) -> None:
    with pytest.raises(NotPermittedError) as refused:
        await _perform(hass, await make_user(GROUP_ID_USER), action, data)
    assert refused.value.translation_key == key
    assert refused.value.translation_placeholders == {"field": field}


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("update_person", {"person": JAN, "person_entity": "person.unknown"}),
        ("update_home", {"home": HOME_ID, "residents": ["unknown"]}),
        ("update_goal", {"goal": JANS_GOAL, "dependencies": ["G99"]}),
    ],
)
async def test_who_may_not_write_does_not_hear_which_names_exist(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    make_user: MakeUser,
    action: str,
    data: dict[str, Any],
) -> None:
    with pytest.raises(NotPermittedError):
        await _perform(hass, await make_user(GROUP_ID_USER), action, data)


async def test_who_is_nobody_of_the_household_does_not_hear_which_names_exist(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    guest = await hass.auth.async_create_user("Guest", group_ids=[GROUP_ID_USER])
    with pytest.raises(NotPermittedError) as refused:
        await _perform(hass, guest, "create_goal", {"name": "A", "dependencies": ["G99"]})
    assert refused.value.translation_placeholders == {"field": "owner_person_id"}


async def test_an_own_goal_may_depend_on_that_of_somebody_else(
    hass: HomeAssistant, entry: MockConfigEntry, make_user: MakeUser
) -> None:
    user = await make_user(GROUP_ID_USER)
    data = {"goal": GOAL_ID, "owner_person_id": ANNA, "dependencies": ["G02"]}
    assert (await _perform(hass, user, "update_goal", data))["dependencies"] == [JANS_GOAL]


@pytest.mark.parametrize("groups", [[GROUP_ID_READ_ONLY, GROUP_ID_USER], []])
async def test_only_who_is_in_no_other_group_may_only_read(
    hass: HomeAssistant, entry: MockConfigEntry, groups: list[str]
) -> None:
    user = await hass.auth.async_create_user("A user", group_ids=groups)
    assert not async_access_of_user(hass, runtime(entry).registry, user).read_only


async def test_force_does_not_reach_the_goals_of_others(
    hass: HomeAssistant, entry: MockConfigEntry, make_user: MakeUser
) -> None:
    await async_patch_twin(hass, entry, "goal", JANS_GOAL, dependencies=[GOAL_ID])
    with pytest.raises(NotPermittedError) as refused:
        await _perform(
            hass, await make_user(GROUP_ID_USER), "delete_goal", {"goal": GOAL_ID, "force": True}
        )
    assert refused.value.translation_placeholders == {"field": "force"}
    assert GOAL_ID in runtime(entry).registry.goals


async def test_a_return_does_not_reach_the_goals_of_others(
    hass: HomeAssistant, entry: MockConfigEntry, make_user: MakeUser
) -> None:
    user = await make_user(GROUP_ID_USER)
    await async_patch_twin(hass, entry, "goal", JANS_GOAL, dependencies=[GOAL_ID])
    await _perform(hass, None, "delete_goal", {"goal": GOAL_ID, "force": True})
    with pytest.raises(NotPermittedError) as refused:
        await _perform(hass, user, "restore_twin", {"twin": GOAL_ID})
    assert refused.value.translation_placeholders == {"field": "twin"}
    assert await _perform(hass, None, "restore_twin", {"twin": GOAL_ID})


@pytest.mark.parametrize("linked", ["person.nobody", None])
async def test_a_user_without_a_linked_person_reads_homes_and_goals(
    hass: HomeAssistant, entry: MockConfigEntry, make_user: MakeUser, linked: str | None
) -> None:
    user = await make_user(GROUP_ID_USER)
    await async_patch_twin(hass, entry, "person", ANNA, person_entity=linked)
    access = async_access_of_user(hass, runtime(entry).registry, user)
    registry = runtime(entry).registry
    assert not access.everything
    assert access.person_ids == frozenset()
    assert access.may_read(registry.homes[HOME_ID])
    assert access.may_read(registry.goals[GOAL_ID])
    assert not access.may_read(registry.persons[ANNA])


async def test_the_link_follows_a_new_name_of_the_entity(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
) -> None:
    linked = entity_registry.async_get_or_create("person", "person", "ola")
    user = await hass.auth.async_create_user("Ola", group_ids=[GROUP_ID_USER])
    await async_patch_twin(hass, entry, "person", JAN, person_entity=linked.id)
    entity_registry.async_update_entity(linked.entity_id, new_entity_id="person.aleksandra")
    hass.states.async_set("person.aleksandra", "home", {"user_id": user.id})
    access = async_access_of_user(hass, runtime(entry).registry, user)
    assert access.person_ids == {JAN}


async def test_the_link_is_that_of_the_person_integration(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    user = await hass.auth.async_create_user("Ola", group_ids=[GROUP_ID_USER])
    hass.states.async_remove("person.jan")
    person = {"id": "jan", "name": "Jan", "user_id": user.id}
    assert await async_setup_component(hass, "person", {"person": person})
    access = async_access_of_user(hass, runtime(entry).registry, user)
    assert access.person_ids == {JAN}


async def test_a_user_who_was_deleted_may_nothing(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    with pytest.raises(UnknownUser):
        await async_access_of_call(hass, runtime(entry).registry, Context(user_id="gone"))


async def test_a_refusal_is_no_failed_login(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_client: ClientSessionGenerator,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
) -> None:
    assert await async_setup_component(hass, "api", {})
    assert await async_setup_component(hass, "websocket_api", {})
    client = await hass_client(hass_read_only_access_token)
    path = f"/api/services/{DOMAIN}/get_twin?return_response"
    assert (await client.post(path, json={"twin": JAN})).status == HTTPStatus.BAD_REQUEST
    assert (await client.post(path, json={"twin": HOME_ID})).status == HTTPStatus.OK
    websocket = await hass_ws_client(hass, hass_read_only_access_token)
    await websocket.send_json_auto_id(
        {
            "type": "call_service",
            "domain": DOMAIN,
            "service": "get_twin",
            "service_data": {"twin": JAN},
            "return_response": True,
        }
    )
    answer = await websocket.receive_json()
    assert answer["error"]["code"] == "service_validation_error"
    assert answer["error"]["translation_key"] == PERSON
    assert "person themselves" in answer["error"]["message"]
