"""One empty form."""

from typing import Any, override

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult

from .house import DOMAIN


class DemoHomeFlow(ConfigFlow, domain=DOMAIN):
    """Adds the house."""

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask whether to go on."""
        if user_input is None:
            return self.async_show_form(step_id="user")
        return self.async_create_entry(title="Demo home", data={})
