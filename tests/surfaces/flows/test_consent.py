"""Who is told what is chosen for one metric after the other, or for all others at once."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.digital_twin.twin.metrics.consent import consent_document
from tests.common import ANNA, async_patch_twin, no_space, runtime

from .forms import LANGUAGES, Result, async_choose, async_open_menu, async_submit, suggested

ALL = "all_metrics"
CONSENT = {
    "*": {"assistants": "nothing"},
    "weight": {"household": "band", "assistants": "trend"},
}


async def _open(hass: HomeAssistant, entry: MockConfigEntry, metric: str) -> Result:
    menu = await async_open_menu(hass, entry, "person", ANNA)
    return await async_submit(hass, await async_choose(hass, menu, "consent"), metric=metric)


def _stored(entry: MockConfigEntry) -> object:
    return consent_document(runtime(entry).registry.persons[ANNA].consent)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_is_chosen_is_stored_and_shown_again(
    hass: HomeAssistant, household: MockConfigEntry, language: str
) -> None:
    hass.config.language = language
    form = await _open(hass, household, ALL)
    assert suggested(form) == {}
    result = await async_submit(hass, form, assistants="nothing")
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    form = await _open(hass, household, "weight")
    await async_submit(hass, form, household="band", assistants="trend")
    assert _stored(household) == CONSENT
    assert suggested(await _open(hass, household, "weight")) == CONSENT["weight"]
    assert suggested(await _open(hass, household, ALL)) == CONSENT["*"]


async def test_the_list_of_metrics_says_what_is_chosen(
    hass: HomeAssistant, household: MockConfigEntry
) -> None:
    await async_patch_twin(hass, household, "person", ANNA, consent=CONSENT)
    menu = await async_open_menu(hass, household, "person", ANNA)
    form = await async_choose(hass, menu, "consent")
    ((_, selector),) = form["data_schema"].schema.items()
    options: list[dict[str, Any]] = selector.config["options"]
    labels = {each["value"]: each["label"] for each in options}
    assert options[0]["value"] == ALL
    assert labels[ALL] == "All other metrics (Assistants: Nothing)"
    assert labels["weight"] == (
        "Weight (Household: Low, usual or high; Assistants: Rising or falling)"
    )
    assert labels["mood"] == "Mood"


async def test_what_is_emptied_is_no_consent_any_more(
    hass: HomeAssistant, household: MockConfigEntry
) -> None:
    await async_patch_twin(hass, household, "person", ANNA, consent=CONSENT)
    await async_submit(hass, await _open(hass, household, "weight"), assistants=None)
    assert _stored(household) == {**CONSENT, "weight": {"household": "band"}}
    await async_submit(hass, await _open(hass, household, "weight"), household=None)
    await async_submit(hass, await _open(hass, household, ALL), assistants=None)
    assert _stored(household) == {}


async def test_what_is_not_saved_is_told(hass: HomeAssistant, household: MockConfigEntry) -> None:
    form = await _open(hass, household, "weight")
    with no_space():
        result = await async_submit(hass, form, household="band")
    assert result["errors"] == {"base": "store_failed"}
    assert suggested(result) == {"household": "band"}
    assert _stored(household) == {}
