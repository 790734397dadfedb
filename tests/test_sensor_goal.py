"""The sensors of a goal."""

from unittest.mock import patch

from homeassistant.const import STATE_UNKNOWN, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import snapshot_platform
from syrupy.assertion import SnapshotAssertion

from .common import ANNA, GOAL, GOAL_ID, async_patch_twin, async_setup_twin, shown

PROGRESS = "sensor.body_fat_progress"
HALF_WAY = {"name": "Body fat", "baseline": 30, "target": 20, "current": 25}
NOT_MEASURED = {"name": "Waist", "baseline": 100, "target": 90}


async def test_sensors_of_a_goal(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, snapshot: SnapshotAssertion
) -> None:
    with patch("custom_components.digital_twin.PLATFORMS", (Platform.SENSOR,)):
        entry = await async_setup_twin(
            hass,
            homes={},
            persons={ANNA: {"name": "Anna"}},
            goals={GOAL_ID: GOAL | {"progress_metrics": [HALF_WAY, NOT_MEASURED]}},
        )
    entity_registry.async_remove("sensor.anna_goals_progress")
    await snapshot_platform(hass, entity_registry, snapshot, entry.entry_id)


@pytest.mark.parametrize(
    ("patch_of_goal", "progress", "measured", "total"),
    [
        ({"progress_metrics": []}, STATE_UNKNOWN, 0, 0),
        ({"progress_metrics": [NOT_MEASURED]}, STATE_UNKNOWN, 0, 1),
        ({"progress_metrics": [HALF_WAY, NOT_MEASURED]}, "50.0", 1, 2),
        ({"progress_metrics": [HALF_WAY], "status": "Completed"}, "100.0", 1, 1),
        ({"progress_metrics": [HALF_WAY | {"current": 35}]}, "0.0", 1, 1),
    ],
)
async def test_progress_counts_what_is_measured(
    hass: HomeAssistant,
    patch_of_goal: dict[str, object],
    progress: str,
    measured: int,
    total: int,
) -> None:
    entry = await async_setup_twin(hass, persons={ANNA: {"name": "Anna"}}, goals={GOAL_ID: GOAL})
    await async_patch_twin(hass, entry, "goal", GOAL_ID, **patch_of_goal)
    state = shown(hass, PROGRESS)
    assert state.state == progress
    assert state.attributes["key_results_measured"] == measured
    assert state.attributes["key_results"] == total
