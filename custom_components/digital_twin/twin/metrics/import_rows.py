"""Readings from files of any app: tables (CSV, lists of JSON objects) and known documents.

Of a table the columns with times and metrics are found by their names, or by the shape of a known
app; other columns are ignored and named. The order of day and month and the decimal mark are those
of the whole file. What a file does not say is asked for, never guessed.

A date without time stands for the whole day: its reading is measured in the middle of the person's
day, and of a daily total it is the total.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time

from ..catalogue import Metric
from ..errors import TwinError, refuse, without_values
from ..records.fields import PersonDay
from .household_metrics import word_set
from .import_cells import (
    DateOrder,
    date_order,
    decimal_mark,
    is_midnight,
    minutes_of,
    parse_when,
    split_number,
)
from .import_documents import LongRow, elements_of, own_elements
from .import_shapes import Cells, ImportChoices, ImportPlan, ImportProblem, ImportRow, Raw
from .import_tables import Columns, CsvTable, JsonTable, clean, sample_of
from .readings import Reading, parse_reading
from .units import accepted_unit

YES = frozenset({"true", "yes", "1"})
NO = frozenset({"false", "no", "0"})
IMPORTED = "import"
# Without a unit in their file, these have no value in a household with US customary units, ...
UNIT_IN_US = word_set(
    "weight muscle_mass height waist_circumference distance body_temperature hydration"
)
# ... and these have none in any: of hours and minutes, meters and kilometers both are possible.
UNIT_EVERYWHERE = word_set("sleep_duration exercise_time blood_glucose distance hydration")


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportFile:
    """An opened file: its plan, and its rows, which can be read several times."""

    plan: ImportPlan
    rows: Callable[[], Iterator[ImportRow | ImportProblem]]


def open_text(
    text: str,
    catalogue: Mapping[str, Metric],
    choices: ImportChoices | None = None,
    name: str = "",
) -> ImportFile:
    """Open a file with its text; `name` is that of the file, by which some apps tell the metric.

    Raises `TwinError` for a file of another format: `unreadable_file`, `unknown_columns`.
    """
    chosen = choices or ImportChoices()
    stripped = text.lstrip("\ufeff \t\r\n")
    if stripped.startswith(("[", "{")):
        return _open_json(stripped, catalogue, chosen, name)
    return _open_table(CsvTable(text.lstrip("\ufeff"), catalogue, chosen, name), catalogue, chosen)


def read_rows(
    text: str,
    catalogue: Mapping[str, Metric],
    choices: ImportChoices | None = None,
    name: str = "",
) -> Iterator[ImportRow | ImportProblem]:
    """Yield the readings of a file, and the problems of broken lines.

    Raises `TwinError` as `open_text` does, and `ambiguous_dates` or `unit_needed`.
    """
    opened = open_text(text, catalogue, choices, name)
    opened.plan.check(catalogue)
    yield from opened.rows()


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

        Raises `TwinError` as `parse_reading` does, `invalid_date`, and `required_field` without a
        time: what has none was not measured now, and several amounts of a day would be one.
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
        if raw.get("measured_at") is None:
            raise refuse("required_field", "measured_at")
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


def document_rows(
    rows: Iterable[LongRow],
    catalogue: Mapping[str, Metric],
    plan: ImportPlan,
    choices: ImportChoices,
) -> Iterator[ImportRow | ImportProblem]:
    """Yield the readings of a document of a known app; what is ignored is put into the plan."""
    for row in rows:
        if row.ignored or row.metric not in catalogue:
            plan.ignored[row.metric] = None
            continue
        metric = catalogue[row.metric]
        try:
            raw = _value(metric, str(row.value), row.unit or choices.units.get(metric.key), ".")
            raw |= _when([row.when or ""], plan)
        except TwinError as error:
            yield ImportProblem(row.line, error.within(row.metric).faults[0])
            continue
        yield ImportRow(
            row.line, row.metric, raw | ({"source": row.source} if row.source else {}), row.metric
        )


def _open_json(
    text: str, catalogue: Mapping[str, Metric], choices: ImportChoices, name: str
) -> ImportFile:
    elements, is_document = elements_of(text)
    if is_document is not None:
        shape, rows = is_document
        documents = list(rows)
        plan = ImportPlan(shape=shape, sample=sample_of(text.splitlines()))
        for row in documents:
            if row.ignored:
                plan.ignored[row.metric] = None
            else:
                plan.columns[row.metric] = (row.metric, row.unit)
        times = [_time_or_none(row.when or "", DateOrder.NONE) for row in documents if row.when]
        plan.whole_days = bool(times) and all(map(is_midnight, times))
        plan.missing = _missing(
            ((row.metric, row.unit) for row in documents if not row.ignored), catalogue, choices
        )
        return ImportFile(
            plan=plan, rows=lambda: document_rows(documents, catalogue, plan, choices)
        )
    dictionaries = [each for _, each in elements if isinstance(each, dict)]
    if not dictionaries or any("metric" in each for each in dictionaries):
        plan = ImportPlan(shape="readings", sample=sample_of(text.splitlines()))
        needed = ((each.get("metric"), each.get("unit")) for each in dictionaries)
        plan.missing = _missing(needed, catalogue, choices)
        return ImportFile(plan=plan, rows=lambda: own_elements(elements, choices))
    return _open_table(JsonTable(elements, catalogue, choices, name), catalogue, choices)


def _open_table(
    table: CsvTable | JsonTable, catalogue: Mapping[str, Metric], choices: ImportChoices
) -> ImportFile:
    """Read a table to its end once, to learn what holds for all of it."""
    plan = ImportPlan(sample=table.sample)
    times: list[str] = []
    numbers: list[str] = []
    needed: set[tuple[str | None, str | None]] = set()
    unclear: set[str | None] = set()
    sections: dict[int, Columns] = {}
    for record in table.records():
        if isinstance(record, ImportProblem):
            continue
        _, columns, cells = record
        sections[id(columns)] = columns
        if not columns.is_measurement(cells):
            continue
        times += columns.times_in(cells)
        for column, metric, unit in columns.values_in(cells, catalogue):
            text = cells[column]
            numbers.append(text)
            number = split_number(text, ".")
            written = unit or (number[1] if number else "")
            needed.add((metric, written or None))
            if not (written or columns.is_own or column == metric or minutes_of(text)):
                unclear.add(metric)
    shapes = [each.shape for each in sections.values() if each.shape]
    plan.shape = next(iter(shapes), "table")
    for each in sections.values():
        plan.columns |= each.metrics
        plan.times = plan.times or each.times
        plan.ignored |= dict.fromkeys(each.ignored)
    fixed = next((each.order for each in sections.values() if each.order), None)
    plan.order = choices.date_order or fixed or date_order(times)
    plan.mark = decimal_mark(numbers, table.delimiter)
    parsed = [_time_or_none(text, plan.order) for text in times]
    plan.whole_days = bool(parsed) and all(map(is_midnight, parsed))
    missing = {*(unclear & UNIT_EVERYWHERE), *_missing(needed, catalogue, choices)}
    plan.missing = tuple(key for key in catalogue if key in missing and key not in choices.units)
    return ImportFile(plan=plan, rows=lambda: _table_rows(table, catalogue, plan, choices))


def _missing(
    needed: Iterable[tuple[object, object]],
    catalogue: Mapping[str, Metric],
    choices: ImportChoices,
) -> tuple[str, ...]:
    """Return the metrics without a unit that have another one in the US."""
    if not choices.us_customary:
        return ()
    without = {metric for metric, unit in needed if unit is None}
    return tuple(
        key
        for key in catalogue
        if key in without and key in UNIT_IN_US and key not in choices.units
    )


def _time_or_none(text: str, order: DateOrder) -> object:
    with suppress(ValueError, OverflowError):
        return parse_when(text, order)
    return None


def _table_rows(
    table: CsvTable | JsonTable,
    catalogue: Mapping[str, Metric],
    plan: ImportPlan,
    choices: ImportChoices,
) -> Iterator[ImportRow | ImportProblem]:
    for record in table.records():
        if isinstance(record, ImportProblem):
            yield record
            continue
        number, columns, cells = record
        if not columns.is_measurement(cells):
            continue
        if columns.is_own:
            yield from _own_row(number, cells, plan, choices)
            continue
        source = cells.get(columns.source, "") if columns.source else ""
        for column, metric, unit in columns.values_in(cells, catalogue):
            if metric is None:
                plan.ignored[cells.get(columns.naming, "")] = None
                continue
            try:
                chosen = unit or choices.units.get(metric)
                raw = _value(catalogue[metric], cells[column], chosen, plan.mark)
            except TwinError as error:
                yield ImportProblem(number, error.within(column).faults[0])
                continue
            try:
                raw |= _when(columns.times_in(cells), plan, utc=columns.utc)
            except TwinError as error:
                at = columns.times[0] if columns.times else "measured_at"
                yield ImportProblem(number, error.within(at).faults[0])
                continue
            yield ImportRow(number, metric, raw | ({"source": source} if source else {}), column)


def _own_row(
    number: int, cells: Cells, plan: ImportPlan, choices: ImportChoices
) -> Iterator[ImportRow | ImportProblem]:
    """Yield the reading of a line that names its metric."""
    raw: Raw = {
        part: cells[part] for part in ("value", "unit", "source", "total") if cells.get(part)
    }
    metric = cells.get("metric") or None
    if metric is not None and metric in choices.units:
        raw.setdefault("unit", choices.units[metric])
    try:
        raw |= _typed(raw, plan.mark)
        for column in ("measured_at", "date"):
            if cells.get(column) and not {"measured_at", "date"} & raw.keys():
                try:
                    raw |= _when([cells[column]], plan)
                except TwinError as error:
                    raise error.within(column) from error
    except TwinError as error:
        yield ImportProblem(number, error.faults[0])
    else:
        yield ImportRow(number, metric, raw)


@without_values()
def _typed(raw: Raw, mark: str) -> Raw:
    """Return value and total of a line as number and truth."""
    typed: Raw = {}
    if "value" in raw:
        found = split_number(str(raw["value"]), mark)
        if found is None or found[1]:
            raise refuse("wrong_type", "value", value=raw["value"], expected="number")
        typed["value"] = found[0]
    if "total" in raw:
        word = str(raw["total"]).lower()
        if word not in YES | NO:
            raise refuse("wrong_type", "total", value=word, expected="true or false")
        typed["total"] = word in YES
    return typed


@without_values()
def _value(metric: Metric, text: str, unit: str | None, mark: str) -> Raw:
    """Return value and unit of a cell. Raises `TwinError` (`wrong_type`, `unknown_unit`)."""
    number = split_number(text, mark, whole=metric.unit == "steps")
    minutes = minutes_of(text) if metric.unit == "min" else None
    if minutes is not None and (number is None or number[1]):
        return {"value": minutes, "unit": "min"}
    if number is None:
        raise refuse("wrong_type", "", value=text, expected="number")
    value, written = number
    if written:
        try:
            unit = accepted_unit(metric, written)
        except TwinError as error:
            raise refuse("wrong_type", "", value=text, expected="number") from error
    # Apple Health and others write 0.97 for 97 %, which no person can have as a percentage.
    if metric.unit == "%" and 0 < value <= 1:
        value *= 100
    return {"value": value, **({"unit": unit} if unit else {})}


@without_values()
def _when(texts: list[str], plan: ImportPlan, *, utc: bool = False) -> Raw:
    """Return day or time of a row, of one cell or of a day and a clock time."""
    try:
        parts = [parse_when(text, plan.order) for text in texts if clean(text)]
    except (ValueError, OverflowError) as error:
        key = "invalid_time" if ":" in " ".join(texts) else "invalid_date"
        raise refuse(key, "", value=" ".join(texts)) from error
    moment = next((part for part in parts if isinstance(part, datetime)), None)
    day = next((part for part in parts if not isinstance(part, (datetime, time))), None)
    clock = next((part for part in parts if isinstance(part, time)), None)
    if moment is None and day is None:
        raise refuse("required_field", "")
    if moment is None and clock is not None and day is not None:
        moment = datetime.combine(day, clock, clock.tzinfo)
    if moment is None:
        return {"date": str(day)}
    if plan.whole_days:
        return {"date": moment.date().isoformat()}
    suffix = "Z" if utc and moment.tzinfo is None else ""
    return {"measured_at": moment.isoformat() + suffix}
