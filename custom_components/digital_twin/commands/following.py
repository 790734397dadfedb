"""Commands for readers who follow twins: documents at first, then what changes of them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import NamedTuple, cast

from homeassistant.helpers.json import json_bytes, json_fragment

from ..engine.core.registry import TwinRegistry
from ..engine.core.timers import TimeSlices
from ..engine.documents import Document
from ..engine.runtime import Runtime
from ..twin.goals.references import Twin
from .access import Access, Actor, ReadableTwin, readable_twin
from .finder import kind_named, selection, twin_order

type JsonPart = json_fragment | None


class SharedDocuments:
    """Documents for many readers at a time: each is made once, and equal ones are one object.

    `known` has the documents that readers may have kept from before.
    """

    def __init__(self, known: dict[ReadableTwin, Document]) -> None:
        self._known = known
        self._made: dict[ReadableTwin, Document] = {}
        # With the documents, so that their ids stay theirs.
        self._parts: dict[tuple[int, int, frozenset[str]], tuple[object, object, JsonPart]] = {}

    def get(self, actor: Actor, kind: str, twin_id: str) -> Document | None:
        """Return what the actor may read of a twin, None for nothing."""
        if (readable := readable_twin(actor, kind, twin_id)) is None:
            if twin_id not in actor.registry.records(kind):
                for gone in [each for each in self._known if each.twin_id == twin_id]:
                    del self._known[gone]
            return None
        if (document := self._made.get(readable)) is None:
            document = readable.document(actor.runtime)
            known = self._known.get(readable)
            document = known if known is not None and known == document else document
            self._made[readable] = self._known[readable] = document
        return document

    def part(self, before: Document | None, after: Document, wanted: frozenset[str]) -> JsonPart:
        """Return the wanted parts of a document in JSON, or the difference from one before.

        A difference is `{revision, fields, values}`, of the wanted parts; None where there is none.
        """
        if before is after:
            return None
        key = (id(before), id(after), wanted)
        if (found := self._parts.get(key)) is None:
            part = _wanted(after, wanted) if before is None else _changes(before, after, wanted)
            fragment = None if part is None else json_fragment(json_bytes(part))
            found = self._parts[key] = (before, after, fragment)
        return found[2]


def _wanted(document: Document, wanted: frozenset[str]) -> Document:
    return {name: part for name, part in document.items() if name in wanted}


def _changes(before: Document, after: Document, wanted: frozenset[str]) -> Document | None:
    names = [
        name
        for name in {**before, **after}
        if name in wanted and (name not in before or before[name] != after.get(name))
    ]
    if not names:
        return None
    values: Document = {name: after[name] for name in names if name in after}
    return {"revision": after["revision"], "fields": [*names], "values": values}


class News(NamedTuple):
    """What is new for a reader: JSON of documents, JSON of differences by id, and ids."""

    added: list[JsonPart]
    changed: dict[str, JsonPart]
    removed: list[str]


class _Read(NamedTuple):
    """What was read of one twin: its document and the wanted part of it, None for nothing."""

    twin_id: str
    document: Document | None
    part: JsonPart
    order: str


@dataclass(slots=True, eq=False)
class DocumentReader:
    """Somebody who follows the twins of a kind.

    `twin_ids` is None for all of them, `wanted` are the names of the wanted parts. `known` has the
    documents that the reader knows, `due` the ids of twins that may differ from them.
    """

    actor_of: Callable[[Runtime], Actor]
    kind: str
    twin_ids: frozenset[str] | None
    wanted: frozenset[str]
    access: Access
    known: dict[str, Document] = field(default_factory=dict)
    due: set[str] = field(default_factory=set)

    def mark(self, twin_ids: Iterable[str]) -> None:
        """Mark twins as due, as far as they are followed."""
        self.due |= {*twin_ids} if self.twin_ids is None else self.twin_ids.intersection(twin_ids)

    def mark_all(self, registry: TwinRegistry) -> None:
        """Mark all twins as due that there are, and those that the reader knows."""
        self.mark(registry.records(self.kind))
        self.due |= self.known.keys()

    def check_access(self, runtime: Runtime) -> None:
        """Mark all twins as due if the permissions of the reader have changed."""
        actor = self.actor_of(runtime)
        if actor.access != self.access:
            self.access = actor.access
            self.mark_all(actor.registry)

    async def async_read(
        self, runtime: Runtime, shared: SharedDocuments, slices: TimeSlices
    ) -> News:
        """Read what is due; permissions are those of the moment at which each twin is read."""
        due, self.due = self.due, set()
        found: list[_Read] = []
        try:
            actor = self.actor_of(runtime)
            for twin_id in due:
                if await slices.pause():
                    actor = self.actor_of(runtime)
                before = self.known.get(twin_id)
                after = shared.get(actor, self.kind, twin_id)
                part = shared.part(before, after, self.wanted) if after else None
                twin = cast("Twin", runtime.registry.records(self.kind)[twin_id]) if after else None
                found.append(_Read(twin_id, after, part, twin_order(twin) if twin else ""))
        except BaseException:
            self.due |= due
            raise
        return self._news(found)

    def _news(self, found: Iterable[_Read]) -> News:
        added: list[_Read] = []
        news = News([], {}, [])
        for read in found:
            before = self.known.pop(read.twin_id, None)
            if read.document is not None:
                self.known[read.twin_id] = read.document
                if before is None:
                    added.append(read)
                elif read.part is not None:
                    news.changed[read.twin_id] = read.part
            elif before is not None:
                news.removed.append(read.twin_id)
        added.sort(key=attrgetter("order"))
        news.added.extend(read.part for read in added)
        return news


def follow_twins(
    actor: Actor,
    actor_of: Callable[[Runtime], Actor],
    kind: str,
    names: Iterable[str] | None = None,
    fields: Iterable[str] | None = None,
    *,
    field: str = "twins",
) -> DocumentReader:
    """Return a reader of twins that are named by id or code, or of all twins of a kind.

    Raises `TwinError` for each unknown field, and for names at `field[0]` and so on, where
    `NotPermittedError` is possible, too. `actor_of` returns the reader with the present rights.
    """
    found = kind_named(kind)
    _, wanted = selection(kind, {}, fields)
    ids: set[str] = set()
    for index, name in enumerate(names or ()):
        twin = actor.finder.identified(found, name, f"{field}[{index}]")
        actor.access.require_read(twin, f"{field}[{index}]")
        ids.add(found.id_of(twin))
    followed = None if names is None else frozenset(ids)
    return DocumentReader(actor_of, kind, followed, wanted, actor.access)
