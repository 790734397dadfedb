"""What tests share: an entry with its twins, and shortcuts to them."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
import errno
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import EVENT_STATE_CHANGED, EVENT_STATE_REPORTED
from homeassistant.core import Event, HomeAssistant, State, callback
from homeassistant.helpers.storage import Store
from homeassistant.util.file import WriteError
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.engine.core.files import Disk
from custom_components.digital_twin.engine.core.registry import KINDS
from custom_components.digital_twin.engine.runtime import FIRST_HOME, Runtime

HOME_ID: Final = "10000000-0000-4000-8000-000000000001"
ANNA: Final = "20000000-0000-4000-8000-000000000001"
JAN: Final = "20000000-0000-4000-8000-000000000002"
GOAL_ID: Final = "30000000-0000-4000-8000-000000000001"
GOAL: Final = {"goal_code": "G01", "name": "Body fat", "owner_person_id": ANNA}

type Documents = Mapping[str, Mapping[str, object]]
type Wait = Callable[..., Awaitable[None]]


def mock_entry(
    *,
    persons: Documents | None = None,
    homes: Documents | None = None,
    options: Mapping[str, Any] | None = None,
) -> MockConfigEntry:
    """Make an entry as the set-up form leaves it, with the first twins still to be created."""
    first = {
        "persons": persons or {},
        "homes": {HOME_ID: {"name": "Home"}} if homes is None else homes,
    }
    return MockConfigEntry(
        domain=DOMAIN, title="Digital Twin", data={FIRST_HOME: first}, options=dict(options or {})
    )


async def async_setup_twin(
    hass: HomeAssistant,
    *,
    persons: Documents | None = None,
    homes: Documents | None = None,
    goals: Documents | None = None,
    options: Mapping[str, Any] | None = None,
) -> MockConfigEntry:
    """Set the integration up with the given documents by id, all settled.

    Without `homes` there is one, `HOME_ID`, named "Home". `runtime(entry)` has the parts of it.
    """
    entry = mock_entry(persons=persons, homes=homes, options=options)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    await async_add_twins(hass, entry, "goal", goals or {})
    return entry


async def async_add_twins(
    hass: HomeAssistant, entry: MockConfigEntry, kind: str, documents: Documents
) -> None:
    """Create twins of a kind ("home", "person" or "goal") through the registry."""
    for twin_id, document in documents.items():
        await runtime(entry).registry.async_create(KINDS[kind], document, twin_id=twin_id)
    await hass.async_block_till_done()


async def async_patch_twin(
    hass: HomeAssistant, entry: MockConfigEntry, kind: str, twin_id: str, **patch: object
) -> None:
    """Change fields of a twin through the registry."""
    await runtime(entry).registry.async_update(KINDS[kind], twin_id, patch)
    await hass.async_block_till_done()


async def async_delete_twin(
    hass: HomeAssistant, entry: MockConfigEntry, kind: str, twin_id: str
) -> None:
    """Delete a twin through the registry, with the references to it."""
    await runtime(entry).registry.async_delete(KINDS[kind], twin_id, force=True)
    await hass.async_block_till_done()


async def async_restore_twin(
    hass: HomeAssistant, entry: MockConfigEntry, kind: str, twin_id: str
) -> None:
    """Bring a deleted twin back through the registry."""
    await runtime(entry).registry.async_restore(KINDS[kind], twin_id)
    await hass.async_block_till_done()


@contextmanager
def no_space() -> Iterator[None]:
    """Let the disk refuse every line of the journal, after a part of it was written."""
    append = Disk.append

    def append_some(disk: Disk, path: Path, data: bytes) -> None:
        append(disk, path, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "no space left on device")

    with patch.object(Disk, "append", append_some):
        yield


@contextmanager
def no_space_for_files() -> Iterator[None]:
    """Let the disk refuse every storage file, as Home Assistant's helper sees it."""
    with patch.object(Store, "_async_write_data", side_effect=WriteError("disk full")):
        yield


async def async_pass(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, time: timedelta = timedelta(seconds=2)
) -> None:
    """Let time pass in three steps, so that registries rest, homes are rebuilt and values flushed.

    The default is enough for all of these; more is for grace and hold times.
    """
    for step in (timedelta(seconds=2), timedelta(seconds=2), time):
        await hass.async_block_till_done()
        freezer.tick(step)
        async_fire_time_changed(hass)
    await hass.async_block_till_done()


@callback
def async_capture_writes(hass: HomeAssistant, only: str = "") -> list[str]:
    """Return a list that grows with the id of each entity whose state is written.

    Writes count that change nothing, too. `only` is what the entity ids begin with.
    """
    writes: list[str] = []

    @callback
    def wanted(data: Mapping[str, Any]) -> bool:
        return str(data["entity_id"]).startswith(only)

    @callback
    def capture(event: Event[Any]) -> None:
        writes.append(event.data["entity_id"])

    hass.bus.async_listen(EVENT_STATE_CHANGED, capture, event_filter=wanted)
    hass.bus.async_listen(EVENT_STATE_REPORTED, capture, event_filter=wanted)
    return writes


def shown(hass: HomeAssistant, entity_id: str) -> State:
    """Return the state of an entity that must be there."""
    state = hass.states.get(entity_id)
    assert state is not None, entity_id
    return state


def runtime(entry: MockConfigEntry) -> Runtime:
    """Return the parts of a loaded entry."""
    loaded: Runtime = entry.runtime_data
    return loaded


def subentry_ids(entry: MockConfigEntry, kinds: Iterable[str] = tuple(KINDS)) -> dict[str, str]:
    """Return the id of the subentry of each twin, by the twin's id."""
    wanted = set(kinds)
    return {
        str(subentry.unique_id): subentry.subentry_id
        for subentry in entry.subentries.values()
        if subentry.subentry_type in wanted
    }
