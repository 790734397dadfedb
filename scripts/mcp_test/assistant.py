"""An assistant that reaches Home Assistant through the client library of MCP.

The library is in the environment that scripts/mcp makes, and nowhere else.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
import json
from typing import Any, Final

import httpx
from mcp import ClientSession
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client

from scripts.demo.client import Json

SECONDS: Final = 30
SSE: Final = "/mcp_server/sse"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool answered: its document, its text as it came, and whether it is an error."""

    data: Json
    text: str
    is_error: bool


class Assistant:
    """One connection of one user."""

    def __init__(self, session: Any) -> None:  # noqa: ANN401  # the library is not there for mypy
        self._session = session

    async def tools(self) -> list[Json]:
        """Return all tools, as they were sent."""
        listed = await self._session.list_tools()
        return [tool.model_dump(by_alias=True, exclude_none=True) for tool in listed.tools]

    async def call(self, tool: str, arguments: Mapping[str, object]) -> Answer:
        """Call a tool."""
        result = await self._session.call_tool(tool, dict(arguments))
        text = "".join(str(content.text) for content in result.content)
        return Answer(json.loads(text), text, bool(result.isError))


@asynccontextmanager
async def connected(url: str, path: str, token: str) -> AsyncIterator[Assistant]:
    """Connect to an endpoint below the address of Home Assistant, with a long-lived token.

    `SSE` is the older transport; every other path is Streamable HTTP.
    """
    headers = {"Authorization": f"Bearer {token}"}
    if path == SSE:
        async with (
            sse_client(f"{url}{path}", headers=headers, timeout=SECONDS) as (read, write),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            yield Assistant(session)
        return
    async with (
        httpx.AsyncClient(headers=headers, timeout=SECONDS) as http,
        streamable_http_client(f"{url}{path}", http_client=http) as (read, write, _),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        yield Assistant(session)
