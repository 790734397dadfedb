"""A disk that fails at any moment: caller, memory, disk and feed agree, always."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
import errno
import logging
from pathlib import Path
import random
from typing import Any, Final, override
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
from homeassistant.util.file import WriteError
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.digital_twin.engine.core import journal as journal_module
from custom_components.digital_twin.engine.core.feed import (
    ADDED,
    HISTORIES,
    REMOVED,
    Change,
    ChangeFeed,
)
from custom_components.digital_twin.engine.core.files import Disk
from custom_components.digital_twin.engine.core.registry import KINDS, TwinRegistry
from custom_components.digital_twin.engine.core.store import KEPT_AFTER_DELETE
from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.errors import TwinError
from custom_components.digital_twin.twin.goals.goal import GOAL, Goal
from custom_components.digital_twin.twin.home.home import HOME
from custom_components.digital_twin.twin.metrics.person import PERSON
from custom_components.digital_twin.twin.metrics.readings import Reading
from custom_components.digital_twin.twin.records.revisions import touch

SEEDS: Final = 4
FAILING_MOMENTS: Final = 1000 // SEEDS
# Stands for the file of the journal that is touched next.
NEXT: Final = "next"
NOBODY: Final = "99999999-9999-4999-8999-999999999999"
METRICS: Final = ("weight", "steps", "hydration", "mood")
NOW: Final = datetime(2026, 3, 20, 12, tzinfo=dt_util.UTC)

type Snapshot = dict[str, Any]


class UnreliableDisk(Disk):
    """Files in memory, of which one at a time fails; a failed append leaves something behind."""

    def __init__(self, rng: random.Random) -> None:
        self.files: dict[str, bytes] = {}
        self.bad: str | None = None
        self.failed = 0
        self._rng = rng

    def _check(self, path: Path) -> None:
        if self.bad == NEXT:
            self.bad = path.name
        if path.name == self.bad and self._rng.random() < 0.8:
            self.failed += 1
            raise OSError(errno.EIO, "input/output error")

    @override
    def names(self, folder: Path) -> list[str]:
        return list(self.files)

    @override
    def read(self, path: Path) -> bytes:
        return self.files[path.name]

    @override
    def size(self, path: Path) -> int:
        return len(self.files[path.name])

    @override
    def append(self, path: Path, data: bytes) -> None:
        try:
            self._check(path)
        except OSError:
            # Nothing, a part, or everything is on disk all the same.
            if left := data[: self._rng.choice((0, self._rng.randrange(len(data)), len(data)))]:
                self.files[path.name] = self.files.get(path.name, b"") + left
            raise
        self.files[path.name] = self.files.get(path.name, b"") + data

    @override
    def replace(self, path: Path, data: bytes) -> None:
        self._check(path)
        self.files[path.name] = data

    @override
    def truncate(self, path: Path, size: int) -> None:
        self._check(path)
        self.files[path.name] = self.files[path.name][:size]

    @override
    def remove(self, path: Path) -> None:
        self._check(path)
        self.files.pop(path.name, None)


def _assert_durable(registry: TwinRegistry, durable: Snapshot) -> None:
    """Compare what a start has read with what must be on disk."""
    found = snapshot(registry)
    if registry.deletions.expired_persons or registry._stores["person"].over(dt_util.utcnow()):
        # A purge also takes values of people from their goals, even if the disk interrupts it then.
        found, durable = _without_goals(found), _without_goals(durable)
    assert found == durable


def _without_goals(state: dict[str, Any]) -> dict[str, Any]:
    documents = {key: each for key, each in state["documents"].items() if key != "goal"}
    return {**state, "documents": documents, "goal": {}}


class FollowingFeed(ChangeFeed):
    """Keeps what an entity would show: records and histories as they were published last."""

    def __init__(self) -> None:
        super().__init__()
        self.records: dict[str, Any] = {}
        self.histories: dict[str, Any] = {}
        self.registry: TwinRegistry | None = None

    def follow(self, registry: TwinRegistry) -> None:
        """Show everything of a registry, as entities do after a start."""
        self.registry = registry
        self.records = {
            twin_id: each for kind in KINDS for twin_id, each in registry.records(kind).items()
        }
        self.histories = {person_id: days_of(registry, person_id) for person_id in registry.persons}

    @override
    def publish(self, changes: Iterable[Change]) -> None:
        published = list(changes)
        super().publish(published)
        for change in published:
            assert change.twin_id
            assert self.registry
            if {ADDED, HISTORIES} & change.fields:
                self.histories[change.twin_id] = days_of(self.registry, change.twin_id)
            if REMOVED in change.fields:
                self.records.pop(change.twin_id, None)
            elif change.after is not None:
                self.records[change.twin_id] = change.after


def days_of(registry: TwinRegistry, person_id: str) -> Snapshot:
    """Return all days of a person by metric."""
    return {
        metric: dict(history.days)
        for metric, history in registry.histories(person_id).items()
        if history.days
    }


def snapshot(registry: TwinRegistry) -> Snapshot:
    """Return everything that a registry knows; of deleted twins, those whose time is not over."""
    last = dt_util.utcnow() - KEPT_AFTER_DELETE
    deleted = {
        kind: {
            twin_id: item
            for twin_id, item in store.deleted.items()
            if item.deleted_at > last or twin_id in store.records
        }
        for kind, store in registry._stores.items()
    }
    people = {*registry.persons, *deleted["person"]}
    goals = registry.goals.values()
    return {
        **{kind: dict(registry.records(kind)) for kind in KINDS},
        "documents": {kind: dict(each.table.documents) for kind, each in registry._stores.items()},
        "deleted": deleted,
        "histories": {key: days for key in people if (days := days_of(registry, key))},
        "owned": {key: {each.goal_id for each in registry.goals_of(key)} for key in people},
        "codes": {each.goal_code: registry.goal_by_code(each.goal_code) for each in goals},
        "following": {
            (key, metric): {each.goal_id for each in registry._goal_index.following(key, [metric])}
            for key in people
            for metric in METRICS
        },
    }


class Trial:
    """A registry on a disk of which one file at a time fails, and what its callers know.

    `durable` is the last state that a caller was told is on disk; `current` has in addition the
    delayed readings.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        freezer: FrozenDateTimeFactory,
        storage: dict[str, Any],
        rng: random.Random,
    ) -> None:
        self.hass, self.freezer, self.storage, self.rng = hass, freezer, storage, rng
        self.disk = UnreliableDisk(rng)
        self.feed = FollowingFeed()
        self.registry: TwinRegistry
        self.durable: Snapshot = {}
        self.current: Snapshot = {}
        self.count = 0
        self.failing_moments = 0

    # What the disk does

    async def async_write_data(self, store: Store[Any], data: Snapshot) -> None:
        """Stand in for the write of a storage file."""
        if store.key == self.disk.bad:
            self.disk.failed += 1
            raise WriteError("disk full")
        await self.write_data(store, data)

    write_data = staticmethod(Store._async_write_data)

    def choose_bad_file(self) -> None:
        """Let another file fail from now on, or none; sometimes it stays the same."""
        if self.rng.random() < 0.3:
            return
        files = [
            *self.rng.sample([*self.disk.files], min(len(self.disk.files), 2)),
            *(f"digital_twin.{kind}s" for kind in KINDS),
            *(f"digital_twin.history.{key}" for key in [*self.registry.persons][:2]),
        ]
        choices = [None, NEXT, NEXT, NEXT, NEXT, self.rng.choice(files)]
        self.disk.bad = self.rng.choice(choices)

    @asynccontextmanager
    async def _reverting(self) -> AsyncIterator[None]:
        """Let the disk be afterwards as it was before, and fail at nothing meanwhile."""
        files, storage, bad = dict(self.disk.files), dict(self.storage), self.disk.bad
        self.disk.bad = None
        yield
        self.disk.files, self.disk.bad = files, bad
        self.storage.clear()
        self.storage.update(storage)

    # What is compared

    async def async_load(self) -> None:
        """Start the registry; a disk that fails stops only this start."""
        failed = self.disk.failed
        self.registry = TwinRegistry(self.hass, self.feed, self.disk)
        try:
            await self.registry.async_load()
        except OSError:
            assert self.disk.failed > failed
            self.disk.bad = None
            await self.registry.async_close()
            self.registry = TwinRegistry(self.hass, self.feed, self.disk)
            await self.registry.async_load()
        self.feed.follow(self.registry)

    async def async_perform(self, operation: Callable[[], Awaitable[object]]) -> None:
        """Run an operation, and compare what its caller learns with memory, feed and disk."""
        failed = self.disk.failed
        try:
            await operation()
        except TwinError:
            # Input that is refused.
            pass
        except OSError:
            assert self.disk.failed > failed, "an error without a cause"
            self.current = self.durable
            assert snapshot(self.registry) == self.durable, "more or less than nothing happened"
        else:
            self.current = snapshot(self.registry)
            if not self.registry._changes.pending:
                self.durable = self.current
        self.failing_moments += self.disk.failed > failed
        if self.disk.failed > failed or self.rng.random() < 0.2:
            await self.async_compare()

    async def async_compare(self) -> None:
        """Compare memory, feed, and what a start from the disk as it is now would read."""
        assert snapshot(self.registry) == self.current
        for kind in KINDS:
            for twin_id, record in self.registry.records(kind).items():
                assert self.feed.records[twin_id] == record
        for person_id in self.registry.persons:
            assert self.feed.histories.get(person_id, {}) == days_of(self.registry, person_id)
        async with self._reverting():
            again = TwinRegistry(self.hass, ChangeFeed(), self.disk)
            await again.async_load()
            _assert_durable(again, self.durable)
            await again.async_close()

    # Operations

    def _number(self) -> int:
        self.count += 1
        return self.count

    def _some(self, kind: str) -> str:
        return self.rng.choice([*self.registry.records(kind)] or [NOBODY])

    def _reading(self) -> tuple[str, Reading]:
        metric = self.rng.choice(METRICS)
        late = self.rng.choice((0, 0, 0, 1, 30, 398, 399, 400))
        return metric, Reading(
            value=self.rng.randrange(1, 10) if metric == "mood" else 50 + self._number() % 50,
            unit=CATALOGUE[metric].unit,
            measured_at=dt_util.utcnow() - timedelta(days=late, minutes=self.rng.randrange(90)),
            source=self.rng.choice(("scale", "phone")),
            running=metric == "steps" and self.rng.random() < 0.5,
        )

    async def create(self) -> None:
        """Create a twin of some kind."""
        number = self._number()
        if len(self.registry.persons) < 3:
            metrics = {"weight": 70} if number % 2 else {}
            document: Snapshot = {"name": f"P{number}", "health_metrics": metrics}
            await self.registry.async_create(PERSON, document)
        elif len(self.registry.homes) < 2:
            residents = [*self.registry.persons][:2]
            await self.registry.async_create(HOME, {"name": f"H{number}", "residents": residents})
        elif len(self.registry.goals) < 6:
            owner = self._some("person")
            key_results = [
                {"name": "K", "baseline": 90, "target": 60, "source": {"metric": metric}}
                for metric in self.rng.sample(METRICS, 2)
            ]
            goal = {
                "goal_code": f"G{number}",
                "name": "Goal",
                "owner_person_id": owner,
                "status": "active",
                "dependencies": [*self.registry.goals][:1],
                "progress_metrics": [*key_results, {"key": "own", "name": "Own", "target": 9}],
            }
            await self.registry.async_create(GOAL, goal)

    async def update(self) -> None:
        """Change a field of some twin, or refer to another."""
        kind = self.rng.choice([*KINDS])
        patches: dict[str, list[Snapshot]] = {
            "person": [
                {"current_location_id": self._some("home")},
                {"health_metrics": {"weight": 60 + self._number() % 30, "mood": None}},
            ],
            "home": [{"residents": [*self.registry.persons][:1]}],
            "goal": [{"owner_person_id": self._some("person")}, {"status": "completed"}],
        }
        patch_of_twin = self.rng.choice([{"name": f"N{self._number()}"}, *patches[kind]])
        await self.registry.async_update(KINDS[kind], self._some(kind), patch_of_twin)

    async def delete(self) -> None:
        """Delete some twin, mostly with the references to it."""
        kind = self.rng.choice([*KINDS])
        force = self.rng.random() < 0.8
        await self.registry.async_delete(KINDS[kind], self._some(kind), force=force)

    async def restore(self) -> None:
        """Bring some deleted twin back."""
        for kind in self.rng.sample([*KINDS], 3):
            if deleted := [*self.registry.deletions.of(kind)]:
                await self.registry.async_restore(KINDS[kind], self.rng.choice(deleted))
                return

    async def dismiss(self) -> None:
        """Leave a deleted twin deleted."""
        if offers := [*self.registry.deletions.offers]:
            offer = self.rng.choice(offers)
            await self.registry.deletions.async_dismiss_offer(offer.kind, offer.twin_id)

    async def record(self) -> None:
        """Record readings that somebody waits for."""
        batch = [self._reading() for _ in range(self.rng.randrange(1, 4))]
        await self.registry.async_record(self._some("person"), batch)

    async def record_delayed(self) -> None:
        """Record readings of linked entities."""
        for _ in range(self.rng.randrange(1, 4)):
            await self.registry.async_record(self._some("person"), [self._reading()], delayed=True)

    async def import_readings(self) -> None:
        """Import readings of many days."""
        batch = sorted((self._reading() for _ in range(250)), key=lambda each: each[1].measured_at)
        await self.registry.async_import_readings(self._some("person"), batch)

    async def clear(self) -> None:
        """Take a metric away."""
        person = self._some("person")
        patch_of_person = {"health_metrics": {self.rng.choice(METRICS): None}}
        await self.registry.async_update(PERSON, person, patch_of_person)

    async def progress(self) -> None:
        """Update a key result by hand."""
        update = {"key_result": "own", "value": self._number()}
        await self.registry.async_update_progress(self._some("goal"), update)

    async def swap_codes(self) -> None:
        """Let two goals swap their codes."""
        goals = [*self.registry.goals.values()]
        if len(goals) < 2:
            return
        one, other = self.rng.sample(goals, 2)
        context = self.registry.context()
        pairs: list[tuple[Goal, Goal]] = [
            (one, touch(one, context, goal_code=other.goal_code)),
            (other, touch(other, context, goal_code=one.goal_code)),
        ]
        await self.registry.async_replace_all(GOAL, pairs)

    async def write_files(self) -> None:
        """Prepare for a backup."""
        await self.registry.async_write_files()

    async def wait(self) -> None:
        """Let some time pass: files are written, and delayed readings."""
        self.freezer.tick(self.rng.choice((1, 11, 301, 86_400)))
        async_fire_time_changed(self.hass)
        await self.hass.async_block_till_done()

    async def expire(self) -> None:
        """Let a month pass; the deleted are forgotten."""
        self.freezer.tick(timedelta(days=31))
        async_fire_time_changed(self.hass)
        await self.hass.async_block_till_done()
        try:
            people = await self.registry.deletions.async_expire()
        finally:
            # Goals of the people lose what was measured of them, before or with the purge.
            self.current = snapshot(self.registry)
            self.durable = snapshot(self.registry)
        for person_id in people:
            assert not any(person_id.encode() in each for each in self.disk.files.values())
            assert f"digital_twin.history.{person_id}" not in self.storage

    async def together(self) -> None:
        """Rename all people and goals at once: each caller is told about their own change."""
        twins = [(kind, key) for kind in ("person", "goal") for key in self.registry.records(kind)]
        names = [f"T{self._number()}" for _ in twins]

        async def rename(kind: str, twin_id: str, name: str, turns: int) -> None:
            for _ in range(turns):
                await asyncio.sleep(0)
            await self.registry.async_update(KINDS[kind], twin_id, {"name": name})

        results = await asyncio.gather(
            *(
                rename(*twin, name, self.rng.randrange(60))
                for twin, name in zip(twins, names, strict=True)
            ),
            return_exceptions=True,
        )
        for (kind, twin_id), name, result in zip(twins, names, results, strict=True):
            assert result is None or isinstance(result, OSError)
            assert (self.registry.records(kind)[twin_id].name == name) is (result is None)

    async def restart(self) -> None:
        """Stop and start in order."""
        await self.registry.async_close()
        await self.async_load()

    async def crash(self) -> None:
        """Start from the disk as it is now."""
        async with self._reverting():
            await self.registry.async_close()
        await self.async_load()
        _assert_durable(self.registry, self.durable)
        self.current = self.durable = snapshot(self.registry)


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_caller_memory_feed_and_disk_agree_whatever_file_fails(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
) -> None:
    freezer.move_to(NOW)
    caplog.set_level(logging.CRITICAL)
    # It would double the time.
    hass.loop.set_debug(False)
    # Segments are filled and begun anew after some lines.
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 20_000)
    rng = random.Random(seed)  # noqa: S311  # chosen at random, not secret
    trial = Trial(hass, freezer, hass_storage, rng)
    trial.write_data = Store._async_write_data
    operations: list[Callable[[], Awaitable[None]]] = [
        trial.create,
        trial.update,
        trial.update,
        trial.delete,
        trial.restore,
        trial.dismiss,
        trial.record,
        trial.record,
        trial.record_delayed,
        trial.record_delayed,
        trial.import_readings,
        trial.clear,
        trial.progress,
        trial.swap_codes,
        trial.write_files,
        trial.wait,
        trial.expire,
        trial.together,
        trial.restart,
        trial.crash,
    ]

    async def write_data(store: Store[Any], data: Snapshot) -> None:
        await trial.async_write_data(store, data)

    with patch.object(Store, "_async_write_data", write_data):
        await trial.async_load()
        for _ in range(6):
            await trial.create()
        trial.durable = trial.current = snapshot(trial.registry)
        while trial.failing_moments < FAILING_MOMENTS:
            trial.choose_bad_file()
            await trial.async_perform(rng.choice(operations))
        await trial.registry.async_close()
