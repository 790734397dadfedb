"""What happens to homes: changes of their statuses, and causes that are new."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from ...twin.enums import OccupancyStatus, OperationalStatus
from ...twin.home.inventory import DeviceChange
from ...twin.home.operational import CauseKind, HomeCause


@dataclass(frozen=True, slots=True)
class OperationalChange:
    """A home that went from one known operational status to another."""

    old: OperationalStatus
    new: OperationalStatus
    at: datetime


@dataclass(frozen=True, slots=True)
class OccupancyChange:
    """A home that went from one known occupancy status to another."""

    old: OccupancyStatus
    new: OccupancyStatus
    at: datetime


@dataclass(frozen=True, slots=True)
class OpenedCause:
    """A cause that a judged home did not have before."""

    old: None
    new: HomeCause
    at: datetime


# The causes whose beginning is an event, with its slug; the others follow from other events.
ANNOUNCED: Final[Mapping[CauseKind, str]] = MappingProxyType(
    {CauseKind.LOW_BATTERY: "battery_low", CauseKind.STALE_SENSOR: "sensor_stale"}
)

type HomeEvent = DeviceChange | OperationalChange | OccupancyChange | OpenedCause
