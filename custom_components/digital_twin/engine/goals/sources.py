"""Key results that follow an entity of Home Assistant."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from math import isfinite

from homeassistant.components.sensor.const import UNIT_CONVERTERS
from homeassistant.const import (
    ATTR_DEVICE_CLASS,
    ATTR_UNIT_OF_MEASUREMENT,
    STATE_OFF,
    STATE_ON,
)
from homeassistant.core import (
    CALLBACK_TYPE,
    Event,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.helpers.start import async_at_started

from ...twin.enums import KeyResultKind
from ...twin.errors import TwinError
from ...twin.goals.goal import GOAL, Goal
from ...twin.goals.key_results import KeyResult, update_value
from ...twin.records.moments import PersonDay
from ...twin.records.revisions import touch
from ..core.files import StoreFailedError
from ..core.entity_ids import current_entity_id
from ..core.feed import ADDED, REMOVED, ChangeFeed, Topic
from ..core.registry import TwinRegistry
from ..core.throttle import Throttle

# Seconds between two looks: a meter that reports every second must not wear out a disk.
READ_INTERVAL = 60.0
SWITCHES = {STATE_ON: True, STATE_OFF: False}


@dataclass(slots=True)
class _Watched:
    """Which goals follow which entity."""

    goals: dict[str, set[str]] = field(default_factory=dict)
    end: CALLBACK_TYPE = lambda: None  # nothing is watched yet


class GoalSources:
    """Brings the states of entities to the key results that are bound to them."""

    def __init__(self, hass: HomeAssistant, feed: ChangeFeed, registry: TwinRegistry) -> None:
        """Keep what is needed; nothing is watched yet."""
        self._hass = hass
        self._feed = feed
        self._registry = registry
        self._begun = False
        self._watched = _Watched()
        self._rewatch_due = False
        self._due: set[str] = set()
        self._pace = Throttle(hass.loop, READ_INTERVAL, self._read)

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Follow goals and entities, once Home Assistant has started; return what ends it."""
        ends = [
            self._feed.subscribe(
                [Topic("goal", None, name) for name in (ADDED, REMOVED, "progress_metrics")],
                self._goals_changed,
            ),
            self._hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, self._registry_updated),
            async_at_started(self._hass, self._started),
        ]

        @callback
        def stop() -> None:
            for end in ends:
                end()
            self._begun = False
            self._watched.end()
            self._watched = _Watched()
            self._pace.stop()

        return stop

    @callback
    def _started(self, _hass: HomeAssistant) -> None:
        self._begun = True
        self._rewatch()

    @callback
    def _registry_updated(self, event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        if event.data["action"] == "update" and "entity_id" in event.data["changes"]:
            self._rewatch()

    @callback
    def _goals_changed(self) -> None:
        """Look once for all goals that change before the event loop is free."""
        if not self._rewatch_due:
            self._rewatch_due = True
            self._hass.loop.call_soon(self._rewatch)

    @callback
    def _rewatch(self) -> None:
        self._rewatch_due = False
        if not self._begun:
            return
        goals: dict[str, set[str]] = {}
        for goal in self._registry.goals.values():
            for key_result in goal.progress_metrics:
                if entity_id := self._entity_of(key_result):
                    goals.setdefault(entity_id, set()).add(goal.goal_id)
        if goals == self._watched.goals:
            return
        new = {key for ids in goals.values() for key in ids}
        leave = self._watched.end
        end = async_track_state_change_event(self._hass, goals, self._changed)
        self._watched = _Watched(goals, end)
        leave()
        self._mark(new)

    @callback
    def _changed(self, event: Event[EventStateChangedData]) -> None:
        self._mark(self._watched.goals.get(event.data["entity_id"], ()))

    def _mark(self, goal_ids: Iterable[str]) -> None:
        self._due.update(goal_ids)
        self._pace.mark()

    def _read(self) -> None:
        due, self._due = self._due, set()
        self._hass.async_create_task(self._async_read(due), "digital_twin goal sources")

    async def _async_read(self, goal_ids: Iterable[str]) -> None:
        # All at once, so that they share a save.
        await asyncio.gather(*map(self._async_take, goal_ids))

    async def _async_take(self, goal_id: str) -> None:
        goal = self._registry.goals.get(goal_id)
        if goal is None:
            return
        days = self._registry.owner_days(goal)
        key_results = tuple(
            self._followed(goal, key_result, days) for key_result in goal.progress_metrics
        )
        if key_results != goal.progress_metrics:
            after = touch(goal, self._registry.context(), progress_metrics=key_results)
            # Nobody waits for it: the store says why in the log, and the next state is read anyway.
            with suppress(StoreFailedError):
                await self._registry.async_replace(GOAL, goal, after)

    def _followed(self, goal: Goal, key_result: KeyResult, days: PersonDay) -> KeyResult:
        """Return the key result with what its entity says now, the same one if that is no news."""
        entity_id = self._entity_of(key_result)
        state = self._hass.states.get(entity_id) if entity_id else None
        if state is None or self._is_of(goal, state.entity_id):
            return key_result
        value = _value(key_result, state)
        if value is None:
            return key_result
        try:
            after = update_value(key_result, value, measured_at=state.last_updated, days=days)
        except TwinError:
            # A number beyond every range, or a kind that has no value: nothing to follow.
            return key_result
        same = (after.current, after.days) == (key_result.current, key_result.days)
        return key_result if same else after

    def _entity_of(self, key_result: KeyResult) -> str | None:
        stored = (key_result.source or {}).get("entity_id")
        return current_entity_id(self._hass, stored) if isinstance(stored, str) else None

    def _is_of(self, goal: Goal, entity_id: str) -> bool:
        """Tell whether a goal would follow itself."""
        entry = er.async_get(self._hass).async_get(entity_id)
        return entry is not None and entry.unique_id.startswith(goal.goal_id)


def _value(key_result: KeyResult, state: State) -> float | bool | None:
    """Read a state; where both units are known to Home Assistant, in that of the key result."""
    if key_result.kind is KeyResultKind.BOOLEAN:
        return SWITCHES.get(state.state)
    try:
        value = float(state.state)
    except ValueError:
        return None
    if not isfinite(value):
        return None
    unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    converter = UNIT_CONVERTERS.get(state.attributes.get(ATTR_DEVICE_CLASS))
    if converter and unit != key_result.unit and {unit, key_result.unit} <= converter.VALID_UNITS:
        # Nine decimals keep the noise of binary fractions out of documents.
        return round(converter.convert(value, unit, key_result.unit), 9)
    return value
