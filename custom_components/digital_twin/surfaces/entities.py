"""What the entities of twins share, and which of them a twin has now.

Entities are added and removed while the entry stays loaded.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar, Final, override

from homeassistant.components.sensor import SensorEntityDescription
from homeassistant.core import CALLBACK_TYPE, Context, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.json import json_bytes
from homeassistant.helpers.typing import StateType

from ..commands.access import Actor, async_actor
from ..const import DOMAIN
from ..engine.core.feed import Change, Origin, Topic
from ..engine.health.sources import person_health
from ..engine.home import HomeView
from ..engine.runtime import DigitalTwinConfigEntry, Runtime
from ..engine.subentries import SUBENTRY_READY, TwinSubentry
from ..twin.goals.assessment import GoalAssessment
from ..twin.goals.goal import Goal
from ..twin.home.home import Home
from ..twin.metrics.health import PersonHealth
from ..twin.metrics.person import Person

# A list in attributes takes at most this many bytes of JSON, so that with the longest names all
# attributes of an entity stay within 2 KiB.
LIST_BYTES: Final = 800
# Longer texts in attributes are shortened, so that more entries of a list fit.
TEXT_LENGTH: Final = 60

type Attributes = Mapping[str, Any]


def no_attributes(_subject: object) -> Attributes:
    """Return no attributes."""
    return {}


@dataclass(frozen=True, kw_only=True)
class TwinEntityDescription(EntityDescription):
    """An entity of a twin that is notified when one of the `topics` of the twin changes."""

    topics: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class TwinValueDescription[S](TwinEntityDescription):
    """An entity with a value of a twin.

    `subject_fn` returns for the id of the twin the argument of `value_fn` and `attributes_fn`, or
    None if it is gone; then the state stays until the entity is removed. Comparisons ignore the
    functions, because they follow from the key.
    """

    subject_fn: Callable[[Runtime, str], S | None] = field(compare=False)
    value_fn: Callable[[S], Any] = field(compare=False)
    attributes_fn: Callable[[S], Attributes] = field(compare=False, default=no_attributes)


@dataclass(frozen=True, kw_only=True)
class TwinSensorDescription[S](SensorEntityDescription, TwinValueDescription[S]):
    """A sensor of a twin; `unit_fn` returns the unit if it may change.

    `levels` and `changes` name the attributes that are values and differences of values in the
    unit of the sensor; they are converted to the unit in which its state is displayed.
    """

    levels: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()

    # Home Assistant's frozen_dataclass_compat loses compare=False: declare the fields again.
    subject_fn: Callable[[Runtime, str], S | None] = field(compare=False)
    value_fn: Callable[[S], StateType | date] = field(compare=False)
    attributes_fn: Callable[[S], Attributes] = field(compare=False, default=no_attributes)
    unit_fn: Callable[[S], str | None] | None = field(compare=False, default=None)


def home_view(runtime: Runtime, home_id: str) -> HomeView | None:
    """Return the live view of a home."""
    return runtime.observer.views.get(home_id)


def home_record(runtime: Runtime, home_id: str) -> Home | None:
    """Return the record of a home."""
    return runtime.registry.homes.get(home_id)


def person_record(runtime: Runtime, person_id: str) -> Person | None:
    """Return the record of a person."""
    return runtime.registry.persons.get(person_id)


def health_of(runtime: Runtime, person_id: str) -> PersonHealth | None:
    """Return the present health values of a person."""
    person = person_record(runtime, person_id)
    return None if person is None else person_health(runtime.registry, person)


def goal_record(runtime: Runtime, goal_id: str) -> Goal | None:
    """Return the record of a goal."""
    return runtime.registry.goals.get(goal_id)


def goal_assessment(runtime: Runtime, goal_id: str) -> GoalAssessment | None:
    """Return the assessment of a goal as of today."""
    return runtime.assessments.get(goal_id)


def capped_list(name: str, items: Iterable[Mapping[str, Any]]) -> Attributes:
    """Return the first items that fit into LIST_BYTES, and `not_listed`, the number of the rest."""
    entries = [{key: shorten(value) for key, value in item.items()} for item in items]
    listed: list[Mapping[str, Any]] = []
    size = 1
    for entry in entries:
        size += len(json_bytes(entry)) + 1
        if size > LIST_BYTES:
            break
        listed.append(entry)
    return {name: listed, "not_listed": len(entries) - len(listed)}


def shorten(value: object) -> object:
    """Shorten a text to TEXT_LENGTH; return any other value unchanged."""
    if isinstance(value, str) and len(value) > TEXT_LENGTH:
        return f"{value[: TEXT_LENGTH - 1]}…"
    return value


class TwinEntity(Entity):
    """An entity that is notified of the topics in its description only."""

    _attr_has_entity_name = True
    _attr_should_poll = False
    entity_description: TwinEntityDescription
    # Cached properties that depend on the description.
    cached_names: ClassVar[tuple[str, ...]] = ("name", "translation_placeholders")
    _unsubscribe: CALLBACK_TYPE

    def __init__(
        self, runtime: Runtime, subentry: TwinSubentry, description: TwinEntityDescription
    ) -> None:
        self.entity_description = description
        self.is_added = False
        self._runtime = runtime
        self._subentry = subentry
        self._attr_unique_id = f"{subentry.twin_id}-{description.key}"
        # The entity of a new twin may be added before the first publication of its values.
        self._attr_extra_state_attributes = {}

    @property
    @override
    def device_info(self) -> DeviceInfo:
        """The device of the twin; Home Assistant asks once."""
        return DeviceInfo(identifiers={(DOMAIN, self._subentry.twin_id)})

    @override
    async def async_added_to_hass(self) -> None:
        """Subscribe to the topics of the description."""
        self._unsubscribe = self._subscribe()
        self.is_added = True
        self.async_on_remove(self._async_removed)

    @callback
    def _async_removed(self) -> None:
        self.is_added = False
        self._unsubscribe()

    def _subscribe(self) -> CALLBACK_TYPE:
        topics = [
            Topic(self._subentry.kind, self._subentry.twin_id, name)
            for name in self.entity_description.topics
        ]
        return self._runtime.feed.subscribe(topics, self._async_changed)

    @callback
    def _async_changed(self, changes: tuple[Change, ...]) -> None:
        # The logbook names the user of the context.
        if context := changes[-1].cause.context:
            self.async_set_context(context)
        self._async_topics_changed(changes)

    async def _async_actor(self) -> Actor:
        """Return who calls the present action of the entity; raises `UnknownUser`."""
        context = self._context or Context()
        return await async_actor(self.hass, self._runtime, context, Origin.UI)

    @callback
    def async_describe(self, description: TwinEntityDescription) -> None:
        """Replace the description by one with another name or other topics."""
        self.entity_description = description
        self._unsubscribe()
        self._unsubscribe = self._subscribe()
        for name in self.cached_names:
            self.__dict__.pop(name, None)
        self.async_write_ha_state()

    @abstractmethod
    @callback
    def _async_topics_changed(self, changes: tuple[Change, ...]) -> None:
        """Update the state after changes of the topics."""


class TwinValueEntity(TwinEntity):
    """An entity with a value; it writes its state only when value or attributes differ."""

    entity_description: TwinValueDescription[Any]
    _last_written: tuple[object, Attributes] | None = None

    @override
    async def async_added_to_hass(self) -> None:
        """Read the present value before the first state is written."""
        await super().async_added_to_hass()
        self._async_read()

    @override
    @callback
    def _async_topics_changed(self, changes: tuple[Change, ...]) -> None:
        if self._async_read():
            self.async_write_ha_state()

    def _async_read(self) -> bool:
        """Read the twin; return whether value or attributes have changed."""
        description = self.entity_description
        subject = description.subject_fn(self._runtime, self._subentry.twin_id)
        if subject is None:
            return False
        value, attributes = description.value_fn(subject), description.attributes_fn(subject)
        if self._last_written == (value, attributes):
            return False
        self._last_written = (value, attributes)
        self._attr_extra_state_attributes = dict(attributes)
        self._show(value)
        return True

    @abstractmethod
    def _show(self, value: Any) -> None:  # noqa: ANN401  # the type depends on the platform
        """Set the attributes of the entity class that make its state."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EntityGroup[D: TwinEntityDescription]:
    """The entities of twins of one kind on a platform.

    `descriptions_fn` returns the present descriptions for the id of a twin. They are compared
    again after a change of a topic of the twin in `grows_with` or of its kind in
    `grows_with_all`. An entity without a description is removed and stays in the entity registry,
    where a user can delete it; if `is_stale` is true for the id of the twin and the entity's key,
    the registry entry is deleted, too.
    """

    descriptions_fn: Callable[[HomeAssistant, Runtime, str], Iterable[D]]
    grows_with: tuple[str, ...] = ()
    grows_with_all: tuple[str, ...] = ()
    is_stale: Callable[[HomeAssistant, Runtime, str, str], bool] | None = None


@callback
def async_sync_entities[D: TwinEntityDescription](
    hass: HomeAssistant,
    entry: DigitalTwinConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    make: Callable[[Runtime, TwinSubentry, D], TwinEntity],
    groups: Mapping[str, EntityGroup[D]],
) -> None:
    """Keep the entities of a platform in step with the twins until the entry is unloaded.

    `groups` has the group of entities of each kind of twin.
    """
    platform = _Platform(hass, entry, async_add_entities, make)
    subentries = entry.runtime_data.subentries
    stop_by_subentry: dict[TwinSubentry, CALLBACK_TYPE] = {}

    @callback
    def follow_subentries(_changes: object = ()) -> None:
        present = [subentry for subentry in subentries.by_twin.values() if subentry.kind in groups]
        for subentry in stop_by_subentry.keys() - set(present):
            stop_by_subentry.pop(subentry)()
        for subentry in present:
            if subentry not in stop_by_subentry:
                entities = _TwinEntities(platform, subentry, groups[subentry.kind])
                stop_by_subentry[subentry] = entities.async_start()

    @callback
    def stop() -> None:
        for stop_twin in stop_by_subentry.values():
            stop_twin()

    entry.async_on_unload(stop)
    ready = [Topic(kind, None, SUBENTRY_READY) for kind in groups]
    entry.async_on_unload(entry.runtime_data.feed.subscribe(ready, follow_subentries))
    follow_subentries()


@dataclass(frozen=True, slots=True)
class _Platform[D: TwinEntityDescription]:
    """The arguments for adding an entity."""

    hass: HomeAssistant
    entry: DigitalTwinConfigEntry
    async_add_entities: AddConfigEntryEntitiesCallback
    make: Callable[[Runtime, TwinSubentry, D], TwinEntity]


class _TwinEntities[D: TwinEntityDescription]:
    """The entities of one twin on one platform."""

    def __init__(
        self, platform: _Platform[D], subentry: TwinSubentry, group: EntityGroup[D]
    ) -> None:
        self._platform = platform
        self._hass = platform.hass
        self._runtime = platform.entry.runtime_data
        self._subentry = subentry
        self._group = group
        self._entities: dict[str, TwinEntity] = {}

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Add the present entities and follow changes; return a function that stops following.

        Home Assistant removes the entities with the subentry or with the platform.
        """
        own = (
            Topic(self._subentry.kind, self._subentry.twin_id, name)
            for name in self._group.grows_with
        )
        common = (Topic(self._subentry.kind, None, name) for name in self._group.grows_with_all)
        topics = [*own, *common]
        stop = self._runtime.feed.subscribe(topics, self._async_update)
        self._async_update()
        return stop

    @callback
    def _async_update(self, _changes: object = ()) -> None:
        if self._subentry.subentry_id not in self._platform.entry.subentries:
            # Deleted in the UI: `Subentries` is about to delete the record.
            return
        descriptions = self._group.descriptions_fn(
            self._hass, self._runtime, self._subentry.twin_id
        )
        wanted = {description.key: description for description in descriptions}
        gone = self._entities.keys() - wanted.keys()
        if gone or not self._entities:
            self._async_delete_stale()
        for key in gone:
            self._async_remove(key)
        new = [entity for entity in map(self._async_apply, wanted.values()) if entity]
        if new:
            self._platform.async_add_entities(new, config_subentry_id=self._subentry.subentry_id)

    @callback
    def _async_apply(self, description: D) -> TwinEntity | None:
        """Update the entity of a description; return a new entity if one must be added."""
        entity = self._entities.get(description.key)
        if entity is not None:
            if entity.entity_description == description:
                return None
            if entity.is_added:
                entity.async_describe(description)
                return None
            # A disabled entity has no object: add a new one, so that the registry takes its name.
        entity = self._platform.make(self._runtime, self._subentry, description)
        self._entities[description.key] = entity
        return entity

    @callback
    def _async_remove(self, key: str) -> None:
        entity = self._entities.pop(key)
        if entity.is_added:
            self._platform.entry.async_create_task(
                self._hass, entity.async_remove(), f"digital_twin remove {key}"
            )

    @callback
    def _async_delete_stale(self) -> None:
        is_stale, twin_id = self._group.is_stale, self._subentry.twin_id
        if is_stale is None:
            return
        registry = er.async_get(self._hass)
        prefix = f"{twin_id}-"
        for entity in er.async_entries_for_config_entry(registry, self._platform.entry.entry_id):
            key = entity.unique_id.removeprefix(prefix)
            if entity.config_subentry_id == self._subentry.subentry_id and is_stale(
                self._hass, self._runtime, twin_id, key
            ):
                registry.async_remove(entity.entity_id)
