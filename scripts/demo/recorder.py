"""Writes states and long-term statistics of the past into the database of the recorder.

Before the first start of Home Assistant, with the tables of its own recorder: it then goes on where
the past ends. Nothing of this is possible while it runs.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from itertools import batched
import json
from pathlib import Path
from typing import Any, Final, NamedTuple

from homeassistant.components.recorder.db_schema import (
    Base,
    RecorderRuns,
    StateAttributes,
    States,
    StatesMeta,
    Statistics,
    StatisticsMeta,
    StatisticsShortTerm,
)
from homeassistant.components.recorder.migration import initialize_database
from homeassistant.components.recorder.models import StatisticMeanType, StatisticMetaData
from homeassistant.components.sensor import SensorStateClass
from sqlalchemy import Insert, create_engine
from sqlalchemy.orm import Session, sessionmaker

DATABASE: Final = "home-assistant_v2.db"
RECORDER: Final = "recorder"
# Rows that are written at once.
_ROWS: Final = 5_000
_SHORT_TERM: Final = 300.0


class Change(NamedTuple):
    """A state that an entity got at a time (seconds since 1970)."""

    at: float
    state: str


class Hour(NamedTuple):
    """A row of statistics: `start` (seconds since 1970), and either mean and extremes or a total.

    `total` is what a counter showed at the end of the hour.
    """

    start: float
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    total: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class EntityPast:
    """What was recorded of one entity: its states and statistics, both oldest first.

    `unit_class` is that of Home Assistant's unit converter, None for units that have none.
    """

    entity_id: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    states: Iterable[Change] = ()
    hours: Iterable[Hour] = ()
    unit_class: str | None = None


def write_past(folder: Path, past: Iterable[EntityPast], first: datetime, now: datetime) -> None:
    """Write what was recorded from a time until now into a folder that has no database yet."""
    engine = create_engine(f"sqlite:///{folder / DATABASE}")
    Base.metadata.create_all(engine)
    if not initialize_database(sessionmaker(bind=engine)):
        raise RuntimeError("the database of the recorder cannot be made")
    state_ids = iter(range(1, 1_000_000_000))
    with Session(engine) as session:
        # The recorder takes a database whose last run has not ended for a damaged one.
        session.add(RecorderRuns(start=first, end=now, created=now))
        for number, each in enumerate(past, start=1):
            _write_states(session, number, each, state_ids)
            _write_statistics(session, each)
        session.commit()
    engine.dispose()


def _write_states(
    session: Session, number: int, past: EntityPast, state_ids: Iterator[int]
) -> None:
    rows = list(_state_rows(number, past, state_ids))
    if not rows:
        return
    shared = json.dumps(dict(past.attributes)).encode()
    session.add(StatesMeta(metadata_id=number, entity_id=past.entity_id))
    session.add(
        StateAttributes(
            attributes_id=number,
            hash=StateAttributes.hash_shared_attrs_bytes(shared),
            shared_attrs=shared.decode(),
        )
    )
    session.flush()
    for part in batched(rows, _ROWS, strict=False):
        session.execute(_insert(States), part)


def _insert(kind: type[Base]) -> Insert:
    """Return the insertion of rows as they are, which is three times as fast as of objects."""
    return Insert(kind.__table__)  # type: ignore[arg-type]  # a table


def _state_rows(
    number: int, past: EntityPast, state_ids: Iterator[int]
) -> Iterator[dict[str, object]]:
    before: int | None = None
    last: str | None = None
    for change in past.states:
        if change.state == last:
            continue
        state_id, last = next(state_ids), change.state
        context = blake2b(f"{past.entity_id} {change.at}".encode(), digest_size=10).digest()
        yield {
            "state_id": state_id,
            "state": change.state,
            "last_updated_ts": change.at,
            "old_state_id": before,
            "attributes_id": number,
            "metadata_id": number,
            "origin_idx": 0,
            # A ULID: its time, and something that is always the same.
            "context_id_bin": int(change.at * 1000).to_bytes(6) + context,
        }
        before = state_id


def _write_statistics(session: Session, past: EntityPast) -> None:
    hours = list(past.hours)
    if not hours:
        return
    is_counter = past.attributes.get("state_class") == SensorStateClass.TOTAL_INCREASING
    meta = StatisticsMeta.from_meta(
        StatisticMetaData(
            mean_type=StatisticMeanType.NONE if is_counter else StatisticMeanType.ARITHMETIC,
            has_sum=is_counter,
            name=None,
            source=RECORDER,
            statistic_id=past.entity_id,
            unit_class=past.unit_class,
            unit_of_measurement=past.attributes.get("unit_of_measurement"),
        )
    )
    session.add(meta)
    session.flush()
    begun = hours[0].total or 0.0
    rows = [_statistic_row(meta.id, hour, begun) for hour in hours]
    for part in batched(rows, _ROWS, strict=False):
        session.execute(_insert(Statistics), part)
    if is_counter:
        # The recorder goes on from the latest five minutes.
        latest = {**rows[-1], "start_ts": hours[-1].start + 3600 - _SHORT_TERM}
        session.execute(_insert(StatisticsShortTerm), [latest])


def _statistic_row(metadata_id: int, hour: Hour, begun: float) -> dict[str, object]:
    return {
        "metadata_id": metadata_id,
        "created_ts": hour.start + 3610,
        "start_ts": hour.start,
        "mean": hour.mean,
        "min": hour.low,
        "max": hour.high,
        "state": hour.total,
        "sum": None if hour.total is None else hour.total - begun,
    }
