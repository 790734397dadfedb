"""One household with everybody who may call, shared by all cells of the table."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
import logging
import os
from pathlib import Path
from typing import Any, Final, cast
from unittest.mock import patch

from aiohttp import ClientWebSocketResponse
from aiohttp.test_utils import TestClient, TestServer
from freezegun import freeze_time
from freezegun.api import FrozenDateTimeFactory
from homeassistant.auth.const import GROUP_ID_ADMIN, GROUP_ID_READ_ONLY, GROUP_ID_USER
from homeassistant.components.http import HomeAssistantHTTP
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    frame,
    issue_registry as ir,
)
from homeassistant.loader import DATA_CUSTOM_COMPONENTS
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import (
    CLIENT_ID,
    MockConfigEntry,
    async_test_home_assistant,
    mock_storage,
)
from pytest_socket import enable_socket

from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.engine import goal_assessments
from custom_components.digital_twin.engine.core.registry import KINDS, TwinRegistry
from custom_components.digital_twin.engine.folder import CONF_GOALS_FOLDER
from custom_components.digital_twin.surfaces import sentences
from custom_components.digital_twin.surfaces.openapi import description
from tests.common import ANNA, HOME_ID, JAN, async_patch_twin, async_setup_twin, runtime
from tests.surfaces.json_schema import Schema

OLA: Final = "20000000-0000-4000-8000-000000000003"
ANNAS, JANS, OLAS, SHARED = (f"30000000-0000-4000-8000-00000000000{each}" for each in range(1, 5))
GOAL_OF: Final = {ANNA: ANNAS, JAN: JANS, OLA: OLAS}
CODES: Final = {ANNAS: "G01", JANS: "G02", OLAS: "G03", SHARED: "G04"}
GOAL_NAMES: Final = {
    ANNAS: "Run a marathon",
    JANS: "Build a table",
    OLAS: "Sing in a choir",
    SHARED: "Paint the kitchen",
}
NAMES: Final = {ANNA: "Anna", JAN: "Jan", OLA: "Ola"}
# The weights of people. Ola keeps hers private.
WEIGHTS: Final = {ANNA: 58.914, JAN: 71.437, OLA: 62.853}
PRIVATE: Final = frozenset({OLA})
GROUPS: Final = {
    # The first user owns Home Assistant and may do everything, whatever its group.
    "Owner": GROUP_ID_ADMIN,
    "Administrator": GROUP_ID_ADMIN,
    "Anna": GROUP_ID_USER,
    "Guest": GROUP_ID_USER,
    "Ola": GROUP_ID_READ_ONLY,
}
NOW: Final = "2026-03-02T12:00:00+00:00"
WEIGHED: Final = "2026-02-01T08:00:00+00:00"
KEY: Final = "pages"
ISSUE: Final = "something"
COMPONENTS: Final = (
    "homeassistant",
    "http",
    "api",
    "websocket_api",
    "config",
    "conversation",
    "llm",
    "repairs",
    "diagnostics",
    "system_health",
)
GOALS: Final = "goals"


def _person(person_id: str) -> dict[str, object]:
    return {
        "name": NAMES[person_id],
        "person_entity": f"person.{NAMES[person_id].lower()}",
        "activity_level": "Moderate",
        "health_entities": person_id not in PRIVATE,
        "quick_entries": [{"name": "Tea", "metrics": {"hydration": 250}}],
    }


def _goal(goal_id: str, owner_id: str | None = None) -> dict[str, object]:
    weight = {"key": "weight", "name": "Weight", "baseline": 90, "target": 50}
    steps = [{"name": f"{GOAL_NAMES[goal_id]} step {number}"} for number in range(12)]
    follows = [{**weight, "source": {"metric": "weight"}}] if owner_id else []
    return {
        "goal_code": CODES[goal_id],
        "name": GOAL_NAMES[goal_id],
        "owner_person_id": owner_id,
        "status": "Active",
        "start_date": "2026-01-01",
        "target_date": "2026-12-31",
        "progress_metrics": [
            *follows,
            {"key": KEY, "name": "Pages", "kind": "accumulate", "target": 1_000_000, "current": 0},
            {"key": "steps", "name": "Steps", "kind": "checklist", "items": steps},
        ],
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """All that a write could change: twins, deleted twins, a device; with the last change."""

    twins: Mapping[str, Mapping[str, object]]
    deleted: Mapping[str, Mapping[str, object]]
    device: object
    seq: int


@dataclass(kw_only=True, slots=True)
class Household:
    """A loaded entry with users, their tokens and their connections."""

    hass: HomeAssistant
    entry: MockConfigEntry
    client: TestClient[Any, Any]
    time: FrozenDateTimeFactory
    tokens: dict[str, str]
    user_ids: dict[str, str]
    folder: Path
    device: str
    description: Schema
    sockets: dict[str, ClientWebSocketResponse] = field(default_factory=dict)
    turn: int = 0

    @property
    def registry(self) -> TwinRegistry:
        """The registry of the twins."""
        return runtime(self.entry).registry

    def state(self) -> State:
        """Return what there is now."""
        registry = self.registry
        return State(
            twins={
                name: {key: registry.document(kind, each) for key, each in self._records(name)}
                for name, kind in KINDS.items()
            },
            deleted={name: registry.deletions.of(name) for name in KINDS},
            device=runtime(self.entry).observer.views[HOME_ID].device(self.device),
            seq=registry.seq,
        )

    def _records(self, kind: str) -> list[tuple[str, Any]]:
        return [*self.registry.records(kind).items()]

    async def begin(self) -> None:
        """Let some time pass, so that nothing is measured twice at the same time."""
        self.turn += 1
        self.time.tick(timedelta(seconds=10))

    def path(self, name: str) -> str:
        """Return the path of a file that Home Assistant may read."""
        return str(self.folder / name)

    def write(self, name: str, text: str) -> None:
        """Write a file that Home Assistant may read."""
        (self.folder / name).write_text(text, encoding="utf-8")

    async def tidy(self, before: State) -> None:
        """Make twins again as they were before, with the weight of people."""
        registry, now = self.registry, self.state()
        if now == before:
            return
        for path in (self.folder / GOALS).glob("*.md"):
            path.unlink()
        for name, kind in KINDS.items():
            then, twins = before.twins[name], now.twins[name]
            for twin_id in twins.keys() - then.keys():
                await registry.async_delete(kind, twin_id, force=True)
            for twin_id in then.keys() - twins.keys():
                await registry.async_restore(kind, twin_id)
            for twin_id in then.keys() & twins.keys():
                fields = [field for field in kind.writable if field != "health_metrics"]
                old, new = cast("Any", then[twin_id]), cast("Any", twins[twin_id])
                patch = {field: old[field] for field in fields if old[field] != new[field]}
                if "consent" in patch:
                    patch["consent"] = dict.fromkeys(new["consent"]) | patch["consent"]
                await registry.async_update(kind, twin_id, patch)
        for person_id, person in registry.persons.items():
            if person.health_metrics["weight"].value != WEIGHTS[person_id]:
                await self.async_weigh(person_id)
        await self.hass.async_block_till_done()

    async def async_weigh(self, person_id: str) -> None:
        """Give a person the only reading of their weight, weeks ago."""
        reading = {"value": WEIGHTS[person_id], "measured_at": WEIGHED, "source": "scale"}
        for readings in (None, reading):
            await async_patch_twin(
                self.hass, self.entry, "person", person_id, health_metrics={"weight": readings}
            )

    def entity(self, platform: Platform, twin_id: str, key: str) -> str:
        """Return the entity of a twin; people who keep values private have no buttons."""
        entities = er.async_get(self.hass)
        for each in (twin_id, JAN):
            if found := entities.async_get_entity_id(platform, DOMAIN, f"{each}-{key}"):
                return found
        raise AssertionError(f"{platform} {key}")

    def items(self, goal_id: str) -> list[str]:
        """Return the ids of the items in the to-do list of a goal."""
        listed = self.hass.data["todo"].get_entity(self.entity(Platform.TODO, goal_id, "checklist"))
        return [item.uid for item in listed.todo_items]

    async def socket(self, who: str) -> ClientWebSocketResponse:
        """Return the connection of a user."""
        if who not in self.sockets:
            socket = await self.client.ws_connect("/api/websocket")
            await socket.receive_json()
            await socket.send_json({"type": "auth", "access_token": self.tokens[who]})
            assert (await socket.receive_json())["type"] == "auth_ok"
            self.sockets[who] = socket
        return self.sockets[who]

    async def ask(self, who: str, message: Mapping[str, object]) -> tuple[dict[str, Any], int]:
        """Send a message as a user; return the answer, and its number."""
        socket = await self.socket(who)
        self.turn += 1
        number = self.turn
        await socket.send_json({**message, "id": number})
        while (answer := await socket.receive_json())["id"] != number or answer["type"] != "result":
            pass
        return answer, number

    async def event(self, who: str, number: int) -> dict[str, Any]:
        """Wait for the next event of a subscription."""
        socket = await self.socket(who)
        while (answer := await socket.receive_json())["id"] != number or answer["type"] != "event":
            pass
        event: dict[str, Any] = answer["event"]
        return event


@asynccontextmanager
async def async_household(folder: Path) -> AsyncGenerator[Household]:
    """Set the household up: a home, three people with a goal each, and a goal of nobody."""
    faults: list[dict[str, Any]] = []
    with ExitStack() as stack:
        frozen = stack.enter_context(freeze_time(NOW, real_asyncio=True))
        time = cast("FrozenDateTimeFactory", frozen)
        stack.enter_context(mock_storage())
        # No test cuts the power of the machine.
        for name in ("fsync", "fdatasync"):
            stack.enter_context(patch.object(os, name, lambda _descriptor: None))
        # It cannot write the time of a clock that stands still.
        stack.enter_context(patch.object(logging.getLogger("aiohttp.access"), "disabled", True))
        # A sentence may follow at once on a goal that was deleted and brought back.
        stack.enter_context(patch.object(sentences, "SECONDS_BETWEEN_CHANGES", 0.0))
        # What is to do today has to follow goals that were made again as they were.
        stack.enter_context(patch.object(goal_assessments, "SECONDS_BETWEEN_STEPS", 0.0))
        # The client of the tests brings a server of its own.
        for name in ("async_bind", "start"):
            stack.enter_context(patch.object(HomeAssistantHTTP, name))
        enable_socket()
        async with async_test_home_assistant(config_dir=str(folder)) as hass:
            hass.loop.set_exception_handler(lambda _loop, context: faults.append(context))
            hass.data.pop(DATA_CUSTOM_COMPONENTS)
            frame.async_setup(hass)
            household = await _async_set_up(hass, time, folder)
            yield household
            for socket in household.sockets.values():
                await socket.close()
            await household.client.close()
            assert await hass.config_entries.async_unload(household.entry.entry_id)
            await hass.async_stop(force=True)
    frame._hass.hass = None
    assert faults == []


async def _async_set_up(
    hass: HomeAssistant, time: FrozenDateTimeFactory, folder: Path
) -> Household:
    for component in COMPONENTS:
        assert await async_setup_component(hass, component, {})
    tokens, user_ids = dict[str, str](), dict[str, str]()
    for name, group in GROUPS.items():
        user = await hass.auth.async_create_user(name, group_ids=[group])
        refresh = await hass.auth.async_create_refresh_token(
            user, CLIENT_ID, access_token_expiration=timedelta(days=7)
        )
        tokens[name], user_ids[name] = hass.auth.async_create_access_token(refresh), user.id
    for name in (*NAMES.values(), "Guest"):
        attributes = {"user_id": user_ids[name]} if name in user_ids else {}
        hass.states.async_set(f"person.{name.lower()}", "home", attributes)
    other = MockConfigEntry(domain="acme")
    other.add_to_hass(hass)
    device = (
        dr.async_get(hass)
        .async_get_or_create(
            config_entry_id=other.entry_id, identifiers={("acme", "lamp")}, name="Lamp"
        )
        .id
    )
    er.async_get(hass).async_get_or_create(
        "light", "acme", "lamp", config_entry=other, device_id=device
    )
    (folder / GOALS).mkdir()
    hass.config.allowlist_external_dirs = {str(folder)}
    entry = await async_setup_twin(
        hass,
        persons={person_id: _person(person_id) for person_id in NAMES},
        homes={HOME_ID: {"name": "Home", "residents": [*NAMES]}},
        goals={
            **{goal_id: _goal(goal_id, owner_id) for owner_id, goal_id in GOAL_OF.items()},
            SHARED: _goal(SHARED),
        },
        options={CONF_GOALS_FOLDER: str(folder / GOALS)},
    )
    ir.async_create_issue(
        hass,
        DOMAIN,
        ISSUE,
        is_fixable=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key=ISSUE,
    )
    client = TestClient[Any, Any](TestServer(hass.http.app))
    await client.start_server()
    household = Household(
        hass=hass,
        entry=entry,
        client=client,
        time=time,
        tokens=tokens,
        user_ids=user_ids,
        folder=folder,
        device=device,
        description=description(runtime(entry).registry.context()),
    )
    for person_id in WEIGHTS:
        # After the goals, so that they follow it.
        await household.async_weigh(person_id)
    return household
