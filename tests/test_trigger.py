"""Triggers fire in automations for what happens to twins, and say what a message needs."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Context, HomeAssistant, ServiceCall
from homeassistant.helpers import (
    config_validation as cv,
    device_registry as dr,
    entity_registry as er,
    label_registry as lr,
)
from homeassistant.helpers.trigger import async_validate_trigger_config
from homeassistant.setup import async_setup_component
import probatio
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    async_mock_service,
)

from custom_components.digital_twin.condition import TwinTarget
from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.trigger import TRIGGERS

from .common import (
    ANNA,
    GOAL,
    GOAL_ID,
    HOME_ID,
    JAN,
    Wait,
    async_add_twins,
    async_patch_twin,
    async_setup_twin,
    mock_entry,
    runtime,
)
from .house import House

OTHER_GOAL: Final = "30000000-0000-4000-8000-000000000002"
OUTAGE: Final = timedelta(minutes=16)
BOOKS: Final = {"name": "Books", "kind": "accumulate", "unit": "books", "target": 10}
READ: Final = GOAL | {
    "name": "Read",
    "status": "Active",
    "start_date": "2026-01-01",
    "target_date": "2026-05-01",
    "progress_metrics": [{**BOOKS, "current": 5}],
    "milestones": [{"name": "Third shelf", "date": "2026-04-01", "progress": 75}],
}
PEOPLE: Final = {
    ANNA: {"name": "Anna", "person_entity": "person.anna"},
    JAN: {"name": "Jan"},
}
type Config = Mapping[str, Any]


class Automations:
    """Sets automations up and collects the `trigger` variable of each run."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Provide the action that the automations call."""
        self._hass = hass
        self.calls: list[ServiceCall] = async_mock_service(hass, "test", "seen")

    async def add(self, *triggers: Config) -> None:
        """Set one automation up for each trigger."""
        automations = [
            {
                "alias": f"Automation {number}",
                "triggers": [dict(trigger)],
                "actions": [{"action": "test.seen", "data": {"trigger": "{{ trigger }}"}}],
            }
            for number, trigger in enumerate(triggers)
        ]
        assert await async_setup_component(self._hass, "automation", {"automation": automations})
        await self._hass.async_block_till_done()

    @property
    def seen(self) -> list[dict[str, Any]]:
        """The variables of the runs so far."""
        return [call.data["trigger"] for call in self.calls]


@pytest.fixture
def automations(hass: HomeAssistant) -> Automations:
    """Give what sets automations up."""
    return Automations(hass)


@pytest.fixture
async def entry(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> MockConfigEntry:
    """Anna with a goal in the middle of its plan, Jan, and a home."""
    freezer.move_to(datetime(2026, 3, 2, 12, tzinfo=UTC))
    await hass.config.async_update(time_zone="UTC")
    hass.states.async_set("person.anna", "home")
    return await async_setup_twin(hass, persons=PEOPLE, goals={GOAL_ID: READ})


def _of(name: str, target: Config | None = None, **options: object) -> dict[str, Any]:
    """Return the configuration of a trigger."""
    config: dict[str, Any] = {"trigger": f"{DOMAIN}.{name}"}
    return config | ({"target": target} if target else {}) | ({"options": options} if options else {})


def _device(hass: HomeAssistant, entry: MockConfigEntry, twin_id: str) -> str:
    device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, twin_id), entry.entry_id)
    assert device is not None
    return device.id


async def _read(hass: HomeAssistant, entry: MockConfigEntry, books: float) -> None:
    metrics = [{**BOOKS, "current": books}]
    await async_patch_twin(hass, entry, "goal", GOAL_ID, progress_metrics=metrics)


async def test_smoke(hass, entry, automations):
    await automations.add(*(_of(n) for n in TRIGGERS))
    await _read(hass, entry, 8)
    await async_patch_twin(hass, entry, "goal", GOAL_ID, status="completed")
    await hass.services.async_call(DOMAIN,"update_health_metrics",{"person":ANNA,"metrics":{"weight":71.437}},blocking=True)
    await hass.async_block_till_done()
    for s in automations.seen: print(s)
    assert 0
