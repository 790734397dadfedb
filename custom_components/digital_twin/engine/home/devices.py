"""The devices of one home, live: whether they answer, their batteries and updates."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime

from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE
from homeassistant.core import State, StateMachine

from ...twin.enums import DeviceStatus
from ...twin.home.battery import BatteryForecast, forecast, is_low, remember
from ...twin.home.environment import number
from ...twin.home.inventory import UNJUDGED, DeviceChange, Reachability, reach
from ...twin.home.operational import CauseKind, cause_key
from ...twin.home.thresholds import Thresholds
from .memory import HomeMemory
from .plan import DevicePlan

FULL = 100


class LiveDevice:
    """One device with what is known about it now."""

    __slots__ = (
        "battery",
        "battery_blamed",
        "battery_low",
        "forecast",
        "plan",
        "reach",
        "sampled",
        "silent",
        "update_available",
    )

    def __init__(self, plan: DevicePlan) -> None:
        """Start without having looked."""
        self.plan = plan
        self.reach: Reachability = UNJUDGED
        self.silent: datetime | None = None
        self.battery: float | None = None
        self.battery_low = False
        # Low by a battery that is not ignored.
        self.battery_blamed = False
        self.update_available = False
        self.sampled: float | None = None
        self.forecast: BatteryForecast | None = None

    @property
    def status(self) -> DeviceStatus:
        """Whether it answers."""
        return self.reach.status

    @property
    def facts(self) -> tuple[object, ...]:
        """What a change of is worth telling."""
        return (
            self.reach.status,
            self.reach.since,
            self.reach.open_since,
            self.silent is None,
            self.battery_low,
            self.battery_blamed,
            self.update_available,
        )


class Devices:
    """The devices of a home by id."""

    def __init__(self, states: StateMachine, memory: HomeMemory) -> None:
        """Start empty; `replan` fills it."""
        self._states = states
        self._memory = memory
        self._owners: dict[str, tuple[LiveDevice, ...]] = {}
        # Few entities are one or the other, so that nearly every change is passed over quickly.
        self._down: set[str] = set()
        self._details: frozenset[str] = frozenset()
        self.live: dict[str, LiveDevice] = {}
        self.changes: list[DeviceChange] = []

    def replan(self, plans: Iterable[DevicePlan]) -> None:
        """Take over new plans; what is known of devices that stay is kept."""
        live = {}
        for plan in plans:
            device = self.live.get(plan.device_id) or self._begin(plan)
            device.plan = plan
            live[plan.device_id] = device
        self.live = live
        owners: dict[str, list[LiveDevice]] = {}
        details: set[str] = set()
        for device in live.values():
            plan = device.plan
            more = {*plan.batteries, *plan.battery_flags, *plan.updates}
            details |= more
            for entity_id in more.union(plan.entities):
                owners.setdefault(entity_id, []).append(device)
        self._owners = {entity_id: tuple(found) for entity_id, found in owners.items()}
        self._details = frozenset(details)
        self._down = {entity_id for entity_id in owners if _is_down(self._states.get(entity_id))}
        for known in (self._memory.silent, self._memory.batteries, self._memory.paused):
            for device_id in known.keys() - live.keys():
                del known[device_id]

    def _begin(self, plan: DevicePlan) -> LiveDevice:
        device = LiveDevice(plan)
        # Many batteries say nothing for hours after a restart.
        was_low = cause_key(CauseKind.LOW_BATTERY, plan.device_id) in self._memory.opened
        device.battery_low = device.battery_blamed = was_low
        return device

    def update(self, changed: Mapping[str, State | None]) -> list[LiveDevice]:
        """Return the devices that must be looked at again because of changed entities."""
        touched: dict[str, LiveDevice] = {}
        was_down, details = self._down, self._details
        for entity_id, state in changed.items():
            down = _is_down(state)
            # The value of a sensor is nothing to its device; whether there is one is.
            if down is (entity_id in was_down) and entity_id not in details:
                continue
            for device in self._owners.get(entity_id, ()):
                touched[device.plan.device_id] = device
                (was_down.add if down else was_down.discard)(entity_id)
        return list(touched.values())

    def look(
        self, device: LiveDevice, thresholds: Thresholds, now: datetime, *, judged: bool
    ) -> bool:
        """Look at a device again; tell whether something about it changed."""
        before, was = device.facts, device.reach.status
        self._look_at_battery(device, thresholds)
        device.update_available = any(self._is_on(entity_id) for entity_id in device.plan.updates)
        self._look_whether_it_answers(device, thresholds, now, judged=judged)
        known = DeviceStatus.UNKNOWN not in {was, device.reach.status}
        if known and was is not device.reach.status:
            self.changes.append(
                DeviceChange(
                    device_id=device.plan.device_id,
                    name=device.plan.name,
                    old=was,
                    new=device.reach.status,
                    at=now,
                )
            )
        return device.facts != before

    def sample_battery(self, device: LiveDevice, today: date, *, again: bool = False) -> bool:
        """Note a new level, or (again) an old one, and look into the future; tell whether noted."""
        if device.battery is None or (device.battery == device.sampled and not again):
            return False
        device.sampled = device.battery
        device_id, batteries = device.plan.device_id, self._memory.batteries
        history = batteries.get(device_id, ())
        known = bool(history) and history[-1][1] == device.battery and not again
        if not known:
            history = batteries[device_id] = remember(history, today.toordinal(), device.battery)
        device.forecast = forecast(device_id, history)
        return not known

    def _look_at_battery(self, device: LiveDevice, thresholds: Thresholds) -> None:
        plan, threshold = device.plan, thresholds.low_battery
        was_blamed = device.battery_blamed
        device.battery = self._lowest(plan.batteries)
        device.battery_low = device.battery_blamed = self._is_low(
            plan.batteries, plan.battery_flags, threshold, was_low=device.battery_low
        )
        ignored = plan.labelled.get(thresholds.ignore_label or "")
        if ignored and device.battery_low:
            device.battery_blamed = self._is_low(
                [entity_id for entity_id in plan.batteries if entity_id not in ignored],
                [entity_id for entity_id in plan.battery_flags if entity_id not in ignored],
                threshold,
                was_low=was_blamed,
            )

    def _is_low(
        self,
        batteries: Collection[str],
        flags: Collection[str],
        threshold: float,
        *,
        was_low: bool,
    ) -> bool:
        said = {state.state for flag in flags if (state := self._states.get(flag))}
        return is_low(
            self._lowest(batteries),
            reported_low=STATE_ON in said if said & {STATE_ON, STATE_OFF} else None,
            threshold=threshold,
            was_low=was_low and bool(batteries or flags),
        )

    def _lowest(self, batteries: Iterable[str]) -> float | None:
        levels = (
            level
            for entity_id in batteries
            if (state := self._states.get(entity_id))
            and (level := number(state.state)) is not None
            and 0 <= level <= FULL
        )
        return min(levels, default=None)

    def _look_whether_it_answers(
        self, device: LiveDevice, thresholds: Thresholds, now: datetime, *, judged: bool
    ) -> None:
        device_id, silent = device.plan.device_id, self._memory.silent
        states = [
            state
            for entity_id in device.plan.entities
            if (state := self._states.get(entity_id)) is not None
        ]
        if not states:
            device.reach, device.silent = UNJUDGED, None
            return
        if all(state.state == STATE_UNAVAILABLE for state in states):
            began = max(state.last_changed for state in states)
            device.silent = silent[device_id] = min(silent.get(device_id, began), now)
        elif judged or device.silent:
            device.silent = None
            silent.pop(device_id, None)
        if judged:
            device.reach = reach(
                device.reach,
                device.silent,
                now=now,
                grace=thresholds.offline_grace,
                flap_window=thresholds.flap_window,
            )

    def _is_on(self, entity_id: str) -> bool:
        state = self._states.get(entity_id)
        return state is not None and state.state == STATE_ON


def _is_down(state: State | None) -> bool:
    return state is None or state.state == STATE_UNAVAILABLE
