from hypothesis import given
import pytest

from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.enums import MetricKind
from custom_components.digital_twin.twin.metrics.household_metrics import (
    PARTS,
    define_metric,
    household_metrics,
    metric_document,
    own_bounds,
    whole_catalogue,
)
from custom_components.digital_twin.twin.metrics.readings import parse_reading

from ..refusals import only_refuses, refused
from ..samples import NOW
from ..strategies import ANYTHING, objects

COFFEE: dict[str, object] = {
    "key": "coffee",
    "name": "Coffee",
    "unit": "cups",
    "kind": "daily_total",
    "minimum": 0,
    "maximum": 30,
}
GRIP: dict[str, object] = {
    "key": "grip_strength",
    "name": "Grip strength",
    "unit": "kg",
    "minimum": 0,
    "maximum": 120,
    "precision": 1,
}


def test_a_household_defines_a_metric() -> None:
    coffee = define_metric(COFFEE)
    assert coffee.kind is MetricKind.DAILY_TOTAL
    assert (coffee.name, coffee.units, coffee.precision) == ("Coffee", ("cups",), 0)
    grip = define_metric(GRIP)
    assert grip.kind is MetricKind.LEVEL
    assert grip.units[0] == "kg"
    assert {"lb", "g"} <= {*grip.units}


def test_readings_of_it_are_converted_and_judged() -> None:
    catalogue = whole_catalogue([define_metric(GRIP)])
    reading = parse_reading(
        "grip_strength", {"value": 100, "unit": "lb"}, now=NOW, catalogue=catalogue
    )
    assert (reading.value, reading.unit) == (45.359, "kg")
    with refused(("out_of_range", "")):
        parse_reading("grip_strength", 121, now=NOW, catalogue=catalogue)
    assert CATALOGUE.keys() < catalogue.keys()


@pytest.mark.parametrize(
    ("kind", "value", "bounds"),
    [
        ("level", -40, {}),
        ("level", 2e6, {}),
        ("level", 5, {"maximum": 5.0}),
        ("level", 5, {"minimum": 5.0}),
        ("daily_total", 2e6, {}),
        ("daily_total", 5, {"minimum": 1.0, "maximum": 9.0}),
    ],
)
def test_a_bound_is_only_there_where_it_was_given(
    kind: str, value: float, bounds: dict[str, float]
) -> None:
    metric = define_metric({"key": "x", "name": "X", "unit": "points", "kind": kind, **bounds})
    assert own_bounds(metric) == bounds
    assert parse_reading("x", value, now=NOW, catalogue=whole_catalogue([metric])).value == value
    assert household_metrics([metric_document(metric)]) == (metric,)


def test_a_daily_total_without_a_bound_is_not_below_zero() -> None:
    metric = define_metric({"key": "x", "name": "X", "unit": "points", "kind": "daily_total"})
    with refused(("out_of_range", "")):
        parse_reading("x", -1, now=NOW, catalogue=whole_catalogue([metric]))


@pytest.mark.parametrize("document", [COFFEE, GRIP])
def test_it_comes_back_from_its_document(document: dict[str, object]) -> None:
    metric = define_metric(document)
    assert household_metrics([metric_document(metric)]) == (metric,)


@pytest.mark.parametrize(
    ("patch", "key", "field"),
    [
        ({"key": "Coffee"}, "invalid_key", "key"),
        ({"key": "co__ffee"}, "invalid_key", "key"),
        ({"key": "_coffee"}, "invalid_key", "key"),
        ({"key": "c" * 41}, "invalid_key", "key"),
        ({"key": "weight"}, "duplicate", "key"),
        ({"key": None}, "required_field", "key"),
        ({"name": None}, "required_field", "name"),
        ({"unit": None}, "required_field", "unit"),
        ({"kind": "sum"}, "not_an_option", "kind"),
        ({"minimum": 31}, "out_of_range", "minimum"),
        ({"minimum": -1}, "out_of_range", "minimum"),
        ({"maximum": "x"}, "wrong_type", "maximum"),
        ({"precision": 7}, "out_of_range", "precision"),
        ({"colour": "brown"}, "unknown_field", "colour"),
    ],
)
def test_what_cannot_be_a_metric_is_refused(patch: dict[str, object], key: str, field: str) -> None:
    with refused((key, field)):
        define_metric({**COFFEE, **patch})


def test_unit_and_kind_stay_once_there_are_readings() -> None:
    coffee = define_metric(COFFEE)
    changed = {**COFFEE, "unit": "mugs", "kind": "level"}
    with refused(("metric_in_use", "unit"), ("metric_in_use", "kind")):
        define_metric(changed, [coffee], {"coffee"})
    assert define_metric(changed, [coffee], {"other"}).unit == "mugs"
    wider = define_metric({**COFFEE, "maximum": 50}, [coffee], {"coffee"})
    assert wider.maximum == 50


@pytest.mark.parametrize("stored", [None, {}, "x", [None], [{}], [3]])
def test_what_is_damaged_costs_only_itself(stored: object) -> None:
    assert household_metrics(stored) == ()
    if isinstance(stored, list):
        kept = household_metrics([*stored, COFFEE, {**COFFEE, "name": "Again"}])
        assert [metric.name for metric in kept] == ["Coffee"]


@given(ANYTHING | objects(*PARTS))
def test_anything_is_read_or_refused(raw: object) -> None:
    only_refuses(lambda: define_metric(raw))
