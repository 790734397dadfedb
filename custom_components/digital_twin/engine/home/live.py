"""One live home: processes changed entities and returns the topics and events that follow."""

from collections.abc import Callable, Collection, Container, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from homeassistant.core import HomeAssistant, State, callback
from homeassistant.util import dt as dt_util

from ...twin.enums import ContextEffect, DeviceStatus, OccupancyStatus
from ...twin.home.alarms import alarming
from ...twin.home.batteries import BatteryForecast
from ...twin.home.home import Thresholds
from ...twin.home.inventory import count
from ...twin.home.operational import (
    IntegrationFact,
    Operational,
    actionable,
    next_actionable,
    operational,
)
from ...twin.records.context_effects import paused_by
from ..core.timers import Deadline, Deadlines
from .climate import CellKey
from .devices import LiveDevice
from .events import ANNOUNCED, HomeEvent, OccupancyChange, OpenedCause, OperationalChange
from .faults import (
    FailedIntegrations,
    StaleSensors,
    alarm_facts,
    battery_facts,
    device_facts,
    stale_facts,
)
from .memory import HomeMemory
from .plan import HomePlan
from .roles import SensorReader
from .view import HomeView, environment_name


class StartupPhase(IntEnum):
    """Nothing is judged before Home Assistant has started and the start-up grace has passed."""

    STARTING = 0
    STARTED = 1
    JUDGING = 2


class DeadlineTopic(StrEnum):
    """The topics for which a home sets deadlines."""

    DEVICE = "device"
    OCCUPANCY = "occupancy"
    STALE = "stale"
    ACTIONABLE = "actionable"
    PAUSE = "pause"
    BATTERY = "battery"
    MIDNIGHT = "midnight"


@dataclass(frozen=True, slots=True)
class HomeServices:
    """What all homes share.

    `remember` schedules a save of the memory, `recovered` processes a stale sensor that reported.
    """

    hass: HomeAssistant
    deadlines: Deadlines
    integrations: FailedIntegrations
    remember: Callable[[], None]
    recovered: Callable[[str], None]


class LiveHome(HomeView):
    """The facts of a home, kept up to date. Methods return the names of the changed topics."""

    def __init__(
        self,
        services: HomeServices,
        plan: HomePlan,
        memory: HomeMemory,
        reader: SensorReader,
        thresholds: Thresholds,
    ) -> None:
        super().__init__(services.hass, plan, memory, reader, services.remember)
        self._services = services
        self._states = services.hass.states
        self._thresholds = thresholds
        self._stale = StaleSensors(services.hass, services.recovered)
        self._phase = StartupPhase.STARTING
        self._events: list[HomeEvent] = []
        self._occupancy_status: OccupancyStatus | None = None
        self._published: dict[str, object] = {}
        self._critical: frozenset[str] = frozenset()
        # What the reasons of the statuses say of the context.
        self._quiet: object = None

    def replan(self, plan: HomePlan, reader: SensorReader, now: datetime) -> set[str]:
        """Use another plan."""
        before, self.plan = self.plan, plan
        self.set_phase(self._phase)
        names = _names(self._climate.replan(plan, reader))
        if before.places != plan.places:
            names.add("places")
        changed: Collection[LiveDevice] = ()
        if before.devices != plan.devices:
            # Lists of devices show names and areas: publish them again.
            self._published = {}
            changed = self._devices.replan(plan.devices.values())
        if before.unplaced != plan.unplaced:
            names.add("unplaced")
        self._occupancy.replan(plan)
        return names | self._derive(changed, now)

    def set_phase(self, phase: StartupPhase) -> None:
        """Set the phase of the start without judging."""
        self._phase = phase
        # A new home has no places until its first plan.
        self.is_judged = phase is StartupPhase.JUDGING and bool(self.plan.places)

    def set_thresholds(self, thresholds: Thresholds, now: datetime) -> set[str]:
        """Judge by other thresholds."""
        self._thresholds = thresholds
        return self.refresh(now)

    def refresh(self, now: datetime) -> set[str]:
        """Derive everything but the measured values anew."""
        return self._derive(self._devices.live.values(), now)

    def _derive(self, devices: Iterable[LiveDevice], now: datetime) -> set[str]:
        """Derive everything but the measured values and the facts of the other devices anew."""
        home, before = self.plan.home, self._quiet
        self.paused = paused_by(home, self._thresholds.effects)
        self._quiet = self.paused, home.context, home.context_since
        names = {"why"} if self._quiet != before else set()
        for device in self._devices.with_changed(devices):
            self._check_device(device, now)
        self._check_stale(now)
        for device_id, until in self._memory.paused.items():
            self._set_deadline(DeadlineTopic.PAUSE, until, device_id)
        self._set_midnight(now)
        return names | self._changed_lists() | self._judge_occupancy(now) | self.judge(now)

    def update(self, changes: Mapping[str, State | None], now: datetime) -> set[str]:
        """Process changed states; None is a removed one."""
        names = _names(self._climate.update(changes))
        # A list and no generator: every device must be checked.
        changed = [self._check_device(device, now) for device in self._devices.update(changes)]
        if changed:
            names |= self._changed_lists()
        if self._concerns_occupancy(changes):
            names |= self._judge_occupancy(now)
        recovered = self._stale.any_in(changes)
        if recovered:
            self._check_stale(now)
        if any(changed) or recovered or _any_of(self.plan.alarms, changes):
            names |= self.judge(now)
        return names

    def due(self, deadlines: Iterable[Deadline], now: datetime) -> set[str]:
        """Process deadlines that have passed, then judge once."""
        topics = set()
        due_devices = []
        for deadline in deadlines:
            topics.add(deadline.topic)
            if deadline.topic == DeadlineTopic.PAUSE:
                self.pause(deadline.ref, None)
                self._services.remember()
            elif device := self._devices.live.get(deadline.ref):
                due_devices.append(device)
        for device in self._devices.with_changed(due_devices):
            self._check_device(device, now)
        if DeadlineTopic.BATTERY in topics:
            self._sample_overdue(now)
        if DeadlineTopic.STALE in topics:
            self._check_stale(now)
        names = self._changed_lists() | self.judge(now)
        if DeadlineTopic.MIDNIGHT in topics:
            # Reasons name the day of what began yesterday.
            names.add("why")
            self._set_midnight(now)
        return names | (self._judge_occupancy(now) if DeadlineTopic.OCCUPANCY in topics else set())

    def supposed(
        self, now: datetime, gone: Collection[str] = (), failed: Collection[IntegrationFact] = ()
    ) -> Operational:
        """Return the operational status if some devices were gone and some integrations failed."""
        facts = device_facts(self._devices.live, self._thresholds, self._memory.paused)
        entries = {fact.entry_id for fact in failed}
        for device_id, fact in facts.items():
            if device_id in gone or fact.entry_id in entries:
                since = fact.offline_since or now
                facts[device_id] = replace(fact, offline_since=since, silent=True)
        return operational(
            facts,
            [
                *alarm_facts(self._states, self.plan, facts, self._thresholds, self._memory.opened),
                *stale_facts(self._states, self.plan, facts, self._thresholds, self._stale.stale),
                *battery_facts(self._devices.live, facts, now),
            ],
            [*self._services.integrations.facts(self.plan.entries), *failed],
            self._memory.opened,
        )

    def judge(self, now: datetime) -> set[str]:
        """Judge the operational status anew."""
        if not self.is_judged:
            return set()
        judged = self.supposed(now)
        label, live = self._thresholds.critical_label, self._devices.live
        self._critical = frozenset(key for key in live if label in live[key].plan.device.labels)
        told, names = self._alarming(judged), set()
        if judged != self.operational:
            old, new = self._alarming(self.operational).status, told.status
            if old and new and old is not new:
                self._events.append(OperationalChange(old, new, now))
            if old:
                # What began while nothing was judged is no news.
                self._events += (
                    OpenedCause(None, cause, now)
                    for cause in told.causes
                    if cause.kind in ANNOUNCED and cause.key not in self._memory.opened
                )
            self.operational = judged
            self._memory.opened = {cause.key: cause.since for cause in judged.causes}
            self._services.remember()
            names.add("operational")
        self._set_deadline(DeadlineTopic.ACTIONABLE, next_actionable(told.causes, now))
        to_mend = actionable(told.causes, now)
        if to_mend != self.actionable:
            self.actionable = to_mend
            names.add("actionable")
        return names

    def _alarming(self, found: Operational) -> Operational:
        return alarming(found, self._critical) if ContextEffect.DEVICES in self.paused else found

    def dismiss(self, key: str) -> bool:
        """Forget an open cause; return whether it was open. Takes effect with the next `judge`.

        A fault that its sensor still reports is found again.
        """
        return self._memory.opened.pop(key, None) is not None

    def sensor_cleared(self, entity_id: str, when: datetime) -> None:
        """Remember when a presence sensor went from on to another state."""
        if entity_id in self.plan.presence:
            self._occupancy.sensor_cleared(entity_id, when)

    def paused_until(self, device_id: str) -> datetime | None:
        """Return until when a device is in maintenance."""
        device_id = self.plan.things.get(device_id, device_id)
        return self._memory.paused.get(device_id)

    def pause(self, device_id: str, until: datetime | None) -> None:
        """Put a device into maintenance, or (None) end it; takes effect with the next `judge`."""
        device_id = self.plan.things.get(device_id, device_id)
        if until is None:
            self._memory.paused.pop(device_id, None)
        else:
            self._memory.paused[device_id] = until
        self._set_deadline(DeadlineTopic.PAUSE, until, device_id)

    def take_events(self) -> list[HomeEvent]:
        """Return the events since the last call; `device_changes` lists those of devices."""
        quiet = ContextEffect.DEVICES in self.paused
        told = (
            each for each in self._devices.changes if not quiet or each.device_id in self._critical
        )
        events = [*told, *self._events]
        self.device_changes = tuple(self._devices.changes)
        self._devices.changes.clear()
        self._events.clear()
        return events

    @callback
    def stop(self) -> None:
        """Stop all listeners."""
        self._stale.stop()

    def _set_deadline(self, topic: DeadlineTopic, moment: datetime | None, ref: str = "") -> None:
        self._services.deadlines.set(Deadline(self.home_id, topic, ref), moment)

    def _set_midnight(self, now: datetime) -> None:
        tomorrow = dt_util.as_local(now).date() + timedelta(days=1)
        self._set_deadline(
            DeadlineTopic.MIDNIGHT, dt_util.as_utc(dt_util.start_of_local_day(tomorrow))
        )

    def _check_device(self, device: LiveDevice, now: datetime) -> bool:
        changed = self._devices.check(device, self._thresholds, now, judged=self.is_judged)
        self._set_deadline(DeadlineTopic.DEVICE, device.reach.due, device.plan.device_id)
        sampled = self.is_judged and self._devices.sample_battery(
            device, dt_util.as_local(now).date()
        )
        if changed or sampled:
            self._services.remember()
        return changed

    def _sample_overdue(self, now: datetime) -> None:
        """Forecast anew for batteries that were predicted to be empty by now."""
        today = dt_util.as_local(now).date()
        for device in self._devices.live.values():
            if device.forecast and device.forecast.runs_out < today:
                self._devices.sample_battery(device, today, again=True)

    def _check_stale(self, now: datetime) -> None:
        if self.is_judged:
            self._stale.check(self.plan, self._thresholds.stale_time, now)
            self._set_deadline(DeadlineTopic.STALE, self._stale.due)

    def _concerns_occupancy(self, changes: Container[str | None]) -> bool:
        followed = (resident.entity_id for resident in self.plan.residents)
        return _any_of(self.plan.presence, changes) or _any_of(followed, changes)

    def _changed_lists(self) -> set[str]:
        """Derive the counts and lists of devices anew."""
        live = self._devices.live.values()
        self.counts = count(
            (one.reach.status, one.battery_low, one.update_available)
            for one in live
            if not self._is_part(one)
        )
        self._offline = tuple(one for one in live if one.reach.status is DeviceStatus.OFFLINE)
        self._low_batteries = tuple(one for one in live if one.battery_low)
        forecasts = (one.forecast for one in live if one.forecast)
        self.next_battery = min(forecasts, key=lambda one: one.runs_out, default=None)
        self._set_deadline(DeadlineTopic.BATTERY, _day_after(self.next_battery))
        lists: dict[str, object] = {
            "devices": (self.counts, [one.plan.device_id for one in live if one.update_available]),
            "offline_devices": (
                self.is_judged,
                [(one.plan.device_id, one.reach.since) for one in self._offline],
            ),
            "low_batteries": [(one.plan.device_id, one.battery) for one in self._low_batteries],
            "next_battery": self.next_battery,
        }
        names = {name for name, value in lists.items() if value != self._published.get(name)}
        self._published = lists
        return names | ({"device_status"} if self._devices.changes else set())

    def _is_part(self, device: LiveDevice) -> bool:
        """Return whether a device counts with the one it is a part of, such as a socket."""
        return device.plan.part_of in self._devices.live

    def _judge_occupancy(self, now: datetime) -> set[str]:
        if self._phase is StartupPhase.STARTING or not self.plan.places:
            return set()
        changed = self._occupancy.judge(self.plan, self._thresholds, now, grace_over=self.is_judged)
        self._set_deadline(DeadlineTopic.OCCUPANCY, self.occupancy.due)
        quiet = ContextEffect.OCCUPANCY in self.paused
        if self.is_judged and not quiet and (new := self.occupancy.status):
            # One that was unknown, or told nobody, for a while is compared with the last known.
            old, self._occupancy_status = self._occupancy_status, new
            if old and old is not new:
                self._events.append(OccupancyChange(old, new, now))
        if changed:
            self._services.remember()
        return {"occupancy"} if changed else set()


def _day_after(forecast: BatteryForecast | None) -> datetime | None:
    """Return the local midnight after which a forecast has proved wrong."""
    if forecast is None:
        return None
    return dt_util.as_utc(dt_util.start_of_local_day(forecast.runs_out + timedelta(days=1)))


def _any_of(few: Iterable[str | None], many: Container[str | None]) -> bool:
    return any(entity_id in many for entity_id in few)


def _names(cells: Iterable[CellKey]) -> set[str]:
    return {environment_name(cell) for cell in cells}
