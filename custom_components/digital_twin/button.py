"""The quick entries of persons: buttons that record amounts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.icon import async_get_icons

from .commands.people import async_record_quick_entry
from .const import DOMAIN
from .engine.core.entity_ids import QUICK_ENTRY
from .engine.core.feed import Change
from .engine.health.disclosed import is_disclosed
from .engine.runtime import DigitalTwinConfigEntry, Runtime
from .surfaces.entities import (
    EntityGroup,
    TwinEntity,
    TwinEntityDescription,
    async_sync_entities,
    person_record,
)
from .surfaces.errors import translated_errors
from .twin.metrics.consent import DISCLOSED_BY
from .twin.metrics.person import PERSON
from .twin.metrics.recording import QuickEntry

PARALLEL_UPDATES = 0

type MetricIcons = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class TwinButtonDescription(ButtonEntityDescription, TwinEntityDescription):
    """A quick entry of a person, named by its key."""

    entry: str


def button_of(entry: QuickEntry, icons: MetricIcons) -> TwinButtonDescription:
    """Describe the button of a quick entry; `icons` has those of the sensors of metrics."""
    of_metric = icons.get(next(iter(entry.metrics)), {}).get("default")
    return TwinButtonDescription(
        key=f"{QUICK_ENTRY}{entry.key}",
        translation_key="quick_entry",
        translation_placeholders={"name": entry.name},
        # Without one, that of all quick entries.
        icon=entry.icon or of_metric,
        entry=entry.key,
        topics=(),
    )


def _buttons(
    icons: MetricIcons, _hass: HomeAssistant, runtime: Runtime, person_id: str
) -> Iterable[TwinButtonDescription]:
    """Describe the buttons of a person that the household may see."""
    person = person_record(runtime, person_id)
    shown = person.quick_entries if person else ()
    buttons = (button_of(entry, icons) for entry in shown)
    return [each for each in buttons if person and is_disclosed(person, each.key)]


def _is_stale(_hass: HomeAssistant, runtime: Runtime, person_id: str, key: str) -> bool:
    """Return whether a button is of a removed quick entry or of a private person."""
    person = person_record(runtime, person_id)
    if person is None or not key.startswith(QUICK_ENTRY):
        return False
    known = {f"{QUICK_ENTRY}{entry.key}" for entry in person.quick_entries}
    return key not in known or not is_disclosed(person, key)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: DigitalTwinConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the quick entries of every person."""
    icons = await async_get_icons(hass, "entity", (DOMAIN,))
    of_sensors: MetricIcons = icons.get(DOMAIN, {}).get(Platform.SENSOR, {})
    group = EntityGroup(
        descriptions_fn=partial(_buttons, of_sensors),
        grows_with=("quick_entries", *DISCLOSED_BY),
        is_stale=_is_stale,
    )
    async_sync_entities(hass, entry, async_add_entities, TwinButton, {PERSON.name: group})


class TwinButton(TwinEntity, ButtonEntity):
    """Records the amounts of a quick entry as of now."""

    entity_description: TwinButtonDescription
    cached_names: ClassVar = (*TwinEntity.cached_names, "icon")

    @override
    @callback
    def _async_topics_changed(self, changes: tuple[Change, ...]) -> None:
        """Do nothing: the state of a button is the time at which it was pressed last."""

    @override
    async def async_press(self) -> None:
        """Record the amounts; each press counts."""
        with translated_errors():
            person = self._runtime.registry.get(PERSON, self._subentry.twin_id)
            actor = await self._async_actor()
            await async_record_quick_entry(actor, person, self.entity_description.entry)
