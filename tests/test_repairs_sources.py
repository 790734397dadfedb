"""A repair puts another entity in the place of one that a metric was read from."""

from collections.abc import Mapping
from typing import Any
from unittest.mock import patch

from homeassistant.components.repairs import DOMAIN as REPAIRS, repairs_flow_manager
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.engine.core.files import StoreFailedError
from custom_components.digital_twin.engine.health.linked import LOST_SOURCE
from custom_components.digital_twin.twin.metrics.readings import MetricSource
from tests.common import ANNA, async_patch_twin, async_setup_twin, runtime
from tests.surfaces.flows.forms import assert_texts

type Result = Mapping[str, Any]

SECOND = MetricSource(entity="input_number.weight")


@pytest.fixture
def scale(hass: HomeAssistant) -> str:
    """Make a scale; return the registry id of its weight."""
    entry = er.async_get(hass).async_get_or_create(
        "sensor", "scale", "1", suggested_object_id="scale"
    )
    hass.states.async_set(entry.entity_id, "70", {"unit_of_measurement": "kg"})
    hass.states.async_set(SECOND.entity, "71")
    return entry.id


@pytest.fixture
async def entry(
    hass: HomeAssistant, scale: str, monkeypatch: pytest.MonkeyPatch
) -> MockConfigEntry:
    """A household in which the scale that Anna's weight was read from is gone."""
    monkeypatch.setattr("custom_components.digital_twin.PLATFORMS", ())
    assert await async_setup_component(hass, REPAIRS, {})
    sources = [{"entity": scale, "unit": "lb"}, SECOND.entity]
    entry = await async_setup_twin(
        hass,
        persons={ANNA: {"name": "Anna", "metric_sources": {"weight": sources}}},
    )
    hass.states.async_remove("sensor.scale")
    er.async_get(hass).async_remove("sensor.scale")
    await hass.async_block_till_done()
    return entry


def _issues(hass: HomeAssistant) -> list[ir.IssueEntry]:
    return [
        issue
        for issue in ir.async_get(hass).issues.values()
        if issue.translation_key == LOST_SOURCE
    ]


async def _async_choose(hass: HomeAssistant, step: str) -> Result:
    manager = repairs_flow_manager(hass)
    assert manager is not None
    (issue,) = _issues(hass)
    menu = await manager.async_init(DOMAIN, context={"issue_id": issue.issue_id})
    assert menu["menu_options"] == ["replace", "leave_out"]
    assert menu["description_placeholders"] == issue.translation_placeholders
    assert_texts(menu, "issues", LOST_SOURCE, "fix_flow")
    return await _async_send(hass, menu, {"next_step_id": step})


async def _async_send(hass: HomeAssistant, form: Result, values: dict[str, str]) -> Result:
    manager = repairs_flow_manager(hass)
    assert manager is not None
    result = await manager.async_configure(form["flow_id"], values)
    await hass.async_block_till_done()
    assert_texts(result, "issues", LOST_SOURCE, "fix_flow")
    return result


def _sources(entry: MockConfigEntry) -> tuple[MetricSource, ...]:
    return runtime(entry).registry.persons[ANNA].metric_sources.get("weight", ())


async def test_the_issue_says_what_is_missing_and_no_value(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    (issue,) = _issues(hass)
    assert issue.translation_placeholders is not None
    assert set(issue.translation_placeholders) == {"person", "metric", "entity"}
    assert issue.translation_placeholders["person"] == "Anna"
    assert "70" not in {*issue.translation_placeholders.values()}


async def test_another_entity_takes_the_place_of_the_one_that_is_gone(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    hass.states.async_set("sensor.new_scale", "155")
    form = await _async_choose(hass, "replace")
    result = await _async_send(hass, form, {"entity": "sensor.new_scale"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert _sources(entry) == (MetricSource(entity="sensor.new_scale", unit="lb"), SECOND)
    assert _issues(hass) == []


async def test_it_can_be_left_out(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    result = await _async_choose(hass, "leave_out")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert _sources(entry) == (SECOND,)
    assert _issues(hass) == []


async def test_the_last_one_can_be_left_out(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    only = [source.entity for source in _sources(entry) if source != SECOND]
    await async_patch_twin(hass, entry, "person", ANNA, metric_sources={"weight": only})
    await _async_choose(hass, "leave_out")
    assert runtime(entry).registry.persons[ANNA].metric_sources == {}


@pytest.mark.parametrize(
    ("entity_id", "error"),
    [
        ("sensor.nothing", "not_found"),
        (SECOND.entity, "duplicate"),
        ("sensor.own", "own_entity"),
    ],
)
async def test_what_cannot_take_its_place_is_told_and_can_be_mended(
    hass: HomeAssistant, entry: MockConfigEntry, entity_id: str, error: str
) -> None:
    er.async_get(hass).async_get_or_create("sensor", DOMAIN, "own", suggested_object_id="own")
    hass.states.async_set("sensor.new_scale", "155")
    form = await _async_choose(hass, "replace")
    refused = await _async_send(hass, form, {"entity": entity_id})
    assert refused["errors"] == {"entity": error}
    result = await _async_send(hass, refused, {"entity": "sensor.new_scale"})
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_link_that_is_gone_needs_no_repair(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    hass.states.async_set("sensor.new_scale", "155")
    form = await _async_choose(hass, "replace")
    await async_patch_twin(hass, entry, "person", ANNA, metric_sources={"weight": None})
    result = await _async_send(hass, form, {"entity": "sensor.new_scale"})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "source_gone")
    assert _sources(entry) == ()


@pytest.mark.parametrize("step", ["replace", "leave_out"])
async def test_a_metric_that_is_gone_needs_no_repair(
    hass: HomeAssistant, entry: MockConfigEntry, step: str
) -> None:
    hass.states.async_set("sensor.new_scale", "155")
    with patch.object(runtime(entry).registry, "catalogue", {}):
        result = await _async_choose(hass, step)
        if step == "replace":
            result = await _async_send(hass, result, {"entity": "sensor.new_scale"})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "source_gone")


async def test_a_disk_that_is_full_is_told(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    registry = runtime(entry).registry
    with patch.object(type(registry), "async_update", side_effect=StoreFailedError):
        result = await _async_choose(hass, "leave_out")
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "store_failed")
    assert len(_issues(hass)) == 1


async def test_the_integration_must_be_running(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    manager = repairs_flow_manager(hass)
    assert manager is not None
    (issue,) = _issues(hass)
    menu = await manager.async_init(DOMAIN, context={"issue_id": issue.issue_id})
    await hass.config_entries.async_unload(entry.entry_id)
    result = await _async_send(hass, menu, {"next_step_id": "leave_out"})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "entry_not_loaded")
