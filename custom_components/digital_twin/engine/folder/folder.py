"""The goals folder, kept in sync with the Goal twins."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
import logging
from pathlib import Path
from time import monotonic
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from ...twin.errors import TwinError, refuse
from ...twin.goals.goal import Goal
from ..core.files import StoreFailedError
from ..core.registry import TwinRegistry
from .apply import Applier
from .checkbox import Tick, find_tick, ticked, write_mark
from .faults import FolderFault, refused
from .file_document import Places
from .memory import Memory
from .reading import Reader, Reading
from .reconcile import World, reconcile
from .report import SyncReport

_LOGGER = logging.getLogger(__name__)

CONF_GOALS_FOLDER: Final = "goals_folder"
CONF_WRITE_BACK: Final = "goals_write_back"
FILE_CHANGED: Final = "file_changed"
# File systems tell of changes only with watchers that network drives do not have; looking takes
# milliseconds.
INTERVAL: Final = timedelta(minutes=1)
# A fault that people are still typing at is none to bother them with.
LASTING: Final = timedelta(minutes=10)


class GoalsFolder:
    """Reads the goals folder into Goal twins, and ticks single checkboxes in it.

    One thing happens at a time: a sync, or a tick. Files are read and written in worker threads.
    """

    def __init__(self, hass: HomeAssistant, registry: TwinRegistry) -> None:
        """Keep the parts; nothing is read yet."""
        self._hass = hass
        self._registry = registry
        self._memory = Memory(hass)
        self._reader = Reader()
        self._lock = asyncio.Lock()
        self._folder: str | None = None
        self._write_back = False
        self._root = Path()
        # None while the folder has not been read since it was chosen.
        self._places: dict[str, Places] | None = None
        self._digests: dict[str, bytes] = {}
        self._seen: object = None
        self._since: dict[tuple[str, str], datetime] = {}
        self._listeners: list[Callable[[], None]] = []
        self._look: Callable[[], None] | None = None
        self._told: tuple[SyncReport | None, tuple[FolderFault, ...]] = (None, ())
        self.report: SyncReport | None = None

    async def async_load(self) -> None:
        """Read what is remembered of the folder."""
        await self._memory.async_load()

    @callback
    def async_configure(self, folder: str | None, *, write_back: bool) -> None:
        """Choose the folder, or none; tell whether ticks are written into its files."""
        self._write_back = write_back
        if folder != self._folder:
            self._folder = folder
            self._reader = Reader()
            self._places, self._digests, self._seen = None, {}, None
            self._publish(None)
            if self._look is not None:
                self._look()

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Sync now in the background, and whenever files have changed."""
        running: set[asyncio.Task[None]] = set()

        @callback
        def look(_now: datetime | None = None) -> None:
            if self._folder is None or running:
                return
            task = self._hass.async_create_background_task(
                self._async_sync_quietly(), "digital_twin goals folder"
            )
            running.add(task)
            task.add_done_callback(running.discard)

        end = async_track_time_interval(self._hass, look, INTERVAL)
        self._look = look
        look()

        @callback
        def stop() -> None:
            self._look = None
            end()
            for task in running:
                task.cancel()

        return stop

    @callback
    def add_listener(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call the listener after each sync that found something else than the one before."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @property
    def lasting_faults(self) -> tuple[FolderFault, ...]:
        """The faults that have been there for ten minutes or more."""
        until = dt_util.utcnow() - LASTING
        faults = self.report.faults if self.report else ()
        return tuple(fault for fault in faults if self._since[fault.kind] <= until)

    def source_of(self, goal_id: str) -> str | None:
        """Return the folder or file that a goal came from, relative to the goals folder."""
        item = self._memory.goals.get(goal_id)
        return item.source if item else None

    async def async_sync(self) -> SyncReport:
        """Read the folder and bring the goals up to date.

        Raises `TwinError` at `goals_folder`: `no_goals_folder`, `path_not_allowed`,
        `folder_not_found`.
        """
        async with self._lock:
            return await self._async_sync()

    async def async_update_progress(self, goal_id: str, update: Mapping[str, object]) -> Goal:
        """Bring a key result forward; an item that came from a file is ticked there first.

        Raises what the registry raises; for an item of a file also `file_changed` (the folder has
        been read afresh then), `file_not_writable` and `checkbox_not_writable` at `item`, and
        what `async_sync` raises if the folder has not been read yet.
        """
        # A folder that is slow to read must not hold up what has nothing to do with it.
        if "item" not in update or not self._writes_items_of(goal_id):
            return await self._registry.async_update_progress(goal_id, update)
        async with self._lock:
            if self._places is None:
                await self._async_sync()
            places = (self._places or {}).get(goal_id, {})
            tick = find_tick(places, *self._registry.advanced(goal_id, update))
            if tick is None:
                return await self._registry.async_update_progress(goal_id, update)
            await self._async_write(tick)
            goal = await self._registry.async_update_progress(goal_id, update)
            await self._memory.async_remember(
                [(goal_id, ticked(self._memory.goals[goal_id], tick))]
            )
            return goal

    def _writes_items_of(self, goal_id: str) -> bool:
        return self._write_back and self._folder is not None and goal_id in self._memory.goals

    async def _async_write(self, tick: Tick) -> None:
        digest = self._digests.get(tick.place.file, b"")
        try:
            self._digests[tick.place.file] = await self._hass.async_add_executor_job(
                write_mark, self._root, tick.place, digest, tick.state
            )
        except TwinError as error:
            if error.key == FILE_CHANGED:
                await self._async_attempt()
            raise

    async def _async_sync_quietly(self) -> None:
        async with self._lock:
            await self._async_attempt()

    async def _async_attempt(self) -> None:
        """Sync without anybody who waits for the answer: what is wrong goes into the report."""
        try:
            await self._async_sync()
        except TwinError as error:
            if self._folder is None:
                # It was given up in the meantime.
                return
            # Once it is back, what is told of it has to be worked out again.
            self._seen = None
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
        self._publish(report)
        return report

    async def _async_report(self) -> SyncReport | None:
        """Read and reconcile; None if another folder was chosen in the meantime."""
        folder = self._folder
        if folder is None:
            raise refuse("no_goals_folder", CONF_GOALS_FOLDER)
        reading = await self._hass.async_add_executor_job(self._read, folder, self._reader)
        if folder != self._folder:
            return None
        if self.report and reading.same and self._seen == self._world():
            return self.report.repeated()
        report = await self._async_reconcile(reading)
        if folder != self._folder:
            self._places, self._seen = None, None
            return None
        return report

    def _read(self, folder: str, reader: Reader) -> Reading:
        check_folder(self._hass, folder)
        try:
            return reader.read(Path(folder))
        except OSError as error:
            raise refuse("folder_not_found", CONF_GOALS_FOLDER, value=folder) from error

    async def _async_reconcile(self, reading: Reading) -> SyncReport:
        # Until this is through, the folder counts as not seen.
        self._seen = None
        world = World(
            goals=dict(self._registry.goals),
            persons=dict(self._registry.persons),
            memory=dict(self._memory.goals),
            context=self._registry.context(),
        )
        intents = await self._hass.async_add_executor_job(reconcile, reading, world)
        applier = Applier(self._registry)
        await applier.async_apply(intents.goals)
        await self._memory.async_remember(applier.remembered.items())
        self._root = reading.root
        self._places = {intent.goal_id: intent.said.places for intent in intents.goals}
        self._digests = {
            file: digest for goal in reading.goals for file, digest in goal.digests.items()
        }
        self._seen = self._world()
        changed = len(applier.created) + len(applier.updated)
        return SyncReport(
            created=tuple(sorted(applier.created)),
            updated=tuple(sorted(applier.updated)),
            unchanged=len(applier.remembered) - changed,
            missing=intents.missing,
            left_out=intents.left_out,
            faults=tuple(sorted((*intents.faults, *applier.faults), key=_by_place)),
        )

    def _world(self) -> object:
        """Return what tells whether anything changed that a sync depends on."""
        goals = {key: goal.revision for key, goal in self._registry.goals.items()}
        return goals, {key: person.name for key, person in self._registry.persons.items()}

    @callback
    def _publish(self, report: SyncReport | None) -> None:
        """Keep a report, and tell it if it says something else than the one before."""
        now = dt_util.utcnow()
        faults = report.faults if report else ()
        self._since = {fault.kind: self._since.get(fault.kind, now) for fault in faults}
        self.report = report
        # Time alone makes a fault a lasting one.
        before, self._told = self._told, (_timeless(report), self.lasting_faults)
        if before != self._told:
            for listener in tuple(self._listeners):
                listener()


def _timeless(report: SyncReport | None) -> SyncReport | None:
    return replace(report, duration_ms=0) if report else None


async def async_check_folder(hass: HomeAssistant, path: str) -> None:
    """Refuse a folder that cannot be synced: `path_not_allowed`, `folder_not_found`."""
    await hass.async_add_executor_job(check_folder, hass, path)


def check_folder(hass: HomeAssistant, path: str) -> None:
    """Do what `async_check_folder` does, in a worker thread."""
    if not (Path(path).is_absolute() and Path(path).is_dir()):
        raise refuse("folder_not_found", CONF_GOALS_FOLDER, value=path)
    if not hass.config.is_allowed_path(path):
        raise refuse("path_not_allowed", CONF_GOALS_FOLDER, value=path)


async def async_forget_goals_folder(hass: HomeAssistant) -> None:
    """Delete what is remembered of the folder: the integration is removed."""
    await Memory(hass).async_remove()


def _by_place(fault: FolderFault) -> tuple[str, int, str]:
    return fault.file, fault.line or 0, fault.key
