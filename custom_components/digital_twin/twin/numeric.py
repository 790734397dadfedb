"""Numbers from input."""

from math import isfinite

from .errors import refuse

# Up to here adding one always makes a difference to a float, and no sum or difference of two
# such numbers overflows.
LARGEST_AMOUNT = 1e15


def number(value: object, _context: object = None) -> float:
    """Return a finite number; booleans, texts, NaN and infinities are refused (`wrong_type`).

    A negative zero becomes zero.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            result = float(value)
        except OverflowError:
            pass  # An integer beyond the floats is as little a measurement as an infinity.
        else:
            if isfinite(result):
                return result + 0.0
    raise refuse("wrong_type", "", value=value, expected="number")


def amount(value: object, _context: object = None) -> float:
    """Return a number between -1e15 and 1e15, `out_of_range` beyond."""
    result = number(value)
    if abs(result) > LARGEST_AMOUNT:
        raise refuse(
            "out_of_range", "", value=value, minimum=-LARGEST_AMOUNT, maximum=LARGEST_AMOUNT
        )
    return result


def percent(value: object, _context: object = None) -> float:
    """Return a number from 0 to 100, `out_of_range` beyond."""
    result = number(value)
    if not 0 <= result <= 100:  # noqa: PLR2004  # said in the docstring
        raise refuse("out_of_range", "", value=value, minimum=0, maximum=100)
    return result
