"""The value of an entity is recorded for the person whom an automation chooses."""

from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.digital_twin.const import DOMAIN
from tests.common import ANNA

from .conftest import Perform, Refuses

SCALE = "sensor.scale"
NOW = "2026-03-02T12:00:00+00:00"


@pytest.fixture(autouse=True)
def _scale(hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(NOW)
    hass.states.async_set(SCALE, "157", {"unit_of_measurement": "lb", "fat": 21.5})


def _weight(value: object, measured_at: str = NOW) -> dict[str, Any]:
    reading = {"value": value, "unit": "kg", "measured_at": measured_at, "source": SCALE}
    return {"weight": reading}


async def test_the_unit_and_the_time_are_those_of_the_entity(
    perform: Perform, freezer: FrozenDateTimeFactory
) -> None:
    freezer.tick(600)
    answer = await perform("record_entity_value", person=ANNA, metric="weight", entity=SCALE)
    assert answer["readings"] == _weight(pytest.approx(71.214, abs=0.001))


async def test_the_same_state_counts_once(perform: Perform) -> None:
    data = {"person": ANNA, "metric": "weight", "entity": SCALE}
    assert (await perform("record_entity_value", **data))["changed"]
    assert not (await perform("record_entity_value", **data))["changed"]


async def test_an_attribute_has_the_value(perform: Perform) -> None:
    answer = await perform(
        "record_entity_value", person=ANNA, metric="body_fat", entity=SCALE, attribute="fat"
    )
    fat = answer["readings"]["body_fat"]
    assert (fat["value"], fat["source"]) == (21.5, f"{SCALE}.fat")


@pytest.mark.parametrize(
    ("said", "measured_at"),
    [
        ("2026-03-02T07:15:00+00:00", "2026-03-02T07:15:00+00:00"),
        # A clock that is ahead.
        ("2026-03-02T13:00:00+00:00", NOW),
    ],
)
async def test_the_entity_says_when_it_measured(
    hass: HomeAssistant, perform: Perform, said: str, measured_at: str
) -> None:
    hass.states.async_set(SCALE, "70", {"unit_of_measurement": "kg", "measured_at": said})
    answer = await perform("record_entity_value", person=ANNA, metric="weight", entity=SCALE)
    assert answer["readings"] == _weight(70.0, measured_at)


@pytest.mark.parametrize(
    ("state", "attributes", "key"),
    [
        (STATE_UNAVAILABLE, {}, "entity_unavailable"),
        ("heavy", {}, "not_numeric"),
        ("70", {"unit_of_measurement": "mmHg"}, "unknown_unit"),
        ("7000", {"unit_of_measurement": "kg"}, "out_of_range_unit_private"),
    ],
)
async def test_a_state_that_is_no_value_is_refused(
    hass: HomeAssistant, refuses: Refuses, state: str, attributes: dict[str, str], key: str
) -> None:
    hass.states.async_set(SCALE, state, attributes)
    said = await refuses(
        key, "entity", "record_entity_value", person=ANNA, metric="weight", entity=SCALE
    )
    assert state not in said.values()


async def test_wrong_names_are_refused(hass: HomeAssistant, refuses: Refuses) -> None:
    data = {"person": ANNA, "metric": "weight", "entity": SCALE}
    record = "record_entity_value"
    await refuses("entity_missing", "entity", record, **data | {"entity": "sensor.gone"})
    await refuses("unknown_metric", "metric", record, **data | {"metric": "wait"})
    await refuses("required_field", "metric", record, person=ANNA, entity=SCALE)
    await refuses("required_field", "entity", record, person=ANNA, metric="weight")
    await refuses("not_found", "person", record, **data | {"person": "Eva"})
    own = er.async_get(hass).async_get_or_create("sensor", DOMAIN, "own").entity_id
    await refuses("own_entity", "entity", record, **data | {"entity": own})
