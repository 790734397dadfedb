"""What can be chosen of a person, a home or a goal."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, override

from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .commands.twins import async_update
from .engine.core.entity_ids import OWN_CONTEXT
from .engine.runtime import DigitalTwinConfigEntry, Runtime
from .surfaces.entities import (
    EntityGroup,
    TwinValueDescription,
    TwinValueEntity,
    async_sync_entities,
    goal_record,
    home_record,
    person_record,
)
from .surfaces.errors import translated_errors
from .twin.enums import ActivityLevel, GoalStatus, HomeContext, PersonContext, TwinEnum
from .twin.goals.goal import GOAL, Goal
from .twin.home.home import HOME, Home
from .twin.metrics.person import PERSON, Person
from .twin.records.contexts import CONTEXT, SINCE, UNTIL, InContext, moment_text
from .twin.records.fields import Kind, Record

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class TwinSelectDescription[R: Record](SelectEntityDescription, TwinValueDescription[R]):
    """A field of a record that is one of an enumeration; `key` is its name unless `field` is."""

    kind: Kind[R]
    enum: type[TwinEnum]
    field: str | None = None


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


def _times(twin: InContext) -> Mapping[str, Any]:
    """Return when the context began, and when it ends."""
    moments = {"since": twin.context_since, "until": twin.context_until}
    return {name: moment_text(moment) for name, moment in moments.items() if moment is not None}


OF_CONTEXT: Final = (CONTEXT, SINCE, UNTIL)
PERSON_CONTEXT: Final = TwinSelectDescription[Person](
    key=OWN_CONTEXT,
    translation_key="person_context",
    field=CONTEXT,
    options=PersonContext.slugs(),
    topics=OF_CONTEXT,
    subject_fn=person_record,
    value_fn=lambda person: person.context,
    attributes_fn=_times,
    kind=PERSON,
    enum=PersonContext,
)
HOME_CONTEXT: Final = TwinSelectDescription[Home](
    key=CONTEXT,
    translation_key="home_context",
    options=HomeContext.slugs(),
    topics=OF_CONTEXT,
    subject_fn=home_record,
    value_fn=lambda home: home.context,
    attributes_fn=_times,
    kind=HOME,
    enum=HomeContext,
)


def _of_person(
    _hass: HomeAssistant, runtime: Runtime, person_id: str
) -> Iterable[TwinSelectDescription[Any]]:
    """Return what can be chosen of a person: a context tells of health."""
    yield ACTIVITY_LEVEL
    if not _is_private(runtime, person_id):
        yield PERSON_CONTEXT


def _is_stale(_hass: HomeAssistant, runtime: Runtime, person_id: str, key: str) -> bool:
    return key == OWN_CONTEXT and _is_private(runtime, person_id)


def _is_private(runtime: Runtime, person_id: str) -> bool:
    person = person_record(runtime, person_id)
    return person is not None and not person.health_entities


async def async_setup_entry(
    hass: HomeAssistant,
    entry: DigitalTwinConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add what can be chosen of every twin."""
    parts: dict[str, EntityGroup[TwinSelectDescription[Any]]] = {
        "person": EntityGroup(
            descriptions_fn=_of_person, grows_with=("health_entities",), is_stale=_is_stale
        ),
        "home": EntityGroup(descriptions_fn=lambda *_: (HOME_CONTEXT,)),
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
        name = description.field or description.key
        value = description.enum.parse(option).value
        with translated_errors():
            await async_update(
                await self._async_actor(),
                description.kind,
                self._subentry.twin_id,
                {name: value},
                name,
            )
