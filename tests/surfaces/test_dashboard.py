"""The modules of the dashboard are served, and the frontend is told of them."""

from pathlib import Path
import re
import shutil
from unittest.mock import patch

from homeassistant.components.frontend import DATA_EXTRA_MODULE_URL
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.surfaces import dashboard
from custom_components.digital_twin.surfaces.dashboard import FOLDER, content_hash

MODULES = sorted(path.name for path in FOLDER.iterdir())
IMPORTED = re.compile(r'from "\./([^"]+)"')
# The whole of it over the wire, in bytes before compression.
MOST_BYTES = 120_000


async def test_the_frontend_loads_the_first_module(
    hass: HomeAssistant, hass_client_no_auth: ClientSessionGenerator
) -> None:
    assert await async_setup_component(hass, "frontend", {})
    assert await async_setup_component(hass, DOMAIN, {})
    urls = [url for url in hass.data[DATA_EXTRA_MODULE_URL].urls if DOMAIN in url]
    assert urls == [f"/api/digital_twin/frontend/{content_hash()}/main.js"]
    client = await hass_client_no_auth()
    folder = urls[0].rpartition("/")[0]
    for name in MODULES:
        response = await client.get(f"{folder}/{name}")
        assert response.status == 200
        assert response.content_type == "text/javascript"
        assert "max-age" in response.headers["Cache-Control"]
        assert await response.text() == (FOLDER / name).read_text(encoding="utf-8")


async def test_without_a_frontend_nothing_is_served(hass: HomeAssistant) -> None:
    with patch.object(dashboard, "content_hash") as read:
        assert await async_setup_component(hass, DOMAIN, {})
    assert not read.called
    assert DATA_EXTRA_MODULE_URL not in hass.data


def test_a_changed_module_has_another_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "frontend"
    shutil.copytree(FOLDER, copy)
    monkeypatch.setattr(dashboard, "FOLDER", copy)
    before = content_hash()
    (copy / "texts.js").write_text("export {};", encoding="utf-8")
    assert content_hash() != before


def test_each_module_is_used_and_there_is_nothing_else() -> None:
    sources = {name: (FOLDER / name).read_text(encoding="utf-8") for name in MODULES}
    used = {name for source in sources.values() for name in IMPORTED.findall(source)}
    assert used | {dashboard.ENTRY} == {*MODULES}
    assert sum(map(len, sources.values())) < MOST_BYTES


def test_each_text_is_there_in_both_languages_and_used() -> None:
    source = (FOLDER / "texts.js").read_text(encoding="utf-8")
    english, polish = source.split("const POLISH")
    keys = re.compile(r"^  (\w+):", re.MULTILINE)
    assert keys.findall(english) == keys.findall(polish)
    others = "".join(
        (FOLDER / name).read_text(encoding="utf-8") for name in MODULES if name != "texts.js"
    )
    unused = [key for key in keys.findall(english) if not re.search(rf"\b{key}\b", others)]
    assert unused == []
