"""Thresholds are read from options within their bounds."""

from datetime import timedelta

import pytest

from custom_components.digital_twin.twin.errors import TwinError
from custom_components.digital_twin.twin.home.home import BOUNDS, Thresholds


def test_without_options_the_defaults_hold() -> None:
    assert Thresholds.from_options({}) == Thresholds(
        offline_grace=timedelta(minutes=15),
        startup_grace=timedelta(minutes=5),
        flap_window=timedelta(hours=1),
        low_battery=20,
        stale_time=timedelta(days=1),
        hold_time=timedelta(minutes=10),
        vacancy_time=timedelta(days=1),
    )


def test_options_are_read_in_their_units() -> None:
    read = Thresholds.from_options(
        {
            "offline_grace": 2.5,
            "vacancy_time": 48,
            "low_battery": 10,
            "ignore_label": "mute",
            "critical_label": "",
            "ignored_devices": ["d1", "d2"],
            "goals_folder": "elsewhere",
        }
    )
    assert read.offline_grace == timedelta(minutes=2, seconds=30)
    assert read.vacancy_time == timedelta(days=2)
    assert read.ignored_devices == {"d1", "d2"}
    assert (read.low_battery, read.ignore_label, read.critical_label) == (10, "mute", None)


@pytest.mark.parametrize("name", BOUNDS)
def test_the_ends_of_each_range_are_in_it_and_no_more(name: str) -> None:
    bound = BOUNDS[name]
    assert bound.minimum <= bound.default <= bound.maximum
    for value in (bound.minimum, bound.maximum):
        Thresholds.from_options({name: value})
    for value in (bound.minimum - 0.5, bound.maximum + 0.5):
        with pytest.raises(TwinError) as caught:
            Thresholds.from_options({name: value})
        assert (caught.value.key, caught.value.faults[0].field) == ("out_of_range", name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("offline_grace", "15"),
        ("low_battery", True),
        ("hold_time", None),
        ("ignore_label", 5),
        ("ignored_devices", "d1"),
    ],
)
def test_a_wrong_type_is_refused(name: str, value: object) -> None:
    with pytest.raises(TwinError) as caught:
        Thresholds.from_options({name: value})
    assert (caught.value.key, caught.value.faults[0].field) == ("wrong_type", name)


def test_every_fault_is_named() -> None:
    with pytest.raises(TwinError) as caught:
        Thresholds.from_options({"low_battery": 0, "hold_time": "x", "critical_label": 1})
    assert [fault.field for fault in caught.value.faults] == [
        "low_battery",
        "hold_time",
        "critical_label",
    ]
