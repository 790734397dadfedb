"""JMESPath expressions over the documents of twins, with a bounded cost.

A plain interpreter of JMESPath can be kept busy for minutes, and fill the memory, by an expression
of a hundred characters. This one counts what it does and stops when the budget is spent. Nothing of
the documents is in its errors.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
import json
from math import isfinite
from typing import Any, Final, Never, cast, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.singleton import singleton
from homeassistant.util.hass_dict import HassKey
from jmespath.exceptions import (
    ArityError,
    JMESPathTypeError,
    ParseError,
    VariadictArityError,
)
from jmespath.functions import Functions, signature
from jmespath.parser import Parser
from jmespath.visitor import Options, TreeInterpreter

from ..twin.errors import TwinError, refuse, without_values
from ..twin.records.limits import Limits
from ..twin.records.parsers import as_text
from ..twin.values import LARGEST_INTEGER, SMALLEST_INTEGER, PlainJson
from .documents import Document

EXPRESSION: Final = "expression"
MAX_CHARACTERS: Final = 1_000
EXPRESSION_LIMITS: Final = Limits(type="string", min_length=1, max_length=MAX_CHARACTERS)
# Of the expression, and of the answer: Home Assistant's encoder ends at 254 levels.
MAX_LEVELS: Final = 100
# A unit is about what visiting one node of the expression for one value costs.
BUDGET: Final = 150_000
MAX_ANSWER_BYTES: Final = 1_048_576
# How much of what is done within one call of a function, or of Python, costs one unit.
ITEMS_PER_UNIT: Final = 8
CHARACTERS_PER_UNIT: Final = 32
NODES_PER_UNIT: Final = 4
COMPARED_PER_UNIT: Final = 1_024
LONGEST_COMPARED: Final = 100
# They look at each character of the texts in a list.
OVER_TEXTS: Final = frozenset({"join", "max", "min", "sort"})
NUMBER_BYTES: Final = 8

DATA_TURNS: HassKey[asyncio.Lock] = HassKey("digital_twin_query_turns")


async def async_query(
    hass: HomeAssistant, world: Mapping[str, list[Document]], expression: object
) -> PlainJson:
    """Return the value of a JMESPath expression over `{persons, homes, goals}`.

    Runs in a worker thread, one query at a time. The documents must not change meanwhile. Raises
    `TwinError` at `expression`; see `answer_query`.
    """
    text = _expression_text(expression)
    async with _async_turns(hass):
        return await hass.async_add_executor_job(answer_query, world, text)


def answer_query(world: Mapping[str, list[Document]], expression: str) -> PlainJson:
    """Return the value of an expression; blocks for about 100 ms at most.

    Raises `TwinError` at `expression`: `query_syntax`, `query_unknown_function`,
    `query_arguments`, `query_wrong_type`, `query_not_comparable`, `query_number`,
    `query_reference`, `query_too_costly`, `query_too_large`, `too_deep`, `unprintable`.
    """
    budget = QueryBudget(BUDGET)
    try:
        tree = _UncachedParser().parse(expression).parsed
        _check_levels(tree)
        answer = _BoundedInterpreter(budget).visit(tree, dict(world))
        _check_answer(answer, budget)
    except ArityError as error:
        at_least = "≥ " if isinstance(error, VariadictArityError) else ""
        raise refuse(
            "query_arguments",
            EXPRESSION,
            function=error.function_name,
            given=error.actual_arity,
            allowed=f"{at_least}{error.expected_arity}",
        ) from None
    except ParseError as error:
        raise refuse("query_syntax", EXPRESSION, position=error.lex_position + 1) from None
    except JMESPathTypeError as error:
        raise refuse(
            "query_wrong_type",
            EXPRESSION,
            function=error.function_name,
            actual=error.actual_type,
            allowed=error.expected_types,
        ) from None
    except RecursionError:
        raise refuse("too_deep", EXPRESSION, maximum=MAX_LEVELS) from None
    except UnicodeEncodeError:
        raise refuse("unprintable", EXPRESSION) from None
    except TypeError:
        raise refuse("query_not_comparable", EXPRESSION) from None
    except ValueError, OverflowError:
        # A step of 0, a number that is not finite, or one with thousands of digits.
        raise refuse("query_number", EXPRESSION) from None
    return cast("PlainJson", answer)


@singleton(DATA_TURNS)
@callback
def _async_turns(_hass: HomeAssistant) -> asyncio.Lock:
    """Return the lock for one query at a time: threads that compute slow down the event loop."""
    return asyncio.Lock()


def _expression_text(expression: object) -> str:
    """Return the text of an expression; the value may be anything, so no error shows it."""
    if expression is None:
        raise refuse("required_field", EXPRESSION)
    try:
        with without_values():
            text = as_text(expression)
    except TwinError as error:
        raise error.within(EXPRESSION) from None
    if not text.strip():
        raise refuse("required_field", EXPRESSION)
    if len(text) > MAX_CHARACTERS:
        raise refuse("too_long", EXPRESSION, maximum=MAX_CHARACTERS)
    return text


class QueryBudget:
    """What a query may still do, in units."""

    def __init__(self, units: int) -> None:
        self.left = units

    def spend(self, units: int) -> None:
        """Spend units; raises `TwinError` (`query_too_costly`) when there are too few."""
        self.left -= units
        if self.left < 0:
            raise refuse("query_too_costly", EXPRESSION)

    def spend_on_tree(self, value: object) -> None:
        """Spend what looking at every part of a value costs.

        Parts that occur several times count each time, as they do where they are written out.
        """
        nodes, characters = 0, 0
        most = self.left * NODES_PER_UNIT
        level = [value]
        while level:
            nodes += len(level)
            if nodes > most:
                break
            deeper: list[object] = []
            for item in level:
                if isinstance(item, str):
                    characters += len(item)
                elif isinstance(item, list):
                    deeper += item
                elif isinstance(item, dict):
                    deeper += item.values()
                    characters += sum(map(len, item))
                if len(deeper) > most:
                    break
            level = deeper
        self.spend(nodes // NODES_PER_UNIT + characters // CHARACTERS_PER_UNIT)


class _UncachedParser(Parser):
    """A parser that keeps no tree: those of long expressions take more memory than time."""

    _CACHE: Final[dict[str, object]] = {}
    _MAX_SIZE = 0


class _BoundedInterpreter(TreeInterpreter):
    """Visits an expression on a budget; trees and values are `Any` for jmespath, too."""

    def __init__(self, budget: QueryBudget) -> None:
        super().__init__(Options(custom_functions=_BoundedFunctions(budget)))
        self._budget = budget
        self._visits: dict[str, Callable[[Any, Any], Any]] = {
            name.removeprefix("visit_"): getattr(self, name)
            for name in dir(self)
            if name.startswith("visit_")
        }

    @override
    def visit(self, node: Any, *args: Any, **_kwargs: Any) -> Any:
        budget = self._budget
        budget.left -= 1
        if budget.left < 0:
            budget.spend(0)
        return self._visits[node["type"]](node, args[0])

    @override
    def visit_comparator(self, node: Any, value: Any) -> Any:
        left, right = (self.visit(child, value) for child in node["children"])
        name = node["value"]
        if name not in {"eq", "ne"}:
            if not (_is_comparable(left) and _is_comparable(right)):
                return None
        elif isinstance(left, (list, dict)) and isinstance(right, (list, dict)):
            return same_tree(left, right, self._budget) is (name == "eq")
        if isinstance(left, str) and isinstance(right, str):
            self._budget.spend(min(len(left), len(right)) // CHARACTERS_PER_UNIT)
        return self.COMPARATOR_FUNC[name](left, right)

    @override
    def visit_flatten(self, node: Any, value: Any) -> Any:
        base = self.visit(node["children"][0], value)
        if not isinstance(base, list):
            return None
        self._budget.spend(len(base) // ITEMS_PER_UNIT)
        merged: list[Any] = []
        for item in base:
            if isinstance(item, list):
                self._budget.spend(1 + len(item) // ITEMS_PER_UNIT)
                merged += item
            else:
                merged.append(item)
        return merged

    @override
    def visit_slice(self, node: Any, value: Any) -> Any:
        if isinstance(value, list):
            self._budget.spend(len(value) // ITEMS_PER_UNIT)
        return super().visit_slice(node, value)


class _BoundedFunctions(Functions):
    """The functions of JMESPath on a budget."""

    def __init__(self, budget: QueryBudget) -> None:
        super().__init__()
        self._budget = budget

    @override
    def call_function(self, function_name: str, resolved_args: Iterable[Any]) -> Any:
        arguments = list(resolved_args)
        for argument in arguments:
            self._budget.spend(_argument_units(function_name, argument))
        if function_name not in self.FUNCTION_TABLE:
            raise refuse(
                "query_unknown_function",
                EXPRESSION,
                value=function_name,
                allowed=sorted(self.FUNCTION_TABLE),
            )
        return super().call_function(function_name, arguments)

    @signature({"types": ["array", "string"]}, {"types": []})
    def _func_contains(self, subject: list[object] | str, search: object) -> bool:
        if isinstance(subject, list) and isinstance(search, (list, dict)):
            return any(same_tree(item, search, self._budget) for item in subject)
        if isinstance(subject, str) and isinstance(search, str):
            # Python compares a short text at each place of a long one, in the worst case.
            most = len(subject) * min(len(search), LONGEST_COMPARED)
            self._budget.spend(most // COMPARED_PER_UNIT)
        return search in subject

    @signature({"types": ["string"]}, {"types": ["array-string"]})
    def _func_join(self, separator: str, array: list[str]) -> str:
        self._budget.spend(len(separator) * len(array) // CHARACTERS_PER_UNIT)
        return separator.join(array)

    @signature({"types": []})
    def _func_to_string(self, value: object) -> str:
        if isinstance(value, str):
            return value
        self._budget.spend_on_tree(value)
        text = json.dumps(value, separators=(",", ":"), default=_refuse_reference)
        self._budget.spend(len(text) // CHARACTERS_PER_UNIT)
        return text

    def _create_key_func(
        self, expref: object, allowed_types: list[str], function_name: str
    ) -> Callable[[object], object]:
        """Count the texts by which a list is sorted, or its least or greatest item is found."""
        key_of: Callable[[object], object] = super()._create_key_func(  # type: ignore[misc]  # the stub lacks it
            expref, allowed_types, function_name
        )

        def bounded(item: object) -> object:
            key = key_of(item)
            if isinstance(key, str):
                self._budget.spend(len(key) // CHARACTERS_PER_UNIT)
            return key

        return bounded


def _argument_units(function: str, argument: object) -> int:
    """Return what a function costs for the size of an argument; sorting is by comparison."""
    if isinstance(argument, str):
        return len(argument) // CHARACTERS_PER_UNIT
    if not isinstance(argument, (list, dict)):
        return 0
    items = len(argument)
    if function in {"sort", "sort_by"}:
        items *= items.bit_length()
    texts = argument if function in OVER_TEXTS and isinstance(argument, list) else ()
    characters = sum(len(text) for text in texts if isinstance(text, str))
    return items // ITEMS_PER_UNIT + characters // CHARACTERS_PER_UNIT


def same_tree(one: object, other: object, budget: QueryBudget) -> bool:
    """Compare two JSON values as Python does, on a budget: parts may occur very often."""
    pairs = [(one, other)]
    while pairs:
        left, right = pairs.pop()
        budget.spend(1)
        if left is right:
            continue
        if isinstance(left, list) and isinstance(right, list):
            if len(left) != len(right):
                return False
            budget.spend(len(left) // NODES_PER_UNIT)
            pairs += zip(left, right, strict=True)
        elif isinstance(left, dict) and isinstance(right, dict):
            budget.spend(1 + len(left) // NODES_PER_UNIT)
            if left.keys() != right.keys():
                return False
            pairs += ((item, right[key]) for key, item in left.items())
        elif left != right:
            return False
    return True


def _refuse_reference(_value: object) -> Never:
    raise refuse("query_reference", EXPRESSION)


def _is_comparable(value: object) -> bool:
    return isinstance(value, (int, float, str)) and not isinstance(value, bool)


def _check_levels(tree: Mapping[str, Any]) -> None:
    """Refuse an expression that is nested too deeply (`RecursionError`)."""
    level = [tree]
    for _ in range(MAX_LEVELS):
        # The children of a slice are numbers.
        level = [child for node in level for child in node["children"] if isinstance(child, dict)]
        if not level:
            return
    raise RecursionError


def _check_answer(answer: object, budget: QueryBudget) -> None:
    """Refuse an answer that JSON cannot hold, or that is too large or too deep.

    It is counted level by level, for a part that occurs often is there once and sent often.
    """
    level, size = [answer], 0
    for _ in range(MAX_LEVELS):
        budget.spend(len(level) // NODES_PER_UNIT)
        deeper: list[object] = []
        for item in level:
            size += _own_bytes(item)
            if isinstance(item, list):
                deeper += item
            elif isinstance(item, dict):
                deeper += item.values()
            if size + 2 * len(deeper) > MAX_ANSWER_BYTES:
                raise refuse("query_too_large", EXPRESSION, maximum=MAX_ANSWER_BYTES)
        if not deeper:
            return
        level = deeper
    raise RecursionError


def _own_bytes(item: object) -> int:
    """Return the bytes of a value in JSON, without the items in it and without escapes.

    Raises `UnicodeEncodeError` for text that UTF-8 cannot hold, and `ValueError` for such numbers.
    """
    match item:
        case str():
            return len(item) + 3 if item.isascii() else len(item.encode()) + 3
        case None | bool():
            return 5
        case int():
            if not SMALLEST_INTEGER <= item <= LARGEST_INTEGER:
                raise ValueError
            return NUMBER_BYTES
        case float():
            if not isfinite(item):
                raise ValueError
            return NUMBER_BYTES
        case list():
            return 3
        case dict():
            return 3 + sum(map(_own_bytes, item))
    _refuse_reference(item)
