"""Measures how soon the dashboard shows its first card, beside Home Assistant's own home dashboard.

A real Home Assistant has many template sensors in rooms, and many goals. Each page is opened in
turn in a browser of its own that has nothing in its cache. Then the map of goals is moved and
zoomed, with still more goals. Started by scripts/first-card.
"""

import argparse
import asyncio
import gzip
import json
from pathlib import Path
from statistics import median
import sys
import tempfile
from typing import Final

from playwright.async_api import Browser, async_playwright

from custom_components.digital_twin.surfaces.dashboard import FOLDER

from .demo.client import Client, Json
from .demo.server import SMALL_CONFIGURATION, Server, free_port, prepare

CHROMIUM: Final = "/usr/bin/chromium"
FLAGS: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
]
OURS: Final = "digital-twin"
OWN: Final = "home"
ROOMS: Final = 20
# The bounds: of the times, and of our own code as it is sent, in bytes.
MOST_OF_OWN: Final = 1.3
MOST_BYTES: Final = 60 * 1024
# And of the time of a frame of the map, in milliseconds.
LONGEST_FRAME: Final = 50.0
TIMEOUT: Final = 60_000
# Milliseconds until a page has settled, and the steps of a movement.
SETTLED: Final = 3_000
STEPS: Final = 60
# Looks in each frame for the first card with a size, and notes the time since the navigation.
LOOK: Final = """
(() => {
  const CARDS = new Set(["HUI-TILE-CARD", "HUI-AREA-CARD", "HUI-HEADING-CARD", "HUI-MARKDOWN-CARD",
    "HUI-HOME-SUMMARY-CARD", "HUI-SHORTCUT-CARD", "HUI-EMPTY-STATE-CARD"]);
  const painted = (root) => {
    for (const element of root.querySelectorAll("*")) {
      if (CARDS.has(element.tagName) && element.getBoundingClientRect().height > 20) return true;
      if (element.shadowRoot && painted(element.shadowRoot)) return true;
    }
    return false;
  };
  const look = () => {
    const main = document.querySelector("home-assistant")?.shadowRoot
      ?.querySelector("home-assistant-main")?.shadowRoot?.querySelector("partial-panel-resolver");
    if (main && painted(main)) window.firstCard = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();
"""
MIDDLE: Final = """
(element) => {
  const box = element.getBoundingClientRect();
  return [box.x + box.width / 2, box.y + box.height / 2];
}
"""
# Notes how long each frame takes, from the next one on.
FRAMES: Final = """
() => {
  window.frames_ = [];
  let before;
  const look = (now) => {
    if (before !== undefined) window.frames_.push(now - before);
    before = now;
    window.frame_ = requestAnimationFrame(look);
  };
  window.frame_ = requestAnimationFrame(look);
}
"""


def _configuration(folder: Path, entities: int) -> str:
    small = SMALL_CONFIGURATION.format(name="House", allowed=json.dumps([str(folder)]))
    sensors = "".join(
        f'      - {{name: "Sensor {number}", unique_id: "s{number}", state: "{number % 30}",'
        ' device_class: temperature, unit_of_measurement: "°C"}\n'
        for number in range(entities)
    )
    return f"{small}frontend:\nhistory:\nlogbook:\ntemplate:\n  - sensor:\n{sensors}"


async def _furnish(client: Client, entities: int, goals: int) -> str:
    """Put the sensors into rooms, and make goals and the dashboard; return the id of the home."""
    areas = [
        (await client.command("config/area_registry/create", name=f"Room {number}"))["area_id"]
        for number in range(ROOMS)
    ]
    for number in range(entities):
        await client.command(
            "config/entity_registry/update",
            entity_id=f"sensor.sensor_{number}",
            area_id=areas[number % ROOMS],
        )
    await client.configure("digital_twin", {"name": "House", "residents": []})
    await _make_goals(client, range(goals))
    board = {"url_path": OURS, "title": "Digital Twin", "mode": "storage", "show_in_sidebar": True}
    await client.command("lovelace/dashboards/create", require_admin=False, **board)
    strategy = {"strategy": {"type": "custom:digital-twin"}}
    await client.command("lovelace/config/save", url_path=OURS, config=strategy)
    (home,) = await client.command("digital_twin/list", kind="home", fields=["name"])
    return str(home["home_id"])


async def _make_goals(client: Client, numbers: range) -> None:
    """Make goals; each waits for one of those with half its number."""
    for number in numbers:
        steps: Json = {"name": "Steps", "kind": "accumulate", "target": 10, "current": number % 10}
        await client.action(
            "digital_twin.create_goal",
            name=f"Goal {number}",
            goal_code=f"G{number + 1:03}",
            dependencies=[f"G{number // 2:03}"] if number > 1 else [],
            progress_metrics=[steps],
        )


async def _frames(browser: Browser, client: Client, url: str, goals: int) -> list[float]:
    """Move and zoom the map of goals; return the milliseconds of each frame but the first."""
    context = await browser.new_context(viewport={"width": 1280, "height": 960})
    tokens = json.dumps(json.dumps(client.tokens))
    await context.add_init_script(f"window.localStorage.setItem('hassTokens', {tokens});")
    page = await context.new_page()
    await page.goto(url, timeout=TIMEOUT)
    goal = page.locator("digital-twin-goal-map .goal")
    await goal.nth(goals - 1).wait_for(state="attached", timeout=TIMEOUT)
    map_ = page.locator("digital-twin-goal-map svg").first
    await map_.scroll_into_view_if_needed()
    x, y = await map_.evaluate(MIDDLE)
    # What the page itself still draws is over by then.
    await page.wait_for_timeout(SETTLED)
    await page.evaluate(FRAMES)
    await page.mouse.move(x, y)
    await page.mouse.down()
    for step in range(STEPS):
        await page.mouse.move(x + 4 * step, y + 2 * step)
    await page.mouse.up()
    await page.keyboard.down("Control")
    for step in range(STEPS):
        await page.mouse.wheel(0, -60 if step < STEPS // 2 else 60)
    await page.keyboard.up("Control")
    frames: list[float] = await page.evaluate("cancelAnimationFrame(frame_), frames_")
    await context.close()
    return frames[1:]


async def _time(browser: Browser, client: Client, url: str) -> float:
    """Open a page in a fresh browser profile; return the milliseconds until its first card."""
    context = await browser.new_context(viewport={"width": 1280, "height": 960})
    tokens = json.dumps(json.dumps(client.tokens))
    await context.add_init_script(f"window.localStorage.setItem('hassTokens', {tokens});")
    await context.add_init_script(LOOK)
    page = await context.new_page()
    await page.goto(url, timeout=TIMEOUT)
    found = await page.wait_for_function("window.firstCard", timeout=TIMEOUT)
    milliseconds: float = await found.json_value()
    await context.close()
    return milliseconds


async def _measure(
    entities: int, goals: int, pairs: int, on_map: int
) -> tuple[dict[str, list[float]], list[float]]:
    """Return the times until the first cards, and those of the frames of the map."""
    times: dict[str, list[float]] = {OURS: [], OWN: []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, _configuration(folder, entities))
        with (folder / "output.log").open("wb") as output:
            server = Server(folder, free_port(), output)
            await server.start()
            try:
                async with (
                    await Client.onboard(server, "Anna", "demo", "demo") as client,
                    async_playwright() as playwright,
                ):
                    await client.wait_until_running()
                    home = await _furnish(client, entities, goals)
                    pages = {OURS: f"{OURS}/home-{home}", OWN: "home/overview"}
                    browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
                    for number in range(-1, pairs):
                        for page, path in pages.items():
                            time = await _time(browser, client, f"{server.url}/{path}")
                            # The first visit warms up the server.
                            times[page] += [time] if number >= 0 else []
                    await _make_goals(client, range(goals, on_map))
                    url = f"{server.url}/{OURS}/goals"
                    frames = await _frames(browser, client, url, max(goals, on_map))
                    await browser.close()
            finally:
                await server.stop()
    return times, frames


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(prog="scripts/first-card", description=__doc__)
    parser.add_argument("--entities", type=int, default=1000, help="sensors in the house (1000)")
    parser.add_argument("--goals", type=int, default=60, help="goals (60)")
    parser.add_argument("--pairs", type=int, default=9, help="how often each is opened (9)")
    parser.add_argument("--on-map", type=int, default=200, help="goals on the map (200)")
    options = parser.parse_args()
    times, frames = asyncio.run(
        _measure(options.entities, options.goals, options.pairs, options.on_map)
    )
    ratio = median(times[OURS]) / median(times[OWN])
    sent = sum(len(gzip.compress(path.read_bytes())) for path in FOLDER.glob("*.js"))
    print("| dashboard | median ms | least | most |\n| --- | ---: | ---: | ---: |")
    for page, found in times.items():
        print(f"| {page} | {median(found):.0f} | {min(found):.0f} | {max(found):.0f} |")
    bounds = [
        (ratio <= MOST_OF_OWN, f"{ratio:.2f} of the time of Home Assistant's own"),
        (sent <= MOST_BYTES, f"{sent:,} bytes of our own code, compressed"),
        (
            max(frames) <= LONGEST_FRAME,
            f"{max(frames):.0f} ms for the longest frame of the map with {options.on_map} goals",
        ),
    ]
    print()
    for holds, what in bounds:
        print(f"- {'kept' if holds else 'BROKEN'}: {what}")
    return 0 if all(holds for holds, _ in bounds) else 1


if __name__ == "__main__":
    sys.exit(main())
