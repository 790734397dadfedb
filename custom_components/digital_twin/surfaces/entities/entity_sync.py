"""Which entities a twin has now: they are added and removed while the entry stays loaded."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ...engine.core.feed import Topic
from ...engine.runtime import DigitalTwinConfigEntry, Runtime
from ...engine.subentries import SUBENTRY_READY, TwinSubentry
from .base import TwinEntity, TwinEntityDescription


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
