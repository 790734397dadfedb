"""The options: thresholds, the goals folder and the household's own metrics."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult
from homeassistant.data_entry_flow import AbortFlow
from homeassistant.helpers.selector import (
    BooleanSelector,
    LabelSelector,
    NumberSelector,
    NumberSelectorMode,
    Selector,
    SelectSelector,
    SelectSelectorMode,
    TextSelector,
)
from homeassistant.util import dt as dt_util, slugify
import probatio

from ...commands.access import async_ui_actor
from ...commands.twins import async_restore_twin
from ...engine.core.registry import TwinRegistry
from ...engine.core.store import Deleted
from ...engine.folder import (
    CONF_GOALS_FOLDER,
    CONF_WRITE_BACK,
    FolderFault,
    FolderPreview,
    async_preview_folder,
)
from ...twin.catalogue import CATALOGUE, Metric
from ...twin.enums import MetricKind
from ...twin.errors import Fault, TwinError, changed_faults, refuse
from ...twin.home.home import BOUNDS, DEVICE_LISTS, LABELS, Thresholds
from ...twin.metrics.household_metrics import (
    MAX_PRECISION,
    METRICS,
    define_metric,
    household_metrics,
    metric_document,
    own_bounds,
)
from ...twin.metrics.person import PERSON, quick_entries_without
from ..errors import async_messages
from .choices import DEVICES, NUMBER, labelled, named
from .contexts import ContextSteps
from .forms import FormErrors, FormValues, async_texts, option_text, show_form
from .import_steps import ImportSteps

METRIC: Final = "metric"
CONFIRM: Final = "confirm"
TWIN: Final = "twin"
BOUNDS_OF_METRIC: Final = ("minimum", "maximum")
# Cannot be changed once there are readings.
FIXED: Final = ("unit", "kind")
PLACES: Final = {
    name: name for name in ("name", "key", *FIXED, *BOUNDS_OF_METRIC, "precision", METRIC)
}


class HouseholdMetricsFlow(ContextSteps, ImportSteps):
    """Changes the household's metrics, which are stored in the options."""

    _changed: Metric

    async def async_step_add_metric(self, user_input: FormValues | None = None) -> ConfigFlowResult:
        """Add a metric."""
        errors = FormErrors(PLACES)
        if user_input is not None:
            key = user_input.get("key") or slugify(user_input["name"])
            with errors:
                metric = _define(_document(user_input, key))
                if metric.key in self._own:
                    raise refuse("duplicate", "key", value=metric.key)
                return self._save_metrics({**self._own, metric.key: metric})
        return show_form(self, "add_metric", _schema(("key",)), user_input, errors)

    async def async_step_change_metric(
        self, user_input: FormValues | None = None
    ) -> ConfigFlowResult:
        """Choose the metric to change."""
        if user_input is not None:
            self._changed = self._chosen(user_input)
            return await self.async_step_edit_metric()
        return show_form(self, "change_metric", self._choice_schema())

    async def async_step_edit_metric(
        self, user_input: FormValues | None = None
    ) -> ConfigFlowResult:
        """Change a metric; its unit and kind only while it has no readings."""
        present = metric_document(self._changed)
        used = self._users(self._changed.key)
        fixed = FIXED if used else ()
        errors = FormErrors(PLACES)
        if user_input is not None:
            given = {**{name: present[name] for name in fixed}, **user_input}
            with errors:
                document = _document(given, self._changed.key)
                metric = _define(document, self._own.values(), used)
                return self._save_metrics({**self._own, metric.key: metric})
        shown = {name: part for name, part in present.items() if name not in BOUNDS_OF_METRIC}
        values = user_input or {**shown, **own_bounds(self._changed)}
        return show_form(self, "edit_metric", _schema((), without=fixed), values, errors)

    async def async_step_remove_metric(
        self, user_input: FormValues | None = None
    ) -> ConfigFlowResult:
        """Remove a metric with its readings."""
        errors = FormErrors(PLACES)
        if user_input is not None:
            metric = self._chosen(user_input)
            if self._users(metric.key) and not user_input.get(CONFIRM):
                errors.keys[CONFIRM] = "confirm"
            else:
                with errors:
                    await self._async_remove(metric.key)
                    rest = {key: each for key, each in self._own.items() if key != metric.key}
                    return self._save_metrics(rest)
        schema = self._choice_schema({probatio.Optional(CONFIRM): BooleanSelector()})
        return show_form(self, "remove_metric", schema, user_input, errors)

    @property
    def _own(self) -> dict[str, Metric]:
        metrics = household_metrics(self.config_entry.options.get(METRICS))
        return {metric.key: metric for metric in metrics}

    @property
    def _registry(self) -> TwinRegistry:
        if self.config_entry.state is not ConfigEntryState.LOADED:
            raise AbortFlow("entry_not_loaded")
        registry: TwinRegistry = self.config_entry.runtime_data.registry
        return registry

    def _chosen(self, values: FormValues) -> Metric:
        try:
            return self._own[values[METRIC]]
        except KeyError as error:
            raise AbortFlow("metric_gone") from error

    def _users(self, key: str) -> Collection[str]:
        """Return the key if any person has readings of the metric."""
        registry = self._registry
        used = any(
            key in person.health_metrics or key in registry.histories(person_id)
            for person_id, person in registry.persons.items()
        )
        return (key,) if used else ()

    async def _async_remove(self, key: str) -> None:
        """Delete the readings and links of a metric. Raises `TwinError` (`in_use`)."""
        registry = self._registry
        goals = [goal.name for goal in registry.goals.values() if key in goal.followed_metrics]
        if goals:
            raise refuse("in_use", METRIC, value=key, users=goals)
        for person_id, person in list(registry.persons.items()):
            patch: dict[str, Any] = {
                field: {key: None}
                for field in ("health_metrics", "metric_sources")
                if key in getattr(person, field)
            }
            entries = quick_entries_without(person, key)
            await registry.async_update(PERSON, person_id, {**patch, **entries})

    def _save_metrics(self, metrics: Mapping[str, Metric]) -> ConfigFlowResult:
        documents = [metric_document(metric) for metric in metrics.values()]
        return self.async_create_entry(data={**self.config_entry.options, METRICS: documents})

    def _choice_schema(
        self, more: Mapping[probatio.Marker, Selector[Any]] = MappingProxyType({})
    ) -> probatio.Schema:
        names = {key: metric.name or key for key, metric in self._own.items()}
        return probatio.Schema({probatio.Required(METRIC): named(names), **more})


def _define(
    document: Mapping[str, Any], others: Collection[Metric] = (), used: Collection[str] = ()
) -> Metric:
    """Define a metric; a refused range gets the text for two form fields."""
    with changed_faults(_about_range):
        return define_metric(document, others, used)


def _document(values: FormValues, key: str) -> dict[str, Any]:
    document = {name: value for name, value in values.items() if value is not None}
    if "precision" in document:
        document["precision"] = int(document["precision"])
    return document | {"key": key}


def _about_range(fault: Fault) -> Fault:
    if (fault.key, fault.field) != ("out_of_range", "minimum"):
        return fault
    return replace(fault, key="range_reversed" if fault.placeholders["maximum"] else "below_zero")


def _schema(more: Collection[str], without: Collection[str] = ()) -> probatio.Schema:
    units = sorted({unit for metric in CATALOGUE.values() for unit in metric.units})
    unit = SelectSelector(
        {"options": units, "custom_value": True, "mode": SelectSelectorMode.DROPDOWN}
    )
    kind = SelectSelector({"options": MetricKind.slugs(), "translation_key": "metric_kind"})
    decimals = NumberSelector({"min": 0, "max": MAX_PRECISION, "mode": NumberSelectorMode.BOX})
    fields: dict[probatio.Marker, Selector[Any]] = {
        probatio.Required("name"): TextSelector(),
        # Home Assistant fills a required choice with its first option, here "%".
        probatio.Optional("unit"): unit,
        probatio.Required("kind", default=MetricKind.LEVEL.slug): kind,
        probatio.Optional("minimum"): NUMBER,
        probatio.Optional("maximum"): NUMBER,
        probatio.Optional("precision"): decimals,
    }
    fields |= {probatio.Optional(name): TextSelector() for name in more}
    return probatio.Schema(
        {marker: field for marker, field in fields.items() if marker.schema not in without}
    )


THRESHOLDS: Final = {name: name for name in (*BOUNDS, *LABELS, *DEVICE_LISTS)}
FOLDER_OPTIONS: Final = {name: name for name in (CONF_GOALS_FOLDER, CONF_WRITE_BACK)}
# Goals and files that a preview names.
MAX_LISTED: Final = 20
FOLDER_SCHEMA: Final = probatio.Schema(
    {
        probatio.Optional(CONF_GOALS_FOLDER): TextSelector(),
        probatio.Required(CONF_WRITE_BACK, default=False): BooleanSelector(),
    }
)


class DigitalTwinOptionsFlow(HouseholdMetricsFlow):
    """Changes the options; they apply at once, without a reload."""

    _folder: dict[str, Any]
    _preview: FolderPreview

    async def async_step_init(self, _user_input: object = None) -> ConfigFlowResult:
        """Show the menu of options."""
        menu = ["thresholds", "contexts", "context_rules", "goals_folder", "import_file"]
        menu.append("add_metric")
        if self._own:
            menu += ["change_metric", "remove_metric"]
        if self._registry.deletions.latest_first:
            menu.append("bring_back")
        return self.async_show_menu(step_id="init", menu_options=menu)

    async def async_step_bring_back(self, user_input: FormValues | None = None) -> ConfigFlowResult:
        """Choose a deleted twin and bring it back."""
        errors = FormErrors()
        if user_input is not None:
            kind, _, twin_id = user_input[TWIN].partition("/")
            actor = async_ui_actor(self.hass, self.config_entry.runtime_data)
            with errors:
                try:
                    await async_restore_twin(actor, kind, twin_id, TWIN)
                except TwinError as error:
                    gone = any(fault.key == "not_found" for fault in error.faults)
                    errors.keys[TWIN] = "not_found" if gone else "place_taken"
                else:
                    name = self._registry.records(kind)[twin_id].name
                    placeholders = {"name": name}
                    return self.async_abort(
                        reason="brought_back", description_placeholders=placeholders
                    )
        texts = await async_texts(self.hass, "selector")
        options = [
            (f"{kind}/{twin_id}", self._deleted_label(texts, kind, twin_id, item))
            for kind, twin_id, item in self._registry.deletions.latest_first
        ]
        schema = probatio.Schema({probatio.Required(TWIN): labelled(options)})
        return show_form(self, "bring_back", schema, user_input, errors)

    def _deleted_label(
        self, texts: Mapping[str, str], kind: str, twin_id: str, item: Deleted
    ) -> str:
        """Describe a deleted twin: its name, the day on which it was deleted, and what it had."""
        document = item.document
        parts = {
            "name": str(document.get("name")),
            "day": dt_util.as_local(item.deleted_at).date().isoformat(),
            "code": str(document.get("goal_code")),
            "key_results": str(len(document.get("progress_metrics") or ())),
            "milestones": str(len(document.get("milestones") or ())),
            "metrics": str(len(self._registry.histories(twin_id))),
            "references": str(len(item.references)),
        }
        return option_text(texts, "deleted_twin", kind).format_map(parts)

    async def async_step_thresholds(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change all thresholds."""
        errors = FormErrors(THRESHOLDS)
        if user_input is not None:
            with errors:
                Thresholds.from_options(user_input)
                return self._save(THRESHOLDS, user_input)
        defaults = {name: bound.default for name, bound in BOUNDS.items()}
        values = {**defaults, **self.config_entry.options} if user_input is None else user_input
        return show_form(self, "thresholds", _thresholds_schema(), values, errors)

    async def async_step_goals_folder(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Choose a readable folder, or none; what a new one holds is shown before it is saved."""
        errors = FormErrors(FOLDER_OPTIONS)
        if user_input is not None:
            folder = user_input.get(CONF_GOALS_FOLDER, "").strip()
            with errors:
                preview = await async_preview_folder(self.hass, folder) if folder else None
                chosen = {CONF_GOALS_FOLDER: folder} if folder else {}
                self._folder = {CONF_WRITE_BACK: user_input[CONF_WRITE_BACK], **chosen}
                known = self.config_entry.options.get(CONF_GOALS_FOLDER)
                if preview is None or folder == known:
                    return self._save(FOLDER_OPTIONS, self._folder)
                self._preview = preview
                return await self.async_step_goals_folder_preview()
        values = self.config_entry.options if user_input is None else user_input
        media = next(iter(self.hass.config.media_dirs.values()), "/media")
        example = str(Path(media) / "goals")
        return show_form(
            self, "goals_folder", FOLDER_SCHEMA, values, errors, media=media, example=example
        )

    async def async_step_goals_folder_preview(
        self, user_input: FormValues | None = None
    ) -> ConfigFlowResult:
        """Show the goals of the folder, and what is none, before anything is made."""
        if user_input is not None:
            return self._save(FOLDER_OPTIONS, self._folder)
        preview = self._preview
        others = (*preview.faults, *preview.skipped)
        goals = [f"**{code}** {name}" for code, name in preview.goals]
        return show_form(
            self,
            "goals_folder_preview",
            probatio.Schema({}),
            last_step=True,
            folder=self._folder[CONF_GOALS_FOLDER],
            count=str(len(goals)),
            goals=_listed(goals),
            others=str(len(others)),
            files=_listed(await self._async_lines(others)),
        )

    async def _async_lines(self, faults: Sequence[FolderFault]) -> list[str]:
        messages = await async_messages(self.hass, faults[:MAX_LISTED])
        places = [f"`{fault.place}`" for fault in faults]
        return [
            f"{place}: {message}" for place, message in zip(places, messages, strict=False)
        ] + places[len(messages) :]

    def _save(self, replaced: Mapping[str, str], options: Mapping[str, Any]) -> ConfigFlowResult:
        """Replace some options and keep the others."""
        present = self.config_entry.options.items()
        kept = {name: value for name, value in present if name not in replaced}
        return self.async_create_entry(data={**kept, **options})


def _listed(lines: Sequence[str]) -> str:
    """Return lines as a list in markdown, cut to a readable length."""
    more = [f"… (+{len(lines) - MAX_LISTED})"] if len(lines) > MAX_LISTED else []
    return "\n".join(f"- {line}" for line in [*lines[:MAX_LISTED], *more]) or "\u2013"


def _thresholds_schema() -> probatio.Schema:
    fields: dict[probatio.Marker, Selector[Any]] = {
        probatio.Required(name): NumberSelector(
            {
                "min": bound.minimum,
                "max": bound.maximum,
                "mode": NumberSelectorMode.BOX,
                "unit_of_measurement": bound.unit.value,
            }
        )
        for name, bound in BOUNDS.items()
    }
    fields |= {probatio.Optional(name): LabelSelector() for name in LABELS}
    fields |= {probatio.Optional(name): DEVICES for name in DEVICE_LISTS}
    return probatio.Schema(fields)
