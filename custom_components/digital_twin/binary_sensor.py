"""Binary sensors of homes and persons."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .engine.core.entity_ids import UNUSUAL
from .engine.core.feed import CATALOGUE_CHANGED, DAY
from .engine.health.disclosed import is_disclosed
from .engine.home import HomeView
from .engine.runtime import DigitalTwinConfigEntry, Runtime
from .surfaces.entities import (
    Attributes,
    EntityGroup,
    TwinValueDescription,
    TwinValueEntity,
    async_sync_entities,
    capped_list,
    health_of,
    home_view,
    person_record,
)
from .surfaces.person_sensors import metric_topics
from .twin.enums import OccupancyStatus, OperationalStatus
from .twin.metrics.consent import DISCLOSED_BY, HOUSEHOLD, tells_unusual

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class TwinBinarySensorDescription[S](BinarySensorEntityDescription, TwinValueDescription[S]):
    """A binary sensor of a twin; its value is None while unknown."""

    value_fn: Callable[[S], bool | None] = field(compare=False)


def _has_problem(view: HomeView) -> bool | None:
    status = view.operational.status
    return None if status is None else status is not OperationalStatus.OPTIMAL


def _is_occupied(view: HomeView) -> bool | None:
    status = view.occupancy.status
    return None if status is None else status is OccupancyStatus.OCCUPIED


HOME_BINARY_SENSORS: Final = (
    TwinBinarySensorDescription[HomeView](
        key="problem",
        translation_key="problem",
        device_class=BinarySensorDeviceClass.PROBLEM,
        topics=("operational",),
        subject_fn=home_view,
        value_fn=_has_problem,
    ),
    TwinBinarySensorDescription[HomeView](
        key="occupancy",
        translation_key="occupancy",
        device_class=BinarySensorDeviceClass.PRESENCE,
        topics=("occupancy",),
        subject_fn=home_view,
        value_fn=_is_occupied,
    ),
)

type Directions = Mapping[str, str]


def _directions(runtime: Runtime, person_id: str) -> Directions | None:
    health = health_of(runtime, person_id)
    if health is None:
        return None
    return {
        metric: direction
        for metric, direction in health.directions().items()
        if tells_unusual(health.person, metric, HOUSEHOLD)
    }


def _is_unusual(directions: Directions) -> bool | None:
    return any(directions.values()) if directions else None


def _unusual(directions: Directions) -> Attributes:
    return capped_list(
        "metrics",
        (
            {"metric": metric, "direction": direction}
            for metric, direction in directions.items()
            if direction
        ),
    )


def unusual_health_value(metrics: Iterable[str]) -> TwinBinarySensorDescription[Directions]:
    """Describe the binary sensor that is on while any of a person's metrics is unusual."""
    return TwinBinarySensorDescription[Directions](
        key=UNUSUAL,
        translation_key="unusual_health_value",
        device_class=BinarySensorDeviceClass.PROBLEM,
        topics=(*metric_topics(metrics), *DISCLOSED_BY, DAY),
        subject_fn=_directions,
        value_fn=_is_unusual,
        attributes_fn=_unusual,
    )


def _person_binary_sensors(
    _hass: HomeAssistant, runtime: Runtime, person_id: str
) -> Iterable[TwinBinarySensorDescription[Any]]:
    person = person_record(runtime, person_id)
    if person is not None and is_disclosed(person, UNUSUAL) and person.health_metrics:
        yield unusual_health_value(person.health_metrics)


def _is_private(_hass: HomeAssistant, runtime: Runtime, person_id: str, key: str) -> bool:
    person = person_record(runtime, person_id)
    return key == UNUSUAL and person is not None and not is_disclosed(person, UNUSUAL)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: DigitalTwinConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the binary sensors of every home and person."""
    groups: dict[str, EntityGroup[TwinBinarySensorDescription[Any]]] = {
        "home": EntityGroup(descriptions_fn=lambda *_: HOME_BINARY_SENSORS),
        "person": EntityGroup(
            descriptions_fn=_person_binary_sensors,
            grows_with=("health_metrics", *DISCLOSED_BY),
            grows_with_all=(CATALOGUE_CHANGED.name,),
            is_stale=_is_private,
        ),
    }
    async_sync_entities(hass, entry, async_add_entities, TwinBinarySensor, groups)


class TwinBinarySensor(TwinValueEntity, BinarySensorEntity):
    """A binary sensor of a twin."""

    # Which values are unusual is private: not recorded in the history.
    _unrecorded_attributes = frozenset({"metrics", "not_listed"})

    entity_description: TwinBinarySensorDescription[Any]

    @override
    def _show(self, value: bool | None) -> None:  # the value of the entity
        self._attr_is_on = value
