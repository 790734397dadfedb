"""What people do in the automation editor, and what they are told by what they have made."""

import asyncio
from collections.abc import Sequence

from playwright.async_api import Locator, Page

from scripts.demo.client import Client

from .browser import Browser

TEXTS = "ha-service-control textarea, ha-service-control input:not([type=checkbox])"


async def begin(browser: Browser) -> None:
    """Open the editor with an automation that does nothing yet."""
    await browser.go("config/automation/edit/new")


async def add(browser: Browser, button: str, name: str, title: str = "") -> None:
    """Add a trigger, a condition or an action: search for a name, and take that title."""
    page = browser.page
    await browser.press(button)
    search = page.locator("ha-dialog input, dialog-add-automation-element input").first
    await search.fill(name)
    await page.get_by_text(title or name, exact=True).first.click()
    await page.locator("dialog-add-automation-element").wait_for(state="detached")


def form_row(form: Locator, label: str) -> Locator:
    """Find the row of a form with a label."""
    rows = form.locator("ha-settings-row")
    return rows.filter(has=form.page.get_by_text(label, exact=True)).first


async def use(form: Locator, label: str) -> Locator:
    """Tick the box of a field that may be left out; return its row."""
    row = form_row(form, label)
    await row.locator("ha-checkbox").first.click()
    return row


async def choose_options(page: Page, form: Locator, options: Sequence[str]) -> None:
    """Choose options of the first list in a form."""
    select = form.locator("ha-selector-select").first
    for option in options:
        if await select.locator("ha-picker-field").count():
            await select.locator("ha-picker-field").last.click()
            await (
                page.locator("ha-picker-combo-box ha-combo-box-item")
                .get_by_text(option, exact=True)
                .click()
            )
        else:
            await select.get_by_text(option, exact=True).click()


async def notify(browser: Browser, message: str) -> None:
    """Add the action that sends a notification."""
    await add(browser, "Add action", "persistent notification", "Send a persistent notification")
    await browser.page.locator(TEXTS).first.fill(message)


async def save(browser: Browser, name: str) -> None:
    """Save a new automation under a name."""
    page = browser.page
    await browser.press("Save")
    await page.locator("ha-dialog input").first.fill(name)
    await page.locator("[slot=primaryAction]").last.click()
    await page.wait_for_function("() => !location.pathname.endsWith('/new')")


async def told(client: Client, text: str) -> None:
    """Wait until a notification contains a text."""
    found: list[str] = []
    try:
        async with asyncio.timeout(20):
            async for _ in client.follow_states():
                found = await notifications(client)
                if any(text in message for message in found):
                    return
    except TimeoutError:
        raise AssertionError(f"Nothing says {text!r}: {found}") from None


async def notifications(client: Client) -> list[str]:
    """Return the messages of all notifications."""
    return [str(each["message"]) for each in await client.command("persistent_notification/get")]
