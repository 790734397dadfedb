"""The registry on the mocked disk of the test harness."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
import json
from pathlib import Path
from typing import Any, override
from unittest.mock import patch
from uuid import uuid4

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.digital_twin.engine.core.feed import Change, ChangeFeed, Topic
from custom_components.digital_twin.engine.core.files import Disk, StoreFailedError
from custom_components.digital_twin.engine.core.registry import KINDS, TwinRegistry
from custom_components.digital_twin.twin.errors import TwinError
from custom_components.digital_twin.twin.goals.goal import GOAL, Goal
from custom_components.digital_twin.twin.goals.references import Reference
from custom_components.digital_twin.twin.home.home import HOME
from custom_components.digital_twin.twin.metrics.person import PERSON, Person
from custom_components.digital_twin.twin.metrics.readings import parse_readings

NOBODY = "99999999-9999-4999-8999-999999999999"


class Recorder(ChangeFeed):
    """A feed that remembers the topics of what was published together."""

    def __init__(self) -> None:
        super().__init__()
        self.published: list[set[Topic]] = []
        self.changes: list[Change] = []

    @override
    def publish(self, changes: Iterable[Change]) -> None:
        told = list(changes)
        self.changes += told
        if told:
            self.published.append(
                {Topic(each.kind, each.twin_id, name) for each in told for name in each.fields}
            )
        super().publish(told)


def journal(hass: HomeAssistant) -> str:
    """Return all that is in the journal."""
    folder = Path(hass.config.path(".storage", "digital_twin"))
    return "".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.jsonl")))


async def load(hass: HomeAssistant, feed: ChangeFeed | None = None) -> TwinRegistry:
    registry = TwinRegistry(hass, feed or ChangeFeed())
    await registry.async_load()
    return registry


@pytest.fixture
def feed() -> Recorder:
    return Recorder()


@pytest.fixture
async def registry(hass: HomeAssistant, feed: Recorder) -> TwinRegistry:
    return await load(hass, feed)


@pytest.fixture
async def anna(registry: TwinRegistry) -> Person:
    return await registry.async_create(PERSON, {"name": "Anna", "contact_email": "a@example.org"})


@pytest.fixture
async def run(registry: TwinRegistry, anna: Person) -> Goal:
    return await registry.async_create(
        GOAL,
        {
            "goal_code": "G01",
            "name": "Run",
            "owner_person_id": anna.person_id,
            "progress_metrics": [
                {
                    "name": "Weight",
                    "baseline": 80,
                    "target": 70,
                    "source": {"metric": "weight"},
                }
            ],
        },
    )


async def test_what_was_acknowledged_is_there_after_a_restart(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person, run: Goal
) -> None:
    home = await registry.async_create(HOME, {"name": "House", "residents": [anna.person_id]})
    run = await registry.async_update(GOAL, run.goal_id, {"status": "active"})
    again = await load(hass)
    assert again.persons == {anna.person_id: anna}
    assert again.homes == {home.home_id: home}
    assert again.goals == {run.goal_id: run}


async def test_the_answer_comes_after_the_save(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person
) -> None:
    await registry.async_update(PERSON, anna.person_id, {"name": "Ania"})
    last = json.loads(journal(hass).splitlines()[-1])
    steps = {tuple(step["p"]): step["a"] for step in last["operations"][0]["delta"]}
    assert steps.pop(("last_updated",))
    assert steps == {("name",): "Ania", ("revision",): 2}


async def test_the_file_follows_within_seconds_and_only_where_something_changed(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    registry: TwinRegistry,
    anna: Person,
    run: Goal,
    freezer: FrozenDateTimeFactory,
) -> None:
    await registry.async_write_files()
    goals = hass_storage.pop("digital_twin.goals")
    await registry.async_update(PERSON, anna.person_id, {"name": "Ania"})
    for name in ("Anka", "Aneczka"):
        freezer.tick(4)
        async_fire_time_changed(hass)
        await registry.async_update(PERSON, anna.person_id, {"name": name})
    freezer.tick(3)
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    stored = hass_storage["digital_twin.persons"]["data"]["records"]
    assert [(item["name"], item["revision"]) for item in stored] == [("Aneczka", 4)]
    assert "digital_twin.goals" not in hass_storage
    hass_storage["digital_twin.goals"] = goals
    assert (await load(hass)).goals == {run.goal_id: run}


async def test_a_new_person_lives_in_the_time_zone_of_the_household(
    hass: HomeAssistant, registry: TwinRegistry
) -> None:
    await hass.config.async_set_time_zone("Europe/Warsaw")
    anna = await registry.async_create(PERSON, {"name": "Anna"})
    assert anna.timezone == "Europe/Warsaw"


type Attempt = Callable[[TwinRegistry, Person, Goal], Awaitable[object]]


@pytest.mark.parametrize(
    ("attempt", "key", "field"),
    [
        (
            lambda registry, _anna, _run: registry.async_create(
                PERSON, {"name": "B", "contact_email": "A@Example.org"}
            ),
            "duplicate",
            "contact_email",
        ),
        (
            lambda registry, _anna, _run: registry.async_create(
                GOAL, {"name": "B", "goal_code": "g01"}
            ),
            "duplicate",
            "goal_code",
        ),
        (
            lambda registry, _anna, _run: registry.async_create(
                GOAL, {"name": "B", "goal_code": "G02", "owner_person_id": NOBODY}
            ),
            "not_found",
            "owner_person_id",
        ),
        (
            lambda registry, _anna, run: registry.async_update(
                GOAL, run.goal_id, {"dependencies": [run.goal_id]}
            ),
            "self_dependency",
            "dependencies",
        ),
        (
            lambda registry, _anna, run: registry.async_update(
                GOAL, run.goal_id, {"dependencies": [NOBODY]}
            ),
            "not_found",
            "dependencies",
        ),
        (
            lambda registry, anna, _run: registry.async_update(
                PERSON, anna.person_id, {"timezone": "Mars/Base"}
            ),
            "invalid_timezone",
            "timezone",
        ),
        (
            lambda registry, anna, _run: registry.async_update(
                PERSON, anna.person_id, {"name": "B"}, revision=7
            ),
            "stale",
            "revision",
        ),
        (
            lambda registry, _anna, _run: registry.async_update(PERSON, NOBODY, {"name": "B"}),
            "not_found",
            "person_id",
        ),
        (
            lambda registry, anna, _run: registry.async_delete(PERSON, anna.person_id),
            "in_use",
            "person_id",
        ),
        (
            lambda registry, _anna, _run: registry.async_delete(GOAL, NOBODY),
            "not_found",
            "goal_id",
        ),
        (
            lambda registry, _anna, _run: registry.async_restore(GOAL, NOBODY),
            "not_found",
            "goal_id",
        ),
        (
            lambda registry, _anna, _run: registry.async_record(NOBODY, ()),
            "not_found",
            "person_id",
        ),
    ],
)
async def test_what_is_refused_changes_nothing(
    hass: HomeAssistant,
    registry: TwinRegistry,
    feed: Recorder,
    anna: Person,
    run: Goal,
    attempt: Attempt,
    key: str,
    field: str,
) -> None:
    feed.published.clear()
    lines = journal(hass)
    with pytest.raises(TwinError) as caught:
        await attempt(registry, anna, run)
    assert (caught.value.key, caught.value.faults[0].field) == (key, field)
    assert journal(hass) == lines
    assert feed.published == []
    assert registry.persons == {anna.person_id: anna}
    assert registry.goals == {run.goal_id: run}


async def test_the_same_person_entity_is_found_out_however_it_is_written(
    registry: TwinRegistry, entity_registry: er.EntityRegistry
) -> None:
    entity = entity_registry.async_get_or_create("person", "person", "anna")
    anna = await registry.async_create(PERSON, {"name": "A", "person_entity": entity.entity_id})
    assert anna.person_entity == entity.id
    jan = await registry.async_create(PERSON, {"name": "B"})
    for written in (entity.id, entity.entity_id):
        with pytest.raises(TwinError) as caught:
            await registry.async_update(PERSON, jan.person_id, {"person_entity": written})
        assert caught.value.key == "duplicate"


async def test_what_was_broken_before_does_not_stop_another_change(
    hass: HomeAssistant, hass_storage: dict[str, Any], registry: TwinRegistry, run: Goal
) -> None:
    await registry.async_write_files()
    hass_storage["digital_twin.goals"]["data"]["records"][0]["owner_person_id"] = NOBODY
    again = await load(hass)
    changed = await again.async_update(GOAL, run.goal_id, {"name": "Walk"})
    assert (changed.name, changed.owner_person_id) == ("Walk", NOBODY)


async def test_a_change_without_effect_is_neither_saved_nor_published(
    hass: HomeAssistant, registry: TwinRegistry, feed: Recorder, anna: Person
) -> None:
    feed.published.clear()
    lines = journal(hass)
    assert await registry.async_update(PERSON, anna.person_id, {"name": "Anna"}) is anna
    assert (journal(hass), feed.published) == (lines, [])


async def test_exactly_the_slices_that_changed_are_published(
    registry: TwinRegistry, feed: Recorder, anna: Person, run: Goal
) -> None:
    feed.published.clear()
    await registry.async_update(PERSON, anna.person_id, {"activity_level": "light"})
    await registry.async_update(GOAL, run.goal_id, {"description": "Slowly"})
    await registry.async_update(GOAL, run.goal_id, {"status": "completed"})
    assert feed.published == [
        {Topic("person", key, "activity_level") for key in (anna.person_id,)},
        {Topic("goal", key, "description") for key in (run.goal_id,)},
        {
            *(
                Topic("goal", key, name)
                for key in (run.goal_id,)
                for name in ("status", "progress", "completed_on", "progress_history")
            ),
            Topic("person", anna.person_id, "goals_progress"),
        },
    ]


async def test_a_goal_that_changes_hands_concerns_both(
    registry: TwinRegistry, feed: Recorder, anna: Person, run: Goal
) -> None:
    jan = await registry.async_create(PERSON, {"name": "Jan"})
    feed.published.clear()
    await registry.async_update(GOAL, run.goal_id, {"owner_person_id": jan.person_id})
    assert feed.published == [
        {
            *(Topic("goal", key, "owner_person_id") for key in (run.goal_id,)),
            *(Topic("person", key, "goals_progress") for key in (anna.person_id, jan.person_id)),
        }
    ]


async def test_readings_reach_the_person_and_the_goals_that_follow_them(
    registry: TwinRegistry, feed: Recorder, anna: Person, run: Goal
) -> None:
    feed.published.clear()
    readings = parse_readings({"weight": 75, "mood": 6}, now=registry.context().now)
    recorded = await registry.async_record(anna.person_id, readings.items())
    assert recorded.person.health_metrics == readings
    assert recorded.person.revision == anna.revision + 1
    assert [goal.progress_metrics[0].current for goal in recorded.goals] == [75]
    assert feed.published == [
        {
            *(Topic("person", key, "health_metrics") for key in (anna.person_id,)),
            Topic("person", anna.person_id, "health_metrics/weight"),
            Topic("person", anna.person_id, "health_metrics/mood"),
            Topic("person", anna.person_id, "histories"),
            Topic("person", anna.person_id, "goals_progress"),
            *(
                Topic("goal", key, name)
                for key in (run.goal_id,)
                for name in ("progress", "progress_metrics", "progress_history")
            ),
        }
    ]


async def test_the_same_reading_twice_is_one(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person
) -> None:
    readings = parse_readings({"weight": 75}, now=registry.context().now)
    once = await registry.async_record(anna.person_id, readings.items())
    lines = journal(hass)
    twice = await registry.async_record(anna.person_id, readings.items())
    assert twice.person is once.person
    assert twice.goals == ()
    assert journal(hass) == lines


async def test_a_twin_in_use_is_deleted_only_by_force_and_comes_back_with_its_references(
    hass: HomeAssistant, registry: TwinRegistry, feed: Recorder, anna: Person, run: Goal
) -> None:
    home = await registry.async_create(HOME, {"name": "House", "residents": [anna.person_id]})
    feed.published.clear()
    lost = await registry.async_delete(PERSON, anna.person_id, force=True)
    assert lost == (
        Reference("home", home.home_id, "residents"),
        Reference("goal", run.goal_id, "owner_person_id"),
    )
    assert registry.goals[run.goal_id].owner_person_id is None
    assert registry.homes[home.home_id].residents == ()
    assert Topic("person", anna.person_id, "removed") in feed.published[0]

    again = await load(hass)
    assert again.persons == {}
    assert again.deletions.is_deleted("person", anna.person_id)
    assert await again.async_restore(PERSON, anna.person_id) == anna
    assert again.goals[run.goal_id].owner_person_id == anna.person_id
    assert again.homes[home.home_id].residents == (anna.person_id,)
    assert (await load(hass)).persons == {anna.person_id: anna}


async def test_a_restored_twin_leaves_what_took_its_place(
    registry: TwinRegistry, anna: Person, run: Goal
) -> None:
    jan = await registry.async_create(PERSON, {"name": "Jan"})
    await registry.async_delete(PERSON, anna.person_id, force=True)
    await registry.async_update(GOAL, run.goal_id, {"owner_person_id": jan.person_id})
    await registry.async_restore(PERSON, anna.person_id)
    assert registry.goals[run.goal_id].owner_person_id == jan.person_id


async def test_a_twin_whose_user_is_gone_comes_back_alone(
    registry: TwinRegistry, anna: Person, run: Goal
) -> None:
    await registry.async_delete(PERSON, anna.person_id, force=True)
    await registry.async_delete(GOAL, run.goal_id)
    assert await registry.async_restore(PERSON, anna.person_id) == anna


async def test_a_twin_whose_place_was_taken_cannot_come_back(
    registry: TwinRegistry, run: Goal
) -> None:
    await registry.async_delete(GOAL, run.goal_id)
    await registry.async_create(GOAL, {"name": "Other", "goal_code": "G01"})
    with pytest.raises(TwinError) as caught:
        await registry.async_restore(GOAL, run.goal_id)
    assert (caught.value.key, caught.value.faults[0].field) == ("duplicate", "goal_code")
    assert registry.deletions.is_deleted("goal", run.goal_id)


@pytest.mark.parametrize("kind", ["person", "goal"])
async def test_many_writers_share_few_saves_and_lose_nothing(
    hass: HomeAssistant, registry: TwinRegistry, kind: str
) -> None:
    numbers = iter(range(500))

    async def caller() -> None:
        for number in numbers:
            document = {"name": f"Name {number}"}
            if kind == "goal":
                document["goal_code"] = f"G{number}"
            await registry.async_create(KINDS[kind], document)

    with patch.object(Disk, "append", autospec=True, side_effect=Disk.append) as append:
        await asyncio.gather(*(caller() for _ in range(64)))
    assert append.call_count <= 50
    assert registry.writes == 0
    stored = (await load(hass)).records(kind)
    assert {record.name for record in stored.values()} == {f"Name {n}" for n in range(500)}


@pytest.mark.parametrize(
    "error",
    [
        OSError("disk full"),
        PermissionError("read-only"),
        TypeError("not JSON at all"),
        ValueError("not even text"),
    ],
)
async def test_a_disk_that_refuses_undoes_the_change_and_says_so(
    hass: HomeAssistant,
    registry: TwinRegistry,
    feed: Recorder,
    anna: Person,
    error: Exception,
) -> None:
    jan = await registry.async_create(PERSON, {"name": "Jan"})
    feed.published.clear()
    with patch.object(Disk, "append", side_effect=error), pytest.raises(StoreFailedError):
        await registry.async_update(PERSON, anna.person_id, {"name": "Ania"})
    assert registry.persons == {anna.person_id: anna, jan.person_id: jan}
    assert feed.published == [{Topic("person", key, "name") for key in (anna.person_id,)}]

    again = await registry.async_update(PERSON, anna.person_id, {"name": "Ania"})
    assert (await load(hass)).persons == {anna.person_id: again, jan.person_id: jan}


async def test_who_stops_waiting_keeps_nobody_from_hearing_of_the_change(
    hass: HomeAssistant, registry: TwinRegistry, feed: Recorder, anna: Person
) -> None:
    feed.published.clear()
    readings = parse_readings({"weight": 75}, now=registry.context().now)
    for change in (
        registry.async_update(PERSON, anna.person_id, {"name": "Ania"}),
        registry.async_record(anna.person_id, readings.items()),
    ):
        task = hass.async_create_task(change)
        await asyncio.sleep(0)
        assert task.cancel()
        await hass.async_block_till_done()
        assert task.cancelled()
    assert {topic.name for topics in feed.published for topic in topics} == {
        "histories",
        "name",
        "health_metrics",
        "health_metrics/weight",
    }


async def test_after_the_unload_nobody_overwrites_what_is_loaded_again(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person
) -> None:
    readings = parse_readings({"weight": 75}, now=registry.context().now)
    await registry.async_close()
    again = await load(hass)
    ania = await again.async_update(PERSON, anna.person_id, {"name": "Ania"})
    for late in (
        registry.async_update(PERSON, anna.person_id, {"activity_level": "light"}),
        registry.async_record(anna.person_id, readings.items()),
    ):
        with pytest.raises(StoreFailedError):
            await late
    assert (await load(hass)).persons == {anna.person_id: ania}
    assert (await load(hass)).histories(anna.person_id) == {}


async def test_removal_leaves_no_file(
    hass: HomeAssistant, registry: TwinRegistry, hass_storage: dict[str, Any], run: Goal
) -> None:
    await registry.async_create(HOME, {"name": "House"}, twin_id=str(uuid4()))
    await registry.async_write_files()
    await registry.async_remove()
    assert journal(hass) == ""
    assert [key for key in hass_storage if key.startswith("digital_twin")] == []
