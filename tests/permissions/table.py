"""Reads the table of permissions in the documentation."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
import re
from typing import Final

from .callers import Column

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "who-sees-what.md"
HEADER: Final = ("What", "By", *Column)
WAY: Final = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """What can be done, in which ways, and who may: what the table says, empty for nothing."""

    name: str
    ways: tuple[str, ...]
    cells: Mapping[Column, str]


def rows() -> Iterator[Row]:
    """Yield the rows of the table."""
    lines = iter(DOCUMENT.read_text(encoding="utf-8").splitlines())
    next(line for line in lines if _parts(line) == HEADER)
    next(lines)
    for line in lines:
        if not line.startswith("|"):
            return
        name, ways, *cells = _parts(line)
        yield Row(
            name=name,
            ways=tuple(WAY.findall(ways)),
            cells=dict(zip(Column, cells, strict=True)),
        )


def _parts(line: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in line.strip().strip("|").split("|"))
