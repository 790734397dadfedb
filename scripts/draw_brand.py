"""Draws the brand images from their SVG sources; started by scripts/brand."""

import asyncio
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, async_playwright

REPOSITORY = Path(__file__).parents[1]
SOURCES = REPOSITORY / "docs" / "brand"
IMAGES = REPOSITORY / "custom_components" / "digital_twin" / "brand"
CHROMIUM = "/usr/bin/chromium"
# Drawn large and scaled down once trimmed.
SCALE = 4
# Home Assistant wants icons to be square, and 128 to 256 pixels on the shorter side of a logo.
HEIGHTS = {"icon": 256, "logo": 192}


async def draw() -> None:
    """Draw every image: icon and logo, for light and dark, in two sizes."""
    icon = (SOURCES / "icon.svg").read_text(encoding="utf-8")
    logo = (SOURCES / "logo.svg").read_text(encoding="utf-8")
    drawings = {"icon": icon, "logo": logo.replace('<g id="icon"/>', icon)}
    IMAGES.mkdir(exist_ok=True)
    async with async_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        for name, drawing in drawings.items():
            for prefix, theme in (("", "light"), ("dark_", "dark")):
                image = await _photograph(chromium, drawing, theme)
                image = image.crop(image.getbbox())
                for suffix, factor in (("", 1), ("@2x", 2)):
                    height = HEIGHTS[name] * factor
                    path = IMAGES / f"{prefix}{name}{suffix}.png"
                    _scaled(image, height, square=name == "icon").save(path, optimize=True)
                    print(path.relative_to(REPOSITORY))
        await chromium.close()


async def _photograph(chromium: Browser, drawing: str, theme: str) -> Image.Image:
    page = await chromium.new_page(device_scale_factor=SCALE)
    await page.set_content(
        f'<!doctype html><html class="{theme}"><body style="margin: 0">{drawing}</body></html>'
    )
    picture = await page.locator("svg").first.screenshot(omit_background=True)
    await page.close()
    return Image.open(BytesIO(picture)).convert("RGBA")


def _scaled(image: Image.Image, height: int, *, square: bool) -> Image.Image:
    """Scale to a height; pad a square image on both sides."""
    if square:
        side = max(image.size)
        board = Image.new("RGBA", (side, side))
        board.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
        image = board
    width = round(image.width * height / image.height)
    return image.resize((width, height), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    asyncio.run(draw())
