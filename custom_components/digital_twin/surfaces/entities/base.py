"""What all entities of twins have in common."""

from abc import abstractmethod
from typing import Any, cast, override

from homeassistant.core import CALLBACK_TYPE, Context, callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity

from ...commands.access import async_access_of_call
from ...const import DOMAIN
from ...engine.core.feed import Topic
from ...engine.runtime import Runtime
from ...engine.subentries import TwinSubentry
from ...twin.household.references import Twin
from ...twin.records.fields import Kind, Record
from .descriptions import Attributes, TwinEntityDescription, TwinValueDescription

# What Home Assistant keeps of a description once it has made the name from it.
_CACHED = ("name", "translation_placeholders")


class TwinEntity(Entity):
    """An entity that hears of its topics of a twin, and of nothing else."""

    _attr_has_entity_name = True
    _attr_should_poll = False
    entity_description: TwinEntityDescription
    _unsubscribe: CALLBACK_TYPE

    def __init__(
        self, runtime: Runtime, subentry: TwinSubentry, description: TwinEntityDescription
    ) -> None:
        """Keep what is shown, and of which twin."""
        self.entity_description = description
        self.is_added = False
        self._runtime = runtime
        self._subentry = subentry
        self._attr_unique_id = f"{subentry.twin_id}-{description.key}"
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, subentry.twin_id)})
        # What is shown may be known only a little later: a new twin is seated as soon as it is in
        # memory, and told of once it is on disk.
        self._attr_extra_state_attributes = {}

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to the topics that are shown."""
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
        return self._runtime.feed.subscribe(topics, self._async_topics_changed)

    async def _async_writable[R: Record](self, kind: Kind[R], field: str) -> R:
        """Return the record of the twin for whoever acts on the entity and may write the field.

        Raises `TwinError` for a twin that is gone, `NotPermittedError`, and `UnknownUser`.
        """
        registry = self._runtime.registry
        access = await async_access_of_call(self.hass, registry, self._context or Context())
        record = registry.get(kind, self._subentry.twin_id)
        access.require_write(cast("Twin", record), field)
        return record

    @callback
    def async_describe(self, description: TwinEntityDescription) -> None:
        """Take over a description that gives another name or follows other topics."""
        self.entity_description = description
        self._unsubscribe()
        self._unsubscribe = self._subscribe()
        for name in _CACHED:
            self.__dict__.pop(name, None)
        self.async_write_ha_state()

    @abstractmethod
    @callback
    def _async_topics_changed(self) -> None:
        """Show what is new."""


class TwinValueEntity(TwinEntity):
    """An entity that shows a value, and writes its state only when it shows something else."""

    entity_description: TwinValueDescription[Any]
    _shown: tuple[object, Attributes] | None = None

    @override
    async def async_added_to_hass(self) -> None:
        """Show the present value first."""
        await super().async_added_to_hass()
        self._async_read()

    @override
    @callback
    def _async_topics_changed(self) -> None:
        if self._async_read():
            self.async_write_ha_state()

    def _async_read(self) -> bool:
        """Read the twin; tell whether there is anything new to show."""
        description = self.entity_description
        subject = description.subject_fn(self._runtime, self._subentry.twin_id)
        if subject is None:
            return False
        shown = (description.value_fn(subject), description.attributes_fn(subject))
        if self._shown == shown:
            return False
        self._shown = shown
        self._attr_extra_state_attributes = dict(shown[1])
        self._show(shown[0])
        return True

    @abstractmethod
    def _show(self, value: Any) -> None:  # noqa: ANN401  # each platform knows what it is
        """Make a value the state of the entity."""
