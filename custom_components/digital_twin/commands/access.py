"""Permissions: who may read and write which twin. Only commands check them.

An administrator may read and write everything. Another user may read homes and goals, and read
and write only the person that their account is linked to, with that person's goals; one whom Home
Assistant lets only read reads the same, and writes nothing. A call without a user, such as that of
an automation, is trusted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, cast

from homeassistant.auth.const import GROUP_ID_READ_ONLY
from homeassistant.auth.models import TOKEN_TYPE_LONG_LIVED_ACCESS_TOKEN, User
from homeassistant.components.http.const import KEY_HASS_REFRESH_TOKEN_ID
from homeassistant.components.websocket_api import current_connection
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError, UnknownUser
from homeassistant.helpers.http import current_request

from ..const import DOMAIN
from ..engine.core.entity_ids import linked_persons
from ..engine.core.feed import Cause, Origin
from ..engine.core.registry import KINDS, TwinRegistry
from ..engine.documents import Document, twin_document
from ..engine.runtime import Runtime
from ..twin.enums import Audience
from ..twin.goals.goal import GOAL, Goal
from ..twin.goals.references import Twin
from ..twin.metrics.consent import EVERYTHING, HOUSEHOLD, Audiences
from ..twin.metrics.person import Person
from .finder import Finder

# In a form of the UI the administrator is unknown: Home Assistant does not pass the user.
BY_UI = Cause(origin=Origin.UI)
# The actor of a change that somebody made whom the loudspeaker does not know.
UNKNOWN = "unknown"
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

    With `household_only` the caller is unknown, and may only read homes and goals without an owner.
    With `read_only` the caller writes nothing.
    Every `require_` method raises `NotPermittedError` for what is not allowed; `field` is the
    field in which the caller named the twin.
    """

    everything: bool
    person_ids: frozenset[str] = frozenset()
    household_only: bool = False
    read_only: bool = False

    def may_read(self, twin: Twin) -> bool:
        """Tell whether the caller may see a twin."""
        if isinstance(twin, Goal):
            return not self.household_only or twin.owner_person_id is None
        return not isinstance(twin, Person) or self._owns(twin.person_id)

    def require_read(self, twin: Twin, field: str) -> None:
        """Refuse the person of somebody else; to an unknown caller also the goals of people."""
        if not self.may_read(twin):
            key = "household_only" if self.household_only else "own_person_only"
            raise NotPermittedError(key, field)

    def require_write(self, twin: Twin, field: str) -> None:
        """Refuse homes, the person of somebody else, and goals that are not that person's."""
        self._require_writer(field)
        match twin:
            case Person() if not self._owns(twin.person_id):
                raise NotPermittedError("own_person_only", field)
            case Goal() if not self._owns(twin.owner_person_id):
                raise NotPermittedError("own_goals_only", field)
            case Person() | Goal():
                return
        self.require_everything(field)

    def may_write(self, twin: Twin) -> bool:
        """Tell whether the caller may change a twin."""
        try:
            self.require_write(twin, "")
        except NotPermittedError:
            return False
        return True

    def require_new(self, kind: str) -> None:
        """Refuse whoever may create no twin of a kind at all."""
        if kind != GOAL.name:
            self.require_everything(kind)
        self._require_writer(kind)
        if not (self.everything or self.person_ids):
            raise NotPermittedError("own_goals_only", OWNER)

    def require_create(self, kind: str, values: Mapping[str, object]) -> None:
        """Refuse a new twin, unless it is a goal of the caller's own person."""
        self.require_new(kind)
        if kind == GOAL.name:
            self.require_values({OWNER: None, **values})

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
        self._require_writer(field)
        if not self.everything:
            raise NotPermittedError("administrators_only", field)

    def _require_writer(self, field: str) -> None:
        """Refuse who may write nothing at all, whatever it is."""
        if self.household_only:
            raise NotPermittedError("household_only", field)
        if self.read_only:
            raise NotPermittedError("read_only_user", field)

    def _owns(self, person_id: object) -> bool:
        return self.everything or (isinstance(person_id, str) and person_id in self.person_ids)


@dataclass(frozen=True, slots=True)
class Actor:
    """The caller of a command, with permissions and cause: the first argument of each command."""

    hass: HomeAssistant
    runtime: Runtime
    access: Access
    cause: Cause
    # To whom answers go besides the caller: what is told of metrics is what all of them may know.
    audiences: Audiences = EVERYTHING

    @property
    def household_audiences(self) -> Audiences:
        """To whom an answer goes that the household may know, too."""
        return (*HOUSEHOLD, *self.audiences)

    def audiences_about(self, person: Person | None) -> Audiences:
        """Return to whom an answer about somebody goes: to the household, if it is somebody else.

        None is nobody.
        """
        is_own = person is None or self.access.may_read(person)
        return self.audiences if is_own else self.household_audiences

    @property
    def registry(self) -> TwinRegistry:
        """The registry of twins."""
        return self.runtime.registry

    @property
    def finder(self) -> Finder:
        """Finds twins by their names."""
        return Finder(self.hass, self.registry)

    @property
    def own_person(self) -> Person | None:
        """The person whose account the caller has; None for an automation and an unlinked user."""
        persons = linked_persons(self.hass, self.registry.persons.values(), self.cause.actor)
        return persons[0] if persons else None

    @property
    def speaking_person(self) -> Person | None:
        """The person whom somebody means who says *I*: the own one, else the only one."""
        persons = list(self.registry.persons.values())
        return self.own_person or (persons[0] if len(persons) == 1 else None)


class ReadableTwin(NamedTuple):
    """What somebody may read of a twin: what its owner lets the audiences know.

    It is equal for all who may read the same.
    """

    kind: str
    twin_id: str
    audiences: Audiences

    def document(self, runtime: Runtime) -> Document:
        """Return the document; raises `TwinError` (`not_found`) when the twin is gone."""
        return twin_document(runtime, self.kind, self.twin_id, self.audiences)


def readable_twin(actor: Actor, kind: str, twin_id: str) -> ReadableTwin | None:
    """Return what the actor may read of a twin; None for nothing, and where there is no twin."""
    twin = cast("Twin | None", actor.registry.records(kind).get(twin_id))
    return readable_parts(actor, kind, twin) if twin and actor.access.may_read(twin) else None


def readable_parts(actor: Actor, kind: str, twin: Twin) -> ReadableTwin:
    """Return what the actor may read of a twin that they may read."""
    owner_id = twin.owner_person_id if isinstance(twin, Goal) else None
    owner = actor.registry.persons.get(owner_id or "")
    return ReadableTwin(kind, KINDS[kind].id_of(twin), actor.audiences_about(owner))


async def async_actor(
    hass: HomeAssistant, runtime: Runtime, context: Context, origin: Origin
) -> Actor:
    """Return the actor of a context: a user, or an automation, which may do everything.

    Raises `UnknownUser` for a user that no longer exists.
    """
    access = await async_access_of_call(hass, runtime.registry, context)
    audiences = _audiences(hass, context, origin)
    return Actor(hass, runtime, access, Cause.of_call(context, origin), audiences)


async def async_speaker(hass: HomeAssistant, runtime: Runtime, context: Context | None) -> Actor:
    """Return the actor of somebody who asks an assistant.

    A loudspeaker may not know who speaks: without a user it is not trusted as an automation is.
    Raises `UnknownUser` for a user that no longer exists.
    """
    if context is None or context.user_id is None:
        access = Access(everything=False, household_only=True)
        cause = Cause(UNKNOWN, Origin.ASSIST, context)
        return Actor(hass, runtime, access, cause, (Audience.ASSISTANTS,))
    return await async_actor(hass, runtime, context, Origin.ASSIST)


@callback
def async_user_actor(
    hass: HomeAssistant, runtime: Runtime, user: User, context: Context, origin: Origin
) -> Actor:
    """Return the actor of a connection of a user who is logged in."""
    access = async_access_of_user(hass, runtime.registry, user)
    audiences = _audiences(hass, context, origin)
    return Actor(hass, runtime, access, Cause.of_call(context, origin), audiences)


@callback
def _audiences(hass: HomeAssistant, context: Context, origin: Origin) -> Audiences:
    """Return to whom the answer to a call goes, besides the caller.

    An app has a long-lived access token, whatever it calls. What an automation does has no user,
    even if a call of an app set it off.
    """
    if origin is Origin.ASSIST:
        return (Audience.ASSISTANTS,)
    if origin is Origin.REST or (context.user_id is not None and _is_app(hass)):
        return (Audience.API,)
    return EVERYTHING


@callback
def _is_app(hass: HomeAssistant) -> bool:
    """Return whether the present call came with a long-lived access token."""
    if (connection := current_connection.get()) is not None:
        token_id = connection.refresh_token_id
    else:
        request = current_request.get()
        token_id = None if request is None else request.get(KEY_HASS_REFRESH_TOKEN_ID)
    token = hass.auth.async_get_refresh_token(token_id) if token_id else None
    return token is not None and token.token_type == TOKEN_TYPE_LONG_LIVED_ACCESS_TOKEN


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
    own = linked_persons(hass, registry.persons.values(), user.id)
    return Access(
        everything=False,
        person_ids=frozenset(person.person_id for person in own),
        read_only={group.id for group in user.groups} == {GROUP_ID_READ_ONLY},
    )


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
