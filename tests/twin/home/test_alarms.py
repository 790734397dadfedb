"""While devices are paused, only what endangers or was marked as critical alarms anybody."""

from datetime import UTC, datetime

import pytest

from custom_components.digital_twin.twin.enums import OperationalStatus
from custom_components.digital_twin.twin.home.alarms import NEVER_PAUSED, alarming
from custom_components.digital_twin.twin.home.operational import (
    CauseKind,
    HomeCause,
    Operational,
    severity_of,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OPTIMAL, ALERT = OperationalStatus.OPTIMAL, OperationalStatus.ALERT


def _cause(kind: CauseKind, *affects: str) -> HomeCause:
    return HomeCause(
        kind=kind, severity=severity_of(kind), since=NOW, name="X", affects=tuple(affects)
    )


@pytest.mark.parametrize("kind", CauseKind)
def test_a_cause_is_kept_quiet_unless_it_endangers(kind: CauseKind) -> None:
    cause = _cause(kind)
    told = alarming(Operational(cause.severity, (cause,)), ())
    expected = Operational(ALERT, (cause,)) if kind in NEVER_PAUSED else Operational(OPTIMAL)
    assert told == expected


def test_what_affects_a_critical_device_is_told() -> None:
    cause = _cause(CauseKind.INTEGRATION_FAILED, "lock", "lamp")
    found = Operational(cause.severity, (cause,))
    assert alarming(found, {"lock"}) == found
    assert alarming(found, {"door"}).causes == ()


def test_what_was_not_judged_stays_unknown() -> None:
    assert alarming(Operational(), ()) == Operational()
