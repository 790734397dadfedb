"""What the rest of the integration reads of a home: its live facts, and its document as JSON."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_cached_translations
from homeassistant.util import dt as dt_util

from ...const import DOMAIN, option_path
from ...twin.enums import ContextEffect, OccupancyStatus, OperationalStatus
from ...twin.home.batteries import BATTERY_BOUNDS, BatteryForecast
from ...twin.home.conditions import Aggregate, Evidence, EvidenceKind, EvidenceState, Occupancy
from ...twin.home.inventory import (
    DEVICE,
    DeviceChange,
    DeviceCounts,
    DeviceRecord,
)
from ...twin.home.kinds import LeftOut
from ...twin.home.operational import CAUSE, HomeCause, Operational
from ...twin.records.limits import (
    NUMBER,
    TEXT,
    TIME,
    TRUTH,
    WHOLE,
    Limits,
    list_of,
    object_of,
    one_of,
    or_null,
)
from ...twin.values import PlainJson
from ..core.feed import Topic
from .climate import CellKey, Climate, EnergyTotal
from .devices import Devices, LiveDevice
from .memory import HomeMemory
from .occupancy import OccupancyTracker, zone_point
from .plan import HOME_PLACE, HomePlan, PlaceKey, PlacePlan
from .roles import SensorReader


def environment_name(cell: CellKey) -> str:
    """Return the name of the topic of a value of a place."""
    place, quantity = cell
    return f"environment/{place.path}/{quantity}"


class HomeView:
    """The live facts of a home, for reading; they change in place, so none should be kept.

    `operational`: the status with the open causes, worst first. `actionable`: the causes that a
    person can mend and that have been open for an hour. `next_battery`: the battery that runs out
    first, if a forecast is possible. `device_changes`: the changes of device status that are being
    published. `is_judged`: whether the start-up grace is over. `paused`: what is kept quiet.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        plan: HomePlan,
        memory: HomeMemory,
        reader: SensorReader,
        remember: Callable[[], None],
    ) -> None:
        self._hass = hass
        self._memory = memory
        self._climate = Climate(hass.states, reader, EnergyTotal(memory.energy, remember))
        self._devices = Devices(hass.states, memory)
        self._occupancy = OccupancyTracker(hass.states, memory)
        self._offline: tuple[LiveDevice, ...] = ()
        self._low_batteries: tuple[LiveDevice, ...] = ()
        self.plan = plan
        self.counts = DeviceCounts()
        self.operational = Operational()
        self.actionable: tuple[HomeCause, ...] = ()
        self.next_battery: BatteryForecast | None = None
        self.device_changes: tuple[DeviceChange, ...] = ()
        self.is_judged = False
        self.paused: frozenset[ContextEffect] = frozenset()

    @property
    def home_id(self) -> str:
        """The id of the home."""
        return self.plan.home.home_id

    @property
    def places(self) -> Mapping[PlaceKey, PlacePlan]:
        """The home itself, its floors and its areas."""
        return self.plan.places

    def aggregate(self, place: PlaceKey, quantity: str) -> Aggregate | None:
        """Return a value; None while none of its sensors has a number."""
        return self._climate.rounded((place, quantity))

    def unit(self, quantity: str) -> str | None:
        """Return the unit of the values of a quantity."""
        return self._climate.units[quantity]

    def environment_topic(self, place: PlaceKey, quantity: str) -> Topic:
        """Return the topic that is published when a value changes."""
        return Topic("home", self.home_id, environment_name((place, quantity)))

    @property
    def devices(self) -> tuple[DeviceRecord, ...]:
        """All devices."""
        return self._records(self._devices.live.values())

    def device(self, device_id: str) -> DeviceRecord | None:
        """Return one device; None if it is not in the home."""
        live = self._devices.live.get(self.plan.things.get(device_id, device_id))
        return self._record(live) if live else None

    def has_device(self, device_id: str) -> bool:
        """Return whether a device is in the home."""
        return device_id in self._devices.live or device_id in self.plan.things

    @property
    def updates(self) -> tuple[DeviceRecord, ...]:
        """The devices with a pending update."""
        return self._records(live for live in self._devices.live.values() if live.update_available)

    @property
    def offline(self) -> tuple[DeviceRecord, ...]:
        """The devices that are offline."""
        return self._records(self._offline)

    @property
    def low_batteries(self) -> tuple[DeviceRecord, ...]:
        """The devices with a low battery."""
        return self._records(self._low_batteries)

    @property
    def batteries(self) -> tuple[DeviceRecord, ...]:
        """The devices with a known battery level; not those that their owner charges."""
        live = (each for each in self._devices.live.values() if each.battery is not None)
        return self._records(each for each in live if not each.plan.rechargeable)

    @property
    def occupancy(self) -> Occupancy:
        """The occupancy status with its evidence."""
        return self._occupancy.current

    @property
    def shown_evidence(self) -> tuple[Evidence, ...]:
        """The evidence that entities show: the residents, or one sensor while it counts."""
        return self._occupancy.shown

    def entity_name(self, entity_id: str) -> str:
        """Return the name of an entity, or its id while it has no state."""
        state = self._hass.states.get(entity_id)
        return str(state.name) if state else entity_id

    def battery(self, device_id: str | None) -> float | None:
        """Return the lowest battery level of a device (per cent), if it is known."""
        live = self._devices.live.get(device_id or "")
        return live.battery if live else None

    @property
    def texts(self) -> Mapping[str, str]:
        """The texts of reasons by key, in the language of this Home Assistant."""
        hass, prefix = self._hass, option_path("reason", "")
        texts = async_get_cached_translations(hass, hass.config.language, "selector", DOMAIN)
        return {
            key.removeprefix(prefix): text for key, text in texts.items() if key.startswith(prefix)
        }

    @property
    def zone_point(self) -> dict[str, PlainJson] | None:
        """The centre of its zone as a GeoJSON Point, if it has a zone."""
        return zone_point(self._hass.states, self.plan.zone) if self.plan.zone else None

    def document(self) -> dict[str, Any]:
        """Return the derived part of the home's document, as JSON."""
        devices, battery = self.devices, self.next_battery
        names = {device.device_id: device.name for device in devices}
        return {
            "environmental_data": self._environment_document(),
            "device_inventory": [_device_document(device, names) for device in devices],
            "occupancy_status": self.occupancy.status,
            "occupancy": {
                "since": _iso(self.occupancy.since),
                "evidence": [_evidence_document(one) for one in self.occupancy.evidence],
            },
            "operational_status": self.operational.status,
            "operational": {
                "causes": [self.cause_document(cause, names) for cause in self.operational.causes]
            },
            "next_battery": battery
            and {
                "device_id": battery.device_id,
                "name": names.get(battery.device_id),
                **battery.bounds,
                "level": battery.level,
            },
        }

    def _environment_document(self) -> dict[str, Any]:
        places = sorted(self.places.values(), key=lambda place: place.name)
        home = self.places.get(HOME_PLACE)
        return {
            **(self._values_document(home) if home else {}),
            "floors": [
                {"floor_id": place.key.place_id, "name": place.name, **self._values_document(place)}
                for place in places
                if place.key.kind == "floor"
            ],
            "areas": [
                {
                    "area_id": place.key.place_id,
                    "name": place.name,
                    "floor_id": place.floor_id,
                    "outdoor": place.outdoor,
                    **self._values_document(place),
                    "not_counted": self._not_counted(place.key),
                    "doubtful": self._doubtful(place.key),
                }
                for place in places
                if place.key.kind == "area" and place.quantities
            ],
        }

    def _not_counted(self, place: PlaceKey) -> list[dict[str, Any]]:
        """Return the sensors of an area that do not count in its values, each with the reason."""
        area = self.plan.areas.get(place.place_id)
        if area is None:
            return []
        known = [
            (quantity, entity_id, reason)
            for quantity, reasons in area.left_out.items()
            for entity_id, reason in reasons.items()
        ]
        known += [
            (quantity, entity_id, LeftOut.FAR_OFF)
            for quantity in area.sources
            for entity_id in self._climate.far_off((place, quantity))
        ]
        return [
            {"quantity": quantity, "entity": entity_id, "reason": reason.value}
            for quantity, entity_id, reason in sorted(known)
        ]

    def _doubtful(self, place: PlaceKey) -> list[dict[str, Any]]:
        """Return the meters that count although one may be the sum of others."""
        area = self.plan.areas.get(place.place_id)
        return [
            {"quantity": quantity, "entity": entity_id}
            for quantity, entity_ids in (area.doubtful if area else {}).items()
            for entity_id in entity_ids
        ]

    def _values_document(self, place: PlacePlan) -> dict[str, Any]:
        return {
            quantity: _value_document(self.aggregate(place.key, quantity), self.unit(quantity))
            for quantity in sorted(place.quantities)
        }

    def cause_document(self, cause: HomeCause, names: Mapping[str, str]) -> dict[str, Any]:
        """Return a cause as part of documents; `names` are those of devices by id."""
        area = self.places.get(PlaceKey("area", cause.area_id or ""))
        affects = [{"device_id": key, "name": names.get(key, key)} for key in cause.affects]
        return {
            "cause": cause.kind.value,
            "severity": cause.severity.value,
            "silent": cause.silent,
            "since": cause.since.isoformat(),
            "name": cause.name,
            "device": cause.device_id,
            "entity": cause.entity_id,
            "integration": cause.integration,
            "area": area.name if area else None,
            "affects": affects,
        }

    def _records(self, devices: Iterable[LiveDevice]) -> tuple[DeviceRecord, ...]:
        return tuple(self._record(live) for live in devices)

    def _record(self, live: LiveDevice) -> DeviceRecord:
        device = live.plan.device
        entry = self._hass.config_entries.async_get_entry(device.entry_id)
        today = dt_util.now().date()
        return DeviceRecord(
            device_id=device.device_id,
            name=device.name,
            manufacturer=device.manufacturer,
            model=device.model,
            firmware=device.firmware,
            area_id=device.area_id,
            area=live.plan.area,
            integration=entry.domain if entry else None,
            integration_state=entry.state.value if entry else None,
            hub_id=device.hub_id,
            status=live.reach.status,
            since=live.reach.since,
            battery=live.battery,
            battery_low=live.battery_low,
            battery_days_left=live.forecast.days_left(today) if live.forecast else None,
            battery_forecast=live.forecast,
            update_available=live.update_available,
            last_seen=self._last_seen(live),
            paused_until=self._memory.paused.get(device.device_id),
        )

    def _last_seen(self, live: LiveDevice) -> datetime | None:
        """Return when an entity of a device last reported.

        For a silent device this is when it became unavailable: that state is written by its
        integration, not reported by the device.
        """
        if live.silent is not None:
            return live.silent
        states = (self._hass.states.get(entity_id) for entity_id in live.plan.entities)
        return max((state.last_reported for state in states if state), default=None)


def _value_document(aggregate: Aggregate | None, unit: str | None) -> dict[str, Any]:
    return {
        "value": aggregate.value if aggregate else None,
        "unit": unit,
        "minimum": aggregate.minimum if aggregate else None,
        "maximum": aggregate.maximum if aggregate else None,
        "sources": aggregate.count if aggregate else 0,
    }


def _device_document(device: DeviceRecord, names: Mapping[str, str]) -> dict[str, Any]:
    return asdict(device) | {
        "battery_forecast": device.battery_forecast and device.battery_forecast.bounds,
        "status": device.status.value,
        "hub": names.get(device.hub_id or ""),
        "since": _iso(device.since),
        "last_seen": _iso(device.last_seen),
        "paused_until": _iso(device.paused_until),
    }


def _evidence_document(evidence: Evidence) -> dict[str, Any]:
    return {
        "kind": evidence.kind.value,
        "ref": evidence.ref,
        "name": evidence.name,
        "standing": evidence.state.value,
        "since": _iso(evidence.since),
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


# The value of a quantity of a place, by the name of the quantity.
PLACE_VALUE: Final = object_of(
    value=or_null(NUMBER),
    unit=or_null(TEXT),
    minimum=or_null(NUMBER),
    maximum=or_null(NUMBER),
    sources=WHOLE,
)
FLOOR: Final = replace(object_of(floor_id=TEXT, name=TEXT), others=PLACE_VALUE)
AREA: Final = replace(
    object_of(
        area_id=TEXT,
        name=TEXT,
        floor_id=or_null(TEXT),
        outdoor=TRUTH,
        not_counted=list_of(object_of(quantity=TEXT, entity=TEXT, reason=one_of(LeftOut))),
        doubtful=list_of(object_of(quantity=TEXT, entity=TEXT)),
    ),
    others=PLACE_VALUE,
)
HOME_PARTS: Final[Mapping[str, Limits]] = MappingProxyType(
    {
        "environmental_data": replace(
            object_of(floors=list_of(FLOOR), areas=list_of(AREA)), others=PLACE_VALUE
        ),
        "device_inventory": list_of(DEVICE),
        "occupancy_status": one_of(OccupancyStatus, nullable=True),
        "occupancy": object_of(
            since=or_null(TIME),
            evidence=list_of(
                object_of(
                    kind=one_of(EvidenceKind),
                    ref=TEXT,
                    name=TEXT,
                    standing=one_of(EvidenceState),
                    since=or_null(TIME),
                )
            ),
        ),
        "operational_status": one_of(OperationalStatus, nullable=True),
        "operational": object_of(causes=list_of(CAUSE)),
        "next_battery": or_null(
            object_of(device_id=TEXT, name=or_null(TEXT), **BATTERY_BOUNDS, level=NUMBER)
        ),
    }
)
