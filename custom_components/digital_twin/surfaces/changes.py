"""Answers to what changed, with a sentence for each change, for all surfaces."""

from collections.abc import Collection, Mapping
from functools import partial
from typing import Final, cast

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util

from ..commands.access import Actor
from ..commands.changes import (
    CHANGE_PARTS,
    KIND,
    NO_USERS,
    SINCE,
    UNTIL,
    FoundChanges,
    async_changes,
    change_document,
    chosen_twins,
    read_period,
)
from ..commands.finder import kind_named
from ..const import DOMAIN
from ..engine.core.entity_ids import last_entity_id, linked_persons
from ..engine.core.registry import KINDS
from ..engine.core.timers import TimeSlices
from ..engine.documents import Document
from ..engine.health.sources import shown_unit
from ..engine.wording import wording_of
from ..twin.goals.change_texts import ChangeWording, change_text, change_words
from ..twin.goals.changes import TwinChange
from ..twin.goals.goal import Goal
from ..twin.goals.references import Twin
from ..twin.metrics.units import convert_unit
from ..twin.records.fields import Context, ObjectReader
from ..twin.records.limits import (
    TEXT,
    TIME,
    WHOLE,
    Limits,
    limited,
    limits_of,
    list_of,
    object_of,
    or_null,
)
from ..twin.records.naming import short_text
from ..twin.records.parsers import day, instant, texts
from ..twin.values import PlainJson

TWINS: Final = "twins"
CHANGE: Final = object_of(
    **CHANGE_PARTS, name=TEXT, goal_code=or_null(TEXT), by=or_null(TEXT), text=TEXT
)
CHANGES: Final = object_of(
    since=TIME,
    until=TIME,
    known_since=or_null(TIME),
    damaged=WHOLE,
    changes=list_of(CHANGE),
    not_listed=WHOLE,
)


@limited(Limits(any_of=(limits_of(short_text), limits_of(texts))))
def twin_names(value: object, context: Context) -> tuple[str, ...]:
    """Read the name of a twin, or a list of names."""
    return (short_text(value, context),) if isinstance(value, str) else texts(value, context)


MOMENT: Final = Limits(any_of=(limits_of(instant), limits_of(day)))
OF_KIND: Final = Limits(type="string", options=tuple(KINDS))
# The data of the action, and the parameters of REST.
QUESTION: Final = Limits(
    type="object",
    parts={TWINS: limits_of(twin_names), KIND: OF_KIND, SINCE: MOMENT, UNTIL: MOMENT},
)
PARAMETERS: Final[Mapping[str, tuple[str, Limits]]] = {
    SINCE: ("After this time, or from this day on; by default a day before the end.", MOMENT),
    UNTIL: ("Until this time, or to the end of this day; by default now.", MOMENT),
    KIND: ("Only twins of this kind.", OF_KIND),
    "id": ("Only this twin, by its id, the code of a goal, or its name.", TEXT),
}


async def async_get_changes(actor: Actor, data: Mapping[str, object]) -> Document:
    """Return the answer to the action."""
    return await async_what_changed(actor, ObjectReader(data, actor.registry.context()))


async def async_list_changes(actor: Actor, given: Mapping[str, str]) -> Document:
    """Return the answer to REST, which names one twin by `id`."""
    return await async_what_changed(actor, ObjectReader(given, actor.registry.context()), "id")


async def async_what_changed(actor: Actor, reader: ObjectReader, field: str = TWINS) -> Document:
    """Return what changed between two times, of all twins, of a kind or of those in a field."""
    reader.only((field, KIND, SINCE, UNTIL))
    names = reader.optional(field, twin_names, None)
    kind = reader.optional(KIND, short_text, None)
    since, until = read_period(reader)
    if kind is not None:
        kind_named(kind)
    keys = None if names is None else chosen_twins(actor, names, field, kind)
    found = await async_changes(actor, since, until, kind=kind, keys=keys)
    wording = await async_change_wording(actor, found.changes)
    slices, changes = TimeSlices(actor.hass.loop), list[PlainJson]()
    for change in found.changes:
        changes.append(_change_document(wording, change))
        await slices.pause()
    return {
        "since": since.isoformat(),
        "until": until.isoformat(),
        "known_since": found.known_since.isoformat() if found.known_since else None,
        "damaged": found.damaged,
        "changes": changes,
        "not_listed": found.left,
    }


async def async_change_lines(actor: Actor, found: FoundChanges) -> list[str]:
    """Return changes as sentences that name the twin in full and begin with the time."""
    wording = await async_change_wording(actor, found.changes)
    lines = []
    for change in found.changes:
        time = dt_util.as_local(change.at).strftime("%Y-%m-%d %H:%M")
        name = f"{change.name.code or ''} {change.name.name}".strip()
        lines.append(f"{time} {name}: {change_words(wording, change)}")
    return lines


async def async_change_wording(actor: Actor, changes: Collection[TwinChange]) -> ChangeWording:
    """Return what writes changes as sentences in the language of the household."""
    hass = actor.hass
    language = hass.config.language
    selectors = await async_get_translations(hass, language, "selector", {DOMAIN})
    ids = {each.author.actor for each in changes if each.author} - {*NO_USERS}
    users = {
        user_id: found.name
        for user_id in ids
        if (found := await hass.auth.async_get_user(user_id)) is not None
    }
    people = {
        user_id: persons[0]
        for user_id in ids
        if (persons := linked_persons(hass, actor.registry.persons.values(), user_id))
    }

    def user(user_id: str) -> str | None:
        person = people.get(user_id)
        return person.name if person else users.get(user_id)

    return ChangeWording(
        words=wording_of(selectors, language),
        twin=partial(_twin_name, actor),
        entity=partial(_entity_name, hass),
        user=user,
        amount=partial(_amount, actor),
    )


def _change_document(wording: ChangeWording, change: TwinChange) -> PlainJson:
    author = change.author
    is_user = author is not None and author.actor not in NO_USERS
    return {
        **change_document(change),
        "name": change.name.name,
        "goal_code": change.name.code,
        "by": wording.user(author.actor) if author and is_user else None,
        "text": change_text(wording, change),
    }


@callback
def _twin_name(actor: Actor, kind: str, twin_id: str) -> str | None:
    """Return the name of a twin that a value refers to, "?" for one that the caller may not know.

    None for one that was deleted for good.
    """
    twin = cast("Twin | None", actor.registry.records(kind).get(twin_id))
    if isinstance(twin, Goal):
        return f"{twin.goal_code} {twin.name}" if actor.access.may_read(twin) else "?"
    if twin is not None:
        return twin.name
    document = actor.registry.deletions.of(kind).get(twin_id)
    return str(document["name"]) if document else None


@callback
def _entity_name(hass: HomeAssistant, stored: str) -> str:
    entity_id = last_entity_id(hass, stored)
    state = hass.states.get(entity_id)
    return state.name if state else entity_id


@callback
def _amount(actor: Actor, person_id: str, metric: str, value: float) -> tuple[float, str]:
    """Return a value of a metric of a person as its sensor shows it, with the unit."""
    known = actor.registry.catalogue.get(metric)
    person = actor.registry.persons.get(person_id)
    if known is None or person is None:
        # Removed in this moment.
        return value, ""
    unit = shown_unit(actor.hass, person, known)
    return round(convert_unit(value, known.unit, unit), known.precision), unit
