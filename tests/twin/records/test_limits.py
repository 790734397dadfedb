"""Limits say of each field what its parser accepts."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date
from functools import partial
import re
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.enums import GoalStatus
from custom_components.digital_twin.twin.goals.goal import GOAL
from custom_components.digital_twin.twin.goals.key_results import parse_key_results
from custom_components.digital_twin.twin.goals.progress import UPDATE, update_progress
from custom_components.digital_twin.twin.home.home import HOME
from custom_components.digital_twin.twin.metrics.person import PERSON
from custom_components.digital_twin.twin.metrics.readings import READING, parse_reading
from custom_components.digital_twin.twin.records.fields import Field, Kind, PersonDay
from custom_components.digital_twin.twin.records.limits import (
    ANY,
    Limits,
    json_schema,
    limits_of,
    option_limits,
)
from custom_components.digital_twin.twin.records.revisions import change
from custom_components.digital_twin.twin.values import PlainJson

from ..refusals import refusal
from ..samples import ANNA, NOW, context, goal, home, person
from ..strategies import ANYTHING

KINDS: tuple[Kind[Any], ...] = (PERSON, HOME, GOAL)
FIELDS = [(kind, entry) for kind in KINDS for entry in kind.fields.values() if not entry.read_only]
RECORDS: dict[str, Any] = {"person": person(), "home": home(), "goal": goal()}
FORMATS = {
    "date-time": NOW.isoformat(),
    "uuid": ANNA,
    "email": "anna@example.org",
    "time-zone": "Europe/Warsaw",
    "metric": "weight",
}


def allows(limits: Limits, value: object) -> bool:
    """Tell whether limits allow a value; formats and patterns are left to the parsers."""
    if limits.any_of or (value is None and limits.nullable):
        return value is None or any(allows(each, value) for each in limits.any_of)
    match limits.type, value:
        case "boolean", bool():
            fits = True
        case "integer" | "number", bool():
            fits = False
        case ("integer", int()) | ("number", int() | float()):
            fits = _between(limits, value)
        case "string", date():
            fits = limits.format in ("date", "date-time")
        case "string", str():
            fits = _fits_text(limits, value.strip())
        case "array", list() | tuple():
            fits = all(allows(limits.items or ANY, each) for each in value)
            fits = fits and (limits.min_items or 0) <= len(value) <= (limits.max_items or 10**9)
        case "object", dict():
            fits = _fits_object(limits, value)
        case _:
            fits = limits.type is None or (limits.type == "null" and value is None)
    return fits


def _fits_object(limits: Limits, value: dict[object, object]) -> bool:
    parts = [
        allows(limits.parts[str(name)], part)
        if name in limits.parts
        else limits.others is not None and allows(limits.others, part)
        for name, part in value.items()
    ]
    few = limits.max_parts is None or len(value) <= limits.max_parts
    few = few and len(value) >= (limits.min_parts or 0)
    return few and all(parts) and {*limits.required} <= value.keys()


def _fits_text(limits: Limits, text: str) -> bool:
    if limits.options is not None:
        slug = "_".join(text.replace("-", " ").replace("_", " ").split()).lower()
        return not {text, slug}.isdisjoint(limits.options)
    long_enough = limits.min_length is None or len(text) >= limits.min_length
    return long_enough and (limits.max_length is None or len(text) <= limits.max_length)


def _between(limits: Limits, value: Any) -> bool:  # noqa: ANN401  # any number
    low, high = limits.minimum, limits.maximum
    return (low is None or value >= low) and (high is None or value <= high)


def near(limits: Limits) -> st.SearchStrategy[Any]:
    """Make values that limits allow, or nearly allow."""
    if limits.any_of:
        return st.one_of(*map(near, limits.any_of))
    make = NEAR.get(limits.type)
    return make(limits) if make else ANYTHING


def _near_text(limits: Limits) -> st.SearchStrategy[Any]:
    ends = [each for each in (limits.min_length, limits.max_length) if each is not None]
    long = ["x" * (end + step) for end in ends for step in (-1, 0, 1)]
    known = [*(limits.options or ()), *FORMATS.values(), "sensor.x"]
    return st.sampled_from([*known, *long]) | st.text(max_size=4)


def _near_number(limits: Limits) -> st.SearchStrategy[Any]:
    ends = [float(each) for each in (limits.minimum, limits.maximum) if each is not None]
    steps = [end + step for end in ends for step in (-1, 0, 1)]
    return st.sampled_from([*steps, *map(int, steps), 1]) | st.floats() | st.integers()


def _near_object(limits: Limits) -> st.SearchStrategy[Any]:
    known = {name: st.none() | near(each) for name, each in limits.parts.items()}
    needed = {name: known.pop(name) for name in limits.required}
    named = st.fixed_dictionaries(needed, optional=known)
    keys = st.sampled_from(["weight", "steps", "2026-03-01", "x"])
    others = st.dictionaries(keys, near(limits.others or ANY), max_size=2)
    return named | others | st.tuples(named, others).map(lambda two: two[0] | two[1])


NEAR: dict[str | None, Callable[[Limits], st.SearchStrategy[Any]]] = {
    "string": _near_text,
    "number": _near_number,
    "integer": _near_number,
    "boolean": lambda _limits: st.booleans() | st.sampled_from([0, 1, "true"]),
    "array": lambda limits: st.lists(near(limits.items or ANY), max_size=3),
    "object": _near_object,
}


@pytest.mark.parametrize(
    ("kind", "entry"), FIELDS, ids=[f"{kind.name}-{entry.name}" for kind, entry in FIELDS]
)
@given(data=st.data())
def test_what_limits_forbid_is_refused(kind: Kind[Any], entry: Field, data: st.DataObject) -> None:
    limits = limits_of(entry.parse)
    value = data.draw(near(limits) | ANYTHING)
    if not allows(limits, value):
        assert refusal(lambda: entry.parse(value, context()))
    patched = limits.of_patch() if entry.merge else limits
    if not allows(replace(patched, nullable=not entry.required), value):
        assert refusal(lambda: change(kind, RECORDS[kind.name], {entry.name: value}, context()))


@given(near(READING) | ANYTHING)
def test_what_the_limits_of_a_reading_forbid_is_refused(raw: object) -> None:
    if isinstance(raw, dict) and not allows(_with_nulls(READING), raw):
        assert refusal(lambda: parse_reading("weight", raw, now=NOW))


@given(near(UPDATE))
def test_what_the_limits_of_an_update_forbid_is_refused(raw: dict[str, object]) -> None:
    key_results = parse_key_results([{"name": "x"}, {"name": "y", "items": ["x"]}], now=NOW)
    days = PersonDay(UTC)
    if not allows(_with_nulls(UPDATE), raw):
        assert refusal(lambda: update_progress(key_results, raw, context(), days))


def _with_nulls(limits: Limits) -> Limits:
    parts = {name: replace(each, nullable=True) for name, each in limits.parts.items()}
    return replace(limits, parts=parts)


def examples(limits: Limits) -> Iterator[Any]:
    """Make values at the limits."""
    for alternative in limits.any_of:
        yield from examples(alternative)
    match limits.type:
        case "string":
            yield from _example_texts(limits)
        case "number" | "integer":
            yield from (each for each in (limits.minimum, limits.maximum, 1) if each is not None)
        case "boolean":
            yield from (True, False)
        case "array":
            least = limits.min_items or 0
            yield from ([] if least else ())
            yield from ([each] * max(1, least) for each in examples(limits.items or ANY))
        case "object":
            yield from _objects(limits)


def _example_texts(limits: Limits) -> Iterator[str]:
    if limits.options is not None:
        yield from limits.options
    elif limits.format == "date":
        yield from (str(each) for each in (limits.minimum, limits.maximum) if each)
    elif limits.format:
        yield FORMATS[limits.format]
    elif limits.pattern:
        yield from (each for each in ("sensor.x", "mdi:x") if re.search(limits.pattern, each))
    else:
        yield from ("x" * length for length in (limits.min_length, limits.max_length) if length)


# Only key results of the kind `boolean` may have these.
BOOLEANS = [
    [{"name": "x", part: value}] for part in ("target", "current") for value in (True, False)
]


def _objects(limits: Limits) -> Iterator[dict[str, Any]]:
    if limits.min_parts:
        yield from ({"steps": each} for each in examples(limits.others or ANY))
        return
    least = {name: next(examples(limits.parts[name])) for name in limits.required}
    yield least
    if limits.required:
        for name, part in limits.parts.items():
            yield from ({**least, name: each} for each in examples(part))


@pytest.mark.parametrize(
    ("kind", "entry"), FIELDS, ids=[f"{kind.name}-{entry.name}" for kind, entry in FIELDS]
)
def test_examples_at_the_limits_are_accepted(kind: Kind[Any], entry: Field) -> None:
    limits = limits_of(entry.parse)
    found = list(examples(limits))
    assert limits is not ANY
    for example in found:
        if example in BOOLEANS:
            continue
        assert not refusal(partial(entry.parse, example, context())), example


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_schema_says_which_fields_are_needed_and_which_are_kept(kind: Kind[Any]) -> None:
    schema: Any = json_schema(kind)
    assert {*schema["properties"]} == {*kind.fields}
    kept = {name for name, each in schema["properties"].items() if each.get("readOnly")}
    assert kept == {*kind.fields} - {*kind.writable}
    assert {*schema["required"]} == {"name", "goal_code"} & {*kind.fields}
    assert "required" not in json_schema(kind, patch=True)
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (ANY, {}),
        (Limits(type="string", max_length=5), {"type": "string", "maxLength": 5}),
        (
            Limits(type="integer", minimum=0, maximum=23, nullable=True),
            {"type": ["integer", "null"], "minimum": 0, "maximum": 23},
        ),
        (
            Limits(type="string", format="date", minimum="1900-01-01"),
            {"type": "string", "format": "date", "formatMinimum": "1900-01-01"},
        ),
        (
            replace(option_limits(GoalStatus), nullable=True),
            {
                "type": ["string", "null"],
                "enum": [*GoalStatus, *GoalStatus.slugs(), None],
            },
        ),
        (
            Limits(any_of=(Limits(type="number"),), nullable=True),
            {"anyOf": [{"type": "number"}, {"type": "null"}]},
        ),
        (
            Limits(type="object", parts={"a": ANY}, required=("a",), max_parts=3),
            {
                "type": "object",
                "properties": {"a": {}},
                "required": ["a"],
                "additionalProperties": False,
                "maxProperties": 3,
            },
        ),
        (
            Limits(type="object", others=ANY, max_bytes=9, max_levels=2),
            {
                "type": "object",
                "properties": {},
                "additionalProperties": {},
                "x-max-bytes": 9,
                "x-max-levels": 2,
            },
        ),
        (
            Limits(type="array", items=Limits(type="string"), max_items=3),
            {"type": "array", "items": {"type": "string"}, "maxItems": 3},
        ),
    ],
)
def test_limits_are_written_as_json_schema(limits: Limits, expected: dict[str, PlainJson]) -> None:
    assert limits.json_schema() == expected


def test_a_patch_may_remove_parts_with_null() -> None:
    create_schema: Any = json_schema(HOME)
    patch_schema: Any = json_schema(HOME, patch=True)
    for schema, kind in ((create_schema, "array"), (patch_schema, ["array", "null"])):
        assert schema["properties"]["scope"]["properties"]["floors"]["type"] == kind


def test_days_of_limits_are_those_of_the_calendar() -> None:
    limits = limits_of(GOAL.fields["start_date"].parse)
    assert (limits.minimum, limits.maximum) == (
        date(1900, 1, 1).isoformat(),
        date(2199, 12, 31).isoformat(),
    )
