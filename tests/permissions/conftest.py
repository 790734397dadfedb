"""One household for all cells of the table."""

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from .household import Household, async_household


@pytest.fixture(autouse=True)
def verify_cleanup() -> None:
    """Let the timers and threads of the household live on after a test."""


@pytest.fixture(autouse=True)
def reset_globals() -> None:
    """Keep what Home Assistant knows of the household for the next test."""


@pytest.fixture(autouse=True)
def _sockets(socket_enabled: None) -> None:
    """Let clients connect to the server of the tests."""


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def household(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Household]:
    """Set one household up, and put it away after the last cell."""
    async with async_household(tmp_path_factory.mktemp("household")) as made:
        yield made
