"""A furnished house for tests: areas, floors, devices and their entities, with states."""

from typing import Any

from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.const import STATE_UNAVAILABLE, EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
)
from pytest_homeassistant_custom_component.common import MockConfigEntry

UNITS = {
    "temperature": "°C",
    "humidity": "%",
    "carbon_dioxide": "ppm",
    "battery": "%",
    "power": "W",
}


class House:
    """Puts devices into the registries as an integration named "acme" would."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin with an empty house."""
        self.hass = hass
        self.entry = MockConfigEntry(domain="acme", title="Acme")
        self.entry.add_to_hass(hass)
        self.areas = ar.async_get(hass)
        self.devices = dr.async_get(hass)
        self.entities = er.async_get(hass)
        self.floors = fr.async_get(hass)

    def area(self, name: str, floor: str | None = None) -> str:
        """Create an area, with its floor where one is named; return its id."""
        if floor and self.floors.async_get_floor_by_name(floor) is None:
            self.floors.async_create(floor)
        found = self.floors.async_get_floor_by_name(floor) if floor else None
        return self.areas.async_create(name, floor_id=found.floor_id if found else None).id

    def device(self, name: str, area_id: str | None = None, **details: Any) -> str:  # noqa: ANN401
        """Create a device; return its id."""
        device = self.devices.async_get_or_create(
            config_entry_id=self.entry.entry_id,
            identifiers={("acme", name)},
            name=name,
            **details,
        )
        self.devices.async_update_device(device.id, area_id=area_id)
        return device.id

    def sensor(
        self,
        device_id: str,
        kind: str,
        value: object,
        *,
        key: str = "",
        unit: str | None = None,
        domain: str = "sensor",
    ) -> str:
        """Create a sensor of a device class with a state; return its entity id."""
        diagnostic = EntityCategory.DIAGNOSTIC if kind in ("battery", "firmware") else None
        entry = self.entities.async_get_or_create(
            domain,
            "acme",
            f"{device_id}-{kind}-{key}",
            config_entry=self.entry,
            device_id=device_id,
            entity_category=diagnostic,
            original_device_class=SensorDeviceClass(kind) if domain == "sensor" else kind,
            unit_of_measurement=unit or UNITS.get(kind),
            suggested_object_id=f"acme_{kind}_{device_id[-6:]}{key}",
        )
        self.set(entry.entity_id, value)
        return entry.entity_id

    def set(self, entity_id: str, value: object) -> None:
        """Give an entity a state, with the attributes of its registry entry."""
        entry = self.entities.async_get(entity_id)
        assert entry is not None
        attributes = {
            "device_class": entry.original_device_class,
            "unit_of_measurement": entry.unit_of_measurement,
        }
        known = {key: text for key, text in attributes.items() if text is not None}
        self.hass.states.async_set(entity_id, str(value), known)

    def silence(self, entity_id: str) -> None:
        """Make an entity unavailable."""
        self.set(entity_id, STATE_UNAVAILABLE)
