"""The map of goals with few and many goals: everything is drawn, and nothing over anything else."""

from collections.abc import AsyncIterator
from itertools import combinations
from typing import NamedTuple

from playwright.async_api import Locator, expect
import pytest

from scripts.demo.client import Client
from scripts.demo.server import Server

from .browser import SCREENSHOTS
from .dashboard import HEADINGS, visit

CIRCLE = {"G83", "G84"}
FIRST = 100


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
