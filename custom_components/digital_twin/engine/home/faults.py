"""Collects the facts from which the operational status of one home is judged."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from homeassistant.components.alarm_control_panel import AlarmControlPanelState
from homeassistant.const import ATTR_ENTITY_ID, STATE_ON
from homeassistant.core import State, StateMachine

from ...twin.home.operational import CauseKind, DeviceFact, EntityFact
from ...twin.home.thresholds import Thresholds
from .devices import LiveDevice
from .plan import HomePlan, WitnessPlan


def device_facts(
    devices: Mapping[str, LiveDevice], thresholds: Thresholds, paused: Collection[str]
) -> dict[str, DeviceFact]:
    """Return what matters of each device; `paused` are those in maintenance."""
    return {
        device_id: DeviceFact(
            device_id=device_id,
            name=device.plan.name,
            area_id=device.plan.area_id,
            hub_id=device.plan.hub_id,
            entry_id=device.plan.entry_id,
            offline_since=device.reach.open_since,
            silent=device.silent is not None,
            critical=thresholds.critical_label in device.plan.labels,
            muted=device_id in paused
            or device_id in thresholds.ignored_devices
            or thresholds.ignore_label in device.plan.labels,
        )
        for device_id, device in devices.items()
    }


def battery_facts(
    live: Mapping[str, LiveDevice], devices: Mapping[str, DeviceFact], now: datetime
) -> Iterator[EntityFact]:
    """Yield the devices with a low battery; since when is remembered with the cause."""
    for device_id, device in live.items():
        if device.battery_blamed and not devices[device_id].muted:
            yield EntityFact(
                kind=CauseKind.LOW_BATTERY,
                name=device.plan.name,
                since=now,
                device_id=device_id,
                area_id=device.plan.area_id,
            )


def alarm_facts(
    states: StateMachine,
    plan: HomePlan,
    devices: Mapping[str, DeviceFact],
    thresholds: Thresholds,
) -> Iterator[EntityFact]:
    """Yield the safety and problem sensors that are on and the alarm panels that are triggered."""
    for witness in plan.alarms.values():
        state = states.get(witness.entity_id)
        if state is None or _is_muted(witness, devices, thresholds):
            continue
        triggered = witness.kind is CauseKind.ALARM_TRIGGERED
        if state.state == (AlarmControlPanelState.TRIGGERED if triggered else STATE_ON):
            yield _fact(witness, state, state.last_changed)


def stale_facts(
    states: StateMachine,
    plan: HomePlan,
    devices: Mapping[str, DeviceFact],
    thresholds: Thresholds,
    stale: Mapping[str, datetime],
) -> Iterator[EntityFact]:
    """Yield the sensors that have stopped reporting."""
    for entity_id, since in stale.items():
        witness, state = plan.lively.get(entity_id), states.get(entity_id)
        if witness and state and not _is_muted(witness, devices, thresholds):
            yield _fact(witness, state, since)


def _is_muted(
    witness: WitnessPlan[CauseKind], devices: Mapping[str, DeviceFact], thresholds: Thresholds
) -> bool:
    device = devices.get(witness.device_id or "")
    return thresholds.ignore_label in witness.labels or (device is not None and device.muted)


def _fact(witness: WitnessPlan[CauseKind], state: State, since: datetime) -> EntityFact:
    return EntityFact(
        kind=witness.kind,
        entity_id=witness.entity_id,
        # The name of a state can be set to anything.
        name=str(state.name),
        since=since,
        device_id=witness.device_id,
        area_id=witness.area_id,
        members=_members(state),
    )


def _members(state: State) -> tuple[str, ...]:
    """Return the entities of a group; others may mean anything by the attribute."""
    members = state.attributes.get(ATTR_ENTITY_ID)
    if not isinstance(members, list | tuple):
        return ()
    return tuple(member for member in members if isinstance(member, str))
