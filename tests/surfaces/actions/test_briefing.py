"""The briefing of a person and of the household, and who hears what of whom."""

from datetime import timedelta
from pathlib import Path
import re
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.json import json_bytes
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service
import yaml

from custom_components.digital_twin.twin.goals.briefing import MOST
from tests.common import (
    ANNA,
    GOAL_ID,
    HOME_ID,
    JAN,
    async_add_twins,
    async_delete_twin,
    async_patch_twin,
    runtime,
)

from .conftest import OTHER_GOAL_ID, Perform, Refuses

WEIGHT = {
    "name": "Weight",
    "unit": "kg",
    "baseline": 80,
    "target": 70,
    "source": {"metric": "weight"},
}
BEHIND = {
    "status": "active",
    "start_date": "2026-01-01",
    "target_date": "2026-06-30",
    "progress_metrics": [WEIGHT],
}
SOURCES = {"weight": ["sensor.scale"]}


@pytest.fixture(autouse=True)
async def _household(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """Anna and Jan are behind with goals that follow their weights, which are old."""
    freezer.move_to("2026-03-01 12:00:00+00:00")
    for goal_id in (GOAL_ID, OTHER_GOAL_ID):
        await async_patch_twin(hass, entry, "goal", goal_id, dependencies=[], **BEHIND)
    for person_id in (ANNA, JAN):
        await async_patch_twin(hass, entry, "person", person_id, health_metrics={"weight": 79})
    freezer.move_to("2026-03-20 12:00:00+00:00")
    runtime(entry).assessments._refresh_all()  # as the timer of midnight does
    await hass.async_block_till_done()


@pytest.fixture
async def annas_user(hass: HomeAssistant, entry: MockConfigEntry) -> str:
    """Make a user for Anna who is no administrator, and return the id."""
    await hass.auth.async_create_user("Owner", group_ids=["system-admin"])
    user = await hass.auth.async_create_user("Somebody", group_ids=["system-users"])
    hass.states.async_set("person.anna", "home", {"user_id": user.id})
    await async_patch_twin(hass, entry, "person", ANNA, person_entity="person.anna")
    return user.id


def _told(answer: dict[str, Any]) -> set[str]:
    return {each["person_id"] for each in answer["data"]["health"]}


async def test_the_household_hears_of_everybody(perform: Perform) -> None:
    answer = await perform("get_briefing")
    data = answer["data"]
    assert (data["date"], data["person_id"]) == ("2026-03-20", None)
    assert [home["name"] for home in data["homes"]] == ["Home"]
    assert {goal["goal_code"] for goal in data["goals"]} == {"G01", "G02"}
    assert {step["person_id"]: step["goal_code"] for step in data["next_steps"]} == {
        ANNA: "G01",
        JAN: "G02",
    }
    assert _told(answer) == {ANNA, JAN}
    assert "Anna, no new values: weight (since 1 March)." in answer["speech"]
    assert answer["text"].startswith("**Home**")
    assert "**" not in answer["speech"]


async def test_a_person_hears_of_the_own_goals_and_homes(
    hass: HomeAssistant, entry: MockConfigEntry, perform: Perform
) -> None:
    cabin = "10000000-0000-4000-8000-000000000002"
    await async_add_twins(hass, entry, "home", {cabin: {"name": "Cabin"}})
    answer = await perform("get_briefing", person=ANNA)
    assert [home["home_id"] for home in answer["data"]["homes"]] == [HOME_ID]
    assert [goal["goal_code"] for goal in answer["data"]["goals"]] == ["G01"]
    assert [step["person_id"] for step in answer["data"]["next_steps"]] == [ANNA]
    assert _told(answer) == {ANNA}
    await async_patch_twin(hass, entry, "home", HOME_ID, residents=[])
    answer = await perform("get_briefing", person=ANNA)
    assert {home["home_id"] for home in answer["data"]["homes"]} == {HOME_ID, cabin}


async def test_a_user_hears_nothing_of_the_health_of_others(
    perform: Perform, annas_user: str
) -> None:
    answer = await perform("get_briefing", annas_user)
    assert _told(answer) == {ANNA}
    assert {goal["goal_code"] for goal in answer["data"]["goals"]} == {"G01", "G02"}
    assert "Jan, " not in answer["speech"]


@pytest.mark.parametrize("person", [None, ANNA])
async def test_who_keeps_values_private_is_left_out_unless_asked_for(
    hass: HomeAssistant, entry: MockConfigEntry, perform: Perform, person: str | None
) -> None:
    await async_patch_twin(hass, entry, "person", ANNA, health_entities=False)
    answer = await perform("get_briefing", **({"person": person} if person else {}))
    (goal,) = [each for each in answer["data"]["goals"] if each["goal_code"] == "G01"]
    if person:
        assert _told(answer) == {ANNA}
        assert goal["needed"]["unit"] == "kg"
    else:
        assert _told(answer) == {JAN}
        assert goal["needed"] is None


async def test_of_a_goal_whose_source_is_silent_nobody_says_that_it_is_behind(
    perform: Perform,
) -> None:
    (goal,) = (await perform("get_briefing", person=ANNA))["data"]["goals"]
    assert goal["pace"] == "unreliable"
    said = "Run: no new values since 1 March, so nobody knows whether it is on plan."
    assert said in (await perform("get_briefing", person=ANNA))["speech"]


async def test_no_value_of_anybody_is_told(perform: Perform) -> None:
    assert "79" not in str(await perform("get_briefing"))


@pytest.mark.parametrize(
    ("language", "begins"),
    [
        (None, "Everything at home works"),
        ("en", "Everything at home works"),
        ("EN", "Everything at home works"),
        ("pl", "W domu wszystko działa"),
    ],
)
async def test_the_language_is_the_asked_one_or_that_of_the_household(
    perform: Perform, language: str | None, begins: str
) -> None:
    answer = await perform("get_briefing", **({"language": language} if language else {}))
    assert answer["speech"].startswith(begins)


async def test_the_language_of_the_household_counts(hass: HomeAssistant, perform: Perform) -> None:
    hass.config.language = "pl"
    assert (await perform("get_briefing"))["speech"].startswith("W domu wszystko działa")
    await perform("update_health_metrics", person=ANNA, metrics={"weight": 79})
    assert "tygodniowo" in (await perform("get_briefing"))["speech"]


async def test_what_cannot_be_asked_is_refused(refuses: Refuses) -> None:
    said = await refuses("not_an_option", "language", "get_briefing", language="de")
    assert said["allowed"] == "en, pl"
    await refuses("not_an_option", "length", "get_briefing", length="endless")
    await refuses("not_found", "person", "get_briefing", person="Eva")
    await refuses("invalid_time", "since", "get_briefing", since="yesterday")
    await refuses("in_future", "since", "get_briefing", since="2026-03-21")
    await refuses("unknown_field", "until", "get_briefing", until="2026-03-20")


@pytest.mark.parametrize("language", ["en", "pl"])
async def test_what_changed_since_yesterday_is_told(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    perform: Perform,
    language: str,
) -> None:
    hass.config.language = language
    await async_patch_twin(hass, entry, "goal", OTHER_GOAL_ID, target_date="2026-07-31")
    freezer.move_to("2026-03-21 13:00:00+00:00")
    await perform("create_goal", name="Swim", owner_person_id=ANNA)
    await perform("update_goal", goal="G01", target_date="2026-08-31", description="Often")
    await perform("update_health_metrics", person=ANNA, weight=78)
    answer = await perform("get_briefing", length="full")
    sentences = {
        "en": ("New goal: Swim.", "The target date of Run has moved from 30 June to 31 August."),
        "pl": ("Nowy cel: Swim.", "Termin celu Run przesunięto z 30 czerwca na 31 sierpnia."),
    }[language]
    assert " ".join(sentences) in answer["speech"]
    heading = {"en": "What changed", "pl": "Co się zmieniło"}[language]
    assert f"**{heading}**\n\n- {sentences[0]}\n- {sentences[1]}\n\n" in answer["text"]
    assert answer["data"]["changes"] == [
        {
            "goal_id": GOAL_ID,
            "goal_code": "G01",
            "name": "Run",
            "what": "changed",
            "status": None,
            "target_date": ["2026-06-30", "2026-08-31"],
        },
        {
            "goal_id": answer["data"]["changes"][1]["goal_id"],
            "goal_code": "G03",
            "name": "Swim",
            "what": "added",
            "status": None,
            "target_date": None,
        },
    ]
    assert answer["data"]["not_listed"]["changes"] == 0


async def test_what_changed_is_told_since_the_asked_time_and_of_the_person(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory, perform: Perform
) -> None:
    for goal_id in (GOAL_ID, OTHER_GOAL_ID):
        await async_patch_twin(hass, entry, "goal", goal_id, status="on_hold")
    freezer.move_to("2026-03-23 12:00:00+00:00")
    assert (await perform("get_briefing"))["data"]["changes"] == []
    answer = await perform("get_briefing", since="2026-03-20")
    assert "Run is on hold now. Read is on hold now." in answer["speech"]
    answer = await perform("get_briefing", since="2026-03-20", person=ANNA)
    assert "Run is on hold now." in answer["speech"]
    assert "Read" not in answer["speech"]
    await async_delete_twin(hass, entry, "goal", GOAL_ID)
    answer = await perform("get_briefing", person=ANNA)
    assert "Deleted goal: Run." in answer["speech"]


async def test_an_automation_is_told_what_changed_since_it_ran_last(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """The example of the documentation, triggered by an event."""
    text = (Path(__file__).parents[3] / "docs" / "briefing.md").read_text(encoding="utf-8")
    *_, example = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    configuration = yaml.safe_load(example) | {"triggers": {"trigger": "event", "event_type": "go"}}
    told = async_mock_service(hass, "notify", "notify")
    assert await async_setup_component(hass, "automation", {"automation": [configuration]})
    for status in ("on_hold", "active"):
        freezer.tick(timedelta(days=3))
        await async_patch_twin(hass, entry, "goal", GOAL_ID, status=status)
        freezer.tick(timedelta(minutes=1))
        hass.bus.async_fire("go")
        await hass.async_block_till_done()
    first, second = (str(call.data["message"]) for call in told)
    assert "Run is on hold now." in first
    assert "Run is active now." in second


async def test_a_briefing_stays_small(
    hass: HomeAssistant, entry: MockConfigEntry, perform: Perform
) -> None:
    goals = {
        f"50000000-0000-4000-8000-{number:012}": {
            **BEHIND,
            "goal_code": f"X{number}",
            "name": f"{number} " + "n" * 250,
            "owner_person_id": ANNA,
            "progress_metrics": [{"name": "A", "baseline": 0, "target": 9, "current": 0}],
        }
        for number in range(60)
    }
    await async_add_twins(hass, entry, "goal", goals)
    answer = await perform("get_briefing", length="short")
    assert len(answer["data"]["goals"]) == MOST
    assert answer["data"]["not_listed"]["goals"] == 62 - MOST
    assert len(answer["speech"]) < 1000
    assert len(json_bytes(answer)) < 32_768


async def test_a_new_household_is_told_how_to_begin(
    hass: HomeAssistant, entry: MockConfigEntry, perform: Perform
) -> None:
    for goal_id in (GOAL_ID, OTHER_GOAL_ID):
        await async_delete_twin(hass, entry, "goal", goal_id)
    answer = await perform("get_briefing")
    assert "There are no goals yet" in answer["speech"]
    assert answer["data"]["next_steps"] == [
        {
            "person_id": person_id,
            "goal_id": None,
            "goal_code": None,
            "reason": None,
            "points": None,
            "text": "nothing to do right now",
        }
        for person_id in (ANNA, JAN)
    ]
