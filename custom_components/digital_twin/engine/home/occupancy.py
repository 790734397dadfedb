"""The occupancy of one home, judged from its residents and presence sensors."""

from datetime import datetime

from homeassistant.const import STATE_ON
from homeassistant.core import StateMachine

from ...twin.enums import OccupancyStatus
from ...twin.home.occupancy import (
    Evidence,
    EvidenceKind,
    EvidenceState,
    Occupancy,
    PresenceSensor,
    occupancy,
)
from ...twin.home.thresholds import Thresholds
from .locations import zone_exists, zones_of
from .memory import HomeMemory
from .plan import HomePlan, ResidentPlan


class OccupancyTracker:
    """Judges the occupancy; `current` is the last result."""

    def __init__(self, states: StateMachine, memory: HomeMemory) -> None:
        self._states = states
        self._memory = memory
        self.current = Occupancy()

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
        """Judge anew; return whether the status or its evidence changed.

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
        before = self.current
        since = self._since(judged, now)
        self.current = Occupancy(judged.status, judged.evidence, since, judged.due)
        return (before.status, before.evidence) != (judged.status, judged.evidence)

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
