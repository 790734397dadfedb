"""Goals that are written in markdown, in the browser; after the tests of the twins."""

from datetime import date

from scripts.demo.client import Client
from scripts.demo.furnish import GOALS
from scripts.demo.goals_folder import first_day
from scripts.demo.server import Server
from scripts.demo.twins import device

from .browser import INTEGRATION, Browser
from .waiting import states_become

TITLE = "Small talk in Norwegian"
LIST = "todo.small_talk_in_norwegian_checklist"
ITEM = "Call Ingrid every Sunday"


async def test_a_folder_is_chosen_and_its_goals_appear_under_their_owner(
    server: Server, client: Client, browser: Browser
) -> None:
    await browser.go(INTEGRATION)
    await browser.press("Configure")
    await browser.choose("Goals folder")
    await browser.field("Folder").fill("/etc")
    await browser.press("Submit")
    await browser.page.get_by_text("Home Assistant may not read this folder.").wait_for()
    await browser.look("15-folder-refused")
    await browser.field("Folder").fill(str(server.folder / GOALS))
    await browser.turn("Tick items in the files", on=True)
    await browser.press("Submit")
    await browser.page.get_by_text("What is in the folder").wait_for()
    await browser.look("15-folder-preview")
    await browser.press("Submit")
    await browser.finish("Finish")
    await states_become(client, {"select.small_talk_in_norwegian_status": "active", LIST: "5"})

    devices = await client.command("config/device_registry/list")
    above = {known["id"]: known["via_device_id"] for known in devices}
    for goal, owner in ((TITLE, "Anna"), ("By bicycle to work", "Jan")):
        found = above[await device(client, "Goal", goal)]
        assert found == await device(client, "Person", owner)
    await browser.go(INTEGRATION)
    await browser.row(TITLE).wait_for()
    await browser.look("16-goals-of-the-folder")


async def test_an_item_that_is_ticked_is_ticked_in_its_file(
    server: Server, client: Client, browser: Browser
) -> None:
    roadmap = server.folder / GOALS / "G05_Norwegian" / "Roadmap.md"
    before = roadmap.read_bytes()
    await browser.go(f"todo?entity_id={LIST}")
    await browser.tick(ITEM)
    await states_become(client, {LIST: "4"})
    ticked = before.replace(f"- [ ] {ITEM}".encode(), f"- [x] {ITEM}".encode())
    assert ticked != before
    assert roadmap.read_bytes() == ticked
    await browser.look("17-ticked")


async def test_the_calendar_shows_a_milestone(browser: Browser) -> None:
    await browser.go("calendar")
    today = date.today()  # noqa: DTZ011 - the server is on this machine
    months = first_day(today, 1).month - today.month
    for _ in range(months % 12 - 1):
        await browser.page.get_by_role("button", name="Next").click()
    milestone = browser.page.locator("ha-full-calendar").get_by_text("G05", exact=False).first
    await milestone.wait_for()
    await browser.look("18-calendar")
    assert "Listen" in await milestone.inner_text()


async def test_dashboard_shows_people_and_goals(browser: Browser) -> None:
    await browser.go("try-it/people")
    await browser.page.get_by_text(TITLE).first.wait_for()
    await browser.look("19-people-and-goals")
