"""The step of the options in which the goals folder is chosen."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.helpers.selector import BooleanSelector, TextSelector
import probatio

from ...engine.folder import CONF_GOALS_FOLDER, CONF_WRITE_BACK, async_check_folder
from ...twin.errors import TwinError
from .errors import FormErrors

FIELDS: Final = {name: name for name in (CONF_GOALS_FOLDER, CONF_WRITE_BACK)}
SCHEMA: Final = probatio.Schema(
    {
        probatio.Optional(CONF_GOALS_FOLDER): TextSelector(),
        probatio.Required(CONF_WRITE_BACK, default=False): BooleanSelector(),
    }
)


class GoalsFolderStep(OptionsFlow):
    """Chooses the folder, or none; the goals come as soon as the options are kept."""

    async def async_step_goals_folder(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show and keep the folder, if it can be read."""
        errors = FormErrors()
        present = self.config_entry.options
        if user_input is not None:
            chosen = _chosen(user_input)
            try:
                if CONF_GOALS_FOLDER in chosen:
                    await async_check_folder(self.hass, chosen[CONF_GOALS_FOLDER])
            except TwinError as error:
                errors = FormErrors.of(error.faults, FIELDS)
            else:
                others = {name: value for name, value in present.items() if name not in FIELDS}
                return self.async_create_entry(data=others | chosen)
        values = present if user_input is None else user_input
        media = next(iter(self.hass.config.media_dirs.values()), "/media")
        return self.async_show_form(
            step_id="goals_folder",
            data_schema=self.add_suggested_values_to_schema(SCHEMA, values),
            errors=errors.keys,
            description_placeholders={"media": media, "example": str(Path(media) / "goals")},
        )


def _chosen(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options: an empty path is none."""
    folder = user_input.get(CONF_GOALS_FOLDER, "").strip()
    chosen = {CONF_WRITE_BACK: user_input[CONF_WRITE_BACK]}
    return chosen | ({CONF_GOALS_FOLDER: folder} if folder else {})
