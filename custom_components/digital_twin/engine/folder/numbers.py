"""Numbers as people write them into the target column of a table."""

import re
from typing import Final, NamedTuple

from ...twin.records.parsers import LARGEST_AMOUNT

COMPARISONS: Final = {
    "<": "<",
    "≤": "≤",
    "<=": "≤",
    "=<": "≤",
    ">": ">",
    "≥": "≥",
    ">=": "≥",
    "=>": "≥",
    "~": "~",
    "≈": "~",
    "=": None,
}
CURRENCIES: Final = "€$£¥₹₽₴"
FACTORS: Final = {"k": 1e3, "K": 1e3, "M": 1e6}
TARGET: Final = re.compile(
    rf"(?P<comparison>[<>]=?|=[<>]?|[≤≥~≈])?\s*"
    rf"(?P<currency>[{CURRENCIES}])?\s*"
    rf"(?P<number>[+\-]?[0-9][0-9.,' ]*[0-9]|[+\-]?[0-9])"
    rf"(?P<factor>[kKM](?=$|[\s/{CURRENCIES}]))?"
    rf"\s*(?P<unit>[^\W\d][^\s\d]{{0,15}}[23]?|[%‰°{CURRENCIES}][^\s\d]{{0,15}}|/[^\s\d]{{1,15}}"
    rf"|[^\W\d][^\s\d]{{0,9}} (?:per|a|an|na|/) [^\s\d]{{1,12}})?"
)
THOUSANDS: Final = re.compile(r"[+-]?[1-9][0-9]{0,2}(?P<mark>[,.' ])[0-9]{3}(?:(?P=mark)[0-9]{3})*")
# Narrow and hard spaces, the typographer's apostrophe and the minus sign.
SIMPLER: Final = str.maketrans("\u00a0\u2009\u202f\u2019\u2212", "   '-")


class Amount(NamedTuple):
    """A number with its unit, and how it is to be compared (`<`, `≤`, `>`, `≥`, `~`)."""

    value: float
    unit: str | None
    comparison: str | None


def read_amount(text: str) -> Amount | None:
    """Read a single number; None for anything that says more or less than one.

    >>> read_amount("≥ 25%")
    Amount(value=25.0, unit='%', comparison='≥')
    >>> read_amount("10,000")
    Amount(value=10000.0, unit=None, comparison=None)
    >>> read_amount("-2 to -4% vs Jan baseline") is None
    True
    """
    match = TARGET.fullmatch(text.translate(SIMPLER).strip())
    if match is None:
        return None
    value = _value(match["number"])
    if value is None:
        return None
    value *= FACTORS.get(match["factor"] or "", 1.0)
    if abs(value) > LARGEST_AMOUNT:
        return None
    unit = match["currency"] or match["unit"]
    return Amount(value, unit, COMPARISONS.get(match["comparison"] or "="))


def _value(written: str) -> float | None:
    """Tell the marks of thousands from that of decimals; None where they contradict each other.

    `10,000` are ten thousand, as `10.000.000` are ten millions; `1.234` is a little more than
    one, since a single point is what most tables have for decimals, and `0,500` is a half.
    """
    whole, mark, part = written, "", ""
    last = max(written.rfind(","), written.rfind("."))
    grouped = THOUSANDS.fullmatch(written)
    if last >= 0 and (grouped is None or (grouped["mark"] == "." and written.count(".") == 1)):
        whole, mark, part = written[:last], written[last], written[last + 1 :]
    if mark and (not part.isdecimal() or mark in whole):
        return None
    bare = whole.lstrip("+-")
    if not bare.isdecimal() and not THOUSANDS.fullmatch(whole):
        return None
    sign = -1 if whole.startswith("-") else 1
    joined = re.sub(r"\D", "", whole)
    return sign * float(f"{joined}.{part or 0}")
