"""What belongs to a home, and how changes of the registries are followed live."""

from collections.abc import Callable
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.helpers import device_registry as dr, entity_registry as er, label_registry as lr
import pytest

from custom_components.digital_twin.engine.home import HOME_PLACE, registries
from custom_components.digital_twin.engine.home.plan import RegistrySnapshot
from custom_components.digital_twin.engine.home.registries import read_registries

from .house import CABIN, HOUSE, House, area, floor, has_source, home

READ = "custom_components.digital_twin.engine.home.observer.read_registries"
DERIVE = "custom_components.digital_twin.engine.home.registries._registered"


async def _two_floors(house: House) -> dict[str, str]:
    """Kitchen and bath on the ground floor, attic above; a sensor and a device in each."""
    areas = {}
    for name, floor_name in (("Kitchen", "Ground"), ("Bath", "Ground"), ("Attic", "Top")):
        areas[name] = area_id = house.add_area(name, floor_name)
        device = house.add_device(f"{name} sensor", area_id)
        house.add_entity(f"sensor.{area_id}", "20", device_class="temperature", device=device)
    return areas


def _members(house: House) -> set[str]:
    return {device.name.removesuffix(" sensor") for device in house.view.devices}


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ({}, {"Kitchen", "Bath", "Attic"}),
        ({"floors": ["ground"]}, {"Kitchen", "Bath"}),
        ({"areas": ["attic"]}, {"Attic"}),
        ({"floors": ["top"], "areas": ["bath"]}, {"Attic", "Bath"}),
        ({"floors": ["ground"], "excluded_areas": ["bath"]}, {"Kitchen"}),
        ({"excluded_areas": ["attic"]}, {"Kitchen", "Bath"}),
        ({"outdoor_areas": ["attic"]}, {"Kitchen", "Bath", "Attic"}),
        ({"areas": ["nowhere"]}, set()),
    ],
)
async def test_the_scope_selects(
    house: House, scope: dict[str, list[str]], expected: set[str]
) -> None:
    await _two_floors(house)
    house.scope(**scope)
    view = await house.observe()
    assert _members(house) == expected
    places = {key.place_id for key, place in view.places.items() if place.quantities}
    assert {name.lower() for name in expected} == places - {"", "ground", "top"}


async def test_a_label_selects_entities_devices_and_areas(house: House) -> None:
    areas = await _two_floors(house)
    label = lr.async_get(house.hass).async_create("Mine").label_id
    house.scope(labels=[label])
    await house.observe()
    assert _members(house) == set()
    house.entities.async_update_entity("sensor.attic", labels={label})
    await house.flush()
    # The sensor is in, its device as a whole is not.
    assert house.value(area(areas["Attic"])) == 20
    assert _members(house) == set()
    device = next(one for one in house.devices.devices if one.name == "Bath sensor")
    house.devices.async_update_device(device.id, labels={label})
    house.areas.async_update(areas["Kitchen"], labels={label})
    await house.flush()
    assert _members(house) == {"Bath", "Kitchen"}
    assert house.value(area(areas["Kitchen"])) == house.value(area(areas["Bath"])) == 20


@pytest.mark.parametrize("on", ["entity", "device", "area"])
async def test_a_label_excludes_entities_devices_and_areas(house: House, on: str) -> None:
    areas = await _two_floors(house)
    label = lr.async_get(house.hass).async_create("Not mine").label_id
    house.scope(excluded_labels=[label])
    await house.observe()
    assert _members(house) == {"Kitchen", "Bath", "Attic"}
    if on == "entity":
        house.entities.async_update_entity("sensor.attic", labels={label})
    elif on == "device":
        device = next(one for one in house.devices.devices if one.name == "Attic sensor")
        house.devices.async_update_device(device.id, labels={label})
    else:
        house.areas.async_update(areas["Attic"], labels={label})
    await house.flush()
    assert house.value(area(areas["Attic"])) is None
    assert ("Attic" in _members(house)) is (on == "entity")


@pytest.mark.parametrize("by", ["registry id", "entity id", "device"])
async def test_an_entity_and_a_device_can_be_excluded(house: House, by: str) -> None:
    areas = await _two_floors(house)
    entry = house.entities.async_get("sensor.attic")
    assert entry is not None
    assert entry.device_id is not None
    if by == "device":
        house.scope(excluded_devices=[entry.device_id])
    else:
        house.scope(excluded_entities=[entry.id if by == "registry id" else entry.entity_id])
    await house.observe()
    assert house.value(area(areas["Attic"])) is None
    assert ("Attic" in _members(house)) is (by != "device")


async def test_a_child_device_is_excluded_with_its_parent(house: House) -> None:
    strip = house.add_device("Strip", house.add_area("Kitchen"))
    house.devices.async_get_or_create_child(
        config_entry_id=house.other.entry_id,
        config_subentry_id=None,
        identifiers={("test", "socket")},
        name="Socket",
        parent_device_id=strip,
    )
    house.scope(excluded_devices=[strip])
    view = await house.observe()
    assert view.devices == ()


async def test_an_entity_is_where_it_was_put_itself(house: House) -> None:
    areas = await _two_floors(house)
    house.entities.async_update_entity("sensor.kitchen", name="Kitchen air", area_id=areas["Attic"])
    await house.observe()
    assert not has_source(house.view, area(areas["Kitchen"]), "temperature")
    aggregate = house.view.aggregate(area(areas["Attic"]), "temperature")
    assert aggregate is not None
    assert aggregate.count == 2


async def test_a_moved_device_is_followed(house: House) -> None:
    areas = await _two_floors(house)
    view = await house.observe()
    heard = house.hear("places", "environment/area/kitchen/temperature")
    device = next(one for one in house.devices.devices if one.name == "Kitchen sensor")
    house.devices.async_update_device(device.id, area_id=areas["Attic"])
    await house.flush()
    assert not has_source(view, area(areas["Kitchen"]), "temperature")
    assert next(one.area for one in view.devices if one.device_id == device.id) == "Attic"
    assert sorted(heard) == ["environment/area/kitchen/temperature", "places"]
    await house.change("sensor.kitchen", "30")
    assert house.value(area(areas["Attic"])) == 25


async def test_a_child_device_is_where_its_parent_is(house: House) -> None:
    kitchen, attic = house.add_area("Kitchen"), house.add_area("Attic")
    strip = house.add_device("Strip", kitchen)
    child = house.devices.async_get_or_create_child(
        config_entry_id=house.other.entry_id,
        config_subentry_id=None,
        identifiers={("test", "socket")},
        name="Socket",
        parent_device_id=strip,
    )
    house.add_entity("sensor.socket", "21", device_class="temperature", device=child.id)
    view = await house.observe()
    assert house.value(area(kitchen)) == 21
    house.devices.async_update_device(strip, area_id=attic)
    await house.flush()
    assert house.value(area(attic)) == 21
    hubs = {device.device_id: device.hub_id for device in view.devices}
    assert hubs == {strip: None, child.id: strip}


async def test_a_deleted_area_is_followed(house: House) -> None:
    areas = await _two_floors(house)
    view = await house.observe()
    heard = house.hear("places")
    house.areas.async_delete(areas["Attic"])
    await house.flush()
    assert area(areas["Attic"]) not in view.places
    assert floor("top") not in view.places
    assert house.value(HOME_PLACE) == 20
    assert heard == ["places"]
    assert _members(house) == {"Kitchen", "Bath", "Attic"}


async def test_renamed_areas_and_floors_are_followed(house: House) -> None:
    areas = await _two_floors(house)
    view = await house.observe()
    house.areas.async_update(areas["Bath"], name="Spa")
    house.floors.async_update("ground", name="Parterre")
    await house.flush()
    assert view.places[area(areas["Bath"])].name == "Spa"
    assert view.places[floor("ground")].name == "Parterre"


async def test_a_renamed_device_is_renamed_in_every_list(house: House) -> None:
    device = house.add_device("Lamp")
    house.add_entity("switch.lamp", "unavailable", device=device)
    battery = house.add_entity(
        "sensor.battery", "40", device_class="battery", device=device, hidden=True
    )
    await house.observe()
    for level in range(36, 0, -4):
        await house.wait(days=1)
        await house.change(battery, str(level))
    lists = ("devices", "offline_devices", "low_batteries", "next_battery", "operational")
    heard = house.hear(*lists)
    house.devices.async_update_device(device, name_by_user="Torch")
    await house.wait(seconds=5)
    assert sorted(heard) == sorted(lists)
    assert [one.name for one in house.view.offline] == ["Torch"]
    assert {cause.name for cause in house.view.operational.causes} == {"Torch"}


async def test_a_renamed_entity_is_followed(house: House) -> None:
    areas = await _two_floors(house)
    await house.observe()
    house.entities.async_update_entity("sensor.bath", new_entity_id="sensor.shower")
    house.hass.states.async_remove("sensor.bath")
    house.set("sensor.shower", "26")
    await house.flush()
    assert house.value(area(areas["Bath"])) == 26
    await house.change("sensor.shower", "27")
    assert house.value(area(areas["Bath"])) == 27


async def test_a_new_entity_is_followed(house: House) -> None:
    areas = await _two_floors(house)
    view = await house.observe()
    heard = house.hear("places")
    house.add_entity("sensor.new", "50", device_class="humidity", area_id=areas["Bath"])
    await house.flush()
    assert house.value(area(areas["Bath"]), "humidity") == 50
    assert has_source(view, HOME_PLACE, "humidity")
    assert heard == ["places"]


async def test_a_removed_entity_is_followed(house: House) -> None:
    areas = await _two_floors(house)
    view = await house.observe()
    house.entities.async_remove("sensor.bath")
    house.hass.states.async_remove("sensor.bath")
    await house.flush()
    assert not has_source(view, area(areas["Bath"]), "temperature")


async def test_a_disabled_entity_is_followed(house: House) -> None:
    areas = await _two_floors(house)
    view = await house.observe()
    house.entities.async_update_entity("sensor.bath", disabled_by=er.RegistryEntryDisabler.USER)
    await house.flush()
    assert not has_source(view, area(areas["Bath"]), "temperature")
    house.entities.async_update_entity("sensor.bath", disabled_by=None)
    await house.flush()
    assert house.value(area(areas["Bath"])) == 20


async def test_a_disabled_integration_is_followed(house: House) -> None:
    areas = await _two_floors(house)
    view = await house.observe()
    house.other.mock_state(house.hass, ConfigEntryState.NOT_LOADED)
    await house.hass.config_entries.async_set_disabled_by(
        house.other.entry_id, ConfigEntryDisabler.USER
    )
    await house.flush()
    assert view.devices == ()
    assert view.counts.total == 0
    assert house.value(area(areas["Bath"])) is None


async def test_a_burst_of_registry_changes_costs_one_rebuild(house: House) -> None:
    areas = await _two_floors(house)
    await house.observe()
    with patch(READ, wraps=read_registries) as read:
        for number in range(1000):
            house.add_entity(f"sensor.n{number}", device_class="humidity", area_id=areas["Bath"])
        await house.settle()
        assert read.call_count == 0
        await house.flush()
        assert read.call_count == 1
        await house.wait(seconds=30)
        assert read.call_count == 1


async def test_changes_that_never_end_are_not_waited_for(house: House) -> None:
    await _two_floors(house)
    await house.observe()
    with patch(READ, wraps=read_registries) as read:
        for number in range(40):
            house.add_entity(f"sensor.n{number}", device_class="humidity")
            await house.wait(seconds=0.3)
        assert read.call_count == 1


async def test_registries_that_are_read_again_are_as_if_read_for_the_first_time(
    house: House,
) -> None:
    areas = await _two_floors(house)
    bath, own = house.entities.async_get("sensor.bath"), house.own.entry_id
    assert bath is not None
    assert bath.device_id is not None
    device_id = bath.device_id
    label = lr.async_get(house.hass).async_create("Wet").label_id
    update_device, update_entity = (
        house.devices.async_update_device,
        house.entities.async_update_entity,
    )
    changes: list[Callable[[], object]] = [
        lambda: None,
        lambda: house.areas.async_update(areas["Bath"], labels={label}),
        lambda: update_device(device_id, name_by_user="Shower"),
        lambda: update_device(device_id, area_id=areas["Attic"]),
        lambda: update_device(device_id, labels={label}),
        lambda: update_entity("sensor.bath", name="Tub", area_id=areas["Kitchen"]),
        lambda: update_entity("sensor.bath", hidden_by=er.RegistryEntryHider.USER),
        lambda: update_entity("sensor.bath", new_entity_id="sensor.shower"),
        lambda: update_entity("sensor.shower", device_class="humidity"),
        lambda: update_device(device_id, disabled_by=dr.DeviceEntryDisabler.USER),
        lambda: house.entities.async_remove("sensor.attic"),
        lambda: house.add_entity("sensor.new", "1", device_class="power"),
    ]
    before = RegistrySnapshot()
    for change in changes:
        change()
        await house.settle()
        again = read_registries(house.hass, own, before)
        assert again == read_registries(house.hass, own, RegistrySnapshot())
        before = again


async def test_entities_that_did_not_change_are_not_derived_again(house: House) -> None:
    await _two_floors(house)
    await house.observe()
    with patch(DERIVE, wraps=registries._registered) as derive:
        house.entities.async_update_entity("sensor.bath", device_class="humidity")
        await house.flush()
    assert [call.args[0].entity_id for call in derive.call_args_list] == ["sensor.bath"]


@pytest.mark.parametrize("what", ["icon", "own entity", "own device", "unused entity"])
async def test_what_makes_no_difference_costs_nothing(house: House, what: str) -> None:
    await _two_floors(house)
    own = house.add_device("Twin", entry=house.own)
    house.add_entity("sensor.own", device=own, entry=house.own)
    await house.observe()
    with patch(READ, wraps=read_registries) as read:
        if what == "icon":
            house.entities.async_update_entity("sensor.bath", icon="mdi:bath")
        elif what == "own entity":
            house.add_entity("sensor.own_too", device=own, entry=house.own)
        elif what == "own device":
            house.devices.async_update_device(own, name_by_user="Twin of mine")
        else:
            house.entities.async_remove("sensor.own")
            house.devices.async_remove_device(own)
        await house.flush()
    assert read.call_count == 0


async def test_services_are_no_devices(house: House) -> None:
    house.add_device("Weather", service=True)
    house.add_device("Lamp")
    view = await house.observe()
    assert [device.name for device in view.devices] == ["Lamp"]


async def test_a_device_without_an_area_is_where_its_entities_are(house: House) -> None:
    kitchen = house.add_area("Kitchen")
    device = house.add_device("Lamp")
    house.add_entity("light.lamp", "on", device=device, area_id=kitchen, name="Bulb")
    other = house.add_device("Elsewhere")
    house.scope(areas=[kitchen])
    view = await house.observe()
    assert [one.device_id for one in view.devices] == [device]
    assert other not in {one.device_id for one in view.devices}


async def test_several_homes_at_once(house: House) -> None:
    areas = await _two_floors(house)
    house.scope(floors=["ground"])
    house.homes[CABIN] = home(CABIN, name="Cabin", scope={"floors": ["top"]})
    await house.observe()
    await house.change("sensor.attic", "12")
    cabin = house.observer.views[CABIN]
    assert {device.name for device in cabin.devices} == {"Attic sensor"}
    aggregate = cabin.aggregate(HOME_PLACE, "temperature")
    assert aggregate is not None
    assert aggregate.value == 12
    assert house.value(HOME_PLACE) == 20
    assert area(areas["Attic"]) not in house.view.places


async def test_a_home_added_and_removed_later(house: House) -> None:
    await _two_floors(house)
    await house.observe()
    house.homes[CABIN] = home(CABIN, name="Cabin", scope={"floors": ["top"]})
    heard = house.hear("places", home_id=CABIN)
    house.observer.async_homes_changed()
    assert house.observer.views[CABIN].devices == ()
    await house.settle()
    assert [one.name for one in house.observer.views[CABIN].devices] == ["Attic sensor"]
    assert heard == ["places"]
    del house.homes[CABIN]
    house.observer.async_homes_changed()
    await house.settle()
    assert set(house.observer.views) == {HOUSE}


async def test_a_changed_scope_is_followed(house: House) -> None:
    await _two_floors(house)
    await house.observe()
    house.scope(areas=["bath"])
    house.observer.async_homes_changed()
    await house.settle()
    assert _members(house) == {"Bath"}
