"""What still alarms somebody while the context of a home pauses the alarms of its devices."""

from collections.abc import Collection
from typing import Final

from ..enums import OperationalStatus
from .operational import SAFETY_KINDS, CauseKind, HomeCause, Operational

# Smoke is smoke during a renovation, too, and a critical device was chosen by somebody.
NEVER_PAUSED: Final = frozenset(
    {*SAFETY_KINDS, CauseKind.ALARM_TRIGGERED, CauseKind.CRITICAL_DEVICE_OFFLINE}
)


def alarming(found: Operational, critical: Collection[str]) -> Operational:
    """Return a status as it is without the causes that a pause of device alarms keeps quiet.

    `critical`: the ids of the critical devices; what affects one of them is never kept quiet.
    """
    if found.status is None:
        return found
    causes = tuple(cause for cause in found.causes if _is_never_paused(cause, critical))
    return Operational(causes[0].severity if causes else OperationalStatus.OPTIMAL, causes)


def _is_never_paused(cause: HomeCause, critical: Collection[str]) -> bool:
    return cause.kind in NEVER_PAUSED or any(each in critical for each in cause.affects)
