from math import inf, nan
import re

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.catalogue import CATALOGUE, Metric
from custom_components.digital_twin.twin.enums import MetricKind
from custom_components.digital_twin.twin.metrics.units import (
    accepted_unit,
    check_range,
    convert,
    convert_unit,
    metric_of,
)

from ..refusals import only_refuses, refused
from ..strategies import ANYTHING

LEVEL, TOTAL = MetricKind.LEVEL, MetricKind.DAILY_TOTAL

# key: kind, accepted units (the canonical one first), least and greatest value, decimals.
EXPECTED: dict[str, tuple[MetricKind, tuple[str, ...], float, float, int]] = {
    "weight": (LEVEL, ("kg", "g", "lb", "st", "oz"), 0.2, 650, 1),
    "height": (LEVEL, ("cm", "m", "mm", "in", "ft"), 20, 280, 1),
    "body_fat": (LEVEL, ("%",), 1, 80, 1),
    "muscle_mass": (LEVEL, ("kg", "g", "lb", "st", "oz"), 0.05, 200, 1),
    "body_water": (LEVEL, ("%",), 20, 90, 1),
    "waist_circumference": (LEVEL, ("cm", "m", "mm", "in", "ft"), 15, 350, 1),
    "heart_rate": (LEVEL, ("bpm",), 15, 350, 0),
    "resting_heart_rate": (LEVEL, ("bpm",), 15, 220, 0),
    "heart_rate_variability": (LEVEL, ("ms", "s"), 0, 500, 0),
    "systolic_blood_pressure": (LEVEL, ("mmHg", "kPa"), 30, 370, 0),
    "diastolic_blood_pressure": (LEVEL, ("mmHg", "kPa"), 10, 360, 0),
    "oxygen_saturation": (LEVEL, ("%",), 30, 100, 0),
    "respiratory_rate": (LEVEL, ("br/min",), 2, 120, 1),
    "body_temperature": (LEVEL, ("°C", "°F", "K"), 25, 45, 1),
    "blood_glucose": (LEVEL, ("mg/dL", "mmol/L"), 5, 2000, 0),
    "vo2_max": (LEVEL, ("mL/kg/min",), 5, 100, 1),
    "steps": (TOTAL, ("steps",), 0, 500_000, 0),
    "distance": (TOTAL, ("km", "m", "mi", "yd", "ft"), 0, 1500, 2),
    "active_energy": (TOTAL, ("kcal", "kJ", "cal", "MJ", "Wh", "kWh"), 0, 20_000, 0),
    "exercise_time": (TOTAL, ("min", "h", "s"), 0, 1500, 0),
    "sleep_duration": (LEVEL, ("min", "h", "s"), 0, 1500, 2),
    "sleep_score": (LEVEL, ("points",), 0, 100, 0),
    "hydration": (TOTAL, ("mL", "L", "fl. oz.", "gal"), 0, 30_000, 0),
    "caffeine": (TOTAL, ("mg", "g", "μg"), 0, 10_000, 0),
    "energy_intake": (TOTAL, ("kcal", "kJ", "cal", "MJ", "Wh", "kWh"), 0, 30_000, 0),
    "mood": (LEVEL, ("points",), 1, 10, 0),
    "stress": (LEVEL, ("points",), 0, 100, 0),
}
METRICS = list(CATALOGUE.values())
UNITS = [(metric, unit) for metric in METRICS for unit in metric.units]

each_metric = pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.key)
each_unit = pytest.mark.parametrize(
    ("metric", "unit"), UNITS, ids=[f"{metric.key}-{unit}" for metric, unit in UNITS]
)


def test_the_catalogue_is_complete_and_ordered() -> None:
    assert list(CATALOGUE) == list(EXPECTED)


@each_metric
def test_each_metric_is_as_documented(metric: Metric) -> None:
    found = (metric.kind, metric.units, metric.minimum, metric.maximum, metric.precision)
    assert found == EXPECTED[metric.key]
    assert metric.unit == metric.units[0]


@each_metric
def test_suggested_units_are_accepted_units(metric: Metric) -> None:
    assert {metric.suggested_unit, metric.suggested_unit_us} <= {None, *metric.units}


def test_codes_are_well_formed_and_unique() -> None:
    codes = [metric.loinc for metric in METRICS if metric.loinc]
    assert len(set(codes)) == len(codes)
    assert all(_has_check_digit(code) for code in codes)


def _has_check_digit(code: str) -> bool:
    """LOINC codes end in a digit of Luhn's algorithm (modulus 10)."""
    assert re.fullmatch(r"\d{3,5}-\d", code)
    digits, check = code.split("-")
    doubled = [int(digit) * (2 - index % 2) for index, digit in enumerate(reversed(digits))]
    total = sum(value // 10 + value % 10 for value in doubled)
    return (10 - total % 10) % 10 == int(check)


@pytest.mark.parametrize(
    ("key", "value", "unit", "expected"),
    [
        ("weight", 71.4, None, 71.4),
        ("weight", 157, "lb", 71.214),
        ("weight", 157, "lbs", 71.214),
        ("weight", 71_400, "g", 71.4),
        ("weight", 11, "st", 69.853),
        ("weight", 120, "oz", 3.402),
        ("height", 1.78, "m", 178),
        ("height", 70, "in", 177.8),
        ("height", 6, "ft", 182.88),
        ("waist_circumference", 812, "mm", 81.2),
        ("heart_rate_variability", 0.042, "s", 42),
        ("heart_rate", 61, "beats/min", 61),
        ("respiratory_rate", 14, "breaths/min", 14),
        ("systolic_blood_pressure", 16, "kPa", 120.01),
        ("body_temperature", 98.6, "°F", 37),
        ("body_temperature", 98.6, "F", 37),
        ("body_temperature", 310.15, "K", 37),
        ("body_temperature", 36.6, "℃", 36.6),
        ("blood_glucose", 5.5, "mmol/L", 99.09),
        ("blood_glucose", 5.5, " mmol/l ", 99.09),
        ("vo2_max", 48.2, "ml/min/kg", 48.2),
        ("distance", 5, "mi", 8.0467),
        ("distance", 4200, "m", 4.2),
        ("active_energy", 418.4, "kJ", 100),
        ("active_energy", 0.5, "kWh", 430.21),
        ("sleep_duration", 7.5, "h", 450),
        ("sleep_duration", 27_000, "s", 450),
        ("hydration", 1.5, "l", 1500),
        ("hydration", 8, "fl oz", 236.59),
        ("caffeine", 0.08, "g", 80),
        ("caffeine", 80_000, "µg", 80),
        ("caffeine", 80_000, "μg", 80),
    ],
)
def test_values_are_converted_and_rounded(
    key: str, value: float, unit: str | None, expected: float
) -> None:
    assert convert(CATALOGUE[key], value, unit) == expected


@each_unit
def test_a_bound_is_the_same_bound_in_every_accepted_unit(metric: Metric, unit: str) -> None:
    for bound in (metric.minimum, metric.maximum):
        sent = convert_unit(bound, metric.unit, unit)
        assert convert(metric, sent, unit) == bound
        check_range(metric, convert(metric, sent, unit))


@each_metric
def test_one_step_beyond_a_bound_is_refused(metric: Metric) -> None:
    step = 10 ** -(metric.precision + 2)
    for value in (metric.minimum - step, metric.maximum + step):
        with refused(("out_of_range", "")) as placeholders:
            check_range(metric, convert(metric, value))
        assert placeholders[0]["minimum"] == str(metric.minimum)
        assert placeholders[0]["maximum"] == str(metric.maximum)
        assert placeholders[0]["unit"] == metric.unit


@pytest.mark.parametrize("unit", ["stone", "KG", "", "bpm", "Kg "])
def test_an_unknown_unit_is_refused_with_those_that_are_known(unit: str) -> None:
    with refused(("unknown_unit", "unit")) as placeholders:
        convert(CATALOGUE["weight"], 70, unit)
    assert placeholders == [{"field": "unit", "value": unit, "allowed": "kg, g, lb, st, oz"}]


@each_metric
@pytest.mark.parametrize("unit", ["parsec", 3, True, ["kg"]])
def test_no_metric_takes_any_unit(metric: Metric, unit: object) -> None:
    with refused(("unknown_unit" if isinstance(unit, str) else "wrong_type", "")):
        accepted_unit(metric, unit)


@each_metric
@pytest.mark.parametrize("value", [nan, inf, -inf, True, False, "70", None, [70], 10**400])
def test_what_is_no_number_is_refused(metric: Metric, value: object) -> None:
    with refused(("wrong_type", "at")):
        convert(metric, value, at="at")


def test_a_bad_value_and_a_bad_unit_are_both_told() -> None:
    with refused(("wrong_type", ""), ("unknown_unit", "unit")):
        convert(CATALOGUE["weight"], "heavy", "stone")


@pytest.mark.parametrize("key", ["wieght", "Weight", "", None, 3, ["weight"]])
def test_an_unknown_metric_is_refused_with_those_that_are_known(key: object) -> None:
    with refused(("unknown_metric", "")) as placeholders:
        metric_of(key)
    assert placeholders[0]["allowed"] == ", ".join(CATALOGUE)


def test_a_household_can_have_metrics_of_its_own() -> None:
    pages = Metric(key="pages", units=("pages",), minimum=0, maximum=1000)
    assert metric_of("pages", {"pages": pages}) is pages
    assert convert(pages, 12, "pages") == 12
    with refused(("unknown_metric", "")):
        metric_of("weight", {"pages": pages})


@given(st.sampled_from(UNITS), st.floats(0, 1))
def test_a_value_comes_back_from_every_unit(where: tuple[Metric, str], share: float) -> None:
    metric, unit = where
    value = round(metric.minimum + share * (metric.maximum - metric.minimum), metric.precision + 2)
    assert convert(metric, convert_unit(value, metric.unit, unit), unit) == value
    assert convert(metric, convert(metric, value)) == value


@given(st.sampled_from(UNITS), st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_more_stays_more(where: tuple[Metric, str], one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert convert(where[0], low, where[1]) <= convert(where[0], high, where[1])


@given(st.sampled_from(METRICS), ANYTHING, ANYTHING | st.sampled_from(["lb", "kg", "h", "%"]))
def test_nothing_breaks(metric: Metric, value: object, unit: object) -> None:
    only_refuses(lambda: convert(metric, value, unit))
    only_refuses(lambda: metric_of(value))
