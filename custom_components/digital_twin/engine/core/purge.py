"""Forgets twins for good: what of the journal is left without them.

Of people not only their own lines go. Goals that were theirs, and belong to nobody now, keep what
was written in them, and lose the values of metrics that key results had from the person.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import orjson

from ...twin.goals.key_result_parts import without_measured_parts
from ...twin.records.revisions import DeltaError, created, difference, reverted
from .files import StoredDocument
from .journal import Journal, Line

# Stands in the journal for people who were forgotten.
NOBODY: Final = "00000000-0000-4000-8000-000000000000"
OWNER: Final = "owner_person_id"
KEY_RESULTS: Final = "progress_metrics"
_OF_GOALS: Final = b'"kind":"goal"'


class OwnedGoal(NamedTuple):
    """The document of a goal that belonged to people who go, and when it was said to last."""

    document: StoredDocument
    until: str


def without_measured(goal: OwnedGoal, people: Collection[str]) -> StoredDocument:
    """Return the document of a goal without the values of metrics of people.

    Of a goal that belongs to somebody else by now, what was measured later stays.
    """
    document, until = goal
    is_left = document.get(OWNER) in {None, NOBODY, *people}
    return {
        **document,
        KEY_RESULTS: [
            _without_values(each, None if is_left else until) if _follows(each) else each
            for each in document.get(KEY_RESULTS) or ()
        ],
    }


def _without_values(key_result: Mapping[str, Any], until: str | None) -> StoredDocument:
    if until is None:
        return without_measured_parts(key_result)
    found = dict(key_result)
    if days := {day: value for day, value in found.pop("days", {}).items() if day > until[:10]}:
        found["days"] = days
    if str(found.get("measured_at", "")) <= until:
        found.pop("measured_at", None)
        found.pop("current", None)
    return found


def _follows(key_result: object) -> bool:
    source = key_result.get("source") if isinstance(key_result, dict) else None
    return isinstance(source, dict) and source.get("metric") is not None


def owned_goals(journal: Journal, people: Collection[str]) -> dict[str, str]:
    """Return the goals that belonged to people at any time: when each was said to last, by id.

    Raises `OSError`.
    """
    names, found = [person_id.encode() for person_id in people], dict[str, str]()
    for segment in journal.newest_first():
        for raw in reversed(segment.lines):
            if _OF_GOALS in raw and any(name in raw for name in names):
                line = _decoded(raw)
                for goal_id in _named_goals(line, people):
                    found.setdefault(goal_id, _at(line))
    return found


def _named_goals(line: object, people: Collection[str]) -> Iterable[str]:
    for operation in _operations(line):
        if operation.get("kind") == "goal":
            text = orjson.dumps(operation).decode()
            if any(person_id in text for person_id in people):
                yield str(operation.get("id"))


def _at(line: object) -> str:
    return str(line.get("at")) if isinstance(line, dict) else ""


def forget(
    journal: Journal,
    gone: Collection[str],
    people: Collection[str],
    goals: Mapping[str, OwnedGoal],
) -> None:
    """Remove twins from the journal; `people` are the persons among them.

    `goals` are the goals that belonged to them, as they are at present. Raises `OSError`.
    """
    private = _PrivateGoals(
        people=frozenset(people),
        documents={key: goal.document for key, goal in goals.items()},
        until={key: goal.until for key, goal in goals.items()},
    )
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
    until: Mapping[str, str]
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
                shown = self._shown(goal_id, after)
                if before is None:
                    return created(shown)
                return difference(self._shown(goal_id, before), shown)
        return [step for step in delta if KEY_RESULTS not in step["p"] and step["p"]]

    def _shown(self, goal_id: str, document: StoredDocument | None) -> StoredDocument | None:
        if document is None:
            return None
        return without_measured(OwnedGoal(document, self.until[goal_id]), self.people)

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
