"""Runs every contender with every number of sensors, and writes with few and many goals."""

import argparse
from dataclasses import astuple, replace
from datetime import UTC, datetime
import json
from math import isinf
import os
from pathlib import Path
import platform
from statistics import median
import subprocess
import sys
from typing import Any, NamedTuple

from homeassistant.const import __version__ as home_assistant

from custom_components.digital_twin.engine.core.journal import KEPT_BYTES
from scripts.demo.server import free_port

from .answers import HOME_ASSISTANT, AnswerTime
from .changes import MONTH, ChangesTime, DocumentTime
from .contenders import CONTENDERS
from .correlations import CorrelationTime
from .files import FileTime
from .measure import Result
from .queries import QueryTime
from .simulations import SimulationTime
from .subscribers import SubscriberCost
from .writes import ACTIONS, Block

REPOSITORY = Path(__file__).parents[2]
KEPT = REPOSITORY / "docs" / "performance.md"
SENSORS = (100, 1_000, 10_000)
GOALS = (10, 1_000)
TWIN = "digital_twin"
# What can be measured alone.
PARTS = ("writes", "queries", "answers", "subscribers")
# The bounds: see docs/performance.md.
MOST_OF_FLOOR = 1.1
MOST_GROWTH = 1.5
CHEAPER_THAN_GROUP = 50
MOST_SETUP = 0.6
MOST_WRITTEN = 4_096
MOST_WRITE_GROWTH = 1.5
LEAST_RATE = 4_000
# Seconds, less what the clock of the benchmark and a timer may differ by.
LEAST_BETWEEN_REWRITES = 9.9
# Milliseconds of the processor.
LONGEST_HONEST_QUERY = 100.0
LONGEST_HOSTILE_QUERY = 150.0
# For a document of any earlier time (ms).
LONGEST_DOCUMENT = 100.0
# For what changed in a month.
LONGEST_MONTH = 300.0
# For a what-if question over a thousand goals.
LONGEST_SIMULATION = 200.0
# For what goes together of a person with every metric, in the worker thread.
LONGEST_CORRELATIONS = 150.0
# Milliseconds.
LONGEST_ANSWER = 100.0
# Seconds of the processor, and bytes.
LONGEST_HELD = 0.05
MOST_KEPT = 1_048_576


class WriteCost(NamedTuple):
    """The cost of one action; `growth` is its time in pairs with the same with fewer goals."""

    action: str
    goals: int
    block: Block
    growth: float


def _run(contender: str, sensors: int, pairs: int) -> Result:
    """Measure times and memory, each in a process of its own."""
    results = [
        Result(**_module("measure", contender, str(sensors), str(many))) for many in (pairs, 0)
    ]
    return replace(results[0], memory=results[1].memory)


def _module(name: str, *arguments: str) -> Any:  # noqa: ANN401 - JSON of any shape
    done = subprocess.run(  # noqa: S603  # our own module
        _command(name, *arguments), cwd=REPOSITORY, check=True, stdout=subprocess.PIPE
    )
    return json.loads(done.stdout.splitlines()[-1])


def _command(name: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", f"scripts.benchmark.{name}", *arguments]


class _Writer:
    """A process that writes to an installation with some goals."""

    def __init__(self, goals: int) -> None:
        self._process = subprocess.Popen(  # noqa: S603  # our own module
            _command("writes", str(goals)),
            cwd=REPOSITORY,
            # Two run at a time, each with its own port.
            env=os.environ | {"SETUP_PORT": str(free_port())},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, block: str) -> Any:  # noqa: ANN401 - JSON of any shape
        """Run one block and return what it measured."""
        if self._process.stdin is None or self._process.stdout is None:
            raise SystemExit("the process of the writes has no pipes")
        print(block, file=self._process.stdin, flush=True)
        return json.loads(self._process.stdout.readline())

    def end(self) -> None:
        """Wait until the process has ended."""
        self._process.communicate(timeout=120)


def _measure_writes(sizes: tuple[int, int], pairs: int) -> tuple[list[WriteCost], float]:
    """Measure the writes with few and with many goals, in alternating blocks.

    Returns the costs and the shortest time in seconds between two rewrites of one file.
    """
    writers = {goals: _Writer(goals) for goals in sizes}
    blocks: dict[tuple[str, int], list[Block]] = {}
    for action in ACTIONS:
        for number in range(pairs):
            for goals in sizes if number % 2 == 0 else reversed(sizes):
                single = Block(**writers[goals].ask(f"singles {action}"))
                burst = Block(**writers[goals].ask(f"bursts {action}"))
                block = replace(single, rate=burst.rate)
                blocks.setdefault((action, goals), []).append(block)
    shortest = min(writer.ask("rewrites") for writer in writers.values())
    for writer in writers.values():
        writer.end()
    costs = [
        WriteCost(
            action,
            goals,
            Block(*(median(column) for column in zip(*map(astuple, found), strict=True))),
            median(
                one.seconds / few.seconds
                for one, few in zip(found, blocks[action, sizes[0]], strict=True)
            ),
        )
        for (action, goals), found in blocks.items()
    ]
    return costs, shortest


def _machine() -> str:
    processor = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.processor() or platform.machine(),
    )
    return (
        f"{processor}, {os.cpu_count()} cores, {platform.system()} {platform.machine()},"
        f" Python {platform.python_version()}, Home Assistant {home_assistant},"
        f" {datetime.now(UTC):%Y-%m-%d}"
    )


def _table(results: list[Result]) -> list[str]:
    heads = ("µs per change", "of the floor", "set-up", "memory per sensor", "writes per 1,000")
    lines = [
        f"| contender | sensors | {' | '.join(heads)} |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {one.contender} | {one.sensors:,} | {one.cost:,.1f} | {one.ratio:,.2f}"
        f" | {one.setup:.3f} s | {one.memory:,.0f} B | {one.writes:,} |"
        for one in results
    ]
    return lines


def _bounds(results: list[Result]) -> list[tuple[bool, str]]:
    """Compare the state change costs with their bounds."""
    share = {(one.contender, one.sensors): one.ratio for one in results}
    setups = {one.sensors: one.setup for one in results if one.contender == TWIN}
    most, least = max(setups), min(setups)
    of_floor = share[TWIN, most]
    growth = of_floor / share[TWIN, least]
    cheaper = share["group", 1_000] / share[TWIN, 1_000]
    return [
        (of_floor <= MOST_OF_FLOOR, f"{of_floor:.2f} of the floor at {most:,} sensors"),
        (growth <= MOST_GROWTH, f"that is {growth:.2f} of its share at {least:,}"),
        (cheaper >= CHEAPER_THAN_GROUP, f"{cheaper:,.0f} times cheaper than group at 1,000"),
        (setups[most] < MOST_SETUP, f"{setups[most]:.2f} s to set up with {most:,} entities"),
    ]


def _write_table(costs: list[WriteCost]) -> list[str]:
    heads = (
        "ms per write",
        "of that with fewest",
        "bytes per write",
        "writes a second, 64 at once",
    )
    return [
        f"| action | goals | {' | '.join(heads)} |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ] + [
        f"| {one.action} | {one.goals:,} | {one.block.seconds * 1e3:.2f} | {one.growth:.2f}"
        f" | {one.block.written:,.0f} | {one.block.rate:,.0f} |"
        for one in costs
    ]


def _write_bounds(costs: list[WriteCost], shortest: float) -> list[tuple[bool, str]]:
    most = max(one.goals for one in costs)
    written = max(one.block.written for one in costs)
    growth = max(one.growth for one in costs)
    rate = min(one.block.rate for one in costs)
    between = "no file twice" if isinf(shortest) else f"a file again after {shortest:.1f} s"
    return [
        (written <= MOST_WRITTEN, f"{written:,.0f} bytes for one acknowledged write"),
        (growth <= MOST_WRITE_GROWTH, f"a write takes {growth:.2f} times as long with {most:,}"),
        (rate >= LEAST_RATE, f"{rate:,.0f} writes a second, 64 at once"),
        (shortest >= LEAST_BETWEEN_REWRITES, f"under constant writes rewrites {between}"),
    ]


def _query_table(times: list[QueryTime]) -> list[str]:
    return ["| query | ms of the processor | refused as |", "| --- | ---: | --- |"] + [
        f"| {'' if one.honest else 'hostile: '}{one.name} | {one.milliseconds:.1f}"
        f" | {one.key or 'answered'} |"
        for one in times
    ]


def _query_bounds(times: list[QueryTime]) -> list[tuple[bool, str]]:
    honest = [one for one in times if one.honest]
    hostile = [one for one in times if not one.honest]
    slowest = max(honest, key=lambda one: one.milliseconds)
    slowest_hostile = max(hostile, key=lambda one: one.milliseconds)
    wrong = [one.name for one in honest if one.key] + [one.name for one in hostile if not one.key]
    return [
        (not wrong, f"honest queries are answered and hostile ones refused, except {len(wrong)}"),
        (
            slowest.milliseconds <= LONGEST_HONEST_QUERY,
            f"{slowest.milliseconds:.0f} ms for the slowest honest query ({slowest.name})",
        ),
        (
            slowest_hostile.milliseconds <= LONGEST_HOSTILE_QUERY,
            f"{slowest_hostile.milliseconds:.0f} ms to refuse the slowest ({slowest_hostile.name})",
        ),
    ]


def _changes_table(times: list[ChangesTime]) -> list[str]:
    heads = ("changes", "journal, MB", "ms of the processor", "loop held, ms")
    return [f"| what changed in | {' | '.join(heads)} |", "| --- | ---: | ---: | ---: | ---: |"] + [
        f"| {one.name} | {one.changes:,} | {one.journal / 1e6:.0f} | {one.milliseconds:.0f}"
        f" | {one.held:.0f} |"
        for one in times
    ]


def _changes_bounds(times: list[ChangesTime]) -> list[tuple[bool, str]]:
    month = next(one for one in times if one.days == MONTH)
    return [
        (month.journal <= KEPT_BYTES, f"{month.journal / 1e6:.0f} MB of journal"),
        (
            month.milliseconds <= LONGEST_MONTH,
            f"{month.milliseconds:.0f} ms for what changed in a month",
        ),
        (
            month.held < LONGEST_HELD * 1e3,
            f"{month.held:.0f} ms at most is the event loop held by that",
        ),
    ]


def _simulation_table(times: list[SimulationTime]) -> list[str]:
    return [
        "| what if | goals | ms of the processor | different |",
        "| --- | ---: | ---: | ---: |",
    ] + [
        f"| {one.name} | {one.goals:,} | {one.milliseconds:.0f} | {one.different:,} |"
        for one in times
    ]


def _simulation_bounds(times: list[SimulationTime]) -> list[tuple[bool, str]]:
    slowest = max(times, key=lambda one: one.milliseconds)
    kept = slowest.milliseconds < LONGEST_SIMULATION
    return [(kept, f"{slowest.milliseconds:.0f} ms for the slowest what-if ({slowest.name})")]


def _correlation_table(times: list[CorrelationTime]) -> list[str]:
    heads = ("days", "pairs", "ms of the processor", "loop held, ms")
    return [f"| what goes together: {' | '.join(heads)} |", "| ---: | ---: | ---: | ---: |"] + [
        f"| {one.days} | {one.pairs:,} | {one.milliseconds:.0f} | {one.held:.0f} |" for one in times
    ]


def _correlation_bounds(times: list[CorrelationTime]) -> list[tuple[bool, str]]:
    slowest = max(one.milliseconds for one in times)
    held = max(one.held for one in times)
    return [
        (slowest < LONGEST_CORRELATIONS, f"{slowest:.0f} ms for what goes together"),
        (held < LONGEST_HELD * 1e3, f"{held:.0f} ms at most is the event loop held by that"),
    ]


def _document_table(times: list[DocumentTime]) -> list[str]:
    heads = ("median, ms", "slowest, ms", "the first of all, ms")
    return [f"| as it was | {' | '.join(heads)} |", "| --- | ---: | ---: | ---: |"] + [
        f"| {one.name} | {one.median:.0f} | {one.slowest:.0f} | {one.first:.0f} |" for one in times
    ]


def _document_bounds(times: list[DocumentTime]) -> list[tuple[bool, str]]:
    slowest = max(times, key=lambda one: one.slowest)
    return [
        (
            slowest.slowest <= LONGEST_DOCUMENT,
            f"{slowest.slowest:.0f} ms for the slowest document of an earlier time",
        )
    ]


def _file_table(times: list[FileTime]) -> list[str]:
    return ["| files | ms of the processor |", "| --- | ---: |"] + [
        f"| {one.name} | {one.milliseconds:,.0f} |" for one in times
    ]


def _file_bounds(times: list[FileTime]) -> list[tuple[bool, str]]:
    return [
        (one.milliseconds < one.allowed, f"{one.milliseconds:,.0f} ms for {one.name}")
        for one in times
    ]


def _answer_table(times: list[AnswerTime]) -> list[str]:
    return [
        "| GET | bytes | median ms | p99 ms | longest ms | states a second meanwhile |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ] + [
        f"| `{one.path}` | {one.bytes:,} | {one.median:.1f} | {one.p99:.1f} | {one.longest:.1f}"
        f" | {one.changes:,.0f} |"
        for one in times
    ]


def _answer_bounds(times: list[AnswerTime]) -> list[tuple[bool, str]]:
    slowest = max((one for one in times if one.path != HOME_ASSISTANT), key=lambda one: one.p99)
    return [(slowest.p99 < LONGEST_ANSWER, f"{slowest.p99:.0f} ms at p99 for `{slowest.path}`")]


def _subscriber_table(cost: SubscriberCost) -> list[str]:
    return [
        (
            "| clients | goals | changes | events | s of changes | s without clients"
            " | loop held, ms | without clients |"
        ),
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        (
            f"| {cost.clients} | {cost.goals:,} | {cost.changes:,} | {cost.events:,}"
            f" | {cost.seconds:.1f} | {cost.seconds_without:.1f} | {cost.held * 1e3:.0f}"
            f" | {cost.held_without * 1e3:.0f} |"
        ),
    ]


def _subscriber_bounds(cost: SubscriberCost) -> list[tuple[bool, str]]:
    return [
        (not cost.wrong, f"{cost.clients} clients know the truth in the end, except {cost.wrong}"),
        (cost.held < LONGEST_HELD, f"{cost.held * 1e3:.0f} ms at most is the event loop held"),
        (cost.kept <= MOST_KEPT, f"{cost.kept:,} bytes stay when all clients are gone"),
    ]


def _measure_queries(*, quick: bool) -> tuple[list[str], list[tuple[bool, str]]]:
    """Measure what is asked; return the lines of the tables, and the bounds."""
    times = [QueryTime(*one) for one in _module("queries", "100" if quick else "1000")]
    compared = _module("correlations", "60" if quick else "400")
    together = [CorrelationTime(*one) for one in compared]
    bounds = [*_query_bounds(times), *_correlation_bounds(together)]
    return [*_query_table(times), "", *_correlation_table(together), ""], bounds


def _measure_past(*, quick: bool) -> tuple[list[str], list[tuple[bool, str]]]:
    """Measure what the journal tells, and what-if questions; return tables and bounds."""
    changes, documents = _module("changes", "20" if quick else "100")
    past = [ChangesTime(*one) for one in changes]
    earlier = [DocumentTime(*one) for one in documents]
    asked = _module("simulations", "50" if quick else "1000")
    suppositions = [SimulationTime(*one) for one in asked]
    bounds = [
        *_changes_bounds(past),
        *_document_bounds(earlier),
        *_simulation_bounds(suppositions),
    ]
    tables = (_changes_table(past), _document_table(earlier), _simulation_table(suppositions))
    return [line for table in tables for line in [*table, ""]], bounds


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="keep the table in docs/")
    parser.add_argument("--quick", action="store_true", help="only see that it runs")
    parser.add_argument("--writes", action="store_true", help="only the cost of writes")
    parser.add_argument("--queries", action="store_true", help="only the cost of queries")
    parser.add_argument("--twin", action="store_true", help="only journal, what-if and files")
    parser.add_argument("--answers", action="store_true", help="only the time of REST answers")
    parser.add_argument("--subscribers", action="store_true", help="only that of subscriptions")
    options = parser.parse_args()
    only = {
        name
        for name in ("writes", "queries", "twin", "answers", "subscribers")
        if getattr(options, name)
    }
    if options.keep and (options.quick or only):
        parser.error("only a whole run can be kept")
    text, bounds = [_machine(), ""], []
    if not only:
        sizes, pairs = ((100, 1_000), 1) if options.quick else (SENSORS, 9)
        results = [
            _run(contender, sensors, pairs if contender == TWIN else min(3, pairs))
            for sensors in sizes
            for contender in CONTENDERS
        ]
        text += [*_table(results), ""]
        bounds += _bounds(results)
    if not only or "writes" in only:
        goals, pairs = ((10, 100), 1) if options.quick else (GOALS, 6)
        costs, shortest = _measure_writes(goals, pairs)
        bounds += _write_bounds(costs, shortest)
        text += [*_write_table(costs), ""]
    if not only or "queries" in only:
        lines, judged = _measure_queries(quick=options.quick)
        bounds += judged
        text += lines
    if not only or {"queries", "twin"} & only:
        measured = _measure_past(quick=options.quick)
        text, bounds = text + measured[0], bounds + measured[1]
    if not only or "twin" in only:
        files = [FileTime(*one) for one in _module("files", "50" if options.quick else "1000")]
        bounds += _file_bounds(files)
        text += [*_file_table(files), ""]
    if not only or "answers" in only:
        answers = [
            AnswerTime(*one)
            for one in _module("answers", *(("100", "50") if options.quick else ("1000", "1000")))
        ]
        bounds += _answer_bounds(answers)
        text += [*_answer_table(answers), ""]
    if not only or "subscribers" in only:
        numbers = ("10", "100", "640") if options.quick else ("100", "1000", "10000")
        cost = SubscriberCost(**_module("subscribers", *numbers))
        bounds += _subscriber_bounds(cost)
        text += [*_subscriber_table(cost), ""]
    text += [f"- {'kept' if holds else 'BROKEN'}: {what}" for holds, what in bounds]
    print("\n".join(text))
    if options.keep:
        heading, marker, _ = KEPT.read_text(encoding="utf-8").partition("## The last run\n")
        KEPT.write_text("\n".join([heading + marker, *text, ""]), encoding="utf-8")
    return 0 if all(holds for holds, _ in bounds) else 1


if __name__ == "__main__":
    sys.exit(main())
