"""What changed is read from the real journal, beside those who write it."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
import random
from typing import Any, Final, override

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import orjson
import pytest

from custom_components.digital_twin.engine.core import journal as journal_module
from custom_components.digital_twin.engine.core.feed import FOLDER, Cause, ChangeFeed, Origin
from custom_components.digital_twin.engine.core.files import Disk
from custom_components.digital_twin.engine.core.past import PastChanges, _is_told
from custom_components.digital_twin.engine.core.registry import TwinRegistry
from custom_components.digital_twin.engine.core.store import KEPT_AFTER_DELETE
from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.goals.goal import GOAL
from custom_components.digital_twin.twin.home.home import HOME
from custom_components.digital_twin.twin.metrics.person import PERSON
from custom_components.digital_twin.twin.metrics.readings import Reading
from custom_components.digital_twin.twin.records.revisions import change
from custom_components.digital_twin.twin.records.timeline import TwinKey
from tests.common import ANNA, GOAL_ID, HOME_ID, no_space

NOON: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE: Final = timedelta(minutes=1)
BY_ANNA: Final = Cause("anna", Origin.REST)
KEY: Final = TwinKey("goal", GOAL_ID)

type Told = list[tuple[str, Any, Any]]


class CountingDisk(Disk):
    """A disk that counts the reads of segments, and refuses them where that is wanted."""

    def __init__(self) -> None:
        self.read_paths: list[Path] = []
        self.refuses: Callable[[Path], bool] = lambda _path: False

    @override
    def read(self, path: Path) -> bytes:
        self.read_paths.append(path)
        if self.refuses(path):
            raise OSError("input/output error")
        return super().read(path)


@pytest.fixture
def disk() -> CountingDisk:
    return CountingDisk()


@pytest.fixture
async def registry(
    hass: HomeAssistant, disk: CountingDisk, freezer: FrozenDateTimeFactory
) -> TwinRegistry:
    """A home, Anna and a goal at noon."""
    freezer.move_to(NOON)
    made = TwinRegistry(hass, ChangeFeed(), disk)
    await made.async_load()
    await made.async_create(PERSON, {"name": "Anna", "timezone": "UTC"}, twin_id=ANNA)
    await made.async_create(HOME, {"name": "Home"}, twin_id=HOME_ID)
    await made.async_create(GOAL, {"goal_code": "G01", "name": "Run"}, twin_id=GOAL_ID)
    freezer.tick(MINUTE)
    return made


async def rename(registry: TwinRegistry, *names: str, cause: Cause = BY_ANNA) -> None:
    for name in names:
        await registry.async_update(GOAL, GOAL_ID, {"name": name}, cause=cause)


def told(found: PastChanges) -> Told:
    return [(each.field or each.what.value, each.before, each.after) for each in found.changes]


async def since_noon(registry: TwinRegistry, **more: Any) -> PastChanges:  # noqa: ANN401
    return await registry.past.async_changes(NOON, NOON + timedelta(days=500), **more)


async def test_a_change_has_author_time_and_values(registry: TwinRegistry) -> None:
    await rename(registry, "Walk", "Hike")
    await rename(registry, "Swim", cause=Cause(FOLDER, Origin.FOLDER))
    found = await since_noon(registry)
    assert told(found) == [("name", "Hike", "Swim"), ("name", "Run", "Hike")]
    folder, anna = found.changes
    assert (folder.author, anna.author) == (("folder", "folder"), ("anna", "rest"))
    assert (anna.at, anna.count, anna.key) == (NOON + MINUTE, 2, KEY)
    assert (found.damaged, found.known_since) == (0, None)
    assert found.latest[KEY]["name"] == "Swim"


async def test_only_chosen_twins_are_told(registry: TwinRegistry) -> None:
    await rename(registry, "Walk")
    await registry.async_update(HOME, HOME_ID, {"name": "Flat"})
    assert told(await since_noon(registry, only=[KEY])) == [("name", "Run", "Walk")]
    assert told(await since_noon(registry, only=[])) == []
    many = [TwinKey("goal", str(number)) for number in range(20)]
    assert told(await since_noon(registry, only=[*many, KEY])) == [("name", "Run", "Walk")]


async def test_what_was_read_at_a_start_is_told_too(
    hass: HomeAssistant, registry: TwinRegistry
) -> None:
    await rename(registry, "Walk")
    await registry.async_close()
    again = TwinRegistry(hass, ChangeFeed())
    await again.async_load()
    await rename(again, "Hike")
    assert told(await since_noon(again)) == [("name", "Run", "Hike")]


async def test_before_the_journal_nobody_knows_anything(registry: TwinRegistry) -> None:
    week = timedelta(days=7)
    found = await registry.past.async_changes(NOON - week, NOON)
    assert {each.what.value for each in found.changes} == {"added"}
    assert found.known_since == NOON
    nothing = await registry.past.async_changes(NOON - 2 * week, NOON - week)
    assert (nothing.changes, nothing.known_since) == ([], NOON)


async def test_without_a_journal_nobody_knows_anything(
    hass: HomeAssistant, registry: TwinRegistry
) -> None:
    for path in Path(hass.config.path(".storage", "digital_twin")).iterdir():  # noqa: ASYNC240
        path.unlink()
    found = await registry.past.async_changes(NOON, NOON + MINUTE)
    assert (found.changes, found.known_since) == ([], NOON + MINUTE)


async def test_what_is_not_on_disk_yet_is_told(registry: TwinRegistry) -> None:
    """A goal that a linked entity moves is in the journal some minutes later."""
    goal = registry.goals[GOAL_ID]
    async with registry._changes.begin(BY_ANNA, delayed=True) as transaction:
        after = change(GOAL, goal, {"name": "Walk"}, registry.context())
        transaction.put(GOAL, goal, after)
    assert registry.goals[GOAL_ID].name == "Walk"
    assert told(await since_noon(registry)) == [("name", "Run", "Walk")]
    await registry._changes.async_flush()
    assert told(await since_noon(registry)) == [("name", "Run", "Walk")]


async def test_what_the_disk_refused_did_not_happen(registry: TwinRegistry) -> None:
    await rename(registry, "Walk")
    with no_space(), pytest.raises(Exception, match="journal"):
        await rename(registry, "Hike")
    await rename(registry, "Swim")
    assert told(await since_noon(registry)) == [("name", "Run", "Swim")]


async def test_reading_and_writing_go_on_beside_each_other(registry: TwinRegistry) -> None:
    async def write() -> None:
        await rename(registry, *(f"Name {number}" for number in range(60)))

    async def read() -> None:
        for _ in range(20):
            found = await since_noon(registry)
            assert found.damaged == 0
            assert all(each.is_known for each in found.changes)
            for (_, before, after), name in zip(told(found), ("name",), strict=False):
                assert (before, name) == ("Run", "name")
                assert after == registry.goals[GOAL_ID].name or str(after).startswith("Name")

    await asyncio.gather(write(), read(), read())
    assert told(await since_noon(registry)) == [("name", "Run", "Name 59")]


async def test_segments_before_the_time_are_not_read(
    registry: TwinRegistry,
    disk: CountingDisk,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 1)
    # Nobody else reads segments: those that are too old are looked for after a save.
    registry._changes.on_saved = lambda _files: None
    for number in range(10):
        freezer.move_to(NOON + timedelta(days=number))
        await rename(registry, f"Day {number}")
    disk.read_paths.clear()
    found = await registry.past.async_changes(NOON + timedelta(days=7), NOON + timedelta(days=99))
    assert told(found) == [("name", "Day 7", "Day 9")]
    # The third was looked into to see that it is older.
    assert len(disk.read_paths) == 3
    found = await registry.past.async_changes(
        NOON + timedelta(days=2), NOON + timedelta(days=4), only=[KEY]
    )
    assert told(found) == [("name", "Day 2", "Day 4")]
    assert found.latest[KEY]["name"] == "Day 4"


async def test_a_disk_that_gives_nothing_costs_only_what_is_on_it(
    registry: TwinRegistry,
    disk: CountingDisk,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 1)
    for number in range(4):
        freezer.tick(MINUTE)
        await rename(registry, f"Name {number}")
    newest = max(disk_paths(registry))
    disk.refuses = lambda path: path != newest
    found = await since_noon(registry)
    assert told(found) == [("name", "Name 2", "Name 3")]
    assert found.known_since == NOON + 5 * MINUTE
    assert "The journal could not be read: input/output error" in caplog.text


def disk_paths(registry: TwinRegistry) -> list[Path]:
    return [*registry._changes._journal.folder.iterdir()]


async def test_a_segment_that_is_removed_meanwhile_is_where_it_ends(
    registry: TwinRegistry, disk: CountingDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 1)
    await rename(registry, "Walk", "Hike")
    oldest = min(disk_paths(registry))

    def prune(_path: Path) -> bool:
        oldest.unlink(missing_ok=True)
        return False

    disk.refuses = prune
    found = await since_noon(registry)
    assert told(found)[0] == ("name", "Run", "Hike")
    assert found.damaged == 0


async def test_damage_costs_only_what_is_damaged(
    hass: HomeAssistant, registry: TwinRegistry
) -> None:
    names = [f"Name {number}" for number in range(20)]
    await rename(registry, *names)
    (path,) = disk_paths(registry)
    whole = path.read_bytes()
    order: dict[object, int] = {name: at for at, name in enumerate(("Run", *names))}
    known = order.keys()
    rng = random.Random(1)  # noqa: S311  # chosen at random, not secret
    for _ in range(60):
        start = rng.randrange(whole.index(b"\n"), len(whole))
        end = min(start + rng.choice((1, 1, 5, 50, 500)), len(whole))
        path.write_bytes(whole[:start] + rng.randbytes(end - start) + whole[end:])
        found = await since_noon(registry, only=[KEY])
        for each in found.changes:
            # A letter that fell over is a letter.
            if each.field == "name" and each.is_known and {each.before, each.after} <= known:
                assert order[each.before] < order[each.after]


async def test_a_missing_line_is_said_to_be_missing(registry: TwinRegistry) -> None:
    await rename(registry, "Walk", "Hike")
    milestone = {"key": "a", "name": "A", "date": "2026-05-01"}
    await registry.async_update(GOAL, GOAL_ID, {"milestones": [milestone]})
    await rename(registry, "Swim")
    (path,) = disk_paths(registry)
    path.write_bytes(path.read_bytes().replace(b'"Walk","a":"Hike"', b'"Walk","a":oops'))
    found = await since_noon(registry)
    assert found.damaged == 1
    # Behind the damage the name goes on.
    assert told(found) == [
        ("name", "Hike", "Swim"),
        ("milestones", [], [milestone]),
        ("name", "Run", "Walk"),
    ]


async def test_a_deleted_goal_is_told_until_it_is_deleted_for_good(
    registry: TwinRegistry, freezer: FrozenDateTimeFactory
) -> None:
    await rename(registry, "Walk")
    await registry.async_delete(GOAL, GOAL_ID, cause=BY_ANNA)
    assert told(await since_noon(registry)) == [("removed", None, None), ("name", "Run", "Walk")]
    freezer.tick(KEPT_AFTER_DELETE + MINUTE)
    await registry.deletions.async_expire()
    assert told(await since_noon(registry)) == []


async def test_of_a_person_who_was_deleted_for_good_nothing_is_left(
    registry: TwinRegistry, freezer: FrozenDateTimeFactory
) -> None:
    await registry.async_update(GOAL, GOAL_ID, {"owner_person_id": ANNA})
    await registry.async_delete(PERSON, ANNA, force=True)
    before = await since_noon(registry)
    assert ("removed", None, None) in told(before)
    freezer.tick(KEPT_AFTER_DELETE + MINUTE)
    await registry.deletions.async_expire()
    after = await since_noon(registry)
    assert {each.key for each in after.changes} == {KEY}
    assert ANNA not in str(after)
    assert after.damaged == 0
    assert all(each.is_known for each in after.changes)


# What need not be parsed.


def reading(metric: str, value: float, at: datetime = NOON) -> tuple[str, Reading]:
    unit = CATALOGUE[metric].unit
    return metric, Reading(value=value, unit=unit, measured_at=at, source='a "p":["name"] watch')


@pytest.fixture
async def lines(registry: TwinRegistry) -> Callable[[], list[bytes]]:
    """Return the lines that were written since."""
    await registry._changes.async_flush()
    seen = sum(path.read_bytes().count(b"\n") for path in disk_paths(registry))

    def written() -> list[bytes]:
        whole = b"".join(path.read_bytes() for path in sorted(disk_paths(registry)))
        return whole.splitlines()[seen:]

    return written


async def test_lines_about_readings_only_are_not_parsed(
    registry: TwinRegistry, lines: Callable[[], list[bytes]], freezer: FrozenDateTimeFactory
) -> None:
    for number in range(3):
        freezer.tick(timedelta(hours=9))
        moment = NOON + number * timedelta(hours=9)
        metrics = ("weight", "steps", "heart_rate")
        await registry.async_record(ANNA, [reading(each, 60 + number, moment) for each in metrics])
        await registry.async_record(ANNA, [reading("steps", 70, moment)])
        await registry.async_record(ANNA, [reading("sleep_duration", 400, moment)])
    assert len(lines()) == 9
    assert [_is_told(line) for line in lines()] == [False] * 9
    await registry.async_update(PERSON, ANNA, {"health_metrics": {"weight": None}})
    assert told(await since_noon(registry)) == []


@pytest.mark.parametrize(
    "patch",
    [
        {"name": "Ann"},
        {"preferences": {"p": ["revision"], "kind": '"p":["health_metrics"'}},
        {"quick_entries": [{"name": "Tea", "metrics": {"hydration": 250}}]},
        {"timezone": "Europe/Warsaw"},
        {"metric_sources": {"weight": ["sensor.scale"]}},
        {"health_metrics": {"weight": 71}, "day_start": 4},
        {"health_entities": False},
    ],
    ids=str,
)
async def test_whatever_else_changes_of_a_person_is_parsed(
    registry: TwinRegistry, lines: Callable[[], list[bytes]], patch: dict[str, object]
) -> None:
    await registry.async_update(PERSON, ANNA, patch)
    assert all(map(_is_told, lines()))
    fields = {each.field for each in (await since_noon(registry)).changes if each.field}
    assert fields == patch.keys() - {"health_metrics"}


async def test_new_and_deleted_people_are_parsed(
    registry: TwinRegistry, lines: Callable[[], list[bytes]]
) -> None:
    made = await registry.async_create(PERSON, {"name": "Eva", "health_metrics": {"weight": 60}})
    await registry.async_delete(PERSON, made.person_id)
    await registry.async_restore(PERSON, made.person_id)
    assert [_is_told(line) for line in lines()] == [True] * 3


def _all_steps(raw: bytes) -> Iterator[list[Any]]:
    for operation in orjson.loads(raw)["operations"]:
        yield from (step["p"] for step in operation.get("delta", ()))


async def test_goals_that_readings_move_are_parsed(
    registry: TwinRegistry, lines: Callable[[], list[bytes]]
) -> None:
    follows = {"name": "Weight", "baseline": 80, "target": 70, "source": {"metric": "weight"}}
    await registry.async_update(
        GOAL, GOAL_ID, {"owner_person_id": ANNA, "progress_metrics": [follows]}
    )
    await registry.async_record(ANNA, [reading("weight", 75)])
    *_, moved = lines()
    assert ["progress_metrics", 0] in [each[:2] for each in _all_steps(moved)]
    assert _is_told(moved)
    assert told(await since_noon(registry))[0][0] == "progress_metrics"
