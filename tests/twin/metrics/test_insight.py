from datetime import UTC, date, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.metrics.history import Day, MetricHistory
from custom_components.digital_twin.twin.metrics.insight import (
    Baseline,
    Insight,
    baseline,
    fresh_until,
    insight,
    is_fresh,
)
from custom_components.digital_twin.twin.metrics.level_days import LevelDay, Spread, TimedValue
from custom_components.digital_twin.twin.metrics.readings import Reading

TODAY = date(2026, 3, 29).toordinal()
NOW = datetime(2026, 3, 29, 12, tzinfo=UTC)
WEIGHT = CATALOGUE["weight"]
STEPS = CATALOGUE["steps"]
PULSE = CATALOGUE["heart_rate"]


def history(*values: float | None, last: int = TODAY) -> MetricHistory:
    """Make a history of consecutive days, the last value on the day `last`."""
    first = last - len(values) + 1
    return MetricHistory(
        {
            first + index: LevelDay(value, 0, "x")
            for index, value in enumerate(values)
            if value is not None
        }
    )


def test_nothing_is_known_of_nothing() -> None:
    assert insight(WEIGHT, MetricHistory(), TODAY, fresh=True) == Insight()


def test_the_mean_of_a_level_is_that_of_the_last_seven_days() -> None:
    found = insight(WEIGHT, history(99, 70, None, 71, 72, 70, 71, 72), TODAY, fresh=True)
    assert found.mean_7_days == 71


def test_the_mean_of_a_daily_total_leaves_the_present_day_out() -> None:
    values = (9000, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 10)
    assert insight(STEPS, history(*values), TODAY, fresh=True).mean_7_days == 4000


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        # 100 g a day.
        ([80 - 0.1 * day for day in range(15)], -0.7),
        ([70.0] * 10, 0.0),
        # One wild value bends nothing.
        ([*(80 - 0.1 * day for day in range(14)), 150], -0.7),
        # Too few values, too short a time.
        ([80, 79, 78, 77], None),
        ([80, 79, 78, 77, 76, 75, 74], None),
        ([80, 79, 78, 77, 76, 75, 74, 73], -7.0),
    ],
)
def test_the_trend_is_the_median_slope(values: list[float], expected: float | None) -> None:
    trend = insight(WEIGHT, history(*values), TODAY, fresh=True).trend_per_week
    assert trend == (None if expected is None else pytest.approx(expected, abs=0.06))


def test_a_trend_that_is_none_is_no_negative_zero() -> None:
    trend = insight(WEIGHT, history(*[70.0] * 10), TODAY, fresh=True).trend_per_week
    assert str(trend) == "0.0"


@given(
    st.lists(st.floats(min_value=1, max_value=500), min_size=8, max_size=28),
    st.floats(min_value=-50, max_value=50),
)
def test_a_trend_moves_with_its_values(values: list[float], by: float) -> None:
    rising = [value + by / 7 * day for day, value in enumerate(values)]
    before = insight(WEIGHT, history(*values), TODAY, fresh=True).trend_per_week
    after = insight(WEIGHT, history(*rising), TODAY, fresh=True).trend_per_week
    assert before is not None
    assert after == pytest.approx(before + by, abs=0.01)


def test_the_baseline_is_median_and_mad_of_the_28_days_before() -> None:
    values = [500.0] * 10 + [70.0, 71.0, 72.0, 73.0] * 7 + [99.0]
    found = insight(WEIGHT, history(*values), TODAY, fresh=True).baseline
    assert found == Baseline(median=71.5, mad=1.0, days=28, mean_deviation=1.0)


def test_a_baseline_needs_seven_days() -> None:
    assert baseline(history(*[70.0] * 6), TODAY) is None
    assert baseline(history(*[70.0] * 7), TODAY) == Baseline(70.0, 0.0, 7)


USUAL = [70.0, 71.0] * 7


@pytest.mark.parametrize(
    ("values", "anomaly", "direction"),
    [
        ([*USUAL, 70.5], False, None),
        ([*USUAL, 80.0], True, "high"),
        ([*USUAL, 60.0], True, "low"),
        # More than half of the days are equal, and still some differ by nature.
        ([*[70.0, 70.0, 72.0] * 5, 72.0], False, None),
        # With 13 days before it nothing is unusual yet.
        ([*USUAL[1:], 80.0], None, None),
        # Somebody whose weight never changes is not ill with 400 g more.
        ([*[70.0] * 14, 70.4], False, None),
        ([*[70.0] * 14, 80.0], True, "high"),
    ],
)
def test_a_value_far_from_the_usual_is_an_anomaly_after_14_days(
    values: list[float], anomaly: bool | None, direction: str | None
) -> None:
    found = insight(WEIGHT, history(*values), TODAY, fresh=True)
    assert (found.anomaly, found.direction) == (anomaly, direction)


def test_the_latest_level_is_judged_also_some_days_later_but_not_when_it_is_stale() -> None:
    values = history(*USUAL, 80.0, last=TODAY - 3)
    assert insight(WEIGHT, values, TODAY, fresh=True).anomaly is True
    assert insight(WEIGHT, values, TODAY, fresh=False).anomaly is None


STEADY_PULSE = [49.0, 50.0, 51.0, 50.0, 52.0, 48.0, 50.0] * 4
STEADY = [8000.0, 8400.0] * 8


@pytest.mark.parametrize(
    ("values", "anomaly", "direction"),
    [
        # The morning of a day on which little was walked yet.
        ([*STEADY, 10.0], False, None),
        # Yesterday was low, and is over.
        ([*STEADY, 10.0, 20.0], True, "low"),
        # Today is too high already.
        ([*STEADY, 30_000.0], True, "high"),
        # Nothing is known of yesterday.
        ([*STEADY, None, 8200.0], None, None),
    ],
)
def test_a_daily_total_is_judged_when_its_day_is_over_or_too_high_already(
    values: list[float | None], anomaly: bool | None, direction: str | None
) -> None:
    found = insight(STEPS, history(*values), TODAY, fresh=False)
    assert (found.anomaly, found.direction) == (anomaly, direction)


def pulses(day: int, *, run_at: int | None = None, until: int = 24, higher: float = 0) -> LevelDay:
    """Make a day of a pulse: 55 by night, 70 by day, up to 165 in an hour of running."""
    found: LevelDay | None = None
    for half_hour in range(2 * until):
        hour = half_hour / 2
        value = (55 if hour < 7 else 70) + day % 3 + half_hour % 2 + higher
        if run_at is not None and run_at <= hour < run_at + 1:
            value = 160 + half_hour % 2
        point = TimedValue(half_hour * 1_800_000, value)
        start = found or LevelDay(value, point.at, "x", Spread.of(point))
        found = start.with_reading(point, "x", all_day=True)
    assert found is not None
    return found


def month_of_pulses() -> dict[int, LevelDay]:
    return {day: pulses(day) for day in range(TODAY - 28, TODAY)}


@pytest.mark.parametrize("hour", range(1, 25))
def test_an_ordinary_day_with_a_run_is_usual_at_every_hour(hour: int) -> None:
    days: dict[int, Day] = {**month_of_pulses(), TODAY: pulses(TODAY, run_at=18, until=hour)}
    assert insight(PULSE, MetricHistory(days), TODAY, fresh=True).anomaly is False


@pytest.mark.parametrize(
    ("until", "anomaly", "direction"),
    [
        # A night is compared with nothing but the whole days before it.
        (6, False, None),
        (18, False, None),
        # As much was measured as of other days.
        (23, True, "high"),
        (24, True, "high"),
    ],
)
def test_what_is_measured_all_day_is_judged_by_the_median_of_whole_days(
    until: int, anomaly: bool, direction: str | None
) -> None:
    days: dict[int, Day] = {**month_of_pulses(), TODAY: pulses(TODAY, higher=15, until=until)}
    found = insight(PULSE, MetricHistory(days), TODAY, fresh=False)
    assert (found.anomaly, found.direction) == (anomaly, direction)
    over = insight(PULSE, MetricHistory(days), TODAY + 1, fresh=False)
    assert over.anomaly is (None if until == 6 else True)


def test_a_fever_is_unusual_at_once() -> None:
    temperature = CATALOGUE["body_temperature"]
    days: dict[int, Day] = {
        day: LevelDay(36.6, 0, "x", Spread(36.2, 36.6 + day % 2 / 10, 37.0, 90))
        for day in range(TODAY - 20, TODAY)
    }
    days[TODAY] = LevelDay(39.1, 0, "x", Spread.of(TimedValue(0, 39.1)))
    assert insight(temperature, MetricHistory(days), TODAY, fresh=True).direction == "high"


def test_a_day_of_an_older_version_is_not_compared_with_medians() -> None:
    days: dict[int, Day] = {day: LevelDay(62, 0, "x") for day in range(TODAY - 20, TODAY)}
    days[TODAY] = pulses(TODAY)
    assert insight(PULSE, MetricHistory(days), TODAY, fresh=True).anomaly is None


@pytest.mark.parametrize(
    ("values", "direction"),
    [
        # One day that lies apart is nothing, the second of three is.
        ([*STEADY_PULSE, 53], None),
        ([*STEADY_PULSE, 53, 50, 53], "high"),
        ([*STEADY_PULSE, 53, 53], "high"),
        ([*STEADY_PULSE, 53, 47], None),
        # Both states are usual where each was there on many days.
        ([*[50.0, 50.0, 50.0, 55.0] * 7, 55, 55], None),
    ],
)
def test_two_of_three_days_apart_are_unusual_together(
    values: list[float], direction: str | None
) -> None:
    resting = CATALOGUE["resting_heart_rate"]
    found = insight(resting, history(*values), TODAY, fresh=True)
    assert (found.anomaly, found.direction) == (direction is not None, direction)


@pytest.mark.parametrize(
    ("values", "direction"),
    [
        # Each day alone is usual, and so are two; the mean of three is far.
        ([*STEADY_PULSE, 52], None),
        ([*STEADY_PULSE, 52, 52], None),
        ([*STEADY_PULSE, 52, 52, 52], "high"),
        ([*STEADY_PULSE, 52, 50, 52], None),
        ([*STEADY_PULSE, 48, 48, 48], "low"),
        # Three such days in a row were there before.
        ([*STEADY_PULSE[:14], 52, 52, 52, *STEADY_PULSE[:14], 52, 52, 52], None),
    ],
)
def test_three_days_a_little_apart_are_unusual_together(
    values: list[float], direction: str | None
) -> None:
    resting = CATALOGUE["resting_heart_rate"]
    found = insight(resting, history(*values), TODAY, fresh=True)
    assert (found.anomaly, found.direction) == (direction is not None, direction)


# Values that stay for three days each, as of a scale that smooths them.
SMOOTHED = [24.0 + 0.2 * step for step in (0, 3, -2, 1, -3, 2, 0, -1, 3, -2) for _ in range(3)]


@pytest.mark.parametrize(
    ("values", "direction"),
    [
        # The third day says no more than the first.
        ([*SMOOTHED, 24.8, 24.8, 24.8], None),
        ([*SMOOTHED, 25.4], "high"),
        ([*SMOOTHED, 22.6, 22.6], "low"),
        # It is not the largest of eight weeks.
        ([25.4] * 3 + [*SMOOTHED, 25.2], None),
    ],
)
def test_a_value_that_stays_where_most_do_is_one_reading(
    values: list[float], direction: str | None
) -> None:
    found = insight(CATALOGUE["body_fat"], history(*values), TODAY, fresh=True)
    assert (found.anomaly, found.direction) == (direction is not None, direction)


def nights(*shorter: float) -> MetricHistory:
    """Make eight weeks of nights (minutes), an hour longer at weekends, and the last ones shorter.

    The last night is that to Saturday, the day before `TODAY`.
    """
    values = [
        420.0 + 8 * (day % 4) + (60 if date.fromordinal(day).weekday() >= 5 else 0)
        for day in range(TODAY - 56, TODAY)
    ]
    for back, by in enumerate(reversed(shorter), 1):
        values[-back] -= by
    return history(*values, last=TODAY - 1)


@pytest.mark.parametrize(
    ("shorter", "direction"),
    [
        ((), None),
        ((40,), None),
        # Three nights shorter than usual, the last of them a Saturday that is not short by itself.
        ((50, 50, 50), "low"),
        ((400,), "low"),
    ],
)
def test_a_night_is_compared_without_what_a_weekend_adds(
    shorter: tuple[float, ...], direction: str | None
) -> None:
    found = insight(CATALOGUE["sleep_duration"], nights(*shorter), TODAY, fresh=False)
    assert (found.anomaly, found.direction) == (direction is not None, direction)


def test_the_days_before_a_change_say_what_is_usual() -> None:
    """Two high days do not widen what the third is compared with."""
    resting = CATALOGUE["resting_heart_rate"]
    found = insight(resting, history(*STEADY_PULSE[:12], 54, 54, 54), TODAY, fresh=True)
    assert found.direction == "high"


def test_a_long_distance_is_judged_as_the_steps_of_it() -> None:
    kilometres = [3.0, 9.0, 5.0, 14.0, 4.0, 7.0, 11.0, 6.0] * 4
    found = insight(CATALOGUE["distance"], history(*kilometres, 21.0), TODAY, fresh=True)
    assert found.anomaly is False


def test_a_habit_of_the_week_is_usual() -> None:
    first = TODAY - 56
    walked = [
        8000 + 300 * (day % 4) + (14_000 if day % 7 == TODAY % 7 else 0)
        for day in range(first, TODAY + 1)
    ]
    assert insight(STEPS, history(*walked), TODAY, fresh=True).anomaly is False
    # The same on another day of the week is not.
    assert (
        insight(
            STEPS, history(*walked[:-1], 8200, 23_000, last=TODAY + 1), TODAY + 1, fresh=True
        ).direction
        == "high"
    )


def test_a_long_walk_of_somebody_whose_days_differ_is_usual() -> None:
    walked = [3000, 9000, 5000, 14_000, 4000, 7000, 11_000, 6000] * 4
    assert insight(STEPS, history(*walked, 17_000), TODAY, fresh=True).anomaly is False


def measured(before: timedelta) -> Reading:
    return Reading(value=70, unit="kg", measured_at=NOW - before, source="x")


@pytest.mark.parametrize(
    ("metric", "before", "fresh"),
    [
        ("weight", timedelta(days=7), True),
        ("weight", timedelta(days=9), False),
        ("heart_rate", timedelta(minutes=59), True),
        ("heart_rate", timedelta(minutes=60), False),
        ("height", timedelta(days=5000), True),
        ("sleep_score", timedelta(hours=35), True),
        ("sleep_score", timedelta(hours=36), False),
    ],
)
def test_a_weight_may_be_a_week_old_and_a_pulse_not(
    metric: str, before: timedelta, fresh: bool
) -> None:
    assert is_fresh(CATALOGUE[metric], measured(before), NOW, 1, 2) is fresh


def test_a_daily_total_is_fresh_on_its_day() -> None:
    reading = measured(timedelta(hours=1))
    assert is_fresh(STEPS, reading, NOW, TODAY, TODAY)
    assert not is_fresh(STEPS, reading, NOW, TODAY - 1, TODAY)
    assert fresh_until(STEPS, reading) is None
    assert fresh_until(CATALOGUE["height"], reading) is None
    assert fresh_until(PULSE, reading) == NOW


def test_days_that_are_left_out_say_nothing_of_what_is_usual() -> None:
    values = [70.0] * 20 + [74.0] * 5 + [70.0]
    ill = frozenset(range(TODAY - 5, TODAY))
    assert baseline(history(*values), TODAY, ill) == Baseline(70.0, 0.0, 21)
    with_them = insight(WEIGHT, history(*values), TODAY, fresh=True)
    without = insight(WEIGHT, history(*values), TODAY, fresh=True, left_out=ill)
    assert with_them.baseline == Baseline(70.0, 0.0, 25, 0.8)
    assert without.baseline == Baseline(70.0, 0.0, 20)
    assert without.mean_7_days == with_them.mean_7_days
    assert without.trend_per_week == with_them.trend_per_week


def test_an_unusual_value_of_a_day_that_is_left_out_is_still_unusual() -> None:
    values = history(*[70.0, 70.1] * 10, 79.0)
    today = frozenset({TODAY})
    assert insight(WEIGHT, values, TODAY, fresh=True, left_out=today).direction == "high"


def test_an_illness_does_not_make_a_high_pulse_usual() -> None:
    resting = CATALOGUE["resting_heart_rate"]
    values = history(*STEADY_PULSE[:20], *[70.0] * 8, 66.0)
    ill = frozenset(range(TODAY - 8, TODAY))
    assert insight(resting, values, TODAY, fresh=True).direction is None
    assert insight(resting, values, TODAY, fresh=True, left_out=ill).direction == "high"
