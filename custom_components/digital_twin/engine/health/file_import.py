"""Years of readings from a file."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import batched
from pathlib import Path

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ...twin.errors import TwinError, refuse
from ...twin.history import KEPT_DAYS, MetricHistory
from ...twin.import_rows import IMPORTED, Problem, RowReader, read_rows
from ...twin.metrics import Metric
from ...twin.person import PERSON
from ...twin.readings import Reading
from ..registry import TwinRegistry
from .statistics import async_write_days

MAX_BYTES = 64 * 1024 * 1024
MAX_PROBLEMS = 100
# How often the progress is told, and how many rows of statistics are handed over at once.
STEP = 2000

type Progress = Callable[[int], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportReport:
    """What became of a file.

    `read` readings were taken over and `refused` ones were not; `problems` has the first hundred
    of these. `days` days in the twin changed, none when the file was known already; `older_days`
    days were too long ago for the twin and went into the statistics only.
    """

    read: int
    refused: int
    days: int
    older_days: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Parsed:
    """The readings of a file, oldest first, and by metric the values of days long ago."""

    recent: list[tuple[str, Reading]]
    older: dict[str, dict[int, float]]
    read: int
    refused: int
    problems: tuple[Problem, ...]


async def async_import_file(
    hass: HomeAssistant,
    registry: TwinRegistry,
    person_id: str,
    path: str,
    *,
    source: str = IMPORTED,
    progress: Progress | None = None,
) -> ImportReport:
    """Take over the readings of a CSV or JSON file; `twin/import_rows.py` tells its shapes.

    The same file twice changes nothing. `progress` is called in the event loop with the number of
    readings that were looked at so far. Raises `TwinError`: `not_found`, `path_not_allowed`,
    `unreadable_file`, `unknown_columns`, `too_long`.
    """
    person = registry.get(PERSON, person_id)
    days = registry.person_days(person)
    reader = RowReader(days=days, now=dt_util.utcnow(), catalogue=registry.catalogue, source=source)

    def step(count: int) -> None:
        if progress:
            hass.loop.call_soon_threadsafe(progress, count)

    parsed = await hass.async_add_executor_job(_parse, hass, path, reader, step)
    changed = await registry.async_import_readings(person_id, parsed.recent)
    if person.health_entities:
        for metric, values in parsed.older.items():
            for part in batched(values.items(), STEP, strict=False):
                async_write_days(hass, person, registry.catalogue[metric], days, dict(part))
    return ImportReport(
        read=parsed.read,
        refused=parsed.refused,
        days=changed,
        older_days=sum(map(len, parsed.older.values())),
        problems=parsed.problems,
    )


def _parse(hass: HomeAssistant, path: str, reader: RowReader, step: Progress) -> _Parsed:
    """Read the file; runs in a thread."""
    if not hass.config.is_allowed_path(path):
        raise refuse("path_not_allowed", "path", value=path)
    readings: list[tuple[str, Reading]] = []
    problems: list[Problem] = []
    for row in read_rows(_text(path), reader.catalogue):
        if isinstance(row, Problem):
            problems.append(row)
        else:
            try:
                readings.append(reader.read(row))
            except TwinError as error:
                problems.append(Problem(row.line, error.faults[0]))
        looked_at = len(readings) + len(problems)
        if looked_at % STEP == 0:
            step(looked_at)
    step(len(readings) + len(problems))
    readings.sort(key=lambda each: each[1].measured_at)
    limit = reader.days.day_of(reader.now).toordinal() - KEPT_DAYS
    older = [
        (metric, reading, day)
        for metric, reading in readings
        if (day := reader.days.day_of(reading.measured_at).toordinal()) <= limit
    ]
    return _Parsed(
        recent=readings[len(older) :],
        older=_older(older, reader.catalogue),
        read=len(readings),
        refused=len(problems),
        problems=tuple(problems[:MAX_PROBLEMS]),
    )


def _text(path: str) -> str:
    file = Path(path)
    try:
        if file.stat().st_size > MAX_BYTES:
            raise refuse("too_long", "path", maximum=MAX_BYTES)
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise refuse("unreadable_file", "path", value=path) from error


def _older(
    readings: list[tuple[str, Reading, int]], catalogue: Mapping[str, Metric]
) -> dict[str, dict[int, float]]:
    """Return the values of days that the twin does not keep."""
    histories: dict[str, MetricHistory] = defaultdict(MetricHistory.unbounded)
    for key, reading, day in readings:
        history = histories[key]
        content = history.with_reading(catalogue[key], reading, day)
        if content is not None:
            history.put(day, content)
    return {
        key: {
            day: round(content.value, catalogue[key].precision + 2)
            for day, content in history.days.items()
        }
        for key, history in histories.items()
    }
