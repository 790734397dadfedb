"""Readings are events once, with neither a value nor an event for what nobody measured."""

from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.engine.core.feed import EVENTS, Change, Topic
from custom_components.digital_twin.twin.metrics.person import PERSON
from tests.common import ANNA, async_patch_twin, async_setup_twin, runtime


@pytest.fixture
async def entry(hass: HomeAssistant) -> MockConfigEntry:
    """Set up Anna, without entities."""
    with patch("custom_components.digital_twin.PLATFORMS", ()):
        return await async_setup_twin(hass, persons={ANNA: {"name": "Anna"}})


@pytest.fixture
def seen(entry: MockConfigEntry) -> list[Change]:
    """Return a list that grows with the events of Anna."""
    changes: list[Change] = []
    runtime(entry).feed.subscribe(Topic("person", ANNA, EVENTS), changes.extend)
    return changes


async def _record(hass: HomeAssistant, value: float, days_ago: int = 0) -> None:
    measured_at = dt_util.utcnow() - timedelta(days=days_ago)
    await hass.services.async_call(
        DOMAIN,
        "update_health_metrics",
        {"person": ANNA, "metrics": {"weight": value}, "measured_at": measured_at.isoformat()},
        blocking=True,
    )


def _told(seen: list[Change]) -> list[tuple[str | None, object]]:
    return [(change.event, change.details.get("late")) for change in seen]


async def test_a_reading_is_one_event_and_a_late_one_says_so(
    hass: HomeAssistant, seen: list[Change]
) -> None:
    await _record(hass, 71.5)
    await _record(hass, 71.25, days_ago=3)
    assert _told(seen) == [("metric_recorded", False), ("metric_recorded", True)]
    assert {change.details["metric"] for change in seen} == {"weight"}
    assert "71." not in str([change.details for change in seen])


async def test_an_unusual_value_is_an_event_and_so_is_the_next_usual_one(
    hass: HomeAssistant, seen: list[Change]
) -> None:
    for days_ago in range(30, 1, -1):
        await _record(hass, 70 + days_ago % 2 / 10, days_ago)
    seen.clear()
    await _record(hass, 90, days_ago=1)
    await _record(hass, 70)
    assert [change.event for change in seen] == [
        "metric_recorded",
        "metric_unusual",
        "metric_recorded",
        "metric_usual",
    ]


async def test_deleting_a_metric_is_no_reading(
    hass: HomeAssistant, entry: MockConfigEntry, seen: list[Change]
) -> None:
    await _record(hass, 71)
    seen.clear()
    await async_patch_twin(hass, entry, "person", ANNA, health_metrics={"weight": None})
    assert seen == []


async def test_a_new_person_with_readings_is_no_event(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    changes: list[Change] = []
    runtime(entry).feed.subscribe(Topic("person", None, EVENTS), changes.extend)
    await runtime(entry).registry.async_create(
        PERSON, {"name": "Jan", "health_metrics": {"weight": 80}}
    )
    assert changes == []


async def test_an_import_is_one_event_for_each_metric(
    hass: HomeAssistant, seen: list[Change], tmp_path: Path
) -> None:
    days = [dt_util.utcnow() - timedelta(days=back) for back in range(390, 0, -1)]
    lines = [
        f"{metric},{value},{day.isoformat()}"
        for day in days
        for metric, value in (("weight", 70), ("mood", 7))
    ]
    path = tmp_path / "export.csv"
    path.write_text("\n".join(["metric,value,measured_at", *lines]), encoding="utf-8")
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    await hass.services.async_call(
        DOMAIN, "import_health_metrics", {"person": ANNA, "path": str(path)}, blocking=True
    )
    assert [(change.event, change.details["metric"]) for change in seen] == [
        ("metric_recorded", "mood"),
        ("metric_recorded", "weight"),
    ]
