"""The numbers of goals that are kept by hand."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar, Final, override

from homeassistant.components.number import NumberEntity, NumberEntityDescription, NumberMode
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .commands.twins import async_update_progress
from .engine.core.feed import DEFINITIONS
from .engine.runtime import DigitalTwinConfigEntry, Runtime
from .surfaces.entities import (
    EntityGroup,
    TwinValueDescription,
    TwinValueEntity,
    async_sync_entities,
    goal_record,
)
from .surfaces.errors import translated_errors
from .twin.goals.key_results import NUMERIC, KeyResult, usual_range
from .twin.records.parsers import LARGEST_AMOUNT

PARALLEL_UPDATES = 0

FIELD: Final = "progress_metrics"
PREFIX: Final = "key_result_"
RANGE: Final = ("native_min_value", "native_max_value", "native_step", "mode")


@dataclass(frozen=True, kw_only=True)
class TwinNumberDescription(NumberEntityDescription, TwinValueDescription[KeyResult]):
    """The current value of a key result, which `key_result` names by its key."""

    key_result: str
    # What Home Assistant makes of its descriptions forgets that fields are not to be compared.
    subject_fn: Callable[[Runtime, str], KeyResult | None] = field(compare=False)
    value_fn: Callable[[KeyResult], float | None] = field(compare=False)


def _key_result(key: str, runtime: Runtime, goal_id: str) -> KeyResult | None:
    goal = goal_record(runtime, goal_id)
    return next((one for one in goal.progress_metrics if one.key == key), None) if goal else None


def _numbers(
    _hass: HomeAssistant, runtime: Runtime, goal_id: str
) -> Iterable[TwinNumberDescription]:
    goal = goal_record(runtime, goal_id)
    return [
        number_of(one)
        for one in (goal.progress_metrics if goal else ())
        if one.kind in NUMERIC and one.source is None
    ]


def number_of(key_result: KeyResult) -> TwinNumberDescription:
    """Describe the number of a key result: a slider where its range is known."""
    known = usual_range(key_result)
    least, most, step = known or (-LARGEST_AMOUNT, LARGEST_AMOUNT, 0.01)
    return TwinNumberDescription(
        key=f"{PREFIX}{key_result.key}",
        translation_key="key_result",
        translation_placeholders={"name": key_result.name},
        native_unit_of_measurement=key_result.unit,
        native_min_value=least,
        native_max_value=most,
        native_step=step,
        mode=NumberMode.SLIDER if known else NumberMode.BOX,
        key_result=key_result.key,
        topics=(FIELD,),
        subject_fn=partial(_key_result, key_result.key),
        value_fn=lambda one: one.current,
    )


async def async_setup_entry(
    hass: HomeAssistant,
    entry: DigitalTwinConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the numbers of every goal."""
    parts = {"goal": EntityGroup(descriptions_fn=_numbers, grows_with=(DEFINITIONS,))}
    async_sync_entities(hass, entry, async_add_entities, TwinNumber, parts)


class TwinNumber(TwinValueEntity, NumberEntity):
    """A key result that follows no source, so that somebody has to say how far it is."""

    entity_description: TwinNumberDescription
    cached_names: ClassVar = (*TwinValueEntity.cached_names, *RANGE)

    @property
    @override
    def native_unit_of_measurement(self) -> str | None:
        """The unit of the key result, which may change."""
        return self.entity_description.native_unit_of_measurement

    @override
    def _show(self, value: float | None) -> None:
        self._attr_native_value = value

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Take a value as measured now."""
        with translated_errors():
            update = {"key_result": self.entity_description.key_result, "value": value}
            actor = await self._async_actor()
            await async_update_progress(actor, self._subentry.twin_id, update, FIELD)
