"""Keeps the goals in sync with the goals folder."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
import logging
from pathlib import Path
from time import monotonic
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from ...twin.errors import TwinError, refuse
from ...twin.goals.goal import GOAL, Goal
from ...twin.values import PlainJson
from ..core.feed import BY_ITSELF, Cause
from ..core.files import StoreFailedError
from ..core.registry import TwinRegistry
from .apply import Applier
from .checklists import write_checkbox
from .file_document import (
    CheckboxChange,
    CheckboxPlaces,
    Memory,
    RememberedGoal,
    find_checkbox_change,
    with_changed_checkbox,
)
from .files import FolderFault, refused
from .reading import FolderReader, FolderReading
from .reconcile import SyncInput, reconcile, without_duplicates

_LOGGER = logging.getLogger(__name__)

CONF_GOALS_FOLDER: Final = "goals_folder"
CONF_WRITE_BACK: Final = "goals_write_back"
FILE_CHANGED: Final = "file_changed"
# Polling, because network drives do not report changes; a scan takes milliseconds.
INTERVAL: Final = timedelta(minutes=1)
# A fault is reported after this time only: the file may still be edited.
LASTING: Final = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True, slots=True)
class SyncReport:
    """The result of a sync; goals are named by their codes.

    `missing` goals came from the folder and are no longer in it; they are kept. `left_out` goals
    are in the folder but were deleted in Home Assistant; they are not created again. `skipped` are
    files that look like goals and are none, with the reasons.
    """

    created: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    unchanged: int = 0
    missing: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    faults: tuple[FolderFault, ...] = ()
    skipped: tuple[FolderFault, ...] = ()
    duration_ms: int = 0

    @property
    def goals(self) -> int:
        """The number of goals in the folder."""
        return len(self.created) + len(self.updated) + self.unchanged

    def repeated(self) -> SyncReport:
        """Return the report of a sync that found no change since this one."""
        return replace(self, created=(), updated=(), unchanged=self.goals)

    def document(self) -> dict[str, PlainJson]:
        """Return the report as the response of an action."""
        return {
            "created": list(self.created),
            "updated": list(self.updated),
            "unchanged": self.unchanged,
            "missing": list(self.missing),
            "left_out": list(self.left_out),
            "faults": [fault.document() for fault in self.faults],
            "skipped": [fault.document() for fault in self.skipped],
            "duration_ms": self.duration_ms,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class FolderPreview:
    """What a folder holds before anything is made of it; `goals` are codes with names."""

    goals: tuple[tuple[str, str], ...]
    faults: tuple[FolderFault, ...]
    skipped: tuple[FolderFault, ...]


class GoalsFolder:
    """Reads the goals folder into goals, and writes single checkboxes into its files.

    Syncs and writes run one at a time, their file access in worker threads.
    """

    def __init__(self, hass: HomeAssistant, registry: TwinRegistry) -> None:
        self._hass = hass
        self._registry = registry
        self._memory = Memory(hass)
        self._reader = FolderReader()
        self._lock = asyncio.Lock()
        self._folder: str | None = None
        self._write_back = False
        self._root = Path()
        # Checkboxes by goal id; None until the folder is read for the first time.
        self._places: dict[str, CheckboxPlaces] | None = None
        self._digests: dict[str, bytes] = {}
        self._synced: object = None
        self._found_at: dict[tuple[str, str], datetime] = {}
        self._listeners: list[Callable[[], None]] = []
        self._check_now: Callable[[], None] | None = None
        self._published: tuple[SyncReport | None, tuple[FolderFault, ...]] = (None, ())
        self.report: SyncReport | None = None
        # When the folder was last read; None while it cannot be, or was not yet.
        self.read_at: datetime | None = None

    async def async_load(self) -> None:
        """Load the memory of the last sync."""
        await self._memory.async_load()

    @callback
    def async_configure(self, folder: str | None, *, write_back: bool) -> None:
        """Set the folder (or none), and whether checkboxes are written into its files."""
        self._write_back = write_back
        if folder != self._folder:
            self._folder = folder
            self._reader = FolderReader()
            self._places, self._digests, self._synced = None, {}, None
            self.read_at = None
            self._publish(None)
            if self._check_now is not None:
                self._check_now()

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Sync now and each minute, in the background; return a function that stops it."""
        running: set[asyncio.Task[None]] = set()

        @callback
        def check_now(_now: datetime | None = None) -> None:
            if self._folder is None or running:
                return
            task = self._hass.async_create_background_task(
                self._async_sync_quietly(), "digital_twin goals folder"
            )
            running.add(task)
            task.add_done_callback(running.discard)

        end = async_track_time_interval(self._hass, check_now, INTERVAL)
        self._check_now = check_now
        check_now()

        @callback
        def stop() -> None:
            self._check_now = None
            end()
            for task in running:
                task.cancel()

        return stop

    @callback
    def add_listener(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call the listener after changes of the report or the lasting faults, until stopped."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @property
    def lasting_faults(self) -> tuple[FolderFault, ...]:
        """The faults that have existed for at least ten minutes."""
        until = dt_util.utcnow() - LASTING
        faults = self.report.faults if self.report else ()
        return tuple(fault for fault in faults if self._found_at[fault.kind] <= until)

    async def async_sync(self) -> SyncReport:
        """Read the folder and update the goals.

        Raises `TwinError` at `goals_folder`: `no_goals_folder`, `path_not_allowed`,
        `folder_not_found`.
        """
        async with self._lock:
            return await self._async_sync()

    async def async_update_progress(
        self, goal_id: str, update: Mapping[str, object], *, cause: Cause = BY_ITSELF
    ) -> Goal:
        """Update the progress of a key result; the checkbox of an item is written first.

        Raises what the registry raises; for an item with a checkbox also `file_changed` (after
        another sync), `file_not_writable` and `checkbox_not_writable` at `item`, and the errors of
        `async_sync` if the folder has not been read yet.
        """
        # A sync of a slow folder must not delay updates without a checkbox.
        if "item" not in update or not self._writes_items_of(goal_id):
            return await self._registry.async_update_progress(goal_id, update, cause=cause)
        async with self._lock:
            if self._places is None:
                await self._async_sync()
            places = (self._places or {}).get(goal_id, {})
            change = find_checkbox_change(places, *self._registry.progressed(goal_id, update))
            if change is None:
                return await self._registry.async_update_progress(goal_id, update, cause=cause)
            await self._async_write(change)
            goal = await self._registry.async_update_progress(goal_id, update, cause=cause)
            await self._memory.async_update(
                {goal_id: with_changed_checkbox(self._memory.goals[goal_id], change)}
            )
            return goal

    def remembered(self, goal_id: str) -> RememberedGoal | None:
        """Return what the folder said of a goal when it was last read; None if it is not there."""
        return self._memory.goals.get(goal_id)

    def _writes_items_of(self, goal_id: str) -> bool:
        return self._write_back and self._folder is not None and goal_id in self._memory.goals

    async def _async_write(self, change: CheckboxChange) -> None:
        digest = self._digests.get(change.place.file, b"")
        try:
            self._digests[change.place.file] = await self._hass.async_add_executor_job(
                write_checkbox, self._root, change.place, digest, change.state
            )
        except TwinError as error:
            if error.key == FILE_CHANGED:
                await self._async_attempt()
            raise

    async def _async_sync_quietly(self) -> None:
        async with self._lock:
            await self._async_attempt()

    async def _async_attempt(self) -> None:
        """Sync in the background; errors are part of the report."""
        try:
            await self._async_sync()
        except TwinError as error:
            if self._folder is None:
                # The folder was unset meanwhile.
                return
            # When the folder is back, its report must be made anew, also if nothing changed in it.
            self._synced = self.read_at = None
            faults = tuple(refused(self._folder, None, fault) for fault in error.faults)
            self._publish(SyncReport(faults=faults))
        except StoreFailedError as error:
            _LOGGER.warning("The goals could not be saved and are read again later: %s", error)

    async def _async_sync(self) -> SyncReport:
        began = monotonic()
        report: SyncReport | None = None
        while report is None:
            report = await self._async_report()
        report = replace(report, duration_ms=round(1000 * (monotonic() - began)))
        self.read_at = dt_util.utcnow()
        self._publish(report)
        return report

    async def _async_report(self) -> SyncReport | None:
        """Read and reconcile; None if another folder was chosen meanwhile."""
        folder = self._folder
        if folder is None:
            raise refuse("no_goals_folder", CONF_GOALS_FOLDER)
        reading = await self._hass.async_add_executor_job(self._read, folder, self._reader)
        if folder != self._folder:
            return None
        if self.report and reading.same and self._synced == self._state_of_twins():
            return self.report.repeated()
        report = await self._async_reconcile(reading)
        if folder != self._folder:
            self._places, self._synced = None, None
            return None
        return report

    def _read(self, folder: str, reader: FolderReader) -> FolderReading:
        check_folder(self._hass, folder)
        try:
            return reader.read(Path(folder))
        except OSError as error:
            raise refuse("folder_not_found", CONF_GOALS_FOLDER, value=folder) from error

    async def _async_reconcile(self, reading: FolderReading) -> SyncReport:
        # If this fails half-way, the next sync must not treat the folder as unchanged.
        self._synced = None
        state = SyncInput(
            goals=dict(self._registry.goals),
            persons=dict(self._registry.persons),
            memory=dict(self._memory.goals),
            context=self._registry.context(),
        )
        intents = await self._hass.async_add_executor_job(reconcile, reading, state)
        applier = Applier(self._registry)
        await applier.async_apply(intents.goals)
        obsolete = (
            goal_id
            for goal_id in intents.obsolete
            if not self._registry.deletions.is_deleted(GOAL.name, goal_id)
            and goal_id not in self._registry.goals
        )
        await self._memory.async_update(applier.remembered, obsolete)
        self._root = reading.root
        self._places = {intent.goal_id: intent.files.places for intent in intents.goals}
        self._digests = {
            file: digest for goal in reading.goals for file, digest in goal.digests.items()
        }
        self._synced = self._state_of_twins()
        changed = len(applier.created) + len(applier.updated)
        return SyncReport(
            created=tuple(sorted(applier.created)),
            updated=tuple(sorted(applier.updated)),
            unchanged=len(applier.remembered) - changed,
            missing=intents.missing,
            left_out=intents.left_out,
            faults=tuple(sorted((*intents.faults, *applier.faults), key=_by_place)),
            skipped=reading.skipped,
        )

    def _state_of_twins(self) -> object:
        """Return the state of the twins that a sync depends on, to be compared."""
        goals = {key: goal.revision for key, goal in self._registry.goals.items()}
        return goals, {key: person.name for key, person in self._registry.persons.items()}

    @callback
    def _publish(self, report: SyncReport | None) -> None:
        """Keep a report, and call the listeners if it differs from the last one."""
        now = dt_util.utcnow()
        faults = report.faults if report else ()
        self._found_at = {fault.kind: self._found_at.get(fault.kind, now) for fault in faults}
        self.report = report
        # The same report may have more lasting faults than before.
        before, self._published = self._published, (_timeless(report), self.lasting_faults)
        if before != self._published:
            for listener in tuple(self._listeners):
                listener()


def _timeless(report: SyncReport | None) -> SyncReport | None:
    return replace(report, duration_ms=0) if report else None


def check_folder(hass: HomeAssistant, path: str) -> None:
    """Check a folder in a worker thread.

    Raises `TwinError` at `goals_folder`: `path_not_allowed`, `folder_not_found`.
    """
    if not (Path(path).is_absolute() and Path(path).is_dir()):
        raise refuse("folder_not_found", CONF_GOALS_FOLDER, value=path)
    if not hass.config.is_allowed_path(path):
        raise refuse("path_not_allowed", CONF_GOALS_FOLDER, value=path)


async def async_preview_folder(hass: HomeAssistant, path: str) -> FolderPreview:
    """Read a folder without making anything of it; raises what `check_folder` raises."""
    return await hass.async_add_executor_job(_preview, hass, path)


def _preview(hass: HomeAssistant, path: str) -> FolderPreview:
    check_folder(hass, path)
    try:
        reading = FolderReader().read(Path(path))
    except OSError as error:
        raise refuse("folder_not_found", CONF_GOALS_FOLDER, value=path) from error
    goals, faults = without_duplicates(reading.goals)
    return FolderPreview(
        goals=tuple((goal.code, str(goal.fields["name"])) for goal in goals),
        faults=tuple(sorted((*reading.faults, *faults), key=_by_place)),
        skipped=reading.skipped,
    )


async def async_forget_goals_folder(hass: HomeAssistant) -> None:
    """Delete the memory of the folder when the integration is removed."""
    await Memory(hass).async_remove()


def _by_place(fault: FolderFault) -> tuple[str, int, str]:
    return fault.file, fault.line or 0, fault.key
