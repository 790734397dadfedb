"""Entities as records keep them (by registry id, so that a rename breaks nothing), and own ones."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from homeassistant.components.person import ATTR_USER_ID
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ...const import DOMAIN
from ...twin.catalogue import CATALOGUE, Metric
from ...twin.errors import refuse
from ...twin.metrics.person import Person

LINKS = ("person_entity", "zone")
SOURCES = "metric_sources"

# The key of the context of a person: it may tell that somebody is ill.
OWN_CONTEXT: Final = "person_context"
# The key of the sensor that is on while a metric is unusual.
UNUSUAL: Final = "unusual_health_value"
# Keys of the entities of a person that show health values, beside those of metrics.
HEALTH_FACTS: Final = frozenset(
    {"readiness", "age", "bmi", "bmr", "daily_energy_need", UNUSUAL, OWN_CONTEXT}
)
# Keys of those that show none, but may have told of one: a bad night decides the next step.
TOUCHED_BY_HEALTH: Final = frozenset({"next_step"})
# Prefix of the keys of household metrics, which could equal keys of other entities.
HOUSEHOLD: Final = "household-"
# Prefixes of the keys of sensors that tell only the band or the trend of a metric.
LEVEL: Final = "level-"
TREND: Final = "trend-"
# Prefix of the keys of the buttons of quick entries.
QUICK_ENTRY: Final = "quick_entry-"
UUID_LENGTH: Final = 36


@callback
def stored_entity_id(hass: HomeAssistant, entity_id: str, domain: str | None = None) -> str:
    """Return the registry id of an entity, or its entity id where it has no entry.

    Raises `TwinError` (`not_found`) with an empty path when there is no such entity, or it is not
    of the domain.
    """
    entry = er.async_get(hass).async_get(entity_id)
    if entry is None and hass.states.get(entity_id) is None:
        raise refuse("not_found", "", value=entity_id)
    present = entry.entity_id if entry else entity_id
    if domain not in (None, present.partition(".")[0]):
        raise refuse("not_found", "", value=entity_id)
    return entry.id if entry else entity_id


@callback
def current_entity_id(hass: HomeAssistant, stored: str) -> str | None:
    """Return the present entity id of what a record keeps; None when its entry is gone."""
    return er.async_resolve_entity_id(er.async_get(hass), stored)


@callback
def last_entity_id(hass: HomeAssistant, stored: str) -> str:
    """Return what people know an entity by, or knew it by if its entry is gone."""
    if present := current_entity_id(hass, stored):
        return present
    deleted = er.async_get(hass).deleted_entities.values()
    return next((entry.entity_id for entry in deleted if entry.id == stored), stored)


@callback
def with_stored_ids(hass: HomeAssistant, document: Mapping[str, object]) -> dict[str, object]:
    """Return a document whose links to entities are as records keep them.

    So two twins with the same link are found out, however each was written.
    """
    registry = er.async_get(hass)

    def stored(value: object) -> object:
        entry = registry.async_get(value) if isinstance(value, str) else None
        return entry.id if entry else value

    links = {name: stored(document[name]) for name in LINKS if name in document}
    if isinstance(sources := document.get(SOURCES), Mapping):
        links[SOURCES] = {
            metric: [_with_entity(item, stored) for item in items]
            if isinstance(items, (list, tuple))
            else items
            for metric, items in sources.items()
        }
    return {**document, **links}


def _with_entity(source: object, stored: Callable[[object], object]) -> object:
    """Return a source of a metric, an entity or an object that names one, as records keep it."""
    if isinstance(source, Mapping) and "entity" in source:
        return {**source, "entity": stored(source["entity"])}
    return stored(source)


@callback
def _linked_user_id(hass: HomeAssistant, person: Person) -> str | None:
    """Return the user of the Home Assistant person that a Person twin is linked to."""
    if person.person_entity is None:
        return None
    entity_id = current_entity_id(hass, person.person_entity)
    state = hass.states.get(entity_id) if entity_id else None
    user_id: str | None = state.attributes.get(ATTR_USER_ID) if state else None
    return user_id


@callback
def linked_persons(hass: HomeAssistant, persons: Iterable[Person], user_id: str) -> list[Person]:
    """Return those of the persons that are linked to the account of a user."""
    return [person for person in persons if _linked_user_id(hass, person) == user_id]


@callback
def own_entity_id(hass: HomeAssistant, twin_id: str, platform: Platform, key: str) -> str | None:
    """Return the entity of a twin with a key on a platform, None if there is none."""
    return er.async_get(hass).async_get_entity_id(platform, DOMAIN, f"{twin_id}-{key}")


def metric_entity_key(metric: Metric) -> str:
    """Return the key of the sensor of a metric; one of the household could be named as another."""
    return metric.key if metric.name is None else f"{HOUSEHOLD}{metric.key}"


def is_health_key(key: str) -> bool:
    """Return whether the entity of a person with this key shows a health value.

    The state of a button tells when somebody last drank, ate or took something.
    """
    return (
        key in CATALOGUE
        or key in HEALTH_FACTS
        or key.startswith((HOUSEHOLD, QUICK_ENTRY, LEVEL, TREND))
    )


class HealthEntity(NamedTuple):
    """An entity that shows a health value of a person, or showed one before it was removed.

    Also one whose recorded states may tell of one.
    """

    entity_id: str
    person_id: str
    key: str

    @property
    def is_metric(self) -> bool:
        """Whether it shows a metric, whose history are the daily statistics."""
        others = HEALTH_FACTS | TOUCHED_BY_HEALTH
        return self.key not in others and not self.key.startswith((QUICK_ENTRY, LEVEL, TREND))


@callback
def health_entities(hass: HomeAssistant) -> list[HealthEntity]:
    """Return the health entities of all people, also removed ones whose id nothing else has."""
    registry = er.async_get(hass)
    removed = [
        entity
        for entity in registry.deleted_entities.values()
        if entity.platform == DOMAIN
        and registry.async_get(entity.entity_id) is None
        and hass.states.get(entity.entity_id) is None
    ]
    known: list[er.RegistryEntry | er.DeletedRegistryEntry] = [
        *registry.entities.values(),
        *removed,
    ]
    return [
        HealthEntity(entity.entity_id, entity.unique_id[:UUID_LENGTH], key)
        for entity in known
        if entity.platform == DOMAIN
        and (is_health_key(key := entity.unique_id[UUID_LENGTH + 1 :]) or key in TOUCHED_BY_HEALTH)
    ]
