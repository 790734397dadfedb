"""Fixtures for every test."""

import asyncio
from functools import partial
import logging
import os
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from hypothesis import HealthCheck, settings
import pytest
from pytest_homeassistant_custom_component.syrupy import HomeAssistantSnapshotExtension
from syrupy.assertion import SnapshotAssertion

# Home Assistant's test configuration brings a package custom_components of its own; whichever
# is imported first wins.
import custom_components.digital_twin  # noqa: F401
from custom_components.digital_twin.engine import goal_assessments

from .common import Wait, async_pass
from .house import House

# The harness has every statement of the recorder written to the log.
logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)

# How long an example takes tells more about what else the machine does than about the code. What
# has to pass before anything lands tries the same examples each time; at a desk they are new ones.
settings.register_profile(
    "digital_twin",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("digital_twin")


@pytest.fixture(autouse=True)
def _enable_integration(request: pytest.FixtureRequest) -> None:
    """Let Home Assistant find this integration, where a test has a Home Assistant at all."""
    if "hass" not in request.fixturenames:
        return
    # The recorder insists on being set up before anything else.
    if "recorder_mock" in request.fixturenames:
        request.getfixturevalue("recorder_mock")
    request.getfixturevalue("enable_custom_integrations")


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Give snapshots the shape that Home Assistant's own have."""
    return snapshot.use_extension(HomeAssistantSnapshotExtension)


@pytest.fixture
def house(hass: HomeAssistant) -> House:
    """Give an empty house to put devices into."""
    return House(hass)


@pytest.fixture
def wait(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> Wait:
    """Let time pass: at least as much as it takes until changes are seen.

    It begins at noon of the household, so that no day ends meanwhile.
    """
    freezer.move_to(dt_util.now().replace(hour=12, minute=0, second=0, microsecond=0))
    return partial(async_pass, hass, freezer)


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """Give every Home Assistant a folder of its own: the journal is a real file."""
    return hass_tmp_config_dir


@pytest.fixture(autouse=True)
def _quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait for the disk of the machine: no test cuts its power."""
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)
    monkeypatch.setattr(os, "fdatasync", lambda _descriptor: None)


@pytest.fixture
def steps_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Choose the next step of a person anew with every change."""
    monkeypatch.setattr(goal_assessments, "SECONDS_BETWEEN_STEPS", 0)


@pytest.fixture(autouse=True)
async def enable_event_loop_debug(request: pytest.FixtureRequest) -> None:
    """Debug the event loop where threads are at work; elsewhere it takes a third of the time."""
    folder = request.path.relative_to(Path(__file__).parent).parts[0]
    asyncio.get_running_loop().set_debug(folder in ("engine", "commands"))
