"""A year of readings for five people and twenty metrics, on a real disk.

How long it takes is measured by `scripts/bench`.
"""

from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from threading import get_ident
from typing import Any
from unittest.mock import patch

from homeassistant.core import HomeAssistant
import pytest

from custom_components.digital_twin.engine.core import checkpoint
from custom_components.digital_twin.engine.core.files import (
    Archive,
    Disk,
    StoredDocument,
    archive_document,
)
from custom_components.digital_twin.engine.core.journal import Journal
from custom_components.digital_twin.engine.core.registry import TwinRegistry
from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.metrics.person import Person

from .common import async_load, async_person, reading

PEOPLE = 5
METRICS = tuple(CATALOGUE)[:20]
YEAR = 365


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


@pytest.mark.parametrize("saved", [True, False])
async def test_a_year_is_loaded_with_one_look_at_each_file(
    real_hass: HomeAssistant, loaded: TwinRegistry, saved: bool
) -> None:
    """From the files; after a crash in the middle of an import all of it is in the journal."""
    if saved:
        await loaded.async_write_files()
    with (
        patch.object(Archive, "read", side_effect=Archive.read) as read,
        patch.object(Journal, "read_since", autospec=True, side_effect=Journal.read_since) as since,
    ):
        again = await async_load(real_hass)
    assert read.call_count == PEOPLE
    assert since.call_count == 1
    assert all(
        len(again.histories(person_id)[metric].days) == YEAR
        for person_id in loaded.persons
        for metric in METRICS
    )


async def test_a_reading_writes_as_much_with_a_day_and_with_a_year_of_history(
    loaded: TwinRegistry,
) -> None:
    resident, *_ = loaded.persons.values()
    newcomer = await async_person(loaded, name="Newcomer")

    async def async_written(person: Person, start: int) -> int:
        sizes = []
        with patch.object(Disk, "append", autospec=True, side_effect=Disk.append) as append:
            for second in range(start, start + 40):
                batch = [reading("weight", 70 + second % 5, timedelta(seconds=-second))]
                assert (await loaded.async_record(person.person_id, batch)).accepted
            sizes = [len(call.args[2]) for call in append.call_args_list]
        assert len(sizes) == 40
        return sorted(sizes)[10]

    await async_written(newcomer, 1)
    assert await async_written(resident, 100) < 1.1 * await async_written(newcomer, 100)


async def test_a_year_is_archived_beside_the_event_loop(loaded: TwinRegistry) -> None:
    for person_id in loaded.persons:
        yesterday = reading("weight", 71, timedelta(days=1, seconds=-1))
        await loaded.async_record(person_id, [yesterday], delayed=True)
    threads = []

    def archive(*args: Any) -> StoredDocument:  # noqa: ANN401  # those of the function
        threads.append(get_ident())
        return archive_document(*args)

    with patch(f"{checkpoint.__name__}.archive_document", archive):
        await loaded.async_write_files()
    assert len(threads) == PEOPLE
    assert get_ident() not in threads
