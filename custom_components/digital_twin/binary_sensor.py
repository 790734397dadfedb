"""Binary sensors of homes: what automations ask most often."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .descriptions import TwinValueDescription, home_view
from .engine.home import HomeView
from .engine.runtime import DigitalTwinConfigEntry
from .entity import TwinValueEntity
from .lineup import Part, async_start_lineup
from .twin.enums import OccupancyStatus, OperationalStatus

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class TwinBinarySensorDescription[S](BinarySensorEntityDescription, TwinValueDescription[S]):
    """A question about a twin that is answered with yes, no, or not at all."""

    value_fn: Callable[[S], bool | None] = field(compare=False)


def _is_troubled(view: HomeView) -> bool | None:
    status = view.operational.status
    return None if status is None else status is not OperationalStatus.OPTIMAL


def _is_occupied(view: HomeView) -> bool | None:
    status = view.occupancy.status
    return None if status is None else status is OccupancyStatus.OCCUPIED


HOME_BINARY_SENSORS: Final = (
    TwinBinarySensorDescription[HomeView](
        key="problem",
        translation_key="problem",
        device_class=BinarySensorDeviceClass.PROBLEM,
        slices=("operational",),
        subject_fn=home_view,
        value_fn=_is_troubled,
    ),
    TwinBinarySensorDescription[HomeView](
        key="occupancy",
        translation_key="occupancy",
        device_class=BinarySensorDeviceClass.OCCUPANCY,
        slices=("occupancy",),
        subject_fn=home_view,
        value_fn=_is_occupied,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: DigitalTwinConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the binary sensors of every home."""
    parts = {"home": Part(descriptions_fn=lambda *_: HOME_BINARY_SENSORS)}
    async_start_lineup(hass, entry, async_add_entities, TwinBinarySensor, parts)


class TwinBinarySensor(TwinValueEntity, BinarySensorEntity):
    """A yes or no about a twin."""

    entity_description: TwinBinarySensorDescription[Any]

    @override
    def _show(self, value: bool | None) -> None:  # the value of the entity
        self._attr_is_on = value
