"""Readings and their days on the mocked disk of the test harness."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
import json
import logging
from pathlib import Path
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.digital_twin.engine.core.changes import LONGEST_DELAY
from custom_components.digital_twin.engine.core.checkpoint import HISTORY_DELAY
from custom_components.digital_twin.engine.core.feed import ChangeFeed, Topic
from custom_components.digital_twin.engine.core.files import (
    Disk,
    StoppedError,
    StoreFailedError,
    archive_document,
)
from custom_components.digital_twin.engine.core.registry import TwinRegistry
from custom_components.digital_twin.engine.core.store import KEPT_AFTER_DELETE
from custom_components.digital_twin.twin.errors import TwinError
from custom_components.digital_twin.twin.goals.goal import GOAL
from custom_components.digital_twin.twin.metrics.person import PERSON, Person
from tests.common import no_space, no_space_for_files

from .common import NOW, async_load, async_person, by_day, reading

RECENT = "digital_twin.readings"
GONE = "99999999-9999-4999-8999-999999999999"
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def archive_of(person: Person) -> str:
    return f"digital_twin.history.{person.person_id}"


def stored(key: str, data: object) -> dict[str, Any]:
    return {"version": 1, "minor_version": 1, "key": key, "data": data}


def journal_text(hass: HomeAssistant) -> str:
    folder = Path(hass.config.path(".storage", "digital_twin"))
    return "".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.jsonl")))


def journal_lines(hass: HomeAssistant) -> list[Any]:
    """Return the transactions in the journal."""
    lines = map(json.loads, journal_text(hass).splitlines())
    return [line for line in lines if "seq" in line]


@pytest.fixture
async def anna(registry: TwinRegistry) -> Person:
    return await async_person(registry)


async def test_an_acknowledged_reading_is_on_disk_with_its_day(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person
) -> None:
    await registry.async_record(
        anna.person_id,
        [reading("weight", 70), reading("hydration", 250), reading("hydration", 500, 7 * DAY)],
    )
    again = await async_load(hass)
    assert again.persons[anna.person_id].health_metrics.keys() == {"weight", "hydration"}
    assert by_day(again, anna.person_id, "hydration") == {"03-13": 500, "03-20": 250}
    assert by_day(again, anna.person_id, "weight") == {"03-20": 70}


async def test_a_day_goes_on_after_a_restart(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person
) -> None:
    walked = [("steps", 3000), ("steps", 100)]
    for hours, (metric, value) in enumerate(walked):
        await registry.async_record(
            anna.person_id, [reading(metric, value, (5 - hours) * HOUR, "phone", running=True)]
        )
    await registry.async_record(anna.person_id, [reading("hydration", 250, HOUR)])
    again = await async_load(hass)
    await again.async_record(
        anna.person_id,
        [
            reading("steps", 900, source="phone", running=True),
            reading("hydration", 250, HOUR),
            reading("hydration", 300),
        ],
    )
    assert by_day(again, anna.person_id, "steps") == {"03-20": 3900}
    assert by_day(again, anna.person_id, "hydration") == {"03-20": 550}


async def test_what_readings_came_to_is_told(registry: TwinRegistry, anna: Person) -> None:
    first = await registry.async_record(
        anna.person_id, [reading("weight", 70), reading("hydration", 250)]
    )
    assert {key: each.value for key, each in first.accepted.items()} == {
        "weight": 70,
        "hydration": 250,
    }
    assert first.person.revision == anna.revision + 1
    second = await registry.async_record(
        anna.person_id,
        [reading("weight", 71, DAY), reading("hydration", 250), reading("mood", 7)],
    )
    assert ({*second.accepted}, second.late, second.unchanged) == (
        {"mood"},
        ("weight",),
        ("hydration",),
    )


async def test_a_late_reading_changes_the_past_and_not_the_person(
    registry: TwinRegistry, feed: ChangeFeed, anna: Person
) -> None:
    before = (await registry.async_record(anna.person_id, [reading("weight", 70)])).person
    told: list[str] = []
    feed.subscribe(
        Topic("person", anna.person_id, "health_metrics/weight"),
        lambda _changes: told.append("weight"),
    )
    late = await registry.async_record(anna.person_id, [reading("weight", 72, 7 * DAY)])
    assert late.person is before
    assert registry.persons[anna.person_id] is before
    assert told == ["weight"]


async def test_goals_get_late_readings_too(registry: TwinRegistry, anna: Person) -> None:
    for code, owner in (("G02", None), ("G03", anna.person_id)):
        await registry.async_create(
            GOAL,
            {
                "goal_code": code,
                "name": code,
                "owner_person_id": owner,
                "progress_metrics": [{"name": "Weight", "source": {"metric": "weight"}}],
            },
        )
    goal = await registry.async_create(
        GOAL,
        {
            "goal_code": "G01",
            "name": "Drink",
            "owner_person_id": anna.person_id,
            "progress_metrics": [
                {
                    "name": "Water",
                    "kind": "maintain",
                    "minimum": 1500,
                    "source": {"metric": "hydration"},
                },
                {"name": "Other", "source": {"metric": "weight"}},
            ],
        },
    )
    await registry.async_record(anna.person_id, [reading("hydration", 2000)])
    late = await registry.async_record(anna.person_id, [reading("hydration", 1000, 7 * DAY)])
    assert [each.goal_id for each in late.goals] == [goal.goal_id]
    days = registry.goals[goal.goal_id].progress_metrics[0].days
    assert [(each.day.day, each.value) for each in days] == [(13, 1000), (20, 2000)]


async def test_the_same_readings_again_are_not_saved_again(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person
) -> None:
    batch = [reading("weight", 70), reading("hydration", 250)]
    await registry.async_record(anna.person_id, batch)
    lines = journal_lines(hass)
    again = await registry.async_record(anna.person_id, batch)
    assert again.unchanged == ("weight", "hydration")
    assert journal_lines(hass) == lines


async def test_readings_of_linked_entities_are_saved_after_a_while(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, registry: TwinRegistry, anna: Person
) -> None:
    lines = journal_lines(hass)
    for seconds in range(30):
        freezer.tick(5)
        async_fire_time_changed(hass)
        await registry.async_record(
            anna.person_id,
            [reading("heart_rate", 60 + seconds % 3, timedelta(seconds=-5 * seconds))],
            delayed=True,
        )
    assert journal_lines(hass) == lines
    assert registry.persons[anna.person_id].health_metrics["heart_rate"].value == 62
    freezer.tick(LONGEST_DELAY)
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    (line,) = journal_lines(hass)[len(lines) :]
    assert {each["op"] for each in line["operations"]} == {"put", "day"}
    assert by_day(await async_load(hass), anna.person_id, "heart_rate") == {"03-20": 62}


async def test_readings_that_wait_are_saved_with_others_and_at_the_end(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person
) -> None:
    waiting = reading("heart_rate", 60)
    await registry.async_record(anna.person_id, [waiting], delayed=True)
    # Somebody now wants to know that it is safe.
    await registry.async_record(anna.person_id, [waiting])
    assert by_day(await async_load(hass), anna.person_id, "heart_rate") == {"03-20": 60}
    await registry.async_record(anna.person_id, [reading("mood", 7)], delayed=True)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()
    assert by_day(await async_load(hass), anna.person_id, "mood") == {"03-20": 7}
    await registry.async_record(anna.person_id, [reading("stress", 7)], delayed=True)
    await registry.async_write_files()
    assert by_day(await async_load(hass), anna.person_id, "stress") == {"03-20": 7}


async def test_waiting_readings_that_cannot_be_saved_leave_a_trace(
    registry: TwinRegistry, anna: Person, caplog: pytest.LogCaptureFixture
) -> None:
    await registry.async_record(anna.person_id, [reading("mood", 7)], delayed=True)
    with no_space():
        await registry.async_write_files()
    assert "could not be saved" in caplog.text
    assert registry.persons[anna.person_id].health_metrics == {}


async def test_a_delayed_reading_that_is_known_waits_for_nothing(
    registry: TwinRegistry, anna: Person
) -> None:
    batch = [reading("weight", 70)]
    await registry.async_record(anna.person_id, batch)
    assert (await registry.async_record(anna.person_id, batch, delayed=True)).unchanged


async def test_a_disk_that_refuses_undoes_the_day_and_says_so(
    hass: HomeAssistant, registry: TwinRegistry, feed: ChangeFeed, anna: Person
) -> None:
    await registry.async_record(anna.person_id, [reading("hydration", 250, HOUR)])
    told: list[str] = []
    feed.subscribe(
        Topic("person", anna.person_id, "health_metrics/hydration"),
        lambda _changes: told.append("x"),
    )
    with no_space(), pytest.raises(StoreFailedError):
        await registry.async_record(
            anna.person_id, [reading("hydration", 500), reading("weight", 70)]
        )
    assert told
    assert by_day(registry, anna.person_id, "hydration") == {"03-20": 250}
    assert by_day(registry, anna.person_id, "weight") == {}
    assert registry.persons[anna.person_id].health_metrics.keys() == {"hydration"}
    await registry.async_record(anna.person_id, [reading("hydration", 500)])
    assert by_day(await async_load(hass), anna.person_id, "hydration") == {"03-20": 750}


async def test_only_what_is_new_is_written_with_a_reading(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person, hass_storage: dict[str, Any]
) -> None:
    await registry.async_import_readings(
        anna.person_id, [reading("weight", 70, day * DAY) for day in reversed(range(399))]
    )
    await registry.async_write_files()
    archived = hass_storage[archive_of(anna)]
    assert len(archived["data"]["metrics"]["weight"]["day"]) == 399
    await registry.async_record(anna.person_id, [reading("weight", 71, -HOUR / 60)])
    assert hass_storage[archive_of(anna)] is archived
    line = journal_lines(hass)[-1]
    assert [each["op"] for each in line["operations"]] == ["day", "put"]
    assert len(json.dumps(line)) < 1000
    assert len(by_day(await async_load(hass), anna.person_id, "weight")) > 300


async def test_the_archive_follows_after_some_minutes(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    registry: TwinRegistry,
    anna: Person,
    hass_storage: dict[str, Any],
) -> None:
    for day in range(20):
        await registry.async_record(anna.person_id, [reading("weight", 70, day * DAY)])
    freezer.tick(HISTORY_DELAY - 1)
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert archive_of(anna) not in hass_storage
    freezer.tick(1)
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert len(hass_storage[archive_of(anna)]["data"]["metrics"]["weight"]["day"]) == 20
    again = await async_load(hass)
    assert len(again.histories(anna.person_id)["weight"].days) == 20


async def test_an_archive_that_cannot_be_written_costs_nothing(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person, hass_storage: dict[str, Any]
) -> None:
    await registry.async_record(anna.person_id, [reading("weight", 70)])
    with no_space_for_files():
        await registry.async_write_files()
    assert archive_of(anna) not in hass_storage
    assert by_day(await async_load(hass), anna.person_id, "weight") == {"03-20": 70}


async def test_a_metric_that_is_taken_away_loses_its_history(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person
) -> None:
    await registry.async_import_readings(
        anna.person_id, [reading("weight", 70, DAY), reading("mood", 7, DAY)]
    )
    await registry.async_record(anna.person_id, [reading("weight", 71)])
    patch_of_person = {"health_metrics": {"weight": None, "stress": 20}, "name": "Ania"}
    changed = await registry.async_update(PERSON, anna.person_id, patch_of_person)
    assert (changed.name, {*changed.health_metrics}) == ("Ania", {"mood", "stress"})
    for each in (registry, await async_load(hass)):
        assert {*each.histories(anna.person_id)} == {"mood", "stress"}
        assert each.persons[anna.person_id] == changed


async def test_a_metric_that_is_taken_away_before_it_was_saved_does_not_come_back(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person
) -> None:
    await registry.async_record(
        anna.person_id, [reading("weight", 70), reading("mood", 7)], delayed=True
    )
    await registry.async_update(PERSON, anna.person_id, {"health_metrics": {"weight": None}})
    assert {*registry.histories(anna.person_id)} == {"mood"}
    with no_space(), pytest.raises(StoreFailedError):
        await registry.async_record(anna.person_id, [reading("stress", 7)])
    for each in (registry, await async_load(hass)):
        assert "stress" not in each.persons[anna.person_id].health_metrics
        assert {*each.histories(anna.person_id)} - {"stress"} == {"mood"}


async def test_a_history_that_cannot_be_deleted_stays_and_can_be_deleted_later(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person
) -> None:
    await registry.async_record(anna.person_id, [reading("weight", 70)])
    clear = {"health_metrics": {"weight": None}}
    with no_space(), pytest.raises(StoreFailedError):
        await registry.async_update(PERSON, anna.person_id, clear)
    assert by_day(registry, anna.person_id, "weight") == {"03-20": 70}
    assert "weight" in registry.persons[anna.person_id].health_metrics
    await registry.async_update(PERSON, anna.person_id, clear)
    for each in (registry, await async_load(hass)):
        assert each.histories(anna.person_id) == {}
        assert each.persons[anna.person_id].health_metrics == {}


async def test_readings_that_come_with_a_change_of_the_person_enter_the_history(
    registry: TwinRegistry,
) -> None:
    anna = await async_person(registry, health_metrics={"weight": 70, "hydration": 250})
    assert by_day(registry, anna.person_id, "weight") == {"03-20": 70}
    changed = await registry.async_update(
        PERSON,
        anna.person_id,
        {"health_metrics": {"hydration": {"value": 100, "measured_at": "2026-03-20T10:00Z"}}},
    )
    assert changed.health_metrics["hydration"].value == 350
    assert changed.revision == anna.revision + 1
    with pytest.raises(TwinError):
        await registry.async_update(
            PERSON, anna.person_id, {"health_metrics": {"weight": 71}}, revision=1 + 7
        )


async def test_a_deleted_person_comes_back_with_the_history(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person
) -> None:
    await registry.async_record(anna.person_id, [reading("weight", 70)])
    await registry.async_delete(PERSON, anna.person_id)
    again = await async_load(hass)
    await again.async_restore(PERSON, anna.person_id)
    assert by_day(again, anna.person_id, "weight") == {"03-20": 70}


async def test_a_person_who_comes_back_after_a_restart_lives_where_they_lived(
    hass: HomeAssistant, registry: TwinRegistry
) -> None:
    ola = await async_person(registry, name="Ola", timezone="Asia/Tokyo")
    await registry.async_delete(PERSON, ola.person_id)
    again = await async_load(hass)
    back = await again.async_restore(PERSON, ola.person_id)
    # It is tomorrow there.
    assert again.person_days(back).day_of(NOW + 4 * HOUR) == (NOW + DAY).date()


@pytest.mark.parametrize("while_running", [False, True])
async def test_nothing_is_left_of_somebody_who_does_not_come_back(
    hass: HomeAssistant,
    registry: TwinRegistry,
    anna: Person,
    hass_storage: dict[str, Any],
    freezer: FrozenDateTimeFactory,
    while_running: bool,
) -> None:
    jan = await async_person(registry, name="Jan")
    for person in (anna, jan):
        await registry.async_import_readings(person.person_id, [reading("weight", 70.4321, DAY)])
        await registry.async_record(person.person_id, [reading("mood", 7)])
    goal = {"goal_code": "G01", "name": "Run", "owner_person_id": anna.person_id}
    run = await registry.async_create(GOAL, goal)
    await registry.async_delete(PERSON, anna.person_id, force=True)
    await registry.async_write_files()
    freezer.move_to(NOW + KEPT_AFTER_DELETE + DAY)
    if while_running:
        again = registry
        assert await again.deletions.async_expire() == (anna.person_id,)
    else:
        again = await async_load(hass)
        assert again.deletions.expired_persons == (anna.person_id,)
        await again.async_update(GOAL, run.goal_id, {"name": "Walk"})
        await again.async_update(PERSON, jan.person_id, {"name": "Janek"})
        await again.async_write_files()
    assert archive_of(anna) not in hass_storage
    assert archive_of(jan) in hass_storage
    assert anna.person_id not in json.dumps([*hass_storage.values()], default=str)
    assert anna.person_id not in journal_text(hass)
    await again.async_record(jan.person_id, [reading("mood", 8, -DAY)])
    later = await async_load(hass)
    assert later.goals[run.goal_id].owner_person_id is None
    assert by_day(later, jan.person_id, "mood") == {"03-20": 7, "03-21": 8}


async def test_what_is_left_of_somebody_is_looked_for_again_after_a_disk_that_refused(
    hass: HomeAssistant,
    registry: TwinRegistry,
    anna: Person,
    freezer: FrozenDateTimeFactory,
) -> None:
    await registry.async_record(anna.person_id, [reading("mood", 7)])
    await registry.async_delete(PERSON, anna.person_id, force=True)
    freezer.move_to(NOW + KEPT_AFTER_DELETE + DAY)
    full = OSError("disk full")
    with patch.object(Disk, "replace", side_effect=full), pytest.raises(OSError, match="full"):
        await registry.deletions.async_expire()
    assert registry.deletions.is_deleted("person", anna.person_id)
    assert await registry.deletions.async_expire() == (anna.person_id,)
    assert anna.person_id not in journal_text(hass)


async def test_nobody_is_forgotten_before_the_files_know_that_they_were_deleted(
    hass: HomeAssistant,
    registry: TwinRegistry,
    anna: Person,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Otherwise an old file without its journal would have the person as they were before."""
    await registry.async_write_files()
    await registry.async_delete(PERSON, anna.person_id)
    freezer.move_to(NOW + KEPT_AFTER_DELETE)
    with no_space_for_files():
        with pytest.raises(StoreFailedError, match="persons could not be written"):
            await registry.deletions.async_expire()
        assert registry.deletions.is_deleted("person", anna.person_id)
        again = await async_load(hass)
        assert again.persons == {}
        assert again.deletions.is_deleted("person", anna.person_id)
        assert again.deletions.expired_persons == ()
    assert (await async_load(hass)).deletions.expired_persons == (anna.person_id,)
    later = await async_load(hass)
    assert (dict(later.persons), later.deletions.expired_persons) == ({}, ())


async def test_a_purge_while_the_histories_are_written_leaves_no_file(
    hass: HomeAssistant,
    registry: TwinRegistry,
    anna: Person,
    hass_storage: dict[str, Any],
    freezer: FrozenDateTimeFactory,
) -> None:
    await registry.async_record(anna.person_id, [reading("weight", 70)])
    await registry.async_delete(PERSON, anna.person_id)
    freezer.move_to(NOW + KEPT_AFTER_DELETE)
    gate, run = asyncio.Event(), hass.async_add_executor_job

    async def run_slowly(target: Callable[..., Any], *args: object) -> object:
        result = await run(target, *args)
        if target is archive_document:
            await gate.wait()
        return result

    with patch.object(hass, "async_add_executor_job", run_slowly):
        writing = hass.async_create_task(registry.async_write_files())
        purging = hass.async_create_task(registry.deletions.async_expire())
        for _ in range(20):
            await asyncio.sleep(0)
        gate.set()
        await writing
        assert await purging == (anna.person_id,)
    await registry.async_write_files()
    assert archive_of(anna) not in hass_storage
    assert anna.person_id not in json.dumps([*hass_storage.values()], default=str)
    assert (await async_load(hass)).histories(anna.person_id) == {}


async def test_a_value_that_is_undone_while_the_histories_are_written_is_in_no_file(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person, hass_storage: dict[str, Any]
) -> None:
    await registry.async_record(anna.person_id, [reading("weight", 70, HOUR)])
    with no_space():
        recording = hass.async_create_task(
            registry.async_record(anna.person_id, [reading("weight", 71)])
        )
        # The value is in memory, and its line of the journal on the way.
        assert by_day(registry, anna.person_id, "weight") == {"03-20": 71}
        registry._checkpoint.async_mark({archive_of(anna).removeprefix("digital_twin.")})
        await registry._checkpoint._async_write(f"history.{anna.person_id}")
        with pytest.raises(StoreFailedError):
            await recording
    assert hass_storage[archive_of(anna)]["data"]["metrics"]["weight"]["value"] == [70]
    for each in (registry, await async_load(hass)):
        assert by_day(each, anna.person_id, "weight") == {"03-20": 70}


async def test_a_clear_that_is_undone_while_the_histories_are_written_costs_nothing(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person, hass_storage: dict[str, Any]
) -> None:
    await registry.async_record(anna.person_id, [reading("weight", 70)])
    clear = {"health_metrics": {"weight": None}}
    with no_space():
        clearing = hass.async_create_task(registry.async_update(PERSON, anna.person_id, clear))
        assert registry.histories(anna.person_id) == {}
        await registry._checkpoint._async_write(f"history.{anna.person_id}")
        with pytest.raises(StoreFailedError):
            await clearing
    assert hass_storage[archive_of(anna)]["data"]["metrics"]["weight"]["value"] == [70]
    for each in (registry, await async_load(hass)):
        assert by_day(each, anna.person_id, "weight") == {"03-20": 70}


async def test_people_can_be_added_while_old_parts_of_the_journal_are_looked_for(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person
) -> None:
    await registry.async_record(anna.person_id, [reading("weight", 70)])
    pruning = hass.async_create_task(registry._checkpoint.async_prune())
    await asyncio.gather(*(async_person(registry, name=f"P{number}") for number in range(3)))
    await pruning


async def test_nobody_is_restored_while_they_are_forgotten(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person, freezer: FrozenDateTimeFactory
) -> None:
    await registry.async_record(anna.person_id, [reading("weight", 70)])
    await registry.async_delete(PERSON, anna.person_id)
    freezer.move_to(NOW + KEPT_AFTER_DELETE)
    expiring = hass.async_create_task(registry.deletions.async_expire())
    for _ in range(100):
        await asyncio.sleep(0)
        if expiring.done():
            break
        with pytest.raises(TwinError):
            await registry.async_restore(PERSON, anna.person_id)
    assert await expiring == (anna.person_id,)
    for each in (registry, await async_load(hass)):
        assert each.persons == {}
        assert not each.deletions.is_deleted("person", anna.person_id)
    assert anna.person_id not in journal_text(hass)


async def test_the_history_of_a_person_who_cannot_be_read_waits(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person, hass_storage: dict[str, Any]
) -> None:
    jan = await async_person(registry, name="Jan")
    await registry.async_record(anna.person_id, [reading("weight", 70)])
    await registry.async_write_files()
    damaged = hass_storage["digital_twin.persons"]["data"]["records"][0]
    damaged["timezone"] = 7
    again = await async_load(hass)
    assert {*again.persons} == {jan.person_id}
    await again.async_record(jan.person_id, [reading("mood", 8)])
    await again.async_write_files()
    kept = hass_storage["digital_twin.persons"]["data"]
    kept["set_aside"][0]["timezone"] = "Europe/Warsaw"
    mended = await async_load(hass)
    assert by_day(mended, anna.person_id, "weight") == {"03-20": 70}
    assert by_day(mended, jan.person_id, "mood") == {"03-20": 8}


async def test_a_damaged_history_costs_only_itself_and_comes_back_when_mended(
    hass: HomeAssistant,
    registry: TwinRegistry,
    anna: Person,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    await registry.async_import_readings(
        anna.person_id, [reading("weight", 70, 2 * DAY), reading("mood", 7, DAY)]
    )
    await registry.async_write_files()
    broken = hass_storage[archive_of(anna)]["data"]["metrics"]["weight"]
    broken["value"] = ["70"]
    again = await async_load(hass)
    assert {*again.histories(anna.person_id)} == {"mood"}
    [told] = [text for _, level, text in caplog.record_tuples if level == logging.ERROR]
    assert "set aside" in told
    assert "weight" not in told
    assert "70" not in told.replace(anna.person_id, "")
    assert again.damaged_histories == {anna.person_id: ("weight",)}
    await again.async_import_readings(anna.person_id, [reading("weight", 71, DAY)])
    await again.async_write_files()
    kept = hass_storage[archive_of(anna)]["data"]
    assert kept["set_aside"] == {"weight": [broken]}
    kept["set_aside"]["weight"][0]["value"] = [70.0]
    mended = await async_load(hass)
    assert by_day(mended, anna.person_id, "weight") == {"03-18": 70, "03-19": 71}
    assert mended.damaged_histories == {}


async def test_damaged_days_of_an_older_version_outlive_the_next_save(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person, hass_storage: dict[str, Any]
) -> None:
    damaged = {"day": [739694], "value": ["70"], "at": [0], "source": [0], "sources": ["x"]}
    days = {anna.person_id: {"weight": damaged}}
    hass_storage[RECENT] = stored(RECENT, {"archives": [], "days": days})
    again = await async_load(hass)
    assert RECENT not in hass_storage
    await again.async_record(anna.person_id, [reading("mood", 7)])
    await again.async_write_files()
    later = await async_load(hass)
    assert later.damaged_histories == {anna.person_id: ("weight",)}
    hass_storage[archive_of(anna)]["data"]["set_aside"]["weight"][0]["value"] = [70]
    mended = await async_load(hass)
    assert by_day(mended, anna.person_id, "weight") == {"03-19": 70}


async def test_days_that_an_older_version_kept_apart_enter_the_archives(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person, hass_storage: dict[str, Any]
) -> None:
    await registry.async_write_files()
    hass_storage["digital_twin.persons"]["data"]["set_aside"] = [{"person_id": GONE, "name": 7}]

    def days(value: float) -> dict[str, Any]:
        return {
            "day": [739694],
            "value": [value],
            "at": [0],
            "source": [0],
            "sources": ["scale"],
        }

    key = archive_of(anna)
    hass_storage[key] = stored(key, {"metrics": {"weight": days(69.0), "mood": days(5.0)}})
    recent = {anna.person_id: {"weight": days(70.0)}, GONE: {"weight": days(80.0)}}
    hass_storage[RECENT] = stored(RECENT, {"archives": [], "days": recent})
    with no_space_for_files():
        again = await async_load(hass)
    assert RECENT in hass_storage
    assert by_day(again, anna.person_id, "weight") == {"03-19": 70}
    again = await async_load(hass)
    assert RECENT not in hass_storage
    assert by_day(again, anna.person_id, "weight") == {"03-19": 70}
    assert by_day(again, anna.person_id, "mood") == {"03-19": 5}
    waiting = hass_storage[f"digital_twin.history.{GONE}"]["data"]["metrics"]["weight"]
    assert waiting["value"] == [80.0]


@pytest.mark.parametrize(
    "content",
    [[1, 2], "x", 7, {"metrics": [1]}, {"metrics": {"?": 1}}, {"set_aside": [1]}],
)
async def test_what_somebody_made_of_an_archive_is_set_aside_as_it_is(
    hass: HomeAssistant,
    registry: TwinRegistry,
    anna: Person,
    hass_storage: dict[str, Any],
    content: object,
) -> None:
    key = archive_of(anna)
    hass_storage[key] = {"version": 1, "minor_version": 1, "key": key, "data": content}
    again = await async_load(hass)
    assert again.damaged_histories == {anna.person_id: ("?",)}
    await again.async_import_readings(anna.person_id, [reading("weight", 70)])
    await again.async_write_files()
    [raw] = hass_storage[key]["data"]["set_aside"]["?"]
    assert raw in (content, 1, [1])
    later = await async_load(hass)
    assert later.damaged_histories == again.damaged_histories
    assert by_day(later, anna.person_id, "weight") == {"03-20": 70}


@pytest.mark.parametrize(
    "content", [{}, {"days": 3, "archives": "x"}, {"days": {"a": 3}}, [1, 2], "x"]
)
async def test_strange_recent_readings_stop_nobody(
    hass: HomeAssistant,
    registry: TwinRegistry,
    anna: Person,
    hass_storage: dict[str, Any],
    content: object,
) -> None:
    hass_storage[RECENT] = stored(RECENT, content)
    again = await async_load(hass)
    await again.async_record(anna.person_id, [reading("weight", 70)])
    assert by_day(again, anna.person_id, "weight") == {"03-20": 70}
    await again.async_remove()
    assert [key for key in hass_storage if key.startswith("digital_twin")] == []


async def test_removal_leaves_no_file_of_anybody(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person, hass_storage: dict[str, Any]
) -> None:
    await registry.async_import_readings(anna.person_id, [reading("weight", 70, DAY)])
    await registry.async_write_files()
    assert archive_of(anna) in hass_storage
    # Home Assistant removes an entry that is not loaded any more.
    await TwinRegistry(hass, ChangeFeed()).async_remove()
    assert [key for key in hass_storage if key.startswith("digital_twin")] == []


async def test_an_import_keeps_what_came_late_meanwhile(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person
) -> None:
    await registry.async_record(anna.person_id, [reading("hydration", 250)])
    many = [
        reading("hydration", 1, DAY + timedelta(minutes=minute)) for minute in reversed(range(600))
    ]
    importing = hass.async_create_task(registry.async_import_readings(anna.person_id, many))
    await asyncio.sleep(0)
    late = await registry.async_record(anna.person_id, [reading("hydration", 300, DAY * 1.01)])
    assert late.late
    assert await importing == 1
    assert by_day(registry, anna.person_id, "hydration") == {"03-19": 900, "03-20": 250}


async def test_an_import_keeps_what_was_measured_meanwhile(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person
) -> None:
    many = [reading("hydration", 1, timedelta(minutes=minute)) for minute in reversed(range(600))]
    importing = hass.async_create_task(registry.async_import_readings(anna.person_id, many))
    await registry.async_record(anna.person_id, [reading("hydration", 250, timedelta(hours=-0.01))])
    assert await importing == 1
    assert by_day(registry, anna.person_id, "hydration") == {"03-20": 850}
    assert await registry.async_import_readings(anna.person_id, many) == 0


async def test_an_import_ends_although_something_is_measured_all_the_time(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person
) -> None:
    many = [reading("hydration", 1, timedelta(minutes=minute)) for minute in reversed(range(1000))]
    pulses = 0

    async def beat() -> None:
        nonlocal pulses
        while not importing.done():
            pulses += 1
            pulse = reading("heart_rate", 60 + pulses % 20, timedelta(milliseconds=-pulses))
            await registry.async_record(anna.person_id, [pulse], delayed=True)
            await asyncio.sleep(0)

    importing = hass.async_create_task(registry.async_import_readings(anna.person_id, many))
    await beat()
    assert await importing == 2
    assert by_day(registry, anna.person_id, "hydration") == {"03-19": 219, "03-20": 781}
    after = registry.persons[anna.person_id]
    assert after.health_metrics["heart_rate"].value == 60 + pulses % 20
    # The import itself is one change.
    assert after.revision == anna.revision + pulses + 1


async def test_an_import_whose_days_were_undone_meanwhile_says_so(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person
) -> None:
    many = [reading("hydration", 1, timedelta(minutes=minute)) for minute in reversed(range(9000))]
    importing = hass.async_create_task(registry.async_import_readings(anna.person_id, many))
    await asyncio.sleep(0)
    with no_space(), pytest.raises(StoreFailedError):
        await registry.async_record(anna.person_id, [reading("weight", 70)])
    assert not importing.done()
    with pytest.raises(StoreFailedError, match="undone"):
        await importing
    assert await registry.async_import_readings(anna.person_id, many) > 0
    assert sum(by_day(registry, anna.person_id, "hydration").values()) == 9000


async def test_after_the_end_nothing_is_taken_any_more(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person
) -> None:
    many = [reading("hydration", 1, timedelta(minutes=minute)) for minute in reversed(range(1000))]
    importing = hass.async_create_task(registry.async_import_readings(anna.person_id, many))
    await registry.async_close()
    with pytest.raises(StoppedError):
        await importing
    with pytest.raises(StoppedError):
        await registry.async_record(anna.person_id, [reading("weight", 70)])
    assert (await async_load(hass)).persons[anna.person_id].health_metrics == {}
