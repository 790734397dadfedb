"""A twin is known as it was, whether its lines are taken back one by one or by their summary."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.records.revisions import created, difference
from custom_components.digital_twin.twin.records.rewind import (
    EarlierTwin,
    Exactness,
    SegmentSummary,
    earlier_twin,
    earlier_value,
    worst,
)
from custom_components.digital_twin.twin.values import same_json

NOON: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)

type Operations = list[dict[str, Any]]

SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(("a", "b"))
VALUES = st.recursive(
    SCALARS,
    lambda parts: (
        st.lists(parts, max_size=4) | st.dictionaries(st.sampled_from("xyz"), parts, max_size=3)
    ),
    max_leaves=8,
)
BODIES = st.dictionaries(st.sampled_from(("name", "list", "more", "days")), VALUES, max_size=4)
HISTORIES = st.lists(BODIES, min_size=2, max_size=9)


def revisions(bodies: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return documents that are made an hour after each other."""
    return [
        {**body, "revision": number, "last_updated": (NOON + number * HOUR).isoformat()}
        for number, body in enumerate(bodies, 1)
    ]


def operations_of(documents: Sequence[dict[str, Any]], *, new: bool = False) -> Operations:
    """Return what makes each document of the one before."""
    pairs = pairwise(documents)
    deltas = [difference(before, after) for before, after in pairs]
    if new:
        deltas.insert(0, created(documents[0]))
    return [{"op": "put", "kind": "goal", "id": "a", "delta": delta} for delta in deltas]


def summarised(operations: Operations) -> Operations:
    summary = SegmentSummary()
    for operation in operations:
        summary.add(operation, NOON.isoformat())
    return summary.operations()


def before(
    document: dict[str, Any], operations: Operations, at: datetime, *, is_there: bool = True
) -> EarlierTwin:
    return earlier_twin(document, reversed(operations), at, is_there=is_there)


@given(HISTORIES, st.data())
def test_every_revision_is_found_again(bodies: list[dict[str, Any]], data: st.DataObject) -> None:
    documents = revisions(bodies)
    number = data.draw(st.integers(0, len(documents) - 1))
    since = operations_of(documents)[number:]
    found = before(documents[-1], since, NOON + (number + 1) * HOUR)
    assert not found.lost
    assert same_json(found.document, documents[number])


@given(HISTORIES, st.data())
def test_a_summary_takes_back_what_its_lines_do(
    bodies: list[dict[str, Any]], data: st.DataObject
) -> None:
    documents = revisions(bodies)
    number = data.draw(st.integers(0, len(documents) - 1))
    middle = data.draw(st.integers(number, len(documents) - 1))
    operations = operations_of(documents)
    since = summarised(operations[number:middle]) + summarised(operations[middle:])
    found = before(documents[-1], since, NOON + (number + 1) * HOUR)
    assert not found.lost
    assert same_json(found.document, documents[number])


@given(HISTORIES, st.booleans())
def test_before_it_was_added_a_twin_is_not_there(bodies: list[dict[str, Any]], whole: bool) -> None:
    documents = revisions(bodies)
    operations = operations_of(documents, new=True)
    found = before(documents[-1], summarised(operations) if whole else operations, NOON)
    assert (found.document, found.is_there) == (None, False)


@given(HISTORIES, st.data())
def test_where_a_line_is_missing_nothing_wrong_is_said(
    bodies: list[dict[str, Any]], data: st.DataObject
) -> None:
    documents = revisions(bodies)
    operations = operations_of(documents)
    missing = data.draw(st.integers(0, len(operations) - 1))
    number = data.draw(st.integers(0, len(operations)))
    since = [each for at, each in enumerate(operations) if at >= number and at != missing]
    several = data.draw(st.booleans())
    found = before(
        documents[-1], summarised(since) if several else since, NOON + (number + 1) * HOUR
    )
    assert found.document is not None
    if missing == number:
        # Of a later one, all may be known by what came after it.
        assert found.lost
    for name in found.document.keys() - found.lost - {"last_updated"}:
        assert same_json(found.document[name], documents[number].get(name))


@pytest.mark.parametrize("whole", [False, True])
def test_deleted_and_brought_back(whole: bool) -> None:
    (document,) = revisions([{"name": "Run"}])
    head = {"kind": "goal", "id": "a"}
    operations: Operations = [{"op": "delete", **head}, {"op": "restore", **head}]
    for since, is_there in ((operations, True), (operations[1:], False)):
        several = summarised(since) if whole else since
        assert before(document, several, NOON + 2 * HOUR).is_there is is_there


def test_a_record_that_changed_after_the_time_is_not_known() -> None:
    """The line that made it is not there: a file was put back, or the disk lost it."""
    (document,) = revisions([{"name": "Run"}])
    found = before(document, [], NOON)
    assert found.lost == document.keys()
    assert not before(document, [], NOON + HOUR).lost


def test_a_new_day_is_taken_back_without_a_look_at_its_values() -> None:
    day = {"id": "anna", "metric": "steps", "day": 7}
    new, more = created({"value": [1]}), difference({"value": [1]}, {"value": [2]})
    made = [{"op": "day", **day, "delta": delta} for delta in (new, more)]
    assert summarised(made) == [{"op": "day", **day, "delta": [{"p": []}], "at": NOON.isoformat()}]
    assert earlier_value({"value": [2]}, [more, new]) is None


def test_a_history_that_was_deleted_is_said_to_be() -> None:
    forget = {"op": "forget", "id": "anna", "metric": "steps"}
    assert summarised([forget]) == [forget]


def test_the_least_exact_counts() -> None:
    assert worst([Exactness.EXACT, Exactness.HOURLY]) is Exactness.HOURLY
    assert worst([Exactness.UNKNOWN, Exactness.DAILY]) is Exactness.UNKNOWN
    assert worst([]) is Exactness.EXACT
