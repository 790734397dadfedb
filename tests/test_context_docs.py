"""The tables of docs/context.md are the table in the code."""

from pathlib import Path
import re

import pytest

from custom_components.digital_twin.twin.enums import (
    ContextEffect,
    HomeContext,
    PersonContext,
    TwinEnum,
)
from custom_components.digital_twin.twin.records.context_effects import (
    DEFAULT_EFFECTS,
    HOME_EFFECTS,
    PERSON_EFFECTS,
)

DOCUMENT = Path(__file__).parents[1] / "docs" / "context.md"
ROW = re.compile(r"^\| `(\w+)` \|(.+)\|$", re.MULTILINE)


def _rows() -> dict[int, list[tuple[str, list[bool]]]]:
    """Return the rows by how many effects they have: those of homes, and those of people."""
    found: dict[int, list[tuple[str, list[bool]]]] = {}
    for name, cells in ROW.findall(DOCUMENT.read_text(encoding="utf-8")):
        told = [cell.strip() for cell in cells.split("|")]
        if {*told} <= {"yes", "\N{EN DASH}"}:
            found.setdefault(len(told), []).append((name, [each == "yes" for each in told]))
    return found


@pytest.mark.parametrize(
    ("enum", "effects"), [(PersonContext, PERSON_EFFECTS), (HomeContext, HOME_EFFECTS)]
)
def test_the_document_says_what_each_context_does(
    enum: type[TwinEnum], effects: tuple[ContextEffect, ...]
) -> None:
    assert _rows()[len(effects)] == [
        (each.value, [each in DEFAULT_EFFECTS[effect] for effect in effects]) for each in enum
    ]
