"""The measured values of one home: from sensors to areas, from areas to floors and the home."""

from collections.abc import Iterable, Iterator, Mapping

from homeassistant.core import StateMachine

from ...twin.environment import QUANTITIES, Aggregate, Quantity, of_area, of_areas, of_meters
from .plan import HOME_PLACE, AreaPlan, HomePlan, PlaceKey
from .quantities import Reader

type Reading = tuple[PlaceKey, str]


class Climate:
    """Keeps the last value of every sensor, and puts together again only what changed."""

    def __init__(self, states: StateMachine, plan: HomePlan, reader: Reader) -> None:
        """Start without values; `replan` reads them."""
        self._states = states
        self._plan = plan
        self._reader = reader
        self._quantities: dict[str, str] = {}
        self._targets: dict[str, tuple[Reading, ...]] = {}
        self._values: dict[str, float | None] = {}
        self._exact: dict[Reading, Aggregate] = {}
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
        before = self._shown
        self._plan, self._reader = plan, reader
        targets: dict[str, list[Reading]] = {}
        self._quantities = {}
        for entity_id, quantity, readings in _routes(plan):
            self._quantities[entity_id] = quantity
            targets.setdefault(entity_id, []).extend(readings)
        self._targets = {entity_id: tuple(found) for entity_id, found in targets.items()}
        self._values = {
            entity_id: reader.read(quantity, self._states.get(entity_id))
            for entity_id, quantity in self._quantities.items()
        }
        self._exact, self._shown = {}, {}
        self._combine(
            (place.key, quantity) for place in plan.places.values() for quantity in place.quantities
        )
        return {
            reading
            for reading in before.keys() | self._shown.keys()
            if before.get(reading) != self._shown.get(reading)
        }

    def update(self, entity_ids: Iterable[str]) -> set[Reading]:
        """Read sensors again; return the readings that changed."""
        dirty: set[Reading] = set()
        for entity_id in entity_ids:
            if (quantity := self._quantities.get(entity_id)) is None:
                continue
            value = self._reader.read(quantity, self._states.get(entity_id))
            if value != self._values[entity_id]:
                self._values[entity_id] = value
                dirty.update(self._targets[entity_id])
        return self._combine(dirty)

    def _combine(self, readings: Iterable[Reading]) -> set[Reading]:
        changed = set()
        # Floors and the home are made of areas, which therefore come first.
        for reading in sorted(readings, key=lambda reading: reading[0].kind != "area"):
            exact = self._aggregate(*reading)
            if exact is None:
                self._exact.pop(reading, None)
                if self._shown.pop(reading, None):
                    changed.add(reading)
                continue
            self._exact[reading] = exact
            shown = exact.rounded(QUANTITIES[reading[1]].precision)
            if shown != self._shown.get(reading):
                self._shown[reading] = shown
                changed.add(reading)
        return changed

    def _aggregate(self, place: PlaceKey, quantity: str) -> Aggregate | None:
        rule = QUANTITIES[quantity]
        if place.kind == "area":
            sources = self._plan.areas[place.place_id].sources[quantity]
            values = (self._values[entity_id] for entity_id in sources)
            return of_area((one for one in values if one is not None), summed=rule.summed)
        if place == HOME_PLACE and rule.metered:
            meters = self._plan.meters[quantity]
            return of_meters((self._values[entity_id], sign) for entity_id, sign in meters)
        areas = (
            self._exact.get((PlaceKey("area", area.area_id), quantity))
            for area in self._plan.areas.values()
            if _counts(area, rule, place)
        )
        return of_areas((one for one in areas if one is not None), summed=rule.summed)


def _counts(area: AreaPlan, rule: Quantity, place: PlaceKey) -> bool:
    """Tell whether an area is part of a floor's or home's value: outdoors only what adds up."""
    if place.kind == "floor" and area.floor_id != place.place_id:
        return False
    return not area.outdoor or rule.summed


def _routes(plan: HomePlan) -> Iterator[tuple[str, str, list[Reading]]]:
    """Yield each sensor with its quantity and the readings that depend on it."""
    for area in plan.areas.values():
        for quantity, entity_ids in area.sources.items():
            rule = QUANTITIES[quantity]
            places = [PlaceKey("area", area.area_id)]
            if area.floor_id and (rule.summed or not area.outdoor):
                places.append(PlaceKey("floor", area.floor_id))
            if not area.outdoor and not rule.metered:
                places.append(HOME_PLACE)
            readings = [(place, quantity) for place in places if place in plan.places]
            for entity_id in entity_ids:
                yield entity_id, quantity, readings
    for quantity, meters in plan.meters.items():
        for entity_id, _ in meters:
            yield entity_id, quantity, [(HOME_PLACE, quantity)]
