"""The document of a home holds everything, as JSON."""

import json

from homeassistant.const import EntityCategory
from syrupy.assertion import SnapshotAssertion

from .house import House


async def test_the_document_of_a_house(house: House, snapshot: SnapshotAssertion) -> None:
    kitchen, garden = house.add_area("Kitchen", "Ground"), house.add_area("Garden", "Ground")
    house.add_area("Empty")
    house.scope(outdoor_areas=[garden])
    lamp = house.add_device("Lamp", kitchen, manufacturer="Maker", model="L1", firmware="1.0")
    house.add_entity("light.lamp", "on", device=lamp)
    remote = house.add_device("Remote", kitchen)
    house.add_entity(
        "sensor.remote",
        "12",
        device_class="battery",
        device=remote,
        category=EntityCategory.DIAGNOSTIC,
    )
    house.thermometer("a", "20.04", kitchen)
    house.thermometer("b", "21", kitchen)
    house.thermometer("c", "unavailable", garden)
    house.add_entity("binary_sensor.leak", "on", device_class="moisture", area_id=kitchen)
    house.add_entity("binary_sensor.move", "on", device_class="motion", area_id=kitchen)
    house.hass.states.async_set("person.anna", "home", {"in_zones": ["zone.home"]})
    house.residents(anna="person.anna")
    view = await house.observe()
    house.lose("light.lamp")
    await house.wait(minutes=16)
    for day in range(1, 10):
        await house.wait(days=1)
        await house.change("sensor.remote", str(12 - day))
    document = json.loads(json.dumps(view.document()))
    ids = {lamp: "lamp", remote: "remote"}
    text = json.dumps(document)
    for device_id, name in ids.items():
        text = text.replace(device_id, name)
    assert json.loads(text) == snapshot


async def test_an_empty_home_has_a_document_too(house: House) -> None:
    view = await house.observe()
    assert view.document() == {
        "environmental_data": {"floors": [], "areas": []},
        "device_inventory": [],
        "occupancy_status": "Vacant",
        "occupancy": {"since": "2026-03-01T12:00:00+00:00", "evidence": []},
        "operational_status": "Optimal",
        "operational": {"causes": []},
        "next_battery": None,
    }
