"""Lines that are taken back tell what changed, by whom, and what was before."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.records.revisions import created, difference, fits
from custom_components.digital_twin.twin.records.timeline import (
    FieldChange,
    Timeline,
    TwinKey,
    What,
    before_changes,
)
from custom_components.digital_twin.twin.values import same_json

NOON: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)
KEY: Final = TwinKey("goal", "a")
UNTOLD: Final = {"goal": frozenset({"revision"})}


def line(at: datetime, *operations: object, actor: str = "anna") -> dict[str, Any]:
    return {
        "seq": 1,
        "at": at.isoformat(),
        "actor": actor,
        "origin": "ui",
        "operations": [*operations],
    }


def put(before: dict[str, Any] | None, after: dict[str, Any], twin_id: str = "a") -> dict[str, Any]:
    delta = created(after) if before is None else difference(before, after)
    return {"op": "put", "kind": "goal", "id": twin_id, "delta": delta}


def lines_of(*steps: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a line for each step from one document (of an actor) to the next, an hour each.

    The documents get numbers as revisions.
    """
    documents = [revised(document, number) for number, (_, document) in enumerate(steps)]
    return [
        line(NOON + number * HOUR, put(documents[number - 1], documents[number]), actor=actor)
        for number, (actor, _) in enumerate(steps)
        if number
    ]


def revised(document: Mapping[str, Any], number: int) -> dict[str, Any]:
    return {**document, "revision": number}


def last_revision(lines: Iterable[object]) -> int:
    """Return the revision of a document behind lines."""
    steps = [
        step
        for each in lines
        if isinstance(each, dict)
        for operation in each.get("operations", ())
        if isinstance(operation, dict) and isinstance(operation.get("delta"), list)
        for step in operation["delta"]
        if isinstance(step, dict) and step["p"] == ["revision"]
    ]
    return steps[-1]["a"] if steps else 0


def told(
    lines: Iterable[object],
    document: dict[str, Any] | None,
    *,
    since: datetime = NOON,
    until: datetime = NOON + 24 * HOUR,
    untold: Mapping[str, frozenset[str]] = UNTOLD,
) -> tuple[list[FieldChange], Timeline]:
    several = [*lines]
    known = {} if document is None else {KEY: revised(document, last_revision(several))}
    timeline = Timeline(known, since, until, untold)
    for each in reversed(several):
        timeline.take(each)
    return timeline.changes(), timeline


def short(changes: Iterable[FieldChange]) -> list[tuple[str, str, Any, Any, int]]:
    return [
        (each.author.actor, each.field or each.what.value, each.before, each.after, each.count)
        for each in changes
    ]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([("", {"x": 1}), ("anna", {"x": 2})], [("anna", "x", 1, 2, 1)]),
        (
            [("", {"x": 1}), ("anna", {"x": 2}), ("anna", {"x": 3}), ("anna", {"x": 4})],
            [("anna", "x", 1, 4, 3)],
        ),
        (
            [("", {"x": 1}), ("anna", {"x": 2}), ("jan", {"x": 3}), ("anna", {"x": 4})],
            [("anna", "x", 3, 4, 1), ("jan", "x", 2, 3, 1), ("anna", "x", 1, 2, 1)],
        ),
        (
            [("", {"x": 1, "y": 1}), ("anna", {"x": 2, "y": 1}), ("jan", {"x": 2, "y": 2})],
            [("jan", "y", 1, 2, 1), ("anna", "x", 1, 2, 1)],
        ),
        ([("", {}), ("anna", {"x": 1})], [("anna", "x", None, 1, 1)]),
        ([("", {"x": 1}), ("anna", {})], [("anna", "x", 1, None, 1)]),
        (
            [("", {"x": [{"k": 1}]}), ("anna", {"x": [{"k": 0}, {"k": 2}]})],
            [("anna", "x", [{"k": 1}], [{"k": 0}, {"k": 2}], 1)],
        ),
    ],
)
def test_each_author_has_what_was_before_and_after(
    steps: list[tuple[str, dict[str, Any]]], expected: list[tuple[str, str, Any, Any, int]]
) -> None:
    assert short(told(lines_of(*steps), steps[-1][1])[0]) == expected


def test_the_first_and_the_last_time_are_known() -> None:
    lines = lines_of(("", {"x": 1}), ("anna", {"x": 2}), ("anna", {"x": 3}), ("anna", {"x": 4}))
    (change,) = told(lines, {"x": 4})[0]
    assert (change.first_at, change.at) == (NOON + HOUR, NOON + 3 * HOUR)


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (0, 9, [(0, 4)]),
        (1, 9, [(1, 4)]),
        (1, 3, [(1, 3)]),
        (2, 3, [(2, 3)]),
        (3, 3, []),
        (4, 9, []),
        (-5, 0, []),
    ],
)
def test_only_what_is_within_the_time_is_told(
    since: int, until: int, expected: list[tuple[int, int]]
) -> None:
    lines = lines_of(("", {"x": 0}), *(("anna", {"x": number}) for number in range(1, 5)))
    found, timeline = told(lines, {"x": 4}, since=NOON + since * HOUR, until=NOON + until * HOUR)
    assert [(each.before, each.after) for each in found] == expected
    assert [each["x"] for each in timeline.latest.values()] == [after for _, after in expected]


def test_a_clock_that_was_wrong_costs_only_its_own_lines() -> None:
    lines = lines_of(("", {"x": 0}), *(("anna", {"x": number}) for number in range(1, 5)))
    lines[2]["at"] = "1970-01-01T00:00:00+00:00"
    found, _ = told(lines, {"x": 4})
    assert [(each.before, each.after) for each in found] == [(3, 4), (0, 2)]


def test_twins_come_and_go() -> None:
    document = {"x": 2}
    lines = [
        line(NOON + HOUR, put(None, {"x": 1})),
        line(NOON + 2 * HOUR, put({"x": 1}, document), actor="jan"),
        line(NOON + 3 * HOUR, {"op": "delete", "kind": "goal", "id": "a", "references": []}),
        line(NOON + 4 * HOUR, {"op": "dismiss", "kind": "goal", "id": "a"}),
        line(NOON + 5 * HOUR, {"op": "restore", "kind": "goal", "id": "a"}, actor="jan"),
    ]
    assert short(told(lines, document)[0]) == [
        ("jan", "restored", None, None, 1),
        ("anna", "removed", None, None, 1),
        ("jan", "x", 1, 2, 1),
        ("anna", "added", None, None, 1),
    ]


def test_of_a_twin_that_nobody_knows_any_more_nothing_is_told() -> None:
    found, timeline = told(lines_of(("", {"x": 1}), ("anna", {"x": 2})), None)
    assert (found, timeline.damaged) == ([], 0)


def test_days_of_histories_and_untold_fields_are_left_out() -> None:
    readings = {"op": "day", "id": "a", "metric": "weight", "day": 1, "delta": []}
    lines = [line(NOON + HOUR, readings, put({"x": 1, "y": 1}, {"x": 2, "y": 2}))]
    found, timeline = told(lines, {"x": 2, "y": 2}, untold={"goal": frozenset({"revision", "x"})})
    assert short(found) == [("anna", "y", 1, 2, 1)]
    assert timeline.latest[KEY] == {"x": 2, "y": 2, "revision": 0}


def test_it_is_counted_how_often_a_part_changed() -> None:
    lines = lines_of(
        ("", {"x": [{"v": 0, "w": 0}]}),
        ("anna", {"x": [{"v": 1, "w": 0}]}),
        ("anna", {"x": [{"v": 2, "w": 5}]}),
    )
    (change,) = told(lines, {"x": [{"v": 2, "w": 5}]})[0]
    assert change.counts == {(0, "v"): 2, (0, "w"): 1}


DAMAGED: Final[tuple[object, ...]] = (
    None,
    7,
    [],
    {},
    {"at": NOON.isoformat()},
    {"at": "soon", "operations": []},
    {"at": "2026-03-01T13:00:00", "operations": []},
    {"at": 5, "operations": []},
    {"at": NOON.isoformat(), "operations": {}},
)
DAMAGED_OPERATIONS: Final[tuple[object, ...]] = (
    None,
    {"kind": "goal"},
    {"kind": "goal", "id": "a"},
    {"kind": [], "id": "a", "op": "put"},
    {"kind": "goal", "id": "a", "op": "put", "delta": 5},
    {"kind": "goal", "id": "a", "op": "put", "delta": [5]},
    {"kind": "goal", "id": "a", "op": "put", "delta": [{"p": 7}]},
    {"kind": "goal", "id": "a", "op": "put", "delta": [{"p": [{}]}]},
    {"kind": "goal", "id": "a", "op": "put", "delta": [{"p": [""], "a": 1}]},
)


@pytest.mark.parametrize("damaged", DAMAGED, ids=str)
def test_a_damaged_line_is_counted_and_costs_nothing_else(damaged: object) -> None:
    lines = lines_of(("", {"x": 1}), ("anna", {"x": 2}), ("anna", {"x": 3}))
    found, timeline = told([lines[0], damaged, lines[1]], {"x": 3})
    assert (short(found), timeline.damaged) == ([("anna", "x", 1, 3, 2)], 1)


@pytest.mark.parametrize("damaged", DAMAGED_OPERATIONS, ids=str)
def test_a_damaged_operation_is_counted_and_costs_nothing_else(damaged: object) -> None:
    lines = lines_of(("", {"x": 1}), ("anna", {"x": 2}), ("anna", {"x": 3}))
    found, timeline = told([lines[0], line(NOON + 90 * HOUR / 60, damaged), lines[1]], {"x": 3})
    assert (short(found), timeline.damaged) == ([("anna", "x", 1, 3, 2)], 1)


def test_behind_a_missing_line_a_value_goes_on() -> None:
    lines = lines_of(("", {"x": 1}), ("anna", {"x": 2}), ("anna", {"x": 3}), ("anna", {"x": 4}))
    del lines[1]
    # Nobody knows who made 3 of 2.
    assert short(told(lines, {"x": 4})[0]) == [("anna", "x", 3, 4, 1), ("anna", "x", 1, 2, 1)]


def test_behind_a_missing_line_a_list_is_known_to_have_changed_only() -> None:
    steps = [("anna", {"x": [*range(number)], "y": number}) for number in range(1, 6)]
    lines = lines_of(*steps)
    del lines[2]
    found, _ = told(lines, steps[-1][1])
    assert [
        (each.before, each.after, each.is_known, each.count) for each in found if each.field == "x"
    ] == [([0, 1, 2, 3], [0, 1, 2, 3, 4], True, 1), (None, None, False, 2)]
    assert [(each.before, each.after) for each in found if each.field == "y"] == [(4, 5), (1, 3)]


@pytest.mark.parametrize(
    ("step", "is_so"),
    [
        ({"p": ["x", 0, "v"], "b": 1, "a": 2}, True),
        ({"p": ["x", 0, "v"], "b": 1, "a": True}, False),
        ({"p": ["x", 0, "w"], "b": 1}, True),
        ({"p": ["x", 0, "v"], "b": 1}, False),
        ({"p": ["x", 1], "b": [1], "a": [5]}, True),
        ({"p": ["x", 1], "b": [1], "a": [6]}, False),
        ({"p": ["x", 2], "b": [1], "a": []}, True),
        ({"p": ["x", -1], "b": [1], "a": [5]}, False),
        ({"p": ["x", 9, "v"], "a": 1}, False),
        ({"p": ["x", "v"], "a": 1}, False),
        ({"p": ["y", 0], "b": [], "a": [1]}, False),
        ({"p": ["y", "z"], "a": 1}, False),
        ({"p": ["x", 1], "b": [1]}, False),
    ],
)
def test_a_step_fits_only_where_it_has_led(step: dict[str, Any], is_so: bool) -> None:
    assert fits({"x": [{"v": 2}, 5], "y": 1}, step) is is_so


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.text(max_size=1),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("kv"), inner, max_size=2)
    ),
    max_leaves=6,
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(("anna", "jan")),
        st.fixed_dictionaries({}, optional=dict.fromkeys("abc", VALUES)),
    ),
    min_size=2,
    max_size=12,
)


def folded(document: Mapping[str, Any], changes: Iterable[FieldChange]) -> dict[str, Any]:
    """Apply changes (the latest first) to an earlier document."""
    later = dict(document)
    for change in reversed([*changes]):
        assert same_json(later.get(change.field), change.before)
        later[change.field] = change.after
    return later


@given(STEPS, st.integers(0, 12), st.integers(0, 12))
def test_folded_over_the_earlier_document_changes_give_the_later_one(
    steps: list[tuple[str, dict[str, Any]]], first: int, last: int
) -> None:
    documents = [document for _, document in steps]
    first, last = sorted((min(first, len(steps) - 1), min(last, len(steps) - 1)))
    found, timeline = told(
        lines_of(*steps), documents[-1], since=NOON + first * HOUR, until=NOON + last * HOUR
    )
    earlier, later = (dict.fromkeys("abc") | documents[at] for at in (first, last))
    assert timeline.damaged == 0
    assert same_json(folded(earlier, found), later)
    for latest in timeline.latest.values():
        assert same_json({name: latest.get(name) for name in "abc"}, later)
        before = before_changes(latest, found) or {}
        assert same_json({name: before.get(name) for name in "abc"}, earlier)


@given(STEPS, st.sets(st.integers(0, 11), max_size=5))
def test_whatever_lines_are_missing_what_is_told_of_values_is_true(
    steps: list[tuple[str, dict[str, Any]]], missing: set[int]
) -> None:
    lines = lines_of(*steps)
    document = revised(steps[-1][1], len(steps) - 1)
    timeline = Timeline({KEY: document}, NOON, NOON + 24 * HOUR, UNTOLD)
    for number in reversed(range(len(lines))):
        if number not in missing:
            timeline.take(lines[number])
    found = timeline.changes()
    assert timeline.damaged == 0
    by_time = {NOON + number * HOUR: document for number, (_, document) in enumerate(steps)}
    for change in found:
        assert change.what is What.CHANGED
        if change.is_known:
            assert same_json(by_time[change.at].get(change.field), change.after)
            assert same_json(by_time[change.first_at - HOUR].get(change.field), change.before)


def test_before_a_twin_was_added_there_is_no_document() -> None:
    lines = [
        line(NOON + HOUR, put(None, {"x": 1})),
        *lines_of(("", {"x": 1}), ("", {"x": 1}), ("anna", {"x": 2})),
    ]
    found, timeline = told(lines, {"x": 2})
    assert before_changes(timeline.latest[KEY], found) is None
