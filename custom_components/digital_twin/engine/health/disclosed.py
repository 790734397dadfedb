"""Which entities of a person the household may see: what the person lets it know of metrics."""

from collections.abc import Collection, Mapping
from typing import Final

from ...twin.catalogue import CATALOGUE
from ...twin.enums import Audience, Disclosure
from ...twin.metrics.consent import (
    HOUSEHOLD,
    Audiences,
    discloses,
    disclosure,
    tells_anything,
    tells_unusual,
)
from ...twin.metrics.health import BODY_SIZE, OF_BODY_SIZE
from ...twin.metrics.person import Person
from ...twin.metrics.readiness import WEIGHTS
from ..core.entity_ids import (
    HOUSEHOLD as HOUSEHOLD_METRIC,
    LEVEL,
    QUICK_ENTRY,
    TOUCHED_BY_HEALTH,
    TREND,
    UNUSUAL,
    is_health_key,
)

# What the sensor with a prefix before the key of a metric tells of it.
TOLD_BY: Final = {LEVEL: Disclosure.BAND, TREND: Disclosure.TREND, "": Disclosure.EXACT}

# What some entities are worked out from.
DERIVED_FROM: Final[Mapping[str, Collection[str]]] = {
    **dict.fromkeys(OF_BODY_SIZE, BODY_SIZE),
    **dict.fromkeys(("readiness", *TOUCHED_BY_HEALTH), WEIGHTS.keys()),
}


def exact_metrics(person: Person, metrics: Collection[str]) -> frozenset[str]:
    """Return those of some metrics whose values the household may know."""
    return frozenset(each for each in metrics if discloses(person, (each,), HOUSEHOLD))


def is_disclosed(person: Person, key: str) -> bool:
    """Return whether the household has the entity of a person with a key, and may see its states.

    Of the three sensors that a metric can have, it has one.
    """
    if not may_know(person, key, HOUSEHOLD):
        return False
    found = metric_of_key(key)
    return found is None or disclosure(person, found[1], HOUSEHOLD) is TOLD_BY[found[0]]


def may_know(person: Person, key: str, audiences: Audiences) -> bool:
    """Return whether all of some audiences may know the state of the entity with a key."""
    if not is_health_key(key) and key not in TOUCHED_BY_HEALTH:
        return True
    if key in DERIVED_FROM:
        return discloses(person, DERIVED_FROM[key], audiences)
    if key == UNUSUAL:
        listed = [each for each in person.health_metrics if tells_unusual(person, each, HOUSEHOLD)]
        return bool(listed) and all(tells_unusual(person, each, audiences) for each in listed)
    if (found := metric_of_key(key)) is not None:
        prefix, metric = found
        return disclosure(person, metric, audiences) in (Disclosure.EXACT, TOLD_BY[prefix])
    # The state of the button of a quick entry tells when somebody last took something.
    wanted = key.removeprefix(QUICK_ENTRY)
    taken = {each for one in person.quick_entries if one.key == wanted for each in one.metrics}
    is_shown = person.health_entities or Audience.HOUSEHOLD not in audiences
    return is_shown and all(tells_anything(person, each, audiences) for each in taken)


def metric_of_key(key: str) -> tuple[str, str] | None:
    """Return the prefix (`level-`, `trend-` or none) and the metric of the key of a sensor.

    None for the key of an entity that is of no metric, and `age` and the context of a person.
    """
    for prefix in TOLD_BY:
        rest = key.removeprefix(prefix)
        if prefix and rest == key:
            continue
        if rest.startswith(HOUSEHOLD_METRIC):
            return prefix, rest.removeprefix(HOUSEHOLD_METRIC)
        if rest in CATALOGUE:
            return prefix, rest
    return None
