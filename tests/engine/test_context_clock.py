"""Contexts end by themselves, and entities set them by the rules of the options."""

from typing import Any, Final
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.digital_twin.engine.core.feed import Change, Topic
from tests.common import ANNA, HOME_ID, async_patch_twin, async_setup_twin, no_space, runtime

NOW: Final = "2026-03-02T12:00:00+00:00"
CALENDAR: Final = "calendar.family"
SWITCH: Final = "input_boolean.guests"
RULES: Final = [
    {"twin_id": ANNA, "entity": CALENDAR, "state": "trip", "context": "travelling"},
    {"twin_id": ANNA, "entity": CALENDAR, "state": "exam", "context": "exam"},
    {"twin_id": HOME_ID, "entity": SWITCH, "state": "on", "context": "guests"},
]


@pytest.fixture(autouse=True)
async def _now(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(NOW)
    await hass.config.async_update(time_zone="UTC")


@pytest.fixture
async def entry(hass: HomeAssistant) -> MockConfigEntry:
    """Anna and a home, whose contexts a calendar and a switch set; without entities."""
    hass.states.async_set(SWITCH, "off")
    hass.states.async_set(CALENDAR, "off")
    with patch("custom_components.digital_twin.PLATFORMS", ()):
        return await async_setup_twin(
            hass, persons={ANNA: {"name": "Anna"}}, options={"context_rules": RULES}
        )


def _anna(entry: MockConfigEntry) -> tuple[str, Any]:
    anna = runtime(entry).registry.persons[ANNA]
    return anna.context.value, anna.context_until


def _home(entry: MockConfigEntry) -> str:
    return runtime(entry).registry.homes[HOME_ID].context.value


async def _go_to(hass: HomeAssistant, freezer: FrozenDateTimeFactory, moment: str) -> None:
    freezer.move_to(moment)
    async_fire_time_changed(hass)
    await hass.async_block_till_done()


async def _event(hass: HomeAssistant, title: str | None, end: str = "") -> None:
    attributes = {"message": title, "end_time": end} if title else {}
    hass.states.async_set(CALENDAR, "on" if title else "off", attributes)
    await hass.async_block_till_done()


@pytest.mark.parametrize(
    ("until", "before", "after"),
    [
        ("2026-03-05", "2026-03-05T23:59:58+00:00", "2026-03-06T00:00:01+00:00"),
        ("2026-03-02T15:00:00+00:00", "2026-03-02T14:59:58+00:00", "2026-03-02T15:00:01+00:00"),
    ],
)
async def test_a_context_ends_by_itself(  # fixtures and cases
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    entry: MockConfigEntry,
    until: str,
    before: str,
    after: str,
) -> None:
    seen: list[Change] = []
    runtime(entry).feed.subscribe(Topic("person", ANNA, "context"), seen.extend)
    await async_patch_twin(hass, entry, "person", ANNA, context="ill", context_until=until)
    await _go_to(hass, freezer, before)
    assert _anna(entry)[0] == "ill"
    await _go_to(hass, freezer, after)
    assert _anna(entry) == ("usual", None)
    (period,) = runtime(entry).registry.persons[ANNA].past_contexts
    assert str(period.until)[:10] == until[:10]
    assert [change.cause.actor for change in seen] == ["integration"] * 2


async def test_an_end_that_is_moved_or_taken_away_counts(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, entry: MockConfigEntry
) -> None:
    await async_patch_twin(hass, entry, "person", ANNA, context="ill", context_until="2026-03-03")
    await async_patch_twin(hass, entry, "person", ANNA, context_until="2026-03-05")
    await _go_to(hass, freezer, "2026-03-04T12:00:00+00:00")
    assert _anna(entry)[0] == "ill"
    await async_patch_twin(hass, entry, "person", ANNA, context_until=None)
    await _go_to(hass, freezer, "2026-03-09T12:00:00+00:00")
    assert _anna(entry)[0] == "ill"


async def test_the_last_day_of_a_person_ends_where_they_live(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, entry: MockConfigEntry
) -> None:
    await async_patch_twin(hass, entry, "person", ANNA, context="ill", context_until="2026-03-03")
    await async_patch_twin(hass, entry, "person", ANNA, timezone="America/New_York")
    await _go_to(hass, freezer, "2026-03-04T04:59:00+00:00")
    assert _anna(entry)[0] == "ill"
    await _go_to(hass, freezer, "2026-03-04T05:00:01+00:00")
    assert _anna(entry)[0] == "usual"


async def test_a_context_whose_end_passes_while_nothing_runs_ends_at_the_start(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, entry: MockConfigEntry
) -> None:
    await async_patch_twin(
        hass, entry, "home", HOME_ID, context="party", context_until="2026-03-02T23:00:00+00:00"
    )
    assert await hass.config_entries.async_unload(entry.entry_id)
    freezer.move_to("2026-03-04T12:00:00+00:00")
    with patch("custom_components.digital_twin.PLATFORMS", ()):
        assert await hass.config_entries.async_setup(entry.entry_id)
    await _go_to(hass, freezer, "2026-03-04T12:00:02+00:00")
    assert _home(entry) == "usual"
    (period,) = runtime(entry).registry.homes[HOME_ID].past_contexts
    assert str(period.until) == "2026-03-02 23:00:00+00:00"


async def test_a_context_that_runs_survives_a_restart(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await async_patch_twin(hass, entry, "person", ANNA, context="ill", context_until="2026-03-05")
    before = runtime(entry).registry.persons[ANNA]
    with patch("custom_components.digital_twin.PLATFORMS", ()):
        assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert runtime(entry).registry.persons[ANNA] == before


async def test_an_end_that_cannot_be_saved_is_logged_without_a_value(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await async_patch_twin(hass, entry, "person", ANNA, context="ill", context_until="2026-03-03")
    with no_space():
        await _go_to(hass, freezer, "2026-03-04T00:00:01+00:00")
    assert caplog.text.count("A context could not be set: StoreFailedError") == 1
    assert _anna(entry)[0] == "ill"
    await _go_to(hass, freezer, "2026-03-04T00:11:00+00:00")
    assert _anna(entry)[0] == "usual"


async def test_a_switch_sets_a_context_and_ends_it(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    hass.states.async_set(SWITCH, "on")
    await hass.async_block_till_done()
    assert _home(entry) == "guests"
    hass.states.async_set(SWITCH, "unavailable")
    await hass.async_block_till_done()
    assert _home(entry) == "guests"
    hass.states.async_set(SWITCH, "off")
    await hass.async_block_till_done()
    assert _home(entry) == "usual"


async def test_whoever_set_another_context_is_not_overruled(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    hass.states.async_set(SWITCH, "on")
    await hass.async_block_till_done()
    await async_patch_twin(hass, entry, "home", HOME_ID, context="party")
    hass.states.async_set(SWITCH, "on", {"friendly_name": "Guests"})
    await hass.async_block_till_done()
    assert _home(entry) == "party"
    hass.states.async_set(SWITCH, "off")
    await hass.async_block_till_done()
    assert _home(entry) == "party"


async def test_an_event_of_a_calendar_sets_a_context_with_its_end(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, entry: MockConfigEntry
) -> None:
    await _event(hass, "Dentist", "2026-03-02 13:00:00")
    assert _anna(entry)[0] == "usual"
    await _event(hass, "Business TRIP to Gdynia", "2026-03-04 18:00:00")
    context, until = _anna(entry)
    assert (context, str(until)) == ("travelling", "2026-03-04 18:00:00+00:00")
    await _event(hass, "Business TRIP to Gdynia", "2026-03-05 18:00:00")
    assert str(_anna(entry)[1]) == "2026-03-05 18:00:00+00:00"
    await _event(hass, "Exam", "2026-03-06 18:00:00")
    assert _anna(entry)[0] == "exam"
    await _event(hass, None)
    assert _anna(entry)[0] == "usual"


@pytest.mark.parametrize(("own", "expected"), [("usual", "guests"), ("party", "party")])
async def test_at_the_start_a_state_that_holds_begins_a_context_of_the_usual_ones(
    hass: HomeAssistant, entry: MockConfigEntry, own: str, expected: str
) -> None:
    await async_patch_twin(hass, entry, "home", HOME_ID, context=own)
    assert await hass.config_entries.async_unload(entry.entry_id)
    hass.states.async_set(SWITCH, "on")
    with patch("custom_components.digital_twin.PLATFORMS", ()):
        assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert _home(entry) == expected


async def test_changed_rules_count_at_once_and_renamed_entities_are_followed(
    hass: HomeAssistant, entry: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    known = entity_registry.async_get_or_create("binary_sensor", "acme", "visit")
    rule = {"twin_id": HOME_ID, "entity": known.id, "state": "on", "context": "guests"}
    hass.config_entries.async_update_entry(entry, options={"context_rules": [rule, "damaged"]})
    await hass.async_block_till_done()
    hass.states.async_set(SWITCH, "on")
    await hass.async_block_till_done()
    assert _home(entry) == "usual"
    entity_registry.async_update_entity(known.entity_id, new_entity_id="binary_sensor.visitors")
    hass.states.async_set("binary_sensor.visitors", "on")
    await hass.async_block_till_done()
    assert _home(entry) == "guests"


async def test_a_twin_that_was_deleted_gets_no_context(
    hass: HomeAssistant, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    rule = {"twin_id": "gone", "entity": SWITCH, "state": "on", "context": "guests"}
    hass.config_entries.async_update_entry(entry, options={"context_rules": [rule]})
    await hass.async_block_till_done()
    hass.states.async_set(SWITCH, "on")
    await hass.async_block_till_done()
    assert _home(entry) == "usual"
    assert "could not be set" not in caplog.text
