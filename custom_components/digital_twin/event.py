"""Events of homes and goals: a device stopped answering, a goal changed its pace."""

from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .engine.runtime import DigitalTwinConfigEntry, Runtime
from .engine.subentries import TwinSubentry
from .surfaces.entities.base import TwinEntity
from .surfaces.entities.descriptions import (
    TwinEntityDescription,
    goal_assessment,
    goal_record,
    home_view,
    shorten,
)
from .surfaces.entities.entity_sync import EntityGroup, async_sync_entities
from .twin.enums import DeviceStatus
from .twin.goals.assessment import GoalEventType, GoalSnapshot, goal_events, goal_snapshot

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class TwinEventDescription(EventEntityDescription, TwinEntityDescription):
    """Something that happens to a twin."""


DEVICE_STATUS: Final = TwinEventDescription(
    key="device_status",
    translation_key="device_status",
    event_types=[DeviceStatus.OFFLINE.slug, DeviceStatus.ONLINE.slug],
    topics=("device_status",),
)
CHANGE: Final = TwinEventDescription(
    key="change",
    translation_key="change",
    event_types=GoalEventType.slugs(),
    topics=("status", "progress", "pace", "milestones", "start_date", "target_date"),
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
    async_sync_entities(hass, entry, async_add_entities, _event, parts)


def _event(
    runtime: Runtime, subentry: TwinSubentry, description: TwinEventDescription
) -> TwinEntity:
    make = DeviceStatusEvent if description is DEVICE_STATUS else GoalEventEntity
    return make(runtime, subentry, description)


class DeviceStatusEvent(TwinEntity, EventEntity):
    """Tells of each device of a home that stops answering or answers again."""

    entity_description: TwinEventDescription

    @override
    @callback
    def _async_topics_changed(self, _changes: object = ()) -> None:
        view = home_view(self._runtime, self._subentry.twin_id)
        for change in view.device_changes if view else ():
            self._trigger_event(
                change.new.slug, {"device_id": change.device_id, "name": shorten(change.name)}
            )
            self.async_write_ha_state()


class GoalEventEntity(TwinEntity, EventEntity):
    """Tells of each change of the status or the pace of a goal, and of milestones it reaches."""

    entity_description: TwinEventDescription
    _last: GoalSnapshot | None = None

    @override
    async def async_added_to_hass(self) -> None:
        """Begin with how the goal is now: what was before is no news."""
        await super().async_added_to_hass()
        self._last = self._moment()

    @override
    @callback
    def _async_topics_changed(self, _changes: object = ()) -> None:
        # To judge the goal may publish its pace, which comes here first.
        now = self._moment()
        before, self._last = self._last, now
        for goal_event in goal_events(before, now) if before and now else ():
            self._trigger_event(goal_event.kind.slug, dict(goal_event.details))
            self.async_write_ha_state()

    def _moment(self) -> GoalSnapshot | None:
        goal = goal_record(self._runtime, self._subentry.twin_id)
        assessment = goal_assessment(self._runtime, self._subentry.twin_id)
        return goal_snapshot(goal, assessment.pace) if goal and assessment else None
