"""Automations are built in the editor by clicking, and fire."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from scripts.demo.client import Client

from .automations import add, begin, choose_options, notify, save, told
from .browser import Browser

LEAK = "input_boolean.washing_machine_leak"
BOOKS = {"name": "Books", "kind": "accumulate", "target": 10, "current": 6}


async def _build(
    browser: Browser, trigger: str, to: Sequence[str], message: str, picture: str
) -> None:
    """Build an automation that sends a notification when something becomes one of `to`."""
    page = browser.page
    await begin(browser)
    await add(browser, "Add trigger", trigger)
    form = page.locator("ha-automation-trigger-platform")
    # The first field says what the trigger is about, the second what it becomes.
    await form.locator("ha-checkbox").nth(1).click()
    await choose_options(page, form, to)
    await browser.look(f"{picture}-trigger")
    await notify(browser, message)
    await browser.look(f"{picture}-action")
    await save(browser, f"{trigger}: {picture}")
    await page.locator("ha-automation-trigger-row").filter(has_text=trigger).wait_for()
    await browser.look(f"{picture}-saved")


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
    await told(client, "Ten books: ")

    await _build(
        browser,
        "Home status changed",
        ["Alert"],
        "{{ trigger.name }}: {{ trigger.causes }}",
        "31-home",
    )
    await client.action("input_boolean.turn_on", entity_id=LEAK)
    await told(client, "Washing machine")
    await client.action("input_boolean.turn_off", entity_id=LEAK)
    await browser.go("config/automation/dashboard")
    await browser.look("32-automations")
