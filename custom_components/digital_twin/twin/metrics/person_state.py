"""What is out of the norm of the health of a person, as far as some audiences may know it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from ..catalogue import Metric
from .consent import Audiences, discloses, tells_anything, tells_unusual
from .health import PersonHealth
from .person import Person
from .readiness import RESTED_FROM, WEIGHTS


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonState:
    """What is out of the norm of a person.

    `unusual`: metrics with `high` or `low`. `stale`: metrics without a recent value, which are
    linked or followed by a goal, with the day of their last one.
    """

    person: Person
    unusual: Sequence[tuple[Metric, str]]
    unrested: bool
    stale: Sequence[tuple[Metric, date]]


def person_state(
    health: PersonHealth, followed: Collection[str], audiences: Audiences
) -> PersonState:
    """Return what is out of the norm; `followed` are the metrics that open goals follow."""
    person = health.person
    score = health.readiness().score if discloses(person, WEIGHTS, audiences) else None
    wanted = (
        health.metric(key)
        for key in sorted({*followed, *person.metric_sources})
        if tells_anything(person, key, audiences)
    )
    # A daily total is complete only when its day is over.
    return PersonState(
        person=person,
        unusual=[
            (health.catalogue[key], where)
            for key, where in sorted(health.directions().items())
            if where and tells_unusual(person, key, audiences)
        ],
        unrested=score is not None and score < RESTED_FROM,
        stale=[
            (view.metric, view.day)
            for view in wanted
            if view is not None
            and not view.fresh
            and (not view.metric.adds_up or (health.today - view.day).days > 1)
        ],
    )
