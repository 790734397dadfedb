"""A household without entities: forms need none."""

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.common import ANNA, JAN, async_setup_twin


@pytest.fixture
def without_platforms(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the integration up without entities."""
    monkeypatch.setattr("custom_components.digital_twin.PLATFORMS", ())


@pytest.fixture
async def household(hass: HomeAssistant, without_platforms: None) -> MockConfigEntry:
    """Anna and Jan in a home, without goals."""
    await hass.config.async_update(time_zone="Europe/Warsaw")
    return await async_setup_twin(
        hass,
        persons={ANNA: {"name": "Anna", "contact_email": "anna@example.com"}, JAN: {"name": "Jan"}},
    )
