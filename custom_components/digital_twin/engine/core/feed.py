"""The change feed: every change of a twin, for whoever subscribed to what changed.

Records change by transactions. What is derived of them (assessments, the values of a house) changes
by itself and is on the feed, too, without a number and without a revision.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import partial
import logging
from types import MappingProxyType
from typing import Any, Final, NamedTuple, cast

from homeassistant.core import CALLBACK_TYPE, Context, callback
from homeassistant.util import dt as dt_util

from ...twin.goals.goal import Goal, progress_of
from ...twin.goals.key_results import redefined
from ...twin.metrics.person import Person
from ...twin.records.fields import Kind, Record
from ...twin.records.revisions import changed_fields

_LOGGER = logging.getLogger(__name__)

ADDED: Final = "added"
REMOVED: Final = "removed"
DAY: Final = "day"
# Days of a person's histories changed, or histories were deleted.
HISTORIES: Final = "histories"
# Key results of a goal changed other than in what is measured.
DEFINITIONS: Final = "key_results"
# Something happened to a twin: `Change.event` names it.
EVENTS: Final = "events"
# Any field: a topic of everything that happens to a twin.
ANY_FIELD: Final = "*"
# Kept by the twin itself with every change; nothing shows them by themselves.
BOOKKEEPING: Final = frozenset({"revision", "last_updated"})
# What a person's goals_progress is made of.
SUMMARY_FIELDS: Final = frozenset({"goal_code", "name", "status", "progress"})
# What decides which day it is for a person.
DAY_FIELDS: Final = frozenset({"timezone", "day_start"})


class Origin(StrEnum):
    """The surface that a change came through."""

    UI = "ui"
    ACTION = "action"
    REST = "rest"
    WEBSOCKET = "websocket"
    ASSIST = "assist"
    FOLDER = "folder"
    SOURCE = "source"
    REMOTE = "remote"


AUTOMATION: Final = "automation"
INTEGRATION: Final = "integration"
FOLDER: Final = "folder"


@dataclass(frozen=True, slots=True)
class Cause:
    """Who made a change, and through what.

    `actor` is the id of a user, or `automation`, `integration` or `folder`. `context` is Home
    Assistant's, where there is one.
    """

    actor: str = INTEGRATION
    origin: Origin = Origin.UI
    context: Context | None = None

    @classmethod
    def of_call(cls, context: Context, origin: Origin) -> Cause:
        """Return the cause of what is done for a caller; without a user it is an automation."""
        return cls(context.user_id or AUTOMATION, origin, context)


BY_ITSELF: Final = Cause()
BY_SOURCE: Final = Cause(INTEGRATION, Origin.SOURCE)
BY_FOLDER: Final = Cause(FOLDER, Origin.FOLDER)


class Topic(NamedTuple):
    """What one can subscribe to: a field of a twin, or (without an id) of all twins of a kind.

    Besides the fields of records there are `added` and `removed`, `progress`, `key_results` (what
    is measured left aside), `health_metrics/<metric>`, `goals_progress`, `day`, `histories`,
    `events`, and what is derived. The name `*` stands for all of them.
    """

    kind: str
    twin_id: str | None
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One change of one twin.

    `seq` is the number of its transaction, None for what is derived. `before` and `after` are the
    records, or what else the change is about; None where there was or is nothing. `event` is the
    slug of what happened, with its `details`.
    """

    kind: str
    twin_id: str | None
    fields: frozenset[str]
    at: datetime = field(default_factory=dt_util.utcnow)
    seq: int | None = None
    revision: int | None = None
    before: Any = None
    after: Any = None
    cause: Cause = BY_ITSELF
    event: str | None = None
    details: Mapping[str, Any] = MappingProxyType({})


type Listener = Callable[[tuple[Change, ...]], None]

NOBODY: Final[Mapping[Listener, None]] = MappingProxyType({})


class ChangeFeed:
    """Subscriptions by topic. Runs in the event loop only."""

    def __init__(self) -> None:
        self._listeners: dict[tuple[str, str | None, str], dict[Listener, None]] = {}

    @callback
    def subscribe(self, topics: Topic | Iterable[Topic], listener: Listener) -> CALLBACK_TYPE:
        """Call the listener with the changes of any of the topics; return what ends that.

        Changes that are published together come in one call. What the listener raises is logged:
        the others are called all the same.
        """
        wanted = (topics,) if isinstance(topics, Topic) else tuple(topics)
        for topic in wanted:
            self._listeners.setdefault(topic, {})[listener] = None
        return partial(self._unsubscribe, wanted, listener)

    def _unsubscribe(self, topics: Iterable[Topic], listener: Listener) -> None:
        for topic in topics:
            if listeners := self._listeners.get(topic):
                listeners.pop(listener, None)
                if not listeners:
                    del self._listeners[topic]

    @callback
    def publish(self, changes: Iterable[Change]) -> None:
        """Call each listener once with those of the changes that it subscribed to, in order."""
        due: dict[Listener, list[Change]] = {}
        for change in changes:
            for name in (*change.fields, ANY_FIELD):
                for twin_id in (change.twin_id, None):
                    # Equal to a `Topic`, and made in half the time.
                    topic = (change.kind, twin_id, name)
                    for listener in self._listeners.get(topic, NOBODY):
                        if (found := due.get(listener)) is None:
                            due[listener] = [change]
                        elif found[-1] is not change:
                            found.append(change)
        for listener, found in due.items():
            try:
                listener(tuple(found))
            except Exception:
                _LOGGER.exception("A change of a twin could not be shown")

    @callback
    def publish_derived(self, topics: Iterable[Topic], cause: Cause = BY_ITSELF) -> None:
        """Publish that derived values changed; topics without an id concern no single twin."""
        names: dict[tuple[str, str | None], set[str]] = defaultdict(set)
        for topic in topics:
            names[topic.kind, topic.twin_id].add(topic.name)
        self.publish(
            Change(kind=kind, twin_id=twin_id, fields=frozenset(fields), cause=cause)
            for (kind, twin_id), fields in names.items()
        )


def metric_topic(person_id: str, metric: str) -> Topic:
    """Return the topic of one health metric of a person."""
    return Topic("person", person_id, f"health_metrics/{metric}")


def day_topics(person_id: str) -> set[Topic]:
    """Return the topics of the present day of a person."""
    return {Topic("person", person_id, DAY)}


CATALOGUE_CHANGED: Final = Topic("person", None, "catalogue")
# What contexts pause was changed in the options.
EFFECTS_CHANGED: Final = Topic("person", None, "context_effects")


def record_changes[R: Record](
    kind: Kind[R],
    before: R | None,
    after: R | None,
    *,
    seq: int | None,
    cause: Cause,
    changed: Iterable[str] | None = None,
) -> list[Change]:
    """Return the changes between two revisions of a record; None is a twin that is not there.

    A person has a field for each metric, a goal has `progress` and `key_results`. Where the goal
    counts for the summary of its owner, the owner's `goals_progress` changes, too; for a goal that
    was added only once it has been assessed, so that a thousand that come together do so once.
    """
    subject = after or before
    if subject is None:
        return []
    if before is None or after is None:
        names = {ADDED if before is None else REMOVED}
    else:
        known = changed_fields(kind, before, after) if changed is None else changed
        names = set(known) - BOOKKEEPING
        if isinstance(before, Goal):
            names |= _goal_fields(before, cast("Goal", after))
    owners = _summarised(before, after, names) if isinstance(subject, Goal) else ()
    if isinstance(subject, Person):
        names |= _metric_fields(before, after)
        if names & DAY_FIELDS:
            names |= {DAY, *(f"health_metrics/{key}" for key in subject.health_metrics)}
    return [
        Change(
            kind=kind.name,
            twin_id=kind.id_of(subject),
            fields=frozenset(names),
            seq=seq,
            revision=subject.revision,
            before=before,
            after=after,
            cause=cause,
        ),
        *(
            Change(
                kind="person",
                twin_id=owner,
                fields=frozenset({"goals_progress"}),
                seq=seq,
                cause=cause,
            )
            for owner in owners
        ),
    ]


def _goal_fields(before: Goal, after: Goal) -> set[str]:
    """Return the fields that follow from those of the record."""
    names = set()
    if progress_of(before) != progress_of(after):
        names.add("progress")
    old, new = before.progress_metrics, after.progress_metrics
    if len(old) != len(new) or any(map(redefined, old, new, strict=True)):
        names.add(DEFINITIONS)
    return names


def _metric_fields(before: object, after: object) -> set[str]:
    old = before.health_metrics if isinstance(before, Person) else {}
    new = after.health_metrics if isinstance(after, Person) else {}
    return {
        f"health_metrics/{metric}" for metric in {*old, *new} if old.get(metric) != new.get(metric)
    }


def _summarised(before: object, after: object, names: set[str]) -> set[str]:
    """Return the owners whose summary of goals changes."""
    if before is None:
        return set()
    owners = {goal.owner_person_id for goal in (before, after) if isinstance(goal, Goal)}
    if len(owners) == 1 and not names & (SUMMARY_FIELDS | {REMOVED}):
        return set()
    return {owner for owner in owners if owner is not None}
