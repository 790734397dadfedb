"""Observes all homes: one listener for all states, and a timer for what comes due by itself."""

import asyncio
from collections.abc import Callable, Collection, Mapping
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

from ...twin.home.home import Home
from ...twin.home.thresholds import Thresholds
from ...twin.people.person import Person
from ..core.files import StoreFailedError
from ..core.deadlines import Deadline, Deadlines
from ..core.feed import ChangeFeed, Topic
from ..core.throttle import Quiet, Throttle
from .energy import EnergySettings
from .integrations import Integrations, async_track_entries
from .live import LiveHome, Shared, Stage
from .membership import plan_home
from .memory import MemoryStore
from .people import People
from .plan import HomePlan
from .quantities import Reader
from .registries import async_track_registries
from .snapshot import read_registries
from .view import HomeView

# Seconds between two looks at changed states, and how long the registries must have been quiet.
FLUSH_INTERVAL = 1.0
REGISTRY_QUIET = 1.0
REGISTRY_LONGEST = 10.0
_STARTUP = Deadline("", "startup")


class HomeObserver:
    """Keeps all homes up to date and publishes what changed of them."""

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
    ) -> None:
        """Remember what to work with; nothing is read before `async_load` and `async_start`.

        `can_return` tells of a home that is gone whether it may be brought back.
        """
        self._hass = hass
        self._feed = feed
        self._homes = homes
        self._persons = persons
        self._thresholds = thresholds
        self._own_entry_id = own_entry_id
        self._can_return = can_return
        self._memory = MemoryStore(hass)
        self._deadlines = Deadlines(hass, self._due)
        self._integrations = Integrations(hass, own_entry_id)
        self._energy = EnergySettings(hass, self._plan_changed)
        self._people = People(hass.states)
        self._flush_pace = Throttle(hass.loop, FLUSH_INTERVAL, self._flush)
        self._rebuild_pace = Throttle(hass.loop, 0, self._rebuild)
        self._registry_quiet = Quiet(hass.loop, REGISTRY_QUIET, REGISTRY_LONGEST, self._rebuild)
        self._pausing = asyncio.Lock()
        self._observing = False
        self._stage = Stage.STARTING
        self._reader = Reader(hass.config.units)
        self._live: dict[str, LiveHome] = {}
        self._views: dict[str, HomeView] = {}
        self._changed: dict[str, State | None] = {}
        self._watched: frozenset[str] = frozenset()
        # What is looked at with each change, and not only with the next flush.
        self._urgent: frozenset[str] = frozenset()
        self._witnesses: frozenset[str] = frozenset()
        self._unsubscribe: list[CALLBACK_TYPE] = []

    @property
    def views(self) -> Mapping[str, HomeView]:
        """The homes by id, to be read."""
        return MappingProxyType(self._views)

    def home_of_person(self, person: Person) -> str | None:
        """Return the id of the home a person is in; None where that is unknown or no home."""
        return self._people.home_of(person)

    async def async_load(self) -> None:
        """Read what was remembered over the restart."""
        await self._memory.async_load()

    async def async_save(self) -> None:
        """Write what should be remembered over the restart; a disk that refuses is in the log."""
        with suppress(StoreFailedError):
            await self._memory.async_save()

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Begin to observe; return what ends it.

        While Home Assistant is still starting, values are shown as they come, but registries are
        not read again before it has started, and nothing is judged before the grace has passed.
        """
        self._observing = True
        homes = self._homes()
        self._memory.forget_unless(lambda key: key in homes or self._can_return(key))
        running = self._hass.state is CoreState.running
        self._integrations.look_at_all(dt_util.utcnow())
        self._stage = Stage.JUDGING if running else Stage.STARTING
        self._rebuild()
        self._unsubscribe = [
            # One listener for good, whose filter knows what is watched at the moment: nothing has
            # to be subscribed again, and no change falls between two subscriptions.
            self._hass.bus.async_listen(
                EVENT_STATE_CHANGED, self._state_changed, event_filter=self._is_watched
            ),
            async_track_registries(self._hass, self._own_entry_id, self._is_used, self._registries),
            async_track_entries(self._hass, self._integrations, self._judge),
            self._hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, self._stopping),
            async_at_started(self._hass, self._started),
        ]
        return self._stop

    @callback
    def async_homes_changed(self) -> None:
        """Take over added, changed and removed homes and persons.

        A new home has an empty view at once; what it holds follows.
        """
        homes = self._homes()
        for home_id in self._live.keys() - homes.keys():
            self._live.pop(home_id).stop()
            del self._views[home_id]
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
            self._enter(self._stage)

    async def async_set_maintenance(self, device_id: str, until: datetime | None) -> None:
        """Do not judge a device until a moment; None ends its pause. Returns when it is saved.

        Raises `StoreFailedError` when the disk does not take it; it is undone then.
        """
        # One after the other: who is undone must not undo another.
        async with self._pausing:
            before = {
                live: live.paused.get(device_id)
                for live in self._live.values()
                if device_id in live.devices.live
            }
            self._pause(device_id, dict.fromkeys(before, until))
            try:
                await self._memory.async_save()
            except StoreFailedError:
                self._pause(device_id, before)
                raise

    def _pause(self, device_id: str, until: Mapping[LiveHome, datetime | None]) -> None:
        for live, moment in until.items():
            live.pause(device_id, moment)
        self._judge(dt_util.utcnow())

    def _add(self, home: Home) -> LiveHome:
        shared = Shared(
            self._hass,
            self._deadlines,
            self._integrations,
            self._memory.schedule,
            self._recovered,
        )
        live = LiveHome(
            shared,
            HomePlan(home=home),
            self._memory.of(home.home_id),
            self._reader,
            self._thresholds,
        )
        live.stage = self._stage
        self._live[home.home_id] = live
        self._views[home.home_id] = HomeView(self._hass, live)
        return live

    @callback
    def _rebuild(self) -> None:
        """Read the registries and take over what they say."""
        self._rebuild_pace.stop()
        self._registry_quiet.stop()
        now, registry, persons = dt_util.utcnow(), er.async_get(self._hass), self._persons()
        self._reader = Reader(self._hass.config.units)
        snapshot = read_registries(self._hass, self._own_entry_id)
        meters = self._energy.meters()
        topics: set[Topic] = set()
        for home in self._homes().values():
            live = self._live.get(home.home_id) or self._add(home)
            plan = plan_home(home, snapshot, persons, meters, registry)
            topics |= _topics(live, live.replan(plan, self._reader, now))
        plans = [live.plan for live in self._live.values()]
        zones = {plan.zone: plan.home.home_id for plan in reversed(plans) if plan.zone}
        topics |= self._people.replan(registry, persons, zones)
        self._watch(plans)
        self._publish(topics)

    def _watch(self, plans: Collection[HomePlan]) -> None:
        self._watched = self._people.watched.union(*(plan.watched for plan in plans))
        self._urgent = frozenset().union(*(plan.urgent for plan in plans))
        self._witnesses = self._urgent.union(*(plan.presence for plan in plans))

    @callback
    def _is_watched(self, data: EventStateChangedData) -> bool:
        return data["entity_id"] in self._watched

    @callback
    def _state_changed(self, event: Event[EventStateChangedData]) -> None:
        data = event.data
        entity_id = data["entity_id"]
        self._changed[entity_id] = data["new_state"]
        if entity_id in self._witnesses:
            self._witness_changed(entity_id, event)
        self._flush_pace.mark()

    def _witness_changed(self, entity_id: str, event: Event[EventStateChangedData]) -> None:
        old, new = event.data["old_state"], event.data["new_state"]
        before, after = old.state if old else None, new.state if new else None
        if before == after:
            return
        if entity_id in self._urgent:
            self._take({entity_id: self._changed.pop(entity_id)})
        elif before == STATE_ON:
            # A flush sees only the last state of a second, and would miss a short movement.
            for live in self._live.values():
                live.household.went_off(entity_id, event.time_fired)

    @callback
    def _flush(self) -> None:
        changes, self._changed = self._changed, {}
        self._take(changes)

    def _take(self, changes: Mapping[str, State | None]) -> None:
        now = dt_util.utcnow()
        topics = self._people.update(changes)
        for live in self._live.values():
            topics |= _topics(live, live.update(changes, now))
        self._publish(topics)

    def _publish(self, topics: Collection[Topic]) -> None:
        try:
            self._feed.publish_derived(topics)
        finally:
            for live in self._live.values():
                live.devices.changes.clear()

    @callback
    def _due(self, deadlines: Collection[Deadline], now: datetime) -> None:
        if _STARTUP in deadlines:
            self._integrations.look_at_all(now)
            self._enter(Stage.JUDGING)
        topics: set[Topic] = set()
        for home_id, live in self._live.items():
            if own := [deadline for deadline in deadlines if deadline.home_id == home_id]:
                topics |= _topics(live, live.due(own, now))
        self._publish(topics)

    @callback
    def _recovered(self, entity_id: str) -> None:
        self._changed[entity_id] = self._hass.states.get(entity_id)
        self._flush_pace.mark()

    @callback
    def _judge(self, now: datetime) -> None:
        topics: set[Topic] = set()
        for live in self._live.values():
            topics |= _topics(live, live.judge(now))
        self._publish(topics)

    def _enter(self, stage: Stage) -> None:
        self._stage = stage
        now = dt_util.utcnow()
        topics: set[Topic] = set()
        for live in self._live.values():
            topics |= _topics(live, live.enter(stage, self._thresholds, now))
        self._publish(topics)

    @callback
    def _started(self, hass: HomeAssistant) -> None:
        hass.async_create_task(self._energy.async_start(), "digital_twin energy settings")
        if self._stage is Stage.JUDGING:
            return
        self._stage = Stage.STARTED
        for live in self._live.values():
            live.stage = self._stage
        self._rebuild()
        self._deadlines.set(_STARTUP, dt_util.utcnow() + self._thresholds.startup_grace)

    @callback
    def _registries(self) -> None:
        if self._stage is not Stage.STARTING:
            self._registry_quiet.mark()

    @callback
    def _plan_changed(self) -> None:
        if self._observing:
            self._rebuild_pace.mark()

    def _is_used(self, ref: str) -> bool:
        """Tell whether an entity or a device is part of a home, or tells where somebody is."""
        return ref in self._watched or any(ref in live.plan.devices for live in self._live.values())

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
        for pacer in (self._flush_pace, self._rebuild_pace, self._registry_quiet):
            pacer.stop()
        self._deadlines.stop()


def _topics(live: LiveHome, names: Collection[str]) -> set[Topic]:
    return {Topic("home", live.plan.home.home_id, name) for name in names}
