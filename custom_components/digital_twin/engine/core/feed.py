"""Tells those who show a slice of a twin that it changed, and nobody else."""

from collections.abc import Callable, Iterable
from typing import NamedTuple, cast

from homeassistant.core import CALLBACK_TYPE, HassJobType, callback
from homeassistant.util.logging import catch_log_exception

from ...twin.goals.goal import Goal
from ...twin.goals.progress import progress_of
from ...twin.people.person import Person
from ...twin.records.fields import Kind, Record
from ...twin.records.revisions import changed_fields

type Listener = Callable[[], None]


class Slice(NamedTuple):
    """A part of a twin that is shown as one: a field, a metric, a value of an area.

    `twin_id` is None for what concerns all twins of the kind, such as `added` and `removed`.
    """

    kind: str
    twin_id: str | None
    name: str


class Publisher:
    """Subscriptions by slice. Runs in the event loop only."""

    def __init__(self) -> None:
        """Start without subscribers."""
        self._listeners: dict[Slice, dict[Listener, Listener]] = {}

    @callback
    def subscribe(self, slices: Slice | Iterable[Slice], listener: Listener) -> CALLBACK_TYPE:
        """Call the listener after each change of any of the slices; return what ends that.

        What it raises goes to the log: the others are told, and the change has been made.
        """
        wanted = (slices,) if isinstance(slices, Slice) else tuple(slices)
        guarded = cast(
            "Listener", catch_log_exception(listener, _what_failed, HassJobType.Callback)
        )
        for slice_ in wanted:
            self._listeners.setdefault(slice_, {})[listener] = guarded

        @callback
        def unsubscribe() -> None:
            for slice_ in wanted:
                if listeners := self._listeners.get(slice_):
                    listeners.pop(listener, None)
                    if not listeners:
                        del self._listeners[slice_]

        return unsubscribe

    @callback
    def publish(self, slices: Iterable[Slice]) -> None:
        """Call every listener of the slices once, however many of its slices changed."""
        due: dict[Listener, Listener] = {}
        for slice_ in slices:
            due.update(self._listeners.get(slice_, {}))
        for guarded in due.values():
            guarded()


def _what_failed() -> str:
    return "A change of a twin could not be shown"


ADDED = "added"
REMOVED = "removed"
DAY = "day"
CATALOGUE_CHANGED = Slice("person", None, "catalogue")
# Kept by the twin itself with every change; nothing shows them by themselves.
BOOKKEEPING = frozenset({"revision", "last_updated"})
# What a person's goals_progress is made of.
SUMMARY_FIELDS = frozenset({"goal_code", "name", "status", "progress"})
# What decides which day it is for a person.
DAY_FIELDS = frozenset({"timezone", "day_start"})


def metric_slice(person_id: str, metric: str) -> Slice:
    """Return the slice of one health metric of a person."""
    return Slice("person", person_id, f"health_metrics/{metric}")


def day_slices(person_id: str) -> set[Slice]:
    """Return the slices of the present day of a person."""
    return {Slice("person", key, DAY) for key in (person_id, None)}


def slices_of_change[R: Record](kind: Kind[R], before: R | None, after: R | None) -> set[Slice]:
    """Name the slices in which two revisions differ; None is a twin that is not there.

    Each changed field is a slice of the twin and, with the id None, one of its kind. A goal also
    has `progress`, a person one slice for each metric and `goals_progress`. A goal that was added
    touches that of its owner once it has been judged: a thousand that come together do so once.
    """
    subject = after or before
    if before is None or after is None:
        names = {ADDED if before is None else REMOVED}
        slices = {Slice(kind.name, None, name) for name in names}
    else:
        names = set(changed_fields(kind, before, after)) - BOOKKEEPING
        if _progress(before) != _progress(after):
            names.add("progress")
        twin_id = kind.id_of(after)
        slices = {Slice(kind.name, key, name) for name in names for key in (twin_id, None)}
    if isinstance(subject, Person):
        slices |= _metric_slices(subject.person_id, before, after)
        if names & DAY_FIELDS:
            slices |= day_slices(subject.person_id)
            slices |= {metric_slice(subject.person_id, key) for key in subject.health_metrics}
    if isinstance(subject, Goal):
        slices |= _owner_slices(before, after, names)
    return slices


def _progress(record: Record) -> float | None:
    if not isinstance(record, Goal):
        return None
    return progress_of(record)


def _metric_slices(person_id: str, before: object, after: object) -> set[Slice]:
    old = before.health_metrics if isinstance(before, Person) else {}
    new = after.health_metrics if isinstance(after, Person) else {}
    return {
        metric_slice(person_id, metric)
        for metric in {*old, *new}
        if old.get(metric) != new.get(metric)
    }


def _owner_slices(before: object, after: object, names: set[str]) -> set[Slice]:
    if before is None:
        return set()
    owners = {goal.owner_person_id for goal in (before, after) if isinstance(goal, Goal)}
    if len(owners) == 1 and not names & (SUMMARY_FIELDS | {REMOVED}):
        return set()
    return {Slice("person", owner, "goals_progress") for owner in owners if owner is not None}
