"""The commands for what changed between two times."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import partial
from typing import Final, cast

from homeassistant.util import dt as dt_util

from ..engine.core.feed import AUTOMATION, FOLDER, INTEGRATION
from ..engine.core.past import PastChanges
from ..engine.core.registry import KINDS
from ..engine.documents import Document
from ..twin.errors import TwinError, refuse
from ..twin.goals.change_texts import GoalNews, goal_news
from ..twin.goals.changes import (
    HealthSource,
    TwinChange,
    TwinName,
    health_changes,
    progress_changes,
    twin_changes,
    without_values,
)
from ..twin.goals.goal import GOAL, Goal
from ..twin.goals.key_result_parts import MEASURED
from ..twin.goals.references import Twin
from ..twin.metrics.consent import ALL, discloses
from ..twin.metrics.person import PERSON, Person
from ..twin.records.fields import Context, ObjectReader, PersonDay
from ..twin.records.limits import ANY, TEXT, TIME, UUID, WHOLE, Limits, list_of, one_of, or_null
from ..twin.records.parsers import EARLIEST, day, instant
from ..twin.records.revisions import decode
from ..twin.records.rewind import Exactness
from ..twin.records.timeline import TwinKey, What
from .access import OWNER, Actor
from .finder import kind_named

KIND: Final = "kind"
SINCE: Final = "since"
UNTIL: Final = "until"
USUAL: Final = timedelta(days=1)
MOST_CHANGES: Final = 500
# Actors of the journal that are no users.
NO_USERS: Final = (AUTOMATION, FOLDER, INTEGRATION)
# What `change_document` returns.
CHANGE_PARTS: Final[Mapping[str, Limits]] = {
    "kind": Limits(type="string", options=tuple(KINDS)),
    "twin_id": UUID,
    "what": one_of(What),
    "field": or_null(TEXT),
    "path": list_of(TEXT),
    "before": ANY,
    "after": ANY,
    "unit": or_null(TEXT),
    "actor": or_null(Limits(type="string", options=(*NO_USERS, "user"))),
    "origin": or_null(TEXT),
    "at": TIME,
    "first_at": TIME,
    "count": WHOLE,
    "exactness": one_of(Exactness),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundChanges:
    """The changes after `since` and not after `until`, the latest first.

    What was before `known_since` nobody knows; None if everything is known. `damaged` is how many
    lines of the journal could not be read, `left` how many changes are not listed.
    """

    since: datetime
    until: datetime
    known_since: datetime | None
    damaged: int
    changes: Sequence[TwinChange]
    left: int


def read_period(reader: ObjectReader, usual: datetime | None = None) -> tuple[datetime, datetime]:
    """Read `since` and `until`: times, or days, of which `until` is over.

    Without a time zone they are times of the household. By default it is the last day until now, or
    since `usual`. Raises `TwinError` at the field: `invalid_time`, `out_of_range`, `in_future`,
    `period_reversed`.
    """
    now, zone = dt_util.utcnow(), dt_util.get_default_time_zone()
    until = reader.optional(UNTIL, partial(moment_of, zone=zone, is_end=True), now)
    since = reader.optional(SINCE, partial(moment_of, zone=zone, is_end=False), None)
    reader.raise_faults()
    until = min(until, now)
    since = since or usual or until - USUAL
    if since >= now:
        raise refuse("in_future", SINCE, value=_local(since))
    if since >= until:
        raise refuse("period_reversed", UNTIL, value=_local(until), since=_local(since))
    return since, until


def moment_of(value: object, context: Context, *, zone: tzinfo, is_end: bool) -> datetime:
    """Read a time, or a day, of which it is the beginning or the end."""
    days = PersonDay(zone)
    try:
        found = day(value, context)
    except TwinError as error:
        if error.key != "invalid_date":
            raise
        moment = instant(value, context, zone)
    else:
        moment = days.end_of(found) if is_end else days.start_of(found)
    if moment <= EARLIEST + USUAL:
        raise refuse("out_of_range", "", value=value, minimum=EARLIEST + USUAL, maximum=context.now)
    return moment


def _local(moment: datetime) -> str:
    return dt_util.as_local(moment).isoformat(timespec="seconds")


def may_know_values(actor: Actor, person: Person | None, metrics: Iterable[str]) -> bool:
    """Return whether the actor may know the values of metrics of somebody, who may be gone."""
    if person is None:
        return actor.access.everything
    return discloses(person, metrics, actor.audiences_about(person))


def chosen_twins(
    actor: Actor, names: Collection[str], field: str, kind: str | None = None
) -> set[TwinKey]:
    """Return the twins that a field names, of a kind if one is given, deleted ones, too.

    They are named by device, id, code, entity, or name in any case. Raises `TwinError` at the
    field: `not_found`, `ambiguous`; and `NotPermittedError`.
    """
    return {_chosen(actor, name, field, kind) for name in names}


def _chosen(actor: Actor, name: str, field: str, kind: str | None) -> TwinKey:
    finder, found = actor.finder, None
    for of_kind in [KINDS[kind]] if kind else KINDS.values():
        try:
            found = of_kind, finder.spoken(of_kind, {field: name}, field)
            break
        except TwinError as error:
            if error.key != "not_found":
                raise
    if found:
        of_kind, twin = found
        actor.access.require_read(twin, field)
        return TwinKey(of_kind.name, of_kind.id_of(twin))
    deleted = TwinKey(*finder.chosen_deleted({field: name}, field))
    gone = deleted_twin(actor, deleted)
    if gone is None or kind not in (None, deleted.kind):
        raise refuse("not_found", field, value=name)
    actor.access.require_read(gone, field)
    return deleted


def deleted_twin(actor: Actor, key: TwinKey) -> Twin | None:
    """Return the record of a deleted twin, None where it cannot be read."""
    document = actor.registry.deletions.of(key.kind)[key.twin_id]
    try:
        return cast("Twin", decode(KINDS[key.kind], document, actor.registry.context(stored=True)))
    except TwinError:
        return None


def _readable(
    actor: Actor, kind: str | None, keys: Collection[TwinKey] | None
) -> dict[TwinKey, Twin]:
    """Return the twins that the actor may read, also deleted ones; of a kind, or among the keys."""
    found: dict[TwinKey, Twin] = {}
    for name in KINDS if kind is None else (kind_named(kind).name,):
        for twin_id in actor.registry.deletions.of(name):
            if gone := deleted_twin(actor, key := TwinKey(name, twin_id)):
                found[key] = gone
        twins = cast("Mapping[str, Twin]", actor.registry.records(name))
        found |= {TwinKey(name, twin_id): twin for twin_id, twin in twins.items()}
    return {
        key: twin
        for key, twin in found.items()
        if (keys is None or key in keys) and actor.access.may_read(twin)
    }


async def async_changes(
    actor: Actor,
    since: datetime,
    until: datetime,
    *,
    kind: str | None = None,
    keys: Collection[TwinKey] | None = None,
    health: bool = True,
    most: int | None = MOST_CHANGES,
) -> FoundChanges:
    """Return what changed of all twins that the actor may read, of a kind, or of some twins.

    `health` is whether health values are told. Of other people nothing is, nor a value that a goal
    has of one whose values are private. Deleted twins are told of until they are deleted for good.
    """
    told = _readable(actor, kind, keys)
    names = {
        key: TwinName(twin.name, twin.goal_code if isinstance(twin, Goal) else None)
        for key, twin in told.items()
    }
    # Whose values the actor may see: what anybody else measured is private.
    shown = {
        key
        for key, person in actor.registry.persons.items()
        if may_know_values(actor, person, (ALL, *person.consent))
    }
    past = await actor.registry.past.async_changes(since, until, keys)
    # While the journal was read, a twin may have been deleted for good, or given to somebody else.
    names = {key: names[key] for key in _readable(actor, kind, keys) if key in names}
    found = await actor.hass.async_add_executor_job(
        partial(
            _worked_out,
            past,
            names,
            {key: twin.owner_person_id for key, twin in told.items() if isinstance(twin, Goal)},
            shown_owners=(
                None if actor.access.everything and not actor.audiences else frozenset(shown)
            ),
            household_only=actor.access.household_only,
            now=dt_util.utcnow(),
        )
    )
    if health:
        for key, twin in told.items():
            if isinstance(twin, Person) and key in names and key.twin_id in actor.registry.persons:
                found += _health(actor, twin, since, until)
    found.sort(key=lambda each: each.at, reverse=True)
    return FoundChanges(
        since=since,
        until=until,
        known_since=past.known_since,
        damaged=past.damaged,
        changes=found[:most],
        left=0 if most is None else max(0, len(found) - most),
    )


def _worked_out(
    past: PastChanges,
    names: Mapping[TwinKey, TwinName],
    owners: Mapping[TwinKey, str | None],
    *,
    shown_owners: frozenset[str] | None,
    household_only: bool,
    now: datetime,
) -> list[TwinChange]:
    """Return the changes of parts, without what is private. Runs in a worker thread.

    `shown_owners` are the people whose values may be told, None for everybody's.
    """
    everyone = {key: {owner} for key, owner in owners.items()}
    known = [(key, document.get(OWNER)) for key, document in past.latest.items()]
    for change in past.changes:
        if change.field == OWNER:
            # Somebody unknown is nobody whose values may be told.
            several = (change.before, change.after) if change.is_known else ("",)
            known += [(change.key, each) for each in several]
    for key, owner in known:
        if key in everyone:
            everyone[key].add(None if owner is None else str(owner))
    if household_only:
        names = {key: name for key, name in names.items() if everyone.get(key, {None}) == {None}}

    def is_private(change: TwinChange) -> bool:
        """Return whether a goal belonged to somebody in that time whose values are private."""
        return shown_owners is not None and any(
            owner is not None and owner not in shown_owners for owner in everyone[change.key]
        )

    found = twin_changes(past.changes, names)
    found += progress_changes(past.changes, past.latest, names, now)
    return [*without_values(found, is_private, MEASURED)]


def _health(actor: Actor, person: Person, since: datetime, until: datetime) -> list[TwinChange]:
    source = HealthSource(
        key=TwinKey(PERSON.name, person.person_id),
        name=TwinName(person.name),
        days=actor.registry.person_days(person),
        histories={
            metric: history
            for metric, history in actor.registry.histories(person.person_id).items()
            if discloses(person, (metric,), actor.audiences)
        },
        catalogue=actor.registry.catalogue,
    )
    return health_changes(source, since, until)


async def async_goal_news(
    actor: Actor, since: datetime | None, about: Person | None
) -> list[GoalNews]:
    """Return what a briefing tells of changes until now: of the goals of a person, or of all."""
    now, keys = dt_util.utcnow(), None
    if about is not None:
        keys = {
            key
            for key, twin in _readable(actor, GOAL.name, None).items()
            if isinstance(twin, Goal) and twin.owner_person_id == about.person_id
        }
    found = await async_changes(
        actor, since or now - USUAL, now, kind=GOAL.name, keys=keys, health=False, most=None
    )
    return goal_news(found.changes)


def change_document(change: TwinChange) -> Document:
    """Return a change without names: who made it is a user, an automation, or the integration."""
    author = change.author
    return {
        "kind": change.key.kind,
        "twin_id": change.key.twin_id,
        "what": change.what.value,
        "field": change.field or None,
        "path": [*change.path],
        "before": change.before,
        "after": change.after,
        "unit": change.unit,
        "actor": author and (author.actor if author.actor in NO_USERS else "user"),
        "origin": author and author.origin,
        "at": change.at.isoformat(),
        "first_at": change.first_at.isoformat(),
        "count": change.count,
        "exactness": change.exactness.value,
    }
