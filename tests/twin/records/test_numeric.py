from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.records.parsers import LARGEST_AMOUNT, amount, number

from ..refusals import only_refuses, refused
from ..strategies import ANYTHING


@pytest.mark.parametrize("value", [0, 71.4, -3, 1e300, 2**60])
def test_finite_numbers_are_numbers(value: float) -> None:
    assert number(value) == value
    assert type(number(value)) is float


@pytest.mark.parametrize(
    "value",
    [True, "71.4", None, [1], {}, float("nan"), float("inf"), float("-inf"), 10**400, b"1"],
)
def test_what_is_no_finite_number_is_refused(value: object) -> None:
    with refused(("wrong_type", "")) as placeholders:
        number(value)
    assert placeholders[0]["expected"] == "number"


def test_there_is_no_negative_zero() -> None:
    assert str(number(-0.0)) == "0.0"


@pytest.mark.parametrize("value", [LARGEST_AMOUNT, -LARGEST_AMOUNT, 0])
def test_amounts_have_room(value: float) -> None:
    assert amount(value) == value


@pytest.mark.parametrize("value", [LARGEST_AMOUNT * 1.01, -1e300, 10**16])
def test_amounts_that_one_more_does_not_change_are_refused(value: float) -> None:
    with refused(("out_of_range", "")):
        amount(value)


@given(st.floats(-LARGEST_AMOUNT, LARGEST_AMOUNT), st.floats(-LARGEST_AMOUNT, LARGEST_AMOUNT))
def test_every_amount_can_be_added_to_and_compared(one: float, other: float) -> None:
    assert number(amount(one) - amount(other)) == one - other
    assert amount(one) + 1 > amount(one)


@given(ANYTHING)
def test_anything_else_is_refused_and_nothing_breaks(value: object) -> None:
    only_refuses(lambda: amount(value))
