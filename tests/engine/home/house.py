"""A house to test with: registries, states and an observer that looks at them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from unittest.mock import AsyncMock

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import (
    ATTR_DEVICE_CLASS,
    ATTR_UNIT_OF_MEASUREMENT,
    STATE_UNAVAILABLE,
    EntityCategory,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
)
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockModule,
    async_fire_time_changed,
    mock_integration,
)

from custom_components.digital_twin.engine.core.feed import ChangeFeed, Topic
from custom_components.digital_twin.engine.home import HomeEvent, HomeObserver, HomeView, PlaceKey
from custom_components.digital_twin.twin.home.home import Home, Scope, Thresholds
from custom_components.digital_twin.twin.metrics.person import Person
from tests.twin.samples import ANNA, CABIN, HOUSE, JAN, home, person

__all__ = ["ANNA", "CABIN", "HOUSE", "JAN", "House", "area", "floor", "home", "person"]

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
UNITS = {"temperature": "°C", "humidity": "%", "power": "W", "energy": "kWh", "battery": "%"}


def area(area_id: str) -> PlaceKey:
    return PlaceKey("area", area_id)


def floor(floor_id: str) -> PlaceKey:
    return PlaceKey("floor", floor_id)


type Attributes = Mapping[str, object]


class House:
    """Builds a house and watches what is published of it."""

    def __init__(self, hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
        self.hass = hass
        self.freezer = freezer
        self.areas, self.floors = ar.async_get(hass), fr.async_get(hass)
        self.devices, self.entities = dr.async_get(hass), er.async_get(hass)
        self.own = self.add_entry("digital_twin", ConfigEntryState.NOT_LOADED)
        self.other = self.add_entry("maker")
        self.homes: dict[str, Home] = {HOUSE: home(zone="zone.home")}
        self.deleted: set[str] = set()
        self.persons: dict[str, Person] = {}
        self.events: list[tuple[str, HomeEvent]] = []
        self.report_events = True
        self.feed = ChangeFeed()
        self.options: dict[str, object] = {}
        self.observer = self.make_observer()
        self.stop: Callable[[], None] | None = None

    # Building.

    def add_entry(
        self, domain: str, state: ConfigEntryState = ConfigEntryState.LOADED
    ) -> MockConfigEntry:
        """Add an integration of which nothing runs."""
        mock_integration(
            self.hass, MockModule(domain, async_unload_entry=AsyncMock(return_value=True))
        )
        entry = MockConfigEntry(domain=domain, title=domain.title(), state=state)
        entry.add_to_hass(self.hass)
        return entry

    def add_area(self, name: str, floor_name: str | None = None) -> str:
        floor_id = None
        if floor_name:
            found = self.floors.async_get_floor_by_name(floor_name)
            floor_id = (found or self.floors.async_create(floor_name)).floor_id
        return self.areas.async_create(name, floor_id=floor_id).id

    def register(self, area_id: str, entity_id: str) -> None:
        """Make a sensor the one that tells the temperature of an area."""
        self.areas.async_update(area_id, temperature_entity_id=entity_id)

    def add_device(
        self,
        name: str,
        area_id: str | None = None,
        entry: MockConfigEntry | None = None,
        *,
        hub: str | None = None,
        service: bool = False,
        manufacturer: str | None = None,
        model: str | None = None,
        firmware: str | None = None,
    ) -> str:
        device = self.devices.async_get_or_create(
            config_entry_id=(entry or self.other).entry_id,
            identifiers={("test", name)},
            name=name,
            entry_type=dr.DeviceEntryType.SERVICE if service else None,
            manufacturer=manufacturer,
            model=model,
            sw_version=firmware,
            via_device_id=hub,
        )
        if area_id:
            self.devices.async_update_device(device.id, area_id=area_id)
        return device.id

    def add_entity(
        self,
        entity_id: str,
        state: str | None = None,
        *,
        device_class: str | None = None,
        unit: str | None = None,
        device: str | None = None,
        area_id: str | None = None,
        category: EntityCategory | None = None,
        entry: MockConfigEntry | None = None,
        hidden: bool = False,
        disabled: bool = False,
        name: str | None = None,
    ) -> str:
        domain, _, object_id = entity_id.partition(".")
        unit = unit or (UNITS.get(device_class or "") if domain == "sensor" else None)
        found = self.entities.async_get_or_create(
            domain,
            "test",
            object_id,
            object_id_base=object_id,
            device_id=device,
            config_entry=entry or (self.other if device else None),
            original_device_class=device_class,
            unit_of_measurement=unit,
            entity_category=category,
            hidden_by=er.RegistryEntryHider.USER if hidden else None,
            disabled_by=er.RegistryEntryDisabler.USER if disabled else None,
            original_name=name,
        )
        # Its device and area would become parts of its id.
        changes: dict[str, Any] = {"area_id": area_id} if area_id else {}
        if found.entity_id != entity_id:
            changes["new_entity_id"] = entity_id
        if changes:
            self.entities.async_update_entity(found.entity_id, **changes)
        if state is not None:
            self.set(entity_id, state)
        return entity_id

    def thermometer(
        self,
        name: str,
        state: str | None,
        area_id: str,
        unit: str = "°C",
        entry: MockConfigEntry | None = None,
    ) -> str:
        return self.add_entity(
            f"sensor.{name}",
            state,
            device_class="temperature",
            area_id=area_id,
            unit=unit,
            entry=entry,
        )

    # Living.

    def set(self, entity_id: str, state: str, attributes: Attributes | None = None) -> None:
        attributes = dict(attributes or {})
        entry = self.entities.async_get(entity_id)
        if entry and entry.original_device_class:
            attributes.setdefault(ATTR_DEVICE_CLASS, entry.original_device_class)
        if entry and entry.unit_of_measurement:
            attributes.setdefault(ATTR_UNIT_OF_MEASUREMENT, entry.unit_of_measurement)
        self.hass.states.async_set(entity_id, state, attributes)

    def lose(self, *entity_ids: str) -> None:
        for entity_id in entity_ids:
            self.set(entity_id, STATE_UNAVAILABLE)

    async def settle(self) -> None:
        await self.hass.async_block_till_done()

    async def wait(self, **amount: float) -> None:
        """Let time pass: at first what was still to be done, then the timers."""
        await self.settle()
        self.freezer.tick(timedelta(**amount))
        async_fire_time_changed(self.hass)
        await self.settle()

    async def flush(self) -> None:
        """Let the second end in which changes are held back."""
        await self.wait(seconds=2)

    async def change(
        self, entity_id: str, state: str, attributes: Attributes | None = None
    ) -> None:
        self.set(entity_id, state, attributes)
        await self.flush()

    # Observing.

    def _note_events(self, home_id: str, events: Sequence[HomeEvent]) -> None:
        self.events += [(home_id, event) for event in events]

    def make_observer(self) -> HomeObserver:
        on_events = {"on_events": self._note_events} if self.report_events else {}
        return HomeObserver(
            self.hass,
            self.feed,
            lambda: self.homes,
            lambda: self.persons,
            Thresholds.from_options(self.options),
            own_entry_id=self.own.entry_id,
            can_return=self.deleted.__contains__,
            **on_events,
        )

    async def observe(self, **options: object) -> HomeView:
        self.options = options
        self.observer = self.make_observer()
        await self.observer.async_load()
        self.stop = self.observer.async_start()
        await self.settle()
        return self.view

    async def restart(self, **options: object) -> HomeView:
        """Begin again as after a restart of Home Assistant that is over already."""
        await self.leave()
        return await self.observe(**options)

    async def leave(self) -> None:
        if self.stop:
            self.stop()
            self.stop = None
        await self.observer.async_save()

    @property
    def view(self) -> HomeView:
        return self.observer.views[HOUSE]

    def scope(self, **parts: Iterable[str]) -> None:
        """Set the scope of the home."""
        scope = Scope(**{name: tuple(part) for name, part in parts.items()})
        self.homes[HOUSE] = replace(self.homes[HOUSE], scope=scope)

    def residents(self, **entities: str | None) -> None:
        """Make people residents, by their names, followed by entities."""
        ids: Mapping[str, str] = {"anna": ANNA, "jan": JAN}
        self.persons = {
            ids[name]: person(ids[name], name=name.title(), person_entity=entity_id)
            for name, entity_id in entities.items()
        }
        self.homes[HOUSE] = replace(self.homes[HOUSE], residents=tuple(self.persons))

    def hear(self, *names: str, home_id: str = HOUSE) -> list[str]:
        """Return a list that gets the name of each topic when it is published."""
        heard: list[str] = []
        for name in names:
            self.feed.subscribe(Topic("home", home_id, name), partial(_hear, heard, name))
        return heard

    def value(self, place: PlaceKey, quantity: str = "temperature") -> float | None:
        aggregate = self.view.aggregate(place, quantity)
        return aggregate.value if aggregate else None

    def causes(self) -> list[str]:
        return [cause.kind.value for cause in self.view.operational.causes]


def house_slice(name: str, home_id: str = HOUSE) -> Topic:
    return Topic("home", home_id, name)


def thresholds(**options: object) -> Thresholds:
    return Thresholds.from_options(options)


def _hear(heard: list[str], name: str, _changes: object) -> None:
    heard.append(name)


def has_source(view: HomeView, place: PlaceKey, quantity: str) -> bool:
    return place in view.places and quantity in view.places[place].quantities
