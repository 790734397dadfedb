"""Which entities a twin has now: they come and go while the entry stays loaded."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .descriptions import TwinEntityDescription
from .engine.handles import SEATED, Seat
from .engine.publisher import Slice
from .engine.runtime import DigitalTwinConfigEntry, Runtime
from .entity import TwinEntity


@dataclass(frozen=True, kw_only=True, slots=True)
class Part[D: TwinEntityDescription]:
    """The entities that twins of one kind have on a platform.

    `descriptions_fn` tells from the runtime and the twin's id which they are now, `grows_with`
    names the slices after whose change they may be others. An entity that is no longer among them
    becomes unavailable, and can be deleted by a person; one whose key `is_stale` is deleted.
    """

    descriptions_fn: Callable[[HomeAssistant, Runtime, str], Iterable[D]]
    grows_with: tuple[str, ...] = ()
    is_stale: Callable[[HomeAssistant, str], bool] | None = None


@callback
def async_start_lineup[D: TwinEntityDescription](
    hass: HomeAssistant,
    entry: DigitalTwinConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    make: Callable[[Runtime, Seat, D], TwinEntity],
    parts: Mapping[str, Part[D]],
) -> None:
    """Give each twin its entities on a platform, by kind of twin, until the entry is unloaded."""
    platform = _Platform(hass, entry, async_add_entities, make)
    handles = entry.runtime_data.handles
    rows: dict[Seat, CALLBACK_TYPE] = {}

    @callback
    def follow_seats() -> None:
        seats = [seat for seat in handles.seats.values() if seat.kind in parts]
        for seat in rows.keys() - set(seats):
            rows.pop(seat)()
        for seat in seats:
            if seat not in rows:
                rows[seat] = _Row(platform, seat, parts[seat.kind]).async_start()

    @callback
    def stop() -> None:
        for stop_row in rows.values():
            stop_row()

    entry.async_on_unload(stop)
    seated = [Slice(kind, None, SEATED) for kind in parts]
    entry.async_on_unload(entry.runtime_data.publisher.subscribe(seated, follow_seats))
    follow_seats()


@dataclass(frozen=True, slots=True)
class _Platform[D: TwinEntityDescription]:
    """What it takes to add an entity."""

    hass: HomeAssistant
    entry: DigitalTwinConfigEntry
    async_add_entities: AddConfigEntryEntitiesCallback
    make: Callable[[Runtime, Seat, D], TwinEntity]


class _Row[D: TwinEntityDescription]:
    """The entities of one twin on one platform."""

    def __init__(self, platform: _Platform[D], seat: Seat, part: Part[D]) -> None:
        """Keep what is needed; nothing is added yet."""
        self._platform = platform
        self._hass = platform.hass
        self._runtime = platform.entry.runtime_data
        self._seat = seat
        self._part = part
        self._entities: dict[str, TwinEntity] = {}

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Add what there is, and follow what comes and goes; return what ends that.

        The entities themselves go with the subentry or with the platform.
        """
        slices = [
            Slice(self._seat.kind, self._seat.twin_id, name) for name in self._part.grows_with
        ]
        stop = self._runtime.publisher.subscribe(slices, self._async_update)
        self._async_update()
        return stop

    @callback
    def _async_update(self) -> None:
        if self._seat.subentry_id not in self._platform.entry.subentries:
            # Deleted in the UI; the record follows.
            return
        descriptions = self._part.descriptions_fn(self._hass, self._runtime, self._seat.twin_id)
        wanted = {description.key: description for description in descriptions}
        self._async_delete_stale()
        for key in self._entities.keys() - wanted.keys():
            self._async_take_away(key)
        new = [entity for entity in map(self._async_show, wanted.values()) if entity]
        if new:
            self._platform.async_add_entities(new, config_subentry_id=self._seat.subentry_id)

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
        entity = self._platform.make(self._runtime, self._seat, description)
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
        is_stale = self._part.is_stale
        if is_stale is None:
            return
        registry = er.async_get(self._hass)
        prefix = f"{self._seat.twin_id}-"
        for entity in er.async_entries_for_config_entry(registry, self._platform.entry.entry_id):
            key = entity.unique_id.removeprefix(prefix)
            if entity.config_subentry_id == self._seat.subentry_id and is_stale(self._hass, key):
                registry.async_remove(entity.entity_id)
