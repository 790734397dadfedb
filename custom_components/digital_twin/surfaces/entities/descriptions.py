"""What the tables of entities are made of: descriptions, and what their functions read."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from homeassistant.components.sensor import SensorEntityDescription
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.json import json_bytes
from homeassistant.helpers.typing import StateType

from ...engine.health.view import person_health
from ...engine.home import HomeView
from ...engine.runtime import Runtime
from ...twin.goals.assessment import GoalAssessment
from ...twin.goals.goal import Goal
from ...twin.people.health import PersonHealth
from ...twin.people.person import Person

# A list in attributes takes at most this many bytes of JSON, so that with the longest names all
# attributes of an entity stay within 2 KiB.
LIST_BYTES: Final = 800
# Among the attributes, when a value that adds up began to; Home Assistant has a property for it.
LAST_RESET: Final = "last_reset"
# Longer texts in attributes are shorten, so that a list shows more than one of them.
TEXT_LENGTH: Final = 60

type Attributes = Mapping[str, Any]


def no_attributes(_subject: object) -> Attributes:
    """Return no attributes."""
    return {}


@dataclass(frozen=True, kw_only=True)
class TwinEntityDescription(EntityDescription):
    """An entity of a twin; it hears when one of the `topics` of the twin changes."""

    topics: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class TwinValueDescription[S](TwinEntityDescription):
    """An entity that shows a value of a twin.

    `subject_fn` finds in the runtime, by the twin's id, what `value_fn` and `attributes_fn` read;
    it is None once that is gone, and then the entity stays as it is until it is taken away. Two
    descriptions of a key are equal when they look the same: the functions follow from the key.
    """

    subject_fn: Callable[[Runtime, str], S | None] = field(compare=False)
    value_fn: Callable[[S], Any] = field(compare=False)
    attributes_fn: Callable[[S], Attributes] = field(compare=False, default=no_attributes)


@dataclass(frozen=True, kw_only=True)
class TwinSensorDescription[S](SensorEntityDescription, TwinValueDescription[S]):
    """A sensor of a twin; `unit_fn` finds the unit of a value that comes in changing units.

    Of its attributes, `levels` are values like the state and `changes` differences of such: both
    are shown in the unit that the state is shown in.
    """

    levels: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()

    # What Home Assistant makes of its descriptions forgets that fields are not to be compared.
    subject_fn: Callable[[Runtime, str], S | None] = field(compare=False)
    value_fn: Callable[[S], StateType | date] = field(compare=False)
    attributes_fn: Callable[[S], Attributes] = field(compare=False, default=no_attributes)
    unit_fn: Callable[[S], str | None] | None = field(compare=False, default=None)


def home_view(runtime: Runtime, home_id: str) -> HomeView | None:
    """Return what is known of a home now."""
    return runtime.observer.views.get(home_id)


def person_record(runtime: Runtime, person_id: str) -> Person | None:
    """Return the record of a person."""
    return runtime.registry.persons.get(person_id)


def health_of(runtime: Runtime, person_id: str) -> PersonHealth | None:
    """Return what is known about the health of a person now."""
    person = person_record(runtime, person_id)
    return None if person is None else person_health(runtime.registry, person)


def goal_record(runtime: Runtime, goal_id: str) -> Goal | None:
    """Return the record of a goal."""
    return runtime.registry.goals.get(goal_id)


def goal_assessment(runtime: Runtime, goal_id: str) -> GoalAssessment | None:
    """Return how a goal stands today."""
    return runtime.assessments.get(goal_id)


def capped_list(name: str, items: Iterable[Mapping[str, Any]]) -> Attributes:
    """Return a list as attributes: the first items that fit, and how many are left out."""
    entries = [{key: shorten(value) for key, value in item.items()} for item in items]
    shown: list[Mapping[str, Any]] = []
    size = 1
    for entry in entries:
        size += len(json_bytes(entry)) + 1
        if size > LIST_BYTES:
            break
        shown.append(entry)
    return {name: shown, "not_listed": len(entries) - len(shown)}


def shorten(value: object) -> object:
    """Cut a text that is too long for attributes; anything else stays as it is."""
    if isinstance(value, str) and len(value) > TEXT_LENGTH:
        return f"{value[: TEXT_LENGTH - 1]}…"
    return value
