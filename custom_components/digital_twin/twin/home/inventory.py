"""The devices of a home: inventory and availability."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from ..enums import DeviceStatus
from ..records.limits import NUMBER, TEXT, TIME, TRUTH, WHOLE, object_of, one_of, or_null
from .batteries import BATTERY_BOUNDS, BatteryForecast


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceRecord:
    """A device as the inventory lists it.

    `since`: the beginning of `status`. `hub_id`: the device by which it is connected. `battery`:
    the lowest level of its batteries (per cent). `battery_days_left`: by the
    `battery_forecast` from its history. `last_seen`: the last report of one of its entities.
    `paused_until`: the end of its maintenance.
    """

    device_id: str
    name: str
    manufacturer: str | None
    model: str | None
    firmware: str | None
    area_id: str | None
    area: str | None
    integration: str | None
    integration_state: str | None
    hub_id: str | None
    status: DeviceStatus
    since: datetime | None
    battery: float | None
    battery_low: bool
    battery_days_left: int | None
    battery_forecast: BatteryForecast | None
    update_available: bool
    last_seen: datetime | None
    paused_until: datetime | None


# A device in the document of a home.
DEVICE: Final = object_of(
    device_id=TEXT,
    name=TEXT,
    **dict.fromkeys(
        (
            "manufacturer",
            "model",
            "firmware",
            "area_id",
            "area",
            "integration",
            "integration_state",
            "hub_id",
            "hub",
        ),
        or_null(TEXT),
    ),
    status=one_of(DeviceStatus),
    since=or_null(TIME),
    battery=or_null(NUMBER),
    battery_low=TRUTH,
    battery_days_left=or_null(WHOLE),
    battery_forecast=or_null(object_of(**BATTERY_BOUNDS)),
    update_available=TRUTH,
    last_seen=or_null(TIME),
    paused_until=or_null(TIME),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceCounts:
    """Numbers of devices by status, with a low battery and with a pending update."""

    total: int = 0
    online: int = 0
    offline: int = 0
    unknown: int = 0
    low_battery: int = 0
    updates: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceChange:
    """A change of a device between online and offline."""

    device_id: str
    name: str
    area: str | None
    old: DeviceStatus
    new: DeviceStatus
    at: datetime


@dataclass(frozen=True, slots=True)
class Reachability:
    """The availability of a device, and the times needed to derive it again.

    `since`: the beginning of the status; for offline that of the silence, not the end of the grace.
    `trouble_since`: the beginning of the present or last series of outages.
    `returned_at`: the end of the last outage.
    `flapping`: an outage followed within the flap window, so the series continues until the device
    has been available for that time.
    `due`: the time to derive the status again without another change.
    """

    status: DeviceStatus = DeviceStatus.UNKNOWN
    since: datetime | None = None
    trouble_since: datetime | None = None
    returned_at: datetime | None = None
    flapping: bool = False
    due: datetime | None = None

    @property
    def open_since(self) -> datetime | None:
        """The beginning of a series of outages that is not over yet."""
        troubled = self.status is DeviceStatus.OFFLINE or self.flapping
        return self.trouble_since if troubled else None


UNJUDGED = Reachability()


def reach(
    before: Reachability,
    silent_since: datetime | None,
    *,
    now: datetime,
    grace: timedelta,
    flap_window: timedelta,
) -> Reachability:
    """Derive the availability of a device.

    `silent_since`: the time since which all its visible entities have been unavailable, None if
    at least one is available.
    """
    if before.returned_at is not None and before.returned_at > now:
        # The clock was set back.
        before = replace(before, returned_at=now)
    if silent_since is None:
        return _answering(before, now, flap_window)
    if before.status is not DeviceStatus.OFFLINE and now < silent_since + grace:
        known = before.status is DeviceStatus.ONLINE
        return replace(before if known else UNJUDGED, due=silent_since + grace)
    if before.status is DeviceStatus.OFFLINE:
        return replace(before, due=None)
    again = before.returned_at is not None and silent_since - before.returned_at < flap_window
    return Reachability(
        status=DeviceStatus.OFFLINE,
        since=silent_since,
        trouble_since=before.trouble_since if again else silent_since,
        flapping=again,
    )


def _answering(before: Reachability, now: datetime, flap_window: timedelta) -> Reachability:
    if before.status is DeviceStatus.OFFLINE:
        before = replace(before, status=DeviceStatus.ONLINE, since=now, returned_at=now)
    elif before.status is DeviceStatus.UNKNOWN:
        return Reachability(status=DeviceStatus.ONLINE)
    if before.returned_at is None:
        return replace(before, due=None)
    settled = before.returned_at + flap_window
    if now >= settled:
        return Reachability(status=DeviceStatus.ONLINE, since=before.since)
    return replace(before, due=settled)


def count(devices: Iterable[tuple[DeviceStatus, bool, bool]]) -> DeviceCounts:
    """Count devices by status, by a low battery and by a pending update."""
    known = list(devices)
    by_status = Counter(status for status, _low, _update in known)
    return DeviceCounts(
        total=len(known),
        online=by_status[DeviceStatus.ONLINE],
        offline=by_status[DeviceStatus.OFFLINE],
        unknown=by_status[DeviceStatus.UNKNOWN],
        low_battery=sum(low for _status, low, _update in known),
        updates=sum(update for _status, _low, update in known),
    )
