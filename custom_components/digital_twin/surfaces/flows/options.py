"""The options: thresholds of homes, the household's own metrics, and the goals folder."""

from typing import Any, Final

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.helpers.selector import (
    DeviceSelector,
    DeviceSelectorConfig,
    LabelSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    Selector,
)
import probatio

from ...twin.errors import TwinError
from ...twin.home.thresholds import BOUNDS, IGNORED_DEVICES, LABELS, Bound, Thresholds
from .errors import FormErrors
from .goals_folder import GoalsFolderStep
from .household_metrics import HouseholdMetricsFlow

THRESHOLDS: Final = {name: name for name in (*BOUNDS, *LABELS, IGNORED_DEVICES)}


class DigitalTwinOptionsFlow(HouseholdMetricsFlow, GoalsFolderStep):
    """Changes the options; they count at once, without a reload."""

    async def async_step_init(self, _user_input: object = None) -> ConfigFlowResult:
        """Ask what to change."""
        menu = ["thresholds", "goals_folder", "add_metric"]
        if self._own:
            menu += ["change_metric", "remove_metric"]
        return self.async_show_menu(step_id="init", menu_options=menu)

    async def async_step_thresholds(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show and keep all thresholds."""
        errors = FormErrors()
        present = self.config_entry.options
        if user_input is not None:
            others = {name: value for name, value in present.items() if name not in THRESHOLDS}
            try:
                Thresholds.from_options(user_input)
            except TwinError as error:
                errors = FormErrors.of(error.faults, THRESHOLDS)
            else:
                return self.async_create_entry(data=others | user_input)
        defaults = {name: bound.default for name, bound in BOUNDS.items()}
        values = {**defaults, **present} if user_input is None else user_input
        return self.async_show_form(
            step_id="thresholds",
            data_schema=self.add_suggested_values_to_schema(_thresholds_schema(), values),
            errors=errors.keys,
            description_placeholders=errors.placeholders,
        )


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
