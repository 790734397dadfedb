"""A house for each test."""

from collections.abc import AsyncIterator

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest

from .house import START, House


@pytest.fixture
async def house(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> AsyncIterator[House]:
    """A house without anything in it, at a fixed time, left behind at the end."""
    freezer.move_to(START)
    house = House(hass, freezer)
    yield house
    await house.leave()
