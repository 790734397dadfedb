from collections.abc import Mapping
from datetime import UTC, date, datetime
import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.enums import ItemState, KeyResultKind
from custom_components.digital_twin.twin.goals.key_result_parts import ChecklistItem, DayValue
from custom_components.digital_twin.twin.goals.key_results import (
    KeyResult,
    key_result_document,
    parse_key_result,
    parse_key_results,
    render_key_results,
)
from custom_components.digital_twin.twin.records.parsers import FIRST_DAY, LAST_DAY

from ..refusals import only_refuses, refused
from ..samples import NOW
from ..strategies import ANYTHING, INSTANTS, objects

PARTS = (
    "key",
    "name",
    "kind",
    "unit",
    "baseline",
    "target",
    "current",
    "weight",
    "source",
    "measured_at",
    "minimum",
    "maximum",
    "items",
    "days",
)


def key_result(**parts: Any) -> KeyResult:  # noqa: ANN401  # each part has a type of its own
    return KeyResult(**{"key": "pulse", "name": "Pulse", **parts})


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({}, {}),
        ({"key": "resting", "name": " Pulse "}, {"key": "resting"}),
        ({"kind": "Accumulate"}, {"kind": KeyResultKind.ACCUMULATE}),
        (
            {"unit": "bpm", "baseline": 63, "target": 56, "current": 60},
            {"unit": "bpm", "baseline": 63.0, "target": 56.0, "current": 60.0},
        ),
        ({"target": "TBD"}, {"target": "TBD"}),
        ({"weight": 0}, {"weight": 0.0}),
        ({"weight": None, "target": None, "source": None, "items": None}, {}),
        ({"source": {"metric": "steps"}}, {"source": {"metric": "steps"}}),
        ({"source": {"entity_id": "sensor.pulse"}}, {"source": {"entity_id": "sensor.pulse"}}),
        (
            {"source": {"entity_id": "0123456789abcdef" * 2, "metric": None}},
            {"source": {"entity_id": "0123456789abcdef" * 2}},
        ),
        (
            {"measured_at": "2026-03-01T07:30:00+01:00"},
            {"measured_at": datetime(2026, 3, 1, 6, 30, tzinfo=UTC)},
        ),
        ({"minimum": 7}, {"kind": KeyResultKind.MAINTAIN, "minimum": 7.0}),
        ({"maximum": 9}, {"kind": KeyResultKind.MAINTAIN, "maximum": 9.0}),
        ({"kind": "reach", "minimum": 9, "maximum": 9}, {"minimum": 9.0, "maximum": 9.0}),
        (
            {"items": ["Shoes"]},
            {"kind": KeyResultKind.CHECKLIST, "items": (ChecklistItem(id="shoes", name="Shoes"),)},
        ),
        ({"items": []}, {"kind": KeyResultKind.CHECKLIST}),
        (
            {"kind": "boolean", "current": False, "target": True},
            {"kind": KeyResultKind.BOOLEAN, "current": False, "target": True},
        ),
        (
            {"kind": "maintain", "days": {"2026-02-02": 7, "2026-02-01": 6.5}},
            {
                "kind": KeyResultKind.MAINTAIN,
                "days": (DayValue(date(2026, 2, 1), 6.5), DayValue(date(2026, 2, 2), 7.0)),
            },
        ),
        (
            {"owner": "Ola", "notes": [1, {"a": None}]},
            {"extra": {"owner": "Ola", "notes": (1, {"a": None})}},
        ),
    ],
)
def test_each_part_is_read(raw: Mapping[str, object], expected: Mapping[str, object]) -> None:
    assert parse_key_result({"name": "Pulse", **raw}, now=NOW) == key_result(**expected)


@pytest.mark.parametrize(
    ("raw", "faults"),
    [
        ("Pulse", [("wrong_type", "")]),
        ({}, [("required_field", "name")]),
        ({"name": ""}, [("required_field", "name")]),
        ({"name": "a" * 256}, [("too_long", "name")]),
        ({"name": "P", "key": 3}, [("wrong_type", "key")]),
        ({"name": "P", "kind": "grow"}, [("not_an_option", "kind")]),
        ({"name": "P", "unit": 3}, [("wrong_type", "unit")]),
        ({"name": "P", "baseline": "63"}, [("wrong_type", "baseline")]),
        ({"name": "P", "target": True}, [("wrong_type", "target")]),
        ({"name": "P", "target": 1e16}, [("out_of_range", "target")]),
        ({"name": "P", "target": ""}, [("required_field", "target")]),
        ({"name": "P", "current": "60"}, [("wrong_type", "current")]),
        ({"name": "P", "current": float("nan")}, [("wrong_type", "current")]),
        ({"name": "P", "kind": "boolean", "current": 1}, [("wrong_type", "current")]),
        ({"name": "P", "kind": "boolean", "target": "yes"}, [("wrong_type", "target")]),
        ({"name": "P", "weight": -0.1}, [("out_of_range", "weight")]),
        ({"name": "P", "minimum": 9, "maximum": 8}, [("out_of_range", "minimum")]),
        ({"name": "P", "measured_at": "2026-03-02T00:00:00Z"}, [("future_time", "measured_at")]),
        ({"name": "P", "measured_at": "2026-03-01T00:00:00"}, [("invalid_time", "measured_at")]),
        ({"name": "P", "items": "a"}, [("wrong_type", "items")]),
        (
            {"name": "P", "items": [{"state": "x"}]},
            [("required_field", "items[0].name"), ("not_an_option", "items[0].state")],
        ),
        ({"name": "P", "days": [7]}, [("wrong_type", "days")]),
        (
            {"name": "P", "days": {"2026-02-30": "x"}},
            [("invalid_date", "days.2026-02-30"), ("wrong_type", "days.2026-02-30")],
        ),
        (
            {"name": "P", "days": {f"{year}-01-01": 1 for year in range(1400, 1801)}},
            [("too_long", "days")],
        ),
        ({"name": "P", "source": "steps"}, [("wrong_type", "source")]),
        ({"name": "P", "source": {}}, [("not_an_option", "source")]),
        (
            {"name": "P", "source": {"metric": "steps", "entity_id": "sensor.a"}},
            [("not_an_option", "source")],
        ),
        ({"name": "P", "source": {"metric": "stepps"}}, [("unknown_metric", "source.metric")]),
        (
            {"name": "P", "source": {"metric": "steps", "every": 1}},
            [("unknown_field", "source.every")],
        ),
        ({"name": "P", "source": {"entity_id": "Pulse"}}, [("wrong_type", "source.entity_id")]),
        ({"name": "P", "source": {"entity_id": 3}}, [("wrong_type", "source.entity_id")]),
        ({"name": "P", "notes": object()}, [("wrong_type", "")]),
        ({"name": "P", "notes": "n" * 17_000}, [("too_long", "")]),
        ({"name": "P", "notes": [[[[[[[[[1]]]]]]]]]}, [("too_deep", "")]),
        (
            {"weight": -1, "target": [], "baseline": True, "source": 1},
            [
                ("required_field", "name"),
                ("wrong_type", "baseline"),
                ("wrong_type", "target"),
                ("out_of_range", "weight"),
                ("wrong_type", "source"),
            ],
        ),
    ],
)
def test_everything_wrong_with_a_key_result_is_told(
    raw: object, faults: list[tuple[str, str]]
) -> None:
    with refused(*faults):
        parse_key_result(raw, now=NOW)


def test_faults_name_the_key_result() -> None:
    with refused(("wrong_type", "[0].target"), ("required_field", "[2].name")):
        parse_key_results([{"name": "A", "target": []}, {"name": "B"}, {}], now=NOW)


def test_the_longest_names_come_back_from_their_documents() -> None:
    names = ["\u00df" * 255, "x" * 255]
    raw = [{"name": name, "items": names * 2} for name in names * 2]
    parsed = parse_key_results(raw, now=NOW)
    assert parse_key_results(render_key_results(parsed), now=NOW, stored=True) == parsed


def test_keys_are_unique_within_a_goal() -> None:
    found = parse_key_results(
        [{"name": "Run"}, {"name": "Run"}, {"name": "Far", "key": "run"}], now=NOW
    )
    assert [each.key for each in found] == ["run_2", "run_3", "run"]
    with refused(("duplicate", "[1].key")):
        parse_key_results([{"name": "A", "key": "a"}, {"name": "B", "key": "a"}], now=NOW)


def test_a_goal_has_no_more_than_a_hundred() -> None:
    raw = [{"name": f"KR {number}"} for number in range(101)]
    assert len(parse_key_results(raw[1:], now=NOW)) == 100
    with refused(("too_long", "")):
        parse_key_results(raw, now=NOW)


def test_what_was_stored_is_not_judged_again() -> None:
    raw = {
        "name": "Pages",
        "source": {"metric": "pages_of_a_household"},
        "measured_at": "2199-01-01T00:00:00+00:00",
    }
    found = parse_key_result(raw, now=NOW, stored=True)
    assert found.source == {"metric": "pages_of_a_household"}
    with refused(("unknown_metric", "source.metric"), ("future_time", "measured_at")):
        parse_key_result(raw, now=NOW)


def test_what_is_not_known_is_not_in_the_document() -> None:
    assert key_result_document(key_result()) == {
        "key": "pulse",
        "name": "Pulse",
        "kind": "reach",
        "weight": 1.0,
    }


def test_zero_and_false_are_known() -> None:
    parts = {"baseline": 0.0, "minimum": 0.0, "maximum": 0.0, "weight": 0.0}
    document = key_result_document(key_result(kind=KeyResultKind.BOOLEAN, current=False, **parts))
    assert document.items() >= {"current": False, **parts}.items()


NUMBERS = st.none() | st.floats(-1e15, 1e15).map(lambda value: value + 0.0)
TEXTS = st.text("abcz 012", min_size=1).map(str.strip).filter(bool)
COMMON: dict[str, st.SearchStrategy[Any]] = {
    "key": TEXTS,
    "name": TEXTS,
    "unit": st.none() | TEXTS,
    "baseline": NUMBERS,
    "weight": st.floats(0, 1e15),
    "source": st.none()
    | st.sampled_from([{"entity_id": "sensor.a"}, *({"metric": key} for key in CATALOGUE)]),
    "measured_at": st.none() | INSTANTS.filter(lambda at: at < NOW),
    "items": st.lists(
        st.builds(ChecklistItem, id=TEXTS, name=TEXTS, state=st.sampled_from(ItemState)),
        unique_by=lambda item: item.id,
        max_size=4,
    ).map(tuple),
    "days": st.dictionaries(st.dates(FIRST_DAY, LAST_DAY), st.floats(-1e15, 1e15), max_size=5).map(
        lambda days: tuple(DayValue(*day) for day in sorted(days.items()))
    ),
    "extra": st.dictionaries(
        st.text(max_size=5).filter(lambda name: name not in PARTS),
        st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=5),
        max_size=3,
    ),
}
NUMERIC_KINDS = st.sampled_from([kind for kind in KeyResultKind if kind != KeyResultKind.BOOLEAN])
KEY_RESULTS = st.builds(
    KeyResult, kind=NUMERIC_KINDS, target=NUMBERS | TEXTS, current=NUMBERS, **COMMON
) | st.builds(
    KeyResult,
    kind=st.just(KeyResultKind.BOOLEAN),
    target=st.none() | st.booleans(),
    current=st.none() | st.booleans(),
    **COMMON,
)


@given(st.lists(KEY_RESULTS, max_size=3, unique_by=lambda each: each.key).map(tuple))
def test_key_results_come_back_from_their_documents(key_results: tuple[KeyResult, ...]) -> None:
    document = json.loads(json.dumps(render_key_results(key_results)))
    assert parse_key_results(document, now=NOW) == key_results


@given(st.lists(objects(*PARTS, "entity_id", "metric"), max_size=3) | ANYTHING)
def test_nothing_breaks(raw: object) -> None:
    found = only_refuses(lambda: parse_key_results(raw, now=NOW))
    if found:
        document = json.loads(json.dumps(render_key_results(found)))
        assert parse_key_results(document, now=NOW) == found


@given(st.sampled_from(PARTS), ANYTHING)
def test_nothing_breaks_at_any_part(part: str, value: object) -> None:
    only_refuses(lambda: parse_key_result({"name": "Pulse", part: value}, now=NOW))
