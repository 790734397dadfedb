"""What a file may look like when it is read."""

from datetime import UTC, datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers.storage import UnsupportedStorageVersionError
import pytest

from custom_components.digital_twin.engine.core.feed import ChangeFeed
from custom_components.digital_twin.engine.core.files import DamagedFileError, StoppedError
from custom_components.digital_twin.engine.core.registry import TwinRegistry
from custom_components.digital_twin.engine.core.store import KEPT_AFTER_DELETE
from custom_components.digital_twin.twin.metrics.person import PERSON

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ANNA = "11111111-1111-4111-8111-111111111111"
JAN = "22222222-2222-4222-8222-222222222222"
KEY = "digital_twin.persons"


def file(**parts: object) -> dict[str, Any]:
    return {"version": 1, "minor_version": 1, "key": KEY, "data": parts}


def raw(twin_id: str = ANNA, **fields: object) -> dict[str, object]:
    return {"person_id": twin_id, "name": "Anna", **fields}


@pytest.fixture(autouse=True)
def _now(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(NOW)


async def load(hass: HomeAssistant) -> TwinRegistry:
    registry = TwinRegistry(hass, ChangeFeed())
    await registry.async_load()
    return registry


@pytest.mark.parametrize(
    ("damaged", "label", "reason"),
    [
        (raw(gender="x"), "Anna", "gender: not_an_option"),
        ({"person_id": ANNA}, ANNA, "name: required_field"),
        ({"name": " "}, "?", "person_id: required_field; name: required_field"),
        ("Anna", "?", "person: wrong_type"),
        (None, "?", "person: wrong_type"),
        (raw(JAN), "Anna", "person_id: duplicate"),
        (raw(health_metrics={"weight": "x"}), "Anna", "health_metrics.weight: wrong_type"),
    ],
)
async def test_one_damaged_record_costs_only_itself(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    damaged: object,
    label: str,
    reason: str,
) -> None:
    hass_storage[KEY] = file(records=[raw(JAN, name="Jan"), damaged])
    registry = await load(hass)
    assert [person.name for person in registry.persons.values()] == ["Jan"]
    assert [(item.label, item.reason) for item in registry.damaged("person")] == [(label, reason)]

    await registry.async_update(PERSON, JAN, {"name": "Janek"})
    await registry.async_write_files()
    assert hass_storage[KEY]["data"]["set_aside"] == [damaged]
    again = (await load(hass)).damaged("person")
    assert [(item.label, item.raw) for item in again] == [(label, damaged)]


async def test_a_mended_record_comes_back(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    hass_storage[KEY] = file(records=[raw(gender="x"), raw(JAN)])
    registry = await load(hass)
    await registry.async_update(PERSON, JAN, {"name": "Jan"})
    await registry.async_write_files()
    hass_storage[KEY]["data"]["set_aside"][0]["gender"] = "Female"
    mended = await load(hass)
    assert mended.damaged("person") == ()
    assert mended.persons[ANNA].gender == "Female"


async def test_what_a_newer_version_stored_beside_is_kept(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    hass_storage[KEY] = file(records=[raw(from_the_future=[1])], groups={"family": [ANNA]})
    hass_storage[KEY]["minor_version"] = 9
    registry = await load(hass)
    await registry.async_update(PERSON, ANNA, {"name": "Ania"})
    await registry.async_write_files()
    (stored,) = hass_storage[KEY]["data"]["records"]
    assert (stored["name"], stored["from_the_future"]) == ("Ania", [1])
    assert hass_storage[KEY]["data"]["groups"] == {"family": [ANNA]}


async def test_a_file_of_a_newer_major_version_is_left_alone(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    hass_storage[KEY] = before = file(records=[raw()]) | {"version": 2}
    with pytest.raises(UnsupportedStorageVersionError):
        await load(hass)
    assert hass_storage[KEY] == before


@pytest.mark.parametrize("version", ["x", None, {}])
async def test_a_file_without_its_frame_is_left_alone(
    hass: HomeAssistant, hass_storage: dict[str, Any], version: object
) -> None:
    hass_storage[KEY] = before = file(records=[raw()]) | {"version": version}
    with pytest.raises(DamagedFileError) as damaged:
        await load(hass)
    assert damaged.value.storage_key == KEY
    assert hass_storage[KEY] == before


async def test_a_writer_is_answered_from_the_disk_while_home_assistant_stops(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    hass_storage[KEY] = file(records=[raw()])
    registry = await load(hass)
    hass.set_state(CoreState.stopping)
    await registry.async_update(PERSON, ANNA, {"name": "Ania"})
    assert (await load(hass)).persons[ANNA].name == "Ania"


async def test_the_file_is_written_when_home_assistant_ends(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    hass_storage[KEY] = file(records=[raw()])
    registry = await load(hass)
    await registry.async_update(PERSON, ANNA, {"name": "Ania"})
    hass.set_state(CoreState.final_write)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()
    assert hass_storage[KEY]["data"]["records"][0]["name"] == "Ania"


async def test_a_closed_registry_writes_nothing_and_says_so(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    hass_storage[KEY] = file(records=[raw()])
    registry = await load(hass)
    last = hass.async_create_task(registry.async_update(PERSON, ANNA, {"name": "Ania"}))
    await registry.async_close()
    await last
    with pytest.raises(StoppedError):
        await registry.async_update(PERSON, ANNA, {"name": "Anka"})
    assert registry.persons[ANNA].name == "Ania"
    assert hass_storage[KEY]["data"]["records"][0]["name"] == "Ania"
    assert (await load(hass)).persons[ANNA].name == "Ania"


@pytest.mark.parametrize("data", ["x", [7], {"records": "x"}, {"records": {ANNA: raw()}}])
async def test_a_file_that_is_none_any_more_is_set_aside(
    hass: HomeAssistant, hass_storage: dict[str, Any], data: object
) -> None:
    hass_storage[KEY] = {**file(), "data": data}
    registry = await load(hass)
    (damaged,) = registry.damaged("person")
    await registry.async_create(PERSON, {"name": "Jan"})
    await registry.async_write_files()
    assert hass_storage[KEY]["data"]["set_aside"] == [damaged.raw]


async def test_records_without_the_frame_of_a_file_are_read(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    hass_storage[KEY] = {**file(), "data": [raw()]}
    assert [*(await load(hass)).persons] == [ANNA]


@pytest.mark.parametrize("parts", [{}, {"records": None, "deleted": 5}])
async def test_missing_parts_are_empty(
    hass: HomeAssistant, hass_storage: dict[str, Any], parts: dict[str, object]
) -> None:
    hass_storage[KEY] = file(**parts)
    registry = await load(hass)
    found = dict(registry.persons), registry.deletions.of("person"), registry.damaged("person")
    assert found == ({}, {}, ())


@pytest.mark.parametrize("in_files", [False, True])
async def test_a_deleted_twin_is_kept_for_thirty_days(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    freezer: FrozenDateTimeFactory,
    in_files: bool,
) -> None:
    hass_storage[KEY] = file(records=[raw()])
    registry = await load(hass)
    await registry.async_delete(PERSON, ANNA)
    if in_files:
        await registry.async_write_files()
    assert timedelta(days=30) == KEPT_AFTER_DELETE
    freezer.move_to(NOW + timedelta(days=30, seconds=-1))
    assert [*(await load(hass)).deletions.of("person")] == [ANNA]
    freezer.move_to(NOW + timedelta(days=30))
    assert [*(await load(hass)).deletions.of("person")] == []


@pytest.mark.parametrize(
    "deleted",
    [
        "x",
        {"record": raw()},
        {"record": raw(), "deleted_at": "yesterday", "references": []},
        {"record": raw(), "deleted_at": "2026-02-28T00:00:00+00:00", "references": [["home"]]},
        {"record": raw(), "deleted_at": "2026-02-28T00:00:00+00:00", "references": [5]},
    ],
)
async def test_a_deleted_twin_that_cannot_be_read_is_forgotten(
    hass: HomeAssistant, hass_storage: dict[str, Any], deleted: object
) -> None:
    hass_storage[KEY] = file(records=[raw(JAN, name="Jan")], deleted=[deleted])
    registry = await load(hass)
    assert [*registry.persons] == [JAN]
    assert registry.deletions.of("person") == {}
