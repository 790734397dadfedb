"""A thousand goals are read with a few writes, and looked at again with none."""

from unittest.mock import patch

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from custom_components.digital_twin.engine.core.files import Disk
from custom_components.digital_twin.engine.folder import GoalsFolder

from .conftest import Folder, goal_file

GOALS = 1000


def fill(folder: Folder) -> None:
    for number in range(1, GOALS + 1):
        code = f"G{number:04}"
        before = f"G{max(1, number - 1):04}"
        body = f"## Purpose\nTo *do* it.\n## Dependencies\n- {before}\n## Done when\n- [ ] a"
        folder.write(
            f"{code}_Goal/README.md", goal_file(f"{code}: Goal {number}", body, owner="Ola")
        )
        quarters = "".join(
            f"## Q{quarter}\n- [ ] **Step** {quarter} (Mar 3)\n- [x] b\n" for quarter in range(1, 5)
        )
        folder.write(f"{code}_Goal/Roadmap.md", f"# Roadmap (2026)\n{quarters}")
        folder.write(
            f"{code}_Goal/Metrics.md",
            "| KPI | Target |\n|-|-|\n| Pulse | < 56 bpm |\n| Mood | TBD |\n",
        )


async def test_a_thousand_goals(hass: HomeAssistant, folder: Folder, synced: GoalsFolder) -> None:
    fill(folder)
    with (
        patch.object(Disk, "append", autospec=True, side_effect=Disk.append) as append,
        patch.object(Store, "_async_write_data") as write,
    ):
        report = await synced.async_sync()
        assert (len(report.created), report.faults) == (GOALS, ())
        assert append.call_count + write.call_count < 20
        before = append.call_count, write.call_count
        report = await synced.async_sync()
        assert report.unchanged == GOALS
        assert (append.call_count, write.call_count) == before
