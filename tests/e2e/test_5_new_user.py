"""A new user, in English and in Polish: the first home, a person, a goal; clicks are counted."""

from collections.abc import AsyncIterator
import json
from typing import Any

from playwright.async_api import expect
import pytest

from scripts.demo.client import Client
from scripts.demo.server import REPOSITORY, Server
from scripts.demo.twins import device

from .browser import INTEGRATION, Browser, open_browser
from .waiting import sensors_show

TRANSLATIONS = REPOSITORY / "custom_components" / "digital_twin" / "translations"
# By language: the texts of the frontend, and the names that the user gives.
FRONTEND = {
    "en": {
        "add": "Add integration",
        "skip": "Skip and finish",
        "finish": "Finish",
        "ok": "OK",
        "board": "Add dashboard",
    },
    "pl": {
        "add": "Dodaj integrację",
        "skip": "Pomiń i zakończ",
        "finish": "Zakończ",
        "ok": "OK",
        "board": "Dodaj panel",
    },
}
DEGRADED = {"en": "battery 12%", "pl": "bateria 12%"}
SENSORS = (
    "sensor.bathroom_scale_weight",
    "sensor.anna_s_watch_resting_heart_rate",
    "sensor.anna_s_watch_steps",
)


@pytest.fixture(params=["en", "pl"])
async def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def new_user(
    server: Server, client: Client, language: str, request: pytest.FixtureRequest
) -> AsyncIterator[Browser]:
    """A browser in a house that has no twin yet."""
    for entry in await client.command("config_entries/get", domain="digital_twin"):
        await client.rest("DELETE", f"config/config_entries/entry/{entry['entry_id']}")
    await client.command("frontend/set_user_data", key="language", value={"language": language})
    await client.command("config/core/update", language=language)
    async with open_browser(server.url, client.tokens, language) as browser:
        yield browser
        await browser.look(f"{request.node.name}-end")
    await client.command("config/core/update", language="en")
    await client.command("frontend/set_user_data", key="language", value={"language": "en"})


def _texts(language: str) -> dict[str, Any]:
    texts: dict[str, Any] = json.loads((TRANSLATIONS / f"{language}.json").read_text("utf-8"))
    return texts


async def test_a_new_user_sets_everything_up_with_few_clicks(
    client: Client, new_user: Browser, language: str
) -> None:
    texts, frontend = _texts(language), FRONTEND[language]
    browser = new_user
    await browser.go("config/integrations/dashboard")
    await browser.press(frontend["add"])
    await browser.page.get_by_role("textbox").last.fill("Digital Twin")
    await browser.page.get_by_text("Digital Twin", exact=True).last.click()
    await browser.field(texts["config"]["step"]["user"]["data"]["name"]).fill("Lipowa 7")
    await browser.look(f"20-first-home-{language}")
    await browser.submit()
    # The form of a goal is next; the home is there already, so it may be left.
    goal = texts["config_subentries"]["goal"]["step"]["user"]
    await browser.field(goal["data"]["name"]).wait_for()
    await browser.look(f"20-next-{language}")
    (entry,) = await client.command("config_entries/get", domain="digital_twin")
    assert entry["state"] == "loaded"

    # The form of the home has added Anna; her watch is suggested for a new person.
    await _async_delete(client, "Anna")
    await browser.go(INTEGRATION)
    await browser.count_clicks()
    await _async_add_person(browser, texts["config_subentries"]["person"], language)
    states = await client.states()
    measured = [f"{float(states[sensor]['state']):.1f}" for sensor in SENSORS]
    await sensors_show(client, "anna_", measured)
    assert (await browser.counted()).clicks <= 10

    await browser.go(INTEGRATION)
    await browser.count_clicks()
    await _async_add_goal(browser, texts["config_subentries"]["goal"], language)
    await sensors_show(client, "half_marathon_", ("0.0",))
    counted = await browser.counted()
    assert counted.clicks <= 15
    assert counted.fields <= 8

    # The values to type in are named after their key results.
    await browser.go(f"config/devices/device/{await device(client, 'Goal', 'Half marathon')}")
    await browser.page.get_by_text("Longest run").first.wait_for()
    await browser.look(f"26-page-of-the-goal-{language}")

    # Why the home is degraded is read on its page, without opening anything.
    await client.set_options("digital_twin", "thresholds", startup_grace=0)
    await sensors_show(client, "lipowa_7_", ("degraded",))
    await browser.go(f"config/devices/device/{await device(client, 'Home', 'Lipowa 7')}")
    await browser.page.get_by_text(DEGRADED[language]).first.wait_for()
    await browser.look(f"25-page-of-the-home-{language}")


async def _async_delete(client: Client, title: str) -> None:
    (entry,) = await client.command("config_entries/get", domain="digital_twin")
    entry_id = entry["entry_id"]
    for each in await client.command("config_entries/subentries/list", entry_id=entry_id):
        if each["title"] == title:
            await client.command(
                "config_entries/subentries/delete",
                entry_id=entry_id,
                subentry_id=each["subentry_id"],
            )


async def _async_add_person(browser: Browser, texts: dict[str, Any], language: str) -> None:
    step = texts["step"]
    await browser.press(texts["initiate_flow"]["user"])
    await browser.field(step["user"]["data"]["name"]).fill("Anna")
    await browser.submit()
    # Two sensors of her watch are selected; the scale may be anybody's.
    await browser.press(step["suggested"]["data"]["suggested"])
    found = browser.page.locator("ha-picker-combo-box ha-combo-box-item")
    await found.filter(has_text="Bathroom scale").click()
    await browser.look(f"21-person-{language}")
    await browser.submit()
    await browser.finish(FRONTEND[language]["finish"])


async def test_the_first_steps_lead_to_the_dashboard(
    client: Client, new_user: Browser, language: str
) -> None:
    texts, frontend, browser = _texts(language), FRONTEND[language], new_user
    await browser.go("config/integrations/dashboard")
    await browser.press(frontend["add"])
    await browser.page.get_by_role("textbox").last.fill("Digital Twin")
    await browser.page.get_by_text("Digital Twin", exact=True).last.click()
    await browser.field(texts["config"]["step"]["user"]["data"]["name"]).fill("Lipowa 7")
    await browser.page.get_by_text(texts["selector"]["next_step"]["options"]["later"]).click()
    await browser.submit()
    # One click leads from the first steps to the page on which a dashboard is added.
    link = browser.page.locator("step-flow-create-entry a")
    await link.wait_for()
    await browser.look(f"27-first-steps-{language}")
    await link.click()
    await browser.page.get_by_role("button", name=frontend["board"]).first.click()
    await browser.page.get_by_text("Digital Twin", exact=True).last.wait_for()
    await browser.look(f"27-add-dashboard-{language}")


async def _async_add_goal(browser: Browser, texts: dict[str, Any], language: str) -> None:
    step, confirm = texts["step"], FRONTEND[language]["ok"]
    menu, reach, milestone = (step[name] for name in ("parts", "reach", "milestone"))
    await browser.press(texts["initiate_flow"]["user"])
    await browser.field(step["user"]["data"]["name"]).fill("Half marathon")
    await browser.date(step["user"]["data"]["target_date"], 28, confirm, months=1)
    await browser.submit()
    for name, begin, target in (("Longest run", 5, 21), ("Pace", 7, 5.5)):
        await browser.choose(menu["menu_options"]["reach"])
        await browser.field(reach["data"]["name"]).fill(name)
        await browser.field(reach["data"]["baseline"]).fill(str(begin))
        field = browser.field(reach["data"]["target"])
        await field.fill(str(target))
        await browser.look(f"22-key-result-{language}")
        await field.press("Enter")
    await browser.choose(menu["menu_options"]["milestone"])
    await browser.date(milestone["data"]["date"], 14, confirm, months=1)
    await browser.look(f"23-milestone-{language}")
    field = browser.field(milestone["data"]["name"])
    await field.press_sequentially("Ten")
    await expect(field).to_have_value("Ten")
    await field.press("Enter")
    await browser.page.locator("step-flow-menu").wait_for()
    await browser.look(f"24-menu-{language}")
    await browser.choose(menu["menu_options"]["finish"])
    await browser.finish(FRONTEND[language]["finish"])
