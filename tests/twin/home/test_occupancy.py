"""The rules of occupancy, one by one, and that they never contradict their evidence."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.enums import OccupancyStatus
from custom_components.digital_twin.twin.home.conditions import (
    SENSOR_KINDS,
    Evidence,
    EvidenceKind,
    EvidenceState,
    Occupancy,
    PresenceSensor,
    occupancy,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OCCUPIED, VACANT, AWAY = OccupancyStatus.OCCUPIED, OccupancyStatus.VACANT, OccupancyStatus.AWAY


def _ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def _who(standing: EvidenceState, minutes: float | None = 60) -> Evidence:
    since = None if minutes is None else _ago(minutes)
    return Evidence(EvidenceKind.RESIDENT, "anna", "Anna", standing, since)


def _sensor(
    on: float | None = None, off: float | None = None, kind: EvidenceKind = EvidenceKind.MOTION
) -> PresenceSensor:
    return PresenceSensor(
        kind,
        "binary_sensor.a",
        "A",
        None if on is None else _ago(on),
        None if off is None else _ago(off),
    )


def _judge(residents: list[Evidence], sensors: list[PresenceSensor]) -> Occupancy:
    return occupancy(
        residents,
        sensors,
        now=NOW,
        hold_time=timedelta(minutes=10),
        vacancy_time=timedelta(hours=24),
    )


HERE, UNKNOWN = _who(EvidenceState.HERE), _who(EvidenceState.UNKNOWN)
OUT, LONG_OUT = _who(EvidenceState.ELSEWHERE), _who(EvidenceState.ELSEWHERE, 24 * 60)
OUT_SINCE_EVER = _who(EvidenceState.ELSEWHERE, None)


@pytest.mark.parametrize(
    ("residents", "sensors", "expected"),
    [
        ([], [], VACANT),
        ([HERE], [], OCCUPIED),
        ([OUT, HERE], [], OCCUPIED),
        ([UNKNOWN, HERE], [], OCCUPIED),
        ([OUT], [], AWAY),
        ([OUT, LONG_OUT], [], AWAY),
        ([LONG_OUT], [], VACANT),
        ([LONG_OUT, LONG_OUT], [], VACANT),
        ([OUT_SINCE_EVER], [], AWAY),
        ([LONG_OUT, OUT_SINCE_EVER], [], AWAY),
        ([UNKNOWN], [], None),
        ([OUT, UNKNOWN], [], None),
        ([LONG_OUT, UNKNOWN], [], None),
        ([], [_sensor(on=500)], OCCUPIED),
        ([], [_sensor(off=9.9)], OCCUPIED),
        ([], [_sensor(off=10)], VACANT),
        ([], [_sensor()], VACANT),
        ([OUT], [_sensor(on=1)], OCCUPIED),
        ([LONG_OUT], [_sensor(off=1)], OCCUPIED),
        ([UNKNOWN], [_sensor(on=1)], OCCUPIED),
        ([OUT], [_sensor(off=11)], AWAY),
    ],
)
def test_the_rules(
    residents: list[Evidence],
    sensors: list[PresenceSensor],
    expected: OccupancyStatus | None,
) -> None:
    assert _judge(residents, sensors).status is expected


def test_a_status_is_due_to_change_when_its_evidence_ends() -> None:
    assert _judge([], [_sensor(off=4), _sensor(off=2)]).due == NOW + timedelta(minutes=6)
    assert _judge([], [_sensor(on=4)]).due is None
    assert _judge([OUT], []).due == NOW + timedelta(hours=23)
    assert _judge([LONG_OUT], []).due is None
    assert _judge([OUT_SINCE_EVER], []).due is None
    assert _judge([HERE, OUT], []).due is None


def test_evidence_is_what_the_status_rests_on() -> None:
    sensor = _sensor(on=3, off=50, kind=EvidenceKind.PRESENCE)
    assert _judge([HERE, OUT], [sensor, _sensor(off=99)]).evidence == (
        HERE,
        Evidence(EvidenceKind.PRESENCE, "binary_sensor.a", "A", EvidenceState.ON, _ago(3)),
    )
    assert _judge([], [_sensor(off=3)]).evidence[0].state is EvidenceState.HELD
    assert _judge([OUT, UNKNOWN], []).evidence == (OUT, UNKNOWN)


_people = st.lists(
    st.builds(
        _who,
        st.sampled_from([EvidenceState.HERE, EvidenceState.ELSEWHERE, EvidenceState.UNKNOWN]),
        st.none() | st.floats(min_value=0, max_value=5000),
    ),
    max_size=5,
)
_minutes = st.none() | st.floats(min_value=0, max_value=30)
_sensors = st.lists(st.builds(_sensor, _minutes, _minutes, st.sampled_from(SENSOR_KINDS)))


@given(_people, _sensors)
def test_the_status_never_contradicts_its_evidence(
    people: list[Evidence], sensors: list[PresenceSensor]
) -> None:
    judged = _judge(people, sensors)
    noticed = {one.state for one in judged.evidence} & {
        EvidenceState.HERE,
        EvidenceState.ON,
        EvidenceState.HELD,
    }
    assert (judged.status is OCCUPIED) is bool(noticed)
    if judged.status is None:
        assert any(one.state is EvidenceState.UNKNOWN for one in people)
    if judged.status is AWAY:
        assert people
        assert all(one.state is EvidenceState.ELSEWHERE for one in people)
    assert judged.due is None or judged.due > NOW
