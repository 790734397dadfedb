"""What a person does in the UI and what an action does meet in the same record."""

from collections.abc import Mapping
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntryState, ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import (
    MockHAClientWebSocket,
    WebSocketGenerator,
)

from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.engine.core.changes import Changes
from custom_components.digital_twin.engine.core.files import StoreFailedError
from tests.common import (
    ANNA,
    GOAL,
    GOAL_ID,
    HOME_ID,
    JAN,
    async_add_twins,
    async_delete_twin,
    async_patch_twin,
    async_setup_twin,
    runtime,
    subentry_ids,
)

from .forms import async_add, async_open, async_submit, suggested

NEW: Mapping[str, dict[str, Any]] = {
    "home": {"name": "Cottage"},
    "person": {"name": "Ola"},
    "goal": {"name": "Read"},
}
kinds = pytest.mark.parametrize("kind", NEW)
twins = pytest.mark.parametrize(
    ("kind", "twin_id"), [("home", HOME_ID), ("person", ANNA), ("goal", GOAL_ID)]
)


@pytest.fixture
async def entry(hass: HomeAssistant, household: MockConfigEntry) -> MockConfigEntry:
    """The household with a goal of Anna's."""
    await async_add_twins(hass, household, "goal", {GOAL_ID: GOAL})
    return household


@pytest.fixture
async def client(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> MockHAClientWebSocket:
    """The connection of an administrator's browser."""
    assert await async_setup_component(hass, "config", {})
    return await hass_ws_client(hass)


def _device(hass: HomeAssistant, entry: MockConfigEntry, twin_id: str) -> dr.DeviceEntry | None:
    registry = dr.async_get(hass)
    return registry.async_get_device_by_identifier((DOMAIN, twin_id), entry.entry_id)


async def test_the_first_twin_of_a_kind_tells_the_first_steps(
    hass: HomeAssistant, household: MockConfigEntry
) -> None:
    for number, told in enumerate(("first", None)):
        form = await async_open(hass, household, "goal")
        result = await async_add(hass, form, name=f"Goal {number}")
        assert result["description"] == told
    result = await async_add(hass, await async_open(hass, household, "person"), name="Ola")
    assert result["description"] is None


@kinds
async def test_a_new_twin_has_one_subentry_and_a_device(
    hass: HomeAssistant, entry: MockConfigEntry, kind: str
) -> None:
    form = await async_open(hass, entry, kind)
    result = await async_add(hass, form, **NEW[kind])
    twin_id = result["unique_id"]
    assert twin_id in runtime(entry).registry.records(kind)
    subentries = [sub for sub in entry.subentries.values() if sub.unique_id == twin_id]
    assert [(sub.subentry_type, sub.title, dict(sub.data)) for sub in subentries] == [
        (kind, NEW[kind]["name"], {})
    ]
    device = _device(hass, entry, twin_id)
    assert device is not None
    assert device.name == NEW[kind]["name"]
    assert device.config_subentry_id == subentries[0].subentry_id


@kinds
async def test_a_comparison_while_a_new_twin_is_saved_leaves_its_subentry_to_the_form(
    hass: HomeAssistant, entry: MockConfigEntry, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Changes._async_write_batch

    async def compare_and_write(changes: Changes) -> None:
        await runtime(entry).subentries.async_reconcile()
        await write(changes)

    monkeypatch.setattr(Changes, "_async_write_batch", compare_and_write)
    result = await async_add(hass, await async_open(hass, entry, kind), **NEW[kind])
    assert result["type"] is FlowResultType.CREATE_ENTRY
    twin_ids = [sub.unique_id for sub in entry.subentries.values()]
    assert twin_ids.count(result["unique_id"]) == 1


@twins
async def test_nothing_is_reloaded(
    hass: HomeAssistant, entry: MockConfigEntry, kind: str, twin_id: str
) -> None:
    before = runtime(entry)
    with patch.object(hass.config_entries, "async_reload") as reload:
        await async_add(hass, await async_open(hass, entry, kind), **NEW[kind])
        await async_submit(hass, await async_open(hass, entry, kind, twin_id), name="Other")
        hass.config_entries.async_remove_subentry(entry, subentry_ids(entry)[twin_id])
        await hass.async_block_till_done()
    reload.assert_not_called()
    assert entry.state is ConfigEntryState.LOADED
    assert runtime(entry) is before


@twins
async def test_a_change_in_the_form_changes_record_title_and_device(
    hass: HomeAssistant, entry: MockConfigEntry, kind: str, twin_id: str
) -> None:
    form = await async_open(hass, entry, kind, twin_id)
    result = await async_submit(hass, form, name="Other")
    assert result["reason"] == "reconfigure_successful"
    assert runtime(entry).registry.records(kind)[twin_id].name == "Other"
    assert entry.subentries[subentry_ids(entry)[twin_id]].title == "Other"
    device = _device(hass, entry, twin_id)
    assert device is not None
    assert device.name == "Other"


@twins
async def test_a_change_by_an_action_shows_in_the_form_and_the_title(
    hass: HomeAssistant, entry: MockConfigEntry, kind: str, twin_id: str
) -> None:
    await async_patch_twin(hass, entry, kind, twin_id, name="Other")
    assert entry.subentries[subentry_ids(entry)[twin_id]].title == "Other"
    assert suggested(await async_open(hass, entry, kind, twin_id))["name"] == "Other"


@twins
async def test_a_name_that_was_changed_in_the_list_is_the_name_of_the_twin(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    client: MockHAClientWebSocket,
    kind: str,
    twin_id: str,
) -> None:
    await client.send_json_auto_id(
        {
            "type": "config_entries/subentries/update",
            "entry_id": entry.entry_id,
            "subentry_id": subentry_ids(entry)[twin_id],
            "title": "Other",
        }
    )
    assert (await client.receive_json())["success"]
    await hass.async_block_till_done()
    assert runtime(entry).registry.records(kind)[twin_id].name == "Other"
    device = _device(hass, entry, twin_id)
    assert device is not None
    assert device.name == "Other"
    assert suggested(await async_open(hass, entry, kind, twin_id))["name"] == "Other"


@twins
async def test_a_twin_that_was_deleted_in_the_list_is_gone_with_device_and_entities(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    kind: str,
    twin_id: str,
) -> None:
    entry = await async_setup_twin(hass, persons={ANNA: {"name": "Anna"}}, goals={GOAL_ID: GOAL})
    assert await async_setup_component(hass, "config", {})
    client = await hass_ws_client(hass)
    entities = er.async_get(hass)
    subentry_id = subentry_ids(entry)[twin_id]
    assert er.async_entries_for_config_entry(entities, entry.entry_id)
    own = [
        entity.entity_id
        for entity in er.async_entries_for_config_entry(entities, entry.entry_id)
        if entity.config_subentry_id == subentry_id
    ]
    assert own
    await client.send_json_auto_id(
        {
            "type": "config_entries/subentries/delete",
            "entry_id": entry.entry_id,
            "subentry_id": subentry_id,
        }
    )
    assert (await client.receive_json())["success"]
    await hass.async_block_till_done()
    assert twin_id not in runtime(entry).registry.records(kind)
    assert runtime(entry).registry.deletions.is_deleted(kind, twin_id)
    assert _device(hass, entry, twin_id) is None
    assert [name for name in own if entities.async_get(name) or hass.states.get(name)] == []


async def test_a_goal_whose_owner_was_deleted_in_the_list_stays_without_owner(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    hass.config_entries.async_remove_subentry(entry, subentry_ids(entry)[ANNA])
    await hass.async_block_till_done()
    assert "owner_person_id" not in suggested(await async_open(hass, entry, "goal", GOAL_ID))


@twins
async def test_a_twin_that_was_deleted_while_its_form_was_open_is_gone(
    hass: HomeAssistant, entry: MockConfigEntry, kind: str, twin_id: str
) -> None:
    form = await async_open(hass, entry, kind, twin_id)
    await async_delete_twin(hass, entry, kind, twin_id)
    result = await async_submit(hass, form, name="Other")
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "twin_gone"


async def test_a_twin_without_a_record_cannot_be_changed(
    hass: HomeAssistant, without_platforms: None
) -> None:
    lost = ConfigSubentryData(data={}, subentry_type="person", title="Jan", unique_id=JAN)
    entry = MockConfigEntry(domain=DOMAIN, subentries_data=[lost])
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    result = await async_open(hass, entry, "person", JAN)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "twin_gone"


@twins
async def test_forms_need_a_running_integration(
    hass: HomeAssistant, entry: MockConfigEntry, kind: str, twin_id: str
) -> None:
    new = await async_open(hass, entry, kind)
    known = await async_open(hass, entry, kind, twin_id)
    await hass.config_entries.async_unload(entry.entry_id)
    for result in (
        await async_submit(hass, new, **NEW[kind]),
        await async_submit(hass, known, name="Other"),
        await async_open(hass, entry, kind),
        await async_open(hass, entry, kind, twin_id),
    ):
        assert result["type"] is FlowResultType.ABORT
        assert result["reason"] == "entry_not_loaded"


@twins
async def test_a_disk_that_is_full_is_told_and_can_be_tried_again(
    hass: HomeAssistant, entry: MockConfigEntry, kind: str, twin_id: str
) -> None:
    registry = type(runtime(entry).registry)
    for form, values in (
        (await async_open(hass, entry, kind), NEW[kind]),
        (await async_open(hass, entry, kind, twin_id), {"name": "Other"}),
    ):
        with (
            patch.object(registry, "async_create", side_effect=StoreFailedError),
            patch.object(registry, "async_update", side_effect=StoreFailedError),
        ):
            refused = await async_add(hass, form, **values)
        assert refused["errors"] == {"base": "store_failed"}
        result = await async_add(hass, refused)
        assert result["type"] in (FlowResultType.CREATE_ENTRY, FlowResultType.ABORT)
    assert runtime(entry).registry.records(kind)[twin_id].name == "Other"
