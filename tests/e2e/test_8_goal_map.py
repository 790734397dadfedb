"""The map of goals with few and many goals: everything is drawn, and nothing over anything else."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from itertools import combinations
import re
from typing import NamedTuple

from playwright.async_api import Locator, expect
import pytest

from scripts.demo.client import Client, Json
from scripts.demo.server import Server

from .browser import SCREENSHOTS
from .dashboard import HEADINGS, visit

CIRCLE = {"G83", "G84"}
FIRST = 100
AIR = "sensor.office_air_monitor_carbon_dioxide"


class Box(NamedTuple):
    """Where something is on the page, in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def covers(self, other: Box) -> bool:
        """Return whether two boxes have a point in common."""
        beside = self.right <= other.left or other.right <= self.left
        return not (beside or self.bottom <= other.top or other.bottom <= self.top)

    def holds(self, other: Box) -> bool:
        """Return whether another box is within this one, give or take a pixel."""
        return (
            self.left - 1 <= other.left
            and self.top - 1 <= other.top
            and other.right <= self.right + 1
            and other.bottom <= self.bottom + 1
        )


@pytest.fixture(scope="module")
async def codes(client: Client) -> AsyncIterator[list[str]]:
    """The codes of the goals that tests make, from the first to the last."""
    made: list[str] = []
    yield made
    for code in reversed(made):
        await client.command("digital_twin/delete", kind="goal", twin=code, force=True)


async def test_what_if_shows_what_moves_and_writes_nothing(
    server: Server, client: Client, views: dict[str, str]
) -> None:
    before = await client.command("digital_twin/list", kind="goal")
    people = await client.command("digital_twin/list", kind="person")
    async with visit(server, client) as found:
        await found.go(views["goals"], HEADINGS["en"]["goals"])
        card = found.page.locator("digital-twin-goal-map")
        await card.locator(".goal").filter(has_text="G81").click()
        await card.get_by_role("button", name="What if…").click()
        dialog = found.page.get_by_role("dialog", name="What if: G81 Goal 1")
        answer = dialog.get_by_role("status")
        await expect(answer).to_be_empty()
        target = dialog.get_by_label("Target")
        later = date.fromisoformat(await target.input_value()) + timedelta(days=100)
        await target.fill(later.isoformat())
        # The goal itself, and the one that waits for it.
        await expect(answer.locator("li")).to_have_count(2)
        moved = answer.locator("li").filter(has_text="G82 Goal 2")
        await expect(moved).to_contain_text(re.compile(r"Expected end: .* → "))
        await expect(moved).to_contain_text("because of G81 Goal 1")
        await target.fill((later - timedelta(days=100)).isoformat())
        await expect(answer).to_be_empty()
        await dialog.get_by_label("Context of Anna").select_option(label="Ill")
        await dialog.get_by_label("Until").fill((later - timedelta(days=110)).isoformat())
        await expect(answer.locator("li").first).to_contain_text("Needed per week: ")
        await found.page.screenshot(path=SCREENSHOTS / "44-what-if.png")
        await found.page.keyboard.press("Escape")
        await expect(dialog).to_have_count(0)
        assert found.wrong == []
    assert await client.command("digital_twin/list", kind="goal") == before
    assert await client.command("digital_twin/list", kind="person") == people


async def test_facts_lead_to_what_a_goal_rests_on_and_cover_no_goal(
    server: Server, client: Client, views: dict[str, str]
) -> None:
    async with visit(server, client) as found:
        await found.go(views["goals"], HEADINGS["en"]["goals"])
        card = found.page.locator("digital-twin-goal-map")
        await card.locator(".goal").filter(has_text="G81").click()
        facts = card.locator(".facts")
        await expect(facts.get_by_role("heading", name="Needed for")).to_be_visible()
        frame, *boxes = await _boxes(card)
        assert [box for box in boxes if not frame.holds(box)] == []
        await facts.get_by_role("button", name="G80 Goal 0").click()
        await expect(facts.get_by_role("heading", level=3)).to_have_text("G80 Goal 0")
        chain = facts.locator(".lineage ul ul").filter(has_text="G82 Goal 2")
        await expect(chain).to_be_visible()
        assert found.wrong == []


async def test_the_home_leads_from_a_fault_to_the_goals_without_values(
    server: Server, client: Client, views: dict[str, str]
) -> None:
    follows = {"name": "Air", "baseline": 1500, "target": 300, "source": {"entity_id": AIR}}
    values = {"goal_code": "G89", "name": "Fresh air", "progress_metrics": [follows]}
    await client.command("digital_twin/create", kind="goal", values=values)
    plug: Json = {"entity_id": "input_boolean.office_air_monitor_plugged_in"}
    await client.set_options("digital_twin", "thresholds", offline_grace=1)
    await client.action("input_boolean.turn_off", **plug)
    try:
        async with visit(server, client) as found:
            await found.go(views["home"], HEADINGS["en"]["home"])
            card = found.page.locator("digital-twin-lineage")
            fault = card.get_by_text("Office air monitor: 1 goal gets no new values")
            # The shortest grace is a minute.
            await fault.click(timeout=120_000)
            await expect(card.locator("p")).to_contain_text("→ G89 Fresh air gets no new values")
            await card.get_by_role("button", name="G89 Fresh air").click()
            shown = found.page.locator("ha-more-info-dialog").get_by_text("Fresh air")
            await expect(shown.first).to_be_visible()
            assert found.wrong == []
    finally:
        await client.action("input_boolean.turn_on", **plug)
        await client.command("digital_twin/delete", kind="goal", twin="G89", force=True)


@pytest.mark.parametrize("number", [13, 60, 200])
async def test_the_map_is_whole(
    server: Server, client: Client, views: dict[str, str], codes: list[str], number: int
) -> None:
    await _fill_up(client, codes, number)
    async with visit(server, client) as found:
        await found.go(views["goals"], HEADINGS["en"]["goals"])
        card = found.page.locator("digital-twin-goal-map")
        goals = card.locator(".goal")
        await expect(goals).to_have_count(number)
        await expect(card.locator(".group")).to_have_count(1)
        await expect(card.locator(".edge.circle")).to_have_count(len(CIRCLE))
        await card.get_by_role("button", name="Show all").click()
        frame, *boxes = await _boxes(card)
        assert len(boxes) == number
        assert not any(one.covers(other) for one, other in combinations(boxes, 2))
        assert [box for box in boxes if not frame.holds(box)] == []
        await card.scroll_into_view_if_needed()
        await card.screenshot(path=SCREENSHOTS / f"43-map-{number}.png")
        await goals.filter(has_text="G84").click()
        await expect(card.locator(".facts")).to_contain_text("waits for")
        before = await _boxes(card)
        await card.get_by_role("button", name="Zoom in").click()
        assert (await _boxes(card))[1] != before[1]
        assert found.wrong == []


async def _fill_up(client: Client, codes: list[str], number: int) -> None:
    """Make goals until there are so many; each waits for one that was made before it."""
    there = await client.command("digital_twin/list", kind="goal", fields=["name"])
    for _ in range(number - len(there)):
        waits = [codes[len(codes) // 2]] if codes else []
        code = f"G{FIRST + len(codes)}"
        values = {"goal_code": code, "name": f"Goal number {len(codes)}", "dependencies": waits}
        await client.command("digital_twin/create", kind="goal", values=values)
        codes.append(code)


async def _boxes(card: Locator) -> list[Box]:
    """Return the box of the drawing, and that of each goal."""
    found = await card.evaluate(
        """(card) => [...card.shadowRoot.querySelectorAll(".frame svg, .goal > rect")].map(
          (element) => {
            const box = element.getBoundingClientRect();
            return [box.left, box.top, box.right, box.bottom];
          })"""
    )
    return [Box(*each) for each in found]
