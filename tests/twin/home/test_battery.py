"""Batteries: when one is low, what is remembered of it, and when it will be empty."""

from datetime import date, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.home.batteries import (
    MAX_SAMPLES,
    BatteryForecast,
    Sample,
    forecast,
    is_low,
    remember,
)

DAY = date(2026, 3, 1).toordinal()


@pytest.mark.parametrize(
    ("level", "reported", "was_low", "expected"),
    [
        (20, False, False, True),
        (20.1, False, False, False),
        (0, False, False, True),
        (100, False, False, False),
        (None, False, False, False),
        (None, False, True, False),
        (None, True, False, True),
        (90, True, False, True),
        # What was low stays low while it wavers.
        (22.9, False, True, True),
        (23, False, True, False),
        # So does what says nothing any more.
        (None, None, True, True),
        (None, None, False, False),
        (23, None, True, False),
        (20, None, False, True),
    ],
)
def test_a_battery_is_low(
    level: float | None, reported: bool | None, was_low: bool, expected: bool
) -> None:
    assert is_low(level, reported_low=reported, threshold=20, was_low=was_low) is expected


def _samples(*pairs: tuple[int, float]) -> tuple[Sample, ...]:
    samples: tuple[Sample, ...] = ()
    for day, level in pairs:
        samples = remember(samples, DAY + day, level)
    return samples


def test_the_last_level_of_a_day_is_remembered() -> None:
    assert _samples((0, 90), (0, 89), (1, 88)) == ((DAY, 89), (DAY + 1, 88))


def test_a_new_battery_begins_a_new_history() -> None:
    assert _samples((0, 30), (1, 29), (2, 100)) == ((DAY + 2, 100),)
    assert len(_samples((0, 30), (1, 34.9), (2, 33))) == 3
    assert len(_samples((0, 30), (1, 35))) == 1


def test_a_clock_that_was_set_back_leaves_no_future() -> None:
    assert _samples((5, 90), (2, 91)) == ((DAY + 2, 91),)


def test_only_so_much_is_remembered() -> None:
    samples = _samples(*((day, 100 - day) for day in range(60)))
    assert len(samples) == MAX_SAMPLES
    assert samples[-1] == (DAY + 59, 41)


def _line(days: int, per_day: float, start: float = 90) -> tuple[Sample, ...]:
    return tuple((DAY + day, start - per_day * day) for day in range(days))


def test_a_steady_fall_ends_on_its_line() -> None:
    assert forecast("d", _line(11, 2)) == BatteryForecast(
        device_id="d",
        runs_out=date.fromordinal(DAY + 45),
        early=date.fromordinal(DAY + 21),
        late=date.fromordinal(DAY + 47),
        level=70,
        per_day=2,
        is_wide=True,
    )


@pytest.mark.parametrize(
    "samples",
    [
        (),
        _line(4, 5),
        _line(7, 5),
        ((DAY, 90), (DAY + 40, 50)),
        _line(20, 0),
        _line(20, -0.2),
        # At this pace it would take longer than anybody could care for.
        _line(20, 0.05),
        # Up and down.
        tuple((DAY + day, 50 + 2 * (-1) ** day) for day in range(20)),
        # More falls than rises, but nothing to rely on.
        tuple((DAY + day, level) for day, level in enumerate((50, 48, 46, 44, 45, 44, 45, 46, 45))),
    ],
    ids=["none", "few", "short", "two", "flat", "rising", "slow", "wavering", "unclear"],
)
def test_what_cannot_be_known_is_not_told(samples: tuple[Sample, ...]) -> None:
    assert forecast("d", samples) is None


def test_one_wild_level_bends_nothing() -> None:
    steady = _line(16, 2)
    bent = (*steady[:8], (steady[8][0], 3.0), *steady[9:])
    straight, wild = forecast("d", steady), forecast("d", bent)
    assert straight is not None
    assert wild is not None
    assert abs((straight.runs_out - wild.runs_out).days) <= 1


def test_what_should_be_empty_is_empty_now_at_the_earliest() -> None:
    steady = _line(10, 9)
    late = (*steady, (DAY + 20, 5.0))
    found = forecast("d", late)
    assert found is not None
    assert found.runs_out >= date.fromordinal(DAY + 20)


def test_days_left_are_never_negative() -> None:
    found = BatteryForecast("d", date(2026, 3, 10), date(2026, 3, 8), date(2026, 3, 12), 50, 1)
    assert found.days_left(date(2026, 3, 1)) == 9
    assert found.days_left(date(2026, 3, 12)) == 0


@given(
    st.integers(min_value=8, max_value=24),
    st.floats(min_value=0.2, max_value=4),
    st.floats(min_value=0, max_value=0.09),
)
def test_a_noisy_fall_is_found_again(days: int, per_day: float, noise: float) -> None:
    line = [
        (day, level + noise * (-1) ** position)
        for position, (day, level) in enumerate(_line(days, per_day, 99))
    ]
    found = forecast("d", line)
    assert found is not None
    assert found.per_day == pytest.approx(per_day, rel=0.2)
    end = DAY + 99 / per_day
    assert abs(found.runs_out.toordinal() - end) <= 2 + 0.2 * 99 / per_day


@given(
    st.lists(
        st.tuples(st.integers(min_value=0, max_value=400), st.floats(min_value=0, max_value=100)),
        max_size=60,
    )
)
def test_no_history_breaks_the_forecast(levels: list[tuple[int, float]]) -> None:
    samples: tuple[Sample, ...] = ()
    for day, level in levels:
        samples = remember(samples, DAY + day, level)
        found = forecast("d", samples)
        last = date.fromordinal(samples[-1][0])
        assert found is None or last <= found.runs_out <= last + timedelta(days=3 * 365)
        assert found is None or found.per_day > 0
