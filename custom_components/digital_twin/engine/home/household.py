"""Who is in one home, with what speaks for it."""

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
from .memory import HomeMemory
from .plan import HomePlan, ResidentPlan
from .whereabouts import zone_exists, zones_of


class Household:
    """Judges the occupancy of one home."""

    def __init__(self, states: StateMachine, memory: HomeMemory) -> None:
        """Start without knowing; nothing is judged before Home Assistant has started."""
        self._states = states
        self._memory = memory
        self.current = Occupancy()

    def went_off(self, entity_id: str, when: datetime) -> None:
        """Remember when a sensor stopped noticing somebody.

        The state alone does not tell: it may be off because the sensor has come back.
        """
        self._memory.noticed[entity_id] = when

    def replan(self, plan: HomePlan) -> None:
        """Forget those who do not live here any more, and sensors that are gone."""
        residents = {resident.person_id for resident in plan.residents}
        for person_id in self._memory.gone.keys() - residents:
            del self._memory.gone[person_id]
        for entity_id in self._memory.noticed.keys() - plan.presence.keys():
            del self._memory.noticed[entity_id]

    def judge(
        self, plan: HomePlan, thresholds: Thresholds, now: datetime, *, settled: bool
    ) -> bool:
        """Judge anew; tell whether the status or its evidence changed.

        Before the house has `settled` after a start, only what speaks for somebody being in counts:
        trackers and sensors that come late would look like an empty home.
        """
        residents = [self._resident(plan, resident, now) for resident in plan.residents]
        judged = occupancy(
            residents,
            self._sensors(plan, now),
            now=now,
            hold_time=thresholds.hold_time,
            vacancy_time=thresholds.vacancy_time,
        )
        if not settled and judged.status is not OccupancyStatus.OCCUPIED:
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
        standing, since = self._standing(plan, resident)
        if standing is EvidenceState.ELSEWHERE:
            # A walk from one place to another is one absence, also over a restart.
            left = self._memory.gone.get(person_id, since or now)
            since = self._memory.gone[person_id] = min(left, now)
        elif standing is EvidenceState.HERE:
            self._memory.gone.pop(person_id, None)
        return Evidence(EvidenceKind.RESIDENT, person_id, resident.name, standing, since)

    def _standing(
        self, plan: HomePlan, resident: ResidentPlan
    ) -> tuple[EvidenceState, datetime | None]:
        if resident.lives_here is not None:
            return (EvidenceState.HERE if resident.lives_here else EvidenceState.ELSEWHERE), None
        zones = zones_of(self._states, resident.entity_id)
        if zones is None or plan.zone is None or not zone_exists(self._states, plan.zone):
            return EvidenceState.UNKNOWN, None
        state = self._states.get(resident.entity_id or "")
        since = state.last_changed if state else None
        return (EvidenceState.HERE if plan.zone in zones else EvidenceState.ELSEWHERE), since

    def _sensors(self, plan: HomePlan, now: datetime) -> list[PresenceSensor]:
        found, noticed = [], self._memory.noticed
        for entity_id, witness in plan.presence.items():
            state, went_off = self._states.get(entity_id), noticed.get(entity_id)
            if went_off and went_off > now:
                # The clock was set back.
                went_off = noticed[entity_id] = now
            on = state is not None and state.state == STATE_ON
            if on or went_off:
                found.append(
                    PresenceSensor(
                        witness.kind,
                        entity_id,
                        str(state.name) if state else entity_id,
                        state.last_changed if state and on else None,
                        went_off,
                    )
                )
        return found
