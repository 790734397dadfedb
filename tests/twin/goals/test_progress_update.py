"""One key result is brought forward; everything else of the goal stays as it is."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from custom_components.digital_twin.twin.errors import TwinError
from custom_components.digital_twin.twin.goals.key_results import KeyResult, parse_key_results
from custom_components.digital_twin.twin.goals.progress import update_progress
from custom_components.digital_twin.twin.records.fields import Context, PersonDay

NOW = datetime(2026, 3, 2, 22, 30, tzinfo=UTC)
WARSAW = ZoneInfo("Europe/Warsaw")
DAYS = PersonDay(WARSAW)
CONTEXT = Context(now=NOW, today=NOW.date())
KEY_RESULTS = parse_key_results(
    [
        {"key": "weight", "name": "Body weight", "baseline": 80, "target": 70, "current": 78},
        {"key": "runs", "name": "Runs", "kind": "accumulate", "target": 100},
        {
            "key": "steps",
            "name": "What to do",
            "items": [{"id": "a", "name": "Buy shoes"}, {"id": "b", "name": "Find a route"}],
        },
        {"key": "asleep", "name": "Asleep by ten", "minimum": 1},
        {"key": "runs_2", "name": "Runs", "kind": "accumulate"},
    ],
    now=NOW,
)


def _advance(**update: object) -> dict[str, KeyResult]:
    after = update_progress(KEY_RESULTS, update, CONTEXT, DAYS)
    assert [key_result.key for key_result in after] == [
        key_result.key for key_result in KEY_RESULTS
    ]
    return {new.key: new for new, old in zip(after, KEY_RESULTS, strict=True) if new != old}


@pytest.mark.parametrize("named", ["weight", "Body weight", " BODY WEIGHT "])
def test_a_value_reaches_the_key_result_that_is_named(named: str) -> None:
    changed = _advance(key_result=named, value=77)
    assert {key: new.current for key, new in changed.items()} == {"weight": 77}
    assert changed["weight"].measured_at == NOW


def test_a_key_goes_before_a_name() -> None:
    assert list(_advance(key_result="runs", increment=2)) == ["runs"]


def test_an_increment_is_added() -> None:
    assert _advance(key_result="weight", increment=-1.5)["weight"].current == 76.5


@pytest.mark.parametrize(("state", "expected"), [(None, "done"), ("doing", "doing")])
def test_an_item_is_done_unless_said_otherwise(state: str | None, expected: str) -> None:
    changed = _advance(key_result="steps", item="Buy shoes", state=state)
    assert [item.state for item in changed["steps"].items] == [expected, "todo"]


@pytest.mark.parametrize(
    ("measured_at", "expected"),
    [
        ("2026-03-01T23:30:00", "2026-03-01"),
        ("2026-03-01T23:30:00+00:00", "2026-03-02"),
        (None, "2026-03-02"),
    ],
)
def test_the_day_is_that_of_the_owner(measured_at: str | None, expected: str) -> None:
    changed = _advance(key_result="asleep", value=1, measured_at=measured_at)
    assert [point.day.isoformat() for point in changed["asleep"].days] == [expected]


@pytest.mark.parametrize(("hour", "expected"), [(3, "2026-03-01"), (4, "2026-03-02")])
def test_the_day_begins_when_it_does_for_the_owner(hour: int, expected: str) -> None:
    update = {"key_result": "asleep", "value": 1, "measured_at": f"2026-03-02T0{hour}:30:00"}
    after = update_progress(KEY_RESULTS, update, CONTEXT, PersonDay(WARSAW, 4))
    assert [point.day.isoformat() for point in after[3].days] == [expected]


@pytest.mark.parametrize(
    ("update", "faults"),
    [
        ({}, {("nothing_to_do", "value"), ("required_field", "key_result")}),
        ({"key_result": "weight"}, {("nothing_to_do", "value")}),
        ({"key_result": "weight", "value": None}, {("nothing_to_do", "value")}),
        ({"key_result": "weight", "value": 1, "increment": 1}, {("only_one_of", "increment")}),
        (
            {"key_result": "steps", "value": 1, "increment": 1, "item": "a"},
            {("only_one_of", "increment"), ("only_one_of", "item")},
        ),
        ({"key_result": "weight", "value": 1, "state": "done"}, {("required_field", "item")}),
        ({"key_result": "height", "value": 1}, {("not_an_option", "key_result")}),
        ({"key_result": "RUNS", "value": 1}, {("ambiguous", "key_result")}),
        ({"key_result": 7, "value": 1}, {("not_an_option", "key_result")}),
        ({"key_result": "weight", "value": 1, "colour": 1}, {("unknown_field", "colour")}),
        ({"key_result": "weight", "value": "much"}, {("wrong_type", "value")}),
        ({"key_result": "weight", "item": "a"}, {("wrong_kind", "item")}),
        ({"key_result": "steps", "item": "c"}, {("unknown_item", "item")}),
        ({"key_result": "steps", "item": "a", "state": "x"}, {("not_an_option", "state")}),
        (
            {"key_result": "weight", "value": 1, "measured_at": "2026-03-03T00:00:00Z"},
            {("future_time", "measured_at")},
        ),
    ],
)
def test_what_is_refused_names_the_field(
    update: dict[str, object], faults: set[tuple[str, str]]
) -> None:
    with pytest.raises(TwinError) as error:
        update_progress(KEY_RESULTS, update, CONTEXT, DAYS)
    assert {(fault.key, fault.field) for fault in error.value.faults} == faults


def test_a_refused_name_shows_the_keys_there_are() -> None:
    with pytest.raises(TwinError) as error:
        update_progress(KEY_RESULTS, {"key_result": "height", "value": 1}, CONTEXT, DAYS)
    assert error.value.placeholders["allowed"] == "weight, runs, steps, asleep, runs_2"
    with pytest.raises(TwinError) as error:
        update_progress((), {"key_result": "height", "value": 1}, CONTEXT, DAYS)
    assert error.value.placeholders["allowed"] == "-"
