"""Automations are built in the editor by clicking, and fire."""

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from scripts.demo.client import Client

from .browser import Browser

LEAK = "input_boolean.washing_machine_leak"
BOOKS = {"name": "Books", "kind": "accumulate", "target": 10, "current": 6}


async def _build(
    browser: Browser, trigger: str, to: Sequence[str], message: str, picture: str
) -> None:
    """Build an automation that sends a notification when something becomes one of `to`."""
    page = browser.page
    search = page.locator("ha-dialog input, dialog-add-automation-element input").first
    await browser.go("config/automation/edit/new")
    await browser.press("Add trigger")
    await search.fill(trigger)
    await page.get_by_text(trigger, exact=True).first.click()
    form = page.locator("ha-automation-trigger-platform")
    # The first field says what the trigger is about, the second what it becomes.
    await form.locator("ha-checkbox").nth(1).click()
    select = form.locator("ha-selector-select").first
    for option in to:
        if await select.locator("ha-picker-field").count():
            await select.locator("ha-picker-field").last.click()
            await (
                page.locator("ha-picker-combo-box ha-combo-box-item")
                .get_by_text(option, exact=True)
                .click()
            )
        else:
            await select.get_by_text(option, exact=True).click()
    await browser.look(f"{picture}-trigger")
    await browser.press("Add action")
    await search.fill("persistent notification")
    await page.get_by_text("Send a persistent notification").first.click()
    text = "ha-service-control textarea, ha-service-control input:not([type=checkbox])"
    await page.locator(text).first.fill(message)
    await browser.look(f"{picture}-action")
    await browser.press("Save")
    await page.locator("ha-dialog input").first.fill(f"{trigger}: {picture}")
    await page.locator("[slot=primaryAction]").last.click()
    await page.locator("ha-automation-trigger-row").filter(has_text=trigger).wait_for()
    await page.wait_for_function("() => !location.pathname.endsWith('/new')")
    await browser.look(f"{picture}-saved")


async def _told(client: Client, text: str) -> None:
    """Wait until a notification contains a text."""
    found: list[str] = []
    try:
        async with asyncio.timeout(20):
            async for _ in client.follow_states():
                notifications = await client.command("persistent_notification/get")
                found = [str(each["message"]) for each in notifications]
                if any(text in message for message in found):
                    return
    except TimeoutError:
        raise AssertionError(f"Nothing says {text!r}: {found}") from None


@pytest.fixture
async def household(client: Client) -> None:
    """A home that is judged at once, and a goal that is on track."""
    if not await client.command("config_entries/get", domain="digital_twin"):
        await client.configure("digital_twin", {"name": "Lipowa 7", "residents": ["person.anna"]})
    await client.set_options("digital_twin", "thresholds", startup_grace=0)
    today = date.today()  # noqa: DTZ011  # the demo home is where its user is
    await client.action(
        "digital_twin.create_goal",
        goal_code="G66",
        name="Ten books",
        status="active",
        start_date=(today - timedelta(days=50)).isoformat(),
        target_date=(today + timedelta(days=50)).isoformat(),
        progress_metrics=[BOOKS],
    )


async def test_automations_are_built_by_clicking(
    client: Client, browser: Browser, household: None
) -> None:
    await _build(
        browser,
        "Goal pace changed",
        ["Behind", "At risk"],
        "{{ trigger.name }}: {{ trigger.reason }}",
        "30-goal",
    )
    await client.action(
        "digital_twin.update_goal_progress", goal="G66", key_result="Books", value=2
    )
    await _told(client, "Ten books: ")

    await _build(
        browser,
        "Home status changed",
        ["Alert"],
        "{{ trigger.name }}: {{ trigger.causes }}",
        "31-home",
    )
    await client.action("input_boolean.turn_on", entity_id=LEAK)
    await _told(client, "Washing machine")
    await client.action("input_boolean.turn_off", entity_id=LEAK)
    await browser.go("config/automation/dashboard")
    await browser.look("32-automations")
