"""How tests say which faults they expect."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from custom_components.digital_twin.twin.errors import Fault, TwinError


@contextmanager
def refused(*expected: tuple[str, str]) -> Iterator[list[dict[str, str]]]:
    """Expect exactly these faults, each (key, field), in this order; gives their placeholders."""
    placeholders: list[dict[str, str]] = []
    with pytest.raises(TwinError) as caught:
        yield placeholders
    faults = caught.value.faults
    assert [(fault.key, fault.field) for fault in faults] == list(expected)
    placeholders.extend(fault.placeholders for fault in faults)


def refusal(call: Callable[[], object]) -> tuple[Fault, ...]:
    """Return the faults of a refusal, none if there was none."""
    try:
        call()
    except TwinError as error:
        return error.faults
    return ()


def only_refuses[T](call: Callable[[], T]) -> T | None:
    """Return the result, or None for a refusal; anything else that is raised fails the test."""
    try:
        return call()
    except TwinError as error:
        faults = error.faults
    assert faults
    assert all(fault.placeholders["field"] == fault.field for fault in faults)
    return None
