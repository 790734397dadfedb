"""A folder full of logs gives the same verdicts as the README and roadmap of each goal alone."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest

from custom_components.digital_twin.engine.core.registry import TwinRegistry
from custom_components.digital_twin.twin.enums import GoalStatus
from custom_components.digital_twin.twin.goals.assessment import (
    assess_goal,
    forecast_of,
    reached_milestones,
)
from custom_components.digital_twin.twin.goals.goal import Goal
from custom_components.digital_twin.twin.goals.pace import Pace
from custom_components.digital_twin.twin.goals.references import DependencyGraph

from .conftest import OLA, Folder, async_open, by_code

RICH = Path(__file__).parents[2] / "fixtures" / "goals-rich" / "10_GOALS"
FILES = [path.relative_to(RICH).as_posix() for path in sorted(RICH.rglob("*.md"))]
PLANS = [file for file in FILES if file.lower().endswith(("readme.md", "roadmap.md"))]
TODAY = date(2026, 6, 22)


@pytest.fixture(autouse=True)
def _summer(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to("2026-06-22T12:00:00+00:00")


async def _async_goals(
    hass: HomeAssistant, registry: TwinRegistry, folder: Folder, files: list[str]
) -> Mapping[str, Goal]:
    for file in files:
        folder.write(file, (RICH / file).read_bytes())
    synced = await async_open(hass, registry, folder.path)
    report = await synced.async_sync()
    assert report.faults == ()
    return dict(by_code(registry))


@pytest.fixture
async def goals(hass: HomeAssistant, registry: TwinRegistry, folder: Folder) -> Mapping[str, Goal]:
    """The goals of the whole folder."""
    return await _async_goals(hass, registry, folder, FILES)


async def test_logs_change_nothing(
    hass: HomeAssistant, registry: TwinRegistry, folder: Folder
) -> None:
    """The folder grows by its logs after the plans were read."""
    metrics = [file for file in FILES if file.endswith("Metrics.md")]
    plain = await _async_goals(hass, registry, folder, PLANS + metrics)
    assert await _async_goals(hass, registry, folder, FILES) == plain


async def test_the_verdicts_are_those_of_the_plans_alone(
    hass: HomeAssistant, registry: TwinRegistry, folder: Folder
) -> None:
    alone = _verdicts(await _async_goals(hass, registry, folder, PLANS))
    assert _verdicts(await _async_goals(hass, registry, folder, FILES)) == alone


def _verdicts(goals: Mapping[str, Goal]) -> dict[str, tuple[object, ...]]:
    known = {goal.goal_id: goal for goal in goals.values()}
    graph = DependencyGraph({key: goal.dependencies for key, goal in known.items()})
    forecasts = {key: forecast_of(goal, TODAY) for key, goal in known.items()}
    return {
        code: (found.progress, found.planned, found.pace, found.slack_days, found.next_milestone)
        for code, goal in goals.items()
        for found in (assess_goal(goal, known, graph, forecasts, TODAY),)
    }


def test_what_the_owner_would_say(goals: Mapping[str, Goal]) -> None:
    assert {code: goal.status for code, goal in goals.items()} == {
        "G01": GoalStatus.ACTIVE,
        "G02": GoalStatus.ACTIVE,
        "G03": GoalStatus.ON_HOLD,
    }
    swim = goals["G01"]
    assert swim.owner_person_id == OLA
    assert set(swim.dependencies) == {goals["G02"].goal_id, goals["G03"].goal_id}
    assert [(milestone.key, milestone.date) for milestone in swim.milestones] == [
        ("2026_q1", date(2026, 3, 31)),
        ("2026_q2", date(2026, 6, 30)),
        ("2026_q3", date(2026, 9, 30)),
        ("2026_q4", date(2026, 12, 31)),
    ]
    roadmap, done, *figures = swim.progress_metrics
    assert [(item.name, item.due, item.done) for item in roadmap.items[:8]] == [
        ("Two lessons with a trainer", date(2026, 3, 31), date(2026, 1, 20)),
        ("Film the stroke", date(2026, 3, 31), date(2026, 2, 11)),
        ("1 km without a rest", date(2026, 3, 31), date(2026, 3, 14)),
        ("Wetsuit", date(2026, 4, 30), date(2026, 4, 22)),
        ("2 km in the pool", date(2026, 6, 30), date(2026, 5, 30)),
        ("3 km in the pool", date(2026, 6, 30), None),
        ("First swim in the lake", date(2026, 7, 15), None),
        ("4 km along the shore", date(2026, 9, 30), None),
    ]
    assert [item.name for item in roadmap.items[8:]] == ["5 km", "Write down what was learned"]
    assert [item.name for item in done.items] == [
        "5 km in open water in one piece",
        "Under two hours",
        "A doctor says yes",
    ]
    assert {each.name: (each.target, each.unit) for each in figures} == {
        "Longest swim": (5, "km"),
        "Time for 1 km": (22, "min"),
        "Training compliance": (100, "%"),
        "Upload delay": (24, "h"),
        "Mood": ("TBD", None),
    }


def test_the_history_begins_with_the_days_on_which_items_were_done(
    goals: Mapping[str, Goal],
) -> None:
    """Two of twelve items were done on 20 January, one of each list."""
    history = goals["G01"].progress_history
    assert [point.day for point in history] == [
        date(2026, 1, 1),
        date(2026, 1, 20),
        date(2026, 2, 11),
        date(2026, 3, 14),
        date(2026, 4, 22),
        date(2026, 5, 30),
        TODAY,
    ]
    assert [point.value for point in history] == [
        0.0,
        round(50 * (1 / 10 + 1 / 3), 4),
        round(50 * (2 / 10 + 1 / 3), 4),
        round(50 * (3 / 10 + 1 / 3), 4),
        round(50 * (4 / 10 + 1 / 3), 4),
        round(50 * (5 / 10 + 1 / 3), 4),
        round(50 * (5.5 / 10 + 1 / 3), 4),
    ]


@pytest.mark.parametrize(
    ("day", "progress", "pace", "slack"),
    [
        (date(2026, 6, 22), 30.0, Pace.ON_TRACK, 8),
        # The step of the third quarter is open. The account is only due at the end of the year,
        # and does not make up for it.
        (date(2026, 10, 10), 30.0, Pace.STALLED, -10),
        (date(2026, 12, 20), 30.0, Pace.STALLED, -11),
        (date(2027, 1, 10), 30.0, Pace.OVERDUE, -102),
    ],
)
def test_a_goal_without_progress_falls_behind(
    goals: Mapping[str, Goal], day: date, progress: float, pace: Pace, slack: int
) -> None:
    known = {goal.goal_id: goal for goal in goals.values()}
    graph = DependencyGraph({key: goal.dependencies for key, goal in known.items()})
    forecasts = {key: forecast_of(goal, day) for key, goal in known.items()}
    found = assess_goal(goals["G02"], known, graph, forecasts, day)
    assert (found.progress, found.pace, found.slack_days) == (progress, pace, slack)


def test_a_stage_is_reached_with_its_steps(goals: Mapping[str, Goal]) -> None:
    """The Definition of Done and the figures, still open, do not hold a stage back."""
    assert reached_milestones(goals["G01"]) == {"2026_q1"}
    assert reached_milestones(goals["G02"]) == {"2026_q1", "2026_q2"}
    assert reached_milestones(goals["G03"]) == {"2026_q1"}
