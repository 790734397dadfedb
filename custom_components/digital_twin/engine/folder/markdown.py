"""Parses markdown into blocks, with the topic of each by its headings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from itertools import takewhile
import re
from typing import TYPE_CHECKING, Final
from unicodedata import combining, normalize

from ...twin.enums import ItemState
from ...twin.records.parsers import UNPRINTABLE
from .dates import quarter_number

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

# Most characters of a text that are parsed for inline markup.
MAX_INLINE: Final = 1000
# Characters with a meaning in markdown; a text without them needs no parsing.
MARKUP: Final = re.compile(r"[\\`*_\[\]<>&!~]")
# Embedded files, removed whole: the text behind `|` is a size.
EMBED: Final = re.compile(r"!\[\[[^\]\[]*\]\]")
WIKI_LINK: Final = re.compile(r"\[\[(?:[^\]\[|]*\|)?([^\]\[|]*)\]\]")
HIGHLIGHT: Final = re.compile(r"==(?=\S)([^=]+)(?<=\S)==")
LINE_BREAK: Final = re.compile(r"<br\s*/?>", re.IGNORECASE)
SPACE: Final = re.compile(r"\s+")
CHECKBOX: Final = re.compile(r"\[([^\]\[\r\n])\](?=\s|$)")
# A checkbox at the beginning of its line, behind quotes, list markers and space.
CHECKBOX_LINE: Final = re.compile(
    rb"(?:[ \t>]|[-*+](?=[ \t])|[0-9]{1,9}[.)](?=[ \t]))*\[([^\]\[\r\n])\](?=[ \t]|$)"
)
# The mark of a cancelled task in several programs: such an item is skipped.
DROPPED: Final = "-"
COMMENT: Final = "%%"
FENCES: Final = ("```", "~~~")
LISTS: Final = frozenset({"bullet_list", "ordered_list"})


@cache
def _parsers() -> tuple[MarkdownIt, MarkdownIt]:
    """Return the parsers of blocks and of inline markup."""
    # A tenth of the set-up of the integration, and of use only to households with a goals folder.
    from markdown_it import MarkdownIt  # noqa: PLC0415

    blocks = MarkdownIt("commonmark", {"maxNesting": 60}).enable("table")
    blocks.core.ruler.enableOnly(["normalize", "block"])
    return blocks, MarkdownIt("commonmark", {"maxNesting": 20}).enable("strikethrough")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading with its level (1 to 6) and its line (from 1)."""

    text: str
    line: int
    level: int


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph with its markup."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class ListItem:
    """An item of a list, with its depth (from 1); `state` is that of its checkbox or None."""

    text: str
    line: int
    depth: int
    state: ItemState | None


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a table."""

    cells: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class MarkdownTable:
    """A table with its head and its rows; the cells have their markup."""

    head: tuple[str, ...]
    rows: tuple[TableRow, ...]
    line: int


type Block = Heading | Paragraph | ListItem | MarkdownTable


def read_blocks(lines: Sequence[str], skip: int = 0) -> tuple[Block, ...]:
    """Parse markdown; the first `skip` lines are front matter.

    Code, comments (also `%% those of Obsidian %%`) and other HTML are skipped.
    """
    # Empty lines in place of the front matter keep the line numbers.
    source = "\n".join([*([""] * skip), *_without_comments(lines[skip:])])
    blocks, _ = _parsers()
    return tuple(_blocks(blocks.parse(source)))


def _without_comments(lines: Sequence[str]) -> Sequence[str]:
    """Remove the text between two `%%`, outside blocks of code; the number of lines stays."""
    if not any(COMMENT in line for line in lines):
        return lines
    left: list[str] = []
    commented = fenced = False
    for line in lines:
        is_fence = not commented and line.lstrip().startswith(FENCES)
        fenced = fenced is not is_fence
        pieces = [line] if fenced or is_fence else line.split(COMMENT)
        left.append("".join(pieces[int(commented) :: 2]))
        commented = commented is (len(pieces) % 2 == 1)
    # A mark that nothing ends begins no comment.
    return lines if commented else left


def plain(text: str) -> str:
    """Return the first 1,000 characters of a text without markup, in one line.

    >>> plain("**Weekly** [distance](./run.md) of [[G01_Run|the run]]")
    'Weekly distance of the run'
    """
    text = HIGHLIGHT.sub(r"\1", unlinked(text[:MAX_INLINE]))
    if MARKUP.search(text):
        _, inline = _parsers()
        text = "".join(_texts(inline.parseInline(text)))
    return UNPRINTABLE.sub("", SPACE.sub(" ", text)).strip()


def folded(text: str) -> str:
    """Return a text in lower case without diacritics, to compare it.

    >>> folded("Łukasz Żółw")
    'lukasz zolw'
    """
    parts = normalize("NFKD", text.casefold().replace("ł", "l"))
    return " ".join("".join(each for each in parts if not combining(each)).split())


def unlinked(text: str) -> str:
    """Replace links to other notes by their labels, and remove embedded files.

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
    depth = 0
    begins_item = False
    rows: list[TableRow] = []
    for at, token in enumerate(tokens):
        line = token.map[0] + 1 if token.map else 0
        if token.type.rpartition("_")[0] in LISTS:
            depth += token.nesting
        if token.type == "list_item_open":
            begins_item = True
        elif token.type == "list_item_close":
            begins_item = False
        elif token.type == "heading_open":
            yield Heading(plain(tokens[at + 1].content), line, int(token.tag[1:]))
        elif token.type == "paragraph_open":
            content = tokens[at + 1].content
            block = _item(content, line, depth) if begins_item else Paragraph(content, line)
            begins_item = False
            if block is not None:
                yield block
        elif token.type == "tr_open":
            rows.append(TableRow(tuple(_cells(tokens, at)), line))
        elif token.type == "table_close":
            yield MarkdownTable(rows[0].cells, tuple(rows[1:]), rows[0].line)
            rows = []


def _item(content: str, line: int, depth: int) -> ListItem | None:
    box = CHECKBOX.match(content)
    if box is None:
        return ListItem(content, line, depth, None)
    if box[1] == DROPPED:
        return None
    # An unknown mark counts as to do.
    return ListItem(content[box.end() :], line, depth, ItemState.of_mark(box[1]))


def _cells(tokens: Sequence[Token], row: int) -> Iterator[str]:
    # By index: slicing `tokens` would copy them for each row.
    following = (tokens[at] for at in range(row + 1, len(tokens)))
    within = takewhile(lambda token: token.type != "tr_close", following)
    return (token.content for token in within if token.type == "inline")


class SectionTopic(Enum):
    """The topic of a section of a file."""

    TITLE = auto()
    DESCRIPTION = auto()
    ROADMAP = auto()
    DONE = auto()
    DEPENDENCIES = auto()
    ASIDE = auto()
    UNKNOWN = auto()


# The beginnings of headings in English and Polish. Any other heading has the topic of the heading
# above it.
TOPICS: Final[Mapping[SectionTopic, re.Pattern[str]]] = {
    SectionTopic.DONE: re.compile(
        r"definition of done|done when|done criteria|success criteria|acceptance criteria"
        r"|definicja ukończenia|kryteria|gotowe, gdy"
    ),
    SectionTopic.DEPENDENCIES: re.compile(
        r"dependenc|depends on|other goals|blocked by|zależnoś|zależy od|inne cele"
    ),
    SectionTopic.DESCRIPTION: re.compile(
        r"(?:purpose|intent|intention|why|description|summary|overview|about|vision"
        r"|cel|po co|opis|dlaczego|zamiar)\b"
    ),
    SectionTopic.ROADMAP: re.compile(
        r"(?:road ?map|plan|milestones|steps|tasks|to-?dos?|actions|checklist"
        r"|mapa drogowa|kroki|zadania|etapy|kamienie milowe)\b"
    ),
    SectionTopic.ASIDE: re.compile(
        r"(?:scope|out of scope|notes|risks|links|resources|references|log|journal|review"
        r"|last|updated?|created|as of|ideas|someday|parking lot|backlog|archived?|changelog"
        r"|history|daily|weekly|monthly|habits?|routines?|recurring|progress log|status|dashboard"
        r"|zakres|notatki|ryzyka|zasoby|dziennik|ostatni\w*|zaktualizowano|utworzono|stan na"
        r"|pomysły|archiwum|historia|codzienn\w+|tygodniow\w+|nawyki|rutyn\w+|przegląd\w*)\b"
    ),
}
LEADING: Final = re.compile(r"^[\W\d_]+")
# Such a heading is about what happened, wherever the word stands in it.
ASIDE_WORDS: Final = re.compile(
    r"\b(?:logs?|journal|diary|dashboards?|history|change ?log|retro(?:spective)?s?"
    r"|dziennik\w*|historia)$|\b(?:reviews?|monitor\w*|przegląd\w*|podsumowani\w+)$"
)
# What may stand behind these words: a day, a year, a quarter, or a text in parentheses.
TRAILING: Final = re.compile(r"[\W\d_]+$|\s*\([^()]*\)\W*$|\s*\bq[1-4]\b\W*$")
# A quarter in a heading that looks back.
LOOKING_BACK: Final = re.compile(
    r"\W*(?:reviews?|retro(?:spective)?|recap|results?|summary|lessons(?: learned)?|report|log"
    r"|przegląd|podsumowanie|wyniki|retrospektywa|raport)\W*"
)
QUARTER_WORDS: Final = re.compile(
    r"\bq[1-4]\b|\b20[0-9]{2}\b|\b(?:quarter|kwartał)\b|\b[1-4]\b|\([^()]*\)"
)


@dataclass(frozen=True, slots=True)
class SectionBlock:
    """A block with the headings above it, the outermost first, and their topic.

    A heading is its own last one.
    """

    block: Block
    headings: tuple[Heading, ...]
    topic: SectionTopic


def topic_of(heading: str) -> SectionTopic | None:
    """Return the topic of a heading by its beginning or its last word, or None."""
    begins = LEADING.sub("", heading).casefold()
    if quarter_number(heading):
        looks_back = LOOKING_BACK.fullmatch(QUARTER_WORDS.sub("", heading.casefold()))
        return SectionTopic.ASIDE if looks_back else SectionTopic.ROADMAP
    topic = next((topic for topic, pattern in TOPICS.items() if pattern.match(begins)), None)
    return SectionTopic.ASIDE if topic is None and _is_aside(begins) else topic


def _is_aside(heading: str) -> bool:
    shorter = TRAILING.sub("", heading)
    return bool(ASIDE_WORDS.search(heading) or ASIDE_WORDS.search(shorter))


def outline(blocks: Sequence[Block]) -> Iterator[SectionBlock]:
    """Yield each block with its headings and topic.

    Steps below a heading about something aside are aside, whatever is written above them.
    """
    above: list[tuple[Heading, SectionTopic]] = []
    for block in blocks:
        if isinstance(block, Heading):
            while above and above[-1][0].level >= block.level:
                above.pop()
            above.append((block, _topic_below(block, above[-1][1] if above else None)))
        topic = above[-1][1] if above else SectionTopic.TITLE
        yield SectionBlock(block, tuple(heading for heading, _topic in above), topic)


def _topic_below(heading: Heading, above: SectionTopic | None) -> SectionTopic:
    own = topic_of(heading.text)
    if above is SectionTopic.ASIDE and own is SectionTopic.ROADMAP:
        return SectionTopic.ASIDE
    if above is SectionTopic.TITLE:
        # A section below the title with an unknown heading has no known topic.
        return own or SectionTopic.UNKNOWN
    return own or above or SectionTopic.TITLE
