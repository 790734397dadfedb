"""The occupancy of a home, derived from its residents and presence sensors."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ..enums import OccupancyStatus


class EvidenceKind(StrEnum):
    """The kinds of evidence of presence."""

    RESIDENT = "resident"
    OCCUPANCY = "occupancy"
    PRESENCE = "presence"
    MOTION = "motion"


class EvidenceState(StrEnum):
    """The states of evidence; `HELD` is a sensor that went off within the hold time."""

    HERE = "here"
    ELSEWHERE = "elsewhere"
    UNKNOWN = "unknown"
    ON = "on"
    HELD = "held"


SENSOR_KINDS = (EvidenceKind.OCCUPANCY, EvidenceKind.PRESENCE, EvidenceKind.MOTION)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One resident or one sensor; `ref` is a person_id or an entity id.

    `since`: the beginning of the state; for a held sensor, the time at which it went off.
    """

    kind: EvidenceKind
    ref: str
    name: str
    state: EvidenceState
    since: datetime | None


@dataclass(frozen=True, slots=True)
class PresenceSensor:
    """A presence sensor that is on since `on_since`, or went off at `off_since`."""

    kind: EvidenceKind
    entity_id: str
    name: str
    on_since: datetime | None
    off_since: datetime | None


@dataclass(frozen=True, slots=True)
class Occupancy:
    """The status (None: unknown) with its evidence.

    `since`: the beginning of the status. `due`: the time of its next change by time alone.
    """

    status: OccupancyStatus | None = None
    evidence: tuple[Evidence, ...] = ()
    since: datetime | None = None
    due: datetime | None = None


def occupancy(
    residents: Iterable[Evidence],
    sensors: Iterable[PresenceSensor],
    *,
    now: datetime,
    hold_time: timedelta,
    vacancy_time: timedelta,
) -> Occupancy:
    """Derive the occupancy of a home, without `since`."""
    people = list(residents)
    inside = [person for person in people if person.state is EvidenceState.HERE]
    noticed = [found for sensor in sensors if (found := _notice(sensor, now, hold_time))]
    if inside or noticed:
        ends = [
            found.since + hold_time
            for found in noticed
            if found.state is EvidenceState.HELD and found.since
        ]
        return Occupancy(OccupancyStatus.OCCUPIED, (*inside, *noticed), due=min(ends, default=None))
    if not people:
        return Occupancy(OccupancyStatus.VACANT)
    gone = [person.since for person in people if person.state is EvidenceState.ELSEWHERE]
    if len(gone) < len(people):
        return Occupancy(None, tuple(people))
    left = [since for since in gone if since is not None]
    empty_from = max(left) + vacancy_time if len(left) == len(gone) else None
    if empty_from is not None and now >= empty_from:
        return Occupancy(OccupancyStatus.VACANT, tuple(people))
    return Occupancy(OccupancyStatus.AWAY, tuple(people), due=empty_from)


def _notice(sensor: PresenceSensor, now: datetime, hold_time: timedelta) -> Evidence | None:
    if sensor.on_since is not None:
        return Evidence(
            sensor.kind, sensor.entity_id, sensor.name, EvidenceState.ON, sensor.on_since
        )
    if sensor.off_since is not None and now < sensor.off_since + hold_time:
        return Evidence(
            sensor.kind, sensor.entity_id, sensor.name, EvidenceState.HELD, sensor.off_since
        )
    return None
