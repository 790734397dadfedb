"""Conditions judge goals, homes and metrics as automations ask them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.condition import async_from_config, async_validate_condition_config
from homeassistant.setup import async_setup_component
import probatio
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    async_mock_service,
)

from custom_components.digital_twin.const import DOMAIN

from .common import ANNA, GOAL_ID, HOME_ID, JAN, Wait, async_patch_twin, async_setup_twin
from .house import House

OUTAGE: Final = timedelta(minutes=16)
COTTAGE_ID: Final = "10000000-0000-4000-8000-000000000002"
SLEEP_ID: Final = "30000000-0000-4000-8000-000000000002"
READ: Final = {
    "goal_code": "G01",
    "name": "Read",
    "owner_person_id": ANNA,
    "status": "Active",
    "start_date": "2026-01-01",
    "target_date": "2026-05-01",
    "progress_metrics": [{"name": "Books", "kind": "accumulate", "target": 10, "current": 5}],
}
# A goal of the household that has no progress and no plan.
SLEEP: Final = {"goal_code": "G02", "name": "Sleep", "status": "On Hold"}
PEOPLE: Final = {
    ANNA: {"name": "Anna", "person_entity": "person.anna"},
    JAN: {"name": "Jan"},
}
type Config = Mapping[str, Any]


@pytest.fixture
async def entry(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> MockConfigEntry:
    """Anna with a goal half way and on track, Jan, and a goal of the household."""
    freezer.move_to(datetime(2026, 3, 2, 12, tzinfo=UTC))
    await hass.config.async_update(time_zone="UTC")
    hass.states.async_set("person.anna", "home")
    return await async_setup_twin(hass, persons=PEOPLE, goals={GOAL_ID: READ, SLEEP_ID: SLEEP})


async def _holds(
    hass: HomeAssistant,
    name: str,
    target: Config | None = None,
    /,
    **options: Any,  # noqa: ANN401
) -> bool | None:
    """Return whether a condition holds now."""
    config: dict[str, Any] = {"condition": f"{DOMAIN}.{name}", "options": options}
    valid = await async_validate_condition_config(
        hass, config | ({"target": target} if target else {})
    )
    checker = await async_from_config(hass, valid)
    try:
        return checker.async_check(variables={})
    finally:
        checker.async_unload()


def _device(hass: HomeAssistant, entry: MockConfigEntry, twin_id: str) -> str:
    device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, twin_id), entry.entry_id)
    assert device is not None
    return device.id


async def _measure(hass: HomeAssistant, person_id: str = ANNA, **metrics: object) -> None:
    data = {"person": person_id, "metrics": metrics}
    await hass.services.async_call(DOMAIN, "update_health_metrics", data, blocking=True)
    await hass.async_block_till_done()


@pytest.mark.parametrize(
    ("options", "on_any", "on_all"),
    [
        ({"status": ["active"]}, True, False),
        ({"status": ["Active", "On Hold"]}, True, True),
        ({"status": "completed"}, False, False),
        ({"pace": ["on_track"]}, True, False),
        ({"pace": ["on_track", "paused"]}, True, True),
        ({"progress": 50}, True, True),
        ({"progress": 51}, False, False),
        ({"status": ["active"], "progress": 50}, True, False),
        ({"status": ["active"], "pace": ["behind"]}, False, False),
        ({"status": ["active"], "person": ["person.anna"]}, True, True),
        ({"status": ["active"], "person": [JAN]}, False, True),
    ],
)
async def test_goals(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    options: dict[str, Any],
    on_any: bool,
    on_all: bool,
) -> None:
    assert await _holds(hass, "goal_is", **options) is on_any
    assert await _holds(hass, "goal_is", **options, behavior="all") is on_all


@pytest.mark.parametrize(
    ("twin_ids", "holds"),
    [((GOAL_ID,), True), ((SLEEP_ID,), False), ((SLEEP_ID, GOAL_ID), True), ((ANNA,), True)],
)
async def test_goals_of_a_target(
    hass: HomeAssistant, entry: MockConfigEntry, twin_ids: Sequence[str], holds: bool
) -> None:
    target = {"device_id": [_device(hass, entry, each) for each in twin_ids]}
    assert await _holds(hass, "goal_is", target, status=["active"]) is holds
    assert await _holds(hass, "goal_is", about=target, status=["active"]) is holds


async def test_homes(
    hass: HomeAssistant, house: House, wait: Wait, entry_with_two_homes: MockConfigEntry
) -> None:
    plug = house.sensor(house.device("Plug", "kitchen"), "power", 10)
    await wait(OUTAGE)
    assert await _holds(hass, "home_is", status=["optimal"], behavior="all") is True
    house.silence(plug)
    await wait(OUTAGE)
    assert await _holds(hass, "home_is", status=["degraded", "alert"]) is True
    assert await _holds(hass, "home_is", status=["degraded", "alert"], behavior="all") is False
    cottage = {"device_id": [_device(hass, entry_with_two_homes, COTTAGE_ID)]}
    assert await _holds(hass, "home_is", cottage, status=["optimal"]) is True
    assert await _holds(hass, "home_is", occupancy=["occupied"]) is True
    assert await _holds(hass, "home_is", cottage, occupancy=["occupied"]) is False
    assert await _holds(hass, "home_is", status=["degraded"], occupancy=["occupied"]) is True


@pytest.fixture
async def entry_with_two_homes(hass: HomeAssistant, house: House) -> MockConfigEntry:
    """A home where Anna is, and a cottage with a room of its own."""
    house.area("Kitchen")
    house.sensor(house.device("Lamp", house.area("Hut")), "power", 5)
    hass.states.async_set("person.anna", "home")
    home = {"name": "Home", "zone": "zone.home", "residents": [ANNA]}
    cottage = {"name": "Cottage", "scope": {"areas": ["hut"]}}
    return await async_setup_twin(hass, persons=PEOPLE, homes={HOME_ID: home, COTTAGE_ID: cottage})


@pytest.mark.parametrize(
    ("options", "holds"),
    [
        ({"above": 70}, True),
        ({"above": 71}, False),
        ({"below": 71.5}, True),
        ({"above": 70, "below": 71.5}, True),
        ({"above": 70, "below": 70.5}, False),
        ({"state": ["up_to_date"]}, True),
        ({"state": "stale"}, False),
        ({"state": ["stale", "up_to_date"]}, True),
        ({"above": 70, "state": ["stale"]}, False),
        # Too few days to judge.
        ({"state": ["usual"]}, False),
        ({"state": ["unusual"]}, False),
    ],
)
async def test_a_value(
    hass: HomeAssistant, entry: MockConfigEntry, options: dict[str, Any], holds: bool
) -> None:
    await _measure(hass, weight=71)
    assert await _holds(hass, "metric_is", metric="weight", **options) is holds


async def test_a_value_is_compared_in_the_unit_in_which_it_is_shown(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await _measure(hass, weight=71)
    assert await _holds(hass, "metric_is", metric="weight", above=150) is False
    unit = {"unit_of_measurement": "lb"}
    er.async_get(hass).async_update_entity_options("sensor.anna_weight", "sensor", unit)
    await hass.async_block_till_done()
    assert await _holds(hass, "metric_is", metric="weight", above=150, below=157) is True


async def test_values_of_several_people(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await _measure(hass, weight=71)
    above = {"metric": "weight", "above": 80}
    assert await _holds(hass, "metric_is", **above) is False
    await _measure(hass, JAN, weight=90)
    assert await _holds(hass, "metric_is", **above) is True
    assert await _holds(hass, "metric_is", **above, behavior="all") is False
    jan = {"device_id": [_device(hass, entry, JAN)]}
    assert await _holds(hass, "metric_is", jan, **above, behavior="all") is True


async def test_a_value_nobody_has_is_unknown(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    for options in ({"above": 1}, {"below": 100}, {"state": ["stale", "usual", "unusual"]}):
        assert await _holds(hass, "metric_is", metric="weight", **options) is False
    # As with Home Assistant's own: what is unknown does not count.
    assert await _holds(hass, "metric_is", metric="weight", above=1, behavior="all") is True


async def test_a_value_becomes_unusual_and_stale(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    for day in range(30):
        await _measure(hass, resting_heart_rate=60 + day % 2 if day < 29 else 95)
        if day == 28:
            assert await _holds(hass, "metric_is", metric="resting_heart_rate", state="usual")
        if day < 29:
            freezer.tick(timedelta(days=1))
            async_fire_time_changed(hass)
            await hass.async_block_till_done()
    found = {
        state: await _holds(hass, "metric_is", metric="resting_heart_rate", state=[state])
        for state in ("unusual", "unusually_high", "unusually_low", "usual", "stale")
    }
    assert found == {
        "unusual": True,
        "unusually_high": True,
        "unusually_low": False,
        "usual": False,
        "stale": False,
    }
    freezer.tick(timedelta(days=60))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert await _holds(hass, "metric_is", metric="resting_heart_rate", state="stale") is True
    assert await _holds(hass, "metric_is", metric="resting_heart_rate", state="unusual") is False


@pytest.mark.parametrize("health_entities", [True, False])
async def test_private_people_can_use_conditions(
    hass: HomeAssistant, entry: MockConfigEntry, health_entities: bool
) -> None:
    await _measure(hass, weight=71)
    await async_patch_twin(hass, entry, "person", ANNA, health_entities=health_entities)
    assert await _holds(hass, "metric_is", metric="weight", above=70) is True


@pytest.mark.parametrize("behavior", ["any", "all"])
async def test_nothing_holds_while_the_entry_is_not_loaded(
    hass: HomeAssistant, entry: MockConfigEntry, behavior: str
) -> None:
    assert await _holds(hass, "goal_is", status=["active", "on_hold"], behavior=behavior) is True
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert await _holds(hass, "goal_is", status=["active", "on_hold"], behavior=behavior) is False
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert await _holds(hass, "goal_is", status=["active", "on_hold"], behavior=behavior) is True


async def test_an_automation_asks(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    calls = async_mock_service(hass, "test", "seen")
    automation = {
        "triggers": [{"trigger": "event", "event_type": "ask"}],
        "conditions": [
            {"condition": f"{DOMAIN}.goal_is", "options": {"status": ["active"]}},
            {"condition": f"{DOMAIN}.goal_is", "options": {"progress": 60}},
        ],
        "actions": [{"action": "test.seen"}],
    }
    assert await async_setup_component(hass, "automation", {"automation": [automation]})
    for current, expected in ((5, 0), (7, 1)):
        metrics = [{"name": "Books", "kind": "accumulate", "target": 10, "current": current}]
        await async_patch_twin(hass, entry, "goal", GOAL_ID, progress_metrics=metrics)
        hass.bus.async_fire("ask")
        await hass.async_block_till_done()
        assert len(calls) == expected


@pytest.mark.parametrize(
    ("name", "options", "named"),
    [
        ("goal_is", {}, ("status", "pace", "progress")),
        ("goal_is", {"status": ["done"]}, ("status", "on_hold")),
        ("goal_is", {"progress": 120}, ("progress", "100")),
        ("goal_is", {"progress": 50, "behavior": "each"}, ("behavior", "any")),
        ("home_is", {"behavior": "any"}, ("status", "occupancy")),
        ("home_is", {"occupancy": "full"}, ("occupancy", "vacant")),
        ("metric_is", {"above": 3}, ("metric",)),
        ("metric_is", {"metric": "weight"}, ("above", "below", "state")),
        ("metric_is", {"metric": "weight", "above": "much"}, ("above",)),
        ("metric_is", {"metric": "weight", "state": "odd"}, ("state", "unusually_high")),
    ],
)
async def test_wrong_options_are_refused(
    hass: HomeAssistant, name: str, options: dict[str, Any], named: Sequence[str]
) -> None:
    with pytest.raises(probatio.Invalid) as error:
        await _holds(hass, name, **options)
    assert [each for each in named if each not in str(error.value)] == []


@pytest.mark.parametrize(
    ("name", "options", "key"),
    [
        ("metric_is", {"metric": "wieght", "above": 1}, "unknown_metric"),
        ("goal_is", {"progress": 1, "person": ["person.eve"]}, "not_found"),
    ],
)
async def test_unknown_names_are_refused(
    hass: HomeAssistant, entry: MockConfigEntry, name: str, options: dict[str, Any], key: str
) -> None:
    with pytest.raises(ServiceValidationError) as error:
        await _holds(hass, name, **options)
    assert error.value.translation_key == key
