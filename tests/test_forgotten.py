"""What Home Assistant itself keeps of somebody is gone, too, when they are deleted for good."""

from collections.abc import Mapping
from datetime import timedelta
import json
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import Recorder, get_instance
from homeassistant.components.recorder.util import session_scope
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed
from sqlalchemy import MetaData, select

from custom_components.digital_twin.const import DOMAIN

from .common import ANNA, GOAL_ID, JAN, async_delete_twin, async_setup_twin, runtime

# What was only Anna's: her id, what she wrote, and what was measured of her.
MARKS: Final = (ANNA, ANNA.replace("-", ""), "zqanna", "zqentry", "zqmail", "87.654")
PERSONS: Final[Mapping[str, Mapping[str, object]]] = {
    ANNA: {
        "name": "Zqanna",
        "contact_email": "zqmail@example.org",
        "quick_entries": [{"name": "Zqentry", "metrics": {"hydration": 250}}],
    },
    JAN: {"name": "Jan"},
}
WEIGHT: Final = {"name": "Weight", "target": 80, "baseline": 90, "source": {"metric": "weight"}}
GOAL: Final = {
    "goal_code": "G01",
    "name": "Run",
    "owner_person_id": ANNA,
    "progress_metrics": [WEIGHT],
}


def recorded(hass: HomeAssistant) -> list[str]:
    """Return the rows of the recorder with one of the marks."""
    found = []
    with session_scope(hass=hass, read_only=True) as session:
        tables = MetaData()
        tables.reflect(session.connection())
        for table in tables.sorted_tables:
            rows = (f"{table.name} {row}" for row in session.execute(select(table)))
            found += [row for row in rows if any(mark in row.lower() for mark in MARKS)]
    return found


def kept(hass_storage: dict[str, Any]) -> dict[str, list[str]]:
    """Return the marks by the file that has them."""
    texts = {key: json.dumps(data, default=str).lower() for key, data in hass_storage.items()}
    found = {key: [mark for mark in MARKS if mark in text] for key, text in texts.items()}
    return {key: marks for key, marks in found.items() if marks}


async def async_pass_days(hass: HomeAssistant, freezer: FrozenDateTimeFactory, days: int) -> None:
    """Let days pass, and the recorder forget what is older than ten, as it does each night."""
    freezer.tick(timedelta(days=days, seconds=5))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    await hass.services.async_call("recorder", "purge", {"keep_days": 10}, blocking=True)
    for _ in range(5):
        await get_instance(hass).async_block_till_done()
        await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.parametrize("is_off", [False, True])
async def test_nothing_of_a_deleted_person_is_in_the_recorder_and_in_our_files_after_a_month(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    hass_storage: dict[str, Any],
    is_off: bool,
) -> None:
    freezer.move_to("2026-03-20T12:00:00+00:00")
    entry = await async_setup_twin(hass, persons=PERSONS, goals={GOAL_ID: GOAL})
    readings = {"person": ANNA, "metrics": {"weight": 87.654321}}
    await hass.services.async_call(DOMAIN, "update_health_metrics", readings, blocking=True)
    for _ in range(3):
        await async_pass_days(hass, freezer, 1)
    instance = get_instance(hass)
    assert await instance.async_add_executor_job(recorded, hass)
    assert ANNA in kept(hass_storage)["digital_twin.persons"]
    assert "87.654" in kept(hass_storage)["digital_twin.goals"]
    await async_delete_twin(hass, entry, "person", ANNA)
    await hass.async_block_till_done(wait_background_tasks=True)
    if is_off:
        assert await hass.config_entries.async_unload(entry.entry_id)
    await async_pass_days(hass, freezer, 30)
    if is_off:
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
    # That the offer to restore the person has ended is an event of the last day.
    await async_pass_days(hass, freezer, 11)
    assert await instance.async_add_executor_job(recorded, hass) == []
    # Home Assistant forgets removed devices and entities by itself, a month later as well.
    registries = {"core.device_registry", "core.entity_registry"}
    assert kept(hass_storage).keys() <= registries
    assert runtime(entry).registry.goals[GOAL_ID].progress_metrics[0].current is None
