"""Who is told what is chosen in rows, one for each metric."""

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.digital_twin.twin.metrics.consent import consent_document
from tests.common import ANNA, async_patch_twin, no_space, runtime

from .forms import LANGUAGES, Result, async_choose, async_open_menu, async_submit, suggested

ROWS = [
    {"metric": "all_metrics", "assistants": "nothing"},
    {"metric": "weight", "household": "band", "assistants": "trend"},
]
CONSENT = {
    "*": {"assistants": "nothing"},
    "weight": {"household": "band", "assistants": "trend"},
}


async def _open(hass: HomeAssistant, entry: MockConfigEntry) -> Result:
    menu = await async_open_menu(hass, entry, "person", ANNA)
    return await async_choose(hass, menu, "consent")


def _stored(entry: MockConfigEntry) -> object:
    return consent_document(runtime(entry).registry.persons[ANNA].consent)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_rows_become_the_consent_and_are_shown_again(
    hass: HomeAssistant, household: MockConfigEntry, language: str
) -> None:
    hass.config.language = language
    form = await _open(hass, household)
    assert suggested(form) == {"consent": []}
    result = await async_submit(hass, form, consent=ROWS)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    assert _stored(household) == CONSENT
    assert suggested(await _open(hass, household)) == {"consent": ROWS}


async def test_a_row_that_is_gone_is_no_consent_any_more(
    hass: HomeAssistant, household: MockConfigEntry
) -> None:
    await async_patch_twin(hass, household, "person", ANNA, consent=CONSENT)
    form = await _open(hass, household)
    await async_submit(hass, form, consent=[{"metric": "weight", "household": "band"}])
    assert _stored(household) == {"weight": {"household": "band"}}
    await async_submit(hass, await _open(hass, household), consent=[{"metric": "mood"}])
    assert _stored(household) == {}


async def test_a_metric_has_one_row(hass: HomeAssistant, household: MockConfigEntry) -> None:
    form = await _open(hass, household)
    rows = [ROWS[1], {"metric": "weight", "api": "nothing"}]
    result = await async_submit(hass, form, consent=rows)
    assert (result["type"], result["errors"]) == (FlowResultType.FORM, {"consent": "duplicate"})
    # Nothing that was chosen is lost.
    assert suggested(result) == {"consent": rows}
    assert _stored(household) == {}


async def test_what_is_not_saved_is_told(hass: HomeAssistant, household: MockConfigEntry) -> None:
    form = await _open(hass, household)
    with no_space():
        result = await async_submit(hass, form, consent=ROWS)
    assert result["errors"] == {"base": "store_failed"}
    assert _stored(household) == {}
