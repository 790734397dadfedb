"""A dashboard over a household, and pages on which it is looked at."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import date, timedelta
import json
from typing import Literal

from playwright.async_api import ConsoleMessage, Page, Response, async_playwright

from scripts.demo.client import Client, Json
from scripts.demo.server import Server

from .browser import CHROMIUM, FLAGS
from .household import begin_in_english

type Scheme = Literal["light", "dark"]

DASHBOARD = "digital-twin"
SIZES = {"desktop": {"width": 1440, "height": 1000}, "phone": {"width": 390, "height": 844}}
# By language: a heading of each view that is a text of ours.
HEADINGS = {
    "en": {"home": "Who is there", "person": "Quick entries", "goals": "What waits for what"},
    "pl": {"home": "Kto jest w domu", "person": "Szybkie wpisy", "goals": "Co na co czeka"},
}


def ours(messages: Iterable[str]) -> list[str]:
    """Leave out what the browser says when a page goes before its service worker is registered."""
    return [message for message in messages if "ServiceWorker" not in message]


class Visit:
    """A page with the dashboard, and what went wrong on it."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self._url = url
        self.wrong: list[str] = []
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.wrong.extend(ours([str(error)])))
        page.on("response", self._answered)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.wrong.extend(ours([message.text]))

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


async def make_dashboard(client: Client) -> dict[str, str]:
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
