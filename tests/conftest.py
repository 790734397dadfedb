"""Fixtures for every test."""

import pytest
from pytest_homeassistant_custom_component.syrupy import HomeAssistantSnapshotExtension
from syrupy.assertion import SnapshotAssertion

# Home Assistant's test configuration brings a package custom_components of its own; whichever
# is imported first wins.
import custom_components.digital_twin  # noqa: F401


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
