"""The WebSocket commands and subscriptions, as a client meets them."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
import json
from pathlib import Path
import re
from typing import Any, Final
from unittest.mock import Mock, patch

from homeassistant.auth.const import GROUP_ID_ADMIN, GROUP_ID_READ_ONLY, GROUP_ID_USER
from homeassistant.auth.models import User
from homeassistant.components.websocket_api.http import WebSocketHandler
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import (
    MockHAClientWebSocket,
    WebSocketGenerator,
)

from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.engine.core.registry import KINDS
from custom_components.digital_twin.engine.core.timers import TimeSlices
from custom_components.digital_twin.surfaces import websocket
from custom_components.digital_twin.surfaces.websocket import COMMANDS, async_subscriptions
from custom_components.digital_twin.twin.goals.lineage import LINEAGE_PARTS
from tests.common import (
    ANNA,
    GOAL_ID,
    HOME_ID,
    JAN,
    async_add_twins,
    async_delete_twin,
    async_patch_twin,
    async_restore_twin,
    async_setup_twin,
    no_space,
    runtime,
)

type Connect = Callable[..., Awaitable[Client]]
type Documents = dict[str, dict[str, Any]]

JANS_GOAL: Final = "30000000-0000-4000-8000-000000000002"
THIRD_GOAL: Final = "30000000-0000-4000-8000-000000000003"
ADMINISTRATOR: Final = "administrator"
LINKED: Final = "linked user"
OTHER: Final = "other user"
READ_ONLY: Final = "linked user who only reads"
GROUPS: Final = {
    ADMINISTRATOR: GROUP_ID_ADMIN,
    LINKED: GROUP_ID_USER,
    OTHER: GROUP_ID_USER,
    READ_ONLY: GROUP_ID_READ_ONLY,
}


def without_lineage(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document as it is in lists, queries and subscriptions."""
    return {name: each for name, each in document.items() if name not in LINEAGE_PARTS}


class Client:
    """A client that keeps the documents of its subscriptions as the documentation says."""

    def __init__(self, socket: MockHAClientWebSocket, user: User) -> None:
        self.socket = socket
        self.user = user
        self.known: dict[int, Documents] = {}
        self.events: list[dict[str, Any]] = []

    async def ask(self, command: str, **data: object) -> dict[str, Any]:
        """Send a command and return the answer; events that come before it are kept."""
        await self.socket.send_json_auto_id({"type": f"{DOMAIN}/{command}", **data})
        while True:
            message: dict[str, Any] = await self.socket.receive_json()
            if message["type"] == "result":
                return message
            self._take(message)

    async def get(self, command: str, **data: object) -> Any:  # noqa: ANN401  # JSON of any shape
        """Send a command that is answered; return the result."""
        answer = await self.ask(command, **data)
        assert answer["success"], answer
        return answer["result"]

    async def refused(self, command: str, **data: object) -> dict[str, Any]:
        """Send a command that is refused; return the error."""
        answer = await self.ask(command, **data)
        assert not answer["success"], answer
        error: dict[str, Any] = answer["error"]
        return error

    async def subscribe(self, **data: object) -> int:
        """Subscribe, and wait for the snapshot; return the number of the subscription."""
        answer = await self.ask("subscribe", **data)
        assert answer["success"], answer
        assert answer["result"] is None
        event = await self.event()
        assert event["type"] == "snapshot"
        number: int = answer["id"]
        return number

    async def event(self) -> dict[str, Any]:
        """Wait for the next event."""
        message = await self.socket.receive_json()
        assert message["type"] == "event", message
        return self._take(message)

    async def until(self, number: int, expected: Callable[[Documents], bool]) -> Documents:
        """Wait for events until the documents of a subscription are as expected."""
        while not expected(self.known[number]):
            await self.event()
        return self.known[number]

    async def nothing(self) -> None:
        """Check that there is no further event."""
        await self.socket.send_json_auto_id({"type": "ping"})
        assert (await self.socket.receive_json())["type"] == "pong"

    def _take(self, message: dict[str, Any]) -> dict[str, Any]:
        event: dict[str, Any] = message["event"]
        self.events.append(event)
        known = self.known.setdefault(message["id"], {})
        id_field = f"{event['kind']}_id"
        for document in event.get("twins", event.get("added", [])):
            known[document[id_field]] = document
        for twin_id, change in event.get("changed", {}).items():
            for name in change["fields"]:
                known[twin_id].pop(name, None)
            known[twin_id] |= change["values"]
        for twin_id in event.get("removed", []):
            del known[twin_id]
        return event


@pytest.fixture
async def entry(hass: HomeAssistant) -> AsyncGenerator[MockConfigEntry]:
    """Set up a household of two; Jan's values are private, and his goal follows his weight."""
    hass.states.async_set("person.anna", "home")
    weight = {"name": "Weight", "baseline": 90, "target": 80, "source": {"metric": "weight"}}
    with patch("custom_components.digital_twin.PLATFORMS", ()):
        yield await async_setup_twin(
            hass,
            persons={
                ANNA: {"name": "Anna", "person_entity": "person.anna"},
                JAN: {"name": "Jan", "health_entities": False},
            },
            goals={
                GOAL_ID: {
                    "goal_code": "G01",
                    "name": "Run",
                    "status": "active",
                    "start_date": "2026-01-01",
                    "target_date": "2026-12-31",
                    "owner_person_id": ANNA,
                    "progress_metrics": [
                        {"name": "Runs", "kind": "accumulate", "target": 100, "current": 20}
                    ],
                },
                JANS_GOAL: {
                    "goal_code": "G02",
                    "name": "Lighter",
                    "owner_person_id": JAN,
                    "dependencies": [GOAL_ID],
                    "progress_metrics": [weight],
                },
            },
        )


@pytest.fixture
async def connect(
    hass: HomeAssistant, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> Connect:
    """Connect as one of the users; the linked ones are Anna."""
    # The first user owns the house.
    await hass.auth.async_create_user("Owner")

    async def connect(who: str = ADMINISTRATOR) -> Client:
        user = await hass.auth.async_create_user(who, group_ids=[GROUPS[who]])
        if who in (LINKED, READ_ONLY):
            link(hass, user)
        token = await hass.auth.async_create_refresh_token(user, "https://example.com/client")
        return Client(await hass_ws_client(hass, hass.auth.async_create_access_token(token)), user)

    return connect


def link(hass: HomeAssistant, user: User | None) -> None:
    """Link the person of Home Assistant that Anna follows to a user."""
    hass.states.async_set("person.anna", "home", {"user_id": user.id if user else None})


# Commands.

REFUSED: Final[Mapping[str, tuple[str, dict[str, Any]]]] = {
    "person": ("create", {"kind": "person", "values": {"name": "Eva"}}),
    "owner_person_id": ("create", {"kind": "goal", "values": {"name": "Read"}}),
    "person_entity": (
        "update",
        {"kind": "person", "twin": ANNA, "patch": {"person_entity": None}},
    ),
    "twin": ("delete", {"kind": "person", "twin": ANNA, "force": True}),
    "twins[1]": ("subscribe", {"kind": "person", "twins": [ANNA, JAN]}),
}


@pytest.mark.parametrize("field", REFUSED)
async def test_a_refusal_names_the_field(connect: Connect, field: str) -> None:
    client = await connect(LINKED)
    command, data = REFUSED[field]
    error = await client.refused(command, **data)
    assert error["code"] == "unauthorized"
    assert error["translation_domain"] == DOMAIN
    assert error["translation_placeholders"] == {"field": field}
    assert [fault["field"] for fault in error["faults"]] == [field]


@pytest.mark.parametrize("who", GROUPS)
async def test_private_values_are_in_no_answer_for_others(
    hass: HomeAssistant, entry: MockConfigEntry, connect: Connect, who: str
) -> None:
    reading = {"weight": {"value": 87.5, "unit": "kg"}}
    await async_patch_twin(hass, entry, "person", JAN, health_metrics=reading)
    client = await connect(who)
    number = await client.subscribe(kind="goal")
    documents = [
        await client.get("get", kind="goal", twin="G02"),
        *await client.get("list", kind="goal", filters={"goal_code": "G02"}),
        *await client.get("query", expression="goals[?goal_code=='G02']"),
        client.known[number][JANS_GOAL],
    ]
    for document in documents:
        (part,) = document["progress_metrics"]
        assert ("current" in part) is (who == ADMINISTRATOR)
        assert without_lineage(document) == without_lineage(documents[0])


async def test_a_write_is_read_at_once_everywhere(connect: Connect) -> None:
    client = await connect()
    number = await client.subscribe(kind="goal")
    created = await client.get("create", kind="goal", values={"name": "Read"})
    assert created["goal_code"] == "G03"
    assert await client.get("get", kind="goal", twin="G03") == created
    created = without_lineage(created)
    assert created in await client.get("list", kind="goal")
    assert await client.get("query", expression="goals[?goal_code=='G03'] | [0]") == created
    goal_id = created["goal_id"]
    known = await client.until(number, lambda known: goal_id in known)
    assert known[goal_id] == created
    assert await client.get("delete", kind="goal", twin="g03", revision=1) == {
        "goal_id": goal_id,
        "unlinked": [],
    }
    await client.until(number, lambda known: goal_id not in known)
    assert (await client.refused("get", kind="goal", twin="G03"))["code"] == "not_found"


async def test_of_two_who_change_one_revision_the_second_is_refused(connect: Connect) -> None:
    one, other = await connect(), await connect(LINKED)
    revision = (await one.get("get", kind="goal", twin="G01"))["revision"]
    data: dict[str, Any] = {"kind": "goal", "twin": "G01", "revision": revision}
    changed = await one.get("update", **data, patch={"name": "Walk"})
    assert changed["revision"] == revision + 1
    for command, more in (("update", {"patch": {"name": "Swim"}}), ("delete", {})):
        error = await other.refused(command, **data, **more)
        assert (error["code"], error["translation_key"]) == ("stale", "stale")
        assert error["translation_placeholders"]["current"] == str(revision + 1)
    assert await one.get("get", kind="goal", twin="G01") == changed


async def test_a_list_is_filtered_and_projected(connect: Connect) -> None:
    client = await connect()
    assert await client.get("list", kind="goal", filters={"status": "active"}, fields=["name"]) == [
        {"goal_id": GOAL_ID, "name": "Run"}
    ]
    assert await client.get("list", kind="goal", filters={"progress": 20}, fields=[]) == [
        {"goal_id": GOAL_ID}
    ]
    people = await client.get("list", kind="person", filters={"health_entities": False})
    assert [person["name"] for person in people] == ["Jan"]
    assert await client.get("list", kind="goal", filters={"target_date": None}, fields=[]) == [
        {"goal_id": JANS_GOAL}
    ]


@pytest.mark.parametrize(
    ("command", "data", "code", "faults"),
    [
        ("list", {}, "service_validation_error", {"kind": "required_field"}),
        ("list", {"kind": "goals"}, "service_validation_error", {"kind": "not_an_option"}),
        (
            "list",
            {"kind": "goal", "filters": {"nme": "Run"}, "fields": ["nme"]},
            "service_validation_error",
            {"nme": "unknown_field"},
        ),
        (
            "list",
            {"kind": "goal", "filters": [71.4], "limit": 3},
            "service_validation_error",
            {"filters": "wrong_type_object_private", "limit": "unknown_field"},
        ),
        ("get", {"kind": "goal", "twin": "G09"}, "not_found", {"twin": "not_found"}),
        (
            "get",
            {"kind": 5, "twin": ["G01"]},
            "service_validation_error",
            {"kind": "wrong_type_text", "twin": "wrong_type_text"},
        ),
        (
            "create",
            {"kind": "person", "values": {"contact_email": "a@", "date_of_birth": "1890-13-01"}},
            "service_validation_error",
            {
                "name": "required_field",
                "contact_email": "invalid_email_private",
                "date_of_birth": "invalid_date_private",
            },
        ),
        (
            "create",
            {"kind": "person", "values": 71.4},
            "service_validation_error",
            {"values": "wrong_type_object_private"},
        ),
        (
            "update",
            {"kind": "person", "twin": ANNA, "patch": {"health_metrics": {"weight": "heavy"}}},
            "service_validation_error",
            {"health_metrics.weight": "wrong_type_number_private"},
        ),
        (
            "update",
            {"kind": "goal", "twin": "G01", "patch": {}, "revision": "first"},
            "service_validation_error",
            {"revision": "wrong_type_whole_number"},
        ),
        (
            "delete",
            {"kind": "goal", "twin": "G01", "force": "yes"},
            "service_validation_error",
            {"force": "wrong_type_truth"},
        ),
        ("query", {}, "service_validation_error", {"expression": "required_field"}),
        (
            "query",
            {"expression": ["goals"]},
            "service_validation_error",
            {"expression": "wrong_type_text_private"},
        ),
        (
            "query",
            {"expression": "goals["},
            "service_validation_error",
            {"expression": "query_syntax"},
        ),
        (
            "subscribe",
            {"kind": "goal", "twins": ["G09"]},
            "not_found",
            {"twins[0]": "not_found"},
        ),
        (
            "subscribe",
            {"kind": "goal", "twins": "G01", "fields": ["name", 5], "since": 3},
            "service_validation_error",
            {
                "twins": "wrong_type_list",
                "fields[1]": "wrong_type_text",
                "since": "unknown_field",
            },
        ),
        (
            "subscribe",
            {"kind": "goal", "fields": ["nme"]},
            "service_validation_error",
            {"nme": "unknown_field"},
        ),
    ],
)
async def test_a_refusal_names_all_faults_and_is_not_logged(
    connect: Connect,
    caplog: pytest.LogCaptureFixture,
    command: str,
    data: dict[str, Any],
    code: str,
    faults: dict[str, str],
) -> None:
    client = await connect()
    caplog.clear()
    error = await client.refused(command, **data)
    assert error["code"] == code
    assert {fault["field"]: fault["key"] for fault in error["faults"]} == faults
    first = error["faults"][0]
    assert error["translation_key"] == first["key"]
    assert error["translation_domain"] == DOMAIN
    assert error["translation_placeholders"]["field"] == first["field"]
    assert error["message"] == first["message"] != first["key"]
    assert _logged(caplog) == []


def _logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged; for debugging Home Assistant logs each message that is received."""
    return [record.getMessage() for record in caplog.records if record.levelname != "DEBUG"]


async def test_no_value_of_a_refused_command_reaches_the_log_or_the_error(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    client = await connect()
    caplog.clear()
    patch_ = {"health_metrics": {"weight": {"value": 987654}}, "contact_email": "secret@@"}
    errors = [
        await client.refused("update", kind="person", twin=ANNA, patch=patch_),
        await client.refused("update", kind="person", twin=ANNA, patch=[patch_]),
        await client.refused("update", kind="person", twin=ANNA, patch=patch_, extra=patch_),
        await client.refused("query", expression=patch_),
        await client.refused("subscribe", kind="person", twins=ANNA, fields={"a": patch_}, b=1),
    ]
    for text in (str(_logged(caplog)), str(errors[:4])):
        assert "987654" not in text
        assert "secret@" not in text


async def test_what_the_disk_refuses_is_told(connect: Connect) -> None:
    client = await connect()
    with no_space():
        error = await client.refused("update", kind="goal", twin="G01", patch={"name": "Walk"})
    assert (error["code"], error["translation_key"]) == ("home_assistant_error", "not_saved")
    assert (await client.get("get", kind="goal", twin="G01"))["name"] == "Run"


@pytest.mark.parametrize("command", [*COMMANDS, "subscribe"])
async def test_without_a_loaded_entry_each_command_says_so(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, command: str
) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    socket = await hass_ws_client(hass)
    await socket.send_json_auto_id({"type": f"{DOMAIN}/{command}"})
    error = (await socket.receive_json())["error"]
    assert (error["code"], error["translation_key"]) == ("home_assistant_error", "not_loaded")


# Subscriptions.


async def _same_as_read(client: Client, number: int, kind: str) -> None:
    """Check that what a client knows is what it would read."""
    documents = await client.get("list", kind=kind)
    assert client.known[number] == {each[f"{kind}_id"]: each for each in documents}


async def test_a_change_names_its_fields_and_brings_their_values(connect: Connect) -> None:
    client = await connect()
    number = await client.subscribe(kind="goal", twins=["g01"])
    assert [*client.known[number]] == [GOAL_ID]
    changed = await client.get("update", kind="goal", twin="G01", patch={"name": "Walk"})
    await client.until(number, lambda known: known[GOAL_ID]["name"] == "Walk")
    event = client.events[-1]
    assert event == {
        "type": "changes",
        "kind": "goal",
        "added": [],
        "changed": {
            GOAL_ID: {
                "revision": changed["revision"],
                "fields": ["name", "revision", "last_updated"],
                "values": {name: changed[name] for name in ("name", "revision", "last_updated")},
            }
        },
        "removed": [],
    }
    assert client.known[number][GOAL_ID] == without_lineage(changed)


async def test_only_the_wanted_fields_and_twins_are_told(connect: Connect) -> None:
    client = await connect()
    number = await client.subscribe(kind="goal", twins=["G01"], fields=["progress"])
    assert client.known[number] == {GOAL_ID: {"goal_id": GOAL_ID, "progress": 20}}
    await client.get("update", kind="goal", twin="G02", patch={"name": "Lighter still"})
    await client.get("update", kind="goal", twin="G01", patch={"name": "Walk"})
    runs = {"key": "runs", "name": "Runs", "kind": "accumulate", "target": 100, "current": 50}
    await client.get("update", kind="goal", twin="G01", patch={"progress_metrics": [runs]})
    await client.until(number, lambda known: known[GOAL_ID]["progress"] == 50)
    changes = [event for event in client.events if event["type"] == "changes"]
    assert [change["changed"][GOAL_ID]["fields"] for change in changes] == [["progress"]]


async def test_what_is_derived_changes_too(
    hass: HomeAssistant, entry: MockConfigEntry, connect: Connect
) -> None:
    client = await connect()
    goals = await client.subscribe(kind="goal")
    people = await client.subscribe(kind="person")
    homes = await client.subscribe(kind="home", fields=["occupancy_status"])
    pace = client.known[goals][GOAL_ID]["pace"]
    summary = client.known[people][ANNA]["goals_progress"]
    await async_patch_twin(hass, entry, "goal", GOAL_ID, target_date="2027-12-31")
    await async_patch_twin(hass, entry, "goal", GOAL_ID, status="completed")
    await client.until(goals, lambda known: known[GOAL_ID]["pace"] not in (pace, None))
    await client.until(people, lambda known: known[ANNA]["goals_progress"] != summary)
    # The goal that depends on it is no longer blocked, and its critical path is shorter.
    await client.until(goals, lambda known: not known[JANS_GOAL]["blocked_by"])
    reading = {"weight": {"value": 61.5, "unit": "kg"}}
    await async_patch_twin(hass, entry, "person", ANNA, health_metrics=reading)
    await client.until(people, lambda known: "weight" in known[ANNA]["metrics"])
    await _same_as_read(client, goals, "goal")
    await _same_as_read(client, people, "person")
    assert client.known[homes][HOME_ID].keys() == {"home_id", "occupancy_status"}


async def test_a_goal_tells_who_depends_on_it(
    hass: HomeAssistant, entry: MockConfigEntry, connect: Connect
) -> None:
    third = {"goal_code": "G03", "name": "Write", "dependencies": [JANS_GOAL]}
    client = await connect()
    number = await client.subscribe(kind="goal")
    await async_add_twins(hass, entry, "goal", {THIRD_GOAL: third})
    await client.until(number, lambda known: known[JANS_GOAL]["dependents"] == [THIRD_GOAL])
    # A circle of three: the first depends on the last.
    await async_patch_twin(hass, entry, "goal", GOAL_ID, dependencies=[THIRD_GOAL])
    await client.until(number, lambda known: len(known[JANS_GOAL]["cycle"]) == 3)
    await async_patch_twin(hass, entry, "goal", THIRD_GOAL, dependencies=[])
    await client.until(number, lambda known: known[JANS_GOAL]["cycle"] == [])
    await client.until(number, lambda known: known[JANS_GOAL]["dependents"] == [])
    await _same_as_read(client, number, "goal")


async def test_deleted_and_restored_twins_are_told(
    hass: HomeAssistant, entry: MockConfigEntry, connect: Connect
) -> None:
    client = await connect()
    everything = await client.subscribe(kind="goal")
    one = await client.subscribe(kind="goal", twins=["G01"])
    await async_delete_twin(hass, entry, "goal", GOAL_ID)
    await client.until(one, lambda known: not known)
    await client.until(everything, lambda known: known[JANS_GOAL]["dependencies"] == [])
    assert [*client.known[everything]] == [JANS_GOAL]
    await async_restore_twin(hass, entry, "goal", GOAL_ID)
    await client.until(one, lambda known: GOAL_ID in known)
    await client.until(everything, lambda known: known[JANS_GOAL]["dependencies"] == [GOAL_ID])
    await _same_as_read(client, everything, "goal")


async def test_who_is_linked_to_another_user_is_told_as_removed(
    hass: HomeAssistant, connect: Connect
) -> None:
    anna, other = await connect(LINKED), await connect(OTHER)
    of_anna = await anna.subscribe(kind="person")
    of_other = await other.subscribe(kind="person")
    assert ([*anna.known[of_anna]], [*other.known.get(of_other, {})]) == ([ANNA], [])
    link(hass, other.user)
    assert await anna.until(of_anna, lambda known: not known) == {}
    assert anna.events[-1]["removed"] == [ANNA]
    known = await other.until(of_other, lambda known: ANNA in known)
    assert known[ANNA]["name"] == "Anna"
    link(hass, None)
    assert await other.until(of_other, lambda known: not known) == {}


async def test_a_link_in_the_record_counts_at_once(
    hass: HomeAssistant, entry: MockConfigEntry, connect: Connect
) -> None:
    client = await connect(LINKED)
    number = await client.subscribe(kind="person")
    await async_patch_twin(hass, entry, "person", ANNA, person_entity=None)
    await client.until(number, lambda known: not known)
    await async_patch_twin(hass, entry, "person", JAN, person_entity="person.anna")
    await client.until(number, lambda known: [*known] == [JAN])


async def test_who_is_no_longer_an_administrator_loses_what_is_of_others(
    hass: HomeAssistant, entry: MockConfigEntry, connect: Connect
) -> None:
    reading = {"weight": {"value": 87.5, "unit": "kg"}}
    await async_patch_twin(hass, entry, "person", JAN, health_metrics=reading)
    client = await connect(ADMINISTRATOR)
    people = await client.subscribe(kind="person")
    goals = await client.subscribe(kind="goal")
    assert client.known[goals][JANS_GOAL]["progress_metrics"][0]["current"] == 87.5
    await hass.auth.async_update_user(client.user, group_ids=[GROUP_ID_USER])
    await client.until(people, lambda known: not known)
    await client.until(
        goals, lambda known: "current" not in known[JANS_GOAL]["progress_metrics"][0]
    )
    await _same_as_read(client, goals, "goal")
    await hass.auth.async_update_user(client.user, group_ids=[GROUP_ID_ADMIN])
    await client.until(people, lambda known: known.keys() == {ANNA, JAN})
    await _same_as_read(client, people, "person")


async def test_values_that_become_private_are_taken_back(
    hass: HomeAssistant, entry: MockConfigEntry, connect: Connect
) -> None:
    reading = {"weight": {"value": 87.5, "unit": "kg"}}
    await async_patch_twin(hass, entry, "person", JAN, health_entities=True, health_metrics=reading)
    client = await connect(OTHER)
    number = await client.subscribe(kind="goal")
    assert client.known[number][JANS_GOAL]["progress_metrics"][0]["current"] == 87.5
    await async_patch_twin(hass, entry, "person", JAN, health_entities=False)
    await client.until(
        number, lambda known: "current" not in known[JANS_GOAL]["progress_metrics"][0]
    )


async def test_many_changes_make_few_events(
    hass: HomeAssistant, entry: MockConfigEntry, connect: Connect
) -> None:
    client = await connect()
    number = await client.subscribe(kind="goal", twins=["G01"])
    update = runtime(entry).registry.async_update
    await asyncio.gather(
        *(update(KINDS["goal"], GOAL_ID, {"name": f"Run {day}"}) for day in range(100))
    )
    await client.until(number, lambda known: known[GOAL_ID]["name"] == "Run 99")
    assert len(client.events) < 10
    whole = await client.get("get", kind="goal", twin="G01")
    assert client.known[number][GOAL_ID] == without_lineage(whole)


async def test_a_slow_client_is_told_less_often_and_ends_with_the_truth(
    hass: HomeAssistant, entry: MockConfigEntry, connect: Connect
) -> None:
    client = await connect()
    number = await client.subscribe(kind="goal")
    (subscription,) = async_subscriptions(hass)._open
    waiting = patch.object(
        websocket.TwinSubscription, "waiting", websocket.MOST_WAITING + 1, create=True
    )
    with waiting:
        for day in range(50):
            await async_patch_twin(hass, entry, "goal", GOAL_ID, name=f"Run {day}")
        await async_delete_twin(hass, entry, "goal", JANS_GOAL)
        await client.nothing()
        # What waits for it does not grow with the number of changes.
        assert subscription.reader.due == {GOAL_ID, JANS_GOAL}
    await client.until(number, lambda known: [*known] == [GOAL_ID])
    assert client.known[number][GOAL_ID]["name"] == "Run 49"
    assert len(client.events) == 2


async def test_home_assistant_tells_how_many_messages_wait(
    hass: HomeAssistant, connect: Connect
) -> None:
    """The number is no part of its interface; without it a slow client would be closed."""
    client = await connect()
    await client.subscribe(kind="goal")
    (subscription,) = async_subscriptions(hass)._open
    handler = subscription.connection.send_message.__self__  # type: ignore[attr-defined]  # a method
    assert isinstance(handler, WebSocketHandler)
    assert subscription.waiting == 0
    for number in range(3):
        subscription.connection.send_event(99, number)
    assert subscription.waiting == 3


async def test_an_unknown_connection_counts_as_quick() -> None:
    subscription = websocket.TwinSubscription(Mock(send_message=print), 1, Mock())
    assert subscription.waiting == 0


async def test_who_unsubscribes_is_told_nothing_more_and_costs_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, connect: Connect
) -> None:
    feed = runtime(entry).feed
    before = {topic: len(listeners) for topic, listeners in feed._listeners.items()}
    client = await connect()
    one, other = await client.subscribe(kind="goal"), await client.subscribe(kind="home")
    assert {topic: len(listeners) for topic, listeners in feed._listeners.items()} != before
    await client.socket.send_json_auto_id({"type": "unsubscribe_events", "subscription": one})
    assert (await client.socket.receive_json())["success"]
    await async_patch_twin(hass, entry, "goal", GOAL_ID, name="Walk")
    await async_patch_twin(hass, entry, "home", HOME_ID, name="Flat")
    await client.until(other, lambda known: known[HOME_ID]["name"] == "Flat")
    assert [event["kind"] for event in client.events] == ["goal", "home", "home"]
    await client.socket.close()
    await hass.async_block_till_done()
    subscriptions = async_subscriptions(hass)
    assert not subscriptions._open
    assert not subscriptions._known
    assert {topic: len(listeners) for topic, listeners in feed._listeners.items()} == before


async def test_of_a_deleted_twin_nothing_is_kept(
    hass: HomeAssistant, entry: MockConfigEntry, connect: Connect
) -> None:
    client = await connect()
    number = await client.subscribe(kind="goal")
    known = async_subscriptions(hass)._known
    assert {readable.twin_id for readable in known} == {GOAL_ID, JANS_GOAL}
    await async_delete_twin(hass, entry, "goal", JANS_GOAL)
    await client.until(number, lambda told: JANS_GOAL not in told)
    assert {readable.twin_id for readable in known} == {GOAL_ID}


async def test_a_reference_that_is_not_found_is_a_fault_of_the_request(connect: Connect) -> None:
    client = await connect()
    error = await client.refused("update", kind="goal", twin="G01", patch={"dependencies": ["G9"]})
    assert (error["code"], error["translation_key"]) == ("service_validation_error", "not_found")


async def test_a_subscription_goes_on_after_a_reload(
    hass: HomeAssistant, entry: MockConfigEntry, connect: Connect
) -> None:
    client = await connect()
    number = await client.subscribe(kind="goal")
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert (await client.refused("list", kind="goal"))["translation_key"] == "not_loaded"
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    await async_patch_twin(hass, entry, "goal", GOAL_ID, name="Walk")
    await client.until(number, lambda known: known[GOAL_ID]["name"] == "Walk")
    await _same_as_read(client, number, "goal")
    assert [event["type"] for event in client.events].count("snapshot") == 1


async def test_what_is_removed_with_the_entry_is_told(
    hass: HomeAssistant, entry: MockConfigEntry, connect: Connect
) -> None:
    client = await connect()
    number = await client.subscribe(kind="goal")
    await hass.config_entries.async_remove(entry.entry_id)
    assert await client.until(number, lambda known: not known) == {}


async def test_a_client_that_could_not_be_told_does_not_keep_others_from_it(
    hass: HomeAssistant, entry: MockConfigEntry, connect: Connect
) -> None:
    one, other = await connect(), await connect()
    broken = await one.subscribe(kind="goal")
    number = await other.subscribe(kind="goal")
    first, _ = async_subscriptions(hass)._open
    with patch.object(first.reader, "actor_of", side_effect=ValueError):
        await async_patch_twin(hass, entry, "goal", GOAL_ID, name="Walk")
        await other.until(number, lambda known: known[GOAL_ID]["name"] == "Walk")
    await async_patch_twin(hass, entry, "goal", JANS_GOAL, name="Thin")
    await one.until(broken, lambda known: known[JANS_GOAL]["name"] == "Thin")
    assert one.known[broken][GOAL_ID]["name"] == "Walk"


async def test_a_round_makes_way_for_other_work(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    slices, turns = TimeSlices(hass.loop), 0

    def turn() -> None:
        nonlocal turns
        turns += 1

    assert not await slices.pause()
    monkeypatch.setattr("custom_components.digital_twin.engine.core.timers.SLICE", -1.0)
    hass.loop.call_soon(turn)
    assert await slices.pause()
    assert turns == 1


# The documentation.

DOCUMENTATION: Final = Path(__file__).parents[2] / "docs" / "websocket.md"
EXAMPLES: Final = [
    json.loads(text)
    for text in re.findall(r"```json\n(.*?)\n```", DOCUMENTATION.read_text("utf-8"), re.DOTALL)
]


async def test_the_examples_of_the_documentation_are_asked_and_answered_so(
    connect: Connect,
) -> None:
    """Each request is sent; each answer that is shown is among the messages that came."""
    client = await connect()
    came: list[dict[str, Any]] = []
    for example in EXAMPLES:
        if example["type"].startswith(f"{DOMAIN}/"):
            await client.socket.send_json(example)
            while not came or (came[-1]["id"], came[-1]["type"]) != (example["id"], "result"):
                came.append(await client.socket.receive_json())
            if example["type"].endswith("subscribe"):
                came.append(await client.socket.receive_json())
            continue
        while example["type"] == "event" and example not in came:
            came.append(await client.socket.receive_json())
        assert example in came


def test_the_documentation_names_every_command() -> None:
    text = DOCUMENTATION.read_text("utf-8")
    assert [
        name for name in (*websocket.COMMANDS, "subscribe") if f"`{DOMAIN}/{name}`" not in text
    ] == []
