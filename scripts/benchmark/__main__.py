"""Runs every contender with every number of sensors, and prints the table."""

import argparse
from dataclasses import replace
from datetime import UTC, datetime
import json
import os
from pathlib import Path
import platform
import subprocess
import sys

from homeassistant.const import __version__ as home_assistant

from .contenders import CONTENDERS
from .measure import Result

REPOSITORY = Path(__file__).parents[2]
KEPT = REPOSITORY / "docs" / "performance.md"
SENSORS = (100, 1_000, 10_000)
TWIN = "digital_twin"
# What must hold: see docs/performance.md.
MOST_OF_FLOOR = 1.3
MOST_GROWTH = 1.5
CHEAPER_THAN_GROUP = 50
MOST_SETUP = 1.0


def _run(contender: str, sensors: int, repetitions: int) -> Result:
    results = []
    for what in ("time", "memory"):
        command = [sys.executable, "-m", "scripts.benchmark.measure"]
        command += [contender, str(sensors), str(repetitions), what]
        done = subprocess.run(  # noqa: S603  # our own module
            command, cwd=REPOSITORY, check=True, stdout=subprocess.PIPE
        )
        results.append(Result(**json.loads(done.stdout.splitlines()[-1])))
    return replace(results[0], memory=results[1].memory)


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
        f"| {one.contender} | {one.sensors:,} | {one.cost:,.1f} | {one.cost / one.floor:,.2f}"
        f" | {one.setup:.3f} s | {one.memory:,.0f} B | {one.writes:,} |"
        for one in results
    ]
    return lines


def _bounds(results: list[Result]) -> list[tuple[bool, str]]:
    """Judge what was promised, as far as it was measured."""
    share = {(one.contender, one.sensors): one.cost / one.floor for one in results}
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


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="keep the table in docs/")
    parser.add_argument("--quick", action="store_true", help="only see that it runs")
    options = parser.parse_args()
    sizes, repetitions = ((100, 1_000), 1) if options.quick else (SENSORS, 3)
    results = [
        _run(contender, sensors, repetitions) for sensors in sizes for contender in CONTENDERS
    ]
    bounds = _bounds(results)
    text = [_machine(), "", *_table(results), ""]
    text += [f"- {'kept' if holds else 'BROKEN'}: {what}" for holds, what in bounds]
    print("\n".join(text))
    if options.keep:
        heading, marker, _ = KEPT.read_text(encoding="utf-8").partition("## The last run\n")
        KEPT.write_text("\n".join([heading + marker, *text, ""]), encoding="utf-8")
    return 0 if all(holds for holds, _ in bounds) else 1


if __name__ == "__main__":
    sys.exit(main())
