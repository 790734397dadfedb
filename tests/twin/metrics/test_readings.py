from datetime import UTC, datetime, timedelta, timezone
import json
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.metrics.readings import (
    Reading,
    newer,
    parse_reading,
    parse_readings,
    reading_document,
    reading_from_document,
    readings_document,
)

from ..refusals import only_refuses, refused
from ..samples import NOW
from ..strategies import ANYTHING, INSTANTS, objects

WARSAW = ZoneInfo("Europe/Warsaw")
MORNING = datetime(2026, 3, 1, 6, 30, tzinfo=UTC)
PARTS = ("value", "unit", "measured_at", "source")


def reading(value: float = 71.4, at: datetime = NOW, source: str = "manual") -> Reading:
    return Reading(value=value, unit="kg", measured_at=at, source=source)


READINGS = st.builds(
    Reading,
    value=st.floats(allow_nan=False, allow_infinity=False).map(lambda value: value + 0.0),
    unit=st.sampled_from(["kg", "%", "mL"]),
    measured_at=INSTANTS,
    source=st.sampled_from(["manual", "sensor.scale", "watch"]),
)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (71.4, reading()),
        (71, reading(71)),
        ({"value": 71.4}, reading()),
        ({"value": 157, "unit": "lb"}, reading(71.214)),
        ({"value": 71.4, "unit": None, "measured_at": None, "source": None}, reading()),
        ({"value": 71.4, "measured_at": "2026-03-01T07:30:00+01:00"}, reading(at=MORNING)),
        ({"value": 71.4, "measured_at": "2026-03-01T07:30:00"}, reading(at=MORNING)),
        ({"value": 71.4, "measured_at": MORNING}, reading(at=MORNING)),
        ({"value": 71.4, "source": " scale "}, reading(source="scale")),
    ],
)
def test_a_reading_is_a_number_or_an_object(raw: object, expected: Reading) -> None:
    assert parse_reading("weight", raw, now=NOW, zone=WARSAW) == expected


def test_what_a_reading_does_not_say_comes_from_the_call() -> None:
    local = MORNING.astimezone(timezone(timedelta(hours=1)))
    found = parse_reading("weight", 71.4, now=NOW, measured_at=local, source="scale")
    assert found == reading(at=MORNING, source="scale")
    assert found.measured_at.tzinfo is UTC
    own = {"value": 71.4, "measured_at": NOW.isoformat(), "source": "watch"}
    found = parse_reading("weight", own, now=NOW, measured_at=local, source="scale")
    assert found == reading(source="watch")


@pytest.mark.parametrize(
    ("raw", "faults"),
    [
        ("71", [("wrong_type", "")]),
        (None, [("required_field", "")]),
        (True, [("wrong_type", "")]),
        ([71.4], [("wrong_type", "")]),
        (700, [("out_of_range", "")]),
        ({}, [("required_field", "value")]),
        ({"value": None}, [("required_field", "value")]),
        ({"value": "heavy"}, [("wrong_type", "value")]),
        ({"value": 0}, [("out_of_range", "value")]),
        ({"value": 71, "unit": "stone"}, [("unknown_unit", "unit")]),
        # A value whose unit is unknown cannot be judged by the range.
        ({"value": 9000, "unit": "stone"}, [("unknown_unit", "unit")]),
        ({"value": 71, "unit": 3}, [("wrong_type", "unit")]),
        ({"value": 71, "note": "after lunch"}, [("unknown_field", "note")]),
        ({"value": 71, "measured_at": "lunch"}, [("invalid_time", "measured_at")]),
        ({"value": 71, "measured_at": "2026-03-01T07:30"}, [("invalid_time", "measured_at")]),
        ({"value": 71, "measured_at": "2026-03-01T12:06:00Z"}, [("future_time", "measured_at")]),
        ({"value": 71, "measured_at": "1899-01-01T00:00:00Z"}, [("out_of_range", "measured_at")]),
        ({"value": 71, "source": ""}, [("required_field", "source")]),
        ({"value": 71, "source": 5}, [("wrong_type", "source")]),
        ({"value": 71, "source": "s" * 256}, [("too_long", "source")]),
        (
            {"value": "x", "unit": "y", "measured_at": 1, "source": 2, "z": 3},
            [
                ("unknown_field", "z"),
                ("wrong_type", "value"),
                ("unknown_unit", "unit"),
                ("invalid_time", "measured_at"),
                ("wrong_type", "source"),
            ],
        ),
    ],
)
def test_everything_wrong_with_a_reading_is_told(
    raw: object, faults: list[tuple[str, str]]
) -> None:
    with refused(*faults):
        parse_reading("weight", raw, now=NOW)


def test_clocks_may_be_five_minutes_fast() -> None:
    ahead = NOW + timedelta(minutes=5)
    raw = {"value": 71.4, "measured_at": ahead.isoformat()}
    assert parse_reading("weight", raw, now=NOW).measured_at == ahead


def test_a_range_is_judged_after_conversion() -> None:
    assert parse_reading("weight", {"value": 1400, "unit": "lb"}, now=NOW).value == 635.029
    with refused(("out_of_range", "value")) as placeholders:
        parse_reading("weight", {"value": 1500, "unit": "lb"}, now=NOW)
    assert placeholders[0] | {"minimum": "0.2", "maximum": "650", "unit": "kg"} == placeholders[0]
    assert "value" not in placeholders[0]


def test_many_readings_come_together() -> None:
    found = parse_readings(
        {
            "systolic_blood_pressure": 121,
            "diastolic_blood_pressure": {"value": 10.4, "unit": "kPa"},
        },
        now=NOW,
        source="cuff",
    )
    assert found == {
        "systolic_blood_pressure": Reading(value=121, unit="mmHg", measured_at=NOW, source="cuff"),
        "diastolic_blood_pressure": Reading(
            value=78.01, unit="mmHg", measured_at=NOW, source="cuff"
        ),
    }
    assert parse_readings({}, now=NOW) == {}


def test_the_faults_of_many_readings_are_told_together() -> None:
    raw = {"weight": 71.4, "wieght": 3, "steps": {"value": -1}, "mood": {"value": 5, "unit": "h"}}
    with refused(
        ("unknown_metric", "wieght"), ("out_of_range", "steps.value"), ("unknown_unit", "mood.unit")
    ) as placeholders:
        parse_readings(raw, now=NOW)
    assert "value" not in placeholders[0]
    assert placeholders[0]["allowed"] == ", ".join(CATALOGUE)


@pytest.mark.parametrize("raw", [None, [], "weight", 71.4])
@pytest.mark.parametrize("stored", [True, False])
def test_readings_are_an_object(raw: object, stored: bool) -> None:
    with refused(("wrong_type", "")):
        parse_readings(raw, now=NOW, stored=stored)


def test_a_late_reading_never_replaces_a_newer_one() -> None:
    old, late = reading(71, NOW), reading(70, MORNING)
    assert newer(old, late) is old
    assert newer(late, old) is old
    assert newer(None, late) is late


def test_the_same_reading_twice_is_one() -> None:
    old = reading()
    assert newer(old, reading()) is old


def test_the_later_word_on_the_same_moment_is_a_correction() -> None:
    corrected = reading(72)
    assert newer(reading(71), corrected) is corrected


@given(st.lists(READINGS, min_size=1))
def test_the_newest_reading_counts_in_whatever_order_they_come(readings: list[Reading]) -> None:
    kept: Reading | None = None
    for each in readings:
        kept = newer(kept, each)
        assert newer(kept, each) is kept
    assert kept is not None
    assert kept.measured_at == max(each.measured_at for each in readings)


@given(READINGS)
def test_a_reading_comes_back_from_its_document(each: Reading) -> None:
    document = json.loads(json.dumps(reading_document(each)))
    assert list(document) == list(PARTS)
    assert reading_from_document(document, now=NOW) == each


@given(st.dictionaries(st.sampled_from(list(CATALOGUE)), READINGS))
def test_readings_come_back_from_their_documents(readings: dict[str, Reading]) -> None:
    document = json.loads(json.dumps(readings_document(readings)))
    assert parse_readings(document, now=NOW, stored=True) == readings


def test_what_was_stored_is_not_judged_again() -> None:
    stored = {
        "value": 900,
        "unit": "kg",
        "measured_at": "2199-01-01T00:00:00+00:00",
        "source": "manual",
    }
    found = parse_readings({"pages_of_long_ago": stored}, now=NOW, stored=True)
    assert found["pages_of_long_ago"].value == 900


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("value", [None, True, [], {}])
def test_a_damaged_stored_reading_is_refused(part: str, value: object) -> None:
    document = {**reading_document(reading()), part: value}
    if value is None:
        expected = "required_field"
    else:
        expected = "invalid_time" if part == "measured_at" else "wrong_type"
    with refused((expected, f"weight.{part}")):
        parse_readings({"weight": document}, now=NOW, stored=True)


@given(st.sampled_from(list(CATALOGUE)), objects(*PARTS) | ANYTHING, st.booleans())
def test_nothing_breaks(key: str, raw: object, stored: bool) -> None:
    found = only_refuses(lambda: parse_readings({key: raw}, now=NOW, stored=stored, zone=WARSAW))
    if found and not stored:
        metric = CATALOGUE[key]
        assert metric.minimum <= found[key].value <= metric.maximum
        assert found[key].measured_at <= NOW + timedelta(minutes=5)


@given(ANYTHING, objects(*PARTS))
def test_nothing_breaks_whatever_the_metric(key: object, raw: object) -> None:
    only_refuses(lambda: parse_reading(key, raw, now=NOW))
