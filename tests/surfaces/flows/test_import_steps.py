"""A file is imported in the options, after a look at what its columns mean."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.digital_twin.engine.core.files import StoreFailedError
from tests.common import ANNA, runtime

from .forms import assert_texts, filled, suggested

type Result = Mapping[str, Any]
TABLE = "Date,Masse,Weight (kg),Notes\n2/1/2026,1,70.5,-\n2/3/2026,2,70.1,good\n,3,71,\n"


@pytest.fixture
def write(hass: HomeAssistant, tmp_path: Path) -> Callable[[str], str]:
    hass.config.allowlist_external_dirs = {str(tmp_path)}

    def to_file(text: str) -> str:
        path = tmp_path / "export.csv"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return to_file


async def _async_open(hass: HomeAssistant, entry: MockConfigEntry) -> Result:
    menu = await hass.config_entries.options.async_init(entry.entry_id)
    return await _async_choose(hass, menu, "import_file")


async def _async_choose(hass: HomeAssistant, menu: Result, step: str) -> Result:
    assert_texts(menu, "options")
    result = await hass.config_entries.options.async_configure(
        menu["flow_id"], {"next_step_id": step}
    )
    assert_texts(result, "options")
    return result


async def _async_submit(hass: HomeAssistant, form: Result, **values: object) -> Result:
    result = await hass.config_entries.options.async_configure(
        form["flow_id"], filled(suggested(form), values)
    )
    assert_texts(result, "options")
    return result


async def _async_finish(hass: HomeAssistant, menu: Result) -> Result:
    running = await _async_choose(hass, menu, "import_run")
    if running["type"] is FlowResultType.ABORT:
        # A small file may be imported before the progress is shown.
        return running
    assert running["type"] is FlowResultType.SHOW_PROGRESS
    await hass.async_block_till_done()
    result = await hass.config_entries.options.async_configure(running["flow_id"])
    assert_texts(result, "options")
    return result


def _weights(entry: MockConfigEntry) -> list[float]:
    days = runtime(entry).registry.histories(ANNA).get("weight")
    return [day.value for day in days.days.values()] if days else []


async def test_a_file_is_imported_after_its_questions_are_answered(
    hass: HomeAssistant, household: MockConfigEntry, write: Callable[[str], str]
) -> None:
    form = await _async_submit(
        hass, await _async_open(hass, household), person=ANNA, path=write(TABLE)
    )
    assert form["step_id"] == "import_mapping"
    assert form["errors"] == {"date_order": "ambiguous_dates"}
    assert suggested(form)["columns"] == [
        {"column": "Weight (kg)", "metric": "weight", "unit": "kg"}
    ]
    assert "Masse, Notes" in form["description_placeholders"]["ignored"]
    assert "2/1/2026,1,70.5,-" in form["description_placeholders"]["sample"]
    again = await _async_submit(hass, form)
    assert again["errors"] == {"date_order": "ambiguous_dates"}
    menu = await _async_submit(hass, again, date_order="month_first")
    assert menu["step_id"] == "import_preview"
    assert menu["description_placeholders"] == {
        "person": "Anna",
        "readings": "Weight: 2",
        "refused": "1",
        "ignored": "Masse, Notes",
    }
    assert _weights(household) == []
    done = await _async_finish(hass, menu)
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "import_done")
    assert done["description_placeholders"] == {"read": "2", "refused": "1", "days": "2"}
    assert _weights(household) == [70.5, 70.1]


async def test_the_guesses_can_be_changed(
    hass: HomeAssistant, household: MockConfigEntry, write: Callable[[str], str]
) -> None:
    path = write(TABLE.replace("2/1/2026", "2026-02-01").replace("2/3/2026", "2026-02-03"))
    form = await _async_submit(hass, await _async_open(hass, household), person=ANNA, path=path)
    assert form["errors"] == {}
    rows = [{"column": "Masse", "metric": "weight", "unit": "kg"}]
    menu = await _async_submit(hass, form, columns=rows)
    form = await _async_choose(hass, menu, "import_mapping")
    assert [row["column"] for row in suggested(form)["columns"]] == ["Masse"]
    menu = await _async_submit(hass, form)
    await _async_finish(hass, menu)
    assert _weights(household) == [1, 2]


async def test_a_file_is_uploaded_and_gone_afterwards(
    hass: HomeAssistant, household: MockConfigEntry, tmp_path: Path
) -> None:
    uploaded = tmp_path / "upload.csv"
    uploaded.write_text("date,weight\n2026-02-01,70.5\n", encoding="utf-8")

    @contextmanager
    def given(_hass: HomeAssistant, _file_id: str) -> Iterator[Path]:
        yield uploaded

    place = "custom_components.digital_twin.surfaces.flows.import_steps.process_uploaded_file"
    with patch(place, given):
        form = await _async_submit(
            hass, await _async_open(hass, household), person=ANNA, file=str(uuid4())
        )
    assert not await hass.async_add_executor_job(uploaded.exists)
    flow = hass.config_entries.options._progress[form["flow_id"]]
    kept = Path(flow._import_path)  # type: ignore[attr-defined]  # of the steps
    assert await hass.async_add_executor_job(kept.exists)
    done = await _async_finish(hass, await _async_submit(hass, form))
    assert done["reason"] == "import_done"
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not await hass.async_add_executor_job(kept.parent.exists)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (None, {"file": "required_field"}),
        ("colour\nred\n", {"path": "unknown_columns"}),
        ("[", {"path": "unreadable_file"}),
    ],
)
async def test_what_is_no_such_file_is_told(
    hass: HomeAssistant,
    household: MockConfigEntry,
    write: Callable[[str], str],
    text: str | None,
    error: dict[str, str],
) -> None:
    path = {} if text is None else {"path": write(text)}
    refused = await _async_submit(hass, await _async_open(hass, household), person=ANNA, **path)
    assert (refused["step_id"], refused["errors"]) == ("import_file", error)
    form = await _async_submit(
        hass, refused, person=ANNA, path=write("date,weight\n2026-02-01,70.5\n")
    )
    assert form["step_id"] == "import_mapping"


async def test_an_import_that_cannot_be_saved_is_told(
    hass: HomeAssistant, household: MockConfigEntry, write: Callable[[str], str]
) -> None:
    path = write("date,weight\n2026-02-01,70.5\n")
    form = await _async_submit(hass, await _async_open(hass, household), person=ANNA, path=path)
    menu = await _async_submit(hass, form)
    registry = type(runtime(household).registry)
    with patch.object(registry, "async_import_readings", side_effect=StoreFailedError):
        done = await _async_finish(hass, menu)
    assert done["reason"] == "import_failed"
