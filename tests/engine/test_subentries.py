"""Subentries and devices follow the records, and the records follow the subentries."""

import asyncio
from pathlib import Path
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntryState, ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.engine.core.feed import ChangeFeed, Topic
from custom_components.digital_twin.engine.core.journal import Journal
from custom_components.digital_twin.engine.core.registry import TwinRegistry
from custom_components.digital_twin.engine.subentries import SUBENTRY_READY, TITLES, Subentries
from custom_components.digital_twin.twin.errors import TwinError
from custom_components.digital_twin.twin.goals.goal import GOAL
from custom_components.digital_twin.twin.metrics.person import PERSON
from custom_components.digital_twin.twin.records.fields import Kind
from tests.common import no_space

ANNA = "11111111-1111-4111-8111-111111111111"
JAN = "22222222-2222-4222-8222-222222222222"
RUN = "55555555-5555-4555-8555-555555555555"


class House:
    """A config entry with its registry and subentries, without anything else."""

    def __init__(self, hass: HomeAssistant, entry: MockConfigEntry) -> None:
        self.hass = hass
        self.entry = entry
        self.feed = ChangeFeed()
        self.registry = TwinRegistry(hass, self.feed)
        self.subentries = Subentries(hass, entry, self.registry, self.feed)

    async def start(self) -> None:
        await self.registry.async_load()
        await self.subentries.async_reconcile()
        self.subentries.async_start()
        await self.hass.async_block_till_done()

    async def restart(self) -> House:
        await self.entry._async_process_on_unload(self.hass)
        again = House(self.hass, self.entry)
        await again.start()
        return again

    @property
    def titles(self) -> dict[str | None, str]:
        return {sub.unique_id: sub.title for sub in self.entry.subentries.values()}

    def subentry(self, twin_id: str) -> ConfigSubentry:
        return next(sub for sub in self.entry.subentries.values() if sub.unique_id == twin_id)

    def device(self, twin_id: str) -> dr.DeviceEntry:
        device_id = self.subentries.device_id(twin_id)
        assert device_id is not None
        device = dr.async_get(self.hass).async_get(device_id)
        assert isinstance(device, dr.DeviceEntry)
        return device

    def remove_subentry(self, twin_id: str) -> None:
        self.hass.config_entries.async_remove_subentry(
            self.entry, self.subentry(twin_id).subentry_id
        )

    def rename_subentry(self, twin_id: str, title: str) -> None:
        self.hass.config_entries.async_update_subentry(
            self.entry, self.subentry(twin_id), title=title
        )


@pytest.fixture
async def house(hass: HomeAssistant) -> House:
    entry = MockConfigEntry(domain=DOMAIN, state=ConfigEntryState.LOADED)
    entry.add_to_hass(hass)
    house = House(hass, entry)
    await house.start()
    await house.registry.async_create(PERSON, {"name": "Anna"}, twin_id=ANNA)
    await house.registry.async_create(
        GOAL, {"name": "Run", "goal_code": "G01", "owner_person_id": ANNA}, twin_id=RUN
    )
    await hass.async_block_till_done()
    return house


async def test_a_new_twin_gets_its_subentry_and_its_device(house: House) -> None:
    assert house.titles == {ANNA: "Anna", RUN: "Run"}
    assert {sub.subentry_type for sub in house.entry.subentries.values()} == {"person", "goal"}
    assert house.entry.data[TITLES] == house.titles
    device = house.device(ANNA)
    assert (device.name, device.model, device.model_id) == ("Anna", "Person", None)
    assert device.entry_type is dr.DeviceEntryType.SERVICE
    assert house.subentries.by_twin[ANNA].subentry_id == house.subentry(ANNA).subentry_id


async def test_a_goal_hangs_below_its_owner(hass: HomeAssistant, house: House) -> None:
    assert house.device(RUN).via_device_id == house.device(ANNA).id
    await house.registry.async_create(PERSON, {"name": "Jan"}, twin_id=JAN)
    await house.registry.async_update(GOAL, RUN, {"owner_person_id": JAN})
    await hass.async_block_till_done()
    assert house.device(RUN).via_device_id == house.device(JAN).id
    await house.registry.async_update(GOAL, RUN, {"owner_person_id": None})
    await hass.async_block_till_done()
    assert house.device(RUN).via_device_id is None


async def test_a_new_name_of_the_record_reaches_subentry_and_device(
    hass: HomeAssistant, house: House
) -> None:
    await house.registry.async_update(PERSON, ANNA, {"name": "Ania"})
    await hass.async_block_till_done()
    assert house.titles[ANNA] == "Ania"
    assert house.device(ANNA).name == "Ania"


async def test_a_new_title_in_the_ui_reaches_the_record(hass: HomeAssistant, house: House) -> None:
    house.rename_subentry(ANNA, "Ania")
    await hass.async_block_till_done()
    assert house.registry.persons[ANNA].name == "Ania"
    assert house.device(ANNA).name == "Ania"
    assert house.titles[ANNA] == "Ania"


async def test_a_title_is_shown_as_the_record_keeps_it(hass: HomeAssistant, house: House) -> None:
    house.rename_subentry(ANNA, "  Ania ")
    await hass.async_block_till_done()
    assert house.registry.persons[ANNA].name == "Ania"
    assert house.titles[ANNA] == "Ania"


@pytest.mark.parametrize("title", ["", "x" * 256])
async def test_a_title_that_is_no_name_is_taken_back(
    hass: HomeAssistant, house: House, title: str
) -> None:
    house.rename_subentry(ANNA, title)
    await hass.async_block_till_done()
    assert house.registry.persons[ANNA].name == "Anna"
    assert house.titles[ANNA] == "Anna"


async def test_a_deleted_record_takes_its_subentry_and_device_along(
    hass: HomeAssistant, house: House
) -> None:
    await house.registry.async_delete(GOAL, RUN)
    await hass.async_block_till_done()
    assert house.titles == {ANNA: "Anna"}
    assert house.subentries.device_id(RUN) is None
    assert [*house.subentries.by_twin] == [ANNA]


async def test_a_subentry_deleted_in_the_ui_deletes_the_record_and_offers_a_repair(
    hass: HomeAssistant, house: House, issue_registry: ir.IssueRegistry
) -> None:
    house.remove_subentry(ANNA)
    await hass.async_block_till_done()
    assert ANNA not in house.registry.persons
    assert house.registry.deletions.is_deleted("person", ANNA)
    assert house.registry.goals[RUN].owner_person_id is None
    issue = issue_registry.async_get_issue(DOMAIN, f"lost_references_{ANNA}")
    assert issue is not None
    assert issue.is_fixable
    assert issue.data == {"kind": "person", "twin_id": ANNA}
    assert issue.translation_placeholders == {"name": "Anna", "users": "Run"}


async def test_a_subentry_deleted_while_another_deletion_is_saved_is_followed_too(
    hass: HomeAssistant, house: House
) -> None:
    await house.registry.async_create(PERSON, {"name": "Jan"}, twin_id=JAN)
    await hass.async_block_till_done()
    delete = house.registry.async_delete

    async def delete_slowly(kind: Kind[Any], twin_id: str, *, force: bool = False) -> object:
        if twin_id == RUN:
            house.remove_subentry(JAN)
        return await delete(kind, twin_id, force=force)

    with patch.object(house.registry, "async_delete", delete_slowly):
        house.remove_subentry(RUN)
        await hass.async_block_till_done()
    assert house.titles == {ANNA: "Anna"}
    assert set(house.registry.persons) == {ANNA}
    assert house.registry.deletions.is_deleted("person", JAN)


async def test_what_the_disk_does_not_take_is_taken_back_in_the_ui(
    hass: HomeAssistant, house: House
) -> None:
    with no_space():
        house.remove_subentry(ANNA)
        await hass.async_block_till_done()
        house.rename_subentry(ANNA, "Ania")
        await hass.async_block_till_done()
    assert house.registry.persons[ANNA].name == "Anna"
    assert house.registry.goals[RUN].owner_person_id == ANNA
    assert house.titles == {ANNA: "Anna", RUN: "Run"}
    assert house.device(RUN).via_device_id == house.device(ANNA).id
    house.remove_subentry(ANNA)
    await hass.async_block_till_done()
    assert house.titles == {RUN: "Run"}


async def test_a_subentry_of_a_kind_that_only_a_newer_version_knows_is_left_alone(
    hass: HomeAssistant, house: House
) -> None:
    garden = ConfigSubentry(
        data=MappingProxyType({}), subentry_type="garden", title="Garden", unique_id="7"
    )
    hass.config_entries.async_add_subentry(house.entry, garden)
    await hass.async_block_till_done()
    again = await house.restart()
    assert again.titles == {ANNA: "Anna", RUN: "Run", "7": "Garden"}
    assert set(again.subentries.by_twin) == {ANNA, RUN}


async def test_deleting_what_nobody_needs_asks_for_no_repair(
    hass: HomeAssistant, house: House, issue_registry: ir.IssueRegistry
) -> None:
    house.remove_subentry(RUN)
    await hass.async_block_till_done()
    assert RUN not in house.registry.goals
    assert not issue_registry.issues


async def test_a_restored_twin_gets_a_subentry_again(
    hass: HomeAssistant, house: House, issue_registry: ir.IssueRegistry
) -> None:
    house.remove_subentry(ANNA)
    await hass.async_block_till_done()
    await house.registry.async_restore(PERSON, ANNA)
    await hass.async_block_till_done()
    assert not issue_registry.issues
    assert house.titles == {ANNA: "Anna", RUN: "Run"}
    assert house.device(RUN).via_device_id == house.device(ANNA).id


async def test_nothing_changes_over_a_restart(hass: HomeAssistant, house: House) -> None:
    before = (house.titles, dict(house.registry.persons), house.device(ANNA).id)
    seq = house.registry.seq
    again = await house.restart()
    assert (again.titles, dict(again.registry.persons), again.device(ANNA).id) == before
    assert again.registry.seq == seq


async def test_a_subentry_deleted_while_nobody_listened_deletes_the_record(
    hass: HomeAssistant, house: House
) -> None:
    await house.entry._async_process_on_unload(hass)
    house.remove_subentry(RUN)
    again = await house.restart()
    assert RUN not in again.registry.goals
    assert again.titles == {ANNA: "Anna"}


async def test_a_title_changed_while_nobody_listened_reaches_the_record(
    hass: HomeAssistant, house: House
) -> None:
    await house.entry._async_process_on_unload(hass)
    house.rename_subentry(ANNA, "Ania")
    again = await house.restart()
    assert again.registry.persons[ANNA].name == "Ania"
    assert again.titles[ANNA] == "Ania"


async def forget(hass: HomeAssistant, house: House, before: dict[str, Any]) -> None:
    """Take the config entry back to an earlier state, as a crash before its save does."""
    await house.entry._async_process_on_unload(hass)
    object.__setattr__(house.entry, "data", MappingProxyType(before["data"]))
    object.__setattr__(house.entry, "subentries", MappingProxyType(before["subentries"]))


def remembered(house: House) -> dict[str, Any]:
    return {"data": dict(house.entry.data), "subentries": dict(house.entry.subentries)}


async def test_a_record_whose_subentry_a_crash_lost_gets_it_again(
    hass: HomeAssistant, house: House
) -> None:
    before = remembered(house)
    await house.registry.async_create(PERSON, {"name": "Jan"}, twin_id=JAN)
    await hass.async_block_till_done()
    await forget(hass, house, before)
    again = await house.restart()
    assert again.titles == {ANNA: "Anna", RUN: "Run", JAN: "Jan"}


async def test_a_subentry_that_a_crash_kept_goes_with_its_deleted_record(
    hass: HomeAssistant, house: House
) -> None:
    before = remembered(house)
    await house.registry.async_delete(GOAL, RUN)
    await hass.async_block_till_done()
    await forget(hass, house, before)
    again = await house.restart()
    assert again.titles == {ANNA: "Anna"}
    assert RUN not in again.registry.goals


async def test_the_record_wins_when_a_crash_lost_the_new_title(
    hass: HomeAssistant, house: House
) -> None:
    await house.entry._async_process_on_unload(hass)
    await house.registry.async_update(PERSON, ANNA, {"name": "Ania"})
    again = await house.restart()
    assert again.registry.persons[ANNA].name == "Ania"
    assert again.titles[ANNA] == "Ania"


async def test_a_file_that_is_lost_comes_back_from_the_journal(
    hass: HomeAssistant, hass_storage: dict[str, Any], house: House
) -> None:
    await house.registry.async_write_files()
    persons = dict(house.registry.persons)
    del hass_storage["digital_twin.persons"]
    again = await house.restart()
    assert again.registry.persons == persons


async def test_a_subentry_without_any_record_is_kept_and_named(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    house: House,
    issue_registry: ir.IssueRegistry,
) -> None:
    await house.registry.async_write_files()
    del hass_storage["digital_twin.persons"]
    Journal(Path(hass.config.path(".storage", DOMAIN))).remove()
    again = await house.restart()
    assert again.titles == {ANNA: "Anna", RUN: "Run"}
    assert ANNA not in again.subentries.by_twin
    issue = issue_registry.async_get_issue(DOMAIN, f"missing_record_{ANNA}")
    assert issue is not None
    assert issue.translation_placeholders == {
        "name": "Anna",
        "file": ".storage/digital_twin.persons",
    }
    again.remove_subentry(ANNA)
    await hass.async_block_till_done()
    assert not issue_registry.issues


async def test_the_subentry_of_a_flow_is_left_to_the_flow(
    hass: HomeAssistant, house: House
) -> None:
    with house.subentries.reserved(JAN):
        await house.registry.async_create(PERSON, {"name": "Jan"}, twin_id=JAN)
        await hass.async_block_till_done()
    await hass.async_block_till_done()
    assert JAN not in house.titles
    hass.config_entries.async_add_subentry(
        house.entry,
        ConfigSubentry(
            data=MappingProxyType({}), subentry_type="person", title="Jan", unique_id=JAN
        ),
    )
    await hass.async_block_till_done()
    assert JAN in house.subentries.by_twin


async def test_a_twin_whose_flow_fails_after_it_was_created_gets_its_subentry(
    hass: HomeAssistant, house: House
) -> None:
    async def create_and_fail() -> None:
        with house.subentries.reserved(JAN):
            await house.registry.async_create(PERSON, {"name": "Jan"}, twin_id=JAN)
            await hass.async_block_till_done()
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await create_and_fail()
    await hass.async_block_till_done()
    assert JAN in house.subentries.by_twin


async def test_the_id_of_a_refused_twin_is_not_kept_for_its_flow(
    hass: HomeAssistant, house: House
) -> None:
    async def refuse() -> None:
        with house.subentries.reserved(JAN):
            await house.registry.async_create(PERSON, {}, twin_id=JAN)

    with pytest.raises(TwinError):
        await refuse()
    await house.registry.async_create(PERSON, {"name": "Jan"}, twin_id=JAN)
    await hass.async_block_till_done()
    assert JAN in house.subentries.by_twin


async def test_platforms_are_told_of_the_kind_that_changed(
    hass: HomeAssistant, house: House
) -> None:
    told: list[str] = []
    for kind in ("person", "home", "goal"):
        topic = Topic(kind, None, SUBENTRY_READY)
        house.feed.subscribe(topic, lambda changes: told.extend(each.kind for each in changes))
    await house.registry.async_create(PERSON, {"name": "Jan"}, twin_id=JAN)
    await hass.async_block_till_done()
    await house.registry.async_update(PERSON, JAN, {"name": "Janek"})
    await hass.async_block_till_done()
    assert told == ["person"]


async def test_a_burst_of_new_twins_is_followed_in_few_groups(
    hass: HomeAssistant, house: House
) -> None:
    told: list[int] = []
    house.feed.subscribe(
        Topic("goal", None, SUBENTRY_READY),
        lambda _changes: told.append(len(house.subentries.by_twin)),
    )
    for number in range(2, 52):
        hass.async_create_task(
            house.registry.async_create(
                GOAL, {"name": f"Goal {number}", "goal_code": f"G{number:02}"}
            )
        )
    await hass.async_block_till_done()
    # In groups, so that other work has its turn in between.
    assert told == [25, 50, 52]
