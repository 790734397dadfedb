"""The REST API below `/api/digital_twin/`.

Each route reads a request, calls one command, and writes the answer; `openapi.py` describes them.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, Final

from aiohttp import hdrs
from aiohttp.web import HTTPException, Request, RequestPayloadError, Response
from homeassistant.components.http import KEY_HASS, KEY_HASS_USER, HomeAssistantView
from homeassistant.const import CONTENT_TYPE_JSON
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.json import json_bytes, json_fragment
import orjson

from ..commands import people, twins
from ..commands.access import Access, Actor, NotPermittedError, async_user_actor
from ..commands.earlier import async_document_at, earlier_key, read_at
from ..const import DOMAIN
from ..engine.core.feed import Origin
from ..engine.core.files import StoreFailedError
from ..engine.core.registry import KINDS
from ..engine.documents import Document, accepted_document, deleted_document
from ..engine.earlier_documents import AT
from ..engine.runtime import loaded_runtime
from ..twin.errors import TwinError, changed_faults, fault, refuse
from ..twin.records.fields import FaultCollector, ObjectReader
from ..twin.records.parsers import UNPRINTABLE
from ..twin.values import PlainJson
from .actions import Action, async_answer_what_if, async_query
from .changes import PARAMETERS as CHANGES, async_list_changes
from .correlations import PARAMETERS as CORRELATIONS, async_list_correlations
from .entity_tags import tagged, wanted_revision
from .errors import ID, MAX_BODY, PROBLEM, async_problem
from .openapi import API, FIELDS, MARKDOWN, MAX_LEVELS, PATCHES, description
from .reports import async_twin_report, prefers_markdown

type Handler[**P] = Callable[Concatenate[Any, Actor, Request, P], Awaitable[Response]]
# What answers parameters, and names in the path.
type Ask = Callable[..., Awaitable[Document]]
type Wrapped[**P] = Callable[Concatenate[Any, Request, P], Coroutine[Any, Any, Response]]


@callback
def async_setup_rest(hass: HomeAssistant) -> None:
    """Register the routes; they answer with a problem while no entry is loaded."""
    for view in (TwinsView, TwinView, ReadingsView, DescriptionView):
        hass.http.register_view(view)
    for question in (QuestionView(*each) for each in QUESTIONS.items()):
        hass.http.register_view(question)
    for path, (parameters, ask) in LISTS.items():
        hass.http.register_view(ListView(path, parameters, ask))


def answering[**P](handler: Handler[P]) -> Wrapped[P]:
    """Give a handler the actor of a request, and turn its errors into problems."""

    @wraps(handler)
    async def answer(
        view: Any,  # noqa: ANN401  # a view of this module
        request: Request,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Response:
        hass = request.app[KEY_HASS]
        try:
            return await handler(view, _actor(request), request, *args, **kwargs)
        except (TwinError, NotPermittedError, StoreFailedError) as error:
            status, problem = await async_problem(hass, error)
        headers = {hdrs.CONTENT_LANGUAGE: hass.config.language}
        if status is HTTPStatus.SERVICE_UNAVAILABLE:
            headers[hdrs.RETRY_AFTER] = "10"
        body = json_bytes(problem)
        return Response(body=body, status=status, content_type=PROBLEM, headers=headers)

    return answer


class TwinsView(HomeAssistantView):
    """All twins of a kind."""

    url = f"{API}/{{kinds:persons|homes|goals}}"
    name = f"api:{DOMAIN}:twins"

    @answering
    async def get(self, actor: Actor, request: Request, kinds: str) -> Response:
        """List the twins that the caller may read, by filters and with a projection."""
        filters = parameters_of(request, others=True)
        named = filters.pop(FIELDS, None)
        fields = None if named is None else [name for name in named.split(",") if name]
        documents = twins.async_documents(actor, kind_of_path(kinds), filters, fields)
        varies = {hdrs.VARY: hdrs.ACCEPT}
        if prefers_markdown(request):
            text = await async_twin_report(actor, kind_of_path(kinds), documents)
            return Response(text=text, content_type=MARKDOWN, headers=varies)
        return self.json(
            [json_fragment(json_bytes(document)) async for document in documents], headers=varies
        )

    head = get

    @answering
    async def post(self, actor: Actor, request: Request, kinds: str) -> Response:
        """Create a twin."""
        parameters_of(request)
        kind = kind_of_path(kinds)
        document = await twins.async_create_document(actor, kind, await _async_object(request))
        response = tagged(document, json_bytes(document))
        response.set_status(HTTPStatus.CREATED)
        response.headers[hdrs.LOCATION] = f"{API}/{kinds}/{document[KINDS[kind].id_field]}"
        return response


class TwinView(HomeAssistantView):
    """One twin, named by its id, or the code of a goal."""

    url = f"{API}/{{kinds:persons|homes|goals}}/{{twin}}"
    name = f"api:{DOMAIN}:twin"

    @answering
    async def get(self, actor: Actor, request: Request, kinds: str, twin: str) -> Response:
        """Return the document of a twin, as it is or as it was, unless the caller has it."""
        given = parameters_of(request, AT)
        kind, varies = kind_of_path(kinds), {hdrs.VARY: hdrs.ACCEPT}
        at = read_at(ObjectReader(given, actor.registry.context()))
        if at is None:
            document = twins.document_of_kind(actor, kind, twin, ID)
        else:
            key = earlier_key(actor, twin, ID, kind)
            document = await async_document_at(actor, key, at, ID)
        if at is None and prefers_markdown(request):
            text = await async_twin_report(actor, kind, _one(document), alone=True)
            response = tagged(document, text.encode(), MARKDOWN, headers=varies)
        else:
            response = tagged(document, json_bytes(document), headers=varies)
        etag = response.etag
        known = {each.value for each in request.if_none_match or ()}
        if etag is not None and known & {"*", str(document.get("revision")), etag.value}:
            unchanged = Response(status=HTTPStatus.NOT_MODIFIED, headers=varies)
            unchanged.etag = etag
            return unchanged
        return response

    head = get

    @answering
    async def patch(self, actor: Actor, request: Request, kinds: str, twin: str) -> Response:
        """Apply a merge patch to a twin; return its document."""
        parameters_of(request)
        kind = kind_of_path(kinds)
        patch = await _async_object(request, PATCHES)
        present = twins.twin_of_kind(actor, kind, twin, ID, Access.require_write)
        revision = wanted_revision(request, present)
        document = await twins.async_patch_document(
            actor, kind, twin, patch, revision=revision, field=ID
        )
        return tagged(document, json_bytes(document))

    @answering
    async def delete(self, actor: Actor, request: Request, kinds: str, twin: str) -> Response:
        """Delete a twin; return its id, and the references to it that were removed."""
        force = parameters_of(request, "force").get("force", "false")
        if force not in ("true", "false"):
            raise refuse("wrong_type", "force", value=force, expected="true or false")
        kind = kind_of_path(kinds)
        found = twins.twin_of_kind(actor, kind, twin, ID, Access.require_delete)
        references = await twins.async_delete_document(
            actor,
            kind,
            twin,
            force=force == "true",
            revision=wanted_revision(request, found),
            field=ID,
        )
        return self.json(deleted_document(kind, found, references))


class ReadingsView(HomeAssistantView):
    """The readings of a person."""

    url = f"{API}/persons/{{person}}/readings"
    name = f"api:{DOMAIN}:readings"

    @answering
    async def get(self, actor: Actor, request: Request, person: str) -> Response:
        """Return the daily history of a metric."""
        given = parameters_of(request, "metric", "from", "to")
        history = people.daily_history(
            actor, person, given.get("metric"), given.get("from"), given.get("to")
        )
        return self.json(history)

    head = get

    @answering
    async def post(self, actor: Actor, request: Request, person: str) -> Response:
        """Record one reading, or several, all or none."""
        parameters_of(request)
        body = await _async_body(request)
        if isinstance(body, list):
            accepted = await people.async_add_readings(actor, person, body, ID)
        else:
            with changed_faults(lambda each: each.at(each.field.removeprefix("[0]").lstrip("."))):
                accepted = await people.async_add_readings(actor, person, [body], ID)
        return self.json(accepted_document(accepted))


class ListView(HomeAssistantView):
    """A question that stands in the parameters; nothing is written."""

    def __init__(self, path: str, parameters: Iterable[str], ask: Ask) -> None:
        self.url = f"{API}/{path}"
        self.name = f"api:{DOMAIN}:{path.rpartition('/')[-1]}"
        self._parameters = (*parameters,)
        self._ask = ask

    @answering
    async def get(self, actor: Actor, request: Request, /, **named: str) -> Response:
        """Return the answer about what the caller may read."""
        given = parameters_of(request, *self._parameters)
        return self.json(await self._ask(actor, given, *named.values()))

    head = get


class QuestionView(HomeAssistantView):
    """A question about all twins that stands in the body; nothing is written."""

    def __init__(self, name: str, ask: Action) -> None:
        self.url = f"{API}/{name}"
        self.name = f"api:{DOMAIN}:{name}"
        self._ask = ask

    @answering
    async def post(self, actor: Actor, request: Request) -> Response:
        """Return the answer about what the caller may read."""
        parameters_of(request)
        return self.json(await self._ask(actor, await _async_object(request)))


LISTS: Final[Mapping[str, tuple[Iterable[str], Ask]]] = {
    "changes": (CHANGES, async_list_changes),
    "persons/{person}/correlations": (CORRELATIONS, async_list_correlations),
}
QUESTIONS: Final[Mapping[str, Action]] = {"query": async_query, "simulate": async_answer_what_if}


class DescriptionView(HomeAssistantView):
    """The description of the API."""

    url = f"{API}/openapi.json"
    name = f"api:{DOMAIN}:openapi"

    @answering
    async def get(self, actor: Actor, request: Request) -> Response:
        """Return the description of the API as OpenAPI 3.1."""
        parameters_of(request)
        return self.json(description(actor.registry.context()))

    head = get


def _actor(request: Request) -> Actor:
    hass = request.app[KEY_HASS]
    if (runtime := loaded_runtime(hass)) is None:
        raise refuse("not_loaded", "")
    user, context = request[KEY_HASS_USER], HomeAssistantView.context(request)
    return async_user_actor(hass, runtime, user, context, Origin.REST)


async def _one(document: Document) -> AsyncGenerator[Document]:
    yield document


def kind_of_path(kinds: str) -> str:
    """Return the kind whose twins a path is of."""
    return kinds.removesuffix("s")


def parameters_of(request: Request, *allowed: str, others: bool = False) -> dict[str, str]:
    """Return the parameters of the query by name.

    Raises `TwinError` for one that is given twice, has control characters or, without `others`,
    is not allowed.
    """
    collector, found = FaultCollector(), dict[str, str]()
    for name, value in request.query.items():
        if not others and name not in allowed:
            collector.add(fault("unknown_parameter", name, allowed=allowed or ("-",)))
        elif name in found:
            collector.add(fault("given_twice", name))
        elif UNPRINTABLE.search(value):
            collector.add(fault("unprintable", name))
        found[name] = value
    collector.raise_faults()
    return found


async def _async_object(
    request: Request, types: tuple[str, ...] = (CONTENT_TYPE_JSON,)
) -> Mapping[str, object]:
    """Return the JSON object in the body of a request; see `_async_body`."""
    body = await _async_body(request, types)
    if not isinstance(body, dict):
        raise refuse("wrong_type", "", value=type(body).__name__, expected="object")
    return body


async def _async_body(request: Request, types: tuple[str, ...] = (CONTENT_TYPE_JSON,)) -> PlainJson:
    """Return the JSON in the body of a request of one of the media types.

    Raises `TwinError`: `content_type`, `body_too_large`, `invalid_json`, `too_deep`, and
    `unprintable` for a NUL anywhere.
    """
    charset = (request.charset or "utf-8").lower()
    if request.content_type not in types or charset not in ("utf-8", "utf8", "us-ascii"):
        raise refuse("content_type", "", allowed=types)
    read = bytearray()
    try:
        async for chunk in request.content.iter_any():
            read += chunk
            if len(read) > MAX_BODY:
                raise refuse("body_too_large", "", maximum=MAX_BODY)
        body: PlainJson = orjson.loads(read)
    except (RequestPayloadError, HTTPException, orjson.JSONDecodeError) as error:
        raise refuse("invalid_json", "") from error
    _check_parts(body)
    return body


def _check_parts(body: PlainJson) -> None:
    waiting: list[tuple[PlainJson, int]] = [(body, 0)]
    while waiting:
        value, level = waiting.pop()
        if isinstance(value, str) and "\0" in value:
            raise refuse("unprintable", "")
        if isinstance(value, dict | list):
            if level == MAX_LEVELS:
                raise refuse("too_deep", "", maximum=MAX_LEVELS)
            parts = [*value, *value.values()] if isinstance(value, dict) else value
            waiting += ((part, level + 1) for part in parts)
