"""Values of rooms, floors and the home: what is measured and how many sensors become one value."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import fsum
from statistics import fmean, median
from types import MappingProxyType

from ..values import number_from_text

# No sensor of a house measures more than this in any unit; a sum of such values stays finite.
_LARGEST = 1e15


@dataclass(frozen=True, kw_only=True, slots=True)
class Quantity:
    """Something that a home measures.

    `device_class` and `unit` are those of Home Assistant's sensors; the unit is the metric one, and
    a sensor counts only if its unit converts to it. `precision` is the number of decimals that are
    told apart. `summed`: sources add up in an area and on a floor instead of being averaged.
    `metered`: the value of the home is that of its meters. `by_area`: areas and floors have one
    too. `lively`: a sensor of this kind that reports nothing for a day is broken.
    """

    key: str
    device_class: str
    unit: str | None
    precision: int
    summed: bool = False
    metered: bool = False
    by_area: bool = True
    lively: bool = False


# Sound and organic compounds appear twice: their units do not convert into each other. Energy is
# not added up by area: one plug has counters for the day, the month and its whole life.
QUANTITIES: Mapping[str, Quantity] = MappingProxyType(
    {
        quantity.key: quantity
        for quantity in (
            Quantity(
                key="temperature", device_class="temperature", unit="°C", precision=1, lively=True
            ),
            Quantity(key="humidity", device_class="humidity", unit="%", precision=1, lively=True),
            Quantity(
                key="carbon_dioxide",
                device_class="carbon_dioxide",
                unit="ppm",
                precision=0,
                lively=True,
            ),
            Quantity(key="pm25", device_class="pm25", unit="μg/m³", precision=1),
            Quantity(key="pm10", device_class="pm10", unit="μg/m³", precision=1),
            Quantity(
                key="volatile_organic_compounds",
                device_class="volatile_organic_compounds",
                unit="μg/m³",
                precision=1,
            ),
            Quantity(
                key="volatile_organic_compounds_parts",
                device_class="volatile_organic_compounds_parts",
                unit="ppb",
                precision=1,
            ),
            Quantity(key="aqi", device_class="aqi", unit=None, precision=0),
            Quantity(key="illuminance", device_class="illuminance", unit="lx", precision=1),
            Quantity(key="sound_pressure", device_class="sound_pressure", unit="dB", precision=1),
            Quantity(
                key="sound_pressure_weighted",
                device_class="sound_pressure",
                unit="dBA",
                precision=1,
            ),
            Quantity(
                key="atmospheric_pressure",
                device_class="atmospheric_pressure",
                unit="hPa",
                precision=1,
                lively=True,
            ),
            Quantity(
                key="power",
                device_class="power",
                unit="W",
                precision=1,
                summed=True,
                metered=True,
            ),
            Quantity(
                key="energy",
                device_class="energy",
                unit="kWh",
                precision=3,
                summed=True,
                metered=True,
                by_area=False,
            ),
        )
    }
)


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One value made of many.

    `minimum` and `maximum` are those of what was put together: the sensors of an area, the areas of
    a floor or a home. `count` is the number of sensors behind it.
    """

    value: float
    minimum: float
    maximum: float
    count: int

    def rounded(self, precision: int) -> Aggregate:
        """Return the aggregate as it is shown, without a negative zero."""
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
    """Tell whether arithmetic with a value stays finite; no comparison holds for a NaN."""
    return -_LARGEST <= value <= _LARGEST


def of_area(values: Iterable[float], *, summed: bool) -> Aggregate | None:
    """Make the value of an area from those of its sensors: their median, or their sum."""
    known = list(values)
    if not known:
        return None
    value = fsum(known) if summed else median(known)
    return Aggregate(value, min(known), max(known), len(known))


def of_areas(areas: Iterable[Aggregate], *, summed: bool) -> Aggregate | None:
    """Make the value of a floor or home from those of its areas: their mean, or their sum.

    A room with five sensors weighs as much as one with a single sensor.
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
    """Make the value of a home from its meters, each with +1 or -1 for what leaves the home.

    All or nothing: with one meter silent the sum would be a wrong number that looks right.
    """
    signed: list[float] = []
    for value, sign in meters:
        if value is None:
            return None
        signed.append(value * sign)
    if not signed:
        return None
    return Aggregate(fsum(signed), min(signed), max(signed), len(signed))
