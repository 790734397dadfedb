"""What changed of twins between two times, read from the journal beside the event loop."""

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
import logging
from typing import Any, Final

from homeassistant.core import HomeAssistant
import orjson

from ...twin.records.timeline import FieldChange, Timeline, TwinDocument, TwinKey
from .changes import Changes
from .earlier import BEGINNING, EarlierTwins, Present, read_earlier
from .files import HistoryStore
from .journal import Journal
from .store import TwinStore
from .summaries import Summaries
from .transaction import Transaction, encoded

_LOGGER = logging.getLogger(__name__)

# Kept by a twin itself with every change, or derived of the others; nobody is told of it. What is
# known of the health of a person is in the daily histories.
_ALWAYS: Final = ("revision", "last_updated")
_OF_CONTEXTS: Final = ("context_since", "past_contexts")
UNTOLD: Final[Mapping[str, frozenset[str]]] = {
    "person": frozenset({"health_metrics", *_OF_CONTEXTS, *_ALWAYS}),
    "home": frozenset({*_OF_CONTEXTS, *_ALWAYS}),
    "goal": frozenset({"active_since", "holds", "progress_history", *_ALWAYS}),
}
# Lines about readings only are left out.
PARTLY: Final = ("person",)
# Of more twins than these, their ids are not looked for in each line.
FEW: Final = 8
# What lines say that are about more than readings of people.
_TOLD: Final = (b'"kind":"goal"', b'"kind":"home"', b'"op":"delete"', b'"op":"restore"')
_STEP: Final = b'"p":['
# The beginnings of the steps that readings make, the commonest first: in the records of people, and
# in the columns of days.
_OF_READINGS: Final = (
    b'"p":["health_metrics"',
    b'"p":["totals"',
    b'"p":["revision"]',
    b'"p":["last_updated"]',
    b'"p":["value"',
    b'"p":["at"',
    b'"p":["spread"',
    b'"p":[],"a":{"day":[',
    b'"p":[],"a":{"total_day":[',
    b'"p":["day"',
    b'"p":["total_day"',
    b'"p":["source"',
    b'"p":["sources"',
)


@dataclass(frozen=True, kw_only=True, slots=True)
class PastChanges:
    """The changes between two times, the latest first.

    `latest` has the documents of the twins that changed as they were at the later time. What was
    before `known_since` nobody knows; None if the journal has the whole time. `damaged` is how
    many lines could not be read.
    """

    changes: Sequence[FieldChange]
    latest: Mapping[TwinKey, TwinDocument]
    known_since: datetime | None
    damaged: int


class Past:
    """Reads the journal backwards, in a worker thread, for one caller at a time.

    Nothing that is written waits for that, and nothing waits in the event loop.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        changes: Changes,
        journal: Journal,
        stores: Mapping[str, TwinStore[Any]],
        histories: HistoryStore,
    ) -> None:
        self._hass = hass
        self._changes = changes
        self._journal = journal
        self._stores = stores
        self._histories = histories
        self._summaries = Summaries(journal.folder, journal.disk)
        journal.on_rewrite = self._summaries.forget
        # Threads that compute slow down the event loop.
        self._turns = asyncio.Lock()

    async def async_changes(
        self, since: datetime, until: datetime, only: Collection[TwinKey] | None = None
    ) -> PastChanges:
        """Return what changed after `since` and not after `until`, of all twins or some.

        Twins that were deleted for good are left out.
        """
        async with self._turns:
            # All of one moment: later lines are not taken back from these documents.
            timeline = Timeline(self._documents(only), since, until, UNTOLD, PARTLY)
            unwritten, last = self._changes.unwritten, self._changes.seq_on_disk
            names = None if only is None or len(only) > FEW else [key.twin_id for key in only]
            return await self._hass.async_add_executor_job(
                self._read, timeline, unwritten, last, names
            )

    async def async_twins(self, key: TwinKey, at: datetime | int, field: str) -> EarlierTwins:
        """Return all twins as they were at a time, or when a revision of a twin was made.

        The daily histories are those of that twin, if it is a person. The twin is there, or can be
        brought back. What is returned works in a worker thread. Raises `TwinError` at the field:
        `before_journal`, `unknown_revision`, `not_there_yet`, `deleted_then`.
        """
        async with self._turns:
            present = Present(
                documents=self._documents(None),
                deleted=frozenset(
                    TwinKey(kind, twin_id)
                    for kind, store in self._stores.items()
                    for twin_id in store.deleted.keys() - store.records.keys()
                ),
                days=self._histories.days(key.twin_id),
                unwritten=self._changes.unwritten,
                last=self._changes.seq_on_disk,
            )
            read = partial(read_earlier, key=key, at=at, field=field)
            return await self._hass.async_add_executor_job(
                read, self._journal, self._summaries, present
            )

    def _documents(self, only: Collection[TwinKey] | None) -> dict[TwinKey, TwinDocument]:
        """Return the present documents, and those of deleted twins that can be brought back."""
        found: dict[TwinKey, TwinDocument] = {}
        for kind, store in self._stores.items():
            for twin_id, item in store.deleted.items():
                found[TwinKey(kind, twin_id)] = item.document
            for twin_id, document in store.table.documents.items():
                found[TwinKey(kind, twin_id)] = document
        return found if only is None else {key: found[key] for key in only if key in found}

    def _read(
        self,
        timeline: Timeline,
        unwritten: Sequence[Transaction],
        last: int,
        names: Sequence[str] | None,
    ) -> PastChanges:
        """Take the lines back up to the one with the number `last`. Runs in a worker thread."""
        for line in reversed([*encoded(unwritten)]):
            timeline.take(line)
        wanted = None if names is None else [name.encode() for name in names]
        # Without any line nothing is known.
        begins: datetime | None = timeline.until
        try:
            for lines in (each.lines for each in self._journal.newest_first()):
                if not lines:
                    continue
                ended = _time(lines[-1])
                if ended is not None and ended <= timeline.since:
                    begins = None
                    break
                for raw in _told_lines(lines, last, wanted):
                    timeline.take(_decoded(raw))
                begins = _time(lines[0]) or begins
        except OSError as error:
            _LOGGER.warning("The journal could not be read: %s", error)
        return PastChanges(
            changes=timeline.changes(),
            latest=timeline.latest,
            known_since=None if begins is None or begins <= timeline.since else begins,
            damaged=timeline.damaged,
        )


def _told_lines(
    lines: Sequence[bytes], last: int, names: Sequence[bytes] | None
) -> Iterator[bytes]:
    """Yield the lines that may be told, the latest first, and those that cannot be read."""
    for raw in reversed(lines):
        found = BEGINNING.match(raw)
        if found is None or (
            int(found[1]) <= last
            and (_is_told(raw) if names is None else any(name in raw for name in names))
        ):
            yield raw


def _decoded(raw: bytes) -> object:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None


def _is_told(raw: bytes) -> bool:
    """Tell whether a line may be about more than readings, without parsing it.

    In texts of a line quotes have a backslash before them, so that each of these marks is a part
    of the structure; one that is a part of a value counts on both sides.
    """
    if any(mark in raw for mark in _TOLD):
        return True
    steps = raw.count(_STEP)
    for beginning in _OF_READINGS:
        if not steps:
            return False
        steps -= raw.count(beginning)
    return steps > 0


def _time(raw: bytes) -> datetime | None:
    """Return the time of a line, None where it cannot be read."""
    found = BEGINNING.match(raw)
    try:
        moment = datetime.fromisoformat(found[2].decode()) if found else None
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None
