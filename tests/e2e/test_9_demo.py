"""What newcomers see: `scripts/develop` on a fresh clone, and a click on the address it prints."""

from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
import sqlite3

from playwright.async_api import async_playwright, expect
import pytest

from scripts.demo.__main__ import PASSWORD, USERNAME, furnish_all
from scripts.demo.client import Client, Json
from scripts.demo.recorder import DATABASE
from scripts.demo.server import Server, free_port
from scripts.demo.twins import DASHBOARD

from .browser import CHROMIUM, FLAGS, SCREENSHOTS
from .dashboard import ours, visit
from .waiting import answer_becomes


@pytest.fixture(scope="module")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """The demo home as it is on the first start."""
    folder: Path = tmp_path_factory.mktemp("demo")
    with (folder / "output.log").open("wb") as output:
        server = Server(folder, free_port(), output)
        await furnish_all(server)
        yield server
        await server.stop()


async def test_one_click_shows_the_dashboard_of_the_demo_home(demo: Server) -> None:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await chromium.new_page(viewport={"width": 1440, "height": 1000})
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.extend(ours([str(error)])))
        await page.goto(f"http://localhost:{demo.port}/{DASHBOARD}")
        # Nobody has logged in, and the goals are one more click away.
        await page.get_by_text("Bedroom climate: battery 12%").first.wait_for(timeout=90_000)
        await page.screenshot(path=SCREENSHOTS / "30-demo-home.png")
        await page.get_by_role("tab", name="Goals").click()
        await page.get_by_text("Marathon in Kraków").first.wait_for()
        await page.screenshot(path=SCREENSHOTS / "31-demo-goals.png")
        await chromium.close()
    assert wrong == []


async def test_the_view_of_a_person_tells_what_goes_together(demo: Server) -> None:
    async with await Client.log_in(demo, USERNAME, PASSWORD) as client:
        people = await client.command("digital_twin/list", kind="person", fields=["name"])
        anna = next(each["person_id"] for each in people if each["name"] == "Anna")
        async with visit(demo, client) as found:
            await found.go(f"person-{anna}", "What goes together")
            card = found.page.locator("digital-twin-together")
            await expect(card).to_contain_text("On nights after a day with more caffeine")
            assert await card.locator("li").count() <= 4
            assert found.wrong == []


async def test_the_past_belongs_to_what_is_there(demo: Server) -> None:
    async with await Client.log_in(demo, USERNAME, PASSWORD) as client:
        assert await client.command("recorder/validate_statistics") == {}
        energy = await client.command("energy/validate")
        assert energy["energy_sources"] == [[]]
        known = {each["entity_id"] for each in await client.command("config/entity_registry/list")}
        known |= (await client.states()).keys()
        # Those of the second person are written some seconds after the first.
        months = await answer_becomes(
            partial(_months_of_pulse, client), lambda found: len(found) > 1
        )
    with closing(sqlite3.connect(f"file:{demo.folder / DATABASE}?mode=ro", uri=True)) as database:
        (states,) = database.execute("SELECT count(*) FROM states").fetchone()
        recorded = {row[0] for row in database.execute("SELECT statistic_id FROM statistics_meta")}
    assert states > 20_000
    assert {each for each in recorded if ":" not in each} <= known
    # Two years of each person: 400 days are in the daily histories, the rest is only there.
    assert [len(rows) for rows in months.values()] == [pytest.approx(25, abs=1)] * 2


async def _months_of_pulse(client: Client) -> Json:
    """Return the months of the resting pulse of each person that statistics know."""
    listed = await client.command("recorder/list_statistic_ids")
    ids = [each["statistic_id"] for each in listed if ":" in each["statistic_id"]]
    months: Json = await client.command(
        "recorder/statistics_during_period",
        start_time=(datetime.now(UTC) - timedelta(days=740)).isoformat(),
        period="month",
        statistic_ids=[each for each in ids if each.endswith("_resting_heart_rate")],
        types=["mean"],
    )
    return months
