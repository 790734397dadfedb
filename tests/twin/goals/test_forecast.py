"""A forecast says when a goal will be finished at the pace of the last weeks."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.goals.forecast import (
    HORIZON,
    Forecast,
    ForecastState,
    forecast,
)
from custom_components.digital_twin.twin.goals.key_result_parts import MAX_DAYS, DayValue
from custom_components.digital_twin.twin.goals.pauses import postponed
from custom_components.digital_twin.twin.goals.plan import Hold
from custom_components.digital_twin.twin.goals.progress import (
    History,
    daily,
    last_change,
    with_point,
)
from custom_components.digital_twin.twin.values import theil_sen

START = date(2026, 1, 1)
DAYS_40 = timedelta(days=40)
VALUES = st.lists(st.floats(0, 100), max_size=60)


def points(*values: float, every: int = 1) -> list[DayValue]:
    return [DayValue(START + timedelta(days=every * at), value) for at, value in enumerate(values)]


def seen(history: list[DayValue], later: int = 0) -> Forecast:
    today = history[-1].day + timedelta(days=later)
    return forecast(history, history[-1].value, today)


def test_an_even_pace_goes_on_to_the_day_but_may_change() -> None:
    found = seen(points(*(10 + day for day in range(31))))
    today = date(2026, 1, 31)
    assert found == Forecast(
        state=ForecastState.FINISH,
        finish=today + timedelta(days=60),
        early=today + timedelta(days=45),
        late=today + timedelta(days=113),
        per_week=7.0,
    )


def test_the_nearer_the_finish_the_closer_are_the_bounds() -> None:
    widths = []
    for days in (20, 40, 60, 80):
        found = seen(points(*(float(day) for day in range(days + 1))))
        assert found.early is not None
        assert found.late is not None
        widths.append((found.late - found.early).days)
    assert widths == sorted(widths, reverse=True)


def test_a_forecast_far_beyond_its_history_is_wide() -> None:
    assert not seen(points(*(float(day) for day in range(40)))).is_wide
    assert seen(points(*(float(day) for day in range(20)))).is_wide


@pytest.mark.parametrize(
    "history",
    [[], points(1, 2, 3, 4), points(1, 2, 3, 4, 5), points(1, 2, 3, 4, 5, 6, 7), points(5)],
)
def test_fewer_than_five_points_over_seven_days_foretell_nothing(history: list[DayValue]) -> None:
    today = START + timedelta(days=30)
    assert forecast(history, 50, today).state is ForecastState.TOO_LITTLE_HISTORY


@pytest.mark.parametrize("history", [points(1, 2, 3, 4, 5, every=2), points(*range(1, 9))])
def test_five_points_over_seven_days_are_enough(history: list[DayValue]) -> None:
    assert seen(history).state is ForecastState.FINISH


def test_points_of_tomorrow_are_not_known_today() -> None:
    history = points(*range(1, 20))
    assert forecast(history, 4, history[3].day).state is ForecastState.TOO_LITTLE_HISTORY


@pytest.mark.parametrize("values", [(50,) * 10, tuple(range(50, 40, -1))])
def test_without_a_rise_the_goal_is_not_reached_at_this_pace(values: tuple[float, ...]) -> None:
    found = seen(points(*values))
    assert found.state is ForecastState.NOT_AT_THIS_PACE
    assert found.finish is found.early is found.late is None
    assert found.per_week is not None
    assert found.per_week <= 0


def test_a_finish_in_more_than_ten_years_is_none() -> None:
    found = seen(points(*(0.02 * day for day in range(30))))
    assert (found.state, found.finish, found.per_week) == (ForecastState.TOO_FAR, None, 0.14)


def test_a_goal_without_a_known_progress_has_no_forecast() -> None:
    assert forecast(points(*range(20)), None, START).state is ForecastState.UNKNOWN


def test_a_goal_at_its_end_needs_none() -> None:
    assert forecast([], 100, START).state is ForecastState.FINISHED


def test_only_the_last_six_weeks_count() -> None:
    slow = [0.1 * day for day in range(100)]
    fast = [slow[-1] + 1.0 * day for day in range(1, 44)]
    assert seen(points(*slow, *fast)).per_week == 7.0


def test_a_goal_measured_once_a_month_looks_further_back() -> None:
    found = seen(points(10, 20, 30, 40, 50, every=30))
    assert found.state is ForecastState.FINISH
    assert found.finish is not None
    assert found.per_week == pytest.approx(7 / 3, rel=0.1)


def test_one_wild_day_does_not_move_the_slope() -> None:
    values = [float(day) for day in range(30)]
    values[12] = 80
    assert seen(points(*values)).per_week == 7.0


def test_days_without_a_change_slow_the_forecast_down() -> None:
    history = points(*range(20))
    slopes = [seen(history, later=later).per_week or 0 for later in (0, 5, 10, 20, 30)]
    assert slopes[0] == 7
    assert slopes == sorted(slopes, reverse=True)
    assert slopes[-1] < 2


def width(found: Forecast) -> int:
    assert found.early is not None
    assert found.late is not None
    return (found.late - found.early).days


def test_steps_in_a_rhythm_are_as_good_as_an_even_pace_and_others_are_not() -> None:
    even = points(*(0.5 * day for day in range(101)))
    rhythm = points(*(5.0 * step for step in range(11)), every=10)
    uneven = [
        DayValue(START + timedelta(days=day), 5.0 * step)
        for step, day in enumerate((0, 16, 17, 19, 40, 42, 62, 64, 80, 82, 100))
    ]
    assert width(seen(rhythm)) <= 1.2 * width(seen(even))
    assert width(seen(uneven)) > 1.5 * width(seen(even))


def test_a_forecast_from_a_few_changes_is_wide() -> None:
    assert seen(points(*(12.0 * step for step in range(6)), every=10)).is_wide
    assert not seen(points(*(12.0 * step for step in range(7)), every=10)).is_wide


def test_the_bounds_follow_the_last_two_weeks() -> None:
    """After two slower weeks, late moves by far more than the work that is left."""
    steady = [float(day) for day in range(43)]
    slower = [*steady[:29], *(28 + 0.4 * day for day in range(1, 15))]
    found, before = seen(points(*slower)), seen(points(*steady))
    remaining = 100 - slower[-1]
    assert found.late is not None
    assert before.late is not None
    days = (found.late - START).days - 42
    assert days > 1.4 * remaining / (100 - steady[-1]) * ((before.late - START).days - 42)


def _ill(since: int, until: int | None) -> list[Hold]:
    last = None if until is None else START + timedelta(days=until)
    return [Hold(START + timedelta(days=since), last)]


def later(found: Forecast, days: int) -> Forecast:
    assert found.finish is not None
    assert found.early is not None
    assert found.late is not None
    away = timedelta(days=days)
    return replace(
        found, finish=found.finish + away, early=found.early + away, late=found.late + away
    )


@pytest.mark.parametrize("done", [0.0, 3.0, -2.0])
def test_days_of_a_pause_say_nothing_of_the_pace(done: float) -> None:
    usual = [float(day) for day in range(31)]
    # Two weeks in bed, with whatever was done there, and then as before.
    back = 30 + done
    history = points(*usual, *[back] * 14, *(back + day for day in range(1, 11)))
    today = history[-1].day
    well = forecast(points(*(float(day) for day in range(41))), back + 10, START + DAYS_40)
    assert forecast(history, back + 10, today, _ill(31, 45)) == later(well, 14)
    assert forecast(history, back + 10, today) != later(well, 14)


def test_a_pause_that_lasts_leaves_the_forecast_as_it_was_and_moves_it_once_its_end_is_known() -> (
    None
):
    history = points(*(float(day) for day in range(31)))
    well = seen(history)
    today = START + timedelta(days=40)
    assert forecast(history, 30, today, _ill(31, None)) == later(well, 10)
    ill = _ill(31, 50)
    assert postponed(forecast(history, 30, today, ill), ill, today) == later(well, 20)


def test_a_goal_that_began_in_a_pause_is_known_from_its_end() -> None:
    ill = points(*[5.0] * 10, *(5.0 + day for day in range(1, 31)))
    assert forecast(ill, 35, ill[-1].day, _ill(-5, 10)).per_week == 7.0
    # Nothing is known of one that never had another day.
    assert forecast(ill, 35, ill[-1].day, _ill(-5, None)).state is (
        ForecastState.TOO_LITTLE_HISTORY
    )


def test_pauses_that_lie_ahead_or_before_the_history_change_nothing() -> None:
    history = points(*(float(day) for day in range(31)))
    for hold in (_ill(-20, -5), _ill(60, 70)):
        assert forecast(history, 30, history[-1].day, hold) == seen(history)


def test_scatter_opens_the_bounds_around_the_finish() -> None:
    found = seen(points(*(20 + day + 3 * (day // 5 % 2) for day in range(40))))
    assert found.early is not None
    assert found.finish is not None
    assert found.late is not None
    assert found.early < found.finish < found.late


def test_much_scatter_leaves_the_end_open() -> None:
    found = seen(points(*(20 + 0.1 * day + 12 * (day // 8 % 2) for day in range(43))))
    assert found.state is ForecastState.FINISH
    assert found.early is not None
    assert found.late is None
    assert found.is_wide


def test_the_slope_is_the_median_of_all_slopes() -> None:
    assert theil_sen([(0, 0), (1, 1), (2, 2), (3, 30), (4, 4)]) == 1.0


@given(VALUES, st.integers(1, 40), st.integers(0, 400))
def test_a_forecast_is_bounded_whatever_the_history(
    values: list[float], every: int, later: int
) -> None:
    history = points(*values, every=every)
    today = START + timedelta(days=later)
    progress = values[-1] if values else None
    found = forecast(history, progress, today)
    if found.state is not ForecastState.FINISH:
        assert found.finish is found.early is found.late is None
        return
    horizon = today + timedelta(days=HORIZON + 1)
    assert found.finish is not None
    assert found.early is not None
    assert today <= found.early <= found.finish <= (found.late or horizon) <= horizon


@given(st.floats(0.05, 3), st.floats(0, 90), st.floats(0, 90))
def test_with_the_same_history_more_progress_is_finished_sooner(
    rate: float, one: float, other: float
) -> None:
    history = points(*(rate * day for day in range(20)))
    less, more = (forecast(history, each, history[-1].day) for each in sorted((one, other)))
    if less.finish is not None:
        assert more.finish is not None
        assert more.finish <= less.finish


def test_a_history_keeps_one_point_a_day_and_400_of_them() -> None:
    history: History = ()
    for day in range(MAX_DAYS + 10):
        history = with_point(history, START + timedelta(days=day), float(day))
    history = with_point(history, history[-1].day, 5.0)
    assert len(history) == MAX_DAYS
    assert history[0].day == START + timedelta(days=10)
    assert history[-1].value == 5.0


def test_a_late_point_takes_its_place() -> None:
    history = with_point(tuple(points(1, 2, every=4)), START + timedelta(days=2), 1.5)
    assert [point.value for point in history] == [1, 1.5, 2]


@pytest.mark.parametrize(
    ("values", "day"), [((), None), ((5,), 1), ((5, 5, 5), 1), ((5, 6, 6), 2), ((5, 6, 5), 3)]
)
def test_the_last_change_is_the_day_since_which_it_is_so(
    values: tuple[float, ...], day: int | None
) -> None:
    assert last_change(points(*values)) == (None if day is None else date(2026, 1, day))


def test_between_points_the_progress_stays() -> None:
    history = points(10, 12, every=2)
    assert daily(history, START, START + timedelta(days=3)) == [10, 10, 12, 12]
