"""Every blueprint is imported from its address, makes an automation, and says the right thing."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.automation.helpers import async_get_blueprints
from homeassistant.components.blueprint.importer import fetch_blueprint_from_url
from homeassistant.core import HomeAssistant, ServiceCall, SupportsResponse
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    async_mock_service,
)
from pytest_homeassistant_custom_component.test_util.aiohttp import AiohttpClientMocker
import yaml

from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.metrics.household_metrics import METRICS

from .common import (
    ANNA,
    GOAL_ID,
    JAN,
    Documents,
    Wait,
    async_patch_twin,
    async_setup_twin,
    runtime,
)
from .house import House

REPOSITORY: Final = Path(__file__).parents[1]
FOLDER: Final = REPOSITORY / "blueprints" / "automation" / DOMAIN
BLUEPRINTS: Final = {path.stem: path for path in sorted(FOLDER.glob("*.yaml"))}
RAW: Final = "https://raw.githubusercontent.com/digital-twin-home/digital-twin/main"
SLEEP_ID: Final = "30000000-0000-4000-8000-000000000002"
PLAN_ID: Final = "30000000-0000-4000-8000-000000000003"
OUTAGE: Final = timedelta(minutes=16)
PHONE: Final = {"entity_id": "notify.phone"}
BOOKS: Final = {"name": "Books", "kind": "accumulate", "unit": "books", "target": 10}
READ: Final = {
    "goal_code": "G01",
    "name": "Read",
    "owner_person_id": ANNA,
    "status": "Active",
    "start_date": "2026-01-01",
    "target_date": "2026-05-01",
    "progress_metrics": [{**BOOKS, "current": 5}],
    "milestones": [{"name": "Third shelf", "date": "2026-04-01", "progress": 75}],
}
SLEEP: Final = {"goal_code": "G02", "name": "Sleep", "status": "Active", "owner_person_id": JAN}
PLAN: Final = {"goal_code": "G03", "name": "Plan", "status": "Planning"}
PEOPLE: Final = {ANNA: {"name": "Anna", "person_entity": "person.anna"}, JAN: {"name": "Jan"}}
ENERGY: Final = {"key": "energy", "name": "Energy", "unit": "points", "kind": "level"}


class _Blueprints(yaml.SafeLoader):
    """Reads the inputs of a blueprint as texts."""


_Blueprints.add_constructor("!input", lambda _loader, node: f"!input {node.value}")


def _document(name: str) -> dict[str, Any]:
    text = BLUEPRINTS[name].read_text("utf-8")
    document: dict[str, Any] = yaml.load(text, Loader=_Blueprints)  # noqa: S506  # it is a safe one
    return document


@dataclass(frozen=True, kw_only=True)
class Household:
    """A household in which blueprints run, and the messages that they send."""

    hass: HomeAssistant
    entry: MockConfigEntry
    freezer: FrozenDateTimeFactory
    house: House
    battery: str
    messages: list[ServiceCall]
    load: Callable[[str], Awaitable[None]]

    async def use(self, name: str, **inputs: object) -> None:
        """Import a blueprint and make an automation of it."""
        await self.load(name)
        use = {"path": f"{DOMAIN}/{name}.yaml", "input": inputs}
        automation = {"alias": "Blueprint", "use_blueprint": use}
        assert await async_setup_component(self.hass, "automation", {"automation": [automation]})
        await self.hass.async_block_till_done()
        assert self.hass.states.is_state("automation.blueprint", "on")

    def move(self, *, day: int, hour: int, minute: int = 0) -> None:
        """Let the clock show a time in March 2026."""
        self.freezer.move_to(datetime(2026, 3, day, hour, minute, 1, tzinfo=UTC))
        async_fire_time_changed(self.hass)

    async def go_to(self, *, day: int, hour: int, minute: int = 0) -> None:
        """Let the clock show a time in March 2026, and what is due then happen."""
        self.move(day=day, hour=hour, minute=minute)
        await self.hass.async_block_till_done()

    def device(self, twin_id: str) -> str:
        """Return the device of a twin."""
        devices = dr.async_get(self.hass)
        found = devices.async_get_device_by_identifier((DOMAIN, twin_id), self.entry.entry_id)
        assert found is not None
        return found.id

    async def read(self, books: float) -> None:
        """Tell how many books Anna has read."""
        metrics = [{**BOOKS, "current": books}]
        await async_patch_twin(self.hass, self.entry, "goal", GOAL_ID, progress_metrics=metrics)

    async def measure(self, **metrics: object) -> None:
        """Record readings of Anna."""
        data = {"person": ANNA, "metrics": metrics}
        await self.hass.services.async_call(DOMAIN, "update_health_metrics", data, blocking=True)
        await self.hass.async_block_till_done()

    @property
    def told(self) -> list[tuple[str, str]]:
        """The titles and the messages so far."""
        assert {call.data["entity_id"][0] for call in self.messages} <= {"notify.phone"}
        return [(call.data["title"], call.data["message"].strip()) for call in self.messages]


@pytest.fixture
async def household(
    hass: HomeAssistant,
    house: House,
    wait: Wait,
    freezer: FrozenDateTimeFactory,
    aioclient_mock: AiohttpClientMocker,
) -> AsyncIterator[Household]:
    """Anna, Jan, three goals and a home with a plug and a battery, all judged."""
    freezer.move_to(datetime(2026, 3, 2, 12, tzinfo=UTC))
    await hass.config.async_update(time_zone="UTC")
    hass.states.async_set("person.anna", "home")
    battery = house.sensor(house.device("Sensor", house.area("Kitchen")), "battery", 80)
    goals: Documents = {GOAL_ID: READ, SLEEP_ID: SLEEP, PLAN_ID: PLAN}
    entry = await async_setup_twin(hass, persons=PEOPLE, goals=goals, options={METRICS: [ENERGY]})
    await wait(OUTAGE)
    messages = async_mock_service(hass, "notify", "send_message")

    async def load(name: str) -> None:
        source = _document(name)["blueprint"]["source_url"]
        path = BLUEPRINTS[name].relative_to(REPOSITORY)
        aioclient_mock.get(  # type: ignore[no-untyped-call]  # of the harness
            f"{RAW}/{path}", text=BLUEPRINTS[name].read_text("utf-8")
        )
        imported = await fetch_blueprint_from_url(hass, source)
        assert imported.blueprint.validate() is None
        await async_get_blueprints(hass).async_add_blueprint(
            imported.blueprint, f"{DOMAIN}/{name}.yaml"
        )

    yield Household(
        hass=hass,
        entry=entry,
        freezer=freezer,
        house=house,
        battery=battery,
        messages=messages,
        load=load,
    )
    if hass.states.get("automation.blueprint"):
        off = {"entity_id": "automation.blueprint"}
        await hass.services.async_call("automation", "turn_off", off, blocking=True)


def test_there_are_blueprints_for_the_commonest_wishes() -> None:
    assert len(BLUEPRINTS) >= 8


def _inputs(document: Mapping[str, Any]) -> Mapping[str, Any]:
    inputs: Mapping[str, Any] = document["blueprint"]["input"]
    return inputs


@pytest.mark.parametrize("name", BLUEPRINTS)
def test_a_blueprint_explains_itself(name: str) -> None:
    text, document = BLUEPRINTS[name].read_text("utf-8"), _document(name)
    about = document["blueprint"]
    assert about["domain"] == "automation"
    assert about["homeassistant"]["min_version"] == "2026.10.0"
    assert about["source_url"].endswith(f"/{BLUEPRINTS[name].relative_to(REPOSITORY)}")
    assert about["name"].startswith("Digital Twin: ")
    assert about["description"].strip().endswith(".")
    for key, each in _inputs(document).items():
        assert each["name"]
        assert each["selector"]
        assert f"!input {key}" in text


@pytest.mark.parametrize("name", ["data_stale", "health_value_unusual"])
def test_a_blueprint_offers_every_metric(name: str) -> None:
    options = _inputs(_document(name))["metric"]["selector"]["select"]["options"]
    assert {each["value"] for each in options} == set(CATALOGUE)


async def test_a_goal_falls_behind(household: Household) -> None:
    await household.use("goal_falls_behind", notify=PHONE)
    await household.read(8)
    assert household.told == []
    await household.read(3)
    assert household.told == [("G01 Read: Behind", "10 days behind; 0.82 books a week are needed")]


@pytest.mark.parametrize(("owner", "messages"), [(ANNA, 1), (JAN, 0)])
async def test_the_goals_of_a_person_only(household: Household, owner: str, messages: int) -> None:
    await household.use("goal_falls_behind", notify=PHONE, person=[household.device(owner)])
    await household.read(3)
    assert len(household.told) == messages


async def test_a_milestone_is_reached_and_a_goal_completed(household: Household) -> None:
    await household.use("milestone_reached", notify=PHONE)
    await household.read(8)
    assert household.told == [("G01 Read", "Third shelf: reached. 80% of the goal is done.")]
    await async_patch_twin(household.hass, household.entry, "goal", GOAL_ID, status="Completed")
    assert household.told[1:] == [("G01 Read", "Completed. Well done!")]


async def test_a_goal_that_is_completed_at_once_is_one_message(household: Household) -> None:
    await household.use("milestone_reached", notify=PHONE)
    await async_patch_twin(household.hass, household.entry, "goal", GOAL_ID, status="Completed")
    assert household.told == [("G01 Read", "Completed. Well done!")]


@pytest.mark.parametrize(
    ("owner", "lines"),
    [
        (
            None,
            ["G01 Read: 30%, at risk. 9.2% needed a week.", "G02 Sleep: 0%, no plan."],
        ),
        (ANNA, ["G01 Read: 30%, at risk. 9.2% needed a week."]),
    ],
)
async def test_the_week_is_reviewed(
    household: Household, owner: str | None, lines: list[str]
) -> None:
    chosen = {"person": household.device(owner)} if owner else {}
    await household.use("weekly_review", notify=PHONE, weekday="mon", time="18:00:00", **chosen)
    await household.read(3)
    await household.go_to(day=3, hour=18)
    assert household.told == []
    # No time is skipped that is due, and the day begins before the review of its evening.
    await household.go_to(day=8, hour=20)
    await household.go_to(day=9, hour=1)
    assert household.told == []
    await household.go_to(day=9, hour=18)
    ((title, message),) = household.told
    assert title == "Review of the week"
    assert message.splitlines() == lines


async def test_nothing_is_reviewed_without_an_active_goal(household: Household) -> None:
    await household.use("weekly_review", notify=PHONE, weekday="mon")
    for goal_id in (GOAL_ID, SLEEP_ID):
        await async_patch_twin(household.hass, household.entry, "goal", goal_id, status="On Hold")
    await household.go_to(day=9, hour=18)
    assert household.told == []


@pytest.mark.parametrize("back_online", [True, False])
async def test_a_device_is_offline(household: Household, wait: Wait, back_online: bool) -> None:
    await household.use("device_offline_or_battery_low", notify=PHONE, back_online=back_online)
    household.house.silence(household.battery)
    await wait(OUTAGE)
    household.house.set(household.battery, 80)
    await wait()
    told = [("Kitchen", "Sensor is not responding"), ("Kitchen", "Sensor is responding again")]
    assert household.told == told[: 1 + back_online]


async def test_a_battery_is_low(household: Household, wait: Wait) -> None:
    await household.use("device_offline_or_battery_low", notify=PHONE)
    household.house.set(household.battery, 5)
    await wait()
    assert household.told == [("Kitchen", "Sensor has a low battery (5%)")]


@pytest.mark.parametrize(
    ("is_public", "message"),
    [
        (True, "Resting heart rate: 95 bpm. Unusually high."),
        (False, "Resting heart rate: unusual."),
    ],
)
async def test_a_health_value_is_unusual(
    household: Household, is_public: bool, message: str
) -> None:
    hass, entry = household.hass, household.entry
    await async_patch_twin(hass, entry, "person", ANNA, health_entities=is_public)
    people = {"device_id": [household.device(ANNA)]}
    metrics = ["resting_heart_rate"]
    await household.use("health_value_unusual", notify=PHONE, people=people, metric=metrics)
    for day in range(30):
        usual = 60 + day % 2
        await household.measure(resting_heart_rate=usual if day < 29 else 95, stress=day * 3)
        household.freezer.tick(timedelta(days=1))
        async_fire_time_changed(hass)
        await hass.async_block_till_done()
    assert household.told == [("Anna", message)]


async def test_data_are_stale(household: Household) -> None:
    await household.use("data_stale", notify=PHONE, metric=["weight"])
    await household.measure(weight=70, mood=5)
    household.freezer.tick(timedelta(days=60))
    async_fire_time_changed(household.hass)
    await household.hass.async_block_till_done()
    assert household.told == [("No recent data", "Anna has no recent reading: Weight")]


@pytest.mark.parametrize("with_person", [True, False])
async def test_the_morning_is_briefed(household: Household, with_person: bool) -> None:
    briefings: list[ServiceCall] = []

    async def brief(call: ServiceCall) -> dict[str, Any]:
        briefings.append(call)
        return {"text": "**All is well.**", "speech": "All is well."}

    household.hass.services.async_register(
        DOMAIN, "get_briefing", brief, supports_response=SupportsResponse.ONLY
    )
    anna = household.device(ANNA)
    chosen = {"person": anna, "length": "full"} if with_person else {}
    await household.use("morning_briefing", notify=PHONE, weekdays=["tue"], **chosen)
    await household.go_to(day=3, hour=7)
    await household.go_to(day=4, hour=7)
    assert household.told == [("Good morning", "**All is well.**")]
    wanted = {"person": anna, "length": "full"} if with_person else {"length": "short"}
    assert [dict(call.data) for call in briefings] == [wanted]


def _values(household: Household) -> dict[str, float]:
    metrics = runtime(household.entry).registry.persons[ANNA].health_metrics
    return {key: reading.value for key, reading in metrics.items()}


class Phone:
    """A phone that shows questions. A test cannot wait for the end of a run that awaits one."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Provide the action of the phone."""
        self._questions: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
        hass.services.async_register("notify", "mobile_app_annas_phone", self._show)

    async def _show(self, call: ServiceCall) -> None:
        self._questions.put_nowait(call.data)

    async def question(self) -> Mapping[str, Any]:
        """Wait for the next question."""
        async with asyncio.timeout(20):
            return await self._questions.get()


async def test_mood_and_energy_are_asked_and_recorded(household: Household) -> None:
    hass, phone = household.hass, Phone(household.hass)
    await household.use(
        "evening_question",
        person=household.device(ANNA),
        phone="notify.mobile_app_annas_phone",
        energy="energy",
    )
    household.move(day=2, hour=21)
    asked = []
    for choice in (0, 2):
        question = await phone.question()
        asked.append(question["title"])
        answers = [each["action"] for each in question["data"]["actions"]]
        assert len({*answers}) == 3
        # What somebody taps on another question is no answer to this one.
        for answer in ("TWIN_OTHER_8", answers[choice]):
            await asyncio.sleep(0)
            hass.bus.async_fire("mobile_app_notification_action", {"action": answer})
    await hass.async_block_till_done()
    assert asked == ["How was your mood today?", "How much energy did you have?"]
    assert _values(household) == {"mood": 8, "energy": 2}


async def test_no_answer_records_nothing(household: Household) -> None:
    phone, action = Phone(household.hass), "notify.mobile_app_annas_phone"
    await household.use("evening_question", person=household.device(ANNA), phone=action)
    household.move(day=2, hour=21)
    await phone.question()
    await asyncio.sleep(0)
    await household.go_to(day=2, hour=23, minute=30)
    assert _values(household) == {}
    state = household.hass.states.get("automation.blueprint")
    assert state is not None
    assert state.attributes["current"] == 0


def test_every_blueprint_is_tried() -> None:
    tried = Path(__file__).read_text("utf-8")
    assert [name for name in BLUEPRINTS if tried.count(f'"{name}"') == 0] == []
