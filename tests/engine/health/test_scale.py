"""A year of readings for five people and twenty metrics, on a real disk.

What counts is the work of this process: a busy machine must not fail the tests.
"""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
import time

from homeassistant.core import HomeAssistant
import pytest

from custom_components.digital_twin.engine.core.registry import TwinRegistry
from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.metrics.person import Person

from .common import async_load, async_person, reading

PEOPLE = 5
METRICS = tuple(CATALOGUE)[:20]
YEAR = 365


def process_seconds() -> float:
    """Return the work of all threads; the frozen clock does not know of it."""
    return time.clock_gettime(time.CLOCK_PROCESS_CPUTIME_ID)


def thread_seconds() -> float:
    """Return the work of the thread of the event loop."""
    return time.clock_gettime(time.CLOCK_THREAD_CPUTIME_ID)


class Heartbeat:
    """Measures the longest work that the event loop did without coming round."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def async_run(self) -> None:
        while True:
            started = thread_seconds()
            await asyncio.sleep(0)
            self.longest = max(self.longest, thread_seconds() - started)


@pytest.fixture
async def real_hass(tmp_path: Path) -> AsyncGenerator[HomeAssistant]:
    """Start a Home Assistant that writes files."""
    hass = HomeAssistant(str(tmp_path))
    yield hass
    await hass.async_stop(force=True)


@pytest.fixture
async def loaded(real_hass: HomeAssistant) -> TwinRegistry:
    registry = await async_load(real_hass)
    for number in range(PEOPLE):
        person = await async_person(registry, name=f"Person {number}")
        await registry.async_import_readings(
            person.person_id,
            [
                reading(metric, CATALOGUE[metric].minimum + day % 3, timedelta(days=day))
                for metric in METRICS
                for day in range(YEAR)
            ],
        )
    await registry.async_write_files()
    return registry


@pytest.mark.parametrize(("saved", "allowed"), [(True, 0.3), (False, 0.9)])
async def test_a_year_is_loaded_in_less_than_300_milliseconds(
    real_hass: HomeAssistant, loaded: TwinRegistry, saved: bool, allowed: float
) -> None:
    """From the files; after a crash in the middle of an import all of it is in the journal."""
    if saved:
        await loaded.async_write_files()
    costs = []
    for _ in range(3):
        started = process_seconds()
        again = await async_load(real_hass)
        costs.append(process_seconds() - started)
        assert all(
            len(again.histories(person_id)[metric].days) == YEAR
            for person_id in loaded.persons
            for metric in METRICS
        )
    assert min(costs) < allowed


async def test_a_reading_is_saved_at_the_same_cost_with_a_day_and_with_a_year_of_history(
    loaded: TwinRegistry,
) -> None:
    resident, *_ = loaded.persons.values()
    newcomer = await async_person(loaded, name="Newcomer")

    async def async_cost(person: Person, start: int) -> float:
        costs = []
        for second in range(start, start + 40):
            batch = [reading("weight", 70 + second % 5, timedelta(seconds=-second))]
            started = process_seconds()
            recorded = await loaded.async_record(person.person_id, batch)
            costs.append(process_seconds() - started)
            assert recorded.accepted
        return sorted(costs)[10]

    await async_cost(newcomer, 1)
    assert await async_cost(resident, 100) < 2 * await async_cost(newcomer, 100)


async def test_a_year_is_archived_without_blocking_the_event_loop(loaded: TwinRegistry) -> None:
    for person_id in loaded.persons:
        yesterday = reading("weight", 71, timedelta(days=1, seconds=-1))
        await loaded.async_record(person_id, [yesterday], delayed=True)
    beat = Heartbeat()
    task = asyncio.get_running_loop().create_task(beat.async_run())
    await loaded.async_write_files()
    task.cancel()
    assert beat.longest < 0.05
