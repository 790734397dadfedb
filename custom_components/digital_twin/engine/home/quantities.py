"""The quantity that a sensor measures, and its values in the units of this Home Assistant."""

from collections.abc import Callable

from homeassistant.components.sensor.const import AMBIGUOUS_UNITS, UNIT_CONVERTERS
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT
from homeassistant.core import State
from homeassistant.util.unit_system import UnitSystem

from ...twin.home.environment import QUANTITIES, Quantity, number, usable

_BY_DEVICE_CLASS: dict[str, tuple[Quantity, ...]] = {}
for _quantity in QUANTITIES.values():
    _BY_DEVICE_CLASS[_quantity.device_class] = (
        *_BY_DEVICE_CLASS.get(_quantity.device_class, ()),
        _quantity,
    )
_CONVERTERS = {str(name): converter for name, converter in UNIT_CONVERTERS.items()}


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


class SensorReader:
    """Reads states as numbers in the units of one unit system; `units` are by quantity."""

    def __init__(self, system: UnitSystem) -> None:
        self.units = _units(system)
        self._factories: dict[tuple[str, str | None], Callable[[float], float] | None] = {}

    def read(self, quantity: str, state: State | None) -> float | None:
        """Return the value of a sensor; None unless it is a finite number in a known unit."""
        if state is None or (value := number(state.state)) is None:
            return None
        unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
        if unit == self.units[quantity]:
            return value
        if not isinstance(unit, str | None):
            return None
        key = (quantity, unit)
        if key not in self._factories:
            self._factories[key] = self._factory(quantity, unit)
        if (convert := self._factories[key]) is None:
            return None
        converted = convert(value)
        return converted if usable(converted) else None

    def _factory(self, quantity: str, unit: str | None) -> Callable[[float], float] | None:
        source = AMBIGUOUS_UNITS.get(unit, unit)
        target = self.units[quantity]
        if source == target:
            return float
        if not _converts(QUANTITIES[quantity], source):
            return None
        return _CONVERTERS[QUANTITIES[quantity].device_class].converter_factory(source, target)
