"""What is known about the health of a person, now."""

from datetime import datetime

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from ...twin.people.health import PersonHealth
from ...twin.people.person import Person
from ..core.registry import TwinRegistry


@callback
def person_health(
    registry: TwinRegistry, person: Person, now: datetime | None = None
) -> PersonHealth:
    """Return the health of a person at a moment (aware), by default now.

    It looks at the live histories: read it at once and do not keep it.
    """
    return PersonHealth(
        person=person,
        days=registry.person_days(person),
        histories=registry.histories(person.person_id),
        catalogue=registry.catalogue,
        now=now or dt_util.utcnow(),
    )
