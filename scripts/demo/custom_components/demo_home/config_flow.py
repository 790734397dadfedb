"""One form, which people leave empty."""

from typing import Any, override

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult
import probatio

from .house import DOMAIN, FURNISHED_ON


class DemoHomeFlow(ConfigFlow, domain=DOMAIN):
    """Adds the house."""

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the day since which the house lives; without one it stands still."""
        if user_input is None:
            schema = probatio.Schema({probatio.Optional(FURNISHED_ON): str})
            return self.async_show_form(step_id="user", data_schema=schema)
        return self.async_create_entry(title="Demo home", data=user_input)
