"""Names, keys made from them, and lists of things that are told apart by their keys."""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from itertools import count
import re
from unicodedata import normalize

from ..errors import fault, refuse
from .fields import Context
from .object_reader import FaultCollector
from .parsers import text

MAX_NAME = 255
# Leaves room for the number that tells a key from others.
MAX_SLUG = 240
SEPARATORS = re.compile(r"[\W_]+")
ACCENTS = re.compile("[\u0300-\u036f]+")
# Letters with strokes that Unicode does not take apart.
STROKES = str.maketrans("łđøħŧı", "ldohti")


def short_text(value: object, context: Context) -> str:
    """Parse a name or a key: 1 to 255 characters on one line, outer space removed."""
    return text(MAX_NAME)(value, context)


def unique_slug(name: str, taken: Collection[str], fallback: str) -> str:
    """Make a key from a name: lower case, no accents, `_` between words.

    Letters of any script stay, since people read keys. `fallback` stands in for a name without
    letters and digits; a number tells equal keys apart (`run`, `run_2`). A key is never longer
    than a name may be, whatever its letters become in lower case.
    """
    bare = normalize("NFKC", ACCENTS.sub("", normalize("NFKD", name))).casefold()
    slug = SEPARATORS.sub("_", bare.translate(STROKES))[:MAX_SLUG].strip("_") or fallback
    if slug not in taken:
        return slug
    return next(key for number in count(2) if (key := f"{slug}_{number}") not in taken)


def parse_keyed[T](
    value: object,
    parse: Callable[[object, Collection[str]], T],
    *,
    key: str,
    key_of: Callable[[T], str],
    maximum: int,
) -> tuple[T, ...]:
    """Parse a list whose elements are told apart by their part `key`.

    `parse` gets an element and the keys that it must not give to one without a key. Raises
    `TwinError` with every fault, `duplicate` among them.
    """
    if not isinstance(value, (list, tuple)):
        raise refuse("wrong_type", "", value=value, expected="list")
    if len(value) > maximum:
        raise refuse("too_long", "", maximum=maximum)
    # A key that somebody chose is theirs, wherever in the list it stands.
    taken = {chosen.strip() for chosen in _chosen(value, key)}
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


def _chosen(elements: Collection[object], key: str) -> list[str]:
    return [
        chosen
        for element in elements
        if isinstance(element, Mapping) and isinstance(chosen := element.get(key), str)
    ]
