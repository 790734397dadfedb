"""Measures queries over a thousand goals, honest and hostile, in a process of its own.

The only line of the output is a list in JSON: name, milliseconds and the key of the refusal.
"""

import asyncio
from collections.abc import Mapping
import json
import logging
from pathlib import Path
from statistics import median
import sys
import tempfile
import time
from types import MappingProxyType
from typing import Final, NamedTuple

from homeassistant.core import HomeAssistant

from custom_components.digital_twin.engine.documents import Document, twin_document
from custom_components.digital_twin.engine.query import async_query
from custom_components.digital_twin.engine.runtime import Runtime
from custom_components.digital_twin.twin.errors import TwinError

from .house import start
from .writes import Writer

ROUNDS: Final = 3
KINDS: Final = MappingProxyType({"persons": "person", "homes": "home", "goals": "goal"})
# Ten thousand references to one text of nearly a megabyte.
LONG_TEXT: Final = "goals[].description|join('',@)|[@,@][]|[@,@][]|[@,@,@,@,@,@,@,@,@,@][]"

HONEST: Final[Mapping[str, str]] = MappingProxyType(
    {
        "names": "goals[].name",
        "filter": "goals[?status=='Active' && pace=='behind'].name",
        "fields": (
            "goals[].{code:goal_code,name:name,status:status,progress:progress,pace:pace,"
            "start:start_date,target:target_date,owner:owner_person_id}"
        ),
        "sorted": "reverse(sort_by(goals[?progress], &progress))[:10].[goal_code, progress]",
        "mean": "avg(goals[?progress].progress)",
        "counts": (
            "{all:length(goals),active:length(goals[?status=='Active']),"
            "done:length(goals[?status=='Completed'])}"
        ),
        "open items": "goals[].progress_metrics[].items[?state!='done'][].name",
        "key results": (
            "goals[].progress_metrics[?kind=='accumulate'][].{name:name,current:current,"
            "target:target}"
        ),
        "search": "goals[?contains(name, '77') || contains(description, 'plan')].goal_code",
        "joined": "join(', ', sort(goals[].name))",
        "nested filters": "goals[?progress_metrics[?items[?state=='todo']]].goal_code",
        "merged": "goals[].merge(@, {owner: `null`}).[goal_code, owner]",
        "texts": "goals[:200].to_string(@)",
        "latest": "max_by(goals, &target_date).goal_code",
        "home": "homes[0].[name, occupancy_status, operational_status]",
    }
)

HOSTILE: Final[Mapping[str, str]] = MappingProxyType(
    {
        # Lists that double.
        "flatten": "goals" + "|[@,@][]" * 15,
        "flatten a hundred": "goals" + "|[" + ",".join("@" * 100) + "][]" + "|[@,@][]" * 60,
        "flatten at once": "goals" + "|[@,@][]" * 6 + "|[" + ",".join("@" * 400) + "][]",
        "reverse": "goals" + "|reverse([@,@][])" * 40,
        "sort": "goals[].name" + "|sort([@,@][])" * 40,
        "sorted often": "goals[].name" + "|[@,@][]" * 4 + "|sort(@)" * 8 + "|length(@)",
        "sort_by": "goals" + "|sort_by([@,@][],&name)" * 30,
        "min_by": "goals" + "|[@,@][]" * 7 + "|min_by(@,&join('',[name,name]))",
        "map": "goals" + "|map(&[@,@],@)[]" * 40,
        "values": "goals[0]" + "|values({a:@,b:@})" * 45,
        "projections": "goals" + "|[@,@,@,@,@,@,@,@][].*" * 20,
        "filter": "goals" + "|[@,@][?@]" + "|[@,@][][?@]" * 40,
        "slices": "goals" + "|[@,@][]|[::-1]" * 40,
        "steps": "goals" + "|[@[::2],@[1::2],@][]" * 30,
        "product": "goals[].[" + ",".join(["@.*.*"] * 150) + "]",
        "product of filters": "goals[?" + "||".join(["*.*.*.*.z"] * 80) + "]",
        "same list often": "[" + ",".join(["goals[].*.*.a"] * 70) + "]",
        "nested maps": "goals|map(&map(&map(&[@,@,@,@],values(@)),[@,@,@,@]),@)",
        # Texts that double.
        "join": "goals[0].name" + "|join(@,[@,@,@])" * 14,
        "join a list": "goals[].description" + "|join('',[@,@][])|[@,@,@,@,@,@,@,@]" * 20,
        "to_string": "goals[0]" + "|to_string([@,@])" * 50,
        "to_string quotes": "'\"'" + "|to_string([@])" * 60,
        "reverse a text": "goals[0].description" + "|join('',[@,@])|reverse(@)" * 35,
        "long keys": f"{LONG_TEXT}|[@,@,@,@,@,@,@,@,@,@][]|length(sort_by(@,&@))",
        "long texts sorted": f"{LONG_TEXT}|[@,@,@,@,@,@,@,@,@,@][]|length(sort(@))",
        "long texts compared": f"{LONG_TEXT}|[@,@,@,@,@,@,@,@,@,@][]|[?join('',[@])>join('',[@])]",
        "long texts searched": (
            f"{LONG_TEXT}|map(&contains(@,'{'a' * 49}b{'a' * 49}'),[@,@,@,@,@,@,@,@,@,@][])"
        ),
        "numbers from texts": "goals[].description|join('',@)|"
        + "[@,@][]|" * 14
        + "map(&to_number(@),@)",
        # Trees whose parts occur very often: small in memory, endless when written out.
        "tree as answer": "goals" + "|[@,@,@,@,@,@,@,@,@,@]" * 10,
        "empty lists as answer": "`[]`" + "|[@,@]" * 90,
        "objects as answer": "`{}`" + "|{a:@,b:@}" * 80,
        "tree to text": "goals" + "|[@,@]" * 30 + "|to_string(@)",
        "tree compared": "[goals,goals]" + "|map(&[@,@],@)" * 40 + "|@[0]==@[1]",
        "objects compared": "[goals,goals]" + "|map(&{a:@,b:@},@)" * 40 + "|@[0]==@[1]",
        "tree contained": "[goals,goals]" + "|map(&[@,@],@)" * 40 + "|contains([@[0]],@[1])",
        "merged objects": "[homes,homes]"
        + "|map(&{a:@,b:merge({c:@},{d:@})},@)" * 20
        + "|@[0]!=@[1]",
        "all goals": "goals",
        "all goals thrice": "[goals,goals,goals]",
        # Deep expressions.
        "parentheses": "(" * 499 + "@" + ")" * 499,
        "brackets": "[" * 499 + "@" + "]" * 499,
        "objects": "{a:" * 240 + "@" + "}" * 240,
        "calls": "type(" * 120 + "@" + ")" * 120,
        "negations": "!" * 999 + "@",
        "references": "&" * 999 + "@",
        "pipes": "@" + "|@" * 499,
        "alternatives": "zz" + "||zz" * 249,
        "filters": "goals" + "[?@" * 300,
        "projections of projections": "goals" + "[*]" * 300,
        "a deep literal": f"`{'[' * 499}{']' * 499}`",
        # Numbers.
        "a giant number": f"to_number('{'9' * 900}')",
        "giant numbers": f"[to_number('{'9' * 900}')]" + "|[sum([@[0],@[0]])]" * 4,
        "an infinite number": "to_number('1e999')",
        "a step of nothing": "goals[::0]",
        "too long": "@" * 1_001,
    }
)


class QueryTime(NamedTuple):
    """One query: how long it took, and with which key it was refused (none if answered)."""

    name: str
    honest: bool
    milliseconds: float
    key: str


async def _measure(hass: HomeAssistant, goals: int) -> list[QueryTime]:
    writer = Writer(hass)
    await writer.set_up(goals)
    loaded: Runtime = hass.config_entries.async_entries("digital_twin")[0].runtime_data
    world = {
        name: [twin_document(loaded, kind, key) for key in loaded.registry.records(kind)]
        for name, kind in KINDS.items()
    }
    return [
        await _time(hass, world, name, expression, honest=table is HONEST)
        for table in (HONEST, HOSTILE)
        for name, expression in table.items()
    ]


async def _time(
    hass: HomeAssistant,
    world: Mapping[str, list[Document]],
    name: str,
    expression: str,
    *,
    honest: bool,
) -> QueryTime:
    times, key = [], ""
    for _ in range(ROUNDS):
        begin = time.process_time()
        try:
            await async_query(hass, world, expression)
        except TwinError as error:
            key = error.key
        times.append((time.process_time() - begin) * 1e3)
    return QueryTime(name, honest, median(times), key)


async def _run(goals: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        hass = await start(Path(folder))
        print(json.dumps(await _measure(hass, goals)), flush=True)
        await hass.async_stop(force=True)


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    asyncio.run(_run(int(sys.argv[1])))
