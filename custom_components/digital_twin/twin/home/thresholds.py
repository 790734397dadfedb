"""The thresholds of the rules for homes, which users can change."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import partial
from types import MappingProxyType
from typing import Any, Self

from ..errors import fault, refuse
from ..records.object_reader import FaultCollector


class ThresholdUnit(StrEnum):
    """The unit of a threshold."""

    MINUTES = "min"
    HOURS = "h"
    PERCENT = "%"


DURATIONS = {ThresholdUnit.MINUTES: timedelta(minutes=1), ThresholdUnit.HOURS: timedelta(hours=1)}


@dataclass(frozen=True, slots=True)
class Bound:
    """The default and the inclusive range of a threshold."""

    default: float
    minimum: float
    maximum: float
    unit: ThresholdUnit


BOUNDS: Mapping[str, Bound] = MappingProxyType(
    {
        "offline_grace": Bound(15, 1, 1440, ThresholdUnit.MINUTES),
        "startup_grace": Bound(5, 0, 60, ThresholdUnit.MINUTES),
        "flap_window": Bound(60, 0, 1440, ThresholdUnit.MINUTES),
        "low_battery": Bound(20, 1, 99, ThresholdUnit.PERCENT),
        "stale_time": Bound(24, 1, 720, ThresholdUnit.HOURS),
        "hold_time": Bound(10, 0, 240, ThresholdUnit.MINUTES),
        "vacancy_time": Bound(24, 1, 720, ThresholdUnit.HOURS),
    }
)
LABELS = ("ignore_label", "critical_label")
IGNORED_DEVICES = "ignored_devices"


@dataclass(frozen=True, kw_only=True, slots=True)
class Thresholds:
    """The thresholds in use.

    `offline_grace`: the time for which a device must be unavailable to be offline.
    `startup_grace`: the time after the start of Home Assistant in which no status is derived.
    `flap_window`: the time after a return in which another outage continues the same cause.
    `low_battery`: the level (per cent) at and below which a battery is low.
    `stale_time`: the time without a report after which a climate sensor is stale.
    `hold_time`: the time for which a presence sensor counts as evidence after it went off.
    `vacancy_time`: the time after the departure of the last resident until the home is vacant.
    `ignore_label`, `critical_label`: label ids of entities and devices whose faults are no causes,
    or always alerts.
    `ignored_devices`: ids of devices whose faults are no causes.
    """

    offline_grace: timedelta
    startup_grace: timedelta
    flap_window: timedelta
    low_battery: float
    stale_time: timedelta
    hold_time: timedelta
    vacancy_time: timedelta
    ignore_label: str | None = None
    critical_label: str | None = None
    ignored_devices: frozenset[str] = frozenset()

    @classmethod
    def from_options(cls, options: Mapping[str, object]) -> Self:
        """Read options: numbers in the units of `BOUNDS`, label ids and device ids.

        Missing ones have their defaults; others are ignored. Raises `TwinError` with every fault.
        """
        values: dict[str, Any] = {}
        collector = FaultCollector()
        for name, bound in BOUNDS.items():
            read = partial(_number, options.get(name, bound.default), bound)
            number = collector.take(name, read, bound.default)
            unit = DURATIONS.get(bound.unit)
            values[name] = number if unit is None else number * unit
        for name in LABELS:
            label = options.get(name)
            values[name] = label or None
            if not isinstance(label, str | None):
                collector.add(fault("wrong_type", name, value=label, expected="text"))
        ignored = options.get(IGNORED_DEVICES, ())
        if not isinstance(ignored, list | tuple):
            collector.add(fault("wrong_type", IGNORED_DEVICES, value=ignored, expected="list"))
            ignored = ()
        collector.raise_faults()
        return cls(**values, ignored_devices=frozenset(map(str, ignored)))


def _number(value: object, bound: Bound) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refuse("wrong_type", "", value=value, expected="number")
    if not bound.minimum <= value <= bound.maximum:
        raise refuse("out_of_range", "", value=value, minimum=bound.minimum, maximum=bound.maximum)
    return value
