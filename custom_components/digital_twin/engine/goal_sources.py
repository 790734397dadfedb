"""Key results that follow an entity of Home Assistant."""

from collections.abc import Iterable
from contextlib import suppress

from homeassistant.components.sensor.const import UNIT_CONVERTERS
from homeassistant.const import ATTR_DEVICE_CLASS, ATTR_UNIT_OF_MEASUREMENT, STATE_OFF, STATE_ON
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

from ..twin.enums import KeyResultKind
from ..twin.errors import TwinError
from ..twin.goals.goal import Goal, measured
from ..twin.goals.key_results import KeyResult
from ..twin.goals.progress import update_value
from ..twin.metrics.units import spelled
from ..twin.records.fields import PersonDay
from ..twin.values import number_from_text
from .core.entity_ids import current_entity_id
from .core.feed import ADDED, BY_SOURCE, DEFINITIONS, REMOVED, Change, ChangeFeed, Topic
from .core.files import StoreFailedError
from .core.registry import TwinRegistry
from .core.timers import Throttle
from .outages import WITHOUT_VALUE

# Seconds between two readings: a meter that reports every second must not wear out a disk.
READ_INTERVAL = 60.0
SWITCHES = {STATE_ON: True, STATE_OFF: False}
# A topic of goals: entities that their key results follow have fallen silent, or speak again.
UNHEARD = "unheard"
CAUSES_CHANGED = Topic("home", None, "operational")


class GoalSources:
    """Updates key results from the states of the entities that they follow."""

    def __init__(self, hass: HomeAssistant, feed: ChangeFeed, registry: TwinRegistry) -> None:
        self._hass = hass
        self._feed = feed
        self._registry = registry
        self._is_started = False
        # Which entities each goal follows, and which goals follow each entity.
        self._entities: dict[str, frozenset[str]] = {}
        self._goals: dict[str, set[str]] = {}
        self._stop_watching: CALLBACK_TYPE | None = None
        self._due: set[str] = set()
        self._throttle = Throttle(hass.loop, READ_INTERVAL, self._read)

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Follow goals and entities once Home Assistant has started; returns a function to stop."""
        ends = [
            self._feed.subscribe(
                [Topic("goal", None, name) for name in (ADDED, REMOVED, DEFINITIONS)],
                self._goals_changed,
            ),
            self._feed.subscribe((CAUSES_CHANGED,), self._causes_changed),
            self._hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, self._registry_updated),
            async_at_started(self._hass, self._started),
        ]

        @callback
        def stop() -> None:
            for end in ends:
                end()
            self._is_started = False
            if self._stop_watching:
                self._stop_watching()
                self._stop_watching = None
            self._throttle.stop()

        return stop

    @callback
    def _started(self, _hass: HomeAssistant) -> None:
        self._is_started = True
        self._follow(self._registry.goals)
        # Before, a state that was not there yet was no sign of anything.
        self._judge_anew(self._entities)

    @callback
    def _causes_changed(self, _changes: Iterable[Change]) -> None:
        self._judge_anew(self._entities)

    def _judge_anew(self, goal_ids: Iterable[str]) -> None:
        self._feed.publish_derived(Topic("goal", goal_id, UNHEARD) for goal_id in goal_ids)

    @callback
    def _registry_updated(self, event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        if event.data["action"] == "update" and "entity_id" in event.data["changes"]:
            self._follow(self._registry.goals)

    @callback
    def _goals_changed(self, changes: Iterable[Change]) -> None:
        self._follow([change.twin_id for change in changes if change.twin_id])

    def _follow(self, goal_ids: Iterable[str]) -> None:
        """Follow the entities of goals that may follow others now."""
        if not self._is_started:
            return
        before = set(self._goals)
        changed = set()
        for goal_id in goal_ids:
            old = self._entities.pop(goal_id, frozenset())
            new = self._entities_of(self._registry.goals.get(goal_id))
            if new:
                self._entities[goal_id] = new
            if old != new:
                changed.add(goal_id)
            for entity_id in old - new:
                self._goals[entity_id].discard(goal_id)
                if not self._goals[entity_id]:
                    del self._goals[entity_id]
            for entity_id in new - old:
                self._goals.setdefault(entity_id, set()).add(goal_id)
        if before != self._goals.keys():
            # The new subscription comes first: no change falls between the two.
            stop = self._stop_watching
            self._stop_watching = async_track_state_change_event(
                self._hass, list(self._goals), self._changed
            )
            if stop:
                stop()
        self._mark(changed & self._entities.keys())

    def _entities_of(self, goal: Goal | None) -> frozenset[str]:
        if goal is None:
            return frozenset()
        found = map(self._entity_of, goal.progress_metrics)
        return frozenset(entity_id for entity_id in found if entity_id)

    @callback
    def _changed(self, event: Event[EventStateChangedData]) -> None:
        goal_ids = self._goals.get(event.data["entity_id"], ())
        if any(map(_is_without_value, (event.data["old_state"], event.data["new_state"]))):
            self._judge_anew(goal_ids)
        self._mark(goal_ids)

    def _mark(self, goal_ids: Iterable[str]) -> None:
        self._due.update(goal_ids)
        if self._due:
            self._throttle.mark()

    def _read(self) -> None:
        due, self._due = self._due, set()
        self._hass.async_create_task(self._async_read(due), "digital_twin goal sources")

    async def _async_read(self, goal_ids: Iterable[str]) -> None:
        """Update the goals together, in one transaction."""
        goals = (self._registry.goals.get(goal_id) for goal_id in goal_ids)
        pairs = [(goal, self._updated(goal)) for goal in goals if goal]
        # No caller waits: the reason is logged, and the next state is read anyway.
        with suppress(StoreFailedError):
            await self._registry.async_put_measured(pairs, cause=BY_SOURCE)

    def _updated(self, goal: Goal) -> Goal:
        """Return a goal after its entities were read, the same one where nothing changed."""
        days = self._registry.owner_days(goal)
        key_results = tuple(
            self._followed(goal, key_result, days) for key_result in goal.progress_metrics
        )
        return measured(goal, key_results, self._registry.context())

    def _followed(self, goal: Goal, key_result: KeyResult, days: PersonDay) -> KeyResult:
        """Return the key result with the value of its entity, the same one if nothing changed."""
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
            # The value is out of range, or the kind has no value.
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


def _is_without_value(state: State | None) -> bool:
    return state is None or state.state in WITHOUT_VALUE


def _value(key_result: KeyResult, state: State) -> float | bool | None:
    """Return the value of a state in the unit of the key result, None without a value."""
    if key_result.kind is KeyResultKind.BOOLEAN:
        return SWITCHES.get(state.state)
    value = number_from_text(state.state)
    unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    if value is None or not isinstance(unit, str) or key_result.unit is None:
        return value
    return _converted(value, spelled(unit), spelled(key_result.unit), state)


def _converted(value: float, unit: str, wanted: str, state: State) -> float:
    """Convert a value where Home Assistant can convert the units, also without a device class.

    Otherwise the value stays as it is: units such as `steps` and `kroki` are only names.
    """
    own = UNIT_CONVERTERS.get(state.attributes.get(ATTR_DEVICE_CLASS))
    for converter in (own, *UNIT_CONVERTERS.values()):
        if converter and unit != wanted and {unit, wanted} <= converter.VALID_UNITS:
            # Nine decimals remove the noise of binary fractions.
            return round(converter.convert(value, unit, wanted), 9)
    return value
