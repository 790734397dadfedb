"""Spoken sentences are answered in their language, as far as the speaker may hear and do it."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from itertools import islice
import json
from pathlib import Path
import re
import sys
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from hassil.intents import Intents, RangeSlotList, TextSlotList, WildcardSlotList
from hassil.recognize import recognize_all
from hassil.sample import sample_sentence
from home_assistant_intents import get_intents
from homeassistant.components import conversation
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers.translation import async_get_translations
from homeassistant.setup import async_setup_component
from hypothesis import given, settings, strategies as st
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockUser,
    async_mock_service,
)
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    WebSocketGenerator,
)

from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.surfaces.answers import REPLIES
from custom_components.digital_twin.surfaces.sentences import Sentences
from custom_components.digital_twin.twin.enums import ItemState, Language
from custom_components.digital_twin.twin.metrics.household_metrics import define_metric
from custom_components.digital_twin.twin.spoken import (
    named,
    recogniser_templates,
    sentence_templates,
    words_of,
)
from tests.common import (
    ANNA,
    GOAL_ID,
    HOME_ID,
    JAN,
    Wait,
    async_add_twins,
    async_delete_twin,
    async_pass,
    async_patch_twin,
    async_setup_twin,
    no_space,
    runtime,
)
from tests.house import House

NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
PACKAGE = Path(__file__).parents[2] / "custom_components" / DOMAIN
CONVERSATIONS = Path(__file__).parents[1] / "fixtures" / "conversations.json"
DOCUMENT = Path(__file__).parents[2] / "docs" / "voice.md"
SENTENCES_MODULE = f"custom_components.{DOMAIN}.surfaces.sentences"
SUMMER_HOUSE = "10000000-0000-4000-8000-000000000002"
SAVINGS = "30000000-0000-4000-8000-000000000002"
SLEEP = "30000000-0000-4000-8000-000000000003"
TWIN_A, TWIN_B = (f"30000000-0000-4000-8000-00000000000{number}" for number in (4, 5))
NOBODY_READS = (
    "I do not know who is speaking. Without a signed-in user I only tell about homes and goals of"
    " the whole household."
)
NOBODY_WRITES = (
    "I do not know who is speaking, so I have written nothing down. Use a device that is signed in"
    " with your account."
)
NIKT_NIE_CZYTA = (
    "Nie wiem, kto mówi. Bez zalogowanego użytkownika mówię tylko o domach i wspólnych celach."
)
NIKT_NIE_PISZE = (
    "Nie wiem, kto mówi, więc nic nie zapisano. Użyj urządzenia zalogowanego na Twoje konto."
)
NOT_YOURS = "Only an administrator or the person themselves may know or change that."
NO_PERSON = "Your account is not linked to a person, so I do not know whose values you mean."

PERSONS: Mapping[str, Mapping[str, object]] = {
    ANNA: {
        "name": "Anna",
        "person_entity": "person.anna",
        "timezone": "UTC",
        "quick_entries": [
            {"name": "Coffee", "metrics": {"caffeine": 100, "hydration": 250}},
            {"name": "Glass of water", "metrics": {"hydration": 250}},
            {"name": "Szklanka wody", "metrics": {"hydration": 250}},
            {"name": "Kawa", "metrics": {"caffeine": 80}},
            {"name": "Fine", "metrics": {"mood": 8}},
        ],
    },
    JAN: {
        "name": "Jan",
        "person_entity": "person.jan",
        "timezone": "UTC",
        "quick_entries": [{"name": "Espresso", "metrics": {"caffeine": 60}}],
    },
}
GOALS: Mapping[str, Mapping[str, object]] = {
    GOAL_ID: {
        "goal_code": "G03",
        "name": "Półmaraton",
        "owner_person_id": ANNA,
        "status": "active",
        "start_date": "2026-01-01",
        "target_date": "2026-06-30",
        "progress_metrics": [
            {
                "name": "Plan",
                "kind": "checklist",
                "items": [
                    {"name": "Choose a race", "state": "done"},
                    {"name": "Buy running shoes"},
                    {"name": "Wizyta u lekarza"},
                    {"name": "Write an essay (draft)"},
                ],
            },
            {"name": "Ran in the rain", "kind": "boolean", "target": True},
        ],
    },
    SAVINGS: {
        "goal_code": "G05",
        "name": "Savings",
        "status": "active",
        "start_date": "2026-01-01",
        "target_date": "2026-12-31",
        "dependencies": [GOAL_ID],
        "progress_metrics": [
            {"name": "Saved", "kind": "accumulate", "unit": "PLN", "target": 1000, "current": 300},
            {"name": "Steps", "kind": "checklist", "items": [{"name": "Open an account"}]},
        ],
    },
    SLEEP: {
        "goal_code": "G07",
        "name": "Zdrowy sen",
        "owner_person_id": JAN,
        "status": "active",
        "progress_metrics": [
            {"name": "Evening", "kind": "checklist", "items": [{"name": "Buy a lamp"}]}
        ],
    },
}


@pytest.fixture(autouse=True)
async def entry(
    hass: HomeAssistant, house: House, freezer: FrozenDateTimeFactory
) -> AsyncIterator[MockConfigEntry]:
    """Anna, Jan, three goals, a home with an empty battery, a summer house; conversations."""
    await hass.config.async_set_time_zone("UTC")
    freezer.move_to(NOW)
    for component in ("homeassistant", "conversation"):
        assert await async_setup_component(hass, component, {})
    house.sensor(house.device("Door", house.area("Kitchen")), "battery", 7)
    shed = house.area("Shed")
    house.sensor(house.device("Gate", shed), "battery", 90)
    # Entities are tested elsewhere.
    with patch(f"custom_components.{DOMAIN}.PLATFORMS", ()):
        made = await async_setup_twin(
            hass,
            persons=PERSONS,
            homes={
                HOME_ID: {
                    "name": "Lipowa 7",
                    "zone": "zone.home",
                    "residents": [ANNA, JAN],
                    "scope": {"excluded_areas": [shed]},
                },
                SUMMER_HOUSE: {"name": "Domek letni", "scope": {"areas": [shed]}},
            },
            goals=GOALS,
        )
        await async_pass(hass, freezer)
        await hass.async_block_till_done(wait_background_tasks=True)
        yield made


@pytest.fixture
def users(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, str | None]:
    """Return the ids of users by what they are; Anna and Jan are linked, `nobody` is unknown."""
    made = {
        "admin": MockUser(is_owner=True),
        "anna": MockUser(groups=[]),
        "jan": MockUser(groups=[]),
        "guest": MockUser(groups=[]),
    }
    ids: dict[str, str | None] = {"nobody": None, "gone": "0123456789abcdef"}
    for name, user in made.items():
        user.add_to_hass(hass)
        ids[name] = user.id
    for name in ("anna", "jan"):
        hass.states.async_set(f"person.{name}", "home", {"user_id": ids[name]})
    return ids


async def say(hass: HomeAssistant, user_id: str | None, text: str, language: str = "en") -> str:
    """Say something to Home Assistant; return its answer."""
    result = await conversation.async_converse(
        hass, text, None, Context(user_id=user_id), language=language
    )
    speech: str = result.response.speech["plain"]["speech"]
    return speech


async def is_ours(hass: HomeAssistant, text: str) -> bool:
    """Return whether a sentence is one of the twins."""
    agent = conversation.get_agent_manager(hass).default_agent
    assert agent is not None
    said = conversation.ConversationInput(text, Context(), None, None, None, "en", "agent")
    return await agent.async_recognize_sentence_trigger(said) is not None


def values(entry: MockConfigEntry, person_id: str = ANNA) -> dict[str, float]:
    metrics = runtime(entry).registry.persons[person_id].health_metrics
    return {key: reading.value for key, reading in metrics.items()}


@pytest.mark.parametrize("language", ["en", "pl"])
@pytest.mark.parametrize("speaker", ["anna", "jan", "admin", "guest", "nobody", "gone"])
async def test_conversations(
    hass: HomeAssistant, users: dict[str, str | None], language: str, speaker: str
) -> None:
    expected = json.loads(CONVERSATIONS.read_text(encoding="utf-8"))[language][speaker]
    found = {text: await say(hass, users[speaker], text, language) for text in expected}
    assert found == expected


async def test_what_was_said_is_recorded_as_the_speaker(
    hass: HomeAssistant, entry: MockConfigEntry, users: dict[str, str | None]
) -> None:
    for text in (
        "I weigh 71.4",
        "log a coffee",
        "wypiłam 300 ml",
        "mark buy running shoes as done",
    ):
        await say(hass, users["anna"], text)
    assert values(entry) == {"weight": 71.4, "caffeine": 100, "hydration": 550}
    assert values(entry, JAN) == {}
    goal = runtime(entry).registry.goals[GOAL_ID]
    assert [item.state.slug for item in goal.progress_metrics[0].items[:3]] == [
        "done",
        "done",
        "todo",
    ]


@pytest.mark.parametrize("speaker", ["nobody", "guest", "gone", "admin"])
async def test_what_is_refused_changes_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, users: dict[str, str | None], speaker: str
) -> None:
    registry = runtime(entry).registry
    before = dict(registry.persons), dict(registry.goals)
    texts = ["I weigh 71.375", "log a coffee", "wypiłam 375 ml"]
    # An administrator is nobody in particular, but may do the work of others.
    texts += [] if speaker == "admin" else ["mark buy running shoes as done", "odhacz buy a lamp"]
    for text in texts:
        answer = await say(hass, users[speaker], text)
        assert await is_ours(hass, text)
        assert "375" not in answer
    assert (dict(registry.persons), dict(registry.goals)) == before


async def test_a_value_that_is_refused_is_not_repeated(
    hass: HomeAssistant, users: dict[str, str | None], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.clear()
    for text in ("I weigh 7137.5", "my weight is 71.375 parsecs", "ważę 7137,5"):
        answer = await say(hass, users["anna"], text)
        assert not re.search(r"71", answer)
    own = [record for record in caplog.records if DOMAIN in record.name]
    assert [record for record in own if "71" in record.getMessage()] == []


async def test_a_change_that_cannot_be_saved_is_said(
    hass: HomeAssistant, entry: MockConfigEntry, users: dict[str, str | None]
) -> None:
    with no_space():
        english = await say(hass, users["anna"], "I weigh 71.4")
        polish = await say(hass, users["anna"], "ważę 71,4")
    assert english.startswith("The change could not be saved and was undone.")
    assert polish.startswith("Nie udało się zapisać zmiany")
    assert values(entry) == {}


async def test_a_value_that_moves_a_goal_tells_its_progress(
    hass: HomeAssistant, entry: MockConfigEntry, users: dict[str, str | None], wait: Wait
) -> None:
    lose = {
        "goal_code": "G08",
        "name": "Lose weight",
        "owner_person_id": ANNA,
        "status": "active",
        "progress_metrics": [
            {
                "name": "Weight",
                "kind": "reach",
                "unit": "kg",
                "baseline": 80,
                "target": 70,
                "source": {"metric": "weight"},
            }
        ],
    }
    await async_add_twins(hass, entry, "goal", {TWIN_A: lose})
    assert (
        await say(hass, users["anna"], "I weigh 75")
        == "Recorded: weight 75 kg. Lose weight is now at 50%."
    )
    assert (
        await say(hass, users["anna"], "ważę 72,5")
        == "Zapisano: masa ciała 72,5 kg. Lose weight: teraz 75%."
    )


async def test_a_person_alone_in_the_household_need_not_be_linked(
    hass: HomeAssistant, entry: MockConfigEntry, users: dict[str, str | None]
) -> None:
    await async_delete_twin(hass, entry, "person", JAN)
    assert await say(hass, users["admin"], "I weigh 70") == "Recorded: weight 70 kg."
    assert await say(hass, users["guest"], "I weigh 70") == NOT_YOURS
    assert await say(hass, users["nobody"], "I weigh 70") == NOBODY_WRITES


@pytest.mark.parametrize("language", ["en", "pl"])
@pytest.mark.parametrize("way", ["rest", "websocket"])
async def test_the_conversation_api(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    users: dict[str, str | None],
    hass_client: ClientSessionGenerator,
    hass_ws_client: WebSocketGenerator,
    hass_admin_user: MockUser,
    language: str,
    way: str,
) -> None:
    hass.states.async_set("person.anna", "home", {"user_id": hass_admin_user.id})
    text, expected = {
        "en": ("log my weight as 71.4", "Recorded: weight 71.4 kg."),
        "pl": ("zapisz moją wagę 71,4", "Zapisano: masa ciała 71,4 kg."),
    }[language]
    request = {"text": text, "language": language}
    if way == "rest":
        client = await hass_client()
        answer = await client.post("/api/conversation/process", json=request)
        assert answer.status == HTTPStatus.OK
        result = await answer.json()
    else:
        socket = await hass_ws_client(hass)
        await socket.send_json_auto_id({"type": "conversation/process", **request})
        result = (await socket.receive_json())["result"]
    response = result["response"]
    assert response["response_type"] == "action_done"
    assert response["speech"]["plain"]["speech"] == expected
    assert values(entry) == {"weight": 71.4}


async def test_names_follow_the_twins(
    hass: HomeAssistant, entry: MockConfigEntry, users: dict[str, str | None], wait: Wait
) -> None:
    anna = users["anna"]
    assert await is_ours(hass, "how is Savings going")
    assert not await is_ours(hass, "how is Ślub going")
    await async_patch_twin(hass, entry, "goal", SAVINGS, name="Ślub")
    await async_patch_twin(
        hass, entry, "person", ANNA, quick_entries=[{"name": "Green tea", "metrics": {"mood": 7}}]
    )
    await wait()
    assert not await is_ours(hass, "how is Savings going")
    assert (await say(hass, anna, "how is slub going")).startswith("Ślub is at 15%")
    assert (await say(hass, anna, "jak mi idzie ze ślubem")).startswith("Ślub: 15%")
    assert await say(hass, anna, "I had green tea") == "Recorded: Green tea."
    assert not await is_ours(hass, "log a glass of water")
    await async_delete_twin(hass, entry, "goal", SAVINGS)
    await wait()
    assert not await is_ours(hass, "how is Ślub going")
    omega = define_metric({"key": "omega", "name": "Omega 3", "unit": "g"})
    runtime(entry).registry.async_set_household_metrics([omega])
    await wait()
    assert await say(hass, anna, "log my omega 3 as 2 g") == "Recorded: Omega 3 2 g."


async def test_things_with_the_same_name(
    hass: HomeAssistant, entry: MockConfigEntry, users: dict[str, str | None], wait: Wait
) -> None:
    plan = {"name": "Plan", "kind": "checklist", "items": [{"name": "Call the bank"}]}
    goals = {
        TWIN_A: {"goal_code": "G11", "name": "Flat", "status": "active"},
        TWIN_B: {"goal_code": "G12", "name": "FLAT", "status": "active"},
    }
    both = {key: {**goal, "progress_metrics": [plan]} for key, goal in goals.items()}
    await async_add_twins(hass, entry, "goal", both)
    await wait()
    admin = users["admin"]
    assert await say(hass, admin, "how is my goal flat") == (
        "Several goals are called that: Flat (G11) and FLAT (G12)."
        " Say the code of the one you mean."
    )
    assert (await say(hass, admin, "how is goal G12")).startswith("FLAT is at 0%")
    assert await say(hass, admin, "mark call the bank as done") == (
        "That is in several goals: Flat (G11) and FLAT (G12)."
        " Mark it in the to-do list of the right one."
    )
    # The own one is meant, and one that is not done yet.
    await async_patch_twin(hass, entry, "goal", TWIN_A, owner_person_id=ANNA)
    assert (await say(hass, users["anna"], "how is my goal flat")).startswith("Flat is at 0%")
    done = await say(hass, users["anna"], "mark call the bank as done")
    assert done == "Done: Call the bank. Flat is now at 100%."
    again = await say(hass, admin, "mark call the bank as done")
    assert again == "Done: Call the bank. FLAT is now at 100%."


async def test_what_is_gone_by_now_is_said(
    hass: HomeAssistant, entry: MockConfigEntry, users: dict[str, str | None]
) -> None:
    omega = define_metric({"key": "omega", "name": "Omega 3", "unit": "g"})
    runtime(entry).registry.async_set_household_metrics([omega])
    # Names are read at most once in a second: those of a moment ago are still understood.
    await hass.async_block_till_done()
    await async_delete_twin(hass, entry, "person", JAN)
    await async_delete_twin(hass, entry, "goal", SLEEP)
    await async_patch_twin(hass, entry, "goal", GOAL_ID, progress_metrics=None)
    await async_patch_twin(hass, entry, "person", ANNA, quick_entries=None)
    for text in ("how is Jan doing", "how is G07 going", "mark buy running shoes as done"):
        assert await say(hass, users["admin"], text) == "That is no longer there."
    no_entries = await say(hass, users["anna"], "log a coffee")
    assert no_entries == "You have no quick entries yet. Add one in the form of your person."
    runtime(entry).registry.async_set_household_metrics([])
    assert await say(hass, users["anna"], "my omega 3 is 2") == "That is no longer there."
    for home_id in (HOME_ID, SUMMER_HOUSE):
        await async_delete_twin(hass, entry, "home", home_id)
    assert await say(hass, users["anna"], "what is wrong at home") == "There is no home yet."


async def test_words_of_two_languages_are_not_understood(
    hass: HomeAssistant, entry: MockConfigEntry, users: dict[str, str | None]
) -> None:
    text = "oznacz buy running shoes as done"
    assert await is_ours(hass, text)
    assert await say(hass, users["anna"], text) == "I did not understand that."
    plan = runtime(entry).registry.goals[GOAL_ID].progress_metrics[0]
    assert plan.items[1].state is ItemState.TODO


async def test_a_goal_without_progress_is_ticked_all_the_same(
    hass: HomeAssistant, entry: MockConfigEntry, users: dict[str, str | None], wait: Wait
) -> None:
    parts = [
        {"name": "Signed", "kind": "boolean", "target": True, "weight": 0},
        {"name": "Money", "kind": "reach", "target": 10},
    ]
    house = {"goal_code": "G20", "name": "House", "progress_metrics": parts}
    await async_add_twins(hass, entry, "goal", {TWIN_A: house})
    await wait()
    assert await say(hass, users["admin"], "signed is done") == "Done: Signed."


async def test_sentences_end_with_the_entry_and_begin_again_once(
    hass: HomeAssistant, entry: MockConfigEntry, users: dict[str, str | None]
) -> None:
    manager = conversation.get_agent_manager(hass)
    before = manager.trigger_sentences
    assert before
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert manager.trigger_sentences == []
    assert not await is_ours(hass, "I weigh 71.4")
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert manager.trigger_sentences == before
    assert await say(hass, users["anna"], "I weigh 71.4") == "Recorded: weight 71.4 kg."


async def test_a_sentence_of_an_automation_is_heard_as_well(
    hass: HomeAssistant, entry: MockConfigEntry, users: dict[str, str | None]
) -> None:
    calls = async_mock_service(hass, "test", "run")
    automation = {
        "triggers": {"trigger": "conversation", "command": ["log a coffee"]},
        "actions": {"action": "test.run"},
    }
    assert await async_setup_component(hass, "automation", {"automation": [automation]})
    await hass.async_block_till_done()
    answer = await say(hass, users["anna"], "log a coffee")
    assert answer.startswith("Recorded: Coffee.")
    assert len(calls) == 1
    assert values(entry) == {"caffeine": 100, "hydration": 250}


async def test_home_assistant_answers_its_own_sentences(
    hass: HomeAssistant, users: dict[str, str | None]
) -> None:
    calls = async_mock_service(hass, "light", "turn_off")
    hass.states.async_set("light.lamp", "on", {"friendly_name": "Lamp"})
    assert await say(hass, users["anna"], "turn off the lamp") == "Turned off the light"
    assert await say(hass, users["anna"], "wyłącz lamp", "pl") == "Wyłączono lamp"
    assert len(calls) == 2
    hass.states.async_set("sensor.savings", "5", {"friendly_name": "Savings"})
    async_expose_entity(hass, conversation.DOMAIN, "sensor.savings", should_expose=True)
    assert await say(hass, users["anna"], "how is savings") == "Savings is 5"


SEVEN = TextSlotList.from_strings(["7"])


@cache
def _built_in(language: str) -> tuple[Intents, dict[str, Any]]:
    found = get_intents(language, json_load=json.load)
    assert found is not None
    intents = Intents.from_dict(found)
    # Things with the names of ours, which people may have as well.
    ours = TextSlotList.from_strings(["Savings", "Coffee", "Anna", "Lipowa 7", "weight"])
    names = ("name", "area", "floor", "zone", "todo_list_item", "shopping_list_item", "item")
    lists = dict.fromkeys(names, ours) | {
        key: TextSlotList.from_strings(["Buy running shoes", "Kawa"])
        for key, known in intents.slot_lists.items()
        if isinstance(known, WildcardSlotList)
    }
    return intents, lists


@pytest.mark.parametrize("language", ["en", "pl"])
async def test_no_sentence_of_home_assistant_is_taken(
    hass: HomeAssistant, entry: MockConfigEntry, language: str
) -> None:
    manager = conversation.get_agent_manager(hass)
    assert manager.default_agent is not None
    manager.default_agent._rebuild_trigger_intents()
    own = manager.default_agent._trigger_intents
    assert own is not None
    intents, lists = _built_in(language)
    count, taken = 0, []
    for intent in intents.intents.values():
        for data in intent.data:
            for sentence in data.sentences:
                rules = {**intents.expansion_rules, **data.expansion_rules}
                known = {**intents.slot_lists, **data.slot_lists, **lists}
                # All numbers of a range would be made before the first sample.
                known |= {key: SEVEN for key, of in known.items() if isinstance(of, RangeSlotList)}
                samples = sample_sentence(sentence, known, rules, language=language)
                for text in islice(samples, 6):
                    count += 1
                    taken += [(text, found) for found in islice(recognize_all(text, own), 1)]
    assert count > 1000
    assert [text for text, _ in taken] == []


async def test_sentences_begin_with_the_conversation_component(
    hass: HomeAssistant, entry: MockConfigEntry, users: dict[str, str | None]
) -> None:
    manager = conversation.get_agent_manager(hass)
    await hass.config_entries.async_unload(entry.entry_id)
    hass.config.components.remove("conversation")
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert manager.trigger_sentences == []
    for component in ("other", "conversation"):
        hass.bus.async_fire("component_loaded", {"component": component})
        await hass.async_block_till_done(wait_background_tasks=True)
        assert bool(manager.trigger_sentences) is (component == "conversation")
    hass.config.components.add("conversation")


async def test_without_the_conversation_component_nothing_of_it_is_loaded(
    hass: HomeAssistant, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hass.config_entries.async_unload(entry.entry_id)
    hass.config.components.remove("conversation")
    # To import any of these is an error now.
    for module in ("hassil", "homeassistant.components.conversation"):
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.delitem(sys.modules, SENTENCES_MODULE)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert SENTENCES_MODULE not in sys.modules


async def test_a_component_that_has_changed_does_not_end_the_set_up(
    hass: HomeAssistant, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    manager = conversation.get_agent_manager(hass)
    await hass.config_entries.async_unload(entry.entry_id)
    with patch.object(manager, "register_trigger", side_effect=AttributeError):
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
    assert runtime(entry).registry.goals
    assert caplog.text.count("Sentences are not understood") == 1
    assert await hass.config_entries.async_unload(entry.entry_id)


# The texts.


@cache
def _texts(language: str) -> dict[str, dict[str, str]]:
    path = PACKAGE / "translations" / f"{language}.json"
    selectors = json.loads(path.read_text(encoding="utf-8"))["selector"]
    return {key: each.get("options", {}) for key, each in selectors.items()}


@pytest.mark.parametrize("language", list(Language))
def test_every_answer_has_sentences_and_every_sentence_an_answer(language: Language) -> None:
    assert {*_texts(language.value)["sentences"]} == {*REPLIES, "before", "after"}


def test_every_spoken_text_is_used() -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    paces = _texts("en")["pace_reason"]
    unused = [
        key
        for key in _texts("en")["spoken"]
        if not re.search(rf"""['".]{key}['"]""", sources)
        if key.removeprefix("why_") not in paces and f'"{key.removeprefix("why_")}"' not in sources
        if key.removeprefix("error_").removesuffix("_private") not in _exceptions()
    ]
    assert unused == []


@cache
def _exceptions() -> dict[str, Any]:
    path = PACKAGE / "translations" / "en.json"
    known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["exceptions"]
    return known


@settings(max_examples=50)
@given(st.text("abłóŻ Ex019-_.,:;!?()[]{}<>|\\/'%&+#", min_size=1, max_size=30))
def test_the_recogniser_takes_every_name(name: str) -> None:
    thing = named(name, 1)
    sentences = sentence_templates("mark {item} as done")
    templates = recogniser_templates(sentences, thing.pattern, "please", "now")
    assert bool(templates) is bool(words_of(name) and thing.pattern)
    intents = Intents.from_dict(
        {"language": "en", "intents": {"Test": {"data": [{"sentences": templates}]}}}
    )
    said = f"mark {' '.join(words_of(name))} as done"
    assert any(recognize_all(said, intents)) is bool(templates)


def _documented() -> list[tuple[str, str]]:
    """Return the sentences of the document by language, those between quotation marks."""
    section = DOCUMENT.read_text(encoding="utf-8").partition("## Sentences")[2]
    rows = [row.split("|") for row in section.splitlines() if row.startswith("| ")][2:]
    return [
        (language, text)
        for row in rows
        for language, cell in zip(("en", "pl"), row[1:3], strict=True)
        for text in re.findall(r"“(.+?)”", cell)
    ]


async def test_documented_sentences_are_understood(
    hass: HomeAssistant, entry: MockConfigEntry, wait: Wait
) -> None:
    items = [{"name": "Buy running shoes"}, {"name": "Kupić buty"}]
    plan = {"name": "Plan", "kind": "checklist", "items": items}
    half = {"goal_code": "G20", "name": "Half marathon", "progress_metrics": [plan]}
    await async_add_twins(hass, entry, "goal", {TWIN_A: half})
    await async_add_twins(hass, entry, "home", {TWIN_B: {"name": "Summer house"}})
    await wait()
    texts = {
        language: await async_get_translations(hass, language.value, "selector", {DOMAIN})
        for language in Language
    }
    understood = Sentences(hass, runtime(entry), texts)
    understood.async_start()()
    found: dict[str, set[str]] = {"en": set(), "pl": set()}
    for language, text in _documented():
        meaning = understood.understand(text)
        assert meaning is not None, text
        assert meaning.language.value == language, text
        assert await is_ours(hass, text), text
        found[language].add(meaning.key)
    assert found == {"en": {*REPLIES}, "pl": {*REPLIES}}
