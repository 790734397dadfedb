"""Those who call, what they call for, and the ways in which they call."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from functools import cache
from http import HTTPStatus
import json
from pathlib import Path
from typing import Any, Final, cast

from homeassistant.components.conversation import async_converse
from homeassistant.const import Platform
from homeassistant.core import Context, SupportsResponse
from homeassistant.helpers import llm
from homeassistant.helpers.json import json_bytes

from custom_components.digital_twin.const import DOMAIN
from tests.common import HOME_ID, JAN
from tests.surfaces.json_schema import async_judge

from .household import CODES, GOAL_NAMES, GOAL_OF, KEY, NAMES, SHARED, WEIGHTS, Household

TRANSLATIONS: Final = Path(__file__).parents[2] / "custom_components" / DOMAIN / "translations"
API: Final = f"/api/{DOMAIN}"
CONVERSATION: Final = "/api/conversation/process"
# Refusals of Home Assistant itself.
UNAUTHORIZED: Final = "unauthorized"
NO_LOGIN: Final = "no login"
# The speaker is known, but no person of the household.
NO_PERSON: Final = "no_person"
REASONS: Final = (
    "administrators_only",
    "household_only",
    "own_goals_only",
    "own_person_only",
    "read_only_user",
)


class Column(StrEnum):
    """The columns of the table: who calls, and for whose person or goal."""

    ADMINISTRATOR = "Administrator"
    OWN = "Linked user: own"
    OTHERS = "Linked user: of others"
    GUEST = "Other user"
    READER = "Read-only user: own"
    AUTOMATION = "Automation"
    UNKNOWN = "Unknown speaker"
    NO_TOKEN = "No token"


USERS: Final = {
    Column.ADMINISTRATOR: "Administrator",
    Column.OWN: "Anna",
    Column.OTHERS: "Anna",
    Column.GUEST: "Guest",
    Column.READER: "Ola",
}
BY_TOKEN: Final = frozenset({*USERS, Column.NO_TOKEN})
NO_ADMINISTRATORS: Final = frozenset(USERS) - {Column.ADMINISTRATOR}
BY_ACTION: Final = BY_TOKEN | {Column.AUTOMATION}
BY_SPEECH: Final = frozenset({*USERS, Column.UNKNOWN})
BY_SENTENCE: Final = BY_SPEECH | {Column.NO_TOKEN}


@dataclass(kw_only=True, slots=True)
class Case:
    """Somebody who calls for a person or a goal; of the own ones in the columns that say so."""

    household: Household
    column: Column
    shared: bool = False
    person: str = field(init=False)
    goal: str = field(init=False)
    home: str = HOME_ID

    def __post_init__(self) -> None:
        own = [key for key, name in NAMES.items() if name == self.user]
        self.person = own[0] if own and self.column is not Column.OTHERS else JAN
        self.goal = SHARED if self.shared else GOAL_OF[self.person]

    @property
    def user(self) -> str | None:
        """The name of the user, None for nobody."""
        return USERS.get(self.column)

    @property
    def own(self) -> frozenset[str]:
        """The ids of the persons whom the user is linked to."""
        return frozenset(key for key, name in NAMES.items() if name == self.user)

    @property
    def context(self) -> Context:
        """The context of a call without a connection."""
        return Context(user_id=self.household.user_ids[self.user] if self.user else None)

    @property
    def owner(self) -> str | None:
        """The person to whom a new goal is given."""
        return None if self.shared else self.person

    @property
    def code(self) -> str:
        """The code of the goal."""
        return CODES[self.goal]

    @property
    def goal_name(self) -> str:
        """The name of the goal."""
        return GOAL_NAMES[self.goal]

    @property
    def item(self) -> str:
        """The name of an item in the checklist of the goal, which no other goal has."""
        return f"{self.goal_name} step 3"

    @property
    def turn(self) -> int:
        """A number that no call before had."""
        return self.household.turn

    @property
    def begun(self) -> str:
        """A second before the test began (UTC)."""
        begun = self.household.time() - timedelta(seconds=1)
        return begun.strftime("%Y-%m-%dT%H:%M:%SZ")

    def entity(self, platform: Platform, twin_id: str, key: str) -> dict[str, Any]:
        """Name an entity in the data of an action."""
        return {"entity_id": self.household.entity(platform, twin_id, key)}

    @property
    def number(self) -> dict[str, Any]:
        """The number of the key result that is kept by hand."""
        return self.entity(Platform.NUMBER, self.goal, f"key_result_{KEY}")

    @property
    def status(self) -> dict[str, Any]:
        """The status of the goal."""
        return self.entity(Platform.SELECT, self.goal, "status")

    @property
    def to_do(self) -> dict[str, Any]:
        """The checklist of the goal."""
        return self.entity(Platform.TODO, self.goal, "checklist")

    @property
    def today(self) -> dict[str, Any]:
        """What the person has to do today."""
        return self.entity(Platform.TODO, self.person, "today")

    @property
    def items(self) -> list[str]:
        """The ids of the items in the checklist."""
        return self.household.items(self.goal)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """The answer to a call: why it was refused, None if it was not, and all that it says."""

    reason: str | None
    text: str
    value: Any = None


type Ask = Callable[[Case], Awaitable[Answer]]
type Parts = Callable[[Case], Mapping[str, Any]]
type Prepare = Callable[[Case], Awaitable[None]]
# Returns the ids of the twins that an answer lists.
type Listed = Callable[[Case, Any], set[str]]


async def nothing(_case: Case) -> None:
    """Prepare nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """A way to call: a route, a command, an action, a tool, a sentence or a form.

    `barred` are the columns in which Home Assistant itself refuses. `sentence` is the key of a
    sentence in the translations.
    """

    columns: frozenset[Column]
    ask: Ask
    prepare: Prepare = nothing
    listed: Listed | None = None
    barred: frozenset[Column] = frozenset()
    sentence: str | None = None


def no_parts(_case: Case) -> Mapping[str, Any]:
    """Send nothing."""
    return {}


def rest(method: str, path: str, body: Parts | None = None, *, listed: Listed | None = None) -> Way:
    """Return a route of the REST API; `path` has the names of attributes of the case.

    What GET answers is asked for with HEAD and as a report, too; that must be refused alike.
    """

    async def ask(case: Case) -> Answer:
        url = f"{API}/{_filled(path, case)}"
        answer = await _async_request(case, method, url, body)
        if method != "GET":
            return answer
        head = await _async_request(case, "HEAD", url)
        assert (head.reason is None) is (answer.reason is None)
        report = await _async_request(case, method, url, accept="text/markdown")
        assert report.reason == answer.reason
        return replace(answer, text=f"{answer.text}{head.text}{report.text}")

    return Way(columns=BY_TOKEN, ask=ask, listed=listed)


def form(path: str, body: Parts | None = None) -> Way:
    """Return a route of Home Assistant that only administrators may use."""

    async def ask(case: Case) -> Answer:
        method = "GET" if body is None else "POST"
        return await _async_request(case, method, f"/api/{_filled(path, case)}", body)

    return Way(columns=BY_TOKEN, ask=ask, barred=NO_ADMINISTRATORS)


def states() -> Way:
    """Return the route of all states; it lists the people whose weight is one of them."""

    async def ask(case: Case) -> Answer:
        return await _async_request(case, "GET", "/api/states")

    def listed(_case: Case, value: Any) -> set[str]:  # noqa: ANN401  # JSON of any shape
        shown = {each["state"] for each in value}
        return {person_id for person_id, weight in WEIGHTS.items() if str(weight) in shown}

    return Way(columns=BY_TOKEN, ask=ask, listed=listed)


def together(ways: Iterable[Way]) -> Way:
    """Return several ways as one; all of them have to answer alike."""
    all_ways = tuple(ways)

    async def ask(case: Case) -> Answer:
        answers = [await way.ask(case) for way in all_ways]
        (reason,) = {answer.reason for answer in answers}
        return Answer(reason=reason, text=" ".join(answer.text for answer in answers))

    return replace(all_ways[0], ask=ask)


def _filled(path: str, case: Case) -> str:
    entry = case.household.entry.entry_id
    return path.format(
        person=case.person, goal=case.goal, home=case.home, entry=entry, begun=case.begun
    )


async def _async_request(
    case: Case, method: str, path: str, body: Parts | None = None, accept: str = "*/*"
) -> Answer:
    headers = {"Accept": accept}
    if case.user:
        headers["Authorization"] = f"Bearer {case.household.tokens[case.user]}"
    sent: dict[str, Any] = {} if body is None else {"json": body(case)}
    client = case.household.client
    async with client.request(method, path, headers=headers, **sent) as response:
        if path.startswith(API):
            described = case.household.description
            await async_judge(described, method, path.removeprefix(API), response, sent)
        text = await response.text()
        value: Any = json.loads(text) if text and "json" in response.content_type else text
        match response.status:
            case HTTPStatus.UNAUTHORIZED:
                reason: str | None = UNAUTHORIZED if case.user else NO_LOGIN
            case HTTPStatus.FORBIDDEN:
                assert response.content_type == "application/problem+json"
                reason = value["errors"][0]["key"] if value else "refused"
            case status if status >= HTTPStatus.BAD_REQUEST:
                reason = f"{status} {text}"
            case _:
                reason = None
        return Answer(reason=reason, text=f"{response.headers}{text}", value=value)


def command(name: str, parts: Parts = no_parts, *, listed: Listed | None = None) -> Way:
    """Return a WebSocket command of the integration."""

    async def ask(case: Case) -> Answer:
        return await _async_command(case, f"{DOMAIN}/{name}", parts)

    return Way(columns=BY_TOKEN, ask=ask, listed=listed)


def of_home_assistant(
    name: str,
    parts: Parts,
    *,
    barred: frozenset[Column] = NO_ADMINISTRATORS,
) -> Way:
    """Return a WebSocket command of Home Assistant; by default it is for administrators."""

    async def ask(case: Case) -> Answer:
        return await _async_command(case, name, parts)

    return Way(columns=BY_TOKEN, ask=ask, barred=barred)


def subscription(
    parts: Parts, name: str = f"{DOMAIN}/subscribe", *, listed: Listed | None = None
) -> Way:
    """Return a subscription; its answer is the first event."""

    async def ask(case: Case) -> Answer:
        answer = await _async_command(case, name, parts)
        if answer.reason is not None or case.user is None:
            return answer
        event = await case.household.event(case.user, answer.value)
        await case.household.ask(
            case.user, {"type": "unsubscribe_events", "subscription": answer.value}
        )
        return replace(answer, text=str(event), value=event)

    return Way(columns=BY_TOKEN, ask=ask, listed=listed)


async def _async_command(case: Case, name: str, parts: Parts) -> Answer:
    message = {"type": name, **parts(case)}
    if case.user is None:
        async with case.household.client.ws_connect("/api/websocket") as socket:
            assert (await socket.receive_json())["type"] == "auth_required"
            await socket.send_json({**message, "id": 1})
            answer = await socket.receive_json()
        assert answer["type"] == "auth_invalid"
        return Answer(reason=NO_LOGIN, text=str(answer))
    answer, number = await case.household.ask(case.user, message)
    if answer["success"]:
        found = number if answer["result"] is None else answer["result"]
        return Answer(reason=None, text=str(answer), value=found)
    return Answer(reason=_reason(answer["error"]), text=str(answer))


def _reason(error: Mapping[str, Any]) -> str:
    """Return why a command was refused; the whole error for anything but a missing permission."""
    if error.get("translation_domain") == DOMAIN and error["translation_key"] in REASONS:
        assert error["code"] in (UNAUTHORIZED, "service_validation_error")
        reason: str = error["translation_key"]
        return reason
    if UNAUTHORIZED in (error["code"], error["message"].lower()):
        return UNAUTHORIZED
    return reason_of(error["message"]) or str(error)


def action(
    name: str, parts: Parts = no_parts, *, prepare: Prepare = nothing, listed: Listed | None = None
) -> Way:
    """Return an action, of the integration or of its entities."""
    domain, _, service = name.partition(".")

    async def ask(case: Case) -> Answer:
        services = case.household.hass.services
        answers = services.supports_response(domain, service) is not SupportsResponse.NONE
        if case.column is Column.NO_TOKEN:
            return await _async_request(case, "POST", f"/api/services/{domain}/{service}", parts)
        if case.column is Column.AUTOMATION:
            value = await services.async_call(
                domain,
                service,
                dict(parts(case)),
                blocking=True,
                context=case.context,
                return_response=answers,
            )
            return Answer(reason=None, text=str(value), value=value)
        call = {"domain": domain, "service": service, "return_response": answers}
        answer = await _async_command(
            case, "call_service", lambda case: {**call, "service_data": parts(case)}
        )
        value = answer.value.get("response") if answer.reason is None else None
        return Answer(reason=answer.reason, text=answer.text, value=value)

    # Home Assistant lets nobody control an entity who may only read it.
    barred = frozenset() if domain == DOMAIN else frozenset({Column.READER})
    return Way(columns=BY_ACTION, ask=ask, prepare=prepare, listed=listed, barred=barred)


def tool(name: str, parts: Parts = no_parts, *, listed: Listed | None = None) -> Way:
    """Return a tool for language models."""

    async def ask(case: Case) -> Answer:
        hass = case.household.hass
        api = await llm.async_get_api(hass, llm.LLM_API_ASSIST, llm_context(case.context))
        called = llm.ToolInput(tool_name=f"{DOMAIN}__{name}", tool_args=dict(parts(case)))
        found = await api.async_call_tool(called)
        assert isinstance(found, llm.ToolResult)
        text = json_bytes(found.data).decode()
        error = str(found.data["error"]) if found.error else None
        reason = None if error is None else reason_of(error) or error
        return Answer(reason=reason, text=text, value=found.data)

    return Way(columns=BY_SPEECH, ask=ask, listed=listed)


def say(key: str, sentence: str, *, listed: Listed | None = None) -> Way:
    """Return a sentence; it names attributes of the case."""

    async def ask(case: Case) -> Answer:
        text = sentence.format(
            goal=case.goal_name, person=NAMES[case.person], item=case.item, home="Home"
        )
        if case.column is Column.UNKNOWN:
            hass = case.household.hass
            result = await async_converse(hass, text, None, case.context, language="en")
            response = result.response.as_dict()
        else:
            said = {"text": text, "language": "en"}
            answer = await _async_request(case, "POST", CONVERSATION, lambda _: said)
            if answer.reason is not None:
                return answer
            response = answer.value["response"]
        speech = response["speech"]["plain"]["speech"]
        understood = response["response_type"] == "action_done"
        reason = reason_of(speech) if understood else f"{text}: {speech}"
        return Answer(reason=reason, text=str(response), value=speech)

    return Way(columns=BY_SENTENCE, ask=ask, listed=listed, sentence=key)


def llm_context(context: Context) -> llm.LLMContext:
    """Return the context of a conversation."""
    return llm.LLMContext(
        platform="test",
        context=context,
        language="en",
        assistant="conversation",
        device_id=None,
    )


@cache
def texts(language: str = "en") -> Mapping[str, Any]:
    """Return the translations into a language."""
    found = json.loads((TRANSLATIONS / f"{language}.json").read_text(encoding="utf-8"))
    return cast("Mapping[str, Any]", found)


@cache
def _refusals() -> Mapping[str, str]:
    """Return the reason of each sentence that tells of a missing permission."""
    exceptions = {texts()["exceptions"][key]["message"]: key for key in REASONS}
    spoken = texts()["selector"]["spoken"]["options"]
    said = {spoken[f"error_{key}"]: key for key in REASONS if f"error_{key}" in spoken}
    unknown = {spoken[f"unknown_{who}"]: "household_only" for who in ("reader", "writer")}
    sentences = exceptions | said | unknown | {spoken[NO_PERSON]: NO_PERSON}
    return {
        text.removeprefix("{field}: ").rstrip(".").casefold(): key
        for text, key in sentences.items()
    }


def reason_of(sentence: str) -> str | None:
    """Return which missing permission a sentence tells of; None if it is something else."""
    spoken = sentence.casefold()
    return next((key for text, key in _refusals().items() if text in spoken), None)
