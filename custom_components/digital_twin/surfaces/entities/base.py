"""Base classes of the entities of twins."""

from abc import abstractmethod
from typing import Any, override

from homeassistant.core import CALLBACK_TYPE, Context, callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity

from ...commands.access import Actor, async_actor
from ...const import DOMAIN
from ...engine.core.feed import Change, Origin, Topic
from ...engine.runtime import Runtime
from ...engine.subentries import TwinSubentry
from .descriptions import Attributes, TwinEntityDescription, TwinValueDescription

# Cached properties of `Entity` that depend on the description.
_CACHED = ("name", "translation_placeholders")


class TwinEntity(Entity):
    """An entity that is notified of the topics in its description only."""

    _attr_has_entity_name = True
    _attr_should_poll = False
    entity_description: TwinEntityDescription
    _unsubscribe: CALLBACK_TYPE

    def __init__(
        self, runtime: Runtime, subentry: TwinSubentry, description: TwinEntityDescription
    ) -> None:
        self.entity_description = description
        self.is_added = False
        self._runtime = runtime
        self._subentry = subentry
        self._attr_unique_id = f"{subentry.twin_id}-{description.key}"
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, subentry.twin_id)})
        # The entity of a new twin may be added before the first publication of its values.
        self._attr_extra_state_attributes = {}

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
        for name in _CACHED:
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
