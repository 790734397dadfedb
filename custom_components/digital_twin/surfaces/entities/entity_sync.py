"""Which entities a twin has now: they come and go while the entry stays loaded."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ...engine.core.feed import Topic
from ...engine.runtime import DigitalTwinConfigEntry, Runtime
from ...engine.subentries import SUBENTRY_READY, TwinSubentry
from .base import TwinEntity
from .descriptions import TwinEntityDescription


@dataclass(frozen=True, kw_only=True, slots=True)
class EntityGroup[D: TwinEntityDescription]:
    """The entities that twins of one kind have on a platform.

    `descriptions_fn` tells from the runtime and the twin's id which they are now, `grows_with`
    names the topics of the twin, `grows_with_all` those of its kind, after whose change they may
    be others. An entity that is no longer among them becomes unavailable, and can be deleted by a
    person; one whose key `is_stale` (of the runtime and the twin's id, too) is deleted.
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
    parts: Mapping[str, EntityGroup[D]],
) -> None:
    """Give each twin its entities on a platform, by kind of twin, until the entry is unloaded."""
    platform = _Platform(hass, entry, async_add_entities, make)
    subentries = entry.runtime_data.subentries
    rows: dict[TwinSubentry, CALLBACK_TYPE] = {}

    @callback
    def follow_seats() -> None:
        by_twin = [subentry for subentry in subentries.by_twin.values() if subentry.kind in parts]
        for subentry in rows.keys() - set(by_twin):
            rows.pop(subentry)()
        for subentry in by_twin:
            if subentry not in rows:
                rows[subentry] = _TwinEntities(
                    platform, subentry, parts[subentry.kind]
                ).async_start()

    @callback
    def stop() -> None:
        for stop_row in rows.values():
            stop_row()

    entry.async_on_unload(stop)
    seated = [Topic(kind, None, SUBENTRY_READY) for kind in parts]
    entry.async_on_unload(entry.runtime_data.feed.subscribe(seated, follow_seats))
    follow_seats()


@dataclass(frozen=True, slots=True)
class _Platform[D: TwinEntityDescription]:
    """What it takes to add an entity."""

    hass: HomeAssistant
    entry: DigitalTwinConfigEntry
    async_add_entities: AddConfigEntryEntitiesCallback
    make: Callable[[Runtime, TwinSubentry, D], TwinEntity]


class _TwinEntities[D: TwinEntityDescription]:
    """The entities of one twin on one platform."""

    def __init__(
        self, platform: _Platform[D], subentry: TwinSubentry, part: EntityGroup[D]
    ) -> None:
        """Keep what is needed; nothing is added yet."""
        self._platform = platform
        self._hass = platform.hass
        self._runtime = platform.entry.runtime_data
        self._subentry = subentry
        self._part = part
        self._entities: dict[str, TwinEntity] = {}

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Add what there is, and follow what comes and goes; return what ends that.

        The entities themselves go with the subentry or with the platform.
        """
        own = (
            Topic(self._subentry.kind, self._subentry.twin_id, name)
            for name in self._part.grows_with
        )
        common = (Topic(self._subentry.kind, None, name) for name in self._part.grows_with_all)
        topics = [*own, *common]
        stop = self._runtime.feed.subscribe(topics, self._async_update)
        self._async_update()
        return stop

    @callback
    def _async_update(self) -> None:
        if self._subentry.subentry_id not in self._platform.entry.subentries:
            # Deleted in the UI; the record follows.
            return
        descriptions = self._part.descriptions_fn(self._hass, self._runtime, self._subentry.twin_id)
        wanted = {description.key: description for description in descriptions}
        gone = self._entities.keys() - wanted.keys()
        if gone or not self._entities:
            self._async_delete_stale()
        for key in gone:
            self._async_take_away(key)
        new = [entity for entity in map(self._async_show, wanted.values()) if entity]
        if new:
            self._platform.async_add_entities(new, config_subentry_id=self._subentry.subentry_id)

    @callback
    def _async_show(self, description: D) -> TwinEntity | None:
        """Return a new entity where one must be added; bring a present one up to date."""
        entity = self._entities.get(description.key)
        if entity is not None:
            if entity.entity_description == description:
                return None
            if entity.is_added:
                entity.async_describe(description)
                return None
            # Only the registry knows a disabled entity, and takes its new name from a new one.
        entity = self._platform.make(self._runtime, self._subentry, description)
        self._entities[description.key] = entity
        return entity

    @callback
    def _async_take_away(self, key: str) -> None:
        entity = self._entities.pop(key)
        if entity.is_added:
            self._platform.entry.async_create_task(
                self._hass, entity.async_remove(), f"digital_twin remove {key}"
            )

    @callback
    def _async_delete_stale(self) -> None:
        is_stale, twin_id = self._part.is_stale, self._subentry.twin_id
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
