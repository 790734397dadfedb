"""Takes the pictures of README and docs from the demo home; started by scripts/pictures.

Each is taken in light and dark, once it does not change any more, and kept as small as its bound
wants it.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
import json
from pathlib import Path
import sys
import tempfile
from typing import Final, Literal, NamedTuple

from PIL import Image
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from .demo.__main__ import furnish_all
from .demo.client import Client, Json
from .demo.server import Server, free_port
from .demo.twins import DASHBOARD, device

type Scheme = Literal["light", "dark"]

IMAGES: Final = Path(__file__).parents[1] / "docs" / "images"
SCHEMES: Final[dict[Scheme, str]] = {"light": "", "dark": "-dark"}
CHROMIUM: Final = "/usr/bin/chromium"
FLAGS: Final = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
# Sharp on dense screens, yet small.
SCALE: Final = 1.25
QUALITIES: Final = (90, 80, 70, 60, 50, 45, 40)
MOST_BYTES: Final = 60 * 1024
# Milliseconds.
TIMEOUT: Final = 90_000
CALM: Final = 1500
MOST_LOOKS: Final = 40
# What Anna does on the day of the pictures: goals, key results and what becomes of them.
DAY: Final[list[Json]] = [
    {"goal": "G03", "key_result": "Savings", "increment": 200},
    {"goal": "G14", "key_result": "Saved for it", "increment": 450},
    {"goal": "G05", "key_result": "Roadmap", "item": "Radio on the way to work"},
    {"goal": "G13", "key_result": "Steps", "item": "Advertisement with pictures"},
    {"goal": "G02", "key_result": "Longest run", "value": 12.5},
    {"goal": "G11", "key_result": "Read", "increment": 1},
]


class Picture(NamedTuple):
    """What is on a picture.

    Attributes:
        view: The name of the tab.
        text: What is there once the view is.
        size: Width and height of the window in pixels.
        card: The element that is pictured alone.
    """

    view: str
    text: str
    size: tuple[int, int]
    card: str | None = None


PICTURES: Final = {
    "home": Picture("Lipowa 7", "Who is there", (1200, 880)),
    "person": Picture("Anna", "Quick entries", (1200, 990)),
    "goals": Picture("Goals", "Need attention", (1200, 920)),
    "goal-map": Picture("Goals", "Need attention", (880, 900), "digital-twin-goal-map"),
    "weeks": Picture("Goals", "Need attention", (1000, 900), "digital-twin-weeks"),
    "phone": Picture("Anna", "Quick entries", (390, 844)),
}


async def take_all(url: str, names: list[str]) -> None:
    """Take the pictures with these names in the demo home at an address."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for scheme, suffix in SCHEMES.items():
            for name in names:
                taken = await _take(chromium, url, PICTURES[name], scheme)
                path = IMAGES / f"{name}{suffix}.webp"
                path.write_bytes(_small(taken))
                print(f"{path.name}: {path.stat().st_size:,} bytes", flush=True)
        await chromium.close()


async def _take(chromium: Browser, url: str, picture: Picture, scheme: Scheme) -> bytes:
    async with _window(chromium, picture.size, scheme) as context:
        page = await context.new_page()
        page.set_default_timeout(TIMEOUT)
        await page.goto(f"{url}/{DASHBOARD}")
        await page.get_by_role("tab", name=picture.view).click()
        await page.get_by_text(picture.text, exact=True).first.wait_for()
        return await _settled(page, picture.card)


@asynccontextmanager
async def _window(
    chromium: Browser, size: tuple[int, int], scheme: Scheme
) -> AsyncIterator[BrowserContext]:
    """Open a window without the sidebar, which says nothing of the twin."""
    context = await chromium.new_context(
        locale="en",
        viewport={"width": size[0], "height": size[1]},
        device_scale_factor=SCALE,
        color_scheme=scheme,
        reduced_motion="reduce",
        # A worker that is new reloads the page.
        service_workers="block",
    )
    hidden = json.dumps(json.dumps("always_hidden"))
    await context.add_init_script(f"window.localStorage.setItem('dockedSidebar', {hidden});")
    yield context
    await context.close()


async def _settled(page: Page, card: str | None) -> bytes:
    """Return the picture once two in a row are the same; then lines and templates are there."""
    before = b""
    for _ in range(MOST_LOOKS):
        await page.wait_for_timeout(CALM)
        taken = await (page.locator(card) if card else page).screenshot()
        if taken == before:
            break
        before = taken
    return before


def _small(taken: bytes) -> bytes:
    """Return the picture in the best quality within the bound."""
    made = b""
    for quality in QUALITIES:
        buffer = BytesIO()
        Image.open(BytesIO(taken)).convert("RGB").save(buffer, "WEBP", quality=quality, method=6)
        made = buffer.getvalue()
        if len(made) <= MOST_BYTES:
            break
    return made


async def _live(server: Server) -> None:
    """Let Anna do something, so that the day has a story of its own."""
    async with await Client.log_in_as_owner(server) as client:
        for done in DAY:
            await client.action("digital_twin.update_goal_progress", **done)
        anna = await device(client, "Person", "Anna")
        await client.action("digital_twin.update_health_metrics", person=anna, mood=8)
        water: Json = {"person": anna, "entry": "Glass of water"}
        await client.action("digital_twin.record_quick_entry", **water)


async def _make(names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / "output.log").open("wb") as output:
            server = Server(folder, free_port(), output)
            try:
                await furnish_all(server)
                await _live(server)
                await take_all(f"http://localhost:{server.port}", names)
            finally:
                await server.stop()


def main() -> int:
    """Read the names of the pictures, all unless given, and take them."""
    parser = argparse.ArgumentParser(prog="scripts/pictures", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*PICTURES, []], help="all unless given")
    asyncio.run(_make(parser.parse_args().names or [*PICTURES]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
