"""Reads tables of key figures, whose rows are key results."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
import re
from typing import Final, NamedTuple

from ...twin.goals.key_results import COMPARISON, PARTS
from ...twin.records.naming import unique_slug
from ...twin.records.parsers import LARGEST_AMOUNT
from ...twin.values import PlainJson
from .markdown import MarkdownTable, plain

COMPARISONS: Final[Mapping[str, str | None]] = {
    **{sign: sign for sign in "<≤>≥~"},
    "<=": "≤",
    "=<": "≤",
    ">=": "≥",
    "=>": "≥",
    "≈": "~",
    "=": None,
}
CURRENCIES: Final = "€$£¥₹₽₴"
FACTORS: Final = {"k": 1e3, "K": 1e3, "M": 1e6}
TARGET: Final = re.compile(
    rf"(?P<comparison>[<>]=?|=[<>]?|[≤≥~≈])?\s*"
    rf"(?P<currency>[{CURRENCIES}])?\s*"
    rf"(?P<number>[+\-]?[0-9][0-9.,' ]*[0-9]|[+\-]?[0-9])"
    rf"(?P<factor>[kKM](?=$|[\s/{CURRENCIES}]))?"
    rf"\s*(?P<unit>[^\W\d][^\s\d]{{0,15}}[23]?|[%‰°{CURRENCIES}][^\s\d]{{0,15}}|/[^\s\d]{{1,15}}"
    rf"|[^\W\d][^\s\d]{{0,9}} (?:per|a|an|na|/) [^\s\d]{{1,12}})?"
)
THOUSANDS: Final = re.compile(r"[+-]?[1-9][0-9]{0,2}(?P<mark>[,.' ])[0-9]{3}(?:(?P=mark)[0-9]{3})*")
# Narrow and hard spaces, the typographer's apostrophe and the minus sign.
SIMPLER: Final = str.maketrans("\u00a0\u2009\u202f\u2019\u2212", "   '-")


class Amount(NamedTuple):
    """A number with its unit and its comparison (`<`, `≤`, `>`, `≥`, `~`)."""

    value: float
    unit: str | None
    comparison: str | None


def read_amount(text: str) -> Amount | None:
    """Read a single number; None for any other text.

    >>> read_amount("≥ 25%")
    Amount(value=25.0, unit='%', comparison='≥')
    >>> read_amount("10,000")
    Amount(value=10000.0, unit=None, comparison=None)
    >>> read_amount("-2 to -4% vs Jan baseline") is None
    True
    """
    match = TARGET.fullmatch(text.translate(SIMPLER).strip())
    if match is None:
        return None
    value = _value(match["number"])
    if value is None:
        return None
    value *= FACTORS.get(match["factor"] or "", 1.0)
    if abs(value) > LARGEST_AMOUNT:
        return None
    unit = match["currency"] or match["unit"]
    return Amount(value, unit, COMPARISONS.get(match["comparison"] or "="))


def _value(written: str) -> float | None:
    """Read a number with separators of thousands and decimals; None if they are ambiguous.

    `10,000` are ten thousand, as `10.000.000` are ten millions; `1.234` is a little more than
    one, since a single point is what most tables have for decimals, and `0,500` is a half.
    """
    whole, mark, part = written, "", ""
    last = max(written.rfind(","), written.rfind("."))
    grouped = THOUSANDS.fullmatch(written)
    if last >= 0 and (grouped is None or (grouped["mark"] == "." and written.count(".") == 1)):
        whole, mark, part = written[:last], written[last], written[last + 1 :]
    if mark and (not part.isdecimal() or mark in whole):
        return None
    bare = whole.lstrip("+-")
    if not bare.isdecimal() and not THOUSANDS.fullmatch(whole):
        return None
    sign = -1 if whole.startswith("-") else 1
    joined = re.sub(r"\D", "", whole)
    return sign * float(f"{joined}.{part or 0}")


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
    """A row of a table: the name of a key result, its parts, and the place of the row."""

    name: str
    file: str
    line: int
    parts: Mapping[str, PlainJson] = field(default_factory=dict)


def found_results(file: str, tables: Iterable[MarkdownTable]) -> Iterator[FoundResult]:
    """Yield the rows of the tables that have a column of names and one of targets."""
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
    """Read a row: a cell with one number is a number, any other a text.

    Unknown columns are kept under a slug of their head.
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
