"""Imports readings from files of any app."""

import asyncio
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import batched
from pathlib import Path

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_system import US_CUSTOMARY_SYSTEM

from ...twin.catalogue import Metric
from ...twin.errors import Fault, TwinError, refuse
from ...twin.metrics.history import KEPT_DAYS, MetricHistory
from ...twin.metrics.import_documents import AppleHealth
from ...twin.metrics.import_rows import IMPORTED, RowReader, document_rows, open_text
from ...twin.metrics.import_shapes import ImportChoices, ImportPlan, ImportProblem, ImportRow
from ...twin.metrics.person import PERSON
from ...twin.metrics.readings import Reading
from ...twin.metrics.recording import day_values
from ..core.feed import BY_SOURCE, Cause
from ..core.registry import TwinRegistry
from .disclosed import exact_metrics
from .statistics import async_write_days, has_statistics

# Parsing needs about ten times as much memory.
MAX_BYTES = 32 * 1024 * 1024
MAX_PROBLEMS = 100
# Enough to tell XML from other text.
XML_START = 64
# Readings between two reports of the progress, and rows of statistics written at once.
STEP = 2000

type ReportProgress = Callable[[Progress], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How many readings were read, refused and kept in the twin so far.

    The file is read to its end before the first reading is kept.
    """

    read: int
    refused: int
    kept: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportReport:
    """The result of an import.

    `read` readings are valid and `refused` ones are not; `problems` are the first hundred of
    those. `shape` is the kind of file, `ignored` what in it is not read. `days` is how many days
    changed in the twin, `older_days` how many are older than its histories and were written into
    the statistics only (0 without statistics).
    """

    read: int
    refused: int
    days: int
    older_days: int
    problems: tuple[ImportProblem, ...]
    shape: str
    ignored: tuple[str, ...]


@dataclass(kw_only=True, slots=True)
class _ParsedFile:
    """The readings of a file, oldest first, and the values of days before the histories.

    `older` is by metric and day (an ordinal).
    """

    recent: list[tuple[str, Reading]] = field(default_factory=list)
    older: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    read: int = 0
    refused: int = 0
    problems: list[ImportProblem] = field(default_factory=list)
    plan: ImportPlan = field(default_factory=ImportPlan)

    def refuse(self, problem: ImportProblem) -> None:
        """Count a refused reading, and keep the problem if it is among the first."""
        self.refused += 1
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(problem)


async def async_import_file(
    hass: HomeAssistant,
    registry: TwinRegistry,
    person_id: str,
    path: str,
    *,
    source: str = IMPORTED,
    choices: ImportChoices | None = None,
    uploaded: bool = False,
    cause: Cause = BY_SOURCE,
    tell: ReportProgress = lambda _progress: None,
) -> ImportReport:
    """Import the readings of a file; `twin/metrics/import_shapes.py` has the apps that are known.

    `choices` are what the file does not say; a household with US customary units has to choose the
    units of weights that have none. Importing a file again changes nothing. `tell` is called with
    the progress, in the event loop. Readings that were kept before an error stay.

    Raises `TwinError` (`not_found`, `path_not_allowed`, `unreadable_file`, `unknown_columns`,
    `too_long`, `ambiguous_dates`, `unit_needed`), and `StoreFailedError` if the readings cannot be
    written or the integration is stopped meanwhile.
    """
    days = registry.person_days(registry.get(PERSON, person_id))
    reader = RowReader(days=days, now=dt_util.utcnow(), catalogue=registry.catalogue, source=source)

    def report_from_thread(progress: Progress) -> None:
        hass.loop.call_soon_threadsafe(tell, progress)

    def kept(count: int) -> None:
        if count % STEP == 0 or count == len(parsed.recent):
            tell(Progress(read=parsed.read, refused=parsed.refused, kept=count))

    chosen = _complete(hass, choices)
    if not uploaded:
        await hass.async_add_executor_job(_check_path, hass, path)
    parsed = await hass.async_add_executor_job(_parse, path, reader, chosen, report_from_thread)
    tell(Progress(read=parsed.read, refused=parsed.refused))
    changed = await registry.async_import_readings(person_id, parsed.recent, kept, cause=cause)
    person = registry.get(PERSON, person_id)
    shown = exact_metrics(person, parsed.older) if has_statistics(hass) else frozenset()
    older = {metric: values for metric, values in parsed.older.items() if metric in shown}
    for metric, values in older.items():
        for part in batched(values.items(), STEP, strict=False):
            # The person may become private meanwhile.
            present = registry.persons.get(person_id)
            if present and metric in exact_metrics(present, (metric,)):
                async_write_days(hass, present, reader.catalogue[metric], dict(part))
            await asyncio.sleep(0)
    return ImportReport(
        read=parsed.read,
        refused=parsed.refused,
        days=changed,
        older_days=sum(map(len, older.values())),
        problems=tuple(parsed.problems),
        shape=parsed.plan.shape,
        ignored=tuple(parsed.plan.ignored),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportPreview:
    """What an import would do: how many readings by metric; none while a question is open."""

    plan: ImportPlan
    counts: Mapping[str, int]
    refused: int


async def async_preview_file(
    hass: HomeAssistant,
    registry: TwinRegistry,
    person_id: str,
    path: str,
    *,
    choices: ImportChoices,
    uploaded: bool = False,
) -> ImportPreview:
    """Return what an import of a file would do; raises `TwinError` as `async_import_file` does.

    What is open about the file stays open in the plan.
    """
    days = registry.person_days(registry.get(PERSON, person_id))
    reader = RowReader(days=days, now=dt_util.utcnow(), catalogue=registry.catalogue)
    chosen = _complete(hass, choices)

    def look() -> ImportPreview:
        parsed = _ParsedFile()
        counts: Counter[str] = Counter()
        if not uploaded:
            _check_path(hass, path)
        with suppress(_OpenQuestionsError):
            for row in _rows(path, reader, chosen, parsed, ask=True):
                if isinstance(row, ImportProblem):
                    parsed.refuse(row)
                    continue
                try:
                    counts[reader.read(row)[0]] += 1
                except TwinError as error:
                    parsed.refuse(ImportProblem(row.line, error.faults[0]))
        return ImportPreview(plan=parsed.plan, counts=counts, refused=parsed.refused)

    return await hass.async_add_executor_job(look)


class _OpenQuestionsError(Exception):
    """A file leaves something open."""


def _complete(hass: HomeAssistant, choices: ImportChoices | None) -> ImportChoices:
    us_customary = hass.config.units is US_CUSTOMARY_SYSTEM
    return replace(choices or ImportChoices(), us_customary=us_customary)


def _check_path(hass: HomeAssistant, path: str) -> None:
    if not hass.config.is_allowed_path(path):
        raise refuse("path_not_allowed", "path", value=path)


def _parse(
    path: str,
    reader: RowReader,
    choices: ImportChoices,
    report: ReportProgress,
) -> _ParsedFile:
    """Read the file and sort its readings by time; runs in a thread."""
    parsed = _ParsedFile()
    readings: list[tuple[str, Reading]] = []
    for count, row in enumerate(_rows(path, reader, choices, parsed), start=1):
        if isinstance(row, ImportProblem):
            parsed.refuse(row)
        else:
            try:
                readings.append(reader.read(row))
            except TwinError as error:
                parsed.refuse(ImportProblem(row.line, _named(row, error)))
        if count % STEP == 0:
            report(Progress(read=len(readings), refused=parsed.refused))
    readings.sort(key=lambda each: each[1].measured_at)
    parsed.read = len(readings)
    limit = reader.days.day_of(reader.now).toordinal() - KEPT_DAYS
    older = [
        (metric, reading, day)
        for metric, reading in readings
        if (day := reader.days.day_of(reading.measured_at).toordinal()) <= limit
    ]
    parsed.recent = readings[len(older) :]
    parsed.older = _older(older, reader.catalogue)
    return parsed


def _named(row: ImportRow, error: TwinError) -> Fault:
    """Return the first fault, at the column of the file where the value stands."""
    first = error.faults[0]
    if not row.column or first.field != "value":
        return first
    return replace(
        first, field=row.column, placeholders={**first.placeholders, "field": row.column}
    )


def _rows(
    path: str,
    reader: RowReader,
    choices: ImportChoices,
    parsed: _ParsedFile,
    *,
    ask: bool = False,
) -> Iterator[ImportRow | ImportProblem]:
    """Yield the rows of a file of any kind; sets the plan of `parsed`."""
    file = Path(path)
    try:
        # A pipe or a device may never end.
        if not file.is_file():
            raise refuse("unreadable_file", "path", value=path)
        with file.open("rb") as content:
            start = content.read(XML_START).lstrip(b"\xef\xbb\xbf \t\r\n")
            if start.startswith((b"<?xml", b"<!DOCTYPE HealthData", b"<HealthData")):
                content.seek(0)
                parsed.plan.shape = "apple_health"
                rows = AppleHealth().read(content)
                yield from document_rows(rows, reader.catalogue, parsed.plan, choices)
                return
        if file.stat().st_size > MAX_BYTES:
            raise refuse("too_long", "path", maximum=MAX_BYTES)
        text = _decoded(file.read_bytes())
    except (OSError, UnicodeDecodeError) as error:
        raise refuse("unreadable_file", "path", value=path) from error
    opened = open_text(text, reader.catalogue, choices, file.stem)
    parsed.plan = opened.plan
    try:
        opened.plan.check(reader.catalogue)
    except TwinError as error:
        if ask:
            raise _OpenQuestionsError from error
        raise
    yield from opened.rows()


def _decoded(content: bytes) -> str:
    """Decode UTF-8, or UTF-16 with its mark. Raises `UnicodeDecodeError`."""
    is_wide = content.startswith((BOM_UTF16_LE, BOM_UTF16_BE))
    return content.decode("utf-16" if is_wide else "utf-8-sig")


def _older(
    readings: list[tuple[str, Reading, int]], catalogue: Mapping[str, Metric]
) -> Mapping[str, Mapping[int, float]]:
    """Return the values of days that are older than the histories, by metric and day."""
    histories: dict[str, MetricHistory] = defaultdict(MetricHistory.unbounded)
    for key, reading, day in readings:
        history = histories[key]
        content = history.with_reading(catalogue[key], reading, day)
        if content is not None:
            history.put(day, content)
    return day_values(histories, catalogue)
