"""One home, live: takes changed entities and tells which topics of the home changed by them."""

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from homeassistant.core import HomeAssistant, State, callback
from homeassistant.util import dt as dt_util

from ...twin.enums import DeviceStatus
from ...twin.home.battery import BatteryForecast
from ...twin.home.inventory import DeviceCounts, count
from ...twin.home.operational import Cause, Operational, actionable, next_actionable, operational
from ...twin.home.thresholds import Thresholds
from ..core.deadlines import Deadline, Deadlines
from .climate import Climate, Reading
from .devices import Devices, LiveDevice
from .faults import alarm_facts, battery_facts, device_facts, stale_facts
from .household import Household
from .integrations import Integrations
from .memory import HomeMemory
from .plan import HomePlan, PlaceKey
from .quantities import Reader
from .stale import StaleWatch


class Stage(IntEnum):
    """How far Home Assistant has come: before it has started, nothing in it can be believed."""

    STARTING = 0
    STARTED = 1
    JUDGING = 2


class Topic(StrEnum):
    """What a home sets deadlines for."""

    DEVICE = "device"
    OCCUPANCY = "occupancy"
    STALE = "stale"
    ACTIONABLE = "actionable"
    PAUSE = "pause"
    BATTERY = "battery"


def reading_name(place: PlaceKey, quantity: str) -> str:
    """Name the topic of a value."""
    return f"environment/{place.path}/{quantity}"


@dataclass(frozen=True, slots=True)
class Shared:
    """What all homes have in common."""

    hass: HomeAssistant
    deadlines: Deadlines
    integrations: Integrations
    remember: Callable[[], None]
    recovered: Callable[[str], None]


class LiveHome:
    """What is known about one home now."""

    def __init__(
        self,
        shared: Shared,
        plan: HomePlan,
        memory: HomeMemory,
        reader: Reader,
        thresholds: Thresholds,
    ) -> None:
        """Start with an empty plan; `replan` looks at the home."""
        self._shared = shared
        self._states = shared.hass.states
        self._memory = memory
        self._thresholds = thresholds
        self._stale = StaleWatch(shared.hass, shared.recovered)
        self.plan = plan
        self.stage = Stage.STARTING
        self.climate = Climate(self._states, reader)
        self.devices = Devices(self._states, memory)
        self.household = Household(self._states, memory)
        self.operational = Operational()
        self.actionable: tuple[Cause, ...] = ()
        self.counts = DeviceCounts()
        self.offline: tuple[LiveDevice, ...] = ()
        self.low_batteries: tuple[LiveDevice, ...] = ()
        self.next_battery: BatteryForecast | None = None
        self._told: dict[str, object] = {}

    @property
    def paused(self) -> dict[str, datetime]:
        """Until when devices are in maintenance."""
        return self._memory.paused

    @property
    def is_judged(self) -> bool:
        """Whether Home Assistant has started and the grace has passed."""
        return self.stage is Stage.JUDGING

    def replan(self, plan: HomePlan, reader: Reader, now: datetime) -> set[str]:
        """Take over a new plan; return the topics that changed."""
        before, self.plan = self.plan, plan
        names = _names(self.climate.replan(plan, reader))
        if before.places != plan.places:
            names.add("places")
        if before.devices != plan.devices:
            # Whoever lists devices shows their names and areas.
            self._told = {}
        self.devices.replan(plan.devices.values())
        self.household.replan(plan)
        return names | self.refresh(now)

    def enter(self, stage: Stage, thresholds: Thresholds, now: datetime) -> set[str]:
        """Go on to a stage, with the thresholds to judge by; return the topics that changed."""
        self.stage, self._thresholds = stage, thresholds
        return self.refresh(now)

    def refresh(self, now: datetime) -> set[str]:
        """Look at everything but the measured values again; return the topics that changed."""
        for device in self.devices.live.values():
            self._look(device, now)
        self._stale_look(now)
        for device_id, until in self.paused.items():
            self._deadline(Topic.PAUSE, until, device_id)
        return self._tell_devices() | self._judge_occupancy(now) | self.judge(now)

    def update(self, changes: Mapping[str, State | None], now: datetime) -> set[str]:
        """Take new states, None for one that is gone; return the topics that changed by them."""
        names = _names(self.climate.update(changes))
        # A list and no generator: every device must be looked at.
        changed = [self._look(device, now) for device in self.devices.update(changes)]
        if changed:
            names |= self._tell_devices()
        if self._concerns_people(changes):
            names |= self._judge_occupancy(now)
        recovered = self._stale.touches(changes)
        if recovered:
            self._stale_look(now)
        if any(changed) or recovered or _any_of(self.plan.alarms, changes):
            names |= self.judge(now)
        return names

    def due(self, deadlines: Iterable[Deadline], now: datetime) -> set[str]:
        """Do all that is due, then judge once; return the topics that changed."""
        topics = set()
        for deadline in deadlines:
            topics.add(deadline.topic)
            if deadline.topic == Topic.PAUSE:
                self.pause(deadline.ref, None)
                self._shared.remember()
            elif device := self.devices.live.get(deadline.ref):
                self._look(device, now)
        if Topic.BATTERY in topics:
            self._sample_overdue(now)
        if Topic.STALE in topics:
            self._stale_look(now)
        names = self._tell_devices() | self.judge(now)
        return names | (self._judge_occupancy(now) if Topic.OCCUPANCY in topics else set())

    def judge(self, now: datetime) -> set[str]:
        """Judge the operational status anew; return the topics that changed."""
        if not self.is_judged:
            return set()
        facts = device_facts(self.devices.live, self._thresholds, self.paused)
        judged = operational(
            facts,
            [
                *alarm_facts(self._states, self.plan, facts, self._thresholds),
                *stale_facts(self._states, self.plan, facts, self._thresholds, self._stale.stale),
                *battery_facts(self.devices.live, facts, now),
            ],
            self._shared.integrations.facts(self.plan.entries),
            self._memory.opened,
        )
        names = set()
        if judged != self.operational:
            self.operational = judged
            self._memory.opened = {cause.key: cause.since for cause in judged.causes}
            self._shared.remember()
            names.add("operational")
        self._deadline(Topic.ACTIONABLE, next_actionable(judged.causes, now))
        to_mend = actionable(judged.causes, now)
        if to_mend != self.actionable:
            self.actionable = to_mend
            names.add("actionable")
        return names

    def pause(self, device_id: str, until: datetime | None) -> None:
        """Pause the judging of a device until a moment, or end its pause; judged on `due`."""
        if until is None:
            self.paused.pop(device_id, None)
        else:
            self.paused[device_id] = until
        self._deadline(Topic.PAUSE, until, device_id)

    @callback
    def stop(self) -> None:
        """End what runs by itself."""
        self._stale.stop()

    def _deadline(self, topic: Topic, moment: datetime | None, ref: str = "") -> None:
        self._shared.deadlines.set(Deadline(self.plan.home.home_id, topic, ref), moment)

    def _look(self, device: LiveDevice, now: datetime) -> bool:
        changed = self.devices.look(device, self._thresholds, now, judged=self.is_judged)
        self._deadline(Topic.DEVICE, device.reach.due, device.plan.device_id)
        sampled = self.is_judged and self.devices.sample_battery(
            device, dt_util.as_local(now).date()
        )
        if changed or sampled:
            self._shared.remember()
        return changed

    def _sample_overdue(self, now: datetime) -> None:
        """Look again at batteries that should be empty by now: their forecast was too dark."""
        today = dt_util.as_local(now).date()
        for device in self.devices.live.values():
            if device.forecast and device.forecast.runs_out < today:
                self.devices.sample_battery(device, today, again=True)

    def _stale_look(self, now: datetime) -> None:
        if self.is_judged:
            self._stale.look(self.plan, self._thresholds.stale_time, now)
            self._deadline(Topic.STALE, self._stale.due)

    def _concerns_people(self, changes: Container[str | None]) -> bool:
        followed = (resident.entity_id for resident in self.plan.residents)
        return _any_of(self.plan.presence, changes) or _any_of(followed, changes)

    def _tell_devices(self) -> set[str]:
        live = self.devices.live.values()
        self.counts = count(live)
        self.offline = tuple(one for one in live if one.status is DeviceStatus.OFFLINE)
        self.low_batteries = tuple(one for one in live if one.battery_low)
        forecasts = (one.forecast for one in live if one.forecast)
        self.next_battery = min(forecasts, key=lambda one: one.runs_out, default=None)
        self._deadline(Topic.BATTERY, _day_after(self.next_battery))
        told: dict[str, object] = {
            "devices": (self.counts, [one.plan.device_id for one in live if one.update_available]),
            "offline_devices": (
                self.is_judged,
                [(one.plan.device_id, one.reach.since) for one in self.offline],
            ),
            "low_batteries": [(one.plan.device_id, one.battery) for one in self.low_batteries],
            "next_battery": self.next_battery,
        }
        names = {name for name, value in told.items() if value != self._told.get(name)}
        self._told = told
        return names | ({"device_status"} if self.devices.changes else set())

    def _judge_occupancy(self, now: datetime) -> set[str]:
        if self.stage is Stage.STARTING:
            return set()
        changed = self.household.judge(self.plan, self._thresholds, now, settled=self.is_judged)
        self._deadline(Topic.OCCUPANCY, self.household.current.due)
        if changed:
            self._shared.remember()
        return {"occupancy"} if changed else set()


def _day_after(forecast: BatteryForecast | None) -> datetime | None:
    """Return the local midnight after which a forecast has proved wrong."""
    if forecast is None:
        return None
    return dt_util.as_utc(dt_util.start_of_local_day(forecast.runs_out + timedelta(days=1)))


def _any_of(few: Iterable[str | None], many: Container[str | None]) -> bool:
    """Tell whether any of a few entities is among the many that changed in a second."""
    return any(entity_id in many for entity_id in few)


def _names(readings: Iterable[Reading]) -> set[str]:
    return {reading_name(*reading) for reading in readings}
