"""Aggregates of sensors, held against straightforward arithmetic."""

from fractions import Fraction
import math

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.home.conditions import (
    QUANTITIES,
    Aggregate,
    number,
    of_area,
    of_areas,
    of_meters,
    usable,
)

values = st.floats(min_value=-1e15, max_value=1e15)
rooms = st.lists(st.lists(values, max_size=6), max_size=8)


def _exact_mean(numbers: list[float]) -> float:
    return float(sum(map(Fraction, numbers)) / len(numbers))


def _exact_median(numbers: list[float]) -> float:
    ordered = sorted(map(Fraction, numbers))
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return float(ordered[middle])
    return float((ordered[middle - 1] + ordered[middle]) / 2)


@given(st.lists(values, min_size=1))
def test_an_area_is_the_median_of_its_sensors(sensors: list[float]) -> None:
    found = of_area(sensors, summed=False)
    assert found is not None
    assert found.value == pytest.approx(_exact_median(sensors), rel=1e-12, abs=1e-300)
    assert (found.minimum, found.maximum) == (min(sensors), max(sensors))
    assert found.count == len(sensors)


@given(rooms)
def test_a_floor_is_the_mean_of_its_areas(sensors: list[list[float]]) -> None:
    areas = [found for room in sensors if (found := of_area(room, summed=False))]
    found = of_areas(areas, summed=False)
    medians = [_exact_median(room) for room in sensors if room]
    if not medians:
        assert found is None
        return
    assert found is not None
    assert found.value == pytest.approx(_exact_mean(medians), rel=1e-9, abs=1e-3)
    assert found.minimum == pytest.approx(min(medians), rel=1e-12, abs=1e-300)
    assert found.maximum == pytest.approx(max(medians), rel=1e-12, abs=1e-300)
    assert found.count == sum(map(len, sensors))


@given(rooms)
def test_what_adds_up_is_the_sum_of_all_sensors(sensors: list[list[float]]) -> None:
    areas = [found for room in sensors if (found := of_area(room, summed=True))]
    found = of_areas(areas, summed=True)
    total = float(sum(Fraction(value) for room in sensors for value in room))
    assert (found is None) is not any(sensors)
    if found:
        assert found.value == pytest.approx(total, rel=1e-9, abs=10)


@given(st.lists(st.tuples(values, st.sampled_from([1, -1])), min_size=1))
def test_meters_count_with_their_sign(meters: list[tuple[float, int]]) -> None:
    found = of_meters(meters)
    assert found is not None
    assert found.value == math.fsum(value * sign for value, sign in meters)


@given(st.lists(values, min_size=3), st.floats(min_value=1e16, max_value=1e300))
def test_one_wild_sensor_moves_the_median_no_further_than_its_neighbour(
    sensors: list[float], wild: float
) -> None:
    found = of_area([*sensors, wild], summed=False)
    assert found is not None
    assert min(sensors) <= found.value <= max(sensors)


@given(st.lists(values, min_size=1))
def test_an_aggregate_lies_between_its_ends(sensors: list[float]) -> None:
    for summed in (False, True):
        areas = [one for value in sensors if (one := of_area([value], summed=summed))]
        found = of_areas(areas, summed=False)
        assert found is not None
        slack = 1e-9 * max(1.0, abs(found.minimum), abs(found.maximum))
        assert found.minimum - slack <= found.value <= found.maximum + slack


def test_nothing_gives_nothing() -> None:
    assert of_area([], summed=False) is None
    assert of_area([], summed=True) is None
    assert of_areas([], summed=False) is None
    assert of_meters([]) is None


@pytest.mark.parametrize("meters", [[(None, 1)], [(5.0, 1), (None, -1)]])
def test_a_silent_meter_leaves_no_sum(meters: list[tuple[float | None, int]]) -> None:
    assert of_meters(meters) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("21.5", 21.5),
        ("-3", -3),
        (" 4 ", 4),
        ("1e3", 1000),
        ("1e16", None),
        ("nan", None),
        ("-inf", None),
        ("unavailable", None),
        ("unknown", None),
        ("", None),
        ("21,5", None),
        ("2_1", None),
        ("٢١", None),
    ],
)
def test_a_state_is_a_number_or_nothing(text: str, expected: float | None) -> None:
    assert number(text) == expected


@given(st.floats())
def test_only_what_stays_finite_is_usable(value: float) -> None:
    assert usable(value) is (not math.isnan(value) and abs(value) <= 1e15)


@pytest.mark.parametrize(
    ("value", "precision", "shown"),
    [(20.04, 1, 20.0), (20.06, 1, 20.1), (611.5, 0, 612.0), (-0.04, 1, 0.0)],
)
def test_values_are_shown_with_their_precision(value: float, precision: int, shown: float) -> None:
    found = Aggregate(value, value, value, 3).rounded(precision)
    assert found == Aggregate(shown, shown, shown, 3)
    assert math.copysign(1, found.value) == math.copysign(1, shown)


def test_the_table_of_quantities_is_sound() -> None:
    assert len(QUANTITIES) == 14
    for key, quantity in QUANTITIES.items():
        assert quantity.key == key
        assert 0 <= quantity.precision <= 3
        assert quantity.summed or not quantity.metered
    pairs = [(one.device_class, one.unit) for one in QUANTITIES.values()]
    assert len(set(pairs)) == len(pairs)
