"""Tables in files: their lines, and what their columns mean by their names."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
import csv
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
import json
import re
from typing import Final

from ..catalogue import Metric
from ..errors import fault, refuse
from .household_metrics import means_another, metric_in
from .import_cells import DateOrder, parse_when, words_of
from .import_shapes import SHAPES, Cells, ImportChoices, ImportProblem, Shape
from .units import accepts

DELIMITERS: Final = (";", "\t", ",")
# Lines in which the names of the columns are looked for.
PREAMBLE: Final = 60
_BRACKETS: Final = re.compile(r"^(.*?)\s*[(\[]([^)\]]*)[)\]]\s*$")
# The names of columns with times, the best first: a measurement counts when it ends.
_TIMES: Final = (
    "measured at",
    "date string",
    "timestamp",
    "device timestamp",
    "datetime",
    "date time",
    "recorded at",
    "measurement date",
    "measurement time",
    "date of measurement",
    "end time",
    "end date",
    "end",
    "start time",
    "start date",
    "date of sleep",
    "calendar date",
    "day time",
    "date",
    "day",
    "time",
    "data pomiaru",
    "data",
    "godzina",
)
# Columns that complete a day.
_CLOCKS: Final = frozenset({"time", "measurement time", "godzina"})
_NAMING: Final = ("metric", "type", "measurement", "name")
_VALUES: Final = ("value", "amount", "quantity", "qty")
_NO_VALUE: Final = frozenset({"", "-", "--", "n/a", "null"})


def clean(cell: str) -> str:
    """Return a cell without quotation marks and outer space."""
    return cell.strip().strip('"').strip()


@dataclass(frozen=True, kw_only=True, slots=True)
class Columns:
    """The columns of a table.

    `metrics`: metric and unit by column; `times`: those of day and time; `naming`, `value` and
    `unit` those of a table that names the metric in each row. `is_own`: it is a table of this
    integration. `only`: a column, and its values in rows with measurements.
    """

    shape: str
    metrics: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    times: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    naming: str = ""
    value: str = ""
    unit: str = ""
    source: str = ""
    is_own: bool = False
    order: DateOrder | None = None
    utc: bool = False
    only: tuple[str, frozenset[str]] | None = None

    def is_measurement(self, cells: Mapping[str, str]) -> bool:
        """Return whether a row is one, rather than a setting or an event."""
        return self.only is None or cells.get(self.only[0], "").lower() in self.only[1]

    def times_in(self, cells: Mapping[str, str]) -> list[str]:
        """Return the cells with day and time; the empty name is that of a day above the row."""
        return [cells[each] for each in ("", *self.times) if cells.get(each)]

    def values_in(
        self, cells: Mapping[str, str], catalogue: Mapping[str, Metric]
    ) -> Iterator[tuple[str, str | None, str | None]]:
        """Yield column, metric and unit of each value in a row; no metric if it is ignored."""
        if self.naming:
            if cells.get(self.value):
                guess = _guess(cells.get(self.naming, ""), catalogue)
                unit = cells.get(self.unit) or (guess[1] if guess else None)
                metric = guess[0] if guess else None
                if metric is not None and not accepts(catalogue[metric], unit):
                    metric = None
                yield self.value, metric, unit
            return
        for column, (metric, unit) in self.metrics.items():
            if cells.get(column, "").strip().lower() not in _NO_VALUE:
                yield column, metric, unit


def find_columns(
    header: Sequence[str],
    catalogue: Mapping[str, Metric],
    chosen: Mapping[str, str | None],
    file_name: str,
) -> Columns | None:
    """Return what the columns of a header mean; None if no time or no metric is among them.

    `chosen` says it by column. Raises `TwinError` (`unknown_columns`) for a name that is there
    twice.
    """
    names = [clean(cell) for cell in header]
    simple = {name: _simple(name) for name in names}
    present = frozenset(simple.values())
    shape = _shape_of(present, " ".join(words_of(file_name)))
    times = tuple(name for known in _TIMES for name in names if simple[name] == known)
    if not times and not (shape and shape.name == "garmin"):
        return None
    if {"metric", "value"} <= {name.lower() for name in names}:
        return _own_table(names)
    metrics = {
        name: meaning
        for name in names
        if name not in times
        and name
        and (meaning := _meaning(name, simple[name], shape, chosen, catalogue)) is not None
    }
    naming, value = _first(names, simple, _NAMING), _first(names, simple, _VALUES)
    if metrics:
        naming = ""
    elif not (naming and value):
        return None
    written = [_simple(name) for name in names]
    twice = [name for name in metrics if written.count(simple[name]) > 1]
    if twice:
        raise refuse("unknown_columns", "path", value=twice, allowed=[*dict.fromkeys(names)])
    unit = _first(names, simple, ("unit", "units")) if naming else ""
    source = _first(names, simple, ("source", "source name"))
    used = {*metrics, *times, naming, value if naming else "", unit, source}
    only = shape.only if shape else None
    return Columns(
        shape=shape.name if shape else "",
        metrics=metrics,
        times=_chosen_times(times, simple),
        ignored=tuple(name for name in names if name and name not in used),
        naming=naming,
        value=value if naming else "",
        unit=unit,
        source=source,
        order=shape.order if shape and shape.order is not DateOrder.NONE else None,
        utc=bool(shape and shape.utc),
        only=(next(name for name in names if simple[name] == only[0]), only[1]) if only else None,
    )


def _meaning(
    name: str,
    simple: str,
    shape: Shape | None,
    chosen: Mapping[str, str | None],
    catalogue: Mapping[str, Metric],
) -> tuple[str, str | None] | None:
    """Return metric and unit of a column: as it was chosen, as the app means it, or by its name."""
    unit = _bracketed(name)[1]
    if name in chosen:
        key = chosen[name]
        meaning = (key, unit) if key else None
    elif shape is not None and simple in shape.columns:
        known = shape.columns[simple]
        meaning = (known[0], known[1] or unit) if known else None
    else:
        meaning = _guess(name, catalogue)
    if meaning is None or meaning[0] not in catalogue:
        return None
    return meaning if accepts(catalogue[meaning[0]], meaning[1]) else None


def _own_table(names: list[str]) -> Columns:
    parts = ("metric", "value", "unit", "measured_at", "date", "source", "total")
    lowered = [name.lower() for name in names]
    twice = [name for name in parts if lowered.count(name) > 1]
    if twice:
        raise refuse("unknown_columns", "path", value=twice, allowed=parts)
    return Columns(
        shape="readings",
        times=tuple(name for name in ("measured_at", "date") if name in lowered),
        ignored=tuple(name for name in lowered if name not in parts),
        naming="metric",
        value="value",
        unit="unit",
        is_own=True,
    )


def _chosen_times(times: tuple[str, ...], simple: Mapping[str, str]) -> tuple[str, ...]:
    """Return the best column, and one with the clock time if that has only the day."""
    best = times[:1]
    if best and simple[best[0]] in {"date", "day", "measurement date", "data", "data pomiaru"}:
        return best + tuple(name for name in times[1:] if simple[name] in _CLOCKS)[:1]
    return best


def _shape_of(present: frozenset[str], file_name: str) -> Shape | None:
    for shape in SHAPES:
        if shape.requires <= present and file_name.startswith(shape.stem):
            return shape
    return None


def _first(names: Sequence[str], simple: Mapping[str, str], wanted: Sequence[str]) -> str:
    return next((name for each in wanted for name in names if simple[name] == each), "")


def _simple(name: str) -> str:
    """Return the words of a name without its unit; Samsung writes the file before them."""
    short = name.rpartition(".")[2] if name.startswith("com.samsung") else name
    return " ".join(words_of(_bracketed(short)[0]))


def _bracketed(name: str) -> tuple[str, str | None]:
    match = _BRACKETS.match(name)
    return (match[1], match[2].strip() or None) if match else (name, None)


def _guess(name: str, catalogue: Mapping[str, Metric]) -> tuple[str, str | None] | None:
    """Return the metric that a name means, and the unit that it names."""
    bare, unit = _bracketed(name)
    words = words_of(bare)
    metric, phrase = metric_in(words, catalogue) or (None, ())
    if metric is None or means_another(words, metric, phrase, catalogue):
        return None
    last = bare.split()[-1] if " " in bare else None
    if unit is None and last and last.lower() not in phrase and accepts(catalogue[metric], last):
        unit = last
    return metric, unit


def numbered_lines(text: str) -> Iterator[tuple[int, str]]:
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


def sample_of(lines: Iterable[str]) -> tuple[str, ...]:
    """Return the first lines as they are."""
    return tuple(line[:200] for line in islice(lines, 4))


type Found = tuple[int, Columns, Cells] | ImportProblem


class CsvTable:
    """The lines of a CSV file, of one or several sections with their own columns."""

    def __init__(
        self,
        text: str,
        catalogue: Mapping[str, Metric],
        choices: ImportChoices,
        name: str,
    ) -> None:
        self._text = text
        self._catalogue, self._choices, self._name = catalogue, choices, name
        first = list(islice(numbered_lines(text), PREAMBLE))
        if not first:
            raise refuse("unreadable_file", "path", value="CSV")
        for number, line in first:
            delimiter = max(DELIMITERS, key=line.count)
            header = _cells(line, delimiter)
            if header is not None and (found := self._find(header)) is not None:
                self.delimiter, self._begin, self._columns = delimiter, number, found
                self._header = _names(header, found)
                self.sample = sample_of(line for at, line in first if at >= number)
                return
        header = _cells(first[0][1], max(DELIMITERS, key=first[0][1].count))
        if header is None:
            raise refuse("unreadable_file", "path", value="CSV")
        # The first line of a file without column names has readings: only words are repeated.
        words = [each for each in map(clean, header) if each[:1].isalpha()]
        raise refuse("unknown_columns", "path", value=words or "-", allowed=[*catalogue])

    def _find(self, names: Sequence[str]) -> Columns | None:
        return find_columns(names, self._catalogue, self._choices.columns, self._name)

    def records(self) -> Iterator[Found]:
        """Yield the rows: number, columns and cells by name."""
        header, columns, day = self._header, self._columns, ""
        for number, line in numbered_lines(self._text):
            if number <= self._begin:
                continue
            cells = _cells(line, self.delimiter)
            if cells is None:
                yield ImportProblem(number, fault("unreadable_line", "line", value=number))
                continue
            filled = [cell.strip() for cell in cells if cell.strip()]
            if len(filled) == 1 and len(header) > 1:
                # A day above its measurements, or the title of a section.
                with suppress(ValueError):
                    if isinstance(parse_when(filled[0].strip(","), DateOrder.DAY_FIRST), date):
                        day = filled[0].strip(",")
                        continue
                if not any(map(str.isdigit, filled[0])) and self.delimiter not in line:
                    continue
            if not any(cell[:1].isdigit() for cell in filled) and (found := self._find(cells)):
                header, columns = _names(cells, found), found
                continue
            further = cells[len(header) :]
            # Some apps end each line with a comma.
            if len(further) > 1 or any(cell.strip() for cell in further):
                yield ImportProblem(number, fault("unreadable_line", "line", value=number))
                continue
            named = dict(zip(header, (cell.strip() for cell in cells), strict=False))
            yield number, columns, named | ({"": day} if day else {})


def _names(header: Sequence[str], columns: Columns) -> list[str]:
    """Return the names of the cells; those of a table of this integration in lowercase."""
    return [clean(cell).lower() if columns.is_own else clean(cell) for cell in header]


def _cells(line: str, delimiter: str) -> list[str] | None:
    """Return the cells of a line; None if its quotation marks are broken."""
    # Line by line, so that a quotation mark that is never closed costs one line.
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return None


class JsonTable:
    """A list of JSON objects as a table; parts of parts are columns such as `value bpm`."""

    delimiter = ","

    def __init__(
        self,
        elements: list[tuple[int, object]],
        catalogue: Mapping[str, Metric],
        choices: ImportChoices,
        name: str,
    ) -> None:
        self._rows = [(number, _flat(element)) for number, element in elements]
        names = dict.fromkeys(part for _, row in islice(self._rows, 1000) for part in row or ())
        found = find_columns(list(names), catalogue, choices.columns, name)
        if not found:
            raise refuse("unknown_columns", "path", value=[*names], allowed=[*catalogue])
        self._columns = found
        self.sample = sample_of(json.dumps(element) for _, element in elements)

    def records(self) -> Iterator[Found]:
        """Yield the rows: number, columns and cells by name."""
        for number, row in self._rows:
            if row is None:
                expected = fault("wrong_type", "line", value=number, expected="object")
                yield ImportProblem(number, expected)
            else:
                yield number, self._columns, row


def _flat(element: object, prefix: str = "") -> dict[str, str] | None:
    if not isinstance(element, dict):
        return None
    flat: dict[str, str] = {}
    for name, part in element.items():
        full = f"{prefix} {name}".strip()
        if isinstance(part, dict):
            flat |= _flat(part, full) or {}
        elif isinstance(part, (str, int, float)):
            flat[full] = str(part)
    return flat
