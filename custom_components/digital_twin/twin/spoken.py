"""Reads amounts, names and sentences as people say them.

Sentences are templates of Home Assistant's recogniser: of `(a|b)` one is said, what stands in `[a]`
may be left out, and `{a}` is a part that differs.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
import re
from types import MappingProxyType
from typing import Final, NamedTuple
import unicodedata

# Between the sentences of a text.
SEPARATOR: Final = " || "
# What is said freely: anything, or what begins with a digit.
FREE: Final = "{free}"
NUMBER: Final = "{number}"
# All that the recogniser has to see of a number is its first digit.
_DIGIT: Final = "(0|1|2|3|4|5|6|7|8|9)[{rest}]"

# A hyphen or an emoji is no part of a word; letters and digits are words of their own.
_WORD: Final = re.compile(r"\d+|[^\W\d_]+")
_SPECIAL: Final = re.compile(r"([()\[\]{}<>|;\\])")
_NAME: Final = re.compile(r"{(?!free}|number})(\w+)}")
_AMOUNT: Final = re.compile(
    r"(\d+(?:[\s\u00a0\u202f]\d{3}(?!\d))*(?:[.,]\d+)*)(?!\d)\s*(.*)", re.DOTALL
)
_THOUSANDS: Final = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
# "7 hours and 30 minutes": what follows the first number.
_MINUTES: Final = re.compile(r"(\S+)(?:\s+[^\W\d_]{1,3})?\s+(\d{1,2})\s*(\S+)")
_PAIR: Final = re.compile(r"\s*(\d{1,3})\D{1,12}?(\d{1,3})\b")
# A space of a template: beside what was left out, none is said.
_SPACE: Final = r"(?:\s+|(?<=\s)|^|$)"
# Letters that Unicode does not take apart.
_PLAIN: Final = {"ł": "l", "ø": "o", "đ": "d"}
_PERCENT: Final = frozenset({"percent", "procent"})
# Words shorter than this have no endings that one could leave out.
_INFLECTED_FROM: Final = 3
# Two words mean the same if they begin with so many of the same letters, and only endings differ.
_STEM: Final = 4
_LONGEST_ENDING: Final = 4
# The endings of Polish nouns and adjectives by that of the name; of an object first.
_OBJECT: Final = (("a", "(a|ę|ą)"),)
_ENDINGS: Final = (
    ("ek", "(ek|ka|ku|kiem|kowi)"),
    ("a", "[a|ą|ę|y|i|ie|ej|o]"),
    ("e", "(e|a|u|em|ego|emu|ym|im)"),
    ("o", "(o|a|u|em|ie)"),
    ("i", "(i|ego|iego|emu|iemu|im|ich|ów|om|ami|ach)"),
    ("y", "(y|ego|emu|ym|ych|ów|om|ami|ach)"),
    ("", "[a|u|em|iem|ie|owi|ów|y|i]"),
)


# The units that people say in words, by the keys of the texts for them.
SPOKEN_UNITS: Final = MappingProxyType(
    {
        "bpm": "bpm",
        "br_min": "br/min",
        "celsius": "°C",
        "cm": "cm",
        "fahrenheit": "°F",
        "fl_oz": "fl. oz.",
        "ft": "ft",
        "g": "g",
        "gal": "gal",
        "h": "h",
        "in": "in",
        "kcal": "kcal",
        "kg": "kg",
        "kj": "kJ",
        "km": "km",
        "kpa": "kPa",
        "l": "L",
        "lb": "lb",
        "m": "m",
        "mg": "mg",
        "mg_dl": "mg/dL",
        "mi": "mi",
        "min": "min",
        "ml": "mL",
        "mmhg": "mmHg",
        "mmol_l": "mmol/L",
        "oz": "oz",
        "percent": "%",
        "points": "points",
        # The unit in which the household sees the metric.
        "shown": "",
        "st": "st",
        "steps": "steps",
    }
)


@dataclass(frozen=True, slots=True)
class SpokenAmount:
    """A number with its unit; a unit that is not known is as it was said, None for none."""

    value: float
    unit: str | None


def spoken_amount(
    text: str, units: Mapping[str, str], halves: Collection[str], language: str
) -> SpokenAmount | None:
    """Read an amount such as `71,4 kg`, `1,200`, `7 and a half hours` or `7 h 30 min`.

    `units` are units by the words for them, in lower case, `halves` the words that add a half.
    A comma begins decimals, in English also thousands. None where the text begins with no number.
    """
    found = _AMOUNT.fullmatch(text.strip())
    value = _number(found[1], language) if found else None
    if found is None or value is None:
        return None
    rest = found[2].rstrip(" .!?").casefold()
    for half in halves:
        if rest == half or rest.startswith(f"{half} "):
            value, rest = value + 0.5, rest.removeprefix(half).strip()
            break
    parts = _MINUTES.fullmatch(rest)
    if parts and (units.get(parts[1]), units.get(parts[3])) == ("h", "min"):
        return SpokenAmount(value * 60 + int(parts[2]), "min")
    return SpokenAmount(value, units.get(rest, rest) or None)


def spoken_pair(text: str) -> tuple[int, int] | None:
    """Read two whole numbers with a word or a sign between them, such as `120 over 80`."""
    found = _PAIR.match(text)
    return (int(found[1]), int(found[2])) if found else None


def _number(text: str, language: str) -> float | None:
    written = "".join(text.split())
    if language == "en" and _THOUSANDS.fullmatch(written):
        written = written.replace(",", "")
    elif written.count(",") + written.count(".") > 1:
        return None
    return float(written.replace(",", "."))


def _folded(text: str) -> str:
    """Return a text in lower case without diacritics."""
    plain = "".join(_PLAIN.get(each, each) for each in text.casefold())
    apart = unicodedata.normalize("NFKD", plain)
    return "".join(each for each in apart if not unicodedata.combining(each))


def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a name, by which it is found: plain letters, numbers without zeros."""
    words = (word.lstrip("0") or word for word in _WORD.findall(_folded(name)))
    return tuple(word for word in words if word not in _PERCENT)


def name_pattern(name: str, *, inflected: bool) -> str:
    """Return the template of a name, empty for one without a letter or a digit.

    Diacritics, signs and the zeros before a number may be left out, digits and letters may stand
    apart. With `inflected` each word may have another Polish ending, else that of an object.
    """
    pattern, end = "", 0
    text = unicodedata.normalize("NFC", name).lower()
    capitals = {word.lower() for word in _WORD.findall(name) if word.isupper()}
    for word in _WORD.finditer(text):
        pattern += _gap(text[end : word.start()]) if pattern else ""
        # Those in capitals are abbreviations.
        endings = () if word[0] in capitals else _ENDINGS if inflected else _OBJECT
        pattern += _word_pattern(word[0], endings)
        end = word.end()
    if pattern and "%" in text[end:]:
        pattern += _gap("%")
    plain = _folded(pattern)
    return pattern if plain == pattern else f"{pattern}|{plain}"


def _gap(between: str) -> str:
    signs = "".join(between.split())
    if not signs:
        return " " if between else "[ ]"
    escaped = _SPECIAL.sub(r"\\\1", signs).replace("%", "(%|percent|procent)")
    return f"[ ][{escaped}][ ]"


def _word_pattern(word: str, endings: Iterable[tuple[str, str]]) -> str:
    if word.isdecimal():
        number = word.lstrip("0") or word
        return "[0]" * (len(word) - len(number)) + number
    if len(word) >= _INFLECTED_FROM:
        for ending, others in endings:
            if word.endswith(ending):
                return word.removesuffix(ending) + others
    return word


class NamedThing[T](NamedTuple):
    """Something that people call by a name, or by words that a template describes."""

    pattern: str
    words: tuple[str, ...]
    thing: T


def named[T](name: str, thing: T, *, inflected: bool = True) -> NamedThing[T]:
    """Return something with its name."""
    return NamedThing(name_pattern(name, inflected=inflected), words_of(name), thing)


def called[T](words: str, thing: T) -> NamedThing[T]:
    """Return something with a template of the words for it."""
    return NamedThing(words, (), thing)


class Names[T]:
    """Finds things by what people call them."""

    def __init__(self, things: Iterable[NamedThing[T]]) -> None:
        self._things = [each for each in things if each.pattern]
        self._called = [
            (re.compile(_as_regex(each.pattern), re.IGNORECASE), each.thing)
            for each in self._things
            if not each.words
        ]

    @property
    def pattern(self) -> str:
        """The template of all names."""
        return "|".join(dict.fromkeys(each.pattern for each in self._things))

    def find(self, said: str) -> list[T]:
        """Return the things with a name; if there is none, with other endings of its words."""
        words = words_of(said)
        found = [thing for pattern, thing in self._called if pattern.fullmatch(said)]
        found += [
            each.thing for each in self._things if "".join(each.words) == "".join(words) != ""
        ]
        return found or [
            each.thing
            for each in self._things
            if _begin_alike(words, each.words)
            if re.fullmatch(_as_regex(each.pattern), said, re.IGNORECASE)
        ]

    def find_like(self, said: str) -> list[T]:
        """Return the things whose name has all words that were said, in any order."""
        wanted = words_of(said)
        return self.find(said) or [
            each.thing
            for each in self._things
            if wanted and all(any(_is_like(one, other) for other in each.words) for one in wanted)
        ]


def _begin_alike(some: Sequence[str], others: Sequence[str]) -> bool:
    # Patterns are compared only where that may be of use.
    return bool(some and others) and some[0][:2] == others[0][:2]


def _is_like(one: str, other: str) -> bool:
    """Return whether two words are the same but for their endings."""
    shorter = min(len(one), len(other))
    common = next((at for at in range(shorter) if one[at] != other[at]), shorter)
    ending = max(len(one), len(other)) - common
    return ending == 0 or (common >= _STEM and ending <= _LONGEST_ENDING)


class SentenceTemplate(NamedTuple):
    """A template around the name of something of a kind; without a name all stands before it."""

    before: str
    kind: str | None
    after: str


def sentence_templates(text: str) -> list[SentenceTemplate]:
    """Return the templates of a text that lists some."""
    found = []
    for sentence in text.split(SEPARATOR):
        name = _NAME.search(sentence)
        parts = (sentence[: name.start()], name[1], sentence[name.end() :]) if name else None
        found.append(SentenceTemplate(*(parts or (sentence, None, ""))))
    return found


def recogniser_templates(
    sentences: Iterable[SentenceTemplate], names: str, before: str, after: str
) -> list[str]:
    """Return templates for the recogniser that match the sentences with the names of things.

    Reading names costs it much, so sentences are put together that have something before the name,
    after it, or both. `before` and `after` are words of politeness.
    """
    alone: list[str] = []
    groups: dict[tuple[bool, bool], list[SentenceTemplate]] = {}
    for each in sentences:
        if each.kind is None:
            alone.append(each.before)
        elif names:
            key = bool(each.before.strip()), bool(each.after.strip())
            groups.setdefault(key, []).append(each)
    for group in groups.values():
        first = "|".join(dict.fromkeys(each.before.strip() for each in group))
        last = "|".join(dict.fromkeys(each.after.strip() for each in group))
        parts = (f"({part})" for part in (first, names, last) if part.strip("|"))
        alone.append(" ".join(parts))
    return [f"[({before})] {each} [({after})]".replace(NUMBER, _DIGIT) for each in alone]


class SentenceReading(NamedTuple):
    """What differs in a sentence: the name of a thing, and what is said freely."""

    name: str
    free: str


class SentenceReader:
    """Reads sentences that the recogniser has matched."""

    def __init__(self, sentences: Sequence[SentenceTemplate], before: str, after: str) -> None:
        texts = [
            f"{one.before}{{name}}{other.after}" if one.kind else one.before
            for one in sentences
            for other in sentences
            if (one is other if one.kind is None else _goes_with(one, other))
        ]
        self._patterns = [
            re.compile(_as_regex(f"[({before})] {text} [({after})]"), re.IGNORECASE)
            for text in dict.fromkeys(texts)
        ]

    def readings(self, said: str) -> Iterable[SentenceReading]:
        """Return all ways to read a sentence, none for one that is not known."""
        for pattern in self._patterns:
            if found := pattern.fullmatch(said):
                parts = found.groupdict()
                yield SentenceReading(parts.get("name") or "", parts.get("free") or "")


def _goes_with(one: SentenceTemplate, other: SentenceTemplate) -> bool:
    """Return whether the recogniser mixes two sentences; see `recogniser_templates`."""
    return other.kind is not None and all(
        bool(each.strip()) is bool(like.strip())
        for each, like in ((one.before, other.before), (one.after, other.after))
    )


def _as_regex(template: str) -> str:
    parts = {"(": "(?:", ")": ")", "[": "(?:", "]": ")?", "|": "|", " ": _SPACE}
    free = {NUMBER: r"(?P<free>\d.*?)", FREE: "(?P<free>.+?)", "{name}": "(?P<name>.+?)"}

    def regex(part: str) -> str:
        if part.startswith("\\"):
            return re.escape(part[1:])
        return free.get(part) or "".join(parts.get(each) or re.escape(each) for each in part)

    return "".join(map(regex, re.split(r"({\w+}|\\.)", template)))
