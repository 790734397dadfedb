"""Measures what changed in a month, and documents of earlier times, with 400 days of journal.

It runs in a process of its own. The journal is that of a household with five people, two of them
with a watch that is read every quarter of an hour and moves two goals, a home, and goals that are
worked at every day. The output is one line of JSON: a list of `ChangesTime` and a list of
`DocumentTime`.
"""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
import gc
from itertools import batched
import json
import logging
from pathlib import Path
import random
from statistics import median
import sys
import tempfile
import time
from typing import Any, Final, NamedTuple
from uuid import UUID

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Context as CallContext, HomeAssistant

from custom_components.digital_twin.commands.access import Actor, async_actor
from custom_components.digital_twin.commands.changes import async_changes
from custom_components.digital_twin.commands.earlier import async_document_at
from custom_components.digital_twin.engine.core.feed import Origin
from custom_components.digital_twin.engine.core.journal import Header, Journal, Line
from custom_components.digital_twin.engine.runtime import Runtime
from custom_components.digital_twin.twin.goals.goal import GOAL
from custom_components.digital_twin.twin.home.home import HOME
from custom_components.digital_twin.twin.metrics.daily_totals import SourceTotal, TotalDay
from custom_components.digital_twin.twin.metrics.history import Day, history_document
from custom_components.digital_twin.twin.metrics.level_days import LevelDay, TimedValue
from custom_components.digital_twin.twin.metrics.person import PERSON
from custom_components.digital_twin.twin.records.fields import Context, Kind
from custom_components.digital_twin.twin.records.revisions import (
    create,
    created,
    difference,
    encode,
)
from custom_components.digital_twin.twin.records.timeline import TwinKey

from .house import entry, start

DAYS: Final = 400
MONTH: Final = 30
PEOPLE: Final = 5
WATCHES: Final = 2
# Quarters of an hour from seven on: more days would not fit into the journal.
READ_A_DAY: Final = 36
WORKED_A_DAY: Final = 12
ROUNDS: Final = 5
AT_ONCE: Final = 200
METRICS: Final = {"heart_rate": "bpm", "steps": "steps", "active_energy": "kcal"}
MINUTE: Final = timedelta(minutes=1)

type Document = dict[str, Any]


class ChangesTime(NamedTuple):
    """How long it took to tell what changed, and how long the event loop was held meanwhile.

    `journal` is the size of the journal in bytes, `changes` how many there were.
    """

    name: str
    days: int
    journal: int
    changes: int
    milliseconds: float
    held: float


class DocumentTime(NamedTuple):
    """How long documents of earlier times took, in milliseconds of the processor.

    `first` is the time of the very first one, for which the segments are summed up.
    """

    name: str
    first: float
    median: float
    slowest: float


def _id(kind: int, number: int) -> str:
    return str(UUID(int=(kind << 96) + (4 << 76) + (8 << 60) + number))


class _Household:
    """Documents of twins, and the lines of the journal that change them."""

    def __init__(self, goals: int, begin: datetime) -> None:
        self._random = random.Random(1)  # noqa: S311  # the same each time
        self._seq = 0
        self._begin = begin
        self._documents: dict[tuple[str, str], Document] = {}
        self._days: dict[tuple[str, str, int], Document] = {}
        self.people = [_id(1, number) for number in range(PEOPLE)]
        self.goals = [_id(3, number) for number in range(goals)]

    def lines(self) -> Iterator[Line]:
        """Yield all lines, the oldest first."""
        yield self._line(self._begin, "integration", self._new())
        for day in range(DAYS):
            morning = self._begin + timedelta(days=day, hours=7)
            for quarter in range(READ_A_DAY):
                at = morning + quarter * 15 * MINUTE
                yield self._line(at, "integration", self._read(at, self.people[:WATCHES]))
                if quarter % (READ_A_DAY // 4) == 0:
                    yield self._line(at + MINUTE, "user", self._read(at, self.people[WATCHES:]))
            for number in range(WORKED_A_DAY):
                at = morning + number * timedelta(hours=1) + 5 * MINUTE
                actor = self._random.choice(("user", "user", "other", "automation", "folder"))
                yield self._line(at, actor, [self._work(at)])

    def _line(self, at: datetime, actor: str, operations: list[Line]) -> Line:
        self._seq += 1
        return {
            "seq": self._seq,
            "at": at.isoformat(),
            "actor": actor,
            "origin": "source" if actor == "integration" else "ui",
            "context": None,
            "operations": operations,
        }

    def _new(self) -> list[Line]:
        now = self._begin
        context = Context(now=now, today=now.date())
        made: list[tuple[Kind[Any], str, Document]] = [
            (HOME, _id(2, 0), {"name": "House", "zone": "zone.home"})
        ]
        made += [
            (PERSON, key, {"name": f"Person {number}"}) for number, key in enumerate(self.people)
        ]
        made += [(GOAL, key, self._goal(number)) for number, key in enumerate(self.goals)]
        operations = []
        for kind, key, document in made:
            whole = encode(kind, create(kind, document, context, key))
            self._documents[kind.name, key] = whole
            operations.append({"op": "put", "kind": kind.name, "id": key, "delta": created(whole)})
        return operations

    def _goal(self, number: int) -> Document:
        follows = {"source": {"metric": "steps"}} if number < WATCHES else {}
        items = [{"name": f"Step {step} of goal {number}"} for step in range(10)]
        return {
            "goal_code": f"G{number:03}",
            "name": f"Goal {number}",
            "description": "A reason, a plan, and what is in the way. " * 15,
            "owner_person_id": self.people[number % PEOPLE],
            "status": "Active",
            "start_date": "2026-01-01",
            "target_date": "2027-12-31",
            "progress_metrics": [
                {"name": "Amount", "baseline": 0, "target": 1e6, "current": 1, **follows},
                {"name": "Preparation", "kind": "checklist", "items": items},
            ],
        }

    def _put(self, kind: str, key: str, at: datetime, **fields: object) -> Line:
        before = self._documents[kind, key]
        after = {
            **before,
            **fields,
            "revision": before["revision"] + 1,
            "last_updated": at.isoformat(),
        }
        self._documents[kind, key] = after
        return {"op": "put", "kind": kind, "id": key, "delta": difference(before, after)}

    def _read(self, at: datetime, people: list[str]) -> list[Line]:
        operations = []
        for key in people:
            values = {metric: float(self._random.randrange(1, 190)) for metric in METRICS}
            known = self._documents["person", key]["health_metrics"]
            readings = {
                metric: {
                    "value": value,
                    "unit": METRICS[metric],
                    "measured_at": at.isoformat(),
                    "source": f"sensor.watch_{metric}",
                }
                for metric, value in values.items()
            }
            operations.append(self._put("person", key, at, health_metrics={**known, **readings}))
            operations += [self._day(key, metric, value, at) for metric, value in values.items()]
        for number in range(min(WATCHES, len(self.goals))) if people[0] == self.people[0] else ():
            operations.append(self._measure(self.goals[number], at))
        return operations

    def _day(self, key: str, metric: str, value: float, at: datetime) -> Line:
        day, moment = at.date().toordinal(), int(at.timestamp() * 1000)
        point = TimedValue(moment, value)
        content: Day = TotalDay({"watch": SourceTotal(amounts=(point,))})
        if metric == "heart_rate":
            content = LevelDay(value, moment, "watch", None)
        before = self._days.get((key, metric, day))
        after: Document = history_document({day: content})
        self._days = {place: each for place, each in self._days.items() if place[2] == day}
        self._days[key, metric, day] = after
        delta = difference(before, after) if before else created(after)
        return {"op": "day", "id": key, "metric": metric, "day": day, "delta": delta}

    def _measure(self, key: str, at: datetime, amount: float | None = None) -> Line:
        goal = self._documents["goal", key]
        first, *rest = goal["progress_metrics"]
        value = amount or float(self._random.randrange(1, 1_000_000))
        measured = {**first, "current": value, "measured_at": at.isoformat()}
        history = {**goal["progress_history"], at.date().isoformat(): round(value / 1e4, 2)}
        return self._put(
            "goal",
            key,
            at,
            progress_metrics=[measured, *rest],
            progress_history=dict([*history.items()][-DAYS:]),
        )

    def _work(self, at: datetime) -> Line:
        """Change a goal, as people do."""
        key = self._random.choice(self.goals)
        goal = self._documents["goal", key]
        match self._random.randrange(6):
            case 0:
                day = f"2027-{self._random.randrange(1, 13):02}-15"
                return self._put("goal", key, at, target_date=day)
            case 1:
                status = self._random.choice(("Active", "On Hold"))
                return self._put("goal", key, at, status=status)
            case 2:
                first, second = goal["progress_metrics"]
                number = self._random.randrange(10)
                items = [
                    {**item, "state": self._random.choice(("todo", "done"))}
                    if at_ == number
                    else item
                    for at_, item in enumerate(second["items"])
                ]
                second = {**second, "items": items}
                return self._put("goal", key, at, progress_metrics=[first, second])
            case 3:
                return self._put("goal", key, at, description=f"Written at {at.isoformat()}. " * 15)
        return self._measure(key, at)


def _write(folder: Path, goals: int, begin: datetime) -> tuple[_Household, int]:
    """Write the journal; return the household and the size in bytes."""
    household = _Household(goals, begin)
    journal = Journal(folder)
    journal.read_since(lambda _header: False)
    files = ("persons", "homes", "goals", *(f"history.{key}" for key in household.people))
    for batch in batched(household.lines(), AT_ONCE, strict=False):
        header = Header(files=dict.fromkeys(files, batch[0]["seq"] - 1))
        journal.append(batch, header)
    return household, sum(path.stat().st_size for path in folder.iterdir())


async def _held(longest: list[float]) -> None:
    """Note for how long the event loop does nothing else, in time of the processor.

    So it does not count what other processes do meanwhile.
    """
    while True:
        begin = time.process_time()
        await asyncio.sleep(0.001)
        longest[0] = max(longest[0], time.process_time() - begin)


async def _measure(
    hass: HomeAssistant, household: _Household, size: int
) -> tuple[list[ChangesTime], list[DocumentTime]]:
    new = entry("digital_twin", data={"first_home": {"persons": {}, "homes": {}}})
    await hass.config_entries.async_add(new)
    if new.state is not ConfigEntryState.LOADED:
        raise SystemExit("digital_twin could not be set up")
    await hass.async_block_till_done()
    runtime: Runtime = new.runtime_data
    if len(runtime.registry.goals) != len(household.goals) or runtime.registry.damaged_changes:
        raise SystemExit("the journal could not be read")
    # What the start left behind would be collected in the middle of a measurement.
    gc.collect()
    gc.freeze()
    actor = await async_actor(hass, runtime, CallContext(), Origin.ACTION)
    changes = [
        await _time(actor, name, days, size)
        for name, days in (("a day", 1), ("a month", MONTH), ("all", DAYS))
    ]
    begin = time.process_time()
    await _document(actor, TwinKey("goal", household.goals[0]), DAYS - 1)
    first = (time.process_time() - begin) * 1e3
    keys = {
        "a goal": TwinKey("goal", household.goals[0]),
        "a person with a watch": TwinKey("person", household.people[0]),
        "a person without one": TwinKey("person", household.people[-1]),
        "a home": TwinKey("home", _id(2, 0)),
    }
    documents = [await _time_document(actor, name, key, first) for name, key in keys.items()]
    return changes, documents


async def _document(actor: Actor, key: TwinKey, days: float) -> None:
    await async_document_at(actor, key, datetime.now(UTC) - timedelta(days=days), "twin")


async def _time_document(actor: Actor, name: str, key: TwinKey, first: float) -> DocumentTime:
    times = list[float]()
    for days in (0.5, 1, 7, MONTH, 100, 200, 300, DAYS - 1):
        for part in (0.0, 0.1, 0.3, 0.45):
            begin = time.process_time()
            await _document(actor, key, days - part)
            times.append((time.process_time() - begin) * 1e3)
    return DocumentTime(name, first, median(times), max(times))


async def _time(actor: Actor, name: str, days: int, size: int) -> ChangesTime:
    times, longest, found = [], [0.0], None
    ticking = asyncio.get_running_loop().create_task(_held(longest))
    until = datetime.now(UTC)
    for _ in range(ROUNDS):
        begin = time.process_time()
        found = await async_changes(actor, until - timedelta(days=days), until)
        times.append((time.process_time() - begin) * 1e3)
    ticking.cancel()
    with suppress(asyncio.CancelledError):
        await ticking
    count = len(found.changes) + found.left if found else 0
    if found is None or found.damaged or not count:
        raise SystemExit("nothing was found")
    return ChangesTime(name, days, size, count, median(times), longest[0] * 1e3)


async def _run(goals: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        begin = datetime.now(UTC) - timedelta(days=DAYS)
        household, size = _write(Path(folder) / ".storage" / "digital_twin", goals, begin)
        hass = await start(Path(folder))
        print(json.dumps(await _measure(hass, household, size)), flush=True)
        await hass.async_stop(force=True)


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    asyncio.run(_run(int(sys.argv[1])))
