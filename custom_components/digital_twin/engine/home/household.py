"""Who is in one home, with what speaks for it."""

from datetime import datetime

from homeassistant.const import STATE_ON
from homeassistant.core import StateMachine

from ...twin.occupancy import (
    Evidence,
    EvidenceKind,
    Occupancy,
    PresenceSensor,
    Standing,
    occupancy,
)
from ...twin.thresholds import Thresholds
from .memory import HomeMemory
from .plan import HomePlan, ResidentPlan
from .whereabouts import zones_of


class Household:
    """Judges the occupancy of one home."""

    def __init__(self, states: StateMachine, memory: HomeMemory) -> None:
        """Start without knowing; nothing is judged before Home Assistant has started."""
        self._states = states
        self._memory = memory
        self._went_off: dict[str, datetime] = {}
        self.current = Occupancy()

    def went_off(self, entity_id: str, when: datetime) -> None:
        """Remember when a sensor stopped noticing somebody.

        The state alone does not tell: it may be off because the sensor has come back.
        """
        self._went_off[entity_id] = when

    def replan(self, plan: HomePlan) -> None:
        """Forget those who do not live here any more."""
        residents = {resident.person_id for resident in plan.residents}
        for person_id in self._memory.gone.keys() - residents:
            del self._memory.gone[person_id]

    def judge(self, plan: HomePlan, thresholds: Thresholds, now: datetime) -> bool:
        """Judge anew; tell whether the status or its evidence changed."""
        residents = [self._resident(plan, resident, now) for resident in plan.residents]
        judged = occupancy(
            residents,
            self._sensors(plan),
            now=now,
            hold_time=thresholds.hold_time,
            vacancy_time=thresholds.vacancy_time,
        )
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
        return remembered[1]

    def _resident(self, plan: HomePlan, resident: ResidentPlan, now: datetime) -> Evidence:
        person_id = resident.person_id
        standing, since = self._standing(plan, resident)
        if standing is Standing.ELSEWHERE:
            # A walk from one place to another is one absence, also over a restart.
            left = self._memory.gone.get(person_id, since or now)
            since = self._memory.gone[person_id] = min(left, now)
        elif standing is Standing.HERE:
            self._memory.gone.pop(person_id, None)
        return Evidence(EvidenceKind.RESIDENT, person_id, resident.name, standing, since)

    def _standing(self, plan: HomePlan, resident: ResidentPlan) -> tuple[Standing, datetime | None]:
        if resident.lives_here is not None:
            return (Standing.HERE if resident.lives_here else Standing.ELSEWHERE), None
        zones = zones_of(self._states, resident.entity_id)
        if zones is None or plan.zone is None:
            return Standing.UNKNOWN, None
        state = self._states.get(resident.entity_id or "")
        since = state.last_changed if state else None
        return (Standing.HERE if plan.zone in zones else Standing.ELSEWHERE), since

    def _sensors(self, plan: HomePlan) -> list[PresenceSensor]:
        found = []
        for entity_id, witness in plan.presence.items():
            state = self._states.get(entity_id)
            on = state is not None and state.state == STATE_ON
            if on or entity_id in self._went_off:
                found.append(
                    PresenceSensor(
                        witness.kind,
                        entity_id,
                        state.name if state else entity_id,
                        state.last_changed if state and on else None,
                        self._went_off.get(entity_id),
                    )
                )
        return found
