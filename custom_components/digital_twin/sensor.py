"""Sensors of homes, persons and goals."""

from typing import Any, override

from homeassistant.components.sensor import SensorEntity
from homeassistant.components.sensor.const import UNIT_CONVERTERS
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .engine.runtime import DigitalTwinConfigEntry
from .surfaces.entities import (
    EntityGroup,
    TwinSensorDescription,
    TwinValueEntity,
    async_sync_entities,
)
from .surfaces.goal_sensors import GOAL_GROUP
from .surfaces.home_sensors import HOME_GROUP
from .surfaces.person_sensors import PARTS, PERSON_GROUP

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: DigitalTwinConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors of every twin."""
    parts: dict[str, EntityGroup[TwinSensorDescription[Any]]] = {
        "home": HOME_GROUP,
        "person": PERSON_GROUP,
        "goal": GOAL_GROUP,
    }
    async_sync_entities(hass, entry, async_add_entities, TwinSensor, parts)


class TwinSensor(TwinValueEntity, SensorEntity):
    """A value of a twin."""

    # Lists explain the present state and would only take space in the history; details of health
    # values are private.
    _unrecorded_attributes = frozenset(
        {
            "blocked_by",
            "causes",
            "devices",
            "evidence",
            "fresh",
            "late_dependencies",
            "mean_7_days",
            "measured_at",
            "missing",
            "not_listed",
            "source",
            "trend_per_week",
            *PARTS,
        }
    )
    entity_description: TwinSensorDescription[Any]

    @property
    @override
    def native_unit_of_measurement(self) -> str | None:
        """The unit of the value; it may follow the unit system."""
        description = self.entity_description
        if description.unit_fn is None:
            return description.native_unit_of_measurement
        subject = description.subject_fn(self._runtime, self._subentry.twin_id)
        return None if subject is None else description.unit_fn(subject)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """The attributes, with values in the unit in which the state is displayed."""
        description = self.entity_description
        attributes = self._attr_extra_state_attributes
        converter = UNIT_CONVERTERS.get(description.device_class)
        unit = self.unit_of_measurement
        if converter is None or unit == self.native_unit_of_measurement:
            return attributes
        convert = converter.converter_factory(self.native_unit_of_measurement, unit)
        digits = (description.suggested_display_precision or 0) + 2
        zero = dict.fromkeys(description.levels, 0.0) | dict.fromkeys(
            description.changes, convert(0)
        )
        return attributes | {
            name: round(convert(value) - zero[name], digits)
            for name, value in attributes.items()
            if name in zero and value is not None
        }

    @override
    def _show(self, value: Any) -> None:
        self._attr_native_value = value
