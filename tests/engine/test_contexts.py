"""Contexts pause plans, alarms and baselines of what is running, from the moment they are set."""

from datetime import timedelta
from typing import Any, Final
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.translation import async_load_integrations
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.engine.core.feed import EVENTS, Change, Topic
from custom_components.digital_twin.engine.documents import twin_document
from custom_components.digital_twin.engine.health.sources import person_health
from custom_components.digital_twin.surfaces.home_sensors import why_occupancy, why_operational
from custom_components.digital_twin.twin.goals.pace import Pace
from custom_components.digital_twin.twin.metrics.consent import HOUSEHOLD
from custom_components.digital_twin.twin.metrics.person import PERSON
from custom_components.digital_twin.twin.metrics.readings import Reading
from tests.common import (
    ANNA,
    GOAL_ID,
    HOME_ID,
    async_pass,
    async_patch_twin,
    async_setup_twin,
    runtime,
)
from tests.house import House

NOW: Final = "2026-03-02T12:00:00+00:00"
RUN: Final = {
    "goal_code": "G01",
    "name": "Run",
    "owner_person_id": ANNA,
    "status": "Active",
    "start_date": "2026-01-01",
    "target_date": "2026-04-11",
    "progress_metrics": [{"name": "A", "baseline": 0, "target": 100, "current": 30}],
}
OUTAGE: Final = timedelta(minutes=16)
A_DAY: Final = timedelta(days=1)


@pytest.fixture(autouse=True)
async def _now(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(NOW)
    await hass.config.async_update(time_zone="UTC")


@pytest.fixture
async def entry(hass: HomeAssistant) -> MockConfigEntry:
    """Anna, who has a goal with half of its plan, and a home; without entities."""
    with patch("custom_components.digital_twin.PLATFORMS", ()):
        return await async_setup_twin(hass, persons={ANNA: {"name": "Anna"}}, goals={GOAL_ID: RUN})


@pytest.fixture
def seen(entry: MockConfigEntry) -> list[Change]:
    """Return a list that grows with the events of all twins."""
    changes: list[Change] = []
    topics = [Topic(kind, None, EVENTS) for kind in ("person", "home", "goal")]
    runtime(entry).feed.subscribe(topics, changes.extend)
    return changes


def _events(seen: list[Change]) -> list[str | None]:
    return [change.event for change in seen if change.event != "metric_recorded"]


async def _set_options(hass: HomeAssistant, entry: MockConfigEntry, **effects: list[str]) -> None:
    options = {**entry.options, "context_effects": effects}
    hass.config_entries.async_update_entry(entry, options=options)
    await hass.async_block_till_done()


async def test_a_plan_stands_still_from_the_beginning_of_an_illness(
    hass: HomeAssistant, entry: MockConfigEntry, seen: list[Change]
) -> None:
    assessments = runtime(entry).assessments
    (before,) = [assessments.get(GOAL_ID)]
    assert before is not None
    assert (before.planned, before.pace) == (60, Pace.AT_RISK)
    await async_patch_twin(hass, entry, "person", ANNA, context="ill", context_since="2026-01-31")
    after = assessments.get(GOAL_ID)
    assert after is not None
    assert (after.planned, after.pace) == (30, Pace.ON_TRACK)
    assert _events(seen) == ["pace_changed"]


async def test_a_plan_goes_on_after_an_illness(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await async_patch_twin(hass, entry, "person", ANNA, context="ill", context_since="2026-01-31")
    await async_patch_twin(hass, entry, "person", ANNA, context="usual")
    found = runtime(entry).assessments.get(GOAL_ID)
    assert found is not None
    # Seventy points in the forty days that are left.
    assert (found.planned, found.needed_per_week) == (30, 12.25)


async def test_options_decide_which_contexts_hold_plans(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await async_patch_twin(hass, entry, "person", ANNA, context="ill", context_since="2026-01-31")
    await _set_options(hass, entry, plans=["exam"])
    assert (found := runtime(entry).assessments.get(GOAL_ID)) is not None
    assert found.planned == 60
    await _set_options(hass, entry)
    assert (found := runtime(entry).assessments.get(GOAL_ID)) is not None
    assert found.planned == 30


async def _record(entry: MockConfigEntry, value: float, days_ago: int = 0) -> None:
    at = dt_util.utcnow() - days_ago * A_DAY
    reading = Reading(value=value, unit="bpm", measured_at=at, source="watch")
    await runtime(entry).registry.async_record(ANNA, [("resting_heart_rate", reading)])


async def _usual_days(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    for days_ago in range(30, 0, -1):
        await _record(entry, 54 + days_ago % 2, days_ago)
    await hass.async_block_till_done()


def _health(entry: MockConfigEntry) -> Any:  # noqa: ANN401  # a view of a metric
    registry = runtime(entry).registry
    view = person_health(registry, registry.get(PERSON, ANNA)).metric("resting_heart_rate")
    assert view is not None
    return view


async def test_an_unusual_value_of_somebody_ill_is_shown_and_alarms_nobody(
    hass: HomeAssistant, entry: MockConfigEntry, seen: list[Change]
) -> None:
    await _usual_days(hass, entry)
    await async_patch_twin(hass, entry, "person", ANNA, context="ill")
    await _record(entry, 90)
    assert _health(entry).insight.direction == "high"
    assert _events(seen) == []


async def test_what_is_unusual_after_an_illness_alarms(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    entry: MockConfigEntry,
    seen: list[Change],
) -> None:
    await _usual_days(hass, entry)
    await async_patch_twin(hass, entry, "person", ANNA, context="ill")
    await _record(entry, 90)
    freezer.tick(A_DAY)
    await async_patch_twin(hass, entry, "person", ANNA, context="usual")
    await _record(entry, 91)
    assert _events(seen) == ["metric_unusual"]


async def test_baselines_leave_an_illness_out_which_is_told_later(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await _usual_days(hass, entry)
    assert _health(entry).insight.baseline.days == 28
    heard: list[Change] = []
    runtime(entry).feed.subscribe(
        Topic("person", ANNA, "health_metrics/resting_heart_rate"), heard.extend
    )
    await async_patch_twin(
        hass,
        entry,
        "person",
        ANNA,
        context="ill",
        context_since="2026-02-20",
        context_until="2026-02-25",
    )
    assert _health(entry).insight.baseline.days == 22
    assert len(heard) == 1


async def _in_a_home(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, context: str
) -> tuple[House, MockConfigEntry, list[Change]]:
    house = House(hass)
    for number in range(6):
        house.sensor(house.device(f"Plug {number}"), "power", 5)
    house.sensor(house.device("Detector"), "smoke", "off", domain="binary_sensor")
    with patch("custom_components.digital_twin.PLATFORMS", ()):
        entry = await async_setup_twin(hass)
    await async_pass(hass, freezer, timedelta(minutes=6))
    await async_patch_twin(hass, entry, "home", HOME_ID, context=context)
    seen: list[Change] = []
    runtime(entry).feed.subscribe(Topic("home", None, EVENTS), seen.extend)
    await async_pass(hass, freezer)
    return house, entry, seen


def _own(issue_registry: ir.IssueRegistry) -> int:
    return sum(domain == DOMAIN for domain, _ in issue_registry.issues)


def _states(house: House, kind: str) -> list[str]:
    return [state.entity_id for state in house.hass.states.async_all() if kind in state.entity_id]


@pytest.mark.parametrize(
    ("context", "events", "issues"),
    [
        ("usual", {"offline", "operational_status_changed"}, 1),
        ("guests", {"offline", "operational_status_changed"}, 1),
        ("renovation", set(), 0),
    ],
)
async def test_a_renovation_keeps_silent_devices_quiet(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    issue_registry: ir.IssueRegistry,
    context: str,
    events: set[str],
    issues: int,
) -> None:
    house, entry, seen = await _in_a_home(hass, freezer, context)
    house.silence(_states(house, "power")[0])
    await async_pass(hass, freezer, OUTAGE)
    view = runtime(entry).observer.views[HOME_ID]
    assert [cause.kind.value for cause in view.operational.causes] == ["device_offline"]
    assert {*_events(seen)} == events
    await async_pass(hass, freezer, timedelta(hours=2))
    assert _own(issue_registry) == issues
    await async_patch_twin(hass, entry, "home", HOME_ID, context="usual")
    await async_pass(hass, freezer)
    assert _own(issue_registry) == 1


async def test_smoke_is_an_alarm_during_a_renovation(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    house, _entry, seen = await _in_a_home(hass, freezer, "renovation")
    for entity_id in _states(house, "power"):
        house.silence(entity_id)
    await async_pass(hass, freezer, OUTAGE)
    assert _events(seen) == []
    house.set(_states(house, "smoke")[0], "on")
    await async_pass(hass, freezer)
    (change,) = seen
    assert change.event == "operational_status_changed"
    assert change.details == {"from": "optimal", "to": "alert"}


@pytest.mark.parametrize(("context", "told"), [("usual", 1), ("guests", 0), ("party", 0)])
async def test_guests_keep_changes_of_occupancy_quiet_until_they_leave(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, context: str, told: int
) -> None:
    house = House(hass)
    motion = house.sensor(house.device("Hall"), "motion", "on", domain="binary_sensor")
    with patch("custom_components.digital_twin.PLATFORMS", ()):
        entry = await async_setup_twin(hass)
    await async_pass(hass, freezer, timedelta(minutes=6))
    seen: list[Change] = []
    runtime(entry).feed.subscribe(Topic("home", None, EVENTS), seen.extend)
    await async_patch_twin(hass, entry, "home", HOME_ID, context=context)
    house.set(motion, "off")
    await async_pass(hass, freezer, timedelta(hours=1))
    view = runtime(entry).observer.views[HOME_ID]
    assert view.occupancy.status == "Vacant"
    assert len(seen) == told
    await async_patch_twin(hass, entry, "home", HOME_ID, context="usual")
    await async_pass(hass, freezer)
    assert [change.details for change in seen] == [{"from": "occupied", "to": "vacant"}]


async def test_documents_say_what_is_paused_since_when_and_why(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    parts = runtime(entry)
    for kind, twin_id in (("person", ANNA), ("home", HOME_ID)):
        assert twin_document(parts, kind, twin_id)["paused"] is None
    assert twin_document(parts, "goal", GOAL_ID)["paused"] == []
    await async_patch_twin(
        hass,
        entry,
        "person",
        ANNA,
        context="ill",
        context_since="2026-02-27",
        context_until="2026-03-08",
    )
    await async_patch_twin(hass, entry, "home", HOME_ID, context="guests")
    assert twin_document(parts, "person", ANNA)["paused"] == {
        "context": "ill",
        "since": "2026-02-27",
        "until": "2026-03-08",
        "effects": ["plans", "stalled", "unusual", "baselines"],
    }
    assert twin_document(parts, "home", HOME_ID)["paused"] == {
        "context": "guests",
        "since": NOW,
        "until": None,
        "effects": ["occupancy"],
    }
    (pause,) = _list(twin_document(parts, "goal", GOAL_ID)["paused"])
    assert pause == {
        "context": "ill",
        "since": "2026-02-27",
        "until": "2026-03-09",
        "effects": ["plans", "stalled"],
    }


def _list(part: object) -> list[Any]:
    assert isinstance(part, list)
    return part


async def test_a_context_that_pauses_nothing_is_no_pause(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await async_patch_twin(hass, entry, "home", HOME_ID, context="away")
    assert twin_document(runtime(entry), "home", HOME_ID)["paused"] is None


@pytest.mark.parametrize(("shown", "context"), [(True, "ill"), (False, None)])
async def test_the_goal_of_somebody_private_does_not_say_that_they_are_ill(
    hass: HomeAssistant, entry: MockConfigEntry, *, shown: bool, context: str | None
) -> None:
    await async_patch_twin(
        hass,
        entry,
        "person",
        ANNA,
        health_entities=shown,
        context="ill",
        context_since="2026-02-27",
    )
    told = twin_document(runtime(entry), "goal", GOAL_ID, HOUSEHOLD)
    assert _list(told["paused"])[0]["context"] == context
    # Whoever may read Anna may read why.
    own = twin_document(runtime(entry), "goal", GOAL_ID)
    assert _list(own["paused"])[0]["context"] == "ill"


async def test_a_pause_before_the_start_of_a_goal_is_none_of_it(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    times = {"context_since": "2025-12-01", "context_until": "2025-12-09"}
    await async_patch_twin(hass, entry, "person", ANNA, context="ill", **times)
    assert twin_document(runtime(entry), "goal", GOAL_ID)["paused"] == []


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "; the plan has stood still since 27 February 2026"),
        ("pl", "; plan stoi w miejscu od 27 lutego 2026"),
    ],
)
async def test_the_reason_of_a_pace_says_that_the_plan_stands_still_and_not_why(
    hass: HomeAssistant, entry: MockConfigEntry, language: str, sentence: str
) -> None:
    hass.config.language = language
    await async_load_integrations(hass, {DOMAIN})
    await async_patch_twin(hass, entry, "person", ANNA, context="ill", context_since="2026-02-27")
    why = runtime(entry).assessments.why(GOAL_ID)
    assert why is not None
    assert why.endswith(sentence)
    await async_patch_twin(hass, entry, "person", ANNA, context="usual")
    assert sentence not in (runtime(entry).assessments.why(GOAL_ID) or sentence)


async def test_the_reasons_of_a_home_say_what_is_quiet_and_why(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await async_load_integrations(hass, {DOMAIN})
    view = runtime(entry).observer.views[HOME_ID]
    await async_patch_twin(hass, entry, "home", HOME_ID, context="renovation")
    assert str(why_operational(view)).endswith("No alarm of devices since 12:00: renovation")
    assert "No alarm" not in str(why_occupancy(view))
    await async_patch_twin(
        hass, entry, "home", HOME_ID, context="guests", context_since="2026-02-27"
    )
    assert "No alarm" not in str(why_operational(view))
    assert str(why_occupancy(view)).endswith("No alarm of that since 2026-02-27: guests")
