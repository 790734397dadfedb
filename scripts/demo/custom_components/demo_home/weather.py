"""The weather outdoors, at about 52 degrees north: seasons, days, and what comes and goes."""

from datetime import date
import math
from typing import Final, NamedTuple

from .diary import drifting

_YEAR: Final = 365.25
# Days after New Year: the coldest day.
_COLDEST: Final = 20
_MEAN: Final = 9.2
_SEASON: Final = 10.8
# Degrees by which spells of some days are warmer or colder than the season.
_SPELL: Final = 5.5
_SPELL_DAYS: Final = 4.3
_CLOUD_DAYS: Final = 1.9
_COLDEST_HOUR: Final = 4.0


class Weather(NamedTuple):
    """The weather at an hour.

    `temperature` and `daily_mean` in degrees Celsius, `humidity` in percent; `summer` (the season),
    `cloud` and `sun` (the light) are from 0 to 1.
    """

    temperature: float
    daily_mean: float
    humidity: float
    summer: float
    cloud: float
    sun: float


def weather(day: date, hour: float) -> Weather:
    """Return the weather at an hour (local, from 0 to 24) of a day."""
    at = day.toordinal() + hour / 24
    of_year = day.timetuple().tm_yday + hour / 24
    summer = (1 - math.cos(2 * math.pi * (of_year - _COLDEST) / _YEAR)) / 2
    cloud = drifting(1, at / _CLOUD_DAYS)
    spell = 2 * drifting(2, at / _SPELL_DAYS) - 1
    mean = _MEAN + _SEASON * (2 * summer - 1) + _SPELL * spell
    swing = (1.9 + 3.6 * summer) * (1.1 - 0.75 * cloud)
    warm = -math.cos(2 * math.pi * (hour - _COLDEST_HOUR) / 24)
    return Weather(
        temperature=mean + swing * warm + 0.6 * (drifting(3, 24 * at) - 0.5),
        daily_mean=mean,
        humidity=min(99.0, max(32.0, 76 + 17 * cloud - 2.6 * swing * warm - 9 * summer)),
        summer=summer,
        cloud=cloud,
        sun=_light(summer, hour) * (1 - 0.65 * cloud),
    )


def _light(summer: float, hour: float) -> float:
    """Return the light of a clear sky, from 0 to 1, 1 at noon in summer."""
    length = 7.7 + 9.0 * summer
    passed = (hour - (12.3 - length / 2)) / length
    return math.sin(math.pi * passed) * (0.3 + 0.7 * summer) if 0 < passed < 1 else 0.0
