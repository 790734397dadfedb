"""The inventory: whether devices answer, their batteries and their updates."""

from datetime import date, timedelta

from homeassistant.const import EntityCategory
import pytest

from custom_components.digital_twin.engine.home import HomeView
from custom_components.digital_twin.twin.enums import DeviceStatus
from custom_components.digital_twin.twin.home.inventory import DeviceChange, DeviceRecord

from .house import HOUSE, START, House, house_slice, thresholds


async def _lamp(house: House) -> tuple[HomeView, str]:
    device = house.add_device("Lamp", house.add_area("Kitchen"))
    house.add_entity("light.lamp", "on", device=device)
    house.add_entity("sensor.lamp_power", "5", device_class="power", device=device)
    return await house.observe(), device


def _only(view: HomeView) -> DeviceRecord:
    (device,) = view.devices
    return device


async def test_a_device_is_listed_with_what_is_known_of_it(house: House) -> None:
    kitchen = house.add_area("Kitchen")
    hub = house.add_device("Hub")
    device = house.add_device(
        "Lamp",
        kitchen,
        manufacturer="Maker",
        model="L1",
        firmware="1.2",
        hub=hub,
    )
    house.add_entity("light.lamp", "on", device=device)
    view = await house.observe()
    found = next(one for one in view.devices if one.device_id == device)
    assert found == view.device(device)
    assert view.device("gone") is None
    assert found == DeviceRecord(
        device_id=device,
        name="Lamp",
        manufacturer="Maker",
        model="L1",
        firmware="1.2",
        area_id=kitchen,
        area="Kitchen",
        integration="maker",
        integration_state="loaded",
        hub_id=hub,
        status=DeviceStatus.ONLINE,
        since=None,
        battery=None,
        battery_low=False,
        battery_days_left=None,
        battery_forecast=None,
        update_available=False,
        last_seen=START,
        paused_until=None,
    )


async def test_a_device_is_offline_when_all_its_entities_are_gone_for_the_grace(
    house: House,
) -> None:
    view, _ = await _lamp(house)
    heard = house.hear("offline_devices")
    house.lose("light.lamp", "sensor.lamp_power")
    await house.wait(minutes=14)
    assert _only(view).status is DeviceStatus.ONLINE
    await house.wait(minutes=1)
    found = _only(view)
    assert (found.status, found.since) == (DeviceStatus.OFFLINE, START)
    assert found.last_seen == START
    assert view.offline == (found,)
    assert view.counts.offline == 1
    assert heard == ["offline_devices"]


async def test_a_device_is_not_offline_because_one_entity_is_gone(house: House) -> None:
    view, _ = await _lamp(house)
    house.lose("light.lamp")
    await house.wait(days=2)
    assert _only(view).status is DeviceStatus.ONLINE


async def test_a_device_is_silent_since_its_last_entity_is(house: House) -> None:
    device = house.add_device("Lamp")
    for name in ("a", "b"):
        house.add_entity(f"light.{name}", "on", device=device)
    view = await house.observe()
    house.lose("light.a")
    await house.wait(minutes=10)
    house.lose("light.b")
    await house.wait(minutes=14)
    assert _only(view).status is DeviceStatus.ONLINE
    await house.wait(minutes=1)
    found = _only(view)
    assert (found.status, found.since) == (DeviceStatus.OFFLINE, START + timedelta(minutes=10))


async def test_a_device_is_not_offline_because_it_is_quiet(house: House) -> None:
    view, _ = await _lamp(house)
    await house.wait(days=2)
    assert _only(view).status is DeviceStatus.ONLINE
    assert _only(view).last_seen == START


async def test_a_device_is_back_at_once(house: House) -> None:
    view, _ = await _lamp(house)
    house.lose("light.lamp", "sensor.lamp_power")
    await house.wait(minutes=16)
    await house.wait(minutes=16)
    await house.change("light.lamp", "on")
    found = _only(view)
    assert found.status is DeviceStatus.ONLINE
    assert found.since == START + timedelta(minutes=32)


async def test_a_short_outage_is_none(house: House) -> None:
    view, _ = await _lamp(house)
    house.lose("light.lamp", "sensor.lamp_power")
    await house.wait(minutes=14)
    await house.change("light.lamp", "on")
    await house.wait(minutes=30)
    assert _only(view).status is DeviceStatus.ONLINE


@pytest.mark.parametrize(("hidden", "disabled"), [(True, False), (False, True)])
async def test_only_visible_entities_show_that_a_device_answers(
    house: House, hidden: bool, disabled: bool
) -> None:
    device = house.add_device("Lamp")
    house.add_entity("light.lamp", "unavailable", device=device)
    house.add_entity("sensor.hidden", "5", device=device, hidden=hidden, disabled=disabled)
    view = await house.observe()
    await house.wait(minutes=16)
    assert _only(view).status is DeviceStatus.OFFLINE


async def test_a_helper_does_not_show_that_its_device_answers(house: House) -> None:
    helper = house.add_entry("integration")
    device = house.add_device("Plug")
    power = house.add_entity("sensor.power", "5", device_class="power", device=device)
    house.add_entity("sensor.sum", "7", device_class="energy", device=device, entry=helper)
    house.add_entity("sensor.battery", "5", device_class="battery", device=device, entry=helper)
    view = await house.observe()
    house.lose(power)
    await house.wait(minutes=15)
    assert _only(view).status is DeviceStatus.OFFLINE
    # What it measures is a fact of the device all the same.
    assert _only(view).battery == 5


async def test_an_excluded_entity_is_no_part_of_its_device(house: House) -> None:
    device = house.add_device("Lamp")
    lamp = house.add_entity("light.lamp", "unavailable", device=device)
    signal = house.add_entity("sensor.signal", "-50", device=device)
    battery = house.add_entity("sensor.battery", "5", device_class="battery", device=device)
    house.scope(excluded_entities=[signal, battery])
    view = await house.observe()
    await house.wait(minutes=15)
    assert _only(view).status is DeviceStatus.OFFLINE
    assert _only(view).battery is None
    await house.change(lamp, "on")
    assert _only(view).status is DeviceStatus.ONLINE


async def test_a_device_without_entities_is_unknown(house: House) -> None:
    device = house.add_device("Box")
    house.add_entity("sensor.without_state", device=device)
    view = await house.observe()
    await house.wait(minutes=30)
    assert _only(view).status is DeviceStatus.UNKNOWN
    assert view.counts.unknown == 1


async def test_a_device_answers_as_long_as_one_of_its_parts_does(house: House) -> None:
    strip = house.add_device("Strip")
    house.add_entity("sensor.strip", "unavailable", device=strip)
    child = house.devices.async_get_or_create_child(
        config_entry_id=house.other.entry_id,
        config_subentry_id=None,
        identifiers={("test", "socket")},
        name="Socket",
        parent_device_id=strip,
    )
    house.add_entity("switch.socket", "on", device=child.id)
    view = await house.observe()
    await house.wait(minutes=16)
    statuses = {device.name: device.status for device in view.devices}
    assert statuses == {"Strip": DeviceStatus.ONLINE, "Socket": DeviceStatus.ONLINE}


async def test_status_changes_are_told_while_they_are_published(house: House) -> None:
    view, device = await _lamp(house)
    told: list[tuple[DeviceChange, ...]] = []
    house.feed.subscribe(
        [house_slice("device_status")], lambda _changes: told.append(view.device_changes)
    )
    house.lose("light.lamp", "sensor.lamp_power")
    await house.wait(minutes=16)
    await house.change("light.lamp", "on")
    assert [(one.device_id, one.old, one.new) for (one,) in told] == [
        (device, DeviceStatus.ONLINE, DeviceStatus.OFFLINE),
        (device, DeviceStatus.OFFLINE, DeviceStatus.ONLINE),
    ]
    assert view.device_changes == ()


async def test_the_battery_of_a_device_is_its_lowest(house: House) -> None:
    device = house.add_device("Buds")
    for name, level in (
        ("left", "40"),
        ("right", "35"),
        ("case", "unknown"),
        ("odd", "254"),
        ("no", "-1"),
    ):
        house.add_entity(
            f"sensor.{name}",
            level,
            device_class="battery",
            device=device,
            category=EntityCategory.DIAGNOSTIC,
        )
    view = await house.observe()
    assert (_only(view).battery, _only(view).battery_low) == (35, False)


@pytest.mark.parametrize(
    ("level", "low"), [("100", False), ("21", False), ("20", True), ("0", True)]
)
async def test_a_battery_is_low_from_the_threshold_on(house: House, level: str, low: bool) -> None:
    device = house.add_device("Remote")
    house.add_entity("sensor.battery", level, device_class="battery", device=device)
    view = await house.observe()
    assert _only(view).battery_low is low
    assert view.counts.low_battery == len(view.low_batteries) == low


async def test_two_batteries_of_one_device_are_one(house: House) -> None:
    device = house.add_device("Remote")
    house.add_entity("sensor.battery", "5", device_class="battery", device=device)
    house.add_entity("binary_sensor.low", "on", device_class="battery", device=device)
    view = await house.observe()
    assert view.counts.low_battery == 1
    assert house.causes() == ["low_battery"]


async def test_a_battery_that_only_says_that_it_is_low(house: House) -> None:
    device = house.add_device("Remote")
    house.add_entity("binary_sensor.low", "off", device_class="battery", device=device)
    view = await house.observe()
    heard = house.hear("low_batteries")
    await house.change("binary_sensor.low", "on")
    assert _only(view).battery_low
    assert heard == ["low_batteries"]


@pytest.mark.parametrize("silence", ["unavailable", "unknown"])
@pytest.mark.parametrize(
    ("battery", "low", "full"),
    [("sensor.battery", "5", "90"), ("binary_sensor.battery", "on", "off")],
)
async def test_a_low_battery_that_falls_silent_stays_low(
    house: House, battery: str, low: str, full: str, silence: str
) -> None:
    device = house.add_device("Remote")
    house.add_entity(battery, low, device_class="battery", device=device)
    view = await house.observe()
    await house.change(battery, silence)
    assert (_only(view).battery, _only(view).battery_low) == (None, True)
    # Over a restart, too.
    view = await house.restart()
    assert _only(view).battery_low
    assert [(cause.kind, cause.since) for cause in view.operational.causes] == [
        ("low_battery", START)
    ]
    await house.change(battery, full)
    assert not _only(view).battery_low


async def test_a_low_battery_that_is_removed_is_none(house: House) -> None:
    device = house.add_device("Remote")
    battery = house.add_entity("sensor.battery", "5", device_class="battery", device=device)
    view = await house.observe()
    house.entities.async_remove(battery)
    await house.wait(seconds=5)
    assert not _only(view).battery_low


async def test_the_threshold_of_batteries_can_be_changed(house: House) -> None:
    device = house.add_device("Remote")
    house.add_entity("sensor.battery", "30", device_class="battery", device=device)
    view = await house.observe()
    house.observer.async_set_thresholds(thresholds(low_battery=35))
    assert _only(view).battery_low


async def test_a_pending_update_is_shown(house: House) -> None:
    device = house.add_device("Lamp")
    house.add_entity("update.lamp", "off", device=device, category=EntityCategory.CONFIG)
    view = await house.observe()
    heard = house.hear("devices")
    await house.change("update.lamp", "on")
    assert _only(view).update_available
    assert view.updates == view.devices
    assert view.counts.updates == 1
    assert heard == ["devices"]


async def test_a_battery_that_falls_has_its_days_counted(house: House) -> None:
    device = house.add_device("Remote")
    house.add_entity("sensor.battery", "90", device_class="battery", device=device)
    view = await house.observe()
    heard = house.hear("next_battery")
    for day in range(1, 11):
        assert (view.next_battery is None) is (day <= 7)
        await house.wait(days=1)
        await house.change("sensor.battery", str(90 - 2 * day))
    assert view.next_battery is not None
    # 70 % left, 2 a day.
    assert view.next_battery.runs_out == date(2026, 3, 11) + timedelta(days=35)
    assert _only(view).battery_days_left == 35
    assert _only(view).battery_forecast == view.next_battery
    assert view.next_battery.late is not None
    assert view.next_battery.early < view.next_battery.runs_out < view.next_battery.late
    assert heard


async def test_a_battery_that_outlives_its_forecast_is_looked_at_again(house: House) -> None:
    device = house.add_device("Remote")
    house.add_entity("sensor.battery", "30", device_class="battery", device=device)
    view = await house.observe()
    for day in range(1, 10):
        await house.wait(days=1)
        await house.change("sensor.battery", str(30 - 3 * day))
    assert view.next_battery is not None
    expected = view.next_battery.runs_out
    for _ in range(4):
        await house.wait(days=1)
    assert view.next_battery is not None
    assert view.next_battery.runs_out > expected


async def test_a_pause_is_listed_and_ends_by_itself(house: House) -> None:
    view, device = await _lamp(house)
    until = START + timedelta(hours=1)
    await house.observer.async_set_maintenance(device, until)
    assert _only(view).paused_until == until
    await house.wait(hours=1)
    assert _only(view).paused_until is None


async def test_a_device_that_is_gone_is_forgotten(house: House) -> None:
    view, device = await _lamp(house)
    house.lose("light.lamp", "sensor.lamp_power")
    await house.wait(minutes=16)
    house.devices.async_remove_device(device)
    for entity_id in ("light.lamp", "sensor.lamp_power"):
        house.hass.states.async_remove(entity_id)
    await house.flush()
    assert view.devices == ()
    assert house.causes() == []
    assert device not in house.observer._memory.of(HOUSE).silent
