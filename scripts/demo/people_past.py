"""What the recorder would have kept of the health of people: the states of the last two weeks."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
import json
from typing import Final

from homeassistant.util import slugify

from .people import Reading, share_of_day
from .recorder import Change, EntityPast
from .server import INTEGRATION

STATES_SINCE: Final = timedelta(days=15)
# By entity of Anna's watch and scale: the metric that it measures.
DEVICES_OF_ANNA: Final[Mapping[str, tuple[str, str]]] = {
    "sensor.bathroom_scale_weight": ("weight", "Bathroom scale Weight"),
    "sensor.anna_s_watch_resting_heart_rate": (
        "resting_heart_rate",
        "Anna's watch Resting heart rate",
    ),
    "sensor.anna_s_watch_steps": ("steps", "Anna's watch Steps"),
}


def people_past(past: Mapping[str, Iterable[Reading]], now: datetime) -> Iterator[EntityPast]:
    """Yield what was recorded of the metrics of people, and of Anna's watch and scale.

    Args:
        past: The readings of people by name, oldest first.
        now: The time (aware) at which the past ends.
    """
    texts = json.loads((INTEGRATION / "translations" / "en.json").read_text(encoding="utf-8"))
    names = {key: text.get("name", key) for key, text in texts["entity"]["sensor"].items()}
    for person, readings in past.items():
        first = now - STATES_SINCE
        metrics: dict[str, list[Reading]] = defaultdict(list)
        for reading in readings:
            if reading.at > first:
                metrics[reading.metric].append(reading)
            elif not reading.total:
                # What was known already when the recorded states begin.
                metrics[reading.metric] = [reading._replace(at=first)]
        for metric, known in metrics.items():
            name = f"{person} {names[metric]}"
            yield _entity(f"sensor.{slugify(name)}", name, known)
        if person == "Anna":
            for entity_id, (metric, name) in DEVICES_OF_ANNA.items():
                yield _entity(entity_id, name, metrics[metric])


def _entity(entity_id: str, name: str, readings: Iterable[Reading]) -> EntityPast:
    known = [*readings]
    changes = sorted(change for reading in known for change in _changes(reading))
    attributes = {"unit_of_measurement": known[0].unit, "friendly_name": name}
    return EntityPast(entity_id=entity_id, attributes=attributes, states=changes)


def _changes(reading: Reading) -> Iterator[Change]:
    """Yield what a sensor showed: a total of the day grows from hour to hour."""
    if not reading.total:
        yield Change(reading.at.timestamp(), str(float(reading.value)))
        return
    midnight = reading.at.replace(hour=0, minute=0, second=0)
    whole = share_of_day((reading.at - midnight) / timedelta(hours=1)) or 1.0
    digits = 2 if reading.metric == "distance" else 0
    for hour in range(7, reading.at.hour + 1):
        value = round(reading.value * min(1.0, share_of_day(hour) / whole), digits)
        yield Change((midnight + timedelta(hours=hour)).timestamp(), str(float(value)))
    yield Change(reading.at.timestamp(), str(float(reading.value)))
