"""What belongs to a home, as read from the registries at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from ...twin.home.home import Home
from ...twin.home.occupancy import EvidenceKind
from ...twin.home.operational import CauseKind

type PlaceKind = Literal["home", "floor", "area"]
# Meters of a home with +1, or -1 for what leaves it.
type Meters = tuple[tuple[str, int], ...]


class PlaceKey(NamedTuple):
    """A place that has values: the home itself, a floor or an area (registry ids)."""

    kind: PlaceKind
    place_id: str

    @property
    def path(self) -> str:
        """How the place stands in the name of a topic."""
        return f"{self.kind}/{self.place_id}" if self.place_id else self.kind


HOME_PLACE = PlaceKey("home", "")


@dataclass(frozen=True, slots=True)
class Place:
    """A place with the quantities that at least one sensor measures there."""

    key: PlaceKey
    name: str
    floor_id: str | None
    outdoor: bool
    quantities: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class AreaPlan:
    """An area of a home with its sensors by quantity."""

    area_id: str
    name: str
    floor_id: str | None
    outdoor: bool
    sources: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, kw_only=True, slots=True)
class DevicePlan:
    """A device and its entities: those that show whether it answers, its batteries, its updates.

    `labels` include those of its area. `labelled` are the batteries that have a label by
    themselves, by label.
    """

    device_id: str
    name: str
    manufacturer: str | None
    model: str | None
    firmware: str | None
    area_id: str | None
    area: str | None
    hub_id: str | None
    entry_id: str
    labels: frozenset[str]
    entities: tuple[str, ...]
    batteries: tuple[str, ...]
    battery_flags: tuple[str, ...]
    updates: tuple[str, ...]
    labelled: Mapping[str, frozenset[str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class WitnessPlan[KindT: (CauseKind, EvidenceKind)]:
    """An entity that says something about the home by being on, triggered or stale."""

    kind: KindT
    entity_id: str
    device_id: str | None
    area_id: str | None
    labels: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class ResidentPlan:
    """A resident and the entity that tells where they are.

    `lives_here`: for a resident without such an entity, whether their record says they are in;
    None where it says nothing.
    """

    person_id: str
    name: str
    entity_id: str | None
    lives_here: bool | None


@dataclass(frozen=True, kw_only=True, slots=True)
class HomePlan:
    """All that a home is made of.

    `lively`: sensors that are stale when they report nothing for long. `entries`: the integrations
    that serve it, None for every one. `watched`: every entity whose changes matter. `urgent`: those
    whose changes must not wait.
    """

    home: Home
    zone: str | None = None
    areas: Mapping[str, AreaPlan] = field(default_factory=dict)
    places: Mapping[PlaceKey, Place] = field(default_factory=dict)
    meters: Mapping[str, Meters] = field(default_factory=dict)
    devices: Mapping[str, DevicePlan] = field(default_factory=dict)
    alarms: Mapping[str, WitnessPlan[CauseKind]] = field(default_factory=dict)
    lively: Mapping[str, WitnessPlan[CauseKind]] = field(default_factory=dict)
    presence: Mapping[str, WitnessPlan[EvidenceKind]] = field(default_factory=dict)
    residents: tuple[ResidentPlan, ...] = ()
    entries: frozenset[str] | None = frozenset()
    watched: frozenset[str] = frozenset()
    urgent: frozenset[str] = frozenset()
