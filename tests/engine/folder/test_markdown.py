"""Markdown gives headings, paragraphs, items and tables; everything else is passed over."""

from collections.abc import Iterator
from typing import Any, override

from markdown_it.token import Token
import pytest

from custom_components.digital_twin.engine.folder import markdown
from custom_components.digital_twin.engine.folder.markdown import (
    CHECKBOX_LINE,
    MAX_INLINE,
    Block,
    Heading,
    ListItem,
    MarkdownTable,
    Paragraph,
    SectionTopic,
    TableRow,
    outline,
    plain,
    read_blocks,
    topic_of,
)
from custom_components.digital_twin.twin.enums import ItemState


def blocks(text: str) -> tuple[Block, ...]:
    return read_blocks(text.split("\n"))


def items(text: str) -> list[tuple[str, ItemState | None, int, int]]:
    return [
        (block.text.strip(), block.state, block.depth, block.line)
        for block in blocks(text)
        if isinstance(block, ListItem)
    ]


def test_the_blocks_of_a_file() -> None:
    text = (
        "# Title *x*\nwords\nmore\n\n> quoted\n\n- item\n\n  below\n\n| a | b |\n|-|-|\n| 1 | `2` |"
    )
    assert blocks(text) == (
        Heading("Title x", 1, 1),
        Paragraph("words\nmore", 2),
        Paragraph("quoted", 5),
        ListItem("item", 7, 1, None),
        Paragraph("below", 9),
        MarkdownTable(("a", "b"), (TableRow(("1", "`2`"), 13),), 11),
    )


def test_front_matter_is_skipped_and_lines_are_counted_from_the_top() -> None:
    assert read_blocks(["---", "a: b", "---", "# T"], 3) == (Heading("T", 4, 1),)


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("- [ ] a", ItemState.TODO),
        ("* [x] a", ItemState.DONE),
        ("+ [X] a", ItemState.DONE),
        ("1. [/] a", ItemState.DOING),
        ("2) [?] a", ItemState.TODO),
        ("-\t[ ] a", ItemState.TODO),
        ("- [ ]\ta", ItemState.TODO),
        ("- [a](b) a", None),
        ("- [] a", None),
        ("- [ x] a", None),
        ("- a [ ]", None),
    ],
)
def test_a_checkbox_begins_an_item(text: str, state: ItemState | None) -> None:
    assert [found[1] for found in items(text)] == [state]


def test_an_item_that_was_given_up_is_none() -> None:
    assert items("- [-] a\n- [ ] b") == [("b", ItemState.TODO, 1, 2)]


def test_items_lie_within_items() -> None:
    text = "- [ ] a\n  - [x] b\n    1. [/] c\n- d\n\ttail\n> - [ ] e"
    assert items(text) == [
        ("a", ItemState.TODO, 1, 1),
        ("b", ItemState.DONE, 2, 2),
        ("c", ItemState.DOING, 3, 3),
        ("d\n  tail", None, 1, 4),
        ("e", ItemState.TODO, 1, 6),
    ]


def test_what_stands_in_code_and_comments_is_no_item() -> None:
    assert items("```\n- [ ] a\n```\n\n    - [ ] b\n\n<!--\n- [ ] c\n-->\n") == []


def test_an_item_that_begins_with_something_else_hands_nothing_on() -> None:
    assert items("- # heading\n\nwords [ ] x\n") == []
    assert items("- ```\n  code\n  ```\n- [ ] a") == [("a", ItemState.TODO, 1, 4)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**bold** _and_ `code`", "bold and code"),
        ("[link](a.md) ![image](b.png)", "link image"),
        ("[[G01_Run|the run]] [[G02]]", "the run G02"),
        ("before ![[photo.png|300]] after", "before after"),
        ("![[photo.png]]", ""),
        ("~~gone~~ ==marked== 1 == 1", "gone marked 1 == 1"),
        ("steps<br>daily<BR />sum", "steps daily sum"),
        ("a\nb  \nc", "a b c"),
        ("*a*\nb  \nc", "a b c"),
        ("<b>x</b> &amp; y", "x & y"),
        ("\\*x\\*", "*x*"),
        ("  plain   words ", "plain words"),
        ("a\x00\x07b", "ab"),
        ("5 < 6", "5 < 6"),
    ],
)
def test_plain_text_has_no_markup(text: str, expected: str) -> None:
    assert plain(text) == expected


class Counted(list[Token]):
    """Tokens that count how often one of them is looked at."""

    looks = 0

    @override
    def __iter__(self) -> Iterator[Token]:
        for token in super().__iter__():
            self.looks += 1
            yield token

    @override
    def __getitem__(self, at: Any) -> Any:
        self.looks += 1
        return super().__getitem__(at)


def test_a_long_table_is_walked_through_once() -> None:
    """Else a file of two megabytes would take minutes."""
    text = "| a | b |\n|-|-|\n" + "| 1 | 2 |\n" * 500
    tokens = Counted(markdown._parsers()[0].parse(text))
    (table,) = markdown._blocks(tokens)
    assert isinstance(table, MarkdownTable)
    assert len(table.rows) == 500
    assert tokens.looks < 5 * len(tokens)


def test_an_endless_line_is_cut() -> None:
    assert len(plain("x" * 10 * MAX_INLINE)) == MAX_INLINE


@pytest.mark.parametrize(
    ("line", "at"),
    [
        (b"- [ ] a", 3),
        (b"  * [x] a", 5),
        (b"> 12. [/] a", 7),
        (b"- - [ ] a", 5),
        (b"\t- [ ] [x] a", 4),
        (b"- [ ]", 3),
        (b"- a [ ] b", None),
        (b"-[ ] a", None),
        (b"[ ](x)", None),
        (b"- [ ]x", None),
    ],
)
def test_the_place_of_a_checkbox_in_its_line(line: bytes, at: int | None) -> None:
    match = CHECKBOX_LINE.match(line)
    assert (match.start(1) if match else None) == at


@pytest.mark.parametrize(
    ("heading", "topic"),
    [
        ("Purpose", SectionTopic.DESCRIPTION),
        ("\U0001f3af Intent", SectionTopic.DESCRIPTION),
        ("2. Why?", SectionTopic.DESCRIPTION),
        ("Whyever", None),
        ("Cel", SectionTopic.DESCRIPTION),
        ("Definition of Done (2026)", SectionTopic.DONE),
        ("Definicja uko\u0144czenia", SectionTopic.DONE),
        ("Dependencies", SectionTopic.DEPENDENCIES),
        ("Zale\u017cno\u015bci", SectionTopic.DEPENDENCIES),
        ("Roadmap (2026)", SectionTopic.ROADMAP),
        ("Q1", SectionTopic.ROADMAP),
        ("Scope", SectionTopic.ASIDE),
        ("Training log (2026)", SectionTopic.ASIDE),
        ("Last Updated: 2026-02-20", SectionTopic.ASIDE),
        ("Q1 2026 Review", SectionTopic.ASIDE),
        ("Q1 2026: Review all subscriptions", SectionTopic.ROADMAP),
        ("Ostatnia aktualizacja", SectionTopic.ASIDE),
        ("Dziennik treningów", SectionTopic.ASIDE),
        ("Garden", None),
    ],
)
def test_headings_tell_what_is_below_them(heading: str, topic: SectionTopic | None) -> None:
    assert topic_of(heading) is topic


def test_a_heading_that_says_nothing_is_about_what_is_above_it() -> None:
    text = "before\n# Title\none\n## Scope\n### In Scope\ntwo\n## Garden\nthree\n## Q1\n### A\nfour"
    parts = [part for part in outline(blocks(text)) if not isinstance(part.block, Heading)]
    assert [(part.block.line, part.topic) for part in parts] == [
        (1, SectionTopic.TITLE),
        (3, SectionTopic.TITLE),
        (6, SectionTopic.ASIDE),
        (8, SectionTopic.UNKNOWN),
        (11, SectionTopic.ROADMAP),
    ]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a %%not%% b", ["a  b"]),
        ("%%\n- [ ] not\n%%\n\nb", ["b"]),
        ("a %%\nnot\n%% b", ["a", "b"]),
        ("a\n\n%% not\n\nnot %%b%%not%%", ["a", "b"]),
        ("100 %% sure", ["100 %% sure"]),
        ("a %%not%% b %% c", ["a %%not%% b %% c"]),
        ("```\n%%\n```\n\nb\n\n%%not%%", ["b"]),
    ],
)
def test_comments_are_not_read(text: str, lines: list[str]) -> None:
    assert [block.text for block in blocks(text) if isinstance(block, Paragraph)] == lines


def test_a_comment_moves_no_line() -> None:
    (item,) = blocks("%%\na\n%%\n- [ ] b")
    assert item.line == 4
