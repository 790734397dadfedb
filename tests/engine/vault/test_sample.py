"""The sample folder: goals as people really write them, with their faults."""

from datetime import date
from pathlib import Path
import shutil

from homeassistant.core import HomeAssistant
import pytest

from custom_components.digital_twin.engine.publisher import Publisher
from custom_components.digital_twin.engine.registry import TwinRegistry
from custom_components.digital_twin.engine.vault import Vault
from custom_components.digital_twin.twin.goal import Goal
from custom_components.digital_twin.twin.person import PERSON

SAMPLE = Path(__file__).parents[2] / "fixtures" / "10_GOALS"


@pytest.fixture
async def registry(hass: HomeAssistant) -> TwinRegistry:
    registry = TwinRegistry(hass, Publisher())
    await registry.async_load()
    await registry.async_create(PERSON, {"name": "Ola Nowak"})
    return registry


async def test_x(hass, registry, tmp_path):
    folder = tmp_path / "vault"
    shutil.copytree(SAMPLE, folder / "10_GOALS")
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    vault = Vault(hass, registry)
    await vault.async_load()
    vault.async_configure(str(folder), write_back=False)
    report = await vault.async_sync()
    print(report)
    from custom_components.digital_twin.twin.records import encode
    from custom_components.digital_twin.twin.goal import GOAL
    import json

    for g in registry.goals.values():
        print(json.dumps(encode(GOAL, g), indent=1, ensure_ascii=False))
    saves = registry.saves
    print(await vault.async_sync(), saves, registry.saves)
    again = Vault(hass, registry)
    await again.async_load()
    again.async_configure(str(folder), write_back=False)
    print(await again.async_sync(), saves, registry.saves)
    assert 0
