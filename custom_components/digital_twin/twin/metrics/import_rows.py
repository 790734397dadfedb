"""Readings from files: CSV in two shapes, and JSON in three.

- CSV with a column `metric` has one reading in each line: `value`, and optionally `unit`,
  `measured_at` (or `date`), `source` and `total`.
- CSV without it has one column for each metric (`weight`, `weight (lb)`), and `measured_at` or
  `date`; empty cells are no readings.
- JSON is a list of such readings, an object `{"readings": [...]}`, or one object in each line.

A date without time stands for the whole day: its reading is measured in the middle of the person's
day, and of a daily total it is the total.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
import csv
from dataclasses import dataclass
from datetime import date, datetime
import json
import re
from typing import Any

from ..catalogue import Metric
from ..errors import Fault, TwinError, fault, refuse, without_values
from ..records.person_day import PersonDay
from ..values import number_from_text
from .readings import Reading, parse_reading

DELIMITERS = (";", "\t", ",")
COLUMN = re.compile(r"(?P<metric>[a-z0-9_]+)(?:\s*[(\[]\s*(?P<unit>[^)\]]+?)\s*[)\]])?")
# What a column is called, up to the unit in brackets.
NAME = re.compile(r"^[^(\[]+")
PARTS = ("metric", "value", "unit", "measured_at", "date", "source", "total")
TIMES = ("measured_at", "date")
YES = frozenset({"true", "yes", "1"})
NO = frozenset({"false", "no", "0"})
IMPORTED = "import"

type Raw = dict[str, object]


@dataclass(frozen=True, slots=True)
class ImportProblem:
    """What is wrong with one line (or one element of a JSON list), counted from 1."""

    line: int
    fault: Fault


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One reading of the file, not parsed yet."""

    line: int
    metric: object
    raw: Raw


def read_rows(text: str, catalogue: Mapping[str, Metric]) -> Iterator[ImportRow | ImportProblem]:
    """Yield the readings of a file, and the problems of broken lines.

    Raises `TwinError` for a file of another format: `unreadable_file`, `unknown_columns`.
    """
    stripped = text.lstrip("\ufeff \t\r\n")
    if stripped.startswith("["):
        yield from _elements(_document(stripped))
    elif stripped.startswith("{"):
        yield from _json(stripped)
    else:
        yield from _csv(_lines(text.lstrip("\ufeff")), catalogue)


@dataclass(frozen=True, kw_only=True, slots=True)
class RowReader:
    """Converts rows to readings, with the days of a person and the present time."""

    days: PersonDay
    now: datetime
    catalogue: Mapping[str, Metric]
    source: str = IMPORTED

    @without_values()
    def read(self, row: ImportRow) -> tuple[str, Reading]:
        """Return metric and reading of a row.

        Raises `TwinError` as `parse_reading` does, `invalid_date`, and `required_field` for an
        amount without a time: several amounts of one day would be taken for one.
        """
        raw = dict(row.raw)
        whole_day = raw.pop("date", None)
        if whole_day is None and _is_day(raw.get("measured_at")):
            whole_day = raw.pop("measured_at")
        if whole_day is not None:
            raw = {"total": True, **raw, "measured_at": self._middle(whole_day)}
        reading = parse_reading(
            row.metric,
            raw,
            now=self.now,
            source=self.source,
            zone=self.days.zone,
            catalogue=self.catalogue,
        )
        key = str(row.metric)
        if whole_day is not None and self.catalogue[key].adds_up and not reading.running:
            raise refuse("required_field", "measured_at")
        return key, reading

    def _middle(self, value: object) -> object:
        try:
            middle = self.days.middle_of(date.fromisoformat(str(value)))
        except (ValueError, OverflowError) as error:
            raise refuse("invalid_date", "date", value=value) from error
        # The middle of the present day may be in the future.
        today = self.days.day_of(middle) == self.days.day_of(self.now)
        return min(middle, self.now) if today else middle


def _is_day(value: object) -> bool:
    with suppress(ValueError):
        return isinstance(value, str) and bool(date.fromisoformat(value))
    return False


def _document(text: str) -> Any:  # noqa: ANN401  # whatever the file has
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise refuse("unreadable_file", "path", value=f"JSON, {line}") from error


def _json(text: str) -> Iterator[ImportRow | ImportProblem]:
    try:
        document = _document(text)
    except TwinError:
        if not any(isinstance(_parsed(line), dict) for _, line in _lines(text)):
            raise
        yield from _json_lines(text)
        return
    if "readings" not in document:
        yield _element(1, document)
    elif isinstance(document["readings"], list):
        yield from _elements(document["readings"])
    else:
        raise refuse("unreadable_file", "path", value="readings")


def _json_lines(text: str) -> Iterator[ImportRow | ImportProblem]:
    for number, line in _lines(text):
        parsed = _parsed(line)
        if parsed is None:
            yield ImportProblem(number, fault("unreadable_line", "line", value=number))
        else:
            yield _element(number, parsed)


def _parsed(line: str) -> object:
    """Return the value of a line of JSON; None for other text."""
    with suppress(ValueError, RecursionError):
        return json.loads(line)
    return None


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not empty, counted from 1.

    Only line feeds end them: texts in JSON may have the other separators within. A long file is
    never accepted apart as a whole.
    """
    number = start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        line = text[start:end].removesuffix("\r")
        number, start = number + 1, end + 1
        if not line.isspace() and line:
            yield number, line


def _elements(elements: list[object]) -> Iterator[ImportRow | ImportProblem]:
    for number, element in enumerate(elements, start=1):
        yield _element(number, element)


def _element(number: int, element: object) -> ImportRow | ImportProblem:
    if not isinstance(element, dict):
        return ImportProblem(number, fault("wrong_type", "line", value=number, expected="object"))
    return ImportRow(
        number,
        element.get("metric"),
        {name: part for name, part in element.items() if name != "metric" and part is not None},
    )


def _csv(
    lines: Iterator[tuple[int, str]], catalogue: Mapping[str, Metric]
) -> Iterator[ImportRow | ImportProblem]:
    _, head = next(lines, (0, None))
    if head is None:
        raise refuse("unreadable_file", "path", value="CSV")
    delimiter = max(DELIMITERS, key=head.count)
    try:
        header = [NAME.sub(_lower, cell.strip()) for cell in _cells(head, delimiter)]
    except csv.Error as error:
        raise refuse("unreadable_file", "path", value="CSV") from error
    metrics = _columns(header, catalogue)
    for number, line in lines:
        try:
            cells = _cells(line, delimiter)
            if len(cells) > len(header):
                raise refuse("unreadable_line", "line", value=number)
            parts = {
                name: cell.strip()
                for name, cell in zip(header, cells, strict=False)
                if cell.strip()
            }
            if metrics:
                yield from _wide(number, parts, metrics, delimiter)
            else:
                yield ImportRow(number, parts.pop("metric", None), _typed(parts, delimiter))
        except TwinError as error:
            yield ImportProblem(number, error.faults[0])
        except csv.Error:
            yield ImportProblem(number, fault("unreadable_line", "line", value=number))


def _lower(name: re.Match[str]) -> str:
    return name[0].lower()


def _cells(line: str, delimiter: str) -> list[str]:
    # Line by line, so that a quotation mark that is never closed costs one line.
    return next(csv.reader([line], delimiter=delimiter, strict=True), [])


def _columns(
    header: Iterable[str], catalogue: Mapping[str, Metric]
) -> dict[str, tuple[str, str | None]]:
    """Return metric and unit by column; none for a file with one reading in each line."""
    names = list(header)
    if twice := [name for name, times in Counter(names).items() if times > 1]:
        raise _unknown_columns(twice, [*dict.fromkeys(names)])
    if "metric" in names:
        unknown = [name for name in names if name not in PARTS]
        if unknown or "value" not in names:
            raise _unknown_columns(unknown or names, PARTS)
        return {}
    found: dict[str, tuple[str, str | None]] = {}
    for name in names:
        match = COLUMN.fullmatch(name)
        if match and match["metric"] in catalogue:
            found[name] = (match["metric"], match["unit"])
    unknown = [name for name in names if name not in found and name not in (*TIMES, "source")]
    if unknown or not found or not {*TIMES} & {*names}:
        raise _unknown_columns(unknown or names, (*TIMES, "source", *catalogue))
    return found


def _unknown_columns(names: Iterable[str], allowed: Iterable[str]) -> TwinError:
    # The first line of a file without column names has readings: only words are repeated.
    words = [name for name in names if name[:1].isalpha()]
    return refuse("unknown_columns", "path", value=words or "-", allowed=allowed)


def _wide(
    number: int,
    parts: Mapping[str, str],
    metrics: Mapping[str, tuple[str, str | None]],
    delimiter: str,
) -> Iterator[ImportRow | ImportProblem]:
    common = {name: part for name, part in parts.items() if name not in metrics}
    for column, (metric, unit) in metrics.items():
        if column not in parts:
            continue
        raw = {**common, "value": parts[column], **({"unit": unit} if unit else {})}
        try:
            yield ImportRow(number, metric, _typed(raw, delimiter))
        except TwinError as error:
            yield ImportProblem(number, error.within(metric).faults[0])


@without_values()
def _typed(parts: Mapping[str, str], delimiter: str) -> Raw:
    raw: Raw = dict(parts)
    if "value" in parts:
        # Where commas separate no cells, they are decimal.
        text = parts["value"] if delimiter == "," else parts["value"].replace(",", ".")
        number = number_from_text(text)
        if number is None:
            raise refuse("wrong_type", "value", value=parts["value"], expected="number")
        raw["value"] = number
    if "total" in parts:
        word = parts["total"].lower()
        if word not in YES | NO:
            raise refuse("wrong_type", "total", value=word, expected="true or false")
        raw["total"] = word in YES
    return raw
