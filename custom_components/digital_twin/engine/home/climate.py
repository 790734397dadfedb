"""The measured values of one home, aggregated from sensors and energy meters."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from math import fsum
from typing import Any
from weakref import WeakMethod

from homeassistant.components.energy.data import EnergyManager, async_get_manager
from homeassistant.core import HomeAssistant, State, StateMachine, valid_entity_id

from ...twin.home.conditions import (
    AREA_SPREAD,
    HOME_SPREAD,
    QUANTITIES,
    USUAL,
    Aggregate,
    near,
    of_area,
    of_areas,
    of_meters,
)
from .memory import EnergyMemory
from .plan import HOME_PLACE, AreaPlan, EnergyPlan, HomePlan, Meters, PlaceKey
from .roles import ROOM_DEVICE_DOMAINS, SensorReader

ENERGY = "energy"
TEMPERATURE = "temperature"

type CellKey = tuple[PlaceKey, str]


@dataclass(eq=False, slots=True)
class _Sensor:
    """A sensor with its last value and the cells that it contributes to.

    `read`: reads its state, or the attribute in which a thermostat measures its room.
    """

    entity_id: str
    quantity: str
    read: Callable[[str, State | None], float | None]
    value: float | None = None
    cells: tuple[_Cell, ...] = ()


@dataclass(eq=False, slots=True)
class _Cell:
    """One quantity of one place, with its sources: sensors, areas (floor, home) or meters.

    `spread`: values so far from the others do not count; None for all but temperatures.
    `dependents` are the cells that this one is a source of. Cells are compared by identity:
    hashing their keys for each changed sensor would cost more than everything else.
    """

    key: CellKey
    sensors: tuple[_Sensor, ...] = ()
    areas: list[_Cell] = field(default_factory=list)
    meters: dict[tuple[str, int], _Sensor] = field(default_factory=dict)
    energy: EnergyTotal | None = None
    spread: float | None = None
    usual: tuple[float, float] = (0.0, 0.0)
    dependents: list[_Cell] = field(default_factory=list)
    exact: Aggregate | None = None

    def aggregate(self) -> Aggregate | None:
        """Combine the present values of the sources."""
        summed = QUANTITIES[self.key[1]].summed
        if self.energy:
            return self.energy.update(
                {meter: sensor.value for meter, sensor in self.meters.items()}
            )
        if self.meters:
            return of_meters((sensor.value, sign) for (_, sign), sensor in self.meters.items())
        if self.sensors:
            values = [sensor.value for sensor in self.sensors if sensor.value is not None]
            return of_area(self._near(values, values), summed=summed)
        areas = [area.exact for area in self.areas if area.exact is not None]
        return of_areas(self._near(areas, [area.value for area in areas]), summed=summed)

    def far_off(self) -> tuple[str, ...]:
        """Return the sensors of an area that do not count now: too far from the others."""
        known = [
            (sensor.entity_id, sensor.value)
            for sensor in self.sensors
            if sensor.value is not None and self.spread is not None
        ]
        counted = self._near([ref for ref, _ in known], [value for _, value in known])
        return tuple(ref for ref, _ in known if ref not in counted)

    def _near[T](self, sources: list[T], values: list[float]) -> list[T]:
        if self.spread is None or len(values) < 2:  # noqa: PLR2004  # one is near itself
            return sources
        counted = near(values, self.spread, self.usual)
        return [source for source, ok in zip(sources, counted, strict=True) if ok]


class Climate:
    """Keeps the last value of every sensor, and recomputes only the cells of changed sensors."""

    def __init__(self, states: StateMachine, reader: SensorReader, energy: EnergyTotal) -> None:
        self._states = states
        self._reader = reader
        self._energy = energy
        self._sensors: dict[str, tuple[_Sensor, ...]] = {}
        self._cells: dict[CellKey, _Cell] = {}
        self._rounded: dict[CellKey, Aggregate] = {}
        # What the cells were made from.
        self._sources: tuple[object, ...] = ()

    @property
    def units(self) -> Mapping[str, str | None]:
        """The unit of each quantity."""
        return self._reader.units

    def rounded(self, key: CellKey) -> Aggregate | None:
        """Return a value, rounded to the precision of its quantity."""
        return self._rounded.get(key)

    def far_off(self, key: CellKey) -> tuple[str, ...]:
        """Return the sensors of an area that do not count now: too far from the others."""
        cell = self._cells.get(key)
        return cell.far_off() if cell else ()

    def replan(self, plan: HomePlan, reader: SensorReader) -> set[CellKey]:
        """Use another plan; return the cells whose values changed."""
        sources = (plan.places, plan.areas, plan.floor_sources, plan.meters, reader.units)
        if sources == self._sources:
            return set()
        self._sources = sources
        before, self._rounded = self._rounded, {}
        self._reader = reader
        self._sensors = {}
        cells = self._cells = {
            (place.key, quantity): self._cell(place.key, quantity)
            for place in plan.places.values()
            for quantity in place.quantities
        }
        for area in plan.areas.values():
            self._connect_area(area, cells)
        for place, by_quantity in plan.floor_sources.items():
            for quantity, entity_ids in by_quantity.items():
                cell = cells[place, quantity]
                cell.sensors = tuple(self._connect(ref, quantity, cell) for ref in entity_ids)
        for quantity, meters in plan.meters.items():
            cell = cells[HOME_PLACE, quantity]
            cell.meters = {meter: self._connect(meter[0], quantity, cell) for meter in meters}
            if quantity == ENERGY:
                self._energy.replan(meters)
                cell.energy = self._energy
        for entity_id, sensors in self._sensors.items():
            for sensor in sensors:
                sensor.value = sensor.read(sensor.quantity, self._states.get(entity_id))
        self._compute(cells.values())
        return {
            key
            for key in before.keys() | self._rounded.keys()
            if before.get(key) != self._rounded.get(key)
        }

    def update(self, changed: Mapping[str, State | None]) -> set[CellKey]:
        """Process changed states; return the cells whose values changed."""
        dirty: set[_Cell] = set()
        get = self._sensors.get
        for entity_id, state in changed.items():
            for sensor in get(entity_id, ()):
                value = sensor.read(sensor.quantity, state)
                if value != sensor.value:
                    sensor.value = value
                    dirty.update(sensor.cells)
        return self._compute(dirty | {whole for cell in dirty for whole in cell.dependents})

    def _connect_area(self, area: AreaPlan, cells: Mapping[CellKey, _Cell]) -> None:
        for quantity, entity_ids in area.sources.items():
            rule = QUANTITIES[quantity]
            cell = cells[PlaceKey("area", area.area_id), quantity]
            cell.sensors = tuple(
                self._connect(entity_id, quantity, cell) for entity_id in entity_ids
            )
            wholes = []
            if not rule.summed and not area.outdoor:
                wholes.append(cells.get((PlaceKey("floor", area.floor_id or ""), quantity)))
            if not rule.metered and not area.outdoor:
                wholes.append(cells.get((HOME_PLACE, quantity)))
            for whole in wholes:
                if whole:
                    cell.dependents.append(whole)
                    whole.areas.append(cell)

    def _connect(self, entity_id: str, quantity: str, cell: _Cell) -> _Sensor:
        known = self._sensors.get(entity_id, ())
        sensor = next((one for one in known if one.quantity == quantity), None)
        if sensor is None:
            reader = self._reader
            in_attribute = entity_id.partition(".")[0] in ROOM_DEVICE_DOMAINS
            read = reader.read_attribute if in_attribute else reader.read
            sensor = _Sensor(entity_id, quantity, read)
            self._sensors[entity_id] = (*known, sensor)
        sensor.cells = (*sensor.cells, cell)
        return sensor

    def _cell(self, place: PlaceKey, quantity: str) -> _Cell:
        if quantity != TEMPERATURE:
            return _Cell((place, quantity))
        scale, zero = self._reader.scale, self._reader.freezing
        spread = (AREA_SPREAD if place.kind == "area" else HOME_SPREAD) * scale
        low, high = (zero + each * scale for each in USUAL)
        return _Cell((place, quantity), spread=spread, usual=(low, high))

    def _compute(self, cells: Iterable[_Cell]) -> set[CellKey]:
        changed = set()
        # Areas first: they are the sources of floors and the home.
        for cell in sorted(cells, key=lambda cell: cell.key[0].kind != "area"):
            cell.exact = cell.aggregate()
            rounded = cell.exact and cell.exact.rounded(QUANTITIES[cell.key[1]].precision)
            if rounded == self._rounded.get(cell.key):
                continue
            changed.add(cell.key)
            if rounded:
                self._rounded[cell.key] = rounded
            else:
                del self._rounded[cell.key]
        return changed


ENERGY_DOMAIN = "energy"
# A meter that falls below this share of its last reading began anew; a smaller fall is a
# correction. This is the rule of Home Assistant's statistics.
RESET_SHARE = 0.9
# kWh that may be lost in a crash: a save each time the total has grown by this much.
SAVE_STEP = 1.0
# Energy that flows into the house counts +1, energy that flows out or into a battery -1.
_COUNTERS = {
    "grid": (("stat_energy_from", 1), ("stat_energy_to", -1)),
    "solar": (("stat_energy_from", 1),),
    "battery": (("stat_energy_from", 1), ("stat_energy_to", -1)),
}


def meters(sources: Iterable[Mapping[str, Any]]) -> dict[str, Meters]:
    """Return the meters of the consumption of the house, by quantity, from the Energy settings.

    A quantity is absent if one of its sources has no meter, or one that is not an entity: a sum
    without it would be wrong.
    """
    electric = [source for source in sources if source["type"] in _COUNTERS]
    counters = [
        [(source[key], sign) for key, sign in _COUNTERS[source["type"]] if source.get(key)]
        for source in electric
    ]
    rates = [[(source["stat_rate"], 1)] if source.get("stat_rate") else [] for source in electric]
    return {
        quantity: tuple(chain.from_iterable(found))
        for quantity, found in (("energy", counters), ("power", rates))
        if found
        and all(found)
        and all(valid_entity_id(entity_id) for entity_id, _ in chain.from_iterable(found))
    }


class EnergyTotal:
    """The energy that a home has consumed (kWh): a sum of the increases of its meters.

    It begins with the sum of their readings, but not below zero, and never falls. A meter that
    begins anew or is unavailable keeps its contribution; one that is added later contributes what
    it counts from then on.
    """

    def __init__(self, memory: EnergyMemory, remember: Callable[[], None]) -> None:
        self._memory = memory
        self._remember = remember
        self._saved = memory.total or 0.0
        # Of meters that have just fallen: the reading before, and its addition to the offset.
        self._fallen: dict[tuple[str, int], tuple[float, float]] = {}

    def replan(self, meters: Meters) -> None:
        """Keep the contribution of meters that were removed from the settings."""
        memory = self._memory
        for meter in memory.readings.keys() - {*meters}:
            memory.offset += meter[1] * memory.readings.pop(meter)
            self._remember()

    def update(self, values: Mapping[tuple[str, int], float | None]) -> Aggregate | None:
        """Process the present values of all meters; None before each was read once.

        Minimum and maximum are those of the last readings, signed.
        """
        memory = self._memory
        for meter, value in values.items():
            if value is not None and value != memory.readings.get(meter):
                self._read(meter, value)
        signed = [meter[1] * reading for meter, reading in memory.readings.items()]
        if memory.total is None:
            if len(signed) < len(values):
                return None
            memory.offset = max(0.0, -fsum(signed))
            memory.total = 0.0
            self._remember()
        memory.total = max(memory.total, memory.offset + fsum(signed))
        if memory.total - self._saved >= SAVE_STEP:
            self._saved = memory.total
            self._remember()
        return Aggregate(
            memory.total,
            min(signed, default=memory.total),
            max(signed, default=memory.total),
            len(signed),
        )

    def _read(self, meter: tuple[str, int], value: float) -> None:
        memory, sign = self._memory, meter[1]
        last = memory.readings.get(meter)
        before, added = self._fallen.pop(meter, (last or 0.0, 0.0))
        if last is None:
            if memory.total is not None:
                memory.offset -= sign * value
                self._remember()
        elif 0 <= value < last * RESET_SHARE:
            memory.offset += sign * last
            self._fallen[meter] = before, added + last
            self._remember()
        elif added and value >= before:
            # A single wrong reading, such as zero: the meter did not begin anew.
            memory.offset -= sign * added
            self._remember()
        memory.readings[meter] = value


class EnergySettings:
    """Follows the Energy settings, if the energy integration is set up."""

    def __init__(self, hass: HomeAssistant, changed: Callable[[], None]) -> None:
        self._hass = hass
        self._changed = changed
        self._manager: EnergyManager | None = None

    async def async_start(self) -> None:
        """Begin to follow; has no effect unless the integration has been set up by now."""
        if self._manager or ENERGY_DOMAIN not in self._hass.config.components:
            return
        self._manager = await async_get_manager(self._hass)
        # The manager lives as long as Home Assistant and has no way to unsubscribe.
        method = WeakMethod(self._async_updated)

        async def updated() -> None:
            if follow := method():
                await follow()

        self._manager.async_listen_updates(updated)
        self._changed()

    async def _async_updated(self) -> None:
        self._changed()

    def plan(self) -> EnergyPlan:
        """Return what the settings tell; nothing while they are unknown."""
        if self._manager is None or self._manager.data is None:
            return EnergyPlan()
        sources, devices = (
            self._manager.data["energy_sources"],
            self._manager.data["device_consumption"],
        )
        rates = {device["stat_consumption"]: device.get("stat_rate") for device in devices}
        return EnergyPlan(
            meters(sources),
            frozenset(
                rate
                for source in sources
                if source["type"] in _COUNTERS and isinstance(rate := source.get("stat_rate"), str)
            ),
            {
                part: whole
                for device in devices
                if (part := device.get("stat_rate"))
                and (whole := rates.get(device.get("included_in_stat") or ""))
            },
        )
