"""What the registries tell at one moment, and the part of it that is a home."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from homeassistant.helpers import area_registry as ar, entity_registry as er

from ...twin.home.conditions import EvidenceKind
from ...twin.home.home import Home
from ...twin.home.kinds import LeftOut
from ...twin.home.operational import CauseKind
from .roles import EntityRole

type _EntitySource = tuple[er.RegistryEntry, RegistryDevice | None]


class RegistryEntity(NamedTuple):
    """An entity. `labels` include those of its device and area; `area_id` may be its device's.

    `names`: its translation key and name. `primary`: it is neither diagnostic nor a setting.
    """

    entity_id: str
    registry_id: str | None
    device_id: str | None
    entry_id: str | None
    area_id: str | None
    labels: frozenset[str]
    visible: bool
    role: EntityRole
    names: tuple[str | None, ...] = ()
    primary: bool = True

    @property
    def domain(self) -> str:
        """The domain of the entity."""
        return self.entity_id.partition(".")[0]


@dataclass(frozen=True, kw_only=True, slots=True)
class RegistryDevice:
    """A device; `labels` include those of its area.

    `parent_id` is the device that it is a part of, `hub_id` the parent or the device through which
    it is reached. `thing_id` is the same for the devices that integrations made of one thing.
    """

    device_id: str
    name: str
    manufacturer: str | None
    model: str | None
    firmware: str | None
    area_id: str | None
    parent_id: str | None
    hub_id: str | None
    thing_id: str
    entry_id: str
    integration: str | None
    labels: frozenset[str]
    service: bool


@dataclass(frozen=True, slots=True)
class RegistrySnapshot:
    """All areas, floors (id to name), devices and entities, without those of this integration.

    `sources`: the registry entry and the device from which each entity was derived. `groups`: the
    members of entities that combine others, such as a group or a sum.
    """

    areas: Mapping[str, ar.AreaEntry] = field(default_factory=dict)
    floors: Mapping[str, str] = field(default_factory=dict)
    devices: Mapping[str, RegistryDevice] = field(default_factory=dict)
    entities: Mapping[str, RegistryEntity] = field(default_factory=dict)
    sources: Mapping[str, _EntitySource] = field(default_factory=dict)
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)


type PlaceKind = Literal["home", "floor", "area"]
# Entity ids of the meters of a home, each with +1, or -1 for energy that leaves the home.
type Meters = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class EnergyPlan:
    """What the Energy settings tell of the house.

    `meters`: those of its consumption, by quantity. `mains`: the power sensors of the grid, the sun
    and the battery. `wholes`: by power sensor of a device that of the device that includes it.
    """

    meters: Mapping[str, Meters] = field(default_factory=dict)
    mains: frozenset[str] = frozenset()
    wholes: Mapping[str, str] = field(default_factory=dict)


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
    """An area of a home, with its sensors by quantity.

    `left_out`: sensors that do not count, by quantity, each with the reason. `doubtful`: sensors
    that count although they may be parts of each other.
    """

    area_id: str
    name: str
    floor_id: str | None
    outdoor: bool
    sources: Mapping[str, tuple[str, ...]]
    left_out: Mapping[str, Mapping[str, LeftOut]] = field(default_factory=dict)
    doubtful: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class DevicePlan:
    """A device, the name of its area, and its entities by use.

    `entities` show whether the device is available. `labelled` are the entities that carry a label
    of their own, by label; `main` those that are neither diagnostic nor settings. `ids`: those of
    all devices that integrations made of this thing. `rechargeable`: its owner charges it as a
    matter of course. `may_be_off`: it is switched off or sleeps as a matter of course.
    """

    device: RegistryDevice
    area: str | None
    entities: tuple[str, ...]
    batteries: tuple[str, ...]
    battery_flags: tuple[str, ...]
    updates: tuple[str, ...]
    labelled: Mapping[str, frozenset[str]]
    main: frozenset[str] = frozenset()
    ids: tuple[str, ...] = ()
    part_of: str | None = None
    rechargeable: bool = False
    may_be_off: bool = False

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
    `urgent`: the watched entities whose changes are processed at once. `floor_sources`: the sensors
    of floors for quantities that are summed. `things`: the id in `devices` by that of any device.
    `unplaced`: thermometers without an area. `unread`: thermostats that have not measured yet.
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
    floor_sources: Mapping[PlaceKey, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    things: Mapping[str, str] = field(default_factory=dict)
    unplaced: tuple[RegistryEntity, ...] = ()
    unread: frozenset[str] = frozenset()
