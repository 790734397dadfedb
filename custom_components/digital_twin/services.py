"""Registers the actions of `surfaces/actions.py`."""

from functools import partial
from typing import Any

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.helpers.service import async_get_config_entry
import probatio

from .commands.access import async_actor
from .const import DOMAIN
from .engine.core.feed import Origin
from .engine.runtime import DigitalTwinConfigEntry
from .surfaces.actions import ACTIONS, QUERIES, Action
from .surfaces.errors import translated_errors
from .twin.records.limits import Limits
from .twin.values import PlainJson


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register every action."""
    for name, (action, limits) in ACTIONS.items():
        hass.services.async_register(
            DOMAIN,
            name,
            partial(_async_perform, action),
            schema=schema_of(limits),
            supports_response=(
                SupportsResponse.ONLY if name in QUERIES else SupportsResponse.OPTIONAL
            ),
        )


class Described:
    """A validator that only describes: the twins judge the data.

    So a refusal is translated, names the field, and is the same on every surface; Home Assistant
    would log what a schema refuses, with the value.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits

    def __call__(self, data: object) -> object:
        """Return the data as they are."""
        return data


def schema_of(limits: Limits) -> probatio.Schema:
    """Return the schema of the data of an action."""
    return probatio.Schema(Described(limits))


def describe(validator: Any) -> dict[str, PlainJson] | Any:  # noqa: ANN401  # as it is called
    """Describe the data of an action, for `probatio.to_openapi` (of OpenAPI 3.1)."""
    if isinstance(validator, Described):
        return validator.limits.json_schema()
    return probatio.UNSUPPORTED


async def _async_perform(action: Action, call: ServiceCall) -> ServiceResponse:
    """Perform an action for its caller."""
    entry: DigitalTwinConfigEntry = async_get_config_entry(call.hass, DOMAIN, None)
    actor = await async_actor(call.hass, entry.runtime_data, call.context, Origin.ACTION)
    with translated_errors():
        answer = await action(actor, call.data)
    return answer if call.return_response else None
