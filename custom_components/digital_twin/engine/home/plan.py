"""The entities and devices of a home, selected from the registries at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from ...twin.home.home import Home
from ...twin.home.occupancy import EvidenceKind
from ...twin.home.operational import CauseKind
from .registries import RegistryDevice, RegistryEntity

type PlaceKind = Literal["home", "floor", "area"]
# Entity ids of the meters of a home, each with +1, or -1 for energy that leaves the home.
type Meters = tuple[tuple[str, int], ...]


class PlaceKey(NamedTuple):
    """A place with values: the home itself, a floor or an area (by registry id)."""

    kind: PlaceKind
    place_id: str

    @property
    def path(self) -> str:
        """The place in the name of a topic."""
        return f"{self.kind}/{self.place_id}" if self.place_id else self.kind


HOME_PLACE = PlaceKey("home", "")


@dataclass(frozen=True, slots=True)
class PlacePlan:
    """A place, with the quantities that at least one sensor measures there."""

    key: PlaceKey
    name: str
    floor_id: str | None
    outdoor: bool
    quantities: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class AreaPlan:
    """An area of a home, with its sensors by quantity."""

    area_id: str
    name: str
    floor_id: str | None
    outdoor: bool
    sources: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, kw_only=True, slots=True)
class DevicePlan:
    """A device, the name of its area, and its entities by use.

    `entities` show whether the device is available. `labelled` are the batteries that carry a label
    of their own, by label.
    """

    device: RegistryDevice
    area: str | None
    entities: tuple[str, ...]
    batteries: tuple[str, ...]
    battery_flags: tuple[str, ...]
    updates: tuple[str, ...]
    labelled: Mapping[str, frozenset[str]]

    @property
    def device_id(self) -> str:
        """The registry id of the device."""
        return self.device.device_id


class SignalPlan[KindT: (CauseKind, EvidenceKind)](NamedTuple):
    """An entity whose state (on, triggered, stale) is a fault or evidence of presence."""

    kind: KindT
    entity: RegistryEntity


@dataclass(frozen=True, kw_only=True, slots=True)
class ResidentPlan:
    """A resident and the `person` entity that reports their location.

    `is_home`: for a resident without such an entity, whether their record places them in this home;
    None where the record names no location.
    """

    person_id: str
    name: str
    entity_id: str | None
    is_home: bool | None


@dataclass(frozen=True, kw_only=True, slots=True)
class HomePlan:
    """Everything that a home consists of.

    `lively`: sensors that are faulty when they report nothing for long. `entries`: ids of the
    config entries that serve the home, None for all. `watched`: every entity whose changes matter.
    `urgent`: the watched entities whose changes are processed at once.
    """

    home: Home
    zone: str | None = None
    areas: Mapping[str, AreaPlan] = field(default_factory=dict)
    places: Mapping[PlaceKey, PlacePlan] = field(default_factory=dict)
    meters: Mapping[str, Meters] = field(default_factory=dict)
    devices: Mapping[str, DevicePlan] = field(default_factory=dict)
    alarms: Mapping[str, SignalPlan[CauseKind]] = field(default_factory=dict)
    lively: Mapping[str, SignalPlan[CauseKind]] = field(default_factory=dict)
    presence: Mapping[str, SignalPlan[EvidenceKind]] = field(default_factory=dict)
    residents: tuple[ResidentPlan, ...] = ()
    entries: frozenset[str] | None = frozenset()
    watched: frozenset[str] = frozenset()
    urgent: frozenset[str] = frozenset()
