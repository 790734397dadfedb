from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.metrics.history import KEPT_DAYS, MetricHistory
from custom_components.digital_twin.twin.metrics.readings import Reading
from custom_components.digital_twin.twin.metrics.recording import (
    RecordedReadings,
    record_readings,
)
from custom_components.digital_twin.twin.records.fields import PersonDay

WARSAW = PersonDay(ZoneInfo("Europe/Warsaw"))
NIGHT_SHIFT = PersonDay(ZoneInfo("Europe/Warsaw"), 12)
NEW_YORK = PersonDay(ZoneInfo("America/New_York"))
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)


class Life:
    """A person's readings, accepted in one after another."""

    def __init__(self, days: PersonDay = WARSAW, now: datetime = NOW) -> None:
        self.days = days
        self.now = now
        self.known: Mapping[str, Reading] = {}
        self.histories: dict[str, MetricHistory] = {}

    def take(self, *batch: tuple[str, Reading]) -> RecordedReadings:
        intake = record_readings(
            self.known,
            self.histories,
            batch,
            days=self.days,
            today=self.days.day_of(self.now).toordinal(),
            catalogue=CATALOGUE,
        )
        self.known = intake.readings
        return intake

    def by_day(self, metric: str) -> dict[str, float]:
        return {
            datetime.fromordinal(day).strftime("%m-%d"): content.value
            for day, content in sorted(self.histories[metric].days.items())
        }


def at(moment: str, value: float, source: str = "x", *, running: bool = False) -> Reading:
    return Reading(
        value=value,
        unit="",
        measured_at=datetime.fromisoformat(moment).astimezone(UTC),
        source=source,
        running=running,
    )


def drink(moment: str, value: float = 250) -> tuple[str, Reading]:
    return ("hydration", at(moment, value))


def test_amounts_of_a_day_add_up_and_begin_anew_on_the_next() -> None:
    life = Life()
    for moment in ("2026-03-19T22:00+01:00", "2026-03-19T23:59+01:00", "2026-03-20T00:00+01:00"):
        life.take(drink(moment))
    assert life.known["hydration"].value == 250
    assert life.by_day("hydration") == {"03-19": 500, "03-20": 250}


def test_the_day_of_a_person_in_another_zone_is_theirs() -> None:
    life = Life(NEW_YORK)
    life.take(drink("2026-03-20T01:00+01:00"), drink("2026-03-20T06:00+01:00"))
    assert life.by_day("hydration") == {"03-19": 250, "03-20": 250}


def test_the_day_of_somebody_who_works_at_night_goes_through_the_night() -> None:
    life = Life(NIGHT_SHIFT)
    for moment, value in (
        ("2026-03-18T13:00+01:00", 500),
        ("2026-03-18T23:30+01:00", 4000),
        # The counter of the phone restarts at midnight.
        ("2026-03-19T00:10+01:00", 100),
        ("2026-03-19T08:00+01:00", 3000),
        ("2026-03-19T11:30+01:00", 3000),
        # It goes on where the person's day begins.
        ("2026-03-19T12:30+01:00", 3200),
        ("2026-03-19T18:00+01:00", 3700),
    ):
        life.take(("steps", at(moment, value, running=True)))
    assert life.by_day("steps") == {"03-18": 7000, "03-19": 700}
    life.take(("sleep_duration", at("2026-03-19T15:00+01:00", 420)))
    assert life.by_day("sleep_duration") == {"03-19": 420}


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)]
)
def test_a_day_on_which_clocks_change_has_all_its_hours(day: str, hours: int) -> None:
    life = Life(now=datetime(2026, 12, 1, tzinfo=UTC))
    start = WARSAW.start_of(datetime.fromisoformat(day).date())
    for hour in range(-2, hours + 2):
        moment = (start + timedelta(hours=hour, minutes=30)).isoformat()
        life.take(("hydration", at(moment, 1)))
    assert life.by_day("hydration")[day[5:]] == hours


def test_a_late_reading_lands_on_its_own_day_and_replaces_nothing_newer() -> None:
    life = Life()
    life.take(("weight", at("2026-03-20T07:00+01:00", 70)))
    late = life.take(("weight", at("2026-03-13T07:00+01:00", 75)))
    assert (late.accepted, late.late, late.unchanged) == ({}, ("weight",), ())
    assert life.known["weight"].value == 70
    assert life.by_day("weight") == {"03-13": 75, "03-20": 70}
    assert [(key, reading.value) for key, reading in late.points] == [("weight", 75)]


def test_a_late_amount_raises_the_total_of_its_day_only() -> None:
    life = Life()
    life.take(drink("2026-03-13T09:00+01:00"), drink("2026-03-20T09:00+01:00", 100))
    late = life.take(drink("2026-03-13T10:00+01:00"))
    assert (late.late, life.known["hydration"].value) == (("hydration",), 100)
    assert life.by_day("hydration") == {"03-13": 500, "03-20": 100}


def test_a_reading_that_is_older_than_the_latest_of_its_day_is_late() -> None:
    life = Life()
    life.take(("weight", at("2026-03-20T08:00+01:00", 70)))
    late = life.take(("weight", at("2026-03-20T07:00+01:00", 75)))
    assert (late.late, late.changes) == (("weight",), ())


def test_the_same_reading_twice_is_one() -> None:
    life = Life()
    batch = (("weight", at("2026-03-20T08:00+01:00", 70)), drink("2026-03-20T08:00+01:00"))
    assert {*life.take(*batch).accepted} == {"weight", "hydration"}
    again = life.take(*batch)
    assert (again.accepted, again.late, again.changes) == ({}, (), ())
    assert again.unchanged == ("weight", "hydration")


def test_an_equal_value_of_later_is_a_new_reading() -> None:
    life = Life()
    life.take(("weight", at("2026-03-20T08:00+01:00", 70)))
    later = life.take(("weight", at("2026-03-20T09:00+01:00", 70)))
    assert later.accepted["weight"].measured_at.hour == 8


def test_pairs_arrive_together() -> None:
    life = Life()
    moment = "2026-03-20T08:00+01:00"
    accepted = life.take(
        ("systolic_blood_pressure", at(moment, 120)), ("diastolic_blood_pressure", at(moment, 80))
    ).accepted
    assert {key: reading.value for key, reading in accepted.items()} == {
        "systolic_blood_pressure": 120,
        "diastolic_blood_pressure": 80,
    }


def test_the_source_that_counts_is_the_one_with_the_highest_total() -> None:
    life = Life()
    life.take(
        ("steps", at("2026-03-20T08:00+01:00", 3000, "phone", running=True)),
        ("steps", at("2026-03-20T08:30+01:00", 3500, "watch", running=True)),
    )
    accepted = life.take(
        ("steps", at("2026-03-20T09:00+01:00", 3100, "phone", running=True))
    ).accepted
    assert (accepted["steps"].value, accepted["steps"].source) == (3500, "watch")
    assert accepted["steps"].measured_at.hour == 8


def test_what_is_too_long_ago_enters_no_history() -> None:
    life = Life()
    first = life.take(("weight", at("2020-03-20T08:00+01:00", 70)), drink("2020-03-20T08:00+01:00"))
    assert {*first.accepted} == {"weight", "hydration"}
    assert first.changes == ()
    life.take(drink("2020-03-20T09:00+01:00"))
    assert life.known["hydration"].value == 250


def test_a_total_from_before_there_was_a_history_stands_until_a_newer_day() -> None:
    life = Life()
    life.known = {"hydration": at("2026-03-19T08:00+01:00", 1500)}
    life.take(drink("2026-03-18T08:00+01:00"))
    assert life.known["hydration"].value == 1500
    life.take(drink("2026-03-20T08:00+01:00"))
    assert life.known["hydration"].value == 250


def test_a_metric_that_nobody_knows_any_more_keeps_its_latest_reading() -> None:
    life = Life()
    intake = life.take(("gone", at("2026-03-20T08:00+01:00", 1)))
    assert intake.accepted["gone"].value == 1
    assert "gone" not in life.histories


moments = st.integers(min_value=0, max_value=30 * 24 * 60).map(
    lambda minutes: NOW - timedelta(minutes=minutes)
)
batches = st.lists(
    st.tuples(
        st.sampled_from(["weight", "hydration"]),
        st.builds(
            Reading,
            value=st.integers(1, 500).map(float),
            unit=st.just(""),
            measured_at=moments,
            source=st.just("x"),
        ),
    ),
    max_size=30,
    unique_by=lambda each: (each[0], each[1].measured_at),
)


@given(batches, st.randoms(use_true_random=False))
def test_the_order_in_which_readings_arrive_does_not_matter(
    batch: list[tuple[str, Reading]], random: object
) -> None:
    shuffled = sorted(batch, key=lambda each: hash((each[1].measured_at, id(random) % 7)))
    in_order, in_any = Life(), Life()
    in_order.take(*sorted(batch, key=lambda each: each[1].measured_at))
    for each in [*shuffled, *batch]:
        in_any.take(each)
    assert in_any.known == in_order.known
    for metric, history in in_order.histories.items():
        assert in_any.histories[metric].days == history.days


def test_a_counter_that_arrives_in_one_call_may_come_in_any_order() -> None:
    before = ("steps", at("2026-03-19T23:30+01:00", 9000, running=True))
    after = ("steps", at("2026-03-20T00:30+01:00", 9100, running=True))
    for batch in ((before, after), (after, before)):
        life = Life()
        life.take(*batch)
        assert life.by_day("steps") == {"03-19": 9000, "03-20": 100}


def test_a_counter_of_yesterday_that_arrives_late_lowers_the_total_of_today() -> None:
    before = ("steps", at("2026-03-19T23:50+01:00", 9990, running=True))
    after = ("steps", at("2026-03-20T00:30+01:00", 10000, running=True))
    life = Life()
    life.take(after)
    assert life.known["steps"].value == 10000
    late = life.take(before)
    assert life.by_day("steps") == {"03-19": 9990, "03-20": 10}
    assert life.known["steps"].value == 10
    assert late.accepted["steps"].value == 10
    assert [datetime.fromordinal(change.day).day for change in late.changes] == [19, 20]


@given(
    st.lists(
        st.tuples(moments, st.integers(1, 5000)), min_size=1, unique_by=lambda each: each[0]
    ).map(sorted),
    st.randoms(use_true_random=False),
)
def test_the_order_in_which_a_counter_arrives_does_not_matter(
    rises: list[tuple[datetime, int]], random: Random
) -> None:
    total = 0
    batch: list[tuple[str, Reading]] = []
    for moment, rise in rises:
        total += rise
        batch.append(("steps", at(moment.isoformat(), total, running=True)))
    in_order, in_any = Life(), Life()
    in_order.take(*batch)
    random.shuffle(batch)
    for each in batch:
        in_any.take(each)
    assert in_any.by_day("steps") == in_order.by_day("steps")
    assert in_any.known == in_order.known


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["weight", "hydration"]),
            st.integers(0, 2 * KEPT_DAYS).map(lambda days: NOW - timedelta(days=days)),
            st.integers(1, 9),
        ),
        max_size=20,
    ),
    st.integers(0, 20),
)
def test_putting_the_days_back_in_reverse_undoes_a_batch(
    readings: list[tuple[str, datetime, int]], known: int
) -> None:
    # Long ago, so that a later batch makes days too old.
    life = Life(now=NOW - timedelta(days=KEPT_DAYS))
    batch = [(key, at(moment.isoformat(), value)) for key, moment, value in readings]
    life.take(*(each for each in batch[:known] if each[1].measured_at <= life.now))
    before = {key: dict(history.days) for key, history in life.histories.items() if history.days}
    life.now = NOW
    for change in reversed(life.take(*batch[known:]).changes):
        life.histories[change.metric].put(change.day, change.before)
    after = {key: dict(history.days) for key, history in life.histories.items() if history.days}
    assert after == before


def test_days_that_become_too_old_are_among_the_changes() -> None:
    life = Life(now=NOW - timedelta(days=10))
    life.take(("weight", at("2025-02-10T08:00+01:00", 70)))
    life.now = NOW
    first, second = life.take(("weight", at("2026-03-20T08:00+01:00", 71))).changes[:2]
    assert (first.before is not None, first.after) == (True, None)
    assert second.before is None
    assert life.by_day("weight") == {"03-20": 71}
