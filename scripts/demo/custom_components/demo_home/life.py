"""What the sensors of the house measure at any time: people heat, air, cook and sleep in it.

Everything follows from the time and the diary of the household, so the past can be written down at
once, and the sensors go on from there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
import math
from typing import Final

from homeassistant.components.sensor import SensorDeviceClass

from .diary import ANNA, JAN, SATURDAY, Diary, drifting, randomly
from .house import DEVICES, METER, Device
from .weather import Weather, weather

type Series = tuple[str, SensorDeviceClass]

TEMPERATURE: Final = SensorDeviceClass.TEMPERATURE
HUMIDITY: Final = SensorDeviceClass.HUMIDITY
CO2: Final = SensorDeviceClass.CO2
ILLUMINANCE: Final = SensorDeviceClass.ILLUMINANCE
BATTERY: Final = SensorDeviceClass.BATTERY
POWER: Final = SensorDeviceClass.POWER
ENERGY: Final = SensorDeviceClass.ENERGY
# Decimals.
PRECISION: Final[Mapping[SensorDeviceClass, int]] = {
    TEMPERATURE: 1,
    HUMIDITY: 0,
    CO2: 0,
    ILLUMINANCE: 0,
    BATTERY: 0,
    POWER: 0,
    ENERGY: 2,
}
# Kilowatt hours on the meter on the first day of the histories.
FIRST_READING: Final = 11_842.0
_OUTDOORS: Final = 420.0
_FULL: Final = 100
_NOON: Final = 12
_BEDTIME: Final = 22.6
# Light, from 0 to 1, below which lamps are needed.
_DUSK: Final = 0.12
# Of chances from 0 to 1 more are below it than above.
_MOSTLY: Final = 0.6
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Room:
    """How a room is heated, and what the people in it do to its air.

    `day` and `night` are degrees; `sunny` the degrees that the sun adds; `humid` percentage points.
    """

    day: float
    night: float
    sunny: float
    humid: float


_ROOMS: Final[Mapping[str, _Room]] = {
    "living_climate": _Room(21.5, 19.6, 1.8, 1.0),
    "kitchen_climate": _Room(20.9, 19.4, 0.8, 3.0),
    "bedroom_climate": _Room(18.9, 18.0, 1.0, 2.0),
    "office_air": _Room(20.2, 18.8, 2.2, -1.0),
    "bathroom_climate": _Room(22.8, 20.9, 0.3, 8.0),
}


@dataclass(frozen=True, slots=True)
class _Moment:
    """A time in the house: its day, the hour (local, with its fraction), weather and people."""

    day: date
    hour: float
    weather: Weather
    people: int
    is_away: bool

    @property
    def at(self) -> float:
        """The time as days."""
        return self.day.toordinal() + self.hour / 24

    @property
    def is_weekend(self) -> bool:
        """Whether nobody works."""
        return self.day.weekday() >= SATURDAY


def _bump(hour: float, middle: float, width: float) -> float:
    """Return 1 at an hour and less around it, 0 beyond the width (hours)."""
    away = abs(hour - middle) / width
    return (1 + math.cos(math.pi * away)) / 2 if away < 1 else 0.0


def _between(hour: float, first: float, last: float, edge: float) -> float:
    """Return 1 between two hours and 0 outside, with slopes that last `edge` hours."""
    begun, left = (hour - first) / edge, (last + edge - hour) / edge
    return max(0.0, min(1.0, begun, left))


class House:
    """The house of a household that was furnished on a day."""

    def __init__(self, today: date, zone: tzinfo) -> None:
        self.diary = Diary(today)
        self._zone = zone
        # By hour (UTC): kilowatt hours since the first day, up to its beginning.
        self._energy: list[float] = [0.0]
        self._begun = datetime.combine(self.diary.first, datetime.min.time(), zone)

    @property
    def begun(self) -> datetime:
        """The time at which the histories begin."""
        return self._begun

    def values(self, when: datetime) -> dict[Series, float]:
        """Return what every sensor measures at a time (aware), rounded as it reports."""
        now = self._moment(when)
        found: dict[Series, float] = {}
        for key, room in _ROOMS.items():
            found[key, TEMPERATURE] = _temperature(now, key, room, self.diary)
            found[key, HUMIDITY] = _humidity(now, key, room)
        found["office_air", CO2] = _carbon_dioxide(now, self.diary)
        found["garden_climate", TEMPERATURE] = now.weather.temperature
        found["garden_climate", HUMIDITY] = now.weather.humidity
        found["hallway_motion", ILLUMINANCE] = _illuminance(now)
        found[METER, POWER] = _watts(now)
        found[METER, ENERGY] = FIRST_READING + self.energy(when)
        return {series: round(value, PRECISION[series[1]]) for series, value in found.items()}

    def batteries(self, when: datetime) -> dict[Series, float]:
        """Return the levels of all batteries at a time (aware), in whole percent."""
        local = when.astimezone(self._zone)
        return {
            (device.key, BATTERY): round(self._battery(device, local))
            for device in DEVICES
            if BATTERY in device.values
        }

    def energy(self, when: datetime) -> float:
        """Return the kilowatt hours that were used since the histories begin."""
        hours, rest = divmod(max(0.0, (when - self._begun) / _HOUR), 1)
        whole = int(hours)
        while len(self._energy) <= whole:
            self._energy.append(self._energy[-1] + self.mean_power(len(self._energy) - 1) / 1000)
        return self._energy[whole] + rest * self.mean_power(whole) / 1000

    def _battery(self, device: Device, local: datetime) -> float:
        """Return the level of a battery in percent: replaced when it is empty, or charged."""
        level = device.values[BATTERY]
        if device.charged_at is not None:
            passed = (local.hour + local.minute / 60 - device.charged_at) % 24
            lazy = 6 * drifting(len(device.name), local.toordinal())
            return _FULL - (_FULL - 34) * passed / 24 - lazy
        days = (local.date() - self.diary.today).days
        return max(1.0, (level - device.drain * days) % _FULL)

    def mean_power(self, hour: int) -> float:
        """Return the mean watts of an hour, counted from the beginning of the histories."""
        return _watts(self._moment(self._begun + (hour + 0.5) * _HOUR))

    def _moment(self, when: datetime) -> _Moment:
        local = when.astimezone(self._zone)
        day, hour = local.date(), local.hour + local.minute / 60 + local.second / 3600
        present = sum(self.diary.is_at_home(person, day, hour) for person in (ANNA, JAN))
        return _Moment(day, hour, weather(day, hour), present, self.diary.is_holiday(day))


def _temperature(now: _Moment, key: str, room: _Room, diary: Diary) -> float:
    seed = len(key)
    outdoors = now.weather
    heated = 0.0 if now.is_away else _between(now.hour, 5.5, 21.5, 1.8)
    if key == "office_air" and not diary.works_at_home(ANNA, now.day):
        heated *= 0.45
    if key == "bedroom_climate":
        heated = max(heated, 0.7 * _between((now.hour + 12) % 24, 10.5, 18.5, 1.5))
    kept = room.night + (room.day - room.night) * heated
    warm = 0.62 * max(0.0, outdoors.daily_mean - 14.0)
    lag = outdoors.sun * room.sunny * (0.4 + 0.6 * outdoors.summer)
    aired = -1.1 * _bump(now.hour, 7.2 + randomly(seed, now.day.toordinal()), 0.8)
    people = 0.15 * now.people
    if key == "bathroom_climate":
        people += 1.3 * _shower(now)
    if key == "kitchen_climate":
        people += 1.6 * _cooking(now)
    swing = 0.05 * (outdoors.temperature - outdoors.daily_mean)
    noise = 0.5 * drifting(seed, now.at * 3) + 0.25 * drifting(seed + 7, now.at * 30) - 0.375
    return kept + warm + lag + (0.0 if now.is_away else aired + people) + swing + noise


def _humidity(now: _Moment, key: str, room: _Room) -> float:
    seed = len(key) + 20
    dry = 38.0 + 0.95 * max(0.0, now.weather.daily_mean) + 4 * (now.weather.cloud - 0.5)
    people = 0.0
    if not now.is_away:
        people = 0.8 * now.people
        if key == "bathroom_climate":
            people += 21 * _shower(now)
        if key == "kitchen_climate":
            people += 11 * _cooking(now)
        if key == "bedroom_climate":
            people += 7 * _between((now.hour + 12) % 24, 11, 18.8, 2.0)
    noise = 5 * (drifting(seed, now.at * 2) - 0.5) + 2 * (drifting(seed + 7, now.at * 24) - 0.5)
    return min(92.0, max(22.0, dry + room.humid + people + noise))


def _shower(now: _Moment) -> float:
    morning = 8.6 if now.is_weekend else 6.6
    return min(1.0, _fading(now.hour, morning) + 0.7 * _fading(now.hour, 21.4))


def _fading(hour: float, begins: float) -> float:
    """Return 1 soon after an hour, and less and less in the next ones."""
    passed = hour - begins
    return min(1.0, passed / 0.25) * math.exp(-max(0.0, passed - 0.25) / 0.9) if passed > 0 else 0.0


def _cooking(now: _Moment) -> float:
    if now.is_away or not now.people:
        return 0.0
    dinner = 13.8 if now.is_weekend else 18.4
    return _bump(now.hour, dinner, 1.3) + 0.3 * _bump(now.hour, 7.4 + now.is_weekend, 0.7)


def _carbon_dioxide(now: _Moment, diary: Diary) -> float:
    seed = now.day.toordinal()
    noise = 30 * (drifting(31, now.at * 24) - 0.5)
    if now.is_away:
        return _OUTDOORS + 12 + noise / 3
    base = _OUTDOORS + 55 * now.people + noise
    if diary.works_at_home(ANNA, now.day):
        # The window is opened at noon.
        for begins, ends, most in ((8.6, 12.2, 640.0), (12.8, 16.6, 560.0)):
            high = most * (0.85 + 0.3 * randomly(32, seed))
            if begins <= now.hour < ends:
                return base + high * (1 - math.exp(-(now.hour - begins) / 1.7))
            if ends <= now.hour < ends + 4:
                left = high * (1 - math.exp(-(ends - begins) / 1.7))
                airing = 0.18 if ends < _NOON + 1 else 0.9
                base += left * math.exp(-(now.hour - ends) / airing)
        return base
    evening = 260 * (randomly(33, seed) > _MOSTLY) * _between(now.hour, 19.5, 21.5, 1.0)
    return base + evening


def _illuminance(now: _Moment) -> float:
    is_up = (6.3 if not now.is_weekend else 8.0) <= now.hour < _BEDTIME
    is_lit = now.weather.sun < _DUSK and is_up and now.people
    lamp = 55 * (drifting(41, now.at * 48) < _MOSTLY) if is_lit else 0
    return 1 + 420 * now.weather.sun + lamp


def _watts(now: _Moment) -> float:
    fridge = 62 if drifting(51, now.at * 30) > _MOSTLY else 4
    base = 74 + fridge + 14 * drifting(52, now.at * 60)
    if now.is_away:
        return base
    number = now.day.toordinal()
    dark = max(0.0, 0.25 - now.weather.sun) * 4
    waking = 7.2 if not now.is_weekend else 9.0
    used = 900 * _bump(now.hour, waking, 0.5)
    used += 1450 * _cooking(now) * (0.7 + 0.6 * randomly(53, number))
    if now.people:
        evening = _between(now.hour, 17.0, 22.4, 0.7)
        used += evening * (110 + 130 * dark) + 60 * dark * _between(now.hour, 6.4, 8.0, 0.4)
        used += 85 * now.people * _between(now.hour, 8.5, 16.5, 0.3)
    if number % 2:
        used += 1150 * _between(now.hour, 20.4, 21.3, 0.15)
    if now.day.weekday() == SATURDAY or number % 5 == 0:
        used += 760 * _between(now.hour, 10.6, 12.2, 0.1)
    return base + used * (0.85 + 0.3 * drifting(54, now.at * 96))
