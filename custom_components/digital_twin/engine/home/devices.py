"""The devices of one home: availability, batteries and updates."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE
from homeassistant.core import State, StateMachine

from ...twin.enums import DeviceStatus
from ...twin.home.batteries import BatteryForecast, forecast, is_low, remember
from ...twin.home.conditions import number
from ...twin.home.home import Thresholds
from ...twin.home.inventory import UNJUDGED, DeviceChange, Reachability, reach
from ...twin.home.operational import CauseKind, cause_key
from .memory import HomeMemory
from .plan import DevicePlan

FULL = 100


@dataclass(eq=False, slots=True)
class LiveDevice:
    """A device with its present facts.

    `silent`: since when all its entities have been unavailable. `battery_blamed`: low by a battery
    without the ignore label. `sampled`: the last battery level (per cent) in the history.
    """

    plan: DevicePlan
    reach: Reachability = UNJUDGED
    silent: datetime | None = None
    battery: float | None = None
    battery_low: bool = False
    battery_blamed: bool = False
    update_available: bool = False
    sampled: float | None = None
    forecast: BatteryForecast | None = None

    @property
    def facts(self) -> tuple[object, ...]:
        """The facts whose change is a change of the device."""
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
    """The devices of a home by id; `changes` are changes of status that were not yet published."""

    def __init__(self, states: StateMachine, memory: HomeMemory) -> None:
        self._states = states
        self._memory = memory
        self._owners: dict[str, tuple[LiveDevice, ...]] = {}
        # Few changed entities are in one of these sets, so most changes are skipped quickly.
        self._unavailable: set[str] = set()
        self._details: frozenset[str] = frozenset()
        self.live: dict[str, LiveDevice] = {}
        self.changes: list[DeviceChange] = []

    def replan(self, plans: Iterable[DevicePlan]) -> list[LiveDevice]:
        """Use other plans; return the devices that are new or have another plan.

        The facts of devices that remain are kept.
        """
        live: dict[str, LiveDevice] = {}
        changed = []
        for plan in plans:
            device = live[plan.device_id] = self.live.get(plan.device_id) or LiveDevice(plan)
            if plan.device_id not in self.live:
                # Many batteries report nothing for hours after a restart.
                was_low = cause_key(CauseKind.LOW_BATTERY, plan.device_id) in self._memory.opened
                device.battery_low = device.battery_blamed = was_low
            elif device.plan == plan:
                continue
            device.plan = plan
            changed.append(device)
        self.live = live
        owners: dict[str, tuple[LiveDevice, ...]] = {}
        details: set[str] = set()
        for device in live.values():
            plan = device.plan
            own_details = {*plan.batteries, *plan.battery_flags, *plan.updates}
            details |= own_details
            for entity_id in own_details.union(plan.entities):
                owners[entity_id] = (*owners.get(entity_id, ()), device)
        self._owners = owners
        self._details = frozenset(details)
        get = self._states.get
        self._unavailable = {entity_id for entity_id in owners if _is_unavailable(get(entity_id))}
        for known in (self._memory.silent, self._memory.batteries, self._memory.paused):
            for device_id in known.keys() - live.keys():
                del known[device_id]
        return changed

    def update(self, changed: Mapping[str, State | None]) -> list[LiveDevice]:
        """Return the devices that must be checked because of changed entities."""
        touched: dict[str, LiveDevice] = {}
        unavailable, details = self._unavailable, self._details
        for entity_id, state in changed.items():
            is_unavailable = _is_unavailable(state)
            if is_unavailable is (entity_id in unavailable) and entity_id not in details:
                continue
            (unavailable.add if is_unavailable else unavailable.discard)(entity_id)
            for device in self._owners.get(entity_id, ()):
                touched[device.plan.device_id] = device
        return self.with_changed(touched.values())

    def with_changed(self, devices: Iterable[LiveDevice]) -> list[LiveDevice]:
        """Return devices, and those that share an entity with them that changed meanwhile.

        A check reads the present states, also those whose change is not processed yet. What it
        reads is kept, so that a change back is noticed: an entity that was available only between
        two flushes must not end the watch over its device.
        """
        touched = {device.plan.device_id: device for device in devices}
        waiting, unavailable, get = [*touched.values()], self._unavailable, self._states.get
        while waiting:
            for entity_id in waiting.pop().plan.entities:
                is_unavailable = _is_unavailable(get(entity_id))
                if is_unavailable is (entity_id in unavailable):
                    continue
                (unavailable.add if is_unavailable else unavailable.discard)(entity_id)
                for device in self._owners.get(entity_id, ()):
                    if device.plan.device_id not in touched:
                        touched[device.plan.device_id] = device
                        waiting.append(device)
        return list(touched.values())

    def check(
        self, device: LiveDevice, thresholds: Thresholds, now: datetime, *, judged: bool
    ) -> bool:
        """Derive the facts of a device from the states; return whether any changed.

        Without `judged` (during the start-up grace) availability is only noted, not judged.
        """
        before, was = device.facts, device.reach.status
        self._check_battery(device, thresholds)
        device.update_available = any(self._is_on(entity_id) for entity_id in device.plan.updates)
        self._check_availability(device, thresholds, now, judged=judged)
        status = device.reach.status
        if was is not status and DeviceStatus.UNKNOWN not in {was, status}:
            self.changes.append(
                DeviceChange(
                    device_id=device.plan.device_id,
                    name=device.plan.device.name,
                    area=device.plan.area,
                    old=was,
                    new=status,
                    at=now,
                )
            )
        return device.facts != before

    def sample_battery(self, device: LiveDevice, today: date, *, again: bool = False) -> bool:
        """Add a changed level, or (again) the same one, to the history and forecast anew.

        Returns whether the history changed.
        """
        if device.battery is None or (device.battery == device.sampled and not again):
            return False
        if device.plan.rechargeable:
            # What is charged every night does not run out.
            return False
        device.sampled = device.battery
        device_id, batteries = device.plan.device_id, self._memory.batteries
        history = batteries.get(device_id, ())
        known = bool(history) and history[-1][1] == device.battery and not again
        if not known:
            history = batteries[device_id] = remember(history, today.toordinal(), device.battery)
        device.forecast = forecast(device_id, history)
        return not known

    def _check_battery(self, device: LiveDevice, thresholds: Thresholds) -> None:
        plan, threshold = device.plan, thresholds.low_battery
        if plan.rechargeable and thresholds.critical_label not in plan.device.labels:
            device.battery = self._lowest(plan.batteries)
            device.battery_low = device.battery_blamed = False
            return
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
        self, batteries: Collection[str], flags: Collection[str], threshold: float, *, was_low: bool
    ) -> bool:
        if not batteries and not flags:
            return False
        reported = {state.state for flag in flags if (state := self._states.get(flag))}
        return is_low(
            self._lowest(batteries),
            reported_low=STATE_ON in reported if reported & {STATE_ON, STATE_OFF} else None,
            threshold=threshold,
            was_low=was_low,
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

    def _check_availability(
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


def _is_unavailable(state: State | None) -> bool:
    return state is None or state.state == STATE_UNAVAILABLE
