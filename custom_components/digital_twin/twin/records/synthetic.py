"""Invented values in the shape of real ones, for reports of errors.

What is invented has the length, the characters and the order of what it stands for, and is the same
for the same secret. Without the secret nobody can tell from which value it was made.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import count
from random import Random
import re
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Final
from unicodedata import category, normalize
from uuid import UUID

from ..values import PlainJson

# Letters, digits and symbols are replaced, spaces and punctuation stay.
REPLACED: Final = ("L", "N", "S")
# Characters that are neighbours are of one script, or one set of symbols.
NEIGHBOURS: Final = 64
TRIES: Final = 64
MAX_DECIMALS: Final = 6
# The days of all time zones begin and end with a quarter of an hour.
QUARTER: Final = 15 * 60 * 1000
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND: Final = timedelta(milliseconds=1)
REGISTRY_ID: Final = re.compile(r"[0-9a-f]{32}")
SCHEME: Final = re.compile(r"[a-z]+://")
# The mark of a checkbox says that something is done.
TICKED: Final = re.compile(r"\[[xX]\]")
ENDING: Final = re.compile(r"\.(md|markdown|html|pdf|txt)$", re.IGNORECASE)
# Ages within which the same formulas hold.
AGES: Final = ((0, 0), (1, 2), (3, 5), (6, 9), (10, 17), (18, 78), (79, 100))
YEAR: Final = 365.25


class Invention:
    """Replaces values; equal ones by equal ones, different ones by different ones.

    With `keeps_ids` the ids of twins stay. Times are put in order when all are known: what is made
    before `settle` has the real ones.
    """

    def __init__(self, secret: str, *, keeps_ids: bool = False) -> None:
        self._secret = secret
        self._keeps_ids = keeps_ids
        self._texts: dict[str, str] = {}
        self._taken: set[str] = set()
        self._times: set[int] = set()
        self._moments: dict[int, int] | None = None

    def chance(self, *what: object) -> Random:
        """Return the random numbers for a thing."""
        # They hide what they replace because nobody else knows the secret.
        return Random("\0".join(map(str, (self._secret, *what))))  # noqa: S311

    # Texts

    def text(self, value: str) -> str:
        """Return a text of the same length with other letters, digits and symbols."""
        return self._once("text", value, lambda chance: _like(value, chance))

    def twin_id(self, value: str) -> str:
        """Return another UUID."""
        if self._keeps_ids:
            return value
        return self._once(
            "id", value, lambda chance: str(UUID(int=chance.getrandbits(128), version=4))
        )

    def entity(self, value: str) -> str:
        """Return another entity id of the same domain, or another id of a registry."""
        if REGISTRY_ID.fullmatch(value):
            return self._once("entity", value, lambda chance: f"{chance.getrandbits(128):032x}")
        domain, dot, name = value.partition(".")
        return f"{domain}{dot}{self.text(name)}" if dot and name else self.text(value)

    def email(self, value: str) -> str:
        """Return another address, of nobody."""
        return f"{self.text(value.partition('@')[0])}@example.org"

    def link(self, value: str) -> str:
        """Return another URL, of nobody, or another path; schemes and endings stay."""
        found, ending = SCHEME.match(value), ENDING.search(value)
        end = ending[0] if ending else ""
        rest = value.removesuffix(end)
        if not found:
            return f"{self.text(rest)}{end}"
        _, slash, path = rest[found.end() :].partition("/")
        return f"{found[0]}example.org{slash}{self.text(path)}{end}"

    def _once(self, kind: str, value: str, make: Callable[[Random], str]) -> str:
        known = f"{kind}\0{value}"
        if known not in self._texts:
            self._texts[known] = self._new(kind, value, make)
        return self._texts[known]

    def _new(self, kind: str, value: str, make: Callable[[Random], str]) -> str:
        """Return what nothing else was replaced by, in any case."""
        for attempt in count():
            chance = self.chance(kind, value, attempt)
            # Where all texts of this length are taken, it gets longer.
            found = make(chance) + chance.choice(ascii_lowercase) * (attempt > TRIES)
            folded = found.casefold()
            taken = f"{kind}\0{folded}"
            if not _is_replaced(value) or (taken not in self._taken and folded != value.casefold()):
                self._taken.add(taken)
                return found
        raise AssertionError

    # Times

    def milliseconds(self, value: int) -> int:
        """Return another time (ms since 1970) in the same quarter of an hour, in the same order."""
        if self._moments is None:
            self._times.add(value)
            return value
        return self._moments[value]

    def moment(self, value: datetime) -> datetime:
        """Return another time in the same quarter of an hour, in the same order."""
        return EPOCH + self.milliseconds((value - EPOCH) // MILLISECOND) * MILLISECOND

    def settle(self) -> None:
        """Choose the times for those that are known now; full quarters of an hour stay."""
        quarters: dict[int, list[int]] = defaultdict(list)
        self._moments = {}
        for time in sorted(self._times):
            if time % QUARTER:
                quarters[time - time % QUARTER].append(time)
            else:
                self._moments[time] = time
        for quarter, times in quarters.items():
            for place, time in enumerate(times, 1):
                self._moments[time] = quarter + place * QUARTER // (len(times) + 1)

    def birth(self, born: date, today: date) -> date:
        """Return another date of birth of somebody to whom the same formulas apply."""
        age = max(0, int((today - born).days / YEAR))
        low, high = next((each for each in AGES if age <= each[1]), AGES[-1])
        chance = self.chance("birth", born)
        # Neither today's nor yesterday's child, so that the age is the same tomorrow.
        days = int(chance.randint(low, high) * YEAR) + chance.randint(20, 340)
        return today - timedelta(days=days)

    # Numbers

    def number(self, value: float) -> float:
        """Return a number of the same sign with as many digits; zero stays."""
        if not value:
            return value
        places, chance = decimals_of(value), self.chance("number", value)
        low = 10 ** (len(str(int(abs(value)))) - 1) if abs(value) >= 1 else 0
        cells = max(1, (10 * max(low, 1) - low) * 10**places)
        found = value
        while found == value:
            found = round(low + chance.randrange(cells) / 10**places, places)
            found = -found if value < 0 else found
        return int(found) if isinstance(value, int) else float(found)

    def ranked(
        self, values: Iterable[float], salt: object, least: float, most: float
    ) -> dict[float, float]:
        """Return other numbers for numbers, in the same order, between `least` and `most`.

        The lower and the higher one of two stay so. Zero stays, and what is below it.
        """
        known = {value for value in values if value}
        above = sorted(value for value in known if value > 0)
        below = sorted(-value for value in known if value < 0)
        found = {0.0: 0.0}
        found |= self._rising(above, (salt, "above"), max(least, 0.0), most)
        for value, other in self._rising(below, (salt, "below"), max(-most, 0.0), -least).items():
            found[-value] = -other
        return found

    def _rising(
        self, values: list[float], salt: object, least: float, most: float
    ) -> dict[float, float]:
        if not values:
            return {}
        chance, places = self.chance(salt), max(map(decimals_of, values))
        if most <= least:
            # Numbers that the bounds do not know.
            least, most = 0.0, 2 * values[-1]
        while (most - least) * 10**places < len(values):
            # Too many for the range.
            places, most = (places + 1, most) if places < MAX_DECIMALS else (places, most * 10 + 1)
        step = 10.0**-places
        width = (values[-1] - values[0]) * chance.uniform(0.7, 1.4) + 8 * len(values) * step
        start = chance.uniform(least, max(least, most - width))
        first = max(1, round(start / step))
        cells = range(first, first + max(len(values), round(min(width, most - start) / step)))
        sample = chance.sample(cells, min(len(cells), 3 * len(values)))
        known = set(values)
        free = [cell for cell in sample if round(cell * step, places) not in known]
        chosen = sorted((free if len(free) >= len(values) else sample)[: len(values)])
        return {
            value: float(round(cell * step, places))
            for value, cell in zip(values, chosen, strict=True)
        }

    # Whatever people keep

    def free(self, value: object) -> PlainJson:
        """Return JSON of the same structure, in which nothing is as it was but truth and null."""
        match value:
            case None | bool():
                return value
            case str():
                return self.text(value)
            case int() | float():
                return self.number(value)
            case Mapping():
                return {self.text(str(name)): self.free(part) for name, part in value.items()}
            case Collection():
                return [self.free(part) for part in value]
        return None


def decimals_of(value: float) -> int:
    """Return how many decimals a number has, at most six."""
    exponent: int | str = Decimal(repr(value)).normalize().as_tuple().exponent
    return min(MAX_DECIMALS, max(0, -int(exponent)))


def _is_replaced(text: str) -> bool:
    return any(_others(each) for each in text)


def _uuid(chance: Random) -> str:
    return str(UUID(int=chance.getrandbits(128), version=4))


def _like(text: str, chance: Random) -> str:
    ticked = {found.start() + 1 for found in TICKED.finditer(text)}
    return "".join(
        chance.choice(others) if place not in ticked and (others := _others(each)) else each
        for place, each in enumerate(text)
    )


@cache
def _others(character: str) -> str:
    """Return the characters that can stand in the place of another."""
    if character in ascii_lowercase:
        found = ascii_lowercase
    elif character in ascii_uppercase:
        found = ascii_uppercase
    elif character in digits:
        found = digits
    else:
        kind = category(character)
        if kind[0] not in REPLACED or character in "+<=>|~^`$€£%°":
            return ""
        begin = ord(character) - ord(character) % NEIGHBOURS
        block = map(chr, range(begin, begin + NEIGHBOURS))
        found = "".join(
            each
            for each in block
            if category(each) == kind
            and normalize("NFC", each) == each
            and len(each.casefold()) == 1
            and len(each.encode()) == len(character.encode())
        )
    return found.replace(character, "")
