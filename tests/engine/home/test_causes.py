"""What is a cause for a home to be degraded or on alert, and what is none."""

from homeassistant.const import EntityCategory
from homeassistant.helpers import device_registry as dr, label_registry as lr
import pytest

from custom_components.digital_twin.twin.enums import DeviceStatus, OperationalStatus

from .house import House


def _others(house: House, number: int = 9) -> None:
    for i in range(number):
        house.add_entity(f"switch.other{i}", "on", device=house.add_device(f"Other {i}"))


@pytest.mark.parametrize("blip", [False, True])
async def test_a_blip_does_not_hide_an_outage(house: House, blip: bool) -> None:
    base = house.add_device("Alarm base", house.add_area("Hall"))
    house.add_entity("sensor.t", "20", device_class="temperature", device=base)
    house.add_entity("binary_sensor.smoke", "off", device_class="smoke", device=base)
    _others(house)
    view = await house.observe()
    house.lose("sensor.t", "binary_sensor.smoke")
    await house.wait(minutes=5)
    if blip:
        house.set("sensor.t", "20")
        house.set("binary_sensor.smoke", "off")
        house.lose("binary_sensor.smoke", "sensor.t")
    await house.wait(hours=10)
    device = view.device(base)
    assert device is not None
    assert device.status is DeviceStatus.OFFLINE


@pytest.mark.parametrize("sensor", ["on", "off"])
async def test_what_is_charged_by_its_owner_needs_no_battery(house: House, sensor: str) -> None:
    robot = house.add_device("Robot")
    house.add_entity("sensor.battery", "14", device_class="battery", device=robot)
    house.add_entity(
        "binary_sensor.charging", sensor, device_class="battery_charging", device=robot
    )
    view = await house.observe()
    assert view.operational.status is OperationalStatus.OPTIMAL
    assert view.counts.low_battery == 0


@pytest.mark.parametrize("name", ["Anna's iPhone", "Tablet", "Robot vacuum", "Kosiarka", "Laptop"])
async def test_phones_and_the_like_need_no_battery(house: House, name: str) -> None:
    device = house.add_device(name)
    house.add_entity("sensor.battery", "9", device_class="battery", device=device)
    view = await house.observe()
    assert house.causes() == []
    assert view.next_battery is None
    assert view.batteries == ()


async def test_a_critical_rechargeable_does_need_one(house: House) -> None:
    label = lr.async_get(house.hass).async_create("Critical").label_id
    device = house.add_device("Tablet")
    house.devices.async_update_device(device, labels={label})
    house.add_entity("sensor.battery", "9", device_class="battery", device=device)
    await house.observe(critical_label=label)
    assert house.causes() == ["low_battery"]


@pytest.mark.parametrize(
    ("name", "unit", "value"),
    [
        ("State of health", "*", "1.0"),
        ("State of health", "%", "14"),
        ("Charge limit", "%", "10"),
        ("Battery reserve", "%", "5"),
        ("Kondycja baterii", "%", "14"),
    ],
)
async def test_a_battery_value_that_is_no_level_is_none(
    house: House, name: str, unit: str, value: str
) -> None:
    store = house.add_device("Store")
    house.add_entity("sensor.soc", "87", device_class="battery", device=store)
    house.add_entity("sensor.x", value, device_class="battery", unit=unit, device=store, name=name)
    view = await house.observe()
    assert view.counts.low_battery == 0


@pytest.mark.parametrize(
    ("device_name", "outdoor"), [("Sensor", True), ("Rain", False), ("Czujnik deszczu", False)]
)
async def test_rain_is_no_leak(house: House, device_name: str, outdoor: bool) -> None:
    garden = house.add_area("Somewhere")
    if outdoor:
        house.scope(outdoor_areas=[garden])
    station = house.add_device(device_name, garden)
    house.add_entity("binary_sensor.rain", "on", device_class="moisture", device=station)
    view = await house.observe()
    assert view.operational.status is OperationalStatus.OPTIMAL


async def test_a_leak_indoors_is_one(house: House) -> None:
    device = house.add_device("Washing machine", house.add_area("Bath"))
    house.add_entity("binary_sensor.leak", "on", device_class="moisture", device=device)
    await house.observe()
    assert house.causes() == ["moisture"]


@pytest.mark.parametrize(
    ("device_class", "name", "told"),
    [
        ("moisture", "Cellar Moisture", "Cellar"),
        ("moisture", "Cellar Wilgoć", "Cellar"),
        ("smoke", "Cellar Smoke", "Cellar"),
        # What somebody called it, and what says more than the cause.
        ("moisture", "Below the boiler", "Below the boiler"),
        ("problem", "Cellar Filter", "Cellar Filter"),
        ("problem", "Cellar Problem", "Cellar"),
        ("safety", "Cellar Door", "Cellar Door"),
    ],
)
async def test_an_alarm_is_named_after_its_device_where_the_cause_says_the_rest(
    house: House, device_class: str, name: str, told: str
) -> None:
    device = house.add_device("Cellar")
    house.add_entity("binary_sensor.one", "on", device_class=device_class, device=device)
    house.hass.states.async_set(
        "binary_sensor.one", "on", {"friendly_name": name, "device_class": device_class}
    )
    view = await house.observe()
    assert [cause.name for cause in view.operational.causes] == [told]


async def test_two_alarms_of_one_device_keep_their_names(house: House) -> None:
    device = house.add_device("Cellar")
    for side in ("left", "right"):
        entity_id = f"binary_sensor.{side}"
        house.add_entity(entity_id, "on", device_class="moisture", device=device)
        named = {"friendly_name": f"Cellar {side}", "device_class": "moisture"}
        house.hass.states.async_set(entity_id, "on", named)
    view = await house.observe()
    names = {cause.name for cause in view.operational.causes}
    assert names == {"Cellar left", "Cellar right"}


@pytest.mark.parametrize("service", [True, False])
async def test_a_warning_for_a_region_is_no_alert(house: House, service: bool) -> None:
    device = house.add_device("Meteoalarm" if not service else "Warnings", service=service)
    house.add_entity("binary_sensor.warning", "on", device_class="safety", device=device)
    await house.observe()
    assert house.causes() == []


async def test_what_two_integrations_reach_is_one_device(house: House) -> None:
    halves = []
    for entry in (house.add_entry("unifi"), house.add_entry("shelly")):
        plug = house.devices.async_get_or_create(
            config_entry_id=entry.entry_id,
            connections={(dr.CONNECTION_NETWORK_MAC, "aa:bb:cc:dd:ee:ff")},
            name="Plug",
        )
        halves.append(plug.id)
        house.add_entity(f"sensor.{entry.domain}", "on", device=plug.id, entry=entry)
    view = await house.observe()
    assert view.counts.total == 1
    assert [view.device(ref) for ref in halves] == [*view.devices] * 2
    house.lose("sensor.unifi", "sensor.shelly")
    await house.wait(minutes=20)
    assert house.causes() == ["device_offline"]


async def test_what_a_router_knows_does_not_keep_a_device_alive(house: House) -> None:
    for entry in (house.add_entry("unifi"), house.add_entry("shelly")):
        plug = house.devices.async_get_or_create(
            config_entry_id=entry.entry_id,
            connections={(dr.CONNECTION_NETWORK_MAC, "aa:bb:cc:dd:ee:ff")},
            name="Plug",
        )
        domain = "device_tracker" if entry.domain == "unifi" else "switch"
        house.add_entity(f"{domain}.plug", "on", device=plug.id, entry=entry)
    _others(house)
    await house.observe()
    house.lose("switch.plug")
    await house.wait(minutes=20)
    assert house.causes() == ["device_offline"]


async def test_a_strip_of_sockets_is_one_thing(house: House) -> None:
    strip = house.add_device("Strip")
    for i in range(4):
        socket = house.devices.async_get_or_create_child(
            config_entry_id=house.other.entry_id,
            parent_device_id=strip,
            identifiers={("test", f"socket{i}")},
            name=f"Socket {i}",
        )
        house.add_entity(f"switch.s{i}", "on", device=socket.id)
    _others(house, 14)
    view = await house.observe()
    assert view.counts.total == 15
    house.lose(*(f"switch.s{i}" for i in range(4)))
    await house.wait(minutes=20)
    assert view.operational.status is OperationalStatus.DEGRADED
    assert view.counts.offline == 1


@pytest.mark.parametrize("diagnostic", [False, True])
async def test_a_device_of_ignored_entities_is_no_problem(house: House, diagnostic: bool) -> None:
    label = lr.async_get(house.hass).async_create("Ignore").label_id
    lamp = house.add_device("Lamp")
    house.add_entity("light.lamp", "unavailable", device=lamp)
    house.entities.async_update_entity("light.lamp", labels={label})
    if diagnostic:
        house.add_entity(
            "sensor.signal", "unavailable", device=lamp, category=EntityCategory.DIAGNOSTIC
        )
    _others(house)
    view = await house.observe(ignore_label=label)
    await house.wait(minutes=20)
    assert view.operational.status is OperationalStatus.OPTIMAL


@pytest.mark.parametrize("silence", ["unavailable", "unknown"])
async def test_a_leak_lasts_until_its_sensor_says_so(house: House, silence: str) -> None:
    sensor = house.add_device("Leak")
    house.add_entity("binary_sensor.leak", "on", device_class="moisture", device=sensor)
    _others(house)
    view = await house.observe()
    began = view.operational.causes[0].since
    await house.change("binary_sensor.leak", silence)
    assert view.operational.status is OperationalStatus.ALERT
    view = await house.restart()
    (cause,) = view.operational.causes
    assert (cause.kind, cause.since, cause.silent) == ("moisture", began, True)
    await house.change("binary_sensor.leak", "off")
    assert view.operational.status is OperationalStatus.OPTIMAL


async def test_a_triggered_alarm_lasts_until_its_panel_says_so(house: House) -> None:
    house.add_entity("alarm_control_panel.base", "triggered", device=house.add_device("Base"))
    _others(house)
    await house.observe()
    house.lose("alarm_control_panel.base")
    await house.flush()
    assert house.causes() == ["alarm_triggered"]
    await house.change("alarm_control_panel.base", "disarmed")
    assert house.causes() == []


async def test_a_target_is_not_stale(house: House) -> None:
    boiler = house.add_device("Boiler", house.add_area("Cellar"))
    house.add_entity(
        "sensor.target",
        "55",
        device_class="temperature",
        device=boiler,
        name="Target flow temperature",
    )
    house.add_entity("sensor.flow", "44", device_class="temperature", device=boiler)
    view = await house.observe()
    for hour in range(27):
        house.set("sensor.flow", str(40 + hour))
        await house.wait(hours=1)
    assert view.operational.causes == ()


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Solar inverter", []),
        ("Washing machine", []),
        ("Telewizor", []),
        ("Falownik", []),
        ("Gateway", ["device_offline"]),
    ],
)
async def test_what_is_switched_off_as_a_matter_of_course_is_no_cause(
    house: House, name: str, found: list[str]
) -> None:
    house.add_entity("sensor.power", "5", device=house.add_device(name))
    _others(house)
    view = await house.observe()
    house.lose("sensor.power")
    await house.wait(minutes=20)
    assert house.causes() == found
    assert view.counts.offline == 1


async def test_what_may_be_off_is_chosen_by_device_and_by_label(house: House) -> None:
    label = lr.async_get(house.hass).async_create("Sometimes").label_id
    chosen, labelled = house.add_device("Heater"), house.add_device("Fan")
    house.devices.async_update_device(labelled, labels={label})
    house.add_entity("switch.heater", "on", device=chosen)
    house.add_entity("switch.fan", "on", device=labelled)
    _others(house)
    await house.observe(may_be_off_devices=[chosen], may_be_off_label=label)
    house.lose("switch.heater", "switch.fan")
    await house.wait(minutes=20)
    assert house.causes() == []


async def test_a_critical_device_may_never_be_off(house: House) -> None:
    label = lr.async_get(house.hass).async_create("Critical").label_id
    device = house.add_device("Solar inverter")
    house.devices.async_update_device(device, labels={label})
    house.add_entity("sensor.power", "5", device=device)
    _others(house)
    await house.observe(critical_label=label)
    house.lose("sensor.power")
    await house.wait(minutes=20)
    assert house.causes() == ["critical_device_offline"]


async def test_a_silent_alert_is_dismissed_for_good(house: House) -> None:
    sensor = house.add_device("Leak")
    house.add_entity("binary_sensor.leak", "on", device_class="moisture", device=sensor)
    _others(house)
    await house.observe()
    house.lose("binary_sensor.leak")
    await house.flush()
    (cause,) = house.view.operational.causes
    await house.observer.async_dismiss(house.view.home_id, cause.key)
    assert house.causes() == []
    await house.restart()
    assert house.causes() == []
    await house.change("binary_sensor.leak", "on")
    assert house.causes() == ["moisture"]


async def test_a_reported_alert_cannot_be_dismissed(house: House) -> None:
    house.add_entity("binary_sensor.leak", "on", device_class="moisture")
    await house.observe()
    (cause,) = house.view.operational.causes
    await house.observer.async_dismiss(house.view.home_id, cause.key)
    assert house.causes() == ["moisture"]
