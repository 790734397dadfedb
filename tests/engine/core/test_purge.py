"""Thirty days after somebody was deleted, nothing of them is in any file."""

from collections.abc import Iterable
from datetime import timedelta
import json
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import STORAGE_DIR
import pytest

from custom_components.digital_twin.engine.core import journal as journal_module
from custom_components.digital_twin.engine.core.feed import ChangeFeed
from custom_components.digital_twin.engine.core.files import Disk
from custom_components.digital_twin.engine.core.registry import TwinRegistry
from custom_components.digital_twin.engine.core.store import KEPT_AFTER_DELETE
from custom_components.digital_twin.twin.enums import PersonContext
from custom_components.digital_twin.twin.goals.goal import GOAL
from custom_components.digital_twin.twin.home.home import HOME
from custom_components.digital_twin.twin.metrics.person import PERSON
from custom_components.digital_twin.twin.metrics.readings import Reading
from tests.common import ANNA, GOAL_ID, HOME_ID, JAN

DAY: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)
FOLLOWING: Final = "30000000-0000-4000-8000-000000000002"
OWN: Final = "30000000-0000-4000-8000-000000000003"
GIVEN: Final = "30000000-0000-4000-8000-000000000004"
# What only Anna had: her id, what she wrote, and what was measured of her.
MARKS: Final = (ANNA, "Zqanna", "zqmail", "zqentry", "zqpref", "1987-06-05", "zqown", "zqsource")
# Goals have them rounded.
VALUES: Final = ("87.654", "88.654", "89.654")


@pytest.fixture(autouse=True)
def _small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 2000)


@pytest.fixture
async def registry(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> TwinRegistry:
    """Let Anna and Jan live for some days, each change in the journal, and delete Anna."""
    freezer.move_to("2026-03-20T12:00:00+00:00")
    registry = TwinRegistry(hass, ChangeFeed())
    await registry.async_load()
    await registry.async_create(
        PERSON,
        {
            "name": "Zqanna",
            "contact_email": "zqmail@example.org",
            "date_of_birth": "1987-06-05",
            "preferences": {"zqpref": True},
            "quick_entries": [{"name": "Zqentry", "metrics": {"hydration": 250}}],
        },
        twin_id=ANNA,
    )
    await registry.async_create(PERSON, {"name": "Jan"}, twin_id=JAN)
    await registry.async_create(HOME, {"name": "Home", "residents": [ANNA, JAN]}, twin_id=HOME_ID)
    follows = {"name": "Weight", "baseline": 90, "target": 80, "source": {"metric": "weight"}}
    by_hand = {"name": "Pages", "kind": "accumulate", "target": 300}
    goals: dict[str, dict[str, object]] = {
        GOAL_ID: {"goal_code": "G01", "progress_metrics": [by_hand]},
        FOLLOWING: {"goal_code": "G02", "progress_metrics": [follows, by_hand]},
        OWN: {"goal_code": "G03", "description": "zqown", "dependencies": [GOAL_ID]},
        GIVEN: {"goal_code": "G04", "progress_metrics": [follows]},
    }
    for twin_id, document in goals.items():
        values = {"name": "Goal", "owner_person_id": ANNA, **document}
        await registry.async_create(GOAL, values, twin_id=twin_id)
    for number, value in enumerate(VALUES):
        freezer.tick(DAY)
        await async_measure(registry, ANNA, float(f"{value}321"))
        await async_measure(registry, JAN, 60.125 + number)
        for code in (GOAL_ID, FOLLOWING):
            await registry.async_update_progress(code, {"key_result": "pages", "increment": 11})
        context = [*PersonContext][1 + number]
        await registry.async_update(PERSON, ANNA, {"context": context, "activity_level": "Light"})
    await registry.async_update(GOAL, GIVEN, {"owner_person_id": JAN})
    freezer.tick(HOUR)
    await async_measure(registry, JAN, 64.125)
    await registry.async_delete(GOAL, OWN, force=True)
    await registry.async_delete(PERSON, ANNA, force=True)
    for number in range(10):
        freezer.tick(HOUR)
        await registry.async_update(GOAL, GOAL_ID, {"name": f"Goal {number}"})
    assert len(segments(hass)) > 4
    return registry


async def async_measure(registry: TwinRegistry, person_id: str, value: float) -> None:
    now = registry.context().now
    weight = Reading(value=value, unit="kg", measured_at=now, source="zqsource")
    if person_id == JAN:
        weight = Reading(value=value, unit="kg", measured_at=now, source="scale")
    await registry.async_record(person_id, [("weight", weight)])


def segments(hass: HomeAssistant) -> list[Path]:
    return sorted(Path(hass.config.path(STORAGE_DIR, "digital_twin")).glob("*.jsonl"))


def found(
    hass: HomeAssistant, hass_storage: dict[str, Any], marks: Iterable[str] = (*MARKS, *VALUES)
) -> set[str]:
    """Return what of Anna is in a file, by its bytes."""
    folder = Path(hass.config.path(STORAGE_DIR))
    files = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    files += [json.dumps(data).encode() for data in hass_storage.values()]
    files += [key.encode() for key in hass_storage]
    lower = [data.lower() for data in files]
    return {mark for mark in marks if any(mark.lower().encode() in data for data in lower)}


async def test_before_thirty_days_are_over_everything_is_there(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    registry: TwinRegistry,
    freezer: FrozenDateTimeFactory,
) -> None:
    freezer.tick(KEPT_AFTER_DELETE - 2 * DAY)
    await registry.deletions.async_expire()
    await registry.async_write_files()
    assert found(hass, hass_storage) == {*MARKS, *VALUES}


@pytest.mark.parametrize("way", ["running", "off on the day", "killed in between"])
async def test_after_thirty_days_nothing_is_left_in_any_file(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    registry: TwinRegistry,
    freezer: FrozenDateTimeFactory,
    way: str,
) -> None:
    await registry.async_write_files()
    freezer.tick(KEPT_AFTER_DELETE + DAY)
    if way == "running":
        assert await registry.deletions.async_expire() == (ANNA,)
    else:
        if way == "killed in between":
            await async_kill_in_purge(registry)
            assert found(hass, hass_storage, [ANNA]) == {ANNA}
        else:
            await registry.async_close()
        registry = TwinRegistry(hass, ChangeFeed())
        await registry.async_load()
    assert found(hass, hass_storage) == set()
    assert_others_are_there(registry)
    again = TwinRegistry(hass, ChangeFeed())
    await again.async_load()
    assert_others_are_there(again)
    assert found(hass, hass_storage) == set()


async def async_kill_in_purge(registry: TwinRegistry) -> None:
    """Stop the purge after it has rewritten two segments, as the end of the process does."""
    replace, left = Disk.replace, [2]

    def replace_some(disk: Disk, path: Path, data: bytes) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError("killed")
        replace(disk, path, data)

    with patch.object(Disk, "replace", replace_some), pytest.raises(OSError, match="killed"):
        await registry.deletions.async_expire()


def assert_others_are_there(registry: TwinRegistry) -> None:
    """Find the people and goals that stay, with what was not Anna's."""
    assert registry.persons.keys() == {JAN}
    assert registry.homes[HOME_ID].residents == (JAN,)
    assert registry.goals.keys() == {GOAL_ID, FOLLOWING, GIVEN}
    weight, pages = registry.goals[FOLLOWING].progress_metrics
    assert (weight.current, weight.baseline, weight.days, weight.target) == (None, None, (), 80)
    assert pages.current == 33
    (given,) = registry.goals[GIVEN].progress_metrics
    assert (registry.goals[GIVEN].owner_person_id, given.current) == (JAN, 64.125)


async def test_what_else_changed_is_still_told_and_known_of_earlier_times(
    hass: HomeAssistant, registry: TwinRegistry, freezer: FrozenDateTimeFactory
) -> None:
    begin = registry.context().now - 10 * DAY
    freezer.tick(KEPT_AFTER_DELETE + DAY)
    await registry.deletions.async_expire()
    past = await registry.past.async_changes(begin, registry.context().now)
    assert past.damaged == 0
    assert {change.key.twin_id for change in past.changes} == {
        HOME_ID,
        JAN,
        GOAL_ID,
        FOLLOWING,
        GIVEN,
    }
    assert not any(mark in str(past) for mark in (*MARKS, *VALUES))
    names = [each.after for each in past.changes if each.field == "name"]
    assert "Goal 9" in names


async def test_a_deleted_goal_of_somebody_deleted_before_it_keeps_nothing_of_them(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    registry: TwinRegistry,
    freezer: FrozenDateTimeFactory,
) -> None:
    freezer.tick(10 * DAY)
    await registry.async_delete(GOAL, FOLLOWING, force=True)
    freezer.tick(KEPT_AFTER_DELETE - 10 * DAY)
    assert await registry.deletions.async_expire() == (ANNA,)
    await registry.async_write_files()
    assert found(hass, hass_storage) == set()
    goal = await registry.async_restore(GOAL, FOLLOWING)
    assert (goal.owner_person_id, goal.progress_metrics[1].current) == (None, 33)


async def test_a_deleted_goal_leaves_the_journal_after_thirty_days(
    hass: HomeAssistant, registry: TwinRegistry, freezer: FrozenDateTimeFactory
) -> None:
    await registry.async_update(GOAL, GOAL_ID, {"description": "zqgone"})
    await registry.async_delete(GOAL, GOAL_ID, force=True)
    await registry.async_write_files()
    freezer.tick(KEPT_AFTER_DELETE)
    await registry.deletions.async_expire()
    assert not any(b"zqgone" in path.read_bytes() for path in segments(hass))
