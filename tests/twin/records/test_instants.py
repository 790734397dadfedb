from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from hypothesis import given
import pytest

from custom_components.digital_twin.twin.records.parsers import instant, past_instant

from ..refusals import only_refuses, refused
from ..samples import NOW, context
from ..strategies import ANYTHING

WARSAW = ZoneInfo("Europe/Warsaw")


@pytest.mark.parametrize(
    ("value", "zone", "expected"),
    [
        ("2026-03-01T07:30:00+01:00", None, datetime(2026, 3, 1, 6, 30, tzinfo=UTC)),
        ("2026-03-01T07:30:00Z", WARSAW, datetime(2026, 3, 1, 7, 30, tzinfo=UTC)),
        ("2026-03-01T07:30", WARSAW, datetime(2026, 3, 1, 6, 30, tzinfo=UTC)),
        ("2026-03-01 07:30:00.25", UTC, datetime(2026, 3, 1, 7, 30, 0, 250_000, tzinfo=UTC)),
        ("2025-07-01", WARSAW, datetime(2025, 6, 30, 22, tzinfo=UTC)),
        (datetime(2026, 3, 1, 7), WARSAW, datetime(2026, 3, 1, 6, tzinfo=UTC)),  # noqa: DTZ001
        (
            datetime(2026, 3, 1, 7, tzinfo=timezone(timedelta(hours=-5))),
            WARSAW,
            datetime(2026, 3, 1, 12, tzinfo=UTC),
        ),
        # The hour that comes twice means its first coming.
        ("2025-10-26T02:30", WARSAW, datetime(2025, 10, 26, 0, 30, tzinfo=UTC)),
    ],
)
def test_moments_are_kept_in_utc(value: object, zone: tzinfo | None, expected: datetime) -> None:
    parsed = instant(value, context(), zone)
    assert parsed == expected
    assert parsed.tzinfo is UTC


@pytest.mark.parametrize("zone", [None, WARSAW])
@pytest.mark.parametrize(
    "value",
    [
        "yesterday",
        "",
        1_772_366_400,
        None,
        date(2026, 3, 1),
        "2026-13-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
    ],
)
def test_what_is_no_moment_is_refused(value: object, zone: tzinfo | None) -> None:
    with refused(("invalid_time", "")):
        instant(value, context(), zone)


def test_a_local_time_needs_a_zone() -> None:
    with refused(("invalid_time", "")) as placeholders:
        instant("2026-03-01T07:30", context())
    assert placeholders[0]["value"] == "2026-03-01T07:30"


@pytest.mark.parametrize("ahead", [timedelta(minutes=5), timedelta(0), timedelta(days=-40_000)])
def test_clocks_may_be_five_minutes_fast(ahead: timedelta) -> None:
    assert past_instant(NOW + ahead, context()) == NOW + ahead


def test_the_future_is_refused() -> None:
    with refused(("future_time", "")):
        past_instant(NOW + timedelta(minutes=5, microseconds=1), context())


def test_what_was_before_1900_is_refused() -> None:
    assert past_instant("1900-01-01T00:00:00Z", context()).year == 1900
    with refused(("out_of_range", "")) as placeholders:
        past_instant("1899-12-31T23:59:59Z", context())
    assert placeholders[0]["minimum"].startswith("1900-01-01")


@pytest.mark.parametrize("value", ["2199-01-01T00:00:00Z", "1700-01-01T00:00:00Z"])
def test_what_was_stored_is_not_judged_by_the_clock(value: str) -> None:
    assert past_instant(value, context(stored=True)) == datetime.fromisoformat(value)


@given(ANYTHING)
def test_nothing_breaks(value: object) -> None:
    only_refuses(lambda: past_instant(value, context(), WARSAW))
