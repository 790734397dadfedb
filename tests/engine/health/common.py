"""What the tests of people's health share."""

from datetime import UTC, datetime, timedelta
import time

from homeassistant.core import HomeAssistant

from custom_components.digital_twin.engine.core.feed import ChangeFeed
from custom_components.digital_twin.engine.core.registry import TwinRegistry
from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.metrics.person import PERSON, Person
from custom_components.digital_twin.twin.metrics.readings import Reading

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)


def reading(
    metric: str,
    value: float,
    ago: timedelta = timedelta(),
    source: str = "manual",
    *,
    running: bool = False,
) -> tuple[str, Reading]:
    """Make a reading of so long before `NOW`."""
    return metric, Reading(
        value=value,
        unit=CATALOGUE[metric].unit,
        measured_at=NOW - ago,
        source=source,
        running=running,
    )


async def async_load(hass: HomeAssistant, feed: ChangeFeed | None = None) -> TwinRegistry:
    """Start a registry as after a restart."""
    registry = TwinRegistry(hass, feed or ChangeFeed())
    await registry.async_load()
    return registry


async def async_person(registry: TwinRegistry, **fields: object) -> Person:
    """Create somebody who lives in Warsaw."""
    return await registry.async_create(
        PERSON, {"name": "Anna", "timezone": "Europe/Warsaw", **fields}
    )


def by_day(registry: TwinRegistry, person_id: str, metric: str) -> dict[str, float]:
    """Return the values of a metric by month and day."""
    history = registry.histories(person_id)[metric]
    return {
        datetime.fromordinal(day).strftime("%m-%d"): content.value
        for day, content in sorted(history.days.items())
    }


def stopwatch() -> float:
    """Return seconds that go by although the tests' clock stands still."""
    return time.clock_gettime(time.CLOCK_MONOTONIC)
