"""What comes in at once is shown at once: no entity passes through values of the past."""

from collections import Counter
from datetime import timedelta
from pathlib import Path
import shutil

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.digital_twin.const import DOMAIN

from .common import ANNA, GOAL_ID, async_capture_writes, async_setup_twin, runtime, shown

RICH = Path(__file__).parent / "fixtures" / "goals-rich" / "10_GOALS"
SWIM = "sensor.swim_5_km_in_open_water"


def _twice(writes: list[str]) -> list[str]:
    """Return the entities that were written more than once, and forget all writes."""
    found = [entity_id for entity_id, number in Counter(writes).items() if number > 1]
    writes.clear()
    return found


async def _perform(hass: HomeAssistant, action: str, **data: object) -> None:
    await hass.services.async_call(DOMAIN, action, data, blocking=True)
    await hass.async_block_till_done()


async def test_a_sync_of_the_goals_folder_writes_each_entity_once(
    hass: HomeAssistant, tmp_path: Path
) -> None:
    folder = tmp_path / "Goals"
    shutil.copytree(RICH, folder)
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    entry = await async_setup_twin(hass, persons={ANNA: {"name": "Anna"}})
    writes = async_capture_writes(hass)
    hass.config_entries.async_update_entry(entry, options={"goals_folder": str(folder)})
    await hass.async_block_till_done(wait_background_tasks=True)
    await _perform(hass, "sync_goals")
    assert {goal.goal_code for goal in runtime(entry).registry.goals.values()} == {
        "G01",
        "G02",
        "G03",
    }
    assert {f"{SWIM}_{key}" for key in ("forecast", "pace", "progress", "why")} <= set(writes)
    assert _twice(writes) == []
    files = [*folder.glob("G01*/R*.md"), *folder.glob("G02*/R*.md")]
    for old, new in (("- [ ]", "- [x]"), ("- [x]", "- [ ]")):
        for file in files:
            file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
        await _perform(hass, "sync_goals")
        assert {f"{SWIM}_progress", f"{SWIM}_pace"} <= set(writes)
        assert _twice(writes) == []
    await _perform(hass, "sync_goals")
    assert writes == []


async def _with_weight(hass: HomeAssistant, tmp_path: Path) -> MockConfigEntry:
    """Set up Anna, and a goal that follows her weight."""
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    today = dt_util.now().date()
    goal = {
        "goal_code": "G01",
        "name": "Lighter",
        "status": "Active",
        "owner_person_id": ANNA,
        "start_date": (today - timedelta(days=300)).isoformat(),
        "target_date": (today + timedelta(days=100)).isoformat(),
        "progress_metrics": [
            {
                "name": "Weight",
                "kind": "reach",
                "baseline": 90,
                "target": 70,
                "source": {"metric": "weight"},
            }
        ],
        "milestones": [{"name": "80 kg", "date": today.isoformat(), "progress": 50}],
    }
    person = {"name": "Anna", "health_metrics": {"height": 175}}
    return await async_setup_twin(hass, persons={ANNA: person}, goals={GOAL_ID: goal})


async def test_an_import_writes_each_entity_once(hass: HomeAssistant, tmp_path: Path) -> None:
    await _with_weight(hass, tmp_path)
    now = dt_util.utcnow()
    rows = [
        f"{metric},{value},{(now - timedelta(days=day, minutes=5)).isoformat()}"
        for day in range(600, -1, -1)
        for metric, value in (
            ("weight", 72 + day / 50 + day % 3),
            ("steps", 5000 + day),
            ("resting_heart_rate", 50 + day % 5),
        )
    ]
    path = tmp_path / "export.csv"
    path.write_text("\n".join(["metric,value,date", *rows]), encoding="utf-8")
    writes = async_capture_writes(hass)
    await _perform(hass, "import_health_metrics", person=ANNA, path=str(path))
    assert {
        "sensor.anna_weight",
        "sensor.anna_body_mass_index",
        "sensor.lighter_progress",
        "sensor.lighter_forecast",
        "sensor.lighter_pace",
    } <= set(writes)
    assert _twice(writes) == []
    assert shown(hass, "sensor.anna_weight").state == "72.0"


async def test_readings_of_the_past_write_no_state_of_the_past(
    hass: HomeAssistant, tmp_path: Path
) -> None:
    entry = await _with_weight(hass, tmp_path)
    now = dt_util.utcnow()
    await _perform(hass, "update_health_metrics", person=ANNA, metrics={"weight": 72})
    values: list[str] = []
    writes = async_capture_writes(hass)
    for day in range(9, 0, -1):
        reading = {"value": 80 - day, "measured_at": (now - timedelta(days=day)).isoformat()}
        await _perform(hass, "update_health_metrics", person=ANNA, metrics={"weight": reading})
        values.append(shown(hass, "sensor.anna_weight").state)
    assert set(values) == {"72.0"}
    assert len(runtime(entry).registry.histories(ANNA)["weight"].days) == 10
    assert [each for each in writes if each.startswith("sensor.lighter")] == []
