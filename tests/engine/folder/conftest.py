"""A goals folder to write into, and its sync."""

from collections.abc import Mapping
from pathlib import Path

from homeassistant.core import HomeAssistant
import pytest

from custom_components.digital_twin.engine.core.feed import ChangeFeed
from custom_components.digital_twin.engine.core.registry import TwinRegistry
from custom_components.digital_twin.engine.folder import GoalsFolder
from custom_components.digital_twin.twin.goals.goal import Goal
from custom_components.digital_twin.twin.metrics.person import PERSON

OLA = "20000000-0000-4000-8000-00000000000a"


class Folder:
    """A goals folder on the real disk."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, file: str, text: str | bytes) -> Path:
        path = self.path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def text(self, file: str) -> str:
        return (self.path / file).read_bytes().decode()

    def replace(self, file: str, old: str, new: str) -> None:
        before = self.text(file)
        assert old in before
        self.write(file, before.replace(old, new))


def goal_file(title: str, body: str = "", **front: str) -> str:
    lines = [f'title: "{title}"', "type: goal", *(f"{key}: {said}" for key, said in front.items())]
    return "\n".join(["---", *lines, "---", body, ""])


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    path = tmp_path / "goals"
    path.mkdir()
    return Folder(path)


@pytest.fixture
async def registry(hass: HomeAssistant) -> TwinRegistry:
    registry = TwinRegistry(hass, ChangeFeed())
    await registry.async_load()
    await registry.async_create(PERSON, {"name": "Ola Nowak"}, twin_id=OLA)
    return registry


async def async_open(
    hass: HomeAssistant, registry: TwinRegistry, path: Path, *, write_back: bool = False
) -> GoalsFolder:
    """Load the sync as after a restart of Home Assistant."""
    hass.config.allowlist_external_dirs = {str(path)}
    synced = GoalsFolder(hass, registry)
    await synced.async_load()
    synced.async_configure(str(path), write_back=write_back)
    return synced


@pytest.fixture
async def synced(hass: HomeAssistant, registry: TwinRegistry, folder: Folder) -> GoalsFolder:
    return await async_open(hass, registry, folder.path)


def by_code(registry: TwinRegistry) -> Mapping[str, Goal]:
    return {goal.goal_code: goal for goal in registry.goals.values()}
