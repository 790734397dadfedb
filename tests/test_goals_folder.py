"""What lasts in the goals folder is one repair issue, which goes by itself."""

from datetime import timedelta
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.engine.folder import CONF_GOALS_FOLDER, FolderFault
from custom_components.digital_twin.engine.issues import (
    GOALS_FOLDER_FAULTS,
    async_forget_issues,
    async_review_goals_folder,
)

from .common import async_setup_twin

PLACES = [
    FolderFault("G03/README.md", 2, "unclosed_quote"),
    FolderFault("G04.md", None, "not_utf8"),
]


def test_what_cannot_be_read_in_the_goals_folder_is_one_issue_by_place(
    hass: HomeAssistant, issue_registry: ir.IssueRegistry
) -> None:
    secret = FolderFault("G03/README.md", 2, "conflict", {"here": "71.4 kg"})
    async_review_goals_folder(hass, [*PLACES, secret])
    issue = issue_registry.async_get_issue(DOMAIN, GOALS_FOLDER_FAULTS)
    assert issue is not None
    assert issue.is_fixable is False
    assert issue.translation_placeholders == {"places": "- `G03/README.md:2`\n- `G04.md`"}
    async_review_goals_folder(hass, [])
    assert issue_registry.async_get_issue(DOMAIN, GOALS_FOLDER_FAULTS) is None


def test_a_long_list_of_places_is_counted(
    hass: HomeAssistant, issue_registry: ir.IssueRegistry
) -> None:
    async_review_goals_folder(
        hass, [FolderFault(f"G{number}.md", 1, "not_utf8") for number in range(13)]
    )
    issue = issue_registry.async_get_issue(DOMAIN, GOALS_FOLDER_FAULTS)
    assert issue is not None
    assert issue.translation_placeholders is not None
    lines = issue.translation_placeholders["places"].split("\n")
    assert (lines[0], lines[9], lines[10:]) == ("- `G0.md:1`", "- `G9.md:1`", ["- … (+3)"])


async def _async_minutes(hass: HomeAssistant, freezer: FrozenDateTimeFactory, number: int) -> None:
    for _ in range(number):
        freezer.tick(timedelta(minutes=1, seconds=1))
        async_fire_time_changed(hass)
        await hass.async_block_till_done(wait_background_tasks=True)


@pytest.fixture
async def entry(hass: HomeAssistant, tmp_path: Path) -> MockConfigEntry:
    """A goals folder with a quote that is not closed."""
    (tmp_path / "G03_Polish.md").write_text('---\nowner: "Ola\n---\n\n# Polish\n')
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    return await async_setup_twin(hass, homes={}, options={CONF_GOALS_FOLDER: str(tmp_path)})


async def test_the_issue_about_the_goals_folder_comes_late_and_goes_by_itself(
    hass: HomeAssistant,
    issue_registry: ir.IssueRegistry,
    freezer: FrozenDateTimeFactory,
    tmp_path: Path,
    entry: MockConfigEntry,
) -> None:
    await _async_minutes(hass, freezer, 5)
    assert issue_registry.async_get_issue(DOMAIN, GOALS_FOLDER_FAULTS) is None
    await _async_minutes(hass, freezer, 7)
    issue = issue_registry.async_get_issue(DOMAIN, GOALS_FOLDER_FAULTS)
    assert issue is not None
    assert issue.translation_placeholders == {"places": "- `G03_Polish.md:2`"}
    (tmp_path / "G03_Polish.md").write_text(
        '---\nowner: "Ola"\ntitle: Polish\n---\n\n# Polish\n- [ ] Words\n'
    )
    await _async_minutes(hass, freezer, 1)
    assert issue_registry.async_get_issue(DOMAIN, GOALS_FOLDER_FAULTS) is None


async def test_the_issue_about_the_goals_folder_goes_with_the_entry_and_comes_back(
    hass: HomeAssistant,
    issue_registry: ir.IssueRegistry,
    freezer: FrozenDateTimeFactory,
    entry: MockConfigEntry,
) -> None:
    await _async_minutes(hass, freezer, 12)
    assert issue_registry.async_get_issue(DOMAIN, GOALS_FOLDER_FAULTS) is not None
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert issue_registry.async_get_issue(DOMAIN, GOALS_FOLDER_FAULTS) is None
    assert await hass.config_entries.async_setup(entry.entry_id)
    await _async_minutes(hass, freezer, 12)
    assert issue_registry.async_get_issue(DOMAIN, GOALS_FOLDER_FAULTS) is not None


def test_removal_forgets_the_issue_about_the_goals_folder(
    hass: HomeAssistant, issue_registry: ir.IssueRegistry
) -> None:
    async_review_goals_folder(hass, PLACES)
    async_forget_issues(hass)
    assert issue_registry.async_get_issue(DOMAIN, GOALS_FOLDER_FAULTS) is None
