"""GoalAssessments follow the records and the day, and tell exactly what changed."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import datetime, timedelta
from typing import override
from zoneinfo import ZoneInfo

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.digital_twin.engine.core.feed import Change, ChangeFeed, Topic
from custom_components.digital_twin.engine.core.registry import TwinRegistry
from custom_components.digital_twin.engine.goal_assessments import GoalAssessments
from custom_components.digital_twin.twin.goals.assessment import GoalAssessment
from custom_components.digital_twin.twin.goals.forecast import ForecastState
from custom_components.digital_twin.twin.goals.goal import GOAL, Goal
from custom_components.digital_twin.twin.goals.pace import Pace
from custom_components.digital_twin.twin.metrics.person import PERSON

ANNA = "20000000-0000-4000-8000-000000000001"
RUN = "30000000-0000-4000-8000-000000000001"
READ = "30000000-0000-4000-8000-000000000002"
DERIVED = {"pace", "forecast", "next_milestone", "slip"}


class Recorder(ChangeFeed):
    """A feed that remembers which derived topics were published."""

    def __init__(self) -> None:
        super().__init__()
        self.published: set[Topic] = set()

    @override
    def publish(self, changes: Iterable[Change]) -> None:
        published = list(changes)
        self.published |= {
            Topic(change.kind, change.twin_id, name)
            for change in published
            for name in change.fields & {*DERIVED, "goals_progress"}
        }
        super().publish(published)


@pytest.fixture
def feed() -> Recorder:
    return Recorder()


@pytest.fixture(autouse=True)
async def _time(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    await hass.config.async_set_time_zone("Europe/Warsaw")
    freezer.move_to("2026-03-01T12:00:00+00:00")


@pytest.fixture
async def registry(hass: HomeAssistant, feed: Recorder) -> TwinRegistry:
    registry = TwinRegistry(hass, feed)
    await registry.async_load()
    await registry.async_create(PERSON, {"name": "Anna"}, twin_id=ANNA)
    for goal_id, code in ((RUN, "G01"), (READ, "G02")):
        await registry.async_create(
            GOAL,
            {
                "goal_code": code,
                "name": code,
                "owner_person_id": ANNA,
                "status": "Active",
                "start_date": "2026-01-30",
                "target_date": "2026-03-31",
                "progress_metrics": [{"name": "A", "baseline": 0, "target": 100, "current": 50}],
            },
            twin_id=goal_id,
        )
    return registry


@pytest.fixture
def assessments(hass: HomeAssistant, feed: Recorder, registry: TwinRegistry) -> GoalAssessments:
    return GoalAssessments(hass, feed, registry, {})


@pytest.fixture
async def started(assessments: GoalAssessments, feed: Recorder) -> AsyncIterator[None]:
    end = assessments.async_start()
    feed.published.clear()
    yield
    end()


def told(feed: Recorder) -> set[tuple[str, str]]:
    found = {(each.twin_id, each.name) for each in feed.published if each.twin_id}
    feed.published.clear()
    return found


def pace(assessments: GoalAssessments, goal_id: str = RUN) -> Pace | None:
    assessment = assessments.get(goal_id)
    assert assessment is not None
    return assessment.pace


async def patch(registry: TwinRegistry, goal_id: str, **fields: object) -> Goal:
    return await registry.async_update(GOAL, goal_id, fields)


async def progress(registry: TwinRegistry, value: float, goal_id: str = RUN) -> None:
    await registry.async_update_progress(goal_id, {"key_result": "a", "value": value})


async def test_all_goals_are_judged_at_the_start(
    assessments: GoalAssessments, started: None
) -> None:
    assert pace(assessments) is Pace.ON_TRACK
    assert assessments.pace(RUN) == "on_track"
    assert assessments.get("nobody") is None
    assert assessments.pace("nobody") is None
    assert assessments.critical_path("nobody") == ()


async def test_a_change_is_judged_at_once_for_those_who_ask(
    registry: TwinRegistry, assessments: GoalAssessments, started: None
) -> None:
    await progress(registry, 20)
    assert pace(assessments) is Pace.AT_RISK
    await patch(registry, RUN, dependencies=[READ])
    assert assessments.graph.dependencies(RUN) == (READ,)


async def test_only_what_changed_is_told(
    hass: HomeAssistant,
    registry: TwinRegistry,
    assessments: GoalAssessments,
    feed: Recorder,
    started: None,
) -> None:
    await progress(registry, 51)
    await hass.async_block_till_done()
    told_topics = told(feed)
    assert {each for each in told_topics if each[0] != ANNA} == {(RUN, "pace")}
    await patch(registry, RUN, milestones=[{"name": "Half", "date": "2026-03-10", "progress": 66}])
    await hass.async_block_till_done()
    assert (RUN, "next_milestone") in told(feed)
    await patch(registry, RUN, description="Slowly")
    await hass.async_block_till_done()
    assert told(feed) == set()


async def test_a_pace_that_changes_is_news_about_its_owner(
    hass: HomeAssistant,
    registry: TwinRegistry,
    assessments: GoalAssessments,
    feed: Recorder,
    started: None,
) -> None:
    await patch(registry, RUN, target_date="2026-12-31")
    await hass.async_block_till_done()
    assert told(feed) == {(RUN, "pace"), (RUN, "slip"), (ANNA, "goals_progress")}


async def test_goals_that_come_together_are_news_about_their_owner_once(
    hass: HomeAssistant, registry: TwinRegistry, feed: Recorder, started: None
) -> None:
    news: list[None] = []
    feed.subscribe(Topic("person", ANNA, "goals_progress"), lambda _changes: news.append(None))
    await asyncio.gather(
        *(
            registry.async_create(
                GOAL, {"goal_code": f"X{number}", "name": "x", "owner_person_id": ANNA}
            )
            for number in range(20)
        )
    )
    await hass.async_block_till_done()
    assert len(news) == 1


async def test_those_who_wait_for_a_goal_are_judged_with_it(
    hass: HomeAssistant,
    registry: TwinRegistry,
    assessments: GoalAssessments,
    feed: Recorder,
    started: None,
) -> None:
    await patch(registry, RUN, dependencies=[READ])
    await hass.async_block_till_done()
    assert pace(assessments) is Pace.BLOCKED
    told(feed)
    await patch(registry, READ, status="Completed")
    await hass.async_block_till_done()
    assert pace(assessments) is Pace.ON_TRACK
    assert (RUN, "pace") in told(feed)


async def test_a_cycle_that_closes_unblocks_its_goals(
    hass: HomeAssistant, registry: TwinRegistry, assessments: GoalAssessments, started: None
) -> None:
    third = await registry.async_create(
        GOAL, {"goal_code": "G03", "name": "C", "status": "Active", "dependencies": [READ]}
    )
    await patch(registry, RUN, dependencies=[third.goal_id])
    await hass.async_block_till_done()
    assert pace(assessments) is Pace.BLOCKED
    await patch(registry, READ, dependencies=[RUN])
    await hass.async_block_till_done()
    assert [pace(assessments, key) for key in (RUN, READ)] == [Pace.ON_TRACK, Pace.ON_TRACK]
    assert assessments.critical_path(RUN)[-1] == RUN


async def test_a_goal_that_is_deleted_is_gone_and_blocks_nobody(
    hass: HomeAssistant, registry: TwinRegistry, assessments: GoalAssessments, started: None
) -> None:
    await patch(registry, RUN, dependencies=[READ])
    await registry.async_delete(GOAL, READ, force=True)
    await hass.async_block_till_done()
    assert assessments.get(READ) is None
    assert pace(assessments) is Pace.ON_TRACK
    await registry.async_restore(GOAL, READ)
    await hass.async_block_till_done()
    assert pace(assessments) is Pace.BLOCKED


def _assert_a_day_passed(
    before: GoalAssessment, assessments: GoalAssessments, feed: Recorder
) -> None:
    after = assessments.get(RUN)
    assert after is not None
    assert after.planned == pytest.approx((before.planned or 0) + 100 / 60, abs=0.001)
    assert (RUN, "pace") in told(feed)


async def test_midnight_brings_a_new_day(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    assessments: GoalAssessments,
    feed: Recorder,
    started: None,
) -> None:
    before = assessments.get(RUN)
    assert before is not None
    freezer.move_to("2026-03-01T23:00:01+00:00")
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    _assert_a_day_passed(before, assessments, feed)


async def test_another_time_zone_may_bring_another_day(
    hass: HomeAssistant, assessments: GoalAssessments, feed: Recorder, started: None
) -> None:
    before = assessments.get(RUN)
    assert before is not None
    await hass.config.async_update(time_zone="Pacific/Kiritimati")
    await hass.async_block_till_done()
    _assert_a_day_passed(before, assessments, feed)


async def test_the_history_of_days_makes_a_forecast(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    registry: TwinRegistry,
    assessments: GoalAssessments,
    feed: Recorder,
    started: None,
) -> None:
    for day in range(1, 9):
        freezer.tick(timedelta(days=1))
        async_fire_time_changed(hass)
        await progress(registry, 50 + day)
    await hass.async_block_till_done()
    assessment = assessments.get(RUN)
    assert assessment is not None
    assert assessment.forecast.state is ForecastState.FINISH
    assert str(assessment.forecast.finish) == "2026-04-20"
    assert (RUN, "forecast") in told(feed)
    await patch(registry, READ, dependencies=[RUN])
    late = assessments.get(READ)
    assert late is not None
    assert [each.goal_id for each in late.late_dependencies] == [RUN]
    assert assessments.critical_path(READ) == (RUN, READ)
    assert assessments.critical_path(RUN) == (RUN,)


async def test_a_goal_that_moves_others_is_news_about_them_and_nobody_else(
    hass: HomeAssistant,
    registry: TwinRegistry,
    assessments: GoalAssessments,
    feed: Recorder,
    started: None,
) -> None:
    third = await registry.async_create(
        GOAL, {"goal_code": "G03", "name": "C", "status": "Active", "target_date": "2026-04-30"}
    )
    await patch(registry, READ, dependencies=[RUN])
    await hass.async_block_till_done()
    assert assessments.slips.of[READ].days == 0
    told(feed)
    await patch(registry, RUN, target_date="2026-06-30")
    await hass.async_block_till_done()
    assert {each for each in told(feed) if each[1] == "slip"} == {(RUN, "slip"), (READ, "slip")}
    (cause,) = assessments.slips.of[READ].late_because_of
    assert cause.goal_id == RUN
    assert assessments.critical_path(READ) == (RUN, READ)
    # It is done: nobody waits for it any more.
    await patch(registry, RUN, status="Completed")
    await hass.async_block_till_done()
    assert assessments.slips.of.keys() == {READ, third.goal_id}
    assert assessments.slips.of[READ].days == 0
    await registry.async_delete(GOAL, READ)
    await hass.async_block_till_done()
    assert assessments.slips.of.keys() == {third.goal_id}


async def test_many_changes_are_judged_once(
    hass: HomeAssistant, registry: TwinRegistry, assessments: GoalAssessments, started: None
) -> None:
    calls = 0
    real = assessments._refresh

    def counted() -> None:
        nonlocal calls
        calls += 1
        real()

    assessments._refresh = counted  # type: ignore[method-assign]  # only counted
    for _time in range(5):
        change = Change(kind="goal", twin_id=RUN, fields=frozenset({"status"}))
        assessments._changed([change])
    assert assessments.graph.dependencies(RUN) == ()
    await hass.async_block_till_done()
    assert calls == 1
    assert assessments.graph.dependencies(READ) == ()


async def test_after_the_end_nothing_is_judged(
    hass: HomeAssistant, registry: TwinRegistry, assessments: GoalAssessments, feed: Recorder
) -> None:
    assessments.async_start()()
    feed.published.clear()
    await patch(registry, RUN, status="On Hold")
    await hass.async_block_till_done()
    assert {each for each in told(feed) if each[0] == RUN} == set()


@pytest.mark.parametrize(
    ("zone", "begins"),
    [
        # Clocks skip midnight: the day begins at 01:00.
        ("Africa/Cairo", "2026-04-23T22:00:00+00:00"),
        ("Asia/Beirut", "2026-03-28T22:00:00+00:00"),
        ("America/Havana", "2026-03-08T05:00:00+00:00"),
        ("America/Santiago", "2026-09-06T04:00:00+00:00"),
        ("Europe/Warsaw", "2026-03-28T23:00:00+00:00"),
    ],
)
async def test_a_goal_is_overdue_when_the_next_day_begins(
    hass: HomeAssistant,
    registry: TwinRegistry,
    assessments: GoalAssessments,
    freezer: FrozenDateTimeFactory,
    zone: str,
    begins: str,
) -> None:
    await hass.config.async_set_time_zone(zone)
    begin = datetime.fromisoformat(begins)
    target = (begin - timedelta(hours=1)).astimezone(ZoneInfo(zone)).date()
    freezer.move_to(begin - timedelta(hours=1))
    await patch(registry, RUN, target_date=target.isoformat())
    end = assessments.async_start()
    for moment, expected in ((begin - timedelta(seconds=1), False), (begin, True)):
        freezer.move_to(moment)
        async_fire_time_changed(hass)
        await hass.async_block_till_done()
        assert (pace(assessments) is Pace.OVERDUE) is expected
    end()
