"""The roles of entities in a home: what a sensor measures, reports of its device, or warns of.

Values are read in the units of this Home Assistant.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from math import isinf
from typing import NamedTuple

from homeassistant.components.sensor.const import AMBIGUOUS_UNITS, UNIT_CONVERTERS
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, PERCENTAGE, STATE_UNAVAILABLE, Platform
from homeassistant.core import State
from homeassistant.util.unit_system import UnitSystem

from ...twin.home.conditions import QUANTITIES, SENSOR_KINDS, EvidenceKind, Quantity, number
from ...twin.home.kinds import (
    LeftOut,
    is_no_battery_level,
    is_public_warning,
    is_rain,
    no_air_of_the_room,
    tells_charging,
)
from ...twin.home.operational import SAFETY_KINDS, CauseKind

_BATTERY = "battery"
_SAFETY = {kind.value: kind for kind in SAFETY_KINDS}
_PRESENCE = {kind.value: kind for kind in SENSOR_KINDS}
# Thermostats, air conditioners and humidifiers measure the room in an attribute.
_ROOM_ATTRIBUTES: Mapping[str, str] = {
    "temperature": "current_temperature",
    "humidity": "current_humidity",
}
ROOM_DEVICE_DOMAINS = frozenset({Platform.CLIMATE, Platform.HUMIDIFIER})

_BY_DEVICE_CLASS: dict[str, tuple[Quantity, ...]] = {}
for _quantity in QUANTITIES.values():
    _BY_DEVICE_CLASS[_quantity.device_class] = (
        *_BY_DEVICE_CLASS.get(_quantity.device_class, ()),
        _quantity,
    )
_CONVERTERS = {str(name): converter for name, converter in UNIT_CONVERTERS.items()}


class DeviceDetail(Enum):
    """What an entity reports about its device, besides whether the device is available."""

    BATTERY = "battery"
    BATTERY_FLAG = "battery_flag"
    CHARGING = "charging"
    UPDATE = "update"


_BINARY_DETAILS = {
    "battery": DeviceDetail.BATTERY_FLAG,
    "battery_charging": DeviceDetail.CHARGING,
}


class EntityRole(NamedTuple):
    """What an entity is used for: measured quantities, an alarm, a presence sensor, a detail.

    `left_out`: why its quantity is not that of its room, as far as its name tells.
    """

    quantities: tuple[str, ...] = ()
    left_out: LeftOut | None = None
    alarm: CauseKind | None = None
    presence: EvidenceKind | None = None
    detail: DeviceDetail | None = None


NO_ROLE = EntityRole()


class EntityTraits(NamedTuple):
    """What the registries tell of an entity.

    `names`: its translation key and name. `device_names`: the name and model of its device.
    `primary`: it is neither diagnostic nor a setting. `service`: its device is no
    thing in the home.
    """

    domain: str
    device_class: str | None
    unit: str | None
    integration: str | None
    names: tuple[str | None, ...]
    device_names: tuple[str | None, ...] = ()
    primary: bool = True
    visible: bool = True
    service: bool = False


def role_of(entity: EntityTraits) -> EntityRole:
    """Return the role of an entity.

    Diagnostic, config and hidden entities neither measure a room nor detect people. Batteries and
    problems count although most are diagnostic; safety sensors count even when hidden.
    """
    match entity.domain:
        case "sensor":
            return _sensor_role(entity)
        case "binary_sensor" if entity.device_class is not None:
            return _binary_role(entity, entity.device_class)
        case "update":
            return EntityRole(detail=DeviceDetail.UPDATE)
        case "alarm_control_panel":
            return EntityRole(alarm=CauseKind.ALARM_TRIGGERED)
        case "vacuum" | "lawn_mower":
            return EntityRole(detail=DeviceDetail.CHARGING)
    return NO_ROLE


def room_device_role(state: State | None, before: EntityRole) -> EntityRole:
    """Return the role of a thermostat, air conditioner or humidifier by the attributes it has.

    A quantity that it had before remains while the entity is unavailable.
    """
    attributes = state.attributes if state else {}
    found = tuple(
        quantity
        for quantity, attribute in _ROOM_ATTRIBUTES.items()
        if attributes.get(attribute) is not None or quantity in before.quantities
    )
    return EntityRole(quantities=found) if found else NO_ROLE


def measures_room(state: State | None) -> bool:
    """Return whether a thermostat or humidifier measures its room."""
    return room_device_role(state, NO_ROLE) is not NO_ROLE


def _sensor_role(entity: EntityTraits) -> EntityRole:
    if entity.device_class == _BATTERY:
        level = entity.unit == PERCENTAGE and not is_no_battery_level(entity.names)
        return EntityRole(detail=DeviceDetail.BATTERY) if level else NO_ROLE
    if entity.unit is None and tells_charging(entity.names):
        return EntityRole(detail=DeviceDetail.CHARGING)
    if not (entity.primary and entity.visible):
        return NO_ROLE
    quantity = quantity_of(entity.device_class, entity.unit)
    if quantity is None:
        return NO_ROLE
    why = no_air_of_the_room(quantity.key, entity.names, entity.device_names)
    return EntityRole(quantities=(quantity.key,), left_out=why)


def _binary_role(entity: EntityTraits, device_class: str) -> EntityRole:
    names = (*entity.names, *entity.device_names)
    if detail := _BINARY_DETAILS.get(device_class):
        return EntityRole(detail=detail)
    if device_class in _SAFETY:
        kind = _SAFETY[device_class]
        return NO_ROLE if _is_weather(kind, entity, names) else EntityRole(alarm=kind)
    if device_class == CauseKind.PROBLEM and entity.visible:
        return EntityRole(alarm=CauseKind.PROBLEM)
    if device_class in _PRESENCE and entity.primary and entity.visible:
        return EntityRole(presence=_PRESENCE[device_class])
    return NO_ROLE


def _is_weather(kind: CauseKind, entity: EntityTraits, names: tuple[str | None, ...]) -> bool:
    """Return whether a safety sensor tells of rain, or of a warning for a whole region."""
    if kind is CauseKind.MOISTURE:
        return is_rain(names)
    return kind is CauseKind.SAFETY and (
        entity.service or is_public_warning(entity.integration, names)
    )


def quantity_of(device_class: str | None, unit: str | None) -> Quantity | None:
    """Return the quantity that a sensor measures; None for other device classes and units."""
    for quantity in _BY_DEVICE_CLASS.get(device_class or "", ()):
        if _converts(quantity, AMBIGUOUS_UNITS.get(unit, unit)):
            return quantity
    return None


def _units(system: UnitSystem) -> dict[str, str | None]:
    units = {
        key: system.get_converted_unit(quantity.device_class, quantity.unit) or quantity.unit
        for key, quantity in QUANTITIES.items()
    }
    # Home Assistant keeps the unit of temperatures apart from the other conversions.
    return units | {"temperature": system.temperature_unit}


def _converts(quantity: Quantity, unit: str | None) -> bool:
    if unit == quantity.unit:
        return True
    converter = _CONVERTERS.get(quantity.device_class)
    return converter is not None and unit in converter.VALID_UNITS


# Degrees Celsius: what a DS18B20 reports after power-on, before its first measurement.
_POWER_ON = 85.0
# Absorbs the rounding of unit conversions.
_TINY = 1e-6


class SensorReader:
    """Reads states as numbers in the units of one unit system; `units` are by quantity."""

    def __init__(self, system: UnitSystem) -> None:
        self.units = _units(system)
        self._factories: dict[tuple[str, str | None], Callable[[float], float] | None] = {}
        self._ranges = {
            key: (self._own_unit(quantity, quantity.least), self._own_unit(quantity, quantity.most))
            for key, quantity in QUANTITIES.items()
        }
        self._power_on = self._own_unit(QUANTITIES["temperature"], _POWER_ON)
        # Temperature differences: degrees Fahrenheit are smaller.
        self.scale = self._own_unit(QUANTITIES["temperature"], 1.0) - self._own_unit(
            QUANTITIES["temperature"], 0.0
        )
        self.freezing = self._own_unit(QUANTITIES["temperature"], 0.0)

    def read(self, quantity: str, state: State | None) -> float | None:
        """Return the value of a sensor; None unless it is a possible number in a known unit."""
        if state is None or (value := number(state.state)) is None:
            return None
        unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
        if unit == self.units[quantity]:
            return self._possible(quantity, value)
        if not isinstance(unit, str | None):
            return None
        key = (quantity, unit)
        if key not in self._factories:
            self._factories[key] = self._factory(quantity, unit)
        if (convert := self._factories[key]) is None:
            return None
        return self._possible(quantity, convert(value))

    def read_attribute(self, quantity: str, state: State | None) -> float | None:
        """Return the value that a thermostat or humidifier measures in its room."""
        if state is None or state.state == STATE_UNAVAILABLE:
            return None
        value = number(str(state.attributes.get(_ROOM_ATTRIBUTES[quantity])))
        return None if value is None else self._possible(quantity, value)

    def _possible(self, quantity: str, value: float) -> float | None:
        least, most = self._ranges[quantity]
        if not least <= value <= most:
            return None
        if quantity == "temperature" and abs(value - self._power_on) < _TINY:
            return None
        return value

    def _own_unit(self, quantity: Quantity, value: float) -> float:
        """Convert a bound from the metric unit of a quantity; infinite ones stay."""
        convert = None if isinf(value) else self._factory(quantity.key, quantity.unit)
        return convert(value) if convert else value

    def _factory(self, quantity: str, unit: str | None) -> Callable[[float], float] | None:
        source = AMBIGUOUS_UNITS.get(unit, unit)
        target = self.units[quantity]
        if source == target:
            return float
        if not _converts(QUANTITIES[quantity], source):
            return None
        return _CONVERTERS[QUANTITIES[quantity].device_class].converter_factory(source, target)
