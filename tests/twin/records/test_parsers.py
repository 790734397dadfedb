from datetime import UTC, date, datetime

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.enums import GoalStatus
from custom_components.digital_twin.twin.errors import TwinError
from custom_components.digital_twin.twin.records import parsers
from custom_components.digital_twin.twin.records.fields import Parser

from ..samples import ANNA, context

PARSERS: dict[str, Parser[object]] = {
    "text": parsers.text(10),
    "lines": parsers.text(20, lines=True),
    "option": parsers.option(GoalStatus),
    "day": parsers.day,
    "past_day": parsers.past_day,
    "instant": parsers.instant,
    "counter": parsers.counter,
    "twin_id": parsers.twin_id,
    "texts": parsers.texts,
    "twin_ids": parsers.twin_ids,
    "email": parsers.email,
    "timezone": parsers.timezone,
    "code": parsers.code,
    "link": parsers.link,
    "json_object": parsers.json_object(50, 3),
    "point": parsers.point,
}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("text", "  Anna ", "Anna"),
        ("text", "x" * 10, "x" * 10),
        ("text", "Łódź 🏠", "Łódź 🏠"),
        ("lines", "one\n\ttwo", "one\n\ttwo"),
        ("option", "on hold", GoalStatus.ON_HOLD),
        ("day", "2026-03-01", date(2026, 3, 1)),
        ("day", date(2026, 3, 1), date(2026, 3, 1)),
        ("day", "1900-01-01", date(1900, 1, 1)),
        ("day", "2199-12-31", date(2199, 12, 31)),
        ("past_day", "2026-02-28", date(2026, 2, 28)),
        ("past_day", "1900-01-01", date(1900, 1, 1)),
        ("instant", "2026-03-01T13:00:00+01:00", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("instant", datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)),
        ("counter", 1, 1),
        ("twin_id", ANNA.upper(), ANNA),
        ("twin_id", ANNA.replace("-", ""), ANNA),
        ("texts", ["a", " a ", "b"], ("a", "b")),
        ("texts", [], ()),
        ("twin_ids", [ANNA, ANNA.upper()], (ANNA,)),
        ("email", " anna@example.org ", "anna@example.org"),
        ("timezone", "Europe/Warsaw", "Europe/Warsaw"),
        ("code", " G01 ", "G01"),
        ("code", "dom-1/b", "dom-1/b"),
        ("link", "https://example.org/a.md", "https://example.org/a.md"),
        ("link", "10_GOALS/G01/Roadmap.md", "10_GOALS/G01/Roadmap.md"),
        ("link", "obsidian://open?vault=x", "obsidian://open?vault=x"),
        ("json_object", {"a": {"b": [1]}}, {"a": {"b": (1,)}}),
        (
            "point",
            {"type": "Point", "coordinates": [21, 52.2]},
            {"type": "Point", "coordinates": (21.0, 52.2)},
        ),
        (
            "point",
            {"latitude": 52.2, "longitude": 21, "radius": 5},
            {"type": "Point", "coordinates": (21.0, 52.2)},
        ),
        (
            "point",
            {"type": "Point", "coordinates": [-180, 90, 100]},
            {"type": "Point", "coordinates": (-180.0, 90.0, 100.0)},
        ),
    ],
)
def test_what_is_taken(name: str, value: object, expected: object) -> None:
    assert PARSERS[name](value, context()) == expected


@pytest.mark.parametrize(
    ("name", "value", "faults"),
    [
        ("text", "", {"": "required_field"}),
        ("text", " \n ", {"": "required_field"}),
        ("text", "x" * 11, {"": "too_long"}),
        ("text", "a\nb", {"": "unprintable"}),
        ("text", "a\x00b", {"": "unprintable"}),
        ("text", "a\ud800b", {"": "unprintable"}),
        ("text", 5, {"": "wrong_type"}),
        ("lines", "a\x1bb", {"": "unprintable"}),
        ("option", "someday", {"": "not_an_option"}),
        ("option", 1, {"": "not_an_option"}),
        ("day", "2026-02-30", {"": "invalid_date"}),
        ("day", 20260301, {"": "invalid_date"}),
        ("day", "1899-12-31", {"": "out_of_range"}),
        ("day", date.max, {"": "out_of_range"}),
        ("day", datetime(2026, 3, 1, tzinfo=UTC), {"": "invalid_date"}),
        ("day", "3000-01-01", {"": "out_of_range"}),
        ("past_day", "2026-03-01", {"": "not_in_past"}),
        ("past_day", "1899-12-31", {"": "not_in_past"}),
        ("instant", "2026-03-01T13:00:00", {"": "invalid_time"}),
        ("instant", "soon", {"": "invalid_time"}),
        ("instant", "0001-01-01T00:00:00+14:00", {"": "invalid_time"}),
        ("instant", 5, {"": "invalid_time"}),
        ("counter", 0, {"": "wrong_type"}),
        ("counter", True, {"": "wrong_type"}),
        ("counter", 1.0, {"": "wrong_type"}),
        ("twin_id", "anna", {"": "invalid_id"}),
        ("twin_id", ANNA.replace("-", "_"), {"": "invalid_id"}),
        ("twin_id", "1_1" * 10 + "11", {"": "invalid_id"}),
        ("twin_id", ANNA.replace("1", "\u0661"), {"": "invalid_id"}),
        ("twin_id", None, {"": "invalid_id"}),
        ("texts", "a", {"": "wrong_type"}),
        ("texts", ["a"] * 1001, {"": "too_long"}),
        ("texts", ["a", 1, ""], {"[1]": "wrong_type", "[2]": "required_field"}),
        ("twin_ids", [ANNA, "x"], {"[1]": "invalid_id"}),
        ("email", "anna", {"": "invalid_email"}),
        ("email", "a\udfff@example.org", {"": "unprintable"}),
        ("email", "anna@localhost", {"": "invalid_email"}),
        ("email", "a b@example.org", {"": "invalid_email"}),
        ("email", f"{'a' * 250}@example.org", {"": "invalid_email"}),
        ("timezone", "Warsaw", {"": "invalid_timezone"}),
        ("code", "G 01", {"": "invalid_code"}),
        ("code", "", {"": "invalid_code"}),
        ("code", "x" * 33, {"": "invalid_code"}),
        ("link", "javascript:alert(1)", {"": "invalid_link"}),
        ("link", " ", {"": "invalid_link"}),
        ("link", "a\nb", {"": "invalid_link"}),
        ("link", "x" * 2049, {"": "invalid_link"}),
        ("json_object", [1], {"": "wrong_type"}),
        ("json_object", {"a": object()}, {"": "wrong_type"}),
        ("json_object", {"a": 2**64}, {"": "wrong_type"}),
        ("json_object", {"a": "\ud800"}, {"": "wrong_type"}),
        ("json_object", {"a": "x" * 50}, {"": "too_long"}),
        ("json_object", {"a": {"b": {"c": {}}}}, {"": "too_deep"}),
        ("point", [21, 52], {"": "wrong_type"}),
        ("point", {"type": "Polygon"}, {"": "wrong_type"}),
        ("point", {"type": "Point"}, {"coordinates": "wrong_type"}),
        ("point", {"type": "Point", "coordinates": [1]}, {"coordinates": "wrong_type"}),
        (
            "point",
            {"latitude": 91, "longitude": -181},
            {
                "latitude": "out_of_range",
                "longitude": "out_of_range",
            },
        ),
        ("point", {"latitude": 10**400, "longitude": 0}, {"latitude": "wrong_type"}),
        ("point", {"latitude": True}, {"longitude": "wrong_type", "latitude": "wrong_type"}),
        (
            "point",
            {"type": "Point", "coordinates": [1, 2, float("nan")]},
            {"height": "wrong_type"},
        ),
    ],
)
def test_what_is_refused(name: str, value: object, faults: dict[str, str]) -> None:
    with pytest.raises(TwinError) as caught:
        PARSERS[name](value, context())
    assert {fault.field: fault.key for fault in caught.value.faults} == faults


@pytest.mark.parametrize("name", ["past_day", "timezone"])
def test_stored_values_are_not_judged_by_todays_clock_and_zones(name: str) -> None:
    value = {"past_day": "2027-01-01", "timezone": "Old/Name"}[name]
    PARSERS[name](value, context(stored=True))


@given(
    st.sampled_from(sorted(PARSERS)),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=5,
    ),
)
def test_a_parser_takes_a_value_or_refuses_it_and_nothing_else(name: str, value: object) -> None:
    try:
        parsed = PARSERS[name](value, context())
    except TwinError as error:
        unnamed = [fault for fault in error.faults if fault.placeholders["field"] != fault.field]
    else:
        unnamed = []
        assert PARSERS[name](parsed, context()) == parsed
    assert unnamed == []
