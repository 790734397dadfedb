"""The options: thresholds of homes, the household's own metrics, and the goals folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.helpers.selector import (
    BooleanSelector,
    DeviceSelector,
    DeviceSelectorConfig,
    LabelSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    Selector,
    TextSelector,
)
import probatio

from ...engine.folder import CONF_GOALS_FOLDER, CONF_WRITE_BACK, async_check_folder
from ...twin.home.thresholds import BOUNDS, IGNORED_DEVICES, LABELS, Bound, Thresholds
from .forms import FormErrors, show_form
from .household_metrics import HouseholdMetricsFlow

THRESHOLDS: Final = {name: name for name in (*BOUNDS, *LABELS, IGNORED_DEVICES)}
FOLDER_OPTIONS: Final = {name: name for name in (CONF_GOALS_FOLDER, CONF_WRITE_BACK)}
FOLDER_SCHEMA: Final = probatio.Schema(
    {
        probatio.Optional(CONF_GOALS_FOLDER): TextSelector(),
        probatio.Required(CONF_WRITE_BACK, default=False): BooleanSelector(),
    }
)


class DigitalTwinOptionsFlow(HouseholdMetricsFlow):
    """Changes the options; they apply at once, without a reload."""

    async def async_step_init(self, _user_input: object = None) -> ConfigFlowResult:
        """Ask what to change."""
        menu = ["thresholds", "goals_folder", "add_metric"]
        if self._own:
            menu += ["change_metric", "remove_metric"]
        return self.async_show_menu(step_id="init", menu_options=menu)

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
        """Choose a readable folder, or none; its goals are read after the options are saved."""
        errors = FormErrors(FOLDER_OPTIONS)
        if user_input is not None:
            folder = user_input.get(CONF_GOALS_FOLDER, "").strip()
            with errors:
                if folder:
                    await async_check_folder(self.hass, folder)
                chosen = {CONF_GOALS_FOLDER: folder} if folder else {}
                write_back = {CONF_WRITE_BACK: user_input[CONF_WRITE_BACK]}
                return self._save(FOLDER_OPTIONS, write_back | chosen)
        values = self.config_entry.options if user_input is None else user_input
        media = next(iter(self.hass.config.media_dirs.values()), "/media")
        example = str(Path(media) / "goals")
        return show_form(
            self, "goals_folder", FOLDER_SCHEMA, values, errors, media=media, example=example
        )

    def _save(self, replaced: Mapping[str, str], options: Mapping[str, Any]) -> ConfigFlowResult:
        """Replace some options and keep the others."""
        present = self.config_entry.options.items()
        kept = {name: value for name, value in present if name not in replaced}
        return self.async_create_entry(data={**kept, **options})


def _thresholds_schema() -> probatio.Schema:
    fields: dict[probatio.Marker, Selector[Any]] = {
        probatio.Required(name): _threshold_selector(bound) for name, bound in BOUNDS.items()
    }
    devices = DeviceSelector(DeviceSelectorConfig(multiple=True))
    return probatio.Schema(
        fields
        | {probatio.Optional(name): LabelSelector() for name in LABELS}
        | {probatio.Optional(IGNORED_DEVICES): devices}
    )


def _threshold_selector(bound: Bound) -> NumberSelector:
    return NumberSelector(
        NumberSelectorConfig(
            min=bound.minimum,
            max=bound.maximum,
            mode=NumberSelectorMode.BOX,
            unit_of_measurement=bound.unit.value,
        )
    )
