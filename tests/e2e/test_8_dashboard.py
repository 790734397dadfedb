"""The dashboard is what people see: every view, in each form, follows what happens."""

from itertools import product
import json
import re

from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]  # it has none
from playwright.async_api import expect
import pytest
import yaml

from scripts.demo.client import Client, Json
from scripts.demo.server import REPOSITORY, Server

from .browser import SCREENSHOTS
from .conftest import PASSWORD
from .dashboard import DASHBOARD, HEADINGS, SIZES, Scheme, visit

LEAK = "input_boolean.washing_machine_leak"
# An example of the documents that is more than the whole dashboard.
EXAMPLE = re.compile(r"```yaml\n(title:.*?)```", re.DOTALL)
SERIOUS = {"serious", "critical"}
# What a card shows instead of itself when something is wrong.
BROKEN = "hui-error-card, hui-warning, hui-error-section"


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


@pytest.mark.parametrize(
    ("kind", "heading"),
    [("home", "Who is there"), ("person", "Quick entries"), ("goals", "What waits for what")],
)
async def test_sections_of_the_documents_work_in_dashboards_of_ones_own(
    server: Server, client: Client, views: dict[str, str], kind: str, heading: str
) -> None:
    found = EXAMPLE.findall((REPOSITORY / "docs" / "dashboard.md").read_text(encoding="utf-8"))
    (example,) = (text for text in found if f"custom:digital-twin-{kind}" in text)
    own = f"own-{kind}"
    board: Json = {"url_path": own, "title": "Own", "mode": "storage", "show_in_sidebar": False}
    await client.command("lovelace/dashboards/create", require_admin=False, **board)
    config = {"views": [yaml.safe_load(example)]}
    await client.command("lovelace/config/save", url_path=own, config=config)
    async with visit(server, client) as visited:
        page = visited.page
        await page.goto(f"{server.url}/{own}")
        await page.get_by_text(heading, exact=True).first.wait_for(timeout=90_000)
        assert await page.locator(BROKEN).count() == 0
        await page.screenshot(path=SCREENSHOTS / f"43-own-{kind}.png")
        assert visited.wrong == []


async def test_nobody_sees_the_health_of_another(
    server: Server, client: Client, views: dict[str, str]
) -> None:
    async with await Client.log_in(server, "jan", PASSWORD) as jan, visit(server, jan) as found:
        page = found.page
        await found.go(views["home"], HEADINGS["en"]["home"])
        await expect(page.get_by_role("tab", name="Goals")).to_have_count(1)
        await expect(page.get_by_role("tab", name="Anna")).to_have_count(0)
        await page.get_by_role("tab", name="Goals").click()
        await page.get_by_text("Goal 1").first.wait_for()
        await page.screenshot(path=SCREENSHOTS / "44-for-jan.png")
        # Not even to who knows the address.
        await page.goto(f"{server.url}/{DASHBOARD}/{views['person']}")
        await page.get_by_role("tab", name="Goals").wait_for()
        await expect(page.get_by_text("Quick entries")).to_have_count(0)
        assert found.wrong == []


async def test_home_assistant_offers_the_dashboard_and_our_cards(
    server: Server, client: Client, views: dict[str, str]
) -> None:
    async with visit(server, client) as found:
        page = found.page
        await page.goto(f"{server.url}/config/lovelace/dashboards")
        await page.get_by_role("button", name="Add dashboard").first.click()
        await page.get_by_text("made by itself and always up to date").first.wait_for()
        board = {"url_path": "of-anna", "title": "Mine", "mode": "storage"}
        more = {"require_admin": False, "show_in_sidebar": False}
        await client.command("lovelace/dashboards/create", **board, **more)
        section = {"type": "grid", "cards": [{"type": "heading", "heading": "Mine"}]}
        view = {"type": "sections", "sections": [section]}
        config = {"views": [view]}
        await client.command("lovelace/config/save", url_path="of-anna", config=config)
        await page.goto(f"{server.url}/of-anna/0?edit=1")
        await page.get_by_role("button", name="Add card").first.click()
        await page.get_by_text("By entity").first.wait_for()
        await page.locator("ha-dialog input").first.fill("Goal 1 Progress")
        await page.get_by_text("Progress", exact=True).first.click()
        offered = page.locator("digital-twin-goal-map .goal").filter(has_text="G81")
        await offered.first.wait_for()
        await page.locator("digital-twin-weeks ha-card").first.wait_for()
        await page.screenshot(path=SCREENSHOTS / "45-offered.png")
        assert found.wrong == []


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
