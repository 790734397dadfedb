"""A scale that is silent makes a weight stale, and the forecast of a goal unreliable."""

from datetime import timedelta
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.digital_twin.commands.access import (
    Access,
    Actor,
    async_actor,
)
from custom_components.digital_twin.commands.twins import document_of_kind
from custom_components.digital_twin.engine.core.feed import BY_ITSELF, Origin
from tests.common import ANNA, GOAL_ID, HOME_ID, async_pass, async_setup_twin, runtime

SECOND: Final = "30000000-0000-4000-8000-000000000002"
SCALE: Final = "sensor.scale_weight"
WEIGHT: Final = {"name": "Weight", "baseline": 80, "target": 60, "source": {"metric": "weight"}}
DATES: Final = {"status": "Active", "start_date": "2026-03-01", "target_date": "2026-05-01"}


@pytest.fixture
async def scale(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    device_registry: dr.DeviceRegistry,
    entity_registry: er.EntityRegistry,
) -> str:
    """A scale with a weight of this morning."""
    freezer.move_to("2026-03-02T12:00:00+00:00")
    other = MockConfigEntry(domain="scales")
    other.add_to_hass(hass)
    device = device_registry.async_get_or_create(
        config_entry_id=other.entry_id, identifiers={("scales", "1")}, name="Bathroom scale"
    )
    entity_registry.async_get_or_create(
        "sensor",
        "scales",
        "1",
        device_id=device.id,
        config_entry=other,
        suggested_object_id="scale_weight",
    )
    hass.states.async_set(SCALE, "79.5", {"unit_of_measurement": "kg"})
    return device.id


async def set_up(hass: HomeAssistant, *, shown: bool = True) -> Actor:
    """Let Anna's goal follow the scale, and another goal wait for that one."""
    entry = await async_setup_twin(
        hass,
        persons={
            ANNA: {
                "name": "Anna",
                "health_entities": shown,
                "metric_sources": {"weight": [SCALE]},
            }
        },
        goals={
            GOAL_ID: {
                "goal_code": "G01",
                "name": "Lose weight",
                "owner_person_id": ANNA,
                "progress_metrics": [WEIGHT],
                **DATES,
            },
            SECOND: {"goal_code": "G02", "name": "Run", "dependencies": [GOAL_ID]},
        },
        options={"startup_grace": 0},
    )
    hass.states.async_set(SCALE, "79", {"unit_of_measurement": "kg"})
    await hass.async_block_till_done()
    return await async_actor(hass, runtime(entry), Context(), Origin.ACTION)


async def fall_silent(hass: HomeAssistant, freezer: FrozenDateTimeFactory, days: int = 10) -> None:
    hass.states.async_set(SCALE, "unavailable")
    for _ in range(days):
        await async_pass(hass, freezer, timedelta(days=1))


def read(actor: Actor, kind: str, twin: str) -> dict[str, Any]:
    return {**document_of_kind(actor, kind, twin)}


def somebody(actor: Actor) -> Actor:
    """Return a user who is linked to nobody."""
    return Actor(actor.hass, actor.runtime, Access(everything=False), BY_ITSELF)


def ids(links: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(each["kind"], each["id"]) for each in links]


async def test_the_chain_from_a_scale_to_the_goals(
    hass: HomeAssistant, scale: str, freezer: FrozenDateTimeFactory
) -> None:
    actor = await set_up(hass)
    await async_pass(hass, freezer, timedelta(minutes=10))
    goal = read(actor, "goal", "G01")
    chain = [("metric", "weight"), ("entity", SCALE), ("device", scale)]
    assert ids(goal["rests_on"]) == chain
    assert ids(goal["affects"]) == [("goal", SECOND)]
    assert ids(read(actor, "goal", "G02")["rests_on"]) == [("goal", GOAL_ID)]
    person = read(actor, "person", ANNA)
    assert ids(person["rests_on"]) == chain[1:]
    assert ids(person["affects"]) == [("key_result", "weight"), ("goal", GOAL_ID), ("goal", SECOND)]
    home = read(actor, "home", HOME_ID)
    assert ids(home["affects"]) == [("metric", "weight"), ("goal", GOAL_ID), ("goal", SECOND)]


async def test_a_silent_scale_makes_metric_and_goals_unreliable(
    hass: HomeAssistant, scale: str, freezer: FrozenDateTimeFactory
) -> None:
    actor = await set_up(hass)
    await fall_silent(hass, freezer)
    home = read(actor, "home", HOME_ID)
    (cause,) = home["operational"]["causes"]
    assert (cause["cause"], cause["device"]) == ("device_offline", scale)
    (metric,) = cause["metrics"]
    assert (metric["id"], metric["of"], metric["since"]) == ("weight", ANNA, "2026-03-02")
    assert [each["name"] for each in cause["goals"]] == ["G01 Lose weight", "G02 Run"]
    goal = read(actor, "goal", "G01")
    assert goal["pace"] == "unreliable"
    assert goal["pace_reason"]["since"] == "2026-03-02"
    assert actor.runtime.assessments.why(GOAL_ID) == "No new values since 2 March 2026: Weight"
    assert goal["rests_on"][0]["since"] == "2026-03-02"
    # As soon as somebody stands on it, it is known that nothing has come of it.
    hass.states.async_set(SCALE, "79.5", {"unit_of_measurement": "kg"})
    await async_pass(hass, freezer, timedelta(minutes=2))
    assert read(actor, "goal", "G01")["pace"] == "at_risk"
    assert read(actor, "goal", "G01")["rests_on"][0]["since"] is None


@pytest.mark.parametrize("shown", [True, False])
async def test_others_hear_of_the_metrics_of_those_who_show_them(
    hass: HomeAssistant, scale: str, freezer: FrozenDateTimeFactory, shown: bool
) -> None:
    actor = await set_up(hass, shown=shown)
    await fall_silent(hass, freezer)
    (cause,) = read(actor, "home", HOME_ID)["operational"]["causes"]
    assert ids(cause["metrics"]) == [("metric", "weight")]
    home = read(somebody(actor), "home", HOME_ID)
    (cause,) = home["operational"]["causes"]
    assert bool(cause["metrics"]) is bool(cause["goals"]) is shown
    assert ("weight" in str(home)) is shown
    goal = read(somebody(actor), "goal", "G01")
    # Where a value comes from is in the profile, which others do not read.
    assert ids(goal["rests_on"]) == [("metric", "weight")]
    assert goal["rests_on"][0]["since"] is None
    assert bool(goal["silent_sources"]) is shown
