"""Matching names with the keys that they had before, so that an edited list keeps its keys."""

from collections.abc import Collection, Mapping, Sequence
from difflib import SequenceMatcher

from .naming import unique_slug

# Similarity is compared between all pairs: quadratic in the number of changed names.
MAX_COMPARED = 40
# The least `SequenceMatcher.ratio` (0 to 1) of a name that counts as a new wording of another.
SIMILAR = 0.6


def match_keys(
    names: Sequence[str],
    known: Mapping[str, str],
    fallback: str,
    reserved: Collection[str] = (),
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
