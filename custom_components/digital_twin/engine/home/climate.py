"""The measured values of one home: from sensors to areas, from areas to floors and the home."""

from collections.abc import Iterable, Mapping

from homeassistant.core import State, StateMachine

from ...twin.home.environment import QUANTITIES, Aggregate, of_area, of_areas, of_meters
from .plan import HOME_PLACE, AreaPlan, HomePlan, PlaceKey
from .quantities import Reader

type Reading = tuple[PlaceKey, str]


class _Sensor:
    """A sensor with its last value and the cells that are made of it."""

    __slots__ = ("cells", "quantity", "value")

    def __init__(self, quantity: str) -> None:
        self.quantity = quantity
        self.value: float | None = None
        self.cells: tuple[_Cell, ...] = ()


class _Cell:
    """The value of one quantity in one place, and what it is made of.

    An area is made of sensors, a floor of areas, the home of areas or of meters. `parts_of` are the
    cells that are made of this one. Cells are told apart by identity: hashing their names for each
    changed sensor would cost more than all the rest.
    """

    __slots__ = ("areas", "exact", "key", "meters", "parts_of", "sensors")

    def __init__(self, key: Reading) -> None:
        self.key = key
        self.sensors: tuple[_Sensor, ...] = ()
        self.areas: list[_Cell] = []
        self.meters: tuple[tuple[_Sensor, int], ...] = ()
        self.parts_of: list[_Cell] = []
        self.exact: Aggregate | None = None

    def aggregate(self) -> Aggregate | None:
        """Put the value together from what it is made of now."""
        summed = QUANTITIES[self.key[1]].summed
        if self.meters:
            return of_meters((sensor.value, sign) for sensor, sign in self.meters)
        if self.key[0].kind == "area":
            values = (sensor.value for sensor in self.sensors)
            return of_area((value for value in values if value is not None), summed=summed)
        parts = (area.exact for area in self.areas)
        return of_areas((part for part in parts if part is not None), summed=summed)


class Climate:
    """Keeps the last value of every sensor, and puts together again only what changed."""

    def __init__(self, states: StateMachine, reader: Reader) -> None:
        """Start without sensors; `replan` brings them."""
        self._states = states
        self._reader = reader
        self._sensors: dict[str, _Sensor] = {}
        self._shown: dict[Reading, Aggregate] = {}

    @property
    def units(self) -> Mapping[str, str | None]:
        """The unit of each quantity."""
        return self._reader.units

    def shown(self, place: PlaceKey, quantity: str) -> Aggregate | None:
        """Return a value as it is shown."""
        return self._shown.get((place, quantity))

    def replan(self, plan: HomePlan, reader: Reader) -> set[Reading]:
        """Take over a new plan; return the readings that differ from before."""
        before, self._shown = self._shown, {}
        self._reader = reader
        self._sensors = {}
        cells = {
            (place.key, quantity): _Cell((place.key, quantity))
            for place in plan.places.values()
            for quantity in place.quantities
        }
        for area in plan.areas.values():
            self._join_area(area, cells)
        for quantity, meters in plan.meters.items():
            cell = cells[HOME_PLACE, quantity]
            cell.meters = tuple(
                (self._join(entity_id, quantity, cell), sign) for entity_id, sign in meters
            )
        for entity_id, sensor in self._sensors.items():
            sensor.value = reader.read(sensor.quantity, self._states.get(entity_id))
        self._combine(cells.values())
        return {
            reading
            for reading in before.keys() | self._shown.keys()
            if before.get(reading) != self._shown.get(reading)
        }

    def update(self, changed: Mapping[str, State | None]) -> set[Reading]:
        """Take new states; return the readings that changed."""
        dirty: set[_Cell] = set()
        sensors, read = self._sensors, self._reader.read
        for entity_id, state in changed.items():
            if (sensor := sensors.get(entity_id)) is None:
                continue
            value = read(sensor.quantity, state)
            if value != sensor.value:
                sensor.value = value
                dirty.update(sensor.cells)
        return self._combine(dirty | {whole for cell in dirty for whole in cell.parts_of})

    def _join_area(self, area: AreaPlan, cells: Mapping[Reading, _Cell]) -> None:
        for quantity, entity_ids in area.sources.items():
            rule = QUANTITIES[quantity]
            cell = cells[PlaceKey("area", area.area_id), quantity]
            cell.sensors = tuple(self._join(entity_id, quantity, cell) for entity_id in entity_ids)
            wholes = []
            if rule.summed or not area.outdoor:
                wholes.append(cells.get((PlaceKey("floor", area.floor_id or ""), quantity)))
            if not rule.metered and not area.outdoor:
                wholes.append(cells.get((HOME_PLACE, quantity)))
            for whole in wholes:
                if whole:
                    cell.parts_of.append(whole)
                    whole.areas.append(cell)

    def _join(self, entity_id: str, quantity: str, cell: _Cell) -> _Sensor:
        sensor = self._sensors.setdefault(entity_id, _Sensor(quantity))
        sensor.cells = (*sensor.cells, cell)
        return sensor

    def _combine(self, cells: Iterable[_Cell]) -> set[Reading]:
        changed = set()
        # Floors and the home are made of areas, which therefore come first.
        for cell in sorted(cells, key=lambda cell: cell.key[0].kind != "area"):
            cell.exact = cell.aggregate()
            shown = cell.exact and cell.exact.rounded(QUANTITIES[cell.key[1]].precision)
            if shown == self._shown.get(cell.key):
                continue
            changed.add(cell.key)
            if shown:
                self._shown[cell.key] = shown
            else:
                del self._shown[cell.key]
        return changed
