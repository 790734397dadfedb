from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.metrics.daily_totals import (
    MAX_AMOUNTS,
    MAX_PARTS,
    NOTHING,
    UNCHANGED,
    WATCHED,
    SourceTotal,
    TotalDay,
)
from custom_components.digital_twin.twin.metrics.level_days import TimedValue

MINUTE = 60_000


def counted(*values: float, before: TimedValue | None = None) -> SourceTotal:
    total = NOTHING
    for minute, value in enumerate(values):
        total = total.with_running(TimedValue(minute * MINUTE, value), before)
    return total


def added(*values: float) -> SourceTotal:
    total = NOTHING
    for minute, value in enumerate(values):
        total = total.with_amount(TimedValue(minute * MINUTE, value))
    return total


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((250,), 250),
        ((250, 500, 250), 1000),
        ((0,), 0),
    ],
)
def test_amounts_add_up(values: tuple[float, ...], expected: float) -> None:
    assert added(*values).total == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((100, 3000, 5000), 5000),
        ((0, 0, 0), 0),
        ((100, 5000, 0, 700), 5700),
        ((5000, 100, 4000, 30, 60), 9060),
        # A counter corrects itself by a few.
        ((100, 5000, 4990, 4995), 5000),
        ((100, 5000, 4990, 5010), 5010),
        ((1000, 900), 1000),
        ((1000, 899), 1899),
    ],
)
def test_the_highest_running_total_counts_and_a_restart_adds_its_part(
    values: tuple[float, ...], expected: float
) -> None:
    assert counted(*values).total == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        # A dip to zero, or to a fraction, that comes back.
        ((1000, 6200, 0, 6200, 9000), 9000),
        ((1000, 6200, 0, 0, 6210, 9000), 9000),
        ((1000, 6200, 620, 6300, 9000), 9000),
        ((1000, 6200, 0, 6300, 0, 6400, 9000), 9000),
        # A counter that begins at zero and climbs did restart, however far it gets.
        ((1000, 6200, 0, 700, 4000, 6300, 9000), 15_200),
    ],
)
def test_a_dip_that_comes_back_is_a_glitch_and_no_restart(
    values: tuple[float, ...], expected: float
) -> None:
    total = counted(*values)
    assert total.total == expected
    # Sent again, nothing changes.
    for minute, value in enumerate(values):
        total = total.with_running(TimedValue(minute * MINUTE, value), None)
    assert total == counted(*values)


def test_a_counter_that_is_back_at_the_same_total_hours_later_did_not_restart() -> None:
    total = NOTHING
    for hour, value in ((8, 6200), (9, 0), (14, 6400), (20, 9000)):
        total = total.with_running(TimedValue(hour * 60 * MINUTE, value), None)
    assert total.total == 9000
    other = NOTHING
    for hour, value in ((8, 2000), (9, 100), (14, 5000), (20, 9000)):
        other = other.with_running(TimedValue(hour * 60 * MINUTE, value), None)
    assert other.total == 11_000


@pytest.mark.parametrize(
    ("values", "last", "minutes_before", "expected"),
    [
        # The phone shows yesterday's total until it resets its counter.
        ((8000, 8000, 10, 500), 8000, 5, 500),
        # A counter that resets at midnight, for a day that begins at another hour.
        ((6100, 9000, 20, 5000), 6000, 5, 8000),
        # The counter restarted at the beginning of the day, as it should.
        ((20, 500), 8000, 5, 500),
        # Nobody saw whether it restarted, so it did.
        ((9000,), 8000, WATCHED // MINUTE + 1, 9000),
        # The watch has not synchronised over night.
        ((8000, 8000, 10, 500), 8000, UNCHANGED // MINUTE, 500),
        # Totals of whole days may well be equal.
        ((8000,), 8000, UNCHANGED // MINUTE + 1, 8000),
        # Small corrections at the turn of the day.
        ((7990, 8100), 8000, 5, 110),
    ],
)
def test_what_a_counter_showed_when_the_day_began_belongs_to_the_day_before(
    values: tuple[float, ...], last: float, minutes_before: int, expected: float
) -> None:
    before = TimedValue(-minutes_before * MINUTE, last)
    assert counted(*values, before=before).total == expected


def test_the_higher_of_both_ways_of_counting_counts() -> None:
    total = added(500).with_running(TimedValue(5 * MINUTE, 400), None)
    assert total.total == 500
    assert total.with_running(TimedValue(6 * MINUTE, 900), None).total == 900


points = st.lists(
    st.builds(
        TimedValue,
        st.integers(min_value=0, max_value=1440),
        st.integers(min_value=0, max_value=9999),
    ),
    max_size=40,
    unique_by=lambda point: point.at,
)


@given(points)
def test_amounts_add_up_in_any_order_and_once(amounts: list[TimedValue]) -> None:
    forward = backward = NOTHING
    for point in amounts:
        forward = forward.with_amount(point)
    for point in [*reversed(amounts), *amounts]:
        backward = backward.with_amount(point)
    assert forward == backward
    assert forward.total == sum(point.value for point in amounts)


def by_hand(readings: list[TimedValue]) -> float:
    """Return the total of a counter: an hour's dip is a glitch, every other fall a restart."""
    parts: list[tuple[int, float]] = []
    for at, value in readings:
        if not parts or value < 0.9 * parts[-1][1]:
            parts.append((at, value))
            continue
        if len(parts) > 1:
            since, low = parts[-1]
            total = parts[-2][1]
            comes_back = value >= 0.9 * total and low < total / 2
            if comes_back and (at - since <= 60 * MINUTE or value <= total / 0.9):
                parts.pop()
        parts[-1] = (parts[-1][0], max(parts[-1][1], value))
    return sum(value for _, value in parts)


@given(points)
def test_a_counter_in_order_is_the_sum_of_its_parts(readings: list[TimedValue]) -> None:
    ordered = sorted(readings)
    total = NOTHING
    for point in ordered:
        total = total.with_running(point, None)
    assert total.total == pytest.approx(by_hand(ordered))


@given(points.map(lambda several: sorted(several, key=lambda point: point.value)), st.data())
def test_a_counter_that_only_rises_may_come_in_any_order(
    readings: list[TimedValue], data: st.DataObject
) -> None:
    rising = [TimedValue(minute, point.value) for minute, point in enumerate(readings)]
    total = NOTHING
    for point in data.draw(st.permutations(rising)):
        total = total.with_running(point, None)
    assert total.total == max((point.value for point in rising), default=0)
    assert len(total.counter) <= 3


def test_the_same_running_total_again_changes_nothing() -> None:
    total = counted(100, 3000, 5000)
    assert total.with_running(TimedValue(2 * MINUTE, 5000), None) == total
    assert total.with_running(TimedValue(MINUTE, 3000), None) == total


def test_of_very_many_amounts_only_the_sum_is_known() -> None:
    total = added(*(1 for _ in range(MAX_AMOUNTS + 10)))
    assert len(total.amounts) == MAX_AMOUNTS
    assert total.total == MAX_AMOUNTS + 10


def test_very_many_amounts_again_are_the_same() -> None:
    total = once = added(*(1 for _ in range(2 * MAX_AMOUNTS)))
    for minute in range(2 * MAX_AMOUNTS):
        total = total.with_amount(TimedValue(minute * MINUTE, 1))
    assert total == once


def test_very_many_restarts_again_are_the_same() -> None:
    values = [value for _ in range(2 * MAX_PARTS) for value in (1, 6, 10)]
    total = once = counted(*values)
    for minute, value in enumerate(values):
        total = total.with_running(TimedValue(minute * MINUTE, value), None)
    assert total == once


def test_of_very_many_restarts_only_the_sum_is_known() -> None:
    total = counted(*(value for _ in range(MAX_PARTS + 10) for value in (0, 6, 10)))
    assert len(total.counter) <= 3 * MAX_PARTS + 1
    assert total.total == 10 * (MAX_PARTS + 10)


def test_the_first_part_of_very_many_keeps_what_it_began_with() -> None:
    values = (1010, *(value for _ in range(MAX_PARTS + 5) for value in (0, 6, 10)))
    total = counted(*values, before=TimedValue(-MINUTE, 1000))
    assert total.total == 10 + 10 * (MAX_PARTS + 5)
    assert total.with_running(TimedValue(-1, 5), None).total >= total.total


def test_the_value_of_a_day_is_the_highest_of_its_sources_and_not_their_sum() -> None:
    day = TotalDay()
    for source, value in (("phone", 6000), ("watch", 6500), ("phone", 6200)):
        day = day.with_reading(source, TimedValue(value, value), running=True)
    assert (day.value, day.source, day.at) == (6500, "watch", 6500)
    assert {name: total.total for name, total in day.sources.items()} == {
        "phone": 6200,
        "watch": 6500,
    }


def test_a_day_that_knows_a_reading_is_the_very_same() -> None:
    day = TotalDay().with_reading("manual", TimedValue(1, 250), running=False)
    assert day.with_reading("manual", TimedValue(1, 250), running=False) is day
    corrected = day.with_reading("manual", TimedValue(1, 200), running=False)
    assert corrected.value == 200


def test_a_counter_goes_on_from_the_day_before() -> None:
    yesterday = TotalDay().with_reading("phone", TimedValue(0, 8000), running=True)
    today = TotalDay().with_reading(
        "phone", TimedValue(10 * MINUTE, 8000), running=True, yesterday=yesterday
    )
    assert today.value == 0
    other = TotalDay().with_reading(
        "watch", TimedValue(10 * MINUTE, 8000), running=True, yesterday=yesterday
    )
    assert other.value == 8000


HOUR = 60 * MINUTE


@pytest.mark.parametrize(
    ("sleeps", "expected"),
    [
        # A night and a nap; a night in pieces. Values are minutes, times hours.
        (((7, 420), (15, 30)), 450),
        (((2, 150), (7, 240), (14, 20)), 410),
        # The same night, reported again, some minutes later, and corrected.
        (((7, 420), (7, 420)), 420),
        (((7, 420), (7.1, 425), (8, 430)), 430),
        (((8, 430), (7, 420)), 430),
        # The nap comes first.
        (((15, 30), (7, 420)), 450),
    ],
)
def test_the_sleep_of_a_day_is_the_sum_of_its_sleeps(
    sleeps: tuple[tuple[float, float], ...], expected: float
) -> None:
    day = TotalDay()
    for hour, minutes in (*sleeps, *sleeps):
        point = TimedValue(round(hour * HOUR), minutes)
        day = day.with_reading("watch", point, running=False, episode=True)
    assert day.value == expected


def test_a_count_shown_late_is_that_of_the_day_before() -> None:
    before = TimedValue(-3 * HOUR, 8000)
    shown = [(7, 8650), (7.5, 40), (12, 5000)]
    total = NOTHING
    for hour, value in shown:
        total = total.with_running(TimedValue(round(hour * HOUR), value), before)
    assert (total.total, total.late(before)) == (5000, 8650)
    # A counter that rises all morning and then restarts counted this day.
    other = NOTHING
    for hour, value in ((7, 8650), (8, 9000), (9, 9500), (12, 40)):
        other = other.with_running(TimedValue(hour * HOUR, value), before)
    assert (other.total, other.late(before)) == (9540, None)
