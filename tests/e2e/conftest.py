"""The demo house in a real Home Assistant, without the twin, and a browser in it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from scripts.demo.client import Client
from scripts.demo.furnish import configure, furnish
from scripts.demo.server import Server, free_port

from .browser import Browser, open_browser
from .dashboard import make_dashboard

PASSWORD = "demo"


@pytest.fixture(scope="session")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    folder: Path = tmp_path_factory.mktemp("home-assistant")
    configure(folder)
    with (folder / "output.log").open("wb") as output:
        server = Server(folder, free_port(), output)
        await server.start()
        yield server
        await server.stop()


@pytest.fixture(scope="session")
async def client(server: Server) -> AsyncIterator[Client]:
    async with await Client.onboard(server, "Anna", PASSWORD, PASSWORD) as client:
        await client.wait_until_running()
        await furnish(client, PASSWORD)
        yield client


@pytest.fixture
async def browser(
    server: Server, client: Client, request: pytest.FixtureRequest
) -> AsyncIterator[Browser]:
    async with open_browser(server.url, client.tokens) as browser:
        yield browser
        # Whatever happened, there is a picture of the end.
        await browser.look(f"{request.node.name}-end")


@pytest.fixture(scope="session")
async def views(client: Client) -> dict[str, str]:
    """The paths of the views of a dashboard over a household."""
    return await make_dashboard(client)
