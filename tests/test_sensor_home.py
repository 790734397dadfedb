"""The sensors of a home: climate of its places, devices, and what is wrong."""

from collections.abc import Iterator
from datetime import date, timedelta
import logging
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.energy.data import async_get_manager
from homeassistant.components.sensor import SensorStateClass
from homeassistant.const import (
    ATTR_FRIENDLY_NAME,
    ATTR_UNIT_OF_MEASUREMENT,
    EVENT_HOMEASSISTANT_STARTED,
    EVENT_STATE_CHANGED,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
    Platform,
)
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.json import json_bytes
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_system import US_CUSTOMARY_SYSTEM
import pytest
from pytest_homeassistant_custom_component.common import (
    async_capture_events,
    snapshot_platform,
)
from syrupy.assertion import SnapshotAssertion

from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.surfaces.home_sensors import HOME_GROUP
from custom_components.digital_twin.twin.home.conditions import QUANTITIES

from .common import (
    ANNA,
    HOME_ID,
    Wait,
    async_capture_writes,
    async_patch_twin,
    async_setup_twin,
    runtime,
    shown,
)
from .house import House

NEXT_BATTERY = "sensor.home_next_battery_to_run_out"
OFFLINE = "sensor.home_offline_devices"
OUTAGE = timedelta(minutes=16)


@pytest.fixture
def all_enabled() -> Iterator[None]:
    """Enable what is disabled by default."""
    with patch("homeassistant.helpers.entity.Entity.entity_registry_enabled_default", new=True):
        yield


def _kitchen(house: House, value: float = 21.0) -> str:
    return house.sensor(
        house.device("Kitchen sensor", house.area("Kitchen", "Ground floor")), "temperature", value
    )


@pytest.mark.usefixtures("all_enabled")
async def test_sensors_of_a_home(
    hass: HomeAssistant,
    house: House,
    entity_registry: er.EntityRegistry,
    snapshot: SnapshotAssertion,
    freezer: FrozenDateTimeFactory,
) -> None:
    freezer.move_to("2026-11-20T07:30:00+00:00")
    device = house.device("Kitchen sensor", house.area("Kitchen", "Ground floor"), sw_version="1")
    for kind, value in {"temperature": 21.0, "humidity": 45, "battery": 5}.items():
        house.sensor(device, kind, value)
    house.sensor(device, "firmware", "on", domain="update")
    with patch("custom_components.digital_twin.PLATFORMS", (Platform.SENSOR,)):
        entry = await async_setup_twin(hass)
    await snapshot_platform(hass, entity_registry, snapshot, entry.entry_id)


@pytest.mark.usefixtures("all_enabled")
async def test_home_assistant_accepts_unit_and_class_of_every_quantity(
    hass: HomeAssistant, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    device = house.device("Kitchen sensor", house.area("Kitchen", "Ground floor"))
    for quantity in QUANTITIES.values():
        house.sensor(device, quantity.device_class, 20, key=quantity.key, unit=quantity.unit)
    caplog.clear()
    await async_setup_twin(hass)
    assert [
        text
        for name, level, text in caplog.record_tuples
        if level >= logging.WARNING and name.startswith(("homeassistant.components", "custom_"))
    ] == []
    by_area = [quantity for quantity in QUANTITIES.values() if quantity.by_area]
    rooms = [name for name in hass.states.async_entity_ids("sensor") if "home_kitchen_" in name]
    assert len(rooms) == len(by_area)


async def test_values_of_home_and_floor_are_on_and_of_areas_off(
    hass: HomeAssistant, house: House, entity_registry: er.EntityRegistry
) -> None:
    _kitchen(house)
    await async_setup_twin(hass)
    assert shown(hass, "sensor.home_temperature").state == "21.0"
    assert shown(hass, "sensor.home_ground_floor_temperature").state == "21.0"
    area = entity_registry.async_get("sensor.home_kitchen_temperature")
    assert area is not None
    assert area.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    assert hass.states.get("sensor.home_kitchen_temperature") is None


async def test_the_energy_of_a_home_only_increases(
    hass: HomeAssistant, house: House, wait: Wait
) -> None:
    meter = house.sensor(house.device("Meter"), "energy", 100, unit="kWh")
    hass.config.components.add("energy")
    manager = await async_get_manager(hass)
    settings: Any = {"energy_sources": [{"type": "grid", "stat_energy_from": meter}]}
    await manager.async_update(settings)
    await async_setup_twin(hass)
    await wait()
    shown_before = shown(hass, "sensor.home_energy")
    assert shown_before.attributes["state_class"] is SensorStateClass.TOTAL_INCREASING
    house.set(meter, 2)
    await wait()
    assert (shown_before.state, shown(hass, "sensor.home_energy").state) == ("100.0", "102.0")


async def test_values_follow_the_unit_system(hass: HomeAssistant, house: House) -> None:
    hass.config.units = US_CUSTOMARY_SYSTEM
    _kitchen(house, 20.0)
    await async_setup_twin(hass)
    state = shown(hass, "sensor.home_temperature")
    assert (state.state, state.attributes[ATTR_UNIT_OF_MEASUREMENT]) == ("68.0", "°F")


async def test_another_unit_system_never_shows_a_value_in_the_wrong_unit(
    hass: HomeAssistant, house: House, wait: Wait
) -> None:
    _kitchen(house, 20.0)
    await async_setup_twin(hass)
    changes = async_capture_events(hass, EVENT_STATE_CHANGED)
    await hass.config.async_update(unit_system="us_customary")
    await wait()
    seen = [
        (state.state, state.attributes[ATTR_UNIT_OF_MEASUREMENT])
        for event in changes
        if (state := event.data["new_state"]) and state.entity_id == "sensor.home_temperature"
    ]
    assert seen == [("68.0", "°F")]


async def test_a_first_source_brings_the_sensor(
    hass: HomeAssistant, house: House, wait: Wait
) -> None:
    entry = await async_setup_twin(hass)
    loaded = entry.runtime_data
    assert hass.states.get("sensor.home_temperature") is None
    _kitchen(house)
    await wait()
    assert shown(hass, "sensor.home_temperature").state == "21.0"
    assert shown(hass, "sensor.home_ground_floor_temperature").state == "21.0"
    assert entry.runtime_data is loaded


async def test_the_last_source_that_goes_leaves_a_sensor_that_can_be_deleted(
    hass: HomeAssistant, house: House, entity_registry: er.EntityRegistry, wait: Wait
) -> None:
    source = _kitchen(house)
    await async_setup_twin(hass)
    entity_registry.async_remove(source)
    await wait()
    state = shown(hass, "sensor.home_temperature")
    assert state.state == STATE_UNAVAILABLE
    # This is what lets a person delete it in the UI.
    assert state.attributes["restored"] is True
    house.sensor(house.device("Hall sensor", house.area("Hall")), "temperature", 19.5)
    await wait()
    assert shown(hass, "sensor.home_temperature").state == "19.5"


async def test_a_source_without_a_value_is_unknown(
    hass: HomeAssistant, house: House, wait: Wait
) -> None:
    source = _kitchen(house)
    await async_setup_twin(hass)
    house.silence(source)
    await wait()
    assert shown(hass, "sensor.home_temperature").state == STATE_UNKNOWN


async def test_sensors_of_a_deleted_area_are_deleted(
    hass: HomeAssistant, house: House, entity_registry: er.EntityRegistry, wait: Wait
) -> None:
    kitchen = house.area("Kitchen")
    hall = house.area("Hall")
    house.sensor(house.device("One", kitchen), "temperature", 20)
    house.sensor(house.device("Two", hall), "temperature", 22)
    await async_setup_twin(hass)
    house.areas.async_delete(kitchen)
    await wait()
    assert entity_registry.async_get("sensor.home_kitchen_temperature") is None
    assert entity_registry.async_get("sensor.home_hall_temperature") is not None


@pytest.mark.usefixtures("all_enabled")
async def test_sensors_of_a_deleted_floor_go_at_once(
    hass: HomeAssistant, house: House, entity_registry: er.EntityRegistry, wait: Wait
) -> None:
    _kitchen(house)
    await async_setup_twin(hass)
    assert shown(hass, "sensor.home_ground_floor_temperature").state == "21.0"
    floor = house.floors.async_get_floor_by_name("Ground floor")
    assert floor is not None
    house.floors.async_delete(floor.floor_id)
    await wait()
    assert entity_registry.async_get("sensor.home_ground_floor_temperature") is None
    assert hass.states.get("sensor.home_ground_floor_temperature") is None
    assert shown(hass, "sensor.home_kitchen_temperature").state == "21.0"


async def test_an_area_deleted_while_not_loaded_leaves_no_sensor(
    hass: HomeAssistant, house: House, entity_registry: er.EntityRegistry
) -> None:
    kitchen = house.area("Kitchen")
    house.sensor(house.device("One", kitchen), "temperature", 20)
    entry = await async_setup_twin(hass)
    assert await hass.config_entries.async_unload(entry.entry_id)
    house.areas.async_delete(kitchen)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert entity_registry.async_get("sensor.home_kitchen_temperature") is None


async def test_an_area_out_of_scope_keeps_its_registry_entry(
    hass: HomeAssistant, house: House, entity_registry: er.EntityRegistry, wait: Wait
) -> None:
    kitchen = house.area("Kitchen")
    house.sensor(house.device("One", kitchen), "temperature", 20)
    entry = await async_setup_twin(hass)
    await async_patch_twin(hass, entry, "home", HOME_ID, scope={"excluded_areas": [kitchen]})
    await wait()
    assert entity_registry.async_get("sensor.home_kitchen_temperature") is not None
    assert shown(hass, "sensor.home_temperature").state == STATE_UNAVAILABLE


@pytest.mark.usefixtures("all_enabled")
async def test_a_renamed_area_renames_its_sensors_without_a_gap(
    hass: HomeAssistant, house: House, entity_registry: er.EntityRegistry, wait: Wait
) -> None:
    kitchen = house.area("Kitchen")
    house.sensor(house.device("One", kitchen), "temperature", 20)
    await async_setup_twin(hass)
    writes = async_capture_writes(hass, "sensor.home_kitchen")
    house.areas.async_update(kitchen, name="Kuchnia {x}")
    await wait()
    state = shown(hass, "sensor.home_kitchen_temperature")
    assert state.attributes[ATTR_FRIENDLY_NAME] == "Home Kuchnia {x} temperature"
    assert state.state == "20.0"
    entity = entity_registry.async_get("sensor.home_kitchen_temperature")
    assert entity is not None
    assert entity.original_name == "Kuchnia {x} temperature"
    assert set(writes) == {"sensor.home_kitchen_temperature"}


async def test_a_renamed_area_renames_its_disabled_sensors(
    hass: HomeAssistant, house: House, entity_registry: er.EntityRegistry, wait: Wait
) -> None:
    kitchen = house.area("Kitchen")
    house.sensor(house.device("One", kitchen), "temperature", 20)
    await async_setup_twin(hass)
    house.areas.async_update(kitchen, name="Kuchnia")
    await wait()
    entity = entity_registry.async_get("sensor.home_kitchen_temperature")
    assert entity is not None
    assert entity.original_name == "Kuchnia temperature"
    assert entity.disabled


@pytest.mark.usefixtures("all_enabled")
async def test_a_renamed_area_renames_a_sensor_that_was_disabled_since(
    hass: HomeAssistant, house: House, entity_registry: er.EntityRegistry, wait: Wait
) -> None:
    kitchen = house.area("Kitchen")
    house.sensor(house.device("One", kitchen), "temperature", 20)
    await async_setup_twin(hass)
    entity_registry.async_update_entity(
        "sensor.home_kitchen_temperature", disabled_by=er.RegistryEntryDisabler.USER
    )
    house.areas.async_update(kitchen, name="Kuchnia")
    await wait()
    entity = entity_registry.async_get("sensor.home_kitchen_temperature")
    assert entity is not None
    assert entity.original_name == "Kuchnia temperature"
    assert hass.states.get("sensor.home_kitchen_temperature") is None


async def test_another_place_writes_no_state_of_the_others(
    hass: HomeAssistant, house: House, wait: Wait
) -> None:
    house.sensor(house.device("One", house.area("Kitchen", "Ground floor")), "temperature", 20)
    await async_setup_twin(hass)
    writes = async_capture_writes(hass, "sensor.home_")
    house.sensor(house.device("Two", house.area("Attic", "Top")), "humidity", 50)
    await wait()
    assert "sensor.home_top_humidity" in writes
    assert "sensor.home_temperature" not in writes
    assert "sensor.home_ground_floor_temperature" not in writes


async def test_a_home_that_is_not_observed_has_no_climate(
    hass: HomeAssistant, house: House
) -> None:
    _kitchen(house)
    entry = await async_setup_twin(hass)
    descriptions = HOME_GROUP.descriptions_fn(hass, runtime(entry), "gone")
    assert {description.key for description in descriptions} == {
        "devices",
        "low_batteries",
        "next_battery",
        "occupancy_status",
        "occupancy_why",
        "offline_devices",
        "operational_status",
        "operational_why",
        "pending_updates",
    }


async def test_counts_and_lists_of_devices(hass: HomeAssistant, house: House, wait: Wait) -> None:
    kitchen = house.area("Kitchen")
    plug = house.sensor(house.device("Plug", kitchen), "power", 10)
    remote = house.device("Remote", kitchen)
    house.sensor(remote, "temperature", 20)
    house.sensor(remote, "battery", 4)
    house.sensor(remote, "firmware", "on", domain="update")
    await async_setup_twin(hass)
    house.silence(plug)
    await wait(OUTAGE)
    assert shown(hass, "sensor.home_devices").state == "2"
    offline = shown(hass, "sensor.home_offline_devices")
    assert offline.state == "1"
    assert [item["name"] for item in offline.attributes["devices"]] == ["Plug"]
    assert offline.attributes["devices"][0]["area"] == "Kitchen"
    low = shown(hass, "sensor.home_low_batteries")
    assert low.state == "1"
    assert low.attributes["devices"] == [{"name": "Remote", "area": "Kitchen", "battery": 4.0}]
    updates = shown(hass, "sensor.home_pending_updates")
    assert updates.state == "1"
    assert [item["name"] for item in updates.attributes["devices"]] == ["Remote"]


async def test_how_many_are_offline_is_unknown_until_it_is_judged(
    hass: HomeAssistant, house: House, wait: Wait
) -> None:
    house.silence(house.sensor(house.device("Plug"), "power", 1))
    hass.set_state(CoreState.starting)
    await async_setup_twin(hass)
    await wait(OUTAGE)
    assert shown(hass, OFFLINE).state == STATE_UNKNOWN
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await wait(timedelta(minutes=6))
    assert shown(hass, OFFLINE).state == "1"


async def test_the_next_battery_has_its_date_and_its_device(
    hass: HomeAssistant, house: House, freezer: FrozenDateTimeFactory, wait: Wait
) -> None:
    battery = house.sensor(house.device("Remote", house.area("Kitchen")), "battery", 90)
    await async_setup_twin(hass)
    assert shown(hass, NEXT_BATTERY).state == STATE_UNKNOWN
    assert shown(hass, NEXT_BATTERY).attributes["device"] is None
    for level in range(88, 68, -2):
        await wait(timedelta(days=1))
        house.set(battery, level)
        await wait()
    state = shown(hass, NEXT_BATTERY)
    # 70 points at two a day.
    days = (date.fromisoformat(state.state) - dt_util.now().date()).days
    assert days == pytest.approx(35, abs=1)
    assert (state.attributes["device"], state.attributes["area"]) == ("Remote", "Kitchen")
    assert state.attributes["battery"] == 70


async def test_an_outage_has_a_reason(hass: HomeAssistant, house: House, wait: Wait) -> None:
    plug = house.sensor(house.device("Plug", house.area("Kitchen")), "power", 10)
    house.sensor(house.device("Lamp"), "power", 10)
    await async_setup_twin(hass)
    assert shown(hass, "sensor.home_operational_status").state == "optimal"
    house.silence(plug)
    await wait(OUTAGE)
    state = shown(hass, "sensor.home_operational_status")
    assert state.state == "degraded"
    [cause] = state.attributes["causes"]
    assert cause["cause"] == "device_offline"
    assert cause["severity"] == "degraded"
    assert (cause["name"], cause["area"], cause["affects"]) == ("Plug", "Kitchen", 0)


async def test_occupancy_shows_its_evidence(hass: HomeAssistant, house: House) -> None:
    hass.states.async_set("person.anna", "home")
    await async_setup_twin(
        hass,
        persons={ANNA: {"name": "Anna", "person_entity": "person.anna"}},
        homes={HOME_ID: {"name": "Home", "zone": "zone.home", "residents": [ANNA]}},
    )
    state = shown(hass, "sensor.home_occupancy_status")
    assert state.state == "occupied"
    [evidence] = state.attributes["evidence"]
    assert (evidence["kind"], evidence["name"], evidence["standing"]) == (
        "resident",
        "Anna",
        "here",
    )


LONGEST = "👩‍👩‍👧‍👦" * 36 + "end"


async def test_no_attributes_outgrow_2_kib(
    hass: HomeAssistant, house: House, entity_registry: er.EntityRegistry, wait: Wait
) -> None:
    area = house.area(LONGEST, LONGEST)
    battery = house.sensor(house.device(LONGEST, area), "battery", 100)
    house.sensor(house.device("Meter", area), "power", 1)
    entity_ids = []
    for number in range(500):
        device = house.device(f"{number} {LONGEST}"[:255], area, sw_version="1" * 255)
        entity_ids += [
            house.sensor(device, "battery", 1),
            house.sensor(device, "firmware", "on", domain="update"),
            house.sensor(device, "motion", "on", domain="binary_sensor"),
        ]
    await async_setup_twin(hass, homes={HOME_ID: {"name": LONGEST}})
    for level in range(98, 80, -2):
        await wait(timedelta(days=1))
        house.set(battery, level)
        await wait()

    def check(*keys: str) -> None:
        """Look at sensors that cannot list all devices, and at the sizes of all sensors."""
        for key in keys:
            found = entity_registry.async_get_entity_id("sensor", DOMAIN, f"{HOME_ID}-{key}")
            assert shown(hass, found or key).attributes["not_listed"] > 400
        assert {name: size for name, size in _attribute_sizes(hass).items() if size > 2048} == {}

    check("low_batteries", "pending_updates", "operational_status")
    forecast = entity_registry.async_get_entity_id("sensor", DOMAIN, f"{HOME_ID}-next_battery")
    assert forecast
    assert shown(hass, forecast).attributes["device"]
    for entity_id in entity_ids:
        house.silence(entity_id)
    await wait(OUTAGE)
    check("offline_devices")


def _attribute_sizes(hass: HomeAssistant) -> dict[str, int]:
    registry = er.async_get(hass)
    return {
        entity_id: len(json_bytes(dict(shown(hass, entity_id).attributes)))
        for entity_id in hass.states.async_entity_ids(("event", "sensor"))
        if (entity := registry.async_get(entity_id)) and entity.platform == DOMAIN
    }
