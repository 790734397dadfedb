from datetime import UTC, datetime
import json
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.catalogue import CATALOGUE, Metric
from custom_components.digital_twin.twin.errors import TwinError
from custom_components.digital_twin.twin.metrics.import_rows import RowReader, read_rows
from custom_components.digital_twin.twin.metrics.import_shapes import ImportProblem, ImportRow
from custom_components.digital_twin.twin.metrics.readings import Reading
from custom_components.digital_twin.twin.records.fields import PersonDay

from ..refusals import only_refuses, refused
from ..strategies import ANYTHING

NOW = datetime(2026, 3, 20, 9, tzinfo=UTC)
READER = RowReader(
    days=PersonDay(ZoneInfo("Europe/Warsaw"), 4), now=NOW, catalogue=CATALOGUE, source="file"
)


def read(text: str) -> tuple[list[tuple[str, float, str]], list[tuple[int, str, str]]]:
    """Return metric, value and time of the readings, and line, key and field of the problems."""
    readings, problems = [], []
    for row in read_rows(text, CATALOGUE):
        if isinstance(row, ImportProblem):
            problems.append((row.line, row.fault.key, row.fault.field))
            continue
        try:
            metric, reading = READER.read(row)
        except TwinError as error:
            problems.append((row.line, error.key, error.faults[0].field))
        else:
            readings.append((metric, reading.value, f"{reading.measured_at:%m-%dT%H:%M}"))
    return readings, problems


WEIGHT = [("weight", 70.5, "03-01T06:00")]


@pytest.mark.parametrize(
    "text",
    [
        "metric,value,measured_at\nweight,70.5,2026-03-01T07:00+01:00\n",
        "\ufeffMetric, Value ,Unit,Measured_At\r\nweight,70.5,kg,2026-03-01T07:00\r\n",
        "metric;value;measured_at\nweight;70,5;2026-03-01T07:00\n",
        "metric\tvalue\tmeasured_at\nweight\t70.5\t2026-03-01T07:00",
        "measured_at\tweight\n2026-03-01T07:00\t70,5",
        '\n\nmetric,value,measured_at\n\n"weight","70.5","2026-03-01T07:00"\n',
        "measured_at,weight,steps\n2026-03-01T07:00,70.5,\n",
        "measured_at,weight (kg)\n2026-03-01T07:00,70.5\n",
        "measured_at,weight [g],source\n2026-03-01T07:00,70500,scale\n",
        '[{"metric": "weight", "value": 70.5, "measured_at": "2026-03-01T07:00"}]',
        '{"readings": [{"metric": "weight", "value": 70.5, "measured_at": "2026-03-01T07:00"}]}',
        '{"metric": "weight", "value": 70.5, "measured_at": "2026-03-01T07:00", "unit": null}\n\n',
        '{\n"metric": "weight",\n"value": 70.5,\n"measured_at": "2026-03-01T07:00"\n}',
    ],
)
def test_files_of_all_shapes_say_the_same(text: str) -> None:
    assert read(text) == (WEIGHT, [])


def test_a_date_stands_for_the_middle_of_the_day() -> None:
    assert read("date,weight,steps\n2026-03-01,70,8000\n")[0] == [
        ("weight", 70, "03-01T15:00"),
        ("steps", 8000, "03-01T15:00"),
    ]
    assert read("measured_at,weight\n2026-03-01,70\n")[0] == [("weight", 70, "03-01T15:00")]


def test_the_middle_of_the_present_day_is_not_in_the_future() -> None:
    assert read("date,weight\n2026-03-20,70\n")[0] == [("weight", 70, "03-20T09:00")]
    assert read("date,weight\n2026-03-21,70\n")[1] == [(2, "future_time", "measured_at")]


def running(text: str) -> list[bool]:
    rows = [row for row in read_rows(text, CATALOGUE) if isinstance(row, ImportRow)]
    readings: list[Reading] = [READER.read(row)[1] for row in rows]
    return [reading.running for reading in readings]


def test_a_total_of_a_date_is_the_total_and_others_are_amounts_unless_they_say() -> None:
    assert running("date,steps,weight\n2026-03-01,8000,70\n") == [True, False]
    assert running(
        "metric,value,measured_at,total\n"
        "steps,1,2026-03-01T08:00,\n"
        "steps,1,2026-03-01T08:00,yes\n"
        "weight,70,2026-03-01,No\n"
    ) == [False, True, False]


def test_amounts_of_a_date_are_refused_because_all_would_have_one_time() -> None:
    text = "metric,value,date,total\nhydration,250,2026-03-01,no\nhydration,250,2026-03-01,yes\n"
    readings, problems = read(text)
    assert readings == [("hydration", 250, "03-01T15:00")]
    assert problems == [(2, "required_field", "measured_at")]


@pytest.mark.parametrize(
    "metric", [metric for metric in CATALOGUE.values() if metric.unit != metric.unit.lower()]
)
def test_a_column_may_name_its_unit_as_the_metric_does(metric: Metric) -> None:
    middle = round((metric.minimum + metric.maximum) / 2)
    for unit in metric.units:
        _, problems = read(f"Date,{metric.key.title()} ({unit})\n2026-03-01,{middle}\n")
        assert [key for _, key, _ in problems if key != "out_of_range"] == []


def test_a_broken_line_costs_only_itself() -> None:
    lines = [
        "metric,value,unit,measured_at,total",
        "weight,70.5,,2026-03-01T07:00,",
        "weight,much,,2026-03-01T07:00,",
        'weight,"70,,2026-03-01T07:00,',
        "weight,70.5,,2026-03-01T07:00,,,,",
        "nonsense,1,,2026-03-01T07:00,",
        ",1,,2026-03-01T07:00,",
        "weight,,,2026-03-01T07:00,",
        "weight,70.5,km,2026-03-01T07:00,",
        "weight,7000,,2026-03-01T07:00,",
        "weight,70,,2026-13-01,",
        "weight,70,,2027-01-01T07:00,",
        "steps,70,,2026-03-01T07:00,perhaps",
        "weight,71,,2026-03-02T07:00,",
    ]
    readings, problems = read("\n".join(lines))
    assert [value for _, value, _ in readings] == [70.5, 71]
    assert problems == [
        (3, "wrong_type", "value"),
        (4, "unreadable_line", "line"),
        (5, "unreadable_line", "line"),
        (6, "unknown_metric", ""),
        (7, "unknown_metric", ""),
        (8, "required_field", "value"),
        (9, "unknown_unit", "unit"),
        (10, "out_of_range", "value"),
        (11, "invalid_date", "measured_at"),
        (12, "future_time", "measured_at"),
        (13, "wrong_type", "total"),
    ]


def test_a_broken_cell_of_a_wide_line_costs_only_itself() -> None:
    text = "date,weight,steps\n2026-03-01,x,8000\n2026-02-30,70,\n"
    readings, problems = read(text)
    assert [metric for metric, *_ in readings] == ["steps"]
    assert problems == [(2, "wrong_type", "weight"), (3, "invalid_date", "date")]


def test_a_broken_element_of_json_costs_only_itself() -> None:
    good = {"metric": "weight", "value": 70.5, "measured_at": "2026-03-01T07:00"}
    readings, problems = read(json.dumps([good, 3, {"metric": "weight"}, {**good, "colour": 1}]))
    assert readings == WEIGHT
    assert problems == [
        (2, "wrong_type", "line"),
        (3, "required_field", "value"),
        (4, "unknown_field", "colour"),
    ]
    lines = f"{json.dumps(good)}\n{{broken\n[]\n{json.dumps(good)}"
    assert read(lines) == (WEIGHT * 2, [(2, "unreadable_line", "line"), (3, "wrong_type", "line")])
    assert read(f'{{"metric": \n{json.dumps(good)}') == (WEIGHT, [(1, "unreadable_line", "line")])


def test_only_line_feeds_end_lines() -> None:
    strange = '"source": "a\u2028b\x85c"'
    text = f'{{"metric": "weight", "value": 70.5, "measured_at": "2026-03-01T07:00", {strange}}}\n'
    assert read(text * 2) == (WEIGHT * 2, [])


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "unreadable_file"),
        ("\n \n", "unreadable_file"),
        ("[{]", "unreadable_file"),
        ("{", "unreadable_file"),
        ('{"readings": 3}', "unreadable_file"),
        ("[" * 100_000, "unreadable_file"),
        ('"metric,value', "unreadable_file"),
        ("metric,measured_at\n", "unknown_columns"),
        ("metric,value,colour\n", "unknown_columns"),
        ("weight\n70", "unknown_columns"),
        ("date,source\n", "unknown_columns"),
        ("date,colour\n", "unknown_columns"),
        ("date,weight (km)\n", "unknown_columns"),
        ("date,weight,Weight\n2026-03-01,70,71\n", "unknown_columns"),
        ("metric,value,value\nweight,70,71\n", "unknown_columns"),
    ],
)
def test_what_is_no_such_file_is_refused_whole(text: str, key: str) -> None:
    with refused((key, "path")):
        list(read_rows(text, CATALOGUE))


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    only_refuses(lambda: read(text))


@given(st.lists(st.text(alphabet=st.characters(exclude_characters="\n\r")), max_size=4))
def test_any_line_costs_only_itself(lines: list[str]) -> None:
    head, good = "metric,value,measured_at", "weight,70.5,2026-03-01T07:00"
    readings, _ = read("\n".join([head, good, *lines, good]))
    assert readings[:1] == WEIGHT
    assert readings[-1:] == WEIGHT


@given(st.dictionaries(st.sampled_from(["metric", "value", "unit", "date", "total"]), ANYTHING))
def test_any_element_is_read_or_told(element: dict[str, object]) -> None:
    row = ImportRow(
        1, element.get("metric", "weight"), {k: v for k, v in element.items() if k != "metric"}
    )
    only_refuses(lambda: READER.read(row))


@pytest.mark.parametrize("number", ["7_0", "\u0667\u0660", "nan", "1e999", "0x46", "70,5 x"])
def test_a_number_is_written_in_plain_digits(number: str) -> None:
    readings, problems = read(f'date,weight\n2026-03-01,"{number}"\n')
    assert readings == []
    assert [problem[1] for problem in problems] == ["wrong_type"]


def test_no_value_of_a_file_is_repeated_in_a_fault() -> None:
    found = [*read_rows("date,weight\n2026-03-01,abc1\nabc2,70\n2026-03-01,99999\n", CATALOGUE)]
    faults = [found[0].fault] if isinstance(found[0], ImportProblem) else []
    for row in found[1:]:
        if isinstance(row, ImportProblem):
            faults.append(row.fault)
            continue
        with pytest.raises(TwinError) as caught:
            READER.read(row)
        faults += caught.value.faults
    assert [fault.key for fault in faults] == ["wrong_type", "invalid_date", "out_of_range"]
    assert not any("value" in fault.placeholders for fault in faults)
    with refused(("unknown_columns", "path")) as placeholders:
        read("2026-03-01,71.5\n2026-03-02,71.6\n")
    assert placeholders[0]["value"] == "-"
