"""The WebSocket commands `digital_twin/…`, and the subscriptions of the clients.

Each command reads a message, calls one function of `commands/`, and sends the answer. Schemas of
Home Assistant judge nothing: it would log what they refuse, with the values.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
import logging
from typing import Any, Final

from homeassistant.auth import EVENT_USER_UPDATED
from homeassistant.components import websocket_api
from homeassistant.components.person import ATTR_USER_ID, DOMAIN as PERSON_DOMAIN
from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.event import TrackStates, async_track_state_change_filtered
from homeassistant.helpers.json import json_bytes, json_fragment
from homeassistant.helpers.singleton import singleton
from homeassistant.util.hass_dict import HassKey
import probatio

from ..commands import twins
from ..commands.access import Access, Actor, NotPermittedError, ReadableTwin, async_user_actor
from ..commands.changes import KIND
from ..commands.charts import dashboard_document, goal_map_document, weeks_document
from ..commands.earlier import async_document_at, earlier_key, read_at
from ..commands.finder import kind_named
from ..commands.following import DocumentReader, News, SharedDocuments, follow_twins
from ..commands.simulations import async_simulate
from ..const import DOMAIN
from ..engine.core.feed import ADDED, ANY_FIELD, EVENTS, REMOVED, Change, Origin, Topic
from ..engine.core.files import StoreFailedError
from ..engine.core.registry import KINDS
from ..engine.core.timers import Rounds, TimeSlices
from ..engine.documents import Document, deleted_document
from ..engine.earlier_documents import AT
from ..engine.runtime import Runtime, loaded_runtime
from ..engine.subentries import SUBENTRY_READY
from ..twin.errors import TwinError, refuse, without_values
from ..twin.goals.goal import GOAL, Goal
from ..twin.metrics.person import PERSON
from ..twin.records.fields import Context, ObjectReader
from ..twin.records.naming import short_text
from ..twin.records.parsers import counter, texts, truth
from ..twin.values import PlainJson
from .changes import TWINS, async_what_changed
from .correlations import async_go_together
from .errors import async_websocket_error

_LOGGER = logging.getLogger(__name__)

type Message = dict[str, Any]
# Documents may be written already.
type Result = PlainJson | list[json_fragment]
type WebSocketCommand = Callable[[Actor, ObjectReader], Awaitable[Result]]

TWIN: Final = "twin"
FIELDS: Final = "fields"
REVISION: Final = "revision"
# A client with more messages than this that wait for it gets no more, and is asked again later.
MOST_WAITING: Final = 16
ASK_AGAIN: Final = 0.25
# Changes that no document shows.
UNSHOWN: Final = frozenset({EVENTS, SUBENTRY_READY})
# Changes of persons that may change the rights of users, and of goals that change dependencies.
RIGHTS: Final = frozenset({ADDED, REMOVED, "person_entity"})
EDGES: Final = frozenset({ADDED, REMOVED, "dependencies"})
EVERYTHING: Final = tuple(Topic(kind, None, ANY_FIELD) for kind in KINDS)
PERSONS: Final = TrackStates(all_states=False, entities=set(), domains={PERSON_DOMAIN})
ANY_MESSAGE: Final = probatio.Schema({}, extra=probatio.ALLOW_EXTRA)


@callback
def async_setup_websocket(hass: HomeAssistant) -> None:
    """Register the commands; they answer with an error while no entry is loaded."""
    for name, command in COMMANDS.items():
        _register(hass, name, partial(_async_answer, command))
    _register(hass, "subscribe", _async_subscribe)


def _register(
    hass: HomeAssistant, name: str, handler: websocket_api.AsyncWebSocketCommandHandler
) -> None:
    @websocket_api.async_response
    async def answer(hass: HomeAssistant, connection: ActiveConnection, message: Message) -> None:
        try:
            await handler(hass, connection, message)
        except (TwinError, NotPermittedError, StoreFailedError) as error:
            connection.send_message(await async_websocket_error(hass, message["id"], error))

    websocket_api.async_register_command(hass, f"{DOMAIN}/{name}", answer, ANY_MESSAGE)


async def _async_answer(
    command: WebSocketCommand, hass: HomeAssistant, connection: ActiveConnection, message: Message
) -> None:
    actor = _actor(hass, connection)
    connection.send_result(message["id"], await command(actor, _reader(actor, message)))


def _actor(hass: HomeAssistant, connection: ActiveConnection) -> Actor:
    if (runtime := loaded_runtime(hass)) is None:
        raise refuse("not_loaded", "")
    return _actor_in(hass, connection, runtime)


def _actor_in(hass: HomeAssistant, connection: ActiveConnection, runtime: Runtime) -> Actor:
    context = connection.context({})
    return async_user_actor(hass, runtime, connection.user, context, Origin.WEBSOCKET)


def _reader(actor: Actor, message: Message) -> ObjectReader:
    data = {name: value for name, value in message.items() if name not in ("id", "type")}
    return ObjectReader(data, actor.registry.context())


async def _async_list(actor: Actor, reader: ObjectReader) -> list[json_fragment]:
    reader.only((KIND, "filters", FIELDS))
    kind = reader.required(KIND, short_text, "")
    filters: Mapping[str, str] = reader.optional("filters", _filters, {})
    fields = reader.optional(FIELDS, texts, None)
    reader.raise_faults()
    documents = twins.async_documents(actor, kind, filters, fields)
    return [json_fragment(json_bytes(document)) async for document in documents]


async def _async_get(actor: Actor, reader: ObjectReader) -> PlainJson:
    kind, twin = _kind_and_twin(reader, AT)
    if (at := read_at(reader)) is None:
        return twins.document_of_kind(actor, kind, twin, TWIN)
    kind_named(kind)
    return await async_document_at(actor, earlier_key(actor, twin, TWIN, kind), at, TWIN)


async def _async_create(actor: Actor, reader: ObjectReader) -> PlainJson:
    reader.only((KIND, "values"))
    kind = reader.required(KIND, short_text, "")
    values: Mapping[str, object] = reader.required("values", _object, {})
    reader.raise_faults()
    return await twins.async_create_document(actor, kind, values)


async def _async_update(actor: Actor, reader: ObjectReader) -> PlainJson:
    kind, twin = _kind_and_twin(reader, "patch", REVISION)
    patch: Mapping[str, object] = reader.required("patch", _object, {})
    revision = reader.optional(REVISION, counter, None)
    reader.raise_faults()
    return await twins.async_patch_document(actor, kind, twin, patch, revision=revision, field=TWIN)


async def _async_delete(actor: Actor, reader: ObjectReader) -> PlainJson:
    kind, twin = _kind_and_twin(reader, "force", REVISION)
    force = reader.optional("force", truth, absent=False)
    revision = reader.optional(REVISION, counter, None)
    reader.raise_faults()
    found = twins.twin_of_kind(actor, kind, twin, TWIN, Access.require_delete)
    references = await twins.async_delete_document(
        actor, kind, twin, force=force, revision=revision, field=TWIN
    )
    return deleted_document(kind, found, references)


def _drawn(draw: Callable[[Actor, ObjectReader], PlainJson]) -> WebSocketCommand:
    async def answer(actor: Actor, reader: ObjectReader) -> PlainJson:
        return draw(actor, reader)

    return answer


COMMANDS: Final[Mapping[str, WebSocketCommand]] = {
    "list": _async_list,
    "get": _async_get,
    "create": _async_create,
    "update": _async_update,
    "delete": _async_delete,
    "query": twins.async_query_twins,
    "dashboard": _drawn(dashboard_document),
    "goal_map": _drawn(goal_map_document),
    "weeks": _drawn(weeks_document),
    "changes": async_what_changed,
    "correlations": async_go_together,
    "simulate": async_simulate,
}


def _kind_and_twin(reader: ObjectReader, *others: str) -> tuple[str, str]:
    reader.only((KIND, TWIN, *others))
    return reader.required(KIND, short_text, ""), reader.required(TWIN, short_text, "")


@without_values()
def _object(value: object, _context: Context) -> Mapping[str, object]:
    """Read an object of any parts; the refused value is not named, for it may be private."""
    if not isinstance(value, dict):
        raise refuse("wrong_type", "", value=value, expected="object")
    return value


def _filters(value: object, context: Context) -> Mapping[str, str]:
    """Read texts by name; what is not a text is compared as JSON writes it."""
    return {
        name: part if isinstance(part, str) else json_bytes(part).decode()
        for name, part in _object(value, context).items()
    }


async def _async_subscribe(
    hass: HomeAssistant, connection: ActiveConnection, message: Message
) -> None:
    """Send the documents that the client may read, and from then on what changes of them."""
    actor, actor_of = _actor(hass, connection), partial(_actor_in, hass, connection)
    reader = _reader(actor, message)
    reader.only((KIND, TWINS, FIELDS))
    kind = reader.required(KIND, short_text, "")
    names = reader.optional(TWINS, texts, None)
    fields = reader.optional(FIELDS, texts, None)
    reader.raise_faults()
    following = follow_twins(actor, actor_of, kind, names, fields, field=TWINS)
    subscription = TwinSubscription(connection, message["id"], following)
    connection.send_result(message["id"])
    connection.subscriptions[message["id"]] = async_subscriptions(hass).async_add(subscription)


@dataclass(slots=True, eq=False)
class TwinSubscription:
    """A subscription of a client; its first event is the snapshot."""

    connection: ActiveConnection
    message_id: int
    reader: DocumentReader
    is_new: bool = True

    @property
    def waiting(self) -> int:
        """The number of messages that wait for the client.

        Home Assistant closes connections with thousands, and does not tell it; unknown is none.
        """
        handler = getattr(self.connection.send_message, "__self__", None)
        return len(getattr(handler, "_message_queue", ()))

    @callback
    def async_send(self, news: News) -> None:
        """Send an event with what is new, if there is anything."""
        if self.is_new:
            event: Message = {"type": "snapshot", KIND: self.reader.kind, TWINS: news.added}
        elif any(news):
            event = {"type": "changes", KIND: self.reader.kind, **news._asdict()}
        else:
            return
        self.is_new = False
        self.connection.send_event(self.message_id, event)


class Subscriptions:
    """The subscriptions of all clients; they outlive a reload of the entry.

    What changed is collected. In a round each client gets one message with what became of it,
    unless too many wait for it already. So a busy house and a slow client make fewer messages.
    """

    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass
        self._rounds = Rounds(hass, self._async_round)
        self._open: dict[TwinSubscription, None] = {}
        self._runtime: Runtime | None = None
        self._ends: list[CALLBACK_TYPE] = []
        self._known: dict[ReadableTwin, Document] = {}
        self._changed: dict[str, set[str]] = {kind: set() for kind in KINDS}
        self._rights_changed = False

    @callback
    def async_add(self, subscription: TwinSubscription) -> CALLBACK_TYPE:
        """Send a snapshot, and then what changes; return what ends that."""
        self._open[subscription] = None
        if self._runtime:
            if len(self._open) == 1:
                self._listen(self._runtime)
            subscription.reader.mark_all(self._runtime.registry)
            self._rounds.request()
        return partial(self._remove, subscription)

    @callback
    def _remove(self, subscription: TwinSubscription) -> None:
        self._open.pop(subscription, None)
        if not self._open:
            self._cease()

    @callback
    def async_follow(self, runtime: Runtime) -> CALLBACK_TYPE:
        """Follow a loaded entry; return what ends that."""
        self._runtime = runtime
        if self._open:
            self._listen(runtime)
            for subscription in self._open:
                subscription.reader.mark_all(runtime.registry)
            self._rounds.request()
        return self._unload

    @callback
    def _unload(self) -> None:
        self._runtime = None
        self._cease()

    @callback
    def async_remove_all(self) -> None:
        """Tell all clients that no twin is left: the entry was removed."""
        for subscription in self._open:
            removed = [*subscription.reader.known]
            subscription.reader.known.clear()
            subscription.async_send(News([], {}, removed))

    def _listen(self, runtime: Runtime) -> None:
        persons = async_track_state_change_filtered(self._hass, PERSONS, self._person_changed)
        self._ends = [
            persons.async_remove,
            self._hass.bus.async_listen(EVENT_USER_UPDATED, self._user_updated),
            runtime.feed.subscribe(EVERYTHING, self._twins_changed),
        ]

    def _cease(self) -> None:
        for end in self._ends:
            end()
        self._ends = []
        self._known.clear()
        self._rounds.stop()

    @callback
    def _twins_changed(self, changes: Iterable[Change]) -> None:
        for change in changes:
            if change.fields <= UNSHOWN:
                continue
            changed = self._changed[change.kind]
            if change.twin_id is not None:
                changed.add(change.twin_id)
            elif self._runtime:
                changed.update(self._runtime.registry.records(change.kind))
            for goal in (change.before, change.after) if change.fields & EDGES else ():
                # The document of a goal names those that depend on it.
                changed.update(goal.dependencies if isinstance(goal, Goal) else ())
            if change.kind == PERSON.name and change.fields & RIGHTS:
                self._rights_changed = True
        self._rounds.request()

    @callback
    def _user_updated(self, _event: object) -> None:
        self._rights_changed = True
        self._rounds.request()

    @callback
    def _person_changed(self, event: Event[EventStateChangedData]) -> None:
        states = (event.data["old_state"], event.data["new_state"])
        if len({state.attributes.get(ATTR_USER_ID) if state else None for state in states}) > 1:
            self._user_updated(event)

    async def _async_round(self, slices: TimeSlices) -> float | None:
        """Tell each client what changed; return when those that are behind are tried again."""
        if (runtime := self._runtime) is None:
            return None
        self._distribute(runtime)
        shared, again = SharedDocuments(self._known), None
        for subscription in [*self._open]:
            if not (subscription.reader.due or subscription.is_new):
                continue
            if subscription.waiting > MOST_WAITING:
                again = ASK_AGAIN
                continue
            try:
                news = await subscription.reader.async_read(runtime, shared, slices)
            except Exception:
                _LOGGER.exception("A subscription could not be told what changed")
                continue
            if subscription in self._open:
                subscription.async_send(news)
        if not self._open:
            self._known.clear()
        return again

    def _distribute(self, runtime: Runtime) -> None:
        """Have each reader know what changed, as far as they follow it."""
        changed, self._changed = self._changed, {kind: set() for kind in KINDS}
        rights_changed, self._rights_changed = self._rights_changed, False
        changed[GOAL.name] |= runtime.assessments.all_dependents(changed[GOAL.name])
        for subscription in self._open:
            subscription.reader.mark(changed[subscription.reader.kind])
            if rights_changed:
                subscription.reader.check_access(runtime)


DATA_SUBSCRIPTIONS: HassKey[Subscriptions] = HassKey(f"{DOMAIN}_subscriptions")


@singleton(DATA_SUBSCRIPTIONS)
@callback
def async_subscriptions(hass: HomeAssistant) -> Subscriptions:
    """Return the subscriptions of all clients."""
    return Subscriptions(hass)
