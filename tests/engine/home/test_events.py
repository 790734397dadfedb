"""What happens in a home is reported as events, whether or not an entity shows it."""

from collections.abc import Sequence
from datetime import timedelta

from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState

from custom_components.digital_twin.engine.home import (
    HomeEvent,
    OccupancyChange,
    OperationalChange,
)
from custom_components.digital_twin.twin.enums import (
    DeviceStatus,
    OccupancyStatus,
    OperationalStatus,
)
from custom_components.digital_twin.twin.home.inventory import DeviceChange

from .house import CABIN, HOUSE, START, House, home, thresholds

MINUTE = timedelta(minutes=1)


def _lamp(house: House, state: str = "on") -> str:
    device = house.add_device("Lamp", house.add_area("Kitchen"))
    house.add_entity("light.lamp", state, device=device)
    return device


def _events[E](house: House, kind: type[E]) -> list[E]:
    return [event for _, event in house.events if isinstance(event, kind)]


async def test_a_device_that_goes_and_returns_is_an_event_each(house: House) -> None:
    device = _lamp(house)
    await house.observe()
    house.lose("light.lamp")
    await house.wait(minutes=15)
    await house.change("light.lamp", "on")
    assert {home_id for home_id, _ in house.events} == {HOUSE}
    assert _events(house, DeviceChange) == [
        DeviceChange(
            device_id=device,
            name="Lamp",
            area="Kitchen",
            old=old,
            new=new,
            at=at,
        )
        for old, new, at in (
            (DeviceStatus.ONLINE, DeviceStatus.OFFLINE, START + 15 * MINUTE),
            (DeviceStatus.OFFLINE, DeviceStatus.ONLINE, START + 15 * MINUTE),
        )
    ]


async def test_a_changed_operational_status_is_an_event(house: House) -> None:
    house.add_entity("binary_sensor.leak", "off", device_class="moisture")
    await house.observe()
    house.set("binary_sensor.leak", "on")
    assert house.events == [
        (
            HOUSE,
            OperationalChange(OperationalStatus.OPTIMAL, OperationalStatus.ALERT, START),
        )
    ]
    house.set("binary_sensor.leak", "off")
    assert [event.new for event in _events(house, OperationalChange)] == [
        OperationalStatus.ALERT,
        OperationalStatus.OPTIMAL,
    ]


async def test_another_cause_with_the_same_status_is_no_event(house: House) -> None:
    for name in ("leak", "drip"):
        house.add_entity(f"binary_sensor.{name}", "off", device_class="moisture")
    await house.observe()
    house.set("binary_sensor.leak", "on")
    house.set("binary_sensor.drip", "on")
    assert len(house.causes()) == 2
    assert len(house.events) == 1


async def test_a_changed_occupancy_is_an_event(house: House) -> None:
    house.hass.states.async_set("person.anna", "home", {"in_zones": ["zone.home"]})
    house.residents(anna="person.anna")
    await house.observe()
    assert house.events == []
    await house.change("person.anna", "not_home", {"in_zones": []})
    (event,) = _events(house, OccupancyChange)
    assert (event.old, event.new) == (OccupancyStatus.OCCUPIED, OccupancyStatus.AWAY)
    # More evidence for the same status is none.
    house.add_entity("binary_sensor.hall", "off", device_class="motion")
    await house.wait(hours=23)
    assert len(house.events) == 1
    await house.wait(hours=1)
    assert [event.new for event in _events(house, OccupancyChange)] == [
        OccupancyStatus.AWAY,
        OccupancyStatus.VACANT,
    ]


async def test_an_occupancy_that_is_unknown_for_a_while_is_no_event(house: House) -> None:
    house.hass.states.async_set("person.anna", "home", {"in_zones": ["zone.home"]})
    house.residents(anna="person.anna")
    view = await house.observe()
    await house.change("person.anna", "unavailable")
    assert view.occupancy.status is None
    await house.change("person.anna", "home", {"in_zones": ["zone.home"]})
    assert house.events == []
    await house.change("person.anna", "unavailable")
    await house.change("person.anna", "not_home", {"in_zones": []})
    (event,) = _events(house, OccupancyChange)
    assert (event.old, event.new) == (OccupancyStatus.OCCUPIED, OccupancyStatus.AWAY)


async def test_the_first_judgement_is_no_event(house: House) -> None:
    _lamp(house, "unavailable")
    house.add_entity("binary_sensor.leak", "on", device_class="moisture")
    view = await house.observe()
    assert view.operational.status is OperationalStatus.ALERT
    assert view.occupancy.status is OccupancyStatus.VACANT
    await house.wait(minutes=16)
    assert view.counts.offline == 1
    assert house.events == []


async def test_the_start_of_home_assistant_is_no_event(house: House) -> None:
    _lamp(house)
    house.hass.states.async_set("person.anna", "home", {"in_zones": ["zone.home"]})
    house.residents(anna="person.anna")
    house.hass.set_state(CoreState.starting)
    view = await house.observe()
    house.hass.set_state(CoreState.running)
    house.hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await house.settle()
    statuses = [view.occupancy.status]
    await house.change("person.anna", "not_home", {"in_zones": []})
    house.lose("light.lamp")
    await house.wait(minutes=5)
    statuses.append(view.occupancy.status)
    assert statuses == [OccupancyStatus.OCCUPIED, OccupancyStatus.AWAY]
    assert house.events == []
    await house.change("person.anna", "home", {"in_zones": ["zone.home"]})
    assert len(_events(house, OccupancyChange)) == 1


async def test_a_new_home_is_judged_without_an_event(house: House) -> None:
    house.add_entity("binary_sensor.leak", "on", device_class="moisture")
    await house.observe()
    house.homes[CABIN] = home(CABIN, name="Cabin")
    house.observer.async_homes_changed()
    # Before its plan is made.
    house.observer.async_set_thresholds(thresholds(offline_grace=5))
    await house.settle()
    assert house.observer.views[CABIN].operational.status is OperationalStatus.ALERT
    assert house.events == []


async def test_the_facts_are_up_to_date_when_events_are_reported(house: House) -> None:
    house.add_entity("binary_sensor.leak", "off", device_class="moisture")
    view = await house.observe()
    seen: list[OperationalStatus | None] = []

    def note(_home_id: str, _events: Sequence[HomeEvent]) -> None:
        seen.append(view.operational.status)

    house.observer._on_events = note
    house.set("binary_sensor.leak", "on")
    assert seen == [OperationalStatus.ALERT]


async def test_without_a_callback_nothing_is_collected(house: House) -> None:
    house.report_events = False
    device = _lamp(house)
    view = await house.observe()
    house.lose("light.lamp")
    await house.wait(minutes=15)
    assert [one.device_id for one in view.offline] == [device]
    assert house.observer._live[HOUSE].take_events() == []
