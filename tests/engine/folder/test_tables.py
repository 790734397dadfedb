"""A cell of a table is a number only if it says one number and nothing else."""

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.engine.folder.tables import Amount, read_amount


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("80kg", (80, "kg", None)),
        (" 80 kg ", (80, "kg", None)),
        (">85", (85, None, ">")),
        ("10,000", (10000, None, None)),
        ("\u2265 25%", (25, "%", "\u2265")),
        ("< 56 bpm", (56, "bpm", "<")),
        ("\u2265 20 km", (20, "km", "\u2265")),
        ("<= 12 %", (12, "%", "\u2264")),
        (">= 3", (3, None, "\u2265")),
        ("~ 7 h", (7, "h", "~")),
        ("= 5", (5, None, None)),
        ("-5", (-5, None, None)),
        ("\u22125", (-5, None, None)),
        ("+5", (5, None, None)),
        ("1.5", (1.5, None, None)),
        ("1,5", (1.5, None, None)),
        ("0,500 kg", (0.5, "kg", None)),
        ("1.234", (1.234, None, None)),
        ("1,234.56", (1234.56, None, None)),
        ("1.234,56 z\u0142", (1234.56, "z\u0142", None)),
        ("1.234.567", (1234567, None, None)),
        ("10 000", (10000, None, None)),
        ("10\u00a0000", (10000, None, None)),
        ("10'000", (10000, None, None)),
        ("10\u2019000", (10000, None, None)),
        ("\u20ac5,000", (5000, "\u20ac", None)),
        ("5000 \u20ac", (5000, "\u20ac", None)),
        ("30k", (30000, None, None)),
        ("5M", (5e6, None, None)),
        ("5 m", (5, "m", None)),
        ("3x/week", (3, "x/week", None)),
        ("20 km per week", (20, "km per week", None)),
        ("12 m2", (12, "m2", None)),
    ],
)
def test_one_number_is_read_with_its_unit(
    text: str, amount: tuple[float, str | None, str | None]
) -> None:
    assert read_amount(text) == Amount(*amount)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "<",
        "TBD",
        "-2 to -4% vs Jan baseline",
        "25% of income",
        "5-10",
        "5\u201310",
        "7h 30m",
        "120/80",
        "85 by June",
        "12.5.2026",
        "2026-03-01",
        "1,2,3",
        "1,2.5",
        "1e9",
        "1_0",
        "\u0661\u0660",
        "1\u0660",
        "9999999999999999 kg",
        "daily",
    ],
)
def test_anything_else_stays_a_text(text: str) -> None:
    assert read_amount(text) is None


@given(st.text(max_size=40))
def test_no_text_breaks_the_reading(text: str) -> None:
    amount = read_amount(text)
    assert amount is None or abs(amount.value) <= 1e15


@given(st.integers(-(10**9), 10**9))
def test_grouped_numbers_are_read_back(value: int) -> None:
    assert read_amount(f"{value:,}") == Amount(value, None, None)
