"""What a private person measures is not read through the goals that follow it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.common import ANNA, GOAL_ID, async_patch_twin

from .conftest import Perform

VALUES = {"current", "days", "measured_at"}
KEY_RESULTS = [
    {"name": "Weight", "baseline": 80, "target": 70, "source": {"metric": "weight"}},
    {"name": "Calm", "kind": "maintain", "minimum": 60, "source": {"metric": "heart_rate"}},
    {"name": "Runs", "kind": "accumulate", "target": 100, "current": 20},
]


@pytest.fixture
async def goal(hass: HomeAssistant, entry: MockConfigEntry, perform: Perform) -> None:
    """Let a goal follow what Anna measures."""
    # The first user owns Home Assistant and may do everything.
    await hass.auth.async_create_user("Owner")
    await async_patch_twin(hass, entry, "goal", GOAL_ID, progress_metrics=KEY_RESULTS)
    await perform("update_health_metrics", person=ANNA, metrics={"weight": 75.5, "heart_rate": 61})


async def _document(
    hass: HomeAssistant,
    perform: Perform,
    group: str | None,
    linked: bool,
    at: datetime | None = None,
) -> dict[str, Any]:
    user = await hass.auth.async_create_user("A user", group_ids=[group]) if group else None
    if linked and user:
        hass.states.async_set("person.anna", "home", {"user_id": user.id})
        await perform("update_person", person=ANNA, person_entity="person.anna")
    when = {"at": at.isoformat()} if at else {}
    return await perform("get_twin", user.id if user else None, twin=GOAL_ID, **when)


def _values(document: Mapping[str, Any]) -> list[set[str]]:
    return [
        {name for name in VALUES & part.keys() if part[name]}
        for part in document["progress_metrics"]
    ]


@pytest.mark.parametrize("earlier", [False, True])
@pytest.mark.parametrize(
    ("private", "group", "linked", "hidden"),
    [
        (True, "system-users", False, True),
        (True, "system-users", True, False),
        (True, "system-admin", False, False),
        (True, None, False, False),
        (False, "system-users", False, False),
    ],
)
async def test_values_of_private_metrics_are_for_those_who_may_read_their_owner(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    goal: None,
    perform: Perform,
    private: bool,
    group: str | None,
    linked: bool,
    hidden: bool,
    earlier: bool,
) -> None:
    at = dt_util.utcnow() if earlier else None
    await async_patch_twin(hass, entry, "person", ANNA, health_entities=not private)
    document = await _document(hass, perform, group, linked, at=at)
    weight, calm, runs = _values(document)
    assert (weight == set(), calm == set()) == (hidden, hidden)
    assert "current" in runs
    assert ("75.5" in str(document)) is not hidden
    assert document["progress"] is not None
