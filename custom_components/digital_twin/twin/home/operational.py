"""The operational status of a home: its open causes, worst first, each reduced to its root."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from ..enums import OperationalStatus
from ..records.limits import TEXT, TIME, TRUTH, list_of, object_of, one_of, or_null

# An outage of at least three devices and a quarter of all is one cause.
MANY = 3
SHARE = 4
# A repair issue is created for a cause that has been open for this long.
PATIENCE = timedelta(hours=1)


class CauseKind(StrEnum):
    """The kinds of causes, in the order in which causes of one severity are listed."""

    SMOKE = "smoke"
    CARBON_MONOXIDE = "carbon_monoxide"
    GAS = "gas"
    MOISTURE = "moisture"
    SAFETY = "safety"
    ALARM_TRIGGERED = "alarm_triggered"
    CRITICAL_DEVICE_OFFLINE = "critical_device_offline"
    MANY_DEVICES_OFFLINE = "many_devices_offline"
    INTEGRATION_FAILED = "integration_failed"
    DEVICE_OFFLINE = "device_offline"
    PROBLEM = "problem"
    LOW_BATTERY = "low_battery"
    STALE_SENSOR = "stale_sensor"


SAFETY_KINDS = (
    CauseKind.SMOKE,
    CauseKind.CARBON_MONOXIDE,
    CauseKind.GAS,
    CauseKind.MOISTURE,
    CauseKind.SAFETY,
)
_ALERTS = frozenset(
    {
        *SAFETY_KINDS,
        CauseKind.ALARM_TRIGGERED,
        CauseKind.CRITICAL_DEVICE_OFFLINE,
        CauseKind.MANY_DEVICES_OFFLINE,
    }
)
# Causes that a repair issue is created for; alarms are not maintenance.
_ACTIONABLE = frozenset(
    {
        CauseKind.CRITICAL_DEVICE_OFFLINE,
        CauseKind.MANY_DEVICES_OFFLINE,
        CauseKind.DEVICE_OFFLINE,
        CauseKind.INTEGRATION_FAILED,
        CauseKind.LOW_BATTERY,
        CauseKind.STALE_SENSOR,
    }
)
_ORDER = {kind: place for place, kind in enumerate(CauseKind)}


def cause_key(kind: CauseKind, ref: str) -> str:
    """Return the key of a cause; `ref` is the id of an entity, a device or an integration."""
    return f"{kind}:{ref}"


@dataclass(frozen=True, kw_only=True, slots=True)
class HomeCause:
    """One open cause of a degraded status.

    `name`: that of the faulty device, entity or integration, empty for many devices.
    `affects`: the ids of the other devices that are unavailable because of it. `silent`: its sensor
    can no longer say whether it has ended.
    """

    kind: CauseKind
    severity: OperationalStatus
    since: datetime
    name: str
    device_id: str | None = None
    entity_id: str | None = None
    entry_id: str | None = None
    integration: str | None = None
    area_id: str | None = None
    affects: tuple[str, ...] = ()
    silent: bool = False

    @property
    def key(self) -> str:
        """The identity of the cause for as long as it is open."""
        return cause_key(self.kind, self.entity_id or self.device_id or self.entry_id or "")


# A cause in the document of a home.
CAUSE: Final = object_of(
    cause=one_of(CauseKind),
    severity=one_of(OperationalStatus),
    silent=TRUTH,
    since=TIME,
    name=TEXT,
    **dict.fromkeys(("device", "entity", "integration", "area"), or_null(TEXT)),
    affects=list_of(object_of(device_id=TEXT, name=TEXT)),
)


@dataclass(frozen=True, slots=True)
class Operational:
    """The status of a home (None: not derived yet) with its open causes."""

    status: OperationalStatus | None = None
    causes: tuple[HomeCause, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceFact:
    """The facts of a device.

    `offline_since`: the beginning of its outage. `silent`: all its entities are unavailable, maybe
    within the grace. `muted`: ignored or in maintenance, with the devices connected by it.
    `part_of`: the device that it is a part of, such as the strip of a socket. `may_be_off`: its
    outage is no fault, nor that of the devices connected by it.
    """

    device_id: str
    name: str
    area_id: str | None = None
    hub_id: str | None = None
    entry_id: str | None = None
    offline_since: datetime | None = None
    silent: bool = False
    critical: bool = False
    muted: bool = False
    part_of: str | None = None
    may_be_off: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class IntegrationFact:
    """An integration that failed to set up."""

    entry_id: str
    domain: str
    title: str
    since: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class EntityFact:
    """A fault reported by an entity or by the batteries of a device; `members` are a group's."""

    kind: CauseKind
    name: str
    since: datetime
    entity_id: str | None = None
    device_id: str | None = None
    area_id: str | None = None
    members: tuple[str, ...] = ()
    silent: bool = False


def operational(
    devices: Mapping[str, DeviceFact],
    entities: Iterable[EntityFact],
    integrations: Iterable[IntegrationFact],
    opened: Mapping[str, datetime],
) -> Operational:
    """Derive the status of a home from the facts of its devices, entities and integrations.

    `opened`: the beginning of known causes by key, which is older than the facts after a restart.
    """
    failed = {fact.entry_id: fact for fact in integrations}
    causes = [
        replace(cause, since=min(cause.since, opened.get(cause.key, cause.since)))
        for cause in (*_outages(devices, failed), *_entity_causes(list(entities)))
    ]
    causes.sort(
        key=lambda cause: (
            cause.severity is not OperationalStatus.ALERT,
            _ORDER[cause.kind],
            cause.since,
            cause.key,
        )
    )
    if not causes:
        return Operational(OperationalStatus.OPTIMAL)
    return Operational(causes[0].severity, tuple(causes))


def actionable(causes: Iterable[HomeCause], now: datetime) -> tuple[HomeCause, ...]:
    """Return the causes of maintenance that have been open for an hour."""
    return tuple(
        cause for cause in causes if cause.kind in _ACTIONABLE and now >= cause.since + PATIENCE
    )


def next_actionable(causes: Iterable[HomeCause], now: datetime) -> datetime | None:
    """Return the time at which the next cause becomes actionable."""
    times = (cause.since + PATIENCE for cause in causes if cause.kind in _ACTIONABLE)
    return min((time for time in times if time > now), default=None)


def severity_of(kind: CauseKind) -> OperationalStatus:
    """Return the severity of a cause without affected devices."""
    return OperationalStatus.ALERT if kind in _ALERTS else OperationalStatus.DEGRADED


def _entity_causes(facts: list[EntityFact]) -> list[HomeCause]:
    reported = {(fact.kind, fact.entity_id) for fact in facts}
    return [
        HomeCause(
            kind=fact.kind,
            severity=severity_of(fact.kind),
            since=fact.since,
            name=fact.name,
            device_id=fact.device_id,
            entity_id=fact.entity_id,
            area_id=fact.area_id,
            silent=fact.silent,
        )
        for fact in facts
        # Skip a group whose member reports the same cause.
        if not any((fact.kind, member) in reported for member in fact.members)
    ]


def _outages(
    devices: Mapping[str, DeviceFact], failed: Mapping[str, IntegrationFact]
) -> list[HomeCause]:
    behind: dict[str, list[DeviceFact]] = {entry_id: [] for entry_id in failed}
    for device in devices.values():
        if device.offline_since or (device.silent and device.entry_id in failed):
            root = _root(device, devices, failed)
            if not _is_excused(device) and not (root in devices and _is_excused(devices[root])):
                behind.setdefault(root, []).append(device)
    causes = [
        _integration_cause(fact, behind[entry_id])
        for entry_id, fact in failed.items()
        if not _is_muted(entry_id, devices)
    ]
    causes += [
        _device_cause(devices[root], since, [one for one in group if one.device_id != root])
        for root, group in behind.items()
        if root not in failed and (since := devices[root].offline_since)
    ]
    # A strip with its sockets is one thing.
    offline = sum(
        device.offline_since is not None
        for group in behind.values()
        for device in group
        if not _is_part(device, devices)
    )
    total = sum(
        not _is_excused(device) for device in devices.values() if not _is_part(device, devices)
    )
    return _gathered(causes) if offline >= MANY and offline * SHARE >= total else causes


def _is_excused(device: DeviceFact) -> bool:
    return device.muted or device.may_be_off


def _is_part(device: DeviceFact, devices: Mapping[str, DeviceFact]) -> bool:
    return device.part_of is not None and device.part_of in devices


def _root(
    device: DeviceFact, devices: Mapping[str, DeviceFact], failed: Mapping[str, IntegrationFact]
) -> str:
    """Return the id of the root of an outage: a config entry, a hub, or the device itself."""
    passed = {device.device_id}
    at = device
    while at.entry_id is None or at.entry_id not in failed:
        hub = devices.get(at.hub_id) if at.hub_id else None
        if hub is None or not hub.offline_since:
            return at.device_id
        if hub.device_id in passed:
            # A cycle of hubs has no root.
            return device.device_id
        passed.add(hub.device_id)
        at = hub
    return at.entry_id


def _is_muted(entry_id: str, devices: Mapping[str, DeviceFact]) -> bool:
    """Return whether an integration has devices and all of them are muted."""
    muted = [device.muted for device in devices.values() if device.entry_id == entry_id]
    return bool(muted) and all(muted)


def _integration_cause(fact: IntegrationFact, group: list[DeviceFact]) -> HomeCause:
    return HomeCause(
        kind=CauseKind.INTEGRATION_FAILED,
        severity=_worst(CauseKind.INTEGRATION_FAILED, group),
        since=fact.since,
        name=fact.title,
        entry_id=fact.entry_id,
        integration=fact.domain,
        affects=_ids(group),
    )


def _device_cause(device: DeviceFact, since: datetime, group: list[DeviceFact]) -> HomeCause:
    kind = CauseKind.CRITICAL_DEVICE_OFFLINE if device.critical else CauseKind.DEVICE_OFFLINE
    return HomeCause(
        kind=kind,
        severity=_worst(kind, group),
        since=since,
        name=device.name,
        device_id=device.device_id,
        area_id=device.area_id,
        affects=_ids(group),
    )


def _worst(kind: CauseKind, group: Iterable[DeviceFact]) -> OperationalStatus:
    if any(device.critical and device.offline_since for device in group):
        return OperationalStatus.ALERT
    return severity_of(kind)


def _ids(group: Iterable[DeviceFact]) -> tuple[str, ...]:
    return tuple(sorted(device.device_id for device in group))


def _gathered(causes: list[HomeCause]) -> list[HomeCause]:
    """Make an alert of an outage of many devices.

    Either the cause that affects most devices becomes the alert or, if there are more devices that
    are offline alone, these are joined into one cause.
    """
    alone: list[HomeCause] = []
    others: list[HomeCause] = []
    for cause in causes:
        is_alone = cause.kind is CauseKind.DEVICE_OFFLINE and not cause.affects
        (alone if is_alone else others).append(cause)
    roots = [cause for cause in causes if cause.affects]
    biggest = max(roots, key=lambda cause: len(cause.affects), default=None)
    if biggest is not None and len(biggest.affects) >= len(alone):
        return [
            replace(cause, severity=OperationalStatus.ALERT) if cause is biggest else cause
            for cause in causes
        ]
    if len(alone) < 2:  # noqa: PLR2004  # the others are critical ones, alerts in their own right
        return causes
    together = HomeCause(
        kind=CauseKind.MANY_DEVICES_OFFLINE,
        severity=OperationalStatus.ALERT,
        since=min(cause.since for cause in alone),
        name="",
        affects=tuple(sorted(cause.device_id for cause in alone if cause.device_id)),
    )
    return [*others, together]
