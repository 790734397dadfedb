from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.records.fields import PersonDay

WARSAW = ZoneInfo("Europe/Warsaw")
NEW_YORK = ZoneInfo("America/New_York")
KOLKATA = ZoneInfo("Asia/Kolkata")
# Midnight does not exist on the day on which clocks are set forward there.
SANTIAGO = ZoneInfo("America/Santiago")
# Clocks move by half an hour.
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
# At 02:45 there, and for two hours.
CHATHAM = ZoneInfo("Pacific/Chatham")
TROLL = ZoneInfo("Antarctica/Troll")
ZONES = (
    *(WARSAW, NEW_YORK, KOLKATA, SANTIAGO, LORD_HOWE, CHATHAM, TROLL),
    *(ZoneInfo(name) for name in ("Pacific/Auckland", "Asia/Kathmandu")),
)

days = st.builds(PersonDay, st.sampled_from(ZONES), st.integers(min_value=0, max_value=23))
moments = st.datetimes(
    min_value=datetime(1980, 1, 1),  # noqa: DTZ001  # hypothesis adds the zone
    max_value=datetime(2035, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@pytest.mark.parametrize(
    ("zone", "starts_at", "moment", "expected"),
    [
        # A reading at 23:30 in Warsaw is one of the next day nowhere but in UTC's east.
        (WARSAW, 0, "2026-03-01T22:59:59+00:00", "2026-03-01"),
        (WARSAW, 0, "2026-03-01T23:00:00+00:00", "2026-03-02"),
        # The person lives elsewhere than the home.
        (NEW_YORK, 0, "2026-03-02T04:59:00+00:00", "2026-03-01"),
        (NEW_YORK, 0, "2026-03-02T05:00:00+00:00", "2026-03-02"),
        # The night belongs to the evening before.
        (WARSAW, 4, "2026-03-02T03:59:00+01:00", "2026-03-01"),
        (WARSAW, 4, "2026-03-02T04:00:00+01:00", "2026-03-02"),
        # Somebody who works at night and sleeps from 08:00 to 15:00 wakes on the new day.
        (WARSAW, 12, "2026-03-02T08:00:00+01:00", "2026-03-01"),
        (WARSAW, 12, "2026-03-02T15:00:00+01:00", "2026-03-02"),
        # Clocks forward at 02:00, to 03:00: a day that begins at 2 begins at 3.
        (WARSAW, 2, "2026-03-29T00:59:59+00:00", "2026-03-28"),
        (WARSAW, 2, "2026-03-29T01:00:00+00:00", "2026-03-29"),
        # Clocks back at 03:00, to 02:00: it begins the first time and does not begin again.
        (WARSAW, 2, "2026-10-24T23:59:59+00:00", "2026-10-24"),
        (WARSAW, 2, "2026-10-25T00:00:00+00:00", "2026-10-25"),
        (WARSAW, 2, "2026-10-25T01:00:00+00:00", "2026-10-25"),
        (CHATHAM, 3, "2026-09-26T13:59:59+00:00", "2026-09-26"),
        (CHATHAM, 3, "2026-09-26T14:00:00+00:00", "2026-09-27"),
        (WARSAW, 3, "2026-10-25T01:59:59+00:00", "2026-10-24"),
        (WARSAW, 3, "2026-10-25T02:00:00+00:00", "2026-10-25"),
    ],
)
def test_a_moment_belongs_to_the_day_that_has_begun(
    zone: ZoneInfo, starts_at: int, moment: str, expected: str
) -> None:
    day = PersonDay(zone, starts_at).day_of(datetime.fromisoformat(moment))
    assert day == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        (WARSAW, date(2026, 3, 29), 23),
        (WARSAW, date(2026, 10, 25), 25),
        (WARSAW, date(2026, 6, 1), 24),
        (SANTIAGO, date(2026, 9, 6), 23),
        (LORD_HOWE, date(2026, 4, 5), 24.5),
    ],
)
def test_days_on_which_clocks_change_are_shorter_or_longer(
    zone: ZoneInfo, day: date, hours: float
) -> None:
    person_day = PersonDay(zone)
    assert person_day.end_of(day) - person_day.start_of(day) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("zone", "starts_at", "day", "start"),
    [
        (WARSAW, 2, "2026-03-29", "2026-03-29T01:00:00+00:00"),
        (CHATHAM, 3, "2026-09-27", "2026-09-26T14:00:00+00:00"),
        (TROLL, 2, "2026-03-29", "2026-03-29T01:00:00+00:00"),
        (SANTIAGO, 0, "2026-09-06", "2026-09-06T04:00:00+00:00"),
    ],
)
def test_a_day_whose_hour_is_left_out_begins_with_the_change(
    zone: ZoneInfo, starts_at: int, day: str, start: str
) -> None:
    found = PersonDay(zone, starts_at).start_of(date.fromisoformat(day))
    assert found == datetime.fromisoformat(start)


@given(day=days, moment=moments)
def test_a_moment_lies_between_the_ends_of_its_day(day: PersonDay, moment: datetime) -> None:
    found = day.day_of(moment)
    assert day.start_of(found) <= moment < day.end_of(found)


@given(day=days, moment=moments)
def test_one_moment_earlier_is_the_day_before(day: PersonDay, moment: datetime) -> None:
    found = day.day_of(moment)
    start = day.start_of(found)
    assert day.day_of(start) == found
    assert day.day_of(start - timedelta(microseconds=1)) == found - timedelta(days=1)


@given(day=days, moment=moments)
def test_the_middle_of_a_day_is_a_full_hour_within_it(day: PersonDay, moment: datetime) -> None:
    found = day.day_of(moment)
    middle = day.middle_of(found)
    assert (middle.minute, middle.second, middle.microsecond) == (0, 0, 0)
    assert middle.tzinfo is UTC
    assert day.day_of(middle) == found
