"""A key result that is bound to an entity shows what the entity says."""

import asyncio
from datetime import timedelta
import gc

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.digital_twin.engine.goal_sources import READ_INTERVAL, GoalSources
from custom_components.digital_twin.twin.goals.goal import GOAL as KIND, Goal
from custom_components.digital_twin.twin.goals.key_results import KeyResult
from tests.common import GOAL_ID, async_setup_twin, no_space, runtime

METER = "sensor.meter"
BY_HAND = {"name": "Books", "baseline": 0, "target": 12, "current": 3}


@pytest.fixture(autouse=True)
def _no_platforms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("custom_components.digital_twin.PLATFORMS", ())


async def set_up(hass: HomeAssistant, **key_result: object) -> MockConfigEntry:
    first = {"name": "Distance", "baseline": 0, "target": 100, **key_result}
    first.setdefault("source", {"entity_id": METER})
    goals = {GOAL_ID: {"goal_code": "G01", "name": "Run", "progress_metrics": [first, BY_HAND]}}
    return await async_setup_twin(hass, goals=goals)


def goal(entry: MockConfigEntry) -> Goal:
    return runtime(entry).registry.goals[GOAL_ID]


def followed(entry: MockConfigEntry) -> KeyResult:
    return goal(entry).progress_metrics[0]


async def pass_time(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    await hass.async_block_till_done()
    freezer.tick(timedelta(seconds=READ_INTERVAL + 1))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()


@pytest.mark.parametrize(
    ("key_result", "state", "attributes", "expected"),
    [
        ({}, "25", {}, 25),
        ({"kind": "accumulate"}, "25.5", {}, 25.5),
        ({"unit": "km"}, "25000", {"unit_of_measurement": "m", "device_class": "distance"}, 25),
        ({"unit": "books"}, "25", {"unit_of_measurement": "m", "device_class": "distance"}, 25),
        ({"kind": "boolean", "target": True, "baseline": None}, "on", {}, True),
        ({"kind": "boolean", "target": True, "baseline": None}, "off", {}, False),
        ({"kind": "boolean", "target": True, "baseline": None}, "maybe", {}, None),
        ({"kind": "checklist", "items": ["Buy"]}, "1", {}, None),
        ({}, "unavailable", {}, None),
        # Home Assistant knows both units, whether or not there is a device class.
        ({"unit": "km"}, "25000", {"unit_of_measurement": "m"}, 25),
        ({"unit": "kcal"}, "418.4", {"unit_of_measurement": "kJ"}, 100),
        ({"unit": "lbs"}, "10", {"unit_of_measurement": "kg"}, 22.046226218),
        ({"unit": "W"}, "2", {"unit_of_measurement": "kW"}, 2000),
        ({"unit": "kroki"}, "25", {"unit_of_measurement": "steps"}, 25),
        ({"unit": "°F"}, "10", {"unit_of_measurement": "°C"}, 50),
        (
            {"unit": "°F"},
            "10",
            {"unit_of_measurement": "°C", "device_class": "temperature_delta"},
            18,
        ),
        ({}, "1_0", {}, None),
        ({}, "nan", {}, None),
        ({}, "1e300", {}, None),
    ],
)
async def test_what_is_read_from_a_state(
    hass: HomeAssistant,
    key_result: dict[str, object],
    state: str,
    attributes: dict[str, str],
    expected: float | None,
) -> None:
    hass.states.async_set(METER, state, attributes)
    entry = await set_up(hass, **key_result)
    assert followed(entry).current == expected


async def test_only_goals_that_changed_are_looked_at(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = await set_up(hass)
    looks: list[str] = []
    look = GoalSources._entities_of

    def counted(self: GoalSources, goal: Goal | None) -> frozenset[str]:
        looks.append(goal.goal_code if goal else "")
        return look(self, goal)

    monkeypatch.setattr(GoalSources, "_entities_of", counted)
    registry = runtime(entry).registry
    await asyncio.gather(
        *(
            registry.async_create(KIND, {"goal_code": f"X{number}", "name": "x"})
            for number in range(20)
        )
    )
    await hass.async_block_till_done()
    assert sorted(looks) == sorted(f"X{number}" for number in range(20))


async def test_changes_are_followed_but_not_each_saved(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    hass.states.async_set(METER, "10")
    entry = await set_up(hass)
    saves = runtime(entry).registry.seq
    for value in range(11, 31):
        hass.states.async_set(METER, str(value))
        await hass.async_block_till_done()
    await pass_time(hass, freezer)
    assert followed(entry).current == 30
    assert runtime(entry).registry.seq <= saves + 2


async def test_goals_that_follow_an_entity_share_a_save(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    hass.states.async_set(METER, "10")
    entry = await set_up(hass)
    first = {"name": "Distance", "baseline": 0, "target": 100, "source": {"entity_id": METER}}
    for number in range(10):
        document = {"goal_code": f"X{number}", "name": "Run", "progress_metrics": [first]}
        await runtime(entry).registry.async_create(KIND, document)
    await pass_time(hass, freezer)
    saves = runtime(entry).registry.seq
    hass.states.async_set(METER, "20")
    await pass_time(hass, freezer)
    read = runtime(entry).registry.goals.values()
    assert [each.progress_metrics[0].current for each in read] == [20] * 11
    assert runtime(entry).registry.seq == saves + 1


async def test_a_disk_that_refuses_ends_nothing(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, caplog: pytest.LogCaptureFixture
) -> None:
    hass.states.async_set(METER, "10")
    entry = await set_up(hass)
    with no_space():
        hass.states.async_set(METER, "20")
        await pass_time(hass, freezer)
    assert followed(entry).current == 10
    # What a task raised is told when nobody can ask for it any more.
    gc.collect()
    assert "Task exception was never retrieved" not in caplog.text
    hass.states.async_set(METER, "30")
    await pass_time(hass, freezer)
    assert followed(entry).current == 30


async def test_the_same_value_again_changes_nothing(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    hass.states.async_set(METER, "10")
    entry = await set_up(hass)
    before = goal(entry)
    hass.states.async_set(METER, "10", {"icon": "mdi:run"})
    await pass_time(hass, freezer)
    assert goal(entry) is before


async def test_a_renamed_entity_is_followed(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, freezer: FrozenDateTimeFactory
) -> None:
    meter = entity_registry.async_get_or_create("sensor", "acme", "1", suggested_object_id="meter")
    hass.states.async_set(METER, "10")
    entry = await set_up(hass, source={"entity_id": meter.id})
    assert followed(entry).current == 10
    entity_registry.async_update_entity(METER, new_entity_id="sensor.other")
    hass.states.async_set("sensor.other", "20")
    await pass_time(hass, freezer)
    assert followed(entry).current == 20


async def test_a_key_result_that_is_bound_later_takes_the_present_state(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    hass.states.async_set("sensor.second", "40")
    entry = await set_up(hass, source={"entity_id": "sensor.second"})
    metrics = [
        {"name": "Distance", "baseline": 0, "target": 100, "source": {"entity_id": METER}},
    ]
    hass.states.async_set(METER, "60")
    await runtime(entry).registry.async_update(KIND, GOAL_ID, {"progress_metrics": metrics})
    await pass_time(hass, freezer)
    assert followed(entry).current == 60


async def test_a_goal_does_not_follow_itself(
    hass: HomeAssistant, entity_registry: er.EntityRegistry
) -> None:
    own = entity_registry.async_get_or_create("sensor", "digital_twin", f"{GOAL_ID}-progress")
    hass.states.async_set(own.entity_id, "50")
    entry = await set_up(hass, source={"entity_id": own.id})
    assert followed(entry).current is None


async def test_nothing_is_read_before_home_assistant_has_started(hass: HomeAssistant) -> None:
    hass.set_state(CoreState.starting)
    hass.states.async_set(METER, "10")
    entry = await set_up(hass)
    assert followed(entry).current is None
    hass.set_state(CoreState.running)
    hass.bus.async_fire("homeassistant_started")
    await hass.async_block_till_done()
    assert followed(entry).current == 10


async def test_a_deleted_goal_is_no_longer_read(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    hass.states.async_set(METER, "10")
    entry = await set_up(hass)
    hass.states.async_set(METER, "20")
    await runtime(entry).registry.async_delete(KIND, GOAL_ID)
    await pass_time(hass, freezer)
    assert not runtime(entry).registry.goals
    hass.states.async_set(METER, "30")
    await pass_time(hass, freezer)


async def test_an_unloaded_entry_follows_nothing(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    hass.states.async_set(METER, "10")
    entry = await set_up(hass)
    registry = runtime(entry).registry
    await hass.config_entries.async_unload(entry.entry_id)
    saves = registry.seq
    hass.states.async_set(METER, "30")
    await pass_time(hass, freezer)
    assert registry.seq == saves
