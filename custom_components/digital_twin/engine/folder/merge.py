"""What a goal becomes when its files and a person in Home Assistant both had a say.

The rule, for each value by itself, with `before` for what the files said last time:

    the files say what they said before      what is in Home Assistant stays
    ... something new, Home Assistant not    the files win
    ... both changed, to the same            nothing to do
    ... both changed, to different values    Home Assistant stays, and the conflict is reported

Elements of lists (key results, items, milestones, dependencies) follow the same rule: one that is
new in the files comes, one that a person removed stays away, one that has gone from the files
goes, unless a person changed it. docs/goals-folder.md tells it to people.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from ...twin.values import PlainJson
from .file_document import GoalDocument, keyed

type Element = dict[str, PlainJson]

# The lists whose elements are told apart by a key, and the lists within those.
LISTS: Final = {"milestones": "key", "progress_metrics": "key", "items": "id"}
# What a key result takes from its source, where it has one.
MEASURED: Final = "current"
# Nobody wrote these: they are what a goal begins with.
DEFAULTS: Final[GoalDocument] = {"status": "Planning"}


@dataclass(frozen=True, slots=True)
class Conflict:
    """A value that both sides changed: its path and what each side has."""

    path: str
    field: str
    file_says: PlainJson
    here: PlainJson


@dataclass(frozen=True, slots=True)
class Merge:
    """The outcome: what to change in the goal, and what to remember as said by the files."""

    patch: dict[str, PlainJson]
    before: dict[str, PlainJson]
    conflicts: tuple[Conflict, ...]


@dataclass(slots=True)
class _Merger:
    """Merges one goal; `partial` keeps what the files no longer have."""

    partial: bool
    conflicts: list[Conflict] = field(default_factory=list)

    def value(
        self, path: str, before: PlainJson, said: PlainJson, here: PlainJson
    ) -> tuple[PlainJson, PlainJson]:
        """Return the value to have and the one to remember."""
        if said in (here, before):
            return here, said
        if before == here:
            return said, said
        self.conflicts.append(Conflict(path, path.partition(".")[0], said, here))
        return here, before

    def part(
        self, path: str, before: PlainJson, said: PlainJson, here: PlainJson
    ) -> tuple[PlainJson, PlainJson]:
        """Merge a value, or a list by its elements."""
        name = path.rpartition(".")[2]
        if name == "dependencies":
            return self.names(before, said, here)
        if name in LISTS:
            return self.elements(path, LISTS[name], (before, said, here))
        return self.value(path, before, said, here)

    def names(
        self, before: PlainJson, said: PlainJson, here: PlainJson
    ) -> tuple[PlainJson, PlainJson]:
        """Merge two sets of names."""
        old, new, present = (_listed(each) for each in (before, said, here))
        kept = [name for name in present if self.partial or name in new or name not in old]
        added = [name for name in new if name not in old and name not in present]
        return [*kept, *added], [*new, *(name for name in old if self.partial and name not in new)]

    def elements(
        self, path: str, key: str, lists: tuple[PlainJson, PlainJson, PlainJson]
    ) -> tuple[PlainJson, PlainJson]:
        """Merge two lists of objects by their keys."""
        before, said, here = (keyed(each, key) for each in lists)
        merged: dict[str, Element] = {}
        remembered: dict[str, Element] = {}
        for name, element in said.items():
            if name in here:
                merged[name], remembered[name] = self.element(
                    f"{path}.{name}", before.get(name, {}), element, here[name]
                )
            else:
                remembered[name] = element
                if name not in before:
                    merged[name] = element
        for name, element in here.items():
            gone = name in before and not self.partial and _is_unchanged(before[name], element)
            if name not in said and not gone:
                merged[name] = element
        if self.partial:
            remembered |= {name: one for name, one in before.items() if name not in said}
        order = _order(list(before), list(said), list(here))
        return [merged[name] for name in order if name in merged], list(remembered.values())

    def element(
        self, path: str, before: Element, said: Element, here: Element
    ) -> tuple[Element, Element]:
        """Merge two objects part by part."""
        merged: Element = {}
        remembered: Element = {}
        for name in (*here, *(name for name in (*said, *before) if name not in here)):
            if name not in said and (name not in before or self.partial):
                value, old = here.get(name), before.get(name)
            elif name == MEASURED and here.get("source"):
                # It follows a metric or an entity: what a person wrote of it is only a note.
                value, old = here.get(name), said.get(name)
            else:
                value, old = self.part(
                    f"{path}.{name}", before.get(name), said.get(name), here.get(name)
                )
            merged |= {} if value is None else {name: value}
            remembered |= {} if old is None else {name: old}
        return merged, remembered


def merge(
    before: GoalDocument, said: GoalDocument, here: GoalDocument, *, partial: bool = False
) -> Merge:
    """Reconcile what the files of a goal say with the goal's document in Home Assistant.

    A field that the files do not name is none of their business.
    """
    merger = _Merger(partial)
    patch: dict[str, PlainJson] = {}
    remembered = dict(before)
    for name, value in said.items():
        merged, remembered[name] = merger.part(name, before.get(name), value, here.get(name))
        if merged != here.get(name):
            patch[name] = merged
    return Merge(patch, remembered, tuple(merger.conflicts))


def _listed(value: PlainJson) -> dict[str, None]:
    return dict.fromkeys(map(str, value)) if isinstance(value, list) else {}


def _is_unchanged(before: Element, here: Element) -> bool:
    """Tell whether an element is still what the files said."""
    # When a checklist last changed is nothing that a person wrote.
    mine = {"measured_at"} if "items" in here else set()
    return {name: value for name, value in here.items() if name not in mine} == before


def _order(before: list[str], said: list[str], here: list[str]) -> Iterable[str]:
    """Return all names in the order that they are to have.

    The order is that of Home Assistant; the files change it when they changed it and nobody did
    in Home Assistant. What only the other side has stays behind what it stood behind there.
    """
    known, theirs = set(here), set(said)
    spoken = [name for name in said if name in known]
    moved_there = spoken != [name for name in before if name in known and name in theirs]
    kept_here = [name for name in here if name in set(before)] == [
        name for name in before if name in known
    ]
    spine, other = (said, here) if moved_there and kept_here else (here, said)
    return _interleaved(spine, other)


def _interleaved(spine: list[str], other: list[str]) -> list[str]:
    """Put what only the other list has behind what it stands behind there."""
    on_spine = set(spine)
    behind: dict[str | None, list[str]] = {}
    last: str | None = None
    for name in other:
        if name in on_spine:
            last = name
        else:
            behind.setdefault(last, []).append(name)
    woven = behind.get(None, [])
    for name in spine:
        woven += [name, *behind.get(name, [])]
    return woven
