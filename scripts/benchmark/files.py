"""Measures what it takes to read large files: a goals folder, hostile ones, a year of histories.

It runs in a process of its own. The only line of the output is a list of `FileTime` in JSON.
"""

import asyncio
from datetime import UTC, date, datetime, timedelta
import json
import logging
from pathlib import Path
import sys
import tempfile
import time
from typing import Final, NamedTuple

from homeassistant.core import HomeAssistant

from custom_components.digital_twin.engine.core.feed import ChangeFeed
from custom_components.digital_twin.engine.core.registry import TwinRegistry
from custom_components.digital_twin.engine.folder import GoalsFolder
from custom_components.digital_twin.engine.folder.reading import FolderReader
from custom_components.digital_twin.engine.folder.reconcile import SyncInput, reconcile
from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.metrics.person import PERSON
from custom_components.digital_twin.twin.metrics.readings import Reading
from custom_components.digital_twin.twin.records.fields import Context

PEOPLE: Final = 5
METRICS: Final = tuple(CATALOGUE)[:20]
YEAR: Final = 365
ROUNDS: Final = 3
# What is meant to hang whoever reads it as Markdown.
HOSTILE: Final = (
    "[" * 100_000,
    "- " * 20_000 + "[ ] a",
    "> " * 20_000 + "a",
    "*a_ " * 50_000,
    "`" * 50_000 + "a",
    "| a " * 20_000 + "|\n" + "|-" * 20_000 + "|\n",
    "- [ ] a\n" * 50_000,
    "\n".join("  " * depth + "- [ ] a" for depth in range(500)),
    "[a]: b\n" * 30_000,
    "<!-- " * 30_000,
    "## Q1 2026\n- [ ] a\n" * 5_000,
    "# G01: x\n## Dependencies\n" + "G02 " * 50_000,
    "---\n" + "a: [" * 400 + "\n---\n",
    "---\n" + "- " * 10_000 + "\n---\n",
    "a\r" * 100_000,
    "| Metric | Target |\n|-|-|\n" + "| a | 5 |\n" * 5_000,
)


class FileTime(NamedTuple):
    """What was read: how long it took the processor, and how long it may take."""

    name: str
    milliseconds: float
    allowed: float


def _fill(folder: Path, goals: int) -> None:
    folder.mkdir()
    for number in range(1, goals + 1):
        code, before = f"G{number:04}", f"G{max(1, number - 1):04}"
        place = folder / f"{code}_Goal"
        place.mkdir()
        body = f"## Purpose\nTo *do* it.\n## Dependencies\n- {before}\n## Done when\n- [ ] a\n"
        front = f'---\ntitle: "{code}: Goal {number}"\ntype: goal\nowner: Ola\n---\n'
        (place / "README.md").write_text(front + body)
        quarters = "".join(
            f"## Q{quarter}\n- [ ] **Step** {quarter} (Mar 3)\n- [x] b\n" for quarter in range(1, 5)
        )
        (place / "Roadmap.md").write_text(f"# Roadmap (2026)\n{quarters}")
        metrics = "| KPI | Target |\n|-|-|\n| Pulse | < 56 bpm |\n| Mood | TBD |\n"
        (place / "Metrics.md").write_text(metrics)


async def _sync(hass: HomeAssistant, registry: TwinRegistry, goals: int) -> list[FileTime]:
    path = Path(hass.config.path("goals"))
    _fill(path, goals)
    await registry.async_create(PERSON, {"name": "Ola"})
    hass.config.allowlist_external_dirs = {str(path)}
    folder = GoalsFolder(hass, registry)
    await folder.async_load()
    folder.async_configure(str(path), write_back=False)
    times = []
    for name, allowed in (("for the first time", 10_000), ("unchanged", 300)):
        begin = time.process_time()
        report = await folder.async_sync()
        cost = (time.process_time() - begin) * 1e3
        if report.goals != goals or report.faults:
            raise SystemExit(f"{report.goals} goals were read")
        times.append(FileTime(f"a folder of {goals:,} goals {name}", cost, allowed))
    return times


def _hostile(folder: Path) -> FileTime:
    context = Context(now=datetime.now(UTC), today=date(2026, 3, 1))
    longest = 0.0
    for text in HOSTILE:
        folder.joinpath("G01.md").write_text(
            text if text.startswith("---") else f"# G01: x\n{text}", newline=""
        )
        begin = time.process_time()
        given = SyncInput(goals={}, persons={}, memory={}, context=context)
        reconcile(FolderReader().read(folder), given)
        longest = max(longest, time.process_time() - begin)
    return FileTime("the worst of the files that are meant to hang", longest * 1e3, 20_000)


def _readings(now: datetime) -> list[tuple[str, Reading]]:
    return [
        (
            metric,
            Reading(
                value=CATALOGUE[metric].minimum + day % 3,
                unit=CATALOGUE[metric].unit,
                measured_at=now - timedelta(days=day),
                source="manual",
            ),
        )
        for metric in METRICS
        for day in range(YEAR)
    ]


async def _loaded(hass: HomeAssistant) -> float:
    """Return how many milliseconds of the processor a start takes."""
    costs = []
    for _ in range(ROUNDS):
        registry = TwinRegistry(hass, ChangeFeed())
        begin = time.process_time()
        await registry.async_load()
        costs.append((time.process_time() - begin) * 1e3)
    return min(costs)


async def _held(longest: list[float]) -> None:
    while True:
        begin = time.thread_time()
        await asyncio.sleep(0)
        longest[0] = max(longest[0], time.thread_time() - begin)


async def _histories(hass: HomeAssistant, registry: TwinRegistry) -> list[FileTime]:
    now = datetime.now(UTC)
    for number in range(PEOPLE):
        person = await registry.async_create(PERSON, {"name": f"Person {number}"})
        await registry.async_import_readings(person.person_id, _readings(now))
    crashed = await _loaded(hass)
    await registry.async_write_files()
    saved = await _loaded(hass)
    for person_id in registry.persons:
        weight = Reading(value=71, unit="kg", measured_at=now, source="manual")
        await registry.async_record(person_id, [("weight", weight)], delayed=True)
    longest = [0.0]
    beat = asyncio.get_running_loop().create_task(_held(longest))
    await registry.async_write_files()
    beat.cancel()
    of_people = f"a year of {PEOPLE} people and {len(METRICS)} metrics"
    return [
        FileTime(f"{of_people}: loaded", saved, 300),
        FileTime(f"{of_people}: loaded after a crash in the import", crashed, 900),
        FileTime(f"{of_people}: the event loop held by archiving it", longest[0] * 1e3, 50),
    ]


async def _run(goals: int) -> None:
    found: list[FileTime] = []
    with tempfile.TemporaryDirectory() as folder:
        hass = HomeAssistant(folder)
        registry = TwinRegistry(hass, ChangeFeed())
        await registry.async_load()
        found += await _sync(hass, registry, goals)
        await registry.async_close()
        await hass.async_stop(force=True)
    with tempfile.TemporaryDirectory() as folder:
        found.append(_hostile(Path(folder)))
    with tempfile.TemporaryDirectory() as folder:
        hass = HomeAssistant(folder)
        registry = TwinRegistry(hass, ChangeFeed())
        await registry.async_load()
        found += await _histories(hass, registry)
        await hass.async_stop(force=True)
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    asyncio.run(_run(int(sys.argv[1])))
