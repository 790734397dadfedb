"""A household adds, changes and removes metrics of its own in the options."""

from collections.abc import Mapping
from typing import Any
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.digital_twin.engine.core.files import StoreFailedError
from custom_components.digital_twin.twin.metrics.household_metrics import METRICS
from custom_components.digital_twin.twin.metrics.readings import Reading
from tests.common import ANNA, async_add_twins, async_patch_twin, runtime

from .forms import assert_texts, filled, suggested

GRIP = {
    "key": "grip",
    "name": "Grip",
    "unit": "kg",
    "kind": "level",
    "minimum": 0.0,
    "maximum": 150.0,
    "precision": 1,
}
NEW = {"name": "Siła uścisku", "unit": "kg", "minimum": 0, "maximum": 150, "precision": 1}

type Result = Mapping[str, Any]


async def _async_choose(hass: HomeAssistant, entry: MockConfigEntry, step: str) -> Result:
    menu = await hass.config_entries.options.async_init(entry.entry_id)
    assert_texts(menu, "options")
    form = await hass.config_entries.options.async_configure(
        menu["flow_id"], {"next_step_id": step}
    )
    assert_texts(form, "options")
    return form


async def _async_submit(hass: HomeAssistant, form: Result, **values: object) -> Result:
    result = await hass.config_entries.options.async_configure(
        form["flow_id"], filled(suggested(form), values)
    )
    await hass.async_block_till_done()
    assert_texts(result, "options")
    return result


@pytest.fixture
async def grip(hass: HomeAssistant, household: MockConfigEntry) -> MockConfigEntry:
    """Give the household a metric."""
    hass.config_entries.async_update_entry(household, options={METRICS: [GRIP], "low_battery": 15})
    await hass.async_block_till_done()
    return household


async def _async_record(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    reading = Reading(value=40.0, unit="kg", measured_at=dt_util.utcnow(), source="hand")
    await runtime(entry).registry.async_record(ANNA, [("grip", reading)])
    await hass.async_block_till_done()


async def test_there_is_nothing_to_change_before_there_is_a_metric(
    hass: HomeAssistant, household: MockConfigEntry
) -> None:
    menu = await hass.config_entries.options.async_init(household.entry_id)
    assert menu["menu_options"] == [
        "thresholds",
        "contexts",
        "context_rules",
        "goals_folder",
        "import_file",
        "add_metric",
    ]


async def test_a_metric_is_added_and_counts_at_once(
    hass: HomeAssistant, household: MockConfigEntry
) -> None:
    before = runtime(household)
    result = await _async_submit(
        hass, await _async_choose(hass, household, "add_metric"), kind="level", **NEW
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    metric = before.registry.catalogue["sila_uscisku"]
    assert (metric.name, metric.unit, metric.maximum, metric.precision) == (
        "Siła uścisku",
        "kg",
        150,
        1,
    )
    assert "lb" in metric.units
    assert runtime(household) is before


async def test_other_options_and_metrics_stay(hass: HomeAssistant, grip: MockConfigEntry) -> None:
    form = await _async_choose(hass, grip, "add_metric")
    await _async_submit(hass, form, kind="daily_total", key="tears", **NEW)
    assert grip.options["low_battery"] == 15
    assert [each["key"] for each in grip.options[METRICS]] == ["grip", "tears"]
    thresholds = await _async_choose(hass, grip, "thresholds")
    await _async_submit(hass, thresholds, low_battery=20)
    assert [each["key"] for each in grip.options[METRICS]] == ["grip", "tears"]


@pytest.mark.parametrize(
    ("bad", "errors", "placeholders"),
    [
        ({"name": " "}, {"name": "required_field"}, {}),
        ({"name": "x" * 256}, {"key": "invalid_key", "name": "too_long"}, {"maximum": "255"}),
        ({"name": "a\nb"}, {"name": "unprintable"}, {}),
        ({"name": "Weight"}, {"key": "duplicate"}, {}),
        ({"name": "Grip"}, {"key": "duplicate"}, {}),
        ({"name": "7 days"}, {"key": "invalid_key"}, {}),
        ({"key": "Grip strength"}, {"key": "invalid_key"}, {}),
        ({"unit": " "}, {"unit": "required_field"}, {}),
        ({"minimum": 5, "maximum": 2}, {"minimum": "range_reversed"}, {}),
        ({"minimum": -5, "kind": "daily_total"}, {"minimum": "below_zero"}, {}),
    ],
)
async def test_what_is_refused_is_shown_and_can_be_mended(
    hass: HomeAssistant,
    grip: MockConfigEntry,
    bad: dict[str, Any],
    errors: dict[str, str],
    placeholders: dict[str, str],
) -> None:
    form = await _async_choose(hass, grip, "add_metric")
    given = {"kind": "level", **NEW, **bad}
    refused = await _async_submit(hass, form, **given)
    assert refused["errors"] == errors
    assert placeholders.items() <= refused["description_placeholders"].items()
    assert suggested(refused) == given
    good = {"kind": "level", **NEW, "key": "strength"}
    result = await _async_submit(hass, refused, **good)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert "strength" in runtime(grip).registry.catalogue


async def test_only_name_and_unit_are_needed_and_nothing_is_preset(
    hass: HomeAssistant, household: MockConfigEntry
) -> None:
    form = await _async_choose(hass, household, "add_metric")
    assert suggested(form) == {}
    refused = await _async_submit(hass, form, name="Energy", kind="level")
    assert refused["errors"] == {"unit": "required_field"}
    result = await _async_submit(hass, refused, unit="points")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    form = await _async_choose(hass, household, "change_metric")
    form = await _async_submit(hass, form, metric="energy")
    assert set(suggested(form)) == {"name", "unit", "kind", "precision"}


async def test_a_metric_without_readings_can_be_changed_in_every_way(
    hass: HomeAssistant, grip: MockConfigEntry
) -> None:
    form = await _async_choose(hass, grip, "change_metric")
    form = await _async_submit(hass, form, metric="grip")
    assert form["step_id"] == "edit_metric"
    assert suggested(form) == {name: part for name, part in GRIP.items() if name != "key"}
    refused = await _async_submit(hass, form, minimum=200)
    assert refused["errors"] == {"minimum": "range_reversed"}
    await _async_submit(hass, refused, unit="N", minimum=0, maximum=1500, precision=None)
    (changed,) = grip.options[METRICS]
    assert changed == {**GRIP, "unit": "N", "maximum": 1500, "precision": 0}


async def test_unit_and_kind_are_fixed_once_there_are_readings(
    hass: HomeAssistant, grip: MockConfigEntry
) -> None:
    await _async_record(hass, grip)
    form = await _async_choose(hass, grip, "change_metric")
    form = await hass.config_entries.options.async_configure(form["flow_id"], {"metric": "grip"})
    assert set(suggested(form)) == {"name", "minimum", "maximum", "precision"}
    values = {**suggested(form), "name": "Hand grip"}
    await hass.config_entries.options.async_configure(form["flow_id"], values)
    await hass.async_block_till_done()
    assert grip.options[METRICS] == [{**GRIP, "name": "Hand grip"}]
    assert runtime(grip).registry.persons[ANNA].health_metrics["grip"].value == 40


async def test_readings_that_came_while_the_form_was_open_fix_it_too(
    hass: HomeAssistant, grip: MockConfigEntry
) -> None:
    form = await _async_choose(hass, grip, "change_metric")
    form = await _async_submit(hass, form, metric="grip")
    await _async_record(hass, grip)
    values = {**suggested(form), "unit": "N"}
    refused = await hass.config_entries.options.async_configure(form["flow_id"], values)
    assert refused["errors"] == {"unit": "metric_in_use"}


async def test_a_metric_without_readings_is_removed(
    hass: HomeAssistant, grip: MockConfigEntry
) -> None:
    form = await _async_choose(hass, grip, "remove_metric")
    await _async_submit(hass, form, metric="grip")
    assert grip.options[METRICS] == []
    assert "grip" not in runtime(grip).registry.catalogue


async def test_a_removed_metric_leaves_the_quick_entries(
    hass: HomeAssistant, grip: MockConfigEntry
) -> None:
    entries = [
        {"name": "Hand", "metrics": {"grip": 40}},
        {"name": "Gym", "metrics": {"grip": 40, "exercise_time": 30}},
    ]
    await async_patch_twin(hass, grip, "person", ANNA, quick_entries=entries)
    form = await _async_choose(hass, grip, "remove_metric")
    await _async_submit(hass, form, metric="grip")
    (gym,) = runtime(grip).registry.persons[ANNA].quick_entries
    assert (gym.name, [*gym.metrics]) == ("Gym", ["exercise_time"])


async def test_readings_and_links_go_with_a_metric_when_that_is_confirmed(
    hass: HomeAssistant, grip: MockConfigEntry
) -> None:
    registry = runtime(grip).registry
    hass.states.async_set("sensor.hand", "40")
    await async_patch_twin(hass, grip, "person", ANNA, metric_sources={"grip": ["sensor.hand"]})
    await _async_record(hass, grip)
    form = await _async_choose(hass, grip, "remove_metric")
    refused = await _async_submit(hass, form, metric="grip")
    assert refused["errors"] == {"confirm": "confirm"}
    assert "grip" in registry.persons[ANNA].health_metrics
    with patch.object(type(registry), "async_update", side_effect=StoreFailedError):
        refused = await _async_submit(hass, refused, confirm=True)
    assert refused["errors"] == {"base": "store_failed"}
    await _async_submit(hass, refused)
    assert grip.options[METRICS] == []
    person = registry.persons[ANNA]
    assert ("grip" in person.health_metrics, "grip" in person.metric_sources) == (False, False)
    assert "grip" not in registry.histories(ANNA)


async def test_a_metric_that_goals_follow_is_not_removed(
    hass: HomeAssistant, grip: MockConfigEntry
) -> None:
    follows = {"name": "Grip", "target": 60, "baseline": 40, "source": {"metric": "grip"}}
    goal = {"goal_code": "G01", "name": "Strong", "owner_person_id": ANNA}
    goal_id = "30000000-0000-4000-8000-000000000001"
    await async_add_twins(hass, grip, "goal", {goal_id: {**goal, "progress_metrics": [follows]}})
    form = await _async_choose(hass, grip, "remove_metric")
    refused = await _async_submit(hass, form, metric="grip", confirm=True)
    assert refused["errors"] == {"metric": "in_use"}
    assert refused["description_placeholders"] == {"users": "Strong"}
    await async_patch_twin(hass, grip, "goal", goal_id, progress_metrics=[])
    result = await _async_submit(hass, refused)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_metric_that_is_gone_ends_the_flow(
    hass: HomeAssistant, grip: MockConfigEntry
) -> None:
    form = await _async_choose(hass, grip, "change_metric")
    hass.config_entries.async_update_entry(grip, options={})
    result = await _async_submit(hass, form, metric="grip")
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "metric_gone")


async def test_the_integration_must_be_running(hass: HomeAssistant, grip: MockConfigEntry) -> None:
    form = await _async_choose(hass, grip, "remove_metric")
    await hass.config_entries.async_unload(grip.entry_id)
    result = await _async_submit(hass, form, metric="grip")
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "entry_not_loaded")
