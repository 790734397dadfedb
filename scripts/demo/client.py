"""A client of Home Assistant's REST and WebSocket APIs: log in, call actions, configure."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
import time
from types import TracebackType
from typing import Any, Self

import aiohttp

from .server import Server

type Json = dict[str, Any]

RUNNING_TIMEOUT = 240.0


class CallError(Exception):
    """Home Assistant refused a call."""


class ConnectionLostError(CallError):
    """The connection ended before the answer: it is unknown whether the call was performed."""


class Client:
    """A logged-in user of one Home Assistant: REST and one WebSocket connection."""

    def __init__(self, server: Server, tokens: Json) -> None:
        self._server = server
        self._tokens = tokens
        self._session = aiohttp.ClientSession()
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._reader: asyncio.Task[None] | None = None
        self._answers: dict[int, asyncio.Future[Json]] = {}
        self._changed = asyncio.Event()
        self._is_following = False
        self._last_id = 0

    @classmethod
    async def onboard(cls, server: Server, name: str, username: str, password: str) -> Client:
        """Make the first user and log in."""
        async with aiohttp.ClientSession() as session:
            user = {
                "client_id": f"{server.url}/",
                "name": name,
                "username": username,
                "password": password,
                "language": "en",
            }
            made = await _json(session.post(f"{server.url}/api/onboarding/users", json=user))
            return cls(server, await _tokens(session, server, code=made["auth_code"]))

    @classmethod
    async def log_in(cls, server: Server, username: str, password: str) -> Client:
        """Log in with a name and a password."""
        async with aiohttp.ClientSession() as session:
            begun = await _begin_login(session, server, "homeassistant")
            answer = {"client_id": f"{server.url}/", "username": username, "password": password}
            path = f"{server.url}/auth/login_flow/{begun['flow_id']}"
            done = await _json(session.post(path, json=answer))
            return cls(server, await _tokens(session, server, code=done["result"]))

    @classmethod
    async def log_in_as_owner(cls, server: Server) -> Client:
        """Log in as the only user who needs no password on this machine."""
        async with aiohttp.ClientSession() as session:
            done = await _begin_login(session, server, "trusted_networks")
            return cls(server, await _tokens(session, server, code=done["result"]))

    async def __aenter__(self) -> Self:
        """Open the WebSocket connection."""
        await self.connect()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close everything."""
        await self.close()

    @property
    def tokens(self) -> Json:
        """The tokens in the format of the frontend's local storage."""
        return {
            **self._tokens,
            "hassUrl": self._server.url,
            "clientId": f"{self._server.url}/",
            "expires": int((time.time() + self._tokens["expires_in"]) * 1000),
        }

    async def connect(self) -> None:
        """Open the WebSocket connection, again after a restart of the server."""
        await self._disconnect()
        refresh = self._tokens["refresh_token"]
        self._tokens |= await _tokens(self._session, self._server, refresh=refresh)
        self._socket = await self._session.ws_connect(
            f"{self._server.url}/api/websocket", max_msg_size=0
        )
        await self._socket.receive_json()
        await self._socket.send_json({"type": "auth", "access_token": self._tokens["access_token"]})
        answer = await self._socket.receive_json()
        if answer["type"] != "auth_ok":
            raise CallError(f"the login was refused: {answer}")
        self._reader = asyncio.create_task(self._read(self._socket))
        self._is_following = False

    async def close(self) -> None:
        """Close everything."""
        await self._disconnect()
        await self._session.close()

    async def _disconnect(self) -> None:
        if self._socket is not None:
            await self._socket.close()
        if self._reader is not None:
            await self._reader

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Resolve the futures of answered commands, and answer the pings of the server."""
        async for message in socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                break
            answer = message.json()
            if answer["type"] == "result":
                # The caller may have been cancelled.
                if waiting := self._answers.pop(answer["id"], None):
                    waiting.set_result(answer)
            elif answer["type"] == "event":
                self._changed.set()
        for waiting in self._answers.values():
            waiting.set_exception(ConnectionLostError("the connection was lost"))
        self._answers.clear()

    async def command(self, kind: str, /, **fields: object) -> Any:  # noqa: ANN401 - JSON of any shape
        """Send one WebSocket command and return its result.

        Raises:
            CallError: It was refused.
            ConnectionLostError: The connection ended before the answer.
        """
        if self._socket is None or self._socket.closed:
            raise ConnectionLostError("not connected")
        self._last_id = number = self._last_id + 1
        waiting = self._answers[number] = asyncio.get_running_loop().create_future()
        try:
            await self._socket.send_json({"id": number, "type": kind, **fields})
            answer = await waiting
        except aiohttp.ClientError as error:
            raise ConnectionLostError("the connection was lost") from error
        finally:
            self._answers.pop(number, None)
        if not answer["success"]:
            raise CallError(f"{kind}: {answer['error']}")
        return answer["result"]

    async def action(self, action: str, *, response: bool = False, **data: object) -> Json:
        """Perform an action and return its response, if one is asked for."""
        domain, _, name = action.partition(".")
        result = await self.command(
            "call_service",
            domain=domain,
            service=name,
            service_data=data,
            return_response=response,
        )
        answer: Json = result.get("response") or {}
        return answer

    async def states(self) -> dict[str, Json]:
        """Get the state of every entity by its id."""
        return {state["entity_id"]: state for state in await self.command("get_states")}

    async def follow_states(self) -> AsyncIterator[dict[str, Json]]:
        """Get the states of all entities, and again whenever one of them has changed."""
        if not self._is_following:
            await self.command("subscribe_events", event_type="state_changed")
            self._is_following = True
        while True:
            self._changed.clear()
            yield await self.states()
            await self._changed.wait()

    async def wait_until_running(self) -> None:
        """Wait until Home Assistant has finished starting."""
        async with asyncio.timeout(RUNNING_TIMEOUT):
            while (await self.command("get_config"))["state"] != "RUNNING":
                await asyncio.sleep(0.2)

    async def rest(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | Sequence[Mapping[str, object]] | None = None,
    ) -> Json:
        """Call Home Assistant's REST API below /api/."""
        bearer = {"Authorization": f"Bearer {self._tokens['access_token']}"}
        url = f"{self._server.url}/api/{path}"
        return await _json(self._session.request(method, url, json=body, headers=bearer))

    async def configure(self, handler: str, *answers: Mapping[str, object]) -> Json:
        """Add an integration: start its flow and answer its forms, one after the other."""
        return await self._flow("config/config_entries/flow", handler, *answers)

    async def set_options(self, domain: str, form: str, **changes: object) -> None:
        """Change some options on one of the forms of an integration and keep the others."""
        path = "config/config_entries/options/flow"
        entry = (await self.command("config_entries/get", domain=domain))[0]
        menu = await self.rest("POST", path, {"handler": entry["entry_id"]})
        path = f"{path}/{menu['flow_id']}"
        step = await self.rest("POST", path, {"next_step_id": form})
        present = {
            field["name"]: field["description"]["suggested_value"]
            for field in step["data_schema"]
            if "suggested_value" in (field.get("description") or {})
        }
        step = await self.rest("POST", path, present | changes)
        if step["type"] == "form" and not step["errors"]:
            # A preview that only has to be confirmed.
            step = await self.rest("POST", path, {})
        if step["type"] != "create_entry":
            raise CallError(f"the options of {domain} were not changed: {step}")

    async def _flow(self, path: str, handler: str, *answers: Mapping[str, object]) -> Json:
        step = await self.rest("POST", path, {"handler": handler, "show_advanced_options": False})
        for answer in answers:
            step = await self.rest("POST", f"{path}/{step['flow_id']}", answer)
        if step["type"] != "create_entry":
            raise CallError(f"the flow {handler} did not end well: {step}")
        return step


async def _begin_login(session: aiohttp.ClientSession, server: Server, provider: str) -> Json:
    flow = {
        "client_id": f"{server.url}/",
        "handler": [provider, None],
        "redirect_uri": f"{server.url}/?auth_callback=1",
    }
    return await _json(session.post(f"{server.url}/auth/login_flow", json=flow))


async def _tokens(
    session: aiohttp.ClientSession, server: Server, *, code: str = "", refresh: str = ""
) -> Json:
    form = {"client_id": f"{server.url}/"}
    if code:
        form |= {"grant_type": "authorization_code", "code": code}
    else:
        form |= {"grant_type": "refresh_token", "refresh_token": refresh}
    return await _json(session.post(f"{server.url}/auth/token", data=form))


async def _json(
    request: aiohttp.client._RequestContextManager,
) -> Json:
    async with request as response:
        if not response.ok:
            raise CallError(f"{response.method} {response.url.path}: {await response.text()}")
        answer: Json = await response.json()
        return answer
