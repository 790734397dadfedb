"""Keys that stay with what they name while people rename, add and reorder."""

from collections.abc import Collection, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Final

from ...twin.records.naming import unique_slug

MAX_COMPARED: Final = 40
ALIKE: Final = 0.6


def stable_keys(
    names: Sequence[str],
    known: Mapping[str, str],
    fallback: str,
    reserved: Collection[str] = (),
) -> list[str]:
    """Return a key for each name, none twice and none of the reserved ones.

    `known` has the names by their keys as they were last time, in their order. A name that is
    still there keeps its key; one that looks like a name that has gone takes over its key; any
    other gets a new one.
    """
    keys: list[str | None] = _same(names, known)
    used = {key for key in keys if key is not None}
    gone = [key for key in known if key not in used]
    fresh = [at for at, key in enumerate(keys) if key is None]
    if len(gone) <= MAX_COMPARED and len(fresh) <= MAX_COMPARED:
        _take_over(names, known, keys, fresh, gone)
    taken = {*reserved, *known, *(key for key in keys if key is not None)}
    found: list[str] = []
    for name, key in zip(names, keys, strict=True):
        found.append(key or unique_slug(name, taken, fallback))
        taken.add(found[-1])
    return found


def _same(names: Sequence[str], known: Mapping[str, str]) -> list[str | None]:
    by_name: dict[str, list[str]] = {}
    for key, name in reversed(list(known.items())):
        by_name.setdefault(name, []).append(key)
    return [by_name[name].pop() if by_name.get(name) else None for name in names]


def _take_over(
    names: Sequence[str],
    known: Mapping[str, str],
    keys: list[str | None],
    fresh: Sequence[int],
    gone: Sequence[str],
) -> None:
    """Give the keys of names that have gone to the new names that are most like them."""
    pairs = sorted(
        (
            (SequenceMatcher(None, known[key], names[at]).ratio(), -at, key)
            for at in fresh
            for key in gone
        ),
        reverse=True,
    )
    free = set(gone)
    for ratio, position, key in pairs:
        if ratio < ALIKE:
            return
        if key in free and keys[-position] is None:
            keys[-position] = key
            free.remove(key)
