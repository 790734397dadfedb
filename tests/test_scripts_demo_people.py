"""The life that the demo home gives to Anna and Jan: the same each time, and never a flat line."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from statistics import fmean, pstdev
from types import SimpleNamespace
from typing import Any, Final

import pytest

from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.metrics.correlation import (
    USUAL_DAYS,
    DailySeries,
    Measurements,
    MetricPair,
    in_order,
    strongest,
)
from custom_components.digital_twin.twin.metrics.health import PersonHealth
from custom_components.digital_twin.twin.metrics.import_rows import RowReader, open_text
from custom_components.digital_twin.twin.metrics.import_shapes import ImportRow
from custom_components.digital_twin.twin.metrics.readings import Reading as TwinReading
from custom_components.digital_twin.twin.metrics.recording import record_readings
from custom_components.digital_twin.twin.records.fields import PersonDay
from scripts.demo.custom_components.demo_home.diary import ANNA, DAYS, JAN, Diary
from scripts.demo.furnish import SLIDERS, ZONE
from scripts.demo.people import Reading, readings
from scripts.demo.people_past import people_past
from scripts.demo.readings import write_file

PERSON_DAYS: Final = PersonDay(ZONE)
NOW: Final = datetime(2026, 11, 28, 15, 30, tzinfo=ZONE)
# What somebody sees of the past when the demo home is made at these times.
TIMES: Final = (
    NOW,
    datetime(2026, 1, 1, 9, 20, tzinfo=ZONE),
    datetime(2026, 2, 14, 12, tzinfo=ZONE),
    datetime(2026, 3, 29, 23, 30, tzinfo=ZONE),
    datetime(2026, 8, 16, 10, tzinfo=ZONE),
    datetime(2027, 10, 31, 18, 45, tzinfo=ZONE),
    datetime(2028, 2, 29, 21, tzinfo=ZONE),
)
# Measured on nearly every day.
DAILY: Final = (
    "resting_heart_rate",
    "heart_rate_variability",
    "sleep_duration",
    "sleep_score",
    "steps",
    "distance",
    "exercise_time",
    "active_energy",
    "weight",
)


@pytest.fixture(scope="module")
def past() -> Mapping[str, Mapping[str, Mapping[date, float]]]:
    """By person and metric the values of the days."""
    return {person: _by_day(readings(person, NOW, ZONE)) for person in (ANNA, JAN)}


def _by_day(known: Iterable[Reading]) -> Mapping[str, Mapping[date, float]]:
    found: dict[str, dict[date, float]] = defaultdict(dict)
    for each in known:
        found[each.metric][each.at.astimezone(ZONE).date()] = each.value
    return found


@pytest.mark.parametrize("person", [ANNA, JAN])
def test_the_same_day_gives_the_same_file(tmp_path: Path, person: str) -> None:
    for name in ("one", "other"):
        write_file(tmp_path / name, readings(person, NOW, ZONE))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()
    assert readings(person, NOW, ZONE) != readings(person, NOW - timedelta(days=1), ZONE)


@pytest.mark.parametrize("person", [ANNA, JAN])
@pytest.mark.parametrize("now", TIMES)
def test_readings_are_in_order_and_of_two_years(person: str, now: datetime) -> None:
    known = readings(person, now, ZONE)
    moments = [each.at for each in known]
    assert moments == sorted(moments)
    assert moments[-1] <= now
    assert (now.date() - moments[0].date()).days == DAYS
    levels = [(each.metric, each.at) for each in known if not CATALOGUE[each.metric].adds_up]
    assert len(levels) == len(set(levels))


@pytest.mark.parametrize("person", [ANNA, JAN])
@pytest.mark.parametrize("metric", DAILY)
def test_no_metric_is_a_flat_line(
    past: Mapping[str, Mapping[str, Mapping[date, float]]], person: str, metric: str
) -> None:
    days = past[person][metric]
    values = [days[day] for day in sorted(days)]
    # Some days are missing, most are there.
    assert 0.6 * DAYS < len(values) < DAYS
    assert max(len(list(same)) for _, same in groupby(values)) <= 7
    for first in range(0, len(values) - 60, 30):
        assert len(set(values[first : first + 60])) >= 4
    # A trend or a season, beside what changes from day to day.
    months = [fmean(values[first : first + 30]) for first in range(0, len(values) - 30, 30)]
    assert max(months) - min(months) > 0.25 * pstdev(values)


@pytest.mark.parametrize("now", TIMES[::2])
@pytest.mark.parametrize(
    ("person", "pair", "way"),
    [
        (ANNA, MetricPair("caffeine", "sleep_duration", 1), -1),
        (JAN, MetricPair("steps", "mood"), 1),
    ],
)
def test_something_goes_together_that_anybody_understands(
    person: str, now: datetime, pair: MetricPair, way: int
) -> None:
    yesterday = now.date() - timedelta(days=1)
    first = yesterday.toordinal() - USUAL_DAYS + 1
    days = _by_day(readings(person, now, ZONE))
    series = {
        key: DailySeries(
            {
                day.toordinal(): value
                for day, value in days[key].items()
                if first <= day.toordinal() and day <= yesterday
            },
            first,
            CATALOGUE[key],
        )
        for key in in_order(CATALOGUE.values())
    }
    told = strongest(series, Measurements()).correlations
    assert 1 <= len(told) <= 4
    found = {each.pair: each.interval for each in told}[pair]
    assert found
    assert way * found.r > 0.3


@pytest.mark.parametrize("person", [ANNA, JAN])
def test_weeks_holidays_and_illness_can_be_seen(
    past: Mapping[str, Mapping[str, Mapping[date, float]]], person: str
) -> None:
    diary, found = Diary(NOW.date()), past[person]

    def mean(metric: str, days: Iterable[date]) -> float:
        return fmean(found[metric][day] for day in days if day in found[metric])

    every = [diary.first + timedelta(days=each) for each in range(DAYS)]
    ill = [day for day in every if diary.flu(person, day) > 0.4]
    away = [day for day in every if diary.is_holiday(day)]
    usual = [day for day in every if not diary.flu(person, day) and not diary.is_holiday(day)]
    weekend = [day for day in usual if day.weekday() >= 5]
    workdays = [day for day in usual if day.weekday() < 5]
    assert len(ill) >= 8
    assert len(away) == 28
    assert mean("sleep_duration", weekend) > mean("sleep_duration", workdays) + 0.4
    assert mean("resting_heart_rate", ill) > mean("resting_heart_rate", usual) + 4
    assert mean("steps", ill) < 0.7 * mean("steps", usual)
    assert mean("steps", away) > 1.3 * mean("steps", usual)
    # Nobody takes the scale along.
    assert not set(away) & found["weight"].keys()


def test_the_past_ends_where_the_sliders_stand(
    past: Mapping[str, Mapping[str, Mapping[date, float]]],
) -> None:
    yesterday = NOW.date() - timedelta(days=1)
    assert past[ANNA]["weight"][yesterday] == pytest.approx(SLIDERS["scale_reading"], abs=0.7)
    pulse = past[ANNA]["resting_heart_rate"][yesterday]
    assert pulse == pytest.approx(SLIDERS["watch_pulse"], abs=2)


@pytest.mark.parametrize("person", [ANNA, JAN])
def test_the_import_accepts_every_reading(tmp_path: Path, person: str) -> None:
    known = readings(person, NOW, ZONE)
    path = tmp_path / "file.csv"
    write_file(path, known)
    found = _read(path, NOW)
    assert len(found) == len(known) > 7000
    assert {metric for metric, _ in found} == {each.metric for each in known}


@pytest.mark.parametrize("now", TIMES)
def test_today_only_the_one_who_falls_ill_is_unusual(tmp_path: Path, now: datetime) -> None:
    health = {}
    for person in (ANNA, JAN):
        recent = [each for each in readings(person, now, ZONE) if (now - each.at).days < 75]
        path = tmp_path / person
        write_file(path, recent)
        health[person] = _health(_read(path, now), now)
    unusual = {
        person: {metric: where for metric, where in each.directions().items() if where}
        for person, each in health.items()
    }
    assert unusual[ANNA] == {}
    assert unusual[JAN].items() >= {"resting_heart_rate": "high", "sleep_score": "low"}.items()
    scores = {person: each.readiness().score or 0 for person, each in health.items()}
    assert scores[ANNA] >= 70
    assert 10 <= scores[JAN] <= 45


def _read(path: Path, now: datetime) -> list[tuple[str, TwinReading]]:
    """Read a file as the import does; a refused line fails."""
    reader = RowReader(days=PERSON_DAYS, now=now, catalogue=CATALOGUE)
    opened = open_text(path.read_text(encoding="utf-8"), CATALOGUE)
    opened.plan.check(CATALOGUE)
    rows = [*opened.rows()]
    assert all(isinstance(row, ImportRow) for row in rows)
    return [reader.read(row) for row in rows if isinstance(row, ImportRow)]


def _health(batch: list[tuple[str, TwinReading]], now: datetime) -> PersonHealth:
    histories: dict[str, Any] = {}
    today = PERSON_DAYS.day_of(now).toordinal()
    recorded = record_readings(
        {}, histories, batch, days=PERSON_DAYS, today=today, catalogue=CATALOGUE
    )
    person: Any = SimpleNamespace(health_metrics=recorded.readings)
    return PersonHealth(
        person=person, days=PERSON_DAYS, histories=histories, catalogue=CATALOGUE, now=now
    )


def test_the_recorded_states_end_with_the_readings() -> None:
    known = readings(ANNA, NOW, ZONE)
    past = {each.entity_id: each for each in people_past({"Anna": known}, NOW.astimezone(UTC))}
    weights = [each.value for each in known if each.metric == "weight"]
    states = [change.state for change in past["sensor.anna_weight"].states]
    assert states[-10:] == [str(value) for value in weights[-10:]]
    assert past["sensor.bathroom_scale_weight"].states == past["sensor.anna_weight"].states
    for each in past.values():
        times = [change.at for change in each.states]
        assert times == sorted(times)
        assert times[-1] <= NOW.timestamp()
    # Steps grow during a day, up to the total of the day.
    steps = [*past["sensor.anna_steps"].states]
    yesterday = NOW.date() - timedelta(days=1)
    of_day = [
        float(change.state)
        for change in steps
        if datetime.fromtimestamp(change.at, ZONE).date() == yesterday
    ]
    assert of_day == sorted(of_day)
    assert len(of_day) > 10
    assert of_day[-1] == _by_day(known)["steps"][yesterday]
