"""Fixtures for the tests of the actions: a household, and ways to call."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from copy import deepcopy
from typing import Any
from unittest.mock import patch

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.digital_twin.const import DOMAIN
from tests.common import (
    ANNA,
    GOAL_ID,
    HOME_ID,
    JAN,
    async_add_twins,
    async_delete_twin,
    async_setup_twin,
    runtime,
)

type Perform = Callable[..., Awaitable[dict[str, Any]]]
type Refuses = Callable[..., Awaitable[dict[str, str]]]

OTHER_GOAL_ID = "30000000-0000-4000-8000-000000000002"
KEY_RESULTS = [
    {"name": "Weight", "baseline": 80, "target": 70, "source": {"metric": "weight"}},
    {"name": "Runs", "kind": "accumulate", "target": 100, "current": 20},
    {"name": "To do", "items": ["Buy shoes", "Find a route"]},
]


@pytest.fixture
async def entry(hass: HomeAssistant) -> AsyncGenerator[MockConfigEntry]:
    """Set up a household of two, each with a goal, without entities."""
    with patch("custom_components.digital_twin.PLATFORMS", ()):
        yield await async_setup_twin(
            hass,
            homes={HOME_ID: {"name": "Home", "residents": [ANNA, JAN]}},
            persons={
                ANNA: {"name": "Anna", "timezone": "Europe/Warsaw", "contact_email": "a@b.pl"},
                JAN: {"name": "Jan"},
            },
            goals={
                GOAL_ID: {
                    "goal_code": "G01",
                    "name": "Run",
                    "owner_person_id": ANNA,
                    "progress_metrics": KEY_RESULTS,
                },
                OTHER_GOAL_ID: {
                    "goal_code": "G02",
                    "name": "Read",
                    "owner_person_id": JAN,
                    "dependencies": [GOAL_ID],
                },
            },
        )


@pytest.fixture
async def deleted(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Delete a twin of each kind that nothing refers to."""
    documents = {
        "home": {"name": "Old flat"},
        "person": {"name": "Eva"},
        "goal": {"goal_code": "G99", "name": "Sing"},
    }
    for number, (kind, document) in enumerate(documents.items()):
        twin_id = f"40000000-0000-4000-8000-{number:012}"
        await async_add_twins(hass, entry, kind, {twin_id: document})
        await async_delete_twin(hass, entry, kind, twin_id)


@pytest.fixture
def perform(hass: HomeAssistant, entry: MockConfigEntry) -> Perform:
    """Perform an action and return its response."""

    async def perform(action: str, user_id: str | None = None, **data: object) -> dict[str, Any]:
        response = await hass.services.async_call(
            DOMAIN,
            action,
            data,
            blocking=True,
            context=Context(user_id=user_id),
            return_response=True,
        )
        assert isinstance(response, dict)
        return response

    return perform


@pytest.fixture
def refuses(
    hass: HomeAssistant, hass_storage: dict[str, Any], entry: MockConfigEntry, perform: Perform
) -> Refuses:
    """Expect that an action is refused and changes nothing, neither in memory nor on disk."""

    async def refuses(
        key: str, field: str, action: str, user_id: str | None = None, **data: object
    ) -> dict[str, str]:
        registry = runtime(entry).registry
        await hass.async_block_till_done()
        stored, saves = deepcopy(hass_storage), registry.writes
        records = {kind: dict(registry.records(kind)) for kind in ("home", "person", "goal")}
        with pytest.raises(ServiceValidationError) as refused:
            await perform(action, user_id, **data)
        await hass.async_block_till_done()
        error = refused.value
        assert error.translation_domain == DOMAIN
        assert error.translation_placeholders is not None
        assert (error.translation_key, error.translation_placeholders["field"]) == (key, field)
        assert registry.writes == saves
        assert hass_storage == stored
        for kind, before in records.items():
            assert dict(registry.records(kind)) == before
        return error.translation_placeholders

    return refuses


@pytest.fixture
def device_id(entry: MockConfigEntry) -> Callable[[str], str]:
    """Return the id of the device of a twin."""

    def device_id(twin_id: str) -> str:
        found = runtime(entry).subentries.device_id(twin_id)
        assert found is not None
        return found

    return device_id
