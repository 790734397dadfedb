"""The occupancy of one home, judged from its residents and presence sensors."""

from collections.abc import Container, Mapping
from datetime import datetime

from homeassistant.components.person.const import PersonEntityStateAttribute
from homeassistant.components.zone import ENTITY_ID_HOME
from homeassistant.components.zone.const import DOMAIN as ZONE_DOMAIN
from homeassistant.const import (
    ATTR_LATITUDE,
    ATTR_LONGITUDE,
    STATE_HOME,
    STATE_NOT_HOME,
    STATE_ON,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
)
from homeassistant.core import State, StateMachine
from homeassistant.helpers import entity_registry as er

from ...twin.enums import OccupancyStatus
from ...twin.home.conditions import (
    Evidence,
    EvidenceKind,
    EvidenceState,
    Occupancy,
    PresenceSensor,
    occupancy,
)
from ...twin.home.home import Thresholds
from ...twin.metrics.person import Person
from ...twin.values import PlainJson
from ..core.feed import Topic
from .memory import HomeMemory
from .plan import HomePlan, ResidentPlan


class OccupancyTracker:
    """Judges the occupancy; `current` is the last result.

    `shown`: the evidence that entities show. It stays the same while a sensor goes on and off
    within the hold time, so that two hundred movements are not two hundred states.
    """

    def __init__(self, states: StateMachine, memory: HomeMemory) -> None:
        self._states = states
        self._memory = memory
        self.current = Occupancy()
        self.shown: tuple[Evidence, ...] = ()

    def sensor_cleared(self, entity_id: str, when: datetime) -> None:
        """Remember when a presence sensor went from on to another state.

        The state does not show it: a sensor may be off because it has just become available.
        """
        self._memory.noticed[entity_id] = when

    def replan(self, plan: HomePlan) -> None:
        """Forget former residents and removed sensors."""
        residents = {resident.person_id for resident in plan.residents}
        for person_id in self._memory.gone.keys() - residents:
            del self._memory.gone[person_id]
        for entity_id in self._memory.noticed.keys() - plan.presence.keys():
            del self._memory.noticed[entity_id]

    def judge(
        self, plan: HomePlan, thresholds: Thresholds, now: datetime, *, grace_over: bool
    ) -> bool:
        """Judge anew; return whether the status or the evidence that is shown changed.

        Before the start-up grace is over only Occupied counts: trackers and sensors that are not
        loaded yet would make the home look empty.
        """
        residents = [self._resident(plan, resident, now) for resident in plan.residents]
        judged = occupancy(
            residents,
            self._sensors(plan, now),
            now=now,
            hold_time=thresholds.hold_time,
            vacancy_time=thresholds.vacancy_time,
        )
        if not grace_over and judged.status is not OccupancyStatus.OCCUPIED:
            judged = Occupancy(None, judged.evidence)
        before = (self.current.status, self.shown)
        since = self._since(judged, now)
        self.current = Occupancy(judged.status, judged.evidence, since, judged.due)
        self.shown = self._show(judged)
        return before != (judged.status, self.shown)

    def _show(self, judged: Occupancy) -> tuple[Evidence, ...]:
        """Return the residents, or else the first sensor that has noticed somebody since."""
        people = tuple(one for one in judged.evidence if one.kind is EvidenceKind.RESIDENT)
        if people or not judged.evidence:
            return people
        present = {one.ref for one in judged.evidence}
        if self.shown and self.shown[0].ref in present:
            return self.shown
        on = [one for one in judged.evidence if one.state is EvidenceState.ON]
        return ((on or judged.evidence)[0],)

    def _since(self, judged: Occupancy, now: datetime) -> datetime | None:
        if judged.status is None:
            return None
        remembered = self._memory.occupancy
        if remembered is None or remembered[0] is not judged.status:
            remembered = self._memory.occupancy = (judged.status, now)
        return min(remembered[1], now)

    def _resident(self, plan: HomePlan, resident: ResidentPlan, now: datetime) -> Evidence:
        person_id = resident.person_id
        location, since = self._location(plan, resident)
        if location is EvidenceState.ELSEWHERE:
            # Moving between two other places does not restart the absence, nor does a restart.
            left = self._memory.gone.get(person_id, since or now)
            since = self._memory.gone[person_id] = min(left, now)
        elif location is EvidenceState.HERE:
            self._memory.gone.pop(person_id, None)
        return Evidence(EvidenceKind.RESIDENT, person_id, resident.name, location, since)

    def _location(
        self, plan: HomePlan, resident: ResidentPlan
    ) -> tuple[EvidenceState, datetime | None]:
        if resident.is_home is not None:
            return (EvidenceState.HERE if resident.is_home else EvidenceState.ELSEWHERE), None
        zones = zones_of(self._states, resident.entity_id)
        if zones is None or plan.zone is None or not zone_exists(self._states, plan.zone):
            return EvidenceState.UNKNOWN, None
        state = self._states.get(resident.entity_id or "")
        since = state.last_changed if state else None
        return (EvidenceState.HERE if plan.zone in zones else EvidenceState.ELSEWHERE), since

    def _sensors(self, plan: HomePlan, now: datetime) -> list[PresenceSensor]:
        found, noticed = [], self._memory.noticed
        for entity_id, signal in plan.presence.items():
            state, off_since = self._states.get(entity_id), noticed.get(entity_id)
            if off_since and off_since > now:
                # The clock was set back.
                off_since = noticed[entity_id] = now
            on = state is not None and state.state == STATE_ON
            if on or off_since:
                found.append(
                    PresenceSensor(
                        signal.kind,
                        entity_id,
                        str(state.name) if state else entity_id,
                        state.last_changed if state and on else None,
                        off_since,
                    )
                )
        return found


def location_topic(person_id: str) -> Topic:
    """Return the topic that is published when a person enters or leaves a home."""
    return Topic("person", person_id, "current_location_id")


def zones_of(states: StateMachine, entity_id: str | None) -> tuple[str, ...] | None:
    """Return the zones a person is in, smallest first; None if the location is unknown."""
    state = states.get(entity_id) if entity_id else None
    if state is None or state.state in {STATE_UNAVAILABLE, STATE_UNKNOWN}:
        return None
    zones = state.attributes.get(PersonEntityStateAttribute.IN_ZONES)
    if isinstance(zones, list | tuple):
        return tuple(zone for zone in zones if isinstance(zone, str))
    return _zones_by_name(states, state)


def zone_exists(states: StateMachine, entity_id: str) -> bool:
    """Return whether a zone exists; the home zone of Home Assistant cannot be deleted."""
    return entity_id == ENTITY_ID_HOME or states.get(entity_id) is not None


def zone_point(states: StateMachine, entity_id: str) -> dict[str, PlainJson] | None:
    """Return the centre of a zone as a GeoJSON Point (WGS 84, degrees, longitude first)."""
    state = states.get(entity_id)
    attributes = state.attributes if state else {}
    match attributes.get(ATTR_LONGITUDE), attributes.get(ATTR_LATITUDE):
        case [int() | float() as longitude, int() | float() as latitude]:
            return {"type": "Point", "coordinates": [longitude, latitude]}
    return None


def _zones_by_name(states: StateMachine, state: State) -> tuple[str, ...]:
    """Find the zones by the state, which is a zone's name, for entities that do not list them."""
    if state.state == STATE_HOME:
        return (ENTITY_ID_HOME,)
    if state.state == STATE_NOT_HOME:
        return ()
    return tuple(
        zone.entity_id for zone in states.async_all(ZONE_DOMAIN) if zone.name == state.state
    )


class PersonLocations:
    """Follows the `person` entities of Person twins."""

    def __init__(self, states: StateMachine) -> None:
        self._states = states
        self._entities: dict[str, str] = {}
        self._homes: dict[str, str] = {}
        self._locations: dict[str, str | None] = {}

    @property
    def watched(self) -> frozenset[str]:
        """The followed entities."""
        return frozenset(self._entities.values())

    def replan(
        self, registry: er.EntityRegistry, persons: Mapping[str, Person], homes: Mapping[str, str]
    ) -> set[Topic]:
        """Use other persons and home ids by zone; return the locations that changed."""
        self._entities = {
            person_id: entity_id
            for person_id, person in persons.items()
            if person.person_entity
            and (entity_id := er.async_resolve_entity_id(registry, person.person_entity))
        }
        self._homes = dict(homes)
        before = self._locations
        self._locations = {person_id: self._locate(person_id) for person_id in self._entities}
        return {
            location_topic(person_id)
            for person_id, home_id in self._locations.items()
            if home_id != before.get(person_id)
        }

    def update(self, entity_ids: Container[str]) -> set[Topic]:
        """Process changed entities; return the locations that changed."""
        changed = set()
        for person_id, entity_id in self._entities.items():
            if entity_id not in entity_ids:
                continue
            home_id = self._locate(person_id)
            if home_id != self._locations[person_id]:
                self._locations[person_id] = home_id
                changed.add(location_topic(person_id))
        return changed

    def home_of(self, person: Person) -> str | None:
        """Return the home a person is in: live if an entity is followed, else from the record."""
        if person.person_entity is None:
            return person.current_location_id
        return self._locations.get(person.person_id)

    def _locate(self, person_id: str) -> str | None:
        zones = zones_of(self._states, self._entities[person_id]) or ()
        return next((self._homes[zone] for zone in zones if zone in self._homes), None)
