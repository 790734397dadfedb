"""A scale that is silent makes a weight stale, and the forecast of a goal unreliable."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.digital_twin.commands.access import (
    Access,
    Actor,
    async_actor,
)
from custom_components.digital_twin.commands.twins import (
    async_update,
    async_update_goal_progress,
    document_of_kind,
)
from custom_components.digital_twin.engine.core.feed import BY_ITSELF, Origin
from custom_components.digital_twin.surfaces.reports import async_get_briefing
from custom_components.digital_twin.twin.enums import Audience
from custom_components.digital_twin.twin.metrics.person import PERSON
from tests.common import (
    ANNA,
    GOAL_ID,
    HOME_ID,
    async_pass,
    async_patch_twin,
    async_setup_twin,
    runtime,
)

SECOND: Final = "30000000-0000-4000-8000-000000000002"
SCALE: Final = "sensor.scale_weight"
WEIGHT: Final = {"name": "Weight", "baseline": 80, "target": 60, "source": {"metric": "weight"}}
DATES: Final = {"status": "Active", "start_date": "2026-03-01", "target_date": "2026-05-01"}


@pytest.fixture
async def scale(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    device_registry: dr.DeviceRegistry,
    entity_registry: er.EntityRegistry,
) -> str:
    """A scale with a weight of this morning."""
    freezer.move_to("2026-03-02T12:00:00+00:00")
    other = MockConfigEntry(domain="scales")
    other.add_to_hass(hass)
    device = device_registry.async_get_or_create(
        config_entry_id=other.entry_id, identifiers={("scales", "1")}, name="Bathroom scale"
    )
    entity_registry.async_get_or_create(
        "sensor",
        "scales",
        "1",
        device_id=device.id,
        config_entry=other,
        suggested_object_id="scale_weight",
    )
    hass.states.async_set(SCALE, "79.5", {"unit_of_measurement": "kg"})
    return device.id


async def set_up(hass: HomeAssistant, *, shown: bool = True) -> Actor:
    """Let Anna's goal follow the scale, and another goal wait for that one."""
    entry = await async_setup_twin(
        hass,
        persons={
            ANNA: {
                "name": "Anna",
                "health_entities": shown,
                "metric_sources": {"weight": [SCALE]},
            }
        },
        goals={
            GOAL_ID: {
                "goal_code": "G01",
                "name": "Lose weight",
                "owner_person_id": ANNA,
                "progress_metrics": [WEIGHT],
                **DATES,
            },
            SECOND: {"goal_code": "G02", "name": "Run", "dependencies": [GOAL_ID]},
        },
        options={"startup_grace": 0},
    )
    hass.states.async_set(SCALE, "79", {"unit_of_measurement": "kg"})
    await hass.async_block_till_done()
    return await async_actor(hass, runtime(entry), Context(), Origin.ACTION)


async def fall_silent(hass: HomeAssistant, freezer: FrozenDateTimeFactory, days: int = 10) -> None:
    hass.states.async_set(SCALE, "unavailable")
    for _ in range(days):
        await async_pass(hass, freezer, timedelta(days=1))


METER: Final = "sensor.meter"
RUN_KM: Final = {"name": "Distance", "baseline": 0, "target": 1000, "source": {"entity_id": METER}}


async def set_up_meter(hass: HomeAssistant, *, state: str = "1") -> MockConfigEntry:
    """Let a goal that is soon behind its plan follow a meter itself."""
    hass.states.async_set(METER, state)
    entry = await async_setup_twin(
        hass,
        persons={ANNA: {"name": "Anna"}},
        goals={
            GOAL_ID: {
                "goal_code": "G01",
                "name": "Run",
                "owner_person_id": ANNA,
                "progress_metrics": [RUN_KM if state == "1" else {**RUN_KM, "current": 1}],
                **DATES,
            }
        },
        options={"startup_grace": 0},
    )
    await hass.async_block_till_done()
    return entry


def judged(entry: MockConfigEntry) -> tuple[str | None, list[str]]:
    """Return the pace of the goal, and since when key results are silent."""
    found = runtime(entry).assessments.get(GOAL_ID)
    assert found is not None
    return runtime(entry).assessments.pace(GOAL_ID), [
        each.since.isoformat() for each in found.silent
    ]


async def days_pass(hass: HomeAssistant, freezer: FrozenDateTimeFactory, days: int) -> None:
    for _ in range(days):
        await async_pass(hass, freezer, timedelta(days=1))


@pytest.mark.parametrize("state", ["unavailable", "unknown", None])
async def test_a_goal_is_unreliable_while_the_entity_that_it_follows_says_nothing(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, state: str | None
) -> None:
    freezer.move_to("2026-03-10T12:00:00+00:00")
    entry = await set_up_meter(hass)
    await days_pass(hass, freezer, 5)
    # A meter that stays the same says that nothing happens.
    assert judged(entry) == ("at_risk", [])
    if state is None:
        hass.states.async_remove(METER)
    else:
        hass.states.async_set(METER, state)
    await days_pass(hass, freezer, 1)
    if state:
        # It may be back at any moment.
        assert judged(entry) == ("at_risk", [])
    await days_pass(hass, freezer, 1)
    # Of what is gone nobody knows since when: only the last value is known.
    since = "2026-03-15" if state else "2026-03-10"
    assert judged(entry) == ("unreliable", [since])
    hass.states.async_set(METER, "1")
    await hass.async_block_till_done()
    assert judged(entry) == ("at_risk", [])


async def test_a_value_by_hand_bridges_an_outage(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to("2026-03-10T12:00:00+00:00")
    entry = await set_up_meter(hass, state="unavailable")
    await days_pass(hass, freezer, 5)
    assert judged(entry) == ("unreliable", ["2026-03-10"])
    actor = await async_actor(hass, runtime(entry), Context(), Origin.ACTION)
    update = {"goal": "G01", "key_result": "Distance", "value": 2}
    await async_update_goal_progress(actor, update)
    assert judged(entry) == ("at_risk", [])


async def test_an_outage_outlives_a_restart(
    hass: HomeAssistant, scale: str, freezer: FrozenDateTimeFactory
) -> None:
    """The state of an unavailable entity begins anew; the home remembers its device."""
    entry = await set_up_meter(hass)
    source = [{**RUN_KM, "current": 1, "source": {"entity_id": SCALE}}]
    await async_patch_twin(hass, entry, "goal", GOAL_ID, progress_metrics=source)
    await async_pass(hass, freezer, timedelta(minutes=10))
    await fall_silent(hass, freezer, 9)
    assert judged(entry) == ("unreliable", ["2026-03-02"])
    hass.states.async_remove(SCALE)
    hass.states.async_set(SCALE, "unavailable")
    await hass.async_block_till_done()
    assert judged(entry) == ("unreliable", ["2026-03-02"])
    actor = await async_actor(hass, runtime(entry), Context(), Origin.ACTION)
    (cause,) = read(actor, "home", HOME_ID)["operational"]["causes"]
    assert cause["chain"] == (
        "Bathroom scale has not responded since 2 March → the forecast of G01 Run is unreliable"
    )
    assert str(runtime(entry).assessments.why(GOAL_ID)).startswith("Bathroom scale has not")


async def test_a_stale_sensor_makes_what_follows_it_unreliable(
    hass: HomeAssistant,
    scale: str,
    freezer: FrozenDateTimeFactory,
    entity_registry: er.EntityRegistry,
    area_registry: ar.AreaRegistry,
    device_registry: dr.DeviceRegistry,
) -> None:
    entry = await set_up_meter(hass)
    area = area_registry.async_create("Hall")
    entity_registry.async_update_entity(
        SCALE,
        original_device_class="temperature",
        unit_of_measurement="°C",
    )
    device_registry.async_update_device(scale, area_id=area.id)
    degrees = {"unit_of_measurement": "°C", "device_class": "temperature"}
    hass.states.async_set(SCALE, "20", degrees)
    source = [{**RUN_KM, "current": 1, "source": {"entity_id": SCALE}}]
    await async_patch_twin(hass, entry, "goal", GOAL_ID, progress_metrics=source)
    await async_pass(hass, freezer, timedelta(minutes=10))
    await days_pass(hass, freezer, 9)
    assert judged(entry)[0] == "unreliable"
    # A report of the same value is no change of the state.
    hass.states.async_set(SCALE, "20", degrees)
    await async_pass(hass, freezer, timedelta(minutes=2))
    assert judged(entry) == ("at_risk", [])


async def test_a_low_battery_keeps_nothing_silent(
    hass: HomeAssistant,
    scale: str,
    freezer: FrozenDateTimeFactory,
    entity_registry: er.EntityRegistry,
) -> None:
    battery = entity_registry.async_get_or_create(
        "sensor",
        "scales",
        "2",
        device_id=scale,
        config_entry=hass.config_entries.async_entries("scales")[0],
        original_device_class="battery",
        unit_of_measurement="%",
    )
    percent = {"unit_of_measurement": "%", "device_class": "battery"}
    hass.states.async_set(battery.entity_id, "3", percent)
    actor = await set_up(hass)
    await async_pass(hass, freezer, timedelta(minutes=10))
    (cause,) = read(actor, "home", HOME_ID)["operational"]["causes"]
    assert (cause["cause"], cause["goals"], cause["chain"]) == ("low_battery", [], None)


@pytest.mark.parametrize("shown", [True, False])
async def test_the_reason_names_the_device_only_of_who_shows_values(
    hass: HomeAssistant, scale: str, freezer: FrozenDateTimeFactory, shown: bool
) -> None:
    actor = await set_up(hass, shown=shown)
    await fall_silent(hass, freezer)
    why = str(actor.runtime.assessments.why(GOAL_ID))
    assert ("Bathroom scale" in why) is shown
    assert "no new values since" in why.casefold()


@pytest.mark.parametrize(
    ("audience", "disclosure", "told"),
    [
        ("household", "nothing", False),
        ("household", "trend", True),
        # The answer goes to nobody of these.
        ("assistants", "nothing", True),
        ("api", "nothing", True),
    ],
)
async def test_a_home_tells_others_of_a_silence_what_its_person_consented_to(
    hass: HomeAssistant,
    scale: str,
    freezer: FrozenDateTimeFactory,
    audience: str,
    disclosure: str,
    told: bool,
) -> None:
    actor = await set_up(hass)
    await fall_silent(hass, freezer)
    consent = {"weight": {audience: disclosure}}
    await async_update(actor, PERSON, ANNA, {"consent": consent}, "person")
    (cause,) = read(somebody(actor), "home", HOME_ID)["operational"]["causes"]
    assert bool(cause["metrics"]) is bool(cause["goals"]) is bool(cause["chain"]) is told
    assert read(actor, "home", HOME_ID)["operational"]["causes"][0]["chain"]


async def test_what_an_app_may_not_know_it_is_not_told_of_a_silence_either(
    hass: HomeAssistant, scale: str, freezer: FrozenDateTimeFactory
) -> None:
    actor = await set_up(hass)
    await fall_silent(hass, freezer)
    consent = {"weight": {"api": "nothing"}}
    await async_update(actor, PERSON, ANNA, {"consent": consent}, "person")
    app = replace(actor, audiences=(Audience.API,))
    (cause,) = read(app, "home", HOME_ID)["operational"]["causes"]
    assert (cause["metrics"], cause["goals"], cause["chain"]) == ([], [], None)
    goal = read(app, "goal", "G01")
    assert (ids(goal["rests_on"]), goal["rests_on"][0]["since"]) == ([("metric", "weight")], None)
    assert read(app, "person", ANNA)["rests_on"] == []
    for reader, found in ((actor, True), (app, False)):
        text = str((await async_get_briefing(reader, {}))["text"])
        assert ("→" in text) is found


async def test_the_chain_is_told_in_the_language_of_the_household(
    hass: HomeAssistant, scale: str, freezer: FrozenDateTimeFactory
) -> None:
    hass.config.language = "pl"
    actor = await set_up(hass)
    await fall_silent(hass, freezer)
    (cause,) = read(actor, "home", HOME_ID)["operational"]["causes"]
    assert cause["chain"] == (
        "Bathroom scale nie odpowiada od 2 marca"
        " → od 2 marca brak nowych wartości: masa ciała (Anna)"
        " → prognozy celów G01 Lose weight i G02 Run są niepewne"
    )
    assert actor.runtime.assessments.why(GOAL_ID) == (
        "Bathroom scale nie odpowiada od 2 marca"
        " → brak nowych wartości od 2 marca 2026: Weight → prognoza jest niepewna"
    )


def read(actor: Actor, kind: str, twin: str) -> dict[str, Any]:
    return {**document_of_kind(actor, kind, twin)}


def somebody(actor: Actor) -> Actor:
    """Return a user who is linked to nobody."""
    return Actor(actor.hass, actor.runtime, Access(everything=False), BY_ITSELF)


def ids(links: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(each["kind"], each["id"]) for each in links]


async def test_the_chain_from_a_scale_to_the_goals(
    hass: HomeAssistant, scale: str, freezer: FrozenDateTimeFactory
) -> None:
    actor = await set_up(hass)
    await async_pass(hass, freezer, timedelta(minutes=10))
    goal = read(actor, "goal", "G01")
    chain = [("metric", "weight"), ("entity", SCALE), ("device", scale)]
    assert ids(goal["rests_on"]) == chain
    assert ids(goal["affects"]) == [("goal", SECOND)]
    assert ids(read(actor, "goal", "G02")["rests_on"]) == [("goal", GOAL_ID)]
    person = read(actor, "person", ANNA)
    assert ids(person["rests_on"]) == chain[1:]
    assert ids(person["affects"]) == [("key_result", "weight"), ("goal", GOAL_ID), ("goal", SECOND)]
    home = read(actor, "home", HOME_ID)
    assert ids(home["affects"]) == [("metric", "weight"), ("goal", GOAL_ID), ("goal", SECOND)]


async def test_a_silent_scale_makes_metric_and_goals_unreliable(
    hass: HomeAssistant, scale: str, freezer: FrozenDateTimeFactory
) -> None:
    actor = await set_up(hass)
    await fall_silent(hass, freezer, 1)
    (cause,) = read(actor, "home", HOME_ID)["operational"]["causes"]
    # A weight of yesterday is still a weight.
    assert not cause["unreliable"]
    assert cause["chain"] == (
        "Bathroom scale has not responded since yesterday"
        " → there are no new values of Anna's weight"
        " → G01 Lose weight and G02 Run get no new values"
    )
    await days_pass(hass, freezer, 9)
    home = read(actor, "home", HOME_ID)
    (cause,) = home["operational"]["causes"]
    assert (cause["cause"], cause["device"]) == ("device_offline", scale)
    (metric,) = cause["metrics"]
    assert (metric["id"], metric["of"], metric["since"]) == ("weight", ANNA, "2026-03-02")
    assert [each["name"] for each in cause["goals"]] == ["G01 Lose weight", "G02 Run"]
    goal = read(actor, "goal", "G01")
    assert goal["pace"] == "unreliable"
    assert goal["pace_reason"]["since"] == "2026-03-02"
    assert cause["unreliable"]
    assert cause["chain"] == (
        "Bathroom scale has not responded since 2 March"
        " → there have been no new values of Anna's weight since 2 March"
        " → the forecasts of G01 Lose weight and G02 Run are unreliable"
    )
    assert actor.runtime.assessments.why(GOAL_ID) == (
        "Bathroom scale has not responded since 2 March"
        " → no new values since 2 March 2026: Weight → the forecast is unreliable"
    )
    assert goal["rests_on"][0]["since"] == "2026-03-02"
    # As soon as somebody stands on it, it is known that nothing has come of it.
    hass.states.async_set(SCALE, "79.5", {"unit_of_measurement": "kg"})
    await async_pass(hass, freezer, timedelta(minutes=2))
    assert read(actor, "goal", "G01")["pace"] == "at_risk"
    assert read(actor, "goal", "G01")["rests_on"][0]["since"] is None


@pytest.mark.parametrize("shown", [True, False])
async def test_others_hear_of_the_metrics_of_those_who_show_them(
    hass: HomeAssistant, scale: str, freezer: FrozenDateTimeFactory, shown: bool
) -> None:
    actor = await set_up(hass, shown=shown)
    await fall_silent(hass, freezer)
    (cause,) = read(actor, "home", HOME_ID)["operational"]["causes"]
    assert ids(cause["metrics"]) == [("metric", "weight")]
    home = read(somebody(actor), "home", HOME_ID)
    (cause,) = home["operational"]["causes"]
    assert bool(cause["metrics"]) is bool(cause["goals"]) is shown
    assert ("weight" in str(home)) is shown
    goal = read(somebody(actor), "goal", "G01")
    # Where a value comes from is in the profile, which others do not read.
    assert ids(goal["rests_on"]) == [("metric", "weight")]
    assert goal["rests_on"][0]["since"] is None
    assert bool(goal["silent_sources"]) is shown


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "there have been no new values of Anna's weight since 2 March, and the forecasts"),
        ("pl", "od 2 marca brak nowych wartości: masa ciała (Anna), a prognozy celów G01 Lose"),
    ],
)
async def test_a_briefing_tells_what_follows_once_something_does(
    hass: HomeAssistant, scale: str, freezer: FrozenDateTimeFactory, language: str, expected: str
) -> None:
    actor = await set_up(hass)
    await fall_silent(hass, freezer, 1)
    asked = {"language": language}
    early = str((await async_get_briefing(actor, asked))["speech"])
    assert "Bathroom scale" in early
    assert "Lose weight" not in early.partition(". ")[0]
    await days_pass(hass, freezer, 9)
    late = await async_get_briefing(actor, asked)
    assert expected in str(late["speech"]).partition(". ")[0]
    # Whoever reads sees arrows.
    assert " → " in str(late["text"])


async def test_an_unknown_speaker_hears_of_no_goal_of_a_person(
    hass: HomeAssistant, scale: str, freezer: FrozenDateTimeFactory
) -> None:
    actor = await set_up(hass)
    await fall_silent(hass, freezer)
    access = Access(everything=False, household_only=True)
    unknown = Actor(actor.hass, actor.runtime, access, BY_ITSELF)
    text = str((await async_get_briefing(unknown, {}))["text"])
    assert "Bathroom scale" in text
    assert "Lose weight" not in text
    assert "weight" not in text
