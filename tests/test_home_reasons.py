"""Why a home has its status, in words, and what is asked about it."""

from datetime import timedelta

from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import (
    area_registry as ar,
    entity_registry as er,
    issue_registry as ir,
    translation,
)
import pytest

from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.repairs import (
    PlaceThermometersFlow,
    SilentAlertFlow,
    async_create_fix_flow,
)
from custom_components.digital_twin.surfaces.flows.people_and_homes import outdoor_areas

from .common import ANNA, HOME_ID, Wait, async_capture_writes, async_setup_twin, shown
from .house import House
from .surfaces.flows.forms import suggested

STATUS = "sensor.home_why"
OCCUPANCY = "sensor.home_based_on"
RESIDENT = {ANNA: {"name": "Anna", "person_entity": "person.anna"}}
HOME = {HOME_ID: {"name": "Home", "zone": "zone.home", "residents": [ANNA]}}


async def test_a_home_without_a_cause_works(hass: HomeAssistant) -> None:
    await async_setup_twin(hass)
    assert shown(hass, STATUS).state == "Everything works"
    assert shown(hass, OCCUPANCY).state == "No motion and nobody present"


async def test_the_reason_names_what_to_do(hass: HomeAssistant, house: House, wait: Wait) -> None:
    house.sensor(house.device("Kitchen sensor"), "battery", 8)
    plug = house.sensor(house.device("Alarm base"), "temperature", 20)
    await async_setup_twin(hass)
    assert shown(hass, STATUS).state == "Kitchen sensor: battery 8%"
    house.silence(plug)
    await wait(timedelta(minutes=20))
    first, second = sorted(shown(hass, STATUS).state.split(" · "))
    assert first.startswith("Alarm base: silent since ")
    assert second == "Kitchen sensor: battery 8%"
    await wait(timedelta(hours=25))
    assert "-" in shown(hass, STATUS).state


async def test_many_reasons_fit_into_a_state(hass: HomeAssistant, house: House) -> None:
    for number in range(40):
        house.sensor(house.device(f"Sensor with a long name {number}"), "battery", 5)
    await async_setup_twin(hass)
    state = shown(hass, STATUS).state
    assert len(state) <= 255
    assert state.endswith(" more")


@pytest.mark.parametrize(
    ("whereabouts", "reason"),
    [
        ("home", "At home: Anna"),
        ("not_home", "Away: Anna, since "),
        ("unknown", "Whereabouts unknown: Anna"),
    ],
)
async def test_the_reason_names_the_residents(
    hass: HomeAssistant, whereabouts: str, reason: str
) -> None:
    hass.states.async_set("person.anna", whereabouts)
    await async_setup_twin(hass, persons=RESIDENT, homes=HOME)
    assert shown(hass, OCCUPANCY).state.startswith(reason)


async def test_motion_is_a_reason_that_does_not_tick(
    hass: HomeAssistant, house: House, wait: Wait
) -> None:
    motion = house.sensor(house.device("Hall"), "motion", "on", domain="binary_sensor")
    await async_setup_twin(hass)
    assert shown(hass, OCCUPANCY).state.startswith("Motion: ")
    writes = async_capture_writes(hass, OCCUPANCY)
    for number in range(10):
        house.set(motion, "off" if number % 2 else "on")
        await wait(timedelta(seconds=30))
    assert writes == []


async def test_the_reason_is_in_the_language_of_the_house(
    hass: HomeAssistant, house: House
) -> None:
    hass.config.language = "pl"
    await translation.async_load_integrations(hass, {DOMAIN})
    house.sensor(house.device("Kuchnia"), "battery", 8)
    await async_setup_twin(hass)
    texts = [
        state.state for state in hass.states.async_all("sensor") if "bateria 8%" in state.state
    ]
    assert texts == ["Kuchnia: bateria 8%"]


async def test_an_alert_without_an_answer_is_an_issue(
    hass: HomeAssistant, house: House, wait: Wait, issue_registry: ir.IssueRegistry
) -> None:
    leak = house.sensor(house.device("Leak"), "moisture", "on", domain="binary_sensor")
    await async_setup_twin(hass)
    house.silence(leak)
    await wait()
    (issue,) = [
        each for _, each in issue_registry.issues.items() if each.translation_key == "silent_alert"
    ]
    assert issue.is_fixable
    assert "the sensor has fallen silent" in shown(hass, STATUS).state
    house.set(leak, "off")
    await wait()
    assert issue_registry.async_get_issue(DOMAIN, issue.issue_id) is None


async def test_thermometers_without_an_area_are_an_issue(
    hass: HomeAssistant,
    house: House,
    wait: Wait,
    issue_registry: ir.IssueRegistry,
) -> None:
    device = house.device("Thermometer")
    house.sensor(device, "temperature", 20)
    await async_setup_twin(hass)
    issue_id = f"unplaced_thermometers_{HOME_ID}"
    issue = issue_registry.async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert issue.is_fixable
    house.devices.async_update_device(device, area_id=house.area("Attic"))
    await wait(timedelta(seconds=15))
    assert issue_registry.async_get_issue(DOMAIN, issue_id) is None


@pytest.mark.parametrize(
    ("name", "outdoor"),
    [
        ("Back garden", True),
        ("Terrace", True),
        ("Ogród", True),
        ("Taras", True),
        ("Balkon", True),
        ("Podjazd", True),
        ("Einfahrt", True),
        ("Kitchen", False),
        ("Sadyba", False),
        ("Garage", False),
        ("Kuchnia", False),
    ],
)
async def test_areas_outdoors_are_known_by_name(
    hass: HomeAssistant, area_registry: ar.AreaRegistry, name: str, outdoor: bool
) -> None:
    area = area_registry.async_create(name)
    assert outdoor_areas(hass) == ([area.id] if outdoor else [])


async def test_a_floor_and_a_room_of_one_name_are_told_apart(
    hass: HomeAssistant, house: House, entity_registry: er.EntityRegistry
) -> None:
    house.sensor(house.device("T", house.area("Attic", "Attic")), "temperature", 20)
    await async_setup_twin(hass)
    ids = {entry.entity_id for entry in entity_registry.entities.values()}
    assert {"sensor.home_attic_floor_temperature", "sensor.home_attic_temperature"} <= ids


async def test_the_first_form_proposes_the_areas_outdoors(
    hass: HomeAssistant, area_registry: ar.AreaRegistry
) -> None:
    garden = area_registry.async_create("Garden")
    area_registry.async_create("Kitchen")
    form = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert suggested(form)["outdoor_areas"] == [garden.id]


async def test_a_silent_alert_is_dismissed_in_the_repairs(
    hass: HomeAssistant, house: House, wait: Wait, issue_registry: ir.IssueRegistry
) -> None:
    leak = house.sensor(house.device("Leak"), "moisture", "on", domain="binary_sensor")
    await async_setup_twin(hass)
    house.silence(leak)
    await wait()
    (issue,) = [
        each for each in issue_registry.issues.values() if each.translation_key == "silent_alert"
    ]
    flow = await async_create_fix_flow(hass, issue.issue_id, issue.data)
    assert isinstance(flow, SilentAlertFlow)
    flow.hass, flow.issue_id = hass, issue.issue_id
    assert (await flow.async_step_init())["type"] is FlowResultType.FORM
    assert (await flow.async_step_confirm({}))["type"] is FlowResultType.CREATE_ENTRY
    await wait()
    assert shown(hass, "sensor.home_operational_status").state == "optimal"


async def test_thermometers_are_placed_in_the_repairs(
    hass: HomeAssistant, house: House, wait: Wait, issue_registry: ir.IssueRegistry
) -> None:
    device = house.device("Thermometer")
    house.sensor(device, "temperature", 20)
    attic = house.area("Attic")
    await async_setup_twin(hass)
    issue = issue_registry.async_get_issue(DOMAIN, f"unplaced_thermometers_{HOME_ID}")
    assert issue is not None
    flow = await async_create_fix_flow(hass, issue.issue_id, issue.data)
    assert isinstance(flow, PlaceThermometersFlow)
    flow.hass, flow.issue_id = hass, issue.issue_id
    assert (await flow.async_step_init())["step_id"] == "place"
    done = await flow.async_step_place({"area": attic})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    placed = house.devices.async_get(device)
    assert placed is not None
    assert placed.area_id == attic
