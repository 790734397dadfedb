"""What can be chosen of a person or a goal."""

from dataclasses import dataclass
from typing import Any, Final, override

from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .commands.twins import async_update
from .engine.runtime import DigitalTwinConfigEntry
from .surfaces.entities import (
    EntityGroup,
    TwinValueDescription,
    TwinValueEntity,
    async_sync_entities,
    goal_record,
    person_record,
)
from .surfaces.errors import translated_errors
from .twin.enums import ActivityLevel, GoalStatus, TwinEnum
from .twin.goals.goal import GOAL, Goal
from .twin.metrics.person import PERSON, Person
from .twin.records.fields import Kind, Record

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class TwinSelectDescription[R: Record](SelectEntityDescription, TwinValueDescription[R]):
    """A field of a record that is one of an enumeration; `key` is its name."""

    kind: Kind[R]
    enum: type[TwinEnum]


ACTIVITY_LEVEL: Final = TwinSelectDescription[Person](
    key="activity_level",
    translation_key="activity_level",
    options=ActivityLevel.slugs(),
    topics=("activity_level",),
    subject_fn=person_record,
    value_fn=lambda person: person.activity_level,
    kind=PERSON,
    enum=ActivityLevel,
)
STATUS: Final = TwinSelectDescription[Goal](
    key="status",
    translation_key="status",
    options=GoalStatus.slugs(),
    topics=("status",),
    subject_fn=goal_record,
    value_fn=lambda goal: goal.status,
    kind=GOAL,
    enum=GoalStatus,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: DigitalTwinConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add what can be chosen of every twin."""
    parts: dict[str, EntityGroup[TwinSelectDescription[Any]]] = {
        "person": EntityGroup(descriptions_fn=lambda *_: (ACTIVITY_LEVEL,)),
        "goal": EntityGroup(descriptions_fn=lambda *_: (STATUS,)),
    }
    async_sync_entities(hass, entry, async_add_entities, TwinSelect, parts)


class TwinSelect(TwinValueEntity, SelectEntity):
    """A field of a twin that a person may set to one of several values."""

    entity_description: TwinSelectDescription[Any]

    @override
    def _show(self, value: TwinEnum | None) -> None:
        self._attr_current_option = value.slug if value else None

    @override
    async def async_select_option(self, option: str) -> None:
        """Change the field of the record."""
        description = self.entity_description
        value = description.enum.parse(option).value
        with translated_errors():
            await async_update(
                await self._async_actor(),
                description.kind,
                self._subentry.twin_id,
                {description.key: value},
                description.key,
            )
