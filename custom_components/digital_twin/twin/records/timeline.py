"""What changed of twins between two times, found by taking back the lines of the journal.

The documents are known as they are now. Lines are taken from the newest to the oldest, and each is
taken back, so that its differences are applied to the document that they were made for. A line that
is missing in between costs only what it changed.
"""

from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field as part
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from ..values import PlainJson
from .revisions import DeltaError, Step, fits, reverted

REVISION: Final = "revision"

type TwinDocument = Mapping[str, Any]


class TwinKey(NamedTuple):
    """The kind and the id of a twin."""

    kind: str
    twin_id: str


class Author(NamedTuple):
    """Who made a change, and through which surface, as the journal has them."""

    actor: str
    origin: str


class What(StrEnum):
    """What happened to a twin, or to an element of one of its lists."""

    ADDED = "added"
    REMOVED = "removed"
    RESTORED = "restored"
    CHANGED = "changed"


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldChange:
    """A field of a twin that was changed by one author, once or several times in a row.

    `field` is empty for what happened to the twin itself. `at` is the last of the times, `first_at`
    the first. `counts` has by the two names (or positions) that follow the field in paths how
    often they changed. Without `is_known` nobody knows the values: lines are missing.
    """

    key: TwinKey
    what: What
    author: Author
    at: datetime
    first_at: datetime
    field: str = ""
    before: PlainJson = None
    after: PlainJson = None
    count: int = 1
    counts: Mapping[tuple[str | int, ...], int] = part(default_factory=dict)
    is_known: bool = True


@dataclass(kw_only=True, slots=True)
class _OpenRun:
    """The changes of a field by one author that have been taken back so far."""

    author: Author
    at: datetime
    first_at: datetime
    after: PlainJson
    is_known: bool
    count: int = 0
    counts: Counter[tuple[str | int, ...]] = part(default_factory=Counter)


class Timeline:
    """Takes lines back; `changes` are those later than `since` and not later than `until`.

    `documents` are the present ones, of deleted twins, too. Other twins are left out, and so are
    fields in `untold` (by kind), which are not taken back either. Of the kinds in `partly`, lines
    that change only such fields may be left out. `latest` has the documents as they were at
    `until`, of twins that changed. `damaged` lines could not be read.
    """

    def __init__(
        self,
        documents: Mapping[TwinKey, TwinDocument],
        since: datetime,
        until: datetime,
        untold: Mapping[str, frozenset[str]],
        partly: Container[str] = (),
    ) -> None:
        self._documents = dict(documents)
        self.since = since
        self.until = until
        self._untold = untold
        self._revisions = {
            key: document.get(REVISION)
            for key, document in documents.items()
            if key.kind not in partly
        }
        # Twins of which a line is missing: positions in their lists may mean something else.
        self._uncertain: set[TwinKey] = set()
        self._runs: dict[tuple[TwinKey, str], _OpenRun] = {}
        # Fields whose values cannot be followed beyond a missing line.
        self._lost: set[tuple[TwinKey, str]] = set()
        self._changes: list[FieldChange] = []
        self.latest: dict[TwinKey, TwinDocument] = {}
        self.damaged = 0

    def take(self, line: object) -> None:
        """Take back a line; the one before was later. What cannot be read is counted."""
        try:
            at, author, operations = _parts(line)
            told = author if self.since < at <= self.until else None
        except AttributeError, KeyError, TypeError, ValueError:
            self._damaged()
            return
        for operation in reversed(operations):
            try:
                self._take_operation(operation, told, at)
            except AttributeError, DeltaError, IndexError, KeyError, TypeError, ValueError:
                self._damaged()

    def _damaged(self) -> None:
        """Count something that cannot be read; it may have been about any twin."""
        self.damaged += 1
        self._uncertain |= self._documents.keys()

    def changes(self) -> list[FieldChange]:
        """Return the changes, the latest first; no line can be taken after that."""
        for key, name in [*self._runs]:
            self._close(key, name)
        self._changes.sort(key=lambda each: each.at, reverse=True)
        return self._changes

    def _take_operation(
        self, operation: Mapping[str, Any], told: Author | None, at: datetime
    ) -> None:
        if "kind" not in operation:
            # Days of histories and histories that were deleted.
            return
        key, delta = TwinKey(operation["kind"], operation["id"]), operation.get("delta", [])
        document = self._documents.get(key)
        if document is None:
            return
        if told:
            self.latest.setdefault(key, document)
        match operation["op"]:
            case "put" if delta and not delta[0]["p"]:
                self._begin_of(key, told, at)
            case "put":
                self._take_steps(key, delta, told, at)
            case "delete" if told:
                self._event(key, What.REMOVED, told, at)
            case "restore" if told:
                self._event(key, What.RESTORED, told, at)

    def _begin_of(self, key: TwinKey, told: Author | None, at: datetime) -> None:
        """Take back that a twin was added: before, there is nothing."""
        for each, name in [*self._runs]:
            if each == key:
                self._close(key, name)
        if told:
            self._event(key, What.ADDED, told, at)
        del self._documents[key]

    def _event(self, key: TwinKey, what: What, author: Author, at: datetime) -> None:
        self._changes.append(FieldChange(key=key, what=what, author=author, at=at, first_at=at))

    def _take_steps(
        self, key: TwinKey, delta: list[Step], told: Author | None, at: datetime
    ) -> None:
        untold = self._untold.get(key.kind, frozenset())
        by_field: dict[str, list[Step]] = {}
        for step in delta:
            name = step["p"][0]
            if not isinstance(name, str) or not name:
                raise DeltaError("a step leads into no field")
            if name == REVISION and key in self._revisions:
                if step.get("a") != self._revisions[key]:
                    self._uncertain.add(key)
                self._revisions[key] = step.get("b")
            if name not in untold:
                by_field.setdefault(name, []).append(step)
        for name, steps in by_field.items():
            self._take_field(key, name, steps, told, at)

    def _take_field(
        self, key: TwinKey, name: str, steps: list[Step], told: Author | None, at: datetime
    ) -> None:
        place, document = (key, name), self._documents[key]
        is_whole = all(step["p"] == [name] for step in steps)
        fit = place in self._lost or (
            (is_whole or key not in self._uncertain) and all(fits(document, step) for step in steps)
        )
        run = self._runs.get(place)
        if run and (not fit or told is None or run.author.actor != told.actor):
            self._close(key, name)
            run = None
        if not fit:
            # Of a list or an object only a part would be known.
            if is_whole:
                self._documents[key] = {**document, name: steps[0].get("a")}
            else:
                self._lost.add(place)
        if told:
            run = run or self._open(key, name, told, at)
            run.count += 1
            run.first_at = at
            run.counts.update({tuple(step["p"][1:3]) for step in steps})
        if place not in self._lost:
            self._documents[key] = reverted(self._documents[key], steps)

    def _open(self, key: TwinKey, name: str, author: Author, at: datetime) -> _OpenRun:
        run = self._runs[key, name] = _OpenRun(
            author=author,
            at=at,
            first_at=at,
            after=self._documents[key].get(name),
            is_known=(key, name) not in self._lost,
        )
        return run

    def _close(self, key: TwinKey, name: str) -> None:
        run = self._runs.pop((key, name))
        before = self._documents[key].get(name)
        is_known = run.is_known and (key, name) not in self._lost
        self._changes.append(
            FieldChange(
                key=key,
                what=What.CHANGED,
                author=run.author,
                at=run.at,
                first_at=run.first_at,
                field=name,
                before=before if is_known else None,
                after=run.after if is_known else None,
                count=run.count,
                counts=run.counts,
                is_known=is_known,
            )
        )


def _parts(line: object) -> tuple[datetime, Author, list[Mapping[str, Any]]]:
    if not isinstance(line, dict) or not isinstance(line["operations"], list):
        raise TypeError
    author = Author(str(line.get("actor")), str(line.get("origin")))
    return datetime.fromisoformat(line["at"]), author, line["operations"]


def before_changes(latest: TwinDocument, changes: Iterable[FieldChange]) -> TwinDocument | None:
    """Return a document as it was before changes of its twin, given the one after them.

    The latest come first. None where there was none, or where values are unknown.
    """
    document = dict(latest)
    for change in changes:
        if change.what is What.ADDED or not change.is_known:
            return None
        if change.field:
            document[change.field] = change.before
    return document
