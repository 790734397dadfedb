"""Inputs that the tests of the pure layer share."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

from custom_components.digital_twin.twin.goals.goal import GOAL, Goal
from custom_components.digital_twin.twin.home.home import HOME, Home
from custom_components.digital_twin.twin.metrics.person import PERSON, Person
from custom_components.digital_twin.twin.records.fields import Context, Kind, Record
from custom_components.digital_twin.twin.records.revisions import create

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = datetime(2026, 3, 2, 8, tzinfo=UTC)
ANNA = "11111111-1111-4111-8111-111111111111"
JAN = "22222222-2222-4222-8222-222222222222"
HOUSE = "33333333-3333-4333-8333-333333333333"
CABIN = "44444444-4444-4444-8444-444444444444"
RUN = "55555555-5555-4555-8555-555555555555"
READ = "66666666-6666-4666-8666-666666666666"


def context(now: datetime = NOW, *, stored: bool = False) -> Context:
    return Context(
        now=now,
        today=date(now.year, now.month, now.day),
        timezone="Europe/Warsaw",
        timezones=frozenset({"UTC", "Europe/Warsaw", "America/New_York"}),
        stored=stored,
    )


def make[R: Record](kind: Kind[R], twin_id: str, document: Mapping[str, object]) -> R:
    return create(kind, document, context(), twin_id)


def person(twin_id: str = ANNA, **document: object) -> Person:
    return make(PERSON, twin_id, {"name": "Anna", **document})


def home(twin_id: str = HOUSE, **document: object) -> Home:
    return make(HOME, twin_id, {"name": "House", **document})


def goal(twin_id: str = RUN, **document: object) -> Goal:
    return make(GOAL, twin_id, {"goal_code": "G01", "name": "Run", **document})
