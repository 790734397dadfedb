"""The steps of the options that import a file: choose it, check what it means, import it."""

import asyncio
from collections.abc import Mapping
from functools import partial
from pathlib import Path
import shutil
import tempfile
from typing import Any, Final, override

from homeassistant.components.file_upload import process_uploaded_file
from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult, OptionsFlow
from homeassistant.core import HomeAssistant, callback
from homeassistant.data_entry_flow import AbortFlow
from homeassistant.helpers.selector import (
    FileSelector,
    Selector,
    SelectSelector,
    SelectSelectorMode,
    TextSelector,
)
import probatio

from ...commands import people
from ...commands.access import async_ui_actor
from ...engine.core.files import StoreFailedError
from ...engine.health.file_import import (
    ImportPreview,
    ImportReport,
    Progress,
    async_preview_file,
)
from ...engine.runtime import Runtime
from ...twin.errors import TwinError, refuse
from ...twin.metrics.import_cells import DateOrder
from ...twin.metrics.import_rows import IMPORTED
from ...twin.metrics.import_shapes import ImportChoices
from . import choices
from .forms import FormErrors, FormValues, async_texts, metric_name, show_form

PERSON_FIELD: Final = "person"
FILE: Final = "file"
PATH: Final = "path"
ORDER: Final = "date_order"
COLUMNS: Final = "columns"
ACCEPTED: Final = ".csv,.json,.xml,.txt,.tsv"
PLACES: Final = {name: name for name in (PERSON_FIELD, FILE, PATH, ORDER, COLUMNS)} | {
    "units": COLUMNS
}
MOST_SHOWN: Final = 12


class ImportSteps(OptionsFlow):
    """Imports a file; the options stay as they are."""

    _person_id: str
    _import_path: str
    _upload: Path | None = None
    _import_choices = ImportChoices()
    _import_preview: ImportPreview
    _import: asyncio.Task[ImportReport] | None = None

    async def async_step_import_file(
        self, user_input: FormValues | None = None
    ) -> ConfigFlowResult:
        """Choose the person and the file."""
        runtime = self._import_runtime
        errors = FormErrors(PLACES)
        if user_input is not None:
            with errors:
                self._person_id = user_input[PERSON_FIELD]
                await self._async_take_file(user_input)
                self._import_choices = ImportChoices()
                await self._async_look()
                return await self.async_step_import_mapping()
        names = {key: person.name for key, person in runtime.registry.persons.items()}
        schema = probatio.Schema(
            {
                probatio.Required(PERSON_FIELD): choices.named(names),
                probatio.Optional(FILE): FileSelector({"accept": ACCEPTED}),
                probatio.Optional(PATH): TextSelector(),
            }
        )
        values = {name: value for name, value in (user_input or {}).items() if name != FILE}
        return show_form(self, "import_file", schema, values, errors, last_step=False)

    async def async_step_import_mapping(
        self, user_input: FormValues | None = None
    ) -> ConfigFlowResult:
        """Show what the columns seem to mean, and take what is said instead."""
        errors = FormErrors(PLACES)
        if user_input is not None:
            with errors:
                self._import_choices = self._read_choices(user_input)
                await self._async_look()
                self._import_preview.plan.check(self._import_runtime.registry.catalogue)
                return await self.async_step_import_preview()
        plan = self._import_preview.plan
        shown = user_input or {
            **({ORDER: self._import_choices.date_order} if self._import_choices.date_order else {}),
            COLUMNS: [
                {
                    "column": column,
                    "metric": metric,
                    **_unit(unit or self._import_choices.units.get(metric)),
                }
                for column, (metric, unit) in plan.columns.items()
            ],
        }
        if user_input is None:
            with errors:
                plan.check(self._import_runtime.registry.catalogue)
        return show_form(
            self,
            "import_mapping",
            await self._async_mapping_schema(),
            shown,
            errors,
            last_step=False,
            sample="\n".join(f"`{line}`" for line in plan.sample) or "-",
            ignored=_listed(plan.ignored),
        )

    async def async_step_import_preview(
        self, _user_input: FormValues | None = None
    ) -> ConfigFlowResult:
        """Say what would happen."""
        registry = self._import_runtime.registry
        texts = await async_texts(self.hass, "selector")
        counts = self._import_preview.counts
        names = [
            f"{metric_name(texts, registry.catalogue[metric])}: {count}"
            for metric, count in counts.items()
        ]
        return self.async_show_menu(
            step_id="import_preview",
            menu_options=["import_run", "import_mapping"],
            description_placeholders={
                "person": registry.persons[self._person_id].name,
                "readings": _listed(names),
                "refused": str(self._import_preview.refused),
                "ignored": _listed(self._import_preview.plan.ignored),
            },
        )

    async def async_step_import_run(
        self, _user_input: FormValues | None = None
    ) -> ConfigFlowResult:
        """Import the file, and show the progress."""
        if self._import is None:
            actor = async_ui_actor(self.hass, self._import_runtime)
            self._import = self.hass.async_create_task(
                people.async_import_readings(
                    actor,
                    self._person_id,
                    self._import_path,
                    source=IMPORTED,
                    choices=self._import_choices,
                    on_progress=self._show_progress,
                    uploaded=self._upload is not None,
                )
            )
        if not self._import.done():
            return self.async_show_progress(
                step_id="import_run",
                progress_action="import_run",
                progress_task=self._import,
            )
        return self.async_show_progress_done(next_step_id="import_done")

    async def async_step_import_done(
        self, _user_input: FormValues | None = None
    ) -> ConfigFlowResult:
        """Say what was imported."""
        task, self._import = self._import, None
        if task is None:
            return self.async_abort(reason="entry_not_loaded")
        try:
            report = task.result()
        except StoreFailedError, TwinError:
            # The store has logged the reason, or the file or the person changed since the preview.
            return self.async_abort(reason="import_failed")
        return self.async_abort(
            reason="import_done",
            description_placeholders={
                "read": str(report.read),
                "refused": str(report.refused),
                "days": str(report.days + report.older_days),
            },
        )

    @override
    @callback
    def async_remove(self) -> None:
        """Delete the uploaded file when the flow ends."""
        if self._upload is not None:
            self.hass.async_add_executor_job(
                partial(shutil.rmtree, self._upload.parent, ignore_errors=True)
            )

    @property
    def _import_runtime(self) -> Runtime:
        if self.config_entry.state is not ConfigEntryState.LOADED:
            raise AbortFlow("entry_not_loaded")
        runtime: Runtime = self.config_entry.runtime_data
        return runtime

    @callback
    def _show_progress(self, progress: Progress) -> None:
        self.async_update_progress(progress.kept / max(progress.read, 1))

    async def _async_take_file(self, values: FormValues) -> None:
        """Use the uploaded file, or that of the path. Raises `TwinError` (`required_field`)."""
        if values.get(FILE):
            self._upload = await self.hass.async_add_executor_job(_take, self.hass, values[FILE])
            self._import_path = str(self._upload)
        elif values.get(PATH):
            self._upload = None
            self._import_path = values[PATH].strip()
        else:
            raise refuse("required_field", FILE)

    async def _async_look(self) -> None:
        self._import_preview = await async_preview_file(
            self.hass,
            self._import_runtime.registry,
            self._person_id,
            self._import_path,
            choices=self._import_choices,
            uploaded=self._upload is not None,
        )

    def _read_choices(self, values: FormValues) -> ImportChoices:
        """Read the form. Raises `TwinError` (`unknown_metric`, `unknown_unit`)."""
        rows: list[Mapping[str, str]] = values.get(COLUMNS) or []
        known = {*self._import_choices.columns, *self._import_preview.plan.columns}
        columns: dict[str, str | None] = dict.fromkeys(known)
        units = {}
        for row in rows:
            columns[row["column"]] = row.get("metric") or None
            if row.get("metric") and row.get("unit"):
                units[row["metric"]] = row["unit"]
        order = DateOrder(values[ORDER]) if values.get(ORDER) else None
        return ImportChoices(date_order=order, units=units, columns=columns)

    async def _async_mapping_schema(self) -> probatio.Schema:
        catalogue = self._import_runtime.registry.catalogue
        texts = await async_texts(self.hass, "selector")
        units = sorted({unit for metric in catalogue.values() for unit in metric.units})
        selectors: dict[str, Selector[Any]] = {
            "column": TextSelector(),
            "metric": choices.named(
                {key: metric_name(texts, metric) for key, metric in catalogue.items()}
            ),
            "unit": SelectSelector({"options": units, "mode": SelectSelectorMode.DROPDOWN}),
        }
        order = SelectSelector(
            {
                "options": [DateOrder.DAY_FIRST.value, DateOrder.MONTH_FIRST.value],
                "translation_key": ORDER,
            }
        )
        return probatio.Schema(
            {
                probatio.Optional(COLUMNS): choices.rows(
                    selectors, ("column",), described_by="metric", key="import_column"
                ),
                probatio.Optional(ORDER): order,
            }
        )


def _take(hass: HomeAssistant, file_id: str) -> Path:
    """Move an uploaded file to a place where it stays until the flow ends; runs in a thread."""
    try:
        with process_uploaded_file(hass, file_id) as uploaded:
            kept = Path(tempfile.mkdtemp()) / uploaded.name
            return Path(shutil.move(uploaded, kept))
    except (OSError, ValueError) as error:
        raise refuse("unreadable_file", FILE, value="-") from error


def _unit(unit: str | None) -> dict[str, str]:
    return {"unit": unit} if unit else {}


def _listed(names: Any) -> str:  # noqa: ANN401  # any collection of texts
    shown = [str(name) for name in names]
    more = f" … (+{len(shown) - MOST_SHOWN})" if len(shown) > MOST_SHOWN else ""
    return ", ".join(shown[:MOST_SHOWN]) + more or "-"
