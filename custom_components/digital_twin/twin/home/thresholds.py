"""The thresholds of the rules for homes, which users can change."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Self

from ..errors import Fault, TwinError, fault, refuse


class ThresholdUnit(StrEnum):
    """The unit of a threshold."""

    MINUTES = "min"
    HOURS = "h"
    PERCENT = "%"


@dataclass(frozen=True, kw_only=True, slots=True)
class Bound:
    """The default and the inclusive range of a threshold."""

    default: float
    minimum: float
    maximum: float
    unit: ThresholdUnit


BOUNDS: Mapping[str, Bound] = MappingProxyType(
    {
        "offline_grace": Bound(default=15, minimum=1, maximum=1440, unit=ThresholdUnit.MINUTES),
        "startup_grace": Bound(default=5, minimum=0, maximum=60, unit=ThresholdUnit.MINUTES),
        "flap_window": Bound(default=60, minimum=0, maximum=1440, unit=ThresholdUnit.MINUTES),
        "low_battery": Bound(default=20, minimum=1, maximum=99, unit=ThresholdUnit.PERCENT),
        "stale_time": Bound(default=24, minimum=1, maximum=720, unit=ThresholdUnit.HOURS),
        "hold_time": Bound(default=10, minimum=0, maximum=240, unit=ThresholdUnit.MINUTES),
        "vacancy_time": Bound(default=24, minimum=1, maximum=720, unit=ThresholdUnit.HOURS),
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
        numbers: dict[str, float] = {}
        labels: dict[str, str | None] = {}
        faults: list[Fault] = []
        for name, bound in BOUNDS.items():
            try:
                numbers[name] = _number(name, options.get(name, bound.default), bound)
            except TwinError as error:
                faults += error.faults
        for name in LABELS:
            label = options.get(name)
            if label is None or isinstance(label, str):
                labels[name] = label or None
            else:
                faults.append(fault("wrong_type", name, value=label, expected="text"))
        ignored = options.get(IGNORED_DEVICES, ())
        if not isinstance(ignored, list | tuple):
            faults.append(fault("wrong_type", IGNORED_DEVICES, value=ignored, expected="list"))
            ignored = ()
        if faults:
            raise TwinError(*faults)
        return cls(
            offline_grace=timedelta(minutes=numbers["offline_grace"]),
            startup_grace=timedelta(minutes=numbers["startup_grace"]),
            flap_window=timedelta(minutes=numbers["flap_window"]),
            low_battery=numbers["low_battery"],
            stale_time=timedelta(hours=numbers["stale_time"]),
            hold_time=timedelta(minutes=numbers["hold_time"]),
            vacancy_time=timedelta(hours=numbers["vacancy_time"]),
            ignore_label=labels["ignore_label"],
            critical_label=labels["critical_label"],
            ignored_devices=frozenset(map(str, ignored)),
        )


def _number(name: str, value: object, bound: Bound) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refuse("wrong_type", name, value=value, expected="number")
    if not bound.minimum <= value <= bound.maximum:
        raise refuse(
            "out_of_range", name, value=value, minimum=bound.minimum, maximum=bound.maximum
        )
    return value
