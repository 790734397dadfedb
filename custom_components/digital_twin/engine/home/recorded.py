"""A home as its sensors had it at an earlier time, read from the recorder.

States are exact for as long as the recorder keeps them; older ones are the means of hours. The
rooms, and which sensors are in them, are those of today: registries keep no past.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, cast

from homeassistant.components.recorder import get_instance, history
from homeassistant.components.recorder.statistics import (
    get_display_unit,
    get_metadata,
    statistics_during_period,
)
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT
from homeassistant.core import HomeAssistant, State, StateMachine
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from ...twin.home.conditions import QUANTITIES
from ...twin.records.rewind import Exactness, worst
from ..health.statistics import has_statistics
from .climate import ENERGY, CellKey, Climate, EnergyTotal
from .memory import EnergyMemory, HomeMemory
from .plan import HOME_PLACE, HomePlan
from .roles import SensorReader
from .view import HomeView

ENVIRONMENT: Final = "environmental_data"
MOMENT: Final = timedelta(microseconds=1)
HOUR: Final = timedelta(hours=1)
# The recorder writes states some seconds later.
QUEUED: Final = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedStates:
    """The states of entities at an earlier time, and how exact they are."""

    states: Mapping[str, State] = field(default_factory=dict)
    exactness: Mapping[str, Exactness] = field(default_factory=dict)

    def get(self, entity_id: str) -> State | None:
        """Return the state of an entity, as the state machine does."""
        return self.states.get(entity_id)

    def known(self, entity_id: str | None) -> bool:
        """Return whether it is known what the state of an entity was."""
        return self.exactness.get(entity_id or "", Exactness.UNKNOWN) is not Exactness.UNKNOWN

    @property
    def machine(self) -> StateMachine:
        """The states for what only asks for states."""
        return cast("StateMachine", self)


async def async_states_at(
    hass: HomeAssistant, entity_ids: Collection[str], at: datetime
) -> RecordedStates:
    """Read the states of entities at a time; without a recorder none is known.

    An entity that was registered later had none at that time.
    """
    if not entity_ids or not has_statistics(hass):
        return RecordedStates()
    recorder = get_instance(hass)
    if at + QUEUED > dt_util.utcnow():
        await recorder.async_block_till_done()
    found = await recorder.async_add_executor_job(_read_states, hass, [*entity_ids], at)
    registry, exactness = er.async_get(hass), dict[str, Exactness]()
    for entity_id in entity_ids:
        entry = registry.async_get(entity_id)
        if entity_id in found.exactness:
            exactness[entity_id] = found.exactness[entity_id]
        elif entry is not None and entry.created_at > at:
            exactness[entity_id] = Exactness.EXACT
        else:
            exactness[entity_id] = Exactness.UNKNOWN
    return RecordedStates(states=found.states, exactness=exactness)


def _read_states(hass: HomeAssistant, entity_ids: list[str], at: datetime) -> RecordedStates:
    """Read states, and for what is not kept the means of the hour. Runs in the recorder's pool."""
    after = at + MOMENT
    rows = history.get_significant_states(
        hass, after, after + MOMENT, entity_ids, significant_changes_only=False
    )
    states = {
        entity_id: cast("State", several[0]) for entity_id, several in rows.items() if several
    }
    exactness = dict.fromkeys(states, Exactness.EXACT)
    if missing := {*entity_ids} - states.keys():
        hour = at.replace(minute=0, second=0, microsecond=0)
        means = statistics_during_period(hass, hour, hour + HOUR, missing, "hour", None, {"mean"})
        metadata = get_metadata(hass, statistic_ids=missing)
        for entity_id, several in means.items():
            mean = several[0].get("mean") if several else None
            if mean is None or entity_id not in metadata:
                continue
            _, known = metadata[entity_id]
            unit = get_display_unit(
                hass, entity_id, known["unit_class"], known["unit_of_measurement"]
            )
            states[entity_id] = State(entity_id, str(mean), {ATTR_UNIT_OF_MEASUREMENT: unit})
            exactness[entity_id] = Exactness.HOURLY
    return RecordedStates(states=states, exactness=exactness)


class RecordedHome(HomeView):
    """The climate of a home at an earlier time."""

    def __init__(
        self, hass: HomeAssistant, plan: HomePlan, reader: SensorReader, recorded: RecordedStates
    ) -> None:
        super().__init__(hass, plan, HomeMemory(), reader, _nothing)
        self._recorded = recorded
        energy = EnergyTotal(EnergyMemory(), _nothing)
        self._climate = Climate(recorded.machine, reader, energy)
        self._climate.replan(plan, reader)

    def environment(self) -> tuple[dict[str, Any], dict[str, Exactness]]:
        """Return the values of all places, and how exact they are by the path of the part.

        What is less exact than the others has an entry of its own; what nobody knows is null.
        """
        document = self._environment_document()
        found = {cell: self._exactness(cell) for cell in self._cells()}
        known = [each for each in found.values() if each is not Exactness.UNKNOWN]
        if not known:
            return {}, {ENVIRONMENT: Exactness.UNKNOWN if found else Exactness.EXACT}
        whole = worst(known)
        exactness = {ENVIRONMENT: whole}
        for cell, each in found.items():
            if each is whole:
                continue
            path, part = _part(document, cell)
            exactness[path] = each
            if each is Exactness.UNKNOWN and part is not None:
                unit = part.get("unit")
                part |= {"value": None, "unit": unit, "minimum": None, "maximum": None}
                part["sources"] = 0
        return document, exactness

    def _cells(self) -> Iterable[CellKey]:
        return (
            (place.key, quantity) for place in self.places.values() for quantity in place.quantities
        )

    def _exactness(self, cell: CellKey) -> Exactness:
        place, quantity = cell
        if place == HOME_PLACE and quantity == ENERGY:
            # A sum of all that was counted before: nobody has kept what was left out.
            return Exactness.UNKNOWN
        unknown = Exactness.UNKNOWN
        sources = self._sources(cell)
        return worst(self._recorded.exactness.get(each, unknown) for each in sources)

    def _sources(self, cell: CellKey) -> set[str]:
        """Return the entities that a value is made of."""
        place, quantity = cell
        plan, rule = self.plan, QUANTITIES[quantity]
        if place.kind == "area":
            return {*plan.areas[place.place_id].sources.get(quantity, ())}
        found = {*plan.floor_sources.get(place, {}).get(quantity, ())}
        if place == HOME_PLACE:
            found |= {entity_id for entity_id, _ in plan.meters.get(quantity, ())}
        if (rule.metered and place == HOME_PLACE) or (rule.summed and place.kind == "floor"):
            return found
        for area in plan.areas.values():
            if not area.outdoor and (place == HOME_PLACE or area.floor_id == place.place_id):
                found |= {*area.sources.get(quantity, ())}
        return found


def climate_sources(plan: HomePlan) -> set[str]:
    """Return the entities from which the climate of a home is made."""
    found = {each for area in plan.areas.values() for ids in area.sources.values() for each in ids}
    for by_quantity in plan.floor_sources.values():
        found |= {each for ids in by_quantity.values() for each in ids}
    return found | {each for meters in plan.meters.values() for each, _ in meters}


def _part(document: dict[str, Any], cell: CellKey) -> tuple[str, dict[str, Any] | None]:
    """Return the path of a value and the value itself."""
    place, quantity = cell
    if place == HOME_PLACE:
        return f"{ENVIRONMENT}.{quantity}", document.get(quantity)
    name = f"{place.kind}_id"
    places: list[dict[str, Any]] = document[f"{place.kind}s"]
    part = next((each[quantity] for each in places if each[name] == place.place_id), None)
    return f"{ENVIRONMENT}.{place.kind}s.{place.place_id}.{quantity}", part


def _nothing() -> None:
    """Remember nothing: what is worked out of the past is not kept."""
