"""Whether the home is all right: causes come, go, and have one root."""

from datetime import timedelta
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.const import EntityCategory
from homeassistant.helpers import label_registry as lr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.digital_twin.engine.home import HomeView
from custom_components.digital_twin.engine.home.live import LiveHome
from custom_components.digital_twin.twin.enums import OperationalStatus

from .house import START, House, thresholds

OPTIMAL, DEGRADED, ALERT = (
    OperationalStatus.OPTIMAL,
    OperationalStatus.DEGRADED,
    OperationalStatus.ALERT,
)
SAFETY = ("smoke", "gas", "carbon_monoxide", "moisture", "safety")


def _device(
    house: House,
    name: str,
    state: str = "on",
    *,
    area_id: str | None = None,
    entry: MockConfigEntry | None = None,
    hub: str | None = None,
) -> str:
    device = house.add_device(name, area_id, entry, hub=hub)
    house.add_entity(f"switch.{name.lower()}", state, device=device, entry=entry)
    return device


def _label(house: House, name: str) -> str:
    return lr.async_get(house.hass).async_create(name).label_id


def _affected(view: HomeView) -> list[set[str]]:
    return [set(cause.affects) for cause in view.operational.causes]


def _to_mend(view: HomeView) -> list[str]:
    return [cause.kind.value for cause in view.actionable]


async def test_an_empty_home_is_all_right(house: House) -> None:
    view = await house.observe()
    assert (view.operational.status, view.operational.causes) == (OPTIMAL, ())


@pytest.mark.parametrize("device_class", SAFETY)
@pytest.mark.parametrize(
    ("category", "hidden"),
    [(None, False), (EntityCategory.DIAGNOSTIC, False), (None, True)],
)
async def test_a_safety_sensor_is_an_alert_at_once(
    house: House, device_class: str, category: EntityCategory | None, hidden: bool
) -> None:
    kitchen = house.add_area("Kitchen")
    sensor = house.add_entity(
        "binary_sensor.s",
        "off",
        device_class=device_class,
        area_id=kitchen,
        category=category,
        hidden=hidden,
    )
    view = await house.observe()
    heard = house.hear("operational")
    house.set(sensor, "on")
    # Neither a timer nor another turn of the loop was needed.
    assert heard == ["operational"]
    assert view.operational.status is ALERT
    (cause,) = view.operational.causes
    assert (cause.kind, cause.entity_id, cause.area_id) == (device_class, sensor, kitchen)
    house.set(sensor, "off")
    assert view.operational.status is OPTIMAL


@pytest.mark.parametrize("state", ["off", "unknown", "unavailable"])
async def test_a_safety_sensor_that_is_not_on_is_none(house: House, state: str) -> None:
    house.add_entity("binary_sensor.s", state, device_class="smoke")
    view = await house.observe()
    assert view.operational.status is OPTIMAL


async def test_a_safety_sensor_without_an_entry_counts(house: House) -> None:
    house.hass.states.async_set("binary_sensor.yaml", "on", {"device_class": "smoke"})
    house.hass.states.async_set("binary_sensor.plain", "on", {"device_class": "door"})
    await house.observe()
    assert house.causes() == ["smoke"]


@pytest.mark.parametrize("attribute", ["device_class", "unit_of_measurement"])
@pytest.mark.parametrize("value", [7, ["moisture"], {"moisture": 1}, None])
async def test_attributes_that_are_no_texts_cost_only_their_entity(
    house: House, attribute: str, value: object
) -> None:
    attributes = {"device_class": "temperature", attribute: value}
    house.hass.states.async_set("sensor.odd", "20", attributes)
    house.hass.states.async_set("binary_sensor.odd", "on", attributes)
    house.hass.states.async_set(
        "binary_sensor.leak", "on", {"device_class": "moisture", "friendly_name": value}
    )
    view = await house.observe()
    assert house.causes() == ["moisture"]
    assert isinstance(view.operational.causes[0].name, str)


async def test_a_safety_sensor_without_an_entry_is_noticed_when_it_appears(house: House) -> None:
    await house.observe()
    house.hass.states.async_set("binary_sensor.yaml", "on", {"device_class": "smoke"})
    await house.flush()
    assert house.causes() == ["smoke"]


async def test_attributes_of_a_safety_sensor_do_not_hurry(house: House) -> None:
    sensor = house.add_entity("binary_sensor.s", "on", device_class="smoke")
    await house.observe()
    with patch.object(LiveHome, "update", autospec=True, return_value=set()) as update:
        house.set(sensor, "on", {"level": 3})
        assert update.call_count == 0
        await house.flush()
        assert update.call_count == 1


@pytest.mark.parametrize(
    ("state", "expected"),
    [("triggered", ALERT), ("armed_away", OPTIMAL), ("pending", OPTIMAL), ("on", OPTIMAL)],
)
async def test_a_triggered_alarm_panel_is_an_alert(
    house: House, state: str, expected: OperationalStatus
) -> None:
    house.add_entity("alarm_control_panel.a", "disarmed")
    view = await house.observe()
    house.set("alarm_control_panel.a", state)
    assert view.operational.status is expected


async def test_a_problem_degrades(house: House) -> None:
    house.add_entity(
        "binary_sensor.p", "off", device_class="problem", category=EntityCategory.DIAGNOSTIC
    )
    view = await house.observe()
    await house.change("binary_sensor.p", "on")
    assert (view.operational.status, house.causes()) == (DEGRADED, ["problem"])
    await house.change("binary_sensor.p", "off")
    assert view.operational.status is OPTIMAL


async def test_an_offline_device_degrades_until_it_is_back(house: House) -> None:
    device = _device(house, "Lamp", area_id=house.add_area("Kitchen"))
    view = await house.observe()
    house.lose("switch.lamp")
    await house.wait(minutes=14)
    assert view.operational.status is OPTIMAL
    await house.wait(minutes=1)
    (cause,) = view.operational.causes
    assert (cause.kind, cause.device_id, cause.since) == ("device_offline", device, START)
    assert (cause.area_id, view.operational.status) == ("kitchen", DEGRADED)
    await house.change("switch.lamp", "on")
    assert view.operational.status is OPTIMAL


async def test_a_flapping_device_is_one_cause(house: House) -> None:
    _device(house, "Lamp")
    view = await house.observe()
    heard = house.hear("operational")
    for _ in range(2):
        house.lose("switch.lamp")
        await house.wait(minutes=16)
        await house.change("switch.lamp", "on")
    told = len(heard)
    for _ in range(3):
        house.lose("switch.lamp")
        await house.wait(minutes=16)
        await house.change("switch.lamp", "on")
        assert [cause.since for cause in view.operational.causes] == [START]
    assert len(heard) == told
    await house.wait(minutes=60)
    assert view.operational.status is OPTIMAL


async def test_a_critical_device_is_an_alert(house: House) -> None:
    device = _device(house, "Freezer")
    label = _label(house, "Critical")
    house.devices.async_update_device(device, labels={label})
    view = await house.observe(critical_label=label)
    house.lose("switch.freezer")
    await house.wait(minutes=16)
    assert (view.operational.status, house.causes()) == (ALERT, ["critical_device_offline"])


@pytest.mark.parametrize(("offline", "expected"), [(2, DEGRADED), (3, ALERT)])
async def test_a_quarter_of_the_devices_is_an_alert(
    house: House, offline: int, expected: OperationalStatus
) -> None:
    for number in range(12):
        _device(house, f"D{number}")
    view = await house.observe()
    house.lose(*(f"switch.d{number}" for number in range(offline)))
    await house.wait(minutes=16)
    assert view.operational.status is expected
    kinds = ["device_offline"] * 2 if offline == 2 else ["many_devices_offline"]
    assert house.causes() == kinds


async def test_a_power_cut_is_judged_once(house: House) -> None:
    for number in range(30):
        _device(house, f"D{number}")
    view = await house.observe()
    heard = house.hear("operational", "offline_devices")
    for number in range(30):
        house.lose(f"switch.d{number}")
        house.freezer.tick(timedelta(milliseconds=10))
    await house.wait(minutes=16)
    assert view.counts.offline == 30
    assert sorted(heard) == ["offline_devices", "operational"]


async def test_devices_behind_a_hub_are_what_it_affects(house: House) -> None:
    hub = _device(house, "Hub")
    lamps = {_device(house, f"L{number}", hub=hub) for number in range(2)}
    for number in range(20):
        _device(house, f"Other{number}")
    view = await house.observe()
    house.lose("switch.hub", "switch.l0", "switch.l1")
    await house.wait(minutes=16)
    assert house.causes() == ["device_offline"]
    assert _affected(view) == [lamps]


async def test_devices_of_a_failed_integration_are_what_it_affects(house: House) -> None:
    bridge = house.add_entry("hue")
    lamps = {_device(house, f"L{number}", entry=bridge) for number in range(2)}
    for number in range(20):
        _device(house, f"Other{number}")
    view = await house.observe()
    house.lose("switch.l0", "switch.l1")
    bridge.mock_state(house.hass, ConfigEntryState.SETUP_RETRY)
    await house.flush()
    assert house.causes() == ["integration_failed"]
    (cause,) = view.operational.causes
    assert (cause.integration, cause.name, cause.entry_id) == ("hue", "Hue", bridge.entry_id)
    assert set(cause.affects) == lamps
    await house.wait(minutes=16)
    assert house.causes() == ["integration_failed"]
    # It tries again, which is not yet a recovery.
    heard = house.hear("operational")
    bridge.mock_state(house.hass, ConfigEntryState.SETUP_IN_PROGRESS)
    bridge.mock_state(house.hass, ConfigEntryState.SETUP_RETRY)
    assert heard == []
    bridge.mock_state(house.hass, ConfigEntryState.LOADED)
    await house.change("switch.l0", "on")
    await house.change("switch.l1", "on")
    assert view.operational.status is OPTIMAL


@pytest.mark.parametrize(
    "state",
    [
        ConfigEntryState.SETUP_ERROR,
        ConfigEntryState.SETUP_RETRY,
        ConfigEntryState.MIGRATION_ERROR,
    ],
)
async def test_an_integration_without_devices_counts_too(
    house: House, state: ConfigEntryState
) -> None:
    house.add_entry("hue", state)
    await house.observe()
    assert house.causes() == ["integration_failed"]


@pytest.mark.parametrize(
    "state",
    [
        ConfigEntryState.NOT_LOADED,
        ConfigEntryState.SETUP_IN_PROGRESS,
        ConfigEntryState.FAILED_UNLOAD,
        ConfigEntryState.LOADED,
    ],
)
async def test_an_integration_that_has_not_failed_is_none(
    house: House, state: ConfigEntryState
) -> None:
    house.add_entry("hue", state)
    await house.observe()
    assert house.causes() == []


async def test_an_integration_that_serves_another_home_is_none(house: House) -> None:
    _device(house, "Lamp", area_id=house.add_area("Kitchen"))
    house.add_entry("hue", ConfigEntryState.SETUP_ERROR)
    house.scope(areas=["kitchen"])
    await house.observe()
    assert house.causes() == []


async def test_a_failed_integration_that_is_disabled_or_removed_is_none(house: House) -> None:
    one = house.add_entry("hue", ConfigEntryState.SETUP_ERROR)
    other = house.add_entry("met", ConfigEntryState.SETUP_ERROR)
    house.hass.config.components |= {"hue", "met"}
    await house.observe()
    assert len(house.causes()) == 2
    one.mock_state(house.hass, ConfigEntryState.SETUP_ERROR)
    await house.hass.config_entries.async_set_disabled_by(one.entry_id, ConfigEntryDisabler.USER)
    await house.settle()
    assert len(house.causes()) == 1
    await house.hass.config_entries.async_remove(other.entry_id)
    await house.settle()
    assert house.causes() == []


async def test_the_integration_itself_is_no_cause(house: House) -> None:
    house.own.mock_state(house.hass, ConfigEntryState.SETUP_RETRY)
    await house.observe()
    assert house.causes() == []


async def test_a_sensor_that_reports_nothing_is_stale(house: House) -> None:
    kitchen = house.add_area("Kitchen")
    sensor = house.thermometer("a", "20", kitchen)
    view = await house.observe()
    await house.wait(hours=23)
    assert view.operational.status is OPTIMAL
    await house.wait(hours=1)
    (cause,) = view.operational.causes
    assert (cause.kind, cause.entity_id, cause.since) == ("stale_sensor", sensor, START)
    assert view.operational.status is DEGRADED
    # The same value again is a report.
    await house.change(sensor, "20")
    assert view.operational.status is OPTIMAL


async def test_a_sensor_that_repeats_itself_is_not_stale(house: House) -> None:
    sensor = house.thermometer("a", "20", house.add_area("Kitchen"))
    view = await house.observe()
    for _ in range(5):
        await house.wait(hours=20)
        house.set(sensor, "20")
    assert view.operational.status is OPTIMAL


async def test_a_stale_sensor_that_changes_is_not_stale_any_more(house: House) -> None:
    sensor = house.thermometer("a", "20", house.add_area("Kitchen"))
    view = await house.observe()
    await house.wait(hours=24)
    await house.change(sensor, "21")
    assert view.operational.status is OPTIMAL


@pytest.mark.parametrize(
    ("device_class", "state"),
    [("power", "0"), ("illuminance", "0"), ("temperature", "unavailable")],
)
async def test_what_may_be_quiet_is_not_stale(house: House, device_class: str, state: str) -> None:
    units = {"illuminance": "lx"}
    house.add_entity(
        "sensor.a",
        state,
        device_class=device_class,
        unit=units.get(device_class),
        area_id=house.add_area("Kitchen"),
    )
    view = await house.observe()
    await house.wait(hours=50)
    assert view.operational.status is OPTIMAL


@pytest.mark.parametrize("how", ["label", "pause"])
async def test_an_ignored_device_is_no_cause_in_any_way(house: House, how: str) -> None:
    kitchen = house.add_area("Kitchen")
    hub = house.add_device("Hub", kitchen)
    house.add_entity("switch.hub", "unavailable", device=hub)
    part = _device(house, "Lamp", "unavailable", hub=hub)
    other = house.add_device("Sensor", kitchen)
    house.add_entity("binary_sensor.leak", "on", device_class="moisture", device=other)
    house.add_entity("sensor.t", "20", device_class="temperature", device=other)
    house.add_entity("sensor.b", "5", device_class="battery", device=other)
    label = _label(house, "Ignore")
    view = await house.observe(ignore_label=label)
    await house.wait(hours=25)
    assert set(house.causes()) == {"moisture", "device_offline", "low_battery", "stale_sensor"}
    assert _affected(view)[1] == {part}
    for device in (hub, other):
        if how == "label":
            house.devices.async_update_device(device, labels={label})
        else:
            await house.observer.async_set_maintenance(device, START + timedelta(days=9))
    await house.flush()
    assert house.causes() == []
    # What is ignored is still a fact of the inventory.
    assert view.counts.offline == 2
    if how == "pause":
        await house.observer.async_set_maintenance(other, None)
        assert "moisture" in house.causes()


async def test_a_device_can_be_ignored_by_itself(house: House) -> None:
    device = _device(house, "Lamp", "unavailable")
    await house.observe(ignored_devices=[device])
    await house.wait(minutes=16)
    assert house.causes() == []
    house.observer.async_set_thresholds(thresholds())
    assert house.causes() == ["device_offline"]


async def test_an_integration_of_ignored_devices_only_is_no_cause(house: House) -> None:
    maker = house.add_entry("tv")
    device = _device(house, "TV", "unavailable", entry=maker)
    await house.observe()
    maker.mock_state(house.hass, ConfigEntryState.SETUP_RETRY)
    await house.wait(minutes=16)
    assert house.causes() == ["integration_failed"]
    house.observer.async_set_thresholds(thresholds(ignored_devices=[device]))
    assert house.causes() == []


async def test_an_ignored_entity_is_no_cause(house: House) -> None:
    label = _label(house, "Ignore")
    house.add_entity("binary_sensor.leak", "on", device_class="moisture")
    house.entities.async_update_entity("binary_sensor.leak", labels={label})
    await house.observe()
    assert house.causes() == ["moisture"]
    house.observer.async_set_thresholds(thresholds(ignore_label=label))
    assert house.causes() == []


async def test_an_ignored_battery_is_no_cause_but_the_others_of_its_device_are(
    house: House,
) -> None:
    label = _label(house, "Ignore")
    device = house.add_device("Buds")
    for side in ("left", "right"):
        house.add_entity(f"sensor.{side}", "5", device_class="battery", device=device)
    house.add_entity("binary_sensor.case", "on", device_class="battery", device=device)
    for entity_id in ("sensor.left", "binary_sensor.case"):
        house.entities.async_update_entity(entity_id, labels={label})
    view = await house.observe(ignore_label=label)
    assert house.causes() == ["low_battery"]
    await house.change("sensor.right", "90")
    assert house.causes() == []
    # A bit above the threshold is no relapse of the ignored one.
    await house.change("sensor.right", "22")
    assert house.causes() == []
    # What is ignored is still a fact of the inventory.
    assert (view.devices[0].battery, view.devices[0].battery_low) == (5, True)
    house.observer.async_set_thresholds(thresholds())
    assert house.causes() == ["low_battery"]


async def test_a_group_says_nothing_that_its_members_do_not(house: House) -> None:
    for name in ("one", "two"):
        house.add_entity(f"binary_sensor.{name}", "off", device_class="moisture")
    house.add_entity("binary_sensor.all", "off", device_class="moisture")
    view = await house.observe()
    house.set("binary_sensor.one", "on")
    members = ["binary_sensor.one", "binary_sensor.two"]
    house.set("binary_sensor.all", "on", {"entity_id": members})
    assert [cause.entity_id for cause in view.operational.causes] == ["binary_sensor.one"]


@pytest.mark.parametrize("members", [None, "binary_sensor.one", 7, [7, None], [["a"], {}]])
async def test_what_is_no_list_of_members_is_no_group(house: House, members: object) -> None:
    house.add_entity("binary_sensor.leak", "off", device_class="moisture")
    await house.observe()
    house.set("binary_sensor.leak", "on", {"entity_id": members})
    assert house.causes() == ["moisture"]


async def test_what_a_person_can_mend_is_told_after_an_hour(house: House) -> None:
    _device(house, "Lamp")
    house.add_entity("binary_sensor.leak", "on", device_class="moisture")
    view = await house.observe()
    heard = house.hear("actionable")
    house.lose("switch.lamp")
    await house.wait(minutes=20)
    await house.wait(minutes=39)
    assert _to_mend(view) == []
    await house.wait(minutes=1)
    assert _to_mend(view) == ["device_offline"]
    await house.change("switch.lamp", "on")
    assert _to_mend(view) == []
    assert len(heard) == 2
