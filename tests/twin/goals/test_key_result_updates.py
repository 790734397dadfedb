from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.enums import ItemState, KeyResultKind
from custom_components.digital_twin.twin.goals.key_result_parts import (
    MAX_DAYS,
    ChecklistItem,
    DayValue,
)
from custom_components.digital_twin.twin.goals.key_results import KeyResult
from custom_components.digital_twin.twin.goals.progress import (
    follow_metrics,
    increment,
    set_item,
    update_value,
)
from custom_components.digital_twin.twin.metrics.household_metrics import (
    define_metric,
    whole_catalogue,
)
from custom_components.digital_twin.twin.metrics.readings import Reading
from custom_components.digital_twin.twin.records.fields import PersonDay

from ..refusals import only_refuses, refused
from ..samples import NOW
from ..strategies import ANYTHING
from .test_key_results import KEY_RESULTS, key_result

REACH, ACCUMULATE = KeyResultKind.REACH, KeyResultKind.ACCUMULATE
MAINTAIN, BOOLEAN = KeyResultKind.MAINTAIN, KeyResultKind.BOOLEAN
CHECKLIST = KeyResultKind.CHECKLIST
EARLIER = NOW - timedelta(hours=3)
NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("kind", "value"), [(REACH, 58), (ACCUMULATE, 1200.5), (MAINTAIN, 7), (BOOLEAN, False)]
)
def test_a_value_becomes_the_current_one(kind: KeyResultKind, value: float) -> None:
    local = NOW.astimezone(NEW_YORK)
    found = update_value(key_result(kind=kind), value, measured_at=local)
    assert (found.current, found.measured_at) == (value, NOW)
    assert found.measured_at is not None
    assert found.measured_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("kind", "value", "late"), [(REACH, 58, 61), (ACCUMULATE, 900, 950), (BOOLEAN, True, False)]
)
def test_a_late_value_does_not_replace_a_newer_one(
    kind: KeyResultKind, value: float, late: float
) -> None:
    known = update_value(key_result(kind=kind), value, measured_at=NOW)
    assert update_value(known, late, measured_at=EARLIER) is known


def test_an_equal_value_counts_as_a_new_one() -> None:
    known = key_result(current=58.0, measured_at=EARLIER)
    assert update_value(known, 58, measured_at=NOW) == key_result(current=58.0, measured_at=NOW)


@pytest.mark.parametrize(
    ("kind", "value", "key"),
    [
        (REACH, "58", "wrong_type"),
        (REACH, True, "wrong_type"),
        (REACH, None, "wrong_type"),
        (ACCUMULATE, 1e16, "out_of_range"),
        (MAINTAIN, float("nan"), "wrong_type"),
        (BOOLEAN, 1, "wrong_type"),
        (BOOLEAN, "true", "wrong_type"),
        (CHECKLIST, 1, "wrong_kind"),
    ],
)
def test_a_value_fits_its_kind(kind: KeyResultKind, value: object, key: str) -> None:
    with refused((key, "value")):
        update_value(key_result(kind=kind), value, measured_at=NOW)


def test_what_is_maintained_has_one_value_for_each_day_of_its_owner() -> None:
    evening = datetime(2026, 3, 1, 23, tzinfo=NEW_YORK)
    sleep = key_result(kind=MAINTAIN)
    for hours, value in ((0, 6), (0.5, 7), (2, 8)):
        moment = evening + timedelta(hours=hours)
        sleep = update_value(sleep, value, measured_at=moment, days=PersonDay(NEW_YORK))
    assert sleep.days == (DayValue(date(2026, 3, 1), 7), DayValue(date(2026, 3, 2), 8))


def test_a_late_value_counts_for_its_own_day() -> None:
    sleep = update_value(key_result(kind=MAINTAIN), 8, measured_at=NOW)
    late = update_value(sleep, 6, measured_at=NOW - timedelta(days=2))
    assert late.days == (DayValue(date(2026, 2, 27), 6), DayValue(date(2026, 3, 1), 8))
    assert (late.current, late.measured_at) == (8, NOW)


def test_a_late_value_of_the_same_day_changes_nothing() -> None:
    sleep = update_value(key_result(kind=MAINTAIN), 8, measured_at=NOW)
    assert update_value(sleep, 6, measured_at=EARLIER) == sleep


def test_four_hundred_days_are_kept() -> None:
    sleep = key_result(kind=MAINTAIN)
    for days in range(MAX_DAYS + 5):
        sleep = update_value(sleep, days, measured_at=NOW + timedelta(days=days))
    assert len(sleep.days) == MAX_DAYS
    assert [sleep.days[0].value, sleep.days[-1].value] == [5, MAX_DAYS + 4]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"kind": ACCUMULATE}, 5),
        ({"kind": ACCUMULATE, "baseline": 100.0}, 105),
        ({"kind": ACCUMULATE, "baseline": 100.0, "current": 110.0}, 115),
        ({"kind": ACCUMULATE, "current": 0.0, "baseline": 3.0}, 5),
        ({"kind": REACH, "baseline": 80.0}, 85),
        ({"kind": REACH, "current": 70.0}, 75),
    ],
)
def test_an_increment_adds_to_what_there_is(parts: dict[str, Any], expected: float) -> None:
    found = increment(key_result(**parts), 5, measured_at=NOW)
    assert (found.current, found.measured_at) == (expected, NOW)


def test_an_amount_may_be_taken_back() -> None:
    assert increment(key_result(current=70.0), -2.5, measured_at=NOW).current == 67.5


def test_a_late_amount_is_added_and_does_not_turn_the_clock_back() -> None:
    saved = increment(key_result(kind=ACCUMULATE), 5, measured_at=NOW)
    saved = increment(saved, 3, measured_at=EARLIER)
    assert (saved.current, saved.measured_at) == (8, NOW)


@pytest.mark.parametrize(
    ("parts", "by", "key"),
    [
        ({"kind": BOOLEAN, "current": True}, 1, "wrong_kind"),
        ({"kind": CHECKLIST}, 1, "wrong_kind"),
        ({"kind": MAINTAIN, "current": 7.0}, 1, "wrong_kind"),
        ({"kind": REACH}, 1, "nothing_to_add_to"),
        ({"kind": ACCUMULATE}, "1", "wrong_type"),
        ({"kind": ACCUMULATE}, True, "wrong_type"),
        ({"kind": ACCUMULATE, "current": 9e14}, 2e14, "out_of_range"),
    ],
)
def test_only_amounts_can_be_added(parts: dict[str, Any], by: object, key: str) -> None:
    with refused((key, "increment")):
        increment(key_result(**parts), by, measured_at=NOW)


def test_a_wrong_kind_is_refused_with_those_that_are_right() -> None:
    with refused(("wrong_kind", "increment")) as placeholders:
        increment(key_result(kind=BOOLEAN), 1, measured_at=NOW)
    assert placeholders[0]["value"] == "boolean"
    assert placeholders[0]["allowed"] == "reach, accumulate"


SHOES = key_result(kind=CHECKLIST, items=(ChecklistItem(id="shoes", name="New shoes"),))


def test_an_item_is_ticked() -> None:
    found = set_item(SHOES, "new shoes", "done", measured_at=NOW.astimezone(NEW_YORK))
    assert [item.state for item in found.items] == [ItemState.DONE]
    assert found.measured_at == NOW


@pytest.mark.parametrize(("starts_at", "day"), [(4, date(2026, 3, 1)), (9, date(2026, 2, 28))])
def test_an_item_is_done_on_the_day_of_the_owner(starts_at: int, day: date) -> None:
    # In New York it is seven in the morning.
    days = PersonDay(NEW_YORK, starts_at)
    found = set_item(SHOES, "shoes", "done", measured_at=NOW, days=days)
    assert found.items[0].done == day


def test_a_late_tick_does_not_turn_the_clock_back() -> None:
    known = set_item(SHOES, "shoes", "doing", measured_at=NOW)
    found = set_item(known, "shoes", "done", measured_at=EARLIER)
    assert (found.items[0].state, found.measured_at) == (ItemState.DONE, NOW)


def test_ticking_what_is_ticked_changes_nothing() -> None:
    assert set_item(SHOES, "shoes", "todo", measured_at=NOW) is SHOES


def test_only_a_checklist_has_items() -> None:
    with refused(("wrong_kind", "item")):
        set_item(key_result(), "shoes", "done", measured_at=NOW)


def test_every_fault_of_an_item_is_told() -> None:
    with refused(("unknown_item", "item"), ("not_an_option", "state")):
        set_item(SHOES, "socks", "finished", measured_at=NOW)


def _reading(value: float, unit: str, at: datetime = NOW) -> Reading:
    return Reading(value=value, unit=unit, measured_at=at, source="manual")


READINGS = {"weight": _reading(71.4, "kg"), "steps": _reading(8000, "steps")}


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"source": {"metric": "weight"}}, 71.4),
        ({"source": {"metric": "weight"}, "unit": "kg"}, 71.4),
        ({"source": {"metric": "weight"}, "unit": "lb"}, 157.41),
        ({"source": {"metric": "weight"}, "unit": "lbs"}, 157.41),
        ({"source": {"metric": "weight"}, "unit": "stone"}, 71.4),
        ({"source": {"metric": "steps"}, "kind": ACCUMULATE}, 8000),
        ({"source": {"metric": "steps"}, "kind": MAINTAIN}, 8000),
        ({"source": {"metric": "steps"}, "kind": BOOLEAN}, None),
        ({"source": {"metric": "steps"}, "kind": CHECKLIST}, None),
        ({"source": {"metric": "height"}}, None),
        ({"source": {"entity_id": "sensor.weight"}}, None),
        ({}, None),
    ],
)
def test_key_results_follow_the_metrics_of_their_owner(
    parts: dict[str, Any], expected: float | None
) -> None:
    known = key_result(**parts)
    (found,) = follow_metrics((known,), READINGS)
    assert found.current == expected
    assert (found is known) is (expected is None)


@pytest.mark.parametrize(
    ("unit", "value", "expected"),
    [
        ("pages", 12, {None: 12, "pages": 12, "km": 12}),
        ("km", 12, {None: 12, "km": 12, "m": 12_000, "mi": 7.46, "kg": 12}),
    ],
)
def test_a_metric_of_the_household_is_converted_where_its_unit_is_known(
    unit: str, value: float, expected: Mapping[str | None, float]
) -> None:
    own = define_metric({"key": "own", "name": "Own", "unit": unit, "minimum": 0, "maximum": 99})
    for wanted, current in expected.items():
        known = key_result(source={"metric": "own"}, unit=wanted)
        (found,) = follow_metrics(
            (known,), {"own": _reading(value, unit)}, catalogue=whole_catalogue([own])
        )
        assert found.current == current


def test_a_metric_that_nobody_knows_any_more_is_followed_as_it_is() -> None:
    known = key_result(source={"metric": "gone"}, unit="m")
    (found,) = follow_metrics((known,), {"gone": _reading(12, "km")})
    assert found.current == 12


def test_a_followed_reading_counts_for_the_day_of_its_owner() -> None:
    sleep = key_result(kind=MAINTAIN, source={"metric": "sleep_duration"})
    readings = {"sleep_duration": _reading(450, "min", datetime(2026, 3, 1, 3, tzinfo=UTC))}
    (found,) = follow_metrics((sleep,), readings, days=PersonDay(NEW_YORK))
    assert found.days == (DayValue(date(2026, 2, 28), 450),)


def test_a_day_that_begins_late_takes_the_hours_before() -> None:
    sleep = key_result(kind=MAINTAIN, source={"metric": "sleep_duration"})
    night = datetime(2026, 3, 1, 3, tzinfo=UTC)
    for hours, expected in ((0, [date(2026, 2, 28)]), (2, [date(2026, 2, 28), date(2026, 3, 1)])):
        readings = {"sleep_duration": _reading(450, "min", night + timedelta(hours=hours))}
        (sleep,) = follow_metrics((sleep,), readings, days=PersonDay(UTC, 4))
        assert [point.day for point in sleep.days] == expected


@given(st.lists(KEY_RESULTS, max_size=3).map(tuple))
def test_only_followers_are_touched(key_results: tuple[KeyResult, ...]) -> None:
    found = follow_metrics(key_results, READINGS)
    for before, after in zip(key_results, found, strict=True):
        follows = before.source and before.source.get("metric") in READINGS
        assert after is before or (follows and before.kind not in (BOOLEAN, CHECKLIST))


@given(KEY_RESULTS, ANYTHING, ANYTHING)
def test_nothing_breaks(known: KeyResult, value: object, state: object) -> None:
    only_refuses(lambda: update_value(known, value, measured_at=NOW))
    only_refuses(lambda: increment(known, value, measured_at=NOW))
    only_refuses(lambda: set_item(known, value, state, measured_at=NOW))
