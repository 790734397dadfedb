"""What the parts of a goal's files are about, by the headings over them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
import re
from typing import Final

from .dates import quarter_number
from .markdown import Block, Heading


class Topic(Enum):
    """What a part of a file is about."""

    TITLE = auto()
    DESCRIPTION = auto()
    ROADMAP = auto()
    DONE = auto()
    DEPENDENCIES = auto()
    ASIDE = auto()
    UNKNOWN = auto()


# The beginnings of headings in the languages of the integration. A heading that begins with none
# of them is about what the heading above it is about.
TOPICS: Final[Mapping[Topic, re.Pattern[str]]] = {
    Topic.DONE: re.compile(
        r"definition of done|done when|done criteria|success criteria|acceptance criteria"
        r"|definicja ukończenia|kryteria|gotowe, gdy"
    ),
    Topic.DEPENDENCIES: re.compile(
        r"dependenc|depends on|other goals|blocked by|zależnoś|zależy od|inne cele"
    ),
    Topic.DESCRIPTION: re.compile(
        r"(?:purpose|intent|intention|why|description|summary|overview|about|vision"
        r"|cel|po co|opis|dlaczego|zamiar)\b"
    ),
    Topic.ROADMAP: re.compile(
        r"(?:road ?map|plan|milestones|steps|tasks|to-?dos?|actions|checklist"
        r"|mapa drogowa|kroki|zadania|etapy|kamienie milowe)\b"
    ),
    Topic.ASIDE: re.compile(
        r"(?:scope|out of scope|notes|risks|links|resources|references|log|journal|review"
        r"|zakres|notatki|ryzyka|zasoby|dziennik)\b"
    ),
}
LEADING: Final = re.compile(r"^[\W\d_]+")


@dataclass(frozen=True, slots=True)
class Placed:
    """A block with the headings above it, the outermost first, and what they are about."""

    block: Block
    headings: tuple[Heading, ...]
    topic: Topic


def topic_of(heading: str) -> Topic | None:
    """Return what a heading is about, None when it does not say."""
    if quarter_number(heading):
        return Topic.ROADMAP
    begins = LEADING.sub("", heading).casefold()
    return next((topic for topic, pattern in TOPICS.items() if pattern.match(begins)), None)


def placed(blocks: Sequence[Block]) -> Iterator[Placed]:
    """Yield each block that is no heading with what it is about."""
    above: list[tuple[Heading, Topic]] = []
    for block in blocks:
        if not isinstance(block, Heading):
            topic = above[-1][1] if above else Topic.TITLE
            yield Placed(block, tuple(heading for heading, _topic in above), topic)
            continue
        while above and above[-1][0].level >= block.level:
            above.pop()
        inherited = above[-1][1] if above else Topic.TITLE
        if above and inherited is Topic.TITLE:
            # What stands under a heading of its own is no longer about the title.
            inherited = Topic.UNKNOWN
        above.append((block, topic_of(block.text) or inherited))
