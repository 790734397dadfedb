"""Climate sensors that have stopped reporting though they look alive."""

from collections.abc import Callable, Container
from datetime import datetime, timedelta

from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import CALLBACK_TYPE, Event, EventStateReportedData, HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_report_event

from .plan import HomePlan


class StaleWatch:
    """Looks when a sensor could first have become stale, not at each report.

    A report without a change is no event that others need, so it is followed only for sensors that
    are stale already.
    """

    def __init__(self, hass: HomeAssistant, recovered: Callable[[str], None]) -> None:
        """Remember whom to tell that a stale sensor reported."""
        self._hass = hass
        self._recovered = recovered
        self._unsubscribe: CALLBACK_TYPE | None = None
        self.stale: dict[str, datetime] = {}
        self.due: datetime | None = None

    @callback
    def look(self, plan: HomePlan, stale_time: timedelta, now: datetime) -> bool:
        """Look at all sensors; tell whether the set of stale ones changed.

        Sets `due`, when to look again: before that no sensor can become stale.
        """
        stale: dict[str, datetime] = {}
        next_look = now + stale_time
        for entity_id in plan.lively:
            state = self._hass.states.get(entity_id)
            if state is None or state.state == STATE_UNAVAILABLE:
                continue
            limit = state.last_reported + stale_time
            if limit <= now:
                stale[entity_id] = state.last_reported
            else:
                next_look = min(next_look, limit)
        self.due = next_look if plan.lively else None
        changed = stale.keys() != self.stale.keys()
        self.stale = stale
        if changed:
            self.stop()
            if stale:
                self._unsubscribe = async_track_state_report_event(
                    self._hass, stale, self._reported
                )
        return changed

    def touches(self, entity_ids: Container[str]) -> bool:
        """Tell whether a stale sensor is among changed entities."""
        return any(entity_id in entity_ids for entity_id in self.stale)

    @callback
    def stop(self) -> None:
        """Stop following reports."""
        if self._unsubscribe:
            self._unsubscribe()
            self._unsubscribe = None

    @callback
    def _reported(self, event: Event[EventStateReportedData]) -> None:
        self._recovered(event.data["entity_id"])
