"""The derived parts of the document of a home, as JSON."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Protocol

from ...twin.home.battery import BatteryForecast
from ...twin.home.environment import Aggregate
from ...twin.home.inventory import DeviceRecord
from ...twin.home.occupancy import Evidence, Occupancy
from ...twin.home.operational import Cause, Operational
from .plan import HOME_PLACE, Place, PlaceKey

type Document = dict[str, Any]


class HomeFacts(Protocol):
    """What is known about a home."""

    @property
    def places(self) -> Mapping[PlaceKey, Place]:
        """The home itself, its floors and areas."""

    def reading(self, place: PlaceKey, quantity: str) -> Aggregate | None:
        """Return a value."""

    def unit(self, quantity: str) -> str | None:
        """Return the unit of a quantity."""

    @property
    def devices(self) -> tuple[DeviceRecord, ...]:
        """Its devices."""

    @property
    def occupancy(self) -> Occupancy:
        """Whether somebody is in."""

    @property
    def operational(self) -> Operational:
        """Whether it is all right."""

    @property
    def next_battery(self) -> BatteryForecast | None:
        """The battery that will be empty first."""


def home_facts(view: HomeFacts) -> Document:
    """Return what is derived about a home, in the spelling of documents."""
    occupancy, operational, battery = view.occupancy, view.operational, view.next_battery
    devices = view.devices
    names = {device.device_id: device.name for device in devices}
    return {
        "environmental_data": _environment(view),
        "device_inventory": [_device(device, names) for device in devices],
        "occupancy_status": occupancy.status,
        "occupancy": {
            "since": _time(occupancy.since),
            "evidence": [_evidence(one) for one in occupancy.evidence],
        },
        "operational_status": operational.status,
        "operational": {"causes": [_cause(one, names, view) for one in operational.causes]},
        "next_battery": battery
        and {
            "device_id": battery.device_id,
            "name": names.get(battery.device_id),
            "runs_out": battery.runs_out.isoformat(),
            "level": battery.level,
        },
    }


def _environment(view: HomeFacts) -> Document:
    places = sorted(view.places.values(), key=lambda place: place.name)
    return {
        **_values(view, view.places.get(HOME_PLACE)),
        "floors": [
            {"floor_id": place.key.place_id, "name": place.name, **_values(view, place)}
            for place in places
            if place.key.kind == "floor"
        ],
        "areas": [
            {
                "area_id": place.key.place_id,
                "name": place.name,
                "floor_id": place.floor_id,
                "outdoor": place.outdoor,
                **_values(view, place),
            }
            for place in places
            if place.key.kind == "area" and place.quantities
        ],
    }


def _values(view: HomeFacts, place: Place | None) -> Document:
    return {
        quantity: _value(view.reading(place.key, quantity), view.unit(quantity))
        for quantity in sorted(place.quantities if place else ())
        if place
    }


def _value(reading: Aggregate | None, unit: str | None) -> Document:
    return {
        "value": reading.value if reading else None,
        "unit": unit,
        "minimum": reading.minimum if reading else None,
        "maximum": reading.maximum if reading else None,
        "sources": reading.count if reading else 0,
    }


def _device(device: DeviceRecord, names: dict[str, str]) -> Document:
    return asdict(device) | {
        "status": device.status.value,
        "hub": names.get(device.hub_id or ""),
        "since": _time(device.since),
        "last_seen": _time(device.last_seen),
        "paused_until": _time(device.paused_until),
    }


def _evidence(evidence: Evidence) -> Document:
    return {
        "kind": evidence.kind.value,
        "ref": evidence.ref,
        "name": evidence.name,
        "standing": evidence.standing.value,
        "since": _time(evidence.since),
    }


def _cause(cause: Cause, names: dict[str, str], view: HomeFacts) -> Document:
    area = view.places.get(PlaceKey("area", cause.area_id or ""))
    return {
        "cause": cause.kind.value,
        "severity": cause.severity.value,
        "since": cause.since.isoformat(),
        "name": cause.name,
        "device": cause.device_id,
        "entity": cause.entity_id,
        "integration": cause.integration,
        "area": area.name if area else None,
        "affects": _affected(cause.affects, names),
    }


def _affected(device_ids: Iterable[str], names: dict[str, str]) -> list[Document]:
    return [
        {"device_id": device_id, "name": names.get(device_id, device_id)}
        for device_id in device_ids
    ]


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
