"""The climate of a home at an earlier time comes from the recorder, as exact as it has it."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import Recorder
from homeassistant.components.recorder.models import (
    StatisticData,
    StatisticMeanType,
    StatisticMetaData,
)
from homeassistant.components.recorder.statistics import async_import_statistics
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import area_registry as ar, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

from custom_components.digital_twin.commands.access import Actor, async_actor
from custom_components.digital_twin.commands.earlier import async_document_at
from custom_components.digital_twin.engine.core.feed import Origin
from custom_components.digital_twin.engine.documents import twin_document
from custom_components.digital_twin.engine.earlier_documents import EXACTNESS
from custom_components.digital_twin.twin.records.timeline import TwinKey
from tests.common import ANNA, HOME_ID, async_pass, async_setup_twin, runtime

HOME: Final = TwinKey("home", HOME_ID)
HOUR: Final = timedelta(hours=1)
BEGIN: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
RECORDED: Final = ("environmental_data", "occupancy_status", "operational_status")


async def document_at(actor: Actor, key: TwinKey, at: datetime) -> dict[str, Any]:
    return {**await async_document_at(actor, key, at, "twin")}


@pytest.fixture
def rooms(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """Two rooms with a thermometer each, of which the kitchen has a hygrometer, too."""
    freezer.move_to(BEGIN)
    areas, entities = ar.async_get(hass), er.async_get(hass)
    for name, kinds in (("Kitchen", ("temperature", "humidity")), ("Study", ("temperature",))):
        area = areas.async_create(name)
        for kind in kinds:
            unit = "°C" if kind == "temperature" else "%"
            entry = entities.async_get_or_create(
                "sensor",
                "test",
                f"{name}-{kind}",
                suggested_object_id=f"{name.lower()}_{kind}",
                original_device_class=kind,
                unit_of_measurement=unit,
                capabilities={"state_class": "measurement"},
            )
            entities.async_update_entity(entry.entity_id, area_id=area.id)


def measure(hass: HomeAssistant, entity_id: str, value: object) -> None:
    unit = "°C" if "temperature" in entity_id else "%"
    kind = entity_id.rpartition("_")[2]
    attributes = {"unit_of_measurement": unit, "device_class": kind, "state_class": "measurement"}
    hass.states.async_set(entity_id, str(value), attributes)


async def set_up(hass: HomeAssistant) -> tuple[MockConfigEntry, Actor]:
    for name, value in (("kitchen_temperature", 21), ("kitchen_humidity", 45)):
        measure(hass, f"sensor.{name}", value)
    measure(hass, "sensor.study_temperature", 19)
    entry = await async_setup_twin(hass, persons={ANNA: {"name": "Anna"}})
    await hass.async_block_till_done()
    return entry, await async_actor(hass, runtime(entry), Context(), Origin.ACTION)


async def test_the_climate_is_the_one_that_was_answered(
    recorder_mock: Recorder, hass: HomeAssistant, rooms: None, freezer: FrozenDateTimeFactory
) -> None:
    entry, actor = await set_up(hass)
    await async_pass(hass, freezer, timedelta(minutes=30))
    answered: list[tuple[datetime, dict[str, Any]]] = []
    for value in (20.5, 22, "unavailable", 23.5):
        measure(hass, "sensor.kitchen_temperature", value)
        await async_pass(hass, freezer, timedelta(minutes=20))
        answered.append((datetime.now(UTC), twin_document(runtime(entry), "home", HOME_ID)))
        await async_pass(hass, freezer, timedelta(seconds=1))
    await async_wait_recording_done(hass)
    assert answered[0][1]["environmental_data"]["temperature"]["value"] == 19.8
    for at, document in answered:
        then = await document_at(actor, HOME, at)
        levels = then[EXACTNESS]
        assert {levels[name] for name in RECORDED} == {"exact"}
        for name in (each for each in document if levels[each] == "exact"):
            assert then[name] == document[name]
        assert levels["device_inventory"] == levels["operational"] == "unknown"
        assert "device_inventory" not in then


async def test_older_values_are_the_means_of_hours(
    recorder_mock: Recorder, hass: HomeAssistant, rooms: None, freezer: FrozenDateTimeFactory
) -> None:
    _, actor = await set_up(hass)
    freezer.move_to(BEGIN + timedelta(days=20))
    for name, mean in (("kitchen_temperature", 18.0), ("study_temperature", 20.0)):
        async_import_statistics(
            hass,
            StatisticMetaData(
                mean_type=StatisticMeanType.ARITHMETIC,
                has_sum=False,
                name=None,
                source="recorder",
                statistic_id=f"sensor.{name}",
                unit_class="temperature",
                unit_of_measurement="°C",
            ),
            [StatisticData(start=BEGIN + HOUR, mean=mean)],
        )
    await async_wait_recording_done(hass)
    await hass.services.async_call(
        "recorder", "purge", {"keep_days": 1, "repack": False}, blocking=True
    )
    await async_wait_recording_done(hass)
    then = await document_at(actor, HOME, BEGIN + 1.5 * HOUR)
    levels, climate = then[EXACTNESS], then["environmental_data"]
    assert levels["environmental_data"] == "hourly"
    assert climate["temperature"]["value"] == 19
    # The hygrometer has no statistics.
    assert levels["environmental_data.humidity"] == "unknown"
    assert (climate["humidity"]["value"], climate["humidity"]["sources"]) == (None, 0)
    assert levels["occupancy_status"] == "unknown"
    assert "occupancy_status" not in then


async def test_without_a_recorder_the_climate_is_unknown(
    hass: HomeAssistant, rooms: None, freezer: FrozenDateTimeFactory
) -> None:
    _, actor = await set_up(hass)
    await async_pass(hass, freezer, HOUR)
    then = await document_at(actor, HOME, datetime.now(UTC))
    assert then["name"] == "Home"
    assert {then[EXACTNESS][name] for name in RECORDED} == {"unknown"}
    assert not {*RECORDED} & then.keys()


async def move_out(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> tuple[Actor, datetime]:
    """Let Anna leave; return when she was at home."""
    hass.states.async_set("zone.home", "0", {"latitude": 52.2, "longitude": 21.0})
    hass.states.async_set("person.anna", "home")
    entry = await async_setup_twin(
        hass,
        persons={ANNA: {"name": "Anna", "person_entity": "person.anna"}},
        homes={HOME_ID: {"name": "Home", "zone": "zone.home"}},
    )
    await async_pass(hass, freezer, HOUR)
    at = datetime.now(UTC)
    await async_pass(hass, freezer, HOUR)
    hass.states.async_set("person.anna", "not_home")
    return await async_actor(hass, runtime(entry), Context(), Origin.ACTION), at


async def test_where_a_followed_person_was_is_known_to_the_recorder(
    recorder_mock: Recorder, hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    actor, at = await move_out(hass, freezer)
    await async_wait_recording_done(hass)
    then = await document_at(actor, TwinKey("person", ANNA), at)
    assert then["current_location_id"] == HOME_ID
    assert then[EXACTNESS]["current_location_id"] == "exact"
    now = await document_at(actor, TwinKey("person", ANNA), datetime.now(UTC))
    assert now["current_location_id"] is None
    house = await document_at(actor, HOME, at)
    assert house["location_coordinates"] == {"type": "Point", "coordinates": [21.0, 52.2]}


async def test_without_a_recorder_nobody_knows_where_a_followed_person_was(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    actor, at = await move_out(hass, freezer)
    then = await document_at(actor, TwinKey("person", ANNA), at)
    assert then[EXACTNESS]["current_location_id"] == "unknown"
    assert "current_location_id" not in then
