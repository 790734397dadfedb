"""The past of the demo home as the recorder would have kept it: the house, and what its twin saw.

States of two weeks, and statistics of two years: a row is an hour in the last two months, and six
hours before them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise
from statistics import fmean
from typing import Any, Final

from homeassistant.components.recorder.statistics import STATISTIC_UNIT_TO_UNIT_CONVERTER
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.components.sensor.const import UNIT_CONVERTERS
from homeassistant.util import slugify

from .custom_components.demo_home.diary import ANNA, JAN
from .custom_components.demo_home.house import (
    DEVICES,
    FLOORS,
    METER,
    ROOMS,
    UNITS,
    Device,
    state_class,
)
from .custom_components.demo_home.life import BATTERY, ENERGY, POWER, TEMPERATURE, House, Series
from .furnish import HOME
from .recorder import Change, EntityPast, Hour

# How long ago the states, and the hourly rows of statistics, begin.
STATES_SINCE: Final = timedelta(days=15)
HOURS_SINCE: Final = timedelta(days=60)
MEASURED_EVERY: Final = timedelta(minutes=10)
_LOOKED_EVERY: Final = timedelta(minutes=5)
_HOUR: Final = timedelta(hours=1)
_EARLIER: Final = timedelta(hours=6)
_LEVELS: Final = timedelta(hours=6)
# What somebody set by hand was reached in about so many hours.
_SET_HOURS: Final = 5.0
# Percent.
_LOW: Final = 15
_NAMES: Final[Mapping[SensorDeviceClass, str]] = {
    SensorDeviceClass.BATTERY: "Battery",
    SensorDeviceClass.CO2: "Carbon dioxide",
    SensorDeviceClass.ENERGY: "Energy",
    SensorDeviceClass.HUMIDITY: "Humidity",
    SensorDeviceClass.ILLUMINANCE: "Illuminance",
    SensorDeviceClass.POWER: "Power",
    SensorDeviceClass.TEMPERATURE: "Temperature",
}
_OUTDOORS: Final = "Garden"


@dataclass(frozen=True, slots=True)
class _Samples:
    """What all sensors measured at some times (aware), oldest first."""

    times: Sequence[datetime]
    values: Sequence[dict[Series, float]]

    def of(self, read: Callable[[Mapping[Series, float]], float]) -> Iterator[tuple[float, float]]:
        """Yield each time (seconds since 1970) with a value."""
        for time, values in zip(self.times, self.values, strict=True):
            yield time.timestamp(), read(values)


def house_past(now: datetime, zone: tzinfo, sliders: Mapping[str, float]) -> Iterator[EntityPast]:
    """Yield what was recorded of the sensors of the house, of its twin and of who was at home.

    Args:
        now: The time (aware) at which the past ends.
        zone: Where the house is.
        sliders: The present values of the helpers that sensors follow.
    """
    house = House(now.astimezone(zone).date(), zone)
    recent = _sampled(house, now - STATES_SINCE, now, MEASURED_EVERY, house.values)
    hour = now.replace(minute=0, second=0, microsecond=0)
    hourly = _sampled(house, hour - HOURS_SINCE, hour, _HOUR, house.values)
    earlier = _sampled(house, house.begun, hourly.times[0], _EARLIER, house.values)
    long = _Samples([*earlier.times, *hourly.times[1:]], [*earlier.values, *hourly.values[1:]])
    for samples in (recent, long):
        _set_by_hand(samples, now, sliders)
    for device in DEVICES:
        for device_class in (*device.moved, *device.values):
            if device_class is not BATTERY:
                past = _measured(device, device_class, recent, long)
                yield _with_mean_power(past, long) if device_class is POWER else past
    levels = _sampled(house, now - STATES_SINCE, now, _HOUR, house.batteries)
    yield from _batteries(levels, _sampled(house, house.begun, hour, _LEVELS, house.batteries))
    yield from _twin(recent, long)
    yield from _presence(house, now, zone)
    yield from _status(levels)


def _sampled(
    house: House,
    first: datetime,
    last: datetime,
    step: timedelta,
    measure: Callable[[datetime], dict[Series, float]],
) -> _Samples:
    """Measure from one time to another, both included if the step fits."""
    count = int((last - max(first, house.begun)) / step)
    times = [last - step * back for back in range(count, -1, -1)]
    return _Samples(times, [measure(time) for time in times])


def _set_by_hand(samples: _Samples, now: datetime, sliders: Mapping[str, float]) -> None:
    """Let what follows a slider come to its present value within the last hours."""
    for device in DEVICES:
        for device_class, helper in device.moved.items():
            series = device.key, device_class
            missing = sliders[helper] - samples.values[-1][series]
            for time, values in zip(samples.times, samples.values, strict=True):
                share = 1 - (now - time) / timedelta(hours=_SET_HOURS)
                if share > 0:
                    values[series] = round(values[series] + missing * share, 1)


def _measured(
    device: Device, device_class: SensorDeviceClass, recent: _Samples, long: _Samples
) -> EntityPast:
    series = device.key, device_class
    return _entity(
        f"sensor.{slugify(device.name)}_{slugify(_NAMES[device_class])}",
        f"{device.name} {_NAMES[device_class]}",
        device_class,
        recent.of(lambda values: values[series]),
        long.of(lambda values: values[series]),
    )


def _entity(
    entity_id: str,
    name: str,
    device_class: SensorDeviceClass,
    recent: Iterable[tuple[float, float]],
    long: Iterable[tuple[float, float]],
) -> EntityPast:
    unit = UNITS[device_class]
    kind = state_class(device_class)
    converter = UNIT_CONVERTERS.get(device_class) or STATISTIC_UNIT_TO_UNIT_CONVERTER.get(unit)
    is_known = converter is not None and unit in converter.VALID_UNITS
    return EntityPast(
        entity_id=entity_id,
        attributes={
            "state_class": kind,
            "unit_of_measurement": unit,
            "device_class": device_class,
            "friendly_name": name,
        },
        states=[Change(time, str(float(value))) for time, value in recent],
        hours=_hours(list(long), is_counter=kind is SensorStateClass.TOTAL_INCREASING),
        unit_class=converter.UNIT_CLASS if converter and is_known else None,
    )


def _hours(samples: Sequence[tuple[float, float]], *, is_counter: bool) -> list[Hour]:
    """Return a row for each sample but the last: from it to the next one."""
    rows = []
    for (start, value), (_, after) in pairwise(samples):
        if is_counter:
            rows.append(Hour(start, total=after))
        else:
            rows.append(
                Hour(start, round((value + after) / 2, 2), min(value, after), max(value, after))
            )
    return rows


def _with_mean_power(past: EntityPast, long: _Samples) -> EntityPast:
    """Return the past of a power whose means are what the meter counted."""
    meter = [*long.of(lambda values: values[METER, ENERGY])]
    hours = []
    for row, (start, before), (end, after) in zip(past.hours, meter, meter[1:], strict=False):
        mean = round((after - before) * 3_600_000 / (end - start), 2)
        low, high = min(mean, row.low or 0.0), max(mean, row.high or 0.0)
        hours.append(row._replace(mean=mean, low=low, high=high))
    return replace(past, hours=hours)


def _batteries(recent: _Samples, long: _Samples) -> Iterator[EntityPast]:
    for device in DEVICES:
        if BATTERY in device.values:
            yield _measured(device, BATTERY, recent, long)


def _twin(recent: _Samples, long: _Samples) -> Iterator[EntityPast]:
    """Yield what the twin made of the sensors: means of the rooms of each floor and of the home."""
    floors = {room.name: room.floor for room in ROOMS}
    for place in (None, *FLOORS):
        devices = [
            device
            for device in DEVICES
            if device.room
            and device.room != _OUTDOORS
            and (place is None or floors[device.room] == place)
        ]
        for device_class, name in _NAMES.items():
            series = [
                (device.key, device_class)
                for device in devices
                if device_class in device.values or device_class in device.moved
            ]
            if not series or device_class in (BATTERY, ENERGY, POWER):
                continue
            yield _mean_of(f"{place} {name}" if place else name, device_class, series, recent, long)
    for device_class in (POWER, ENERGY):
        series = [(METER, device_class)]
        past = _mean_of(_NAMES[device_class], device_class, series, recent, long)
        yield _with_mean_power(past, long) if device_class is POWER else past


def _mean_of(
    name: str,
    device_class: SensorDeviceClass,
    series: Sequence[Series],
    recent: _Samples,
    long: _Samples,
) -> EntityPast:
    digits = {TEMPERATURE: 1, SensorDeviceClass.HUMIDITY: 1, ENERGY: 3}.get(device_class, 0)

    def mean(values: Mapping[Series, float]) -> float:
        return round(fmean(values[each] for each in series), digits)

    return _entity(
        f"sensor.{slugify(HOME)}_{slugify(name)}",
        f"{HOME} {name}",
        device_class,
        recent.of(mean),
        long.of(mean),
    )


def _presence(house: House, now: datetime, zone: tzinfo) -> Iterator[EntityPast]:
    """Yield where people were, and what that says of the home; now everybody is there."""
    count = int(STATES_SINCE / _LOOKED_EVERY)
    times = [now - _LOOKED_EVERY * back for back in range(count, 0, -1)]
    present: dict[str, list[bool]] = {}
    for person in (ANNA, JAN):
        present[person] = []
        for time in times:
            local = time.astimezone(zone)
            hour = local.hour + local.minute / 60
            present[person].append(house.diary.is_at_home(person, local.date(), hour))
        texts = ["home" if here else "not_home" for here in present[person]]
        name = person.capitalize()
        phone = {"friendly_name": f"{name}'s phone", "source_type": "gps"}
        yield _stated(f"device_tracker.{person}_s_phone", phone, times, texts)
        yield _stated(f"person.{person}", {"friendly_name": name}, times, texts)
        helper = {"friendly_name": f"{name} is at home", "editable": False}
        on = ["on" if here else "off" for here in present[person]]
        yield _stated(f"input_boolean.{person}_at_home", helper, times, on)
    someone = [anna or jan for anna, jan in zip(present[ANNA], present[JAN], strict=True)]
    home = slugify(HOME)
    yield _stated(
        f"sensor.{home}_occupancy_status",
        {"friendly_name": f"{HOME} Occupancy status", "device_class": "enum"},
        times,
        ["occupied" if here else "away" for here in someone],
    )
    yield _stated(
        f"binary_sensor.{home}_somebody_home",
        {"friendly_name": f"{HOME} Somebody home", "device_class": "occupancy"},
        times,
        ["on" if here else "off" for here in someone],
    )


def _stated(
    entity_id: str, attributes: Mapping[str, Any], times: Sequence[datetime], texts: Sequence[str]
) -> EntityPast:
    states = [Change(time.timestamp(), text) for time, text in zip(times, texts, strict=True)]
    return EntityPast(entity_id=entity_id, attributes=attributes, states=states)


def _status(levels: _Samples) -> Iterator[EntityPast]:
    """Yield how the home was: one battery has become low."""
    drained = [device.key for device in DEVICES if device.drain]
    low = [min(values[key, BATTERY] for key in drained) <= _LOW for values in levels.values]
    home = slugify(HOME)
    for domain, name, attributes, texts in (
        ("sensor", "Operational status", {"device_class": "enum"}, ("optimal", "degraded")),
        ("binary_sensor", "Needs attention", {"device_class": "problem"}, ("off", "on")),
        ("sensor", "Low batteries", {"state_class": "measurement"}, ("0", "1")),
    ):
        yield _stated(
            f"{domain}.{home}_{slugify(name)}",
            {"friendly_name": f"{HOME} {name}", **attributes},
            levels.times,
            [texts[each] for each in low],
        )
