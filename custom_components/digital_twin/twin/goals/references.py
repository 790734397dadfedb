"""References between twins, and values that must be unique among them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ..errors import Fault, fault
from ..home.home import Home
from ..people.person import Person
from .goal import Goal


@dataclass(frozen=True, kw_only=True, slots=True)
class Twins:
    """All twins by kind and id."""

    persons: Mapping[str, Person]
    homes: Mapping[str, Home]
    goals: Mapping[str, Goal]


class Reference(NamedTuple):
    """A field of one twin that refers to another."""

    kind: str
    twin_id: str
    field: str


type Twin = Person | Home | Goal

# Fields whose values are unique among the twins of a kind.
UNIQUE_FIELDS = ("contact_email", "person_entity", "goal_code")


def twin_faults(twins: Twins, twin: Twin) -> Iterable[Fault]:
    """Find broken references of a twin, and values that another twin already has."""
    if isinstance(twin, Person):
        return _person_faults(twins, twin)
    if isinstance(twin, Goal):
        return _goal_faults(twins, twin)
    return _missing("residents", twin.residents, twins.persons)


def _person_faults(twins: Twins, person: Person) -> Iterable[Fault]:
    others = [other for key, other in twins.persons.items() if key != person.person_id]
    if (email := person.contact_email) and any(
        other.contact_email and other.contact_email.casefold() == email.casefold()
        for other in others
    ):
        yield fault("duplicate", "contact_email", value=email).without_value()
    if (entity := person.person_entity) and any(other.person_entity == entity for other in others):
        yield fault("duplicate", "person_entity", value=entity)
    if person.current_location_id:
        yield from _missing("current_location_id", (person.current_location_id,), twins.homes)


def _goal_faults(twins: Twins, goal: Goal) -> Iterable[Fault]:
    code = goal.goal_code.casefold()
    if any(
        other.goal_code.casefold() == code
        for key, other in twins.goals.items()
        if key != goal.goal_id
    ):
        yield fault("duplicate", "goal_code", value=goal.goal_code)
    if goal.owner_person_id:
        yield from _missing("owner_person_id", (goal.owner_person_id,), twins.persons)
    others = tuple(key for key in goal.dependencies if key != goal.goal_id)
    yield from _missing("dependencies", others, twins.goals)


def _missing(field: str, named: Iterable[str], known: Mapping[str, object]) -> Iterable[Fault]:
    return (fault("not_found", field, value=key) for key in named if key not in known)


def references_to(twins: Twins, twin_id: str) -> list[Reference]:
    """List the fields of other twins that name the given one."""
    return [
        *(
            Reference("home", home.home_id, "residents")
            for home in twins.homes.values()
            if twin_id in home.residents
        ),
        *(
            Reference("person", person.person_id, "current_location_id")
            for person in twins.persons.values()
            if person.current_location_id == twin_id
        ),
        *(
            Reference("goal", goal.goal_id, "owner_person_id")
            for goal in twins.goals.values()
            if goal.owner_person_id == twin_id
        ),
        *(
            Reference("goal", goal.goal_id, "dependencies")
            for goal in twins.goals.values()
            if twin_id in goal.dependencies
        ),
    ]


def unlinked(twin: Twin, field: str, twin_id: str) -> object:
    """Return the value of a reference field once it no longer names the given twin."""
    value = getattr(twin, field)
    if isinstance(value, tuple):
        return tuple(key for key in value if key != twin_id)
    return None if value == twin_id else value


def relinked(twin: Twin, field: str, twin_id: str) -> object:
    """Return the value of a reference field once it names the given twin again.

    A single reference that names another twin by now keeps it.
    """
    value = getattr(twin, field)
    if isinstance(value, tuple):
        return value if twin_id in value else (*value, twin_id)
    return twin_id if value is None else value
