"""Names, keys made from names, and lists whose elements have unique keys."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from functools import partial
from itertools import count
import re
from unicodedata import normalize

from ..errors import fault, refuse
from .fields import FaultCollector
from .parsers import text

MAX_NAME = 255
# Leaves room for a number at the end.
MAX_SLUG = 240
SEPARATORS = re.compile(r"[\W_]+")
ACCENTS = re.compile("[\u0300-\u036f]+")
# Letters with strokes, which Unicode does not decompose.
STROKES = str.maketrans("łđøħŧı", "ldohti")


class TakenKeys(set[str]):
    """Keys in use, with the next number to try for each slug, for many equal names."""

    def __init__(self, keys: Iterable[str]) -> None:
        super().__init__(keys)
        self.next_number: dict[str, int] = {}


# A name or a key: 1 to 255 characters on one line, outer space removed.
short_text = text(MAX_NAME)


def unique_slug(name: str, taken: Collection[str], fallback: str) -> str:
    """Make a key from a name: lower case, no accents, `_` between words.

    Letters of any script are kept, since people read keys. A name without letters and digits gets
    the `fallback`, a key that is taken a number (`run`, `run_2`). A key is never longer than the
    longest name, although lower case may need more letters.
    """
    bare = normalize("NFKC", ACCENTS.sub("", normalize("NFKD", name))).casefold()
    slug = SEPARATORS.sub("_", bare.translate(STROKES))[:MAX_SLUG].strip("_") or fallback
    if slug not in taken:
        return slug
    numbers = taken.next_number if isinstance(taken, TakenKeys) else {}
    first = numbers.get(slug, 2)
    numbers[slug] = next(number for number in count(first) if f"{slug}_{number}" not in taken)
    return f"{slug}_{numbers[slug]}"


def parse_keyed[T](
    value: object,
    parse: Callable[[object, Collection[str]], T],
    *,
    key: str,
    key_of: Callable[[T], str],
    maximum: int,
) -> tuple[T, ...]:
    """Parse a list whose elements have a unique part `key`.

    `parse` gets an element and the keys that are taken. Raises `TwinError` with every fault,
    `duplicate` among them.
    """
    if not isinstance(value, (list, tuple)):
        raise refuse("wrong_type", "", value=value, expected="list")
    if len(value) > maximum:
        raise refuse("too_long", "", maximum=maximum)
    # Explicit keys win over generated ones, whatever the order.
    taken = TakenKeys(chosen.strip() for chosen in _chosen(value, key))
    collector = FaultCollector()
    found: dict[str, T] = {}
    for index, raw in enumerate(value):
        element = collector.take(f"[{index}]", partial(parse, raw, taken), None)
        if element is None:
            continue
        name = key_of(element)
        if name in found:
            collector.add(fault("duplicate", f"[{index}].{key}", value=name))
        found[name] = element
        taken.add(name)
    collector.raise_faults()
    return tuple(found.values())


def position_of(wanted: object, named: Sequence[tuple[str, str]]) -> int | None:
    """Find an element of a list of (key, name) by its key, else by its name in any case.

    Returns None if there is none. Raises `TwinError` (`ambiguous`, with the keys) if several
    elements have the name.
    """
    name = str(wanted).strip().casefold()
    found: list[int] = []
    for position, (key, each) in enumerate(named):
        if key == wanted:
            return position
        if each.casefold() == name:
            found.append(position)
    if len(found) > 1:
        raise refuse("ambiguous", "", value=wanted, allowed=[named[at][0] for at in found])
    return found[0] if found else None


def _chosen(elements: Collection[object], key: str) -> list[str]:
    return [
        chosen
        for element in elements
        if isinstance(element, Mapping) and isinstance(chosen := element.get(key), str)
    ]


# Similarity is compared between all pairs: quadratic in the number of changed names.
MAX_COMPARED = 40
# The least `SequenceMatcher.ratio` (0 to 1) of a name that counts as a new wording of another.
SIMILAR = 0.6


def match_keys(
    names: Sequence[str], known: Mapping[str, str], fallback: str, reserved: Collection[str] = ()
) -> list[str]:
    """Return a key for each name, all different and none of the reserved ones.

    `known` are the previous names by key, in their order. A name that is among them keeps its key;
    one that is similar to a removed name takes over that key; any other gets a new key, made from
    the name or, if it has neither letters nor digits, from `fallback`.
    """
    keys = _keys_of_same(names, known)
    used = {key for key in keys if key is not None}
    removed = [key for key in known if key not in used]
    added = [at for at, key in enumerate(keys) if key is None]
    if len(removed) <= MAX_COMPARED and len(added) <= MAX_COMPARED:
        _match_similar(names, known, keys, added, removed)
    taken = {*reserved, *known, *(key for key in keys if key is not None)}
    matched: list[str] = []
    for name, key in zip(names, keys, strict=True):
        matched.append(key or unique_slug(name, taken, fallback))
        taken.add(matched[-1])
    return matched


def _keys_of_same(names: Sequence[str], known: Mapping[str, str]) -> list[str | None]:
    by_name: dict[str, list[str]] = {}
    for key, name in reversed(list(known.items())):
        by_name.setdefault(name, []).append(key)
    return [by_name[name].pop() if by_name.get(name) else None for name in names]


def _match_similar(
    names: Sequence[str],
    known: Mapping[str, str],
    keys: list[str | None],
    added: Sequence[int],
    removed: Sequence[str],
) -> None:
    """Give the keys of removed names to the added names that are most similar to them."""
    pairs = sorted(
        (
            (SequenceMatcher(None, known[key], names[at]).ratio(), -at, key)
            for at in added
            for key in removed
        ),
        reverse=True,
    )
    free = set(removed)
    for ratio, position, key in pairs:
        if ratio < SIMILAR:
            return
        if key in free and keys[-position] is None:
            keys[-position] = key
            free.remove(key)
