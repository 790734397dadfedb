"""Imports two years of readings of the people in the demo home, as from the file of an app."""

from collections.abc import Iterable
import csv
from datetime import datetime
from pathlib import Path

from .client import Client, Json
from .people import Reading

COLUMNS = ("metric", "value", "unit", "measured_at", "source", "total")
# By whom a value was measured, as the file names it.
SOURCES = {
    "watch": "Watch",
    "scale": "Bathroom scale",
    "cuff": "Blood pressure monitor",
    "notes": "Notes",
}


def write_file(path: Path, readings: Iterable[Reading]) -> None:
    """Write readings into a file that `import_health_metrics` reads."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(
            (
                reading.metric,
                reading.value,
                reading.unit,
                _text(reading.at),
                SOURCES.get(reading.source, reading.source),
                "true" if reading.total else "",
            )
            for reading in readings
        )


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


async def import_readings(client: Client, person: str, path: Path) -> Json:
    """Import a file for a person; return what became of it.

    Args:
        client: An administrator.
        person: The id of the device of the person's twin.
        path: A file in a folder that Home Assistant may read.
    """
    return await client.action(
        "digital_twin.import_health_metrics", response=True, person=person, path=str(path)
    )
