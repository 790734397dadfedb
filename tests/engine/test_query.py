"""Queries: what they answer, what they refuse, and that none costs more than the budget."""

from contextlib import suppress
import sys
import tracemalloc
from types import FrameType
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.json import json_bytes
from hypothesis import HealthCheck, given, settings, strategies as st
import jmespath
from jmespath.functions import Functions
import pytest

from custom_components.digital_twin.engine import query
from custom_components.digital_twin.engine.documents import Document
from custom_components.digital_twin.engine.query import (
    BUDGET,
    MAX_ANSWER_BYTES,
    MAX_CHARACTERS,
    MAX_LEVELS,
    answer_query,
    async_query,
    same_tree,
)
from custom_components.digital_twin.twin.errors import TwinError
from custom_components.digital_twin.twin.values import PlainJson
from scripts.benchmark.queries import HONEST, HOSTILE

type World = dict[str, list[Document]]

REFUSED: Final = frozenset(
    {
        "query_arguments",
        "query_not_comparable",
        "query_number",
        "query_reference",
        "query_syntax",
        "query_too_costly",
        "query_too_large",
        "query_unknown_function",
        "query_wrong_type",
        "too_deep",
        "too_long",
        "unprintable",
    }
)
# Keys of refusals because of the size, of the expression or of what it makes.
TOO_MUCH: Final = frozenset({"query_too_costly", "query_too_large", "too_deep", "too_long"})
SMALL: Final[World] = {
    "persons": [{"name": "Anna", "weight": 71.4, "email": None}],
    "homes": [{"name": "Home", "values": [1, 2.5, True, None, "a"], "empty": {}}],
    "goals": [
        {"name": "Run", "progress": 20, "tags": ["a", "b"], "status": "Active"},
        {"name": "Ride", "progress": None, "tags": [], "status": "On Hold"},
        {"name": "Żeglować", "progress": 75.5, "tags": ["b"], "status": "Active"},
    ],
}


def _goal(number: int) -> Document:
    items: list[PlainJson] = [
        {"key": f"s{step}", "name": f"Step {step}", "state": "done" if step % 2 else "todo"}
        for step in range(10)
    ]
    return {
        "goal_id": f"30000000-0000-4000-8000-{number:012}",
        "goal_code": f"G{number:04}",
        "name": f"Goal {number}",
        "description": "A reason, a plan, and what is in the way. " * 15,
        "status": "Active" if number % 3 else "Completed",
        "pace": "behind" if number % 2 else "on_track",
        "progress": number % 101,
        "start_date": "2026-01-01",
        "target_date": "2027-12-31",
        "owner_person_id": None,
        "dependencies": [],
        "progress_metrics": [
            {"name": "Savings", "kind": "accumulate", "current": number, "target": 1_000},
            {"name": "Preparation", "kind": "checklist", "items": items},
        ],
    }


LARGE: Final[World] = {**SMALL, "goals": [_goal(number) for number in range(1_000)]}


async def _refusal(hass: HomeAssistant, world: World, expression: object) -> TwinError:
    with pytest.raises(TwinError) as refused:
        await async_query(hass, world, expression)
    assert [fault.field for fault in refused.value.faults] == ["expression"]
    return refused.value


@pytest.mark.parametrize("expression", HONEST.values(), ids=HONEST)
async def test_honest_queries_are_answered_as_by_plain_jmespath(
    hass: HomeAssistant, expression: str
) -> None:
    assert await async_query(hass, LARGE, expression) == jmespath.search(expression, LARGE)


@pytest.mark.parametrize("expression", HONEST.values(), ids=HONEST)
def test_honest_queries_take_less_than_three_quarters_of_the_budget(
    expression: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query, "BUDGET", BUDGET * 3 // 4)
    assert answer_query(LARGE, expression) == jmespath.search(expression, LARGE)


@pytest.mark.parametrize("expression", HOSTILE.values(), ids=HOSTILE)
async def test_hostile_queries_are_refused(hass: HomeAssistant, expression: str) -> None:
    error = await _refusal(hass, LARGE, expression)
    assert error.key in REFUSED


@pytest.mark.parametrize(
    ("expression", "key", "placeholders"),
    [
        (None, "required_field", {}),
        ("", "required_field", {}),
        (" \n ", "required_field", {}),
        (71.4, "wrong_type", {"expected": "text"}),
        ({"weight": 71.4}, "wrong_type", {"expected": "text"}),
        ("'\ud800'", "unprintable", {}),
        ('`"\\ud800"`', "unprintable", {}),
        ('{"\\udfff": @}', "unprintable", {}),
        ("@" * (MAX_CHARACTERS + 1), "too_long", {"maximum": "1000"}),
        ("goals[", "query_syntax", {"position": "7"}),
        ("goals[?status = 'Active']", "query_syntax", {"position": "15"}),
        ("goals..name", "query_syntax", {"position": "7"}),
        ("'not closed", "query_syntax", {"position": "1"}),
        ("goals[].#", "query_syntax", {"position": "9"}),
        ("goals[a]", "query_syntax", {"position": "7"}),
        ("size(goals)", "query_unknown_function", {"value": "size"}),
        (
            "length()",
            "query_arguments",
            {"function": "length", "given": "0", "allowed": "1"},
        ),
        ("not_null()", "query_arguments", {"given": "0", "allowed": "≥ 1"}),
        (
            "sum(goals[].name)",
            "query_wrong_type",
            {"function": "sum", "actual": "str", "allowed": "array-number"},
        ),
        (
            "length(`1`)",
            "query_wrong_type",
            {"actual": "number", "allowed": "string, array, object"},
        ),
        ("goals[?name > `1`]", "query_not_comparable", {}),
        ("contains('abc', `1`)", "query_not_comparable", {}),
        ("max_by([{a:`1`},{a:'x'}], &a)", "query_not_comparable", {}),
        ("&name", "query_reference", {}),
        ("{a: [&name]}", "query_reference", {}),
        ("to_string([&name])", "query_reference", {}),
        ("goals[::0]", "query_number", {}),
        ("to_number('nan')", "query_number", {}),
        ("ceil(to_number('inf'))", "query_number", {}),
        ("`18446744073709551616`", "query_number", {}),
        ("@" + "|@" * MAX_LEVELS, "too_deep", {"maximum": "100"}),
        ("goals[].description|[@,@,@]", "query_too_large", {"maximum": "1048576"}),
        ("goals" + "|[@,@][]" * 11, "query_too_costly", {}),
    ],
)
async def test_each_refusal_names_what_is_wrong(
    hass: HomeAssistant, expression: object, key: str, placeholders: dict[str, str]
) -> None:
    error = await _refusal(hass, LARGE, expression)
    assert error.key == key
    assert placeholders.items() <= error.placeholders.items()


@pytest.mark.parametrize(
    "expression",
    [
        "persons[0].weight.sum(@)",
        "sum(persons[].[weight, name][])",
        "sort_by(persons, &[weight])",
        "max_by([persons[0], {weight: 'x'}], &weight)",
        "length(persons[0].weight)",
        "keys(persons[0].weight)",
    ],
)
async def test_no_refusal_shows_a_value_of_a_document(hass: HomeAssistant, expression: str) -> None:
    error = await _refusal(hass, SMALL, expression)
    assert "71.4" not in repr([*error.faults, error, error.__cause__])
    assert error.__suppress_context__


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        ('"\\ud800"', None),
        ("`18446744073709551615`", 2**64 - 1),
        ("`-9223372036854775808`", -(2**63)),
        ("goals[?tags==`[]`].name", ["Ride"]),
        ('goals[?tags!=`["a","b"]`].name', ["Ride", "Żeglować"]),
        ("homes[?empty==`{}`].name", ["Home"]),
        ("contains(homes[0].values, `1.0`)", True),
        ('contains(goals[].tags, `["b"]`)', True),
        ('contains(goals[].tags, `["c"]`)', False),
        ("`1` == `true`", False),
        ("`[1]` == `[true]`", True),
        ("goals[?progress > `50`].name", ["Żeglować"]),
        ("goals[::-1].name", ["Żeglować", "Ride", "Run"]),
        ("goals[9].name", None),
        ("goals.name[]", None),
        ("homes[0].values[::2].to_string(@)", ["1", "true", "a"]),
        ('to_string(`[1, "ż"]`)', '[1,"\\u017c"]'),
        ('to_string(`"ż"`)', "ż"),
        ("join('-', goals[].name)", "Run-Ride-Żeglować"),
        ("sort_by(goals, &name)[].name", ["Ride", "Run", "Żeglować"]),
        ("min_by(goals[?progress], &progress).name", "Run"),
        ("@" + "|@" * (MAX_LEVELS - 2) + ".homes[].name", ["Home"]),
    ],
)
def test_queries_are_answered(expression: str, answer: object) -> None:
    assert answer_query(SMALL, expression) == answer


def test_an_answer_may_have_the_most_levels_and_no_more() -> None:
    levels = MAX_LEVELS - 2
    deepest: Any = jmespath.search("@" + "|[@]" * levels, 1)
    world: Any = {"goals": deepest}
    answer_query(world, "@")
    with pytest.raises(TwinError) as refused:
        answer_query(world, "[[@]]")
    assert refused.value.key == "too_deep"


def test_an_answer_may_have_the_most_bytes_and_no_more() -> None:
    name = "x" * (MAX_ANSWER_BYTES // 8 - 10)
    world: World = {"goals": [{"name": name}]}
    seven = answer_query(world, "goals[0].name|[@,@,@,@,@,@,@]")
    assert len(json_bytes(seven)) < MAX_ANSWER_BYTES
    with pytest.raises(TwinError) as refused:
        answer_query(world, "goals[0].name|[@,@,@,@,@,@,@,@,@]")
    assert refused.value.key == "query_too_large"


async def test_queries_are_answered_one_at_a_time(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, most = 0, 0

    def slow(_world: object, expression: str) -> str:
        nonlocal running, most
        running += 1
        most = max(most, running)
        # Gives the other threads a turn, if there are any.
        for _ in range(1_000):
            hass.loop.call_soon_threadsafe(lambda: None)
        running -= 1
        return expression

    monkeypatch.setattr(query, "answer_query", slow)
    expected = [str(number) for number in range(8)]
    tasks = [hass.async_create_task(async_query(hass, SMALL, text)) for text in expected]
    assert [await task for task in tasks] == expected
    assert most == 1


# Random expressions.

WORDS: Final = ("persons", "homes", "goals", "name", "progress", "tags", "values", "zz")
FUNCTIONS: Final = (*sorted(Functions.FUNCTION_TABLE), "nope")
LITERALS: Final = ("`1`", "`0`", "`true`", "`null`", "'a'", '`["a"]`', "`{}`", "`-2.5`", "'1e9'")


def _grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    two = st.tuples(inner, inner)
    some = st.lists(inner, min_size=1, max_size=4)
    suffix = st.sampled_from(
        ("[]", "[*]", "[0]", "[-1]", "[::-1]", "[1:]", "[::2]", ".*", ".name", "[?@]", ".tags[]")
    )
    return st.one_of(
        st.tuples(inner, suffix).map("".join),
        two.map("|".join),
        two.map(lambda pair: f"{pair[0]}[?{pair[1]}]"),
        st.tuples(inner, st.sampled_from(("==", "!=", "<", ">=", "&&", "||")), inner).map("".join),
        some.map(lambda items: f"[{','.join(items)}]"),
        some.map(lambda items: f"{{{','.join(f'k{n}:{i}' for n, i in enumerate(items))}}}"),
        st.tuples(st.sampled_from(FUNCTIONS), some).map(lambda f: f"{f[0]}({','.join(f[1])})"),
        two.map(lambda pair: f"map(&{pair[0]},{pair[1]})"),
        st.tuples(st.sampled_from(("sort_by", "max_by", "min_by")), inner, inner).map(
            lambda call: f"{call[0]}({call[1]},&{call[2]})"
        ),
        inner.map(lambda text: f"!{text}"),
        inner.map(lambda text: f"({text})"),
        inner.map(lambda text: f"&{text}"),
    )


EXPRESSIONS: Final = st.recursive(
    st.one_of(st.just("@"), st.sampled_from(WORDS), st.sampled_from(LITERALS)),
    _grow,
    max_leaves=12,
)
# The same parts, repeated: what doubles once doubles often.
REPEATED: Final = st.tuples(EXPRESSIONS, EXPRESSIONS, st.integers(1, 12)).map(
    lambda parts: parts[0] + f"|{parts[1]}" * parts[2]
)
ANY_TEXT: Final = st.text(st.sampled_from("@[]{}()?*.,:|&!<>=`'\"\\-019abname #\n"), max_size=30)
FEW_UNITS: Final = 2_000
FEW_BYTES: Final = 10_000
# Calls, of Python or of C, that one unit may stand for, and those of reading an expression.
CALLS_PER_UNIT: Final = 12
CALLS_AT_LEAST: Final = 40_000


def _answer_or_key(expression: str, world: World = SMALL) -> str:
    """Return what an answer looks like in Python, or the key of the refusal."""
    try:
        answer = answer_query(world, expression)
    except TwinError as error:
        return next(key for key in REFUSED if key == error.key)
    json_bytes(answer)
    return repr(answer)


@settings(deadline=None, max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(expression=st.one_of(EXPRESSIONS, REPEATED))
def test_what_is_answered_is_what_plain_jmespath_answers(expression: str) -> None:
    """Also, nothing but a `TwinError` is raised."""
    answer = _answer_or_key(expression[:MAX_CHARACTERS])
    if answer not in REFUSED:
        assert answer == repr(jmespath.search(expression[:MAX_CHARACTERS], SMALL))


@pytest.mark.filterwarnings("ignore:deprecated string literal syntax")
@settings(deadline=None, max_examples=400)
@given(expression=ANY_TEXT.filter(str.strip))
def test_any_text_is_answered_or_refused(expression: str) -> None:
    _answer_or_key(expression)


class Calls:
    """Counts the calls of functions of Python and of C."""

    def __init__(self) -> None:
        self.number = 0

    def __call__(self, _frame: FrameType, event: str, _argument: object) -> None:
        self.number += event in {"call", "c_call"}


def _calls(expression: str) -> int:
    calls, before = Calls(), sys.getprofile()
    sys.setprofile(calls)
    try:
        with suppress(TwinError):
            answer_query(LARGE, expression)
    finally:
        sys.setprofile(before)
    return calls.number


@settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(expression=st.one_of(REPEATED, st.sampled_from(sorted(HOSTILE.values()))))
def test_no_query_works_longer_than_the_budget(
    monkeypatch: pytest.MonkeyPatch, expression: str
) -> None:
    monkeypatch.setattr(query, "BUDGET", FEW_UNITS)
    monkeypatch.setattr(query, "MAX_ANSWER_BYTES", FEW_BYTES)
    calls = _calls(expression[:MAX_CHARACTERS])
    assert calls < FEW_UNITS * CALLS_PER_UNIT + CALLS_AT_LEAST


def test_the_budget_is_what_ends_a_hostile_query(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above can fail: with a larger budget there are more calls."""
    few = FEW_UNITS * CALLS_PER_UNIT + CALLS_AT_LEAST
    monkeypatch.setattr(query, "BUDGET", few)
    assert _calls(HOSTILE["sort_by"]) > few


@pytest.mark.parametrize("name", ["flatten at once", "join", "to_string quotes", "long keys"])
def test_no_query_fills_the_memory(name: str) -> None:
    tracemalloc.start()
    try:
        _answer_or_key(HOSTILE[name], LARGE)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 50_000_000


JSON: Final = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-2, 2), st.floats(-2, 2), st.sampled_from("ab")
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
    ),
    max_leaves=6,
)


@given(one=JSON, other=JSON)
def test_trees_are_compared_as_python_compares_them(one: object, other: object) -> None:
    assert same_tree(one, other, query.QueryBudget(BUDGET)) is (one == other)
