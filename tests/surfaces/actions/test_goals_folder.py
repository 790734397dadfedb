"""The goals folder is read on demand, and what is wrong in it is said by file and line."""

from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.digital_twin.engine.folder import CONF_GOALS_FOLDER
from tests.common import runtime

from .conftest import Perform, Refuses


@pytest.fixture
async def folder(hass: HomeAssistant, entry: MockConfigEntry, tmp_path: Path) -> Path:
    """Choose a folder with one good and one broken file."""
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    (tmp_path / "G07_Paint.md").write_text("---\ntitle: Paint\nowner: Anna\n---\n\n- [ ] Wall\n")
    (tmp_path / "G08_Broken.md").write_text('---\nowner: "Anna\n---\n\n# Broken\n')
    hass.config_entries.async_update_entry(entry, options={CONF_GOALS_FOLDER: str(tmp_path)})
    await hass.async_block_till_done(wait_background_tasks=True)
    return tmp_path


async def test_a_sync_reports_what_came_and_what_is_wrong(
    hass: HomeAssistant, entry: MockConfigEntry, folder: Path, perform: Perform
) -> None:
    (folder / "G09_Swim.md").write_text("---\ntitle: Swim\n---\n\n# Swim\n")
    report = await perform("sync_goals")
    assert report["created"] == ["G09"]
    assert isinstance(report["duration_ms"], int)
    (fault,) = [one for one in report["faults"] if one["problem"] == "unclosed_quote"]
    assert (fault["file"], fault["line"]) == ("G08_Broken.md", 2)
    assert fault["message"] == "A quotation mark is not closed."
    again = await perform("sync_goals")
    assert (again["created"], again["updated"]) == ([], [])


@pytest.mark.parametrize(
    ("language", "message"),
    [
        ("en", "There is no person Nobody. The goal stays without this owner."),
        ("pl", "Nie ma osoby Nobody. Cel pozostaje bez tego właściciela."),
    ],
)
async def test_what_is_wrong_is_said_in_the_language_of_the_household(
    hass: HomeAssistant, folder: Path, perform: Perform, language: str, message: str
) -> None:
    hass.config.language = language
    (folder / "G09_Swim.md").write_text("---\ntitle: Swim\nowner: Nobody\n---\n\n# Swim\n")
    report = await perform("sync_goals")
    messages: list[Any] = [one["message"] for one in report["faults"]]
    assert message in messages


async def test_without_a_folder_there_is_nothing_to_sync(refuses: Refuses) -> None:
    await refuses("no_goals_folder", "goals_folder", "sync_goals")


async def test_a_sync_takes_no_data(refuses: Refuses) -> None:
    await refuses("unknown_field", "folder", "sync_goals", folder="/tmp")  # noqa: S108  # never read


async def test_ticking_goes_through_the_folder(
    hass: HomeAssistant, entry: MockConfigEntry, folder: Path, perform: Perform
) -> None:
    options = {CONF_GOALS_FOLDER: str(folder), "goals_write_back": True}
    hass.config_entries.async_update_entry(entry, options=options)
    await hass.async_block_till_done(wait_background_tasks=True)
    (goal,) = [one for one in runtime(entry).registry.goals.values() if one.goal_code == "G07"]
    checklist = goal.progress_metrics[-1].key
    answer = await perform(
        "update_goal_progress", goal="G07", key_result=checklist, item="Wall", state="doing"
    )
    assert answer["progress"] == 50.0
    assert "- [/] Wall" in (folder / "G07_Paint.md").read_text()
