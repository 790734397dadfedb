"""A browser that is logged in to Home Assistant."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import json
import re
from typing import NamedTuple

from playwright.async_api import Locator, Page, async_playwright, expect

from scripts.demo.client import Json
from scripts.demo.server import REPOSITORY

CHROMIUM = "/usr/bin/chromium"
# As root, and on machines that reach nothing but themselves.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
INTEGRATION = "config/integrations/integration/digital_twin"
SCREENSHOTS = REPOSITORY / ".screenshots"
# Milliseconds, for two cores; a page loads the whole frontend.
PAGE_TIMEOUT = 90_000
TIMEOUT = 20_000


@asynccontextmanager
async def open_browser(url: str, tokens: Json, language: str = "en") -> AsyncIterator[Browser]:
    """Open a browser in which somebody is logged in."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = await chromium.new_context(
            locale=language, viewport={"width": 1280, "height": 960}, color_scheme="light"
        )
        stored = json.dumps(json.dumps(tokens))
        await context.add_init_script(f"window.localStorage.setItem('hassTokens', {stored});")
        page = await context.new_page()
        page.set_default_timeout(TIMEOUT)
        page.set_default_navigation_timeout(PAGE_TIMEOUT)
        try:
            yield Browser(page, url)
        finally:
            await chromium.close()


# What a person does with the mouse, and the fields into which they type.
COUNTER = """() => {
  window.counted = {clicks: 0, fields: new Set()};
  if (window.isCounting) return;
  window.isCounting = true;
  const trusted = (event) => event.isTrusted ? event.composedPath()[0] : null;
  addEventListener("pointerdown", (event) => trusted(event) && window.counted.clicks++, true);
  addEventListener("input", (event) => window.counted.fields.add(event.composedPath()[0]), true);
}"""


class Counted(NamedTuple):
    """The clicks and the fields that were typed into."""

    clicks: int
    fields: int


class Browser:
    """One page of Home Assistant, and what people do on it."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self._url = url

    async def go(self, path: str) -> None:
        """Open a page of the frontend and wait until it is there."""
        await self.page.goto(f"{self._url}/{path.lstrip('/')}")
        await self.page.locator("ha-sidebar").wait_for(timeout=PAGE_TIMEOUT)

    async def look(self, name: str) -> None:
        """Keep a picture of what is there, for somebody to look at."""
        SCREENSHOTS.mkdir(exist_ok=True)
        # Dialogs and ripples move; half a second later they do not.
        await self.page.wait_for_timeout(500)
        await self.page.screenshot(path=SCREENSHOTS / f"{name}.png")

    async def press(self, name: str) -> None:
        """Press the button that says just this; the one on top, if there are several."""
        await self.page.get_by_role("button", name=name, exact=True).last.click()

    async def submit(self) -> None:
        """Send the form of a flow; a dialog for a date that is closing has a button, too."""
        await self.page.locator("dialog-data-entry-flow [slot=primaryAction]").last.click()

    async def date(self, label: str, day: int, confirm: str, months: int = 0) -> None:
        """Choose a day in the dialog of a date field, so many months later."""
        selectors = self.page.locator("ha-selector-date").filter(has_text=label)
        await selectors.locator("ha-date-input").click()
        dialog = self.page.locator("ha-dialog-date-picker")
        for _ in range(months):
            await dialog.locator("calendar-date [part~=next]").click()
        await dialog.get_by_role("button", name=str(day)).first.click()
        await self.press(confirm)
        await expect(selectors.locator("input")).not_to_have_value("")
        await dialog.locator("[slot=primaryAction]").last.wait_for(state="hidden")

    async def count_clicks(self) -> None:
        """Begin to count clicks and fields on this page."""
        await self.page.evaluate(COUNTER)

    async def counted(self) -> Counted:
        """Return what was counted on this page since `count_clicks`."""
        found = await self.page.evaluate(
            "() => [window.counted.clicks, window.counted.fields.size]"
        )
        return Counted(*found)

    def field(self, label: str) -> Locator:
        """Find the field of a form by its label."""
        selectors = self.page.locator("ha-selector")
        labelled = selectors.filter(has_text=re.compile(rf"^\s*{re.escape(label)}\b"))
        return labelled.locator("input, textarea").first

    async def turn(self, label: str, *, on: bool) -> None:
        """Turn a switch of a form on or off.

        With the key: the text beside a switch is laid out late, and moves it away from a click.
        """
        selector = self.page.locator("ha-selector-boolean").filter(has_text=label)
        switch = selector.get_by_role("switch")
        await expect(switch).to_be_checked(checked=not on)
        await switch.press("Space")
        await expect(switch).to_be_checked(checked=on)

    def switch(self, name: str) -> Locator:
        """Find the switch in a row of a dashboard."""
        row = self.page.locator("hui-toggle-entity-row").filter(has_text=name)
        return row.locator("ha-entity-toggle")

    def row(self, title: str) -> Locator:
        """Find the row of a twin on the page of the integration."""
        return self.page.locator("ha-config-sub-entry-row").filter(has_text=title)

    async def change(self, title: str, name: str) -> None:
        """Open the form that changes a twin."""
        await self.row(title).get_by_role("button", name=name).click()

    async def delete(self, title: str) -> None:
        """Delete a twin in its menu, and wait until its row is gone."""
        await self.row(title).get_by_role("button", name="Menu").first.click()
        await self.page.get_by_role("menuitem", name="Delete").last.click()
        await self.press("Delete")
        await self.row(title).wait_for(state="detached")

    async def choose(self, entry: str) -> None:
        """Choose an entry of a menu that is a step of a flow."""
        await self.page.locator("step-flow-menu").get_by_text(entry, exact=True).click()

    async def pick(self, label: str, text: str) -> None:
        """Search in a list that opens below a field, and take what is found first."""
        selectors = self.page.locator("ha-selector").filter(has_text=label)
        await self.search(selectors.last, text)

    async def search(self, part: Locator, text: str) -> None:
        """Search in the list that opens below the first field of a part of the page."""
        await part.locator("ha-picker-field").first.click()
        search = self.page.locator("ha-picker-combo-box input").last
        await search.fill(text)
        found = self.page.locator("ha-picker-combo-box ha-combo-box-item").first
        await found.filter(has_text=text.rsplit(maxsplit=1)[-1]).wait_for()
        await search.press("ArrowDown")
        await search.press("Enter")
        await self.page.locator("ha-picker-combo-box").last.wait_for(state="hidden")

    async def option(self, label: str, option: str) -> None:
        """Choose one of the options of a field."""
        fields = self.page.locator("ha-selector-select").filter(has_text=label)
        await fields.last.locator("ha-picker-field").click()
        await self.page.get_by_role("menuitem", name=option, exact=True).last.click()

    async def tick(self, item: str) -> None:
        """Tick an item of a to-do list."""
        rows = self.page.locator("hui-todo-list-card ha-check-list-item")
        await rows.filter(has_text=item).locator("ha-checkbox").click()

    async def finish(self, name: str) -> None:
        """Leave the last step of a flow that has added something."""
        await self.press(name)
        await self.page.locator("step-flow-create-entry").wait_for(state="detached")

    async def close(self) -> None:
        """Leave the last step of a flow that has changed something."""
        await self.page.get_by_text("Reconfiguration was successful").wait_for()
        await self.press("Close")
