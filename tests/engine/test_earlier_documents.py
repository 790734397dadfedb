"""A document of an earlier time is the one that was answered at that time."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
import random
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import Context, HomeAssistant
import orjson
import pytest

from custom_components.digital_twin.commands.access import Actor, async_actor
from custom_components.digital_twin.commands.earlier import async_document_at
from custom_components.digital_twin.engine.core import journal as journal_module
from custom_components.digital_twin.engine.core.feed import Origin
from custom_components.digital_twin.engine.core.registry import KINDS, TwinRegistry
from custom_components.digital_twin.engine.documents import twin_document
from custom_components.digital_twin.engine.earlier_documents import AT, EXACTNESS
from custom_components.digital_twin.twin.goals.goal import GOAL
from custom_components.digital_twin.twin.home.home import HOME
from custom_components.digital_twin.twin.metrics.person import PERSON
from custom_components.digital_twin.twin.metrics.readings import Reading
from custom_components.digital_twin.twin.records.timeline import TwinKey
from tests.common import ANNA, HOME_ID, JAN, async_pass, async_setup_twin, runtime

NOON: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
PEOPLE: Final = (ANNA, JAN)
METRICS: Final = {"weight": "kg", "steps": "steps", "heart_rate": "bpm", "hydration": "mL"}
NAMES: Final = ("Run", "Walk", "Swim", "Żeglować")

type Answers = dict[TwinKey, dict[str, Any]]


def goal_id(number: int) -> str:
    return f"30000000-0000-4000-8000-{number:012}"


@pytest.fixture
async def actor(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> Actor:
    """A home, Anna and Jan at noon, and a journal whose segments are short."""
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 4_000)
    freezer.move_to(NOON)
    persons = {key: {"name": name} for key, name in zip(PEOPLE, ("Anna", "Jan"), strict=True)}
    entry = await async_setup_twin(hass, persons=persons)
    return await async_actor(hass, runtime(entry), Context(), Origin.ACTION)


class House:
    """A household in which something happens again and again."""

    def __init__(self, actor: Actor, seed: int) -> None:
        self.registry: TwinRegistry = actor.registry
        self.random = random.Random(seed)  # noqa: S311  # the same each time
        self.made = 0
        self.acts: tuple[Callable[[], Awaitable[object]], ...] = (
            self.add_goal,
            self.change_goal,
            self.change_goal,
            self.change_goal,
            self.measure,
            self.read,
            self.read,
            self.read,
            self.read_late,
            self.change_person,
            self.forget_metric,
            self.rename_home,
            self.delete_goal,
            self.restore_goal,
        )

    async def act(self) -> None:
        await self.random.choice(self.acts)()

    def some_goal(self) -> str | None:
        return self.random.choice([*self.registry.goals]) if self.registry.goals else None

    async def add_goal(self) -> None:
        self.made += 1
        number = self.made
        source = self.random.choice(({}, {"source": {"metric": "weight"}}))
        items = [{"name": f"Step {each}"} for each in range(4)]
        await self.registry.async_create(
            GOAL,
            {
                "goal_code": f"G{number:02}",
                "name": self.random.choice(NAMES),
                "owner_person_id": self.random.choice((ANNA, JAN, None)),
                "status": "Active",
                "start_date": "2026-02-01",
                "target_date": "2026-09-30",
                "progress_metrics": [
                    {"name": "Amount", "baseline": 90, "target": 60, "current": 80, **source},
                    {"name": "Steps", "kind": "checklist", "items": items},
                ],
            },
            twin_id=goal_id(number),
        )

    async def change_goal(self) -> None:
        if (key := self.some_goal()) is None:
            return
        others = [each for each in self.registry.goals if each != key]
        patch: dict[str, Any] = self.random.choice(
            (
                {"name": self.random.choice(NAMES)},
                {"status": self.random.choice(("Active", "On Hold", "Completed", "Planning"))},
                {"target_date": f"2026-{self.random.randrange(4, 13):02}-15"},
                {"owner_person_id": self.random.choice((ANNA, JAN, None))},
                {"dependencies": self.random.sample(others, min(len(others), 2))},
                {"milestones": [{"name": "Half", "date": "2026-05-01"}]},
                {"progress_metrics": []},
            )
        )
        await self.registry.async_update(GOAL, key, patch)

    async def measure(self) -> None:
        if (key := self.some_goal()) is None:
            return
        metrics = self.registry.goals[key].progress_metrics
        if metrics:
            value = {"key_result": metrics[-1].key, "item": "Step 1", "state": "done"}
            await self.registry.async_update_progress(key, value)

    async def read(self, at: timedelta = timedelta()) -> None:
        metric = self.random.choice([*METRICS])
        now = self.registry.context().now
        reading = Reading(
            value=float(self.random.randrange(50, 90)),
            unit=METRICS[metric],
            measured_at=now - at,
            source=self.random.choice(("scale", "watch")),
            running=metric == "steps",
        )
        person = self.random.choice(PEOPLE)
        await self.registry.async_record(person, [(metric, reading)])

    async def read_late(self) -> None:
        await self.read(timedelta(hours=self.random.randrange(1, 200)))

    async def change_person(self) -> None:
        patch = self.random.choice(
            (
                {"activity_level": self.random.choice(("Light", "Active"))},
                {"date_of_birth": "1990-01-01", "gender": "Female"},
                {"timezone": self.random.choice(("Europe/Warsaw", "Asia/Tokyo", "UTC"))},
                {"preferences": {"tea": self.random.randrange(9)}},
            )
        )
        await self.registry.async_update(PERSON, self.random.choice(PEOPLE), patch)

    async def forget_metric(self) -> None:
        if self.random.random() < 0.2:
            patch = {"health_metrics": {self.random.choice([*METRICS]): None}}
            await self.registry.async_update(PERSON, self.random.choice(PEOPLE), patch)

    async def rename_home(self) -> None:
        await self.registry.async_update(HOME, HOME_ID, {"name": self.random.choice(NAMES)})

    async def delete_goal(self) -> None:
        if (key := self.some_goal()) and self.random.random() < 0.5:
            await self.registry.async_delete(GOAL, key, force=True)

    async def restore_goal(self) -> None:
        for _, key, _ in self.registry.deletions.latest_first[:1]:
            await self.registry.async_restore(GOAL, key)


def answers(actor: Actor) -> Answers:
    """Return the documents of all twins as they are answered now."""
    return {
        TwinKey(kind, key): orjson.loads(orjson.dumps(twin_document(actor.runtime, kind, key)))
        for kind in KINDS
        for key in actor.registry.records(kind)
    }


async def document_at(actor: Actor, key: TwinKey, at: datetime) -> dict[str, Any]:
    return {**await async_document_at(actor, key, at, "twin")}


async def assert_answered(actor: Actor, key: TwinKey, at: datetime, now: dict[str, Any]) -> int:
    """Compare what is exact of a document with the answer of that time; return how much it is."""
    then = await document_at(actor, key, at)
    assert then[AT] == at.isoformat()
    levels = then[EXACTNESS]
    assert isinstance(levels, dict)
    assert levels.keys() >= now.keys()
    # A metric whose history was deleted since.
    for name in [each for each in levels if each.startswith("metrics.")]:
        now = {**now, "metrics": {**now["metrics"]}}
        now["metrics"].pop(name.removeprefix("metrics."))
    exact = [name for name in now if levels[name] == "exact"]
    different = {
        name: (then[name], now[name])
        for name in exact
        if orjson.loads(orjson.dumps(then[name])) != now[name]
    }
    assert not different
    assert not {name for name in now if levels[name] == "unknown"} & then.keys()
    return len(exact)


@pytest.mark.parametrize("seed", range(4))
async def test_every_document_is_the_one_that_was_answered(
    hass: HomeAssistant, actor: Actor, freezer: FrozenDateTimeFactory, seed: int
) -> None:
    house, past = House(actor, seed), list[tuple[datetime, Answers]]()
    for _ in range(60):
        await async_pass(hass, freezer, timedelta(minutes=house.random.randrange(1, 2_000)))
        await house.act()
        past.append((datetime.now(UTC), answers(actor)))
    numbers = actor.registry.past._journal.numbers()
    assert len(numbers) > 3
    compared = 0
    # Twice: the second time the segments that are over have summaries.
    for _ in range(2):
        for at, known in past:
            for key, document in known.items():
                compared += await assert_answered(actor, key, at, document)
    assert compared > 5_000
    folder = Path(hass.config.path(".storage", "digital_twin", "summaries"))
    assert len([*folder.iterdir()]) >= len(numbers) - 2  # noqa: ASYNC240


async def test_readings_that_share_a_line_are_exact_to_the_day(
    hass: HomeAssistant, actor: Actor, freezer: FrozenDateTimeFactory
) -> None:
    """Readings of linked entities are written together, some minutes later."""
    await async_pass(hass, freezer, timedelta(hours=1))
    begin = datetime.now(UTC)
    for number in range(3):
        freezer.move_to(begin + number * timedelta(minutes=1))
        reading = Reading(
            value=70.0 + number, unit="kg", measured_at=datetime.now(UTC), source="scale"
        )
        await actor.registry.async_record(ANNA, [("weight", reading)], delayed=True)
    await actor.registry._changes.async_flush()
    key = TwinKey("person", ANNA)
    after = await document_at(actor, key, begin + timedelta(minutes=2))
    assert after["health_metrics"]["weight"]["value"] == 72
    assert after[EXACTNESS]["health_metrics"] == "exact"
    between = await document_at(actor, key, begin + timedelta(minutes=1))
    assert between["health_metrics"] == {}
    assert between[EXACTNESS]["health_metrics"] == "daily"
    assert between[EXACTNESS]["metrics"] == "daily"


async def test_what_a_missing_line_hides_is_left_out(
    hass: HomeAssistant, actor: Actor, freezer: FrozenDateTimeFactory
) -> None:
    registry = actor.registry
    await registry.async_create(GOAL, {"goal_code": "G01", "name": "Run"}, twin_id=goal_id(1))
    await async_pass(hass, freezer, timedelta(hours=1))
    reading = Reading(value=70.0, unit="kg", measured_at=datetime.now(UTC), source="scale")
    await registry.async_record(ANNA, [("weight", reading)])
    at = datetime.now(UTC)
    for name in ("Walk", "Swim"):
        await async_pass(hass, freezer, timedelta(hours=1))
        await registry.async_update(GOAL, goal_id(1), {"name": name})
        await registry.async_update(PERSON, ANNA, {"name": name})
    for path in registry.past._journal.folder.glob("journal-*.jsonl"):
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join(each for each in lines if b'"a":"Walk"' not in each))
    goal = await document_at(actor, TwinKey("goal", goal_id(1)), at)
    assert goal.keys() == {"goal_id", AT, EXACTNESS}
    assert {goal[EXACTNESS][name] for name in ("name", "pace")} == {"unknown"}
    person = await document_at(actor, TwinKey("person", ANNA), at)
    assert person.keys() == {"person_id", "health_metrics", "goals_progress", AT, EXACTNESS}
    assert person["health_metrics"]["weight"]["value"] == 70
    assert person[EXACTNESS]["health_metrics"] == "daily"


async def test_a_goal_that_is_gone_for_good_leaves_its_place_unknown(
    hass: HomeAssistant, actor: Actor, freezer: FrozenDateTimeFactory
) -> None:
    registry = actor.registry
    for number in (1, 2):
        document = {"goal_code": f"G{number:02}", "name": "Run", "owner_person_id": ANNA}
        await registry.async_create(GOAL, document, twin_id=goal_id(number))
    await registry.async_update(GOAL, goal_id(1), {"dependencies": [goal_id(2)]})
    await async_pass(hass, freezer, timedelta(hours=1))
    at = datetime.now(UTC)
    await async_pass(hass, freezer, timedelta(hours=1))
    await registry.async_delete(GOAL, goal_id(2), force=True)
    key = TwinKey("goal", goal_id(1))
    levels = (await document_at(actor, key, at))[EXACTNESS]
    assert {*levels.values()} == {"exact", "unknown"}
    await async_pass(hass, freezer, timedelta(days=31))
    await registry.deletions.async_expire()
    then = await document_at(actor, key, at)
    assert then["dependencies"] == [goal_id(2)]
    assert "pace" not in then
    assert {then[EXACTNESS][name] for name in ("dependents", "blocked_by")} == {"unknown"}
    person = await document_at(actor, TwinKey("person", ANNA), at)
    assert person[EXACTNESS]["goals_progress"] == "unknown"


async def test_nothing_of_a_forgotten_person_is_left_in_summaries(
    hass: HomeAssistant, actor: Actor, freezer: FrozenDateTimeFactory
) -> None:
    registry, house = actor.registry, House(actor, 1)
    for _ in range(30):
        await async_pass(hass, freezer, timedelta(hours=5))
        await house.read()
    await document_at(actor, TwinKey("person", JAN), NOON + timedelta(hours=6))
    folder = registry.past._journal.folder / "summaries"
    assert any(JAN.encode() in each.read_bytes() for each in folder.iterdir())
    await registry.async_delete(PERSON, JAN)
    await async_pass(hass, freezer, timedelta(days=31))
    await registry.deletions.async_expire()
    assert not folder.exists()
    everything = registry.past._journal.folder.rglob("*.jsonl")
    assert not any(JAN.encode() in each.read_bytes() for each in everything)
    await document_at(actor, TwinKey("person", ANNA), NOON + timedelta(hours=6))
    assert [*folder.iterdir()]
    await registry.async_remove()
    assert not folder.exists()
