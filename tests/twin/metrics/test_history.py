from datetime import UTC, date, datetime, timedelta
import json
from time import thread_time
from timeit import repeat

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.metrics.daily_totals import (
    SourceTotal,
    TotalDay,
)
from custom_components.digital_twin.twin.metrics.history import (
    KEPT_DAYS,
    DamagedHistoryError,
    Day,
    MetricHistory,
    days_from_document,
    from_milliseconds,
    history_document,
    to_milliseconds,
)
from custom_components.digital_twin.twin.metrics.level_days import LevelDay, Spread, TimedValue
from custom_components.digital_twin.twin.metrics.readings import Reading
from custom_components.digital_twin.twin.metrics.recording import record_readings
from custom_components.digital_twin.twin.records.fields import PersonDay

from ..strategies import ANYTHING

WEIGHT = CATALOGUE["weight"]
STEPS = CATALOGUE["steps"]
DAY = date(2026, 3, 1).toordinal()
MORNING = datetime(2026, 3, 1, 7, tzinfo=UTC)
MIDNIGHT = to_milliseconds(datetime(2026, 3, 1, tzinfo=UTC))


def reading(
    value: float, at: datetime = MORNING, source: str = "scale", *, running: bool = False
) -> Reading:
    return Reading(value=value, unit="kg", measured_at=at, source=source, running=running)


def level(value: float = 70.0, at: datetime = MORNING, source: str = "scale") -> LevelDay:
    return LevelDay(value, to_milliseconds(at), source)


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (reading(71, MORNING + timedelta(hours=1)), level(71, MORNING + timedelta(hours=1))),
        # The same again is one, and a late reading never replaces a newer one.
        (reading(70), None),
        (reading(70, source="other"), None),
        (reading(75, MORNING - timedelta(hours=1)), None),
        # Of two of the same time the later word is a correction.
        (reading(71), level(71)),
        # An equal value of later is a reading, too.
        (reading(70, MORNING + timedelta(hours=1)), level(70, MORNING + timedelta(hours=1))),
    ],
)
def test_the_latest_reading_of_a_day_counts(new: Reading, expected: LevelDay | None) -> None:
    history = MetricHistory({DAY: level()})
    assert history.with_reading(WEIGHT, new, DAY) == expected
    assert history.days == {DAY: level()}


def test_a_day_without_readings_takes_any() -> None:
    history = MetricHistory({DAY: level()})
    assert history.with_reading(WEIGHT, reading(71), DAY - 3) == level(71)


def test_a_total_looks_at_the_day_before() -> None:
    history = MetricHistory()
    night = datetime(2026, 2, 28, 23, 55, tzinfo=UTC)
    for at, day in ((night, DAY - 1), (night + timedelta(minutes=10), DAY)):
        content = history.with_reading(STEPS, reading(8000, at, running=True), day)
        history.put(day, content)
    assert (history.value(DAY - 1), history.value(DAY)) == (8000, 0)


def test_a_metric_that_changed_its_kind_begins_its_day_anew() -> None:
    history = MetricHistory({DAY: level(), DAY - 1: level()})
    content = history.with_reading(STEPS, reading(10), DAY)
    assert content is not None
    assert content.value == 10
    totals = MetricHistory({DAY: content})
    assert totals.with_reading(WEIGHT, reading(10), DAY) == level(10)


@given(st.lists(st.integers(min_value=DAY - 1500, max_value=DAY + 1500), max_size=60))
def test_no_more_than_400_days_before_the_newest_are_kept(days: list[int]) -> None:
    history = MetricHistory()
    for day in days:
        history.put(day, level(float(day)))
    newest = max(days, default=None)
    assert history.newest == newest
    expected = {day for day in days if newest is not None and day > newest - KEPT_DAYS}
    assert {*history.days} == expected
    again = MetricHistory({day: level(float(day)) for day in days})
    assert again.days == history.days


def test_an_unbounded_history_keeps_everything() -> None:
    history = MetricHistory.unbounded()
    for day in (DAY, DAY - 5000, DAY + 5000):
        history.put(day, level())
    assert {*history.days} == {DAY - 5000, DAY, DAY + 5000}


def test_a_day_that_is_forgotten_is_gone() -> None:
    history = MetricHistory({DAY: level(), DAY - 2: level(69.0)})
    history.put(DAY, None)
    history.put(DAY, None)
    assert history.newest == DAY - 2
    assert history.value(DAY) is None
    history.put(DAY - 2, None)
    assert history.newest is None


def test_values_are_listed_by_day() -> None:
    history = MetricHistory({DAY: level(70.123456), DAY - 2: level(69.0), DAY - 399: level(90.0)})
    assert list(history.between(DAY - 5, DAY + 5)) == [(DAY - 2, 69.0), (DAY, 70.123456)]
    listed = history.values(date(2026, 2, 1), date.max, 2)
    assert [(each.day, each.value) for each in listed] == [
        (date(2026, 2, 27), 69.0),
        (date(2026, 3, 1), 70.12),
    ]
    assert (listed[0].source, listed[0].measured_at) == ("scale", MORNING)
    assert len(history.values(date.min, date.max, 1)) == 3
    assert MetricHistory().values(date.min, date.max, 1) == []


def test_milliseconds_come_back() -> None:
    at = datetime(2026, 3, 1, 7, 8, 9, 10_000, tzinfo=UTC)
    assert from_milliseconds(to_milliseconds(at)) == at


def full(days: int) -> MetricHistory:
    return MetricHistory({DAY - back: level(70.0 + back % 3) for back in range(days)})


def test_a_reading_costs_the_same_with_one_day_and_with_400() -> None:
    def cost(days: int) -> float:
        history = full(days)
        new = reading(72, MORNING + timedelta(hours=1))

        def take() -> None:
            history.put(DAY, history.with_reading(WEIGHT, new, DAY))
            history.put(DAY, level())

        return min(repeat(take, number=2000, repeat=5, timer=thread_time))

    assert cost(400) < 2 * cost(1)


def test_what_is_measured_all_day_has_a_spread_of_each_day() -> None:
    history = MetricHistory()
    pulse = CATALOGUE["heart_rate"]
    for minutes, value in ((0, 50), (30, 60), (60, 160)):
        new = reading(value, MORNING + timedelta(minutes=minutes))
        history.put(DAY, history.with_reading(pulse, new, DAY))
    assert history.value(DAY) == 60
    [listed] = history.values(date(2026, 3, 1), date.max, 2)
    assert (listed.minimum, listed.value, listed.maximum) == (50, 60, 160)


def test_only_the_newest_days_keep_the_points_of_their_median() -> None:
    histories: dict[str, MetricHistory] = {}
    batch = [
        ("heart_rate", reading(60 + hour, MORNING + timedelta(hours=hour - 24 * back)))
        for back in (*range(300, -1, -1), 30)
        for hour in range(3)
    ]
    recorded = record_readings(
        {}, histories, batch, days=PersonDay(UTC), today=DAY, catalogue=CATALOGUE
    )
    history = histories["heart_rate"]
    pointed = [day for day in range(DAY - 300, DAY + 1) if len(history.spread(day).points)]  # type: ignore[union-attr]  # known
    assert pointed == [DAY - 1, DAY]
    assert {history.value(day) for day in history.days} == {61}
    size = len(json.dumps(history_document(history.days), separators=(",", ":")))
    assert size < 50 * len(history.days)
    # Undone, everything is as before.
    for change in reversed(recorded.changes):
        history.put(change.day, change.before)
    assert history.days == {}


# Documents.

numbers = st.floats(min_value=-1e9, max_value=1e9) | st.integers(-1000, 1000).map(float)
times = st.integers(min_value=MIDNIGHT - 10**8, max_value=MIDNIGHT + 2 * 10**8)
some_points = st.lists(st.builds(TimedValue, times, numbers), max_size=4).map(tuple)
totals = st.builds(
    SourceTotal,
    amounts=some_points,
    counter=some_points,
    dropped_sum=numbers,
    earlier_parts=numbers,
    base=numbers,
).filter(lambda total: bool(total.amounts or total.counter))
names = st.sampled_from(["manual", "sensor.steps", "Waage ⚖"])
spreads = st.builds(Spread, numbers, numbers, numbers, st.integers(1, 100), some_points)
contents = st.builds(LevelDay, numbers, times, names, st.none() | spreads) | st.dictionaries(
    names, totals, min_size=1, max_size=3
).map(TotalDay)
histories = st.dictionaries(st.integers(DAY - 300, DAY), contents, max_size=12)


@given(histories)
def test_a_history_comes_back_from_its_document(days: dict[int, Day]) -> None:
    document = json.loads(json.dumps(history_document(days)))
    assert days_from_document(document) == days


def test_a_year_is_small_on_disk() -> None:
    days: dict[int, Day] = {
        DAY - back: level(70.1, MORNING - timedelta(days=back)) for back in range(365)
    }
    assert len(json.dumps(history_document(days), separators=(",", ":"))) < 12_000


LEVELS: dict[str, object] = {
    "day": [DAY],
    "value": [70.0],
    "at": [0],
    "source": [0],
    "sources": ["scale"],
}
TOTALS: dict[str, object] = {
    "total_day": [DAY],
    "totals": [[[0, 0.0, 0.0, 0.0, [1, 2.0], []]]],
    "sources": ["watch"],
}


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {**LEVELS, "value": []},
        {**LEVELS, "value": ["70"]},
        {**LEVELS, "value": [True]},
        {**LEVELS, "value": None},
        {**LEVELS, "day": [1.5]},
        {**LEVELS, "day": [0]},
        {**LEVELS, "day": [10**9]},
        {**LEVELS, "at": [None]},
        {**LEVELS, "at": [10**15]},
        {**LEVELS, "at": [-(10**15)]},
        {**LEVELS, "source": [7]},
        {**LEVELS, "sources": [3]},
        {**LEVELS, "sources": "scale"},
        {**TOTALS, "totals": []},
        {**TOTALS, "totals": [[]]},
        {**TOTALS, "totals": [[[0, 0.0, 0.0, 0.0, [], []]]]},
        {**TOTALS, "totals": [[[0, 0.0, 0.0, 0.0, [1], []]]]},
        {**TOTALS, "totals": [[[0, 0.0, 0.0, 0.0, ["1", 2.0], []]]]},
        {**TOTALS, "totals": [[[0, 0.0, 0.0, 0.0, [10**15, 2.0], []]]]},
        {**TOTALS, "totals": [[[0, "x", 0.0, 0.0, [1, 2.0], []]]]},
        {**TOTALS, "totals": [[[0, 0.0]]]},
        {**TOTALS, "totals": 5},
    ],
)
def test_a_damaged_document_is_told(document: object) -> None:
    with pytest.raises(DamagedHistoryError):
        days_from_document(document)


def test_the_samples_of_damage_are_otherwise_fine() -> None:
    assert days_from_document(LEVELS) == {DAY: LevelDay(70.0, MIDNIGHT, "scale")}
    assert days_from_document(TOTALS) == {
        DAY: TotalDay({"watch": SourceTotal(counter=(TimedValue(MIDNIGHT + 1, 2.0),))})
    }


@given(ANYTHING, st.sampled_from([*LEVELS, *TOTALS]))
def test_anything_at_all_is_read_or_told(value: object, part: str) -> None:
    base = LEVELS if part in LEVELS else TOTALS
    for document in (value, {**base, part: value}):
        try:
            days_from_document(document)
        except DamagedHistoryError:
            continue


def test_a_day_that_changes_or_falls_off_is_added_up_anew() -> None:
    history = MetricHistory()
    for day, value in ((DAY, 1), (DAY, 2), (DAY + KEPT_DAYS, 3)):
        history.put(day, LevelDay(value, 0, "x"))
        assert history.value(day) == value
        assert [*history.between(day, day)] == [(day, value)]
    assert history.value(DAY) is None
    history.put(DAY + KEPT_DAYS, None)
    assert history.value(DAY + KEPT_DAYS) is None


def test_an_unbounded_history_begins_at_once() -> None:
    def begin() -> None:
        MetricHistory.unbounded().put(DAY, level())

    assert min(repeat(begin, number=1, repeat=3, timer=thread_time)) < 0.01
