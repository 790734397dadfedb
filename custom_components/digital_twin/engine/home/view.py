"""What everybody reads of a home."""

from collections.abc import Mapping
from datetime import datetime

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ...twin.home.battery import BatteryForecast
from ...twin.home.environment import Aggregate
from ...twin.home.inventory import DeviceChange, DeviceCounts, DeviceRecord
from ...twin.home.occupancy import Occupancy
from ...twin.home.operational import Cause, Operational
from ...twin.values import PlainJson
from ..core.feed import Topic
from .devices import LiveDevice
from .document import Document, home_facts
from .live import LiveHome, reading_name
from .plan import Place, PlaceKey
from .whereabouts import point_of


class HomeView:
    """A home as it is now; read it anew in each callback."""

    def __init__(self, hass: HomeAssistant, live: LiveHome) -> None:
        """Look at a home."""
        self._hass = hass
        self._live = live

    @property
    def home_id(self) -> str:
        """The home that is looked at."""
        return self._live.plan.home.home_id

    @property
    def places(self) -> Mapping[PlaceKey, Place]:
        """The home itself, its floors and its areas."""
        return self._live.plan.places

    def reading(self, place: PlaceKey, quantity: str) -> Aggregate | None:
        """Return a value; None while no sensor behind it has a number."""
        return self._live.climate.shown(place, quantity)

    def has_source(self, place: PlaceKey, quantity: str) -> bool:
        """Tell whether there is a sensor for a value, be it with a number or without."""
        known = self._live.plan.places.get(place)
        return known is not None and quantity in known.quantities

    def unit(self, quantity: str) -> str | None:
        """Return the unit of the values of a quantity."""
        return self._live.climate.units[quantity]

    def environment_topic(self, place: PlaceKey, quantity: str) -> Topic:
        """Return the topic that is published when a value changes."""
        return Topic("home", self.home_id, reading_name(place, quantity))

    @property
    def devices(self) -> tuple[DeviceRecord, ...]:
        """Every device, with all that is known about it."""
        return tuple(self._record(device) for device in self._live.devices.live.values())

    def device(self, device_id: str) -> DeviceRecord | None:
        """Return one device; None for one that is not in the home."""
        live = self._live.devices.live.get(device_id)
        return self._record(live) if live else None

    @property
    def updates(self) -> tuple[DeviceRecord, ...]:
        """The devices for which an update waits."""
        return tuple(
            self._record(device)
            for device in self._live.devices.live.values()
            if device.update_available
        )

    @property
    def offline(self) -> tuple[DeviceRecord, ...]:
        """The devices that do not answer."""
        return tuple(self._record(device) for device in self._live.offline)

    @property
    def low_batteries(self) -> tuple[DeviceRecord, ...]:
        """The devices whose battery is low."""
        return tuple(self._record(device) for device in self._live.low_batteries)

    @property
    def is_judged(self) -> bool:
        """Whether it is known yet which devices are offline."""
        return self._live.is_judged

    @property
    def counts(self) -> DeviceCounts:
        """How many devices there are of each sort."""
        return self._live.counts

    @property
    def occupancy(self) -> Occupancy:
        """Whether somebody is in, with the evidence."""
        return self._live.household.current

    @property
    def operational(self) -> Operational:
        """Whether the home is all right, with the open causes, worst first."""
        return self._live.operational

    @property
    def actionable(self) -> tuple[Cause, ...]:
        """The causes that a person can mend and that have been open for an hour."""
        return self._live.actionable

    @property
    def next_battery(self) -> BatteryForecast | None:
        """The battery that will be empty first, as far as it can be known."""
        return self._live.next_battery

    @property
    def device_changes(self) -> tuple[DeviceChange, ...]:
        """The devices that went offline or came back, while that is being published."""
        return tuple(self._live.devices.changes)

    @property
    def zone_point(self) -> dict[str, PlainJson] | None:
        """The middle of its zone as a GeoJSON Point, if it has a zone."""
        zone = self._live.plan.zone
        return point_of(self._hass.states, zone) if zone else None

    def document(self) -> Document:
        """Return what is derived about the home, in the spelling of documents."""
        return home_facts(self)

    def _record(self, device: LiveDevice) -> DeviceRecord:
        plan = device.plan
        entry = self._hass.config_entries.async_get_entry(plan.entry_id)
        today = dt_util.now().date()
        return DeviceRecord(
            device_id=plan.device_id,
            name=plan.name,
            manufacturer=plan.manufacturer,
            model=plan.model,
            firmware=plan.firmware,
            area_id=plan.area_id,
            area=plan.area,
            integration=entry.domain if entry else None,
            integration_state=entry.state.value if entry else None,
            hub_id=plan.hub_id,
            status=device.status,
            since=device.reach.since,
            battery=device.battery,
            battery_low=device.battery_low,
            battery_days_left=device.forecast.days_left(today) if device.forecast else None,
            update_available=device.update_available,
            last_seen=self._last_seen(device),
            paused_until=self._live.paused.get(plan.device_id),
        )

    def _last_seen(self, device: LiveDevice) -> datetime | None:
        """Return when an entity of a device last reported.

        For a silent device that is when it fell silent: that it is unavailable was reported by
        others, in its absence.
        """
        if device.silent is not None:
            return device.silent
        states = (self._hass.states.get(entity_id) for entity_id in device.plan.entities)
        return max((state.last_reported for state in states if state), default=None)
