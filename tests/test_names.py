"""A name stands for one thing, and the integration has no more files than a person can know."""

from pathlib import Path

import pytest

from .architecture import names

PACKAGE = Path(__file__).parents[1] / "custom_components" / "digital_twin"
MOST_FILES = 210


def test_no_name_stands_for_two_things() -> None:
    assert names.shared_names(PACKAGE) == []


def test_the_integration_has_a_limited_number_of_files() -> None:
    assert len(list(PACKAGE.rglob("*.py"))) <= MOST_FILES


# The checker itself, on samples.


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("class Row: ...", "class Row: ..."),
        ("class Row: ...", "class _Row: ..."),
        ("class Row: ...", "type Row = int"),
        ("type _Row = int", "def f() -> None:\n    class Row: ..."),
    ],
)
def test_a_name_for_two_things_is_found(tmp_path: Path, one: str, other: str) -> None:
    (tmp_path / "a.py").write_text(one, encoding="utf-8")
    (tmp_path / "b.py").write_text(other, encoding="utf-8")
    (found,) = names.shared_names(tmp_path)
    assert found.startswith("Row: a.py:1, b.py:")


def test_a_name_may_be_imported_and_used_everywhere(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("class Row: ...", encoding="utf-8")
    source = "from a import Row\nRows = list[Row]\nRow()\n"
    (tmp_path / "b.py").write_text(source, encoding="utf-8")
    assert names.shared_names(tmp_path) == []
