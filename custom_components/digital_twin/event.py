"""Events of homes: a device went offline or came back."""

from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .descriptions import TwinEntityDescription, home_view
from .engine.runtime import DigitalTwinConfigEntry
from .entity import TwinEntity
from .lineup import Part, async_start_lineup
from .twin.enums import DeviceStatus

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class TwinEventDescription(EventEntityDescription, TwinEntityDescription):
    """Something that happens to a twin."""


DEVICE_STATUS: Final = TwinEventDescription(
    key="device_status",
    translation_key="device_status",
    event_types=[DeviceStatus.OFFLINE.slug, DeviceStatus.ONLINE.slug],
    slices=("device_status",),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: DigitalTwinConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the events of every home."""
    parts = {"home": Part(descriptions_fn=lambda *_: (DEVICE_STATUS,))}
    async_start_lineup(hass, entry, async_add_entities, DeviceStatusEvent, parts)


class DeviceStatusEvent(TwinEntity, EventEntity):
    """Tells of each device of a home that stops answering or answers again."""

    entity_description: TwinEventDescription

    @override
    @callback
    def _async_slices_changed(self) -> None:
        view = home_view(self._runtime, self._seat.twin_id)
        for change in view.device_changes if view else ():
            self._trigger_event(
                change.new.slug, {"device_id": change.device_id, "name": change.name}
            )
            self.async_write_ha_state()
