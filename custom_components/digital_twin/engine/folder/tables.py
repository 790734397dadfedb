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
# Words before a number that compare with it, in the languages of the integration.
WORDS: Final[Mapping[str, re.Pattern[str]]] = {
    "\u2264": re.compile(
        r"(?:at most|no more than|up to|max(?:imum|\.)?|co najwyżej|maks\.?|do)\s+"
    ),
    "\u2265": re.compile(r"(?:at least|no less than|min(?:imum|\.)?|co najmniej|minimum)\s+"),
    "<": re.compile(r"(?:under|below|less than|fewer than|poniżej|mniej niż)\s+"),
    ">": re.compile(r"(?:over|above|more than|powyżej|ponad|więcej niż)\s+"),
}
# `85+` and `85 or more`.
BEHIND: Final[Mapping[str, re.Pattern[str]]] = {
    "\u2265": re.compile(r"(?:(?<=\d)\+|\s+(?:or more|or above|lub więcej))$"),
    "\u2264": re.compile(r"\s+(?:or less|or fewer|or below|lub mniej)$"),
}
# What is counted or measured may stand behind a number. These words begin something else.
NOT_COUNTED: Final = (
    r"by|of|vs|versus|to|from|in|on|at|than|or|and|until|till|since|before|after|with|for|do|od|z|ze"
    r"|w|we|na|lub|i|względem"
)
TARGET: Final = re.compile(
    rf"(?P<comparison>[<>]=?|=[<>]?|[≤≥~≈])?\s*"
    rf"(?P<currency>[{CURRENCIES}])?\s*"
    rf"(?P<number>[+\-]?[0-9][0-9.,' ]*[0-9]|[+\-]?[0-9])"
    rf"(?P<factor>[kKM](?=$|[\s/{CURRENCIES}]))?"
    rf"\s*(?P<unit>(?!(?:{NOT_COUNTED})\b)[^\W\d][^\s\d]{{0,9}} (?:per|a|an|na|/) [^\s\d]{{1,12}}"
    rf"|(?!(?:{NOT_COUNTED})\b)[^\W\d][^\s\d]{{0,15}}[23]?|[%‰°{CURRENCIES}][^\s\d]{{0,15}}"
    rf"|/[^\s\d]{{1,15}})?"
    rf"(?P<counted>(?: (?!(?:{NOT_COUNTED})\b)[^\W\d][\w\-]{{0,20}}){{1,4}})?"
)
# Units that are complete: what stands behind them is another word for the name.
MEASURES: Final = frozenset(
    {"h", "hrs", "hours", "min", "mins", "minutes", "s", "sec", "ms", "d", "days", "kg", "g", "mg"}
    | {"km", "m", "cm", "mm", "l", "ml", "bpm", "kcal", "kj", "db", "w", "kw", "kwh", "pts"}
    | {"godz", "godzin", "minut", "dni"}
)
THOUSANDS: Final = re.compile(r"[+-]?[1-9][0-9]{0,2}(?P<mark>[,.' ])[0-9]{3}(?:(?P=mark)[0-9]{3})*")
# Narrow and hard spaces, the typographer's apostrophe and the minus sign.
SIMPLER: Final = str.maketrans("\u00a0\u2009\u202f\u2019\u2212", "   '-")


class Amount(NamedTuple):
    """A number with its unit and its comparison (`<`, `≤`, `>`, `≥`, `~`)."""

    value: float
    unit: str | None
    comparison: str | None


def read_amount(text: str, *, comma: bool = False) -> Amount | None:
    """Read a single number; None for any other text.

    `comma`: whether the language of the text writes decimals behind a comma.

    >>> read_amount("≥ 25%")
    Amount(value=25.0, unit='%', comparison='≥')
    >>> read_amount("≤ 24h lag")
    Amount(value=24.0, unit='h', comparison='≤')
    >>> read_amount("10,000")
    Amount(value=10000.0, unit=None, comparison=None)
    >>> read_amount("10.000", comma=True)
    Amount(value=10000.0, unit=None, comparison=None)
    >>> read_amount("-2 to -4% vs Jan baseline") is None
    True
    """
    text, worded = _compared(text.translate(SIMPLER).strip())
    match = TARGET.fullmatch(text)
    if match is None or (worded and match["comparison"]):
        return None
    value = _value(match["number"], comma=comma)
    if value is None:
        return None
    value *= FACTORS.get(match["factor"] or "", 1.0)
    if abs(value) > LARGEST_AMOUNT:
        return None
    unit = match["currency"] or match["unit"]
    if unit and match["counted"] and unit.isalpha() and unit.lower() not in MEASURES:
        unit += match["counted"]
    return Amount(value, unit, worded or COMPARISONS.get(match["comparison"] or "="))


def _compared(text: str) -> tuple[str, str | None]:
    """Split the words of a comparison from a number."""
    lower = text.lower()
    for sign, pattern in WORDS.items():
        if match := pattern.match(lower):
            return text[match.end() :], sign
    for sign, pattern in BEHIND.items():
        if match := pattern.search(lower):
            return text[: match.start()], sign
    return text, None


def _value(written: str, *, comma: bool) -> float | None:
    """Read a number with separators of thousands and decimals; None if they are ambiguous.

    `10,000` are ten thousand, as `10.000.000` are ten millions; `1.234` is a little more than
    one, since a single point is what most tables have for decimals, and `0,500` is a half. In a
    language with a decimal comma, a single point groups thousands and a comma never does.
    """
    whole, mark, part = written, "", ""
    last = max(written.rfind(","), written.rfind("."))
    grouped = THOUSANDS.fullmatch(written)
    decimal = "," if comma else "."
    single = grouped is not None and grouped["mark"] == decimal and written.count(decimal) == 1
    if last >= 0 and (grouped is None or single):
        whole, mark, part = written[:last], written[last], written[last + 1 :]
    if mark and (not part.isdecimal() or mark in whole):
        return None
    bare = whole.lstrip("+-")
    if not bare.isdecimal() and not THOUSANDS.fullmatch(whole):
        return None
    sign = -1 if whole.startswith("-") else 1
    joined = re.sub(r"\D", "", whole)
    return sign * float(f"{joined}.{part or 0}")


# Languages with a decimal comma, by the code in the front matter.
COMMA_LANGUAGES: Final = frozenset(
    {"bg", "cs", "da", "de", "el", "es", "et", "fi", "fr", "hr", "hu", "it", "lt", "lv", "nb", "nl"}
    | {"no", "pl", "pt", "ro", "ru", "sk", "sl", "sr", "sv", "tr", "uk"}
)
COMMA_WORDS: Final = frozenset(
    {"i", "w", "na", "się", "jest", "nie", "oraz", "und", "der", "die", "das", "mit", "für", "ist"}
    | {"les", "est", "pour"}
)
POINT_WORDS: Final = frozenset({"the", "and", "of", "to", "is", "with", "for", "by", "each"})
WORD: Final = re.compile(r"[^\W\d_]+")


def has_decimal_comma(language: str | None, lines: Iterable[str]) -> bool:
    """Return whether a file writes decimals behind a comma.

    The language is that of the front matter (`pl`, `de-AT`), else told by frequent words.

    >>> has_decimal_comma(None, ["Kroki na dzień", "Cel jest prosty"])
    True
    """
    if language:
        return re.split(r"[-_ ]", language.strip().casefold())[0] in COMMA_LANGUAGES
    words = [word for line in lines for word in WORD.findall(line.casefold())]
    commas = sum(word in COMMA_WORDS for word in words)
    return commas > sum(word in POINT_WORDS for word in words)


MAX_NAME: Final = 255
MAX_COLUMNS: Final = 20
# The columns by the beginnings of their heads, in the languages of the integration.
COLUMNS: Final[Mapping[str, tuple[re.Pattern[str], ...]]] = {
    name: tuple(map(re.compile, patterns))
    for name, patterns in {
        "name": (
            r"key ?results?\b|krs?\b|kluczow\w+ (?:rezultat|wynik)",
            r"metric|kpi|measure\b|indicator|wskaźnik|miernik|metryka",
        ),
        "target": (r"target|wartość docelowa|docelow", r"goal|cel\b"),
        "baseline": (r"baseline|start|początek|wartość początkowa|początkow",),
        "current": (r"current|now\b|actual|latest|value\b|obecn|aktualn|teraz|wartość$",),
        "progress": (r"progress|% ?done|done %|complete|postęp|realizacja",),
        "unit": (r"unit|jednostka",),
        "weight": (r"weight|waga",),
    }.items()
}
# Rows that a template brought and nobody filled in.
EXAMPLE: Final = re.compile(
    r"(?:e\.g\.?|example|sample|placeholder|np\.|przykład\w*)(?:\W|$)|<.*>$|\{\{"
)
GENERIC: Final = re.compile(
    r"(?:kpi|metric|key result|kr|name|nazwa|wskaźnik|miernik)(?: (?:name|nazwa))? ?\d*"
    r"|\W+|x{2,}|tbd|todo"
)
# A share, such as `3/10` or `3 of 10`.
SHARE: Final = re.compile(r"(?P<done>[0-9.,]+)\s*(?:/|of|z)\s*(?P<all>[0-9.,]+).*")
NUMBERS: Final = ("baseline", "current", "weight")


@dataclass(frozen=True, slots=True)
class FoundResult:
    """A row of a table: the name of a key result, its parts, and the place of the row."""

    name: str
    file: str
    line: int
    parts: Mapping[str, PlainJson] = field(default_factory=dict)


def found_results(
    file: str, tables: Iterable[MarkdownTable], *, comma: bool = False
) -> Iterator[FoundResult]:
    """Yield the rows of the tables that have a column of names and one of targets or progress."""
    for table in tables:
        heads = [plain(cell) for cell in table.head]
        columns = _columns(heads)
        if "name" not in columns or not {"target", "progress"} & columns.keys():
            continue
        for row in table.rows:
            cells = [plain(cell) for cell in row.cells]
            name = cells[columns["name"]][:MAX_NAME]
            if name and not _is_template(name, cells[columns.get("target", columns["name"])]):
                yield FoundResult(name, file, row.line, _parts(heads, columns, cells, comma=comma))


def is_key_result_table(table: MarkdownTable) -> bool:
    """Return whether a table is one of key results by its own words (`KR`, `Key result`)."""
    heads = [plain(cell) for cell in table.head]
    columns = _columns(heads)
    at = columns.get("name")
    is_named = at is not None and COLUMNS["name"][0].match(heads[at].casefold())
    return bool(is_named and {"target", "progress"} & columns.keys() and table.rows)


def _is_template(name: str, target: str) -> bool:
    """Return whether a row is an example of a template."""
    lower = name.casefold()
    if EXAMPLE.match(lower):
        return True
    return bool(GENERIC.fullmatch(lower)) and not re.search(r"[0-9]", target)


def _columns(heads: list[str]) -> dict[str, int]:
    """Return the columns by what they hold; the better name for one wins."""
    columns: dict[str, int] = {}
    for name, patterns in COLUMNS.items():
        for pattern in patterns:
            found = next(
                (at for at, head in enumerate(heads) if pattern.match(head.casefold())), None
            )
            if name not in columns and found is not None and found not in columns.values():
                columns[name] = found
    return columns


def _parts(
    heads: list[str], columns: Mapping[str, int], cells: list[str], *, comma: bool
) -> dict[str, PlainJson]:
    """Read a row: a cell with one number is a number, any other a text.

    Unknown columns are kept under a slug of their head.
    """
    written = {name: cells[at] for name, at in columns.items() if cells[at]}
    parts: dict[str, PlainJson] = {}
    target = read_amount(written.get("target", ""), comma=comma)
    if target is not None:
        parts["target"] = target.value
        parts |= {COMPARISON: target.comparison} if target.comparison else {}
    elif "target" in written:
        parts["target"] = written["target"][:MAX_NAME]
    if unit := written.get("unit") or (target.unit if target else None):
        parts["unit"] = unit[:MAX_NAME]
    for name in NUMBERS:
        amount = read_amount(written.get(name, ""), comma=comma)
        if amount is not None and (name != "weight" or amount.value >= 0):
            parts[name] = amount.value
    if "current" not in parts and "progress" in written:
        parts |= _progressed(parts, written["progress"], comma=comma)
    for at, head in enumerate(heads[:MAX_COLUMNS]):
        taken = (*PARTS, COMPARISON, *parts)
        if at not in columns.values() and head and cells[at]:
            parts[unique_slug(head[:MAX_NAME], taken, "column")] = cells[at][:MAX_NAME]
    return parts


def _progressed(parts: dict[str, PlainJson], written: str, *, comma: bool) -> dict[str, PlainJson]:
    """Return the parts that a column with the progress gives.

    A value in the unit of the target is the current one. A percentage beside another unit is a
    share of the way: it is measured as such, since its value is not known.
    """
    if share := SHARE.fullmatch(written):
        amount = read_amount(share["done"], comma=comma)
        return {} if amount is None else {"current": amount.value}
    amount = read_amount(written, comma=comma)
    if amount is None:
        return {}
    if amount.unit != "%" or parts.get("unit") == "%":
        return {"current": amount.value}
    target = parts.get("target")
    number = f"{target:g}" if isinstance(target, float) else target
    aim = {"aim": f"{number} {parts.get('unit', '')}".strip()} if number else {}
    parts.pop(COMPARISON, None)
    return {"baseline": 0.0, "target": 100.0, "unit": "%", "current": amount.value, **aim}
