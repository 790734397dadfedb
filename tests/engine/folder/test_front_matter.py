"""Front matter is read as far as it is flat; what is wrong with it is named by its line."""

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.engine.folder.files import FolderFault
from custom_components.digital_twin.engine.folder.front_matter import (
    MAX_LINES,
    FrontMatter,
    read_front_matter,
)


def read(text: str) -> tuple[FrontMatter, list[FolderFault]]:
    return read_front_matter(text.split("\n"), "G.md")


def said(text: str) -> dict[str, str]:
    front, faults = read(f"---\n{text}\n---\n# Title")
    assert faults == []
    return {name: value.text for name, value in front.values.items()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: b", {"a": "b"}),
        ('a: "b: c"', {"a": "b: c"}),
        ("A: b", {"a": "b"}),
        ("a: 007\nb: 2026-04-30\nc: yes", {"a": "007", "b": "2026-04-30", "c": "yes"}),
        ("a:\nb: ~\nc: null\nd: 'null'", {"d": "null"}),
        ("a: [x, y]", {"a": "x, y"}),
        ("a:\n  - x\n  - y", {"a": "x, y"}),
        ("a: {b: c}\nd: e", {"d": "e"}),
        ("a: [[b, c], d]", {"a": "d"}),
        ("a: &x b\nc: *x\nd: e", {"a": "b", "d": "e"}),
        ("a: !!python/object:os.system b", {"a": "b"}),
        ("a: |\n  one\n  two", {"a": "one\ntwo"}),
        ("# only a comment", {}),
        ("", {}),
    ],
)
def test_flat_values_are_texts(text: str, expected: dict[str, str]) -> None:
    assert said(text) == expected


def test_a_value_knows_its_line() -> None:
    front, _faults = read("---\na: b\n\nc: d\n---\n")
    assert {name: value.line for name, value in front.values.items()} == {"a": 2, "c": 4}
    assert front.lines == 5


def test_the_first_of_several_names_counts() -> None:
    front, _faults = read("---\ndue: x\ntarget: y\n---\n")
    value = front.get("target_date", "target", "due")
    assert value is not None
    assert value.text == "y"
    assert front.get("nothing") is None


@pytest.mark.parametrize("text", ["", "# Title", "text\n---\na: b\n---", "----\na: b\n----"])
def test_a_file_need_not_have_any(text: str) -> None:
    assert read(text) == (FrontMatter(), [])


def test_it_may_end_with_dots_and_space() -> None:
    front, faults = read("--- \na: b\n...\t\nrest")
    assert (front.lines, faults) == (3, [])


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ('---\ntitle: "a\ntype: "goal"\n---', 2, "unclosed_quote"),
        ("---\na: b\ntitle: 'it''s\nc: d\n---", 3, "unclosed_quote"),
        ("---\na:\n  - 'x\n---", 3, "unclosed_quote"),
        ('---\na: "x\\"\n---', 2, "unclosed_quote"),
        ("---\na: 'b'\nc: it's: bad\n---", 3, "invalid_front_matter"),
        ("---\na: b\n\tc: d\n---", 3, "invalid_front_matter"),
        ("---\n- a\n---", 2, "invalid_front_matter"),
        ("---\nonly words\n---", 2, "invalid_front_matter"),
        ("---\n? [a]\n: b\n---", 2, "invalid_front_matter"),
        ("---\na: *nobody\nb: [\n---", 3, "invalid_front_matter"),
        ("---\na: \x00\n---", 2, "invalid_front_matter"),
        ("---\na: b", 1, "front_matter_not_closed"),
        ("---\n" + "a: b\n" * (MAX_LINES + 1) + "---", 1, "front_matter_too_long"),
        ("---\na: " + "b" * 40_000 + "\n---", 1, "front_matter_too_long"),
        ("---\na: " + "[" * 3000 + "\n---", None, "invalid_front_matter"),
    ],
)
def test_what_is_broken_is_named_by_its_line(text: str, line: int | None, key: str) -> None:
    front, faults = read(text)
    assert front.values == {}
    assert front.broken
    assert [fault.key for fault in faults] == [key]
    assert line is None or faults[0].line == line
    assert faults[0].place.startswith("G.md:")


def test_of_a_name_that_comes_twice_the_first_counts() -> None:
    front, faults = read("---\na: b\nc: d\nA: e\n---")
    assert front.values["a"].text == "b"
    assert faults == [FolderFault("G.md", 4, "duplicate_key", {"name": "A"})]


def test_a_list_without_an_end_is_not_read_to_its_end() -> None:
    front, _faults = read("---\na: [" + "x, " * 8000 + "]\nb: c\n---")
    assert "b" not in front.values


@given(st.lists(st.text("a:-'\"[]{}\t #&*!|>\n", max_size=12), max_size=8))
def test_no_front_matter_breaks_the_reading(lines: list[str]) -> None:
    front, faults = read("\n".join(["---", *lines, "---"]))
    assert all(fault.line for fault in faults)
    assert not (front.broken and front.values)
