"""Which slices a change of a record touches."""

from ..twin.fields import Kind, Record
from ..twin.goal import Goal
from ..twin.person import Person
from ..twin.progress import progress_of
from ..twin.records import changed_fields
from .publisher import Slice

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
