"""Years of readings from a file."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import batched
from pathlib import Path

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ...twin.catalogue import Metric
from ...twin.errors import TwinError, refuse
from ...twin.metrics.history import KEPT_DAYS, MetricHistory
from ...twin.metrics.import_rows import IMPORTED, ImportProblem, RowReader, read_rows
from ...twin.metrics.readings import Reading
from ...twin.metrics.recording import day_values
from ...twin.people.person import PERSON
from ..core.registry import TwinRegistry
from .statistics import async_write_days, has_statistics

# Ten times this is needed in memory meanwhile.
MAX_BYTES = 32 * 1024 * 1024
MAX_PROBLEMS = 100
# How often the progress is told, and how many rows of statistics are handed over at once.
STEP = 2000

type Tell = Callable[[Progress], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far an import is: readings that were read, refused, and kept in the twin so far.

    All are read and refused before the first one is kept.
    """

    read: int
    refused: int
    kept: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportReport:
    """What became of a file.

    `read` readings were taken over and `refused` ones were not; `problems` has the first hundred
    of these. `days` days in the twin changed, none when the file was known already; `older_days`
    days were too long ago for the twin and went into the statistics only, none where these are
    not kept.
    """

    read: int
    refused: int
    days: int
    older_days: int
    problems: tuple[ImportProblem, ...]


@dataclass(kw_only=True, slots=True)
class _Parsed:
    """The readings of a file, oldest first, and by metric the values of days long ago."""

    recent: list[tuple[str, Reading]] = field(default_factory=list)
    older: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    read: int = 0
    refused: int = 0
    problems: list[ImportProblem] = field(default_factory=list)

    def refuse(self, problem: ImportProblem) -> None:
        """Count a problem; of very many only the first are kept."""
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
    tell: Tell = lambda _progress: None,
) -> ImportReport:
    """Take over the readings of a CSV or JSON file; `twin/import_rows.py` tells its shapes.

    The same file twice changes nothing. `tell` is called in the event loop with the progress. What
    was kept before an error stays, and is known already when the file is taken over again.

    Raises `TwinError` (`not_found`, `path_not_allowed`, `unreadable_file`, `unknown_columns`,
    `too_long`), and `StoreFailedError` for a disk that does not take the readings or an
    integration that was stopped meanwhile.
    """
    days = registry.person_days(registry.get(PERSON, person_id))
    reader = RowReader(days=days, now=dt_util.utcnow(), catalogue=registry.catalogue, source=source)

    def step(progress: Progress) -> None:
        hass.loop.call_soon_threadsafe(tell, progress)

    def kept(count: int) -> None:
        if count % STEP == 0 or count == len(parsed.recent):
            tell(Progress(read=parsed.read, refused=parsed.refused, kept=count))

    parsed = await hass.async_add_executor_job(_parse, hass, path, reader, step)
    tell(Progress(read=parsed.read, refused=parsed.refused))
    changed = await registry.async_import_readings(person_id, parsed.recent, kept)
    # Somebody may have chosen privacy meanwhile.
    person = registry.get(PERSON, person_id)
    older = parsed.older if person.health_entities and has_statistics(hass) else {}
    for metric, values in older.items():
        for part in batched(values.items(), STEP, strict=False):
            async_write_days(hass, person, reader.catalogue[metric], dict(part))
    return ImportReport(
        read=parsed.read,
        refused=parsed.refused,
        days=changed,
        older_days=sum(map(len, older.values())),
        problems=tuple(parsed.problems),
    )


def _parse(
    hass: HomeAssistant, path: str, reader: RowReader, step: Callable[[Progress], None]
) -> _Parsed:
    """Read the file; runs in a thread."""
    if not hass.config.is_allowed_path(path):
        raise refuse("path_not_allowed", "path", value=path)
    parsed = _Parsed()
    readings: list[tuple[str, Reading]] = []
    for count, row in enumerate(read_rows(_text(path), reader.catalogue), start=1):
        if isinstance(row, ImportProblem):
            parsed.refuse(row)
        else:
            try:
                readings.append(reader.read(row))
            except TwinError as error:
                parsed.refuse(ImportProblem(row.line, error.faults[0]))
        if count % STEP == 0:
            step(Progress(read=len(readings), refused=parsed.refused))
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


def _text(path: str) -> str:
    file = Path(path)
    try:
        # What is no plain file, such as a pipe, may never end.
        if not file.is_file():
            raise refuse("unreadable_file", "path", value=path)
        if file.stat().st_size > MAX_BYTES:
            raise refuse("too_long", "path", maximum=MAX_BYTES)
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise refuse("unreadable_file", "path", value=path) from error


def _older(
    readings: list[tuple[str, Reading, int]], catalogue: Mapping[str, Metric]
) -> Mapping[str, Mapping[int, float]]:
    """Return the values of days that the twin does not keep."""
    histories: dict[str, MetricHistory] = defaultdict(MetricHistory.unbounded)
    for key, reading, day in readings:
        history = histories[key]
        content = history.with_reading(catalogue[key], reading, day)
        if content is not None:
            history.put(day, content)
    return day_values(histories, catalogue)
