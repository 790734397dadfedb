"""Whether a device answers: grace, return, flapping; and counts."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.enums import DeviceStatus
from custom_components.digital_twin.twin.home.inventory import (
    UNJUDGED,
    DeviceCounts,
    Reachability,
    count,
    reach,
)

T0 = datetime(2026, 3, 1, tzinfo=UTC)
GRACE = timedelta(minutes=15)
WINDOW = timedelta(hours=1)
ONLINE, OFFLINE, UNKNOWN = DeviceStatus.ONLINE, DeviceStatus.OFFLINE, DeviceStatus.UNKNOWN


def _at(minute: float) -> datetime:
    return T0 + timedelta(minutes=minute)


def _step(before: Reachability, silent: float | None, now: float) -> Reachability:
    return reach(
        before,
        None if silent is None else _at(silent),
        now=_at(now),
        grace=GRACE,
        flap_window=WINDOW,
    )


def _live(*steps: tuple[float | None, float]) -> Reachability:
    """Go through pairs of silent since and now, from a device that answered."""
    known = _step(UNJUDGED, None, 0)
    for silent, now in steps:
        known = _step(known, silent, now)
    return known


@pytest.mark.parametrize(
    ("steps", "status", "since", "due"),
    [
        ([], ONLINE, None, None),
        ([(0, 0)], ONLINE, None, 15),
        ([(0, 14.99)], ONLINE, None, 15),
        ([(0, 15)], OFFLINE, 0, None),
        ([(0, 15), (0, 99)], OFFLINE, 0, None),
        # The grace counts from the beginning of the silence, not from when it was noticed.
        ([(0, 40)], OFFLINE, 0, None),
        ([(0, 15), (None, 20)], ONLINE, 20, 80),
        ([(0, 15), (None, 20), (None, 80)], ONLINE, 20, None),
        ([(0, 10), (None, 12)], ONLINE, None, None),
        ([(0, 10), (None, 12), (13, 27)], ONLINE, None, 28),
        ([(0, 10), (None, 12), (13, 28)], OFFLINE, 13, None),
    ],
)
def test_a_device_is_judged_by_its_silence(
    steps: list[tuple[float | None, float]],
    status: DeviceStatus,
    since: float | None,
    due: float | None,
) -> None:
    known = _live(*steps)
    assert known.status is status
    assert known.since == (None if since is None else _at(since))
    assert known.due == (None if due is None else _at(due))


def test_a_device_that_was_never_seen_is_unknown_before_it_is_offline() -> None:
    known = _step(UNJUDGED, 0, 5)
    assert (known.status, known.due) == (UNKNOWN, _at(15))
    assert _step(known, 0, 15).status is OFFLINE


@pytest.mark.parametrize(
    ("steps", "open_since"),
    [
        # One outage is open as long as it lasts.
        ([(0, 15)], 0),
        ([(0, 15), (None, 20)], None),
        # The next one soon after goes on with the first, and stays open after the return.
        ([(0, 15), (None, 20), (30, 44)], None),
        ([(0, 15), (None, 20), (30, 45)], 0),
        ([(0, 15), (None, 20), (30, 45), (None, 50)], 0),
        ([(0, 15), (None, 20), (30, 45), (None, 50), (None, 109)], 0),
        ([(0, 15), (None, 20), (30, 45), (None, 50), (None, 110)], None),
        ([(0, 15), (None, 20), (30, 45), (None, 50), (60, 75), (None, 80)], 0),
        # A silence within the grace does not end it.
        ([(0, 15), (None, 20), (30, 45), (None, 50), (100, 112)], 0),
        # A clock that is set back does not keep it open.
        ([(1000, 1015), (None, 1020), (1030, 1045), (None, 1050), (None, 10), (None, 69)], 1000),
        ([(1000, 1015), (None, 1020), (1030, 1045), (None, 1050), (None, 10), (None, 70)], None),
        # One that comes late is another one.
        ([(0, 15), (None, 20), (80, 95)], 80),
        ([(0, 15), (None, 20), (None, 80), (90, 105)], 90),
    ],
)
def test_a_flapping_device_is_one_run_of_outages(
    steps: list[tuple[float | None, float]], open_since: float | None
) -> None:
    expected = None if open_since is None else _at(open_since)
    assert _live(*steps).open_since == expected


@given(
    st.lists(
        st.tuples(st.booleans(), st.floats(min_value=0.1, max_value=100)), min_size=1, max_size=30
    )
)
def test_status_follows_from_the_present_silence_alone(steps: list[tuple[bool, float]]) -> None:
    known, now, silent = _step(UNJUDGED, None, 0), 0.0, None
    for is_silent, minutes in steps:
        now += minutes
        silent = (silent if silent is not None else now) if is_silent else None
        known = _step(known, silent, now)
        offline = silent is not None and now - silent >= GRACE.total_seconds() / 60
        assert (known.status is OFFLINE) is offline
        assert known.open_since is not None or not offline
        assert known.due is None or known.due > _at(now)


def test_devices_are_counted_by_what_they_are() -> None:
    assert count([]) == DeviceCounts()
    assert count(
        [
            (ONLINE, False, False),
            (ONLINE, True, False),
            (OFFLINE, True, True),
            (UNKNOWN, False, False),
        ]
    ) == DeviceCounts(total=4, online=2, offline=1, unknown=1, low_battery=2, updates=1)
