"""What the entities of a person tell about their health, and to whom they tell nothing."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import Recorder, get_instance
from homeassistant.components.recorder.db_schema import (
    States,
    StatesMeta,
    StatisticsMeta,
    StatisticsShortTerm,
)
from homeassistant.components.recorder.models import (
    StatisticData,
    StatisticMeanType,
    StatisticMetaData,
)
from homeassistant.components.recorder.statistics import (
    async_import_statistics,
    list_statistic_ids,
    statistics_during_period,
)
from homeassistant.components.recorder.util import session_scope
from homeassistant.const import (
    ATTR_FRIENDLY_NAME,
    ATTR_UNIT_OF_MEASUREMENT,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import Entity
from homeassistant.util.unit_system import US_CUSTOMARY_SYSTEM
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_recorder_block_till_done,
    async_trigger_db_commit,
    async_wait_recording_done,
    do_adhoc_statistics,
)

from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.engine.health.statistics import (
    StatisticsExporter,
    async_clear_statistics,
    statistic_id,
)
from custom_components.digital_twin.surfaces.person_sensors import DERIVED
from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.metrics.household_metrics import METRICS, define_metric
from custom_components.digital_twin.twin.metrics.readings import Reading

from .common import (
    ANNA,
    JAN,
    async_capture_writes,
    async_delete_twin,
    async_patch_twin,
    async_restore_twin,
    async_setup_twin,
    runtime,
    shown,
)

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
FACTS = {
    "date_of_birth": "1990-11-21",
    "gender": "female",
    "activity_level": "light",
    "health_metrics": {"weight": 70, "height": 175},
}
GRIP = {"key": "grip", "name": "Grip strength", "unit": "kg", "minimum": 0, "maximum": 150}
UNUSUAL = "binary_sensor.anna_unusual_reading"


@pytest.fixture(autouse=True)
async def _frozen(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    await hass.config.async_set_time_zone("UTC")
    freezer.move_to(NOW)


async def _anna(hass: HomeAssistant, **fields: object) -> MockConfigEntry:
    return await async_setup_twin(hass, persons={ANNA: {"name": "Anna", **fields}})


async def _record(
    hass: HomeAssistant, entry: MockConfigEntry, *, days_ago: float = 0, **values: float
) -> None:
    registry = runtime(entry).registry
    readings = [
        (
            key,
            Reading(
                value=float(value),
                unit=registry.catalogue[key].unit,
                measured_at=NOW - timedelta(days=days_ago),
                source="watch",
            ),
        )
        for key, value in values.items()
    ]
    await registry.async_record(ANNA, readings)
    await hass.async_block_till_done()


async def _days(hass: HomeAssistant, entry: MockConfigEntry, days: int, **values: float) -> None:
    """Record values of the days before today that differ a little."""
    for day in range(days, 0, -1):
        wobble = {key: value + day % 3 for key, value in values.items()}
        await _record(hass, entry, days_ago=day, **wobble)


def _of_health(registry: er.EntityRegistry, hass: HomeAssistant) -> set[str]:
    """Return all entities of Anna, in the registry and in the states."""
    found = {
        entry.entity_id for entry in registry.entities.values() if entry.platform == DOMAIN
    } | set(hass.states.async_entity_ids())
    return {entity_id for entity_id in found if ".anna_" in entity_id}


async def test_a_daily_total_shows_the_present_day_only(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    entry = await _anna(hass)
    await _record(hass, entry, steps=4000)
    state = shown(hass, "sensor.anna_steps")
    assert (state.state, state.attributes["fresh"]) == ("4000.0", True)
    freezer.move_to(NOW + timedelta(hours=12, seconds=1))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    state = shown(hass, "sensor.anna_steps")
    assert (state.state, state.attributes["fresh"]) == (STATE_UNKNOWN, False)
    assert state.attributes["mean_7_days"] == 4000


async def test_a_metric_has_its_daily_statistics_and_no_others(
    recorder_mock: Recorder, hass: HomeAssistant
) -> None:
    entry = await _anna(hass, **FACTS)
    for days_ago in (3, 2, 0):
        await _record(hass, entry, days_ago=days_ago, steps=300 + days_ago, weight=70)
    for key in ("steps", "weight"):
        assert "state_class" not in shown(hass, f"sensor.anna_{key}").attributes
    began = shown(hass, "sensor.anna_steps").attributes["last_reset"]
    assert began == "2026-11-20T00:00:00+00:00"
    await async_wait_recording_done(hass)
    do_adhoc_statistics(hass, start=NOW)
    await async_wait_recording_done(hass)
    found = await _of_recorder(hass, lambda: list_statistic_ids(hass))
    listed = {known["statistic_id"] for known in found}
    assert {key for key in listed if "steps" in key or "weight" in key} == {
        statistic_id(ANNA, "steps"),
        statistic_id(ANNA, "weight"),
    }
    # What is derived has no daily history, and so the statistics of its sensor.
    assert "sensor.anna_body_mass_index" in listed
    assert await _daily(hass, "steps") == {17: 303, 18: 302}


async def _of_recorder[T](hass: HomeAssistant, read: Callable[[], T]) -> T:
    """Read from the recorder, which holds the only connection as long as events come in."""
    await async_wait_recording_done(hass)
    reading = asyncio.ensure_future(get_instance(hass).async_add_executor_job(read))
    while not reading.done():
        # Without something to write a commit does nothing, and the connection stays taken.
        hass.bus.async_fire("test_commit")
        async_trigger_db_commit(hass)
        await async_recorder_block_till_done(hass)
    return reading.result()


async def _daily(hass: HomeAssistant, metric: str) -> dict[int, float | None]:
    """Return the means by day of the month."""
    key = statistic_id(ANNA, metric)
    found = await _of_recorder(
        hass,
        lambda: statistics_during_period(
            hass, NOW - timedelta(days=30), None, {key}, "day", None, {"mean", "min", "max"}
        ),
    )
    rows = found.get(key, [])
    assert all(row["mean"] == row["min"] == row["max"] for row in rows)
    return {datetime.fromtimestamp(row["start"], UTC).day: row["mean"] for row in rows}


async def test_the_statistics_that_older_versions_compiled_go_and_no_day_is_lost(
    recorder_mock: Recorder, hass: HomeAssistant
) -> None:
    entry = await _anna(hass, **FACTS)
    for days_ago in (2, 3, 4):
        await _record(hass, entry, weight=70 + days_ago, days_ago=days_ago)
    # As if these days had not been written yet.
    await async_clear_statistics(hass)
    await async_wait_recording_done(hass)
    for key in ("weight", "body_mass_index"):
        meta = StatisticMetaData(
            mean_type=StatisticMeanType.ARITHMETIC,
            has_sum=False,
            name=None,
            source="recorder",
            statistic_id=f"sensor.anna_{key}",
            unit_class=None,
            unit_of_measurement=shown(hass, f"sensor.anna_{key}").attributes["unit_of_measurement"],
        )
        rows = [StatisticData(start=NOW - timedelta(days=2), mean=72, min=72, max=72)]
        async_import_statistics(hass, meta, rows)
    await async_wait_recording_done(hass)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert await _daily(hass, "weight") == {16: 74, 17: 73, 18: 72}
    found = await _of_recorder(hass, lambda: list_statistic_ids(hass))
    listed = {known["statistic_id"] for known in found}
    assert "sensor.anna_weight" not in listed
    assert "sensor.anna_body_mass_index" in listed


async def test_the_highest_source_of_a_daily_total_is_named(hass: HomeAssistant) -> None:
    entry = await _anna(hass)
    for source, steps in (("phone", 3900), ("watch", 4000), ("phone", 3950)):
        reading = Reading(
            value=float(steps), unit="steps", measured_at=NOW, source=source, running=True
        )
        await runtime(entry).registry.async_record(ANNA, [("steps", reading)])
    await hass.async_block_till_done()
    state = shown(hass, "sensor.anna_steps")
    assert (state.state, state.attributes["source"]) == ("4000.0", "watch")


async def test_a_level_that_is_old_says_so_and_stays(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    entry = await _anna(hass)
    await _record(hass, entry, weight=70, heart_rate=60)
    freezer.move_to(NOW + timedelta(days=3))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    for metric, fresh in (("weight", True), ("heart_rate", False)):
        state = shown(hass, f"sensor.anna_{metric}")
        assert state.attributes["fresh"] is fresh
        assert state.state != STATE_UNKNOWN


async def test_mean_and_trend_are_in_the_unit_of_the_state(hass: HomeAssistant) -> None:
    hass.config.units = US_CUSTOMARY_SYSTEM
    entry = await _anna(hass)
    for day in range(14, -1, -1):
        await _record(hass, entry, days_ago=day, weight=80 - day, body_temperature=36 + day / 7)
    weight = shown(hass, "sensor.anna_weight").attributes
    assert weight[ATTR_UNIT_OF_MEASUREMENT] == "lb"
    assert weight["mean_7_days"] == pytest.approx(77 * 2.20462, abs=0.01)
    assert weight["trend_per_week"] == pytest.approx(7 * 2.20462, abs=0.01)
    temperature = shown(hass, "sensor.anna_body_temperature").attributes
    assert temperature[ATTR_UNIT_OF_MEASUREMENT] == "°F"
    assert temperature["mean_7_days"] == pytest.approx((36 + 3 / 7) * 1.8 + 32, abs=0.01)
    # A difference of temperatures begins at no zero.
    assert temperature["trend_per_week"] == pytest.approx(-1.8, abs=0.01)


async def test_a_late_reading_moves_the_mean_and_not_the_value(hass: HomeAssistant) -> None:
    entry = await _anna(hass)
    await _record(hass, entry, weight=70)
    await _record(hass, entry, days_ago=2, weight=72)
    state = shown(hass, "sensor.anna_weight")
    assert (state.state, state.attributes["mean_7_days"]) == ("70.0", 71.0)


async def test_readiness_comes_with_its_inputs_and_tells_its_parts(hass: HomeAssistant) -> None:
    entry = await _anna(hass)
    await _record(hass, entry, sleep_score=80, heart_rate_variability=50)
    assert hass.states.get("sensor.anna_readiness") is None
    await _record(hass, entry, resting_heart_rate=55)
    state = shown(hass, "sensor.anna_readiness")
    assert state.state == STATE_UNKNOWN
    assert state.attributes["missing"] == ["heart_rate_variability", "resting_heart_rate"]
    assert state.attributes["sleep_score_part"] == 80
    assert state.attributes["resting_heart_rate_part"] is None
    await _days(hass, entry, 20, heart_rate_variability=49, resting_heart_rate=54)
    state = shown(hass, "sensor.anna_readiness")
    assert float(state.state) == pytest.approx(77, abs=1)
    assert state.attributes["missing"] == []
    assert state.attributes["heart_rate_variability_part"] == 75
    assert state.state_info is not None
    assert {"missing", "sleep_score_part"} <= state.state_info["unrecorded_attributes"]


async def test_derived_values_come_with_their_inputs(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Entity, "entity_registry_enabled_default", True)
    entry = await _anna(hass, **FACTS)
    values = {
        description.key: float(shown(hass, f"sensor.anna_{name}").state)
        for description, name in zip(
            DERIVED,
            ("age", "body_mass_index", "basal_metabolic_rate", "daily_energy_need"),
            strict=True,
        )
    }
    assert values == {"age": 35, "bmi": 22.9, "bmr": 1458, "daily_energy_need": 2005}
    freezer.move_to(NOW + timedelta(days=1))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert shown(hass, "sensor.anna_age").state == "36"
    assert shown(hass, "sensor.anna_basal_metabolic_rate").state == "1453"
    await async_patch_twin(hass, entry, "person", ANNA, activity_level=None)
    assert shown(hass, "sensor.anna_daily_energy_need").state == STATE_UNAVAILABLE
    await async_patch_twin(hass, entry, "person", ANNA, activity_level="active")
    assert shown(hass, "sensor.anna_daily_energy_need").state == "2506"


async def test_what_is_noise_is_switched_off_at_first(
    hass: HomeAssistant, entity_registry: er.EntityRegistry
) -> None:
    await _anna(hass, **FACTS)
    disabled = {entry.entity_id for entry in entity_registry.entities.values() if entry.disabled_by}
    assert disabled == {
        "event.home_device_status",
        "sensor.anna_age",
        "sensor.anna_basal_metabolic_rate",
    }


async def test_without_facts_nothing_is_derived(hass: HomeAssistant) -> None:
    await _anna(hass)
    assert (
        set(hass.states.async_entity_ids())
        & {
            "sensor.anna_body_mass_index",
            "sensor.anna_daily_energy_need",
            UNUSUAL,
        }
        == set()
    )


async def test_an_unusual_value_is_a_problem(hass: HomeAssistant) -> None:
    entry = await _anna(hass)
    await _record(hass, entry, mood=7)
    assert shown(hass, UNUSUAL).state == STATE_UNKNOWN
    await _days(hass, entry, 20, resting_heart_rate=54, weight=70)
    state = shown(hass, UNUSUAL)
    assert (state.state, state.attributes["metrics"]) == ("off", [])
    await _record(hass, entry, resting_heart_rate=90)
    state = shown(hass, UNUSUAL)
    assert state.state == "on"
    assert state.attributes["metrics"] == [{"metric": "resting_heart_rate", "direction": "high"}]
    assert state.state_info is not None
    assert "metrics" in state.state_info["unrecorded_attributes"]
    await async_patch_twin(hass, entry, "person", ANNA, health_metrics={"resting_heart_rate": None})
    assert shown(hass, UNUSUAL).state == "off"


async def test_health_values_are_no_entities_for_whom_keeps_them_private(
    hass: HomeAssistant, entity_registry: er.EntityRegistry
) -> None:
    await _anna(hass, health_entities=False, **FACTS)
    assert _of_health(entity_registry, hass) == {
        "select.anna_activity_level",
        "sensor.anna_goals_progress",
        "sensor.anna_next_step",
        "todo.anna_today",
    }


async def test_the_switch_takes_and_gives_entities_without_a_reload(
    hass: HomeAssistant, entity_registry: er.EntityRegistry
) -> None:
    entry = await async_setup_twin(
        hass,
        persons={
            ANNA: {"name": "Anna", **FACTS},
            JAN: {"name": "Jan", "health_metrics": {"weight": 80}},
        },
    )
    runtime(entry).registry.async_set_household_metrics([define_metric(GRIP)])
    await _record(
        hass,
        entry,
        grip=40,
        sleep_score=80,
        heart_rate_variability=50,
        resting_heart_rate=55,
    )
    loaded, before = entry.runtime_data, _of_health(entity_registry, hass)
    assert {
        "sensor.anna_weight",
        "sensor.anna_age",
        "sensor.anna_readiness",
        "sensor.anna_grip_strength",
        UNUSUAL,
    } <= before
    await async_patch_twin(hass, entry, "person", ANNA, health_entities=False)
    assert _of_health(entity_registry, hass) == {
        "select.anna_activity_level",
        "sensor.anna_goals_progress",
        "sensor.anna_next_step",
        "todo.anna_today",
    }
    assert shown(hass, "sensor.jan_weight").state == "80.0"
    writes = async_capture_writes(hass)
    await _record(hass, entry, weight=71, mood=7)
    assert writes == []
    await async_patch_twin(hass, entry, "person", ANNA, health_entities=True)
    assert _of_health(entity_registry, hass) == {*before, "sensor.anna_mood"}
    assert shown(hass, "sensor.anna_weight").state == "71.0"
    assert entry.runtime_data is loaded


@pytest.mark.parametrize("way", ["privacy", "deletion"])
async def test_entities_come_back_under_the_ids_that_people_gave_them(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, way: str
) -> None:
    entry = await _anna(hass)
    await _days(hass, entry, 20, weight=70)
    await _record(hass, entry, weight=71)
    for old, new in (("sensor.anna_weight", "sensor.mine"), (UNUSUAL, "binary_sensor.strange")):
        entity_registry.async_update_entity(old, new_entity_id=new)
    await hass.async_block_till_done()
    before = {key: shown(hass, key) for key in ("sensor.mine", "binary_sensor.strange")}
    if way == "privacy":
        for shows in (False, True):
            await async_patch_twin(hass, entry, "person", ANNA, health_entities=shows)
            assert (hass.states.get("sensor.mine") is not None) is shows
    else:
        await async_delete_twin(hass, entry, "person", ANNA)
        assert hass.states.get("sensor.mine") is None
        assert await hass.config_entries.async_reload(entry.entry_id)
        await async_restore_twin(hass, entry, "person", ANNA)
    for key, state in before.items():
        assert shown(hass, key).state == state.state
        assert shown(hass, key).attributes == state.attributes
    assert hass.states.get("sensor.anna_weight") is None


async def test_what_became_private_while_nothing_ran_is_deleted_at_the_start(
    hass: HomeAssistant, hass_storage: dict[str, Any], entity_registry: er.EntityRegistry
) -> None:
    entry = await _anna(hass, **FACTS)
    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    assert entity_registry.async_get("sensor.anna_weight") is not None
    hass_storage["digital_twin.persons"]["data"]["records"][0]["health_entities"] = False
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert _of_health(entity_registry, hass) == {
        "select.anna_activity_level",
        "sensor.anna_goals_progress",
        "sensor.anna_next_step",
        "todo.anna_today",
    }


async def _set_metrics(
    hass: HomeAssistant, entry: MockConfigEntry, *documents: Mapping[str, object]
) -> None:
    hass.config_entries.async_update_entry(entry, options={METRICS: list(documents)})
    await hass.async_block_till_done()


async def test_a_household_metric_has_a_sensor_of_its_name(
    hass: HomeAssistant, entity_registry: er.EntityRegistry
) -> None:
    entry = await _anna(hass)
    await _set_metrics(hass, entry, GRIP)
    assert hass.states.get("sensor.anna_grip_strength") is None
    await _record(hass, entry, grip=40)
    state = shown(hass, "sensor.anna_grip_strength")
    assert state.attributes[ATTR_FRIENDLY_NAME] == "Anna Grip strength"
    assert state.attributes[ATTR_UNIT_OF_MEASUREMENT] == "kg"
    assert "state_class" not in state.attributes
    await _set_metrics(hass, entry, {**GRIP, "name": "Hand grip"})
    state = shown(hass, "sensor.anna_grip_strength")
    assert state.attributes[ATTR_FRIENDLY_NAME] == "Anna Hand grip"
    await _set_metrics(hass, entry)
    assert hass.states.get("sensor.anna_grip_strength") is None
    assert entity_registry.async_get("sensor.anna_grip_strength") is None


async def test_a_household_metric_may_be_called_like_another_sensor(hass: HomeAssistant) -> None:
    entry = await _anna(hass, **FACTS)
    await _set_metrics(
        hass,
        entry,
        {**GRIP, "key": "bmi", "name": "My index"},
        {**GRIP, "key": "goals_progress", "name": "My steps", "kind": "daily_total"},
    )
    await _record(hass, entry, bmi=40, goals_progress=7)
    assert shown(hass, "sensor.anna_body_mass_index").state == "22.9"
    assert shown(hass, "sensor.anna_my_index").state == "40.0"
    assert "last_reset" in shown(hass, "sensor.anna_my_steps").attributes


async def test_a_reading_writes_the_metric_and_what_follows_from_it(hass: HomeAssistant) -> None:
    entry = await _anna(hass, **FACTS)
    await _record(hass, entry, mood=7)
    writes = async_capture_writes(hass)
    await _record(hass, entry, weight=72)
    assert sorted(writes) == [
        "sensor.anna_body_mass_index",
        "sensor.anna_daily_energy_need",
        "sensor.anna_weight",
    ]


async def test_every_metric_of_the_catalogue_is_private_when_asked(
    hass: HomeAssistant, entity_registry: er.EntityRegistry
) -> None:
    entry = await _anna(hass)
    await _record(
        hass,
        entry,
        **{key: (each.minimum + each.maximum) / 2 for key, each in CATALOGUE.items()},
    )
    assert len(_of_health(entity_registry, hass)) > len(CATALOGUE)
    await async_patch_twin(hass, entry, "person", ANNA, health_entities=False)
    assert _of_health(entity_registry, hass) == {
        "select.anna_activity_level",
        "sensor.anna_goals_progress",
        "sensor.anna_next_step",
        "todo.anna_today",
    }


async def _recorded(hass: HomeAssistant) -> tuple[set[str], set[str]]:
    """Return the entities with recorded values, and the statistics."""

    def read() -> tuple[set[str], set[str]]:
        with session_scope(hass=hass, read_only=True) as session:
            states = (
                session.query(StatesMeta.entity_id)
                .join(States, States.metadata_id == StatesMeta.metadata_id)
                .filter(States.state.not_in([STATE_UNAVAILABLE, STATE_UNKNOWN, ""]))
            )
            rows = session.query(StatisticsMeta.statistic_id)
            short = session.query(StatisticsShortTerm.id).count()
            named = {each for (each,) in rows}
            return {each for (each,) in states}, named if short or named else set()

    states, statistics = await _of_recorder(hass, read)
    return (
        {each for each in states if ".anna_" in each},
        {each for each in statistics if ".anna_" in each or each.startswith(f"{DOMAIN}:")},
    )


async def _with_history(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> MockConfigEntry:
    """Set up Anna with recorded states, and short- and long-term statistics of every kind."""
    entry = await _anna(hass, **FACTS)
    for weight in (70, 71):
        await _record(hass, entry, weight=weight, heart_rate=weight, days_ago=0)
    await _record(hass, entry, weight=72, days_ago=2)
    await async_wait_recording_done(hass)
    do_adhoc_statistics(hass, start=NOW)
    states, statistics = await _recorded(hass)
    assert {"sensor.anna_weight", "sensor.anna_height"} <= states
    assert {"sensor.anna_body_mass_index", statistic_id(ANNA, "weight")} <= statistics
    freezer.tick(1)
    return entry


# 30 days would let weeks of the recorder's own work fall due.
KEPT = "custom_components.digital_twin.engine.core.store.KEPT_AFTER_DELETE"
# How active somebody is was never measured, and goals are no health values. Of the list of today
# the number of items is recorded, which the readiness does not change, only their order.
NOT_OF_HEALTH = {
    "select.anna_activity_level",
    "sensor.anna_goals_progress",
    "todo.anna_today",
}
# At a start it is recorded anew, by then without the readiness.
ANEW = {"sensor.anna_next_step"}


@pytest.mark.parametrize("how", ["switched off", "removed"])
async def test_nothing_recorded_stays_of_health_values_that_became_private(
    recorder_mock: Recorder, hass: HomeAssistant, freezer: FrozenDateTimeFactory, how: str
) -> None:
    entry = await _with_history(hass, freezer)
    if how == "removed":
        await hass.config_entries.async_remove(entry.entry_id)
    else:
        await async_patch_twin(hass, entry, "person", ANNA, health_entities=False)
    await hass.async_block_till_done(wait_background_tasks=True)
    states, statistics = await _recorded(hass)
    assert (states - NOT_OF_HEALTH, statistics) == (set(), set())


@pytest.mark.parametrize("way", ["registry", "subentry"])
async def test_what_the_recorder_kept_of_a_deleted_person_goes_at_once(
    recorder_mock: Recorder, hass: HomeAssistant, freezer: FrozenDateTimeFactory, way: str
) -> None:
    entry = await _with_history(hass, freezer)
    before = await _daily(hass, "weight")
    if way == "registry":
        await async_delete_twin(hass, entry, "person", ANNA)
    else:
        (subentry,) = [each for each in entry.subentries.values() if each.unique_id == ANNA]
        assert hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    states, statistics = await _recorded(hass)
    # The daily statistics stay as long as the person can be brought back.
    assert (states - NOT_OF_HEALTH, statistics) == (set(), {statistic_id(ANNA, "weight")})
    await async_restore_twin(hass, entry, "person", ANNA)
    assert await _daily(hass, "weight") == before
    assert shown(hass, "sensor.anna_weight").state == "71.0"
    freezer.tick(1)
    await async_delete_twin(hass, entry, "person", ANNA)
    freezer.tick(2)
    with patch(KEPT, timedelta(seconds=1)):
        assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    states, statistics = await _recorded(hass)
    assert (states - NOT_OF_HEALTH, statistics) == (set(), set())


@pytest.mark.parametrize("how", ["switched off", "deleted", "expired"])
async def test_what_a_crash_kept_from_being_deleted_is_deleted_at_the_next_start(
    recorder_mock: Recorder, hass: HomeAssistant, freezer: FrozenDateTimeFactory, how: str
) -> None:
    entry = await _with_history(hass, freezer)
    if how == "expired":
        await async_delete_twin(hass, entry, "person", ANNA)
    before = await _recorded(hass)
    # The process is killed as soon as the change is on disk.
    with (
        patch.object(StatisticsExporter, "_start", lambda _exporter, work: work.close()),
        patch.object(StatisticsExporter, "_async_started"),
    ):
        if how == "switched off":
            await async_patch_twin(hass, entry, "person", ANNA, health_entities=False)
        elif how == "deleted":
            await async_delete_twin(hass, entry, "person", ANNA)
        else:
            freezer.tick(2)
            with patch(KEPT, timedelta(seconds=1)):
                assert await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
        assert await _recorded(hass) == before
        assert await hass.config_entries.async_unload(entry.entry_id)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    states, statistics = await _recorded(hass)
    kept = {statistic_id(ANNA, "weight")} if how == "deleted" else set()
    assert (states - NOT_OF_HEALTH - ANEW, statistics) == (set(), kept)


async def test_the_history_of_another_entity_with_the_id_of_a_removed_one_stays(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    entity_registry: er.EntityRegistry,
) -> None:
    entry = await _with_history(hass, freezer)
    await async_patch_twin(hass, entry, "person", ANNA, health_entities=False)
    await hass.async_block_till_done(wait_background_tasks=True)
    of_others = entity_registry.async_get_or_create(
        "sensor", "scale", "1", suggested_object_id="anna_weight"
    )
    assert of_others.entity_id == "sensor.anna_weight"
    for entity_id in ("sensor.anna_weight", "sensor.anna_height"):
        hass.states.async_set(entity_id, "80", {"unit_of_measurement": "kg"})
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    states, _ = await _recorded(hass)
    assert states - NOT_OF_HEALTH - ANEW == {"sensor.anna_weight", "sensor.anna_height"}


@pytest.mark.parametrize("fate", ["damaged", "missing"])
async def test_nothing_recorded_goes_with_a_record_that_cannot_be_read(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    freezer: FrozenDateTimeFactory,
    fate: str,
) -> None:
    entry = await _with_history(hass, freezer)
    before = await _recorded(hass)
    assert await hass.config_entries.async_unload(entry.entry_id)
    stored = hass_storage["digital_twin.persons"]["data"]
    if fate == "damaged":
        stored["records"][0]["health_metrics"] = 7
    else:
        stored["records"].clear()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert ANNA not in runtime(entry).registry.persons
    assert await _recorded(hass) == before
