"""Permissions: who may read and write which twin, and readers who follow what they may read.

Only commands check permissions.

An administrator may read and write everything. Another user may read homes and goals, and read
and write only the person that their account is linked to, with that person's goals. A call
without a user, such as that of an automation, is trusted.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import NamedTuple, cast

from homeassistant.auth.models import User
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError, UnknownUser
from homeassistant.helpers.json import json_bytes, json_fragment

from ..const import DOMAIN
from ..engine.core.entity_ids import linked_user_id
from ..engine.core.feed import Cause, Origin
from ..engine.core.registry import KINDS, TwinRegistry
from ..engine.core.timers import TimeSlices
from ..engine.documents import Document, twin_document
from ..engine.runtime import Runtime
from ..twin.goals.goal import GOAL, Goal
from ..twin.goals.references import Twin
from ..twin.people.person import Person
from .finder import Finder, kind_named, selection

# In a form of the UI the administrator is unknown: Home Assistant does not pass the user.
BY_UI = Cause(origin=Origin.UI)
OWNER = "owner_person_id"
LINK = "person_entity"


class NotPermittedError(ServiceValidationError):
    """The rule does not let the caller do this.

    It is not Home Assistant's `Unauthorized`, which counts as a failed login in REST.
    """

    def __init__(self, key: str, field: str) -> None:
        super().__init__(
            translation_domain=DOMAIN,
            translation_key=key,
            translation_placeholders={"field": field},
        )


@dataclass(frozen=True, slots=True)
class Access:
    """The permissions of a caller: everything, or the given persons and their goals.

    Every `require_` method raises `NotPermittedError` for what is not allowed; `field` is the
    field in which the caller named the twin.
    """

    everything: bool
    person_ids: frozenset[str] = frozenset()

    def may_read(self, twin: Twin) -> bool:
        """Tell whether the caller may see a twin."""
        return not isinstance(twin, Person) or self._owns(twin.person_id)

    def require_read(self, twin: Twin, field: str) -> None:
        """Refuse the person of somebody else."""
        if not self.may_read(twin):
            raise NotPermittedError("own_person_only", field)

    def require_write(self, twin: Twin, field: str) -> None:
        """Refuse homes, the person of somebody else, and goals that are not that person's."""
        match twin:
            case Person() if not self._owns(twin.person_id):
                raise NotPermittedError("own_person_only", field)
            case Goal() if not self._owns(twin.owner_person_id):
                raise NotPermittedError("own_goals_only", field)
            case Person() | Goal():
                return
        self.require_everything(field)

    def require_create(self, kind: str, values: Mapping[str, object]) -> None:
        """Refuse a new twin, unless it is a goal of the caller's own person."""
        if kind == GOAL.name:
            self.require_values({OWNER: None, **values})
        else:
            self.require_everything(kind)

    def require_delete(self, twin: Twin, field: str) -> None:
        """Refuse homes and persons, also the own person, and goals of others."""
        if not isinstance(twin, Goal):
            self.require_everything(field)
        self.require_write(twin, field)

    def require_values(self, values: Mapping[str, object]) -> None:
        """Refuse values that would give a twin to somebody else.

        Only administrators may change the owner of a goal to somebody else, and the linked Home
        Assistant person, which decides whose account may write a person.
        """
        if OWNER in values and not self._owns(values[OWNER]):
            raise NotPermittedError("own_goals_only", OWNER)
        if LINK in values:
            self.require_everything(LINK)

    def require_everything(self, field: str) -> None:
        """Refuse everybody except administrators and calls without a user."""
        if not self.everything:
            raise NotPermittedError("administrators_only", field)

    def _owns(self, person_id: object) -> bool:
        return self.everything or (isinstance(person_id, str) and person_id in self.person_ids)


@dataclass(frozen=True, slots=True)
class Actor:
    """The caller of a command, with permissions and cause: the first argument of each command."""

    hass: HomeAssistant
    runtime: Runtime
    access: Access
    cause: Cause

    @property
    def registry(self) -> TwinRegistry:
        """The registry of twins."""
        return self.runtime.registry

    @property
    def finder(self) -> Finder:
        """Finds twins by their names."""
        return Finder(self.hass, self.registry)


type JsonPart = json_fragment | None


class ReadableTwin(NamedTuple):
    """What somebody may read of a twin: with or without the private values of its owner.

    It is equal for all who may read the same.
    """

    kind: str
    twin_id: str
    private: bool

    def document(self, runtime: Runtime) -> Document:
        """Return the document; raises `TwinError` (`not_found`) when the twin is gone."""
        return twin_document(runtime, self.kind, self.twin_id, private=self.private)


def readable_twin(actor: Actor, kind: str, twin_id: str) -> ReadableTwin | None:
    """Return what the actor may read of a twin; None for nothing, and where there is no twin."""
    twin = cast("Twin | None", actor.registry.records(kind).get(twin_id))
    return readable_parts(actor, kind, twin) if twin and actor.access.may_read(twin) else None


def readable_parts(actor: Actor, kind: str, twin: Twin) -> ReadableTwin:
    """Return what the actor may read of a twin that they may read."""
    owner_id = twin.owner_person_id if isinstance(twin, Goal) else None
    owner = actor.registry.persons.get(owner_id or "")
    private = owner is None or actor.access.may_read(owner)
    return ReadableTwin(kind, KINDS[kind].id_of(twin), private)


class SharedDocuments:
    """Documents for many readers at a time: each is made once, and equal ones are one object.

    `known` has the documents that readers may have kept from before.
    """

    def __init__(self, known: dict[ReadableTwin, Document]) -> None:
        self._known = known
        self._made: dict[ReadableTwin, Document] = {}
        # With the documents, so that their ids stay theirs.
        self._parts: dict[tuple[int, int, frozenset[str]], tuple[object, object, JsonPart]] = {}

    def get(self, actor: Actor, kind: str, twin_id: str) -> Document | None:
        """Return what the actor may read of a twin, None for nothing."""
        if (readable := readable_twin(actor, kind, twin_id)) is None:
            if twin_id not in actor.registry.records(kind):
                for private in (True, False):
                    self._known.pop(ReadableTwin(kind, twin_id, private), None)
            return None
        if (document := self._made.get(readable)) is None:
            document = readable.document(actor.runtime)
            known = self._known.get(readable)
            document = known if known is not None and known == document else document
            self._made[readable] = self._known[readable] = document
        return document

    def part(self, before: Document | None, after: Document, wanted: frozenset[str]) -> JsonPart:
        """Return the wanted parts of a document in JSON, or the difference from one before.

        A difference is `{revision, fields, values}`, of the wanted parts; None where there is none.
        """
        if before is after:
            return None
        key = (id(before), id(after), wanted)
        if (found := self._parts.get(key)) is None:
            part = _wanted(after, wanted) if before is None else _changes(before, after, wanted)
            fragment = None if part is None else json_fragment(json_bytes(part))
            found = self._parts[key] = (before, after, fragment)
        return found[2]


def _wanted(document: Document, wanted: frozenset[str]) -> Document:
    return {name: part for name, part in document.items() if name in wanted}


def _changes(before: Document, after: Document, wanted: frozenset[str]) -> Document | None:
    names = [
        name
        for name in {**before, **after}
        if name in wanted and (name not in before or before[name] != after.get(name))
    ]
    if not names:
        return None
    values: Document = {name: after[name] for name in names if name in after}
    return {"revision": after["revision"], "fields": [*names], "values": values}


class News(NamedTuple):
    """What is new for a reader: JSON of documents, JSON of differences by id, and ids."""

    added: list[JsonPart]
    changed: dict[str, JsonPart]
    removed: list[str]


@dataclass(slots=True, eq=False)
class DocumentReader:
    """Somebody who follows the twins of a kind.

    `twin_ids` is None for all of them, `wanted` are the names of the wanted parts. `known` has the
    documents that the reader knows, `due` the ids of twins that may differ from them.
    """

    actor_of: Callable[[Runtime], Actor]
    kind: str
    twin_ids: frozenset[str] | None
    wanted: frozenset[str]
    access: Access
    known: dict[str, Document] = field(default_factory=dict)
    due: set[str] = field(default_factory=set)

    def mark(self, twin_ids: Iterable[str]) -> None:
        """Mark twins as due, as far as they are followed."""
        self.due |= {*twin_ids} if self.twin_ids is None else self.twin_ids.intersection(twin_ids)

    def mark_all(self, registry: TwinRegistry) -> None:
        """Mark all twins as due that there are, and those that the reader knows."""
        self.mark(registry.records(self.kind))
        self.due |= self.known.keys()

    def check_access(self, runtime: Runtime) -> None:
        """Mark all twins as due if the permissions of the reader have changed."""
        actor = self.actor_of(runtime)
        if actor.access != self.access:
            self.access = actor.access
            self.mark_all(actor.registry)

    async def async_read(
        self, runtime: Runtime, shared: SharedDocuments, slices: TimeSlices
    ) -> News:
        """Read what is due; permissions are those of the moment at which each twin is read."""
        due, self.due = self.due, set()
        found: list[tuple[str, Document | None, JsonPart]] = []
        try:
            actor = self.actor_of(runtime)
            for twin_id in due:
                if await slices.pause():
                    actor = self.actor_of(runtime)
                before = self.known.get(twin_id)
                after = shared.get(actor, self.kind, twin_id)
                part = shared.part(before, after, self.wanted) if after else None
                found.append((twin_id, after, part))
        except BaseException:
            self.due |= due
            raise
        return self._news(found)

    def _news(self, found: Iterable[tuple[str, Document | None, JsonPart]]) -> News:
        added: list[tuple[str, JsonPart]] = []
        news = News([], {}, [])
        for twin_id, after, part in found:
            before = self.known.pop(twin_id, None)
            if after is not None:
                self.known[twin_id] = after
                if before is None:
                    added.append((_order(after), part))
                elif part is not None:
                    news.changed[twin_id] = part
            elif before is not None:
                news.removed.append(twin_id)
        added.sort(key=itemgetter(0))
        news.added.extend(part for _, part in added)
        return news


def follow_twins(
    actor: Actor,
    actor_of: Callable[[Runtime], Actor],
    kind: str,
    names: Iterable[str] | None = None,
    fields: Iterable[str] | None = None,
    *,
    field: str = "twins",
) -> DocumentReader:
    """Return a reader of twins that are named by id or code, or of all twins of a kind.

    Raises `TwinError` for each unknown field, and for names at `field[0]` and so on, where
    `NotPermittedError` is possible, too. `actor_of` returns the reader with the present rights.
    """
    found = kind_named(kind)
    _, wanted = selection(kind, {}, fields, actor.registry.context())
    ids: set[str] = set()
    for index, name in enumerate(names or ()):
        twin = actor.finder.identified(found, name, f"{field}[{index}]")
        actor.access.require_read(twin, f"{field}[{index}]")
        ids.add(found.id_of(twin))
    followed = None if names is None else frozenset(ids)
    return DocumentReader(actor_of, kind, followed, wanted, actor.access)


def _order(document: Document) -> str:
    """Return what lists are sorted by: the code of a goal, or the name."""
    return str(document.get("goal_code") or document["name"]).casefold()


async def async_actor(
    hass: HomeAssistant, runtime: Runtime, context: Context, origin: Origin
) -> Actor:
    """Return the actor of a context: a user, or an automation, which may do everything.

    Raises `UnknownUser` for a user that no longer exists.
    """
    access = await async_access_of_call(hass, runtime.registry, context)
    return Actor(hass, runtime, access, Cause.of_call(context, origin))


@callback
def async_user_actor(
    hass: HomeAssistant, runtime: Runtime, user: User, context: Context, origin: Origin
) -> Actor:
    """Return the actor of a connection of a user who is logged in."""
    access = async_access_of_user(hass, runtime.registry, user)
    return Actor(hass, runtime, access, Cause.of_call(context, origin))


@callback
def async_ui_actor(hass: HomeAssistant, runtime: Runtime, user: User | None = None) -> Actor:
    """Return the actor of a list or, without a user, of a form, which needs an administrator."""
    access = async_access_of_user(hass, runtime.registry, user)
    cause = Cause(user.id, Origin.UI, Context(user_id=user.id)) if user else BY_UI
    return Actor(hass, runtime, access, cause)


@callback
def async_access_of_user(hass: HomeAssistant, registry: TwinRegistry, user: User | None) -> Access:
    """Return the permissions of a user; None, a call without a user, may do everything."""
    if user is None or user.is_admin:
        return Access(everything=True)
    own = (
        person.person_id
        for person in registry.persons.values()
        if linked_user_id(hass, person) == user.id
    )
    return Access(everything=False, person_ids=frozenset(own))


async def async_access_of_call(
    hass: HomeAssistant, registry: TwinRegistry, context: Context
) -> Access:
    """Return the permissions of the caller of an action.

    Raises `UnknownUser` for a user that no longer exists.
    """
    if context.user_id is None:
        return async_access_of_user(hass, registry, None)
    user = await hass.auth.async_get_user(context.user_id)
    if user is None:
        raise UnknownUser(context=context)
    return async_access_of_user(hass, registry, user)
