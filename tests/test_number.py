"""Key results that are kept by hand are numbers."""

from unittest.mock import patch

from homeassistant.components.number import ATTR_VALUE, DOMAIN as NUMBER, SERVICE_SET_VALUE
from homeassistant.const import ATTR_ENTITY_ID, STATE_UNAVAILABLE, STATE_UNKNOWN, Platform
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    snapshot_platform,
)
from syrupy.assertion import SnapshotAssertion

from .common import (
    ANNA,
    GOAL,
    GOAL_ID,
    async_capture_writes,
    async_patch_twin,
    async_setup_twin,
    runtime,
    shown,
)

BOOKS = "number.body_fat_books"
BOOKS_RESULT = {
    "name": "Books",
    "kind": "accumulate",
    "unit": "books",
    "target": 12,
    "current": 3,
}
KEY_RESULTS = [
    BOOKS_RESULT,
    {"name": "Waist", "baseline": 100, "target": 90},
    {"name": "Sleep", "kind": "maintain", "minimum": 7},
    {"name": "Weight", "baseline": 80, "target": 70, "source": {"metric": "weight"}},
    {"name": "Lamp", "baseline": 0, "target": 1, "source": {"entity_id": "sensor.lamp"}},
    {"name": "Card", "kind": "boolean"},
    {"name": "List", "items": ["A"]},
]


async def _async_setup(hass: HomeAssistant) -> MockConfigEntry:
    return await async_setup_twin(
        hass,
        homes={},
        persons={ANNA: {"name": "Anna"}},
        goals={GOAL_ID: GOAL | {"progress_metrics": KEY_RESULTS}},
    )


async def _set(hass: HomeAssistant, value: float, user_id: str | None = None) -> None:
    await hass.services.async_call(
        NUMBER,
        SERVICE_SET_VALUE,
        {ATTR_ENTITY_ID: BOOKS, ATTR_VALUE: value},
        blocking=True,
        context=Context(user_id=user_id),
    )


async def test_numbers_of_a_goal(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, snapshot: SnapshotAssertion
) -> None:
    with patch("custom_components.digital_twin.PLATFORMS", (Platform.NUMBER,)):
        entry = await _async_setup(hass)
    assert set(hass.states.async_entity_ids(NUMBER)) == {
        BOOKS,
        "number.body_fat_waist",
        "number.body_fat_sleep",
    }
    await snapshot_platform(hass, entity_registry, snapshot, entry.entry_id)


async def test_a_number_that_is_set_brings_the_goal_forward(hass: HomeAssistant) -> None:
    entry = await _async_setup(hass)
    assert shown(hass, BOOKS).state == "3.0"
    await _set(hass, 6)
    assert shown(hass, BOOKS).state == "6.0"
    books = runtime(entry).registry.goals[GOAL_ID].progress_metrics[0]
    assert books.current == 6
    assert books.measured_at is not None


async def test_a_number_follows_its_key_result(hass: HomeAssistant) -> None:
    entry = await _async_setup(hass)
    renamed = BOOKS_RESULT | {"key": "books", "name": "Novels", "unit": "pcs", "current": 4}
    await async_patch_twin(
        hass, entry, "goal", GOAL_ID, progress_metrics=[renamed, *KEY_RESULTS[1:]]
    )
    state = shown(hass, BOOKS)
    assert state.state == "4.0"
    assert state.attributes["friendly_name"] == "Body fat Novels"
    assert state.attributes["unit_of_measurement"] == "pcs"


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        # As far again beyond start and target, but not below zero.
        ({"baseline": 80, "target": 70}, (60, 90, 0.1)),
        ({"baseline": 5, "target": 15}, (0, 25, 0.1)),
        ({"baseline": -10, "target": 10}, (-30, 30, 0.2)),
        # Always some hundred steps.
        ({"baseline": 0.01, "target": 0.05}, (0, 0.09, 0.0002)),
        ({"baseline": 0.52, "target": 0.48}, (0.44, 0.56, 0.0005)),
        ({"baseline": 0, "target": 50}, (0, 100, 0.5)),
        # What is counted, and what is a share of a hundred.
        ({"kind": "accumulate", "target": 12}, (0, 24, 1)),
        ({"kind": "accumulate", "target": 2.5}, (0, 5, 0.02)),
        ({"kind": "accumulate", "target": 250}, (0, 500, 1)),
        ({"kind": "accumulate", "target": 251}, None),
        ({"baseline": 40, "target": 80, "unit": "%"}, (0, 100, 0.5)),
        ({"kind": "maintain", "minimum": 50, "maximum": 60}, (40, 70, 0.1)),
        # No range is known, or it is too wide for a slider, or the value lies outside.
        ({"target": 70}, None),
        ({"baseline": 70, "target": 70}, None),
        ({"baseline": 0, "target": 5000}, None),
        ({"baseline": 0, "target": 1e-12}, None),
        ({"kind": "maintain", "minimum": 7}, None),
        ({"baseline": 80, "target": 70, "current": 95}, None),
    ],
)
async def test_a_number_is_a_slider_around_start_and_target(
    hass: HomeAssistant, parts: dict[str, object], expected: tuple[float, ...] | None
) -> None:
    entry = await _async_setup(hass)
    await async_patch_twin(
        hass, entry, "goal", GOAL_ID, progress_metrics=[{"name": "Books", **parts}]
    )
    found = shown(hass, BOOKS).attributes
    if expected is None:
        assert (found["mode"], found["min"], found["max"]) == ("box", -1e15, 1e15)
    else:
        assert (found["mode"], found["min"], found["max"], found["step"]) == ("slider", *expected)


async def test_numbers_come_and_go_with_their_key_results(hass: HomeAssistant) -> None:
    entry = await _async_setup(hass)
    followed = BOOKS_RESULT | {"source": {"metric": "steps"}}
    new = {"name": "Pages", "target": 100}
    await async_patch_twin(hass, entry, "goal", GOAL_ID, progress_metrics=[followed, new])
    assert shown(hass, "number.body_fat_pages").state == STATE_UNKNOWN
    assert shown(hass, BOOKS).state == STATE_UNAVAILABLE
    await async_patch_twin(hass, entry, "goal", GOAL_ID, progress_metrics=[BOOKS_RESULT, new])
    assert shown(hass, BOOKS).state == "3.0"


async def test_a_change_of_another_key_result_writes_nothing(hass: HomeAssistant) -> None:
    entry = await _async_setup(hass)
    writes = async_capture_writes(hass, "number.")
    changed = [*KEY_RESULTS[:-1], {"name": "List", "items": ["A", "B"]}]
    await async_patch_twin(hass, entry, "goal", GOAL_ID, progress_metrics=changed)
    assert writes == []
