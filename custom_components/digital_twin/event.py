"""Event entities of homes and goals: each shows the events of its twin on the change feed.

They are for automations that need each event as a state. The logbook has its own lines, in
sentences, and would show the states beside them: so the entities are disabled at first.
"""

from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .engine.core.feed import EVENTS, Change
from .engine.runtime import DigitalTwinConfigEntry
from .surfaces.entities import (
    EntityGroup,
    TwinEntity,
    TwinEntityDescription,
    async_sync_entities,
    shorten,
)
from .twin.enums import DeviceStatus
from .twin.goals.assessment import GoalEventType

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class TwinEventDescription(EventEntityDescription, TwinEntityDescription):
    """Events of a twin; `event_types` are those that the entity shows."""


DEVICE_STATUS: Final = TwinEventDescription(
    key="device_status",
    translation_key="device_status",
    event_types=[DeviceStatus.OFFLINE.slug, DeviceStatus.ONLINE.slug],
    entity_registry_enabled_default=False,
    topics=(EVENTS,),
)
CHANGE: Final = TwinEventDescription(
    key="change",
    translation_key="change",
    event_types=GoalEventType.slugs(),
    entity_registry_enabled_default=False,
    topics=(EVENTS,),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: DigitalTwinConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the events of every home and goal."""
    parts = {
        "home": EntityGroup(descriptions_fn=lambda *_: (DEVICE_STATUS,)),
        "goal": EntityGroup(descriptions_fn=lambda *_: (CHANGE,)),
    }
    async_sync_entities(hass, entry, async_add_entities, TwinEvent, parts)


class TwinEvent(TwinEntity, EventEntity):
    """The last event of a twin, of the types that the description lists."""

    entity_description: TwinEventDescription

    @override
    @callback
    def _async_topics_changed(self, changes: tuple[Change, ...]) -> None:
        for change in changes:
            if change.event in self.event_types:
                details = {key: shorten(value) for key, value in change.details.items()}
                self._trigger_event(change.event, details)
                self.async_write_ha_state()
