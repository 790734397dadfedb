"""What metrics are called where a text is put together without a form."""

from homeassistant.core import HomeAssistant
import pytest

from custom_components.digital_twin.engine.health.sources import metric_label
from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.metrics.household_metrics import define_metric
from tests.common import async_setup_twin

GRIP = {"key": "grip", "name": "Grip strength", "unit": "kg", "minimum": 0, "maximum": 99}


@pytest.mark.parametrize(
    ("language", "name"), [("en", "Resting heart rate"), ("pl", "Tętno spoczynkowe")]
)
async def test_a_metric_has_its_name_in_the_language_of_home_assistant(
    hass: HomeAssistant, language: str, name: str
) -> None:
    hass.config.language = language
    await async_setup_twin(hass)
    key = "resting_heart_rate"
    assert metric_label(hass, key, CATALOGUE[key]) == name
    assert metric_label(hass, "grip", define_metric(GRIP)) == "Grip strength"
    assert metric_label(hass, "gone_metric", None) == "gone metric"
