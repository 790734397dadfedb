"""Fixtures for the tests of people's health."""

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest

from custom_components.digital_twin.engine.core.feed import Publisher
from custom_components.digital_twin.engine.core.registry import TwinRegistry

from .common import NOW, async_load


@pytest.fixture(autouse=True)
def _now(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(NOW)


@pytest.fixture
def publisher() -> Publisher:
    return Publisher()


@pytest.fixture
async def registry(hass: HomeAssistant, publisher: Publisher) -> TwinRegistry:
    return await async_load(hass, publisher)
