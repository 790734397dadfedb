"""The health of people in a running integration."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant

from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.engine.documents import twin_document
from custom_components.digital_twin.twin.metrics.household_metrics import METRICS
from tests.common import ANNA, async_setup_twin, runtime

from .common import NOW, by_day, reading

SCALE = "sensor.scale"
COFFEE = {"key": "coffee", "name": "Coffee", "unit": "cups", "minimum": 0, "maximum": 30}
PERSON = {
    "name": "Anna",
    "timezone": "Europe/Warsaw",
    "metric_sources": {"weight": [SCALE]},
}


async def test_readings_go_through_a_restart(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    entry = await async_setup_twin(hass, persons={ANNA: PERSON}, options={METRICS: [COFFEE]})
    registry = runtime(entry).registry
    freezer.tick(60)
    hass.states.async_set(SCALE, "70.5", {"unit_of_measurement": "kg"})
    await hass.async_block_till_done()
    coffee = reading("mood", 3)[1]
    await registry.async_record(
        ANNA, [("coffee", coffee), reading("weight", 71, timedelta(days=3))]
    )

    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    registry = runtime(entry).registry
    assert by_day(registry, ANNA, "weight") == {"03-17": 71, "03-20": 70.5}
    document = twin_document(runtime(entry), "person", ANNA)
    metrics = document["metrics"]
    assert isinstance(metrics, dict)
    assert {*metrics} == {"weight", "coffee"}
    assert registry.persons[ANNA].health_metrics["weight"].measured_at == NOW + timedelta(minutes=1)


async def test_the_options_define_metrics_without_a_reload(hass: HomeAssistant) -> None:
    entry = await async_setup_twin(hass, persons={ANNA: PERSON})
    registry = runtime(entry).registry
    assert "coffee" not in registry.catalogue
    hass.config_entries.async_update_entry(entry, options={METRICS: [COFFEE, {"key": "weight"}]})
    await hass.async_block_till_done()
    assert runtime(entry).registry is registry
    assert registry.catalogue["coffee"].name == "Coffee"


async def test_removal_leaves_nothing(hass: HomeAssistant, hass_storage: dict[str, object]) -> None:
    entry = await async_setup_twin(hass, persons={ANNA: PERSON})
    await runtime(entry).registry.async_import_readings(
        ANNA, [reading("weight", 71, timedelta(days=3))]
    )
    assert await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert [key for key in hass_storage if key.startswith(DOMAIN)] == []
