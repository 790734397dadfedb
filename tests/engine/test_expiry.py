"""What becomes of deleted twins when nobody brings them back."""

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import Recorder, get_instance
from homeassistant.components.recorder.statistics import async_list_statistic_ids
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.digital_twin.engine.core.files import Disk
from custom_components.digital_twin.engine.core.store import KEPT_AFTER_DELETE
from custom_components.digital_twin.twin.errors import TwinError
from custom_components.digital_twin.twin.goals.goal import GOAL as GOAL_KIND
from custom_components.digital_twin.twin.metrics.person import PERSON
from custom_components.digital_twin.twin.metrics.readings import Reading
from tests.common import ANNA, GOAL, GOAL_ID, JAN, async_delete_twin, async_setup_twin, runtime

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def entry(
    recorder_mock: Recorder, hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> MockConfigEntry:
    """Set up two people with a late reading each, and a goal of one of them."""
    freezer.move_to(NOW)
    entry = await async_setup_twin(
        hass,
        persons={ANNA: {"name": "Anna"}, JAN: {"name": "Jan"}},
        goals={GOAL_ID: GOAL},
    )
    weight = Reading(
        value=70, unit="kg", measured_at=NOW - timedelta(days=2), source="scale", running=False
    )
    for person_id in (ANNA, JAN):
        await runtime(entry).registry.async_import_readings(person_id, [("weight", weight)])
    return entry


async def _async_pass(hass: HomeAssistant, freezer: FrozenDateTimeFactory, time: timedelta) -> None:
    freezer.move_to(NOW + time)
    async_fire_time_changed(hass)
    await hass.async_block_till_done()


async def _async_statistics(hass: HomeAssistant) -> list[str]:
    await hass.async_block_till_done()
    await hass.async_add_executor_job(get_instance(hass).block_till_done)
    found = [known["statistic_id"] for known in await async_list_statistic_ids(hass)]
    return [key for key in found if key.startswith("digital_twin:")]


async def test_a_person_is_kept_for_30_days_and_then_forgotten_with_everything(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    freezer: FrozenDateTimeFactory,
    issue_registry: ir.IssueRegistry,
    entry: MockConfigEntry,
) -> None:
    registry = runtime(entry).registry
    await async_delete_twin(hass, entry, "person", ANNA)
    assert len(await _async_statistics(hass)) == 2
    await _async_pass(hass, freezer, KEPT_AFTER_DELETE - MINUTE)
    assert registry.deletions.is_deleted("person", ANNA)
    assert f"digital_twin.history.{ANNA}" in hass_storage
    assert len(issue_registry.issues) == 1

    await _async_pass(hass, freezer, KEPT_AFTER_DELETE)
    assert not registry.deletions.is_deleted("person", ANNA)
    assert f"digital_twin.history.{ANNA}" not in hass_storage
    assert f"digital_twin.history.{JAN}" in hass_storage
    assert ANNA not in str(hass_storage["digital_twin.persons"])
    assert issue_registry.issues == {}
    [left] = await _async_statistics(hass)
    assert JAN.replace("-", "") in left
    with pytest.raises(TwinError, match="not_found"):
        await registry.async_restore(PERSON, ANNA)


async def test_each_has_a_time_of_its_own(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, entry: MockConfigEntry
) -> None:
    registry = runtime(entry).registry
    await async_delete_twin(hass, entry, "goal", GOAL_ID)
    freezer.tick(timedelta(days=1))
    await async_delete_twin(hass, entry, "person", JAN)
    for days, kept in ((30, ["person"]), (31, [])):
        await _async_pass(hass, freezer, timedelta(days=days, seconds=1))
        assert [kind for kind in ("person", "goal") if registry.deletions.of(kind)] == kept


async def test_what_was_brought_back_stays(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    freezer: FrozenDateTimeFactory,
    entry: MockConfigEntry,
) -> None:
    registry = runtime(entry).registry
    await async_delete_twin(hass, entry, "person", ANNA)
    await registry.async_restore(PERSON, ANNA)
    await _async_pass(hass, freezer, KEPT_AFTER_DELETE + MINUTE)
    assert ANNA in registry.persons
    assert f"digital_twin.history.{ANNA}" in hass_storage


async def test_a_disk_that_refuses_forgets_nothing(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    freezer: FrozenDateTimeFactory,
    entry: MockConfigEntry,
) -> None:
    registry = runtime(entry).registry
    await async_delete_twin(hass, entry, "goal", GOAL_ID)
    await async_delete_twin(hass, entry, "person", ANNA)
    with patch.object(Disk, "replace", side_effect=OSError("disk full")):
        await _async_pass(hass, freezer, KEPT_AFTER_DELETE + MINUTE)
    assert registry.deletions.is_deleted("person", ANNA)
    assert f"digital_twin.history.{ANNA}" in hass_storage
    assert await registry.async_restore(GOAL_KIND, GOAL_ID)
    # The next deletion is a new occasion.
    await async_delete_twin(hass, entry, "person", JAN)
    await _async_pass(hass, freezer, KEPT_AFTER_DELETE + 2 * MINUTE)
    assert not registry.deletions.is_deleted("person", ANNA)
    assert registry.deletions.is_deleted("person", JAN)
