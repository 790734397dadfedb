"""Three-way merge of a goal: `before` (files at the last sync), `new` (files) and `here` (record).

For each value by itself:

    the files are unchanged                  the record keeps its value
    only the files changed                   the record takes the value of the files
    both changed to the same value           nothing to do
    both changed to different values         the record keeps its value; a conflict is reported

Elements of lists (key results, items, milestones, dependencies) follow the same rule: one that was
added to the files is added, one that was removed from the record stays removed, one that was
removed from the files is removed unless the record changed it. docs/goals-folder.md explains it to
users.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from ...twin.values import PlainJson
from .file_document import GoalDocument, keyed

type Element = dict[str, PlainJson]

# The part that is the key of the elements, by list.
LISTS: Final = {"milestones": "key", "progress_metrics": "key", "items": "id"}
# The part of a key result that its source sets.
MEASURED: Final = "current"
# The day of an item that was ticked here, which its file need not say.
DONE: Final = "done"
# A new goal has these: they count as values of its files at the last sync.
DEFAULTS: Final[GoalDocument] = {"status": "Planning"}


@dataclass(frozen=True, slots=True)
class Conflict:
    """A value that both sides changed: its path, its field and both values."""

    path: str
    field: str
    file_says: PlainJson
    here: PlainJson


@dataclass(frozen=True, slots=True)
class Merge:
    """The patch for the record, and the document to remember as `before`."""

    patch: dict[str, PlainJson]
    before: dict[str, PlainJson]
    conflicts: tuple[Conflict, ...]


@dataclass(slots=True)
class _Merger:
    """Merges one goal; with `partial`, values missing in the files were not removed."""

    partial: bool
    conflicts: list[Conflict] = field(default_factory=list)

    def value(
        self, path: str, before: PlainJson, new: PlainJson, here: PlainJson
    ) -> tuple[PlainJson, PlainJson]:
        """Return the value to have and the one to remember."""
        if new in (here, before):
            return here, new
        if before == here:
            return new, new
        self.conflicts.append(Conflict(path, path.partition(".")[0], new, here))
        return here, before

    def part(
        self, path: str, before: PlainJson, new: PlainJson, here: PlainJson
    ) -> tuple[PlainJson, PlainJson]:
        """Merge a value, or a list by its elements."""
        name = path.rpartition(".")[2]
        if name == "dependencies":
            return self.names(before, new, here)
        if name in LISTS:
            return self.elements(path, LISTS[name], (before, new, here))
        return self.value(path, before, new, here)

    def names(
        self, before: PlainJson, new: PlainJson, here: PlainJson
    ) -> tuple[PlainJson, PlainJson]:
        """Merge two sets of names."""
        old, named, present = (_listed(each) for each in (before, new, here))
        kept = [name for name in present if self.partial or name in named or name not in old]
        added = [name for name in named if name not in old and name not in present]
        omitted = [name for name in old if self.partial and name not in named]
        return [*kept, *added], [*named, *omitted]

    def elements(
        self, path: str, key: str, lists: tuple[PlainJson, PlainJson, PlainJson]
    ) -> tuple[PlainJson, PlainJson]:
        """Merge two lists of objects by their keys."""
        before, new, here = (keyed(each, key) for each in lists)
        merged: dict[str, Element] = {}
        remembered: dict[str, Element] = {}
        for name, element in new.items():
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
            if name not in new and not gone:
                merged[name] = element
        if self.partial:
            remembered |= {name: one for name, one in before.items() if name not in new}
        order = _order(list(before), list(new), list(here))
        return [merged[name] for name in order if name in merged], list(remembered.values())

    def element(
        self, path: str, before: Element, new: Element, here: Element
    ) -> tuple[Element, Element]:
        """Merge two objects part by part."""
        merged: Element = {}
        remembered: Element = {}
        for name in (*here, *(name for name in (*new, *before) if name not in here)):
            if name not in new and (name not in before or self.partial):
                value, old = here.get(name), before.get(name)
            elif name == MEASURED and here.get("source"):
                # The value follows a metric or an entity: that in the files is only a note.
                value, old = here.get(name), new.get(name)
            elif name == DONE and name not in before:
                # A day that is written beside a tick says more than the day of the tick.
                value = old = new.get(name)
            else:
                value, old = self.part(
                    f"{path}.{name}", before.get(name), new.get(name), here.get(name)
                )
            merged |= {} if value is None else {name: value}
            remembered |= {} if old is None else {name: old}
        return merged, remembered


def merge(
    before: GoalDocument, new: GoalDocument, here: GoalDocument, *, partial: bool = False
) -> Merge:
    """Merge the document of a goal's files into that of its record.

    Fields that are not in the files are left alone.
    """
    merger = _Merger(partial)
    patch: dict[str, PlainJson] = {}
    remembered = dict(before)
    for name, value in new.items():
        merged, remembered[name] = merger.part(name, before.get(name), value, here.get(name))
        if merged != here.get(name):
            patch[name] = merged
    return Merge(patch, remembered, tuple(merger.conflicts))


def _listed(value: PlainJson) -> dict[str, None]:
    return dict.fromkeys(map(str, value)) if isinstance(value, list) else {}


def _is_unchanged(before: Element, here: Element) -> bool:
    """Return whether an element of the record is still that of the files at the last sync."""
    return _without_own(here) == _without_own(before)


def _without_own(element: Element) -> Element:
    """Return an element without what the record sets itself: times and days of ticks."""
    items = element.get("items")
    if not isinstance(items, list):
        return {name: value for name, value in element.items() if name != DONE}
    kept = {name: value for name, value in element.items() if name != "measured_at"}
    return kept | {"items": [_without_own(item) for item in items if isinstance(item, dict)]}


def _order(before: list[str], new: list[str], here: list[str]) -> Iterable[str]:
    """Return all names in their merged order.

    It is that of the record, or that of the files if only they were reordered. A name that only
    the other side has follows the name that it follows there.
    """
    known, in_files = set(here), set(new)
    common = [name for name in new if name in known]
    files_reordered = common != [name for name in before if name in known and name in in_files]
    record_in_order = [name for name in here if name in set(before)] == [
        name for name in before if name in known
    ]
    spine, other = (new, here) if files_reordered and record_in_order else (here, new)
    return _interleaved(spine, other)


def _interleaved(spine: list[str], other: list[str]) -> list[str]:
    """Insert the names that only `other` has, each behind the name that it follows there."""
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
