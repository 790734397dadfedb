"""Forgets twins for good: what of the journal is left without them.

Of people not only their own lines go. Goals that were theirs, and belong to nobody now, keep what
was written in them, and lose the values of metrics that key results had from the person.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from ...twin.records.revisions import DeltaError, created, difference, reverted
from .files import StoredDocument
from .journal import Journal, Line

# Stands in the journal for people who were forgotten.
NOBODY: Final = "00000000-0000-4000-8000-000000000000"
OWNER: Final = "owner_person_id"
KEY_RESULTS: Final = "progress_metrics"
# The parts of a key result that hold values of the metric that it follows.
MEASURED: Final = frozenset({"baseline", "current", "days", "measured_at"})
_OF_GOALS: Final = b'"kind":"goal"'


def without_measured(document: Mapping[str, Any]) -> StoredDocument:
    """Return the document of a goal without values of metrics."""
    return {
        **document,
        KEY_RESULTS: [
            {name: part for name, part in each.items() if name not in MEASURED}
            if _follows(each)
            else each
            for each in document.get(KEY_RESULTS) or ()
        ],
    }


def _follows(key_result: object) -> bool:
    source = key_result.get("source") if isinstance(key_result, dict) else None
    return isinstance(source, dict) and source.get("metric") is not None


def owned_goals(journal: Journal, people: Collection[str]) -> set[str]:
    """Return the ids of the goals that belonged to people at any time. Raises `OSError`."""
    names, found = [person_id.encode() for person_id in people], set[str]()
    for segment in journal.newest_first():
        for raw in segment.lines:
            if _OF_GOALS in raw and any(name in raw for name in names):
                found.update(_named_goals(raw, people))
    return found


def _named_goals(raw: bytes, people: Collection[str]) -> Iterable[str]:
    for operation in _operations(_decoded(raw)):
        if operation.get("kind") == "goal":
            text = orjson.dumps(operation).decode()
            if any(person_id in text for person_id in people):
                yield str(operation.get("id"))


def forget(
    journal: Journal,
    gone: Collection[str],
    people: Collection[str],
    goals: Mapping[str, StoredDocument],
) -> None:
    """Remove twins from the journal; `people` are the persons among them.

    `goals` are the present documents of goals that belonged to them. Raises `OSError`.
    """
    private = _PrivateGoals(people=frozenset(people), documents=dict(goals))
    if goals:
        names = [goal_id.encode() for goal_id in goals]
        for segment in journal.newest_first():
            for raw in reversed(segment.lines):
                if any(name in raw for name in names):
                    private.take_back(_decoded(raw))
    journal.rewrite(
        {*gone, *goals}, lambda line: without_twins(private.redacted(line), gone, people)
    )


def without_twins(line: Line, gone: Collection[str], people: Collection[str]) -> Line | None:
    """Return a line of the journal without twins; None when nothing is left of it.

    Where other twins refer to people among them, nobody's id takes the place of theirs.
    """
    kept = [each for each in line["operations"] if each.get("id") not in gone]
    if not kept:
        return None
    text = orjson.dumps({**line, "operations": kept})
    for person_id in people:
        text = text.replace(person_id.encode(), NOBODY.encode())
    without: Line = orjson.loads(text)
    return without


@dataclass(kw_only=True, slots=True)
class _PrivateGoals:
    """The operations of goals that belonged to people, made anew without values of metrics.

    Lines are taken back, the latest first, so that each document is known as it was then.
    """

    people: frozenset[str]
    documents: dict[str, StoredDocument | None]
    # By the number of the line and the place of the operation in it.
    deltas: dict[tuple[int, int], list[Any]] = field(default_factory=dict)
    # Goals whose earlier documents are unknown, because a line is damaged.
    lost: set[str] = field(default_factory=set)

    def take_back(self, line: object) -> None:
        """Take a line back."""
        if not isinstance(line, dict):
            return
        for place, operation in reversed([*enumerate(_operations(line))]):
            goal_id = operation.get("id")
            if goal_id in self.documents and operation.get("op") == "put":
                delta = self._taken_back(str(goal_id), operation["delta"])
                self.deltas[line["seq"], place] = delta

    def _taken_back(self, goal_id: str, delta: list[Any]) -> list[Any]:
        after = self.documents[goal_id]
        if goal_id not in self.lost:
            try:
                before = reverted(after, delta)
            except DeltaError:
                self.lost.add(goal_id)
            else:
                self.documents[goal_id] = before
                shown = self._shown(after)
                return created(shown) if before is None else difference(self._shown(before), shown)
        return [step for step in delta if KEY_RESULTS not in step["p"] and step["p"]]

    def _shown(self, document: StoredDocument | None) -> StoredDocument | None:
        if document is None or document.get(OWNER) not in {None, NOBODY, *self.people}:
            return document
        return without_measured(document)

    def redacted(self, line: Line) -> Line:
        """Return a line with the operations that were made anew."""
        operations = [
            {**operation, "delta": self.deltas[line["seq"], place]}
            if (line["seq"], place) in self.deltas
            else operation
            for place, operation in enumerate(line["operations"])
        ]
        return {**line, "operations": operations}


def _operations(line: object) -> list[Any]:
    operations = line.get("operations") if isinstance(line, dict) else None
    return [each for each in operations or () if isinstance(each, dict)]


def _decoded(raw: bytes) -> object:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
