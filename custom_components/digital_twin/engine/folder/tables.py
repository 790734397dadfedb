"""Tables of key figures, whose rows are key results."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
import re
from typing import Final

from ...twin.goals.key_results import COMPARISON, PARTS
from ...twin.records.naming import unique_slug
from ...twin.values import PlainJson
from .markdown import Table, plain
from .numbers import read_amount

MAX_NAME: Final = 255
MAX_COLUMNS: Final = 20
# The columns by the beginnings of their heads, in the languages of the integration.
COLUMNS: Final[Mapping[str, re.Pattern[str]]] = {
    "name": re.compile(r"metric|kpi|measure\b|indicator|key result|wskaźnik|miernik|metryka"),
    "target": re.compile(r"target|goal|cel\b|wartość docelowa"),
    "baseline": re.compile(r"baseline|start|początek|wartość początkowa"),
    "current": re.compile(r"current|now\b|actual|latest|obecn|aktualn|teraz"),
    "unit": re.compile(r"unit|jednostka"),
    "weight": re.compile(r"weight|waga"),
}
NUMBERS: Final = ("baseline", "current", "weight")


@dataclass(frozen=True, slots=True)
class FoundResult:
    """A row of a table: the name of a key result, what it says about it, and where it stands."""

    name: str
    file: str
    line: int
    parts: Mapping[str, PlainJson] = field(default_factory=dict)


def found_results(file: str, tables: Iterable[Table]) -> Iterator[FoundResult]:
    """Yield the rows of those tables that have a column of names and one of targets."""
    for table in tables:
        heads = [plain(cell) for cell in table.head]
        columns = _columns(heads)
        if not {"name", "target"} <= columns.keys():
            continue
        for row in table.rows:
            cells = [plain(cell) for cell in row.cells]
            name = cells[columns["name"]][:MAX_NAME]
            if name:
                yield FoundResult(name, file, row.line, _parts(heads, columns, cells))


def _columns(heads: list[str]) -> dict[str, int]:
    columns: dict[str, int] = {}
    for at, head in enumerate(heads):
        for name, pattern in COLUMNS.items():
            if name not in columns and pattern.match(head.casefold()):
                columns[name] = at
                break
    return columns


def _parts(heads: list[str], columns: Mapping[str, int], cells: list[str]) -> dict[str, PlainJson]:
    """Read a row: numbers where a cell has one number, texts where not.

    Columns that are not ours are kept under their heads.
    """
    written = {name: cells[at] for name, at in columns.items() if cells[at]}
    parts: dict[str, PlainJson] = {}
    target = read_amount(written.get("target", ""))
    if target is not None:
        parts["target"] = target.value
        parts |= {COMPARISON: target.comparison} if target.comparison else {}
    elif "target" in written:
        parts["target"] = written["target"][:MAX_NAME]
    if unit := written.get("unit") or (target.unit if target else None):
        parts["unit"] = unit[:MAX_NAME]
    for name in NUMBERS:
        amount = read_amount(written.get(name, ""))
        if amount is not None and (name != "weight" or amount.value >= 0):
            parts[name] = amount.value
    for at, head in enumerate(heads[:MAX_COLUMNS]):
        taken = (*PARTS, COMPARISON, *parts)
        if at not in columns.values() and head and cells[at]:
            parts[unique_slug(head[:MAX_NAME], taken, "column")] = cells[at][:MAX_NAME]
    return parts
