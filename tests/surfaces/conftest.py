"""A household with an administrator, Anna, Jan and a user who may only read, all with a token."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
import logging
from typing import Any
from unittest.mock import patch

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient
from freezegun.api import FrozenDateTimeFactory
from homeassistant.auth.const import GROUP_ID_ADMIN, GROUP_ID_READ_ONLY, GROUP_ID_USER
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import CLIENT_ID, MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.digital_twin.surfaces.openapi import description
from tests.common import ANNA, GOAL_ID, JAN, async_setup_twin, runtime

from .json_schema import Schema, async_judge

JANS_GOAL = "30000000-0000-4000-8000-000000000002"
# What of Anna no other user may read.
ANNAS_WEIGHT = 71.375
API = "/api/digital_twin"


@dataclass(frozen=True, kw_only=True, slots=True)
class Api:
    """The REST API for users, by their names; None calls it without a token."""

    client: TestClient[Any, Any]
    tokens: dict[str, str]
    description: Schema

    async def call(
        self,
        user: str | None,
        method: str,
        path: str,
        **request: Any,  # noqa: ANN401  # what the client takes
    ) -> ClientResponse:
        headers = dict(request.pop("headers", {}))
        if user is not None:
            headers["Authorization"] = f"Bearer {self.tokens[user]}"
        answer = await self.client.request(method, f"{API}{path}", headers=headers, **request)
        await async_judge(self.description, method, path, answer, request)
        return answer

    async def ok(self, method: str, path: str, **request: Any) -> Any:  # noqa: ANN401  # JSON
        """Return the JSON of an answer to the administrator that must be a success."""
        answer = await self.call("admin", method, path, **request)
        assert answer.ok, await answer.text()
        return await answer.json()

    async def problem(
        self,
        status: int,
        method: str,
        path: str,
        **request: Any,  # noqa: ANN401  # what the client takes
    ) -> dict[str, Any]:
        """Return the problem that an answer to the administrator must be."""
        answer = await self.call("admin", method, path, **request)
        assert answer.status == status, await answer.text()
        assert answer.content_type == "application/problem+json"
        problem: dict[str, Any] = await answer.json()
        assert problem["status"] == status
        return problem


type MakeToken = Callable[[str, str], Awaitable[str]]


@pytest.fixture
def make_token(hass: HomeAssistant) -> MakeToken:
    """Make a user of a group, and return an access token."""

    async def make(name: str, group: str) -> str:
        user = await hass.auth.async_create_user(name, group_ids=[group])
        refresh = await hass.auth.async_create_refresh_token(user, CLIENT_ID)
        if name in ("Anna", "Jan"):
            hass.states.async_set(f"person.{name.lower()}", "home", {"user_id": user.id})
        return hass.auth.async_create_access_token(refresh)

    return make


@pytest.fixture
async def api_entry(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> MockConfigEntry:
    """Set up a home, Anna, whose health values are private, and Jan, each with a goal."""
    freezer.move_to("2026-03-02T12:00:00+00:00")
    await hass.config.async_set_time_zone("Europe/Warsaw")
    hass.states.async_set("person.anna", "home")
    hass.states.async_set("person.jan", "home")
    follows = {
        "name": "Weight",
        "kind": "reach",
        "baseline": 80,
        "current": ANNAS_WEIGHT,
        "target": 70,
        "source": {"metric": "weight"},
    }
    weight = {"value": ANNAS_WEIGHT, "measured_at": "2026-03-01T08:00:00+00:00", "source": "scale"}
    with patch("custom_components.digital_twin.PLATFORMS", ()):
        return await async_setup_twin(
            hass,
            persons={
                ANNA: {
                    "name": "Anna",
                    "person_entity": "person.anna",
                    "contact_email": "anna@example.com",
                    "date_of_birth": "1990-02-03",
                    "health_entities": False,
                    "health_metrics": {"weight": weight},
                },
                JAN: {"name": "Jan", "person_entity": "person.jan"},
            },
            goals={
                GOAL_ID: {
                    "goal_code": "G01",
                    "name": "Lose weight",
                    "owner_person_id": ANNA,
                    "status": "Active",
                    "start_date": "2026-01-01",
                    "target_date": "2026-06-30",
                    "progress_metrics": [follows],
                    "milestones": [{"name": "Half *way*", "date": "2026-04-01"}],
                },
                JANS_GOAL: {"goal_code": "G02", "name": "Read", "owner_person_id": JAN},
            },
        )


@pytest.fixture
async def api(
    hass: HomeAssistant,
    api_entry: MockConfigEntry,
    make_token: MakeToken,
    hass_client_no_auth: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
) -> Api:
    """The API with its users; Anna and Jan have the accounts of their persons."""
    # It cannot write the time of a clock that stands still.
    caplog.set_level(logging.CRITICAL, "aiohttp.access")
    tokens = {
        # The first user owns Home Assistant.
        "owner": await make_token("Owner", GROUP_ID_ADMIN),
        "admin": await make_token("Admin", GROUP_ID_ADMIN),
        "anna": await make_token("Anna", GROUP_ID_USER),
        "jan": await make_token("Jan", GROUP_ID_USER),
        "guest": await make_token("Guest", GROUP_ID_USER),
        "reader": await make_token("Reader", GROUP_ID_READ_ONLY),
    }
    return Api(
        client=await hass_client_no_auth(),
        tokens=tokens,
        description=description(runtime(api_entry).registry.context()),
    )
