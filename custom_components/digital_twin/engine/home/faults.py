"""Facts from which the operational status of homes is judged: devices, sensors, integrations."""

from collections import Counter
from collections.abc import Callable, Collection, Container, Iterator, Mapping
from datetime import datetime, timedelta

from homeassistant.components.alarm_control_panel import AlarmControlPanelState
from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntry,
    ConfigEntryChange,
    ConfigEntryState,
)
from homeassistant.const import ATTR_ENTITY_ID, STATE_ON, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import (
    CALLBACK_TYPE,
    Event,
    EventStateReportedData,
    HomeAssistant,
    State,
    StateMachine,
    callback,
)
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.event import async_track_state_report_event
from homeassistant.util import dt as dt_util

from ...twin.home.home import Thresholds
from ...twin.home.operational import (
    CauseKind,
    DeviceFact,
    EntityFact,
    IntegrationFact,
    cause_key,
)
from .devices import LiveDevice
from .plan import DevicePlan, HomePlan, SignalPlan

# The causes that say what was detected.
SAID = frozenset({CauseKind.SMOKE, CauseKind.CARBON_MONOXIDE, CauseKind.GAS, CauseKind.MOISTURE})
_SILENT = frozenset({STATE_UNAVAILABLE, STATE_UNKNOWN})
_FAILED = frozenset(
    {ConfigEntryState.SETUP_ERROR, ConfigEntryState.SETUP_RETRY, ConfigEntryState.MIGRATION_ERROR}
)


def device_facts(
    devices: Mapping[str, LiveDevice], thresholds: Thresholds, paused: Collection[str]
) -> dict[str, DeviceFact]:
    """Return the facts of each device by id; `paused` are the devices in maintenance."""
    return {
        device_id: DeviceFact(
            device_id=device_id,
            name=live.plan.device.name,
            area_id=live.plan.device.area_id,
            hub_id=live.plan.device.hub_id,
            entry_id=live.plan.device.entry_id,
            offline_since=live.reach.open_since,
            silent=live.silent is not None,
            critical=thresholds.critical_label in live.plan.device.labels,
            muted=_is_ignored(live.plan, thresholds, paused),
            part_of=live.plan.part_of,
            may_be_off=_may_be_off(live.plan, thresholds),
        )
        for device_id, live in devices.items()
    }


def _is_ignored(plan: DevicePlan, thresholds: Thresholds, paused: Collection[str]) -> bool:
    """Return whether the faults of a device count for nothing.

    It has the ignore label, or all its entities have it that are neither diagnostic nor settings.
    """
    if plan.device_id in paused or not thresholds.ignored_devices.isdisjoint(plan.ids):
        return True
    if thresholds.ignore_label is None:
        return False
    ignored = plan.labelled.get(thresholds.ignore_label, frozenset())
    return thresholds.ignore_label in plan.device.labels or (
        bool(ignored) and ignored >= (plan.main or frozenset(plan.entities))
    )


def _may_be_off(plan: DevicePlan, thresholds: Thresholds) -> bool:
    """Return whether a device may be unavailable: by choice, by its label, or by its kind."""
    labels = plan.device.labels
    if thresholds.critical_label in labels:
        return False
    return (
        plan.may_be_off
        or thresholds.may_be_off_label in labels
        or not thresholds.may_be_off_devices.isdisjoint(plan.ids)
    )


def battery_facts(
    devices: Mapping[str, LiveDevice], facts: Mapping[str, DeviceFact], now: datetime
) -> Iterator[EntityFact]:
    """Yield the low batteries; the status remembers since when their causes have been open."""
    for device_id, live in devices.items():
        if live.battery_blamed and not facts[device_id].muted:
            yield EntityFact(
                kind=CauseKind.LOW_BATTERY,
                name=live.plan.device.name,
                since=now,
                device_id=device_id,
                area_id=live.plan.device.area_id,
            )


def alarm_facts(
    states: StateMachine,
    plan: HomePlan,
    facts: Mapping[str, DeviceFact],
    thresholds: Thresholds,
    opened: Mapping[str, datetime],
) -> Iterator[EntityFact]:
    """Yield the safety and problem sensors that are on and the alarm panels that are triggered.

    `opened`: since when known causes have been open. An alert does not end because its sensor falls
    silent: a leak sensor that drowned has not dried up.
    """
    alike = Counter((each.kind, each.entity.device_id) for each in plan.alarms.values())
    for signal in plan.alarms.values():
        entity_id = signal.entity.entity_id
        state = states.get(entity_id)
        if _is_muted(signal, facts, thresholds):
            continue
        device = facts.get(signal.entity.device_id or "")
        is_only = alike[signal.kind, signal.entity.device_id] == 1
        name = _alarm_name(signal, state, device.name if device and is_only else None)
        if state is None or state.state in _SILENT:
            since = opened.get(cause_key(signal.kind, entity_id))
            if since and signal.kind is not CauseKind.PROBLEM:
                yield _entity_fact(signal, state, since, name=name, silent=True)
            continue
        triggered = signal.kind is CauseKind.ALARM_TRIGGERED
        if state.state == (AlarmControlPanelState.TRIGGERED if triggered else STATE_ON):
            yield _entity_fact(signal, state, state.last_changed, name=name)


def stale_facts(
    states: StateMachine,
    plan: HomePlan,
    facts: Mapping[str, DeviceFact],
    thresholds: Thresholds,
    stale: Mapping[str, datetime],
) -> Iterator[EntityFact]:
    """Yield the sensors that have stopped reporting."""
    for entity_id, since in stale.items():
        signal, state = plan.lively.get(entity_id), states.get(entity_id)
        if signal and state and not _is_muted(signal, facts, thresholds):
            yield _entity_fact(signal, state, since)


def _is_muted(
    signal: SignalPlan[CauseKind], facts: Mapping[str, DeviceFact], thresholds: Thresholds
) -> bool:
    device = facts.get(signal.entity.device_id or "")
    return thresholds.ignore_label in signal.entity.labels or (device is not None and device.muted)


def _alarm_name(signal: SignalPlan[CauseKind], state: State | None, device: str | None) -> str:
    """Return the name of an alarm: that of its device (`device`) if it is the only one of its kind.

    An entity that is named after its device and after what it detects ("Cellar sensor Moisture")
    would say the latter twice. A name that somebody gave it stays.
    """
    # A state can be given a name that is not a text.
    name = str(state.name) if state else signal.entity.entity_id
    if device is None:
        return name
    own = name.removeprefix(f"{device} ")
    # That there is a problem, or no safety, does not say which.
    is_said = signal.kind in SAID or own.casefold() == signal.kind
    return device if own != name and is_said else name


def _entity_fact(
    signal: SignalPlan[CauseKind],
    state: State | None,
    since: datetime,
    *,
    name: str | None = None,
    silent: bool = False,
) -> EntityFact:
    return EntityFact(
        kind=signal.kind,
        entity_id=signal.entity.entity_id,
        name=name or (str(state.name) if state else signal.entity.entity_id),
        since=since,
        device_id=signal.entity.device_id,
        area_id=signal.entity.area_id,
        members=_members(state) if state else (),
        silent=silent,
    )


def _members(state: State) -> tuple[str, ...]:
    """Return the members of a group; other entities may use the attribute for something else."""
    members = state.attributes.get(ATTR_ENTITY_ID)
    if not isinstance(members, list | tuple):
        return ()
    return tuple(member for member in members if isinstance(member, str))


class StaleSensors:
    """The climate sensors of a home that are available but have stopped reporting.

    `stale`: the time of the last report by entity id. `due`: when the next sensor can become stale.
    Reports of unchanged values are frequent, so they are followed only for stale sensors.
    """

    def __init__(self, hass: HomeAssistant, recovered: Callable[[str], None]) -> None:
        self._hass = hass
        self._recovered = recovered
        self._unsubscribe: CALLBACK_TYPE | None = None
        self.stale: dict[str, datetime] = {}
        self.due: datetime | None = None

    @callback
    def check(self, plan: HomePlan, stale_time: timedelta, now: datetime) -> None:
        """Find the stale sensors and the time of the next check."""
        stale: dict[str, datetime] = {}
        next_check = now + stale_time
        for entity_id in plan.lively:
            state = self._hass.states.get(entity_id)
            if state is None or state.state == STATE_UNAVAILABLE:
                continue
            limit = state.last_reported + stale_time
            if limit <= now:
                stale[entity_id] = state.last_reported
            else:
                next_check = min(next_check, limit)
        self.due = next_check if plan.lively else None
        changed = stale.keys() != self.stale.keys()
        self.stale = stale
        if changed:
            self.stop()
            if stale:
                self._unsubscribe = async_track_state_report_event(
                    self._hass, stale, self._reported
                )

    def any_in(self, entity_ids: Container[str]) -> bool:
        """Return whether a stale sensor is among changed entities."""
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


class FailedIntegrations:
    """The config entries that fail to set up, with the time of the failure, for all homes."""

    def __init__(self, hass: HomeAssistant, own_entry_id: str) -> None:
        self._hass = hass
        self._own_entry_id = own_entry_id
        self._failed: dict[str, datetime] = {}

    @callback
    def async_track(self, changed: Callable[[datetime], None]) -> CALLBACK_TYPE:
        """Call `changed` with the time after each failure or recovery, until stopped."""

        @callback
        def entry_changed(_change: ConfigEntryChange, entry: ConfigEntry) -> None:
            now = dt_util.utcnow()
            if self._check(entry, now):
                changed(now)

        return async_dispatcher_connect(self._hass, SIGNAL_CONFIG_ENTRY_CHANGED, entry_changed)

    def check_all(self, now: datetime) -> None:
        """Check every config entry."""
        for entry in self._hass.config_entries.async_entries(include_ignore=False):
            self._check(entry, now)

    def facts(self, entries: frozenset[str] | None) -> list[IntegrationFact]:
        """Return the failures among some entries, or among all for None."""
        return [
            IntegrationFact(entry_id=entry_id, domain=entry.domain, title=entry.title, since=since)
            for entry_id, since in self._failed.items()
            if (entries is None or entry_id in entries)
            and (entry := self._hass.config_entries.async_get_entry(entry_id))
            # Disabling an entry whose code was never loaded sends no signal.
            and entry.disabled_by is None
        ]

    def _check(self, entry: ConfigEntry, now: datetime) -> bool:
        """Return whether an entry failed or recovered.

        A failed entry has not recovered until a new attempt succeeds.
        """
        retrying = (
            entry.entry_id in self._failed and entry.state is ConfigEntryState.SETUP_IN_PROGRESS
        )
        failing = (entry.state in _FAILED or retrying) and entry.entry_id != self._own_entry_id
        known = self._hass.config_entries.async_get_entry(entry.entry_id) is not None
        if failing and known and entry.disabled_by is None:
            return self._failed.setdefault(entry.entry_id, now) is now
        return self._failed.pop(entry.entry_id, None) is not None
