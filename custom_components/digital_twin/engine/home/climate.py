"""The measured values of one home: sensors make up areas, areas make up floors and the home."""

from collections.abc import Iterable, Mapping

from homeassistant.core import State, StateMachine

from ...twin.home.environment import QUANTITIES, Aggregate, of_area, of_areas, of_meters
from .energy import EnergyTotal
from .plan import HOME_PLACE, AreaPlan, HomePlan, PlaceKey
from .quantities import SensorReader

ENERGY = "energy"

type CellKey = tuple[PlaceKey, str]


class _Sensor:
    """A sensor with its last value and the cells that it contributes to."""

    __slots__ = ("cells", "quantity", "value")

    def __init__(self, quantity: str) -> None:
        self.quantity = quantity
        self.value: float | None = None
        self.cells: tuple[_Cell, ...] = ()


class _Cell:
    """One quantity of one place, with its sources: sensors (area), areas (floor, home) or meters.

    `dependents` are the cells that this one is a source of. Cells are compared by identity:
    hashing their keys for each changed sensor would cost more than everything else.
    """

    __slots__ = ("areas", "dependents", "energy", "exact", "key", "meters", "sensors")

    def __init__(self, key: CellKey) -> None:
        self.key = key
        self.sensors: tuple[_Sensor, ...] = ()
        self.areas: list[_Cell] = []
        self.meters: dict[tuple[str, int], _Sensor] = {}
        self.energy: EnergyTotal | None = None
        self.dependents: list[_Cell] = []
        self.exact: Aggregate | None = None

    def aggregate(self) -> Aggregate | None:
        """Combine the present values of the sources."""
        summed = QUANTITIES[self.key[1]].summed
        if self.energy:
            return self.energy.update(
                {meter: sensor.value for meter, sensor in self.meters.items()}
            )
        if self.meters:
            return of_meters((sensor.value, sign) for (_, sign), sensor in self.meters.items())
        if self.key[0].kind == "area":
            values = (sensor.value for sensor in self.sensors)
            return of_area((value for value in values if value is not None), summed=summed)
        areas = (area.exact for area in self.areas)
        return of_areas((exact for exact in areas if exact is not None), summed=summed)


class Climate:
    """Keeps the last value of every sensor, and recomputes only the cells of changed sensors."""

    def __init__(self, states: StateMachine, reader: SensorReader, energy: EnergyTotal) -> None:
        self._states = states
        self._reader = reader
        self._energy = energy
        self._sensors: dict[str, _Sensor] = {}
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

    def replan(self, plan: HomePlan, reader: SensorReader) -> set[CellKey]:
        """Use another plan; return the cells whose values changed."""
        sources = (plan.places, plan.areas, plan.meters, reader.units)
        if sources == self._sources:
            return set()
        self._sources = sources
        before, self._rounded = self._rounded, {}
        self._reader = reader
        self._sensors = {}
        cells = {
            (place.key, quantity): _Cell((place.key, quantity))
            for place in plan.places.values()
            for quantity in place.quantities
        }
        for area in plan.areas.values():
            self._connect_area(area, cells)
        for quantity, meters in plan.meters.items():
            cell = cells[HOME_PLACE, quantity]
            cell.meters = {meter: self._connect(meter[0], quantity, cell) for meter in meters}
            if quantity == ENERGY:
                self._energy.replan(meters)
                cell.energy = self._energy
        for entity_id, sensor in self._sensors.items():
            sensor.value = reader.read(sensor.quantity, self._states.get(entity_id))
        self._compute(cells.values())
        return {
            key
            for key in before.keys() | self._rounded.keys()
            if before.get(key) != self._rounded.get(key)
        }

    def update(self, changed: Mapping[str, State | None]) -> set[CellKey]:
        """Process changed states; return the cells whose values changed."""
        dirty: set[_Cell] = set()
        sensors, read = self._sensors, self._reader.read
        for entity_id, state in changed.items():
            if (sensor := sensors.get(entity_id)) is None:
                continue
            value = read(sensor.quantity, state)
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
            if rule.summed or not area.outdoor:
                wholes.append(cells.get((PlaceKey("floor", area.floor_id or ""), quantity)))
            if not rule.metered and not area.outdoor:
                wholes.append(cells.get((HOME_PLACE, quantity)))
            for whole in wholes:
                if whole:
                    cell.dependents.append(whole)
                    whole.areas.append(cell)

    def _connect(self, entity_id: str, quantity: str, cell: _Cell) -> _Sensor:
        sensor = self._sensors.setdefault(entity_id, _Sensor(quantity))
        sensor.cells = (*sensor.cells, cell)
        return sensor

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
