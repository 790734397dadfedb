"""The sample folder: goals as people really write them, with their faults."""

from datetime import date
from pathlib import Path

from homeassistant.core import HomeAssistant
import pytest

from custom_components.digital_twin.engine.core.registry import TwinRegistry
from custom_components.digital_twin.engine.folder import FolderFault, SyncReport
from custom_components.digital_twin.twin.enums import GoalStatus, ItemState
from custom_components.digital_twin.twin.goals.references import DependencyGraph

from .conftest import OLA, async_open, by_code

SAMPLE = Path(__file__).parents[2] / "fixtures" / "goals-vault"


@pytest.fixture
async def report(hass: HomeAssistant, registry: TwinRegistry) -> SyncReport:
    synced = await async_open(hass, registry, SAMPLE)
    return await synced.async_sync()


def test_there_are_five_goals_and_one_broken_file(
    registry: TwinRegistry, report: SyncReport
) -> None:
    assert report.created == ("G01", "G02", "G03", "G04", "G05")
    assert report.faults == (FolderFault("G03_Polish-B2/README.md", 2, "unclosed_quote"),)
    assert {code: goal.name for code, goal in by_code(registry).items()} == {
        "G01": "Lower Resting Pulse",
        "G02": "Quiet House",
        "G03": "Polish at B2",
        "G04": "Emergency Fund",
        "G05": "Learn Woodwork",
    }


def test_what_the_front_matter_says(registry: TwinRegistry, report: SyncReport) -> None:
    goals = by_code(registry)
    assert {code: goal.status for code, goal in goals.items()} == {
        "G01": GoalStatus.ACTIVE,
        "G02": GoalStatus.ON_HOLD,
        "G03": GoalStatus.PLANNING,
        "G04": GoalStatus.ACTIVE,
        "G05": GoalStatus.PLANNING,
    }
    owners = [goals[code].owner_person_id for code in ("G01", "G02", "G05")]
    assert owners == [OLA, OLA, OLA]
    assert goals["G04"].owner_person_id is None
    dates = (goals["G05"].start_date, goals["G05"].target_date)
    assert dates == (date(2026, 5, 1), date(2026, 11, 30))


def test_descriptions_and_links(registry: TwinRegistry, report: SyncReport) -> None:
    goals = by_code(registry)
    assert goals["G01"].description == (
        "Bring the resting pulse down to a trained person's by the end of the year, "
        "with three short runs a week."
    )
    assert goals["G02"].description == "Nights under 30 dB in both bedrooms."
    assert goals["G05"].description == "A goal in one file. Make a stool, then a table."
    assert goals["G01"].roadmap_link == "G01_Lower-Resting-Pulse/Roadmap.md"
    assert goals["G05"].roadmap_link == "G05_Learn-Woodwork.md"


def test_milestones_lie_at_the_ends_of_the_quarters(
    registry: TwinRegistry, report: SyncReport
) -> None:
    goals = by_code(registry)
    found = [(each.name, each.date, each.progress) for each in goals["G01"].milestones]
    assert found == [
        ("Q1 (Jan\u2013Mar)", date(2026, 3, 31), 30.0),
        ("Q2 (Apr\u2013Jun) - Build", date(2026, 6, 30), 70.0),
        ("Q3 (Jul\u2013Sep)", date(2026, 9, 30), 90.0),
        ("Q4 (Oct\u2013Dec)", date(2026, 12, 31), 100.0),
    ]
    assert [each.date for each in goals["G02"].milestones] == [date(2026, 6, 30)]
    assert (goals["G01"].start_date, goals["G01"].target_date) == (
        date(2026, 1, 1),
        date(2026, 12, 31),
    )


def test_key_results_have_numbers_where_there_are_numbers(
    registry: TwinRegistry, report: SyncReport
) -> None:
    key_results = {each.name: each for each in by_code(registry)["G01"].progress_metrics}
    assert {name: (each.target, each.unit) for name, each in key_results.items()} == {
        "Roadmap": (None, None),
        "Definition of Done": (None, None),
        "Resting pulse (7-day mean)": (56, "bpm"),
        "Weekly distance": (20, "km"),
        "Daily steps": (10000, None),
        "Sleep score": (85, None),
        "HRV change": ("-2 to -4% vs Jan baseline", None),
        "Mood": ("TBD", None),
    }
    assert key_results["Sleep score"].extra["how_measured"] == "ring"
    assert key_results["Weekly distance"].extra["comparison"] == "\u2265"


def test_checkboxes_are_items_without_what_stands_behind_them(
    registry: TwinRegistry, report: SyncReport
) -> None:
    roadmap = by_code(registry)["G01"].progress_metrics[0]
    assert [(item.name, item.state) for item in roadmap.items] == [
        ("Find the baseline: four weeks of mornings", ItemState.DONE),
        ("Choose the three running days", ItemState.DONE),
        ("New shoes", ItemState.DOING),
        ("Ten weeks of base runs", ItemState.TODO),
        ("Weeks 1\u20135", ItemState.DONE),
        ("Weeks 6\u201310", ItemState.TODO),
        ("Replace the watch strap", ItemState.TODO),
        ("One hill session a week", ItemState.TODO),
        ("Re-measure VO2 max", ItemState.TODO),
        ("Keep it through the winter", ItemState.TODO),
    ]
    assert roadmap.items[1].due == date(2026, 3, 31)
    assert roadmap.items[1].done == date(2026, 3, 3)
    assert roadmap.items[4].done == date(2026, 5, 4)
    assert roadmap.items[6].due == date(2026, 6, 30)


def test_the_cycle_is_accepted(registry: TwinRegistry, report: SyncReport) -> None:
    goals = by_code(registry)
    ids = {code: goal.goal_id for code, goal in goals.items()}
    assert goals["G01"].dependencies == (ids["G02"], ids["G03"])
    assert goals["G02"].dependencies == (ids["G01"],)
    graph = DependencyGraph({goal.goal_id: goal.dependencies for goal in goals.values()})
    assert set(graph.cycle(ids["G01"])) == {ids["G01"], ids["G02"]}


async def test_a_second_sync_changes_nothing(hass: HomeAssistant, registry: TwinRegistry) -> None:
    synced = await async_open(hass, registry, SAMPLE)
    first = await synced.async_sync()
    goals, saves = dict(registry.goals), registry.seq
    for again in (synced, await async_open(hass, registry, SAMPLE)):
        report = await again.async_sync()
        assert (report.created, report.updated, report.unchanged) == ((), (), 5)
        assert report.faults == first.faults
    assert all(registry.goals[key] is goal for key, goal in goals.items())
    assert registry.seq == saves
