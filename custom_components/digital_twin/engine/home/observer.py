"""Keeps all homes up to date: one listener for states, one timer for deadlines."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from types import MappingProxyType

from homeassistant.const import EVENT_HOMEASSISTANT_STOP, EVENT_STATE_CHANGED, STATE_ON
from homeassistant.core import (
    CALLBACK_TYPE,
    CoreState,
    Event,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.start import async_at_started
from homeassistant.util import dt as dt_util

from ...twin.home.home import Home, Thresholds
from ...twin.home.operational import IntegrationFact, Operational
from ...twin.metrics.person import Person
from ...twin.values import PlainJson
from ..core.feed import ChangeFeed, Topic
from ..core.files import StoreFailedError
from ..core.timers import Deadline, Deadlines, Debounce, Throttle
from .climate import EnergySettings
from .events import HomeEvent
from .faults import FailedIntegrations
from .live import HomeServices, LiveHome, StartupPhase
from .membership import plan_home
from .memory import MemoryStore
from .occupancy import PersonLocations
from .plan import HomePlan, RegistrySnapshot
from .registries import async_track_registries, read_registries
from .roles import SensorReader, measures_room
from .view import HomeView

# Seconds between two flushes of changed states, and for which the registries must be unchanged.
FLUSH_INTERVAL = 1.0
REGISTRY_QUIET = 1.0
REGISTRY_LONGEST = 10.0
_STARTUP = Deadline("", "startup")


def _ignore_events(_home_id: str, _events: Sequence[HomeEvent]) -> None:
    pass


class HomeObserver:
    """Keeps all homes up to date, publishes what changed and reports events.

    `can_return` returns whether a missing home may be restored. `on_events` gets the id of a home
    and its events: devices that went offline or online, changes of operational status and of
    occupancy. There are none during the start-up grace and none for the first judgement.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        feed: ChangeFeed,
        homes: Callable[[], Mapping[str, Home]],
        persons: Callable[[], Mapping[str, Person]],
        thresholds: Thresholds,
        *,
        own_entry_id: str,
        can_return: Callable[[str], bool],
        on_events: Callable[[str, Sequence[HomeEvent]], None] = _ignore_events,
    ) -> None:
        self._hass = hass
        self._feed = feed
        self._homes = homes
        self._persons = persons
        self._thresholds = thresholds
        self._own_entry_id = own_entry_id
        self._can_return = can_return
        self._on_events = on_events
        self._memory = MemoryStore(hass)
        self._deadlines = Deadlines(hass, self._due)
        self._integrations = FailedIntegrations(hass, own_entry_id)
        self._energy = EnergySettings(hass, self._plan_changed)
        self._locations = PersonLocations(hass.states)
        self._flush_throttle = Throttle(hass.loop, FLUSH_INTERVAL, self._flush)
        self._rebuild_debounce = Debounce(
            hass.loop, REGISTRY_QUIET, REGISTRY_LONGEST, self._rebuild
        )
        self._maintenance_lock = asyncio.Lock()
        self._observing = False
        self._phase = StartupPhase.STARTING
        self._started_at = dt_util.utcnow()
        self._reader = SensorReader(hass.config.units)
        self._snapshot = RegistrySnapshot()
        self._live: dict[str, LiveHome] = {}
        self._changed: dict[str, State | None] = {}
        self._watched: frozenset[str] = frozenset()
        # Processed with each change instead of the next flush: safety sensors, and both together
        # with the presence sensors.
        self._urgent: frozenset[str] = frozenset()
        self._signals: frozenset[str] = frozenset()
        # Thermostats whose first measurement makes them a part of the values.
        self._unread: frozenset[str] = frozenset()
        self._unsubscribe: list[CALLBACK_TYPE] = []

    @property
    def views(self) -> Mapping[str, HomeView]:
        """The homes by id, for reading."""
        return MappingProxyType(self._live)

    def remembered(self, home_id: str) -> dict[str, PlainJson]:
        """Return what is remembered of a home over a restart, as it is stored."""
        return self._memory.of(home_id).as_dict()

    def supposed(
        self, home_id: str, gone: Collection[str], failed: Collection[IntegrationFact]
    ) -> Operational:
        """Return the status of a home if some devices were gone and some integrations failed."""
        return self._live[home_id].supposed(dt_util.utcnow(), gone, failed)

    def home_of_person(self, person: Person) -> str | None:
        """Return the id of the home a person is in; None if it is unknown or no home."""
        return self._locations.home_of(person)

    def plan(self, home: Home) -> HomePlan:
        """Return the plan of a home, maybe of an earlier revision, with the registries of today."""
        registry, energy = er.async_get(self._hass), self._energy.plan()
        return plan_home(home, self._snapshot, self._persons(), energy, registry)

    async def async_load(self) -> None:
        """Read the memory of the homes."""
        await self._memory.async_load()

    async def async_save(self) -> None:
        """Write the memory of the homes; a failure is only logged."""
        with suppress(StoreFailedError):
            await self._memory.async_save()

    @callback
    def async_start(self, *, first_set_up: bool = False) -> CALLBACK_TYPE:
        """Observe until the returned function is called.

        While Home Assistant starts, values are published as they come, but the registries are read
        again only when it has started, and nothing is judged before the grace is over. After the
        first set-up there is a grace, too: much else may just have been set up.
        """
        self._observing = True
        homes = self._homes()
        self._memory.forget_unless(lambda key: key in homes or self._can_return(key))
        running = self._hass.state is CoreState.running
        self._integrations.check_all(dt_util.utcnow())
        settled = running and not first_set_up
        self._phase = StartupPhase.JUDGING if settled else StartupPhase.STARTING
        self._rebuild()
        self._unsubscribe = [
            # One permanent listener with a filter by the present set: no change can be lost
            # between two subscriptions.
            self._hass.bus.async_listen(
                EVENT_STATE_CHANGED, self._state_changed, event_filter=self._is_watched
            ),
            async_track_registries(
                self._hass, self._own_entry_id, self._is_used, self._registries_changed
            ),
            self._integrations.async_track(self._judge),
            self._hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, self._stopping),
            async_at_started(self._hass, self._started),
        ]
        return self._stop

    @callback
    def async_homes_changed(self, _changes: object = ()) -> None:
        """Process added, changed and removed homes and persons.

        A new home has an empty view at once; its facts follow in the next loop iteration.
        """
        homes = self._homes()
        for home_id in self._live.keys() - homes.keys():
            self._live.pop(home_id).stop()
            self._deadlines.forget(home_id)
            self._memory.retire(home_id)
        for home in homes.values():
            if home.home_id not in self._live:
                self._add(home)
        self._plan_changed()

    @callback
    def async_set_thresholds(self, thresholds: Thresholds) -> None:
        """Judge by other thresholds from now on."""
        if thresholds != self._thresholds:
            self._thresholds = thresholds
            if self._phase is StartupPhase.STARTED:
                self._set_grace()
            self._refresh()

    async def async_set_maintenance(self, device_id: str, until: datetime | None) -> None:
        """Do not judge a device until a moment; None ends it. Returns when it is saved.

        Raises `StoreFailedError` when the file cannot be written; the change is undone then.
        """
        # One call at a time: a rollback must not overwrite another call's pause.
        async with self._maintenance_lock:
            before = {
                live: live.paused_until(device_id)
                for live in self._live.values()
                if live.has_device(device_id)
            }
            self._pause(device_id, dict.fromkeys(before, until))
            try:
                await self._memory.async_save()
            except StoreFailedError:
                self._pause(device_id, before)
                raise

    async def async_dismiss(self, home_id: str, key: str) -> None:
        """End an alert whose sensor is silent; returns when that is saved.

        Raises `StoreFailedError` when the file cannot be written: after a restart it is back then.
        """
        live = self._live.get(home_id)
        if live is not None and live.dismiss(key):
            self._judge(dt_util.utcnow())
            await self._memory.async_save()

    def _pause(self, device_id: str, until: Mapping[LiveHome, datetime | None]) -> None:
        for live, moment in until.items():
            live.pause(device_id, moment)
        self._judge(dt_util.utcnow())

    def _add(self, home: Home) -> LiveHome:
        services = HomeServices(
            self._hass,
            self._deadlines,
            self._integrations,
            self._memory.schedule,
            self._sensor_recovered,
        )
        memory = self._memory.of(home.home_id)
        live = LiveHome(services, HomePlan(home=home), memory, self._reader, self._thresholds)
        live.set_phase(self._phase)
        self._live[home.home_id] = live
        return live

    @callback
    def _rebuild(self) -> None:
        """Read the registries and plan all homes anew."""
        self._rebuild_debounce.stop()
        now, registry, persons = dt_util.utcnow(), er.async_get(self._hass), self._persons()
        self._reader = SensorReader(self._hass.config.units)
        self._snapshot = read_registries(self._hass, self._own_entry_id, self._snapshot)
        energy = self._energy.plan()
        topics: set[Topic] = set()
        for home in self._homes().values():
            live = self._live.get(home.home_id) or self._add(home)
            plan = plan_home(home, self._snapshot, persons, energy, registry)
            topics |= _topics(live, live.replan(plan, self._reader, now))
        plans = [live.plan for live in self._live.values()]
        zones = {plan.zone: plan.home.home_id for plan in reversed(plans) if plan.zone}
        topics |= self._locations.replan(registry, persons, zones)
        self._watched = self._locations.watched.union(*(plan.watched for plan in plans))
        self._urgent = frozenset().union(*(plan.urgent for plan in plans))
        self._unread = frozenset().union(*(plan.unread for plan in plans))
        self._signals = self._urgent.union(self._unread, *(plan.presence for plan in plans))
        self._publish(topics)

    @callback
    def _is_watched(self, data: EventStateChangedData) -> bool:
        return data["entity_id"] in self._watched

    @callback
    def _state_changed(self, event: Event[EventStateChangedData]) -> None:
        data = event.data
        entity_id = data["entity_id"]
        self._changed[entity_id] = data["new_state"]
        if entity_id in self._signals:
            self._signal_changed(entity_id, event)
        self._flush_throttle.mark()

    def _signal_changed(self, entity_id: str, event: Event[EventStateChangedData]) -> None:
        old, new = event.data["old_state"], event.data["new_state"]
        if entity_id in self._unread and measures_room(new):
            self._rebuild_debounce.mark()
        before, after = old.state if old else None, new.state if new else None
        if before == after:
            return
        if entity_id in self._urgent:
            self._process({entity_id: self._changed.pop(entity_id)})
        elif before == STATE_ON:
            # A flush sees only the last state of a second and would miss a short movement.
            for live in self._live.values():
                live.sensor_cleared(entity_id, event.time_fired)

    @callback
    def _flush(self) -> None:
        changes, self._changed = self._changed, {}
        self._process(changes)

    def _process(self, changes: Mapping[str, State | None]) -> None:
        now = dt_util.utcnow()
        topics = self._locations.update(changes)
        for live in self._live.values():
            topics |= _topics(live, live.update(changes, now))
        self._publish(topics)

    def _publish(self, topics: Collection[Topic]) -> None:
        """Report the events that were collected, and publish the topics that changed."""
        lives = [*self._live.items()]
        taken = [(home_id, events) for home_id, live in lives if (events := live.take_events())]
        try:
            for home_id, events in taken:
                self._on_events(home_id, events)
            self._feed.publish_derived(topics)
        finally:
            for _, live in lives:
                live.device_changes = ()

    @callback
    def _due(self, deadlines: Collection[Deadline], now: datetime) -> None:
        if _STARTUP in deadlines:
            self._integrations.check_all(now)
            self._set_phase(StartupPhase.JUDGING)
            self._refresh()
        topics: set[Topic] = set()
        for home_id, live in self._live.items():
            if own := [deadline for deadline in deadlines if deadline.subject_id == home_id]:
                topics |= _topics(live, live.due(own, now))
        self._publish(topics)

    @callback
    def _sensor_recovered(self, entity_id: str) -> None:
        self._changed[entity_id] = self._hass.states.get(entity_id)
        self._flush_throttle.mark()

    @callback
    def _judge(self, now: datetime) -> None:
        topics: set[Topic] = set()
        for live in self._live.values():
            topics |= _topics(live, live.judge(now))
        self._publish(topics)

    def _refresh(self) -> None:
        now = dt_util.utcnow()
        topics: set[Topic] = set()
        for live in self._live.values():
            topics |= _topics(live, live.set_thresholds(self._thresholds, now))
        self._publish(topics)

    def _set_phase(self, phase: StartupPhase) -> None:
        self._phase = phase
        for live in self._live.values():
            live.set_phase(phase)

    @callback
    def _started(self, hass: HomeAssistant) -> None:
        hass.async_create_task(self._energy.async_start(), "digital_twin energy settings")
        if self._phase is StartupPhase.JUDGING:
            return
        self._set_phase(StartupPhase.STARTED)
        self._rebuild()
        self._started_at = dt_util.utcnow()
        self._set_grace()

    def _set_grace(self) -> None:
        self._deadlines.set(_STARTUP, self._started_at + self._thresholds.startup_grace)

    @callback
    def _registries_changed(self) -> None:
        if self._phase is not StartupPhase.STARTING:
            self._rebuild_debounce.mark()

    @callback
    def _plan_changed(self) -> None:
        if self._observing:
            self._rebuild_debounce.run_soon()

    def _is_used(self, ref: str) -> bool:
        """Return whether an entity or device belongs to a home or reports a location."""
        return ref in self._watched or any(live.has_device(ref) for live in self._live.values())

    @callback
    def _stopping(self, _event: Event) -> None:
        # Integrations that shut down would look like outages.
        self._stop()

    @callback
    def _stop(self) -> None:
        self._observing = False
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._unsubscribe = []
        for live in self._live.values():
            live.stop()
        self._flush_throttle.stop()
        self._rebuild_debounce.stop()
        self._deadlines.stop()


def _topics(live: LiveHome, names: Collection[str]) -> set[Topic]:
    return {Topic("home", live.home_id, name) for name in names}
