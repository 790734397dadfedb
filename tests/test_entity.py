"""Entities come and go with their twins and their devices, while the entry stays loaded."""

import asyncio
from unittest.mock import patch

from homeassistant.const import ATTR_FRIENDLY_NAME, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er, translation
from homeassistant.helpers.entity import Entity
import pytest

from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.engine.core.changes import Changes
from custom_components.digital_twin.engine.core.registry import KINDS
from custom_components.digital_twin.twin.metrics.person import PERSON

from .common import (
    ANNA,
    GOAL,
    GOAL_ID,
    HOME_ID,
    JAN,
    async_add_twins,
    async_capture_writes,
    async_delete_twin,
    async_patch_twin,
    async_restore_twin,
    async_setup_twin,
    runtime,
    shown,
    subentry_ids,
)
from .house import House

WEIGHT = {"weight": {"value": 71.4}}


def _ids_of(registry: er.EntityRegistry, twin_id: str) -> set[str]:
    return {
        entity.entity_id
        for entity in registry.entities.values()
        if entity.platform == DOMAIN and entity.unique_id.startswith(f"{twin_id}-")
    }


@pytest.mark.parametrize(
    ("kind", "twin_id", "document", "entity_id"),
    [
        ("home", JAN, {"name": "Summer house"}, "sensor.summer_house_occupancy_status"),
        ("person", JAN, {"name": "Jan"}, "select.jan_activity_level"),
        ("goal", GOAL_ID, GOAL, "sensor.body_fat_progress"),
    ],
)
async def test_a_twin_brings_its_entities_without_a_reload(
    hass: HomeAssistant,
    entity_registry: er.EntityRegistry,
    kind: str,
    twin_id: str,
    document: dict[str, object],
    entity_id: str,
) -> None:
    entry = await async_setup_twin(hass, persons={ANNA: {"name": "Anna"}})
    loaded = entry.runtime_data
    others = {state.entity_id for state in hass.states.async_all()}
    writes = async_capture_writes(hass)
    await async_add_twins(hass, entry, kind, {twin_id: document})
    own = _ids_of(entity_registry, twin_id)
    assert entity_id in own
    assert entry.runtime_data is loaded
    # The owner's summary counts the new goal.
    assert set(writes) & others <= {"sensor.anna_goals_progress"}
    seat = subentry_ids(entry)[twin_id]
    device_id = runtime(entry).subentries.device_id(twin_id)
    for found in own:
        entity = entity_registry.async_get(found)
        assert entity is not None
        assert (entity.config_subentry_id, entity.device_id) == (seat, device_id)


async def test_a_twin_that_is_seated_while_it_is_saved_is_shown(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    entry = await async_setup_twin(hass)
    write, saved = Changes._async_write_batch, asyncio.Event()

    async def write_later(changes: Changes) -> None:
        await saved.wait()
        await write(changes)

    with patch.object(Changes, "_async_write_batch", write_later):
        goal = {"goal_code": "G01", "name": "Run", "status": "completed"}
        registry = runtime(entry).registry
        creating = asyncio.create_task(registry.async_create(KINDS["goal"], goal))
        await asyncio.sleep(0)
        await runtime(entry).subentries.async_reconcile()
        for _ in range(100):
            await asyncio.sleep(0)
        assert shown(hass, "sensor.run_pace").state == STATE_UNKNOWN
        saved.set()
        await creating
        await hass.async_block_till_done()
    assert shown(hass, "sensor.run_pace").state == "achieved"
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize(
    ("kind", "twin_id"), [("home", HOME_ID), ("person", ANNA), ("goal", GOAL_ID)]
)
async def test_a_deleted_twin_takes_its_entities_and_gets_them_back(
    hass: HomeAssistant,
    entity_registry: er.EntityRegistry,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    twin_id: str,
) -> None:
    monkeypatch.setattr(Entity, "entity_registry_enabled_default", True)
    entry = await async_setup_twin(
        hass,
        persons={ANNA: {"name": "Anna", "health_metrics": WEIGHT}, JAN: {"name": "Jan"}},
        goals={GOAL_ID: GOAL},
    )
    before = sorted(_ids_of(entity_registry, twin_id))
    renamed = before[0].replace(".", ".my_")
    entity_registry.async_update_entity(before[0], new_entity_id=renamed, name="Mine")
    await hass.async_block_till_done()
    everything = {state.entity_id for state in hass.states.async_all()}
    await async_delete_twin(hass, entry, kind, twin_id)
    assert _ids_of(entity_registry, twin_id) == set()
    assert all(subject != twin_id for _, subject, _ in runtime(entry).feed._listeners)
    left = {state.entity_id for state in hass.states.async_all()}
    assert everything - left == {renamed, *before[1:]}
    await async_restore_twin(hass, entry, kind, twin_id)
    assert _ids_of(entity_registry, twin_id) == {renamed, *before[1:]}
    assert {state.entity_id for state in hass.states.async_all()} == everything
    entity = entity_registry.async_get(renamed)
    assert entity is not None
    assert entity.name == "Mine"


async def test_a_twin_deleted_in_the_ui_takes_its_entities(
    hass: HomeAssistant, entity_registry: er.EntityRegistry
) -> None:
    entry = await async_setup_twin(hass, persons={ANNA: {"name": "Anna", "health_metrics": WEIGHT}})
    hass.config_entries.async_remove_subentry(entry, subentry_ids(entry)[ANNA])
    await hass.async_block_till_done()
    assert _ids_of(entity_registry, ANNA) == set()
    assert hass.states.get("sensor.anna_weight") is None
    assert ANNA not in runtime(entry).registry.persons


async def test_nothing_is_added_to_a_twin_that_is_being_deleted(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    entry = await async_setup_twin(hass, persons={ANNA: {"name": "Anna"}})
    async with runtime(entry).subentries._lock:
        hass.config_entries.async_remove_subentry(entry, subentry_ids(entry)[ANNA])
        await runtime(entry).registry.async_update(PERSON, ANNA, {"health_metrics": WEIGHT})
    await hass.async_block_till_done()
    assert hass.states.get("sensor.anna_weight") is None
    assert "ERROR" not in caplog.text


async def test_a_renamed_twin_renames_device_and_entities(
    hass: HomeAssistant, device_registry: dr.DeviceRegistry
) -> None:
    entry = await async_setup_twin(hass, persons={ANNA: {"name": "Anna", "health_metrics": WEIGHT}})
    await async_patch_twin(hass, entry, "person", ANNA, name="Ola")
    device = device_registry.async_get_device_by_identifier((DOMAIN, ANNA), entry.entry_id)
    assert device is not None
    assert device.name == "Ola"
    assert shown(hass, "sensor.anna_weight").attributes[ATTR_FRIENDLY_NAME] == "Ola Weight"


@pytest.mark.parametrize("name", ["Ola 🏃‍♀️ {x}", "ż" * 255])
async def test_any_name_will_do(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    await async_setup_twin(hass, persons={ANNA: {"name": name, "health_metrics": WEIGHT}})
    names = [state.attributes.get(ATTR_FRIENDLY_NAME) for state in hass.states.async_all("sensor")]
    assert f"{name} Weight" in names
    assert "ERROR" not in caplog.text


async def test_a_change_that_nobody_shows_writes_nothing(hass: HomeAssistant) -> None:
    entry = await async_setup_twin(
        hass, persons={ANNA: {"name": "Anna", "health_metrics": WEIGHT}}, goals={GOAL_ID: GOAL}
    )
    writes = async_capture_writes(hass)
    await async_patch_twin(hass, entry, "person", ANNA, preferences={"diet": "any"})
    await async_patch_twin(hass, entry, "goal", GOAL_ID, description="Longer")
    await async_patch_twin(hass, entry, "home", HOME_ID, address={"city": "Gdynia"})
    assert writes == []


async def test_an_unchanged_progress_is_not_written_again(hass: HomeAssistant) -> None:
    result = {"name": "Fat", "baseline": 30, "target": 20, "current": 25}
    entry = await async_setup_twin(
        hass,
        persons={ANNA: {"name": "Anna"}},
        goals={GOAL_ID: GOAL | {"progress_metrics": [result]}},
    )
    writes = async_capture_writes(hass, "sensor.")
    await async_patch_twin(
        hass, entry, "goal", GOAL_ID, progress_metrics=[result | {"name": "Body fat"}]
    )
    assert writes == []


async def test_a_reload_brings_every_entity_back(
    hass: HomeAssistant, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.sensor(house.device("One", house.area("Kitchen", "Ground floor")), "temperature", 20)
    entry = await async_setup_twin(
        hass, persons={ANNA: {"name": "Anna", "health_metrics": WEIGHT}}, goals={GOAL_ID: GOAL}
    )
    before = {state.entity_id: state.state for state in hass.states.async_all()}
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert {state.entity_id: state.state for state in hass.states.async_all()} == before
    assert "ERROR" not in caplog.text


async def test_unloading_leaves_nothing_that_listens(hass: HomeAssistant) -> None:
    entry = await async_setup_twin(
        hass, persons={ANNA: {"name": "Anna", "health_metrics": WEIGHT}}, goals={GOAL_ID: GOAL}
    )
    feed = runtime(entry).feed
    assert feed._listeners
    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    assert feed._listeners == {}


async def test_a_disabled_entity_stays_away_while_its_twin_changes(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    entry = await async_setup_twin(hass, persons={ANNA: {"name": "Anna", "health_metrics": WEIGHT}})
    entity_registry.async_update_entity(
        "sensor.anna_weight", disabled_by=er.RegistryEntryDisabler.USER
    )
    await hass.async_block_till_done()
    changed = {"weight": {"value": 70}, "mood": {"value": 7}}
    await async_patch_twin(hass, entry, "person", ANNA, health_metrics=changed)
    assert hass.states.get("sensor.anna_weight") is None
    assert shown(hass, "sensor.anna_mood").state == "7.0"
    await async_patch_twin(hass, entry, "person", ANNA, health_metrics={"weight": None})
    assert entity_registry.async_get("sensor.anna_weight") is not None
    assert "ERROR" not in caplog.text


@pytest.mark.parametrize(
    ("language", "models"),
    [
        ("en", {("Home", None), ("Person", None), ("Goal", None)}),
        ("pl", {("Dom", "home"), ("Osoba", "person"), ("Cel", "goal")}),
    ],
)
async def test_the_model_of_a_device_is_in_the_language_of_the_house(
    hass: HomeAssistant, language: str, models: set[tuple[str, str | None]]
) -> None:
    hass.config.language = language
    await translation.async_load_integrations(hass, {DOMAIN})
    await async_setup_twin(hass, persons={ANNA: {"name": "Anna"}}, goals={GOAL_ID: GOAL})
    devices = dr.async_get(hass).devices
    assert {(device.model, device.model_id) for device in devices} == models
