"""Descriptions of entities, and the functions that their tables share."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from homeassistant.components.sensor import SensorEntityDescription
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.json import json_bytes
from homeassistant.helpers.typing import StateType

from ...engine.health.sources import person_health
from ...engine.home import HomeView
from ...engine.runtime import Runtime
from ...twin.goals.assessment import GoalAssessment
from ...twin.goals.goal import Goal
from ...twin.people.health import PersonHealth
from ...twin.people.person import Person

# A list in attributes takes at most this many bytes of JSON, so that with the longest names all
# attributes of an entity stay within 2 KiB.
LIST_BYTES: Final = 800
# The attribute that becomes the property `last_reset` of a sensor of daily totals.
LAST_RESET: Final = "last_reset"
# Longer texts in attributes are shortened, so that more entries of a list fit.
TEXT_LENGTH: Final = 60

type Attributes = Mapping[str, Any]


def no_attributes(_subject: object) -> Attributes:
    """Return no attributes."""
    return {}


@dataclass(frozen=True, kw_only=True)
class TwinEntityDescription(EntityDescription):
    """An entity of a twin that is notified when one of the `topics` of the twin changes."""

    topics: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class TwinValueDescription[S](TwinEntityDescription):
    """An entity with a value of a twin.

    `subject_fn` returns for the id of the twin the argument of `value_fn` and `attributes_fn`, or
    None if it is gone; then the state stays until the entity is removed. Comparisons ignore the
    functions, because they follow from the key.
    """

    subject_fn: Callable[[Runtime, str], S | None] = field(compare=False)
    value_fn: Callable[[S], Any] = field(compare=False)
    attributes_fn: Callable[[S], Attributes] = field(compare=False, default=no_attributes)


@dataclass(frozen=True, kw_only=True)
class TwinSensorDescription[S](SensorEntityDescription, TwinValueDescription[S]):
    """A sensor of a twin; `unit_fn` returns the unit if it may change.

    `levels` and `changes` name the attributes that are values and differences of values in the
    unit of the sensor; they are converted to the unit in which its state is displayed.
    """

    levels: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()

    # Home Assistant's frozen_dataclass_compat loses compare=False: declare the fields again.
    subject_fn: Callable[[Runtime, str], S | None] = field(compare=False)
    value_fn: Callable[[S], StateType | date] = field(compare=False)
    attributes_fn: Callable[[S], Attributes] = field(compare=False, default=no_attributes)
    unit_fn: Callable[[S], str | None] | None = field(compare=False, default=None)


def home_view(runtime: Runtime, home_id: str) -> HomeView | None:
    """Return the live view of a home."""
    return runtime.observer.views.get(home_id)


def person_record(runtime: Runtime, person_id: str) -> Person | None:
    """Return the record of a person."""
    return runtime.registry.persons.get(person_id)


def health_of(runtime: Runtime, person_id: str) -> PersonHealth | None:
    """Return the present health values of a person."""
    person = person_record(runtime, person_id)
    return None if person is None else person_health(runtime.registry, person)


def goal_record(runtime: Runtime, goal_id: str) -> Goal | None:
    """Return the record of a goal."""
    return runtime.registry.goals.get(goal_id)


def goal_assessment(runtime: Runtime, goal_id: str) -> GoalAssessment | None:
    """Return the assessment of a goal as of today."""
    return runtime.assessments.get(goal_id)


def capped_list(name: str, items: Iterable[Mapping[str, Any]]) -> Attributes:
    """Return the first items that fit into LIST_BYTES, and `not_listed`, the number of the rest."""
    entries = [{key: shorten(value) for key, value in item.items()} for item in items]
    listed: list[Mapping[str, Any]] = []
    size = 1
    for entry in entries:
        size += len(json_bytes(entry)) + 1
        if size > LIST_BYTES:
            break
        listed.append(entry)
    return {name: listed, "not_listed": len(entries) - len(listed)}


def shorten(value: object) -> object:
    """Shorten a text to TEXT_LENGTH; return any other value unchanged."""
    if isinstance(value, str) and len(value) > TEXT_LENGTH:
        return f"{value[: TEXT_LENGTH - 1]}…"
    return value
