"""Markdown, read into what goals are made of: headings, paragraphs, list items and tables."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
import re
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from ...twin.enums import ItemState
from ...twin.records.parsers import UNPRINTABLE

# Longer lines are no names; what is behind is left out of them.
MAX_INLINE: Final = 1000
# Any sign that markdown may give a meaning; a text without one stands for itself.
MARKUP: Final = re.compile(r"[\\`*_\[\]<>&!~]")
# What is embedded is shown in its place, and what stands behind its stroke is its size.
EMBED: Final = re.compile(r"!\[\[[^\]\[]*\]\]")
WIKI_LINK: Final = re.compile(r"\[\[(?:[^\]\[|]*\|)?([^\]\[|]*)\]\]")
HIGHLIGHT: Final = re.compile(r"==(?=\S)([^=]+)(?<=\S)==")
LINE_BREAK: Final = re.compile(r"<br\s*/?>", re.IGNORECASE)
SPACE: Final = re.compile(r"\s+")
CHECKBOX: Final = re.compile(r"\[([^\]\[\r\n])\](?=\s|$)")
# Where a checkbox stands in its line: behind quotes, list markers and space.
CHECKBOX_LINE: Final = re.compile(
    rb"(?:[ \t>]|[-*+](?=[ \t])|[0-9]{1,9}[.)](?=[ \t]))*\[([^\]\[\r\n])\](?=[ \t]|$)"
)
MARKS: Final = {
    " ": ItemState.TODO,
    "/": ItemState.DOING,
    "x": ItemState.DONE,
    "X": ItemState.DONE,
}
# An item that was given up, as several task lists write it, is no longer one.
DROPPED: Final = "-"
CONTAINERS: Final = {
    f"{token}_{end}": container
    for token, container in (
        ("bullet_list", "list"),
        ("ordered_list", "list"),
        ("blockquote", "quote"),
    )
    for end in ("open", "close")
}

_BLOCKS = MarkdownIt("commonmark", {"maxNesting": 60}).enable("table")
_BLOCKS.core.ruler.enableOnly(["normalize", "block"])
_INLINE = MarkdownIt("commonmark", {"maxNesting": 20}).enable("strikethrough")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; its level is from 1 to 6, its line begins at 1."""

    text: str
    line: int
    level: int


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph as it is written, markup included; `loose` ones stand in no list or quote."""

    text: str
    line: int
    loose: bool


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a list; `state` is that of its checkbox, None without one."""

    text: str
    line: int
    depth: int
    state: ItemState | None


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table."""

    cells: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its head and its rows; cells are as they are written."""

    head: tuple[str, ...]
    rows: tuple[Row, ...]
    line: int


type Block = Heading | Paragraph | Item | Table


def read_blocks(lines: Sequence[str], skip: int = 0) -> tuple[Block, ...]:
    """Read markdown; of `lines` the first `skip` are front matter.

    Code, comments and other HTML are passed over.
    """
    # Empty lines in place of the front matter keep the numbers of the others.
    source = "\n".join([*([""] * skip), *lines[skip:]])
    return tuple(_blocks(_BLOCKS.parse(source)))


def plain(text: str) -> str:
    """Return a text without its markup, in one line, at most 1,000 characters of it.

    >>> plain("**Weekly** [distance](./run.md) of [[G01_Run|the run]]")
    'Weekly distance of the run'
    """
    text = HIGHLIGHT.sub(r"\1", unlinked(text[:MAX_INLINE]))
    if MARKUP.search(text):
        text = "".join(_texts(_INLINE.parseInline(text)))
    return UNPRINTABLE.sub("", SPACE.sub(" ", text)).strip()


def unlinked(text: str) -> str:
    """Return a text in which links to other notes are only their labels; embedded ones go.

    >>> unlinked("See [[G01_Run|the run]].![[run.png|300]]")
    'See the run.'
    """
    return WIKI_LINK.sub(r"\1", EMBED.sub("", text))


def _texts(tokens: Sequence[Token]) -> Iterator[str]:
    for token in tokens:
        if token.children is not None:
            yield from _texts(token.children)
        elif token.type in ("text", "code_inline"):
            yield token.content
        elif token.type in ("softbreak", "hardbreak") or LINE_BREAK.fullmatch(token.content):
            yield " "


def _blocks(tokens: Sequence[Token]) -> Iterator[Block]:
    depth = Counter[str]()
    begins_item = False
    rows: list[Row] = []
    for at, token in enumerate(tokens):
        line = token.map[0] + 1 if token.map else 0
        if container := CONTAINERS.get(token.type):
            depth[container] += token.nesting
        if token.type == "list_item_open":
            begins_item = True
        elif token.type == "list_item_close":
            begins_item = False
        elif token.type == "heading_open":
            yield Heading(plain(tokens[at + 1].content), line, int(token.tag[1:]))
        elif token.type == "paragraph_open":
            block = _paragraph(tokens[at + 1].content, line, depth, begins_item=begins_item)
            begins_item = False
            if block is not None:
                yield block
        elif token.type == "tr_open":
            rows.append(Row(tuple(_cells(tokens, at)), line))
        elif token.type == "table_close":
            yield Table(rows[0].cells, tuple(rows[1:]), rows[0].line)
            rows = []


def _paragraph(
    content: str, line: int, depth: Counter[str], *, begins_item: bool
) -> Item | Paragraph | None:
    if begins_item:
        return _item(content, line, depth["list"])
    return Paragraph(content, line, loose=not any(depth.values()))


def _item(content: str, line: int, depth: int) -> Item | None:
    box = CHECKBOX.match(content)
    if box is None:
        return Item(content, line, depth, None)
    if box[1] == DROPPED:
        return None
    # A mark of somebody's own still is something to do.
    return Item(content[box.end() :], line, depth, MARKS.get(box[1], ItemState.TODO))


def _cells(tokens: Sequence[Token], row: int) -> Iterator[str]:
    # By index: a topic would walk through everything before the row, for each row anew.
    following = (tokens[at] for at in range(row + 1, len(tokens)))
    within = takewhile(lambda token: token.type != "tr_close", following)
    return (token.content for token in within if token.type == "inline")
