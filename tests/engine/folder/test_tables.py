"""A cell of a table is a number only if it says one number and nothing else."""

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.engine.folder.markdown import MarkdownTable, read_blocks
from custom_components.digital_twin.engine.folder.tables import (
    Amount,
    found_results,
    has_decimal_comma,
    read_amount,
)


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
        ("\u2264 24h lag", (24, "h", "\u2264")),
        ("100% compliance", (100, "%", None)),
        ("12 new clients", (12, "new clients", None)),
        ("5 runs a week", (5, "runs a week", None)),
        ("85+", (85, None, "\u2265")),
        ("85 or more", (85, None, "\u2265")),
        ("at least 3", (3, None, "\u2265")),
        ("max. 24h", (24, "h", "\u2264")),
        ("under 56 bpm", (56, "bpm", "<")),
        ("co najmniej 10 km", (10, "km", "\u2265")),
        ("poni\u017cej 30 minut", (30, "minut", "<")),
    ],
)
def test_one_number_is_read_with_its_unit(
    text: str, amount: tuple[float, str | None, str | None]
) -> None:
    assert read_amount(text) == Amount(*amount)


@pytest.mark.parametrize(
    ("text", "point", "comma"),
    [
        ("10.000", 10, 10000),
        ("10,000", 10000, 10),
        ("1.234,5", 1234.5, 1234.5),
        ("1,234.5", 1234.5, 1234.5),
        ("2,5", 2.5, 2.5),
        ("2.5", 2.5, 2.5),
        ("10 000", 10000, 10000),
    ],
)
def test_a_separator_is_read_by_the_language(text: str, point: float, comma: float) -> None:
    assert read_amount(text) == Amount(point, None, None)
    assert read_amount(text, comma=True) == Amount(comma, None, None)


@pytest.mark.parametrize(
    ("language", "text", "comma"),
    [
        ("pl", "words of the house", True),
        ("de-AT", "", True),
        ("English", "kroki na dzień i w domu", False),
        ("en_GB", "kroki na dzień i w domu", False),
        (None, "Kroki na dzień, cel nie jest łatwy", True),
        (None, "Schritte und der Weg", True),
        (None, "Steps of the day for Michał and Zażółć", False),
        (None, "", False),
    ],
)
def test_a_file_is_in_a_language(language: str | None, text: str, comma: bool) -> None:
    assert has_decimal_comma(language, [text]) is comma


TABLE = "| {} |\n|{}\n| {} |"


@pytest.mark.parametrize(
    ("heads", "row", "parts"),
    [
        ("KR | Target | Value", "Run | 20 km | 12", {"target": 20, "unit": "km", "current": 12}),
        ("KR | Target | Progress", "Run | 20 | 12", {"target": 20, "current": 12}),
        ("KR | Target | Progress", "Run | 20 km | 12/20",
         {"target": 20, "unit": "km", "current": 12}),
        ("KR | Target | Progress", "Run | 90 % | 45%", {"target": 90, "unit": "%", "current": 45}),
        ("Key Result | Progress", "Run | 45 %",
         {"baseline": 0, "target": 100, "unit": "%", "current": 45}),
        ("KR | Target | Progress", "Run | 20 km | 45%",
         {"baseline": 0, "target": 100, "unit": "%", "current": 45, "aim": "20 km"}),
        ("Goal | Key result | Target", "Grow | Run | 5", {"target": 5, "goal": "Grow"}),
        ("KR | Target | Progress", "Run | 20 | on the way", {"target": 20}),
        ("Miernik | Cel | Obecnie", "Bieg | 20 km | 5", {"target": 20, "unit": "km", "current": 5}),
    ],
)  # fmt: skip
def test_columns_have_the_names_that_people_give_them(
    heads: str, row: str, parts: dict[str, object]
) -> None:
    text = TABLE.format(heads, "-|" * (heads.count("|") + 1), row)
    (table,) = read_blocks(text.split("\n"))
    assert isinstance(table, MarkdownTable)
    assert [dict(result.parts) for result in found_results("a.md", [table])] == [parts]


@pytest.mark.parametrize(
    ("name", "target", "kept"),
    [
        ("Example KPI", "TBD", False),
        ("Example: weight", "80 kg", False),
        ("e.g. weight", "80 kg", False),
        ("Przyk\u0142ad", "10", False),
        ("KPI 1", "TBD", False),
        ("Metric name", "", False),
        ("<name>", "5", False),
        ("...", "", False),
        ("KPI 1", "80 kg", True),
        ("Mood", "TBD", True),
        ("Examples written", "5", True),
    ],
)
def test_rows_of_a_template_are_no_key_results(name: str, target: str, kept: bool) -> None:
    (table,) = read_blocks(f"| KPI | Target |\n|-|-|\n| {name} | {target} |".split("\n"))
    assert isinstance(table, MarkdownTable)
    assert bool(list(found_results("a.md", [table]))) is kept


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
