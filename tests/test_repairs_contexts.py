"""Somebody who looks ill is asked about it in a repair; only the answer sets the context."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.repairs import DOMAIN as REPAIRS, repairs_flow_manager
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.engine.contexts import PROPOSED_CONTEXT
from custom_components.digital_twin.twin.metrics.readings import Reading
from tests.common import (
    ANNA,
    async_delete_twin,
    async_patch_twin,
    async_setup_twin,
    no_space,
    runtime,
)
from tests.surfaces.flows.forms import assert_texts

ISSUE: Final = f"{PROPOSED_CONTEXT}_{ANNA}"
UNITS: Final = {
    "sleep_score": "points",
    "heart_rate_variability": "ms",
    "resting_heart_rate": "bpm",
}
WELL: Final = (80.0, 50.0, 55.0)
UNWELL: Final = (45.0, 30.0, 66.0)

type Result = Mapping[str, Any]


async def _record(entry: MockConfigEntry, values: tuple[float, ...], days_ago: int = 0) -> None:
    at = dt_util.utcnow() - timedelta(days=days_ago)
    batch = [
        (metric, Reading(value=value, unit=unit, measured_at=at, source="watch"))
        for (metric, unit), value in zip(UNITS.items(), values, strict=True)
    ]
    await runtime(entry).registry.async_record(ANNA, batch)


@pytest.fixture
async def entry(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> MockConfigEntry:
    """Anna, who was well for a month and is not for two days."""
    freezer.move_to("2026-03-29T12:00:00+00:00")
    await hass.config.async_update(time_zone="UTC")
    monkeypatch.setattr("custom_components.digital_twin.PLATFORMS", ())
    assert await async_setup_component(hass, REPAIRS, {})
    entry = await async_setup_twin(hass, persons={ANNA: {"name": "Anna"}})
    for days_ago in range(31, 1, -1):
        await _record(entry, tuple(value + days_ago % 3 for value in WELL), days_ago)
    await _record(entry, UNWELL, 1)
    assert _issue(hass) is None
    await _record(entry, UNWELL)
    await hass.async_block_till_done()
    return entry


def _issue(hass: HomeAssistant) -> ir.IssueEntry | None:
    return ir.async_get(hass).async_get_issue(DOMAIN, ISSUE)


async def _open(hass: HomeAssistant, step: str) -> Result:
    manager = repairs_flow_manager(hass)
    assert manager is not None
    menu = await manager.async_init(DOMAIN, context={"issue_id": ISSUE})
    assert_texts(menu, "issues", PROPOSED_CONTEXT, "fix_flow")
    return await _answer(hass, menu, {"next_step_id": step})


async def _answer(hass: HomeAssistant, shown: Result, given: Mapping[str, object]) -> Result:
    manager = repairs_flow_manager(hass)
    assert manager is not None
    result = await manager.async_configure(shown["flow_id"], dict(given))
    await hass.async_block_till_done()
    assert_texts(result, "issues", PROPOSED_CONTEXT, "fix_flow")
    return result


async def test_two_days_are_a_question_and_no_context(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    issue = _issue(hass)
    assert issue is not None
    assert issue.is_fixable
    assert issue.translation_placeholders == {"name": "Anna", "since": "2026-03-28"}
    assert runtime(entry).registry.persons[ANNA].context == "usual"


@pytest.mark.parametrize("until", [None, "2026-04-02"])
async def test_a_yes_sets_the_context_from_the_first_day(
    hass: HomeAssistant, entry: MockConfigEntry, until: str | None
) -> None:
    form = await _open(hass, "ill")
    result = await _answer(hass, form, {"until": until} if until else {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    anna = runtime(entry).registry.persons[ANNA]
    assert (anna.context, str(anna.context_since)) == ("ill", "2026-03-28")
    assert str(anna.context_until) == str(until)
    assert _issue(hass) is None


async def test_an_end_before_the_beginning_can_be_mended(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    form = await _open(hass, "ill")
    again = await _answer(hass, form, {"until": "2026-03-02"})
    assert again["errors"] == {"until": "ends_before_start"}
    done = await _answer(hass, again, {"until": "2026-04-02"})
    assert done["type"] is FlowResultType.CREATE_ENTRY


async def test_a_no_is_remembered_for_this_time_only(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, entry: MockConfigEntry
) -> None:
    assert (await _open(hass, "decline"))["type"] is FlowResultType.CREATE_ENTRY
    assert _issue(hass) is None
    assert runtime(entry).registry.persons[ANNA].context == "usual"
    await _tomorrow(hass, freezer)
    await _record(entry, UNWELL)
    assert _issue(hass) is None
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert _issue(hass) is None
    for values in (WELL, UNWELL, UNWELL):
        await _tomorrow(hass, freezer)
        await _record(entry, values)
    # After three unwell days of a month, the usual is still what it was.
    issue = _issue(hass)
    assert issue is not None
    assert issue.translation_placeholders == {"name": "Anna", "since": "2026-04-01"}


async def _tomorrow(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    freezer.tick(timedelta(days=1))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()


@pytest.mark.parametrize(
    "patch", [{"context": "travelling"}, {"health_entities": False}], ids=["context", "private"]
)
async def test_a_question_that_must_not_be_asked_any_more_goes(
    hass: HomeAssistant, entry: MockConfigEntry, patch: dict[str, object]
) -> None:
    await async_patch_twin(hass, entry, "person", ANNA, **patch)
    assert _issue(hass) is None


async def test_a_question_goes_with_the_days_the_person_and_the_integration(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, entry: MockConfigEntry
) -> None:
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert _issue(hass) is None
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert _issue(hass) is not None
    await _tomorrow(hass, freezer)
    await _tomorrow(hass, freezer)
    assert _issue(hass) is None


@pytest.mark.parametrize("step", ["ill", "decline"])
async def test_an_answer_about_somebody_who_is_gone_says_so(
    hass: HomeAssistant, entry: MockConfigEntry, step: str
) -> None:
    manager = repairs_flow_manager(hass)
    assert manager is not None
    menu = await manager.async_init(DOMAIN, context={"issue_id": ISSUE})
    await async_delete_twin(hass, entry, "person", ANNA)
    result = await _answer(hass, menu, {"next_step_id": step})
    if step == "ill":
        result = await _answer(hass, result, {})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "person_gone")


async def test_an_answer_that_cannot_be_saved_says_so(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    form = await _open(hass, "ill")
    with no_space():
        result = await _answer(hass, form, {})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "store_failed")


@pytest.mark.parametrize("step", ["ill", "decline"])
async def test_an_answer_while_nothing_runs_says_so(
    hass: HomeAssistant, entry: MockConfigEntry, step: str
) -> None:
    manager = repairs_flow_manager(hass)
    assert manager is not None
    menu = await manager.async_init(DOMAIN, context={"issue_id": ISSUE})
    assert await hass.config_entries.async_unload(entry.entry_id)
    result = await _answer(hass, menu, {"next_step_id": step})
    if step == "ill":
        result = await _answer(hass, result, {})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "entry_not_loaded")
