"""In which home each person is."""

from collections.abc import Container, Mapping

from homeassistant.core import StateMachine
from homeassistant.helpers import entity_registry as er

from ...twin.people.person import Person
from ..core.feed import Topic
from .whereabouts import zones_of


def location_topic(person_id: str) -> Topic:
    """Return the topic that is published when a person comes to or leaves a home."""
    return Topic("person", person_id, "current_location_id")


class People:
    """Follows the Home Assistant persons that Person twins are linked to."""

    def __init__(self, states: StateMachine) -> None:
        """Start without anybody; `replan` fills it."""
        self._states = states
        self._entities: dict[str, str] = {}
        self._homes: dict[str, str] = {}
        self._at: dict[str, str | None] = {}

    @property
    def watched(self) -> frozenset[str]:
        """The entities that tell where people are."""
        return frozenset(self._entities.values())

    def replan(
        self, registry: er.EntityRegistry, persons: Mapping[str, Person], homes: Mapping[str, str]
    ) -> set[Topic]:
        """Take over who is followed and which zone is which home; return what changed."""
        self._entities = {
            person_id: entity_id
            for person_id, person in persons.items()
            if person.person_entity
            and (entity_id := er.async_resolve_entity_id(registry, person.person_entity))
        }
        self._homes = dict(homes)
        before = self._at
        self._at = {person_id: self._locate(person_id) for person_id in self._entities}
        return {
            location_topic(person_id)
            for person_id, home_id in self._at.items()
            if home_id != before.get(person_id)
        }

    def update(self, entity_ids: Container[str]) -> set[Topic]:
        """Take changed entities; return the locations that changed by them."""
        changed = set()
        for person_id, entity_id in self._entities.items():
            if entity_id not in entity_ids:
                continue
            home_id = self._locate(person_id)
            if home_id != self._at[person_id]:
                self._at[person_id] = home_id
                changed.add(location_topic(person_id))
        return changed

    def home_of(self, person: Person) -> str | None:
        """Return the home a person is in: live for who is followed, else as it was set."""
        if person.person_entity is None:
            return person.current_location_id
        return self._at.get(person.person_id)

    def _locate(self, person_id: str) -> str | None:
        zones = zones_of(self._states, self._entities[person_id]) or ()
        return next((self._homes[zone] for zone in zones if zone in self._homes), None)
