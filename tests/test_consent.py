"""What the household, assistants and automations see of metrics that a person keeps from them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.homeassistant.exposed_entities import (
    async_expose_entity,
    async_should_expose,
)
from homeassistant.components.recorder import Recorder
from homeassistant.components.recorder.statistics import async_list_statistic_ids
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.engine.events import EVENT_TWIN
from custom_components.digital_twin.engine.health.statistics import statistic_id
from custom_components.digital_twin.twin.metrics.readings import Reading

from .common import ANNA, async_patch_twin, async_setup_twin, runtime, shown

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ASSIST = "conversation"
UNUSUAL = "binary_sensor.anna_unusual_reading"
TEA = {"name": "Tea", "metrics": {"hydration": 250}}


@pytest.fixture(autouse=True)
async def _frozen(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    await hass.config.async_set_time_zone("UTC")
    freezer.move_to(NOW)


@pytest.fixture
async def anna(hass: HomeAssistant) -> MockConfigEntry:
    """Set somebody up who weighs much more today than in the weeks before."""
    assert await async_setup_component(hass, "homeassistant", {})
    entry = await async_setup_twin(hass, persons={ANNA: {"name": "Anna", "quick_entries": [TEA]}})
    for day in range(20, 0, -1):
        await _record(hass, entry, day, weight=70 + day % 2, resting_heart_rate=55 + day % 2)
    await _record(hass, entry, 0, weight=84, height=170, hydration=300, resting_heart_rate=55)
    return entry


def _reading(value: float, unit: str, at: datetime) -> Reading:
    return Reading(value=value, unit=unit, measured_at=at, source="watch")


async def _record(hass: HomeAssistant, entry: MockConfigEntry, day: int, **values: float) -> None:
    registry = runtime(entry).registry
    at = NOW - timedelta(days=day)
    readings = [
        (key, _reading(float(value), registry.catalogue[key].unit, at))
        for key, value in values.items()
    ]
    await registry.async_record(ANNA, readings)
    await hass.async_block_till_done()


async def _tell(hass: HomeAssistant, entry: MockConfigEntry, **consent: object) -> None:
    await async_patch_twin(hass, entry, "person", ANNA, consent=consent)


def _sensors(hass: HomeAssistant) -> set[str]:
    ids = hass.states.async_entity_ids(("sensor", "binary_sensor", "button"))
    return {each.partition(".anna_")[2] for each in ids if ".anna_" in each}


@pytest.mark.parametrize(
    ("level", "sensor", "state"),
    [("band", "weight_level", "high"), ("trend", "weight_trend", "steady"), ("nothing", "", "")],
)
async def test_the_sensor_of_a_metric_tells_no_more_than_the_household_may_know(
    hass: HomeAssistant, anna: MockConfigEntry, level: str, sensor: str, state: str
) -> None:
    before = _sensors(hass)
    assert {"weight", "body_mass_index"} <= before
    await _tell(hass, anna, weight={"household": level})
    # What is worked out from the weight would tell it.
    expected = before - {"weight", "body_mass_index"} | ({sensor} if sensor else set())
    assert _sensors(hass) == expected
    if sensor:
        found = shown(hass, f"sensor.anna_{sensor}")
        assert (found.state, found.attributes["fresh"]) == (state, True)
        assert "84" not in str(found.as_dict()["attributes"])
    await _tell(hass, anna, weight=None)
    assert _sensors(hass) == before
    assert shown(hass, "sensor.anna_weight").state == "84.0"


@pytest.mark.parametrize(
    ("level", "is_told"), [("exact", True), ("band", True), ("trend", False), ("nothing", False)]
)
async def test_what_is_unusual_is_told_with_the_band(
    hass: HomeAssistant, anna: MockConfigEntry, level: str, *, is_told: bool
) -> None:
    await _tell(hass, anna, weight={"household": level})
    found = shown(hass, UNUSUAL)
    assert found.state == ("on" if is_told else "off")
    listed = [each["metric"] for each in found.attributes["metrics"]]
    assert listed == (["weight"] if is_told else [])
    # Where nothing may be told of any metric there is no such sensor.
    await _tell(hass, anna, **{"*": {"household": "trend"}, "weight": None})
    assert hass.states.get(UNUSUAL) is None


async def test_a_button_tells_when_something_was_taken(
    hass: HomeAssistant, anna: MockConfigEntry
) -> None:
    for level, is_there in (("trend", True), ("nothing", False), ("exact", True)):
        await _tell(hass, anna, hydration={"household": level})
        assert ("tea" in _sensors(hass)) is is_there


@pytest.mark.parametrize(
    ("level", "types"),
    [
        ("exact", {"metric_recorded", "metric_usual"}),
        ("band", {"metric_recorded", "metric_usual"}),
        ("trend", {"metric_recorded"}),
        ("nothing", set[str]()),
    ],
)
async def test_activity_tells_no_more_than_the_household_may_know(
    hass: HomeAssistant,
    anna: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    level: str,
    types: set[str],
) -> None:
    await _tell(hass, anna, weight={"household": level})
    events: list[Event[Mapping[str, Any]]] = []
    hass.bus.async_listen(EVENT_TWIN, events.append)
    freezer.tick(timedelta(minutes=1))
    data = {"person": ANNA, "metrics": {"weight": 70}}
    await hass.services.async_call(DOMAIN, "update_health_metrics", data, blocking=True)
    await hass.async_block_till_done()
    assert {event.data["type"] for event in events if event.data["kind"] == "person"} == types


async def test_what_was_recorded_of_a_value_goes_when_it_is_not_told(
    recorder_mock: Recorder, hass: HomeAssistant, anna: MockConfigEntry
) -> None:
    async def listed() -> set[str]:
        await hass.async_block_till_done()
        await async_wait_recording_done(hass)
        return {each["statistic_id"] for each in await async_list_statistic_ids(hass)}

    weight, pulse = (statistic_id(ANNA, key) for key in ("weight", "resting_heart_rate"))
    assert {weight, pulse} <= await listed()
    await _tell(hass, anna, weight={"household": "band"})
    found = await listed()
    assert (weight in found, pulse in found) == (False, True)
    # What a crash left is cleared at the next start.
    await hass.config_entries.async_reload(anna.entry_id)
    assert weight not in await listed()
    await _tell(hass, anna, weight=None)
    assert {weight, pulse} <= await listed()


async def test_assistants_are_shown_no_entity_that_they_may_not_know(
    hass: HomeAssistant, anna: MockConfigEntry
) -> None:
    pulse, bmi, weight = (
        f"sensor.anna_{each}" for each in ("resting_heart_rate", "body_mass_index", "weight")
    )
    for entity_id in (pulse, bmi, weight, UNUSUAL):
        async_expose_entity(hass, ASSIST, entity_id, should_expose=True)
    await _tell(hass, anna, weight={"assistants": "band"})
    exposed = {each: async_should_expose(hass, ASSIST, each) for each in (pulse, bmi, weight)}
    assert exposed == {pulse: True, bmi: False, weight: False}
    assert async_should_expose(hass, ASSIST, UNUSUAL)
    # Nobody exposes it again, ...
    async_expose_entity(hass, ASSIST, weight, should_expose=True)
    assert not async_should_expose(hass, ASSIST, weight)
    await _tell(hass, anna, weight={"assistants": "trend"})
    assert not async_should_expose(hass, ASSIST, UNUSUAL)
    # ... until it may be known again; and that is for somebody to choose.
    await _tell(hass, anna, weight=None)
    assert not async_should_expose(hass, ASSIST, weight)
    async_expose_entity(hass, ASSIST, weight, should_expose=True)
    assert async_should_expose(hass, ASSIST, weight)


async def test_a_new_entity_is_not_shown_to_assistants_either(
    hass: HomeAssistant, anna: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    await _tell(hass, anna, **{"*": {"assistants": "nothing"}})
    # Home Assistant exposes temperatures by default.
    await _record(hass, anna, 0, body_temperature=36.6)
    temperature = "sensor.anna_body_temperature"
    assert entity_registry.async_get(temperature) is not None
    assert not async_should_expose(hass, ASSIST, temperature)


async def test_the_briefing_of_the_household_tells_what_the_household_may_know(
    hass: HomeAssistant, anna: MockConfigEntry
) -> None:
    async def told(**data: object) -> list[str]:
        answer: Any = await hass.services.async_call(
            DOMAIN, "get_briefing", dict(data), blocking=True, return_response=True
        )
        return [each["metric"] for one in answer["data"]["health"] for each in one["unusual"]]

    for level, expected in (("band", ["weight"]), ("trend", [])):
        await _tell(hass, anna, weight={"household": level})
        assert await told() == expected
        # An automation may know everything of the person whom it asks for.
        assert await told(person=ANNA) == ["weight"]
