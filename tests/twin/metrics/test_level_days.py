"""Days of levels: the latest reading, and the spread of what is measured all day."""

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.metrics.level_days import (
    QUARTER,
    LevelDay,
    Spread,
    TimedValue,
)

MINUTE = 60_000


def measured(*readings: tuple[int, float]) -> LevelDay:
    """Return a day of readings by minute."""
    (first, value), *others = readings
    point = TimedValue(first * MINUTE, value)
    day = LevelDay(value, point.at, "watch", Spread.of(point))
    for minute, each in others:
        day = day.with_reading(TimedValue(minute * MINUTE, each), "watch", all_day=True)
    return day


def spread_of(day: LevelDay) -> tuple[float, float, float, int]:
    assert day.spread is not None
    return day.spread.low, day.spread.middle, day.spread.high, day.spread.quarters


def test_a_day_has_minimum_median_and_maximum_beside_its_latest_reading() -> None:
    day = measured((0, 50), (20, 60), (40, 160), (60, 64))
    assert spread_of(day) == (50, 62, 160, 4)
    assert (day.value, day.typical) == (64, 62)


def test_many_readings_of_a_quarter_of_an_hour_count_once_in_the_median() -> None:
    run = [(60 + second, 150.0 + second) for second in range(14)]
    assert spread_of(measured((0, 50), (20, 60), *run)) == (50, 60, 163, 3)


def test_a_day_of_an_older_version_begins_its_spread_with_its_latest_reading() -> None:
    day = LevelDay(60, 0, "watch")
    assert day.typical == 60
    later = day.with_reading(TimedValue(QUARTER, 80), "watch", all_day=True)
    assert spread_of(later) == (60, 70, 80, 2)
    assert day.with_reading(TimedValue(QUARTER, 80), "watch").spread is None


readings = st.lists(
    st.tuples(st.integers(0, 1439), st.integers(40, 180).map(float)),
    min_size=1,
    max_size=60,
    unique_by=lambda each: each[0],
)


@given(readings, st.randoms(use_true_random=False))
def test_the_order_of_readings_and_their_repetition_change_nothing(
    several: list[tuple[int, float]], random: object
) -> None:
    shuffled = [*several, *several]
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # a random of hypothesis
    once, again = measured(*several), measured(*shuffled)
    assert once == again
    assert spread_of(once)[0] == min(value for _, value in several)
    assert spread_of(once)[2] == max(value for _, value in several)


def test_the_same_reading_again_is_the_very_same_day() -> None:
    day = measured((0, 50), (20, 60))
    assert day.with_reading(TimedValue(20 * MINUTE, 60), "watch", all_day=True) is day


@pytest.mark.parametrize(
    ("corrected", "expected"),
    [
        ((20, 65.0), (50, 57.5, 65, 2)),
        ((20, 40.0), (40, 45, 50, 2)),
    ],
)
def test_an_extreme_that_is_corrected_was_none(
    corrected: tuple[int, float], expected: tuple[float, float, float, int]
) -> None:
    assert spread_of(measured((0, 50), (20, 300), corrected)) == expected


def test_a_condensed_day_keeps_its_median_and_takes_late_extremes() -> None:
    day = measured((0, 50), (20, 60), (40, 70)).condensed()
    assert day.spread == Spread(50, 60, 70, 3)
    assert day.condensed() is day
    late = day.with_reading(TimedValue(10 * MINUTE, 90), "watch", all_day=True)
    assert (spread_of(late), late.value) == ((50, 60, 90, 3), 70)
    assert day.with_reading(TimedValue(10 * MINUTE, 60), "watch", all_day=True) is day
