"""The dashboard is what people see: every view, in each form, follows what happens."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from itertools import product
import json
from typing import Literal

from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]  # it has none
from playwright.async_api import ConsoleMessage, Page, Response, async_playwright, expect
import pytest

from scripts.demo.client import Client, Json
from scripts.demo.server import Server

from .browser import CHROMIUM, FLAGS, SCREENSHOTS
from .household import begin_in_english

type Scheme = Literal["light", "dark"]

DASHBOARD = "digital-twin"
LEAK = "input_boolean.washing_machine_leak"
SIZES = {"desktop": {"width": 1440, "height": 1000}, "phone": {"width": 390, "height": 844}}
# By language: a heading of each view that is a text of ours.
HEADINGS = {
    "en": {"home": "Who is there", "person": "Quick entries", "goals": "What waits for what"},
    "pl": {"home": "Kto jest w domu", "person": "Szybkie wpisy", "goals": "Co na co czeka"},
}
SERIOUS = {"serious", "critical"}
# What a card shows instead of itself when something is wrong.
BROKEN = "hui-error-card, hui-warning, hui-error-section"


class Visit:
    """A page with the dashboard, and what went wrong on it."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self._url = url
        self.wrong: list[str] = []
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("response", self._answered)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.wrong.append(message.text)

    def _answered(self, response: Response) -> None:
        if "digital_twin" in response.url and response.status >= 400:
            self.wrong.append(f"{response.status} {response.url}")

    async def go(self, view: str, heading: str) -> None:
        """Open a view and wait for one of its headings."""
        await self.page.goto(f"{self._url}/{DASHBOARD}/{view}")
        await self.page.get_by_text(heading, exact=True).first.wait_for(timeout=90_000)


@asynccontextmanager
async def visit(
    server: Server,
    client: Client,
    *,
    size: str = "desktop",
    scheme: Scheme = "light",
    language: str = "en",
) -> AsyncIterator[Visit]:
    """Open a browser of some form, in which Anna is logged in."""
    await client.command("frontend/set_user_data", key="language", value={"language": language})
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = await chromium.new_context(
            locale=language,
            viewport=SIZES[size],  # type: ignore[arg-type]  # a width and a height
            color_scheme=scheme,
            has_touch=size == "phone",
        )
        tokens = json.dumps(json.dumps(client.tokens))
        await context.add_init_script(f"window.localStorage.setItem('hassTokens', {tokens});")
        found = Visit(await context.new_page(), server.url)
        try:
            yield found
        finally:
            await chromium.close()
            await client.command("frontend/set_user_data", key="language", value={"language": "en"})


@pytest.fixture(scope="module")
async def views(client: Client) -> dict[str, str]:
    """Make the dashboard over a household; return the paths of its views."""
    anna = await begin_in_english(client)
    await client.set_options("digital_twin", "thresholds", startup_grace=0)
    water = {"name": "Glass of water", "metrics": {"hydration": 250}}
    await client.rest("PATCH", f"digital_twin/persons/{anna}", {"quick_entries": [water]})
    weight: Json = {"person": anna, "metrics": {"weight": 64, "hydration": 100}}
    await client.action("digital_twin.update_health_metrics", **weight)
    await _make_goals(client, anna)
    await client.command(
        "lovelace/dashboards/create",
        url_path=DASHBOARD,
        title="Digital Twin",
        mode="storage",
        require_admin=False,
        show_in_sidebar=True,
    )
    strategy = {"strategy": {"type": "custom:digital-twin"}}
    await client.command("lovelace/config/save", url_path=DASHBOARD, config=strategy)
    homes = await client.command("digital_twin/list", kind="home", fields=["name"])
    return {"home": f"home-{homes[0]['home_id']}", "person": f"person-{anna}", "goals": "goals"}


async def _make_goals(client: Client, anna: str) -> None:
    """Make goals in a chain, a circle and alone."""
    today = date.today()  # noqa: DTZ011  # the demo home is where its user is
    shared: Json = {
        "status": "active",
        "owner_person_id": anna,
        "start_date": (today - timedelta(days=60)).isoformat(),
        "target_date": (today + timedelta(days=60)).isoformat(),
    }
    for number, waits in enumerate([[], ["G80"], ["G81"], [], ["G83"]]):
        steps = {"name": "Steps", "kind": "accumulate", "target": 10, "current": 2 * number}
        await client.action(
            "digital_twin.create_goal",
            goal_code=f"G8{number}",
            name=f"Goal {number}",
            dependencies=waits,
            progress_metrics=[steps],
            **shared,
        )
    await client.action("digital_twin.update_goal", goal="G83", dependencies=["G84"])


@pytest.mark.parametrize(
    ("size", "scheme", "language"),
    [*product(SIZES, ("light", "dark"), HEADINGS)],
)
async def test_every_view_is_whole(
    server: Server, client: Client, views: dict[str, str], size: str, scheme: Scheme, language: str
) -> None:
    async with visit(server, client, size=size, scheme=scheme, language=language) as found:
        page = found.page
        for view, path in views.items():
            await found.go(path, HEADINGS[language][view])
            if view == "goals":
                await page.locator("digital-twin-goal-map .goal").first.wait_for()
                await page.locator("digital-twin-weeks ha-card").first.wait_for()
            assert await page.locator(BROKEN).count() == 0
            # Nothing is wider than the page.
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            SCREENSHOTS.mkdir(exist_ok=True)
            name = f"40-{view}-{size}-{scheme}-{language}.png"
            await page.screenshot(path=SCREENSHOTS / name)
        assert found.wrong == []


async def test_a_leak_turns_the_home_red_with_its_reason_and_back(
    server: Server, client: Client, views: dict[str, str]
) -> None:
    async with visit(server, client) as found:
        alert = found.page.locator("ha-alert[alert-type=error]")
        await found.go(views["home"], HEADINGS["en"]["home"])
        await expect(alert).to_have_count(0)
        await client.action("input_boolean.turn_on", entity_id=LEAK)
        try:
            await expect(alert).to_contain_text("Washing machine", timeout=1000)
            await found.page.screenshot(path=SCREENSHOTS / "41-leak.png")
        finally:
            await client.action("input_boolean.turn_off", entity_id=LEAK)
        await expect(alert).to_have_count(0, timeout=1000)
        assert found.wrong == []


async def test_a_quick_entry_counts(server: Server, client: Client, views: dict[str, str]) -> None:
    async with visit(server, client) as found:
        await found.go(views["person"], HEADINGS["en"]["person"])
        before = float((await client.states())["sensor.anna_hydration"]["state"])
        await found.page.locator("hui-tile-card").filter(has_text="Glass of water").click()
        tile = found.page.locator("hui-tile-card").filter(has_text="Hydration")
        await expect(tile).to_contain_text(f"{before + 250:.0f}")


async def test_a_goal_is_opened_from_the_map_with_the_keyboard(
    server: Server, client: Client, views: dict[str, str]
) -> None:
    async with visit(server, client) as found:
        page = found.page
        await found.go(views["goals"], HEADINGS["en"]["goals"])
        card = page.locator("digital-twin-goal-map")
        first = card.locator(".goal").filter(has_text="Goal 0")
        await first.focus()
        await page.keyboard.press("ArrowRight")
        await page.keyboard.press("Enter")
        facts = card.locator(".facts")
        await expect(facts).to_contain_text("Goal 1")
        await expect(facts).to_contain_text("waits for")
        await expect(card.locator(".group")).to_have_count(1)
        await expect(card.locator(".edge.circle")).to_have_count(2)
        await page.screenshot(path=SCREENSHOTS / "42-map.png")
        await facts.get_by_role("button", name="Open").click()
        await page.locator("ha-more-info-dialog").get_by_text("Progress").first.wait_for()
        assert found.wrong == []


async def test_the_map_follows_a_new_goal(
    server: Server, client: Client, views: dict[str, str]
) -> None:
    async with visit(server, client) as found:
        await found.go(views["goals"], HEADINGS["en"]["goals"])
        goals = found.page.locator("digital-twin-goal-map .goal")
        await goals.first.wait_for()
        await client.action("digital_twin.create_goal", goal_code="G89", name="Newest of all")
        await expect(goals.filter(has_text="Newest of all")).to_have_count(1)
        await client.action("digital_twin.delete_goal", goal="G89")
        await expect(goals.filter(has_text="Newest of all")).to_have_count(0)


async def test_our_cards_are_for_everybody(
    server: Server, client: Client, views: dict[str, str]
) -> None:
    schemes: tuple[Scheme, ...] = ("light", "dark")
    for scheme in schemes:
        async with visit(server, client, scheme=scheme) as found:
            await found.go(views["goals"], HEADINGS["en"]["goals"])
            await found.page.locator("digital-twin-goal-map .goal").first.click()
            results = await Axe().run(found.page)
            ours = [
                (violation["id"], node["html"][:200])
                for violation in results.response["violations"]
                if violation["impact"] in SERIOUS
                for node in violation["nodes"]
                if "digital-twin-" in json.dumps(node["target"])
            ]
            assert ours == []
