"""Quantities that homes measure, and the aggregation of sensors by area, floor and home."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from math import fsum
from statistics import fmean, median
from types import MappingProxyType

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
