"""The conditions in a home: its climate, and whether somebody is there."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import fsum
from statistics import fmean, median
from types import MappingProxyType

from ..enums import OccupancyStatus
from ..values import number_from_text

# Larger values are errors; sums of smaller ones are finite.
_LARGEST = 1e15


@dataclass(frozen=True, slots=True)
class Quantity:
    """A quantity that a home measures.

    `device_class`, `unit`: those of Home Assistant; the unit is metric, and sensors are used only
    if their unit converts to it.
    `precision`: the number of decimals of published values.
    `summed`: the value of an area or floor is a sum, not a median or mean.
    `metered`: the value of the home is that of its meters.
    `by_area`: areas and floors have a value, too.
    `lively`: sensors report often; one without a report for `stale_time` is faulty.
    `least`, `most`: the range of possible values, inclusive; others are errors of the sensor.
    """

    key: str
    device_class: str
    unit: str | None
    precision: int
    _: KW_ONLY
    summed: bool = False
    metered: bool = False
    by_area: bool = True
    lively: bool = False
    least: float = -_LARGEST
    most: float = _LARGEST


# Sound and organic compounds appear twice: their units do not convert into each other. Energy is
# not added up by area: one plug has counters for the day, the month and its whole life.
_QUANTITIES = (
    Quantity("temperature", "temperature", "°C", 1, lively=True, least=-60, most=110),
    Quantity("humidity", "humidity", "%", 1, lively=True, least=0, most=100),
    Quantity("carbon_dioxide", "carbon_dioxide", "ppm", 0, lively=True, least=0),
    Quantity("pm25", "pm25", "μg/m³", 1, least=0),
    Quantity("pm10", "pm10", "μg/m³", 1, least=0),
    Quantity("volatile_organic_compounds", "volatile_organic_compounds", "μg/m³", 1, least=0),
    Quantity(
        "volatile_organic_compounds_parts", "volatile_organic_compounds_parts", "ppb", 1, least=0
    ),
    Quantity("aqi", "aqi", None, 0, least=0),
    Quantity("illuminance", "illuminance", "lx", 1, least=0),
    Quantity("sound_pressure", "sound_pressure", "dB", 1),
    Quantity("sound_pressure_weighted", "sound_pressure", "dBA", 1),
    Quantity(
        "atmospheric_pressure", "atmospheric_pressure", "hPa", 1, lively=True, least=300, most=1200
    ),
    Quantity("power", "power", "W", 1, summed=True, metered=True),
    Quantity("energy", "energy", "kWh", 3, summed=True, metered=True, by_area=False),
)
QUANTITIES: Mapping[str, Quantity] = MappingProxyType({each.key: each for each in _QUANTITIES})


@dataclass(frozen=True, slots=True)
class Aggregate:
    """The value of an area, a floor or a home.

    `minimum`, `maximum`: those of the sensors of an area, or of the areas of a floor or home.
    `count`: the number of sensors.
    """

    value: float
    minimum: float
    maximum: float
    count: int

    def rounded(self, precision: int) -> Aggregate:
        """Return the aggregate with rounded values, without negative zeros."""
        return Aggregate(
            round(self.value, precision) + 0.0,
            round(self.minimum, precision) + 0.0,
            round(self.maximum, precision) + 0.0,
            self.count,
        )


def number(text: str) -> float | None:
    """Read the state of a sensor; None unless it is a number between -1e15 and 1e15."""
    value = number_from_text(text)
    return value if value is not None and usable(value) else None


def usable(value: float) -> bool:
    """Return whether a value is a number between -1e15 and 1e15; false for NaN."""
    return -_LARGEST <= value <= _LARGEST


# Kelvins: a thermometer so far from the others of its room, or a room so far from the others, is
# something else (a freezer, a garage in winter).
AREA_SPREAD = 8.0
HOME_SPREAD = 15.0
# Degrees Celsius: of two that are far apart, the one that is usual indoors is believed.
USUAL = (5.0, 35.0)
_ENOUGH = 3


def near(values: Sequence[float], spread: float, usual: tuple[float, float]) -> list[bool]:
    """Return which values are near the others.

    Of three or more: those within `spread` of the median. Of two that are farther apart: the one
    within the `usual` range, if the other is not. One alone has nothing to be far from.
    """
    if len(values) >= _ENOUGH:
        middle = median(values)
        found = [abs(value - middle) <= spread for value in values]
        return found if any(found) else [True] * len(values)
    if len(values) > 1 and max(values) - min(values) > spread:
        found = [usual[0] <= value <= usual[1] for value in values]
        return found if any(found) else [True] * len(values)
    return [True] * len(values)


def of_area(values: Iterable[float], *, summed: bool) -> Aggregate | None:
    """Return the value of an area: the median or the sum of its sensors."""
    known = list(values)
    if not known:
        return None
    value = fsum(known) if summed else median(known)
    return Aggregate(value, min(known), max(known), len(known))


def of_areas(areas: Iterable[Aggregate], *, summed: bool) -> Aggregate | None:
    """Return the value of a floor or home: the mean or the sum of its areas.

    Each area has the same weight, whatever the number of its sensors.
    """
    known = list(areas)
    if not known:
        return None
    values = [area.value for area in known]
    return Aggregate(
        fsum(values) if summed else fmean(values),
        min(values),
        max(values),
        sum(area.count for area in known),
    )


def of_meters(meters: Iterable[tuple[float | None, int]]) -> Aggregate | None:
    """Return the value of a home: the sum of its meters, each with +1, or -1 for exports.

    None if any meter has no value: a partial sum would be wrong.
    """
    signed: list[float] = []
    for value, sign in meters:
        if value is None:
            return None
        signed.append(value * sign)
    if not signed:
        return None
    return Aggregate(fsum(signed), min(signed), max(signed), len(signed))


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
