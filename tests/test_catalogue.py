"""The metric catalogue speaks Home Assistant's language: units and conversions."""

from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.components.sensor.const import (
    DEVICE_CLASS_UNITS,
    UNIT_CONVERTERS,
)
from homeassistant.util.unit_conversion import BaseUnitConverter, DurationConverter
import pytest

from custom_components.digital_twin.twin.catalogue import CATALOGUE, Metric
from custom_components.digital_twin.twin.metrics.units import convert

METRICS = list(CATALOGUE.values())
CLASSED = [
    (metric, SensorDeviceClass(metric.device_class)) for metric in METRICS if metric.device_class
]


def _id(part: object) -> str:
    return part.key if isinstance(part, Metric) else str(part)


each_classed = pytest.mark.parametrize(("metric", "device_class"), CLASSED, ids=_id)


@each_classed
def test_home_assistant_allows_the_units_of_the_device_class(
    metric: Metric, device_class: SensorDeviceClass
) -> None:
    allowed = DEVICE_CLASS_UNITS[device_class]
    assert set(metric.units) <= allowed
    assert {metric.suggested_unit, metric.suggested_unit_us} - {None} <= allowed


def _converter(metric: Metric) -> type[BaseUnitConverter]:
    if metric.device_class is None:
        return DurationConverter
    return UNIT_CONVERTERS[SensorDeviceClass(metric.device_class)]


@pytest.mark.parametrize(
    ("metric", "unit"),
    [(metric, unit) for metric in METRICS for unit in metric.units if unit != metric.unit],
    ids=_id,
)
def test_a_value_is_the_same_whoever_converts_it(metric: Metric, unit: str) -> None:
    converter = _converter(metric)
    for value in (metric.minimum, (metric.minimum + metric.maximum) / 2, metric.maximum):
        sent = converter.convert(value, metric.unit, unit)
        digits = metric.precision + 2
        assert convert(metric, sent, unit) == pytest.approx(round(value, digits), rel=1e-12)


def test_what_people_do_has_a_weekly_rhythm_and_amounts_are_skewed() -> None:
    amounts = {"distance", "caffeine", "steps", "energy_intake", "hydration"}
    amounts |= {"active_energy", "exercise_time"}
    felt = {"sleep_duration", "sleep_score", "stress", "mood"}
    assert {metric.key for metric in METRICS if metric.weekly} == amounts | felt
    skewed = {metric.key for metric in METRICS if metric.log_offset is not None}
    assert skewed == amounts | {"blood_glucose", "heart_rate_variability"}
